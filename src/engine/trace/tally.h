/*
 * tally.h - the people met so far by one case: one row each, found by a small open hash.
 *
 * Life:     zero -> tally_init -> tally_release.
 */
#ifndef ENGINE_TRACE_TALLY_H
#define ENGINE_TRACE_TALLY_H
#include "base/base.h"
#include "base/memory.h"
#include "engine/trace/trace.h"

struct tally_row {
	uint32_t person;
	uint32_t generation; /* 0: the case itself */
	uint32_t n;          /* encounters */
	uint32_t rank;       /* of the best: class, then rule */
	uint64_t total;
	int64_t first, last; /* INT64_MAX, INT64_MIN while no encounter is dated */
	int64_t opens;       /* where the person's own window opens, if earlier than first */
};

static inline uint32_t tally_rank(enum trace_class klass, unsigned rule)
{
	return (uint32_t)klass << 16 | rule;
}
static inline uint8_t rank_class(uint32_t rank)
{
	return (uint8_t)(rank >> 16);
}
static inline uint16_t rank_rule(uint32_t rank)
{
	return (uint16_t)rank;
}

/* The person stands in the slot too, so that a look-up is settled without touching a row. */
struct tally_slot {
	uint32_t person, row; /* row + 1; 0: empty */
};

struct tally {
	struct tally_row *row;
	uint32_t n, cap;
	struct tally_slot *slot;
	unsigned shift; /* of the hash, to a slot */
};

MUST_CHECK enum err tally_init(struct tally *t);
void tally_release(struct tally *t);
MUST_CHECK enum err tally_grow(struct tally *t);

static inline uint32_t tally_hash(uint32_t person, unsigned shift)
{
	return person * 2654435761u >> shift;
}

static inline struct tally_row *tally_find(const struct tally *t, uint32_t person)
{
	uint32_t mask = t->cap * 2 - 1;

	for (uint32_t i = tally_hash(person, t->shift); t->slot[i].row; i = (i + 1) & mask)
		if (t->slot[i].person == person)
			return &t->row[t->slot[i].row - 1];
	return NULL;
}

/* The person's row, made for `generation` if there is none; NULL if there is no memory. */
static inline struct tally_row *tally_row(struct tally *t, uint32_t person, uint32_t generation)
{
	uint32_t i = tally_hash(person, t->shift), mask = t->cap * 2 - 1;

	for (; t->slot[i].row; i = (i + 1) & mask)
		if (t->slot[i].person == person)
			return &t->row[t->slot[i].row - 1];
	if (t->n == t->cap) {
		if (tally_grow(t))
			return NULL;
		mask = t->cap * 2 - 1;
		for (i = tally_hash(person, t->shift); t->slot[i].row; i = (i + 1) & mask)
			;
	}
	struct tally_row *r = &t->row[t->n++];
	t->slot[i] = (struct tally_slot){ person, t->n };
	*r = (struct tally_row){ .person = person,
				 .generation = generation,
				 .rank = UINT32_MAX,
				 .first = INT64_MAX,
				 .last = INT64_MIN,
				 .opens = INT64_MAX };
	return r;
}

struct tally_hit {
	uint32_t person, n, rank;
	uint64_t total;
	int64_t first, last;
};

/* What a rule calls close is secondary for whom hangs on somebody other than the case. */
static inline enum trace_class tally_class(uint32_t generation, enum trace_class klass)
{
	return generation > 1 && klass == TRACE_CLOSE ? TRACE_SECONDARY : klass;
}

/* Add an encounter, or several at once; ignored for people of earlier generations. */
static inline enum err tally_add(struct tally *t, uint32_t generation, const struct tally_hit *h)
{
	struct tally_row *r = tally_row(t, h->person, generation);

	if (!r)
		return ERR_MEMORY;
	if (r->generation != generation)
		return OK;
	r->n += h->n;
	r->total += h->total;
	r->first = min_i64(r->first, h->first);
	r->last = max_i64(r->last, h->last);
	r->rank = h->rank < r->rank ? h->rank : r->rank;
	return OK;
}
#endif
