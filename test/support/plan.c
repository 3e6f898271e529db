/* plan.c - see plan.h. */
#include "plan.h"

#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/inside.h"
#include "db/pg.h"

enum { STEPS_MAX = 256 };

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

	if (name.p[0] == '(' || (name.p[0] >= '0' && name.p[0] <= '9') ||
	    str_eq(name, STR("CONSTANT"))) /* "SCAN 64 CONSTANT ROWS" */
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

/* ---- PostgreSQL ----------------------------------------------------------------------------- */

static PGresult *run(PGconn *h, const char *text, const char *name)
{
	PGresult *r = PQexec(h, text);

	if (PQresultStatus(r) != PGRES_TUPLES_OK && PQresultStatus(r) != PGRES_COMMAND_OK) {
		fprintf(stderr, "%s: %s\n%s\n", name, PQerrorMessage(h), text);
		abort();
	}
	return r;
}

static void must_run(PGconn *h, const char *text, const char *name)
{
	PQclear(run(h, text, name));
}

static const char *type_of(char letter)
{
	return letter == 'i'   ? "bigint"
	       : letter == 't' ? "text"
	       : letter == 'f' ? "float8"
			       : "bytea";
}

void plan_of_pg(struct pg_conn *h, const struct sql *sql, struct buf *out)
{
	CLEANUP(buf_release) struct buf text = { 0 };
	size_t n = strlen(sql->args);
	PGresult *r;

	must_run(h, pg_session, sql->name);
	must_run(h, "SET enable_seqscan = off", sql->name);
	buf_lit(&text, "PREPARE s");
	for (size_t i = 0; i < n; i++)
		buf_fmt(&text, "%s%s%s", i ? ", " : " (", type_of(sql->args[i]),
			i + 1 == n ? ")" : "");
	buf_lit(&text, " AS ");
	assert(sql_spell(sql->text, false, &text) == OK);
	must_run(h, text.p, sql->name);
	buf_clear(&text);
	buf_lit(&text, "EXPLAIN (COSTS OFF) EXECUTE s");
	for (size_t i = 0; i < n; i++)
		buf_fmt(&text, "%sNULL%s", i ? ", " : "(", i + 1 == n ? ")" : "");
	buf_put(&text, "", 1);
	r = run(h, text.p, sql->name);
	buf_fmt(out, "%s\n", sql->name);
	for (int i = 0; i < PQntuples(r); i++)
		buf_fmt(out, "  %s\n", PQgetvalue(r, i, 0));
	PQclear(r);
	must_run(h, "DEALLOCATE s", sql->name);
}

/* What a column holds in row i: many rows a county, few values of a choice, all else once. */
static void value(const struct noun *n, const char *column, const char *type, struct buf *b)
{
	const struct field *x = noun_field(n, str_of(column));

	if (strcmp(column, "county") == 0)
		buf_lit(b, "430100000000000 + i % 20 * 1000000000");
	else if (strcmp(column, "area") == 0)
		buf_lit(b, "430100000000000 + i % 20 * 1000000000 + i / 20 % 40 * 1000000");
	else if (strcmp(column, "state") == 0 || (x && x->type == FIELD_CHOICE))
		buf_lit(b, "'w' || i % 5");
	else if (strcmp(column, "city") == 0)
		buf_lit(b, "430100000000000 + i % 2 * 100000000000");
	else if (x && x->type == FIELD_BOOL)
		buf_lit(b, "i % 2");
	else
		buf_lit(b, strcmp(type, "text") == 0    ? "'t' || i"
			   : strcmp(type, "bytea") == 0 ? "NULL"
							: "i");
}

void plan_rows_pg(struct pg_conn *h, const struct noun *n, unsigned rows)
{
	CLEANUP(buf_release) struct buf into = { 0 }, from = { 0 }, text = { 0 };
	PGresult *r;

	buf_fmt(&text,
		"SELECT column_name, data_type FROM information_schema.columns"
		" WHERE table_name = '%s' ORDER BY ordinal_position",
		n->path);
	r = run(h, text.p, n->path);
	for (int i = 0; i < PQntuples(r); i++) {
		buf_fmt(&into, "%s%s", i ? ", " : "", PQgetvalue(r, i, 0));
		buf_lit(&from, i ? ", " : "");
		value(n, PQgetvalue(r, i, 0), PQgetvalue(r, i, 1), &from);
	}
	PQclear(r);
	buf_clear(&text);
	buf_fmt(&text,
		"INSERT INTO %s (%.*s)"
		" SELECT %.*s FROM generate_series(CAST(1 AS BIGINT), %u) AS i;"
		" INSERT INTO search_token (county, noun, token, id)"
		" SELECT 430100000000000 + i %% 20 * 1000000000, '%s', 'k' || i %% 50, i"
		" FROM generate_series(CAST(1 AS BIGINT), %u) AS i",
		n->path, (int)into.n, into.p, (int)from.n, from.p, rows, n->name, rows);
	buf_put(&text, "", 1);
	must_run(h, text.p, n->path);
	buf_clear(&text);
	buf_fmt(&text, "VACUUM ANALYZE %s, search_token", n->path);
	buf_put(&text, "", 1);
	must_run(h, text.p, n->path);
}

/* All of an index: a line "Index Scan using ..." with no "Index Cond:" in the next. */
static bool reads_all(const char *plan)
{
	for (const char *p = plan; (p = strstr(p, "Index ")); p++) {
		bool is_scan =
			strncmp(p, "Index Scan", 10) == 0 || strncmp(p, "Index Only Scan", 15) == 0;
		const char *next = strchr(p, '\n');

		if (is_scan &&
		    (!next || strncmp(next + 1 + strspn(next + 1, " "), "Index Cond:", 11)))
			return true;
	}
	return strstr(plan, "Seq Scan") != NULL;
}

const char *plan_wrong_pg(const struct sql *sql, const char *plan)
{
	return reads_all(plan) && !sql->scan
		       ? "reads a whole table; give it an index, or say -- scan: WHY"
		       : NULL;
}
