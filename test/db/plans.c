/*
 * plans.c - how SQLite runs every statement of the program, held against test/db/plans. A plan that
 * changed is looked at, and then taken over by `make bless`.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "support/database.h"
#include "support/paths.h"
#include "support/plan.h"

static sqlite3 *open_raw(const struct database *d)
{
	char path[POSTGRES_URL_BYTES + 32];
	sqlite3 *h = NULL;

	snprintf(path, sizeof(path), "%s/outpost.sqlite", d->url + strlen("sqlite:"));
	assert_int_equal(sqlite3_open_v2(path, &h, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	return h;
}

static void no_statement_reads_a_whole_table_unless_it_says_why(void **state)
{
	struct database *d = *state;
	sqlite3 *h = open_raw(d);

	for (size_t i = 0; i < sql_all_n; i++)
		for (size_t k = 0; k < sql_all[i].n; k++) {
			CLEANUP(buf_release) struct buf plan = { 0 };
			const char *wrong;

			plan_of(h, &sql_all[i].v[k], &plan);
			buf_put(&plan, "", 1);
			wrong = plan_wrong(&sql_all[i].v[k], plan.p);
			if (wrong)
				fail_msg("%s\n%s", plan.p, wrong);
		}
	sqlite3_close(h);
}

/* area.children is of test/db/plans/area.txt. */
static struct path file_of(const struct sql_list *list)
{
	const char *name = list->v[0].name;
	char rest[128];

	snprintf(rest, sizeof(rest), "test/db/plans/%.*s.txt", (int)strcspn(name, "."), name);
	return path_in_source(rest);
}

static void every_plan_is_the_one_that_was_looked_at(void **state)
{
	struct database *d = *state;
	sqlite3 *h = open_raw(d);

	for (size_t i = 0; i < sql_all_n; i++) {
		CLEANUP(buf_release) struct buf now = { 0 };
		CLEANUP(file_unmap) struct file_map known = { 0 };
		struct path path = file_of(&sql_all[i]);

		for (size_t k = 0; k < sql_all[i].n; k++)
			plan_of(h, &sql_all[i].v[k], &now);
		assert_int_equal(now.failed, OK);
		if (getenv("OUTPOST_BLESS")) {
			CLEANUP(file_end) struct file *fl = NULL;

			MUST(file_open(path.s, FILE_REPLACE, &fl, &d->fault));
			MUST(file_write(fl, now.p, now.n, &d->fault));
			MUST(file_close(&fl, &d->fault));
		}
		ignore(file_map(path.s, &known, NULL));
		if (!str_eq(buf_view(&now), (struct str){ (const char *)known.p, known.n }))
			fail_msg("%s says otherwise than:\n%.*s\nLook at what changed, then run "
				 "`make bless`",
				 path.s, (int)now.n, now.p);
	}
	sqlite3_close(h);
}

static void a_scan_is_seen_and_an_excuse_without_one_too(void **state)
{
	static const struct sql scan[] = {
		{ .name = "bare", .text = "SELECT word FROM schema_step WHERE word = 'x'" },
		{ .name = "inside",
		  .text = "SELECT step FROM schema_step WHERE step = 1 AND word IN"
			  " (SELECT digest FROM schema_step)" },
		{ .name = "covering", .text = "SELECT count(*) FROM schema_step" },
		{ .name = "search", .text = "SELECT word FROM schema_step WHERE step = 1" },
		{ .name = "constant", .text = "SELECT 1" },
		{ .name = "made",
		  .text = "WITH x AS (SELECT DISTINCT word FROM schema_step WHERE step > 1"
			  " LIMIT 3) SELECT word FROM x" },
	};
	struct database *d = *state;
	sqlite3 *h = open_raw(d);

	for (size_t i = 0; i < ARRAY_LEN(scan); i++) {
		CLEANUP(buf_release) struct buf plan = { 0 };
		struct sql excused = scan[i];
		bool reads_all = i < 3;

		excused.scan = "it is short";
		plan_of(h, &scan[i], &plan);
		buf_put(&plan, "", 1);
		if ((plan_wrong(&scan[i], plan.p) != NULL) != reads_all ||
		    (plan_wrong(&excused, plan.p) != NULL) != !reads_all)
			fail_msg("%s", plan.p);
	}
	sqlite3_close(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_SQLITE(no_statement_reads_a_whole_table_unless_it_says_why),
		ON_SQLITE(every_plan_is_the_one_that_was_looked_at),
		ON_SQLITE(a_scan_is_seen_and_an_excuse_without_one_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
