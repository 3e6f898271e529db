/*
 * match.h - which column of a file is which field. Pure; for src/record and intake.
 *
 * A heading is a field's if it is its name or a label, else if it was said to be (by the caller, or
 * the last time: `said`), else if it is so but for case, blanks, brackets with remarks, and stars.
 * What the server sets itself is nobody's column: files that we wrote come back without a word.
 *
 * Errors:   ERR_RANGE two columns for one field; the fault names it.
 */
#ifndef RECORD_MATCH_H
#define RECORD_MATCH_H
#include "base/csv.h"
#include "record/record.h"
#include "record/value.h"

enum { MATCH_NONE = -1, MATCH_AREA = -2 }; /* else an index into the noun's fields */

struct match_said {
	struct str heading, field; /* field: a name, "area", or empty: leave the column out */
};

/* What a heading is by itself: a name or a label, or nearly that. */
int match_heading(const struct field *x, size_t n, struct str heading);
/* ret has n elements. Fields that `sight` does not see are not matched. */
MUST_CHECK enum err match_columns(const struct noun *n, unsigned sight, const struct str *heading,
				  size_t n_headings, const struct match_said *said, size_t n_said,
				  int *ret, struct fault *f);
/*
 * Lay the cells of a record over a row; ERR_RANGE of the first that is wrong. Names stand for ids
 * and codes by `naming`; NULL: they do not.
 */
struct naming;
MUST_CHECK enum err match_cells(const struct noun *n, const int *column, const struct csv_record *r,
				const struct value_from *from, struct naming *naming, void *row,
				struct fault *f);
const char *match_name(const struct noun *n, int column); /* NULL for MATCH_NONE */

#endif
