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
	s->reach = mem_take(s->n_ids / 2 + 1, 1);
	return s->reach ? OK : ERR_MEMORY;
}

void side_release(struct side *s)
{
	vec_drop(&s->records);
	vec_drop(&s->groups);
	vec_drop(&s->open);
	mem_drop(s->reach);
}

static enum err side_close_group(struct side *s)
{
	uint32_t most = 0;

	if (s->records.n > UINT32_MAX)
		return ERR_FULL;
	if (vec_push(&s->groups, (uint32_t)s->records.n))
		return ERR_MEMORY;
	s->next_group++;
	if (!s->open.n)
		return OK;
	for (int i = 0; i < SEGMENT_GROUP; i++)
		most = s->size[i] > most ? s->size[i] : most;
	uint8_t w = most < 256 ? 1 : most < 65536 ? 2 : 4;
	if (vec_reserve(&s->records, s->records.n + 1 + SEGMENT_GROUP * w + s->open.n))
		return ERR_MEMORY;
	uint8_t *p = s->records.v + s->records.n;
	*p++ = w;
	for (int i = 0; i < SEGMENT_GROUP; i++, p += w)
		memcpy(p, &s->size[i], w);
	memcpy(p, s->open.v, s->open.n);
	s->records.n += 1 + SEGMENT_GROUP * (size_t)w + s->open.n;
	s->open.n = 0;
	memset(s->size, 0, sizeof s->size);
	return OK;
}

uint8_t *side_begin(struct side *s, uint32_t id, size_t bytes)
{
	while (s->next_group < id / SEGMENT_GROUP)
		if (side_close_group(s))
			return NULL;
	if (vec_reserve(&s->open, s->open.n + bytes + BITS_SLACK))
		return NULL;
	return s->open.v + s->open.n;
}

enum err side_commit(struct side *s, uint32_t id, size_t bytes, int64_t reaches_s)
{
	unsigned reach = 1;

	if (bytes > UINT32_MAX || s->open.n + bytes > UINT32_MAX)
		return ERR_FULL;
	if (reaches_s >= SEGMENT_SPAN_S)
		reach = (unsigned)min_i64(1 + reaches_s / SEGMENT_SPAN_S, SEGMENT_REACH_MAX);
	s->reach[id / 2] |= (uint8_t)(reach << (id % 2 * 4));
	s->size[id % SEGMENT_GROUP] = (uint32_t)bytes;
	s->open.n += bytes;
	return OK;
}

enum err side_finish(struct side *s)
{
	while (s->next_group <= (s->n_ids - 1) / SEGMENT_GROUP)
		if (side_close_group(s))
			return ERR_MEMORY;
	return s->records.n > UINT32_MAX ? ERR_FULL : vec_push(&s->groups, (uint32_t)s->records.n);
}
