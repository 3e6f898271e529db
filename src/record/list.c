/*
 * list.c - the newest rows that fit, by the way that looks at the fewest.
 *
 * One county. A filter by one value has an index (county, FIELD, id), which gives what fits from
 * the newest on; of several, counts that stop early say which is the rarest. Without one the key
 * itself, (county, id), does. An area within the county is a range of (county, area, id), whose
 * rows have to be sorted: right for a small one. A large one is met by a walk down the key, which
 * is given up after walk_rows rows.
 *
 * Many counties. A few are taken one by one, each page stopping where the last can no longer be
 * bettered. Over more, a walk down all ids looks at walk_rows rows, which is enough for whatever is
 * not rare; what is rare is then found county by county after all.
 *
 * Search is led by the token that is rarest in the county.
 *
 * Rows right on the way up are those of a few single areas, one range of one code each.
 */
#include "record/inside.h"

#include <string.h>

#include "base/ban.h"

const struct list_limits list_limits = {
	.walk_rows = 2000, .count = 20000, .count_token = 2000, .counties_few = 16
};

enum {
	LIST_ROWS_MAX = 1000,
	ARGS_MAX = LIST_ARGS_PLAIN + 1 + 2 * NOUN_FIELDS_MAX + 1 + FIND_TOKENS
};

struct page {
	struct tx *tx;
	const struct record_kind *k;
	const struct list_ask *ask;
	struct arena *a;
	struct fault *f;
	void **v; /* falling by id */
	size_t n;
};

struct span {
	int64_t county, from, end; /* areas in [from, end), of one county unless it is 0 */
};

/* What one statement gave. */
struct got {
	size_t n;     /* rows it gave */
	int64_t last; /* the id of the last */
};

static int64_t id_of(const void *row)
{
	return row_head_const(row)->id.v;
}

/* No row with an id below this can be on the page any more. */
static int64_t page_floor(const struct page *p)
{
	return p->n == p->ask->limit ? id_of(p->v[p->n - 1]) + 1 : 0;
}

static void page_put(struct page *p, void *row)
{
	size_t at = p->n;

	if (id_of(row) < page_floor(p))
		return;
	while (at > 0 && id_of(p->v[at - 1]) < id_of(row))
		at--;
	if (at > 0 && id_of(p->v[at - 1]) == id_of(row))
		return; /* a walk over all has seen it already */
	if (p->n == p->ask->limit)
		p->n--;
	memmove(p->v + at + 1, p->v + at, (p->n - at) * sizeof *p->v);
	p->v[at] = row;
	p->n++;
}

/* ---- one statement -------------------------------------------------------------------------- */

/* Arguments of a list statement, without tokens; how many they are. */
static size_t arguments(const struct page *p, const struct span *s, int64_t below, int64_t down,
			struct sql_value *v)
{
	size_t n = 0;

	v[n++] = sql_i64(below);
	v[n++] = sql_i64(max_i64(down, page_floor(p)));
	v[n++] = sql_i64(s->from);
	v[n++] = sql_i64(s->end);
	v[n++] = sql_i64((int64_t)p->ask->limit);
	for (size_t i = 0; i < p->ask->n_filter; i++)
		v[n++] = p->ask->filter[i];
	if (s->county)
		v[n++] = sql_i64(s->county);
	return n;
}

static enum err run(struct page *p, const struct sql *sql, const struct sql_value *v, size_t n,
		    struct got *ret)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e = tx_rows(p->tx, sql, (struct sql_args){ v, n }, &r, p->f);
	bool more = true;

	*ret = (struct got){ 0 };
	while (!e && !(e = rows_next(r, &more, p->f)) && more) {
		void *row;

		if ((e = act_read(r, p->k, p->a, &row, p->f)))
			break;
		ret->n++;
		ret->last = id_of(row);
		if (!p->ask->search || search_fits(p->ask->search, p->k->noun, row, p->ask->sight))
			page_put(p, row);
	}
	return e;
}

static enum err list(struct page *p, const struct sql *sql, const struct span *s, int64_t below,
		     int64_t down, struct got *ret)
{
	struct sql_value v[ARGS_MAX];
	size_t n = arguments(p, s, below, down, v);

	return run(p, sql, v, n, ret);
}

/* The one number that a statement gives; `none` if it gives no row. */
static enum err number(struct page *p, const struct sql *sql, struct sql_args args, int64_t none,
		       int64_t *ret)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e = tx_row(p->tx, sql, args, &r, p->f);

	if (e && e != ERR_ABSENT)
		return e;
	*ret = e ? none : rows_i64(r, 0);
	return OK;
}

/* ---- one county ----------------------------------------------------------------------------- */

static const struct list_limits *limits(const struct page *p)
{
	return &p->k->book->limits;
}

static bool is_whole(const struct span *s)
{
	struct area_code county = { s->county };

	return s->from <= county.v && s->end >= area_end(county).v;
}

static struct sql_value value_of(const struct page *p, const struct statement_by *by)
{
	return p->ask->filter[by->arg - LIST_ARGS_PLAIN];
}

/* How many rows the area has, counted up to `most`. */
static enum err count_area(struct page *p, const struct span *s, int64_t most, int64_t *ret)
{
	return number(p, p->k->sql->count_within,
		      SQL_ARGS(sql_i64(s->county), sql_i64(most), sql_i64(s->from),
			       sql_i64(s->end)),
		      0, ret);
}

static size_t n_values(const struct page *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->k->sql->n_by; i++)
		n += value_of(p, &p->k->sql->by[i]).type != SQL_NULL;
	return n;
}

/* The list by the rarest value that is asked for, and how rare; NULL if there is none. */
static enum err rarest_value(struct page *p, const struct span *s, const struct sql **ret,
			     int64_t *ret_n)
{
	const struct statements *sql = p->k->sql;
	bool alone = is_whole(s) && n_values(p) == 1;
	int64_t n;
	enum err e;

	*ret = NULL;
	*ret_n = limits(p)->count;
	for (size_t i = 0; i < sql->n_by; i++) {
		struct sql_value value = value_of(p, &sql->by[i]);

		if (value.type == SQL_NULL)
			continue;
		n = 0;
		if (alone) /* there is nothing to compare it with */
			*ret_n = 0;
		else if ((e = number(p, sql->by[i].count,
				     SQL_ARGS(sql_i64(s->county), sql_i64(*ret_n), value), 0, &n)))
			return e;
		if (n < *ret_n || !*ret) {
			*ret_n = n;
			*ret = sql->by[i].list;
		}
	}
	return OK;
}

/* An area within a county, and nothing that leads to it. */
static enum err list_area(struct page *p, const struct span *s)
{
	const struct statements *sql = p->k->sql;
	int64_t floor, n;
	struct got got;
	enum err e = count_area(p, s, limits(p)->walk_rows, &n);

	if (!e && n < limits(p)->walk_rows)
		return list(p, sql->within, s, p->ask->below.v, 0, &got);
	if (e ||
	    (e = number(p, sql->floor,
			SQL_ARGS(sql_i64(s->county), sql_i64(p->ask->below.v),
				 sql_i64(limits(p)->walk_rows)),
			0, &floor)) ||
	    (e = list(p, sql->walk, s, p->ask->below.v, floor, &got)))
		return e;
	if (got.n == p->ask->limit || floor <= page_floor(p))
		return OK;
	if ((e = count_area(p, s, limits(p)->count, &n)))
		return e;
	return list(p, n < limits(p)->count ? sql->within : sql->walk, s, floor, 0, &got);
}

/* The rarest token of a query first: it leads, the others are looked up for what it finds. */
static enum err rarest(struct page *p, int64_t county, size_t *ret)
{
	const struct search_set *t = &p->ask->search->tokens;
	int64_t least = limits(p)->count_token, n;
	enum err e;

	*ret = 0;
	for (size_t i = 0; i < t->n && t->n > 1 && least > 0; i++) {
		struct str text = { t->v[i].p, t->v[i].n };

		if ((e = number(p, p->k->sql->count_token,
				SQL_ARGS(sql_i64(county), sql_i64(least), sql_text(text)), 0, &n)))
			return e;
		if (n < least) {
			least = n;
			*ret = i;
		}
	}
	return OK;
}

/* Pairs that stand apart make a row that does not fit: go on until the page has enough. */
static enum err find(struct page *p, const struct span *s)
{
	const struct search_set *t = &p->ask->search->tokens;
	struct sql_value v[ARGS_MAX];
	struct got got = { .last = p->ask->below.v };
	size_t lead;
	enum err e = rarest(p, s->county, &lead);

	do {
		int64_t down = page_floor(p);
		size_t n;

		if (e || got.last <= down)
			return e;
		n = arguments(p, s, got.last, 0, v);
		for (size_t i = 0; i < FIND_TOKENS; i++) {
			size_t at = (lead + i) % t->n;

			v[n++] = i < t->n ? sql_text((struct str){ t->v[at].p, t->v[at].n })
					  : sql_null();
		}
		e = run(p, p->k->sql->find, v, n, &got);
	} while (!e && got.n == p->ask->limit);
	return e;
}

static enum err list_county(struct page *p, const struct span *s)
{
	const struct statements *sql = p->k->sql;
	const struct sql *by;
	int64_t n, n_area;
	struct got got;
	enum err e;

	if (p->ask->search)
		return find(p, s);
	if ((e = rarest_value(p, s, &by, &n)))
		return e;
	if (is_whole(s))
		return list(p, by ? by : sql->walk, s, p->ask->below.v, 0, &got);
	if (!by)
		return list_area(p, s);
	if ((e = count_area(p, s, n, &n_area)))
		return e;
	return list(p, n_area < n ? sql->within : by, s, p->ask->below.v, 0, &got);
}

/* ---- many counties -------------------------------------------------------------------------- */

static enum err next_county(struct page *p, int64_t from, int64_t end, int64_t *ret)
{
	return number(p, p->k->sql->counties, SQL_ARGS(sql_i64(from), sql_i64(end)), 0, ret);
}

static enum err by_county(struct page *p, const struct span *s)
{
	int64_t county;
	enum err e = next_county(p, s->from, s->end, &county);

	while (!e && county) {
		struct span one = { county, s->from, s->end };

		if (!(e = list_county(p, &one)))
			e = next_county(p, county + 1, s->end, &county);
	}
	return e;
}

static enum err few_counties(struct page *p, const struct span *s, bool *ret)
{
	int64_t county = s->from - 1;
	int64_t n = 0, most = limits(p)->counties_few;
	enum err e;

	do {
		if ((e = next_county(p, county + 1, s->end, &county)))
			return e;
	} while (county && n++ < most);
	*ret = n <= most;
	return OK;
}

static enum err list_wide(struct page *p, const struct span *s)
{
	int64_t floor;
	struct got got;
	enum err e;
	bool few;

	if ((e = few_counties(p, s, &few)))
		return e;
	if (few || p->ask->search)
		return by_county(p, s);
	if ((e = number(p, p->k->sql->floor_wide,
			SQL_ARGS(sql_i64(p->ask->below.v), sql_i64(limits(p)->walk_rows)), 0,
			&floor)) ||
	    (e = list(p, p->k->sql->wide, s, p->ask->below.v, floor, &got)))
		return e;
	if (got.n == p->ask->limit || floor == 0)
		return OK;
	return by_county(p, s);
}

size_t list_filters(const struct record_kind *k)
{
	size_t n = 1; /* the state */

	for (size_t i = 0; i < k->sql->n_filters; i++)
		n += statement_is_range(k->sql->filter[i]) ? 2 : 1;
	return n;
}

enum err list_rows_of(struct tx *tx, const struct record_kind *k, const struct list_ask *ask,
		      struct area_code county, struct area_code area, struct arena *a, void ***ret,
		      size_t *ret_n, struct fault *f)
{
	struct page p = { .tx = tx, .k = k, .ask = ask, .a = a, .f = f };
	struct span s = { county.v, area.v, area_end(area).v };
	enum err e;

	assert(ask->limit > 0 && ask->limit <= LIST_ROWS_MAX);
	assert(ask->n_filter == list_filters(k));
	if (!(p.v = arena_take(a, ask->limit + 1, sizeof *p.v)))
		return ERR_MEMORY;
	if ((e = list_county(&p, &s)))
		return e;
	*ret = p.v;
	*ret_n = p.n;
	return OK;
}

enum err list_rows(struct tx *tx, const struct record_kind *k, const struct list_ask *ask,
		   struct arena *a, void ***ret, size_t *ret_n, struct fault *f)
{
	struct page p = { .tx = tx, .k = k, .ask = ask, .a = a, .f = f };
	enum err e = OK;

	assert(ask->limit > 0 && ask->limit <= LIST_ROWS_MAX);
	assert(ask->n_filter == list_filters(k));
	if (!(p.v = arena_take(a, ask->limit + 1, sizeof *p.v)))
		return ERR_MEMORY;
	for (size_t i = 0; i < ask->scope->n && !e; i++) {
		struct area_code area = ask->scope->v[i];
		struct span s = { 0, area.v, area_end(area).v };

		if (area_level(area) >= AREA_COUNTY) {
			s.county = area_county(area).v;
			e = list_county(&p, &s);
		} else {
			e = list_wide(&p, &s);
		}
	}
	for (size_t i = 0; i < ask->n_up && !e; i++) {
		int64_t area = ask->up[i].v;
		struct span s = { area_county(ask->up[i]).v, area, area + 1 };

		e = list_county(&p, &s);
	}
	if (e)
		return e;
	*ret = p.v;
	*ret_n = p.n;
	return OK;
}
