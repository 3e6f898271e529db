/* bulk.c - see bulk.h. */
#include "record/bulk.h"

#include <stdio.h>
#include <string.h>

#include "record/import.h"
#include "record/row.h"

#include "base/ban.h"

struct record_bulk {
	struct record_book *book;
	const struct noun *noun;
	uint64_t left;
	int64_t tick;
	struct crypt_hasher *hasher;
	struct buf text;
	VEC(struct import_county) county;
	char detail[120];
};

enum err record_bulk_new(struct record_book *b, const struct noun *n, uint64_t n_rows,
			 struct record_bulk **ret)
{
	CLEANUP(record_bulk_end) struct record_bulk *k = mem_take(1, sizeof *k);
	enum err e;

	if (!k)
		return ERR_MEMORY;
	k->book = b;
	k->noun = n;
	k->left = n_rows;
	if ((e = crypt_hasher_new(CRYPT_WORLD, &k->hasher)))
		return e;
	if (n_rows)
		k->tick = record_ids_take(b, (int64_t)n_rows);
	*ret = k;
	k = NULL;
	return OK;
}

void record_bulk_end(struct record_bulk **b)
{
	if (!*b)
		return;
	crypt_hasher_end(&(*b)->hasher);
	buf_release(&(*b)->text);
	vec_drop(&(*b)->county);
	mem_drop(*b);
	*b = NULL;
}

struct record_id record_bulk_id(struct record_bulk *b)
{
	assert(b->left);
	b->left--;
	return record_id_at(b->book, b->tick++);
}

static struct import_county *county_of(struct record_bulk *b, struct area_code county)
{
	struct import_county fresh = { .county = county };

	for (size_t i = b->county.n; i > 0; i--) /* mostly that of the row before */
		if (b->county.v[i - 1].county.v == county.v)
			return &b->county.v[i - 1];
	merkle_begin(&fresh.merkle, b->hasher);
	return vec_push(&b->county, fresh) ? NULL : &b->county.v[b->county.n - 1];
}

enum err record_bulk_add(struct record_bulk *b, const void *row)
{
	const struct record *r = row_head_const(row);
	struct import_county *c = county_of(b, area_county(r->area));
	struct merkle_node leaf;
	struct crypt_hash hash;

	if (!c)
		return ERR_MEMORY;
	buf_clear(&b->text);
	row_canonical(b->noun, row, &b->text);
	if (b->text.failed)
		return b->text.failed;
	crypt_hasher_add(b->hasher, b->text.p, b->text.n);
	crypt_hasher_take(b->hasher, &hash);
	import_leaf(b->hasher, &hash, &leaf);
	merkle_add(&c->merkle, &leaf);
	if (c->n++ == 0)
		c->first = r->id;
	c->last = r->id;
	return OK;
}

size_t record_bulk_entries(const struct record_bulk *b)
{
	return b->county.n;
}

void record_bulk_entry(struct record_bulk *b, size_t i, struct ledger_entry *ret)
{
	const struct import_county *c = &b->county.v[i];
	struct merkle_node root;

	import_say_span(c->n, c->first, c->last, b->detail, sizeof b->detail);
	merkle_root(&c->merkle, &root);
	*ret = (struct ledger_entry){ .county = c->county,
				      .object = str_of(b->noun->name),
				      .detail = str_of(b->detail) };
	ret->after.v[0] = CRYPT_WORLD;
	memcpy(ret->after.v + 1, root.v, sizeof root.v);
}
