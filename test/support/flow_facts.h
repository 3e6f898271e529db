/*
 * flow_facts.h - parties, a clock and events by hand, for tests of the flow.
 *
 * FACTS_OWNER owns, FACTS_CHECKER checks, FACTS_SENDER raised it, FACTS_ABOVE and FACTS_TOP are
 * the line above; FACTS_NEXT is who a task is offered or given to, with a checker and a line of
 * its own. A person of party p is p * 10 + 1, another one p * 10 + 2.
 */
#ifndef TEST_SUPPORT_FLOW_FACTS_H
#define TEST_SUPPORT_FLOW_FACTS_H
#include "engine/flow/flow.h"

enum {
	FACTS_OWNER = 10,
	FACTS_CHECKER = 20,
	FACTS_SENDER = 30,
	FACTS_ABOVE = 40,
	FACTS_TOP = 50,
	FACTS_NEXT = 60,
	FACTS_STRANGER = 90
};
enum { FACTS_START = 1000000000, FACTS_HOUR = 3600, FACTS_DAY = 86400 };

/* Accept in an hour, do in a day, check in two hours; warn half an hour before; level 1 at once. */
extern const struct flow_clock facts_clock;

struct flow_duty facts_duty(int64_t owner);
/* An event with all it may need, by a person of `party`; FACTS_CLOCK and _HOUSE are no parties. */
enum { FACTS_HOUSE = -1, FACTS_CLOCK = -2 };
struct flow_event facts_event(enum flow_on on, int64_t party);

/* Do it and assert that it went well. */
void facts_do(struct flow_task *t, const struct flow_event *ev, int64_t now,
	      struct flow_effects *ret);
/* A task brought to a phase by events, each at FACTS_START; offered to FACTS_NEXT, if so wished. */
struct flow_task facts_task(enum flow_phase phase, bool offered);

/* How many effects are of a kind, with these words (FLOW_SAY_N: any), for this party (0: any). */
uint32_t facts_count(const struct flow_effects *fx, enum flow_is is, unsigned say, int64_t who);
#endif
