/* step.c - one event put to one task: who asks, what the row needs, what changes, who is told. */
#include "engine/flow/inside.h"
#include "engine/flow/table.h"

#include "base/ban.h"

/* ---- what is sound -------------------------------------------------------------------------- */

bool flow_duty_sound(const struct flow_duty *d)
{
	const struct flow_line *l = &d->line;

	if (d->owner.v <= 0 || d->checker.v <= 0 || d->owner.v == d->checker.v ||
	    l->n > FLOW_LEVELS_MAX)
		return false;
	for (uint32_t i = 0; i < l->n; i++) {
		if (l->level[i].v <= 0 || l->level[i].v == d->owner.v)
			return false;
		for (uint32_t k = 0; k < i; k++)
			if (l->level[k].v == l->level[i].v)
				return false;
	}
	return true;
}

bool flow_clock_sound(const struct flow_clock *c)
{
	const uint32_t span[] = { c->accept_s, c->done_s, c->check_s, c->climb_s };

	for (size_t i = 0; i < ARRAY_LEN(span); i++)
		if (!span[i] || span[i] > FLOW_SPAN_MAX_S)
			return false;
	return c->grace_s <= FLOW_SPAN_MAX_S && c->warn_s <= FLOW_SPAN_MAX_S &&
	       (!c->repeat_s || c->repeat_s >= FLOW_REPEAT_MIN_S) && c->repeat_s <= FLOW_SPAN_MAX_S;
}

static const char *stage_wrong(const struct flow_task *t, enum flow_stage_id s)
{
	const struct flow_stage *g = &t->stage[s];

	if (g->round >= FLOW_TURNS_MAX || g->repeats > FLOW_REPEATS_MAX ||
	    g->span > FLOW_SPAN_MAX_S || g->warned > 1 || g->late > 1)
		return "a stage counts what cannot be";
	if (g->climbed > t->line.n || (g->climbed && !g->late))
		return "a stage has climbed higher than there are levels, or before it was late";
	if (flow_running(t, s) && (!g->round || g->by < 2 * WHEN_MIN_S || g->by > 2 * WHEN_MAX_S ||
				   g->said_at < 2 * WHEN_MIN_S || g->said_at > WHEN_MAX_S))
		return "a stage runs without a deadline";
	return NULL;
}

/* Does this party check, or stand above? */
static bool judges(struct flow_party p, struct flow_party checker, const struct flow_line *line)
{
	bool above = checker.v == p.v;

	for (uint32_t i = 0; i < line->n; i++)
		above = above || line->level[i].v == p.v;
	return above;
}

static const char *doer_wrong(const struct flow_task *t)
{
	bool proved = t->phase == FLOW_PROVED;

	if ((t->doer.v > 0) != (t->doer_party.v > 0) || t->doer.v < 0 || t->doer_party.v < 0)
		return "proved by somebody for nobody, or the other way round";
	if ((proved || t->outcome == FLOW_OUT_DONE) && !t->doer.v)
		return "proved by nobody";
	return proved && judges(t->doer_party, t->checker, &t->line)
		       ? "a proof waits for the party that gave it"
		       : NULL;
}

const char *flow_wrong(const struct flow_task *t)
{
	const struct flow_duty duty = { t->owner, t->checker, t->line };

	if (t->id <= 0)
		return "no id";
	if (t->phase == FLOW_NONE || t->phase >= FLOW_PHASE_N || t->last_on >= FLOW_ON_CLOCK ||
	    t->push >= FLOW_PUSH_N || t->outcome >= FLOW_OUT_N || t->away > 1)
		return "a word that there is not";
	if (!flow_duty_sound(&duty) || t->sender.v <= 0)
		return "owner, sender, checker and line do not hold together";
	if (!flow_clock_sound(&t->clock) || !t->needs || t->needs & ~FLOW_PROOFS)
		return "no whole clock, or no evidence asked for";
	if (!t->turn || t->turn >= FLOW_TURNS_MAX || t->bounces > FLOW_BOUNCES_MAX)
		return "a count that cannot be";
	if ((t->push == FLOW_WAITING) != (t->offered_to.v > 0) || t->offered_to.v < 0 ||
	    t->offered_to.v == t->owner.v || (t->push != FLOW_KEPT) != (t->n_offers > 0))
		return "an offer that does not hold together";
	if (t->push == FLOW_WAITING && (t->phase == FLOW_PROVED || t->phase == FLOW_CLOSED))
		return "offered after it was done";
	if ((t->phase == FLOW_CLOSED) != (t->outcome != FLOW_OUT_NONE))
		return "closed without an outcome, or the other way round";
	if (doer_wrong(t))
		return doer_wrong(t);
	for (int s = 0; s < FLOW_STAGE_N; s++) {
		const char *wrong = stage_wrong(t, (enum flow_stage_id)s);

		if (wrong)
			return wrong;
	}
	return t->due == flow_due(t) ? NULL : "`due` is not when the clock must come";
}

/* ---- may it be? ----------------------------------------------------------------------------- */

unsigned flow_who_is(const struct flow_task *t, const struct flow_event *ev)
{
	unsigned who = 0;

	if (ev->actor != FLOW_PERSON)
		return ev->actor == FLOW_HOUSE ? FLOW_BY_HOUSE : FLOW_BY_CLOCK;
	if (ev->party.v <= 0 || ev->person.v <= 0)
		return 0;
	if (t->phase == FLOW_NONE)
		return FLOW_BY_ANYBODY;
	if (ev->party.v == t->owner.v)
		who |= FLOW_BY_OWNER;
	if (ev->party.v == t->checker.v)
		who |= FLOW_BY_CHECKER;
	if (ev->party.v == t->sender.v)
		who |= FLOW_BY_SENDER;
	if (ev->party.v == t->offered_to.v)
		who |= FLOW_BY_RECEIVER;
	for (uint32_t i = 0; i < t->line.n; i++)
		if (ev->party.v == t->line.level[i].v)
			who |= FLOW_BY_SUPERIOR;
	return who;
}

/* The event that was done last, come a second time: by a retry, or by a lossy road. */
static bool is_again(const struct flow_task *t, const struct flow_event *ev)
{
	return t->phase != FLOW_NONE && ev->actor == FLOW_PERSON && ev->turn != FLOW_ANY_TURN &&
	       ev->turn + 1 == t->turn && ev->on == t->last_on && ev->person.v == t->last.v;
}

static const struct flow_why *refuse(const struct flow_task *t, const struct flow_event *ev,
				     int64_t now, const struct flow_row **ret, unsigned *ret_may)
{
	const struct flow_row *row = flow_row_of((enum flow_phase)t->phase, ev->on);

	if (ev->turn != FLOW_ANY_TURN && ev->turn != t->turn)
		return &flow_why_turn;
	if (!row)
		return &flow_why_phase;
	*ret_may = row->who;
	if (!(flow_who_is(t, ev) & row->who))
		return &flow_why_who;
	for (size_t i = 0; i < FLOW_ROW_NEEDS_MAX && row->need[i]; i++)
		if (!flow_needs[row->need[i]].holds(t, ev, now))
			return &flow_needs[row->need[i]].why;
	if (t->turn >= FLOW_TURNS_MAX - 1)
		return &flow_why_full;
	*ret = row;
	return NULL;
}

/* ---- what changes --------------------------------------------------------------------------- */

struct act {
	struct flow_task *t;
	const struct flow_event *ev;
	int64_t now;
	struct flow_effects *fx;
};

/* Nobody is told what they did themselves. */
static void tell(const struct act *a, struct flow_party who, unsigned say)
{
	if (a->ev->actor != FLOW_PERSON || who.v != a->ev->party.v)
		flow_tell(a->t, a->fx, who, say);
}

static void enter(const struct act *a, unsigned phase)
{
	struct flow_task *t = a->t;

	if (phase == FLOW_SAME)
		return;
	t->phase = (uint8_t)phase;
	if (phase == FLOW_OPEN || phase == FLOW_RETURNED)
		flow_stage_begin(t, FLOW_TO_ACCEPT, a->now, t->clock.accept_s,
				 t->stage[FLOW_TO_DO].by, a->fx);
	else if (phase == FLOW_PROVED && a->ev->on == FLOW_ON_PROVE)
		flow_stage_begin(t, FLOW_TO_CHECK, a->now, t->clock.check_s, FLOW_NEVER, a->fx);
}

/* Other people answer for it: they are told of its deadlines from the beginning. */
static void hand(const struct act *a)
{
	const struct flow_duty *d = &a->ev->duty;
	struct flow_task *t = a->t;
	bool moves = d->owner.v != t->owner.v;

	t->owner = d->owner;
	t->checker = d->checker;
	t->line = (struct flow_line){ .n = d->line.n };
	for (uint32_t i = 0; i < d->line.n; i++)
		t->line.level[i] = d->line.level[i];
	for (int s = 0; s < FLOW_STAGE_N; s++)
		if (t->stage[s].round)
			flow_stage_anew(t, (enum flow_stage_id)s);
	if (moves)
		flow_put(a->fx, FLOW_OWNER, a->ev->on)->who = t->owner;
}

static void end_offer(const struct act *a, enum flow_push how)
{
	if (a->t->push != FLOW_WAITING)
		return;
	a->t->push = (uint8_t)how;
	if (how == FLOW_WITHDRAWN)
		tell(a, a->t->offered_to, FLOW_ON_WITHDRAW);
	a->t->offered_to.v = 0;
}

/* It was passed on, or came back. After three times only the line above says whose it is. */
static void bounce(const struct act *a)
{
	struct flow_task *t = a->t;

	if (t->bounces < FLOW_BOUNCES_MAX && ++t->bounces == FLOW_BOUNCES_MAX && t->line.n)
		tell(a, t->line.level[0], FLOW_SAY_BOUNCED);
}

static void do_raise(const struct act *a)
{
	struct flow_task *t = a->t;

	t->sender = a->ev->actor == FLOW_HOUSE ? a->ev->to : a->ev->party;
	t->clock = a->ev->clock;
	t->needs = a->ev->evidence;
	hand(a);
	flow_stage_anew(t, FLOW_TO_DO);
	flow_stage_move(t, FLOW_TO_DO, a->now, min_i64(a->now + t->clock.done_s, a->ev->by), a->fx);
	enter(a, FLOW_OPEN);
	tell(a, t->owner, FLOW_ON_RAISE);
}

static void do_offer(const struct act *a)
{
	struct flow_task *t = a->t;

	t->offered_to = a->ev->to;
	t->n_offers++;
	t->push = FLOW_WAITING;
	flow_stage_begin(t, FLOW_TO_ANSWER, a->now, t->clock.accept_s, t->stage[FLOW_TO_DO].by,
			 a->fx);
	tell(a, t->offered_to, FLOW_ON_OFFER);
}

static void do_take(const struct act *a)
{
	struct flow_party before = a->t->owner;

	end_offer(a, FLOW_TAKEN);
	hand(a);
	a->t->away = a->ev->away;
	enter(a, FLOW_ACCEPTED);
	tell(a, before, FLOW_ON_TAKE);
	bounce(a);
}

/* Would who proved it, or who answered for the proof until now, judge it from now on? */
static bool will_judge(const struct flow_task *t, const struct flow_duty *d)
{
	return t->phase == FLOW_PROVED && (judges(t->doer_party, d->checker, &d->line) ||
					   judges(t->owner, d->checker, &d->line));
}

/*
 * Whose it is was decided over the owner's head: by a superior, or by a change of the grid. A proof
 * that its own party would judge from now on counts no more.
 */
static void do_move(const struct act *a, unsigned phase)
{
	struct flow_party before = a->t->owner;
	bool taken = a->ev->duty.owner.v == a->t->offered_to.v;

	if (will_judge(a->t, &a->ev->duty))
		phase = FLOW_OPEN;
	if (taken || a->ev->on == FLOW_ON_ASSIGN)
		end_offer(a, taken ? FLOW_TAKEN : FLOW_WITHDRAWN);
	hand(a);
	enter(a, phase);
	tell(a, a->t->owner, a->ev->on);
	tell(a, before, a->ev->on);
	if (a->t->phase == FLOW_PROVED)
		tell(a, a->t->checker, FLOW_ON_PROVE);
}

static void do_rewire(const struct act *a)
{
	struct flow_task *t = a->t;
	bool new_checker = a->ev->duty.checker.v != t->checker.v;
	bool reopened = will_judge(t, &a->ev->duty);
	bool same = !new_checker && a->ev->duty.line.n == t->line.n;

	for (uint32_t i = 0; same && i < t->line.n; i++)
		same = a->ev->duty.line.level[i].v == t->line.level[i].v;
	if (!same)
		hand(a);
	if (a->ev->to.v > 0)
		t->sender = a->ev->to;
	if (reopened) {
		enter(a, FLOW_OPEN);
		tell(a, t->owner, FLOW_ON_REWIRE);
	}
	if (new_checker && t->phase == FLOW_PROVED)
		tell(a, t->checker, FLOW_ON_PROVE);
}

static void do_deadline(const struct act *a)
{
	struct flow_task *t = a->t;

	if (a->ev->on == FLOW_ON_EXTEND)
		flow_stage_anew(t, FLOW_TO_DO);
	flow_stage_move(t, FLOW_TO_DO, a->now, a->ev->by, a->fx);
	for (int s = 0; s < FLOW_STAGE_N;
	     s++) /* nothing is to be accepted after it is to be done */
		if (s != FLOW_TO_DO && flow_running(t, (enum flow_stage_id)s) &&
		    t->stage[s].by > a->ev->by)
			flow_stage_move(t, (enum flow_stage_id)s, a->now, a->ev->by, a->fx);
	tell(a, t->owner, a->ev->on);
}

static void do_close(const struct act *a, enum flow_outcome outcome)
{
	struct flow_task *t = a->t;

	end_offer(a, FLOW_WITHDRAWN);
	t->outcome = (uint8_t)outcome;
	enter(a, FLOW_CLOSED);
	tell(a, t->owner, a->ev->on);
	tell(a, t->sender, a->ev->on);
}

static void apply(const struct act *a, const struct flow_row *row)
{
	struct flow_task *t = a->t;

	switch (a->ev->on) {
	case FLOW_ON_RAISE: do_raise(a); break;
	case FLOW_ON_OFFER: do_offer(a); break;
	case FLOW_ON_TAKE: do_take(a); break;
	case FLOW_ON_ASSIGN:
	case FLOW_ON_REOWN: do_move(a, row->to); break;
	case FLOW_ON_REWIRE: do_rewire(a); break;
	case FLOW_ON_EXTEND:
	case FLOW_ON_TIGHTEN: do_deadline(a); break;
	case FLOW_ON_CLOSE: do_close(a, FLOW_OUT_DONE); break;
	case FLOW_ON_CANCEL: do_close(a, FLOW_OUT_CANCELLED); break;
	case FLOW_ON_FOLD: do_close(a, FLOW_OUT_FOLDED); break;
	case FLOW_ON_ACCEPT:
		enter(a, row->to);
		tell(a, t->sender, FLOW_ON_ACCEPT);
		break;
	case FLOW_ON_DECLINE:
		hand(a);
		enter(a, row->to);
		tell(a, t->owner, FLOW_ON_DECLINE);
		bounce(a);
		break;
	case FLOW_ON_PROVE:
		t->doer = a->ev->person;
		t->doer_party = a->ev->party;
		enter(a, row->to);
		tell(a, t->checker, FLOW_ON_PROVE);
		break;
	case FLOW_ON_START: enter(a, row->to); break;
	case FLOW_ON_RETURN:
		enter(a, row->to);
		tell(a, t->owner, FLOW_ON_RETURN);
		break;
	case FLOW_ON_REFUSE:
		end_offer(a, FLOW_REFUSED);
		tell(a, t->owner, FLOW_ON_REFUSE);
		bounce(a);
		break;
	case FLOW_ON_WITHDRAW: end_offer(a, FLOW_WITHDRAWN); break;
	case FLOW_ON_CLOCK:
	case FLOW_ON_N: break;
	}
}

/* Marks say how it stands: of what runs, and of a closed task how its doing was. */
static void settle(struct flow_task *t, int64_t due_before, struct flow_effects *fx)
{
	uint8_t late = 0, level = 0, marks;

	for (int s = 0; s < FLOW_STAGE_N; s++)
		if (flow_running(t, (enum flow_stage_id)s) ||
		    (t->phase == FLOW_CLOSED && s == FLOW_TO_DO)) {
			late |= t->stage[s].late;
			level = t->stage[s].climbed > level ? t->stage[s].climbed : level;
		}
	marks = (uint8_t)((late ? FLOW_LATE : 0) | (level ? FLOW_ESCALATED : 0));
	if (marks != t->marks || level != t->level) {
		t->marks = marks;
		t->level = level;
		flow_put(fx, FLOW_MARK, 0)->level = level;
	}
	t->due = flow_due(t);
	if (t->due != due_before)
		flow_put(fx, FLOW_DUE, 0)->at = t->due;
}

enum err flow_step(struct flow_task *t, const struct flow_event *ev, struct utc_s now,
		   struct flow_effects *ret)
{
	const struct flow_row *row = NULL;
	struct flow_task next = *t;
	struct act act = { &next, ev, now.v, ret };

	ret->n = 0;
	ret->may = 0;
	ret->why = NULL;
	ret->again = is_again(t, ev);
	if (ret->again)
		return OK;
	if (now.v < WHEN_MIN_S || now.v >= WHEN_MAX_S) {
		ret->why = &flow_why_time;
		return ret->why->err;
	}
	flow_catch_up(&next, now.v, ret);
	ret->why = refuse(&next, ev, now.v, &row, &ret->may);
	if (ret->why) {
		ret->n = 0;
		return ret->why->err;
	}
	if (ev->on != FLOW_ON_CLOCK) {
		next.turn++;
		next.last_on = (uint8_t)ev->on;
		next.last = ev->actor == FLOW_PERSON ? ev->person : (struct flow_person){ 0 };
		flow_record(ret, ev->on);
		apply(&act, row);
		flow_catch_up(&next, now.v, ret);
	}
	settle(&next, t->due, ret);
	*t = next;
	return OK;
}
