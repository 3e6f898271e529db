/* ward.c - see ward.h. */
#include "support/ward.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/memory.h"
#include "grid/account.h"
#include "grid/area_import.h"
#include "grid/duty.h"
#include "grid/officer.h"
#include "grid/organisation.h"
#include "ledger/ledger.h"
#include "serve/found.h"
#include "support/client.h"
#include "support/scenes.h"
#include "support/weak_disk.h"

#include "base/ban.h"

static const char areas[] = "code,name\n43,湖南省\n4308,张家界市\n430802,永定区\n"
			    "430802001,永定街道\n430802001001,教场社区\n430822,桑植县\n";

static const struct {
	const char *login;
	uint32_t roles;
	int64_t area, party;
} people[WARD_PEOPLE] = {
	[WARD_MAYOR] = { "mayor", 1u << ROLE_DUTY_OFFICER, 430800000000000, WARD_CITY },
	[WARD_LEAD] = { "county.lead", 1u << ROLE_AREA_LEAD, 430802000000000, WARD_COUNTY },
	[WARD_CLERK] = { "clerk", 1u << ROLE_DUTY_OFFICER, 430802001000000, WARD_TOWN },
	[WARD_CLERK2] = { "clerk2", 1u << ROLE_DUTY_OFFICER, 430802001000000, WARD_TOWN },
	[WARD_WORKER] = { "worker", 1u << ROLE_GRID_WORKER, 430802001001000, WARD_VILLAGE },
	[WARD_WORKER2] = { "worker2", 1u << ROLE_GRID_WORKER, 430802001001000, WARD_VILLAGE },
	[WARD_DOCTOR] = { "doctor", 1u << ROLE_DOCTOR, 430802001001000, WARD_CLINIC },
	[WARD_AWAY] = { "distant", 1u << ROLE_AREA_LEAD, 430822000000000, WARD_FAR },
	[WARD_TRACER] = { "tracer", 1u << ROLE_INVESTIGATOR, 430802000000000, WARD_COUNTY },
	[WARD_NOBODYS] = { "nobodys", 1u << ROLE_DUTY_OFFICER, 430802000000000, 0 },
};

static const struct {
	int64_t id, area;
	const char *name;
	enum duty_party party; /* none: it answers for nothing */
} parties[] = {
	{ WARD_CITY, 430800000000000, "市应急局", DUTY_TERRITORY },
	{ WARD_COUNTY, 430802000000000, "区应急局", DUTY_DEPARTMENT },
	{ WARD_TOWN, 430802001000000, "永定街道办事处", DUTY_TERRITORY },
	{ WARD_VILLAGE, 430802001001000, "教场社区居委会", DUTY_UNIT },
	{ WARD_FAR, 430822000000000, "桑植县应急局", DUTY_TERRITORY },
	{ WARD_CLINIC, 430802001001000, "社区卫生站", DUTY_NO_PARTY },
};

const char *ward_login(enum ward_who who)
{
	return people[who].login;
}

static _Atomic int64_t wall_s, steady_s;
static int64_t wall_ns(void *arg)
{
	(void)arg;
	return wall_s * 1000000000;
}
static int64_t steady_ns(void *arg)
{
	(void)arg;
	return steady_s * 1000000000;
}
struct utc_s ward_now(void)
{
	return (struct utc_s){ wall_s };
}
struct utc_s ward_steady(void)
{
	return (struct utc_s){ steady_s };
}

void ward_sleep(int64_t s)
{
	wall_s += s;
	steady_s += s;
}

void ward_pass(struct ward *w, int64_t s)
{
	struct fault f = { 0 };

	ward_sleep(s);
	if (serve_tick(w->s, ward_now(), &f))
		fail_msg("%s", f.en);
}

void ward_set_wall(int64_t s)
{
	wall_s += s;
}

/* ---- statements of a test -------------------------------------------------------------------- */

struct asking {
	const struct sql *sql;
	int64_t ret;
};

/* A statement is known by its address, so each lives as long as the program. */
static const struct sql *statement(const char *text, enum sql_act act)
{
	static struct sql all[4096];
	static size_t n;

	for (size_t i = 0; i < n; i++)
		if (all[i].act == act && strcmp(all[i].text, text) == 0)
			return &all[i];
	assert_true(n < ARRAY_LEN(all));
	all[n] = (struct sql){ .name = "test.ward",
			       .text = strdup(text),
			       .args = "",
			       .act = act,
			       .scan = "a test",
			       .across = "a test" };
	return &all[n++];
}

static enum err scalar_act(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct asking *q = arg;
	enum err e = tx_row(tx, q->sql, SQL_NO_ARGS, &r, f);

	q->ret = e ? 0 : rows_i64(r, 0);
	return e == ERR_ABSENT ? OK : e;
}

static enum err run_act(struct tx *tx, void *arg, struct fault *f)
{
	return tx_run(tx, ((struct asking *)arg)->sql, SQL_NO_ARGS, NULL, f);
}

int64_t ward_scalar(struct ward *w, const char *sql)
{
	struct asking q = { statement(sql, SQL_READ), 0 };
	struct fault f = { 0 };

	if (db_read(w->h->db, scalar_act, &q, &f))
		fail_msg("%s: %s", sql, f.en);
	return q.ret;
}

void ward_run(struct ward *w, const char *sql)
{
	struct asking q = { statement(sql, SQL_WRITE), 0 };
	struct fault f = { 0 };

	if (db_write(w->h->db, run_act, &q, &f))
		fail_msg("%s: %s", sql, f.en);
}

/* ---- asking ---------------------------------------------------------------------------------- */

/* Sessions end when nobody asks for a while, and days pass here. */
int ward_ask(struct ward *w, enum ward_who who, const char *method, const char *target,
	     const char *body, struct answer *ret)
{
	char key[60];

	(void)snprintf(key, sizeof key, "Idempotency-Key: key-%d\r\n", w->n_keys++);
	desk_ask(&w->k, &w->visitor[who], method, target, key, body, ret);
	if (ret->status == 401) {
		desk_sign_in(&w->k, people[who].login, &w->visitor[who]);
		desk_ask(&w->k, &w->visitor[who], method, target, key, body, ret);
	}
	return ret->status;
}

int ward_status(struct ward *w, enum ward_who who, const char *method, const char *target,
		const char *body)
{
	CLEANUP(answer_end) struct answer a = { 0 };

	return ward_ask(w, who, method, target, body, &a);
}

const char *ward_text(const struct answer *a, const char *key)
{
	static char text[8][400];
	static unsigned turn;
	char want[60], *ret = text[turn++ % 8];
	int n = snprintf(want, sizeof want, "\"%s\":", key);
	const char *at = memmem(a->body.p, a->body.n, want, (size_t)n);
	size_t len;

	ret[0] = '\0';
	if (!at)
		return ret;
	at += n;
	at += *at == '"';
	len = strcspn(at, at[-1] == '"' ? "\"" : ",}]");
	assert_true(len < sizeof text[0]);
	memcpy(ret, at, len);
	ret[len] = '\0';
	return ret;
}

/* ---- a house --------------------------------------------------------------------------------- */

struct putting {
	struct record_book *book;
	const struct noun *n;
	const void *before, *row; /* before NULL: it is new, or stored already without an entry */
	bool stored;
};

static enum err put_act(struct tx *tx, void *arg, struct fault *f)
{
	const struct putting *p = arg;
	struct ledger_entry en;
	enum err e = p->stored   ? OK
		     : p->before ? record_replace(p->book, tx, p->n, p->before, p->row, f)
				 : record_put(p->book, tx, p->n, p->row, f);

	if (e || (e = record_entry(p->n, p->before, p->row, STR("create"), &en)))
		return e;
	en.at = ward_now();
	en.kind = LEDGER_ACT;
	en.purpose = STR("duty");
	return ledger_append(tx, &en, NULL, f);
}

static void put(struct ward *w, const struct noun *n, const void *before, const void *row,
		bool stored)
{
	struct putting p = { w->s->book, n, before, row, stored };
	struct fault f = { 0 };

	if (db_write(w->h->db, put_act, &p, &f))
		fail_msg("%s: %s", n->name, f.en);
}

static struct record head_of(int64_t id, int64_t area)
{
	return (struct record){ .id = { id },
				.area = { area },
				.version = 1,
				.state = 1,
				.created_at = ward_now(),
				.updated_at = ward_now(),
				.created_by = { 1 } };
}

static void put_parties(struct ward *w)
{
	for (size_t i = 0; i < ARRAY_LEN(parties); i++) {
		struct organisation o;
		struct officer who;
		struct duty duty;

		noun_blank(&organisation_noun, &o);
		o.record = head_of(parties[i].id, parties[i].area);
		o.name = str_of(parties[i].name);
		o.kind = ORGANISATION_GOVERNMENT;
		put(w, &organisation_noun, NULL, &o, false);
		if (!parties[i].party)
			continue;
		noun_blank(&officer_noun, &who);
		who.record = head_of(parties[i].id + 100, parties[i].area);
		who.name = STR("合成");
		who.post = STR("主任");
		who.phone = STR("119");
		who.organisation = o.record.id;
		put(w, &officer_noun, NULL, &who, false);
		noun_blank(&duty_noun, &duty);
		duty.record = head_of(parties[i].id + 200, parties[i].area);
		duty.sector = DUTY_MINE;
		duty.party = parties[i].party;
		duty.officer = who.record.id;
		put(w, &duty_noun, NULL, &duty, false);
		duty.record.id.v += 100;
		duty.sector = DUTY_EPIDEMIC;
		put(w, &duty_noun, NULL, &duty, false);
	}
}

static void load_areas(struct ward *w)
{
	CLEANUP(area_import_end) struct area_import *i = NULL;
	CLEANUP(file_end) struct file *fl = NULL;
	struct database *d = w->d;

	MUST(file_open("areas.csv", FILE_REPLACE, &fl, &d->fault));
	MUST(file_write(fl, areas, strlen(areas), &d->fault));
	MUST(file_close(&fl, &d->fault));
	MUST(area_import_new(&(struct area_import_options){ .from_day = AREA_DAY_FIRST }, &i));
	MUST(area_import_file(i, "areas.csv", &d->fault));
	MUST(db_write(w->h->db, area_import_run, i, &d->fault));
}

static void no_log(void *arg, struct str lines)
{
	(void)arg;
	(void)lines;
}

struct getting {
	struct ward *w;
	int64_t id;
	void *row;
};

static enum err get_act(struct tx *tx, void *arg, struct fault *f)
{
	struct getting *g = arg;

	return record_get(g->w->s->book, tx, &account_noun, (struct record_id){ g->id },
			  g->w->k.arena, &g->row, f);
}

static void put_people(struct ward *w)
{
	for (int k = 0; k < WARD_PEOPLE; k++) {
		char area[AREA_TEXT_BYTES];
		struct getting g = { .w = w };
		struct account_row after;
		struct fault f = { 0 };

		area_text((struct area_code){ people[k].area }, area);
		w->account[k] = g.id =
			desk_account_in(&w->k, people[k].login, people[k].roles, area, area);
		if (db_read(w->h->db, get_act, &g, &f))
			fail_msg("%s", f.en);
		put(w, &account_noun, NULL, g.row, true);
		after = *(struct account_row *)g.row;
		after.organisation.v = people[k].party;
		after.record.version++;
		put(w, &account_noun, g.row, &after, false);
		desk_sign_in(&w->k, people[k].login, &w->visitor[k]);
	}
}

/* A house of its own, in the test's folder; on PostgreSQL it is the test's database. */
static void make_house(struct ward *w)
{
	struct database *d = w->d;
	struct found_first first;
	struct config c;

	config_defaults(&c);
	MUST(config_set(&c, STR("house.area"), STR("43"), &d->fault));
	if (!d->sqlite)
		MUST(config_set(&c, STR("db.url"), str_of(d->url), &d->fault));
	MUST(found_house(w->dir, &c, CRYPT_WORLD, ward_now(), &first, &d->fault));
}

static void open_house(struct ward *w)
{
	struct database *d = w->d;

	MUST(house_open(w->dir, &w->h, &d->fault));
	if (w->weak_disk) /* the vault is a process of its own, and no test of the vault */
		weak_disk_for_nobody_else();
	if (w->vault)
		MUST(house_vault(w->h, (struct clock){ wall_ns, NULL }, &d->fault));
	if (w->weak_disk)
		weak_disk_for_all();
	MUST(house_database(w->h, false, ward_now(), &d->fault));
	w->in = (struct database){ .db = w->h->db, .sqlite = d->sqlite };
}

static void open_server(struct ward *w)
{
	const struct serve_options o = { .listen = "127.0.0.1:0",
					 .wall = { wall_ns, NULL },
					 .steady = { steady_ns, NULL },
					 .program = getenv("OUTPOST"),
					 .log = no_log };
	struct database *d = w->d;

	MUST(serve_open(w->h, &o, &w->s, &d->fault));
}

static void begin(struct ward *w, struct database *d, bool vault, int64_t now_s)
{
	static int n;

	w->d = d;
	w->vault = vault;
	wall_s = now_s;
	steady_s = 1000;
	(void)snprintf(w->dir, sizeof w->dir, "ward%d", n++);
	make_house(w);
	open_house(w);
	load_areas(w);
	open_server(w);
	MUST(serve_tick(w->s, ward_now(), &d->fault));
	put_parties(w);
	desk_join(&w->k, &w->in, w->s->routes, http_port(w->s->http));
	put_people(w);
}

void ward_open(struct ward *w, struct database *d)
{
	memset(w, 0, sizeof *w);
	begin(w, d, false, DATABASE_NOW);
}

void ward_open_with_vault(struct ward *w, struct database *d)
{
	memset(w, 0, sizeof *w);
	begin(w, d, true, DATABASE_NOW);
}

void ward_open_at(struct ward *w, struct database *d, struct utc_s now)
{
	memset(w, 0, sizeof *w);
	begin(w, d, true, now.v);
}

void ward_open_on_weak_disk(struct ward *w, struct database *d, uint64_t seed)
{
	memset(w, 0, sizeof *w);
	w->weak_disk = true;
	weak_disk_format(seed);
	weak_disk_for_all();
	begin(w, d, true, DATABASE_NOW);
}

void ward_down(struct ward *w)
{
	serve_close(&w->s);
	house_end(&w->h);
}

void ward_up(struct ward *w)
{
	open_house(w);
	open_server(w);
	w->k.routes = w->s->routes;
	w->k.port = http_port(w->s->http);
}

void ward_weaken(struct ward *w)
{
	desk_beside(&w->k, w->s->dispatch, (struct clock){ wall_ns, NULL });
}

void ward_close(struct ward *w)
{
	desk_close(&w->k);
	ward_down(w);
	if (w->weak_disk)
		weak_disk_for_nobody_else();
}

/* ---- tasks ----------------------------------------------------------------------------------- */

int64_t ward_raise(struct ward *w, enum ward_who who, const char *area, const char *more)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	int64_t id = 0;
	char body[1200];

	(void)snprintf(body, sizeof body,
		       "{\"area\":\"%s\",\"sector\":\"mine\",\"rule\":\"" WARD_RULE "\","
		       "\"title\":\"查看采石场边坡\"%s%s}",
		       area, strstr(more, "needs") ? "" : ",\"needs\":[\"text\"]", more);
	if (ward_ask(w, who, "POST", "/api/v1/tasks", body, &a) != 201)
		fail_msg("%d %.*s", a.status, (int)a.body.n, a.body.p);
	assert_int_equal(str_i64(str_of(ward_text(&a, "id")), &id), OK);
	return id;
}

int ward_do_at(struct ward *w, enum ward_who who, int64_t task, const char *event, int64_t turn,
	       const char *more, struct answer *ret)
{
	char target[120], body[1200];

	(void)snprintf(target, sizeof target, "/api/v1/tasks/%lld/do/%s", (long long)task, event);
	(void)snprintf(body, sizeof body, "{\"turn\":%lld%s}", (long long)turn, more);
	return ward_ask(w, who, "POST", target, body, ret);
}

int64_t ward_turn(struct ward *w, int64_t task)
{
	char sql[200];

	(void)snprintf(sql, sizeof sql,
		       "SELECT turn FROM task_history WHERE task = %lld"
		       " ORDER BY version DESC, n DESC LIMIT 1",
		       (long long)task);
	return ward_scalar(w, sql);
}

int ward_do(struct ward *w, enum ward_who who, int64_t task, const char *event, const char *more)
{
	CLEANUP(answer_end) struct answer a = { 0 };

	return ward_do_at(w, who, task, event, ward_turn(w, task), more, &a);
}

int ward_file(struct ward *w, enum ward_who who, int64_t task, const char *type, struct str bytes,
	      struct answer *ret)
{
	CLEANUP(client_close) struct client c = { 0 };
	CLEANUP(buf_release) struct buf rq = { 0 };

	buf_fmt(&rq, "POST /api/v1/tasks/%lld/files HTTP/1.1\r\nHost: localhost\r\n%s",
		(long long)task, w->visitor[who].headers);
	buf_fmt(&rq, "Content-Length: %zu\r\nIdempotency-Key: file-%d\r\n", bytes.n, w->n_keys++);
	if (type)
		buf_fmt(&rq, "Content-Type: %s\r\n", type);
	buf_lit(&rq, "Connection: close\r\n\r\n");
	buf_str(&rq, bytes);
	assert_int_equal(rq.failed, OK);
	assert_true(client_open(&c, w->k.port));
	assert_true(client_send_bytes(&c, rq.p, rq.n));
	answer_end(ret);
	assert_true(client_read(&c, ret, false));
	return ret->status;
}

int64_t ward_photo(struct ward *w, enum ward_who who, int64_t task)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	CLEANUP(pixels_drop) struct pixels p = scene((uint64_t)w->n_keys + 1, 320, 240);
	CLEANUP(buf_release) struct buf jpeg = scene_jpeg(&p);

	if (ward_file(w, who, task, "image/jpeg", buf_view(&jpeg), &a) != 201)
		fail_msg("%d %.*s", a.status, (int)a.body.n, a.body.p);
	return strtoll(ward_text(&a, "id"), NULL, 10);
}

const char *ward_state(struct ward *w, int64_t task)
{
	static const char *const words[] = { "none",   "open",   "accepted", "in_progress",
					     "proved", "closed", "returned" };
	char sql[300];

	(void)snprintf(sql, sizeof sql,
		       "SELECT CASE state WHEN 'open' THEN 1 WHEN 'accepted' THEN 2 WHEN"
		       " 'in_progress' THEN 3 WHEN 'proved' THEN 4 WHEN 'closed' THEN 5 WHEN"
		       " 'returned' THEN 6 END FROM tasks WHERE id = %lld",
		       (long long)task);
	return words[ward_scalar(w, sql)];
}
