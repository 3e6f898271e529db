/*
 * signal_http.c - signals over HTTP: one is formed with its tasks, and settled by people of its
 * parties.
 */
#include <stdio.h>
#include <string.h>

#include "engine/flow/table.h"
#include "http/http.h"
#include "ledger/ledger.h"
#include "loop/signal.sql.h"
#include "loop/signal_inside.h"

#include "base/ban.h"

enum { BODY = 64 << 10, TEXT_BYTES = 8000, FORMED_WITH_MAX = 100 };

static enum err bad(struct fault *f, const char *field, const char *zh, const char *en)
{
	enum err e = fault_set(f, ERR_RANGE, "%s%.0s", "%.0s%s", zh, en);

	fault_at(f, field, NULL);
	return e;
}

static enum err get(struct call *c, struct tx *tx, int64_t id, struct signal **ret, struct fault *f)
{
	void *row;
	enum err e = record_get(loop_of(c)->o.book, tx, &signal_noun, (struct record_id){ id },
				c->a, &row, f);

	if (e)
		return e == ERR_ABSENT ? call_absent(f) : e;
	*ret = row;
	e = call_reach(c, (*ret)->record.area, NULL);
	return e == ERR_FORBIDDEN ? signal_reach(c, tx, row, f) : e;
}

static enum err answer(struct call *c, struct tx *tx, const struct signal *s, struct fault *f)
{
	struct json *j = call_json(c);
	enum err e;

	json_open(j, '{');
	if ((e = record_item(loop_of(c)->o.book, c, tx, &signal_noun, s, f)))
		return e;
	call_receipt_json(c);
	json_close(j, '}');
	return OK;
}

/* ---- formed --------------------------------------------------------------------------------- */

struct forming {
	struct signal s;
	struct loop_new base; /* what its tasks have in common */
	const struct json_node *tasks;
};

/* "hazards/7": a list of this house and a number. */
static bool is_about(struct call *c, struct str s)
{
	const char *slash = s.n ? memchr(s.p, '/', s.n) : NULL;
	size_t n = slash ? (size_t)(slash - s.p) : 0;
	int64_t id;

	return slash && record_noun(loop_of(c)->o.book, (struct str){ s.p, n }) &&
	       !str_i64((struct str){ slash + 1, s.n - n - 1 }, &id) && id > 0;
}

static enum err get_source(const struct json_node *map, struct signal *s, struct fault *f)
{
	const struct field *x = noun_field(&signal_noun, STR("source"));
	struct str word = { NULL, 0 };
	enum err e = json_get_text(map, "source", 20, &word, f);

	if (e)
		return e;
	s->source = (enum signal_source)choice_find(x->choice, x->n_choices, word);
	return s->source ? OK
			 : bad(f, "source", "请选择信号来源",
			       "say who noticed it, of the words there are");
}

static const char *const form_keys[] = { "area", "source", "sector", "title", "detail", "about",
					 "rule", "needs",  "owner",  "until", "tasks",  NULL };

static enum err read_form(struct call *c, struct forming *g, struct fault *f)
{
	const struct json_node *map;
	struct signal *s = &g->s;
	enum err e;

	noun_blank(&signal_noun, s);
	g->base =
		(struct loop_new){ .kind = STR("signal"), .needs = FLOW_TEXT, .until = FLOW_NEVER };
	if ((e = json_read(c->rq->body, &json_limits_request, c->a, &map, f)) ||
	    (e = json_only(map, form_keys, f)) || (e = json_need(map, "area", f)) ||
	    (e = json_need(map, "sector", f)) || (e = json_need(map, "rule", f)) ||
	    (e = json_need(map, "title", f)) || (e = get_source(map, s, f)) ||
	    (e = task_get_new(c, map, &g->base, f)) ||
	    (e = json_get_text(map, "about", 60, &s->about, f)))
		return e;
	s->title = g->base.title;
	s->detail = g->base.detail;
	s->sector = g->base.sector;
	s->record.area = g->base.area;
	g->tasks = json_at(map, "tasks");
	if (s->about.n && !is_about(c, s->about))
		return bad(f, "about", "关于应写成 hazards/7：列表和编号",
			   "about is a list and a number, as in hazards/7");
	if (g->tasks &&
	    (g->tasks->is != JSON_IS_LIST || !g->tasks->n || g->tasks->n > FORMED_WITH_MAX))
		return bad(f, "tasks", "tasks 应为 1 至 100 项任务的列表",
			   "tasks is a list of 1 to 100 tasks");
	return OK;
}

/* Who only noticed something leaves it to the grid whose it is. */
static enum err check_right(struct call *c, const struct forming *g, struct fault *f)
{
	bool says = g->tasks || g->base.owner.v || signal_ordered(&g->s);

	if (!says || call_may(c, CAP_TASK_RAISE))
		return OK;
	return fault_set(f, ERR_ROLE, "您的角色不能给人交办任务；请只写明情况，由系统找到责任方",
			 "your role gives nobody tasks: say what was noticed, and the grid says "
			 "whose it is");
}

static enum err raise_one(struct call *c, struct tx *tx, struct forming *g,
			  const struct json_node *node, struct fault *f)
{
	static const char *const keys[] = { "area",  "sector", "title", "detail", "owner",
					    "needs", "until",  "rule",  NULL };
	struct loop_new n = g->base;
	int64_t id;
	enum err e;

	if (node) {
		n.title = n.detail = (struct str){ NULL, 0 };
		if ((e = json_only(node, keys, f)) || (e = json_need(node, "title", f)) ||
		    (e = task_get_new(c, node, &n, f)))
			return e;
	}
	n.signal = g->s.record.id.v;
	n.about = STR("signal");
	n.about_id = n.signal;
	if ((e = call_reach(c, n.area, f)) || (e = loop_raise(c, tx, &n, &id, f)))
		return e;
	if (!g->s.task.v)
		g->s.task.v = id;
	return OK;
}

static enum err raise_all(struct call *c, struct tx *tx, struct forming *g, struct fault *f)
{
	enum err e = g->tasks ? OK : raise_one(c, tx, g, NULL, f);

	for (size_t i = 0; g->tasks && i < g->tasks->n && !e; i++)
		e = raise_one(c, tx, g, &g->tasks->items[i], f);
	return e;
}

static enum err signal_form(struct call *c, struct tx *tx, struct fault *f)
{
	struct forming *g = arena_take(c->a, 1, sizeof *g);
	char url[64];
	enum err e;

	if (!g)
		return ERR_MEMORY;
	if ((e = read_form(c, g, f)) || (e = call_reach(c, g->s.record.area, f)) ||
	    (e = check_right(c, g, f)))
		return e;
	g->s.record.id = record_id_new(loop_of(c)->o.book);
	if ((e = raise_all(c, tx, g, f)) ||
	    (e = signal_begin(loop_of(c), c, tx, c->a, &g->s, g->tasks ? g->tasks->n : 1, c->now,
			      f)))
		return e;
	(void)snprintf(url, sizeof url, "/api/v1/signals/%lld", (long long)g->s.record.id.v);
	call_status(c, 201);
	if ((e = call_location(c, str_of(url))))
		return e;
	return answer(c, tx, &g->s, f);
}

enum err signal_takes_task(struct call *c, struct tx *tx, int64_t signal, struct fault *f)
{
	const struct flow_signal_event ev = { .on = FLOW_SIGNAL_ON_TASK, .turn = FLOW_ANY_TURN };
	struct signal_tally t = { .tasks = 1 };
	struct signal *s;
	bool may;
	enum err e = get(c, tx, signal, &s, f);

	if (!e && !(e = signal_may_add(c, tx, s, &may, f)) && !may)
		return work_refused(&flow_why_who, c, f);
	if (e)
		return e == ERR_ABSENT ? bad(f, "signal", "没有这个信号", "there is no such signal")
				       : e;
	return signal_step(s, &t, &ev, c->now, c, f);
}

/* ---- settled -------------------------------------------------------------------------------- */

/*
 * What is open is cancelled with the dismissal, and for its reason. Who formed the signal, or gave
 * the instruction, hears once, of the dismissal; of a signal that the house formed nobody does.
 */
static enum err strike_all(struct call *c, struct tx *tx, const struct signal *s, struct fault *f)
{
	struct loop_act act = { .ev = { .on = FLOW_ON_CANCEL,
					.turn = FLOW_ANY_TURN,
					.actor = FLOW_HOUSE,
					.by = FLOW_NEVER,
					.reason = true },
				.reason = s->reason,
				.struck = true };
	bool told = signal_ordered(s) || s->record.created_by.v;
	VEC(int64_t) ids = { 0 };
	enum err e;

	if (told)
		act.settled = s->sender;
	{
		CLEANUP(rows_end) struct rows *r = NULL;
		bool more;

		e = tx_rows(tx, &signal_sql.open_tasks, SQL_ARGS(sql_i64(s->record.id.v)), &r, f);
		while (!e && !(e = rows_next(r, &more, f)) && more)
			e = vec_push(&ids, rows_i64(r, 0));
	}
	for (size_t i = 0; !e && i < ids.n; i++) {
		struct flow_effects fx;

		act.task = ids.v[i];
		e = loop_do(loop_of(c), c, tx, &act, c->now, &fx, f);
	}
	vec_drop(&ids);
	return e;
}

static const char *const settling_keys[] = { "turn", "reason", "result", "feedback", NULL };

/* The one text that this step is about, and no other. */
static enum err read_settling(struct call *c, struct signal *s, const struct signal_settling *w,
			      uint32_t *ret_turn, struct fault *f)
{
	const char *const keys[] = { "turn", w->key, NULL };
	const struct field *x = noun_field(&signal_noun, str_of(w->key));
	const struct json_node *map;
	struct str text = { NULL, 0 };
	int64_t turn = 0;
	enum err e;

	if ((e = json_read(c->rq->body, &json_limits_request, c->a, &map, f)) ||
	    (e = json_only(map, keys, f)) || (e = json_need(map, "turn", f)) ||
	    (e = json_get_i64(map, "turn", 0, UINT32_MAX - 1, &turn, f)) ||
	    (e = json_get_said(map, w->key, TEXT_BYTES, &text, f)))
		return e;
	*ret_turn = (uint32_t)turn;
	if (!text.n)
		return bad(f, w->key, w->zh, w->en);
	if (str_characters(text) > (size_t)x->max) {
		e = fault_set(f, ERR_RANGE, "最多 %d 个字", "at most %d characters", (int)x->max);
		fault_at(f, w->key, NULL);
		return e;
	}
	*(struct str *)((char *)s + x->at) = text;
	return OK;
}

static enum err check_settling(struct call *c, struct tx *tx, const struct signal *s,
			       const struct signal_settling *w, struct fault *f)
{
	struct flow_event ev = { .actor = FLOW_PERSON };
	unsigned rights;
	enum err e = work_person(c, tx, &ev, f);

	if (e || (e = signal_rights(c, tx, s, &rights, f)))
		return e;
	if (!(rights & w->right))
		return work_refused(&flow_why_who, c, f);
	if (w->on == FLOW_SIGNAL_ON_DISMISS && c->who->account == s->record.created_by.v)
		return fault_set(f, ERR_ROLE, "信号不能由形成它的人自己排除，请由另一人来做",
				 "whoever formed a signal does not dismiss it: it is for another");
	return OK;
}

/* What was shown is checked first: a dismissal does not strike work that was done. */
static enum err check_proved(const struct signal_tally *t, struct fault *f)
{
	enum err e;

	if (!t->proved)
		return OK;
	e = fault_set(f, ERR_CONFLICT, "有任务已反馈、等待核验，不能排除；请先核验办结或退回",
		      "a task of it was proved and waits for its check: close or return it first");
	fault_at(f, "tasks", NULL);
	return e;
}

/* No word of the engine's: its keys end in a number of enum flow_say. */
static int64_t telling_key(const struct signal *s)
{
	return s->record.version << 33 | (255 - s->record.state);
}

/*
 * Who noticed it hears what came of it, and of an instruction or a decision everybody of the party
 * that gave it; not who says so themself. It is told as a thing of the first task.
 */
static enum err tell_sender(struct call *c, struct tx *tx, const struct signal *s, struct fault *f)
{
	bool ordered = signal_ordered(s);
	int64_t self = c->who->account, who = ordered ? 0 : s->record.created_by.v;
	struct work w;
	enum err e;

	if (!s->sender.v || (!ordered && (!who || who == self)))
		return OK;
	if ((e = work_load(loop_of(c), tx, s->task.v, c->a, &w, f)))
		return e == ERR_ABSENT ? OK : e; /* fsck tells of it */
	return tx_run(tx, &signal_sql.tell,
		      SQL_ARGS(sql_i64(area_county(w.row.record.area).v),
			       sql_i64(record_id_new(loop_of(c)->o.book).v), sql_i64(s->task.v),
			       sql_i64(telling_key(s)), sql_i64(s->sender.v),
			       who ? sql_i64(who) : sql_null(), sql_i64(self),
			       sql_text(str_of(flow_signal_phase_words[s->record.state].word)),
			       sql_time(c->now)),
		      NULL, f);
}

static enum err settle(struct call *c, struct tx *tx, struct signal *s, const struct signal *was,
		       const struct signal_settling *w, uint32_t turn, struct fault *f)
{
	struct flow_signal_event ev = { .on = w->on, .turn = turn, .reason = s->reason.n > 0 };
	bool dismissed = w->on == FLOW_SIGNAL_ON_DISMISS;
	struct signal_tally t;
	enum err e = signal_count(tx, s->record.id.v, &t, f);

	if (e || (dismissed && (e = check_proved(&t, f))))
		return e;
	if (dismissed)
		t.open = 0; /* they are struck below, or none of this has happened */
	if ((e = signal_step(s, &t, &ev, c->now, c, f)))
		return e;
	if (dismissed && (e = strike_all(c, tx, s, f)))
		return e;
	e = record_follow(loop_of(c)->o.book, c, tx, &signal_noun, was, s, w->word, c->now, f);
	return e ? e : tell_sender(c, tx, s, f);
}

static enum err signal_do(struct call *c, struct tx *tx, struct fault *f)
{
	const struct signal_settling *w = signal_settling_of(call_text(c, "event"));
	struct signal *s, was;
	uint32_t turn;
	enum err e;

	if (!w)
		return call_absent(f);
	if ((e = get(c, tx, call_id(c, "id"), &s, f)))
		return e;
	was = *s;
	if ((e = read_settling(c, s, w, &turn, f)) || (e = check_settling(c, tx, s, w, f)) ||
	    (e = settle(c, tx, s, &was, w, turn, f)))
		return e;
	return answer(c, tx, s, f);
}

static const struct route rows[] = {
	{ ROUTE(HTTP_POST, "/api/v1/signals", signal_form, CAP_TASK_DO, REACH_AREA, WHY_DUTY, BODY,
		AUDIT_ACT, "形成信号", "Form a signal"),
	  .takes = form_keys },
	{ ROUTE(HTTP_POST, "/api/v1/signals/{id}/do/{event:text}", signal_do, CAP_TASK_DO,
		REACH_AREA, WHY_DUTY, BODY, AUDIT_ACT, "核实、排除或反馈信号",
		"Verify, dismiss or feed back a signal"),
	  .takes = settling_keys },
};
const struct route_list loop_routes_signal = { rows, ARRAY_LEN(rows) };
