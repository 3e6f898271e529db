/* labels.c - see labels.h. */
#include "record/labels.h"

#include <stdlib.h>
#include <string.h>

#include "base/ban.h"

enum { LABELS_FEW = 4 };

enum err labels_begin(struct labels *l, const struct record_book *b, const struct who *who,
		      struct arena *a)
{
	*l = (struct labels){ .book = b, .who = who };
	l->set = arena_take(a, b->n_kinds + 1, sizeof *l->set);
	return l->set ? OK : ERR_MEMORY;
}

void labels_end(struct labels *l)
{
	for (size_t i = 0; l->set && i <= l->book->n_kinds; i++)
		vec_drop(&l->set[i]);
}

void labels_clear(struct labels *l)
{
	for (size_t i = 0; i <= l->book->n_kinds; i++)
		l->set[i].n = 0;
}

/* ---- what is to be named -------------------------------------------------------------------- */

static label_set *areas(const struct labels *l)
{
	return &l->set[l->book->n_kinds];
}

/* The names of that noun; NULL: nothing names its rows. */
static label_set *set_of(const struct labels *l, const char *noun)
{
	const struct record_kind *k = record_kind_of(l->book, noun);

	return k && k->sql->label ? &l->set[k - l->book->kind] : NULL;
}

static label_set *set_for(const struct labels *l, const struct field *x)
{
	return !x || x->type == FIELD_AREA ? areas(l) : set_of(l, x->refers);
}

static int64_t id_in(const struct field *x, const void *row)
{
	if (!x)
		return row_head_const(row)->area.v;
	return *(const int64_t *)(const void *)((const char *)row + x->at);
}

static enum err add(label_set *set, int64_t id)
{
	const struct label one = { .id = id };

	return set && id ? vec_push(set, one) : OK;
}

enum err labels_note_id(struct labels *l, const char *noun, int64_t id)
{
	return add(set_of(l, noun), id);
}

static bool names_one(const struct field *x)
{
	return x->type == FIELD_REF || x->type == FIELD_AREA;
}

enum err labels_note(struct labels *l, const struct record_kind *k, const void *row, unsigned sight)
{
	const struct noun *n = k->noun;
	enum err e = add(areas(l), row_head_const(row)->area.v);

	if (!e)
		e = labels_note_id(l, "account", row_head_const(row)->created_by.v);
	for (size_t i = 0; i < n->n_fields && !e; i++)
		if (names_one(&n->field[i]) && row_sees(sight, &n->field[i]))
			e = add(set_for(l, &n->field[i]), id_in(&n->field[i], row));
	return e;
}

static int by_id(const void *a, const void *b)
{
	const struct label *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

/* Rising, each once. */
static void sort(label_set *set)
{
	size_t n = 0;

	if (set->n)
		qsort(set->v, set->n, sizeof *set->v, by_id);
	for (size_t i = 0; i < set->n; i++)
		if (n == 0 || set->v[i].id != set->v[n - 1].id)
			set->v[n++] = set->v[i];
	set->n = n;
}

static struct label *find(const label_set *set, int64_t id)
{
	const struct label wanted = { .id = id };

	return set->n ? bsearch(&wanted, set->v, set->n, sizeof *set->v, by_id) : NULL;
}

/* ---- asking --------------------------------------------------------------------------------- */

static bool may_know(const struct who *who, const struct noun *n, struct area_code area)
{
	const struct field *x = noun_label(n);

	if (x->see == SEE_PUBLIC)
		return true;
	return who_may(who, n->read) && row_sees(sight_of(who), x) &&
	       (scope_covers(&who->scope, area) || (n->reads_up && scope_under(&who->scope, area)));
}

static enum err tell(const struct labels *l, const struct noun *n, struct area_code area,
		     struct str name, struct label *at, struct arena *a)
{
	char *copy;

	if (!may_know(l->who, n, area))
		return OK;
	if (!(copy = arena_copy(a, name.p, name.n)))
		return ERR_MEMORY;
	at->zh = at->en = (struct str){ copy, name.n };
	return OK;
}

/* What is remembered of a row: its area, then its name. Who may know it is asked each time. */
static void remember(struct tx *tx, const struct sql *of, int64_t id, int64_t area, struct str name,
		     struct arena *a)
{
	char *p = arena_take(a, sizeof area + name.n, 1);

	if (!p)
		return;
	memcpy(p, &area, sizeof area);
	memcpy(p + sizeof area, name.p, name.n);
	tx_remember(tx, of, (struct str){ (const char *)&id, sizeof id },
		    (struct str){ p, sizeof area + name.n });
}

static bool recall(struct tx *tx, const struct sql *of, int64_t id, struct area_code *ret_area,
		   struct str *ret_name)
{
	struct str kept;

	if (!tx_recall(tx, of, (struct str){ (const char *)&id, sizeof id }, &kept))
		return false;
	memcpy(&ret_area->v, kept.p, sizeof ret_area->v);
	*ret_name = (struct str){ kept.p + sizeof ret_area->v, kept.n - sizeof ret_area->v };
	return true;
}

static enum err ask(struct labels *l, struct tx *tx, const struct record_kind *k,
		    const struct sql *sql, struct sql_args ids, struct arena *a, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	bool more;
	enum err e = tx_rows(tx, sql, ids, &r, f);

	while (!e && !(e = rows_next(r, &more, f)) && more) {
		struct label *at = find(&l->set[k - l->book->kind], rows_i64(r, 0));
		struct area_code area = { rows_i64(r, 1) };
		struct str name = rows_text(r, 2);

		assert(at);
		if (ids.n == 1)
			remember(tx, sql, at->id, area.v, name, a);
		e = tell(l, k->noun, area, name, at, a);
	}
	return e;
}

static enum err ask_few(struct labels *l, struct tx *tx, const struct record_kind *k,
			struct arena *a, struct fault *f)
{
	const label_set *set = &l->set[k - l->book->kind];
	const struct sql *sql = k->sql->label_one;
	enum err e = OK;

	for (size_t i = 0; i < set->n && !e; i++) {
		struct area_code area;
		struct str name;

		if (recall(tx, sql, set->v[i].id, &area, &name))
			e = tell(l, k->noun, area, name, &set->v[i], a);
		else
			e = ask(l, tx, k, sql, SQL_ARGS(sql_i64(set->v[i].id)), a, f);
	}
	return e;
}

/* A list of 64 costs as much as some ten ids by themselves; a page of one row has two or three. */
static enum err ask_kind(struct labels *l, struct tx *tx, const struct record_kind *k,
			 struct arena *a, struct fault *f)
{
	const label_set *set = &l->set[k - l->book->kind];
	struct sql_value v[LABELS_AT_ONCE];
	enum err e = OK;

	if (set->n <= (tx_is_far(tx) ? 1 : LABELS_FEW))
		return ask_few(l, tx, k, a, f);
	for (size_t from = 0; from < set->n && !e; from += LABELS_AT_ONCE) {
		for (size_t i = 0; i < LABELS_AT_ONCE; i++) /* the last one fills up */
			v[i] = sql_i64(set->v[min_size(from + i, set->n - 1)].id);
		e = ask(l, tx, k, k->sql->label, (struct sql_args){ v, LABELS_AT_ONCE }, a, f);
	}
	return e;
}

static enum err ask_areas(struct labels *l, struct tx *tx, struct utc_s now, struct arena *a,
			  struct fault *f)
{
	label_set *set = areas(l);
	struct area_code *code = arena_take(a, set->n + 1, sizeof *code);
	struct record_area_name *name = arena_take(a, set->n + 1, sizeof *name);
	enum err e;

	if (!code || !name)
		return ERR_MEMORY;
	for (size_t i = 0; i < set->n; i++)
		code[i].v = set->v[i].id;
	e = l->book->area_names(tx, code, set->n, zone_day_of(l->book->zone, now), a, name, f);
	for (size_t i = 0; i < set->n && !e; i++) {
		set->v[i].zh = name[i].zh;
		set->v[i].en = name[i].en;
	}
	return e;
}

enum err labels_ask(struct labels *l, struct tx *tx, struct utc_s now, struct arena *a,
		    struct fault *f)
{
	enum err e = OK;

	for (size_t i = 0; i <= l->book->n_kinds; i++)
		sort(&l->set[i]);
	for (size_t i = 0; i < l->book->n_kinds && !e; i++)
		e = ask_kind(l, tx, &l->book->kind[i], a, f);
	return e || !l->book->area_names ? e : ask_areas(l, tx, now, a, f);
}

/* ---- telling -------------------------------------------------------------------------------- */

static void maybe(struct json *j, const char *key, struct str s)
{
	json_key(j, key);
	if (s.n)
		json_str(j, s);
	else
		json_nil(j);
}

static void put_areas(const label_set *set, struct json *j)
{
	char text[AREA_TEXT_BYTES];

	json_key(j, "area");
	json_open(j, '{');
	for (size_t i = 0; i < set->n; i++) {
		area_text((struct area_code){ set->v[i].id }, text);
		json_key(j, text);
		json_open(j, '{');
		maybe(j, "zh", set->v[i].zh);
		maybe(j, "en", set->v[i].en);
		json_close(j, '}');
	}
	json_close(j, '}');
}

void labels_put(const struct labels *l, struct json *j)
{
	char text[24];

	json_key(j, "labels");
	json_open(j, '{');
	for (size_t i = 0; i < l->book->n_kinds; i++) {
		const label_set *set = &l->set[i];

		if (!set->n)
			continue;
		json_key(j, l->book->kind[i].noun->name);
		json_open(j, '{');
		for (size_t k = 0; k < set->n; k++) {
			row_id_text((struct record_id){ set->v[k].id }, text);
			maybe(j, text, set->v[k].zh);
		}
		json_close(j, '}');
	}
	put_areas(areas(l), j);
	json_close(j, '}');
}

enum err record_labels(const struct record_book *b, struct call *c, struct tx *tx, const char *noun,
		       const int64_t *id, size_t n, struct fault *f)
{
	CLEANUP(labels_end) struct labels l = { 0 };
	enum err e = labels_begin(&l, b, c->who, c->a);

	for (size_t i = 0; i < n && !e; i++)
		e = labels_note_id(&l, noun, id[i]);
	if (!e && !(e = labels_ask(&l, tx, c->now, c->a, f)))
		labels_put(&l, call_json(c));
	return e;
}

const struct label *labels_of(const struct labels *l, const struct field *x, const void *row)
{
	const label_set *set = x && !names_one(x) ? NULL : set_for(l, x);
	const struct label *at = set ? find(set, id_in(x, row)) : NULL;

	return at && at->zh.n ? at : NULL;
}
