/*
 * table.h - the inside of a table of names, shared by names.c and names_file.c alone.
 */
#ifndef NAMES_TABLE_H
#define NAMES_TABLE_H
#include "base/base.h"
#include "base/file.h"
#include "base/memory.h"
#include "names/names.h"

enum {
	NAMES_CHUNK_BYTES = 1 << 22,
	NAMES_CHUNK_UNITS = NAMES_CHUNK_BYTES / 8,
	NAMES_BATCH_FEW = 64 /* look-ups under way at once */
};

struct names_record {
	uint32_t id, n;
	char text[];
};
struct names_slot {
	uint32_t tag, ref1;
}; /* ref1 0: empty */

/* What lies in a file: `n_slots` is 0 or a power of two. */
struct names_fixed {
	uint32_t n;
	uint64_t n_slots, text_bytes;
	const struct names_slot *slots;
	const uint32_t *refs;
	const uint8_t *text;
};

struct names {
	struct file_map map;
	struct names_fixed fixed; /* numbers 0 .. fixed.n - 1 */
	struct names_slot *slots; /* NULL before the first name */
	uint32_t slot_mask;
	VEC(uint32_t) refs; /* number - fixed.n -> record */
	VEC(uint8_t *) chunks;
	size_t used_units; /* of 8 bytes, in all chunks, with the tails left empty */
};
#endif
