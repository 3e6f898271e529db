/* policy.c - passwords: which are taken, how one is told once, and how many are hashed at once. */
#include "access/policy.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/text.h"

#include "base/ban.h"

static struct policy *cheap(void)
{
	struct policy_choice c = policy_defaults();
	struct policy *p;

	c.cost = (struct password_cost){ 1, 8192 };
	assert_int_equal(policy_new(&c, &p), OK);
	return p;
}

static enum err fits(const char *password)
{
	return policy_password_fits(str_of(password), STR("wang.li"), NULL);
}

static void a_password_is_long_enough_and_not_what_everybody_tries(void **state)
{
	(void)state;
	assert_int_equal(fits("horse-staple-42"), OK);
	assert_int_equal(fits("前哨值班口令不告诉你"), OK);
	assert_int_equal(fits("short-42"), ERR_RANGE);
	assert_int_equal(fits("aaaaaaaaaaaaaaaa"), ERR_RANGE);
	assert_int_equal(fits("abababababab"), ERR_RANGE);
	assert_int_equal(fits("MyPassword2021"), ERR_RANGE);
	assert_int_equal(fits("123456789abc"), ERR_RANGE);
	assert_int_equal(fits("Wang.Li-2021"), ERR_RANGE);
	assert_int_equal(fits(""), ERR_RANGE);
}

static void a_refused_password_says_so_in_its_field(void **state)
{
	struct fault f = { 0 };

	(void)state;
	assert_int_equal(policy_password_fits(STR("short"), STR("x"), &f), ERR_RANGE);
	assert_string_equal(f.field, "new");
	assert_true(f.zh[0] && f.en[0]);
}

static void a_password_told_once_fits_and_is_never_told_again(void **state)
{
	CLEANUP(policy_end) struct policy *p = cheap();
	char one[POLICY_ONCE_BYTES], two[POLICY_ONCE_BYTES];

	(void)state;
	for (int i = 0; i < 200; i++) {
		policy_password_once(p, one);
		policy_password_once(p, two);
		assert_string_not_equal(one, two);
		assert_int_equal(strlen(one), POLICY_ONCE_BYTES - 1);
		assert_int_equal(policy_password_fits(str_of(one), STR("wang"), NULL), OK);
		assert_null(strpbrk(one, "0O1lIo "));
	}
}

static void the_right_password_is_right_and_nobody_has_one(void **state)
{
	CLEANUP(policy_end) struct policy *p = cheap();
	char text[PASSWORD_TEXT_BYTES];
	bool right;

	(void)state;
	assert_int_equal(policy_password_hash(p, STR("horse-staple-42"), text, NULL), OK);
	assert_int_equal(policy_password_is(p, text, STR("horse-staple-42"), &right, NULL), OK);
	assert_true(right);
	assert_int_equal(policy_password_is(p, text, STR("horse-staple-43"), &right, NULL), OK);
	assert_false(right);
	assert_int_equal(policy_password_is(p, NULL, STR("horse-staple-42"), &right, NULL), OK);
	assert_false(right);
}

static void numbers_rise_with_time_and_are_positive(void **state)
{
	CLEANUP(policy_end) struct policy *p = cheap();
	int64_t last = 0;

	(void)state;
	for (int64_t s = 1790000000; s < 1790001000; s++) {
		int64_t id = policy_id_new(p, (struct utc_s){ s });

		assert_true(id > last);
		last = id;
	}
}

static void *one_of_many(void *arg)
{
	char text[PASSWORD_TEXT_BYTES];
	enum err *e = calloc(1, sizeof(*e));

	assert(e);
	*e = policy_password_hash(arg, STR("horse-staple-42"), text, NULL);
	return e;
}

/* 64 at once: each gets its hash or is told to come back; none fails otherwise. */
static void a_crowd_at_the_door_is_served_or_told_to_come_back(void **state)
{
	CLEANUP(policy_end) struct policy *p = cheap();
	pthread_t thread[64];
	size_t served = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(thread); i++)
		assert_int_equal(pthread_create(&thread[i], NULL, one_of_many, p), 0);
	for (size_t i = 0; i < ARRAY_LEN(thread); i++) {
		void *e;

		assert_int_equal(pthread_join(thread[i], &e), 0);
		assert_true(*(enum err *)e == OK || *(enum err *)e == ERR_BUSY);
		served += *(enum err *)e == OK;
		free(e);
	}
	assert_true(served >= 2);
}

static void every_allocation_may_fail_while_a_policy_is_made(void **state)
{
	(void)state;
	for (uint64_t k = 1;; k++) {
		struct policy_choice c = policy_defaults();
		struct policy *p = NULL;
		enum err e;

		c.cost = (struct password_cost){ 1, 8192 };
		mem_fail_at(k, false);
		e = policy_new(&c, &p);
		mem_fail_at(0, false);
		if (e == OK) {
			policy_end(&p);
			break;
		}
		assert_int_equal(e, ERR_MEMORY);
		assert_null(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_password_is_long_enough_and_not_what_everybody_tries),
		cmocka_unit_test(a_refused_password_says_so_in_its_field),
		cmocka_unit_test(a_password_told_once_fits_and_is_never_told_again),
		cmocka_unit_test(the_right_password_is_right_and_nobody_has_one),
		cmocka_unit_test(numbers_rise_with_time_and_are_positive),
		cmocka_unit_test(a_crowd_at_the_door_is_served_or_told_to_come_back),
		cmocka_unit_test(every_allocation_may_fail_while_a_policy_is_made),
	};

	return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
