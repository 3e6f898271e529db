/*
 * signal_inside.h - what the files of signals and pushes share. For src/loop alone.
 */
#ifndef LOOP_SIGNAL_INSIDE_H
#define LOOP_SIGNAL_INSIDE_H
#include "engine/flow/signal.h"
#include "loop/inside.h"
#include "loop/push.h"
#include "loop/signal.h"

/* A task has taken a step; `was` is the engine's before it. `moved`: who declines says so. */
struct task_stepped {
	struct loop *l;
	struct call *c; /* or NULL */
	struct tx *tx;
	const struct work *w;
	const struct flow_task *was;
	const struct flow_event *ev;
	bool moved;
	int64_t into; /* FOLD: the task it goes into, or the first part of it */
	struct utc_s now;
	struct fault *f;
};
MUST_CHECK enum err push_stepped(const struct task_stepped *s);   /* push.c */
MUST_CHECK enum err signal_stepped(const struct task_stepped *s); /* signal_task.c */

/* A superior's instruction or a meeting's decision: its sender's, and nobody's who only noticed. */
static inline bool signal_ordered(const struct signal *s)
{
	return s->source == SIGNAL_SUPERIOR || s->source == SIGNAL_MEETING;
}

/* How a signal's tasks stand: one question of one index. */
struct signal_tally {
	int64_t tasks, struck, folded, done, open, late, proved; /* `tasks`: neither of the two */
};
MUST_CHECK enum err signal_count(struct tx *tx, int64_t signal, struct signal_tally *ret,
				 struct fault *f);
/* The engine's signal, as row and tasks say. */
struct flow_signal signal_engine(const struct signal *s, const struct signal_tally *t);
/* `row` takes the step, or the fault says why not. */
MUST_CHECK enum err signal_step(struct signal *row, const struct signal_tally *t,
				const struct flow_signal_event *ev, struct utc_s now,
				const struct call *c, struct fault *f);

/*
 * A new row whose tasks are raised, the first of them named in it: it is formed, passed to whose
 * that task is, and stored. `c` NULL: by the house.
 */
MUST_CHECK enum err signal_begin(struct loop *l, struct call *c, struct tx *tx, struct arena *a,
				 struct signal *s, size_t n_tasks, struct utc_s now,
				 struct fault *f);

/* What one of its parties may. */
enum { SIGNAL_SEES = 1, SIGNAL_SAYS = 2, SIGNAL_DISMISSES = 4, SIGNAL_SETTLING_N = 3 };
MUST_CHECK enum err signal_rights(struct call *c, struct tx *tx, const struct signal *s,
				  unsigned *ret, struct fault *f);
MUST_CHECK enum err signal_may_add(struct call *c, struct tx *tx, const struct signal *s, bool *ret,
				   struct fault *f);
struct signal_settling {
	const char *word, *key; /* of the step, and of the text that it wants */
	const char *zh, *en;    /* without it */
	enum flow_signal_on on;
	unsigned right;
};
extern const struct signal_settling signal_settlings[SIGNAL_SETTLING_N];
const struct signal_settling *signal_settling_of(struct str word); /* or NULL */

enum err signal_reach(struct call *c, struct tx *tx, const void *row, struct fault *f);
enum err signal_tell(struct call *c, struct tx *tx, const void *row, struct fault *f);
/* One more task may be raised from it by this caller: ERR_RANGE of "signal", ERR_CONFLICT. */
MUST_CHECK enum err signal_takes_task(struct call *c, struct tx *tx, int64_t signal,
				      struct fault *f);
/* All of loop_new that a body says, but for what is not there (task_http.c). */
MUST_CHECK enum err task_get_new(struct call *c, const struct json_node *map, struct loop_new *n,
				 struct fault *f);

struct signal_fsck {
	uint64_t dropped; /* signals with neither task nor dismissal */
	uint64_t stray;   /* pushes that wait though their task is closed, or for a task twice */
};
MUST_CHECK enum err signal_look(struct tx *tx, struct signal_fsck *ret, struct fault *f);

extern const struct route_list loop_routes_signal, loop_routes_push;
#endif
