/* plan.c - see plan.h. */
#include "plan.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/inside.h"

enum { STEPS_MAX = 64 };

/* Depth of a step below its parent; steps come in the order of a walk from the top. */
static int depth_of(int parent, const int id[STEPS_MAX], const int depth[STEPS_MAX], int n)
{
	for (int i = 0; i < n; i++)
		if (id[i] == parent)
			return depth[i] + 1;
	return 1;
}

void plan_of(struct sqlite3 *h, const struct sql *sql, struct buf *out)
{
	CLEANUP(buf_release) struct buf text = { 0 };
	int id[STEPS_MAX], depth[STEPS_MAX], n = 0;
	sqlite3_stmt *s = NULL;

	buf_lit(&text, "EXPLAIN QUERY PLAN ");
	if (sql_spell(sql->text, true, &text) ||
	    sqlite3_prepare_v2(h, text.p, -1, &s, NULL) != SQLITE_OK) {
		fprintf(stderr, "%s: %s\n", sql->name, sqlite3_errmsg(h));
		abort();
	}
	buf_fmt(out, "%s\n", sql->name);
	while (sqlite3_step(s) == SQLITE_ROW && n < STEPS_MAX) {
		id[n] = sqlite3_column_int(s, 0);
		depth[n] = depth_of(sqlite3_column_int(s, 1), id, depth, n);
		buf_fmt(out, "%*s%s\n", depth[n] * 2, "", (const char *)sqlite3_column_text(s, 3));
		n++;
	}
	sqlite3_finalize(s);
}

/* Is it a table, and not what a statement made itself on the way? */
static bool is_table(const char *plan, struct str name)
{
	static const char *const made[] = { "CO-ROUTINE ", "MATERIALIZE " };
	char line[128];

	if (name.p[0] == '(' || str_eq(name, STR("CONSTANT")))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(made); i++) {
		snprintf(line, sizeof(line), "%s%.*s\n", made[i], (int)name.n, name.p);
		if (strstr(plan, line))
			return false;
	}
	return true;
}

static bool scans(const char *plan)
{
	for (const char *p = plan; (p = strstr(p, " SCAN ")); p++) {
		const char *name = p + 6;

		if (is_table(plan, (struct str){ name, strcspn(name, " \n") }))
			return true;
	}
	return false;
}

const char *plan_wrong(const struct sql *sql, const char *plan)
{
	if (scans(plan) && !sql->scan)
		return "reads a whole table; give it an index, or say -- scan: WHY";
	if (!scans(plan) && sql->scan)
		return "says -- scan: and does not; leave it out";
	return NULL;
}
