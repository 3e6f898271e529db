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
#include "grid/grid.h"
#include "look/look.h"
#include "record/record.h"
#include "support/desk.h"
#include "support/vaulted.h"

struct office {
	struct desk k;
	struct vaulted h;
	struct record_book *book;
	struct zone *zone;
	struct look *look;
	struct clock wall;
	int64_t subject;
	char number[19];
	struct visitor asker, peer, second, overseer, none;
};

static struct office o;

static const struct sql set_department = {
	.name = "test.department",
	.text = "UPDATE accounts SET organisation = $2 WHERE id = $1",
	.args = "ii",
	.act = SQL_WRITE,
	.across = "a test",
};

static enum err give_department(struct tx *tx, void *arg, struct fault *f)
{
	const int64_t *v = arg;

	return tx_run(tx, &set_department, SQL_ARGS(sql_i64(v[0]), sql_i64(v[1])), NULL, f);
}

static void member(struct database *d, const char *login, enum role role, int64_t department,
		   struct visitor *ret)
{
	int64_t v[2] = { desk_account(&o.k, login, role_bit(role), "430802"), department };

	if (department)
		MUST(db_write(d->db, give_department, v, &d->fault));
	desk_sign_in(&o.k, login, ret);
}

static void keep_somebody(void)
{
	struct vault_row r = { .row = 1 };
	struct vault_staged_row staged;

	vaulted_id_number(77, o.number);
	r.who = vaulted_person("覃小英", o.number, "13800001111");
	assert_int_equal(vault_stage(o.h.v, 1, &r, 1, &staged, &o.h.fault), OK);
	assert_int_equal(vault_keep(o.h.v, 1, &o.h.fault), OK);
	o.subject = staged.subject;
}

/* The vault first: it is forked before the database has threads. */
static int open_office(void **state, int (*database)(void **state))
{
	struct route_list list;
	struct database *d;

	memset(&o, 0, sizeof o);
	vaulted_open(&o.h, CRYPT_WORLD);
	keep_somebody();
	if (database(state))
		return -1;
	d = *state;
	o.wall = desk_clock(&o.k);
	MUST(zone_open("Asia/Shanghai", &o.zone, &d->fault));
	MUST(record_open(&(struct record_options){ .nouns = grid_nouns,
						   .n = grid_nouns_n,
						   .zone = o.zone,
						   .clock = &o.wall },
			 &o.book, &d->fault));
	MUST(look_open(&(struct look_options){ o.h.v, o.h.signer, o.book }, &o.look, &d->fault));
	list = look_routes(o.look);
	desk_open(&o.k, d, &list, 1);
	*o.h.now_s = o.k.now;
	member(d, "asker", ROLE_INVESTIGATOR, 11, &o.asker);
	member(d, "peer", ROLE_INVESTIGATOR, 11, &o.peer);
	member(d, "second", ROLE_DUTY_OFFICER, 12, &o.second);
	member(d, "none", ROLE_DUTY_OFFICER, 0, &o.none);
	member(d, "overseer", ROLE_OVERSEER, 0, &o.overseer);
	return 0;
}

static int on_sqlite(void **state)
{
	return open_office(state, database_on_sqlite);
}

static int on_postgresql(void **state)
{
	return open_office(state, database_on_postgresql);
}

static int close_office(void **state)
{
	desk_close(&o.k);
	look_close(&o.look);
	record_end(&o.book);
	zone_end(&o.zone);
	vaulted_close(&o.h);
	crypt_signer_end(&o.h.signer);
	return database_gone(state) || system("rm -rf house");
}

/* ---- asking ---- */

static void ask(struct visitor *who, const char *tail, const char *body, struct answer *a)
{
	char target[96];

	(void)snprintf(target, sizeof target, "/api/v1/break-glass%s", tail);
	desk_ask(&o.k, who, "POST", target, NULL, body, a);
}

static const char *code_of(struct visitor *who, const char *tail, const char *body)
{
	static char code[32];
	CLEANUP(answer_end) struct answer a = { 0 };

	ask(who, tail, body, &a);
	if (a.status / 100 == 2)
		return "ok";
	(void)snprintf(code, sizeof code, "%s", desk_json(&o.k, &a, "code"));
	return code;
}

/* A question that is good; its number. */
static void asked(char ret[24])
{
	CLEANUP(answer_end) struct answer a = { 0 };
	char body[512];

	(void)snprintf(body, sizeof body,
		       "{\"area\":\"430802\",\"matter\":\"case/9\",\"agency\":\"cdc\","
		       "\"reason\":\"高热昏迷，须立即联系家属\",\"people\":[\"%lld\"]}",
		       (long long)o.subject);
	ask(&o.asker, "", body, &a);
	assert_int_equal(a.status, 201);
	(void)snprintf(ret, 24, "%s", desk_json(&o.k, &a, "id"));
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
	assert_string_equal(code_of(&o.asker, tail_of(id, "names"), "{}"), "conflict");
	assert_string_equal(code_of(&o.second, tail_of(id, "answer"), "{\"approve\":true}"), "ok");
	assert_string_equal(code_of(&o.second, tail_of(id, "names"), "{}"), "conflict");
	ask(&o.asker, tail_of(id, "names"), "{}", &a);
	assert_int_equal(a.status, 200);
	assert_true(holds(&a, "覃小英") && holds(&a, "13800001111"));
	assert_false(holds(&a, o.number)); /* the centre needs none */
	assert_string_equal(code_of(&o.asker, tail_of(id, "names"), "{}"), "conflict");
	assert_int_equal(desk_entries(&o.k, "430802", "break_glass"), 1);
}

/* Sessions are over by then. */
static void half_an_hour(void)
{
	desk_pass(&o.k, 30 * 60);
	*o.h.now_s = o.k.now;
	desk_sign_in(&o.k, "asker", &o.asker);
	desk_sign_in(&o.k, "second", &o.second);
}

static void whatever_is_not_two_of_two_departments_in_time_is_refused(void **state)
{
	char id[24];

	(void)state;
	asked(id);
	assert_string_equal(code_of(&o.asker, tail_of(id, "answer"), "{\"approve\":true}"),
			    "conflict"); /* one's own */
	assert_string_equal(code_of(&o.peer, tail_of(id, "answer"), "{\"approve\":true}"),
			    "conflict"); /* the same department */
	assert_string_equal(code_of(&o.none, tail_of(id, "answer"), "{\"approve\":true}"),
			    "conflict"); /* of none */
	assert_string_equal(code_of(&o.overseer, tail_of(id, "answer"), "{\"approve\":true}"),
			    "role");
	assert_string_equal(code_of(&o.second, tail_of(id, "answer"), "{\"approve\":false}"), "ok");
	assert_string_equal(code_of(&o.second, tail_of(id, "answer"), "{\"approve\":true}"),
			    "conflict");
	assert_string_equal(code_of(&o.asker, tail_of(id, "names"), "{}"), "conflict");

	asked(id); /* answered too late */
	half_an_hour();
	assert_string_equal(code_of(&o.second, tail_of(id, "answer"), "{\"approve\":true}"),
			    "conflict");
	asked(id); /* used too late */
	assert_string_equal(code_of(&o.second, tail_of(id, "answer"), "{\"approve\":true}"), "ok");
	half_an_hour();
	assert_string_equal(code_of(&o.asker, tail_of(id, "names"), "{}"), "conflict");
	assert_int_equal(desk_entries(&o.k, "430802", "break_glass"), 0);
}

static void a_question_without_reason_matter_or_people_is_refused(void **state)
{
	static const char *const bad[] = {
		"{\"area\":\"430802\",\"matter\":\"c\",\"agency\":\"cdc\",\"reason\":\"short\","
		"\"people\":[\"5\"]}",
		"{\"area\":\"430802\",\"matter\":\"c\",\"agency\":\"telecom\","
		"\"reason\":\"one must be found tonight\",\"people\":[\"5\"]}",
		"{\"area\":\"430802\",\"matter\":\"c\",\"agency\":\"cdc\","
		"\"reason\":\"one must be found tonight\",\"people\":[]}",
		"{\"area\":\"430802\",\"matter\":\"c\",\"agency\":\"cdc\","
		"\"reason\":\"one must be found tonight\",\"people\":[\"x\"]}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_string_equal(code_of(&o.asker, "", bad[i]), "range");
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
	assert_string_equal(code_of(&o.second, tail_of(id, "answer"), "{\"approve\":true}"), "ok");
	assert_string_equal(code_of(&o.asker, tail_of(id, "names"), "{}"), "ok");
	(void)snprintf(body, sizeof body, "{\"id_number\":\"%s\"}", o.number);
	(void)snprintf(subject, sizeof subject, "%lld", (long long)o.subject);
	desk_ask(&o.k, &o.overseer, "POST", "/api/v1/access-report", NULL, body, &a);
	assert_int_equal(a.status, 200);
	assert_true(holds(&a, subject) && holds(&a, "case/9") && holds(&a, "break_glass"));
	assert_false(holds(&a, o.number) || holds(&a, "覃小英"));
	assert_int_equal(desk_status(&o.k, &o.asker, "POST", "/api/v1/access-report", body), 403);
	desk_ask(&o.k, &o.asker, "GET", "/api/v1/looks", NULL, NULL, &mine);
	assert_true(mine.status == 200 && holds(&mine, subject));
	answer_end(&mine);
	desk_ask(&o.k, &o.second, "GET", "/api/v1/looks", NULL, NULL, &mine);
	assert_true(mine.status == 200 && !holds(&mine, subject)); /* approved, and did not see */
	desk_ask(&o.k, &o.overseer, "GET", "/api/v1/break-glass", NULL, NULL, &all);
	assert_true(all.status == 200 && holds(&all, "used") && holds(&all, "case/9"));
	assert_int_equal(desk_status(&o.k, &o.overseer, "POST", "/api/v1/access-report",
				     "{\"id_number\":\"430802199003071234\"}"),
			 400 + 22);
}

static void without_a_vault_an_approved_question_waits(void **state)
{
	char id[24];

	(void)state;
	asked(id);
	assert_string_equal(code_of(&o.second, tail_of(id, "answer"), "{\"approve\":true}"), "ok");
	vault_stop(&o.h.process);
	assert_string_equal(code_of(&o.asker, tail_of(id, "names"), "{}"), "busy");
	assert_int_equal(desk_entries(&o.k, "430802", "break_glass"), 0);
	assert_int_equal(desk_status(&o.k, &o.asker, "GET", "/api/v1/looks", NULL), 200);
}

#define BOTH(test) \
	{ #test " (SQLite)", test, on_sqlite, close_office, NULL }, \
	{ \
#test " (PostgreSQL)", test, on_postgresql, close_office, NULL \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(two_of_two_departments_and_one_of_them_is_told_once),
		BOTH(whatever_is_not_two_of_two_departments_in_time_is_refused),
		BOTH(a_question_without_reason_matter_or_people_is_refused),
		BOTH(a_person_is_told_exactly_who_looked_and_the_overseer_sees_what_was_asked),
		BOTH(without_a_vault_an_approved_question_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
