/*
 * layout.h - the bits of a segment's records, for who writes and who reads them. See segment.h.
 */
#ifndef ENGINE_TRACE_LAYOUT_H
#define ENGINE_TRACE_LAYOUT_H
#include "base/base.h"

enum { SEGMENT_CLASSES = 5 };

/*
 * A place record begins with a word of 32 bits (BIG: then the blocks' heads follow) or, for a
 * single block, of 24: n-1, widths, and how people are told. A third of a word follows where MORE
 * says so, for what is rare: seconds, seats, somebody still there, linked visits, wide columns.
 */
enum {
	PLACE_BIG = 1, /* bit 0: blocks follow; else one block of n-1 in the next 7 bits */
	PLACE_N_AT = 1,
	PLACE_MORE_AT = 8,
	PLACE_FROM_AT = 9,    /* 4 bits */
	PLACE_LENGTH_AT = 13, /* 4 bits */
	PLACE_LIST_AT = 17,   /* 1: people are listed; how many less 1 in 4 bits */
	PLACE_PERSON_AT = 18, /* else 5 bits of width; */
	PLACE_BASE_AT = 23,   /* 1: after the least person of all, in id_bits rounded to bytes */
	PLACE_HEAD_BYTES = 3,
	PLACE_MORE_BYTES = 3,
	MORE_FROM_AT = 0,   /* 5 bits, which replace those above */
	MORE_LENGTH_AT = 5, /* 6 bits, likewise */
	MORE_SEAT_AT = 11,  /* 5 bits */
	MORE_FLAGS_AT = 16,
	BIG_HEAD_BYTES = 4 + 4 * (SEGMENT_CLASSES + 1),
	BIG_LINKED = 2,
	BIG_BLOCKS_AT = 2,
	PLACE_WIDTH_MAX = 15, /* without MORE */
};
enum { FLAG_STILL = 1, FLAG_LINKED = 2, FLAG_SECONDS = 4 };

struct segment_block_head {
	uint32_t from_base, from_last;
	uint32_t length_max; /* UINT32_MAX: that or more, or still */
	uint32_t person_base;
	uint32_t at; /* of the columns, from the record's start */
	uint8_t n_less_1, from_width, length_width, person_width, seat_width, flags, zero[2];
};
_Static_assert(sizeof(struct segment_block_head) == 28, "a block head is 28 bytes on disk");

/* A person record begins with 14 bits, and 17 more where they say so. */
enum {
	PERSON_N_BITS = 5, /* 0: a 32-bit count comes after the head */
	PERSON_MORE_AT = 5,
	PERSON_FROM_AT = 6,    /* 4 bits */
	PERSON_LENGTH_AT = 10, /* 4 bits */
	PERSON_HEAD_BITS = 14,
	PERSON_MORE_BITS = 19, /* from 5 bits, length 6, seat 5, flags */
	PERSON_FLAGS_AT = 16,
	PERSON_SECONDS = 1,
	PERSON_STILL = 2,
	PERSON_STARTS = 4,     /* from is told from the start of the one before, not from its end */
	PERSON_WIDTH_MAX = 15, /* without MORE */
};
/* The widest columns; `from` in seconds, of a day that is repeated. */
enum { FROM_BITS_S = 18, LENGTH_BITS_MAX = 40, SEAT_BITS_MAX = 31 };
#endif
