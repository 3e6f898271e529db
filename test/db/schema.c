/*
 * schema.c - steps of the schema, and every statement of the program on it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "db/db.h"
#include "support/database.h"

#define STEP_TABLE \
	"-- spread: everywhere\n" \
	"CREATE TABLE schema_step (step BIGINT NOT NULL PRIMARY KEY, word TEXT NOT NULL," \
	" digest TEXT NOT NULL, done_s BIGINT NOT NULL);"

static const struct db_step old_program[] = {
	{ 1, "step", STEP_TABLE },
	{ 3, "thing",
	  "-- spread: county\n"
	  "CREATE TABLE thing (county BIGINT NOT NULL, id BIGINT NOT NULL,"
	  " PRIMARY KEY (county, id));\n"
	  "INSERT INTO thing (county, id) VALUES (1, 1)" },
};
static const struct db_step new_program[] = {
	{ 1, "step", STEP_TABLE },
	{ 3, "thing",
	  "-- spread: county\n"
	  "CREATE TABLE thing (county BIGINT NOT NULL, id BIGINT NOT NULL,"
	  " PRIMARY KEY (county, id));\n"
	  "INSERT INTO thing (county, id) VALUES (1, 1)" },
	{ 4, "more", "ALTER TABLE thing ADD COLUMN more BIGINT; UPDATE thing SET more = id" },
	{ 5, "broken", "UPDATE thing SET more = 2; UPDATE thing SET nothing = 2" },
};

static enum err open_as(struct database *d, const struct db_step *steps, size_t n)
{
	d->options.steps = steps;
	d->options.n_steps = n;
	return database_again(d, &d->fault);
}

static enum err sum_act(struct tx *tx, void *arg, struct fault *f)
{
	static const struct sql sql = { .name = "thing.sum",
					.text = "SELECT more FROM thing WHERE county = 1",
					.args = "" };
	CLEANUP(rows_end) struct rows *r = NULL;
	int64_t *more = arg;
	enum err e = tx_row(tx, &sql, SQL_NO_ARGS, &r, f);

	if (e == OK)
		*more = rows_i64(r, 0);
	return e;
}

static void steps_that_are_due_are_applied_once(void **state)
{
	struct database *d = *state;
	int64_t more = 0;
	size_t pending = 9;

	MUST(db_pending(d->db, &pending, &d->fault));
	assert_int_equal(pending, 0);
	MUST(open_as(d, new_program, 3));
	MUST(db_pending(d->db, &pending, &d->fault));
	assert_int_equal(pending, 1);
	MUST(db_migrate(d->db, (struct utc_s){ 2 }, &d->fault));
	MUST(db_migrate(d->db, (struct utc_s){ 3 }, &d->fault));
	MUST(db_pending(d->db, &pending, &d->fault));
	assert_int_equal(pending, 0);
	MUST(db_read(d->db, sum_act, &more, &d->fault));
	assert_int_equal(more, 1);
}

static void a_step_that_fails_leaves_nothing_of_itself(void **state)
{
	struct database *d = *state;
	int64_t more = 0;
	size_t pending = 9;

	MUST(open_as(d, new_program, 4));
	MUST_FAIL(db_migrate(d->db, (struct utc_s){ 2 }, &d->fault), ERR_BUG);
	MUST(db_pending(d->db, &pending, &d->fault));
	assert_int_equal(pending, 1);
	MUST(db_read(d->db, sum_act, &more, &d->fault));
	assert_int_equal(more, 1);
}

static void a_newer_schema_is_refused_with_a_sentence(void **state)
{
	struct database *d = *state;

	MUST(open_as(d, new_program, 3));
	MUST(db_migrate(d->db, (struct utc_s){ 2 }, &d->fault));
	assert_int_equal(open_as(d, old_program, 2), ERR_VERSION);
	assert_non_null(strstr(d->fault.en, "newer than this program"));
	assert_non_null(strstr(d->fault.zh, "比本程序新"));
}

static void an_edited_step_is_refused(void **state)
{
	struct db_step edited[2] = { old_program[0], old_program[1] };
	struct database *d = *state;

	edited[1].text = "-- spread: county\n"
			 "CREATE TABLE thing (county BIGINT NOT NULL, id BIGINT NOT NULL,"
			 " PRIMARY KEY (county, id));";
	assert_int_equal(open_as(d, edited, 2), ERR_CORRUPT);
	assert_non_null(strstr(d->fault.en, "step 3"));
}

static void a_step_that_comes_too_late_is_refused(void **state)
{
	const struct db_step late[] = { old_program[0],
					{ 2, "late", "DELETE FROM schema_step WHERE step = 0" },
					old_program[1] };
	struct database *d = *state;

	MUST_FAIL(open_as(d, late, 3), ERR_VERSION);
}

static void statements_wait_for_the_schema_they_were_written_for(void **state)
{
	struct database *d = *state;

	MUST(open_as(d, new_program, 3));
	MUST_FAIL(db_prepare_all(d->db, NULL, 0, &d->fault), ERR_VERSION);
}

/* The real ones: this is what the program does when it starts. */
static void every_statement_of_the_program_prepares(void **state)
{
	struct database *d = *state;

	MUST(db_prepare_all(d->db, NULL, 0, &d->fault));
	MUST(database_again(d, &d->fault));
	MUST(db_prepare_all(d->db, NULL, 0, &d->fault));
}

static void a_statement_that_one_database_does_not_know_is_found(void **state)
{
	static const struct sql bad[] = {
		{ .name = "absent", .text = "SELECT nothing FROM schema_step", .args = "" },
		{ .name = "typo", .text = "SELEKT step FROM schema_step", .args = "" },
		{ .name = "many", .text = "SELECT 1; SELECT 2", .args = "" },
		{ .name = "unused", .text = "SELECT step FROM schema_step", .args = "i" },
		{ .name = "undeclared",
		  .text = "SELECT step FROM schema_step WHERE step = $1",
		  .args = "" },
	};
	struct database *d = *state;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		const struct sql_list list = { &bad[i], 1 };

		MUST_FAIL(db_prepare_all(d->db, &list, 1, &d->fault), ERR_BUG);
	}
}

static void postgresql_wants_a_sum_cast(void **state)
{
	static const struct sql sum[] = {
		{ .name = "good",
		  .text = "SELECT CAST(sum(step) AS BIGINT) FROM schema_step",
		  .args = "" },
		{ .name = "bad", .text = "SELECT sum(step) FROM schema_step", .args = "" },
	};
	const struct sql_list good = { &sum[0], 1 }, bad = { &sum[1], 1 };
	struct database *d = *state;

	MUST(db_prepare_all(d->db, &good, 1, &d->fault));
	MUST_FAIL(db_prepare_all(d->db, &bad, 1, &d->fault), ERR_BUG);
}

static void a_database_that_is_not_there_is_named(void **state)
{
	static const char *const bad[] = { "sqlite:", "mysql://x", "", "sqlite:/nowhere/at/all",
					   "postgresql://u@/nothing?host=/nowhere" };
	const enum err want[] = { ERR_USAGE, ERR_USAGE, ERR_USAGE, ERR_ABSENT, ERR_IO };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct db_options o = { .url = bad[i] };
		struct fault f = { 0 };
		struct db *db = NULL;

		assert_int_equal(db_open(&o, &db, &f), want[i]);
		assert_true(f.en[0] && f.zh[0]);
		assert_null(db);
	}
}

int main(void)
{
	const struct CMUnitTest old[] = {
		ON_BOTH(steps_that_are_due_are_applied_once),
		ON_BOTH(a_step_that_fails_leaves_nothing_of_itself),
		ON_BOTH(a_newer_schema_is_refused_with_a_sentence),
		ON_BOTH(an_edited_step_is_refused),
		ON_BOTH(a_step_that_comes_too_late_is_refused),
		ON_BOTH(statements_wait_for_the_schema_they_were_written_for),
		cmocka_unit_test(a_database_that_is_not_there_is_named),
	};
	const struct CMUnitTest real[] = {
		ON_BOTH(every_statement_of_the_program_prepares),
		ON_BOTH(a_statement_that_one_database_does_not_know_is_found),
		ON_POSTGRESQL(postgresql_wants_a_sum_cast),
	};
	int bad;

	database_steps(old_program, 2);
	bad = cmocka_run_group_tests(old, NULL, NULL);
	database_steps(NULL, 0);
	return bad + cmocka_run_group_tests(real, NULL, NULL);
}
