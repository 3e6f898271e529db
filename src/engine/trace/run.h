/*
 * run.h - a part of the tail: some visits in two sorted arrays, immutable, counted.
 *
 * Life:     run_new (copies, sorts, drops equal visits) -> run_release.
 * Shapes:   64 bytes a visit.
 */
#ifndef ENGINE_TRACE_RUN_H
#define ENGINE_TRACE_RUN_H
#include "base/base.h"
#include "engine/trace/trace.h"

struct run {
	_Atomic unsigned holders;
	size_t n;
	struct visit *by_place;  /* place, from, person, to, seat */
	struct visit *by_person; /* person, from, place, to, seat */
	int64_t first, last;     /* least from, greatest time told */
	int64_t longest;         /* of those that have ended */
	bool still;
};

MUST_CHECK enum err run_new(const struct visit *v, size_t n, struct run **ret);
/* One of both, merged: equal visits once. */
MUST_CHECK enum err run_join(const struct run *a, const struct run *b, struct run **ret);
/* Without visits that begin in [from, to); NULL if none is left. */
MUST_CHECK enum err run_without(const struct run *r, int64_t from, int64_t to, struct run **ret);
struct run *run_hold(struct run *r);
void run_release(struct run *r);

/* Visits [*ret_from, *ret_to) of an array are all of a place (a person) that may meet [a, b). */
void run_place(const struct run *r, uint32_t place, int64_t a, int64_t b, size_t *ret_from,
	       size_t *ret_to);
void run_person(const struct run *r, uint32_t person, int64_t a, int64_t b, size_t *ret_from,
		size_t *ret_to);

int visit_cmp(const struct visit *a, const struct visit *b); /* place, from, person, to, seat */
static inline int64_t visit_end(const struct visit *v, int64_t horizon)
{
	return v->to.v == TRACE_STILL ? horizon : v->to.v;
}
#endif
