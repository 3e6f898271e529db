/* xlsx_parts.c - from the container's root to the sheet asked for, and what its cells point to. */
#include <stdio.h>
#include <string.h>

#include "table/xlsx.h"

#include "base/ban.h"

/* ---- relations: which part plays which role ---------------------------------------------- */

enum role { OTHER, BOOK, SHEET, STRINGS, STYLES };

struct relation {
	char id[64], target[XLSX_PART_NAME_BYTES];
	enum role role;
};

struct relations {
	const struct xlsx_zip *zip;
	const char *base; /* the folder targets are relative to, with its slash; "" for the root */
	VEC(struct relation) list;
};

static bool ends_with(const char *s, const char *tail)
{
	size_t n = strlen(s), m = strlen(tail);

	return n >= m && strcmp(s + n - m, tail) == 0;
}

static enum role role_of(const char *type)
{
	if (ends_with(type, "/officeDocument"))
		return BOOK;
	if (ends_with(type, "/worksheet"))
		return SHEET;
	if (ends_with(type, "/sharedStrings"))
		return STRINGS;
	return ends_with(type, "/styles") ? STYLES : OTHER;
}

/* "xl/" + "../xl/./a.xml" -> "xl/a.xml". False if it climbs above the root or is too long. */
static bool resolve(const char *base, const char *target, char *to, size_t size)
{
	char whole[2 * XLSX_PART_NAME_BYTES];
	size_t n = 0;

	if (snprintf(whole, sizeof(whole), "%s%s", *target == '/' ? "" : base, target) >=
	    (int)sizeof(whole))
		return false;
	for (const char *p = whole; *p;) {
		size_t step = strcspn(p, "/");

		if (step == 2 && strncmp(p, "..", 2) == 0) {
			if (n == 0)
				return false;
			for (n--; n > 0 && to[n - 1] != '/'; n--)
				;
		} else if (step > 0 && !(step == 1 && *p == '.')) {
			if (n + step + 2 > size)
				return false;
			memcpy(to + n, p, step);
			n += step;
			if (p[step])
				to[n++] = '/';
		}
		p += step + (p[step] == '/');
	}
	to[n] = '\0';
	return n > 0;
}

static enum err no_memory(const struct xlsx_zip *z, struct fault *f)
{
	return fault_set(f, ERR_MEMORY, "读取 Excel 文件“%s”时内存不足：请关闭其他程序或改用 CSV",
			 "no memory to read the Excel file \"%s\": close other programs or use CSV",
			 z->name);
}

static enum err odd(const struct xlsx_zip *z, const char *what, struct fault *f)
{
	return fault_set(f, ERR_SYNTAX,
			 "Excel 文件“%s”的结构不合规范（%s）：请用 Excel 打开后另存为 .xlsx",
			 "the Excel file \"%s\" is not built as the standard says (%s): open it in "
			 "Excel and save it anew as .xlsx",
			 z->name, what);
}

static enum err relation_start(void *arg, int depth, const char *name, const char **attr,
			       struct fault *f)
{
	struct relations *r = arg;
	const char *id = xlsx_attr(attr, "Id"), *type = xlsx_attr(attr, "Type");
	const char *target = xlsx_attr(attr, "Target"), *mode = xlsx_attr(attr, "TargetMode");
	struct relation one;

	if (depth != 2 || strcmp(name, "Relationship") != 0 || !id || !type || !target)
		return OK;
	if (mode && strcmp(mode, "External") == 0)
		return OK;
	memset(&one, 0, sizeof(one));
	one.role = role_of(type);
	if (one.role == OTHER)
		return OK;
	if (r->list.n > XLSX_SHEETS_MAX || strlen(id) >= sizeof(one.id) ||
	    !resolve(r->base, target, one.target, sizeof(one.target)))
		return odd(r->zip, "relationships", f);
	snprintf(one.id, sizeof(one.id), "%s", id);
	return vec_push(&r->list, one) ? no_memory(r->zip, f) : OK;
}

static enum err nothing(void *arg, int depth, const char *name, struct fault *f)
{
	(void)arg, (void)depth, (void)name, (void)f;
	return OK;
}

static enum err relations_read(struct relations *r, const char *part, struct fault *f)
{
	static const struct xlsx_handlers on = { .start = relation_start, .end = nothing };

	return xlsx_xml_all(r->zip, part, r->zip->limits.part_bytes_max, &on, r, f);
}

static const struct relation *first(const struct relations *r, enum role role, const char *id)
{
	for (size_t i = 0; i < r->list.n; i++)
		if (r->list.v[i].role == role && (!id || strcmp(r->list.v[i].id, id) == 0))
			return &r->list.v[i];
	return NULL;
}

/* ---- the workbook: its sheets and its calendar -------------------------------------------- */

struct workbook {
	struct relations relations;
	struct xlsx_book *book;
	const char *wanted; /* NULL: the first that can be seen */
	struct buf seen;    /* names, for the message when the wanted one is not there */
	char id[64];        /* the wanted sheet's relation */
	bool root, found, no_grid;
};

static bool is_true(const char *v)
{
	return v && (strcmp(v, "1") == 0 || strcmp(v, "true") == 0);
}

static enum err sheet_seen(struct workbook *w, const char **attr, struct fault *f)
{
	const char *name = xlsx_attr(attr, "name"), *state = xlsx_attr(attr, "state");
	const char *id = NULL;
	bool grid;

	for (const char **a = attr; *a; a += 2) /* r:id, whatever the prefix; sheetId is not it */
		if (ends_with(*a, "|id"))
			id = a[1];
	if (!name || !id || strlen(id) >= sizeof(w->id))
		return odd(w->relations.zip, "sheets", f);
	grid = first(&w->relations, SHEET, id) != NULL;
	if (w->seen.n < 160) {
		buf_lit(&w->seen, w->seen.n ? ", " : "");
		buf_lit(&w->seen, name);
	}
	if (w->found || (w->wanted && strcmp(name, w->wanted) != 0))
		return OK;
	if (!w->wanted && ((state && strcmp(state, "visible") != 0) || !grid))
		return OK;
	w->found = true;
	w->no_grid = !grid;
	snprintf(w->id, sizeof(w->id), "%s", id);
	return OK;
}

static enum err workbook_start(void *arg, int depth, const char *name, const char **attr,
			       struct fault *f)
{
	struct workbook *w = arg;

	if (depth == 1)
		w->root = strcmp(name, "workbook") == 0;
	if (depth == 2 && strcmp(name, "workbookPr") == 0)
		w->book->date1904 = is_true(xlsx_attr(attr, "date1904"));
	if (depth == 3 && strcmp(name, "sheet") == 0)
		return sheet_seen(w, attr, f);
	return OK;
}

static enum err not_found(struct workbook *w, struct fault *f)
{
	const char *file = w->relations.zip->name;

	buf_char(&w->seen, '\0');
	if (w->seen.failed)
		return no_memory(w->relations.zip, f);
	if (!w->root)
		return odd(w->relations.zip, "workbook", f);
	if (w->wanted && w->found)
		return fault_set(f, ERR_SYNTAX,
				 "Excel 文件“%s”中的“%.100s”是图表，没有行列：请另选工作表",
				 "in the Excel file \"%s\" \"%.100s\" is no grid of cells: choose "
				 "another sheet",
				 file, w->wanted);
	if (w->wanted)
		return fault_set(
			f, ERR_ABSENT,
			"Excel 文件“%s”中没有名为“%.60s”的工作表，现有：%.160s。请核对 --sheet",
			"the Excel file \"%s\" has no sheet \"%.60s\"; it has: %.160s. "
			"Check --sheet",
			file, w->wanted, w->seen.p);
	return fault_set(f, ERR_ABSENT, "Excel 文件“%s”中没有可见的工作表：请用 --sheet 指定",
			 "the Excel file \"%s\" has no sheet that can be seen: name one by --sheet",
			 file);
}

/* ---- styles: which numbers are dates ------------------------------------------------------ */

struct styles {
	const struct xlsx_zip *zip;
	struct xlsx_book *book;
	bool in_formats, in_cells;
	VEC(struct {
		uint32_t id;
		struct xlsx_style style;
	})
	formats;
};

enum { FORMATS_MAX = 65536 };

static uint32_t number_of(const char *s)
{
	int64_t v;

	return s && str_i64(str_of(s), &v) == OK && v >= 0 && v < UINT32_MAX ? (uint32_t)v
									     : UINT32_MAX;
}

/* The file's own formats win: a generator may give a built-in number another code. */
static struct xlsx_style style_by_id(const struct styles *s, uint32_t id)
{
	for (size_t i = 0; i < s->formats.n; i++)
		if (s->formats.v[i].id == id)
			return s->formats.v[i].style;
	return xlsx_style_builtin(id);
}

static enum err format_seen(struct styles *s, const char **attr, struct fault *f)
{
	const char *code = xlsx_attr(attr, "formatCode");
	uint32_t id = number_of(xlsx_attr(attr, "numFmtId"));

	if (!code || id == UINT32_MAX || s->formats.n >= FORMATS_MAX)
		return odd(s->zip, "styles", f);
	if (vec_reserve(&s->formats, s->formats.n + 1))
		return no_memory(s->zip, f);
	s->formats.v[s->formats.n].id = id;
	s->formats.v[s->formats.n++].style = xlsx_style_of(code);
	return OK;
}

static enum err styles_start(void *arg, int depth, const char *name, const char **attr,
			     struct fault *f)
{
	struct styles *s = arg;
	struct xlsx_style style;

	if (depth == 2) {
		s->in_formats = strcmp(name, "numFmts") == 0;
		s->in_cells = strcmp(name, "cellXfs") == 0;
	}
	if (depth == 3 && s->in_formats && strcmp(name, "numFmt") == 0)
		return format_seen(s, attr, f);
	if (depth != 3 || !s->in_cells || strcmp(name, "xf") != 0)
		return OK;
	if (s->book->styles.n >= FORMATS_MAX)
		return odd(s->zip, "styles", f);
	style = style_by_id(s, number_of(xlsx_attr(attr, "numFmtId")));
	return vec_push(&s->book->styles, style) ? no_memory(s->zip, f) : OK;
}

static enum err styles_read(const struct xlsx_zip *z, const char *part, struct xlsx_book *b,
			    struct fault *f)
{
	static const struct xlsx_handlers on = { .start = styles_start, .end = nothing };
	struct styles s = { .zip = z, .book = b };
	enum err e = xlsx_xml_all(z, part, z->limits.part_bytes_max, &on, &s, f);

	vec_drop(&s.formats);
	return e;
}

/* ---- shared strings ----------------------------------------------------------------------- */

struct strings {
	const struct xlsx_zip *zip;
	struct xlsx_book *book;
	int phonetic; /* depth of <rPh>: how a word is read, not what it says; 0 outside */
	bool in_text;
};

static enum err strings_start(void *arg, int depth, const char *name, const char **attr,
			      struct fault *f)
{
	struct strings *s = arg;

	(void)attr, (void)f;
	if (!s->phonetic && strcmp(name, "rPh") == 0)
		s->phonetic = depth;
	s->in_text = !s->phonetic && depth >= 3 && strcmp(name, "t") == 0;
	return OK;
}

static enum err strings_end(void *arg, int depth, const char *name, struct fault *f)
{
	struct strings *s = arg;
	struct xlsx_book *b = s->book;
	size_t from = b->text_end.n ? b->text_end.v[b->text_end.n - 1] : 0;

	s->in_text = false;
	if (s->phonetic == depth)
		s->phonetic = 0;
	if (depth != 2 || strcmp(name, "si") != 0)
		return OK;
	if (b->text.n > from)
		b->text.n = from + xlsx_unescape(b->text.p + from, b->text.n - from);
	return vec_push(&b->text_end, (uint32_t)b->text.n) ? no_memory(s->zip, f) : OK;
}

static enum err strings_text(void *arg, const char *t, size_t n, struct fault *f)
{
	struct strings *s = arg;

	if (!s->in_text)
		return OK;
	buf_put(&s->book->text, t, n);
	return s->book->text.failed ? no_memory(s->zip, f) : OK;
}

static enum err strings_read(const struct xlsx_zip *z, const char *part, struct xlsx_book *b,
			     struct fault *f)
{
	static const struct xlsx_handlers on = { .start = strings_start,
						 .end = strings_end,
						 .text = strings_text };
	struct strings s = { .zip = z, .book = b };
	uint64_t most = z->limits.strings_bytes_max;

	return xlsx_xml_all(z, part, most < UINT32_MAX ? most : UINT32_MAX, &on, &s, f);
}

/* ---- putting it together ------------------------------------------------------------------ */

/* "xl/workbook.xml" -> base "xl/", relations "xl/_rels/workbook.xml.rels". */
static bool relations_name(const char *part, char *base, char *rels, size_t size)
{
	const char *slash = strrchr(part, '/');
	int n = slash ? (int)(slash + 1 - part) : 0;

	return snprintf(base, size, "%.*s", n, part) < (int)size &&
	       snprintf(rels, size, "%.*s_rels/%s.rels", n, part, part + n) < (int)size;
}

static enum err not_a_workbook(const struct xlsx_zip *z, struct fault *f)
{
	return fault_set(
		f, ERR_SYNTAX,
		"“%s”是压缩包或其他文档，不是 .xlsx 工作簿：请用 Excel 或 WPS 另存为 .xlsx",
		"\"%s\" is a zip file or another document, no .xlsx workbook: save it as "
		".xlsx from Excel or WPS",
		z->name);
}

static enum err book_part(const struct xlsx_zip *z, char *ret, size_t size, struct fault *f)
{
	struct relations root = { .zip = z, .base = "" };
	const struct relation *book;
	enum err e;

	if (!xlsx_zip_has(z, "_rels/.rels"))
		return not_a_workbook(z, f);
	e = relations_read(&root, "_rels/.rels", f);
	book = e ? NULL : first(&root, BOOK, NULL);
	if (!e && (!book || !ends_with(book->target, ".xml")))
		e = not_a_workbook(z, f);
	if (!e)
		snprintf(ret, size, "%s", book->target);
	vec_drop(&root.list);
	return e;
}

static enum err sheet_found(struct workbook *w, const char *part, struct fault *f)
{
	static const struct xlsx_handlers on = { .start = workbook_start, .end = nothing };
	const struct xlsx_zip *z = w->relations.zip;
	enum err e = xlsx_xml_all(z, part, z->limits.part_bytes_max, &on, w, f);

	if (!e && (!w->root || !w->found || w->no_grid))
		e = not_found(w, f);
	if (!e)
		snprintf(w->book->sheet, sizeof(w->book->sheet), "%s",
			 first(&w->relations, SHEET, w->id)->target);
	return e;
}

enum err xlsx_book_read(const struct xlsx_zip *z, const char *sheet, struct xlsx_book *ret,
			struct fault *f)
{
	char part[XLSX_PART_NAME_BYTES], base[XLSX_PART_NAME_BYTES], rels[XLSX_PART_NAME_BYTES];
	struct workbook w = { .relations = { .zip = z, .base = base },
			      .book = ret,
			      .wanted = sheet };
	const struct relation *one;
	enum err e;

	if ((e = book_part(z, part, sizeof(part), f)))
		return e;
	if (!relations_name(part, base, rels, sizeof(base)))
		return odd(z, "workbook", f);
	e = relations_read(&w.relations, rels, f);
	if (!e)
		e = sheet_found(&w, part, f);
	if (!e && (one = first(&w.relations, STYLES, NULL)))
		e = styles_read(z, one->target, ret, f);
	if (!e && (one = first(&w.relations, STRINGS, NULL)))
		e = strings_read(z, one->target, ret, f);
	vec_drop(&w.relations.list);
	buf_release(&w.seen);
	return e;
}

void xlsx_book_end(struct xlsx_book *b)
{
	vec_drop(&b->styles);
	vec_drop(&b->text_end);
	buf_release(&b->text);
}
