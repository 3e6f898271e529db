/*
 * flow_slow.c - see flow_slow.h.
 *
 * Long because it says in statements what the engine says in a table: one event after the other.
 */
#include "flow_slow.h"

#include <inttypes.h>
#include <string.h>

#include "support/flow_script.h"

enum { WARN, LATE, LEVEL_1, SLACK_S = 60 };

static struct flow_effect *say(struct flow_effects *fx, enum flow_is is, int what)
{
	fx->v[fx->n] = (struct flow_effect){ .is = (uint8_t)is, .say = (uint8_t)what };
	return &fx->v[fx->n++];
}

static void say_deadline(struct slow_task *t, int s, struct flow_effects *fx)
{
	struct flow_effect *e = say(fx, FLOW_DEADLINE, 0);

	e->stage = (uint8_t)s;
	e->at = t->stage[s].by;
}

static void tell(struct flow_effects *fx, int64_t who, const struct flow_event *ev, int what)
{
	uint32_t i = fx->n;

	if (!who || (ev->actor == FLOW_PERSON && ev->party.v == who))
		return;
	while (i > 0 && fx->v[i - 1].is != FLOW_RECORD) {
		i--;
		if (fx->v[i].is == FLOW_NOTIFY && fx->v[i].who.v == who)
			return;
	}
	say(fx, FLOW_NOTIFY, what)->who.v = who;
}

/* ---- the clock ------------------------------------------------------------------------------ */

struct slow_step {
	int what; /* WARN, LATE, LEVEL_1 + k, or -1: a repeat */
	int64_t due, gap;
};

/* The whole list of a stage's steps in order; the first that was not told is the next. */
static struct slow_step next_step(const struct slow_task *t, const struct slow_stage *g)
{
	const struct flow_clock *c = &t->clock;
	int64_t last = g->by;
	bool warns = c->warn_s > 0 && c->warn_s < g->given_s;

	if (warns && !g->told[WARN] && !g->told[LATE])
		return (struct slow_step){ WARN, g->by - c->warn_s, g->given_s - c->warn_s };
	if (!g->told[LATE])
		return (struct slow_step){ LATE, g->by, warns ? c->warn_s : g->given_s };
	for (int k = 0; k < (int)t->line.n; k++) {
		int64_t gap = k == 0 ? c->grace_s : c->climb_s;

		last += gap;
		if (!g->told[LEVEL_1 + k])
			return (struct slow_step){ LEVEL_1 + k, last, gap };
	}
	if (c->repeat_s == 0)
		return (struct slow_step){ -1, FLOW_NEVER, 0 };
	if (g->repeated)
		last = g->last_repeat;
	return (struct slow_step){ -1, last + c->repeat_s, c->repeat_s };
}

static int64_t waited_for(const struct slow_task *t, int s)
{
	if (s == FLOW_TO_CHECK)
		return t->checker;
	return s == FLOW_TO_ANSWER ? t->offered_to : t->owner;
}

static void notify_step(struct slow_task *t, int s, int what, int64_t also, struct flow_effects *fx)
{
	int64_t first = waited_for(t, s);
	struct flow_effect *e;

	say(fx, FLOW_RECORD, what);
	e = say(fx, FLOW_NOTIFY, what);
	e->stage = (uint8_t)s;
	e->who.v = first;
	if (also && also != first) {
		e = say(fx, FLOW_NOTIFY, what);
		e->stage = (uint8_t)s;
		e->who.v = also;
	}
}

static void tell_step(struct slow_task *t, int s, const struct slow_step *step, int64_t now,
		      struct flow_effects *fx)
{
	struct slow_stage *g = &t->stage[s];
	int64_t other = s == FLOW_TO_ANSWER ? t->owner : t->sender;
	struct flow_effect *e;

	if (step->what == WARN) {
		g->told[WARN] = true;
		if (now < g->by)
			notify_step(t, s, FLOW_SAY_WARN, 0, fx);
	} else if (step->what == LATE) {
		g->told[LATE] = true;
		notify_step(t, s, FLOW_SAY_LATE, other, fx);
	} else if (step->what >= LEVEL_1) {
		g->told[step->what] = true;
		say(fx, FLOW_RECORD, FLOW_SAY_CLIMB);
		e = say(fx, FLOW_ESCALATE, FLOW_SAY_CLIMB);
		e->stage = (uint8_t)s;
		e->level = (uint8_t)(step->what - LEVEL_1 + 1);
		e->who = t->line.level[step->what - LEVEL_1];
	} else { /* all repeats that are due are one */
		g->repeated = true;
		for (g->last_repeat = step->due; now - g->last_repeat >= t->clock.repeat_s;)
			g->last_repeat +=
				t->clock.repeat_s * ((now - g->last_repeat) / t->clock.repeat_s);
		if (t->line.n)
			other = t->line.level[t->line.n - 1].v;
		notify_step(t, s, FLOW_SAY_REPEAT, other, fx);
	}
}

static void clock_to(struct slow_task *t, int64_t now, struct flow_effects *fx)
{
	for (int s = 0; s < FLOW_STAGE_N; s++) {
		struct slow_stage *g = &t->stage[s];
		struct slow_step step;

		if (!g->runs)
			continue;
		step = next_step(t, g);
		if (step.due != FLOW_NEVER && step.due > now + step.gap + SLACK_S) {
			g->by -= step.due - (now + step.gap);
			g->last_repeat -= step.due - (now + step.gap);
			say(fx, FLOW_RECORD, FLOW_SAY_SET_BACK);
			say_deadline(t, s, fx);
			step = next_step(t, g);
		}
		while (step.due <= now) {
			tell_step(t, s, &step, now, fx);
			step = next_step(t, g);
		}
	}
}

/* ---- events --------------------------------------------------------------------------------- */

static void from_the_beginning(struct slow_stage *g)
{
	memset(g->told, 0, sizeof(g->told));
	g->repeated = false;
}

static void give(struct slow_task *t, int s, int64_t now, int64_t by, struct flow_effects *fx)
{
	struct slow_stage *g = &t->stage[s];

	g->by = by;
	g->given_s = by > now ? by - now : 0;
	if (g->given_s > FLOW_SPAN_MAX_S)
		g->given_s = FLOW_SPAN_MAX_S;
	g->given = true;
	say_deadline(t, s, fx);
}

static void wait_again(struct slow_task *t, int phase, int64_t now, struct flow_effects *fx)
{
	int64_t by = now + t->clock.accept_s, done = t->stage[FLOW_TO_DO].by;

	t->phase = phase;
	t->stage[FLOW_TO_ACCEPT].runs = t->stage[FLOW_TO_DO].runs = true;
	t->stage[FLOW_TO_CHECK].runs = false;
	from_the_beginning(&t->stage[FLOW_TO_ACCEPT]);
	if (done > now && done < by) /* before it is due, unless it is late anyway */
		by = done;
	give(t, FLOW_TO_ACCEPT, now, by, fx);
}

static void accepted(struct slow_task *t)
{
	t->phase = FLOW_ACCEPTED;
	t->stage[FLOW_TO_ACCEPT].runs = false;
	t->stage[FLOW_TO_DO].runs = true;
}

static void answered(struct slow_task *t, int how)
{
	t->push = how;
	t->offered_to = 0;
	t->stage[FLOW_TO_ANSWER].runs = false;
}

static void take_duty(struct slow_task *t, const struct flow_event *ev, struct flow_effects *fx)
{
	bool moves = t->owner != ev->duty.owner.v;

	t->owner = ev->duty.owner.v;
	t->checker = ev->duty.checker.v;
	t->line = ev->duty.line;
	for (int s = 0; s < FLOW_STAGE_N; s++)
		from_the_beginning(&t->stage[s]);
	if (moves)
		say(fx, FLOW_OWNER, (int)ev->on)->who.v = t->owner;
}

static void passed_on(struct slow_task *t, const struct flow_event *ev, struct flow_effects *fx)
{
	if (t->bounces == FLOW_BOUNCES_MAX)
		return;
	t->bounces++;
	if (t->bounces == FLOW_BOUNCES_MAX && t->line.n)
		tell(fx, t->line.level[0].v, ev, FLOW_SAY_BOUNCED);
}

static void closed(struct slow_task *t, const struct flow_event *ev, int outcome,
		   struct flow_effects *fx)
{
	if (t->push == FLOW_WAITING) {
		int64_t to = t->offered_to;

		answered(t, FLOW_WITHDRAWN);
		tell(fx, to, ev, FLOW_ON_WITHDRAW);
	}
	t->phase = FLOW_CLOSED;
	t->outcome = outcome;
	for (int s = 0; s < FLOW_STAGE_N; s++)
		t->stage[s].runs = false;
	tell(fx, t->owner, ev, (int)ev->on);
	tell(fx, t->sender, ev, (int)ev->on);
}

static bool duty_good(const struct flow_duty *d)
{
	bool good = d->owner.v > 0 && d->checker.v > 0 && d->checker.v != d->owner.v &&
		    d->line.n <= FLOW_LEVELS_MAX;

	for (uint32_t i = 0; good && i < d->line.n; i++) {
		good = d->line.level[i].v > 0 && d->line.level[i].v != d->owner.v;
		for (uint32_t k = i + 1; good && k < d->line.n; k++)
			good = d->line.level[i].v != d->line.level[k].v;
	}
	return good;
}

static bool superior(const struct slow_task *t, int64_t party)
{
	for (uint32_t i = 0; i < t->line.n; i++)
		if (t->line.level[i].v == party)
			return true;
	return false;
}

/* May judge: of the checker's or above, not the owner's, not who did it. */
static enum err may_judge(const struct slow_task *t, const struct flow_event *ev, bool sender_may,
			  bool house_may)
{
	bool mine = ev->actor == FLOW_PERSON && ev->party.v > 0 && ev->person.v > 0;

	if (ev->actor == FLOW_HOUSE)
		return house_may ? OK : ERR_FORBIDDEN;
	if (!mine || (ev->party.v != t->checker && !superior(t, ev->party.v) &&
		      !(sender_may && ev->party.v == t->sender)))
		return ERR_FORBIDDEN;
	return OK;
}

static bool own_work(const struct slow_task *t, const struct flow_event *ev)
{
	return ev->actor == FLOW_PERSON &&
	       (ev->party.v == t->owner || ev->person.v == t->doer || ev->own ||
		(t->phase == FLOW_PROVED && ev->party.v == t->doer_party));
}

struct slow_act {
	struct slow_task *t;
	const struct flow_event *ev;
	int64_t now;
	struct flow_effects *fx;
};

static enum err raise_it(struct slow_act *a)
{
	struct slow_task *t = a->t;
	const struct flow_event *ev = a->ev;
	const struct flow_clock *c = &ev->clock;
	int64_t by = a->now + c->done_s;

	if (t->phase != FLOW_NONE)
		return ERR_CONFLICT;
	if (ev->actor == FLOW_CLOCK ||
	    (ev->actor == FLOW_PERSON && (ev->party.v <= 0 || ev->person.v <= 0)))
		return ERR_FORBIDDEN;
	if ((ev->actor == FLOW_HOUSE && ev->to.v <= 0) || !duty_good(&ev->duty))
		return ERR_RANGE;
	if (!c->accept_s || !c->done_s || !c->check_s || !c->climb_s ||
	    c->accept_s > FLOW_SPAN_MAX_S || c->done_s > FLOW_SPAN_MAX_S ||
	    c->check_s > FLOW_SPAN_MAX_S || c->climb_s > FLOW_SPAN_MAX_S ||
	    c->grace_s > FLOW_SPAN_MAX_S || c->warn_s > FLOW_SPAN_MAX_S ||
	    c->repeat_s > FLOW_SPAN_MAX_S || (c->repeat_s && c->repeat_s < 60))
		return ERR_RANGE;
	if (ev->by != FLOW_NEVER && (ev->by <= -62135596800 || ev->by >= 253402300800))
		return ERR_RANGE;
	if (ev->evidence == 0 || ev->evidence > FLOW_PROOFS)
		return ERR_RANGE;
	t->sender = ev->actor == FLOW_HOUSE ? ev->to.v : ev->party.v;
	t->clock = *c;
	t->needs = ev->evidence;
	take_duty(t, ev, a->fx);
	give(t, FLOW_TO_DO, a->now, by < ev->by ? by : ev->by, a->fx);
	wait_again(t, FLOW_OPEN, a->now, a->fx);
	tell(a->fx, t->owner, ev, FLOW_ON_RAISE);
	return OK;
}

static enum err offer_it(struct slow_act *a)
{
	struct slow_task *t = a->t;
	int64_t by = a->now + t->clock.accept_s, done = t->stage[FLOW_TO_DO].by;

	if (t->bounces >= FLOW_BOUNCES_MAX)
		return ERR_CONFLICT;
	if (a->ev->to.v <= 0 || a->ev->to.v == t->owner)
		return ERR_RANGE;
	t->push = FLOW_WAITING;
	t->offered_to = a->ev->to.v;
	t->n_offers++;
	t->stage[FLOW_TO_ANSWER].runs = true;
	from_the_beginning(&t->stage[FLOW_TO_ANSWER]);
	if (done > a->now && done < by)
		by = done;
	give(t, FLOW_TO_ANSWER, a->now, by, a->fx);
	tell(a->fx, t->offered_to, a->ev, FLOW_ON_OFFER);
	return OK;
}

static enum err owner_does(struct slow_act *a)
{
	struct slow_task *t = a->t;
	const struct flow_event *ev = a->ev;
	bool waits = t->phase == FLOW_OPEN || t->phase == FLOW_RETURNED;
	bool works = t->phase == FLOW_ACCEPTED || t->phase == FLOW_STARTED;
	bool fits = ev->on == FLOW_ON_ACCEPT || ev->on == FLOW_ON_DECLINE ? waits
		    : ev->on == FLOW_ON_START ? t->phase == FLOW_ACCEPTED
		    : ev->on == FLOW_ON_PROVE ? works
					      : waits || works;

	if (!fits)
		return ERR_CONFLICT;
	if (ev->actor != FLOW_PERSON || ev->party.v != t->owner || ev->person.v <= 0)
		return ERR_FORBIDDEN;
	if (ev->on == FLOW_ON_WITHDRAW) {
		int64_t to = t->offered_to;

		if (t->push != FLOW_WAITING || (ev->offer && ev->offer != t->n_offers))
			return ERR_CONFLICT;
		answered(t, FLOW_WITHDRAWN);
		tell(a->fx, to, ev, FLOW_ON_WITHDRAW);
		return OK;
	}
	if ((ev->on == FLOW_ON_OFFER || ev->on == FLOW_ON_DECLINE) && t->away)
		return ERR_CONFLICT;
	if (t->push == FLOW_WAITING)
		return ERR_CONFLICT;
	if (ev->on == FLOW_ON_ACCEPT) {
		accepted(t);
		tell(a->fx, t->sender, ev, FLOW_ON_ACCEPT);
	} else if (ev->on == FLOW_ON_START) {
		t->phase = FLOW_STARTED;
	} else if (ev->on == FLOW_ON_PROVE) {
		if ((ev->evidence & t->needs) != t->needs)
			return ERR_RANGE;
		t->phase = FLOW_PROVED;
		t->doer = ev->person.v;
		t->doer_party = ev->party.v;
		t->stage[FLOW_TO_DO].runs = false;
		t->stage[FLOW_TO_CHECK].runs = true;
		from_the_beginning(&t->stage[FLOW_TO_CHECK]);
		give(t, FLOW_TO_CHECK, a->now, a->now + t->clock.check_s, a->fx);
		tell(a->fx, t->checker, ev, FLOW_ON_PROVE);
	} else if (ev->on == FLOW_ON_OFFER) {
		return offer_it(a);
	} else {
		if (!ev->reason)
			return ERR_RANGE;
		if (t->bounces >= FLOW_BOUNCES_MAX || ev->duty.owner.v != t->sender ||
		    t->sender == t->owner)
			return ERR_CONFLICT;
		if (!duty_good(&ev->duty))
			return ERR_RANGE;
		take_duty(t, ev, a->fx);
		wait_again(t, FLOW_RETURNED, a->now, a->fx);
		tell(a->fx, t->owner, ev, FLOW_ON_DECLINE);
		passed_on(t, ev, a->fx);
	}
	return OK;
}

static enum err receiver_does(struct slow_act *a)
{
	struct slow_task *t = a->t;
	const struct flow_event *ev = a->ev;
	int64_t before = t->owner;
	bool receiver = ev->actor == FLOW_PERSON && ev->party.v > 0 && ev->person.v > 0 &&
			ev->party.v == t->offered_to;

	if (t->phase == FLOW_NONE || t->phase == FLOW_PROVED || t->phase == FLOW_CLOSED)
		return ERR_CONFLICT;
	if (!receiver && !(ev->on == FLOW_ON_REFUSE && ev->actor == FLOW_HOUSE))
		return ERR_FORBIDDEN;
	if (t->push != FLOW_WAITING || (ev->offer && ev->offer != t->n_offers))
		return ERR_CONFLICT;
	if (ev->on == FLOW_ON_REFUSE) {
		if (!ev->reason)
			return ERR_RANGE;
		answered(t, FLOW_REFUSED);
		tell(a->fx, t->owner, ev, FLOW_ON_REFUSE);
		passed_on(t, ev, a->fx);
		return OK;
	}
	if (ev->duty.owner.v != t->offered_to || !duty_good(&ev->duty))
		return ERR_RANGE;
	answered(t, FLOW_TAKEN);
	take_duty(t, ev, a->fx);
	t->away = ev->away;
	accepted(t);
	tell(a->fx, before, ev, FLOW_ON_TAKE);
	passed_on(t, ev, a->fx);
	return OK;
}

/* From now on the proof would be judged by who gave it, or by who had it until now. */
static bool own_proof(const struct slow_task *t, const struct flow_event *ev)
{
	for (uint32_t i = 0; i < ev->duty.line.n; i++)
		if (ev->duty.line.level[i].v == t->owner ||
		    ev->duty.line.level[i].v == t->doer_party)
			return true;
	return ev->duty.checker.v == t->owner || ev->duty.checker.v == t->doer_party;
}

static enum err move_it(struct slow_act *a)
{
	struct slow_task *t = a->t;
	const struct flow_event *ev = a->ev;
	bool by_above = ev->on == FLOW_ON_ASSIGN;
	int64_t before = t->owner, to = t->offered_to;

	if (t->phase == FLOW_NONE || t->phase == FLOW_CLOSED ||
	    (t->phase == FLOW_PROVED && by_above))
		return ERR_CONFLICT;
	if (by_above ? ev->actor != FLOW_PERSON || ev->person.v <= 0 || !superior(t, ev->party.v)
		     : ev->actor != FLOW_HOUSE)
		return ERR_FORBIDDEN;
	if (t->away || ev->duty.owner.v == t->owner)
		return ERR_CONFLICT;
	if (!duty_good(&ev->duty))
		return ERR_RANGE;
	if (to && to == ev->duty.owner.v) {
		answered(t, FLOW_TAKEN);
	} else if (to && by_above) {
		answered(t, FLOW_WITHDRAWN);
		tell(a->fx, to, ev, FLOW_ON_WITHDRAW);
	}
	bool undone = own_proof(t, ev);
	take_duty(t, ev, a->fx);
	if (t->phase != FLOW_PROVED || undone)
		wait_again(t, FLOW_OPEN, a->now, a->fx);
	tell(a->fx, t->owner, ev, (int)ev->on);
	tell(a->fx, before, ev, (int)ev->on);
	if (t->phase == FLOW_PROVED)
		tell(a->fx, t->checker, ev, FLOW_ON_PROVE);
	return OK;
}

static enum err rewire(struct slow_act *a)
{
	struct slow_task *t = a->t;
	const struct flow_event *ev = a->ev;
	bool other_checker = ev->duty.checker.v != t->checker;
	bool other_line = ev->duty.line.n != t->line.n;
	bool undone = t->phase == FLOW_PROVED && own_proof(t, ev);

	if (t->phase == FLOW_NONE || t->phase == FLOW_CLOSED)
		return ERR_CONFLICT;
	if (ev->actor != FLOW_HOUSE)
		return ERR_FORBIDDEN;
	if (ev->duty.owner.v != t->owner)
		return ERR_CONFLICT;
	if (!duty_good(&ev->duty))
		return ERR_RANGE;
	for (uint32_t i = 0; !other_line && i < t->line.n; i++)
		other_line = ev->duty.line.level[i].v != t->line.level[i].v;
	if (other_checker || other_line)
		take_duty(t, ev, a->fx);
	if (ev->to.v > 0)
		t->sender = ev->to.v;
	if (undone) {
		wait_again(t, FLOW_OPEN, a->now, a->fx);
		tell(a->fx, t->owner, ev, FLOW_ON_REWIRE);
	}
	if (other_checker && t->phase == FLOW_PROVED)
		tell(a->fx, t->checker, ev, FLOW_ON_PROVE);
	return OK;
}

static enum err set_deadline(struct slow_act *a)
{
	struct slow_task *t = a->t;
	const struct flow_event *ev = a->ev;
	bool later = ev->on == FLOW_ON_EXTEND;
	int64_t by = t->stage[FLOW_TO_DO].by;
	enum err e = may_judge(t, ev, !later, !later);

	if (t->phase == FLOW_NONE || t->phase == FLOW_PROVED || t->phase == FLOW_CLOSED)
		return ERR_CONFLICT;
	if (e)
		return e;
	if (later && own_work(t, ev))
		return ERR_FORBIDDEN;
	if (later && (!ev->reason || ev->by <= by || ev->by <= a->now ||
		      ev->by >= a->now + FLOW_SPAN_MAX_S || ev->by >= 253402300800))
		return ERR_RANGE;
	if (!later && (ev->by >= by || ev->by <= -62135596800))
		return ERR_RANGE;
	if (later)
		from_the_beginning(&t->stage[FLOW_TO_DO]);
	give(t, FLOW_TO_DO, a->now, ev->by, a->fx);
	if (t->stage[FLOW_TO_ACCEPT].runs && t->stage[FLOW_TO_ACCEPT].by > ev->by)
		give(t, FLOW_TO_ACCEPT, a->now, ev->by, a->fx);
	if (t->stage[FLOW_TO_ANSWER].runs && t->stage[FLOW_TO_ANSWER].by > ev->by)
		give(t, FLOW_TO_ANSWER, a->now, ev->by, a->fx);
	tell(a->fx, t->owner, ev, (int)ev->on);
	return OK;
}

static enum err end_it(struct slow_act *a)
{
	struct slow_task *t = a->t;
	const struct flow_event *ev = a->ev;
	bool checks = ev->on == FLOW_ON_CLOSE || ev->on == FLOW_ON_RETURN;
	enum err e = may_judge(t, ev, !checks, !checks);

	if (t->phase == FLOW_NONE || t->phase == FLOW_CLOSED || (checks && t->phase != FLOW_PROVED))
		return ERR_CONFLICT;
	if (e)
		return e;
	if (own_work(t, ev))
		return ERR_FORBIDDEN;
	if (ev->on != FLOW_ON_CLOSE && !ev->reason)
		return ERR_RANGE;
	if (ev->on == FLOW_ON_FOLD && ev->by > t->stage[FLOW_TO_DO].by)
		return ERR_RANGE;
	if (ev->on == FLOW_ON_RETURN) {
		wait_again(t, FLOW_RETURNED, a->now, a->fx);
		tell(a->fx, t->owner, ev, FLOW_ON_RETURN);
	} else {
		closed(t, ev,
		       ev->on == FLOW_ON_CLOSE    ? FLOW_OUT_DONE
		       : ev->on == FLOW_ON_CANCEL ? FLOW_OUT_CANCELLED
						  : FLOW_OUT_FOLDED,
		       a->fx);
	}
	return OK;
}

static enum err do_it(struct slow_act *a)
{
	switch (a->ev->on) {
	case FLOW_ON_RAISE: return raise_it(a);
	case FLOW_ON_TAKE:
	case FLOW_ON_REFUSE: return receiver_does(a);
	case FLOW_ON_ASSIGN:
	case FLOW_ON_REOWN: return move_it(a);
	case FLOW_ON_REWIRE: return rewire(a);
	case FLOW_ON_EXTEND:
	case FLOW_ON_TIGHTEN: return set_deadline(a);
	case FLOW_ON_CLOSE:
	case FLOW_ON_RETURN:
	case FLOW_ON_CANCEL:
	case FLOW_ON_FOLD: return end_it(a);
	case FLOW_ON_CLOCK:
		return a->t->phase == FLOW_NONE     ? ERR_CONFLICT
		       : a->ev->actor != FLOW_CLOCK ? ERR_FORBIDDEN
						    : OK;
	default: return owner_does(a);
	}
}

static void look_at_it(struct slow_task *t, int64_t due_before, struct flow_effects *fx)
{
	bool late = false;
	int level = 0;

	t->due = FLOW_NEVER;
	for (int s = 0; s < FLOW_STAGE_N; s++) {
		struct slow_stage *g = &t->stage[s];
		struct slow_step step;

		if (g->runs) {
			step = next_step(t, g);
			if (step.due < t->due)
				t->due = step.due;
		}
		if (!g->runs && !(t->phase == FLOW_CLOSED && s == FLOW_TO_DO))
			continue;
		late |= g->told[LATE];
		for (int k = 0; k < FLOW_LEVELS_MAX; k++)
			if (g->told[LEVEL_1 + k] && level < k + 1)
				level = k + 1;
	}
	if (t->marks != (late | level << 8)) {
		t->marks = late | level << 8;
		t->level = level;
		say(fx, FLOW_MARK, 0)->level = (uint8_t)level;
	}
	if (t->due != due_before)
		say(fx, FLOW_DUE, 0)->at = t->due;
}

static bool done_before(const struct slow_task *t, const struct flow_event *ev)
{
	if (t->phase == FLOW_NONE || ev->actor != FLOW_PERSON)
		return false;
	return ev->turn != FLOW_ANY_TURN && ev->turn + 1 == t->turn && (int)ev->on == t->last_on &&
	       ev->person.v == t->last;
}

enum err slow_flow_step(struct slow_task *t, const struct flow_event *ev, int64_t now,
			struct flow_effects *ret)
{
	struct slow_task next = *t;
	struct slow_act a = { &next, ev, now, ret };
	enum err e = OK;

	ret->n = 0;
	ret->again = done_before(t, ev);
	if (ret->again)
		return OK;
	clock_to(&next, now, ret);
	if (ev->turn != FLOW_ANY_TURN && ev->turn != t->turn)
		e = ERR_CONFLICT;
	if (!e && ev->on != FLOW_ON_CLOCK)
		say(ret, FLOW_RECORD, (int)ev->on);
	if (!e)
		e = do_it(&a);
	if (e) {
		ret->n = 0;
		return e;
	}
	if (ev->on != FLOW_ON_CLOCK) {
		next.turn++;
		next.last_on = (int)ev->on;
		next.last = ev->actor == FLOW_PERSON ? ev->person.v : 0;
		clock_to(&next, now, ret);
	}
	look_at_it(&next, t->phase == FLOW_NONE ? 0 : t->due, ret);
	*t = next;
	return OK;
}

/* ---- comparing ------------------------------------------------------------------------------ */

bool slow_flow_same(const struct slow_task *slow, const struct flow_task *t, struct buf *why)
{
	int marks = (t->marks & FLOW_LATE ? 1 : 0) | t->level << 8;
	const int64_t pair[][2] = {
		{ slow->phase, t->phase },
		{ slow->owner, t->owner.v },
		{ slow->checker, t->checker.v },
		{ slow->sender, t->sender.v },
		{ slow->offered_to, t->offered_to.v },
		{ slow->doer, t->doer.v },
		{ slow->doer_party, t->doer_party.v },
		{ slow->last, t->last.v },
		{ slow->push, t->push },
		{ slow->outcome, t->outcome },
		{ slow->marks, marks },
		{ slow->bounces, t->bounces },
		{ slow->away, t->away },
		{ slow->turn, t->turn },
		{ slow->n_offers, t->n_offers },
		{ slow->due, t->due },
	};

	for (size_t i = 0; i < ARRAY_LEN(pair); i++)
		if (pair[i][0] != pair[i][1]) {
			buf_fmt(why, "field %zu is %" PRId64 ", by the slow way %" PRId64 "\n", i,
				pair[i][1], pair[i][0]);
			return false;
		}
	for (int s = 0; s < FLOW_STAGE_N; s++)
		if (slow->stage[s].runs != flow_running(t, (enum flow_stage_id)s) ||
		    (slow->stage[s].given && slow->stage[s].by != t->stage[s].by)) {
			buf_fmt(why, "stage %d differs\n", s);
			return false;
		}
	return true;
}

bool slow_effects_same(const struct flow_effects *slow, const struct flow_effects *fx,
		       struct buf *why)
{
	bool same = slow->n == fx->n;

	for (uint32_t i = 0; same && i < fx->n; i++) {
		struct flow_effect a = fx->v[i], b = slow->v[i];

		same = a.is == b.is && a.say == b.say && a.stage == b.stage && a.level == b.level &&
		       a.who.v == b.who.v && a.at == b.at;
	}
	if (same)
		return true;
	buf_fmt(why, "effects differ; ours:\n");
	for (uint32_t i = 0; i < fx->n; i++)
		flow_effect_put(why, &fx->v[i]);
	buf_fmt(why, "the slow way's:\n");
	for (uint32_t i = 0; i < slow->n; i++)
		flow_effect_put(why, &slow->v[i]);
	return false;
}
