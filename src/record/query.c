/* query.c - see query.h. */
#include "record/query.h"

#include <stdio.h>
#include <string.h>

#include "base/ban.h"
#include "base/digest.h"
#include "http/http.h"
#include "record/cursor.h"

struct reading {
	struct call *c; /* NULL: nobody's request, only `scope` */
	const struct record_kind *k;
	struct query *q;
	struct fault *f;
	struct value_from from;
	void *row; /* values are read into one */
	struct str after;
	struct area_code area; /* that was asked for; the nation: none was */
};

static enum err refuse(struct reading *r, enum err code, struct str name, const char *zh,
		       const char *en)
{
	char at[FAULT_PLACE_BYTES];
	enum err e = fault_set(r->f, code, "%s%.0s", "%.0s%s", zh, en);

	snprintf(at, sizeof at, "%.*s", (int)min_size(name.n, sizeof at), name.p);
	fault_at(r->f, at, NULL);
	return e;
}

/* "depth_cm_from" is the field and its side; "depth_cm" is the field alone. */
enum side { SIDE_BOTH, SIDE_FROM, SIDE_TO };

static bool is_named(struct str word, const char *name, enum side *ret)
{
	size_t n = strlen(name);

	if (word.n < n || memcmp(word.p, name, n) != 0)
		return false;
	word.p += n;
	word.n -= n;
	*ret = word.n == 0 ? SIDE_BOTH : str_eq(word, STR("_from")) ? SIDE_FROM : SIDE_TO;
	return word.n == 0 || *ret == SIDE_FROM || str_eq(word, STR("_to"));
}

static enum err read_filter(struct reading *r, const struct field *x, enum side side, size_t at,
			    const struct http_pair *pair)
{
	struct sql_value *v = &r->q->filter[at];
	bool range = statement_is_range(x);
	enum err e;

	if (!row_sees(r->q->ask.sight, x))
		return refuse(r, ERR_SYNTAX, pair->name, "这个列表不能按此字段筛选",
			      "this list cannot be narrowed by that");
	if ((!range && side != SIDE_BOTH) || (x->type == FIELD_AREA && side != SIDE_BOTH) ||
	    (x->type == FIELD_TIME && side == SIDE_BOTH))
		return refuse(r, ERR_SYNTAX, pair->name,
			      "时间按 _from 和 _to 筛选，其余字段按字段名筛选",
			      "times are narrowed by _from and _to, other fields by their name");
	if ((e = value_from_text(x, pair->value, &r->from, r->row, r->f)))
		return e;
	if (!value_given(x, r->row))
		return OK; /* an empty box filters nothing */
	if (side != SIDE_TO)
		v[0] = value_to_sql(x, r->row);
	if (range && side != SIDE_FROM)
		v[1] = value_to_sql(x, r->row);
	if (x->type == FIELD_AREA)
		v[1] = sql_i64(area_end((struct area_code){ v[0].i }).v);
	return OK;
}

static enum err read_field(struct reading *r, const struct http_pair *pair)
{
	size_t at = 1;

	for (size_t i = 0; i < r->k->sql->n_filters; i++) {
		const struct field *x = r->k->sql->filter[i];
		enum side side;

		if (is_named(pair->name, x->name, &side))
			return read_filter(r, x, side, at, pair);
		at += statement_is_range(x) ? 2 : 1;
	}
	return refuse(r, ERR_SYNTAX, pair->name, "这个列表没有这个筛选条件，请去掉",
		      "this list has no such filter: leave it out");
}

static enum err read_area(struct reading *r, struct str value)
{
	struct area_code area;

	if (area_parse(value, &area))
		return refuse(r, ERR_RANGE, STR("area"), "不是区划代码，请填 2 到 15 位数字",
			      "this is no area code: give 2 to 15 digits");
	r->area = area;
	if (r->c)
		return call_scope_in(r->c, area, &r->q->scope, r->f);
	r->q->scope = scope_within(&r->q->scope, area);
	return OK;
}

/* What lies on the way up from the caller's areas, and in the area that was asked for. */
static void read_up(struct reading *r)
{
	struct area_code above[SCOPE_ABOVE_MAX];
	size_t n = scope_above(&r->c->who->scope, above);

	r->q->ask.up = r->q->up;
	for (size_t i = 0; i < n; i++)
		if (area_covers(r->area, above[i]))
			r->q->up[r->q->ask.n_up++] = above[i];
}

static enum err read_limit(struct reading *r, struct str value)
{
	int64_t n;

	if (str_i64(value, &n) || n < 1 || n > QUERY_ROWS_MAX)
		return refuse(r, ERR_RANGE, STR("limit"), "每页应为 1 到 200 行",
			      "a page has 1 to 200 rows");
	r->q->ask.limit = (size_t)n;
	return OK;
}

static enum err read_state(struct reading *r, struct str value)
{
	const struct noun *n = r->k->noun;
	size_t state = value_choice(n->state, n->n_states, value, false);

	if (!state)
		return refuse(r, ERR_RANGE, STR("state"), "没有这个状态", "there is no such state");
	r->q->filter[0] = sql_text(str_of(n->state[state].word));
	return OK;
}

static enum err read_pair(struct reading *r, const struct http_pair *pair)
{
	enum err e;

	if (str_eq(pair->name, STR("area")))
		return read_area(r, pair->value);
	if (str_eq(pair->name, STR("limit")))
		return read_limit(r, pair->value);
	if (pair->value.n == 0)
		return OK; /* an empty box */
	if (str_eq(pair->name, STR("state")))
		return read_state(r, pair->value);
	if (str_eq(pair->name, STR("after")))
		return r->after = pair->value, OK;
	if (str_eq(pair->name, STR("columns")))
		return r->q->columns = pair->value, OK;
	if (str_eq(pair->name, STR("format")))
		return r->q->format = pair->value, OK;
	if (!str_eq(pair->name, STR("q")))
		return read_field(r, pair);
	if (!r->k->sql->n_search)
		return refuse(r, ERR_SYNTAX, STR("q"), "这个列表不能按文字搜索",
			      "this list cannot be searched by words");
	if ((e = search_read(pair->value, &r->q->search, r->f)))
		return fault_at(r->f, "q", NULL), e;
	r->q->ask.search = &r->q->search;
	return OK;
}

/* A number that is the same for each page of one list and for no other. */
static uint64_t mark_of(const struct reading *r)
{
	const struct http_request *rq = r->c->rq;
	uint64_t mark = digest_of(r->k->noun->path, strlen(r->k->noun->path));

	for (size_t i = 0; i < r->q->scope.n; i++)
		mark = digest_seeded(&r->q->scope.v[i].v, sizeof r->q->scope.v[i].v, mark);
	for (size_t i = 0; i < rq->n_query; i++) {
		const struct http_pair *p = &rq->query[i];

		if (str_eq(p->name, STR("after")) || str_eq(p->name, STR("limit")))
			continue;
		mark = digest_seeded(p->name.p, p->name.n, mark);
		mark = digest_seeded(p->value.p, p->value.n, mark);
	}
	return mark;
}

void query_all(const struct record_kind *k, const struct scope *scope, unsigned sight,
	       struct query *ret)
{
	*ret = (struct query){ .scope = *scope };
	ret->ask = (struct list_ask){ .scope = &ret->scope,
				      .filter = ret->filter,
				      .n_filter = list_filters(k),
				      .sight = sight,
				      .below = { INT64_MAX },
				      .limit = QUERY_ROWS };
}

enum err query_of_pairs(const struct record_kind *k, const struct http_pair *pair, size_t n,
			const struct scope *scope, unsigned sight, struct arena *a,
			struct query *ret, struct fault *f)
{
	struct reading r = { .k = k, .q = ret, .f = f };
	enum err e = OK;

	query_all(k, scope, sight, ret);
	r.from = (struct value_from){ .zone = k->book->zone, .a = a };
	if (!(r.row = arena_take(a, 1, k->noun->bytes)))
		return ERR_MEMORY;
	for (size_t i = 0; i < n && !e; i++)
		e = read_pair(&r, &pair[i]);
	return e;
}

enum err query_read(struct call *c, const struct record_kind *k, struct query *ret, struct fault *f)
{
	struct reading r = { .c = c, .k = k, .q = ret, .f = f };
	enum err e = OK;

	query_all(k, call_scope(c), sight_of(c->who), ret);
	r.from = (struct value_from){ .zone = k->book->zone, .a = c->a };
	if (!(r.row = arena_take(c->a, 1, k->noun->bytes)))
		return ERR_MEMORY;
	for (size_t i = 0; i < c->rq->n_query && !e; i++)
		e = read_pair(&r, &c->rq->query[i]);
	if (e)
		return e;
	if (k->noun->reads_up)
		read_up(&r);
	ret->mark = mark_of(&r);
	return r.after.n ? cursor_read(r.after, ret->mark, &ret->ask.below, f) : OK;
}
