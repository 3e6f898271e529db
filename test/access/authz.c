/*
 * authz.c - that the authorisation matrix sees what it is for. The matrix itself, over all routes
 * of the house, is test/serve/whole.c.
 */
#include "support/authz.h"
#include "support/authz_accounts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/ban.h"

#define OPEN(k, more, n) \
	CLEANUP(desk_close) struct desk k = { .d = *state }; \
	desk_open(&k, *state, more, n)

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
	struct authz z = { .probe = authz_accounts, .n_probes = authz_accounts_n };
	OPEN(k, &planted_list, 1);

	authz_run(&k, &z);
	assert_int_equal(z.wrong, 1);
}

/* By the line, the security administrator alone: eleven other roles and the key are let in. */
static void a_route_that_lets_in_too_many_fails_cell_by_cell(void **state)
{
	struct authz z = { .probe = authz_accounts,
			   .n_probes = authz_accounts_n,
			   .line = "GET /api/v1/keys" };
	OPEN(k, &planted_list, 1);

	authz_run(&k, &z);
	assert_int_equal(z.wrong, 12 * AUTHZ_PLACE_N);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_SQLITE(a_route_without_a_line_fails),
		ON_SQLITE(a_route_that_lets_in_too_many_fails_cell_by_cell),
	};

	return cmocka_run_group_tests_name("authz", tests, NULL, NULL);
}
