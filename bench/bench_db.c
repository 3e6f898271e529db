/*
 * bench_db.c - durable writes of many clients: ours, a group a commit, against one commit a
 * request, both on SQLite with synchronous=FULL and on the same disk.
 *
 *     bench_db FOLDER [CLIENTS [SECONDS [ROUNDS]]]
 *
 * FOLDER must not hold a database yet. The two take turns; each client writes one row a request
 * and waits until it is durable. The simple way is one connection under a mutex: with a connection
 * a client SQLite's own waiting makes it slower still. Figures are those of the middle round.
 */
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/dice.h"
#include "base/memory.h"
#include "db/db.h"
#include "db/step.h"
#include "measure.h"

#include "base/ban.h"

enum { CLIENTS = 64, CLIENTS_MAX = 1024, SECONDS = 3, ROUNDS = 3, ROUNDS_MAX = 99 };
#define NS_IN_S 1000000000LL

static const char words[] = "边坡出现裂缝，长约三米，雨后加宽，请立即到现场查看并设警戒线";
static const char insert[] = "INSERT INTO signal (county, id, words) VALUES (430102, $1, $2)";

static const struct db_step steps[] = {
	{ 1, "step",
	  "-- spread: everywhere\n"
	  "CREATE TABLE schema_step (step BIGINT NOT NULL PRIMARY KEY, word TEXT NOT NULL,"
	  " digest TEXT NOT NULL, done_s BIGINT NOT NULL);\n"
	  "-- spread: county\n"
	  "CREATE TABLE signal (county BIGINT NOT NULL, id BIGINT NOT NULL, words TEXT NOT NULL,"
	  " PRIMARY KEY (county, id));" },
};
static const struct sql put = {
	.name = "signal.put", .text = insert, .args = "it", .act = SQL_WRITE
};

struct bench {
	struct db *db;
	sqlite3 *h;
	sqlite3_stmt *begin, *put, *commit;
	pthread_mutex_t lock;
	int64_t end_ns;
	int64_t next; /* under the lock */
};

struct client {
	pthread_t thread;
	struct bench *b;
	int64_t first;
	uint64_t done;
	enum err e;
};

/* ---- ours --------------------------------------------------------------------------------- */

static enum err put_act(struct tx *tx, void *arg, struct fault *f)
{
	return tx_run(tx, &put, SQL_ARGS(sql_i64(*(int64_t *)arg), sql_text(STR(words))), NULL, f);
}

static void *ours(void *arg)
{
	struct client *c = arg;

	while (c->e == OK && measure_now_ns() < c->b->end_ns) {
		int64_t id = c->first + (int64_t)c->done;

		c->e = db_write(c->b->db, put_act, &id, NULL);
		c->done += c->e == OK;
	}
	return NULL;
}

/* ---- one commit a request ----------------------------------------------------------------- */

static bool done(sqlite3_stmt *s)
{
	bool fine = sqlite3_step(s) == SQLITE_DONE;

	sqlite3_reset(s);
	return fine;
}

static void *theirs(void *arg)
{
	struct client *c = arg;
	struct bench *b = c->b;

	while (c->e == OK && measure_now_ns() < b->end_ns) {
		pthread_mutex_lock(&b->lock);
		sqlite3_bind_int64(b->put, 1, b->next++);
		sqlite3_bind_text(b->put, 2, words, -1, SQLITE_STATIC);
		if (!done(b->begin) || !done(b->put) || !done(b->commit))
			c->e = ERR_IO;
		pthread_mutex_unlock(&b->lock);
		c->done += c->e == OK;
	}
	return NULL;
}

static enum err open_theirs(struct bench *b, const char *folder, struct fault *f)
{
	static const char setup[] =
		"PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;"
		"PRAGMA foreign_keys = ON; PRAGMA cache_size = -8000;"
		"CREATE TABLE signal (county BIGINT NOT NULL, id BIGINT NOT NULL,"
		" words TEXT NOT NULL, PRIMARY KEY (county, id));";
	char path[4096];

	snprintf(path, sizeof(path), "%s/simple.sqlite", folder);
	if (sqlite3_open(path, &b->h) || sqlite3_exec(b->h, setup, NULL, NULL, NULL) ||
	    sqlite3_prepare_v2(b->h, "BEGIN IMMEDIATE", -1, &b->begin, NULL) ||
	    sqlite3_prepare_v2(b->h, insert, -1, &b->put, NULL) ||
	    sqlite3_prepare_v2(b->h, "COMMIT", -1, &b->commit, NULL))
		return fault_set(f, ERR_IO, "%s：%s", "%s: %s", path, sqlite3_errmsg(b->h));
	return OK;
}

/* ---- rounds ------------------------------------------------------------------------------- */

static int64_t given_out; /* numbers of rows, no two alike */

static enum err round_of(struct bench *b, void *(*client)(void *), size_t n, unsigned seconds,
			 double *ret)
{
	static struct client c[CLIENTS_MAX];
	int64_t start = measure_now_ns();
	uint64_t sum = 0;
	enum err e = OK;

	memset(c, 0, sizeof(c));
	b->end_ns = start + (int64_t)seconds * NS_IN_S;
	for (size_t i = 0; i < n; i++) {
		c[i].b = b;
		c[i].first = (given_out += 1000000000);
		if (pthread_create(&c[i].thread, NULL, client, &c[i]))
			abort();
	}
	for (size_t i = 0; i < n; i++) {
		pthread_join(c[i].thread, NULL);
		sum += c[i].done;
		e = e ? e : c[i].e;
	}
	*ret = (double)sum * NS_IN_S / (double)(measure_now_ns() - start);
	return e;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static enum err compare(struct bench *b, size_t clients, unsigned seconds, size_t rounds)
{
	double us[ROUNDS_MAX], them[ROUNDS_MAX];
	struct db_counts counts;
	enum err e = OK;

	for (size_t i = 0; e == OK && i < rounds; i++)
		if ((e = round_of(b, theirs, clients, seconds, &them[i])) == OK)
			e = round_of(b, ours, clients, seconds, &us[i]);
	if (e)
		return e;
	qsort(us, rounds, sizeof(us[0]), by_size);
	qsort(them, rounds, sizeof(them[0]), by_size);
	counts = db_counts(b->db);
	figure_count("db", "write_clients", clients);
	figure_real("db", "write_grouped_per_s", us[rounds / 2]);
	figure_real("db", "write_single_per_s", them[rounds / 2]);
	figure_real("db", "write_ratio", us[rounds / 2] / them[rounds / 2]);
	figure_real("db", "write_acts_per_commit", (double)counts.acts / (double)counts.commits);
	figure_peak_memory("db");
	return OK;
}

static unsigned number(int argc, char **argv, int i, unsigned otherwise, unsigned most)
{
	unsigned long n = i < argc ? strtoul(argv[i], NULL, 10) : otherwise;

	return n > 0 && n <= most ? (unsigned)n : otherwise;
}

int main(int argc, char **argv)
{
	struct bench b = { .lock = PTHREAD_MUTEX_INITIALIZER };
	struct fault f = { 0 };
	char url[4096];
	struct db_options o = {
		.url = url, .create = true, .steps = steps, .n_steps = ARRAY_LEN(steps)
	};
	enum err e;

	if (argc < 2) {
		fprintf(stderr, "bench_db FOLDER [CLIENTS [SECONDS [ROUNDS]]]\n");
		return 2;
	}
	snprintf(url, sizeof(url), "sqlite:%s", argv[1]);
	if ((e = db_open(&o, &b.db, &f)) == OK &&
	    (e = db_migrate(b.db, (struct utc_s){ 0 }, &f)) == OK &&
	    (e = open_theirs(&b, argv[1], &f)) == OK)
		e = compare(&b, number(argc, argv, 2, CLIENTS, CLIENTS_MAX),
			    number(argc, argv, 3, SECONDS, 60),
			    number(argc, argv, 4, ROUNDS, ROUNDS_MAX));
	sqlite3_finalize(b.begin);
	sqlite3_finalize(b.put);
	sqlite3_finalize(b.commit);
	sqlite3_close(b.h);
	db_close(b.db);
	return measure_exit("bench_db", e, &f);
}
