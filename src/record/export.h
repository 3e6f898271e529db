/*
 * export.h - rows into files: CSV and Excel. For src/record alone.
 *
 * A cell that a spreadsheet would take for a formula (it begins with = + - @ or a tab) gets an
 * apostrophe in front in CSV; a reading takes it away again, so what went out comes back as it was.
 * An Excel file needs none: its cells say that they are text.
 *
 * Columns. Without more said a file has all that may leave, ids and codes as they are, and may come
 * back by an import. With `columns` it has those alone, in that order, for people to read: names
 * in the place of ids and codes, where the reader may know them.
 *
 * Life:     export_begin -> export_more until the end, or export_excel -> export_end.
 * Memory:   a page of rows in an arena of its own.
 */
#ifndef RECORD_EXPORT_H
#define RECORD_EXPORT_H
#include "record/export_csv.h"
#include "record/inside.h"
#include "record/labels.h"
#include "record/query.h"

struct str export_unescape(struct str s);

enum { EXPORT_HEADS = 5, EXPORT_COLUMNS_MAX = EXPORT_HEADS + NOUN_FIELDS_MAX };

struct export
{
	const struct record_kind *k;
	struct query *q; /* borrowed, and moved on */
	struct db *db;   /* of pages that are made one by one */
	struct tx *tx;   /* of pages that are made at once; else NULL */
	bool english;
	size_t column[EXPORT_COLUMNS_MAX]; /* export.c says what a number means */
	size_t n_columns;
	bool named;           /* names in the place of ids and codes: */
	struct labels labels; /* of one page */
	struct utc_s now;
	struct arena *a; /* of one page */
	void **row;
	size_t n_rows;
	struct buf cell;
	bool begun;
	uint64_t n_told;
};
/* db, tx and english are the caller's to set. */
MUST_CHECK enum err export_begin(struct export *x, const struct record_kind *k, struct query *q);
/* Only these columns, named and parted by commas, for `who` to read. `a` lives longer than `x`. */
MUST_CHECK enum err export_columns(struct export *x, struct str columns, const struct who *who,
				   struct utc_s now, struct arena *a, struct fault *f);
/* The next page as CSV. */
MUST_CHECK enum err export_more(struct export *x, struct buf *out, bool *ret_end, struct fault *f);
/* All of it as a new Excel file. */
MUST_CHECK enum err export_excel(struct export *x, const char *path, struct fault *f);
void export_end(struct export *x); /* for CLEANUP() */

#endif
