/*
 * table.h - tabular files, in and out, under one face: CSV and Excel in; CSV, JSON, Excel out.
 *
 * A table has a header row and rows. What the file is is told by its bytes, never by its name.
 * Column names compare exactly. The caller says which columns it knows and which it needs; the
 * table finds them, and the delimiter of a CSV file is the one that shows the most of them.
 *
 * Life:     table_open -> table_next until *ret_more is false -> table_end.
 *           table_out_open -> table_out_row* -> table_out_close (this publishes the file);
 *           table_out_end without close throws the work away and leaves an old file as it was.
 * Shapes:   CSV: 100 million rows stream, nothing is copied. Excel: 1,048,576 rows; the shared
 *           strings and the compressed file are held, the sheet streams.
 * Memory:   a row's fields live until the next table_next; header names until table_end.
 * Threads:  one for each table.
 * Errors:   table_next gives OK and row.refusal_* for a row that cannot be read; an error when the
 *           file cannot be read further or proves damaged, and then all rows so far are void.
 *           ERR_FULL beyond a limit, ERR_CORRUPT damaged, ERR_SYNTAX not such a file,
 *           ERR_ABSENT no such file, sheet or needed column, ERR_ENCODING encrypted or odd.
 * Source:   RFC 4180; ECMA-376 parts 1 and 2 (SpreadsheetML, 5th edition).
 */
#ifndef TABLE_TABLE_H
#define TABLE_TABLE_H
#include "base/base.h"
#include "base/csv.h"
#include "base/text.h"
#include "base/when.h"

/* ---- in ------------------------------------------------------------------------------- */
struct table;

struct table_column {
	const char *name;
	bool required;
};

enum { TABLE_COLUMNS_MAX = 64, TABLE_EXCEL_ROWS_MAX = 1048576, TABLE_CELL_CHARS_MAX = 32767 };

/* Caps on what an Excel file may unfold to. table_limits() gives the ones used for 0. */
struct table_limits {
	uint64_t file_bytes_max;    /* the file itself: it is held in memory */
	uint64_t sheet_bytes_max;   /* the sheet's XML, streamed */
	uint64_t strings_bytes_max; /* the shared strings' XML */
	uint64_t part_bytes_max;    /* workbook, relations and styles, each */
	uint64_t ratio_max;         /* unfolded : packed, for a part over ratio_from_bytes */
	uint64_t ratio_from_bytes;
	uint64_t cells_max;
};
struct table_limits table_limits(void);

struct table_options {
	const struct table_column *known; /* must outlive the table; NULL: any header is fine */
	size_t n_known;                   /* at most TABLE_COLUMNS_MAX */
	const char *sheet; /* Excel: its name; NULL: the first visible. CSV: unused */
	const char *name;  /* of bytes, in sentences; NULL: "file" */
	const struct table_limits *limits; /* NULL: table_limits() */
};

/*
 * Open and read the header. `path` "-" is standard input, CSV only. Fails with a sentence that
 * lists what was found and what is needed when a required column is missing, and when a known
 * one stands there twice.
 */
MUST_CHECK enum err table_open(const char *path, const struct table_options *o, struct table **ret,
			       struct fault *f);
/* The same over bytes in memory, which must outlive the table. */
MUST_CHECK enum err table_open_bytes(struct str bytes, const struct table_options *o,
				     struct table **ret, struct fault *f);
void table_end(struct table **t); /* for CLEANUP(); NULL is fine */

bool table_is_excel(const struct table *t);
const struct str *table_header(const struct table *t, size_t *ret_n);
/* Field index of known column i_known in every row, or -1 if the file does not have it. */
int table_field(const struct table *t, size_t i_known);
/* Names of the columns nobody knows, for stderr; a nameless one is called "#3" by position. */
const struct str *table_unknown(const struct table *t, size_t *ret_n);

/*
 * A row is a record as base/csv.h has it, but `number` is 1 for the first row after the header,
 * which is what the account counts, and n_fields is that of the header unless the row is refused.
 * Of Excel `line` is the sheet's row, `raw` the cells as CSV.
 */
MUST_CHECK enum err table_next(struct table *t, struct csv_record *ret, bool *ret_more,
			       struct fault *f);

/*
 * Many rows at once (see csv_block in base/csv.h). *ret_any false, for Excel always: it is
 * table_next's turn. The block may be taken apart on another thread while the table is read on,
 * or after its end: n_header is what table_header tells.
 */
MUST_CHECK enum err table_block_fill(struct table *t, struct csv_block *b, bool *ret_any,
				     struct fault *f);
bool table_block_next(struct csv_block *b, size_t n_header, struct csv_record *ret);

/* Bytes read and in all, for a progress bar; total is 0 if unknown. */
void table_progress(const struct table *t, uint64_t *ret_read, uint64_t *ret_total);

/* The pure part of opening: where are the known columns? For tests and for --help texts. */
MUST_CHECK enum err table_match(const struct str *header, size_t n,
				const struct table_column *known, size_t n_known, int *ret_field,
				struct fault *f);

/* ---- out ------------------------------------------------------------------------------ */
struct table_out;

enum table_format { TABLE_CSV, TABLE_JSON, TABLE_EXCEL };
/* "csv", "json", "xlsx"; ERR_USAGE for anything else. */
MUST_CHECK enum err table_format_read(const char *word, enum table_format *ret, struct fault *f);

enum table_type { TABLE_TEXT, TABLE_INT, TABLE_TIME };
struct table_out_column {
	const char *name; /* must outlive the writer */
	enum table_type type;
};

struct table_out_options {
	enum table_format format;
	const struct table_out_column *columns; /* must outlive the writer */
	size_t n_columns;                       /* at most TABLE_COLUMNS_MAX */
	const struct zone *zone;                /* times as ISO 8601 in it; NULL: as Unix seconds */
};

/* One cell; which member counts is told by the column's type. Excel text is never a formula. */
struct table_cell {
	bool empty; /* nothing in CSV and Excel, null in JSON */
	struct str text;
	int64_t number; /* TABLE_INT, and seconds UTC for TABLE_TIME */
};
static inline struct table_cell table_text(struct str s)
{
	return (struct table_cell){ .text = s };
}
static inline struct table_cell table_int(int64_t v)
{
	return (struct table_cell){ .number = v };
}
static inline struct table_cell table_time(struct utc_s t)
{
	return (struct table_cell){ .number = t.v };
}
static inline struct table_cell table_none(void)
{
	return (struct table_cell){ .empty = true };
}

/*
 * `path` "-" is standard output (not Excel: ERR_USAGE). A regular file is written as PATH.part
 * and renamed when it is closed, so that a kill leaves the old file or the new one.
 */
MUST_CHECK enum err table_out_open(const char *path, const struct table_out_options *o,
				   struct table_out **ret, struct fault *f);
/* `cells` has n_columns elements. ERR_FULL past Excel's last row or longest text. */
MUST_CHECK enum err table_out_row(struct table_out *t, const struct table_cell *cells,
				  struct fault *f);
/*
 * Write and sync all but the last step, the renaming, so that of several results either all are
 * published or, if one cannot be written, none. No rows may follow. Closing settles what is not.
 */
MUST_CHECK enum err table_out_settle(struct table_out *t, struct fault *f);
MUST_CHECK enum err table_out_close(struct table_out **t, struct fault *f); /* *t NULL either way */
void table_out_end(struct table_out **t); /* for CLEANUP(): gives up */

/* ---- refused rows --------------------------------------------------------------------- */
/* A CSV file: file,row,line,reason_zh,reason_en,record. Published by close, like any table_out. */
struct table_refused;

MUST_CHECK enum err table_refused_open(const char *path, struct table_refused **ret,
				       struct fault *f);
/*
 * `which` is the word for the file ("visits", "cases", "named"). A record that is not UTF-8 is
 * converted from GB18030 if it is that, else each bad byte is written as \xHH.
 */
MUST_CHECK enum err table_refused_add(struct table_refused *r, const char *which,
				      const struct csv_record *row, const char *reason_zh,
				      const char *reason_en, struct fault *f);
MUST_CHECK enum err table_refused_settle(struct table_refused *r, struct fault *f);
MUST_CHECK enum err table_refused_close(struct table_refused **r, struct fault *f);
void table_refused_end(struct table_refused **r);
#endif
