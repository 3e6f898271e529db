/*
 * store_faults.c - every allocation of the engine is made to fail, one after the other: the act
 * either succeeds or says ERR_MEMORY and has done nothing; done again with memory, it succeeds.
 * Leaks are found by running this under AddressSanitizer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "engine/trace/store.h"
#include "support/town.h"

static const struct town_plan plan = {
	.seed = 41, .n = 90, .days = 3, .people = 12, .places = 4, .step_s = 60
};

/* Allocation number k fails, counted only while the engine is at work. */
struct sweep {
	uint64_t k, left;
	bool lasting; /* and all later ones */
	bool struck;
};

static void sweep_begin(struct sweep *s)
{
	mem_fail_at(s->struck && !s->lasting ? 0 : s->left, s->lasting);
}

/* True if the act must have gone well. */
static bool sweep_end(struct sweep *s, enum err e)
{
	uint64_t calls = mem_calls();

	mem_fail_at(0, false);
	assert_true(e == OK || e == ERR_MEMORY);
	if (!s->struck && calls >= s->left)
		s->struck = true;
	else if (!s->struck)
		s->left -= calls;
	return e == OK;
}

struct world_of { /* the set at work and what it must show */
	const struct town *town;
	struct trace_set *set;
	struct slow_visits model;
	struct sweep sweep;
};

enum act { ADD, SEGMENT, WITHDRAW, FREEZE, MERGE, DROP, ACTS };

static const struct step {
	enum act act;
	size_t from, n;
} steps[] = {
	{ ADD, 0, 20 },   { SEGMENT, 20, 30 }, { ADD, 40, 30 },    { WITHDRAW, 10, 20 },
	{ FREEZE, 0, 0 }, { SEGMENT, 5, 40 },  { WITHDRAW, 0, 8 }, { ADD, 15, 5 },
	{ MERGE, 0, 0 },  { MERGE, 1, 0 },     { ADD, 70, 20 },    { DROP, 2, 0 },
	{ FREEZE, 0, 0 }, { MERGE, 1, 0 },
};

static enum err into_set(struct trace_image image, void *arg, struct fault *f)
{
	struct trace_segment *s;
	enum err e = trace_segment_adopt(image.bytes, image.n, &s, f);

	return e == OK ? trace_set_add_segment(arg, s, f) : e;
}

/* One day's segment, so that the act is one act. */
static enum err add_segment(struct world_of *w, const struct step *p)
{
	struct trace_builder_options o = { .zone = w->town->zone, .budget_bytes = 1 << 20 };
	struct trace_builder *b;
	enum err e = trace_builder_new(&o, &b, NULL);

	if (e != OK)
		return e;
	for (size_t i = p->from; e == OK && i < p->from + p->n; i++)
		if (zone_day_of(o.zone, w->town->visits.v[i].from) == TOWN_DAY + 1)
			e = trace_builder_add(b, &w->town->visits.v[i], 1, NULL);
	if (e == OK)
		e = trace_builder_finish(b, into_set, w->set, NULL);
	trace_builder_free(b);
	return e;
}

static enum err act(struct world_of *w, const struct step *p)
{
	const struct visit *v = w->town->visits.v + p->from;
	int32_t day = TOWN_DAY + (int32_t)p->from;

	switch (p->act) {
	case ADD: return trace_set_add(w->set, v, p->n, NULL);
	case SEGMENT: return add_segment(w, p);
	case WITHDRAW: return trace_set_withdraw(w->set, v, p->n, NULL);
	case FREEZE: return trace_set_freeze(w->set, NULL);
	case MERGE: return trace_set_merge_day(w->set, day, NULL);
	case DROP: return trace_set_drop_day(w->set, day, NULL);
	case ACTS: break;
	}
	return ERR_BUG;
}

static void act_on_model(struct world_of *w, const struct step *p)
{
	const struct visit *v = w->town->visits.v + p->from;

	if (p->act == ADD)
		slow_add(&w->model, v, p->n);
	if (p->act == WITHDRAW)
		slow_withdraw(&w->model, v, p->n);
	if (p->act == DROP)
		slow_drop_day(&w->model, w->town->zone, TOWN_DAY + (int32_t)p->from);
	for (size_t i = 0; p->act == SEGMENT && i < p->n; i++)
		if (zone_day_of(w->town->zone, v[i].from) == TOWN_DAY + 1)
			slow_add(&w->model, &v[i], 1);
}

static void one_step(struct world_of *w, const struct step *p)
{
	bool was = w->sweep.struck;
	enum err e;

	sweep_begin(&w->sweep);
	e = act(w, p);
	if (!sweep_end(&w->sweep, e)) {
		assert_int_equal(town_ask_set(w->set, &w->model), OK); /* nothing was done */
		assert_int_equal(act(w, p), OK);
	}
	act_on_model(w, p);
	if (!was && w->sweep.struck)
		assert_int_equal(town_ask_set(w->set, &w->model), OK);
}

/* Returns whether the k-th allocation was reached. */
static bool whole_life(const struct town *t, uint64_t k, bool lasting)
{
	struct world_of w = { .town = t, .sweep = { k, k, lasting, false } };
	enum err e;

	sweep_begin(&w.sweep);
	e = trace_set_new(t->zone, &w.set);
	if (!sweep_end(&w.sweep, e))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		one_step(&w, &steps[i]);
		if (lasting && w.sweep.struck)
			break;
	}
	assert_int_equal(town_ask_set(w.set, &w.model), OK);
	trace_set_free(w.set);
	slow_visits_end(&w.model);
	return w.sweep.struck;
}

static void a_set_survives_the_failure_of_any_allocation(void **state)
{
	struct town t;
	uint64_t k;

	(void)state;
	town_make(&t, &plan);
	for (k = 1; whole_life(&t, k, false); k++)
		;
	printf("%u allocations, each made to fail\n", (unsigned)k - 1);
	assert_true(k > ARRAY_LEN(steps));
	town_end(&t);
}

static void a_set_survives_when_there_is_no_more_memory_at_all(void **state)
{
	struct town t;
	uint64_t k;

	(void)state;
	town_make(&t, &plan);
	for (k = 1; whole_life(&t, k, true); k++)
		;
	assert_true(k > ARRAY_LEN(steps));
	town_end(&t);
}

static void a_builder_survives_the_failure_of_any_allocation(void **state)
{
	struct trace_builder_options o = { .budget_bytes = 1 << 20 };
	struct town_images images = { 0 };
	struct town t;

	(void)state;
	town_make(&t, &plan);
	o.zone = t.zone;
	for (o.threads = 1; o.threads <= 2; o.threads++) {
		bool struck = true;

		for (uint64_t k = 1; struck; k++) {
			struct trace_set *s;
			enum err e;

			mem_fail_at(k, k % 2 == 0);
			e = town_seal(&o, t.visits.v, t.visits.n, &images, NULL);
			struck = mem_calls() >= k;
			mem_fail_at(0, false);
			assert_true(e == OK || e == ERR_MEMORY);
			assert_true(struck || e == OK);
			if (e != OK)
				continue;
			assert_int_equal(town_set(&t, &images, &s, NULL), OK);
			assert_int_equal(town_ask_set(s, &t.visits), OK);
			trace_set_free(s);
			town_images_end(&images);
		}
	}
	town_end(&t);
}

/* ---- questions ---------------------------------------------------------------------------- */

/* Segments, a tail, and something withdrawn; `ret_left` is what a view of it shows. */
static struct trace_set *make_set(const struct town *t, struct slow_visits *ret_left)
{
	struct town_images images;
	struct trace_set *s;

	memset(ret_left, 0, sizeof(*ret_left));
	town_seal_all(t, &images);
	assert_int_equal(town_set(t, &images, &s, NULL), OK);
	assert_int_equal(trace_set_add(s, t->visits.v, 10, NULL), OK);
	assert_int_equal(trace_set_withdraw(s, t->visits.v + 20, 10, NULL), OK);
	slow_add(ret_left, t->visits.v, t->visits.n);
	slow_withdraw(ret_left, t->visits.v + 20, 10);
	town_images_end(&images);
	return s;
}

struct question {
	const struct trace_view *view;
	struct trace_rules rules;
	struct trace_ask ask;
	struct warrant w[3];
	struct slow_answer want[3];
};

static void question_make(struct question *q, const struct slow_visits *all,
			  const struct trace_view *v)
{
	memset(q, 0, sizeof(*q));
	q->view = v;
	trace_rules_window(0, 600, &q->rules);
	q->ask = (struct trace_ask){ .rules = &q->rules, .proof = true };
	for (uint32_t i = 0; i < 3; i++)
		q->w[i] = (struct warrant){ .index = { i },
					    .purpose = TRACE_CONTACT_TRACING,
					    .from = { 0 },
					    .to = { TRACE_STILL },
					    .generations = 3,
					    .limit = 1000 };
	assert_int_equal(slow_contacts(all, &q->ask, q->w, 3, q->want), OK);
}

static void question_end(struct question *q)
{
	trace_view_release(q->view);
	for (size_t i = 0; i < 3; i++)
		slow_answer_end(&q->want[i]);
}

/* OK with the right answers, or ERR_MEMORY with nothing written. */
static enum err put(const struct question *q, struct arena *a)
{
	struct trace_answer got[3];
	enum err e;

	memset(got, 0, sizeof(got));
	e = trace_contacts(q->view, &q->ask, q->w, 3, a, got, NULL);
	assert_true(e == OK || e == ERR_MEMORY);
	for (size_t i = 0; i < 3; i++)
		if (e == OK)
			assert_null(slow_differs(&q->want[i], &got[i], true));
		else
			assert_true(got[i].n_contacts == 0 && !got[i].contact &&
				    got[i].n_encounters == 0 && !got[i].encounter);
	return e;
}

static void a_question_without_memory_says_so_and_the_view_stays_good(void **state)
{
	struct slow_visits left;
	struct trace_set *s;
	struct question q;
	struct town t;
	bool struck = true;

	(void)state;
	town_make(&t, &plan);
	s = make_set(&t, &left);
	question_make(&q, &left, trace_set_view(s));
	for (uint64_t k = 1; struck; k++) {
		struct arena *a;
		enum err e;

		assert_int_equal(arena_new(1 << 26, &a), OK);
		mem_fail_at(k, k % 2 == 0);
		e = put(&q, a);
		struck = mem_calls() >= k;
		mem_fail_at(0, false);
		assert_true(struck || e == OK);
		arena_clear(a);
		assert_int_equal(put(&q, a), OK);
		arena_free(a);
		assert_true(struck || k > 3);
	}
	question_end(&q);
	slow_visits_end(&left);
	trace_set_free(s);
	town_end(&t);
}

static void a_question_over_the_budget_of_its_arena_says_so(void **state)
{
	size_t refused = 0, answered = 0;
	struct slow_visits left;
	struct trace_set *s;
	struct question q;
	struct town t;

	(void)state;
	town_make(&t, &plan);
	s = make_set(&t, &left);
	question_make(&q, &left, trace_set_view(s));
	for (size_t budget = 64; budget < 1 << 26; budget += 1 + budget / 5) {
		struct arena *a;
		enum err e;

		if (arena_new(budget, &a) != OK)
			continue;
		e = put(&q, a);
		refused += e == ERR_MEMORY;
		answered += e == OK;
		arena_free(a);
	}
	assert_true(refused > 2 && answered > 10);
	question_end(&q);
	slow_visits_end(&left);
	trace_set_free(s);
	town_end(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_set_survives_the_failure_of_any_allocation),
		cmocka_unit_test(a_set_survives_when_there_is_no_more_memory_at_all),
		cmocka_unit_test(a_builder_survives_the_failure_of_any_allocation),
		cmocka_unit_test(a_question_without_memory_says_so_and_the_view_stays_good),
		cmocka_unit_test(a_question_over_the_budget_of_its_arena_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
