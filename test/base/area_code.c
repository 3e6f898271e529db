/* area_code.c - codes of the administrative tree. */
#include "base/area.h"
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

static void lists_write_codes_of_six_lengths_and_all_are_read(void **state)
{
	static const struct {
		const char *text;
		int64_t v;
		enum area_level level;
	} cases[] = {
		{ "0", 0, AREA_NATION },
		{ "43", 430000000000000, AREA_PROVINCE },
		{ "4308", 430800000000000, AREA_CITY },
		{ "430802", 430802000000000, AREA_COUNTY },
		{ "430802001", 430802001000000, AREA_TOWNSHIP },
		{ "430802001003", 430802001003000, AREA_VILLAGE },
		{ "430802001003012", 430802001003012, AREA_CELL },
		{ "430802000000000", 430802000000000, AREA_COUNTY },
		{ "430800000000", 430800000000000, AREA_CITY },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(code(cases[i].text).v, cases[i].v);
		assert_int_equal(area_level(code(cases[i].text)), cases[i].level);
	}
}

static void what_is_no_code_is_refused_and_writes_nothing(void **state)
{
	static const struct {
		const char *text;
		enum err e;
	} cases[] = {
		{ "", ERR_SYNTAX },
		{ "4x", ERR_SYNTAX },
		{ "-43", ERR_SYNTAX },
		{ " 43", ERR_SYNTAX },
		{ "430", ERR_RANGE },
		{ "4308020010030120", ERR_RANGE },
		{ "99999999999999999999", ERR_RANGE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct area_code a = { 7 };

		assert_int_equal(area_parse(str_of(cases[i].text), &a), cases[i].e);
		assert_int_equal(a.v, 7);
	}
}

static void the_county_of_a_village_is_its_first_six_digits(void **state)
{
	(void)state;
	assert_int_equal(area_county(code("430802001003")).v, code("430802").v);
	assert_int_equal(area_county(code("4308")).v, code("4308").v);
	assert_int_equal(area_county(code("0")).v, 0);
}

/* The slow way: fifteen digits as text, cut into parts. */
static const unsigned ends[AREA_LEVEL_N] = { 0, 2, 4, 6, 9, 12, 15 };

static bool slow_covers(struct area_code a, struct area_code b)
{
	char x[AREA_TEXT_BYTES], y[AREA_TEXT_BYTES];

	area_text(a, x);
	area_text(b, y);
	return memcmp(x, y, ends[area_level(a)]) == 0;
}

static struct area_code draw(struct dice *d)
{
	static const unsigned widths[] = { 2, 2, 2, 3, 3, 3 };
	unsigned level = dice_below(d, AREA_LEVEL_N);
	struct area_code a = { 0 };

	for (unsigned i = 0; i < 6; i++)
		for (unsigned k = 0; k < widths[i]; k++)
			a.v = a.v * 10 + (i < level && k + 1 == widths[i] ? dice_below(d, 3) : 0);
	return a;
}

static void arithmetic_agrees_with_cutting_text(void **state)
{
	struct dice d = { 1 };

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct area_code a = draw(&d), b = draw(&d), back;
		char text[AREA_TEXT_BYTES];

		assert_true(area_valid(a));
		assert_int_equal(area_covers(a, b), slow_covers(a, b));
		area_text(a, text);
		assert_int_equal(area_parse(str_of(text), &back), OK);
		assert_int_equal(back.v, a.v);
		assert_true(area_covers(area_parent(a), a));
		for (int level = 0; level < AREA_LEVEL_N; level++) {
			struct area_code up = area_at(a, (enum area_level)level);

			assert_true(area_covers(up, a));
			assert_true(area_level(up) <= (enum area_level)level);
		}
	}
}

static void a_skipped_level_hangs_its_children_on_the_one_above(void **state)
{
	struct area_code dongcheng = code("441900003"), village = code("441900003005");

	(void)state;
	assert_int_equal(area_parent(village).v, dongcheng.v);
	assert_int_equal(area_parent(dongcheng).v, code("4419").v);
	assert_int_equal(area_level(area_county(village)), AREA_CITY);
	assert_true(area_covers(code("4419"), village));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_write_codes_of_six_lengths_and_all_are_read),
		cmocka_unit_test(what_is_no_code_is_refused_and_writes_nothing),
		cmocka_unit_test(the_county_of_a_village_is_its_first_six_digits),
		cmocka_unit_test(arithmetic_agrees_with_cutting_text),
		cmocka_unit_test(a_skipped_level_hangs_its_children_on_the_one_above),
	};

	return cmocka_run_group_tests_name("area", tests, NULL, NULL);
}
