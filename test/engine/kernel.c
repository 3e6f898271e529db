/*
 * kernel.c - the inner loops for AVX2, for AVX-512 and in plain C give equal answers, on blocks of
 * every width and size. The worlds of contacts.c run the one this machine chooses; this test ties
 * the others to it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/dice.h"
#include "engine/trace/bits.h"
#include "engine/trace/kernel.h"
#include "engine/trace/store.h"

enum { ROUNDS = 20000, COLUMN_BYTES = KERNEL_BLOCK * 4 + BITS_SLACK, SKIPPED = 77 };

struct columns {
	uint8_t from[COLUMN_BYTES], length[COLUMN_BYTES], seat[COLUMN_BYTES], person[COLUMN_BYTES];
	uint8_t list[COLUMN_BYTES];
};

static uint64_t bits_of(struct dice *d, unsigned width)
{
	return dice_next(d) & bits_mask(width);
}

static void column(uint8_t *p, uint32_t n, unsigned width, struct dice *d, bool sorted)
{
	struct bits_out out = { .p = p };
	uint64_t v = 0;

	memset(p, 0, COLUMN_BYTES);
	for (uint32_t i = 0; i < n; i++) {
		v = sorted ? v + bits_of(d, width) / (n + 1) : bits_of(d, width);
		if (!sorted && dice_below(d, 6) == 0) /* 0 and all ones are where loops go wrong */
			v = dice_below(d, 2) ? bits_mask(width) : 0;
		bits_put(&out, v, width);
	}
}

static void make_block(struct columns *c, struct kernel_block *b, struct dice *d)
{
	memset(b, 0, sizeof(*b));
	b->n = dice_below(d, 4) ? 1 + dice_below(d, KERNEL_BLOCK) : KERNEL_BLOCK;
	b->minutes = dice_below(d, 2);
	b->still = dice_below(d, 2);
	b->from_width = (uint8_t)dice_below(d, b->minutes ? 12 : 18);
	b->length_width = (uint8_t)dice_below(d, b->minutes ? 22 : KERNEL_WIDTH_MAX + 1);
	b->seat_width = (uint8_t)dice_below(d, 9);
	b->person_width = (uint8_t)dice_below(d, KERNEL_WIDTH_MAX + 1);
	b->from_base = dice_below(d, b->minutes ? 1440 : 86400);
	b->person_base = dice_below(d, 1000);
	b->horizon = 90000 + (int32_t)dice_below(d, 2000000);
	column(c->from, b->n, b->from_width, d, true);
	column(c->length, b->n, b->length_width, d, false);
	column(c->seat, b->n, b->seat_width, d, false);
	column(c->person, b->n, b->person_width, d, false);
	b->from = c->from;
	b->length = c->length;
	b->seat = c->seat;
	b->person = c->person;
	if (dice_below(d, 3) == 0) {
		b->list_width = (uint8_t)dice_below(d, 29);
		b->person_width = (uint8_t)dice_below(d, 5);
		column(c->person, b->n, b->person_width, d, false);
		column(c->list, KERNEL_LIST, b->list_width, d, false);
		b->list = c->list;
	}
}

/* Often at the very edge of a visit of the block. */
static int32_t some_time(const struct kernel_visits *t, uint32_t n, struct dice *d)
{
	uint32_t i = dice_below(d, n);
	int32_t near = (int32_t)dice_below(d, 3) - 1;

	switch (dice_below(d, 4)) {
	case 0: return t->from[i] + near;
	case 1: return t->to[i] + near;
	case 2: return (int32_t)dice_below(d, 200000) - 50000;
	default: return (int32_t)dice_below(d, 1 << 30);
	}
}

static int32_t some_minimum(struct dice *d)
{
	return dice_below(d, 2) ? 1 : 1 + (int32_t)dice_below(d, dice_below(d, 2) ? 100 : 100000);
}

#if defined(__x86_64__)

static const struct kernel *const wide_kernels[] = { &kernel_avx2, &kernel_avx512 };

#define ASSERT_COLUMN_EQUAL(a, b, n) assert_memory_equal((a), (b), (n) * sizeof(*(a)))

static void assert_equal_hits(const struct kernel_hits *a, const struct kernel_hits *b)
{
	assert_int_equal(a->n, b->n);
	ASSERT_COLUMN_EQUAL(a->index, b->index, a->n);
	ASSERT_COLUMN_EQUAL(a->person, b->person, a->n);
	ASSERT_COLUMN_EQUAL(a->from, b->from, a->n);
	ASSERT_COLUMN_EQUAL(a->to, b->to, a->n);
}

/* Returns how many hits the plain kernel had. */
static uint32_t compare_on_a_block(const struct kernel *k, struct dice *d)
{
	static struct columns c;
	static struct kernel_visits plain, wide;
	static struct kernel_hits hits_plain, hits_wide;
	struct kernel_block b;
	int32_t from, to, min = some_minimum(d);

	make_block(&c, &b, d);
	kernel_plain.unpack(&b, &plain);
	k->unpack(&b, &wide);
	ASSERT_COLUMN_EQUAL(plain.person, wide.person, b.n);
	ASSERT_COLUMN_EQUAL(plain.from, wide.from, b.n);
	ASSERT_COLUMN_EQUAL(plain.to, wide.to, b.n);
	from = some_time(&plain, b.n, d);
	to = some_time(&plain, b.n, d);
	if (from >= to)
		to = from + 1;
	/* They go behind those that are there. */
	uint32_t before = hits_plain.n > KERNEL_HITS - KERNEL_BLOCK ? 0 : hits_plain.n;
	hits_plain.n = hits_wide.n = before;
	hits_plain.shift = hits_wide.shift = (int32_t)dice_below(d, 200000) - 100000;
	kernel_plain.scan(&b, from, to, min, &hits_plain);
	k->scan(&b, from, to, min, &hits_wide);
	assert_equal_hits(&hits_plain, &hits_wide);
	return hits_plain.n - before;
}

static void blocks_are_scanned_and_unpacked_alike(void **state)
{
	struct dice d = { 11 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wide_kernels); i++) {
		uint64_t hits = 0;
		if (!kernel_runs(wide_kernels[i]))
			continue;
		for (int round = 0; round < ROUNDS; round++)
			hits += compare_on_a_block(wide_kernels[i], &d);
		assert_true(hits > ROUNDS);
	}
}

/* What a scan must find can be said in two lines once the times are known. */
static void a_scan_finds_those_that_overlap_by_the_minimum(void **state)
{
	static struct columns c;
	static struct kernel_visits t;
	static struct kernel_hits got;
	struct kernel_block b;
	struct dice d = { 12 };

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		const struct kernel *k = round % 2 ? kernel_best() : &kernel_plain;
		int32_t from, to, min = some_minimum(&d);
		int64_t end;
		uint32_t n = 0;

		make_block(&c, &b, &d);
		k->unpack(&b, &t);
		from = some_time(&t, b.n, &d);
		end = some_time(&t, b.n, &d);
		to = (int32_t)max_i64(from + 1, end);
		got.n = 0;
		k->scan(&b, from, to, min, &got);
		for (uint32_t i = 0; i < b.n; i++) {
			int64_t a = max_i64(t.from[i], from), z = min_i64(t.to[i], to);

			if (z - a < min)
				continue;
			assert_true(n < got.n);
			assert_int_equal(got.index[n], i);
			assert_int_equal(got.from[n], a);
			assert_int_equal(got.to[n], z);
			n++;
		}
		assert_int_equal(got.n, n);
	}
}

static void sort_by_from(int32_t *from, int32_t *to, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++)
		for (uint32_t j = i; j && from[j - 1] > from[j]; j--) {
			int32_t f = from[j], t = to[j];
			from[j] = from[j - 1];
			to[j] = to[j - 1];
			from[j - 1] = f;
			to[j - 1] = t;
		}
}

static void probes_are_met_alike_and_as_arithmetic_says(void **state)
{
	enum { MOST = 96 };
	_Alignas(64) int32_t from[MOST], to[MOST];
	struct kernel_probes p = { .from = from, .to = to };
	struct dice d = { 13 };

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		const struct kernel *k = wide_kernels[round % 2];
		struct kernel_sum plain = { 0 }, wide = { 0 },
				  want = { .first = INT32_MAX, .last = INT32_MIN };
		int32_t a = (int32_t)dice_below(&d, 90000), min = some_minimum(&d);
		int32_t z = a + 1 + (int32_t)dice_below(&d, dice_below(&d, 2) ? 900 : 1 << 24);
		uint32_t n = dice_below(&d, MOST + 1);

		p.n = (n + 15) / 16 * 16;
		for (uint32_t i = 0; i < p.n; i++) {
			from[i] = i < n ? (int32_t)dice_below(&d, 100000) - 5000 : 1 << 30;
			to[i] = i < n ? from[i] + 1 + (int32_t)dice_below(&d, 5000) : 0;
			if (i < n && dice_below(&d, 8) == 0)
				from[i] = z - min + (int32_t)dice_below(&d, 3) - 1;
			if (i < n && to[i] <= from[i])
				to[i] = from[i] + 1 + min;
		}
		sort_by_from(from, to, n);
		for (uint32_t i = 0; i < n; i++) {
			int64_t x = max_i64(from[i], a), y = min_i64(to[i], z);

			if (y - x < min)
				continue;
			want.n++;
			want.total += (uint64_t)(y - x);
			want.first = (int32_t)min_i64(want.first, x);
			want.last = (int32_t)max_i64(want.last, y);
		}
		kernel_plain.meet(&p, a, z, min, &plain);
		(kernel_runs(k) ? k : kernel_best())->meet(&p, a, z, min, &wide);
		assert_int_equal(plain.n, want.n);
		assert_int_equal(wide.n, want.n);
		assert_int_equal(plain.total, want.total);
		assert_int_equal(wide.total, want.total);
		if (want.n > 0) {
			assert_true(plain.first == want.first && plain.last == want.last);
			assert_true(wide.first == want.first && wide.last == want.last);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_are_scanned_and_unpacked_alike),
		cmocka_unit_test(a_scan_finds_those_that_overlap_by_the_minimum),
		cmocka_unit_test(probes_are_met_alike_and_as_arithmetic_says),
	};

	if (kernel_best() == &kernel_plain) {
		printf("skipped: this machine has the plain kernel alone\n");
		return SKIPPED;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
	printf("skipped: this machine has the plain kernel alone\n");
	return SKIPPED;
}

#endif
