/*
 * tags.h - under which keyed tags a subject can be found by one that is like it, in memory.
 *
 * The tags of a subject lie in its row; this is made of them at the start. A tag that many share
 * (a phone that everybody gives) tells nobody apart: past TAGS_SAME_MAX it takes no more.
 *
 * Shapes:   8 bytes a tag and 8 a subject, at most two thirds full: some 90 bytes a subject.
 * Errors:   ERR_MEMORY, and then nothing has changed. ERR_FULL: 2^32 - 2 subjects.
 */
#ifndef VAULT_TAGS_H
#define VAULT_TAGS_H
#include "base/base.h"
#include "base/memory.h"
#include "vault/alike.h"

enum { TAGS_SAME_MAX = 64 };
/* Those of one subject. */
struct tags_list {
	int64_t v[ALIKE_KEYS_MAX];
	size_t n;
};
/* As its row has them, 8 bytes each. */
void tags_read(struct str tokens, struct tags_list *ret);

struct tags_slot {
	uint32_t print; /* half of the tag */
	uint32_t who;   /* 1 + an index into `subjects`; 0: free; UINT32_MAX: was taken */
};
struct tags {
	struct tags_slot *v;
	size_t n, cap;         /* taken, also those that were; a power of two, or 0 */
	VEC(int64_t) subjects; /* 0: gone */
};
void tags_end(struct tags *t); /* for CLEANUP() */
MUST_CHECK enum err tags_add(struct tags *t, int64_t subject, const int64_t *tag, size_t n);
/* Of a subject that is not there nothing happens. */
void tags_drop(struct tags *t, int64_t subject, const int64_t *tag, size_t n);
/* Who was added under this tag, and perhaps somebody else; in the order in which they came. */
size_t tags_find(const struct tags *t, int64_t tag, int64_t ret[TAGS_SAME_MAX]);
#endif
