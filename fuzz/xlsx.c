/*
 * xlsx.c - a workbook from anybody's bytes: opened and read to the end.
 *
 * Checksums keep a fuzzer out of a zip file, so an input may also be one part in clear: its first
 * byte says which (S sheet, T shared strings, W workbook, F formats, X cell styles), and the rest
 * of the workbook is put around it. Anything else is taken as the file itself.
 */
#include <string.h>

#include "base/memory.h"
#include "support/book.h"

static const char row[] =
	"<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"B1\" s=\"1\"><v>43831"
	"</v></c></row><row><c><v>1</v></c><c t=\"s\"><v>1</v></c></row>";

/* Around a part in clear; false if the input is a file. */
static bool wrap(const uint8_t *p, size_t n, struct buf *part, struct buf *bytes)
{
	struct book b = { .rows = row,
			  .strings = "<si><t>a</t></si><si><t>b</t></si>",
			  .cells = "<xf numFmtId=\"0\"/><xf numFmtId=\"14\"/>" };

	if (n == 0 || !strchr("STWFX", p[0]) || memchr(p, 0, n))
		return false;
	buf_put(part, p + 1, n - 1);
	buf_char(part, '\0');
	switch (p[0]) {
	case 'S': b.sheet = part->p; break;
	case 'T': b.strings = part->p; break;
	case 'W': b.workbook = part->p; break;
	case 'F': b.formats = part->p; break;
	default: b.cells = part->p; break;
	}
	book_make(&b, bytes);
	return true;
}

static void check_row(const struct table *t, const struct csv_record *r, uint64_t number)
{
	size_t n;

	table_header(t, &n);
	assert(r->number == number);
	assert(r->n_fields == n || r->refusal_en);
	assert(!r->refusal_en == !r->refusal_zh);
	for (size_t i = 0; i < r->n_fields; i++)
		assert(str_utf8(r->fields[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const struct table_limits limits = { 1 << 20, 1 << 20, 1 << 18, 1 << 18,
						    100,     1 << 16, 1 << 14 };
	struct table_options o = { .limits = &limits };
	CLEANUP(buf_release) struct buf part = { 0 }, bytes = { 0 };
	CLEANUP(table_end) struct table *t = NULL;
	struct fault f = { 0 };
	struct csv_record r;
	bool more = true;
	enum err e;

	e = table_open_bytes(wrap(p, n, &part, &bytes) ? buf_view(&bytes)
						       : (struct str){ (const char *)p, n },
			     &o, &t, &f);
	for (uint64_t i = 1; !e && more; i++) {
		e = table_next(t, &r, &more, &f);
		if (!e && more)
			check_row(t, &r, i);
	}
	assert(f.code == e);
	assert(e != ERR_BUG);
	return 0;
}
