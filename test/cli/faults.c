/*
 * faults.c - whatever fails underneath, a run ends with its exit code and leaves no half result.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "cli/cli.h"
#include "support/paths.h"

#define MUST(act) \
	do { \
		enum err must_e = (act); \
		if (must_e) \
			fail_msg("%s: %s", #act, err_word(must_e)); \
	} while (0)

static void put(const char *name, const char *text)
{
	struct file *fl;

	MUST(file_open(name, FILE_REPLACE, &fl, NULL));
	MUST(file_write(fl, text, strlen(text), NULL));
	MUST(file_close(&fl, NULL));
}

static void put_inputs(void)
{
	put("v.csv", "person,place,from,to,kind,seat,role\n"
		     "A,x,2021-07-22T10:00,2021-07-22T12:00,office,1A,\n"
		     "B,x,2021-07-22T11:00,,office,2B,crew\n"
		     "B,y,2021-07-23,2021-07-24,,,\n"
		     "D,y,2021-07-23,2021-07-22,,,\n"
		     "C,y,2021-07-23T09:00,2021-07-23T10:00,,,\n");
	put("c.csv", "case,person,onset\n1,A,2021-07-22\n2,C,2021-07-23\n");
	put("n.csv", "a,b,from,to,kind\nA,D,,,\nC,A,2021-07-22,2021-07-23,infected\n");
}

/* Standard output and error go nowhere while it runs. */
static int run(int n, const char *const *words)
{
	int out = dup(STDOUT_FILENO), err = dup(STDERR_FILENO), null = open("/dev/null", O_WRONLY);
	int code;

	assert_true(out >= 0 && err >= 0 && null >= 0);
	assert_true(dup2(null, STDOUT_FILENO) >= 0 && dup2(null, STDERR_FILENO) >= 0);
	code = cli_run(n, (char *const *)(const void *)words);
	assert_true(dup2(out, STDOUT_FILENO) >= 0 && dup2(err, STDERR_FILENO) >= 0);
	close(out);
	close(err);
	close(null);
	return code;
}

static const char *const TRACE[] = { "outpost",      "trace",   "--visits",      "v.csv",
				     "--cases",      "c.csv",   "--named",       "n.csv",
				     "--profile",    "measles", "--generations", "3",
				     "--threads",    "1",       "--out",         "r.csv",
				     "--encounters", "e.csv",   "--refused",     "q.csv" };
static const char *const ASK[] = { "outpost", "trace",     "--segments", "d",     "--cases",
				   "c.csv",   "--profile", "measles",    "--out", "r.csv" };
static const char *const SEAL[] = { "outpost", "seal", "--visits",  "v.csv",
				    "--out",   "d",    "--threads", "1" };
static const char *const SOURCES[] = { "outpost", "sources",   "--segments",  "d",     "--cases",
				       "c.csv",   "--profile", "covid19.who", "--out", "r.csv" };
static const char *const CHAINS[] = { "outpost",   "chains",  "--segments", "d",
				      "--cases",   "c.csv",   "--named",    "n.csv",
				      "--profile", "measles", "--out",      "r.csv" };

static bool there(const char *name)
{
	return access(name, F_OK) == 0;
}

static void no_result(void)
{
	static const char *const results[] = { "r.csv", "r.csv.part", "e.csv.part", "q.csv.part" };

	for (size_t i = 0; i < ARRAY_LEN(results); i++)
		if (there(results[i]))
			fail_msg("%s was left behind", results[i]);
}

static void forget_results(void)
{
	unlink("r.csv");
	unlink("e.csv");
	unlink("q.csv");
}

/* The run with its 1st, 2nd, ... allocation failing, until it passes. */
static void without_memory(int n, const char *const *words, int well)
{
	int code = 3;

	for (uint64_t k = 1; code != well; k++) {
		forget_results();
		mem_fail_at(k, false);
		code = run(n, words);
		mem_fail_at(0, false);
		assert_true(code == 3 || code == well);
		if (code == 3)
			no_result();
	}
	assert_true(there("r.csv"));
}

/* The same with file operations. */
static void without_files(int n, const char *const *words, int well)
{
	int code = 2;

	for (uint64_t k = 1; code != well; k++) {
		forget_results();
		file_fail_at(k, false);
		code = run(n, words);
		file_fail_at(0, false);
		assert_true(code == 2 || code == well);
		/* Only the last step, making the new name durable, can fail with the name there. */
		if (code == 2 && !there("r.csv"))
			no_result();
	}
	assert_true(there("r.csv"));
}

static void tracing_survives_any_allocation_that_fails(void **state)
{
	(void)state;
	without_memory((int)ARRAY_LEN(TRACE), TRACE, 1);
}

static void tracing_survives_any_file_operation_that_fails(void **state)
{
	(void)state;
	without_files((int)ARRAY_LEN(TRACE), TRACE, 1);
}

static void questions_to_a_shelf_survive_failures(void **state)
{
	(void)state;
	assert_int_equal(run((int)ARRAY_LEN(SEAL), SEAL), 1);
	without_memory((int)ARRAY_LEN(ASK), ASK, 0);
	without_files((int)ARRAY_LEN(ASK), ASK, 0);
	without_memory((int)ARRAY_LEN(SOURCES), SOURCES, 0);
	without_files((int)ARRAY_LEN(SOURCES), SOURCES, 0);
	without_memory((int)ARRAY_LEN(CHAINS), CHAINS, 0);
	without_files((int)ARRAY_LEN(CHAINS), CHAINS, 0);
}

static void sealing_survives_failures_and_the_shelf_stays_good(void **state)
{
	int code = 3;

	(void)state;
	for (uint64_t k = 1; code != 1; k++) {
		mem_fail_at(k, false);
		code = run((int)ARRAY_LEN(SEAL), SEAL);
		mem_fail_at(0, false);
		assert_true(code == 3 || code == 1);
	}
	code = 2;
	for (uint64_t k = 1; code != 1; k++) {
		file_fail_at(k, false);
		code = run((int)ARRAY_LEN(SEAL), SEAL);
		file_fail_at(0, false);
		assert_true(code == 2 || code == 1);
		assert_int_equal(run((int)ARRAY_LEN(ASK), ASK), 0);
		/* Sweep the old files: those of a failed last step would be in the way of k. */
		assert_int_equal(run((int)ARRAY_LEN(SEAL), SEAL), 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tracing_survives_any_allocation_that_fails),
		cmocka_unit_test(tracing_survives_any_file_operation_that_fails),
		cmocka_unit_test(questions_to_a_shelf_survive_failures),
		cmocka_unit_test(sealing_survives_failures_and_the_shelf_stays_good),
	};
	struct path dir;
	int failed;

	if (access("/dev/shm", W_OK) == 0)
		setenv("TMPDIR", "/dev/shm", 1);
	dir = path_scratch();
	if (chdir(dir.s) != 0)
		return 1;
	put_inputs();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	if (there("d")) {
		struct path shelf = path_join(&dir, "d");

		path_forget(&shelf);
	}
	path_forget(&dir);
	return failed;
}
