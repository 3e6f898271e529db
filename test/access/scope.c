/* scope.c - a few subtrees of the administrative tree, held against sets of areas. */
#include "access/scope.h"
#include "base/dice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/ban.h"

static struct area_code code(const char *text)
{
	struct area_code a = { -1 };

	assert_int_equal(area_parse(str_of(text), &a), OK);
	return a;
}

static struct scope scope_of(const char *text)
{
	struct scope s;

	assert_int_equal(scope_parse(str_of(text), &s, NULL), OK);
	return s;
}

static void a_scope_reaches_its_areas_and_what_lies_below(void **state)
{
	struct scope s = scope_of("430802 4311");

	(void)state;
	assert_true(scope_covers(&s, code("430802")));
	assert_true(scope_covers(&s, code("430802001003")));
	assert_true(scope_covers(&s, code("431103")));
	assert_false(scope_covers(&s, code("4308")));
	assert_false(scope_covers(&s, code("430811")));
	assert_false(scope_covers(&s, code("0")));
}

static void an_account_without_areas_reaches_nothing(void **state)
{
	struct scope s = scope_of("");

	(void)state;
	assert_int_equal(s.n, 0);
	assert_false(scope_covers(&s, code("430802")));
	assert_int_equal(scope_within(&s, code("0")).n, 0);
}

static void an_area_inside_another_is_not_kept_twice(void **state)
{
	struct scope s = scope_of("430802001 430802 430802003");

	(void)state;
	assert_int_equal(s.n, 1);
	assert_int_equal(s.v[0].v, code("430802").v);
}

static void the_seventeenth_area_is_refused_and_changes_nothing(void **state)
{
	struct scope s = { 0 }, before;
	struct fault f = { 0 };

	(void)state;
	for (int i = 1; i <= SCOPE_MAX; i++)
		assert_int_equal(scope_add(&s, (struct area_code){ i * 10000000000000LL }, &f), OK);
	before = s;
	assert_int_equal(scope_add(&s, code("43"), &f), ERR_FULL);
	assert_memory_equal(&s, &before, sizeof(s));
	assert_int_equal(scope_add(&s, code("0"), &f), OK);
	assert_int_equal(s.n, 1);
}

static void what_is_no_list_of_areas_is_refused_and_writes_nothing(void **state)
{
	static const char *const bad[] = { " ", "43  44", "43,44", "x", "430", "43 " };
	struct scope s = scope_of("43"), before = s;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad) - 1; i++) {
		assert_int_not_equal(scope_parse(str_of(bad[i]), &s, NULL), OK);
		assert_memory_equal(&s, &before, sizeof(s));
	}
}

/* A tree small enough to count: provinces 1-3 of cities 1-3 of counties 1-3, and the nation. */
enum { NODES = 1 + 3 + 9 + 27 };
static struct area_code node[NODES];

static void grow(void)
{
	int n = 0;

	node[n++] = (struct area_code){ 0 };
	for (int64_t p = 1; p <= 3; p++)
		for (int64_t c = 0; c <= 3; c++)
			for (int64_t d = 0; d <= (c ? 3 : 0); d++)
				node[n++] =
					(struct area_code){ p * 10000000000000LL +
							    c * 100000000000LL + d * 1000000000LL };
	assert_int_equal(n, NODES);
}

static bool slow_covers(const bool chosen[NODES], int i)
{
	for (int k = 0; k < NODES; k++)
		for (struct area_code up = node[i]; chosen[k]; up = area_parent(up)) {
			if (up.v == node[k].v)
				return true;
			if (up.v == 0)
				break;
		}
	return false;
}

/* Does the way up from something chosen pass here? */
static bool slow_passes(const bool chosen[NODES], int i)
{
	for (int k = 0; k < NODES; k++)
		for (struct area_code up = node[k]; chosen[k]; up = area_parent(up)) {
			if (up.v == node[i].v)
				return true;
			if (up.v == 0)
				break;
		}
	return false;
}

static void the_way_up_is_what_is_passed(const struct scope *s, const bool chosen[NODES])
{
	struct area_code above[SCOPE_ABOVE_MAX];
	size_t n = scope_above(s, above);

	for (int i = 0; i < NODES; i++) {
		bool has = slow_covers(chosen, i), passes = slow_passes(chosen, i);
		size_t times = 0;

		for (size_t k = 0; k < n; k++)
			times += above[k].v == node[i].v;
		assert_int_equal(times, node[i].v && passes && !has);
		assert_int_equal(has || scope_under(s, node[i]), has || passes);
	}
}

/*
 * Random sets of areas: coverage, the way up, intersection, text and order against the tree walked
 * by hand.
 */
static void scopes_are_the_sets_of_areas_they_stand_for(void **state)
{
	(void)state;
	grow();
	for (uint64_t seed = 1; seed <= 3000; seed++) {
		struct dice d = { seed };
		bool chosen[NODES] = { false };
		struct scope s = { 0 }, back, in;
		char text[SCOPE_TEXT_BYTES];
		int asked = (int)dice_below(&d, NODES);
		bool all = true;
		size_t n;

		for (uint32_t k = dice_below(&d, 9); k > 0; k--) {
			uint32_t i = dice_below(&d, NODES);

			chosen[i] = true;
			assert_int_equal(scope_add(&s, node[i], NULL), OK);
		}
		in = scope_within(&s, node[asked]);
		for (int i = 0; i < NODES; i++) {
			bool has = slow_covers(chosen, i);
			bool below = area_covers(node[asked], node[i]);

			assert_int_equal(scope_covers(&s, node[i]), has);
			assert_int_equal(scope_covers(&in, node[i]), has && below);
		}
		for (size_t i = 1; i < s.n; i++)
			assert_true(s.v[i].v >= area_end(s.v[i - 1]).v);
		the_way_up_is_what_is_passed(&s, chosen);
		assert_true(scope_holds(&s, &in));
		for (size_t i = 0; i < s.n; i++)
			all = all && area_covers(node[asked], s.v[i]);
		assert_int_equal(scope_holds(&in, &s), all);
		n = scope_text(&s, text);
		assert_int_equal(n, strlen(text));
		assert_int_equal(scope_parse(str_of(text), &back, NULL), OK);
		assert_int_equal(back.n, s.n);
		assert_memory_equal(back.v, s.v, s.n * sizeof(*s.v));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_scope_reaches_its_areas_and_what_lies_below),
		cmocka_unit_test(an_account_without_areas_reaches_nothing),
		cmocka_unit_test(an_area_inside_another_is_not_kept_twice),
		cmocka_unit_test(the_seventeenth_area_is_refused_and_changes_nothing),
		cmocka_unit_test(what_is_no_list_of_areas_is_refused_and_writes_nothing),
		cmocka_unit_test(scopes_are_the_sets_of_areas_they_stand_for),
	};

	return cmocka_run_group_tests_name("scope", tests, NULL, NULL);
}
