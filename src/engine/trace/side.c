/* side.c - one side of a segment being written. See side.h. */
#include <string.h>

#include "engine/trace/bits.h"
#include "engine/trace/side.h"
#include "base/ban.h"

enum err side_init(struct side *s, uint32_t greatest)
{
	assert(greatest < TRACE_IDS_MAX);
	s->n_ids = greatest + 1;
	s->id_bits = bits_width(greatest);
	s->n_groups = greatest / SEGMENT_GROUP + 1;
	s->groups = mem_take(s->n_groups, sizeof *s->groups);
	return s->groups ? OK : ERR_MEMORY;
}

void side_release(struct side *s)
{
	vec_drop(&s->records);
	vec_drop(&s->open);
	mem_drop(s->groups);
}

/* Move the open group's records to their place, each padded to a whole number of units. */
static enum err side_close_group(struct side *s)
{
	struct segment_group *g = &s->groups[s->i_group];
	uint32_t most = 0, shift = 0;
	const uint8_t *from = s->open.v;

	for (int i = 0; i < SEGMENT_GROUP; i++)
		most = s->size[i] > most ? s->size[i] : most;
	while ((((uint64_t)most - 1) >> shift) + 1 > UINT8_MAX)
		shift++;
	size_t pad = ((size_t)1 << shift) - 1;
	g->at = (uint64_t)s->records.n << SEGMENT_SHIFT_BITS | shift;
	if (vec_reserve(&s->records, s->records.n + s->open.n + SEGMENT_GROUP * pad))
		return ERR_MEMORY;
	for (int i = 0; i < SEGMENT_GROUP; i++) {
		size_t n = s->size[i], whole = (n + pad) & ~pad;
		if (!n)
			continue;
		memcpy(s->records.v + s->records.n, from, n);
		memset(s->records.v + s->records.n + n, 0, whole - n);
		g->size[i] = (uint8_t)(whole >> shift);
		s->records.n += whole;
		from += n;
	}
	s->open.n = 0;
	memset(s->size, 0, sizeof s->size);
	return OK;
}

uint8_t *side_begin(struct side *s, uint32_t id, size_t bytes)
{
	if (s->open.n && s->i_group != id / SEGMENT_GROUP && side_close_group(s))
		return NULL;
	s->i_group = id / SEGMENT_GROUP;
	if (vec_reserve(&s->open, s->open.n + bytes + BITS_SLACK))
		return NULL;
	return s->open.v + s->open.n;
}

enum err side_commit(struct side *s, uint32_t id, size_t bytes, int64_t reaches_s)
{
	unsigned reach = 1;

	if (bytes > UINT32_MAX)
		return ERR_FULL;
	if (reaches_s >= SEGMENT_SPAN_S)
		reach = (unsigned)min_i64(1 + reaches_s / SEGMENT_SPAN_S, SEGMENT_REACH_MAX);
	s->groups[id / SEGMENT_GROUP].reach[id % SEGMENT_GROUP / 2] |=
		(uint8_t)(reach << (id % 2 * 4));
	s->size[id % SEGMENT_GROUP] = (uint32_t)bytes;
	s->open.n += bytes;
	return OK;
}

enum err side_finish(struct side *s)
{
	return s->open.n ? side_close_group(s) : OK;
}
