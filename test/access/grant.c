/* grant.c - what administrators do to accounts: one-time passwords, roles, areas, API keys. */
#include "access/account.sql.h"
#include "support/desk.h"
#include "support/toys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"

#include "base/ban.h"

#define OPEN(k) \
	CLEANUP(desk_close) struct desk k = { .d = *state }; \
	desk_open(&k, *state, &toys, 1)
#define ASK(k, v, method, target, headers, body) \
	CLEANUP(answer_end) struct answer a = { 0 }; \
	desk_ask(&k, v, method, target, headers, body, &a)

static void admins(struct desk *k, struct visitor *runs, struct visitor *grants)
{
	desk_account(k, "runs", role_bit(ROLE_SYSTEM_ADMIN), "4308");
	desk_account(k, "grants", role_bit(ROLE_SECURITY_ADMIN), "4308");
	desk_sign_in(k, "runs", runs);
	desk_sign_in(k, "grants", grants);
}

static const char *of(int64_t id, const char *what)
{
	static char target[96];

	(void)snprintf(target, sizeof(target), "/api/v1/accounts/%lld/%s", (long long)id, what);
	return target;
}

/* ---- one-time passwords ---- */

static void a_one_time_password_opens_nothing_but_the_change_of_it(void **state)
{
	struct visitor runs, grants, v;
	char body[128], once[64];
	int64_t id;
	OPEN(k);

	admins(&k, &runs, &grants);
	id = desk_account(&k, "lead", role_bit(ROLE_AREA_LEAD), "430802");
	{
		ASK(k, &runs, "POST", of(id, "password"), NULL, NULL);
		assert_int_equal(a.status, 200);
		(void)snprintf(once, sizeof(once), "%s", desk_json(&k, &a, "password"));
		assert_int_equal(strlen(once), POLICY_ONCE_BYTES - 1);
	}
	(void)snprintf(body, sizeof(body), "{\"login\":\"lead\",\"password\":\"%s\"}", once);
	{
		ASK(k, NULL, "POST", "/api/v1/session", NULL, body);
		assert_int_equal(a.status, 200);
		assert_string_equal(desk_json(&k, &a, "must_change"), "true");
		(void)snprintf(v.headers, sizeof(v.headers), "Cookie: %.*s\r\n",
			       (int)strcspn(answer_header(&a, "Set-Cookie").p, ";"),
			       answer_header(&a, "Set-Cookie").p);
	}
	{
		ASK(k, &v, "GET", "/api/v1/toys/wells/1", NULL, NULL);
		assert_int_equal(a.status, 403);
		assert_string_equal(desk_json(&k, &a, "code"), "password_due");
	}
	(void)snprintf(body, sizeof(body), "{\"old\":\"%s\",\"new\":\"another-word-7\"}", once);
	assert_int_equal(desk_status(&k, &v, "PUT", "/api/v1/session/password", body), 200);
	assert_int_equal(desk_status(&k, &v, "GET", "/api/v1/toys/wells/1", NULL), 200);
}

static void a_new_password_by_an_administrator_ends_all_sessions(void **state)
{
	struct visitor runs, grants, v;
	int64_t id;
	OPEN(k);

	admins(&k, &runs, &grants);
	id = desk_account(&k, "lead", role_bit(ROLE_AREA_LEAD), "430802");
	desk_sign_in(&k, "lead", &v);
	assert_int_equal(desk_status(&k, &runs, "POST", of(id, "password"), NULL), 200);
	assert_int_equal(desk_status(&k, &v, "GET", "/api/v1/session", NULL), 401);
}

/* ---- grants ---- */

#define GRANT(roles, areas) "{\"roles\":[" roles "],\"areas\":[" areas "]}"

static void roles_and_areas_are_granted_told_and_recorded(void **state)
{
	struct visitor runs, grants, v;
	int64_t id;
	OPEN(k);

	admins(&k, &runs, &grants);
	id = desk_account(&k, "lead", 0, "");
	{
		ASK(k, &grants, "PUT", of(id, "grant"), NULL,
		    GRANT("\"area_lead\",\"inspector\"", "\"430802\",\"430802001\""));
		assert_int_equal(a.status, 200);
	}
	{
		ASK(k, &runs, "GET", of(id, "grant"), NULL, NULL);
		assert_true(answer_holds(&a, "{\"roles\":[\"inspector\",\"area_lead\"],"
					     "\"areas\":[\"430802000000000\"],\"totp\":false}"));
	}
	desk_sign_in(&k, "lead", &v);
	assert_int_equal(desk_status(&k, &v, "GET", "/api/v1/toys/wells/1", NULL), 200);
	assert_int_equal(desk_status(&k, &v, "GET", "/api/v1/toys/wells/2", NULL), 404);
	assert_int_equal(desk_entries(&k, "430802", "grant"), 1);
	assert_int_equal(desk_entries(&k, "430802", "rights"), 1);
}

static void two_admin_roles_are_refused_by_the_program(void **state)
{
	struct visitor runs, grants;
	int64_t id;
	OPEN(k);

	admins(&k, &runs, &grants);
	id = desk_account(&k, "lead", role_bit(ROLE_AUDITOR), "430802");
	ASK(k, &grants, "PUT", of(id, "grant"), NULL,
	    GRANT("\"auditor\",\"system_admin\"", "\"430802\""));
	assert_int_equal(a.status, 409);
	assert_string_equal(desk_json(&k, &a, "field"), "roles");
}

static enum err second_admin(struct tx *tx, void *arg, struct fault *f)
{
	const int64_t *id = arg;

	return tx_run(tx, &account_sql.role_add,
		      SQL_ARGS(sql_i64(430802000000000), sql_i64(*id), sql_text(STR("admin")),
			       sql_text(STR("system_admin"))),
		      NULL, f);
}

static void two_admin_roles_are_refused_by_the_table_too(void **state)
{
	int64_t id;
	OPEN(k);

	id = desk_account(&k, "lead", role_bit(ROLE_AUDITOR), "430802");
	assert_int_equal(db_write(k.d->db, second_admin, &id, NULL), ERR_EXISTS);
}

static void nobody_hands_on_what_they_do_not_have(void **state)
{
	struct visitor runs, grants;
	int64_t id;
	OPEN(k);

	admins(&k, &runs, &grants);
	id = desk_account(&k, "lead", 0, "");
	ASK(k, &grants, "PUT", of(id, "grant"), NULL, GRANT("\"area_lead\"", "\"43\""));
	assert_int_equal(a.status, 422);
	assert_string_equal(desk_json(&k, &a, "field"), "areas");
}

static void nobody_does_it_to_their_own_account(void **state)
{
	struct visitor runs, grants;
	int64_t r, g;
	OPEN(k);

	r = desk_account(&k, "runs", role_bit(ROLE_SYSTEM_ADMIN), "4308");
	g = desk_account(&k, "grants", role_bit(ROLE_SECURITY_ADMIN), "4308");
	desk_sign_in(&k, "runs", &runs);
	desk_sign_in(&k, "grants", &grants);
	assert_int_equal(desk_status(&k, &runs, "POST", of(r, "password"), NULL), 409);
	assert_int_equal(desk_status(&k, &grants, "PUT", of(g, "grant"), GRANT("", "")), 409);
	assert_int_equal(desk_status(&k, &grants, "DELETE", of(g, "totp"), NULL), 409);
}

static void a_grant_that_is_none_says_which_field(void **state)
{
	static const struct {
		const char *body, *field;
		int status;
	} bad[] = {
		{ "{}", "roles", 400 },
		{ "{\"roles\":\"lab\",\"areas\":[]}", "roles", 400 },
		{ "{\"roles\":[1],\"areas\":[]}", "roles", 400 },
		{ "{\"roles\":[\"emperor\"],\"areas\":[]}", "roles", 422 },
		{ "{\"roles\":[]}", "areas", 400 },
		{ "{\"roles\":[],\"areas\":[\"430\"]}", "areas", 422 },
		{ "{\"roles\":[],\"areas\":[\"x\"]}", "areas", 422 },
		{ "{\"roles\":[],\"areas\":[],\"more\":1}", "more", 400 },
	};
	struct visitor runs, grants;
	int64_t id;
	OPEN(k);

	admins(&k, &runs, &grants);
	id = desk_account(&k, "lead", 0, "");
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		ASK(k, &grants, "PUT", of(id, "grant"), NULL, bad[i].body);
		if (a.status != bad[i].status)
			fail_msg("%s: %d", bad[i].body, a.status);
		assert_string_equal(desk_json(&k, &a, "field"), bad[i].field);
	}
	assert_int_equal(desk_entries(&k, "430802", "grant"), 0);
}

/* ---- API keys ---- */

#define NEW_KEY \
	"{\"agency\":\"市检测中心\",\"area\":\"430802\",\"areas\":[\"430802\"]," \
	"\"capabilities\":[\"grid_read\",\"grid_write\"],\"days\":30}"

static void new_key(struct desk *k, const struct visitor *grants, struct visitor *ret, char id[24])
{
	ASK(*k, grants, "POST", "/api/v1/keys", NULL, NEW_KEY);
	assert_int_equal(a.status, 201);
	(void)snprintf(id, 24, "%s", desk_json(k, &a, "id"));
	(void)snprintf(ret->headers, sizeof(ret->headers), "Authorization: Bearer %s\r\n",
		       desk_json(k, &a, "key"));
}

static void a_key_does_what_it_holds_in_its_areas_and_no_more(void **state)
{
	struct visitor runs, grants, v;
	char id[24];
	OPEN(k);

	admins(&k, &runs, &grants);
	new_key(&k, &grants, &v, id);
	assert_int_equal(desk_status(&k, &v, "GET", "/api/v1/toys/wells/1", NULL), 200);
	assert_int_equal(desk_status(&k, &v, "GET", "/api/v1/toys/wells/2", NULL), 404);
	assert_int_equal(desk_status(&k, &v, "POST", "/api/v1/toys/wells", "{}"), 201);
	assert_int_equal(desk_status(&k, &v, "GET", "/api/v1/session", NULL), 403);
	assert_int_equal(desk_status(&k, &v, "GET", "/api/v1/keys", NULL), 403);
}

/* A program has no pages, and no browser would add the key by itself. */
static void a_key_may_write_from_wherever_it_is(void **state)
{
	struct visitor runs, grants, v;
	char id[24];
	OPEN(k);

	admins(&k, &runs, &grants);
	new_key(&k, &grants, &v, id);
	ASK(k, &v, "POST", "/api/v1/toys/wells", "Sec-Fetch-Site: cross-site\r\n", "{}");
	assert_int_equal(a.status, 201);
}

static void a_key_ends_on_its_day_or_when_it_is_withdrawn(void **state)
{
	struct visitor runs, grants, v, w;
	char id[24], target[64];
	OPEN(k);

	admins(&k, &runs, &grants);
	new_key(&k, &grants, &v, id);
	new_key(&k, &grants, &w, id);
	(void)snprintf(target, sizeof(target), "/api/v1/keys/%s", id);
	assert_int_equal(desk_status(&k, &grants, "DELETE", target, NULL), 200);
	assert_int_equal(desk_status(&k, &w, "GET", "/api/v1/toys/wells/1", NULL), 401);
	assert_int_equal(desk_status(&k, &grants, "DELETE", target, NULL), 404);
	desk_pass(&k, 30 * 86400 - 1);
	assert_int_equal(desk_status(&k, &v, "GET", "/api/v1/toys/wells/1", NULL), 200);
	desk_pass(&k, 1);
	assert_int_equal(desk_status(&k, &v, "GET", "/api/v1/toys/wells/1", NULL), 401);
}

static void a_key_is_told_once_and_listed_without_it(void **state)
{
	struct visitor runs, grants, v;
	char id[24];
	OPEN(k);

	admins(&k, &runs, &grants);
	new_key(&k, &grants, &v, id);
	ASK(k, &grants, "GET", "/api/v1/keys", NULL, NULL);
	assert_int_equal(a.status, 200);
	assert_true(answer_holds(&a, "\"agency\":\"市检测中心\""));
	assert_true(answer_holds(&a, "\"capabilities\":[\"grid_read\",\"grid_write\"]"));
	assert_true(answer_holds(&a, id));
	assert_false(answer_holds(&a, "opk."));
}

static void what_no_key_may_hold_is_refused(void **state)
{
	static const char *const bad[] = {
		"\"capabilities\":[\"grant\"]",
		"\"capabilities\":[\"account_write\"]",
		"\"capabilities\":[\"session\"]",
		"\"capabilities\":[\"emperor\"]",
		"\"capabilities\":[5]",
		"\"capabilities\":[]",
		"\"capabilities\":\"import\"",
		"\"capabilities\":[\"import\"],\"days\":0",
		"\"capabilities\":[\"import\"],\"days\":367",
	};
	struct visitor runs, grants;
	char body[256];
	OPEN(k);

	admins(&k, &runs, &grants);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		(void)snprintf(body, sizeof(body),
			       "{\"agency\":\"x\",\"area\":\"430802\",\"areas\":[],%s}", bad[i]);
		ASK(k, &grants, "POST", "/api/v1/keys", NULL, body);
		if (a.status != 422)
			fail_msg("%s: %d", bad[i], a.status);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(a_one_time_password_opens_nothing_but_the_change_of_it),
		ON_SQLITE(a_new_password_by_an_administrator_ends_all_sessions),
		ON_BOTH(roles_and_areas_are_granted_told_and_recorded),
		ON_SQLITE(two_admin_roles_are_refused_by_the_program),
		ON_BOTH(two_admin_roles_are_refused_by_the_table_too),
		ON_SQLITE(nobody_hands_on_what_they_do_not_have),
		ON_SQLITE(nobody_does_it_to_their_own_account),
		ON_SQLITE(a_grant_that_is_none_says_which_field),
		ON_BOTH(a_key_does_what_it_holds_in_its_areas_and_no_more),
		ON_SQLITE(a_key_may_write_from_wherever_it_is),
		ON_BOTH(a_key_ends_on_its_day_or_when_it_is_withdrawn),
		ON_SQLITE(a_key_is_told_once_and_listed_without_it),
		ON_SQLITE(what_no_key_may_hold_is_refused),
	};

	return cmocka_run_group_tests_name("grant", tests, NULL, NULL);
}
