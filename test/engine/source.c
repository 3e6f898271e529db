/*
 * source.c - places, events and people are those of a slow, obvious search in small made-up
 * worlds; the score is the tail it claims to be; and a planted evening comes out on top.
 *
 * OUTPOST_WORLDS=n    how many worlds (3,000 without it)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/trace/source.h"
#include "engine/trace/store.h"
#include "support/paths.h"
#include "support/slow.h"
#include "support/world.h"

enum { ARENA_BYTES = 512 << 20, WORLDS = 3000, PASCAL = 31 };

static void must(enum err e)
{
	assert_int_equal(e, OK);
}

static bool near(double a, double b)
{
	return fabs(a - b) <= 1e-9 * (1 + fabs(a));
}

/* ---- score ------------------------------------------------------------------------------ */

static double ways[PASCAL][PASCAL]; /* of choosing k out of n, by Pascal's triangle */

static void fill_ways(void)
{
	for (size_t n = 0; n < PASCAL; n++)
		for (size_t k = 0; k <= n; k++)
			ways[n][k] = k == 0 || k == n ? 1 : ways[n - 1][k - 1] + ways[n - 1][k];
}

/* P(X >= c), X the marked among C drawn from N of whom A are marked. */
static double slow_tail(size_t n, size_t a, size_t c, size_t there)
{
	double sum = 0;

	for (size_t x = there; x <= c && x <= a; x++)
		if (c - x <= n - a)
			sum += ways[a][x] * ways[n - a][c - x] / ways[n][c];
	return sum;
}

static void the_score_is_the_tail_given_that_one_was_there(void **state)
{
	(void)state;
	fill_ways();
	for (size_t n = 1; n < PASCAL; n++)
		for (size_t a = 1; a <= n; a++)
			for (size_t c = 1; c <= n; c++)
				for (size_t x = 1; x <= a && x <= c; x++) {
					double p = slow_tail(n, a, c, x) / slow_tail(n, a, c, 1);
					double got = trace_source_score(n, a, c, x);

					assert_true(fabs(got + log10(p)) < 1e-6);
				}
}

static void the_score_stays_sane_at_the_size_of_a_province(void **state)
{
	double last = 0;

	(void)state;
	assert_true(trace_source_score(1483000, 2000, 1, 1) <= 0);
	for (uint64_t x = 2; x <= 1000; x++) {
		double s = trace_source_score(1483000, 2000, 1000, x);

		assert_true(isfinite(s) && s > last);
		last = s;
	}
	/* where everybody is, nobody is surprising */
	assert_true(trace_source_score(1483000, 1483000, 1000, 1000) <= 0);
	assert_true(trace_source_score(1483000, 740000, 1000, 400) < 1e-6);
	/* two cases in a flat of four: about 30 x 30 / 2 x (4 / 1.5 million)^2 / (30 x the same) */
	last = trace_source_score(1483000, 4, 30, 2);
	assert_true(last > 4 && last < 5);
}

/* ---- the slow search -------------------------------------------------------------------- */

struct trial {
	struct world w;
	struct trace_source_case cases[WORLD_WARRANTS];
	struct trace_source_ask ask;
	struct trace_ask contacts;
	struct slow_visits visits;
	struct slow_stays stays[WORLD_WARRANTS];
	struct slow_answer answer[WORLD_WARRANTS];
	struct utc_s from, to;
	uint32_t n_seen;
};

static uint32_t person_of(const struct trial *t, size_t i)
{
	return t->cases[i].warrant.index.v;
}

static bool earlier_case_of_person(const struct trial *t, size_t i, const bool *in)
{
	for (size_t k = 0; k < i; k++)
		if (in[k] && person_of(t, k) == person_of(t, i))
			return true;
	return false;
}

/* Distinct people among the cases that are `in`. */
static uint32_t count_people(const struct trial *t, const bool *in)
{
	uint32_t n = 0;

	for (size_t i = 0; i < t->ask.n_cases; i++)
		n += in[i] && !earlier_case_of_person(t, i, in);
	return n;
}

static void make_cases(struct trial *t, struct dice *d)
{
	for (size_t i = 0; i < t->w.n_warrants; i++) {
		struct trace_source_case *c = &t->cases[i];

		*c = (struct trace_source_case){ .warrant = t->w.warrant[i] };
		c->warrant.purpose = TRACE_SOURCE_TRACING;
		c->warrant.limit = 100000;
		c->warrant.generations = 1;
		if (c->warrant.from.v >= c->warrant.to.v)
			c->warrant.to.v = c->warrant.from.v + 3600;
		if (t->w.visits.n > 0 && dice_below(d, 2)) /* more of one mind than by chance */
			c->warrant.from.v = t->w.visits.v[0].from.v - 86400;
		c->infectious_known = dice_below(d, 3) > 0;
		c->infectious_from.v = t->cases[0].warrant.from.v + dice_below(d, 3) * 3600;
		c->infectious_to.v = c->infectious_from.v + 1 + dice_below(d, 5) * 3600;
		if (c->warrant.from.v >= c->warrant.to.v)
			c->warrant.to.v = TRACE_STILL;
	}
}

static uint64_t population(const struct slow_visits *s)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		bool fresh = true;

		for (size_t k = 0; k < i && fresh; k++)
			fresh = s->v[k].person.v != s->v[i].person.v;
		n += fresh;
	}
	return n;
}

static void trial_make(struct trial *t, uint64_t seed)
{
	struct dice d = { seed + 99 };
	struct warrant w[WORLD_WARRANTS];
	bool seen[WORLD_WARRANTS];

	memset(t, 0, sizeof(*t));
	world_make(&t->w, seed);
	make_cases(t, &d);
	t->contacts = world_ask(&t->w, false);
	slow_add(&t->visits, t->w.visits.v, t->w.visits.n);
	t->ask = (struct trace_source_ask){ t->w.n_warrants, t->cases, &t->contacts,
					    population(&t->visits) + dice_below(&d, 50) };
	t->from.v = INT64_MAX;
	t->to.v = INT64_MIN;
	for (size_t i = 0; i < t->ask.n_cases; i++) {
		w[i] = t->cases[i].warrant;
		if (w[i].index.v != TRACE_NONE)
			slow_stays(&t->visits, &w[i], &t->stays[i]);
		seen[i] = t->stays[i].n > 0;
		if (!seen[i])
			continue;
		t->from.v = min_i64(t->from.v, w[i].from.v);
		t->to.v = max_i64(t->to.v, w[i].to.v);
	}
	t->n_seen = count_people(t, seen);
	must(slow_contacts(&t->visits, &t->contacts, w, t->ask.n_cases, t->answer));
}

static void trial_end(struct trial *t)
{
	for (size_t i = 0; i < t->ask.n_cases; i++) {
		vec_drop(&t->stays[i]);
		slow_answer_end(&t->answer[i]);
	}
	slow_visits_end(&t->visits);
	world_end(&t->w);
}

/* Distinct people whose visits to a place share a second with [from, to). */
static uint32_t slow_attendees(const struct trial *t, struct place_id place, struct utc_s from,
			       struct utc_s to)
{
	struct slow_visits there = { 0 };
	uint32_t n;

	for (size_t i = 0; i < t->visits.n; i++) {
		struct visit v = t->visits.v[i];
		int64_t end = slow_horizon(&t->visits).v;

		if (v.place.v == place.v &&
		    max_i64(v.from.v, from.v) < min_i64(min_i64(v.to.v, end), to.v))
			must(vec_push(&there, v));
	}
	n = (uint32_t)population(&there);
	slow_visits_end(&there);
	return n;
}

/* ---- places and events ------------------------------------------------------------------ */

static void check_score(const struct trial *t, uint32_t cases, uint32_t attendees, double expected,
			double score)
{
	assert_true(near(expected, (double)t->n_seen * attendees / (double)t->ask.population));
	assert_true(
		near(score, trace_source_score(t->ask.population, attendees, t->n_seen, cases)));
}

static void check_place(const struct trial *t, const struct trace_sources *got,
			const struct trace_source_place *p)
{
	bool in[WORLD_WARRANTS] = { 0 };
	size_t n = 0;
	struct trace_busy busy = slow_busy(&t->visits, t->w.zone, p->place);

	for (size_t i = 0; i < t->ask.n_cases; i++)
		for (size_t k = 0; k < t->stays[i].n; k++)
			if (t->stays[i].v[k].place.v == p->place.v) {
				in[i] = true;
				n++;
			}
	assert_true(n > 0);
	assert_int_equal(p->n_visits, n);
	assert_int_equal(p->n_cases, count_people(t, in));
	assert_int_equal(p->busy.visits, busy.visits);
	assert_int_equal(p->busy.days, busy.days);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(got->visit[p->i_visit + i].stay.place.v, p->place.v);
	if (p->n_cases < 2) {
		assert_true(p->attendees == 0 && p->score <= 0 && p->expected <= 0);
		return;
	}
	assert_int_equal(p->attendees, slow_attendees(t, p->place, t->from, t->to));
	check_score(t, p->n_cases, p->attendees, p->expected, p->score);
}

/* Evidence is every stay of every case, once, in order. */
static void check_visits(const struct trial *t, const struct trace_sources *got)
{
	size_t n = 0;

	for (size_t i = 0; i < t->ask.n_cases; i++)
		n += t->stays[i].n;
	assert_int_equal(got->n_visits, n);
	for (size_t x = 0; x < n; x++) {
		const struct trace_source_visit *v = &got->visit[x];
		size_t same = 0;

		for (size_t k = 0; k < t->stays[v->i_case].n; k++) {
			const struct trace_stay *s = &t->stays[v->i_case].v[k];

			same += s->place.v == v->stay.place.v && s->seat == v->stay.seat &&
				s->from.v == v->stay.from.v && s->to.v == v->stay.to.v;
		}
		assert_int_equal(same, 1);
		if (x == 0)
			continue;
		assert_true(v[-1].stay.place.v < v->stay.place.v ||
			    (v[-1].stay.place.v == v->stay.place.v &&
			     (v[-1].stay.from.v < v->stay.from.v ||
			      (v[-1].stay.from.v == v->stay.from.v && v[-1].i_case <= v->i_case))));
	}
}

/* Whether two visits follow each other within the lag, or overlap. */
static bool linked(const struct trace_source_visit *a, const struct trace_source_visit *b,
		   int64_t lag)
{
	return a->stay.place.v == b->stay.place.v && a->stay.from.v - lag < b->stay.to.v &&
	       b->stay.from.v - lag < a->stay.to.v;
}

/* Number the runs: equal for visits joined by any row of links. */
static void number_runs(const struct trace_sources *got, int64_t lag, size_t *run)
{
	bool changed = true;

	for (size_t i = 0; i < got->n_visits; i++)
		run[i] = i;
	while (changed) {
		changed = false;
		for (size_t i = 0; i < got->n_visits; i++)
			for (size_t k = 0; k < got->n_visits; k++)
				if (run[k] < run[i] &&
				    linked(&got->visit[i], &got->visit[k], lag)) {
					run[i] = run[k];
					changed = true;
				}
	}
}

static void check_run(const struct trial *t, const struct trace_sources *got, const size_t *run,
		      size_t r, size_t *n_events)
{
	struct trace_source_event want = { .from = { INT64_MAX }, .to = { INT64_MIN } };
	bool in[WORLD_WARRANTS] = { 0 };
	size_t e = 0;

	for (size_t i = 0; i < got->n_visits; i++) {
		if (run[i] != r)
			continue;
		in[got->visit[i].i_case] = true;
		want.n_visits++;
		want.place = got->visit[i].stay.place;
		want.from.v = min_i64(want.from.v, got->visit[i].stay.from.v);
		want.to.v = max_i64(want.to.v, got->visit[i].stay.to.v);
	}
	if (want.n_visits == 0 || count_people(t, in) < 2)
		return;
	while (e < got->n_events && got->event[e].i_visit != r)
		e++;
	assert_true(e < got->n_events);
	assert_int_equal(got->event[e].place.v, want.place.v);
	assert_int_equal(got->event[e].from.v, want.from.v);
	assert_int_equal(got->event[e].to.v, want.to.v);
	assert_int_equal(got->event[e].n_visits, want.n_visits);
	assert_int_equal(got->event[e].n_cases, count_people(t, in));
	assert_int_equal(got->event[e].attendees,
			 slow_attendees(t, want.place, want.from, want.to));
	check_score(t, got->event[e].n_cases, got->event[e].attendees, got->event[e].expected,
		    got->event[e].score);
	++*n_events;
}

static void check_events(const struct trial *t, const struct trace_sources *got)
{
	size_t *run = mem_take(got->n_visits + 1, sizeof(*run)), n = 0;

	assert_non_null(run);
	number_runs(got, t->w.rules.lag_s, run);
	for (size_t r = 0; r < got->n_visits; r++)
		check_run(t, got, run, r, &n);
	assert_int_equal(got->n_events, n);
	mem_drop(run);
}

static void check_ranks(const struct trace_sources *got)
{
	for (size_t i = 1; i < got->n_places; i++) {
		const struct trace_source_place *p = &got->place[i];

		assert_true(p[-1].score >= p->score && p[-1].place.v != p->place.v);
		if (p[-1].score <= p->score)
			assert_true(p[-1].n_cases > p->n_cases ||
				    (p[-1].n_cases == p->n_cases && p[-1].place.v < p->place.v));
	}
	for (size_t i = 1; i < got->n_events; i++)
		assert_true(got->event[i - 1].score >= got->event[i].score);
	for (size_t i = 1; i < got->n_people; i++) {
		const struct trace_source_person *p = &got->person[i];

		assert_true(p[-1].n_cases >= p->n_cases);
		if (p[-1].n_cases == p->n_cases)
			assert_true(
				p[-1].overlap_s > p->overlap_s ||
				(p[-1].overlap_s == p->overlap_s && p[-1].person.v < p->person.v));
	}
}

/* ---- people ----------------------------------------------------------------------------- */

static bool was_infectious(const struct trial *t, const struct trace_encounter *e)
{
	for (size_t k = 0; k < t->ask.n_cases; k++) {
		const struct trace_source_case *c = &t->cases[k];

		if (person_of(t, k) == e->contact.v && c->infectious_known &&
		    e->from.v != TRACE_NEVER &&
		    max_i64(e->from.v, c->infectious_from.v) < min_i64(e->to.v, c->infectious_to.v))
			return true;
	}
	return false;
}

static void check_person(const struct trial *t, const struct trace_sources *got,
			 const struct trace_source_person *p)
{
	bool met[WORLD_WARRANTS] = { 0 }, strong[WORLD_WARRANTS] = { 0 };
	struct trace_source_person want = { .first = { INT64_MAX },
					    .last = { TRACE_NEVER },
					    .own_case = TRACE_NONE };

	for (size_t i = t->ask.n_cases; i-- > 0;) {
		if (person_of(t, i) == p->person.v)
			want.own_case = (uint32_t)i;
		for (size_t x = 0; x < t->answer[i].encounter.n; x++) {
			const struct trace_encounter *e = &t->answer[i].encounter.v[x];

			if (e->contact.v != p->person.v)
				continue;
			met[i] = true;
			strong[i] |= was_infectious(t, e);
			want.n_encounters++;
			if (e->from.v == TRACE_NEVER)
				continue;
			want.overlap_s += (uint64_t)(e->to.v - e->from.v);
			want.first.v = min_i64(want.first.v, e->from.v);
			want.last.v = max_i64(want.last.v, e->to.v);
		}
	}
	assert_int_equal(p->n_cases, count_people(t, met));
	assert_int_equal(p->n_strong, count_people(t, strong));
	assert_int_equal(p->own_case, want.own_case);
	assert_int_equal(p->n_encounters, want.n_encounters);
	assert_int_equal(p->overlap_s, want.overlap_s);
	assert_int_equal(p->last.v, want.last.v);
	assert_true(p->first.v == (want.last.v == TRACE_NEVER ? TRACE_NEVER : want.first.v));
	for (size_t i = 0; i < p->n_encounters; i++) {
		const struct trace_source_encounter *e = &got->encounter[p->i_encounter + i];

		assert_int_equal(e->e.contact.v, p->person.v);
		assert_int_equal(e->e.via.v, person_of(t, e->i_case));
	}
}

static void check_people(const struct trial *t, const struct trace_sources *got)
{
	size_t n = 0;

	for (size_t i = 0; i < got->n_people; i++) {
		check_person(t, got, &got->person[i]);
		n += got->person[i].n_encounters;
		for (size_t k = 0; k < i; k++)
			assert_true(got->person[k].person.v != got->person[i].person.v);
	}
	assert_int_equal(got->n_encounters, n);
	for (size_t i = 0; i < t->ask.n_cases; i++)
		n -= t->answer[i].encounter.n;
	assert_int_equal(n, 0);
}

static void what_is_found_is_what_the_slow_search_finds(void **state)
{
	struct arena *a = NULL;
	uint64_t events = 0, strong = 0, places = 0;

	(void)state;
	must(arena_new(ARENA_BYTES, &a));
	for (uint64_t k = env_u64("OUTPOST_WORLDS", size_u64(WORLDS)), seed = 0; seed < k; seed++) {
		struct trial t;
		struct trace_set *set = NULL;
		const struct trace_view *view;
		struct trace_sources got;

		trial_make(&t, seed);
		must(trace_set_new(t.w.zone, &set));
		must(trace_set_add(set, t.w.visits.v, t.w.visits.n, NULL));
		view = trace_set_view(set);
		arena_clear(a);
		must(trace_source_find(view, &t.ask, a, &got, NULL));
		assert_int_equal(got.n_seen, t.n_seen);
		check_visits(&t, &got);
		for (size_t i = 0, n = 0; i < got.n_places; i++) {
			check_place(&t, &got, &got.place[i]);
			n += got.place[i].n_visits;
			places += got.place[i].score > 0;
			if (i + 1 == got.n_places)
				assert_int_equal(n, got.n_visits);
		}
		check_events(&t, &got);
		check_people(&t, &got);
		check_ranks(&got);
		events += got.n_events;
		for (size_t i = 0; i < got.n_people; i++)
			strong += got.person[i].n_strong;
		trace_view_release(view);
		trace_set_free(set);
		trial_end(&t);
	}
	printf("seen: %ju shared places, %ju events, %ju strong meetings\n", (uintmax_t)places,
	       (uintmax_t)events, (uintmax_t)strong);
	assert_true(places > 0 && events > 0 && strong > 0);
	arena_end(&a);
}

/* ---- refusals --------------------------------------------------------------------------- */

/* Two cases at one table, and a third person beside them. */
static const struct visit table[] = {
	{ { 1 }, { 5 }, { 1000 }, { 2000 }, 0 },
	{ { 2 }, { 5 }, { 1500 }, { 2500 }, 0 },
	{ { 3 }, { 5 }, { 1500 }, { 1600 }, 0 },
};

static struct trace_source_case at_table(uint32_t person)
{
	return (struct trace_source_case){
		.warrant = { .purpose = TRACE_SOURCE_TRACING,
			     .index = { person },
			     .from = { 0 },
			     .to = { 9000 },
			     .generations = 1,
			     .limit = 100 },
	};
}

static void wrong_questions_and_failed_allocations_are_refused(void **state)
{
	struct trace_source_case cases[] = { at_table(1), at_table(2) };
	struct trace_rules rules;
	struct trace_ask contacts = { .rules = &rules };
	struct trace_source_ask ask = { 2, cases, &contacts, 2 };
	struct trace_sources got = { .n_seen = 77 };
	const struct trace_view *view;
	struct zone *zone = NULL;
	struct trace_set *set = NULL;
	struct arena *a = NULL;
	enum err e = ERR_MEMORY;

	(void)state;
	trace_rules_window(0, 0, &rules);
	must(zone_open("UTC", &zone, NULL));
	must(trace_set_new(zone, &set));
	must(trace_set_add(set, table, ARRAY_LEN(table), NULL));
	view = trace_set_view(set);
	must(arena_new(ARENA_BYTES, &a));
	assert_int_equal(trace_source_find(view, &ask, a, &got, NULL), ERR_RANGE);
	ask.population = 3;
	cases[1].warrant.purpose = TRACE_CONTACT_TRACING;
	assert_int_equal(trace_source_find(view, &ask, a, &got, NULL), ERR_WARRANT);
	cases[1] = at_table(2);
	cases[1].warrant.to = cases[1].warrant.from;
	assert_int_equal(trace_source_find(view, &ask, a, &got, NULL), ERR_WARRANT);
	cases[1] = at_table(2);
	cases[1].warrant.limit = 1;
	assert_int_equal(trace_source_find(view, &ask, a, &got, NULL), ERR_FULL);
	cases[1] = at_table(2);
	for (uint64_t k = 1; e == ERR_MEMORY; k++) {
		assert_true(k < 1000);
		assert_int_equal(got.n_seen, 77);
		arena_end(&a);
		must(arena_new(ARENA_BYTES, &a));
		mem_fail_at(k, false);
		e = trace_source_find(view, &ask, a, &got, NULL);
		mem_fail_at(0, false);
	}
	must(e);
	assert_int_equal(got.n_events, 1);
	assert_int_equal(got.event[0].attendees, 3);
	arena_end(&a);
	trace_view_release(view);
	trace_set_free(set);
	zone_end(&zone);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_score_is_the_tail_given_that_one_was_there),
		cmocka_unit_test(the_score_stays_sane_at_the_size_of_a_province),
		cmocka_unit_test(what_is_found_is_what_the_slow_search_finds),
		cmocka_unit_test(wrong_questions_and_failed_allocations_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
