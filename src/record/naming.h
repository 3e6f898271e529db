/*
 * naming.h - names in a file, in the place of ids and codes. For src/record alone.
 *
 * People write what a thing is called. A cell of digits is an id or a code, and that decides; any
 * other text is the name of a row (its label) or of an area, looked for among those alone that
 * whoever brings the file may read, as they were before the file. Of one that is shared nothing is
 * guessed: the refusal says how many there are; rows that are no longer as they began (left,
 * dissolved) count only if nothing else has it. A name that the reader may not read is refused in
 * the words of one that is not there. An id that is given as an id is taken wherever its row lies,
 * as in the API: it tells no more than that such a row is there.
 *
 * The name of an area may follow those of areas above it, with or without signs between them, and
 * levels may be left out: 永定区大庸桥街道.
 *
 * Life:     naming_begin, naming_cell for each, naming_end.
 * Shapes:   a statement for each different name or id of a file, however many rows say it; areas
 *           are read once, whole, when the first name of one comes.
 * Memory:   what was asked, up to NAMING_KEPT names; the areas of the reader: 32,000 in a province.
 * Errors:   ERR_RANGE of the cell, with its field.
 */
#ifndef RECORD_NAMING_H
#define RECORD_NAMING_H
#include "record/inside.h"
#include "record/value.h"

enum { NAMING_KEPT = 1 << 16, NAMING_BYTES_MAX = 512 << 20, NAMING_TEXT_MAX = 1000 };

struct naming_found {
	int64_t id; /* of a row, or a code */
	size_t n;   /* how many there are; `id` says which if it is one */
};
struct naming_kept {
	const struct record_kind *k; /* whose rows; NULL: areas */
	struct str text;
	struct naming_found found;
};
struct naming_area {
	struct str name;
	int64_t code;
};

struct naming {
	const struct record_book *book;
	const struct who *who;
	struct tx *tx;
	struct utc_s now;
	struct record_id first,
		end;     /* ids of the file's own rows lie between: they are not there yet */
	struct arena *a; /* of the texts in `kept` */
	struct naming_kept *kept; /* open addressing; no text: free */
	size_t n_kept;
	bool has_areas;
	struct arena *names;
	VEC(struct naming_area) by_name; /* all names of the reader's areas, Chinese and English */
	VEC(struct naming_area) by_code; /* Chinese ones, of areas above, too */
};

MUST_CHECK enum err naming_begin(struct naming *m, const struct record_book *b,
				 const struct who *who, struct tx *tx, struct utc_s now);
void naming_end(struct naming *m); /* for CLEANUP() */
/* Is a cell of this field read here? NULL: the area of the row itself. */
bool naming_reads(const struct field *x);
/* Lay what the cell says over the row. `m` NULL: ids and codes alone. */
MUST_CHECK enum err naming_cell(struct naming *m, const struct field *x, struct str s,
				const struct value_from *from, void *row, struct fault *f);
#endif
