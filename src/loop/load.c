/* load.c - stored tasks, one, or many in few statements. */
#include "loop/inside.h"
#include "loop/loop.sql.h"

#include "base/ban.h"

static enum err corrupt(struct fault *f)
{
	return fault_set(f, ERR_CORRUPT, "任务的存储内容不合法；请运行 outpost fsck",
			 "a stored task is not sound: run outpost fsck");
}

/* What lies behind the columns of the noun: see loop.sql. */
static enum err read_inner(struct rows *r, size_t at, struct work *ret, struct fault *f)
{
	struct str packed;

	if (rows_null(r, at))
		return ERR_ABSENT;
	packed = rows_blob(r, at);
	ret->about_id = rows_i64(r, at + 1);
	ret->campaign = rows_i64(r, at + 2);
	ret->signal = rows_i64(r, at + 3);
	return flow_unpack((const uint8_t *)packed.p, packed.n, &ret->t) ? corrupt(f) : OK;
}

enum err work_inner(struct tx *tx, struct area_code county, int64_t id, struct work *ret,
		    struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e =
		tx_row(tx, &loop_sql.inner_of, SQL_ARGS(sql_i64(county.v), sql_i64(id)), &r, f);

	if (!e)
		e = read_inner(r, 0, ret, f);
	return !e && ret->t.id != id ? corrupt(f) : e;
}

enum err work_load(struct loop *l, struct tx *tx, int64_t id, struct arena *a, struct work *ret,
		   struct fault *f)
{
	void *row;
	enum err e = record_get(l->o.book, tx, &task_noun, (struct record_id){ id }, a, &row, f);

	if (e)
		return e;
	*ret = (struct work){ .row = *(struct task *)row, .there = true };
	return work_inner(tx, area_county(ret->row.record.area), id, ret, f);
}

/* ---- many ------------------------------------------------------------------------------------ */

struct loaded {
	struct work w;
	enum err e;
	struct fault why;
};

static enum err take(struct loop *l, struct rows *r, struct arena *a, struct loaded *x)
{
	void *row;
	enum err e = record_take(l->o.book, r, &task_noun, a, &row, &x->why);

	if (e)
		return e;
	x->w = (struct work){ .row = *(struct task *)row, .there = true };
	e = read_inner(r, rows_columns(r) - WORK_INNER, &x->w, &x->why);
	return !e && x->w.t.id != x->w.row.record.id.v ? corrupt(&x->why) : e;
}

/* v: of the ids in their order. */
static enum err load_group(struct loop *l, struct tx *tx, const int64_t *id, size_t n,
			   struct arena *a, struct loaded *v, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct sql_value args[WORK_GROUP];
	bool more;
	enum err e;

	for (size_t i = 0; i < WORK_GROUP; i++)
		args[i] = sql_i64(i < n ? id[i] : 0);
	for (size_t i = 0; i < n; i++)
		v[i] = (struct loaded){ .e = ERR_ABSENT };
	e = tx_rows(tx, &loop_sql.whole, (struct sql_args){ args, WORK_GROUP }, &r, f);
	while (!e && !(e = rows_next(r, &more, f)) && more) {
		size_t i = 0;

		while (i < n && id[i] != rows_i64(r, 1))
			i++;
		if (i < n)
			v[i].e = take(l, r, a, &v[i]);
	}
	return e;
}

enum err work_each(struct loop *l, struct tx *tx, const int64_t *id, size_t n, struct arena *a,
		   work_act *act, void *arg, struct fault *f)
{
	enum err e = OK;

	for (size_t from = 0; from < n && !e; from += WORK_GROUP) {
		size_t group = min_size(WORK_GROUP, n - from);
		struct loaded *v;

		arena_clear(a);
		if (!(v = arena_take(a, group, sizeof *v)))
			return ERR_MEMORY;
		e = load_group(l, tx, id + from, group, a, v, f);
		for (size_t i = 0; i < group && !e; i++) {
			if (v[i].e == ERR_ABSENT) /* or an id that was there before */
				v[i].e = work_load(l, tx, id[from + i], a, &v[i].w, &v[i].why);
			e = act(arg, from + i, v[i].e, &v[i].w, &v[i].why);
		}
	}
	return e;
}
