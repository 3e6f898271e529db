/* role.c - who may what: the table, and the admin roles that are kept apart. */
#include "access/role.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/ban.h"

static void every_role_and_capability_has_its_words(void **state)
{
	(void)state;
	for (int c = 0; c < CAP_N; c++) {
		const struct capability_words *w = capability_words((enum capability)c);

		assert_true(w->word && *w->word && *w->zh && *w->en);
		assert_int_equal(capability_of(str_of(w->word)), c);
	}
	for (int r = 0; r < ROLE_N; r++) {
		const struct role_row *row = role_row((enum role)r);
		enum role back = ROLE_N;

		assert_true(row->word && *row->word && *row->zh && *row->en);
		assert_true(role_of(str_of(row->word), &back));
		assert_int_equal(back, r);
	}
}

static void a_word_that_is_no_role_or_capability_is_none(void **state)
{
	enum role r;

	(void)state;
	assert_int_equal(capability_of(STR("grid_rea")), CAP_NONE);
	assert_int_equal(capability_of(STR("")), CAP_NONE);
	assert_false(role_of(STR("root"), &r));
	assert_false(role_of(STR("GRID_WORKER"), &r));
}

/* All 4,096 sets of roles, against a count that knows the three names. */
static void no_account_holds_two_of_the_three_admin_roles(void **state)
{
	uint32_t three[] = { role_bit(ROLE_SYSTEM_ADMIN), role_bit(ROLE_SECURITY_ADMIN),
			     role_bit(ROLE_AUDITOR) };

	(void)state;
	for (uint32_t roles = 0; roles < role_bit(ROLE_N); roles++) {
		struct fault f = { 0 };
		int held = 0;

		for (size_t i = 0; i < ARRAY_LEN(three); i++)
			held += (roles & three[i]) != 0;
		assert_int_equal(role_check(roles, &f), held > 1 ? ERR_CONFLICT : OK);
		assert_string_equal(f.field, held > 1 ? "roles" : "");
	}
}

static void the_three_admins_can_do_nothing_that_another_of_them_can_but_see_accounts(void **state)
{
	uint64_t common = capability_bit(CAP_ANYONE) | capability_bit(CAP_SESSION) |
			  capability_bit(CAP_SELF) | capability_bit(CAP_ACCOUNT_READ);
	uint64_t runs = role_capabilities(role_bit(ROLE_SYSTEM_ADMIN));
	uint64_t grants = role_capabilities(role_bit(ROLE_SECURITY_ADMIN));
	uint64_t reads = role_capabilities(role_bit(ROLE_AUDITOR));

	(void)state;
	assert_int_equal(runs & grants, common);
	assert_int_equal(runs & reads, common);
	assert_int_equal(grants & reads, common);
}

static void an_account_without_a_role_may_what_every_account_may(void **state)
{
	(void)state;
	assert_int_equal(role_capabilities(0), capability_bit(CAP_ANYONE) |
						       capability_bit(CAP_SESSION) |
						       capability_bit(CAP_SELF));
	for (int r = 0; r < ROLE_N; r++)
		assert_true(role_capabilities(role_bit((enum role)r)) & capability_bit(CAP_SELF));
}

/* Who may act on records may not look after its own traces, nor grant itself more. */
static void who_does_the_work_neither_reads_the_ledger_nor_grants(void **state)
{
	uint64_t watch = capability_bit(CAP_LEDGER_READ) | capability_bit(CAP_GRANT) |
			 capability_bit(CAP_ACCOUNT_WRITE) | capability_bit(CAP_SYSTEM);

	(void)state;
	for (int r = 0; r < ROLE_N; r++) {
		uint64_t may = role_row((enum role)r)->capabilities;

		if (may & (capability_bit(CAP_GRID_WRITE) | capability_bit(CAP_ROSTER_WRITE)))
			assert_int_equal(may & watch, 0);
		assert_int_equal(may & capability_bit(CAP_NONE), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_role_and_capability_has_its_words),
		cmocka_unit_test(a_word_that_is_no_role_or_capability_is_none),
		cmocka_unit_test(no_account_holds_two_of_the_three_admin_roles),
		cmocka_unit_test(
			the_three_admins_can_do_nothing_that_another_of_them_can_but_see_accounts),
		cmocka_unit_test(an_account_without_a_role_may_what_every_account_may),
		cmocka_unit_test(who_does_the_work_neither_reads_the_ledger_nor_grants),
	};

	return cmocka_run_group_tests_name("role", tests, NULL, NULL);
}
