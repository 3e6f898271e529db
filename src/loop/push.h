/*
 * push.h - something sent to somebody, and what they said to that: right, wrong person, or moved.
 *
 * A task that is offered, a task of a signal that is raised or assigned: each is a push, with its
 * sender, its receiver and how long the answer took. It is answered by what the receiver does with
 * the task, and nobody answers it beside that: who accepts or takes it says right; who declines or
 * refuses it says wrong, or moved; who got it and offered it on to somebody who took it has said
 * moved. What ends before there was an answer, cancelled, split, merged, assigned to another or
 * given a new owner by the grid, is withdrawn and counts for nobody.
 *
 * Tasks that a campaign or the house makes in bulk are no pushes: nobody chose their receivers.
 *
 * Units:    `took` seconds, never below 0. `month` 202107, of the day it was sent.
 */
#ifndef LOOP_PUSH_H
#define LOOP_PUSH_H
#include "record/record.h"

enum push_state {
	PUSH_NONE,
	PUSH_WAITING,
	PUSH_RIGHT,
	PUSH_WRONG,
	PUSH_MOVED,
	PUSH_WITHDRAWN,
	PUSH_STATE_N
};
enum push_way { PUSH_NO_WAY, PUSH_RAISED, PUSH_ASSIGNED, PUSH_OFFERED, PUSH_WAY_N };

struct push {
	struct record record; /* of the task's area */
	struct record_id task, signal;
	enum push_way way;
	struct record_id sender, receiver;
	struct utc_s answered_at;
	int64_t took, month;
};

extern const struct noun push_noun;
#endif
