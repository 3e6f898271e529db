/* book.c - see book.h. */
#include "book.h"

#include <inttypes.h>
#include <string.h>
#include <zip.h>

#define TYPES "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
#define MAIN "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
#define RELS "http://schemas.openxmlformats.org/package/2006/relationships"
#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"

static void must(bool well)
{
	assert(well);
}

static void add(zip_t *z, const struct book_part *p)
{
	zip_source_t *from = zip_source_buffer(z, p->text.p, p->text.n, 0);
	zip_int64_t i;

	must(from);
	i = zip_add(z, p->name, from); /* the old call lets a name stand there twice */
	if (i < 0) {
		char other[64];

		strncpy(other, p->name, sizeof(other) - 1);
		other[sizeof(other) - 1] = '\0';
		other[0] = (char)(other[0] - 'a' + 'A'); /* the same to a reader of workbooks */
		i = zip_file_add(z, other, from, 0);
	}
	must(i >= 0);
	must(zip_file_set_dostime(z, (zip_uint64_t)i, 0, 33, 0) == 0);
}

void book_zip(const struct book_part *parts, size_t n, struct buf *out)
{
	zip_source_t *to = zip_source_buffer_create(NULL, 0, 0, NULL);
	zip_int64_t got;
	char some[4096];
	zip_t *z;

	must(to);
	zip_source_keep(to);
	z = zip_open_from_source(to, ZIP_CREATE | ZIP_TRUNCATE, NULL);
	must(z);
	for (size_t i = 0; i < n; i++)
		add(z, &parts[i]);
	must(zip_close(z) == 0);
	must(zip_source_open(to) == 0);
	while ((got = zip_source_read(to, some, sizeof(some))) > 0)
		buf_put(out, some, (size_t)got);
	must(got == 0 && !out->failed);
	zip_source_close(to);
	zip_source_free(to);
}

static const char *or_plain(const char *given, const char *plain)
{
	return given ? given : plain;
}

static const char root_rels[] =
	HEAD "<Relationships xmlns=\"" RELS "\"><Relationship Id=\"rId1\" Type=\"" TYPES
	     "/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>";

static const char book_rels[] =
	HEAD "<Relationships xmlns=\"" RELS "\">"
	     "<Relationship Id=\"rId1\" Type=\"" TYPES "/worksheet\" "
	     "Target=\"worksheets/sheet1.xml\"/>"
	     "<Relationship Id=\"rId2\" Type=\"" TYPES "/styles\" Target=\"/xl/styles.xml\"/>"
	     "<Relationship Id=\"rId3\" Type=\"" TYPES "/sharedStrings\" "
	     "Target=\"./x/../sharedStrings.xml\"/></Relationships>";

void book_make(const struct book *b, struct buf *out)
{
	CLEANUP(buf_release) struct buf book = { 0 }, sheet = { 0 }, strings = { 0 };
	CLEANUP(buf_release) struct buf styles = { 0 };
	struct book_part all[8], *p = all;

	buf_fmt(&book,
		HEAD "<workbook xmlns=\"" MAIN "\" xmlns:r=\"" TYPES "\"><workbookPr %s/>"
		     "<sheets><sheet name=\"S\" sheetId=\"1\" r:id=\"rId1\"/></sheets>"
		     "</workbook>",
		or_plain(b->workbook_pr, ""));
	buf_lit(&sheet, HEAD "<worksheet xmlns=\"" MAIN "\"><sheetData>");
	buf_lit(&sheet, or_plain(b->rows, ""));
	buf_lit(&sheet, "</sheetData></worksheet>");
	buf_fmt(&strings, HEAD "<sst xmlns=\"" MAIN "\">%s</sst>", or_plain(b->strings, ""));
	buf_fmt(&styles,
		HEAD "<styleSheet xmlns=\"" MAIN "\"><numFmts>%s</numFmts><cellXfs>%s"
		     "</cellXfs></styleSheet>",
		or_plain(b->formats, ""), or_plain(b->cells, "<xf numFmtId=\"0\"/>"));
	*p++ = (struct book_part){ "_rels/.rels", STR(root_rels) };
	*p++ = (struct book_part){ "xl/_rels/workbook.xml.rels", STR(book_rels) };
	*p++ = (struct book_part){ "xl/workbook.xml",
				   b->workbook ? str_of(b->workbook) : buf_view(&book) };
	*p++ = (struct book_part){ "xl/styles.xml", buf_view(&styles) };
	*p++ = (struct book_part){ "xl/sharedStrings.xml", buf_view(&strings) };
	*p++ = (struct book_part){ "xl/worksheets/sheet1.xml",
				   b->sheet ? str_of(b->sheet) : buf_view(&sheet) };
	for (struct book_part *q = all; b->without && q < p; q++)
		if (strcmp(q->name, b->without) == 0) {
			memmove(q, q + 1, (size_t)(p - q - 1) * sizeof(*q));
			p--;
			break;
		}
	if (b->extra.name)
		*p++ = b->extra;
	book_zip(all, (size_t)(p - all), out);
}

static void fields(struct buf *out, const struct str *f, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		buf_lit(out, i ? "|" : "");
		buf_str(out, f[i]);
	}
	buf_char(out, '\n');
}

enum err book_show(struct table *t, struct buf *out, struct fault *f)
{
	struct csv_record r;
	bool more = true;
	enum err e;

	while (!(e = table_next(t, &r, &more, f)) && more) {
		buf_fmt(out, "%" PRIu64 "@%" PRIu64 " ", r.number, r.line);
		if (r.refusal_en)
			buf_fmt(out, "!%s\n", r.refusal_en);
		else
			fields(out, r.fields, r.n_fields);
	}
	if (e)
		buf_fmt(out, "error %s\n", err_word(e));
	return e;
}

enum err book_show_bytes(struct str bytes, const struct table_options *o, struct buf *out,
			 struct fault *f)
{
	CLEANUP(table_end) struct table *t = NULL;
	enum err e = table_open_bytes(bytes, o, &t, f);
	const struct str *header;
	size_t n;

	if (e) {
		buf_fmt(out, "error %s\n", err_word(e));
		return e;
	}
	header = table_header(t, &n);
	buf_lit(out, "= ");
	fields(out, header, n);
	e = book_show(t, out, f);
	buf_lit(out, "");
	return e;
}
