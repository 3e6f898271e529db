/*
 * pipe.c - what is sent to PostgreSQL without waiting, and cannot be sent, heard, or is refused: no
 * connection is left in between, and no act is begun again that others did not get in the way of.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dlfcn.h>
#include <libpq-fe.h>
#include <string.h>

#include "db/db.h"
#include "db/inside.h"
#include "support/things.h"

static const struct sql put = {
	.name = "thing.put",
	.text = "INSERT INTO thing (county, id, i) VALUES (1, $1, 0)",
	.args = "i",
	.act = SQL_WRITE,
};
static const struct sql change = {
	.name = "thing.change",
	.text = "UPDATE thing SET i = i + 1 WHERE county = 1 AND id = $1",
	.args = "i",
	.act = SQL_WRITE,
};

/* ---- libpq's own, which fail once when they are told to ------------------------------------- */

static int send_fails, sync_fails, exit_fails;
static int send_first; /* so many are sent before */

int PQsendQueryPrepared(PGconn *h, const char *name, int n, const char *const *value,
			const int *length, const int *format, int result)
{
	int (*real)(PGconn *, const char *, int, const char *const *, const int *, const int *,
		    int);

	*(void **)&real = dlsym(RTLD_NEXT, "PQsendQueryPrepared");
	if (send_fails > 0 && send_first-- <= 0)
		return send_fails--, 0;
	return real(h, name, n, value, length, format, result);
}

int PQpipelineSync(PGconn *h)
{
	int (*real)(PGconn *);

	*(void **)&real = dlsym(RTLD_NEXT, "PQpipelineSync");
	return sync_fails-- > 0 ? 0 : real(h);
}

int PQexitPipelineMode(PGconn *h)
{
	int (*real)(PGconn *);

	*(void **)&real = dlsym(RTLD_NEXT, "PQexitPipelineMode");
	return exit_fails-- > 0 ? 0 : real(h);
}

/* ---- the tests ------------------------------------------------------------------------------ */

static enum err put_act(struct tx *tx, void *arg, struct fault *f)
{
	return tx_later(tx, &put, SQL_ARGS(sql_i64(*(int64_t *)arg)), 1, f);
}

static void one_writer(struct database *d)
{
	d->options.create = false;
	d->options.writers = 1;
	MUST(database_again(d, &d->fault));
	send_fails = sync_fails = exit_fails = send_first = 0;
}

static void what_libpq_fails_at_costs_one_act_and_no_connection(void **state)
{
	static int *const fails[] = { &send_fails, &sync_fails, &exit_fails };
	struct database *d = *state;
	int64_t id, n = 0;

	one_writer(d);
	for (size_t i = 0; i < ARRAY_LEN(fails); i++) {
		id = (int64_t)(2 * i);
		*fails[i] = 1;
		assert_int_not_equal(db_write(d->db, put_act, &id, &d->fault), OK);
		d->fault = (struct fault){ 0 };
		assert_true(*fails[i] <= 0);
		id++;
		MUST(db_write(d->db, put_act, &id, &d->fault));
		MUST(db_read(d->db, things_count_act, &n, &d->fault));
		assert_int_equal(n, (int64_t)i + 1);
	}
}

enum { QUESTIONS = 9 };

static enum err add_row(struct rows *r, size_t i, void *arg, struct fault *f)
{
	int64_t *n = arg;

	(void)i;
	(void)f;
	*n += rows_i64(r, 0);
	return OK;
}

static enum err counts_act(struct tx *tx, void *arg, struct fault *f)
{
	struct tx_call call[QUESTIONS];

	*(int64_t *)arg = 0;
	for (size_t i = 0; i < ARRAY_LEN(call); i++)
		call[i] = (struct tx_call){ &things_count, SQL_NO_ARGS };
	return tx_rows_each(tx, call, ARRAY_LEN(call), add_row, arg, f);
}

/* The row is on its way before the questions. */
static enum err put_and_counts_act(struct tx *tx, void *arg, struct fault *f)
{
	int64_t id = 1;
	enum err e = put_act(tx, &id, f);

	return e ? e : counts_act(tx, arg, f);
}

/* The k-th statement is not sent, or the pipeline not asked to answer, or not left. */
static void fail_at(int k, int n_sent)
{
	send_first = k;
	send_fails = k < n_sent;
	sync_fails = k == n_sent;
	exit_fails = k == n_sent + 1;
}

static void what_libpq_fails_at_between_questions_costs_one_act_and_no_connection(void **state)
{
	struct database *d = *state;
	int64_t n;

	d->options.readers = 1;
	one_writer(d);
	for (int k = 0; k < QUESTIONS + 2; k++) {
		fail_at(k, QUESTIONS);
		assert_int_not_equal(db_read(d->db, counts_act, &n, &d->fault), OK);
		d->fault = (struct fault){ 0 };
		assert_int_equal(send_fails > 0 || sync_fails > 0 || exit_fails > 0, false);
		MUST(db_read(d->db, counts_act, &n, &d->fault));
		assert_int_equal(n, 0);
	}
	for (int k = 0; k < QUESTIONS + 3; k++) {
		fail_at(k, QUESTIONS + 1);
		assert_int_not_equal(db_write(d->db, put_and_counts_act, &n, &d->fault), OK);
		d->fault = (struct fault){ 0 };
		assert_int_equal(send_fails > 0 || sync_fails > 0 || exit_fails > 0, false);
		assert_int_equal(things_counted(d), 0);
	}
	MUST(db_write(d->db, put_and_counts_act, &n, &d->fault));
	assert_int_equal(n, QUESTIONS);
}

static enum err table_act(struct tx *tx, void *arg, struct fault *f)
{
	int64_t id = 1;
	enum err e = put_act(tx, &id, f);

	return e ? e : tx->c->ops->has_table(tx->c, "thing", arg, f);
}

static void a_table_is_asked_for_while_something_is_on_its_way(void **state)
{
	struct database *d = *state;
	bool there = false;

	MUST(db_write(d->db, table_act, &there, &d->fault));
	assert_true(there);
}

struct kept_act {
	unsigned times;
	const char *limit;
};

/* The row is kept by somebody else; what comes next has to be prepared, and so heard before. */
static enum err kept_act(struct tx *tx, void *arg, struct fault *f)
{
	struct kept_act *k = arg;
	int64_t unused;
	enum err e;

	k->times++;
	if ((e = tx->c->ops->script(tx->c, k->limit, f)) ||
	    (e = tx_later(tx, &change, SQL_ARGS(sql_i64(1)), 1, f)))
		return e;
	return things_count_act(tx, &unused, f);
}

static void who_waited_in_vain_for_a_row_does_not_begin_anew(void **state)
{
	struct kept_act k = { .limit = "SET LOCAL lock_timeout = '20ms'" };
	struct database *d = *state;
	int64_t id = 1;
	PGconn *other;

	one_writer(d);
	MUST(db_write(d->db, put_act, &id, &d->fault));
	other = PQconnectdb(d->url);
	PQclear(PQexec(other, "BEGIN"));
	PQclear(PQexec(other, "UPDATE thing SET i = 9"));
	MUST_FAIL(db_write(d->db, kept_act, &k, &d->fault), ERR_BUSY);
	assert_int_equal(k.times, 1);
	PQclear(PQexec(other, "ROLLBACK")); /* whoever only hangs up is missed a while later */
	PQfinish(other);
	MUST(db_write(d->db, kept_act, &k, &d->fault));
}

/* ---- a statement whose text changes --------------------------------------------------------- */

static struct sql moving = {
	.name = "thing.moving",
	.text = "SELECT id FROM thing WHERE county = 1 ORDER BY id",
	.args = "",
};

static enum err moving_act(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *outer = NULL, *inner = NULL, *after = NULL;
	int64_t *seen = arg;
	bool more;
	enum err e;

	if ((e = tx_row(tx, &moving, SQL_NO_ARGS, &outer, f)))
		return e;
	moving.text = "SELECT -id FROM thing WHERE county = 1 ORDER BY id";
	if ((e = tx_row(tx, &moving, SQL_NO_ARGS, &inner, f)))
		return e;
	seen[0] = rows_i64(inner, 0);
	rows_end(&inner);
	if ((e = rows_next(outer, &more, f)) || !more)
		return e ? e : ERR_BUG;
	seen[1] = rows_i64(outer, 0);
	rows_end(&outer);
	if ((e = tx_row(tx, &moving, SQL_NO_ARGS, &after, f)))
		return e;
	seen[2] = rows_i64(after, 0);
	return OK;
}

static void a_walk_goes_on_when_another_statement_lies_at_its_address(void **state)
{
	struct database *d = *state;
	int64_t seen[3] = { 0 };

	for (int64_t id = 1; id < 3; id++)
		MUST(db_write(d->db, put_act, &id, &d->fault));
	moving.text = "SELECT id FROM thing WHERE county = 1 ORDER BY id";
	MUST(db_read(d->db, moving_act, seen, &d->fault));
	assert_int_equal(seen[0], -1);
	assert_int_equal(seen[1], 2);
	assert_int_equal(seen[2], -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_POSTGRESQL(what_libpq_fails_at_costs_one_act_and_no_connection),
		ON_POSTGRESQL(
			what_libpq_fails_at_between_questions_costs_one_act_and_no_connection),
		ON_POSTGRESQL(a_table_is_asked_for_while_something_is_on_its_way),
		ON_POSTGRESQL(who_waited_in_vain_for_a_row_does_not_begin_anew),
		ON_BOTH(a_walk_goes_on_when_another_statement_lies_at_its_address),
	};

	things_steps();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
