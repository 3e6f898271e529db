/* memory.c - arenas, arrays, pages, dice, digests: blocks are where and what they should be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/dice.h"
#include "base/digest.h"
#include "base/memory.h"

/* ---- arena ---- */

struct block {
	unsigned char *p;
	size_t n;
	unsigned char mark;
};

static bool is_all(const unsigned char *p, size_t n, unsigned char byte)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != byte)
			return false;
	return true;
}

/* Take blocks of all sizes, fill each with its mark, and see in the end that all still stand. */
static void fill_arena(struct arena *a, struct dice *d, size_t n_blocks)
{
	struct block *blocks = calloc(n_blocks, sizeof *blocks);

	assert_non_null(blocks);
	for (size_t i = 0; i < n_blocks; i++) {
		struct block *b = &blocks[i];

		b->n = dice_chance(d, 0.01) ? dice_below(d, 300000) : dice_below(d, 200);
		b->mark = (unsigned char)(1 + dice_below(d, 255));
		bool raw = dice_chance(d, 0.3);
		b->p = raw ? arena_take_raw(a, b->n, 1) : arena_take(a, b->n, 1);
		assert_non_null(b->p);
		assert_int_equal((uintptr_t)b->p % 16, 0);
		assert_true(raw || is_all(b->p, b->n, 0));
		memset(b->p, b->mark, b->n);
	}
	for (size_t i = 0; i < n_blocks; i++)
		assert_true(is_all(blocks[i].p, blocks[i].n, blocks[i].mark));
	free(blocks);
}

static void arena_blocks_are_zeroed_aligned_and_apart(void **state)
{
	struct dice d = { 1 };
	CLEANUP(arena_end) struct arena *a = NULL;

	(void)state;
	assert_int_equal(arena_new(64 << 20, &a), OK);
	fill_arena(a, &d, 5000);
}

static void a_cleared_arena_gives_zeroed_blocks_again(void **state)
{
	struct dice d = { 2 };
	CLEANUP(arena_end) struct arena *a = NULL;

	(void)state;
	assert_int_equal(arena_new(64 << 20, &a), OK);
	arena_clear(a);
	for (int i = 0; i < 20; i++) {
		fill_arena(a, &d, 1 + dice_below(&d, 1000));
		assert_true(arena_used(a) > 0);
		arena_clear(a);
		assert_int_equal(arena_used(a), 0);
	}
}

static void an_arena_gives_its_budget_and_not_a_block_more(void **state)
{
	(void)state;
	for (size_t budget = 16; budget < 10000000; budget = budget * 3 / 16 * 16) {
		CLEANUP(arena_end) struct arena *a = NULL;
		size_t each = budget / 16 / 7 * 16 + 16, n = 0;

		assert_int_equal(arena_new(budget, &a), OK);
		while (arena_take(a, each, 1))
			n++;
		assert_int_equal(n, budget / each);
		while (arena_take(a, 16, 1))
			;
		assert_int_equal(arena_used(a), budget);
		assert_null(arena_take(a, 1, 1));
		arena_clear(a);
		assert_non_null(arena_take(a, budget, 1));
	}
}

static void sizes_that_overflow_are_no_memory(void **state)
{
	CLEANUP(arena_end) struct arena *a = NULL;

	(void)state;
	assert_int_equal(arena_new(SIZE_MAX, &a), OK);
	assert_null(arena_take(a, SIZE_MAX / 2, 3));
	assert_null(arena_take(a, SIZE_MAX, 1));
	assert_null(arena_take(a, SIZE_MAX - 8, 1));
	assert_null(arena_copy(a, "", SIZE_MAX));
	assert_null(mem_take(SIZE_MAX / 2, 3));
	assert_null(mem_grow(NULL, 0, SIZE_MAX / 4, 8));
	assert_null(pages_take(SIZE_MAX));
	assert_null(pages_take(0));
	assert_non_null(arena_take(a, 10, 10));
}

static void a_copy_ends_with_nul(void **state)
{
	CLEANUP(arena_end) struct arena *a = NULL;
	const char *first, *none, *last;

	(void)state;
	assert_int_equal(arena_new(4096, &a), OK);
	first = arena_copy(a, "abcdefghijklmnop", 16); /* exactly as long as the alignment */
	none = arena_copy(a, NULL, 0);
	last = arena_copy(a, "next", 4);
	assert_string_equal(first, "abcdefghijklmnop");
	assert_string_equal(none, "");
	assert_string_equal(last, "next");
}

/* ---- arrays and pages ---- */

static void a_vector_keeps_its_elements_while_it_grows(void **state)
{
	VEC(uint64_t) v = { 0 };

	(void)state;
	for (uint64_t i = 0; i < 100000; i++)
		assert_int_equal(vec_push(&v, i * i), OK);
	for (uint64_t i = 0; i < 100000; i++)
		assert_int_equal(v.v[i], i * i);
	assert_true(v.cap >= v.n && v.cap < 2 * v.n);
	assert_int_equal(vec_reserve(&v, SIZE_MAX / 4), ERR_MEMORY);
	assert_int_equal(v.n, 100000); /* a refusal leaves it as it was */
	assert_int_equal(v.v[99999], 99999ull * 99999);
	vec_drop(&v);
	assert_null(v.v);
	assert_int_equal(v.n + v.cap, 0);
}

static void a_large_array_is_zeroed_and_keeps_its_elements(void **state)
{
	enum { WORDS = 3 << 20 };
	uint32_t *p = mem_take(WORDS, sizeof *p);

	(void)state;
	assert_non_null(p);
	for (uint32_t i = 0; i < WORDS; i++) {
		assert_true(p[i] == 0);
		p[i] = i;
	}
	p = mem_grow(p, WORDS, 2 * WORDS + 1, sizeof *p);
	assert_non_null(p);
	for (uint32_t i = 0; i < WORDS; i++)
		assert_true(p[i] == i);
	p[2 * WORDS] = 1;
	mem_drop(p);
}

static void asking_for_nothing_is_not_a_failure(void **state)
{
	void *p = mem_take(0, 8);

	(void)state;
	assert_non_null(p);
	p = mem_grow(p, 0, 0, 8);
	assert_non_null(p);
	mem_drop(p);
	mem_drop(NULL);
	arena_free(NULL);
	pages_drop(NULL, 4096);
}

static void pages_grow_and_keep_what_is_in_them(void **state)
{
	size_t n = 0;
	uint32_t *p = NULL;

	(void)state;
	for (size_t to = 1; to < 3000000; to += to / 2 + 1) {
		uint32_t *grown = pages_grow(p, n * sizeof *p, to * sizeof *p);

		assert_non_null(grown);
		p = grown;
		assert_int_equal(p[to - 1], 0);
		for (size_t i = n; i < to; i++)
			p[i] = (uint32_t)i;
		n = to;
		for (size_t i = 0; i < n; i++)
			assert_int_equal(p[i], i);
		mem_fail_at(1, false);
		assert_null(pages_grow(p, n * sizeof *p, n * 2 * sizeof *p));
		mem_fail_at(0, false);
	}
	assert_null(pages_grow(p, n * sizeof *p, SIZE_MAX));
	pages_drop(p, n * sizeof *p);
}

static void pages_are_zeroed_whole_and_aligned(void **state)
{
	static const size_t sizes[] = { 1, 4096, 4097, 3 << 20 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		unsigned char *p = pages_take(sizes[i]);

		assert_non_null(p);
		assert_int_equal((uintptr_t)p % 4096, 0);
		assert_true(is_all(p, sizes[i], 0));
		memset(p, 0xAA, sizes[i]);
		pages_drop(p, sizes[i]);
	}
}

/* ---- faults on purpose ---- */

static unsigned ask_eight_times(void)
{
	unsigned answers = 0;
	struct arena *a = NULL;
	void *p;

	for (unsigned i = 0; i < 8; i++) {
		switch (i % 4) {
		case 0:
			p = mem_take(1, 1);
			mem_drop(p);
			break;
		case 1:
			p = pages_take(1);
			pages_drop(p, 1);
			break;
		case 2: p = arena_new(4096, &a) ? NULL : a; break;
		default:
			p = a ? arena_take(a, 1, 1) : mem_take(0, 0);
			if (!a)
				mem_drop(p);
			arena_end(&a);
			break;
		}
		answers |= (unsigned)(p != NULL) << i;
	}
	return answers;
}

static void the_kth_allocation_fails_once_or_from_then_on(void **state)
{
	(void)state;
	for (unsigned k = 1; k <= 8; k++) {
		mem_fail_at(k, false);
		assert_int_equal(ask_eight_times(), 0xFF & ~(1u << (k - 1)));
		assert_int_equal(mem_calls(), 8);
		mem_fail_at(k, true);
		assert_int_equal(ask_eight_times(), 0xFF >> (9 - k));
	}
	mem_fail_at(9, true);
	assert_int_equal(ask_eight_times(), 0xFF);
	mem_fail_at(0, true);
	assert_int_equal(ask_eight_times(), 0xFF);
}

enum { TAKES = 20000, THREADS = 4 };

static void *take_many(void *arg)
{
	uint64_t *refused = arg;

	for (int i = 0; i < TAKES; i++) {
		void *p = mem_take(1, 1);

		*refused += !p;
		mem_drop(p);
	}
	return NULL;
}

static void exactly_one_of_many_threads_is_struck(void **state)
{
	pthread_t threads[THREADS];
	uint64_t refused[THREADS] = { 0 }, all = 0;

	(void)state;
	mem_fail_at(TAKES * 2, false);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, take_many, &refused[i]), 0);
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		all += refused[i];
	}
	assert_int_equal(all, 1);
	assert_int_equal(mem_calls(), TAKES * THREADS);
	mem_fail_at(0, false);
}

/* ---- dice, clocks and digests ---- */

static void dice_repeat_and_are_the_published_ones(void **state)
{
	struct dice d = { 1234567 };

	(void)state;
	/* splitmix64's reference outputs for this seed */
	assert_int_equal(dice_next(&d), 6457827717110365317u);
	assert_int_equal(dice_next(&d), 3203168211198807973u);
	assert_int_equal(dice_next(&d), 9817491932198370423u);
}

static void dice_stay_inside_and_reach_every_side(void **state)
{
	struct dice d = { 5 };
	unsigned seen[6] = { 0 };
	double low = 1, high = 0;
	int n = 0;

	(void)state;
	for (int i = 0; i < 60000; i++) {
		double u = dice_unit(&d);
		uint32_t side = dice_below(&d, 6);

		assert_true(side < 6);
		assert_true(u >= 0 && u < 1);
		seen[side]++;
		low = u < low ? u : low;
		high = u > high ? u : high;
		n += dice_chance(&d, 0.25);
		assert_int_equal(dice_below(&d, 1), 0);
		assert_false(dice_chance(&d, 0));
		assert_true(dice_chance(&d, 1));
	}
	for (int i = 0; i < 6; i++)
		assert_true(seen[i] > 9500 && seen[i] < 10500);
	assert_true(low < 0.001 && high > 0.999);
	assert_true(n > 14500 && n < 15500);
}

static int64_t own_clock(void *arg)
{
	return ++*(int64_t *)arg;
}

static void clocks_run_forward_and_can_be_owned(void **state)
{
	int64_t mine = 41, before = clock_ns(&clock_steady);

	(void)state;
	assert_int_equal(clock_ns(&(struct clock){ own_clock, &mine }), 42);
	for (int i = 0; i < 1000; i++) {
		int64_t now = clock_ns(&clock_steady);

		assert_true(now >= before);
		before = now;
	}
	assert_true(clock_ns(&clock_wall) > 1600000000LL * 1000000000);
}

static void a_digest_sees_every_bit(void **state)
{
	unsigned char bytes[300] = { 0 };
	uint64_t whole = digest_of(bytes, sizeof bytes);

	(void)state;
	assert_int_equal(digest_of(NULL, 0), 0x2D06800538D394C2u); /* XXH3's word for nothing */
	assert_true(digest_seeded(bytes, sizeof bytes, 1) != whole);
	assert_int_equal(digest_seeded(bytes, sizeof bytes, 0), whole);
	assert_true(digest_of(bytes, sizeof bytes - 1) != whole);
	for (size_t i = 0; i < sizeof bytes * 8; i++) {
		bytes[i / 8] = (unsigned char)(1u << i % 8);
		assert_true(digest_of(bytes, sizeof bytes) != whole);
		bytes[i / 8] = 0;
	}
}

static void what_is_wiped_leaves_nothing_in_what_is_taken_next(void **state)
{
	CLEANUP(arena_end) struct arena *a = NULL;
	const size_t sizes[] = { 100, 300000, 5000 };
	unsigned char *p;

	(void)state;
	assert_int_equal(arena_new(16 << 20, &a), OK);
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
			assert_non_null(p = arena_take_raw(a, sizes[i], 1));
			memset(p, 0xA5, sizes[i]);
		}
		arena_wipe(a);
		assert_int_equal(arena_used(a), 0);
		assert_non_null(p = arena_take_raw(a, 60000, 1));
		for (size_t i = 0; i < 60000; i++)
			assert_int_equal(p[i], 0);
		arena_wipe(a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arena_blocks_are_zeroed_aligned_and_apart),
		cmocka_unit_test(a_cleared_arena_gives_zeroed_blocks_again),
		cmocka_unit_test(an_arena_gives_its_budget_and_not_a_block_more),
		cmocka_unit_test(sizes_that_overflow_are_no_memory),
		cmocka_unit_test(a_copy_ends_with_nul),
		cmocka_unit_test(a_vector_keeps_its_elements_while_it_grows),
		cmocka_unit_test(a_large_array_is_zeroed_and_keeps_its_elements),
		cmocka_unit_test(asking_for_nothing_is_not_a_failure),
		cmocka_unit_test(pages_are_zeroed_whole_and_aligned),
		cmocka_unit_test(pages_grow_and_keep_what_is_in_them),
		cmocka_unit_test(the_kth_allocation_fails_once_or_from_then_on),
		cmocka_unit_test(exactly_one_of_many_threads_is_struck),
		cmocka_unit_test(dice_repeat_and_are_the_published_ones),
		cmocka_unit_test(dice_stay_inside_and_reach_every_side),
		cmocka_unit_test(clocks_run_forward_and_can_be_owned),
		cmocka_unit_test(a_digest_sees_every_bit),
		cmocka_unit_test(what_is_wiped_leaves_nothing_in_what_is_taken_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
