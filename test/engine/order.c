/* order.c - rows of a segment, and of a run, in the order that the C library's sort brings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/dice.h"
#include "engine/trace/order.h"
#include "engine/trace/run.h"
#include "engine/trace/sort.h"

static enum segment_side side;

static int compare(const void *pa, const void *pb)
{
	const struct segment_row *a = pa, *b = pb;
	bool places = side == SEGMENT_PLACES;
	int64_t x[] = {
		places ? a->place : a->person, a->from, a->person, a->place, a->length, a->seat
	};
	int64_t y[] = {
		places ? b->place : b->person, b->from, b->person, b->place, b->length, b->seat
	};

	for (size_t i = 0; i < ARRAY_LEN(x); i++)
		if (x[i] != y[i])
			return x[i] < y[i] ? -1 : 1;
	return 0;
}

static size_t sort_and_drop_equal(struct segment_row *r, size_t n)
{
	size_t kept = 0;

	qsort(r, n, sizeof *r, compare);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || compare(&r[kept - 1], &r[i]) != 0)
			r[kept++] = r[i];
	return kept;
}

static struct segment_row some_row(struct dice *d, unsigned bits, uint32_t from)
{
	return (struct segment_row){
		.person = (uint32_t)(dice_next(d) >> (64 - bits)),
		.place = (uint32_t)(dice_next(d) >> (64 - bits)),
		.seat = dice_below(d, 2),
		.from = dice_chance(d, 0.5) ? from : dice_below(d, 1u << (bits < 18 ? bits : 18)),
		.length = dice_chance(d, 0.1) ? TRACE_STILL : 1 + dice_below(d, 3),
	};
}

static void rows_come_in_order_and_equal_ones_once(void **state)
{
	CLEANUP(order_end) struct order o = { 0 }; /* the same for all days, large and small */
	enum { N_MAX = 3000 };
	static struct segment_row rows[N_MAX], want[N_MAX];
	struct dice d = { 1 };

	(void)state;
	for (int round = 0; round < 3000; round++) {
		size_t n = 1 + dice_below(&d, round % 10 ? 60 : N_MAX);
		unsigned bits = 1 + dice_below(&d, 30);
		bool in_time = dice_chance(&d, 0.3);

		for (size_t i = 0; i < n; i++) {
			rows[i] = some_row(&d, bits, 0);
			if (in_time)
				rows[i].from = (uint32_t)(i / 3);
		}
		assert_int_equal(order_begin(&o, rows, n), OK);
		for (size_t i = 1; i < n; i++)
			assert_true(rows[i - 1].from <= rows[i].from);
		for (side = 0; side < SEGMENT_SIDES; side++) {
			size_t n_want;

			memcpy(want, rows, n * sizeof *rows);
			n_want = sort_and_drop_equal(want, n);
			order_by(&o, side);
			assert_int_equal(o.sorted.n, n_want);
			for (size_t i = 0; i < n_want; i++)
				assert_int_equal(compare(&o.sorted.v[i], &want[i]), 0);
		}
	}
}

static int by_place(const void *a, const void *b)
{
	return visit_cmp(a, b);
}

static int by_person(const void *pa, const void *pb)
{
	const struct visit *a = pa, *b = pb;

	if (a->person.v != b->person.v)
		return a->person.v < b->person.v ? -1 : 1;
	if (a->from.v != b->from.v)
		return a->from.v < b->from.v ? -1 : 1;
	return visit_cmp(a, b);
}

static void a_run_is_in_both_orders_and_has_equal_visits_once(void **state)
{
	enum { N_MAX = 2000 };
	static struct visit v[N_MAX], want[N_MAX];
	struct dice d = { 2 };

	(void)state;
	for (int round = 0; round < 1000; round++) {
		size_t n = 1 + dice_below(&d, round % 10 ? 60 : N_MAX), kept = 0;
		unsigned bits = 1 + dice_below(&d, 32);
		bool ages = dice_chance(&d, 0.2); /* further apart than 32 bits of seconds */
		struct run *r;

		for (size_t i = 0; i < n; i++) {
			struct segment_row x = some_row(&d, bits, 7);

			v[i] = (struct visit){ .person = { x.person },
					       .place = { x.place },
					       .from = { ages ? (int64_t)x.from << 40 : x.from },
					       .seat = x.seat };
			v[i].to.v = x.length == TRACE_STILL ? TRACE_STILL : v[i].from.v + x.length;
		}
		memcpy(want, v, n * sizeof *v);
		qsort(want, n, sizeof *v, by_place);
		for (size_t i = 0; i < n; i++)
			if (!i || visit_cmp(&want[kept - 1], &want[i]) != 0)
				want[kept++] = want[i];
		assert_int_equal(run_new(v, n, &r), OK);
		assert_int_equal(r->n, kept);
		for (size_t i = 0; i < kept; i++)
			assert_int_equal(visit_cmp(&r->by_place[i], &want[i]), 0);
		qsort(want, kept, sizeof *v, by_person);
		for (size_t i = 0; i < kept; i++)
			assert_int_equal(visit_cmp(&r->by_person[i], &want[i]), 0);
		run_release(r);
	}
}

static int by_number(const void *pa, const void *pb)
{
	const uint64_t *a = pa, *b = pb;

	return (*a > *b) - (*a < *b);
}

/* Spread evenly, few or alike in all but their last bits: an even spread is no promise. */
static void numbers_come_in_order_however_they_are_spread(void **state)
{
	enum { N_MAX = 9000 };
	static uint64_t v[N_MAX], want[N_MAX], spare[N_MAX];
	struct dice d = { 4 };

	(void)state;
	for (int round = 0; round < 300; round++) {
		size_t n = dice_below(&d, round % 10 ? 200 : N_MAX);
		uint64_t mask = dice_next(&d) >> dice_below(&d, 64), upper = dice_next(&d);

		for (size_t i = 0; i < n; i++)
			v[i] = (dice_next(&d) & mask) | (upper & ~mask);
		if (round % 3 == 0 && n) /* one that stands far off, the rest close together */
			v[n / 2] = ~v[n / 2];
		memcpy(want, v, n * sizeof *v);
		qsort(want, n, sizeof *want, by_number);
		sort_numbers(v, spare, n);
		assert_memory_equal(v, want, n * sizeof *v);
	}
}

static void a_run_without_a_time_keeps_both_orders(void **state)
{
	enum { N = 500, TO = 60 };
	static struct visit v[N], left[N];
	struct dice d = { 5 };

	(void)state;
	for (int round = 0; round < 200; round++) {
		int64_t from = dice_below(&d, TO), to = from + dice_below(&d, TO);
		size_t n = 0;
		struct run *all, *some, *want;

		for (size_t i = 0; i < N; i++) {
			v[i] = (struct visit){ .person = { dice_below(&d, 20) },
					       .place = { dice_below(&d, 20) },
					       .from = { dice_below(&d, TO) } };
			v[i].to.v = dice_chance(&d, 0.1) ? TRACE_STILL : v[i].from.v + 5;
			if (v[i].from.v < from || v[i].from.v >= to)
				left[n++] = v[i];
		}
		assert_int_equal(run_new(v, N, &all), OK);
		assert_int_equal(run_without(all, from, to, &some), OK);
		if (n) {
			assert_int_equal(run_new(left, n, &want), OK);
			assert_true(some->n == want->n && some->first == want->first &&
				    some->last == want->last && some->longest == want->longest &&
				    some->still == want->still);
			for (size_t i = 0; i < want->n; i++) {
				assert_int_equal(visit_cmp(&some->by_place[i], &want->by_place[i]),
						 0);
				assert_int_equal(visit_cmp(&some->by_person[i],
							   &want->by_person[i]),
						 0);
			}
			run_release(want);
		} else {
			assert_null(some);
		}
		run_release(some);
		run_release(all);
	}
}

static void without_memory_rows_stay_as_they_are(void **state)
{
	(void)state;
	for (uint64_t k = 1;; k++) {
		CLEANUP(order_end) struct order o = { 0 };
		struct segment_row rows[2] = { { .from = 2, .length = 1 },
					       { .from = 1, .length = 1 } };
		enum err e;

		mem_fail_at(k, false);
		e = order_begin(&o, rows, 2);
		mem_fail_at(0, false);
		if (!e) {
			assert_true(k > 3);
			assert_int_equal(rows[0].from, 1);
			return;
		}
		assert_int_equal(e, ERR_MEMORY);
		assert_int_equal(rows[0].from, 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_come_in_order_and_equal_ones_once),
		cmocka_unit_test(a_run_is_in_both_orders_and_has_equal_visits_once),
		cmocka_unit_test(a_run_without_a_time_keeps_both_orders),
		cmocka_unit_test(numbers_come_in_order_however_they_are_spread),
		cmocka_unit_test(without_memory_rows_stay_as_they_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
