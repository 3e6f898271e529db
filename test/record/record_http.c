/* record_http.c - a noun over HTTP: made, shown, listed, changed, taken on, and who sees what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_read.h"
#include "support/desk.h"
#include "support/wells.h"

/* A desk with wells, and people at it. */
struct place {
	struct record_book *book;
	struct desk k;
	struct visitor lead, reader, doctor, other;
};

static void place_open(struct place *p, struct database *d)
{
	struct route_list routes;

	memset(p, 0, sizeof *p);
	p->book = wells_book();
	routes = record_routes(p->book);
	desk_open(&p->k, d, &routes, 1);
	assert_int_equal(record_openapi(p->book, p->k.routes), OK);
	desk_account(&p->k, "lead", role_bit(ROLE_AREA_LEAD), "430802");
	desk_account(&p->k, "reader", role_bit(ROLE_GRID_WORKER), "430802001");
	desk_account(&p->k, "doctor", role_bit(ROLE_DOCTOR), "430802");
	desk_account(&p->k, "other", role_bit(ROLE_AREA_LEAD), "430811");
	desk_sign_in(&p->k, "lead", &p->lead);
	desk_sign_in(&p->k, "reader", &p->reader);
	desk_sign_in(&p->k, "doctor", &p->doctor);
	desk_sign_in(&p->k, "other", &p->other);
}

static void place_close(struct place *p)
{
	desk_close(&p->k);
	record_end(&p->book);
}

#define OPEN(p) \
	CLEANUP(place_close) struct place p; \
	place_open(&p, *state)
#define ASK(a, p, who, method, target, headers, body) \
	CLEANUP(answer_end) struct answer a = { 0 }; \
	desk_ask(&(p).k, who, method, target, headers, body, &a)

static void is(const struct place *p, const struct answer *a, int status, const char *code)
{
	const char *got = a->status < 400 ? "" : desk_json(&p->k, a, "code");

	if (a->status != status || (code && strcmp(got, code) != 0))
		fail_msg("%d %s, not %d %s: %.*s", a->status, got, status, code ? code : "",
			 (int)a->body.n, a->body.p ? a->body.p : "");
}

#define GOOD \
	"{\"area\":\"430802001001\",\"name\":\"龙王井\",\"kind\":\"dug\",\"keeper\":\"李守井\"," \
	"\"keeper_phone\":\"0744-8222333\"}"

/* A new well's address; its id is behind the last slash. */
static const char *made(struct place *p, const char *body)
{
	ASK(a, *p, &p->lead, "POST", "/api/v1/wells", NULL, body);

	is(p, &a, 201, NULL);
	return arena_copy(p->k.arena, answer_header(&a, "Location").p,
			  answer_header(&a, "Location").n);
}

static const char *under(const struct place *p, const char *url, const char *more)
{
	char text[200];

	(void)snprintf(text, sizeof text, "%s%s", url, more);
	return arena_copy(p->k.arena, text, strlen(text));
}

/* ---- one well ------------------------------------------------------------------------------- */

static void what_was_made_is_shown_with_a_receipt(void **state)
{
	OPEN(p);
	ASK(a, p, &p.lead, "POST", "/api/v1/wells", NULL, GOOD);
	is(&p, &a, 201, NULL);
	assert_true(answer_header(&a, "Outpost-Receipt").n > 0);
	assert_true(answer_holds(&a, "\"receipt\":"));
	assert_true(str_eq(answer_header(&a, "ETag"), STR("\"1\"")));
	assert_string_equal(desk_json(&p.k, &a, "state"), "proposed");
	{
		ASK(b, p, &p.lead, "GET", under(&p, "/api/v1/wells/", desk_json(&p.k, &a, "id")),
		    NULL, NULL);

		is(&p, &b, 200, NULL);
		assert_string_equal(desk_json(&p.k, &b, "name"), "龙王井");
		assert_string_equal(desk_json(&p.k, &b, "keeper"), "李守井");
		assert_string_equal(desk_json(&p.k, &b, "area"), "430802001001000");
		assert_true(answer_holds(&b, "\"depth_cm\":null"));
		assert_true(answer_holds(&b, "\"edit\":true"));
	}
	assert_int_equal(desk_entries(&p.k, "430802", "propose"), 1);
	assert_int_equal(desk_entries(&p.k, "430802", "read"), 1); /* it has a keeper's name */
}

static void a_retry_with_its_key_makes_one_well(void **state)
{
	static const char key[] = "Idempotency-Key: one-and-the-same-key-1\r\n";
	OPEN(p);
	ASK(a, p, &p.lead, "POST", "/api/v1/wells", key, GOOD);
	ASK(b, p, &p.lead, "POST", "/api/v1/wells", key, GOOD);

	is(&p, &a, 201, NULL);
	assert_true(str_eq(buf_view(&a.body), buf_view(&b.body)));
	assert_int_equal(desk_entries(&p.k, "430802", "propose"), 1);
}

static void an_edit_says_which_version_it_saw(void **state)
{
	OPEN(p);
	const char *url = made(&p, GOOD);
	ASK(a, p, &p.lead, "PATCH", url, NULL, "{\"depth_cm\":400}");
	ASK(b, p, &p.lead, "PATCH", url, "If-Match: \"1\"\r\n", "{\"depth_cm\":400}");
	ASK(c, p, &p.lead, "PATCH", url, "If-Match: \"1\"\r\n", "{\"depth_cm\":500}");
	ASK(d, p, &p.lead, "PATCH", url, "If-Match: \"2\"\r\n", "{\"depth_cm\":null}");

	is(&p, &a, 400, "usage");
	is(&p, &b, 200, NULL);
	assert_true(answer_holds(&b, "\"version\":2"));
	is(&p, &c, 409, "conflict");
	is(&p, &d, 200, NULL);
	assert_true(answer_holds(&d, "\"depth_cm\":null"));
	assert_int_equal(desk_entries(&p.k, "430802", "edit"), 2);
}

static void a_step_is_taken_when_its_guard_lets_it(void **state)
{
	OPEN(p);
	const char *url = made(&p, GOOD);
	ASK(a, p, &p.lead, "POST", under(&p, url, "/events/open"), NULL, NULL);
	ASK(b, p, &p.lead, "POST", under(&p, url, "/events/open"), NULL,
	    "{\"tested_at\":\"2020-01-01T08:00:00+08:00\"}");
	ASK(c, p, &p.lead, "POST", under(&p, url, "/events/open"), NULL, NULL);
	ASK(d, p, &p.lead, "POST", under(&p, url, "/events/polish"), NULL, NULL);
	ASK(e, p, &p.lead, "POST", under(&p, url, "/events/seal"), NULL, NULL);
	ASK(g, p, &p.lead, "PATCH", url, "If-Match: \"3\"\r\n", "{\"depth_cm\":1}");

	is(&p, &a, 409, "conflict");
	assert_true(answer_holds(&a, "the water was not tested"));
	is(&p, &b, 200, NULL);
	assert_string_equal(desk_json(&p.k, &b, "state"), "in_use");
	is(&p, &c, 409, "conflict");
	assert_true(answer_holds(&c, "what can be: test, seal"));
	is(&p, &d, 404, "absent");
	is(&p, &e, 200, NULL);
	is(&p, &g, 409, "conflict");
	assert_true(answer_holds(&g, "is closed"));
}

static void the_history_says_who_did_and_who_read_it(void **state)
{
	OPEN(p);
	const char *url = made(&p, GOOD);
	ASK(a, p, &p.doctor, "GET", url, NULL, NULL);
	ASK(b, p, &p.lead, "GET", under(&p, url, "/history"), NULL, NULL);

	is(&p, &a, 200, NULL);
	is(&p, &b, 200, NULL);
	assert_true(answer_holds(&b, "\"action\":\"propose\""));
	assert_true(answer_holds(&b, "\"action\":\"read\""));
}

static void bad_bodies_are_refused_with_the_field(void **state)
{
	static const struct {
		const char *body, *field;
		int status;
	} bad[] = {
		{ "", "", 400 },
		{ "{", "", 400 },
		{ "[]", "", 400 },
		{ "{\"name\":\"龙王井\"}", "area", 422 },
		{ "{\"area\":\"430802001\"}", "name", 422 },
		{ "{\"area\":\"430802001\",\"name\":\"x\"}", "name", 422 },
		{ "{\"area\":\"430802001\",\"name\":\"龙王井\",\"kind\":\"lake\"}", "kind", 422 },
		{ "{\"area\":\"430802001\",\"name\":\"龙王井\",\"kind\":\"dug\",\"feeds\":\"99\"}",
		  "feeds", 422 },
		{ "{\"area\":\"430802001\",\"name\":\"龙王井\",\"kind\":\"dug\",\"germs\":\"x\"}",
		  "germs", 422 },
		{ "{\"colour\":\"red\"}", "colour", 400 },
	};
	OPEN(p);

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		ASK(a, p, &p.lead, "POST", "/api/v1/wells", NULL, bad[i].body);

		is(&p, &a, bad[i].status, NULL);
		assert_string_equal(desk_json(&p.k, &a, "field"), bad[i].field);
		assert_true(strlen(desk_json(&p.k, &a, "message_zh")) > 0);
	}
	assert_int_equal(desk_entries(&p.k, "430802", "propose"), 0);
}

/* ---- whose ---------------------------------------------------------------------------------- */

static void what_lies_elsewhere_is_not_there(void **state)
{
	OPEN(p);
	const char *url = made(&p, GOOD);
	ASK(a, p, &p.other, "GET", url, NULL, NULL);
	ASK(b, p, &p.other, "GET", "/api/v1/wells/123456789", NULL, NULL);
	ASK(c, p, &p.other, "PATCH", url, "If-Match: \"1\"\r\n", "{\"depth_cm\":1}");
	ASK(d, p, &p.other, "POST", under(&p, url, "/events/seal"), NULL, NULL);
	ASK(e, p, &p.other, "POST", "/api/v1/wells", NULL, GOOD);
	ASK(g, p, &p.other, "GET", "/api/v1/wells?area=430802", NULL, NULL);
	ASK(h, p, &p.other, "GET", "/api/v1/wells", NULL, NULL);

	is(&p, &a, 404, "absent");
	assert_true(str_eq(buf_view(&a.body), buf_view(&b.body)));
	is(&p, &c, 404, "absent");
	is(&p, &d, 404, "absent");
	is(&p, &e, 404, "absent");
	is(&p, &g, 404, "absent");
	is(&p, &h, 200, NULL);
	assert_true(answer_holds(&h, "\"items\":[]"));
}

#define WELL_IN(area, name) \
	"{\"area\":\"" area "\",\"name\":\"" name "\",\"kind\":\"dug\",\"keeper\":\"王守井\"}"

/* A township works with its county's: it reads what lies right on the way up, and no more. */
static void what_lies_right_on_the_way_up_is_read_and_not_touched(void **state)
{
	struct visitor city, below;
	OPEN(p);
	const char *countys, *siblings;

	desk_account(&p.k, "city", role_bit(ROLE_AREA_LEAD), "4308");
	desk_account(&p.k, "below", role_bit(ROLE_AREA_LEAD), "430802001");
	desk_sign_in(&p.k, "city", &city);
	desk_sign_in(&p.k, "below", &below);
	countys = made(&p, WELL_IN("430802", "县局老井"));
	siblings = made(&p, WELL_IN("430802002", "邻乡老井"));
	(void)made(&p, WELL_IN("430802001", "本乡老井"));
	assert_int_equal(desk_status(&p.k, &city, "POST", "/api/v1/wells",
				     WELL_IN("4308", "市局老井")),
			 201);
	ASK(a, p, &below, "GET", countys, NULL, NULL);
	ASK(b, p, &below, "GET", "/api/v1/wells", NULL, NULL);
	ASK(c, p, &below, "GET", "/api/v1/wells?area=430802001", NULL, NULL);
	ASK(d, p, &below, "GET", "/api/v1/wells?area=430802&q=%E5%8E%BF%E5%B1%80", NULL, NULL);
	ASK(e, p, &below, "GET", siblings, NULL, NULL);
	ASK(g, p, &below, "GET", "/api/v1/wells?area=430802002", NULL, NULL);
	ASK(h, p, &below, "GET", "/api/v1/wells/export", NULL, NULL);

	is(&p, &a, 200, NULL);
	assert_true(answer_holds(&a, "王守井"));
	assert_true(answer_holds(&a, "\"events\":[],\"may\":{\"edit\":false,\"history\":false}"));
	assert_true(answer_holds(&b, "县局老井") && answer_holds(&b, "市局老井") &&
		    answer_holds(&b, "本乡老井") && !answer_holds(&b, "邻乡老井"));
	assert_true(answer_holds(&c, "本乡老井") && !answer_holds(&c, "县局老井"));
	assert_true(answer_holds(&d, "县局老井") && !answer_holds(&d, "市局老井"));
	is(&p, &e, 404, "absent");
	is(&p, &g, 404, "absent");
	assert_true(answer_holds(&h, "市局老井") && !answer_holds(&h, "邻乡老井"));
	assert_int_equal(desk_status(&p.k, &below, "GET", under(&p, countys, "/history"), NULL),
			 404);
	assert_int_equal(desk_status(&p.k, &below, "POST", under(&p, countys, "/events/seal"),
				     NULL),
			 404);
	assert_int_equal(desk_status(&p.k, &below, "POST", "/api/v1/wells",
				     WELL_IN("430802", "不是本乡的")),
			 404);
	ASK(i, p, &below, "PATCH", countys, "If-Match: \"1\"\r\n", "{\"depth_cm\":1}");
	is(&p, &i, 404, "absent");
}

static void a_reader_reads_and_does_not_write(void **state)
{
	OPEN(p);
	const char *url = made(&p, GOOD);
	ASK(a, p, &p.reader, "GET", url, NULL, NULL);
	ASK(b, p, &p.reader, "POST", "/api/v1/wells", NULL, GOOD);
	ASK(c, p, &p.reader, "PATCH", url, "If-Match: \"1\"\r\n", "{\"depth_cm\":1}");
	ASK(d, p, &p.reader, "POST", under(&p, url, "/events/seal"), NULL, NULL);

	is(&p, &a, 200, NULL);
	assert_true(answer_holds(&a, "\"events\":[]"));
	assert_true(answer_holds(&a, "\"edit\":false"));
	is(&p, &b, 403, "role");
	is(&p, &c, 403, "role");
	is(&p, &d, 403, "role");
}

struct canary {
	struct record_book *book;
	struct well w;
};

static enum err put_canary(struct tx *tx, void *arg, struct fault *f)
{
	struct canary *c = arg;

	return act_insert(tx, &c->book->kind[0], &c->w, f);
}

/* A well with a word of its own in a field of each class. */
static const char *const canary[SEE_VAULT] = {
	[SEE_PUBLIC] = "甲金丝雀",
	[SEE_AREA] = "乙金丝雀",
	[SEE_OFFICIAL] = "丙金丝雀",
	[SEE_CDC] = "丁金丝雀",
};

static const char *canaries(struct place *p)
{
	struct canary c = { .book = p->book };
	struct fault f = { 0 };
	char url[64];

	noun_blank(&well_noun, &c.w);
	c.w.record = (struct record){ .id = record_id_new(p->book),
				      .area = { 430802001000000 },
				      .version = 1,
				      .state = WELL_IN_USE,
				      .created_at = { DATABASE_NOW },
				      .updated_at = { DATABASE_NOW } };
	c.w.kind = WELL_DUG;
	c.w.name = str_of(canary[SEE_PUBLIC]);
	c.w.notes = str_of(canary[SEE_AREA]);
	c.w.keeper = str_of(canary[SEE_OFFICIAL]);
	c.w.germs = str_of(canary[SEE_CDC]);
	assert_int_equal(db_write(p->k.d->db, put_canary, &c, &f), OK);
	(void)snprintf(url, sizeof url, "/api/v1/wells/%lld", (long long)c.w.record.id.v);
	return under(p, url, "");
}

/* Whoever is not to see a class must not find its word, whatever they ask. */
static void each_class_is_seen_by_those_it_is_for(void **state)
{
	static const bool sees[][SEE_VAULT] = {
		/* public, area, official, cdc */
		{ true, true, true, false }, /* area lead */
		{ true, true, true, false }, /* grid worker */
		{ true, true, true, true },  /* doctor */
		{ true, true, false, false } /* an agency that was given CAP_EXPORT alone */
	};
	struct visitor agency;
	OPEN(p);
	const struct visitor *who[] = { &p.lead, &p.reader, &p.doctor, &agency };
	const char *url = canaries(&p);

	desk_key(&p.k, capability_bit(CAP_EXPORT), "430802", &agency);
	for (size_t i = 0; i < ARRAY_LEN(who); i++) {
		ASK(one, p, who[i], "GET", url, NULL, NULL);
		ASK(list, p, who[i], "GET", "/api/v1/wells", NULL, NULL);
		ASK(found, p, who[i], "GET", "/api/v1/wells?q=%E4%B8%99%E9%87%91", NULL, NULL);
		ASK(nouns, p, who[i], "GET", "/api/v1/nouns", NULL, NULL);
		ASK(file, p, who[i], "GET", "/api/v1/wells/export", NULL, NULL);

		if (who[i] == &agency) {
			is(&p, &one, 403, "role");
			is(&p, &file, 403, "role");
			assert_true(str_eq(buf_view(&nouns.body), STR("[]")));
			continue;
		}
		is(&p, &one, 200, NULL);
		for (size_t see = 0; see < SEE_VAULT; see++) {
			assert_int_equal(answer_holds(&one, canary[see]), sees[i][see]);
			/* Of what is for few, only the row itself tells: it is not listed. */
			assert_int_equal(answer_holds(&list, canary[see]), see < SEE_OFFICIAL);
			assert_int_equal(answer_holds(&found, canary[see]),
					 sees[i][SEE_OFFICIAL] && see < SEE_OFFICIAL);
		}
		assert_int_equal(answer_holds(&nouns, "\"germs\""), sees[i][SEE_CDC]);
	}
}

/* ---- lists ---------------------------------------------------------------------------------- */

static void many(struct place *p, int n)
{
	for (int i = 0; i < n; i++) {
		char body[200];

		(void)snprintf(body, sizeof body,
			       "{\"area\":\"43080200%d\",\"name\":\"龙王井%d\",\"kind\":\"%s\"}",
			       1 + i % 2, i, i % 3 ? "dug" : "spring");
		(void)made(p, body);
	}
}

static size_t count(const struct answer *a, const char *text)
{
	CLEANUP(buf_release) struct buf b = { 0 };
	size_t n = 0;

	buf_str(&b, buf_view(&a->body));
	buf_char(&b, '\0');
	for (const char *at = b.p; (at = strstr(at, text)); at++)
		n++;
	return n;
}

static void a_list_is_narrowed_by_area_word_state_and_field(void **state)
{
	static const struct {
		const char *query;
		size_t n;
	} asks[] = {
		{ "", 12 },
		{ "?area=430802001", 6 },
		{ "?kind=spring", 4 },
		{ "?kind=spring&area=430802002", 2 },
		{ "?state=proposed", 12 },
		{ "?state=sealed", 0 },
		{ "?q=lwj", 12 },
		{ "?q=%E7%8E%8B%E4%BA%957", 1 },
		{ "?q=%E6%B3%89%E6%B0%B4", 0 },
		{ "?public_use=true", 0 },
		{ "?depth_cm_from=1", 0 },
		{ "?kind=", 12 },
		{ "?limit=5", 5 },
	};
	OPEN(p);

	many(&p, 12);
	for (size_t i = 0; i < ARRAY_LEN(asks); i++) {
		ASK(a, p, &p.lead, "GET", under(&p, "/api/v1/wells", asks[i].query), NULL, NULL);

		is(&p, &a, 200, NULL);
		if (count(&a, "\"id\":") != asks[i].n)
			fail_msg("%s: %zu rows, not %zu", asks[i].query, count(&a, "\"id\":"),
				 asks[i].n);
	}
}

static void what_a_list_does_not_know_is_refused(void **state)
{
	static const char *const bad[][2] = {
		{ "?colour=red", "colour" },
		{ "?name=x", "name" },
		{ "?limit=0", "limit" },
		{ "?limit=1000", "limit" },
		{ "?kind=lake", "kind" },
		{ "?state=open", "state" },
		{ "?after=xyz", "after" },
		{ "?q=x", "q" },
		{ "?tested_at=1", "tested_at" },
		{ "?area=43080", "area" },
		{ "?depth_cm_from=x", "depth_cm" },
	};
	OPEN(p);

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		ASK(a, p, &p.lead, "GET", under(&p, "/api/v1/wells", bad[i][0]), NULL, NULL);

		if (a.status != 400 && a.status != 422)
			fail_msg("%s: %d", bad[i][0], a.status);
		assert_string_equal(desk_json(&p.k, &a, "field"), bad[i][1]);
	}
}

static void pages_give_every_row_once(void **state)
{
	char query[128] = "?limit=5";
	size_t rows = 0, pages = 0;
	const char *next;
	OPEN(p);

	many(&p, 12);
	do {
		ASK(a, p, &p.lead, "GET", under(&p, "/api/v1/wells", query), NULL, NULL);

		is(&p, &a, 200, NULL);
		rows += count(&a, "\"id\":");
		next = desk_json(&p.k, &a, "next");
		(void)snprintf(query, sizeof query, "?limit=5&after=%s", next);
	} while (++pages < 9 && strcmp(next, "?") != 0 && *next);
	assert_int_equal(rows, 12);
	assert_int_equal(pages, 3);
}

static void a_cursor_does_not_serve_another_list(void **state)
{
	char query[160];
	OPEN(p);

	many(&p, 3);
	ASK(a, p, &p.lead, "GET", "/api/v1/wells?limit=1", NULL, NULL);
	(void)snprintf(query, sizeof query, "?limit=1&kind=dug&after=%s",
		       desk_json(&p.k, &a, "next"));
	ASK(b, p, &p.lead, "GET", under(&p, "/api/v1/wells", query), NULL, NULL);
	is(&p, &b, 422, "range");
}

/* ---- pages about nouns ---------------------------------------------------------------------- */

static void the_nouns_are_described(void **state)
{
	OPEN(p);
	ASK(a, p, &p.lead, "GET", "/api/v1/nouns", NULL, NULL);
	ASK(b, p, NULL, "GET", "/api/v1/nouns", NULL, NULL);

	is(&p, &a, 200, NULL);
	assert_true(answer_holds(&a, "\"path\":\"wells\""));
	assert_true(answer_holds(&a, "\"word\":\"drilled\",\"zh\":\"机井\""));
	assert_true(answer_holds(&a, "\"from\":null,\"event\":\"propose\""));
	is(&p, &b, 401, "login");
}

static void the_api_page_has_every_route(void **state)
{
	const struct json_node *all, *paths;
	struct fault f = { 0 };
	OPEN(p);
	ASK(a, p, NULL, "GET", "/api/v1/openapi.json", NULL, NULL);

	is(&p, &a, 200, NULL);
	if (json_read(buf_view(&a.body), &json_limits_request, p.k.arena, &all, &f))
		fail_msg("%s", f.en);
	paths = json_at(all, "paths");
	assert_non_null(json_at(paths, "/api/v1/wells/{id}/events/{event}"));
	assert_non_null(json_at(json_at(paths, "/api/v1/wells/{id}"), "patch"));
	assert_non_null(json_at(paths, "/api/v1/session"));
	assert_int_equal(count(&a, "\"x-audit\":"), routes_n(p.k.routes));
	/* A body is a noun's fields, keys by name, or a file; a file says how it is read, too. */
	assert_true(answer_holds(&a, "\"properties\":{\"login\":{},\"password\":{},\"totp\":{}},"
				     "\"additionalProperties\":false"));
	assert_int_equal(count(&a, "\"application/json\":{}"), routes_n(p.k.routes));
	assert_int_equal(count(&a, "\"name\":\"dry_run\""), 1);
	assert_int_equal(count(&a, "\"name\":\"mapping\""), 2);
	assert_int_equal(count(&a, "\"name\":\"If-Match\""), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(what_was_made_is_shown_with_a_receipt),
		ON_BOTH(a_retry_with_its_key_makes_one_well),
		ON_BOTH(an_edit_says_which_version_it_saw),
		ON_BOTH(a_step_is_taken_when_its_guard_lets_it),
		ON_BOTH(the_history_says_who_did_and_who_read_it),
		ON_BOTH(bad_bodies_are_refused_with_the_field),
		ON_BOTH(what_lies_elsewhere_is_not_there),
		ON_BOTH(what_lies_right_on_the_way_up_is_read_and_not_touched),
		ON_BOTH(a_reader_reads_and_does_not_write),
		ON_BOTH(each_class_is_seen_by_those_it_is_for),
		ON_BOTH(a_list_is_narrowed_by_area_word_state_and_field),
		ON_BOTH(what_a_list_does_not_know_is_refused),
		ON_BOTH(pages_give_every_row_once),
		ON_BOTH(a_cursor_does_not_serve_another_list),
		ON_BOTH(the_nouns_are_described),
		ON_BOTH(the_api_page_has_every_route),
	};

	wells_steps();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
