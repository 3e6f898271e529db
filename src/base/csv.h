/*
 * csv.h - strict CSV, one record at a time, with bounded memory.
 *
 * Grammar: RFC 4180 with one of four delimiters (comma, tab, semicolon, bar), LF or CR LF.
 * A quoted field may hold anything, a quote doubled. Refused per record, with the reader going
 * on at the next: a quote inside an unquoted field, text after a closing quote, a bare CR, a
 * NUL, bytes that are not in the file's encoding, more than CSV_FIELDS_MAX fields, an open quote
 * at the end of the file. An empty line is no record. A record over CSV_RECORD_BYTES_MAX ends
 * the reading: ERR_FULL.
 *
 * Encoding: a byte order mark is dropped and decides (that of UTF-16: ERR_ENCODING). Else the
 * first record with a byte over 127 decides for the file: UTF-8 if it is valid, else GB18030 if
 * it is that; a record that is neither is refused and decides nothing. Fields are always handed
 * out as UTF-8.
 *
 * Life:     csv_open -> csv_next until *ret_more is false -> csv_end. A block
 *           may be filled between any two records.
 * Memory:   fields point into the reader and live until the next csv_next or
 *           csv_block_fill.
 * Threads:  one.
 * Errors:   csv_next returns OK with rec.refusal set for a refused record; an error only when
 *           the file as a whole cannot be read further.
 */
#ifndef BASE_CSV_H
#define BASE_CSV_H
#include "base/base.h"
#include "base/file.h"
#include "base/text.h"

enum { CSV_RECORD_BYTES_MAX = 1 << 20, CSV_FIELDS_MAX = 1024 };

struct csv;

struct csv_record {
	uint64_t number; /* 1 for the first record (the header, if there is one) */
	uint64_t line;   /* physical line on which it starts, from 1 */
	size_t n_fields;
	const struct str *fields;
	struct str raw; /* the record's own bytes, undecoded, without its line end */
	const char *refusal_zh, *refusal_en; /* NULL, or why this record cannot be read */
};

/* `path` "-" is standard input. delimiter 0: chosen from the first record (see csv_delimiter). */
MUST_CHECK enum err csv_open(const char *path, char delimiter, struct csv **ret, struct fault *f);
/* What is at hand of the records to come, to choose another delimiter before the first csv_next. */
struct str csv_at_hand(const struct csv *c);
void csv_delimit(struct csv *c, char delimiter);
/* The same over bytes in memory, which must outlive the reader. */
MUST_CHECK enum err csv_open_bytes(struct str bytes, char delimiter, struct csv **ret);
MUST_CHECK enum err csv_next(struct csv *c, struct csv_record *ret, bool *ret_more,
			     struct fault *f);
void csv_end(struct csv **c);

/*
 * Many records at once. A block takes the lines to come as far as they are plain: no quote, no
 * NUL, no empty line, no carriage return without its line feed, and bytes over 127 only in a file
 * known to be UTF-8. It holds them itself, so another thread may take it apart, with the answers
 * that csv_next would have given, while the reader goes on.
 */
struct csv_block;

/* Of at most `bytes`; a run under `least` bytes is left to csv_next, as not worth it. */
MUST_CHECK enum err csv_block_new(size_t bytes, size_t least, struct csv_block **ret);
void csv_block_end(struct csv_block **b); /* for CLEANUP() */
/* *ret_any false: no such run is next, or the end. Then it is csv_next's turn. */
MUST_CHECK enum err csv_block_fill(struct csv *c, struct csv_block *b, bool *ret_any,
				   struct fault *f);
/* False behind the last record. Fields point into the block until it is filled again. */
bool csv_block_next(struct csv_block *b, struct csv_record *ret);
struct str csv_block_bytes(const struct csv_block *b);

uint64_t csv_bytes_read(const struct csv *c);  /* for a progress bar */
uint64_t csv_bytes_total(const struct csv *c); /* 0 if unknown */

/* The delimiter among , TAB ; | that occurs most often outside quotes (first wins a tie). */
char csv_delimiter(struct str header);

/* Writing, with commas: a field is quoted only when it must be (delimiter, quote, CR, LF, or a
 * blank at either end). Beware: a record of one empty field is an empty line, thus no record. */
void csv_field(struct buf *b, struct str s, bool first);
#endif
