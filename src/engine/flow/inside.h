/*
 * inside.h - private to this room: effects being written, deadlines, what is sound.
 *
 * FLOW_SLACK_S: a clock is set by a second or two many times a day, which is no news.
 */
#ifndef ENGINE_FLOW_INSIDE_H
#define ENGINE_FLOW_INSIDE_H
#include "base/when.h"
#include "engine/flow/flow.h"

enum { FLOW_SLACK_S = 60, FLOW_REPEAT_MIN_S = 60 };
enum { FLOW_TURNS_MAX = 1 << 28, FLOW_REPEATS_MAX = 1 << 22 }; /* what a key has room for */

bool flow_duty_sound(const struct flow_duty *d);
bool flow_clock_sound(const struct flow_clock *c);

struct flow_effect *flow_put(struct flow_effects *fx, enum flow_is is, unsigned say);
void flow_record(struct flow_effects *fx, unsigned say);
/* Tell somebody of an event; nobody is told twice of one thing, and 0 is nobody. */
void flow_tell(const struct flow_task *t, struct flow_effects *fx, struct flow_party who,
	       unsigned say);

/* A stage begins, with a deadline of its own: now + span, not after a `cap` still to come. */
void flow_stage_begin(struct flow_task *t, enum flow_stage_id s, int64_t now, uint32_t span_s,
		      int64_t cap, struct flow_effects *fx);
/* The same deadline, told from the beginning: other people answer for it now. */
void flow_stage_anew(struct flow_task *t, enum flow_stage_id s);
/* Move a deadline; the stage's span follows. */
void flow_stage_move(struct flow_task *t, enum flow_stage_id s, int64_t now, int64_t by,
		     struct flow_effects *fx);
/* Take every step of the clock that is due, and draw near what a clock set back has put far. */
void flow_catch_up(struct flow_task *t, int64_t now, struct flow_effects *fx);
#endif
