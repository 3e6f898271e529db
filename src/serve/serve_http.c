/* serve_http.c - routes of the house itself: is it well, what does it count, who did what. */
#include <string.h>

#include "base/json_read.h"
#include "base/memory.h"
#include "crypt/encode.h"
#include "http/stream.h"
#include "ledger/head.h"
#include "ledger/ledger.h"
#include "serve/notify.h"
#include "serve/serve.h"

#include "base/ban.h"

enum { PAGE = 50, RECEIPT_BODY = 4096 };

static struct serve *serve_of(const struct call *c)
{
	return c->house;
}

/* ---- is it well ------------------------------------ */

static enum err health(struct call *c, struct tx *tx, struct fault *f)
{
	struct json *j = call_json(c);

	(void)tx; /* that there is one is the answer */
	(void)f;
	json_open(j, '{');
	json_key(j, "status");
	json_str(j, serve_of(c)->heads_broken ? STR("ledger") : STR("ok"));
	json_key(j, "names");
	json_str(j, serve_of(c)->vault_sealed ? STR("sealed") : STR("ok"));
	json_close(j, '}');
	return OK;
}

static enum err metrics(struct call *c, struct fault *f)
{
	(void)f;
	c->rs->type = "text/plain; version=0.0.4; charset=utf-8";
	http_metrics_tell(serve_of(c)->metrics, &c->rs->body);
	call_done(c);
	return c->rs->body.failed;
}

/* ---- the ledger ------------------------------------ */

static void hash_json(struct json *j, const char *key, const struct crypt_hash *h)
{
	CLEANUP(buf_release) struct buf hex = { 0 };

	if (h->v[0])
		encode_hex(&hex, h->v, CRYPT_HASH_BYTES);
	if (hex.failed && !j->out->failed)
		j->out->failed = hex.failed;
	json_key(j, key);
	if (hex.n)
		json_str(j, buf_view(&hex));
	else
		json_nil(j);
}

static void area_json(struct json *j, const char *key, struct area_code a)
{
	char text[AREA_TEXT_BYTES];

	area_text(a, text);
	json_key(j, key);
	json_str(j, str_of(text));
}

static void word_json(struct json *j, const char *key, struct str s)
{
	json_key(j, key);
	json_str(j, s);
}

struct telling {
	struct call *c;
	int64_t actor[PAGE]; /* of those told */
	int64_t last;        /* seq of the last entry told */
	size_t n;
};

static enum err tell_entry(const struct ledger_entry *en, const struct crypt_hash *hash, void *arg,
			   struct fault *f)
{
	struct telling *t = arg;
	struct call *c = t->c;
	struct json *j = call_json(c);

	(void)f;
	json_open(j, '{');
	area_json(j, "county", en->county);
	json_key(j, "seq");
	json_i64(j, en->seq);
	json_key(j, "at");
	call_time_json(c, en->at);
	word_json(j, "kind", str_of(ledger_kind_word(en->kind)));
	json_key(j, "actor");
	call_id_json(c, en->actor);
	word_json(j, "purpose", en->purpose);
	word_json(j, "object", en->object);
	json_key(j, "object_id");
	call_id_json(c, en->object_id);
	word_json(j, "action", en->action);
	json_key(j, "version");
	json_i64(j, en->version);
	word_json(j, "detail", en->detail);
	hash_json(j, "hash", hash);
	json_close(j, '}');
	t->last = en->seq;
	assert(t->n < PAGE);
	t->actor[t->n++] = en->actor;
	return OK;
}

/* A number of the query, or `preset`; anything else is refused. */
static enum err number_of(const struct call *c, const char *name, int64_t preset, int64_t *ret,
			  struct fault *f)
{
	struct str s = http_query(c->rq, name);

	*ret = preset;
	if (!s.n || (!str_i64(s, ret) && *ret >= 0))
		return OK;
	return fault_set(f, ERR_RANGE, "%s 应为整数", "%s is a whole number", name);
}

static enum err county_of(struct call *c, struct area_code *ret, struct fault *f)
{
	struct str s = http_query(c->rq, "county");

	*ret = area_county(call_scope(c)->n ? call_scope(c)->v[0] : c->who->home);
	if (s.n && area_parse(s, ret))
		return fault_set(f, ERR_RANGE, "county 应为区划代码",
				 "county is a code of an area");
	*ret = area_county(*ret);
	return call_reach(c, *ret, f);
}

static void page_begin(struct call *c)
{
	json_open(call_json(c), '{');
	json_key(call_json(c), "items");
	json_open(call_json(c), '[');
}

/* `next`: where the next page goes on; 0: there is none. The map stays open. */
static void page_end(struct call *c, int64_t next)
{
	struct json *j = call_json(c);

	json_close(j, ']');
	json_key(j, "next");
	if (next)
		call_id_json(c, next);
	else
		json_nil(j);
	json_key(j, "as_of");
	call_time_json(c, c->now);
}

static enum err ledger(struct call *c, struct tx *tx, struct fault *f)
{
	struct ledger_page page = { .limit = PAGE };
	struct ledger_entry saw = { .object = STR("ledger"), .action = STR("list") };
	struct telling t = { .c = c };
	struct str object = http_query(c->rq, "object");
	int64_t id, actor;
	enum err e;

	if ((e = county_of(c, &page.county, f)) ||
	    (e = number_of(c, "after", 0, &page.before_seq, f)) ||
	    (e = number_of(c, "object_id", 0, &id, f)) || (e = number_of(c, "actor", 0, &actor, f)))
		return e;
	page_begin(c);
	if (object.n)
		e = ledger_of_object(tx, &page, object, id, tell_entry, &t, f);
	else if (actor)
		e = ledger_of_actor(tx, &page, actor, tell_entry, &t, f);
	else
		e = ledger_list(tx, &page, tell_entry, &t, f);
	if (e)
		return e;
	page_end(c, t.n == PAGE && t.last > 1 ? t.last : 0);
	e = record_labels(serve_of(c)->book, c, tx, "account", t.actor, t.n, f);
	json_close(call_json(c), '}');
	if (e)
		return e;
	saw.county = page.county;
	return call_saw(c, &saw, f);
}

static void head_json(struct call *c, const struct head *h)
{
	struct json *j = call_json(c);
	struct crypt_hash root = { { (uint8_t)h->suite } };

	memcpy(root.v + 1, h->history.v, CRYPT_RAW_BYTES);
	json_open(j, '{');
	json_key(j, "head");
	json_i64(j, h->n);
	json_key(j, "at");
	call_time_json(c, h->at);
	json_key(j, "chains");
	json_i64(j, (int64_t)h->n_lines);
	hash_json(j, "root", &root);
	json_close(j, '}');
}

static void book_end(struct head_book **b)
{
	head_book_end(b);
}

/* From the file that is signed, newest first; it is read anew, since it is the truth. */
static enum err heads(struct call *c, struct fault *f)
{
	CLEANUP(book_end) struct head_book *b = NULL;
	char path[PATH_MAX];
	int64_t before, shown = 0;
	size_t i;
	enum err e = number_of(c, "after", INT64_MAX, &before, f);

	if (e || (e = head_book_new(true, &b)))
		return e;
	b->trusting = true;
	house_path(serve_of(c)->house->dir, "heads/heads", path);
	if ((e = head_book_read(b, path, f)))
		return e;
	page_begin(c);
	for (i = b->all.n; i > 0 && shown < PAGE; i--) {
		if (b->all.v[i - 1].n >= before)
			continue;
		head_json(c, &b->all.v[i - 1]);
		shown++;
	}
	page_end(c, i > 0 ? b->all.v[i].n : 0);
	json_close(call_json(c), '}');
	call_done(c);
	return OK;
}

static const char *const receipt_keys[] = { "text", NULL };

static enum err receipt(struct call *c, struct tx *tx, struct fault *f)
{
	struct fault unasked = { 0 };
	struct json *j = call_json(c);
	struct telling t = { .c = c };
	const struct json_node *body;
	struct ledger_receipt r;
	struct str text = { "", 0 };
	bool whole;
	enum err e;

	if ((e = json_read(c->rq->body, &json_limits_request, c->a, &body, f)) ||
	    (e = json_only(body, receipt_keys, f)) || (e = json_need(body, "text", f)) ||
	    (e = json_get_text(body, "text", RECEIPT_BODY, &text, f)))
		return e;
	e = ledger_receipt_parse(text, &r);
	if (e)
		return fault_set(
			f, ERR_SYNTAX, "这不是回执，或抄写有误，请核对每个字符",
			"this is no receipt, or was not copied well: compare each character");
	e = ledger_receipt_check(tx, &r, &unasked);
	if (e && e != ERR_ABSENT && e != ERR_CORRUPT)
		return e;
	whole = !e;
	json_open(j, '{');
	json_key(j, "whole");
	json_bool(j, whole);
	json_key(j, "head");
	json_i64(j, r.head_due);
	if (whole) {
		json_key(j, "entry");
		if ((e = ledger_at(tx, r.county, r.seq, tell_entry, &t, f)))
			return e;
	}
	json_close(j, '}');
	return OK;
}

/* ---- what changes ------------------------------------ */

struct ear {
	struct scope scope;
	int64_t account;       /* 0: of a program */
	uint64_t capabilities; /* as they were when it opened */
};

static bool ear_wants(void *arg, const struct http_event *ev)
{
	const struct ear *ear = arg;

	if (ev->key < 0)
		return ear->account && notify_is_for(ev, ear->account);
	if (!(ear->capabilities & ev->need))
		return false;
	/* What happens above is for those below, too: an import, a campaign, a county's duty. */
	return scope_covers(&ear->scope, (struct area_code){ ev->key }) ||
	       scope_under(&ear->scope, (struct area_code){ ev->key });
}

static void ear_end(void *arg)
{
	mem_drop(arg);
}

static enum err live(struct call *c, struct fault *f)
{
	struct ear *ear = mem_take(1, sizeof *ear);
	enum err e;

	if (!ear)
		return ERR_MEMORY;
	ear->scope = *call_scope(c);
	ear->capabilities = c->who->capabilities;
	ear->account = c->who->kind == WHO_PERSON ? c->who->account : 0;
	e = http_stream_open(c->rs, (struct http_audience){ ear_wants, ear_end, ear }, f);
	if (!e)
		call_done(c);
	return e;
}

static const struct route rows[] = {
	{ ROUTE(HTTP_GET, "/healthz", health, CAP_ANYONE, REACH_ALL, WHY_OPEN, 0, AUDIT_NONE,
		"服务与数据库是否正常", "Whether the server and its database are well") },
	{ ROUTE(HTTP_GET, "/metrics", NULL, CAP_ANYONE, REACH_ALL, WHY_OPEN, 0, AUDIT_NONE,
		"Prometheus 指标", "Figures for Prometheus"),
	  .before = metrics },
	{ ROUTE(HTTP_GET, "/api/v1/ledger", ledger, CAP_LEDGER_READ, REACH_AREA, WHY_OVERSIGHT, 0,
		AUDIT_READ, "台账：谁做了什么、看了什么",
		"The ledger: who did and who read what") },
	{ ROUTE(HTTP_GET, "/api/v1/ledger/heads", NULL, CAP_LEDGER_READ, REACH_ALL, WHY_OVERSIGHT,
		0, AUDIT_NONE, "已签名的账头", "Signed heads of the ledger"),
	  .before = heads },
	{ ROUTE(HTTP_POST, "/api/v1/receipts/check", receipt, CAP_SELF, REACH_ALL, WHY_SELF,
		RECEIPT_BODY, AUDIT_NONE, "核对一张回执", "Hold a receipt against the ledger"),
	  .takes = receipt_keys, .flags = ROUTE_READS },
	{ ROUTE(HTTP_GET, "/api/v1/live", NULL, CAP_SELF, REACH_AREA, WHY_DUTY, 0, AUDIT_NONE,
		"有什么变了（事件流）", "What changes (event stream)"),
	  .before = live },
};
const struct route_list serve_routes = { rows, ARRAY_LEN(rows) };
