/*
 * xlsx.h - the inside of the Excel reader: a container of parts, XML over a part, the few parts
 * that matter, the values of cells, and one sheet as a stream of rows. For src/table alone.
 *
 * Life:     xlsx_open -> xlsx_next until *ret_more is false -> xlsx_end.
 * Memory:   the caller's bytes are borrowed; shared strings live in one buffer; one row is held.
 * Threads:  one.
 * Errors:   a flaw of a cell is handed out with the row; whatever puts the rest of the file in
 *           doubt is an error. The sheet's checksum is known only after its last byte.
 * Source:   ECMA-376-1 18.2 workbook, 18.3 worksheet, 18.4 shared strings, 18.8 styles;
 *           ECMA-376-2 9.3 relationships.
 */
#ifndef TABLE_XLSX_H
#define TABLE_XLSX_H
#include <expat.h>
#include <zip.h>

#include "base/base.h"
#include "base/memory.h"
#include "base/text.h"
#include "table/table.h"

enum {
	XLSX_NAME_BYTES = 96, /* of the file's name, in messages */
	XLSX_PART_NAME_BYTES = 512,
	XLSX_COLUMNS_MAX = 16384,
	XLSX_CELL_BYTES_MAX = 4 * TABLE_CELL_CHARS_MAX,
	XLSX_ROW_BYTES_MAX = 16 << 20,
	XLSX_TOKEN_BYTES_MAX = 4 << 20, /* one tag or comment: expat holds it whole */
	XLSX_DEPTH_MAX = 64,
	XLSX_SHEETS_MAX = 4096
};

/* ---- xlsx_zip.c: the container ---------------------------------------------------------- */
struct xlsx_zip {
	zip_t *zip;
	struct table_limits limits;
	char name[XLSX_NAME_BYTES]; /* what messages call the file */
};

struct xlsx_part {
	const struct xlsx_zip *zip;
	zip_file_t *file;
	char name[XLSX_PART_NAME_BYTES];
	uint64_t packed, size, read, read_max;
};

MUST_CHECK enum err xlsx_zip_open(struct str bytes, struct xlsx_zip *z, struct fault *f);
void xlsx_zip_end(struct xlsx_zip *z);
bool xlsx_zip_has(const struct xlsx_zip *z, const char *part);
MUST_CHECK enum err xlsx_part_open(const struct xlsx_zip *z, const char *name, uint64_t read_max,
				   struct xlsx_part *ret, struct fault *f);
/* *ret_n is 0 only at the end, after size and checksum were found right. */
MUST_CHECK enum err xlsx_part_read(struct xlsx_part *p, void *to, size_t n, size_t *ret_n,
				   struct fault *f);
void xlsx_part_end(struct xlsx_part *p);

/* ---- xlsx_xml.c: elements of one part --------------------------------------------------- */
/*
 * `depth` is 1 for the root. `name` has no namespace; "" for an element of a foreign one.
 * A callback that fails ends the parsing with its error.
 */
struct xlsx_handlers {
	enum err (*start)(void *arg, int depth, const char *name, const char **attr,
			  struct fault *f);
	enum err (*end)(void *arg, int depth, const char *name, struct fault *f);
	enum err (*text)(void *arg, const char *s, size_t n, struct fault *f); /* may be NULL */
};

struct xlsx_xml {
	XML_Parser parser;
	struct xlsx_part part;
	const struct xlsx_handlers *on;
	void *arg;
	struct fault *f; /* of the call under way */
	enum err failed;
	int depth;
	uint64_t fed, parsed; /* bytes handed to expat; where its last event began */
	bool last_fed, paused, done;
};

MUST_CHECK enum err xlsx_xml_open(struct xlsx_xml *x, const struct xlsx_zip *z, const char *part,
				  uint64_t read_max, const struct xlsx_handlers *on, void *arg,
				  struct fault *f);
/* Go on until a callback pauses or the part ends (x->done). */
MUST_CHECK enum err xlsx_xml_run(struct xlsx_xml *x, struct fault *f);
void xlsx_xml_pause(struct xlsx_xml *x); /* from inside `end` */
void xlsx_xml_end(struct xlsx_xml *x);
/* Open, run to the end, close. */
MUST_CHECK enum err xlsx_xml_all(const struct xlsx_zip *z, const char *part, uint64_t read_max,
				 const struct xlsx_handlers *on, void *arg, struct fault *f);
/* The value of an attribute without a namespace, or NULL. */
const char *xlsx_attr(const char **attr, const char *name);

/* ---- xlsx_value.c: what a cell says ------------------------------------------------------ */
enum xlsx_look { XLSX_NUMBER, XLSX_DATE, XLSX_DATE_TIME };
struct xlsx_style {
	uint8_t look; /* enum xlsx_look */
	uint8_t pad;  /* of a format like 00000: digits at least; 0 otherwise */
};
struct xlsx_style xlsx_style_builtin(uint32_t id);
struct xlsx_style xlsx_style_of(const char *format);

enum xlsx_flaw {
	XLSX_FLAWLESS,
	XLSX_FLAW_ERROR,  /* #N/A and its like */
	XLSX_FLAW_LONG,   /* more characters than Excel allows */
	XLSX_FLAW_DIGITS, /* a number of 16 digits or more: Excel has rounded it */
	XLSX_FLAW_DATE,   /* a date that does not exist */
	XLSX_FLAW_NUMBER, /* not a number where one must be */
	XLSX_FLAW_STRING, /* a shared string that is not there */
	XLSX_FLAW_N
};
/* Append the text of a number as the style shows it; nothing is appended on a flaw. */
enum xlsx_flaw xlsx_number(struct str v, struct xlsx_style style, bool date1904, struct buf *out);
/* "BC7" -> column 54 (from 0), row 7. */
MUST_CHECK enum err xlsx_reference(const char *r, uint32_t *ret_column, uint32_t *ret_row);
/* Turn _x000D_ and its like into their characters, in place. Returns the new length. */
size_t xlsx_unescape(char *p, size_t n);
bool xlsx_too_long(struct str s); /* in UTF-16 units, as Excel counts */

/* ---- xlsx_parts.c: workbook, relations, styles, shared strings --------------------------- */
struct xlsx_book {
	char sheet[XLSX_PART_NAME_BYTES]; /* the part of the sheet asked for */
	bool date1904;
	VEC(struct xlsx_style) styles;
	struct buf text;        /* shared strings, end to end */
	VEC(uint32_t) text_end; /* of each */
};
MUST_CHECK enum err xlsx_book_read(const struct xlsx_zip *z, const char *sheet,
				   struct xlsx_book *ret, struct fault *f);
void xlsx_book_end(struct xlsx_book *b);

/* ---- xlsx.c: one sheet, row after row ---------------------------------------------------- */
struct xlsx;

struct xlsx_row {
	uint32_t number; /* as the sheet shows it */
	size_t n_fields; /* up to the last cell that is not empty */
	const struct str *fields;
	const uint8_t *flaws; /* enum xlsx_flaw of each field */
	bool muddled;         /* a cell stands there twice or claims another row */
};
/* `name` is what messages call the file. */
MUST_CHECK enum err xlsx_open(struct str bytes, const char *name, const char *sheet,
			      const struct table_limits *limits, struct xlsx **ret,
			      struct fault *f);
/* Rows with nothing in them are not handed out. */
MUST_CHECK enum err xlsx_next(struct xlsx *x, struct xlsx_row *ret, bool *ret_more,
			      struct fault *f);
void xlsx_progress(const struct xlsx *x, uint64_t *ret_read, uint64_t *ret_total);
void xlsx_end(struct xlsx **x);
#endif
