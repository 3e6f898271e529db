/* tally.c - memory of the tally. See tally.h. */
#include "engine/trace/tally.h"

#include "base/ban.h"

enum { FIRST_ROWS = 512 };

static enum err tables(struct tally *t, uint32_t cap)
{
	struct tally_slot *slot = mem_take((size_t)cap * 2, sizeof *slot);
	struct tally_row *row = slot ? mem_grow(t->row, t->n, cap, sizeof *row) : NULL;

	if (!row) {
		mem_drop(slot);
		return ERR_MEMORY;
	}
	mem_drop(t->slot);
	t->row = row;
	t->slot = slot;
	t->cap = cap;
	t->shift = (unsigned)__builtin_clz(cap * 2) + 1;
	return OK;
}

enum err tally_init(struct tally *t)
{
	return tables(t, FIRST_ROWS);
}

void tally_release(struct tally *t)
{
	mem_drop(t->row);
	mem_drop(t->slot);
	*t = (struct tally){ .row = NULL };
}

enum err tally_grow(struct tally *t)
{
	if (t->cap > UINT32_MAX / 16 || tables(t, t->cap * 4))
		return ERR_MEMORY;
	for (uint32_t k = 0; k < t->n; k++) {
		uint32_t i = tally_hash(t->row[k].person, t->shift);
		while (t->slot[i].row)
			i = (i + 1) & (t->cap * 2 - 1);
		t->slot[i] = (struct tally_slot){ t->row[k].person, k + 1 };
	}
	return OK;
}
