/*
 * killed.c - the process that writes is killed: what it had acknowledged is there, and nothing is
 * there by half.
 *
 * OUTPOST_KILLS=n   how many times on each database (40 without it)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/dice.h"
#include "db/db.h"
#include "support/database.h"
#include "support/paths.h"
#include "support/raise.h"

enum { CLIENTS = 3, READS_MAX = 60 };

struct client {
	struct db *db;
	int out;
};

/* Write for ever, and say each number that was promised. */
static void *client(void *arg)
{
	struct client *c = arg;

	for (;;) {
		int64_t id = 0;

		if (db_write(c->db, raise_act, &id, NULL) ||
		    write(c->out, &id, sizeof(id)) != sizeof(id))
			_exit(1);
	}
	return NULL;
}

static void child(const struct db_options *o, int out)
{
	struct client c = { .out = out };
	pthread_t thread;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (db_open(o, &c.db, NULL))
		_exit(1);
	for (int i = 0; i < CLIENTS - 1; i++)
		if (pthread_create(&thread, NULL, client, &c))
			_exit(1);
	client(&c);
}

/* Kill it after a while; return the highest number it had promised. */
static int64_t one_life(const struct db_options *o, struct dice *dice)
{
	uint32_t reads = dice_below(dice, READS_MAX);
	int64_t highest = 0, id;
	int ends[2], status;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		close(ends[0]);
		child(o, ends[1]);
	}
	assert_true(pid > 0);
	close(ends[1]);
	for (uint32_t i = 0; i < reads && read(ends[0], &id, sizeof(id)) == sizeof(id); i++)
		highest = max_i64(highest, id);
	/* Besides the moments between two answers, some in the middle of one. */
	for (uint32_t i = dice_below(dice, 200000); i > 0; i--)
		__atomic_signal_fence(__ATOMIC_SEQ_CST);
	kill(pid, SIGKILL);
	while (read(ends[0], &id, sizeof(id)) == sizeof(id))
		highest = max_i64(highest, id);
	close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	return highest;
}

static void a_killed_process_takes_nothing_with_it(void **state)
{
	struct database *d = *state;
	struct dice dice = { 4711 };
	uint64_t kills = env_u64("OUTPOST_KILLS", size_u64(40));
	int64_t highest = 0;

	for (uint64_t i = 0; i < kills; i++) {
		struct raise_figures n = { 0 };

		db_end(&d->db);
		highest = max_i64(highest, one_life(&d->options, &dice));
		MUST(db_open(&d->options, &d->db, &d->fault));
		MUST(db_read(d->db, raise_figures_act, &n, &d->fault));
		assert_true(raise_whole(&n));
		assert_true(n.head >= highest);
	}
	MUST(db_sound(d->db, &d->fault));
	assert_true(highest > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(a_killed_process_takes_nothing_with_it),
	};

	database_steps(raise_steps, RAISE_STEPS);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
