/*
 * xlsx.c - one sheet as a stream of rows: the parser is paused at the end of every row.
 *
 * Depths in a sheet: 1 worksheet, 2 sheetData, 3 row, 4 c, 5 v or is, 6 and 7 text inside is.
 * Whatever stands elsewhere is passed over, but inside sheetData nothing unknown is: a row that
 * was not understood must not be missed in silence.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "table/xlsx.h"

#include "base/ban.h"

enum { DEPTH_DATA = 2, DEPTH_ROW, DEPTH_CELL, DEPTH_VALUE };

enum cell_type { CELL_NUMBER, CELL_SHARED, CELL_TEXT, CELL_BOOL, CELL_ERROR };

/* A cell's text: in the row's buffer, or in the shared strings. */
struct cell {
	bool shared, set;
	uint8_t flaw;
	uint32_t at, n;
};

struct xlsx {
	struct xlsx_zip zip;
	struct xlsx_book book;
	struct xlsx_xml xml;
	uint64_t cells;

	/* where in the sheet the parser is */
	bool in_data, data_seen, in_row, in_cell, in_value;
	int phonetic;         /* depth of <rPh>; 0 outside */
	uint32_t row, column; /* of the cell under way; row from 1, column from 0 */
	uint32_t next_column;
	enum cell_type type;
	uint32_t style;
	size_t text_from; /* of the cell, in text */
	bool cut;         /* the cell's text went over the limit */

	/* the row under way, and the one handed out */
	struct buf text;
	VEC(struct cell) line;
	VEC(struct str) fields;
	VEC(uint8_t) flaws;
	bool muddled, row_ready;
};

/* ---- what can be wrong with a sheet ------------------------------------------------------- */

static enum err no_memory(const struct xlsx *x, struct fault *f)
{
	return fault_set(f, ERR_MEMORY, "读取 Excel 文件“%s”时内存不足：请关闭其他程序或改用 CSV",
			 "no memory to read the Excel file \"%s\": close other programs or use CSV",
			 x->zip.name);
}

static enum err odd(const struct xlsx *x, const char *what, struct fault *f)
{
	return fault_set(f, ERR_CORRUPT,
			 "Excel 文件“%s”的工作表在第 %" PRIu32
			 " 行附近有误（%s）：请用 Excel 打开后另存为 .xlsx",
			 "the sheet in the Excel file \"%s\" is wrong near row %" PRIu32
			 " (%s): open it in Excel and save it anew as .xlsx",
			 x->zip.name, x->row, what);
}

static enum err too_many_rows(const struct xlsx *x, struct fault *f)
{
	return fault_set(f, ERR_FULL, "Excel 文件“%s”超过 1048576 行：请拆分文件或改用 CSV",
			 "the Excel file \"%s\" has more than 1,048,576 rows: split it or use CSV",
			 x->zip.name);
}

static enum err too_many_cells(const struct xlsx *x, struct fault *f)
{
	return fault_set(f, ERR_FULL,
			 "Excel 文件“%s”到第 %" PRIu32 " 行已超过 %" PRIu64
			 " 个单元格：请拆分文件或改用 CSV",
			 "the Excel file \"%s\" has by row %" PRIu32 " more than %" PRIu64
			 " cells: split it or use CSV",
			 x->zip.name, x->row, x->zip.limits.cells_max);
}

static enum err row_too_big(const struct xlsx *x, struct fault *f)
{
	return fault_set(f, ERR_FULL, "Excel 文件“%s”第 %" PRIu32 " 行超过 16 MiB：请改用 CSV",
			 "in the Excel file \"%s\" row %" PRIu32 " is over 16 MiB: use CSV",
			 x->zip.name, x->row);
}

/* ---- a row -------------------------------------------------------------------------------- */

static enum err row_start(struct xlsx *x, const char **attr, struct fault *f)
{
	const char *r = xlsx_attr(attr, "r");
	int64_t number = (int64_t)x->row + 1;

	if (r && (str_i64(str_of(r), &number) || number <= (int64_t)x->row))
		return odd(x, "row number", f);
	if (number > TABLE_EXCEL_ROWS_MAX)
		return too_many_rows(x, f);
	x->row = (uint32_t)number;
	x->next_column = 0;
	x->line.n = 0;
	x->muddled = false;
	x->in_row = true;
	buf_clear(&x->text);
	return OK;
}

static struct str cell_text(const struct xlsx *x, const struct cell *c)
{
	return (struct str){ (c->shared ? x->book.text.p : x->text.p) + c->at, c->n };
}

/* Lay the row out as fields up to its last cell with something in it; an empty row is none. */
static enum err row_end(struct xlsx *x, struct fault *f)
{
	size_t n = x->line.n;

	x->in_row = false;
	while (n > 0 && x->line.v[n - 1].n == 0 && x->line.v[n - 1].flaw == XLSX_FLAWLESS)
		n--;
	if (x->text.failed || vec_reserve(&x->fields, n) || vec_reserve(&x->flaws, n))
		return no_memory(x, f);
	x->fields.n = x->flaws.n = n;
	for (size_t i = 0; i < n; i++) {
		const struct cell *c = &x->line.v[i];

		x->fields.v[i] = c->n ? cell_text(x, c) : STR("");
		x->flaws.v[i] = c->flaw;
	}
	if (n > 0 || x->muddled) {
		x->row_ready = true;
		xlsx_xml_pause(&x->xml);
	}
	return OK;
}

/* ---- a cell ------------------------------------------------------------------------------- */

static bool type_read(const char *t, enum cell_type *ret)
{
	static const struct {
		const char *word;
		enum cell_type type;
	} known[] = {
		{ "n", CELL_NUMBER },       { "s", CELL_SHARED }, { "str", CELL_TEXT },
		{ "inlineStr", CELL_TEXT }, { "b", CELL_BOOL },   { "e", CELL_ERROR },
		{ "d", CELL_TEXT }, /* ISO 8601, in the strict variant */
	};

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (strcmp(t, known[i].word) == 0) {
			*ret = known[i].type;
			return true;
		}
	return false;
}

static enum err style_read(const struct xlsx *x, const char *s, uint32_t *ret)
{
	int64_t v = 0;

	if (s && (str_i64(str_of(s), &v) || v < 0))
		return ERR_SYNTAX;
	if (v > 0 && (uint64_t)v >= x->book.styles.n)
		return ERR_RANGE;
	*ret = (uint32_t)v;
	return OK;
}

static enum err cell_start(struct xlsx *x, const char **attr, struct fault *f)
{
	const char *r = xlsx_attr(attr, "r"), *t = xlsx_attr(attr, "t");
	uint32_t row = x->row;

	if (++x->cells > x->zip.limits.cells_max)
		return too_many_cells(x, f);
	x->column = x->next_column;
	if (r && xlsx_reference(r, &x->column, &row))
		return odd(x, "cell reference", f);
	if (x->column >= XLSX_COLUMNS_MAX)
		return odd(x, "cell reference", f);
	if (row != x->row || x->column < x->next_column)
		x->muddled = true;
	x->next_column = (uint32_t)max_size(x->next_column, x->column + 1);
	x->type = CELL_NUMBER;
	if (t && !type_read(t, &x->type))
		return odd(x, "cell type", f);
	if (style_read(x, xlsx_attr(attr, "s"), &x->style))
		return odd(x, "cell style", f);
	x->text_from = x->text.n;
	x->cut = false;
	x->in_cell = true;
	return OK;
}

static enum xlsx_flaw shared_cell(const struct xlsx *x, struct str v, struct cell *c)
{
	int64_t i;

	if (str_i64(v, &i) || i < 0 || (uint64_t)i >= x->book.text_end.n)
		return XLSX_FLAW_STRING;
	c->shared = true;
	c->at = i ? x->book.text_end.v[i - 1] : 0;
	c->n = x->book.text_end.v[i] - c->at;
	return c->n && xlsx_too_long(cell_text(x, c)) ? XLSX_FLAW_LONG : XLSX_FLAWLESS;
}

static enum xlsx_flaw number_cell(struct xlsx *x, struct str v, struct cell *c)
{
	struct xlsx_style style = x->style < x->book.styles.n
					  ? x->book.styles.v[x->style]
					  : (struct xlsx_style){ XLSX_NUMBER, 0 };
	char text[64];
	enum xlsx_flaw flaw;

	if (v.n > sizeof(text))
		return XLSX_FLAW_NUMBER;
	memcpy(text, v.p, v.n); /* v lies in the very buffer that is written to */
	x->text.n = c->at;
	flaw = xlsx_number((struct str){ text, v.n }, style, x->book.date1904, &x->text);
	if (flaw) /* as it stands in the file, for the list of refused rows */
		buf_put(&x->text, text, v.n);
	c->n = (uint32_t)(x->text.n - c->at);
	return flaw;
}

/* The text between the tags is in x->text from text_from on: make the cell's value of it. */
static struct cell cell_value(struct xlsx *x)
{
	struct cell c = { .set = true, .at = (uint32_t)x->text_from };
	struct str v;

	c.n = (uint32_t)(x->text.n - x->text_from);
	if (c.n == 0)
		return c;
	v = (struct str){ x->text.p + c.at, c.n };
	switch (x->type) {
	case CELL_SHARED:
		c.n = 0;
		c.flaw = (uint8_t)shared_cell(x, v, &c);
		x->text.n = x->text_from;
		break;
	case CELL_NUMBER: c.flaw = (uint8_t)number_cell(x, v, &c); break;
	case CELL_TEXT:
		c.n = (uint32_t)xlsx_unescape(x->text.p + c.at, c.n);
		v.n = c.n;
		c.flaw = x->cut || xlsx_too_long(v) ? XLSX_FLAW_LONG : XLSX_FLAWLESS;
		break;
	case CELL_BOOL:
		x->text.n = x->text_from;
		buf_lit(&x->text, v.n == 1 && *v.p == '0' ? "FALSE" : "TRUE");
		c.n = (uint32_t)(x->text.n - c.at);
		break;
	case CELL_ERROR: c.flaw = XLSX_FLAW_ERROR; break;
	}
	return c;
}

static enum err cell_end(struct xlsx *x, struct fault *f)
{
	struct cell c = cell_value(x);
	size_t n = x->line.n;

	x->in_cell = false;
	if (x->text.failed || vec_reserve(&x->line, (size_t)x->column + 1))
		return no_memory(x, f);
	if (x->text.n > XLSX_ROW_BYTES_MAX)
		return row_too_big(x, f);
	if (x->column >= n) {
		memset(x->line.v + n, 0, (x->column + 1 - n) * sizeof(*x->line.v));
		x->line.n = (size_t)x->column + 1;
	}
	if (x->line.v[x->column].set)
		x->muddled = true;
	else
		x->line.v[x->column] = c;
	return OK;
}

/* ---- elements ----------------------------------------------------------------------------- */

static enum err data_start(struct xlsx *x, int depth, const char *name, const char **attr,
			   struct fault *f)
{
	if (depth == DEPTH_ROW)
		return strcmp(name, "row") == 0 ? row_start(x, attr, f) : odd(x, "row", f);
	if (depth == DEPTH_CELL && strcmp(name, "c") == 0)
		return cell_start(x, attr, f);
	if (depth == DEPTH_CELL && strcmp(name, "extLst") != 0)
		return odd(x, "cell", f);
	if (!x->in_cell)
		return OK;
	if (depth == DEPTH_VALUE && strcmp(name, "v") == 0)
		x->in_value = true;
	if (depth > DEPTH_VALUE && !x->phonetic && strcmp(name, "rPh") == 0)
		x->phonetic = depth;
	if (depth > DEPTH_VALUE && !x->phonetic && strcmp(name, "t") == 0)
		x->in_value = true;
	return OK;
}

static enum err sheet_start(void *arg, int depth, const char *name, const char **attr,
			    struct fault *f)
{
	struct xlsx *x = arg;

	if (depth == 1 && strcmp(name, "worksheet") != 0)
		return odd(x, "worksheet", f);
	if (depth == DEPTH_DATA && strcmp(name, "sheetData") == 0) {
		if (x->data_seen)
			return odd(x, "sheetData", f);
		x->in_data = x->data_seen = true;
	}
	return x->in_data && depth > DEPTH_DATA ? data_start(x, depth, name, attr, f) : OK;
}

static enum err sheet_end(void *arg, int depth, const char *name, struct fault *f)
{
	struct xlsx *x = arg;

	(void)name;
	x->in_value = false;
	if (x->phonetic == depth)
		x->phonetic = 0;
	if (depth == DEPTH_DATA)
		x->in_data = false;
	if (x->in_cell && depth == DEPTH_CELL)
		return cell_end(x, f);
	if (x->in_row && depth == DEPTH_ROW)
		return row_end(x, f);
	return OK;
}

static enum err sheet_text(void *arg, const char *s, size_t n, struct fault *f)
{
	struct xlsx *x = arg;

	if (!x->in_value)
		return OK;
	if (x->text.n - x->text_from + n > XLSX_CELL_BYTES_MAX) {
		x->cut = true; /* no cell may hold that much */
		return OK;
	}
	buf_put(&x->text, s, n);
	return x->text.failed ? no_memory(x, f) : OK;
}

/* ---- the face ----------------------------------------------------------------------------- */

static const struct xlsx_handlers sheet_handlers = { .start = sheet_start,
						     .end = sheet_end,
						     .text = sheet_text };

static bool contains(struct str bytes, const char *what, size_t n)
{
	const char *p = bytes.p, *end = bytes.p + bytes.n;

	while ((size_t)(end - p) >= n && (p = memchr(p, *what, (size_t)(end - p) - n + 1))) {
		if (memcmp(p, what, n) == 0)
			return true;
		p++;
	}
	return false;
}

/* The old compound file: a workbook of before 2007, or a new one inside an encrypted envelope. */
static enum err compound(struct str bytes, const char *name, struct fault *f)
{
	static const char envelope[] = "E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e";

	if (contains(bytes, envelope, sizeof(envelope)))
		return fault_set(f, ERR_ENCODING, "Excel 文件“%s”已加密：请去掉密码后另存为 .xlsx",
				 "the Excel file \"%s\" is encrypted: save it without a password",
				 name);
	return fault_set(f, ERR_VERSION,
			 "“%s”是旧版 .xls 文件，无法读取：请用 Excel 或 WPS 另存为 .xlsx",
			 "\"%s\" is an old .xls file, which cannot be read: save it as .xlsx from "
			 "Excel or WPS",
			 name);
}

static enum err open_parts(struct xlsx *x, struct str bytes, const char *sheet, struct fault *f)
{
	enum err e;

	if ((e = xlsx_zip_open(bytes, &x->zip, f)))
		return e;
	if ((e = xlsx_book_read(&x->zip, sheet, &x->book, f)))
		return e;
	return xlsx_xml_open(&x->xml, &x->zip, x->book.sheet, x->zip.limits.sheet_bytes_max,
			     &sheet_handlers, x, f);
}

enum err xlsx_open(struct str bytes, const char *name, const char *sheet,
		   const struct table_limits *limits, struct xlsx **ret, struct fault *f)
{
	static const char old[8] = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";
	struct xlsx *x;
	enum err e;

	if (bytes.n >= sizeof(old) && memcmp(bytes.p, old, sizeof(old)) == 0)
		return compound(bytes, name, f);
	x = mem_take(1, sizeof(*x));
	if (!x)
		return fault_set(f, ERR_MEMORY, "内存不足，无法打开 Excel 文件",
				 "no memory to open an Excel file");
	x->zip.limits = *limits;
	snprintf(x->zip.name, sizeof(x->zip.name), "%s", name);
	if ((e = open_parts(x, bytes, sheet, f))) {
		xlsx_end(&x);
		return e;
	}
	*ret = x;
	return OK;
}

enum err xlsx_next(struct xlsx *x, struct xlsx_row *ret, bool *ret_more, struct fault *f)
{
	enum err e;

	x->row_ready = false;
	if ((e = xlsx_xml_run(&x->xml, f)))
		return e;
	if (!x->row_ready && !x->data_seen)
		return odd(x, "sheetData", f);
	*ret_more = x->row_ready;
	if (x->row_ready)
		*ret = (struct xlsx_row){ x->row, x->fields.n, x->fields.v, x->flaws.v,
					  x->muddled };
	return OK;
}

void xlsx_progress(const struct xlsx *x, uint64_t *ret_read, uint64_t *ret_total)
{
	*ret_read = x->xml.part.read;
	*ret_total = x->xml.part.size;
}

void xlsx_end(struct xlsx **px)
{
	struct xlsx *x = *px;

	if (!x)
		return;
	xlsx_xml_end(&x->xml);
	xlsx_book_end(&x->book);
	xlsx_zip_end(&x->zip);
	buf_release(&x->text);
	vec_drop(&x->line);
	vec_drop(&x->fields);
	vec_drop(&x->flaws);
	mem_drop(x);
	*px = NULL;
}
