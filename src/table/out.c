/* out.c - one result, three formats: CSV and JSON as text, Excel by out_xlsx.c. */
#include "table/out.h"

#include <string.h>

#include "base/csv.h"
#include "base/json.h"
#include "base/memory.h"

#include "base/ban.h"

struct table_out {
	struct table_out_options o;
	struct table_sink sink; /* CSV, JSON */
	struct xlsx_out *xlsx;
	struct buf cells; /* the texts of one row, end to end */
	uint64_t rows;
	bool settled;
};

enum err table_format_read(const char *word, enum table_format *ret, struct fault *f)
{
	static const char *const words[] = {
		[TABLE_CSV] = "csv", [TABLE_JSON] = "json", [TABLE_EXCEL] = "xlsx"
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(word, words[i]) == 0) {
			*ret = (enum table_format)i;
			return OK;
		}
	return fault_set(f, ERR_USAGE, "不认识的格式“%.40s”：请用 csv、json 或 xlsx",
			 "unknown format \"%.40s\": use csv, json or xlsx", word);
}

static void put_text(const struct table_out *t, enum table_type type, const struct table_cell *c,
		     struct buf *b)
{
	if (c->empty)
		return;
	if (type == TABLE_TEXT)
		buf_str(b, c->text);
	else if (type == TABLE_TIME && t->o.zone)
		when_iso(b, (struct utc_s){ c->number }, t->o.zone);
	else
		buf_i64(b, c->number);
}

/* ---- one row in each format --------------------------------------------------------------- */

/* A record of one empty field would be an empty line, which is no record: it gets its quotes. */
static void csv_put(struct buf *b, struct str s, bool first, bool alone)
{
	if (alone && s.n == 0)
		buf_lit(b, "\"\"");
	else
		csv_field(b, s, first);
}

static void csv_row(struct table_out *t, const struct table_cell *cells)
{
	for (size_t i = 0; i < t->o.n_columns; i++) {
		struct str s = cells[i].text;

		if (t->o.columns[i].type != TABLE_TEXT || cells[i].empty) {
			buf_clear(&t->cells);
			put_text(t, t->o.columns[i].type, &cells[i], &t->cells);
			s = buf_view(&t->cells);
			if (t->cells.failed)
				t->sink.text.failed = t->cells.failed;
		}
		csv_put(&t->sink.text, s, i == 0, t->o.n_columns == 1);
	}
	buf_char(&t->sink.text, '\n');
}

static void json_row(struct table_out *t, const struct table_cell *cells)
{
	struct json j;

	buf_lit(&t->sink.text, t->rows ? ",\n" : "\n");
	json_begin(&j, &t->sink.text);
	json_open(&j, '{');
	for (size_t i = 0; i < t->o.n_columns; i++) {
		enum table_type type = t->o.columns[i].type;

		json_key(&j, t->o.columns[i].name);
		if (cells[i].empty) {
			json_nil(&j);
		} else if (type == TABLE_TEXT) {
			json_str(&j, cells[i].text);
		} else if (type == TABLE_TIME && t->o.zone) {
			buf_clear(&t->cells);
			put_text(t, type, &cells[i], &t->cells);
			json_str(&j, buf_view(&t->cells));
			if (t->cells.failed)
				t->sink.text.failed = t->cells.failed;
		} else {
			json_i64(&j, cells[i].number);
		}
	}
	json_close(&j, '}');
}

static enum err excel_row(struct table_out *t, const struct table_cell *cells, struct fault *f)
{
	struct str texts[TABLE_COLUMNS_MAX];
	size_t ends[TABLE_COLUMNS_MAX], at = 0;

	buf_clear(&t->cells);
	for (size_t i = 0; i < t->o.n_columns; i++) {
		put_text(t, t->o.columns[i].type, &cells[i], &t->cells);
		ends[i] = t->cells.n;
	}
	if (t->cells.failed)
		return fault_set(f, ERR_MEMORY, "写结果时内存不足：请关闭其他程序再试",
				 "no memory to write the result: close other programs, try again");
	for (size_t i = 0; i < t->o.n_columns; at = ends[i++])
		texts[i] = ends[i] > at ? (struct str){ t->cells.p + at, ends[i] - at } : STR("");
	return xlsx_out_row(t->xlsx, texts, f);
}

/* ---- the face ----------------------------------------------------------------------------- */

static enum err begin(struct table_out *t, const char *path, struct fault *f)
{
	enum err e;

	if (t->o.format == TABLE_EXCEL)
		return xlsx_out_open(path, &t->o, &t->xlsx, f);
	if ((e = table_sink_open(path, &t->sink, f)))
		return e;
	if (t->o.format == TABLE_JSON) {
		buf_char(&t->sink.text, '[');
		return OK;
	}
	for (size_t i = 0; i < t->o.n_columns; i++)
		csv_field(&t->sink.text, str_of(t->o.columns[i].name), i == 0);
	buf_char(&t->sink.text, '\n');
	return OK;
}

enum err table_out_open(const char *path, const struct table_out_options *o, struct table_out **ret,
			struct fault *f)
{
	struct table_out *t = mem_take(1, sizeof(*t));
	enum err e;

	assert(o->n_columns > 0 && o->n_columns <= TABLE_COLUMNS_MAX);
	if (!t)
		return fault_set(f, ERR_MEMORY, "内存不足，无法写结果",
				 "no memory to write a result");
	t->o = *o;
	if ((e = begin(t, path, f)))
		table_out_end(&t);
	else
		*ret = t;
	return e;
}

enum err table_out_row(struct table_out *t, const struct table_cell *cells, struct fault *f)
{
	enum err e = OK;

	if (t->o.format == TABLE_EXCEL)
		e = excel_row(t, cells, f);
	else if (t->o.format == TABLE_JSON)
		json_row(t, cells);
	else
		csv_row(t, cells);
	if (e)
		return e;
	t->rows++;
	return t->xlsx ? OK : table_sink_flow(&t->sink, f);
}

enum err table_out_settle(struct table_out *t, struct fault *f)
{
	enum err e;

	if (t->o.format == TABLE_JSON)
		buf_lit(&t->sink.text, "\n]\n");
	e = t->xlsx ? xlsx_out_settle(t->xlsx, f) : table_sink_settle(&t->sink, f);
	t->settled = !e;
	return e;
}

enum err table_out_close(struct table_out **pt, struct fault *f)
{
	struct table_out *t = *pt;
	enum err e = t->settled ? OK : table_out_settle(t, f);

	if (!e)
		e = t->xlsx ? xlsx_out_close(t->xlsx, f) : table_sink_close(&t->sink, f);
	table_out_end(pt);
	return e;
}

void table_out_end(struct table_out **pt)
{
	struct table_out *t = *pt;

	if (!t)
		return;
	xlsx_out_end(&t->xlsx);
	if (t->o.format != TABLE_EXCEL)
		table_sink_end(&t->sink);
	buf_release(&t->cells);
	mem_drop(t);
	*pt = NULL;
}
