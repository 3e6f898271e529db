/*
 * picture_measured.c - what near prints find, and what they find wrongly, over photos of which it
 * is known which are the same. The figures stand in docs/reference/evidence.md.
 *
 * OUTPOST_PICTURES=n  how many different photos (800 without it); a fourth of them goes each way
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "exhibit/picture_print.h"
#include "support/scenes.h"

enum { W = 320, H = 240, USUAL = 800, EACH = 4 };

static struct picture_print print_taken(struct pixels p)
{
	struct picture_print r;

	picture_print_of(&p, &r);
	pixels_drop(&p);
	return r;
}

/* As a table finds them: a part in common but for one bit; then the distance. */
static bool near(uint64_t kept, uint64_t asked)
{
	bool found = false;

	for (unsigned i = 0; i < PRINT_PARTS; i++)
		found |= picture_print_distance((uint64_t)picture_print_key(kept, i),
						(uint64_t)picture_print_key(asked, i)) <= 1;
	return found && picture_print_distance(kept, asked) <= PRINT_NEAR;
}

static bool may_be(const struct picture_print *kept, const struct picture_print *asked)
{
	for (size_t i = 0; i < PRINT_N; i++)
		if (near(kept->v[i], asked->v[0]))
			return true;
	return false;
}

static bool alike(const struct picture_print *kept, const struct picture_print *asked)
{
	return may_be(kept, asked) &&
	       picture_print_likeness(kept->look, asked->look) >= PRINT_ALIKE;
}

static uint64_t how_many(void)
{
	const char *s = getenv("OUTPOST_PICTURES");

	return s ? strtoull(s, NULL, 10) : USUAL;
}

/* ---- what is the same ---- */

static struct pixels halved(const struct pixels *p, uint64_t seed)
{
	(void)seed;
	return scene_scaled(p, W / 2, H / 2);
}

static struct pixels compressed(const struct pixels *p, uint64_t seed)
{
	(void)seed;
	return scene_compressed(p, 40);
}

static struct pixels brightened(const struct pixels *p, uint64_t seed)
{
	(void)seed;
	return scene_brighter(p, 25);
}

static struct pixels cropped(const struct pixels *p, uint64_t seed)
{
	return scene_cropped(p, 0.05, seed);
}

/* What a messenger does to a photo, and somebody who wants it not to be known again. */
static struct pixels all_of_it(const struct pixels *p, uint64_t seed)
{
	CLEANUP(pixels_drop) struct pixels a = scene_cropped(p, 0.05, seed);
	CLEANUP(pixels_drop) struct pixels b = scene_scaled(&a, W * 2 / 3, H * 2 / 3);
	CLEANUP(pixels_drop) struct pixels c = scene_brighter(&b, 15);

	return scene_compressed(&c, 60);
}

struct way_on {
	const char *what;
	struct pixels (*go)(const struct pixels *p, uint64_t seed);
	double least; /* share that must be found */
};
static const struct way_on ways[] = {
	{ "half the size", halved, 0.99 },       { "quality 40", compressed, 0.99 },
	{ "10 % brighter", brightened, 0.99 },   { "5 % cropped", cropped, 0.96 },
	{ "all four, milder", all_of_it, 0.95 },
};

static void the_same_photo_is_found_after_a_way(const struct way_on *way)
{
	size_t n = how_many() / EACH, may = 0, found = 0;

	for (uint64_t seed = 1; seed <= n; seed++) {
		CLEANUP(pixels_drop) struct pixels p = scene(seed, W, H);
		struct picture_print before, after = print_taken(way->go(&p, seed));

		picture_print_of(&p, &before);
		may += may_be(&before, &after);
		found += alike(&before, &after);
	}
	printf("%s: %zu of %zu found by prints, %zu by looks\n", way->what, may, n, found);
	assert_true((double)found >= way->least * (double)n);
}

static void the_same_photo_is_found_after_its_ways(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ways); i++)
		the_same_photo_is_found_after_a_way(&ways[i]);
}

/* ---- what is not ---- */

static void different_photos_are_hardly_ever_alike(void **state)
{
	size_t n = how_many(), may = 0, wrong = 0;
	struct picture_print *v = mem_take(n, sizeof *v);
	double pairs = (double)n * (double)(n - 1) / 2;

	(void)state;
	assert_non_null(v);
	for (size_t i = 0; i < n; i++) {
		v[i] = print_taken(scene(i + 1, W, H));
		for (size_t k = 0; k < i; k++) {
			may += may_be(&v[k], &v[i]);
			wrong += alike(&v[k], &v[i]);
		}
	}
	mem_drop(v);
	printf("different: of %.0f pairs %zu by prints, %zu by looks\n", pairs, may, wrong);
	assert_true((double)wrong <= 2e-5 * pairs);
}

/* Before and after repair, from one spot: told as alike, and rightly looked at by a person. */
static void the_same_place_with_one_thing_changed_is_told(void **state)
{
	size_t n = how_many() / EACH, found = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= n; seed++) {
		struct picture_print a = print_taken(scene(seed, W, H));
		struct picture_print b = print_taken(scene_changed(seed, W, H));

		found += alike(&a, &b);
	}
	printf("one thing changed: %zu of %zu alike\n", found, n);
	assert_true(found > n / 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_photo_is_found_after_its_ways),
		cmocka_unit_test(different_photos_are_hardly_ever_alike),
		cmocka_unit_test(the_same_place_with_one_thing_changed_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
