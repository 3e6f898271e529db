/*
 * signal.h - something noticed: formed, passed, answered, verified or dismissed, fed back.
 *
 * A signal has no clock of its own. It is formed together with a task, to find out, which has an
 * owner and a clock; so at every instant a signal has a task, or a dismissal with its reason. An
 * instruction from above, or what a meeting decided, is a signal with many tasks: how far it has
 * come is closed tasks of all.
 *
 * Life:     { .id = ... } is not formed yet; flow_signal_step() changes it in place, in the
 *           transaction that raises or closes the task it speaks of.
 * Units:    instants UTC seconds; `turn` as of a task.
 * Errors:   as flow_step().
 * Source:   docs/adr/0019-flow.md
 */
#ifndef ENGINE_FLOW_SIGNAL_H
#define ENGINE_FLOW_SIGNAL_H
#include "engine/flow/flow.h"

enum flow_signal_phase {
	FLOW_SIGNAL_NONE,
	FLOW_SIGNAL_FORMED,
	FLOW_SIGNAL_PASSED,
	FLOW_SIGNAL_ANSWERED,
	FLOW_SIGNAL_VERIFIED,
	FLOW_SIGNAL_DISMISSED,
	FLOW_SIGNAL_FED_BACK,
	FLOW_SIGNAL_PHASE_N
};

enum flow_signal_on {
	FLOW_SIGNAL_ON_FORM,
	FLOW_SIGNAL_ON_PASS,
	FLOW_SIGNAL_ON_ANSWER,
	FLOW_SIGNAL_ON_MISS, /* answered: wrong party, or moved; to be passed on */
	FLOW_SIGNAL_ON_VERIFY,
	FLOW_SIGNAL_ON_DISMISS,
	FLOW_SIGNAL_ON_FEED_BACK,
	FLOW_SIGNAL_ON_TASK, /* one more task */
	FLOW_SIGNAL_ON_DONE, /* a task of it was closed */
	FLOW_SIGNAL_ON_N
};

struct flow_signal {
	int64_t id;
	uint8_t phase, last_on;
	uint32_t turn;
	uint32_t n_tasks, n_open;
	uint32_t passes, misses; /* how often it was passed, and to the wrong party */
	int64_t passed_at;       /* the last time */
};

struct flow_signal_event {
	enum flow_signal_on on;
	uint32_t turn;  /* of the signal as it was seen, or FLOW_ANY_TURN */
	uint32_t tasks; /* FORM: how many tasks it is formed with, at least one */
	bool reason;
};

struct flow_signal_effects {
	bool again;
	const struct flow_why *why; /* on errors */
	int64_t took_s;             /* ANSWER, MISS: since it was passed, never below 0 */
};

MUST_CHECK enum err flow_signal_step(struct flow_signal *s, const struct flow_signal_event *ev,
				     struct utc_s now, struct flow_signal_effects *ret);

struct flow_signal_row {
	uint16_t from; /* 1 << enum flow_signal_phase, joined */
	uint8_t on, to;
	bool (*needs)(const struct flow_signal *s, const struct flow_signal_event *ev);
	struct flow_why why;
};
extern const struct flow_signal_row flow_signal_rows[];
extern const size_t flow_signal_n_rows;
struct flow_signal_word { const char *word, *zh, *en; };
extern const struct flow_signal_word flow_signal_phase_words[FLOW_SIGNAL_PHASE_N],
	flow_signal_on_words[FLOW_SIGNAL_ON_N];
#endif
