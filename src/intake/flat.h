/*
 * flat.h - a line of NDJSON as nearly all are: one flat object of plain texts, whole numbers, true,
 * false, null. Whatever is otherwise, or wrong, is left to the JSON reader: this only saves time.
 *
 * Memory:   keys and cells point into the line.
 */
#ifndef INTAKE_FLAT_H
#define INTAKE_FLAT_H
#include "base/text.h"

enum { FLAT_MAX = 64 };
struct flat_cell {
	struct str key, text; /* text as a cell has it: the word, the digits, "" of null */
};
/* False: it is not so plain. *ret_n <= FLAT_MAX. Keys may come twice. */
bool flat_read(struct str line, struct flat_cell ret[FLAT_MAX], size_t *ret_n);
#endif
