/*
 * whole.c - the whole house, with every route it has, asked by everybody for everything.
 *
 * The matrix: every route x role x place, against test/authz.csv. In every row each field carries
 * a canary (support/canary.h), and every answer is looked through for those that are not for
 * whoever asked: by noun, area and class of field as the file says. Then lists with filters and
 * words, files, streams, the log and the figures. PostgreSQL is asked about some places, as is
 * SQLite under a sanitizer, which looks at the same code in each; both about all if OUTPOST_WHOLE
 * is set. Long because every route of the house is asked here.
 */
#include "serve/serve.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/memory.h"
#include "grid/area_import.h"
#include "serve/found.h"
#include "support/authz_accounts.h"
#include "support/authz_intake.h"
#include "support/authz_loop.h"
#include "support/authz_notices.h"
#include "support/authz_looks.h"
#include "support/authz_rows.h"
#include "support/desk.h"
#include "support/paths.h"
#include "table/table.h"

#include "base/ban.h"

static const char areas[] = "code,name\n43,湖南省\n4308,张家界市\n430802,永定区\n"
			    "430802001,永定街道\n430811,武陵源区\n4311,永州市\n431103,冷水滩区\n";

struct town {
	struct database d; /* the house's */
	struct house *h;
	struct serve *s;
	struct desk k;
	struct buf log;
	size_t leaks, seen, files;
	const struct noun *last[AUTHZ_COLUMNS]; /* that this column's stream is told of */
};

/* ---- a house -------------------------------------------------------------------------------- */

static void load_areas(struct database *d)
{
	CLEANUP(area_import_end) struct area_import *i = NULL;
	CLEANUP(file_end) struct file *fl = NULL;

	MUST(file_open("areas.csv", FILE_REPLACE, &fl, &d->fault));
	MUST(file_write(fl, areas, strlen(areas), &d->fault));
	MUST(file_close(&fl, &d->fault));
	MUST(area_import_new(&(struct area_import_options){ .from_day = AREA_DAY_FIRST }, &i));
	MUST(area_import_file(i, "areas.csv", &d->fault));
	MUST(db_write(d->db, area_import_run, i, &d->fault));
}

static void keep_log(void *arg, struct str lines)
{
	buf_str(arg, lines);
}

static void open_town(struct town *t, struct database *d)
{
	const char *dir = d->sqlite ? "house" : "house.pg";
	struct utc_s now = { DATABASE_NOW };
	struct serve_options o = { .listen = "127.0.0.1:0",
				   .wall = desk_clock(&t->k),
				   .steady = clock_steady,
				   .log = keep_log,
				   .log_arg = &t->log };
	struct found_first first;
	struct config c;

	config_defaults(&c);
	MUST(config_set(&c, STR("house.area"), STR("43"), &d->fault));
	MUST(config_set(&c, STR("house.demo"), STR("yes"), &d->fault));
	/* Everybody comes from here, and a closed stream counts until its next heartbeat. */
	MUST(config_set(&c, STR("http.per_address"), STR("0"), &d->fault));
	if (!d->sqlite)
		MUST(config_set(&c, STR("db.url"), str_of(d->url), &d->fault));
	MUST(found_house(dir, &c, CRYPT_WORLD, now, &first, &d->fault));
	MUST(house_open(dir, &t->h, &d->fault));
	MUST(house_database(t->h, false, now, &d->fault));
	t->d = (struct database){ .db = t->h->db, .sqlite = d->sqlite };
	load_areas(&t->d);
	t->k.now = DATABASE_NOW;
	MUST(serve_open(t->h, &o, &t->s, &d->fault));
	MUST(serve_tick(t->s, now, &d->fault));
	desk_join(&t->k, &t->d, t->s->routes, http_port(t->s->http));
	authz_rows_of(t->s->book, &t->k);
	authz_intake_of(t->s->book, &t->k);
}

static void close_town(struct town *t)
{
	serve_close(&t->s);
	desk_close(&t->k);
	house_end(&t->h);
}

/* ---- what an answer may hold ---------------------------------------------------------------- */

struct looking {
	struct town *t;
	const struct route *route;
	const struct authz_caller *who;
	const char *target;
};

static bool ends(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && strcmp(s + n - m, end) == 0;
}

/* Routes that are about rows, and show no field of any. */
static bool shows_no_field(const struct route *r)
{
	static const char *const prefix[] = { "/api/v1/ledger",
					      "/api/v1/live",
					      "/metrics",
					      "/healthz",
					      "/api/v1/nouns",
					      "/api/v1/session",
					      "/api/v1/openapi.json",
					      "/api/v1/receipts",
					      "/api/v1/accounts",
					      "/api/v1/keys",
					      "/api/v1/looks",
					      "/api/v1/expiry",
					      "/api/v1/access-report",
					      "/api/v1/break-glass" };

	for (size_t i = 0; !authz_kind(r) && i < ARRAY_LEN(prefix); i++)
		if (strncmp(r->path, prefix[i], strlen(prefix[i])) == 0)
			return true;
	return ends(r->path, "/history") || ends(r->path, "/template");
}

/* May they read this noun there? */
static bool reads(const struct authz_caller *who, const struct noun *n, unsigned place)
{
	char path[96], says;

	(void)snprintf(path, sizeof path, "/api/v1/%s/{id}", n->path);
	says = authz_says("GET", path, who->column);
	if (!who->areas || who->column == AUTHZ_NOBODY || !says || says == '-')
		return false;
	return place == AUTHZ_OWN || place == AUTHZ_CHILD || place == AUTHZ_NO_AREAS ||
	       (place == AUTHZ_PARENT && says == 'u');
}

static bool sees(enum field_see see, int column)
{
	char says = authz_says("see", field_see_word(see), column);

	return says == 'a' || says == '*';
}

static void leaks(struct looking *l, const char *what, const char *of, unsigned place)
{
	l->t->leaks++;
	print_error("%s %s shows %s, %s%s of %s, to %s%s\n", http_method_word(l->route->method),
		    l->target, authz_area((enum authz_place)place), what, *what ? "" : "the id", of,
		    authz_column_word(l->who->column), l->who->areas ? "" : " without areas");
}

static void saw_canary(void *arg, struct canary c)
{
	struct looking *l = arg;
	const struct record_book *b = l->t->s->book;
	const struct noun *n;
	const struct field *x;

	if (c.noun >= b->n_kinds || c.field >= b->kind[c.noun].noun->n_fields)
		return;
	n = b->kind[c.noun].noun;
	x = &n->field[c.field];
	l->t->seen++;
	if (!shows_no_field(l->route) && reads(l->who, n, c.place) &&
	    sees(x->see, l->who->column) &&
	    (!ends(l->route->path, "/export") || x->flags & FIELD_EXPORT))
		return;
	leaks(l, x->name, n->name, c.place);
}

/* An id tells that there is something: to whoever reads it, or the ledger of its county. */
static void saw_number(void *arg, int64_t id)
{
	struct looking *l = arg;
	const struct authz_row *r = authz_row(id);
	char text[24];

	if (!r)
		return;
	row_id_text((struct record_id){ id }, text);
	if (strstr(l->target, text) || reads(l->who, r->kind->noun, r->place) ||
	    (strcmp(l->route->path, "/api/v1/ledger") == 0 && r->place != AUTHZ_PARENT &&
	     r->place != AUTHZ_SIBLING && r->place != AUTHZ_OTHER_CITY))
		return;
	leaks(l, "", r->kind->noun->name, r->place);
}

static void look(void *arg, const struct route *r, const struct authz_caller *who,
		 const char *target, const struct answer *a)
{
	struct looking l = { arg, r, who, target };
	const struct canary_eye eye = { saw_canary, saw_number, &l };

	canary_look(buf_view(&a->head), &eye);
	canary_look(buf_view(&a->body), &eye);
}

/* ---- how to ask what is no noun's ----------------------------------------------------------- */

static void an_area(struct desk *k, const struct route *r, enum authz_place p,
		    struct authz_request *ret)
{
	(void)k;
	(void)r;
	authz_put(ret->target, authz_area(p));
}

static void some_areas(struct desk *k, const struct route *r, enum authz_place p,
		       struct authz_request *ret)
{
	(void)k;
	(void)r;
	(void)p;
	(void)snprintf(ret->target, sizeof ret->target, "/api/v1/areas?q=4308");
}

static void a_ledger(struct desk *k, const struct route *r, enum authz_place p,
		     struct authz_request *ret)
{
	(void)k;
	(void)r;
	(void)snprintf(ret->target, sizeof ret->target, "/api/v1/ledger?county=%s", authz_area(p));
}

static void a_receipt(struct desk *k, const struct route *r, enum authz_place p,
		      struct authz_request *ret)
{
	(void)k;
	(void)r;
	(void)p;
	(void)snprintf(ret->body, sizeof ret->body, "{\"text\":\"none\"}");
}

/* Too easy a one: a good one is hashed at full cost, and test_session does that. */
static void an_easy_password(struct desk *k, const struct route *r, enum authz_place p,
			     struct authz_request *ret)
{
	(void)k;
	(void)r;
	(void)p;
	(void)snprintf(ret->body, sizeof ret->body,
		       "{\"old\":\"" DESK_PASSWORD "\",\"new\":\"short\"}");
}

/* ---- cases ---- */

static struct record_book *cases_book;

static int64_t a_case_in(enum authz_place p)
{
	return authz_row_make(record_kind_of(cases_book, "case"), p).v;
}

static void put_number(struct authz_request *ret, int64_t id)
{
	char text[24];

	row_id_text((struct record_id){ id }, text);
	authz_put(ret->target, text);
}

/* The vault is not there in this house, which is told to who may; the others never come so far. */
static void a_report(struct desk *k, const struct route *r, enum authz_place p,
		     struct authz_request *ret)
{
	(void)k;
	(void)r;
	(void)snprintf(ret->body, sizeof ret->body,
		       "{\"area\":\"%s\",\"number\":\"1\",\"profile\":\"covid19.who\","
		       "\"who\":{\"name\":\"x\"}}",
		       authz_area(p));
}

static void of_a_case(struct desk *k, const struct route *r, enum authz_place p,
		      struct authz_request *ret)
{
	(void)k;
	put_number(ret, a_case_in(p));
	if (r->method == HTTP_POST)
		(void)snprintf(ret->body, sizeof ret->body, "%s",
			       strstr(r->path, "result") ? "{\"result\":\"unclear\"}"
			       : strstr(r->path, "questions")
				       ? "{\"warrant\":\"none\",\"feed\":\"1\"}"
				       : "{\"warrant\":\"none\"}");
}

static const struct sql put_trace = {
	.name = "test.trace",
	.text = "INSERT INTO traces (county, id, area, case_id, warrant, officer, created_at,"
		" profile, from_s, to_s, generations, contacts, encounters, visits, horizon,"
		" digest) VALUES ($1, $2, $3, $4, 1, 1, 1, 'p', 1, 2, 1, 0, 0, 0, 0, $5)",
	.args = "iiiib",
	.act = SQL_WRITE,
};
struct putting {
	struct area_code area;
	int64_t id, task, of_case;
};
static enum err put_trace_act(struct tx *tx, void *arg, struct fault *f)
{
	const struct putting *g = arg;

	return tx_run(tx, &put_trace,
		      SQL_ARGS(sql_i64(area_county(g->area).v), sql_i64(g->id), sql_i64(g->area.v),
			       sql_i64(g->of_case), sql_blob(STR("x"))),
		      NULL, f);
}

static void a_trace(struct desk *k, const struct route *r, enum authz_place p,
		    struct authz_request *ret)
{
	static int64_t made = 1000;
	struct putting g = { .id = made++, .of_case = a_case_in(p) };
	struct fault f = { 0 };

	assert_int_equal(area_parse(str_of(authz_area(p)), &g.area), OK);
	if (db_write(k->d->db, put_trace_act, &g, &f))
		fail_msg("%s", f.en);
	put_number(ret, g.id);
	if (r->method == HTTP_POST)
		(void)snprintf(ret->body, sizeof ret->body, "{}");
}

/* A contact, and a task about them: nobody who asks belongs to a party, and is told that. */
static const struct sql put_person = {
	.name = "test.contact",
	.text = "INSERT INTO contact_person (county, contact, person) VALUES ($1, $2, 7)",
	.args = "ii",
	.act = SQL_WRITE,
};
static const struct sql put_about = {
	.name = "test.about",
	.text = "UPDATE tasks SET kind = 'contact', about = 'contact', about_id = $2 WHERE id = $1",
	.args = "ii",
	.act = SQL_WRITE,
	.across = "a test",
};
static enum err put_contact_act(struct tx *tx, void *arg, struct fault *f)
{
	const struct putting *g = arg;
	enum err e = tx_run(tx, &put_person,
			    SQL_ARGS(sql_i64(area_county(g->area).v), sql_i64(g->id)), NULL, f);

	return e ? e : tx_run(tx, &put_about, SQL_ARGS(sql_i64(g->task), sql_i64(g->id)), NULL, f);
}

static void a_contact(struct desk *k, const struct route *r, enum authz_place p,
		      struct authz_request *ret)
{
	struct putting g = { .id = authz_row_make(record_kind_of(cases_book, "contact"), p).v,
			     .task = authz_row_make(record_kind_of(cases_book, "task"), p).v };
	struct fault f = { 0 };

	(void)r;
	assert_int_equal(area_parse(str_of(authz_area(p)), &g.area), OK);
	if (db_write(k->d->db, put_contact_act, &g, &f))
		fail_msg("%s", f.en);
	put_number(ret, g.id);
	(void)snprintf(ret->body, sizeof ret->body, "{}");
}

static const struct authz_probe of_the_house[] = {
	{ "POST /api/v1/contacts/{id}/name", a_contact, "conflict" },
	{ "GET /api/v1/areas/{area:text}/funnel", an_area, NULL },
	{ "POST /api/v1/cases", a_report, "busy" },
	{ "* /api/v1/cases/{id}/result", of_a_case, NULL },
	{ "* /api/v1/cases/{id}/warrants", of_a_case, NULL },
	{ "* /api/v1/cases/{id}/trace", of_a_case, "warrant" },
	{ "* /api/v1/cases/{id}/stays", of_a_case, "warrant" },
	{ "POST /api/v1/cases/{id}/questions", of_a_case, "warrant" },
	{ "GET /api/v1/cases/{id}/questions", of_a_case, NULL },
	{ "* /api/v1/cases/{id}/chain", of_a_case, "range" }, /* of no disease that there is */
	{ "* /api/v1/cases/{id}/traces", of_a_case, NULL },
	{ "* /api/v1/traces/{id}", a_trace, NULL },
	{ "* /api/v1/traces/{id}/names", a_trace, "warrant" }, /* of no confirmed case */
	{ "POST /api/v1/measures", authz_row_fill, "range" },  /* of no contact that is followed */
	{ "* /api/v1/**", authz_row_fill, "conflict" },        /* a step that has its own way */
	{ "GET /api/v1/areas", some_areas, NULL },
	{ "GET /api/v1/areas/**", an_area, NULL },
	{ "GET /api/v1/ledger", a_ledger, NULL },
	{ "POST /api/v1/receipts/check", a_receipt, "syntax" },
	{ "PUT /api/v1/session/password", an_easy_password, "range" },
};

static void run_matrix(struct town *t, struct authz *z)
{
	static struct authz_probe probes[128];
	size_t n = ARRAY_LEN(of_the_house);

	cases_book = t->s->book;
	authz_loop_of(t->s->book, &t->s->evidence);
	assert_in_range(n + authz_accounts_n + authz_intake_n + authz_looks_n + authz_loop_n +
				authz_notices_n,
			1, ARRAY_LEN(probes));
	memcpy(probes, of_the_house, sizeof of_the_house);
	memcpy(probes + n, authz_accounts, authz_accounts_n * sizeof *authz_accounts);
	n += authz_accounts_n;
	memcpy(probes + n, authz_intake, authz_intake_n * sizeof *authz_intake);
	n += authz_intake_n;
	memcpy(probes + n, authz_looks, authz_looks_n * sizeof *authz_looks);
	n += authz_looks_n;
	memcpy(probes + n, authz_loop, authz_loop_n * sizeof *authz_loop);
	n += authz_loop_n;
	memcpy(probes + n, authz_notices, authz_notices_n * sizeof *authz_notices);
	*z = (struct authz){ .probe = probes,
			     .n_probes = n + authz_notices_n,
			     .whole = true,
			     .skip = (t->d.sqlite && in_full()) || getenv("OUTPOST_WHOLE")
					     ? 0
					     : 1 << AUTHZ_CHILD | 1 << AUTHZ_PARENT |
						       1 << AUTHZ_OTHER_CITY,
			     .look = look,
			     .arg = t };
	for (size_t i = 0; i < t->s->book->n_kinds; i++)
		for (int p = 0; p < AUTHZ_NO_AREAS; p++)
			(void)authz_row_make(&t->s->book->kind[i], (enum authz_place)p);
	authz_run(&t->k, z);
	print_message("%zu cells, %zu canaries seen where they may be\n", z->cells, t->seen);
}

/* ---- lists, words, files -------------------------------------------------------------------- */

struct crawl {
	struct town *t;
	const struct authz_caller *who;
	const struct record_kind *k;
	size_t asked;
};

static const struct route *route_of(const struct crawl *c, const char *behind)
{
	char path[96];

	(void)snprintf(path, sizeof path, "/api/v1/%s%s", c->k->noun->path, behind);
	for (size_t i = 0; i < routes_n(c->t->s->routes); i++) {
		const struct route *r = routes_at(c->t->s->routes, i);

		if (r->method == HTTP_GET && strcmp(r->path, path) == 0)
			return r;
	}
	fail_msg("there is no GET %s", path);
	return NULL;
}

/* An Excel file as its rows; any other body as it is. */
static void unpack(struct answer *a)
{
	CLEANUP(table_end) struct table *t = NULL;
	struct str type = answer_header(a, "Content-Type");
	struct buf cells = { 0 };
	struct csv_record row;
	bool more = true;

	if (a->status != 200 || !memmem(type.p, type.n, "spreadsheet", 11))
		return;
	assert_int_equal(table_open_bytes(buf_view(&a->body), &(struct table_options){ 0 }, &t,
					  NULL),
			 OK);
	while (table_next(t, &row, &more, NULL) == OK && more) {
		buf_str(&cells, row.raw);
		buf_char(&cells, '\n');
	}
	buf_release(&a->body);
	a->body = cells;
}

static void ask(struct crawl *c, const char *behind, const char *query, struct answer *a)
{
	const struct route *r = route_of(c, behind);
	char target[256];

	(void)snprintf(target, sizeof target, "%s?%s", r->path, query);
	desk_ask(&c->t->k, &c->who->visitor, "GET", target, NULL, NULL, a);
	unpack(a);
	look(c->t, r, c->who, target, a);
	c->asked++;
}

static void escape(const char *text, char *ret, size_t n)
{
	size_t at = 0;

	for (const unsigned char *p = (const void *)text; *p && at + 4 < n; p++)
		at += (size_t)snprintf(ret + at, n - at, "%%%02X", *p);
}

/* What a field holds in that place, asked for by somebody who may not see the field: no answer. */
static void ask_by(struct crawl *c, const struct field *x, const char *name, enum authz_place p)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	struct canary what = { (unsigned)p, (unsigned)(c->k - c->t->s->book->kind),
			       (unsigned)(x - c->k->noun->field) };
	char text[32], escaped[128] = "", query[200];

	canary_text(x, what, text);
	if (!text[0])
		return;
	escape(text, escaped, sizeof escaped);
	(void)snprintf(query, sizeof query, "%s=%s", name, escaped);
	ask(c, "", query, &a);
	if (a.status == 200 && !sees(x->see, c->who->column) && !answer_holds(&a, "\"items\":[]")) {
		c->t->leaks++;
		print_error("%s of %s can be guessed by %s\n", x->name, c->k->noun->name,
			    authz_column_word(c->who->column));
	}
}

static void ask_by_each_field(struct crawl *c)
{
	static const enum authz_place places[] = { AUTHZ_OWN, AUTHZ_SIBLING };

	for (size_t i = 0; i < c->k->noun->n_fields; i++)
		for (size_t p = 0; p < ARRAY_LEN(places); p++) {
			const struct field *x = &c->k->noun->field[i];

			if (x->flags & FIELD_SEARCH)
				ask_by(c, x, "q", places[p]);
			if (x->flags & FIELD_FILTER)
				ask_by(c, x, x->name, places[p]);
		}
}

static void ask_noun(struct crawl *c)
{
	char query[64];

	for (int p = 0; p < AUTHZ_NO_AREAS; p++) {
		CLEANUP(answer_end) struct answer a = { 0 };

		(void)snprintf(query, sizeof query, "limit=200&area=%s",
			       authz_area((enum authz_place)p));
		ask(c, "", query, &a);
	}
	for (int i = 0; i < 2; i++) {
		CLEANUP(answer_end) struct answer a = { 0 };

		ask(c, "/export", i ? "format=xlsx" : "format=csv", &a);
		c->t->files += a.status == 200;
	}
	ask_by_each_field(c);
}

/* How many nouns have a field that leaves in files. */
static size_t leave(const struct town *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->s->book->n_kinds; i++) {
		const struct noun *noun = t->s->book->kind[i].noun;
		bool any = false;

		for (size_t k = 0; k < noun->n_fields; k++)
			any |= (noun->field[k].flags & FIELD_EXPORT) != 0;
		n += any;
	}
	return n;
}

static void crawl(struct town *t, const struct authz *z)
{
	struct crawl c = { .t = t };

	for (size_t i = 0; i < t->s->book->n_kinds; i++)
		for (int column = 0; column < AUTHZ_COLUMNS; column++)
			for (int with = 0; with < 2; with++) {
				c.k = &t->s->book->kind[i];
				c.who = &z->caller[column][with];
				ask_noun(&c);
			}
	print_message("%zu lists and files\n", c.asked);
	assert_true(t->files >= 4 * leave(t)); /* of a role and a key, with areas or not */
}

/* ---- streams -------------------------------------------------------------------------------- */

static size_t times(struct str s, const char *word)
{
	size_t n = 0;

	for (const char *at = s.p; (at = memmem(at, s.n - (size_t)(at - s.p), word, strlen(word)));
	     at++)
		n++;
	return n;
}

static void open_stream(struct town *t, const struct authz_caller *who, struct client *ret)
{
	char request[800];

	assert_true(client_open(ret, t->k.port));
	(void)snprintf(request, sizeof request,
		       "GET /api/v1/live HTTP/1.1\r\nHost: 127.0.0.1\r\n%s\r\n",
		       who->visitor.headers);
	assert_true(client_send(ret, request));
	assert_true(client_wait(ret, "hello"));
}

/* Somebody who may change rows of this noun; NULL: nobody by this route. */
static const struct authz_caller *writer(const struct authz *z, const char *path)
{
	for (int column = AUTHZ_FIRST_ROLE; column < AUTHZ_COLUMNS; column++)
		if (authz_says("PATCH", path, column) == 'a')
			return &z->caller[column][1];
	return NULL;
}

/* A row in each place is changed, in reach last. */
static void change_rows(struct town *t, const struct authz *z, const struct record_kind *k)
{
	char path[96];
	const struct route r = { .method = HTTP_PATCH, .path = path, .arg = k };
	const struct authz_caller *who;

	(void)snprintf(path, sizeof path, "/api/v1/%s/{id}", k->noun->path);
	if (!(who = writer(z, path)))
		return;
	for (int p = AUTHZ_NO_AREAS - 1; p >= 0; p--) {
		CLEANUP(answer_end) struct answer a = { 0 };
		struct authz_request rq = { .target = "" };

		(void)snprintf(rq.target, sizeof rq.target, "%s", path);
		authz_row_fill(&t->k, &r, (enum authz_place)p, &rq);
		desk_ask(&t->k, &who->visitor, "PATCH", rq.target, rq.headers, rq.body, &a);
		assert_true(p != AUTHZ_OWN || a.status == 200);
	}
	(void)snprintf(path, sizeof path, "/api/v1/%s", k->noun->path);
	for (int column = AUTHZ_FIRST_ROLE; column < AUTHZ_COLUMNS; column++)
		if (authz_says("GET", path, column) != '-')
			t->last[column] = k->noun;
}

static void event_of(const struct record_kind *k, char ret[64])
{
	(void)snprintf(ret, 64, "event: %s\n", k->noun->name);
}

/* A stream was told of what its holder may read, to the last, and of nothing else. */
static void heard(struct town *t, int column, struct client *page)
{
	char event[64];

	for (size_t i = 0; i < t->s->book->n_kinds; i++)
		if (t->s->book->kind[i].noun == t->last[column]) {
			event_of(&t->s->book->kind[i], event);
			assert_true(client_wait(page, event));
		}
	for (size_t i = 0; i < t->s->book->n_kinds; i++) {
		char path[96];

		(void)snprintf(path, sizeof path, "/api/v1/%s", t->s->book->kind[i].noun->path);
		event_of(&t->s->book->kind[i], event);
		if (authz_says("GET", path, column) == '-')
			assert_int_equal(times(buf_view(&page->in), event), 0);
	}
}

static void listen(struct town *t, const struct authz *z)
{
	struct client page[AUTHZ_COLUMNS] = { 0 };
	const struct route live = { .method = HTTP_GET, .path = "/api/v1/live" };

	for (int column = AUTHZ_FIRST_ROLE; column < AUTHZ_COLUMNS; column++)
		open_stream(t, &z->caller[column][1], &page[column]);
	for (size_t i = 0; i < t->s->book->n_kinds; i++)
		change_rows(t, z, &t->s->book->kind[i]);
	for (int column = AUTHZ_FIRST_ROLE; column < AUTHZ_COLUMNS; column++) {
		struct looking l = { t, &live, &z->caller[column][1], live.path };
		const struct canary_eye eye = { saw_canary, NULL, &l };

		heard(t, column, &page[column]);
		canary_look(buf_view(&page[column].in), &eye);
		client_close(&page[column]);
	}
}

/* ---- the log -------------------------------------------------------------------------------- */

static void saw_in_log(void *arg, struct canary c)
{
	(void)c;
	++*(size_t *)arg;
}

/* Everybody's login begins with "member"; all have one password. */
static void read_log(struct town *t)
{
	size_t found = 0;
	const struct canary_eye eye = { saw_in_log, NULL, &found };
	struct str log = buf_view(&t->log);

	canary_look(log, &eye);
	assert_int_equal(found, 0);
	assert_true(times(log, "\n{") > 1000);
	assert_int_equal(times(log, "member") + times(log, "staple"), 0);
	buf_release(&t->log);
}

/* ---- the tests ------------------------------------------------------------------------------ */

static void everybody_may_and_sees_what_the_file_says_and_nothing_else(void **state)
{
	static struct authz z;
	struct town t = { 0 };

	open_town(&t, *state);
	run_matrix(&t, &z);
	crawl(&t, &z);
	listen(&t, &z);
	close_town(&t);
	assert_int_equal(z.wrong, 0);
	assert_int_equal(t.leaks, 0);
	assert_true(t.seen > 1000);
	read_log(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(everybody_may_and_sees_what_the_file_says_and_nothing_else),
	};

	return cmocka_run_group_tests_name("whole", tests, NULL, NULL);
}
