/*
 * cases.c - a house at work: a case is reported, confirmed, traced by its warrant, and nothing is
 * traced in any other way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/file.h"
#include "grid/area_import.h"
#include "serve/found.h"
#include "serve/serve.h"
#include "support/client.h"
#include "support/database.h"
#include "support/trails.h"
#include "vault/grant.h"
#include "vault/vault.h"

static const char counties[] = "code,name\n43,湖南省\n4308,张家界市\n430802,永定区\n"
			       "430822,桑植县\n";
enum { DOCTOR, CHIEF, SECOND, LAB, FAR, OVERSEER, PEOPLE };
static const struct {
	const char *login;
	uint32_t roles;
	int64_t area;
} people[PEOPLE] = {
	{ "doctor", 1u << ROLE_DOCTOR, 430802000000000 },
	{ "chief", 1u << ROLE_INVESTIGATOR, 430802000000000 },
	{ "second", 1u << ROLE_INVESTIGATOR, 430802000000000 },
	{ "labor", 1u << ROLE_LAB, 430802000000000 },
	{ "distant", 1u << ROLE_INVESTIGATOR, 430822000000000 },
	{ "watcher", 1u << ROLE_OVERSEER, 430000000000000 },
};

struct town {
	struct database *d;
	struct house *h;
	struct serve *s;
	char dir[32], cookie[PEOPLE][400], id[PEOPLE][24];
	char password[PEOPLE][POLICY_ONCE_BYTES];
	int n_keys;
};

static _Atomic int64_t wall_s = DATABASE_NOW;
static int64_t wall_ns(void *arg)
{
	(void)arg;
	return wall_s * 1000000000;
}
static struct utc_s now(void)
{
	return (struct utc_s){ wall_s };
}

/* ---- asking ---------------------------------------------------------------------------------- */

static int ask(struct town *t, int who, const char *method, const char *target, const char *body,
	       struct answer *ret)
{
	char headers[700];

	(void)snprintf(headers, sizeof headers, "%sIdempotency-Key: key-%d\r\n", t->cookie[who],
		       t->n_keys++);
	assert_true(client_ask(http_port(t->s->http), method, target, headers, body, ret));
	return ret->status;
}

static int status_of(struct town *t, int who, const char *method, const char *target,
		     const char *body)
{
	CLEANUP(answer_end) struct answer a = { 0 };

	return ask(t, who, method, target, body, &a);
}

/* The text of "key":"..." in an answer. */
static void text_of(const struct answer *a, const char *key, char *ret, size_t room)
{
	char want[40];
	int n = snprintf(want, sizeof want, "\"%s\":\"", key);
	const char *at = memmem(a->body.p, a->body.n, want, (size_t)n);

	assert_non_null(at);
	at += n;
	size_t len = strcspn(at, "\"");
	assert_true(len < room);
	memcpy(ret, at, len);
	ret[len] = '\0';
}

static void sign_in(struct town *t, int who)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	char body[200];
	struct str cookie;

	t->cookie[who][0] = '\0';
	(void)snprintf(body, sizeof body, "{\"login\":\"%s\",\"password\":\"%s\"}",
		       people[who].login, t->password[who]);
	assert_int_equal(ask(t, who, "POST", "/api/v1/session", body, &a), 200);
	cookie = answer_header(&a, "Set-Cookie");
	(void)snprintf(t->cookie[who], sizeof t->cookie[who], "Cookie: %.*s\r\n",
		       (int)(strcspn(cookie.p, ";\r")), cookie.p);
}

/* ---- a town ---------------------------------------------------------------------------------- */

static void begin(struct town *t, struct database *d, const char *dir)
{
	CLEANUP(area_import_end) struct area_import *i = NULL;
	CLEANUP(file_end) struct file *fl = NULL;
	struct serve_options o = { .listen = "127.0.0.1:0",
				   .wall = { wall_ns, NULL },
				   .steady = clock_steady };
	struct found_first first;
	struct config c;

	memset(t, 0, sizeof *t);
	wall_s = DATABASE_NOW;
	t->d = d;
	(void)snprintf(t->dir, sizeof t->dir, "%s%s", dir, d->sqlite ? "" : ".pg");
	config_defaults(&c);
	MUST(config_set(&c, STR("house.area"), STR("43"), &d->fault));
	if (!d->sqlite)
		MUST(config_set(&c, STR("db.url"), str_of(d->url), &d->fault));
	MUST(found_house(t->dir, &c, CRYPT_WORLD, now(), &first, &d->fault));
	MUST(house_open(t->dir, &t->h, &d->fault));
	MUST(house_vault(t->h, (struct clock){ wall_ns, NULL }, &d->fault));
	MUST(house_database(t->h, false, now(), &d->fault));
	MUST(file_open("areas.csv", FILE_REPLACE, &fl, &d->fault));
	MUST(file_write(fl, counties, strlen(counties), &d->fault));
	MUST(file_close(&fl, &d->fault));
	MUST(area_import_new(&(struct area_import_options){ .from_day = AREA_DAY_FIRST }, &i));
	MUST(area_import_file(i, "areas.csv", &d->fault));
	MUST(db_write(t->h->db, area_import_run, i, &d->fault));
	for (int k = 0; k < PEOPLE; k++) {
		struct found_account who = { .login = str_of(people[k].login),
					     .name = STR("合成"),
					     .roles = people[k].roles,
					     .area = { people[k].area } };

		MUST(scope_add(&who.scope, who.area, &d->fault));
		MUST(found_account(t->h, &who, now(), t->password[k], &d->fault));
	}
	MUST(serve_open(t->h, &o, &t->s, &d->fault));
	MUST(serve_tick(t->s, now(), &d->fault));
	for (int k = 0; k < PEOPLE; k++)
		sign_in(t, k);
}

static void end(struct town *t)
{
	serve_close(&t->s);
	house_end(&t->h);
}

/* ---- visits ---------------------------------------------------------------------------------- */

static const struct sql index_sql = {
	.name = "test.index",
	.text = "SELECT person FROM case_person WHERE case_id = $1",
	.args = "i",
	.across = "a test",
	.scan = "a test",
};
struct looking {
	int64_t case_id, person;
};
static enum err look_act(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct looking *l = arg;
	enum err e = tx_row(tx, &index_sql, SQL_ARGS(sql_i64(l->case_id)), &r, f);

	l->person = e ? 0 : rows_i64(r, 0);
	return e;
}

/* Where the case was: the cinema yesterday with two, of whom one met a third on a bus after it. */
static void visits_of(struct town *t, int64_t index, int64_t neighbour)
{
	struct database *d = t->d;
	int64_t evening = zone_day_start(t->h->zone, zone_day_of(t->h->zone, now()) - 1).v + 68400;
	struct trail_visit v[] = {
		{ .person = index, .place = { 77 }, .from = { evening }, .to = { evening + 7200 } },
		{ .person = neighbour,
		  .place = { 77 },
		  .from = { evening },
		  .to = { evening + 7200 } },
		{ .person = 1002,
		  .place = { 77 },
		  .from = { evening + 600 },
		  .to = { evening + 7200 } },
		{ .person = 1002,
		  .place = { 78 },
		  .from = { evening + 8000 },
		  .to = { evening + 9800 } },
		{ .person = 1003,
		  .place = { 78 },
		  .from = { evening + 8000 },
		  .to = { evening + 9800 } },
		{ .person = 1004,
		  .place = { 79 },
		  .from = { evening + 8000 },
		  .to = { evening + 9800 } },
	};
	enum trail_fate fate[ARRAY_LEN(v)];
	struct trails s = { .d = d, .t = t->s->trail };
	struct trails_keep k = { &s, { { 430802000000000 }, 5 }, v, ARRAY_LEN(v), fate, false };
	struct db *own = d->db;

	for (size_t i = 0; i < ARRAY_LEN(v); i++)
		v[i].kind = STR("restaurant");
	d->db = t->h->db;
	MUST(trails_keep(&k, &d->fault));
	d->db = own;
}

static void report(struct town *t, char id[24], const char *number)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	char body[500], day[16];
	struct buf b = { 0 };

	when_date(&b, zone_day_of(t->h->zone, now()));
	(void)snprintf(day, sizeof day, "%.*s", (int)b.n, b.p);
	buf_release(&b);
	(void)snprintf(
		body, sizeof body,
		"{\"area\":\"430802000000000\",\"number\":\"%s\",\"profile\":\"covid19.who\","
		"\"onset\":\"%s\",\"positive\":\"%s\",\"who\":{\"name\":\"金丝雀%s\","
		"\"id_number\":\"43080219850101001%s\",\"phone\":\"13800000000\"}}",
		number, day, day, number, number);
	if (ask(t, DOCTOR, "POST", "/api/v1/cases", body, &a) != 201)
		fail_msg("%.*s", (int)a.body.n, a.body.p);
	text_of(&a, "id", id, 24);
}

static void confirm_by(struct town *t, int who, const char *id, const char *event,
		       char warrant[600])
{
	CLEANUP(answer_end) struct answer a = { 0 };
	char url[80];

	(void)snprintf(url, sizeof url, "/api/v1/cases/%s/events/%s", id, event);
	if (ask(t, who, "POST", url, "", &a) != 200)
		fail_msg("%.*s", (int)a.body.n, a.body.p);
	text_of(&a, "over\":false,\"text", warrant, 600); /* not the receipt's */
}

static void confirm(struct town *t, int who, const char *id, char warrant[600])
{
	confirm_by(t, who, id, "confirm", warrant);
}

static int trace(struct town *t, int who, const char *id, const char *warrant, const char *more,
		 struct answer *ret)
{
	char url[80], body[900];

	(void)snprintf(url, sizeof url, "/api/v1/cases/%s/trace", id);
	(void)snprintf(body, sizeof body, "{\"warrant\":\"%s\"%s}", warrant, more);
	return ask(t, who, "POST", url, body, ret);
}

static void refused(struct town *t, int who, const char *id, const char *warrant, const char *more)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	int status = trace(t, who, id, warrant, more, &a);

	if (status < 400 || status >= 500 || answer_holds(&a, "1001"))
		fail_msg("%d %.*s", status, (int)a.body.n, a.body.p);
}

static void a_confirmed_case_is_traced_by_its_warrant_and_in_no_other_way(void **state)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	struct database *d = *state;
	char id[24], other[24], warrant[600], foreign[600], url[80], trace_id[24];
	struct looking l;
	struct town t;

	begin(&t, d, "town");
	report(&t, id, "1");
	report(&t, other, "2");
	assert_int_equal(sscanf(id, "%lld", (long long *)&l.case_id), 1);
	MUST(db_read(t.h->db, look_act, &l, &d->fault));
	assert_true(l.person > 0);
	visits_of(&t, l.person, 1001);

	refused(&t, CHIEF, id, "", "");
	(void)snprintf(url, sizeof url, "/api/v1/cases/%s/events/confirm", id);
	assert_int_equal(status_of(&t, DOCTOR, "POST", url, ""), 403);
	assert_int_equal(status_of(&t, FAR, "POST", url, ""), 404);
	confirm(&t, CHIEF, id, warrant);
	confirm(&t, CHIEF, other, foreign);

	refused(&t, CHIEF, id, "", "");
	refused(&t, SECOND, id, warrant, "");
	refused(&t, FAR, id, warrant, "");
	refused(&t, CHIEF, other, warrant, "");
	refused(&t, CHIEF, id, foreign, "");
	refused(&t, CHIEF, id, warrant, ",\"generations\":3");
	refused(&t, CHIEF, id, warrant, ",\"from\":\"2020-01-01T00:00:00+08:00\"");
	for (size_t i = 0; i < strlen(warrant); i += 7) {
		char was = warrant[i];

		warrant[i] = was == 'A' ? 'B' : 'A';
		refused(&t, CHIEF, id, warrant, "");
		warrant[i] = was;
	}
	assert_int_equal(trace(&t, DOCTOR, id, warrant, "", &a), 403);
	answer_end(&a);

	if (trace(&t, CHIEF, id, warrant, "", &a) != 201)
		fail_msg("%.*s", (int)a.body.n, a.body.p);
	if (!answer_holds(&a, "\"n_contacts\":3") || !answer_holds(&a, "\"person\":\"1001\"") ||
	    !answer_holds(&a, "\"person\":\"1003\"") || answer_holds(&a, "\"1004\"") ||
	    answer_holds(&a, "金丝雀"))
		fail_msg("%.*s", (int)a.body.n, a.body.p);
	text_of(&a, "id", trace_id, sizeof trace_id);
	answer_end(&a);
	(void)snprintf(url, sizeof url, "/api/v1/traces/%s", trace_id);
	assert_int_equal(ask(&t, SECOND, "GET", url, "", &a), 200);
	if (!answer_holds(&a, "\"proof\":\"whole\"") || !answer_holds(&a, "\"1003\""))
		fail_msg("%.*s", (int)a.body.n, a.body.p);
	assert_int_equal(status_of(&t, FAR, "GET", url, ""), 404);
	assert_int_equal(status_of(&t, DOCTOR, "GET", url, ""), 403);
	assert_int_equal(status_of(&t, LAB, "GET", url, ""), 403);

	/* An epoch ends: the warrant speaks of nobody any more, and another is to be had. */
	struct trail_pair pair = { l.person, 4242 };
	MUST(trail_renew(t.s->trail, &pair, 1, &d->fault));
	MUST(epidemic_renew(t.s->rooms.epidemic, &pair, 1, &d->fault));
	refused(&t, CHIEF, id, warrant, "");
	confirm_by(&t, CHIEF, id, "renew", warrant);
	answer_end(&a);
	assert_int_equal(trace(&t, CHIEF, id, warrant, "", &a), 201);
	assert_true(answer_holds(&a, "\"n_contacts\":3"));

	wall_s += 3600 * 25;
	sign_in(&t, CHIEF);
	refused(&t, CHIEF, id, warrant, "");
	end(&t);
}

static int64_t pseudonym_of(struct town *t, const char *name)
{
	struct vault_presence p = { .at = now() };
	struct fault f = { 0 };
	int64_t ret;

	p.who.text[VAULT_NAME] = str_of(name);
	p.who.text[VAULT_PHONE] = STR("13912345678");
	assert_int_equal(vault_pseudonym(t->s->vault, 99, &p, 1, &ret, &f), OK);
	assert_int_equal(vault_keep(t->s->vault, 99, &f), OK);
	return ret;
}

static void names(struct town *t, int who, const char *trace_id, const char *body,
		  struct answer *ret)
{
	char url[80];

	(void)snprintf(url, sizeof url, "/api/v1/traces/%s/names", trace_id);
	ask(t, who, "POST", url, body, ret);
}

static void the_people_of_a_trace_are_named_to_its_officer_and_to_nobody_else(void **state)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	struct database *d = *state;
	char id[24], warrant[600], trace_id[24], one[64];
	struct looking l;
	struct town t;

	begin(&t, d, "named");
	report(&t, id, "1");
	assert_int_equal(sscanf(id, "%lld", (long long *)&l.case_id), 1);
	MUST(db_read(t.h->db, look_act, &l, &d->fault));
	int64_t neighbour = pseudonym_of(&t, "邻座甲");
	visits_of(&t, l.person, neighbour);
	confirm(&t, CHIEF, id, warrant);
	assert_int_equal(trace(&t, CHIEF, id, warrant, "", &a), 201);
	text_of(&a, "id", trace_id, sizeof trace_id);
	answer_end(&a);

	names(&t, CHIEF, trace_id, "{}", &a);
	if (a.status != 200 || !answer_holds(&a, "邻座甲") || !answer_holds(&a, "\"known\":false"))
		fail_msg("%d %.*s", a.status, (int)a.body.n, a.body.p);
	answer_end(&a);
	(void)snprintf(one, sizeof one, "{\"people\":[\"%lld\"]}", (long long)neighbour);
	names(&t, CHIEF, trace_id, one, &a);
	assert_true(answer_holds(&a, "邻座甲") && !answer_holds(&a, "\"known\":false"));
	answer_end(&a);
	assert_int_equal(ask(&t, CHIEF, "GET", "/api/v1/looks", "", &a), 200);
	if (!answer_holds(&a, "\"kind\":\"trace\"")) /* both looks are on record */
		fail_msg("%.*s", (int)a.body.n, a.body.p);
	answer_end(&a);

	const struct {
		int who;
		const char *body;
		int status;
	} refusals[] = {
		{ SECOND, "{}", 403 },
		{ FAR, "{}", 404 },
		{ DOCTOR, "{}", 403 },
		{ CHIEF, "{\"people\":[\"1004\"]}", 403 }, /* was elsewhere: it is not listed */
		{ CHIEF, "{\"people\":[]}", 422 },
		{ CHIEF, "{\"people\":[1001]}", 422 },
		{ CHIEF, "{\"people\":\"1001\"}", 422 },
	};
	for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
		names(&t, refusals[i].who, trace_id, refusals[i].body, &a);
		if (a.status != refusals[i].status || answer_holds(&a, "邻座甲"))
			fail_msg("%zu: %d %.*s", i, a.status, (int)a.body.n, a.body.p);
		answer_end(&a);
	}
	wall_s += grant_life_max(GRANT_TRACE) + 1;
	sign_in(&t, CHIEF);
	names(&t, CHIEF, trace_id, "{}", &a);
	assert_true(a.status >= 400 && a.status < 500 && !answer_holds(&a, "邻座甲"));
	end(&t);
}

static void a_laboratory_confirms_with_whoever_is_not_the_laboratory(void **state)
{
	struct database *d = *state;
	char id[24], url[80], result[80], warrant[600];
	struct town t;

	begin(&t, d, "lab");
	report(&t, id, "1");
	(void)snprintf(result, sizeof result, "/api/v1/cases/%s/result", id);
	(void)snprintf(url, sizeof url, "/api/v1/cases/%s/events/confirm", id);
	assert_int_equal(status_of(&t, CHIEF, "POST", result, "{\"result\":\"positive\"}"), 403);
	assert_int_equal(status_of(&t, LAB, "POST", result, "{\"result\":\"blue\"}"), 422);
	assert_int_equal(status_of(&t, LAB, "POST", result, "{\"result\":\"positive\"}"), 200);
	assert_int_equal(status_of(&t, LAB, "POST", url, ""), 403);
	confirm(&t, CHIEF, id, warrant);
	assert_int_equal(status_of(&t, LAB, "POST", result, "{\"result\":\"negative\"}"), 409);
	end(&t);
}

static void what_nobody_confirms_in_two_days_the_overseer_sees(void **state)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	struct database *d = *state;
	char id[24];
	struct town t;

	begin(&t, d, "late");
	report(&t, id, "1");
	assert_int_equal(ask(&t, OVERSEER, "GET", "/api/v1/unconfirmed-cases", "", &a), 200);
	assert_false(answer_holds(&a, id));
	answer_end(&a);
	wall_s += 3600 * 49;
	sign_in(&t, OVERSEER);
	assert_int_equal(ask(&t, OVERSEER, "GET", "/api/v1/unconfirmed-cases", "", &a), 200);
	assert_true(answer_holds(&a, id));
	assert_int_equal(status_of(&t, CHIEF, "GET", "/api/v1/unconfirmed-cases", ""), 401);
	end(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(a_confirmed_case_is_traced_by_its_warrant_and_in_no_other_way),
		ON_BOTH(the_people_of_a_trace_are_named_to_its_officer_and_to_nobody_else),
		ON_SQLITE(a_laboratory_confirms_with_whoever_is_not_the_laboratory),
		ON_SQLITE(what_nobody_confirms_in_two_days_the_overseer_sees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
