/*
 * out_xlsx.c - a result as an Excel workbook of one sheet, read back before it is published.
 *
 * libxlsxwriter writes the workbook by itself, in memory that does not grow with the rows, and
 * does not tell of every write that failed on its temporary files. So the finished file is read
 * by our own reader and must give back what went in; then its bytes go through the file layer
 * to the place where they belong, synced and renamed like any other result.
 */
#include <stdio.h>
#include <string.h>
#include <xlsxwriter.h>

#include "base/digest.h"
#include "base/memory.h"
#include "table/out.h"
#include "table/xlsx.h"

#include "base/ban.h"

enum { ESCAPE_BYTES = 7, COLUMN_WIDTH = 20, EPOCH_1980 = 315532800 };
static const int64_t NUMBER_MAX = 99999999999999; /* 14 digits: Excel rounds beyond 15 */

struct xlsx_out {
	struct table_out_options o;
	struct table_place place;
	struct file *held; /* its part, so that no other run writes it */
	lxw_workbook *book;
	lxw_worksheet *sheet;
	lxw_format *whole; /* 12 digits and more would show as 1.2E+11 */
	struct buf text;   /* one cell, escaped */
	uint32_t rows;     /* written, with the header */
	uint64_t digest;   /* of every row that is not empty */
	bool settled;
};

/* ---- what can go wrong -------------------------------------------------------------------- */

static enum err no_memory(struct fault *f)
{
	return fault_set(f, ERR_MEMORY, "写 Excel 文件时内存不足：请改用 --format csv",
			 "no memory to write the Excel file: use --format csv");
}

static enum err failed(lxw_error error, struct fault *f)
{
	if (error == LXW_ERROR_MEMORY_MALLOC_FAILED)
		return no_memory(f);
	return fault_set(f, ERR_IO, "写 Excel 文件失败（%s）：请检查磁盘空间，或改用 --format csv",
			 "writing the Excel file failed (%s): check the disk space, or use "
			 "--format csv",
			 lxw_strerror(error));
}

/* ---- cells -------------------------------------------------------------------------------- */

static bool looks_escaped(const char *p, size_t n)
{
	if (n < ESCAPE_BYTES || p[0] != '_' || p[1] != 'x' || p[6] != '_')
		return false;
	return strspn(p + 2, "0123456789abcdefABCDEF") >= 4;
}

/*
 * libxlsxwriter writes control characters as _xHHHH_, but leaves a text that already looks so,
 * and the two characters that XML cannot hold at all. A NUL would end the text for it.
 */
static void escape(struct buf *b, struct str s)
{
	buf_clear(b);
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\0') {
			buf_lit(b, "_x0000_");
		} else if (looks_escaped(s.p + i, s.n - i)) {
			buf_lit(b, "_x005F_");
		} else if (s.n - i >= 3 && memcmp(s.p + i, "\xEF\xBF", 2) == 0 &&
			   (uint8_t)s.p[i + 2] >= 0xBE) {
			buf_lit(b, (uint8_t)s.p[i + 2] == 0xBE ? "_xFFFE_" : "_xFFFF_");
			i += 2;
		} else {
			buf_char(b, s.p[i]);
		}
	}
	buf_char(b, '\0');
}

static enum err put_cell(struct xlsx_out *x, size_t column, struct str s, struct fault *f)
{
	lxw_col_t at = (lxw_col_t)column;
	lxw_error error;
	int64_t v;

	if (s.n == 0)
		return OK;
	if (x->o.columns[column].type != TABLE_TEXT && str_i64(s, &v) == OK && v <= NUMBER_MAX &&
	    v >= -NUMBER_MAX) {
		error = worksheet_write_number(x->sheet, x->rows, at, (double)v, x->whole);
		return error ? failed(error, f) : OK;
	}
	escape(&x->text, s);
	if (x->text.failed)
		return no_memory(f);
	error = xlsx_too_long(s) ? LXW_ERROR_MAX_STRING_LENGTH_EXCEEDED
				 : worksheet_write_string(x->sheet, x->rows, at, x->text.p, NULL);
	if (error == LXW_ERROR_MAX_STRING_LENGTH_EXCEEDED)
		return fault_set(
			f, ERR_FULL,
			"第 %u 行的 %s 超过 Excel 单元格上限 32767 个字符：请改用 --format csv",
			"row %u has in %s more than the 32,767 characters of an Excel cell: "
			"use --format csv",
			(unsigned)x->rows, x->o.columns[column].name);
	return error ? failed(error, f) : OK;
}

/* An empty row is no row when it is read back, so it does not count here either. */
static uint64_t digest_row(const struct str *texts, size_t n, uint64_t digest)
{
	while (n > 0 && texts[n - 1].n == 0)
		n--;
	for (size_t i = 0; i < n; i++)
		digest = digest_seeded(texts[i].p, texts[i].n, digest + 1);
	return n ? digest_seeded("", 0, digest + 2) : digest;
}

enum err xlsx_out_row(struct xlsx_out *x, const struct str *texts, struct fault *f)
{
	if (x->rows >= TABLE_EXCEL_ROWS_MAX)
		return fault_set(f, ERR_FULL,
				 "结果超过 Excel 的 1048576 行，未写出：请改用 --format csv",
				 "the result has more than Excel's 1,048,576 rows and was not "
				 "written: use --format csv");
	for (size_t i = 0; i < x->o.n_columns; i++) {
		enum err e = put_cell(x, i, texts[i], f);

		if (e)
			return e;
	}
	x->digest = digest_row(texts, x->o.n_columns, x->digest);
	x->rows++;
	return OK;
}

/* ---- opening ------------------------------------------------------------------------------ */

/* The folder must let us write, and the disk must hold a byte: said now, not after the work. */
static enum err claim(struct xlsx_out *x, struct fault *f)
{
	enum err e = table_place_open(&x->place, &x->held, f);

	if (e == ERR_EXISTS)
		x->place.part[0] = '\0'; /* it is another run's, and none of ours to remove */
	return e;
}

static enum err begin(struct xlsx_out *x, struct fault *f)
{
	lxw_workbook_options options = { .constant_memory = LXW_TRUE };
	lxw_doc_properties properties = { .created = EPOCH_1980 }; /* equal rows, equal bytes */
	lxw_format *bold;

	x->book = workbook_new_opt(x->place.part, &options);
	x->sheet = x->book ? workbook_add_worksheet(x->book, "result") : NULL;
	x->whole = x->sheet ? workbook_add_format(x->book) : NULL;
	bold = x->whole ? workbook_add_format(x->book) : NULL;
	if (!bold || workbook_set_properties(x->book, &properties))
		return no_memory(f);
	format_set_num_format(x->whole, "0");
	format_set_bold(bold);
	worksheet_freeze_panes(x->sheet, 1, 0);
	ignore(worksheet_set_column(x->sheet, 0, (lxw_col_t)(x->o.n_columns - 1), COLUMN_WIDTH,
				    NULL)
		       ? ERR_IO
		       : OK);
	for (size_t i = 0; i < x->o.n_columns; i++) {
		lxw_error error = worksheet_write_string(x->sheet, 0, (lxw_col_t)i,
							 x->o.columns[i].name, bold);

		if (error)
			return failed(error, f);
	}
	x->rows = 1;
	return OK;
}

static enum err find_place(struct xlsx_out *x, const char *path, struct fault *f)
{
	enum err e = table_place_find(path, &x->place, f);

	if (e)
		return e;
	if (x->place.direct) {
		x->place.part[0] = '\0';
		return fault_set(
			f, ERR_USAGE, "Excel 结果只能写入普通文件：请用 --out 文件.xlsx",
			"an Excel result can only go to a plain file: use --out FILE.xlsx");
	}
	return claim(x, f);
}

enum err xlsx_out_open(const char *path, const struct table_out_options *o, struct xlsx_out **ret,
		       struct fault *f)
{
	struct xlsx_out *x = mem_take(1, sizeof(*x));
	enum err e;

	if (!x)
		return no_memory(f);
	x->o = *o;
	e = find_place(x, path, f);
	if (!e)
		e = begin(x, f);
	if (e)
		xlsx_out_end(&x);
	else
		*ret = x;
	return e;
}

/* ---- closing ------------------------------------------------------------------------------ */

static enum err not_the_same(struct fault *f)
{
	return fault_set(
		f, ERR_IO,
		"写出的 Excel 文件读回后不一致，已放弃：请检查磁盘空间，或改用 --format csv",
		"the Excel file did not read back as it was written and was given up: "
		"check the disk space, or use --format csv");
}

static enum err read_back(const struct xlsx_out *x, struct str bytes, struct fault *f)
{
	CLEANUP(xlsx_end) struct xlsx *in = NULL;
	struct table_limits any = { UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX,
				    UINT64_MAX, UINT64_MAX, UINT64_MAX };
	struct xlsx_row r;
	uint64_t digest = 0;
	bool more = true;
	enum err e;

	if ((e = xlsx_open(bytes, x->place.path, NULL, &any, &in, f)) ||
	    (e = xlsx_next(in, &r, &more, f)))
		return e;
	while (more) {
		if ((e = xlsx_next(in, &r, &more, f)))
			return e;
		if (more)
			digest = digest_row(r.fields, r.n_fields, digest);
	}
	return digest == x->digest ? OK : not_the_same(f);
}

static enum err rewrite(const struct xlsx_out *x, const struct file_map *m, struct fault *f)
{
	CLEANUP(file_end) struct file *fl = NULL;
	enum err e;

	if ((e = file_open(x->place.part, FILE_REPLACE, &fl, f)) ||
	    (e = file_write(fl, m->p, m->n, f)) || (e = file_sync(fl, f)))
		return e;
	return file_close(&fl, f);
}

enum err xlsx_out_settle(struct xlsx_out *x, struct fault *f)
{
	CLEANUP(file_unmap) struct file_map m = { 0 };
	lxw_error error = workbook_close(x->book);
	enum err e;

	x->book = NULL;
	if (error)
		return failed(error, f);
	if ((e = file_map_read(x->place.part, &m, f)) ||
	    (e = read_back(x, (struct str){ (const char *)m.p, m.n }, f)) ||
	    (e = rewrite(x, &m, f)))
		return e;
	x->settled = true;
	return OK;
}

enum err xlsx_out_close(struct xlsx_out *x, struct fault *f)
{
	enum err e = x->settled ? OK : xlsx_out_settle(x, f);

	if (e || (e = table_place_publish(&x->place, f)))
		return e;
	x->place.part[0] = '\0';
	return OK;
}

void xlsx_out_end(struct xlsx_out **px)
{
	struct xlsx_out *x = *px;

	if (!x)
		return;
	lxw_workbook_free(x->book);
	table_place_abandon(&x->place);
	file_end(&x->held);
	buf_release(&x->text);
	mem_drop(x);
	*px = NULL;
}
