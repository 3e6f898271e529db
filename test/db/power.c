/*
 * power.c - the power goes off while acts are written: what was acknowledged is there afterwards,
 * and what was not is there whole or not at all. With synchronous=NORMAL it must not hold, or the
 * disk of this test would prove nothing.
 *
 * OUTPOST_CUTS=n    how many cuts (5,000 without it)
 * OUTPOST_SEED=n    where the seeds begin
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "db/db.h"
#include "support/paths.h"
#include "support/raise.h"
#include "support/weak_disk.h"

static enum err open_disk(const char *synchronous, struct db **ret, struct fault *f)
{
	const struct db_options o = {
		.url = "sqlite:weak",
		.steps = raise_steps,
		.n_steps = RAISE_STEPS,
		.vfs = WEAK_DISK,
		.synchronous = synchronous,
		.readers = 1,
	};

	return db_open(&o, ret, f);
}

static void make_world(void)
{
	CLEANUP(db_end) struct db *db = NULL;
	const struct db_options o = { .url = "sqlite:weak",
				      .create = true,
				      .steps = raise_steps,
				      .n_steps = RAISE_STEPS,
				      .vfs = WEAK_DISK };
	struct fault f = { 0 };

	weak_disk_format(1);
	if (db_open(&o, &db, &f) || db_migrate(db, (struct utc_s){ 1 }, &f))
		fail_msg("%s", f.en);
	db_end(&db);
	weak_disk_keep();
}

enum { CLIENTS_MAX = 4, ACTS = 12, CYCLES_A_DISK = 100 };

struct client {
	pthread_t thread;
	struct db *db;
	unsigned acts;
	unsigned tried;
	int64_t acknowledged; /* the highest number */
	uint64_t n;
};

static void *client(void *arg)
{
	struct client *c = arg;
	enum err e = OK;

	for (unsigned i = 0; e == OK && i < c->acts; i++) {
		int64_t id = 0;

		c->tried++;
		e = db_write(c->db, raise_act, &id, NULL);
		if (e == OK) {
			c->acknowledged = max_i64(c->acknowledged, id);
			c->n++;
		}
	}
	return NULL;
}

struct tally {
	uint64_t cuts, acknowledged, lost, cycles_lost;
};

struct run {
	const char *synchronous;
	unsigned clients;
	struct dice dice;
	int64_t acknowledged; /* the highest number on this disk */
	int64_t tried;        /* no more than this many can be there */
	struct tally tally;
};

/* What stands on the disk after the power came back. */
static void look(struct run *r, struct db *db, uint64_t seed)
{
	struct raise_figures n = { 0 };
	struct fault f = { 0 };

	if (seed % 20 == 0 && db_sound(db, &f))
		fail_msg("seed %llu: %s", (unsigned long long)seed, f.en);
	if (db_read(db, raise_figures_act, &n, &f))
		fail_msg("seed %llu: %s", (unsigned long long)seed, f.en);
	if (!raise_whole(&n) || n.head > r->tried)
		fail_msg("seed %llu: half an act: head %lld, %lld signals, %lld tasks, last %lld",
			 (unsigned long long)seed, (long long)n.head, (long long)n.signals,
			 (long long)n.tasks, (long long)n.last);
	if (n.head < r->acknowledged) {
		r->tally.lost += (uint64_t)(r->acknowledged - n.head);
		r->tally.cycles_lost++;
	}
	r->acknowledged = r->tried = n.head;
}

/* About as many as a cycle takes: with FULL an act is one write and a sync. */
static uint32_t calls_of(const struct run *r)
{
	return r->synchronous ? 100 : r->clients > 1 ? 50 : 25;
}

static void cycle(struct run *r, uint64_t seed)
{
	struct client c[CLIENTS_MAX] = { 0 };
	struct db *db = NULL;
	struct fault f = { 0 };
	uint64_t cut_at = 1 + dice_below(&r->dice, calls_of(r));
	/* Some are cut while the log is being recovered, some while the database is closed. */
	bool early = dice_below(&r->dice, 8) == 0;
	unsigned acts = 1 + dice_below(&r->dice, ACTS);

	if (early)
		weak_disk_cut_at(cut_at);
	if (open_disk(r->synchronous, &db, &f)) {
		if (!weak_disk_is_cut())
			fail_msg("seed %llu: %s", (unsigned long long)seed, f.en);
	} else {
		if (!early) {
			look(r, db, seed);
			weak_disk_cut_at(cut_at);
		}
		for (unsigned i = 0; i < r->clients; i++) {
			c[i].db = db;
			c[i].acts = acts;
			if (r->clients == 1)
				client(&c[i]);
			else if (pthread_create(&c[i].thread, NULL, client, &c[i]))
				fail();
		}
		for (unsigned i = 0; i < r->clients; i++) {
			if (r->clients > 1)
				pthread_join(c[i].thread, NULL);
			r->acknowledged = max_i64(r->acknowledged, c[i].acknowledged);
			r->tried += c[i].tried;
			r->tally.acknowledged += c[i].n;
		}
		db_close(db);
	}
	r->tally.cuts += weak_disk_is_cut();
	weak_disk_power_on();
}

static struct tally run(const char *synchronous, unsigned clients, uint64_t cycles)
{
	uint64_t first = env_u64("OUTPOST_SEED", 1);
	struct run r = { .synchronous = synchronous, .clients = clients };

	for (uint64_t i = 0; i < cycles; i++) {
		uint64_t seed = first + i;

		if (i % CYCLES_A_DISK == 0) {
			weak_disk_restore(seed);
			r.acknowledged = r.tried = 0;
			r.dice.state = seed;
		}
		cycle(&r, seed);
	}
	printf("%s, %u at a time: %llu cuts, %llu acknowledged, %llu lost in %llu cycles\n",
	       synchronous ? synchronous : "FULL", clients, (unsigned long long)r.tally.cuts,
	       (unsigned long long)r.tally.acknowledged, (unsigned long long)r.tally.lost,
	       (unsigned long long)r.tally.cycles_lost);
	return r.tally;
}

static uint64_t cuts(void)
{
	return env_u64("OUTPOST_CUTS", size_u64(5000));
}

static void no_cut_takes_what_was_acknowledged(void **state)
{
	struct tally t = run(NULL, 1, cuts());

	(void)state;
	assert_true(t.cuts > cuts() / 2 && t.acknowledged > cuts());
	assert_int_equal(t.lost, 0);
}

static void no_cut_takes_what_a_group_acknowledged(void **state)
{
	struct tally t = run(NULL, CLIENTS_MAX, cuts() / 4);

	(void)state;
	assert_true(t.cuts > cuts() / 8);
	assert_int_equal(t.lost, 0);
}

static void with_less_than_full_the_same_cuts_take_some(void **state)
{
	struct tally t = run("NORMAL", 1, cuts() / 4);

	(void)state;
	assert_true(t.lost > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_cut_takes_what_was_acknowledged),
		cmocka_unit_test(no_cut_takes_what_a_group_acknowledged),
		cmocka_unit_test(with_less_than_full_the_same_cuts_take_some),
	};

	weak_disk_register();
	make_world();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
