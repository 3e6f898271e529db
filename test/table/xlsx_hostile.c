/* xlsx_hostile.c - workbooks that are cut, damaged, foreign, or made to hurt. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zip.h>

#include "base/dice.h"
#include "base/memory.h"
#include "support/book.h"

static const struct table_column known[] = { { "a", true }, { "b", true } };
static const struct table_options ab = { .known = known, .n_known = 2 };

#define MAIN "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\""
#define ROW1 "<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"B1\" t=\"s\"><v>1</v></c></row>"
#define ROW2 "<row r=\"2\"><c r=\"A2\"><v>1</v></c><c r=\"B2\" s=\"1\"><v>43831</v></c></row>"
#define AB "<si><t>a</t></si><si><t>b</t></si>"

static const struct book good = {
	.strings = AB,
	.cells = "<xf numFmtId=\"0\"/><xf numFmtId=\"14\"/>",
	.rows = ROW1 ROW2 "<row r=\"3\"><c r=\"A3\"><v>2</v></c></row>",
};
static const char good_shown[] = "= a|b\n1@2 1|2020-01-01\n2@3 2|\n";

/* Read to the end, whatever comes. The answer is the good one, or an error with a sentence. */
static bool reads_well(const char *p, size_t n, const char *shown)
{
	CLEANUP(buf_release) struct buf out = { 0 };
	struct fault f = { 0 };
	char *copy = malloc(n ? n : 1);
	enum err e;

	assert_non_null(copy);
	memcpy(copy, p, n); /* exactly its size, so that reading past it is seen */
	e = book_show_bytes((struct str){ copy, n }, &ab, &out, &f);
	free(copy);
	buf_char(&out, '\0');
	if (e) {
		assert_int_equal(f.code, e);
		assert_true(f.zh[0] && f.en[0]);
		return false;
	}
	assert_string_equal(out.p, shown);
	return true;
}

static void refused_with(const struct book *b, const struct table_options *o, enum err e,
			 const char *zh, const char *en)
{
	CLEANUP(buf_release) struct buf bytes = { 0 }, out = { 0 };
	struct fault f = { 0 };
	enum err got;

	book_make(b, &bytes);
	got = book_show_bytes(buf_view(&bytes), o, &out, &f);
	if (got != e || !strstr(f.zh, zh) || !strstr(f.en, en))
		fail_msg("%s: \"%s\" / \"%s\"", err_word(got), f.zh, f.en);
}

/* ---- cut and damaged ---------------------------------------------------------------------- */

static void a_file_cut_at_any_byte_is_refused(void **state)
{
	CLEANUP(buf_release) struct buf bytes = { 0 };

	(void)state;
	book_make(&good, &bytes);
	assert_true(reads_well(bytes.p, bytes.n, good_shown));
	for (size_t n = 0; n < bytes.n; n++)
		assert_false(reads_well(bytes.p, n, good_shown));
}

static void one_changed_byte_is_refused_or_changes_nothing(void **state)
{
	CLEANUP(buf_release) struct buf bytes = { 0 };
	size_t harmless = 0;

	(void)state;
	book_make(&good, &bytes);
	for (size_t i = 0; i < bytes.n; i++)
		for (int bit = 0; bit < 9; bit++) {
			int mask = bit < 8 ? 1 << bit : 0xFF;

			bytes.p[i] = (char)(bytes.p[i] ^ mask);
			harmless += reads_well(bytes.p, bytes.n, good_shown);
			bytes.p[i] = (char)(bytes.p[i] ^ mask);
		}
	assert_true(harmless > 0); /* dates, versions and attributes of the container */
	assert_true(harmless < bytes.n * 9 / 2);
}

static void bytes_gone_or_doubled_inside_are_refused_or_change_nothing(void **state)
{
	CLEANUP(buf_release) struct buf bytes = { 0 }, other = { 0 };
	struct dice d = { 7 };

	(void)state;
	book_make(&good, &bytes);
	for (int i = 0; i < 2000; i++) {
		size_t at = dice_below(&d, (uint32_t)bytes.n);
		size_t n = min_size(1 + dice_below(&d, 64), bytes.n - at);

		buf_clear(&other);
		buf_put(&other, bytes.p, at + (i % 2 ? n : 0));
		buf_put(&other, bytes.p + at + (i % 2 ? 0 : n), bytes.n - at - (i % 2 ? 0 : n));
		reads_well(other.p, other.n, good_shown);
	}
}

/* A sheet whose bytes are fine until the last: its rows came, and still the end is an error. */
static void damage_at_the_end_of_a_sheet_voids_the_rows_before(void **state)
{
	CLEANUP(buf_release) struct buf bytes = { 0 }, out = { 0 };
	struct zip_stat st;
	zip_t *z = NULL;
	zip_source_t *from;
	bool found = false;

	(void)state;
	book_make(&good, &bytes);
	from = zip_source_buffer_create(bytes.p, bytes.n, 0, NULL);
	z = zip_open_from_source(from, ZIP_RDONLY, NULL);
	assert_non_null(z);
	assert_int_equal(zip_stat(z, "xl/worksheets/sheet1.xml", 0, &st), 0);
	for (size_t i = 0; i + 4 <= bytes.n; i++) {
		uint32_t crc;

		memcpy(&crc, bytes.p + i, 4);
		if (crc == st.crc) {
			bytes.p[i] = (char)(bytes.p[i] ^ 1);
			found = true;
		}
	}
	zip_discard(z);
	assert_true(found);
	assert_int_equal(book_show_bytes(buf_view(&bytes), &ab, &out, NULL), ERR_CORRUPT);
	buf_char(&out, '\0');
	assert_string_equal(out.p, "= a|b\n1@2 1|2020-01-01\n2@3 2|\nerror corrupt\n");
}

static void a_missing_part_is_refused(void **state)
{
	static const char *const parts[] = { "xl/_rels/workbook.xml.rels", "xl/workbook.xml",
					     "xl/styles.xml", "xl/sharedStrings.xml",
					     "xl/worksheets/sheet1.xml" };
	struct book b = good;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		b.without = parts[i];
		refused_with(&b, &ab, ERR_CORRUPT, parts[i], parts[i]);
	}
	b.without = "_rels/.rels";
	refused_with(&b, &ab, ERR_SYNTAX, "不是 .xlsx 工作簿", "no .xlsx workbook");
}

static void a_part_that_stands_twice_is_refused(void **state)
{
	struct book b = good;

	(void)state;
	b.extra = (struct book_part){ "XL/worksheets/sheet1.xml", STR("<worksheet/>") };
	refused_with(&b, &ab, ERR_CORRUPT, "part occurs twice", "part occurs twice");
}

static void sheets_that_do_not_follow_the_grammar_are_refused(void **state)
{
	static const struct {
		const char *sheet;
		enum err e;
	} wrong[] = {
		{ "", ERR_CORRUPT },
		{ "<worksheet " MAIN ">", ERR_CORRUPT },
		{ "<worksheet " MAIN "/>", ERR_CORRUPT },
		{ "<chartsheet " MAIN "><sheetData/></chartsheet>", ERR_CORRUPT },
		{ "<worksheet " MAIN "><sheetData>" ROW1 "<rows/></sheetData></worksheet>",
		  ERR_CORRUPT },
		{ "<worksheet " MAIN "><sheetData>" ROW1 "<row><d/></row></sheetData></worksheet>",
		  ERR_CORRUPT },
		{ "<worksheet " MAIN "><sheetData>" ROW1 "</sheetData><sheetData/></worksheet>",
		  ERR_CORRUPT },
		{ "<worksheet " MAIN "><sheetData>" ROW1 ROW1 "</sheetData></worksheet>",
		  ERR_CORRUPT },
		{ "<worksheet " MAIN "><sheetData>" ROW1 "<row r=\"x\"/></sheetData></worksheet>",
		  ERR_CORRUPT },
		{ "<worksheet " MAIN "><sheetData>" ROW1 "<row><c r=\"2B\"/></row></sheetData>"
		  "</worksheet>",
		  ERR_CORRUPT },
		{ "<worksheet " MAIN "><sheetData>" ROW1 "<row><c t=\"x\"/></row></sheetData>"
		  "</worksheet>",
		  ERR_CORRUPT },
		{ "<worksheet " MAIN "><sheetData>" ROW1 "<row><c s=\"2\"/></row></sheetData>"
		  "</worksheet>",
		  ERR_CORRUPT },
		{ "<worksheet " MAIN "><sheetData>" ROW1 "</sheetData></worksheet>x", ERR_CORRUPT },
		{ "<worksheet " MAIN "><sheetData>" ROW1 "<row r=\"1048577\"/></sheetData>"
		  "</worksheet>",
		  ERR_FULL },
	};
	struct book b = good;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		b.sheet = wrong[i].sheet;
		refused_with(&b, &ab, wrong[i].e, "Excel 文件“file”", "the Excel file \"file\"");
	}
}

static void workbooks_that_lead_nowhere_are_refused(void **state)
{
	struct book b = good;

	(void)state;
	b.workbook = "<workbook " MAIN "><sheets/></workbook>";
	refused_with(&b, &ab, ERR_ABSENT, "没有可见的工作表", "no sheet that can be seen");
	b.workbook = "<book/>";
	refused_with(&b, &ab, ERR_SYNTAX, "workbook", "workbook");
	b.workbook = "<workbook " MAIN "><sheets><sheet name=\"S\"/></sheets></workbook>";
	refused_with(&b, &ab, ERR_SYNTAX, "sheets", "sheets");
	b.workbook = "<workbook " MAIN " xmlns:r=\"urn:r\"><sheets><sheet name=\"S\" r:id=\"rId2\""
		     " state=\"veryHidden\"/></sheets></workbook>";
	refused_with(&b, &ab, ERR_ABSENT, "没有可见的工作表", "no sheet that can be seen");
	refused_with(&b, &(struct table_options){ .sheet = "S" }, ERR_SYNTAX, "“S”是图表",
		     "\"S\" is no grid");
}

/* ---- made to hurt ------------------------------------------------------------------------- */

static void document_types_are_refused_in_every_part(void **state)
{
	struct book b = good;

	(void)state;
	b.sheet = "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">"
		  "<!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\">]><worksheet " MAIN "><sheetData>" ROW1
		  "<row><c t=\"inlineStr\"><is><t>&c;</t></is></c></row></sheetData></worksheet>";
	refused_with(&b, &ab, ERR_SYNTAX, "文档类型声明", "declares a document type");
	b = good;
	b.workbook = "<!DOCTYPE w SYSTEM \"file:///etc/passwd\"><workbook " MAIN "/>";
	refused_with(&b, &ab, ERR_SYNTAX, "文档类型声明", "declares a document type");
	b = good;
	b.sheet = "<worksheet " MAIN "><sheetData>" ROW1 "<row><c><v>&x;</v></c></row></sheetData>"
		  "</worksheet>";
	refused_with(&b, &ab, ERR_CORRUPT, "undefined entity", "undefined entity");
}

static void repeat(struct buf *b, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_lit(b, s);
}

static void a_part_that_unfolds_too_far_is_refused(void **state)
{
	CLEANUP(buf_release) struct buf rows = { 0 };
	struct table_limits limits = table_limits();
	struct table_options o = { .limits = &limits };
	struct book b = good;

	(void)state;
	buf_lit(&rows, ROW1);
	repeat(&rows, "                                                                ", 1 << 16);
	buf_char(&rows, '\0');
	b.rows = rows.p;
	limits.ratio_from_bytes = 1 << 20;
	refused_with(&b, &o, ERR_FULL, "疑似压缩炸弹", "like a zip bomb");
	limits.ratio_from_bytes = UINT64_MAX;
	limits.sheet_bytes_max = 1 << 20;
	refused_with(&b, &o, ERR_FULL, "超过 1048576 字节", "more than 1048576 bytes");
	b.rows = ROW1;
	b.strings = rows.p;
	limits.strings_bytes_max = 1 << 20;
	refused_with(&b, &o, ERR_FULL, "xl/sharedStrings.xml", "xl/sharedStrings.xml");
	b.strings = AB;
	b.formats = rows.p;
	limits.part_bytes_max = 1 << 20;
	refused_with(&b, &o, ERR_FULL, "xl/styles.xml", "xl/styles.xml");
	limits.file_bytes_max = 100;
	refused_with(&b, &o, ERR_FULL, "超过 100 字节", "over 100 bytes");
}

static void cells_rows_depth_and_tags_have_an_end(void **state)
{
	CLEANUP(buf_release) struct buf rows = { 0 };
	struct table_limits limits = table_limits();
	struct table_options o = { .limits = &limits };
	struct book b = good;

	(void)state;
	limits.cells_max = 4;
	b.rows = ROW1 ROW2 "<row><c/></row>";
	refused_with(&b, &o, ERR_FULL, "第 3 行已超过 4 个单元格", "by row 3 more than 4 cells");
	limits = table_limits();
	repeat(&rows, "<x>", 100);
	buf_char(&rows, '\0');
	b.rows = rows.p;
	b.sheet = NULL;
	refused_with(&b, &o, ERR_CORRUPT, "row", "row");
	b.rows = ROW1;
	b.strings = rows.p;
	refused_with(&b, &o, ERR_SYNTAX, "嵌套过深", "too deep");
	b.strings = AB;
	buf_clear(&rows);
	buf_lit(&rows, "<row x=\"");
	repeat(&rows, "0123456789abcdef0123456789abcdef", 5 << 15);
	buf_lit(&rows, "\"/>");
	buf_char(&rows, '\0');
	limits.ratio_from_bytes = UINT64_MAX;
	b.rows = rows.p;
	refused_with(&b, &o, ERR_FULL, "过长的标记", "an endless tag");
}

static void a_row_of_many_long_cells_is_refused(void **state)
{
	CLEANUP(buf_release) struct buf rows = { 0 };
	struct table_limits limits = table_limits();
	struct table_options o = { .limits = &limits };
	struct book b = good;

	(void)state;
	limits.ratio_from_bytes = UINT64_MAX;
	buf_lit(&rows, ROW1 "<row>");
	for (int i = 0; i < 600; i++) {
		buf_lit(&rows, "<c t=\"str\"><v>");
		repeat(&rows, "0123456789abcdef0123456789abcdef", 1000);
		buf_lit(&rows, "</v></c>");
	}
	buf_lit(&rows, "</row>");
	buf_char(&rows, '\0');
	b.rows = rows.p;
	refused_with(&b, &o, ERR_FULL, "第 2 行超过 16 MiB", "row 2 is over 16 MiB");
}

/* One shared string, pointed to by every cell of a row: the row costs what its cells cost. */
static void a_row_of_many_pointers_to_one_long_string_stays_small(void **state)
{
	CLEANUP(buf_release) struct buf rows = { 0 }, strings = { 0 }, bytes = { 0 };
	CLEANUP(table_end) struct table *t = NULL;
	struct table_options any = { 0 };
	struct csv_record r;
	struct book b = { 0 };
	bool more;

	(void)state;
	buf_lit(&strings, AB "<si><t>");
	repeat(&strings, "0123456789abcdef", 2000);
	buf_lit(&strings, "</t></si>");
	buf_char(&strings, '\0');
	buf_lit(&rows, ROW1 "<row>");
	repeat(&rows, "<c t=\"s\"><v>2</v></c>", 16384);
	buf_lit(&rows, "</row>");
	buf_char(&rows, '\0');
	b.rows = rows.p;
	b.strings = strings.p;
	book_make(&b, &bytes);
	assert_int_equal(table_open_bytes(buf_view(&bytes), &any, &t, NULL), OK);
	assert_int_equal(table_next(t, &r, &more, NULL), OK);
	assert_int_equal(r.n_fields, 16384);
	assert_non_null(r.refusal_en);
	assert_true(r.raw.n <= 1 << 20);
}

/* ---- other files -------------------------------------------------------------------------- */

static void foreign(struct str bytes, enum err e, const char *zh, const char *en)
{
	struct table *t = NULL;
	struct fault f = { 0 };

	assert_int_equal(table_open_bytes(bytes, &ab, &t, &f), e);
	if (!strstr(f.zh, zh) || !strstr(f.en, en))
		fail_msg("\"%s\" / \"%s\"", f.zh, f.en);
}

static void other_kinds_of_file_are_told_apart(void **state)
{
	static const char old[] = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 rest";
	static const char locked[] = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 E E\0n\0c\0r\0y\0p\0t\0e\0d"
				     "\0P\0a\0c\0k\0a\0g\0e\0 rest";
	struct book_part ods = { "mimetype", STR("application/vnd.oasis.opendocument") };
	struct book_part xlsb = {
		"_rels/.rels",
		STR("<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/"
		    "relationships\"><Relationship Id=\"r\" Type=\"x/officeDocument\" "
		    "Target=\"xl/workbook.bin\"/></Relationships>")
	};
	struct book_part climbs = {
		"_rels/.rels",
		STR("<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/"
		    "relationships\"><Relationship Id=\"r\" Type=\"x/officeDocument\" "
		    "Target=\"../../etc/workbook.xml\"/></Relationships>")
	};
	CLEANUP(buf_release) struct buf b = { 0 };

	(void)state;
	foreign((struct str){ old, sizeof(old) - 1 }, ERR_VERSION, "旧版 .xls", "old .xls");
	foreign((struct str){ locked, sizeof(locked) - 1 }, ERR_ENCODING, "已加密", "encrypted");
	book_zip(&ods, 1, &b);
	foreign(buf_view(&b), ERR_SYNTAX, "不是 .xlsx", "no .xlsx");
	buf_clear(&b);
	book_zip(&xlsb, 1, &b);
	foreign(buf_view(&b), ERR_SYNTAX, "不是 .xlsx", "no .xlsx");
	buf_clear(&b);
	book_zip(&climbs, 1, &b);
	foreign(buf_view(&b), ERR_SYNTAX, "relationships", "relationships");
	foreign(STR("PK\3\4"), ERR_CORRUPT, "已损坏", "damaged");
	foreign((struct str){ "PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 22 }, ERR_SYNTAX,
		"不是 .xlsx", "no .xlsx");
}

static void an_encrypted_part_is_said_to_be_encrypted(void **state)
{
	CLEANUP(buf_release) struct buf bytes = { 0 };
	struct fault f = { 0 };
	struct table *t = NULL;

	(void)state;
	book_make(&good, &bytes);
	for (size_t i = 0; i + 46 < bytes.n; i++) { /* the flag in every header of an entry */
		if (memcmp(bytes.p + i, "PK\3\4", 4) == 0)
			bytes.p[i + 6] = (char)(bytes.p[i + 6] | 1);
		if (memcmp(bytes.p + i, "PK\1\2", 4) == 0)
			bytes.p[i + 8] = (char)(bytes.p[i + 8] | 1);
	}
	assert_int_equal(table_open_bytes(buf_view(&bytes), &ab, &t, &f), ERR_ENCODING);
	assert_non_null(strstr(f.zh, "已加密"));
}

static void no_memory_at_any_point_is_an_error_and_no_leak(void **state)
{
	CLEANUP(buf_release) struct buf bytes = { 0 }, out = { 0 };
	enum err e = ERR_MEMORY;

	(void)state;
	book_make(&good, &bytes);
	for (uint64_t k = 1; e; k++) {
		CLEANUP(table_end) struct table *t = NULL;
		struct fault f = { 0 };
		struct csv_record r;
		bool more = true;

		mem_fail_at(k, k % 2 == 0);
		e = table_open_bytes(buf_view(&bytes), &ab, &t, &f);
		while (!e && more)
			e = table_next(t, &r, &more, &f);
		mem_fail_at(0, false);
		assert_true(e == OK || e == ERR_MEMORY);
		assert_int_equal(f.code, e);
		assert_true(k < 200);
	}
	assert_int_equal(book_show_bytes(buf_view(&bytes), &ab, &out, NULL), OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_cut_at_any_byte_is_refused),
		cmocka_unit_test(one_changed_byte_is_refused_or_changes_nothing),
		cmocka_unit_test(bytes_gone_or_doubled_inside_are_refused_or_change_nothing),
		cmocka_unit_test(damage_at_the_end_of_a_sheet_voids_the_rows_before),
		cmocka_unit_test(a_missing_part_is_refused),
		cmocka_unit_test(a_part_that_stands_twice_is_refused),
		cmocka_unit_test(sheets_that_do_not_follow_the_grammar_are_refused),
		cmocka_unit_test(workbooks_that_lead_nowhere_are_refused),
		cmocka_unit_test(document_types_are_refused_in_every_part),
		cmocka_unit_test(a_part_that_unfolds_too_far_is_refused),
		cmocka_unit_test(cells_rows_depth_and_tags_have_an_end),
		cmocka_unit_test(a_row_of_many_long_cells_is_refused),
		cmocka_unit_test(a_row_of_many_pointers_to_one_long_string_stays_small),
		cmocka_unit_test(other_kinds_of_file_are_told_apart),
		cmocka_unit_test(an_encrypted_part_is_said_to_be_encrypted),
		cmocka_unit_test(no_memory_at_any_point_is_an_error_and_no_leak),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
