/* boundary.c - see boundary.h. */
#include "grid/boundary.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "grid/area.sql.h"
#include "grid/boundary.sql.h"
#include "grid/shape.h"

#include "base/ban.h"

enum { BUDGET_BYTES = 256 << 20, SIDE_BY_SIDE_MAX = 20000, MERGERS_MAX = 8 };

struct found {
	struct area_code area; /* if it is not refused */
	const char *why_zh, *why_en;
};

struct boundary_import {
	struct boundary_import_options o;
	struct arena *a, *scratch;
	struct shapes *shapes;
	VEC(const char *) files;
	VEC(size_t) ends; /* of each file's features */
	struct found *found;
	size_t *order; /* features that were taken, by area */
	size_t n_taken;
	struct area_code parent; /* whose areas are in `beside` */
	struct area_list beside;
};

enum err boundary_import_new(const struct boundary_import_options *o, struct boundary_import **ret,
			     struct fault *f)
{
	CLEANUP(boundary_import_end) struct boundary_import *i = NULL;
	enum err e;

	if (!o->source.n || str_characters(o->source) > BOUNDARY_WORDS_MAX ||
	    str_characters(o->review) > BOUNDARY_WORDS_MAX)
		return fault_set(f, ERR_USAGE, "须写明来源，来源与审图号各不超过 %d 字",
				 "say the source; source and review number have %d characters at "
				 "most",
				 BOUNDARY_WORDS_MAX);
	if (!(i = mem_take(1, sizeof *i)))
		return ERR_MEMORY;
	i->o = *o;
	i->parent.v = -1;
	if ((e = arena_new(BUDGET_BYTES, &i->a)) || (e = arena_new(BUDGET_BYTES, &i->scratch)) ||
	    (e = shapes_new(&i->shapes)))
		return e;
	*ret = i;
	i = NULL;
	return OK;
}

void boundary_import_end(struct boundary_import **i)
{
	if (!*i)
		return;
	shapes_end(&(*i)->shapes);
	vec_drop(&(*i)->files);
	vec_drop(&(*i)->ends);
	arena_free((*i)->a);
	arena_free((*i)->scratch);
	mem_drop(*i);
	*i = NULL;
}

enum err boundary_import_file(struct boundary_import *i, const char *path, struct fault *f)
{
	CLEANUP(file_unmap) struct file_map map = { 0 };
	const char *name = arena_copy(i->a, path, strlen(path));
	enum err e;

	if (!name)
		return ERR_MEMORY;
	if ((e = file_map(path, &map, f)))
		return e;
	e = shapes_read(i->shapes, (struct str){ (const char *)map.p, map.n }, f);
	if (e) {
		fault_at(f, NULL, path);
		return e;
	}
	if ((e = vec_push(&i->files, name)))
		return e;
	return vec_push(&i->ends, shapes_n(i->shapes));
}

/* ---- whose outline is it? ------------------------------------------------------------------ */

/* The area of a code today, or what it was merged into since. */
static enum err by_code(struct boundary_import *i, struct tx *tx, struct area_code code,
			bool *ret_found, struct area_code *ret, struct fault *f)
{
	struct fault unasked = { 0 };
	struct area a;
	enum err e = OK;

	*ret_found = false;
	for (int n = 0; !e && n < MERGERS_MAX; n++) {
		CLEANUP(rows_end) struct rows *r = NULL;
		bool more;

		arena_clear(i->scratch);
		e = area_find(tx, code, i->o.today, i->scratch, &a, &unasked);
		if (e != ERR_ABSENT) {
			*ret_found = !e;
			*ret = code;
			return e;
		}
		if ((e = tx_rows(tx, &area_sql.history, SQL_ARGS(sql_i64(code.v)), &r, f)) ||
		    (e = rows_next(r, &more, f)) || !more)
			return e;
		code.v = rows_i64(r, 3);
		if (!code.v)
			return OK;
	}
	return e;
}

static enum err side_by_side(struct boundary_import *i, struct tx *tx, struct area_code parent,
			     struct fault *f)
{
	enum err e = OK;

	if (i->parent.v != parent.v)
		e = area_below(tx, parent, i->o.today, (struct area_code){ -1 }, SIDE_BY_SIDE_MAX,
			       i->a, &i->beside, f);
	i->parent = parent;
	return e;
}

static void by_name(struct boundary_import *i, struct str name, struct found *ret)
{
	size_t n_begin = 0;

	for (size_t k = 0; k < i->beside.n; k++) {
		const struct area *a = &i->beside.v[k];

		if (area_known_as(a->known_as, name)) {
			*ret = (struct found){ .area = a->code };
			return;
		}
		if (a->name.n < name.n || memcmp(a->name.p, name.p, name.n) != 0)
			continue;
		ret->area = a->code;
		n_begin++;
	}
	if (n_begin == 1)
		return;
	ret->why_zh = n_begin ? "有不止一个区划的名称以此开头" : "没有这个代码或名称的区划";
	ret->why_en = n_begin ? "more than one area's name begins so"
			      : "there is no area of this code or name";
}

static enum err match(struct boundary_import *i, struct tx *tx, const struct shape *s,
		      struct found *ret, struct fault *f)
{
	struct area_code parent = i->o.under;
	bool found = false;
	enum err e = OK;

	*ret = (struct found){ .why_zh = s->unfit_zh, .why_en = s->unfit_en };
	if (s->unfit_zh)
		return OK;
	if (s->coded) {
		parent = area_parent(s->code);
		e = by_code(i, tx, s->code, &found, &ret->area, f);
	}
	if (e || found)
		return e;
	if (!s->name.n) {
		ret->why_zh = "没有代码，也没有名称";
		ret->why_en = "it has no code and no name";
		if (s->coded) {
			ret->why_zh = "没有这个代码的区划";
			ret->why_en = "there is no area of this code";
		}
		return OK;
	}
	if ((e = side_by_side(i, tx, parent, f)))
		return e;
	by_name(i, s->name, ret);
	return OK;
}

static int by_area(const void *x, const void *y, void *arg)
{
	const size_t *a = x, *b = y;
	const struct found *found = arg;

	if (found[*a].area.v != found[*b].area.v)
		return found[*a].area.v < found[*b].area.v ? -1 : 1;
	return *a < *b ? -1 : *a > *b;
}

/* Areas of one level are drawn side by side, and thinned together. */
enum err boundary_import_thin(struct boundary_import *i)
{
	enum err e = OK;

	for (size_t k = 0; k < i->n_taken; k++)
		shapes_group(i->shapes, i->order[k],
			     1 + (int)area_level(i->found[i->order[k]].area));
	for (int level = AREA_NATION; !e && level < AREA_LEVEL_N; level++)
		e = shapes_thin(i->shapes, 1 + level, BOUNDARY_POINTS_MAX);
	return e;
}

enum err boundary_import_match(struct tx *tx, void *arg, struct fault *f)
{
	struct boundary_import *i = arg;
	size_t n = shapes_n(i->shapes);
	enum err e = OK;

	i->parent.v = -1;
	i->n_taken = 0;
	i->found = arena_take(i->a, n + 1, sizeof *i->found);
	i->order = arena_take(i->a, n + 1, sizeof *i->order);
	if (!i->found || !i->order)
		return ERR_MEMORY;
	for (size_t k = 0; !e && k < n; k++) {
		struct shape s = shapes_at(i->shapes, k);

		e = match(i, tx, &s, &i->found[k], f);
		if (!e && !i->found[k].why_zh)
			i->order[i->n_taken++] = k;
	}
	if (e)
		return e;
	qsort_r(i->order, i->n_taken, sizeof *i->order, by_area, i->found);
	return OK;
}

enum err boundary_import_run(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(buf_release) struct buf text = { 0 };
	struct boundary_import *i = arg;
	enum err e = OK;

	for (size_t k = 0, end; !e && k < i->n_taken; k = end) {
		struct area_code area = i->found[i->order[k]].area;

		for (end = k; end < i->n_taken && i->found[i->order[end]].area.v == area.v;)
			end++;
		buf_clear(&text);
		if ((e = shapes_write(i->shapes, i->order + k, end - k, &text)))
			return e;
		e = tx_run(tx, &boundary_sql.put,
			   SQL_ARGS(sql_i64(area.v), sql_text(i->o.source), sql_text(i->o.review),
				    sql_text(buf_view(&text))),
			   NULL, f);
	}
	return e;
}

/* ---- the account ----------------------------------------------------------------------------- */

struct boundary_import_account boundary_import_account(const struct boundary_import *i)
{
	struct boundary_import_account n = { .features = shapes_n(i->shapes),
					     .accepted = i->n_taken };

	n.refused = n.features - n.accepted;
	for (size_t k = 0; k < i->n_taken; k++)
		n.areas +=
			k == 0 || i->found[i->order[k]].area.v != i->found[i->order[k - 1]].area.v;
	return n;
}

void boundary_import_refused(const struct boundary_import *i,
			     void (*each)(void *arg, const struct area_import_refusal *r),
			     void *arg)
{
	for (size_t file = 0, k = 0; file < i->files.n; file++)
		for (size_t first = k; k < i->ends.v[file]; k++)
			if (i->found[k].why_zh)
				each(arg, &(struct area_import_refusal){
						  i->files.v[file], k - first + 1,
						  i->found[k].why_zh, i->found[k].why_en });
}
