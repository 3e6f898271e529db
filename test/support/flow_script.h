/*
 * flow_script.h - events of the flow as lines of text, and a digest of what came of them.
 *
 * A script is what drivers have in common: the simulator writes it, and whoever keeps tasks (in
 * memory, in SQLite, in PostgreSQL) replays it and must come to the same digest. A line is
 *
 *     1627000000 17 raise by=12/121 turn=0 duty=33/40/40,50 to=9 until=1627090000
 *         clock=3600/86400/7200/3600/0/1800/14400 proof=3 offer=2 reason own away
 *
 * the clock's instant, the task, the event, who (party/person, house or clock), and only those of
 * the other facts that are not empty. Lines that begin with # are remarks.
 */
#ifndef TEST_SUPPORT_FLOW_SCRIPT_H
#define TEST_SUPPORT_FLOW_SCRIPT_H
#include "base/text.h"
#include "engine/flow/flow.h"

struct flow_act {
	int64_t now, task;
	struct flow_event ev;
};

void flow_act_put(struct buf *out, const struct flow_act *act); /* a line, with its end */
/* One line without its end. ERR_SYNTAX if it is not such a line. */
MUST_CHECK enum err flow_act_read(struct str line, struct flow_act *ret);

/* Fold in what an act came to; what a driver stores of the task is folded in at the end. */
uint64_t flow_digest_act(uint64_t digest, const struct flow_act *act, enum err e,
			 const struct flow_effects *fx);
uint64_t flow_digest_task(uint64_t digest, const struct flow_task *t);
/* One effect as a line, for people. */
void flow_effect_put(struct buf *out, const struct flow_effect *e);
#endif
