/*
 * bench_loop.c - a million open tasks: the late list of a city, a tick that finds ten thousand due,
 * and a change of ten thousand with an entry of the ledger each.
 *
 *     bench_loop URL fill TASKS [LATE]   open tasks of a made-up province, of which LATE are late
 *     bench_loop URL board QUESTIONS     first pages of the late lists of cities
 *     bench_loop URL start               the first tick: every open task is looked at
 *     bench_loop URL tick N              N more tasks become due at one instant; one tick
 *     bench_loop URL many N              one event for N tasks in one transaction
 *
 * The province has 14 cities and 140 counties. Lines: figure TAB loop TAB name TAB value, in ms;
 * "cpu" is what this process used, which says more on a machine that others use too.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/dice.h"
#include "grid/grid.h"
#include "loop/board.sql.h"
#include "loop/inside.h"

#include "base/ban.h"

enum { CITIES = 14, COUNTIES = 10, CHUNK = 5000, SEED = 11, NOW = 1790000000, DAY = 86400 };
enum { NOUNS_ROOM = 32, PAGE = 100, ACCEPT_S = 3600 };

static const struct clocks_rule rules[] = {
	{ .id = { "bench", 5 },
	  .version = 1,
	  .valid_from = CLOCKS_DAY_OPEN,
	  .valid_to = CLOCKS_DAY_OPEN,
	  .way = { "days", 4 },
	  .clock = { ACCEPT_S, 15 * DAY, DAY, DAY, 0, 0, 0 } },
};
static const struct clocks_set clocks = { ARRAY_LEN(rules), rules };

static int64_t wall_ns(void *arg)
{
	(void)arg;
	return (int64_t)NOW * 1000000000;
}
static const struct clock wall = { wall_ns, NULL };

struct bench {
	struct db *db;
	struct zone *zone;
	struct record_book *book;
	struct loop *l;
	struct arena *a;
	struct dice dice;
	size_t n, done, late; /* tasks to make, made, and of them late */
	int64_t at;           /* when they are raised */
	struct fault f;
};

static void must(const struct bench *b, enum err e)
{
	if (!e)
		return;
	fprintf(stderr, "%s: %s\n", err_word(e), b->f.en);
	exit(3);
}

static double now_ms(void)
{
	return (double)clock_ns(&clock_steady) / 1e6;
}

static double cpu_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void figure(const char *name, double value)
{
	printf("figure\tloop\t%s\t%.3f\n", name, value);
	fflush(stdout);
}

static enum err prime(struct tx *tx, void *book, struct fault *f)
{
	return record_prime(book, tx, f);
}

static void open_bench(struct bench *b, const char *url)
{
	static const struct noun *nouns[NOUNS_ROOM];
	struct record_options o = { .nouns = nouns, .clock = &wall };
	struct loop_options lo = { .clocks = &clocks };

	for (size_t i = 0; i < grid_nouns_n; i++)
		nouns[o.n++] = grid_nouns[i];
	for (size_t i = 0; i < loop_nouns_n; i++)
		nouns[o.n++] = loop_nouns[i];
	must(b, db_open(&(struct db_options){ .url = url, .create = true }, &b->db, &b->f));
	must(b, db_migrate(b->db, (struct utc_s){ NOW }, &b->f));
	must(b, zone_open("+08:00", &b->zone, &b->f));
	o.zone = b->zone;
	must(b, record_open(&o, &b->book, &b->f));
	lo.db = b->db;
	lo.book = b->book;
	lo.zone = b->zone;
	must(b, db_read(b->db, prime, b->book, &b->f));
	must(b, loop_open(&lo, &b->l, &b->f));
	must(b, arena_new(1 << 20, &b->a));
	b->dice.state = SEED;
}

static void close_bench(struct bench *b)
{
	loop_close(&b->l);
	record_end(&b->book);
	zone_end(&b->zone);
	arena_end(&b->a);
	db_end(&b->db);
}

/* ---- filling --------------------------------------------------------------------------------- */

static struct area_code village(struct dice *d)
{
	return (struct area_code){ 430000000000000 + (1 + dice_below(d, CITIES)) * 100000000000 +
				   (1 + dice_below(d, COUNTIES)) * 1000000000 +
				   (1 + dice_below(d, 15)) * 1000000 +
				   (1 + dice_below(d, 15)) * 1000 };
}

static enum err raise_one(struct bench *b, struct tx *tx, int64_t at, struct fault *f)
{
	static const struct step_words none;
	struct area_code area = village(&b->dice);
	int64_t own = area.v / 1000, town = own / 1000, county = town / 1000;
	const struct flow_event ev = {
		.on = FLOW_ON_RAISE,
		.turn = FLOW_ANY_TURN,
		.actor = FLOW_HOUSE,
		.duty = { { own }, { town }, { 2, { { town }, { county } } } },
		.to = { county },
		.by = FLOW_NEVER,
		.clock = rules[0].clock,
		.evidence = FLOW_TEXT
	};
	struct flow_effects fx;
	struct work w = { .there = false };

	noun_blank(&task_noun, &w.row);
	w.row.record =
		(struct record){ .id = record_id_new(b->book), .area = area, .created_at = { at } };
	w.t.id = w.row.record.id.v;
	w.row.kind = STR("order");
	w.row.sector = DUTY_MINE;
	w.row.rule = STR("bench@1");
	w.row.title = STR("查看边坡");
	return work_step(b->l, NULL, tx, &w, &ev, &none, (struct utc_s){ at }, &fx, f);
}

static enum err fill_chunk(struct tx *tx, void *arg, struct fault *f)
{
	struct bench *b = arg;
	struct dice before = b->dice;
	size_t n = min_size(CHUNK, b->n - b->done);
	enum err e = OK;

	for (size_t i = 0; i < n && !e; i++) /* the late ones among all the others */
		e = raise_one(b, tx,
			      b->late && (b->done + i) % (b->n / b->late) == 0
				      ? b->at - ACCEPT_S - 1 - dice_below(&b->dice, 10 * DAY)
				      : b->at,
			      f);
	if (e)
		b->dice = before;
	return e;
}

static void fill(struct bench *b)
{
	for (b->done = 0; b->done < b->n; b->done += CHUNK)
		must(b, db_write(b->db, fill_chunk, b, &b->f));
}

static void tick(struct bench *b, int64_t now)
{
	must(b, loop_tick(b->l, (struct utc_s){ now }, (struct utc_s){ now }, &b->f));
}

/* ---- asking ---------------------------------------------------------------------------------- */

struct asking {
	int64_t city;
	size_t got;
};

static enum err board_act(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct asking *q = arg;
	bool more;
	enum err e = tx_rows(tx, &board_sql.of_city,
			     SQL_ARGS(sql_i64(q->city), sql_i64(1), sql_i64(INT64_MIN), sql_i64(0),
				      sql_i64(INT64_MAX), sql_i64(PAGE)),
			     &r, f);

	q->got = 0;
	while (!e && !(e = rows_next(r, &more, f)) && more)
		q->got += rows_i64(r, 0) > 0;
	return e;
}

static int by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void board(struct bench *b, size_t n)
{
	double *ms = mem_take(n, sizeof *ms);
	size_t got = 0;

	for (size_t i = 0; i < n; i++) {
		struct asking q = {
			430000000000000 + (1 + dice_below(&b->dice, CITIES)) * 100000000000, 0
		};
		double begun = now_ms();

		must(b, db_read(b->db, board_act, &q, &b->f));
		ms[i] = now_ms() - begun;
		got += q.got;
	}
	qsort(ms, n, sizeof *ms, by_size);
	figure("board_city_p50_ms", ms[n / 2]);
	figure("board_city_p99_ms", ms[n * 99 / 100]);
	figure("board_city_rows", (double)got / (double)n);
	mem_drop(ms);
}

/* ---- many ------------------------------------------------------------------------------------ */

static const struct sql some = {
	.name = "bench.some",
	.text = "SELECT id FROM tasks WHERE late = 0 AND next_by > 0 ORDER BY next_by, id LIMIT $1",
	.args = "i",
	.act = SQL_READ,
	.across = "a benchmark",
};

struct changing {
	struct bench *b;
	int64_t *id;
	size_t n;
};

static enum err some_act(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct changing *g = arg;
	size_t want = g->n, n = 0;
	bool more;
	enum err e = tx_rows(tx, &some, SQL_ARGS(sql_i64((int64_t)want)), &r, f);

	while (!e && !(e = rows_next(r, &more, f)) && more)
		g->id[n++] = rows_i64(r, 0);
	g->n = n;
	return e;
}

static enum err many_act(struct tx *tx, void *arg, struct fault *f)
{
	struct changing *g = arg;
	enum err e = OK;

	for (size_t i = 0; i < g->n && !e; i++) {
		struct loop_act a = { .task = g->id[i],
				      .ev = { .on = FLOW_ON_TIGHTEN,
					      .turn = FLOW_ANY_TURN,
					      .actor = FLOW_PERSON,
					      .person = { 7 },
					      .by = NOW + 10 * DAY } };
		struct flow_effects fx;
		struct work w;

		arena_clear(g->b->a);
		if ((e = work_load(g->b->l, tx, a.task, g->b->a, &w, f)))
			break;
		a.ev.party = w.t.checker;
		e = work_do(g->b->l, NULL, tx, &w, &a, (struct utc_s){ NOW }, &fx, f);
	}
	return e;
}

static void many(struct bench *b, size_t n)
{
	struct changing g = { b, mem_take(n, sizeof(int64_t)), n };
	double begun, cpu;

	must(b, db_read(b->db, some_act, &g, &b->f));
	begun = now_ms();
	cpu = cpu_ms();
	must(b, db_write(b->db, many_act, &g, &b->f));
	figure("many_ms", now_ms() - begun);
	figure("many_cpu_ms", cpu_ms() - cpu);
	figure("many_rows", (double)g.n);
	mem_drop(g.id);
}

int main(int argc, char **argv)
{
	struct bench b = { .late = 0 };
	size_t n = argc > 3 ? (size_t)strtoull(argv[3], NULL, 10) : 1;
	double begun, cpu;

	if (argc < 3)
		return 2;
	open_bench(&b, argv[1]);
	b.n = n;
	b.at = NOW;
	begun = now_ms();
	if (strcmp(argv[2], "fill") == 0) {
		b.late = argc > 4 ? (size_t)strtoull(argv[4], NULL, 10) : n / 5;
		fill(&b);
		figure("fill_ms", now_ms() - begun);
	} else if (strcmp(argv[2], "start") == 0) {
		tick(&b, NOW);
		figure("start_ms", now_ms() - begun);
	} else if (strcmp(argv[2], "tick") == 0) {
		tick(&b, NOW);
		b.at = NOW - ACCEPT_S; /* due now */
		fill(&b);
		begun = now_ms();
		cpu = cpu_ms();
		tick(&b, NOW);
		figure("tick_ms", now_ms() - begun);
		figure("tick_cpu_ms", cpu_ms() - cpu);
		figure("tick_due", (double)n);
	} else if (strcmp(argv[2], "board") == 0) {
		board(&b, n);
	} else if (strcmp(argv[2], "many") == 0) {
		many(&b, n);
	}
	close_bench(&b);
	return 0;
}
