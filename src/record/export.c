/* export.c - see export.h. */
#include "record/export.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/ban.h"
#include "base/csv.h"
#include "base/file.h"
#include "http/http.h"
#include "record/handler.h"
#include "record/query.h"
#include "table/table.h"

enum { PAGE_ROWS = 1000, PAGE_BYTES_MAX = 32 << 20, HEAD_COLUMNS = 3 };

/* ---- formulas ------------------------------------------------------------------------------- */

static bool is_formula(struct str s)
{
	return s.n > 0 && memchr("=+-@\t\r", s.p[0], 6);
}

/* An apostrophe before what would be one, too: so taking one away is always right. */
static bool is_escaped(struct str s)
{
	while (s.n > 0 && s.p[0] == '\'') {
		s.p++;
		s.n--;
		if (is_formula(s))
			return true;
	}
	return false;
}

void export_field(struct buf *b, struct str s, bool first)
{
	CLEANUP(buf_release) struct buf escaped = { 0 };

	if (!is_formula(s) && !is_escaped(s)) {
		csv_field(b, s, first);
		return;
	}
	buf_char(&escaped, '\'');
	buf_str(&escaped, s);
	csv_field(b, buf_view(&escaped), first);
	if (escaped.failed)
		b->failed = escaped.failed;
}

struct str export_unescape(struct str s)
{
	return is_escaped(s) ? (struct str){ s.p + 1, s.n - 1 } : s;
}

enum err export_reply(struct call *c, struct buf *b, const char *type, struct str file_name)
{
	if (b->failed)
		return b->failed;
	buf_release(&c->rs->body);
	c->rs->body = *b;
	*b = (struct buf){ 0 };
	c->rs->type = type;
	return http_download(c->rs, file_name);
}

/* ---- columns -------------------------------------------------------------------------------- */

struct export
{
	struct call *c;
	const struct record_kind *k;
	struct query *q;
	struct db *db; /* of pages that are made while the body is sent */
	struct tx *tx; /* of pages that are made before it is; else NULL */
	bool english;
	const struct field *field[NOUN_FIELDS_MAX]; /* those that leave the house */
	size_t n_fields;
	struct arena *a; /* of one page */
	void **row;
	size_t n_rows;
	struct buf cell;
	bool begun;
};

static void export_end(void *arg)
{
	struct export *x = arg;

	arena_end(&x->a);
	buf_release(&x->cell);
}

static const char *label(const struct export *x, const char *zh, const char *en)
{
	return x->english ? en : zh;
}

static const char *heading(const struct export *x, size_t i)
{
	static const char *const zh[] = { "编号", "区域", "状态" };
	static const char *const en[] = { "Id", "Area", "State" };

	if (i < HEAD_COLUMNS)
		return label(x, zh[i], en[i]);
	return label(x, x->field[i - HEAD_COLUMNS]->zh, x->field[i - HEAD_COLUMNS]->en);
}

/* The text of one cell, as it lies in x->cell until the next. */
static struct str cell(struct export *x, const void *row, size_t i)
{
	const struct record *r = row_head_const(row);
	char text[24];

	buf_clear(&x->cell);
	if (i >= HEAD_COLUMNS) {
		value_to_text(x->field[i - HEAD_COLUMNS], row, x->k->book->zone, x->english,
			      &x->cell);
	} else if (i == 0) {
		row_id_text(r->id, text);
		buf_lit(&x->cell, text);
	} else if (i == 1) {
		area_text(r->area, text);
		buf_lit(&x->cell, text);
	} else {
		const struct choice *state = &x->k->noun->state[r->state];

		buf_lit(&x->cell, label(x, state->zh, state->en));
	}
	return buf_view(&x->cell);
}

static enum err page_act(struct tx *tx, void *arg, struct fault *f)
{
	struct export *x = arg;

	arena_clear(x->a);
	return list_rows(tx, x->k, &x->q->ask, x->a, &x->row, &x->n_rows, f);
}

/* The next page of rows; none at the end. */
static enum err page(struct export *x, struct fault *f)
{
	enum err e = x->tx ? page_act(x->tx, x, f) : db_read(x->db, page_act, x, f);

	if (!e && x->n_rows > 0)
		x->q->ask.below = row_head(x->row[x->n_rows - 1])->id;
	return e;
}

/* ---- CSV, made while it is sent ------------------------------------------------------------- */

static enum err more_csv(void *arg, struct buf *out, bool *ret_end)
{
	struct export *x = arg;
	size_t n = HEAD_COLUMNS + x->n_fields;
	enum err e = page(x, NULL);

	if (e)
		return e;
	if (!x->begun) {
		buf_lit(out, EXPORT_MARK);
		for (size_t i = 0; i < n; i++)
			csv_field(out, str_of(heading(x, i)), i == 0);
		buf_lit(out, "\r\n");
	}
	x->begun = true;
	for (size_t r = 0; r < x->n_rows; r++) {
		for (size_t i = 0; i < n; i++)
			export_field(out, cell(x, x->row[r], i), i == 0);
		buf_lit(out, "\r\n");
	}
	*ret_end = x->n_rows < PAGE_ROWS;
	return out->failed ? out->failed : x->cell.failed;
}

/* ---- Excel, whole --------------------------------------------------------------------------- */

#define EXCEL_TYPE "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

/* A name in the scratch folder that nobody else has. */
static enum err scratch(struct record_book *b, char *ret, size_t n, struct fault *f)
{
	int written = b->scratch ? snprintf(ret, n, "%s/export-%" PRId64 ".xlsx", b->scratch,
					    record_id_new(b).v)
				 : -1;

	if (written > 0 && (size_t)written < n)
		return OK;
	return fault_set(f, ERR_TYPE, "这台服务器没有导出 Excel 的临时目录，请用 format=csv",
			 "this server has no folder to make Excel files in: use format=csv");
}

static enum err take_file(struct call *c, const char *path, struct str name, struct fault *f)
{
	CLEANUP(file_unmap) struct file_map m = { 0 };
	CLEANUP(buf_release) struct buf b = { 0 };
	enum err e = file_map_read(path, &m, f);

	ignore(file_unlink(path, NULL));
	if (e)
		return e;
	buf_put(&b, m.p, m.n);
	return export_reply(c, &b, EXCEL_TYPE, name);
}

static enum err excel_row(struct export *x, struct table_out *out, const void *row, struct fault *f)
{
	struct table_cell cells[HEAD_COLUMNS + NOUN_FIELDS_MAX];

	for (size_t i = 0; i < HEAD_COLUMNS + x->n_fields; i++) {
		struct str s = cell(x, row, i);
		char *copy = arena_copy(x->a, s.p ? s.p : "", s.n);

		if (!copy)
			return ERR_MEMORY;
		cells[i] = table_text((struct str){ copy, s.n });
	}
	return table_out_row(out, cells, f);
}

/* `rows`: with what the query finds; else the header alone. */
static enum err excel(struct export *x, const char *const *headings, size_t n, bool rows,
		      struct str name, struct fault *f)
{
	CLEANUP(table_out_end) struct table_out *out = NULL;
	struct table_out_column columns[TABLE_COLUMNS_MAX] = { 0 };
	struct table_out_options o = { .format = TABLE_EXCEL, .columns = columns, .n_columns = n };
	char path[512];
	enum err e = scratch(x->k->book, path, sizeof path, f);

	for (size_t i = 0; i < n; i++)
		columns[i] = (struct table_out_column){ headings[i], TABLE_TEXT };
	if (e || (e = table_out_open(path, &o, &out, f)))
		return e;
	for (bool more = rows; more && !e; more = x->n_rows == PAGE_ROWS) {
		e = page(x, f);
		for (size_t r = 0; r < x->n_rows && !e; r++)
			e = excel_row(x, out, x->row[r], f);
	}
	if (e || (e = table_out_close(&out, f)))
		return e;
	return take_file(x->c, path, name, f);
}

/* ---- handlers ------------------------------------------------------------------------------- */

static enum err open_export(struct call *c, struct export **ret, struct str *ret_format,
			    struct fault *f)
{
	const struct record_kind *k = c->route->arg;
	struct export *x = arena_take(c->a, 1, sizeof *x);
	struct str format;

	if (!x)
		return ERR_MEMORY;
	*x = (struct export){ .c = c, .k = k, .english = c->who->language == LANGUAGE_EN };
	format = http_query(c->rq, "format");
	if (format.n == 0)
		format = STR("csv");
	if (!str_eq(format, STR("csv")) && !str_eq(format, STR("xlsx"))) {
		fault_set(f, ERR_RANGE, "format 应为 csv 或 xlsx", "format is csv or xlsx");
		fault_at(f, "format", NULL);
		return ERR_RANGE;
	}
	*ret = x;
	*ret_format = format;
	return OK;
}

static struct str file_name(const struct export *x, const char *suffix)
{
	char text[80];
	int n = snprintf(text, sizeof text, "%s%s", x->k->noun->path, suffix);
	char *copy = arena_copy(x->c->a, text, (size_t)n);

	return copy ? (struct str){ copy, (size_t)n } : STR("file");
}

static enum err send(struct export *x, bool is_excel, struct fault *f)
{
	const char *headings[HEAD_COLUMNS + NOUN_FIELDS_MAX];
	struct http_source source = { more_csv, export_end, x };
	enum err e = arena_new(PAGE_BYTES_MAX, &x->a);

	if (e)
		return e;
	for (size_t i = 0; i < HEAD_COLUMNS + x->n_fields; i++)
		headings[i] = heading(x, i);
	if (is_excel) {
		e = excel(x, headings, HEAD_COLUMNS + x->n_fields, true, file_name(x, ".xlsx"), f);
		export_end(x);
		return e;
	}
	x->c->rs->type = "text/csv; charset=utf-8";
	if ((e = http_download(x->c->rs, file_name(x, ".csv")))) {
		export_end(x);
		return e;
	}
	http_body_from(x->c->rs, source);
	return OK;
}

/* Pages of a long file are read after the answer began: from here comes what they are read from. */
enum err handler_export_open(struct call *c, struct fault *f)
{
	(void)f;
	c->parsed = c->db;
	return OK;
}

enum err handler_export(struct call *c, struct tx *tx, struct fault *f)
{
	struct export *x;
	struct str format;
	enum err e = open_export(c, &x, &format, f);
	bool is_excel;

	if (e)
		return e;
	if (!call_may(c, x->k->noun->read))
		return fault_set(f, ERR_ROLE, "您的角色不能这样做", "your role may not do this");
	if (!(x->q = arena_take(c->a, 1, sizeof *x->q)))
		return ERR_MEMORY;
	if ((e = query_read(c, x->k, x->q, f)))
		return e;
	is_excel = str_eq(format, STR("xlsx"));
	x->db = c->parsed;
	x->tx = is_excel ? tx : NULL;
	x->q->ask.limit = PAGE_ROWS;
	for (size_t i = 0; i < x->k->noun->n_fields; i++) {
		const struct field *field = &x->k->noun->field[i];

		if ((field->flags & FIELD_EXPORT) && row_sees(x->q->ask.sight, field))
			x->field[x->n_fields++] = field;
	}
	if ((e = handler_saw(c, x->k, NULL, x->q->scope.v[0], "export", f)))
		return e;
	return send(x, is_excel, f);
}

/* An empty table to fill in: what must be given has a star. */
enum err handler_template(struct call *c, struct fault *f)
{
	CLEANUP(buf_release) struct buf b = { 0 };
	const char *headings[1 + NOUN_FIELDS_MAX];
	struct export *x;
	struct str format;
	size_t n = 0;
	enum err e = open_export(c, &x, &format, f);

	if (e)
		return e;
	if (!call_may(c, x->k->noun->write))
		return fault_set(f, ERR_ROLE, "您的角色不能这样做", "your role may not do this");
	headings[n++] = label(x, "区域*", "Area*");
	for (size_t i = 0; i < x->k->noun->n_fields; i++) {
		const struct field *field = &x->k->noun->field[i];
		const char *text = label(x, field->zh, field->en);
		char star[128];

		if ((field->flags & FIELD_SERVER) || !row_sees(sight_of(c->who), field))
			continue;
		snprintf(star, sizeof star, "%s%s", text, field->flags & FIELD_REQUIRED ? "*" : "");
		if (!(headings[n++] = arena_copy(c->a, star, strlen(star))))
			return ERR_MEMORY;
	}
	if (str_eq(format, STR("xlsx")))
		return excel(x, headings, n, false, file_name(x, "-template.xlsx"), f);
	buf_lit(&b, EXPORT_MARK);
	for (size_t i = 0; i < n; i++)
		csv_field(&b, str_of(headings[i]), i == 0);
	buf_lit(&b, "\r\n");
	return export_reply(c, &b, "text/csv; charset=utf-8", file_name(x, "-template.csv"));
}
