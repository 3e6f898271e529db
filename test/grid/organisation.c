/* organisation.c - the noun that others are written after: what it says beside its tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "grid/organisation.h"

static void a_credit_code_ends_in_its_check_digit(void **unused)
{
	static const char good[] = "91350100M000100Y43"; /* a published example */

	(void)unused;
	assert_true(organisation_credit_code_holds(STR(good)));
	for (size_t i = 0; i < 17; i++) {
		char code[19];

		memcpy(code, good, sizeof code);
		code[i] = code[i] == '7' ? '8' : '7';
		assert_false(organisation_credit_code_holds(str_of(code)));
	}
	assert_false(organisation_credit_code_holds(STR("91350100M000100Y4")));
	assert_false(organisation_credit_code_holds(STR("91350100I000100Y43"))); /* no letter I */
}

static void it_says_no_to_a_wrong_code_and_to_itself_as_parent(void **unused)
{
	struct organisation o = { .record = { .id = { 7 } }, .parent = { 8 } };
	struct fault f = { 0 };

	(void)unused;
	assert_int_equal(organisation_noun.check(NULL, NULL, &o, &f), OK);
	o.parent.v = 7;
	assert_int_equal(organisation_noun.check(NULL, NULL, &o, &f), ERR_RANGE);
	assert_string_equal(f.field, "parent");
	f = (struct fault){ 0 };
	o.credit_code = STR("91350100M000100Y44");
	assert_int_equal(organisation_noun.check(NULL, NULL, &o, &f), ERR_RANGE);
	assert_string_equal(f.field, "credit_code");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_credit_code_ends_in_its_check_digit),
		cmocka_unit_test(it_says_no_to_a_wrong_code_and_to_itself_as_parent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
