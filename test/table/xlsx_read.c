/* xlsx_read.c - whole workbooks, from libxlsxwriter and by hand, compared cell by cell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xlsxwriter.h>

#include "base/memory.h"
#include "support/book.h"

static const struct table_options any; /* no known columns, the first sheet */

static void check(enum err e, const struct fault *f, struct buf *out, const char *shown)
{
	buf_char(out, '\0');
	if (strcmp(out->p, shown) != 0)
		fail_msg("%s (%s)\n%s\ninstead of\n%s", err_word(e), f->en, out->p, shown);
}

static void book_reads(const struct book *b, const char *shown)
{
	CLEANUP(buf_release) struct buf bytes = { 0 }, out = { 0 };
	struct fault f = { 0 };
	enum err e;

	book_make(b, &bytes);
	e = book_show_bytes(buf_view(&bytes), &any, &out, &f);
	check(e, &f, &out, shown);
}

static void file_reads(const char *path, const char *sheet, const char *shown)
{
	CLEANUP(buf_release) struct buf out = { 0 };
	CLEANUP(table_end) struct table *t = NULL;
	struct table_options o = { .sheet = sheet };
	struct fault f = { 0 };
	enum err e = table_open(path, &o, &t, &f);

	if (!e)
		e = book_show(t, &out, &f);
	check(e, &f, &out, shown);
}

/* ---- by libxlsxwriter --------------------------------------------------------------------- */

struct made {
	lxw_workbook *book;
	lxw_worksheet *s;
	int row;
};

static void text(struct made *m, int row, int column, const char *s)
{
	assert_int_equal(worksheet_write_string(m->s, (lxw_row_t)row, (lxw_col_t)column, s, NULL),
			 0);
}

static void number(struct made *m, int row, int column, double v, const char *format)
{
	lxw_format *look = NULL;

	if (format) {
		look = workbook_add_format(m->book);
		format_set_num_format(look, format);
	}
	assert_int_equal(worksheet_write_number(m->s, (lxw_row_t)row, (lxw_col_t)column, v, look),
			 0);
}

static void make_types(const char *path)
{
	struct made m = { .book = workbook_new(path) };
	lxw_datetime at = { 2020, 2, 29, 23, 59, 59 };
	lxw_format *look = workbook_add_format(m.book), *bold = workbook_add_format(m.book);
	lxw_rich_string_tuple one = { NULL, "rich " }, two = { bold, "文本" };
	lxw_rich_string_tuple *rich[] = { &one, &two, NULL };

	m.s = workbook_add_worksheet(m.book, "甲");
	format_set_num_format(look, "yyyy-mm-dd hh:mm:ss");
	format_set_bold(bold);
	for (int i = 0; i < 4; i++)
		text(&m, 0, i, (const char *[]){ "a", "b", "c", "d" }[i]);
	text(&m, 1, 0, "王小明");
	number(&m, 1, 1, 18612345678, NULL);
	number(&m, 1, 2, 0.1, NULL);
	worksheet_write_datetime(m.s, 1, 3, &at, look);
	worksheet_write_boolean(m.s, 2, 0, 1, NULL);
	worksheet_write_boolean(m.s, 2, 1, 0, NULL);
	number(&m, 2, 2, 43831, "yyyy/m/d");
	number(&m, 2, 3, 42, "000000");
	worksheet_write_rich_string(m.s, 5, 0, rich, NULL);
	worksheet_write_formula_num(m.s, 5, 1, "=1+1", NULL, 2);
	worksheet_write_formula_str(m.s, 5, 2, "=\"x\"", NULL, "x");
	worksheet_write_blank(m.s, 6, 0, bold);
	text(&m, 7, 3, " <&>\"'\n\t ");
	text(&m, 8, 0, "=cmd()");
	m.s = workbook_add_worksheet(m.book, "second");
	text(&m, 3, 1, "h");
	text(&m, 4, 1, "v");
	assert_int_equal(workbook_close(m.book), 0);
}

static void every_type_of_cell_reads_as_it_shows(void **state)
{
	(void)state;
	make_types("types.csv"); /* the name says nothing */
	file_reads("types.csv", NULL,
		   "1@2 王小明|18612345678|0.1|2020-02-29T23:59:59\n"
		   "2@3 TRUE|FALSE|2020-01-01|000042\n"
		   "3@6 rich 文本|2|x|\n"
		   "4@8 ||| <&>\"'\n\t \n"
		   "5@9 =cmd()|||\n");
}

static void a_sheet_is_taken_by_its_name(void **state)
{
	struct table_options wrong = { .sheet = "third" };
	struct table *t = NULL;
	struct fault f = { 0 };

	(void)state;
	make_types("two.xlsx");
	file_reads("two.xlsx", "second", "1@5 |v\n");
	assert_int_equal(table_open("two.xlsx", &wrong, &t, &f), ERR_ABSENT);
	assert_non_null(strstr(f.zh, "没有名为“third”的工作表，现有：甲, second"));
	assert_non_null(strstr(f.en, "no sheet \"third\"; it has: 甲, second"));
}

static void the_first_sheet_that_can_be_seen_is_taken(void **state)
{
	struct made m = { .book = workbook_new("hidden.xlsx") };
	lxw_chartsheet *chart;
	lxw_chart *c;

	(void)state;
	m.s = workbook_add_worksheet(m.book, "lists");
	worksheet_hide(m.s);
	text(&m, 0, 0, "wrong");
	text(&m, 1, 0, "wrong");
	chart = workbook_add_chartsheet(m.book, "picture");
	c = workbook_add_chart(m.book, LXW_CHART_LINE);
	chart_add_series(c, NULL, "=data!$A$1:$A$2");
	chartsheet_set_chart(chart, c);
	m.s = workbook_add_worksheet(m.book, "data");
	worksheet_activate(m.s);
	text(&m, 0, 0, "h");
	text(&m, 1, 0, "right");
	assert_int_equal(workbook_close(m.book), 0);
	file_reads("hidden.xlsx", NULL, "1@2 right\n");
	file_reads("hidden.xlsx", "lists", "1@2 wrong\n");
}

static void many_rows_come_one_by_one_and_all(void **state)
{
	lxw_workbook_options options = { .constant_memory = LXW_TRUE };
	struct made m = { .book = workbook_new_opt("many.xlsx", &options) };
	CLEANUP(table_end) struct table *t = NULL;
	struct csv_record r;
	uint64_t n = 0, read, total;
	bool more = true;
	char id[32];

	(void)state;
	m.s = workbook_add_worksheet(m.book, NULL);
	for (int i = 0; i < 20001; i++) {
		snprintf(id, sizeof(id), "人%d", i);
		text(&m, i, 0, i ? id : "id");
		if (i)
			number(&m, i, 1, i, NULL);
		else
			text(&m, i, 1, "n");
	}
	assert_int_equal(workbook_close(m.book), 0);
	assert_int_equal(table_open("many.xlsx", &any, &t, NULL), OK);
	assert_true(table_is_excel(t));
	while (table_next(t, &r, &more, NULL) == OK && more) {
		n++;
		snprintf(id, sizeof(id), "人%d", (int)n);
		assert_true(str_eq(r.fields[0], str_of(id)));
		assert_true(str_eq(r.fields[1], str_of(id + 3)));
		assert_int_equal(r.number, n);
		assert_int_equal(r.line, n + 1);
	}
	assert_int_equal(n, 20000);
	table_progress(t, &read, &total);
	assert_int_equal(read, total);
}

/* ---- by hand ------------------------------------------------------------------------------ */

#define ROW1 "<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"B1\" t=\"s\"><v>1</v></c></row>"
#define AB "<si><t>a</t></si><si><t>b</t></si>"

static void strings_of_every_shape_read_without_their_phonetics(void **state)
{
	struct book b = {
		.strings = AB "<si><r><rPr><b/></rPr><t xml:space=\"preserve\">r1 </t></r>"
			      "<r><t>r2</t></r></si>"
			      "<si><t>東京</t><rPh sb=\"0\" eb=\"2\"><t>トウキョウ</t></rPh>"
			      "<phoneticPr fontId=\"1\"/></si><si/><si><t/></si><si><t>e_x000D_"
			      "</t></si>",
		.rows = ROW1
		"<row r=\"2\"><c r=\"A2\" t=\"s\"><v>2</v></c><c r=\"B2\" t=\"s\"><v>3</v>"
		"</c></row><row r=\"3\"><c r=\"A3\" t=\"inlineStr\"><is><r><t>in</t></r><r>"
		"<t>line</t></r><rPh sb=\"0\" eb=\"1\"><t>no</t></rPh></is></c>"
		"<c r=\"B3\" t=\"inlineStr\"><is><t>x_x0041_</t></is></c></row>"
		"<row r=\"4\"><c r=\"A4\" t=\"s\"><v>4</v></c><c r=\"B4\" t=\"s\"><v>5</v>"
		"</c></row><row r=\"5\"><c r=\"A5\" t=\"str\"><f>X()</f><v>f</v></c>"
		"<c r=\"B5\" t=\"s\"><v>6</v></c></row>",
	};

	(void)state;
	book_reads(&b, "= a|b\n1@2 r1 r2|東京\n2@3 inline|xA\n3@5 f|e\r\n");
}

static void cells_find_their_column_with_and_without_a_reference(void **state)
{
	struct book b = {
		.strings = AB,
		.rows = "<row><c t=\"s\"><v>0</v></c><c t=\"s\"><v>1</v></c></row>"
			"<row r=\"7\"><c r=\"B7\"><v>2</v></c></row>"
			"<row><c><v>3</v></c></row><row/><row r=\"12\"><c/><c><v>4</v></c></row>"
			"<row><c><v>5</v></c><c/><c s=\"0\"/></row>",
	};

	(void)state;
	book_reads(&b, "= a|b\n1@7 |2\n2@8 3|\n3@12 |4\n4@13 5|\n");
}

static void what_stands_beyond_the_header_refuses_the_row(void **state)
{
	struct book b = {
		.strings = AB,
		.rows = ROW1 "<row r=\"2\"><c r=\"C2\"><v>1</v></c></row>"
			     "<row r=\"3\"><c r=\"A3\"><v>1</v></c><c r=\"XFD3\"/></row>",
	};

	(void)state;
	book_reads(&b, "= a|b\n1@2 !a cell beyond the header's last column\n2@3 1|\n");
}

static void muddled_rows_are_refused(void **state)
{
	struct book b = {
		.strings = AB,
		.rows = ROW1 "<row r=\"2\"><c r=\"A2\"><v>1</v></c><c r=\"A2\"><v>2</v></c></row>"
			     "<row r=\"3\"><c r=\"B3\"><v>1</v></c><c r=\"A3\"><v>2</v></c></row>"
			     "<row r=\"4\"><c r=\"A9\"><v>1</v></c></row>"
			     "<row r=\"5\"><c r=\"A5\"><v>1</v></c></row>",
	};

	(void)state;
	book_reads(&b, "= a|b\n1@2 !a cell stands there twice or in the wrong place\n"
		       "2@3 !a cell stands there twice or in the wrong place\n"
		       "3@4 !a cell stands there twice or in the wrong place\n4@5 1|\n");
}

static void flaws_of_a_cell_refuse_its_row(void **state)
{
	struct book b = {
		.strings = AB,
		.cells = "<xf numFmtId=\"0\"/><xf numFmtId=\"14\"/>",
		.rows = ROW1 "<row><c t=\"e\"><v>#N/A</v></c></row>"
			     "<row><c><v>123456789012345678</v></c></row>"
			     "<row><c s=\"1\"><v>60</v></c></row>"
			     "<row><c><v>what</v></c></row>"
			     "<row><c t=\"s\"><v>2</v></c></row>"
			     "<row><c t=\"s\"><v>-1</v></c></row>"
			     "<row><c s=\"1\"><v>61</v></c></row>",
	};

	(void)state;
	book_reads(&b,
		   "= a|b\n1@2 !a cell holds an error value such as #N/A\n"
		   "2@3 !a number of over 15 digits, rounded by Excel: enter it as text\n"
		   "3@4 !a cell holds a date that does not exist\n"
		   "4@5 !a numeric cell holds no number\n5@6 !a cell points to a missing string\n"
		   "6@7 !a cell points to a missing string\n7@8 1900-03-01|\n");
}

static void a_flaw_in_a_column_nobody_knows_harms_nobody(void **state)
{
	static const struct table_column known[] = { { "b", true } };
	struct table_options o = { .known = known, .n_known = 1 };
	CLEANUP(buf_release) struct buf bytes = { 0 }, out = { 0 };
	struct fault f = { 0 };
	struct book b = {
		.strings = AB,
		.rows = ROW1 "<row><c t=\"e\"><v>#N/A</v></c><c><v>1</v></c></row>"
			     "<row><c><v>1</v></c><c t=\"e\"><v>#N/A</v></c></row>",
	};

	(void)state;
	book_make(&b, &bytes);
	assert_int_equal(book_show_bytes(buf_view(&bytes), &o, &out, &f), OK);
	check(OK, &f, &out,
	      "= a|b\n1@2 #N/A|1\n"
	      "2@3 !a cell holds an error value such as #N/A\n");
}

static void a_refused_row_can_still_be_shown(void **state)
{
	CLEANUP(buf_release) struct buf bytes = { 0 };
	CLEANUP(table_end) struct table *t = NULL;
	struct csv_record r;
	bool more;
	struct book b = {
		.strings = AB,
		.rows = ROW1 "<row><c><v>123456789012345678</v></c><c t=\"inlineStr\"><is><t>x,y"
			     "</t></is></c></row>",
	};

	(void)state;
	book_make(&b, &bytes);
	assert_int_equal(table_open_bytes(buf_view(&bytes), &any, &t, NULL), OK);
	assert_int_equal(table_next(t, &r, &more, NULL), OK);
	assert_non_null(r.refusal_zh);
	assert_true(str_eq(r.raw, STR("123456789012345678,\"x,y\"")));
}

static void both_calendars_are_known(void **state)
{
	struct book b = {
		.workbook_pr = "date1904=\"1\"",
		.strings = AB,
		.formats = "<numFmt numFmtId=\"164\" formatCode=\"yyyy&quot;年&quot;m\"/>"
			   "<numFmt numFmtId=\"22\" formatCode=\"0.0\"/>",
		.cells = "<xf/><xf numFmtId=\"164\"/><xf numFmtId=\"31\"/><xf numFmtId=\"22\"/>",
		.rows = ROW1 "<row><c s=\"1\"><v>42369</v></c><c s=\"2\"><v>42369.5</v></c></row>"
			     "<row><c s=\"3\"><v>42369.5</v></c><c t=\"d\"><v>2020-01-01</v></c>"
			     "</row>",
	};

	(void)state;
	book_reads(&b, "= a|b\n1@2 2020-01-01|2020-01-01T12:00:00\n2@3 42369.5|2020-01-01\n");
	b.workbook_pr = "date1904=\"true\"";
	book_reads(&b, "= a|b\n1@2 2020-01-01|2020-01-01T12:00:00\n2@3 42369.5|2020-01-01\n");
	b.workbook_pr = "date1904=\"0\"";
	book_reads(&b, "= a|b\n1@2 2015-12-31|2015-12-31T12:00:00\n2@3 42369.5|2020-01-01\n");
}

static void prefixes_strict_and_missing_namespaces_read_the_same(void **state)
{
	static const char *const sheets[] = {
		"<x:worksheet xmlns:x=\"http://schemas.openxmlformats.org/"
		"spreadsheetml/2006/main\">"
		"<x:sheetData><x:row><x:c><x:v>1</x:v></x:c></x:row><x:row><x:c><x:v>2</x:v></x:c>"
		"</x:row></x:sheetData></x:worksheet>",
		"<worksheet xmlns=\"http://purl.oclc.org/ooxml/spreadsheetml/main\"><sheetData>"
		"<row><c><v>1</v></c></row><row><c><v>2</v></c></row></sheetData></worksheet>",
		"<worksheet><sheetData><row><c><v>1</v></c></row><row><c><v>2</v></c></row>"
		"</sheetData></worksheet>",
		"<worksheet xmlns:q=\"urn:other\"><q:sheetData><row><c><v>9</v></c></row>"
		"</q:sheetData><sheetData q:r=\"5\"><row><c><v>1</v><q:v>8</q:v></c></row><row><c>"
		"<v>2</v></c><extLst><c><v>7</v></c></extLst></row></sheetData></worksheet>",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sheets); i++) {
		struct book b = { .sheet = sheets[i] };

		book_reads(&b, "= 1\n1@2 2\n");
	}
}

static void only_one_header_is_no_row_and_nothing_is_no_header(void **state)
{
	struct book b = { .strings = AB, .rows = ROW1 };

	(void)state;
	book_reads(&b, "= a|b\n");
	b.rows = "<row r=\"1\"/><row r=\"4\"><c r=\"A4\"/></row>";
	book_reads(&b, "error syntax\n");
	b.rows = "<row/><row r=\"4\"><c r=\"B4\" t=\"s\"><v>1</v></c></row>"
		 "<row r=\"6\"><c r=\"A6\"><v>1</v></c></row>";
	book_reads(&b, "= |b\n1@6 1|\n");
	b.rows = "<row><c t=\"e\"><v>#REF!</v></c></row>";
	book_reads(&b, "error syntax\n");
}

static void cell_of(size_t n, const char *what, struct buf *rows)
{
	buf_lit(rows, "<row><c t=\"inlineStr\"><is><t>");
	for (size_t i = 0; i < n; i++)
		buf_lit(rows, what);
	buf_lit(rows, "</t></is></c></row>");
}

static void a_cell_holds_as_many_characters_as_in_excel(void **state)
{
	CLEANUP(buf_release) struct buf rows = { 0 }, bytes = { 0 };
	CLEANUP(table_end) struct table *t = NULL;
	struct book b = { .strings = AB };
	struct csv_record r;
	bool more;

	(void)state;
	buf_lit(&rows, ROW1);
	cell_of(32767, "中", &rows);
	cell_of(32768, "中", &rows);
	cell_of(200000, "a", &rows);
	buf_char(&rows, '\0');
	b.rows = rows.p;
	book_make(&b, &bytes);
	assert_int_equal(table_open_bytes(buf_view(&bytes), &any, &t, NULL), OK);
	assert_int_equal(table_next(t, &r, &more, NULL), OK);
	assert_null(r.refusal_en);
	assert_int_equal(r.fields[0].n, 32767 * 3);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(table_next(t, &r, &more, NULL), OK);
		assert_string_equal(r.refusal_en, "a cell of more than 32,767 characters");
	}
	assert_int_equal(table_next(t, &r, &more, NULL), OK);
	assert_false(more);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type_of_cell_reads_as_it_shows),
		cmocka_unit_test(a_sheet_is_taken_by_its_name),
		cmocka_unit_test(the_first_sheet_that_can_be_seen_is_taken),
		cmocka_unit_test(many_rows_come_one_by_one_and_all),
		cmocka_unit_test(strings_of_every_shape_read_without_their_phonetics),
		cmocka_unit_test(cells_find_their_column_with_and_without_a_reference),
		cmocka_unit_test(what_stands_beyond_the_header_refuses_the_row),
		cmocka_unit_test(muddled_rows_are_refused),
		cmocka_unit_test(flaws_of_a_cell_refuse_its_row),
		cmocka_unit_test(a_flaw_in_a_column_nobody_knows_harms_nobody),
		cmocka_unit_test(a_refused_row_can_still_be_shown),
		cmocka_unit_test(both_calendars_are_known),
		cmocka_unit_test(prefixes_strict_and_missing_namespaces_read_the_same),
		cmocka_unit_test(only_one_header_is_no_row_and_nothing_is_no_header),
		cmocka_unit_test(a_cell_holds_as_many_characters_as_in_excel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
