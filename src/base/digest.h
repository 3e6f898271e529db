/*
 * digest.h - 64-bit checksums against accident (XXH3 from libxxhash), not against an adversary.
 */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H
#include "base/base.h"

uint64_t digest_of(const void *p, size_t n);
uint64_t digest_seeded(const void *p, size_t n, uint64_t seed);
#endif
