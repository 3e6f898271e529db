/*
 * book.h - Excel workbooks made by hand, part by part, so that a test can make them wrong; and
 * any table as lines of text, so that a test can say what it must read.
 *
 * Memory:   the bytes made belong to the caller's buf. Without memory it asserts: it is a test.
 */
#ifndef TEST_SUPPORT_BOOK_H
#define TEST_SUPPORT_BOOK_H
#include "base/base.h"
#include "base/text.h"
#include "table/table.h"

struct book_part {
	const char *name;
	struct str text;
};
/* A zip of these parts, in this order; a fixed date, so that equal parts give equal bytes. */
void book_zip(const struct book_part *parts, size_t n, struct buf *out);

/* A workbook of one sheet "S". A member left NULL means the plain thing. */
struct book {
	const char *rows;        /* what stands inside <sheetData> */
	const char *sheet;       /* instead: the whole sheet part */
	const char *strings;     /* what stands inside <sst> */
	const char *formats;     /* inside <numFmts> */
	const char *cells;       /* inside <cellXfs> */
	const char *workbook;    /* the whole workbook part */
	const char *workbook_pr; /* attributes of <workbookPr> */
	const char *without;     /* the name of a part to leave out */
	struct book_part extra;  /* one more part, if it has a name */
};
void book_make(const struct book *b, struct buf *out);

/*
 * All that a table gives: a line "NUMBER@LINE field|field" for each row, "NUMBER@LINE !reason"
 * for a refused one, and "error WORD" if the reading ends with an error.
 */
enum err book_show(struct table *t, struct buf *out, struct fault *f);
/* Open and show in one; the header comes first as "= name|name". */
enum err book_show_bytes(struct str bytes, const struct table_options *o, struct buf *out,
			 struct fault *f);
#endif
