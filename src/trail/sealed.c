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

enum { GUESS_BITS = 31, AT_ONCE = 16 };

/* Where a digest may still be: in [low, high), and the next to look at. */
struct looking {
	size_t low, high, at;
	bool found;
};

/* Digests are spread evenly, so where one must be can be told; a few steps mend the guess. False:
 * the search is over. */
static bool aim(const struct sealed *s, uint64_t digest, struct looking *k)
{
	uint64_t a, b, span;

	if (k->low >= k->high)
		return false;
	a = s->digest[k->low];
	b = s->digest[k->high - 1];
	if (digest < a || digest > b)
		return false;
	if (a == b)
		return k->found = true, false;
	/* Below 2^30 digests it does not overflow; where all are near, any guess does. */
	span = (b - a) >> GUESS_BITS;
	k->at = k->low + (k->high - 1 - k->low) / 2;
	if (span)
		k->at = min_size(k->high - 1, k->low + (size_t)(((digest - a) >> GUESS_BITS) *
								(k->high - 1 - k->low) / span));
	__builtin_prefetch(&s->digest[k->at]);
	return true;
}

static bool hit(const struct sealed *s, uint64_t digest, struct looking *k)
{
	if (s->digest[k->at] == digest)
		return k->found = true, false;
	if (s->digest[k->at] < digest)
		k->low = k->at + 1;
	else
		k->high = k->at;
	return true;
}

bool sealed_has(const struct sealed *s, uint64_t digest)
{
	struct looking k = { .high = s->n_digests };

	while (aim(s, digest, &k) && hit(s, digest, &k))
		;
	return k.found;
}

static void some_at_once(const struct sealed *s, const uint64_t *digest, size_t n, bool *ret)
{
	struct looking k[AT_ONCE];
	size_t who[AT_ONCE], left = 0;

	for (size_t i = 0; i < n; i++) {
		k[i] = (struct looking){ .high = s->n_digests };
		if (aim(s, digest[i], &k[i]))
			who[left++] = i;
	}
	while (left) {
		size_t still = 0;

		for (size_t w = 0; w < left; w++) {
			size_t i = who[w];

			if (hit(s, digest[i], &k[i]) && aim(s, digest[i], &k[i]))
				who[still++] = i;
		}
		left = still;
	}
	for (size_t i = 0; i < n; i++)
		ret[i] = k[i].found;
}

void sealed_has_each(const struct sealed *s, const uint64_t *digest, size_t n, bool *ret)
{
	for (size_t i = 0; i < n; i += AT_ONCE)
		some_at_once(s, digest + i, min_size(n - i, AT_ONCE), ret + i);
}

bool sealed_covers(const struct sealed *s, const struct pack_key *k)
{
	return s->n_keys && bsearch(k, s->key, s->n_keys, sizeof *s->key, pack_key_cmp);
}
