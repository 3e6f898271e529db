/* campaign_http.c - how a campaign stands in an area, who is left, and whose it is to do. */
#include <stdio.h>
#include <string.h>

#include "access/call.h"
#include "grid/area.h"
#include "http/http.h"
#include "ledger/ledger.h"
#include "loop/campaign.sql.h"
#include "loop/campaign_inside.h"
#include "loop/duty_of.h"
#include "record/record.h"

#include "base/ban.h"

enum { BODY = 16 << 10, FILE_BYTES = 32 << 20, CHILDREN_MAX = 2000, PAGE = 50 };

/* ---- which area ----------------------------------------------------------------------------- */

static enum err bad_area(struct fault *f, const char *zh, const char *en)
{
	enum err e = fault_set(f, ERR_RANGE, "%s%.0s", "%.0s%s", zh, en);

	fault_at(f, "area", NULL);
	return e;
}

/* ?area=, inside the campaign and what the caller covers; else as much of it as they cover. */
static enum err area_asked(struct call *c, const struct campaign *n, struct area_code *ret,
			   struct fault *f)
{
	struct str s = http_query(c->rq, "area");
	struct scope mine = scope_within(call_scope(c), n->record.area);

	if (s.n && area_parse(s, ret))
		return bad_area(f, "不是区划代码，请填 2 到 15 位数字",
				"this is no area code: give 2 to 15 digits");
	if (!s.n && mine.n)
		*ret = mine.v[0];
	else if (!s.n)
		*ret = n->record.area;
	if (!area_covers(n->record.area, *ret))
		return bad_area(f, "这个区划不在专项的范围内", "the campaign does not reach there");
	return call_reach(c, *ret, f);
}

/* ---- coverage ------------------------------------------------------------------------------- */

struct line {
	struct area_code area;
	struct campaign_tally t;
};
struct coverage {
	struct area_code area;
	struct campaign_tally all;
	struct line v[CHILDREN_MAX];
	size_t n;
};

static void take_line(struct coverage *g, struct rows *r, struct area_code child)
{
	struct line *l = g->n ? &g->v[g->n - 1] : NULL;

	if (!l || l->area.v != child.v) {
		if (g->n == CHILDREN_MAX)
			return;
		l = &g->v[g->n++];
		*l = (struct line){ .area = child };
	}
	for (size_t i = 0; i < SLOT_N; i++)
		l->t.n[i] += rows_i64(r, 1 + i);
}

static void take_all(struct coverage *g, struct rows *r)
{
	for (size_t i = 0; i < SLOT_N; i++)
		g->all.n[i] += rows_i64(r, 1 + i);
}

/* In a county: its own row, and those right below. */
static enum err cover_below(struct tx *tx, int64_t campaign, struct coverage *g, struct fault *f)
{
	CLEANUP(rows_end) struct rows *own = NULL, *r = NULL;
	struct sql_args args =
		SQL_ARGS(sql_i64(area_county(g->area).v), sql_i64(campaign), sql_i64(g->area.v));
	bool more;
	enum err e = tx_row(tx, &campaign_sql.count_of, args, &own, f);

	if (e)
		return e == ERR_ABSENT ? OK : e;
	take_all(g, own);
	e = tx_rows(tx, &campaign_sql.count_below, args, &r, f);
	while (!e && !(e = rows_next(r, &more, f)) && more)
		take_line(g, r, (struct area_code){ rows_i64(r, 0) });
	return e;
}

/* Above counties: the sum of them, by the areas right below. */
static enum err cover_counties(struct tx *tx, int64_t campaign, struct coverage *g, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum area_level level = area_level(g->area) + 1;
	bool more;
	enum err e = tx_rows(tx, &campaign_sql.count_counties,
			     SQL_ARGS(sql_i64(campaign), sql_i64(g->area.v),
				      sql_i64(area_end(g->area).v)),
			     &r, f);

	while (!e && !(e = rows_next(r, &more, f)) && more) {
		struct area_code at = { rows_i64(r, 0) };

		take_all(g, r);
		take_line(g, r, area_at(at, level));
	}
	return e;
}

static void say_line(struct json *j, struct area_code area, const struct record_area_name *name,
		     const struct campaign_tally *t)
{
	static const struct {
		const char *key;
		enum campaign_slot slot;
	} keys[] = { { "open", SLOT_OPEN },         { "returned", SLOT_RETURNED },
		     { "accepted", SLOT_ACCEPTED }, { "started", SLOT_STARTED },
		     { "proved", SLOT_PROVED },     { "closed", SLOT_DONE },
		     { "cancelled", SLOT_STRUCK },  { "late", SLOT_LATE } };
	char code[AREA_TEXT_BYTES];
	int64_t total = 0;

	for (int i = SLOT_OPEN; i <= SLOT_DONE; i++)
		total += t->n[i];
	area_text(area, code);
	json_open(j, '{');
	json_key(j, "area");
	json_str(j, str_of(code));
	json_key(j, "name");
	json_str(j, name->zh);
	json_key(j, "name_en");
	json_str(j, name->en);
	json_key(j, "total");
	json_i64(j, total);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		json_key(j, keys[i].key);
		json_i64(j, t->n[keys[i].slot]);
	}
	json_close(j, '}');
}

/* {area, as_of, total: {...}, children: [{area, name, total, open, ...}]} */
static enum err say_coverage(struct call *c, struct tx *tx, const struct coverage *g,
			     struct fault *f)
{
	struct area_code *code = arena_take(c->a, g->n + 1, sizeof *code);
	struct record_area_name *name = arena_take(c->a, g->n + 1, sizeof *name);
	struct json *j = call_json(c);
	enum err e;

	if (!code || !name)
		return ERR_MEMORY;
	code[0] = g->area;
	for (size_t i = 0; i < g->n; i++)
		code[1 + i] = g->v[i].area;
	/* What lies at the area itself is a line of the same code: codes are asked for once. */
	size_t skip = g->n && g->v[0].area.v == g->area.v;

	if ((e = area_names(tx, code + skip, g->n + 1 - skip,
			    zone_day_of(loop_of(c)->o.zone, c->now), c->a, name + skip, f)))
		return e;
	name[0] = name[skip];
	json_open(j, '{');
	json_key(j, "as_of");
	call_time_json(c, c->now);
	json_key(j, "total");
	say_line(j, g->area, &name[0], &g->all);
	json_key(j, "children");
	json_open(j, '[');
	for (size_t i = 0; i < g->n; i++)
		say_line(j, g->v[i].area, &name[1 + i], &g->v[i].t);
	json_close(j, ']');
	json_close(j, '}');
	return OK;
}

static enum err coverage(struct call *c, struct tx *tx, struct fault *f)
{
	struct coverage *g = arena_take(c->a, 1, sizeof *g);
	struct campaign *n;
	enum err e;

	if (!g)
		return ERR_MEMORY;
	if ((e = campaign_of_path(c, tx, false, &n, f)) || (e = area_asked(c, n, &g->area, f)))
		return e;
	e = area_level(g->area) >= AREA_COUNTY ? cover_below(tx, n->record.id.v, g, f)
					       : cover_counties(tx, n->record.id.v, g, f);
	return e ? e : say_coverage(c, tx, g, f);
}

/* ---- who is left ---------------------------------------------------------------------------- */

struct left {
	int64_t task, owner, next_by, about_id;
	struct area_code area;
	struct str title, state, about, owner_label, duty_phone;
	bool late;
	struct str name, phone, post; /* of the officer */
};

static struct str kept(struct arena *a, struct str s, enum err *e)
{
	char *p = arena_copy(a, s.p, s.n);

	if (!p)
		*e = ERR_MEMORY;
	return (struct str){ p, s.n };
}

/* "430802100000000.17": behind which the next page begins. */
static bool read_after(struct str s, struct area_code *ret_area, int64_t *ret_id)
{
	const char *dot = s.n ? memchr(s.p, '.', s.n) : NULL;
	size_t n = dot ? (size_t)(dot - s.p) : 0;

	return dot && !area_parse((struct str){ s.p, n }, ret_area) &&
	       !str_i64((struct str){ s.p + n + 1, s.n - n - 1 }, ret_id);
}

static enum err read_left(struct call *c, struct tx *tx, const struct campaign *n,
			  struct area_code area, struct left *v, size_t *ret_n, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct str s = http_query(c->rq, "after");
	struct area_code after = { -1 };
	int64_t after_id = 0;
	bool more;
	enum err e;

	if (s.n && !read_after(s, &after, &after_id))
		return fault_set(f, ERR_RANGE, "after 应为上一页给的 next",
				 "after is what the page before gave as next");
	e = tx_rows(tx, &campaign_sql.left,
		    SQL_ARGS(sql_i64(n->record.id.v), sql_i64(max_i64(area.v, after.v)),
			     sql_i64(area_end(area).v), sql_i64(after.v), sql_i64(after_id),
			     sql_i64(PAGE + 1)),
		    &r, f);
	while (!e && !(e = rows_next(r, &more, f)) && more) {
		struct left *l = &v[(*ret_n)++];

		*l = (struct left){ .task = rows_i64(r, 0),
				    .area = { rows_i64(r, 1) },
				    .title = kept(c->a, rows_text(r, 2), &e),
				    .owner = rows_i64(r, 3),
				    .state = kept(c->a, rows_text(r, 4), &e),
				    .late = rows_i64(r, 5) != 0,
				    .next_by = rows_i64(r, 6),
				    .about = kept(c->a, rows_text(r, 7), &e),
				    .about_id = rows_i64(r, 8),
				    .owner_label = kept(c->a, rows_text(r, 9), &e),
				    .duty_phone = kept(c->a, rows_text(r, 10), &e) };
	}
	return e;
}

/* The officer through whom the owner answers for the place: name, post and work phone. */
static enum err read_officer(struct call *c, struct tx *tx, const struct loop_way *way,
			     struct left *l, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	int64_t officer = loop_way_officer(way, (struct flow_party){ l->owner });
	enum err e;

	if (!officer)
		return OK;
	e = tx_row(tx, &campaign_sql.officer, SQL_ARGS(sql_i64(officer)), &r, f);
	if (e)
		return e == ERR_ABSENT ? OK : e;
	l->name = kept(c->a, rows_text(r, 0), &e);
	l->phone = kept(c->a, rows_text(r, 1), &e);
	l->post = kept(c->a, rows_text(r, 2), &e);
	return e;
}

static enum err read_officers(struct call *c, struct tx *tx, const struct campaign *n,
			      struct left *v, size_t n_left, struct fault *f)
{
	struct loop_way way;
	enum err e = OK;

	for (size_t i = 0; i < n_left && !e; i++) {
		if (i == 0 || v[i].area.v != v[i - 1].area.v)
			e = loop_way_read(tx, v[i].area, n->sector, &way, f);
		if (!e)
			e = read_officer(c, tx, &way, &v[i], f);
	}
	return e;
}

static void put_text(struct json *j, const char *key, struct str s)
{
	json_key(j, key);
	if (s.n)
		json_str(j, s);
	else
		json_nil(j);
}

static void say_left(struct call *c, const struct left *l, struct str area_name, bool official)
{
	struct json *j = call_json(c);
	char code[AREA_TEXT_BYTES];

	area_text(l->area, code);
	json_open(j, '{');
	json_key(j, "task");
	call_id_json(c, l->task);
	put_text(j, "title", l->title);
	put_text(j, "area", str_of(code));
	put_text(j, "area_name", area_name);
	json_key(j, "owner");
	call_id_json(c, l->owner);
	put_text(j, "owner_label", l->owner_label);
	put_text(j, "owner_phone", l->duty_phone);
	if (official) {
		put_text(j, "officer", l->name);
		put_text(j, "post", l->post);
		put_text(j, "phone", l->phone);
	}
	put_text(j, "state", l->state);
	put_text(j, "about", l->about);
	json_key(j, "about_id");
	call_id_json(c, l->about_id);
	json_key(j, "by");
	call_time_json(c, (struct utc_s){ l->next_by });
	json_key(j, "late");
	json_bool(j, l->late);
	json_close(j, '}');
}

static enum err say_all_left(struct call *c, struct tx *tx, struct left *v, size_t n, bool official,
			     struct fault *f)
{
	struct area_code *code = arena_take(c->a, n + 1, sizeof *code);
	struct record_area_name *name = arena_take(c->a, n + 1, sizeof *name);
	size_t shown = min_size(n, PAGE), n_codes = 0, at = 0;
	struct json *j = call_json(c);
	char next[AREA_TEXT_BYTES + 24];
	enum err e;

	if (!code || !name)
		return ERR_MEMORY;
	for (size_t i = 0; i < shown; i++)
		if (!n_codes || code[n_codes - 1].v != v[i].area.v)
			code[n_codes++] = v[i].area;
	if ((e = area_names(tx, code, n_codes, zone_day_of(loop_of(c)->o.zone, c->now), c->a, name,
			    f)))
		return e;
	json_open(j, '{');
	json_key(j, "as_of");
	call_time_json(c, c->now);
	json_key(j, "items");
	json_open(j, '[');
	for (size_t i = 0; i < shown; i++) {
		while (code[at].v != v[i].area.v)
			at++;
		say_left(c, &v[i], name[at].zh, official);
	}
	json_close(j, ']');
	json_key(j, "next");
	if (n > PAGE) {
		char text[AREA_TEXT_BYTES];

		area_text(v[PAGE - 1].area, text);
		(void)snprintf(next, sizeof next, "%s.%lld", text, (long long)v[PAGE - 1].task);
		json_str(j, str_of(next));
	} else {
		json_nil(j);
	}
	json_close(j, '}');
	return OK;
}

static enum err gaps(struct call *c, struct tx *tx, struct fault *f)
{
	struct left *v = arena_take(c->a, PAGE + 1, sizeof *v);
	struct ledger_entry en = { .object = STR("campaign"), .action = STR("gaps") };
	bool official = record_sees(c->who, SEE_OFFICIAL);
	struct area_code area;
	struct campaign *n;
	size_t n_left = 0;
	enum err e;

	if (!v)
		return ERR_MEMORY;
	if ((e = campaign_of_path(c, tx, false, &n, f)) || (e = area_asked(c, n, &area, f)) ||
	    (e = read_left(c, tx, n, area, v, &n_left, f)))
		return e;
	en.county = area_county(area);
	en.object_id = n->record.id.v;
	if (official && (e = read_officers(c, tx, n, v, min_size(n_left, PAGE), f)))
		return e;
	if ((e = call_saw(c, &en, f)))
		return e;
	return say_all_left(c, tx, v, n_left, official, f);
}

/* ---- routes --------------------------------------------------------------------------------- */

static const struct route rows[] = {
	{ ROUTE(HTTP_GET, "/api/v1/campaigns/{id}/coverage", coverage, CAP_TASK_READ, REACH_AREA,
		WHY_DUTY, 0, AUDIT_NONE, "专项的覆盖情况", "How a campaign stands in an area") },
	{ ROUTE(HTTP_GET, "/api/v1/campaigns/{id}/gaps", gaps, CAP_TASK_READ, REACH_AREA, WHY_DUTY,
		0, AUDIT_READ, "专项的缺口名单", "Who is left, and whose it is") },
	{ ROUTE(HTTP_GET, "/api/v1/campaigns/{id}/scope", campaign_differs, CAP_CAMPAIGN_WRITE,
		REACH_AREA, WHY_DUTY, 0, AUDIT_NONE, "专项范围与任务的差异",
		"What a campaign's scope has that its tasks have not") },
	{ ROUTE(HTTP_POST, "/api/v1/campaigns/{id}/scope", campaign_rescope, CAP_CAMPAIGN_WRITE,
		REACH_AREA, WHY_DUTY, BODY, AUDIT_ACT, "按现在的范围增减任务",
		"Raise and strike tasks as the scope is now"),
	  .takes = campaign_rescope_keys },
	{ ROUTE(HTTP_PUT, "/api/v1/campaigns/{id}/file", campaign_file, CAP_CAMPAIGN_WRITE,
		REACH_AREA, WHY_DUTY, FILE_BYTES, AUDIT_ACT, "上传专项的对象名单",
		"The things of a campaign, as a file"),
	  .takes = route_file },
};
const struct route_list loop_routes_campaign = { rows, ARRAY_LEN(rows) };
