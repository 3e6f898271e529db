/*
 * later.c - statements whose end nobody waits for, and what is kept as long as an act, on both.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

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
		ON_BOTH(what_is_kept_ends_with_the_act_that_ends_well),
	};

	things_steps();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
