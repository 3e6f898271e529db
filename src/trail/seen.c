#include "trail/seen.h"

#include <string.h>

#include "base/ban.h"

enum { SLOTS_LEAST = 64 };

void seen_drop(struct seen *s)
{
	mem_drop(s->slot);
	memset(s, 0, sizeof *s);
}

static size_t slot_of(const uint64_t *slot, size_t n_slots, uint64_t digest)
{
	size_t i = (size_t)digest & (n_slots - 1);

	while (slot[i] && slot[i] != digest)
		i = (i + 1) & (n_slots - 1);
	return i;
}

void seen_want(const struct seen *s, uint64_t digest)
{
	if (s->n_slots)
		__builtin_prefetch(&s->slot[(size_t)digest & (s->n_slots - 1)], 1);
}

bool seen_has(const struct seen *s, uint64_t digest)
{
	if (!digest)
		return s->zero;
	return s->n_slots && s->slot[slot_of(s->slot, s->n_slots, digest)];
}

enum err seen_room(struct seen *s, size_t more)
{
	size_t n_slots = s->n_slots ? s->n_slots : SLOTS_LEAST;
	uint64_t *slot;

	while (n_slots < 2 * (s->n + more))
		n_slots *= 2;
	if (n_slots == s->n_slots)
		return OK;
	slot = mem_take(n_slots, sizeof *slot);
	if (!slot)
		return ERR_MEMORY;
	for (size_t i = 0; i < s->n_slots; i++)
		if (s->slot[i])
			slot[slot_of(slot, n_slots, s->slot[i])] = s->slot[i];
	mem_drop(s->slot);
	s->slot = slot;
	s->n_slots = n_slots;
	return OK;
}

enum err seen_add(struct seen *s, uint64_t digest, bool *ret_new)
{
	enum err e;
	size_t i;

	if (!digest) {
		*ret_new = !s->zero;
		s->zero = true;
		return OK;
	}
	if ((e = seen_room(s, 1)))
		return e;
	i = slot_of(s->slot, s->n_slots, digest);
	*ret_new = !s->slot[i];
	s->n += *ret_new;
	s->slot[i] = digest;
	return OK;
}
