/*
 * pack.h - some visits of one local day as bytes: sorted, squeezed, sealed under the day's key.
 *
 *     sealed( zstd( version 1 | n | day | runs of a place, with its kind | by column: from, length,
 *     seat, person ), bound to "visits" | county | day | batch | seq )
 *
 * One set of visits has one form, whatever order it came in (where rows of a place say different
 * kinds, the least word counts), and the same key and place in the
 * table give the same bytes: what is sealed draws its nonce from itself. So a batch that is
 * recalled and pushed again leaves no trace of the way round.
 *
 * Shapes:   at most PACK_VISITS_MAX visits; some 15 bytes each, of which the person is 8.
 * Units:    whole seconds; numbers are little-endian and, but for persons, of variable length.
 * Memory:   rows hold words as numbers in a table of the caller's.
 * Threads:  no state.
 * Errors:   pack_open: ERR_CORRUPT for whatever was not sealed so; ERR_VERSION.
 */
#ifndef TRAIL_PACK_H
#define TRAIL_PACK_H
#include "base/area.h"
#include "base/memory.h"
#include "base/text.h"
#include "crypt/crypt.h"
#include "names/names.h"

enum { PACK_VISITS_MAX = 16384, PACK_PLAIN_MAX = 4 << 20 };

struct pack_row {
	int64_t person, place;
	int64_t from, to; /* to may be TRACE_STILL */
	uint32_t seat;    /* in the caller's table of names_pair(seat, role); 0: none */
	uint32_t kind;    /* of the place, names_pair(kind, ""), likewise; no part of who is who */
};
typedef VEC(struct pack_row) pack_rows;

struct pack_at { /* where in the table it stands */
	int64_t county, day, batch, seq;
};

/* By place, from, to, person, then the seat's text. */
int pack_cmp(const struct names *words, const struct pack_row *a, const struct pack_row *b);
/* Of two words the less; of none and a word, the word. */
uint32_t pack_lesser(const struct names *words, uint32_t a, uint32_t b);
/* Of one visit: the same in every process. */
uint64_t pack_digest(const struct names *words, const struct pack_row *r);

/* Put rows in order, leave out what comes twice; how many are left. */
size_t pack_sort(const struct names *words, struct pack_row *row, size_t n);
/* Rows in order, none twice, n > 0. Appends to out. */
MUST_CHECK enum err pack_write(const struct names *words, int32_t day, const struct pack_row *row,
			       size_t n, struct buf *out);
/* Appends to rows, and new words to the table. */
MUST_CHECK enum err pack_read(struct str plain, int32_t day, struct names *words, pack_rows *rows);

MUST_CHECK enum err pack_seal(const struct crypt_key *key, const struct pack_at *at,
			      struct str plain, struct buf *out);
MUST_CHECK enum err pack_open(const struct crypt_key *key, const struct pack_at *at,
			      struct str sealed, struct buf *plain);
#endif
