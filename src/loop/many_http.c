/*
 * many_http.c - acts on several tasks: one event for many, one task split, several merged.
 *
 * All or nothing. Each task is tried first, on a copy; if any is refused nothing is stored, every
 * refusal is told with its task, and the ledger notes that it was tried.
 */
#include <stdio.h>
#include <string.h>

#include "ledger/ledger.h"
#include "loop/inside.h"

#include "base/ban.h"

enum {
	BODY = 2 << 20,
	PART_BODY = 64 << 10,
	MANY_MAX = 10000,
	PARTS_MAX = 20,
	TOLD_MAX = 100,
	TITLE_BYTES = 480,
	TEXT_BYTES = 8000,
	ONE_BYTES = 1 << 20,
	IDS_BYTES = PARTS_MAX * 24
};
static const struct json_limits limits = { BODY, 8 * MANY_MAX, 8 };

/* ---- what was refused ------------------------------------------------------------------------ */

struct refusal {
	int64_t task;
	enum err e;
	struct fault why;
};

struct many {
	struct call *c;
	struct tx *tx;
	struct fault *f;
	struct arena *one; /* of the task at hand */
	struct loop_act a;
	struct flow_effects fx;
	uint8_t asked; /* FOLD: the proof that is asked for where they go */
	struct refusal *refused;
	size_t n_refused, n_stored;
	struct task last;
};

static void many_end(struct many *m)
{
	arena_end(&m->one);
}

static enum err begin(struct many *m, struct call *c, struct tx *tx, struct fault *f)
{
	enum err e;

	m->c = c;
	m->tx = tx;
	m->f = f;
	m->a.ev.actor = FLOW_PERSON;
	m->a.ev.by = FLOW_NEVER;
	if (!(m->refused = arena_take(c->a, TOLD_MAX, sizeof *m->refused)))
		return ERR_MEMORY;
	if ((e = arena_new(ONE_BYTES, &m->one)))
		return e;
	return work_person(c, tx, &m->a.ev, f);
}

static enum err seen(struct many *m, enum err loaded, const struct work *w)
{
	if (loaded)
		return loaded == ERR_ABSENT ? call_absent(m->f) : loaded;
	return task_seen(m->c, m->tx, &w->row, m->f);
}

static enum err load(struct many *m, int64_t task, struct work *ret)
{
	arena_clear(m->one);
	m->a.task = task;
	return seen(m, work_load(loop_of(m->c), m->tx, task, m->one, ret, m->f), ret);
}

/* A refusal of the flow, or of the grid, is the task's own; anything else ends the act. */
static bool is_refusal(enum err e)
{
	return e == ERR_CONFLICT || e == ERR_RANGE || e == ERR_ROLE || e == ERR_FULL;
}

/* What asks for a photo is not done by what asks for none. */
static enum err asks_as_much(const struct many *m, const struct work *w, struct fault *why)
{
	if (m->a.ev.on != FLOW_ON_FOLD || !(w->t.needs & ~m->asked))
		return OK;
	fault_at(why, "needs", NULL);
	return fault_set(why, ERR_CONFLICT, "所并入的任务要求的凭证更少；请并入要求不少于它的任务",
			 "the task it goes into asks for less proof: choose one that asks for as "
			 "much");
}

static enum err try_it(struct many *m, const struct work *w)
{
	struct fault why = { 0 };
	enum err e = work_try(m->c, m->tx, w, &m->a, m->c->now, &m->fx, &why);

	if (!e)
		e = asks_as_much(m, w, &why);

	if (!e)
		return OK;
	if (!is_refusal(e)) {
		*m->f = why;
		return e;
	}
	if (m->n_refused < TOLD_MAX)
		m->refused[m->n_refused] = (struct refusal){ m->a.task, e, why };
	m->n_refused++;
	return OK;
}

static enum err do_it(struct many *m, struct work *w)
{
	enum err e = work_do(loop_of(m->c), m->c, m->tx, w, &m->a, m->c->now, &m->fx, m->f);

	m->n_stored += !e && !m->fx.again;
	m->last.record = w->row.record;
	return e;
}

static void put_text(struct json *j, const char *key, const char *s)
{
	json_key(j, key);
	json_str(j, str_of(s));
}

/* Nothing was stored; who tried stands in the ledger. */
static enum err tell_refused(struct many *m, struct area_code area)
{
	struct json *j = call_json(m->c);
	struct ledger_entry en = { .county = area_county(area),
				   .kind = LEDGER_REFUSED,
				   .object = STR("task"),
				   .action = STR("many") };
	enum err e = call_act(m->c, m->tx, &en, m->f);

	if (e)
		return e;
	call_status(m->c, 409);
	json_open(j, '{');
	put_text(j, "code", "conflict");
	put_text(j, "message_zh", "其中有任务不能这样办，一个都没有改动；逐条说明如下");
	put_text(j, "message_en",
		 "some of these tasks refuse this, and none was changed; each says why");
	put_text(j, "field", "tasks");
	put_text(j, "where", "");
	json_key(j, "n_refused");
	json_i64(j, (int64_t)m->n_refused);
	json_key(j, "refused");
	json_open(j, '[');
	for (size_t i = 0; i < min_size(m->n_refused, TOLD_MAX); i++) {
		const struct refusal *r = &m->refused[i];

		json_open(j, '{');
		json_key(j, "task");
		call_id_json(m->c, r->task);
		put_text(j, "code", err_word(r->e));
		put_text(j, "field", r->why.field);
		put_text(j, "message_zh", r->why.zh);
		put_text(j, "message_en", r->why.en);
		json_close(j, '}');
	}
	json_close(j, ']');
	json_close(j, '}');
	return OK;
}

static enum err tell_done(struct many *m, size_t n)
{
	struct json *j = call_json(m->c);
	enum err e = m->n_stored ? OK : work_note(m->c, m->tx, &m->last, "again", m->f);

	if (e)
		return e;
	json_open(j, '{');
	json_key(j, "n");
	json_i64(j, (int64_t)n);
	call_receipt_json(m->c);
	json_close(j, '}');
	return OK;
}

/* ---- one event for many ---------------------------------------------------------------------- */

static enum err bad(struct fault *f, const char *field, const char *zh, const char *en)
{
	enum err e = fault_set(f, ERR_RANGE, "%s%.0s", "%.0s%s", zh, en);

	fault_at(f, field, NULL);
	return e;
}

struct chosen {
	int64_t id, turn;
};

/* "tasks" of a body: ids, or maps of id and turn; each once. */
static enum err get_tasks(struct call *c, const struct json_node *map, bool turns,
			  struct chosen **ret, size_t *ret_n, struct fault *f)
{
	static const char *const keys[] = { "id", "turn", NULL };
	const struct json_node *list = json_at(map, "tasks");
	struct chosen *v;
	enum err e = OK;

	if (!list || list->is != JSON_IS_LIST || !list->n || list->n > MANY_MAX)
		return bad(f, "tasks", "tasks 应为 1 至 10000 个任务",
			   "tasks is a list of 1 to 10,000");
	if (!(v = arena_take(c->a, list->n, sizeof *v)))
		return ERR_MEMORY;
	for (size_t i = 0; i < list->n && !e; i++) {
		const struct json_node *x = &list->items[i];

		v[i].turn = FLOW_ANY_TURN; /* a list of tasks does not say it */
		if (!turns) {
			if (x->is != JSON_IS_TEXT || str_i64(x->text, &v[i].id))
				return bad(f, "tasks", "tasks 应为编号的列表",
					   "tasks is a list of numbers");
			continue;
		}
		if ((e = json_only(x, keys, f)) || (e = json_need(x, "id", f)) ||
		    (e = json_get_id(x, "id", &v[i].id, f)))
			return e;
		e = json_get_i64(x, "turn", 0, UINT32_MAX - 1, &v[i].turn, f);
	}
	*ret = v;
	*ret_n = list->n;
	return e;
}

/* One event for all of them: `turn` of each, or FLOW_ANY_TURN. */
struct each {
	struct many *m;
	const struct chosen *v;
	const int64_t *id;
	bool really;
};

static enum err each_one(void *arg, size_t i, enum err loaded, struct work *w, struct fault *why)
{
	const struct each *x = arg;
	enum err e = seen(x->m, loaded, w);

	if (e && e == loaded && e != ERR_ABSENT)
		*x->m->f = *why;
	x->m->a.task = x->v[i].id;
	x->m->a.ev.turn = (uint32_t)x->v[i].turn;
	if (e)
		return e;
	return x->really ? do_it(x->m, w) : try_it(x->m, w);
}

static enum err run(struct many *m, const struct chosen *v, size_t n)
{
	struct loop *l = loop_of(m->c);
	int64_t *id = arena_take(m->c->a, n, sizeof *id);
	struct each x = { m, v, id, false };
	struct work first = { .there = false };
	enum err e = id ? load(m, v[0].id, &first) : ERR_MEMORY;
	struct area_code area = first.row.record.area;

	for (size_t i = 0; i < n && !e; i++)
		id[i] = v[i].id;
	if (e || (e = work_each(l, m->tx, id, n, m->one, each_one, &x, m->f)))
		return e;
	if (m->n_refused)
		return tell_refused(m, area);
	x.really = true;
	e = work_each(l, m->tx, id, n, m->one, each_one, &x, m->f);
	return e ? e : tell_done(m, n);
}

static const char *const many_keys[] = { "tasks", "reason", "text", "to", "until", NULL };

static enum err many_do(struct call *c, struct tx *tx, struct fault *f)
{
	CLEANUP(many_end) struct many m = { .n_refused = 0 };
	const struct json_node *map;
	struct chosen *v;
	size_t n;
	enum err e;

	(void)call_scope(c); /* each task is held against it */
	if ((e = json_read(c->rq->body, &limits, c->a, &map, f)) ||
	    (e = json_only(map, many_keys, f)) || (e = task_get_facts(c, map, &m.a, f)) ||
	    (e = get_tasks(c, map, true, &v, &n, f)) || (e = task_party_named(tx, &m.a, f)))
		return e;
	int64_t by = m.a.ev.by;
	if ((e = begin(&m, c, tx, f)))
		return e;
	m.a.ev.by = by;
	return run(&m, v, n);
}

/* ---- several into one ------------------------------------------------------------------------ */

static enum err get_reason(const struct json_node *map, struct str *ret, struct fault *f)
{
	enum err e = json_get_said(map, "reason", TEXT_BYTES, ret, f);

	if (!e && !ret->n)
		return bad(f, "reason", "请写明理由。", "give a reason.");
	return e;
}

static const char *const merge_keys[] = { "tasks", "into", "reason", NULL };

static enum err tasks_merge(struct call *c, struct tx *tx, struct fault *f)
{
	CLEANUP(many_end) struct many m = { .n_refused = 0 };
	const struct json_node *map;
	char text[40];
	struct chosen *v;
	struct work into;
	int64_t id = 0;
	size_t n;
	enum err e;

	(void)call_scope(c);
	if ((e = json_read(c->rq->body, &limits, c->a, &map, f)) ||
	    (e = json_only(map, merge_keys, f)) || (e = json_need(map, "into", f)) ||
	    (e = json_get_id(map, "into", &id, f)) || (e = get_reason(map, &m.a.reason, f)) ||
	    (e = get_tasks(c, map, false, &v, &n, f)) || (e = begin(&m, c, tx, f)) ||
	    (e = load(&m, id, &into)))
		return e;
	for (size_t i = 0; i < n; i++)
		if (v[i].id == id)
			return bad(f, "into", "任务不能并入自己", "a task does not go into itself");
	if (into.t.phase == FLOW_CLOSED)
		return bad(f, "into", "所并入的任务已关闭；请另选",
			   "the task they are to go into is closed; choose another");
	if (into.t.phase == FLOW_PROVED)
		return bad(f, "into", "所并入的任务已反馈，其凭证未说到这些任务；请先核查或退回",
			   "the task they are to go into was proved, and its proof says nothing of "
			   "them: close or return it first");
	m.asked = into.t.needs;
	m.a.ev.on = FLOW_ON_FOLD;
	m.a.ev.by = into.t.stage[FLOW_TO_DO].by;
	(void)snprintf(text, sizeof text, "→ %lld", (long long)id);
	m.a.text = str_of(text);
	m.a.into = id;
	return run(&m, v, n);
}

/* ---- one into several ------------------------------------------------------------------------ */

struct part {
	struct str title;
	struct area_code area;
	struct flow_party owner;
};

static enum err get_part(struct call *c, const struct json_node *x, const struct work *of,
			 struct part *ret, struct fault *f)
{
	static const char *const keys[] = { "title", "area", "owner", NULL };
	struct str area = { NULL, 0 };
	enum err e;

	*ret = (struct part){ .area = of->row.record.area };
	if ((e = json_only(x, keys, f)) || (e = json_need(x, "title", f)) ||
	    (e = json_get_text(x, "title", TITLE_BYTES, &ret->title, f)) ||
	    (e = json_get_text(x, "area", 20, &area, f)) ||
	    (e = json_get_id(x, "owner", &ret->owner.v, f)))
		return e;
	if (!area.n)
		return OK;
	if (area_parse(area, &ret->area))
		return bad(f, "area", "区域应为区划代码", "the area is a code of an area");
	return call_reach(c, ret->area, f);
}

/* A part has what the whole had, and not more time. */
static enum err raise_part(struct call *c, struct tx *tx, const struct work *of,
			   const struct part *p, int64_t *ret_id, struct fault *f)
{
	struct str rule = of->row.rule;
	const char *at = rule.n ? memchr(rule.p, '@', rule.n) : NULL;
	bool about = of->row.about.n > 0;
	const struct loop_new n = {
		.area = p->area,
		.sector = of->row.sector,
		.kind = of->row.kind,
		.rule = { rule.p, at ? (size_t)(at - rule.p) : rule.n },
		.title = p->title,
		.detail = of->row.detail,
		.about = about ? of->row.about : STR("task"),
		.about_id = about ? of->about_id : of->row.record.id.v,
		.campaign = of->campaign,
		.signal = of->signal,
		.needs = of->t.needs,
		.until = of->t.stage[FLOW_TO_DO].by,
		.owner = p->owner,
		.sender = of->t.sender,
	};

	return loop_raise(c, tx, &n, ret_id, f);
}

static const char *const split_keys[] = { "parts", "reason", NULL };

static enum err task_split(struct call *c, struct tx *tx, struct fault *f)
{
	const struct json_node *map, *list;
	struct loop_act a = {
		.ev = { .on = FLOW_ON_FOLD, .turn = FLOW_ANY_TURN, .actor = FLOW_PERSON }
	};
	struct flow_effects fx;
	char text[IDS_BYTES] = "";
	int64_t id[PARTS_MAX];
	struct work w;
	enum err e;

	if ((e = json_read(c->rq->body, &json_limits_request, c->a, &map, f)) ||
	    (e = json_only(map, split_keys, f)) || (e = get_reason(map, &a.reason, f)) ||
	    (e = task_of_path(c, tx, &w, f)))
		return e;
	list = json_at(map, "parts");
	if (!list || list->is != JSON_IS_LIST || list->n < 2 || list->n > PARTS_MAX)
		return bad(f, "parts", "请拆成 2 至 20 个任务", "split it into 2 to 20 tasks");
	/* Refused before anything is raised, if it is. */
	a.ev.by = w.t.stage[FLOW_TO_DO].by;
	if ((e = work_try(c, tx, &w, &a, c->now, &fx, f)))
		return e;
	for (size_t i = 0; i < list->n; i++) {
		struct part p;
		size_t n = strlen(text);

		if ((e = get_part(c, &list->items[i], &w, &p, f)) ||
		    (e = raise_part(c, tx, &w, &p, &id[i], f)))
			return e;
		(void)snprintf(text + n, sizeof text - n, "%s%lld", i ? ", " : "→ ",
			       (long long)id[i]);
	}
	a.text = str_of(text);
	a.into = id[0];
	if ((e = work_do(loop_of(c), c, tx, &w, &a, c->now, &fx, f)))
		return e;
	struct json *j = call_json(c);
	json_open(j, '{');
	if ((e = record_item(loop_of(c)->o.book, c, tx, &task_noun, &w.row, f)))
		return e;
	json_key(j, "parts");
	json_open(j, '[');
	for (size_t i = 0; i < list->n; i++)
		call_id_json(c, id[i]);
	json_close(j, ']');
	call_receipt_json(c);
	json_close(j, '}');
	return OK;
}

static const struct route rows[] = {
	{ ROUTE(HTTP_POST, "/api/v1/tasks/do/{event:text}", many_do, CAP_TASK_DO, REACH_AREA,
		WHY_DUTY, BODY, AUDIT_ACT, "一次办理多个任务的一步", "Take a step with many tasks"),
	  .takes = many_keys },
	{ ROUTE(HTTP_POST, "/api/v1/tasks/merge", tasks_merge, CAP_TASK_RAISE, REACH_AREA, WHY_DUTY,
		BODY, AUDIT_ACT, "把几个任务并入一个", "Merge tasks into one"),
	  .takes = merge_keys },
	{ ROUTE(HTTP_POST, "/api/v1/tasks/{id}/split", task_split, CAP_TASK_RAISE, REACH_AREA,
		WHY_DUTY, PART_BODY, AUDIT_ACT, "拆分任务", "Split a task"),
	  .takes = split_keys },
};
const struct route_list loop_routes_many = { rows, ARRAY_LEN(rows) };
