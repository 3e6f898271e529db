/*
 * cases.c - a house at work: a case is reported, confirmed, traced by its warrant, and nothing is
 * traced in any other way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "support/clinic.h"
#include "vault/grant.h"
#include "vault/vault.h"

static void refused(struct clinic *t, int who, const char *id, const char *warrant,
		    const char *more)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	int status = clinic_trace(t, who, id, warrant, more, &a);

	if (status < 400 || status >= 500 || answer_holds(&a, "1001"))
		fail_msg("%d %.*s", status, (int)a.body.n, a.body.p);
}

static void a_confirmed_case_is_traced_by_its_warrant_and_in_no_other_way(void **state)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	struct database *d = *state;
	char id[24], other[24], warrant[600], foreign[600], url[80], trace_id[24];
	struct clinic t;

	clinic_begin(&t, d, "town");
	clinic_report(&t, id, "1");
	clinic_report(&t, other, "2");
	clinic_visits(&t, clinic_person(&t, id), 1001);

	refused(&t, CLINIC_CHIEF, id, "", "");
	(void)snprintf(url, sizeof url, "/api/v1/cases/%s/events/confirm", id);
	assert_int_equal(clinic_status(&t, CLINIC_DOCTOR, "POST", url, ""), 403);
	assert_int_equal(clinic_status(&t, CLINIC_FAR, "POST", url, ""), 404);
	clinic_confirm(&t, CLINIC_CHIEF, id, warrant);
	clinic_confirm(&t, CLINIC_CHIEF, other, foreign);

	refused(&t, CLINIC_CHIEF, id, "", "");
	refused(&t, CLINIC_SECOND, id, warrant, "");
	refused(&t, CLINIC_FAR, id, warrant, "");
	refused(&t, CLINIC_CHIEF, other, warrant, "");
	refused(&t, CLINIC_CHIEF, id, foreign, "");
	refused(&t, CLINIC_CHIEF, id, warrant, ",\"generations\":3");
	refused(&t, CLINIC_CHIEF, id, warrant, ",\"from\":\"2020-01-01T00:00:00+08:00\"");
	refused(&t, CLINIC_CHIEF, id, warrant, ",\"from\":\"1970-01-01T00:00:00Z\"");
	for (size_t i = 0; i < strlen(warrant); i += 7) {
		char was = warrant[i];

		warrant[i] = was == 'A' ? 'B' : 'A';
		refused(&t, CLINIC_CHIEF, id, warrant, "");
		warrant[i] = was;
	}
	assert_int_equal(clinic_trace(&t, CLINIC_DOCTOR, id, warrant, "", &a), 403);
	answer_end(&a);

	if (clinic_trace(&t, CLINIC_CHIEF, id, warrant, "", &a) != 201)
		fail_msg("%.*s", (int)a.body.n, a.body.p);
	if (!answer_holds(&a, "\"n_contacts\":3") || !answer_holds(&a, "\"person\":\"1001\"") ||
	    !answer_holds(&a, "\"person\":\"1003\"") || answer_holds(&a, "\"1004\"") ||
	    answer_holds(&a, "金丝雀"))
		fail_msg("%.*s", (int)a.body.n, a.body.p);
	clinic_text(&a, "id", trace_id, sizeof trace_id);
	answer_end(&a);
	(void)snprintf(url, sizeof url, "/api/v1/traces/%s", trace_id);
	assert_int_equal(clinic_ask(&t, CLINIC_SECOND, "GET", url, "", &a), 200);
	if (!answer_holds(&a, "\"proof\":\"whole\"") || !answer_holds(&a, "\"1003\""))
		fail_msg("%.*s", (int)a.body.n, a.body.p);
	assert_int_equal(clinic_status(&t, CLINIC_FAR, "GET", url, ""), 404);
	assert_int_equal(clinic_status(&t, CLINIC_DOCTOR, "GET", url, ""), 403);
	assert_int_equal(clinic_status(&t, CLINIC_LAB, "GET", url, ""), 403);

	/* An epoch ends: the warrant speaks of nobody any more, and another is to be had. */
	struct trail_pair pair = { clinic_person(&t, id), 4242 };
	MUST(trail_renew(t.s->trail, &pair, 1, &d->fault));
	MUST(epidemic_renew(t.s->rooms.epidemic, &pair, 1, &d->fault));
	refused(&t, CLINIC_CHIEF, id, warrant, "");
	clinic_confirm_by(&t, CLINIC_CHIEF, id, "renew", warrant);
	answer_end(&a);
	assert_int_equal(clinic_trace(&t, CLINIC_CHIEF, id, warrant, "", &a), 201);
	assert_true(answer_holds(&a, "\"n_contacts\":3"));

	clinic_wall_s += 3600 * 25;
	clinic_sign_in(&t, CLINIC_CHIEF);
	refused(&t, CLINIC_CHIEF, id, warrant, "");
	clinic_end(&t);
}

static int64_t pseudonym_of(struct clinic *t, const char *name)
{
	struct vault_presence p = { .at = clinic_now() };
	struct fault f = { 0 };
	int64_t ret;

	p.who.text[VAULT_NAME] = str_of(name);
	p.who.text[VAULT_PHONE] = STR("13912345678");
	assert_int_equal(vault_pseudonym(t->s->vault, 99, &p, 1, &ret, &f), OK);
	assert_int_equal(vault_keep(t->s->vault, 99, &f), OK);
	return ret;
}

static void names(struct clinic *t, int who, const char *trace_id, const char *body,
		  struct answer *ret)
{
	char url[80];

	(void)snprintf(url, sizeof url, "/api/v1/traces/%s/names", trace_id);
	clinic_ask(t, who, "POST", url, body, ret);
}

static void the_people_of_a_trace_are_named_to_its_officer_and_to_nobody_else(void **state)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	struct database *d = *state;
	char id[24], warrant[600], trace_id[24], one[64];
	struct clinic t;

	clinic_begin(&t, d, "named");
	clinic_report(&t, id, "1");
	int64_t neighbour = pseudonym_of(&t, "邻座甲");
	clinic_visits(&t, clinic_person(&t, id), neighbour);
	clinic_confirm(&t, CLINIC_CHIEF, id, warrant);
	assert_int_equal(clinic_trace(&t, CLINIC_CHIEF, id, warrant, "", &a), 201);
	clinic_text(&a, "id", trace_id, sizeof trace_id);
	answer_end(&a);

	names(&t, CLINIC_CHIEF, trace_id, "{}", &a);
	if (a.status != 200 || !answer_holds(&a, "邻座甲") || !answer_holds(&a, "\"known\":false"))
		fail_msg("%d %.*s", a.status, (int)a.body.n, a.body.p);
	answer_end(&a);
	(void)snprintf(one, sizeof one, "{\"people\":[\"%lld\"]}", (long long)neighbour);
	names(&t, CLINIC_CHIEF, trace_id, one, &a);
	assert_true(answer_holds(&a, "邻座甲") && !answer_holds(&a, "\"known\":false"));
	answer_end(&a);
	assert_int_equal(clinic_ask(&t, CLINIC_CHIEF, "GET", "/api/v1/looks", "", &a), 200);
	if (!answer_holds(&a, "\"kind\":\"trace\"")) /* both looks are on record */
		fail_msg("%.*s", (int)a.body.n, a.body.p);
	answer_end(&a);

	const struct {
		int who;
		const char *body;
		int status;
	} refusals[] = {
		{ CLINIC_SECOND, "{}", 403 },
		{ CLINIC_FAR, "{}", 404 },
		{ CLINIC_DOCTOR, "{}", 403 },
		{ CLINIC_CHIEF, "{\"people\":[\"1004\"]}",
		  403 }, /* was elsewhere: it is not listed */
		{ CLINIC_CHIEF, "{\"people\":[]}", 422 },
		{ CLINIC_CHIEF, "{\"people\":[1001]}", 422 },
		{ CLINIC_CHIEF, "{\"people\":\"1001\"}", 422 },
	};
	for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
		names(&t, refusals[i].who, trace_id, refusals[i].body, &a);
		if (a.status != refusals[i].status || answer_holds(&a, "邻座甲"))
			fail_msg("%zu: %d %.*s", i, a.status, (int)a.body.n, a.body.p);
		answer_end(&a);
	}
	clinic_wall_s += grant_life_max(GRANT_TRACE) + 1;
	clinic_sign_in(&t, CLINIC_CHIEF);
	names(&t, CLINIC_CHIEF, trace_id, "{}", &a);
	assert_true(a.status >= 400 && a.status < 500 && !answer_holds(&a, "邻座甲"));
	clinic_end(&t);
}

static void whom_an_overturned_case_found_is_named_to_nobody_any_more(void **state)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	char id[24], warrant[600], trace_id[24], url[80];
	struct clinic t;

	clinic_begin(&t, *state, "overturned");
	clinic_report(&t, id, "1");
	clinic_visits(&t, clinic_person(&t, id), pseudonym_of(&t, "邻座甲"));
	clinic_confirm(&t, CLINIC_CHIEF, id, warrant);
	assert_int_equal(clinic_trace(&t, CLINIC_CHIEF, id, warrant, "", &a), 201);
	clinic_text(&a, "id", trace_id, sizeof trace_id);
	(void)snprintf(url, sizeof url, "/api/v1/cases/%s/events/overturn", id);
	assert_int_equal(clinic_status(&t, CLINIC_CHIEF, "POST", url, "{}"), 200);
	answer_end(&a);
	names(&t, CLINIC_CHIEF, trace_id, "{}", &a);
	if (a.status != 403 || answer_holds(&a, "邻座甲") || !answer_holds(&a, "no longer"))
		fail_msg("%d %.*s", a.status, (int)a.body.n, a.body.p);
	clinic_end(&t);
}

static void a_laboratory_confirms_with_whoever_is_not_the_laboratory(void **state)
{
	struct database *d = *state;
	char id[24], url[80], result[80], warrant[600];
	struct clinic t;

	clinic_begin(&t, d, "lab");
	clinic_report(&t, id, "1");
	(void)snprintf(result, sizeof result, "/api/v1/cases/%s/result", id);
	(void)snprintf(url, sizeof url, "/api/v1/cases/%s/events/confirm", id);
	assert_int_equal(clinic_status(&t, CLINIC_CHIEF, "POST", result,
				       "{\"result\":\"positive\"}"),
			 403);
	assert_int_equal(clinic_status(&t, CLINIC_LAB, "POST", result, "{\"result\":\"blue\"}"),
			 422);
	assert_int_equal(clinic_status(&t, CLINIC_LAB, "POST", result, "{\"result\":\"positive\"}"),
			 200);
	assert_int_equal(clinic_status(&t, CLINIC_LAB, "POST", url, ""), 403);
	clinic_confirm(&t, CLINIC_CHIEF, id, warrant);
	assert_int_equal(clinic_status(&t, CLINIC_LAB, "POST", result, "{\"result\":\"negative\"}"),
			 409);
	clinic_end(&t);
}

static const struct sql same_sql = {
	.name = "test.same",
	.text = "UPDATE accounts SET officer = 100 WHERE login = $1",
	.args = "t",
	.act = SQL_WRITE,
	.across = "a test",
};
/* This account, too, is the doctor's. */
static enum err same_act(struct tx *tx, void *login, struct fault *f)
{
	return tx_run(tx, &same_sql, SQL_ARGS(sql_text(str_of(login))), NULL, f);
}

static void refused_as_one(struct clinic *t, int who, const char *url, const char *body)
{
	CLEANUP(answer_end) struct answer a = { 0 };

	if (clinic_ask(t, who, "POST", url, body, &a) != 409 ||
	    !answer_holds(&a, "seems to be yours") || !answer_holds(&a, "请由另一人办理"))
		fail_msg("%d %.*s", a.status, (int)a.body.n, a.body.p);
}

static void one_person_with_two_accounts_confirms_no_case_of_their_own(void **state)
{
	struct database *d = *state;
	char id[24], url[80], warrant[600], chief[] = "chief";
	struct clinic t;

	clinic_begin(&t, d, "alone");
	clinic_report(&t, id, "1");
	(void)snprintf(url, sizeof url, "/api/v1/cases/%s/events/confirm", id);
	MUST(db_write(t.h->db, same_act, chief, &d->fault));
	refused_as_one(&t, CLINIC_CHIEF, url, "");
	clinic_confirm(&t, CLINIC_SECOND, id, warrant);
	clinic_end(&t);
}

static void nor_with_a_result_that_the_same_person_registers(void **state)
{
	struct database *d = *state;
	char id[24], other[24], url[80], result[80], warrant[600];
	char chief[] = "chief", labor[] = "labor";
	struct clinic t;

	clinic_begin(&t, d, "alonelab");
	clinic_report(&t, id, "1");
	clinic_report(&t, other, "2");
	(void)snprintf(result, sizeof result, "/api/v1/cases/%s/result", other);
	assert_int_equal(clinic_status(&t, CLINIC_LAB, "POST", result, "{\"result\":\"positive\"}"),
			 200);
	MUST(db_write(t.h->db, same_act, labor, &d->fault));
	MUST(db_write(t.h->db, same_act, chief, &d->fault));
	(void)snprintf(result, sizeof result, "/api/v1/cases/%s/result", id);
	refused_as_one(&t, CLINIC_LAB, result, "{\"result\":\"positive\"}");
	(void)snprintf(url, sizeof url, "/api/v1/cases/%s/events/confirm", other);
	refused_as_one(&t, CLINIC_CHIEF, url, "");
	clinic_confirm(&t, CLINIC_SECOND, other, warrant);
	clinic_end(&t);
}

static void what_nobody_confirms_in_two_days_the_overseer_sees(void **state)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	struct database *d = *state;
	char id[24];
	struct clinic t;

	clinic_begin(&t, d, "late");
	clinic_report(&t, id, "1");
	assert_int_equal(clinic_ask(&t, CLINIC_OVERSEER, "GET", "/api/v1/unconfirmed-cases", "",
				    &a),
			 200);
	assert_false(answer_holds(&a, id));
	answer_end(&a);
	clinic_sign_in(&t, CLINIC_CHIEF);
	clinic_wall_s += 3600 * 49;
	clinic_sign_in(&t, CLINIC_OVERSEER);
	assert_int_equal(clinic_ask(&t, CLINIC_OVERSEER, "GET", "/api/v1/unconfirmed-cases", "",
				    &a),
			 200);
	assert_true(answer_holds(&a, id));
	assert_int_equal(clinic_status(&t, CLINIC_CHIEF, "GET", "/api/v1/unconfirmed-cases", ""),
			 401);
	clinic_end(&t);
}

/* A day in one hall with 1,500 others, who come and go: more than a request has room for. */
static void a_trace_of_a_crowd_is_answered_and_read_again(void **state)
{
	enum { OTHERS = 1500, TIMES = 72, TIME_S = 1200 };
	CLEANUP(answer_end) struct answer a = { 0 };
	char id[24], warrant[600], url[80], trace_id[24];
	struct trail_visit *v = mem_take(OTHERS * TIMES + 1, sizeof *v);
	struct clinic t;
	size_t n = 0;

	assert_non_null(v);
	clinic_begin(&t, *state, "hall");
	clinic_report(&t, id, "1");
	const int64_t from = clinic_evening(&t, 2);
	v[n++] = (struct trail_visit){ .person = clinic_person(&t, id),
				       .place = { 77 },
				       .from = { from },
				       .to = { from + TIMES * TIME_S } };
	for (int64_t person = 1; person <= OTHERS; person++)
		for (int64_t i = 0; i < TIMES; i++)
			v[n++] = (struct trail_visit){ .person = 10000 + person,
						       .place = { 77 },
						       .from = { from + i * TIME_S },
						       .to = { from + (i + 1) * TIME_S - 60 } };
	clinic_keep(&t, 5, v, n);
	mem_drop(v);
	clinic_confirm(&t, CLINIC_CHIEF, id, warrant);
	if (clinic_trace(&t, CLINIC_CHIEF, id, warrant, "", &a) != 201)
		fail_msg("%.*s", (int)min_size(a.body.n, 600), a.body.p);
	assert_true(answer_holds(&a, "\"n_contacts\":1500,\"n_encounters\":108000"));
	clinic_text(&a, "id", trace_id, sizeof trace_id);
	answer_end(&a);
	(void)snprintf(url, sizeof url, "/api/v1/traces/%s", trace_id);
	assert_int_equal(clinic_ask(&t, CLINIC_SECOND, "GET", url, "", &a), 200);
	assert_true(answer_holds(&a, "\"proof\":\"whole\""));
	clinic_end(&t);
}

static int by_sql(void **state)
{
	clinic_trace_by = "sql";
	return database_on_postgresql(state);
}

static int by_sql_gone(void **state)
{
	clinic_trace_by = NULL;
	return database_gone(state);
}

#define BY_SQL(test) \
	{ \
#test " (PostgreSQL, by SQL)", test, by_sql, by_sql_gone, NULL \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(a_confirmed_case_is_traced_by_its_warrant_and_in_no_other_way),
		ON_BOTH(the_people_of_a_trace_are_named_to_its_officer_and_to_nobody_else),
		ON_BOTH(whom_an_overturned_case_found_is_named_to_nobody_any_more),
		BY_SQL(a_confirmed_case_is_traced_by_its_warrant_and_in_no_other_way),
		BY_SQL(the_people_of_a_trace_are_named_to_its_officer_and_to_nobody_else),
		ON_SQLITE(a_laboratory_confirms_with_whoever_is_not_the_laboratory),
		ON_SQLITE(a_trace_of_a_crowd_is_answered_and_read_again),
		ON_SQLITE(one_person_with_two_accounts_confirms_no_case_of_their_own),
		ON_SQLITE(nor_with_a_result_that_the_same_person_registers),
		ON_SQLITE(what_nobody_confirms_in_two_days_the_overseer_sees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
