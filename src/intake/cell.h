/*
 * cell.h - how people write that they do not know, a date, an age, a word. Pure.
 *
 * Lists come from spreadsheets of other offices. What has one meaning only is read as that; what
 * could be two things is refused, with what to write instead; nothing is guessed.
 *
 * Errors:   ERR_RANGE with both sentences; the fault's field is the name. What was typed is never
 *           repeated: it may be a person's.
 */
#ifndef INTAKE_CELL_H
#define INTAKE_CELL_H
#include "record/value.h"

/* "NA", "不详", "-", "?": nothing is said. */
bool cell_nothing(struct str s);
/*
 * Lay a cell over a row's field, as value_from_text does in a file, and besides: days first with a
 * full stop (16.01.2020), m and f, "Death" for dead; ages in words (3岁, 30s, 60-69, 5月龄), which
 * fill `age` and, when it is a span, the field `age_to`.
 */
MUST_CHECK enum err cell_read(const struct field *fields, size_t n, const struct field *x,
			      struct str s, const struct value_from *from, void *row,
			      struct fault *f);
#endif
