/*
 * flow_slow.h - the flow of a task once more, as plainly as it can be said: no table, no counts.
 *
 * Which clock runs is a flag that events set and clear; which step was told is a mark on a list of
 * all steps; who may is a line of code in each event. It shares the types of engine/flow and none
 * of its code. Keys are left 0: that none comes twice is seen elsewhere.
 *
 * Nobody changes it to please the fast one: what a flow means is decided in docs/adr/0019 first.
 */
#ifndef TEST_SUPPORT_FLOW_SLOW_H
#define TEST_SUPPORT_FLOW_SLOW_H
#include "base/text.h"
#include "engine/flow/flow.h"

enum { SLOW_STEPS = 2 + FLOW_LEVELS_MAX };

struct slow_stage {
	bool runs, given; /* `given`: it had a deadline once */
	int64_t by, given_s;
	bool told[SLOW_STEPS]; /* warning, late, levels */
	bool repeated;
	int64_t last_repeat; /* when it was due */
};

struct slow_task {
	int64_t owner, checker, sender, offered_to, doer, doer_party, last;
	int phase, push, outcome, marks, level, needs, bounces, last_on;
	bool away;
	uint32_t turn, n_offers;
	struct flow_line line;
	struct flow_clock clock;
	struct slow_stage stage[FLOW_STAGE_N];
	int64_t due;
};

MUST_CHECK enum err slow_flow_step(struct slow_task *t, const struct flow_event *ev, int64_t now,
				   struct flow_effects *ret);
/* Appends what differs between the two; true if nothing does. */
bool slow_flow_same(const struct slow_task *slow, const struct flow_task *t, struct buf *why);
bool slow_effects_same(const struct flow_effects *slow, const struct flow_effects *fx,
		       struct buf *why);
#endif
