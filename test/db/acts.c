/*
 * acts.c - what db.h promises of acts, statements and rows, on both databases alike.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "db/db.h"
#include "support/things.h"

static const struct sql put = {
	.name = "thing.put",
	.text = "INSERT INTO thing (county, id, i, f, t, b) VALUES (1, $1, $2, $3, $4, $5)",
	.args = "iiftb",
	.act = SQL_WRITE,
};
static const struct sql get = {
	.name = "thing.get",
	.text = "SELECT i, f, t, b FROM thing WHERE county = 1 AND id = $1",
	.args = "i",
	.across = "the county is written out",
};
static const struct sql all = {
	.name = "thing.all",
	.text = "SELECT id FROM thing WHERE county = 1 ORDER BY id",
	.args = "",
};
static const struct sql backwards = {
	.name = "thing.backwards",
	.text = "UPDATE thing SET i = $2 WHERE county = 1 AND id = $1",
	.args = "ii",
	.act = SQL_WRITE,
};

static struct sql_args row(const struct sql_value v[5])
{
	return (struct sql_args){ v, 5 };
}

static enum err put_i64(struct tx *tx, int64_t id, int64_t i, struct fault *f)
{
	return tx_run(tx, &put,
		      SQL_ARGS(sql_i64(id), sql_i64(i), sql_null(), sql_null(), sql_null()), NULL,
		      f);
}

/* ---- values ------------------------------------------------------------------------------- */

struct values {
	struct sql_value in[5];
};

static enum err values_put(struct tx *tx, void *arg, struct fault *f)
{
	return tx_run(tx, &put, row(((struct values *)arg)->in), NULL, f);
}

static enum err values_get(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	const struct values *v = arg;
	enum err e = tx_row(tx, &get, SQL_ARGS(v->in[0]), &r, f);

	if (e)
		return e;
	assert_int_equal(rows_columns(r), 4);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(rows_null(r, i), v->in[i + 1].type == SQL_NULL);
	assert_true(rows_i64(r, 0) == (v->in[1].type ? v->in[1].i : 0));
	assert_true(rows_f64(r, 1) == (v->in[2].type ? v->in[2].f : 0));
	assert_true(str_eq(rows_text(r, 2), v->in[3].type ? v->in[3].s : STR("")));
	assert_true(str_eq(rows_blob(r, 3), v->in[4].type ? v->in[4].s : STR("")));
	return OK;
}

static void every_value_comes_back_as_it_went_in(void **state)
{
	static const char bytes[] = "\0\1\xff\xfe'\"\\;--";
	struct database *d = *state;
	const int64_t whole[] = { 0, 1, -1, 127, 128, -129, INT32_MIN, INT64_MIN, INT64_MAX };
	const double real[] = { 0, -0.0, 0.1, -1e308, 5e-324, 1.7976931348623157e308, 1 };
	const struct str text[] = { STR(""),
				    STR("a"),
				    STR("隐患"),
				    STR("\xc3\xa9"),
				    STR("\xf0\x9f\x9a\xa8 \xf0\xa0\x80\x80"),
				    STR("'; DROP TABLE thing; --"),
				    STR("$1 ?1 :a @b \\ \" \t\n") };

	for (int64_t i = 0; i < 9; i++) {
		struct values v = { { sql_i64(i), sql_i64(whole[i]), sql_f64(real[i % 7]),
				      sql_text(text[i % 7]),
				      sql_blob((struct str){ bytes, (size_t)i }) } };

		MUST(db_write(d->db, values_put, &v, &d->fault));
		MUST(db_read(d->db, values_get, &v, &d->fault));
	}
	{
		struct values v = { { sql_i64(INT64_MIN), sql_null(), sql_null(), sql_null(),
				      sql_null() } };

		MUST(db_write(d->db, values_put, &v, &d->fault));
		MUST(db_read(d->db, values_get, &v, &d->fault));
	}
	assert_int_equal(things_counted(d), 10);
}

/* SQLite's files take less than 128 KiB a call; what one act writes may be more. */
static void an_act_may_write_megabytes(void **state)
{
	enum { BYTES = 3 * 1024 * 1024 };
	struct database *d = *state;
	char *big = mem_take(BYTES, 1);
	struct values v = { .in = { sql_i64(7), sql_i64(1), sql_null(), sql_null() } };

	assert_non_null(big);
	for (size_t i = 0; i < BYTES; i++)
		big[i] = (char)(i * 31 + i / 4096);
	v.in[4] = sql_blob((struct str){ big, BYTES });
	MUST(db_write(d->db, values_put, &v, &d->fault));
	MUST(db_read(d->db, values_get, &v, &d->fault));
	mem_drop(big);
}

static void what_is_no_value_is_refused(void **state)
{
	struct database *d = *state;
	const struct sql_value bad[] = { sql_f64((double)NAN), sql_f64((double)INFINITY) };
	const struct sql_value text[] = { sql_text(STR("a\0b")), sql_text(STR("\xff")),
					  sql_text(STR("\xed\xa0\x80")) };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct values v = { { sql_i64(1), sql_null(), bad[i], sql_null(), sql_null() } };

		MUST_FAIL(db_write(d->db, values_put, &v, &d->fault), ERR_RANGE);
	}
	for (size_t i = 0; i < ARRAY_LEN(text); i++) {
		struct values v = { { sql_i64(1), sql_null(), sql_null(), text[i], sql_null() } };

		MUST_FAIL(db_write(d->db, values_put, &v, &d->fault), ERR_RANGE);
	}
	assert_int_equal(things_counted(d), 0);
}

static enum err too_few(struct tx *tx, void *arg, struct fault *f)
{
	(void)arg;
	return tx_run(tx, &put, SQL_ARGS(sql_i64(1)), NULL, f);
}

static enum err wrong_type(struct tx *tx, void *arg, struct fault *f)
{
	(void)arg;
	return tx_run(tx, &put,
		      SQL_ARGS(sql_i64(1), sql_text(STR("1")), sql_null(), sql_null(), sql_null()),
		      NULL, f);
}

static enum err undeclared(struct tx *tx, void *arg, struct fault *f)
{
	static const struct sql sql = { .name = "undeclared",
					.text = "SELECT id FROM thing WHERE id = $1 AND i = $2",
					.args = "i" };

	(void)arg;
	return tx_run(tx, &sql, SQL_ARGS(sql_i64(1)), NULL, f);
}

static void an_argument_unbound_or_of_another_type_is_refused(void **state)
{
	struct database *d = *state;

	MUST_FAIL(db_write(d->db, too_few, NULL, &d->fault), ERR_BUG);
	MUST_FAIL(db_write(d->db, wrong_type, NULL, &d->fault), ERR_BUG);
	MUST_FAIL(db_write(d->db, undeclared, NULL, &d->fault), ERR_BUG);
	MUST_FAIL(db_read(d->db, undeclared, NULL, &d->fault), ERR_BUG);
}

static enum err backwards_act(struct tx *tx, void *arg, struct fault *f)
{
	uint64_t *changed = arg;
	enum err e = put_i64(tx, 7, 1, f);

	return e ? e : tx_run(tx, &backwards, SQL_ARGS(sql_i64(7), sql_i64(70)), changed, f);
}

static void arguments_go_by_their_numbers_not_by_where_they_stand(void **state)
{
	struct database *d = *state;
	struct values v = { { sql_i64(7), sql_i64(70), sql_null(), sql_null(), sql_null() } };
	uint64_t changed = 0;

	MUST(db_write(d->db, backwards_act, &changed, &d->fault));
	assert_int_equal(changed, 1);
	MUST(db_read(d->db, values_get, &v, &d->fault));
}

static enum err wrong_column(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e = put_i64(tx, 1, 1, f);

	(void)arg;
	if (e || (e = tx_row(tx, &get, SQL_ARGS(sql_i64(1)), &r, f)))
		return e;
	assert_int_equal(rows_text(r, 0).n, 0);
	return OK; /* nobody looks, and it fails all the same */
}

static void a_column_read_as_another_type_ends_the_act(void **state)
{
	struct database *d = *state;

	MUST_FAIL(db_write(d->db, wrong_column, NULL, &d->fault), ERR_CORRUPT);
	assert_int_equal(things_counted(d), 0);
}

/* ---- acts --------------------------------------------------------------------------------- */

static enum err look_act(struct tx *tx, void *arg, struct fault *f)
{
	int64_t n = -1;
	enum err e = put_i64(tx, 1, 1, f);

	(void)arg;
	if (e || (e = things_count_act(tx, &n, f)))
		return e;
	assert_int_equal(n, 1);
	return OK;
}

static void an_act_sees_what_it_wrote_and_so_does_whoever_comes_after(void **state)
{
	struct database *d = *state;

	MUST(db_write(d->db, look_act, NULL, &d->fault));
	assert_int_equal(things_counted(d), 1);
	MUST(database_again(d, &d->fault));
	assert_int_equal(things_counted(d), 1);
}

static enum err change_of_mind(struct tx *tx, void *arg, struct fault *f)
{
	enum err e = put_i64(tx, 1, 1, f);

	(void)arg;
	return e ? e : fault_set(f, ERR_WARRANT, "不准", "not allowed");
}

static void an_act_that_fails_leaves_nothing_and_keeps_its_own_words(void **state)
{
	struct database *d = *state;
	enum err e = db_write(d->db, change_of_mind, NULL, &d->fault);

	assert_int_equal(e, ERR_WARRANT);
	assert_string_equal(d->fault.en, "not allowed");
	assert_int_equal(things_counted(d), 0);
}

static enum err twice(struct tx *tx, void *arg, struct fault *f)
{
	enum err e = put_i64(tx, 1, 1, f);

	(void)arg;
	if (e)
		return e;
	assert_int_equal(put_i64(tx, 1, 1, NULL), ERR_EXISTS);
	assert_int_equal(put_i64(tx, 2, 1, f), ERR_EXISTS);
	return OK;
}

static enum err unlucky(struct tx *tx, void *arg, struct fault *f)
{
	(void)arg;
	return put_i64(tx, 1, 13, f);
}

static enum err orphan(struct tx *tx, void *arg, struct fault *f)
{
	static const struct sql sql = { .name = "part.put",
					.text = "INSERT INTO part (county, id, thing)"
						" VALUES (1, 1, 99)",
					.args = "",
					.act = SQL_WRITE };

	(void)arg;
	return tx_run(tx, &sql, SQL_NO_ARGS, NULL, f);
}

static enum err nonsense(struct tx *tx, void *arg, struct fault *f)
{
	static const struct sql sql = { .name = "nonsense", .text = "SELECT nothing", .args = "" };

	(void)arg;
	return tx_run(tx, &sql, SQL_NO_ARGS, NULL, f);
}

static void a_failed_statement_ends_the_act_whatever_that_returns(void **state)
{
	struct database *d = *state;

	MUST_FAIL(db_write(d->db, twice, NULL, &d->fault), ERR_EXISTS);
	MUST_FAIL(db_write(d->db, unlucky, NULL, &d->fault), ERR_RANGE);
	MUST_FAIL(db_write(d->db, orphan, NULL, &d->fault), ERR_ABSENT);
	MUST_FAIL(db_write(d->db, nonsense, NULL, &d->fault), ERR_BUG);
	assert_int_equal(things_counted(d), 0);
}

static enum err sneak(struct tx *tx, void *arg, struct fault *f)
{
	struct sql sql = put;

	sql.act = *(enum sql_act *)arg;
	return tx_run(tx, &sql,
		      SQL_ARGS(sql_i64(1), sql_i64(1), sql_null(), sql_null(), sql_null()), NULL,
		      f);
}

static void an_act_that_reads_cannot_write_even_by_a_statement_that_lies(void **state)
{
	struct database *d = *state;
	enum sql_act honest = SQL_WRITE, lying = SQL_READ;

	MUST_FAIL(db_read(d->db, sneak, &honest, &d->fault), ERR_BUG);
	MUST_FAIL(db_read(d->db, sneak, &lying, &d->fault), ERR_BUG);
	assert_int_equal(things_counted(d), 0);
}

static enum err nobody(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;

	assert_int_equal(tx_row(tx, &get, SQL_ARGS(sql_i64(5)), &r, f), ERR_ABSENT);
	assert_null(r);
	assert_int_equal(f->code, OK);
	return things_count_act(tx, arg, f);
}

static void no_row_is_no_failure(void **state)
{
	struct database *d = *state;
	int64_t n = -1;

	MUST(db_read(d->db, nobody, &n, &d->fault));
	assert_int_equal(n, 0);
}

/* Statements that were built and dropped: the next one may lie where one has been. */
static enum err in_one_place(struct tx *tx, void *arg, struct fault *f)
{
	static const char *const texts[] = { "SELECT 1 + $1", "SELECT 2 * $1",
					     "SELECT CAST($1 AS BIGINT) - CAST($2 AS BIGINT)" };
	struct sql here = { .name = "thing.here", .across = "no table is read" };
	char text[64];
	int64_t *said = arg;
	enum err e = OK;

	here.text = text;
	for (size_t i = 0; e == OK && i < ARRAY_LEN(texts); i++) {
		CLEANUP(rows_end) struct rows *r = NULL;

		snprintf(text, sizeof text, "%s", texts[i]);
		here.args = i == 2 ? "ii" : "i";
		e = tx_row(tx, &here,
			   i == 2 ? SQL_ARGS(sql_i64(20), sql_i64(5)) : SQL_ARGS(sql_i64(20)), &r,
			   f);
		if (e == OK)
			said[i] = rows_i64(r, 0);
	}
	return e;
}

static void a_statement_in_the_place_of_another_is_itself(void **state)
{
	struct database *d = *state;

	for (int turn = 0; turn < 2; turn++) {
		int64_t said[3] = { 0 };

		MUST(db_read(d->db, in_one_place, said, &d->fault));
		assert_int_equal(said[0], 21);
		assert_int_equal(said[1], 40);
		assert_int_equal(said[2], 15);
	}
}

enum { MANY = 30 };

static enum err fill(struct tx *tx, void *arg, struct fault *f)
{
	enum err e = OK;

	(void)arg;
	for (int64_t i = 0; e == OK && i < MANY; i++)
		e = put_i64(tx, i, i == 13 ? 0 : i, f);
	return e;
}

/* A walk within a walk over the same statement, and writes in between. */
static enum err nested(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *outer = NULL;
	int64_t *pairs = arg;
	bool more, more_inside;
	enum err e = tx_rows(tx, &all, SQL_NO_ARGS, &outer, f);

	*pairs = 0;
	while (e == OK && (e = rows_next(outer, &more, f)) == OK && more) {
		CLEANUP(rows_end) struct rows *inner = NULL;

		e = tx_rows(tx, &all, SQL_NO_ARGS, &inner, f);
		while (e == OK && (e = rows_next(inner, &more_inside, f)) == OK && more_inside)
			*pairs += rows_i64(inner, 0) < rows_i64(outer, 0);
		if (e == OK)
			e = tx_run(tx, &backwards,
				   SQL_ARGS(sql_i64(rows_i64(outer, 0)), sql_i64(1)), NULL, f);
	}
	return e;
}

static void walks_may_be_nested(void **state)
{
	struct database *d = *state;
	int64_t pairs = 0;

	MUST(db_write(d->db, fill, NULL, &d->fault));
	MUST(db_write(d->db, nested, &pairs, &d->fault));
	assert_int_equal(pairs, MANY * (MANY - 1) / 2);
}

/* ---- insert-only -------------------------------------------------------------------------- */

static const struct sql entry[] = {
	{ .name = "entry.add",
	  .text = "INSERT INTO entry (county, seq, word) VALUES (1, $1, 'x')",
	  .args = "i",
	  .act = SQL_WRITE,
	  .append = "entry" },
	{ .name = "entry.edit",
	  .text = "UPDATE entry SET word = 'y' WHERE county = 1 AND seq = $1",
	  .args = "i",
	  .act = SQL_WRITE,
	  .append = "entry" },
	{ .name = "entry.drop",
	  .text = "DELETE FROM entry WHERE county = 1 AND seq = $1",
	  .args = "i",
	  .act = SQL_WRITE,
	  .append = "entry" },
	{ .name = "entry.twist",
	  .text = "INSERT INTO entry (county, seq, word) VALUES (1, $1, 'x')"
		  " ON CONFLICT (county, seq) DO UPDATE SET word = 'y'",
	  .args = "i",
	  .act = SQL_WRITE,
	  .append = "entry" },
};

static enum err entry_act(struct tx *tx, void *arg, struct fault *f)
{
	return tx_run(tx, arg, SQL_ARGS(sql_i64(1)), NULL, f);
}

static void what_is_insert_only_is_neither_changed_nor_deleted(void **state)
{
	struct database *d = *state;

	MUST(db_write(d->db, entry_act, (void *)&entry[0], &d->fault));
	for (size_t i = 1; i < ARRAY_LEN(entry); i++)
		MUST_FAIL(db_write(d->db, entry_act, (void *)&entry[i], &d->fault), ERR_BUG);
}

static void an_insert_only_table_is_written_by_who_says_so(void **state)
{
	struct database *d = *state;
	struct sql silent = entry[0];

	silent.append = NULL;
	MUST_FAIL(db_write(d->db, entry_act, &silent, &d->fault), ERR_BUG);
}

/* ---- many at once ------------------------------------------------------------------------- */

enum { THREADS = 16, EACH = 20 };

struct client {
	pthread_t thread;
	struct db *db;
	int64_t first;
	int64_t i;
	unsigned ok, refused;
};

/* Every third fails on a constraint, every fifth of its own will, after it has written. */
static enum err client_act(struct tx *tx, void *arg, struct fault *f)
{
	const struct client *c = arg;
	enum err e = put_i64(tx, c->first + c->i, 1, f);

	if (e == OK && c->i % 5 == 0)
		return ERR_WARRANT;
	if (e == OK && c->i % 3 == 0)
		return put_i64(tx, -1, 13, f);
	return e;
}

static void *client(void *arg)
{
	struct client *c = arg;

	for (c->i = 0; c->i < EACH; c->i++) {
		enum err e = db_write(c->db, client_act, c, NULL);

		c->ok += e == OK;
		c->refused += e == ERR_WARRANT || e == ERR_RANGE;
	}
	return NULL;
}

static void one_who_fails_in_a_group_hurts_nobody_else(void **state)
{
	struct database *d = *state;
	struct client c[THREADS] = { 0 };
	unsigned ok = 0, refused = 0;

	for (int i = 0; i < THREADS; i++) {
		c[i].db = d->db;
		c[i].first = 1000 * i;
		assert_int_equal(pthread_create(&c[i].thread, NULL, client, &c[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(c[i].thread, NULL);
		ok += c[i].ok;
		refused += c[i].refused;
	}
	assert_int_equal(ok + refused, THREADS * EACH);
	assert_int_equal(ok, THREADS * 11); /* of 0..19, those that neither 3 nor 5 divides */
	assert_int_equal(things_counted(d), ok);
}

static void what_another_act_would_fail_by_too_is_no_fault_of_this_one(void **state)
{
	static const enum err of_one[] = { OK, ERR_FULL, ERR_CORRUPT, ERR_RANGE, ERR_EXISTS };
	static const enum err everybody[] = { ERR_IO, ERR_NO_ROOM, ERR_MEMORY, ERR_BUSY };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(everybody); i++)
		assert_true(db_fails_all(everybody[i]));
	for (size_t i = 0; i < ARRAY_LEN(of_one); i++)
		assert_false(db_fails_all(of_one[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(every_value_comes_back_as_it_went_in),
		ON_BOTH(an_act_may_write_megabytes),
		ON_BOTH(what_is_no_value_is_refused),
		ON_BOTH(an_argument_unbound_or_of_another_type_is_refused),
		ON_BOTH(arguments_go_by_their_numbers_not_by_where_they_stand),
		ON_BOTH(a_column_read_as_another_type_ends_the_act),
		ON_BOTH(an_act_sees_what_it_wrote_and_so_does_whoever_comes_after),
		ON_BOTH(an_act_that_fails_leaves_nothing_and_keeps_its_own_words),
		ON_BOTH(a_failed_statement_ends_the_act_whatever_that_returns),
		ON_BOTH(an_act_that_reads_cannot_write_even_by_a_statement_that_lies),
		ON_BOTH(no_row_is_no_failure),
		ON_BOTH(a_statement_in_the_place_of_another_is_itself),
		ON_BOTH(walks_may_be_nested),
		ON_BOTH(what_is_insert_only_is_neither_changed_nor_deleted),
		ON_SQLITE(an_insert_only_table_is_written_by_who_says_so),
		cmocka_unit_test(what_another_act_would_fail_by_too_is_no_fault_of_this_one),
		ON_BOTH(one_who_fails_in_a_group_hurts_nobody_else),
	};

	things_steps();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
