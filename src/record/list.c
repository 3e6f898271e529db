/*
 * list.c - the newest rows that fit, by the way that looks at the fewest.
 *
 * One county. A filter by one value has an index (county, FIELD, id), which gives what fits from
 * the newest on; of several, counts that stop early say which leads to a few rows, or to the
 * fewest. Without one the key itself, (county, id), does. An area within the county is a range of
 * (county, area, id), whose rows have to be sorted: right for a small one. A large one is met by a
 * walk down the key, which is given up after walk_rows rows. Search is led by a token, as a list
 * is by a value.
 *
 * Many counties. A few are taken county by county. Over more, a walk down all ids looks at
 * walk_rows rows, which is enough for whatever is not rare; what is rare is then found county by
 * county after all. Several are asked at a time, one, one, two, four and so on: each looks no
 * further down than the page goes that those before it filled.
 *
 * Rows right on the way up are those of a few single areas, one range of one code each.
 */
#include "record/inside.h"

#include <string.h>

#include "base/ban.h"

const struct list_limits list_limits = {
	.walk_rows = 2000, .count_few = 100, .count = 20000, .count_token = 2000, .counties_few = 16
};

enum { LIST_ROWS_MAX = 1000, COLUMN_ID = 1 };

struct page {
	struct tx *tx;
	const struct record_kind *k;
	const struct list_ask *ask;
	struct arena *a;
	struct fault *f;
	void **v; /* falling by id */
	size_t n;
	struct lead *lead; /* one each value that is asked for, or each token of a search */
	size_t n_lead;
	struct tx_call *call; /* what is asked together, and its arguments */
	struct sql_value *value;
};

/* What leads to rows: how they are counted, and listed. */
struct lead {
	const struct sql *count, *list;
	struct sql_value value;
};

struct span {
	int64_t county, from, end; /* areas in [from, end), of one county unless it is 0 */
};

/* A list statement, and how far it has come. */
struct walk {
	struct span s;
	const struct sql *list;
	int64_t below, down; /* ids that it looks at */
	size_t lead;
	int64_t n;       /* how many rows that leads to, as far as they were counted */
	int64_t counted; /* by the lead that was tried last */
	size_t n_rows;   /* that the list gave when it was asked last */
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

/* ---- statements ----------------------------------------------------------------------------- */

static size_t args_max(const struct page *p)
{
	return LIST_ARGS_PLAIN + p->ask->n_filter + 1 + FIND_TOKENS;
}

/* Room for the arguments of the next statement that is asked together with others. */
static struct sql_value *call(struct page *p, size_t i, const struct sql *sql)
{
	struct sql_value *v = p->value + i * args_max(p);

	p->call[i] = (struct tx_call){ sql, { v, strlen(sql->args) } };
	return v;
}

static void arguments(const struct page *p, const struct walk *w, struct sql_value *v)
{
	*v++ = sql_i64(w->below);
	*v++ = sql_i64(max_i64(w->down, page_floor(p)));
	*v++ = sql_i64(w->s.from);
	*v++ = sql_i64(w->s.end);
	*v++ = sql_i64((int64_t)p->ask->limit);
	for (size_t i = 0; i < p->ask->n_filter; i++)
		*v++ = p->ask->filter[i];
	if (w->s.county)
		*v++ = sql_i64(w->s.county);
	for (size_t i = 0; p->ask->search && i < FIND_TOKENS; i++)
		*v++ = i < p->n_lead ? p->lead[(w->lead + i) % p->n_lead].value : sql_null();
}

struct listing {
	struct page *p;
	struct walk *w;
};

static enum err put_row(struct rows *r, size_t i, void *arg, struct fault *f)
{
	const struct listing *l = arg;
	struct page *p = l->p;
	struct walk *w = &l->w[i];
	void *row;
	enum err e;

	w->n_rows++;
	w->below = rows_i64(r, COLUMN_ID);
	if (w->below < page_floor(p))
		return OK;
	if ((e = act_read(r, p->k, p->a, &row, f)))
		return e;
	if (!p->ask->search || search_fits(p->ask->search, p->k->noun, row, p->ask->sight))
		page_put(p, row);
	return OK;
}

static enum err list_all(struct page *p, struct walk *w, size_t n)
{
	struct listing l = { p, w };

	for (size_t i = 0; i < n; i++) {
		w[i].n_rows = 0;
		arguments(p, &w[i], call(p, i, w[i].list));
	}
	return tx_rows_each(p->tx, p->call, n, put_row, &l, p->f);
}

static enum err list(struct page *p, struct walk *w, const struct sql *sql)
{
	w->list = sql;
	return list_all(p, w, 1);
}

/* The one number that a statement gives; 0 if it gives no row. */
static enum err number(struct page *p, const struct sql *sql, struct sql_args args, int64_t *ret)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e = tx_row(p->tx, sql, args, &r, p->f);

	if (e && e != ERR_ABSENT)
		return e;
	*ret = e ? 0 : rows_i64(r, 0);
	return OK;
}

static enum err put_count(struct rows *r, size_t i, void *arg, struct fault *f)
{
	struct walk *w = arg;

	(void)f;
	w[i].counted = rows_i64(r, 0);
	return OK;
}

/* Of each, count what it leads to and may be on the page; take it if that is less. */
static enum err try_lead(struct page *p, struct walk *w, size_t n, size_t lead)
{
	enum err e;

	for (size_t i = 0; i < n; i++) {
		struct sql_value *v = call(p, i, p->lead[lead].count);

		v[0] = sql_i64(w[i].s.county);
		v[1] = sql_i64(w[i].n);
		v[2] = p->lead[lead].value;
		v[3] = sql_i64(w[i].below);
		v[4] = sql_i64(page_floor(p));
	}
	e = tx_rows_each(p->tx, p->call, n, put_count, w, p->f);
	for (size_t i = 0; i < n && !e; i++)
		if (w[i].counted < w[i].n) {
			w[i].n = w[i].counted;
			w[i].lead = lead;
		}
	return e;
}

/* ---- counties ------------------------------------------------------------------------------- */

static const struct list_limits *limits(const struct page *p)
{
	return &p->k->book->limits;
}

static struct walk walk_of(const struct page *p, const struct span *s)
{
	return (struct walk){ .s = *s, .below = p->ask->below.v, .n = limits(p)->count };
}

static bool is_whole(const struct span *s)
{
	struct area_code county = { s->county };

	return s->from <= county.v && s->end >= area_end(county).v;
}

/* How many rows the area has, counted up to `most`. */
static enum err count_area(struct page *p, const struct span *s, int64_t most, int64_t *ret)
{
	return number(p, p->k->sql->count_within,
		      SQL_ARGS(sql_i64(s->county), sql_i64(most), sql_i64(s->from),
			       sql_i64(s->end)),
		      ret);
}

/* Those with `least` rows or more come first; how many they are. */
static size_t in_front(struct walk *w, size_t n, int64_t least)
{
	size_t some = 0;

	for (size_t i = 0; i < n; i++)
		if (w[i].n >= least) {
			struct walk front = w[i];

			w[i] = w[some];
			w[some++] = front;
		}
	return some;
}

/* For each the first lead to a few rows, else the one to the fewest. */
static enum err rarest(struct page *p, struct walk *w, size_t n)
{
	enum err e = OK;

	for (size_t i = 0; i < n; i++)
		w[i].n = limits(p)->count_few;
	for (size_t i = 0; i < p->n_lead && n && !e; i++) {
		e = try_lead(p, w, n, i);
		n = in_front(w, n, limits(p)->count_few);
	}
	for (size_t i = 0; i < n; i++)
		w[i].n = p->ask->search ? limits(p)->count_token : limits(p)->count;
	for (size_t i = 0; i < p->n_lead && n && !e; i++)
		e = try_lead(p, w, n, i);
	return e;
}

/* An area within the county, and nothing that leads to it. */
static enum err list_area(struct page *p, struct walk *w)
{
	const struct statements *sql = p->k->sql;
	int64_t n;
	enum err e = count_area(p, &w->s, limits(p)->walk_rows, &n);

	if (!e && n < limits(p)->walk_rows)
		return list(p, w, sql->within);
	if (e ||
	    (e = number(p, sql->floor,
			SQL_ARGS(sql_i64(w->s.county), sql_i64(w->below),
				 sql_i64(limits(p)->walk_rows)),
			&w->down)) ||
	    (e = list(p, w, sql->walk)))
		return e;
	if (w->n_rows == p->ask->limit || w->down <= page_floor(p))
		return OK;
	w->below = w->down;
	w->down = 0;
	if ((e = count_area(p, &w->s, limits(p)->count, &n)))
		return e;
	return list(p, w, n < limits(p)->count ? sql->within : sql->walk);
}

/* Pairs that stand apart make a row that does not fit: go on until the page has enough. */
static enum err find(struct page *p, struct walk *w, size_t n)
{
	enum err e = OK;

	while (!e && (n = in_front(w, n, 1)) > 0) {
		e = list_all(p, w, n);
		for (size_t i = 0; i < n; i++)
			if (w[i].n_rows < p->ask->limit || w[i].below <= page_floor(p))
				w[i].n = 0;
	}
	return e;
}

/* Whole counties, or one that need not be whole. */
static enum err list_counties(struct page *p, struct walk *w, size_t n)
{
	const struct statements *sql = p->k->sql;
	bool alone = p->n_lead == 1 && (p->ask->search || is_whole(&w->s));
	int64_t n_area;
	enum err e;

	if (!alone && ((e = rarest(p, w, n)) || (n = in_front(w, n, 1)) == 0))
		return e;
	for (size_t i = 0; i < n; i++)
		w[i].list = p->n_lead ? p->lead[w[i].lead].list : sql->walk;
	if (p->ask->search)
		return find(p, w, n);
	if (is_whole(&w->s))
		return list_all(p, w, n);
	if (!p->n_lead)
		return list_area(p, w);
	if ((e = count_area(p, &w->s, w->n, &n_area)))
		return e;
	return list(p, w, n_area < w->n ? sql->within : w->list);
}

static enum err list_county(struct page *p, const struct span *s)
{
	struct walk w = walk_of(p, s);

	return list_counties(p, &w, 1);
}

/* ---- many counties -------------------------------------------------------------------------- */

static enum err put_county(struct rows *r, size_t i, void *arg, struct fault *f)
{
	struct counties *c = arg;

	(void)i;
	(void)f;
	c->v[c->n++] = rows_i64(r, 0);
	return OK;
}

enum err counties_after(struct tx *tx, const struct record_kind *k, int64_t from, int64_t end,
			struct counties *ret, struct fault *f)
{
	const struct sql *sql = tx_is_far(tx) ? k->sql->counties : k->sql->county;
	size_t before;
	enum err e;

	ret->n = 0;
	do {
		const struct tx_call call = { sql, SQL_ARGS(sql_i64(from), sql_i64(end)) };

		before = ret->n;
		e = tx_rows_each(tx, &call, 1, put_county, ret, f);
		from = ret->n ? ret->v[ret->n - 1] + 1 : from;
	} while (!e && sql == k->sql->county && ret->n > before && ret->n < COUNTIES_AT_ONCE);
	return e;
}

static enum err by_county(struct page *p, const struct span *s, struct counties *c)
{
	struct walk w[COUNTIES_AT_ONCE];
	size_t asked = 0, n;
	enum err e = OK;

	do {
		if (asked && (e = counties_after(p->tx, p->k, c->v[c->n - 1] + 1, s->end, c, p->f)))
			return e;
		for (size_t from = 0; from < c->n && !e; from += n, asked += n) {
			n = min_size(c->n - from, max_size(asked, 1));
			for (size_t i = 0; i < n; i++)
				w[i] = walk_of(p,
					       &(struct span){ c->v[from + i], s->from, s->end });
			e = list_counties(p, w, n);
		}
	} while (!e && c->n == COUNTIES_AT_ONCE);
	return e;
}

static enum err list_wide(struct page *p, const struct span *s)
{
	struct walk w = walk_of(p, s);
	struct counties c;
	enum err e = counties_after(p->tx, p->k, s->from, s->end, &c, p->f);

	if (e || (int64_t)c.n <= limits(p)->counties_few || p->ask->search)
		return e ? e : by_county(p, s, &c);
	if ((e = number(p, p->k->sql->floor_wide,
			SQL_ARGS(sql_i64(w.below), sql_i64(limits(p)->walk_rows)), &w.down)) ||
	    (e = list(p, &w, p->k->sql->wide)))
		return e;
	if (w.n_rows == p->ask->limit || w.down == 0)
		return OK;
	return by_county(p, s, &c);
}

size_t list_filters(const struct record_kind *k)
{
	size_t n = 1; /* the state */

	for (size_t i = 0; i < k->sql->n_filters; i++)
		n += statement_is_range(k->sql->filter[i]) ? 2 : 1;
	return n;
}

static void find_leads(struct page *p)
{
	const struct statements *sql = p->k->sql;
	const struct search_query *q = p->ask->search;

	for (size_t i = 0; q && i < q->tokens.n; i++) {
		const struct search_token *t = &q->tokens.v[i];

		p->lead[p->n_lead++] = (struct lead){ sql->count_token, sql->find,
						      sql_text((struct str){ t->p, t->n }) };
	}
	for (size_t i = 0; !q && i < sql->n_by; i++) {
		const struct statement_by *by = &sql->by[i];
		struct sql_value value = p->ask->filter[by->arg - LIST_ARGS_PLAIN];

		if (value.type != SQL_NULL)
			p->lead[p->n_lead++] = (struct lead){ by->count, by->list, value };
	}
}

static enum err begin(struct page *p)
{
	size_t leads = p->ask->search ? p->ask->search->tokens.n : p->k->sql->n_by;

	assert(p->ask->limit > 0 && p->ask->limit <= LIST_ROWS_MAX);
	assert(p->ask->n_filter == list_filters(p->k));
	if (!(p->v = arena_take(p->a, p->ask->limit + 1, sizeof *p->v)) ||
	    !(p->lead = arena_take(p->a, leads, sizeof *p->lead)) ||
	    !(p->call = arena_take(p->a, COUNTIES_AT_ONCE, sizeof *p->call)) ||
	    !(p->value = arena_take(p->a, COUNTIES_AT_ONCE * args_max(p), sizeof *p->value)))
		return ERR_MEMORY;
	find_leads(p);
	return OK;
}

enum err list_rows_of(struct tx *tx, const struct record_kind *k, const struct list_ask *ask,
		      struct area_code county, struct area_code area, struct arena *a, void ***ret,
		      size_t *ret_n, struct fault *f)
{
	struct page p = { .tx = tx, .k = k, .ask = ask, .a = a, .f = f };
	struct span s = { county.v, area.v, area_end(area).v };
	enum err e;

	if ((e = begin(&p)) || (e = list_county(&p, &s)))
		return e;
	*ret = p.v;
	*ret_n = p.n;
	return OK;
}

enum err list_rows(struct tx *tx, const struct record_kind *k, const struct list_ask *ask,
		   struct arena *a, void ***ret, size_t *ret_n, struct fault *f)
{
	struct page p = { .tx = tx, .k = k, .ask = ask, .a = a, .f = f };
	enum err e = begin(&p);

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
