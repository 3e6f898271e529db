/*
 * source_town.c - in a random town with its homes, work places, buses and shops, an evening in
 * the theatre that infected a third of the audience comes out on top of all places and events.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/dice.h"
#include "engine/trace/source.h"
#include "engine/trace/store.h"
#include "support/paths.h"

enum {
	ARENA_BYTES = 1 << 30,
	PEOPLE = 2000,
	HOMES = 700,
	WORK = 80,
	SHOPS = 40,
	BUSES = 4,
	FIRST_WORK = HOMES,
	FIRST_SHOP = FIRST_WORK + WORK,
	FIRST_BUS = FIRST_SHOP + SHOPS,
	THEATRE = FIRST_BUS + BUSES,
	DAYS = 14,
	EVENING = 8,
	AUDIENCE = 90,
	REGULAR = 30,
	FROM_THEATRE = 16,
	FROM_ELSEWHERE = 14,
	N_CASES = FROM_THEATRE + FROM_ELSEWHERE,
	HOUR = 3600,
	DAY = 24 * HOUR,
	TOWNS = 20
};

struct town {
	struct dice dice;
	struct {
		struct visit *v;
		size_t n, cap;
	} visits;
	struct trace_source_case cases[N_CASES];
	uint32_t n_cases;
	bool is_case[PEOPLE];
};

static void must(enum err e)
{
	assert_int_equal(e, OK);
}

static uint32_t below(struct town *t, uint32_t n)
{
	return dice_below(&t->dice, n);
}

static void go(struct town *t, uint32_t person, uint32_t place, int64_t from, int64_t seconds)
{
	struct visit v = { { person }, { place }, { from }, { from + seconds }, 0 };

	must(vec_push(&t->visits, v));
}

/* Morning at home, bus, work, a shop now and then, the evening at home or in the theatre. */
static void a_day(struct town *t, uint32_t person, int64_t day, bool theatre)
{
	int64_t at = day * DAY;
	uint32_t home = person % HOMES, work = FIRST_WORK + person * 7 % WORK;

	go(t, person, home, at, 7 * HOUR);
	go(t, person, FIRST_BUS + below(t, BUSES), at + 7 * HOUR + below(t, HOUR), HOUR / 3);
	if (day % 7 < 5)
		go(t, person, work, at + 9 * HOUR, 8 * HOUR);
	if (below(t, 3) == 0)
		go(t, person, FIRST_SHOP + below(t, SHOPS), at + 17 * HOUR + below(t, HOUR),
		   HOUR / 2);
	if (theatre)
		go(t, person, THEATRE, at + 19 * HOUR + below(t, HOUR / 2), 2 * HOUR);
	else
		go(t, person, home, at + 19 * HOUR, 5 * HOUR);
}

static void add_case(struct town *t, uint32_t person)
{
	if (t->n_cases == N_CASES || t->is_case[person])
		return;
	t->is_case[person] = true;
	t->cases[t->n_cases] = (struct trace_source_case){
		.warrant = { .case_number = t->n_cases,
			     .purpose = TRACE_SOURCE_TRACING,
			     .index = { person },
			     .from = { (int64_t)below(t, 3) * DAY },
			     .to = { (DAYS - (int64_t)below(t, 3)) * DAY },
			     .generations = 1,
			     .limit = PEOPLE },
	};
	t->n_cases++;
}

/* The audience of the evening are the people from `first` on; its first member brought it. */
static void make_town(struct town *t, uint64_t seed)
{
	uint32_t first;

	*t = (struct town){ .dice = { seed } };
	first = below(t, PEOPLE - AUDIENCE);
	for (uint32_t p = 0; p < PEOPLE; p++)
		for (int64_t day = 0; day < DAYS; day++) {
			bool planted = day == EVENING && p >= first && p < first + AUDIENCE;

			a_day(t, p, day, planted || below(t, PEOPLE) < REGULAR);
		}
	for (uint32_t k = 0; k < FROM_THEATRE; k++)
		add_case(t, first + k * (AUDIENCE / FROM_THEATRE));
	t->cases[0].infectious_known = true;
	t->cases[0].infectious_from.v = (EVENING - 1) * DAY;
	t->cases[0].infectious_to.v = (EVENING + 2) * DAY;
	while (t->n_cases < N_CASES)
		add_case(t, below(t, PEOPLE));
}

static const struct trace_source_person *find_person(const struct trace_sources *s, uint32_t p)
{
	for (size_t i = 0; i < s->n_people; i++)
		if (s->person[i].person.v == p)
			return &s->person[i];
	return NULL;
}

static void a_planted_evening_in_the_theatre_ranks_first(void **state)
{
	struct zone *zone = NULL;
	struct arena *a = NULL;
	struct trace_rules rules;
	struct trace_ask contacts = { .rules = &rules };

	(void)state;
	must(zone_open("Asia/Shanghai", &zone, NULL));
	must(arena_new(ARENA_BYTES, &a));
	trace_rules_window(15 * 60, 0, &rules);
	for (uint64_t seed = 0; seed < TOWNS; seed++) {
		struct town t;
		struct trace_set *set = NULL;
		const struct trace_view *view;
		const struct trace_source_person *index;
		struct trace_sources got;

		make_town(&t, seed);
		must(trace_set_new(zone, &set));
		must(trace_set_add(set, t.visits.v, t.visits.n, NULL));
		view = trace_set_view(set);
		arena_clear(a);
		must(trace_source_find(view,
				       &(struct trace_source_ask){ N_CASES, t.cases, &contacts,
								   PEOPLE },
				       a, &got, NULL));
		assert_true(got.n_places > 0 && got.n_events > 0);
		if (env_u64("OUTPOST_SHOW", 0))
			for (size_t i = 0; i < 5 && i < got.n_events; i++)
				printf("place %u %u cases %.1f expected score %.2f; event %u %u "
				       "cases %.2f expected score %.2f\n",
				       got.place[i].place.v, got.place[i].n_cases,
				       got.place[i].expected, got.place[i].score,
				       got.event[i].place.v, got.event[i].n_cases,
				       got.event[i].expected, got.event[i].score);
		assert_int_equal(got.event[0].place.v, THEATRE);
		assert_int_equal(got.event[0].from.v / DAY, EVENING);
		assert_true(got.event[0].n_cases >= FROM_THEATRE);
		assert_true(got.event[0].attendees >= AUDIENCE);
		assert_int_equal(got.place[0].place.v, THEATRE);
		index = find_person(&got, t.cases[0].warrant.index.v);
		assert_non_null(index);
		assert_int_equal(index->own_case, 0);
		assert_true(index->n_strong >= FROM_THEATRE - 1);
		trace_view_release(view);
		trace_set_free(set);
		vec_drop(&t.visits);
	}
	arena_end(&a);
	zone_end(&zone);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_planted_evening_in_the_theatre_ranks_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
