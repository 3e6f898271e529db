/* body.c - see body.h. */
#include "intake/body.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json_read.h"
#include "intake/flat.h"

#include "base/ban.h"

enum { LINE_BUDGET = 8 << 20, HEADINGS_BUDGET = 1 << 20 };

static bool is_ndjson(struct str s)
{
	static const char mark[] = "\xEF\xBB\xBF";

	if (s.n >= 3 && memcmp(s.p, mark, 3) == 0)
		s.p += 3, s.n -= 3;
	while (s.n && (unsigned char)s.p[0] <= ' ')
		s.p++, s.n--;
	return s.n && s.p[0] == '{';
}

/* A damaged file is the sender's: not ours, as a damaged file of the program would be. */
static enum err of_file(enum err e, struct fault *f)
{
	if (e != ERR_CORRUPT && e != ERR_ABSENT && e != ERR_USAGE)
		return e;
	if (f)
		f->code = ERR_SYNTAX;
	return ERR_SYNTAX;
}

enum err body_open(struct body *b, struct str bytes, struct fault *f)
{
	static const struct table_options any = { 0 };
	const struct str *h;
	size_t n;
	enum err e;

	*b = (struct body){ .rest = bytes };
	if (is_ndjson(bytes)) {
		if ((e = arena_new(LINE_BUDGET, &b->a)))
			return e;
		return arena_new(HEADINGS_BUDGET, &b->headings_a);
	}
	if ((e = table_open_bytes(bytes, &any, &b->table, f)))
		return of_file(e, f);
	h = table_header(b->table, &n);
	if (n > BODY_COLUMNS_MAX)
		return fault_set(f, ERR_FULL, "表有 %zu 列，最多 %d 列，请删去多余的列",
				 "the table has %zu columns, at most %d are taken: drop some", n,
				 BODY_COLUMNS_MAX);
	for (size_t i = 0; i < n; i++)
		if ((e = vec_push(&b->headings, h[i])))
			return e;
	return OK;
}

const struct str *body_headings(const struct body *b, size_t *ret_n)
{
	*ret_n = b->headings.n;
	return b->headings.v;
}

void body_end(struct body *b)
{
	table_end(&b->table);
	if (b->a)
		arena_wipe(b->a);
	arena_end(&b->a);
	if (b->headings_a) /* of a file without headings they are its first person */
		arena_wipe(b->headings_a);
	arena_end(&b->headings_a);
	vec_drop(&b->headings);
	vec_drop(&b->cells);
}

/* ---- NDJSON ---------------------------------------------------------------------------------- */

static enum err heading_of(struct body *b, struct str key, size_t guess, size_t *ret)
{
	char *copy;
	size_t i;
	enum err e;

	if (guess < b->headings.n && str_eq(b->headings.v[guess], key))
		return *ret = guess, OK;
	for (i = 0; i < b->headings.n && !str_eq(b->headings.v[i], key); i++)
		;
	if (i == b->headings.n) {
		if (i == BODY_COLUMNS_MAX)
			return ERR_FULL;
		if (!(copy = arena_copy(b->headings_a, key.p, key.n)))
			return ERR_MEMORY;
		if ((e = vec_push(&b->headings, ((struct str){ copy, key.n }))))
			return e;
		b->cells.v[i] = (struct str){ NULL, 0 };
	}
	*ret = i;
	return OK;
}

static enum err cell_of(struct body *b, const struct json_node *n, struct str *ret)
{
	char text[32];
	char *copy;

	switch (n->is) {
	case JSON_IS_NULL: *ret = (struct str){ "", 0 }; return OK;
	case JSON_IS_TEXT: *ret = n->text; return OK;
	case JSON_IS_BOOL: *ret = n->i ? STR("true") : STR("false"); return OK;
	case JSON_IS_INT: snprintf(text, sizeof text, "%" PRId64, n->i); break;
	case JSON_IS_REAL: snprintf(text, sizeof text, "%.15g", n->f); break;
	default: return ERR_SYNTAX;
	}
	if (!(copy = arena_copy(b->a, text, strlen(text))))
		return ERR_MEMORY;
	*ret = str_of(copy);
	return OK;
}

/* Cells of a plain line. False if the JSON reader is to have it: a key comes twice, too many. */
static bool read_flat(struct body *b, struct str line, enum err *ret)
{
	struct flat_cell cell[FLAT_MAX];
	size_t n, at = 0;

	*ret = OK;
	if (line.n > BODY_LINE_BYTES_MAX || !flat_read(line, cell, &n) ||
	    b->headings.n + n > BODY_COLUMNS_MAX)
		return false;
	for (size_t i = 1; i < n; i++)
		for (size_t k = 0; k < i; k++)
			if (str_eq(cell[i].key, cell[k].key))
				return false;
	for (size_t i = 0; i < n && !*ret; i++)
		if (!(*ret = heading_of(b, cell[i].key, i, &at)))
			b->cells.v[at] = cell[i].text;
	return true;
}

static enum err read_object(struct body *b, struct str line)
{
	static const struct json_limits limits = { BODY_LINE_BYTES_MAX, 2 * BODY_COLUMNS_MAX, 4 };
	const struct json_node *map;
	enum err e = vec_reserve(&b->cells, BODY_COLUMNS_MAX);

	if (e)
		return e;
	if (b->headings.n)
		memset(b->cells.v, 0, b->headings.n * sizeof *b->cells.v);
	if (read_flat(b, line, &e))
		return e;
	if ((e = json_read(line, &limits, b->a, &map, &b->why)))
		return e;
	if (map->is != JSON_IS_MAP)
		return ERR_SYNTAX;
	for (size_t i = 0; i < map->n; i++) {
		size_t at;

		if ((e = heading_of(b, map->items[i].key, i, &at)) ||
		    (e = cell_of(b, &map->items[i], &b->cells.v[at])))
			return e;
	}
	return OK;
}

/* The next line that is not blank. */
static bool next_line(struct body *b, struct str *ret)
{
	while (b->rest.n) {
		const char *end = memchr(b->rest.p, '\n', b->rest.n);
		size_t n = end ? (size_t)(end - b->rest.p) : b->rest.n;
		struct str line = { b->rest.p, n };

		b->rest.p += n + (end != NULL);
		b->rest.n -= n + (end != NULL);
		if (b->line++ == 0 && line.n >= 3 && memcmp(line.p, "\xEF\xBB\xBF", 3) == 0)
			line.p += 3, line.n -= 3;
		while (line.n && (unsigned char)line.p[line.n - 1] <= ' ')
			line.n--;
		if (line.n)
			return *ret = line, true;
	}
	return false;
}

static enum err next_object(struct body *b, struct csv_record *ret, bool *ret_more)
{
	struct str line;
	enum err e;

	*ret_more = next_line(b, &line);
	if (!*ret_more)
		return OK;
	arena_clear(b->a);
	b->why = (struct fault){ 0 };
	*ret = (struct csv_record){ .number = ++b->number, .line = b->line, .raw = line };
	e = read_object(b, line);
	if (e == ERR_MEMORY)
		return e;
	if (e) {
		ret->refusal_zh =
			"这一行不是一个 JSON 对象，或取值不是文字、数字、true、false、null";
		ret->refusal_en =
			"this line is no JSON object of texts, numbers, true, false, null";
		return OK;
	}
	ret->fields = b->cells.v;
	ret->n_fields = b->headings.n;
	return OK;
}

/* ---- both ------------------------------------------------------------------------------------ */

enum err body_next(struct body *b, struct csv_record *ret, bool *ret_more, struct fault *f)
{
	if (!b->table)
		return next_object(b, ret, ret_more);
	return of_file(table_next(b->table, ret, ret_more, f), f);
}
