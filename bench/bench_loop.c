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
 * Filled are 32 tasks of a village at a time, as campaigns make them. Lines: figure TAB loop TAB
 * name TAB value, in ms; "cpu" is what this process used, which says more on a machine that others
 * use too.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"
#include "loop/board.sql.h"
#include "loop/many.h"
#include "looped.h"
#include "measure.h"

#include "base/ban.h"

enum { CHUNK = 10000, SEED = 11, PAGE = 100, MANY_BYTES = 1 << 20 };

struct bench {
	struct looped on;
	size_t n, done, late; /* tasks to make, made, and of them late */
};

/* ---- filling --------------------------------------------------------------------------------- */

static struct flow_event raised(struct area_code village)
{
	int64_t own = village.v / 1000, town = own / 1000, county = town / 1000;

	return (struct flow_event){ .on = FLOW_ON_RAISE,
				    .turn = FLOW_ANY_TURN,
				    .actor = FLOW_HOUSE,
				    .duty = { { own }, { town }, { 2, { { town }, { county } } } },
				    .to = { county },
				    .by = FLOW_NEVER,
				    .clock = looped_rule.clock,
				    .evidence = FLOW_TEXT };
}

static void begin_row(const struct looped *b, struct area_code area, int64_t at, struct task *ret)
{
	noun_blank(&task_noun, ret);
	ret->record = (struct record){ .id = record_id_new(b->book),
				       .area = area,
				       .version = 1,
				       .created_at = { at },
				       .updated_at = { at } };
	ret->kind = STR("order");
	ret->sector = DUTY_MINE;
	ret->rule = STR("bench@1");
	ret->title = STR("查看边坡");
}

/* Of a task raised at `at`, and come to by the clock by now. */
static enum err settled(const struct flow_event *ev, int64_t at, struct flow_task *t)
{
	const struct flow_event clock = {
		.on = FLOW_ON_CLOCK, .turn = FLOW_ANY_TURN, .actor = FLOW_CLOCK, .by = FLOW_NEVER
	};
	struct flow_effects fx;
	enum err e = flow_step(t, ev, (struct utc_s){ at }, &fx);

	return e ? e : flow_step(t, &clock, (struct utc_s){ LOOPED_NOW }, &fx);
}

static enum err fill_village(struct bench *b, struct tx *tx, int64_t at, struct fault *f)
{
	CLEANUP(many_tasks_end) struct many_tasks *m = NULL;
	struct area_code area = looped_village(&b->on.dice);
	const struct flow_event ev = raised(area);
	enum err e = many_tasks_new(b->on.l, tx, &ev, &m);

	for (size_t i = 0; i < MANY_AT_ONCE && !e; i++) {
		struct many_task t = { .about_id = 0 };

		begin_row(&b->on, area, at, &t.row);
		t.t.id = t.row.record.id.v;
		if (!(e = settled(&ev, at, &t.t))) {
			task_derive(&t.t, (struct utc_s){ LOOPED_NOW }, &t.row);
			e = many_tasks_add(m, &t, f);
		}
	}
	return e ? e : many_tasks_flush(m, f);
}

static enum err fill_chunk(struct tx *tx, void *arg, struct fault *f)
{
	struct bench *b = arg;
	struct dice before = b->on.dice;
	enum err e = OK;

	for (size_t i = 0; i < CHUNK && !e; i += MANY_AT_ONCE) {
		bool late = dice_below(&b->on.dice, (uint32_t)b->n) < b->late;

		e = fill_village(b, tx,
				 LOOPED_NOW - (late ? LOOPED_ACCEPT_S + 1 +
							       (int64_t)dice_below(&b->on.dice,
										   10 * LOOPED_DAY)
						    : 0),
				 f);
	}
	if (e)
		b->on.dice = before;
	return e;
}

/* By the road of the house, with the ledger: tasks that are due now. */
static enum err raise_due(struct tx *tx, void *arg, struct fault *f)
{
	static const struct step_words none;
	struct bench *b = arg;
	struct utc_s at = { LOOPED_NOW - LOOPED_ACCEPT_S };
	enum err e = OK;

	for (size_t i = 0; i < b->n && !e; i++) {
		struct area_code area = looped_village(&b->on.dice);
		const struct flow_event ev = raised(area);
		struct flow_effects fx;
		struct work w = { .there = false };

		begin_row(&b->on, area, at.v, &w.row);
		w.row.record.version = 0;
		w.t.id = w.row.record.id.v;
		e = work_step(b->on.l, NULL, tx, &w, &ev, &none, at, &fx, f);
	}
	return e;
}

static void tick(struct bench *b, const char *name)
{
	struct utc_s now = { LOOPED_NOW };
	double begun = looped_ms(), cpu = load_cpu_us();
	char text[80];

	looped_must(&b->on, loop_tick(b->on.l, now, now, &b->on.f));
	if (!name)
		return;
	(void)snprintf(text, sizeof text, "%s_ms", name);
	figure_real("loop", text, looped_ms() - begun);
	(void)snprintf(text, sizeof text, "%s_cpu_ms", name);
	figure_real("loop", text, (load_cpu_us() - cpu) / 1e3);
}

/* ---- asking ---------------------------------------------------------------------------------- */

static enum err board_act(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct bench *b = arg;
	bool more;
	enum err e =
		tx_rows(tx, &board_sql.of_city,
			SQL_ARGS(sql_i64(looped_city(&b->on.dice).v), sql_i64(1),
				 sql_i64(INT64_MIN), sql_i64(0), sql_i64(INT64_MAX), sql_i64(PAGE)),
			&r, f);

	while (!e && !(e = rows_next(r, &more, f)) && more)
		b->done += rows_i64(r, 0) > 0;
	return e;
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
	struct arena *a;
	struct tx *tx;
	struct fault *f;
	int64_t *id;
	size_t n;
};

static enum err some_act(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct changing *g = arg;
	bool more;
	enum err e = tx_rows(tx, &some, SQL_ARGS(sql_i64((int64_t)g->b->n)), &r, f);

	g->n = 0;
	while (!e && !(e = rows_next(r, &more, f)) && more)
		g->id[g->n++] = rows_i64(r, 0);
	return e;
}

static enum err change_one(void *arg, size_t i, enum err loaded, struct work *w, struct fault *why)
{
	struct changing *g = arg;
	struct loop_act a = { .task = g->id[i],
			      .ev = { .on = FLOW_ON_TIGHTEN,
				      .turn = FLOW_ANY_TURN,
				      .actor = FLOW_PERSON,
				      .person = { 7 },
				      .party = w->t.checker,
				      .by = w->t.stage[FLOW_TO_DO].by - 60 } };
	struct flow_effects fx;

	(void)why;
	return loaded ? loaded
		      : work_do(g->b->on.l, NULL, g->tx, w, &a, (struct utc_s){ LOOPED_NOW }, &fx,
				g->f);
}

static enum err many_act(struct tx *tx, void *arg, struct fault *f)
{
	struct changing *g = arg;

	g->tx = tx;
	g->f = f;
	return work_each(g->b->on.l, tx, g->id, g->n, g->a, change_one, g, f);
}

static void many(struct bench *b)
{
	struct changing g = { .b = b, .id = mem_take(b->n, sizeof(int64_t)) };

	looped_must(&b->on, g.id ? arena_new(MANY_BYTES, &g.a) : ERR_MEMORY);
	looped_must(&b->on, db_read(b->on.db, some_act, &g, &b->on.f));
	looped_timed(&b->on, "loop", "many", many_act, &g);
	figure_real("loop", "many_rows", (double)g.n);
	mem_drop(g.id);
	arena_end(&g.a);
}

int main(int argc, char **argv)
{
	struct bench b = { .n = argc > 3 ? (size_t)strtoull(argv[3], NULL, 10) : 1 };
	double begun;

	if (argc < 3)
		return 2;
	looped_open(&b.on, argv[1], SEED);
	begun = looped_ms();
	if (strcmp(argv[2], "fill") == 0) {
		b.late = argc > 4 ? (size_t)strtoull(argv[4], NULL, 10) : b.n / 5;
		for (b.done = 0; b.done < b.n; b.done += CHUNK)
			looped_must(&b.on, db_write(b.on.db, fill_chunk, &b, &b.on.f));
		figure_real("loop", "fill_ms", looped_ms() - begun);
	} else if (strcmp(argv[2], "start") == 0) {
		tick(&b, "start");
	} else if (strcmp(argv[2], "tick") == 0) {
		tick(&b, NULL);
		looped_must(&b.on, db_write(b.on.db, raise_due, &b, &b.on.f));
		tick(&b, "tick");
		figure_real("loop", "tick_due", (double)b.n);
	} else if (strcmp(argv[2], "board") == 0) {
		looped_asked(&b.on, "loop", "board_city", b.n, board_act, &b);
		figure_real("loop", "board_city_rows", (double)b.done / (double)b.n);
	} else if (strcmp(argv[2], "many") == 0) {
		many(&b);
	}
	looped_close(&b.on);
	return 0;
}
