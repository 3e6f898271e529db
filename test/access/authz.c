/* authz.c - the authorisation matrix over this room's routes, and that it sees what it is for. */
#include "support/authz.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/ban.h"

#define OPEN(k, more, n) \
	CLEANUP(desk_close) struct desk k = { .d = *state }; \
	desk_open(&k, *state, more, n)

static unsigned made;

static int64_t somebody(struct desk *k, enum authz_place p, char login[32])
{
	(void)snprintf(login, 32, "other%u", made++);
	return desk_account_in(k, login, 0, "", authz_area(p));
}

static void an_account(struct desk *k, const struct route *r, enum authz_place p,
		       struct authz_request *ret)
{
	char login[32], id[24];

	(void)r;
	(void)snprintf(id, sizeof(id), "%lld", (long long)somebody(k, p, login));
	authz_put(ret->target, id);
	(void)snprintf(ret->body, sizeof(ret->body), "%s",
		       strstr(ret->target, "/grant") && r->method == HTTP_PUT
			       ? "{\"roles\":[\"lab\"],\"areas\":[\"430802\"]}"
			       : "");
}

static void a_log_in(struct desk *k, const struct route *r, enum authz_place p,
		     struct authz_request *ret)
{
	char login[32];

	(void)r;
	(void)somebody(k, p, login);
	(void)snprintf(ret->body, sizeof(ret->body),
		       "{\"login\":\"%s\",\"password\":\"" DESK_PASSWORD "\"}", login);
}

static void a_password(struct desk *k, const struct route *r, enum authz_place p,
		       struct authz_request *ret)
{
	(void)k;
	(void)r;
	(void)p;
	(void)snprintf(ret->body, sizeof(ret->body),
		       "{\"old\":\"" DESK_PASSWORD "\",\"new\":\"another-word-7\"}");
}

static void a_code(struct desk *k, const struct route *r, enum authz_place p,
		   struct authz_request *ret)
{
	(void)k;
	(void)r;
	(void)p;
	(void)snprintf(ret->body, sizeof(ret->body), "{\"code\":\"123456\"}");
}

static void a_new_key(struct desk *k, const struct route *r, enum authz_place p,
		      struct authz_request *ret)
{
	(void)k;
	(void)r;
	(void)snprintf(ret->body, sizeof(ret->body),
		       "{\"agency\":\"lab\",\"area\":\"%s\",\"areas\":[\"430802\"],"
		       "\"capabilities\":[\"import\"]}",
		       authz_area(p));
}

static void a_key(struct desk *k, const struct route *r, enum authz_place p,
		  struct authz_request *ret)
{
	struct visitor nobody;
	struct area_code a;
	char id[24];

	(void)r;
	assert_int_equal(area_parse(str_of(authz_area(p)), &a), OK);
	(void)snprintf(id, sizeof(id), "%lld",
		       (long long)desk_key_in(k, capability_bit(CAP_IMPORT), "", a, &nobody));
	authz_put(ret->target, id);
}

static void no_session(struct desk *k, const struct route *r, enum authz_place p,
		       struct authz_request *ret)
{
	(void)k;
	(void)r;
	(void)p;
	authz_put(ret->target, "1");
}

static const struct authz_probe probes[] = {
	{ "DELETE /api/v1/sessions/{id}", no_session, "absent" },
	{ "* /api/v1/accounts/**", an_account, NULL },
	{ "POST /api/v1/session", a_log_in, NULL },
	{ "PUT /api/v1/session/password", a_password, NULL },
	{ "PUT /api/v1/session/totp", a_code, "conflict" },
	{ "POST /api/v1/keys", a_new_key, NULL },
	{ "DELETE /api/v1/keys/{id}", a_key, NULL },
};

static void everybody_may_what_the_file_says_and_nothing_else(void **state)
{
	struct authz z = { .probe = probes, .n_probes = ARRAY_LEN(probes) };
	OPEN(k, NULL, 0);

	authz_run(&k, &z);
	assert_int_equal(z.wrong, 0);
	assert_int_equal(z.cells, routes_n(k.routes) * 14 * AUTHZ_PLACE_N);
	print_message("%zu cells\n", z.cells);
}

/* ---- does it bite ---- */

static enum err lets_everybody(struct call *c, struct tx *tx, struct fault *f)
{
	(void)tx;
	(void)f;
	(void)call_scope(c);
	return call_receipt_only(c);
}

static const struct route planted[] = {
	{ ROUTE(HTTP_GET, "/api/v1/planted", lets_everybody, CAP_SELF, REACH_AREA, WHY_DUTY, 0,
		AUDIT_NONE, "x", "x") },
};
static const struct route_list planted_list = { planted, 1 };

static void a_route_without_a_line_fails(void **state)
{
	struct authz z = { .probe = probes, .n_probes = ARRAY_LEN(probes) };
	OPEN(k, &planted_list, 1);

	authz_run(&k, &z);
	assert_int_equal(z.wrong, 1);
}

/* By the line, the security administrator alone: eleven other roles and the key are let in. */
static void a_route_that_lets_in_too_many_fails_cell_by_cell(void **state)
{
	struct authz z = { .probe = probes,
			   .n_probes = ARRAY_LEN(probes),
			   .line = "GET /api/v1/keys" };
	OPEN(k, &planted_list, 1);

	authz_run(&k, &z);
	assert_int_equal(z.wrong, 12 * AUTHZ_PLACE_N);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(everybody_may_what_the_file_says_and_nothing_else),
		ON_SQLITE(a_route_without_a_line_fails),
		ON_SQLITE(a_route_that_lets_in_too_many_fails_cell_by_cell),
	};

	return cmocka_run_group_tests_name("authz", tests, NULL, NULL);
}
