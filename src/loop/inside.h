/*
 * inside.h - what the files of this room share. For src/loop alone.
 */
#ifndef LOOP_INSIDE_H
#define LOOP_INSIDE_H
#include "base/json_read.h"
#include "db/db.h"
#include "loop/loop.h"
#include "loop/task.h"

struct loop {
	struct loop_options o;
	struct arena *a; /* of the clocks in the program */
	struct clocks_set clocks;
	struct many_sql *many; /* many.h */
	struct route *route;
	size_t n_routes;
	bool looked_at_all;        /* every open task, since the start */
	struct utc_s wall, steady; /* at the last tick */
};

extern const struct choice task_states[FLOW_PHASE_N], task_outcomes[FLOW_OUT_N],
	task_stages[TASK_STAGE_N];

/* ---- one task, loaded ---- */
struct work {
	struct task row;
	struct flow_task t;
	int64_t about_id, campaign, signal;
	bool there; /* it is stored already */
};
/* ERR_ABSENT, without a word; ERR_CORRUPT what is stored is no sound task. */
MUST_CHECK enum err work_load(struct loop *l, struct tx *tx, int64_t id, struct arena *a,
			      struct work *ret, struct fault *f);
/*
 * The same for many, a statement for WORK_GROUP of them; `act` is told of each in its order, with
 * what loading it came to. `a` is cleared between groups. No act changes another task of them.
 */
enum { WORK_GROUP = 32, WORK_INNER = 4 };
typedef enum err work_act(void *arg, size_t i, enum err loaded, struct work *w, struct fault *why);
MUST_CHECK enum err work_each(struct loop *l, struct tx *tx, const int64_t *id, size_t n,
			      struct arena *a, work_act *act, void *arg, struct fault *f);
/* All but the row: the engine's task, and what no field says. ERR_ABSENT: it has none. */
MUST_CHECK enum err work_inner(struct tx *tx, struct area_code county, int64_t id, struct work *ret,
			       struct fault *f);
/*
 * The one road (step.c): put the event to the engine, store the task, its story, its notices and
 * its entries. `c` NULL: whoever the event says. On a refusal nothing is stored, ret->why says why
 * and the fault says it too.
 */
struct step_words {
	struct str reason, text;
	bool moved;
	int64_t into;
	bool struck;
	struct record_id settled;
};
MUST_CHECK enum err work_step(struct loop *l, struct call *c, struct tx *tx, struct work *w,
			      const struct flow_event *ev, const struct step_words *words,
			      struct utc_s now, struct flow_effects *ret, struct fault *f);
/* The engine's words in a fault: ERR_FORBIDDEN as ERR_ROLE, to a caller who sees the task. */
enum err work_refused(const struct flow_why *why, const struct call *c, struct fault *f);
/* The event as a person with this call does it: who they are, and for whom. */
MUST_CHECK enum err work_person(struct call *c, struct tx *tx, struct flow_event *ev,
				struct fault *f);
/* Of a person who would judge a task: is this who proved it, by another account? */
MUST_CHECK enum err work_own(struct tx *tx, const struct flow_task *t, struct flow_event *ev,
			     struct fault *f);
/* A deadline lies ahead, whoever gives it; one that is taken over from a late task is not given. */
MUST_CHECK enum err work_ahead(const struct call *c, int64_t by, struct fault *f);
/* loop_do for a task that is loaded. */
MUST_CHECK enum err work_do(struct loop *l, struct call *c, struct tx *tx, struct work *w,
			    const struct loop_act *a, struct utc_s now, struct flow_effects *ret,
			    struct fault *f);
/* What work_do would refuse; nothing is stored. */
MUST_CHECK enum err work_try(struct call *c, struct tx *tx, const struct work *w,
			     const struct loop_act *a, struct utc_s now, struct flow_effects *ret,
			     struct fault *f);
/* Something else about a task than an event: an entry that changes no version of it. */
MUST_CHECK enum err work_note(struct call *c, struct tx *tx, const struct task *row,
			      const char *action, struct fault *f);

/* ---- task.c's hooks, tell.c ---- */
enum err task_reach(struct call *c, struct tx *tx, const void *row, struct fault *f);
enum err task_tell(struct call *c, struct tx *tx, const void *row, struct fault *f);
/* May the caller see it? By its area, or as one of a party that it names. */
MUST_CHECK enum err task_seen(struct call *c, struct tx *tx, const struct task *row,
			      struct fault *f);
/* The row of {id}, if the caller may see it. */
MUST_CHECK enum err task_of_path(struct call *c, struct tx *tx, struct work *ret, struct fault *f);
/* What the caller may do now, as bits (1 << enum flow_on). */
MUST_CHECK enum err task_may(const struct call *c, struct tx *tx, const struct flow_task *t,
			     struct flow_party party, unsigned *ret, struct fault *f);
void task_may_json(struct json *j, unsigned may); /* [{event, zh, en}] */
void task_needs_json(struct json *j, unsigned needs);
/* A task among others, of a row that begins as board_sql.about does (about.c). */
void task_row_json(struct call *c, struct rows *r);

/* {event} and what a body brings with it: reason, text, to, until, files (task_http.c). */
MUST_CHECK enum err task_get_facts(struct call *c, const struct json_node *map, struct loop_act *a,
				   struct fault *f);
/* Whom an offer or an assignment names is at work. */
MUST_CHECK enum err task_party_named(struct tx *tx, const struct loop_act *a, struct fault *f);

/* ---- organisations ---- */
/* Is it there, and at work? ERR_RANGE of `field`. */
MUST_CHECK enum err loop_party_there(struct tx *tx, struct flow_party p, const char *field,
				     struct fault *f);

/* ---- routes, each list in its file; loop.c joins them ---- */
extern const struct route_list loop_routes_task, loop_routes_board, loop_routes_comment,
	loop_routes_many, loop_routes_evidence;
#endif
