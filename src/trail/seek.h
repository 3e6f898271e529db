/*
 * seek.h - a key that should be no more, looked for in any bytes: a file, a backup's stream.
 *
 * Of a destroyed key nothing is left but its print in the ledger. So every place where a key could
 * begin, as bytes or as base64url, is hashed and held against the prints.
 *
 * Life:     a zeroed struct -> seeker_add each print -> for each file seek_bytes*, seek_end
 *           -> found -> seeker_end.
 * Shapes:   some 20 MB/s of dense bytes; any length, in pieces of any size.
 * Threads:  one.
 */
#ifndef TRAIL_SEEK_H
#define TRAIL_SEEK_H
#include "base/memory.h"
#include "base/text.h"
#include "crypt/crypt.h"

struct key_print { uint8_t v[8]; };
struct seeker {
	struct crypt_hasher *h;
	VEC(struct key_print) print;
	struct buf held; /* the end of what came: a key may lie over two pieces */
	uint64_t bytes, found;
};
void seeker_end(struct seeker *s); /* for CLEANUP() */
MUST_CHECK enum err seeker_add(struct seeker *s, struct str print);
MUST_CHECK enum err seek_bytes(struct seeker *s, const void *p, size_t n);
MUST_CHECK enum err seek_end(struct seeker *s); /* of one file */
#endif
