/*
 * store_building.c - segments from a stream: duplicates, bounded memory, spilling, threads, and
 * what happens when the disk or the receiver of the images fails.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "engine/trace/store.h"
#include "support/paths.h"
#include "support/town.h"

static const struct town_plan plan = {
	.seed = 21, .n = 1500, .days = 5, .people = 60, .places = 12, .step_s = 1, .awkward = true
};

static void same_images(const struct town_images *a, const struct town_images *b)
{
	assert_int_equal(a->n, b->n);
	for (size_t i = 0; i < a->n; i++) {
		assert_int_equal(a->v[i].day, b->v[i].day);
		assert_int_equal(a->v[i].visits, b->v[i].visits);
		assert_int_equal(a->v[i].n, b->v[i].n);
		assert_memory_equal(a->v[i].bytes, b->v[i].bytes, a->v[i].n);
	}
}

static size_t files_in(const struct path *dir)
{
	DIR *d = opendir(dir->s);
	struct dirent *e;
	size_t n = 0;

	assert_non_null(d);
	while ((e = readdir(d)))
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

static void shuffle(struct slow_visits *v, uint64_t seed)
{
	struct dice d = { seed };

	for (size_t i = v->n; i > 1; i--) {
		size_t k = dice_below(&d, (uint32_t)i);
		struct visit swap = v->v[i - 1];

		v->v[i - 1] = v->v[k];
		v->v[k] = swap;
	}
}

static void the_same_visits_in_any_order_are_the_same_bytes(void **state)
{
	struct town_images first, again;
	struct town t;

	(void)state;
	town_make(&t, &plan);
	town_seal_all(&t, &first);
	for (uint64_t seed = 1; seed <= 5; seed++) {
		shuffle(&t.visits, seed);
		town_seal_all(&t, &again);
		same_images(&first, &again);
		town_images_end(&again);
	}
	town_images_end(&first);
	town_end(&t);
}

static void several_threads_pack_the_same_bytes_as_one(void **state)
{
	struct town_images first, again = { 0 };
	struct trace_builder_options o = { .budget_bytes = 64 << 20 };
	struct town t;

	(void)state;
	town_make(&t, &plan);
	town_seal_all(&t, &first);
	o.zone = t.zone;
	for (o.threads = 0; o.threads <= 4; o.threads++) {
		assert_int_equal(town_seal(&o, t.visits.v, t.visits.n, &again, NULL), OK);
		same_images(&first, &again);
		town_images_end(&again);
	}
	town_images_end(&first);
	town_end(&t);
}

static void spilling_changes_no_byte_and_leaves_no_file(void **state)
{
	struct path dir = path_scratch();
	struct trace_builder_options o = { .spill_dir = dir.s };
	struct town_images first, again = { 0 };
	struct town t;

	(void)state;
	town_make(&t, &plan);
	town_seal_all(&t, &first);
	o.zone = t.zone;
	for (o.budget_bytes = 1 << 15; o.budget_bytes >= 1 << 13; o.budget_bytes /= 2) {
		enum err e = town_seal(&o, t.visits.v, t.visits.n, &again, NULL);

		if (e == ERR_FULL) /* a whole day must fit */
			break;
		assert_int_equal(e, OK);
		same_images(&first, &again);
		town_images_end(&again);
		assert_int_equal(files_in(&dir), 0);
	}
	assert_true(o.budget_bytes < 1 << 15);
	assert_int_equal(files_in(&dir), 0);
	town_images_end(&first);
	town_end(&t);
	path_forget(&dir);
}

static void without_a_place_to_spill_a_full_budget_is_refused(void **state)
{
	struct trace_builder_options o = { .budget_bytes = 1 << 13 };
	struct town_images images = { 0 };
	struct fault f = { 0 };
	struct town t;

	(void)state;
	town_make(&t, &plan);
	o.zone = t.zone;
	assert_int_equal(town_seal(&o, t.visits.v, t.visits.n, &images, &f), ERR_FULL);
	assert_true(f.zh[0] && f.en[0]);
	assert_int_equal(images.n, 0);
	town_end(&t);
}

static enum err count_image(struct trace_image image, void *arg, struct fault *f)
{
	(void)f;
	++*(size_t *)arg;
	mem_drop(image.bytes);
	return OK;
}

static void duplicates_are_dropped_and_counted_also_across_a_spill(void **state)
{
	struct path dir = path_scratch();
	struct trace_builder_options o = { .budget_bytes = 1 << 15, .spill_dir = dir.s };
	struct trace_builder *b;
	size_t images = 0;
	struct town t;

	(void)state;
	town_make(&t, &plan);
	o.zone = t.zone;
	assert_int_equal(trace_builder_new(&o, &b, NULL), OK);
	assert_int_equal(trace_builder_add(b, t.visits.v, t.visits.n, NULL), OK);
	assert_int_equal(trace_builder_add(b, t.visits.v, 700, NULL), OK);
	assert_int_equal(trace_builder_add(b, t.visits.v + 690, 10, NULL), OK);
	assert_int_equal(trace_builder_finish(b, count_image, &images, NULL), OK);
	assert_int_equal(images, plan.days);
	assert_int_equal(trace_builder_duplicates(b), 710);
	trace_builder_free(b);
	town_end(&t);
	path_forget(&dir);
}

static void an_empty_builder_makes_no_image_and_a_finished_one_is_empty(void **state)
{
	struct trace_builder_options o = { .budget_bytes = 1 << 20 };
	struct trace_builder *b;
	size_t images = 0;
	struct town t;

	(void)state;
	town_make(&t, &plan);
	o.zone = t.zone;
	assert_int_equal(trace_builder_new(&o, &b, NULL), OK);
	assert_int_equal(trace_builder_finish(b, count_image, &images, NULL), OK);
	assert_int_equal(images, 0);
	assert_int_equal(trace_builder_add(b, t.visits.v, t.visits.n, NULL), OK);
	assert_int_equal(trace_builder_finish(b, count_image, &images, NULL), OK);
	assert_int_equal(images, plan.days);
	assert_int_equal(trace_builder_finish(b, count_image, &images, NULL), OK);
	assert_int_equal(images, plan.days);
	trace_builder_free(b);
	town_end(&t);
}

static void a_visit_out_of_bounds_is_refused(void **state)
{
	const struct visit bad[] = {
		{ { TRACE_IDS_MAX }, { 2 }, { 0 }, { 9 }, 0 },
		{ { 1 }, { TRACE_IDS_MAX }, { 0 }, { 9 }, 0 },
		{ { 1 }, { 2 }, { 0 }, { 9 }, 1U << 31 },
		{ { 1 }, { 2 }, { 9 }, { 9 }, 0 },
		{ { 1 }, { 2 }, { 10 }, { 9 }, 0 },
		{ { 1 }, { 2 }, { WHEN_MIN_S - 1 }, { 9 }, 0 },
		{ { 1 }, { 2 }, { 9 }, { WHEN_MAX_S + 1 }, 0 },
	};
	struct town t;

	(void)state;
	town_make(&t, &plan);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct trace_builder_options o = { .zone = t.zone, .budget_bytes = 1 << 20 };
		struct trace_builder *b;
		struct fault f = { 0 };

		assert_int_equal(trace_builder_new(&o, &b, NULL), OK);
		assert_int_equal(trace_builder_add(b, &bad[i], 1, &f), ERR_RANGE);
		assert_true(f.zh[0] && f.en[0]);
		trace_builder_free(b);
	}
	town_end(&t);
}

static enum err refuse_image(struct trace_image image, void *arg, struct fault *f)
{
	mem_drop(image.bytes);
	return ++*(size_t *)arg < 3 ? OK : fault_set(f, ERR_EXISTS, "试", "a test");
}

static void who_takes_the_images_may_refuse(void **state)
{
	struct trace_builder_options o = { .budget_bytes = 1 << 20 };
	struct town t;

	(void)state;
	town_make(&t, &plan);
	o.zone = t.zone;
	for (o.threads = 1; o.threads <= 2; o.threads++) {
		struct trace_builder *b;
		struct fault f = { 0 };
		size_t calls = 0;

		assert_int_equal(trace_builder_new(&o, &b, NULL), OK);
		assert_int_equal(trace_builder_add(b, t.visits.v, t.visits.n, NULL), OK);
		assert_int_equal(trace_builder_finish(b, refuse_image, &calls, &f), ERR_EXISTS);
		assert_string_equal(f.en, "a test");
		assert_int_equal(calls, 3);
		trace_builder_free(b);
	}
	town_end(&t);
}

static void a_failing_disk_is_an_error_and_never_a_wrong_segment(void **state)
{
	struct path dir = path_scratch();
	struct trace_builder_options o = { .budget_bytes = 1 << 15, .spill_dir = dir.s };
	struct town_images first, again = { 0 };
	enum err e = ERR_IO;
	struct town t;
	uint64_t k;

	(void)state;
	town_make(&t, &plan);
	town_seal_all(&t, &first);
	o.zone = t.zone;
	for (k = 1; e != OK; k++) {
		uint64_t passed;

		file_fail_at(k, false);
		e = town_seal(&o, t.visits.v, t.visits.n, &again, NULL);
		passed = file_calls();
		file_fail_at(0, false);
		assert_true(e == ERR_IO || (e == OK && again.n > 0));
		if (e == OK) {
			same_images(&first, &again);
			town_images_end(&again);
			if (passed >= k)
				e = ERR_IO; /* it failed where that does no harm: go on */
		}
	}
	printf("%u file operations, each made to fail\n", (unsigned)k - 2);
	assert_true(k > 4);
	town_images_end(&first);
	town_end(&t);
	path_forget(&dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_visits_in_any_order_are_the_same_bytes),
		cmocka_unit_test(several_threads_pack_the_same_bytes_as_one),
		cmocka_unit_test(spilling_changes_no_byte_and_leaves_no_file),
		cmocka_unit_test(without_a_place_to_spill_a_full_budget_is_refused),
		cmocka_unit_test(duplicates_are_dropped_and_counted_also_across_a_spill),
		cmocka_unit_test(an_empty_builder_makes_no_image_and_a_finished_one_is_empty),
		cmocka_unit_test(a_visit_out_of_bounds_is_refused),
		cmocka_unit_test(who_takes_the_images_may_refuse),
		cmocka_unit_test(a_failing_disk_is_an_error_and_never_a_wrong_segment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
