/*
 * names.h - text ids to dense numbers and back, numbered by first appearance.
 *
 * Persons, places, kinds and (seat, role) pairs are any bytes in the files and 0, 1, 2, ... in
 * the engine. This room is the only one that knows both. Bytes are compared as they are.
 *
 * Life:     names_new (grows) -> names_save; names_open maps a saved file, answers at once and
 *           grows on top of it in memory, without touching the file -> names_free.
 * Shapes:   up to NAMES_MAX names; each at most NAMES_BYTES_MAX bytes; one look-up is two cache
 *           misses, and names_intern_batch overlaps those of many.
 * Memory:   8 bytes a slot, two to four slots a name; 12 bytes a name and its text rounded up.
 *           names_text() points into the table: good until names_free.
 * Threads:  one thread may change; any number may read while none changes.
 * Errors:   ERR_RANGE a name over the limit; ERR_FULL no number left; ERR_MEMORY;
 *           names_open: ERR_CORRUPT, ERR_VERSION. A damaged file never leads outside its bytes.
 */
#ifndef NAMES_NAMES_H
#define NAMES_NAMES_H
#include "base/base.h"
#include "base/file.h"
#include "base/text.h"

#define NAMES_NONE UINT32_MAX
#define NAMES_MAX 3000000000u
enum { NAMES_BYTES_MAX = 2 << 20 };

struct names;

MUST_CHECK enum err names_new(struct names **ret);
void names_free(struct names *t);
void names_end(struct names **t); /* for CLEANUP() */

uint32_t names_count(const struct names *t);
/* The number of `s`; a new one if it has none yet. */
MUST_CHECK enum err names_intern(struct names *t, struct str s, uint32_t *ret);
/* The same for n texts, in order; hash[i] is names_hash(in[i]), taken by whoever has the time. */
MUST_CHECK enum err names_intern_batch(struct names *t, const struct str *in, const uint64_t *hash,
				       size_t n, uint32_t *ret);
uint64_t names_hash(struct str s);
/* NAMES_NONE if it has no number. */
uint32_t names_find(const struct names *t, struct str s);
/* Empty for a number that was never given. */
struct str names_text(const struct names *t, uint32_t id);

/* Two texts as one name, so that ("a", "bc") is not ("ab", "c"). Either may be empty. */
void names_pair(struct buf *out, struct str a, struct str b);
/* ERR_CORRUPT if `pair` was not made by names_pair. */
MUST_CHECK enum err names_unpair(struct str pair, struct str *ret_a, struct str *ret_b);

/*
 * Write all of it, with checksums in front. Only for a table that was not itself opened from a
 * file (ERR_BUG). The caller syncs and closes.
 */
MUST_CHECK enum err names_save(const struct names *t, struct file *fl, struct fault *f);
/* Map a saved file. The head is verified now; names_check() verifies every byte. */
MUST_CHECK enum err names_open(const char *path, struct names **ret, struct fault *f);
MUST_CHECK enum err names_check(const struct names *t, struct fault *f);
#endif
