/* act.c - one row and its tokens, in a transaction that somebody else opened. */
#include "record/inside.h"
#include "record/record.sql.h"

#include <string.h>

#include "base/ban.h"

/* ---- reading -------------------------------------------------------------------------------- */

static enum err read_head(struct rows *r, const struct noun *n, struct record *head,
			  struct fault *f)
{
	size_t state = value_choice(n->state, n->n_states, rows_text(r, 4), false);

	if (!state)
		return fault_set(f, ERR_CORRUPT, "数据库中%s的状态未知%.0s",
				 "%.0s%s has a state in the database that is not known", n->zh,
				 n->en);
	head->id.v = rows_i64(r, 1);
	head->area.v = rows_i64(r, 2);
	head->version = rows_i64(r, 3);
	head->state = (int)state;
	head->created_at = rows_time(r, 5);
	head->updated_at = rows_time(r, 6);
	head->created_by.v = rows_i64(r, 7);
	return OK;
}

enum err act_read(struct rows *r, const struct record_kind *k, struct arena *a, void **ret,
		  struct fault *f)
{
	void *row = arena_take(a, 1, k->noun->bytes);
	enum err e;

	if (!row)
		return ERR_MEMORY;
	if ((e = read_head(r, k->noun, row_head(row), f)))
		return e;
	for (size_t i = 0; i < k->sql->n_columns; i++)
		if ((e = value_from_sql(k->sql->column[i], r, COLUMNS_HEAD + i, a, row, f)))
			return e;
	*ret = row;
	return OK;
}

enum err act_load(struct tx *tx, const struct record_kind *k, struct record_id id, struct arena *a,
		  void **ret, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e = tx_row(tx, k->sql->get, SQL_ARGS(sql_i64(id.v)), &r, f);

	return e ? e : act_read(r, k, a, ret, f);
}

/* ---- writing -------------------------------------------------------------------------------- */

static void arguments(const struct record_kind *k, const void *row, struct sql_value *ret)
{
	const struct noun *n = k->noun;
	const struct record *r = row_head_const(row);

	ret[0] = sql_i64(area_county(r->area).v);
	ret[1] = sql_i64(r->id.v);
	ret[2] = sql_i64(r->area.v);
	ret[3] = sql_i64(r->version);
	ret[4] = sql_text(str_of(n->state[r->state].word));
	ret[5] = sql_time(r->created_at);
	ret[6] = sql_time(r->updated_at);
	ret[7] = sql_i64(r->created_by.v);
	for (size_t i = 0; i < k->sql->n_columns; i++)
		ret[COLUMNS_HEAD + i] = value_to_sql(k->sql->column[i], row);
}

static enum err write_row(struct tx *tx, const struct record_kind *k, const struct sql *sql,
			  const void *row, uint64_t *ret_changed, struct fault *f)
{
	struct sql_value v[COLUMNS_HEAD + NOUN_FIELDS_MAX];

	arguments(k, row, v);
	return tx_run(tx, sql, (struct sql_args){ v, COLUMNS_HEAD + k->sql->n_columns },
		      ret_changed, f);
}

static struct str token_text(const struct search_token *t)
{
	return (struct str){ t->p, t->n };
}

static enum err write_token(struct tx *tx, const struct record_kind *k, const struct sql *sql,
			    const struct record *r, const struct search_token *t, struct fault *f)
{
	return tx_run(tx, sql,
		      SQL_ARGS(sql_i64(area_county(r->area).v), sql_text(str_of(k->noun->name)),
			       sql_text(token_text(t)), sql_i64(r->id.v)),
		      NULL, f);
}

static bool has_token(const struct search_set *set, const struct search_token *t)
{
	size_t low = 0, high = set->n;

	while (low < high) {
		size_t middle = (low + high) / 2;
		int c = memcmp(&set->v[middle], t, sizeof *t);

		if (c == 0)
			return true;
		if (c < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

/* Write by `sql` what is in `these` and not in `those`. */
static enum err write_tokens(struct tx *tx, const struct record_kind *k, const struct sql *sql,
			     const struct record *r, const struct search_set *these,
			     const struct search_set *those, struct fault *f)
{
	enum err e = OK;

	for (size_t i = 0; i < these->n && !e; i++)
		if (!has_token(those, &these->v[i]))
			e = write_token(tx, k, sql, r, &these->v[i], f);
	return e;
}

enum err act_insert_bare(struct tx *tx, const struct record_kind *k, const void *row,
			 struct fault *f)
{
	return write_row(tx, k, k->sql->insert, row, NULL, f);
}

enum err act_insert_later(struct tx *tx, const struct record_kind *k, const void *row,
			  struct fault *f)
{
	struct sql_value v[COLUMNS_HEAD + NOUN_FIELDS_MAX];

	arguments(k, row, v);
	return tx_later(tx, k->sql->insert,
			(struct sql_args){ v, COLUMNS_HEAD + k->sql->n_columns }, 1, f);
}

enum err act_insert(struct tx *tx, const struct record_kind *k, const void *row, struct fault *f)
{
	struct search_set set, none = { .n = 0 };
	enum err e = act_insert_bare(tx, k, row, f);

	if (e || !k->sql->n_search)
		return e;
	search_row(k->noun, row, &set);
	return write_tokens(tx, k, &record_sql.token_insert, row_head_const(row), &set, &none, f);
}

enum err act_update(struct tx *tx, const struct record_kind *k, const void *before,
		    const void *after, struct fault *f)
{
	struct search_set old, new;
	const struct record *r = row_head_const(after);
	uint64_t changed;
	enum err e = write_row(tx, k, k->sql->update, after, &changed, f);

	if (e)
		return e;
	if (changed != 1)
		return fault_set(f, ERR_CONFLICT, "这条记录刚被别人改过，请刷新后再改",
				 "somebody has just changed this: load it again, then change it");
	if (!k->sql->n_search)
		return OK;
	search_row(k->noun, before, &old);
	search_row(k->noun, after, &new);
	if ((e = write_tokens(tx, k, &record_sql.token_delete, r, &old, &new, f)))
		return e;
	return write_tokens(tx, k, &record_sql.token_insert, r, &new, &old, f);
}

enum err act_follow(struct call *c, struct tx *tx, const struct record_kind *k, const void *before,
		    const void *after, struct fault *f)
{
	const struct record_book *b = k->book;
	enum err e = k->noun->follow ? k->noun->follow(c, tx, before, after, f) : OK;

	for (size_t i = 0; i < b->n_followers && !e; i++)
		if (b->follower[i].noun == k->noun)
			e = b->follower[i].follow(b->follower[i].arg, c, tx, before, after, f);
	return e;
}

enum err act_leads_nowhere(const struct field *x, struct fault *f)
{
	fault_set(f, ERR_RANGE, "“%s”所指的记录不存在，请重新选择%.0s",
		  "%.0s%s: there is no such row, choose again", x->zh, x->en);
	fault_at(f, x->name, NULL);
	return ERR_RANGE;
}

enum err act_references(struct tx *tx, const struct record_kind *k, const void *row,
			struct fault *f)
{
	for (size_t i = 0; i < k->noun->n_fields; i++) {
		const struct field *x = &k->noun->field[i];
		const struct record_kind *to =
			x->refers ? record_kind_of(k->book, x->refers) : NULL;
		CLEANUP(rows_end) struct rows *r = NULL;
		struct record_id id;
		enum err e;

		if (!to || !value_given(x, row))
			continue;
		id = *(const struct record_id *)((const char *)row + x->at);
		e = tx_row(tx, to->sql->get, SQL_ARGS(sql_i64(id.v)), &r, f);
		if (e)
			return e == ERR_ABSENT ? act_leads_nowhere(x, f) : e;
	}
	return OK;
}
