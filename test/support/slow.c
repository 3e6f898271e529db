/*
 * slow.c - the contract of trace_contacts(), said once more in the plainest code there is.
 *
 * The decisions it follows, each where it is used:
 *  STAY       visits of one person in one place with equal seat that overlap or touch.
 *  HORIZON    the greatest time written in any visit of the view; TRACE_STILL reads as it.
 *             A TRACE_STILL visit from the horizon on is empty and meets nobody.
 *  DANGER     the case's stays, clipped to its window, then lengthened by the lag (at their end;
 *             for source tracing, where the case was the one exposed, at their beginning),
 *             then joined again per place and seat where they overlap or touch.
 *  ENCOUNTER  danger x a stay of somebody else in that place, any seat, at least one second.
 *  RULE       the first of the place kind's rules that fits decides; min_s (of the rule, or of
 *             all rules where the rule's is negative) is asked afterwards, and an encounter
 *             below it does not try the next rule.
 *  STAY_S     what either person's stays in that place, of any seat, raw (neither clipped to the
 *             window nor lengthened), sum up to within [to - stay_within_s, to).
 *  ADDED UP   with cumulative_s, an overlap counts if some span of that length that shares at
 *             least a second with it holds min_s of its pair's overlaps. All overlaps of the pair
 *             that have a rule add up; min_s is that of the overlap's own rule.
 *  CLASS      of the rule; from generation 2 on close becomes secondary. A contact has the class
 *             and the rule of its best encounter: the class first, then the lowest rule.
 *  NAMED      either order. Dated: counts if it shares a second with the via's window, clipped
 *             to it, no lag, no minimum. Undated: counts always, from and to TRACE_NEVER, opens
 *             the next generation where the via's own window starts.
 *  AGAIN      nobody is in two generations of a case, nor the case itself in any.
 *  NEXT       close and secondary contacts open the next generation, from their first exposure
 *             to the end of the case's window.
 *  ORDER      contacts by generation, person (the engine: by generation alone without proof);
 *             encounters by via, place, from, to, rule.
 */
#include "slow.h"

#include <stdlib.h>
#include <string.h>

struct stay {
	struct person_id person;
	struct place_id place;
	uint32_t seat;
	int64_t from, to;
};
struct stays {
	struct stay *v;
	size_t n, cap;
};

struct via { /* a person whose contacts are looked for, and the window it is dangerous in */
	struct person_id person;
	int64_t from, to;
};
struct vias {
	struct via *v;
	size_t n, cap;
};

struct met { /* an overlap that some rule fits; min_s is that rule's */
	struct trace_encounter e;
	int64_t min_s;
};
struct mets {
	struct met *v;
	size_t n, cap;
};

struct job {
	const struct trace_ask *ask;
	const struct stays *stays; /* everybody's, by person, place, seat, from */
	int64_t horizon, w1;
	const struct warrant *warrant;
};

static void must(enum err e)
{
	assert(e == OK);
}

static int order_i64(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int64_t until(struct utc_s to, int64_t horizon)
{
	return to.v == TRACE_STILL ? horizon : to.v;
}

/* ---- stays -------------------------------------------------------------------------------- */

static int stay_cmp(const void *pa, const void *pb)
{
	const struct stay *a = pa, *b = pb;
	int c;

	if ((c = order_i64(a->person.v, b->person.v)))
		return c;
	if ((c = order_i64(a->place.v, b->place.v)))
		return c;
	if ((c = order_i64(a->seat, b->seat)))
		return c;
	if ((c = order_i64(a->from, b->from)))
		return c;
	return order_i64(a->to, b->to);
}

/* Append a stay that starts no earlier than those before it: it may continue the last one. */
static void stays_join(struct stays *s, struct stay next)
{
	struct stay *last = s->n > 0 ? &s->v[s->n - 1] : NULL;

	if (last && last->person.v == next.person.v && last->place.v == next.place.v &&
	    last->seat == next.seat && next.from <= last->to)
		last->to = max_i64(last->to, next.to);
	else
		must(vec_push(s, next));
}

static void stays_of_all(const struct slow_visits *all, int64_t horizon, struct stays *ret)
{
	struct stays raw = { 0 };

	for (size_t i = 0; i < all->n; i++) {
		const struct visit *v = &all->v[i];
		struct stay one = { v->person, v->place, v->seat, v->from.v,
				    until(v->to, horizon) };

		must(vec_push(&raw, one));
	}
	if (raw.n > 0)
		qsort(raw.v, raw.n, sizeof(*raw.v), stay_cmp);
	for (size_t i = 0; i < raw.n; i++)
		stays_join(ret, raw.v[i]);
	vec_drop(&raw);
}

/* Where and when a person was in a window, and for how long each place stays dangerous. */
static void danger_of(const struct stays *all, struct via via, int64_t lag_s, bool backward,
		      struct stays *ret)
{
	for (size_t i = 0; i < all->n; i++) {
		struct stay s = all->v[i];

		if (s.person.v != via.person.v)
			continue;
		s.from = max_i64(s.from, via.from);
		s.to = min_i64(s.to, via.to);
		if (s.from >= s.to)
			continue;
		if (backward)
			s.from -= lag_s;
		else
			s.to += lag_s;
		stays_join(ret, s);
	}
}

/* ---- rules -------------------------------------------------------------------------------- */

static struct trace_seat seat_of(const struct trace_world *world, uint32_t seat)
{
	return world ? world->seat[seat] : (struct trace_seat){ .row = -1 };
}

static int32_t seat_group(int32_t row, int32_t unit)
{
	return row > 0 ? (row - 1) / unit : 0;
}

static bool rows_fit(const struct trace_rule *r, int32_t a, int32_t b)
{
	if (r->seat_unit == 0)
		return true;
	if (a < 0 || b < 0)
		return r->seat_unknown;
	return abs(seat_group(a, r->seat_unit) - seat_group(b, r->seat_unit)) <= r->seat_within;
}

static int64_t time_there(const struct stays *all, struct person_id p, struct place_id where,
			  int64_t from, int64_t to)
{
	int64_t total = 0;

	for (size_t i = 0; i < all->n; i++) {
		const struct stay *s = &all->v[i];

		if (s->person.v == p.v && s->place.v == where.v)
			total += max_i64(0, min_i64(s->to, to) - max_i64(s->from, from));
	}
	return total;
}

static bool stayed_enough(const struct job *j, const struct trace_rule *r,
			  const struct trace_encounter *e)
{
	int64_t to = e->to.v, from = to - r->stay_within_s;

	if (r->stay_s == 0)
		return true;
	return time_there(j->stays, e->via, e->place, from, to) >= r->stay_s ||
	       time_there(j->stays, e->contact, e->place, from, to) >= r->stay_s;
}

/* The rule that decides about an overlap, or -1. */
static int rule_for(const struct job *j, const struct trace_encounter *e, uint32_t seat_via,
		    uint32_t seat_contact)
{
	const struct trace_rules *rules = j->ask->rules;
	const struct trace_world *world = j->ask->world;
	struct trace_seat a = seat_of(world, seat_via), b = seat_of(world, seat_contact);
	size_t kind = world ? world->place_kind[e->place.v] : 0;

	for (size_t i = 0; i < rules->n; i++) {
		const struct trace_rule *r = &rules->rule[i];

		if ((rules->kind_rules[kind] >> i & 1) && rows_fit(r, a.row, b.row) &&
		    (r->roles == 0 || (b.roles & r->roles)) && stayed_enough(j, r, e))
			return (int)i;
	}
	return -1;
}

static int64_t minimum_of(const struct trace_rules *rules, int rule)
{
	int64_t own = rules->rule[rule].min_s;

	return max_i64(1, own < 0 ? rules->min_s : own);
}

static uint8_t class_in(uint8_t klass, uint32_t generation)
{
	return generation > 1 && klass == TRACE_CLOSE ? TRACE_SECONDARY : klass;
}

/* ---- one generation ----------------------------------------------------------------------- */

/* Every overlap of a via with anybody that some rule speaks of, however short. */
static void meet_in_places(const struct job *j, struct via via, uint32_t generation,
			   struct mets *ret)
{
	const struct trace_rules *rules = j->ask->rules;
	struct stays danger = { 0 };

	danger_of(j->stays, via, rules->lag_s, j->warrant->purpose == TRACE_SOURCE_TRACING,
		  &danger);
	for (size_t i = 0; i < danger.n; i++) {
		const struct stay *d = &danger.v[i];

		for (size_t k = 0; k < j->stays->n; k++) {
			const struct stay *s = &j->stays->v[k];
			struct met m = { .e = { .contact = s->person,
						.via = via.person,
						.place = d->place,
						.from = { max_i64(d->from, s->from) },
						.to = { min_i64(d->to, s->to) } } };
			int rule;

			if (s->place.v != d->place.v || s->person.v == via.person.v ||
			    m.e.from.v >= m.e.to.v)
				continue;
			if ((rule = rule_for(j, &m.e, d->seat, s->seat)) < 0)
				continue;
			m.e.rule = (uint16_t)rule;
			m.e.klass = class_in((uint8_t)rules->rule[rule].klass, generation);
			m.min_s = minimum_of(rules, rule);
			must(vec_push(ret, m));
		}
	}
	vec_drop(&danger);
}

static int met_cmp(const void *pa, const void *pb)
{
	const struct trace_encounter *a = &((const struct met *)pa)->e;
	const struct trace_encounter *b = &((const struct met *)pb)->e;
	int c;

	if ((c = order_i64(a->contact.v, b->contact.v)))
		return c;
	if ((c = order_i64(a->via.v, b->via.v)))
		return c;
	if ((c = order_i64(a->place.v, b->place.v)))
		return c;
	if ((c = order_i64(a->from.v, b->from.v)))
		return c;
	if ((c = order_i64(a->to.v, b->to.v)))
		return c;
	return order_i64(a->rule, b->rule);
}

/* What a pair has together within [t, t + span). */
static int64_t together_in(const struct mets *pair, int64_t t, int64_t span)
{
	int64_t total = 0;

	for (size_t i = 0; i < pair->n; i++) {
		const struct trace_encounter *o = &pair->v[i].e;

		total += max_i64(0, min_i64(o->to.v, t + span) - max_i64(o->from.v, t));
	}
	return total;
}

/*
 * The total within a span changes its slope only where an end of the span meets an end of an
 * overlap, so its greatest value is found by trying those places and the two outermost spans
 * that still share a second with the overlap.
 */
static bool adds_up(const struct mets *pair, const struct met *m, int64_t span)
{
	int64_t lo = m->e.from.v - span + 1, hi = m->e.to.v - 1;

	if (together_in(pair, lo, span) >= m->min_s || together_in(pair, hi, span) >= m->min_s)
		return true;
	for (size_t i = 0; i < pair->n; i++) {
		const struct trace_encounter *o = &pair->v[i].e;
		int64_t at[4] = { o->from.v, o->to.v, o->from.v - span, o->to.v - span };

		for (size_t k = 0; k < 4; k++)
			if (at[k] >= lo && at[k] <= hi &&
			    together_in(pair, at[k], span) >= m->min_s)
				return true;
	}
	return false;
}

/* `all` is sorted, so that each pair's overlaps lie together. */
static void keep_what_counts(const struct mets *all, int64_t cumulative_s, struct mets *ret)
{
	for (size_t i = 0, k; i < all->n; i = k) {
		struct mets pair = { .v = &all->v[i] };

		for (k = i; k < all->n && all->v[k].e.contact.v == all->v[i].e.contact.v &&
			    all->v[k].e.via.v == all->v[i].e.via.v;
		     k++)
			pair.n++;
		for (size_t m = 0; m < pair.n; m++)
			if (cumulative_s > 0
				    ? adds_up(&pair, &pair.v[m], cumulative_s)
				    : pair.v[m].e.to.v - pair.v[m].e.from.v >= pair.v[m].min_s)
				must(vec_push(ret, pair.v[m]));
	}
}

static void meet_by_name(const struct job *j, struct via via, uint32_t generation, struct mets *ret)
{
	bool profile = j->ask->rules->profile[0] != '\0';

	for (size_t i = 0; i < j->ask->n_named; i++) {
		const struct trace_named *nm = &j->ask->named[i];
		struct met m = { .e = { .via = via.person,
					.place = { TRACE_NONE },
					.from = { TRACE_NEVER },
					.to = { TRACE_NEVER },
					.rule = profile ? TRACE_RULE_NAMED : 0,
					.klass = class_in(TRACE_CLOSE, generation) } };

		if (nm->a.v == via.person.v)
			m.e.contact = nm->b;
		else if (nm->b.v == via.person.v)
			m.e.contact = nm->a;
		else
			continue;
		if (nm->from.v != TRACE_NEVER) {
			m.e.from.v = max_i64(nm->from.v, via.from);
			m.e.to.v = min_i64(until(nm->to, j->horizon), via.to);
			if (m.e.from.v >= m.e.to.v)
				continue;
		}
		must(vec_push(ret, m));
	}
}

static bool is_known(const struct slow_answer *a, const struct warrant *w, struct person_id p)
{
	for (size_t i = 0; i < a->contact.n; i++)
		if (a->contact.v[i].person.v == p.v)
			return true;
	return p.v == w->index.v;
}

static int64_t via_start(const struct vias *vias, struct person_id p)
{
	size_t i = 0;

	while (i < vias->n && vias->v[i].person.v != p.v)
		i++;
	assert(i < vias->n); /* an encounter hangs on a via of its generation */
	return vias->v[i].from;
}

/* Everything known about one contact from its encounters; `ret_opens`: when its window does. */
static struct trace_contact sum_up(const struct met *m, size_t n, const struct vias *vias,
				   int64_t *ret_opens)
{
	struct trace_contact c = { .person = m[0].e.contact,
				   .klass = m[0].e.klass,
				   .rule = m[0].e.rule,
				   .n_encounters = (uint32_t)n,
				   .first = { TRACE_NEVER },
				   .last = { TRACE_NEVER } };

	*ret_opens = INT64_MAX;
	for (size_t i = 0; i < n; i++) {
		const struct trace_encounter *e = &m[i].e;

		if (e->klass < c.klass || (e->klass == c.klass && e->rule < c.rule)) {
			c.klass = e->klass;
			c.rule = e->rule;
		}
		if (e->from.v == TRACE_NEVER) {
			*ret_opens = min_i64(*ret_opens, via_start(vias, e->via));
			continue;
		}
		*ret_opens = min_i64(*ret_opens, e->from.v);
		c.first.v = c.first.v == TRACE_NEVER ? e->from.v : min_i64(c.first.v, e->from.v);
		c.last.v = max_i64(c.last.v, e->to.v);
		c.overlap_s += (uint64_t)(e->to.v - e->from.v);
	}
	return c;
}

/* Add a generation to the answer; returns, in `next`, those who open another one. */
static void one_generation(const struct job *j, uint32_t generation, const struct vias *vias,
			   struct slow_answer *ret, struct vias *next)
{
	struct mets met = { 0 }, counted = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < vias->n; i++)
		meet_in_places(j, vias->v[i], generation, &met);
	if (met.n > 0)
		qsort(met.v, met.n, sizeof(*met.v), met_cmp);
	keep_what_counts(&met, j->ask->rules->cumulative_s, &counted);
	for (size_t i = 0; i < vias->n; i++)
		meet_by_name(j, vias->v[i], generation, &counted);
	for (size_t i = 0; i < counted.n; i++)
		if (!is_known(ret, j->warrant, counted.v[i].e.contact))
			counted.v[n++] = counted.v[i];
	if (n > 0)
		qsort(counted.v, n, sizeof(*counted.v), met_cmp);
	for (size_t i = 0, k; i < n; i = k) {
		struct trace_contact c;
		int64_t opens;

		for (k = i; k < n && counted.v[k].e.contact.v == counted.v[i].e.contact.v; k++)
			must(vec_push(&ret->encounter, counted.v[k].e));
		c = sum_up(&counted.v[i], k - i, vias, &opens);
		c.generation = generation;
		c.i_encounter = ret->encounter.n - (k - i);
		must(vec_push(&ret->contact, c));
		if (c.klass == TRACE_CLOSE || c.klass == TRACE_SECONDARY)
			must(vec_push(next, ((struct via){ c.person, opens, j->w1 })));
	}
	vec_drop(&met);
	vec_drop(&counted);
}

static void one_case(const struct job *j, struct slow_answer *ret)
{
	const struct warrant *w = j->warrant;
	struct vias vias = { 0 };

	must(vec_push(&vias, ((struct via){ w->index, w->from.v, j->w1 })));
	for (uint32_t g = 1; g <= w->generations && vias.n > 0; g++) {
		struct vias next = { 0 };

		one_generation(j, g, &vias, ret, &next);
		vec_drop(&vias);
		vias = next;
	}
	vec_drop(&vias);
}

static bool warrant_holds(const struct warrant *w)
{
	return w->purpose != TRACE_PURPOSE_NONE && w->generations > 0 && w->limit > 0 &&
	       (w->to.v == TRACE_STILL || w->from.v < w->to.v);
}

enum err slow_contacts(const struct slow_visits *s, const struct trace_ask *ask,
		       const struct warrant *w, size_t n, struct slow_answer *ret)
{
	struct stays stays = { 0 };
	int64_t horizon = slow_horizon(s).v;
	enum err e = OK;

	for (size_t i = 0; i < n; i++)
		if (!warrant_holds(&w[i]))
			return ERR_WARRANT;
	memset(ret, 0, n * sizeof(*ret));
	stays_of_all(s, horizon, &stays);
	for (size_t i = 0; i < n; i++) {
		struct job j = { ask, &stays, horizon, until(w[i].to, horizon), &w[i] };

		one_case(&j, &ret[i]);
		if (ret[i].contact.n > w[i].limit)
			e = ERR_FULL;
	}
	if (e != OK)
		for (size_t i = 0; i < n; i++)
			slow_answer_end(&ret[i]);
	vec_drop(&stays);
	return e;
}

void slow_answer_end(struct slow_answer *a)
{
	vec_drop(&a->contact);
	vec_drop(&a->encounter);
}

/* ---- the other questions ------------------------------------------------------------------ */

void slow_stays(const struct slow_visits *s, const struct warrant *w, struct slow_stays *ret)
{
	int64_t horizon = slow_horizon(s).v;
	struct via via = { w->index, w->from.v, until(w->to, horizon) };
	struct stays all = { 0 }, own = { 0 };

	stays_of_all(s, horizon, &all);
	danger_of(&all, via, 0, false, &own);
	for (size_t i = 0; i < own.n; i++) {
		const struct stay *o = &own.v[i];
		struct trace_stay one = { o->place, o->seat, { o->from }, { o->to } };

		must(vec_push(ret, one));
	}
	vec_drop(&all);
	vec_drop(&own);
}

enum err slow_attendance(const struct slow_visits *s, const struct warrant *w,
			 struct place_id place, struct utc_s from, struct utc_s to,
			 struct slow_visits *ret)
{
	int64_t horizon = slow_horizon(s).v;
	struct slow_stays own = { 0 };
	bool was_there = false;

	slow_stays(s, w, &own);
	for (size_t i = 0; i < own.n; i++)
		was_there = was_there || own.v[i].place.v == place.v;
	vec_drop(&own);
	if (!was_there)
		return ERR_WARRANT;
	for (size_t i = 0; i < s->n; i++) {
		const struct visit *v = &s->v[i];
		int64_t a = max_i64(v->from.v, from.v);
		int64_t b = min_i64(until(v->to, horizon), until(to, horizon));

		if (v->place.v == place.v && a < b)
			must(vec_push(ret, *v));
	}
	return OK;
}

struct trace_busy slow_busy(const struct slow_visits *s, const struct zone *z,
			    struct place_id place)
{
	struct trace_busy b = { 0 };

	for (size_t i = 0; i < s->n; i++) {
		bool day_new = true;

		if (s->v[i].place.v != place.v)
			continue;
		b.visits++;
		for (size_t k = 0; k < i && day_new; k++)
			day_new = s->v[k].place.v != place.v ||
				  zone_day_of(z, s->v[k].from) != zone_day_of(z, s->v[i].from);
		b.days += day_new;
	}
	return b;
}
