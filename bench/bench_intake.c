/*
 * bench_intake.c - a gate at work, over HTTP: visits pushed, beside SQLite's bare insert of the
 * same; people brought, with the check for duplicates; cases traced; names told.
 *
 *     bench_intake OUTPOST PREFIX FOLDER VISITS CASES KNOWN BROUGHT
 *
 * PREFIX as bench/README.md says; FOLDER must not be there yet and lies on the disk that a house
 * would use. A real server with its vault runs in a child on loopback. Batches are of 10,000 rows,
 * made before the clock starts; a row of a visit is a phone, a place, its kind and two times. First
 * everybody's first visit (all new to the vault), then VISITS in three parts: NDJSON and CSV over
 * one connection, CSV over four at a time; whoever sends has signed in before. An answer comes
 * after the commit, and the next trace sees what it accepts. The bare insert writes the numbers of
 * a visit into one table without an index, a commit each 10,000, synchronous=FULL. KNOWN people are
 * in the vault before; of BROUGHT one in ten is one of them. Processor time is that of the server
 * and its vault. 0 leaves a part out.
 */
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/dice.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/when.h"
#include "gate.h"

#include "base/ban.h"

enum { BATCH = 10000, NS = 1000000000, DAY_S = 86400, LINES = 4 };

void gate_check(const struct gate *g, enum err e, const char *what)
{
	if (!e)
		return;
	(void)fprintf(stderr, "bench_intake: %s: %s: %s\n", what, err_word(e), g->f.en);
	exit(3);
}

void gate_feed(const struct gate *g, const char *brings, char ret[40])
{
	struct asker a;
	char body[200];
	struct str id;
	int n = snprintf(body, sizeof body,
			 "{\"area\":\"" SERVED_AREA "\",\"name\":\"合成 %s\","
			 "\"brings\":\"%s\"}",
			 brings, brings);

	asker_begin(&a, &g->served, SERVED_LEAD);
	(void)asker_ask(&a, "POST", "/api/v1/feeds", (struct str){ body, (size_t)n });
	id = asker_value(&a, "id");
	(void)snprintf(ret, 40, "%.*s", (int)id.n, id.p);
	asker_end(&a);
}

/* ---- bodies ---------------------------------------------------------------------------------- */

static const char *const kinds[] = { "cinema", "restaurant", "bus", "shop", "office", "school" };

static void row(const struct gate *b, const struct bench_visit *v, bool csv, struct buf *out)
{
	char from[40], to[40];
	struct buf text = { from, 0, sizeof from, OK };

	when_iso(&text, (struct utc_s){ measure_unix_s(v->from) + b->shift_s }, b->zone);
	from[text.n] = '\0';
	text = (struct buf){ to, 0, sizeof to, OK };
	when_iso(&text, (struct utc_s){ measure_unix_s(v->to) + b->shift_s }, b->zone);
	to[text.n] = '\0';
	buf_fmt(out,
		csv ? "13%09u,place %u,%s,%s,%s\n"
		    : "{\"phone\":\"13%09u\",\"place\":\"place %u\",\"kind\":\"%s\","
		      "\"from\":\"%s\",\"to\":\"%s\"}\n",
		v->person, v->place, kinds[v->place % ARRAY_LEN(kinds)], from, to);
}

typedef VEC(struct buf) bodies;

static void make(struct gate *b, const struct bench_visit *v, size_t n, bool csv, bodies *ret)
{
	for (size_t at = 0; at < n; at += BATCH) {
		struct buf body = { 0 };

		if (csv)
			buf_lit(&body, "phone,place,kind,from,to\n");
		for (size_t i = at; i < min_size(at + BATCH, n); i++)
			row(b, &v[i], csv, &body);
		gate_check(b, body.failed, "memory");
		gate_check(b, vec_push(ret, body), "memory");
	}
}

static void bodies_drop(bodies *all)
{
	for (size_t i = 0; i < all->n; i++)
		buf_release(&all->v[i]);
	vec_drop(all);
}

/* ---- pushing --------------------------------------------------------------------------------- */

struct line {
	struct gate *b;
	const char *feed;
	const bodies *all;
	size_t first, step;
	struct asker asker;
	uint64_t accepted;
	pthread_t thread;
};

static void *push_some(void *arg)
{
	struct line *l = arg;
	char target[100];

	(void)snprintf(target, sizeof target, "/api/v1/feeds/%s/batches", l->feed);
	for (size_t i = l->first; i < l->all->n; i += l->step) {
		(void)asker_ask(&l->asker, "POST", target, buf_view(&l->all->v[i]));
		l->accepted += strtoull(asker_value(&l->asker, "accepted").p, NULL, 10);
	}
	return NULL;
}

static void push(struct gate *b, const char *feed, const struct bench_visit *v, size_t n, bool csv,
		 size_t lines, const char *name)
{
	bodies all = { NULL, 0, 0 };
	struct line line[LINES];
	uint64_t accepted = 0;
	char figure[80];
	double cpu;
	int64_t t0;

	make(b, v, n, csv, &all);
	for (size_t i = 0; i < lines; i++) {
		line[i] = (struct line){
			.b = b, .feed = feed, .all = &all, .first = i, .step = lines
		};
		asker_begin(&line[i].asker, &b->served, SERVED_LEAD);
	}
	cpu = served_cpu_s(&b->served);
	t0 = measure_now_ns();
	for (size_t i = 0; i < lines; i++)
		if (pthread_create(&line[i].thread, NULL, push_some, &line[i]))
			gate_check(b, ERR_IO, "no thread");
	for (size_t i = 0; i < lines; i++) {
		(void)pthread_join(line[i].thread, NULL);
		accepted += line[i].accepted;
	}
	t0 = measure_now_ns() - t0;
	(void)snprintf(figure, sizeof figure, "push_%s_rows_a_second", name);
	figure_real("gate", figure, (double)n * NS / (double)t0);
	(void)snprintf(figure, sizeof figure, "push_%s_cpu_us_a_row", name);
	figure_real("gate", figure, (served_cpu_s(&b->served) - cpu) * 1e6 / (double)n);
	(void)snprintf(figure, sizeof figure, "push_%s_accepted", name);
	figure_count("gate", figure, accepted);
	(void)fflush(stdout);
	for (size_t i = 0; i < lines; i++)
		asker_end(&line[i].asker);
	bodies_drop(&all);
}

/* One visit of each person, the first that is there. */
static size_t first_visits(const struct gate *b, struct bench_visit *ret)
{
	bool *seen = mem_take(b->data.n_persons, 1);
	size_t n = 0;

	gate_check(b, seen ? OK : ERR_MEMORY, "memory");
	for (size_t i = 0; i < b->data.n_visits; i++) {
		const struct bench_visit *v = &b->data.visit[i];

		if (!seen[v->person]) {
			seen[v->person] = true;
			ret[n++] = *v;
		}
	}
	mem_drop(seen);
	return n;
}

/* ---- bare ------------------------------------------------------------------------------------ */

static void bare(const struct gate *b, const char *path, const struct bench_visit *v, size_t n)
{
	sqlite3 *h = NULL;
	sqlite3_stmt *put = NULL;
	bool ok = sqlite3_open(path, &h) == SQLITE_OK &&
		  sqlite3_exec(h,
			       "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
			       "CREATE TABLE visit (person INTEGER, place INTEGER, from_s INTEGER,"
			       " to_s INTEGER, seat INTEGER)",
			       NULL, NULL, NULL) == SQLITE_OK &&
		  sqlite3_prepare_v2(h, "INSERT INTO visit VALUES (?1, ?2, ?3, ?4, 0)", -1, &put,
				     NULL) == SQLITE_OK;
	int64_t t0 = measure_now_ns();

	for (size_t i = 0; ok && i < n; i++) {
		if (i % BATCH == 0)
			ok = sqlite3_exec(h, "BEGIN", NULL, NULL, NULL) == SQLITE_OK;
		sqlite3_bind_int64(put, 1, v[i].person + (INT64_C(1) << 60));
		sqlite3_bind_int64(put, 2, v[i].place + (INT64_C(1) << 60));
		sqlite3_bind_int64(put, 3, measure_unix_s(v[i].from) + b->shift_s);
		sqlite3_bind_int64(put, 4, measure_unix_s(v[i].to) + b->shift_s);
		ok = ok && sqlite3_step(put) == SQLITE_DONE && sqlite3_reset(put) == SQLITE_OK;
		if (i % BATCH == BATCH - 1 || i + 1 == n)
			ok = ok && sqlite3_exec(h, "COMMIT", NULL, NULL, NULL) == SQLITE_OK;
	}
	gate_check(b, ok ? OK : ERR_IO, "SQLite could not write");
	figure_real("sqlite", "bare_rows_a_second",
		    (double)n * NS / (double)(measure_now_ns() - t0));
	sqlite3_finalize(put);
	sqlite3_close(h);
}

/* ---- all ------------------------------------------------------------------------------------- */

static void begin(struct gate *b, char **argv)
{
	struct utc_s today = clock_s(&clock_wall);

	gate_check(b, bench_data_open(argv[2], &b->data, &b->f), "the data");
	b->n = (uint64_t)min_i64((int64_t)b->data.n_visits, atoll(argv[4]));
	b->cases = strtoull(argv[5], NULL, 10);
	b->known = strtoull(argv[6], NULL, 10);
	b->fresh = strtoull(argv[7], NULL, 10);
	gate_check(b, zone_open("Asia/Shanghai", &b->zone, &b->f), "the zone");
	today = zone_day_start(b->zone, zone_day_of(b->zone, today));
	b->shift_s = today.v - 16 * DAY_S - MEASURE_EPOCH_S;
	served_make(&b->served, argv[1], argv[3]);
	if (b->known)
		gate_people_known(b);
	served_start(&b->served);
}

static void visits(struct gate *b, const char *folder)
{
	struct bench_visit *first = mem_take(b->data.n_persons, sizeof *first);
	uint64_t part = b->n / 3;
	char path[600], feed[40];

	gate_check(b, first ? OK : ERR_MEMORY, "memory");
	gate_feed(b, "visits", feed);
	(void)snprintf(path, sizeof path, "%.500s/bare.sqlite", folder);
	push(b, feed, first, first_visits(b, first), false, 1, "new");
	push(b, feed, b->data.visit, part, false, 1, "ndjson");
	push(b, feed, b->data.visit + part, part, true, 1, "csv");
	push(b, feed, b->data.visit + 2 * part, part, true, LINES, "csv_4_lines");
	bare(b, path, b->data.visit, part);
	mem_drop(first);
}

int main(int argc, char **argv)
{
	static struct gate b;

	if (argc != 8) {
		(void)fprintf(stderr,
			      "bench_intake OUTPOST PREFIX FOLDER VISITS CASES KNOWN BROUGHT\n");
		return 2;
	}
	begin(&b, argv);
	if (b.n) {
		visits(&b, argv[3]);
		gate_trace(&b);
	}
	if (b.known && b.fresh)
		gate_people_push(&b);
	served_stop(&b.served);
	zone_end(&b.zone);
	bench_data_end(&b.data);
	return 0;
}
