/* match.c - see match.h. */
#include "record/match.h"

#include <string.h>

#include "base/ban.h"
#include "record/export.h"
#include "record/naming.h"
#include "record/row.h"

enum { PLAIN_BYTES = 128 };

/* A heading without what people put around it: "＊联系电话（必填）" is 联系电话. */
static struct str plain(struct str s, char *into)
{
	static const char *const drop[] = { "＊", "*",  "　", " ",  "_",
					    "-",  "：", ":",  "\t", "\xEF\xBB\xBF" };
	size_t n = 0;

	while (s.n > 0 && n < PLAIN_BYTES) {
		size_t skip = 0;

		if (s.p[0] == '(' || (s.n >= 3 && memcmp(s.p, "（", 3) == 0))
			break; /* a remark, to the end */
		for (size_t i = 0; i < ARRAY_LEN(drop) && !skip; i++)
			if (s.n >= strlen(drop[i]) && memcmp(s.p, drop[i], strlen(drop[i])) == 0)
				skip = strlen(drop[i]);
		if (!skip)
			into[n++] = (char)(s.p[0] >= 'A' && s.p[0] <= 'Z' ? s.p[0] + 32 : s.p[0]);
		s.p += skip ? skip : 1;
		s.n -= skip ? skip : 1;
	}
	return (struct str){ into, n };
}

static bool same_plain(struct str heading, const char *label)
{
	char x[PLAIN_BYTES], y[PLAIN_BYTES];
	struct str a = plain(heading, x), b = plain(str_of(label), y);

	return a.n > 0 && str_eq(a, b);
}

static const char *const area_labels[] = { "area", "区域", "Area", "区划代码", "区域代码" };

static int exact(const struct field *x, size_t n, struct str heading)
{
	for (size_t i = 0; i < ARRAY_LEN(area_labels); i++)
		if (str_eq(heading, str_of(area_labels[i])))
			return MATCH_AREA;
	for (size_t i = 0; i < n; i++)
		if (str_eq(heading, str_of(x[i].name)) || str_eq(heading, str_of(x[i].zh)) ||
		    str_eq(heading, str_of(x[i].en)))
			return (int)i;
	return MATCH_NONE;
}

static int nearly(const struct field *x, size_t n, struct str heading)
{
	for (size_t i = 0; i < ARRAY_LEN(area_labels); i++)
		if (same_plain(heading, area_labels[i]))
			return MATCH_AREA;
	for (size_t i = 0; i < n; i++)
		if (same_plain(heading, x[i].name) || same_plain(heading, x[i].zh) ||
		    same_plain(heading, x[i].en))
			return (int)i;
	return MATCH_NONE;
}

int match_heading(const struct field *x, size_t n, struct str heading)
{
	int i = exact(x, n, heading);

	return i == MATCH_NONE ? nearly(x, n, heading) : i;
}

/* The last word said of a heading counts; true if there was one. */
static bool was_said(const struct noun *n, struct str heading, const struct match_said *said,
		     size_t n_said, int *ret)
{
	for (size_t i = n_said; i > 0; i--)
		if (str_eq(said[i - 1].heading, heading)) {
			*ret = said[i - 1].field.n ? exact(n->field, n->n_fields, said[i - 1].field)
						   : MATCH_NONE;
			return true;
		}
	return false;
}

static int column_of(const struct noun *n, unsigned sight, struct str heading,
		     const struct match_said *said, size_t n_said)
{
	int i;

	if (!was_said(n, heading, said, n_said, &i))
		i = match_heading(n->field, n->n_fields, heading);
	if (i >= 0 && (!row_sees(sight, &n->field[i]) || (n->field[i].flags & FIELD_SERVER)))
		return MATCH_NONE;
	return i;
}

enum err match_columns(const struct noun *n, unsigned sight, const struct str *heading,
		       size_t n_headings, const struct match_said *said, size_t n_said, int *ret,
		       struct fault *f)
{
	for (size_t i = 0; i < n_headings; i++) {
		ret[i] = column_of(n, sight, heading[i], said, n_said);
		for (size_t k = 0; k < i && ret[i] != MATCH_NONE; k++)
			if (ret[k] == ret[i]) {
				fault_set(
					f, ERR_RANGE,
					"第 %zu 列和第 %zu 列对应同一个字段，请删去一列或另选",
					"columns %zu and %zu are one and the same field: drop one, "
					"or choose another",
					k + 1, i + 1);
				fault_at(f, match_name(n, ret[i]), NULL);
				return ERR_RANGE;
			}
	}
	return OK;
}

enum err match_cells(const struct noun *n, const int *column, const struct csv_record *r,
		     const struct value_from *from, struct naming *naming, void *row,
		     struct fault *f)
{
	enum err e = OK;

	for (size_t i = 0; i < r->n_fields && !e; i++) {
		struct str s = export_unescape(r->fields[i]);
		const struct field *x = column[i] >= 0 ? &n->field[column[i]] : NULL;

		if (column[i] == MATCH_NONE)
			continue;
		e = naming_reads(x) ? naming_cell(naming, x, s, from, row, f)
				    : value_from_text(x, s, from, row, f);
	}
	return e;
}

const char *match_name(const struct noun *n, int column)
{
	return column == MATCH_NONE ? NULL : column == MATCH_AREA ? "area" : n->field[column].name;
}
