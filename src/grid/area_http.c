/* area_http.c - see area_http.h. */
#include "grid/area_http.h"

#include <string.h>

#include "base/digest.h"
#include "base/when.h"
#include "grid/area.h"
#include "grid/boundary.sql.h"
#include "grid/duty.h"
#include "http/http.h"
#include "ledger/ledger.h"

#include "base/ban.h"

enum { SHOWN_MAX = 50, BELOW_MAX = 1000, DAY_S = 86400, EAST_S = 8 * 3600 };

/* Names change by the day, and a day here begins in the east; an hour more or less is no matter. */
static int32_t today(const struct call *c)
{
	return (int32_t)((c->now.v + EAST_S) / DAY_S);
}

static enum err code_of(struct call *c, struct area_code *ret, struct fault *f)
{
	return area_parse(call_text(c, "code"), ret) ? call_absent(f) : OK;
}

/* ---- an area as JSON ------------------------------------------------------------------------ */

static void code_json(struct json *j, const char *key, struct area_code a)
{
	char text[AREA_TEXT_BYTES];

	area_text(a, text);
	json_key(j, key);
	json_str(j, str_of(text));
}

static void text_json(struct json *j, const char *key, struct str s)
{
	json_key(j, key);
	if (s.n)
		json_str(j, s);
	else
		json_nil(j);
}

static void day_json(struct json *j, const char *key, int32_t day)
{
	CLEANUP(buf_release) struct buf b = { 0 };

	if (day > AREA_DAY_FIRST && day < AREA_DAY_LAST)
		when_date(&b, day);
	text_json(j, key, buf_view(&b));
}

static void names_json(struct json *j, const struct area *a)
{
	code_json(j, "code", a->code);
	json_key(j, "level");
	json_i64(j, area_level(a->code));
	json_key(j, "zh");
	json_str(j, a->name);
	text_json(j, "en", a->name_en);
}

static void step_json(struct json *j, const struct area *a)
{
	json_open(j, '{');
	code_json(j, "code", a->code);
	json_key(j, "zh");
	json_str(j, a->name);
	text_json(j, "en", a->name_en);
	json_close(j, '}');
}

/* An area with its way down from the top; `below`: how many lie right below it. */
static void area_json(struct json *j, const struct area *a, const struct area_list *above,
		      int64_t below)
{
	json_open(j, '{');
	names_json(j, a);
	if (above->n)
		code_json(j, "parent", above->v[above->n - 1].code);
	else
		text_json(j, "parent", STR(""));
	json_key(j, "path");
	json_open(j, '[');
	for (size_t i = 0; i < above->n; i++)
		step_json(j, &above->v[i]);
	step_json(j, a);
	json_close(j, ']');
	day_json(j, "valid_from", a->from_day);
	day_json(j, "valid_to", a->to_day);
	json_key(j, "children");
	json_i64(j, below);
	json_close(j, '}');
}

/* Of areas by rising code, those above this one, from the top. `room`: AREA_LEVEL_N of them. */
static struct area_list pick_above(const struct area_list *all, struct area_code code,
				   struct area *room)
{
	size_t n = 0;

	for (size_t i = 0; i < all->n; i++)
		if (all->v[i].code.v != code.v && area_covers(all->v[i].code, code))
			room[n++] = all->v[i];
	return (struct area_list){ n, room, false };
}

/* Areas by rising code, in an open list: two more questions for all of them. */
static enum err areas_json(struct call *c, struct tx *tx, const struct area_list *list,
			   struct fault *f)
{
	struct area room[AREA_LEVEL_N];
	struct area_list all, above;
	int64_t *below = arena_take(c->a, list->n + 1, sizeof *below);
	enum err e;

	if (!below)
		return ERR_MEMORY;
	if ((e = area_above(tx, list, today(c), c->a, &all, f)) ||
	    (e = area_n_below_each(tx, list, today(c), below, f)))
		return e;
	for (size_t i = 0; i < list->n; i++) {
		above = pick_above(&all, list->v[i].code, room);
		area_json(call_json(c), &list->v[i], &above, below[i]);
	}
	return OK;
}

static enum err list_json(struct call *c, struct tx *tx, const struct area_list *list,
			  struct fault *f)
{
	struct json *j = call_json(c);
	enum err e;

	json_open(j, '{');
	json_key(j, "items");
	json_open(j, '[');
	e = areas_json(c, tx, list, f);
	json_close(j, ']');
	json_key(j, "next");
	json_nil(j);
	json_key(j, "more");
	json_bool(j, list->more);
	json_key(j, "as_of");
	call_time_json(c, c->now);
	json_close(j, '}');
	return e;
}

enum err area_http_tell(void *house, struct tx *tx, struct area_code a, struct json *j,
			struct fault *f)
{
	CLEANUP(arena_end) struct arena *scratch = NULL;
	struct fault unasked = { 0 };
	struct area found = { .code = a, .name = STR("") };
	enum err e = arena_new(1 << 16, &scratch);

	(void)house;
	if (!e)
		e = area_find(tx, a, AREA_DAY_LAST - 1, scratch, &found, &unasked);
	if (e == ERR_ABSENT) { /* the tree is not loaded yet, or ends below it */
		found.name = str_of(area_level_words(area_level(a))->zh);
		e = OK;
	}
	if (e)
		return fault_set(f, e, "%s", "%s", err_word(e));
	json_key(j, "zh");
	json_str(j, found.name);
	text_json(j, "en", found.name_en);
	return OK;
}

/* ---- handlers ------------------------------------ */

static enum err search(struct call *c, struct tx *tx, struct fault *f)
{
	struct area_list list = { 0 };
	struct str q = http_query(c->rq, "q");
	enum err e =
		area_search(tx, q, (struct area_code){ 0 }, today(c), SHOWN_MAX, c->a, &list, f);

	return e ? e : list_json(c, tx, &list, f);
}

static enum err show(struct call *c, struct tx *tx, struct fault *f)
{
	struct fault unasked = { 0 };
	struct area_code code;
	struct area a;
	enum err e = code_of(c, &code, f);

	if (e)
		return e;
	e = area_find(tx, code, today(c), c->a, &a, &unasked);
	if (e)
		return e == ERR_ABSENT ? call_absent(f) : e;
	return areas_json(c, tx, &(struct area_list){ 1, &a, false }, f);
}

static enum err children(struct call *c, struct tx *tx, struct fault *f)
{
	struct area_list list = { 0 };
	struct area_code code;
	enum err e = code_of(c, &code, f);

	if (e)
		return e;
	e = area_below(tx, code, today(c), (struct area_code){ -1 }, BELOW_MAX, c->a, &list, f);
	return e ? e : list_json(c, tx, &list, f);
}

/* ---- the map ------------------------------------ */

/* Words as they come, each once. */
static void add_word(struct buf *list, struct str word)
{
	for (size_t i = 0; i + word.n <= list->n; i++)
		if (memcmp(list->p + i, word.p, word.n) == 0)
			return;
	if (list->n)
		buf_lit(list, "; ");
	buf_str(list, word);
}

enum { MAP_CODE, MAP_ZH, MAP_EN, MAP_SOURCE, MAP_REVIEW, MAP_SHAPE };

static void feature_json(struct json *j, struct rows *r)
{
	json_open(j, '{');
	json_key(j, "type");
	json_str(j, STR("Feature"));
	json_key(j, "properties");
	json_open(j, '{');
	code_json(j, "code", (struct area_code){ rows_i64(r, MAP_CODE) });
	json_key(j, "zh");
	json_str(j, rows_text(r, MAP_ZH));
	text_json(j, "en", rows_text(r, MAP_EN));
	json_close(j, '}');
	json_key(j, "geometry");
	json_raw(j, rows_text(r, MAP_SHAPE));
	json_close(j, '}');
}

/* `reviewed`: as long as every outline has a number of its review. */
static enum err features_json(struct json *j, struct rows *r, struct buf *source,
			      struct buf *review, struct fault *f)
{
	bool more = false, reviewed = true;
	enum err e;

	json_key(j, "features");
	json_open(j, '[');
	while (!(e = rows_next(r, &more, f)) && more) {
		feature_json(j, r);
		add_word(source, rows_text(r, MAP_SOURCE));
		reviewed = reviewed && rows_text(r, MAP_REVIEW).n;
		if (reviewed)
			add_word(review, rows_text(r, MAP_REVIEW));
	}
	json_close(j, ']');
	if (!reviewed)
		buf_clear(review);
	return e;
}

/* A map is asked for often and changes once in years: whoever has it is told so. */
static enum err keep_until_changed(struct call *c)
{
	CLEANUP(buf_release) struct buf tag = { 0 };
	struct str body = buf_view(&c->rs->body);

	buf_fmt(&tag, "%016llx", (unsigned long long)digest_of(body.p, body.n));
	if (tag.failed || c->rs->body.failed)
		return ERR_MEMORY;
	c->rs->cache = HTTP_CACHE_CHECK;
	return call_etag(c, buf_view(&tag));
}

static enum err boundary(struct call *c, struct tx *tx, struct fault *f)
{
	CLEANUP(buf_release) struct buf source = { 0 }, review = { 0 };
	CLEANUP(rows_end) struct rows *r = NULL;
	struct json *j = call_json(c);
	struct area_code code;
	enum err e = code_of(c, &code, f);

	if (e || (e = tx_rows(tx, &boundary_sql.below, SQL_ARGS(sql_i64(code.v), sql_i64(today(c))),
			      &r, f)))
		return e;
	json_open(j, '{');
	json_key(j, "type");
	json_str(j, STR("FeatureCollection"));
	if ((e = features_json(j, r, &source, &review, f)))
		return e;
	if (source.failed || review.failed)
		return ERR_MEMORY;
	text_json(j, "source", buf_view(&source));
	text_json(j, "review", buf_view(&review));
	json_close(j, '}');
	return keep_until_changed(c);
}

/* ---- the matrix of responsibility ------------------------------------ */

static void choices_json(struct json *j, const char *key, const struct choice *v, size_t n)
{
	json_key(j, key);
	json_open(j, '[');
	for (size_t i = 1; i < n; i++) {
		json_open(j, '{');
		json_key(j, "word");
		json_str(j, str_of(v[i].word));
		json_key(j, "zh");
		json_str(j, str_of(v[i].zh));
		json_key(j, "en");
		json_str(j, str_of(v[i].en));
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void holder_json(struct call *c, const struct duty_holder *h)
{
	struct json *j = call_json(c);

	json_open(j, '{');
	json_key(j, "id");
	call_id_json(c, h->duty.v);
	json_key(j, "officer");
	call_id_json(c, h->officer.v);
	text_json(j, "name", h->name);
	text_json(j, "post", h->post);
	text_json(j, "phone", h->phone);
	text_json(j, "organisation", h->organisation);
	json_key(j, "substitute");
	if (h->substitute.n) {
		json_open(j, '{');
		text_json(j, "name", h->substitute);
		text_json(j, "phone", h->substitute_phone);
		json_close(j, '}');
	} else {
		json_nil(j);
	}
	json_close(j, '}');
}

/* Those of one area, out of all by rising area. */
struct holders { const struct duty_holder *v; size_t n; };

static const struct duty_holder *holder_of(struct holders h, int sector, int party)
{
	for (size_t i = 0; i < h.n; i++)
		if ((int)h.v[i].sector == sector && (int)h.v[i].party == party)
			return &h.v[i];
	return NULL;
}

/* How many cells have nobody. */
static int64_t area_row_json(struct call *c, const struct area *a, struct holders own)
{
	struct json *j = call_json(c);
	int64_t gaps = 0;

	json_open(j, '{');
	json_key(j, "area");
	json_open(j, '{');
	names_json(j, a);
	json_close(j, '}');
	json_key(j, "cells");
	json_open(j, '{');
	for (int s = 1; s < DUTY_SECTOR_N; s++) {
		json_key(j, duty_sectors[s].word);
		json_open(j, '{');
		for (int p = 1; p < DUTY_PARTY_N; p++) {
			const struct duty_holder *h = holder_of(own, s, p);

			json_key(j, duty_parties[p].word);
			if (h)
				holder_json(c, h);
			else
				json_nil(j);
			gaps += !h;
		}
		json_close(j, '}');
	}
	json_close(j, '}');
	json_close(j, '}');
	return gaps;
}

static void matrix_json(struct call *c, const struct area_list *list, struct holders all,
			int64_t gaps_under)
{
	struct json *j = call_json(c);
	int64_t gaps = 0;

	json_open(j, '{');
	choices_json(j, "sectors", duty_sectors, DUTY_SECTOR_N);
	choices_json(j, "parties", duty_parties, DUTY_PARTY_N);
	json_key(j, "rows");
	json_open(j, '[');
	for (size_t i = 0; i < list->n; i++) {
		struct holders own = { all.v, 0 };

		while (own.n < all.n && own.v[own.n].area.v == list->v[i].code.v)
			own.n++;
		gaps += area_row_json(c, &list->v[i], own);
		all = (struct holders){ all.v + own.n, all.n - own.n };
	}
	json_close(j, ']');
	json_key(j, "gaps"); /* of the rows above */
	json_i64(j, gaps);
	json_key(j, "gaps_under"); /* of the whole subtree */
	json_i64(j, gaps_under);
	json_key(j, "as_of");
	call_time_json(c, c->now);
	json_close(j, '}');
}

static enum err responsibility(struct call *c, struct tx *tx, struct fault *f)
{
	const struct ledger_entry saw = { .object = STR("duty"), .action = STR("matrix") };
	duty_holders all = { 0 };
	struct area_list list = { 0 };
	struct ledger_entry en = saw;
	struct area_code code;
	int64_t n_under, gaps_under;
	enum err e = code_of(c, &code, f);

	if (e || (e = call_reach(c, code, f)))
		return e;
	en.county = area_county(code);
	e = area_below(tx, code, today(c), (struct area_code){ -1 }, BELOW_MAX, c->a, &list, f);
	if (!e)
		e = duty_below(tx, code, today(c), c->a, &all, f);
	if (!e)
		e = area_n_under(tx, code, today(c), &n_under, f);
	if (!e)
		e = duty_gaps(tx, code, n_under, &gaps_under, f);
	if (!e)
		e = call_saw(c, &en, f);
	if (!e)
		matrix_json(c, &list, (struct holders){ all.v, all.n }, gaps_under);
	vec_drop(&all);
	return e;
}

static const struct route rows[] = {
	{ ROUTE(HTTP_GET, "/api/v1/areas", search, CAP_SELF, REACH_ALL, WHY_OPEN, 0, AUDIT_NONE,
		"按名称、拼音首字母或代码找区划", "Find areas by name, initials or code") },
	{ ROUTE(HTTP_GET, "/api/v1/areas/{code:text}", show, CAP_SELF, REACH_ALL, WHY_OPEN, 0,
		AUDIT_NONE, "一个区划", "One area") },
	{ ROUTE(HTTP_GET, "/api/v1/areas/{code:text}/children", children, CAP_SELF, REACH_ALL,
		WHY_OPEN, 0, AUDIT_NONE, "直接下级区划", "The areas right below one") },
	{ ROUTE(HTTP_GET, "/api/v1/areas/{code:text}/boundary", boundary, CAP_SELF, REACH_ALL,
		WHY_OPEN, 0, AUDIT_NONE, "下级区划的边界（GeoJSON）",
		"Boundaries of the areas below one (GeoJSON)") },
	{ ROUTE(HTTP_GET, "/api/v1/areas/{code:text}/responsibility", responsibility, CAP_GRID_READ,
		REACH_AREA, WHY_DUTY, 0, AUDIT_READ, "下级区划的四方责任与空缺",
		"Who answers for the areas below one, and the holes") },
};
const struct route_list area_routes = { rows, ARRAY_LEN(rows) };
