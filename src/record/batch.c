/* batch.c - see batch.h. */
#include "record/batch.h"

#include <stdlib.h>
#include <string.h>

#include "base/ban.h"
#include "record/record.sql.h"

static int order(const void *a, const void *b)
{
	const struct batch_token *x = a, *y = b;
	int c;

	if (x->county != y->county)
		return x->county < y->county ? -1 : 1;
	if ((c = memcmp(&x->token, &y->token, sizeof x->token)))
		return c;
	return x->id < y->id ? -1 : x->id > y->id;
}

static struct sql_value text_of(const struct batch_token *r)
{
	return sql_text((struct str){ r->token.p, r->token.n });
}

static enum err one(struct batch *t, const struct batch_token *r, struct fault *f)
{
	return tx_run(t->tx, &record_sql.token_insert,
		      SQL_ARGS(sql_i64(r->county), sql_text(str_of(t->k->noun->name)), text_of(r),
			       sql_i64(r->id)),
		      NULL, f);
}

/* BATCH_AT_ONCE rows of one county. */
static enum err many(struct batch *t, const struct batch_token *r, struct fault *f)
{
	struct sql_value v[2 + 2 * BATCH_AT_ONCE];

	v[0] = sql_i64(r->county);
	v[1] = sql_text(str_of(t->k->noun->name));
	for (size_t i = 0; i < BATCH_AT_ONCE; i++) {
		v[2 + 2 * i] = text_of(&r[i]);
		v[3 + 2 * i] = sql_i64(r[i].id);
	}
	return tx_run(t->tx, t->k->book->many_tokens, (struct sql_args){ v, ARRAY_LEN(v) }, NULL,
		      f);
}

enum err batch_flush(struct batch *t, struct fault *f)
{
	size_t n = t->rows.n;
	enum err e = OK;

	if (n == 0)
		return OK;
	qsort(t->rows.v, n, sizeof *t->rows.v, order);
	for (size_t i = 0; i < n && !e;) {
		const struct batch_token *r = &t->rows.v[i];

		if (n - i >= BATCH_AT_ONCE && r[BATCH_AT_ONCE - 1].county == r->county) {
			e = many(t, r, f);
			i += BATCH_AT_ONCE;
		} else {
			e = one(t, r, f);
			i++;
		}
	}
	t->rows.n = 0;
	return e;
}

enum err batch_add(struct batch *t, const void *row, struct fault *f)
{
	const struct record *r = row_head_const(row);
	struct search_set set;
	enum err e;

	if (!t->k->sql->n_search)
		return OK;
	search_row(t->k->noun, row, &set);
	for (size_t i = 0; i < set.n; i++) {
		struct batch_token one_row = { area_county(r->area).v, r->id.v, set.v[i] };

		if ((e = vec_push(&t->rows, one_row)))
			return e;
	}
	return t->rows.n < BATCH_HELD ? OK : batch_flush(t, f);
}

void batch_release(struct batch *t)
{
	vec_drop(&t->rows);
}
