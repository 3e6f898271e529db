/* sealed.c - what is known of a day's segment: its visits by digest, its packs by key. */
#include <stdlib.h>
#include <string.h>

#include "trail/inside.h"

#include "base/ban.h"

static int cmp_i64(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

int pack_key_cmp(const void *pa, const void *pb)
{
	const struct pack_key *a = pa, *b = pb;
	int c = cmp_i64(a->county, b->county);

	if (!c)
		c = cmp_i64(a->batch, b->batch);
	return c ? c : cmp_i64(a->seq, b->seq);
}

void sealed_free(struct sealed *s)
{
	if (!s)
		return;
	mem_drop(s->owned);
	file_unmap(&s->map);
	mem_drop(s);
}

enum { GUESS_BITS = 31 };

/* Digests are spread evenly, so where one must be can be told; a few steps mend the guess. */
bool sealed_has(const struct sealed *s, uint64_t digest)
{
	size_t low = 0, high = s->n_digests;

	while (low < high) {
		uint64_t a = s->digest[low], b = s->digest[high - 1];
		size_t at;

		if (digest < a || digest > b)
			return false;
		if (a == b)
			return true;
		/* Below 2^30 digests it does not overflow; where all are near, any guess does. */
		uint64_t span = (b - a) >> GUESS_BITS;
		at = low + (high - 1 - low) / 2;
		if (span)
			at = min_size(high - 1, low + (size_t)(((digest - a) >> GUESS_BITS) *
							       (high - 1 - low) / span));
		if (s->digest[at] == digest)
			return true;
		if (s->digest[at] < digest)
			low = at + 1;
		else
			high = at;
	}
	return false;
}

bool sealed_covers(const struct sealed *s, const struct pack_key *k)
{
	return s->n_keys && bsearch(k, s->key, s->n_keys, sizeof *s->key, pack_key_cmp);
}
