/*
 * cursor.h - where a list goes on. For src/record alone.
 *
 * A cursor is opaque text that holds the last id and a mark of the list it belongs to: the noun,
 * the areas and the filters. With other filters it is refused, so nobody pages through a list that
 * changed its question under way. It is no secret and grants nothing: areas are asked about at
 * every page.
 *
 * Errors:   ERR_RANGE not a cursor, or of another list.
 */
#ifndef RECORD_CURSOR_H
#define RECORD_CURSOR_H
#include "base/text.h"
#include "record/record.h"

enum { CURSOR_TEXT_BYTES = 33 };

void cursor_write(struct record_id last, uint64_t mark, char ret[CURSOR_TEXT_BYTES]);
MUST_CHECK enum err cursor_read(struct str s, uint64_t mark, struct record_id *ret,
				struct fault *f);

#endif
