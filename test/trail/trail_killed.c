/*
 * trail_killed.c - a process that pushes and seals is killed at any moment: what it was told is
 * there, once, and the segments are what the packs say.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "support/trails.h"
#include "trail/inside.h"

enum { VISITS = 30, BATCHES_MAX = 400 };

struct place {
	char url[64];
	struct path dir;
};

static void open_all(struct place *p, struct database *d, struct trails *s)
{
	struct utc_s now = { DATABASE_NOW };

	memset(d, 0, sizeof *d);
	MUST(db_open(&(struct db_options){ .url = p->url, .create = true }, &d->db, &d->fault));
	MUST(db_migrate(d->db, now, &d->fault));
	trails_begin_in(s, d, 1, &p->dir);
}

static void visits_of(struct trails *s, int64_t batch, struct trail_visit *v)
{
	for (size_t i = 0; i < VISITS; i++) {
		int32_t day = TRAILS_DAY + (int32_t)(i % 3);

		v[i] = (struct trail_visit){ .person = batch * 1000 + (int64_t)i + 1,
					     .place = { 1 + (int64_t)i % 5 },
					     .from = { zone_day_start(s->zone, day).v + 3600 } };
		v[i].to.v = v[i].from.v + 60 + (int64_t)i;
	}
}

/* Push from batch `next` on, say each number once it is kept, and seal now and then. */
static void work(struct place *p, int64_t next, int out, uint64_t seed)
{
	struct dice dice = { seed };
	struct database d;
	struct trails s;

	open_all(p, &d, &s);
	if (dice_chance(&dice, 0.5))
		file_fail_at(1 + dice_below(&dice, 60), true);
	for (int64_t batch = next; batch < next + BATCHES_MAX; batch++) {
		struct trail_visit v[VISITS];
		enum trail_fate fate[VISITS];
		struct trails_keep k = { &s, { s.options.county, batch }, v, VISITS, fate, false };

		visits_of(&s, batch, v);
		if (trails_keep(&k, &d.fault))
			_exit(3);
		if (write(out, &batch, sizeof batch) != sizeof batch)
			_exit(4);
		if (dice_below(&dice, 4) == 0 &&
		    day_seal(s.t, TRAILS_DAY + (int32_t)dice_below(&dice, 3), &d.fault))
			_exit(5);
	}
	_exit(0);
}

static void check(struct place *p, const bool *kept, int64_t n)
{
	struct database d;
	struct trails s;
	char *shown, want[64];
	size_t lines = 0, batches = 0;

	open_all(p, &d, &s);
	shown = trails_shown(&s);
	for (const char *at = shown; *at; at++)
		lines += *at == '\n';
	for (int64_t b = 1; b <= n + 1; b++) {
		size_t found = 0;

		for (int i = 1; i <= VISITS; i++) {
			int len = snprintf(want, sizeof want, "\n%lld ", (long long)b * 1000 + i);
			const char *at = strncmp(shown, want + 1, (size_t)len - 1) == 0
						 ? shown
						 : strstr(shown, want);

			found += at != NULL;
		}
		if (found != 0 && found != VISITS)
			fail_msg("batch %lld is there by half", (long long)b);
		if (b <= n && kept[b] && !found)
			fail_msg("batch %lld was kept and is lost", (long long)b);
		batches += found == VISITS;
	}
	assert_int_equal(lines, batches * VISITS); /* none twice */
	mem_drop(shown);
	trails_close(&s);
	db_close(d.db);
}

static void what_was_kept_is_there_once(void **state)
{
	uint64_t kills = env_u64("OUTPOST_KILLS", 8);
	struct place p = { .dir = path_scratch() };
	static bool kept[1 << 16];
	int64_t last = 0;

	(void)state;
	(void)snprintf(p.url, sizeof p.url, "sqlite:house-%d", (int)getpid());
	for (uint64_t k = 0; k < kills && last < (1 << 16) - 2 * BATCHES_MAX; k++) {
		struct dice dice = { k + 1 };
		int pipes[2], status;
		int64_t batch, seen = 0, until = 1 + dice_below(&dice, 40);
		pid_t child;

		assert_int_equal(pipe(pipes), 0);
		child = fork();
		assert_true(child >= 0);
		if (!child) {
			(void)close(pipes[0]);
			work(&p, last + 1, pipes[1], k + 1);
		}
		(void)close(pipes[1]);
		while (read(pipes[0], &batch, sizeof batch) == sizeof batch) {
			kept[batch] = true;
			last = batch;
			if (++seen == until)
				assert_int_equal(kill(child, SIGKILL), 0);
		}
		(void)close(pipes[0]);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
		check(&p, kept, last);
		last++; /* the one that nobody was told of may be there */
	}
	path_forget(&p.dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(what_was_kept_is_there_once) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
