/*
 * store_segments.c - a sealed segment gives back what was sealed, and one that is not what it
 * claims to be is refused: by opening it, by checking it, or by the question that reads it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/dice.h"
#include "base/file.h"
#include "engine/trace/store.h"
#include "support/paths.h"
#include "support/town.h"

/* ---- what is sealed comes back ------------------------------------------------------------ */

static void gives_back(const struct town_plan *plan)
{
	struct town t;
	struct town_images images;
	struct trace_set *s;

	town_make(&t, plan);
	town_seal_all(&t, &images);
	assert_int_equal(images.n, plan->days);
	assert_int_equal(town_set(&t, &images, &s, NULL), OK);
	assert_int_equal(town_ask_set(s, &t.visits), OK);
	trace_set_free(s);
	town_images_end(&images);
	town_end(&t);
}

static void visits_come_back_as_they_were_in_seconds_and_in_minutes(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		gives_back(&(struct town_plan){
			.seed = seed, .n = 60, .days = 2, .people = 9, .places = 4, .step_s = 1 });
		gives_back(&(struct town_plan){
			.seed = seed, .n = 60, .days = 2, .people = 9, .places = 4, .step_s = 60 });
	}
}

static void large_numbers_and_the_longest_stays_come_back(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++)
		gives_back(&(struct town_plan){ .seed = seed,
						.n = 80,
						.days = 1,
						.people = 9,
						.places = 4,
						.step_s = seed % 2 ? 1 : 60,
						.awkward = true });
}

static void a_place_of_many_blocks_comes_back(void **state)
{
	(void)state;
	gives_back(&(struct town_plan){
		.seed = 5, .n = 900, .days = 1, .people = 60, .places = 1, .step_s = 60 });
	gives_back(&(struct town_plan){ .seed = 6,
					.n = 900,
					.days = 1,
					.people = 60,
					.places = 2,
					.step_s = 1,
					.awkward = true });
	gives_back(&(struct town_plan){
		.seed = 7, .n = 900, .days = 1, .people = 2, .places = 300, .step_s = 7 });
}

static void a_segment_knows_its_facts(void **state)
{
	const struct town_plan plan = {
		.seed = 3, .n = 200, .days = 2, .people = 20, .places = 5, .step_s = 60
	};
	struct trace_segment_facts facts[2];
	struct town_images images;
	uint64_t visits = 0;
	struct town t;

	(void)state;
	town_make(&t, &plan);
	town_seal_all(&t, &images);
	for (size_t i = 0; i < 2; i++) {
		struct slow_visits of_day = { 0 };
		struct trace_segment *s;

		slow_add(&of_day, t.visits.v, t.visits.n);
		slow_drop_day(&of_day, t.zone, TOWN_DAY + 1 - (int32_t)i);
		assert_int_equal(town_adopt(&images.v[i], &s, NULL), OK);
		assert_int_equal(trace_segment_check(s, NULL), OK);
		facts[i] = trace_segment_facts(s);
		assert_int_equal(facts[i].day, TOWN_DAY + (int32_t)i);
		assert_int_equal(facts[i].visits, of_day.n);
		assert_int_equal(images.v[i].visits, of_day.n);
		assert_int_equal(facts[i].last.v, slow_horizon(&of_day).v);
		assert_int_equal(facts[i].day_start.v, zone_day_start(t.zone, facts[i].day).v);
		assert_int_equal(facts[i].bytes, images.v[i].n);
		assert_true(facts[i].place_bytes > 0 && facts[i].person_bytes > 0);
		assert_true(facts[i].place_bytes + facts[i].person_bytes <= facts[i].bytes);
		visits += facts[i].visits;
		trace_segment_release(s);
		slow_visits_end(&of_day);
	}
	assert_int_equal(visits, t.visits.n);
	assert_true(facts[0].digest != facts[1].digest);
	town_images_end(&images);
	town_end(&t);
}

/* ---- files -------------------------------------------------------------------------------- */

static void write_file(const char *path, const uint8_t *p, size_t n)
{
	struct file *fl;

	assert_int_equal(file_open(path, FILE_REPLACE, &fl, NULL), OK);
	assert_int_equal(file_write(fl, p, n, NULL), OK);
	assert_int_equal(file_close(&fl, NULL), OK);
}

static void a_file_opens_as_the_bytes_that_were_written(void **state)
{
	const struct town_plan plan = { .seed = 8,
					.n = 700,
					.days = 1,
					.people = 40,
					.places = 5,
					.step_s = 1,
					.awkward = true };
	struct path dir = path_scratch(), file = path_join(&dir, "day.seg");
	struct town_images images;
	struct trace_segment *seg, *adopted;
	struct trace_set *s;
	struct town t;

	(void)state;
	town_make(&t, &plan);
	town_seal_all(&t, &images);
	write_file(file.s, images.v[0].bytes, images.v[0].n);
	assert_int_equal(trace_segment_open(file.s, &seg, NULL), OK);
	assert_int_equal(trace_segment_check(seg, NULL), OK);
	assert_int_equal(town_adopt(&images.v[0], &adopted, NULL), OK);
	assert_int_equal(trace_segment_facts(seg).digest, trace_segment_facts(adopted).digest);
	trace_segment_release(adopted);
	assert_int_equal(trace_set_new(t.zone, &s), OK);
	assert_int_equal(trace_set_add_segment(s, seg, NULL), OK);
	assert_int_equal(town_ask_set(s, &t.visits), OK);
	trace_set_free(s);
	town_images_end(&images);
	town_end(&t);
	path_forget(&dir);
}

static void a_file_that_is_empty_or_absent_or_something_else_is_refused(void **state)
{
	struct path dir = path_scratch(), file = path_join(&dir, "day.seg");
	struct dice d = { 1 };
	struct trace_segment *seg = NULL;
	struct fault f = { 0 };
	uint8_t noise[9000];

	(void)state;
	assert_int_equal(trace_segment_open(file.s, &seg, &f), ERR_ABSENT);
	assert_true(f.zh[0] && f.en[0]);
	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (uint8_t)dice_next(&d);
	for (size_t n = 0; n <= sizeof(noise); n += n < 600 ? 1 : 600) {
		enum err e;

		memset(&f, 0, sizeof(f));
		write_file(file.s, noise, n);
		e = trace_segment_open(file.s, &seg, &f);
		assert_true(e == ERR_CORRUPT || e == ERR_VERSION);
		assert_true(f.zh[0] && f.en[0]);
	}
	memset(noise, 0, sizeof(noise));
	write_file(file.s, noise, sizeof(noise));
	assert_true(trace_segment_open(file.s, &seg, NULL) != OK);
	assert_null(seg);
	path_forget(&dir);
}

static void a_failing_disk_is_an_error_of_opening(void **state)
{
	const struct town_plan plan = {
		.seed = 8, .n = 100, .days = 1, .people = 40, .places = 5, .step_s = 60
	};
	struct path dir = path_scratch(), file = path_join(&dir, "day.seg");
	struct town_images images;
	struct town t;
	enum err e = ERR_IO;
	uint64_t k;

	(void)state;
	town_make(&t, &plan);
	town_seal_all(&t, &images);
	write_file(file.s, images.v[0].bytes, images.v[0].n);
	for (k = 1; e != OK; k++) {
		struct trace_segment *seg = NULL;

		file_fail_at(k, false);
		e = trace_segment_open(file.s, &seg, NULL);
		file_fail_at(0, false);
		assert_true(e == ERR_IO || e == OK);
		trace_segment_release(seg);
	}
	assert_true(k > 2);
	town_images_end(&images);
	town_end(&t);
	path_forget(&dir);
}

/* ---- bytes that are not what was written -------------------------------------------------- */

struct harm {
	uint64_t by_open, by_version, by_check, by_question;
};

/* What a segment of harmed bytes may do: be refused, or answer as if nothing were wrong. */
static void harmed(const struct town *t, const uint8_t *bytes, size_t n, struct harm *h)
{
	struct trace_image image = { .bytes = (uint8_t *)(uintptr_t)bytes, .n = n };
	struct trace_segment *seg = NULL;
	struct trace_set *s;
	struct fault f = { 0 };
	enum err e = town_adopt(&image, &seg, &f);

	if (e != OK) {
		assert_true(e == ERR_CORRUPT || e == ERR_VERSION);
		assert_true(f.zh[0] && f.en[0]);
		h->by_open++;
		h->by_version += e == ERR_VERSION;
		return;
	}
	assert_int_equal(trace_segment_check(seg, &f), ERR_CORRUPT);
	assert_true(f.zh[0] && f.en[0]);
	h->by_check++;
	assert_int_equal(trace_set_new(t->zone, &s), OK);
	e = trace_set_add_segment(s, seg, NULL);
	if (e == OK)
		e = town_ask_set(s, &t->visits);
	assert_true(e == OK || e == ERR_CORRUPT);
	h->by_question += e == ERR_CORRUPT;
	if (e == OK && trace_set_merge_day(s, TOWN_DAY, NULL) == OK)
		assert_int_equal(town_ask_set(s, &t->visits), OK);
	trace_set_free(s);
}

static void small_town(struct town *t, struct town_images *images)
{
	town_make(t,
		  &(struct town_plan){
			  .seed = 4, .n = 24, .days = 1, .people = 6, .places = 3, .step_s = 60 });
	town_seal_all(t, images);
}

static void a_segment_cut_at_any_byte_is_refused(void **state)
{
	struct town_images images;
	struct harm h = { 0 };
	struct town t;

	(void)state;
	small_town(&t, &images);
	for (size_t n = 0; n < images.v[0].n; n++)
		harmed(&t, images.v[0].bytes, n, &h);
	assert_int_equal(h.by_open, images.v[0].n);
	town_images_end(&images);
	town_end(&t);
}

static void bytes_after_the_end_are_refused(void **state)
{
	struct town_images images;
	struct harm h = { 0 };
	struct town t;
	uint8_t *longer;

	(void)state;
	small_town(&t, &images);
	longer = mem_take(images.v[0].n + 5000, 1);
	assert_non_null(longer);
	memcpy(longer, images.v[0].bytes, images.v[0].n);
	harmed(&t, longer, images.v[0].n + 1, &h);
	harmed(&t, longer, images.v[0].n + 64, &h);
	harmed(&t, longer, images.v[0].n + 5000, &h);
	assert_int_equal(h.by_open + h.by_check, 3);
	mem_drop(longer);
	town_images_end(&images);
	town_end(&t);
}

static void every_single_bit_lies_under_a_checksum(void **state)
{
	struct town_images images;
	struct harm h = { 0 };
	struct town t;
	size_t bits;

	(void)state;
	small_town(&t, &images);
	bits = images.v[0].n * 8;
	for (size_t bit = 0; bit < bits; bit++) {
		images.v[0].bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
		harmed(&t, images.v[0].bytes, images.v[0].n, &h);
		images.v[0].bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	printf("%zu bits: %zu refused by opening (%zu as another version), %zu by checking, "
	       "%zu of these by a question\n",
	       bits, (size_t)h.by_open, (size_t)h.by_version, (size_t)h.by_check,
	       (size_t)h.by_question);
	assert_int_equal(h.by_open + h.by_check, bits);
	assert_true(h.by_version > 0);
	assert_true(h.by_open < bits); /* else no page was ever reached */
	assert_true(h.by_question > 0);
	town_images_end(&images);
	town_end(&t);
}

/* A larger one, with many pages: bits at random, and whole stretches. */
static void harm_anywhere_in_a_large_segment_is_found(void **state)
{
	const struct town_plan plan = {
		.seed = 9, .n = 3000, .days = 1, .people = 300, .places = 20, .step_s = 1
	};
	struct town_images images;
	struct dice d = { 77 };
	struct town t;

	(void)state;
	town_make(&t, &plan);
	town_seal_all(&t, &images);
	for (int i = 0; i < 3000; i++) {
		size_t n = images.v[0].n, at = dice_below(&d, (uint32_t)n);
		size_t stretch = min_size(n - at, dice_below(&d, 2) ? 1 : dice_below(&d, 3000));
		struct trace_segment *seg;
		uint8_t *copy = mem_take(n, 1);

		assert_non_null(copy);
		memcpy(copy, images.v[0].bytes, n);
		if (stretch == 1)
			copy[at] ^= (uint8_t)(1U << dice_below(&d, 8));
		else
			memset(copy + at, 0, stretch);
		if (memcmp(copy, images.v[0].bytes, n) == 0) {
			mem_drop(copy);
			continue;
		}
		if (trace_segment_adopt(copy, n, &seg, NULL) != OK)
			continue;
		assert_int_equal(trace_segment_check(seg, NULL), ERR_CORRUPT);
		trace_segment_release(seg);
	}
	town_images_end(&images);
	town_end(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(visits_come_back_as_they_were_in_seconds_and_in_minutes),
		cmocka_unit_test(large_numbers_and_the_longest_stays_come_back),
		cmocka_unit_test(a_place_of_many_blocks_comes_back),
		cmocka_unit_test(a_segment_knows_its_facts),
		cmocka_unit_test(a_file_opens_as_the_bytes_that_were_written),
		cmocka_unit_test(a_file_that_is_empty_or_absent_or_something_else_is_refused),
		cmocka_unit_test(a_failing_disk_is_an_error_of_opening),
		cmocka_unit_test(a_segment_cut_at_any_byte_is_refused),
		cmocka_unit_test(bytes_after_the_end_are_refused),
		cmocka_unit_test(every_single_bit_lies_under_a_checksum),
		cmocka_unit_test(harm_anywhere_in_a_large_segment_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
