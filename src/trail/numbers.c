#include "trail/numbers.h"

#include <string.h>

#include "engine/trace/trace.h"

#include "base/ban.h"

enum { SLOTS_LEAST = 1024 };

void numbers_drop(struct numbers *m)
{
	mem_drop(m->slot);
	vec_drop(&m->id);
	memset(m, 0, sizeof *m);
}

/* Ids are drawn, or rise: a multiplication spreads either well enough. */
static size_t home(const struct numbers *m, int64_t id)
{
	uint64_t h = (uint64_t)id * 0x9e3779b97f4a7c15ull;

	return (size_t)(h ^ h >> 32) & (m->n_slots - 1);
}

static struct numbers_slot *slot_of(const struct numbers *m, int64_t id)
{
	size_t i = home(m, id);

	while (m->slot[i].id && m->slot[i].id != id)
		i = (i + 1) & (m->n_slots - 1);
	return &m->slot[i];
}

void numbers_want(const struct numbers *m, int64_t id)
{
	if (m->n_slots)
		__builtin_prefetch(&m->slot[home(m, id)]);
}

static enum err grow(struct numbers *m)
{
	struct numbers bigger = { .n_slots = m->n_slots ? 2 * m->n_slots : SLOTS_LEAST };

	if (2 * (m->n + 1) <= m->n_slots)
		return OK;
	bigger.slot = mem_take(bigger.n_slots, sizeof *bigger.slot);
	if (!bigger.slot)
		return ERR_MEMORY;
	for (size_t i = 0; i < m->n_slots; i++)
		if (m->slot[i].id)
			*slot_of(&bigger, m->slot[i].id) = m->slot[i];
	mem_drop(m->slot);
	m->slot = bigger.slot;
	m->n_slots = bigger.n_slots;
	return OK;
}

static enum err reach(struct numbers *m, uint32_t number)
{
	size_t want = (size_t)number + 1;
	enum err e;

	if (want <= m->id.n)
		return OK;
	if (number >= TRACE_IDS_MAX)
		return ERR_FULL;
	if (want > m->id.cap && (e = vec_reserve(&m->id, max_size(want, 2 * m->id.cap))))
		return e;
	memset(m->id.v + m->id.n, 0, (want - m->id.n) * sizeof *m->id.v);
	m->id.n = want;
	return OK;
}

enum err numbers_put(struct numbers *m, int64_t id, uint32_t number)
{
	struct numbers_slot *s;
	enum err e;

	if (id <= 0)
		return ERR_CORRUPT;
	if ((e = grow(m)) || (e = reach(m, number)))
		return e == ERR_FULL ? ERR_CORRUPT : e;
	s = slot_of(m, id);
	if (s->id && s->number == number)
		return OK;
	if (s->id || m->id.v[number])
		return ERR_CORRUPT;
	*s = (struct numbers_slot){ id, number };
	m->id.v[number] = id;
	m->n++;
	return OK;
}

enum err numbers_of(struct numbers *m, int64_t id, uint32_t *ret)
{
	uint32_t number = numbers_find(m, id);
	enum err e;

	if (number == NUMBERS_NONE) {
		number = (uint32_t)min_size(m->id.n, TRACE_IDS_MAX);
		if ((e = grow(m)) || (e = reach(m, number)))
			return e;
		*slot_of(m, id) = (struct numbers_slot){ id, number };
		m->id.v[number] = id;
		m->n++;
	}
	*ret = number;
	return OK;
}

uint32_t numbers_find(const struct numbers *m, int64_t id)
{
	const struct numbers_slot *s = m->n_slots ? slot_of(m, id) : NULL;

	return s && s->id ? s->number : NUMBERS_NONE;
}

int64_t numbers_at(const struct numbers *m, uint32_t number)
{
	return number < m->id.n ? m->id.v[number] : 0;
}
