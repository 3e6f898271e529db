/*
 * each.c - several statements at a time and what their rows are, on both; and what is left of them
 * when one of them, what is done with a row, the memory or the server fails.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/memory.h"
#include "db/db.h"
#include "support/things.h"

static const struct sql put = {
	.name = "thing.put",
	.text = "INSERT INTO thing (county, id, i) VALUES (1, $1, $2)",
	.args = "ii",
	.act = SQL_WRITE,
};
static const struct sql some = {
	.name = "thing.some",
	.text = "SELECT i FROM thing WHERE county = 1 AND id < $1 ORDER BY id",
	.args = "i",
};
static const struct sql one = {
	.name = "thing.one",
	.text = "SELECT i, $2 FROM thing WHERE county = 1 AND id = $1",
	.args = "it",
};
/* The least number there is has no other that is as far from 0. */
static const struct sql wrong = {
	.name = "thing.wrong",
	.text = "SELECT abs($1 - 1)",
	.args = "i",
};
/* So many arguments that they do not lie at hand. */
static const struct sql many = {
	.name = "thing.many",
	.text = "SELECT i FROM thing WHERE county = 1 AND id IN ($1, $2, $3, $4, $5, $6, $7, $8,"
		" $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24,"
		" $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40)",
	.args = "iiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiii",
};

enum { THINGS = 5, CALLS_MAX = 200, ARGS_MANY = 40 };

static enum err fill_act(struct tx *tx, void *unused, struct fault *f)
{
	enum err e = OK;

	(void)unused;
	for (int64_t id = 0; id < THINGS && !e; id++)
		e = tx_later(tx, &put, SQL_ARGS(sql_i64(id), sql_i64(100 + id)), 1, f);
	return e;
}

/* What is asked, and what came of it. */
struct asking {
	size_t n;
	size_t wrong_at, stop_at; /* SIZE_MAX: none */
	bool asks;                /* what is done with a row asks again */
	struct tx *tx;
	size_t rows, last; /* and of which call the last was */
	bool in_order;
};

static enum err take_row(struct rows *r, size_t i, void *arg, struct fault *f)
{
	struct asking *a = arg;
	int64_t unused, id = (int64_t)(i % (THINGS + 1));

	a->in_order &= a->rows == 0 || i >= a->last;
	a->last = i;
	a->rows++;
	if (i == a->stop_at)
		return ERR_WARRANT;
	if (a->asks)
		a->in_order &= things_count_act(a->tx, &unused, f) == OK && unused == THINGS;
	if (i % 2 == 0) /* the row of `one`: its number, and the text that was sent along */
		a->in_order &= rows_i64(r, 0) == 100 + id && str_eq(rows_text(r, 1), STR("云"));
	else
		a->in_order &= rows_i64(r, 0) >= 100 && rows_i64(r, 0) < 100 + id;
	return OK;
}

/* One thing and some things by turns; an id that is not there gives no row. */
static enum err ask_act(struct tx *tx, void *arg, struct fault *f)
{
	struct asking *a = arg;
	struct sql_value v[CALLS_MAX][2], wide[ARGS_MANY];
	struct tx_call call[CALLS_MAX + 1];

	a->tx = tx;
	a->rows = 0;
	a->in_order = true;
	for (size_t i = 0; i < a->n; i++) {
		v[i][0] = sql_i64(i == a->wrong_at ? INT64_MIN + 1 : (int64_t)(i % (THINGS + 1)));
		v[i][1] = sql_text(STR("云"));
		call[i] = (struct tx_call){ i % 2 ? &some : &one, { v[i], i % 2 ? 1 : 2 } };
		if (i == a->wrong_at)
			call[i] = (struct tx_call){ &wrong, { v[i], 1 } };
	}
	for (size_t i = 0; i < ARGS_MANY; i++)
		wide[i] = sql_i64(-1);
	call[a->n] = (struct tx_call){ &many, { wide, ARGS_MANY } };
	return tx_rows_each(tx, call, a->n + 1, take_row, a, f);
}

static struct asking asking(size_t n)
{
	return (struct asking){ .n = n, .wrong_at = SIZE_MAX, .stop_at = SIZE_MAX };
}

/* How many rows there are in all; the last of a row of numbers is not there. */
static size_t rows_of(size_t n)
{
	size_t rows = 0;

	for (size_t i = 0; i < n; i++)
		rows += i % 2 ? i % (THINGS + 1) : i % (THINGS + 1) < THINGS;
	return rows;
}

static void must_ask(struct database *d, struct asking a)
{
	MUST(db_read(d->db, ask_act, &a, &d->fault));
	assert_true(a.in_order);
	assert_int_equal(a.rows, rows_of(a.n));
}

static void each_row_comes_with_the_number_of_its_call(void **state)
{
	static const size_t n[] = { 0, 1, 2, 62, 63, 64, 65, CALLS_MAX };
	struct database *d = *state;

	MUST(db_write(d->db, fill_act, NULL, &d->fault));
	for (size_t i = 0; i < ARRAY_LEN(n); i++) {
		struct asking a = asking(n[i]);

		must_ask(d, a);
		a.asks = true;
		must_ask(d, a);
	}
}

static enum err both_act(struct tx *tx, void *arg, struct fault *f)
{
	enum err e = fill_act(tx, NULL, f);

	return e ? e : ask_act(tx, arg, f);
}

static void what_was_sent_before_is_seen(void **state)
{
	struct database *d = *state;
	struct asking a = asking(20);

	MUST(db_write(d->db, both_act, &a, &d->fault));
	assert_int_equal(a.rows, rows_of(20));
	assert_int_equal(things_counted(d), THINGS);
	MUST_FAIL(db_write(d->db, both_act, &a, &d->fault), ERR_EXISTS);
}

/* Who stops is not the end of the act. */
static enum err stopped_act(struct tx *tx, void *arg, struct fault *f)
{
	struct asking *a = arg;
	int64_t n;
	enum err e = ask_act(tx, a, f);

	if (e != ERR_WARRANT)
		return ERR_BUG;
	a->stop_at = SIZE_MAX;
	return things_count_act(tx, &n, f) || n != THINGS ? ERR_BUG : ask_act(tx, a, f);
}

static void who_has_seen_enough_stops_and_asks_on(void **state)
{
	struct database *d = *state;

	MUST(db_write(d->db, fill_act, NULL, &d->fault));
	for (size_t at = 0; at < 100; at += THINGS + 1) { /* calls that give a row */
		struct asking a = asking(100);

		a.stop_at = at;
		MUST(db_read(d->db, stopped_act, &a, &d->fault));
		assert_true(a.in_order);
		assert_int_equal(a.rows, rows_of(100));
	}
}

static void one_that_is_wrong_ends_the_act_and_nothing_else(void **state)
{
	struct database *d = *state;
	enum err e = d->sqlite ? ERR_BUG : ERR_RANGE;

	MUST(db_write(d->db, fill_act, NULL, &d->fault));
	for (size_t at = 0; at < 100; at += 3) {
		struct asking a = asking(100);

		a.wrong_at = at;
		MUST_FAIL(db_read(d->db, ask_act, &a, &d->fault), e);
		must_ask(d, asking(9));
	}
}

static enum err mistaken_act(struct tx *tx, void *arg, struct fault *f)
{
	struct asking *a = arg;
	const struct sql_value text[2] = { sql_i64(1), sql_text(STR("\xff")) };
	const struct tx_call call[] = { { &one, { text, 2 } }, { &one, { text, 1 } } };

	return tx_rows_each(tx, call + a->n, 2 - a->n, take_row, a, f);
}

static void a_mistake_in_an_argument_is_one_here_too(void **state)
{
	struct database *d = *state;
	struct asking a = asking(0);

	MUST_FAIL(db_read(d->db, mistaken_act, &a, &d->fault), ERR_RANGE);
	a.n = 1;
	MUST_FAIL(db_read(d->db, mistaken_act, &a, &d->fault), ERR_BUG);
	assert_int_equal(a.rows, 0);
}

static void memory_that_fails_ends_the_act_and_nothing_else(void **state)
{
	struct database *d = *state;
	uint64_t failed = 0;

	MUST(db_write(d->db, fill_act, NULL, &d->fault));
	for (int on = 0; on < 2; on++)
		for (uint64_t k = 1, fine = 0; !fine; k++) {
			struct asking a = asking(70);
			enum err e;

			MUST(database_again(d, &d->fault)); /* nothing is prepared yet */
			mem_fail_at(k, on);
			e = db_read(d->db, ask_act, &a, &d->fault);
			fine = mem_calls() < k;
			mem_fail_at(0, false);
			if (e && (fine || e != ERR_MEMORY))
				fail_msg("%s: %s", err_word(e), d->fault.en);
			d->fault = (struct fault){ 0 };
			failed += e != OK;
			must_ask(d, asking(70));
		}
	assert_true(failed > 0);
}

/* ---- a server that goes away ---------------------------------------------------------------- */

static const struct sql end = {
	.name = "thing.end",
	.text = "SELECT CAST(pg_terminate_backend(pg_backend_pid()) AS INT)",
	.args = "",
};

static enum err cut_act(struct tx *tx, void *arg, struct fault *f)
{
	struct asking *a = arg;
	struct sql_value v = sql_i64(THINGS);
	struct tx_call call[9];

	for (size_t i = 0; i < ARRAY_LEN(call); i++)
		call[i] = (struct tx_call){ &some, { &v, 1 } };
	call[a->n] = (struct tx_call){ &end, { NULL, 0 } };
	return tx_rows_each(tx, call, ARRAY_LEN(call), take_row, a, f);
}

static void a_connection_that_is_cut_is_not_used_again(void **state)
{
	struct database *d = *state;

	MUST(db_write(d->db, fill_act, NULL, &d->fault));
	for (size_t at = 0; at < 9; at++) {
		struct asking a = asking(at);

		MUST_FAIL(db_read(d->db, cut_act, &a, &d->fault), ERR_IO);
		assert_int_equal(a.rows, 0);
		must_ask(d, asking(9));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(each_row_comes_with_the_number_of_its_call),
		ON_BOTH(what_was_sent_before_is_seen),
		ON_BOTH(who_has_seen_enough_stops_and_asks_on),
		ON_BOTH(one_that_is_wrong_ends_the_act_and_nothing_else),
		ON_BOTH(a_mistake_in_an_argument_is_one_here_too),
		ON_BOTH(memory_that_fails_ends_the_act_and_nothing_else),
		ON_POSTGRESQL(a_connection_that_is_cut_is_not_used_again),
	};

	things_steps();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
