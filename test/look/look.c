/* look.c - names in an emergency, by two of two departments; and the reports of who looked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "support/office.h"

/* ---- asking ---- */

static void ask(struct visitor *who, const char *tail, const char *body, struct answer *a)
{
	char target[96];

	(void)snprintf(target, sizeof target, "/api/v1/break-glass%s", tail);
	desk_ask(&office.k, who, "POST", target, NULL, body, a);
}

static const char *code_of(struct visitor *who, const char *tail, const char *body)
{
	static char code[32];
	CLEANUP(answer_end) struct answer a = { 0 };

	ask(who, tail, body, &a);
	if (a.status / 100 == 2)
		return "ok";
	(void)snprintf(code, sizeof code, "%s", desk_json(&office.k, &a, "code"));
	return code;
}

/* A question that is good; its number. */
static void asked(char ret[24])
{
	CLEANUP(answer_end) struct answer a = { 0 };
	char body[512];

	(void)snprintf(body, sizeof body,
		       "{\"area\":\"430802\",\"matter\":\"case/9\","
		       "\"reason\":\"高热昏迷，须立即联系家属\",\"people\":[\"%lld\"]}",
		       (long long)office.subject);
	ask(&office.asker, "", body, &a);
	assert_int_equal(a.status, 201);
	(void)snprintf(ret, 24, "%s", desk_json(&office.k, &a, "id"));
}

static const char *tail_of(const char *id, const char *what)
{
	static char tail[64];

	(void)snprintf(tail, sizeof tail, "/%s/%s", id, what);
	return tail;
}

static bool holds(const struct answer *a, const char *what)
{
	return memmem(a->body.p, a->body.n, what, strlen(what)) != NULL;
}

static void two_of_two_departments_and_one_of_them_is_told_once(void **state)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	char id[24];

	(void)state;
	asked(id);
	assert_string_equal(code_of(&office.asker, tail_of(id, "names"), "{}"), "conflict");
	assert_string_equal(code_of(&office.second, tail_of(id, "answer"), "{\"approve\":true}"),
			    "ok");
	assert_string_equal(code_of(&office.second, tail_of(id, "names"), "{}"), "conflict");
	ask(&office.asker, tail_of(id, "names"), "{}", &a);
	assert_int_equal(a.status, 200);
	assert_true(holds(&a, "覃小英") && holds(&a, "13800001111"));
	assert_false(holds(&a, office.number)); /* the centre needs none */
	assert_string_equal(code_of(&office.asker, tail_of(id, "names"), "{}"), "conflict");
	assert_int_equal(desk_entries(&office.k, "430802", "break_glass"), 1);
}

/* Sessions are over by then. */
static void half_an_hour(void)
{
	desk_pass(&office.k, 30 * 60);
	*office.h.now_s = office.k.now;
	desk_sign_in(&office.k, "asker", &office.asker);
	desk_sign_in(&office.k, "second", &office.second);
}

static void whatever_is_not_two_of_two_departments_in_time_is_refused(void **state)
{
	char id[24];

	(void)state;
	asked(id);
	assert_string_equal(code_of(&office.asker, tail_of(id, "answer"), "{\"approve\":true}"),
			    "conflict"); /* one's own */
	assert_string_equal(code_of(&office.peer, tail_of(id, "answer"), "{\"approve\":true}"),
			    "conflict"); /* the same department */
	assert_string_equal(code_of(&office.none, tail_of(id, "answer"), "{\"approve\":true}"),
			    "conflict"); /* of none */
	assert_string_equal(code_of(&office.overseer, tail_of(id, "answer"), "{\"approve\":true}"),
			    "role");
	assert_string_equal(code_of(&office.second, tail_of(id, "answer"), "{\"approve\":false}"),
			    "ok");
	assert_string_equal(code_of(&office.second, tail_of(id, "answer"), "{\"approve\":true}"),
			    "conflict");
	assert_string_equal(code_of(&office.asker, tail_of(id, "names"), "{}"), "conflict");

	asked(id); /* answered too late */
	half_an_hour();
	assert_string_equal(code_of(&office.second, tail_of(id, "answer"), "{\"approve\":true}"),
			    "conflict");
	asked(id); /* used too late */
	assert_string_equal(code_of(&office.second, tail_of(id, "answer"), "{\"approve\":true}"),
			    "ok");
	half_an_hour();
	assert_string_equal(code_of(&office.asker, tail_of(id, "names"), "{}"), "conflict");
	assert_int_equal(desk_entries(&office.k, "430802", "break_glass"), 0);
}

/* ---- one person with two accounts ---- */

static const struct sql is_whose = {
	.name = "test.whose",
	.text = "UPDATE accounts SET name = $2, phone = $3, officer = $4 WHERE login = $1",
	.args = "ttti",
	.act = SQL_WRITE,
	.across = "a test",
};
struct whose {
	const char *login, *name, *phone;
	int64_t officer;
};

static enum err whose_act(struct tx *tx, void *arg, struct fault *f)
{
	const struct whose *w = arg;

	return tx_run(tx, &is_whose,
		      SQL_ARGS(sql_text(str_of(w->login)), sql_text(str_of(w->name)),
			       w->phone ? sql_text(str_of(w->phone)) : sql_null(),
			       w->officer ? sql_i64(w->officer) : sql_null()),
		      NULL, f);
}

static void one_person_with_two_accounts_approves_nothing_of_their_own(void **state)
{
	static const struct {
		struct whose asker, second;
		const char *code;
	} cases[] = {
		{ { "asker", "覃甲", "0744-8220001", 31 },
		  { "second", "覃乙", NULL, 31 },
		  "conflict" },
		{ { "asker", "覃甲", "0744-8220001", 0 },
		  { "second", "覃乙", "07448220001", 32 },
		  "conflict" },
		{ { "asker", "覃甲", NULL, 31 }, { "second", "覃甲", NULL, 0 }, "conflict" },
		{ { "asker", "覃甲", NULL, 0 }, { "second", "覃乙", NULL, 0 }, "ok" },
		/* One person with two posts; then two of one name, and two at one telephone. */
		{ { "asker", "覃甲", "0744-8220001", 31 },
		  { "second", "覃甲", "0744-8220001", 32 },
		  "conflict" },
		{ { "asker", "覃甲", "0744-8220001", 31 },
		  { "second", "覃甲", "0744-8220002", 32 },
		  "ok" },
		{ { "asker", "覃甲", "0744-8220001", 31 },
		  { "second", "覃乙", "0744-8220001", 32 },
		  "ok" },
	};
	struct database *d = *state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char id[24];
		struct whose asker = cases[i].asker, second = cases[i].second;

		MUST(db_write(d->db, whose_act, &asker, &d->fault));
		MUST(db_write(d->db, whose_act, &second, &d->fault));
		asked(id);
		assert_string_equal(code_of(&office.second, tail_of(id, "answer"),
					    "{\"approve\":true}"),
				    cases[i].code);
	}
}

/* ---- which agency ---- */

static const struct sql is_a = {
	.name = "test.is_a",
	.text = "UPDATE organisations SET kind = $1, state = $2 WHERE id = 11",
	.args = "tt",
	.act = SQL_WRITE,
	.across = "a test",
	.scan = "a test",
};

struct kind {
	const char *kind, *state, *code, *told, *untold;
};

static enum err is_a_act(struct tx *tx, void *arg, struct fault *f)
{
	const struct kind *k = arg;

	return tx_run(tx, &is_a, SQL_ARGS(sql_text(str_of(k->kind)), sql_text(str_of(k->state))),
		      NULL, f);
}

static void become(struct database *d, struct kind k)
{
	MUST(db_write(d->db, is_a_act, &k, &d->fault));
}

/* Whoever says which agency they are says so in vain, and who is of none is told no name. */
static void the_agency_follows_from_the_account_and_not_from_what_is_asked(void **state)
{
	static const char *const body = "{\"area\":\"430802\",\"matter\":\"c\",%s"
					"\"reason\":\"one must be found tonight\","
					"\"people\":[\"5\"]}";
	const struct kind kinds[] = {
		{ "cdc", "active", "ok", "13800001111", office.number },
		{ "police", "active", "ok", office.number, "13800001111" },
		{ "community", "active", "ok", "known", "覃小英" },
		{ "government", "active", "conflict", NULL, NULL },
		{ "health", "active", "conflict", NULL, NULL },
		{ "cdc", "suspended", "conflict", NULL, NULL },
	};
	struct database *d = *state;
	char text[300], id[24];

	(void)snprintf(text, sizeof text, body, "\"agency\":\"police\",");
	assert_string_equal(code_of(&office.asker, "", text), "syntax");
	(void)snprintf(text, sizeof text, body, "");
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		CLEANUP(answer_end) struct answer a = { 0 };

		become(d, kinds[i]);
		assert_string_equal(code_of(&office.asker, "", text), kinds[i].code);
		desk_ask(&office.k, &office.asker, "GET", "/api/v1/break-glass", NULL, NULL, &a);
		assert_true(a.status == 200 &&
			    holds(&a, kinds[i].told ? kinds[i].kind : "\"agency\":null") &&
			    holds(&a, "\"department\":true"));
		answer_end(&a);
		if (!kinds[i].told)
			continue;
		asked(id);
		assert_string_equal(code_of(&office.second, tail_of(id, "answer"),
					    "{\"approve\":true}"),
				    "ok");
		ask(&office.asker, tail_of(id, "names"), "{}", &a);
		assert_true(a.status == 200 && holds(&a, kinds[i].told) &&
			    !holds(&a, kinds[i].untold));
	}
}

/* What was approved is what one agency may see. */
static void whoever_changes_the_agency_after_it_was_approved_is_told_nothing(void **state)
{
	char id[24];

	asked(id);
	assert_string_equal(code_of(&office.second, tail_of(id, "answer"), "{\"approve\":true}"),
			    "ok");
	become(*state, (struct kind){ "police", "active", NULL, NULL, NULL });
	assert_string_equal(code_of(&office.asker, tail_of(id, "names"), "{}"), "conflict");
	become(*state, (struct kind){ "cdc", "active", NULL, NULL, NULL });
	assert_string_equal(code_of(&office.asker, tail_of(id, "names"), "{}"), "ok");
}

static void a_question_without_reason_matter_or_people_is_refused(void **state)
{
	static const char *const bad[] = {
		"{\"area\":\"430802\",\"matter\":\"c\",\"reason\":\"short\","
		"\"people\":[\"5\"]}",
		"{\"area\":\"430802\",\"matter\":\"第十七号\","
		"\"reason\":\"one must be found tonight\",\"people\":[\"5\"]}",
		"{\"area\":\"430802\",\"matter\":\"c\","
		"\"reason\":\"one must be found tonight\",\"people\":[]}",
		"{\"area\":\"430802\",\"matter\":\"c\","
		"\"reason\":\"one must be found tonight\",\"people\":[\"x\"]}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_string_equal(code_of(&office.asker, "", bad[i]), "range");
}

/* ---- who looked ---- */

static void a_person_is_told_exactly_who_looked_and_the_overseer_sees_what_was_asked(void **state)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	CLEANUP(answer_end) struct answer mine = { 0 };
	CLEANUP(answer_end) struct answer all = { 0 };
	char id[24], body[64], subject[24];

	(void)state;
	asked(id);
	assert_string_equal(code_of(&office.second, tail_of(id, "answer"), "{\"approve\":true}"),
			    "ok");
	assert_string_equal(code_of(&office.asker, tail_of(id, "names"), "{}"), "ok");
	(void)snprintf(body, sizeof body, "{\"id_number\":\"%s\"}", office.number);
	(void)snprintf(subject, sizeof subject, "%lld", (long long)office.subject);
	desk_ask(&office.k, &office.overseer, "POST", "/api/v1/access-report", NULL, body, &a);
	assert_int_equal(a.status, 200);
	assert_true(holds(&a, subject) && holds(&a, "case/9") && holds(&a, "break_glass"));
	assert_true(holds(&a, "\"name\":\"asker\"},\"approved_by\":{"));
	assert_true(holds(&a, "\"name\":\"second\"}"));
	assert_false(holds(&a, office.number) || holds(&a, "覃小英"));
	assert_false(holds(&a, "\"kind\":\"report\""));
	answer_end(&a);
	desk_ask(&office.k, &office.overseer, "POST", "/api/v1/access-report", NULL, body, &a);
	assert_true(holds(&a, "\"kind\":\"report\"")); /* the one before was a look, too */
	assert_int_equal(desk_status(&office.k, &office.asker, "POST", "/api/v1/access-report",
				     body),
			 403);
	desk_ask(&office.k, &office.asker, "GET", "/api/v1/looks", NULL, NULL, &mine);
	assert_true(mine.status == 200 && holds(&mine, subject));
	answer_end(&mine);
	desk_ask(&office.k, &office.second, "GET", "/api/v1/looks", NULL, NULL, &mine);
	assert_true(mine.status == 200 && !holds(&mine, subject)); /* approved, and did not see */
	desk_ask(&office.k, &office.overseer, "GET", "/api/v1/break-glass", NULL, NULL, &all);
	assert_true(all.status == 200 && holds(&all, "used") && holds(&all, "case/9"));
	assert_int_equal(desk_status(&office.k, &office.overseer, "POST", "/api/v1/access-report",
				     "{\"id_number\":\"430802199003071234\"}"),
			 400 + 22);
}

static void without_a_vault_an_approved_question_waits(void **state)
{
	char id[24];

	(void)state;
	asked(id);
	assert_string_equal(code_of(&office.second, tail_of(id, "answer"), "{\"approve\":true}"),
			    "ok");
	vault_stop(&office.h.process);
	assert_string_equal(code_of(&office.asker, tail_of(id, "names"), "{}"), "busy");
	assert_int_equal(desk_entries(&office.k, "430802", "break_glass"), 0);
	assert_int_equal(desk_status(&office.k, &office.asker, "GET", "/api/v1/looks", NULL), 200);
}

#define BOTH(test) \
	{ #test " (SQLite)", test, office_on_sqlite, office_close, NULL }, \
	{ \
#test " (PostgreSQL)", test, office_on_postgresql, office_close, NULL \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(two_of_two_departments_and_one_of_them_is_told_once),
		BOTH(whatever_is_not_two_of_two_departments_in_time_is_refused),
		BOTH(one_person_with_two_accounts_approves_nothing_of_their_own),
		BOTH(the_agency_follows_from_the_account_and_not_from_what_is_asked),
		BOTH(whoever_changes_the_agency_after_it_was_approved_is_told_nothing),
		BOTH(a_question_without_reason_matter_or_people_is_refused),
		BOTH(a_person_is_told_exactly_who_looked_and_the_overseer_sees_what_was_asked),
		BOTH(without_a_vault_an_approved_question_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
