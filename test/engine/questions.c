/*
 * questions.c - the engine's other questions, a case's stays, who was in one of its places, and
 * how busy a place is, answered as the slow search answers them, in the worlds of contacts.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>

#include "support/slow.h"
#include "support/trial.h"

enum { ARENA_BYTES = 64 << 20 };

static struct {
	uint64_t stays, visits, refused, busy;
} seen;

/* Whether these questions look at generations and limit at all is left open. */
static bool asks_for_something(const struct warrant *w)
{
	return w->generations > 0 && w->limit > 0;
}

static bool stays_agree(const struct warrant *w, const struct trace_view *v,
			const struct slow_visits *model, struct arena *a, struct buf *why)
{
	struct slow_stays want = { 0 };
	const struct trace_stay *got;
	enum err e, e_want = w->purpose == TRACE_PURPOSE_NONE || w->to.v <= w->from.v ? ERR_WARRANT
										      : OK;
	bool good;
	size_t n;

	e = trace_stays(v, w, a, &got, &n, NULL);
	if (e == OK && e_want == OK)
		slow_stays(model, w, &want);
	good = e == e_want && (e != OK || slow_same_stays(&want, got, n));
	if (!good)
		buf_fmt(why, "stays of person %" PRIu32 ": %s, %zu, not %zu\n", w->index.v,
			err_word(e), e == OK ? n : 0, want.n);
	seen.stays += want.n;
	vec_drop(&want);
	return good;
}

/* Who was in a place: all the time of the warrant, and from its middle to just before its end. */
static bool attendance_agrees(const struct warrant *w, struct place_id place, int part,
			      const struct trace_view *v, const struct slow_visits *model,
			      struct arena *a, struct buf *why)
{
	int64_t end =
		w->to.v == TRACE_STILL ? max_i64(slow_horizon(model).v, w->from.v + 9) : w->to.v;
	struct utc_s from = { part ? (w->from.v + end) / 2 : w->from.v };
	struct utc_s to = { part ? end - 1 : end };
	struct slow_visits want = { 0 };
	const struct visit *got;
	enum err e, e_want;
	bool good;
	size_t n;

	if (from.v >= to.v)
		return true;
	e_want = slow_attendance(model, w, place, from, to, &want);
	e = trace_attendance(v, w, place, from, to, a, &got, &n, NULL);
	good = e == e_want && (e != OK || slow_same_visits(&want, got, n));
	if (!good)
		buf_fmt(why,
			"place %" PRIu32 " in [%" PRId64 ", %" PRId64 "): %s, %zu, not %s, %zu\n",
			place.v, from.v, to.v, err_word(e), e == OK ? n : 0, err_word(e_want),
			want.n);
	seen.visits += want.n;
	seen.refused += e_want == ERR_WARRANT;
	slow_visits_end(&want);
	return good;
}

static bool busy_agrees(const struct world *w, struct place_id place, const struct trace_view *v,
			const struct slow_visits *model, struct buf *why)
{
	struct trace_busy want = slow_busy(model, w->zone, place), got = { 0 };
	enum err e = trace_place_busy(v, place, &got, NULL);
	bool good = e == OK && got.visits == want.visits && got.days == want.days;

	if (!good)
		buf_fmt(why,
			"place %" PRIu32 ": %s, %" PRIu64 " visits on %" PRIu32
			" days, not %" PRIu64 " on %" PRIu32 "\n",
			place.v, err_word(e), got.visits, got.days, want.visits, want.days);
	seen.busy += want.visits;
	return good;
}

static bool questions_agree(const struct world *w, const struct trace_view *v,
			    const struct slow_visits *model, struct buf *why)
{
	CLEANUP(arena_end) struct arena *a = NULL;
	bool good = true;

	assert_int_equal(arena_new(ARENA_BYTES, &a), OK);
	for (size_t i = 0; good && i < w->n_warrants; i++)
		if (asks_for_something(&w->warrant[i]))
			good = stays_agree(&w->warrant[i], v, model, a, why);
	for (size_t k = 0; good && k < min_size(w->visits.n, 6); k++) {
		struct place_id place = w->visits.v[k].place;
		const struct warrant *t = &w->warrant[k % w->n_warrants];

		arena_clear(a);
		good = busy_agrees(w, place, v, model, why);
		if (t->purpose == TRACE_PURPOSE_NONE || !asks_for_something(t) ||
		    t->to.v <= t->from.v)
			continue;
		good = good && attendance_agrees(t, place, 0, v, model, a, why) &&
		       attendance_agrees(t, place, 1, v, model, a, why);
	}
	return good;
}

static void questions_of_sealed_segments_are_answered_as_by_the_slow_search(void **state)
{
	(void)state;
	assert_int_equal(trial_worlds(TRIAL_SEALED, questions_agree, 2), 0);
}

static void questions_of_the_tail_are_answered_as_by_the_slow_search(void **state)
{
	(void)state;
	assert_int_equal(trial_worlds(TRIAL_TAIL, questions_agree, 2), 0);
}

static void questions_of_any_mix_are_answered_as_by_the_slow_search(void **state)
{
	(void)state;
	assert_int_equal(trial_worlds(TRIAL_MIXED, questions_agree, 2), 0);
}

static void questions_after_withdrawals_are_answered_as_by_the_slow_search(void **state)
{
	(void)state;
	assert_int_equal(trial_worlds(TRIAL_WITHDRAWN, questions_agree, 2), 0);
}

static void questions_after_days_were_dropped_are_answered_as_by_the_slow_search(void **state)
{
	(void)state;
	assert_int_equal(trial_worlds(TRIAL_DROPPED, questions_agree, 2), 0);
}

static void the_worlds_had_something_to_answer(void **state)
{
	uint64_t n = trial_count();

	(void)state;
	printf("seen: %" PRIu64 " stays, %" PRIu64 " visits in places, %" PRIu64
	       " refused, %" PRIu64 " counted\n",
	       seen.stays, seen.visits, seen.refused, seen.busy);
	assert_true(n < 1000 || (seen.stays > n && seen.visits > n && seen.refused > n));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(questions_of_sealed_segments_are_answered_as_by_the_slow_search),
		cmocka_unit_test(questions_of_the_tail_are_answered_as_by_the_slow_search),
		cmocka_unit_test(questions_of_any_mix_are_answered_as_by_the_slow_search),
		cmocka_unit_test(questions_after_withdrawals_are_answered_as_by_the_slow_search),
		cmocka_unit_test(
			questions_after_days_were_dropped_are_answered_as_by_the_slow_search),
		cmocka_unit_test(the_worlds_had_something_to_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
