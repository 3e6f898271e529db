/*
 * fsck.c - I3 to I6 of tasks, over all that is stored. See loop.h.
 *
 * The row itself is vouched for by the ledger (I7). Here: the engine's bytes are sound and say what
 * the columns say; whose an open task is exists and is at work; a deadline moved later only by an
 * extension with a reason; each level that was climbed has its notice; nothing was told twice.
 */
#include <string.h>

#include "ledger/ledger.h"
#include "loop/fsck.sql.h"
#include "loop/campaign_inside.h"
#include "loop/signal_inside.h"

#include "base/ban.h"

enum { PAGE = 1000, ROW_BYTES = 64 << 10, LATE_S = 120 };

struct look {
	const struct record_book *book;
	struct tx *tx;
	struct fault *f;
	struct arena *a;
	struct utc_s now; /* FIELD_NONE: nobody says that the house is at work */
	struct loop_report r;
	int64_t party; /* the organisation that was asked about last, and whether it is at work */
	bool at_work;
};

static void look_end(struct look *l)
{
	arena_end(&l->a);
}

static void wrong(struct look *l, uint64_t *figure, int64_t task)
{
	++*figure;
	l->r.wrong++;
	if (!l->r.first_wrong)
		l->r.first_wrong = task;
}

/* ---- I3 -------------------------------------------------------------------------------------- */

static enum err same_row(const struct task *row, const struct flow_task *t, bool *ret)
{
	struct task derived = *row;
	struct ledger_entry is, should;
	enum err e;

	task_derive(t, row->closed_at, &derived);
	if ((e = record_entry(&task_noun, NULL, row, STR("x"), &is)) ||
	    (e = record_entry(&task_noun, NULL, &derived, STR("x"), &should)))
		return e;
	*ret = memcmp(&is.after, &should.after, sizeof is.after) == 0;
	return OK;
}

static enum err owner_there(struct look *l, const struct flow_task *t, bool *ret)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e;

	if (t->owner.v == l->party)
		return *ret = l->at_work, OK;
	e = tx_row(l->tx, &fsck_sql.at_work, SQL_ARGS(sql_i64(t->owner.v)), &r, l->f);
	if (e && e != ERR_ABSENT)
		return e;
	l->party = t->owner.v;
	*ret = l->at_work = e == OK;
	return OK;
}

/* ---- I4 -------------------------------------------------------------------------------------- */

static enum err deadlines(struct look *l, int64_t county, const struct flow_task *t, bool *ret)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	int64_t by = INT64_MAX;
	bool more;
	enum err e = tx_rows(l->tx, &fsck_sql.deadlines, SQL_ARGS(sql_i64(county), sql_i64(t->id)),
			     &r, l->f);

	*ret = true;
	while (!e && !(e = rows_next(r, &more, l->f)) && more) {
		bool extended = str_eq(rows_text(r, 0), STR("extend")) && rows_text(r, 2).n > 0;

		if (by != INT64_MAX && rows_i64(r, 1) > by && !extended)
			*ret = false;
		by = rows_i64(r, 1);
	}
	*ret = *ret && by == t->stage[FLOW_TO_DO].by;
	return e;
}

/* ---- I5 -------------------------------------------------------------------------------------- */

static enum flow_stage_id stage_of(struct str word)
{
	for (int s = 0; s < FLOW_STAGE_N; s++)
		if (str_eq(word, str_of(task_stages[s + TASK_ACCEPT].word)))
			return (enum flow_stage_id)s;
	return FLOW_STAGE_N;
}

/* Every level that a stage has climbed in its round is a notice; none more. */
static enum err escalations(struct look *l, int64_t county, const struct flow_task *t, bool *ret)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	uint32_t told[FLOW_STAGE_N] = { 0 };
	bool more;
	enum err e = tx_rows(l->tx, &fsck_sql.climbs, SQL_ARGS(sql_i64(county), sql_i64(t->id)), &r,
			     l->f);

	while (!e && !(e = rows_next(r, &more, l->f)) && more) {
		enum flow_stage_id s = stage_of(rows_text(r, 1));

		if (s < FLOW_STAGE_N &&
		    flow_key_round((uint64_t)rows_i64(r, 0)) == t->stage[s].round)
			told[s]++;
	}
	*ret = true;
	for (int s = 0; s < FLOW_STAGE_N; s++)
		*ret = *ret && told[s] == t->stage[s].climbed;
	if (l->now.v != FIELD_NONE && t->due != FLOW_NEVER && t->due < l->now.v - LATE_S)
		*ret = false; /* the clock should have come by now */
	return e;
}

/* ---- all ------------------------------------------------------------------------------------- */

static enum err look_at(struct look *l, int64_t county, int64_t id)
{
	struct work w;
	bool ok;
	void *row;
	enum err e;

	arena_clear(l->a);
	l->r.tasks++;
	if ((e = record_get(l->book, l->tx, &task_noun, (struct record_id){ id }, l->a, &row,
			    l->f)))
		return e;
	struct fault unasked = { 0 };
	e = work_inner(l->tx, (struct area_code){ county }, id, &w, &unasked);
	if (e == ERR_ABSENT || e == ERR_CORRUPT)
		return wrong(l, &l->r.unsound, id), OK;
	if (e || (e = same_row(row, &w.t, &ok)))
		return e;
	if (!ok)
		wrong(l, &l->r.unsound, id);
	if ((e = deadlines(l, county, &w.t, &ok)))
		return e;
	if (!ok)
		wrong(l, &l->r.put_off, id);
	if ((e = escalations(l, county, &w.t, &ok)))
		return e;
	if (!ok)
		wrong(l, &l->r.untold, id);
	if (w.t.phase == FLOW_CLOSED || w.t.away)
		return OK;
	if ((e = owner_there(l, &w.t, &ok)))
		return e;
	if (!ok)
		wrong(l, &l->r.ownerless, id);
	return OK;
}

static enum err look_all(struct look *l)
{
	int64_t after = 0;
	size_t n = PAGE;
	enum err e = OK;

	while (n == PAGE && !e) {
		CLEANUP(rows_end) struct rows *r = NULL;
		bool more;

		n = 0;
		e = tx_rows(l->tx, &fsck_sql.tasks, SQL_ARGS(sql_i64(after), sql_i64(PAGE)), &r,
			    l->f);
		while (!e && !(e = rows_next(r, &more, l->f)) && more) {
			n++;
			after = rows_i64(r, 1);
			e = look_at(l, rows_i64(r, 0), after);
		}
	}
	return e;
}

/* I6: of one key there is one step in the story; of notices the table sees to it. */
static enum err doubles(struct look *l)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	bool more;
	enum err e = tx_rows(l->tx, &fsck_sql.doubles, SQL_NO_ARGS, &r, l->f);

	while (!e && !(e = rows_next(r, &more, l->f)) && more)
		wrong(l, &l->r.twice, rows_i64(r, 0));
	return e;
}

/* How a campaign stands is what its tasks say. */
static enum err counts(struct look *l)
{
	int64_t first;
	enum err e = campaign_fsck(l->tx, &l->r.miscounted, &first, l->f);

	l->r.wrong += l->r.miscounted;
	return e;
}

/* Every signal has a task or a dismissal; every push can still be answered. */
static enum err signals(struct look *l)
{
	struct signal_fsck r;
	enum err e = signal_look(l->tx, &r, l->f);

	if (e)
		return e;
	l->r.dropped = r.dropped;
	l->r.stray = r.stray;
	l->r.wrong += r.dropped + r.stray;
	return OK;
}

struct fsck {
	const struct record_book *book;
	struct utc_s now;
	struct loop_report report;
};

static enum err fsck_act(struct tx *tx, void *arg, struct fault *f)
{
	struct fsck *x = arg;
	CLEANUP(look_end) struct look l = { .book = x->book, .tx = tx, .f = f, .now = x->now };
	enum err e = arena_new(ROW_BYTES, &l.a);

	if (e || (e = look_all(&l)) || (e = doubles(&l)) || (e = counts(&l)) || (e = signals(&l)))
		return e;
	x->report = l.r;
	return OK;
}

enum err loop_fsck(struct db *db, const struct record_book *book, struct utc_s now,
		   struct loop_report *ret, struct fault *f)
{
	struct fsck x = { .book = book, .now = { now.v ? now.v : FIELD_NONE } };
	enum err e = db_read(db, fsck_act, &x, f);

	if (!e)
		*ret = x.report;
	return e;
}
