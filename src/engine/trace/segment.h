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
 * A side maps an id to its record. Ids go in groups of 16, and a group's entry in the directory is
 * half a cache line: where its records start, the 16 sizes in units of a power of two, and a
 * nibble an id, which tells whether it has a record (0: no) and over how many further spans of
 * 86,400 s its visits reach (1: none ... 15: fourteen or more).
 *
 * A place record is one block of up to 128 visits in order of `from`, or, when there are more,
 * blocks in five classes of length, so that one long stay does not make every search long. A
 * block is up to four bit-packed columns; times are whole minutes where all of them are. Where few
 * people come often, the record lists them and the column numbers them. A person record is a bit
 * stream in order of `from`, with the places.
 *
 * Life:     pack.c writes an image, segment.c reads it. Nothing is ever changed in place.
 * Units:    seconds from the day's first instant; lengths in seconds.
 * Errors:   ERR_CORRUPT, with nothing written through ret.
 * Source:   docs/adr/0002-segments.md, docs/adr/0013-segment-directory.md
 */
#ifndef ENGINE_TRACE_SEGMENT_H
#define ENGINE_TRACE_SEGMENT_H
#include "base/base.h"
#include "engine/trace/bits.h"
#include "engine/trace/kernel.h"
#include "engine/trace/layout.h"
#include "engine/trace/store.h"

enum {
	SEGMENT_VERSION = 2,
	SEGMENT_PAGE_SHIFT = 14,
	SEGMENT_GROUP = 16,
	SEGMENT_SHIFT_BITS = 8,
	SEGMENT_SHIFT_MAX = 32,
	SEGMENT_REACH_MAX = 15,
	SEGMENT_SPAN_S = 86400,
};
#define SEGMENT_MAGIC "outpost\x1a"

enum segment_side { SEGMENT_PLACES, SEGMENT_PERSONS, SEGMENT_SIDES };

struct segment_side_head {
	uint32_t n_ids; /* one more than the greatest id */
	uint32_t id_bits;
	uint64_t groups_at, records_at, records_bytes;
};

struct segment_group {
	uint64_t at; /* of the first record << SEGMENT_SHIFT_BITS | log2 of the unit of sizes */
	uint8_t reach[SEGMENT_GROUP / 2];
	uint8_t size[SEGMENT_GROUP];
};
_Static_assert(sizeof(struct segment_group) == 32, "a group is half a cache line on disk");

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
	uint8_t zero[256 - 148];
};
_Static_assert(sizeof(struct segment_head) == 256, "the head is 256 bytes on disk");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "segments are little-endian");

/* Bits of a `from` in units into a day of that length. */
static inline unsigned segment_from_bits(uint32_t day_s, unsigned unit)
{
	return bits_width((day_s - 1) / unit);
}

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

/* The directory entries of groups [i, i + n), verified; NULL past the last. */
MUST_CHECK enum err segment_groups(const struct trace_segment *s, enum segment_side side,
				   uint32_t i, uint32_t n, const struct segment_group **ret);
/* Ask for the memory that segment_record(), or then the record's reader, will want. */
void segment_want_group(const struct trace_segment *s, enum segment_side side, uint32_t id);
void segment_want_record(const struct trace_segment *s, enum segment_side side, uint32_t id);
void segment_want_bytes(const uint8_t *p, size_t n);
/* Where a place's record lies; then its head; or both at once. */
MUST_CHECK enum err segment_place_find(const struct trace_segment *s, uint32_t place,
				       struct segment_place *ret);
MUST_CHECK enum err segment_place_read(struct segment_place *r);
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
/* The seat of visit `i` of a block. */
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
