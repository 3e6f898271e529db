/*
 * objects.h - what ledger/verify.h asks of the room that keeps the rows: are they as the ledger
 * says? A row that came in a file has no entry of its own until somebody changes it; it is under
 * the entry of its import, by the root over all rows of its county in the file. Of a row that was
 * changed since, the first change says what it was before; so the root can be made anew, always.
 */
#ifndef RECORD_OBJECTS_H
#define RECORD_OBJECTS_H
#include "ledger/verify.h"
#include "record/record.h"

/* One for each noun of the book; how many. The book must outlive them. */
size_t record_objects(const struct record_book *b, struct verify_object *ret, size_t max);
#endif
