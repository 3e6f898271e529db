/*
 * vault_plans.c - how SQLite runs the statements of the vault: none reads a whole table unless it
 * says why, and none that is asked page by page sorts everybody for each page.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sqlite3.h>
#include <string.h>

#include "base/memory.h"
#include "support/plan.h"
#include "support/vaulted.h"
#include "vault/store.sql.h"

static int opened(void **state)
{
	static struct vaulted h;
	sqlite3 *db = NULL;

	vaulted_open(&h, CRYPT_WORLD);
	vaulted_close(&h);
	crypt_signer_end(&h.signer);
	*state = NULL;
	if (sqlite3_open_v2("house/vault/outpost.sqlite", &db, SQLITE_OPEN_READONLY, NULL))
		return -1;
	*state = db;
	return 0;
}

static int closed(void **state)
{
	return sqlite3_close(*state);
}

static void no_statement_reads_a_whole_table_unless_it_says_why(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(store_sql.all); i++) {
		CLEANUP(buf_release) struct buf plan = { 0 };
		const char *why;

		plan_of(*state, &store_sql.all[i], &plan);
		buf_put(&plan, "", 1);
		assert_int_equal(plan.failed, OK);
		why = plan_wrong(&store_sql.all[i], plan.p);
		if (why)
			fail_msg("%s\n%s", plan.p, why);
	}
}

static void a_page_is_read_where_it_begins_and_not_sorted_out_of_all(void **state)
{
	size_t pages = 0;

	for (size_t i = 0; i < ARRAY_LEN(store_sql.all); i++) {
		CLEANUP(buf_release) struct buf plan = { 0 };

		if (!strstr(store_sql.all[i].text, "LIMIT $"))
			continue;
		pages++;
		plan_of(*state, &store_sql.all[i], &plan);
		buf_put(&plan, "", 1);
		assert_int_equal(plan.failed, OK);
		if (strstr(plan.p, "TEMP B-TREE"))
			fail_msg("%s", plan.p);
	}
	assert_true(pages > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_statement_reads_a_whole_table_unless_it_says_why),
		cmocka_unit_test(a_page_is_read_where_it_begins_and_not_sorted_out_of_all),
	};

	return cmocka_run_group_tests(tests, opened, closed);
}
