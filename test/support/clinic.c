/* clinic.c - see clinic.h. */
#include "support/clinic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/memory.h"
#include "grid/area_import.h"
#include "serve/found.h"
#include "support/trails.h"

static const char counties[] = "code,name\n43,湖南省\n4308,张家界市\n430802,永定区\n"
			       "430822,桑植县\n";
static const struct {
	const char *login;
	uint32_t roles;
	int64_t area;
} people[CLINIC_PEOPLE] = {
	{ "doctor", 1u << ROLE_DOCTOR, 430802000000000 },
	{ "chief", 1u << ROLE_INVESTIGATOR, 430802000000000 },
	{ "second", 1u << ROLE_INVESTIGATOR, 430802000000000 },
	{ "labor", 1u << ROLE_LAB, 430802000000000 },
	{ "distant", 1u << ROLE_INVESTIGATOR, 430822000000000 },
	{ "watcher", 1u << ROLE_OVERSEER, 430000000000000 },
	{ "duty", 1u << ROLE_DUTY_OFFICER, 430802000000000 },
	{ "lead", 1u << ROLE_AREA_LEAD, 430802000000000 },
	{ "keeper", 1u << ROLE_SECURITY_ADMIN, 430802000000000 },
	{ "worker", 1u << ROLE_GRID_WORKER, 430802001001000 },
};

static const int64_t department[CLINIC_PEOPLE] = {
	[CLINIC_CHIEF] = 11, [CLINIC_SECOND] = 11, [CLINIC_DUTY] = 12, [CLINIC_LEAD] = 13
};

_Atomic int64_t clinic_wall_s = DATABASE_NOW;
const char *clinic_trace_by;
static int64_t wall_ns(void *arg)
{
	(void)arg;
	return clinic_wall_s * 1000000000;
}
struct utc_s clinic_now(void)
{
	return (struct utc_s){ clinic_wall_s };
}

/* ---- asking ---------------------------------------------------------------------------------- */

int clinic_ask(struct clinic *t, int who, const char *method, const char *target, const char *body,
	       struct answer *ret)
{
	char headers[700];

	if (!t->cookie[who][0] && strcmp(target, "/api/v1/session") != 0)
		clinic_sign_in(t, who);
	(void)snprintf(headers, sizeof headers, "%sIdempotency-Key: key-%d\r\n", t->cookie[who],
		       t->n_keys++);
	assert_true(client_ask(http_port(t->s->http), method, target, headers, body, ret));
	return ret->status;
}

int clinic_status(struct clinic *t, int who, const char *method, const char *target,
		  const char *body)
{
	CLEANUP(answer_end) struct answer a = { 0 };

	return clinic_ask(t, who, method, target, body, &a);
}

void clinic_text(const struct answer *a, const char *key, char *ret, size_t room)
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

void clinic_sign_in(struct clinic *t, int who)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	char body[200];
	struct str cookie;

	t->cookie[who][0] = '\0';
	(void)snprintf(body, sizeof body, "{\"login\":\"%s\",\"password\":\"%s\"}",
		       people[who].login, t->password[who]);
	assert_int_equal(clinic_ask(t, who, "POST", "/api/v1/session", body, &a), 200);
	cookie = answer_header(&a, "Set-Cookie");
	(void)snprintf(t->cookie[who], sizeof t->cookie[who], "Cookie: %.*s\r\n",
		       (int)(strcspn(cookie.p, ";\r")), cookie.p);
}

/* ---- a house --------------------------------------------------------------------------------- */

static const struct sql department_sql = {
	.name = "test.department",
	.text = "UPDATE accounts SET organisation = $2, officer = $3 WHERE login = $1",
	.args = "tii",
	.act = SQL_WRITE,
	.across = "a test",
};
/* All are called alike, and are ten people. */
static enum err give_departments(struct tx *tx, void *arg, struct fault *f)
{
	enum err e = OK;

	(void)arg;
	for (int k = 0; k < CLINIC_PEOPLE && !e; k++)
		e = tx_run(tx, &department_sql,
			   SQL_ARGS(sql_text(str_of(people[k].login)),
				    department[k] ? sql_i64(department[k]) : sql_null(),
				    sql_i64(100 + k)),
			   NULL, f);
	return e;
}

/* Whom a trace's tasks go to: the county's office, and the city's above it. */
static const struct sql answerers[] = {
	{ .name = "test.organisations",
	  .text = "INSERT INTO organisations (county, id, area, version, state, created_at,"
		  " updated_at, created_by, name, kind) VALUES"
		  " (430802000000000, 11, 430802000000000, 1, 'active', 1, 1, 1, '区疾控', 'cdc'),"
		  " (430800000000000, 12, 430800000000000, 1, 'active', 1, 1, 1, '市疾控', 'cdc'),"
		  " (430802000000000, 13, 430802000000000, 1, 'active', 1, 1, 1, '公安', 'police'),"
		  " (430802000000000, 14, 430802000000000, 1, 'active', 1, 1, 1, '社区',"
		  " 'community')",
	  .args = "",
	  .act = SQL_WRITE },
	{ .name = "test.officers",
	  .text = "INSERT INTO officers (county, id, area, version, state, created_at, updated_at,"
		  " created_by, name, post, phone, organisation) VALUES"
		  " (430802000000000, 21, 430802000000000, 1, 'active', 1, 1, 1, '合成', '主任',"
		  " '119', 11), (430800000000000, 22, 430800000000000, 1, 'active', 1, 1, 1,"
		  " '合成', '主任', '119', 12)",
	  .args = "",
	  .act = SQL_WRITE },
	{ .name = "test.duties",
	  .text = "INSERT INTO duties (county, id, area, version, state, created_at, updated_at,"
		  " created_by, sector, party, officer) VALUES"
		  " (430802000000000, 31, 430802000000000, 1, 'active', 1, 1, 1, 'epidemic',"
		  " 'department', 21), (430800000000000, 32, 430800000000000, 1, 'active', 1, 1,"
		  " 1, 'epidemic', 'department', 22)",
	  .args = "",
	  .act = SQL_WRITE },
};
static enum err answerers_act(struct tx *tx, void *arg, struct fault *f)
{
	enum err e = OK;

	(void)arg;
	for (size_t i = 0; i < ARRAY_LEN(answerers) && !e; i++)
		e = tx_run(tx, &answerers[i], SQL_NO_ARGS, NULL, f);
	return e;
}

void clinic_begin(struct clinic *t, struct database *d, const char *dir)
{
	CLEANUP(area_import_end) struct area_import *i = NULL;
	CLEANUP(file_end) struct file *fl = NULL;
	struct serve_options o = { .listen = "127.0.0.1:0",
				   .wall = { wall_ns, NULL },
				   .steady = clock_steady,
				   .trace = clinic_trace_by };
	struct found_first first;
	struct config c;

	memset(t, 0, sizeof *t);
	clinic_wall_s = DATABASE_NOW;
	t->d = d;
	(void)snprintf(t->dir, sizeof t->dir, "%s%s%s", dir, d->sqlite ? "" : ".pg",
		       clinic_trace_by ? clinic_trace_by : "");
	config_defaults(&c);
	MUST(config_set(&c, STR("house.area"), STR("43"), &d->fault));
	if (!d->sqlite)
		MUST(config_set(&c, STR("db.url"), str_of(d->url), &d->fault));
	MUST(found_house(t->dir, &c, CRYPT_WORLD, clinic_now(), &first, &d->fault));
	MUST(house_open(t->dir, &t->h, &d->fault));
	MUST(house_vault(t->h, (struct clock){ wall_ns, NULL }, &d->fault));
	MUST(house_database(t->h, false, clinic_now(), &d->fault));
	MUST(file_open("areas.csv", FILE_REPLACE, &fl, &d->fault));
	MUST(file_write(fl, counties, strlen(counties), &d->fault));
	MUST(file_close(&fl, &d->fault));
	MUST(area_import_new(&(struct area_import_options){ .from_day = AREA_DAY_FIRST }, &i));
	MUST(area_import_file(i, "areas.csv", &d->fault));
	MUST(db_write(t->h->db, area_import_run, i, &d->fault));
	MUST(db_write(t->h->db, answerers_act, NULL, &d->fault));
	for (int k = 0; k < CLINIC_PEOPLE; k++) {
		struct found_account who = { .login = str_of(people[k].login),
					     .name = STR("合成"),
					     .roles = people[k].roles,
					     .area = { people[k].area } };

		MUST(scope_add(&who.scope, who.area, &d->fault));
		MUST(found_account(t->h, &who, clinic_now(), t->password[k], &d->fault));
	}
	MUST(db_write(t->h->db, give_departments, NULL, &d->fault));
	MUST(serve_open(t->h, &o, &t->s, &d->fault));
	MUST(serve_tick(t->s, clinic_now(), &d->fault));
}

void clinic_end(struct clinic *t)
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

int64_t clinic_person(struct clinic *t, const char *case_id)
{
	struct database *d = t->d;
	struct looking l = { 0 };

	assert_int_equal(str_i64(str_of(case_id), &l.case_id), OK);
	MUST(db_read(t->h->db, look_act, &l, &d->fault));
	assert_true(l.person > 0);
	return l.person;
}

int64_t clinic_evening(const struct clinic *t, int back)
{
	return zone_day_start(t->h->zone, zone_day_of(t->h->zone, clinic_now()) - back).v + 68400;
}

void clinic_keep(struct clinic *t, int64_t batch, const struct trail_visit *v, size_t n)
{
	struct database *d = t->d;
	enum trail_fate *fate = mem_take(n, sizeof *fate);
	struct trails s = { .d = d, .t = t->s->trail };
	struct trails_keep k = { &s, { { 430802000000000 }, batch }, v, n, fate, false };
	struct db *own = d->db;

	assert_non_null(fate);
	d->db = t->h->db;
	MUST(trails_keep(&k, &d->fault));
	d->db = own;
	mem_drop(fate);
}

void clinic_visits(struct clinic *t, int64_t index, int64_t neighbour)
{
	int64_t evening = clinic_evening(t, 1);
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

	for (size_t i = 0; i < ARRAY_LEN(v); i++)
		v[i].kind = STR("restaurant");
	clinic_keep(t, 5, v, ARRAY_LEN(v));
}

void clinic_report_of(struct clinic *t, char id[24], const char *number, int onset_back,
		      const char *who)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	CLEANUP(buf_release) struct buf day = { 0 };
	char body[600];

	when_date(&day, zone_day_of(t->h->zone, clinic_now()) - onset_back);
	(void)snprintf(
		body, sizeof body,
		"{\"area\":\"430802000000000\",\"number\":\"%s\",\"profile\":\"covid19.who\","
		"\"onset\":\"%.*s\",\"positive\":\"%.*s\",\"who\":%s}",
		number, (int)day.n, day.p, (int)day.n, day.p, who);
	if (clinic_ask(t, CLINIC_DOCTOR, "POST", "/api/v1/cases", body, &a) != 201)
		fail_msg("%.*s", (int)a.body.n, a.body.p);
	clinic_text(&a, "id", id, 24);
}

void clinic_report(struct clinic *t, char id[24], const char *number)
{
	char who[200];

	(void)snprintf(who, sizeof who,
		       "{\"name\":\"金丝雀%s\",\"id_number\":\"43080219850101001%s\","
		       "\"phone\":\"13800000000\"}",
		       number, number);
	clinic_report_of(t, id, number, 0, who);
}

void clinic_confirm_by(struct clinic *t, int who, const char *id, const char *event,
		       char warrant[600])
{
	CLEANUP(answer_end) struct answer a = { 0 };
	char url[80];

	(void)snprintf(url, sizeof url, "/api/v1/cases/%s/events/%s", id, event);
	if (clinic_ask(t, who, "POST", url, "", &a) != 200)
		fail_msg("%.*s", (int)a.body.n, a.body.p);
	clinic_text(&a, "over\":false,\"text", warrant, 600); /* not the receipt's */
}

void clinic_confirm(struct clinic *t, int who, const char *id, char warrant[600])
{
	clinic_confirm_by(t, who, id, "confirm", warrant);
}

int clinic_trace(struct clinic *t, int who, const char *id, const char *warrant, const char *more,
		 struct answer *ret)
{
	char url[80], body[900];

	(void)snprintf(url, sizeof url, "/api/v1/cases/%s/trace", id);
	(void)snprintf(body, sizeof body, "{\"warrant\":\"%s\"%s}", warrant, more);
	return clinic_ask(t, who, "POST", url, body, ret);
}
