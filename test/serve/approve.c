/* approve.c - two administrators say yes, each with what opens their account. */
#include "serve/approve.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "access/account.h"
#include "serve/found.h"
#include "support/database.h"

#include "base/ban.h"

enum { PEOPLE = 5 };
enum { SYSTEM, OTHER_SYSTEM, SECURITY, AUDITOR, WORKER };

static struct {
	struct house *h;
	char password[PEOPLE][POLICY_ONCE_BYTES];
	struct totp totp; /* the auditor's second factor */
	struct fault fault;
} town;
static const char *const logins[PEOPLE] = { "system", "other", "security", "auditor", "worker" };
static const struct utc_s now = { DATABASE_NOW };

static enum err give_factor(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(arena_end) struct arena *a = NULL;
	CLEANUP(policy_end) struct policy *policy = NULL;
	CLEANUP(buf_release) struct buf sealed = { 0 };
	struct policy_choice choice = policy_defaults();
	struct account of;
	enum err e = arena_new(1 << 16, &a);

	(void)arg;
	choice.key = town.h->secret;
	if (e || (e = policy_new(&choice, &policy)) ||
	    (e = account_by_login(tx, STR("auditor"), a, &of, f)) ||
	    (e = account_totp_seal(policy, of.id, &town.totp, &sealed)))
		return e;
	return account_totp(tx, &of, buf_view(&sealed), true, -1, f);
}

static int make_town(void **state)
{
	static const enum role roles[PEOPLE] = { ROLE_SYSTEM_ADMIN, ROLE_SYSTEM_ADMIN,
						 ROLE_SECURITY_ADMIN, ROLE_AUDITOR,
						 ROLE_GRID_WORKER };
	struct found_first first;
	struct config c;

	(void)state;
	config_defaults(&c);
	if (found_house("town", &c, CRYPT_WORLD, now, &first, &town.fault) ||
	    house_open("town", &town.h, &town.fault) ||
	    house_database(town.h, false, now, &town.fault))
		return -1;
	for (size_t i = 0; i < PEOPLE; i++) {
		struct found_account ask = { .login = str_of(logins[i]),
					     .name = STR("合成"),
					     .roles = role_bit(roles[i]),
					     .due = i == OTHER_SYSTEM };

		if (scope_add(&ask.scope, ask.area, NULL) ||
		    found_account(town.h, &ask, now, town.password[i], &town.fault))
			return -1;
	}
	totp_new(&crypt_random_system, &town.totp);
	return db_write(town.h->db, give_factor, NULL, &town.fault) ? -1 : 0;
}

static int leave_town(void **state)
{
	(void)state;
	house_end(&town.h);
	return 0;
}

static enum err ask(int one, int two, const char *digits)
{
	struct approve_said said[HEADS_APPROVERS] = {
		{ str_of(logins[one]), str_of(town.password[one]), STR("") },
		{ str_of(logins[two]), str_of(town.password[two]), str_of(digits) },
	};
	int64_t by[HEADS_APPROVERS] = { 0 };
	enum err e;

	town.fault = (struct fault){ 0 };
	e = approve_check(town.h, said, now, by, &town.fault);

	if (!e)
		assert_true(by[0] && by[1] && by[0] != by[1]);
	else if (e == ERR_LOGIN) /* which of it was wrong is not said */
		assert_non_null(strstr(town.fault.en, "login name, password or code"));
	return e;
}

static void two_of_different_offices_are_enough(void **state)
{
	(void)state;
	assert_int_equal(ask(SYSTEM, SECURITY, ""), OK);
	assert_int_equal(ask(SECURITY, SYSTEM, ""), OK);
}

static void one_twice_or_somebody_else_is_not(void **state)
{
	(void)state;
	assert_int_equal(ask(SYSTEM, SYSTEM, ""), ERR_ROLE);
	assert_int_equal(ask(SYSTEM, WORKER, ""), ERR_ROLE);
	assert_int_equal(ask(WORKER, SECURITY, ""), ERR_ROLE);
}

static void a_wrong_password_or_one_that_is_due_is_refused(void **state)
{
	char right = town.password[SECURITY][0];

	(void)state;
	assert_int_equal(ask(OTHER_SYSTEM, SECURITY, ""), ERR_LOGIN);
	town.password[SECURITY][0] ^= 1;
	assert_int_equal(ask(SYSTEM, SECURITY, ""), ERR_LOGIN);
	town.password[SECURITY][0] = right;
	assert_int_equal(ask(SYSTEM, SECURITY, ""), OK);
}

static void whoever_has_a_second_factor_needs_it_once(void **state)
{
	char digits[16];
	uint32_t code;

	(void)state;
	assert_int_equal(totp_code(&town.totp, now.v / 30, &code), OK);
	assert_int_equal(ask(SYSTEM, AUDITOR, ""), ERR_LOGIN);
	(void)snprintf(digits, sizeof digits, "%06u", (code + 1) % 1000000);
	assert_int_equal(ask(SYSTEM, AUDITOR, digits), ERR_LOGIN);
	(void)snprintf(digits, sizeof digits, "%06u", code);
	assert_int_equal(ask(SYSTEM, AUDITOR, digits), OK);
	assert_int_equal(ask(SYSTEM, AUDITOR, digits), ERR_LOGIN); /* used up */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_of_different_offices_are_enough),
		cmocka_unit_test(one_twice_or_somebody_else_is_not),
		cmocka_unit_test(a_wrong_password_or_one_that_is_due_is_refused),
		cmocka_unit_test(whoever_has_a_second_factor_needs_it_once),
	};

	return cmocka_run_group_tests_name("approve", tests, make_town, leave_town);
}
