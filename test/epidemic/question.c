/*
 * question.c - the telecom authority is asked who was where a case was, and answers: in a house at
 * work, over HTTP, with its vault. Long because all its stories share one question.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "engine/trace/trace.h"
#include "intake/question.h"
#include "support/clinic.h"
#include "support/vaulted.h"
#include "trail/trail.h"

struct asked {
	struct clinic c;
	char id[24], warrant[600], number[19];
	char feed[24], key[200], token[40];
};

static void shown(const struct answer *a, int status, const char *with, const char *without)
{
	if (a->status != status || (*with && !answer_holds(a, with)) ||
	    (*without && answer_holds(a, without)))
		fail_msg("%d, wanted %d, with %s, without %s: %.*s", a->status, status, with,
			 without, (int)a->body.n, a->body.p);
}

/* ---- who brings visits ----------------------------------------------------------------------- */

static void make_feed(struct asked *t, char feed[24], char key[200])
{
	CLEANUP(answer_end) struct answer a = { 0 };
	char body[300], number[24];

	assert_int_equal(clinic_ask(&t->c, CLINIC_KEEPER, "POST", "/api/v1/keys",
				    "{\"agency\":\"telecom\",\"area\":\"430802\","
				    "\"areas\":[\"430802\"],\"capabilities\":[\"push\"]}",
				    &a),
			 201);
	clinic_text(&a, "key", key, 200);
	clinic_text(&a, "id", number, sizeof number);
	answer_end(&a);
	(void)snprintf(body, sizeof body,
		       "{\"area\":\"430802000000000\",\"name\":\"telecom\",\"brings\":\"visits\","
		       "\"api_key\":\"%s\"}",
		       number);
	assert_int_equal(clinic_ask(&t->c, CLINIC_LEAD, "POST", "/api/v1/feeds", body, &a), 201);
	clinic_text(&a, "id", feed, 24);
}

static void as_key(struct asked *t, const char *key, const char *token)
{
	(void)snprintf(t->c.cookie[CLINIC_LAB], sizeof t->c.cookie[CLINIC_LAB],
		       "Authorization: Bearer %s\r\nContent-Type: text/csv\r\n%s%s%s", key,
		       token ? "Outpost-Question: " : "", token ? token : "", token ? "\r\n" : "");
}

static int push_as(struct asked *t, const char *feed, const char *token, const char *query,
		   const char *rows, struct answer *ret)
{
	char url[80], body[1500];

	as_key(t, feed == t->feed ? t->key : feed + 24, token);
	(void)snprintf(url, sizeof url, "/api/v1/feeds/%s/batches%s", feed, query);
	(void)snprintf(body, sizeof body, "person,id_number,place,kind,from,to\n%s", rows);
	return clinic_ask(&t->c, CLINIC_LAB, "POST", url, body, ret);
}

/* All that there is, of one that answers. */
static int push(struct asked *t, const char *feed, const char *token, const char *rows,
		struct answer *ret)
{
	return push_as(t, feed, token, token && *rows ? "?last=true" : "", rows, ret);
}

static void row(const struct asked *t, char **at, const char *person, const char *place,
		int from_min, int to_min)
{
	CLEANUP(buf_release) struct buf from = { 0 }, to = { 0 };
	int64_t evening = clinic_evening(&t->c, 1);

	when_iso(&from, (struct utc_s){ evening + from_min * 60 }, t->c.h->zone);
	when_iso(&to, (struct utc_s){ evening + to_min * 60 }, t->c.h->zone);
	*at += sprintf(*at, "%s,%s,restaurant,%.*s,%.*s\n", person, place, (int)from.n, from.p,
		       (int)to.n, to.p);
}

static void waiting(struct asked *t, struct answer *ret)
{
	as_key(t, t->key, NULL);
	assert_int_equal(clinic_ask(&t->c, CLINIC_LAB, "GET", "/api/v1/questions", "", ret), 200);
}

/* ---- who asks -------------------------------------------------------------------------------- */

static int ask_of(struct asked *t, int who, const char *warrant, const char *more,
		  struct answer *ret)
{
	char url[80], body[900];

	(void)snprintf(url, sizeof url, "/api/v1/cases/%s/questions", t->id);
	(void)snprintf(body, sizeof body, "{\"warrant\":\"%s\"%s}", warrant, more);
	return clinic_ask(&t->c, who, "POST", url, body, ret);
}

static int ask(struct asked *t, int who, const char *warrant, const char *feed, struct answer *ret)
{
	char more[260];

	(void)snprintf(more, sizeof more, ",\"feed\":\"%s\"", feed);
	return ask_of(t, who, warrant, more, ret);
}

static void state(struct asked *t, const char *with)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	char url[80];

	(void)snprintf(url, sizeof url, "/api/v1/cases/%s/questions", t->id);
	clinic_ask(&t->c, CLINIC_SECOND, "GET", url, "", &a);
	shown(&a, 200, with, "cell-7");
}

/* An entry of a question's own. */
static void in_ledger(struct asked *t, const char *action)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	char with[80];

	(void)snprintf(with, sizeof with, "\"action\":\"%s\"", action);
	clinic_ask(&t->c, CLINIC_OVERSEER, "GET", "/api/v1/ledger?county=430802", "", &a);
	shown(&a, 200, with, "sim-");
}

/* The case was at a cell that the feed named, at another's market, and where nobody knows. */
static void begin(struct asked *t, struct database *d, const char *dir)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	char rows[600], *at = rows, who[200], person[60];
	struct trail_place market;
	int64_t index, evening;

	memset(t, 0, sizeof *t);
	clinic_begin(&t->c, d, dir);
	vaulted_id_number(5, t->number);
	(void)snprintf(who, sizeof who, "{\"name\":\"金丝雀甲\",\"id_number\":\"%s\"}", t->number);
	clinic_report_of(&t->c, t->id, "1", 0, who);
	index = clinic_person(&t->c, t->id);
	evening = clinic_evening(&t->c, 1);
	make_feed(t, t->feed, t->key);
	(void)snprintf(person, sizeof person, ",%s", t->number);
	row(t, &at, person, "cell-7", 5, 31);
	row(t, &at, person, "cell-7", 32, 49); /* in the same hour: one window */
	assert_int_equal(push(t, t->feed, NULL, rows, &a), 201);
	answer_end(&a);
	assert_int_equal(clinic_status(&t->c, CLINIC_LEAD, "POST", "/api/v1/places",
				       "{\"area\":\"430802000000000\",\"name\":\"中心市场\","
				       "\"sender\":\"gate\",\"sender_key\":\"m-1\"}"),
			 201);
	assert_int_equal(trail_place_of(STR("gate"), STR("m-1"), &market), OK);
	const struct trail_visit v[] = {
		{ index,
		  market,
		  { evening + 7200 },
		  { evening + 10800 },
		  .kind = STR("restaurant") },
		{ index, { 79 }, { evening + 12000 }, { evening + 12600 }, .kind = STR("bus") },
	};
	clinic_keep(&t->c, 5, v, ARRAY_LEN(v));
	clinic_confirm(&t->c, CLINIC_CHIEF, t->id, t->warrant);
}

static void asked(struct asked *t)
{
	CLEANUP(answer_end) struct answer a = { 0 };

	ask(t, CLINIC_CHIEF, t->warrant, t->feed, &a);
	shown(&a, 201, "\"places\":1,\"left_out\":2", "cell-7");
	answer_end(&a);
	waiting(t, &a);
	clinic_text(&a, "token", t->token, sizeof t->token);
}

static void the_question_tells_places_and_times_and_of_whom_nothing(void **test)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	CLEANUP(buf_release) struct buf from = { 0 }, to = { 0 };
	char told[300], body[64];
	struct asked t;

	begin(&t, *test, "asks");
	waiting(&t, &a);
	shown(&a, 200, "{\"items\":[],\"next\":null,\"more\":false}", "token");
	answer_end(&a);
	asked(&t);
	state(&t, "\"state\":\"open\"");
	waiting(&t, &a);
	when_iso(&from, (struct utc_s){ clinic_evening(&t.c, 1) }, t.c.h->zone);
	when_iso(&to, (struct utc_s){ clinic_evening(&t.c, 1) + 3600 }, t.c.h->zone);
	(void)snprintf(told, sizeof told,
		       "\"places\":[{\"place\":\"cell-7\",\"from\":\"%.*s\",\"to\":\"%.*s\"}]",
		       (int)from.n, from.p, (int)to.n, to.p);
	shown(&a, 200, told, t.id);
	shown(&a, 200, ":00:00", "市场");
	clinic_text(&a, "due", told, sizeof told);
	assert_string_equal(told + sizeof "2026-11-27T00" - 1, ":00:00+08:00");
	assert_false(answer_holds(&a, "金丝雀") || answer_holds(&a, t.number) ||
		     answer_holds(&a, "covid") || answer_holds(&a, "case"));
	answer_end(&a);
	ask(&t, CLINIC_CHIEF, t.warrant, t.feed, &a);
	shown(&a, 409, "asked for this case already", "");
	answer_end(&a);
	clinic_ask(&t.c, CLINIC_OVERSEER, "GET", "/api/v1/ledger?county=430802", "", &a);
	shown(&a, 200, "\"action\":\"ask\"", "cell-7");
	shown(&a, 200, "\"action\":\"list\",\"version\":0,\"detail\":\"00", t.token);
	answer_end(&a);
	(void)snprintf(body, sizeof body, "{\"id_number\":\"%s\"}", t.number);
	clinic_ask(&t.c, CLINIC_OVERSEER, "POST", "/api/v1/access-report", body, &a);
	shown(&a, 200, "\"kind\":\"question\"", t.token);
	clinic_end(&t.c);
}

/* How often something stands in the report for the person. */
static size_t reported(struct asked *t, const char *what)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	char body[64];
	size_t n = 0;

	(void)snprintf(body, sizeof body, "{\"id_number\":\"%s\"}", t->number);
	clinic_ask(&t->c, CLINIC_OVERSEER, "POST", "/api/v1/access-report", body, &a);
	shown(&a, 200, "", "cell-7");
	for (const char *p = a.body.p, *end = p + a.body.n;
	     (p = memmem(p, (size_t)(end - p), what, strlen(what))); p++)
		n++;
	return n;
}

static void the_person_is_told_when_their_places_were_told_and_to_whom(void **test)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	char matter[80];
	struct asked t;

	begin(&t, *test, "told");
	ask(&t, CLINIC_CHIEF, t.warrant, t.feed, &a);
	answer_end(&a);
	assert_int_equal(reported(&t, "\"kind\":\"question\""), 1);
	assert_int_equal(reported(&t, "\"kind\":\"question_told\""), 0);
	for (int i = 0; i < 2; i++) { /* told twice, and noted once */
		waiting(&t, &a);
		shown(&a, 200, "cell-7", "");
		answer_end(&a);
	}
	(void)snprintf(matter, sizeof matter,
		       "\"kind\":\"question_told\",\"matter\":\"case-%020lld\"",
		       strtoll(t.id, NULL, 10));
	assert_int_equal(reported(&t, matter), 1);
	assert_int_equal(reported(&t, "\"name\":\"telecom\""), 1);
	assert_int_equal(reported(&t, "\"fields\":[\"places\"]"), 2); /* asked, and told */
	clinic_end(&t.c);
}

static void its_answer_is_a_batch_that_the_next_trace_sees(void **test)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	char rows[1400], *at = rows, batch[24], url[80];
	struct asked t;

	begin(&t, *test, "answers");
	clinic_trace(&t.c, CLINIC_CHIEF, t.id, t.warrant, "", &a);
	shown(&a, 201, "\"n_contacts\":0", "");
	answer_end(&a);
	asked(&t);
	row(&t, &at, "sim-1,", "cell-7", 10, 50);
	row(&t, &at, "sim-2,", "cell-7", -30, 170); /* clipped */
	row(&t, &at, "sim-3,", "cell-8", 10, 50);   /* not asked about */
	row(&t, &at, "sim-4,", "cell-7", 70, 100);  /* when the case was not there */
	row(&t, &at, "sim-5,", "79", 200, 210);     /* of which they were not told */
	push(&t, t.feed, t.token, rows, &a);
	shown(&a, 201, "\"in\":5,\"accepted\":2,\"refused\":3,\"duplicate\":0", "");
	shown(&a, 201, "no place and time that was asked about", "sim-");
	clinic_text(&a, "batch", batch, sizeof batch);
	answer_end(&a);
	state(&t, "\"state\":\"answered\"");
	state(&t, "\"accepted\":2");
	waiting(&t, &a);
	shown(&a, 200, "{\"items\":[],\"next\":null,\"more\":false}", "");
	answer_end(&a);
	clinic_trace(&t.c, CLINIC_CHIEF, t.id, t.warrant, "", &a);
	shown(&a, 201, "\"n_contacts\":2", "sim-");
	answer_end(&a);
	at = rows;
	row(&t, &at, "sim-2,", "cell-7", 0, 60); /* what of it came in */
	push(&t, t.feed, NULL, rows, &a);
	shown(&a, 201, "\"in\":1,\"accepted\":0,\"refused\":0,\"duplicate\":1", "");
	answer_end(&a);
	clinic_ask(&t.c, CLINIC_OVERSEER, "GET", "/api/v1/ledger?county=430802", "", &a);
	shown(&a, 200, "\"action\":\"answer\"", "sim-");
	answer_end(&a);

	(void)snprintf(url, sizeof url, "/api/v1/batches/%s/recall", batch);
	assert_int_equal(clinic_status(&t.c, CLINIC_LEAD, "POST", url, "{\"why\":\"wrong day\"}"),
			 200);
	state(&t, "\"state\":\"open\"");
	in_ledger(&t, "reopen");
	push(&t, t.feed, t.token, "", &a);
	shown(&a, 201, "\"in\":0,\"accepted\":0,\"refused\":0,\"duplicate\":0", "");
	answer_end(&a);
	state(&t, "\"state\":\"nobody\"");
	push(&t, t.feed, NULL, "", &a);
	shown(&a, 422, "there are no rows", ""); /* of a batch that answers nothing */
	clinic_end(&t.c);
}

static void an_answer_comes_in_as_many_batches_as_it_takes(void **test)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	char rows[600], *at = rows, batch[24], url[80];
	struct asked t;

	begin(&t, *test, "parts");
	asked(&t);
	row(&t, &at, "sim-1,", "cell-8", 10, 50);
	push_as(&t, t.feed, t.token, "?last=true", rows, &a);
	shown(&a, 201, "\"question\":\"open\"", ""); /* nothing of it came in */
	answer_end(&a);
	state(&t, "\"state\":\"open\"");
	at = rows;
	row(&t, &at, "sim-1,", "cell-7", 10, 50);
	push_as(&t, t.feed, t.token, "", rows, &a);
	shown(&a, 201, "\"question\":\"open\"", "");
	clinic_text(&a, "batch", batch, sizeof batch);
	answer_end(&a);
	state(&t, "\"state\":\"partly\"");
	state(&t, "\"accepted\":1");
	waiting(&t, &a);
	shown(&a, 200, t.token, "\"answered_at\":null");
	answer_end(&a);
	at = rows;
	row(&t, &at, "sim-2,", "cell-7", 20, 50);
	row(&t, &at, "sim-3,", "cell-7", 20, 50);
	push_as(&t, t.feed, t.token, "?last=true", rows, &a);
	shown(&a, 201, "\"question\":\"closed\"", "");
	answer_end(&a);
	state(&t, "\"state\":\"answered\"");
	state(&t, "\"accepted\":3");
	at = rows;
	row(&t, &at, "sim-4,", "cell-7", 20, 50);
	push_as(&t, t.feed, t.token, "", rows, &a);
	shown(&a, 409, "this question is closed", "accepted");
	answer_end(&a);
	clinic_trace(&t.c, CLINIC_CHIEF, t.id, t.warrant, "", &a);
	shown(&a, 201, "\"n_contacts\":3", "sim-");
	answer_end(&a);

	(void)snprintf(url, sizeof url, "/api/v1/batches/%s/recall", batch);
	assert_int_equal(clinic_status(&t.c, CLINIC_LEAD, "POST", url, "{\"why\":\"wrong day\"}"),
			 200);
	state(&t, "\"state\":\"partly\"");
	state(&t, "\"accepted\":2");
	push_as(&t, t.feed, t.token, "", "", &a); /* and nobody else */
	shown(&a, 201, "\"question\":\"closed\"", "");
	answer_end(&a);
	state(&t, "\"state\":\"answered\"");
	push_as(&t, t.feed, NULL, "?last=true", rows, &a);
	shown(&a, 400, "Outpost-Question is missing", "");
	clinic_end(&t.c);
}

static void what_came_of_an_answer_stays_when_its_time_is_over(void **test)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	char rows[200], *at = rows;
	struct asked t;

	begin(&t, *test, "halfway");
	asked(&t);
	row(&t, &at, "sim-1,", "cell-7", 10, 50);
	push_as(&t, t.feed, t.token, "", rows, &a);
	answer_end(&a);
	ask(&t, CLINIC_CHIEF, t.warrant, t.feed, &a); /* what came may be all that comes */
	shown(&a, 201, "\"places\":1", "");
	clinic_wall_s += 86401 + 3600;
	clinic_sign_in(&t.c, CLINIC_SECOND);
	state(&t, "\"state\":\"over\"");
	state(&t, "\"accepted\":1");
	clinic_end(&t.c);
}

static void a_token_is_one_feeds_and_ends_with_its_warrant(void **test)
{
	CLEANUP(answer_end) struct answer a = { 0 }, none = { 0 };
	char rows[200], *at = rows, other[224];
	struct asked t;

	begin(&t, *test, "token");
	for (int k = CLINIC_DOCTOR; k < CLINIC_PEOPLE; k++) {
		if (k == CLINIC_CHIEF || k == CLINIC_LAB)
			continue;
		ask(&t, k, t.warrant, t.feed, &a);
		shown(&a, k == CLINIC_FAR ? 404 : 403, "", "places");
		answer_end(&a);
	}
	ask(&t, CLINIC_CHIEF, "", t.feed, &a);
	shown(&a, 403, "warrant", "places");
	answer_end(&a);
	ask_of(&t, CLINIC_CHIEF, t.warrant, "", &a);
	shown(&a, 400, "\"field\":\"feed\"", "places");
	answer_end(&a);
	ask(&t, CLINIC_CHIEF, t.warrant, "17", &a);
	shown(&a, 404, "", "places");
	answer_end(&a);
	make_feed(&t, other, other + 24);
	ask(&t, CLINIC_CHIEF, t.warrant, other, &a);
	shown(&a, 409, "has named none of the places", ""); /* a name is for who gave it */
	answer_end(&a);
	asked(&t);
	row(&t, &at, "sim-1,", "cell-7", 10, 50);
	push(&t, other, "0123456789abcdef0123456789abcdef", rows, &none);
	assert_int_equal(none.status, 404);
	push(&t, other, t.token, rows, &a);
	shown(&a, 404, "", "");
	assert_true(buf_view(&a.body).n == none.body.n);
	answer_end(&a);
	clinic_wall_s += 86401 + 3600;
	push(&t, t.feed, t.token, rows, &a);
	shown(&a, 409, "its time is over", "accepted");
	answer_end(&a);
	waiting(&t, &a);
	shown(&a, 200, "{\"items\":[],\"next\":null,\"more\":false}", "");
	clinic_sign_in(&t.c, CLINIC_SECOND);
	state(&t, "\"state\":\"over\"");
	clinic_end(&t.c);
}

static const struct sql parts_sql = {
	.name = "test.question_parts",
	.text = "SELECT count(*) FROM question_part",
	.args = "",
	.across = "a test",
	.scan = "a test",
};
static enum err count_parts(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e = tx_row(tx, &parts_sql, SQL_NO_ARGS, &r, f);

	*(int64_t *)arg = e ? -1 : rows_i64(r, 0);
	return e;
}

static int64_t parts(struct asked *t)
{
	struct database *d = t->c.d;
	int64_t n;

	MUST(db_read(t->c.h->db, count_parts, &n, &d->fault));
	return n;
}

static void a_feed_whose_key_would_not_see_it_is_not_asked(void **test)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	char body[300], key[24], feed[24], url[80], other[224], rows[200];
	struct asked t;

	begin(&t, *test, "keys");
	clinic_ask(&t.c, CLINIC_KEEPER, "POST", "/api/v1/keys",
		   "{\"agency\":\"telecom\",\"area\":\"430802\",\"areas\":[\"430802\"],"
		   "\"capabilities\":[\"push\"]}",
		   &a);
	clinic_text(&a, "key", other + 24, 200);
	clinic_text(&a, "id", key, sizeof key);
	answer_end(&a);
	for (size_t i = 0; i < 3; i++) { /* no key; its number, otherwise written; withdrawn */
		char number[32], *at = rows;

		(void)snprintf(number, sizeof number, i ? (i == 1 ? "0%s" : "%s") : "4711", key);
		(void)snprintf(body, sizeof body,
			       "{\"area\":\"430802000000000\",\"name\":\"t %zu\","
			       "\"brings\":\"visits\",\"api_key\":\"%s\"}",
			       i, number);
		assert_int_equal(clinic_ask(&t.c, CLINIC_LEAD, "POST", "/api/v1/feeds", body, &a),
				 201);
		clinic_text(&a, "id", feed, sizeof feed);
		answer_end(&a);
		if (i == 1) {
			(void)snprintf(body, sizeof body, ",%s", t.number);
			row(&t, &at, body, "mast-1", 5, 31);
			memcpy(other, feed, sizeof feed);
			push(&t, other, NULL, rows, &a);
			shown(&a, 201, "\"accepted\":1", "");
			answer_end(&a);
		}
		if (i == 2) {
			(void)snprintf(url, sizeof url, "/api/v1/keys/%s", key);
			assert_int_equal(clinic_status(&t.c, CLINIC_KEEPER, "DELETE", url, ""),
					 200);
		}
		ask(&t, CLINIC_CHIEF, t.warrant, feed, &a);
		shown(&a, i == 1 ? 201 : 409, i == 1 ? "\"places\":1" : "API key in force", "");
		answer_end(&a);
		if (i == 1) {
			as_key(&t, other + 24, NULL);
			clinic_ask(&t.c, CLINIC_LAB, "GET", "/api/v1/questions", "", &a);
			shown(&a, 200, "mast-1", "\"more\":true");
			answer_end(&a);
			clinic_ask(&t.c, CLINIC_LAB, "GET",
				   "/api/v1/questions?after=9223372036854775807", "", &a);
			shown(&a, 200, "{\"items\":[],\"next\":null,\"more\":false}", "");
			answer_end(&a);
		}
	}
	clinic_end(&t.c);
}

/* ---- what is stored -------------------------------------------------------------------------- */

struct number {
	const struct sql *sql;
	int64_t v;
};
static enum err number_act(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct number *n = arg;
	enum err e = tx_row(tx, n->sql, SQL_NO_ARGS, &r, f);

	n->v = e ? -1 : rows_i64(r, 0);
	return e;
}
static int64_t number_of(struct asked *t, const struct sql *sql)
{
	struct number n = { sql, 0 };
	struct database *d = t->c.d;

	MUST(db_read(t->c.h->db, number_act, &n, &d->fault));
	return n.v;
}

static const struct sql id_sql = {
	.name = "test.question_id",
	.text = "SELECT max(id) FROM question",
	.args = "",
	.across = "a test",
	.scan = "a test",
};
static const struct sql seen_sql = {
	.name = "test.feed_seen",
	.text = "SELECT max(seen_at) FROM feed_seen",
	.args = "",
	.across = "a test",
	.scan = "a test",
};

static enum err answer_act(struct tx *tx, void *arg, struct fault *f)
{
	return question_answer(tx, arg, clinic_now(), f);
}

/* Both have read the question while it was open; one was quicker. */
static void of_two_senders_of_a_token_one_answers_last(void **test)
{
	struct database *d = *test;
	struct asked t;

	begin(&t, d, "two");
	asked(&t);
	const struct question q = { .id = number_of(&t, &id_sql), .county = { 430802000000000 } };
	struct question_answer x = { .q = &q, .batch = 1 };

	MUST(db_write(t.c.h->db, answer_act, &x, &d->fault));
	x.batch = 2;
	x.last = x.held = true;
	MUST(db_write(t.c.h->db, answer_act, &x, &d->fault));
	x.batch = 3;
	assert_int_equal(db_write(t.c.h->db, answer_act, &x, &d->fault), ERR_CONFLICT);
	x.last = x.held = false;
	assert_int_equal(db_write(t.c.h->db, answer_act, &x, &d->fault), ERR_CONFLICT);
	clinic_end(&t.c);
}

static void an_answer_does_not_make_a_silent_feed_speak(void **test)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	char rows[200], *at = rows;
	int64_t seen;
	struct asked t;

	begin(&t, *test, "silent");
	asked(&t);
	seen = number_of(&t, &seen_sql);
	assert_true(seen > 0);
	clinic_wall_s += 600;
	row(&t, &at, "sim-1,", "cell-7", 10, 50);
	push(&t, t.feed, t.token, rows, &a);
	shown(&a, 201, "\"late_s\":null", "");
	assert_int_equal(number_of(&t, &seen_sql), seen);
	clinic_end(&t.c);
}

static enum err lose_seen(struct tx *tx, void *arg, struct fault *f)
{
	static const struct sql lose = {
		.name = "test.lose_seen",
		.text = "ALTER TABLE feed_seen RENAME TO feed_seen_lost",
		.args = "",
		.across = "a test",
		.scan = "a test",
	};

	(void)arg;
	return tx_run(tx, &lose, SQL_NO_ARGS, NULL, f);
}

static void a_case_that_is_overturned_asks_nobody_and_its_places_go(void **test)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	struct database *d = *test;
	char url[80];
	struct asked t;

	begin(&t, d, "overturned");
	asked(&t);
	assert_true(parts(&t) > 0);
	(void)snprintf(url, sizeof url, "/api/v1/cases/%s/events/overturn", t.id);
	clinic_ask(&t.c, CLINIC_SECOND, "POST", url, "", &a);
	shown(&a, 200, "\"receipt\"", "");
	{
		struct str header = answer_header(&a, "Outpost-Receipt");

		header.n = strcspn(header.p, "\r\n"); /* of the case, not of what else ended */
		assert_true(header.n && memmem(a.body.p, a.body.n, header.p, header.n));
	}
	answer_end(&a);
	waiting(&t, &a);
	shown(&a, 200, "{\"items\":[],\"next\":null,\"more\":false}", "");
	state(&t, "\"state\":\"over\"");
	in_ledger(&t, "end");
	clinic_wall_s += 60;
	if (!d->sqlite) /* which lets nobody do that */
		MUST(db_write(t.c.h->db, lose_seen, NULL, &d->fault));
	assert_int_equal(serve_tick(t.c.s, clinic_now(), &d->fault) == OK, d->sqlite);
	assert_int_equal(parts(&t), 0);
	clinic_end(&t.c);
}

static void set_feed(struct asked *t, const char *to)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	char url[80], headers[600], etag[60];
	struct str tag;

	(void)snprintf(url, sizeof url, "/api/v1/feeds/%s", t->feed);
	clinic_ask(&t->c, CLINIC_LEAD, "GET", url, "", &a);
	tag = answer_header(&a, "ETag");
	(void)snprintf(etag, sizeof etag, "%.*s", (int)strcspn(tag.p, "\r\n"), tag.p);
	(void)snprintf(headers, sizeof headers, "%sIf-Match: %s\r\n", t->c.cookie[CLINIC_LEAD],
		       etag);
	answer_end(&a);
	assert_true(client_ask(http_port(t->c.s->http), "PATCH", url, headers, to, &a));
	shown(&a, 200, "", "");
}

static void decide(struct asked *t, const char *batch, const char *how, const char *body)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	char url[80];

	(void)snprintf(url, sizeof url, "/api/v1/batches/%s/%s", batch, how);
	clinic_ask(&t->c, CLINIC_LEAD, "POST", url, body, &a);
	shown(&a, 200, "", "");
}

/* A batch over the feed's budget of trust waits for a person, and the question with it. */
static void hold(struct asked *t, struct database *d, const char *dir, char batch[24])
{
	CLEANUP(answer_end) struct answer a = { 0 };
	char rows[600], *at = rows;

	begin(t, d, dir);
	asked(t);
	set_feed(t, "{\"refused_max\":0}");
	row(t, &at, "sim-1,", "cell-7", 10, 50);
	row(t, &at, "sim-3,", "cell-8", 10, 50);
	push(t, t->feed, t->token, rows, &a);
	shown(&a, 201, "\"state\":\"held\"", "");
	clinic_text(&a, "batch", batch, 24);
	answer_end(&a);
	state(t, "\"state\":\"held\"");
	in_ledger(t, "hold");
	push(t, t->feed, t->token, rows, &a);
	shown(&a, 409, "this question is closed", "");
}

static void an_answer_that_is_held_answers_when_it_is_let_in(void **test)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	char url[80], batch[24];
	struct asked t;

	hold(&t, *test, "held", batch);
	(void)snprintf(url, sizeof url, "/api/v1/batches/%s/release", batch);
	clinic_ask(&t.c, CLINIC_LEAD, "POST", url, "", &a);
	shown(&a, 200, "\"in\":2,\"accepted\":1,\"refused\":1,\"duplicate\":0", "");
	answer_end(&a);
	state(&t, "\"state\":\"answered\"");
	clinic_end(&t.c);
}

/* Pushed, and held: the number of the batch, and what its sender is told of the question. */
static void push_held(struct asked *t, const char *query, const char *rows, const char *told,
		      char batch[24])
{
	CLEANUP(answer_end) struct answer a = { 0 };

	push_as(t, t->feed, t->token, query, rows, &a);
	shown(&a, 201, "\"state\":\"held\"", "");
	shown(&a, 201, told, "");
	clinic_text(&a, "batch", batch, 24);
}

static void nobody_is_the_whole_answer_also_when_it_is_held(void **test)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	char rows[600], *at = rows, batch[24];
	struct asked t;

	begin(&t, *test, "nobody");
	asked(&t);
	set_feed(&t, "{\"rows_day_max\":1}");
	row(&t, &at, "sim-1,", "cell-7", 10, 50);
	row(&t, &at, "sim-3,", "cell-7", 10, 50);
	push_as(&t, t.feed, NULL, "", rows, &a); /* of the day: what follows is over its budget */
	answer_end(&a);
	push_held(&t, "", "", "\"question\":\"closed\"", batch);
	state(&t, "\"state\":\"held\"");
	push_as(&t, t.feed, t.token, "", rows, &a);
	shown(&a, 409, "this question is closed", "");
	decide(&t, batch, "release", "");
	state(&t, "\"state\":\"nobody\"");
	clinic_end(&t.c);
}

static void rows_that_are_all_refused_close_nothing_when_they_are_held(void **test)
{
	char rows[600], *at = rows, batch[24];
	struct asked t;

	begin(&t, *test, "unsaid");
	asked(&t);
	set_feed(&t, "{\"refused_max\":0}");
	row(&t, &at, "sim-9,", "cell-8", 10, 50);
	push_held(&t, "?last=true", rows, "\"question\":\"open\"", batch);
	decide(&t, batch, "release", "");
	state(&t, "\"state\":\"open\"");
	clinic_end(&t.c);
}

static void what_was_answered_is_not_opened_by_held_rows_that_said_nothing(void **test)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	char rows[600], *at = rows, first[24], second[24];
	struct asked t;

	begin(&t, *test, "reopened");
	asked(&t);
	set_feed(&t, "{\"refused_max\":0}");
	row(&t, &at, "sim-9,", "cell-8", 10, 50);
	push_held(&t, "", rows, "\"question\":\"open\"", first);
	push_held(&t, "", rows, "\"question\":\"open\"", second);
	at = rows;
	row(&t, &at, "sim-1,", "cell-7", 10, 50);
	push(&t, t.feed, t.token, rows, &a);
	shown(&a, 201, "\"question\":\"closed\"", "");
	answer_end(&a);
	decide(&t, first, "release", "");
	decide(&t, second, "reject", "{\"why\":\"elsewhere\"}");
	state(&t, "\"state\":\"answered\"");
	push_as(&t, t.feed, t.token, "", rows, &a);
	shown(&a, 409, "this question is closed", "");
	clinic_end(&t.c);
}

/* With a number of the sender's own, so that it is told as a repeat the second time. */
static void push_again(struct asked *t, const char *token, const char *query, const char *rows,
		       struct answer *ret)
{
	char url[80], body[1500], headers[600];

	answer_end(ret);
	as_key(t, t->key, token);
	(void)snprintf(url, sizeof url, "/api/v1/feeds/%s/batches%s", t->feed, query);
	(void)snprintf(body, sizeof body, "person,id_number,place,kind,from,to\n%s", rows);
	(void)snprintf(headers, sizeof headers, "%sIdempotency-Key: the-same-batch\r\n",
		       t->c.cookie[CLINIC_LAB]);
	assert_true(client_ask(http_port(t->c.s->http), "POST", url, headers, body, ret));
}

static void what_is_sent_again_as_the_last_closes(void **test)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	char rows[600], *at = rows;
	struct asked t;

	begin(&t, *test, "again");
	asked(&t);
	row(&t, &at, "sim-1,", "cell-7", 10, 50);
	push_again(&t, t.token, "", rows, &a);
	shown(&a, 201, "\"question\":\"open\"", "");
	push_again(&t, t.token, "", rows, &a);
	shown(&a, 200, "\"question\":\"open\"", "");
	state(&t, "\"state\":\"partly\"");
	push_again(&t, t.token, "?last=true", rows, &a);
	shown(&a, 200, "\"question\":\"closed\"", "\"again\":false");
	state(&t, "\"state\":\"answered\"");
	push_again(&t, t.token, "", rows, &a);
	shown(&a, 200, "\"question\":\"closed\"", "");
	push_again(&t, "nobody-s-token", "", rows, &a);
	shown(&a, 404, "", "accepted");
	clinic_end(&t.c);
}

static void a_batch_of_the_day_is_not_made_an_answer_by_sending_it_again(void **test)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	char rows[600], *at = rows;
	struct asked t;

	begin(&t, *test, "ofday");
	asked(&t);
	row(&t, &at, "sim-1,", "cell-7", 10, 50);
	push_again(&t, NULL, "", rows, &a);
	shown(&a, 201, "\"question\":null", "");
	push_again(&t, NULL, "", rows, &a);
	shown(&a, 200, "\"question\":null", "");
	push_again(&t, t.token, "?last=true", rows, &a);
	shown(&a, 409, "under another number", "accepted");
	state(&t, "\"state\":\"open\"");
	clinic_end(&t.c);
}

/* ---- what of a visit comes in ---------------------------------------------------------------- */

static void only_what_of_a_visit_was_asked_comes_in(void **test)
{
	const struct question_place place[] = {
		{ { 7 }, { 3600 }, { 7200 }, STR("cell-7") },
		{ { 7 }, { 10800 }, { 14400 }, STR("cell-7") },
		{ { 8 }, { 3600 }, { 7200 }, STR("cell-8") },
	};
	const struct question q = { .n = ARRAY_LEN(place), .place = place };
	static const struct {
		int64_t place, from, to;
		enum question_fit fit;
		int64_t in_from, in_to;
	} rows[] = {
		{ 7, 4000, 5000, QUESTION_FITS, 4000, 5000 },
		{ 7, 0, 5000, QUESTION_FITS, 3600, 5000 },
		{ 7, 7199, 10800, QUESTION_FITS, 7199, 7200 },
		{ 8, 0, 31 * 86400, QUESTION_FITS, 3600, 7200 },
		{ 8, 5000, TRACE_STILL, QUESTION_FITS, 5000, 7200 },
		{ 7, 0, 3600, QUESTION_FITS_NONE, 0, 0 },
		{ 7, 7200, 10800, QUESTION_FITS_NONE, 0, 0 },
		{ 9, 4000, 5000, QUESTION_FITS_NONE, 0, 0 },
		{ 7, 0, TRACE_STILL, QUESTION_FITS_MANY, 0, 0 },
	};

	(void)test;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct trail_visit v = { .place = { rows[i].place },
					 .from = { rows[i].from },
					 .to = { rows[i].to } };

		assert_int_equal(question_fits(&q, &v), rows[i].fit);
		if (rows[i].fit != QUESTION_FITS)
			continue;
		assert_int_equal(v.from.v, rows[i].in_from);
		assert_int_equal(v.to.v, rows[i].in_to);
	}
}

static void a_held_answer_to_what_is_over_is_not_let_in(void **test)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	char url[80], batch[24];
	struct asked t;

	hold(&t, *test, "late", batch);
	clinic_wall_s += 86401 + 3600;
	clinic_sign_in(&t.c, CLINIC_LEAD);
	(void)snprintf(url, sizeof url, "/api/v1/batches/%s/release", batch);
	clinic_ask(&t.c, CLINIC_LEAD, "POST", url, "", &a);
	shown(&a, 409, "is over: turn it away", "accepted");
	answer_end(&a);
	(void)snprintf(url, sizeof url, "/api/v1/batches/%s/reject", batch);
	clinic_ask(&t.c, CLINIC_LEAD, "POST", url, "{\"why\":\"late\"}", &a);
	shown(&a, 200, "", "");
	clinic_end(&t.c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_of_a_visit_was_asked_comes_in),
		ON_BOTH(the_question_tells_places_and_times_and_of_whom_nothing),
		ON_BOTH(the_person_is_told_when_their_places_were_told_and_to_whom),
		ON_BOTH(its_answer_is_a_batch_that_the_next_trace_sees),
		ON_BOTH(a_token_is_one_feeds_and_ends_with_its_warrant),
		ON_BOTH(a_case_that_is_overturned_asks_nobody_and_its_places_go),
		ON_BOTH(an_answer_that_is_held_answers_when_it_is_let_in),
		ON_BOTH(a_held_answer_to_what_is_over_is_not_let_in),
		ON_BOTH(nobody_is_the_whole_answer_also_when_it_is_held),
		ON_BOTH(rows_that_are_all_refused_close_nothing_when_they_are_held),
		ON_BOTH(what_was_answered_is_not_opened_by_held_rows_that_said_nothing),
		ON_BOTH(what_is_sent_again_as_the_last_closes),
		ON_BOTH(a_batch_of_the_day_is_not_made_an_answer_by_sending_it_again),
		ON_BOTH(of_two_senders_of_a_token_one_answers_last),
		ON_BOTH(an_answer_comes_in_as_many_batches_as_it_takes),
		ON_BOTH(what_came_of_an_answer_stays_when_its_time_is_over),
		ON_BOTH(an_answer_does_not_make_a_silent_feed_speak),
		ON_BOTH(a_feed_whose_key_would_not_see_it_is_not_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
