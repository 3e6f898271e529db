/* deeds.c - see deeds.h. */
#include "support/deeds.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/scenes.h"

#include "base/ban.h"

enum { MANY = 3 };

enum what {
	RAISE,
	ACCEPT,
	OFFER,
	REFUSE,
	WITHDRAW,
	TAKE,
	PROVE,
	CLOSE,
	MANY_ACCEPT,
	COMMENT,
	SPLIT,
	MERGE,
	PAPER,
	PHOTO,
	START,
	STOP,
	FORM,
	DECIDE,
	ANSWER,
	MISS,
	VERIFY,
	DISMISS,
	FEED_BACK
};
const struct deed deeds[] = {
	[RAISE] = { "raise", WARD_LEAD, 201 },
	[ACCEPT] = { "accept", WARD_WORKER, 200 },
	[OFFER] = { "offer", WARD_WORKER, 200 },
	[REFUSE] = { "refuse", WARD_AWAY, 200 },
	[WITHDRAW] = { "withdraw", WARD_WORKER, 200 },
	[TAKE] = { "take", WARD_AWAY, 200 },
	[PROVE] = { "prove", WARD_WORKER, 200 },
	[CLOSE] = { "close", WARD_CLERK, 200 },
	[MANY_ACCEPT] = { "accept", WARD_WORKER, 200 },
	[COMMENT] = { "comments", WARD_CLERK, 201 },
	[SPLIT] = { "split", WARD_LEAD, 200 },
	[MERGE] = { "merge", WARD_LEAD, 200 },
	[PAPER] = { "files", WARD_WORKER, 201 },
	[PHOTO] = { "files", WARD_WORKER, 201 },
	[START] = { "start", WARD_LEAD, 200 },
	[STOP] = { "close", WARD_LEAD, 200 },
	[FORM] = { "signals", WARD_DOCTOR, 201 },
	[DECIDE] = { "signals", WARD_MAYOR, 201 },
	[ANSWER] = { "accept", WARD_WORKER, 200 },
	[MISS] = { "decline", WARD_WORKER, 200 },
	[VERIFY] = { "verify", WARD_WORKER, 200 },
	[DISMISS] = { "dismiss", WARD_CLERK, 200 },
	[FEED_BACK] = { "feed_back", WARD_WORKER, 200 },
};
const size_t deeds_n = ARRAY_LEN(deeds);

void deeds_request_release(struct deeds_request *rq)
{
	buf_release(&rq->body);
}

/* ---- what an act needs ----------------------------------------------------------------------- */

static void does(struct ward *w, enum ward_who who, int64_t task, const char *event,
		 const char *more)
{
	assert_int_equal(ward_do(w, who, task, event, more), 200);
}

static int64_t offered(struct ward *w)
{
	int64_t id = ward_raise(w, WARD_LEAD, "430802001001", "");

	does(w, WARD_WORKER, id, "offer", ",\"to\":\"105\"");
	return id;
}

static int64_t campaign(struct ward *w)
{
	CLEANUP(answer_end) struct answer a = { 0 };

	if (ward_ask(w, WARD_LEAD, "POST", "/api/v1/campaigns",
		     "{\"area\":\"430802\",\"name\":\"排查\",\"sector\":\"mine\",\"scope\":"
		     "\"organisations\",\"query\":\"\",\"title\":\"自查\",\"rule\":\"" WARD_RULE
		     "\",\"needs\":\"text\",\"until\":\"2099-12-01T00:00:00+08:00\"}",
		     &a) != 201)
		fail_msg("%d %.*s", a.status, (int)a.body.n, a.body.p);
	return strtoll(ward_text(&a, "id"), NULL, 10);
}

static void step(struct deeds_request *rq, struct ward *w, int64_t id, enum what i,
		 const char *more)
{
	(void)snprintf(rq->target, sizeof rq->target, "/api/v1/tasks/%lld/do/%s", (long long)id,
		       deeds[i].name);
	buf_fmt(&rq->body, "{\"turn\":%lld%s}", (long long)ward_turn(w, id), more);
}

static void of_task(struct deeds_request *rq, int64_t id, enum what i, const char *body)
{
	(void)snprintf(rq->target, sizeof rq->target, "/api/v1/tasks/%lld/%s", (long long)id,
		       deeds[i].name);
	buf_str(&rq->body, str_of(body));
}

static void of_campaign(struct deeds_request *rq, int64_t id, const char *event, const char *body)
{
	(void)snprintf(rq->target, sizeof rq->target, "/api/v1/campaigns/%lld/events/%s",
		       (long long)id, event);
	buf_str(&rq->body, str_of(body));
}

static void many(struct ward *w, struct deeds_request *rq)
{
	(void)snprintf(rq->target, sizeof rq->target, "/api/v1/tasks/do/accept");
	buf_lit(&rq->body, "{\"tasks\":[");
	for (int i = 0; i < MANY; i++)
		buf_fmt(&rq->body, "%s{\"id\":\"%lld\",\"turn\":1}", i ? "," : "",
			(long long)ward_raise(w, WARD_LEAD, "430802001001", ""));
	buf_lit(&rq->body, "]}");
}

/* ---- signals --------------------------------------------------------------------------------- */

static const char crack[] =
	"{\"area\":\"430802001001\",\"source\":\"citizen\",\"sector\":\"mine\",\"rule\":"
	"\"" WARD_RULE "\",\"title\":\"路边坡有裂缝\"}";
static const char decision[] =
	"{\"area\":\"430802001001\",\"source\":\"meeting\",\"sector\":\"mine\",\"rule\":"
	"\"" WARD_RULE "\",\"title\":\"排查边坡\",\"owner\":\"102\",\"tasks\":["
	"{\"title\":\"县里排查\",\"owner\":\"102\",\"area\":\"430802\"},"
	"{\"title\":\"村里排查\",\"owner\":\"104\"}]}";

static int64_t of_row(struct ward *w, const char *column, int64_t id)
{
	char sql[80];

	(void)snprintf(sql, sizeof sql, "SELECT %s FROM signals WHERE id = %lld", column,
		       (long long)id);
	return ward_scalar(w, sql);
}

static void settle(struct ward *w, struct deeds_request *rq, int64_t id, enum what i,
		   const char *more)
{
	(void)snprintf(rq->target, sizeof rq->target, "/api/v1/signals/%lld/do/%s", (long long)id,
		       deeds[i].name);
	buf_fmt(&rq->body, "{\"turn\":%lld%s}", (long long)of_row(w, "version", id), more);
}

static void form(struct deeds_request *rq, const char *body)
{
	(void)snprintf(rq->target, sizeof rq->target, "/api/v1/signals");
	buf_str(&rq->body, str_of(body));
}

/* What was found out, and all that is to do is done: only its feedback is owed. */
static void found_out(struct ward *w, int64_t id, int64_t task)
{
	CLEANUP(deeds_request_release) struct deeds_request rq = { 0 };

	settle(w, &rq, id, VERIFY, ",\"result\":\"属实\"");
	buf_char(&rq.body, '\0');
	assert_int_equal(ward_status(w, WARD_WORKER, "POST", rq.target, rq.body.p), 200);
	does(w, WARD_WORKER, task, "prove", ",\"text\":\"好\"");
	does(w, WARD_CLERK, task, "close", "");
}

static void prepare_signal(struct ward *w, enum what what, struct deeds_request *rq)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	int64_t id, task;

	if (what == FORM || what == DECIDE) {
		form(rq, what == FORM ? crack : decision);
		return;
	}
	assert_int_equal(ward_ask(w, WARD_DOCTOR, "POST", "/api/v1/signals", crack, &a), 201);
	id = strtoll(ward_text(&a, "id"), NULL, 10);
	task = of_row(w, "task", id);
	if (what == VERIFY || what == FEED_BACK)
		does(w, WARD_WORKER, task, "accept", "");
	if (what == FEED_BACK)
		found_out(w, id, task);
	switch (what) {
	case ANSWER: step(rq, w, task, what, ""); break;
	case MISS: step(rq, w, task, what, ",\"reason\":\"不归我们\""); break;
	case VERIFY: settle(w, rq, id, what, ",\"result\":\"属实\""); break;
	case DISMISS: settle(w, rq, id, what, ",\"reason\":\"施工缝\""); break;
	default: settle(w, rq, id, what, ",\"feedback\":\"已告知\""); break;
	}
}

static void photo(struct deeds_request *rq)
{
	static uint64_t seed;
	CLEANUP(pixels_drop) struct pixels p = scene(++seed, 96, 64);

	buf_release(&rq->body);
	rq->body = scene_jpeg(&p);
	rq->type = "image/jpeg";
}

void deeds_prepare(struct ward *w, size_t i, struct deeds_request *rq)
{
	static const char split[] =
		"{\"reason\":\"两处\",\"parts\":[{\"title\":\"东边\"},{\"title\":\"西边\"}]}";
	enum what what = (enum what)i;
	char text[80];
	int64_t id = 0;

	/* Days may have passed: whoever asks signs in again, if need be. */
	assert_int_equal(ward_status(w, deeds[i].who, "GET", "/api/v1/session", NULL), 200);
	*rq = (struct deeds_request){ 0 };
	(void)snprintf(rq->key, sizeof rq->key, "deed-%d", w->n_keys++);
	if (what >= FORM) {
		prepare_signal(w, what, rq);
		assert_int_equal(rq->body.failed, OK);
		return;
	}
	if (what == REFUSE || what == WITHDRAW || what == TAKE)
		id = offered(w);
	else if (what != RAISE && what != MANY_ACCEPT && what != START && what != STOP)
		id = ward_raise(w, WARD_LEAD, "430802001001", "");
	if (what == PROVE || what == CLOSE)
		does(w, WARD_WORKER, id, "accept", "");
	switch (what) {
	case RAISE:
		(void)snprintf(rq->target, sizeof rq->target, "/api/v1/tasks");
		buf_lit(&rq->body,
			"{\"area\":\"430802001001\",\"sector\":\"mine\",\"rule\":"
			"\"" WARD_RULE "\",\"title\":\"查看边坡\",\"needs\":[\"text\"]}");
		break;
	case OFFER: step(rq, w, id, what, ",\"to\":\"105\""); break;
	case REFUSE: step(rq, w, id, what, ",\"reason\":\"不在本县\""); break;
	case PROVE: step(rq, w, id, what, ",\"text\":\"好\""); break;
	case CLOSE: does(w, WARD_WORKER, id, "prove", ",\"text\":\"好\""); /* fall through */
	case ACCEPT:
	case WITHDRAW:
	case TAKE: step(rq, w, id, what, ""); break;
	case MANY_ACCEPT: many(w, rq); break;
	case COMMENT: of_task(rq, id, what, "{\"text\":\"看看\"}"); break;
	case SPLIT: of_task(rq, id, what, split); break;
	case MERGE:
		(void)snprintf(rq->target, sizeof rq->target, "/api/v1/tasks/merge");
		buf_fmt(&rq->body, "{\"tasks\":[\"%lld\"],\"into\":\"%lld\",\"reason\":\"一并办\"}",
			(long long)ward_raise(w, WARD_LEAD, "430802001001", ""), (long long)id);
		break;
	case PAPER:
		(void)snprintf(text, sizeof text, "record %s", rq->key);
		of_task(rq, id, what, text);
		rq->type = "text/plain";
		break;
	case PHOTO:
		of_task(rq, id, what, "");
		photo(rq);
		break;
	case START: of_campaign(rq, campaign(w), "start", "{}"); break;
	case STOP:
		id = campaign(w);
		(void)snprintf(text, sizeof text, "/api/v1/campaigns/%lld/events/start",
			       (long long)id);
		assert_int_equal(ward_status(w, WARD_LEAD, "POST", text, "{}"), 200);
		of_campaign(rq, id, "close", "{\"reason\":\"做完\"}");
		break;
	default: fail();
	}
	assert_int_equal(rq->body.failed, OK);
}

/* ---- asking ---------------------------------------------------------------------------------- */

int deeds_ask_as(struct ward *w, enum ward_who who, const struct deeds_request *rq,
		 struct answer *ret)
{
	CLEANUP(client_close) struct client c = { 0 };
	CLEANUP(buf_release) struct buf b = { 0 };

	buf_fmt(&b,
		"%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s"
		"Idempotency-Key: %s\r\n%s%s%s%sContent-Length: %zu\r\n\r\n",
		rq->method ? rq->method : "POST", rq->target, w->visitor[who].headers, rq->key,
		rq->more, rq->type ? "Content-Type: " : "", rq->type ? rq->type : "",
		rq->type ? "\r\n" : "", rq->body.n);
	buf_str(&b, buf_view(&rq->body));
	assert_int_equal(b.failed, OK);
	if (!client_open(&c, w->k.port) || !client_send_bytes(&c, b.p, b.n) ||
	    !client_read(&c, ret, false) || ret->cut)
		return 0;
	return ret->status;
}

int deeds_ask(struct ward *w, size_t i, const struct deeds_request *rq)
{
	CLEANUP(answer_end) struct answer a = { 0 };

	return deeds_ask_as(w, deeds[i].who, rq, &a);
}

/* ---- what is stored -------------------------------------------------------------------------- */

#define COUNT(what) \
	{ \
		.name = "test.deeds", .text = "SELECT CAST(" what " AS BIGINT)", .args = "", \
		.across = "a test", .scan = "a test" \
	}
#define ROWS(table) COUNT("(SELECT count(*) FROM " table ")")
#define SUM(table, column) COUNT("(SELECT COALESCE(sum(" column "), 0) FROM " table ")")

static const struct sql stored[DEEDS_TABLES] = {
	ROWS("tasks"),
	SUM("tasks", "version"),
	ROWS("tasks WHERE closed_at IS NOT NULL"),
	ROWS("task_history"),
	ROWS("task_notice"),
	ROWS("notice"),
	ROWS("task_comment"),
	ROWS("campaigns"),
	SUM("campaigns", "version"),
	SUM("campaign_count", "open"),
	SUM("campaign_count", "struck"),
	ROWS("signals"),
	SUM("signals", "version"),
	ROWS("pushes"),
	SUM("pushes", "version"),
	ROWS("pushes WHERE state = 'waiting'"),
	ROWS("evidence"),
	ROWS("evidence_blob"),
	ROWS("evidence_proof"),
	ROWS("ledger_entry"),
	ROWS("idempotency"),
	SUM("idempotency", "status"),
};
static const char *const stored_words[DEEDS_TABLES] = {
	"tasks",
	"versions of tasks",
	"closed tasks",
	"story",
	"outbox",
	"notices",
	"comments",
	"campaigns",
	"versions of campaigns",
	"open in campaigns",
	"struck in campaigns",
	"signals",
	"versions of signals",
	"pushes",
	"versions of pushes",
	"pushes that wait",
	"files",
	"parts of files",
	"proofs",
	"entries",
	"keys",
	"answers kept",
};

static enum err stored_act(struct tx *tx, void *arg, struct fault *f)
{
	struct deeds_stored *s = arg;

	for (size_t i = 0; i < DEEDS_TABLES; i++) {
		CLEANUP(rows_end) struct rows *r = NULL;
		enum err e = tx_row(tx, &stored[i], SQL_NO_ARGS, &r, f);

		if (e)
			return e;
		s->v[i] = rows_i64(r, 0);
	}
	return OK;
}

struct deeds_stored deeds_stored(struct ward *w)
{
	struct deeds_stored s;
	struct fault f = { 0 };

	if (db_read(w->h->db, stored_act, &s, &f))
		fail_msg("%s", f.en);
	return s;
}

struct deeds_stored deeds_did(const struct deeds_stored *a, const struct deeds_stored *b)
{
	struct deeds_stored d;

	for (size_t i = 0; i < DEEDS_TABLES; i++)
		d.v[i] = b->v[i] - a->v[i];
	return d;
}

bool deeds_same(const struct deeds_stored *a, const struct deeds_stored *b, char ret[80])
{
	for (size_t i = 0; i < DEEDS_TABLES; i++)
		if (a->v[i] != b->v[i]) {
			(void)snprintf(ret, 80, "%s: %lld, not %lld", stored_words[i],
				       (long long)b->v[i], (long long)a->v[i]);
			return false;
		}
	return true;
}
