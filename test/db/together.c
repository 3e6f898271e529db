/*
 * together.c - many at once: groups, readers beside a writer, conflicts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include "db/db.h"
#include "support/database.h"

static const struct db_step steps[] = {
	{ 1, "step",
	  "-- spread: everywhere\n"
	  "CREATE TABLE schema_step (step BIGINT NOT NULL PRIMARY KEY, word TEXT NOT NULL,"
	  " digest TEXT NOT NULL, done_s BIGINT NOT NULL);" },
	{ 2, "tally",
	  "-- spread: county\n"
	  "CREATE TABLE tally (county BIGINT NOT NULL PRIMARY KEY, n BIGINT NOT NULL);\n"
	  "INSERT INTO tally (county, n) VALUES (1, 0)" },
};

static const struct sql get = { .name = "tally.get",
				.text = "SELECT n FROM tally WHERE county = 1",
				.args = "" };
static const struct sql set = { .name = "tally.set",
				.text = "UPDATE tally SET n = $1 WHERE county = 1",
				.args = "i",
				.act = SQL_WRITE };

static enum err tally(struct tx *tx, int64_t *ret, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e = tx_row(tx, &get, SQL_NO_ARGS, &r, f);

	if (e == OK)
		*ret = rows_i64(r, 0);
	return e;
}

static enum err tally_act(struct tx *tx, void *arg, struct fault *f)
{
	return tally(tx, arg, f);
}

static int64_t tallied(struct database *d)
{
	int64_t n = -1;

	MUST(db_read(d->db, tally_act, &n, &d->fault));
	return n;
}

static void wait_for(atomic_int *what, int value)
{
	while (atomic_load(what) < value)
		sched_yield();
}

/* ---- groups ------------------------------------------------------------------------------- */

enum { CROWD = 20 };

struct crowd {
	struct db *db;
	atomic_int ok, kept;
};

static enum err one_more(struct tx *tx, void *arg, struct fault *f)
{
	int64_t n;
	enum err e = tally(tx, &n, f);

	(void)arg;
	return e ? e : tx_run(tx, &set, SQL_ARGS(sql_i64(n + 1)), NULL, f);
}

/* The writer is kept until the whole crowd waits. */
static enum err keep(struct tx *tx, void *arg, struct fault *f)
{
	struct crowd *c = arg;

	atomic_store(&c->kept, 1);
	while (db_counts(c->db).waiting < CROWD)
		sched_yield();
	return one_more(tx, NULL, f);
}

static void *keeper(void *arg)
{
	struct crowd *c = arg;

	atomic_fetch_add(&c->ok, db_write(c->db, keep, c, NULL) == OK);
	return NULL;
}

static void *visitor(void *arg)
{
	struct crowd *c = arg;

	atomic_fetch_add(&c->ok, db_write(c->db, one_more, c, NULL) == OK);
	return NULL;
}

static void who_waits_is_made_durable_by_one_commit(void **state)
{
	struct database *d = *state;
	struct crowd c = { .db = d->db };
	struct db_counts before = db_counts(d->db), after;
	pthread_t thread[CROWD + 1];

	assert_int_equal(pthread_create(&thread[0], NULL, keeper, &c), 0);
	wait_for(&c.kept, 1);
	for (int i = 1; i <= CROWD; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, visitor, &c), 0);
	for (int i = 0; i <= CROWD; i++)
		pthread_join(thread[i], NULL);
	after = db_counts(d->db);
	assert_int_equal(atomic_load(&c.ok), CROWD + 1);
	assert_int_equal(after.acts - before.acts, CROWD + 1);
	assert_int_equal(after.commits - before.commits, 2);
	assert_int_equal(tallied(d), CROWD + 1);
}

/* ---- a reader beside a writer ------------------------------------------------------------- */

struct meeting {
	struct db *db;
	atomic_int stage; /* 1 written, not committed; 2 seen by the reader; 3 committed */
	enum err e;
};

static enum err slow_write(struct tx *tx, void *arg, struct fault *f)
{
	struct meeting *m = arg;
	enum err e = tx_run(tx, &set, SQL_ARGS(sql_i64(7)), NULL, f);

	if (e)
		return e;
	atomic_store(&m->stage, 1);
	wait_for(&m->stage, 2);
	return OK;
}

static void *write_slowly(void *arg)
{
	struct meeting *m = arg;

	m->e = db_write(m->db, slow_write, m, NULL);
	atomic_store(&m->stage, 3);
	return NULL;
}

static enum err look_twice(struct tx *tx, void *arg, struct fault *f)
{
	struct meeting *m = arg;
	int64_t n = -1;
	enum err e = tally(tx, &n, f);

	if (e)
		return e;
	assert_int_equal(n, 0);
	atomic_store(&m->stage, 2);
	wait_for(&m->stage, 3);
	if ((e = tally(tx, &n, f)))
		return e;
	assert_int_equal(n, 0);
	return OK;
}

static void a_reader_waits_for_no_writer_and_keeps_its_moment(void **state)
{
	struct database *d = *state;
	struct meeting m = { .db = d->db };
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, write_slowly, &m), 0);
	wait_for(&m.stage, 1);
	MUST(db_read(d->db, look_twice, &m, &d->fault));
	pthread_join(thread, NULL);
	assert_int_equal(m.e, OK);
	assert_int_equal(tallied(d), 7);
}

static enum err just_read(struct tx *tx, void *arg, struct fault *f)
{
	struct crowd *c = arg;
	int64_t n;
	enum err e = tally(tx, &n, f);

	atomic_fetch_add(&c->ok, e == OK);
	return e;
}

static void *reader(void *arg)
{
	struct crowd *c = arg;

	for (int i = 0; i < 50; i++)
		ignore(db_read(c->db, just_read, c, NULL));
	return NULL;
}

static void more_readers_than_connections_take_turns(void **state)
{
	struct database *d = *state;
	struct crowd c = { .db = d->db };
	pthread_t thread[CROWD];

	for (int i = 0; i < CROWD; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, reader, &c), 0);
	for (int i = 0; i < CROWD; i++)
		pthread_join(thread[i], NULL);
	assert_int_equal(atomic_load(&c.ok), CROWD * 50);
}

/* ---- conflicts ---------------------------------------------------------------------------- */

enum { RIVALS = 4, ROUNDS = 10 };

struct rival {
	struct db *db;
	atomic_int *read; /* how many have read in the first round */
	bool first;
	unsigned ok;
};

static enum err rival_act(struct tx *tx, void *arg, struct fault *f)
{
	struct rival *r = arg;
	int64_t n;
	enum err e = tally(tx, &n, f);

	if (e)
		return e;
	if (r->first && r->read) { /* both have read before one writes: a conflict for certain */
		r->first = false;
		atomic_fetch_add(r->read, 1);
		wait_for(r->read, RIVALS);
	}
	return tx_run(tx, &set, SQL_ARGS(sql_i64(n + 1)), NULL, f);
}

static void *rival(void *arg)
{
	struct rival *r = arg;

	for (int i = 0; i < ROUNDS; i++)
		r->ok += db_write(r->db, rival_act, r, NULL) == OK;
	return NULL;
}

static void read_then_write_loses_nothing_in_a_conflict(void **state)
{
	struct database *d = *state;
	atomic_int read = 0;
	struct rival r[RIVALS];
	pthread_t thread[RIVALS];

	for (int i = 0; i < RIVALS; i++) {
		/* One writer has no conflicts, and would wait for ever. */
		r[i] = (struct rival){ d->db, d->sqlite ? NULL : &read, true, 0 };
		assert_int_equal(pthread_create(&thread[i], NULL, rival, &r[i]), 0);
	}
	for (int i = 0; i < RIVALS; i++) {
		pthread_join(thread[i], NULL);
		assert_int_equal(r[i].ok, ROUNDS);
	}
	assert_int_equal(tallied(d), RIVALS * ROUNDS);
	if (d->sqlite)
		assert_int_equal(db_counts(d->db).retries, 0);
	else
		assert_true(db_counts(d->db).retries >= RIVALS - 1);
}

/* ---- turns -------------------------------------------------------------------------------- */

static enum err in_turn(struct tx *tx, void *arg, struct fault *f)
{
	enum err e = tx_turn(tx, 1, f);

	sched_yield(); /* somebody else may begin, or end, here */
	return e ? e : one_more(tx, arg, f);
}

/* Two of them, in one order or the other. */
static enum err in_two_turns(struct tx *tx, void *arg, struct fault *f)
{
	const struct rival *r = arg;
	enum err e = tx_turn(tx, r->first ? 1 : 2, f);

	if (!e)
		e = tx_turn(tx, r->first ? 2 : 1, f);
	return e ? e : one_more(tx, arg, f);
}

static void *turner(void *arg)
{
	struct rival *r = arg;

	for (int i = 0; i < ROUNDS; i++)
		r->ok += db_write(r->db, r->read ? in_two_turns : in_turn, r, NULL) == OK;
	return NULL;
}

static void turn_all(struct database *d, atomic_int *two)
{
	struct rival r[RIVALS];
	pthread_t thread[RIVALS];

	for (int i = 0; i < RIVALS; i++) {
		r[i] = (struct rival){ d->db, two, i % 2 == 0, 0 };
		assert_int_equal(pthread_create(&thread[i], NULL, turner, &r[i]), 0);
	}
	for (int i = 0; i < RIVALS; i++) {
		pthread_join(thread[i], NULL);
		assert_int_equal(r[i].ok, ROUNDS);
	}
	assert_int_equal(tallied(d), RIVALS * ROUNDS);
}

static void acts_that_take_turns_do_not_conflict(void **state)
{
	struct database *d = *state;
	struct db_counts n;

	turn_all(d, NULL);
	n = db_counts(d->db);
	assert_int_equal(n.retries, 0);
	if (d->sqlite)
		assert_int_equal(n.turns, 0);
	else
		assert_in_range(n.turns, 1, RIVALS * ROUNDS);
}

static void acts_that_want_two_turns_do_not_wait_in_a_circle(void **state)
{
	atomic_int two = 1;

	turn_all(*state, &two);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_SQLITE(who_waits_is_made_durable_by_one_commit),
		ON_BOTH(a_reader_waits_for_no_writer_and_keeps_its_moment),
		ON_BOTH(more_readers_than_connections_take_turns),
		ON_BOTH(read_then_write_loses_nothing_in_a_conflict),
		ON_BOTH(acts_that_take_turns_do_not_conflict),
		ON_BOTH(acts_that_want_two_turns_do_not_wait_in_a_circle),
	};

	database_steps(steps, ARRAY_LEN(steps));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
