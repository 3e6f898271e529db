/*
 * notice_send.c - what is due by a channel becomes messages: folded, tried, tried again, given up.
 *
 * One person, one minute, one message. A message is written down as tried before it is sent, so a
 * process that dies in between costs a try and tells nobody twice unseen; it has one id in all its
 * tries, by which the other side can know it again.
 */
#include <string.h>

#include "loop/notice.sql.h"
#include "loop/notice_inside.h"

#include "base/ban.h"

enum {
	FOLD_S = 60,
	PAUSE_S = 30,
	PAUSE_MAX_S = 7200,
	MINUTE_S = 60,
	DAY_MIN = 24 * 60,
	LOOKS_MAX = 64 /* people who are put off before it is enough for one act */
};

int64_t notice_pause(unsigned tries)
{
	int64_t s = PAUSE_S;

	for (unsigned i = 1; i < tries && s < PAUSE_MAX_S; i++)
		s *= 4;
	return min_i64(s, PAUSE_MAX_S);
}

int64_t notice_quiet_end(const struct zone *z, struct utc_s now, int64_t from, int64_t to)
{
	int32_t day = zone_day_of(z, now);
	int64_t local = now.v + zone_offset(z, now);
	int64_t minute = local / MINUTE_S - (int64_t)day * DAY_MIN;
	bool over_midnight = from > to;

	if (from < 0 || to < 0 || from == to)
		return 0;
	if (over_midnight ? minute < from && minute >= to : minute < from || minute >= to)
		return 0;
	if (over_midnight && minute >= from)
		day++;
	return zone_from_local(z, ((int64_t)day * DAY_MIN + to) * MINUTE_S).v;
}

struct taking {
	struct notices *n;
	enum notice_channel channel;
	struct utc_s now;
	int64_t lease_s;
	struct arena *a;
	struct notice_message m;
	bool any;
};

static struct sql_value channel_of(const struct taking *t)
{
	return sql_text(str_of(notice_channel_word(t->channel)));
}

/* ---- giving up ------------------------------------------------------------------------------- */

static enum err give_up(struct tx *tx, const struct notice_message *m, const char *why,
			struct utc_s now, struct fault *f)
{
	uint64_t changed = 0;
	enum err e =
		tx_run(tx, &notice_sql.ended,
		       SQL_ARGS(sql_i64(m->county), sql_i64(m->id), sql_i64(m->tries), sql_null(),
				sql_text(STR("failed")), sql_null(), sql_text(str_of(why))),
		       &changed, f);

	if (e || !changed)
		return e;
	return tx_run(tx, &notice_sql.fall_soon, SQL_ARGS(sql_i64(m->id), sql_time(now)), NULL, f);
}

/* ---- its words ------------------------------------------------------------------------------- */

static enum err keep(struct arena *a, struct str s, struct str *ret)
{
	*ret = (struct str){ arena_copy(a, s.p ? s.p : "", s.n), s.n };
	return ret->p ? OK : ERR_MEMORY;
}

/* *ret_there false: there is nobody to write to any more. */
static enum err load_address(struct taking *t, struct tx *tx, bool *ret_there, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct notice_message *m = &t->m;
	enum err e = tx_row(tx, &notice_sql.address,
			    SQL_ARGS(sql_i64(m->county), sql_i64(m->account)), &r, f);

	*ret_there = false;
	if (e)
		return e == ERR_ABSENT ? OK : e;
	m->english = str_eq(rows_text(r, 0), STR("en"));
	if ((e = keep(t->a, rows_text(r, t->channel == NOTICE_MAIL ? 2 : 1), &m->to)))
		return e;
	*ret_there = m->to.n > 0 || (t->channel == NOTICE_WEBHOOK && !t->n->o.phone);
	return OK;
}

static enum err load_text(struct taking *t, struct tx *tx, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct notice_line line[NOTICE_LINES_MAX];
	size_t n = 0;
	bool more = false;
	enum err e = tx_rows(tx, &notice_sql.told_in,
			     SQL_ARGS(sql_i64(t->m.id), sql_i64(NOTICE_LINES_MAX)), &r, f);

	while (!e && !(e = rows_next(r, &more, f)) && more && n < NOTICE_LINES_MAX) {
		struct notice_line *l = &line[n++];
		struct flow_task task;

		notice_task(rows_blob(r, 7), &task);
		*l = (struct notice_line){ .task = rows_i64(r, 0),
					   .area = { rows_i64(r, 1) },
					   .urgent = rows_i64(r, 3) != 0,
					   .deadline = notice_deadline(&task, rows_i64(r, 4)) };
		if ((e = keep(t->a, rows_text(r, 2), &l->say)))
			return e;
		e = keep(t->a, rows_text(r, 6), &l->kind);
	}
	rows_end(&r);
	return e ? e : notice_text(t->n, tx, line, n, t->now, t->a, &t->m, f);
}

/* The message is claimed; it goes out if there is somebody to go to. */
static enum err load(struct taking *t, struct tx *tx, struct fault *f)
{
	bool there;
	enum err e = load_address(t, tx, &there, f);

	if (e)
		return e;
	if (!there)
		return give_up(tx, &t->m, "address", t->now, f);
	if ((e = load_text(t, tx, f)))
		return e;
	t->any = true;
	return OK;
}

/* ---- taking ---------------------------------------------------------------------------------- */

static int64_t next_try(const struct taking *t, unsigned tries)
{
	return t->now.v + t->lease_s + notice_pause(tries);
}

/* *ret_any: one had to be tried again, whatever came of it. */
static enum err take_again(struct taking *t, struct tx *tx, bool *ret_any, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct notice_message *m = &t->m;
	enum err e =
		tx_row(tx, &notice_sql.again, SQL_ARGS(channel_of(t), sql_time(t->now)), &r, f);

	*ret_any = !e;
	if (e)
		return e == ERR_ABSENT ? OK : e;
	*m = (struct notice_message){ .channel = t->channel,
				      .county = rows_i64(r, 0),
				      .id = rows_i64(r, 1),
				      .account = rows_i64(r, 2),
				      .n = rows_i64(r, 3),
				      .tries = (unsigned)rows_i64(r, 4) };
	rows_end(&r);
	if (m->tries >= t->n->o.tries) /* the process died with the last one under way */
		return give_up(tx, m, "unknown", t->now, f);
	m->tries++;
	if ((e = tx_run(tx, &notice_sql.tried,
			SQL_ARGS(sql_i64(m->county), sql_i64(m->id), sql_i64(m->tries),
				 sql_i64(next_try(t, m->tries))),
			NULL, f)))
		return e;
	return load(t, tx, f);
}

static enum err put_off(struct taking *t, struct tx *tx, int64_t account, bool urgent, int64_t due,
			struct fault *f)
{
	return tx_run(tx, &notice_sql.put_off,
		      SQL_ARGS(sql_i64(account), channel_of(t), sql_i64(urgent), sql_i64(due)),
		      NULL, f);
}

/* Until when this person is left alone; 0: not at all. */
static enum err quiet_end(struct taking *t, struct tx *tx, int64_t home, int64_t account,
			  int64_t *ret, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e = tx_row(tx, &notice_sql.wish, SQL_ARGS(sql_i64(home), sql_i64(account)), &r, f);

	*ret = 0;
	if (e || rows_null(r, 1) || rows_null(r, 2))
		return e == ERR_ABSENT ? OK : e;
	*ret = notice_quiet_end(t->n->o.zone, t->now, rows_i64(r, 1), rows_i64(r, 2));
	return OK;
}

/* When the minute of the last message is over. */
static enum err minute_end(struct taking *t, struct tx *tx, int64_t home, int64_t account,
			   int64_t *ret, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e = tx_row(tx, &notice_sql.last,
			    SQL_ARGS(sql_i64(home), sql_i64(account), channel_of(t)), &r, f);

	*ret = 0;
	if (e)
		return e == ERR_ABSENT ? OK : e;
	/* A clock that was set back does not make anybody wait longer than that minute. */
	if (rows_i64(r, 0) <= t->now.v && rows_i64(r, 0) + FOLD_S > t->now.v)
		*ret = rows_i64(r, 0) + FOLD_S;
	return OK;
}

static enum err fold(struct taking *t, struct tx *tx, int64_t home, int64_t account, bool urgent,
		     struct fault *f)
{
	struct notice_message *m = &t->m;
	uint64_t n = 0;
	enum err e;

	*m = (struct notice_message){ .channel = t->channel,
				      .county = home,
				      .id = record_id_new(t->n->o.book).v,
				      .account = account,
				      .tries = 1 };
	if ((e = tx_run(tx, &notice_sql.fold,
			SQL_ARGS(sql_i64(account), channel_of(t), sql_i64(urgent), sql_time(t->now),
				 sql_i64(m->id)),
			&n, f)) ||
	    !n)
		return e;
	m->n = (int64_t)n;
	if ((e = tx_run(tx, &notice_sql.message_put,
			SQL_ARGS(sql_i64(home), sql_i64(m->id), channel_of(t), sql_i64(account),
				 sql_i64(m->n), sql_time(t->now), sql_i64(next_try(t, 1))),
			NULL, f)))
		return e;
	return load(t, tx, f);
}

/* *ret_any: somebody's turn was looked at. */
static enum err take_new(struct taking *t, struct tx *tx, bool *ret_any, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	int64_t home, account, wait;
	enum err e =
		tx_row(tx, &notice_sql.waiting, SQL_ARGS(channel_of(t), sql_time(t->now)), &r, f);

	*ret_any = !e;
	if (e)
		return e == ERR_ABSENT ? OK : e;
	home = rows_i64(r, 0);
	account = rows_i64(r, 1);
	rows_end(&r);
	if ((e = minute_end(t, tx, home, account, &wait, f)))
		return e;
	if (wait)
		return put_off(t, tx, account, true, wait, f);
	if ((e = quiet_end(t, tx, home, account, &wait, f)))
		return e;
	if (wait && (e = put_off(t, tx, account, false, wait, f)))
		return e;
	return fold(t, tx, home, account, wait != 0, f);
}

static enum err take_act(struct tx *tx, void *arg, struct fault *f)
{
	struct taking *t = arg;
	bool looked = true;
	enum err e = OK;

	t->any = false;
	for (int i = 0; i < LOOKS_MAX && looked && !t->any && !e; i++) {
		arena_clear(t->a);
		e = take_again(t, tx, &looked, f);
		if (!e && !looked)
			e = take_new(t, tx, &looked, f);
	}
	return e;
}

static enum err look_act(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *again = NULL, *fresh = NULL;
	struct taking *t = arg;
	enum err e =
		tx_row(tx, &notice_sql.again, SQL_ARGS(channel_of(t), sql_time(t->now)), &again, f);

	if (e == ERR_ABSENT)
		e = tx_row(tx, &notice_sql.waiting, SQL_ARGS(channel_of(t), sql_time(t->now)),
			   &fresh, f);
	t->any = !e;
	return e == ERR_ABSENT ? OK : e;
}

enum err notice_take(struct notices *n, enum notice_channel c, struct utc_s now, int64_t lease_s,
		     struct arena *a, struct notice_message *ret, bool *ret_any, struct fault *f)
{
	struct taking t = { .n = n, .channel = c, .now = now, .lease_s = lease_s, .a = a };
	enum err e = db_read(n->o.db, look_act, &t, f); /* mostly there is nothing to write */

	if (e || (t.any && (e = db_write(n->o.db, take_act, &t, f))))
		return e;
	*ret = t.m;
	*ret_any = t.any;
	return OK;
}

/* ---- how it went ----------------------------------------------------------------------------- */

struct sent {
	struct notices *n;
	const struct notice_message *m;
	const char *why;
	struct utc_s now;
};

static enum err sent_act(struct tx *tx, void *arg, struct fault *f)
{
	const struct sent *s = arg;
	const struct notice_message *m = s->m;

	if (s->why && m->tries >= s->n->o.tries)
		return give_up(tx, m, s->why, s->now, f);
	return tx_run(tx, &notice_sql.ended,
		      SQL_ARGS(sql_i64(m->county), sql_i64(m->id), sql_i64(m->tries),
			       s->why ? sql_i64(s->now.v + notice_pause(m->tries)) : sql_null(),
			       sql_text(s->why ? STR("sending") : STR("told")),
			       s->why ? sql_null() : sql_time(s->now),
			       s->why ? sql_text(str_of(s->why)) : sql_null()),
		      NULL, f);
}

enum err notice_sent(struct notices *n, const struct notice_message *m, const char *why,
		     struct utc_s now, struct fault *f)
{
	struct sent s = { n, m, why, now };

	return db_write(n->o.db, sent_act, &s, f);
}
