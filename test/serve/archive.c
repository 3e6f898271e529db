/* archive.c - a backup is whole or refused. */
#include "serve/archive.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/dice.h"
#include "base/file.h"
#include "base/memory.h"

#include "base/ban.h"

static struct crypt_key key_of(enum crypt_suite suite)
{
	struct crypt_key k;

	crypt_key_new(suite, &crypt_random_system, &k);
	return k;
}

static struct buf bytes_of(const char *path)
{
	CLEANUP(file_unmap) struct file_map m = { 0 };
	struct buf b = { 0 };

	assert_int_equal(file_map_read(path, &m, NULL), OK);
	buf_put(&b, m.p, m.n);
	return b;
}

static void write_bytes(const char *path, const void *p, size_t n)
{
	CLEANUP(file_end) struct file *fl = NULL;

	assert_int_equal(file_open(path, FILE_REPLACE, &fl, NULL), OK);
	assert_int_equal(file_write(fl, p, n, NULL), OK);
	assert_int_equal(file_close(&fl, NULL), OK);
}

static void remove_file(const char *path)
{
	assert_int_equal(file_unlink(path, NULL), OK);
}

static bool is_there(const char *path)
{
	struct file *fl = NULL;
	enum err e = file_open(path, FILE_READ, &fl, NULL);

	file_end(&fl);
	return e == OK;
}

/* The bytes of stream `i` of a seeded backup, made again whenever they are wanted. */
static void stream_bytes(uint64_t seed, size_t i, size_t n, struct buf *b)
{
	struct dice d = { seed * 1000 + i };

	buf_clear(b);
	while (b->n < n && !b->failed)
		buf_char(b, i % 2 ? (char)dice_next(&d) : (char)('a' + dice_below(&d, 3)));
}

static enum err write_archive(const char *path, const struct crypt_key *k, uint64_t seed,
			      const size_t *sizes, size_t n)
{
	CLEANUP(archive_out_end) struct archive_out *a = NULL;
	CLEANUP(buf_release) struct buf b = { 0 };
	struct dice d = { seed };
	enum err e = archive_create(path, "where/the/keys are", k, &crypt_random_system, &a, NULL);

	for (size_t i = 0; !e && i < n; i++) {
		char name[32];
		size_t at = 0;

		(void)snprintf(name, sizeof name, "part/%zu", i);
		stream_bytes(seed, i, sizes[i], &b);
		if (b.failed)
			return b.failed;
		e = archive_entry(a, name, NULL);
		while (!e && at < b.n) {
			size_t piece = min_size(b.n - at, 1 + dice_below(&d, 300000));

			e = archive_write(a, b.p + at, piece, NULL);
			at += piece;
		}
	}
	return e ? e : archive_finish(&a, NULL);
}

/* OK only if every stream comes back as it was. */
static enum err read_archive(const char *path, const struct crypt_key *k, uint64_t seed,
			     const size_t *sizes, size_t n)
{
	CLEANUP(archive_in_end) struct archive_in *a = NULL;
	CLEANUP(buf_release) struct buf want = { 0 }, got = { 0 };
	char name[ARCHIVE_NAME_BYTES];
	bool more = true;
	size_t i = 0;
	enum err e = archive_open(path, k, &a, NULL);

	while (!e && !(e = archive_next(a, name, &more, NULL)) && more) {
		static char piece[70000];
		size_t bytes = 1;

		assert_true(i < n);
		buf_clear(&got);
		while (!(e = archive_read(a, piece, sizeof piece, &bytes, NULL)) && bytes)
			buf_put(&got, piece, bytes);
		if (e)
			return e;
		stream_bytes(seed, i, sizes[i], &want);
		if (want.failed || got.failed)
			return ERR_MEMORY;
		assert_int_equal(got.n, want.n);
		assert_memory_equal(got.p ? got.p : "", want.p ? want.p : "", want.n);
		i++;
	}
	if (!e)
		assert_int_equal(i, n);
	return e;
}

static void what_goes_in_comes_out(void **state)
{
	static const size_t sizes[] = { 0, 1, 5, 262143, 262144, 262145, 1000000, 0, 700000 };

	(void)state;
	for (int suite = CRYPT_WORLD; suite <= CRYPT_SM; suite++) {
		struct crypt_key k = key_of((enum crypt_suite)suite);

		for (size_t n = 0; n <= ARRAY_LEN(sizes); n++) {
			assert_int_equal(write_archive("b", &k, n + 1, sizes, n), OK);
			assert_false(is_there("b.part"));
			assert_int_equal(read_archive("b", &k, n + 1, sizes, n), OK);
			remove_file("b");
		}
	}
}

static void streams_may_be_passed_over(void **state)
{
	static const size_t sizes[] = { 400000, 9, 300000 };
	CLEANUP(archive_in_end) struct archive_in *a = NULL;
	struct crypt_key k = key_of(CRYPT_WORLD);
	char name[ARCHIVE_NAME_BYTES], piece[16];
	size_t n;
	bool more;

	(void)state;
	assert_int_equal(write_archive("b", &k, 1, sizes, 3), OK);
	assert_int_equal(archive_open("b", &k, &a, NULL), OK);
	assert_int_equal(archive_next(a, name, &more, NULL), OK);
	assert_int_equal(archive_read(a, piece, 10, &n, NULL), OK);
	assert_int_equal(n, 10);
	assert_int_equal(archive_next(a, name, &more, NULL), OK);
	assert_string_equal(name, "part/1");
	assert_int_equal(archive_read(a, piece, sizeof piece, &n, NULL), OK);
	assert_int_equal(n, 9);
	assert_int_equal(archive_next(a, name, &more, NULL), OK);
	assert_int_equal(archive_next(a, name, &more, NULL), OK);
	assert_false(more);
	remove_file("b");
}

static void a_backup_cut_anywhere_is_refused(void **state)
{
	static const size_t sizes[] = { 200, 3 };
	struct crypt_key k = key_of(CRYPT_WORLD);
	CLEANUP(buf_release) struct buf whole = { 0 };

	(void)state;
	assert_int_equal(write_archive("b", &k, 1, sizes, 2), OK);
	whole = bytes_of("b");
	for (size_t n = 0; n < whole.n; n++) {
		write_bytes("cut", whole.p, n);
		assert_int_equal(read_archive("cut", &k, 1, sizes, 2), ERR_CORRUPT);
	}
	buf_char(&whole, 'x');
	write_bytes("cut", whole.p, whole.n);
	assert_int_equal(read_archive("cut", &k, 1, sizes, 2), ERR_CORRUPT);
	remove_file("b");
}

static void a_bit_altered_anywhere_is_refused(void **state)
{
	static const size_t sizes[] = { 200, 3 };
	struct crypt_key k = key_of(CRYPT_SM);
	CLEANUP(buf_release) struct buf whole = { 0 };

	(void)state;
	assert_int_equal(write_archive("b", &k, 1, sizes, 2), OK);
	whole = bytes_of("b");
	for (size_t bit = 0; bit < 8 * whole.n; bit++) {
		whole.p[bit / 8] ^= (char)(1 << bit % 8);
		write_bytes("bad", whole.p, whole.n);
		assert_int_not_equal(read_archive("bad", &k, 1, sizes, 2), OK);
		whole.p[bit / 8] ^= (char)(1 << bit % 8);
	}
	remove_file("b");
}

static void another_key_opens_nothing(void **state)
{
	static const size_t sizes[] = { 10 };
	struct crypt_key k = key_of(CRYPT_WORLD), other = key_of(CRYPT_WORLD),
			 sm = key_of(CRYPT_SM);

	(void)state;
	assert_int_equal(write_archive("b", &k, 1, sizes, 1), OK);
	assert_int_equal(read_archive("b", &other, 1, sizes, 1), ERR_CORRUPT);
	assert_int_equal(read_archive("b", &sm, 1, sizes, 1), ERR_CORRUPT);
	remove_file("b");
}

/* Chunks of two backups under one key, or of one in another order, do not make a third. */
static void chunks_stay_where_they_were(void **state)
{
	static const size_t sizes[] = { 0, 600000 };
	struct crypt_key k = key_of(CRYPT_WORLD);
	CLEANUP(buf_release) struct buf one = { 0 }, two = { 0 };
	size_t head = strlen("outpost backup 1\n") + 16 + strlen("where/the/keys are") + 1, first;

	(void)state;
	assert_int_equal(write_archive("b", &k, 1, sizes, 2), OK);
	one = bytes_of("b");
	remove_file("b");
	assert_int_equal(write_archive("b", &k, 1, sizes, 2), OK);
	two = bytes_of("b");
	remove_file("b");
	first = head + 4 + (uint8_t)one.p[head] + ((size_t)(uint8_t)one.p[head + 1] << 8) +
		((size_t)(uint8_t)one.p[head + 2] << 16);
	assert_true(first < one.n && one.n == two.n);
	memcpy(two.p, one.p, first); /* head and first chunk of one, the rest of the other */
	write_bytes("mixed", two.p, two.n);
	assert_int_equal(read_archive("mixed", &k, 1, sizes, 2), ERR_CORRUPT);
	write_bytes("mixed", one.p, first); /* a whole number of chunks, but not all */
	assert_int_equal(read_archive("mixed", &k, 1, sizes, 2), ERR_CORRUPT);
}

static void a_file_that_is_there_is_not_touched(void **state)
{
	static const size_t sizes[] = { 10 };
	struct crypt_key k = key_of(CRYPT_WORLD);
	CLEANUP(buf_release) struct buf after = { 0 };

	(void)state;
	write_bytes("b", "mine", 4);
	assert_int_equal(write_archive("b", &k, 1, sizes, 1), ERR_EXISTS);
	after = bytes_of("b");
	assert_int_equal(after.n, 4);
	remove_file("b");
}

static void a_backup_says_in_the_clear_where_its_key_is(void **state)
{
	struct crypt_key k = key_of(CRYPT_WORLD);
	char hint[ARCHIVE_HINT_BYTES];

	(void)state;
	assert_int_equal(write_archive("b", &k, 1, NULL, 0), OK);
	assert_int_equal(archive_hint("b", hint, NULL), OK);
	assert_string_equal(hint, "where/the/keys are");
	remove_file("b");
}

static void what_is_no_backup_says_so(void **state)
{
	CLEANUP(archive_in_end) struct archive_in *a = NULL;
	struct crypt_key k = key_of(CRYPT_WORLD);

	(void)state;
	write_bytes("b", "PK\3\4 something else that is longer than a head of ours is", 57);
	assert_int_equal(archive_open("b", &k, &a, NULL), ERR_SYNTAX);
	write_bytes("b", "outpost backup 7\n0123456789abcdefghijklmnopqrstuvwxyz", 53);
	assert_int_equal(archive_open("b", &k, &a, NULL), ERR_VERSION);
	assert_int_equal(archive_open("nowhere", &k, &a, NULL), ERR_ABSENT);
	remove_file("b");
}

static void a_failed_write_leaves_no_backup_and_no_part(void **state)
{
	static const size_t sizes[] = { 300000, 10 };
	struct crypt_key k = key_of(CRYPT_WORLD);
	enum err e = ERR_IO;

	(void)state;
	for (uint64_t at = 1; e; at++) {
		assert_true(at < 100);
		file_fail_at(at, false);
		e = write_archive("b", &k, 1, sizes, 2);
		file_fail_at(0, false);
		if (e)
			assert_false(is_there("b"));
	}
	assert_int_equal(read_archive("b", &k, 1, sizes, 2), OK);
	remove_file("b");
}

static void a_failed_allocation_is_a_refusal(void **state)
{
	static const size_t sizes[] = { 300000, 10 };
	struct crypt_key k = key_of(CRYPT_WORLD);
	enum err e = ERR_MEMORY;

	(void)state;
	for (uint64_t at = 1; e; at++) {
		mem_fail_at(at, false);
		e = write_archive("b", &k, 1, sizes, 2);
		mem_fail_at(0, false);
	}
	e = ERR_MEMORY;
	for (uint64_t at = 1; e; at++) {
		mem_fail_at(at, false);
		e = read_archive("b", &k, 1, sizes, 2);
		mem_fail_at(0, false);
	}
	remove_file("b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_goes_in_comes_out),
		cmocka_unit_test(streams_may_be_passed_over),
		cmocka_unit_test(a_backup_cut_anywhere_is_refused),
		cmocka_unit_test(a_bit_altered_anywhere_is_refused),
		cmocka_unit_test(another_key_opens_nothing),
		cmocka_unit_test(chunks_stay_where_they_were),
		cmocka_unit_test(a_file_that_is_there_is_not_touched),
		cmocka_unit_test(a_backup_says_in_the_clear_where_its_key_is),
		cmocka_unit_test(what_is_no_backup_says_so),
		cmocka_unit_test(a_failed_write_leaves_no_backup_and_no_part),
		cmocka_unit_test(a_failed_allocation_is_a_refusal),
	};

	return cmocka_run_group_tests_name("archive", tests, NULL, NULL);
}
