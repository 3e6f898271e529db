/* push.c - see push.h. */
#include "loop/push.h"

#include "ledger/ledger.h"
#include "loop/signal.sql.h"
#include "loop/signal_inside.h"

#include "base/ban.h"

enum { WAITING_MAX = 8, ROW_BYTES = 64 << 10 };

static const struct choice states[PUSH_STATE_N] = {
	[PUSH_WAITING] = { "waiting", "待答复", "Waiting" },
	[PUSH_RIGHT] = { "right", "推对了", "Right" },
	[PUSH_WRONG] = { "wrong", "推错了人", "Wrong person" },
	[PUSH_MOVED] = { "moved", "已转往别处", "Moved" },
	[PUSH_WITHDRAWN] = { "withdrawn", "撤回", "Withdrawn" },
};
static const struct choice ways[PUSH_WAY_N] = {
	[PUSH_RAISED] = { "raised", "交办", "Raised" },
	[PUSH_ASSIGNED] = { "assigned", "指定", "Assigned" },
	[PUSH_OFFERED] = { "offered", "移交", "Offered" },
};

enum { SEEN = FIELD_SERVER | FIELD_LISTED | FIELD_EXPORT, TOLD = FIELD_SERVER | FIELD_EXPORT };

static const struct field fields[] = {
	{ REF(struct push, task), "任务", "Task", SEE_AREA, SEEN, .refers = "task" },
	{ REF(struct push, signal), "信号", "Signal", SEE_AREA, TOLD, .refers = "signal" },
	{ CHOICE(struct push, way), "方式", "Way", SEE_AREA, SEEN, .choice = ways,
	  .n_choices = PUSH_WAY_N },
	{ REF(struct push, sender), "推送方", "Sender", SEE_AREA, SEEN | FIELD_FILTER,
	  .refers = "organisation" },
	{ REF(struct push, receiver), "接收方", "Receiver", SEE_AREA, SEEN | FIELD_FILTER,
	  .refers = "organisation" },
	{ TIME(struct push, answered_at), "答复时间", "Answered at", SEE_AREA, SEEN },
	{ I64(struct push, took), "用时（秒）", "Took (seconds)", SEE_AREA, SEEN, 0, INT64_MAX },
	{ I64(struct push, month), "月份", "Month", SEE_AREA, TOLD | FIELD_FILTER, 0, 999912 },
};

static const struct step steps[] = {
	{ STEP(PUSH_NONE, "send", PUSH_WAITING, "推送", "Send") },
	{ STEP(PUSH_WAITING, "right", PUSH_RIGHT, "推对了", "Right") },
	{ STEP(PUSH_WAITING, "wrong", PUSH_WRONG, "推错了人", "Wrong person") },
	{ STEP(PUSH_WAITING, "moved", PUSH_MOVED, "已转往别处", "Moved") },
	{ STEP(PUSH_WAITING, "withdraw", PUSH_WITHDRAWN, "撤回", "Withdraw") },
};

const struct noun push_noun = {
	.name = "push",
	.path = "pushes",
	.zh = "推送",
	.en = "Push",
	.en_many = "Pushes",
	NOUN_OF(struct push, fields, states, steps),
	.read = CAP_TASK_READ,
	.write = CAP_TASK_DO,
	.why = WHY_DUTY,
	.gate = true,
	.own_way = true,
};

/* ---- sent ----------------------------------------------------------------------------------- */

static int64_t month_of(const struct loop *l, struct utc_s now)
{
	int year, month, day;

	date_civil(zone_day_of(l->o.zone, now), &year, &month, &day);
	return (int64_t)year * 100 + month;
}

static enum err enter(const struct task_stepped *s, const struct push *p, struct str action)
{
	struct ledger_entry en;
	enum err e = record_entry(&push_noun, NULL, p, action, &en);

	if (e)
		return e;
	if (s->c)
		return call_act(s->c, s->tx, &en, s->f);
	en.at = s->now;
	en.kind = LEDGER_ACT;
	en.purpose = STR("duty");
	return ledger_append(s->tx, &en, NULL, s->f);
}

static enum err put(const struct task_stepped *s, enum push_way way, struct flow_party sender,
		    struct flow_party receiver)
{
	const struct record *task = &s->w->row.record;
	struct push p;
	enum err e;

	if (!sender.v || !receiver.v || sender.v == receiver.v)
		return OK; /* what one does oneself is sent to nobody */
	noun_blank(&push_noun, &p);
	p.record = (struct record){ .id = record_id_new(s->l->o.book),
				    .area = task->area,
				    .version = 1,
				    .state = PUSH_WAITING,
				    .created_at = s->now,
				    .updated_at = s->now,
				    .created_by = { s->c ? s->c->who->account : 0 } };
	p.task = task->id;
	p.signal.v = s->w->signal;
	p.way = way;
	p.sender.v = sender.v;
	p.receiver.v = receiver.v;
	p.month = month_of(s->l, s->now);
	e = record_put(s->l->o.book, s->tx, &push_noun, &p, s->f);
	return e ? e : enter(s, &p, STR("send"));
}

/* ---- answered ------------------------------------------------------------------------------- */

/* What a step says to a push to `receiver` that waits; PUSH_WAITING: nothing. */
static enum push_state answer_of(const struct task_stepped *s, int64_t receiver)
{
	bool owners = receiver == s->was->owner.v, offered = receiver == s->was->offered_to.v;
	enum push_state no = s->moved ? PUSH_MOVED : PUSH_WRONG;

	switch (s->ev->on) {
	case FLOW_ON_ACCEPT: return owners ? PUSH_RIGHT : PUSH_WAITING;
	case FLOW_ON_DECLINE: return owners ? no : PUSH_WAITING;
	case FLOW_ON_TAKE: return offered ? PUSH_RIGHT : PUSH_MOVED;
	case FLOW_ON_REFUSE: return offered ? no : PUSH_WAITING;
	case FLOW_ON_WITHDRAW: return offered ? PUSH_WITHDRAWN : PUSH_WAITING;
	case FLOW_ON_ASSIGN: /* somebody else moved it: nobody answered */
	case FLOW_ON_REOWN:
	case FLOW_ON_CANCEL:
	case FLOW_ON_FOLD: return PUSH_WITHDRAWN;
	default: return PUSH_WAITING;
	}
}

static enum err answer(const struct task_stepped *s, int64_t id, enum push_state is)
{
	CLEANUP(arena_end) struct arena *a = NULL;
	struct push p;
	void *row;
	enum err e = arena_new(ROW_BYTES, &a);

	if (e || (e = record_get(s->l->o.book, s->tx, &push_noun, (struct record_id){ id }, a, &row,
				 s->f)))
		return e;
	p = *(struct push *)row;
	p.record.state = (int)is;
	if (is != PUSH_WITHDRAWN) {
		p.answered_at = s->now;
		p.took = max_i64(0, s->now.v - p.record.created_at.v);
	}
	return record_follow(s->l->o.book, s->c, s->tx, &push_noun, row, &p,
			     is == PUSH_WITHDRAWN ? "withdraw" : states[is].word, s->now, s->f);
}

static enum err answer_all(const struct task_stepped *s)
{
	struct { int64_t id, receiver; } v[WAITING_MAX];
	size_t n = 0;
	enum err e;

	{
		CLEANUP(rows_end) struct rows *r = NULL;
		struct area_code county = area_county(s->w->row.record.area);
		bool more;

		e = tx_rows(s->tx, &signal_sql.waiting,
			    SQL_ARGS(sql_i64(county.v), sql_i64(s->w->row.record.id.v)), &r, s->f);
		while (!e && !(e = rows_next(r, &more, s->f)) && more && n < WAITING_MAX) {
			v[n].id = rows_i64(r, 0);
			v[n++].receiver = rows_i64(r, 1);
		}
	}
	for (size_t i = 0; !e && i < n; i++) {
		enum push_state is = answer_of(s, v[i].receiver);

		if (is != PUSH_WAITING)
			e = answer(s, v[i].id, is);
	}
	return e;
}

enum err push_stepped(const struct task_stepped *s)
{
	const struct flow_task *t = &s->w->t;
	enum err e;

	if (!s->w->signal && !t->n_offers)
		return OK; /* it was never sent on by anybody who chose whom to */
	if (s->ev->on == FLOW_ON_RAISE)
		return s->w->signal ? put(s, PUSH_RAISED, t->sender, t->owner) : OK;
	if (s->ev->on == FLOW_ON_CLOCK)
		return OK;
	if ((e = answer_all(s)))
		return e;
	if (s->ev->on == FLOW_ON_OFFER)
		return put(s, PUSH_OFFERED, t->owner, t->offered_to);
	return s->ev->on == FLOW_ON_ASSIGN && s->w->signal
		       ? put(s, PUSH_ASSIGNED, s->ev->party, t->owner)
		       : OK;
}
