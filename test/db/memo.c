/* memo.c - what reading acts remember is never older than the rows they see. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <string.h>

#include "db/db.h"
#include "support/database.h"

#include "base/ban.h"

enum { READERS = 4, LOOKS = 400, WRITES = 200, MANY = 5000 };

static const struct db_step steps[] = {
	{ 1, "step",
	  "-- spread: everywhere\n"
	  "CREATE TABLE schema_step (step BIGINT NOT NULL PRIMARY KEY, word TEXT NOT NULL,"
	  " digest TEXT NOT NULL, done_s BIGINT NOT NULL);" },
	{ 2, "tally",
	  "-- spread: county\n"
	  "CREATE TABLE tally (county BIGINT NOT NULL, id BIGINT NOT NULL, n BIGINT NOT NULL,"
	  " PRIMARY KEY (county, id));\n" },
};

static const struct sql get = {
	.name = "tally.get",
	.text = "SELECT n FROM tally WHERE county = 1 AND id = $1",
	.args = "i",
	.across = "the county is written out",
};
static const struct sql up = {
	.name = "tally.up",
	.text = "INSERT INTO tally (county, id, n) VALUES (1, $1, 1)"
		" ON CONFLICT (county, id) DO UPDATE SET n = tally.n + 1",
	.args = "i",
	.act = SQL_WRITE,
};

static enum err up_act(struct tx *tx, void *arg, struct fault *f)
{
	(void)arg;
	return tx_run(tx, &up, SQL_ARGS(sql_i64(7)), NULL, f);
}

static enum err ask(struct tx *tx, int64_t *ret, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e = tx_row(tx, &get, SQL_ARGS(sql_i64(7)), &r, f);

	*ret = e ? 0 : rows_i64(r, 0);
	return e == ERR_ABSENT ? OK : e;
}

struct look {
	struct db *db;
	pthread_t thread;
	bool recalled;
	int64_t n, truth;
	unsigned old, from_memory;
};

/* As a room does it: what is remembered, else the rows. Then the rows themselves. */
static enum err look_act(struct tx *tx, void *arg, struct fault *f)
{
	struct look *l = arg;
	struct str kept;
	enum err e = OK;

	l->recalled = tx_recall(tx, &get, STR("7"), &kept);
	if (l->recalled) {
		memcpy(&l->n, kept.p, sizeof l->n);
	} else if (!(e = ask(tx, &l->n, f))) {
		tx_remember(tx, &get, STR("7"), (struct str){ (const char *)&l->n, sizeof l->n });
	}
	return e ? e : ask(tx, &l->truth, f);
}

static void once(struct database *d, struct look *l)
{
	MUST(db_read(d->db, look_act, l, &d->fault));
	assert_int_equal(l->n, l->truth);
}

static void what_is_remembered_holds_until_the_next_commit(void **state)
{
	struct database *d = *state;
	struct look l = { 0 };

	once(d, &l);
	assert_false(l.recalled);
	once(d, &l);
	assert_int_equal(l.recalled, d->sqlite);
	MUST(db_write(d->db, up_act, NULL, &d->fault));
	once(d, &l);
	assert_false(l.recalled);
	assert_int_equal(l.n, 1);
	once(d, &l);
	assert_int_equal(l.recalled, d->sqlite);
}

static void the_commit_of_another_process_ends_it_too(void **state)
{
	CLEANUP(db_end) struct db *other = NULL;
	struct database *d = *state;
	struct look l = { 0 };

	MUST(db_open(&d->options, &other, &d->fault));
	once(d, &l);
	MUST(db_write(other, up_act, NULL, &d->fault));
	once(d, &l);
	assert_false(l.recalled);
	assert_int_equal(l.n, 1);
}

static enum err write_look_act(struct tx *tx, void *arg, struct fault *f)
{
	enum err e = look_act(tx, arg, f);

	return e ? e : look_act(tx, arg, f);
}

static void an_act_that_writes_remembers_nothing(void **state)
{
	struct database *d = *state;
	struct look l = { 0 };

	once(d, &l);
	MUST(db_write(d->db, write_look_act, &l, &d->fault));
	assert_false(l.recalled);
}

static enum err many_act(struct tx *tx, void *arg, struct fault *f)
{
	struct str kept;
	size_t *found = arg;

	(void)f;
	for (int64_t i = 0; i < MANY; i++)
		tx_remember(tx, &up, (struct str){ (const char *)&i, sizeof i },
			    (struct str){ (const char *)&i, sizeof i });
	for (int64_t i = 0; i < MANY; i++) {
		if (!tx_recall(tx, &up, (struct str){ (const char *)&i, sizeof i }, &kept))
			continue;
		assert_memory_equal(kept.p, &i, sizeof i);
		++*found;
	}
	return OK;
}

static void a_full_memory_keeps_what_it_has(void **state)
{
	struct database *d = *state;
	size_t found = 0;

	MUST(db_read(d->db, many_act, &found, &d->fault));
	assert_true(found > 100 && found < MANY);
}

static struct sql moving;

static enum err moving_act(struct tx *tx, void *arg, struct fault *f)
{
	struct str kept, key = STR("7");
	bool *known = arg;

	(void)f;
	moving.text = "SELECT n FROM tally WHERE county = 1";
	tx_remember(tx, &moving, key, STR("a"));
	known[0] = tx_recall(tx, &moving, key, &kept);
	moving.text = "SELECT n FROM tally WHERE county = 2";
	known[1] = tx_recall(tx, &moving, key, &kept);
	return OK;
}

static void another_statement_at_the_same_address_finds_nothing(void **state)
{
	struct database *d = *state;
	bool known[2];

	MUST(db_read(d->db, moving_act, known, &d->fault));
	assert_true(known[0]);
	assert_false(known[1]);
}

static void *reader(void *arg)
{
	struct look *l = arg;

	for (int i = 0; i < LOOKS; i++) {
		l->old += db_read(l->db, look_act, l, NULL) || l->n != l->truth;
		l->from_memory += l->recalled;
	}
	return NULL;
}

static void readers_beside_a_writer_never_see_what_is_over(void **state)
{
	struct database *d = *state;
	struct look l[READERS] = { 0 };
	unsigned from_memory = 0;

	for (int i = 0; i < READERS; i++) {
		l[i].db = d->db;
		assert_int_equal(pthread_create(&l[i].thread, NULL, reader, &l[i]), 0);
	}
	for (int i = 0; i < WRITES; i++)
		MUST(db_write(d->db, up_act, NULL, &d->fault));
	for (int i = 0; i < READERS; i++) {
		pthread_join(l[i].thread, NULL);
		assert_int_equal(l[i].old, 0);
		from_memory += l[i].from_memory;
	}
	assert_true(!d->sqlite == !from_memory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(what_is_remembered_holds_until_the_next_commit),
		ON_BOTH(the_commit_of_another_process_ends_it_too),
		ON_BOTH(an_act_that_writes_remembers_nothing),
		ON_SQLITE(a_full_memory_keeps_what_it_has),
		ON_SQLITE(another_statement_at_the_same_address_finds_nothing),
		ON_BOTH(readers_beside_a_writer_never_see_what_is_over),
	};

	database_steps(steps, ARRAY_LEN(steps));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
