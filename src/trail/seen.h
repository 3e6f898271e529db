/*
 * seen.h - a set of 64-bit digests: which visits of a day are stored already.
 *
 * Shapes:   16 to 32 bytes a digest. Of 10^8 visits two that differ share one with a chance of
 *           3 in 10,000: one visit would then be told a duplicate that is none.
 * Threads:  one at a time.
 */
#ifndef TRAIL_SEEN_H
#define TRAIL_SEEN_H
#include "base/base.h"
#include "base/memory.h"

struct seen {
	uint64_t *slot; /* 0: empty */
	size_t n_slots, n;
	bool zero; /* 0 itself is in it */
};
void seen_drop(struct seen *s);
/* Its memory is asked for: it is looked for or added soon. */
void seen_want(const struct seen *s, uint64_t digest);
bool seen_has(const struct seen *s, uint64_t digest);
MUST_CHECK enum err seen_room(struct seen *s, size_t more); /* so that so many adds cannot fail */
MUST_CHECK enum err seen_add(struct seen *s, uint64_t digest, bool *ret_new);
#endif
