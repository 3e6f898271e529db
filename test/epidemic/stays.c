/*
 * stays.c - where a case was, who may have infected whom, and what is left when a day is over: in a
 * house at work.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "support/vaulted.h"
#include "support/clinic.h"
#include "trail/trail.h"

static int of_case(struct clinic *t, int who, const char *id, const char *what, const char *body,
		   struct answer *ret)
{
	char url[80];

	(void)snprintf(url, sizeof url, "/api/v1/cases/%s/%s", id, what);
	return clinic_ask(t, who, *body ? "POST" : "GET", url, body, ret);
}

static void stays(struct clinic *t, int who, const char *id, const char *warrant,
		  struct answer *ret)
{
	char body[800];

	(void)snprintf(body, sizeof body, "{\"warrant\":\"%s\"}", warrant);
	(void)of_case(t, who, id, "stays", body, ret);
}

static void shown(const struct answer *a, int status, const char *with, const char *without)
{
	if (a->status != status || (*with && !answer_holds(a, with)) ||
	    (*without && answer_holds(a, without)))
		fail_msg("%d, wanted %d, with %s, without %s: %.*s", a->status, status, with,
			 without, (int)a->body.n, a->body.p);
}

/* Somebody with an ID number of their own, as JSON. */
static void somebody(uint64_t n, char number[19], char ret[160])
{
	vaulted_id_number(n, number);
	(void)snprintf(ret, 160, "{\"name\":\"金丝雀甲\",\"id_number\":\"%s\"}", number);
}

static void where_a_case_was_is_told_by_its_warrant_and_noted_for_the_person(void **state)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	char id[24], warrant[600], number[19], who[160], body[64];
	struct clinic t;

	clinic_begin(&t, *state, "stays");
	somebody(1, number, who);
	clinic_report_of(&t, id, "1", 0, who);
	clinic_visits(&t, clinic_person(&t, id), 1001);
	stays(&t, CLINIC_CHIEF, id, "", &a);
	shown(&a, 403, "warrant", "\"77\"");
	answer_end(&a);
	clinic_confirm(&t, CLINIC_CHIEF, id, warrant);
	for (int k = CLINIC_DOCTOR; k < CLINIC_PEOPLE; k++) {
		if (k == CLINIC_CHIEF)
			continue;
		stays(&t, k, id, warrant, &a);
		shown(&a, k == CLINIC_FAR ? 404 : 403, "", "\"77\"");
		answer_end(&a);
	}
	stays(&t, CLINIC_CHIEF, id, warrant, &a);
	shown(&a, 200, "\"place\":\"77\",\"name\":null,\"kind\":\"restaurant\"", "\"78\"");
	assert_false(answer_holds(&a, "金丝雀") || answer_holds(&a, "1001"));
	answer_end(&a);
	(void)snprintf(body, sizeof body, "{\"id_number\":\"%s\"}", number);
	clinic_ask(&t, CLINIC_OVERSEER, "POST", "/api/v1/access-report", body, &a);
	shown(&a, 200, "\"kind\":\"stays\"", number);
	clinic_end(&t);
}

/* A meal of two, so many days ago. */
static void meal(struct clinic *t, int64_t batch, int64_t place, int back, int64_t a, int64_t b)
{
	int64_t at = clinic_evening(t, back);
	const struct trail_visit v[] = {
		{ a, { place }, { at }, { at + 5400 }, .kind = STR("restaurant") },
		{ b, { place }, { at }, { at + 5400 }, .kind = STR("restaurant") },
	};

	clinic_keep(t, batch, v, ARRAY_LEN(v));
}

static void edge(const char *from, const char *to, char ret[80])
{
	(void)snprintf(ret, 80, "{\"from\":\"%s\",\"to\":\"%s\"", from, to);
}

static void a_chain_is_of_traces_that_were_made_and_goes_with_time(void **state)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	char first[24], second[24], early[24], alone[24], warrant[600], number[19], who[160];
	char right[80], wrong[80];
	struct clinic t;

	clinic_begin(&t, *state, "chain");
	somebody(1, number, who);
	clinic_report_of(&t, first, "1", 6, who);
	somebody(2, number, who);
	clinic_report_of(&t, second, "2", 0, who);
	somebody(3, number, who);
	clinic_report_of(&t, early, "3", 10, who);
	somebody(4, number, who);
	clinic_report_of(&t, alone, "4", 0, who);
	meal(&t, 5, 77, 6, clinic_person(&t, first), clinic_person(&t, second));
	meal(&t, 6, 78, 6, clinic_person(&t, first), clinic_person(&t, early));
	clinic_confirm(&t, CLINIC_CHIEF, second, warrant);
	clinic_confirm(&t, CLINIC_CHIEF, early, warrant);
	clinic_confirm(&t, CLINIC_CHIEF, alone, warrant);
	clinic_confirm(&t, CLINIC_CHIEF, first, warrant);
	edge(first, second, right);
	edge(first, early, wrong);

	of_case(&t, CLINIC_CHIEF, first, "chain", "", &a);
	shown(&a, 200, "\"edges\":[]", second); /* nobody has traced */
	answer_end(&a);
	assert_int_equal(clinic_trace(&t, CLINIC_CHIEF, first, warrant, "", &a), 201);
	answer_end(&a);
	of_case(&t, CLINIC_CHIEF, first, "chain", "", &a);
	shown(&a, 200, right, wrong); /* who was ill four days before had it from elsewhere */
	shown(&a, 200, "\"places\":[\"77\"]", alone);
	assert_true(answer_holds(&a, "\"generation\":1") && !answer_holds(&a, "金丝雀"));
	answer_end(&a);
	of_case(&t, CLINIC_SECOND, second, "chain", "", &a);
	shown(&a, 200, right, alone);
	answer_end(&a);
	of_case(&t, CLINIC_CHIEF, alone, "chain", "", &a);
	shown(&a, 200, alone, first);
	answer_end(&a);
	shown((of_case(&t, CLINIC_FAR, first, "chain", "", &a), &a), 404, "", second);
	answer_end(&a);
	shown((of_case(&t, CLINIC_DOCTOR, first, "chain", "", &a), &a), 403, "", second);
	clinic_end(&t);
}

/* ---- what is over ---------------------------------------------------------------------------- */

static const struct sql parts_sql = {
	.name = "test.parts",
	.text = "SELECT count(*) FROM trace_part",
	.args = "",
	.across = "a test",
	.scan = "a test",
};
static enum err count_parts(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e = tx_row(tx, &parts_sql, SQL_NO_ARGS, &r, f);

	*(int64_t *)arg = e ? -1 : rows_i64(r, 0);
	return e;
}

static int64_t parts(struct clinic *t)
{
	struct database *d = t->d;
	int64_t n;

	MUST(db_read(t->h->db, count_parts, &n, &d->fault));
	return n;
}

static void a_day_that_is_over_is_in_the_calendar_with_its_proof_and_nowhere_else(void **state)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	struct database *d = *state;
	char id[24], warrant[600], day[16], want[40];
	CLEANUP(buf_release) struct buf text = { 0 };
	struct expiry_report ended;
	struct clinic t;

	clinic_begin(&t, d, "over");
	clinic_report(&t, id, "1");
	clinic_visits(&t, clinic_person(&t, id), 1001);
	clinic_confirm(&t, CLINIC_CHIEF, id, warrant);
	assert_int_equal(clinic_trace(&t, CLINIC_CHIEF, id, warrant, "", &a), 201);
	answer_end(&a);
	when_date(&text, zone_day_of(t.h->zone, clinic_now()) - 1);
	(void)snprintf(day, sizeof day, "%.*s", (int)text.n, text.p);
	(void)snprintf(want, sizeof want, "{\"day\":\"%s\",\"state\":\"kept\"", day);
	clinic_ask(&t, CLINIC_OVERSEER, "GET", "/api/v1/expiry", "", &a);
	shown(&a, 200, want, "\"ended_at\"");
	answer_end(&a);
	assert_int_equal(clinic_status(&t, CLINIC_CHIEF, "GET", "/api/v1/expiry", ""), 403);
	MUST(epidemic_expire(t.s->rooms.epidemic, &d->fault));
	assert_true(parts(&t) > 0);

	clinic_wall_s += 23 * 86400;
	clinic_sign_in(&t, CLINIC_OVERSEER);
	clinic_sign_in(&t, CLINIC_CHIEF);
	MUST(trail_expire(t.s->trail, clinic_now(), &ended, &d->fault));
	assert_true(ended.days > 0 && ended.visits == 6);
	MUST(epidemic_expire(t.s->rooms.epidemic, &d->fault));
	assert_int_equal(parts(&t), 0);
	(void)snprintf(want, sizeof want, "{\"day\":\"%s\",\"ended_at\"", day);
	clinic_ask(&t, CLINIC_OVERSEER, "GET", "/api/v1/expiry", "", &a);
	shown(&a, 200, want, "\"left\":true");
	assert_true(answer_holds(&a, "\"visits\":6") && answer_holds(&a, "\"left\":false"));
	clinic_end(&t);
}

/* Ids of rows are below, those of the gate's batches above. */
static void a_case_that_never_came_to_be_is_forgotten_by_the_vault(void **state)
{
	struct vault_row r = { .row = 1 };
	struct vault_staged_row staged;
	struct vault_state st;
	struct database *d = *state;
	char id[24];
	struct clinic t;

	clinic_begin(&t, d, "never");
	clinic_report(&t, id, "1");
	r.who = vaulted_person("金丝雀乙", "", "13800001111");
	MUST(vault_stage(t.s->vault, 4711, &r, 1, &staged, &d->fault));
	MUST(vault_stage(t.s->vault, EPIDEMIC_BATCH_END + 3, &r, 1, &staged, &d->fault));
	MUST(epidemic_settle(t.s->rooms.epidemic, clinic_now(), &d->fault));
	MUST(vault_look(t.s->vault, &st, &d->fault));
	assert_int_equal(st.batches_staged, 2); /* a request may still be under way */
	MUST(epidemic_settle(t.s->rooms.epidemic, (struct utc_s){ clinic_now().v + 601 },
			     &d->fault));
	MUST(vault_look(t.s->vault, &st, &d->fault));
	assert_int_equal(st.batches_staged, 1); /* the gate's */
	assert_int_equal(st.subjects, 2);       /* the case's own is kept */
	clinic_end(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(where_a_case_was_is_told_by_its_warrant_and_noted_for_the_person),
		ON_BOTH(a_chain_is_of_traces_that_were_made_and_goes_with_time),
		ON_BOTH(a_day_that_is_over_is_in_the_calendar_with_its_proof_and_nowhere_else),
		ON_SQLITE(a_case_that_never_came_to_be_is_forgotten_by_the_vault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
