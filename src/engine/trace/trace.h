/*
 * trace.h - who was exposed to a case, from visits: the engine's public face.
 *
 * A visit is one person in one place over [from, to). Given a warrant for a case, the engine
 * answers with its contacts, generation by generation, each with every encounter that makes it
 * one. It is pure: no clock, no log, no globals, no names; files only through base/file.h.
 * There is no function that takes a person: a query carries a warrant, and a warrant a case.
 *
 * Life:     trace_set (store.h) --trace_set_view()--> trace_view (a moment, read-only) -> answers.
 * Shapes:   people and places are numbered densely from 0, below TRACE_IDS_MAX: memory grows with
 *           the greatest number; seats below 2^31. 10^8 visits a machine; some 400 contacts a
 *           case.
 * Units:    seconds UTC, half-open; overlaps in seconds; local days by the set's zone.
 * Memory:   answers live in the caller's arena. A view keeps what it shows alive.
 * Threads:  a view may be asked by many threads at once, each with its own arena.
 * Errors:   ERR_WARRANT  no purpose, a reversed window, no generation, or a limit of 0
 *           ERR_FULL     more contacts than the warrant allows: nothing is returned, not a part
 *           ERR_CORRUPT  a page of a segment that the query read fails its checksum
 *           ERR_MEMORY   the arena is out of budget
 * Source:   docs/adr/0003-encounter.md; the rules' own sources stand in data/profiles.json.
 */
#ifndef ENGINE_TRACE_TRACE_H
#define ENGINE_TRACE_TRACE_H
#include "base/base.h"
#include "base/memory.h"

#define TRACE_NONE UINT32_MAX /* no person, no place */
#define TRACE_IDS_MAX (1u << 28)
#define TRACE_STILL INT64_MAX /* a visit's `to`: still there; reads as the view's horizon */
#define TRACE_NEVER INT64_MIN /* an exposure that has no time (an undated named contact) */

/*
 * `seat` is the caller's number for (seat, role) as written, 0 for neither. Two visits of one
 * person in one place with equal seat that overlap or touch are one stay.
 */
struct visit {
	struct person_id person;
	struct place_id place;
	struct utc_s from, to;
	uint32_t seat;
};

/* What the engine must know of seats and places, by number; made by whoever owns the names. */
struct trace_seat {
	int32_t row;    /* leading number of the seat, or -1 */
	uint64_t roles; /* bit r: the role is in the profile's role group r */
};

enum trace_class { TRACE_CLOSE, TRACE_SECONDARY, TRACE_GENERAL, TRACE_COMPANION, TRACE_CLASS_N };
const char *trace_class_word(enum trace_class c); /* "close" ... */

enum { TRACE_RULES_MAX = 64, TRACE_RULE_ID_BYTES = 48, TRACE_PROFILE_BYTES = 128 };

/* The first rule that fits an encounter decides; one that fits none is no contact at all. */
struct trace_rule {
	char id[TRACE_RULE_ID_BYTES];
	enum trace_class klass;
	int64_t min_s;         /* shortest overlap that counts; 0: one second; < 0: rules.min_s */
	int32_t seat_unit;     /* 0: no seat condition; else rows are grouped by this many */
	int32_t seat_within;   /* groups apart at most */
	bool seat_unknown;     /* whether a missing row fits */
	uint64_t roles;        /* 0: none asked; else the contact must have one of these */
	int64_t stay_s;        /* 0, or: either side was in this place this long in all ... */
	int64_t stay_within_s; /* ... during this long before the encounter's end */
};

struct trace_rules {
	char profile[TRACE_PROFILE_BYTES]; /* "id@version" and what was overridden; "" for none */
	int64_t min_s;                     /* for rules without a minimum of their own */
	int64_t lag_s;        /* how long a place is dangerous after the infected left */
	int64_t cumulative_s; /* 0: each overlap by itself; else overlaps add up in this span */
	size_t n;
	const struct trace_rule *rule;
	size_t n_kinds;
	const uint64_t *kind_rules; /* per kind of place: which rules speak of it (bit i: rule i) */
};

struct trace_world {
	size_t n_places;
	const uint16_t *place_kind; /* < rules.n_kinds */
	size_t n_seats;
	const struct trace_seat *seat; /* seat[0] is "none" */
};

/* The rules of a plain window: one rule "window" of class close, minimum and lag as given. */
void trace_rules_window(int64_t min_s, int64_t lag_s, struct trace_rules *ret);

enum trace_purpose { TRACE_PURPOSE_NONE, TRACE_CONTACT_TRACING, TRACE_SOURCE_TRACING };

struct warrant {
	uint64_t case_number; /* the caller's number for the case */
	enum trace_purpose purpose;
	struct person_id index; /* the person the case is about; TRACE_NONE: has no visits */
	struct utc_s from, to;  /* window; to may be TRACE_STILL */
	uint32_t generations;   /* 1 .. */
	uint32_t limit;         /* most contacts that may be returned for the case */
};

/* Two people known to have met; from may be TRACE_NEVER (undated). Order of a, b is no matter. */
struct trace_named {
	struct person_id a, b;
	struct utc_s from, to;
};

struct trace_ask {
	const struct trace_rules *rules;
	const struct trace_world *world; /* NULL: no kinds, no seats */
	const struct trace_named *named;
	size_t n_named;
	bool proof; /* keep every encounter, not only sums */
};

enum { TRACE_RULE_NAMED = 0xffff, TRACE_RULE_WINDOW = 0xfffe };

struct trace_encounter {
	struct person_id contact, via;
	struct place_id place; /* TRACE_NONE for a named contact */
	struct utc_s from, to; /* TRACE_NEVER both, if undated */
	uint16_t rule;         /* index into rules.rule, or TRACE_RULE_NAMED */
	uint8_t klass;
};

struct trace_contact {
	struct person_id person;
	uint8_t klass;
	uint16_t rule; /* the rule that gave the class */
	uint32_t generation;
	uint32_t n_encounters;
	uint64_t overlap_s;
	struct utc_s first, last; /* TRACE_NEVER if no encounter is dated */
	size_t i_encounter;       /* with proof: its encounters are encounter[i_encounter ...] */
};

struct trace_answer {
	size_t n_contacts;
	const struct trace_contact *contact;     /* by generation; with proof, then by person */
	size_t n_encounters;                     /* 0 without proof */
	const struct trace_encounter *encounter; /* by contact as above, via, place, from */
};

struct trace_view;

/*
 * Answer n warrants in one sweep. For contact tracing the case's stays are lengthened by the lag
 * at their end; for source tracing, where the case was the one exposed, at their beginning.
 * ret has room for n answers, in the order of the warrants.
 */
MUST_CHECK enum err trace_contacts(const struct trace_view *v, const struct trace_ask *ask,
				   const struct warrant *warrants, size_t n, struct arena *a,
				   struct trace_answer *ret, struct fault *f);

/* The stays of the warrant's case in its window, clipped to it, by from. */
struct trace_stay {
	struct place_id place;
	uint32_t seat;
	struct utc_s from, to;
};
MUST_CHECK enum err trace_stays(const struct trace_view *v, const struct warrant *w,
				struct arena *a, const struct trace_stay **ret, size_t *ret_n,
				struct fault *f);

/*
 * Everyone's visits that meet [from, to) in a place which the warrant's case visited in its
 * window (ERR_WARRANT for any other place), by from. Visits are raw: not yet joined into stays.
 */
MUST_CHECK enum err trace_attendance(const struct trace_view *v, const struct warrant *w,
				     struct place_id place, struct utc_s from, struct utc_s to,
				     struct arena *a, const struct visit **ret, size_t *ret_n,
				     struct fault *f);

/* How many visits a place had in all of the view, and on how many local days it had any. */
struct trace_busy {
	uint64_t visits;
	uint32_t days;
};
MUST_CHECK enum err trace_place_busy(const struct trace_view *v, struct place_id place,
				     struct trace_busy *ret, struct fault *f);
#endif
