/*
 * task.c - tasks over HTTP: raised, passed, proved by one person and checked by another, closed;
 * and what is refused is refused in the words of the flow.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "engine/flow/table.h"
#include "loop/task.h"
#include "serve/sound.h"
#include "support/ward.h"

/* The ledger is whole, and rows are as their last entries left them. */
static void sound(struct ward *w)
{
	struct database *d = w->d;
	struct sound_report r;

	MUST(sound_look(w->h, &(struct sound_ask){ .whole = false }, &r, &d->fault));
	if (r.ledger.verdict != VERIFY_WHOLE)
		fail_msg("%s", r.ledger.en);
}

static void a_task_goes_from_raised_to_closed_by_two_people(void **state)
{
	WARD(w);
	CLEANUP(answer_end) struct answer a = { 0 };
	int64_t id = ward_raise(&w, WARD_LEAD, "430802001001", "");
	char target[80];

	assert_string_equal(ward_state(&w, id), "open");
	assert_int_equal(ward_do(&w, WARD_WORKER, id, "accept", ""), 200);
	assert_int_equal(ward_do(&w, WARD_WORKER, id, "start", ""), 200);
	assert_string_equal(ward_state(&w, id), "in_progress");
	assert_int_equal(ward_do(&w, WARD_WORKER, id, "prove", ",\"text\":\"已查看，无裂缝\""),
			 200);
	assert_int_equal(ward_do(&w, WARD_CLERK, id, "close", ""), 200);
	assert_string_equal(ward_state(&w, id), "closed");
	(void)snprintf(target, sizeof target, "/api/v1/tasks/%lld", (long long)id);
	assert_int_equal(ward_ask(&w, WARD_LEAD, "GET", target, NULL, &a), 200);
	assert_string_equal(ward_text(&a, "outcome"), "done");
	assert_string_equal(ward_text(&a, "turn"), "5");
	assert_non_null(memmem(a.body.p, a.body.n, "已查看，无裂缝", strlen("已查看，无裂缝")));
	assert_non_null(memmem(a.body.p, a.body.n, "\"may\":[]", 8));
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM task_history"), 5);
	sound(&w);
}

static void the_page_says_whose_turn_it_is_and_what_the_caller_may_do(void **state)
{
	WARD(w);
	CLEANUP(answer_end) struct answer a = { 0 };
	int64_t id = ward_raise(&w, WARD_LEAD, "430802001001", "");
	char target[80];

	(void)snprintf(target, sizeof target, "/api/v1/tasks/%lld", (long long)id);
	assert_int_equal(ward_ask(&w, WARD_WORKER, "GET", target, NULL, &a), 200);
	assert_non_null(memmem(a.body.p, a.body.n, "\"event\":\"accept\"", 16));
	assert_non_null(memmem(a.body.p, a.body.n, "\"event\":\"decline\"", 17));
	assert_null(memmem(a.body.p, a.body.n, "\"event\":\"prove\"", 15));
	assert_null(memmem(a.body.p, a.body.n, "\"event\":\"extend\"", 16));
	assert_non_null(memmem(a.body.p, a.body.n, "教场社区居委会", 21));
	assert_string_equal(ward_text(&a, "owner"), "104");
	assert_string_equal(ward_text(&a, "checker"), "103");
	assert_string_equal(ward_text(&a, "sender"), "102");
	assert_int_equal(ward_ask(&w, WARD_LEAD, "GET", target, NULL, &a), 200);
	assert_non_null(memmem(a.body.p, a.body.n, "\"event\":\"extend\"", 16));
	assert_null(memmem(a.body.p, a.body.n, "\"event\":\"accept\"", 16));
}

/* The refusal: its status, and the flow's word as the field. */
static void refused(struct ward *w, enum ward_who who, int64_t id, const char *event,
		    const char *more, int status, const char *field)
{
	CLEANUP(answer_end) struct answer a = { 0 };

	ward_do_at(w, who, id, event, ward_turn(w, id), more, &a);
	if (a.status != status || strcmp(ward_text(&a, "field"), field) != 0)
		fail_msg("%s: %d %.*s", event, a.status, (int)a.body.n, a.body.p);
	assert_true(ward_text(&a, "message_zh")[0] && ward_text(&a, "message_en")[0]);
}

static void refusals_speak_the_words_of_the_flow(void **state)
{
	WARD(w);
	CLEANUP(answer_end) struct answer a = { 0 };
	int64_t id = ward_raise(&w, WARD_LEAD, "430802001001", "");
	int64_t before;

	refused(&w, WARD_CLERK, id, "accept", "", 403, "who");
	refused(&w, WARD_WORKER, id, "prove", ",\"text\":\"x\"", 409, "phase");
	refused(&w, WARD_WORKER, id, "decline", "", 422, "reason");
	refused(&w, WARD_NOBODYS, id, "accept", "", 409, "organisation");
	assert_int_equal(ward_do(&w, WARD_WORKER, id, "accept", ""), 200);
	refused(&w, WARD_WORKER, id, "prove", "", 422, "evidence");
	refused(&w, WARD_WORKER, id, "cancel", ",\"reason\":\"x\"", 403, "who");
	refused(&w, WARD_LEAD, id, "extend", ",\"reason\":\"雨\"", 422, "later");
	refused(&w, WARD_LEAD, id, "assign", ",\"to\":\"999\"", 422, "to");
	assert_int_equal(ward_do(&w, WARD_WORKER, id, "prove", ",\"text\":\"好\""), 200);
	refused(&w, WARD_WORKER2, id, "close", "", 403, "who");
	before = ward_scalar(&w, "SELECT version FROM tasks");
	ward_do_at(&w, WARD_CLERK, id, "close", 1, "", &a);
	assert_int_equal(a.status, 409);
	assert_string_equal(ward_text(&a, "field"), "turn");
	assert_int_equal(ward_scalar(&w, "SELECT version FROM tasks"), before);
	assert_int_equal(ward_status(&w, WARD_CLERK, "PATCH", "/api/v1/tasks/1", "{}"), 405);
	assert_int_equal(ward_do(&w, WARD_CLERK, id, "reown", ""), 404);
	sound(&w);
}

/* They are told that it is for whose the accounts are, and what to do if that is wrong. */
static void refused_as_who_did_it(struct ward *w, enum ward_who who, int64_t id)
{
	CLEANUP(answer_end) struct answer a = { 0 };

	assert_int_equal(ward_do_at(w, who, id, "close", ward_turn(w, id), "", &a), 403);
	assert_string_equal(ward_text(&a, "field"), "other");
	if (!strstr(ward_text(&a, "message_zh"), "按账号登记，您与办理人是同一人") ||
	    !strstr(ward_text(&a, "message_zh"), "请管理员在两个账号上各填责任人和本人的电话") ||
	    !strstr(ward_text(&a, "message_en"), "by what accounts say you are who did it") ||
	    !strstr(ward_text(&a, "message_en"), "each one's own phone in both accounts"))
		fail_msg("%.*s", (int)a.body.n, a.body.p);
}

/* A village's worker who is the township's clerk, too, with an account in each. */
static void one_person_with_two_accounts_checks_nothing_of_their_own(void **state)
{
	WARD(w);
	CLEANUP(answer_end) struct answer a = { 0 };
	CLEANUP(answer_end) struct answer b = { 0 };
	int64_t id = ward_raise(&w, WARD_LEAD, "430802001001", "");
	char target[80];

	assert_int_equal(ward_do(&w, WARD_WORKER, id, "accept", ""), 200);
	assert_int_equal(ward_do(&w, WARD_WORKER, id, "prove", ",\"text\":\"好\""), 200);
	ward_run(&w, "UPDATE accounts SET officer = 204 WHERE login IN ('worker', 'clerk')");
	refused_as_who_did_it(&w, WARD_CLERK, id);
	refused(&w, WARD_CLERK, id, "return", ",\"reason\":\"x\"", 403, "other");
	refused(&w, WARD_CLERK, id, "cancel", ",\"reason\":\"x\"", 403, "other");
	(void)snprintf(target, sizeof target, "/api/v1/tasks/%lld", (long long)id);
	assert_int_equal(ward_ask(&w, WARD_CLERK, "GET", target, NULL, &a), 200);
	assert_null(memmem(a.body.p, a.body.n, "\"event\":\"close\"", 15));
	assert_int_equal(ward_ask(&w, WARD_CLERK, "GET", "/api/v1/inbox?box=check", NULL, &b), 200);
	assert_null(memmem(b.body.p, b.body.n, "\"event\":\"close\"", 15));
	assert_string_equal(ward_state(&w, id), "proved");
	assert_int_equal(ward_do(&w, WARD_CLERK2, id, "close", ""), 200);
}

/* Two of one name: two people as soon as both accounts say whose they are, each with a phone. */
static void two_namesakes_check_each_other_when_accounts_say_whose_they_are(void **state)
{
	WARD(w);
	int64_t id = ward_raise(&w, WARD_LEAD, "430802001001", "");

	assert_int_equal(ward_do(&w, WARD_WORKER, id, "accept", ""), 200);
	assert_int_equal(ward_do(&w, WARD_WORKER, id, "prove", ",\"text\":\"好\""), 200);
	ward_run(&w, "UPDATE accounts SET name = '覃甲', phone = '0744-8220001'"
		     " WHERE login IN ('worker', 'clerk')");
	refused_as_who_did_it(&w, WARD_CLERK, id);
	ward_run(&w, "UPDATE accounts SET officer = 204 WHERE login = 'worker'");
	refused_as_who_did_it(&w, WARD_CLERK, id);
	ward_run(&w, "UPDATE accounts SET officer = 205 WHERE login = 'clerk'");
	refused_as_who_did_it(&w, WARD_CLERK, id); /* one person may hold two posts */
	ward_run(&w, "UPDATE accounts SET phone = '0744-8220002' WHERE login = 'clerk'");
	assert_int_equal(ward_do(&w, WARD_CLERK, id, "close", ""), 200);
}

static void what_cannot_be_seen_is_no_proof_and_no_reason(void **state)
{
	WARD(w);
	int64_t id = ward_raise(&w, WARD_LEAD, "430802001001", "");

	refused(&w, WARD_WORKER, id, "decline", ",\"reason\":\" \"", 422, "reason");
	assert_int_equal(ward_do(&w, WARD_WORKER, id, "accept", ""), 200);
	refused(&w, WARD_WORKER, id, "prove", ",\"text\":\" \"", 422, "evidence");
	refused(&w, WARD_WORKER, id, "prove", ",\"text\":\"\\u3000\\u200b\"", 422, "evidence");
	refused(&w, WARD_LEAD, id, "extend",
		",\"reason\":\"\\n\",\"until\":\"2027-01-01T00:00:00+08:00\"", 422, "reason");
	assert_string_equal(ward_state(&w, id), "accepted");
}

static void a_task_is_about_a_row_that_its_raiser_sees(void **state)
{
	WARD(w);
	static const struct {
		enum ward_who who;
		const char *area, *about;
		int id, status;
	} asked[] = {
		{ WARD_LEAD, "430802", "organisation", WARD_TOWN, 201 },
		{ WARD_LEAD, "430802", "organisation", WARD_FAR, 422 },
		{ WARD_LEAD, "430802", "organisation", 999, 422 },
		{ WARD_LEAD, "430802", "account", 1, 422 },
		{ WARD_LEAD, "430802", "nothing", 1, 422 },
		{ WARD_AWAY, "430822", "organisation", WARD_TOWN, 422 },
	};

	for (size_t i = 0; i < ARRAY_LEN(asked); i++) {
		char body[400];

		(void)snprintf(body, sizeof body,
			       "{\"area\":\"%s\",\"sector\":\"mine\",\"rule\":\"" WARD_RULE
			       "\",\"title\":\"看看\",\"needs\":[\"text\"],\"about\":\"%s\","
			       "\"about_id\":\"%d\"}",
			       asked[i].area, asked[i].about, asked[i].id);
		assert_int_equal(ward_status(&w, asked[i].who, "POST", "/api/v1/tasks", body),
				 asked[i].status);
	}
}

static void a_repeat_answers_as_the_first_and_changes_nothing(void **state)
{
	WARD(w);
	CLEANUP(answer_end) struct answer a = { 0 }, again = { 0 };
	int64_t id = ward_raise(&w, WARD_LEAD, "430802001001", "");

	assert_int_equal(ward_do_at(&w, WARD_WORKER, id, "accept", 1, "", &a), 200);
	assert_int_equal(ward_do_at(&w, WARD_WORKER, id, "accept", 1, "", &again), 200);
	assert_string_equal(ward_text(&a, "version"), ward_text(&again, "version"));
	assert_string_equal(ward_text(&a, "state"), ward_text(&again, "state"));
	assert_true(ward_text(&again, "receipt")[0]);
	assert_int_equal(ward_scalar(&w,
				     "SELECT count(*) FROM task_history WHERE event = 'accept'"),
			 1);
	sound(&w);
}

static void an_offer_is_seen_and_taken_by_who_lies_elsewhere(void **state)
{
	WARD(w);
	int64_t id = ward_raise(&w, WARD_LEAD, "430802001001", "");
	char target[80];

	(void)snprintf(target, sizeof target, "/api/v1/tasks/%lld", (long long)id);
	assert_int_equal(ward_status(&w, WARD_AWAY, "GET", target, NULL), 404);
	assert_int_equal(ward_do(&w, WARD_WORKER, id, "offer", ",\"to\":\"105\""), 200);
	assert_int_equal(ward_status(&w, WARD_AWAY, "GET", target, NULL), 200);
	refused(&w, WARD_WORKER, id, "accept", "", 409, "unoffered");
	assert_int_equal(ward_do(&w, WARD_AWAY, id, "take", ""), 200);
	assert_int_equal(ward_scalar(&w, "SELECT owner FROM tasks"), WARD_FAR);
	assert_string_equal(ward_state(&w, id), "accepted");
	sound(&w);
}

static void a_task_is_assigned_extended_and_returned_by_those_above(void **state)
{
	WARD(w);
	int64_t id = ward_raise(&w, WARD_LEAD, "430802001001", "");
	int64_t by = ward_scalar(&w, "SELECT done_by FROM tasks");

	assert_int_equal(ward_do(&w, WARD_WORKER, id, "decline", ",\"reason\":\"不是我们的\""),
			 200);
	assert_int_equal(ward_scalar(&w, "SELECT owner FROM tasks"), WARD_COUNTY);
	assert_int_equal(ward_do(&w, WARD_MAYOR, id, "assign", ",\"to\":\"104\""), 200);
	assert_int_equal(ward_scalar(&w, "SELECT owner FROM tasks"), WARD_VILLAGE);
	assert_int_equal(
		ward_do(&w, WARD_CLERK, id, "extend",
			",\"reason\":\"大雨封路\",\"until\":\"2026-12-31T08:00:00+08:00\""),
		200);
	assert_true(ward_scalar(&w, "SELECT done_by FROM tasks") > by);
	assert_int_equal(ward_do(&w, WARD_WORKER, id, "accept", ""), 200);
	assert_int_equal(ward_do(&w, WARD_WORKER, id, "prove", ",\"text\":\"好\""), 200);
	assert_int_equal(ward_do(&w, WARD_CLERK, id, "return", ",\"reason\":\"照片不清\""), 200);
	assert_string_equal(ward_state(&w, id), "returned");
	sound(&w);
}

static void a_deadline_lies_ahead_whoever_gives_it(void **state)
{
	static const char
		past[] = ",\"until\":\"2026-09-21T22:13:20+08:00\"", /* the very second */
		yesterday[] = ",\"reason\":\"雨\",\"until\":\"2026-09-20T08:00:00+08:00\"",
		body[] = "{\"area\":\"430802001001\",\"sector\":\"mine\",\"rule\":\"" WARD_RULE
			 "\",\"title\":\"查看采石场边坡\",\"needs\":[\"text\"]"
			 ",\"until\":\"2026-09-21T22:13:20+08:00\"}",
		signal[] = "{\"area\":\"430802001001\",\"sector\":\"mine\",\"rule\":\"" WARD_RULE
			   "\",\"title\":\"边坡有裂缝\",\"source\":\"instruction\""
			   ",\"until\":\"2020-01-01T08:00:00+08:00\"}";
	WARD(w);
	CLEANUP(answer_end) struct answer a = { 0 };
	int64_t id = ward_raise(&w, WARD_LEAD, "430802001001", ""), before;

	assert_int_equal(ward_now().v, 1790000000);
	before = ward_scalar(&w, "SELECT count(*) FROM task_history");
	assert_int_equal(ward_ask(&w, WARD_LEAD, "POST", "/api/v1/tasks", body, &a), 422);
	assert_string_equal(ward_text(&a, "field"), "until");
	assert_non_null(memmem(a.body.p, a.body.n, "must lie ahead", 14));
	assert_int_equal(ward_status(&w, WARD_LEAD, "POST", "/api/v1/signals", signal), 422);
	refused(&w, WARD_LEAD, id, "tighten", past, 422, "until");
	refused(&w, WARD_LEAD, id, "extend", yesterday, 422, "until");
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM task_history"), before);
	assert_int_equal(ward_do(&w, WARD_LEAD, id, "tighten",
				 ",\"until\":\"2026-09-21T22:13:21+08:00\""),
			 200);
}

/* Its answer was lost, and the deadline has come since. */
static void a_deadline_that_was_given_in_time_is_repeated_after_it(void **state)
{
	static const char until[] = ",\"until\":\"2026-09-21T22:14:20+08:00\"";
	WARD(w);
	CLEANUP(answer_end) struct answer a = { 0 };
	int64_t id = ward_raise(&w, WARD_LEAD, "430802001001", ""), turn = ward_turn(&w, id), n;

	assert_int_equal(ward_do_at(&w, WARD_LEAD, id, "tighten", turn, until, &a), 200);
	n = ward_scalar(&w, "SELECT count(*) FROM task_history");
	ward_sleep(120);
	assert_int_equal(ward_do_at(&w, WARD_LEAD, id, "tighten", turn, until, &a), 200);
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM task_history"), n);
	refused(&w, WARD_LEAD, id, "tighten", until, 422, "until");
	refused(&w, WARD_WORKER, id, "tighten", until, 403, "who");
	sound(&w);
}

static void what_takes_no_deadline_is_not_refused_for_one(void **state)
{
	static const char past[] = ",\"until\":\"1999-01-01T00:00:00Z\"",
			  proof[] = ",\"text\":\"好\",\"until\":\"1999-01-01T00:00:00Z\"";
	WARD(w);
	int64_t id = ward_raise(&w, WARD_LEAD, "430802001001", "");
	int64_t by = ward_scalar(&w, "SELECT done_by FROM tasks");

	assert_int_equal(ward_do(&w, WARD_WORKER, id, "accept", past), 200);
	assert_int_equal(ward_do(&w, WARD_WORKER, id, "prove", proof), 200);
	assert_int_equal(ward_do(&w, WARD_CLERK, id, "close", past), 200);
	assert_int_equal(ward_scalar(&w, "SELECT done_by FROM tasks"), by);
}

static void nobody_raises_where_they_have_no_say_or_nobody_answers(void **state)
{
	static const char body[] = "{\"area\":\"%s\",\"sector\":\"%s\",\"rule\":\"%s\","
				   "\"title\":\"查看\",\"needs\":[\"text\"]}";
	WARD(w);
	CLEANUP(answer_end) struct answer a = { 0 };
	char text[300];

	(void)snprintf(text, sizeof text, body, "430822", "mine", WARD_RULE);
	assert_int_equal(ward_status(&w, WARD_LEAD, "POST", "/api/v1/tasks", text), 404);
	(void)snprintf(text, sizeof text, body, "430802", "mine", WARD_RULE);
	assert_int_equal(ward_status(&w, WARD_WORKER, "POST", "/api/v1/tasks", text), 403);
	(void)snprintf(text, sizeof text, body, "430802001", "fire", WARD_RULE);
	assert_int_equal(ward_ask(&w, WARD_LEAD, "POST", "/api/v1/tasks", text, &a), 422);
	assert_string_equal(ward_text(&a, "field"), "area");
	(void)snprintf(text, sizeof text, body, "430802001", "mine", "nothing");
	assert_int_equal(ward_ask(&w, WARD_LEAD, "POST", "/api/v1/tasks", text, &a), 422);
	assert_string_equal(ward_text(&a, "field"), "rule");
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM tasks"), 0);
}

static void what_nobody_accepts_climbs_level_by_level(void **state)
{
	WARD(w);
	int64_t id = ward_raise(&w, WARD_LEAD, "430802001001", "");

	ward_pass(&w, 14 * 60);
	assert_int_equal(ward_scalar(&w, "SELECT late FROM tasks"), 0);
	ward_pass(&w, 61);
	assert_int_equal(ward_scalar(&w, "SELECT late FROM tasks"), 1);
	assert_int_equal(ward_scalar(&w, "SELECT level FROM tasks"), 1); /* no grace in this way */
	ward_pass(&w, 30 * 60);
	assert_int_equal(ward_scalar(&w, "SELECT level FROM tasks"), 2);
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM task_notice WHERE say = 'climb'"
					 " AND urgent = 1"),
			 2);
	ward_pass(&w, 0);
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM task_notice WHERE say = 'climb'"),
			 2);
	assert_int_equal(ward_do(&w, WARD_WORKER, id, "accept", ""), 200);
	assert_int_equal(ward_scalar(&w, "SELECT level FROM tasks"), 0);
	sound(&w);
}

static void steps_of_the_noun_are_rows_of_the_flow(void **state)
{
	(void)state;
	for (size_t i = 0; i < task_noun.n_steps; i++) {
		const struct step *s = &task_noun.step[i];
		const struct flow_row *row = NULL;

		for (int on = 0; on < FLOW_ON_N; on++)
			if (strcmp(flow_say_words[on].word, s->event) == 0)
				row = flow_row_of((enum flow_phase)s->from, (enum flow_on)on);
		if (!row || row->to != s->to)
			fail_msg("%s from %d", s->event, s->from);
	}
	for (size_t i = 0; i < flow_n_rows; i++)
		for (int from = 0; from < FLOW_PHASE_N; from++) {
			const struct flow_row *r = &flow_rows[i];

			if (!(r->from >> from & 1) || r->to == FLOW_SAME || r->to == from ||
			    r->who == FLOW_BY_HOUSE)
				continue;
			if (!noun_step(&task_noun, from, str_of(flow_say_words[r->on].word)))
				fail_msg("no step %s from %d", flow_say_words[r->on].word, from);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(a_task_goes_from_raised_to_closed_by_two_people),
		ON_BOTH(the_page_says_whose_turn_it_is_and_what_the_caller_may_do),
		ON_BOTH(refusals_speak_the_words_of_the_flow),
		ON_BOTH(one_person_with_two_accounts_checks_nothing_of_their_own),
		ON_BOTH(two_namesakes_check_each_other_when_accounts_say_whose_they_are),
		ON_BOTH(what_cannot_be_seen_is_no_proof_and_no_reason),
		ON_BOTH(a_task_is_about_a_row_that_its_raiser_sees),
		ON_BOTH(a_repeat_answers_as_the_first_and_changes_nothing),
		ON_BOTH(an_offer_is_seen_and_taken_by_who_lies_elsewhere),
		ON_BOTH(a_task_is_assigned_extended_and_returned_by_those_above),
		ON_BOTH(a_deadline_lies_ahead_whoever_gives_it),
		ON_BOTH(a_deadline_that_was_given_in_time_is_repeated_after_it),
		ON_BOTH(what_takes_no_deadline_is_not_refused_for_one),
		ON_BOTH(nobody_raises_where_they_have_no_say_or_nobody_answers),
		ON_BOTH(what_nobody_accepts_climbs_level_by_level),
		cmocka_unit_test(steps_of_the_noun_are_rows_of_the_flow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
