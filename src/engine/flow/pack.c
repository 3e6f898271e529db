/* pack.c - a task as bytes: one walk over its fields, for both directions. */
#include "engine/flow/flow.h"

#include "base/ban.h"

enum { FIRST = 1, FIRST_BYTES = 286, VERSION = 2 };

struct walk {
	uint8_t *out; /* or */
	const uint8_t *in;
	size_t n;
};

static uint64_t item(struct walk *w, uint64_t v, unsigned bytes)
{
	uint64_t got = 0;

	for (unsigned i = 0; i < bytes; i++, w->n++)
		if (w->out)
			w->out[w->n] = (uint8_t)(v >> 8 * i);
		else
			got |= (uint64_t)w->in[w->n] << 8 * i;
	return w->out ? v : got;
}

static void walk_i64(struct walk *w, int64_t *v)
{
	*v = (int64_t)item(w, (uint64_t)*v, 8);
}

static void walk_u32(struct walk *w, uint32_t *v)
{
	*v = (uint32_t)item(w, *v, 4);
}

static void walk_u8(struct walk *w, uint8_t *v)
{
	*v = (uint8_t)item(w, *v, 1);
}

static void walk_task(struct walk *w, struct flow_task *t)
{
	int64_t *const wide[] = { &t->id,           &t->owner.v, &t->checker.v, &t->sender.v,
				  &t->offered_to.v, &t->doer.v,  &t->last.v,    &t->due };
	uint8_t *const word[] = { &t->last_on, &t->phase, &t->push,    &t->outcome, &t->marks,
				  &t->level,   &t->needs, &t->bounces, &t->away };
	uint32_t *const count[] = { &t->turn,          &t->n_offers,      &t->clock.accept_s,
				    &t->clock.done_s,  &t->clock.check_s, &t->clock.climb_s,
				    &t->clock.grace_s, &t->clock.warn_s,  &t->clock.repeat_s,
				    &t->line.n };

	for (size_t i = 0; i < ARRAY_LEN(wide); i++)
		walk_i64(w, wide[i]);
	for (size_t i = 0; i < ARRAY_LEN(word); i++)
		walk_u8(w, word[i]);
	for (size_t i = 0; i < ARRAY_LEN(count); i++)
		walk_u32(w, count[i]);
	for (size_t i = 0; i < FLOW_LEVELS_MAX; i++)
		walk_i64(w, &t->line.level[i].v);
	for (size_t i = 0; i < FLOW_STAGE_N; i++) {
		struct flow_stage *g = &t->stage[i];

		walk_i64(w, &g->by);
		walk_i64(w, &g->said_at);
		walk_u32(w, &g->span);
		walk_u32(w, &g->round);
		walk_u32(w, &g->repeats);
		walk_u8(w, &g->warned);
		walk_u8(w, &g->late);
		walk_u8(w, &g->climbed);
	}
}

void flow_pack(const struct flow_task *t, uint8_t ret[FLOW_PACKED_BYTES])
{
	struct flow_task copy = *t;
	struct walk w = { .out = ret };

	(void)item(&w, VERSION, 1);
	walk_task(&w, &copy);
	walk_i64(&w, &copy.doer_party.v);
	assert(w.n == FLOW_PACKED_BYTES);
}

enum err flow_unpack(const uint8_t *p, size_t n, struct flow_task *ret)
{
	struct flow_task t = { 0 };
	struct walk w = { .in = p };

	if (n < 1 || (p[0] != VERSION && p[0] != FIRST))
		return ERR_VERSION;
	if (n != (p[0] == FIRST ? (size_t)FIRST_BYTES : (size_t)FLOW_PACKED_BYTES))
		return ERR_CORRUPT;
	(void)item(&w, 0, 1);
	walk_task(&w, &t);
	if (p[0] == VERSION)
		walk_i64(&w, &t.doer_party.v);
	else if (t.doer.v)
		t.doer_party = t.owner;
	if (flow_wrong(&t))
		return ERR_CORRUPT;
	for (uint32_t i = t.line.n; i < FLOW_LEVELS_MAX; i++)
		if (t.line.level[i].v) /* one task, one row of bytes */
			return ERR_CORRUPT;
	*ret = t;
	return OK;
}
