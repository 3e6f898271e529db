/*
 * tick.c - the clock comes to tasks: what is due, in groups, a transaction a group.
 *
 * What is due is found by one index, so nothing depends on anybody looking at a page. A task that
 * cannot be read is passed over and told of: it holds up no other. At the first tick, and when the
 * wall's clock was set back, every task with a clock is looked at: what was due later may now be
 * due sooner than it says.
 */
#include <string.h>

#include "loop/campaign_inside.h"
#include "loop/loop.sql.h"

#include "base/ban.h"

enum { GROUP = 1000, GROUP_BYTES = 1 << 20, SET_BACK_S = 2 };

struct due_task {
	struct area_code county;
	int64_t id, due;
};

struct ticking {
	struct loop *l;
	struct utc_s now;
	struct due_task v[GROUP];
	size_t n;              /* of this group */
	size_t listed;         /* that were looked at for it */
	struct due_task after; /* where it begins, and where the next one will */
	struct due_task last;
	size_t from, to; /* the piece of it that is written */
	struct tx *tx;
	struct fault *f;
	struct arena *a;
	bool told[GROUP];
	enum err bad; /* of tasks that were passed over */
	struct fault why;
};

static void ticking_end(struct ticking **t)
{
	if (*t)
		arena_end(&(*t)->a);
	mem_drop(*t);
}

/* ---- finding --------------------------------------------------------------------------------- */

static struct due_task take(struct ticking *t, struct rows *r)
{
	t->listed++;
	return t->last = (struct due_task){ { rows_i64(r, 0) }, rows_i64(r, 1), rows_i64(r, 2) };
}

static enum err list_due(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct ticking *t = arg;
	bool more;
	enum err e = tx_rows(tx, &loop_sql.due,
			     SQL_ARGS(sql_time(t->now), sql_i64(t->after.due), sql_i64(t->after.id),
				      sql_i64(GROUP)),
			     &r, f);

	t->n = t->listed = 0;
	while (!e && !(e = rows_next(r, &more, f)) && more)
		t->v[t->n++] = take(t, r);
	return e;
}

/* Would the clock change anything of it? */
static bool would_change(struct str packed, struct utc_s now)
{
	const struct flow_event ev = {
		.on = FLOW_ON_CLOCK, .turn = FLOW_ANY_TURN, .actor = FLOW_CLOCK, .by = FLOW_NEVER
	};
	struct flow_effects fx;
	struct flow_task t;

	if (flow_unpack((const uint8_t *)packed.p, packed.n, &t))
		return true; /* the write says what is wrong */
	return flow_step(&t, &ev, now, &fx) || fx.n > 0;
}

static enum err list_all(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct ticking *t = arg;
	bool more;
	enum err e = tx_rows(tx, &loop_sql.clocked,
			     SQL_ARGS(sql_i64(t->after.due), sql_i64(t->after.id), sql_i64(GROUP)),
			     &r, f);

	t->n = t->listed = 0;
	while (!e && !(e = rows_next(r, &more, f)) && more) {
		t->v[t->n] = take(t, r);
		t->n += would_change(rows_blob(r, 3), t->now);
	}
	return e;
}

/* ---- writing --------------------------------------------------------------------------------- */

static enum err clock_comes(struct ticking *t, size_t i, struct work *w, struct fault *f)
{
	const struct loop_act a = { .task = w->t.id,
				    .ev = { .on = FLOW_ON_CLOCK,
					    .turn = FLOW_ANY_TURN,
					    .actor = FLOW_CLOCK,
					    .by = FLOW_NEVER } };
	struct flow_effects fx;
	enum err e = work_do(t->l, NULL, t->tx, w, &a, t->now, &fx, f);

	t->told[i] = !e && fx.n > 0;
	return e;
}

static enum err tick_one(void *arg, size_t i, enum err loaded, struct work *w, struct fault *why)
{
	struct ticking *t = arg;
	enum err e = loaded;

	i += t->from;
	t->told[i] = false;
	if (!e)
		e = clock_comes(t, i, w, why);
	if (e == ERR_CORRUPT) {
		t->bad = e;
		t->why = *why;
		return OK;
	}
	if (e == ERR_ABSENT)
		return OK; /* gone since, or never the engine's */
	if (e && t->f)
		*t->f = *why;
	return e;
}

static enum err write_group(struct tx *tx, void *arg, struct fault *f)
{
	struct ticking *t = arg;
	int64_t id[GROUP];

	t->tx = tx;
	t->f = f;
	for (size_t i = t->from; i < t->to; i++)
		id[i - t->from] = t->v[i].id;
	return work_each(t->l, tx, id, t->to - t->from, t->a, tick_one, t, f);
}

static enum err write_piece(struct ticking *t, size_t from, size_t to, struct fault *f)
{
	enum err e;

	t->from = from;
	t->to = to;
	if ((e = db_write(t->l->o.db, write_group, t, f)))
		return e;
	for (size_t i = from; i < to && t->l->o.told; i++)
		if (t->told[i])
			t->l->o.told(t->l->o.told_arg, t->v[i].county, "task", t->v[i].id);
	return OK;
}

/* What fails together is tried one by one, so that one task holds up no other. */
static enum err write_all(struct ticking *t, struct fault *f)
{
	struct fault unasked = { 0 };
	enum err e = t->n ? write_piece(t, 0, t->n, &unasked) : OK;

	if (!e)
		return OK;
	if (db_fails_all(e)) {
		*f = unasked;
		return e;
	}
	for (size_t i = 0; i < t->n; i++) {
		struct fault why = { 0 };

		if ((e = write_piece(t, i, i + 1, &why))) {
			t->bad = e;
			t->why = why;
		}
	}
	return OK;
}

static enum err go(struct ticking *t, db_act *list, struct fault *f)
{
	enum err e;

	t->after = (struct due_task){ .due = INT64_MIN };
	do {
		if ((e = db_read(t->l->o.db, list, t, f)) || (e = write_all(t, f)))
			return e;
		t->after = t->last;
	} while (t->listed == GROUP);
	return OK;
}

enum err loop_tick(struct loop *l, struct utc_s now, struct utc_s steady, struct fault *f)
{
	CLEANUP(ticking_end) struct ticking *t = mem_take(1, sizeof *t);
	bool set_back = now.v - l->wall.v < steady.v - l->steady.v - SET_BACK_S;
	enum err e;

	if (!t)
		return ERR_MEMORY;
	if ((e = arena_new(GROUP_BYTES, &t->a)))
		return e;
	t->l = l;
	t->now = now;
	l->looked_at_all = l->looked_at_all && !set_back;
	if ((e = go(t, l->looked_at_all ? list_due : list_all, f)))
		return e;
	l->looked_at_all = true;
	l->wall = now;
	l->steady = steady;
	if ((e = campaign_tick(l, now, f)))
		return e;
	if (t->bad && f)
		*f = t->why;
	return t->bad;
}
