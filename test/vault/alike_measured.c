/*
 * alike_measured.c - how many duplicates of each kind the rules find, and whom they wrong.
 *
 * OUTPOST_FOLK=n    people in the population (20,000 without it)
 * What is printed stands in docs/reference/duplicates.md; what must hold is asserted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/memory.h"
#include "support/folk.h"
#include "support/paths.h"

enum { PAIRS = 2000 };

/* At least so many of a thousand are found at all; at most so many are said to be certain. */
static const struct {
	int found, certain_from, certain_to;
} BOUNDS[FOLK_N] = {
	[FOLK_WRITTEN_OTHERWISE] = { 1000, 1000, 1000 },
	[FOLK_ID_TYPO] = { 995, 0, 1000 },
	[FOLK_ID_SWAP] = { 995, 0, 1000 },
	[FOLK_ID_LEFT_OUT] = { 1000, 1000, 1000 },
	[FOLK_PHONE_CHANGED] = { 1000, 1000, 1000 },
	[FOLK_PHONE_CHANGED_NO_ID] = { 1000, 0, 0 },
	[FOLK_HOMOPHONE] = { 990, 0, 0 },
	[FOLK_NEAR_SOUND] = { 970, 0, 0 },
	[FOLK_NAME_TYPO] = { 950, 0, 0 },
	[FOLK_BIRTH_TYPO] = { 990, 0, 0 },
	[FOLK_NAME_AND_PHONE] = { 990, 0, 0 },
	[FOLK_TWIN] = { 0, 0, 0 },
	[FOLK_NAMESAKE] = { 0, 0, 0 },
	[FOLK_PARENT] = { 0, 0, 0 },
	[FOLK_NAMESAKE_AT_PHONE] = { 0, 0, 0 },
};

static size_t keys_of(const struct alike_form *a, uint64_t ret[ALIKE_KEYS_MAX])
{
	CLEANUP(buf_release) struct buf b = { 0 };
	size_t end[ALIKE_KEYS_MAX], from = 0, n = alike_keys(a, &b, end);

	assert_int_equal(b.failed, OK);
	for (size_t i = 0; i < n; i++) {
		ret[i] = digest_of(b.p + from, end[i] - from);
		from = end[i];
	}
	return n;
}

static bool share_key(const struct alike_form *a, const struct alike_form *b)
{
	uint64_t x[ALIKE_KEYS_MAX], y[ALIKE_KEYS_MAX];
	size_t n = keys_of(a, x), m = keys_of(b, y);

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < m; k++)
			if (x[i] == y[k])
				return true;
	return false;
}

/* What is found is alike, and shares a key by which it is looked for. */
static void count_kind(enum folk_kind k, unsigned ret[3])
{
	struct dice d = { 1000 + (uint64_t)k };

	memset(ret, 0, 3 * sizeof *ret);
	for (int i = 0; i < PAIRS; i++) {
		struct folk_person p, q;
		struct vault_identity a, b;
		struct alike_form x, y;
		struct alike there, back;

		do { /* not every name has a character that sounds like another */
			folk_person(&d, &p);
			folk_again(&d, k, &p, &q);
		} while ((k == FOLK_HOMOPHONE || k == FOLK_NEAR_SOUND) &&
			 strcmp(p.text[VAULT_NAME], q.text[VAULT_NAME]) == 0);
		a = folk_identity(&p);
		b = folk_identity(&q);
		alike_form(&a, &x);
		alike_form(&b, &y);
		there = alike_compare(&x, &y);
		back = alike_compare(&y, &x);
		assert_int_equal(there.score, back.score);
		assert_int_equal(there.reason, back.reason);
		ret[share_key(&x, &y) ? there.verdict : ALIKE_NEW]++;
	}
}

static void each_kind_is_found_as_often_as_we_say_and_nobody_else_is_certain(void **state)
{
	(void)state;
	printf("| kind | certain | maybe | not found |\n| --- | --- | --- | --- |\n");
	for (enum folk_kind k = 0; k < FOLK_N; k++) {
		unsigned n[3];

		count_kind(k, n);
		printf("| %s | %.1f %% | %.1f %% | %.1f %% |\n", folk_kind_word(k),
		       100.0 * n[ALIKE_SAME] / PAIRS, 100.0 * n[ALIKE_MAYBE] / PAIRS,
		       100.0 * n[ALIKE_NEW] / PAIRS);
		fflush(stdout);
		if ((n[ALIKE_SAME] + n[ALIKE_MAYBE]) * 1000 < (unsigned)BOUNDS[k].found * PAIRS ||
		    n[ALIKE_SAME] * 1000 < (unsigned)BOUNDS[k].certain_from * PAIRS ||
		    n[ALIKE_SAME] * 1000 > (unsigned)BOUNDS[k].certain_to * PAIRS)
			fail_msg("%s: certain %u, maybe %u, not found %u", folk_kind_word(k),
				 n[ALIKE_SAME], n[ALIKE_MAYBE], n[ALIKE_NEW]);
	}
}

/* ---- a whole population ---- */

struct entry {
	uint64_t key;
	uint32_t who;
};

static int by_key(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return (x->who > y->who) - (x->who < y->who);
}

struct crowd {
	struct alike_form *form;
	uint32_t *person; /* whose record it is */
	size_t n;
	VEC(struct entry) keys;
	uint64_t right[3], wrong[3]; /* pairs by verdict */
};

static void add(struct crowd *c, const struct folk_person *p, uint32_t person)
{
	struct vault_identity who = folk_identity(p);
	uint64_t keys[ALIKE_KEYS_MAX];
	size_t n;

	alike_form(&who, &c->form[c->n]);
	c->person[c->n] = person;
	n = keys_of(&c->form[c->n], keys);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(vec_push(&c->keys, ((struct entry){ keys[i], (uint32_t)c->n })),
				 OK);
	c->n++;
}

/* Pairs of one key; those that an earlier key gave already are judged again and counted once. */
static void judge(struct crowd *c, size_t from, size_t to, uint64_t *seen, size_t n_seen)
{
	for (size_t i = from; i < to; i++)
		for (size_t k = i + 1; k < to && k < i + 64; k++) {
			uint32_t a = c->keys.v[i].who, b = c->keys.v[k].who;
			uint64_t pair = (uint64_t)a << 32 | b;
			size_t at = digest_of(&pair, sizeof pair) & (n_seen - 1);
			struct alike v;

			while (seen[at] && seen[at] != pair)
				at = (at + 1) & (n_seen - 1);
			if (a == b || seen[at])
				continue;
			seen[at] = pair;
			v = alike_compare(&c->form[a], &c->form[b]);
			if (c->person[a] == c->person[b])
				c->right[v.verdict]++;
			else
				c->wrong[v.verdict]++;
		}
}

static void in_a_population_what_is_certain_is_right(void **state)
{
	size_t people = env_u64("OUTPOST_FOLK", 20000), dups = people / 10, n_seen = 1 << 22;
	struct crowd c = { .n = 0 };
	struct dice d = { 42 };
	uint64_t *seen = mem_take(n_seen, sizeof *seen), found;

	(void)state;
	c.form = mem_take(people + 2 * dups, sizeof *c.form);
	c.person = mem_take(people + 2 * dups, sizeof *c.person);
	assert_true(c.form && c.person && seen);
	for (size_t i = 0; i < people; i++) {
		struct folk_person p, q;

		folk_person(&d, &p);
		add(&c, &p, (uint32_t)i);
		if (i % 10 == 0) {
			folk_again(&d, (enum folk_kind)dice_below(&d, FOLK_OTHERS_FROM), &p, &q);
			add(&c, &q, (uint32_t)i);
		} else if (i % 10 == 1) {
			folk_again(&d, FOLK_OTHERS_FROM + dice_below(&d, FOLK_N - FOLK_OTHERS_FROM),
				   &p, &q);
			add(&c, &q, (uint32_t)(people + i));
		}
	}
	qsort(c.keys.v, c.keys.n, sizeof *c.keys.v, by_key);
	for (size_t i = 0, k; i < c.keys.n; i = k) {
		for (k = i; k < c.keys.n && c.keys.v[k].key == c.keys.v[i].key; k++)
			;
		judge(&c, i, k, seen, n_seen);
	}
	found = c.right[ALIKE_SAME] + c.right[ALIKE_MAYBE];
	printf("%zu people, %zu true pairs: certain %llu (wrong %llu), maybe %llu (wrong %llu)\n",
	       people, dups, (unsigned long long)c.right[ALIKE_SAME],
	       (unsigned long long)c.wrong[ALIKE_SAME], (unsigned long long)c.right[ALIKE_MAYBE],
	       (unsigned long long)c.wrong[ALIKE_MAYBE]);
	printf("precision of certain %.4f, of all %.4f; recall %.4f\n",
	       (double)c.right[ALIKE_SAME] / (double)(c.right[ALIKE_SAME] + c.wrong[ALIKE_SAME]),
	       (double)found / (double)(found + c.wrong[ALIKE_SAME] + c.wrong[ALIKE_MAYBE]),
	       (double)found / (double)dups);
	assert_int_equal(c.wrong[ALIKE_SAME], 0);
	assert_true(found * 1000 >= dups * 985);
	mem_drop(c.form);
	mem_drop(c.person);
	mem_drop(seen);
	vec_drop(&c.keys);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_is_found_as_often_as_we_say_and_nobody_else_is_certain),
		cmocka_unit_test(in_a_population_what_is_certain_is_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
