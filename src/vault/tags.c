#include "vault/tags.h"

#include "vault/wire.h"

#include "base/ban.h"

enum { FIRST_SLOTS = 1024 };
#define WAS_TAKEN UINT32_MAX

void tags_read(struct str tokens, struct tags_list *ret)
{
	struct wire_in in = { (const uint8_t *)tokens.p, tokens.n, false };

	ret->n = 0;
	while (in.n >= 8 && ret->n < ALIKE_KEYS_MAX)
		ret->v[ret->n++] = wire_i64(&in);
}

void tags_end(struct tags *t)
{
	mem_drop(t->v);
	vec_drop(&t->subjects);
	*t = (struct tags){ 0 };
}

static uint32_t print_of(int64_t tag)
{
	return (uint32_t)((uint64_t)tag >> 31);
}

static size_t place_of(const struct tags *t, int64_t tag)
{
	return print_of(tag) & (t->cap - 1);
}

static size_t next(const struct tags *t, size_t i)
{
	return (i + 1) & (t->cap - 1);
}

/* More room, and the marks of what was taken gone. */
static enum err rebuild(struct tags *t, size_t cap)
{
	struct tags_slot *v = mem_take(cap, sizeof *v);
	size_t n = 0;

	if (!v)
		return ERR_MEMORY;
	for (size_t i = 0; i < t->cap; i++) {
		size_t k;

		if (!t->v[i].who || t->v[i].who == WAS_TAKEN)
			continue;
		k = t->v[i].print & (cap - 1);
		while (v[k].who)
			k = (k + 1) & (cap - 1);
		v[k] = t->v[i];
		n++;
	}
	mem_drop(t->v);
	t->v = v;
	t->n = n;
	t->cap = cap;
	return OK;
}

static enum err make_room(struct tags *t, size_t more)
{
	size_t cap = t->cap ? t->cap : FIRST_SLOTS;

	if (t->cap && t->n + more <= t->cap / 3 * 2)
		return OK;
	while (cap / 3 * 2 < t->n + more)
		cap *= 2;
	return rebuild(t, cap);
}

static void put(struct tags *t, int64_t tag, uint32_t who)
{
	size_t i = place_of(t, tag), same = 0;

	for (; t->v[i].who; i = next(t, i))
		if (t->v[i].who != WAS_TAKEN && t->v[i].print == print_of(tag) &&
		    ++same == TAGS_SAME_MAX)
			return;
	t->v[i] = (struct tags_slot){ print_of(tag), who };
	t->n++;
}

enum err tags_add(struct tags *t, int64_t subject, const int64_t *tag, size_t n)
{
	enum err e = make_room(t, n);

	if (e)
		return e;
	if (t->subjects.n >= WAS_TAKEN - 2)
		return ERR_FULL;
	if ((e = vec_push(&t->subjects, subject)))
		return e;
	for (size_t i = 0; i < n; i++)
		put(t, tag[i], (uint32_t)t->subjects.n);
	return OK;
}

void tags_drop(struct tags *t, int64_t subject, const int64_t *tag, size_t n)
{
	uint32_t who = 0;

	for (size_t k = 0; t->cap && k < n; k++)
		for (size_t i = place_of(t, tag[k]); t->v[i].who; i = next(t, i))
			if (t->v[i].who != WAS_TAKEN && t->subjects.v[t->v[i].who - 1] == subject) {
				who = t->v[i].who;
				t->v[i].who = WAS_TAKEN;
				break;
			}
	if (who)
		t->subjects.v[who - 1] = 0;
}

size_t tags_find(const struct tags *t, int64_t tag, int64_t ret[TAGS_SAME_MAX])
{
	size_t n = 0;

	if (!t->cap)
		return 0;
	for (size_t i = place_of(t, tag); t->v[i].who && n < TAGS_SAME_MAX; i = next(t, i))
		if (t->v[i].who != WAS_TAKEN && t->v[i].print == print_of(tag))
			ret[n++] = t->subjects.v[t->v[i].who - 1];
	return n;
}
