/* serve.c - a whole house at work: made, opened, asked over sockets, and closed again. */
#include "serve/serve.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/memory.h"
#include "grid/area_import.h"
#include "serve/backup.h"
#include "serve/found.h"
#include "serve/sound.h"
#include "support/client.h"
#include "support/database.h"

#include "base/ban.h"

static const char counties[] = "code,name\n43,湖南省\n4308,张家界市\n430802,永定区\n"
			       "430822,桑植县\n";

struct town {
	struct database *d;
	struct house *h;
	struct serve *s;
	char dir[32], headers[512], password[POLICY_ONCE_BYTES];
	int n_keys;
};

static _Atomic int64_t wall_s = DATABASE_NOW; /* read by the threads of http */
static int64_t wall_ns(void *arg)
{
	(void)arg;
	return wall_s * 1000000000;
}

static struct utc_s now(void)
{
	return (struct utc_s){ wall_s };
}

static void open_town(struct town *t)
{
	struct serve_options o = { .listen = "127.0.0.1:0",
				   .wall = { wall_ns, NULL },
				   .steady = clock_steady };
	struct database *d = t->d;

	MUST(house_open(t->dir, &t->h, &d->fault));
	MUST(house_database(t->h, true, now(), &d->fault));
	MUST(serve_open(t->h, &o, &t->s, &d->fault));
	MUST(serve_tick(t->s, now(), &d->fault));
}

static void close_town(struct town *t)
{
	serve_close(&t->s);
	house_end(&t->h);
}

static void ask(struct town *t, const char *method, const char *target, const char *body,
		struct answer *ret)
{
	char headers[700];

	(void)snprintf(headers, sizeof headers, "%sIdempotency-Key: key-%d\r\n", t->headers,
		       t->n_keys++);
	assert_true(client_ask(http_port(t->s->http), method, target, headers, body, ret));
}

static int status_of(struct town *t, const char *method, const char *target, const char *body)
{
	CLEANUP(answer_end) struct answer a = { 0 };

	ask(t, method, target, body, &a);
	return a.status;
}

static void sign_in(struct town *t, const char *login, const char *password)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	char body[200];
	struct str cookie;

	t->headers[0] = '\0';
	(void)snprintf(body, sizeof body, "{\"login\":\"%s\",\"password\":\"%s\"}", login,
		       password);
	ask(t, "POST", "/api/v1/session", body, &a);
	assert_int_equal(a.status, 200);
	cookie = answer_header(&a, "Set-Cookie");
	(void)snprintf(t->headers, sizeof t->headers, "Cookie: %.*s\r\n",
		       (int)(strcspn(cookie.p, ";\r")), cookie.p);
}

/* A demo house on its own folder, or on the test's PostgreSQL, with four areas and a lead. */
static void make_town(struct town *t, struct database *d, const char *dir)
{
	CLEANUP(area_import_end) struct area_import *i = NULL;
	CLEANUP(file_end) struct file *fl = NULL;
	struct found_account lead = { .login = STR("lead"),
				      .name = STR("合成"),
				      .roles = role_bit(ROLE_AREA_LEAD) | role_bit(ROLE_OVERSEER),
				      .area = { 430000000000000 } };
	struct found_first first;
	struct config c;

	t->d = d;
	(void)snprintf(t->dir, sizeof t->dir, "%s%s", dir, d->sqlite ? "" : ".pg");
	dir = t->dir;
	config_defaults(&c);
	MUST(config_set(&c, STR("house.area"), STR("43"), &d->fault));
	MUST(config_set(&c, STR("house.demo"), STR("yes"), &d->fault));
	if (!d->sqlite)
		MUST(config_set(&c, STR("db.url"), str_of(d->url), &d->fault));
	MUST(found_house(dir, &c, CRYPT_WORLD, now(), &first, &d->fault));
	assert_string_equal(first.login, "admin");
	MUST(house_open(dir, &t->h, &d->fault));
	MUST(house_database(t->h, false, now(), &d->fault));
	MUST(file_open("areas.csv", FILE_REPLACE, &fl, &d->fault));
	MUST(file_write(fl, counties, strlen(counties), &d->fault));
	MUST(file_close(&fl, &d->fault));
	MUST(area_import_new(&(struct area_import_options){ .from_day = AREA_DAY_FIRST }, &i));
	MUST(area_import_file(i, "areas.csv", &d->fault));
	MUST(db_write(t->h->db, area_import_run, i, &d->fault));
	MUST(scope_add(&lead.scope, lead.area, &d->fault));
	MUST(found_account(t->h, &lead, now(), t->password, &d->fault));
	house_end(&t->h);
}

static const char office[] = "{\"area\":\"430802000000000\",\"name\":\"永定区应急局\","
			     "\"kind\":\"government\",\"duty_phone\":\"0744-1234567\"}";

static const char officer[] = "{\"area\":\"430802000000000\",\"name\":\"合成·甲\","
			      "\"post\":\"区长\",\"phone\":\"0744-7654321\"}";

/* The text of "key":"..." in an answer. */
static void text_of(const struct answer *a, const char *key, char *ret, size_t room)
{
	char wanted[64];
	const char *at;
	size_t n;

	(void)snprintf(wanted, sizeof wanted, "\"%s\":\"", key);
	at = memmem(a->body.p, a->body.n, wanted, strlen(wanted));
	assert_non_null(at);
	at += strlen(wanted);
	n = (size_t)((const char *)memchr(at, '"', (size_t)(a->body.p + a->body.n - at)) - at);
	assert_true(n < room);
	memcpy(ret, at, n);
	ret[n] = '\0';
}

static void look_is(struct town *t, enum verify_verdict verdict)
{
	struct database *d = t->d;
	struct sound_report r;

	MUST(sound_look(t->h, &(struct sound_ask){ .whole = true }, &r, &d->fault));
	if (r.ledger.verdict != verdict)
		fail_msg("%s: %s, seq %lld", verify_word(r.ledger.verdict), r.ledger.en,
			 (long long)r.ledger.seq);
	assert_int_equal(r.receipts_lost, 0);
}

static void a_day_in_the_house(void **state)
{
	CLEANUP(answer_end) struct answer made = { 0 }, again = { 0 }, a = { 0 }, book = { 0 };
	struct town t = { 0 };
	char id[32], receipt[200], body[300], target[200];

	make_town(&t, *state, "day");
	open_town(&t);
	assert_int_equal(status_of(&t, "GET", "/healthz", NULL), 200);
	assert_int_equal(status_of(&t, "GET", "/metrics", NULL), 200);
	assert_int_equal(status_of(&t, "GET", "/api/v1/organisations", NULL), 401);
	sign_in(&t, "lead", t.password);

	ask(&t, "POST", "/api/v1/organisations", office, &made);
	assert_int_equal(made.status, 201);
	text_of(&made, "id", id, sizeof id);
	text_of(&made, "text", receipt, sizeof receipt);
	t.n_keys--; /* the same key again: the same bytes again */
	ask(&t, "POST", "/api/v1/organisations", office, &again);
	assert_int_equal(again.status, 201);
	assert_memory_equal(made.body.p, again.body.p, made.body.n);

	(void)snprintf(body, sizeof body, "{\"text\":\"%s\"}", receipt);
	ask(&t, "POST", "/api/v1/receipts/check", body, &a);
	assert_int_equal(a.status, 200);
	assert_true(answer_holds(&a, "\"whole\":true"));
	(void)snprintf(target, sizeof target, "/api/v1/organisations/%s/history", id);
	assert_int_equal(status_of(&t, "GET", target, NULL), 200);
	wall_s += 70;
	assert_int_equal(serve_tick(t.s, now(), NULL), OK);
	ask(&t, "GET", "/api/v1/ledger", NULL, &book);
	assert_int_equal(book.status, 200);
	assert_true(answer_holds(&book, "\"labels\":{\"account\":{\"")); /* by number: */
	assert_false(answer_holds(&book, "合成"));                       /* not for an overseer */
	assert_int_equal(status_of(&t, "GET", "/api/v1/ledger/heads", NULL), 200);
	close_town(&t);

	open_town(&t); /* all is there after a stop */
	assert_int_equal(status_of(&t, "GET", target, NULL), 200);
	look_is(&t, VERIFY_WHOLE);
	close_town(&t);
}

static void somebody_who_must_change_their_password_can(void **state)
{
	struct town t = { 0 };
	struct found_account ask_for = { .login = STR("new"),
					 .name = STR("合成"),
					 .roles = role_bit(ROLE_GRID_WORKER),
					 .area = { 430802000000000 },
					 .due = true };
	struct database *d = *state;
	char once[POLICY_ONCE_BYTES], body[200];

	make_town(&t, d, "due");
	MUST(house_open(t.dir, &t.h, &d->fault));
	MUST(house_database(t.h, false, now(), &d->fault));
	MUST(scope_add(&ask_for.scope, ask_for.area, &d->fault));
	MUST(found_account(t.h, &ask_for, now(), once, &d->fault));
	house_end(&t.h);
	open_town(&t);
	sign_in(&t, "new", once);
	assert_int_equal(status_of(&t, "GET", "/api/v1/organisations", NULL), 403);
	(void)snprintf(body, sizeof body, "{\"old\":\"%s\",\"new\":\"horse-staple-42\"}", once);
	assert_int_equal(status_of(&t, "PUT", "/api/v1/session/password", body), 200);
	sign_in(&t, "new", "horse-staple-42");
	assert_int_equal(status_of(&t, "GET", "/api/v1/organisations", NULL), 200);
	close_town(&t);
}

static void open_live(struct town *t, struct client *page)
{
	char request[900];

	assert_true(client_open(page, http_port(t->s->http)));
	(void)snprintf(request, sizeof request,
		       "GET /api/v1/live HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n%s\r\n",
		       http_port(t->s->http), t->headers);
	assert_true(client_send(page, request));
	assert_true(client_wait(page, "hello"));
}

static void open_pages_hear_of_what_changed_in_their_area(void **state)
{
	CLEANUP(client_close) struct client page = { 0 };
	struct town t = { 0 };

	make_town(&t, *state, "live");
	open_town(&t);
	sign_in(&t, "lead", t.password);
	open_live(&t, &page);
	assert_int_equal(status_of(&t, "POST", "/api/v1/organisations", office), 201);
	assert_true(client_wait(&page, "event: organisation"));
	close_town(&t);
}

/* Make an office, and what an open page is told of it. */
static void make_office(struct town *t, const char *area, const char *name, char ret[48])
{
	CLEANUP(answer_end) struct answer a = { 0 };
	char body[200], id[32];

	(void)snprintf(body, sizeof body,
		       "{\"area\":\"%s\",\"name\":\"%s\",\"kind\":\"government\"}", area, name);
	ask(t, "POST", "/api/v1/organisations", body, &a);
	assert_int_equal(a.status, 201);
	text_of(&a, "id", id, sizeof id);
	(void)snprintf(ret, 48, "{\"id\":\"%s\"}", id);
}

/* A village's worker hears of the village and of what stands above it; of the next one, nothing. */
static void open_pages_below_the_county_hear_of_their_own_area(void **state)
{
	CLEANUP(client_close) struct client page = { 0 };
	struct town t = { 0 };
	struct database *d = *state;
	struct found_account worker = { .login = STR("worker"),
					.name = STR("合成"),
					.roles = role_bit(ROLE_GRID_WORKER),
					.area = { 430802001000000 } };
	char once[POLICY_ONCE_BYTES], next[48], above[48], own[48];

	make_town(&t, d, "below");
	MUST(house_open(t.dir, &t.h, &d->fault));
	MUST(house_database(t.h, false, now(), &d->fault));
	MUST(scope_add(&worker.scope, worker.area, &d->fault));
	MUST(found_account(t.h, &worker, now(), once, &d->fault));
	house_end(&t.h);
	open_town(&t);
	sign_in(&t, "worker", once);
	open_live(&t, &page);
	sign_in(&t, "lead", t.password);
	make_office(&t, "430802000000000", "合成·上", above);
	make_office(&t, "430802002000000", "合成·邻", next);
	make_office(&t, "430802001001000", "合成·本", own);
	assert_true(client_wait(&page, above));
	assert_true(client_wait(&page, "data: "));
	assert_true(page.in.n - page.used >= strlen(own));
	assert_memory_equal(page.in.p + page.used, own, strlen(own));
	close_town(&t);
}

static void the_matrix_shows_holders_and_counts_holes(void **state)
{
	CLEANUP(answer_end) struct answer a = { 0 }, b = { 0 };
	struct town t = { 0 };
	char id[32], body[300];
	const char *target = "/api/v1/areas/430800000000000/responsibility";

	make_town(&t, *state, "matrix");
	open_town(&t);
	sign_in(&t, "lead", t.password);
	ask(&t, "POST", "/api/v1/officers", officer, &a);
	assert_int_equal(a.status, 201);
	text_of(&a, "id", id, sizeof id);
	(void)snprintf(body, sizeof body,
		       "{\"area\":\"430802000000000\",\"sector\":\"fire\",\"party\":\"territory\","
		       "\"officer\":\"%s\"}",
		       id);
	assert_int_equal(status_of(&t, "POST", "/api/v1/duties", body), 201);
	assert_int_equal(status_of(&t, "POST", "/api/v1/duties", body), 409); /* one in charge */
	ask(&t, "GET", target, NULL, &b);
	assert_int_equal(b.status, 200);
	assert_true(answer_holds(&b, "合成·甲"));
	assert_true(answer_holds(&b, "\"gaps\":47")); /* two counties, six sectors, four parties */
	assert_true(answer_holds(&b, "\"gaps_under\":71"));
	close_town(&t);
}

static void a_watch_ends_after_it_begins(void **state)
{
	CLEANUP(answer_end) struct answer a = { 0 }, b = { 0 }, c = { 0 };
	struct town t = { 0 };
	char office_id[32], officer_id[32], body[400];

	make_town(&t, *state, "watch");
	open_town(&t);
	sign_in(&t, "lead", t.password);
	ask(&t, "POST", "/api/v1/organisations", office, &a);
	text_of(&a, "id", office_id, sizeof office_id);
	ask(&t, "POST", "/api/v1/officers", officer, &b);
	text_of(&b, "id", officer_id, sizeof officer_id);
	(void)snprintf(body, sizeof body,
		       "{\"area\":\"430802000000000\",\"office\":\"%s\",\"officer\":\"%s\","
		       "\"role\":\"leader\",\"starts_at\":\"2026-11-26T08:00:00+08:00\","
		       "\"ends_at\":\"2026-11-26T08:00:00+08:00\"}",
		       office_id, officer_id);
	ask(&t, "POST", "/api/v1/watches", body, &c);
	assert_int_equal(c.status, 422);
	assert_true(answer_holds(&c, "\"field\":\"ends_at\""));
	close_town(&t);
}

static void a_backup_made_at_work_becomes_the_same_house(void **state)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	struct database *d = *state;
	struct town t = { 0 }, u = { 0 };
	struct backup_ask back = { .path = "house.backup" };
	struct heads_known known;
	char id[32], target[200];

	make_town(&t, d, "old");
	open_town(&t);
	sign_in(&t, "lead", t.password);
	ask(&t, "POST", "/api/v1/organisations", office, &a);
	text_of(&a, "id", id, sizeof id);
	MUST(backup_make(t.h, "house.backup", now(), &d->fault));
	assert_int_equal(status_of(&t, "POST", "/api/v1/organisations",
				   "{\"area\":\"430822000000000\",\"name\":\"后来的\","
				   "\"kind\":\"other\"}"),
			 201);
	close_town(&t);

	back.dir = "old";
	MUST_FAIL(backup_restore(&back, now(), &known, &d->fault), ERR_EXISTS);
	back.dir = "new";
	back.keys = "nowhere";
	MUST_FAIL(backup_restore(&back, now(), &known, &d->fault), ERR_ABSENT);
	back.keys = "old/keys";
	MUST(backup_restore(&back, now(), &known, &d->fault));
	assert_int_equal(known.lost, 0);
	u = t;
	(void)snprintf(u.dir, sizeof u.dir, "new");
	open_town(&u);
	look_is(&u, VERIFY_WHOLE);
	sign_in(&u, "lead", t.password);
	(void)snprintf(target, sizeof target, "/api/v1/organisations/%s", id);
	assert_int_equal(status_of(&u, "GET", target, NULL), 200);
	assert_int_equal(status_of(&u, "GET", "/api/v1/organisations?q=后来的", NULL), 200);
	close_town(&u);
}

static const struct sql lie = {
	.name = "test.lie",
	.text = "UPDATE organisations SET name = $1 WHERE county = 430802000000000",
	.args = "t",
	.act = SQL_WRITE,
};

static const struct sql lie_of_account = {
	.name = "test.lie_of_account",
	.text = "UPDATE accounts SET name = $1 WHERE login = 'lead'",
	.args = "t",
	.act = SQL_WRITE,
};

static enum err tell_lie(struct tx *tx, void *arg, struct fault *f)
{
	return tx_run(tx, arg, SQL_ARGS(sql_text(STR("别的"))), NULL, f);
}

static void a_row_changed_behind_the_ledgers_back_is_found(void **state)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	struct database *d = *state;
	struct town t = { 0 };
	struct sound_report r;

	make_town(&t, d, "lie");
	open_town(&t);
	sign_in(&t, "lead", t.password);
	ask(&t, "POST", "/api/v1/organisations", office, &a);
	assert_int_equal(a.status, 201);
	look_is(&t, VERIFY_WHOLE);
	MUST(db_write(t.h->db, tell_lie, (void *)(uintptr_t)&lie, &d->fault));
	MUST(sound_look(t.h, &(struct sound_ask){ 0 }, &r, &d->fault));
	assert_int_equal(r.ledger.verdict, VERIFY_BROKEN);
	assert_true(str_eq(r.ledger.object, STR("organisation")));
	close_town(&t);
}

/* Also one that was made at the command line, before anybody could sign in. */
static void an_account_changed_behind_the_ledgers_back_is_found(void **state)
{
	struct database *d = *state;
	struct town t = { 0 };
	struct sound_report r;

	make_town(&t, d, "false");
	open_town(&t);
	look_is(&t, VERIFY_WHOLE);
	MUST(db_write(t.h->db, tell_lie, (void *)(uintptr_t)&lie_of_account, &d->fault));
	MUST(sound_look(t.h, &(struct sound_ask){ 0 }, &r, &d->fault));
	assert_int_equal(r.ledger.verdict, VERIFY_BROKEN);
	assert_true(str_eq(r.ledger.object, STR("account")));
	close_town(&t);
}

static const char offices[] = "area,name,kind\n430802000000000,合成·甲,government\n"
			      "430822000000000,合成·乙,health\n"
			      "430802000000000,合成·丙,other\n"
			      "430802000000000,合成·丁,other\n";

#define RAW(text_) \
	{ \
		.name = "test.raw", .text = (text_), .args = "", .act = SQL_WRITE \
	}
static enum err raw(struct tx *tx, void *arg, struct fault *f)
{
	return tx_run(tx, arg, SQL_NO_ARGS, NULL, f);
}

static void rows_of_a_file_are_held_against_the_entry_of_their_import(void **state)
{
	static struct {
		struct sql lie, back;
	} LIES[] = {
		{ RAW("UPDATE organisations SET name = '别的' WHERE name = '合成·丙'"),
		  RAW("UPDATE organisations SET name = '合成·丙' WHERE name = '别的'") },
		{ RAW("UPDATE organisations SET version = 2 WHERE name = '合成·丙'"),
		  RAW("UPDATE organisations SET version = 1 WHERE name = '合成·丙'") },
		{ RAW("UPDATE organisations SET address = 'x' WHERE name = '改过的'"),
		  RAW("UPDATE organisations SET address = NULL WHERE name = '改过的'") },
		{ RAW("INSERT INTO organisations SELECT county, id + 1000000, area, version, state,"
		      " created_at, updated_at, created_by, '多的', short_name, kind, parent,"
		      " credit_code, address, duty_phone FROM organisations"
		      " WHERE name = '合成·乙'"),
		  RAW("DELETE FROM organisations WHERE name = '多的'") },
		/* in a county of which the ledger has never heard */
		{ RAW("INSERT INTO organisations SELECT 990101000000000, id + 1000000,"
		      " 990101000000000, version, state, created_at, updated_at, created_by,"
		      " '远的', short_name, kind, parent, credit_code, address, duty_phone"
		      " FROM organisations WHERE name = '合成·乙'"),
		  RAW("DELETE FROM organisations WHERE name = '远的'") },
		{ RAW("DELETE FROM organisations WHERE name = '合成·丁'"), { 0 } },
	};
	CLEANUP(answer_end) struct answer a = { 0 }, list = { 0 }, excel = { 0 };
	struct database *d = *state;
	struct town t = { 0 };
	char id[32], target[100];

	make_town(&t, d, "file");
	open_town(&t);
	sign_in(&t, "lead", t.password);
	ask(&t, "POST", "/api/v1/organisations/import", offices, &a);
	assert_int_equal(a.status, 200);
	assert_true(answer_holds(&a, "\"accepted\":4"));
	look_is(&t, VERIFY_WHOLE);
	ask(&t, "GET", "/api/v1/organisations/export?format=xlsx", NULL, &excel);
	assert_int_equal(excel.status, 200);
	assert_true(excel.body.n > 4 && memcmp(excel.body.p, "PK", 2) == 0);
	ask(&t, "GET", "/api/v1/organisations?q=合成·甲", NULL, &list);
	text_of(&list, "id", id, sizeof id);
	(void)snprintf(target, sizeof target, "/api/v1/organisations/%s", id);
	(void)snprintf(t.headers + strlen(t.headers), 40, "If-Match: \"1\"\r\n");
	assert_int_equal(status_of(&t, "PATCH", target, "{\"name\":\"改过的\"}"), 200);
	look_is(&t, VERIFY_WHOLE);
	for (size_t i = 0; i < ARRAY_LEN(LIES); i++) {
		MUST(db_write(t.h->db, raw, &LIES[i].lie, &d->fault));
		look_is(&t, VERIFY_BROKEN);
		if (LIES[i].back.text) {
			MUST(db_write(t.h->db, raw, &LIES[i].back, &d->fault));
			look_is(&t, VERIFY_WHOLE);
		}
	}
	close_town(&t);
}

static void a_renewed_certificate_is_taken_up_at_work(void **state)
{
	CLEANUP(client_close) struct client busy = { 0 }, later = { 0 };
	CLEANUP(answer_end) struct answer a = { 0 };
	struct serve_options o = { .listen = "0.0.0.0:0", /* with TLS, so not loopback */
				   .wall = { wall_ns, NULL },
				   .steady = clock_steady };
	struct database *d = *state;
	struct town t = { 0 };
	struct utc_s until;
	uint64_t first;
	bool fresh;

	make_town(&t, d, "tls");
	MUST(house_open(t.dir, &t.h, &d->fault));
	MUST(house_database(t.h, true, now(), &d->fault));
	MUST(serve_open(t.h, &o, &t.s, &d->fault));
	first = t.s->certificate;
	assert_true(client_open_tls(&busy, http_port(t.s->http)));
	MUST(serve_certificate(t.s, &fresh, &d->fault));
	assert_false(fresh);
	MUST(house_renew(t.h, &crypt_random_system, now(), &until, &d->fault));
	assert_true(until.v > now().v + 390 * 86400LL);
	MUST(serve_certificate(t.s, &fresh, &d->fault));
	assert_true(fresh && t.s->certificate != first);
	assert_true(client_send(&busy, "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"));
	assert_true(client_read(&busy, &a, false));
	assert_int_equal(a.status, 200);
	assert_true(client_open_tls(&later, http_port(t.s->http)));
	first = t.s->certificate;
	MUST(house_renew(t.h, &crypt_random_system, now(), &until, &d->fault));
	wall_s += 70; /* and by itself, within a minute */
	MUST(serve_tick(t.s, now(), &d->fault));
	assert_true(t.s->certificate != first);
	close_town(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(a_day_in_the_house),
		ON_SQLITE(somebody_who_must_change_their_password_can),
		ON_SQLITE(open_pages_hear_of_what_changed_in_their_area),
		ON_SQLITE(open_pages_below_the_county_hear_of_their_own_area),
		ON_BOTH(the_matrix_shows_holders_and_counts_holes),
		ON_BOTH(a_watch_ends_after_it_begins),
		ON_SQLITE(a_backup_made_at_work_becomes_the_same_house),
		ON_BOTH(a_row_changed_behind_the_ledgers_back_is_found),
		ON_BOTH(an_account_changed_behind_the_ledgers_back_is_found),
		ON_SQLITE(a_renewed_certificate_is_taken_up_at_work),
		ON_BOTH(rows_of_a_file_are_held_against_the_entry_of_their_import),
	};

	return cmocka_run_group_tests_name("serve", tests, NULL, NULL);
}
