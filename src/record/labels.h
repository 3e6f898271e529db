/*
 * labels.h - names for what the rows of an answer refer to. For src/record alone.
 *
 * A row says "organisation": "17"; an answer says beside its rows that 17 is 永定区疾控中心, and
 * what their areas are called, so that a page of 50 rows needs no 50 questions more. A name that
 * the reader may not know, or of what is not there, is null.
 *
 * Who may: a public name everybody; any other whoever could ask for the row itself (capability,
 * class of the field, area). So a label tells nothing that its reader could not look up.
 *
 * Life:     labels_begin -> labels_note for each row -> labels_ask -> labels_put, labels_of;
 *           labels_clear to begin again; labels_end always.
 * Shapes:   a statement for each of a few ids of a noun, else one for 64; one for all areas.
 * Memory:   names lie in the arena handed to labels_ask.
 */
#ifndef RECORD_LABELS_H
#define RECORD_LABELS_H
#include "base/memory.h"
#include "record/inside.h"

struct label {
	int64_t id;
	struct str zh, en; /* zh.n == 0: there is none for this reader; of a row both are one */
};
typedef VEC(struct label) label_set;

struct labels {
	const struct record_book *book;
	const struct who *who;
	label_set *set; /* of each kind, and of areas */
};

MUST_CHECK enum err labels_begin(struct labels *l, const struct record_book *b,
				 const struct who *who, struct arena *a);
void labels_end(struct labels *l); /* for CLEANUP() */
void labels_clear(struct labels *l);
/* What a row refers to in fields of these classes, its area, and who made it. */
MUST_CHECK enum err labels_note(struct labels *l, const struct record_kind *k, const void *row,
				unsigned sight);
/* One more row of a noun, if the book has that noun. */
MUST_CHECK enum err labels_note_id(struct labels *l, const char *noun, int64_t id);
MUST_CHECK enum err labels_ask(struct labels *l, struct tx *tx, struct utc_s now, struct arena *a,
			       struct fault *f);
/* The key "labels": {"organisation": {"17": "..."}, "area": {"43...": {"zh": ..., "en": ...}}} */
void labels_put(const struct labels *l, struct json *j);
/* What a field of a row leads to; x NULL: the row's own area. NULL: no name. */
const struct label *labels_of(const struct labels *l, const struct field *x, const void *row);

#endif
