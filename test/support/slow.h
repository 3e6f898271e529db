/*
 * slow.h - the slow, obvious engine: what every answer of engine/trace must be equal to.
 *
 * Brute force over a plain array of visits. It was written from the contract alone (issue 2 and
 * the decisions quoted in slow.c) and must stay so: nobody changes it to please the engine.
 *
 * Life:     plain functions over the caller's arrays; an answer is released by slow_answer_end.
 * Shapes:   O(stays of the case x all visits), and not ashamed of it.
 * Units:    as trace.h.
 * Memory:   answers own their arrays (mem_*). Without memory it asserts: it is a test.
 * Errors:   the same words as trace_contacts, for the same reasons.
 */
#ifndef TEST_SUPPORT_SLOW_H
#define TEST_SUPPORT_SLOW_H
#include "base/base.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/when.h"
#include "engine/trace/trace.h"

/* What is in the set at a moment: no visit twice. */
struct slow_visits {
	struct visit *v;
	size_t n, cap;
};
bool slow_visit_same(const struct visit *a, const struct visit *b);
int slow_visit_cmp(const void *a, const void *b); /* for qsort: place, person, from, to, seat */
void slow_add(struct slow_visits *s, const struct visit *v, size_t n);
void slow_withdraw(struct slow_visits *s, const struct visit *v, size_t n);
void slow_drop_day(struct slow_visits *s, const struct zone *z, int32_t day);
void slow_visits_end(struct slow_visits *s);

struct utc_s slow_horizon(const struct slow_visits *s);

struct slow_answer {
	struct {
		struct trace_contact *v;
		size_t n, cap;
	} contact;
	struct {
		struct trace_encounter *v;
		size_t n, cap;
	} encounter; /* always the whole proof */
};
/* One answer a warrant, in their order; on an error none of them needs releasing. */
MUST_CHECK enum err slow_contacts(const struct slow_visits *s, const struct trace_ask *ask,
				  const struct warrant *w, size_t n, struct slow_answer *ret);
void slow_answer_end(struct slow_answer *a);

/*
 * NULL if these are the same contacts, else what differs first: in their order with proof; without
 * it the order inside a generation is left open.
 */
const char *slow_contacts_differ(const struct trace_contact *want, size_t n_want,
				 const struct trace_contact *got, size_t n_got, bool proof);
/* NULL if the engine's answer is this one to the last field, else what differs first. */
const char *slow_differs(const struct slow_answer *want, const struct trace_answer *got,
			 bool proof);
/* Both answers as rows, for the person who has to mend the engine. */
void slow_print(struct buf *out, const struct slow_answer *want, const struct trace_answer *got,
		bool proof);

/* The other three questions of trace.h. Answers are by from; the order among equals is free. */
struct slow_stays {
	struct trace_stay *v;
	size_t n, cap;
};
void slow_stays(const struct slow_visits *s, const struct warrant *w, struct slow_stays *ret);
/* ERR_WARRANT if the case was not in that place in its window. */
MUST_CHECK enum err slow_attendance(const struct slow_visits *s, const struct warrant *w,
				    struct place_id place, struct utc_s from, struct utc_s to,
				    struct slow_visits *ret);
bool slow_same_stays(const struct slow_stays *want, const struct trace_stay *got, size_t n);
bool slow_same_visits(const struct slow_visits *want, const struct visit *got, size_t n);
struct trace_busy slow_busy(const struct slow_visits *s, const struct zone *z,
			    struct place_id place);
#endif
