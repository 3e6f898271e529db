/*
 * contacts.c - the engine's contacts are those of the slow, obvious search, in thousands of small
 * made-up worlds, whichever way the visits came into the set. See support/trial.h for how to try
 * more worlds, or one.
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

enum { ARENA_BYTES = 256 << 20 };

/* What the worlds were made of: a test that saw none of something did not test it. */
static struct {
	uint64_t contacts, later, named, ruled, full, refused, encounters, crowded;
} seen;

static void count_seen(const struct world *w, const struct slow_answer *a)
{
	seen.contacts += a->contact.n;
	seen.encounters += a->encounter.n;
	seen.crowded += w->crowded;
	for (size_t i = 0; i < a->contact.n; i++) {
		seen.later += a->contact.v[i].generation > 2;
		seen.ruled += a->contact.v[i].rule > 0 && a->contact.v[i].rule < TRACE_RULE_WINDOW;
		seen.named += a->contact.v[i].overlap_s == 0;
	}
}

static bool ask(const struct world *w, const struct trace_view *v, struct slow_answer *want,
		enum err e_want, bool proof, struct buf *why)
{
	CLEANUP(arena_end) struct arena *a = NULL;
	struct trace_ask q = world_ask(w, proof);
	struct trace_answer got[WORLD_WARRANTS];
	struct fault f = { 0 };
	enum err e;

	assert_int_equal(arena_new(ARENA_BYTES, &a), OK);
	e = trace_contacts(v, &q, w->warrant, w->n_warrants, a, got, &f);
	if (e != e_want) {
		buf_fmt(why, "said '%s' (%s), not '%s'\n", err_word(e), f.en, err_word(e_want));
		return false;
	}
	for (size_t i = 0; e == OK && i < w->n_warrants; i++) {
		const char *what = slow_differs(&want[i], &got[i], proof);

		if (what) {
			buf_fmt(why, "warrant %zu, %s: %s differs\n", i,
				proof ? "proof" : "no proof", what);
			slow_print(why, &want[i], &got[i], proof);
			return false;
		}
	}
	return true;
}

/* The view must answer every warrant, with proof and without, as the slow search over `model`. */
static bool contacts_agree(const struct world *w, const struct trace_view *v,
			   const struct slow_visits *model, struct buf *why)
{
	struct slow_answer want[WORLD_WARRANTS];
	struct trace_ask q = world_ask(w, true);
	struct utc_s h = trace_view_horizon(v), h_want = slow_horizon(model);
	enum err e;
	bool good;

	if (h.v != h_want.v) {
		buf_fmt(why, "horizon %" PRId64 ", not %" PRId64 "\n", h.v, h_want.v);
		return false;
	}
	e = slow_contacts(model, &q, w->warrant, w->n_warrants, want);
	seen.full += e == ERR_FULL;
	seen.refused += e == ERR_WARRANT;
	good = ask(w, v, want, e, true, why) && ask(w, v, want, e, false, why);
	for (size_t i = 0; e == OK && i < w->n_warrants; i++) {
		count_seen(w, &want[i]);
		slow_answer_end(&want[i]);
	}
	return good;
}

static void contacts_from_sealed_segments_are_those_of_the_slow_search(void **state)
{
	(void)state;
	assert_int_equal(trial_worlds(TRIAL_SEALED, contacts_agree, 1), 0);
}

static void contacts_from_the_tail_are_those_of_the_slow_search(void **state)
{
	(void)state;
	assert_int_equal(trial_worlds(TRIAL_TAIL, contacts_agree, 1), 0);
}

static void contacts_from_any_mix_in_any_order_are_those_of_the_slow_search(void **state)
{
	(void)state;
	assert_int_equal(trial_worlds(TRIAL_MIXED, contacts_agree, 1), 0);
}

static void withdrawn_visits_are_gone_at_once_and_may_come_again(void **state)
{
	(void)state;
	assert_int_equal(trial_worlds(TRIAL_WITHDRAWN, contacts_agree, 2), 0);
}

static void a_dropped_day_is_forgotten_and_no_other(void **state)
{
	(void)state;
	assert_int_equal(trial_worlds(TRIAL_DROPPED, contacts_agree, 2), 0);
}

static void the_worlds_had_something_of_everything(void **state)
{
	uint64_t n = trial_count();

	(void)state;
	printf("seen: %" PRIu64 " contacts (%" PRIu64 " after generation 2, %" PRIu64
	       " by a later rule, %" PRIu64 " without a second), %" PRIu64 " encounters, %" PRIu64
	       " over the limit, %" PRIu64 " refused, %" PRIu64 " crowded\n",
	       seen.contacts, seen.later, seen.ruled, seen.named, seen.encounters, seen.full,
	       seen.refused, seen.crowded);
	if (n < 1000)
		return;
	assert_true(seen.contacts > 10 * n);
	assert_true(seen.later > n / 10 && seen.named > n / 10 && seen.ruled > n / 10);
	assert_true(seen.full > n / 100 && seen.refused > n / 100 && seen.crowded > n / 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(contacts_from_sealed_segments_are_those_of_the_slow_search),
		cmocka_unit_test(contacts_from_the_tail_are_those_of_the_slow_search),
		cmocka_unit_test(contacts_from_any_mix_in_any_order_are_those_of_the_slow_search),
		cmocka_unit_test(withdrawn_visits_are_gone_at_once_and_may_come_again),
		cmocka_unit_test(a_dropped_day_is_forgotten_and_no_other),
		cmocka_unit_test(the_worlds_had_something_of_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
