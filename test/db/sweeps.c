/*
 * sweeps.c - every allocation and every operation on a file fails in turn, once or from then on,
 * while a database is opened and written on SQLite: what is told is what is there afterwards.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "db/db.h"
#include "support/lite_memory.h"
#include "support/raise.h"
#include "support/weak_disk.h"

static struct db_options options = {
	.url = "sqlite:weak",
	.steps = raise_steps,
	.n_steps = RAISE_STEPS,
	.vfs = WEAK_DISK,
	.readers = 1,
};

static void must(enum err e, const struct fault *f)
{
	if (e)
		fail_msg("%s: %s", err_word(e), f->en);
}

static struct raise_figures figures_of(struct db *db)
{
	struct raise_figures n = { 0 };
	struct fault f = { 0 };

	must(db_read(db, raise_figures_act, &n, &f), &f);
	if (!raise_whole(&n))
		fail_msg("half an act: head %lld, %lld signals, %lld tasks", (long long)n.head,
			 (long long)n.signals, (long long)n.tasks);
	return n;
}

/* ---- three things that may fail, one way to let them -------------------------------------- */

enum kind { SQLITES_MEMORY, OUR_MEMORY, THE_DISK, KINDS };

static void arm(enum kind kind, uint64_t k, bool on)
{
	lite_memory_fail_at(kind == SQLITES_MEMORY ? k : 0, on);
	mem_fail_at(kind == OUR_MEMORY ? k : 0, on);
	weak_disk_fail_at(kind == THE_DISK ? k : 0, on);
}

/* Did anything fail since it was armed? Switches it off. */
static bool disarm(enum kind kind, uint64_t k)
{
	bool failed = kind == OUR_MEMORY ? mem_calls() >= k
		      : kind == THE_DISK ? weak_disk_failed()
					 : lite_memory_failed();

	arm(kind, 0, false);
	return failed;
}

static void make_world(void)
{
	CLEANUP(db_end) struct db *db = NULL;
	struct db_options o = options;
	struct fault f = { 0 };
	int64_t id;

	weak_disk_format(1);
	o.create = true;
	must(db_open(&o, &db, &f), &f);
	must(db_migrate(db, (struct utc_s){ 1 }, &f), &f);
	must(db_write(db, raise_act, &id, &f), &f);
	db_end(&db);
	weak_disk_keep();
}

/* ---- one act ------------------------------------------------------------------------------ */

/* True if nothing was left to fail. */
static bool one_act(enum kind kind, uint64_t k, bool on)
{
	struct db *db = NULL;
	struct fault f = { 0 };
	struct raise_figures n;
	int64_t id = 0;
	enum err e, again;
	bool failed;

	weak_disk_restore(k);
	must(db_open(&options, &db, &f), &f);
	arm(kind, k, on);
	e = db_write(db, raise_act, &id, &f);
	failed = disarm(kind, k);
	if (e && !failed)
		fail_msg("%s: %s", err_word(e), f.en);
	if (e && e != (kind == THE_DISK ? ERR_IO : ERR_MEMORY))
		fail_msg("%s at %llu: %s", err_word(e), (unsigned long long)k, f.en);
	assert_int_equal(figures_of(db).head, e ? 1 : 2);

	/* Memory comes back and all is well; a disk that failed once is not trusted again. */
	f = (struct fault){ 0 };
	again = db_write(db, raise_act, &id, &f);
	if (kind == THE_DISK && e)
		assert_int_equal(again, ERR_IO);
	else
		must(again, &f);
	db_close(db);

	weak_disk_power_on();
	f = (struct fault){ 0 };
	must(db_open(&options, &db, &f), &f);
	n = figures_of(db);
	/* What was refused may still be there, whole; what was promised must be. */
	if (n.head < (e ? 1 : 2) + (again == OK) || n.head > 3)
		fail_msg("%lld after %llu", (long long)n.head, (unsigned long long)k);
	db_close(db);
	return !failed;
}

static void sweep(bool (*act)(enum kind kind, uint64_t k, bool on), const char *what)
{
	static const char *const names[] = { "allocations of SQLite", "allocations of ours",
					     "operations on files" };

	for (int kind = 0; kind < KINDS; kind++)
		for (int on = 0; on < 2; on++) {
			uint64_t k = 1;

			while (!act((enum kind)kind, k, on))
				k++;
			printf("%s: %llu %s, each failed %s\n", what, (unsigned long long)(k - 1),
			       names[kind], on ? "from then on" : "once");
		}
}

static void a_writing_act_is_whole_or_absent_whatever_fails(void **state)
{
	(void)state;
	sweep(one_act, "one act");
}

/* ---- opening ------------------------------------------------------------------------------ */

static bool opening(enum kind kind, uint64_t k, bool on)
{
	struct db *db = NULL;
	struct fault f = { 0 };
	bool failed;
	enum err e;

	weak_disk_restore(k);
	arm(kind, k, on);
	e = db_open(&options, &db, &f);
	failed = disarm(kind, k);
	if (e)
		assert_true(failed && !db);
	else
		assert_int_equal(figures_of(db).head, 1);
	db_end(&db);
	weak_disk_power_on();
	f = (struct fault){ 0 };
	must(db_open(&options, &db, &f), &f);
	assert_int_equal(figures_of(db).head, 1);
	db_end(&db);
	return !failed;
}

static void opening_works_or_leaves_all_as_it_was(void **state)
{
	(void)state;
	sweep(opening, "opening");
}

/* ---- a group ------------------------------------------------------------------------------ */

enum { GROUP = 3 };

struct group {
	struct db *db;
	atomic_int kept;
	enum kind kind;
	uint64_t k;
	bool on;
};

struct member {
	pthread_t thread;
	struct group *g;
	enum err e;
	int64_t id;
};

/* Nothing is written: it holds the writer until the group waits, then lets things fail. */
static enum err hold_act(struct tx *tx, void *arg, struct fault *f)
{
	struct group *g = arg;

	(void)tx;
	(void)f;
	atomic_store(&g->kept, 1);
	while (db_counts(g->db).waiting < GROUP)
		sched_yield();
	arm(g->kind, g->k, g->on);
	return OK;
}

static void *holder(void *arg)
{
	struct member *m = arg;

	m->e = db_write(m->g->db, hold_act, m->g, NULL);
	return NULL;
}

static void *member(void *arg)
{
	struct member *m = arg;

	m->e = db_write(m->g->db, raise_act, &m->id, NULL);
	return NULL;
}

static bool one_group(enum kind kind, uint64_t k, bool on)
{
	struct group g = { .kind = kind, .k = k, .on = on };
	struct member m[GROUP + 1] = { 0 };
	struct fault f = { 0 };
	int64_t promised = 1;
	bool failed;

	weak_disk_restore(k);
	must(db_open(&options, &g.db, &f), &f);
	for (int i = 0; i <= GROUP; i++) {
		m[i].g = &g;
		if (pthread_create(&m[i].thread, NULL, i ? member : holder, &m[i]))
			fail();
		while (!atomic_load(&g.kept))
			sched_yield();
	}
	for (int i = 0; i <= GROUP; i++)
		pthread_join(m[i].thread, NULL);
	failed = disarm(kind, k);
	for (int i = 1; i <= GROUP; i++) {
		promised += m[i].e == OK;
		if (m[i].e && !failed)
			fail_msg("%s", err_word(m[i].e));
	}
	assert_int_equal(figures_of(g.db).head, promised);
	/* Memory that failed once is no reason to fail the companions. */
	if (kind == SQLITES_MEMORY && !on && m[0].e == OK)
		assert_true(promised >= GROUP);
	db_close(g.db);
	weak_disk_power_on();
	must(db_open(&options, &g.db, &f), &f);
	assert_true(figures_of(g.db).head >= promised);
	db_close(g.db);
	return !failed;
}

static void a_group_is_told_what_is_there_whatever_fails(void **state)
{
	(void)state;
	sweep(one_group, "a group");
}

/* ---- the disk ----------------------------------------------------------------------------- */

/* What was sent is not at fault: who keeps it must send it again, so it is no refusal of theirs. */
static void a_full_disk_refuses_writers_until_there_is_room(void **state)
{
	struct db *db = NULL;
	struct fault f = { 0 };
	int64_t id;

	(void)state;
	weak_disk_restore(1);
	must(db_open(&options, &db, &f), &f);
	weak_disk_full(true);
	assert_int_equal(db_write(db, raise_act, &id, &f), ERR_NO_ROOM);
	assert_int_equal(db_write(db, raise_act, &id, &f), ERR_NO_ROOM);
	assert_non_null(strstr(f.en, "make room"));
	assert_int_equal(figures_of(db).head, 1);
	weak_disk_full(false);
	f = (struct fault){ 0 };
	must(db_write(db, raise_act, &id, &f), &f);
	assert_int_equal(figures_of(db).head, 2);
	db_close(db);
}

/* Who is told so is told no SQL. */
static enum err from_another_act(struct tx *tx, void *arg, struct fault *f)
{
	struct fault told = { 0 };
	int64_t id;

	(void)tx;
	(void)f;
	assert_int_equal(db_write(arg, raise_act, &id, &told), ERR_BUSY);
	assert_string_equal(told.en, "another process keeps the database; try again later");
	return OK;
}

static void whoever_finds_another_process_writing_is_told_so(void **state)
{
	CLEANUP(db_end) struct db *db = NULL;
	CLEANUP(db_end) struct db *other = NULL;
	struct fault f = { 0 };

	(void)state;
	weak_disk_restore(1);
	must(db_open(&options, &db, &f), &f);
	must(db_open(&options, &other, &f), &f);
	must(db_write(db, from_another_act, other, &f), &f);
}

static void after_a_failed_sync_nothing_is_written_and_all_is_read(void **state)
{
	struct db *db = NULL;
	struct fault f = { 0 };
	uint64_t before;
	int64_t id;

	(void)state;
	weak_disk_restore(1);
	must(db_open(&options, &db, &f), &f);
	must(db_write(db, raise_act, &id, &f), &f);
	weak_disk_fail_at(1, true);
	assert_int_equal(db_write(db, raise_act, &id, &f), ERR_IO);
	weak_disk_fail_at(0, false);
	f = (struct fault){ 0 };
	assert_int_equal(db_write(db, raise_act, &id, &f), ERR_IO);
	assert_non_null(strstr(f.en, "closed for writing"));
	assert_int_equal(figures_of(db).head, 2);
	before = weak_disk_calls();
	db_close(db);
	assert_int_equal(weak_disk_calls(), before); /* not even the log is carried over */
	f = (struct fault){ 0 };
	must(db_open(&options, &db, &f), &f);
	must(db_write(db, raise_act, &id, &f), &f);
	db_close(db);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_writing_act_is_whole_or_absent_whatever_fails),
		cmocka_unit_test(opening_works_or_leaves_all_as_it_was),
		cmocka_unit_test(a_group_is_told_what_is_there_whatever_fails),
		cmocka_unit_test(a_full_disk_refuses_writers_until_there_is_room),
		cmocka_unit_test(whoever_finds_another_process_writing_is_told_so),
		cmocka_unit_test(after_a_failed_sync_nothing_is_written_and_all_is_read),
	};

	lite_memory_take_over();
	weak_disk_register();
	make_world();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
