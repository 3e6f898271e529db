#include "access/dispatch.h"

#include <string.h>
#include <strings.h>

#include "access/attempt.h"
#include "access/inside.h"
#include "access/session.h"
#include "base/memory.h"
#include "base/when.h"

#include "base/ban.h"

/* More than this is not read from somebody who has not been let in. */
enum { STRANGER_BODY_MAX = 64 * 1024 };

enum err dispatch_new(const struct dispatch_options *o, struct dispatch **ret)
{
	struct dispatch *d = mem_take(1, sizeof(*d));

	if (!d)
		return ERR_MEMORY;
	assert(o->zone);
	d->o = *o;
	*ret = d;
	return OK;
}

void dispatch_end(struct dispatch **d)
{
	if (!*d)
		return;
	mem_drop(*d);
	*d = NULL;
}

static bool reads(const struct route *r)
{
	return r->method == HTTP_GET || (r->flags & ROUTE_READS);
}

/* ---- what is recorded after the transaction ---- */

/* Whoever asked for what is not there, or not theirs, or not for their role: the same entry. */
static void denied(const struct call_state *s, struct ledger_entry *e, char detail[160])
{
	const struct route *r = s->call.route;
	struct buf b = { 0 };

	buf_fmt(&b, "%s %s", http_method_word(r->method), r->path);
	*e = (struct ledger_entry){ .county = s->who.home,
				    .kind = LEDGER_REFUSED,
				    .object = STR("route"),
				    .action = STR("refuse") };
	for (size_t i = 0; i < s->match.n_args && !e->object_id; i++)
		e->object_id = s->match.arg[i].id;
	memcpy(detail, b.p, min_size(b.n, 159));
	e->detail = (struct str){ detail, min_size(b.n, 159) };
	buf_release(&b);
	call_sign(&s->call, e);
}

struct trace {
	struct call_state *s;
	bool denied;
};

static enum err trace_act(struct tx *tx, void *arg, struct fault *f)
{
	struct trace *t = arg;
	struct call_state *s = t->s;
	enum err e = OK;

	if (s->touch_due)
		e = session_touch(tx, &s->bearer, s->call.now, f);
	if (e == OK && t->denied) {
		struct ledger_entry entry;
		char detail[160];

		denied(s, &entry, detail);
		e = ledger_append(tx, &entry, NULL, f);
	}
	for (size_t i = 0; e == OK && !t->denied && i < s->answer.n_saw; i++) {
		struct ledger_entry entry = s->answer.saw[i];

		call_sign(&s->call, &entry);
		e = ledger_read(tx, &entry, NULL, f);
	}
	return e;
}

/* ---- transactions ---- */

static enum err admit_act(struct tx *tx, void *arg, struct fault *f)
{
	return admit(tx, arg, f);
}

static enum err read_act(struct tx *tx, void *arg, struct fault *f)
{
	struct call_state *s = arg;
	enum err e;

	call_reset(s);
	if ((e = admit(tx, s, f)) || (e = s->call.route->run(&s->call, tx, f)))
		return e;
	return call_owes(s, f);
}

static enum err replay(struct call_state *s, const struct idempotency_reply *kept)
{
	struct http_reply *rs = s->call.rs;

	rs->status = kept->status;
	buf_str(&rs->body, kept->body);
	return rs->body.failed ? rs->body.failed : http_receipt(rs, kept->receipt);
}

static enum err keep(struct tx *tx, struct call_state *s, struct str receipt, struct fault *f)
{
	struct idempotency_reply reply = { .receipt = receipt };

	if (!(s->call.route->flags & ROUTE_SECRET)) {
		reply.status = s->call.rs->status;
		reply.body = buf_view(&s->call.rs->body);
	}
	return idempotency_keep(tx, &s->idempotency, &s->who, &reply, f);
}

/* All that may fail happens before the commit: after it, nobody is told that nothing was done. */
static enum err finish(struct tx *tx, struct call_state *s, bool keyed, struct fault *f)
{
	CLEANUP(buf_release) struct buf receipt = { 0 };
	enum err e = call_owes(s, f);

	if (e)
		return e;
	if (s->touch_due && (e = session_touch(tx, &s->bearer, s->call.now, f)))
		return e;
	s->touch_due = false;
	if (s->answer.refused)
		return OK;
	ledger_receipt_text(&s->answer.receipt, &receipt);
	if (receipt.failed || (e = http_receipt(s->call.rs, buf_view(&receipt))))
		return receipt.failed ? receipt.failed : e;
	return keyed ? keep(tx, s, buf_view(&receipt), f) : OK;
}

/* Of somebody who is known; `s` was admitted. */
static bool is_keyed(const struct call_state *s)
{
	return s->keyed && s->claimed && s->who.kind != WHO_NOBODY;
}

static enum err write_act(struct tx *tx, void *arg, struct fault *f)
{
	struct call_state *s = arg;
	struct idempotency_reply kept;
	bool again = false, keyed;
	enum err e;

	call_reset(s);
	if ((e = admit(tx, s, f)))
		return e;
	keyed = is_keyed(s);
	if (keyed && (e = idempotency_begin(tx, &s->idempotency, &s->who, s->call.now, s->call.a,
					    &again, &kept, f)))
		return e;
	if (again)
		return replay(s, &kept);
	e = s->call.route->run(&s->call, tx, f);
	return e ? e : finish(tx, s, keyed, f);
}

/* ---- the way of a call ---- */

/* A browser says from whose page a request comes; what a key vouches for needs no such word. */
static enum err origin(const struct call_state *s, struct fault *f)
{
	if (s->call.route->method == HTTP_GET || s->bearer.kind == BEARER_KEY)
		return OK;
	return http_same_origin(s->call.rq, f);
}

struct ahead {
	struct call_state *s;
	bool again;
	struct idempotency_reply kept;
};

static enum err ahead_act(struct tx *tx, void *arg, struct fault *f)
{
	struct ahead *h = arg;
	struct call_state *s = h->s;
	/* Anew, also if it was let in to send a large body: the session may have ended by now. */
	enum err e = admit(tx, s, f);

	h->again = false;
	if (e || !is_keyed(s))
		return e;
	return idempotency_look(tx, &s->idempotency, &s->who, s->call.a, &h->again, &h->kept, f);
}

/*
 * What was answered already is answered so before any work: by now `before` might refuse what it
 * let pass. *ret_again: it was.
 */
static enum err before(struct call_state *s, bool *ret_again, struct fault *f)
{
	struct call *c = &s->call;
	struct ahead h = { .s = s };
	enum err e = OK;

	call_reset(s);
	if (!s->admitted || s->keyed)
		e = db_read(c->db, ahead_act, &h, f);
	*ret_again = h.again;
	if (e)
		return e;
	return h.again ? replay(s, &h.kept) : c->route->before(c, f);
}

static enum err run(struct call_state *s, struct fault *f)
{
	struct call *c = &s->call;
	struct db *db = s->d->o.db;
	bool again;
	enum err e;

	if ((e = origin(s, f)))
		return e;
	if (!reads(c->route) && !(c->route->flags & ROUTE_OWN_KEY) &&
	    (e = idempotency_of(c->rq, &s->keyed, &s->idempotency, f)))
		return e;
	if (c->route->before) {
		c->db = db;
		e = before(s, &again, f);
		c->db = NULL;
		if (e || again || s->answer.refused || s->answer.done || !c->route->run)
			return e;
	}
	e = reads(c->route) ? db_read(db, read_act, s, f) : db_write(db, write_act, s, f);
	if (c->route->after) {
		c->db = db;
		c->route->after(c, e == OK);
		c->db = NULL;
	}
	return e;
}

/* Nothing that was written may leave: neither a half answer, nor one that was undone. */
static enum err refusal(struct call_state *s, enum err e, struct fault *f)
{
	bool forbidden = e == ERR_ABSENT || e == ERR_FORBIDDEN;
	bool denial = s->who.kind != WHO_NOBODY && (forbidden || e == ERR_ROLE);
	struct trace t = { s, denial };

	s->answer.n_saw = 0;
	/* If it cannot be recorded, the refusal stands all the same: nothing has happened. */
	if (denial)
		ignore(db_write(s->d->o.db, trace_act, &t, NULL));
	if (!forbidden)
		return e;
	*f = (struct fault){ 0 };
	return ERR_ABSENT;
}

static struct area_code acted_in(const struct call_answer *a)
{
	return area_covers(a->act.county, a->area) ? a->area : a->act.county;
}

enum err dispatch_handle(void *dispatch, struct http_request *rq, struct http_reply *rp,
			 struct fault *f)
{
	struct dispatch *d = dispatch;
	struct call_state *s = rq->kept;
	struct trace t = { s, false };
	enum err e;

	if (!s)
		return d->o.page(d->o.page_arg, rq, rp, f);
	s->call.rs = rp;
	s->call.rq = rq;
	e = run(s, f);
	if (e == OK && s->answer.act.kind && d->o.acted)
		d->o.acted(d->o.house, &s->answer.act, acted_in(&s->answer));
	if (e == OK && s->answer.refused) {
		*f = s->answer.refusal;
		e = s->answer.refused;
	}
	if (e == OK && (s->touch_due || s->answer.n_saw))
		e = db_write(d->o.db, trace_act, &t, f);
	if (e == OK)
		e = rp->body.failed;
	return e ? refusal(s, e, f) : OK;
}

static bool is_page(const struct dispatch *d, const struct http_request *rq)
{
	static const char api[] = "/api/";

	return d->o.page && rq->method == HTTP_GET &&
	       (rq->path.n < sizeof(api) - 1 || memcmp(rq->path.p, api, sizeof(api) - 1) != 0);
}

static enum err no_route(struct dispatch *d, struct http_request *rq, struct http_plan *plan,
			 struct http_reply *rp, const struct http_match *m, enum err e)
{
	if (e == ERR_ABSENT && is_page(d, rq)) {
		rq->kept = NULL;
		rq->route = "(page)";
		plan->aside = false;
		return OK;
	}
	if (e == ERR_METHOD)
		ignore(http_allow(rp, m->methods));
	return e;
}

/* What pages send as a form, with a file somewhere in it: no route reads that. */
static enum err no_form(const struct http_request *rq, const struct route *r, struct fault *f)
{
	static const char form[] = "multipart/";
	struct str type = http_header(rq, "Content-Type");

	if (type.n < sizeof(form) - 1 || strncasecmp(type.p, form, sizeof(form) - 1) != 0)
		return OK;
	if (r->takes != route_file)
		return fault_set(f, ERR_TYPE, "请把内容作为 JSON 发送，不要用表单（multipart）",
				 "send JSON as the body, and no form (multipart)");
	return fault_set(f, ERR_TYPE, "请把文件本身作为请求内容发送，不要用表单（multipart）",
			 "send the file itself as the body, and no form around it (multipart)");
}

enum err dispatch_begin(void *dispatch, struct http_request *rq, struct http_plan *plan,
			struct http_reply *rp, struct fault *f)
{
	struct dispatch *d = dispatch;
	struct call_state *s = arena_take(rq->arena, 1, sizeof(*s));
	const struct route *r;
	enum err e;

	if (!s)
		return ERR_MEMORY;
	if ((e = routes_find(d->o.routes, rq->method, rq->path, &s->match, &r)))
		return no_route(d, rq, plan, rp, &s->match, e);
	s->d = d;
	s->call = (struct call){ .rq = rq,
				 .match = &s->match,
				 .route = r,
				 .who = &s->who,
				 .a = rq->arena,
				 .now = clock_s(&d->o.clock),
				 .house = d->o.house,
				 .state = s };
	rq->kept = s;
	rq->route = r->path;
	admit_claim(s);
	plan->body_bytes_max = r->body_max;
	/* A look into SQLite waits for nobody; all else may. */
	plan->aside = !(r->method == HTTP_GET && r->audit == AUDIT_NONE && !r->before &&
			db_is_sqlite(d->o.db));
	if (r->body_max && (e = no_form(rq, r, f)))
		return e;
	if (r->body_max <= STRANGER_BODY_MAX)
		return OK;
	if ((e = origin(s, f)) || (e = db_read(d->o.db, admit_act, s, f)))
		return refusal(s, e, f);
	return OK;
}

static enum err tick_act(struct tx *tx, void *arg, struct fault *f)
{
	struct dispatch *d = arg;
	struct utc_s now = clock_s(&d->o.clock);
	enum err e;

	if ((e = session_sweep(tx, d->o.policy, now, f)) || (e = attempt_sweep(tx, now, f)))
		return e;
	return idempotency_sweep(tx, now, f);
}

enum err dispatch_tick(struct dispatch *d, struct fault *f)
{
	return db_write(d->o.db, tick_act, d, f);
}
