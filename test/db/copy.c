/* copy.c - a copy is the state of one moment, whoever writes meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "db/db.h"
#include "support/database.h"

static const struct db_step steps[] = {
	{ 1, "step",
	  "-- spread: everywhere\n"
	  "CREATE TABLE schema_step (step BIGINT NOT NULL PRIMARY KEY, word TEXT NOT NULL,"
	  " digest TEXT NOT NULL, done_s BIGINT NOT NULL);" },
	{ 2, "pair",
	  "-- spread: county\n"
	  "CREATE TABLE a (county BIGINT NOT NULL, id BIGINT NOT NULL,"
	  " PRIMARY KEY (county, id));\n"
	  "-- spread: county\n"
	  "CREATE TABLE b (county BIGINT NOT NULL, id BIGINT NOT NULL,"
	  " PRIMARY KEY (county, id));" },
};
static const struct sql put_a = {
	.name = "a.put",
	.text = "INSERT INTO a (county, id) VALUES (1, $1)",
	.args = "i",
	.act = SQL_WRITE,
};
static const struct sql put_b = {
	.name = "b.put",
	.text = "INSERT INTO b (county, id) VALUES (1, $1)",
	.args = "i",
	.act = SQL_WRITE,
};
static const struct sql sums = {
	.name = "a.sums",
	.text = "SELECT (SELECT count(*) FROM a WHERE county = 1),"
		" (SELECT count(*) FROM b WHERE county = 1),"
		" (SELECT coalesce(max(id), 0) FROM a WHERE county = 1)",
	.args = "",
};

static enum err put_both(struct tx *tx, void *arg, struct fault *f)
{
	int64_t id = *(int64_t *)arg;
	enum err e = tx_run(tx, &put_a, SQL_ARGS(sql_i64(id)), NULL, f);

	return e ? e : tx_run(tx, &put_b, SQL_ARGS(sql_i64(id)), NULL, f);
}

struct found { int64_t a, b, last; };

static enum err look(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct found *x = arg;
	enum err e = tx_row(tx, &sums, SQL_NO_ARGS, &r, f);

	if (!e)
		*x = (struct found){ rows_i64(r, 0), rows_i64(r, 1), rows_i64(r, 2) };
	return e;
}

static void *write_on(void *arg)
{
	struct database *d = arg;

	for (int64_t id = 1; id <= 400; id++)
		if (db_write(d->db, put_both, &id, NULL))
			return arg;
	return NULL;
}

static void a_copy_taken_while_others_write_is_one_moment(void **state)
{
	struct database *d = *state;
	pthread_t writer;
	void *failed;
	int64_t before = 0;

	assert_int_equal(pthread_create(&writer, NULL, write_on, d), 0);
	for (int i = 0; i < 12; i++) {
		struct db_options o = { .steps = steps, .n_steps = ARRAY_LEN(steps) };
		CLEANUP(db_end) struct db *copy = NULL;
		struct found x;
		char url[32], path[32];

		(void)snprintf(path, sizeof path, "c%d", i);
		(void)snprintf(url, sizeof url, "sqlite:c%d", i);
		MUST(dir_make(path, &d->fault));
		(void)snprintf(path, sizeof path, "c%d/outpost.sqlite", i);
		MUST(db_copy(d->db, path, &d->fault));
		o.url = url;
		MUST(db_open(&o, &copy, &d->fault));
		MUST(db_read(copy, look, &x, &d->fault));
		assert_int_equal(x.a, x.b);
		assert_int_equal(x.a, x.last);
		assert_true(x.a >= before);
		before = x.a;
	}
	assert_int_equal(pthread_join(writer, &failed), 0);
	assert_null(failed);
}

static void a_copy_to_where_nothing_can_be_is_an_error(void **state)
{
	struct database *d = *state;

	MUST_FAIL(db_copy(d->db, "no/such/folder/x", &d->fault), ERR_IO);
}

static void a_server_says_what_to_use_instead(void **state)
{
	struct database *d = *state;
	struct fault f = { 0 };

	assert_int_equal(db_copy(d->db, "x", &f), ERR_USAGE);
	assert_non_null(strstr(f.en, "pg_dump"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_SQLITE(a_copy_taken_while_others_write_is_one_moment),
		ON_SQLITE(a_copy_to_where_nothing_can_be_is_an_error),
		ON_POSTGRESQL(a_server_says_what_to_use_instead),
	};

	database_steps(steps, ARRAY_LEN(steps));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
