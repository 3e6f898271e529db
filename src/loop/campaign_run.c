/*
 * campaign_run.c - a campaign starts, is extended, repeats and closes.
 *
 * A repetition is a campaign of its own, made by the clock as the one before it was: so each round
 * has its own coverage and its own gap list, and what was left of the last one stays visible.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/ledger.h"
#include "loop/campaign.sql.h"
#include "loop/campaign_inside.h"

#include "base/ban.h"

enum { DAY_S = 86400, WEEK_S = 7 * DAY_S, TICK_AT_ONCE = 10, ROW_BYTES = 1 << 20 };

/* ---- what the program says of it ------------------------------------------------------------ */

static struct utc_s time_at(struct rows *r, size_t i)
{
	return rows_null(r, i) ? (struct utc_s){ FIELD_NONE } : rows_time(r, i);
}

enum err campaign_run_get(struct tx *tx, const struct campaign *c, struct campaign_run *ret,
			  struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e =
		tx_row(tx, &campaign_sql.run,
		       SQL_ARGS(sql_i64(area_county(c->record.area).v), sql_i64(c->record.id.v)),
		       &r, f);

	if (!e)
		*ret = (struct campaign_run){ .sender = { rows_i64(r, 0) },
					      .started_at = time_at(r, 1),
					      .next_at = time_at(r, 2),
					      .things = rows_i64(r, 3),
					      .before = rows_i64(r, 4) };
	return e;
}

static struct sql_value time_or_null(struct utc_s t)
{
	return t.v == FIELD_NONE ? sql_null() : sql_time(t);
}

enum err campaign_run_put(struct tx *tx, const struct campaign *c, const struct campaign_run *r,
			  struct fault *f)
{
	return tx_run(tx, &campaign_sql.run_put,
		      SQL_ARGS(sql_i64(area_county(c->record.area).v), sql_i64(c->record.id.v),
			       sql_i64(r->sender.v), time_or_null(r->started_at),
			       time_or_null(r->next_at), sql_i64(r->things),
			       r->before ? sql_i64(r->before) : sql_null()),
		      NULL, f);
}

/* The same clock time a week or a month on; the 31st is the last day of a shorter month. */
static struct utc_s next_of(const struct loop *l, const struct campaign *c, struct utc_s from)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	const struct zone *z = l->o.zone;
	int32_t day = zone_day_of(z, from);
	int64_t clock_s = from.v + zone_offset(z, from) - (int64_t)day * DAY_S;
	int year, month, date, last;

	if (c->repeats == CAMPAIGN_ONCE)
		return (struct utc_s){ FIELD_NONE };
	if (c->repeats == CAMPAIGN_WEEKLY)
		return zone_from_local(z, (int64_t)(day + 7) * DAY_S + clock_s);
	date_civil(day, &year, &month, &date);
	month++;
	if (month > 12) {
		month = 1;
		year++;
	}
	last = days[month - 1] +
	       (month == 2 && (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)));
	return zone_from_local(z,
			       (int64_t)date_day(year, month, date < last ? date : last) * DAY_S +
				       clock_s);
}

/* ---- start ---------------------------------------------------------------------------------- */

static enum err start(const struct campaign_act *a, const struct who *who, int64_t before)
{
	CLEANUP(campaign_things_release) struct things t = { 0 };
	struct campaign_run run = { .sender = a->sender,
				    .started_at = a->now,
				    .next_at = next_of(a->l, a->campaign, a->now),
				    .before = before };
	enum err e = campaign_things(a->l, a->tx, a->campaign, who, a->now, &t, a->f);

	if (e)
		return e;
	if (!t.v.n)
		return fault_set(a->f, ERR_CONFLICT, "这个范围里没有任何对象；请检查区域和筛选条件",
				 "nothing is in scope: look at the area and the filter");
	run.things = (int64_t)t.v.n;
	if ((e = campaign_raise(a, t.about, t.v.v, t.v.n)))
		return e;
	return campaign_run_put(a->tx, a->campaign, &run, a->f);
}

static enum err start_by_person(struct campaign_act *a)
{
	struct flow_event ev = { .actor = FLOW_PERSON };
	enum err e = work_person(a->c, a->tx, &ev, a->f);

	a->sender = ev.party;
	return e ? e : start(a, a->c->who, 0);
}

/* ---- what is done to all open tasks --------------------------------------------------------- */

typedef VEC(int64_t) id_list;

static enum err open_tasks(const struct campaign_act *a, id_list *ret)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	bool more;
	enum err e = tx_rows(a->tx, &campaign_sql.had, SQL_ARGS(sql_i64(a->campaign->record.id.v)),
			     &r, a->f);

	while (!e && !(e = rows_next(r, &more, a->f)) && more)
		if (!str_eq(rows_text(r, 3), STR("closed")))
			e = vec_push(ret, rows_i64(r, 0));
	return e;
}

enum err campaign_strike(const struct campaign_act *a, int64_t task, struct str reason)
{
	struct loop_act act = { .task = task,
				.ev = { .on = FLOW_ON_CANCEL,
					.turn = FLOW_ANY_TURN,
					.actor = FLOW_HOUSE,
					.by = FLOW_NEVER,
					.reason = true },
				.reason = reason };
	struct flow_effects fx;

	return loop_do(a->l, a->c, a->tx, &act, a->now, &fx, a->f);
}

static enum err close_all(struct campaign_act *a)
{
	struct campaign_run run;
	id_list ids = { 0 };
	enum err e = open_tasks(a, &ids);

	for (size_t i = 0; !e && i < ids.n; i++)
		e = campaign_strike(a, ids.v[i], a->campaign->reason);
	vec_drop(&ids);
	if (e || (e = campaign_run_get(a->tx, a->campaign, &run, a->f)))
		return e;
	run.next_at.v = FIELD_NONE;
	return campaign_run_put(a->tx, a->campaign, &run, a->f);
}

/*
 * Those that the caller checks or stands above; nobody extends what is their own party's. The rest
 * keeps its deadline, and the answer says how many.
 */
static enum err extend_all(struct campaign_act *a)
{
	struct json *j = call_json(a->c);
	id_list ids = { 0 };
	int64_t done = 0;
	enum err e = open_tasks(a, &ids);

	for (size_t i = 0; !e && i < ids.n; i++) {
		struct loop_act act = { .task = ids.v[i],
					.ev = { .on = FLOW_ON_EXTEND,
						.turn = FLOW_ANY_TURN,
						.by = a->campaign->until.v },
					.reason = a->campaign->reason };
		struct flow_effects fx;
		struct fault why = { 0 };

		e = loop_do(a->l, a->c, a->tx, &act, a->now, &fx, &why);
		done += !e;
		if (e == ERR_ROLE || e == ERR_FORBIDDEN || e == ERR_RANGE || e == ERR_CONFLICT)
			e = OK;
		else if (e)
			e = fault_set(a->f, e, "%s%.0s", "%.0s%s", why.zh, why.en);
	}
	json_key(j, "extended");
	json_i64(j, done);
	json_key(j, "not_extended");
	json_i64(j, (int64_t)ids.n - done);
	vec_drop(&ids);
	return e;
}

/* The campaign that took the calendar over; ERR_ABSENT: none. */
static enum err successor(struct tx *tx, const struct campaign *n, struct rows **ret,
			  struct fault *f)
{
	return tx_row(tx, &campaign_sql.successor,
		      SQL_ARGS(sql_i64(area_county(n->record.area).v), sql_i64(n->record.id.v)),
		      ret, f);
}

static enum err refuse_handed(struct rows *r, struct fault *f)
{
	struct str name = rows_text(r, 1);

	fault_at(f, "repeats", NULL);
	return fault_set(f, ERR_CONFLICT, "日历已交给下一次专项“%.*s”（%lld），请在那里改",
			 "the calendar went over to the next campaign, \"%.*s\" (%lld): change it "
			 "there",
			 (int)name.n, name.p, (long long)rows_i64(r, 0));
}

/* Another calendar, counted from the start as the first was; one that was handed over stays so. */
static enum err put_calendar(const struct campaign_act *a, struct campaign_run *run)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct utc_s next = run->started_at;
	enum err e = successor(a->tx, a->campaign, &r, a->f);

	if (e != ERR_ABSENT)
		return e ? e : refuse_handed(r, a->f);
	do
		next = next_of(a->l, a->campaign, next);
	while (next.v != FIELD_NONE && next.v <= a->now.v);
	run->next_at = next;
	return campaign_run_put(a->tx, a->campaign, run, a->f);
}

/* ---- by the noun's own steps ---------------------------------------------------------------- */

enum err campaign_follow(struct call *c, struct tx *tx, const void *before, const void *after,
			 struct fault *f)
{
	const struct campaign *b = before, *n = after;
	struct campaign_act a = { c ? loop_of(c) : NULL, c, tx, n, { 0 }, { 0 }, f };
	struct campaign_run run;
	enum err e;

	if (!a.l)
		return OK; /* a row of a file: looked at when it starts */
	a.now = c->now;
	if ((e = campaign_scope_check(a.l, n, c->who, f)))
		return e;
	if (!b || b->record.state == CAMPAIGN_CLOSED)
		return OK;
	if (b->record.state == CAMPAIGN_DRAFT)
		return n->record.state == CAMPAIGN_RUNNING ? start_by_person(&a) : OK;
	if ((e = campaign_run_get(tx, n, &run, f)))
		return e;
	a.sender = run.sender;
	if (n->record.state == CAMPAIGN_CLOSED)
		return close_all(&a);
	if (b->until.v != n->until.v && n->until.v <= a.now.v) {
		fault_at(f, "until", NULL);
		return fault_set(f, ERR_RANGE, "新的截止时间须晚于现在",
				 "the new end must lie ahead");
	}
	if (b->repeats != n->repeats && (e = put_calendar(&a, &run)))
		return e;
	return b->until.v != n->until.v ? extend_all(&a) : OK;
}

enum err campaign_tell(struct call *c, struct tx *tx, const void *row, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	const struct campaign *n = row;
	struct campaign_run run;
	struct json *j = call_json(c);
	enum err e = campaign_run_get(tx, n, &run, f);

	if (e || ((e = successor(tx, n, &r, f)) && e != ERR_ABSENT))
		return e;
	json_key(j, "run");
	json_open(j, '{');
	json_key(j, "things");
	json_i64(j, run.things);
	json_key(j, "started_at");
	if (run.started_at.v == FIELD_NONE)
		json_nil(j);
	else
		call_time_json(c, run.started_at);
	json_key(j, "next_at");
	if (run.next_at.v == FIELD_NONE)
		json_nil(j);
	else
		call_time_json(c, run.next_at);
	json_key(j, "before");
	if (run.before)
		call_id_json(c, run.before);
	else
		json_nil(j);
	json_key(j, "after");
	if (!e)
		call_id_json(c, rows_i64(r, 0));
	else
		json_nil(j);
	json_close(j, '}');
	return OK;
}

/* ---- the clock ------------------------------------------------------------------------------ */

struct repeating {
	struct loop *l;
	struct utc_s now;
	int64_t id;
};

/* The same once more, from now on; the one before hands its calendar over. */
static enum err repeat_act(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(arena_end) struct arena *mem = NULL;
	struct repeating *p = arg;
	struct campaign_act a = { .l = p->l, .tx = tx, .now = p->now, .f = f };
	struct campaign_run run;
	struct campaign *old, next;
	struct ledger_entry en;
	void *row;
	enum err e = arena_new(ROW_BYTES, &mem);

	if (e || (e = record_get(p->l->o.book, tx, &campaign_noun, (struct record_id){ p->id }, mem,
				 &row, f)))
		return e;
	old = row;
	if ((e = campaign_run_get(tx, old, &run, f)))
		return e;
	if (run.next_at.v == FIELD_NONE || run.next_at.v > p->now.v)
		return OK; /* somebody was quicker */
	next = *old;
	next.record.id = record_id_new(p->l->o.book);
	next.record.version = 1;
	next.record.state = CAMPAIGN_RUNNING;
	next.record.created_at = next.record.updated_at = p->now;
	next.record.created_by.v = 0;
	next.reason = (struct str){ NULL, 0 };
	next.until.v = p->now.v + max_i64(DAY_S, old->until.v - run.started_at.v);
	a.campaign = &next;
	a.sender = run.sender;
	run.next_at.v = FIELD_NONE;
	if ((e = campaign_run_put(tx, old, &run, f)) ||
	    (e = record_put(p->l->o.book, tx, &campaign_noun, &next, f)) ||
	    (e = record_entry(&campaign_noun, NULL, &next, STR("repeat"), &en)))
		return e;
	en.at = p->now;
	en.kind = LEDGER_ACT;
	en.purpose = STR("duty");
	if ((e = ledger_append(tx, &en, NULL, f)))
		return e;
	return start(&a, NULL, old->record.id.v);
}

struct due_list {
	struct utc_s now;
	int64_t id[TICK_AT_ONCE];
	size_t n;
};

static enum err due_act(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct due_list *d = arg;
	bool more;
	enum err e;

	d->n = 0;
	e = tx_rows(tx, &campaign_sql.due, SQL_ARGS(sql_time(d->now), sql_i64(TICK_AT_ONCE)), &r,
		    f);
	while (!e && !(e = rows_next(r, &more, f)) && more)
		d->id[d->n++] = rows_i64(r, 1);
	return e;
}

struct putting_off {
	struct repeating *p;
	const struct fault *why;
};

/* It could not begin again (nobody answers any more): it is tried a day later, and said. */
static enum err put_off_act(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(arena_end) struct arena *mem = NULL;
	struct putting_off *o = arg;
	struct repeating *p = o->p;
	struct campaign_run run;
	struct ledger_entry en;
	void *row;
	enum err e = arena_new(ROW_BYTES, &mem);

	if (e ||
	    (e = record_get(p->l->o.book, tx, &campaign_noun, (struct record_id){ p->id }, mem,
			    &row, f)) ||
	    (e = campaign_run_get(tx, row, &run, f)))
		return e;
	run.next_at.v = p->now.v + DAY_S;
	en = (struct ledger_entry){
		.county = area_county(((struct campaign *)row)->record.area),
		.at = p->now,
		.kind = LEDGER_REFUSED,
		.purpose = STR("duty"),
		.object = STR("campaign"),
		.object_id = p->id,
		.action = STR("repeat"),
		.detail = str_of(err_word(o->why->code)),
	};
	if ((e = campaign_run_put(tx, row, &run, f)))
		return e;
	return ledger_append(tx, &en, NULL, f);
}

enum err campaign_tick(struct loop *l, struct utc_s now, struct fault *f)
{
	struct due_list d = { .now = now };
	enum err e = db_read(l->o.db, due_act, &d, f);

	for (size_t i = 0; !e && i < d.n; i++) {
		struct repeating p = { l, now, d.id[i] };
		struct fault why = { 0 };
		struct putting_off off = { &p, &why };

		e = db_write(l->o.db, repeat_act, &p, &why);
		if (e == ERR_CONFLICT || e == ERR_RANGE)
			e = db_write(l->o.db, put_off_act, &off, f);
		else if (e)
			e = fault_set(f, e, "%s%.0s", "%.0s%s", why.zh, why.en);
	}
	return e;
}
