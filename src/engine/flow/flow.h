/*
 * flow.h - what may happen to a task, and what follows: step(state, event, now) -> effects.
 *
 * A task is one duty of one party with clocks. It is raised with an owner, accepted, worked on,
 * proved by one person, checked by another, closed; what is late climbs the line of parties that
 * answer for the owner, a level at a time, by itself. Pure: no memory, clock, dice, SQL or log; the
 * same script gives the same states and effects wherever it is driven.
 *
 * Life:     { .id = ... } is a task not raised yet; flow_step() changes it in place. Whoever
 *           stores it stores the task and its effects in one transaction, and `due` beside it:
 *           what is due is then found by one index, and FLOW_ON_CLOCK is sent to it.
 * Shapes:   a task has one size; a step gives at most FLOW_EFFECTS_MAX effects.
 * Units:    instants UTC seconds, spans seconds. Parties, persons and tasks are the caller's ids
 *           above 0. `turn` counts events but those of the clock; order is that, never the time.
 * Memory:   nothing is kept, nothing taken. Texts are static.
 * Threads:  none of its own, no globals that are written.
 * Errors:   with any but OK the task is as it was and there are no effects, but `why` says what
 *           to do: ERR_CONFLICT its state does not allow this, or it changed in between;
 *           ERR_FORBIDDEN not by this actor; ERR_RANGE what the event brings is not right.
 * Source:   docs/adr/0019-flow.md; the table as a picture: docs/reference/flow.md
 *
 * Long because a task, an event and an effect are values with many fields, each with its unit.
 */
#ifndef ENGINE_FLOW_FLOW_H
#define ENGINE_FLOW_FLOW_H
#include "base/base.h"

enum flow_phase {
	FLOW_NONE, /* not there yet */
	FLOW_OPEN,
	FLOW_ACCEPTED,
	FLOW_STARTED, /* in progress */
	FLOW_PROVED,
	FLOW_CLOSED,
	FLOW_RETURNED, /* sent back, by its checker or by who was the wrong party */
	FLOW_PHASE_N
};

enum flow_on {
	FLOW_ON_RAISE,
	FLOW_ON_ACCEPT,
	FLOW_ON_DECLINE, /* wrong party, or moved: back to the sender */
	FLOW_ON_START,
	FLOW_ON_PROVE,
	FLOW_ON_CLOSE,  /* checked, and good */
	FLOW_ON_RETURN, /* checked, and not good */
	FLOW_ON_OFFER,  /* to another party; the owner stays owner until it is taken */
	FLOW_ON_TAKE,
	FLOW_ON_REFUSE,
	FLOW_ON_WITHDRAW,
	FLOW_ON_ASSIGN,  /* a superior says whose it is */
	FLOW_ON_REOWN,   /* the owner left, or areas merged: the house names the next */
	FLOW_ON_REWIRE,  /* same owner; checker, line or sender changed */
	FLOW_ON_EXTEND,  /* done-by later, with a reason */
	FLOW_ON_TIGHTEN, /* done-by earlier */
	FLOW_ON_CANCEL,
	FLOW_ON_FOLD, /* closed into other tasks: merged, or split */
	FLOW_ON_CLOCK,
	FLOW_ON_N
};

/* Who somebody is to a task; one can be several. */
enum flow_who {
	FLOW_BY_ANYBODY = 1, /* a person, of a task that is not there yet */
	FLOW_BY_OWNER = 2,
	FLOW_BY_CHECKER = 4,
	FLOW_BY_SENDER = 8,    /* who raised it */
	FLOW_BY_SUPERIOR = 16, /* on the line above the owner */
	FLOW_BY_RECEIVER = 32, /* whom it is offered to */
	FLOW_BY_HOUSE = 64,    /* the program, for a change of the grid */
	FLOW_BY_CLOCK = 128
};
enum { FLOW_WHO_N = 8 };

enum flow_stage_id {
	FLOW_TO_ACCEPT, /* by the owner, while open or returned */
	FLOW_TO_DO,     /* by the owner, until proved */
	FLOW_TO_CHECK,  /* by the checker, while proved */
	FLOW_TO_ANSWER, /* by whom it is offered to */
	FLOW_STAGE_N
};

enum flow_push { FLOW_KEPT, FLOW_WAITING, FLOW_TAKEN, FLOW_REFUSED, FLOW_WITHDRAWN, FLOW_PUSH_N };
enum flow_outcome { FLOW_OUT_NONE, FLOW_OUT_DONE, FLOW_OUT_CANCELLED, FLOW_OUT_FOLDED, FLOW_OUT_N };
enum { FLOW_LATE = 1, FLOW_ESCALATED = 2 };                            /* marks */
enum { FLOW_TEXT = 1, FLOW_PHOTO = 2, FLOW_FILE = 4, FLOW_PROOFS = 7 }; /* evidence */

enum { FLOW_LEVELS_MAX = 6, FLOW_BOUNCES_MAX = 3, FLOW_EFFECTS_MAX = 144 };
#define FLOW_NEVER INT64_MAX
#define FLOW_ANY_TURN UINT32_MAX
#define FLOW_SPAN_MAX_S (3660u * 86400u) /* ten years */

struct flow_party { int64_t v; };  /* an organisation, an area's office, a duty holder */
struct flow_person { int64_t v; }; /* an account */

/* Who answers for the owner: level[0] is right above. */
struct flow_line {
	uint32_t n;
	struct flow_party level[FLOW_LEVELS_MAX];
};

/* The resolver's answer: whose a task is now, who checks, who is above. */
struct flow_duty {
	struct flow_party owner, checker;
	struct flow_line line;
};

/* A rule of time: data with a source (data/clocks.json). Every one of the first four is > 0. */
struct flow_clock {
	uint32_t accept_s, done_s, check_s; /* from being asked to the deadline */
	uint32_t climb_s;                   /* from one level to the next */
	uint32_t grace_s;                   /* from the deadline to level 1; 0: at once */
	uint32_t warn_s;                    /* before a deadline; 0: no warning */
	uint32_t repeat_s;                  /* after the highest level, again; 0: no more */
};

/* A deadline and how far its steps have been told. In a new round they are told anew. */
struct flow_stage {
	int64_t by;
	int64_t said_at; /* when the last repeat was due */
	uint32_t span;   /* seconds it was given: it never lies further ahead than that */
	uint32_t round, repeats;
	uint8_t warned, late, climbed;
};

struct flow_task {
	int64_t id;
	struct flow_party owner, checker, sender, offered_to;
	struct flow_person doer; /* who gave the last proof, for: */
	struct flow_party doer_party;
	struct flow_person last; /* who did the last event, which was: */
	uint8_t last_on;         /* enum flow_on; with `last`, a repeat of it is known as one */
	uint8_t phase, push, outcome, marks, level; /* level: how high it has climbed */
	uint8_t needs;                              /* evidence that a proof must hold */
	uint8_t bounces; /* how often it was passed on or came back, to FLOW_BOUNCES_MAX */
	uint8_t away;    /* the owner is of another house */
	uint32_t turn, n_offers;
	struct flow_line line;
	struct flow_clock clock;
	struct flow_stage stage[FLOW_STAGE_N];
	int64_t due; /* when FLOW_ON_CLOCK must come next; FLOW_NEVER */
};

enum flow_actor { FLOW_PERSON, FLOW_HOUSE, FLOW_CLOCK };

struct flow_event {
	enum flow_on on;
	uint32_t turn; /* of the task as the actor saw it, or FLOW_ANY_TURN */
	enum flow_actor actor;
	struct flow_party party; /* for which the person acts */
	struct flow_person person;
	struct flow_duty duty;   /* RAISE DECLINE TAKE ASSIGN REOWN REWIRE */
	struct flow_party to;    /* OFFER: to whom. REWIRE, and RAISE by the house: the sender */
	uint32_t offer;          /* TAKE REFUSE: which one is answered, 0 for the one that waits */
	int64_t by;              /* EXTEND TIGHTEN; RAISE: not later than this, or FLOW_NEVER;
				     FOLD: the latest done-by of what it goes into */
	struct flow_clock clock; /* RAISE */
	uint8_t evidence;        /* RAISE: what a proof needs. PROVE: what it holds */
	bool reason;             /* a reason is recorded with the event */
	bool own;                /* this is who gave the last proof, by another account */
	bool away;               /* TAKE: by a party of another house */
};

enum flow_is {
	FLOW_RECORD,   /* an entry for the ledger; what follows, up to the next, belongs to it */
	FLOW_OWNER,    /* `who` owns the task now */
	FLOW_DEADLINE, /* of `stage` is `at` now */
	FLOW_MARK,     /* marks and level are now as the task says */
	FLOW_NOTIFY,   /* tell `who`, of `say` */
	FLOW_ESCALATE, /* tell `who` that it climbed to `level` */
	FLOW_DUE,      /* the task's `due` is `at` */
	FLOW_IS_N
};

/* The words of entries and notices. Up to FLOW_ON_N they are those of the events. */
enum flow_say {
	FLOW_SAY_WARN = FLOW_ON_N,
	FLOW_SAY_LATE,
	FLOW_SAY_CLIMB,
	FLOW_SAY_REPEAT,
	FLOW_SAY_SET_BACK, /* the clock was set back, so a deadline came nearer */
	FLOW_SAY_BOUNCED,  /* passed on too often: the level above must say whose it is */
	FLOW_SAY_N
};

struct flow_effect {
	uint8_t is;  /* enum flow_is */
	uint8_t say; /* enum flow_say, or an enum flow_on */
	uint8_t stage, level;
	struct flow_party who;
	int64_t at;
	uint64_t key; /* NOTIFY, ESCALATE: with the task's id, never the same twice */
};

struct flow_why {
	enum err err;
	const char *word, *zh, *en; /* "evidence", and what is wrong and what to do */
};

struct flow_effects {
	uint32_t n;
	bool again;                 /* this very event was done before: nothing to do */
	unsigned may;               /* when refused for who asks: enum flow_who that may */
	const struct flow_why *why; /* on errors */
	struct flow_effect v[FLOW_EFFECTS_MAX];
};

/* Steps of the clock that are due at `now` come first, then the event, in one step. */
MUST_CHECK enum err flow_step(struct flow_task *t, const struct flow_event *ev, struct utc_s now,
			      struct flow_effects *ret);
/* When FLOW_ON_CLOCK must come next; after any step later than its `now`. FLOW_NEVER: closed. */
int64_t flow_due(const struct flow_task *t);
/* Who is waited for in a stage, and whether it is running. */
struct flow_party flow_waits_for(const struct flow_task *t, enum flow_stage_id s);
bool flow_running(const struct flow_task *t, enum flow_stage_id s);
unsigned flow_who_is(const struct flow_task *t, const struct flow_event *ev); /* enum flow_who */
/* Of the key of a step of the clock: the round of its stage in which it was told. */
uint32_t flow_key_round(uint64_t key);

/*
 * A task as bytes, to be stored and compared: FLOW_PACKED_BYTES of them, of a fixed order, the same
 * on every machine. flow_unpack: ERR_VERSION not of this version or the first, ERR_CORRUPT not a
 * sound task. The first did not say for whom a proof was given: it is taken for the owner's.
 */
enum { FLOW_PACKED_BYTES = 294 };
void flow_pack(const struct flow_task *t, uint8_t ret[FLOW_PACKED_BYTES]);
MUST_CHECK enum err flow_unpack(const uint8_t *p, size_t n, struct flow_task *ret);
/* Does the task contradict itself? NULL, or what is wrong: for a store, after reading. */
const char *flow_wrong(const struct flow_task *t);
#endif
