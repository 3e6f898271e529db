/*
 * bench_ledger.c - how fast the ledger is written and verified: bench_ledger URL [ENTRIES]
 *
 * URL is a database that does not exist yet (sqlite:DIR). Entries go to 122 counties, a thousand in
 * a transaction; a head is signed after each ten thousand. Then one entry a transaction, as acts of
 * people are, from 16 threads. Then everything is verified, three times; the best is told, and the
 * share of a core that it took. ENTRIES 0: verify what an earlier run left. "county" in its place:
 * 64 clients append to one county's chain, an entry a transaction. The heads lie in SQLite's folder
 * and go with it; PostgreSQL has none, so for it they lie where this was called.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "measure.h"

#include "base/dice.h"
#include "db/db.h"
#include "ledger/heads.h"
#include "ledger/ledger.h"
#include "ledger/verify.h"

#include "base/ban.h"

enum {
	COUNTIES = 122,
	BATCH = 1000,
	HEAD_EVERY = 10,
	THREADS = 16,
	SINGLES = 100, /* a thread */
	FROM_S = 1790000000
};

struct filler {
	struct db *db;
	struct dice dice;
	int64_t at;
	size_t n;
};

static struct crypt_hash some_hash(struct dice *d)
{
	struct crypt_hash h = { { CRYPT_WORLD } };

	for (size_t i = 1; i < sizeof h.v; i++)
		h.v[i] = (uint8_t)dice_next(d);
	return h;
}

/* As acts and reads of an office look: 150 to 250 bytes. */
static struct ledger_entry some_entry(struct filler *x)
{
	struct dice *d = &x->dice;
	struct ledger_entry en = {
		.county = { 430000000000000 + 100000000000 * (int64_t)(1 + dice_below(d, 14)) +
			    1000000000 * (int64_t)(1 + dice_below(d, 9)) },
		.at = { x->at },
		.kind = dice_chance(d, 0.6) ? LEDGER_READ : LEDGER_ACT,
		.actor = 1 + dice_below(d, 2000),
		.session = (int64_t)(dice_next(d) >> 2),
		.purpose = STR("duty"),
		.matter = STR("case-2021-0731"),
		.object = STR("organisation"),
		.object_id = (int64_t)(dice_next(d) >> 2),
		.action = STR("edit"),
		.detail = STR("fields=name,leader,phone"),
	};

	if (en.kind == LEDGER_READ)
		return en;
	en.version = 1;
	en.before = some_hash(d);
	en.after = some_hash(d);
	return en;
}

static enum err fill_act(struct tx *tx, void *arg, struct fault *f)
{
	struct filler *x = arg;
	enum err e = OK;

	for (size_t i = 0; !e && i < x->n; i++) {
		struct ledger_entry en = some_entry(x);

		e = ledger_append(tx, &en, NULL, f);
	}
	return e;
}

static void *singles(void *arg)
{
	struct filler *x = arg;
	struct fault f = { 0 };

	for (int i = 0; i < SINGLES; i++)
		if (db_write(x->db, fill_act, x, &f)) {
			fprintf(stderr, "bench_ledger: %s\n", f.en);
			exit(3);
		}
	return NULL;
}

static double seconds_since(int64_t ns)
{
	return (double)(measure_now_ns() - ns) / 1e9;
}

static enum err fill(struct db *db, struct heads *h, size_t n, struct fault *f)
{
	struct filler x = { .db = db, .dice = { 1 }, .at = FROM_S, .n = BATCH };
	int64_t start = measure_now_ns(), heads_ns = 0;
	enum err e = OK;

	for (size_t i = 0; !e && i < n / BATCH; i++) {
		x.at++;
		e = db_write(db, fill_act, &x, f);
		if (!e && i % HEAD_EVERY == HEAD_EVERY - 1) {
			int64_t from = measure_now_ns();

			e = heads_step(h, (struct utc_s){ x.at }, NULL, f);
			heads_ns += measure_now_ns() - from;
		}
	}
	if (e)
		return e;
	figure_real("ledger", "append_in_batches_per_s",
		    (double)n / (seconds_since(start) - (double)heads_ns / 1e9));
	figure_real("ledger", "signing_ns_an_entry", (double)heads_ns / (double)n);
	return OK;
}

static enum err fill_singly(struct db *db)
{
	struct filler x[THREADS];
	pthread_t thread[THREADS];
	int64_t start = measure_now_ns();

	for (int i = 0; i < THREADS; i++) {
		x[i] = (struct filler){ db, { 100 + (uint64_t)i }, FROM_S + 1000000, 1 };
		if (pthread_create(&thread[i], NULL, singles, &x[i]))
			return ERR_MEMORY;
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	figure_real("ledger", "append_singly_16_threads_per_s",
		    THREADS * SINGLES / seconds_since(start));
	return OK;
}

/* ---- many clients of one county ------------------------------------------------------------- */

enum { CLIENTS = 64, CLIENT_S = 5 };

struct client {
	pthread_t thread;
	struct db *db;
	struct dice dice;
	int64_t end_ns;
	uint64_t done;
};

static enum err client_act(struct tx *tx, void *arg, struct fault *f)
{
	struct client *c = arg;
	struct filler x = { .dice = c->dice, .at = FROM_S };
	struct ledger_entry en = some_entry(&x);

	en.county.v = 430802000000000;
	return ledger_append(tx, &en, NULL, f);
}

static void *client(void *arg)
{
	struct client *c = arg;

	while (measure_now_ns() < c->end_ns) {
		if (db_write(c->db, client_act, c, NULL))
			exit(3);
		c->done++;
	}
	return NULL;
}

/* All of them move the end of one chain: on PostgreSQL, how often is work done for nothing? */
static enum err one_county(struct db *db)
{
	static struct client c[CLIENTS];
	struct db_counts before = db_counts(db), n;
	int64_t start = measure_now_ns();
	double acts;

	for (size_t i = 0; i < CLIENTS; i++) {
		c[i] = (struct client){ .db = db,
					.dice = { 1 + i },
					.end_ns = start + CLIENT_S * 1000000000LL };
		if (pthread_create(&c[i].thread, NULL, client, &c[i]))
			return ERR_MEMORY;
	}
	for (size_t i = 0; i < CLIENTS; i++)
		pthread_join(c[i].thread, NULL);
	n = db_counts(db);
	acts = (double)(n.acts - before.acts);
	figure_count("ledger", "county_clients", CLIENTS);
	figure_real("ledger", "county_acts_per_s", acts / seconds_since(start));
	figure_real("ledger", "county_retries_an_act", (double)(n.retries - before.retries) / acts);
	figure_real("ledger", "county_turns_an_act", (double)(n.turns - before.turns) / acts);
	return OK;
}

static double cpu_s(void)
{
	return (double)clock() / CLOCKS_PER_SEC;
}

static enum err verify(struct db *db, const char *heads, struct fault *f)
{
	struct verify_ask ask = { .db = db, .heads = heads, .threads = 4 };
	struct verify_report r = { 0 };
	double best = 0, share = 0;

	for (int i = 0; i < 3; i++) {
		int64_t start = measure_now_ns();
		double cpu = cpu_s(), took;
		enum err e = verify_run(&ask, &r, f);

		if (e)
			return e;
		if (r.verdict)
			return fault_set(f, ERR_BUG, "%s%.0s", "%.0s%s", r.zh, r.en);
		took = seconds_since(start);
		if ((double)r.entries / took > best) {
			best = (double)r.entries / took;
			share = (cpu_s() - cpu) / took;
		}
	}
	figure_count("ledger", "entries", r.entries);
	figure_count("ledger", "heads", r.heads);
	figure_real("ledger", "verify_per_s", best);
	figure_real("ledger", "verify_cores", share);
	return OK;
}

static void heads_beside(const char *url, char *ret, size_t room)
{
	static const char sqlite[] = "sqlite:";
	bool folder = strncmp(url, sqlite, sizeof sqlite - 1) == 0;

	(void)snprintf(ret, room, "%s%sbench_ledger.heads", folder ? url + sizeof sqlite - 1 : "",
		       folder ? "/" : "");
}

static enum err run(int argc, char **argv, struct fault *f)
{
	CLEANUP(db_end) struct db *db = NULL;
	CLEANUP(heads_end) struct heads *h = NULL;
	CLEANUP(crypt_signer_end) struct crypt_signer *signer = NULL;
	struct crypt_seed seed;
	char path[4096];
	struct heads_options o = {
		.path = path, .suite = CRYPT_WORLD, .every_s = 1 << 30, .every_entries = 1
	};
	bool county = argc > 2 && strcmp(argv[2], "county") == 0;
	size_t n = argc > 2 ? (size_t)strtoull(argv[2], NULL, 10) : 1000000;
	enum err e;

	if (argc < 2)
		return fault_set(f, ERR_USAGE, "用法：bench_ledger URL [条数 | county]",
				 "usage: bench_ledger URL [ENTRIES | county]");
	heads_beside(argv[1], path, sizeof path);
	if (n)
		ignore(file_unlink(path, NULL));
	crypt_seed_new(CRYPT_WORLD, &crypt_random_system, &seed);
	if ((e = db_open(&(struct db_options){ .url = argv[1], .create = true }, &db, f)) ||
	    (e = db_migrate(db, (struct utc_s){ FROM_S }, f)) ||
	    (e = crypt_signer_new(&seed, &signer)))
		return e;
	if (county || !n)
		return county ? one_county(db) : verify(db, path, f);
	o.db = db;
	o.signer = signer;
	if ((e = heads_open(&o, &h, f)) || (e = fill(db, h, n, f)) || (e = fill_singly(db)) ||
	    (e = heads_step(h, (struct utc_s){ FROM_S + 2000000 }, NULL, f)) ||
	    (e = verify(db, path, f)))
		return e;
	figure_peak_memory("ledger");
	return OK;
}

int main(int argc, char **argv)
{
	struct fault f = { 0 };

	return measure_exit("bench_ledger", run(argc, argv, &f), &f);
}
