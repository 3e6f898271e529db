/*
 * board_http.c - what waits for me, and what is late or will be: lists by the next deadline.
 *
 * A page is one range of an index; where it goes on is its last (deadline, id). Rows that the
 * caller may not see are passed over, so a party's list never shows what its people could not open.
 */
#include <stdio.h>
#include <string.h>

#include "grid/area.h"
#include "http/http.h"
#include "loop/board.sql.h"
#include "loop/inside.h"
#include "loop/loop.sql.h"

#include "base/ban.h"

enum { PAGE = 50, FETCH = 100, ROUNDS = 10, COUNT_MAX = 100000, SOON_S = 2 * 3600 };

struct place {
	int64_t by, id; /* of the last card; a list begins behind it */
};

struct list {
	struct call *c;
	struct tx *tx;
	struct fault *f;
	struct flow_party party; /* the caller's, and its area */
	struct area_code party_area;
	struct place after;
	size_t n;
	bool more;
	struct area_code area[PAGE];
	int64_t owner[PAGE];
};

/* ---- where it goes on ------------------------------------------------------------------------ */

static enum err read_after(struct call *c, struct place *ret, struct fault *f)
{
	struct str s = http_query(c->rq, "after");
	const char *dash = s.n ? memchr(s.p, '_', s.n) : NULL;
	enum err e;

	*ret = (struct place){ INT64_MIN, 0 };
	if (!s.n)
		return OK;
	if (dash && !str_i64((struct str){ s.p, (size_t)(dash - s.p) }, &ret->by) &&
	    !str_i64((struct str){ dash + 1, s.n - (size_t)(dash - s.p) - 1 }, &ret->id))
		return OK;
	e = fault_set(f, ERR_RANGE, "after 应为上一页答复里的 next",
		      "after is what the page before said in next");
	fault_at(f, "after", NULL);
	return e;
}

static void put_next(struct list *l)
{
	struct json *j = call_json(l->c);
	char text[48];

	json_key(j, "next");
	if (!l->more) {
		json_nil(j);
		return;
	}
	(void)snprintf(text, sizeof text, "%lld_%lld", (long long)l->after.by,
		       (long long)l->after.id);
	json_str(j, str_of(text));
}

/* ---- a card ---------------------------------------------------------------------------------- */

enum column {
	C_ID,
	C_AREA,
	C_KIND,
	C_TITLE,
	C_STATE,
	C_STAGE,
	C_BY,
	C_LATE,
	C_LEVEL,
	C_OWNER,
	C_CHECKER,
	C_SENDER,
	C_OFFERED,
	C_PACKED
};

static bool sees(const struct list *l, struct rows *r)
{
	const struct scope *scope = &l->c->who->scope;
	bool named = rows_i64(r, C_OWNER) == l->party.v || rows_i64(r, C_CHECKER) == l->party.v ||
		     rows_i64(r, C_SENDER) == l->party.v || rows_i64(r, C_OFFERED) == l->party.v;

	return scope_covers(scope, (struct area_code){ rows_i64(r, C_AREA) }) ||
	       (l->party.v && named && scope_covers(scope, l->party_area));
}

static enum err put_owner(struct list *l, int64_t owner)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct json *j = call_json(l->c);
	enum err e = tx_row(l->tx, &loop_sql.organisation, SQL_ARGS(sql_i64(owner)), &r, l->f);

	if (e && e != ERR_ABSENT)
		return e;
	json_key(j, "owner");
	if (owner)
		call_id_json(l->c, owner);
	else
		json_nil(j);
	json_key(j, "owner_label");
	if (e)
		json_nil(j);
	else
		json_str(j, rows_text(r, 2));
	return OK;
}

static enum err put_area(struct list *l, struct area_code area)
{
	struct json *j = call_json(l->c);
	struct record_area_name name = { { NULL, 0 }, { NULL, 0 } };
	char text[AREA_TEXT_BYTES];
	enum err e = area_names(l->tx, &area, 1, zone_day_of(loop_of(l->c)->o.zone, l->c->now),
				l->c->a, &name, l->f);

	area_text(area, text);
	json_key(j, "area");
	json_str(j, str_of(text));
	json_key(j, "area_name");
	json_open(j, '{');
	json_key(j, "zh");
	json_str(j, name.zh.n ? name.zh : STR(""));
	json_key(j, "en");
	json_str(j, name.en.n ? name.en : STR(""));
	json_close(j, '}');
	return e;
}

static enum err put_card(struct list *l, struct rows *r)
{
	struct json *j = call_json(l->c);
	struct str packed = rows_blob(r, C_PACKED);
	struct flow_task t;
	bool sound = flow_unpack((const uint8_t *)packed.p, packed.n, &t) == OK;
	unsigned may = 0;
	enum err e = sound ? task_may(l->c, l->tx, &t, l->party, &may, l->f) : OK;

	if (e)
		return e;
	json_open(j, '{');
	json_key(j, "id");
	call_id_json(l->c, rows_i64(r, C_ID));
	json_key(j, "title");
	json_str(j, rows_text(r, C_TITLE));
	json_key(j, "kind");
	json_str(j, rows_text(r, C_KIND));
	json_key(j, "state");
	json_str(j, rows_text(r, C_STATE));
	json_key(j, "stage");
	if (rows_null(r, C_STAGE))
		json_nil(j);
	else
		json_str(j, rows_text(r, C_STAGE));
	json_key(j, "by");
	if (rows_null(r, C_BY))
		json_nil(j);
	else
		call_time_json(l->c, rows_time(r, C_BY));
	json_key(j, "late");
	json_bool(j, rows_i64(r, C_LATE) != 0);
	json_key(j, "level");
	json_i64(j, rows_i64(r, C_LEVEL));
	json_key(j, "needs");
	task_needs_json(j, sound ? t.needs : 0);
	json_key(j, "turn");
	json_i64(j, sound ? t.turn : 0);
	json_key(j, "may");
	task_may_json(j, may);
	if ((e = put_area(l, (struct area_code){ rows_i64(r, C_AREA) })) ||
	    (e = put_owner(l, rows_i64(r, C_OWNER))))
		return e;
	json_close(j, '}');
	return OK;
}

/* The rows of one statement; *ret_n of them came. */
static enum err put_rows(struct list *l, struct rows *r, size_t *ret_n)
{
	bool more;
	enum err e;

	*ret_n = 0;
	while (!(e = rows_next(r, &more, l->f)) && more) {
		if (l->n == PAGE) {
			l->more = true;
			return OK;
		}
		++*ret_n;
		l->after = (struct place){ rows_i64(r, C_BY), rows_i64(r, C_ID) };
		if (!sees(l, r))
			continue;
		if ((e = put_card(l, r)))
			return e;
		l->owner[l->n++] = rows_i64(r, C_OWNER);
	}
	return e;
}

static enum err begin(struct call *c, struct tx *tx, struct list *l, struct fault *f)
{
	enum err e;

	*l = (struct list){ .c = c, .tx = tx, .f = f };
	(void)call_scope(c); /* each row is held against it */
	if ((e = read_after(c, &l->after, f)) ||
	    (e = loop_party(c, tx, &l->party, &l->party_area, f)))
		return e;
	json_open(call_json(c), '{');
	json_key(call_json(c), "items");
	json_open(call_json(c), '[');
	return OK;
}

/* ---- figures --------------------------------------------------------------------------------- */

struct board {
	struct area_code area;
	int64_t late, from, until; /* by deadline, [from, until) */
};

static enum err count(struct list *l, const struct board *b, int64_t *ret)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum area_level level = area_level(b->area);
	struct sql_value late = sql_i64(b->late), from = sql_i64(b->from),
			 until = sql_i64(b->until), area = sql_i64(b->area.v),
			 last = sql_i64(area_end(b->area).v), limit = sql_i64(COUNT_MAX);
	enum err e;

	if (level == AREA_CITY)
		e = tx_row(l->tx, &board_sql.count_city, SQL_ARGS(area, late, from, until, limit),
			   &r, l->f);
	else if (level > AREA_CITY)
		e = tx_row(l->tx, &board_sql.count_county,
			   SQL_ARGS(sql_i64(area_county(b->area).v), late, from, until, area, last,
				    limit),
			   &r, l->f);
	else
		e = tx_row(l->tx, &board_sql.count_all,
			   SQL_ARGS(late, from, until, area, last, limit), &r, l->f);
	*ret = e ? 0 : rows_i64(r, 0);
	return e;
}

static struct board late_in(struct area_code area)
{
	return (struct board){ area, 1, INT64_MIN + 1, INT64_MAX };
}

static struct board soon_in(struct area_code area, struct utc_s now)
{
	return (struct board){ area, 0, now.v, now.v + SOON_S };
}

static enum err put_counts(struct list *l, struct area_code area)
{
	struct board late = late_in(area), soon = soon_in(area, l->c->now),
		     open = { area, 0, INT64_MIN + 1, INT64_MAX };
	struct json *j = call_json(l->c);
	int64_t n_late, n_soon, n_open;
	enum err e;

	if ((e = count(l, &late, &n_late)) || (e = count(l, &soon, &n_soon)) ||
	    (e = count(l, &open, &n_open)))
		return e;
	json_key(j, "counts");
	json_open(j, '{');
	json_key(j, "late");
	json_i64(j, n_late);
	json_key(j, "soon");
	json_i64(j, n_soon);
	json_key(j, "open");
	json_i64(j, n_late + n_open);
	json_key(j, "up_to"); /* what is more than that is not counted out */
	json_i64(j, COUNT_MAX);
	json_close(j, '}');
	return OK;
}

/* `counted`: the area whose figures come along, or NULL. */
static enum err end(struct list *l, const struct area_code *counted)
{
	struct json *j = call_json(l->c);
	enum err e = OK;

	json_close(j, ']');
	put_next(l);
	json_key(j, "as_of");
	call_time_json(l->c, l->c->now);
	if (counted)
		e = put_counts(l, *counted);
	if (!e)
		e = record_labels(loop_of(l->c)->o.book, l->c, l->tx, "organisation", l->owner,
				  l->n, l->f);
	json_close(j, '}');
	return e;
}

/* ---- the inbox ------------------------------------------------------------------------------- */

static const struct view {
	const char *word;
	const struct sql *sql;
} views[] = { { "mine", &board_sql.mine },
	      { "check", &board_sql.to_check },
	      { "offered", &board_sql.offered },
	      { "sent", &board_sql.sent },
	      { "watched", &board_sql.watched } };

static enum err view_of(struct call *c, const struct view **ret, struct fault *f)
{
	struct str s = http_query(c->rq, "view");
	enum err e;

	*ret = &views[0];
	for (size_t i = 0; i < ARRAY_LEN(views); i++)
		if (str_eq(s, str_of(views[i].word)))
			return *ret = &views[i], OK;
	if (!s.n)
		return OK;
	e = fault_set(f, ERR_RANGE, "view 为 mine、check、offered、sent 或 watched",
		      "view is mine, check, offered, sent or watched");
	fault_at(f, "view", NULL);
	return e;
}

static enum err ask_view(struct list *l, const struct view *v, struct rows **ret)
{
	if (v->sql == &board_sql.watched)
		return tx_rows(l->tx, v->sql,
			       SQL_ARGS(sql_i64(l->c->who->account), sql_i64(l->after.id),
					sql_i64(FETCH)),
			       ret, l->f);
	return tx_rows(l->tx, v->sql,
		       SQL_ARGS(sql_i64(l->party.v), sql_i64(l->after.by), sql_i64(l->after.id),
				sql_i64(FETCH)),
		       ret, l->f);
}

static enum err inbox(struct call *c, struct tx *tx, struct fault *f)
{
	const struct view *v;
	struct list l;
	size_t got = FETCH;
	enum err e;

	if ((e = view_of(c, &v, f)) || (e = begin(c, tx, &l, f)))
		return e;
	for (int i = 0; i < ROUNDS && got == FETCH && !l.more && !e; i++) {
		CLEANUP(rows_end) struct rows *r = NULL;

		if (!l.party.v && v->sql != &board_sql.watched)
			break; /* who is of no organisation has nothing to do for one */
		if (!(e = ask_view(&l, v, &r)))
			e = put_rows(&l, r, &got);
	}
	l.more |= got == FETCH;
	return e ? e : end(&l, NULL);
}

/* ---- the clock board ------------------------------------------------------------------------- */

static enum err ask_board(struct list *l, const struct board *b, struct rows **ret)
{
	enum area_level level = area_level(b->area);
	struct sql_value late = sql_i64(b->late), by = sql_i64(max_i64(l->after.by, b->from - 1)),
			 id = sql_i64(l->after.by < b->from ? INT64_MAX : l->after.id),
			 until = sql_i64(b->until), area = sql_i64(b->area.v),
			 last = sql_i64(area_end(b->area).v), limit = sql_i64(FETCH);

	if (level == AREA_CITY)
		return tx_rows(l->tx, &board_sql.of_city,
			       SQL_ARGS(area, late, by, id, until, limit), ret, l->f);
	if (level > AREA_CITY)
		return tx_rows(l->tx, &board_sql.of_county,
			       SQL_ARGS(sql_i64(area_county(b->area).v), late, by, id, until, area,
					last, limit),
			       ret, l->f);
	return tx_rows(l->tx, &board_sql.of_all, SQL_ARGS(late, by, id, until, area, last, limit),
		       ret, l->f);
}

static enum err area_of(struct call *c, struct area_code *ret, struct fault *f)
{
	struct str s = http_query(c->rq, "area");
	const struct scope *scope = call_scope(c);
	enum err e;

	*ret = scope->n ? scope->v[0] : c->who->home;
	if (s.n && area_parse(s, ret)) {
		e = fault_set(f, ERR_RANGE, "area 应为区划代码", "area is a code of an area");
		fault_at(f, "area", NULL);
		return e;
	}
	return call_reach(c, *ret, f);
}

static enum err clockboard(struct call *c, struct tx *tx, struct fault *f)
{
	struct str s = http_query(c->rq, "view");
	bool soon = str_eq(s, STR("soon"));
	struct area_code area;
	struct board b;
	struct list l;
	size_t got = FETCH;
	enum err e;

	if (s.n && !soon && !str_eq(s, STR("late"))) {
		e = fault_set(f, ERR_RANGE, "view 为 late 或 soon", "view is late or soon");
		fault_at(f, "view", NULL);
		return e;
	}
	if ((e = area_of(c, &area, f)) || (e = begin(c, tx, &l, f)))
		return e;
	b = soon ? soon_in(area, c->now) : late_in(area);
	CLEANUP(rows_end) struct rows *r = NULL;
	if ((e = ask_board(&l, &b, &r)) || (e = put_rows(&l, r, &got)))
		return e;
	l.more |= got == FETCH;
	return end(&l, &area);
}

/* ---- rules of time --------------------------------------------------------------------------- */

static void put_both(struct json *j, const char *key, const struct clocks_both *b)
{
	json_key(j, key);
	json_open(j, '{');
	json_key(j, "zh");
	json_str(j, b->zh);
	json_key(j, "en");
	json_str(j, b->en);
	json_close(j, '}');
}

/* Who says so, and how well that is known. */
static void put_source(struct json *j, const struct clocks_rule *r)
{
	const char tag[] = { r->tag, '\0' };

	json_key(j, "tag");
	json_str(j, str_of(tag));
	json_key(j, "sources");
	json_open(j, '[');
	for (size_t i = 0; i < r->n_sources; i++)
		json_str(j, r->sources[i]);
	json_close(j, ']');
}

static enum err rules(struct call *c, struct tx *tx, struct fault *f)
{
	struct loop *l = loop_of(c);
	struct json *j = call_json(c);
	int32_t day = zone_day_of(l->o.zone, c->now);

	(void)tx;
	(void)f;
	json_open(j, '{');
	json_key(j, "items");
	json_open(j, '[');
	for (size_t i = 0; i < l->clocks.n; i++) {
		const struct clocks_rule *r = &l->clocks.rules[i];

		if (!clocks_valid_on(r, day))
			continue;
		json_open(j, '{');
		json_key(j, "id");
		json_str(j, r->id);
		json_key(j, "version");
		json_i64(j, r->version);
		put_both(j, "label", &r->label);
		put_both(j, "who", &r->who);
		put_both(j, "starts", &r->starts);
		json_key(j, "way");
		json_str(j, r->way);
		json_key(j, "accept_min");
		json_i64(j, r->clock.accept_s / 60);
		json_key(j, "done_min");
		json_i64(j, r->clock.done_s / 60);
		json_key(j, "check_min");
		json_i64(j, r->clock.check_s / 60);
		put_source(j, r);
		json_close(j, '}');
	}
	json_close(j, ']');
	json_close(j, '}');
	return OK;
}

static const struct route rows[] = {
	{ ROUTE(HTTP_GET, "/api/v1/inbox", inbox, CAP_TASK_READ, REACH_AREA, WHY_DUTY, 0,
		AUDIT_NONE, "等我和本单位办的任务", "Tasks that wait for me and my organisation") },
	{ ROUTE(HTTP_GET, "/api/v1/clockboard", clockboard, CAP_TASK_READ, REACH_AREA, WHY_DUTY, 0,
		AUDIT_NONE, "超期和即将超期的任务", "What is late, and what will be") },
	{ ROUTE(HTTP_GET, "/api/v1/clocks", rules, CAP_TASK_READ, REACH_ALL, WHY_OPEN, 0,
		AUDIT_NONE, "今天适用的时限规则", "Rules of time that hold today") },
};
const struct route_list loop_routes_board = { rows, ARRAY_LEN(rows) };
