/*
 * file.c - the file layer: whole bytes in and out, every failure said, every death survived.
 *
 * Long because every failure of every call is its own sentence.
 *
 * read() and write() of the C library are replaced by ones that move a few bytes at a time and
 * are interrupted now and then, as pipes and signals would do.
 */
#undef _FORTIFY_SOURCE /* its read() and write() are inline and could not be replaced */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/dice.h"
#include "base/file.h"
#include "base/memory.h"

static struct dice thin; /* state 0: read and write as ever */

static size_t thinned(size_t n)
{
	if (!thin.state)
		return n;
	if (dice_chance(&thin, 0.1)) {
		errno = EINTR;
		return SIZE_MAX;
	}
	return n < 2 ? n : 1 + dice_below(&thin, (uint32_t)min_size(n, 5000));
}

ssize_t read(int fd, void *p, size_t n)
{
	n = thinned(n);
	return n == SIZE_MAX ? -1 : (ssize_t)syscall(SYS_read, fd, p, n);
}

ssize_t write(int fd, const void *p, size_t n)
{
	n = thinned(n);
	return n == SIZE_MAX ? -1 : (ssize_t)syscall(SYS_write, fd, p, n);
}

/* ---- helpers ---- */

#define MUST(act) \
	do { \
		enum err must_e = (act); \
		if (must_e) \
			fail_msg("%s: %s", #act, err_word(must_e)); \
	} while (0)

static void put_file(const char *path, const void *p, size_t n)
{
	FILE *out = fopen(path, "wb");

	assert_non_null(out);
	assert_int_equal(fwrite(p, 1, n, out), n);
	assert_int_equal(fclose(out), 0);
}

static bool holds(const char *path, const void *p, size_t n)
{
	struct file_map m = { 0 };
	bool same;

	if (file_map_read(path, &m, NULL) != OK)
		return false;
	same = m.n == n && (n == 0 || memcmp(m.p, p, n) == 0);
	file_unmap(&m);
	return same;
}

static char *random_bytes(struct dice *d, size_t n)
{
	char *p = malloc(n + 1);

	assert_non_null(p);
	for (size_t i = 0; i < n; i++)
		p[i] = (char)dice_next(d);
	return p;
}

/* ---- whole bytes ---- */

static void what_is_written_in_pieces_is_read_in_pieces(void **state)
{
	static const size_t sizes[] = { 0, 1, 4096, 1 << 20, (1 << 20) + 1, 3500000 };
	struct dice d = { 1 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		size_t n = sizes[i], done = 0, got = 1;
		char *want = random_bytes(&d, n), *back = malloc(n + 10);
		struct file *fl;
		struct fault f = { 0 };

		thin.state = i + 1;
		MUST(file_open("pieces", FILE_REPLACE, &fl, &f));
		while (done < n) {
			size_t piece = dice_chance(&d, 0.02)
					       ? n - done
					       : dice_below(&d, 100000) % (n - done + 1);

			MUST(file_write(fl, want + done, piece, &f));
			done += piece;
			assert_int_equal(file_bytes(fl), done);
		}
		MUST(file_sync(fl, &f));
		MUST(file_close(&fl, &f));
		assert_null(fl);
		MUST(file_open("pieces", FILE_READ, &fl, &f));
		assert_int_equal(file_bytes(fl), n);
		for (done = 0; got > 0; done += got)
			MUST(file_read(fl, back + done, min_size(n + 10 - done, 70000), &got, &f));
		MUST(file_close(&fl, &f));
		thin.state = 0;
		assert_int_equal(done, n);
		assert_memory_equal(back, want, n);
		assert_true(holds("pieces", want, n));
		free(want);
		free(back);
	}
}

static void a_secret_file_is_its_owners_alone_and_never_over_another(void **state)
{
	struct file *fl;
	struct stat st;
	mode_t mask = umask(0);

	(void)state;
	MUST(file_open("secret", FILE_SECRET, &fl, NULL));
	MUST(file_write(fl, "s", 1, NULL));
	MUST(file_close(&fl, NULL));
	umask(mask);
	assert_int_equal(stat("secret", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(file_open("secret", FILE_SECRET, &fl, NULL), ERR_EXISTS);
	for (mode_t others = 0; others <= 077; others++) {
		assert_int_equal(chmod("secret", 0600 | others), 0);
		MUST(file_open("secret", FILE_READ, &fl, NULL));
		assert_int_equal(file_is_private(fl), others == 0);
		MUST(file_close(&fl, NULL));
	}
}

static void what_is_appended_goes_behind_what_was_there(void **state)
{
	struct file *fl;

	(void)state;
	for (int i = 0; i < 3; i++) {
		MUST(file_open("grows", FILE_APPEND, &fl, NULL));
		assert_int_equal(file_bytes(fl), 5 * i);
		MUST(file_write(fl, "head\n", 5, NULL));
		assert_int_equal(file_bytes(fl), 5 * i + 5);
		MUST(file_sync(fl, NULL));
		MUST(file_close(&fl, NULL));
	}
	assert_true(holds("grows", "head\nhead\nhead\n", 15));
}

static void a_write_at_an_offset_lands_there_and_after_what_came_before(void **state)
{
	struct file *fl;

	(void)state;
	MUST(file_open("at", FILE_NEW, &fl, NULL));
	MUST(file_write(fl, "????????tail", 12, NULL));
	MUST(file_write_at(fl, 0, "head", 4, NULL));
	MUST(file_write_at(fl, 20, "far", 3, NULL));
	assert_int_equal(file_bytes(fl), 23);
	MUST(file_write(fl, "!", 1, NULL)); /* the sequential place has not moved */
	assert_int_equal(file_write_at(fl, UINT64_MAX, "x", 1, NULL), ERR_IO);
	MUST(file_close(&fl, NULL));
	assert_true(holds("at", "head????tail!\0\0\0\0\0\0\0far", 23));
}

static void a_map_and_a_read_show_the_same_bytes(void **state)
{
	static const size_t sizes[] = { 0, 1, 4096, 100001, 300000 };
	struct dice d = { 2 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		char *want = random_bytes(&d, sizes[i]);
		struct file_map mapped, copied;

		put_file("map", want, sizes[i]);
		MUST(file_map("map", &mapped, NULL));
		MUST(file_map_read("map", &copied, NULL));
		assert_int_equal(mapped.n, sizes[i]);
		assert_int_equal(copied.n, sizes[i]);
		assert_int_equal(mapped.mapped, sizes[i] > 0);
		assert_false(copied.mapped);
		assert_memory_equal(mapped.p, want, sizes[i]);
		assert_memory_equal(copied.p, want, sizes[i]);
		file_unmap(&mapped);
		file_unmap(&mapped); /* twice does no harm */
		file_unmap(&copied);
		assert_null(copied.p);
		free(want);
	}
}

static void standard_input_and_output_are_a_dash(void **state)
{
	int in = dup(STDIN_FILENO), out = dup(STDOUT_FILENO), pipes[2];
	struct file_map m;
	struct file *fl;

	(void)state;
	assert_int_equal(pipe(pipes), 0);
	fflush(stdout);
	dup2(pipes[0], STDIN_FILENO);
	dup2(pipes[1], STDOUT_FILENO);
	close(pipes[0]);
	close(pipes[1]);
	thin.state = 9;
	MUST(file_open("-", FILE_REPLACE, &fl, NULL));
	assert_int_equal(file_bytes(fl), 0);
	MUST(file_write(fl, "through a pipe", 14, NULL));
	MUST(file_sync(fl, NULL)); /* means nothing to a pipe, and is not an error */
	MUST(file_close(&fl, NULL));
	assert_true(fcntl(STDOUT_FILENO, F_GETFD) >= 0); /* it is not ours to close */
	dup2(out, STDOUT_FILENO);
	MUST(file_map("-", &m, NULL)); /* ends because nobody holds the other end any more */
	thin.state = 0;
	dup2(in, STDIN_FILENO);
	close(in);
	close(out);
	assert_int_equal(m.n, 14);
	assert_false(m.mapped);
	assert_memory_equal(m.p, "through a pipe", 14);
	file_unmap(&m);
	assert_int_equal(file_open("-", FILE_NEW, &fl, NULL), OK); /* a file of that name */
	MUST(file_close(&fl, NULL));
	assert_int_equal(unlink("-"), 0);
}

/* ---- what went wrong is said ---- */

static void refused(enum err e, const struct fault *f, enum err want, const char *zh,
		    const char *en)
{
	if (e != want || f->code != want || !strstr(f->zh, zh) || !strstr(f->en, en))
		fail_msg("%s, not %s: %s | %s", err_word(e), err_word(want), f->zh, f->en);
}

static void each_refusal_names_the_file_and_the_reason(void **state)
{
	struct fault f = { 0 };
	struct file_map m;
	struct file *fl;
	char far[400];

	(void)state;
	refused(file_open("no/such", FILE_READ, &fl, &f), &f, ERR_ABSENT, "no/such：不存在",
		"no/such: No such file");
	f.code = OK;
	MUST(dir_make("folder", &f));
	refused(file_open("folder", FILE_READ, &fl, &f), &f, ERR_IO, "文件夹", "Is a directory");
	f.code = OK;
	refused(file_map("folder", &m, &f), &f, ERR_IO, "文件夹", "Is a directory");
	f.code = OK;
	put_file("there", "x", 1);
	refused(file_open("there", FILE_NEW, &fl, &f), &f, ERR_EXISTS, "there：已经存在",
		"there: ");
	f.code = OK;
	refused(dir_make("there", &f), &f, ERR_EXISTS, "there：已经存在", "make the folder there");
	f.code = OK;
	MUST(dir_make("folder", &f)); /* existing is fine */
	refused(file_unlink("gone", &f), &f, ERR_ABSENT, "gone：不存在", "cannot delete gone");
	f.code = OK;
	refused(file_rename("gone", "x", &f), &f, ERR_ABSENT, "gone", "cannot rename gone");
	f.code = OK;
	refused(dir_sync("gone", &f), &f, ERR_ABSENT, "gone", "gone");
	f.code = OK;
	memset(far, 'n', sizeof far);
	memcpy(far + sizeof far - 8, "/abs.csv", 8);
	far[sizeof far - 1] = '\0';
	far[100] = '/';
	far[250] = '/';
	refused(file_open(far, FILE_READ, &fl, &f), &f, ERR_ABSENT, "abs.cs：不存在",
		"abs.cs: No such file"); /* the reason and the file's own name are never cut off */
	MUST(dir_sync("folder", NULL));
	MUST(file_rename("there", "moved", NULL));
	MUST(file_unlink("moved", NULL));
}

static void a_full_disk_is_said_and_stays_said(void **state)
{
	struct fault f = { 0 };
	struct file *fl;
	char block[70000] = { 0 };
	enum err e = OK;

	(void)state;
	MUST(file_open("/dev/full", FILE_REPLACE, &fl, &f));
	for (int i = 0; i < 100 && !e; i++)
		e = file_write(fl, block, sizeof block, &f);
	refused(e, &f, ERR_IO, "磁盘已满", "No space left");
	assert_int_equal(file_write(fl, block, 1, NULL), ERR_IO);
	assert_int_equal(file_write_at(fl, 0, block, 1, NULL), ERR_IO);
	assert_int_equal(file_sync(fl, NULL), ERR_IO);
	assert_int_equal(file_close(&fl, NULL), ERR_IO);
	assert_null(fl);
	/* A short text only meets the disk when it is closed. */
	f.code = OK;
	MUST(file_open("/dev/full", FILE_REPLACE, &fl, &f));
	MUST(file_write(fl, "x", 1, &f));
	refused(file_close(&fl, &f), &f, ERR_IO, "磁盘已满", "No space left");
}

static void a_failed_sync_is_final(void **state)
{
	struct file *fl;

	(void)state;
	MUST(file_open("final", FILE_REPLACE, &fl, NULL));
	MUST(file_write(fl, "x", 1, NULL));
	file_fail_at(2, false); /* the first is the write */
	assert_int_equal(file_sync(fl, NULL), ERR_IO);
	file_fail_at(0, false);
	assert_int_equal(file_sync(fl, NULL), ERR_IO);
	assert_int_equal(file_write(fl, "y", 1, NULL), ERR_IO);
	assert_int_equal(file_close(&fl, NULL), ERR_IO);
}

static void what_is_dropped_is_not_written(void **state)
{
	struct file *fl;

	(void)state;
	MUST(file_open("dropped", FILE_REPLACE, &fl, NULL));
	MUST(file_write(fl, "half a thought", 14, NULL));
	file_end(&fl);
	assert_null(fl);
	file_end(&fl);
	assert_true(holds("dropped", "", 0));
}

static void nobody_outside_the_group_may_read_what_is_made(void **state)
{
	mode_t before = umask(0);
	struct file *fl;
	struct stat st;

	(void)state;
	MUST(file_open("private", FILE_NEW, &fl, NULL));
	MUST(file_close(&fl, NULL));
	MUST(dir_make("private.d", NULL));
	umask(before);
	assert_int_equal(stat("private", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_int_equal(stat("private.d", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0750);
}

static void one_file_is_the_same_however_it_is_spelled(void **state)
{
	char here[4096];

	(void)state;
	MUST(dir_make("same", NULL));
	put_file("same/there", "", 0);
	put_file("same/other", "", 0);
	assert_int_equal(symlink("there", "same/link"), 0);
	assert_non_null(getcwd(here, sizeof here - 20));
	memcpy(here + strlen(here), "/same/yet", sizeof "/same/yet");
	assert_true(file_same("same/there", "./same/../same/there"));
	assert_true(file_same("same/there", "same/link"));
	assert_false(file_same("same/there", "same/other"));
	assert_false(file_same("same/there", "same/yet"));
	assert_true(file_same("same/yet", "./same/yet"));
	assert_true(file_same("same/yet", here));
	assert_false(file_same("same/yet", "yet"));
	assert_false(file_same("same/yet", "same/yet.part"));
	assert_true(file_same("no/folder", "no/folder"));
	assert_false(file_same("no/folder", "folder"));
	assert_false(file_same("/dev/null", "/dev/null"));
	assert_true(file_lies_in("same/yet", "./same"));
	assert_true(file_lies_in("yet", "."));
	assert_true(file_lies_in("/yet", "/"));
	assert_false(file_lies_in("same/yet", "."));
	assert_false(file_lies_in("same/yet", "none"));
	assert_true(file_lies_below("same/yet", "./same"));
	assert_true(file_lies_below("same/../same/yet", "."));
	assert_true(file_lies_below("yet", "/"));
	assert_false(file_lies_below("yet", "same"));
	assert_false(file_lies_below("same/yet", "sam"));
	assert_false(file_lies_below("same/yet", "none"));
}

/* ---- folders ---- */

static enum err note_name(const char *name, void *arg, struct fault *f)
{
	struct buf *b = arg;

	if (strcmp(name, "stop") == 0)
		return fault_set(f, ERR_FULL, "停", "stop");
	buf_lit(b, name);
	buf_char(b, '\n');
	return b->failed;
}

static void plain_files_are_listed_in_the_order_of_their_bytes(void **state)
{
	static const char *const names[] = {
		"b", "a", "B", "aa", ".hidden", "é", "a.b", "10", "9"
	};
	CLEANUP(buf_release) struct buf b = { 0 };
	struct fault f = { 0 };
	char path[64];

	(void)state;
	MUST(dir_make("list", NULL));
	MUST(dir_each("list", note_name, &b, NULL));
	assert_int_equal(b.n, 0);
	MUST(dir_make("list/sub", NULL));
	assert_int_equal(symlink("b", "list/link"), 0);
	assert_int_equal(mkfifo("list/fifo", 0600), 0);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		snprintf(path, sizeof path, "list/%s", names[i]);
		put_file(path, "", 0);
	}
	MUST(dir_each("list", note_name, &b, NULL));
	assert_true(str_eq(buf_view(&b), STR(".hidden\n10\n9\nB\na\na.b\naa\nb\né\n")));
	put_file("list/stop", "", 0);
	assert_int_equal(dir_each("list", note_name, &b, &f), ERR_FULL);
	assert_string_equal(f.en, "stop");
	assert_int_equal(dir_each("list/none", note_name, &b, NULL), ERR_ABSENT);
}

/* ---- failing and dying on purpose ---- */

enum { OLD_BYTES = 5000, NEW_BYTES = 1500000 };

/* Replace "store" as a careful writer does: write aside, sync, rename, sync the folder. */
static enum err replace(const char *bytes, size_t n, struct fault *f)
{
	CLEANUP(file_end) struct file *fl = NULL;
	enum err e = file_open("store.new", FILE_REPLACE, &fl, f);

	if (!e)
		e = file_write(fl, bytes, n / 3, f);
	if (!e)
		e = file_write(fl, bytes + n / 3, n - n / 3, f);
	if (!e)
		e = file_sync(fl, f);
	if (!e)
		e = file_close(&fl, f);
	if (!e)
		e = file_rename("store.new", "store", f);
	return e ? e : dir_sync(".", f);
}

static void any_operation_may_fail_and_the_old_file_or_the_new_one_stands(void **state)
{
	struct dice d = { 3 };
	char *old = random_bytes(&d, OLD_BYTES), *new = random_bytes(&d, NEW_BYTES);
	uint64_t k;
	size_t n_old = 0, n_new = 0;

	(void)state;
	for (k = 1;; k++) {
		struct fault f = { 0 };
		enum err e;

		put_file("store", old, OLD_BYTES);
		file_fail_at(k, false);
		e = replace(new, NEW_BYTES, &f);
		assert_int_equal(e == OK, file_calls() < k); /* it passes only if nothing failed */
		file_fail_at(0, false);
		assert_int_equal(f.code, e);
		if (!e)
			break;
		assert_int_equal(e, ERR_IO);
		if (holds("store", old, OLD_BYTES))
			n_old++;
		else if (holds("store", new, NEW_BYTES))
			n_new++;
		else
			fail_msg("neither the old nor the new file after operation %d failed",
				 (int)k);
	}
	assert_true(holds("store", new, NEW_BYTES));
	assert_true(n_old >= 5 && n_new >= 1);
	free(old);
	free(new);
}

static void the_process_may_die_anywhere_and_the_old_file_or_the_new_one_stands(void **state)
{
	struct dice d = { 4 };
	char *old = random_bytes(&d, OLD_BYTES), *new = random_bytes(&d, NEW_BYTES);
	size_t n_old = 0, n_new = 0, n_torn = 0;
	int status = 0;

	(void)state;
	for (uint64_t k = 1;; k++) {
		pid_t child;
		struct stat st;

		put_file("store", old, OLD_BYTES);
		unlink("store.new");
		child = fork();
		assert_true(child >= 0);
		if (child == 0) {
			file_fail_at(k, true);
			_exit(replace(new, NEW_BYTES, NULL) ? 1 : 0);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		if (WIFEXITED(status))
			break;
		assert_int_equal(WTERMSIG(status), SIGKILL);
		n_torn += stat("store.new", &st) == 0 && st.st_size > 0 && st.st_size < NEW_BYTES;
		if (holds("store", old, OLD_BYTES))
			n_old++;
		else if (holds("store", new, NEW_BYTES))
			n_new++;
		else
			fail_msg("neither the old nor the new file after dying at %d", (int)k);
	}
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_true(n_old >= 5 && n_new >= 1 && n_torn >= 2); /* it did die in mid-write */
	free(old);
	free(new);
}

static enum err walk_everything(struct fault *f)
{
	CLEANUP(file_unmap) struct file_map mapped = { 0 };
	CLEANUP(file_unmap) struct file_map copied = { 0 };
	CLEANUP(buf_release) struct buf b = { 0 };
	enum err e = file_map("walk/a", &mapped, f);

	if (!e)
		e = file_map_read("walk/a", &copied, f);
	if (!e)
		e = dir_each("walk", note_name, &b, f);
	if (!e)
		e = dir_make("walk", f);
	if (!e)
		e = file_unlink("walk/b", f);
	return e;
}

static void reading_acts_survive_any_failure_of_files_or_memory(void **state)
{
	uint64_t k_file, k_mem;

	(void)state;
	MUST(dir_make("walk", NULL));
	put_file("walk/a", "abc", 3);
	for (k_file = 1;; k_file++) {
		struct fault f = { 0 };
		enum err e;

		put_file("walk/b", "", 0);
		file_fail_at(k_file, false);
		e = walk_everything(&f);
		assert_int_equal(e == OK, file_calls() < k_file);
		file_fail_at(0, false);
		if (!e)
			break;
		refused(e, &f, ERR_IO, "walk", "Input/output error");
	}
	assert_true(k_file > 10);
	for (k_mem = 1;; k_mem++) {
		struct fault f = { 0 };
		enum err e;

		put_file("walk/b", "", 0);
		mem_fail_at(k_mem, false);
		e = walk_everything(&f);
		assert_int_equal(e == OK, mem_calls() < k_mem);
		mem_fail_at(0, false);
		if (!e)
			break;
		assert_int_equal(e, ERR_MEMORY);
	}
	assert_true(k_mem > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_in_pieces_is_read_in_pieces),
		cmocka_unit_test(a_secret_file_is_its_owners_alone_and_never_over_another),
		cmocka_unit_test(what_is_appended_goes_behind_what_was_there),
		cmocka_unit_test(a_write_at_an_offset_lands_there_and_after_what_came_before),
		cmocka_unit_test(a_map_and_a_read_show_the_same_bytes),
		cmocka_unit_test(standard_input_and_output_are_a_dash),
		cmocka_unit_test(each_refusal_names_the_file_and_the_reason),
		cmocka_unit_test(a_full_disk_is_said_and_stays_said),
		cmocka_unit_test(a_failed_sync_is_final),
		cmocka_unit_test(what_is_dropped_is_not_written),
		cmocka_unit_test(nobody_outside_the_group_may_read_what_is_made),
		cmocka_unit_test(one_file_is_the_same_however_it_is_spelled),
		cmocka_unit_test(plain_files_are_listed_in_the_order_of_their_bytes),
		cmocka_unit_test(any_operation_may_fail_and_the_old_file_or_the_new_one_stands),
		cmocka_unit_test(
			the_process_may_die_anywhere_and_the_old_file_or_the_new_one_stands),
		cmocka_unit_test(reading_acts_survive_any_failure_of_files_or_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
