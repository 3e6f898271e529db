/*
 * schema.h - what feeds bring, and how a sender's columns become fields.
 *
 * A feed says what it brings, and so which noun its rows are of (visits are of none: visit.h). Its
 * mapping is a JSON object that is kept with it, and needs a line only where a heading is not a
 * field's name or label already:
 *
 *     {"gb_code": "area",            this column is that field; "area" is the row's area, a code
 *      "notes": "",                  or a name that is known below the feed's; "" is left out
 *      "=disease": "covid19",        all rows have this value, unless a column says another
 *      "outcome=Alive": "recovering",  in that column this text means that word
 *      "perak": "confirmed_new@perak"} a table that is wide: each such column makes a row of its
 *                                    own, with this field and that text as the place
 *
 * Memory:   a mapping lies in the arena it was read into.
 * Errors:   ERR_SYNTAX no JSON object; ERR_RANGE no such field, or one that no file may bring;
 *           the fault's field is "matching".
 */
#ifndef INTAKE_SCHEMA_H
#define INTAKE_SCHEMA_H
#include "base/memory.h"
#include "intake/feed.h"

enum { MAPPING_BYTES_MAX = 256 << 10 };

/* Noun of the rows; NULL of visits, whose columns are visit_fields. */
struct schema {
	enum feed_brings brings;
	const struct noun *noun;
	const struct field *field; /* what a column can be */
	size_t n_fields;
	bool people; /* rows are about somebody */
};
struct schema schema_of(enum feed_brings brings); /* n_fields 0: nothing is brought */
extern const struct noun *const intake_nouns[];
extern const size_t intake_nouns_n;

enum { COLUMN_NONE = -1, COLUMN_AREA = -2 }; /* else an index into the fields */
struct mapping_word {
	struct str heading, text, means;
};
struct mapping_column {
	struct str heading;
	int field;
	struct str place; /* not empty: a row of its own */
};
struct mapping {
	struct schema schema;
	struct mapping_column *column;
	size_t n_columns;
	struct mapping_word *word, *always; /* of `always` heading is empty, text the field */
	size_t n_words, n_always;
	bool wide;
};
MUST_CHECK enum err mapping_read(struct schema s, struct str json, struct arena *a,
				 struct mapping *ret, struct fault *f);
/* What a heading is: as said, else by name or label. ret->heading is the heading. */
struct mapping_column mapping_column(const struct mapping *m, struct str heading);
/* What a text of that column means: itself, unless the mapping says otherwise. */
struct str mapping_word(const struct mapping *m, struct str heading, struct str text);
#endif
