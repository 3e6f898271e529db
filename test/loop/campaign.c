/*
 * campaign.c - campaigns over HTTP: a task a thing, how it stands, who is left, and that the counts
 * are those of the tasks after thousands of random steps.
 *
 * Long because each rule of a campaign is asked for over HTTP, with what it did to the tasks.
 */
#include "loop/campaign.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/dice.h"
#include "loop/campaign.sql.h"
#include "loop/campaign_inside.h"
#include "serve/sound.h"
#include "support/ward.h"

#include "base/ban.h"

#define RUN "/api/v1/campaigns/%" PRId64

static void is(const struct answer *a, int status)
{
	if (a->status != status)
		fail_msg("%d, not %d: %.*s", a->status, status, (int)a->body.n, a->body.p);
}

static bool holds(const struct answer *a, const char *text)
{
	return memmem(a->body.p, a->body.n, text, strlen(text)) != NULL;
}

static void must_say(const struct answer *a, const char *text)
{
	if (!holds(a, text))
		fail_msg("no %s in %.*s", text, (int)a->body.n, a->body.p);
}

static void ask(struct ward *w, enum ward_who who, const char *method, int64_t id, const char *more,
		const char *body, struct answer *ret)
{
	char target[200];

	(void)snprintf(target, sizeof target, RUN "%s", id, more);
	ward_ask(w, who, method, target, body, ret);
}

/* A draft of the lead's; `more` is JSON that follows. */
static int64_t draft(struct ward *w, const char *scope, const char *query, const char *more)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	char body[800];
	int64_t id;

	(void)snprintf(body, sizeof body,
		       "{\"area\":\"430802\",\"name\":\"采石场排查\",\"sector\":\"mine\",\"scope\":"
		       "\"%s\",\"query\":\"%s\",\"title\":\"自查\",\"rule\":\"" WARD_RULE
		       "\",\"needs\":\"text\",\"until\":\"2026-12-01T00:00:00+08:00\"%s}",
		       scope, query, more);
	is((ward_ask(w, WARD_LEAD, "POST", "/api/v1/campaigns", body, &a), &a), 201);
	assert_int_equal(str_i64(str_of(ward_text(&a, "id")), &id), OK);
	return id;
}

static void event(struct ward *w, int64_t id, const char *word, const char *body, int status)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	char more[40];

	(void)snprintf(more, sizeof more, "/events/%s", word);
	ask(w, WARD_LEAD, "POST", id, more, body, &a);
	is(&a, status);
}

static int64_t started(struct ward *w, const char *scope, const char *query, const char *more)
{
	int64_t id = draft(w, scope, query, more);

	event(w, id, "start", "{}", 200);
	return id;
}

static int64_t n_tasks(struct ward *w, const char *where)
{
	char sql[200];

	(void)snprintf(sql, sizeof sql, "SELECT count(*) FROM tasks WHERE %s", where);
	return ward_scalar(w, sql);
}

static int64_t task_about(struct ward *w, int64_t about)
{
	char sql[120];

	(void)snprintf(sql, sizeof sql,
		       "SELECT id FROM tasks WHERE about_id = %" PRId64 " ORDER BY id DESC LIMIT 1",
		       about);
	return ward_scalar(w, sql);
}

/* ---- the counts are those of the tasks ------------------------------------------------------ */

enum { NODES_MAX = 64 };
struct counted {
	int64_t campaign;
	struct {
		struct area_code area;
		struct campaign_tally t;
	} v[NODES_MAX];
	size_t n;
	char why[160];
};

static struct campaign_tally *node(struct counted *k, struct area_code a)
{
	for (size_t i = 0; i < k->n; i++)
		if (k->v[i].area.v == a.v)
			return &k->v[i].t;
	assert_true(k->n < NODES_MAX);
	k->v[k->n].area = a;
	return &k->v[k->n++].t;
}

/* Straight from what the rows say, in words of its own. */
static int slot_of(struct str state, struct str outcome)
{
	static const char *const words[] = { "open", "returned", "accepted", "in_progress",
					     "proved" };

	for (int i = 0; i < 5; i++)
		if (str_eq(state, str_of(words[i])))
			return i;
	return str_eq(outcome, STR("done")) ? SLOT_DONE : SLOT_STRUCK;
}

static enum err recount(struct tx *tx, struct counted *k, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	bool more;
	enum err e = tx_rows(tx, &campaign_sql.recount, SQL_ARGS(sql_i64(k->campaign)), &r, f);

	while (!e && !(e = rows_next(r, &more, f)) && more) {
		struct area_code a = { rows_i64(r, 0) };
		int slot = slot_of(rows_text(r, 1), rows_text(r, 2));
		int64_t late = slot < SLOT_DONE && rows_i64(r, 3) ? rows_i64(r, 4) : 0;

		for (int level = AREA_CELL; level >= AREA_PROVINCE; level--) {
			struct area_code up = area_at(a, (enum area_level)level);

			if ((level < AREA_CELL &&
			     up.v == area_at(a, (enum area_level)(level + 1)).v) ||
			    up.v < area_county(a).v)
				continue;
			node(k, up)->n[slot] += rows_i64(r, 4);
			node(k, up)->n[SLOT_LATE] += late;
		}
	}
	return e;
}

static const struct sql all_counts = {
	.name = "test.counts",
	.text = "SELECT area, open, returned, accepted, in_progress, proved, done, struck, late "
		"FROM campaign_count WHERE campaign = $1",
	.args = "i",
	.scan = "a test",
	.across = "a test",
};

static enum err compare_act(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct counted *k = arg;
	size_t n = 0;
	bool more;
	enum err e;

	k->n = 0;
	k->why[0] = '\0';
	memset(k->v, 0, sizeof k->v);
	if ((e = recount(tx, k, f)) ||
	    (e = tx_rows(tx, &all_counts, SQL_ARGS(sql_i64(k->campaign)), &r, f)))
		return e;
	for (; !e && !(e = rows_next(r, &more, f)) && more; n++) {
		struct campaign_tally *t = node(k, (struct area_code){ rows_i64(r, 0) });

		for (size_t i = 0; i < SLOT_N; i++)
			if (t->n[i] != rows_i64(r, 1 + i) && !k->why[0])
				(void)snprintf(
					k->why, sizeof k->why,
					"area %lld slot %zu: %lld by the tasks, %lld counted",
					(long long)rows_i64(r, 0), i, (long long)t->n[i],
					(long long)rows_i64(r, 1 + i));
	}
	if (n != k->n && !k->why[0])
		(void)snprintf(k->why, sizeof k->why, "%zu areas, %zu counted", k->n, n);
	return e;
}

static void counts_hold(struct ward *w, int64_t campaign)
{
	static struct counted k;
	struct fault f = { 0 };

	k.campaign = campaign;
	if (db_read(w->h->db, compare_act, &k, &f))
		fail_msg("%s", f.en);
	if (k.why[0])
		fail_msg("%s", k.why);
}

static void sound(struct ward *w)
{
	struct database *d = w->d;
	struct sound_report r;

	MUST(sound_look(w->h, &(struct sound_ask){ .whole = true, .alive_at = ward_now() }, &r,
			&d->fault));
	if (r.ledger.verdict != VERIFY_WHOLE)
		fail_msg("%s", r.ledger.en);
	if (r.loop.wrong)
		fail_msg("unsound %d ownerless %d put off %d untold %d twice %d miscounted %d",
			 (int)r.loop.unsound, (int)r.loop.ownerless, (int)r.loop.put_off,
			 (int)r.loop.untold, (int)r.loop.twice, (int)r.loop.miscounted);
}

static void a_count_that_is_not_that_of_the_tasks_is_found(void **state)
{
	WARD(w);
	const struct sound_ask ask = { .whole = true, .alive_at = ward_now() };
	struct sound_report r;

	(void)started(&w, "organisations", "", "");
	sound(&w);
	ward_run(&w, "UPDATE campaign_count SET open = open + 1 WHERE area = 430802001000000");
	MUST(sound_look(w.h, &ask, &r, &d->fault));
	assert_int_equal(r.loop.miscounted, 1);
	ward_run(&w, "DELETE FROM campaign_count WHERE area = 430802001000000");
	MUST(sound_look(w.h, &ask, &r, &d->fault));
	assert_int_equal(r.loop.miscounted, 2); /* it is missing, and one too few */
}

/* ---- by hand -------------------------------------------------------------------------------- */

static void each_thing_in_scope_becomes_a_task_of_who_answers_there(void **state)
{
	WARD(w);
	CLEANUP(answer_end) struct answer a = { 0 };
	int64_t id = started(&w, "organisations", "state=active", ""), entries;

	assert_int_equal(n_tasks(&w, "1 = 1"), 4); /* county, township, village, clinic */
	assert_int_equal(n_tasks(&w,
				 "about = 'organisation' AND about_id = 106 AND owner = 104 AND "
				 "checker = 103 AND sender = 102 AND kind = 'campaign'"),
			 1);
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM task_history"), 4);
	/* Each owner is told once, and the county, which did it, not at all. */
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM task_notice"), 2);
	entries = ward_scalar(&w, "SELECT count(*) FROM ledger_entry WHERE object = 'task'");
	assert_int_equal(entries, 1);
	ask(&w, WARD_LEAD, "GET", id, "", NULL, &a);
	is(&a, 200);
	must_say(&a, "\"things\":4");
	counts_hold(&w, id);
	sound(&w);
}

static void coverage_is_told_by_area_down_to_the_village(void **state)
{
	WARD(w);
	int64_t id = started(&w, "organisations", "", "");
	CLEANUP(answer_end) struct answer county = { 0 }, town = { 0 }, mine = { 0 }, away = { 0 };

	assert_int_equal(ward_do(&w, WARD_WORKER, task_about(&w, 106), "accept", ""), 200);
	ask(&w, WARD_LEAD, "GET", id, "/coverage", NULL, &county);
	is(&county, 200);
	must_say(&county, "\"total\":{\"area\":\"430802000000000\",\"name\":\"永定区\"");
	must_say(&county, "\"total\":4,\"open\":3,\"returned\":0,\"accepted\":1");
	must_say(&county, "\"children\":[{\"area\":\"430802001000000\"");
	ask(&w, WARD_LEAD, "GET", id, "/coverage?area=430802001", NULL, &town);
	must_say(&town, "\"children\":[{\"area\":\"430802001001000\",\"name\":\"教场社区\"");
	must_say(&town, "\"total\":2,\"open\":1,\"returned\":0,\"accepted\":1");
	/* A township sees its own part of the county's campaign, and no more. */
	ask(&w, WARD_CLERK, "GET", id, "/coverage", NULL, &mine);
	is(&mine, 200);
	must_say(&mine, "\"total\":{\"area\":\"430802001000000\"");
	ask(&w, WARD_CLERK, "GET", id, "/coverage?area=430802", NULL, &away);
	is(&away, 404);
	assert_int_equal(ward_status(&w, WARD_AWAY, "GET", "/api/v1/campaigns/1/coverage", NULL),
			 404);
	counts_hold(&w, id);
}

static void the_gap_list_names_who_is_left_and_whose_it_is(void **state)
{
	WARD(w);
	int64_t id = started(&w, "organisations", "", "");
	CLEANUP(answer_end) struct answer a = { 0 }, b = { 0 }, c = { 0 };

	ask(&w, WARD_LEAD, "GET", id, "/gaps?area=430802001001", NULL, &a);
	is(&a, 200);
	must_say(&a, "\"area_name\":\"教场社区\"");
	must_say(&a, "\"owner_label\":\"教场社区居委会\"");
	must_say(&a, "\"officer\":\"合成\"");
	must_say(&a, "\"phone\":\"119\"");
	must_say(&a, "自查 · 社区卫生站");
	must_say(&a, "\"next\":null");
	assert_int_equal(ward_do(&w, WARD_WORKER, task_about(&w, 106), "accept", ""), 200);
	assert_int_equal(ward_do(&w, WARD_WORKER, task_about(&w, 106), "prove", ",\"text\":\"好\""),
			 200);
	assert_int_equal(ward_do(&w, WARD_CLERK, task_about(&w, 106), "close", ""), 200);
	ask(&w, WARD_LEAD, "GET", id, "/gaps?area=430802001001", NULL, &b);
	assert_false(holds(&b, "社区卫生站"));
	ask(&w, WARD_LEAD, "GET", id, "/coverage?area=430802001001", NULL, &c);
	must_say(&c, "\"closed\":1");
	counts_hold(&w, id);
	sound(&w);
}

static void a_province_has_each_thing_once_wherever_it_is_kept(void **state)
{
	WARD(w);
	CLEANUP(answer_end) struct answer a = { 0 }, b = { 0 }, c = { 0 };
	struct visitor v;
	char target[100];
	int64_t id = draft(&w, "organisations", "parent=107", "");

	desk_account_in(&w.k, "province", role_bit(ROLE_AREA_LEAD), "43", "43");
	desk_sign_in(&w.k, "province", &v);
	ward_run(&w, "UPDATE organisations SET parent = 107 WHERE id < 107");
	ward_run(&w, "INSERT INTO organisations (county, id, area, version, state, created_at, "
		     "updated_at, created_by, name, kind) VALUES (430000000000000, 107, "
		     "430000000000000, 1, 'active', 0, 0, 0, '省厅', 'government')");
	ward_run(&w, "UPDATE accounts SET organisation = 107 WHERE login = 'province'");
	ward_run(&w, "UPDATE campaigns SET area = 430000000000000, county = 430000000000000");
	(void)snprintf(target, sizeof target, RUN "/events/start", id);
	desk_ask(&w.k, &v, "POST", target, "Idempotency-Key: begun-1\r\n", "{}", &a);
	is(&a, 200);
	assert_int_equal(n_tasks(&w, "1 = 1"), 6); /* the city's own among them */
	(void)snprintf(target, sizeof target, RUN "/coverage", id);
	desk_ask(&w.k, &v, "GET", target, NULL, NULL, &b);
	must_say(&b, "\"total\":6");
	must_say(&b, "\"children\":[{\"area\":\"430800000000000\"");
	(void)snprintf(target, sizeof target, RUN "/coverage?area=4308", id);
	desk_ask(&w.k, &v, "GET", target, NULL, NULL, &c);
	must_say(&c, "\"total\":6");
	must_say(&c, "\"area\":\"430822000000000\",\"name\":\"桑植县\"");
	counts_hold(&w, id);
}

static void the_areas_themselves_are_a_scope(void **state)
{
	WARD(w);
	int64_t id = started(&w, "areas", "level=village", "");

	assert_int_equal(n_tasks(&w, "about = 'area' AND about_id = 430802001001000"), 1);
	assert_int_equal(n_tasks(&w, "1 = 1"), 1);
	counts_hold(&w, id);
}

static void where_nobody_answers_it_does_not_start_and_says_how_much(void **state)
{
	WARD(w);
	CLEANUP(answer_end) struct answer a = { 0 };
	int64_t id = draft(&w, "organisations", "", "");

	ward_run(&w, "UPDATE duties SET state = 'ended' WHERE state = 'active'");
	ask(&w, WARD_LEAD, "POST", id, "/events/start", "{}", &a);
	is(&a, 409);
	must_say(&a, "4 of the things");
	assert_int_equal(n_tasks(&w, "1 = 1"), 0);
}

static void a_scope_that_there_is_not_is_refused_when_it_is_written(void **state)
{
	WARD(w);
	static const struct {
		const char *scope, *query, *field;
	} wrong[] = { { "dragons", "", "scope" },
		      { "organisations", "colour=red", "query" },
		      { "organisations", "kind=castle", "query" },
		      { "areas", "level=moon", "query" } };

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		CLEANUP(answer_end) struct answer a = { 0 };
		char body[600];

		(void)snprintf(
			body, sizeof body,
			"{\"area\":\"430802\",\"name\":\"排查\",\"sector\":\"mine\",\"scope\":"
			"\"%s\",\"query\":\"%s\",\"title\":\"自查\",\"rule\":\"x-y\","
			"\"needs\":\"text\",\"until\":\"2026-12-01T00:00:00+08:00\"}",
			wrong[i].scope, wrong[i].query);
		ward_ask(&w, WARD_LEAD, "POST", "/api/v1/campaigns", body, &a);
		is(&a, 422);
		assert_string_equal(ward_text(&a, "field"), wrong[i].field);
	}
}

static void the_scope_as_it_is_now_is_shown_and_then_applied(void **state)
{
	WARD(w);
	CLEANUP(answer_end)
	struct answer made = { 0 }, gone = { 0 }, seen = { 0 }, done = { 0 }, again = { 0 };
	int64_t id = started(&w, "organisations", "state=active", ""), tasks;

	ward_ask(&w, WARD_LEAD, "POST", "/api/v1/organisations",
		 "{\"area\":\"430802001001\",\"name\":\"新采石场\",\"kind\":\"enterprise\"}",
		 &made);
	is(&made, 201);
	ward_ask(&w, WARD_LEAD, "POST", "/api/v1/organisations/106/events/suspend", "{}", &gone);
	is(&gone, 200);
	tasks = n_tasks(&w, "1 = 1");
	ask(&w, WARD_LEAD, "GET", id, "/scope", NULL, &seen);
	must_say(&seen, "\"in\":4,\"same\":3,\"added\":1,\"gone\":1");
	must_say(&seen, "新采石场");
	assert_int_equal(n_tasks(&w, "1 = 1"), tasks);
	ask(&w, WARD_LEAD, "POST", id, "/scope", "{\"reason\":\"名单有变\"}", &done);
	is(&done, 200);
	must_say(&done, "\"added\":1,\"gone\":1");
	assert_int_equal(n_tasks(&w, "outcome = 'cancelled' AND about_id = 106"), 1);
	assert_int_equal(n_tasks(&w, "state = 'open'"), 4);
	ask(&w, WARD_LEAD, "GET", id, "/scope", NULL, &again);
	must_say(&again, "\"in\":4,\"same\":4,\"added\":0,\"gone\":0");
	counts_hold(&w, id);
	sound(&w);
}

static void a_file_is_a_scope_with_an_account_of_each_row(void **state)
{
	WARD(w);
	CLEANUP(answer_end) struct answer a = { 0 };
	int64_t id = draft(&w, "organisations", "file", "");

	ask(&w, WARD_LEAD, "PUT", id, "/file", "id\n104\n106\n106\nx\n999\n105\n", &a);
	is(&a, 200);
	must_say(&a, "\"in\":6,\"accepted\":4,\"refused\":1,\"duplicate\":1,\"refused_rows\":[4]");
	event(&w, id, "start", "{}", 200);
	assert_int_equal(n_tasks(&w, "1 = 1"), 2); /* 999 is nothing, 105 lies elsewhere */
	counts_hold(&w, id);
}

static void a_list_is_tried_before_it_takes_the_place_of_another(void **state)
{
	WARD(w);
	CLEANUP(answer_end) struct answer a = { 0 }, b = { 0 }, c = { 0 };
	int64_t id = draft(&w, "organisations", "file", "");

	ask(&w, WARD_LEAD, "PUT", id, "/file", "id\n104\n106\n", &a);
	is(&a, 200);
	event(&w, id, "start", "{}", 200);
	ask(&w, WARD_LEAD, "PUT", id, "/file?dry_run=true", "id\n106\nx\n", &b);
	is(&b, 200);
	must_say(&b, "\"in\":2,\"accepted\":1,\"refused\":1,\"duplicate\":0");
	must_say(&b, "\"difference\":{\"in\":1,\"same\":1,\"added\":0,\"gone\":1");
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM campaign_listed"), 2);
	ask(&w, WARD_LEAD, "GET", id, "/scope", NULL, &c);
	must_say(&c, "\"in\":2,\"same\":2,\"added\":0,\"gone\":0");
	answer_end(&c);
	ask(&w, WARD_LEAD, "PUT", id, "/file?dry_run=perhaps", "id\n106\n", &c);
	is(&c, 422);
	sound(&w);
}

static void an_end_moves_later_with_a_reason_and_closing_strikes_what_is_open(void **state)
{
	WARD(w);
	CLEANUP(answer_end) struct answer a = { 0 };
	int64_t id = started(&w, "organisations", "", ""), task = task_about(&w, 106);
	char sql[120];

	(void)snprintf(sql, sizeof sql, "SELECT done_by FROM tasks WHERE id = %" PRId64, task);
	event(&w, id, "extend", "{\"until\":\"2027-01-01T00:00:00+08:00\"}", 409);
	event(&w, id, "extend", "{\"until\":\"2026-10-01T00:00:00+08:00\",\"reason\":\"雨\"}", 409);
	ask(&w, WARD_LEAD, "POST", id, "/events/extend",
	    "{\"until\":\"2027-01-01T00:00:00+08:00\",\"reason\":\"连日暴雨\"}", &a);
	is(&a, 200);
	must_say(
		&a,
		"\"extended\":3,\"not_extended\":1"); /* the county's own is not for it to extend */
	assert_int_equal(ward_scalar(&w, sql), 1798732800);
	event(&w, id, "close", "{}", 200); /* the reason of the extension stands there still */
	assert_int_equal(n_tasks(&w, "state <> 'closed'"), 0);
	assert_int_equal(n_tasks(&w, "outcome = 'cancelled'"), 4);
	event(&w, id, "extend", "{\"until\":\"2027-02-01T00:00:00+08:00\",\"reason\":\"雨\"}", 409);
	counts_hold(&w, id);
	sound(&w);
}

/* It ran out, and is to go on: not to an hour that has passed as well. */
static void a_campaign_that_ran_out_is_extended_to_what_lies_ahead(void **state)
{
	WARD(w);
	CLEANUP(answer_end) struct answer a = { 0 };
	int64_t id = draft(&w, "organisations", "", "");
	char target[80];

	event(&w, id, "start", "{\"until\":\"2026-09-21T22:13:20+08:00\"}", 409);
	event(&w, id, "start", "{\"until\":\"2026-09-21T22:23:20+08:00\"}", 200);
	ward_sleep(12 * 60);
	(void)snprintf(target, sizeof target, RUN, id);
	desk_ask(&w.k, &w.visitor[WARD_LEAD], "PATCH", target,
		 "If-Match: \"2\"\r\nIdempotency-Key: on\r\n",
		 "{\"until\":\"2026-09-21T22:24:20+08:00\",\"reason\":\"连日暴雨\"}", &a);
	is(&a, 422);
	must_say(&a, "\"field\":\"until\"");
	event(&w, id, "extend", "{\"until\":\"2027-02-01T00:00:00+08:00\",\"reason\":\"雨\"}", 200);
}

static void nobody_makes_a_campaign_of_what_they_may_not_read(void **state)
{
	WARD(w);
	CLEANUP(answer_end) struct answer a = { 0 };
	static const char *const scopes[] = { "accounts", "cases", "contacts", "measures" };
	static const char *const queries[] = { "", "file" };

	for (size_t i = 0; i < ARRAY_LEN(scopes) * ARRAY_LEN(queries); i++) {
		char body[500];

		(void)snprintf(body, sizeof body,
			       "{\"area\":\"430802\",\"name\":\"排查\",\"sector\":\"mine\","
			       "\"scope\":\"%s\",\"query\":\"%s\",\"title\":\"自查\",\"rule\":"
			       "\"" WARD_RULE "\",\"needs\":\"text\",\"until\":"
			       "\"2026-12-01T00:00:00+08:00\"}",
			       scopes[i / 2], queries[i % 2]);
		answer_end(&a);
		is((ward_ask(&w, WARD_LEAD, "POST", "/api/v1/campaigns", body, &a), &a), 422);
		must_say(&a, "\"field\":\"scope\"");
	}
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM campaigns"), 0);
}

static void a_thing_whose_task_was_split_keeps_its_parts_when_the_scope_is_seen_again(void **state)
{
	WARD(w);
	CLEANUP(answer_end) struct answer a = { 0 }, b = { 0 };
	int64_t id = started(&w, "organisations", "", "");
	char target[80];

	(void)snprintf(target, sizeof target, "/api/v1/tasks/%" PRId64 "/split",
		       task_about(&w, 106));
	is((ward_ask(&w, WARD_LEAD, "POST", target,
		     "{\"reason\":\"分头\",\"parts\":[{\"title\":\"甲段\"},{\"title\":"
		     "\"乙段\"},{\"title\":\"丙段\"}]}",
		     &a),
	    &a),
	   200);
	ask(&w, WARD_LEAD, "POST", id, "/scope", "{\"reason\":\" \"}", &b);
	is(&b, 422);
	answer_end(&b);
	ask(&w, WARD_LEAD, "POST", id, "/scope", "{\"reason\":\"再看\"}", &b);
	is(&b, 200);
	must_say(&b, "\"in\":4,\"same\":4,\"added\":0,\"gone\":0");
	assert_int_equal(n_tasks(&w, "about_id = 106 AND state = 'open'"), 3);
	counts_hold(&w, id);
	sound(&w);
}

static void what_runs_is_not_about_something_else_any_more(void **state)
{
	WARD(w);
	CLEANUP(answer_end) struct answer a = { 0 };
	int64_t id = started(&w, "organisations", "", "");
	char target[80];

	(void)snprintf(target, sizeof target, RUN, id);
	desk_ask(&w.k, &w.visitor[WARD_LEAD], "PATCH", target,
		 "If-Match: \"2\"\r\nIdempotency-Key: patched\r\n", "{\"title\":\"别的\"}", &a);
	is(&a, 409);
	assert_string_equal(ward_text(&a, "field"), "title");
}

static void a_week_later_it_begins_again_as_a_campaign_of_its_own(void **state)
{
	WARD(w);
	int64_t id = started(&w, "organisations", "", ",\"repeats\":\"weekly\""), next;

	ward_pass(&w, 7 * 86400 - 60);
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM campaigns"), 1);
	ward_pass(&w, 120);
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM campaigns"), 2);
	next = ward_scalar(&w, "SELECT max(id) FROM campaigns");
	assert_true(next != id);
	assert_int_equal(n_tasks(&w, "1 = 1"), 8);
	ward_pass(&w, 60);
	assert_int_equal(n_tasks(&w, "1 = 1"), 8);
	counts_hold(&w, id);
	counts_hold(&w, next);
	sound(&w);
}

static void repeats(struct ward *w, int64_t id, int version, const char *word, int status)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	char target[80], headers[70], body[40];

	(void)snprintf(target, sizeof target, RUN, id);
	(void)snprintf(headers, sizeof headers,
		       "If-Match: \"%d\"\r\nIdempotency-Key: calendar-%d\r\n", version,
		       w->n_keys++);
	(void)snprintf(body, sizeof body, "{\"repeats\":%s}", word);
	desk_sign_in(&w->k, "county.lead", &w->visitor[WARD_LEAD]); /* days have passed */
	desk_ask(&w->k, &w->visitor[WARD_LEAD], "PATCH", target, headers, body, &a);
	is(&a, status);
	if (status == 409)
		must_say(&a, "日历已交给下一次专项“采石场排查”");
}

static void one_that_runs_takes_a_calendar_that_counts_from_its_start(void **state)
{
	WARD(w);
	int64_t id = started(&w, "organisations", "", "");

	ward_pass(&w, 10 * 86400);
	repeats(&w, id, 2, "\"weekly\"", 200);
	ward_pass(&w, 4 * 86400 - 60);
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM campaigns"), 1);
	ward_pass(&w, 120);
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM campaigns"), 2);
	repeats(&w, ward_scalar(&w, "SELECT max(id) FROM campaigns"), 1, "null", 200);
	ward_pass(&w, 40 * 86400);
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM campaigns"), 2);
	sound(&w);
}

static void a_calendar_that_was_handed_over_is_changed_where_it_went(void **state)
{
	WARD(w);
	CLEANUP(answer_end) struct answer a = { 0 };
	int64_t id = started(&w, "organisations", "", ",\"repeats\":\"weekly\""), next;
	char after[60];

	ward_pass(&w, 7 * 86400 + 60);
	next = ward_scalar(&w, "SELECT max(id) FROM campaigns");
	repeats(&w, id, 2, "null", 409);
	repeats(&w, id, 2, "\"monthly\"", 409);
	(void)snprintf(after, sizeof after, "\"after\":\"%" PRId64 "\"", next);
	ask(&w, WARD_LEAD, "GET", id, "", NULL, &a);
	must_say(&a, after);
	ward_pass(&w, 7 * 86400 + 60);
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM campaigns"), 3);
	sound(&w);
}

static void those_who_may_not_start_one_do_not(void **state)
{
	WARD(w);
	CLEANUP(answer_end) struct answer a = { 0 }, b = { 0 };
	int64_t id = draft(&w, "organisations", "", "");

	ask(&w, WARD_CLERK, "POST", id, "/events/start", "{}", &a);
	is(&a, 403);
	ask(&w, WARD_AWAY, "POST", id, "/events/start", "{}", &b);
	is(&b, 404);
	assert_int_equal(n_tasks(&w, "1 = 1"), 0);
}

/* ---- at random ------------------------------------------------------------------------------ */

enum { STEPS = 3000, STEPS_PG = 600, PER_ACT = 50 };

struct walk {
	struct ward *w;
	struct dice dice;
	int64_t task[16];
	size_t n;
	uint64_t done, refused;
};

static const struct sql of_campaign = {
	.name = "test.of_campaign",
	.text = "SELECT id FROM tasks WHERE campaign = $1 ORDER BY id LIMIT 16",
	.args = "i",
	.across = "a test",
};
static const struct sql packed_of = {
	.name = "test.packed_of",
	.text = "SELECT packed FROM tasks WHERE id = $1",
	.args = "i",
	.across = "a test",
};

static enum err list_act(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct counted *k = arg;
	bool more;
	enum err e = tx_rows(tx, &of_campaign, SQL_ARGS(sql_i64(k->campaign)), &r, f);

	for (k->n = 0; !e && !(e = rows_next(r, &more, f)) && more; k->n++)
		k->v[k->n].area.v = rows_i64(r, 0);
	return e;
}

static enum err step_one(struct walk *k, struct tx *tx, struct fault *f)
{
	struct loop_act act = { .task = k->task[dice_below(&k->dice, (uint32_t)k->n)],
				.reason = STR("x"),
				.text = STR("x") };
	enum flow_on on = (enum flow_on)dice_below(&k->dice, FLOW_ON_N);
	struct flow_effects fx;
	struct fault why = { 0 };
	struct flow_task t;
	int64_t party[4];
	enum err e;

	if (on == FLOW_ON_RAISE || on == FLOW_ON_REOWN || on == FLOW_ON_REWIRE ||
	    on == FLOW_ON_FOLD)
		return OK;
	if (on == FLOW_ON_CANCEL && dice_below(&k->dice, 40))
		return OK;
	{
		CLEANUP(rows_end) struct rows *r = NULL;
		struct str packed;

		if ((e = tx_row(tx, &packed_of, SQL_ARGS(sql_i64(act.task)), &r, f)))
			return e;
		packed = rows_blob(r, 0);
		if (flow_unpack((const uint8_t *)packed.p, packed.n, &t))
			return ERR_CORRUPT;
	}
	party[0] = t.owner.v;
	party[1] = t.checker.v;
	party[2] = t.sender.v;
	party[3] = t.offered_to.v ? t.offered_to.v : t.owner.v;
	act.ev = (struct flow_event){ .on = on,
				      .turn = FLOW_ANY_TURN,
				      .actor = on == FLOW_ON_CLOCK ? FLOW_CLOCK : FLOW_PERSON,
				      .party = { party[dice_below(&k->dice, 4)] },
				      .evidence = FLOW_PROOFS,
				      .by = FLOW_NEVER,
				      .to = { WARD_COUNTY + (int64_t)dice_below(&k->dice, 3) } };
	act.ev.person.v = act.ev.party.v * 10;
	if (on == FLOW_ON_EXTEND || on == FLOW_ON_TIGHTEN)
		act.ev.by = ward_now().v + 60 + dice_below(&k->dice, 86400);
	e = loop_do(k->w->s->rooms.loop.loop, NULL, tx, &act, ward_now(), &fx, &why);
	k->done += !e;
	k->refused += e != OK;
	return e == ERR_CONFLICT || e == ERR_RANGE || e == ERR_ROLE || e == ERR_FORBIDDEN ? OK : e;
}

static enum err walk_act(struct tx *tx, void *arg, struct fault *f)
{
	struct walk *k = arg;
	enum err e = OK;

	for (int i = 0; i < PER_ACT && !e; i++)
		e = step_one(k, tx, f);
	return e;
}

static void after_random_steps_the_counts_are_those_of_the_tasks(void **state)
{
	WARD(w);
	struct walk k = { .w = &w, .dice = { 77 } };
	int64_t id = started(&w, "organisations", "", ""), second = 0;
	int steps = d->sqlite ? STEPS : STEPS_PG;
	static struct counted list;

	for (int i = 0; i < steps; i += PER_ACT) {
		if (i % (10 * PER_ACT) == 0) { /* what is closed is not walked on */
			second = started(&w, "organisations", "", "");
			list.campaign = second;
			MUST(db_read(w.h->db, list_act, &list, &d->fault));
			for (k.n = 0; k.n < list.n; k.n++)
				k.task[k.n] = list.v[k.n].area.v;
			assert_int_equal(k.n, 4);
		}
		MUST(db_write(w.h->db, walk_act, &k, &d->fault));
		counts_hold(&w, second);
		ward_pass(&w, 600);
		counts_hold(&w, second);
	}
	counts_hold(&w, id);
	assert_true(k.done > 20 && k.refused > 20);
	assert_true(!d->sqlite || ward_scalar(&w, "SELECT sum(late) FROM campaign_count") > 0);
	sound(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(each_thing_in_scope_becomes_a_task_of_who_answers_there),
		ON_BOTH(coverage_is_told_by_area_down_to_the_village),
		ON_BOTH(the_gap_list_names_who_is_left_and_whose_it_is),
		ON_BOTH(a_province_has_each_thing_once_wherever_it_is_kept),
		ON_SQLITE(the_areas_themselves_are_a_scope),
		ON_SQLITE(where_nobody_answers_it_does_not_start_and_says_how_much),
		ON_SQLITE(a_scope_that_there_is_not_is_refused_when_it_is_written),
		ON_BOTH(the_scope_as_it_is_now_is_shown_and_then_applied),
		ON_BOTH(a_file_is_a_scope_with_an_account_of_each_row),
		ON_BOTH(a_list_is_tried_before_it_takes_the_place_of_another),
		ON_BOTH(an_end_moves_later_with_a_reason_and_closing_strikes_what_is_open),
		ON_SQLITE(a_campaign_that_ran_out_is_extended_to_what_lies_ahead),
		ON_BOTH(nobody_makes_a_campaign_of_what_they_may_not_read),
		ON_BOTH(a_thing_whose_task_was_split_keeps_its_parts_when_the_scope_is_seen_again),
		ON_SQLITE(what_runs_is_not_about_something_else_any_more),
		ON_BOTH(a_week_later_it_begins_again_as_a_campaign_of_its_own),
		ON_BOTH(one_that_runs_takes_a_calendar_that_counts_from_its_start),
		ON_BOTH(a_calendar_that_was_handed_over_is_changed_where_it_went),
		ON_SQLITE(those_who_may_not_start_one_do_not),
		ON_BOTH(a_count_that_is_not_that_of_the_tasks_is_found),
		ON_BOTH(after_random_steps_the_counts_are_those_of_the_tasks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
