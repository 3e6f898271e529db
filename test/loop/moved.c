/*
 * moved.c - the grid changes under open tasks: looked at by hand, and at random, where after each
 * change every open task must have an owner, a checker and a line who are at work, as the resolver
 * names them for that owner.
 *
 * Long because the people, the grid and the checks of the random walk act on one house.
 */
#include "loop/moved.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/dice.h"
#include "base/file.h"
#include "grid/area_import.h"
#include "loop/duty_of.h"
#include "support/ward.h"

#include "base/ban.h"

/* ---- what must hold ------------------------------------------------------------------------- */

static const struct sql open_tasks = {
	.name = "test.open",
	.text = "SELECT id, area, owner, packed FROM tasks WHERE state <> 'closed'",
	.args = "",
	.scan = "a test",
	.across = "a test",
};
static const struct sql inactive = {
	.name = "test.inactive",
	.text = "SELECT count(*) FROM organisations WHERE id = $1 AND state = 'active'",
	.args = "i",
	.across = "a test",
};

struct held {
	uint64_t n, offered;
	char why[200];
};

static enum err at_work(struct tx *tx, struct flow_party p, const char *what, struct held *h,
			struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e = tx_row(tx, &inactive, SQL_ARGS(sql_i64(p.v)), &r, f);

	if (!e && !rows_i64(r, 0) && !h->why[0])
		(void)snprintf(h->why, sizeof h->why, "%s %lld is not at work", what,
			       (long long)p.v);
	return e;
}

static enum err hold_one(struct tx *tx, const struct flow_task *t, struct area_code area,
			 struct held *h, struct fault *f)
{
	struct flow_duty d;
	bool same;
	enum err e;

	if ((e = at_work(tx, t->owner, "the owner", h, f)) ||
	    (e = at_work(tx, t->checker, "the checker", h, f)) ||
	    (e = at_work(tx, t->sender, "the sender", h, f)) ||
	    (t->offered_to.v && (e = at_work(tx, t->offered_to, "the receiver", h, f))) ||
	    (e = loop_duty(tx, area, DUTY_MINE, t->owner, &d, f)))
		return e;
	h->offered += t->offered_to.v > 0;
	same = t->checker.v == d.checker.v && t->line.n == d.line.n;
	for (uint32_t i = 0; same && i < d.line.n; i++)
		same = t->line.level[i].v == d.line.level[i].v;
	if (!same && !h->why[0])
		(void)snprintf(h->why, sizeof h->why, "task %lld of %lld: checker or line is old",
			       (long long)t->id, (long long)t->owner.v);
	return OK;
}

static enum err hold_act(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct held *h = arg;
	bool more;
	enum err e = tx_rows(tx, &open_tasks, SQL_NO_ARGS, &r, f);

	*h = (struct held){ 0 };
	while (!e && !(e = rows_next(r, &more, f)) && more) {
		struct str packed = rows_blob(r, 3);
		struct flow_task t;

		if (flow_unpack((const uint8_t *)packed.p, packed.n, &t))
			return ERR_CORRUPT;
		if (t.owner.v != rows_i64(r, 2) && !h->why[0])
			(void)snprintf(h->why, sizeof h->why, "the column says another owner");
		h->n++;
		e = hold_one(tx, &t, (struct area_code){ rows_i64(r, 1) }, h, f);
	}
	return e;
}

/* Every open task has one owner who is at work, and the line that belongs to them. */
static struct held must_hold(struct ward *w)
{
	struct fault f = { 0 };
	struct held h;

	if (db_read(w->h->db, hold_act, &h, &f))
		fail_msg("%s", f.en);
	if (h.why[0])
		fail_msg("%s", h.why);
	return h;
}

static int64_t owner(struct ward *w, int64_t task)
{
	char sql[80];

	(void)snprintf(sql, sizeof sql, "SELECT owner FROM tasks WHERE id = %lld", (long long)task);
	return ward_scalar(w, sql);
}

/* ---- people over the whole province ---------------------------------------------------------- */

/* A lead of the province, who may change all of the grid. */
static void province(struct ward *w, struct visitor *ret)
{
	desk_account_in(&w->k, "province", role_bit(ROLE_AREA_LEAD), "43", "43");
	desk_sign_in(&w->k, "province", ret);
}

static int ask(struct ward *w, const struct visitor *v, const char *method, const char *target,
	       const char *body, int64_t version, struct answer *ret)
{
	char headers[120];

	(void)snprintf(headers, sizeof headers,
		       "Idempotency-Key: moved-%d\r\nIf-Match: \"%lld\"\r\n", w->n_keys++,
		       (long long)version);
	desk_ask(&w->k, v, method, target, headers, body, ret);
	return ret->status;
}

static int64_t version_of(struct ward *w, const char *table, int64_t id)
{
	char sql[120];

	(void)snprintf(sql, sizeof sql, "SELECT version FROM %s WHERE id = %lld", table,
		       (long long)id);
	return ward_scalar(w, sql);
}

static int step(struct ward *w, const struct visitor *v, const char *path, int64_t id,
		const char *event, struct answer *ret)
{
	char target[120];

	(void)snprintf(target, sizeof target, "/api/v1/%s/%lld/events/%s", path, (long long)id,
		       event);
	return ask(w, v, "POST", target, "{}", version_of(w, path, id), ret);
}

static int edit(struct ward *w, const struct visitor *v, const char *path, int64_t id,
		const char *body, struct answer *ret)
{
	char target[120];

	(void)snprintf(target, sizeof target, "/api/v1/%s/%lld", path, (long long)id);
	return ask(w, v, "PATCH", target, body, version_of(w, path, id), ret);
}

#define STEP_OK(w, v, path, id, event) \
	do { \
		CLEANUP(answer_end) struct answer step_a = { 0 }; \
		if (step(&(w), &(v), path, id, event, &step_a) != 200) \
			fail_msg("%s: %d %.*s", event, step_a.status, (int)step_a.body.n, \
				 step_a.body.p); \
	} while (0)
#define EDIT_OK(w, v, path, id, json_) \
	do { \
		CLEANUP(answer_end) struct answer edit_a = { 0 }; \
		if (edit(&(w), &(v), path, id, json_, &edit_a) != 200) \
			fail_msg("%s: %d %.*s", json_, edit_a.status, (int)edit_a.body.n, \
				 edit_a.body.p); \
	} while (0)

#define OPEN(w, v) \
	WARD(w); \
	struct visitor v; \
	province(&w, &v)

static const char village[] = "430802001001";

/* ---- by hand -------------------------------------------------------------------------------- */

static void what_a_suspended_organisation_owned_goes_to_who_answers_now(void **state)
{
	OPEN(w, v);
	int64_t id = ward_raise(&w, WARD_LEAD, village, "");

	assert_int_equal(ward_do(&w, WARD_WORKER, id, "accept", ""), 200);
	STEP_OK(w, v, "organisations", WARD_VILLAGE, "suspend");
	assert_int_equal(owner(&w, id), WARD_TOWN);
	assert_string_equal(ward_state(&w, id), "open");
	must_hold(&w);
	STEP_OK(w, v, "organisations", WARD_VILLAGE, "resume");
	assert_int_equal(owner(&w, id), WARD_VILLAGE); /* nobody had accepted it there */
	must_hold(&w);
}

static void what_was_accepted_stays_when_the_nearer_one_comes_back(void **state)
{
	OPEN(w, v);
	int64_t id = ward_raise(&w, WARD_LEAD, village, "");

	STEP_OK(w, v, "organisations", WARD_VILLAGE, "suspend");
	assert_int_equal(ward_do(&w, WARD_CLERK, id, "accept", ""), 200);
	STEP_OK(w, v, "organisations", WARD_VILLAGE, "resume");
	assert_int_equal(owner(&w, id), WARD_TOWN);
	must_hold(&w);
}

static void an_offer_to_who_is_gone_is_refused_by_the_house(void **state)
{
	OPEN(w, v);
	int64_t id = ward_raise(&w, WARD_LEAD, village, "");

	assert_int_equal(ward_do(&w, WARD_WORKER, id, "offer", ",\"to\":\"106\""), 200);
	assert_int_equal(must_hold(&w).offered, 1);
	STEP_OK(w, v, "organisations", WARD_CLINIC, "suspend");
	assert_int_equal(must_hold(&w).offered, 0);
	assert_int_equal(owner(&w, id), WARD_VILLAGE);
	assert_int_equal(ward_scalar(&w,
				     "SELECT count(*) FROM task_history WHERE event = 'refuse'"),
			 1);
}

static void a_new_checker_and_line_come_with_the_duty_above(void **state)
{
	OPEN(w, v);
	int64_t id = ward_raise(&w, WARD_LEAD, village, "");

	STEP_OK(w, v, "duties", 303, "end"); /* the township's */
	assert_int_equal(owner(&w, id), WARD_VILLAGE);
	assert_int_equal(ward_scalar(&w, "SELECT checker FROM tasks"), WARD_COUNTY);
	must_hold(&w);
}

static void an_officer_who_leaves_hands_over_to_the_stand_in(void **state)
{
	OPEN(w, v);
	CLEANUP(answer_end) struct answer a = { 0 };
	int64_t id = ward_raise(&w, WARD_LEAD, village, "");
	char body[80];

	assert_int_equal(ask(&w, &v, "POST", "/api/v1/officers",
			     "{\"area\":\"430802001001\",\"name\":\"合成替\",\"post\":\"站长\","
			     "\"phone\":\"0744-1\",\"organisation\":\"106\"}",
			     1, &a),
			 201);
	(void)snprintf(body, sizeof body, "{\"substitute\":\"%s\"}", ward_text(&a, "id"));
	EDIT_OK(w, v, "officers", 204, body);
	assert_int_equal(owner(&w, id), WARD_VILLAGE);
	STEP_OK(w, v, "officers", 204, "leave");
	assert_int_equal(owner(&w, id), WARD_CLINIC);
	must_hold(&w);
	STEP_OK(w, v, "officers", 204, "return");
	assert_int_equal(owner(&w, id), WARD_VILLAGE);
	must_hold(&w);
}

static void an_officer_takes_the_duty_to_their_new_organisation(void **state)
{
	OPEN(w, v);
	int64_t id = ward_raise(&w, WARD_LEAD, village, "");

	assert_int_equal(ward_do(&w, WARD_WORKER, id, "accept", ""), 200);
	EDIT_OK(w, v, "officers", 204, "{\"organisation\":\"106\"}");
	assert_int_equal(owner(&w, id), WARD_CLINIC);
	must_hold(&w);
}

/* The township answered for the village, too: what it proved it does not check afterwards. */
static void nobody_checks_what_their_own_party_proved_before_the_grid_changed(void **state)
{
	OPEN(w, v);
	int64_t id;

	EDIT_OK(w, v, "officers", 204, "{\"organisation\":\"103\"}");
	id = ward_raise(&w, WARD_LEAD, village, "");
	assert_int_equal(owner(&w, id), WARD_TOWN);
	assert_int_equal(ward_do(&w, WARD_CLERK, id, "accept", ""), 200);
	assert_int_equal(ward_do(&w, WARD_CLERK, id, "prove", ",\"text\":\"看过\""), 200);
	EDIT_OK(w, v, "officers", 204, "{\"organisation\":\"104\"}");
	assert_int_equal(owner(&w, id), WARD_VILLAGE);
	assert_int_equal(ward_scalar(&w, "SELECT checker FROM tasks"), WARD_TOWN);
	assert_int_equal(ward_do(&w, WARD_CLERK2, id, "close", ""), 409);
	assert_string_equal(ward_state(&w, id), "open");
	must_hold(&w);
}

/* The township proved it, it left them, and then they came to stand above it again. */
static void a_proof_stays_its_partys_through_two_changes_of_the_grid(void **state)
{
	OPEN(w, v);
	int64_t id;

	EDIT_OK(w, v, "officers", 204, "{\"organisation\":\"103\"}");
	id = ward_raise(&w, WARD_LEAD, village, "");
	assert_int_equal(ward_do(&w, WARD_CLERK, id, "accept", ""), 200);
	assert_int_equal(ward_do(&w, WARD_CLERK, id, "prove", ",\"text\":\"看过\""), 200);
	EDIT_OK(w, v, "officers", 203, "{\"organisation\":\"106\"}");
	EDIT_OK(w, v, "officers", 204, "{\"organisation\":\"104\"}");
	assert_int_equal(owner(&w, id), WARD_VILLAGE);
	assert_int_equal(ward_scalar(&w, "SELECT checker FROM tasks"), WARD_CLINIC);
	assert_string_equal(ward_state(&w, id), "proved");
	EDIT_OK(w, v, "officers", 203, "{\"organisation\":\"103\"}");
	assert_int_equal(ward_scalar(&w, "SELECT checker FROM tasks"), WARD_TOWN);
	assert_int_equal(ward_do(&w, WARD_CLERK2, id, "close", ""), 409);
	assert_string_equal(ward_state(&w, id), "open");
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM task_history WHERE"
					 " event = 'rewire' AND stage = 'accept'"),
			 1);
	must_hold(&w);
}

static void a_returned_task_whose_owner_changes_is_not_told_as_reopened(void **state)
{
	OPEN(w, v);
	int64_t id = ward_raise(&w, WARD_LEAD, village, "");

	assert_int_equal(ward_do(&w, WARD_WORKER, id, "accept", ""), 200);
	assert_int_equal(ward_do(&w, WARD_WORKER, id, "prove", ",\"text\":\"看过\""), 200);
	assert_int_equal(ward_do(&w, WARD_CLERK, id, "return", ",\"reason\":\"不清\""), 200);
	EDIT_OK(w, v, "officers", 204, "{\"organisation\":\"106\"}");
	assert_int_equal(owner(&w, id), WARD_CLINIC);
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM task_history WHERE event = 'reown'"),
			 1);
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM task_history WHERE event = 'reown'"
					 " AND stage IS NOT NULL"),
			 0);
	must_hold(&w);
}

static void a_task_given_in_person_stays_where_it_was_given(void **state)
{
	OPEN(w, v);
	int64_t id = ward_raise(&w, WARD_LEAD, village, ",\"owner\":\"106\"");

	STEP_OK(w, v, "duties", 304, "end");
	assert_int_equal(owner(&w, id), WARD_CLINIC);
	must_hold(&w);
}

static void a_change_that_leaves_tasks_without_anybody_is_refused_whole(void **state)
{
	OPEN(w, v);
	CLEANUP(answer_end) struct answer a = { 0 };
	int64_t steps;

	ward_raise(&w, WARD_LEAD, village, "");
	ward_raise(&w, WARD_LEAD, village, "");
	STEP_OK(w, v, "duties", 301, "end");
	STEP_OK(w, v, "duties", 302, "end");
	steps = ward_scalar(&w, "SELECT count(*) FROM task_history");
	/* The village's tasks are the township's alone to check. */
	assert_int_equal(step(&w, &v, "organisations", WARD_TOWN, "suspend", &a), 409);
	assert_non_null(memmem(a.body.p, a.body.n, "2 open tasks", 12));
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM task_history"), steps);
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM organisations WHERE id = 103"
					 " AND state = 'active'"),
			 1);
	must_hold(&w);
}

/* ---- mergers -------------------------------------------------------------------------------- */

struct merging {
	struct ward *w;
	struct area_import *i;
	struct area_code gone[8];
	size_t n;
};

static void take_gone(void *arg, struct area_code gone)
{
	struct merging *m = arg;

	m->gone[m->n++] = gone;
}

static enum err merge_act(struct tx *tx, void *arg, struct fault *f)
{
	struct merging *m = arg;
	enum err e = area_import_run(tx, m->i, f);

	m->n = 0;
	if (e)
		return e;
	area_import_merged(m->i, take_gone, m);
	return loop_merged(m->w->s->rooms.loop.loop, NULL, tx, m->gone, m->n, ward_now(), f);
}

/* As the verb `area import` does it. */
static enum err import(struct ward *w, const char *text, struct fault *f)
{
	CLEANUP(area_import_end) struct area_import *i = NULL;
	CLEANUP(file_end) struct file *fl = NULL;
	struct merging m = { .w = w };

	assert_int_equal(file_open("merge.csv", FILE_REPLACE, &fl, f), OK);
	assert_int_equal(file_write(fl, text, strlen(text), f), OK);
	assert_int_equal(file_close(&fl, f), OK);
	assert_int_equal(area_import_new(&(struct area_import_options){ .from_day =
										AREA_DAY_FIRST },
					 &i),
			 OK);
	assert_int_equal(area_import_file(i, "merge.csv", f), OK);
	m.i = i;
	return db_write(w->h->db, merge_act, &m, f);
}

static void tasks_of_a_merged_area_go_to_who_answers_for_the_one_it_went_into(void **state)
{
	OPEN(w, v);
	CLEANUP(answer_end) struct answer a = { 0 };
	int64_t id = ward_raise(&w, WARD_LEAD, village, "");

	MUST(import(&w, "code,name,to,into\n430802001001,教场社区,2026-01-01,430822\n", &d->fault));
	assert_int_equal(owner(&w, id), WARD_FAR);
	must_hold(&w);
	/* They are found there by the next change: the city alone checks what 430822 does. */
	assert_int_equal(step(&w, &v, "officers", 201, "leave", &a), 409);
	assert_non_null(memmem(a.body.p, a.body.n, "1 open tasks", 12));
	STEP_OK(w, v, "organisations", WARD_COUNTY, "suspend"); /* and 430802 is theirs no more */
	assert_int_equal(ward_scalar(&w, "SELECT checker FROM tasks"), WARD_CITY);
	must_hold(&w);
}

/* ---- at random ------------------------------------------------------------------------------ */

enum { ORGS = 6, EXTRA = 6, STEPS_LITE = 250, STEPS_PG = 80 };

struct shuffle {
	struct ward *w;
	struct visitor v;
	struct dice dice;
	int64_t officer[ORGS + EXTRA], n_officers;
	uint64_t done, refused, other;
};

static uint32_t roll(struct shuffle *r, uint32_t n)
{
	return dice_below(&r->dice, n);
}

static const char *const areas[] = { "4308", "430802", "430802001", "430802001001", "430822" };

static int64_t some_row(struct shuffle *r, const char *table, const char *where)
{
	char sql[200];

	(void)snprintf(sql, sizeof sql,
		       "SELECT id FROM %s WHERE %s ORDER BY id %% 1000003 * 7919 %% %u LIMIT 1",
		       table, where, 97 + roll(r, 5) * 2);
	return ward_scalar(r->w, sql);
}

static int64_t some_org(struct shuffle *r)
{
	return WARD_CITY + roll(r, ORGS);
}

/* Somebody of the task's owner, or of whom it concerns, does something. */
struct doing {
	struct ward *w;
	int64_t task;
	enum flow_on on;
	int64_t to;
};

static const struct sql one_packed = {
	.name = "test.packed",
	.text = "SELECT packed FROM tasks WHERE id = $1",
	.args = "i",
	.across = "a test",
};

static enum err do_act(struct tx *tx, void *arg, struct fault *f)
{
	struct doing *q = arg;
	struct loop_act act = { .task = q->task, .reason = STR("x"), .text = STR("x") };
	struct flow_effects fx;
	struct flow_task t;
	enum err e;

	{
		CLEANUP(rows_end) struct rows *r = NULL;
		struct str packed;

		if ((e = tx_row(tx, &one_packed, SQL_ARGS(sql_i64(q->task)), &r, f)))
			return e;
		packed = rows_blob(r, 0);
		if (flow_unpack((const uint8_t *)packed.p, packed.n, &t))
			return ERR_CORRUPT;
	}
	act.ev = (struct flow_event){ .on = q->on,
				      .turn = FLOW_ANY_TURN,
				      .by = FLOW_NEVER,
				      .party = t.owner,
				      .person = { t.owner.v * 10 },
				      .evidence = FLOW_PROOFS,
				      .to = { q->to } };
	if (q->on == FLOW_ON_TAKE)
		act.ev.party = t.offered_to;
	return loop_do(q->w->s->rooms.loop.loop, NULL, tx, &act, ward_now(), &fx, f);
}

static void somebody_works(struct shuffle *r)
{
	static const enum flow_on ons[] = { FLOW_ON_ACCEPT, FLOW_ON_START, FLOW_ON_PROVE,
					    FLOW_ON_OFFER, FLOW_ON_TAKE };
	struct doing q = { r->w, some_row(r, "tasks", "state <> 'closed'"),
			   ons[roll(r, ARRAY_LEN(ons))], some_org(r) };
	struct fault f = { 0 };
	char sql[100];

	(void)snprintf(sql, sizeof sql,
		       "SELECT count(*) FROM organisations WHERE id = %lld AND state = 'active'",
		       (long long)q.to);
	if (q.task && (q.on != FLOW_ON_OFFER || ward_scalar(r->w, sql)))
		ignore(db_write(r->w->h->db, do_act, &q, &f));
}

static int change_officer(struct shuffle *r, int64_t id, struct answer *a)
{
	char body[120];

	if (roll(r, 2))
		(void)snprintf(body, sizeof body, "{\"organisation\":\"%lld\"}",
			       (long long)some_org(r));
	else
		(void)snprintf(body, sizeof body, "{\"substitute\":\"%lld\"}",
			       (long long)some_row(r, "officers", "state = 'active'"));
	return edit(r->w, &r->v, "officers", id, body, a);
}

static int new_duty(struct shuffle *r, struct answer *a)
{
	static const char *const parties[] = { "territory", "department", "unit", "individual" };
	char body[200];

	(void)snprintf(
		body, sizeof body,
		"{\"area\":\"%s\",\"sector\":\"mine\",\"party\":\"%s\",\"officer\":\"%lld\"}",
		areas[roll(r, ARRAY_LEN(areas))], parties[roll(r, ARRAY_LEN(parties))],
		(long long)some_row(r, "officers", "state = 'active'"));
	return ask(r->w, &r->v, "POST", "/api/v1/duties", body, 1, a);
}

static int change_duty(struct shuffle *r, struct answer *a)
{
	int64_t id = some_row(r, "duties", "state = 'active'");
	char body[80];

	if (!id)
		return new_duty(r, a);
	if (roll(r, 2))
		return step(r->w, &r->v, "duties", id, "end", a);
	(void)snprintf(body, sizeof body, "{\"officer\":\"%lld\"}",
		       (long long)some_row(r, "officers", "state = 'active'"));
	return edit(r->w, &r->v, "duties", id, body, a);
}

static int change_grid(struct shuffle *r, struct answer *a)
{
	int64_t org = some_org(r), officer = some_row(r, "officers", "1 = 1");

	switch (roll(r, 8)) {
	case 0: return step(r->w, &r->v, "organisations", org, "suspend", a);
	case 1: return step(r->w, &r->v, "organisations", org, "resume", a);
	case 2: return step(r->w, &r->v, "officers", officer, "leave", a);
	case 3: return step(r->w, &r->v, "officers", officer, "return", a);
	case 4: return change_officer(r, officer, a);
	case 5: return change_duty(r, a);
	default: return new_duty(r, a);
	}
}

static void more_tasks(struct shuffle *r)
{
	static const char *const where[] = { "430802001001", "430802001", "430802" };
	char body[400];
	CLEANUP(answer_end) struct answer a = { 0 };

	(void)snprintf(body, sizeof body,
		       "{\"area\":\"%s\",\"sector\":\"mine\",\"rule\":\"" WARD_RULE
		       "\",\"title\":\"查看\",\"needs\":[\"text\"]}",
		       where[roll(r, ARRAY_LEN(where))]);
	ward_ask(r->w, WARD_LEAD, "POST", "/api/v1/tasks", body, &a);
}

static void after_every_random_change_every_open_task_has_its_people(void **state)
{
	OPEN(w, v);
	struct shuffle r = { .w = &w, .v = v, .dice = { d->sqlite ? 4711 : 4712 } };
	int n = d->sqlite ? STEPS_LITE : STEPS_PG;
	const char *more = getenv("OUTPOST_WORLDS");

	if (more)
		n = atoi(more);
	for (int i = 0; i < EXTRA; i++) {
		CLEANUP(answer_end) struct answer a = { 0 };
		char body[200];

		(void)snprintf(
			body, sizeof body,
			"{\"area\":\"430802\",\"name\":\"合成%d\",\"post\":\"职员\",\"phone\":"
			"\"0744-%d\",\"organisation\":\"%lld\"}",
			i, i, (long long)some_org(&r));
		assert_int_equal(ask(&w, &v, "POST", "/api/v1/officers", body, 1, &a), 201);
	}
	for (int i = 0; i < n; i++) {
		CLEANUP(answer_end) struct answer a = { 0 };
		int64_t before;

		more_tasks(&r);
		for (int k = 0; k < 3; k++)
			somebody_works(&r);
		before = ward_scalar(&w, "SELECT count(*) FROM task_history");
		change_grid(&r, &a);
		if (a.status >= 500)
			fail_msg("%d %.*s", a.status, (int)a.body.n, a.body.p);
		r.done += a.status < 300;
		r.refused += a.status == 409 && memmem(a.body.p, a.body.n, "open tasks would", 16);
		if (a.status >= 300)
			assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM task_history"),
					 before);
		must_hold(&w);
	}
	if (n >= STEPS_PG) {
		assert_true(r.done > (uint64_t)n / 4 && r.refused > 0);
		assert_true(ward_scalar(&w, "SELECT count(*) FROM task_history"
					    " WHERE event = 'reown'") > 10);
		assert_true(ward_scalar(&w, "SELECT count(*) FROM task_history"
					    " WHERE event = 'rewire'") > 10);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(what_a_suspended_organisation_owned_goes_to_who_answers_now),
		ON_SQLITE(what_was_accepted_stays_when_the_nearer_one_comes_back),
		ON_BOTH(an_offer_to_who_is_gone_is_refused_by_the_house),
		ON_SQLITE(a_new_checker_and_line_come_with_the_duty_above),
		ON_BOTH(an_officer_who_leaves_hands_over_to_the_stand_in),
		ON_SQLITE(an_officer_takes_the_duty_to_their_new_organisation),
		ON_SQLITE(nobody_checks_what_their_own_party_proved_before_the_grid_changed),
		ON_SQLITE(a_proof_stays_its_partys_through_two_changes_of_the_grid),
		ON_SQLITE(a_returned_task_whose_owner_changes_is_not_told_as_reopened),
		ON_SQLITE(a_task_given_in_person_stays_where_it_was_given),
		ON_BOTH(a_change_that_leaves_tasks_without_anybody_is_refused_whole),
		ON_BOTH(tasks_of_a_merged_area_go_to_who_answers_for_the_one_it_went_into),
		ON_BOTH(after_every_random_change_every_open_task_has_its_people),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
