/*
 * record.h - a noun, declared once.
 *
 * Long because a noun, its hooks and the book are one thing to who declares one.
 *
 * A noun is what the house keeps rows of: an organisation, a hazard, a case. It is a C struct that
 * begins with a struct record, a table of fields, a table of steps, and one struct noun that names
 * them. src/grid/organisation.c is the example to read; CONTRIBUTING.md says what else to write.
 *
 * Life:     every noun is const. record_open takes the list of all, refuses a bad declaration,
 *           composes their SQL and their routes; what it returns is read-only until record_end.
 * Flow:     state 0 is "not there yet": the one step from it makes the row. A state without a step
 *           out is closed, and closed rows are not edited.
 * Memory:   a row is noun->bytes in the arena of the request, and so are its texts.
 * Threads:  a book may be read by many.
 * Errors:   ERR_BUG a declaration that contradicts itself (record_open), ERR_RANGE a value,
 *           ERR_ABSENT no such row or none for the caller, ERR_EXISTS somebody was quicker.
 *           The fault names the field.
 * Source:   docs/adr/0010-record.md
 */
#ifndef RECORD_RECORD_H
#define RECORD_RECORD_H
#include "access/access.h"
#include "base/area.h"
#include "base/base.h"
#include "base/dice.h"
#include "base/when.h"
#include "db/sql.h"
#include "record/field.h"

enum { NOUN_FIELDS_MAX = 60 };

struct record { /* the first member of every noun's struct; columns of every noun's table */
	struct record_id id;
	struct area_code area; /* the row's place in the tree; its county never changes */
	int64_t version;       /* 1 when made, one more with each act */
	int state;             /* index into the noun's states; 0 only before it is made */
	struct utc_s created_at, updated_at;
	struct record_id created_by; /* an account */
};

/* A way on: from a state, by an event, to a state. The picture, the buttons and a test read it. */
struct step {
	int from;
	const char *event; /* "suspend": in the address and in the ledger */
	int to;
	const char *zh, *en; /* the button */
	enum capability who; /* CAP_NONE: whoever may write the noun */
	/* Pure; true lets it pass. `row` is what will be stored. NULL: always. */
	bool (*guard)(const void *row, const struct who *who, struct utc_s now);
	const char *why_zh, *why_en; /* why the guard refuses, and what to do */
};

/* { STEP(WELL_OPEN, "seal", WELL_SEALED, "封存", "Seal") }, and behind it who, guard and why. */
#define STEP(from_, event_, to_, zh_, en_) \
	.from = (from_), .event = (event_), .to = (to_), .zh = (zh_), .en = (en_)

/* What a row shows besides what is kept in it: [{word, zh, en}], as a last field of its JSON. */
struct beside {
	const char *name, *zh, *en;
	/* Of n rows at once, a number each, which `put` makes words of. */
	enum err (*ask)(struct tx *tx, void *const *row, size_t n, uint64_t *ret, struct fault *f);
	void (*put)(struct json *j, uint64_t asked);
};

struct noun {
	const char *name;    /* "organisation": one, in the ledger and in `refers` */
	const char *path;    /* "organisations": many, in the address, and the table's name */
	const char *zh, *en; /* what people call it */
	const char *en_many; /* what they call a list of it; Chinese says no number */
	size_t bytes;        /* sizeof its struct */
	const struct field *field;
	size_t n_fields;
	const struct choice *state; /* index 0 is empty */
	size_t n_states;
	const struct step *step;
	size_t n_steps;
	enum capability read, write;
	const char *label; /* the field that names a row to people; NULL: its first required text */
	bool named;        /* files refer to its rows by their label; wants an index */
	bool reads_up;     /* a list and a row show, too, what lies right on the way up: adr/0020 */
	enum purpose why;
	bool gate;    /* rows come in by feeds (intake) alone: nobody makes one or imports a file */
	bool own_way; /* they change by routes of their room alone: there is no edit and no step */
	/* What no field can say alone. `before`: NULL for a new row; `after` may be completed. */
	enum err (*check)(struct tx *tx, const void *before, void *after, struct fault *f);
	/*
	 * What else a change does, in its transaction, once row and entry are written. The answer
	 * is an open map that may be given more keys; `c` is NULL for a row of a file.
	 */
	enum err (*follow)(struct call *c, struct tx *tx, const void *before, const void *after,
			   struct fault *f);
	/* Who sees a row besides whoever's areas cover it: OK, or ERR_FORBIDDEN. NULL: nobody. */
	enum err (*reach)(struct call *c, struct tx *tx, const void *row, struct fault *f);
	const struct beside *beside; /* or NULL */
	/* What the answer with one row says besides its fields, into the open map. */
	enum err (*tell)(struct call *c, struct tx *tx, const void *row, struct fault *f);
	route_before *make_before; /* of the route that makes a row, with these flags besides */
	unsigned make_flags;
};
/* After .name .path .zh .en: where the struct and the tables are, with their sizes. */
#define NOUN_OF(S, fields, states, steps) \
	.bytes = sizeof(S) + 0 * sizeof(char[offsetof(S, record) == 0 ? 1 : -1]), \
	.field = (fields), .n_fields = ARRAY_LEN(fields), .state = (states), \
	.n_states = ARRAY_LEN(states), .step = (steps), .n_steps = ARRAY_LEN(steps)

/*
 * Does the declaration hold together? Names are words of [a-z_], labels are there in both
 * languages, choices have words, steps lead somewhere and start from one beginning, no two rows
 * for one state and event, no dead end that is not closed. ERR_BUG with the name of what is wrong.
 */
MUST_CHECK enum err noun_check(const struct noun *n, struct fault *f);
const struct field *noun_field(const struct noun *n, struct str name);
const struct field *noun_label(const struct noun *n); /* NULL: no text names its rows */
/* The step that `event` is from this state; NULL if there is none. */
const struct step *noun_step(const struct noun *n, int state, struct str event);
const struct step *noun_beginning(const struct noun *n); /* the one step from nothing */
bool noun_closed(const struct noun *n, int state);
/* Zeros, and "not given" in every field. */
void noun_blank(const struct noun *n, void *row);

/* ---- the book of all nouns ------------------------------------------------------------------ */

struct record_book;
struct rows;

struct record_area_name {
	struct str zh, en;
};
/* What areas are called on a day: codes rise; empty texts for one that is not there. */
typedef enum err record_area_names(struct tx *tx, const struct area_code *code, size_t n,
				   int32_t day, struct arena *a, struct record_area_name *ret,
				   struct fault *f);

/* An area and all below it, as they are called on a day, to `each`. */
typedef enum err record_areas(struct tx *tx, struct area_code under, int32_t day,
			      enum err (*each)(void *arg, struct area_code code, struct str zh,
					       struct str en),
			      void *arg, struct fault *f);

/*
 * A room above a noun's that acts when a row of it changes: in the transaction of the change, once
 * row and entry are written, and after the noun's own `follow`. Its error undoes the change, and
 * its sentence is the answer. `c` is NULL for a row of a file.
 */
struct record_follower {
	const struct noun *noun;
	enum err (*follow)(void *arg, struct call *c, struct tx *tx, const void *before,
			   const void *after, struct fault *f);
	void *arg;
};

struct record_options {
	const struct noun *const *nouns;
	size_t n;
	const struct record_follower *follower; /* copied; adr/0025 */
	size_t n_followers;
	const struct zone *zone;       /* of times shown, and of those that say none */
	const struct clock *clock;     /* wall, for ids */
	unsigned node;                 /* 0 .. 255, which process made an id */
	record_area_names *area_names; /* NULL: nobody knows them */
	record_areas *areas;           /* with area_names; NULL: files give codes alone */
	const char *scratch;           /* a folder of ours for Excel files under way; NULL: none */
};

/* Check all declarations, compose their statements and routes. The nouns must outlive the book. */
MUST_CHECK enum err record_open(const struct record_options *o, struct record_book **ret,
				struct fault *f);
void record_end(struct record_book **b); /* for CLEANUP() */
/* For db_prepare_all: one list a noun, and one for search. */
const struct sql_list *record_statements(const struct record_book *b, size_t *ret_n);
/* For routes_new. */
struct route_list record_routes(const struct record_book *b);
/* Print the API page, once the routes of all rooms are joined; a route of ours shows it. */
MUST_CHECK enum err record_openapi(struct record_book *b, const struct routes *all);
/* The data dictionary of these nouns, as Markdown. */
void record_dictionary(const struct noun *const *nouns, size_t n, struct buf *b);
/*
 * Begin ids after the greatest that is stored: a clock that was set back must not make one twice.
 * Once at start.
 */
MUST_CHECK enum err record_prime(struct record_book *b, struct tx *tx, struct fault *f);
/* The same for ids in tables that are no noun's: what is made from now on comes after it. */
void record_id_after(struct record_book *b, struct record_id last);
/* An id that nobody had before: rising with time, 63 bits. */
struct record_id record_id_new(struct record_book *b);

/*
 * A row by its id, for rules beside a noun: ERR_ABSENT if there is none. Nothing is asked about
 * areas or classes here.
 */
MUST_CHECK enum err record_get(const struct record_book *b, struct tx *tx, const struct noun *n,
			       struct record_id id, struct arena *a, void **ret, struct fault *f);
/* The row at hand of a statement that begins with the noun's columns, first those of the head. */
MUST_CHECK enum err record_take(const struct record_book *b, struct rows *r, const struct noun *n,
				struct arena *a, void **ret, struct fault *f);
/*
 * Put the key "labels" into the open map of an answer: the names of these rows of a noun, null for
 * those that the caller could not look up (labels.h). A book without that noun names none.
 */
MUST_CHECK enum err record_labels(const struct record_book *b, struct call *c, struct tx *tx,
				  const char *noun, const int64_t *id, size_t n, struct fault *f);
/* Put "item", "labels" and the rest into the open map of an answer, as the row's own route does. */
MUST_CHECK enum err record_item(const struct record_book *b, struct call *c, struct tx *tx,
				const struct noun *n, const void *row, struct fault *f);
const struct noun *record_noun(const struct record_book *b, struct str path); /* or NULL */
const struct noun *record_noun_named(const struct record_book *b, struct str name);
/* Does somebody see fields of this class, of rows that are shown to them at all? */
bool record_sees(const struct who *who, enum field_see see);

/* ---- all rows that a list shows, for what is done to each ----------------------------------- */

struct record_scan {
	struct str path;  /* the noun's, "organisations" */
	struct str query; /* as behind the question mark of its list: "kind=school&state=active" */
	struct area_code area; /* rows in it or below */
	const struct who *who; /* who may filter by what; NULL: by anything */
};
struct record_seen {
	struct record_id id;
	struct area_code area;
	struct str label; /* what names the row to people; may be empty */
};
typedef enum err record_each(void *arg, const struct record_seen *row, struct fault *f);
/*
 * County by county, newest first; `row` lives as long as the call of `each`, whose error ends it.
 * ERR_ABSENT no such noun; what the list says to words that it does not know.
 */
MUST_CHECK enum err record_scan(const struct record_book *b, struct tx *tx,
				const struct record_scan *s, record_each *each, void *arg,
				struct fault *f);
/* The same words, and no rows. */
MUST_CHECK enum err record_scan_check(const struct record_book *b, const struct record_scan *s,
				      struct fault *f);

/*
 * The entry that a change of a row owes the ledger: county, object, version and the hashes of both
 * rows (`before` NULL: it is new). Who, why and when are the caller's.
 */
MUST_CHECK enum err record_entry(const struct noun *n, const void *before, const void *after,
				 struct str action, struct ledger_entry *ret);

/*
 * Write a row that is complete, head and all, as the gate has judged it. It has no search tokens:
 * a noun with a gate has no FIELD_SEARCH. It goes by tx_later, and is in no ledger entry yet.
 */
MUST_CHECK enum err record_put(const struct record_book *b, struct tx *tx, const struct noun *n,
			       const void *row, struct fault *f);
/* The next version of one. ERR_CONFLICT if the stored version is not the one `before` has. */
MUST_CHECK enum err record_replace(const struct record_book *b, struct tx *tx, const struct noun *n,
				   const void *before, const void *after, struct fault *f);
/*
 * A step that follows from something else: the next version of a row, which `is` becomes, with its
 * entry. `c` NULL: the house does it, for what the noun is for.
 */
MUST_CHECK enum err record_follow(const struct record_book *b, struct call *c, struct tx *tx,
				  const struct noun *n, const void *was, void *is,
				  const char *action, struct utc_s now, struct fault *f);

#endif
