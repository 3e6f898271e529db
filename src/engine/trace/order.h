/*
 * order.h - the rows of one day in the order of either side; for pack.c and builder.c.
 *
 * Rows mostly arrive as time goes by, so they are brought into order of `from` once, which costs
 * nothing then; a stable sort by id alone does the rest.
 *
 * Life:     zero -> order_begin -> order_by for each side; again with the next day -> order_end.
 * Memory:   40 bytes a row beside the rows, kept from one day to the next.
 */
#ifndef ENGINE_TRACE_ORDER_H
#define ENGINE_TRACE_ORDER_H
#include "base/base.h"
#include "base/memory.h"
#include "engine/trace/segment.h"

struct order_id {
	uint32_t id, row;
};

struct order {
	struct segment_row *rows; /* the day's, borrowed */
	size_t n;
	VEC(struct segment_row) sorted; /* what order_by made */
	VEC(struct order_id) ids, spare;
};

/* Takes rows as they are; brings them into order of `from` where they lie. */
MUST_CHECK enum err order_begin(struct order *o, struct segment_row *rows, size_t n);
/* Into o->sorted: by (id of that side, from, everything else), equal rows once. */
void order_by(struct order *o, enum segment_side side);
void order_end(struct order *o); /* for CLEANUP() */
#endif
