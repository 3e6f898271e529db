/* objects.c - rows held against the last ledger entry of each, or the entry of their import. */
#include "record/objects.h"

#include <string.h>

#include "base/memory.h"
#include "record/handler.h"
#include "record/import.h"
#include "record/row.h"

#include "base/ban.h"

enum { ROW_BYTES_MAX = 1 << 20, SPAN_ROWS = 1000 };

/* A row is as its last entry with a version left it, if version and hash are the entry's. */
static enum err same(struct tx *tx, const struct ledger_entry *last, void *arg, bool *ret_same,
		     struct fault *f)
{
	CLEANUP(arena_end) struct arena *a = NULL;
	const struct record_kind *k = arg;
	struct fault unasked = { 0 };
	struct crypt_hash hash;
	void *row;
	enum err e = arena_new(ROW_BYTES_MAX, &a);

	if (e)
		return e;
	e = act_load(tx, k, (struct record_id){ last->object_id }, a, &row, &unasked);
	if (e == ERR_ABSENT) { /* taken back with its batch, if the entry says that it is gone */
		*ret_same = memcmp(&last->after, &LEDGER_NO_HASH, sizeof last->after) == 0;
		return OK;
	}
	if (e)
		return fault_set(f, e, "读不了行", "cannot read a row");
	if ((e = handler_hash(k->noun, row, &hash)))
		return e;
	*ret_same = row_head_const(row)->version == last->version &&
		    memcmp(&hash, &last->after, sizeof hash) == 0;
	return OK;
}

/* ---- the rows of an import ------------------------------------------------------------------ */

struct span {
	const struct record_kind *k;
	struct tx *tx;
	struct area_code county;
	struct arena *a; /* of one row */
	struct crypt_hasher *hasher;
	struct merkle merkle;
	struct record_id next, last, kin;
	uint64_t n, untouched;
};

static void span_end(struct span *s)
{
	arena_end(&s->a);
	crypt_hasher_end(&s->hasher);
}

static enum err take_before(const struct ledger_entry *en, const struct crypt_hash *hash, void *arg,
			    struct fault *f)
{
	(void)hash;
	(void)f;
	*(struct crypt_hash *)arg = en->before;
	return OK;
}

/* The hash of a row as its import left it: its own, or what its first change began from. */
static enum err hash_at_first(struct span *s, const void *row, struct crypt_hash *ret,
			      struct fault *f)
{
	const struct record *r = row_head_const(row);
	enum err e;

	*ret = LEDGER_NO_HASH;
	if (r->version == 1) {
		s->untouched++;
		return handler_hash(s->k->noun, row, ret);
	}
	e = ledger_of_version(s->tx, s->county, str_of(s->k->noun->name), r->id.v, 2, take_before,
			      ret, f);
	return e == ERR_ABSENT ? OK : e;
}

static enum err span_page(struct span *s, bool *ret_more, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct merkle_node leaf;
	struct crypt_hash hash;
	bool more = false;
	size_t n = 0;
	enum err e = tx_rows(s->tx, s->k->sql->span,
			     SQL_ARGS(sql_i64(s->county.v), sql_i64(s->next.v), sql_i64(s->last.v),
				      sql_i64(SPAN_ROWS)),
			     &r, f);

	for (; !e && !(e = rows_next(r, &more, f)) && more; n++) {
		void *row;

		arena_clear(s->a);
		if ((e = act_read(r, s->k, s->a, &row, f)))
			return e;
		s->next.v = row_head(row)->id.v + 1;
		if (!record_id_kin(row_head(row)->id, s->kin))
			continue; /* made by another process meanwhile */
		if ((e = hash_at_first(s, row, &hash, f)))
			return e;
		import_leaf(s->hasher, &hash, &leaf);
		merkle_add(&s->merkle, &leaf);
		s->n++;
	}
	*ret_more = n == SPAN_ROWS;
	return e;
}

static enum err many(struct tx *tx, const struct ledger_entry *en, void *arg, bool *ret_same,
		     uint64_t *ret_untouched, struct fault *f)
{
	CLEANUP(span_end) struct span s = { .k = arg, .tx = tx, .county = en->county };
	struct merkle_node root;
	uint64_t n;
	bool more = true;
	enum err e;

	*ret_same = false;
	*ret_untouched = 0;
	if (!import_span(en, &n, &s.next, &s.last))
		return OK;
	s.kin = s.next;
	if ((e = arena_new(ROW_BYTES_MAX, &s.a)) || (e = crypt_hasher_new(CRYPT_WORLD, &s.hasher)))
		return e;
	merkle_begin(&s.merkle, s.hasher);
	while (!e && more)
		e = span_page(&s, &more, f);
	merkle_root(&s.merkle, &root);
	*ret_untouched = s.untouched;
	*ret_same = s.n == n && memcmp(root.v, en->after.v + 1, sizeof root.v) == 0;
	return e;
}

/* ---- how many there are --------------------------------------------------------------------- */

static enum err count(struct tx *tx, struct area_code county, void *arg, uint64_t *ret,
		      struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	const struct record_kind *k = arg;
	enum err e = tx_row(tx, k->sql->count_within,
			    SQL_ARGS(sql_i64(county.v), sql_i64(INT64_MAX), sql_i64(0),
				     sql_i64(INT64_MAX)),
			    &r, f);

	if (!e)
		*ret = (uint64_t)rows_i64(r, 0);
	return e;
}

static enum err next(struct tx *tx, int64_t last, void *arg, int64_t *ret, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	const struct record_kind *k = arg;
	int64_t from = last == INT64_MIN ? last : last + 1;
	enum err e = tx_row(tx, k->sql->county, SQL_ARGS(sql_i64(from), sql_i64(INT64_MAX)), &r, f);

	*ret = e ? INT64_MAX : rows_i64(r, 0);
	return e == ERR_ABSENT ? OK : e;
}

size_t record_objects(const struct record_book *b, struct verify_object *ret, size_t max)
{
	assert(b->n_kinds <= max);
	for (size_t i = 0; i < b->n_kinds; i++) {
		ret[i] = (struct verify_object){ .object = str_of(b->kind[i].noun->name),
						 .same = same,
						 .arg = &b->kind[i] };
		if (b->kind[i].noun->gate)
			continue; /* their batches vouch for them, and may be recalled: intake */
		ret[i].many = many;
		ret[i].count = count;
		ret[i].next = next;
	}
	return b->n_kinds;
}
