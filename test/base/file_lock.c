/*
 * file_lock.c - files that nobody sees, and files that one process holds.
 *
 * open() of the C library is replaced by one that can do without nameless files.
 */
#undef _FORTIFY_SOURCE /* its open() is inline and could not be replaced */
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
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"

#define MUST(act) \
	do { \
		enum err must_e = (act); \
		if (must_e) \
			fail_msg("%s: %s", #act, err_word(must_e)); \
	} while (0)

static bool no_nameless; /* as on file systems that know no such files */

int open(const char *path, int flags, ...)
{
	va_list ap;
	mode_t rights;

	va_start(ap, flags);
	rights = va_arg(ap, mode_t);
	va_end(ap);
	if (no_nameless && (flags & O_TMPFILE) == O_TMPFILE) {
		errno = EOPNOTSUPP;
		return -1;
	}
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, rights);
}

static enum err count_one(const char *name, void *arg, struct fault *f)
{
	(void)name;
	(void)f;
	++*(int *)arg;
	return OK;
}

static void a_nameless_file_is_seen_by_nobody_and_gone_when_closed(void **state)
{
	size_t n = 3000000;
	char *want = malloc(n);

	(void)state;
	assert_non_null(want);
	for (size_t i = 0; i < n; i++)
		want[i] = (char)(i * 7919 >> 5);
	MUST(dir_make("nameless", NULL));
	for (int i = 0; i < 4; i++) {
		struct file_map m;
		struct file *fl;
		int seen = 0;

		no_nameless = i % 2;
		MUST(file_open("nameless", FILE_NAMELESS, &fl, NULL));
		assert_true(file_is_private(fl));
		MUST(file_write(fl, want, i < 2 ? 0 : n, NULL));
		MUST(dir_each("nameless", count_one, &seen, NULL));
		assert_int_equal(seen, 0);
		MUST(file_map_nameless(fl, &m, NULL));
		assert_int_equal(m.n, i < 2 ? 0 : n);
		assert_true(m.n == 0 || memcmp(m.p, want, n) == 0);
		file_end(&fl);
		assert_true(m.n == 0 || m.p[n - 1] == (uint8_t)want[n - 1]);
		file_unmap(&m);
	}
	assert_int_equal(file_open("no such folder", FILE_NAMELESS, &(struct file *){ NULL }, NULL),
			 ERR_ABSENT);
	no_nameless = false;
	free(want);
}

static void one_at_a_time_holds_a_lock_and_the_others_are_told_who(void **state)
{
	struct file_lock *one, *two;
	struct fault f = { 0 };
	struct file *left;
	char who[64];

	(void)state;
	snprintf(who, sizeof who, "process %ld on host ", (long)getpid());
	MUST(file_lock("a lock", &one, NULL));
	assert_int_equal(file_lock("a lock", &two, &f), ERR_EXISTS);
	assert_non_null(strstr(f.en, who));
	assert_non_null(strstr(f.zh, "主机"));
	file_unlock(&one);
	assert_null(one);
	assert_int_equal(access("a lock", F_OK), -1);
	MUST(file_open("a lock", FILE_NEW, &left, NULL)); /* as a killed one leaves it */
	MUST(file_write(left, "77777 elsewhere\n", 16, NULL));
	MUST(file_close(&left, NULL));
	MUST(file_lock("a lock", &two, NULL));
	assert_int_equal(file_lock("a lock", &one, NULL), ERR_EXISTS);
	file_unlock(&two);
	file_unlock(&two);
	assert_int_equal(file_lock("no such folder/a lock", &one, NULL), ERR_ABSENT);
}

/* Whoever removes the file lets the next one in: what it held is no longer there to be held. */
static void a_lock_is_on_the_file_that_stands_there(void **state)
{
	struct file_lock *one, *two;

	(void)state;
	MUST(file_lock("gone", &one, NULL));
	MUST(file_unlink("gone", NULL));
	MUST(file_lock("gone", &two, NULL));
	file_unlock(&two);
	file_unlock(&one);
}

static void a_lock_whose_holder_dies_is_free(void **state)
{
	struct file_lock *one;
	int status;
	pid_t child = fork();

	(void)state;
	assert_true(child >= 0);
	if (child == 0) {
		if (file_lock("of the dead", &one, NULL) == OK)
			(void)kill(getpid(), SIGKILL);
		_exit(1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(access("of the dead", F_OK), 0);
	MUST(file_lock("of the dead", &one, NULL));
	file_unlock(&one);
}

static void a_lock_may_fail_at_any_step_and_holds_nothing_then(void **state)
{
	enum err e = ERR_IO;

	(void)state;
	for (uint64_t k = 1; e; k++) {
		struct file_lock *l = NULL;

		file_fail_at(k, false);
		e = file_lock("steps", &l, NULL);
		file_fail_at(0, false);
		assert_true(e == OK || e == ERR_IO);
		assert_int_equal(l != NULL, e == OK);
		file_unlock(&l);
	}
	mem_fail_at(1, false);
	assert_int_equal(file_lock("steps", &(struct file_lock *){ NULL }, NULL), ERR_MEMORY);
	mem_fail_at(0, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_nameless_file_is_seen_by_nobody_and_gone_when_closed),
		cmocka_unit_test(one_at_a_time_holds_a_lock_and_the_others_are_told_who),
		cmocka_unit_test(a_lock_is_on_the_file_that_stands_there),
		cmocka_unit_test(a_lock_whose_holder_dies_is_free),
		cmocka_unit_test(a_lock_may_fail_at_any_step_and_holds_nothing_then),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
