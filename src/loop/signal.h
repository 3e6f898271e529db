/*
 * signal.h - something noticed: formed, passed, answered, verified or dismissed, fed back.
 *
 * A signal is formed with its first task, which is to find out; so at every instant it has a task
 * with an owner and a clock, or a dismissal with its reason. Where it is until it is answered
 * follows from that task: whoever accepts it has answered the signal, whoever declines it has said
 * that it is not theirs; split or merged, what it went into is the first one. What was found out is
 * said by people of the parties of that task: verified, fed back; dismissed by its sender, checker
 * or superiors (not by who formed it). A superior's instruction and a meeting's decision are
 * signals with many tasks; how far they have come is counted from the tasks. They are dismissed by
 * who gave them, or above their area.
 *
 * Source:   engine/flow/signal.h holds the flow; the words are those of the infectious disease
 *           early warning (形成、传递、应答、核实、反馈).
 */
#ifndef LOOP_SIGNAL_H
#define LOOP_SIGNAL_H
#include "grid/duty.h"
#include "record/record.h"

struct loop;
struct tx;

enum signal_source {
	SIGNAL_NO_SOURCE,
	SIGNAL_CITIZEN,
	SIGNAL_SILENT,
	SIGNAL_SUPERIOR,
	SIGNAL_MEETING,
	SIGNAL_LINK,
	SIGNAL_OTHER,
	SIGNAL_SOURCE_N
};

enum signal_answer { SIGNAL_NO_ANSWER, SIGNAL_RIGHT, SIGNAL_WRONG, SIGNAL_MOVED, SIGNAL_ANSWER_N };

struct signal {
	struct record record; /* state: enum flow_signal_phase */
	struct str title, detail;
	enum signal_source source;
	enum duty_sector sector;
	struct str about; /* "hazards/7", or nothing */
	struct record_id sender, receiver;
	struct record_id task; /* the first, which finds out */
	struct utc_s passed_at;
	enum signal_answer answer; /* the last one */
	struct utc_s answered_at, settled_at, fed_back_at;
	struct str reason;   /* of its dismissal */
	struct str result;   /* what was found out */
	struct str feedback; /* what who noticed it was told */
};

extern const struct noun signal_noun;

/* ---- formed by the house itself (signal_house.c) -------------------------------------------- */

/* For whoever answers there, with the level above as its sender; people settle it. */
struct signal_noticed {
	struct area_code area;
	enum signal_source source;
	enum duty_sector sector;
	struct str title, detail, rule;
	struct str about; /* "feeds/7" */
};
MUST_CHECK enum err signal_is_answered(struct tx *tx, const struct signal_noticed *n, bool *ret,
				       struct fault *f);
/* Whoever calls it sees to it that it is formed once. ERR_RANGE: nobody answers there. */
MUST_CHECK enum err signal_form_by_house(struct loop *l, struct tx *tx,
					 const struct signal_noticed *n, struct utc_s now,
					 int64_t *ret, struct fault *f);
#endif
