/*
 * tally.c - the tally against a plain list: any order of single and many hits, over several
 * generations, from a few people to far more than its first table holds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/dice.h"
#include "base/memory.h"
#include "engine/trace/tally.h"

enum { PEOPLE_MOST = 6000, HITS_MOST = 300, ROUNDS = 60, GENERATIONS = 3, THE_CASE = 7 };

struct plain {
	struct tally_row row;
	struct tally_note note;
	bool known;
};

struct both {
	struct tally clever;
	struct plain *slow; /* by person */
	uint32_t generation, people;
};

static void add_slowly(struct both *b, uint32_t person, int64_t from, int64_t to, uint32_t rank)
{
	struct plain *p = &b->slow[person];

	if (!p->known)
		*p = (struct plain){ { person, 0, 0, INT64_MAX, INT64_MIN },
				     { b->generation, UINT32_MAX },
				     true };
	if (p->note.generation < b->generation)
		return;
	p->row.n++;
	p->row.total += (uint64_t)(to - from);
	p->row.first = min_i64(p->row.first, from);
	p->row.last = max_i64(p->row.last, to);
	p->note.rank = rank < p->note.rank ? rank : p->note.rank;
}

static void add_some(struct both *b, struct dice *d)
{
	static uint32_t person[HITS_MOST];
	static int32_t from[HITS_MOST], to[HITS_MOST];
	uint32_t n = dice_below(d, HITS_MOST + 1), rank = dice_below(d, 8) ? 1 : dice_below(d, 4);
	int64_t start = (int64_t)dice_below(d, 1000) * 86400;
	bool single = dice_below(d, 4) == 0;

	for (uint32_t k = 0; k < n; k++) {
		person[k] = dice_below(d, b->people);
		from[k] = (int32_t)dice_below(d, 86400) - 1000;
		to[k] = from[k] + 1 + (int32_t)dice_below(d, 90000);
		add_slowly(b, person[k], start + from[k], start + to[k], rank);
		if (single)
			assert_int_equal(tally_add(&b->clever,
						   &(struct tally_hit){ person[k], 1, rank,
									(uint64_t)(to[k] - from[k]),
									start + from[k],
									start + to[k] }),
					 OK);
	}
	if (!single)
		assert_int_equal(tally_add_many(&b->clever,
						&(struct tally_many){ n, rank, person, from, to,
								      start }),
				 OK);
}

static void assert_alike(const struct both *b)
{
	uint32_t known = 0;

	for (uint32_t i = 0; i < b->people; i++) {
		const struct plain *p = &b->slow[i];
		const struct tally_row *r = tally_find(&b->clever, i);
		assert_true(!r == !p->known);
		if (!r)
			continue;
		const struct tally_note *note = &b->clever.note[r - b->clever.row];
		assert_memory_equal(r, &p->row, sizeof *r);
		assert_int_equal(note->generation, p->note.generation);
		assert_int_equal(note->rank, p->note.rank);
		known++;
	}
	assert_int_equal(tally_met(&b->clever), known - 1);
}

static void a_tally_is_what_a_plain_list_says(void **state)
{
	struct both b = { .slow = NULL };
	struct dice d = { 21 };
	struct arena *a;

	(void)state;
	assert_int_equal(arena_new((size_t)64 << 20, &a), OK);
	for (int round = 0; round < ROUNDS; round++) {
		b.people = 10 + dice_below(&d, dice_below(&d, 2) ? 600 : PEOPLE_MOST);
		b.slow = calloc(b.people, sizeof *b.slow);
		assert_non_null(b.slow);
		b.generation = 0;
		assert_int_equal(tally_init(&b.clever, a, THE_CASE), OK);
		b.slow[THE_CASE] = (struct plain){ { THE_CASE, 0, 0, INT64_MAX, INT64_MIN },
						   { 0, UINT32_MAX },
						   true };
		while (b.generation++ < GENERATIONS) {
			tally_generation(&b.clever, b.generation);
			for (uint32_t k = dice_below(&d, 40); k; k--)
				add_some(&b, &d);
		}
		b.generation = GENERATIONS;
		assert_alike(&b);
		free(b.slow);
	}
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tally_is_what_a_plain_list_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
