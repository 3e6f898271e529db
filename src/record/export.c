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
#include "table/table.h"

enum { PAGE_ROWS = 1000, PAGE_BYTES_MAX = 32 << 20 };

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

/* A column is one of these, or EXPORT_HEADS and the index of a field. */
static const struct choice heads[EXPORT_HEADS] = {
	{ "id", "编号", "Id" },
	{ "area", "区域", "Area" },
	{ "state", "状态", "State" },
	{ "created_at", "登记时间", "Entered" },
	{ "updated_at", "更新时间", "Changed" },
};
enum { HEAD_ID, HEAD_AREA, HEAD_STATE, HEAD_CREATED, HEAD_UPDATED };

static const struct field *field_of(const struct export *x, size_t column)
{
	return column < EXPORT_HEADS ? NULL : &x->k->noun->field[column - EXPORT_HEADS];
}

static bool may_leave(const struct export *x, const struct field *field)
{
	return (field->flags & FIELD_EXPORT) && row_sees(x->q->ask.sight, field);
}

enum err export_begin(struct export *x, const struct record_kind *k, struct query *q)
{
	*x = (struct export){ .k = k, .q = q };
	q->ask.limit = PAGE_ROWS;
	for (size_t i = HEAD_ID; i <= HEAD_STATE; i++)
		x->column[x->n_columns++] = i;
	for (size_t i = 0; i < k->noun->n_fields; i++)
		if (may_leave(x, &k->noun->field[i]))
			x->column[x->n_columns++] = EXPORT_HEADS + i;
	return arena_new(PAGE_BYTES_MAX, &x->a);
}

static enum err column_of(const struct export *x, struct str name, size_t *ret, struct fault *f)
{
	const struct noun *n = x->k->noun;

	for (size_t i = 0; i < EXPORT_HEADS; i++)
		if (str_eq(str_of(heads[i].word), name))
			return *ret = i, OK;
	for (size_t i = 0; i < n->n_fields; i++)
		if (str_eq(str_of(n->field[i].name), name) && may_leave(x, &n->field[i]))
			return *ret = EXPORT_HEADS + i, OK;
	fault_at(f, "columns", NULL);
	return fault_set(f, ERR_RANGE, "没有“%.*s”这一列，或它不能导出，请去掉",
			 "there is no column %.*s, or it does not leave the house: leave it out",
			 (int)min_size(name.n, 60), name.p);
}

enum err export_columns(struct export *x, struct str columns, const struct who *who,
			struct utc_s now, struct arena *a, struct fault *f)
{
	enum err e = labels_begin(&x->labels, x->k->book, who, a);

	x->named = true;
	x->now = now;
	x->n_columns = 0;
	for (size_t at = 0; at <= columns.n && !e; at++) {
		struct str name = { columns.p + at, 0 };

		while (at < columns.n && columns.p[at] != ',')
			at++, name.n++;
		if (x->n_columns == EXPORT_COLUMNS_MAX)
			return fault_set(f, ERR_FULL, "最多导出 %d 列", "%d columns at most",
					 EXPORT_COLUMNS_MAX);
		e = column_of(x, name, &x->column[x->n_columns++], f);
	}
	return e;
}

void export_end(struct export *x)
{
	labels_end(&x->labels);
	arena_end(&x->a);
	buf_release(&x->cell);
}

static const char *label(const struct export *x, const char *zh, const char *en)
{
	return x->english ? en : zh;
}

static const char *heading(const struct export *x, size_t i)
{
	const struct field *field = field_of(x, x->column[i]);

	if (field)
		return label(x, field->zh, field->en);
	return label(x, heads[x->column[i]].zh, heads[x->column[i]].en);
}

static void head_cell(struct export *x, const struct record *r, size_t column)
{
	const struct choice *state = &x->k->noun->state[r->state];
	char text[24];

	if (column == HEAD_ID) {
		row_id_text(r->id, text);
		buf_lit(&x->cell, text);
	} else if (column == HEAD_AREA) {
		area_text(r->area, text);
		buf_lit(&x->cell, text);
	} else if (column == HEAD_STATE) {
		buf_lit(&x->cell, label(x, state->zh, state->en));
	} else {
		when_iso(&x->cell, column == HEAD_CREATED ? r->created_at : r->updated_at,
			 x->k->book->zone);
	}
}

/* What stands for an id or a code in a file for people; empty if nothing does. */
static struct str name_of(const struct export *x, const struct field *field, const void *row)
{
	const struct label *l = labels_of(&x->labels, field, row);

	if (!l)
		return (struct str){ 0 };
	return x->english && l->en.n ? l->en : l->zh;
}

/* The text of one cell, as it lies in x->cell until the next. */
static struct str cell(struct export *x, const void *row, size_t i)
{
	size_t column = x->column[i];
	const struct field *field = field_of(x, column);

	buf_clear(&x->cell);
	if (x->named && (field || column == HEAD_AREA))
		buf_str(&x->cell, name_of(x, field, row));
	if (x->cell.n)
		return buf_view(&x->cell);
	if (field)
		value_to_text(field, row, x->k->book->zone, x->english, &x->cell);
	else
		head_cell(x, row_head_const(row), column);
	return buf_view(&x->cell);
}

static enum err name_page(struct export *x, struct tx *tx, struct fault *f)
{
	enum err e = OK;

	labels_clear(&x->labels);
	for (size_t i = 0; i < x->n_rows && !e; i++)
		e = labels_note(&x->labels, x->k, x->row[i], x->q->ask.sight);
	return e ? e : labels_ask(&x->labels, tx, x->now, x->a, f);
}

static enum err page_act(struct tx *tx, void *arg, struct fault *f)
{
	struct export *x = arg;

	enum err e;

	arena_clear(x->a);
	e = list_rows(tx, x->k, &x->q->ask, x->a, &x->row, &x->n_rows, f);
	return e || !x->named ? e : name_page(x, tx, f);
}

/* The next page of rows; none at the end. */
static enum err page(struct export *x, struct fault *f)
{
	enum err e = x->tx ? page_act(x->tx, x, f) : db_read(x->db, page_act, x, f);

	if (!e && x->n_rows > 0)
		x->q->ask.below = row_head(x->row[x->n_rows - 1])->id;
	if (!e)
		x->n_told += x->n_rows;
	return e;
}

/* ---- CSV ------------------------------------------------------------------------------------ */

enum err export_more(struct export *x, struct buf *out, bool *ret_end, struct fault *f)
{
	size_t n = x->n_columns;
	enum err e = page(x, f);

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
	struct table_cell cells[EXPORT_COLUMNS_MAX];

	for (size_t i = 0; i < x->n_columns; i++) {
		struct str s = cell(x, row, i);
		char *copy = arena_copy(x->a, s.p ? s.p : "", s.n);

		if (!copy)
			return ERR_MEMORY;
		cells[i] = table_text((struct str){ copy, s.n });
	}
	return table_out_row(out, cells, f);
}

/* `x`: with what its query finds; NULL: the header alone. */
static enum err excel(struct export *x, const char *const *headings, size_t n, const char *path,
		      struct fault *f)
{
	CLEANUP(table_out_end) struct table_out *out = NULL;
	struct table_out_column columns[TABLE_COLUMNS_MAX] = { 0 };
	struct table_out_options o = { .format = TABLE_EXCEL, .columns = columns, .n_columns = n };
	enum err e;

	for (size_t i = 0; i < n; i++)
		columns[i] = (struct table_out_column){ headings[i], TABLE_TEXT };
	if ((e = table_out_open(path, &o, &out, f)))
		return e;
	for (bool more = x != NULL; more && !e; more = x->n_rows == PAGE_ROWS) {
		e = page(x, f);
		for (size_t r = 0; r < x->n_rows && !e; r++)
			e = excel_row(x, out, x->row[r], f);
	}
	return e ? e : table_out_close(&out, f);
}

enum err export_excel(struct export *x, const char *path, struct fault *f)
{
	const char *headings[EXPORT_COLUMNS_MAX];

	for (size_t i = 0; i < x->n_columns; i++)
		headings[i] = heading(x, i);
	return excel(x, headings, x->n_columns, path, f);
}

/* ---- handlers ------------------------------------------------------------------------------- */

static enum err read_format(const struct call *c, bool *ret_excel, struct fault *f)
{
	struct str format = http_query(c->rq, "format");

	*ret_excel = str_eq(format, STR("xlsx"));
	if (format.n == 0 || *ret_excel || str_eq(format, STR("csv")))
		return OK;
	fault_set(f, ERR_RANGE, "format 应为 csv 或 xlsx", "format is csv or xlsx");
	fault_at(f, "format", NULL);
	return ERR_RANGE;
}

static struct str file_name(struct call *c, const struct record_kind *k, const char *suffix)
{
	char text[80];
	int n = snprintf(text, sizeof text, "%s%s", k->noun->path, suffix);
	char *copy = arena_copy(c->a, text, (size_t)n);

	return copy ? (struct str){ copy, (size_t)n } : STR("file");
}

static enum err send_more(void *export, struct buf *out, bool *ret_end)
{
	return export_more(export, out, ret_end, NULL);
}

static void send_end(void *export)
{
	export_end(export);
}

static enum err send_csv(struct call *c, struct export *x)
{
	struct http_source source = { send_more, send_end, x };
	enum err e;

	x->db = c->parsed;
	c->rs->type = "text/csv; charset=utf-8";
	if ((e = http_download(c->rs, file_name(c, x->k, ".csv")))) {
		export_end(x);
		return e;
	}
	http_body_from(c->rs, source);
	return OK;
}

static enum err send_excel(struct call *c, struct export *x, struct tx *tx, struct fault *f)
{
	char path[512];
	enum err e = scratch(x->k->book, path, sizeof path, f);

	x->tx = tx;
	if (!e)
		e = export_excel(x, path, f);
	export_end(x);
	return e ? e : take_file(c, path, file_name(c, x->k, ".xlsx"), f);
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
	const struct record_kind *k = c->route->arg;
	struct export *x = arena_take(c->a, 1, sizeof *x);
	struct query *q = arena_take(c->a, 1, sizeof *q);
	bool is_excel;
	enum err e;

	if (!x || !q)
		return ERR_MEMORY;
	if ((e = read_format(c, &is_excel, f)))
		return e;
	if (!call_may(c, k->noun->read))
		return fault_set(f, ERR_ROLE, "您的角色不能这样做", "your role may not do this");
	if ((e = query_read(c, k, q, f)) ||
	    (e = handler_saw(c, k, NULL, q->scope.v[0], "export", f)) ||
	    (e = export_begin(x, k, q)))
		return e;
	x->english = c->who->language == LANGUAGE_EN;
	if (q->columns.n && (e = export_columns(x, q->columns, c->who, c->now, c->a, f))) {
		export_end(x);
		return e;
	}
	return is_excel ? send_excel(c, x, tx, f) : send_csv(c, x);
}

/* The headings of an empty table to fill in: what must be given has a star. */
static enum err template_headings(struct call *c, const struct noun *n, const char **ret,
				  size_t *ret_n)
{
	bool english = c->who->language == LANGUAGE_EN;

	*ret_n = 0;
	ret[(*ret_n)++] = english ? "Area*" : "区域*";
	for (size_t i = 0; i < n->n_fields; i++) {
		const struct field *field = &n->field[i];
		char star[128];

		if ((field->flags & FIELD_SERVER) || !row_sees(sight_of(c->who), field))
			continue;
		snprintf(star, sizeof star, "%s%s", english ? field->en : field->zh,
			 field->flags & FIELD_REQUIRED ? "*" : "");
		if (!(ret[(*ret_n)++] = arena_copy(c->a, star, strlen(star))))
			return ERR_MEMORY;
	}
	return OK;
}

enum err handler_template(struct call *c, struct fault *f)
{
	CLEANUP(buf_release) struct buf b = { 0 };
	const struct record_kind *k = c->route->arg;
	const char *headings[1 + NOUN_FIELDS_MAX];
	char path[512];
	size_t n;
	bool is_excel;
	enum err e = read_format(c, &is_excel, f);

	if (e)
		return e;
	if (!call_may(c, k->noun->write))
		return fault_set(f, ERR_ROLE, "您的角色不能这样做", "your role may not do this");
	if ((e = template_headings(c, k->noun, headings, &n)))
		return e;
	if (is_excel) {
		if ((e = scratch(k->book, path, sizeof path, f)) ||
		    (e = excel(NULL, headings, n, path, f)))
			return e;
		return take_file(c, path, file_name(c, k, "-template.xlsx"), f);
	}
	buf_lit(&b, EXPORT_MARK);
	for (size_t i = 0; i < n; i++)
		csv_field(&b, str_of(headings[i]), i == 0);
	buf_lit(&b, "\r\n");
	return export_reply(c, &b, "text/csv; charset=utf-8", file_name(c, k, "-template.csv"));
}
