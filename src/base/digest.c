/* digest.c - XXH3, the only user of libxxhash. */
#include "base/digest.h"

#define XXH_INLINE_ALL /* names are hashed by the million: a call into the library is half of it */
#include <xxhash.h>

#include "base/ban.h"

uint64_t digest_of(const void *p, size_t n)
{
	return XXH3_64bits(p, n);
}

uint64_t digest_seeded(const void *p, size_t n, uint64_t seed)
{
	return XXH3_64bits_withSeed(p, n, seed);
}
