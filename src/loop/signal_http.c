/*
 * signal_http.c - signals over HTTP: one is formed with its tasks, settled by people of its
 * parties, and told with how far its tasks have come.
 */
#include <stdio.h>
#include <string.h>

#include "engine/flow/table.h"
#include "http/http.h"
#include "ledger/ledger.h"
#include "loop/signal.sql.h"
#include "loop/signal_inside.h"

#include "base/ban.h"

enum { BODY = 64 << 10, TEXT_BYTES = 8000, REASON_MAX = 200, FORMED_WITH_MAX = 100, SHOWN = 500 };

static enum err bad(struct fault *f, const char *field, const char *zh, const char *en)
{
	enum err e = fault_set(f, ERR_RANGE, "%s%.0s", "%.0s%s", zh, en);

	fault_at(f, field, NULL);
	return e;
}

/* ---- who may see it ------------------------------------------------------------------------- */

/* Sender, owner, checker or somebody above, of its first task. */
static enum err is_party(struct call *c, struct tx *tx, const struct signal *s, bool *ret,
			 struct fault *f)
{
	struct flow_event ev = { .actor = FLOW_PERSON, .person = { c->who->account } };
	struct fault unasked = { 0 };
	struct work w;
	enum err e = loop_party(c, tx, &ev.party, NULL, f);

	*ret = false;
	if (e || !ev.party.v)
		return e;
	e = work_load(loop_of(c), tx, s->task.v, c->a, &w, &unasked);
	if (!e)
		*ret = flow_who_is(&w.t, &ev) &
		       (FLOW_BY_OWNER | FLOW_BY_CHECKER | FLOW_BY_SENDER | FLOW_BY_SUPERIOR);
	return e == ERR_ABSENT ? OK : e;
}

/* People of the parties, wherever they are. */
enum err signal_reach(struct call *c, struct tx *tx, const void *row, struct fault *f)
{
	const struct signal *s = row;
	struct flow_party party;
	struct area_code at;
	bool is;
	enum err e = loop_party(c, tx, &party, &at, f);

	if (e || (e = is_party(c, tx, s, &is, f)))
		return e;
	if (is)
		return call_reach(c, at, f);
	return call_reach(c, s->record.area, f); /* which notes that it was denied */
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

/* ---- what is asked of it -------------------------------------------------------------------- */

static const struct settling {
	const char *word;
	enum flow_signal_on on;
} settlings[] = { { "verify", FLOW_SIGNAL_ON_VERIFY },
		  { "dismiss", FLOW_SIGNAL_ON_DISMISS },
		  { "feed_back", FLOW_SIGNAL_ON_FEED_BACK } };

static bool may_settle(const struct call *c, const struct signal *s, const struct settling *w)
{
	return noun_step(&signal_noun, s->record.state, str_of(w->word)) &&
	       (w->on != FLOW_SIGNAL_ON_DISMISS || c->who->account != s->record.created_by.v);
}

/* ---- its page ------------------------------------------------------------------------------- */

static void put_text(struct json *j, const char *key, struct str s)
{
	json_key(j, key);
	if (s.n)
		json_str(j, s);
	else
		json_nil(j);
}

static void put_task(struct call *c, struct rows *r)
{
	struct json *j = call_json(c);
	char area[AREA_TEXT_BYTES];

	area_text((struct area_code){ rows_i64(r, 9) }, area);
	json_open(j, '{');
	json_key(j, "id");
	call_id_json(c, rows_i64(r, 0));
	put_text(j, "title", rows_text(r, 1));
	put_text(j, "state", rows_text(r, 2));
	put_text(j, "outcome", rows_text(r, 10));
	put_text(j, "stage", rows_text(r, 3));
	json_key(j, "by");
	if (rows_null(r, 4))
		json_nil(j);
	else
		call_time_json(c, rows_time(r, 4));
	json_key(j, "late");
	json_bool(j, rows_i64(r, 5) != 0);
	json_key(j, "level");
	json_i64(j, rows_i64(r, 6));
	json_key(j, "owner");
	call_id_json(c, rows_i64(r, 7));
	put_text(j, "owner_label", rows_text(r, 8));
	put_text(j, "area", str_of(area));
	json_close(j, '}');
}

static enum err put_tasks(struct call *c, struct tx *tx, int64_t signal, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct json *j = call_json(c);
	bool more;
	enum err e =
		tx_rows(tx, &signal_sql.tasks, SQL_ARGS(sql_i64(signal), sql_i64(SHOWN)), &r, f);

	json_key(j, "tasks");
	json_open(j, '[');
	while (!e && !(e = rows_next(r, &more, f)) && more)
		put_task(c, r);
	json_close(j, ']');
	return e;
}

static void put_progress(struct json *j, const struct signal_tally *t)
{
	const struct {
		const char *key;
		int64_t n;
	} n[] = { { "tasks", t->tasks },
		  { "closed", t->done },
		  { "open", t->open },
		  { "late", t->late },
		  { "cancelled", t->struck } };

	json_key(j, "progress");
	json_open(j, '{');
	for (size_t i = 0; i < ARRAY_LEN(n); i++) {
		json_key(j, n[i].key);
		json_i64(j, n[i].n);
	}
	json_close(j, '}');
}

enum err signal_tell(struct call *c, struct tx *tx, const void *row, struct fault *f)
{
	const struct signal *s = row;
	struct json *j = call_json(c);
	struct signal_tally t;
	bool party;
	enum err e;

	if ((e = signal_count(tx, s->record.id.v, &t, f)) || (e = is_party(c, tx, s, &party, f)))
		return e;
	put_progress(j, &t);
	json_key(j, "may");
	json_open(j, '[');
	for (size_t i = 0; i < ARRAY_LEN(settlings) && party && call_may(c, CAP_TASK_DO); i++)
		if (may_settle(c, s, &settlings[i]))
			json_str(j, str_of(settlings[i].word));
	json_close(j, ']');
	return put_tasks(c, tx, s->record.id.v, f);
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
	bool says = g->tasks || g->base.owner.v || g->s.source == SIGNAL_SUPERIOR ||
		    g->s.source == SIGNAL_MEETING;

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

/* With its first task it is formed, and passed to whose that task is. */
static enum err begin(struct call *c, struct tx *tx, struct forming *g, struct fault *f)
{
	struct signal_tally t = { .tasks = g->tasks ? (int64_t)g->tasks->n : 1 };
	struct flow_signal_event ev = { .on = FLOW_SIGNAL_ON_FORM,
					.turn = FLOW_ANY_TURN,
					.tasks = (uint32_t)t.tasks };
	struct signal *s = &g->s;
	struct ledger_entry en;
	struct work w;
	enum err e = work_load(loop_of(c), tx, s->task.v, c->a, &w, f);

	s->sender.v = w.t.sender.v;
	s->receiver.v = w.t.owner.v;
	t.open = t.tasks;
	if (e || (e = signal_step(s, &t, &ev, c->now, c, f)))
		return e;
	ev.on = FLOW_SIGNAL_ON_PASS;
	if (s->sender.v != s->receiver.v && (e = signal_step(s, &t, &ev, c->now, c, f)))
		return e;
	s->record.version = 1;
	s->record.created_at = s->record.updated_at = c->now;
	s->record.created_by.v = c->who->account;
	if ((e = record_put(loop_of(c)->o.book, tx, &signal_noun, s, f)) ||
	    (e = record_entry(&signal_noun, NULL, s, STR("form"), &en)))
		return e;
	return call_act(c, tx, &en, f);
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
	if ((e = raise_all(c, tx, g, f)) || (e = begin(c, tx, g, f)))
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
	enum err e = get(c, tx, signal, &s, f);

	if (e)
		return e == ERR_ABSENT ? bad(f, "signal", "没有这个信号", "there is no such signal")
				       : e;
	return signal_step(s, &t, &ev, c->now, c, f);
}

/* ---- settled -------------------------------------------------------------------------------- */

/* What is open is cancelled with the dismissal, and for its reason. */
static enum err strike_all(struct call *c, struct tx *tx, const struct signal *s, struct fault *f)
{
	struct loop_act act = { .ev = { .on = FLOW_ON_CANCEL,
					.turn = FLOW_ANY_TURN,
					.actor = FLOW_HOUSE,
					.by = FLOW_NEVER,
					.reason = true },
				.reason = s->reason };
	VEC(int64_t) ids = { 0 };
	enum err e;

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

static const struct settling *settling_of(struct str word)
{
	for (size_t i = 0; i < ARRAY_LEN(settlings); i++)
		if (str_eq(word, str_of(settlings[i].word)))
			return &settlings[i];
	return NULL;
}

static const char *const settling_keys[] = { "turn", "reason", "result", NULL };

static enum err read_settling(struct call *c, struct signal *s, uint32_t *ret_turn, struct fault *f)
{
	const struct json_node *map;
	int64_t turn = 0;
	enum err e;

	if ((e = json_read(c->rq->body, &json_limits_request, c->a, &map, f)) ||
	    (e = json_only(map, settling_keys, f)) || (e = json_need(map, "turn", f)) ||
	    (e = json_get_i64(map, "turn", 0, UINT32_MAX - 1, &turn, f)) ||
	    (e = json_get_text(map, "reason", TEXT_BYTES, &s->reason, f)) ||
	    (e = json_get_text(map, "result", TEXT_BYTES, &s->result, f)))
		return e;
	*ret_turn = (uint32_t)turn;
	if (str_characters(s->reason) > REASON_MAX)
		return bad(f, "reason", "理由最多 200 个字", "a reason has at most 200 characters");
	return OK;
}

static enum err check_settling(struct call *c, struct tx *tx, const struct signal *s,
			       const struct settling *w, struct fault *f)
{
	struct flow_event ev = { .actor = FLOW_PERSON };
	bool party;
	enum err e = work_person(c, tx, &ev, f);

	if (e || (e = is_party(c, tx, s, &party, f)))
		return e;
	if (!party)
		return work_refused(&flow_why_who, c, f);
	if (w->on == FLOW_SIGNAL_ON_DISMISS && c->who->account == s->record.created_by.v)
		return fault_set(f, ERR_ROLE, "信号不能由形成它的人自己排除，请由另一人来做",
				 "whoever formed a signal does not dismiss it: it is for another");
	if (w->on == FLOW_SIGNAL_ON_FEED_BACK && !s->result.n)
		return bad(f, "result", "请写明反馈了什么",
			   "say what was told to whoever noticed it");
	return OK;
}

static enum err settle(struct call *c, struct tx *tx, struct signal *s, const struct signal *was,
		       const struct settling *w, uint32_t turn, struct fault *f)
{
	struct flow_signal_event ev = { .on = w->on, .turn = turn, .reason = s->reason.n > 0 };
	struct signal_tally t;
	enum err e = signal_count(tx, s->record.id.v, &t, f);

	if (w->on == FLOW_SIGNAL_ON_DISMISS)
		t.open = 0; /* they are struck below, or none of this has happened */
	if (e || (e = signal_step(s, &t, &ev, c->now, c, f)))
		return e;
	if (w->on == FLOW_SIGNAL_ON_DISMISS && (e = strike_all(c, tx, s, f)))
		return e;
	return record_follow(loop_of(c)->o.book, c, tx, &signal_noun, was, s, w->word, c->now, f);
}

static enum err signal_do(struct call *c, struct tx *tx, struct fault *f)
{
	const struct settling *w = settling_of(call_text(c, "event"));
	struct signal *s, was;
	uint32_t turn;
	enum err e;

	if (!w)
		return call_absent(f);
	if ((e = get(c, tx, call_id(c, "id"), &s, f)))
		return e;
	was = *s;
	if ((e = read_settling(c, s, &turn, f)) || (e = check_settling(c, tx, s, w, f)) ||
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
