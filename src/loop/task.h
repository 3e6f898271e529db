/*
 * task.h - one duty of one party with clocks, as it is stored and shown.
 *
 * Every field but the first few follows from the engine's task, which lies beside them as bytes
 * (`packed`): they are there to be listed, searched and shown, and are written in the same UPDATE.
 * What happens to a task happens by the routes of this room alone.
 */
#ifndef LOOP_TASK_H
#define LOOP_TASK_H
#include "engine/flow/flow.h"
#include "grid/duty.h"
#include "record/record.h"

enum task_stage { TASK_NO_STAGE, TASK_ACCEPT, TASK_DO, TASK_CHECK, TASK_ANSWER, TASK_STAGE_N };

struct task {
	struct record record; /* state: enum flow_phase */
	struct str kind;
	enum duty_sector sector;
	struct str rule; /* "order-minutes@1": the clock that it was raised with */
	struct str title, detail, about;
	struct record_id owner, checker, sender, offered_to;
	struct record_id doer;     /* an account: who gave the last proof */
	enum flow_outcome outcome; /* FLOW_OUT_NONE while it is open */
	int64_t needs, level;
	bool late;
	enum task_stage stage; /* the deadline that comes next, and when: none once it is closed */
	struct utc_s next_by;
	struct utc_s due, accept_by, done_by, closed_at;
};

extern const struct noun task_noun;
/* Fill in what follows from the engine's task. */
void task_derive(const struct flow_task *t, struct utc_s now, struct task *row);
#endif
