/*
 * pack.h - what pack.c and pack_place.c share while they make the image of a day.
 */
#ifndef ENGINE_TRACE_PACK_H
#define ENGINE_TRACE_PACK_H
#include "engine/trace/side.h"

struct pack {
	const struct segment_day *day;
	const struct segment_row *row; /* sorted as the side at hand wants, equal ones gone */
	struct segment_row *spare;     /* for the places: as many */
	size_t n;
	uint8_t *linked; /* a bit a place */
	int64_t last;
	bool still;
	struct side side[SEGMENT_SIDES];
};

struct shape { /* what a run of rows needs */
	bool minutes, still, gaps;
	uint64_t from_most, length_most; /* in units */
	uint32_t seat_most, person_most, person_least;
	uint32_t from_first, from_last;
	int64_t length_s, reaches_s; /* greatest */
};

static inline int64_t row_end(const struct segment_row *r)
{
	return r->length == TRACE_STILL ? TRACE_STILL : r->from + r->length;
}

static inline unsigned length_width(const struct shape *s)
{
	return bits_width(s->length_most + (s->still ? 1 : 0));
}

struct shape pack_shape(const struct segment_row *r, size_t n);
/* How many rows from i on have the same id on that side. */
size_t pack_run(const struct pack *p, size_t i, enum segment_side side);
/* The place side, from rows in order of place. */
MUST_CHECK enum err pack_places(struct pack *p);
#endif
