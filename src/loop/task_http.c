/* task_http.c - tasks over HTTP: one is raised, an event is put to one, or to many at once. */
#include <stdio.h>
#include <string.h>

#include "engine/flow/table.h"
#include "http/http.h"
#include "loop/inside.h"
#include "loop/signal_inside.h"

#include "base/ban.h"

enum { BODY = 64 << 10, TEXT_BYTES = 8000, TITLE_BYTES = 480, FILES_MAX = 20 };

static enum err bad(struct fault *f, const char *field, const char *zh, const char *en)
{
	enum err e = fault_set(f, ERR_RANGE, "%s%.0s", "%.0s%s", zh, en);

	fault_at(f, field, NULL);
	return e;
}

/* ---- reading --------------------------------------------------------------------------------- */

static enum err get_time(struct call *c, const struct json_node *map, const char *key, int64_t *ret,
			 struct fault *f)
{
	struct str s = { NULL, 0 };
	struct when w;
	enum err e = json_get_text(map, key, 40, &s, f);

	*ret = FLOW_NEVER;
	if (e || !s.p)
		return e;
	if (when_read(s, loop_of(c)->o.zone, &w))
		return bad(f, key, "时间应写成 2026-07-20T08:00:00+08:00",
			   "a time is written as 2026-07-20T08:00:00+08:00");
	*ret = w.at.v;
	return OK;
}

static enum err get_until(struct call *c, const struct json_node *map, int64_t *ret,
			  struct fault *f)
{
	enum err e = get_time(c, map, "until", ret, f);

	return e ? e : work_ahead(c, *ret, f);
}

static enum err get_needs(const struct json_node *map, uint8_t *ret, struct fault *f)
{
	static const char *const words[] = { "text", "photo", "file" };
	const struct json_node *list = json_at(map, "needs");

	*ret = 0;
	for (size_t i = 0; list && list->is == JSON_IS_LIST && i < list->n; i++) {
		size_t k = 0;

		while (k < ARRAY_LEN(words) && !str_eq(list->items[i].text, str_of(words[k])))
			k++;
		if (k == ARRAY_LEN(words))
			return bad(f, "needs", "凭证为 text、photo 或 file",
				   "a proof is text, photo or file");
		*ret |= (uint8_t)(1u << k);
	}
	return OK;
}

static enum err get_area(const struct json_node *map, const char *key, struct area_code *ret,
			 struct fault *f)
{
	struct str s = { NULL, 0 };
	enum err e = json_get_text(map, key, 20, &s, f);

	if (e || !s.p)
		return e;
	if (area_parse(s, ret))
		return bad(f, key, "区域应为区划代码", "the area is a code of an area");
	return OK;
}

static enum err get_sector(const struct json_node *map, enum duty_sector *ret, struct fault *f)
{
	struct str s = { NULL, 0 };
	enum err e = json_get_text(map, "sector", 40, &s, f);

	*ret = e ? DUTY_NO_SECTOR : (enum duty_sector)choice_find(duty_sectors, DUTY_SECTOR_N, s);
	return e;
}

/* What is not there stays as it is. */
enum err task_get_new(struct call *c, const struct json_node *map, struct loop_new *n,
		      struct fault *f)
{
	enum err e;

	if ((json_at(map, "area") && (e = get_area(map, "area", &n->area, f))) ||
	    (json_at(map, "sector") && (e = get_sector(map, &n->sector, f))) ||
	    (e = json_get_text(map, "rule", 60, &n->rule, f)) ||
	    (e = json_get_text(map, "title", TITLE_BYTES, &n->title, f)) ||
	    (e = json_get_text(map, "detail", TEXT_BYTES, &n->detail, f)) ||
	    (json_at(map, "needs") && (e = get_needs(map, &n->needs, f))) ||
	    (e = json_get_id(map, "owner", &n->owner.v, f)))
		return e;
	return json_at(map, "until") ? get_until(c, map, &n->until, f) : OK;
}

static const char *const raise_keys[] = { "area",  "sector", "rule",  "title",    "detail", "needs",
					  "owner", "until",  "about", "about_id", "signal", NULL };

static enum err get_new(struct call *c, struct loop_new *n, struct fault *f)
{
	const struct json_node *map;
	enum err e;

	if ((e = json_read(c->rq->body, &json_limits_request, c->a, &map, f)) ||
	    (e = json_only(map, raise_keys, f)) || (e = json_need(map, "area", f)) ||
	    (e = json_need(map, "sector", f)) || (e = json_need(map, "rule", f)) ||
	    (e = json_need(map, "title", f)) || (e = task_get_new(c, map, n, f)) ||
	    (e = json_get_text(map, "about", 40, &n->about, f)) ||
	    (e = json_get_id(map, "signal", &n->signal, f)))
		return e;
	return json_get_id(map, "about_id", &n->about_id, f);
}

/* ---- answering ------------------------------------------------------------------------------- */

static enum err answer(struct call *c, struct tx *tx, int64_t id, struct fault *f)
{
	struct loop *l = loop_of(c);
	struct json *j = call_json(c);
	void *row;
	enum err e = record_get(l->o.book, tx, &task_noun, (struct record_id){ id }, c->a, &row, f);

	if (e)
		return e;
	json_open(j, '{');
	if ((e = record_item(l->o.book, c, tx, &task_noun, row, f)))
		return e;
	call_receipt_json(c);
	json_close(j, '}');
	return OK;
}

/* What it is about must be there, and the caller's to see: else it is not there for them. */
static enum err check_about(struct call *c, struct tx *tx, const struct loop_new *n,
			    struct fault *f)
{
	const struct record_book *book = loop_of(c)->o.book;
	const struct noun *noun = n->about.n ? record_noun_named(book, n->about) : NULL;
	const struct record *r;
	void *row;
	enum err e = ERR_ABSENT;

	if (!n->about.n && !n->about_id)
		return OK;
	if (noun && n->about_id && who_may(c->who, noun->read))
		e = record_get(book, tx, noun, (struct record_id){ n->about_id }, c->a, &row, f);
	if (!e) {
		r = row;
		e = scope_covers(&c->who->scope, r->area) ||
				    (noun->reads_up && scope_under(&c->who->scope, r->area))
			    ? OK
			    : ERR_FORBIDDEN;
		if (e && noun->reach)
			e = noun->reach(c, tx, row, f);
	}
	if (e == ERR_ABSENT || e == ERR_FORBIDDEN)
		return bad(f, "about", "没有这一条记录，不能就它交办任务",
			   "there is no such row to raise a task about");
	return e;
}

static enum err task_raise(struct call *c, struct tx *tx, struct fault *f)
{
	struct loop_new n = { .kind = STR("order"), .until = FLOW_NEVER };
	char url[64];
	int64_t id;
	enum err e;

	if ((e = get_new(c, &n, f)) || (e = check_about(c, tx, &n, f)) ||
	    (e = call_reach(c, n.area, f)) ||
	    (n.signal && (e = signal_takes_task(c, tx, n.signal, f))) ||
	    (e = loop_raise(c, tx, &n, &id, f)))
		return e;
	(void)snprintf(url, sizeof url, "/api/v1/tasks/%lld", (long long)id);
	call_status(c, 201);
	if ((e = call_location(c, str_of(url))))
		return e;
	return answer(c, tx, id, f);
}

/* ---- events ---------------------------------------------------------------------------------- */

/* What people put to a task by this road; split and merge fold. */
static bool event_of(struct str word, enum flow_on *ret)
{
	for (int on = FLOW_ON_ACCEPT; on < FLOW_ON_CLOCK; on++) {
		if (on == FLOW_ON_REOWN || on == FLOW_ON_REWIRE || on == FLOW_ON_FOLD)
			continue;
		if (str_eq(word, str_of(flow_say_words[on].word)))
			return *ret = (enum flow_on)on, true;
	}
	return false;
}

static enum err get_files(struct call *c, const struct json_node *map, struct loop_act *a,
			  struct fault *f)
{
	const struct json_node *list = json_at(map, "files");
	int64_t *id;

	if (!list || list->is == JSON_IS_NULL)
		return OK;
	if (list->is != JSON_IS_LIST || list->n > FILES_MAX)
		return bad(f, "files", "files 应为编号的列表，最多 20 个",
			   "files is a list of at most 20 numbers");
	if (!(id = arena_take(c->a, list->n + 1, sizeof *id)))
		return ERR_MEMORY;
	for (size_t i = 0; i < list->n; i++)
		if (list->items[i].is != JSON_IS_TEXT || str_i64(list->items[i].text, &id[i]))
			return bad(f, "files", "files 应为编号的列表",
				   "files is a list of numbers");
	a->file = id;
	a->n_files = list->n;
	return OK;
}

enum err task_get_facts(struct call *c, const struct json_node *map, struct loop_act *a,
			struct fault *f)
{
	enum err e;

	if (!event_of(call_text(c, "event"), &a->ev.on))
		return call_absent(f);
	if ((e = json_get_said(map, "reason", TEXT_BYTES, &a->reason, f)) ||
	    (e = json_get_said(map, "text", TEXT_BYTES, &a->text, f)) ||
	    (e = json_get_id(map, "to", &a->ev.to.v, f)) ||
	    (e = json_get_bool(map, "moved", &a->moved, f)) ||
	    (e = get_time(c, map, "until", &a->ev.by, f)))
		return e;
	return get_files(c, map, a, f);
}

static enum err get_turn(const struct json_node *map, uint32_t *ret, struct fault *f)
{
	int64_t turn = 0;
	enum err e = json_need(map, "turn", f);

	if (!e)
		e = json_get_i64(map, "turn", 0, UINT32_MAX - 1, &turn, f);
	*ret = (uint32_t)turn;
	return e;
}

enum err task_party_named(struct tx *tx, const struct loop_act *a, struct fault *f)
{
	bool named = a->ev.on == FLOW_ON_OFFER || a->ev.on == FLOW_ON_ASSIGN;

	return named && a->ev.to.v ? loop_party_there(tx, a->ev.to, "to", f) : OK;
}

/* One event on a task that the caller sees. A repeat of it is noted, and answered as the first. */
static enum err put_event(struct call *c, struct tx *tx, struct work *w, const struct loop_act *a,
			  struct fault *f)
{
	struct flow_effects *fx = arena_take(c->a, 1, sizeof *fx);
	enum err e = fx ? task_party_named(tx, a, f) : ERR_MEMORY;

	if (e || (e = work_do(loop_of(c), c, tx, w, a, c->now, fx, f)))
		return e;
	return fx->again ? work_note(c, tx, &w->row, "again", f) : OK;
}

static const char *const do_keys[] = { "turn", "reason", "text",  "files",
				       "to",   "until",  "moved", NULL };

static enum err task_do(struct call *c, struct tx *tx, struct fault *f)
{
	struct loop_act a = { .ev = { .actor = FLOW_PERSON } };
	const struct json_node *map;
	struct work w;
	enum err e;

	if ((e = json_read(c->rq->body, &json_limits_request, c->a, &map, f)) ||
	    (e = json_only(map, do_keys, f)) || (e = task_get_facts(c, map, &a, f)) ||
	    (e = get_turn(map, &a.ev.turn, f)) || (e = task_of_path(c, tx, &w, f)))
		return e;
	a.task = w.row.record.id.v;
	if ((e = put_event(c, tx, &w, &a, f)))
		return e;
	return answer(c, tx, a.task, f);
}

static const struct route rows[] = {
	{ ROUTE(HTTP_POST, "/api/v1/tasks", task_raise, CAP_TASK_RAISE, REACH_AREA, WHY_DUTY, BODY,
		AUDIT_ACT, "交办任务", "Raise a task"),
	  .takes = raise_keys },
	{ ROUTE(HTTP_POST, "/api/v1/tasks/{id}/do/{event:text}", task_do, CAP_TASK_DO, REACH_AREA,
		WHY_DUTY, BODY, AUDIT_ACT, "办理任务的一步", "Take a step with a task"),
	  .takes = do_keys },
};
const struct route_list loop_routes_task = { rows, ARRAY_LEN(rows) };
