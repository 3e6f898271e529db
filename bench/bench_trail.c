/*
 * bench_trail.c - visits as a house keeps them: pushed in batches, started again, traced; beside
 * SQLite's bare insert of the same rows.
 *
 *     bench_trail PREFIX FOLDER [VISITS]
 *
 * PREFIX as bench/README.md says; FOLDER must not be there yet. A batch is 10,000 visits:
 * trail_keep in a durable act, then trail_kept, so that the next trace sees it. The bare insert
 * writes the same five numbers a visit into one table without an index, a commit each 10,000,
 * synchronous=FULL. A case is traced by its warrant, with every encounter, and written as JSON; the
 * window is four days.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/when.h"
#include "db/db.h"
#include "measure.h"
#include "profile/profile.h"
#include "trail/ask.h"
#include "trail/trail.h"

#include "base/ban.h"

enum { BATCH = 10000, CASES = 300, NS = 1000000000 };
#define SALT INT64_C(0x5bd1e995) /* a pseudonym is no small number */

struct bench {
	struct bench_data data;
	struct zone *zone;
	struct db *db;
	struct trail *t;
	struct trail_options o;
	char url[600], trail[600], keys[600], bare[600];
	uint64_t n;
	struct fault f;
};

static int64_t person_of(uint32_t p)
{
	return (int64_t)((p + 1) * UINT64_C(0x9e3779b97f4a7c15) >> 1);
}

static int64_t place_of(uint32_t p)
{
	return (int64_t)((p + 7) * UINT64_C(0xc2b2ae3d27d4eb4f) >> 1);
}

/* ---- ours ------------------------------------------------------------------------------------ */

struct push {
	struct bench *b;
	int64_t batch;
	size_t n;
	struct trail_visit v[BATCH];
	enum trail_fate fate[BATCH];
};

static enum err push_act(struct tx *tx, void *arg, struct fault *f)
{
	struct push *p = arg;
	const struct trail_batch b = { { 430800000000000 }, p->batch };

	return trail_keep(p->b->t, tx, b, p->v, p->n, p->fate, f);
}

static enum err push_all(struct bench *b)
{
	struct push *p = mem_take(1, sizeof *p);
	int64_t t0 = measure_now_ns(), took;
	enum err e = p ? OK : ERR_MEMORY;

	for (uint64_t at = 0; !e && at < b->n; at += p->n) {
		p->b = b;
		p->batch++;
		p->n = (size_t)min_i64(BATCH, (int64_t)(b->n - at));
		for (size_t i = 0; i < p->n; i++) {
			const struct bench_visit *x = &b->data.visit[at + i];

			p->v[i] = (struct trail_visit){ .person = person_of(x->person),
							.place = { place_of(x->place) },
							.from = { measure_unix_s(x->from) },
							.to = { measure_unix_s(x->to) } };
		}
		if (!(e = db_write(b->db, push_act, p, &b->f)))
			trail_kept(b->t, (struct trail_batch){ { 430800000000000 }, p->batch });
	}
	mem_drop(p);
	took = measure_now_ns() - t0;
	figure_real("trail", "push_visits_a_second", (double)b->n * NS / (double)took);
	return e;
}

static enum err seal_all(struct bench *b)
{
	struct trail_counts c = { .unsealed = 1 };
	int64_t t0 = measure_now_ns();
	enum err e = OK;

	while (!e && c.unsealed)
		if (!(e = trail_tick(b->t, &b->f)))
			e = trail_count(b->t, &c, &b->f);
	figure_real("trail", "seal_s", (double)(measure_now_ns() - t0) / NS);
	figure_count("trail", "visits", c.visits);
	return e;
}

static enum err start_again(struct bench *b)
{
	int64_t t0;
	enum err e;

	trail_close(&b->t);
	t0 = measure_now_ns();
	e = trail_open(&b->o, &b->t, &b->f);
	figure_real("trail", "start_s", (double)(measure_now_ns() - t0) / NS);
	return e;
}

/* ---- one case -------------------------------------------------------------------------------- */

static void tell(const struct trail_answer *a, const struct zone *zone, struct buf *out)
{
	CLEANUP(buf_release) struct buf text = { 0 };
	struct json j;

	json_begin(&j, out);
	json_open(&j, '[');
	for (size_t i = 0; i < a->n_contacts; i++) {
		const struct trail_contact *c = &a->contact[i];

		json_open(&j, '{');
		json_key(&j, "person");
		buf_clear(&text);
		buf_i64(&text, c->person);
		json_str(&j, buf_view(&text));
		json_key(&j, "class");
		json_str(&j, str_of(trace_class_word(c->klass)));
		json_key(&j, "overlap_s");
		json_i64(&j, (int64_t)c->overlap_s);
		json_key(&j, "first");
		buf_clear(&text);
		when_iso(&text, c->first, zone);
		json_str(&j, buf_view(&text));
		json_close(&j, '}');
	}
	json_close(&j, ']');
}

static int by_ns(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static enum err ask_all(struct bench *b)
{
	static int64_t ns[CASES];
	struct arena *profiles = NULL, *a = NULL;
	struct profile_set set;
	const struct profile *p;
	struct buf json = { 0 };
	uint64_t contacts = 0;
	enum err e;

	if ((e = arena_new(8 << 20, &profiles)) || (e = arena_new((size_t)1 << 30, &a)) ||
	    (e = profile_load_builtin(profiles, &set, &b->f)) ||
	    (e = profile_find(&set, STR("covid19.who"), &p, &b->f)))
		return e;
	for (size_t i = 0; !e && i < 2 * CASES; i++) {
		const struct bench_case *c = &b->data.cases[i % CASES];
		const struct trail_warrant w = { .case_id = { 1 + (int64_t)i },
						 .index = person_of(c->person),
						 .from = { measure_unix_s(c->from) },
						 .to = { measure_unix_s(c->to) },
						 .generations = 1,
						 .people = 20000 };
		struct trail_answer answer;
		int64_t t0 = measure_now_ns();

		buf_clear(&json);
		if (!(e = trail_ask(b->t, &w, p, a, &answer, &b->f)))
			tell(&answer, b->zone, &json);
		ns[i % CASES] = measure_now_ns() - t0;
		contacts += e ? 0 : answer.n_contacts;
		arena_clear(a);
	}
	qsort(ns, CASES, sizeof *ns, by_ns);
	figure_real("trail", "case_p50_ms", (double)ns[CASES / 2] / 1e6);
	figure_real("trail", "case_p99_ms", (double)ns[CASES * 99 / 100] / 1e6);
	figure_count("trail", "contacts", contacts / 2);
	buf_release(&json);
	arena_free(a);
	arena_free(profiles);
	return e;
}

/* ---- bare ------------------------------------------------------------------------------------ */

static bool bare_all(struct bench *b)
{
	sqlite3 *h = NULL;
	sqlite3_stmt *put = NULL;
	bool ok = sqlite3_open(b->bare, &h) == SQLITE_OK &&
		  sqlite3_exec(h,
			       "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
			       "CREATE TABLE visit (person INTEGER, place INTEGER, from_s INTEGER,"
			       " to_s INTEGER, seat INTEGER)",
			       NULL, NULL, NULL) == SQLITE_OK &&
		  sqlite3_prepare_v2(h, "INSERT INTO visit VALUES (?1, ?2, ?3, ?4, 0)", -1, &put,
				     NULL) == SQLITE_OK;
	int64_t t0 = measure_now_ns();

	for (uint64_t i = 0; ok && i < b->n; i++) {
		const struct bench_visit *x = &b->data.visit[i];

		if (i % BATCH == 0)
			ok = sqlite3_exec(h, "BEGIN", NULL, NULL, NULL) == SQLITE_OK;
		sqlite3_bind_int64(put, 1, person_of(x->person));
		sqlite3_bind_int64(put, 2, place_of(x->place));
		sqlite3_bind_int64(put, 3, measure_unix_s(x->from));
		sqlite3_bind_int64(put, 4, measure_unix_s(x->to));
		ok = ok && sqlite3_step(put) == SQLITE_DONE && sqlite3_reset(put) == SQLITE_OK;
		if (i % BATCH == BATCH - 1 || i + 1 == b->n)
			ok = ok && sqlite3_exec(h, "COMMIT", NULL, NULL, NULL) == SQLITE_OK;
	}
	figure_real("sqlite", "bare_insert_visits_a_second",
		    (double)b->n * NS / (double)(measure_now_ns() - t0));
	sqlite3_finalize(put);
	sqlite3_close(h);
	return ok;
}

static enum err run(struct bench *b, char **argv, int argc)
{
	enum err e;

	if ((e = bench_data_open(argv[1], &b->data, &b->f)))
		return e;
	b->n = b->data.n_visits;
	if (argc > 3)
		b->n = (uint64_t)min_i64((int64_t)b->n, atoll(argv[3]));
	(void)snprintf(b->url, sizeof b->url, "sqlite:%.500s", argv[2]);
	(void)snprintf(b->trail, sizeof b->trail, "%.500s/trail", argv[2]);
	(void)snprintf(b->keys, sizeof b->keys, "%.500s/days", argv[2]);
	(void)snprintf(b->bare, sizeof b->bare, "%.500s/bare.sqlite", argv[2]);
	if ((e = zone_open("Asia/Shanghai", &b->zone, &b->f)) ||
	    (e = db_open(&(struct db_options){ .url = b->url, .create = true }, &b->db, &b->f)) ||
	    (e = db_migrate(b->db, (struct utc_s){ 1625068800 }, &b->f)))
		return e;
	b->o = (struct trail_options){ .db = b->db,
				       .dir = b->trail,
				       .keys = b->keys,
				       .zone = b->zone,
				       .county = { 430800000000000 },
				       .suite = CRYPT_WORLD,
				       .chance = &crypt_random_system };
	if ((e = trail_open(&b->o, &b->t, &b->f)) || (e = push_all(b)))
		return e;
	if (!bare_all(b))
		return fault_set(&b->f, ERR_IO, "SQLite 写入失败", "SQLite could not write");
	if ((e = ask_all(b)) || (e = seal_all(b)) || (e = start_again(b)))
		return e;
	return ask_all(b);
}

int main(int argc, char **argv)
{
	static struct bench b;
	enum err e;

	if (argc < 3) {
		fprintf(stderr, "bench_trail PREFIX FOLDER [VISITS]\n");
		return 2;
	}
	e = run(&b, argv, argc);
	trail_close(&b.t);
	db_close(b.db);
	zone_end(&b.zone);
	bench_data_end(&b.data);
	figure_peak_memory("trail");
	return e ? measure_exit("bench_trail", e, &b.f) : 0;
}
