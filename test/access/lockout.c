/* lockout.c - how long a failed log-in makes the next one wait. */
#include "access/lockout.h"
#include "base/dice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/ban.h"

static const struct utc_s NOON = { 1627300000 };

static struct lockout after(int failures)
{
	struct lockout l = { 0 };

	for (int i = 0; i < failures; i++)
		l = lockout_failed(l, NOON);
	return l;
}

static struct utc_s later(int64_t s)
{
	return (struct utc_s){ NOON.v + s };
}

static void the_first_mistakes_cost_nothing(void **state)
{
	(void)state;
	for (int i = 0; i <= 4; i++)
		assert_int_equal(lockout_wait_s(LOCKOUT_LOGIN, after(i), NOON), 0);
}

static void then_the_wait_doubles_up_to_a_quarter_of_an_hour(void **state)
{
	static const int64_t wait[] = { 30, 60, 120, 240, 480, 900, 900, 900 };

	(void)state;
	for (int i = 0; i < (int)ARRAY_LEN(wait); i++)
		assert_int_equal(lockout_wait_s(LOCKOUT_LOGIN, after(5 + i), NOON), wait[i]);
	assert_int_equal(lockout_wait_s(LOCKOUT_LOGIN, (struct lockout){ INT64_MAX, NOON }, NOON),
			 900);
}

static void an_address_is_given_more_since_an_office_shares_one(void **state)
{
	(void)state;
	assert_int_equal(lockout_wait_s(LOCKOUT_ADDRESS, after(40), NOON), 0);
	assert_int_equal(lockout_wait_s(LOCKOUT_ADDRESS, after(41), NOON), 30);
	assert_int_equal(lockout_wait_s(LOCKOUT_ADDRESS, after(60), NOON), 3600);
}

static void the_wait_runs_down_and_ends(void **state)
{
	(void)state;
	assert_int_equal(lockout_wait_s(LOCKOUT_LOGIN, after(5), later(1)), 29);
	assert_int_equal(lockout_wait_s(LOCKOUT_LOGIN, after(5), later(29)), 1);
	assert_int_equal(lockout_wait_s(LOCKOUT_LOGIN, after(5), later(30)), 0);
}

static void a_day_without_a_failure_forgets_all(void **state)
{
	struct lockout l = after(9);

	(void)state;
	assert_int_equal(lockout_failed(l, later(LOCKOUT_FORGET_S - 1)).failures, 10);
	assert_int_equal(lockout_failed(l, later(LOCKOUT_FORGET_S)).failures, 1);
}

static void a_clock_set_back_by_a_year_makes_nobody_wait_for_it(void **state)
{
	(void)state;
	assert_int_equal(lockout_wait_s(LOCKOUT_LOGIN, after(5), later(-365 * 86400)), 30);
}

/* However often somebody tries, the owner's wait is never above the longest. */
static void nobody_can_be_kept_out_for_longer_than_the_longest_wait(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 1000; seed++) {
		struct dice d = { seed };
		struct utc_s now = NOON;
		struct lockout l = { 0 };

		for (int i = 0; i < 100; i++) {
			int64_t wait = lockout_wait_s(LOCKOUT_LOGIN, l, now);

			assert_in_range(wait, 0, 900);
			if (wait == 0)
				l = lockout_failed(l, now);
			now.v += dice_below(&d, 400);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_mistakes_cost_nothing),
		cmocka_unit_test(then_the_wait_doubles_up_to_a_quarter_of_an_hour),
		cmocka_unit_test(an_address_is_given_more_since_an_office_shares_one),
		cmocka_unit_test(the_wait_runs_down_and_ends),
		cmocka_unit_test(a_day_without_a_failure_forgets_all),
		cmocka_unit_test(a_clock_set_back_by_a_year_makes_nobody_wait_for_it),
		cmocka_unit_test(nobody_can_be_kept_out_for_longer_than_the_longest_wait),
	};

	return cmocka_run_group_tests_name("lockout", tests, NULL, NULL);
}
