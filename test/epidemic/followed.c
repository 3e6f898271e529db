/*
 * followed.c - who a trace finds is somebody's to find, at once; a later trace changes that by a
 * difference; measures end by themselves; and the funnel adds up at every step.
 *
 * Long because each story, of contacts and of measures alike, begins with a trace and is told from
 * one funnel.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/when.h"
#include "epidemic/contact.h"
#include "serve/sound.h"
#include "support/outbreak.h"
#include "support/trails.h"
#include "vault/vault.h"

enum { HOUR = 3600 };

static void trace(struct ward *w, const struct outbreak *o, const char *more, struct answer *ret)
{
	char url[120], body[900];

	answer_end(ret);
	(void)snprintf(url, sizeof url, "/api/v1/cases/%s/trace", o->id);
	(void)snprintf(body, sizeof body, "{\"warrant\":\"%s\"%s}", o->warrant, more);
	if (ward_ask(w, WARD_TRACER, "POST", url, body, ret) != 201)
		fail_msg("%d %.*s", ret->status, (int)ret->body.n, ret->body.p);
}

static bool holds(const struct answer *a, const char *text)
{
	return memmem(a->body.p, a->body.n, text, strlen(text)) != NULL;
}

/* The task of the contact who has this pseudonym, and the contact. */
static int64_t task_of(struct ward *w, int64_t person, int64_t *ret_contact)
{
	char sql[300];

	(void)snprintf(sql, sizeof sql,
		       "SELECT contact FROM contact_person WHERE person = %lld"
		       " ORDER BY contact DESC",
		       (long long)person);
	*ret_contact = ward_scalar(w, sql);
	(void)snprintf(sql, sizeof sql,
		       "SELECT id FROM tasks WHERE about = 'contact' AND about_id = %lld",
		       (long long)*ret_contact);
	return ward_scalar(w, sql);
}

static bool contact_is(struct ward *w, int64_t id, const char *state)
{
	char sql[160];

	(void)snprintf(sql, sizeof sql,
		       "SELECT count(*) FROM contacts WHERE id = %lld AND state = '%s'",
		       (long long)id, state);
	return ward_scalar(w, sql) == 1;
}

/* The funnel of the county, as it is or as it was at a moment. */
static void funnel(struct ward *w, struct utc_s at, struct answer *ret)
{
	char url[100] = "/api/v1/areas/430802/funnel";

	if (at.v)
		(void)snprintf(url, sizeof url, "/api/v1/areas/430802/funnel?at=%lld",
			       (long long)at.v);
	answer_end(ret);
	assert_int_equal(ward_ask(w, WARD_TRACER, "GET", url, NULL, ret), 200);
}

/*
 * Found = pushed out + ours, ours = located + traced; as many as expected are found; and what the
 * stories of the tasks tell is the same.
 */
static void adds_up(struct ward *w, int64_t found, int64_t pushed, int64_t located)
{
	CLEANUP(answer_end) struct answer a = { 0 }, told = { 0 };
	static const char *const keys[] = { "found", "all", "located", "tracing" };
	int64_t v[4], ours;
	const char *at;

	funnel(w, (struct utc_s){ 0 }, &a);
	funnel(w, ward_now(), &told);
	assert_int_equal(told.body.n, a.body.n);
	if (memcmp(told.body.p, a.body.p, a.body.n) != 0)
		fail_msg("%.*s\n%.*s", (int)a.body.n, a.body.p, (int)told.body.n, told.body.p);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(str_i64(str_of(ward_text(&a, keys[i])), &v[i]), OK);
	at = memmem(a.body.p, a.body.n, "\"ours\":{\"all\":", 14);
	assert_non_null(at);
	ours = strtoll(at + 14, NULL, 10);
	assert_int_equal(v[0], v[1] + ours);
	assert_int_equal(ours, v[2] + v[3]);
	assert_int_equal(v[0], found);
	assert_int_equal(v[1], pushed);
	assert_int_equal(v[2], located);
}

static void sound(struct ward *w)
{
	struct database *d = w->d;
	struct sound_report r;

	MUST(sound_look(w->h, &(struct sound_ask){ .whole = false }, &r, &d->fault));
	if (r.ledger.verdict != VERIFY_WHOLE)
		fail_msg("%s", r.ledger.en);
}

static void who_a_trace_finds_is_somebodys_to_find_at_once(void **state)
{
	WARD_WITH_VAULT(w);
	CLEANUP(answer_end) struct answer a = { 0 };
	struct outbreak o;
	int64_t contact, task;

	outbreak_begin(&w, &o);
	adds_up(&w, 0, 0, 0);
	trace(&w, &o, "", &a);
	assert_true(holds(&a, "\"difference\":{\"added\":3,\"changed\":0,\"gone\":0}"));
	adds_up(&w, 3, 0, 0);
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM tasks WHERE about = 'contact'"), 3);
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM tasks WHERE owner = 104"), 3);
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM tasks WHERE title LIKE"
					 " '%-_ 落地并管控%ind a %contact%'"),
			 3);
	task = task_of(&w, o.neighbour, &contact);
	assert_true(task && contact_is(&w, contact, "found"));
	char url[80];

	(void)snprintf(url, sizeof url, "/api/v1/contacts/%lld", (long long)contact);
	answer_end(&a);
	desk_ask(&w.k, &w.visitor[WARD_TRACER], "PATCH", url, "If-Match: \"1\"\r\n",
		 "{\"degree\":\"general\"}", &a);
	assert_int_equal(a.status, 422); /* of what degree: that is the trace's to say */
	assert_int_equal(ward_do(&w, WARD_WORKER, task, "accept", ""), 200);
	assert_int_equal(ward_do(&w, WARD_WORKER, task, "prove", ",\"text\":\"在家，已上门\""),
			 200);
	assert_true(contact_is(&w, contact, "located"));
	adds_up(&w, 3, 0, 1);
	assert_int_equal(ward_do(&w, WARD_CLERK, task, "return", ",\"reason\":\"电话无人接\""),
			 200);
	assert_true(contact_is(&w, contact, "found"));
	adds_up(&w, 3, 0, 0);
	trace(&w, &o, "", &a); /* the same again changes nothing */
	assert_true(holds(&a, "\"difference\":{\"added\":0,\"changed\":0,\"gone\":0}"));
	sound(&w);
}

/* The engine, the room of traces and the answer each have words for it: the case's are told. */
static void more_people_than_the_warrant_may_bring_up_is_said_as_that(void **state)
{
	WARD_WITH_VAULT(w);
	CLEANUP(answer_end) struct answer a = { 0 };
	struct outbreak o;
	char url[120], body[900];

	outbreak_begin(&w, &o);
	ward_run(&w, "UPDATE case_warrant SET spent = people - 1");
	(void)snprintf(url, sizeof url, "/api/v1/cases/%s/trace", o.id);
	(void)snprintf(body, sizeof body, "{\"warrant\":\"%s\"}", o.warrant);
	assert_int_equal(ward_ask(&w, WARD_TRACER, "POST", url, body, &a), 403);
	if (!holds(&a, "\"code\":\"warrant\"") || !holds(&a, "more people than the warrant may") ||
	    !holds(&a, "结果超出授权可涉及的人数"))
		fail_msg("%.*s", (int)a.body.n, a.body.p);
	adds_up(&w, 0, 0, 0);
}

static void what_is_pushed_out_is_counted_where_it_stands(void **state)
{
	WARD_WITH_VAULT(w);
	CLEANUP(answer_end) struct answer a = { 0 };
	struct outbreak o;
	struct utc_s before;
	int64_t contact, task;

	outbreak_begin(&w, &o);
	before = (struct utc_s){ ward_now().v - 1 };
	trace(&w, &o, "", &a);
	funnel(&w, before, &a);
	assert_true(holds(&a, "{\"found\":0,"));
	before = ward_now();
	ward_pass(&w, 60);
	task = task_of(&w, 1002, &contact);
	assert_int_equal(ward_do(&w, WARD_WORKER, task, "offer", ",\"to\":\"105\""), 200);
	adds_up(&w, 3, 1, 0);
	funnel(&w, before, &a);
	assert_true(holds(&a, "{\"found\":3,\"pushed_out\":{\"all\":0,"));
	assert_int_equal(ward_do(&w, WARD_AWAY, task, "refuse", ",\"reason\":\"查无此人\""), 200);
	adds_up(&w, 3, 1, 0);
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM tasks WHERE owner = 104"), 3);
	assert_int_equal(ward_do(&w, WARD_WORKER, task, "offer", ",\"to\":\"105\""), 200);
	assert_int_equal(ward_do(&w, WARD_AWAY, task, "take", ""), 200);
	adds_up(&w, 3, 1, 0);
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM contacts WHERE push = 'taken'"
					 " AND party = 105"),
			 1);
	sound(&w);
}

/* Somebody's own task about a contact; the officer who traced raises it. */
static int64_t order_about(struct ward *w, int64_t contact)
{
	char more[120];

	(void)snprintf(more, sizeof more,
		       ",\"owner\":\"102\",\"about\":\"contact\",\"about_id\":\"%lld\"",
		       (long long)contact);
	return ward_raise(w, WARD_TRACER, "430802", more);
}

static void a_later_trace_adds_changes_and_excludes_by_a_difference(void **state)
{
	WARD_WITH_VAULT(w);
	CLEANUP(answer_end) struct answer a = { 0 };
	struct outbreak o;
	int64_t contact, task, order, gone;

	outbreak_begin(&w, &o);
	trace(&w, &o, "", &a);
	struct trail_visit late[] = { outbreak_stay(1005, OUTBREAK_PLACE, o.evening, 1),
				      outbreak_stay(o.neighbour, 80, o.evening - 3 * HOUR, 1),
				      outbreak_stay(o.index, 80, o.evening - 3 * HOUR, 1) };
	outbreak_bring(&w, &o, late, ARRAY_LEN(late));
	trace(&w, &o, "", &a);
	if (!holds(&a, "\"difference\":{\"added\":1,\"changed\":1,\"gone\":0}"))
		fail_msg("%.*s", (int)a.body.n, a.body.p);
	adds_up(&w, 4, 0, 0);
	/* Fewer generations find fewer people, and exclude nobody. */
	trace(&w, &o, ",\"generations\":1", &a);
	assert_true(holds(&a, "\"gone\":0}"));
	adds_up(&w, 4, 0, 0);
	/* The batch with the late visits was wrong. */
	struct trails s = { .d = d, .t = w.s->trail };
	struct trail_sum sum;
	struct db *own = d->db;

	task = task_of(&w, 1005, &contact);
	order = order_about(&w, contact);
	d->db = w.h->db;
	MUST(trails_recall(&s, (struct trail_batch){ { 430802000000000 }, 6 }, &sum, &d->fault));
	d->db = own;
	trace(&w, &o, "", &a);
	if (!holds(&a, "\"difference\":{\"added\":0,\"changed\":1,\"gone\":1}"))
		fail_msg("%.*s", (int)a.body.n, a.body.p);
	assert_true(contact_is(&w, contact, "excluded"));
	assert_string_equal(ward_state(&w, task), "closed");
	assert_string_equal(ward_state(&w, order), "open"); /* not the trace's to strike */
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM task_history WHERE reason LIKE"
					 " '新的追踪%Excluded%'"),
			 1);
	adds_up(&w, 3, 0, 0);
	gone = task_of(&w, 1002, &contact);
	assert_string_equal(ward_state(&w, gone), "open");
	sound(&w);
}

static int64_t version_of(struct ward *w, const struct outbreak *o)
{
	char sql[80];

	(void)snprintf(sql, sizeof sql, "SELECT version FROM cases WHERE id = %s", o->id);
	return ward_scalar(w, sql);
}

/* The onset of a confirmed case was so many days ago. No warrant comes of that by itself. */
static void correct(struct ward *w, struct outbreak *o, int who, int32_t days)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	CLEANUP(buf_release) struct buf day = { 0 };
	int64_t warrants = ward_scalar(w, "SELECT count(*) FROM case_warrant");
	char url[120], match[40], body[80];

	when_date(&day, zone_day_of(w->h->zone, ward_now()) - days);
	(void)snprintf(url, sizeof url, "/api/v1/cases/%s", o->id);
	(void)snprintf(match, sizeof match, "If-Match: \"%lld\"\r\n", (long long)version_of(w, o));
	(void)snprintf(body, sizeof body, "{\"onset\":\"%.*s\"}", (int)day.n, day.p);
	desk_ask(&w->k, &w->visitor[who], "PATCH", url, match, body, &a);
	if (a.status != 200)
		fail_msg("%d %.*s", a.status, (int)a.body.n, a.body.p);
	assert_int_equal(ward_scalar(w, "SELECT count(*) FROM case_warrant"), warrants);
}

static void renew(struct ward *w, struct outbreak *o)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	char url[120];

	(void)snprintf(url, sizeof url, "/api/v1/cases/%s/events/renew", o->id);
	assert_int_equal(ward_ask(w, WARD_TRACER, "POST", url, "", &a), 200);
	(void)snprintf(o->warrant, sizeof o->warrant, "%s", ward_text(&a, "over\":false,\"text"));
}

/* Two people: who moved the window of a case that is confirmed gets no warrant for it alone. */
static void who_corrected_a_confirmed_case_does_not_confirm_it_anew(void **state)
{
	WARD_WITH_VAULT(w);
	CLEANUP(answer_end) struct answer a = { 0 };
	struct outbreak o;
	char url[120];

	outbreak_begin(&w, &o);
	correct(&w, &o, WARD_TRACER, 9);
	(void)snprintf(url, sizeof url, "/api/v1/cases/%s/events/renew", o.id);
	assert_int_equal(ward_ask(&w, WARD_TRACER, "POST", url, "", &a), 409);
	assert_true(holds(&a, "somebody else must confirm it anew"));
	sound(&w);
}

static void nor_by_another_account_of_theirs(void **state)
{
	WARD_WITH_VAULT(w);
	CLEANUP(answer_end) struct answer a = { 0 };
	struct outbreak o;
	char sql[160], url[120];

	outbreak_begin(&w, &o);
	correct(&w, &o, WARD_DOCTOR, 9);
	(void)snprintf(sql, sizeof sql,
		       "UPDATE accounts SET officer = 900 WHERE id IN (%lld, %lld)",
		       (long long)w.account[WARD_MAYOR], (long long)w.account[WARD_TRACER]);
	ward_run(&w, sql);
	(void)snprintf(sql, sizeof sql, "UPDATE case_altered SET account = %lld",
		       (long long)w.account[WARD_MAYOR]);
	ward_run(&w, sql);
	(void)snprintf(url, sizeof url, "/api/v1/cases/%s/events/renew", o.id);
	assert_int_equal(ward_ask(&w, WARD_TRACER, "POST", url, "", &a), 409);
	assert_true(holds(&a, "seems to be yours"));
	ward_run(&w, "UPDATE accounts SET officer = id WHERE officer = 900");
	renew(&w, &o);
}

static void a_corrected_onset_changes_whom_the_next_trace_finds(void **state)
{
	WARD_WITH_VAULT(w);
	CLEANUP(answer_end) struct answer a = { 0 };
	struct outbreak o;
	int64_t contact;

	outbreak_begin(&w, &o);
	struct trail_visit early[] = { outbreak_stay(1006, 81, o.evening - 96 * HOUR, 1),
				       outbreak_stay(o.index, 81, o.evening - 96 * HOUR, 1) };
	outbreak_bring(&w, &o, early, ARRAY_LEN(early));
	trace(&w, &o, "", &a);
	adds_up(&w, 3, 0, 0);
	correct(&w, &o, WARD_DOCTOR, 4);
	renew(&w, &o);
	trace(&w, &o, "", &a);
	if (!holds(&a, "\"difference\":{\"added\":1,\"changed\":0,\"gone\":0}"))
		fail_msg("%.*s", (int)a.body.n, a.body.p);
	adds_up(&w, 4, 0, 0);
	correct(&w, &o, WARD_DOCTOR, 0);
	renew(&w, &o);
	trace(&w, &o, "", &a);
	assert_true(holds(&a, "\"difference\":{\"added\":0,\"changed\":0,\"gone\":1}"));
	(void)task_of(&w, 1006, &contact);
	assert_true(contact_is(&w, contact, "excluded"));
	adds_up(&w, 3, 0, 0);
	sound(&w);
}

static void post(struct ward *w, enum ward_who who, const char *url, const char *body)
{
	CLEANUP(answer_end) struct answer a = { 0 };

	if (ward_ask(w, who, "POST", url, body, &a) != 200)
		fail_msg("%s: %d %.*s", url, a.status, (int)a.body.n, a.body.p);
}

/* By day whose it was, by night whom `owner` says, as ",\"owner\":\"103\"". */
static void split_to(struct ward *w, int64_t task, const char *owner, int64_t ret_part[2])
{
	char text[200], body[200];

	(void)snprintf(text, sizeof text, "/api/v1/tasks/%lld/split", (long long)task);
	(void)snprintf(body, sizeof body,
		       "{\"reason\":\"分头找\",\"parts\":[{\"title\":\"白天找\"},"
		       "{\"title\":\"夜里找\"%s}]}",
		       owner);
	post(w, WARD_LEAD, text, body);
	for (int i = 0; i < 2; i++) {
		(void)snprintf(text, sizeof text,
			       "SELECT id FROM tasks WHERE about = 'contact' AND title = '%s'",
			       i ? "夜里找" : "白天找");
		ret_part[i] = ward_scalar(w, text);
	}
}

static void split(struct ward *w, int64_t task, int64_t ret_part[2])
{
	split_to(w, task, "", ret_part);
}

static void merge(struct ward *w, int64_t task, int64_t into)
{
	char body[160];

	(void)snprintf(body, sizeof body,
		       "{\"tasks\":[\"%lld\"],\"into\":\"%lld\",\"reason\":\"一起找\"}",
		       (long long)task, (long long)into);
	post(w, WARD_LEAD, "/api/v1/tasks/merge", body);
}

/* Parts raised, folded and done tell of one contact: what was done last to any of them. */
static void the_past_is_told_as_it_was_after_a_split_a_merge_and_a_change(void **state)
{
	WARD_WITH_VAULT(w);
	CLEANUP(answer_end) struct answer a = { 0 };
	struct outbreak o;
	int64_t contact, task, part[2];

	outbreak_begin(&w, &o);
	trace(&w, &o, "", &a);
	task = task_of(&w, o.neighbour, &contact);
	ward_pass(&w, 1);
	assert_int_equal(ward_do(&w, WARD_WORKER, task, "accept", ""), 200);
	assert_int_equal(ward_do(&w, WARD_WORKER, task, "prove", ",\"text\":\"在家\""), 200);
	ward_pass(&w, 1);
	split(&w, task, part);
	adds_up(&w, 3, 0, 1);
	ward_pass(&w, 1);
	assert_int_equal(ward_do(&w, WARD_WORKER, part[1], "offer", ",\"to\":\"105\""), 200);
	adds_up(&w, 3, 1, 0);
	ward_pass(&w, 1);
	assert_int_equal(ward_do(&w, WARD_WORKER, part[0], "accept", ""), 200);
	adds_up(&w, 3, 0, 1);
	ward_pass(&w, 1);
	merge(&w, part[1], part[0]);
	adds_up(&w, 3, 1, 0);
	struct trail_visit late[] = { outbreak_stay(o.neighbour, 80, o.evening - 3 * HOUR, 1),
				      outbreak_stay(o.index, 80, o.evening - 3 * HOUR, 1) };
	outbreak_bring(&w, &o, late, ARRAY_LEN(late));
	trace(&w, &o, "", &a);
	assert_true(holds(&a, "\"changed\":1"));
	adds_up(&w, 3, 1, 0);
	sound(&w);
}

/* Officer 204 answers for the village in epidemics, as one of this organisation. */
static void answers_for_the_village(struct ward *w, const struct visitor *lead, const char *who)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	char match[80], body[60];

	(void)snprintf(match, sizeof match, "Idempotency-Key: grid-%s\r\nIf-Match: \"%lld\"\r\n",
		       who,
		       (long long)ward_scalar(w, "SELECT version FROM officers WHERE id = 204"));
	(void)snprintf(body, sizeof body, "{\"organisation\":\"%s\"}", who);
	desk_ask(&w->k, lead, "PATCH", "/api/v1/officers/204", match, body, &a);
	if (a.status != 200)
		fail_msg("%d %.*s", a.status, (int)a.body.n, a.body.p);
}

static void whoever_is_to_be_found_again_after_the_grid_changed_is_not_located(void **state)
{
	WARD_WITH_VAULT(w);
	CLEANUP(answer_end) struct answer a = { 0 };
	struct visitor lead;
	struct outbreak o;
	int64_t contact, task;

	desk_account_in(&w.k, "province", role_bit(ROLE_AREA_LEAD), "43", "43");
	desk_sign_in(&w.k, "province", &lead);
	outbreak_begin(&w, &o);
	answers_for_the_village(&w, &lead, "103");
	trace(&w, &o, "", &a);
	task = task_of(&w, o.neighbour, &contact);
	ward_pass(&w, 1);
	assert_int_equal(ward_do(&w, WARD_CLERK, task, "accept", ""), 200);
	assert_int_equal(ward_do(&w, WARD_CLERK, task, "prove", ",\"text\":\"在家\""), 200);
	adds_up(&w, 3, 0, 1);
	ward_pass(&w, 1);
	answers_for_the_village(&w, &lead, "104");
	assert_string_equal(ward_state(&w, task), "open");
	assert_true(contact_is(&w, contact, "found"));
	adds_up(&w, 3, 0, 0);
}

static void a_contact_ended_when_it_ended_however_late_its_row_is_touched(void **state)
{
	WARD_WITH_VAULT(w);
	CLEANUP(answer_end) struct answer a = { 0 };
	struct outbreak o;
	struct utc_s then;
	int64_t contact, task;
	char url[100];

	outbreak_begin(&w, &o);
	trace(&w, &o, "", &a);
	task = task_of(&w, o.neighbour, &contact);
	assert_int_equal(ward_do(&w, WARD_WORKER, task, "accept", ""), 200);
	assert_int_equal(ward_do(&w, WARD_WORKER, task, "prove", ",\"text\":\"在家\""), 200);
	(void)snprintf(url, sizeof url, "/api/v1/contacts/%lld/events/release", (long long)contact);
	post(&w, WARD_TRACER, url, "{}");
	then = ward_now();
	adds_up(&w, 3, 0, 1);
	ward_pass(&w, 60);
	assert_int_equal(ward_do(&w, WARD_CLERK, task, "return", ",\"reason\":\"补照片\""), 200);
	assert_int_equal(ward_do(&w, WARD_WORKER, task, "offer", ",\"to\":\"105\""), 200);
	funnel(&w, then, &a);
	assert_true(holds(&a, "\"released\":1,"));
	adds_up(&w, 3, 1, 0);
	sound(&w);
}

static void a_name_is_told_to_those_who_must_find_them_and_to_nobody_else(void **state)
{
	WARD_WITH_VAULT(w);
	CLEANUP(answer_end) struct answer a = { 0 };
	static const struct {
		enum ward_who who;
		int status;
	} others[] = { { WARD_CLERK, 403 },  { WARD_LEAD, 403 }, { WARD_TRACER, 403 },
		       { WARD_DOCTOR, 403 }, { WARD_AWAY, 404 }, { WARD_NOBODYS, 409 } };
	struct outbreak o;
	int64_t contact;
	char url[80];

	outbreak_begin(&w, &o);
	trace(&w, &o, "", &a);
	(void)task_of(&w, o.neighbour, &contact);
	(void)snprintf(url, sizeof url, "/api/v1/contacts/%lld/name", (long long)contact);
	answer_end(&a);
	if (ward_ask(&w, WARD_WORKER, "POST", url, "{}", &a) != 200 || !holds(&a, "大桥路 7 号") ||
	    holds(&a, "邻座甲")) /* which door, and no more: trust P9 */
		fail_msg("%d %.*s", a.status, (int)a.body.n, a.body.p);
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		answer_end(&a);
		if (ward_ask(&w, others[i].who, "POST", url, "{}", &a) != others[i].status ||
		    holds(&a, "大桥路"))
			fail_msg("%zu: %d %.*s", i, a.status, (int)a.body.n, a.body.p);
	}
	answer_end(&a);
	assert_int_equal(ward_ask(&w, WARD_WORKER, "GET", "/api/v1/looks", NULL, &a), 200);
	assert_true(holds(&a, "\"kind\":\"task\""));
}

static void a_name_is_told_to_each_who_has_a_part_and_no_more_to_who_had_one(void **state)
{
	WARD_WITH_VAULT(w);
	CLEANUP(answer_end) struct answer a = { 0 };
	struct outbreak o;
	int64_t contact, task, part[2];
	char url[80];

	outbreak_begin(&w, &o);
	trace(&w, &o, "", &a);
	task = task_of(&w, o.neighbour, &contact);
	(void)snprintf(url, sizeof url, "/api/v1/contacts/%lld/name", (long long)contact);
	split_to(&w, task, ",\"owner\":\"103\"", part);
	assert_int_equal(ward_status(&w, WARD_WORKER, "POST", url, "{}"), 200);
	assert_int_equal(ward_status(&w, WARD_CLERK, "POST", url, "{}"), 200);
	merge(&w, part[1], part[0]);
	assert_int_equal(ward_status(&w, WARD_CLERK, "POST", url, "{}"), 403);
	assert_int_equal(ward_status(&w, WARD_WORKER, "POST", url, "{}"), 200);
	sound(&w);
}

/* ---- measures -------------------------------------------------------------------------------- */

static int impose(struct ward *w, int64_t contact, int64_t from, int64_t days, struct answer *ret)
{
	CLEANUP(buf_release) struct buf since = { 0 };
	CLEANUP(buf_release) struct buf until = { 0 };
	char body[900];

	answer_end(ret);
	when_iso(&since, (struct utc_s){ from }, w->h->zone);
	when_iso(&until, (struct utc_s){ from + days * 86400 }, w->h->zone);
	(void)snprintf(body, sizeof body,
		       "{\"area\":\"430802001001\",\"contact\":\"%lld\",\"kind\":\"home\","
		       "\"issuer\":\"103\",\"basis\":\"传染病防治法 第五十三条\","
		       "\"since\":\"%.*s\",\"until\":\"%.*s\",\"explanation\":"
		       "\"您与一名确诊病例同场两小时；请居家至期满；可向市级申诉\"}",
		       (long long)contact, (int)since.n, since.p, (int)until.n, until.p);
	return ward_ask(w, WARD_TRACER, "POST", "/api/v1/measures", body, ret);
}

static bool ended_by(struct ward *w, const char *what);
static int64_t appeal(struct ward *w, struct outbreak *o);

static bool measure_is(struct ward *w, const char *state)
{
	char sql[120];

	(void)snprintf(sql, sizeof sql, "SELECT count(*) FROM measures WHERE state = '%s'", state);
	return ward_scalar(w, sql) == 1;
}

static void a_measure_ends_by_itself_and_is_never_put_off(void **state)
{
	WARD_WITH_VAULT(w);
	CLEANUP(answer_end) struct answer a = { 0 };
	CLEANUP(buf_release) struct buf later = { 0 };
	struct outbreak o;
	int64_t contact;
	char url[80], body[80];

	outbreak_begin(&w, &o);
	trace(&w, &o, "", &a);
	(void)task_of(&w, o.neighbour, &contact);
	assert_int_equal(impose(&w, contact, ward_now().v, 60, &a), 422); /* beyond follow-up */
	if (!holds(&a, "\"field\":\"until\""))
		fail_msg("%.*s", (int)a.body.n, a.body.p);
	assert_int_equal(impose(&w, contact, ward_now().v, 0, &a), 422);
	if (impose(&w, contact, ward_now().v, 3, &a) != 201)
		fail_msg("%d %.*s", a.status, (int)a.body.n, a.body.p);
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM measures m JOIN contacts c"
					 " ON c.id = m.contact AND c.trace = m.evidence"),
			 1);
	(void)snprintf(url, sizeof url, "/api/v1/measures/%s", ward_text(&a, "id"));
	when_iso(&later, (struct utc_s){ ward_now().v + 5 * 86400 }, w.h->zone);
	(void)snprintf(body, sizeof body, "{\"until\":\"%.*s\"}", (int)later.n, later.p);
	answer_end(&a);
	desk_ask(&w.k, &w.visitor[WARD_TRACER], "PATCH", url, "If-Match: \"1\"\r\n", body, &a);
	assert_int_equal(a.status, 422);
	assert_true(measure_is(&w, "in_force"));
	ward_pass(&w, 3 * 86400 + 61);
	assert_true(measure_is(&w, "ended"));
	sound(&w);
}

/* Whatever somebody raises about a contact is a task of theirs: no name, nobody found or lost. */
static void a_task_that_no_trace_raised_tells_no_name_and_finds_nobody(void **state)
{
	WARD_WITH_VAULT(w);
	CLEANUP(answer_end) struct answer a = { 0 };
	struct outbreak o;
	int64_t contact, task, forged;
	char url[80];

	outbreak_begin(&w, &o);
	trace(&w, &o, "", &a);
	task = task_of(&w, o.neighbour, &contact);
	forged = order_about(&w, contact);
	(void)snprintf(url, sizeof url, "/api/v1/contacts/%lld/name", (long long)contact);
	answer_end(&a);
	assert_int_equal(ward_ask(&w, WARD_LEAD, "POST", url, "{}", &a), 403);
	assert_int_equal(ward_do(&w, WARD_LEAD, forged, "accept", ""), 200);
	assert_int_equal(ward_do(&w, WARD_LEAD, forged, "prove", ",\"text\":\"在家\""), 200);
	assert_true(contact_is(&w, contact, "found"));
	adds_up(&w, 3, 0, 0);
	answer_end(&a);
	assert_int_equal(ward_ask(&w, WARD_WORKER, "POST", url, "{}", &a), 200);
	assert_string_equal(ward_state(&w, task), "open");
	sound(&w);
}

static void nobody_is_lost_by_striking_or_merging_the_task_that_is_to_find_them(void **state)
{
	WARD_WITH_VAULT(w);
	CLEANUP(answer_end) struct answer a = { 0 };
	struct outbreak o;
	int64_t contact, task, other;
	char text[200];

	outbreak_begin(&w, &o);
	trace(&w, &o, "", &a);
	task = task_of(&w, o.neighbour, &contact);
	other = task_of(&w, 1002, &contact);
	assert_int_equal(ward_do(&w, WARD_CLERK, task, "cancel", ",\"reason\":\"不找\""), 409);
	(void)snprintf(text, sizeof text,
		       "{\"tasks\":[\"%lld\"],\"into\":\"%lld\",\"reason\":\"一起找\"}",
		       (long long)task, (long long)other);
	assert_int_equal(ward_status(&w, WARD_LEAD, "POST", "/api/v1/tasks/merge", text), 409);
	assert_string_equal(ward_state(&w, task), "open");
	sound(&w);
}

/* Nobody is looked for or kept at home for a case that was none. */
static void an_overturned_case_lets_go_of_whom_it_found(void **state)
{
	WARD_WITH_VAULT(w);
	CLEANUP(answer_end) struct answer a = { 0 };
	struct outbreak o;
	int64_t near, far, task, other;
	char url[100];

	outbreak_begin(&w, &o);
	trace(&w, &o, "", &a);
	task = task_of(&w, o.neighbour, &near);
	other = task_of(&w, 1002, &far);
	assert_int_equal(ward_do(&w, WARD_WORKER, task, "accept", ""), 200);
	assert_int_equal(ward_do(&w, WARD_WORKER, task, "prove", ",\"text\":\"在家\""), 200);
	assert_true(contact_is(&w, near, "located"));
	assert_int_equal(impose(&w, near, ward_now().v, 5, &a), 201);
	(void)snprintf(url, sizeof url, "/api/v1/cases/%s/events/overturn", o.id);
	post(&w, WARD_TRACER, url, "{}");
	assert_true(contact_is(&w, near, "excluded") && contact_is(&w, far, "excluded"));
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM contacts WHERE state <> 'excluded'"),
			 0);
	assert_string_equal(ward_state(&w, task), "closed");
	assert_string_equal(ward_state(&w, other), "closed");
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM task_history WHERE reason LIKE"
					 " '病例已订正为排除%The case was overturned%'"),
			 3);
	assert_true(measure_is(&w, "ended") && ended_by(&w, "case"));
	(void)snprintf(url, sizeof url, "/api/v1/cases/%s/warrants", o.id);
	answer_end(&a);
	assert_int_equal(ward_ask(&w, WARD_TRACER, "GET", url, NULL, &a), 200);
	assert_true(holds(&a, "\"over\":true") && !holds(&a, "\"over\":false"));
	assert_true(holds(&a, "\"text\":null"));
	sound(&w);
}

static void an_appeal_waits_no_more_when_the_case_was_none(void **state)
{
	WARD_WITH_VAULT(w);
	struct outbreak o;
	int64_t task = appeal(&w, &o);
	char url[100];

	(void)snprintf(url, sizeof url, "/api/v1/cases/%s/events/overturn", o.id);
	post(&w, WARD_TRACER, url, "{}");
	assert_true(measure_is(&w, "ended") && ended_by(&w, "case"));
	ward_pass(&w, 61);
	assert_string_equal(ward_state(&w, task), "closed");
	sound(&w);
}

static void the_last_part_may_be_struck_once_another_was_done(void **state)
{
	WARD_WITH_VAULT(w);
	CLEANUP(answer_end) struct answer a = { 0 };
	struct outbreak o;
	int64_t contact, task, part[2];

	outbreak_begin(&w, &o);
	trace(&w, &o, "", &a);
	task = task_of(&w, o.neighbour, &contact);
	split(&w, task, part);
	assert_int_equal(ward_do(&w, WARD_WORKER, part[0], "accept", ""), 200);
	assert_int_equal(ward_do(&w, WARD_WORKER, part[0], "prove", ",\"text\":\"在家\""), 200);
	assert_int_equal(ward_do(&w, WARD_CLERK, part[0], "close", ""), 200);
	assert_int_equal(ward_do(&w, WARD_CLERK, part[1], "cancel", ",\"reason\":\"找到了\""), 200);
	assert_true(contact_is(&w, contact, "located"));
	adds_up(&w, 3, 0, 1);
	sound(&w);
}

/* Found once, and sent back by another's part: while nobody says where they are, one must look. */
static void the_last_part_is_not_struck_while_the_contact_is_not_found(void **state)
{
	WARD_WITH_VAULT(w);
	CLEANUP(answer_end) struct answer a = { 0 };
	struct outbreak o;
	int64_t contact, task, part[2];

	outbreak_begin(&w, &o);
	trace(&w, &o, "", &a);
	task = task_of(&w, o.neighbour, &contact);
	split(&w, task, part);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(ward_do(&w, WARD_WORKER, part[i], "accept", ""), 200);
		assert_int_equal(ward_do(&w, WARD_WORKER, part[i], "prove", ",\"text\":\"在家\""),
				 200);
	}
	assert_int_equal(ward_do(&w, WARD_CLERK, part[1], "return", ",\"reason\":\"不在\""), 200);
	assert_int_equal(ward_do(&w, WARD_CLERK, part[0], "close", ""), 200);
	assert_true(contact_is(&w, contact, "found"));
	assert_int_equal(ward_do(&w, WARD_CLERK, part[1], "cancel", ",\"reason\":\"找到了\""), 409);
	sound(&w);
}

static void nobody_is_under_a_measure_whom_the_profile_does_not_follow_up(void **state)
{
	WARD_WITH_VAULT(w);
	CLEANUP(answer_end) struct answer a = { 0 };
	struct outbreak o;
	int64_t contact;

	outbreak_begin(&w, &o);
	trace(&w, &o, ",\"generations\":2", &a);
	(void)task_of(&w, 1003, &contact); /* a contact of a contact */
	assert_int_equal(impose(&w, contact, ward_now().v, 3, &a), 422);
	if (!holds(&a, "\"field\":\"contact\""))
		fail_msg("%.*s", (int)a.body.n, a.body.p);
}

static bool ended_by(struct ward *w, const char *what)
{
	char sql[100];

	(void)snprintf(sql, sizeof sql, "SELECT count(*) FROM measures WHERE ended_by = '%s'",
		       what);
	return ward_scalar(w, sql) == 1;
}

/* Appeals: the measure's only task. */
static int64_t appeal(struct ward *w, struct outbreak *o)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	int64_t contact;
	char url[100];

	outbreak_begin(w, o);
	trace(w, o, "", &a);
	(void)task_of(w, o->neighbour, &contact);
	assert_int_equal(impose(w, contact, ward_now().v, 5, &a), 201);
	(void)snprintf(url, sizeof url, "/api/v1/measures/%s/events/appeal", ward_text(&a, "id"));
	answer_end(&a);
	assert_int_equal(ward_ask(w, WARD_TRACER, "POST", url, "", &a), 409);
	answer_end(&a);
	if (ward_ask(w, WARD_TRACER, "POST", url, "{\"appeal\":\"当晚我不在场\"}", &a) != 200)
		fail_msg("%d %.*s", a.status, (int)a.body.n, a.body.p);
	assert_true(measure_is(w, "appealed"));
	return ward_scalar(w, "SELECT id FROM tasks WHERE about = 'measure'");
}

static void an_appeal_is_answered_above_and_if_it_is_late_the_measure_ends(void **state)
{
	WARD_WITH_VAULT(w);
	struct outbreak o;
	int64_t task = appeal(&w, &o);
	char sql[120];

	(void)snprintf(sql, sizeof sql, "SELECT owner FROM tasks WHERE id = %lld", (long long)task);
	assert_int_equal(ward_scalar(&w, sql), WARD_COUNTY);
	ward_pass(&w, 25 * HOUR);
	assert_true(measure_is(&w, "ended"));
	assert_true(ended_by(&w, "lapse"));
	ward_pass(&w, 1);
	assert_string_equal(ward_state(&w, task), "closed");
	sound(&w);
}

static void what_ended_a_measure_is_told_and_its_appeal_waits_no_more(void **state)
{
	WARD_WITH_VAULT(w);
	CLEANUP(answer_end) struct answer a = { 0 };
	struct outbreak o;
	int64_t task = appeal(&w, &o);
	char url[100];

	(void)snprintf(url, sizeof url, "/api/v1/measures/%lld/events/lift",
		       (long long)ward_scalar(&w, "SELECT id FROM measures"));
	assert_int_equal(ward_ask(&w, WARD_TRACER, "POST", url, "{}", &a), 200);
	assert_true(holds(&a, "\"ended_by\":\"lift\""));
	ward_pass(&w, 61);
	assert_string_equal(ward_state(&w, task), "closed");
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM task_history WHERE reason LIKE"
					 " '防控措施已结束%The measure has ended%'"),
			 1);
	assert_true(measure_is(&w, "ended") && ended_by(&w, "lift"));
	sound(&w);
}

/* Answered in time and never decided: it is the hard end that comes. */
static void an_answer_that_nobody_decides_on_ends_with_the_measure(void **state)
{
	WARD_WITH_VAULT(w);
	struct outbreak o;
	int64_t task = appeal(&w, &o);

	assert_int_equal(ward_do(&w, WARD_LEAD, task, "accept", ""), 200);
	assert_int_equal(ward_do(&w, WARD_LEAD, task, "prove", ",\"text\":\"他在场\""), 200);
	ward_pass(&w, 5 * 86400 + 61);
	assert_true(measure_is(&w, "ended") && ended_by(&w, "end"));
	ward_pass(&w, 1);
	assert_string_equal(ward_state(&w, task), "closed");
	sound(&w);
}

static void an_appeal_is_answered_by_one_and_decided_by_another(void **state)
{
	WARD_WITH_VAULT(w);
	CLEANUP(answer_end) struct answer a = { 0 };
	struct outbreak o;
	int64_t task = appeal(&w, &o);
	char url[80], expected[60];

	(void)snprintf(url, sizeof url, "/api/v1/measures/%lld",
		       (long long)ward_scalar(&w, "SELECT id FROM measures"));
	assert_int_equal(ward_ask(&w, WARD_TRACER, "GET", url, NULL, &a), 200);
	(void)snprintf(expected, sizeof expected, "\"tasks\":[{\"id\":\"%lld\"", (long long)task);
	assert_true(holds(&a, expected));
	assert_int_equal(ward_do(&w, WARD_LEAD, task, "accept", ""), 200);
	assert_int_equal(ward_do(&w, WARD_LEAD, task, "prove", ",\"text\":\"他在场\""), 200);
	assert_true(measure_is(&w, "appealed"));
	assert_int_equal(ward_do(&w, WARD_LEAD, task, "close", ""), 403);
	assert_int_equal(ward_do(&w, WARD_LEAD, task, "cancel", ",\"reason\":\"不\""), 403);
	assert_int_equal(ward_do(&w, WARD_MAYOR, task, "close", ""), 200);
	assert_true(measure_is(&w, "in_force"));
	assert_int_equal(ward_ask(&w, WARD_TRACER, "GET", url, NULL, &a), 200);
	assert_true(holds(&a, "\"state\":\"closed\",\"outcome\":\"done\",\"stage\":"));
	sound(&w);
}

/* Where nobody else stands above, the grid may name the issuer as who checks. */
static void who_ordered_a_measure_decides_no_appeal_against_it(void **state)
{
	WARD_WITH_VAULT(w);
	struct outbreak o;
	int64_t task = appeal(&w, &o);

	assert_int_equal(ward_do(&w, WARD_LEAD, task, "accept", ""), 200);
	assert_int_equal(ward_do(&w, WARD_LEAD, task, "prove", ",\"text\":\"他在场\""), 200);
	ward_run(&w, "UPDATE measures SET issuer = 101");
	assert_int_equal(ward_do(&w, WARD_MAYOR, task, "close", ""), 403);
	assert_int_equal(ward_do(&w, WARD_MAYOR, task, "return", ",\"reason\":\"不\""), 403);
	assert_true(measure_is(&w, "appealed"));
	assert_int_equal(ward_do(&w, WARD_MAYOR, task, "cancel", ",\"reason\":\"他不在\""), 200);
	assert_true(measure_is(&w, "overturned"));
}

static void an_answer_that_only_the_issuer_could_check_does_not_hold_the_measure(void **state)
{
	WARD_WITH_VAULT(w);
	struct outbreak o;
	int64_t task = appeal(&w, &o);

	assert_int_equal(ward_do(&w, WARD_LEAD, task, "accept", ""), 200);
	assert_int_equal(ward_do(&w, WARD_LEAD, task, "prove", ",\"text\":\"他在场\""), 200);
	ward_run(&w, "UPDATE measures SET issuer = 101");
	assert_true(measure_is(&w, "appealed"));
	ward_pass(&w, 2 * 86400);
	assert_true(measure_is(&w, "ended") && ended_by(&w, "lapse"));
	ward_pass(&w, 61);
	assert_string_equal(ward_state(&w, task), "closed");
}

static void an_appeal_is_answered_whole(void **state)
{
	WARD_WITH_VAULT(w);
	struct outbreak o;
	int64_t task = appeal(&w, &o);
	char url[80];

	(void)snprintf(url, sizeof url, "/api/v1/tasks/%lld/split", (long long)task);
	assert_int_equal(ward_status(&w, WARD_MAYOR, "POST", url,
				     "{\"reason\":\"分头\",\"parts\":[{\"title\":\"在场\"},"
				     "{\"title\":\"期限\"}]}"),
			 409);
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM tasks WHERE about = 'measure'"), 1);
	assert_string_equal(ward_state(&w, task), "open");
	sound(&w);
}

static void an_appeal_that_is_right_overturns_the_measure(void **state)
{
	WARD_WITH_VAULT(w);
	struct outbreak o;
	int64_t task = appeal(&w, &o);

	assert_int_equal(ward_do(&w, WARD_LEAD, task, "accept", ""), 200);
	assert_int_equal(ward_do(&w, WARD_LEAD, task, "prove", ",\"text\":\"他不在\""), 200);
	assert_int_equal(ward_do(&w, WARD_MAYOR, task, "cancel", ",\"reason\":\"他不在场\""), 200);
	assert_true(measure_is(&w, "overturned") && ended_by(&w, "overturn"));
	sound(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(who_a_trace_finds_is_somebodys_to_find_at_once),
		ON_BOTH(more_people_than_the_warrant_may_bring_up_is_said_as_that),
		ON_BOTH(what_is_pushed_out_is_counted_where_it_stands),
		ON_BOTH(a_later_trace_adds_changes_and_excludes_by_a_difference),
		ON_BOTH(nor_by_another_account_of_theirs),
		ON_BOTH(a_corrected_onset_changes_whom_the_next_trace_finds),
		ON_BOTH(who_corrected_a_confirmed_case_does_not_confirm_it_anew),
		ON_BOTH(the_past_is_told_as_it_was_after_a_split_a_merge_and_a_change),
		ON_BOTH(whoever_is_to_be_found_again_after_the_grid_changed_is_not_located),
		ON_BOTH(a_contact_ended_when_it_ended_however_late_its_row_is_touched),
		ON_BOTH(a_name_is_told_to_those_who_must_find_them_and_to_nobody_else),
		ON_BOTH(a_name_is_told_to_each_who_has_a_part_and_no_more_to_who_had_one),
		ON_BOTH(a_task_that_no_trace_raised_tells_no_name_and_finds_nobody),
		ON_BOTH(nobody_is_lost_by_striking_or_merging_the_task_that_is_to_find_them),
		ON_BOTH(the_last_part_may_be_struck_once_another_was_done),
		ON_BOTH(the_last_part_is_not_struck_while_the_contact_is_not_found),
		ON_BOTH(nobody_is_under_a_measure_whom_the_profile_does_not_follow_up),
		ON_BOTH(a_measure_ends_by_itself_and_is_never_put_off),
		ON_BOTH(an_appeal_is_answered_by_one_and_decided_by_another),
		ON_BOTH(who_ordered_a_measure_decides_no_appeal_against_it),
		ON_BOTH(an_answer_that_only_the_issuer_could_check_does_not_hold_the_measure),
		ON_BOTH(an_appeal_is_answered_whole),
		ON_BOTH(an_overturned_case_lets_go_of_whom_it_found),
		ON_BOTH(an_appeal_waits_no_more_when_the_case_was_none),
		ON_BOTH(an_appeal_that_is_right_overturns_the_measure),
		ON_BOTH(what_ended_a_measure_is_told_and_its_appeal_waits_no_more),
		ON_BOTH(an_answer_that_nobody_decides_on_ends_with_the_measure),
		ON_BOTH(an_appeal_is_answered_above_and_if_it_is_late_the_measure_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
