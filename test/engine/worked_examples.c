/*
 * worked_examples.c - the contract of an encounter, one sentence at a time, with answers worked
 * out by hand. Both the engine and the slow search must give them: so the reference is tested,
 * and a reader learns what the numbers mean. Long because it is a list of sentences.
 *
 * Times are written in minutes after a local midnight of Asia/Shanghai, by M(). The case is
 * person 0, everything is in place 0 unless it says otherwise.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "engine/trace/store.h"
#include "engine/trace/trace.h"
#include "support/slow.h"

enum { ARENA_BYTES = 64 << 20, DAY = 24 * 60 };

#define MIDNIGHT 1581004800LL /* 2020-02-07T00:00+08:00 */
#define M(minutes) \
	{ \
		MIDNIGHT + (minutes)*60LL \
	}
#define V(person, place, from, to, seat) \
	{ \
		{ person }, { place }, M(from), M(to), seat \
	}
#define STILL(person, place, from) \
	{ \
		{ person }, { place }, M(from), { TRACE_STILL }, 0 \
	}
#define CONTACT(p, g, k, r, n, s, a, b) \
	{ \
		.person = { p }, .generation = (g), .klass = (k), .rule = (r), \
		.n_encounters = (n), .overlap_s = (s), .first = M(a), .last = M(b) \
	}
#define UNDATED(p, g, k, r) \
	{ \
		.person = { p }, .generation = (g), .klass = (k), .rule = (r), .n_encounters = 1, \
		.first = { TRACE_NEVER }, .last = { \
			TRACE_NEVER \
		} \
	}

struct example {
	const struct visit *visit;
	size_t n_visits;
	struct trace_ask ask;
	struct warrant warrant;
	const struct trace_contact *want;
	size_t n_want;
};

static struct trace_rules window_rules(int64_t min_s, int64_t lag_s)
{
	struct trace_rules r;

	trace_rules_window(min_s, lag_s, &r);
	return r;
}

/* Every rule speaks of every place; the profile has a name. */
static struct trace_rules profile_rules(const struct trace_rule *rule, size_t n)
{
	static const uint64_t all[][1] = { { 0 }, { 1 }, { 3 }, { 7 } };

	assert_true(n < ARRAY_LEN(all));
	return (struct trace_rules){
		.profile = "example@1", .n = n, .rule = rule, .n_kinds = 1, .kind_rules = all[n]
	};
}

static struct warrant warrant_from(int64_t from_min, uint32_t generations)
{
	return (struct warrant){ .purpose = TRACE_CONTACT_TRACING,
				 .from = M(from_min),
				 .to = { TRACE_STILL },
				 .generations = generations,
				 .limit = 1000 };
}

/* ---- putting both engines to it ----------------------------------------------------------- */

static void same_contacts(const struct example *x, const struct trace_contact *got, size_t n,
			  bool in_order)
{
	const char *what = slow_contacts_differ(x->want, x->n_want, got, n, false);

	assert_string_equal(what ? what : "", "");
	for (size_t i = 0; in_order && i < n; i++)
		assert_int_equal(got[i].person.v, x->want[i].person.v);
}

static void asked_slowly(const struct example *x)
{
	struct slow_visits all = { 0 };
	struct slow_answer a;

	slow_add(&all, x->visit, x->n_visits);
	assert_int_equal(slow_contacts(&all, &x->ask, &x->warrant, 1, &a), OK);
	same_contacts(x, a.contact.v, a.contact.n, true);
	slow_answer_end(&a);
	slow_visits_end(&all);
}

static void asked_of_set(const struct example *x, const struct trace_set *s)
{
	const struct trace_view *v = trace_set_view(s);
	struct arena *arena;

	assert_int_equal(arena_new(ARENA_BYTES, &arena), OK);
	for (int proof = 0; proof < 2; proof++) {
		struct trace_ask ask = x->ask;
		struct trace_answer a;

		ask.proof = proof;
		assert_int_equal(trace_contacts(v, &ask, &x->warrant, 1, arena, &a, NULL), OK);
		same_contacts(x, a.contact, a.n_contacts, proof);
	}
	arena_free(arena);
	trace_view_release(v);
}

static void asked_of_engine(const struct example *x)
{
	struct trace_set *s;
	struct zone *z;

	assert_int_equal(zone_open("Asia/Shanghai", &z, NULL), OK);
	assert_int_equal(trace_set_new(z, &s), OK);
	if (x->n_visits > 0)
		assert_int_equal(trace_set_add(s, x->visit, x->n_visits, NULL), OK);
	asked_of_set(x, s);
	assert_int_equal(trace_set_freeze(s, NULL), OK);
	asked_of_set(x, s);
	trace_set_free(s);
	zone_free(z);
}

static void holds(struct example x)
{
	asked_slowly(&x);
	asked_of_engine(&x);
}

#define NOBODY .want = NULL, .n_want = 0
#define VISITS(v) .visit = (v), .n_visits = ARRAY_LEN(v)
#define WANT(w) .want = (w), .n_want = ARRAY_LEN(w)

/* ---- overlap, minimum, lag ---------------------------------------------------------------- */

static void touching_ends_do_not_meet(void **state)
{
	const struct visit v[] = { V(0, 0, 0, 10, 0), V(1, 0, 10, 20, 0), V(2, 0, -5, 0, 0) };
	struct trace_rules r = window_rules(0, 0);

	(void)state;
	holds((struct example){ VISITS(v), .ask.rules = &r, .warrant = warrant_from(-DAY, 1),
				NOBODY });
}

static void a_minimum_is_reached_to_the_second(void **state)
{
	const struct visit v[] = { V(0, 0, 0, 30, 0), V(1, 0, 15, 60, 0), V(2, 0, 16, 60, 0) };
	const struct trace_contact want[] = { CONTACT(1, 1, TRACE_CLOSE, 0, 1, 900, 15, 30) };
	struct trace_rules r = window_rules(900, 0);

	(void)state;
	holds((struct example){ VISITS(v), .ask.rules = &r, .warrant = warrant_from(-DAY, 1),
				WANT(want) });
}

static void a_lag_lets_a_later_visitor_meet_the_place(void **state)
{
	const struct visit v[] = { V(0, 0, 0, 10, 0), V(1, 0, 12, 20, 0), V(2, 0, 15, 20, 0),
				   V(3, 0, -5, 0, 0) };
	const struct trace_contact want[] = { CONTACT(1, 1, TRACE_CLOSE, 0, 1, 180, 12, 15) };
	struct trace_rules r = window_rules(0, 300);

	(void)state;
	holds((struct example){ VISITS(v), .ask.rules = &r, .warrant = warrant_from(-DAY, 1),
				WANT(want) });
}

/* Who was exposed came after the source: there the lag reaches back before the case's stay. */
static void a_source_may_have_left_before_the_case_came(void **state)
{
	const struct visit v[] = { V(0, 0, 12, 20, 0), V(1, 0, 0, 10, 0), V(2, 0, 0, 7, 0),
				   V(3, 0, 20, 30, 0), V(4, 0, 0, 13, 0) };
	const struct trace_contact want[] = { CONTACT(1, 1, TRACE_CLOSE, 0, 1, 180, 7, 10),
					      CONTACT(4, 1, TRACE_CLOSE, 0, 1, 360, 7, 13) };
	struct trace_rules r = window_rules(0, 300);
	struct warrant w = warrant_from(-DAY, 1);

	(void)state;
	w.purpose = TRACE_SOURCE_TRACING;
	holds((struct example){ VISITS(v), .ask.rules = &r, .warrant = w, WANT(want) });
}

static void lengthened_stays_that_overlap_count_once(void **state)
{
	const struct visit v[] = { V(0, 0, 0, 10, 0), V(0, 0, 12, 20, 0), V(1, 0, 0, 30, 0) };
	const struct trace_contact want[] = { CONTACT(1, 1, TRACE_CLOSE, 0, 1, 1500, 0, 25) };
	struct trace_rules r = window_rules(0, 300);

	(void)state;
	holds((struct example){ VISITS(v), .ask.rules = &r, .warrant = warrant_from(-DAY, 1),
				WANT(want) });
}

static void a_stay_is_clipped_to_the_window_and_then_lengthened(void **state)
{
	const struct visit v[] = { V(0, 0, 0, 60, 0), V(1, 0, 35, 50, 0), V(2, 0, 0, 20, 0),
				   V(3, 0, 40, 50, 0) };
	const struct trace_contact want[] = { CONTACT(1, 1, TRACE_CLOSE, 0, 1, 300, 35, 40) };
	struct trace_rules r = window_rules(0, 600);
	struct warrant w = warrant_from(20, 1);

	(void)state;
	w.to = (struct utc_s)M(30);
	holds((struct example){ VISITS(v), .ask.rules = &r, .warrant = w, WANT(want) });
}

/* ---- stays -------------------------------------------------------------------------------- */

static void visits_that_touch_are_one_stay_even_over_midnight(void **state)
{
	const struct visit v[] = { V(0, 0, -10, 0, 0), V(0, 0, 0, 10, 0), V(1, 0, -5, 2, 0),
				   V(1, 0, 1, 5, 0) };
	const struct trace_contact want[] = { CONTACT(1, 1, TRACE_CLOSE, 0, 1, 600, -5, 5) };
	struct trace_rules r = window_rules(600, 0);

	(void)state;
	holds((struct example){ VISITS(v), .ask.rules = &r, .warrant = warrant_from(-DAY, 1),
				WANT(want) });
}

static void another_seat_is_another_stay_and_counts_again(void **state)
{
	const struct visit v[] = { V(0, 0, 0, 10, 1), V(0, 0, 5, 15, 2), V(1, 0, 0, 20, 0) };
	const struct trace_contact want[] = { CONTACT(1, 1, TRACE_CLOSE, 0, 2, 1200, 0, 15) };
	struct trace_rules r = window_rules(0, 0);

	(void)state;
	holds((struct example){ VISITS(v), .ask.rules = &r, .warrant = warrant_from(-DAY, 1),
				WANT(want) });
}

static void who_is_still_there_stays_until_the_greatest_time_known(void **state)
{
	const struct visit v[] = { STILL(0, 0, 0), V(1, 0, 80, 85, 0), STILL(2, 0, 85),
				   V(9, 7, 50, 90, 0) };
	const struct trace_contact want[] = { CONTACT(1, 1, TRACE_CLOSE, 0, 1, 300, 80, 85),
					      CONTACT(2, 1, TRACE_CLOSE, 0, 1, 300, 85, 90) };
	struct trace_rules r = window_rules(0, 0);

	(void)state;
	holds((struct example){ VISITS(v), .ask.rules = &r, .warrant = warrant_from(-DAY, 1),
				WANT(want) });
}

static void who_came_at_the_greatest_time_and_is_still_there_met_nobody(void **state)
{
	const struct visit v[] = { V(0, 0, 0, 90, 0), STILL(1, 0, 90), STILL(0, 1, 90),
				   STILL(2, 1, 90) };
	struct trace_rules r = window_rules(0, 600);

	(void)state;
	holds((struct example){ VISITS(v), .ask.rules = &r, .warrant = warrant_from(-DAY, 1),
				NOBODY });
}

/* ---- adding up ---------------------------------------------------------------------------- */

/* 0-10 and 60-70 leave 50 minutes between: a span of 65 holds 15 minutes of them, 64 do not. */
static void overlaps_add_up_within_a_span_and_not_beyond(void **state)
{
	const struct visit v[] = { V(0, 0, 0, 300, 0), V(1, 0, 0, 10, 0), V(1, 0, 60, 70, 0),
				   V(1, 0, 200, 210, 0), V(2, 0, 0, 14, 0) };
	const struct trace_contact want[] = { CONTACT(1, 1, TRACE_CLOSE, 0, 2, 1200, 0, 70) };
	struct trace_rules r = window_rules(900, 0);
	struct example x = { VISITS(v), .ask.rules = &r, .warrant = warrant_from(-DAY, 1),
			     WANT(want) };

	(void)state;
	r.cumulative_s = 65 * 60;
	holds(x);
	r.cumulative_s = 65 * 60 - 1;
	x.n_want = 0;
	holds(x);
}

/* Two vias of one generation do not add up: each pair is by itself. */
static void overlaps_with_two_people_do_not_add_up(void **state)
{
	const struct visit v[] = { V(0, 0, 0, 20, 0),  V(1, 0, 0, 20, 0),  V(2, 0, 0, 20, 0),
				   V(1, 1, 30, 40, 0), V(2, 2, 40, 50, 0), V(3, 1, 30, 40, 0),
				   V(3, 2, 40, 50, 0) };
	const struct trace_contact want[] = { CONTACT(1, 1, TRACE_CLOSE, 0, 1, 1200, 0, 20),
					      CONTACT(2, 1, TRACE_CLOSE, 0, 1, 1200, 0, 20) };
	struct trace_rules r = window_rules(900, 0);

	(void)state;
	r.cumulative_s = 86400;
	holds((struct example){ VISITS(v), .ask.rules = &r, .warrant = warrant_from(-DAY, 2),
				WANT(want) });
}

/* ---- rules -------------------------------------------------------------------------------- */

static void the_first_rule_that_fits_decides_even_if_the_overlap_is_too_short_for_it(void **state)
{
	const struct trace_rule rule[] = {
		{ .id = "row",
		  .klass = TRACE_CLOSE,
		  .min_s = 900,
		  .seat_unit = 1,
		  .seat_within = 1 },
		{ .id = "car", .klass = TRACE_GENERAL },
	};
	const struct trace_seat seat[] = {
		{ .row = -1 }, { .row = 7 }, { .row = 8 }, { .row = 9 }
	};
	const uint16_t kind[] = { 0 };
	const struct trace_world world = { 1, kind, ARRAY_LEN(seat), seat };
	const struct visit v[] = { V(0, 0, 0, 60, 1), V(1, 0, 0, 10, 2), V(2, 0, 0, 15, 2),
				   V(3, 0, 0, 10, 3), V(4, 0, 0, 10, 0) };
	const struct trace_contact want[] = { CONTACT(2, 1, TRACE_CLOSE, 0, 1, 900, 0, 15),
					      CONTACT(3, 1, TRACE_GENERAL, 1, 1, 600, 0, 10),
					      CONTACT(4, 1, TRACE_GENERAL, 1, 1, 600, 0, 10) };
	struct trace_rules r = profile_rules(rule, ARRAY_LEN(rule));

	(void)state;
	holds((struct example){ VISITS(v), .ask = { .rules = &r, .world = &world },
				.warrant = warrant_from(-DAY, 1), WANT(want) });
}

/* Bays of three: rows 1-3, 4-6, 7-9; row 0 is with the first. */
static void rows_are_grouped_and_a_missing_row_fits_only_where_the_rule_says_so(void **state)
{
	struct trace_rule rule = {
		.id = "bay", .klass = TRACE_CLOSE, .seat_unit = 3, .seat_within = 1
	};
	const struct trace_seat seat[] = {
		{ .row = -1 }, { .row = 3 }, { .row = 0 }, { .row = 6 }, { .row = 7 }
	};
	const uint16_t kind[] = { 0 };
	const struct trace_world world = { 1, kind, ARRAY_LEN(seat), seat };
	const struct visit v[] = { V(0, 0, 0, 60, 1), V(1, 0, 0, 60, 2), V(2, 0, 0, 60, 3),
				   V(3, 0, 0, 60, 4), V(4, 0, 0, 60, 0) };
	const struct trace_contact want[] = { CONTACT(1, 1, TRACE_CLOSE, 0, 1, 3600, 0, 60),
					      CONTACT(2, 1, TRACE_CLOSE, 0, 1, 3600, 0, 60),
					      CONTACT(4, 1, TRACE_CLOSE, 0, 1, 3600, 0, 60) };
	struct trace_rules r = profile_rules(&rule, 1);
	struct example x = { VISITS(v), .ask = { .rules = &r, .world = &world },
			     .warrant = warrant_from(-DAY, 1), .want = want, .n_want = 2 };

	(void)state;
	holds(x);
	rule.seat_unknown = true;
	x.n_want = 3;
	holds(x);
}

/* Person 3 met the case when that one was crew; by this rule it is the contact who must be. */
static void a_role_of_the_contact_makes_the_rule_fit(void **state)
{
	const struct trace_rule rule = { .id = "crew", .klass = TRACE_CLOSE, .roles = 2 };
	const struct trace_seat seat[] = { { .row = -1 },
					   { .row = -1, .roles = 2 },
					   { .row = -1, .roles = 5 } };
	const uint16_t kind[] = { 0 };
	const struct trace_world world = { 1, kind, ARRAY_LEN(seat), seat };
	const struct visit v[] = { V(0, 0, 0, 60, 0), V(1, 0, 0, 60, 1), V(2, 0, 0, 60, 2),
				   V(0, 0, 70, 80, 1), V(3, 0, 75, 99, 2) };
	const struct trace_contact want[] = { CONTACT(1, 1, TRACE_CLOSE, 0, 1, 3600, 0, 60) };
	struct trace_rules r = profile_rules(&rule, 1);

	(void)state;
	holds((struct example){ VISITS(v), .ask = { .rules = &r, .world = &world },
				.warrant = warrant_from(-DAY, 1), WANT(want) });
}

/* Person 1 was there 25 minutes of the hour before 100; the case 15 of it; nobody 26. */
static void a_companion_has_stayed_long_before_the_encounter_ends(void **state)
{
	struct trace_rule rule = { .id = "companion",
				   .klass = TRACE_COMPANION,
				   .stay_s = 25 * 60,
				   .stay_within_s = 3600 };
	const struct visit v[] = { V(0, 0, 85, 200, 0), V(1, 0, 0, 55, 0), V(1, 0, 90, 100, 0),
				   V(2, 0, 90, 100, 0) };
	const struct trace_contact want[] = { CONTACT(1, 1, TRACE_COMPANION, 0, 1, 600, 90, 100) };
	struct trace_rules r = profile_rules(&rule, 1);
	struct example x = { VISITS(v), .ask.rules = &r, .warrant = warrant_from(-DAY, 1),
			     WANT(want) };

	(void)state;
	holds(x);
	rule.stay_s++;
	x.n_want = 0;
	holds(x);
}

static void a_contact_has_the_class_and_the_rule_of_its_best_encounter(void **state)
{
	const struct trace_rule rule[] = {
		{ .id = "far", .klass = TRACE_GENERAL },
		{ .id = "near", .klass = TRACE_CLOSE },
		{ .id = "nearer", .klass = TRACE_CLOSE },
	};
	const uint64_t kind_rules[] = { 1, 2, 4 };
	const struct trace_seat seat[] = { { .row = -1 } };
	const uint16_t kind[] = { 0, 2, 1 };
	const struct trace_world world = { 3, kind, 1, seat };
	const struct visit v[] = { V(0, 0, 0, 10, 0), V(0, 1, 10, 20, 0), V(0, 2, 20, 30, 0),
				   V(1, 0, 0, 10, 0), V(1, 1, 10, 20, 0), V(1, 2, 20, 30, 0),
				   V(2, 0, 0, 10, 0) };
	const struct trace_contact want[] = { CONTACT(1, 1, TRACE_CLOSE, 1, 3, 1800, 0, 30),
					      CONTACT(2, 1, TRACE_GENERAL, 0, 1, 600, 0, 10) };
	struct trace_rules r = profile_rules(rule, ARRAY_LEN(rule));

	(void)state;
	r.n_kinds = 3;
	r.kind_rules = kind_rules;
	holds((struct example){ VISITS(v), .ask = { .rules = &r, .world = &world },
				.warrant = warrant_from(-DAY, 1), WANT(want) });
}

/* ---- generations -------------------------------------------------------------------------- */

/* Person 2 met person 1 at 40, before 1 met the case at 50, and again at 70. */
static void the_next_generation_opens_at_the_first_exposure(void **state)
{
	const struct visit v[] = { V(1, 1, 40, 45, 0), V(2, 1, 40, 45, 0), V(0, 0, 50, 60, 0),
				   V(1, 0, 50, 60, 0), V(1, 2, 70, 75, 0), V(2, 2, 70, 75, 0),
				   V(3, 3, 72, 80, 0), V(2, 3, 75, 80, 0), V(0, 3, 76, 77, 0) };
	const struct trace_contact want[] = {
		CONTACT(1, 1, TRACE_CLOSE, 0, 1, 600, 50, 60),
		CONTACT(2, 1, TRACE_CLOSE, 0, 1, 60, 76, 77),
		CONTACT(3, 1, TRACE_CLOSE, 0, 1, 60, 76, 77),
	};
	const struct trace_contact later[] = {
		CONTACT(1, 1, TRACE_CLOSE, 0, 1, 600, 50, 60),
		CONTACT(2, 2, TRACE_SECONDARY, 0, 1, 300, 70, 75),
		CONTACT(3, 3, TRACE_SECONDARY, 0, 1, 300, 75, 80),
	};
	struct trace_rules r = window_rules(0, 0);
	struct example x = { VISITS(v), .ask.rules = &r, .warrant = warrant_from(-DAY, 3),
			     WANT(want) };

	(void)state;
	holds(x);
	x.n_visits--; /* without the case's own visit at 76 */
	x.want = later;
	holds(x);
}

static void general_contacts_open_no_further_generation(void **state)
{
	struct trace_rule rule = { .id = "any", .klass = TRACE_GENERAL };
	const struct visit v[] = { V(0, 0, 0, 10, 0), V(1, 0, 0, 10, 0), V(1, 1, 20, 30, 0),
				   V(2, 1, 20, 30, 0) };
	const struct trace_contact want[] = { CONTACT(1, 1, TRACE_GENERAL, 0, 1, 600, 0, 10) };
	const struct trace_contact both[] = { CONTACT(1, 1, TRACE_SECONDARY, 0, 1, 600, 0, 10),
					      CONTACT(2, 2, TRACE_SECONDARY, 0, 1, 600, 20, 30) };
	struct trace_rules r = profile_rules(&rule, 1);
	struct example x = { VISITS(v), .ask.rules = &r, .warrant = warrant_from(-DAY, 2),
			     WANT(want) };

	(void)state;
	holds(x);
	rule.klass = TRACE_SECONDARY;
	x.want = both;
	x.n_want = 2;
	holds(x);
}

/* ---- named contacts ----------------------------------------------------------------------- */

static void a_named_contact_counts_in_either_order_and_within_the_window(void **state)
{
	const struct visit v[] = { V(0, 0, 0, 10, 0), V(9, 9, 0, 100, 0) };
	const struct trace_named named[] = { { { 5 }, { 0 }, M(-30), M(20) },
					     { { 0 }, { 6 }, M(-30), M(-20) },
					     { { 0 }, { 7 }, M(90), { TRACE_STILL } } };
	const struct trace_contact want[] = { CONTACT(5, 1, TRACE_CLOSE, 0, 1, 2400, -20, 20),
					      CONTACT(7, 1, TRACE_CLOSE, 0, 1, 600, 90, 100) };
	struct trace_rules r = window_rules(999999, 600);

	(void)state;
	holds((struct example){ VISITS(v), .ask = { .rules = &r, .named = named, .n_named = 3 },
				.warrant = warrant_from(-20, 1), WANT(want) });
}

/* Person 5's window opens with the case's own, so the meeting with 6 at -15 counts, at -25 not. */
static void an_undated_named_contact_always_counts_and_opens_where_its_via_does(void **state)
{
	const struct visit v[] = { V(5, 1, -15, -10, 0), V(6, 1, -15, -10, 0), V(5, 2, -25, -20, 0),
				   V(7, 2, -25, -20, 0) };
	const struct trace_named named[] = { { { 5 }, { 0 }, { TRACE_NEVER }, { TRACE_NEVER } } };
	const struct trace_contact want[] = { UNDATED(5, 1, TRACE_CLOSE, TRACE_RULE_NAMED),
					      CONTACT(6, 2, TRACE_SECONDARY, 0, 1, 300, -15, -10) };
	const struct trace_rule rule = { .id = "any", .klass = TRACE_CLOSE };
	struct trace_rules r = profile_rules(&rule, 1);

	(void)state;
	holds((struct example){ VISITS(v), .ask = { .rules = &r, .named = named, .n_named = 1 },
				.warrant = warrant_from(-20, 2), WANT(want) });
}

/* ---- warrants ----------------------------------------------------------------------------- */

static enum err asked(const struct visit *v, size_t n, const struct warrant *w, size_t n_w,
		      struct trace_answer *ret, struct arena *arena)
{
	const struct trace_view *view;
	struct trace_rules r = window_rules(0, 0);
	struct trace_ask ask = { .rules = &r };
	struct trace_set *s;
	struct zone *z;
	enum err e;

	assert_int_equal(zone_open("Asia/Shanghai", &z, NULL), OK);
	assert_int_equal(trace_set_new(z, &s), OK);
	assert_int_equal(trace_set_add(s, v, n, NULL), OK);
	view = trace_set_view(s);
	e = trace_contacts(view, &ask, w, n_w, arena, ret, NULL);
	trace_view_release(view);
	trace_set_free(s);
	zone_free(z);
	return e;
}

static void a_question_over_its_limit_fails_whole(void **state)
{
	const struct visit v[] = { V(0, 0, 0, 10, 0), V(1, 0, 0, 10, 0), V(2, 0, 0, 10, 0),
				   V(1, 1, 20, 30, 0), V(3, 1, 20, 30, 0) };
	struct warrant w[] = { warrant_from(-DAY, 2), warrant_from(-DAY, 2) };
	struct trace_answer a[2];
	struct arena *arena;

	(void)state;
	assert_int_equal(arena_new(ARENA_BYTES, &arena), OK);
	w[1].limit = 3;
	assert_int_equal(asked(v, ARRAY_LEN(v), w, 2, a, arena), OK);
	assert_int_equal(a[0].n_contacts, 3);
	assert_int_equal(a[1].n_contacts, 3);
	w[1].limit = 2;
	memset(a, 0, sizeof(a));
	assert_int_equal(asked(v, ARRAY_LEN(v), w, 2, a, arena), ERR_FULL);
	assert_true(a[0].n_contacts == 0 && !a[0].contact && !a[1].contact);
	w[1].generations = 1;
	assert_int_equal(asked(v, ARRAY_LEN(v), w, 2, a, arena), OK);
	assert_int_equal(a[1].n_contacts, 2);
	arena_free(arena);
}

static void without_a_proper_warrant_there_is_no_answer(void **state)
{
	const struct visit v[] = { V(0, 0, 0, 10, 0), V(1, 0, 0, 10, 0) };
	const struct warrant good = warrant_from(-DAY, 1);
	struct warrant bad[6] = { good, good, good, good, good, good };
	struct trace_answer a[2];
	struct arena *arena;

	(void)state;
	assert_int_equal(arena_new(ARENA_BYTES, &arena), OK);
	bad[0].purpose = TRACE_PURPOSE_NONE;
	bad[1].to = bad[1].from;
	bad[2].to.v = bad[2].from.v - 1;
	bad[3].generations = 0;
	bad[4].limit = 0;
	bad[5].index.v = TRACE_NONE; /* this one is good: a case without visits */
	for (size_t i = 0; i < 5; i++) {
		const struct warrant two[] = { good, bad[i] };

		assert_int_equal(asked(v, 2, two, 2, a, arena), ERR_WARRANT);
	}
	assert_int_equal(asked(v, 2, &bad[5], 1, a, arena), OK);
	assert_int_equal(a[0].n_contacts, 0);
	arena_free(arena);
}

static void the_rules_of_a_plain_window_say_what_they_are(void **state)
{
	struct trace_rules r = window_rules(900, 60);

	(void)state;
	assert_string_equal(r.profile, "");
	assert_int_equal(r.n, 1);
	assert_string_equal(r.rule[0].id, "window");
	assert_int_equal(r.rule[0].klass, TRACE_CLOSE);
	assert_int_equal(r.rule[0].min_s < 0 ? r.min_s : r.rule[0].min_s, 900);
	assert_int_equal(r.lag_s, 60);
	assert_int_equal(r.cumulative_s, 0);
	assert_string_equal(trace_class_word(TRACE_CLOSE), "close");
	assert_string_equal(trace_class_word(TRACE_SECONDARY), "secondary");
	assert_string_equal(trace_class_word(TRACE_GENERAL), "general");
	assert_string_equal(trace_class_word(TRACE_COMPANION), "companion");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(touching_ends_do_not_meet),
		cmocka_unit_test(a_minimum_is_reached_to_the_second),
		cmocka_unit_test(a_lag_lets_a_later_visitor_meet_the_place),
		cmocka_unit_test(a_source_may_have_left_before_the_case_came),
		cmocka_unit_test(lengthened_stays_that_overlap_count_once),
		cmocka_unit_test(a_stay_is_clipped_to_the_window_and_then_lengthened),
		cmocka_unit_test(visits_that_touch_are_one_stay_even_over_midnight),
		cmocka_unit_test(another_seat_is_another_stay_and_counts_again),
		cmocka_unit_test(who_is_still_there_stays_until_the_greatest_time_known),
		cmocka_unit_test(who_came_at_the_greatest_time_and_is_still_there_met_nobody),
		cmocka_unit_test(overlaps_add_up_within_a_span_and_not_beyond),
		cmocka_unit_test(overlaps_with_two_people_do_not_add_up),
		cmocka_unit_test(
			the_first_rule_that_fits_decides_even_if_the_overlap_is_too_short_for_it),
		cmocka_unit_test(
			rows_are_grouped_and_a_missing_row_fits_only_where_the_rule_says_so),
		cmocka_unit_test(a_role_of_the_contact_makes_the_rule_fit),
		cmocka_unit_test(a_companion_has_stayed_long_before_the_encounter_ends),
		cmocka_unit_test(a_contact_has_the_class_and_the_rule_of_its_best_encounter),
		cmocka_unit_test(the_next_generation_opens_at_the_first_exposure),
		cmocka_unit_test(general_contacts_open_no_further_generation),
		cmocka_unit_test(a_named_contact_counts_in_either_order_and_within_the_window),
		cmocka_unit_test(
			an_undated_named_contact_always_counts_and_opens_where_its_via_does),
		cmocka_unit_test(a_question_over_its_limit_fails_whole),
		cmocka_unit_test(without_a_proper_warrant_there_is_no_answer),
		cmocka_unit_test(the_rules_of_a_plain_window_say_what_they_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
