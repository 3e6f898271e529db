/*
 * plans.c - how both databases run every statement of the program, those that record composes for
 * each noun included, held against test/db/plans (SQLite) and test/db/plans/postgresql. A plan that
 * changed is looked at, and then taken over by `make bless`.
 *
 * Those of SQLite for statements in .sql files are all kept; of the others, each that is kept is
 * compared, and `make bless` adds what is new. The plans of PostgreSQL are those of version 15;
 * another one may choose otherwise, and is asked for whole tables alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "grid/grid.h"
#include "loop/loop.h"
#include "record/record.h"
#include "support/database.h"
#include "support/paths.h"
#include "support/plan.h"

/* ---- all statements ------------------------------------------------------------------------- */

struct all {
	struct record_book *book;
	struct zone *zone;
	const struct sql_list *composed;
	size_t n_composed;
};

static void all_begin(struct all *a)
{
	struct record_options o = { .nouns = grid_nouns, .n = grid_nouns_n, .clock = &clock_wall };
	struct fault f = { 0 };

	assert_int_equal(zone_open("+08:00", &a->zone, NULL), OK);
	o.zone = a->zone;
	if (record_open(&o, &a->book, &f))
		fail_msg("%s", f.en);
	a->composed = record_statements(a->book, &a->n_composed);
}

static void all_end(struct all *a)
{
	record_end(&a->book);
	zone_free(a->zone);
}

static size_t all_n(const struct all *a)
{
	return sql_all_n + a->n_composed;
}

static const struct sql_list *all_at(const struct all *a, size_t i)
{
	return i < sql_all_n ? &sql_all[i] : &a->composed[i - sql_all_n];
}

enum { ROWS = 20000 }; /* no more than ANALYZE looks at */

/* ---- a database that is asked for plans ----------------------------------------------------- */

struct asked {
	sqlite3 *lite;
	PGconn *pg;
	bool comparable; /* with the plans that are kept */
};

static sqlite3 *open_raw(const struct database *d)
{
	char path[POSTGRES_URL_BYTES + 32];
	sqlite3 *h = NULL;

	snprintf(path, sizeof(path), "%s/outpost.sqlite", d->url + strlen("sqlite:"));
	assert_int_equal(sqlite3_open_v2(path, &h, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	return h;
}

static void asked_begin(struct asked *q, const struct database *d)
{
	*q = (struct asked){ .comparable = true };
	if (d->sqlite) {
		q->lite = open_raw(d);
		return;
	}
	q->pg = PQconnectdb(d->url);
	assert_int_equal(PQstatus(q->pg), CONNECTION_OK);
	q->comparable = PQserverVersion(q->pg) / 10000 == 15;
	for (size_t i = 0; i < grid_nouns_n; i++)
		plan_rows_pg(q->pg, grid_nouns[i], ROWS);
	for (size_t i = 0; i < loop_nouns_n; i++)
		plan_rows_pg(q->pg, loop_nouns[i], ROWS);
}

static void asked_end(struct asked *q)
{
	sqlite3_close(q->lite);
	PQfinish(q->pg);
}

static void ask(const struct asked *q, const struct sql *sql, struct buf *plan)
{
	if (q->lite)
		plan_of(q->lite, sql, plan);
	else
		plan_of_pg(q->pg, sql, plan);
}

static const char *wrong(const struct asked *q, const struct sql *sql, const char *plan)
{
	return q->lite ? plan_wrong(sql, plan) : plan_wrong_pg(sql, plan);
}

/* ---- the tests ------------------------------------------------------------------------------ */

static void no_statement_reads_a_whole_table_unless_it_says_why(void **state)
{
	struct asked q;
	struct all all;

	all_begin(&all);
	asked_begin(&q, *state);
	/* PostgreSQL reads a whole small table by choice; what record composes is of large ones. */
	for (size_t i = q.lite ? 0 : sql_all_n; i < all_n(&all); i++)
		for (size_t k = 0; k < all_at(&all, i)->n; k++) {
			CLEANUP(buf_release) struct buf plan = { 0 };
			const struct sql *sql = &all_at(&all, i)->v[k];
			const char *why;

			ask(&q, sql, &plan);
			buf_put(&plan, "", 1);
			why = wrong(&q, sql, plan.p);
			if (why)
				fail_msg("%s\n%s", plan.p, why);
		}
	asked_end(&q);
	all_end(&all);
}

/* area.children is of area.txt, organisations.walk of organisations.txt. */
static struct path file_of(const struct asked *q, const struct sql_list *list)
{
	const char *name = list->v[0].name;
	char rest[128];

	snprintf(rest, sizeof(rest), "test/db/plans/%s%.*s.txt", q->lite ? "" : "postgresql/",
		 (int)strcspn(name, "."), name);
	return path_in_source(rest);
}

static void bless(const struct path *path, struct str now)
{
	CLEANUP(file_end) struct file *fl = NULL;

	assert_int_equal(file_open(path->s, FILE_REPLACE, &fl, NULL), OK);
	assert_int_equal(file_write(fl, now.p, now.n, NULL), OK);
	assert_int_equal(file_close(&fl, NULL), OK);
}

/* What is kept of this statement, from its name to the next one's; NULL: nothing yet. */
static bool is_kept(struct str known, const struct sql *sql, struct str *ret)
{
	size_t n = strlen(sql->name);

	for (const char *p = known.p; p && p < known.p + known.n;
	     p = memchr(p, '\n', (size_t)(known.p + known.n - p)), p = p ? p + 1 : NULL) {
		size_t left = (size_t)(known.p + known.n - p), end;

		if (left <= n || memcmp(p, sql->name, n) != 0 || p[n] != '\n')
			continue;
		for (end = n + 1; end < left && (p[end - 1] != '\n' || p[end] == ' '); end++)
			;
		*ret = (struct str){ p, end };
		return true;
	}
	return false;
}

static void say_otherwise(const struct path *path, struct str now)
{
	fail_msg("%s says otherwise than:\n%.*s\nLook at what changed, then run `make bless`",
		 path->s, (int)now.n, now.p);
}

/* Each plan that is kept; `all`: and each is. */
static void compare(const struct asked *q, const struct sql_list *list, bool all)
{
	CLEANUP(buf_release) struct buf now = { 0 };
	CLEANUP(file_unmap) struct file_map m = { 0 };
	struct path path = file_of(q, list);
	struct str known, kept;
	size_t from = 0;

	if (!getenv("OUTPOST_BLESS"))
		ignore(file_map(path.s, &m, NULL));
	known = (struct str){ (const char *)m.p, m.n };
	for (size_t k = 0; k < list->n; k++) {
		struct str plan;

		from = now.n;
		ask(q, &list->v[k], &now);
		plan = (struct str){ now.p + from, now.n - from };
		if (m.p && is_kept(known, &list->v[k], &kept) && !str_eq(kept, plan))
			say_otherwise(&path, plan);
	}
	assert_int_equal(now.failed, OK);
	if (getenv("OUTPOST_BLESS"))
		bless(&path, buf_view(&now));
	else if (all && !str_eq(buf_view(&now), known))
		say_otherwise(&path, buf_view(&now));
}

static void every_plan_is_the_one_that_was_looked_at(void **state)
{
	struct asked q;
	struct all all;

	all_begin(&all);
	asked_begin(&q, *state);
	for (size_t i = 0; q.comparable && i < all_n(&all); i++)
		if (all_at(&all, i)->n &&
		    (i < sql_all_n || i + 1 < all_n(&all))) /* no table in it */
			compare(&q, all_at(&all, i), q.lite && i < sql_all_n);
	asked_end(&q);
	all_end(&all);
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
		ON_BOTH(no_statement_reads_a_whole_table_unless_it_says_why),
		ON_BOTH(every_plan_is_the_one_that_was_looked_at),
		ON_SQLITE(a_scan_is_seen_and_an_excuse_without_one_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
