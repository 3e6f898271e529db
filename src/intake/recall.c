/*
 * recall.c - a batch is taken back, and all that followed from it. What was counted a duplicate of
 * its rows takes their place. See inside.h.
 */
#include <string.h>

#include "crypt/encode.h"
#include "intake/brought.h"
#include "intake/inside.h"
#include "intake/intake.sql.h"
#include "intake/likeness.h"
#include "intake/question.h"
#include "intake/recall.h"
#include "ledger/ledger.h"
#include "record/row.h"

#include "base/ban.h"

enum { PAGE_ROWS = 500, ROW_BYTES = 1 << 20 };

struct recalling {
	struct intake *in;
	struct tx *tx;
	struct call *c;
	struct fault *f;
	struct batch *batch;
	struct feed *feed;
	struct area_code county;
	const struct noun *noun;
	struct brought_sql sql;
	struct arena *a; /* of one row */
	struct recall_sum sum;
	bool act; /* else only counted */
	struct crypt_hasher *hasher;
	struct merkle merkle; /* over the rows as they came in */
	char detail[160];     /* of the entry: how many, and the root of that tree */
};

static void recalling_end(struct recalling *g)
{
	crypt_hasher_end(&g->hasher);
}

struct brought_sql intake_brought_sql(enum feed_brings b)
{
	switch (b) {
	case FEED_NOTIFICATIONS:
		return (struct brought_sql){ &intake_sql.notification_drop,
					     &intake_sql.notification_repeat };
	case FEED_SAMPLES:
		return (struct brought_sql){ &intake_sql.sample_drop, &intake_sql.sample_repeat };
	case FEED_CONTACTS:
		return (struct brought_sql){ &intake_sql.contact_push_drop,
					     &intake_sql.contact_push_repeat };
	case FEED_COUNTS:
		return (struct brought_sql){ &intake_sql.count_report_drop,
					     &intake_sql.count_report_repeat };
	default: return (struct brought_sql){ NULL, NULL };
	}
}

/* A row that the ledger vouches for is gone: its last entry says so. */
static enum err entry_gone(struct recalling *g, const struct noun *n, const void *row)
{
	const struct record *r = row_head_const(row);
	struct ledger_entry en = { .county = area_county(r->area),
				   .object = str_of(n->name),
				   .object_id = r->id.v,
				   .version = r->version + 1,
				   .action = STR("recall") };
	enum err e = intake_hash(n, row, &en.before);

	return e ? e : call_act(g->c, g->tx, &en, g->f);
}

/* ---- likenesses ------------------------------------------------------------------------------ */

/* Who was like the row that goes is like the one that takes its place: they are equal. */
static enum err move_likeness(struct recalling *g, const struct likeness *x, int64_t from,
			      int64_t to, int64_t batch)
{
	struct likeness y = *x;
	struct ledger_entry en = { .county = g->county,
				   .object = STR("likeness"),
				   .object_id = x->record.id.v,
				   .version = x->record.version + 1,
				   .action = STR("recall") };
	enum err e;

	if (x->subject.v == from)
		y.subject.v = to, y.batch.v = batch;
	if (x->other.v == from)
		y.other.v = to, y.other_batch.v = batch;
	if (x->record.version == 1)
		return tx_run(g->tx, &intake_sql.likeness_move,
			      SQL_ARGS(sql_i64(g->county.v), sql_i64(x->record.id.v),
				       sql_i64(y.subject.v), sql_i64(y.batch.v), sql_i64(y.other.v),
				       y.other_batch.v ? sql_i64(y.other_batch.v) : sql_null()),
			      NULL, g->f);
	y.record.version++;
	y.record.updated_at = g->c->now;
	if ((e = intake_hash(&likeness_noun, x, &en.before)) ||
	    (e = intake_hash(&likeness_noun, &y, &en.after)) ||
	    (e = record_replace(g->in->o.book, g->tx, &likeness_noun, x, &y, g->f)))
		return e;
	return call_act(g->c, g->tx, &en, g->f);
}

typedef VEC(int64_t) ids;

static enum err collect(struct recalling *g, const struct sql *sql, ids *ret)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	bool more;
	enum err e =
		tx_rows(g->tx, sql, SQL_ARGS(sql_i64(g->county.v), sql_i64(g->batch->record.id.v)),
			&r, g->f);

	while (!e && !(e = rows_next(r, &more, g->f)) && more)
		e = vec_push(ret, rows_i64(r, 0));
	return e;
}

/* Pairs that still have a part in this batch, when all rows found who takes their place. */
static enum err drop_likenesses(struct recalling *g)
{
	ids all = { 0 };
	enum err e = collect(g, &intake_sql.likenesses_of, &all);

	if (!e)
		e = collect(g, &intake_sql.likenesses_with, &all);
	for (size_t i = 0; i < all.n && !e; i++) {
		void *row;

		arena_clear(g->a);
		e = record_get(g->in->o.book, g->tx, &likeness_noun, (struct record_id){ all.v[i] },
			       g->a, &row, g->f);
		if (e == ERR_ABSENT) { /* both parts were of this batch: it is gone already */
			e = OK;
			continue;
		}
		g->sum.likenesses++;
		if (!g->act || e)
			continue;
		if (row_head(row)->version > 1 && (e = entry_gone(g, &likeness_noun, row)))
			break;
		e = tx_run(g->tx, &intake_sql.likeness_drop,
			   SQL_ARGS(sql_i64(g->county.v), sql_i64(all.v[i])), NULL, g->f);
	}
	vec_drop(&all);
	return e;
}

static enum err move_likenesses(struct recalling *g, int64_t from, int64_t to, int64_t batch)
{
	ids all = { 0 };
	enum err e;

	if (!from || !to)
		return OK;
	for (int side = 0; side < 2; side++) {
		CLEANUP(rows_end) struct rows *r = NULL;
		bool more;

		e = tx_rows(g->tx, side ? &intake_sql.likeness_other : &intake_sql.likeness_subject,
			    SQL_ARGS(sql_i64(g->county.v), sql_i64(from)), &r, g->f);
		while (!e && !(e = rows_next(r, &more, g->f)) && more)
			e = vec_push(&all, rows_i64(r, 0));
		if (e)
			break;
	}
	for (size_t i = 0; i < all.n && !e; i++) {
		void *row;

		if (!(e = record_get(g->in->o.book, g->tx, &likeness_noun,
				     (struct record_id){ all.v[i] }, g->a, &row, g->f)))
			e = move_likeness(g, row, from, to, batch);
	}
	vec_drop(&all);
	return e;
}

/* ---- rows ------------------------------------------------------------------------------------ */

struct stored {
	int64_t row_at, home, id, subject, repeats, batch;
};

static enum err set_repeats(struct recalling *g, const struct stored *s, int64_t repeats)
{
	enum brought_state state = repeats ? BROUGHT_DUPLICATE : BROUGHT_RECEIVED;
	enum err e = tx_run(g->tx, &intake_sql.repeats_set,
			    SQL_ARGS(sql_i64(g->county.v), sql_i64(s->batch), sql_i64(s->row_at),
				     sql_i64(repeats)),
			    NULL, g->f);

	return e ? e
		 : tx_run(g->tx, g->sql.repeat,
			  SQL_ARGS(sql_i64(s->home), sql_i64(s->id),
				   sql_text(str_of(brought_states[state].word)),
				   repeats ? sql_i64(repeats) : sql_null()),
			  NULL, g->f);
}

/* Whoever came next with the same row takes its place. */
static enum err succeed(struct recalling *g, const struct stored *gone)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	VEC(struct stored) heirs = { 0 };
	bool more;
	enum err e = tx_rows(g->tx, &intake_sql.repeats_of,
			     SQL_ARGS(sql_i64(g->county.v), sql_i64(gone->id),
				      sql_i64(g->batch->record.id.v)),
			     &r, g->f);

	while (!e && !(e = rows_next(r, &more, g->f)) && more) {
		struct stored s = { .batch = rows_i64(r, 0),
				    .row_at = rows_i64(r, 1),
				    .home = rows_i64(r, 2),
				    .id = rows_i64(r, 3),
				    .subject = rows_i64(r, 4) };

		e = vec_push(&heirs, s);
	}
	rows_end(&r);
	g->sum.succeeded += heirs.n > 0;
	for (size_t i = 0; i < heirs.n && !e && g->act; i++)
		e = set_repeats(g, &heirs.v[i], i ? heirs.v[0].id : 0);
	if (!e && g->act && heirs.n)
		e = move_likenesses(g, gone->subject, heirs.v[0].subject, heirs.v[0].batch);
	vec_drop(&heirs);
	return e;
}

static enum err add_leaf(struct recalling *g, const void *row)
{
	struct merkle_node leaf;
	struct crypt_hash hash;
	enum err e = intake_hash_at_first(g->tx, g->noun, row, &hash, g->f);

	if (e)
		return e;
	intake_leaf(g->hasher, &hash, &leaf);
	merkle_add(&g->merkle, &leaf);
	return OK;
}

/*
 * Nobody can make the batch's root from its rows any more. So the recall says what root the rows
 * had that it took: the same as the batch's, which the ledger vouches for, or fsck tells of it. In
 * groups, as no run of digits may be long enough to look like somebody's number.
 */
static enum err say_root(struct recalling *g)
{
	struct buf b = { g->detail, 0, sizeof g->detail, OK }; /* it fits */
	CLEANUP(buf_release) struct buf hex = { 0 };
	struct merkle_node root;

	merkle_root(&g->merkle, &root);
	encode_hex(&hex, root.v, sizeof root.v);
	buf_fmt(&b, "rows=%lld root=", (long long)g->sum.rows);
	for (size_t i = 0; i < hex.n; i++) {
		if (i && i % 4 == 0)
			buf_char(&b, '-');
		buf_char(&b, hex.p[i]);
	}
	buf_char(&b, '\0');
	return hex.failed ? hex.failed : b.failed;
}

static enum err one_row(struct recalling *g, const struct stored *s)
{
	void *row;
	enum err e;

	arena_clear(g->a);
	if ((e = record_get(g->in->o.book, g->tx, g->noun, (struct record_id){ s->id }, g->a, &row,
			    g->f)))
		return e == ERR_ABSENT ? fault_set(g->f, ERR_CORRUPT, "批次的一行不见了",
						   "a row of the batch is not there")
				       : e;
	g->sum.rows++;
	if (row_head(row)->version > 1) {
		if (g->sum.n_changed < RECALL_CHANGED_TOLD)
			g->sum.changed_ids[g->sum.n_changed] = s->id;
		g->sum.n_changed++;
	}
	if (g->act && (e = add_leaf(g, row)))
		return e;
	if (!s->repeats && (e = succeed(g, s)))
		return e;
	if (!g->act)
		return OK;
	if (row_head(row)->version > 1 && (e = entry_gone(g, g->noun, row)))
		return e;
	return tx_run(g->tx, g->sql.drop, SQL_ARGS(sql_i64(s->home), sql_i64(s->id)), NULL, g->f);
}

/* A page at a time: what is read is not changed while it is read. */
static enum err all_rows(struct recalling *g)
{
	int64_t after = 0;
	size_t n = PAGE_ROWS;
	enum err e = OK;

	while (n == PAGE_ROWS && !e) {
		CLEANUP(rows_end) struct rows *r = NULL;
		struct stored page[PAGE_ROWS];
		bool more;

		n = 0;
		e = tx_rows(g->tx, &intake_sql.rows_of_batch,
			    SQL_ARGS(sql_i64(g->county.v), sql_i64(g->batch->record.id.v),
				     sql_i64(after), sql_i64(PAGE_ROWS)),
			    &r, g->f);
		while (!e && !(e = rows_next(r, &more, g->f)) && more)
			page[n++] = (struct stored){ .row_at = rows_i64(r, 0),
						     .home = rows_i64(r, 1),
						     .id = rows_i64(r, 2),
						     .subject = rows_i64(r, 3),
						     .repeats = rows_i64(r, 4) };
		rows_end(&r);
		for (size_t i = 0; i < n && !e; i++)
			e = one_row(g, &page[i]);
		after = n ? page[n - 1].row_at : after;
	}
	return e;
}

static enum err key_of(struct recalling *g, int64_t *ret)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e = tx_row(g->tx, &intake_sql.key_of_batch,
			    SQL_ARGS(sql_i64(g->county.v), sql_i64(g->feed->record.id.v),
				     sql_i64(g->batch->record.id.v)),
			    &r, g->f);

	if (e)
		return e == ERR_ABSENT ? fault_set(g->f, ERR_CORRUPT, "批次的登记不见了",
						   "the batch's own key is not there")
				       : e;
	*ret = rows_i64(r, 0);
	return OK;
}

static enum err run(struct recalling *g, int64_t *ret_key)
{
	CLEANUP(arena_end) struct arena *a = NULL;
	struct trail_batch t = { .county = g->county };
	enum err e;

	g->county = area_county(g->batch->record.area);
	g->noun = schema_of(g->feed->brings).noun;
	g->sql = intake_brought_sql(g->feed->brings);
	t.county = g->county;
	if ((e = arena_new(ROW_BYTES, &a)) || (e = key_of(g, ret_key)))
		return e;
	g->a = a;
	t.id = *ret_key;
	if (g->noun && g->act && (e = crypt_hasher_new(CRYPT_WORLD, &g->hasher)))
		return e;
	merkle_begin(&g->merkle, g->hasher);
	if (g->noun) {
		if ((e = all_rows(g)) || (g->act && (e = say_root(g))))
			return e;
		return drop_likenesses(g);
	}
	if (!g->act)
		return trail_preview(g->tx, t, &g->sum.visits, g->f);
	if (!g->in->o.trail)
		return fault_set(g->f, ERR_BUSY, "轨迹库没有打开", "the trail is not open");
	return trail_withdraw(g->in->o.trail, g->tx, t, &g->sum.visits, g->f);
}

static enum err must_be_received(const struct batch *b, struct fault *f)
{
	if (b->record.state == BATCH_RECEIVED)
		return OK;
	return fault_set(f, ERR_CONFLICT, "这一批没有入库（%s），没有可收回的%.0s",
			 "%.0snothing of this batch is stored (%s): there is nothing to recall",
			 batch_states[b->record.state].zh, batch_states[b->record.state].en);
}

enum err recall_preview(struct intake *in, struct tx *tx, struct feed *feed, struct batch *b,
			struct recall_sum *ret, struct fault *f)
{
	struct recalling g = { .in = in, .tx = tx, .f = f, .batch = b, .feed = feed };
	int64_t key;
	enum err e = must_be_received(b, f);

	if (e || (e = run(&g, &key)))
		return e;
	*ret = g.sum;
	return OK;
}

enum err recall_run(struct intake *in, struct call *c, struct tx *tx, struct feed *feed,
		    struct batch *b, struct str why, struct recall_sum *ret, int64_t *ret_key,
		    struct fault *f)
{
	CLEANUP(recalling_end)
	struct recalling g = {
		.in = in, .tx = tx, .c = c, .f = f, .batch = b, .feed = feed, .act = true
	};
	struct batch after = *b;
	struct ledger_entry en = { .county = b->record.area,
				   .object = STR("batch"),
				   .object_id = b->record.id.v,
				   .version = b->record.version + 1,
				   .action = STR("recall") };
	enum err e = must_be_received(b, f);

	if (e || (e = run(&g, ret_key)) ||
	    (e = question_reopen(c, tx, g.county, b->record.id.v, f)) ||
	    (e = tx_run(tx, &intake_sql.rows_drop,
			SQL_ARGS(sql_i64(g.county.v), sql_i64(b->record.id.v)), NULL, f)) ||
	    (e = tx_run(tx, &intake_sql.key_drop,
			SQL_ARGS(sql_i64(g.county.v), sql_i64(feed->record.id.v),
				 sql_text(b->sender_id)),
			NULL, f)) ||
	    (e = tx_run(tx, &intake_sql.gone_put, SQL_ARGS(sql_i64(g.county.v), sql_i64(*ret_key)),
			NULL, f)))
		return e;
	after.record.state = BATCH_RECALLED;
	after.record.version++;
	after.record.updated_at = c->now;
	after.why = why;
	en.detail = str_of(g.detail);
	if ((e = intake_hash(&batch_noun, b, &en.before)) ||
	    (e = intake_hash(&batch_noun, &after, &en.after)) ||
	    (e = record_replace(in->o.book, tx, &batch_noun, b, &after, f)) ||
	    (e = call_act(c, tx, &en, f)))
		return e;
	*b = after;
	*ret = g.sum;
	return OK;
}
