/* account.c - an account as a noun: made with a password for once, suspended, closed, imported. */
#include "grid/account.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "grid/grid.h"
#include "support/desk.h"

#include "base/ban.h"

/* A desk with the nouns of the grid, a system administrator and the other one. */
struct place {
	struct record_book *book;
	struct zone *zone;
	struct desk k;
	struct visitor runs, grants;
	int64_t runs_id;
};

static void place_open(struct place *p, struct database *d)
{
	struct record_options o = { .nouns = grid_nouns, .n = grid_nouns_n, .clock = &clock_wall };
	struct route_list routes;
	struct fault f = { 0 };

	memset(p, 0, sizeof *p);
	assert_int_equal(zone_open("+08:00", &p->zone, NULL), OK);
	o.zone = p->zone;
	if (record_open(&o, &p->book, &f))
		fail_msg("%s", f.en);
	routes = record_routes(p->book);
	desk_open(&p->k, d, &routes, 1);
	p->runs_id = desk_account(&p->k, "runs", role_bit(ROLE_SYSTEM_ADMIN), "4308");
	desk_account(&p->k, "grants", role_bit(ROLE_SECURITY_ADMIN), "4308");
	desk_sign_in(&p->k, "runs", &p->runs);
	desk_sign_in(&p->k, "grants", &p->grants);
}

static void place_close(struct place *p)
{
	desk_close(&p->k);
	record_end(&p->book);
	zone_free(p->zone);
}

#define OPEN(p) \
	CLEANUP(place_close) struct place p; \
	place_open(&p, *state)
#define ASK(a, p, who, method, target, headers, body) \
	CLEANUP(answer_end) struct answer a = { 0 }; \
	desk_ask(&(p).k, who, method, target, headers, body, &a)

static const char zhou[] = "{\"area\":\"430802\",\"login\":\"zhou.jia\",\"name\":\"周·合成\","
			   "\"phone\":\"0744-8222333\",\"language\":\"zh\"}";

static void is(const struct answer *a, int status)
{
	if (a->status != status)
		fail_msg("%d, not %d: %.*s", a->status, status, (int)a->body.n,
			 a->body.p ? a->body.p : "");
}

static int sign_in(struct place *p, const char *login, const char *password)
{
	char body[160];

	(void)snprintf(body, sizeof body, "{\"login\":\"%s\",\"password\":\"%s\"}", login,
		       password);
	return desk_status(&p->k, NULL, "POST", "/api/v1/session", body);
}

struct made {
	char url[96], password[64];
};

static struct made make(struct place *p)
{
	struct made m;
	ASK(a, *p, &p->runs, "POST", "/api/v1/accounts", NULL, zhou);

	is(&a, 201);
	(void)snprintf(m.url, sizeof m.url, "%.*s", (int)answer_header(&a, "Location").n,
		       answer_header(&a, "Location").p);
	(void)snprintf(m.password, sizeof m.password, "%s", desk_json(&p->k, &a, "password"));
	return m;
}

static const char *under(const struct made *m, const char *more)
{
	static char text[160];

	(void)snprintf(text, sizeof text, "%s%s", m->url, more);
	return text;
}

static void a_list_and_a_row_say_the_roles(void **state)
{
	static const char roles[] = "\"roles\":[{\"word\":\"security_admin\",\"zh\":\"安全管理员\","
				    "\"en\":\"Security administrator\"}]}";
	OPEN(p);
	ASK(list, p, &p.runs, "GET", "/api/v1/accounts", NULL, NULL);
	ASK(nouns, p, &p.runs, "GET", "/api/v1/nouns", NULL, NULL);

	is(&list, 200);
	assert_non_null(memmem(list.body.p, list.body.n, roles, sizeof roles - 1));
	assert_non_null(
		memmem(nouns.body.p, nouns.body.n, "\"name\":\"roles\",\"type\":\"words\"", 29));
	assert_non_null(memmem(nouns.body.p, nouns.body.n, "\"en_many\":\"Accounts\"", 20));
	struct made m = make(&p);
	ASK(one, p, &p.runs, "GET", m.url, NULL, NULL);

	is(&one, 200);
	assert_non_null(memmem(one.body.p, one.body.n, "\"roles\":[]", 10));
}

/* Asked for a page at once, over two counties: none has another's. */
static void each_account_of_a_list_has_its_own_roles(void **state)
{
	const struct {
		const char *login, *home;
		uint32_t roles;
		const char *says;
	} is_to_be[] = {
		{ "a.none", "430802", 0, "\"roles\":[]" },
		{ "b.two", "430811", role_bit(ROLE_DOCTOR) | role_bit(ROLE_LAB),
		  "\"roles\":[{\"word\":\"doctor\",\"zh\":\"医生\",\"en\":\"Doctor\"},"
		  "{\"word\":\"lab\"" },
		{ "c.lead", "430811", role_bit(ROLE_AREA_LEAD),
		  "\"roles\":[{\"word\":\"area_lead\"" },
		{ "d.lab", "430802", role_bit(ROLE_LAB), "\"roles\":[{\"word\":\"lab\"" },
	};
	OPEN(p);

	for (size_t i = 0; i < ARRAY_LEN(is_to_be); i++)
		desk_account_in(&p.k, is_to_be[i].login, is_to_be[i].roles, is_to_be[i].home,
				is_to_be[i].home);
	ASK(list, p, &p.runs, "GET", "/api/v1/accounts", NULL, NULL);
	is(&list, 200);
	buf_char(&list.body, '\0');
	for (size_t i = 0; i < ARRAY_LEN(is_to_be); i++) {
		char login[40];
		const char *at;

		(void)snprintf(login, sizeof login, "\"login\":\"%s\"", is_to_be[i].login);
		assert_non_null(at = strstr(list.body.p, login));
		assert_non_null(at = strstr(at, "\"roles\":"));
		if (strncmp(at, is_to_be[i].says, strlen(is_to_be[i].says)) != 0)
			fail_msg("%s: %.100s", login, at);
	}
}

static void whoever_makes_one_is_told_its_password_once(void **state)
{
	static const char key[] = "Idempotency-Key: one-and-the-same-key-1\r\n";
	OPEN(p);
	ASK(a, p, &p.runs, "POST", "/api/v1/accounts", key, zhou);
	ASK(b, p, &p.runs, "POST", "/api/v1/accounts", key, zhou);

	is(&a, 201);
	assert_int_equal(strlen(desk_json(&p.k, &a, "password")), POLICY_ONCE_BYTES - 1);
	assert_true(answer_holds(&a, "\"receipt\":"));
	is(&b, 409); /* it was done, and nobody is told a second time */
	assert_int_equal(desk_entries(&p.k, "430802", "create"), 1);
	assert_int_equal(sign_in(&p, "zhou.jia", desk_json(&p.k, &a, "password")), 200);
}

static void a_login_name_is_one_accounts_for_ever(void **state)
{
	OPEN(p);
	struct made m = make(&p);
	ASK(a, p, &p.runs, "POST", "/api/v1/accounts", NULL, zhou);

	is(&a, 409);
	assert_string_equal(desk_json(&p.k, &a, "field"), "login");
	assert_int_equal(desk_status(&p.k, &p.runs, "POST", under(&m, "/events/suspend"), NULL),
			 200);
	assert_int_equal(desk_status(&p.k, &p.runs, "POST", under(&m, "/events/close"), NULL), 200);
	ASK(b, p, &p.runs, "POST", "/api/v1/accounts", NULL, zhou);
	is(&b, 409);
	assert_int_equal(desk_status(&p.k, &p.runs, "POST", under(&m, "/password"), NULL), 409);
	assert_int_equal(desk_entries(&p.k, "430802", "create"), 1);
}

static void what_is_no_login_name_is_refused_by_its_field(void **state)
{
	static const char *const bad[] = { "Zhou", "1zhou", "zhou jia", "zh", "周甲乙" };
	char body[200];
	OPEN(p);

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		(void)snprintf(body, sizeof body,
			       "{\"area\":\"430802\",\"login\":\"%s\",\"name\":\"合成\","
			       "\"language\":\"zh\"}",
			       bad[i]);
		ASK(a, p, &p.runs, "POST", "/api/v1/accounts", NULL, body);
		is(&a, 422);
		assert_string_equal(desk_json(&p.k, &a, "field"), "login");
	}
}

static void a_suspended_account_is_out_at_once_until_it_is_resumed(void **state)
{
	struct visitor zhou_ji;
	OPEN(p);
	int64_t id = desk_account(&p.k, "zhou.ji", role_bit(ROLE_GRID_WORKER), "430802");
	struct made m;

	(void)snprintf(m.url, sizeof m.url, "/api/v1/accounts/%lld", (long long)id);
	desk_sign_in(&p.k, "zhou.ji", &zhou_ji);
	assert_int_equal(desk_status(&p.k, &zhou_ji, "GET", "/api/v1/session", NULL), 200);
	assert_int_equal(desk_status(&p.k, &p.grants, "POST", under(&m, "/events/suspend"), NULL),
			 403);
	assert_int_equal(desk_status(&p.k, &p.runs, "POST", under(&m, "/events/suspend"), NULL),
			 200);
	assert_int_equal(desk_status(&p.k, &zhou_ji, "GET", "/api/v1/session", NULL), 401);
	assert_int_equal(sign_in(&p, "zhou.ji", DESK_PASSWORD), 401);
	assert_int_equal(desk_status(&p.k, &p.runs, "POST", under(&m, "/events/resume"), NULL),
			 200);
	/* The session does not come back; they sign in again. */
	assert_int_equal(desk_status(&p.k, &zhou_ji, "GET", "/api/v1/session", NULL), 401);
	desk_pass(&p.k, 3600);
	assert_int_equal(sign_in(&p, "zhou.ji", DESK_PASSWORD), 200);
}

static void nobody_suspends_themselves(void **state)
{
	OPEN(p);
	struct made m;

	(void)snprintf(m.url, sizeof m.url, "/api/v1/accounts/%lld", (long long)p.runs_id);
	ASK(a, p, &p.runs, "POST", under(&m, "/events/suspend"), NULL, NULL);
	is(&a, 409);
	assert_int_equal(desk_status(&p.k, &p.runs, "GET", "/api/v1/session", NULL), 200);
}

static void the_administrators_see_names_and_phones_and_others_do_not(void **state)
{
	struct visitor lead;
	OPEN(p);
	struct made m = make(&p);

	desk_account(&p.k, "lead", role_bit(ROLE_AREA_LEAD), "4308");
	desk_sign_in(&p.k, "lead", &lead);
	ASK(a, p, &p.grants, "GET", "/api/v1/accounts?q=zhou", NULL, NULL);
	ASK(b, p, &p.grants, "GET", m.url, NULL, NULL);
	ASK(c, p, &lead, "GET", m.url, NULL, NULL);
	is(&a, 200);
	assert_true(answer_holds(&a, "周·合成"));
	assert_true(answer_holds(&b, "0744-8222333"));
	is(&c, 403);
	assert_int_equal(desk_status(&p.k, &p.grants, "GET", "/api/v1/organisations", NULL), 403);
}

/* Who makes accounts and may bring in files: two roles of one account. */
static void accounts_out_of_a_file_open_when_they_are_given_a_password(void **state)
{
	static const char file[] = "登录名,姓名,语言,区域\n"
				   "file.a,合成·丙,中文,430802\n"
				   "file.b,合成·丁,中文,430811\n"
				   "file.a,合成·戊,中文,430811\n";
	struct visitor both;
	struct made m;
	OPEN(p);

	desk_account(&p.k, "both", role_bit(ROLE_SYSTEM_ADMIN) | role_bit(ROLE_AREA_LEAD), "4308");
	desk_sign_in(&p.k, "both", &both);
	ASK(a, p, &both, "POST", "/api/v1/accounts/import", NULL, file);
	is(&a, 200);
	assert_true(answer_holds(&a, "\"accepted\":2,\"refused\":1"));
	assert_false(answer_holds(&a, "\"password\""));
	assert_int_equal(sign_in(&p, "file.b", DESK_PASSWORD), 401);
	ASK(b, p, &both, "GET", "/api/v1/accounts?q=file.b", NULL, NULL);
	(void)snprintf(m.url, sizeof m.url, "/api/v1/accounts/%s", desk_json(&p.k, &b, "id"));
	desk_pass(&p.k, 3600);
	ASK(c, p, &p.runs, "POST", under(&m, "/password"), NULL, NULL);
	is(&c, 401); /* an hour is longer than a session lasts */
	desk_sign_in(&p.k, "runs", &p.runs);
	ASK(d, p, &p.runs, "POST", under(&m, "/password"), NULL, NULL);
	is(&d, 200);
	assert_int_equal(sign_in(&p, "file.b", desk_json(&p.k, &d, "password")), 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(a_list_and_a_row_say_the_roles),
		ON_BOTH(each_account_of_a_list_has_its_own_roles),
		ON_BOTH(whoever_makes_one_is_told_its_password_once),
		ON_BOTH(a_login_name_is_one_accounts_for_ever),
		ON_SQLITE(what_is_no_login_name_is_refused_by_its_field),
		ON_BOTH(a_suspended_account_is_out_at_once_until_it_is_resumed),
		ON_SQLITE(nobody_suspends_themselves),
		ON_SQLITE(the_administrators_see_names_and_phones_and_others_do_not),
		ON_BOTH(accounts_out_of_a_file_open_when_they_are_given_a_password),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
