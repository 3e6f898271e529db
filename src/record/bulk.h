/*
 * bulk.h - many new rows of a noun in one act, under one ledger entry a county.
 *
 * The entry holds the Merkle root over the hashes of its rows, and says which they are; `outpost
 * verify` holds them against it as it does with the rows of an import, until each has an entry of
 * its own. Whoever brings them writes them: a noun with more columns than fields has its own way.
 *
 * Life:     record_bulk_new, then record_bulk_id and record_bulk_add for each row in the order of
 *           the ids, then the entries.
 * Shapes:   a hash and a half a row.
 * Errors:   ERR_FULL more rows than were said.
 */
#ifndef RECORD_BULK_H
#define RECORD_BULK_H
#include "ledger/ledger.h"
#include "record/record.h"

struct record_bulk;
MUST_CHECK enum err record_bulk_new(struct record_book *b, const struct noun *n, uint64_t n_rows,
				    struct record_bulk **ret);
void record_bulk_end(struct record_bulk **b); /* for CLEANUP() */
struct record_id record_bulk_id(struct record_bulk *b);
/* It is complete, of version 1, with the id that was given last. */
MUST_CHECK enum err record_bulk_add(struct record_bulk *b, const void *row);
size_t record_bulk_entries(const struct record_bulk *b);
/* The i-th: county, object, after and detail; `detail` lives until the next. */
void record_bulk_entry(struct record_bulk *b, size_t i, struct ledger_entry *ret);
#endif
