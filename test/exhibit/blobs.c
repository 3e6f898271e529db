/* blobs.c - bytes kept by their hash: whole or not there, sealed, taken when nobody wants them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "exhibit/blobs.h"
#include "support/chance.h"

#define OPEN(b, dir) CLEANUP(blobs_close) struct blobs *b = opened(dir)

static struct crypt_key secret;

static struct blobs *opened(const char *dir)
{
	const struct blobs_options o = { .dir = dir,
					 .secret = &secret,
					 .chance = &crypt_random_system };
	struct fault f = { 0 };
	struct blobs *b;

	if (blobs_open(&o, &b, &f))
		fail_msg("%s", f.en);
	return b;
}

static int folder_is_new(void **state)
{
	(void)state;
	crypt_key_new(CRYPT_WORLD, &crypt_random_system, &secret);
	return 0;
}

static enum err nobody(void *arg, struct str name, bool *ret, struct fault *f)
{
	(void)name;
	(void)f;
	if (arg)
		++*(int *)arg;
	*ret = false;
	return OK;
}

static enum err everybody(void *arg, struct str name, bool *ret, struct fault *f)
{
	(void)arg;
	(void)name;
	(void)f;
	*ret = true;
	return OK;
}

static uint64_t swept(struct blobs *b, blobs_wanted *wanted, void *arg)
{
	uint64_t all = 0, n = 0;

	for (unsigned i = 0; i < BLOB_FOLDERS; i++) {
		assert_int_equal(blobs_sweep(b, i, wanted, arg, &n, NULL), OK);
		all += n;
	}
	return all;
}

struct seen {
	size_t n;
	char file[4 + BLOB_NAME_BYTES];
};

static enum err see(const char *file, struct str name, void *arg, struct fault *f)
{
	struct seen *s = arg;

	(void)f;
	assert_int_equal(name.n, BLOB_NAME_BYTES - 1);
	s->n++;
	(void)snprintf(s->file, sizeof s->file, "%s", file);
	return OK;
}

static struct seen all_of(const char *dir)
{
	struct seen s = { 0 };

	assert_int_equal(blobs_each(dir, see, &s, NULL), OK);
	return s;
}

static void what_was_put_is_got(void **state)
{
	CLEANUP(buf_release) struct buf out = { 0 };
	static char large[3 << 20];
	const struct str in[] = { STR(""), STR("x"), STR("整改完成"), { large, sizeof large } };
	struct crypt_hash hash, same;
	OPEN(b, "got");

	(void)state;
	memset(large, 'z', sizeof large);
	for (size_t i = 0; i < ARRAY_LEN(in); i++) {
		assert_int_equal(blobs_put(b, in[i], &hash, NULL), OK);
		assert_int_equal(crypt_hash(CRYPT_WORLD, in[i].p, in[i].n, &same), OK);
		assert_memory_equal(&hash, &same, sizeof hash);
		blobs_release(b, &hash);
		buf_clear(&out);
		assert_int_equal(blobs_get(b, &hash, &out, NULL), OK);
		assert_true(str_eq(buf_view(&out), in[i]));
	}
	assert_int_equal(all_of("got").n, ARRAY_LEN(in));
	assert_int_equal(all_of("nowhere").n, 0);
	hash.v[5] ^= 1;
	assert_int_equal(blobs_get(b, &hash, &out, NULL), ERR_ABSENT);
}

static void the_same_twice_is_one_file(void **state)
{
	struct crypt_hash a, c;
	OPEN(b, "twice");

	(void)state;
	assert_int_equal(blobs_put(b, STR("same"), &a, NULL), OK);
	assert_int_equal(blobs_put(b, STR("same"), &c, NULL), OK);
	assert_int_equal(all_of("twice").n, 1);
	blobs_release(b, &a);
	assert_int_equal(swept(b, nobody, NULL), 0); /* the other still holds it */
	blobs_release(b, &c);
	assert_int_equal(swept(b, nobody, NULL), 1);
	assert_int_equal(all_of("twice").n, 0);
}

static void nothing_of_it_is_on_the_disk_in_the_clear(void **state)
{
	static const char canary[] = "CANARY-OF-AN-EXHIBIT-0123456789";
	CLEANUP(file_unmap) struct file_map m = { 0 };
	CLEANUP(buf_release) struct buf hex = { 0 };
	char path[128];
	struct crypt_hash hash;
	struct seen s;
	OPEN(b, "clear");

	(void)state;
	assert_int_equal(blobs_put(b, STR(canary), &hash, NULL), OK);
	blobs_release(b, &hash);
	s = all_of("clear");
	(void)snprintf(path, sizeof path, "clear/%s", s.file);
	assert_int_equal(file_map_read(path, &m, NULL), OK);
	assert_null(memmem(m.p, m.n, canary, 12));
	for (size_t i = 1; i < sizeof hash.v; i++)
		buf_fmt(&hex, "%02x", hash.v[i]);
	/* nor does the name say which bytes these are to somebody who has them */
	assert_null(memmem(path, strlen(path), hex.p, 16));
}

static void put_bytes(const char *path, const void *p, size_t n)
{
	CLEANUP(file_end) struct file *fl = NULL;

	assert_int_equal(file_open(path, FILE_REPLACE, &fl, NULL), OK);
	assert_int_equal(file_write(fl, p, n, NULL), OK);
	assert_int_equal(file_close(&fl, NULL), OK);
}

static void every_byte_is_vouched_for(void **state)
{
	CLEANUP(buf_release) struct buf out = { 0 };
	CLEANUP(file_unmap) struct file_map m = { 0 };
	char path[128], bad[512];
	struct crypt_hash hash;
	struct seen s;
	OPEN(b, "bytes");

	(void)state;
	assert_int_equal(blobs_put(b, STR("what was seen at the gate"), &hash, NULL), OK);
	blobs_release(b, &hash);
	s = all_of("bytes");
	(void)snprintf(path, sizeof path, "bytes/%s", s.file);
	assert_int_equal(file_map_read(path, &m, NULL), OK);
	assert_true(m.n < sizeof bad);
	for (size_t i = 0; i < m.n; i++) {
		enum err e;

		memcpy(bad, m.p, m.n);
		bad[i] = (char)(bad[i] ^ 0x20);
		put_bytes(path, bad, m.n);
		e = blobs_get(b, &hash, &out, NULL);
		assert_true(e == ERR_CORRUPT || e == ERR_VERSION);
		put_bytes(path, m.p, i);
		e = blobs_get(b, &hash, &out, NULL);
		assert_true(e == ERR_CORRUPT || e == ERR_VERSION);
		assert_int_equal(out.n, 0);
	}
	/* whoever brings the bytes again mends it */
	assert_int_equal(blobs_put(b, STR("what was seen at the gate"), &hash, NULL), OK);
	blobs_release(b, &hash);
	assert_int_equal(blobs_get(b, &hash, &out, NULL), OK);
}

static void a_file_of_another_name_or_house_is_refused(void **state)
{
	CLEANUP(buf_release) struct buf out = { 0 };
	struct crypt_hash a, c;
	struct blob_name na, nc;
	char pa[128], pc[128];
	OPEN(b, "other");

	(void)state;
	assert_int_equal(blobs_put(b, STR("a"), &a, NULL), OK);
	assert_int_equal(blobs_put(b, STR("c"), &c, NULL), OK);
	blobs_release(b, &a);
	blobs_release(b, &c);
	assert_int_equal(blobs_name(b, &a, &na), OK);
	assert_int_equal(blobs_name(b, &c, &nc), OK);
	(void)snprintf(pa, sizeof pa, "other/%.2s/%s", na.v, na.v);
	(void)snprintf(pc, sizeof pc, "other/%.2s/%s", nc.v, nc.v);
	assert_int_equal(file_rename(pa, pc, NULL), OK);
	assert_int_equal(blobs_get(b, &c, &out, NULL), ERR_CORRUPT);
	crypt_key_new(CRYPT_WORLD, &crypt_random_system, &secret);
	{
		OPEN(foreign, "other");

		assert_int_equal(blobs_get(foreign, &c, &out, NULL), ERR_ABSENT);
	}
}

/* ---- failing and dying ---- */

static void a_put_that_fails_anywhere_leaves_nothing_or_all(void **state)
{
	CLEANUP(buf_release) struct buf out = { 0 };
	struct crypt_hash hash, want;
	enum err e = ERR_IO;
	unsigned n = 0;

	(void)state;
	assert_int_equal(crypt_hash(CRYPT_WORLD, "proof", 5, &want), OK);
	for (uint64_t k = 1; e; k++, n++) {
		char dir[32];

		(void)snprintf(dir, sizeof dir, "fails%u", n);
		{
			OPEN(b, dir);

			file_fail_at(k, false);
			e = blobs_put(b, STR("proof"), &hash, NULL);
			file_fail_at(0, false);
			if (!e)
				blobs_release(b, &hash);
			buf_clear(&out);
			/* renamed and then not synced: whole, and an orphan that a sweep takes */
			if (e && blobs_get(b, &want, &out, NULL) == OK)
				assert_true(str_eq(buf_view(&out), STR("proof")));
			if (e)
				assert_true(swept(b, nobody, NULL) <= 1);
			assert_int_equal(all_of(dir).n, e ? 0 : 1);
		}
	}
	assert_true(n >= 7);
}

static void a_process_that_dies_anywhere_leaves_nothing_or_all(void **state)
{
	bool died = true;

	(void)state;
	for (uint64_t k = 1; died; k++) {
		char dir[32];
		int status;
		pid_t pid;

		(void)snprintf(dir, sizeof dir, "dies%u", (unsigned)k);
		pid = fork();
		if (pid == 0) {
			struct crypt_hash hash;
			struct blobs *b = opened(dir);

			file_fail_at(k, true);
			_exit(blobs_put(b, STR("proof"), &hash, NULL) != OK);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		died = WIFSIGNALED(status);
		{
			CLEANUP(buf_release) struct buf out = { 0 };
			struct crypt_hash want;
			OPEN(b, dir); /* which empties incoming */

			assert_int_equal(crypt_hash(CRYPT_WORLD, "proof", 5, &want), OK);
			if (blobs_get(b, &want, &out, NULL) == OK)
				assert_true(str_eq(buf_view(&out), STR("proof")));
			assert_int_equal(swept(b, nobody, NULL), out.n > 0);
			assert_int_equal(all_of(dir).n, 0);
		}
		if (!died)
			assert_int_equal(status, 0);
	}
}

static void a_failed_allocation_is_an_error_and_holds_nothing(void **state)
{
	struct crypt_hash hash;
	enum err e = ERR_MEMORY;
	OPEN(b, "memory");

	(void)state;
	for (uint64_t k = 1; e; k++) {
		mem_fail_at(k, false);
		e = blobs_put(b, STR("proof"), &hash, NULL);
		mem_fail_at(0, false);
		assert_true(e == OK || e == ERR_MEMORY);
	}
	blobs_release(b, &hash);
	assert_int_equal(swept(b, nobody, NULL), 1);
}

/* ---- sweeping ---- */

static void a_sweep_takes_what_nobody_wants(void **state)
{
	struct crypt_hash hash[20];
	int asked = 0;
	OPEN(b, "sweep");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(hash); i++) {
		char text[16];
		int n = snprintf(text, sizeof text, "proof %zu", i);

		assert_int_equal(blobs_put(b, (struct str){ text, (size_t)n }, &hash[i], NULL), OK);
	}
	assert_int_equal(swept(b, nobody, &asked), 0); /* held, so nobody is even asked */
	assert_int_equal(asked, 0);
	for (size_t i = 0; i < ARRAY_LEN(hash); i++)
		blobs_release(b, &hash[i]);
	assert_int_equal(swept(b, everybody, NULL), 0);
	assert_int_equal(blobs_drop(b, &hash[3], everybody, NULL, NULL), OK);
	assert_int_equal(all_of("sweep").n, 20);
	assert_int_equal(blobs_drop(b, &hash[3], nobody, NULL, NULL), OK);
	assert_int_equal(all_of("sweep").n, 19);
	assert_int_equal(swept(b, nobody, &asked), 19);
	assert_int_equal(asked, 19);
}

/* Uploads of the same bytes against a sweep that wants them: none is lost while it is held. */
struct rivals {
	struct blobs *b;
	unsigned rounds;
	bool lost;
};

static void *upload(void *arg)
{
	struct rivals *r = arg;

	for (unsigned i = 0; i < r->rounds; i++) {
		struct buf out = { 0 };
		struct crypt_hash hash;

		if (blobs_put(r->b, STR("contested"), &hash, NULL)) {
			r->lost = true;
			break;
		}
		if (blobs_get(r->b, &hash, &out, NULL))
			r->lost = true;
		buf_release(&out);
		blobs_release(r->b, &hash);
	}
	return NULL;
}

static void an_upload_never_loses_its_file_to_a_sweep(void **state)
{
	enum { N = 3 };
	pthread_t t[N];
	struct rivals r[N];
	OPEN(b, "rivals");

	(void)state;
	for (size_t i = 0; i < N; i++) {
		r[i] = (struct rivals){ b, 60, false };
		assert_int_equal(pthread_create(&t[i], NULL, upload, &r[i]), 0);
	}
	for (int i = 0; i < 40; i++)
		(void)swept(b, nobody, NULL);
	for (size_t i = 0; i < N; i++) {
		assert_int_equal(pthread_join(t[i], NULL), 0);
		assert_false(r[i].lost);
	}
}

static void only_names_of_ours_have_folders(void **state)
{
	static const char *const bad[] = {
		"",
		"ab",
		"../ab34",
		"ab/ab",
		"zz/zz34",
		"ab/cd34567890123456789012345678901234567890123456789012345678901234",
		"ab/AB34567890123456789012345678901234567890123456789012345678901234",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(blobs_folder_of(".", bad[i], NULL), ERR_SYNTAX);
	assert_int_equal(blobs_folder_of(".",
					 "ab/"
					 "ab345678901234567890123456789012"
					 "34567890123456789012345678901234",
					 NULL),
			 OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_put_is_got),
		cmocka_unit_test(the_same_twice_is_one_file),
		cmocka_unit_test(nothing_of_it_is_on_the_disk_in_the_clear),
		cmocka_unit_test(every_byte_is_vouched_for),
		cmocka_unit_test(a_file_of_another_name_or_house_is_refused),
		cmocka_unit_test(a_put_that_fails_anywhere_leaves_nothing_or_all),
		cmocka_unit_test(a_process_that_dies_anywhere_leaves_nothing_or_all),
		cmocka_unit_test(a_failed_allocation_is_an_error_and_holds_nothing),
		cmocka_unit_test(a_sweep_takes_what_nobody_wants),
		cmocka_unit_test(an_upload_never_loses_its_file_to_a_sweep),
		cmocka_unit_test(only_names_of_ours_have_folders),
	};
	return cmocka_run_group_tests(tests, folder_is_new, NULL);
}
