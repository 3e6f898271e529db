/* flow_facts.c - see flow_facts.h. */
#include "flow_facts.h"

#include <stdio.h>
#include <stdlib.h>

const struct flow_clock facts_clock = { .accept_s = FACTS_HOUR,
					.done_s = FACTS_DAY,
					.check_s = 2 * FACTS_HOUR,
					.climb_s = FACTS_HOUR,
					.grace_s = 0,
					.warn_s = FACTS_HOUR / 2,
					.repeat_s = 4 * FACTS_HOUR };

struct flow_duty facts_duty(int64_t owner)
{
	struct flow_duty d = { { owner }, { FACTS_CHECKER }, { 0 } };
	int64_t above[] = { FACTS_ABOVE, FACTS_TOP };

	for (size_t i = 0; i < ARRAY_LEN(above); i++)
		if (above[i] != owner)
			d.line.level[d.line.n++].v = above[i];
	if (owner == FACTS_CHECKER)
		d.checker.v = FACTS_ABOVE;
	return d;
}

/* Whose the task is after an event that says so. */
static int64_t owner_after(enum flow_on on)
{
	switch (on) {
	case FLOW_ON_DECLINE: return FACTS_SENDER;
	case FLOW_ON_TAKE:
	case FLOW_ON_ASSIGN:
	case FLOW_ON_REOWN: return FACTS_NEXT;
	default: return FACTS_OWNER;
	}
}

struct flow_event facts_event(enum flow_on on, int64_t party)
{
	struct flow_event ev = { .on = on,
				 .turn = FLOW_ANY_TURN,
				 .duty = facts_duty(owner_after(on)),
				 .to = { on == FLOW_ON_OFFER ? FACTS_NEXT : FACTS_SENDER },
				 .by = FLOW_NEVER,
				 .clock = facts_clock,
				 .evidence = FLOW_TEXT | FLOW_PHOTO,
				 .reason = true };

	if (party > 0) {
		ev.party.v = party;
		ev.person.v = party * 10 + 1;
	} else {
		ev.actor = party == FACTS_HOUSE ? FLOW_HOUSE : FLOW_CLOCK;
	}
	if (on == FLOW_ON_EXTEND)
		ev.by = FACTS_START + 2 * FACTS_DAY;
	if (on == FLOW_ON_TIGHTEN || on == FLOW_ON_FOLD)
		ev.by = FACTS_START + FACTS_DAY / 2;
	return ev;
}

void facts_do(struct flow_task *t, const struct flow_event *ev, int64_t now,
	      struct flow_effects *ret)
{
	enum err e = flow_step(t, ev, (struct utc_s){ now }, ret);

	if (e || flow_wrong(t)) {
		fprintf(stderr, "event %d: %s %s\n", (int)ev->on, ret->why ? ret->why->word : "",
			e ? "" : flow_wrong(t));
		abort();
	}
}

static void go(struct flow_task *t, enum flow_on on, int64_t party)
{
	struct flow_event ev = facts_event(on, party);
	struct flow_effects fx;

	facts_do(t, &ev, FACTS_START, &fx);
}

struct flow_task facts_task(enum flow_phase phase, bool offered)
{
	struct flow_task t = { .id = 7 };

	if (phase != FLOW_NONE)
		go(&t, FLOW_ON_RAISE, FACTS_SENDER);
	if (phase == FLOW_ACCEPTED || phase == FLOW_STARTED || phase == FLOW_PROVED ||
	    phase == FLOW_CLOSED || phase == FLOW_RETURNED)
		go(&t, FLOW_ON_ACCEPT, FACTS_OWNER);
	if (phase == FLOW_STARTED || phase == FLOW_PROVED || phase == FLOW_CLOSED)
		go(&t, FLOW_ON_START, FACTS_OWNER);
	if (phase == FLOW_PROVED || phase == FLOW_CLOSED || phase == FLOW_RETURNED)
		go(&t, FLOW_ON_PROVE, FACTS_OWNER);
	if (phase == FLOW_CLOSED)
		go(&t, FLOW_ON_CLOSE, FACTS_CHECKER);
	if (phase == FLOW_RETURNED)
		go(&t, FLOW_ON_RETURN, FACTS_CHECKER);
	if (offered)
		go(&t, FLOW_ON_OFFER, FACTS_OWNER);
	return t;
}

uint32_t facts_count(const struct flow_effects *fx, enum flow_is is, unsigned say, int64_t who)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < fx->n; i++)
		n += fx->v[i].is == is && (say == FLOW_SAY_N || fx->v[i].say == say) &&
		     (!who || fx->v[i].who.v == who);
	return n;
}
