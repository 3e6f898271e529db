/*
 * store.c - the living set: what is in it once, what is gone when, which parts it is made of, and
 * that a view keeps what it showed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "engine/trace/store.h"
#include "support/town.h"

static const struct town_plan plan = {
	.seed = 31, .n = 240, .days = 4, .people = 24, .places = 6, .step_s = 60
};

struct kit { /* a town, a set, and what the set must hold */
	struct town town;
	struct trace_set *set;
	struct slow_visits model;
};

static void kit_make(struct kit *k, const struct town_plan *p)
{
	memset(k, 0, sizeof(*k));
	town_make(&k->town, p);
	assert_int_equal(trace_set_new(k->town.zone, &k->set), OK);
}

static void kit_end(struct kit *k)
{
	trace_set_free(k->set);
	slow_visits_end(&k->model);
	town_end(&k->town);
}

static void add(struct kit *k, size_t from, size_t n)
{
	assert_int_equal(trace_set_add(k->set, k->town.visits.v + from, n, NULL), OK);
	slow_add(&k->model, k->town.visits.v + from, n);
}

static void withdraw(struct kit *k, size_t from, size_t n)
{
	assert_int_equal(trace_set_withdraw(k->set, k->town.visits.v + from, n, NULL), OK);
	slow_withdraw(&k->model, k->town.visits.v + from, n);
}

static void seal(struct kit *k, size_t from, size_t n)
{
	struct trace_builder_options o = { .zone = k->town.zone, .budget_bytes = 64 << 20 };
	struct town_images images = { 0 };
	VEC(struct trace_segment *) made = { 0 };

	assert_int_equal(town_seal(&o, k->town.visits.v + from, n, &images, NULL), OK);
	for (size_t i = 0; i < images.n; i++) {
		struct trace_segment *s;

		assert_int_equal(town_adopt(&images.v[i], &s, NULL), OK);
		assert_int_equal(vec_push(&made, s), OK);
	}
	assert_int_equal(trace_set_add_segments(k->set, made.v, made.n, NULL), OK);
	vec_drop(&made);
	town_images_end(&images);
	slow_add(&k->model, k->town.visits.v + from, n);
}

static void merge_all(struct kit *k)
{
	for (int32_t day = TOWN_DAY - 1; day <= TOWN_DAY + plan.days; day++)
		assert_int_equal(trace_set_merge_day(k->set, day, NULL), OK);
}

static uint64_t visits_in(const struct kit *k)
{
	const struct trace_view *v = trace_set_view(k->set);
	uint64_t n = trace_view_visits(v);

	trace_view_release(v);
	return n;
}

static void holds(struct kit *k)
{
	assert_int_equal(town_ask_set(k->set, &k->model), OK);
}

/* ---- what is in a set --------------------------------------------------------------------- */

static void an_empty_set_answers_that_there_is_nobody(void **state)
{
	struct slow_visits nothing = { 0 };
	const struct trace_view *v;
	struct kit k;

	(void)state;
	kit_make(&k, &plan);
	v = trace_set_view(k.set);
	assert_non_null(v);
	assert_true(trace_view_horizon(v).v == TRACE_NEVER);
	assert_int_equal(trace_view_visits(v), 0);
	assert_int_equal(town_ask(v, &nothing), OK);
	trace_view_release(v);
	assert_int_equal(trace_set_freeze(k.set, NULL), OK);
	merge_all(&k);
	assert_int_equal(trace_set_drop_day(k.set, TOWN_DAY, NULL), OK);
	assert_int_equal(trace_set_withdraw(k.set, k.town.visits.v, 5, NULL), OK);
	assert_int_equal(trace_set_add(k.set, NULL, 0, NULL), OK);
	assert_int_equal(trace_set_parts(k.set), 0);
	kit_end(&k);
}

static void a_visit_is_in_a_set_once_however_often_it_is_added(void **state)
{
	struct kit k;

	(void)state;
	kit_make(&k, &plan);
	add(&k, 0, 100);
	add(&k, 0, 100);
	assert_int_equal(visits_in(&k), 100);
	assert_int_equal(trace_set_freeze(k.set, NULL), OK);
	add(&k, 50, 100);
	assert_int_equal(visits_in(&k), 150);
	holds(&k);
	assert_int_equal(trace_set_freeze(k.set, NULL), OK);
	merge_all(&k);
	add(&k, 0, 150);
	assert_int_equal(visits_in(&k), 150);
	holds(&k);
	kit_end(&k);
}

static void a_visit_that_two_segments_hold_is_one_visit_after_merging(void **state)
{
	struct kit k;

	(void)state;
	kit_make(&k, &plan);
	seal(&k, 0, 120);
	seal(&k, 60, 120);
	merge_all(&k);
	assert_int_equal(visits_in(&k), 180);
	holds(&k);
	kit_end(&k);
}

static void visits_at_the_bounds_are_kept_in_the_tail_and_when_frozen(void **state)
{
	const struct visit v[] = {
		{ { 1 }, { 2 }, { 0 }, { 9 }, INT32_MAX },
		{ { 3 }, { 2 }, { 5 }, { 9 }, INT32_MAX - 1 },
		{ { 1 << 20 }, { 1 << 20 }, { 5 }, { WHEN_MAX_S }, 1 },
		{ { 1 << 20 }, { 1 << 20 }, { WHEN_MIN_S }, { 9 }, 2 },
		{ { 4 }, { 1 << 20 }, { WHEN_MAX_S - 1 }, { WHEN_MAX_S }, 2 },
		{ { 5 }, { 1 << 20 }, { WHEN_MIN_S }, { TRACE_STILL }, 0 },
	};
	const struct visit far[] = { { { TRACE_IDS_MAX - 1 }, { 7 }, { 0 }, { 9 }, 0 },
				     { { 1 }, { TRACE_IDS_MAX - 1 }, { 0 }, { 9 }, 0 } };
	struct kit k;

	(void)state;
	kit_make(&k, &plan);
	assert_int_equal(trace_set_add(k.set, v, ARRAY_LEN(v), NULL), OK);
	slow_add(&k.model, v, ARRAY_LEN(v));
	holds(&k);
	assert_int_equal(trace_set_freeze(k.set, NULL), OK);
	holds(&k);
	/* Frozen, these would cost memory by the greatest number. */
	assert_int_equal(trace_set_add(k.set, far, ARRAY_LEN(far), NULL), OK);
	slow_add(&k.model, far, ARRAY_LEN(far));
	holds(&k);
	kit_end(&k);
}

static void a_visit_out_of_bounds_is_refused_with_all_that_came_with_it(void **state)
{
	const struct visit bad[] = {
		{ { TRACE_IDS_MAX }, { 2 }, { 0 }, { 9 }, 0 },
		{ { TRACE_NONE }, { 2 }, { 0 }, { 9 }, 0 },
		{ { 1 }, { TRACE_IDS_MAX }, { 0 }, { 9 }, 0 },
		{ { 1 }, { 2 }, { 0 }, { 9 }, 1U << 31 },
		{ { 1 }, { 2 }, { 9 }, { 9 }, 0 },
		{ { 1 }, { 2 }, { 10 }, { 9 }, 0 },
		{ { 1 }, { 2 }, { WHEN_MIN_S - 1 }, { 9 }, 0 },
		{ { 1 }, { 2 }, { TRACE_NEVER }, { 9 }, 0 },
		{ { 1 }, { 2 }, { 9 }, { WHEN_MAX_S + 1 }, 0 },
		{ { 1 }, { 2 }, { TRACE_STILL }, { TRACE_STILL }, 0 },
	};
	struct kit k;

	(void)state;
	kit_make(&k, &plan);
	add(&k, 0, 20);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		const struct visit three[] = { k.town.visits.v[50], bad[i], k.town.visits.v[51] };
		struct fault f = { 0 };

		assert_int_equal(trace_set_add(k.set, three, 3, &f), ERR_RANGE);
		assert_true(f.zh[0] && f.en[0]);
		assert_int_equal(visits_in(&k), 20);
		holds(&k);
	}
	kit_end(&k);
}

static void an_added_visit_is_in_the_next_view(void **state)
{
	struct kit k;

	(void)state;
	kit_make(&k, &plan);
	for (size_t i = 0; i < 60; i++) {
		add(&k, i, 1);
		holds(&k);
	}
	kit_end(&k);
}

/* ---- parts -------------------------------------------------------------------------------- */

static void freezing_and_merging_leave_one_part_a_day(void **state)
{
	struct kit k;

	(void)state;
	kit_make(&k, &plan);
	for (size_t i = 0; i < plan.n; i += 40) {
		add(&k, i, 40);
		assert_int_equal(trace_set_freeze(k.set, NULL), OK);
		holds(&k);
	}
	assert_true(trace_set_parts(k.set) > (size_t)plan.days);
	merge_all(&k);
	assert_int_equal(trace_set_parts(k.set), plan.days);
	assert_int_equal(visits_in(&k), plan.n);
	holds(&k);
	merge_all(&k);
	assert_int_equal(trace_set_parts(k.set), plan.days);
	holds(&k);
	kit_end(&k);
}

static void merging_a_day_touches_no_other(void **state)
{
	struct kit k;
	size_t parts;

	(void)state;
	kit_make(&k, &plan);
	seal(&k, 0, 120);
	seal(&k, 120, 120);
	parts = trace_set_parts(k.set);
	assert_int_equal(parts, 2 * plan.days);
	assert_int_equal(trace_set_merge_day(k.set, TOWN_DAY + 1, NULL), OK);
	assert_int_equal(trace_set_parts(k.set), parts - 1);
	holds(&k);
	kit_end(&k);
}

static void a_long_tail_stays_a_few_parts(void **state)
{
	const struct town_plan many = {
		.seed = 32, .n = 3000, .days = 1, .people = 2000, .places = 400, .step_s = 60
	};
	struct kit k;

	(void)state;
	kit_make(&k, &many);
	for (size_t i = 0; i < many.n; i++)
		assert_int_equal(trace_set_add(k.set, k.town.visits.v + i, 1, NULL), OK);
	assert_true(trace_set_parts(k.set) < 64);
	assert_int_equal(visits_in(&k), many.n);
	kit_end(&k);
}

/* ---- withdrawing and dropping ------------------------------------------------------------- */

static void a_withdrawn_visit_is_gone_at_once_and_from_the_bytes_when_merged(void **state)
{
	struct kit k;

	(void)state;
	kit_make(&k, &plan);
	seal(&k, 0, 120);
	add(&k, 120, 120);
	withdraw(&k, 100, 40);
	holds(&k);
	withdraw(&k, 100, 40);
	holds(&k);
	assert_int_equal(trace_set_freeze(k.set, NULL), OK);
	holds(&k);
	merge_all(&k);
	assert_int_equal(visits_in(&k), plan.n - 40);
	holds(&k);
	withdraw(&k, 0, plan.n);
	holds(&k);
	merge_all(&k);
	assert_int_equal(visits_in(&k), 0);
	assert_int_equal(trace_set_parts(k.set), 0);
	kit_end(&k);
}

static void a_withdrawn_visit_may_be_added_again(void **state)
{
	struct kit k;

	(void)state;
	kit_make(&k, &plan);
	seal(&k, 0, 120);
	withdraw(&k, 0, 30);
	add(&k, 10, 10);
	holds(&k);
	seal(&k, 20, 10);
	holds(&k);
	merge_all(&k);
	holds(&k);
	assert_int_equal(trace_set_freeze(k.set, NULL), OK);
	merge_all(&k);
	assert_int_equal(visits_in(&k), 110);
	holds(&k);
	kit_end(&k);
}

static void a_visit_that_differs_in_one_field_is_not_withdrawn(void **state)
{
	struct kit k;
	struct visit other[5];

	(void)state;
	kit_make(&k, &plan);
	seal(&k, 0, 120);
	add(&k, 120, 120);
	for (size_t i = 0; i < plan.n; i++) {
		for (size_t x = 0; x < 5; x++)
			other[x] = k.town.visits.v[i];
		other[0].person.v += 1000;
		other[1].place.v += 1000;
		other[2].from.v--;
		other[3].to.v++;
		other[4].seat += 1000;
		assert_int_equal(trace_set_withdraw(k.set, other, 5, NULL), OK);
	}
	holds(&k);
	merge_all(&k);
	assert_int_equal(visits_in(&k), plan.n);
	kit_end(&k);
}

static void a_dropped_day_is_gone_from_segments_and_tail(void **state)
{
	struct kit k;

	(void)state;
	kit_make(&k, &plan);
	seal(&k, 0, 120);
	add(&k, 120, 120);
	for (int32_t day = TOWN_DAY + 2; day >= TOWN_DAY; day--) {
		assert_int_equal(trace_set_drop_day(k.set, day, NULL), OK);
		slow_drop_day(&k.model, k.town.zone, day);
		assert_int_equal(visits_in(&k), k.model.n);
		holds(&k);
	}
	assert_true(k.model.n > 0);
	add(&k, 0, plan.n); /* a day that was dropped may come again */
	holds(&k);
	kit_end(&k);
}

/* ---- views -------------------------------------------------------------------------------- */

static void a_view_keeps_what_it_showed_whatever_happens_to_the_set(void **state)
{
	const struct trace_view *view[6];
	struct slow_visits shown[6] = { { 0 } };
	struct kit k;

	(void)state;
	kit_make(&k, &plan);
	for (size_t i = 0; i < 6; i++) {
		switch (i) {
		case 1: add(&k, 0, 100); break;
		case 2: seal(&k, 100, 140); break;
		case 3: withdraw(&k, 80, 40); break;
		case 4: assert_int_equal(trace_set_freeze(k.set, NULL), OK); break;
		case 5: merge_all(&k); break;
		default: break;
		}
		view[i] = trace_set_view(k.set);
		slow_add(&shown[i], k.model.v, k.model.n);
	}
	assert_int_equal(trace_set_drop_day(k.set, TOWN_DAY, NULL), OK);
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(town_ask(view[i], &shown[i]), OK);
	kit_end(&k); /* the set goes first */
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(town_ask(view[i], &shown[i]), OK);
		trace_view_release(view[i]);
		slow_visits_end(&shown[i]);
	}
}

static void the_busy_count_is_of_visits_and_of_days(void **state)
{
	struct kit k;

	(void)state;
	kit_make(&k, &plan);
	seal(&k, 0, 120);
	add(&k, 120, 60);
	for (uint32_t place = 0; place <= plan.places; place++) {
		const struct trace_view *v = trace_set_view(k.set);
		struct trace_busy got = { 0 }, want;

		want = slow_busy(&k.model, k.town.zone, (struct place_id){ place });
		assert_int_equal(trace_place_busy(v, (struct place_id){ place }, &got, NULL), OK);
		assert_int_equal(got.visits, want.visits);
		assert_int_equal(got.days, want.days);
		trace_view_release(v);
	}
	kit_end(&k);
}

static void only_places_of_the_case_may_be_looked_into(void **state)
{
	const struct visit v[] = { { { 1 }, { 5 }, { 1000 }, { 2000 }, 0 },
				   { { 2 }, { 5 }, { 1500 }, { 9000 }, 0 },
				   { { 2 }, { 6 }, { 1500 }, { 9000 }, 0 },
				   { { 1 }, { 6 }, { 5000 }, { 6000 }, 0 } };
	struct warrant w = { .index = { 1 },
			     .purpose = TRACE_CONTACT_TRACING,
			     .from = { 0 },
			     .to = { 5000 },
			     .generations = 1,
			     .limit = 1 };
	const struct trace_view *view;
	const struct visit *got;
	struct arena *a;
	struct kit k;
	size_t n;

	(void)state;
	kit_make(&k, &plan);
	assert_int_equal(trace_set_add(k.set, v, ARRAY_LEN(v), NULL), OK);
	view = trace_set_view(k.set);
	assert_int_equal(arena_new(1 << 24, &a), OK);
#define LOOK(place, from, to) \
	trace_attendance(view, &w, (struct place_id){ place }, (struct utc_s){ from }, \
			 (struct utc_s){ to }, a, &got, &n, NULL)
	assert_int_equal(LOOK(6, 0, 9000), ERR_WARRANT);
	assert_int_equal(LOOK(7, 0, 9000), ERR_WARRANT);
	assert_int_equal(LOOK(5, 2000, 9000), OK);
	assert_int_equal(n, 1);
	assert_int_equal(got[0].person.v, 2);
	assert_int_equal(LOOK(5, 0, 1500), OK);
	assert_int_equal(n, 1);
	assert_int_equal(got[0].person.v, 1);
	w.purpose = TRACE_PURPOSE_NONE;
	assert_int_equal(LOOK(5, 0, 9000), ERR_WARRANT);
	w.purpose = TRACE_SOURCE_TRACING;
	w.to.v = 5001;
	assert_int_equal(LOOK(6, 0, 9000), OK);
	assert_int_equal(n, 2);
#undef LOOK
	arena_free(a);
	trace_view_release(view);
	kit_end(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_set_answers_that_there_is_nobody),
		cmocka_unit_test(a_visit_is_in_a_set_once_however_often_it_is_added),
		cmocka_unit_test(a_visit_that_two_segments_hold_is_one_visit_after_merging),
		cmocka_unit_test(visits_at_the_bounds_are_kept_in_the_tail_and_when_frozen),
		cmocka_unit_test(a_visit_out_of_bounds_is_refused_with_all_that_came_with_it),
		cmocka_unit_test(an_added_visit_is_in_the_next_view),
		cmocka_unit_test(freezing_and_merging_leave_one_part_a_day),
		cmocka_unit_test(merging_a_day_touches_no_other),
		cmocka_unit_test(a_long_tail_stays_a_few_parts),
		cmocka_unit_test(a_withdrawn_visit_is_gone_at_once_and_from_the_bytes_when_merged),
		cmocka_unit_test(a_withdrawn_visit_may_be_added_again),
		cmocka_unit_test(a_visit_that_differs_in_one_field_is_not_withdrawn),
		cmocka_unit_test(a_dropped_day_is_gone_from_segments_and_tail),
		cmocka_unit_test(a_view_keeps_what_it_showed_whatever_happens_to_the_set),
		cmocka_unit_test(the_busy_count_is_of_visits_and_of_days),
		cmocka_unit_test(only_places_of_the_case_may_be_looked_into),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
