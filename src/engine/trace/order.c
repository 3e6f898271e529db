/* order.c - a radix sort of (id, row), then the rows themselves. See order.h. */
#include "engine/trace/order.h"

#include <stdlib.h>
#include <string.h>

#include "engine/trace/bits.h"
#include "base/ban.h"

enum { DIGIT_BITS_MAX = 11, DIGITS_MAX = 1 << DIGIT_BITS_MAX, FEW = 16, AHEAD = 24 };

/* ---- ids -------------------------------------------------------------------------------- */

static void pass(const struct order_id *from, struct order_id *to, size_t n, unsigned shift,
		 unsigned bits)
{
	size_t at[DIGITS_MAX] = { 0 }, sum = 0, digits = (size_t)1 << bits;
	uint32_t mask = (uint32_t)digits - 1;

	for (size_t i = 0; i < n; i++)
		at[(from[i].id >> shift) & mask]++;
	for (size_t d = 0; d < digits; d++) {
		size_t count = at[d];
		at[d] = sum;
		sum += count;
	}
	for (size_t i = 0; i < n; i++)
		to[at[(from[i].id >> shift) & mask]++] = from[i];
}

/* Stable, in as few passes of as few bits as the greatest id allows. */
static const struct order_id *sort_ids(struct order *o)
{
	struct order_id *from = o->ids.v, *to = o->spare.v;
	uint32_t greatest = 0;

	for (size_t i = 0; i < o->n; i++)
		greatest |= from[i].id;
	unsigned width = bits_width(greatest);
	unsigned passes = (width + DIGIT_BITS_MAX - 1) / DIGIT_BITS_MAX;
	unsigned bits = passes ? (width + passes - 1) / passes : 0;
	for (unsigned i = 0; i < passes; i++) {
		pass(from, to, o->n, i * bits, bits);
		struct order_id *t = from;
		from = to;
		to = t;
	}
	return from;
}

static void gather(struct order *o, const struct order_id *id)
{
	for (size_t i = 0; i < o->n; i++) {
		__builtin_prefetch(&o->rows[id[min_size(i + AHEAD, o->n - 1)].row]);
		o->sorted.v[i] = o->rows[id[i].row];
	}
	o->sorted.n = o->n;
}

/* ---- ties ------------------------------------------------------------------------------- */

static int row_cmp(const struct segment_row *a, const struct segment_row *b)
{
#define BY(field) \
	if (a->field != b->field) \
	return a->field < b->field ? -1 : 1
	BY(person);
	BY(place);
	BY(length);
	BY(seat);
#undef BY
	return 0;
}

static int row_order(const void *a, const void *b)
{
	return row_cmp(a, b);
}

static void sort_tie(struct segment_row *r, size_t n)
{
	if (n > FEW) {
		qsort(r, n, sizeof *r, row_order);
		return;
	}
	for (size_t i = 1; i < n; i++) {
		struct segment_row x = r[i];
		size_t j = i;
		for (; j && row_cmp(&r[j - 1], &x) > 0; j--)
			r[j] = r[j - 1];
		r[j] = x;
	}
}

/* Equal rows are neighbours once their tie is sorted. */
static void sort_ties(struct order *o, const struct order_id *id)
{
	struct segment_row *r = o->sorted.v;
	size_t n = 0;

	for (size_t i = 0, j; i < o->n; i = j) {
		for (j = i + 1; j < o->n && id[j].id == id[i].id && r[j].from == r[i].from;)
			j++;
		if (j - i > 1)
			sort_tie(&r[i], j - i);
		for (size_t k = i; k < j; k++)
			if (k == i || row_cmp(&r[n - 1], &r[k]) != 0)
				r[n++] = r[k];
	}
	o->sorted.n = n;
}

/* ---- both together ---------------------------------------------------------------------- */

enum err order_begin(struct order *o, struct segment_row *rows, size_t n)
{
	bool in_time = true;

	o->rows = rows;
	o->n = n;
	o->sorted.n = o->ids.n = o->spare.n = 0; /* nothing to keep while they grow */
	if (vec_reserve(&o->sorted, n) || vec_reserve(&o->ids, n) || vec_reserve(&o->spare, n))
		return ERR_MEMORY;
	for (size_t i = 1; i < n; i++)
		in_time &= rows[i - 1].from <= rows[i].from;
	if (in_time)
		return OK;
	for (size_t i = 0; i < n; i++)
		o->ids.v[i] = (struct order_id){ rows[i].from, (uint32_t)i };
	gather(o, sort_ids(o));
	memcpy(rows, o->sorted.v, n * sizeof *rows);
	return OK;
}

void order_by(struct order *o, enum segment_side side)
{
	for (size_t i = 0; i < o->n; i++) {
		const struct segment_row *r = &o->rows[i];
		uint32_t id = side == SEGMENT_PLACES ? r->place : r->person;
		o->ids.v[i] = (struct order_id){ id, (uint32_t)i };
	}
	const struct order_id *sorted = sort_ids(o);
	gather(o, sorted);
	sort_ties(o, sorted);
}

void order_end(struct order *o)
{
	vec_drop(&o->sorted);
	vec_drop(&o->ids);
	vec_drop(&o->spare);
}
