/*
 * bench_postgres.c - the same questions put to PostgreSQL: one table, two covering btrees, and each
 * place's longest visit, over a unix socket and prepared statements with binary results.
 *
 *     bench_postgres CONNINFO PREFIX [--second N] [--passes N]
 *
 * Loads PREFIX.visits.csv into a fresh database first: COPY, both indexes, statistics.
 * The alternative of duration classes (five index ranges a stay instead of one that is as long
 * as the place's longest visit) was tried and is slower on these data: bench/README.md.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "measure.h"

#include "base/ban.h"

enum { COPY_BYTES = 1 << 20 };

// clang-format off
/* How one stay of the case is met by a visit u; v is the stay, clipped to [v.a, v.b). */
#define MEETS                                                                        \
	" join longest m on m.place = v.place"                                       \
	" join visit u on u.place = v.place and u.from_s >= v.a + 900 - m.len"       \
	" and u.from_s <= v.b - 900 and u.to_s >= v.a + 900"                         \
	" and u.to_s - u.from_s >= 900"
#define OVERLAP "least(v.b, u.to_s) - greatest(v.a, u.from_s)"
/* The stays x of a person between two moments. */
#define STAYS_IN(since, until)                                                       \
	" x.from_s <= " until " - 900 and x.to_s >= " since " + 900"                 \
	" and least(x.to_s, " until ") - greatest(x.from_s, " since ") >= 900"
#define CLIPPED(since, until)                                                        \
	" greatest(x.from_s, " since ") as a, least(x.to_s, " until ") as b"

static const char sql_first[] = /* $1 person, $2 window start, $3 window end */
	"select u.person, sum(" OVERLAP "), min(greatest(v.a, u.from_s)),"
	" max(least(v.b, u.to_s))"
	" from (select x.place," CLIPPED("$2", "$3") " from visit x"
	" where x.person = $1 and" STAYS_IN("$2", "$3") ") v" MEETS
	" where u.person <> $1 group by u.person";

static const char sql_second[] = /* as above */
	"with g as materialized ("
	"select u.person, min(greatest(v.a, u.from_s)) as since"
	" from (select x.place," CLIPPED("$2", "$3") " from visit x"
	" where x.person = $1 and" STAYS_IN("$2", "$3") ") v" MEETS
	" where u.person <> $1 group by u.person)"
	" select u.person, sum(" OVERLAP "), min(greatest(v.a, u.from_s))"
	" from (select x.place," CLIPPED("g.since", "$3") " from g join visit x"
	" on x.person = g.person and" STAYS_IN("g.since", "$3") ") v" MEETS
	" where u.person <> $1 and u.person not in (select person from g)"
	" group by u.person";

static const char sql_batch[] = /* arrays: $1 case numbers, $2 persons, $3 starts, $4 ends */
	"with c as materialized (select * from unnest($1, $2, $3, $4)"
	" as t(number, person, since, until)),"
	" v as materialized (select c.number, c.person, x.place,"
	CLIPPED("c.since", "c.until") " from c join visit x"
	" on x.person = c.person and" STAYS_IN("c.since", "c.until") ")"
	" select u.person, sum(" OVERLAP "), min(greatest(v.a, u.from_s)),"
	" max(least(v.b, u.to_s)), v.number"
	" from v" MEETS
	" where u.person <> v.person group by v.number, u.person";
// clang-format on

struct postgres {
	PGconn *conn;
	PGresult *result; /* of the last question */
};

/* ---- talking to the server --------------------------------------------------------------- */

static enum err refused(struct postgres *p, const char *what, struct fault *f)
{
	return fault_set(f, ERR_IO, "PostgreSQL %s：%s", "PostgreSQL %s: %s", what,
			 PQerrorMessage(p->conn));
}

static void keep(struct postgres *p, PGresult *result)
{
	PQclear(p->result);
	p->result = result;
}

static enum err command(struct postgres *p, const char *sql, struct fault *f)
{
	keep(p, PQexec(p->conn, sql));
	switch (PQresultStatus(p->result)) {
	case PGRES_COMMAND_OK:
	case PGRES_TUPLES_OK:
	case PGRES_COPY_IN: return OK;
	default: return refused(p, sql, f);
	}
}

static enum err commands(struct postgres *p, const char *const *sql, size_t n, struct fault *f)
{
	enum err e;

	for (size_t i = 0; i < n; i++) {
		if ((e = command(p, sql[i], f)))
			return e;
	}
	return OK;
}

static enum err prepare(struct postgres *p, const char *name, const char *sql, int n_params,
			Oid type, struct fault *f)
{
	Oid types[4] = { type, type, type, type };

	keep(p, PQprepare(p->conn, name, sql, n_params, types));
	return PQresultStatus(p->result) == PGRES_COMMAND_OK ? OK : refused(p, name, f);
}

/* ---- loading ----------------------------------------------------------------------------- */

static enum err copy_file(struct postgres *p, const char *path, struct fault *f)
{
	CLEANUP(file_end) struct file *in = NULL;
	char *bytes = mem_take(COPY_BYTES, 1);
	size_t n = 0;
	enum err e = bytes ? OK : ERR_MEMORY;

	if (!e)
		e = file_open(path, FILE_READ, &in, f);
	while (!e && !(e = file_read(in, bytes, COPY_BYTES, &n, f)) && n) {
		if (PQputCopyData(p->conn, bytes, (int)n) != 1)
			e = refused(p, "copy", f);
	}
	mem_drop(bytes);
	if (!e && PQputCopyEnd(p->conn, NULL) != 1)
		e = refused(p, "copy", f);
	for (PGresult *r; !e && (r = PQgetResult(p->conn)); PQclear(r)) {
		if (PQresultStatus(r) != PGRES_COMMAND_OK)
			e = refused(p, "copy", f);
	}
	return e;
}

/* The table is filled in the transaction that makes it, frozen, so that nothing is logged. */
static enum err load(struct postgres *p, const char *csv, struct fault *f)
{
	static const char *const before[] = {
		"begin",
		("create table visit (person int not null, place int not null,"
		 " from_s int not null, to_s int not null)"),
		"copy visit from stdin (format csv, header, freeze)",
	};
	static const char *const after[] = {
		"commit",
		"create index visit_by_place on visit (place, from_s) include (to_s, person)",
		"create index visit_by_person on visit (person, from_s) include (to_s, place)",
		("create table longest as"
		 " select place, max(to_s - from_s) as len from visit group by place"),
		"create unique index on longest (place) include (len)",
		"vacuum (analyze) longest",
		"vacuum (analyze) visit",
	};
	enum err e;

	int64_t start = measure_now_ns();
	if ((e = commands(p, before, ARRAY_LEN(before), f)))
		return e;
	if ((e = copy_file(p, csv, f)))
		return e;
	if ((e = commands(p, after, ARRAY_LEN(after), f)))
		return e;
	figure_real("postgres", "csv_to_queryable_s", (double)(measure_now_ns() - start) / 1e9);
	return OK;
}

static enum err settle(struct postgres *p, const struct bench_data *d, struct fault *f)
{
	enum err e;

	if ((e = command(p,
			 "select pg_total_relation_size('visit')"
			 " + pg_total_relation_size('longest')",
			 f)))
		return e;
	figure_real("postgres", "bytes_a_visit",
		    strtod(PQgetvalue(p->result, 0, 0), NULL) / (double)d->n_visits);
	if ((e = command(p, "select version()", f)))
		return e;
	figure_text("postgres", "version", PQgetvalue(p->result, 0, 0));
	if ((e = prepare(p, "first", sql_first, 3, 23 /* int4 */, f)))
		return e;
	if ((e = prepare(p, "second", sql_second, 3, 23, f)))
		return e;
	return prepare(p, "batch", sql_batch, 4, 1007 /* int4[] */, f);
}

/* ---- asking ------------------------------------------------------------------------------ */

static enum err execute(struct postgres *p, const char *name, int n, const char *const *values,
			struct fault *f)
{
	keep(p, PQexecPrepared(p->conn, name, n, values, NULL, NULL, 1));
	return PQresultStatus(p->result) == PGRES_TUPLES_OK ? OK : refused(p, name, f);
}

static enum err ask(void *self, unsigned worker, const struct bench_case *c, unsigned generation,
		    struct fault *f)
{
	char text[3][24];
	const char *values[3] = { text[0], text[1], text[2] };

	(void)worker;
	snprintf(text[0], sizeof(text[0]), "%" PRIu32, c->person);
	snprintf(text[1], sizeof(text[1]), "%" PRId64, measure_unix_s(c->from));
	snprintf(text[2], sizeof(text[2]), "%" PRId64, measure_unix_s(c->to));
	return execute(self, generation == 1 ? "first" : "second", 3, values, f);
}

static enum err batch(void *self, unsigned worker, const struct bench_case *c, size_t n,
		      struct fault *f)
{
	struct buf column[4] = { { 0 } };
	const char *values[4];
	enum err e = OK;

	(void)worker;
	for (size_t k = 0; k < 4; k++) {
		for (size_t i = 0; i < n; i++) {
			int64_t v[4] = { (int64_t)i, c[i].person, measure_unix_s(c[i].from),
					 measure_unix_s(c[i].to) };
			buf_char(&column[k], i ? ',' : '{');
			buf_i64(&column[k], v[k]);
		}
		buf_put(&column[k], "}", 2);
		values[k] = column[k].p;
		if (column[k].failed)
			e = column[k].failed;
	}
	if (!e)
		e = execute(self, "batch", 4, values, f);
	for (size_t k = 0; k < 4; k++)
		buf_release(&column[k]);
	return e;
}

static uint32_t int4_at(const PGresult *r, int row, int column)
{
	uint32_t v;

	memcpy(&v, PQgetvalue(r, row, column), sizeof(v));
	return ntohl(v);
}

static uint32_t minute_at(const PGresult *r, int row, int column)
{
	return measure_minute(int4_at(r, row, column));
}

/* Totals are int8, the high half first. */
static uint32_t total_at(const PGresult *r, int row, int column)
{
	uint32_t half[2];

	memcpy(half, PQgetvalue(r, row, column), sizeof(half));
	return (uint32_t)((((uint64_t)ntohl(half[0]) << 32) | ntohl(half[1])) / MEASURE_MINUTE_S);
}

static enum err read_rows(void *self, unsigned worker, struct tally *t, struct fault *f)
{
	const PGresult *r = ((struct postgres *)self)->result;
	bool second = PQnfields(r) == 3;

	(void)worker;
	(void)f;
	for (int i = 0; i < PQntuples(r); i++) {
		struct bench_row row = { .person = int4_at(r, i, 0),
					 .total = total_at(r, i, 1),
					 .first = minute_at(r, i, 2),
					 .last = second ? 0 : minute_at(r, i, 3) };
		tally_add(t, row);
	}
	return OK;
}

/* ---- command ----------------------------------------------------------------------------- */

static enum err measure(struct postgres *p, const char *prefix, const struct bench_data *d,
			const struct measure_plan *plan, struct fault *f)
{
	struct subject s = {
		.name = "postgres",
		.self = p,
		.n_workers = 1,
		.ask = ask,
		.batch = batch,
		.read = read_rows,
	};
	char csv[512];
	enum err e;

	if ((size_t)snprintf(csv, sizeof(csv), "%s.visits.csv", prefix) >= sizeof(csv))
		return fault_set(f, ERR_USAGE, "路径太长", "the path is too long");
	if ((e = load(p, csv, f)))
		return e;
	if ((e = settle(p, d, f)))
		return e;
	return subject_measure(&s, d, plan, f);
}

static enum err run(int argc, char **argv, struct fault *f)
{
	CLEANUP(bench_data_end) struct bench_data d = { 0 };
	struct measure_plan plan = { .n_second = 20, .passes = 3 };
	struct postgres p = { 0 };
	enum err e;

	if (argc < 3)
		return fault_set(f, ERR_USAGE, "用法：bench_postgres 连接 数据前缀",
				 "usage: bench_postgres CONNINFO PREFIX [--second N] [--passes N]");
	if ((e = measure_options(argc - 3, argv + 3, &plan, f)))
		return e;
	if ((e = bench_data_open(argv[2], &d, f)))
		return e;
	p.conn = PQconnectdb(argv[1]);
	if (PQstatus(p.conn) == CONNECTION_OK)
		e = measure(&p, argv[2], &d, &plan, f);
	else
		e = refused(&p, "connect", f);
	keep(&p, NULL);
	PQfinish(p.conn);
	return e;
}

int main(int argc, char **argv)
{
	struct fault f = { OK, "", "" };

	return measure_exit("bench_postgres", run(argc, argv, &f), &f);
}
