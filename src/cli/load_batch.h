/*
 * load_batch.h - rows of visits on their way from files to numbers; for load_visits.c and
 * load_rows.c alone.
 *
 * A batch is filled by one thread at a time, in the order of the files; its rows are read by any;
 * it is applied by one at a time, in order again.
 *
 * Memory:   texts lie in the block or in the arena, until the batch is filled again.
 */
#ifndef CLI_LOAD_BATCH_H
#define CLI_LOAD_BATCH_H
#include "base/base.h"
#include "base/csv.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/when.h"
#include "cli/load.h"

enum {
	LOAD_BLOCK_BYTES = 128 * 1024,
	LOAD_BLOCK_BYTES_LEAST = 4096,
	LOAD_ROW_BYTES_LEAST = 7, /* "a,b,1,\n" */
	LOAD_ROWS = LOAD_BLOCK_BYTES / LOAD_ROW_BYTES_LEAST + 1
};

enum load_column {
	LOAD_PERSON,
	LOAD_PLACE,
	LOAD_FROM,
	LOAD_TO,
	LOAD_KIND,
	LOAD_SEAT,
	LOAD_ROLE,
	LOAD_COLUMN_N
};

struct load_refused_row {
	uint64_t number, line;
	struct str raw; /* empty unless batch.keep_raw */
	struct load_reason why;
};

/* What only a row that may still be refused needs. */
struct load_row_more {
	struct str kind, raw;
	uint64_t number, line;
};

struct load_batch {
	struct csv_block *block;
	struct arena *arena;
	bool in_block; /* filled, and its rows not read yet */
	const struct zone *zone;
	struct when_memo memo;
	struct buf pair;
	size_t n_header;
	int field[LOAD_COLUMN_N]; /* of its file; -1: not there */
	bool has_kind, has_seat, keep_raw;

	size_t n_in, n; /* rows read; accepted so far, in the columns below */
	struct str person[LOAD_ROWS], place[LOAD_ROWS], seat[LOAD_ROWS];
	uint64_t person_hash[LOAD_ROWS], place_hash[LOAD_ROWS], seat_hash[LOAD_ROWS];
	int64_t from[LOAD_ROWS], to[LOAD_ROWS];
	struct load_row_more more[LOAD_ROWS]; /* with has_kind */
	VEC(struct load_refused_row) refused;

	bool last; /* there are no more rows, and none in here */
	uint64_t bytes_read, bytes_total;
	enum err e;
	struct fault fault;
};

/* The open end of the files. */
struct load_reader {
	struct load *l;
	struct table *t;
	size_t i_file;
};

MUST_CHECK enum err load_batch_new(const struct load *l, struct load_batch **ret);
void load_batch_end(struct load_batch **b); /* for CLEANUP() */
/* Take the next rows, of one file: as they are, if they are plain; else they are read here. */
MUST_CHECK enum err load_batch_fill(struct load_reader *r, struct load_batch *b);
/* Read what was only taken. */
MUST_CHECK enum err load_batch_read(struct load_batch *b);
#endif
