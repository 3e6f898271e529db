/*
 * names.c - text ids and their numbers: by first appearance, to the byte, in memory and in a file.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/dice.h"
#include "base/file.h"
#include "base/memory.h"
#include "names/names.h"
#include "support/paths.h"

#define MUST(act) \
	do { \
		enum err must_e = (act); \
		if (must_e) \
			fail_msg("%s: %s", #act, err_word(must_e)); \
	} while (0)

/* ---- helpers ------------------------------------------------------------------------------ */

/* The i-th of a world of short texts: some are parts of others, one is empty. */
static struct str text_of(uint32_t i, char room[static 64])
{
	int n = i == 0 ? 0
		       : snprintf(room, 64, "%.*s%u", (int)(i % 40),
				  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
				  "xxxxxxxxx",
				  i * 2654435761u % 1000003u);

	return (struct str){ room, (size_t)n };
}

static uint32_t number_of(struct names *t, struct str s)
{
	uint32_t id;

	MUST(names_intern(t, s, &id));
	return id;
}

static struct names *filled(uint32_t n)
{
	struct names *t;
	char room[64];

	MUST(names_new(&t));
	for (uint32_t i = 0; i < n; i++)
		assert_int_equal(number_of(t, text_of(i, room)), i);
	return t;
}

static void holds(const struct names *t, uint32_t n)
{
	char room[64];

	assert_true(names_count(t) >= n);
	for (uint32_t i = 0; i < n; i++) {
		struct str s = text_of(i, room);

		assert_int_equal(names_find(t, s), i);
		assert_true(str_eq(names_text(t, i), s));
	}
}

static void save(const struct names *t, const char *path)
{
	struct file *fl;

	MUST(file_open(path, FILE_REPLACE, &fl, NULL));
	MUST(names_save(t, fl, NULL));
	MUST(file_close(&fl, NULL));
}

static void put_file(const char *path, const void *p, size_t n)
{
	struct file *fl;

	MUST(file_open(path, FILE_REPLACE, &fl, NULL));
	MUST(file_write(fl, p, n, NULL));
	MUST(file_close(&fl, NULL));
}

/* ---- in memory ---------------------------------------------------------------------------- */

static void numbers_follow_the_first_appearance(void **state)
{
	struct names *t;

	(void)state;
	MUST(names_new(&t));
	assert_int_equal(number_of(t, STR("b")), 0);
	assert_int_equal(number_of(t, STR("a")), 1);
	assert_int_equal(number_of(t, STR("b")), 0);
	assert_int_equal(number_of(t, STR("c")), 2);
	assert_int_equal(names_count(t), 3);
	assert_int_equal(names_find(t, STR("d")), NAMES_NONE);
	assert_int_equal(names_text(t, 3).n, 0);
	assert_int_equal(names_text(t, NAMES_NONE).n, 0);
	names_free(t);
}

static void bytes_are_compared_as_they_are(void **state)
{
	static const struct str texts[] = { { "", 0 },     { " ", 1 },        { "a", 1 },
					    { "A", 1 },    { "a ", 2 },       { "a\0", 2 },
					    { "a\0b", 3 }, { "\xc3\xa9", 2 }, { "e\xcc\x81", 3 },
					    { "\xff", 1 } };
	struct names *t;

	(void)state;
	MUST(names_new(&t));
	for (int pass = 0; pass < 2; pass++)
		for (uint32_t i = 0; i < ARRAY_LEN(texts); i++)
			assert_int_equal(number_of(t, texts[i]), i);
	names_free(t);
}

static void a_table_that_grew_many_times_still_knows_all(void **state)
{
	struct names *t = filled(200000);

	(void)state;
	assert_int_equal(names_count(t), 200000);
	holds(t, 200000);
	names_free(t);
}

static void a_batch_gives_the_numbers_that_one_by_one_would_have_been_given(void **state)
{
	enum { BATCH_MAX = 4096 };
	static char rooms[BATCH_MAX][64];
	static struct str in[BATCH_MAX];
	static uint64_t hash[BATCH_MAX];
	static uint32_t got[BATCH_MAX];
	struct names *one, *many;

	(void)state;
	for (uint64_t seed = 1; seed <= 40; seed++) {
		struct dice d = { seed };

		MUST(names_new(&one));
		MUST(names_new(&many));
		for (int batch = 0; batch < 20; batch++) {
			size_t n = dice_below(&d, BATCH_MAX + 1);

			for (size_t i = 0; i < n; i++) {
				in[i] = text_of(dice_below(&d, seed % 2 ? 50 : 9000), rooms[i]);
				hash[i] = names_hash(in[i]);
			}
			MUST(names_intern_batch(many, in, hash, n, got));
			for (size_t i = 0; i < n; i++)
				assert_int_equal(got[i], number_of(one, in[i]));
			assert_int_equal(names_count(one), names_count(many));
		}
		names_free(one);
		names_free(many);
	}
}

static void long_texts_fit_and_too_long_ones_are_refused(void **state)
{
	CLEANUP(buf_release) struct buf b = { 0 };
	struct names *t;
	uint32_t id;

	(void)state;
	MUST(names_new(&t));
	for (uint32_t i = 0; i < 9; i++) {
		buf_char(&b, (char)('a' + i));
		while (b.n % NAMES_BYTES_MAX)
			buf_char(&b, 'x');
		assert_int_equal(number_of(t, (struct str){ b.p + b.n - NAMES_BYTES_MAX,
							    NAMES_BYTES_MAX }),
				 i);
	}
	for (uint32_t i = 0; i < 9; i++)
		assert_true(
			str_eq(names_text(t, i),
			       (struct str){ b.p + (size_t)i * NAMES_BYTES_MAX, NAMES_BYTES_MAX }));
	assert_int_equal(names_intern(t, (struct str){ b.p, NAMES_BYTES_MAX + 1 }, &id), ERR_RANGE);
	assert_int_equal(names_count(t), 9);
	names_free(t);
}

static void without_memory_nothing_is_half_added(void **state)
{
	(void)state;
	for (uint64_t k = 1;; k++) {
		struct names *t;
		char room[64];
		enum err e = OK;
		uint32_t n = 0, id;

		mem_fail_at(k, false);
		if (names_new(&t) != OK)
			continue;
		for (; n < 2000 && !e; n += !e)
			e = names_intern(t, text_of(n, room), &id);
		mem_fail_at(0, false);
		assert_true(e == OK || e == ERR_MEMORY);
		assert_int_equal(names_count(t), n);
		holds(t, n);
		assert_int_equal(number_of(t, STR("after")), n);
		names_free(t);
		if (!e)
			break;
	}
}

/* ---- pairs -------------------------------------------------------------------------------- */

static void a_pair_is_not_its_texts_in_a_row(void **state)
{
	static const struct {
		struct str a, b;
	} pairs[] = {
		{ { "a", 1 }, { "bc", 2 } }, { { "ab", 2 }, { "c", 1 } },
		{ { "abc", 3 }, { "", 0 } }, { { "", 0 }, { "abc", 3 } },
		{ { "", 0 }, { "", 0 } },
	};
	struct names *t;

	(void)state;
	MUST(names_new(&t));
	for (uint32_t i = 0; i < ARRAY_LEN(pairs); i++) {
		CLEANUP(buf_release) struct buf b = { 0 };
		struct str a, c;

		names_pair(&b, pairs[i].a, pairs[i].b);
		assert_int_equal(number_of(t, buf_view(&b)), i);
		MUST(names_unpair(names_text(t, i), &a, &c));
		assert_true(str_eq(a, pairs[i].a) && str_eq(c, pairs[i].b));
	}
	names_free(t);
}

static void what_is_no_pair_is_refused(void **state)
{
	struct str a, b;

	(void)state;
	assert_int_equal(names_unpair(STR(""), &a, &b), ERR_CORRUPT);
	assert_int_equal(names_unpair(STR("abc"), &a, &b), ERR_CORRUPT);
	assert_int_equal(names_unpair(STR("\x05\0\0\0abcd"), &a, &b), ERR_CORRUPT);
}

/* ---- in a file ---------------------------------------------------------------------------- */

static void a_file_answers_as_the_table_did_and_grows_on_top(void **state)
{
	static const uint32_t sizes[] = { 0, 1, 2, 47, 48, 1000, 30001 };
	struct path dir = path_scratch(), path = path_join(&dir, "t.names");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct names *t = filled(sizes[i]), *again;
		struct file_map before, after;
		char rooms[3][64];
		struct str in[3] = { STR("new 1"), STR("new 2"), text_of(sizes[i] / 2, rooms[2]) };
		uint64_t hash[3];
		uint32_t got[3];

		for (size_t k = 0; k < 3; k++)
			hash[k] = names_hash(in[k]);
		save(t, path.s);
		MUST(file_map_read(path.s, &before, NULL));
		MUST(names_open(path.s, &again, NULL));
		MUST(names_check(again, NULL));
		assert_int_equal(names_count(again), sizes[i]);
		holds(again, sizes[i]);
		assert_int_equal(names_find(again, STR("new 1")), NAMES_NONE);
		MUST(names_intern_batch(again, in, hash, 3, got));
		assert_int_equal(got[0], sizes[i]);
		assert_int_equal(got[1], sizes[i] + 1);
		assert_true(str_eq(names_text(again, got[1]), in[1]));
		if (sizes[i])
			assert_int_equal(got[2], sizes[i] / 2);
		holds(again, sizes[i]);
		names_free(again);
		names_free(t);
		MUST(file_map_read(path.s, &after, NULL));
		assert_true(before.n == after.n && memcmp(before.p, after.p, before.n) == 0);
		file_unmap(&before);
		file_unmap(&after);
	}
	path_forget(&dir);
}

static void saving_what_lies_in_a_file_is_a_mistake_of_ours(void **state)
{
	struct path dir = path_scratch(), path = path_join(&dir, "t.names");
	struct path other = path_join(&dir, "u.names");
	struct names *t = filled(5), *again;
	struct file *fl;

	(void)state;
	save(t, path.s);
	MUST(names_open(path.s, &again, NULL));
	MUST(file_open(other.s, FILE_REPLACE, &fl, NULL));
	assert_int_equal(names_save(again, fl, NULL), ERR_BUG);
	file_end(&fl);
	names_free(again);
	names_free(t);
	path_forget(&dir);
}

/* Whatever it holds, asking it must not lead outside its bytes. */
static void ask_it_anything(struct names *t)
{
	uint64_t sum = 0;
	char room[64];

	for (uint32_t i = 0; i < 60; i++) {
		struct str s = text_of(i, room);
		uint32_t id = names_find(t, s), other = names_count(t);

		assert_true(id == NAMES_NONE || id < names_count(t));
		s = names_text(t, i);
		for (size_t k = 0; k < s.n; k++)
			sum += (uint8_t)s.p[k]; /* reads every byte of it */
		assert_int_equal(names_intern(t, STR("\x02"), &other), OK);
	}
	assert_true(sum < UINT64_MAX); /* so that the reading is not left out */
}

static void one_altered_bit_anywhere_is_found_and_leads_nowhere(void **state)
{
	struct path dir = path_scratch(), path = path_join(&dir, "t.names");
	struct names *t = filled(40), *again;
	struct file_map whole;
	uint8_t *copy;

	(void)state;
	save(t, path.s);
	names_free(t);
	MUST(file_map_read(path.s, &whole, NULL));
	copy = mem_take(whole.n, 1);
	assert_non_null(copy);
	memcpy(copy, whole.p, whole.n);
	for (size_t bit = 0; bit < whole.n * 8; bit++) {
		struct fault f = { 0 };
		enum err e;

		copy[bit / 8] = (uint8_t)(copy[bit / 8] ^ 1u << bit % 8);
		put_file(path.s, copy, whole.n);
		e = names_open(path.s, &again, &f);
		if (!e) {
			e = names_check(again, &f);
			ask_it_anything(again);
			names_free(again);
		}
		assert_true(e == ERR_CORRUPT || e == ERR_VERSION);
		assert_true(f.zh[0] && f.en[0]);
		copy[bit / 8] = (uint8_t)(copy[bit / 8] ^ 1u << bit % 8);
	}
	mem_drop(copy);
	file_unmap(&whole);
	path_forget(&dir);
}

static void a_file_cut_or_lengthened_anywhere_is_refused(void **state)
{
	struct path dir = path_scratch(), path = path_join(&dir, "t.names");
	struct names *t = filled(40), *again;
	struct file_map whole;

	(void)state;
	save(t, path.s);
	names_free(t);
	MUST(file_map_read(path.s, &whole, NULL));
	for (size_t n = 0; n < whole.n; n++) {
		put_file(path.s, whole.p, n);
		assert_int_equal(names_open(path.s, &again, NULL), ERR_CORRUPT);
	}
	MUST(names_new(&t));
	names_free(t);
	file_unmap(&whole);
	assert_int_equal(names_open(path_join(&dir, "none").s, &again, NULL), ERR_ABSENT);
	path_forget(&dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_follow_the_first_appearance),
		cmocka_unit_test(bytes_are_compared_as_they_are),
		cmocka_unit_test(a_table_that_grew_many_times_still_knows_all),
		cmocka_unit_test(a_batch_gives_the_numbers_that_one_by_one_would_have_been_given),
		cmocka_unit_test(long_texts_fit_and_too_long_ones_are_refused),
		cmocka_unit_test(without_memory_nothing_is_half_added),
		cmocka_unit_test(a_pair_is_not_its_texts_in_a_row),
		cmocka_unit_test(what_is_no_pair_is_refused),
		cmocka_unit_test(a_file_answers_as_the_table_did_and_grows_on_top),
		cmocka_unit_test(saving_what_lies_in_a_file_is_a_mistake_of_ours),
		cmocka_unit_test(one_altered_bit_anywhere_is_found_and_leads_nowhere),
		cmocka_unit_test(a_file_cut_or_lengthened_anywhere_is_refused),
	};

	/* Thousands of small files are written over and over: in memory, if that can be. */
	if (access("/dev/shm", W_OK) == 0)
		setenv("TMPDIR", "/dev/shm", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
