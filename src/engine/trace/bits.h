/*
 * bits.h - little-endian bit streams: append values of a given width, read one back.
 *
 * A reader loads eight bytes at any byte of a stream and a writer stores eight, so a stream is
 * followed by at least BITS_SLACK bytes of room. Widths are 0 to 56.
 */
#ifndef ENGINE_TRACE_BITS_H
#define ENGINE_TRACE_BITS_H
#include "base/base.h"

#include <string.h>

enum { BITS_SLACK = 64, BITS_WIDTH_MAX = 56 };

static inline unsigned bits_width(uint64_t v)
{
	return v ? 64u - (unsigned)__builtin_clzll(v) : 0;
}

static inline size_t bits_bytes(size_t n, unsigned width)
{
	return (n * width + 7) / 8;
}

static inline uint64_t bits_mask(unsigned width)
{
	return ((uint64_t)1 << width) - 1;
}

static inline uint64_t bits_get(const uint8_t *p, uint64_t bit, unsigned width)
{
	uint64_t x;

	memcpy(&x, p + (bit >> 3), sizeof x);
	return (x >> (bit & 7)) & bits_mask(width);
}

struct bits_out {
	uint8_t *p;
	uint64_t held;
	unsigned n_held;
};

static inline void bits_put(struct bits_out *o, uint64_t v, unsigned width)
{
	assert(width <= BITS_WIDTH_MAX && v <= bits_mask(width));
	o->held |= v << o->n_held;
	memcpy(o->p, &o->held, sizeof o->held);
	o->n_held += width;
	o->p += o->n_held >> 3;
	o->held >>= o->n_held & ~7u;
	o->n_held &= 7;
}

/* Go on at the next whole byte. */
static inline void bits_align(struct bits_out *o)
{
	o->p += o->n_held ? 1 : 0;
	o->held = 0;
	o->n_held = 0;
}

#endif
