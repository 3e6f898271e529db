/*
 * change.c - handlers that change one row: made, edited, taken a step on.
 *
 * All three go the same way: load, may the caller reach it, lay the body over it, is it whole, what
 * does the noun itself say, write, ledger, answer. Nothing here knows what a state means.
 */
#include "record/handler.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/ban.h"
#include "base/json_read.h"
#include "http/http.h"

/* ---- what all handlers share ---------------------------------------------------------------- */

static enum err load(struct call *c, struct tx *tx, const struct record_kind *k, bool up,
		     void **ret, struct fault *f)
{
	struct record_id id = { call_id(c, "id") };
	void *row;
	enum err e = act_load(tx, k, id, c->a, &row, f);

	if (e == ERR_ABSENT)
		return call_absent(f);
	if (e)
		return e;
	e = up ? call_reach_up(c, row_head(row)->area, f)
	       : call_reach(c, row_head(row)->area, NULL);
	if (e == ERR_FORBIDDEN && k->noun->reach)
		e = k->noun->reach(c, tx, row, f);
	if (e)
		return e;
	*ret = row;
	return OK;
}

enum err handler_load(struct call *c, struct tx *tx, const struct record_kind *k, void **ret,
		      struct fault *f)
{
	return load(c, tx, k, false, ret, f);
}

enum err handler_load_up(struct call *c, struct tx *tx, const struct record_kind *k, void **ret,
			 struct fault *f)
{
	return load(c, tx, k, k->noun->reads_up, ret, f);
}

enum err handler_etag(struct call *c, const void *row)
{
	char text[24];

	row_id_text((struct record_id){ row_head_const(row)->version }, text);
	return call_etag(c, str_of(text));
}

enum err handler_hash(const struct noun *n, const void *row, struct crypt_hash *ret)
{
	CLEANUP(buf_release) struct buf b = { 0 };

	row_canonical(n, row, &b);
	return b.failed ? b.failed : crypt_hash(CRYPT_WORLD, b.p, b.n, ret);
}

enum err handler_saw(struct call *c, const struct record_kind *k, const void *row,
		     struct area_code area, const char *action, struct fault *f)
{
	struct ledger_entry en = { .county = area_county(area),
				   .object = str_of(k->noun->name),
				   .action = str_of(action) };

	if (row)
		en.object_id = row_head_const(row)->id.v;
	return call_saw(c, &en, f);
}

/* ---- the way of a change -------------------------------------------------------------------- */

struct change {
	struct call *c;
	struct tx *tx;
	const struct record_kind *k;
	struct fault *f;
	const struct step *step; /* NULL: an edit */
	void *before, *after;    /* before: NULL of a new row */
};

static enum err refuse_role(struct fault *f)
{
	return fault_set(f, ERR_ROLE, "您的角色不能这样做", "your role may not do this");
}

static enum err lay_body(struct change *g, enum row_reading reading)
{
	struct value_from from = { .zone = g->k->book->zone, .a = g->c->a };
	const struct json_node *map;
	enum err e;

	if (g->c->rq->body.n == 0 && g->step && reading == ROW_EDIT)
		return OK; /* a step may bring fields along, and mostly brings none */
	if ((e = json_read(g->c->rq->body, &json_limits_request, g->c->a, &map, g->f)))
		return e;
	return row_from_json(g->k->noun, map, reading, sight_of(g->c->who), &from, g->after, g->f);
}

/* If-Match: "3", as the ETag gave it. An edit must say what it saw; a step may. */
static enum err check_version(const struct change *g, bool must)
{
	struct str s = http_header(g->c->rq, "If-Match");
	int64_t version;

	if (s.n == 0 && !must)
		return OK;
	if (s.n == 0)
		return fault_set(g->f, ERR_USAGE,
				 "缺少 If-Match 请求头，请带上读到的版本号，如 If-Match: \"3\"",
				 "the header If-Match is missing: send the version that you read, "
				 "as in If-Match: \"3\"");
	if (s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"')
		s = (struct str){ s.p + 1, s.n - 2 };
	if (str_i64(s, &version))
		return fault_set(g->f, ERR_SYNTAX, "If-Match 应为版本号，如 \"3\"",
				 "If-Match is a version, as in \"3\"");
	if (version == row_head(g->before)->version)
		return OK;
	return fault_set(g->f, ERR_CONFLICT, "这条记录已被别人改过，请刷新后再改",
			 "somebody has changed this since: load it again, then change it");
}

static enum err check_guard(const struct change *g)
{
	const struct step *s = g->step;

	if (!s || !s->guard || s->guard(g->after, g->c->who, g->c->now))
		return OK;
	return fault_set(g->f, ERR_CONFLICT, "%s%.0s", "%.0s%s", s->why_zh, s->why_en);
}

static enum err check_row(struct change *g)
{
	const struct noun *n = g->k->noun;
	enum err e;

	if ((e = row_whole(n, g->after, g->f)) ||
	    (e = call_reach(g->c, row_head(g->after)->area, g->f)) || (e = check_guard(g)) ||
	    (e = act_references(g->tx, g->k, g->after, g->f)))
		return e;
	return n->check ? n->check(g->tx, g->before, g->after, g->f) : OK;
}

enum err record_entry(const struct noun *n, const void *before, const void *after,
		      struct str action, struct ledger_entry *ret)
{
	const struct record *r = row_head_const(after);
	struct ledger_entry en = { .county = area_county(r->area),
				   .object = str_of(n->name),
				   .object_id = r->id.v,
				   .version = r->version,
				   .action = action };
	enum err e = before ? handler_hash(n, before, &en.before) : OK;

	if (e || (e = handler_hash(n, after, &en.after)))
		return e;
	*ret = en;
	return OK;
}

enum err record_follow(const struct record_book *b, struct call *c, struct tx *tx,
		       const struct noun *n, const void *was, void *is, const char *action,
		       struct utc_s now, struct fault *f)
{
	struct ledger_entry en;
	enum err e;

	row_head(is)->version = row_head_const(was)->version + 1;
	row_head(is)->updated_at = now;
	if ((e = record_replace(b, tx, n, was, is, f)) ||
	    (e = record_entry(n, was, is, str_of(action), &en)))
		return e;
	if (c)
		return call_act(c, tx, &en, f);
	en.at = now;
	en.kind = LEDGER_ACT;
	en.purpose = str_of(purpose_word(n->why));
	return ledger_append(tx, &en, NULL, f);
}

static enum err record_change(struct change *g)
{
	struct str action = str_of(g->step ? g->step->event : "edit");
	struct ledger_entry en;
	enum err e = record_entry(g->k->noun, g->before, g->after, action, &en);

	return e ? e : call_act(g->c, g->tx, &en, g->f);
}

static enum err answer(struct change *g)
{
	struct json *j = call_json(g->c);
	enum err e = handler_etag(g->c, g->after);

	if (e)
		return e;
	json_open(j, '{');
	if ((e = handler_item(g->c, g->tx, g->k, g->after, g->f)))
		return e;
	call_receipt_json(g->c);
	if ((e = act_follow(g->c, g->tx, g->k, g->before, g->after, g->f)))
		return e;
	json_close(j, '}');
	return OK;
}

/* ---- the handlers --------------------------------------------------------------------------- */

enum err handler_create(struct call *c, struct tx *tx, struct fault *f)
{
	const struct record_kind *k = c->route->arg;
	struct change g = { .c = c, .tx = tx, .k = k, .f = f };
	const struct noun *n = k->noun;
	struct record *r;
	char url[96];
	enum err e;

	g.step = noun_beginning(n);
	if (!sight_may_step(c->who, n, g.step))
		return refuse_role(f);
	if (!(g.after = arena_take(c->a, 1, n->bytes)))
		return ERR_MEMORY;
	noun_blank(n, g.after);
	if ((e = lay_body(&g, ROW_NEW)))
		return e;
	r = row_head(g.after);
	r->id = record_id_new(k->book);
	r->version = 1;
	r->state = g.step->to;
	r->created_at = r->updated_at = c->now;
	r->created_by.v = c->who->account;
	if ((e = check_row(&g)) || (e = act_insert(tx, k, g.after, f)) || (e = record_change(&g)))
		return e;
	snprintf(url, sizeof url, "/api/v1/%s/%" PRId64, n->path, r->id.v);
	call_status(c, 201);
	if ((e = call_location(c, str_of(url))))
		return e;
	return answer(&g);
}

static enum err begin(struct change *g, bool must_match)
{
	enum err e = handler_load(g->c, g->tx, g->k, &g->before, g->f);

	if (e || (e = check_version(g, must_match)))
		return e;
	if (!(g->after = arena_take(g->c->a, 1, g->k->noun->bytes)))
		return ERR_MEMORY;
	memcpy(g->after, g->before, g->k->noun->bytes);
	return OK;
}

static enum err finish(struct change *g)
{
	struct record *r = row_head(g->after);
	enum err e = check_row(g);

	r->version++;
	r->updated_at = g->c->now;
	if (e || (e = act_update(g->tx, g->k, g->before, g->after, g->f)) || (e = record_change(g)))
		return e;
	return answer(g);
}

enum err handler_edit(struct call *c, struct tx *tx, struct fault *f)
{
	struct change g = { .c = c, .tx = tx, .k = c->route->arg, .f = f };
	enum err e = begin(&g, true);

	if (e)
		return e;
	if (noun_closed(g.k->noun, row_head(g.before)->state))
		return fault_set(f, ERR_CONFLICT, "这条记录已经了结，不能再改",
				 "this is closed and is not changed any more");
	if ((e = lay_body(&g, ROW_EDIT)))
		return e;
	return finish(&g);
}

/* From this state there is no such step: say which ones there are. */
static enum err no_step(const struct change *g, struct str event)
{
	const struct noun *n = g->k->noun;
	int state = row_head(g->before)->state;
	char zh[160] = "", en[160] = "";
	bool known = false;

	for (size_t i = 0; i < n->n_steps; i++) {
		const struct step *s = &n->step[i];
		size_t n_zh = strlen(zh), n_en = strlen(en);

		known |= str_eq(str_of(s->event), event);
		if (s->from != state)
			continue;
		snprintf(zh + n_zh, sizeof zh - n_zh, "%s%s", n_zh ? "、" : "", s->zh);
		snprintf(en + n_en, sizeof en - n_en, "%s%s", n_en ? ", " : "", s->event);
	}
	if (!known)
		return call_absent(g->f);
	return fault_set(g->f, ERR_CONFLICT, "“%s”状态下不能这样做%.0s，可以：%s%.0s",
			 "%.0sthis cannot be done in the state %s; what can be: %.0s%s",
			 n->state[state].zh, n->state[state].en, *zh ? zh : "无",
			 *en ? en : "nothing");
}

/* Is it for the caller's role in any state? Said openly, before the row is looked at. */
static bool may_event(const struct change *g, struct str event)
{
	const struct noun *n = g->k->noun;
	bool known = false, may = false;

	for (size_t i = 0; i < n->n_steps; i++)
		if (str_eq(str_of(n->step[i].event), event)) {
			known = true;
			may |= sight_may_step(g->c->who, n, &n->step[i]);
		}
	return may || !known;
}

enum err handler_event(struct call *c, struct tx *tx, struct fault *f)
{
	struct change g = { .c = c, .tx = tx, .k = c->route->arg, .f = f };
	struct str event = call_text(c, "event");
	enum err e;

	if (!may_event(&g, event))
		return refuse_role(f);
	if ((e = begin(&g, false)))
		return e;
	g.step = noun_step(g.k->noun, row_head(g.before)->state, event);
	if (!g.step)
		return no_step(&g, event);
	if (!sight_may_step(c->who, g.k->noun, g.step))
		return refuse_role(f);
	if ((e = lay_body(&g, ROW_EDIT)))
		return e;
	row_head(g.after)->state = g.step->to;
	return finish(&g);
}
