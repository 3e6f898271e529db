/*
 * segment.h - the sealed form of one local day of visits, inside the engine.
 *
 *   head (256 bytes) | checksum table | groups, reach and records of the place side | the same
 *   of the person side | slack
 *
 * Everything after the table is cut into pages of 16 KiB, each with its checksum in the table;
 * the head carries a checksum of itself and the table. So every byte is covered, and a reader
 * pays for the pages it touches, once.
 *
 * A side maps an id to its record. Ids go in groups of 16: a table of group offsets, then per
 * group one byte w, 16 record sizes of w bytes, and the records. A nibble per id tells, without
 * touching the group, whether it has a record (0: no) and over how many further spans of 86,400 s
 * its visits reach (1: none ... 15: fourteen or more).
 *
 * A place record is one block of up to 128 visits in order of `from`, or, when there are more,
 * blocks in five classes of length, so that one long stay does not make every search long. A
 * block is up to four bit-packed columns; times are whole minutes where all of them are. A
 * person record is a bit stream in order of `from`, with the places.
 *
 * Life:     pack.c writes an image, segment.c reads it. Nothing is ever changed in place.
 * Units:    seconds from the day's first instant; lengths in seconds.
 * Errors:   ERR_CORRUPT, with nothing written through ret.
 * Source:   docs/adr/0002-segments.md
 */
#ifndef ENGINE_TRACE_SEGMENT_H
#define ENGINE_TRACE_SEGMENT_H
#include "base/base.h"
#include "engine/trace/bits.h"
#include "engine/trace/kernel.h"
#include "engine/trace/store.h"

enum {
	SEGMENT_VERSION = 1,
	SEGMENT_PAGE_SHIFT = 14,
	SEGMENT_GROUP = 16,
	SEGMENT_REACH_MAX = 15,
	SEGMENT_CLASSES = 5,
	SEGMENT_SPAN_S = 86400,
};
#define SEGMENT_MAGIC "outpost\x1a"

enum segment_side { SEGMENT_PLACES, SEGMENT_PERSONS, SEGMENT_SIDES };

struct segment_side_head {
	uint32_t n_ids; /* one more than the greatest id */
	uint32_t id_bits;
	uint64_t groups_at, reach_at, records_at, records_bytes;
};

struct segment_head {
	char magic[8];
	uint32_t version, page_shift;
	uint64_t file_bytes;
	uint64_t digest; /* of head (with 0 here) and table */
	int64_t day_start, last;
	uint64_t n_visits;
	int32_t day;
	uint32_t day_s; /* how long the local day is */
	uint64_t n_pages, pages_at;
	struct segment_side_head side[SEGMENT_SIDES];
	uint32_t still; /* 1: somebody is still there, so it reaches to the horizon */
	uint8_t zero[256 - 164];
};
_Static_assert(sizeof(struct segment_head) == 256, "the head is 256 bytes on disk");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "segments are little-endian");

/* First word of a place record. */
enum {
	PLACE_BIG = 1, /* bit 0: blocks follow; else one block of n-1 in the next 7 bits */
	PLACE_MINUTES = 1 << 8,
	PLACE_MORE = 1 << 9,  /* a byte of flags follows */
	PLACE_FROM_AT = 10,   /* 5 bits */
	PLACE_LENGTH_AT = 15, /* 6 bits */
	PLACE_PERSON_AT = 21, /* 6 bits */
	PLACE_SEAT_AT = 27,   /* 5 bits */
	BIG_LINKED = 2,
	BIG_BLOCKS_AT = 2,
};
enum { FLAG_STILL = 1, FLAG_LINKED = 2, FLAG_MINUTES = 4 };

struct segment_block_head {
	uint32_t from_base, from_last;
	uint32_t length_max; /* UINT32_MAX: that or more, or still */
	uint32_t person_base;
	uint32_t at; /* of the columns, from the record's start */
	uint8_t n_less_1, from_width, length_width, person_width, seat_width, flags, zero[2];
};
_Static_assert(sizeof(struct segment_block_head) == 28, "a block head is 28 bytes on disk");

/* First three bytes of a person record; n 0 means: a 32-bit count follows. */
enum {
	PERSON_N_BITS = 5,
	PERSON_MINUTES = 1 << 5,
	PERSON_STILL = 1 << 6,
	PERSON_GAPS = 1 << 7,  /* from is told from the end before, not from the day's start */
	PERSON_FROM_AT = 8,    /* 5 bits */
	PERSON_LENGTH_AT = 13, /* 6 bits */
	PERSON_SEAT_AT = 19,   /* 5 bits */
	PERSON_HEAD_BYTES = 3,
};
/* The widest `from` of a day, in seconds (a repeated day has 48 hours) and in minutes. */
enum { FROM_BITS_S = 18, FROM_BITS_MIN = 12, LENGTH_BITS_MAX = 40, SEAT_BITS_MAX = 31 };

extern const uint32_t segment_class_bound[SEGMENT_CLASSES]; /* exclusive, seconds */

/*
 * The local day a visit from t is filed under: days lie end to end from each one's first instant.
 * Where clocks go back over midnight, that is not always the date they show.
 */
static inline int32_t segment_day_of(const struct zone *z, struct utc_s t)
{
	int32_t day = zone_day_of(z, t);

	while (zone_day_start(z, day + 1).v <= t.v)
		day++;
	while (zone_day_start(z, day).v > t.v)
		day--;
	return day;
}

/* ---- writing (pack.c) ------------------------------------------------------------------- */
struct segment_row {
	uint32_t person, place, seat;
	uint32_t from;  /* seconds into the day */
	int64_t length; /* seconds > 0, or TRACE_STILL */
};
struct segment_day {
	int32_t day;
	struct utc_s start;
	uint32_t day_s;
};
struct order; /* zero, or as another day left it */
/* Sorts rows, drops equal ones (counted in *ret_n_dropped), packs the rest. Spoils the rows. */
MUST_CHECK enum err segment_pack(const struct segment_day *day, struct segment_row *rows, size_t n,
				 struct order *order, struct trace_image *ret,
				 uint64_t *ret_n_dropped);

/* ---- reading (segment.c, record.c) ------------------------------------------------------ */
struct segment_place {
	const struct trace_segment *seg;
	const uint8_t *p; /* NULL: nobody was there */
	size_t bytes;
	bool big, linked;
	uint32_t n_blocks;
};

int64_t segment_start(const struct trace_segment *s);
int64_t segment_day_s(const struct trace_segment *s);
int64_t segment_last(const struct trace_segment *s);
bool segment_still(const struct trace_segment *s);
unsigned segment_id_bits(const struct trace_segment *s, enum segment_side side);
/* The bytes of an id's record, verified; NULL if it has none. */
MUST_CHECK enum err segment_record(const struct trace_segment *s, enum segment_side side,
				   uint32_t id, const uint8_t **ret_p, size_t *ret_n);
struct trace_segment *segment_hold(const struct trace_segment *s); /* one more holder */
void segment_trust(struct trace_segment *s); /* its bytes were made by this process */

/* 0: no record; else 1 + the further spans reached. */
MUST_CHECK enum err segment_reach(const struct trace_segment *s, enum segment_side side,
				  uint32_t id, unsigned *ret);
/* Raise a table of nibbles, one an id, to this segment's reach where that is more. */
MUST_CHECK enum err segment_reach_max(const struct trace_segment *s, enum segment_side side,
				      uint8_t *nibbles);
/* Ask for the memory that the next step on an id will want: its reach, group offset, group,
 * record. */
void segment_want_reach(const struct trace_segment *s, enum segment_side side, uint32_t id);
void segment_want_offset(const struct trace_segment *s, enum segment_side side, uint32_t id);
void segment_want_group(const struct trace_segment *s, enum segment_side side, uint32_t id);
void segment_want_record(const struct trace_segment *s, enum segment_side side, uint32_t id);
MUST_CHECK enum err segment_place_open(const struct trace_segment *s, uint32_t place,
				       struct segment_place *ret);
/*
 * The next block at or after *i that may overlap [from, to) (seconds of the day); *i moves past
 * it. *ret_more is false when there is none. `horizon` ends those who are still there.
 */
MUST_CHECK enum err segment_place_next(const struct segment_place *r, int32_t from, int32_t to,
				       int32_t horizon, uint32_t *i, struct kernel_block *ret,
				       bool *ret_more);
/* Times of visit `i` of a block without the limits of int32, seconds of the day. */
void segment_block_times(const struct kernel_block *b, uint32_t i, int64_t *ret_from,
			 int64_t *ret_to); /* TRACE_STILL as such */
/* The person and seat of visit `i` of a block. */
static inline uint32_t segment_block_person(const struct kernel_block *b, uint32_t i)
{
	return b->person_base +
	       (uint32_t)bits_get(b->person, (uint64_t)i * b->person_width, b->person_width);
}
static inline uint32_t segment_block_seat(const struct kernel_block *b, uint32_t i)
{
	return (uint32_t)bits_get(b->seat, (uint64_t)i * b->seat_width, b->seat_width);
}

/* Append a person's visits of the day, raw. */
typedef VEC(struct visit) visit_vec;
MUST_CHECK enum err segment_person_visits(const struct trace_segment *s, uint32_t person,
					  visit_vec *out);
uint32_t segment_n_ids(const struct trace_segment *s, enum segment_side side);

#endif
