/*
 * campaign_scope.c - which things a campaign is about: what a list shows, areas, or a file's rows.
 */
#include <stdlib.h>
#include <string.h>

#include "grid/area.h"
#include "http/http.h"
#include "loop/campaign.sql.h"
#include "loop/campaign_inside.h"

#include "base/ban.h"

enum { LABELS_BYTES = 1 << 30, WORDS_BYTES = 64 << 10, PAGE = 1000, ROW_BYTES = 1 << 20 };

void campaign_things_release(struct things *t)
{
	arena_end(&t->a);
	vec_drop(&t->v);
}

struct gathering {
	struct loop *l;
	struct tx *tx;
	const struct campaign *c;
	struct things *to;
	struct utc_s now;
	struct fault *f;
};

static enum err put(struct gathering *g, struct area_code area, int64_t id, struct str label)
{
	struct thing t = { area, id, { NULL, 0 } };

	if (label.n) {
		t.label.p = arena_copy(g->to->a, label.p, label.n);
		t.label.n = label.n;
		if (!t.label.p)
			return ERR_MEMORY;
	}
	return vec_push(&g->to->v, t);
}

static enum err bad(struct fault *f, const char *field, const char *zh, const char *en)
{
	enum err e = fault_set(f, ERR_RANGE, "%s%.0s", "%.0s%s", zh, en);

	fault_at(f, field, NULL);
	return e;
}

/* Whoever sees the task reads its title: it holds nothing that fewer may read. */
static bool names_it(const struct field *label)
{
	return label && label->see <= SEE_AREA;
}

/* ---- what a list shows ---------------------------------------------------------------------- */

static enum err each_row(void *arg, const struct record_seen *row, struct fault *f)
{
	struct gathering *g = arg;

	(void)f;
	return put(g, row->area, row->id.v,
		   names_it(noun_label(record_noun(g->l->o.book, g->c->scope))) ? row->label
										: STR(""));
}

static struct record_scan scan_of(const struct campaign *c, const struct who *who)
{
	return (struct record_scan){ c->scope, c->query, c->record.area, who };
}

/* ---- areas ---------------------------------------------------------------------------------- */

/* "level=village", or nothing: those right below the campaign's own. */
static enum err level_of(const struct campaign *c, struct arena *a, enum area_level *ret,
			 struct fault *f)
{
	const struct http_pair *pair = NULL;
	size_t n = 0;

	*ret = area_level(c->record.area) < AREA_CELL ? area_level(c->record.area) + 1 : AREA_CELL;
	if (c->query.n && http_parse_query(c->query, a, &pair, &n))
		n = 2;
	if (!n)
		return OK;
	for (int i = AREA_PROVINCE; n == 1 && i < AREA_LEVEL_N; i++)
		if (str_eq(pair->name, STR("level")) &&
		    str_eq(pair->value, str_of(area_level_words((enum area_level)i)->word))) {
			*ret = (enum area_level)i;
			return OK;
		}
	return bad(f, "query", "区划的条件写作 level=village（或 county、township、cell）",
		   "a filter of areas is level=village, or county, township, cell");
}

static enum err area_page(struct gathering *g, enum area_level level, struct area_code *after,
			  size_t *ret_n)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	int64_t end = area_end(g->c->record.area).v;
	bool more;
	enum err e = tx_rows(g->tx, &campaign_sql.areas,
			     SQL_ARGS(sql_i64(after->v), sql_i64(end),
				      sql_i64(zone_day_of(g->l->o.zone, g->now)), sql_i64(PAGE)),
			     &r, g->f);

	*ret_n = 0;
	while (!e && !(e = rows_next(r, &more, g->f)) && more) {
		after->v = rows_i64(r, 0);
		(*ret_n)++;
		if (area_level(*after) == level)
			e = put(g, *after, after->v, rows_text(r, 1));
	}
	return e;
}

static enum err gather_areas(struct gathering *g)
{
	CLEANUP(arena_end) struct arena *a = NULL;
	struct area_code after = { g->c->record.area.v - 1 };
	enum area_level level;
	size_t n = PAGE;
	enum err e = arena_new(WORDS_BYTES, &a);

	if (!e)
		e = level_of(g->c, a, &level, g->f);
	while (!e && n == PAGE)
		e = area_page(g, level, &after, &n);
	return e;
}

/* ---- a file --------------------------------------------------------------------------------- */

static bool is_file(const struct campaign *c)
{
	return str_eq(c->query, STR("file"));
}

static bool is_areas(const struct campaign *c)
{
	return str_eq(c->scope, STR("areas"));
}

typedef VEC(int64_t) id_list;

static enum err listed(struct gathering *g, id_list *ret)
{
	int64_t after = INT64_MIN;
	size_t n = PAGE;
	enum err e = OK;

	while (!e && n == PAGE) {
		CLEANUP(rows_end) struct rows *r = NULL;
		bool more;

		n = 0;
		e = tx_rows(g->tx, &campaign_sql.listed,
			    SQL_ARGS(sql_i64(area_county(g->c->record.area).v),
				     sql_i64(g->c->record.id.v), sql_i64(after), sql_i64(PAGE)),
			    &r, g->f);
		for (; !e && !(e = rows_next(r, &more, g->f)) && more; n++) {
			after = rows_i64(r, 0);
			e = vec_push(ret, after);
		}
	}
	return e;
}

/* What is not there any more, or lies elsewhere now, is out of scope. */
static enum err gather_one(struct gathering *g, int64_t id, const struct noun *n, struct arena *a)
{
	const struct field *label = noun_label(n);
	const struct record *r;
	struct str name = { NULL, 0 };
	void *row;
	enum err e = record_get(g->l->o.book, g->tx, n, (struct record_id){ id }, a, &row, g->f);

	if (e)
		return e == ERR_ABSENT ? OK : e;
	r = row;
	if (names_it(label))
		name = *(const struct str *)((const char *)row + label->at);
	if (!area_covers(g->c->record.area, r->area) || noun_closed(n, r->state))
		return OK;
	return put(g, r->area, id, name);
}

static enum err gather_area(struct gathering *g, int64_t code, struct arena *a)
{
	struct area_code area = { code };
	struct fault unasked = { 0 };
	struct area at;
	enum err e = area_find(g->tx, area, zone_day_of(g->l->o.zone, g->now), a, &at, &unasked);

	if (e == ERR_ABSENT || (!e && !area_covers(g->c->record.area, area)))
		return OK;
	if (e)
		return fault_set(g->f, e, "%s", "%s", unasked.en);
	return put(g, area, code, at.name);
}

static enum err gather_file(struct gathering *g, const struct noun *n)
{
	CLEANUP(arena_end) struct arena *a = NULL;
	id_list ids = { 0 };
	enum err e = arena_new(ROW_BYTES, &a);

	if (!e)
		e = listed(g, &ids);
	for (size_t i = 0; !e && i < ids.n; i++) {
		arena_clear(a);
		e = n ? gather_one(g, ids.v[i], n, a) : gather_area(g, ids.v[i], a);
	}
	vec_drop(&ids);
	return e;
}

/* ---- all of them ---------------------------------------------------------------------------- */

static int by_place(const void *x, const void *y)
{
	const struct thing *a = x, *b = y;

	if (a->area.v != b->area.v)
		return a->area.v < b->area.v ? -1 : 1;
	return a->id < b->id ? -1 : a->id > b->id;
}

enum err campaign_scope_check(struct loop *l, const struct campaign *c, const struct who *who,
			      struct fault *f)
{
	CLEANUP(arena_end) struct arena *a = NULL;
	struct record_scan scan = scan_of(c, who);
	struct fault why = { 0 };
	enum area_level level;
	enum err e = arena_new(WORDS_BYTES, &a);

	if (e)
		return e;
	if (is_areas(c))
		return is_file(c) ? OK : level_of(c, a, &level, f);
	if (!record_noun(l->o.book, c->scope))
		return bad(f, "scope",
			   "没有这个台账；请填台账的英文路径，如 organisations，或 areas",
			   "there is no such register: give its path, as organisations, or areas");
	if (who && !who_may(who, record_noun(l->o.book, c->scope)->read))
		return bad(f, "scope", "您的角色不能查看这个台账，不能以它为专项的对象",
			   "your role does not read this register, and makes no campaign of it");
	if (is_file(c))
		return OK;
	e = record_scan_check(l->o.book, &scan, &why);
	if (e == ERR_SYNTAX || e == ERR_RANGE)
		return bad(f, "query", why.zh, why.en);
	return e;
}

enum err campaign_things(struct loop *l, struct tx *tx, const struct campaign *c,
			 const struct who *who, struct utc_s now, struct things *ret,
			 struct fault *f)
{
	struct gathering g = { l, tx, c, ret, now, f };
	const struct noun *n = is_areas(c) ? NULL : record_noun(l->o.book, c->scope);
	struct record_scan scan = scan_of(c, who);
	enum err e = campaign_scope_check(l, c, who, f);

	if (e || (e = arena_new(LABELS_BYTES, &ret->a)))
		return e;
	ret->about = n ? n->name : "area";
	if (is_file(c))
		e = gather_file(&g, n);
	else if (n)
		e = record_scan(l->o.book, tx, &scan, each_row, &g, f);
	else
		e = gather_areas(&g);
	if (!e && ret->v.n)
		qsort(ret->v.v, ret->v.n, sizeof *ret->v.v, by_place);
	return e;
}
