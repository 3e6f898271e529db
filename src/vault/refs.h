/*
 * refs.h - which pseudonyms are still seen by somebody: a table of 63-bit numbers with a count.
 *
 * Shapes:   16 bytes a pseudonym, at most two thirds full.
 * Errors:   ERR_MEMORY, and then nothing has changed.
 */
#ifndef VAULT_REFS_H
#define VAULT_REFS_H
#include "base/base.h"

struct refs_slot {
	int64_t id; /* 0: free */
	int64_t count;
};
struct refs {
	struct refs_slot *v;
	size_t n, cap; /* taken; a power of two, or 0 */
};
void refs_end(struct refs *r); /* for CLEANUP() */
MUST_CHECK enum err refs_reserve(struct refs *r, size_t more);
int64_t refs_count(const struct refs *r, int64_t id);
/* It will be asked for soon: its line of memory may come meanwhile. */
void refs_want(const struct refs *r, int64_t id);
/* Add to a count, which may become 0. There is room (refs_reserve). Returns what it is then. */
int64_t refs_add(struct refs *r, int64_t id, int64_t by);
/* Forget those whose count is 0. */
MUST_CHECK enum err refs_tidy(struct refs *r);
#endif
