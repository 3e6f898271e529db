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
	uint32_t generation;   /* 0: the case itself */
	uint32_t n;            /* encounters */
	uint16_t rule;
	uint8_t klass;
	uint64_t total;
	int64_t first, last;   /* INT64_MAX, INT64_MIN while no encounter is dated */
	int64_t opens;         /* where the person's own window opens, if earlier than first */
};

struct tally {
	struct tally_row *row;
	uint32_t n, cap;
	uint32_t *slot;        /* row + 1, or 0 */
	uint32_t mask;
};

MUST_CHECK enum err tally_init(struct tally *t);
void tally_release(struct tally *t);
MUST_CHECK enum err tally_grow(struct tally *t);

static inline uint32_t tally_hash(uint32_t person) { return person * 2654435761u >> 7; }

static inline struct tally_row *tally_find(const struct tally *t, uint32_t person)
{
	for (uint32_t i = tally_hash(person) & t->mask; t->slot[i]; i = (i + 1) & t->mask)
		if (t->row[t->slot[i] - 1].person == person)
			return &t->row[t->slot[i] - 1];
	return NULL;
}

/* The person's row, made for `generation` if there is none; NULL if there is no memory. */
static inline struct tally_row *tally_row(struct tally *t, uint32_t person, uint32_t generation)
{
	uint32_t i = tally_hash(person) & t->mask;

	for (; t->slot[i]; i = (i + 1) & t->mask)
		if (t->row[t->slot[i] - 1].person == person)
			return &t->row[t->slot[i] - 1];
	if (t->n == t->cap) {
		if (tally_grow(t))
			return NULL;
		for (i = tally_hash(person) & t->mask; t->slot[i]; i = (i + 1) & t->mask)
			;
	}
	struct tally_row *r = &t->row[t->n++];
	t->slot[i] = t->n;
	*r = (struct tally_row){ .person = person, .generation = generation,
				 .rule = UINT16_MAX, .klass = UINT8_MAX,
				 .first = INT64_MAX, .last = INT64_MIN, .opens = INT64_MAX };
	return r;
}

struct tally_hit {
	uint32_t person, n;
	uint16_t rule;
	uint8_t klass;
	uint64_t total;
	int64_t first, last;
};

/* What a rule calls close is secondary for whom hangs on somebody other than the case. */
static inline uint8_t tally_class(uint32_t generation, uint8_t klass)
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
	uint8_t klass = tally_class(generation, h->klass);
	if (klass < r->klass || (klass == r->klass && h->rule < r->rule)) {
		r->klass = klass;
		r->rule = h->rule;
	}
	return OK;
}
#endif
