/*
 * clock.c - deadlines: a warning, late, a level at a time up the line, and again at the top.
 *
 * How far a stage has been told is a count, so no step is taken twice, whatever the clock does,
 * and all that a down time left out is taken by the next call. Only repeats are joined: who slept
 * through a hundred of them is told once.
 */
#include "engine/flow/inside.h"

#include "base/ban.h"

/* In a key a step has a number: warning, late, the levels, then the repeats. */
enum { STEP_WARN, STEP_LATE, STEP_CLIMB, STEP_REPEAT = STEP_CLIMB + FLOW_LEVELS_MAX };
/* stage + 1 : 3, round or turn : 28, step * 2 + which of two : 25, word : 8 bits */
enum { KEY_STEP_SHIFT = 8, KEY_ROUND_SHIFT = 33, KEY_STAGE_SHIFT = 61 };

static uint64_t key_of(unsigned stage, uint32_t round, uint32_t step, unsigned say)
{
	assert(round < FLOW_TURNS_MAX && step < 1u << 25 && say < 1u << KEY_STEP_SHIFT);
	return (uint64_t)stage << KEY_STAGE_SHIFT | (uint64_t)round << KEY_ROUND_SHIFT |
	       (uint64_t)step << KEY_STEP_SHIFT | say;
}

uint32_t flow_key_round(uint64_t key)
{
	return (uint32_t)(key >> KEY_ROUND_SHIFT) & (FLOW_TURNS_MAX - 1);
}

struct flow_effect *flow_put(struct flow_effects *fx, enum flow_is is, unsigned say)
{
	struct flow_effect *e = &fx->v[fx->n++];

	assert(fx->n <= FLOW_EFFECTS_MAX);
	*e = (struct flow_effect){ .is = (uint8_t)is, .say = (uint8_t)say };
	return e;
}

void flow_record(struct flow_effects *fx, unsigned say)
{
	(void)flow_put(fx, FLOW_RECORD, say);
}

void flow_tell(const struct flow_task *t, struct flow_effects *fx, struct flow_party who,
	       unsigned say)
{
	uint32_t n = 0;

	for (uint32_t i = fx->n; i > 0 && fx->v[i - 1].is != FLOW_RECORD; i--)
		if (fx->v[i - 1].is == FLOW_NOTIFY) {
			if (fx->v[i - 1].who.v == who.v)
				return;
			n++;
		}
	if (!who.v)
		return;
	struct flow_effect *e = flow_put(fx, FLOW_NOTIFY, say);
	e->who = who;
	e->key = key_of(0, t->turn, n, say);
}

/* ---- deadlines ------------------------------------------------------------------------------ */

static void tell_deadline(const struct flow_task *t, enum flow_stage_id s, struct flow_effects *fx)
{
	struct flow_effect *e = flow_put(fx, FLOW_DEADLINE, 0);

	e->stage = (uint8_t)s;
	e->at = t->stage[s].by;
}

void flow_stage_anew(struct flow_task *t, enum flow_stage_id s)
{
	struct flow_stage *g = &t->stage[s];

	g->round++;
	g->repeats = 0;
	g->said_at = 0;
	g->warned = g->late = g->climbed = 0;
}

void flow_stage_move(struct flow_task *t, enum flow_stage_id s, int64_t now, int64_t by,
		     struct flow_effects *fx)
{
	struct flow_stage *g = &t->stage[s];

	g->by = by;
	g->span = (uint32_t)max_i64(0, min_i64(by - now, FLOW_SPAN_MAX_S));
	tell_deadline(t, s, fx);
}

void flow_stage_begin(struct flow_task *t, enum flow_stage_id s, int64_t now, uint32_t span_s,
		      int64_t cap, struct flow_effects *fx)
{
	flow_stage_anew(t, s);
	flow_stage_move(t, s, now, cap > now ? min_i64(now + span_s, cap) : now + span_s, fx);
}

bool flow_running(const struct flow_task *t, enum flow_stage_id s)
{
	bool waits = t->phase == FLOW_OPEN || t->phase == FLOW_RETURNED;

	switch (s) {
	case FLOW_TO_ACCEPT: return waits;
	case FLOW_TO_DO: return waits || t->phase == FLOW_ACCEPTED || t->phase == FLOW_STARTED;
	case FLOW_TO_CHECK: return t->phase == FLOW_PROVED;
	case FLOW_TO_ANSWER: return t->push == FLOW_WAITING;
	case FLOW_STAGE_N: break;
	}
	return false;
}

struct flow_party flow_waits_for(const struct flow_task *t, enum flow_stage_id s)
{
	return s == FLOW_TO_CHECK ? t->checker : s == FLOW_TO_ANSWER ? t->offered_to : t->owner;
}

/* ---- steps of the clock --------------------------------------------------------------------- */

struct next {
	int64_t due; /* FLOW_NEVER: there is none */
	int64_t gap; /* it lies at most that long after the step before */
	unsigned step;
};

static bool warns(const struct flow_task *t, const struct flow_stage *g)
{
	return t->clock.warn_s > 0 && t->clock.warn_s < g->span;
}

/* When the highest level was due, or the deadline if there is no level. */
static int64_t top_due(const struct flow_task *t, const struct flow_stage *g)
{
	return t->line.n ? g->by + t->clock.grace_s + (int64_t)(t->line.n - 1) * t->clock.climb_s
			 : g->by;
}

static struct next next_of(const struct flow_task *t, enum flow_stage_id s)
{
	const struct flow_stage *g = &t->stage[s];
	const struct flow_clock *c = &t->clock;

	if (!g->late && !g->warned && warns(t, g))
		return (struct next){ g->by - c->warn_s, g->span - c->warn_s, STEP_WARN };
	if (!g->late)
		return (struct next){ g->by, warns(t, g) ? c->warn_s : g->span, STEP_LATE };
	if (g->climbed < t->line.n)
		return (struct next){ g->by + c->grace_s + (int64_t)g->climbed * c->climb_s,
				      g->climbed ? c->climb_s : c->grace_s,
				      STEP_CLIMB + g->climbed };
	if (!c->repeat_s || g->repeats >= FLOW_REPEATS_MAX)
		return (struct next){ FLOW_NEVER, 0, 0 };
	return (struct next){ (g->repeats ? g->said_at : top_due(t, g)) + c->repeat_s, c->repeat_s,
			      STEP_REPEAT };
}

int64_t flow_due(const struct flow_task *t)
{
	int64_t due = FLOW_NEVER;

	for (int s = 0; s < FLOW_STAGE_N; s++)
		if (flow_running(t, (enum flow_stage_id)s))
			due = min_i64(due, next_of(t, (enum flow_stage_id)s).due);
	return due;
}

static void tell_step(const struct flow_task *t, enum flow_stage_id s, uint32_t step, unsigned say,
		      struct flow_effects *fx)
{
	struct flow_party who[2] = { flow_waits_for(t, s),
				     s == FLOW_TO_ANSWER ? t->owner : t->sender };

	flow_record(fx, say);
	if (say == FLOW_SAY_REPEAT && t->line.n)
		who[1] = t->line.level[t->line.n - 1];
	for (uint32_t i = 0; i < (say == FLOW_SAY_WARN || who[0].v == who[1].v ? 1u : 2u); i++) {
		struct flow_effect *e = flow_put(fx, FLOW_NOTIFY, say);

		e->stage = (uint8_t)s;
		e->who = who[i];
		e->key = key_of((unsigned)s + 1, t->stage[s].round, step * 2 + i, say);
	}
}

static void climb(struct flow_task *t, enum flow_stage_id s, struct flow_effects *fx)
{
	struct flow_stage *g = &t->stage[s];
	struct flow_effect *e;

	flow_record(fx, FLOW_SAY_CLIMB);
	e = flow_put(fx, FLOW_ESCALATE, FLOW_SAY_CLIMB);
	e->stage = (uint8_t)s;
	e->who = t->line.level[g->climbed];
	e->key = key_of((unsigned)s + 1, g->round, (STEP_CLIMB + g->climbed) * 2u, FLOW_SAY_CLIMB);
	e->level = ++g->climbed;
}

static void take_step(struct flow_task *t, enum flow_stage_id s, const struct next *next,
		      int64_t now, struct flow_effects *fx)
{
	struct flow_stage *g = &t->stage[s];

	if (next->step == STEP_WARN) {
		g->warned = 1;
		if (now < g->by) /* else it is late already, and that is said */
			tell_step(t, s, STEP_WARN, FLOW_SAY_WARN, fx);
	} else if (next->step == STEP_LATE) {
		g->late = 1;
		tell_step(t, s, STEP_LATE, FLOW_SAY_LATE, fx);
	} else if (next->step < STEP_REPEAT) {
		climb(t, s, fx);
	} else {
		g->said_at = now - (now - next->due) % t->clock.repeat_s;
		tell_step(t, s, STEP_REPEAT + g->repeats++, FLOW_SAY_REPEAT, fx);
	}
}

void flow_catch_up(struct flow_task *t, int64_t now, struct flow_effects *fx)
{
	for (int i = 0; i < FLOW_STAGE_N; i++) {
		enum flow_stage_id s = (enum flow_stage_id)i;
		struct next next;

		if (!flow_running(t, s))
			continue;
		next = next_of(t, s);
		if (next.due != FLOW_NEVER && next.due - now > next.gap + FLOW_SLACK_S) {
			flow_record(fx, FLOW_SAY_SET_BACK);
			t->stage[s].by -= next.due - now - next.gap;
			if (t->stage[s].repeats)
				t->stage[s].said_at -= next.due - now - next.gap;
			tell_deadline(t, s, fx);
			next = next_of(t, s);
		}
		for (; next.due <= now; next = next_of(t, s))
			take_step(t, s, &next, now, fx);
	}
}
