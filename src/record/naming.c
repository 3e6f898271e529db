/* naming.c - see naming.h. */
#include "record/naming.h"

#include <stdlib.h>
#include <string.h>

#include "base/ban.h"
#include "base/digest.h"

enum { KEPT_SLOTS = 2 * NAMING_KEPT };

enum err naming_begin(struct naming *m, const struct record_book *b, const struct who *who,
		      struct tx *tx, struct utc_s now)
{
	*m = (struct naming){ .book = b, .who = who, .tx = tx, .now = now };
	return arena_new(NAMING_BYTES_MAX, &m->a);
}

void naming_end(struct naming *m)
{
	arena_end(&m->a);
	arena_end(&m->names);
	mem_drop(m->kept);
	m->kept = NULL;
	vec_drop(&m->by_name);
	vec_drop(&m->by_code);
}

bool naming_reads(const struct field *x)
{
	return !x || x->type == FIELD_REF || x->type == FIELD_AREA;
}

/* ---- what was asked ------------------------------------------------------------------------- */

static struct naming_kept *slot_of(struct naming *m, const struct record_kind *k, struct str text)
{
	size_t at =
		(size_t)(digest_seeded(text.p, text.n, (uint64_t)(uintptr_t)k) & (KEPT_SLOTS - 1));

	while (m->kept[at].text.p && (m->kept[at].k != k || !str_eq(m->kept[at].text, text)))
		at = (at + 1) & (KEPT_SLOTS - 1);
	return &m->kept[at];
}

static enum err keep(struct naming *m, const struct record_kind *k, struct str text,
		     const struct naming_found *found)
{
	char *copy;

	if (m->n_kept == NAMING_KEPT) {
		memset(m->kept, 0, KEPT_SLOTS * sizeof *m->kept);
		arena_clear(m->a);
		m->n_kept = 0;
	}
	if (!(copy = arena_copy(m->a, text.p, text.n)))
		return ERR_MEMORY;
	*slot_of(m, k, text) = (struct naming_kept){ k, { copy, text.n }, *found };
	m->n_kept++;
	return OK;
}

typedef enum err asking(struct naming *m, const struct record_kind *k, struct str text,
			struct naming_found *ret, struct fault *f);

static enum err look_up(struct naming *m, asking *ask, const struct record_kind *k, struct str text,
			struct naming_found *ret, struct fault *f)
{
	const struct naming_kept *at;
	enum err e;

	*ret = (struct naming_found){ 0 };
	if (text.n > NAMING_TEXT_MAX)
		return OK; /* nothing is called so */
	if (!m->kept && !(m->kept = mem_take(KEPT_SLOTS, sizeof *m->kept)))
		return ERR_MEMORY;
	at = slot_of(m, k, text);
	if (at->text.p)
		return *ret = at->found, OK;
	if ((e = ask(m, k, text, ret, f)))
		return e;
	return keep(m, k, text, ret);
}

/* ---- rows ----------------------------------------------------------------------------------- */

static bool is_digits(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n > 0;
}

static bool may_read(const struct who *who, const struct noun *n)
{
	return who_may(who, n->read) && row_sees(sight_of(who), noun_label(n));
}

static bool reaches(const struct who *who, const struct noun *n, struct area_code area)
{
	return scope_covers(&who->scope, area) || (n->reads_up && scope_under(&who->scope, area));
}

/* The areas in which whatever `who` reads lies, and more. */
static void span_of(const struct who *who, const struct noun *n, int64_t *ret_from,
		    int64_t *ret_end)
{
	*ret_from = INT64_MAX;
	*ret_end = 0;
	for (size_t i = 0; i < who->scope.n; i++) {
		struct area_code root = who->scope.v[i];
		struct area_code top = n->reads_up ? area_at(root, AREA_PROVINCE) : root;

		*ret_from = min_i64(*ret_from, top.v);
		*ret_end = max_i64(*ret_end, area_end(root).v);
	}
}

static bool of_the_file(const struct naming *m, int64_t id)
{
	return id >= m->first.v && id < m->end.v &&
	       record_id_kin((struct record_id){ id }, m->first);
}

static enum err ask_name(struct naming *m, const struct record_kind *k, struct str text,
			 struct naming_found *ret, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct naming_found over = { 0 }; /* suspended, dissolved, left */
	struct str open = str_of(k->noun->state[noun_beginning(k->noun)->to].word);
	int64_t from, end;
	bool more;
	enum err e;

	if (!may_read(m->who, k->noun))
		return OK;
	span_of(m->who, k->noun, &from, &end);
	e = tx_rows(m->tx, k->sql->named, SQL_ARGS(sql_text(text), sql_i64(from), sql_i64(end)), &r,
		    f);
	while (!e && !(e = rows_next(r, &more, f)) && more) {
		int64_t id = rows_i64(r, 0);
		struct naming_found *to = str_eq(rows_text(r, 2), open) ? ret : &over;

		if (of_the_file(m, id) ||
		    !reaches(m->who, k->noun, (struct area_code){ rows_i64(r, 1) }))
			continue;
		to->id = id;
		to->n++;
	}
	if (!e && ret->n == 0)
		*ret = over;
	return e;
}

static enum err ask_id(struct naming *m, const struct record_kind *k, struct str text,
		       struct naming_found *ret, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e;

	if (str_i64(text, &ret->id) || ret->id <= 0)
		return OK;
	e = tx_row(m->tx, k->sql->get, SQL_ARGS(sql_i64(ret->id)), &r, f);
	ret->n = e == OK;
	return e == ERR_ABSENT ? OK : e;
}

static enum err refuse_name(const struct field *x, size_t n, struct fault *f)
{
	if (n == 0)
		fault_set(
			f, ERR_RANGE,
			"“%s”%.0s：您能查阅的记录中没有叫这个名称的，请核对名称，或填编号",
			"%.0s%s: no row that you may read has this name: check it, or give the id",
			x->zh, x->en);
	else
		fault_set(f, ERR_RANGE, "“%s”%.0s：有 %zu 条记录叫这个名称，请改填编号",
			  "%.0s%s: %zu rows have this name: give the id instead", x->zh, x->en, n);
	fault_at(f, x->name, NULL);
	return ERR_RANGE;
}

static enum err ref_cell(struct naming *m, const struct field *x, struct str s,
			 const struct value_from *from, void *row, struct fault *f)
{
	const struct record_kind *k = record_kind_of(m->book, x->refers);
	bool digits = is_digits(s);
	struct naming_found found;
	enum err e;

	if (!digits && !k->sql->named)
		return value_from_text(x, s, from, row, f); /* which says that it wants an id */
	if ((e = look_up(m, digits ? ask_id : ask_name, k, s, &found, f)))
		return e;
	if (found.n != 1)
		return digits ? act_leads_nowhere(x, f) : refuse_name(x, found.n, f);
	*(struct record_id *)(void *)((char *)row + x->at) = (struct record_id){ found.id };
	return OK;
}

/* ---- areas ---------------------------------------------------------------------------------- */

static int by_code(const void *a, const void *b)
{
	const struct naming_area *x = a, *y = b;

	return (x->code > y->code) - (x->code < y->code);
}

static int by_name(const void *a, const void *b)
{
	const struct naming_area *x = a, *y = b;
	int c = str_cmp(x->name, y->name);

	return c ? c : by_code(a, b);
}

static enum err note_area(void *naming, struct area_code code, struct str zh, struct str en)
{
	struct naming *m = naming;
	char *p = arena_copy(m->names, zh.p, zh.n), *q = arena_copy(m->names, en.p, en.n);
	struct naming_area one = { { p, zh.n }, code.v }, other = { { q, en.n }, code.v };

	if (!p || !q || vec_push(&m->by_code, one) || vec_push(&m->by_name, one) ||
	    (en.n && vec_push(&m->by_name, other)))
		return ERR_MEMORY;
	return OK;
}

/* What lies above names no cell, but may stand before a name. */
static enum err note_above(struct naming *m, int32_t day, struct fault *f)
{
	struct area_code above[SCOPE_ABOVE_MAX];
	struct record_area_name name[SCOPE_ABOVE_MAX];
	size_t n = scope_above(&m->who->scope, above);
	struct naming_area of[SCOPE_ABOVE_MAX];
	enum err e = OK;

	for (size_t i = 0; i < n; i++)
		of[i] = (struct naming_area){ .code = above[i].v };
	if (n)
		qsort(of, n, sizeof *of, by_code);
	for (size_t i = 0; i < n; i++)
		above[i].v = of[i].code;
	if (n)
		e = m->book->area_names(m->tx, above, n, day, m->names, name, f);
	for (size_t i = 0; i < n && !e; i++) {
		of[i].name = name[i].zh;
		e = vec_push(&m->by_code, of[i]);
	}
	return e;
}

static enum err read_areas(struct naming *m, struct fault *f)
{
	const struct scope *scope = &m->who->scope;
	int32_t day = zone_day_of(m->book->zone, m->now);
	enum err e = arena_new(NAMING_BYTES_MAX, &m->names);

	for (size_t i = 0; i < scope->n && !e; i++)
		e = m->book->areas(m->tx, scope->v[i], day, note_area, m, f);
	if (e || (e = note_above(m, day, f)))
		return e;
	if (m->by_code.n)
		qsort(m->by_code.v, m->by_code.n, sizeof *m->by_code.v, by_code);
	if (m->by_name.n)
		qsort(m->by_name.v, m->by_name.n, sizeof *m->by_name.v, by_name);
	m->has_areas = true;
	return OK;
}

static struct str name_of(const struct naming *m, struct area_code code)
{
	const struct naming_area wanted = { .code = code.v }, *at;

	if (!m->by_code.n)
		return STR("");
	at = bsearch(&wanted, m->by_code.v, m->by_code.n, sizeof wanted, by_code);
	return at ? at->name : STR("");
}

static bool ends_in(struct str s, struct str end)
{
	return s.n >= end.n && memcmp(s.p + s.n - end.n, end.p, end.n) == 0;
}

/* Without blanks and signs at its end. */
static struct str unsigned_end(struct str s)
{
	static const char *const signs[] = { " ", "/", "-", ",", ">", "\\", "、", "，", "\u3000" };
	size_t n;

	do {
		n = s.n;
		for (size_t i = 0; i < ARRAY_LEN(signs); i++)
			if (ends_in(s, str_of(signs[i])))
				s.n -= strlen(signs[i]);
	} while (s.n != n);
	return s;
}

/* Is `rest` made of names of areas above, the nearest last? */
static bool leads_to(const struct naming *m, struct str rest, struct area_code code)
{
	while ((rest = unsigned_end(rest)).n && code.v) {
		struct str name;

		code = area_parent(code);
		name = name_of(m, code);
		if (name.n && ends_in(rest, name))
			rest.n -= name.n;
	}
	return rest.n == 0;
}

/* The first of the names that are not before this one. */
static size_t first_named(const struct naming *m, struct str name)
{
	size_t low = 0, high = m->by_name.n;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (str_cmp(m->by_name.v[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Areas called as the text is from `at` on, with what stands before it on their way up. */
static void find_named(const struct naming *m, struct str text, size_t at, struct naming_found *ret)
{
	struct str name = { text.p + at, text.n - at };

	for (size_t i = first_named(m, name); i < m->by_name.n; i++) {
		struct area_code code = { m->by_name.v[i].code };

		if (!str_eq(m->by_name.v[i].name, name))
			return;
		if (code.v == ret->id || !leads_to(m, (struct str){ text.p, at }, code))
			continue;
		ret->id = code.v;
		ret->n++;
	}
}

static enum err ask_area(struct naming *m, const struct record_kind *k, struct str text,
			 struct naming_found *ret, struct fault *f)
{
	enum err e = m->has_areas ? OK : read_areas(m, f);

	(void)k;
	for (size_t at = 0; at < text.n && !e; at++)
		if (((unsigned char)text.p[at] & 0xC0) != 0x80)
			find_named(m, text, at, ret);
	return e;
}

static enum err refuse_area(const struct field *x, size_t n, struct fault *f)
{
	const char *zh = x ? x->zh : "区域", *en = x ? x->en : "Area";

	if (n == 0)
		fault_set(f, ERR_RANGE,
			  "“%s”%.0s：您的区域中没有叫这个名称的，请核对名称，或填区划代码",
			  "%.0s%s: none of your areas has this name: check it, or give the code",
			  zh, en);
	else
		fault_set(f, ERR_RANGE,
			  "“%s”%.0s：有 %zu 个区域叫这个名称，请在前面写上级区域，或填区划代码",
			  "%.0s%s: %zu areas have this name: put that of the area above before it, "
			  "or give the code",
			  zh, en, n);
	fault_at(f, x ? x->name : "area", NULL);
	return ERR_RANGE;
}

static enum err refuse_code(const struct field *x, struct fault *f)
{
	fault_set(f, ERR_RANGE, "“%s”%.0s不是区划代码，请填 2、4、6、9、12 或 15 位数字",
		  "%.0s%s: this is no area code: give 2, 4, 6, 9, 12 or 15 digits",
		  x ? x->zh : "区域", x ? x->en : "Area");
	fault_at(f, x ? x->name : "area", NULL);
	return ERR_RANGE;
}

static enum err area_cell(struct naming *m, const struct field *x, struct str s, void *row,
			  struct fault *f)
{
	struct area_code *to =
		x ? (struct area_code *)(void *)((char *)row + x->at) : &row_head(row)->area;
	struct naming_found found;
	struct area_code code;
	enum err e;

	if (area_parse(s, &code) == OK && code.v)
		return *to = code, OK;
	if (is_digits(s) || !m || !m->book->areas)
		return refuse_code(x, f);
	if ((e = look_up(m, ask_area, NULL, s, &found, f)))
		return e;
	if (found.n != 1)
		return refuse_area(x, found.n, f);
	to->v = found.id;
	return OK;
}

enum err naming_cell(struct naming *m, const struct field *x, struct str s,
		     const struct value_from *from, void *row, struct fault *f)
{
	s = value_trim(s);
	if (s.n && (!x || x->type == FIELD_AREA))
		return area_cell(m, x, s, row, f);
	if (s.n && m)
		return ref_cell(m, x, s, from, row, f);
	return x ? value_from_text(x, s, from, row, f) : OK; /* all rows may have one area */
}
