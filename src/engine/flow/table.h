/*
 * table.h - the flow as a table: from, event, to, who, what is needed, why refused.
 *
 * Every step a task can take is one row, and there is no row for anything else. The engine, the
 * buttons of a page, the picture in docs/reference/flow.md and the exhaustive test read the same
 * rows. Phases and who-may are sets, so that "while it waits or is worked on" is one row.
 *
 * Life:     constants. Threads: any.
 */
#ifndef ENGINE_FLOW_TABLE_H
#define ENGINE_FLOW_TABLE_H
#include "engine/flow/flow.h"

enum { FLOW_SAME = FLOW_PHASE_N, FLOW_ROW_NEEDS_MAX = 6 };

enum flow_need_id {
	FLOW_NEEDS_NOTHING,
	FLOW_NEEDS_DUTY,       /* owner, checker and line hold together */
	FLOW_NEEDS_CLOCK,      /* every span of the clock is there */
	FLOW_NEEDS_RAISER,     /* a sender is named */
	FLOW_NEEDS_PROOF_KIND, /* it is said what a proof must hold */
	FLOW_NEEDS_EVIDENCE,
	FLOW_NEEDS_OTHER, /* neither who did it, nor their party, nor whose it is */
	FLOW_NEEDS_REASON,
	FLOW_NEEDS_UNOFFERED,
	FLOW_NEEDS_OFFERED,
	FLOW_NEEDS_RECEIVER, /* the new owner is whom it was offered to */
	FLOW_NEEDS_SENDER,   /* the new owner is the sender, and not the old */
	FLOW_NEEDS_PATIENCE, /* it was not passed on too often */
	FLOW_NEEDS_ELSEWHERE,
	FLOW_NEEDS_MOVE,
	FLOW_NEEDS_STAY,
	FLOW_NEEDS_LATER,
	FLOW_NEEDS_EARLIER,
	FLOW_NEEDS_NO_DELAY, /* what it goes into is not due later */
	FLOW_NEEDS_HERE,     /* the owner is of this house */
	FLOW_NEED_N
};

struct flow_row {
	uint16_t from; /* 1 << enum flow_phase, joined */
	uint8_t on, to;
	uint16_t who; /* enum flow_who, joined */
	uint8_t need[FLOW_ROW_NEEDS_MAX];
};
extern const struct flow_row flow_rows[];
extern const size_t flow_n_rows;
/* The row of an event in a phase; NULL: there is none. */
const struct flow_row *flow_row_of(enum flow_phase from, enum flow_on on);
/* Is there one, and does it have this need? */
bool flow_row_asks(enum flow_phase from, enum flow_on on, enum flow_need_id need);

struct flow_need {
	bool (*holds)(const struct flow_task *t, const struct flow_event *ev, int64_t now);
	struct flow_why why;
};
extern const struct flow_need flow_needs[FLOW_NEED_N];

extern const struct flow_why flow_why_turn, flow_why_phase, flow_why_who, flow_why_time,
	flow_why_full;

struct flow_word { const char *word, *zh, *en; };
extern const struct flow_word flow_phase_words[FLOW_PHASE_N], flow_say_words[FLOW_SAY_N],
	flow_stage_words[FLOW_STAGE_N], flow_who_words[FLOW_WHO_N];
#endif
