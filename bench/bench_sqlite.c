/*
 * bench_sqlite.c - the same questions put to SQLite, in process: the visits twice, in two tables
 * that are their own index (WITHOUT ROWID), and each place's longest visit.
 *
 *     bench_sqlite DATABASE PREFIX [--second N] [--passes N]
 *
 * DATABASE must not exist. It is filled in key order from memory, the fastest way in; its time
 * is therefore not that of a CSV. The journal is off: nothing is written while we measure.
 */
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>

#include "base/file.h"
#include "base/memory.h"
#include "baseline.h"
#include "measure.h"

#include "base/ban.h"

// clang-format off
/* How one stay of the case is met by a visit u; v is the stay, clipped to [v.a, v.b). */
#define MEETS                                                                        \
	" cross join longest m on m.place = v.place"                                 \
	" cross join by_place u on u.place = v.place"                                \
	" and u.from_s between v.a + 900 - m.len and v.b - 900"                      \
	" and u.to_s >= v.a + 900 and u.to_s - u.from_s >= 900"
#define OVERLAP "min(v.b, u.to_s) - max(v.a, u.from_s)"
/* The stays x of a person between two moments, clipped to them. */
#define STAYS(since)                                                                 \
	"x.place, max(x.from_s, " since ") as a, min(x.to_s, ?3) as b"
#define STAYS_IN(since)                                                              \
	" x.from_s <= ?3 - 900 and x.to_s >= " since " + 900"                        \
	" and min(x.to_s, ?3) - max(x.from_s, " since ") >= 900"

static const char sql_first[] = /* ?1 person, ?2 window start, ?3 window end */
	"with v as materialized (select " STAYS("?2") " from by_person x"
	" where x.person = ?1 and" STAYS_IN("?2") ")"
	" select u.person, sum(" OVERLAP "), min(max(v.a, u.from_s)), max(min(v.b, u.to_s))"
	" from v" MEETS " where u.person <> ?1 group by u.person";

static const char sql_second[] =
	"with v1 as materialized (select " STAYS("?2") " from by_person x"
	" where x.person = ?1 and" STAYS_IN("?2") "),"
	" g as materialized (select u.person, min(max(v.a, u.from_s)) as since"
	" from v1 v" MEETS " where u.person <> ?1 group by u.person),"
	" v2 as materialized (select " STAYS("g.since") " from g cross join by_person x"
	" on x.person = g.person and" STAYS_IN("g.since") ")"
	" select u.person, sum(" OVERLAP "), min(max(v.a, u.from_s))"
	" from v2 v" MEETS
	" where u.person <> ?1 and u.person not in (select person from g) group by u.person";
// clang-format on

struct sqlite {
	sqlite3 *db;
	sqlite3_stmt *first, *second;
	VEC(struct bench_row) row; /* the last answer */
};

static enum err refused(const struct sqlite *s, const char *what, struct fault *f)
{
	return fault_set(f, ERR_IO, "SQLite %s：%s", "SQLite %s: %s", what, sqlite3_errmsg(s->db));
}

static enum err command(struct sqlite *s, const char *sql, struct fault *f)
{
	return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK ? OK : refused(s, sql, f);
}

/* ---- loading ----------------------------------------------------------------------------- */

static enum err fill(struct sqlite *s, const struct baseline *b, size_t n, bool places,
		     struct fault *f)
{
	sqlite3_stmt *insert = NULL;
	enum err e = OK;

	if (sqlite3_prepare_v2(s->db,
			       places ? "insert into by_place values (?, ?, ?, ?)"
				      : "insert into by_person values (?, ?, ?, ?)",
			       -1, &insert, NULL) != SQLITE_OK)
		return refused(s, "insert", f);
	for (size_t i = 0; !e && i < n; i++) {
		struct bench_visit v = places ? baseline_by_place(b, i) : baseline_by_person(b, i);
		sqlite3_bind_int64(insert, 1, places ? v.place : v.person);
		sqlite3_bind_int64(insert, 2, measure_unix_s(v.from));
		sqlite3_bind_int64(insert, 3, places ? v.person : v.place);
		sqlite3_bind_int64(insert, 4, measure_unix_s(v.to));
		if (sqlite3_step(insert) != SQLITE_DONE)
			e = refused(s, "insert", f);
		sqlite3_reset(insert);
	}
	sqlite3_finalize(insert);
	return e;
}

static enum err load(struct sqlite *s, const struct bench_data *d, struct fault *f)
{
	struct baseline *b = NULL;
	enum err e;

	if ((e = baseline_new(d, 1, &b, f)))
		return e;
	int64_t start = measure_now_ns();
	e = command(s,
		    "pragma journal_mode = off; pragma synchronous = off;"
		    "pragma cache_size = -262144; pragma mmap_size = 68719476736;"
		    "create table by_place (place integer, from_s integer, person integer,"
		    " to_s integer, primary key (place, from_s, person)) without rowid;"
		    "create table by_person (person integer, from_s integer, place integer,"
		    " to_s integer, primary key (person, from_s, place)) without rowid;"
		    "begin",
		    f);
	if (!e)
		e = fill(s, b, d->n_visits, true, f);
	if (!e)
		e = fill(s, b, d->n_visits, false, f);
	if (!e)
		e = command(s,
			    "create table longest (place integer primary key, len integer);"
			    "insert into longest select place, max(to_s - from_s)"
			    " from by_place group by place order by place;"
			    "commit",
			    f);
	if (!e)
		figure_real("sqlite", "fill_s", (double)(measure_now_ns() - start) / 1e9);
	baseline_free(b);
	return e;
}

static enum err settle(struct sqlite *s, const char *path, const struct bench_data *d,
		       struct fault *f)
{
	CLEANUP(file_end) struct file *file = NULL;
	enum err e;

	if ((e = file_open(path, FILE_READ, &file, f)))
		return e;
	figure_real("sqlite", "bytes_a_visit", (double)file_bytes(file) / (double)d->n_visits);
	figure_text("sqlite", "version", sqlite3_libversion());
	if (sqlite3_prepare_v2(s->db, sql_first, -1, &s->first, NULL) != SQLITE_OK)
		return refused(s, "first", f);
	if (sqlite3_prepare_v2(s->db, sql_second, -1, &s->second, NULL) != SQLITE_OK)
		return refused(s, "second", f);
	return OK;
}

/* ---- asking ------------------------------------------------------------------------------ */

/* Append the rows of one case to the answer. */
static enum err collect(struct sqlite *s, const struct bench_case *c, unsigned generation,
			struct fault *f)
{
	sqlite3_stmt *q = generation == 1 ? s->first : s->second;
	enum err e = OK;
	int step;

	sqlite3_bind_int64(q, 1, c->person);
	sqlite3_bind_int64(q, 2, measure_unix_s(c->from));
	sqlite3_bind_int64(q, 3, measure_unix_s(c->to));
	while (!e && (step = sqlite3_step(q)) != SQLITE_DONE) {
		if (step != SQLITE_ROW) {
			e = refused(s, "query", f);
			break;
		}
		struct bench_row row = {
			.person = (uint32_t)sqlite3_column_int64(q, 0),
			.total = (uint32_t)(sqlite3_column_int64(q, 1) / MEASURE_MINUTE_S),
			.first = measure_minute(sqlite3_column_int64(q, 2)),
		};
		if (generation == 1)
			row.last = measure_minute(sqlite3_column_int64(q, 3));
		e = vec_push(&s->row, row);
	}
	sqlite3_reset(q);
	return e;
}

static enum err ask(void *self, unsigned worker, const struct bench_case *c, unsigned generation,
		    struct fault *f)
{
	struct sqlite *s = self;

	(void)worker;
	s->row.n = 0;
	return collect(s, c, generation, f);
}

/* One statement for all cases is no faster here: there is no server to go to and back. */
static enum err batch(void *self, unsigned worker, const struct bench_case *c, size_t n,
		      struct fault *f)
{
	struct sqlite *s = self;
	enum err e = OK;

	(void)worker;
	s->row.n = 0;
	for (size_t i = 0; !e && i < n; i++)
		e = collect(s, &c[i], 1, f);
	return e;
}

static enum err read_rows(void *self, unsigned worker, struct tally *t, struct fault *f)
{
	const struct sqlite *s = self;

	(void)worker;
	(void)f;
	for (size_t i = 0; i < s->row.n; i++)
		tally_add(t, s->row.v[i]);
	return OK;
}

/* ---- command ----------------------------------------------------------------------------- */

static enum err measure(struct sqlite *s, const char *path, const struct bench_data *d,
			const struct measure_plan *plan, struct fault *f)
{
	struct subject subject = {
		.name = "sqlite",
		.self = s,
		.n_workers = 1,
		.ask = ask,
		.batch = batch,
		.read = read_rows,
	};
	enum err e;

	if ((e = load(s, d, f)))
		return e;
	if ((e = settle(s, path, d, f)))
		return e;
	return subject_measure(&subject, d, plan, f);
}

static enum err run(int argc, char **argv, struct fault *f)
{
	CLEANUP(bench_data_end) struct bench_data d = { 0 };
	struct measure_plan plan = { .n_second = 20, .passes = 3 };
	struct sqlite s = { 0 };
	enum err e;

	if (argc < 3)
		return fault_set(f, ERR_USAGE, "用法：bench_sqlite 数据库 数据前缀",
				 "usage: bench_sqlite DATABASE PREFIX [--second N] [--passes N]");
	if ((e = measure_options(argc - 3, argv + 3, &plan, f)))
		return e;
	if ((e = bench_data_open(argv[2], &d, f)))
		return e;
	if (sqlite3_open(argv[1], &s.db) == SQLITE_OK)
		e = measure(&s, argv[1], &d, &plan, f);
	else
		e = refused(&s, "open", f);
	sqlite3_finalize(s.first);
	sqlite3_finalize(s.second);
	sqlite3_close(s.db);
	vec_drop(&s.row);
	return e;
}

int main(int argc, char **argv)
{
	struct fault f = { OK, "", "" };

	return measure_exit("bench_sqlite", run(argc, argv, &f), &f);
}
