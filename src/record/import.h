/*
 * import.h - a file of rows: read, judged row by row, counted, kept. For src/record alone.
 *
 *     rows in = accepted + refused + duplicate
 *
 * A check changes nothing and says what would happen; a real run keeps the accepted rows, and owes
 * the ledger an entry with the Merkle root over those of each county. Either gives back the refused
 * rows as a file, with the reason in the last column, if asked. A row is refused by itself, with a
 * sentence; a file that cannot be read to its end is refused as a whole, and nothing was done.
 *
 * Rows of one import have ids out of a block of their own, so that the first and the last of a
 * county say which ones they are: objects.c holds them against the root as long as the house lives.
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
#include "record/naming.h"
#include "base/csv.h"
#include "table/table.h"

enum import_mode { IMPORT_CHECK, IMPORT_KEEP };
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
	const char *name;   /* of the file, in sentences; NULL: nobody told it */
	struct str mapping; /* JSON {column: field}, or empty */
	struct str area;    /* a code for rows that say none, or empty */
	bool give_back;     /* the refused rows, as a CSV file in struct import */
	struct arena *a;
};

struct import_county { /* what was kept of it */
	struct area_code county;
	uint64_t n;
	struct record_id first, last;
	struct merkle merkle; /* over import_leaf of each row, in the order of their ids */
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
	struct naming naming;
	struct crypt_hasher *hasher;
	int64_t tick; /* of the block: what the next id is made of */
	VEC(struct import_county) county;
	VEC(uint64_t) seen; /* digests of keys, open addressing; 0 is free */
	size_t n_seen;

	struct {
		uint64_t in, accepted, refused, duplicate;
	} account;
	VEC(struct import_refused) told; /* the first IMPORT_REFUSED_TOLD */
	struct buf file;                 /* what is given back */
	char detail[240];
};

/* ERR_ROLE, ERR_FORBIDDEN: it is not for `who`, or not there. */
MUST_CHECK enum err import_begin(struct import *m, const struct record_kind *k, struct tx *tx,
				 enum import_mode mode, const struct import_ask *ask,
				 struct fault *f);
MUST_CHECK enum err import_rows(struct import *m);
/* The entries that are owed: one for each county with accepted rows, or one that nothing was. */
size_t import_entries(const struct import *m);
/* The i-th of them, without who and when. `detail` lives with `m`, until the next. */
void import_entry(struct import *m, size_t i, struct ledger_entry *ret);
void import_end(struct import *m); /* for CLEANUP() */

/* " rows=17 first=... last=...": of which rows an entry speaks. */
void import_say_span(uint64_t n, struct record_id first, struct record_id last, char *ret,
		     size_t room);
/* Which rows an entry of many speaks of, out of its detail; false: of none. */
bool import_span(const struct ledger_entry *en, uint64_t *ret_n, struct record_id *ret_first,
		 struct record_id *ret_last);
/* Of the tree over an import: H(0 | hash of the row), so that the hash alone gives it, too. */
void import_leaf(struct crypt_hasher *h, const struct crypt_hash *row, struct merkle_node *ret);

#endif
