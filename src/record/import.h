/*
 * import.h - a file of rows: read, judged row by row, counted, kept. For src/record alone.
 *
 *     rows in = accepted + refused + duplicate
 *
 * Three runs share one way. A check changes nothing and says what would happen; a real one keeps
 * the accepted rows and writes one ledger entry with the Merkle root over them; a third gives back
 * the refused rows as a file with the reason in the last column. A row is refused by itself, with a
 * sentence; a file that cannot be read to its end is refused as a whole, and nothing was done.
 *
 * Life:     import_begin -> import_rows -> import_end.
 * Shapes:   100,000 rows are some seconds; a row and its texts are held at a time, a digest of each
 *           key for the duplicates inside the file, and REFUSED_TOLD refusals for the answer.
 * Memory:   arenas of its own: the request's would be too small.
 */
#ifndef RECORD_IMPORT_H
#define RECORD_IMPORT_H
#include "ledger/ledger.h"
#include "ledger/merkle.h"
#include "record/inside.h"
#include "record/batch.h"
#include "base/csv.h"
#include "table/table.h"

enum import_mode { IMPORT_CHECK, IMPORT_KEEP, IMPORT_REFUSED };
enum { IMPORT_ROWS_MAX = 1000000, IMPORT_REFUSED_TOLD = 200, IMPORT_COLUMNS_MAX = 256 };

struct import_refused {
	uint64_t line;
	struct fault why;
};

/* Who brings what. It must outlive the import. */
struct import_ask {
	const struct who *who;
	struct utc_s now;
	struct str file;    /* CSV or Excel */
	struct str mapping; /* JSON {column: field}, or empty */
	struct str area;    /* a code for rows that say none, or empty */
	struct arena *a;
};

struct import {
	const struct import_ask *ask;
	struct tx *tx;
	const struct record_kind *k;
	enum import_mode mode;
	struct fault *f;

	struct table *table;
	const struct str *heading;
	size_t n_columns;
	int column[IMPORT_COLUMNS_MAX]; /* match.h */
	struct area_code area;          /* of rows that say none; 0: there is none to say */
	const struct step *step;        /* the one that makes a row */

	struct arena *a; /* of one row */
	void *row;
	struct buf text; /* the canonical text of one row */
	struct batch batch;
	struct crypt_hasher *hasher;
	struct merkle merkle;
	VEC(uint64_t) seen; /* digests of keys, open addressing; 0 is free */
	size_t n_seen;
	struct area_code county; /* of all accepted rows; of nobody if they lie in several */

	struct {
		uint64_t in, accepted, refused, duplicate;
	} account;
	VEC(struct import_refused) told; /* the first IMPORT_REFUSED_TOLD */
	struct buf file;                 /* IMPORT_REFUSED: the CSV file */
	char detail[160];
};

/* ERR_ROLE, ERR_FORBIDDEN: it is not for `who`, or not there. */
MUST_CHECK enum err import_begin(struct import *m, const struct record_kind *k, struct tx *tx,
				 enum import_mode mode, const struct import_ask *ask,
				 struct fault *f);
MUST_CHECK enum err import_rows(struct import *m);
/* The entry that is owed for the accepted rows, without who and when. `detail` lives with `m`. */
void import_entry(struct import *m, struct ledger_entry *ret);
void import_end(struct import *m); /* for CLEANUP() */

#endif
