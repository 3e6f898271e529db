/*
 * tally.h - the people met so far by one case: one row each, found by a small open hash.
 *
 * Life:     zero -> tally_init -> tally_generation, tally_add ... -> dies with its arena;
 *           tally_init again empties it and keeps its memory.
 * Shapes:   a row is half a cache line, since each encounter touches one; what is seldom wanted
 *           lies apart. Rows stand in order of generation.
 */
#ifndef ENGINE_TRACE_TALLY_H
#define ENGINE_TRACE_TALLY_H
#include "base/base.h"
#include "base/memory.h"
#include "engine/trace/trace.h"

struct tally_row {
	uint32_t person;
	uint32_t n; /* encounters */
	uint64_t total;
	int64_t first, last; /* INT64_MAX, INT64_MIN while no encounter is dated */
};

struct tally_note {
	uint32_t generation; /* 0: the case itself */
	uint32_t rank;       /* of the best encounter: class, then rule */
};

/* Row 0 is nobody's and the case has row 1, so those it has met begin at 2. */
enum { TALLY_NOBODY, TALLY_CASE, TALLY_FIRST };

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

struct tally {
	struct arena *arena;
	struct tally_row *row;
	struct tally_note *note;
	uint32_t *slot;   /* a row; 0: empty */
	uint32_t mask;    /* how many slots, less 1 */
	uint32_t n, cap;  /* rows */
	uint32_t room;    /* rows that the memory at hand is for */
	uint32_t n_old;   /* rows up to the last generation */
	uint32_t n_blank; /* rows from n to here are blank, their notes ready */
	uint32_t rank;    /* of all notes of this generation, those of blank rows too; or MIXED */
	uint32_t generation;
	unsigned shift; /* of the hash, to a slot */
};
enum { TALLY_MIXED = -1 };

MUST_CHECK enum err tally_init(struct tally *t, struct arena *a, uint32_t person);
/* Room for n more people. */
MUST_CHECK enum err tally_grow(struct tally *t, uint32_t n);
/* From now on new people belong to this generation, and those met before are left as they are. */
static inline void tally_generation(struct tally *t, uint32_t generation)
{
	t->n_old = t->n_blank = t->n;
	t->generation = generation;
	t->rank = (uint32_t)TALLY_MIXED;
}
static inline uint32_t tally_met(const struct tally *t)
{
	return t->n - TALLY_FIRST;
}

static inline uint32_t tally_hash(uint32_t person, unsigned shift)
{
	return person * 2654435761u >> shift;
}

static inline struct tally_row *tally_find(const struct tally *t, uint32_t person)
{
	uint32_t mask = t->mask;

	for (uint32_t i = tally_hash(person, t->shift); t->slot[i]; i = (i + 1) & mask)
		if (t->row[t->slot[i]].person == person)
			return &t->row[t->slot[i]];
	return NULL;
}

/* Of an earlier generation than the one at hand. */
static inline bool tally_is_old(const struct tally *t, const struct tally_row *r)
{
	return (size_t)(r - t->row) < t->n_old;
}

/* The person's row, a new one if there is none; NULL if there is no memory. */
static inline struct tally_row *tally_row(struct tally *t, uint32_t person)
{
	if (t->n == t->cap && tally_grow(t, 1))
		return NULL;
	uint32_t i = tally_hash(person, t->shift), mask = t->mask;
	for (; t->slot[i]; i = (i + 1) & mask)
		if (t->row[t->slot[i]].person == person)
			return &t->row[t->slot[i]];
	struct tally_row *r = &t->row[t->n];
	t->note[t->n] = (struct tally_note){ t->generation, UINT32_MAX };
	t->slot[i] = t->n++;
	*r = (struct tally_row){ .person = person, .first = INT64_MAX, .last = INT64_MIN };
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

static inline void tally_sum(struct tally *t, struct tally_row *r, uint32_t n, uint64_t total,
			     int64_t first, int64_t last, uint32_t rank)
{
	struct tally_note *note = &t->note[r - t->row];

	r->n += n;
	r->total += total;
	r->first = min_i64(r->first, first);
	r->last = max_i64(r->last, last);
	if (rank < note->rank)
		note->rank = rank;
	t->rank = (uint32_t)TALLY_MIXED;
}

/* Add an encounter, or several at once; ignored for people of earlier generations. */
static inline enum err tally_add(struct tally *t, const struct tally_hit *h)
{
	struct tally_row *r = tally_row(t, h->person);

	if (!r)
		return ERR_MEMORY;
	if (!tally_is_old(t, r))
		tally_sum(t, r, h->n, h->total, h->first, h->last, h->rank);
	return OK;
}

/* Ask for the memory of people who are about to be added, if the table is too large for a cache. */
void tally_want(const struct tally *t, const uint32_t *person, uint32_t n);
/* Many people met once each, all by one rule: like tally_add() for each, but faster. */
struct tally_many {
	uint32_t n, rank;
	const uint32_t *person;
	const int32_t *from, *to; /* seconds after `start` */
	int64_t start;
};
MUST_CHECK enum err tally_add_many(struct tally *t, const struct tally_many *m);
#endif
