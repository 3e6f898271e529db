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
 * Life:     csv_open -> csv_next until *ret_more is false -> csv_end.
 * Memory:   fields point into the reader and live until the next csv_next.
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
/* The same over bytes in memory, which must outlive the reader. */
MUST_CHECK enum err csv_open_bytes(struct str bytes, char delimiter, struct csv **ret);
MUST_CHECK enum err csv_next(struct csv *c, struct csv_record *ret, bool *ret_more,
			     struct fault *f);
void csv_end(struct csv **c);
uint64_t csv_bytes_read(const struct csv *c);  /* for a progress bar */
uint64_t csv_bytes_total(const struct csv *c); /* 0 if unknown */

/* The delimiter among , TAB ; | that occurs most often outside quotes (first wins a tie). */
char csv_delimiter(struct str header);

/* Writing, with commas: a field is quoted only when it must be (delimiter, quote, CR, LF, or a
 * blank at either end). Beware: a record of one empty field is an empty line, thus no record. */
void csv_field(struct buf *b, struct str s, bool first);
#endif
