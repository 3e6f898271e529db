/*
 * body.h - what was pushed, as rows of cells: NDJSON, CSV or Excel, told apart by its bytes.
 *
 * NDJSON is a JSON object a line; its keys are the headings, as they come. Numbers become the text
 * they were, true and false the words; a list or map as a value refuses the line.
 *
 * Life:     body_open -> body_next until *ret_more is false -> body_end.
 * Memory:   a row's cells live until the next; headings until body_end. The bytes are borrowed.
 * Errors:   body_next: OK with row.refusal_* of a row that cannot be read. As table.h.
 */
#ifndef INTAKE_BODY_H
#define INTAKE_BODY_H
#include "base/csv.h"
#include "base/memory.h"
#include "table/table.h"

enum { BODY_COLUMNS_MAX = 256, BODY_LINE_BYTES_MAX = 1 << 20 };

struct body {
	struct table *table; /* NULL: NDJSON */
	struct str rest;
	uint64_t number, line;
	struct arena *a, *headings_a;
	VEC(struct str) headings, cells;
	struct fault why;
};
MUST_CHECK enum err body_open(struct body *b, struct str bytes, struct fault *f);
const struct str *body_headings(const struct body *b, size_t *ret_n); /* so far */
MUST_CHECK enum err body_next(struct body *b, struct csv_record *ret, bool *ret_more,
			      struct fault *f);
void body_end(struct body *b); /* for CLEANUP() */
#endif
