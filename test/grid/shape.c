/* shape.c - outlines from GeoJSON, thinned with their neighbours. */
#include "grid/shape.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/dice.h"
#include "base/json_read.h"
#include "base/memory.h"

#include "base/ban.h"

static void read_all(struct shapes *s, const char *text)
{
	struct fault f = { 0 };

	if (shapes_read(s, str_of(text), &f) != OK)
		fail_msg("%s", f.en);
}

static void written_is(const struct shapes *s, size_t i, const char *expected)
{
	CLEANUP(buf_release) struct buf b = { 0 };

	assert_int_equal(shapes_write(s, &i, 1, &b), OK);
	buf_char(&b, '\0');
	assert_string_equal(b.p, expected);
}

#define FEATURE(id, properties, type, coordinates) \
	"{\"type\":\"Feature\"," id "\"properties\":{" properties \
	"},\"geometry\":{\"type\":\"" type "\",\"coordinates\":" coordinates "}}"
#define SQUARE "[[[0,0],[1,0],[1,1],[0,1],[0,0]]]"

static void features_are_read_and_written(void **state)
{
	CLEANUP(shapes_end) struct shapes *s = NULL;

	(void)state;
	assert_int_equal(shapes_new(&s), OK);
	read_all(s, FEATURE("", "\"name\":\"A\"", "Polygon",
			    "[[[-0.5,0],[1.25,0],[1.25,1.00004],[1.25,1],[-0.5,1],[-0.5,0]],"
			    "[[0,0.25],[0.5,0.25],[0.5,0.5],[0,0.25]]]"));
	read_all(s, FEATURE("", "\"name\":\"B\"", "MultiPolygon",
			    "[" SQUARE ",[[[2,2,99],[3,2,99],[2,3,99],[2,2,99]]]]"));
	assert_int_equal(shapes_n(s), 2);
	assert_int_equal(shapes_points(s, 0), 7);
	written_is(s, 0,
		   "{\"type\":\"MultiPolygon\",\"coordinates\":["
		   "[[[-0.5,0],[1.25,0],[1.25,1],[-0.5,1],[-0.5,0]],"
		   "[[0,0.25],[0.5,0.25],[0.5,0.5],[0,0.25]]]]}");
	written_is(s, 1,
		   "{\"type\":\"MultiPolygon\",\"coordinates\":["
		   "[[[0,0],[1,0],[1,1],[0,1],[0,0]]],[[[2,2],[3,2],[2,3],[2,2]]]]}");
}

static void a_code_is_found_wherever_it_is_written(void **state)
{
	static const char *const texts[] = {
		FEATURE("", "\"code\":\"430802\"", "Polygon", SQUARE),
		FEATURE("", "\"adcode\":430802,\"name\":\"永定区\"", "Polygon", SQUARE),
		FEATURE("", "\"id\":\"430802000000\"", "Polygon", SQUARE),
		FEATURE("\"id\":\"430802\",", "", "Polygon", SQUARE),
		FEATURE("\"id\":430802,", "\"code\":\"x\"", "Polygon", SQUARE),
	};
	CLEANUP(shapes_end) struct shapes *s = NULL;

	(void)state;
	assert_int_equal(shapes_new(&s), OK);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		read_all(s, texts[i]);
		assert_true(shapes_at(s, i).coded);
		assert_int_equal(shapes_at(s, i).code.v, 430802000000000);
	}
	assert_true(str_eq(shapes_at(s, 1).name, STR("永定区")));
}

static void what_cannot_be_drawn_is_kept_with_its_reason(void **state)
{
	static const struct {
		const char *text, *why;
	} v[] = {
		{ FEATURE("", "", "Point", "[1,2]"), "its geometry is no Polygon or MultiPolygon" },
		{ "{\"type\":\"Feature\",\"geometry\":null}",
		  "its geometry is no Polygon or MultiPolygon" },
		{ FEATURE("", "", "Polygon", "7"), "its geometry is no Polygon or MultiPolygon" },
		{ FEATURE("", "", "Polygon", "[[[12000000,3],[1,1],[1,2]]]"),
		  "its coordinates are no longitudes and latitudes" },
		{ FEATURE("", "", "Polygon", "[[[0],[1,1],[1,2]]]"),
		  "its coordinates are no longitudes and latitudes" },
		{ FEATURE("", "", "Polygon", "[[[0,0],[0.00001,0],[0,0.00001],[0,0]]]"),
		  "it is too small to be drawn" },
		{ FEATURE("", "", "MultiPolygon", "[]"), "it is too small to be drawn" },
	};
	CLEANUP(shapes_end) struct shapes *s = NULL;
	struct fault f = { 0 };

	(void)state;
	assert_int_equal(shapes_new(&s), OK);
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		read_all(s, v[i].text);
		assert_string_equal(shapes_at(s, i).unfit_en, v[i].why);
		assert_true(shapes_at(s, i).unfit_zh[0]);
		assert_int_equal(shapes_points(s, i), 0);
	}
	assert_int_equal(shapes_read(s, STR("{\"type\":\"Topology\"}"), &f), ERR_SYNTAX);
	assert_int_equal(shapes_read(s, STR("{\"type\":"), &f), ERR_SYNTAX);
	assert_int_equal(shapes_n(s), ARRAY_LEN(v));
}

/* ---- thinning, held against what it promises ------------------------------------------------ */

/*
 * A country of SIDE x SIDE areas. The borders between the crossings are crooked lines of STEPS
 * points; both neighbours have the same ones, in opposite directions.
 */
enum { SIDE = 4, STEPS = 60, EDGE = 50000 };
struct country {
	int x[2][SIDE + 1][SIDE + 1][STEPS], y[2][SIDE + 1][SIDE + 1][STEPS];
};

static void make_country(struct country *c, struct dice *d)
{
	for (int up = 0; up < 2; up++)
		for (int i = 0; i <= SIDE; i++)
			for (int k = 0; k <= SIDE; k++)
				for (int s = 0; s < STEPS; s++) {
					int along = s * 10000 / STEPS;
					int off = s ? (int)dice_below(d, 1200) - 600 : 0;

					c->x[up][i][k][s] = EDGE + i * 10000 + (up ? off : along);
					c->y[up][i][k][s] = EDGE + k * 10000 + (up ? along : off);
				}
}

static void put_line(struct buf *b, const struct country *c, int up, int i, int k, bool back)
{
	for (int n = 0; n < STEPS; n++) {
		int s = back ? STEPS - n : n; /* the far end is the first point of the next line */
		int x = s < STEPS ? c->x[up][i][k][s] : EDGE + (i + !up) * 10000;
		int y = s < STEPS ? c->y[up][i][k][s] : EDGE + (k + up) * 10000;

		buf_fmt(b, "[%d.%04d,%d.%04d],", x / 10000, x % 10000, y / 10000, y % 10000);
	}
}

static void put_area(struct buf *b, const struct country *c, int i, int k)
{
	buf_lit(b, "{\"type\":\"Feature\",\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[[");
	put_line(b, c, 0, i, k, false);
	put_line(b, c, 1, i + 1, k, false);
	put_line(b, c, 0, i, k + 1, true);
	put_line(b, c, 1, i, k, true);
	b->n--;
	buf_lit(b, "]]}}");
}

/* The sides of all areas, each as four numbers. */
struct sides { size_t n; double v[SIDE * SIDE * 4 * STEPS][4]; };

static void collect(const struct shapes *s, struct sides *ret)
{
	CLEANUP(arena_end) struct arena *a = NULL;
	const struct json_limits wide = { 1 << 24, 1 << 20, 12 };

	ret->n = 0;
	assert_int_equal(arena_new(64 << 20, &a), OK);
	for (size_t i = 0; i < shapes_n(s); i++) {
		CLEANUP(buf_release) struct buf b = { 0 };
		const struct json_node *top, *ring;

		assert_int_equal(shapes_write(s, &i, 1, &b), OK);
		assert_int_equal(json_read(buf_view(&b), &wide, a, &top, NULL), OK);
		ring = &json_at(top, "coordinates")->items[0].items[0];
		for (size_t k = 1; k < ring->n; k++) {
			double *v = ret->v[ret->n++];

			v[0] = ring->items[k - 1].items[0].f;
			v[1] = ring->items[k - 1].items[1].f;
			v[2] = ring->items[k].items[0].f;
			v[3] = ring->items[k].items[1].f;
		}
	}
}

static size_t turned(const struct sides *all, const double v[4])
{
	size_t n = 0;

	for (size_t i = 0; i < all->n; i++)
		n += all->v[i][0] == v[2] && all->v[i][1] == v[3] && all->v[i][2] == v[0] &&
		     all->v[i][3] == v[1];
	return n;
}

static double far(double x, double y, const double v[4])
{
	double dx = v[2] - v[0], dy = v[3] - v[1];
	double at = ((x - v[0]) * dx + (y - v[1]) * dy) / (dx * dx + dy * dy);

	at = at < 0 ? 0 : at > 1 ? 1 : at;
	return hypot(x - v[0] - at * dx, y - v[1] - at * dy);
}

/* Points of all borders, the slow way: how far is each from the nearest side that is left? */
static double farthest_point(const struct country *c, const struct sides *all)
{
	double most = 0;

	for (int up = 0; up < 2; up++)
		for (int i = 0; i <= SIDE - !up; i++)
			for (int k = 0; k <= SIDE - up; k++)
				for (int s = 0; s < STEPS; s++) {
					double least = 1e9;

					for (size_t n = 0; n < all->n; n++)
						least = fmin(least, far(c->x[up][i][k][s] / 1e4,
									c->y[up][i][k][s] / 1e4,
									all->v[n]));
					most = fmax(most, least);
				}
	return most;
}

static void read_country(struct shapes *s, const struct country *c)
{
	CLEANUP(buf_release) struct buf text = { 0 };

	buf_lit(&text, "{\"type\":\"FeatureCollection\",\"features\":[");
	for (int i = 0; i < SIDE * SIDE; i++) {
		if (i)
			buf_char(&text, ',');
		put_area(&text, c, i % SIDE, i / SIDE);
	}
	buf_lit(&text, "]}");
	assert_int_equal(text.failed, OK);
	assert_int_equal(shapes_read(s, buf_view(&text), NULL), OK);
	for (size_t i = 0; i < SIDE * SIDE; i++) {
		assert_int_equal(shapes_points(s, i), 4 * STEPS);
		shapes_group(s, i, 1);
	}
}

/* Each side within the country is there twice, once each way round; on the rim, once. */
static void neighbours_keep_their_common_border(void **state)
{
	static struct country c;
	static struct sides all;

	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		CLEANUP(shapes_end) struct shapes *s = NULL;
		size_t most = seed % 2 ? 40 : 100, alone = 0;
		struct dice d = { seed };

		make_country(&c, &d);
		assert_int_equal(shapes_new(&s), OK);
		read_country(s, &c);
		assert_int_equal(shapes_thin(s, 1, most), OK);
		collect(s, &all);
		for (size_t i = 0; i < SIDE * SIDE; i++)
			assert_in_range(shapes_points(s, i), 4, most);
		for (size_t i = 0; i < all.n; i++) {
			assert_in_range(turned(&all, all.v[i]), 0, 1);
			alone += turned(&all, all.v[i]) == 0;
		}
		assert_in_range(alone, 4 * SIDE, SIDE * 4 * most / 3);
		assert_true(farthest_point(&c, &all) < 0.09); /* borders wander by 0.06 */
	}
}

static void what_has_few_points_keeps_its_form(void **state)
{
	static struct country c;
	static struct sides all;
	CLEANUP(shapes_end) struct shapes *s = NULL;
	struct dice d = { 1 };

	(void)state;
	make_country(&c, &d);
	assert_int_equal(shapes_new(&s), OK);
	read_country(s, &c);
	assert_int_equal(shapes_thin(s, 1, 4 * STEPS), OK);
	collect(s, &all);
	assert_true(farthest_point(&c, &all) < 1e-9);
}

static void other_groups_are_left_as_they_are_and_no_area_is_lost(void **state)
{
	CLEANUP(shapes_end) struct shapes *s = NULL;

	(void)state;
	assert_int_equal(shapes_new(&s), OK);
	read_all(s, FEATURE("", "", "Polygon",
			    "[[[0,0],[1,0],[2,0.3],[3,0.1],[4,0],[4,1],[3,1.2],[2,1],[0,1]]]"));
	read_all(s, FEATURE("", "", "Polygon",
			    "[[[10,0],[11,0],[12,0.3],[13,0.1],[14,0],[14,1],[13,1.2],[12,1]]]"));
	read_all(s, FEATURE("", "", "MultiPolygon",
			    "[[[[20,20],[20.001,20],[20.001,20.001]]],"
			    "[[[21,20],[21.002,20],[21.002,20.002]]]]"));
	shapes_group(s, 0, 1);
	shapes_group(s, 2, 1);
	assert_int_equal(shapes_thin(s, 1, 4), OK);
	assert_in_range(shapes_points(s, 0), 3, 4);
	assert_int_equal(shapes_points(s, 1), 8);
	assert_true(shapes_points(s, 2) >= 3);
}

static void no_allocation_may_fail_unnoticed(void **state)
{
	const char *text = FEATURE("", "\"name\":\"A\"", "Polygon",
				   "[[[0,0],[1,0],[2,0.3],[3,0.1],[4,0],[4,1],[3,1.2],[0,1]]]");
	enum err e = ERR_MEMORY;

	(void)state;
	for (uint64_t k = 1; e == ERR_MEMORY; k++) {
		CLEANUP(shapes_end) struct shapes *s = NULL;
		CLEANUP(buf_release) struct buf b = { 0 };
		size_t first = 0;

		mem_fail_at(k, false);
		if (!(e = shapes_new(&s)) && !(e = shapes_read(s, str_of(text), NULL))) {
			shapes_group(s, 0, 1);
			if (!(e = shapes_thin(s, 1, 4)))
				e = shapes_write(s, &first, 1, &b);
		}
		mem_fail_at(0, false);
		assert_true(k < 1000);
	}
	assert_int_equal(e, OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(features_are_read_and_written),
		cmocka_unit_test(a_code_is_found_wherever_it_is_written),
		cmocka_unit_test(what_cannot_be_drawn_is_kept_with_its_reason),
		cmocka_unit_test(neighbours_keep_their_common_border),
		cmocka_unit_test(what_has_few_points_keeps_its_form),
		cmocka_unit_test(other_groups_are_left_as_they_are_and_no_area_is_lost),
		cmocka_unit_test(no_allocation_may_fail_unnoticed),
	};

	return cmocka_run_group_tests_name("shape", tests, NULL, NULL);
}
