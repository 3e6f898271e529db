/* signal.c - the flow of a signal, as a table. */
#include "engine/flow/inside.h"
#include "engine/flow/signal.h"
#include "engine/flow/table.h"

#include "base/ban.h"

#define IN(phase) (1u << FLOW_SIGNAL_##phase)
#define ON(event) FLOW_SIGNAL_ON_##event
#define UNANSWERED (IN(FORMED) | IN(PASSED))
#define ASKED (UNANSWERED | IN(ANSWERED))

enum { SAME = FLOW_SIGNAL_PHASE_N };

static bool has_tasks(const struct flow_signal *s, const struct flow_signal_event *ev)
{
	(void)s;
	return ev->tasks > 0 && ev->tasks < FLOW_TURNS_MAX;
}

static bool has_task(const struct flow_signal *s, const struct flow_signal_event *ev)
{
	(void)ev;
	return s->n_tasks > 0;
}

static bool has_reason(const struct flow_signal *s, const struct flow_signal_event *ev)
{
	(void)s;
	return ev->reason;
}

/* Its tasks are struck first, in the same transaction: no task without a signal that is open. */
static bool may_dismiss(const struct flow_signal *s, const struct flow_signal_event *ev)
{
	return ev->reason && s->n_open == 0;
}

static bool is_settled(const struct flow_signal *s, const struct flow_signal_event *ev)
{
	(void)ev;
	return s->n_open == 0;
}

static bool has_open(const struct flow_signal *s, const struct flow_signal_event *ev)
{
	(void)ev;
	return s->n_open > 0;
}

const struct flow_signal_row flow_signal_rows[] = {
	{ IN(NONE),
	  ON(FORM),
	  FLOW_SIGNAL_FORMED,
	  has_tasks,
	  { ERR_RANGE, "tasks", "信号须同时立至少一项任务，才有人负责核实。",
	    "a signal is formed with at least one task, so that somebody answers for it." } },
	/* Again, when somebody above says that it is another's. */
	{ UNANSWERED, ON(PASS), FLOW_SIGNAL_PASSED, NULL, { 0 } },
	/* Whoever formed it may find out themselves. */
	{ UNANSWERED, ON(ANSWER), FLOW_SIGNAL_ANSWERED, NULL, { 0 } },
	{ IN(PASSED),
	  ON(MISS),
	  FLOW_SIGNAL_FORMED,
	  has_reason,
	  { ERR_RANGE, "reason", "请写明为何不归本单位，或已转往何处。",
	    "say why it is not yours, or where it moved to." } },
	{ IN(ANSWERED),
	  ON(VERIFY),
	  FLOW_SIGNAL_VERIFIED,
	  has_task,
	  { ERR_CONFLICT, "tasks", "信号的任务都已撤销，没有人核实过；请先立一项任务。",
	    "all of its tasks were cancelled, so nobody found out; raise one first." } },
	{ ASKED,
	  ON(DISMISS),
	  FLOW_SIGNAL_DISMISSED,
	  may_dismiss,
	  { ERR_CONFLICT, "dismiss", "排除信号须写明理由，并先办结或撤销它的全部任务。",
	    "to dismiss a signal give a reason, and close or cancel all of its tasks first." } },
	{ IN(VERIFIED) | IN(DISMISSED),
	  ON(FEED_BACK),
	  FLOW_SIGNAL_FED_BACK,
	  is_settled,
	  { ERR_CONFLICT, "open", "还有任务没有办结；全部办结后再反馈。",
	    "some of its tasks are not closed; feed back when all of them are." } },
	{ ASKED | IN(VERIFIED), ON(TASK), SAME, NULL, { 0 } },
	{ ASKED | IN(VERIFIED),
	  ON(DONE),
	  SAME,
	  has_open,
	  { ERR_CONFLICT, "done", "这个信号已没有未办结的任务。",
	    "this signal has no task left that is not closed." } },
};
const size_t flow_signal_n_rows = ARRAY_LEN(flow_signal_rows);

static const struct flow_signal_row *row_of(const struct flow_signal *s, enum flow_signal_on on)
{
	for (size_t i = 0; i < ARRAY_LEN(flow_signal_rows); i++)
		if (flow_signal_rows[i].on == on && flow_signal_rows[i].from >> s->phase & 1)
			return &flow_signal_rows[i];
	return NULL;
}

static const struct flow_why *refuse(const struct flow_signal *s,
				     const struct flow_signal_event *ev,
				     const struct flow_signal_row **ret)
{
	const struct flow_signal_row *row = row_of(s, ev->on);

	if (ev->turn != FLOW_ANY_TURN && ev->turn != s->turn)
		return &flow_why_turn;
	if (!row)
		return &flow_why_phase;
	if (row->needs && !row->needs(s, ev))
		return &row->why;
	if (s->turn >= FLOW_TURNS_MAX - 1 || s->n_tasks >= FLOW_TURNS_MAX)
		return &flow_why_full;
	*ret = row;
	return NULL;
}

enum err flow_signal_step(struct flow_signal *s, const struct flow_signal_event *ev,
			  struct utc_s now, struct flow_signal_effects *ret)
{
	const struct flow_signal_row *row = NULL;

	*ret = (struct flow_signal_effects){ 0 };
	ret->again = s->phase != FLOW_SIGNAL_NONE && ev->turn != FLOW_ANY_TURN &&
		     ev->turn + 1 == s->turn && ev->on == s->last_on;
	if (ret->again)
		return OK;
	ret->why = refuse(s, ev, &row);
	if (ret->why)
		return ret->why->err;
	switch (ev->on) {
	case ON(FORM): s->n_tasks = s->n_open = ev->tasks; break;
	case ON(PASS):
		s->passes++;
		s->passed_at = now.v;
		break;
	case ON(MISS): s->misses++; /* fall through */
	case ON(ANSWER): ret->took_s = max_i64(0, now.v - s->passed_at); break;
	case ON(TASK):
		s->n_tasks++;
		s->n_open++;
		break;
	case ON(DONE): s->n_open--; break;
	default: break;
	}
	if (row->to != SAME)
		s->phase = row->to;
	s->turn++;
	s->last_on = (uint8_t)ev->on;
	return OK;
}

const struct flow_signal_word flow_signal_phase_words[FLOW_SIGNAL_PHASE_N] = {
	[FLOW_SIGNAL_NONE] = { "none", "未形成", "Not formed" },
	[FLOW_SIGNAL_FORMED] = { "formed", "形成", "Formed" },
	[FLOW_SIGNAL_PASSED] = { "passed", "传递", "Passed" },
	[FLOW_SIGNAL_ANSWERED] = { "answered", "应答", "Answered" },
	[FLOW_SIGNAL_VERIFIED] = { "verified", "核实", "Verified" },
	[FLOW_SIGNAL_DISMISSED] = { "dismissed", "排除", "Dismissed" },
	[FLOW_SIGNAL_FED_BACK] = { "fed-back", "反馈", "Fed back" },
};

const struct flow_signal_word flow_signal_on_words[FLOW_SIGNAL_ON_N] = {
	[ON(FORM)] = { "form", "形成", "Form" },
	[ON(PASS)] = { "pass", "传递", "Pass" },
	[ON(ANSWER)] = { "answer", "应答", "Answer" },
	[ON(MISS)] = { "miss", "非本单位", "Not ours" },
	[ON(VERIFY)] = { "verify", "核实", "Verify" },
	[ON(DISMISS)] = { "dismiss", "排除", "Dismiss" },
	[ON(FEED_BACK)] = { "feed-back", "反馈", "Feed back" },
	[ON(TASK)] = { "task", "增加任务", "One more task" },
	[ON(DONE)] = { "done", "任务办结", "Task closed" },
};
