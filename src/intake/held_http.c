/* held_http.c - a batch that waits is let in, or turned away. */
#include <stdio.h>
#include <string.h>

#include "base/json_read.h"
#include "http/http.h"
#include "intake/inside.h"
#include "intake/intake.sql.h"
#include "intake/question.h"
#include "ledger/ledger.h"

#include "base/ban.h"

enum { SMALL_BODY = 16 << 10 };

struct held {
	struct call *c;
	struct batch *batch;
	struct feed *feed;
	struct str sealed;
};

static enum err held_act(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct held *h = arg;
	struct str s;
	char *copy;
	enum err e = intake_batch(h->c, tx, &h->batch, f);

	if (e || (e = intake_feed(h->c, tx, h->batch->feed.v, &h->feed, f)))
		return e;
	if (h->batch->record.state != BATCH_HELD)
		return fault_set(f, ERR_CONFLICT, "这一批没有在隔离等待",
				 "this batch does not wait for a decision");
	if ((e = tx_row(tx, &intake_sql.held_get,
			SQL_ARGS(sql_i64(area_county(h->batch->record.area).v),
				 sql_i64(h->batch->record.id.v)),
			&r, f)))
		return e == ERR_ABSENT ? ERR_CORRUPT : e;
	s = rows_blob(r, 0);
	if (!(copy = mem_take(s.n + 1, 1)))
		return ERR_MEMORY;
	mem_drop((char *)(uintptr_t)h->sealed.p);
	memcpy(copy, s.p, s.n);
	h->sealed = (struct str){ copy, s.n };
	return OK;
}

struct releasing {
	struct push push;
	struct buf body;
};

static enum err release_before(struct call *c, struct fault *f)
{
	struct releasing *x = arena_take(c->a, 1, sizeof *x);
	struct held h = { .c = c };
	struct intake *in = (struct intake *)(uintptr_t)c->route->arg;
	char with[32];
	enum err e;

	if (!x)
		return ERR_MEMORY;
	c->parsed = x;
	if ((e = db_read(c->db, held_act, &h, f))) {
		mem_drop((char *)(uintptr_t)h.sealed.p);
		return e;
	}
	snprintf(with, sizeof with, "held %lld", (long long)h.batch->record.id.v);
	e = crypt_open(&in->held_key, str_of(with), h.sealed, &x->body);
	mem_drop((char *)(uintptr_t)h.sealed.p);
	x->push.body = buf_view(&x->body);
	x->push.sender_id = h.batch->sender_id;
	x->push.release = h.batch;
	x->push.rows = FIELD_NONE;
	if (e || (e = push_open(c, &x->push, h.feed->record.id.v, f))) {
		push_end(&x->push, false);
		buf_release(&x->body);
	}
	return e;
}

static enum err release_run(struct call *c, struct tx *tx, struct fault *f)
{
	struct releasing *x = c->parsed;
	struct push *p = &x->push;
	struct ledger_entry en;
	struct batch *now;
	enum err e;

	if ((e = intake_batch(c, tx, &now, f)))
		return e;
	if (now->record.version != p->release->record.version)
		return fault_set(f, ERR_CONFLICT, "刚刚已有人决定了，请刷新",
				 "somebody has just decided: load it again");
	if ((e = push_keep(p, tx, f)) || (e = push_answered(c, tx, p, f)) ||
	    (e = push_entry(p, "release", &en)) || (e = call_act(c, tx, &en, f)))
		return e;
	push_answer(c, p);
	call_receipt_json(c);
	json_close(call_json(c), '}');
	return OK;
}

static void release_after(struct call *c, bool committed)
{
	struct releasing *x = c->parsed;

	push_end(&x->push, committed);
	if (x->body.p)
		crypt_wipe(x->body.p, x->body.n);
	buf_release(&x->body);
}

static const char *const why_keys[] = { "why", NULL };

static enum err read_why(struct call *c, struct str *ret, struct fault *f)
{
	const struct json_node *n;
	enum err e;

	if ((e = json_read(c->rq->body, &json_limits_request, c->a, &n, f)) ||
	    (e = json_only(n, why_keys, f)) || (e = json_need(n, "why", f)))
		return e;
	if ((e = json_get_said(n, "why", 600, ret, f)) || str_characters(*ret) >= 2)
		return e;
	fault_at(f, "why", NULL);
	return fault_set(f, ERR_RANGE, "请写明为什么不接收", "say why it is not taken");
}

static enum err reject_run(struct call *c, struct tx *tx, struct fault *f)
{
	const struct intake *in = c->route->arg;
	struct ledger_entry en;
	struct batch *b, after;
	struct push p = { 0 };
	enum err e;

	if ((e = intake_batch(c, tx, &b, f)))
		return e;
	if (b->record.state != BATCH_HELD)
		return fault_set(f, ERR_CONFLICT, "这一批没有在隔离等待",
				 "this batch does not wait for a decision");
	after = *b;
	if ((e = read_why(c, &after.why, f)))
		return e;
	after.record.state = BATCH_REJECTED;
	after.record.version++;
	after.record.updated_at = c->now;
	p.batch = after;
	p.release = b;
	if ((e = tx_run(tx, &intake_sql.held_drop,
			SQL_ARGS(sql_i64(area_county(b->record.area).v), sql_i64(b->record.id.v)),
			NULL, f)) ||
	    (e = tx_run(tx, &intake_sql.key_drop,
			SQL_ARGS(sql_i64(area_county(b->record.area).v), sql_i64(b->feed.v),
				 sql_text(b->sender_id)),
			NULL, f)) ||
	    (e = push_hold_gone(c, tx, b, f)) ||
	    (e = record_replace(in->o.book, tx, &batch_noun, b, &after, f)) ||
	    (e = push_entry(&p, "reject", &en)) || (e = call_act(c, tx, &en, f)))
		return e;
	return call_receipt_only(c);
}

const struct route intake_held_rows[] = {
	{ ROUTE(HTTP_POST, "/api/v1/batches/{id}/release", release_run, CAP_FEED_WRITE, REACH_AREA,
		WHY_DUTY, SMALL_BODY, AUDIT_ACT, "放行隔离的一批", "Let a held batch in"),
	  .before = release_before, .after = release_after },
	{ ROUTE(HTTP_POST, "/api/v1/batches/{id}/reject", reject_run, CAP_FEED_WRITE, REACH_AREA,
		WHY_DUTY, SMALL_BODY, AUDIT_ACT, "拒收隔离的一批", "Turn a held batch away"),
	  .takes = why_keys },
};
const size_t intake_held_rows_n = ARRAY_LEN(intake_held_rows);
