/*
 * rule.h - which rule of a profile fits an encounter. The first that fits decides.
 */
#ifndef ENGINE_TRACE_RULE_H
#define ENGINE_TRACE_RULE_H
#include "engine/trace/trace.h"
#include "engine/trace/view.h"

enum { RULE_NONE = -1 };

/* The two stays of an encounter, and where and when it was. */
struct rule_case {
	uint32_t place, via, contact;
	uint32_t via_seat, contact_seat;
	int64_t to;
};

/* Rules that speak of a place, bit i for rule i. */
uint64_t rule_mask(const struct trace_ask *ask, uint32_t place);
/* Least seconds that any of them asks for, at least 1. */
int64_t rule_least(const struct trace_rules *r, uint64_t mask);
int64_t rule_min(const struct trace_rules *r, int rule);
/* The rule of two people of whom no seat is told; RULE_NONE too if that alone cannot tell. */
int rule_plain(const struct trace_ask *ask, uint64_t mask, bool *ret_certain);
/* May read the view, for rules that ask how long somebody stayed. */
MUST_CHECK enum err rule_pick(const struct trace_view *v, const struct trace_ask *ask,
			      uint64_t mask, const struct rule_case *c, int *ret);
#endif
