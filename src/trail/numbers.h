/*
 * numbers.h - 63-bit ids of people and places to the dense numbers of the engine, and back.
 *
 * A pseudonym is drawn anew every epoch and a place is a row somewhere; the engine wants 0, 1, 2.
 * Numbers are given by first sight and belong to this process: nothing that is compared between
 * two houses holds one.
 *
 * Life:     a zeroed struct is an empty one -> numbers_of, numbers_at -> numbers_drop.
 * Shapes:   24 to 40 bytes an id.
 * Threads:  one at a time.
 * Errors:   ERR_FULL no number left below TRACE_IDS_MAX; ERR_MEMORY.
 */
#ifndef TRAIL_NUMBERS_H
#define TRAIL_NUMBERS_H
#include "base/base.h"
#include "base/memory.h"

#define NUMBERS_NONE UINT32_MAX

struct numbers_slot {
	int64_t id; /* 0: empty */
	uint32_t number;
};
struct numbers {
	struct numbers_slot *slot;
	size_t n_slots;  /* 0 or a power of two */
	VEC(int64_t) id; /* by number; 0 for one that nobody has */
	size_t n;        /* ids that have one */
};

void numbers_drop(struct numbers *m);
/* The number of an id > 0; a new one if it has none. */
MUST_CHECK enum err numbers_of(struct numbers *m, int64_t id, uint32_t *ret);
/* Give this id this number, as a file says; ERR_CORRUPT if either stands for something else. */
MUST_CHECK enum err numbers_put(struct numbers *m, int64_t id, uint32_t number);
/* Its memory is asked for: numbers_of comes soon. */
void numbers_want(const struct numbers *m, int64_t id);
uint32_t numbers_find(const struct numbers *m, int64_t id); /* NUMBERS_NONE */
int64_t numbers_at(const struct numbers *m, uint32_t number);
#endif
