/*
 * store_readers.c - readers ask while one thread adds, freezes, merges, withdraws: nobody waits,
 * and each view is whole. Run it under ThreadSanitizer (make full): what it finds is the point.
 *
 * The case is person 0, all day in place 0. Batch i brings person i into that place, and some
 * others elsewhere, so a view of k batches must give exactly the contacts 1 .. k, each once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include "base/dice.h"
#include "engine/trace/store.h"
#include "support/town.h"

enum { BATCHES = 120, BATCH = 12, READERS = 3, ARENA_BYTES = 16 << 20 };

struct stage {
	struct zone *zone;
	int64_t noon;
	struct trace_set *set;
	atomic_bool over;
	atomic_uint errors; /* cmocka's assertions are for the main thread alone */
	atomic_ullong asked;
	atomic_bool falling; /* contacts are being withdrawn, no longer added */
	atomic_uint least;   /* of contacts that a view taken now must have */
	atomic_uint most;
};

struct reader {
	struct stage *stage;
	const struct trace_view *held; /* a view that is asked again and again */
	size_t held_contacts;
	pthread_t thread;
};

/* Batch i: person i with the case, the others by themselves, over several days. */
static void make_batch(const struct stage *s, uint32_t i, struct visit *ret)
{
	ret[0] = (struct visit){
		{ i }, { 0 }, { s->noon + i * 60LL }, { s->noon + i * 60LL + 600 }, 0
	};
	for (uint32_t k = 1; k < BATCH; k++)
		ret[k] = (struct visit){ { 1000 + i },
					 { 1 + k },
					 { s->noon + (int64_t)k * 20000 + i },
					 { s->noon + (int64_t)k * 20000 + i + 90 },
					 k };
}

/* How many contacts the view shows, or SIZE_MAX if they are not 1 .. k. */
static size_t contacts_of(const struct stage *s, const struct trace_view *v, struct arena *a)
{
	struct warrant w = { .index = { 0 },
			     .purpose = TRACE_CONTACT_TRACING,
			     .generations = 2,
			     .limit = 10000,
			     .from = { s->noon - 86400 },
			     .to = { s->noon + 86400 } };
	struct trace_rules rules;
	struct trace_ask ask = { .rules = &rules, .proof = true };
	struct trace_answer got;

	arena_clear(a);
	trace_rules_window(0, 0, &rules);
	if (trace_contacts(v, &ask, &w, 1, a, &got, NULL) != OK)
		return SIZE_MAX;
	for (size_t i = 0; i < got.n_contacts; i++) {
		const struct trace_contact *c = &got.contact[i];

		if (c->person.v != i + 1 || c->n_encounters != 1 || c->overlap_s != 600 ||
		    c->generation != 1 || c->first.v != s->noon + ((int64_t)i + 1) * 60)
			return SIZE_MAX;
	}
	return got.n_encounters == got.n_contacts ? got.n_contacts : SIZE_MAX;
}

/* Take a view; the bounds are those that held at some moment while it was taken. */
static const struct trace_view *take_view(struct stage *s, unsigned *ret_least, unsigned *ret_most)
{
	bool falling = atomic_load(&s->falling);
	unsigned least = atomic_load(&s->least), most = atomic_load(&s->most);
	const struct trace_view *v = trace_set_view(s->set);
	unsigned least_after = atomic_load(&s->least), most_after = atomic_load(&s->most);

	*ret_least = falling ? least_after : least;
	*ret_most = falling ? most : most_after;
	if (falling != atomic_load(&s->falling)) {
		*ret_least = 0;
		*ret_most = BATCHES;
	}
	return v;
}

static void read_once(struct reader *r, struct arena *a)
{
	struct stage *s = r->stage;
	unsigned least, most;
	const struct trace_view *v = take_view(s, &least, &most);
	size_t n = contacts_of(s, v, a);

	if (n < least || n > most)
		atomic_fetch_add(&s->errors, 1);
	if (!r->held) {
		r->held = v;
		r->held_contacts = n;
		return;
	}
	trace_view_release(v);
	if (contacts_of(s, r->held, a) != r->held_contacts)
		atomic_fetch_add(&s->errors, 1);
	if (atomic_fetch_add(&s->asked, 1) % 16 == 0) {
		trace_view_release(r->held);
		r->held = NULL;
	}
}

static void *read_on(void *arg)
{
	struct reader *r = arg;
	struct arena *a;

	if (arena_new(ARENA_BYTES, &a) != OK) {
		atomic_fetch_add(&r->stage->errors, 1);
		return NULL;
	}
	while (!atomic_load(&r->stage->over))
		read_once(r, a);
	arena_free(a);
	return NULL;
}

/* At least one question between two acts, so that acts and questions truly mix. */
static void let_them_ask(const struct stage *s)
{
	unsigned long long was = atomic_load(&s->asked);

	for (int i = 0; i < 2000 && atomic_load(&s->asked) == was; i++)
		sched_yield();
}

static void change(struct stage *s, uint32_t i, struct dice *d)
{
	int32_t day = zone_day_of(s->zone, (struct utc_s){ s->noon }) + (int32_t)dice_below(d, 4);
	struct visit v[BATCH];

	make_batch(s, i, v);
	atomic_store(&s->most, i);
	assert_int_equal(trace_set_add(s->set, v, BATCH, NULL), OK);
	atomic_store(&s->least, i);
	if (dice_below(d, 4) == 0)
		assert_int_equal(trace_set_freeze(s->set, NULL), OK);
	if (dice_below(d, 3) == 0)
		assert_int_equal(trace_set_merge_day(s->set, day, NULL), OK);
	if (dice_below(d, 8) == 0) /* of the others: nothing to do with the case */
		assert_int_equal(trace_set_withdraw(s->set, v + 1, 5, NULL), OK);
	if (dice_below(d, 8) == 0)
		assert_int_equal(trace_set_drop_day(s->set, day + 1, NULL), OK);
	let_them_ask(s);
}

/* And back again: the last to come are withdrawn first. */
static void undo(struct stage *s, uint32_t i, struct dice *d)
{
	struct visit v[BATCH];

	make_batch(s, i, v);
	atomic_store(&s->least, i - 1);
	assert_int_equal(trace_set_withdraw(s->set, v, BATCH, NULL), OK);
	atomic_store(&s->most, i - 1);
	if (dice_below(d, 5) == 0)
		assert_int_equal(trace_set_merge_day(s->set, zone_day_of(s->zone, v[0].from), NULL),
				 OK);
	let_them_ask(s);
}

static void stage_make(struct stage *s)
{
	struct visit index;

	memset(s, 0, sizeof(*s));
	assert_int_equal(zone_open("Asia/Shanghai", &s->zone, NULL), OK);
	s->noon = zone_day_start(s->zone, TOWN_DAY).v + 43200;
	index = (struct visit){ { 0 }, { 0 }, { s->noon - 3600 }, { s->noon + 36000 }, 0 };
	assert_int_equal(trace_set_new(s->zone, &s->set), OK);
	assert_int_equal(trace_set_add(s->set, &index, 1, NULL), OK);
}

static void readers_see_whole_views_while_the_set_changes(void **state)
{
	struct reader reader[READERS];
	struct dice d = { 5 };
	struct stage s;

	(void)state;
	stage_make(&s);
	memset(reader, 0, sizeof(reader));
	for (size_t i = 0; i < READERS; i++) {
		reader[i].stage = &s;
		assert_int_equal(pthread_create(&reader[i].thread, NULL, read_on, &reader[i]), 0);
	}
	for (uint32_t i = 1; i <= BATCHES; i++)
		change(&s, i, &d);
	atomic_store(&s.falling, true);
	for (uint32_t i = BATCHES; i > BATCHES / 2; i--)
		undo(&s, i, &d);
	atomic_store(&s.over, true);
	for (size_t i = 0; i < READERS; i++)
		assert_int_equal(pthread_join(reader[i].thread, NULL), 0);
	trace_set_free(s.set); /* the views outlive it */
	for (size_t i = 0; i < READERS; i++)
		if (reader[i].held)
			trace_view_release(reader[i].held);
	zone_free(s.zone);
	assert_int_equal(atomic_load(&s.errors), 0);
	assert_true(atomic_load(&s.asked) > BATCHES);
}

/* ---- one view, many askers ------------------------------------------------------------------ */

struct asker {
	const struct trace_view *view;
	const struct slow_visits *visits;
	enum err e;
	pthread_t thread;
};

static void *ask_all(void *arg)
{
	struct asker *a = arg;

	a->e = town_ask(a->view, a->visits);
	return NULL;
}

/* The checksum of a page is verified by whoever reads it first: here they race for it. */
static void one_view_answers_many_threads_at_once(void **state)
{
	const struct town_plan plan = {
		.seed = 51, .n = 600, .days = 2, .people = 30, .places = 8, .step_s = 1
	};
	struct asker asker[4];
	struct town_images images;
	struct trace_set *set;
	struct town t;

	(void)state;
	town_make(&t, &plan);
	town_seal_all(&t, &images);
	assert_int_equal(town_set(&t, &images, &set, NULL), OK);
	for (size_t i = 0; i < ARRAY_LEN(asker); i++) {
		asker[i] = (struct asker){ .view = trace_set_view(set), .visits = &t.visits };
		assert_int_equal(pthread_create(&asker[i].thread, NULL, ask_all, &asker[i]), 0);
	}
	for (size_t i = 0; i < ARRAY_LEN(asker); i++) {
		assert_int_equal(pthread_join(asker[i].thread, NULL), 0);
		assert_int_equal(asker[i].e, OK);
		trace_view_release(asker[i].view);
	}
	trace_set_free(set);
	town_images_end(&images);
	town_end(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(readers_see_whole_views_while_the_set_changes),
		cmocka_unit_test(one_view_answers_many_threads_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
