#include "grid/area.h"

#include <stdlib.h>
#include <string.h>

#include "grid/area.sql.h"
#include "record/record.h"

#include "base/ban.h"

enum { CODE, FROM_DAY, TO_DAY, INTO, NAME, NAME_EN, KNOWN_AS };
enum { NAMES_FEW = 4 };

static struct str kept(struct arena *a, struct str s, enum err *e)
{
	char *p = arena_copy(a, s.p, s.n);

	if (!p)
		*e = ERR_MEMORY;
	return (struct str){ p, s.n };
}

static enum err area_of_row(struct rows *r, struct arena *a, struct area *ret)
{
	enum err e = OK;

	*ret = (struct area){
		.code = { rows_i64(r, CODE) },
		.into = { rows_i64(r, INTO) },
		.from_day = (int32_t)rows_i64(r, FROM_DAY),
		.to_day = (int32_t)rows_i64(r, TO_DAY),
		.name = kept(a, rows_text(r, NAME), &e),
		.name_en = kept(a, rows_text(r, NAME_EN), &e),
		.known_as = kept(a, rows_text(r, KNOWN_AS), &e),
	};
	return e;
}

static bool same_small(const char *small, struct str name)
{
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];

		if (small[i] != (c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c))
			return false;
	}
	return true;
}

bool area_known_as(struct str known_as, struct str name)
{
	for (size_t at = 0; at < known_as.n;) {
		const char *bar = memchr(known_as.p + at, '|', known_as.n - at);
		size_t end = bar ? (size_t)(bar - known_as.p) : known_as.n;

		if (end - at == name.n && same_small(known_as.p + at, name))
			return true;
		at = end + 1;
	}
	return false;
}

enum err area_find(struct tx *tx, struct area_code code, int32_t day, struct arena *a,
		   struct area *ret, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	char text[AREA_TEXT_BYTES];
	enum err e = tx_row(tx, &area_sql.at, SQL_ARGS(sql_i64(code.v), sql_i64(day)), &r, f);

	if (e == ERR_ABSENT) {
		area_text(code, text);
		return fault_set(f, e, "没有代码为 %s 的区划", "there is no area %s", text);
	}
	return e ? e : area_of_row(r, a, ret);
}

/* All rows there are, but for one beyond the limit, which only says that there are more. */
static enum err list_of(struct tx *tx, const struct sql *sql, struct sql_args args, size_t limit,
			struct arena *a, struct area_list *ret, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct area *v = arena_take(a, limit ? limit : 1, sizeof *v);
	size_t n = 0;
	bool more = false;
	enum err e;

	if (!v)
		return ERR_MEMORY;
	if ((e = tx_rows(tx, sql, args, &r, f)))
		return e;
	while (!(e = rows_next(r, &more, f)) && more && n < limit)
		if ((e = area_of_row(r, a, &v[n++])))
			return e;
	if (e)
		return e;
	*ret = (struct area_list){ n, v, more };
	return OK;
}

enum err area_below(struct tx *tx, struct area_code code, int32_t day, struct area_code after,
		    size_t limit, struct arena *a, struct area_list *ret, struct fault *f)
{
	return list_of(tx, &area_sql.below,
		       SQL_ARGS(sql_i64(code.v), sql_i64(day), sql_i64(after.v),
				sql_i64((int64_t)limit + 1)),
		       limit, a, ret, f);
}

static enum err count_of(struct tx *tx, const struct sql *sql, struct sql_args args, int64_t *ret,
			 struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e = tx_row(tx, sql, args, &r, f);

	if (!e)
		*ret = rows_i64(r, 0);
	return e;
}

static int by_code(const void *x, const void *y)
{
	const struct area_code *a = x, *b = y;

	return a->v < b->v ? -1 : a->v > b->v;
}

/* A list of codes as the statements take it: each once, fifteen digits. Sorts `codes`. */
static struct str digits_of(struct area_code *codes, size_t n, struct buf *out)
{
	char text[AREA_TEXT_BYTES];

	if (n)
		qsort(codes, n, sizeof *codes, by_code);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || codes[i].v != codes[i - 1].v) {
			area_text(codes[i], text);
			buf_lit(out, text);
		}
	return buf_view(out);
}

enum err area_above(struct tx *tx, const struct area_list *list, int32_t day, struct arena *a,
		    struct area_list *ret, struct fault *f)
{
	CLEANUP(buf_release) struct buf text = { 0 };
	struct area_code *v = arena_take(a, list->n * AREA_LEVEL_N + 1, sizeof *v);
	struct str codes;
	size_t n = 0;

	if (!v)
		return ERR_MEMORY;
	for (size_t i = 0; i < list->n; i++)
		for (int l = AREA_NATION; l < (int)area_level(list->v[i].code); l++)
			v[n++] = area_at(list->v[i].code, (enum area_level)l);
	codes = digits_of(v, n, &text);
	if (text.failed)
		return text.failed;
	*ret = (struct area_list){ 0 };
	return n ? list_of(tx, &area_sql.these, SQL_ARGS(sql_text(codes), sql_i64(day)), n, a, ret,
			   f)
		 : OK;
}

/* What is remembered of an area on a day: the length of its Chinese name, that, the English one. */
static enum err name_at(struct tx *tx, struct area_code code, int32_t day, struct arena *a,
			struct str *ret, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e = tx_row(tx, &area_sql.at, SQL_ARGS(sql_i64(code.v), sql_i64(day)), &r, f);
	struct str zh, en;
	char *p;

	*ret = STR("");
	if (e)
		return e == ERR_ABSENT ? OK : e;
	zh = rows_text(r, NAME);
	en = rows_text(r, NAME_EN);
	if (!(p = arena_take(a, sizeof zh.n + zh.n + en.n, 1)))
		return ERR_MEMORY;
	memcpy(p, &zh.n, sizeof zh.n);
	memcpy(p + sizeof zh.n, zh.p, zh.n);
	memcpy(p + sizeof zh.n + zh.n, en.p, en.n);
	*ret = (struct str){ p, sizeof zh.n + zh.n + en.n };
	return OK;
}

/* Each by itself: a list of codes costs as much as some ten of them. */
static enum err names_of_few(struct tx *tx, const struct area_code *code, size_t n, int32_t day,
			     struct arena *a, struct record_area_name *ret, struct fault *f)
{
	for (size_t i = 0; i < n; i++) {
		const int64_t at[] = { code[i].v, day };
		const struct str key = { (const char *)at, sizeof at };
		struct str kept;
		bool known = tx_recall(tx, &area_sql.at, key, &kept);
		enum err e = known ? OK : name_at(tx, code[i], day, a, &kept, f);
		size_t zh = 0;

		ret[i] = (struct record_area_name){ 0 };
		if (e)
			return e;
		if (!known)
			tx_remember(tx, &area_sql.at, key, kept);
		else if (!(kept.p = arena_copy(a, kept.p, kept.n)))
			return ERR_MEMORY;
		if (!kept.n)
			continue;
		memcpy(&zh, kept.p, sizeof zh);
		ret[i].zh = (struct str){ kept.p + sizeof zh, zh };
		ret[i].en = (struct str){ kept.p + sizeof zh + zh, kept.n - sizeof zh - zh };
	}
	return OK;
}

enum err area_names(struct tx *tx, const struct area_code *code, size_t n, int32_t day,
		    struct arena *a, struct record_area_name *ret, struct fault *f)
{
	CLEANUP(buf_release) struct buf text = { 0 };
	struct area_list list;
	char one[AREA_TEXT_BYTES];
	size_t k = 0;
	enum err e;

	if (n <= (tx_is_far(tx) ? 1 : NAMES_FEW))
		return names_of_few(tx, code, n, day, a, ret, f);
	for (size_t i = 0; i < n; i++) {
		area_text(code[i], one);
		buf_lit(&text, one);
		ret[i] = (struct record_area_name){ 0 };
	}
	if (text.failed)
		return text.failed;
	e = list_of(tx, &area_sql.these, SQL_ARGS(sql_text(buf_view(&text)), sql_i64(day)), n, a,
		    &list, f);
	for (size_t i = 0; !e && i < list.n; i++) { /* both rise */
		while (code[k].v != list.v[i].code.v)
			k++;
		ret[k] = (struct record_area_name){ list.v[i].name, list.v[i].name_en };
	}
	return e;
}

enum err area_each(struct tx *tx, struct area_code under, int32_t day,
		   enum err (*each)(void *arg, struct area_code code, struct str zh, struct str en),
		   void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	bool more = false;
	enum err e = tx_rows(tx, &area_sql.numbered,
			     SQL_ARGS(sql_i64(under.v), sql_i64(area_end(under).v), sql_i64(day),
				      sql_i64(INT64_MAX)),
			     &r, f);

	while (!e && !(e = rows_next(r, &more, f)) && more)
		e = each(arg, (struct area_code){ rows_i64(r, CODE) }, rows_text(r, NAME),
			 rows_text(r, NAME_EN));
	return e;
}

enum err area_n_below_each(struct tx *tx, const struct area_list *list, int32_t day, int64_t *ret,
			   struct fault *f)
{
	CLEANUP(buf_release) struct buf text = { 0 };
	CLEANUP(rows_end) struct rows *r = NULL;
	char one[AREA_TEXT_BYTES];
	bool more = false;
	enum err e;

	for (size_t k = 0; k < list->n; k++) {
		area_text(list->v[k].code, one);
		buf_lit(&text, one);
		ret[k] = 0;
	}
	if (text.failed || !list->n)
		return text.failed;
	e = tx_rows(tx, &area_sql.n_below_each, SQL_ARGS(sql_text(buf_view(&text)), sql_i64(day)),
		    &r, f);
	while (!e && !(e = rows_next(r, &more, f)) && more) {
		for (size_t k = 0; k < list->n; k++)
			if (list->v[k].code.v == rows_i64(r, 0))
				ret[k] = rows_i64(r, 1);
	}
	return e;
}

enum err area_n_under(struct tx *tx, struct area_code code, int32_t day, int64_t *ret,
		      struct fault *f)
{
	return count_of(tx, &area_sql.n_under,
			SQL_ARGS(sql_i64(code.v), sql_i64(area_end(code).v), sql_i64(day)), ret, f);
}

/* A code's first digits: all codes from theirs to the next. */
static bool code_span(struct str digits, int64_t *ret_from, int64_t *ret_end)
{
	int64_t unit = 1, from;

	if (digits.n == 0 || digits.n > AREA_DIGITS || str_i64(digits, &from) || from < 0)
		return false;
	for (size_t i = digits.n; i < AREA_DIGITS; i++)
		unit *= 10;
	*ret_from = from * unit;
	*ret_end = *ret_from + unit;
	return true;
}

/* The first two characters of a text, in small letters; empty if it has but one. */
static struct str first_pair(struct str s)
{
	size_t n = 0;

	for (int chars = 0; chars < 2; chars++) {
		if (n >= s.n)
			return (struct str){ s.p, 0 };
		n++;
		while (n < s.n && ((unsigned char)s.p[n] & 0xc0) == 0x80)
			n++;
	}
	return (struct str){ s.p, n };
}

/* What names are looked for by: their first two characters, and a pattern of SQL. */
struct words {
	struct str pair, like;
	struct area_code under;
	int32_t day;
};

/* Counties and what is above them, then townships, then villages: 30,000 have names like 三合村. */
static enum err known(struct tx *tx, const struct words *w, size_t limit, struct arena *a,
		      struct area_list *ret, struct fault *f)
{
	static const int64_t unit[] = { 1000000000, 1000000, 1 };
	struct area *v = arena_take(a, limit + 1, sizeof *v);
	struct area_list part = { 0 };
	size_t n = 0;
	enum err e;

	if (!v)
		return ERR_MEMORY;
	for (size_t i = 0; i < ARRAY_LEN(unit) && !part.more; i++) {
		e = list_of(tx, &area_sql.known,
			    SQL_ARGS(sql_text(w->pair), sql_text(w->like), sql_i64(w->under.v),
				     sql_i64(area_end(w->under).v), sql_i64(w->day),
				     sql_i64(unit[i]), sql_i64(i ? unit[i - 1] : 1),
				     sql_i64((int64_t)(limit - n) + 1)),
			    limit - n, a, &part, f);
		if (e)
			return e;
		if (part.n)
			memcpy(v + n, part.v, part.n * sizeof *v);
		n += part.n;
	}
	*ret = (struct area_list){ n, v, part.more };
	return OK;
}

enum err area_search(struct tx *tx, struct str text, struct area_code under, int32_t day,
		     size_t limit, struct arena *a, struct area_list *ret, struct fault *f)
{
	CLEANUP(buf_release) struct buf like = { 0 };
	char *small = arena_copy(a, text.p, text.n);
	struct str pair;
	int64_t from, end;

	if (!small)
		return ERR_MEMORY;
	if (code_span(text, &from, &end))
		return list_of(tx, &area_sql.numbered,
			       SQL_ARGS(sql_i64(max_i64(from, under.v)),
					sql_i64(min_i64(end, area_end(under).v)), sql_i64(day),
					sql_i64((int64_t)limit + 1)),
			       limit, a, ret, f);
	buf_char(&like, '%');
	for (size_t i = 0; i < text.n; i++) {
		if (small[i] >= 'A' && small[i] <= 'Z')
			small[i] = (char)(small[i] - 'A' + 'a');
		if (small[i] == '%' || small[i] == '_' || small[i] == '!')
			buf_char(&like, '!');
		buf_char(&like, small[i]);
	}
	buf_char(&like, '%');
	pair = first_pair((struct str){ small, text.n });
	if (like.failed)
		return like.failed;
	if (!pair.n) {
		*ret = (struct area_list){ 0 };
		return OK;
	}
	return known(tx, &(struct words){ pair, buf_view(&like), under, day }, limit, a, ret, f);
}
