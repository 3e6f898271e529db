/*
 * scale.c - the rules of scale say no where they should, and yes to what is meant to be written.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "db/scale.h"

#define TABLES \
	"-- spread: everywhere\n" \
	"CREATE TABLE area (id BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL UNIQUE);\n" \
	"-- spread: county\n" \
	"CREATE TABLE task (\n" \
	"\tcounty BIGINT NOT NULL, -- by which it is spread\n" \
	"\tid     BIGINT NOT NULL,\n" \
	"\tarea   BIGINT NOT NULL REFERENCES area (id),\n" \
	"\twords  TEXT,\n" \
	"\tPRIMARY KEY (county, id)\n" \
	");\n" \
	"CREATE INDEX task_by_area ON task (county, area);\n" \
	"-- spread: county\n" \
	"-- insert-only\n" \
	"CREATE TABLE entry (county BIGINT NOT NULL, seq BIGINT NOT NULL, task BIGINT,\n" \
	"\tPRIMARY KEY (county, seq),\n" \
	"\tFOREIGN KEY (county, task) REFERENCES task (county, id));\n" \
	"-- spread: person\n" \
	"CREATE TABLE dose (person BIGINT NOT NULL, id BIGINT NOT NULL, UNIQUE (person, id));\n"

static enum err step(const char *text, struct fault *f)
{
	const struct db_step s = { 1, "test", text };
	struct scale *scale = NULL;
	enum err e = scale_new(&s, 1, &scale, f);

	if (e == OK)
		scale_free(scale);
	return e;
}

static enum err statement(const char *text, const char *args, const char *across,
			  const char *append, struct fault *f)
{
	const struct db_step s = { 1, "test", TABLES };
	const struct sql sql = {
		.name = "test", .text = text, .args = args, .across = across, .append = append
	};
	struct scale *scale = NULL;
	enum err e = scale_new(&s, 1, &scale, f);

	if (e)
		fail_msg("%s", f->en);
	e = scale_check(scale, &sql, f);
	scale_free(scale);
	return e;
}

static void a_schema_that_keeps_the_rules_passes(void **state)
{
	struct fault f = { 0 };

	(void)state;
	if (step(TABLES, &f))
		fail_msg("%s", f.en);
	assert_int_equal(step("", &f), OK);
	assert_int_equal(step("-- a remark alone\n", &f), OK);
}

/* Each adds one fault to the tables above; the sentence must be about that. */
static void a_schema_that_breaks_a_rule_is_refused(void **state)
{
	static const struct {
		const char *text, *about;
	} bad[] = {
		{ "CREATE TABLE x (id BIGINT);", "no line -- spread:" },
		{ "-- spread: province\nCREATE TABLE x (id BIGINT);", "(spread: province)" },
		{ "-- spread: county\nCREATE TABLE x (id BIGINT);", "is missing" },
		{ "-- spread: county\nCREATE TABLE x (county BIGINT);", "NOT NULL" },
		{ "-- spread: county\nCREATE TABLE x (county BIGINT NOT NULL,"
		  " id BIGINT PRIMARY KEY);",
		  "key begins" },
		{ "-- spread: county\nCREATE TABLE x (county BIGINT NOT NULL, id BIGINT,"
		  " PRIMARY KEY (id, county));",
		  "key begins" },
		{ "-- spread: county\nCREATE TABLE x (county BIGINT NOT NULL, id BIGINT UNIQUE);",
		  "key begins" },
		{ "-- spread: county\nCREATE TABLE x (county BIGINT NOT NULL, id BIGINT,"
		  " CONSTRAINT x_u UNIQUE (id));",
		  "key begins" },
		{ "CREATE UNIQUE INDEX task_u ON task (words);", "key begins" },
		{ "CREATE INDEX task_i ON task (words);", "key begins" },
		{ "-- across: no way\nCREATE UNIQUE INDEX task_i ON task (words);", "key begins" },
		{ "-- spread: everywhere\nCREATE TABLE x (id SERIAL);",
		  "given by the application" },
		{ "-- spread: everywhere\nCREATE TABLE x (id BIGINT GENERATED ALWAYS AS IDENTITY);",
		  "given by the application" },
		{ "-- spread: everywhere\nCREATE TABLE x (at BIGINT DEFAULT now());", "arguments" },
		{ "-- spread: everywhere\nCREATE TABLE x (at TIMESTAMP);", "(TIMESTAMP)" },
		{ "-- spread: everywhere\nCREATE TABLE x (at BOOLEAN NOT NULL);", "(BOOLEAN)" },
		{ "-- spread: everywhere\nCREATE TABLE x (task BIGINT REFERENCES task (id));",
		  "stays in its county" },
		{ "-- spread: person\nCREATE TABLE x (person BIGINT NOT NULL, county BIGINT,"
		  " FOREIGN KEY (county, person) REFERENCES task (county, id));",
		  "stays in its county" },
		{ "-- spread: county\nCREATE TABLE x (county BIGINT NOT NULL, t BIGINT,"
		  " FOREIGN KEY (t, county) REFERENCES task (id, county));",
		  "stays in its county" },
		{ "-- spread: county\nCREATE TABLE x (county BIGINT NOT NULL, s BIGINT,"
		  " FOREIGN KEY (county, s) REFERENCES entry (county, seq));",
		  "cannot be referred to" },
		{ "-- spread: everywhere\nCREATE TABLE x (y BIGINT REFERENCES nothing (id));",
		  "no step made it" },
		{ "CREATE TRIGGER t AFTER INSERT ON task BEGIN SELECT 1; END;", "many servers" },
		{ "CREATE SEQUENCE s;", "given by the application" },
		{ "CREATE VIEW v AS SELECT 1;", "tables, indexes and rows" },
		{ "PRAGMA user_version = 1;", "(PRAGMA)" },
		{ "UPDATE task SET words = 'it's';", "left open" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct fault f = { 0 };
		char text[4096] = TABLES;

		strncat(text, bad[i].text, sizeof(text) - strlen(text) - 1);
		if (step(text, &f) != ERR_BUG || !strstr(f.en, bad[i].about))
			fail_msg("%s\nsaid: %s", bad[i].text, f.en);
		assert_true(f.zh[0]);
	}
}

static void statements_as_they_are_meant_pass(void **state)
{
	static const struct {
		const char *text, *args;
	} good[] = {
		{ "SELECT id FROM task WHERE county = $1 AND id > $2 ORDER BY id LIMIT 50", "ii" },
		{ "SELECT t.id, a.name, area FROM task t JOIN area a ON a.id = t.area"
		  " WHERE t.county = $1",
		  "i" },
		{ "SELECT t.id FROM task t JOIN entry e ON e.county = t.county AND e.task = t.id"
		  " WHERE t.county = $1",
		  "i" },
		{ "SELECT id FROM task t WHERE county = $1 AND EXISTS (SELECT 1 FROM entry e"
		  " WHERE e.county = t.county AND e.task = t.id)",
		  "i" },
		{ "SELECT name, id FROM area WHERE name IS NOT DISTINCT FROM $1", "t" },
		{ "WITH RECURSIVE up AS (SELECT id FROM area WHERE id = $1 UNION ALL"
		  " SELECT a.id FROM area a JOIN up ON up.id = a.id / 1000)"
		  " SELECT id FROM up",
		  "i" },
		{ "INSERT INTO task (county, id, area) VALUES ($1, $2, $3)"
		  " ON CONFLICT (county, id) DO UPDATE SET area = excluded.area RETURNING id",
		  "iii" },
		{ "INSERT INTO task (id, county, area) SELECT id, county, $2 FROM task"
		  " WHERE county = $1",
		  "ii" },
		{ "UPDATE task SET words = $3 WHERE county = $1 AND id = $2", "iit" },
		{ "DELETE FROM task WHERE county = $1 AND id = $2", "ii" },
		{ "SELECT id FROM dose WHERE person = $1", "i" },
		{ "SELECT /*sqlite: max*/ /*postgresql: greatest*/ (id, $2) FROM task"
		  " WHERE county = $1",
		  "ii" },
		{ "SELECT 'now() :: ? -- county' FROM area WHERE id = $1", "i" },
		{ "INSERT INTO area (id, name) VALUES ($1, $2)", "it" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct fault f = { 0 };

		if (statement(good[i].text, good[i].args, NULL, NULL, &f))
			fail_msg("%s\nsaid: %s", good[i].text, f.en);
	}
}

static void statements_that_break_a_rule_are_refused(void **state)
{
	static const struct {
		const char *text, *args, *about;
	} bad[] = {
		{ "SELECT id FROM task", "", "asked by its column" },
		{ "SELECT id FROM task WHERE id = $1", "i", "asked by its column" },
		{ "SELECT id FROM task WHERE county > $1", "i", "asked by its column" },
		{ "SELECT t.id FROM task t JOIN entry e ON e.task = t.id WHERE t.county = $1", "i",
		  "asked by its column" },
		{ "SELECT t.id FROM task t JOIN entry e ON e.county = t.county", "",
		  "asked by its column" },
		{ "SELECT id FROM task WHERE county = $1 AND id IN (SELECT task FROM entry)", "i",
		  "asked by its column" },
		{ "UPDATE task SET words = 'x' WHERE id = $1", "i", "asked by its column" },
		{ "DELETE FROM task", "", "asked by its column" },
		{ "SELECT id FROM dose WHERE id = $1", "i", "asked by its column" },
		{ "UPDATE task SET county = $2 WHERE county = $1", "ii", "never changes" },
		{ "INSERT INTO task (county, id, area) VALUES ($1, 1, 1)"
		  " ON CONFLICT (county, id) DO UPDATE SET county = $1",
		  "i", "never changes" },
		{ "INSERT INTO task (id, area) VALUES (1, 1)", "", "without the column" },
		{ "INSERT INTO task VALUES (1, 1, 1, 'x')", "", "without the column" },
		{ "SELECT t.id FROM task t, area a WHERE t.county = $1", "i", "a join is a JOIN" },
		{ "UPDATE task SET words = random() WHERE county = $1", "i", "arguments" },
		{ "SELECT now()", "", "arguments" },
		{ "SELECT CURRENT_TIMESTAMP", "", "arguments" },
		{ "SELECT $1::bigint", "i", "a cast is a CAST" },
		{ "SELECT ?", "", "a cast is a CAST" },
		{ "SELECT rowid FROM area", "", "given by the application" },
		{ "SELECT nextval('s')", "", "given by the application" },
		{ "NOTIFY wake", "", "selects, inserts" },
		{ "SELECT pg_notify('a', 'b')", "", "many servers" },
		{ "SELECT name FROM area WHERE name ILIKE $1", "t", "both databases" },
		{ "MERGE INTO area USING area ON 1 = 1", "", "selects, inserts" },
		{ "DROP TABLE task", "", "selects, inserts" },
		{ "COMMIT", "", "selects, inserts" },
		{ "", "", "selects, inserts" },
		{ "SELECT 1; DELETE FROM area", "", "one statement" },
		{ "SELECT id FROM area WHERE id = $2", "ii", "not used" },
		{ "SELECT id FROM area WHERE id = $2", "i", "not used" },
		{ "SELECT id FROM area WHERE id = $1 + $2", "i", "not declared" },
		{ "SELECT id FROM area WHERE id = $0", "", "not declared" },
		{ "SELECT 'open", "", "left open" },
		{ "INSERT INTO entry (county, seq) VALUES ($1, $2)", "ii", "insert-only" },
		{ "UPDATE entry SET task = 1 WHERE county = $1", "i", "insert-only" },
		{ "DELETE FROM entry WHERE county = $1", "i", "insert-only" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct fault f = { 0 };

		if (statement(bad[i].text, bad[i].args, NULL, NULL, &f) != ERR_BUG ||
		    !strstr(f.en, bad[i].about))
			fail_msg("%s\nsaid: %s", bad[i].text, f.en);
		assert_true(f.zh[0]);
	}
}

static void what_is_allowed_is_said_at_the_statement(void **state)
{
	static const char add[] = "INSERT INTO entry (county, seq) VALUES ($1, $2)";
	static const char change[] = "INSERT INTO entry (county, seq) VALUES ($1, $2)"
				     " ON CONFLICT (county, seq) DO UPDATE SET task = 1";
	static const char whole[] = "SELECT count(*) FROM task WHERE area = $1";
	struct fault f = { 0 };

	(void)state;
	assert_int_equal(statement(whole, "i", "a figure of the province", NULL, &f), OK);
	assert_int_equal(statement(add, "ii", NULL, "entry", &f), OK);
	assert_int_equal(statement(add, "ii", NULL, "task", &f), ERR_BUG);
	f = (struct fault){ 0 };
	assert_int_equal(statement(change, "ii", NULL, "entry", &f), ERR_BUG);
	f = (struct fault){ 0 };
	assert_int_equal(statement("DELETE FROM entry", "", "all of them", "entry", &f), ERR_BUG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_schema_that_keeps_the_rules_passes),
		cmocka_unit_test(a_schema_that_breaks_a_rule_is_refused),
		cmocka_unit_test(statements_as_they_are_meant_pass),
		cmocka_unit_test(statements_that_break_a_rule_are_refused),
		cmocka_unit_test(what_is_allowed_is_said_at_the_statement),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
