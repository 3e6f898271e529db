/*
 * loop_replay.c - the simulator's scripts, played by the loop on SQLite and on PostgreSQL: every
 * event goes the road that a person's or the clock's goes, is stored and read again, and what it
 * came to has the simulator's digest to the last byte.
 *
 * OUTPOST_REPLAY=n   how many events at least (10,000 without it; 2,000 under a sanitizer)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "grid/grid.h"
#include "loop/inside.h"
#include "support/database.h"
#include "support/flow_world.h"
#include "support/paths.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { EVENTS = 2000 };
#else
enum { EVENTS = 10000 };
#endif
enum { BATCH = 500, NOUNS = 16 };

struct player {
	struct database *d;
	struct zone *zone;
	struct record_book *book;
	struct loop *l;
	struct arena *a;
	const struct flow_act *v; /* of this batch */
	size_t n;
	uint64_t before, digest; /* of all batches before, and with this one */
	uint64_t refused;
};

static void open_player(struct player *p, struct database *d)
{
	static const struct noun *nouns[NOUNS];
	struct record_options o = { .nouns = nouns, .clock = &clock_wall };

	memset(p, 0, sizeof *p);
	p->d = d;
	for (size_t i = 0; i < grid_nouns_n; i++)
		nouns[o.n++] = grid_nouns[i];
	for (size_t i = 0; i < loop_nouns_n; i++)
		nouns[o.n++] = loop_nouns[i];
	MUST(zone_open("+08:00", &p->zone, &d->fault));
	o.zone = p->zone;
	MUST(record_open(&o, &p->book, &d->fault));
	MUST(loop_open(&(struct loop_options){ .db = d->db, .book = p->book, .zone = p->zone },
		       &p->l, &d->fault));
	MUST(arena_new(1 << 20, &p->a));
}

static void close_player(struct player *p)
{
	loop_close(&p->l);
	record_end(&p->book);
	zone_end(&p->zone);
	arena_end(&p->a);
}

/* A task that is not stored yet: the row that raising it would make. */
static void blank(struct work *w, int64_t id)
{
	memset(w, 0, sizeof *w);
	noun_blank(&task_noun, &w->row);
	w->t.id = id;
	w->row.record = (struct record){ .id = { id },
					 .area = { 430802001000000 },
					 .created_at = { DATABASE_NOW } };
	w->row.kind = STR("order");
	w->row.title = STR("replayed");
	w->row.sector = DUTY_MINE;
}

static enum err play_one(struct player *p, struct tx *tx, const struct flow_act *act,
			 struct fault *f)
{
	static const struct step_words none;
	struct fault refusal = { 0 };
	struct flow_effects fx;
	struct work w;
	enum err e;

	arena_clear(p->a);
	e = work_load(p->l, tx, act->task, p->a, &w, f);
	if (e == ERR_ABSENT) {
		blank(&w, act->task);
		e = OK;
	}
	if (e)
		return e;
	fx.why = NULL;
	e = work_step(p->l, NULL, tx, &w, &act->ev, &none, (struct utc_s){ act->now }, &fx,
		      &refusal);
	if (e && !fx.why) { /* no refusal of the engine's: the store failed */
		*f = refusal;
		return e;
	}
	p->refused += e != OK;
	p->digest = flow_digest_act(p->digest, act, e, &fx);
	return OK;
}

static enum err play_batch(struct tx *tx, void *arg, struct fault *f)
{
	struct player *p = arg;
	enum err e = OK;

	p->digest = p->before;
	for (size_t i = 0; i < p->n && !e; i++)
		e = play_one(p, tx, &p->v[i], f);
	return e;
}

struct ending {
	struct player *p;
	int64_t n_tasks;
	uint64_t digest;
};

static enum err fold_tasks(struct tx *tx, void *arg, struct fault *f)
{
	struct ending *end = arg;
	enum err e = OK;

	end->digest = end->p->digest;
	for (int64_t id = 1; id <= end->n_tasks && !e; id++) {
		struct work w;

		arena_clear(end->p->a);
		e = work_load(end->p->l, tx, id, end->p->a, &w, f);
		if (e == ERR_ABSENT) {
			blank(&w, id);
			e = OK;
		}
		end->digest = flow_digest_task(end->digest, &w.t);
	}
	return e;
}

static void play(struct player *p, const struct flow_book *b)
{
	struct ending end = { p, (int64_t)b->tasks.n, 0 };
	struct database *d = p->d;

	p->before = 0;
	for (size_t at = 0; at < b->script.n; at += BATCH) {
		p->v = b->script.v + at;
		p->n = min_size(BATCH, b->script.n - at);
		MUST(db_write(d->db, play_batch, p, &d->fault));
		p->before = p->digest;
	}
	MUST(db_read(d->db, fold_tasks, &end, &d->fault));
	assert_true(end.digest == flow_book_digest(b));
}

static const struct sql *const emptied[] = {
	&(const struct sql){ "test.tasks", "DELETE FROM tasks", "", SQL_WRITE, "a test", "a test",
			     NULL },
	&(const struct sql){ "test.history", "DELETE FROM task_history", "", SQL_WRITE, "a test",
			     "a test", NULL },
	&(const struct sql){ "test.notices", "DELETE FROM task_notice", "", SQL_WRITE, "a test",
			     "a test", NULL },
};

static enum err empty_act(struct tx *tx, void *arg, struct fault *f)
{
	enum err e = OK;

	(void)arg;
	for (size_t i = 0; i < ARRAY_LEN(emptied) && !e; i++)
		e = tx_run(tx, emptied[i], SQL_NO_ARGS, NULL, f);
	return e;
}

static void a_script_comes_to_the_digest_of_the_simulator(void **state)
{
	struct database *d = *state;
	struct flow_world_seen seen = { 0 };
	struct flow_book b = { 0 };
	uint64_t played = 0, seed = 1, refused = 0;

	flow_book_begin(&b);
	for (; played < env_u64("OUTPOST_REPLAY", EVENTS); seed++) {
		CLEANUP(close_player) struct player p;

		flow_book_begin(&b);
		assert_true(flow_world_run(seed, &b, &seen));
		open_player(&p, d);
		play(&p, &b);
		played += b.script.n;
		refused += p.refused;
		MUST(db_write(d->db, empty_act, NULL, &d->fault));
	}
	flow_book_end(&b);
	assert_true(refused > 0);
	print_message("%llu worlds, %llu events, %llu refused\n", (unsigned long long)seed - 1,
		      (unsigned long long)played, (unsigned long long)refused);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(a_script_comes_to_the_digest_of_the_simulator),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
