#include "grid/area_import.h"

#include <stdlib.h>
#include <string.h>

#include "base/when.h"
#include "grid/area.sql.h"
#include "record/pinyin.h"
#include "table/table.h"

#include "base/ban.h"

enum column { CODE, NAME, NAME_EN, ALIASES, FROM, TO, INTO, COLUMN_N };
static const struct table_column columns[COLUMN_N] = {
	{ "code", true },  { "name", true }, { "name_en", false }, { "aliases", false },
	{ "from", false }, { "to", false },  { "into", false },
};

struct reason {
	const char *zh, *en;
};

struct row {
	struct area_code code, into;
	int32_t from_day, to_day;
	uint32_t file;
	uint64_t number;
	struct str name, name_en, aliases;
	const struct reason *refused;
	bool duplicate;
};

struct area_import {
	struct area_import_options o;
	struct arena *a;
	struct zone *utc; /* dates have none */
	VEC(const char *) files;
	VEC(struct row) rows; /* those that could be read; by code, once area_import_run ran */
	VEC(struct area_import_refusal) unread;
	uint64_t n_rows, n_outside;
};

enum { IMPORT_BUDGET_BYTES = 1 << 30 };

static const struct reason bad_code = { "code 应为 2、4、6、9、12 或 15 位数字",
					"code is 2, 4, 6, 9, 12 or 15 digits" };
static const struct reason bad_name = { "name 应有 1 到 60 个字，不含竖线",
					"name has 1 to 60 characters and no bar" };
static const struct reason bad_other = { "name_en、aliases 太长",
					 "name_en or aliases is too long" };
static const struct reason bad_day = { "from、to 应为先后两个日期，如 2017-04-10",
				       "from and to are dates, the earlier first: 2017-04-10" };
static const struct reason bad_into = { "into 应为另一个区划的代码，并须写明 to",
					"into is the code of another area, and needs a to" };
static const struct reason no_parent = { "它的上级区划不在表里，先导入上级",
					 "the area above it is not there; import that first" };
static const struct reason no_into = { "into 所指的区划不存在",
				       "the area that into names is not there" };
static const struct reason other_name = {
	"此代码已有另一个名称；更名须用 --from 写明从哪天起",
	"the code has another name; a new one needs --from DATE"
};
static const struct reason twice = { "同一批里此代码已有另一行",
				     "another row of this list has the code" };
static const struct reason no_span = { "那一天没有可结束的区划",
				       "there is nothing to end on that day" };

enum err area_import_new(const struct area_import_options *o, struct area_import **ret)
{
	struct area_import *i = mem_take(1, sizeof *i);
	enum err e;

	if (!i)
		return ERR_MEMORY;
	i->o = *o;
	e = arena_new(IMPORT_BUDGET_BYTES, &i->a);
	if (!e)
		e = zone_open("UTC", &i->utc, NULL);
	if (e)
		area_import_end(&i);
	else
		*ret = i;
	return e;
}

void area_import_end(struct area_import **i)
{
	if (!*i)
		return;
	vec_drop(&(*i)->files);
	vec_drop(&(*i)->rows);
	vec_drop(&(*i)->unread);
	arena_free((*i)->a);
	zone_free((*i)->utc);
	mem_drop(*i);
	*i = NULL;
}

/* ---- a row read --------------------------------------------------------------------------- */

static bool name_fits(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == '|')
			return false;
	return s.n > 0 && str_characters(s) <= AREA_NAME_CHARS_MAX;
}

static bool day_fits(const struct zone *z, struct str s, int32_t *ret)
{
	struct when w;

	if (!s.n)
		return true;
	if (when_read(s, z, &w) || w.kind != WHEN_DATE)
		return false;
	*ret = w.day;
	return true;
}

/* What is wrong with the row; NULL if nothing is. */
static const struct reason *row_read(const struct zone *z, const struct str cell[COLUMN_N],
				     struct row *r)
{
	if (area_parse(cell[CODE], &r->code))
		return &bad_code;
	if (!name_fits(cell[NAME]))
		return &bad_name;
	if ((cell[NAME_EN].n && !name_fits(cell[NAME_EN])) ||
	    str_characters(cell[ALIASES]) > 4 * AREA_NAME_CHARS_MAX)
		return &bad_other;
	if (!day_fits(z, cell[FROM], &r->from_day) || !day_fits(z, cell[TO], &r->to_day) ||
	    r->from_day >= r->to_day)
		return &bad_day;
	if (cell[INTO].n && (area_parse(cell[INTO], &r->into) || r->into.v == r->code.v ||
			     r->to_day == AREA_DAY_LAST))
		return &bad_into;
	return NULL;
}

static enum err keep(struct area_import *i, struct str *s)
{
	char *p = arena_copy(i->a, s->p, s->n);

	s->p = p;
	return p ? OK : ERR_MEMORY;
}

static enum err take_row(struct area_import *i, const struct table *t, const struct csv_record *row)
{
	uint32_t file = (uint32_t)i->files.n - 1;
	struct str cell[COLUMN_N] = { 0 };
	struct row r = { .from_day = AREA_DAY_FIRST,
			 .to_day = AREA_DAY_LAST,
			 .file = file,
			 .number = row->number };
	const struct reason *why;
	enum err e;

	i->n_rows++;
	if (row->refusal_zh)
		return vec_push(&i->unread,
				((struct area_import_refusal){ i->files.v[file], row->number,
							       row->refusal_zh, row->refusal_en }));
	for (int c = 0; c < COLUMN_N; c++) {
		int at = table_field(t, (size_t)c);

		if (at >= 0)
			cell[c] = row->fields[at];
	}
	why = row_read(i->utc, cell, &r);
	if (why)
		return vec_push(&i->unread,
				((struct area_import_refusal){ i->files.v[file], row->number,
							       why->zh, why->en }));
	if (!area_covers(i->o.under, r.code) && !area_covers(r.code, i->o.under)) {
		i->n_outside++;
		return OK;
	}
	r.name = cell[NAME];
	r.name_en = cell[NAME_EN];
	r.aliases = cell[ALIASES];
	if ((e = keep(i, &r.name)) || (e = keep(i, &r.name_en)) || (e = keep(i, &r.aliases)))
		return e;
	return vec_push(&i->rows, r);
}

enum err area_import_file(struct area_import *i, const char *path, struct fault *f)
{
	CLEANUP(table_end) struct table *t = NULL;
	const struct table_options o = { .known = columns, .n_known = COLUMN_N };
	const char *name = arena_copy(i->a, path, strlen(path));
	struct csv_record row;
	bool more;
	enum err e;

	if (!name)
		return ERR_MEMORY;
	if ((e = vec_push(&i->files, name)))
		return e;
	if ((e = table_open(path, &o, &t, f)))
		return e;
	while (!(e = table_next(t, &row, &more, f)) && more)
		if ((e = take_row(i, t, &row)))
			return e;
	return e;
}

/* ---- rows against the tree ------------------------------------------------------------------ */

static int by_code(const void *x, const void *y)
{
	const struct row *a = x, *b = y;

	if (a->code.v != b->code.v)
		return a->code.v < b->code.v ? -1 : 1;
	if (a->from_day != b->from_day)
		return a->from_day < b->from_day ? -1 : 1;
	if (a->file != b->file)
		return a->file < b->file ? -1 : 1;
	return a->number < b->number ? -1 : a->number > b->number;
}

static bool same(const struct row *r, const struct row *s)
{
	return r->code.v == s->code.v && str_eq(r->name, s->name) &&
	       str_eq(r->name_en, s->name_en) && str_eq(r->aliases, s->aliases) &&
	       r->from_day == s->from_day && r->to_day == s->to_day && r->into.v == s->into.v;
}

/* Is there an area of this code, in the tree or among the rows taken so far? */
static enum err there(struct area_import *i, struct tx *tx, struct area_code code, bool *ret,
		      struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	size_t low = 0, high = i->rows.n;
	enum err e;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (i->rows.v[middle].code.v < code.v)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < i->rows.n && i->rows.v[low].code.v == code.v; low++) {
		if (!i->rows.v[low].refused) {
			*ret = true;
			return OK;
		}
	}
	*ret = false;
	e = tx_rows(tx, &area_sql.history, SQL_ARGS(sql_i64(code.v)), &r, f);
	return e ? e : rows_next(r, ret, f);
}

/* The area above must be there; only provinces, cities and counties may stand on top of a tree. */
static enum err parent_there(struct area_import *i, struct tx *tx, struct area_code code, bool *ret,
			     struct fault *f)
{
	struct area_code up = area_parent(code);
	bool found = false;
	enum err e;

	*ret = true;
	if (code.v == 0 || area_level(code) <= AREA_CITY)
		return OK; /* what stands above a city may be another house's */
	if ((e = there(i, tx, up, &found, f)))
		return e;
	*ret = found || area_level(code) == AREA_COUNTY;
	return OK;
}

static void add_word(struct buf *out, struct str word)
{
	if (!word.n || area_known_as(buf_view(out), word))
		return;
	if (out->n)
		buf_char(out, '|');
	buf_str(out, word);
}

/* The words of a list in small letters. */
static void add_words(struct buf *out, struct str list)
{
	CLEANUP(buf_release) struct buf word = { 0 };

	for (size_t i = 0; i <= list.n; i++) {
		char x = i < list.n ? list.p[i] : '|';

		if (x != '|') {
			buf_char(&word, x >= 'A' && x <= 'Z' ? (char)(x - 'A' + 'a') : x);
			continue;
		}
		add_word(out, buf_view(&word));
		buf_clear(&word);
	}
	if (word.failed)
		out->failed = word.failed;
}

enum { TWO_READINGS_MAX = 3 }; /* characters of a name; more of them are read the usual way */

/* How a Chinese name is typed by the first letters of its readings: 长沙 is cs, and zs. */
static void add_initials(struct buf *out, struct str name)
{
	CLEANUP(buf_release) struct buf word = { 0 };
	unsigned n_ways = 1;
	bool chinese = false;

	for (unsigned way = 0; way < n_ways; way++) {
		unsigned n_two = 0;

		buf_clear(&word);
		for (struct str rest = name; rest.n;) {
			uint32_t c = pinyin_next(&rest);
			char other, first = pinyin_letter(c, &other);

			if (first && other && n_two < TWO_READINGS_MAX && way >> n_two++ & 1)
				first = other;
			if (first)
				buf_char(&word, first);
			else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
				buf_char(&word, (char)c);
			chinese = chinese || first;
		}
		n_ways = 1u << n_two;
		if (chinese)
			add_word(out, buf_view(&word));
	}
	if (word.failed)
		out->failed = word.failed;
}

/* All names, those it had too, and how they are typed by initials, in small letters. */
static enum err known_as(const struct row *r, struct str before, struct buf *out)
{
	CLEANUP(buf_release) struct buf names = { 0 };

	add_words(&names, r->name);
	add_words(&names, r->name_en);
	add_words(&names, r->aliases);
	add_words(&names, before);
	buf_clear(out);
	buf_str(out, buf_view(&names));
	for (size_t from = 0, i = 0; i <= names.n; i++)
		if (i == names.n || names.p[i] == '|') {
			add_initials(out, (struct str){ names.p + from, i - from });
			from = i + 1;
		}
	return names.failed ? names.failed : out->failed;
}

struct step {
	struct area_import *i;
	struct tx *tx;
	struct row *row;
	struct buf *text;
};

static enum err add(const struct step *s, int32_t from_day, struct str before, struct fault *f)
{
	const struct row *r = s->row;
	struct str known;
	enum err e = known_as(r, before, s->text);

	if (e || s->i->o.dry)
		return e;
	known = buf_view(s->text);
	e = tx_run(s->tx, &area_sql.add,
		   SQL_ARGS(sql_i64(r->code.v), sql_i64(from_day), sql_i64(r->to_day),
			    sql_i64(area_parent(r->code).v), sql_i64(r->into.v), sql_text(r->name),
			    sql_text(r->name_en), sql_text(known)),
		   NULL, f);
	return e ? e
		 : tx_run(s->tx, &area_sql.add_tokens,
			  SQL_ARGS(sql_i64(r->code.v), sql_text(known)), NULL, f);
}

static enum err end_span(const struct step *s, int32_t day, struct fault *f)
{
	uint64_t changed = 1;
	enum err e = OK;

	if (!s->i->o.dry)
		e = tx_run(s->tx, &area_sql.end_span,
			   SQL_ARGS(sql_i64(s->row->code.v), sql_i64(day), sql_i64(s->row->into.v)),
			   &changed, f);
	if (!e && !changed)
		s->row->refused = &no_span;
	return e;
}

/* The area is as it was; what else it is known by may be new, as in a house of an older program. */
static enum err same_again(const struct step *s, const struct area *old, struct fault *f)
{
	struct str known;
	enum err e = known_as(s->row, old->known_as, s->text);

	if (e)
		return e;
	known = buf_view(s->text);
	s->row->duplicate = str_eq(known, old->known_as);
	if (s->row->duplicate || s->i->o.dry)
		return OK;
	e = tx_run(s->tx, &area_sql.know,
		   SQL_ARGS(sql_i64(old->code.v), sql_i64(old->from_day), sql_text(known)), NULL,
		   f);
	return e ? e
		 : tx_run(s->tx, &area_sql.add_tokens,
			  SQL_ARGS(sql_i64(old->code.v), sql_text(known)), NULL, f);
}

/* The code is there: is the row the same, the end of a span, or another name? */
static enum err against(const struct step *s, const struct area *old, struct fault *f)
{
	struct row *r = s->row;
	bool same_name =
		str_eq(r->name, old->name) && (!r->name_en.n || str_eq(r->name_en, old->name_en));
	int32_t day = r->from_day > AREA_DAY_FIRST ? r->from_day : s->i->o.from_day;
	enum err e;

	if (same_name && r->to_day < old->to_day)
		return end_span(s, r->to_day, f);
	if (same_name)
		return same_again(s, old, f);
	if (day <= old->from_day || day >= old->to_day) {
		r->refused = &other_name;
		return OK;
	}
	if ((e = end_span(s, day, f)) || r->refused)
		return e;
	return add(s, day, old->known_as, f);
}

static enum err into_there(const struct step *s, struct fault *f)
{
	bool found = true;
	enum err e = OK;

	if (s->row->into.v && !(e = there(s->i, s->tx, s->row->into, &found, f)) && !found)
		s->row->refused = &no_into;
	return e;
}

static enum err step_run(const struct step *s, struct arena *scratch, struct fault *f)
{
	struct fault unasked = { 0 };
	struct area old;
	bool parent;
	enum err e = into_there(s, f);

	if (e || s->row->refused)
		return e;
	e = area_find(s->tx, s->row->code, AREA_DAY_LAST - 1, scratch, &old, &unasked);
	if (!e)
		return against(s, &old, f);
	if (e != ERR_ABSENT)
		return fault_set(f, e, "%s", "%s", err_zh(e));
	if ((e = parent_there(s->i, s->tx, s->row->code, &parent, f)))
		return e;
	if (!parent) {
		s->row->refused = &no_parent;
		return OK;
	}
	return add(s, s->row->from_day, STR(""), f);
}

enum err area_import_run(struct tx *tx, void *arg, struct fault *f)
{
	struct area_import *i = arg;
	CLEANUP(buf_release) struct buf text = { 0 };
	CLEANUP(arena_end) struct arena *scratch = NULL;
	const struct row *taken = NULL; /* the last row that was not refused */
	enum err e = arena_new(1 << 20, &scratch);

	if (e)
		return e;
	if (i->rows.n)
		qsort(i->rows.v, i->rows.n, sizeof *i->rows.v, by_code);
	for (size_t k = 0; k < i->rows.n; k++) {
		i->rows.v[k].refused = NULL;
		i->rows.v[k].duplicate = false;
	}
	for (size_t k = 0; k < i->rows.n; k++) {
		struct row *r = &i->rows.v[k];
		struct step s = { i, tx, r, &text };

		if (taken && taken->code.v == r->code.v && taken->from_day == r->from_day) {
			r->duplicate = same(taken, r);
			r->refused = r->duplicate ? NULL : &twice;
			continue;
		}
		arena_clear(scratch);
		if ((e = step_run(&s, scratch, f)))
			return e;
		if (!r->refused)
			taken = r;
	}
	return OK;
}

struct area_import_account area_import_account(const struct area_import *i)
{
	struct area_import_account n = { .rows = i->n_rows,
					 .outside = i->n_outside,
					 .refused = i->unread.n };

	for (size_t k = 0; k < i->rows.n; k++) {
		const struct row *r = &i->rows.v[k];

		if (r->refused)
			n.refused++;
		else if (r->duplicate)
			n.duplicate++;
		else
			n.accepted++;
	}
	assert(n.rows == n.outside + n.accepted + n.refused + n.duplicate);
	return n;
}

void area_import_merged(const struct area_import *i, void (*each)(void *arg, struct area_code gone),
			void *arg)
{
	for (size_t k = 0; k < i->rows.n; k++) {
		const struct row *r = &i->rows.v[k];

		if (!r->refused && !r->duplicate && r->into.v)
			each(arg, r->code);
	}
}

static int by_place(const void *x, const void *y)
{
	const struct area_import_refusal *a = x, *b = y;

	return a->number < b->number ? -1 : a->number > b->number;
}

void area_import_refused(const struct area_import *i,
			 void (*each)(void *arg, const struct area_import_refusal *r), void *arg)
{
	for (size_t file = 0; file < i->files.n; file++) {
		VEC(struct area_import_refusal) list = { 0 };
		enum err e = OK;

		for (size_t k = 0; !e && k < i->unread.n; k++)
			if (i->unread.v[k].file == i->files.v[file])
				e = vec_push(&list, i->unread.v[k]);
		for (size_t k = 0; !e && k < i->rows.n; k++) {
			const struct row *r = &i->rows.v[k];

			if (r->refused && r->file == file)
				e = vec_push(&list, ((struct area_import_refusal){
							    i->files.v[file], r->number,
							    r->refused->zh, r->refused->en }));
		}
		if (list.n)
			qsort(list.v, list.n, sizeof *list.v, by_place);
		for (size_t k = 0; k < list.n; k++)
			each(arg, &list.v[k]);
		vec_drop(&list);
	}
}
