#include "access/call.h"

#include <stdio.h>
#include <string.h>

#include "access/inside.h"
#include "base/when.h"
#include "crypt/encode.h"

#include "base/ban.h"

/* ---- what was asked ---- */

int64_t call_id(const struct call *c, const char *name)
{
	return http_match_id(c->match, name);
}

struct str call_text(const struct call *c, const char *name)
{
	return http_match_text(c->match, name);
}

bool call_has(const struct call *c, const char *name)
{
	return http_match_has(c->match, name);
}

bool call_may(const struct call *c, enum capability also)
{
	return who_may(c->who, also);
}

enum err call_flag(const struct call *c, const char *name, bool *ret, struct fault *f)
{
	struct str s = http_query(c->rq, name);

	*ret = str_eq(s, STR("true")) || str_eq(s, STR("1"));
	if (*ret || !s.p || str_eq(s, STR("false")) || str_eq(s, STR("0")))
		return OK;
	fault_at(f, name, NULL);
	return fault_set(f, ERR_RANGE, "%s 应为 true 或 false", "%s is true or false", name);
}

/* ---- areas ---- */

static enum err beyond(struct fault *f)
{
	return fault_set(f, ERR_FORBIDDEN, "不在您的区域内", "it is not in your areas");
}

enum err call_reach(struct call *c, struct area_code area, struct fault *f)
{
	c->state->answer.reached = true;
	c->state->answer.area = area;
	return scope_covers(&c->who->scope, area) ? OK : beyond(f);
}

enum err call_reach_up(struct call *c, struct area_code area, struct fault *f)
{
	enum err e = call_reach(c, area, f);

	return e == ERR_FORBIDDEN && scope_under(&c->who->scope, area) ? OK : e;
}

const struct scope *call_scope(struct call *c)
{
	c->state->answer.reached = true;
	return &c->who->scope;
}

enum err call_scope_in(struct call *c, struct area_code asked, struct scope *ret, struct fault *f)
{
	struct scope in;

	c->state->answer.reached = true;
	in = scope_within(&c->who->scope, asked);
	if (in.n == 0)
		return beyond(f);
	*ret = in;
	return OK;
}

enum err call_absent(struct fault *f)
{
	return fault_set(f, ERR_ABSENT, "没有这一条", "there is no such thing");
}

/* ---- the ledger ---- */

void call_sign(const struct call *c, struct ledger_entry *e)
{
	e->county = area_county(e->county);
	e->at = c->now;
	e->purpose = str_of(purpose_word(c->route->why));
	if (c->who->kind == WHO_NOBODY || e->actor)
		return; /* at a log-in the handler says whose it is */
	e->actor = c->who->account;
	e->session = c->who->session;
}

enum err call_act(struct call *c, struct tx *tx, struct ledger_entry *entry, struct fault *f)
{
	struct call_answer *a = &c->state->answer;
	enum err e;

	call_sign(c, entry);
	if (entry->kind == 0)
		entry->kind = LEDGER_ACT;
	if ((e = ledger_append(tx, entry, a->told ? NULL : &a->receipt, f)))
		return e;
	a->acted = true;
	if (entry->kind != LEDGER_READ)
		a->act = *entry;
	c->receipt = &a->receipt;
	return OK;
}

enum err call_saw(struct call *c, const struct ledger_entry *entry, struct fault *f)
{
	struct call_answer *a = &c->state->answer;

	if (a->n_saw == CALL_SAW_MAX)
		return fault_set(f, ERR_BUG, "一次答复只记 %d 条查阅", "an answer notes %d looks",
				 CALL_SAW_MAX);
	a->saw[a->n_saw++] = *entry;
	return OK;
}

/* ---- the answer ---- */

void call_reset(struct call_state *s)
{
	s->answer = (struct call_answer){ 0 };
	s->call.receipt = NULL;
	http_clear(s->call.rs);
	json_begin(&s->answer.json, &s->call.rs->body);
}

struct json *call_json(struct call *c)
{
	return &c->state->answer.json;
}

void call_id_json(struct call *c, int64_t id)
{
	char text[24];
	struct buf b = { .p = text, .cap = sizeof text };

	buf_i64(&b, id);
	json_str(call_json(c), buf_view(&b));
}

void call_time_json(struct call *c, struct utc_s t)
{
	char text[48];
	struct buf b = { .p = text, .cap = sizeof text };

	when_iso(&b, t, c->state->d->o.zone);
	assert(b.p == text);
	json_str(call_json(c), buf_view(&b));
}

void call_receipt_json(struct call *c)
{
	CLEANUP(buf_release) struct buf text = { 0 }, hash = { 0 };
	char county[AREA_TEXT_BYTES];
	struct json *j = call_json(c);

	json_key(j, "receipt");
	if (!c->receipt) {
		json_nil(j);
		return;
	}
	c->state->answer.told = true;
	area_text(c->receipt->county, county);
	encode_hex(&hash, c->receipt->hash.v + 1, CRYPT_RAW_BYTES);
	ledger_receipt_text(c->receipt, &text);
	json_open(j, '{');
	json_key(j, "county");
	json_str(j, str_of(county));
	json_key(j, "seq");
	json_i64(j, c->receipt->seq);
	json_key(j, "hash");
	json_str(j, buf_view(&hash));
	json_key(j, "head");
	json_i64(j, c->receipt->head_due);
	json_key(j, "text");
	json_str(j, buf_view(&text));
	json_close(j, '}');
	if ((text.failed || hash.failed) && !j->out->failed)
		j->out->failed = ERR_MEMORY;
}

enum err call_receipt_only(struct call *c)
{
	json_open(call_json(c), '{');
	call_receipt_json(c);
	json_close(call_json(c), '}');
	return OK;
}

void call_status(struct call *c, int status)
{
	c->rs->status = status;
}

enum err call_etag(struct call *c, struct str tag)
{
	return http_etag(c->rs, tag);
}

enum err call_location(struct call *c, struct str url)
{
	return http_location(c->rs, url);
}

enum err call_cookie(struct call *c, struct str value, int64_t age_s)
{
	return http_set_cookie(c->rs, DISPATCH_COOKIE, value, (unsigned)age_s);
}

void call_refuse(struct call *c, enum err e, const struct fault *f)
{
	struct call_answer *a = &c->state->answer;

	assert(e != OK);
	a->refused = e;
	if (f)
		a->refusal = *f;
}

void call_done(struct call *c)
{
	c->state->answer.done = true;
}

enum err call_owes(const struct call_state *s, struct fault *f)
{
	const struct route *r = s->call.route;
	const struct call_answer *a = &s->answer;

	if (r->audit == AUDIT_ACT && !a->acted)
		return fault_set(f, ERR_BUG, "%s %s 没有记账，已撤销",
				 "%s %s left no entry in the ledger and was undone",
				 http_method_word(r->method), r->path);
	if (a->refused)
		return OK;
	if (r->reach == REACH_AREA && !a->reached)
		return fault_set(f, ERR_BUG, "%s %s 没有核对区域，未予答复",
				 "%s %s asked about no area and is not answered",
				 http_method_word(r->method), r->path);
	if (r->audit == AUDIT_READ && a->n_saw == 0)
		return fault_set(f, ERR_BUG, "%s %s 没有说明展示了什么，未予答复",
				 "%s %s said not what it shows and is not answered",
				 http_method_word(r->method), r->path);
	return s->call.rs->body.failed;
}
