#include "vault/refs.h"

#include "base/memory.h"

#include "base/ban.h"

void refs_end(struct refs *r)
{
	mem_drop(r->v);
	*r = (struct refs){ 0 };
}

/* Ids are keyed tags, so their low bits are as good as any hash of them. */
static struct refs_slot *slot_of(const struct refs *r, int64_t id)
{
	size_t i = (size_t)id & (r->cap - 1);

	while (r->v[i].id && r->v[i].id != id)
		i = (i + 1) & (r->cap - 1);
	return &r->v[i];
}

static enum err rebuild(struct refs *r, size_t want)
{
	struct refs next = { .cap = 64 };

	while (next.cap / 3 * 2 < want)
		next.cap *= 2;
	if (!(next.v = mem_take(next.cap, sizeof *next.v)))
		return ERR_MEMORY;
	for (size_t i = 0; i < r->cap; i++)
		if (r->v[i].id && r->v[i].count) {
			*slot_of(&next, r->v[i].id) = r->v[i];
			next.n++;
		}
	mem_drop(r->v);
	*r = next;
	return OK;
}

enum err refs_reserve(struct refs *r, size_t more)
{
	return r->n + more <= r->cap / 3 * 2 ? OK : rebuild(r, r->n + more);
}

void refs_want(const struct refs *r, int64_t id)
{
	if (r->cap)
		__builtin_prefetch(&r->v[(size_t)id & (r->cap - 1)], 1);
}

int64_t refs_count(const struct refs *r, int64_t id)
{
	return r->cap ? slot_of(r, id)->count : 0;
}

int64_t refs_add(struct refs *r, int64_t id, int64_t by)
{
	struct refs_slot *s = slot_of(r, id);

	assert(id && r->n < r->cap);
	if (!s->id) {
		s->id = id;
		r->n++;
	}
	return s->count += by;
}

enum err refs_tidy(struct refs *r)
{
	return r->cap ? rebuild(r, r->n) : OK;
}
