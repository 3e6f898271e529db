/*
 * later.c - statements whose end nobody waits for, and what is kept as long as an act, on both.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "db/db.h"
#include "support/things.h"

static const struct sql put = {
	.name = "thing.put",
	.text = "INSERT INTO thing (county, id, i) VALUES (1, $1, $2)",
	.args = "ii",
	.act = SQL_WRITE,
};
static const struct sql change = {
	.name = "thing.change",
	.text = "UPDATE thing SET i = $2 WHERE county = 1 AND id = $1",
	.args = "ii",
	.act = SQL_WRITE,
};

static enum err later(struct tx *tx, const struct sql *sql, int64_t id, int64_t i, uint64_t must,
		      struct fault *f)
{
	return tx_later(tx, sql, SQL_ARGS(sql_i64(id), sql_i64(i)), must, f);
}

enum { MANY = 1000 };

static enum err many_act(struct tx *tx, void *arg, struct fault *f)
{
	int64_t *seen = arg;
	enum err e = OK;

	for (int64_t i = 0; i < MANY && !e; i++) {
		e = later(tx, &put, i, 0, 1, f);
		if (!e && i == MANY / 2)
			e = things_count_act(tx, seen, f);
	}
	return e;
}

static void the_act_sees_what_it_sent_and_the_commit_keeps_it(void **state)
{
	struct database *d = *state;
	int64_t seen = 0;

	MUST(db_write(d->db, many_act, &seen, &d->fault));
	assert_int_equal(seen, MANY / 2 + 1);
	assert_int_equal(things_counted(d), MANY);
}

/* What goes wrong, and after how many good ones. */
struct wrong {
	const struct sql *sql;
	int64_t id, i;
	uint64_t must;
	bool asked_after;
};

static enum err wrong_act(struct tx *tx, void *arg, struct fault *f)
{
	const struct wrong *w = arg;
	int64_t unasked;
	enum err e = later(tx, &put, 1, 1, 1, f);

	if (!e)
		e = later(tx, w->sql, w->id, w->i, w->must, f);
	if (!e)
		e = later(tx, &put, 2, 1, 1, f);
	if (!e && w->asked_after)
		e = things_count_act(tx, &unasked, f);
	return w->asked_after ? OK : e; /* whatever it says: the act has ended */
}

static void what_was_wrong_with_it_undoes_the_act(void **state)
{
	static const struct {
		struct wrong w;
		enum err e;
	} all[] = {
		{ { &put, 3, 13, 0, false }, ERR_RANGE },
		{ { &put, 3, 13, 0, true }, ERR_RANGE },
		{ { &put, 1, 1, 0, false }, ERR_EXISTS },
		{ { &change, 9, 1, 1, false }, ERR_CONFLICT },
		{ { &change, 9, 1, 1, true }, ERR_CONFLICT },
	};
	struct database *d = *state;

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		MUST_FAIL(db_write(d->db, wrong_act, (void *)&all[i].w, &d->fault), all[i].e);
		assert_int_equal(things_counted(d), 0);
	}
}

static enum err refused_act(struct tx *tx, void *arg, struct fault *f)
{
	(void)arg;
	return later(tx, &put, 1, 1, 1, f) ? ERR_BUG : ERR_WARRANT;
}

static void an_act_that_refuses_leaves_nothing_of_what_it_sent(void **state)
{
	struct database *d = *state;

	MUST_FAIL(db_write(d->db, refused_act, NULL, &d->fault), ERR_WARRANT);
	assert_int_equal(things_counted(d), 0);
}

/* ---- rows that go many at once --------------------------------------------------------------- */

static const struct sql put_whole = {
	.name = "thing.put_whole",
	.text = "INSERT INTO thing (county, id, i, f, t, b) VALUES (1, $1, $1, 7, $2, $3)\n"
		"ON CONFLICT (county, id) DO NOTHING",
	.args = "itb",
	.act = SQL_WRITE,
};
static const struct sql whole = {
	.name = "thing.whole",
	.text = "SELECT id, i, t, b FROM thing WHERE county = 1 ORDER BY id",
	.args = "",
	.act = SQL_READ,
};

/* The caller's bytes are gone before the rows are written. */
static enum err put_text(struct tx *tx, int64_t id, struct fault *f)
{
	char text[16];
	struct str s = { text, (size_t)snprintf(text, sizeof text, "t%d", (int)id) };
	enum err e = tx_later(tx, &put_whole,
			      SQL_ARGS(sql_i64(id), id % 3 ? sql_text(s) : sql_null(),
				       id % 5 ? sql_blob(s) : sql_blob(STR(""))),
			      0, f);

	memset(text, 'x', sizeof text);
	return e;
}

enum { SOME = 75, TWICE = 40 }; /* two groups of 32, and some */

static enum err texts_act(struct tx *tx, void *arg, struct fault *f)
{
	enum err e = OK;

	(void)arg;
	for (int64_t i = 100; i < 100 + SOME && !e; i++)
		e = put_text(tx, i, f);
	for (int64_t i = 100 + TWICE; i < 100 + SOME && !e; i++)
		e = put_text(tx, i, f); /* there already, and left alone */
	return e;
}

static enum err look_act(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	int64_t id = 100;
	bool more;
	enum err e = tx_rows(tx, &whole, SQL_NO_ARGS, &r, f);

	(void)arg;
	for (; !e && !(e = rows_next(r, &more, f)) && more; id++) {
		char text[16];
		struct str s = { text, (size_t)snprintf(text, sizeof text, "t%d", (int)id) };

		assert_int_equal(rows_i64(r, 0), id);
		assert_int_equal(rows_i64(r, 1), id);
		assert_int_equal(rows_null(r, 2), id % 3 == 0);
		assert_true(rows_null(r, 2) || str_eq(rows_text(r, 2), s));
		assert_true(str_eq(rows_blob(r, 3), id % 5 ? s : STR("")));
	}
	assert_true(e || id == 100 + SOME);
	return e;
}

static void each_row_that_is_held_is_written_as_it_was_given(void **state)
{
	struct database *d = *state;

	MUST(db_write(d->db, texts_act, NULL, &d->fault));
	MUST(db_read(d->db, look_act, NULL, &d->fault));
}

static enum err in_turns_act(struct tx *tx, void *arg, struct fault *f)
{
	int64_t *seen = arg;
	enum err e = OK;

	for (int64_t i = 1; i <= SOME && !e; i++) { /* by two statements, and one that changes */
		e = i % 2 ? later(tx, &put, i, 0, 1, f) : put_text(tx, i, f);
		if (!e && i % 10 == 0)
			e = later(tx, &change, i, 20, 1, f);
	}
	return e ? e : things_count_act(tx, seen, f);
}

static void what_changes_a_row_finds_it_though_it_was_held(void **state)
{
	struct database *d = *state;
	int64_t seen = 0;

	MUST(db_write(d->db, in_turns_act, &seen, &d->fault));
	assert_int_equal(seen, SOME);
	assert_int_equal(things_counted(d), SOME);
}

static enum err add_up(struct rows *r, size_t i, void *arg, struct fault *f)
{
	int64_t *seen = arg;

	(void)i;
	(void)f;
	*seen += rows_i64(r, 0);
	return OK;
}

static enum err at_a_time_act(struct tx *tx, void *arg, struct fault *f)
{
	const struct tx_call v[] = { { &things_count, SQL_NO_ARGS },
				     { &things_count, SQL_NO_ARGS } };
	int64_t *seen = arg;
	enum err e = OK;

	*seen = 0;
	for (int64_t i = 1; i <= SOME && !e; i++)
		e = later(tx, &put, i, 0, 1, f);
	return e ? e : tx_rows_each(tx, v, ARRAY_LEN(v), add_up, seen, f);
}

static void questions_asked_at_a_time_see_what_was_held(void **state)
{
	struct database *d = *state;
	int64_t seen = 0;

	MUST(db_write(d->db, at_a_time_act, &seen, &d->fault));
	assert_int_equal(seen, 2 * SOME);
}

static enum err one_bad_act(struct tx *tx, void *arg, struct fault *f)
{
	const int64_t *bad = arg;
	enum err e = OK;

	for (int64_t i = 0; i < SOME && !e; i++)
		e = later(tx, &put, i, i == *bad ? 13 : 0, 1, f);
	return OK; /* whatever it says */
}

static void one_row_of_a_group_that_cannot_be_undoes_the_act(void **state)
{
	struct database *d = *state;

	for (int64_t bad = 0; bad < SOME; bad += 37) {
		MUST_FAIL(db_write(d->db, one_bad_act, &bad, &d->fault), ERR_RANGE);
		assert_int_equal(things_counted(d), 0);
	}
	MUST(db_write(d->db, one_bad_act, &(int64_t){ -1 }, &d->fault));
	assert_int_equal(things_counted(d), SOME);
}

/* The eighth is there already, which one row alone may be. */
static enum err careless_among_act(struct tx *tx, void *arg, struct fault *f)
{
	const int64_t *careless = arg;
	enum err e = OK;

	for (int64_t i = 0; i < SOME && !e; i++)
		e = tx_later(tx, &put_whole,
			     SQL_ARGS(sql_i64(100 + (i == 7 ? 6 : i)), sql_null(),
				      sql_blob(STR(""))),
			     i != *careless, f);
	return e;
}

static void a_row_that_may_be_there_takes_no_check_from_the_others(void **state)
{
	struct database *d = *state;

	for (int64_t careless = 0; careless < SOME; careless++) {
		if (careless == 7)
			continue;
		MUST_FAIL(db_write(d->db, careless_among_act, &careless, &d->fault), ERR_CONFLICT);
		assert_int_equal(things_counted(d), 0);
	}
	MUST(db_write(d->db, careless_among_act, &(int64_t){ 7 }, &d->fault));
	assert_int_equal(things_counted(d), SOME - 1);
}

/* ---- what is kept ---------------------------------------------------------------------------- */

struct kept {
	int64_t next;
};

static enum err put_kept(struct tx *tx, void *memory, struct fault *f)
{
	return later(tx, &put, ((struct kept *)memory)->next, 7, 1, f);
}
static const struct tx_kind kind = { sizeof(struct kept), put_kept };

static enum err keeping_act(struct tx *tx, void *arg, struct fault *f)
{
	struct kept *k;
	enum err e = OK;

	for (int i = 0; i < 3 && !e; i++)
		if (!(e = tx_keep(tx, &kind, &k, f)))
			assert_int_equal(k->next++, i);
	return e ? e : *(enum err *)arg;
}

static void what_is_kept_ends_with_the_act_that_ends_well(void **state)
{
	struct database *d = *state;
	enum err e = ERR_WARRANT;

	MUST_FAIL(db_write(d->db, keeping_act, &e, &d->fault), ERR_WARRANT);
	assert_int_equal(things_counted(d), 0);
	e = OK;
	MUST(db_write(d->db, keeping_act, &e, &d->fault));
	assert_int_equal(things_counted(d), 1);
	MUST_FAIL(db_write(d->db, keeping_act, &e, &d->fault), ERR_EXISTS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(the_act_sees_what_it_sent_and_the_commit_keeps_it),
		ON_BOTH(what_was_wrong_with_it_undoes_the_act),
		ON_BOTH(an_act_that_refuses_leaves_nothing_of_what_it_sent),
		ON_BOTH(each_row_that_is_held_is_written_as_it_was_given),
		ON_BOTH(what_changes_a_row_finds_it_though_it_was_held),
		ON_BOTH(questions_asked_at_a_time_see_what_was_held),
		ON_BOTH(one_row_of_a_group_that_cannot_be_undoes_the_act),
		ON_BOTH(a_row_that_may_be_there_takes_no_check_from_the_others),
		ON_BOTH(what_is_kept_ends_with_the_act_that_ends_well),
	};

	things_steps();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
