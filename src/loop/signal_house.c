/*
 * signal_house.c - a signal is begun, by a person or by the house; and what the house forms by
 * itself.
 */
#include "ledger/ledger.h"
#include "loop/duty_of.h"
#include "loop/signal.sql.h"
#include "loop/signal_inside.h"

#include "base/ban.h"

enum { FORM_BYTES = 128 << 10 };

static enum err enter(struct call *c, struct tx *tx, const struct signal *s, struct utc_s now,
		      struct fault *f)
{
	struct ledger_entry en;
	enum err e = record_entry(&signal_noun, NULL, s, STR("form"), &en);

	if (e)
		return e;
	if (c)
		return call_act(c, tx, &en, f);
	en.at = now;
	en.kind = LEDGER_ACT;
	en.purpose = STR("duty");
	return ledger_append(tx, &en, NULL, f);
}

enum err signal_begin(struct loop *l, struct call *c, struct tx *tx, struct arena *a,
		      struct signal *s, size_t n_tasks, struct utc_s now, struct fault *f)
{
	struct signal_tally t = { .tasks = (int64_t)n_tasks, .open = (int64_t)n_tasks };
	struct flow_signal_event ev = { .on = FLOW_SIGNAL_ON_FORM,
					.turn = FLOW_ANY_TURN,
					.tasks = (uint32_t)n_tasks };
	struct work w;
	enum err e = work_load(l, tx, s->task.v, a, &w, f);

	if (e)
		return e;
	s->sender.v = w.t.sender.v;
	s->receiver.v = w.t.owner.v;
	if ((e = signal_step(s, &t, &ev, now, c, f)))
		return e;
	ev.on = FLOW_SIGNAL_ON_PASS;
	if (s->sender.v != s->receiver.v && (e = signal_step(s, &t, &ev, now, c, f)))
		return e;
	s->record.version = 1;
	s->record.created_at = s->record.updated_at = now;
	s->record.created_by.v = c ? c->who->account : 0;
	e = record_put(l->o.book, tx, &signal_noun, s, f);
	return e ? e : enter(c, tx, s, now, f);
}

/* ---- by the house --------------------------------------------------------------------------- */

enum err signal_is_answered(struct tx *tx, const struct signal_noticed *n, bool *ret,
			    struct fault *f)
{
	struct flow_duty duty;
	struct fault why = { 0 };
	enum err e = loop_duty(tx, n->area, n->sector, (struct flow_party){ 0 }, &duty, &why);

	*ret = !e;
	if (e && e != ERR_RANGE && f)
		*f = why;
	return e == ERR_RANGE ? OK : e;
}

static enum err raise_task(struct loop *l, struct tx *tx, const struct signal_noticed *n,
			   struct signal *s, struct utc_s now, struct fault *f)
{
	struct flow_duty duty = { 0 };
	enum err e = loop_duty(tx, n->area, n->sector, (struct flow_party){ 0 }, &duty, f);
	const struct loop_new task = {
		.area = n->area,
		.sector = n->sector,
		.kind = STR("signal"),
		.rule = n->rule,
		.title = n->title,
		.detail = n->detail,
		.about = STR("signal"),
		.about_id = s->record.id.v,
		.signal = s->record.id.v,
		.needs = FLOW_TEXT,
		.until = FLOW_NEVER,
		.sender = duty.checker,
		.duty = &duty,
	};

	return e ? e : loop_raise_by_house(l, tx, &task, now, &s->task.v, f);
}

enum err signal_form_by_house(struct loop *l, struct tx *tx, const struct signal_noticed *n,
			      struct utc_s now, int64_t *ret, struct fault *f)
{
	CLEANUP(arena_end) struct arena *a = NULL;
	struct signal s;
	enum err e;

	noun_blank(&signal_noun, &s);
	s.record.id = record_id_new(l->o.book);
	s.record.area = n->area;
	s.title = n->title;
	s.detail = n->detail;
	s.source = n->source;
	s.sector = n->sector;
	s.about = n->about;
	if ((e = arena_new(FORM_BYTES, &a)) || (e = raise_task(l, tx, n, &s, now, f)) ||
	    (e = signal_begin(l, NULL, tx, a, &s, 1, now, f)))
		return e;
	*ret = s.record.id.v;
	return OK;
}
