/* question.c - see question.h. A part is a line a window: "PLACE FROM TO the feed's word". */
#include "intake/question.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "access/call.h"
#include "base/memory.h"
#include "crypt/encode.h"
#include "intake/inside.h"
#include "intake/question.sql.h"
#include "ledger/ledger.h"
#include "trail/trail.h"

#include "base/ban.h"

enum { TOKEN_BYTES = 16, NUMBERS = 3, HOUR_S = 3600 };

/* ---- what a feed calls places ---------------------------------------------------------------- */

enum err question_feed(const struct intake *in, struct tx *tx, int64_t id, struct arena *a,
		       struct feed **ret, struct fault *f)
{
	void *row;
	enum err e = record_get(in->o.book, tx, &feed_noun, (struct record_id){ id }, a, &row, f);

	if (!e)
		*ret = row;
	return e;
}

enum err question_called(const struct intake *in, int64_t feed, const struct trail_stay *stay,
			 size_t n, struct arena *a, const struct str **ret, struct fault *f)
{
	struct str *called = arena_take(a, n + 1, sizeof *called);
	char sender[FEED_SENDER_BYTES];
	enum err e;

	if (!called)
		return ERR_MEMORY;
	feed_sender(feed, sender);
	e = trail_called(in->o.trail, str_of(sender), stay, n, a, called, f);
	if (!e)
		*ret = called;
	return e;
}

/* ---- asking ---------------------------------------------------------------------------------- */

/* A place at which the case was in hours that touch; a part has those of one day. */
struct window {
	struct question_place at;
	int32_t day;
};

struct asking {
	const struct intake *in;
	struct tx *tx;
	const struct question_ask *q;
	struct question_asked *ret;
	struct area_code county; /* the feed's */
	struct window *window;
	size_t n;
	int32_t day;
	struct buf lines, sealed;
};

static void asking_end(struct asking *k)
{
	if (k->lines.p)
		crypt_wipe(k->lines.p, k->lines.n);
	buf_release(&k->lines);
	buf_release(&k->sealed);
	if (k->window)
		crypt_wipe(k->window, k->q->n * sizeof *k->window);
	mem_drop(k->window);
}

static enum err put_part(struct asking *k, struct fault *f)
{
	const struct trail_part at = { k->county, k->ret->id, k->day };
	enum err e = k->lines.failed;

	if (e || !k->lines.n)
		return e;
	buf_clear(&k->sealed);
	if ((e = trail_part_seal(k->in->o.trail, at, buf_view(&k->lines), &k->sealed)))
		return e;
	crypt_wipe(k->lines.p, k->lines.n);
	buf_clear(&k->lines);
	return tx_run(k->tx, &question_sql.part_put,
		      SQL_ARGS(sql_i64(at.county.v), sql_i64(at.of), sql_i64(at.day),
			       sql_blob(buf_view(&k->sealed))),
		      NULL, f);
}

struct utc_s question_hour(struct utc_s at)
{
	return (struct utc_s){ (at.v + HOUR_S - 1) / HOUR_S * HOUR_S };
}

static int by_place(const void *pa, const void *pb)
{
	const struct question_place *a = pa, *b = pb;

	if (a->place.v != b->place.v)
		return a->place.v < b->place.v ? -1 : 1;
	return (a->from.v > b->from.v) - (a->from.v < b->from.v);
}

static int by_day(const void *pa, const void *pb)
{
	const struct window *a = pa, *b = pb;

	return (a->day > b->day) - (a->day < b->day);
}

/* Whole hours, so that the feed's own row of the case does not stand out as the one that fits. */
static enum err find_windows(struct asking *k)
{
	const struct question_ask *q = k->q;
	size_t n = 0;

	if (!(k->window = mem_take(q->n + 1, sizeof *k->window)))
		return ERR_MEMORY;
	for (size_t i = 0; i < q->n; i++) {
		const struct trail_stay *s = &q->stay[i];

		k->window[i] = (struct window){ .at = { .place = s->place,
							.from = { s->from.v - s->from.v % HOUR_S },
							.to = question_hour(s->to),
							.called = q->called[i] },
						.day = trail_day(k->in->o.trail, s->from) };
	}
	qsort(k->window, q->n, sizeof *k->window, by_place);
	for (size_t i = 0; i < q->n; i++) {
		struct window *last = n ? &k->window[n - 1] : NULL;
		const struct question_place *next = &k->window[i].at;

		if (last && last->at.place.v == next->place.v && last->at.to.v >= next->from.v)
			last->at.to.v = max_i64(last->at.to.v, next->to.v);
		else
			k->window[n++] = k->window[i];
	}
	k->n = n;
	qsort(k->window, n, sizeof *k->window, by_day);
	return OK;
}

static enum err put_window(struct asking *k, const struct window *w, struct fault *f)
{
	enum err e;

	if (!w->at.called.n) {
		k->ret->left_out++;
		return OK;
	}
	if (w->day != k->day && (e = put_part(k, f)))
		return e;
	k->day = w->day;
	k->ret->places++;
	buf_fmt(&k->lines, "%lld %lld %lld ", (long long)w->at.place.v, (long long)w->at.from.v,
		(long long)w->at.to.v);
	buf_str(&k->lines, w->at.called);
	buf_char(&k->lines, '\n');
	return k->lines.failed;
}

static enum err put_question(struct asking *k, struct fault *f)
{
	CLEANUP(buf_release) struct buf token = { 0 };
	const struct question_ask *q = k->q;
	uint8_t secret[TOKEN_BYTES];

	crypt_random_fill(k->in->o.chance, secret, sizeof secret);
	encode_hex(&token, secret, sizeof secret);
	if (token.failed)
		return token.failed;
	return tx_run(k->tx, &question_sql.put,
		      SQL_ARGS(sql_i64(k->county.v), sql_i64(k->ret->id),
			       sql_i64(q->feed->record.id.v), sql_text(buf_view(&token)),
			       sql_i64(q->case_id), sql_i64(q->warrant), sql_i64(q->asked_by),
			       sql_time(q->now), sql_time(q->due), sql_i64(k->ret->places),
			       sql_i64(q->subject)),
		      NULL, f);
}

static enum err not_waiting(struct asking *k, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	const struct question_ask *q = k->q;
	enum err e = tx_row(k->tx, &question_sql.waiting,
			    SQL_ARGS(sql_i64(k->county.v), sql_i64(q->feed->record.id.v),
				     sql_i64(q->case_id), sql_time(q->now)),
			    &r, f);

	if (e == ERR_ABSENT)
		return OK;
	return e ? e
		 : fault_set(f, ERR_CONFLICT, "已经为这个病例问过这个来源，请等答复",
			     "this feed was asked for this case already: wait for its answer");
}

enum err question_ask(const struct intake *in, struct tx *tx, const struct question_ask *q,
		      struct question_asked *ret, struct fault *f)
{
	CLEANUP(asking_end)
	struct asking k = {
		.in = in, .tx = tx, .q = q, .ret = ret, .county = area_county(q->feed->record.area)
	};
	enum err e;

	*ret = (struct question_asked){ .id = record_id_new((struct record_book *)in->o.book).v };
	if ((e = not_waiting(&k, f)))
		return e;
	if ((e = find_windows(&k)))
		return e;
	for (size_t i = 0; i < k.n; i++)
		if ((e = put_window(&k, &k.window[i], f)))
			return e;
	if (!ret->places)
		return fault_set(f, ERR_CONFLICT,
				 "病例到过的场所都不是这个来源报送过的，没有可问的",
				 "this feed has named none of the places: there is nothing to ask");
	return (e = put_part(&k, f)) ? e : put_question(&k, f);
}

static enum err enter(struct call *c, struct tx *tx, struct area_code county, int64_t id,
		      struct str action, struct fault *f)
{
	struct ledger_entry en = {
		.county = county, .object = STR("question"), .object_id = id, .action = action
	};

	return call_act(c, tx, &en, f);
}

enum err question_end(struct call *c, struct tx *tx, int64_t case_id, struct fault *f)
{
	VEC(struct trail_part) over = { 0 };
	enum err e;

	{
		CLEANUP(rows_end) struct rows *r = NULL;
		bool more;

		e = tx_rows(tx, &question_sql.waiting_of_case,
			    SQL_ARGS(sql_i64(case_id), sql_time(c->now)), &r, f);
		while (!e && !(e = rows_next(r, &more, f)) && more)
			e = vec_push(&over, ((struct trail_part){ .county = { rows_i64(r, 0) },
								  .of = rows_i64(r, 1) }));
	}
	for (size_t i = 0; i < over.n && !e; i++)
		e = enter(c, tx, over.v[i].county, over.v[i].of, STR("end"), f);
	vec_drop(&over);
	return e ? e
		 : tx_run(tx, &question_sql.end_of_case,
			  SQL_ARGS(sql_i64(case_id), sql_time(c->now)), NULL, f);
}

/* ---- its places ------------------------------------------------------------------------------ */

typedef VEC(struct question_place) places;

static enum err read_line(struct str line, struct arena *a, struct question_place *ret)
{
	int64_t number[NUMBERS];

	for (size_t i = 0; i < NUMBERS; i++) {
		const char *blank = memchr(line.p, ' ', line.n);
		struct str one = { line.p, blank ? (size_t)(blank - line.p) : 0 };

		if (!blank || str_i64(one, &number[i]))
			return ERR_CORRUPT;
		line.p += one.n + 1;
		line.n -= one.n + 1;
	}
	*ret = (struct question_place){ .place = { number[0] },
					.from = { number[1] },
					.to = { number[2] },
					.called = { arena_copy(a, line.p, line.n), line.n } };
	return ret->called.p ? OK : ERR_MEMORY;
}

static enum err read_part(struct str plain, struct arena *a, places *ret)
{
	enum err e = OK;

	while (plain.n && !e) {
		const char *end = memchr(plain.p, '\n', plain.n);
		struct question_place one;

		if (!end)
			return ERR_CORRUPT;
		e = read_line((struct str){ plain.p, (size_t)(end - plain.p) }, a, &one);
		if (!e)
			e = vec_push(ret, one);
		plain.n -= (size_t)(end + 1 - plain.p);
		plain.p = end + 1;
	}
	return e;
}

/* A day whose key is gone has ended: what was asked of it is asked no more. */
static enum err open_part(const struct intake *in, const struct question *q, struct rows *r,
			  struct arena *a, places *ret)
{
	CLEANUP(buf_release) struct buf plain = { 0 };
	const struct trail_part at = { q->county, q->id, (int32_t)rows_i64(r, 0) };
	enum err e = trail_part_open(in->o.trail, at, rows_blob(r, 1), &plain);

	if (e)
		return e == ERR_ABSENT ? OK : e;
	e = read_part(buf_view(&plain), a, ret);
	crypt_wipe(plain.p, plain.n);
	return e;
}

enum err question_places(const struct intake *in, struct tx *tx, struct question *q,
			 struct arena *a, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct question_place *all;
	places found = { 0 };
	bool more;
	enum err e = tx_rows(tx, &question_sql.parts,
			     SQL_ARGS(sql_i64(q->county.v), sql_i64(q->id)), &r, f);

	while (!e && !(e = rows_next(r, &more, f)) && more)
		e = open_part(in, q, r, a, &found);
	all = e ? NULL : arena_take(a, found.n + 1, sizeof *all);
	if (all && found.n) {
		memcpy(all, found.v, found.n * sizeof *all);
		qsort(all, found.n, sizeof *all, by_place); /* by time they would tell a way */
	}
	q->n = found.n;
	q->place = all;
	vec_drop(&found);
	return e || all ? e : ERR_MEMORY;
}

/* ---- answering ------------------------------------------------------------------------------- */

static enum err load(const struct intake *in, struct tx *tx, struct area_code county, int64_t id,
		     struct arena *a, const struct question **ret, struct fault *f)
{
	struct question *q = arena_take(a, 1, sizeof *q);
	enum err e;

	if (!q)
		return ERR_MEMORY;
	q->id = id;
	q->county = county;
	e = question_places(in, tx, q, a, f);
	if (!e)
		*ret = q;
	return e;
}

static enum err closed(struct fault *f)
{
	return fault_set(f, ERR_CONFLICT, "这个提问已结束（已答完，或已到期），不再收答复",
			 "this question is closed: its answer is complete, or its time is over");
}

enum err question_of_token(const struct intake *in, struct tx *tx, const struct feed *feed,
			   struct str token, struct utc_s now, struct arena *a,
			   const struct question **ret, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct area_code county = area_county(feed->record.area);
	int64_t id;
	enum err e =
		tx_row(tx, &question_sql.of_token,
		       SQL_ARGS(sql_i64(county.v), sql_i64(feed->record.id.v), sql_text(token)), &r,
		       f);

	if (e)
		return e;
	if (rows_i64(r, 1) != QUESTION_OPEN || rows_i64(r, 2) <= now.v)
		return closed(f);
	id = rows_i64(r, 0);
	rows_end(&r);
	return load(in, tx, county, id, a, ret, f);
}

static enum err batch_over(struct fault *f)
{
	return fault_set(f, ERR_CONFLICT, "这一批答复的提问已到期，请拒收",
			 "the question that this batch answers is over: turn it away");
}

enum err question_of_batch(const struct intake *in, struct tx *tx, struct area_code county,
			   int64_t batch, struct utc_s now, struct arena *a,
			   const struct question **ret, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	int64_t id;
	enum err e = tx_row(tx, &question_sql.of_batch, SQL_ARGS(sql_i64(county.v), sql_i64(batch)),
			    &r, f);

	*ret = NULL;
	if (e)
		return e == ERR_ABSENT ? OK : e;
	if (rows_i64(r, 1) <= now.v)
		return batch_over(f);
	id = rows_i64(r, 0);
	rows_end(&r);
	return load(in, tx, county, id, a, ret, f);
}

enum question_fit question_fits(const struct question *q, struct trail_visit *v)
{
	const struct question_place *in = NULL;

	for (size_t i = 0; i < q->n; i++) {
		const struct question_place *p = &q->place[i];

		if (p->place.v != v->place.v || v->from.v >= p->to.v || v->to.v <= p->from.v)
			continue;
		if (in)
			return QUESTION_FITS_MANY;
		in = p;
	}
	if (!in)
		return QUESTION_FITS_NONE;
	v->from.v = max_i64(v->from.v, in->from.v);
	v->to.v = min_i64(v->to.v, in->to.v);
	return QUESTION_FITS;
}

enum err question_answer(struct tx *tx, const struct question_answer *x, struct utc_s now,
			 struct fault *f)
{
	struct sql_value county = sql_i64(x->q->county.v), id = sql_i64(x->q->id);
	uint64_t changed;
	enum err e = tx_run(tx, &question_sql.answer,
			    SQL_ARGS(county, id, sql_i64(x->last ? QUESTION_CLOSED : QUESTION_OPEN),
				     sql_time(now)),
			    &changed, f);

	if (e || !changed)
		return e ? e : closed(f);
	return tx_run(tx, &question_sql.batch_put,
		      SQL_ARGS(county, sql_i64(x->batch), id, x->held ? sql_null() : sql_time(now)),
		      NULL, f);
}

/* Does the batch answer this question? */
static enum err answers_it(struct tx *tx, struct area_code county, int64_t id,
			   const struct question_again *x, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e = tx_row(tx, &question_sql.of_batch,
			    SQL_ARGS(sql_i64(county.v), sql_i64(x->batch)), &r, f);

	if (e && e != ERR_ABSENT)
		return e;
	if (e ? !x->said : rows_i64(r, 0) == id)
		return OK;
	return fault_set(f, ERR_CONFLICT, "这一批已存，但不是对这个提问的答复：请换一个批次号",
			 "this batch is stored, and answers another question or none: send it "
			 "under another number");
}

enum err question_again(struct tx *tx, const struct feed *feed, struct question_again *x,
			struct utc_s now, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct area_code county = area_county(feed->record.area);
	int64_t id;
	enum err e =
		tx_row(tx, &question_sql.of_token,
		       SQL_ARGS(sql_i64(county.v), sql_i64(feed->record.id.v), sql_text(x->token)),
		       &r, f);

	if (e)
		return e;
	id = rows_i64(r, 0);
	x->state = rows_i64(r, 1) == QUESTION_OPEN && rows_i64(r, 2) > now.v ? QUESTION_OPEN
									     : QUESTION_CLOSED;
	rows_end(&r);
	if ((e = answers_it(tx, county, id, x, f)) || !x->said || !x->last ||
	    x->state != QUESTION_OPEN)
		return e;
	x->state = QUESTION_CLOSED;
	x->closed = id;
	return tx_run(tx, &question_sql.answer,
		      SQL_ARGS(sql_i64(county.v), sql_i64(id), sql_i64(QUESTION_CLOSED),
			       sql_time(now)),
		      NULL, f);
}

enum err question_let_in(struct tx *tx, const struct question *q, int64_t batch, struct utc_s now,
			 struct fault *f)
{
	uint64_t changed;
	enum err e =
		tx_run(tx, &question_sql.batch_let_in,
		       SQL_ARGS(sql_i64(q->county.v), sql_i64(batch), sql_time(now)), &changed, f);

	return e || changed ? e : batch_over(f);
}

enum err question_forget(struct tx *tx, struct area_code county, int64_t batch, struct fault *f)
{
	return tx_run(tx, &question_sql.batch_drop, SQL_ARGS(sql_i64(county.v), sql_i64(batch)),
		      NULL, f);
}

enum err question_reopen(struct call *c, struct tx *tx, struct area_code county, int64_t batch,
			 struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	const struct sql_args whose = SQL_ARGS(sql_i64(county.v), sql_i64(batch));
	int64_t id;
	enum err e = tx_row(tx, &question_sql.of_batch, whose, &r, f);

	if (e)
		return e == ERR_ABSENT ? OK : e;
	id = rows_i64(r, 0);
	rows_end(&r);
	if ((e = tx_run(tx, &question_sql.batch_drop, whose, NULL, f)) ||
	    (e = tx_run(tx, &question_sql.reopen, SQL_ARGS(sql_i64(county.v), sql_i64(id)), NULL,
			f)))
		return e;
	return enter(c, tx, county, id, STR("reopen"), f);
}

/* ---- over ------------------------------------------------------------------------------------ */

struct forgetting {
	struct utc_s now;
	bool any;
};

static enum err any_left(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct forgetting *g = arg;
	enum err e = tx_row(tx, &question_sql.parts_over, SQL_ARGS(sql_time(g->now)), &r, f);

	g->any = !e;
	return e == ERR_ABSENT ? OK : e;
}

static enum err forget(struct tx *tx, void *arg, struct fault *f)
{
	const struct forgetting *g = arg;

	return tx_run(tx, &question_sql.parts_forget, SQL_ARGS(sql_time(g->now)), NULL, f);
}

enum err question_expire(const struct intake *in, struct utc_s now, struct fault *f)
{
	struct forgetting g = { .now = now };
	enum err e = db_read(in->o.db, any_left, &g, f);

	return e || !g.any ? e : db_write(in->o.db, forget, &g, f);
}
