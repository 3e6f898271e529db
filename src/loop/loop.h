/*
 * loop.h - tasks: raised with one owner and a clock, passed, proved, checked, closed; what is late
 * climbs by itself.
 *
 * What may happen to a task is engine/flow's to say. This room keeps tasks: it reads one, puts an
 * event to the engine, and stores what comes of it in one transaction: the task with all that is
 * derived from it, its story, the notices that are owed, and an entry in the ledger for each step.
 * There is one road (step.c), for people, for the clock and for changes of the grid.
 *
 * A *party* is an organisation; a person acts for the organisation of their account.
 *
 * Life:     loop_open -> routes and nouns at work, loop_tick every second -> loop_close.
 * Units:    instants UTC seconds. `turn` counts the events of a task but the clock's.
 * Memory:   a loop holds the clocks; the rest lies in the arena of a call or of one group.
 * Threads:  handlers from many; loop_tick from one.
 * Errors:   what the engine refuses, with its word as the fault's field: ERR_CONFLICT, ERR_RANGE;
 *           ERR_ROLE not by this caller. ERR_ABSENT no such task. ERR_CORRUPT a stored task that
 *           contradicts itself.
 * Source:   docs/adr/0019-flow.md
 */
#ifndef LOOP_LOOP_H
#define LOOP_LOOP_H
#include "access/access.h"
#include "clocks/clocks.h"
#include "engine/flow/flow.h"
#include "grid/duty.h"
#include "record/record.h"

struct blobs;
struct db;
struct loop;
struct picture_reader;

/* After the commit of what the clock did: open pages may want to look. */
typedef void loop_told(void *arg, struct area_code county, const char *object, int64_t id);

/* A step that was taken: `t` is the task after it. */
struct loop_step {
	const struct flow_task *t;
	enum flow_on on;
	bool reopened; /* the grid moved it so that its proof counts no more (flow/README.md) */
};

/*
 * What another room does when a task of its own about a row of its noun has taken a step, in the
 * transaction of that step; an error undoes the step. `c` NULL: by the clock or the house. Its own
 * is what it raised, or a part of that: of a kind that no request can say. A task that is about the
 * same row and of another kind moves nothing of it. One goes into another of the same row alone.
 */
struct loop_about {
	const char *noun, *kind;
	enum err (*stepped)(struct call *c, struct tx *tx, const struct record_book *book,
			    int64_t id, const struct loop_step *s, struct utc_s now,
			    struct fault *f);
};

/* Where files go that prove tasks. `blobs` NULL: none are taken. */
struct evidence_store {
	struct blobs *blobs;
	struct picture_reader *reader;
	size_t bytes_max;
};

struct loop_options {
	struct db *db;
	struct record_book *book;
	const struct zone *zone;
	const struct clocks_set *clocks; /* NULL: those in the program */
	loop_told *told;                 /* or NULL */
	void *told_arg;
	const struct loop_about *about; /* ends with an empty one; or NULL */
	struct evidence_store evidence;
};
/* What the options point to is borrowed until loop_close. */
MUST_CHECK enum err loop_open(const struct loop_options *o, struct loop **ret, struct fault *f);
void loop_close(struct loop **l); /* for CLEANUP() */
struct route_list loop_routes(const struct loop *l);
extern const struct noun *const loop_nouns[];
extern const size_t loop_nouns_n;
/* What call->house points to begins with this. */
struct loop_house {
	struct loop *loop;
};
struct loop *loop_of(const struct call *c); /* NULL: there is none */

/* ---- raising a task -------------------------------------------------------------------------- */

struct loop_new {
	struct area_code area;
	enum duty_sector sector;
	struct str kind;  /* "order", "contact", "hazard": a word of the room that raises it */
	struct str rule;  /* id of a clock, data/clocks.json */
	struct str title; /* 2 to 120 characters; nothing about a person */
	struct str detail;
	struct str about; /* the noun that it is about; empty: about nothing */
	int64_t about_id;
	int64_t campaign, signal; /* 0: none */
	uint8_t needs;            /* FLOW_TEXT | FLOW_PHOTO | FLOW_FILE */
	int64_t until;            /* done not later than this, or FLOW_NEVER */
	struct flow_party owner;  /* 0: the resolver says (duty_of.h) */
	struct flow_party sender; /* 0: the caller's organisation */
	/* For whom raises many: what was asked before. 0 and NULL: it is asked now. */
	struct flow_party caller;     /* the caller's organisation */
	const struct flow_duty *duty; /* who answers (loop_duty) */
};
/* The caller's areas are not asked about: the handler does. */
MUST_CHECK enum err loop_raise(struct call *c, struct tx *tx, const struct loop_new *n,
			       int64_t *ret_id, struct fault *f);
/* The same by the house, for a clock or a long job: the sender must be named. */
MUST_CHECK enum err loop_raise_by_house(struct loop *l, struct tx *tx, const struct loop_new *n,
					struct utc_s now, int64_t *ret_id, struct fault *f);

/* ---- one event ------------------------------------------------------------------------------- */

/*
 * `ev` needs its `on`, `turn` (FLOW_ANY_TURN), `by` (FLOW_NEVER) and what the event brings. Of a
 * person with a call, party and person are the caller's; reason and evidence follow from the texts
 * and files; whose the task is then (`duty`) is looked up if it is not given, by `to` for an
 * assignment.
 */
struct loop_act {
	int64_t task;
	struct flow_event ev;
	struct str reason, text;
	const int64_t *file; /* ids of evidence */
	size_t n_files;
	bool moved;   /* DECLINE, REFUSE: right, but it has moved to somebody else */
	int64_t into; /* FOLD: the task it goes into, or the first of its parts */
	bool struck;  /* CANCEL: with its signal; the caller is not told */
	struct record_id
		settled; /* struck: who hears of the signal's end instead of this; 0: nobody */
};
/* `c` NULL: by clock, house, or somebody without a request. ret->again: nothing was done. */
MUST_CHECK enum err loop_do(struct loop *l, struct call *c, struct tx *tx, const struct loop_act *a,
			    struct utc_s now, struct flow_effects *ret, struct fault *f);
/* For whom the caller acts; 0: for no organisation. Its own area in *ret_area (may be NULL). */
MUST_CHECK enum err loop_party(struct call *c, struct tx *tx, struct flow_party *ret,
			       struct area_code *ret_area, struct fault *f);
/* May the caller see this task? ERR_FORBIDDEN. By its area, or as one of a party that it names. */
MUST_CHECK enum err loop_reach(struct call *c, struct tx *tx, int64_t task, struct fault *f);

/* For noun->tell: "tasks": those about a row, newest first. Who sees the row sees them named. */
MUST_CHECK enum err loop_tell_about(struct call *c, struct tx *tx, struct str noun,
				    struct record_id id, struct fault *f);

/* Is another task of the kind about this row not closed yet; was another done? */
MUST_CHECK enum err loop_others_open(struct tx *tx, const struct loop_about *about, int64_t id,
				     int64_t but, bool *ret, struct fault *f);
MUST_CHECK enum err loop_others_done(struct tx *tx, const struct loop_about *about, int64_t id,
				     int64_t but, bool *ret, struct fault *f);

/* ---- the clock ------------------------------------------------------------------------------- */

/*
 * What is due, in groups, each a transaction. `steady` is a clock that nobody sets: if the wall's
 * went back against it, and at the first call, every open task is looked at.
 */
MUST_CHECK enum err loop_tick(struct loop *l, struct utc_s now, struct utc_s steady,
			      struct fault *f);

/* ---- invariants ------------------------------------------------------------------------------ */

/*
 * I3 a signal has a task, or a dismissal with its reason; an open task has one owner, there and
 * at work, and its columns are what the engine says;
 * I4 no deadline was moved later but by an extension with a reason; I5 each level climbed has its
 * notice, and, of a house at work at `now` (0: nobody says so), the clock has come to what is due;
 * I6 no step was told twice.
 */
struct loop_report {
	uint64_t tasks, wrong;
	uint64_t unsound, ownerless, put_off, untold, twice; /* what `wrong` is made of, with */
	uint64_t miscounted; /* areas in which a campaign stands otherwise than its tasks say */
	uint64_t dropped;    /* signals with neither a task nor a dismissal */
	uint64_t stray;      /* pushes that wait for an answer that cannot come */
	int64_t first_wrong; /* a task, or 0 */
};
MUST_CHECK enum err loop_fsck(struct db *db, const struct record_book *book, struct utc_s now,
			      struct loop_report *ret, struct fault *f);
#endif
