/*
 * side.h - one side of a segment being written: records by rising id, in groups of sixteen.
 *
 * Life:     zero -> side_init -> (side_begin, write, side_commit) an id -> side_finish -> release.
 * Errors:   ERR_MEMORY; ERR_FULL for a record of more than 4 GiB.
 */
#ifndef ENGINE_TRACE_SIDE_H
#define ENGINE_TRACE_SIDE_H
#include "base/memory.h"
#include "engine/trace/segment.h"

struct side {
	VEC(uint8_t) records; /* finished groups */
	struct segment_group *groups;
	VEC(uint8_t) open; /* the records of the group being filled, unpadded */
	uint32_t size[SEGMENT_GROUP];
	uint32_t n_ids, n_groups, i_group;
	unsigned id_bits;
};

MUST_CHECK enum err side_init(struct side *s, uint32_t greatest);
void side_release(struct side *s);
/* Room for a record of `id` of at most `bytes`; NULL if there is no memory. */
MUST_CHECK uint8_t *side_begin(struct side *s, uint32_t id, size_t bytes);
/* It took `bytes`, and its visits last to `reaches_s` seconds of the day. */
MUST_CHECK enum err side_commit(struct side *s, uint32_t id, size_t bytes, int64_t reaches_s);
MUST_CHECK enum err side_finish(struct side *s);
#endif
