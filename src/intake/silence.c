/*
 * silence.c - feeds that fell silent: found by the clock, an entry of the ledger each time, and a
 * list of them for whoever makes something of it.
 *
 * A house that was down has heard nobody. What was due in that time is not called silent at the
 * first tick: it may speak first, for as long as it has between two batches, at most GRACE_S. So
 * with a clock that is set back: what was heard by it is counted from then. Set back by a second or
 * two, which is no news, what was heard after now was heard now. Both clocks are held against each
 * other as the tick of tasks does it; and a leap ahead, too, gave no feed the time to speak: what
 * was heard before it is counted from then.
 */
#include "intake/inside.h"
#include "intake/intake.sql.h"
#include "intake/question.h"
#include "ledger/ledger.h"

#include "base/ban.h"

/* A clock is set by a second or two many times a day, which is no news; as in loop/tick.c. */
enum { GRACE_S = 600, SET_BACK_S = 2, LEAP_S = 60 };

struct hush {
	struct intake *in;
	struct utc_s now;
	VEC(struct hushed {
		struct area_code county;
		int64_t feed;
	})
	v;
};

static bool is_over(const struct hush *h, int64_t seen, int64_t every_s)
{
	int64_t now = h->now.v;
	int64_t heard = seen > now + SET_BACK_S ? h->in->began.v
						: max_i64(min_i64(seen, now), h->in->leapt.v);
	int64_t due = heard + every_s;

	if (due < h->in->began.v)
		due = h->in->began.v + min_i64(every_s, GRACE_S);
	return now > due;
}

/* Everything is read first: a feed is told once, when it becomes silent. */
static enum err hush_find(struct hush *h, struct tx *tx, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	bool more;
	enum err e = tx_rows(tx, &intake_sql.feeds_all, SQL_NO_ARGS, &r, f);

	h->v.n = 0;
	while (!e && !(e = rows_next(r, &more, f)) && more) {
		CLEANUP(rows_end) struct rows *s = NULL;
		struct hushed one = { { rows_i64(r, 0) }, rows_i64(r, 1) };
		int64_t seen = rows_i64(r, 4);
		bool told = false;

		if (rows_null(r, 3))
			continue;
		e = tx_row(tx, &intake_sql.seen_of,
			   SQL_ARGS(sql_i64(one.county.v), sql_i64(one.feed)), &s, f);
		if (!e) {
			seen = rows_i64(s, 0) ? rows_i64(s, 0) : seen;
			seen = max_i64(seen, rows_i64(s, 2));
			told = rows_i64(s, 1) != 0;
		}
		if (e && e != ERR_ABSENT)
			return e;
		e = !told && is_over(h, seen, rows_i64(r, 3) * 60) ? vec_push(&h->v, one) : OK;
	}
	return e;
}

static enum err hush_act(struct tx *tx, void *arg, struct fault *f)
{
	struct hush *h = arg;
	enum err e = hush_find(h, tx, f);

	for (size_t i = 0; i < h->v.n && !e; i++) {
		struct ledger_entry en = { .county = h->v.v[i].county,
					   .at = h->now,
					   .kind = LEDGER_ACT,
					   .purpose = STR("duty"),
					   .object = STR("feed"),
					   .object_id = h->v.v[i].feed,
					   .action = STR("silent") };

		if (!(e = tx_run(tx, &intake_sql.silent_set,
				 SQL_ARGS(sql_i64(en.county.v), sql_i64(en.object_id), sql_i64(0),
					  sql_time(h->now)),
				 NULL, f)))
			e = ledger_append(tx, &en, NULL, f);
	}
	return e;
}

static enum err hush_look(struct tx *tx, void *arg, struct fault *f)
{
	return hush_find(arg, tx, f);
}

/* Whatever became of the silent ones. */
static enum err expire_too(struct intake *in, struct utc_s now, enum err e, struct fault *f)
{
	struct fault unasked = { 0 };
	enum err over = question_expire(in, now, e ? &unasked : f);

	return e ? e : over;
}

static void hold_clocks(struct intake *in, struct utc_s now, struct utc_s steady)
{
	int64_t ahead = (now.v - in->ticked.v) - (steady.v - in->steady.v);

	if (!in->began.v || ahead < -SET_BACK_S) {
		in->began = now;
		in->leapt = (struct utc_s){ 0 };
	} else if (ahead > LEAP_S) {
		in->leapt = now;
	}
	in->ticked = now;
	in->steady = steady;
}

enum err intake_tick(struct intake *in, const struct intake_clocks *t, intake_silent *each,
		     void *arg, struct fault *f)
{
	struct utc_s now = t->now;
	struct hush h = { .in = in, .now = now };
	enum err e;

	hold_clocks(in, now, t->steady);
	e = db_read(in->o.db, hush_look, &h, f);
	if (!e && h.v.n)
		e = db_write(in->o.db, hush_act, &h, f);
	for (size_t i = 0; i < h.v.n && !e; i++)
		each(arg, h.v.v[i].county, h.v.v[i].feed);
	vec_drop(&h.v);
	return expire_too(in, now, e, f);
}

enum err intake_silences(struct tx *tx, struct intake_silences *ret, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	bool more;
	enum err e = tx_rows(tx, &intake_sql.silences, SQL_NO_ARGS, &r, f);

	ret->of.n = 0;
	while (!e && !(e = rows_next(r, &more, f)) && more) {
		size_t brings = choice_find(feed_brings, FEED_BRINGS_N, rows_text(r, 2));

		e = vec_push(&ret->of, ((struct intake_silence){ .feed = rows_i64(r, 0),
								 .area = { rows_i64(r, 1) },
								 .brings = &feed_brings[brings],
								 .every_min = rows_i64(r, 3) }));
	}
	return e;
}

enum err intake_silence_ask(struct tx *tx, const struct intake_silence *x, bool *ret,
			    struct fault *f)
{
	uint64_t changed = 0;
	enum err e =
		tx_run(tx, &intake_sql.silent_ask,
		       SQL_ARGS(sql_i64(area_county(x->area).v), sql_i64(x->feed)), &changed, f);

	*ret = changed > 0;
	return e;
}
