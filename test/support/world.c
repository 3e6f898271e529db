/*
 * world.c - see world.h. Every choice is drawn from the seed's dice in a fixed order.
 */
#include "world.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void must(enum err e)
{
	assert(e == OK);
}

static int64_t pick_i64(struct dice *d, const int64_t *from, size_t n)
{
	return from[dice_below(d, (uint32_t)n)];
}
#define PICK(d, ...) \
	pick_i64(d, (const int64_t[]){ __VA_ARGS__ }, \
		 sizeof((int64_t[]){ __VA_ARGS__ }) / sizeof(int64_t))

static bool one_in(struct dice *d, uint32_t n)
{
	return dice_below(d, n) == 0;
}

/* ---- who and where ------------------------------------------------------------------------ */

/* Numbers may be dense or far apart; a store pays for the greatest, so none is huge. */
static uint32_t number_of(const struct world *w, uint32_t i)
{
	if (w->seed % 16 == 0)
		return 40000 - i * 311; /* a crowd has 124 people */
	return w->seed % 16 == 1 ? i * 97 : i;
}

static struct person_id some_person(const struct world *w, struct dice *d)
{
	return (struct person_id){ number_of(w, dice_below(d, (uint32_t)w->n_people)) };
}

static struct place_id some_place(const struct world *w, struct dice *d)
{
	uint32_t i = dice_below(d, (uint32_t)w->n_places);

	if (w->crowded && !one_in(d, 3))
		i = 0;
	return (struct place_id){ w->has_world ? i : number_of(w, i) };
}

/* ---- when --------------------------------------------------------------------------------- */

static int64_t some_time(const struct world *w, struct dice *d)
{
	int32_t day = w->day + (int32_t)dice_below(d, (uint32_t)w->days);
	int64_t t = zone_day_start(w->zone, day).v;
	uint32_t reach = w->crowded ? 40 : 6;

	t += ((int64_t)dice_below(d, 2 * reach + 1) - reach) * w->step_s;
	if (w->crowded && one_in(d, 2))
		t += dice_below(d, 86400) / w->step_s * w->step_s;
	return t;
}

static int64_t some_length(const struct world *w, struct dice *d)
{
	int64_t steps = 1 + dice_below(d, 8);

	if (w->crowded) /* one of each duration a store might sort by */
		steps = max_i64(1, PICK(d, 300, 600, 900, 2400, 3600, 10000, 14400, 30000, 43200,
					70000) / w->step_s +
					   dice_below(d, 3));
	if (one_in(d, 12))
		return 86400 * (1 + (int64_t)dice_below(d, 6)) + steps * w->step_s;
	if (one_in(d, 400))
		return 86400 * (int64_t)(30 + dice_below(d, 1500)) + steps;
	return steps * w->step_s;
}

static struct visit some_visit(const struct world *w, struct dice *d)
{
	int64_t from = some_time(w, d);
	struct visit v = {
		some_person(w, d), some_place(w, d), { from }, { from + some_length(w, d) }, 0
	};

	if (one_in(d, 3))
		v.seat = dice_below(d, WORLD_SEATS);
	if (one_in(d, 12))
		v.to.v = TRACE_STILL;
	return v;
}

/* A visit that has to do with an earlier one: repeats it, goes on from it, or is nearly it. */
static struct visit some_sequel(const struct world *w, struct dice *d)
{
	struct visit v = w->visits.v[dice_below(d, (uint32_t)w->visits.n)];
	int64_t to = v.to.v;

	switch (dice_below(d, 6)) {
	case 0: return v;
	case 1:
		if (to != TRACE_STILL) {
			v.from.v = to;
			v.to.v = to + some_length(w, d);
		}
		return v;
	case 2: v.to.v = v.from.v + some_length(w, d); return v;
	case 3: v.seat = dice_below(d, WORLD_SEATS); return v;
	case 4: v.person = some_person(w, d); return v;
	default:
		v.person = some_person(w, d);
		v.from.v += ((int64_t)dice_below(d, 3) - 1) * w->step_s;
		if (v.to.v <= v.from.v)
			v.to.v = v.from.v + 1;
		return v;
	}
}

/* Whether somebody is twice in a place at once, or goes on there without a break. */
static bool goes_on(const struct world *w, const struct visit *v)
{
	for (size_t i = 0; i < w->visits.n; i++) {
		const struct visit *o = &w->visits.v[i];

		if (o->person.v == v->person.v && o->place.v == v->place.v &&
		    o->from.v <= v->to.v && v->from.v <= o->to.v)
			return true;
	}
	return false;
}

static void make_visits(struct world *w, struct dice *d)
{
	size_t n = dice_below(d, 41);

	if (w->crowded)
		n = 200 + dice_below(d, 600);
	for (size_t tries = 0; w->visits.n < n && tries < 4 * n; tries++) {
		struct visit v =
			w->visits.n > 0 && one_in(d, 4) ? some_sequel(w, d) : some_visit(w, d);

		if (w->orderly)
			v.seat = 0;
		if (!w->orderly || !goes_on(w, &v))
			must(vec_push(&w->visits, v));
	}
}

/* ---- rules -------------------------------------------------------------------------------- */

static void make_rule(struct world *w, struct trace_rule *r, size_t i, struct dice *d)
{
	memset(r, 0, sizeof(*r));
	snprintf(r->id, sizeof(r->id), "rule-%zu", i);
	r->klass = (enum trace_class)(one_in(d, 2) ? 0 : dice_below(d, TRACE_CLASS_N));
	r->min_s = PICK(d, -1, -1, 0, 0, 1, w->step_s, 2 * w->step_s, 3 * w->step_s + 1);
	if (one_in(d, 3)) {
		r->seat_unit = (int32_t)PICK(d, 1, 1, 3, 4);
		r->seat_within = (int32_t)PICK(d, 0, 1, 3);
		r->seat_unknown = one_in(d, 2);
	}
	if (one_in(d, 4))
		r->roles = dice_below(d, 4);
	if (one_in(d, 4)) {
		r->stay_s = PICK(d, 1, 2 * w->step_s, 5 * w->step_s, 40 * 3600);
		r->stay_within_s = PICK(d, 1, 4 * w->step_s, 86400, 14 * 86400);
	}
}

static void make_rules(struct world *w, struct dice *d)
{
	int64_t lag = PICK(d, 0, 0, 0, 1, w->step_s, 3 * w->step_s, 7200);

	if (one_in(d, 3)) {
		trace_rules_window(PICK(d, 0, 1, w->step_s, 2 * w->step_s + 1), lag, &w->rules);
	} else {
		w->rules = (struct trace_rules){ .lag_s = lag,
						 .rule = w->rule,
						 .min_s = PICK(d, 0, 1, w->step_s),
						 .n = 1 + dice_below(d, WORLD_RULES),
						 .kind_rules = w->kind_rules,
						 .n_kinds = WORLD_KINDS };
		snprintf(w->rules.profile, sizeof(w->rules.profile), "made-up@1");
		for (size_t i = 0; i < w->rules.n; i++)
			make_rule(w, &w->rule[i], i, d);
		for (size_t k = 0; k < WORLD_KINDS; k++)
			w->kind_rules[k] = one_in(d, 2) ? (1U << w->rules.n) - 1
							: dice_below(d, 1U << w->rules.n);
	}
	if (one_in(d, 4))
		w->rules.cumulative_s = PICK(d, 1, 2 * w->step_s, 5 * w->step_s + 1, 86400);
}

/* ---- seats and kinds ---------------------------------------------------------------------- */

static void make_seats(struct world *w, struct dice *d)
{
	uint32_t kinds = w->rules.n_kinds < WORLD_KINDS ? (uint32_t)w->rules.n_kinds : WORLD_KINDS;

	w->seat[0] = (struct trace_seat){ .row = -1 };
	for (size_t i = 1; i < WORLD_SEATS; i++)
		w->seat[i] = (struct trace_seat){ (int32_t)PICK(d, -1, 0, 1, 2, 3, 4, 5, 7, 12),
						  dice_below(d, 4) };
	w->place_kind = mem_take(w->n_places, sizeof(*w->place_kind));
	assert(w->place_kind);
	for (size_t i = 0; i < w->n_places; i++)
		w->place_kind[i] = (uint16_t)dice_below(d, kinds);
	w->world = (struct trace_world){ w->n_places, w->place_kind, WORLD_SEATS, w->seat };
}

/* ---- named contacts and warrants ---------------------------------------------------------- */

/* A time where something begins or ends, or next to it, or none at all. */
static int64_t some_edge(const struct world *w, struct dice *d)
{
	const struct visit *v;
	int64_t t;

	if (w->visits.n == 0 || one_in(d, 3))
		return some_time(w, d);
	v = &w->visits.v[dice_below(d, (uint32_t)w->visits.n)];
	t = one_in(d, 2) || v->to.v == TRACE_STILL ? v->from.v : v->to.v;
	return t + PICK(d, 0, 0, 0, -1, 1, w->step_s, -w->step_s);
}

static struct person_id some_named(const struct world *w, struct dice *d)
{
	/* now and then somebody who is in no visit at all */
	uint32_t n = (uint32_t)w->n_people + 2;

	return (struct person_id){ number_of(w, dice_below(d, n)) };
}

static void make_named(struct world *w, struct dice *d)
{
	w->n_named = one_in(d, 2) ? 0 : dice_below(d, WORLD_NAMED + 1);
	for (size_t i = 0; i < w->n_named; i++) {
		struct trace_named *nm = &w->named[i];

		do
			*nm = (struct trace_named){
				some_named(w, d), some_named(w, d), { TRACE_NEVER }, { TRACE_NEVER }
			};
		while (nm->a.v == nm->b.v);
		if (one_in(d, 3))
			continue;
		nm->from.v = some_edge(w, d);
		nm->to.v = one_in(d, 5) ? TRACE_STILL : nm->from.v + some_length(w, d);
	}
}

static void make_warrant(struct world *w, struct warrant *wt, size_t i, struct dice *d)
{
	int64_t a = some_edge(w, d), b = some_edge(w, d);

	*wt = (struct warrant){ .case_number = i,
				.index = some_person(w, d),
				.purpose =
					one_in(d, 5) ? TRACE_SOURCE_TRACING : TRACE_CONTACT_TRACING,
				.from = { min_i64(a, b) },
				.to = { max_i64(a, b) },
				.generations = 1 + dice_below(d, 4),
				.limit = one_in(d, 60) ? 1 + dice_below(d, 4) : 100000 };
	if (wt->from.v == wt->to.v)
		wt->to.v++;
	if (one_in(d, w->crowded ? 2 : 3)) /* wide enough to hold it all */
		wt->from.v = zone_day_start(w->zone, w->day - 2).v;
	if (one_in(d, 4))
		wt->to.v = TRACE_STILL;
	if (w->visits.n > 0 && one_in(d, 2))
		wt->index = w->visits.v[dice_below(d, (uint32_t)w->visits.n)].person;
	if (one_in(d, 40))
		wt->index.v = TRACE_NONE;
	else if (one_in(d, 40))
		wt->index = some_named(w, d);
	switch (dice_below(d, 600)) {
	case 0: wt->purpose = TRACE_PURPOSE_NONE; break;
	case 1: wt->to = wt->from; break;
	case 2: wt->to.v = wt->from.v - 1; break;
	case 3: wt->generations = 0; break;
	case 4: wt->limit = 0; break;
	default: break;
	}
}

/* ---- the world ---------------------------------------------------------------------------- */

static void make_time(struct world *w, struct dice *d)
{
	static const char *const zones[] = { "America/New_York", "Europe/Berlin", "+05:45" };
	uint32_t z = dice_below(d, 40);
	int32_t shanghai_days[] = { 18300, 19358, 0, -3, 7773 }; /* 1970, 1969; 1991 had a DST */
	int32_t change_days[] = { 18700, 18938, 18714, 18931 };  /* near changes of the clock */

	w->zone_name = z < 3 ? zones[z] : "Asia/Shanghai";
	must(zone_open(w->zone_name, &w->zone, NULL));
	w->day = z < 3 ? change_days[dice_below(d, 4)]
		       : shanghai_days[one_in(d, 4) ? dice_below(d, 5) : 0];
	w->step_s = PICK(d, 1, 7, 20, 60, 60, 300, 900, 3600, 5400);
	w->days = (int)PICK(d, 1, 1, 2, 2, 3, 6);
}

void world_make(struct world *w, uint64_t seed)
{
	struct dice dice = { seed * 0x9e3779b97f4a7c15ULL + 1 };

	memset(w, 0, sizeof(*w));
	w->seed = seed;
	w->crowded = dice_below(&dice, 40) == 0;
	w->orderly = dice_below(&dice, w->crowded ? 2 : 4) == 0;
	w->n_people = 2 + dice_below(&dice, w->crowded ? 120 : 11);
	w->n_places = 1 + dice_below(&dice, w->crowded ? 3 : 5);
	w->has_world = dice_below(&dice, 3) > 0;
	make_time(w, &dice);
	make_visits(w, &dice);
	make_rules(w, &dice);
	make_seats(w, &dice);
	make_named(w, &dice);
	w->n_warrants = 1 + dice_below(&dice, WORLD_WARRANTS);
	for (size_t i = 0; i < w->n_warrants; i++)
		make_warrant(w, &w->warrant[i], i, &dice);
}

void world_end(struct world *w)
{
	vec_drop(&w->visits);
	mem_drop(w->place_kind);
	w->place_kind = NULL;
	zone_end(&w->zone);
}

struct trace_ask world_ask(const struct world *w, bool proof)
{
	return (struct trace_ask){ .rules = &w->rules,
				   .world = w->has_world ? &w->world : NULL,
				   .named = w->named,
				   .n_named = w->n_named,
				   .proof = proof };
}

void world_copy(struct world *to, const struct world *from)
{
	*to = *from;
	must(zone_open(from->zone_name, &to->zone, NULL));
	to->visits.v = NULL;
	to->visits.n = to->visits.cap = 0;
	for (size_t i = 0; i < from->visits.n; i++)
		must(vec_push(&to->visits, from->visits.v[i]));
	to->place_kind = mem_take(from->n_places, sizeof(*to->place_kind));
	assert(to->place_kind);
	memcpy(to->place_kind, from->place_kind, from->n_places * sizeof(*to->place_kind));
	to->world.place_kind = to->place_kind;
	to->world.seat = to->seat;
	if (from->rules.rule == from->rule) {
		to->rules.rule = to->rule;
		to->rules.kind_rules = to->kind_rules;
	}
}

void world_without_visit(struct world *w, size_t i)
{
	w->visits.n--;
	memmove(&w->visits.v[i], &w->visits.v[i + 1], (w->visits.n - i) * sizeof(*w->visits.v));
}

void world_without_named(struct world *w, size_t i)
{
	w->n_named--;
	memmove(&w->named[i], &w->named[i + 1], (w->n_named - i) * sizeof(*w->named));
}

void world_without_warrant(struct world *w, size_t i)
{
	w->n_warrants--;
	memmove(&w->warrant[i], &w->warrant[i + 1], (w->n_warrants - i) * sizeof(*w->warrant));
}

/* ---- printing ----------------------------------------------------------------------------- */

static void print_time(struct buf *out, struct utc_s t)
{
	if (t.v == TRACE_STILL)
		buf_lit(out, "STILL");
	else if (t.v == TRACE_NEVER)
		buf_lit(out, "NEVER");
	else
		buf_i64(out, t.v);
}

static void print_rules(struct buf *out, const struct world *w)
{
	const struct trace_rules *r = &w->rules;

	buf_fmt(out,
		"rules: profile '%s' min_s %" PRId64 " lag_s %" PRId64 " cumulative_s %" PRId64
		"\n",
		r->profile, r->min_s, r->lag_s, r->cumulative_s);
	for (size_t i = 0; i < r->n; i++)
		buf_fmt(out,
			"  rule %zu: class %d min_s %" PRId64 " seat_unit %d within %d "
			"unknown %d roles %" PRIx64 " stay_s %" PRId64 " within_s %" PRId64 "\n",
			i, (int)r->rule[i].klass, r->rule[i].min_s, (int)r->rule[i].seat_unit,
			(int)r->rule[i].seat_within, (int)r->rule[i].seat_unknown, r->rule[i].roles,
			r->rule[i].stay_s, r->rule[i].stay_within_s);
	for (size_t k = 0; k < r->n_kinds; k++)
		buf_fmt(out, "  kind %zu: rules %" PRIx64 "\n", k, r->kind_rules[k]);
	if (!w->has_world) {
		buf_lit(out, "no world: no kinds, no seats\n");
		return;
	}
	for (size_t i = 0; i < w->n_places; i++)
		buf_fmt(out, "  place %zu: kind %d\n", i, (int)w->place_kind[i]);
	for (size_t i = 0; i < WORLD_SEATS; i++)
		buf_fmt(out, "  seat %zu: row %d roles %" PRIx64 "\n", i, (int)w->seat[i].row,
			w->seat[i].roles);
}

void world_print(struct buf *out, const struct world *w)
{
	buf_fmt(out, "world seed %" PRIu64 ", %s, day %d\nvisits: person,place,from,to,seat\n",
		w->seed, w->zone_name, (int)w->day);
	for (size_t i = 0; i < w->visits.n; i++) {
		const struct visit *v = &w->visits.v[i];

		buf_fmt(out, "  %" PRIu32 ",%" PRIu32 ",%" PRId64 ",", v->person.v, v->place.v,
			v->from.v);
		print_time(out, v->to);
		buf_fmt(out, ",%" PRIu32 "\n", v->seat);
	}
	print_rules(out, w);
	for (size_t i = 0; i < w->n_named; i++) {
		buf_fmt(out, "named: %" PRIu32 ",%" PRIu32 ",", w->named[i].a.v, w->named[i].b.v);
		print_time(out, w->named[i].from);
		buf_char(out, ',');
		print_time(out, w->named[i].to);
		buf_char(out, '\n');
	}
	for (size_t i = 0; i < w->n_warrants; i++) {
		const struct warrant *t = &w->warrant[i];

		buf_fmt(out, "warrant: purpose %d index %" PRIu32 " from %" PRId64 " to ",
			(int)t->purpose, t->index.v, t->from.v);
		print_time(out, t->to);
		buf_fmt(out, " generations %" PRIu32 " limit %" PRIu32 "\n", t->generations,
			t->limit);
	}
}
