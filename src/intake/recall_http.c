/* recall_http.c - what a recall would take back, and the recall. */
#include "base/json_read.h"
#include "intake/inside.h"
#include "intake/recall.h"

#include "base/ban.h"

enum { BODY_MAX = 16 << 10 };

static void put(struct json *j, const char *key, int64_t v)
{
	json_key(j, key);
	json_i64(j, v);
}

static void tell(struct call *c, const struct recall_sum *s)
{
	struct json *j = call_json(c);

	put(j, "rows", s->rows);
	put(j, "succeeded", s->succeeded);
	put(j, "likenesses", s->likenesses);
	put(j, "visits", (int64_t)s->visits.visits);
	put(j, "visit_days", s->visits.days);
	put(j, "changed", s->n_changed);
	json_key(j, "changed_ids");
	json_open(j, '[');
	for (int64_t i = 0; i < s->n_changed && i < RECALL_CHANGED_TOLD; i++)
		call_id_json(c, s->changed_ids[i]);
	json_close(j, ']');
}

static enum err find(struct call *c, struct tx *tx, struct batch **b, struct feed **feed,
		     struct fault *f)
{
	enum err e = intake_batch(c, tx, b, f);

	return e ? e : intake_feed(c, tx, (*b)->feed.v, feed, f);
}

static enum err preview_run(struct call *c, struct tx *tx, struct fault *f)
{
	struct recall_sum s;
	struct batch *b;
	struct feed *feed;
	enum err e;

	if ((e = find(c, tx, &b, &feed, f)) ||
	    (e = recall_preview((struct intake *)(uintptr_t)c->route->arg, tx, feed, b, &s, f)))
		return e;
	json_open(call_json(c), '{');
	tell(c, &s);
	json_close(call_json(c), '}');
	return OK;
}

struct recalled {
	struct str why;
	int64_t key;
	struct area_code county;
	enum feed_brings brings;
	bool entered, done;
};

struct key_ask {
	struct call *c;
	struct recalled *r;
};

static enum err key_act(struct tx *tx, void *arg, struct fault *f)
{
	struct key_ask *x = arg;
	struct batch *b;
	struct feed *feed;
	enum err e = find(x->c, tx, &b, &feed, f);

	if (e)
		return e;
	x->r->key = intake_key(feed->record.id.v, b->sender_id);
	x->r->county = area_county(b->record.area);
	x->r->brings = feed->brings;
	return OK;
}

static const char *const why_keys[] = { "why", NULL };

/* Nobody pushes the same batch while it is taken back. */
static enum err recall_before(struct call *c, struct fault *f)
{
	struct recalled *r = arena_take(c->a, 1, sizeof *r);
	struct key_ask ask = { c, r };
	const struct json_node *n;
	enum err e;

	if (!r)
		return ERR_MEMORY;
	c->parsed = r;
	if ((e = json_read(c->rq->body, &json_limits_request, c->a, &n, f)) ||
	    (e = json_only(n, why_keys, f)) || (e = json_need(n, "why", f)) ||
	    (e = json_get_said(n, "why", 600, &r->why, f)))
		return e;
	if (str_characters(r->why) < 2) {
		fault_at(f, "why", NULL);
		return fault_set(f, ERR_RANGE, "请写明为什么收回", "say why it is recalled");
	}
	if ((e = db_read(c->db, key_act, &ask, f)) ||
	    (e = intake_enter((struct intake *)(uintptr_t)c->route->arg, r->key, f)))
		return e;
	r->entered = true;
	return OK;
}

static enum err recall_act(struct call *c, struct tx *tx, struct fault *f)
{
	struct recalled *r = c->parsed;
	struct recall_sum s;
	struct batch *b;
	struct feed *feed;
	int64_t key;
	enum err e;

	r->done = false;
	if ((e = find(c, tx, &b, &feed, f)) ||
	    (e = recall_run((struct intake *)(uintptr_t)c->route->arg, c, tx, feed, b, r->why, &s,
			    &key, f)))
		return e;
	assert(key == r->key);
	r->done = true;
	json_open(call_json(c), '{');
	tell(c, &s);
	call_receipt_json(c);
	json_close(call_json(c), '}');
	return OK;
}

/* Told again by intake_settle if the vault does not hear it now: it is not in the core any more. */
static void recall_after(struct call *c, bool committed)
{
	struct intake *in = (struct intake *)(uintptr_t)c->route->arg;
	struct recalled *r = c->parsed;
	struct fault unasked = { 0 };

	if (r->brings == FEED_VISITS && in->o.trail) {
		struct trail_batch t = { r->county, r->key };

		if (committed && r->done)
			trail_withdrawn(in->o.trail, t);
		else
			trail_undone(in->o.trail, t);
	}
	if (in->o.vault)
		ignore(intake_settle_one(in, r->key, &unasked));
	intake_leave(in, r->key);
}

const struct route intake_recall_rows[] = {
	{ ROUTE(HTTP_GET, "/api/v1/batches/{id}/recall", preview_run, CAP_FEED_READ, REACH_AREA,
		WHY_DUTY, 0, AUDIT_NONE, "收回一批会带走什么", "What a recall would take back") },
	{ ROUTE(HTTP_POST, "/api/v1/batches/{id}/recall", recall_act, CAP_FEED_WRITE, REACH_AREA,
		WHY_DUTY, BODY_MAX, AUDIT_ACT, "收回一批及由它而来的一切",
		"Recall a batch and everything that followed from it"),
	  .takes = why_keys, .before = recall_before, .after = recall_after },
};
const size_t intake_recall_rows_n = ARRAY_LEN(intake_recall_rows);
