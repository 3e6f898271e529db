/* objects.c - rows held against the last ledger entry of each. */
#include "record/objects.h"

#include <string.h>

#include "base/memory.h"
#include "record/handler.h"
#include "record/row.h"

#include "base/ban.h"

enum { ROW_BYTES_MAX = 1 << 20 };

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

size_t record_objects(const struct record_book *b, struct verify_object *ret, size_t max)
{
	assert(b->n_kinds <= max);
	for (size_t i = 0; i < b->n_kinds; i++)
		ret[i] = (struct verify_object){ .object = str_of(b->kind[i].noun->name),
						 .same = same,
						 .arg = &b->kind[i] };
	return b->n_kinds;
}
