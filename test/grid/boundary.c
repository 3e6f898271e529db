/* boundary.c - outlines find their areas, and the map is made of them. */
#include "grid/boundary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/when.h"
#include "grid/area_http.h"
#include "support/desk.h"

#include "base/ban.h"

#define TODAY 20000

static const char hunan[] = "code,name,aliases,to,into\n"
			    "43,湖南省,,,\n"
			    "4301,长沙市,,,\n"
			    "430182,宁乡市,宁乡县,,\n"
			    "4302,株洲市,,,\n"
			    "430212,渌口区,,,\n"
			    "430221,株洲县,,2018-06-19,430212\n"
			    "4308,张家界市,,,\n"
			    "430802,永定区,,,\n"
			    "430811,武陵源区,,,\n"
			    "430812,武陵山区,,,\n";

static void write_file(const char *path, const char *text)
{
	CLEANUP(file_end) struct file *fl = NULL;

	assert_int_equal(file_open(path, FILE_REPLACE, &fl, NULL), OK);
	assert_int_equal(file_write(fl, text, strlen(text), NULL), OK);
	assert_int_equal(file_close(&fl, NULL), OK);
}

static void plant(struct database *d)
{
	const struct area_import_options o = { .from_day = AREA_DAY_FIRST };
	CLEANUP(area_import_end) struct area_import *i = NULL;

	write_file("tree", hunan);
	MUST(area_import_new(&o, &i));
	MUST(area_import_file(i, "tree", &d->fault));
	MUST(db_write(d->db, area_import_run, i, &d->fault));
	assert_int_equal(area_import_account(i).accepted, 10);
}

struct told { char text[2000]; };

static void tell(void *arg, const struct area_import_refusal *r)
{
	struct told *t = arg;
	size_t n = strlen(t->text);

	assert_true(r->why_zh[0]);
	(void)snprintf(t->text + n, sizeof t->text - n, "%s:%d %s\n", r->file, (int)r->number,
		       r->why_en);
}

/* Features as "properties" of squares, beside each other; "!" as a point, which is no outline. */
static void write_map(const char *path, const char *const *properties)
{
	CLEANUP(buf_release) struct buf b = { 0 };

	buf_lit(&b, "{\"type\":\"FeatureCollection\",\"features\":[");
	for (int i = 0; properties[i]; i++) {
		bool point = properties[i][0] == '!';

		buf_fmt(&b, "%s{\"type\":\"Feature\",\"properties\":{%s},\"geometry\":{",
			i ? "," : "", properties[i] + point);
		if (point)
			buf_lit(&b, "\"type\":\"Point\",\"coordinates\":[0,0]}}");
		else
			buf_fmt(&b,
				"\"type\":\"Polygon\",\"coordinates\":[[[%d,0],[%d,0],[%d,1],"
				"[%d,1],[%d,0]]]}}",
				i, i + 1, i + 1, i, i);
	}
	buf_lit(&b, "]}");
	buf_char(&b, '\0');
	assert_int_equal(b.failed, OK);
	write_file(path, b.p);
}

/* Import "map"; the account as "features accepted refused areas", then the refusals. */
static void import_is(struct database *d, const struct boundary_import_options *o,
		      const char *account)
{
	CLEANUP(boundary_import_end) struct boundary_import *i = NULL;
	struct boundary_import_account n;
	struct told told;

	MUST(boundary_import_new(o, &i, &d->fault));
	MUST(boundary_import_file(i, "map", &d->fault));
	MUST(db_read(d->db, boundary_import_match, i, &d->fault));
	MUST(boundary_import_thin(i));
	MUST(db_write(d->db, boundary_import_run, i, &d->fault));
	n = boundary_import_account(i);
	(void)snprintf(told.text, sizeof told.text, "%d %d %d %d\n", (int)n.features,
		       (int)n.accepted, (int)n.refused, (int)n.areas);
	boundary_import_refused(i, tell, &told);
	assert_string_equal(told.text, account);
}

static struct boundary_import_options drawn_by(const char *source, const char *review)
{
	return (struct boundary_import_options){ .under = { 430000000000000 },
						 .today = TODAY,
						 .source = str_of(source),
						 .review = str_of(review) };
}

static const struct route_list *const grid_routes[] = { &area_routes };

/* The map of an area as the console gets it. */
static void map_of(struct desk *k, const struct visitor *v, const char *code, struct answer *ret)
{
	char target[100];

	answer_end(ret);
	(void)snprintf(target, sizeof target, "/api/v1/areas/%s/boundary", code);
	desk_ask(k, v, "GET", target, NULL, NULL, ret);
	assert_int_equal(ret->status, 200);
}

static void ends_with(const struct answer *a, const char *text)
{
	assert_true(a->body.n >= strlen(text));
	assert_memory_equal(a->body.p + a->body.n - strlen(text), text, strlen(text));
}

static void open_desk(struct desk *k, struct database *d, struct visitor *v)
{
	desk_open(k, d, grid_routes[0], 1);
	k->now = TODAY * 86400LL;
	desk_account(k, "lead", role_bit(ROLE_AREA_LEAD), "43");
	desk_sign_in(k, "lead", v);
}

static void outlines_find_their_areas_by_code_or_by_name(void **state)
{
	struct database *d = *state;
	const struct boundary_import_options o = drawn_by("测绘院", "");

	plant(d);
	write_map("map",
		  (const char *const[]){
			  "\"code\":\"430802\"",
			  "\"id\":430221,\"name\":\"株洲县\"", /* merged since */
			  "\"id\":430124,\"name\":\"宁乡县\"", /* unknown code, a known name */
			  "\"name\":\"张家界\"",               /* beginning of one alone */
			  "\"name\":\"永定区\"",               /* not right below Hunan */
			  "\"id\":430899,\"name\":\"武陵\"",   /* of two */
			  "\"id\":430899", "\"x\":1", "!\"code\":\"430802\"",
			  "\"code\":\"430802\",\"name\":\"飞地\"", /* its second part */
			  NULL });
	import_is(d, &o,
		  "10 5 5 4\n"
		  "map:5 there is no area of this code or name\n"
		  "map:6 more than one area's name begins so\n"
		  "map:7 there is no area of this code\n"
		  "map:8 it has no code and no name\n"
		  "map:9 its geometry is no Polygon or MultiPolygon\n");
}

static void a_map_needs_a_source(void **state)
{
	struct database *d = *state;
	const struct boundary_import_options o = drawn_by("", "GS(2026)1号");
	struct boundary_import *i = NULL;

	MUST_FAIL(boundary_import_new(&o, &i, &d->fault), ERR_USAGE);
	assert_null(i);
}

static void the_map_of_an_area_shows_those_below_it_and_who_drew_them(void **state)
{
	struct database *d = *state;
	struct boundary_import_options o = drawn_by("测绘院", "湘S(2026)001号");
	CLEANUP(desk_close) struct desk k = { 0 };
	struct visitor v;
	CLEANUP(answer_end) struct answer a = { 0 };

	plant(d);
	open_desk(&k, d, &v);
	map_of(&k, &v, "4308", &a);
	assert_true(answer_holds(&a, "\"features\":[]"));
	write_map("map",
		  (const char *const[]){ "\"code\":\"430802\"", "\"code\":\"430811\"", NULL });
	import_is(d, &o, "2 2 0 2\n");
	map_of(&k, &v, "4308", &a);
	ends_with(&a, "{\"type\":\"FeatureCollection\",\"features\":["
		      "{\"type\":\"Feature\",\"properties\":{\"code\":\"430802000000000\","
		      "\"zh\":\"永定区\",\"en\":null},\"geometry\":{\"type\":\"MultiPolygon\","
		      "\"coordinates\":[[[[0,0],[1,0],[1,1],[0,1],[0,0]]]]}},"
		      "{\"type\":\"Feature\",\"properties\":{\"code\":\"430811000000000\","
		      "\"zh\":\"武陵源区\",\"en\":null},\"geometry\":{\"type\":\"MultiPolygon\","
		      "\"coordinates\":[[[[1,0],[2,0],[2,1],[1,1],[1,0]]]]}}],"
		      "\"source\":\"测绘院\",\"review\":\"湘S(2026)001号\"}");
	map_of(&k, &v, "43", &a);
	assert_true(answer_holds(&a, "\"features\":[]"));
	o = drawn_by("另一家", ""); /* takes the place of the old one; it was not reviewed */
	write_map("map", (const char *const[]){ "\"code\":\"430802\"", NULL });
	import_is(d, &o, "1 1 0 1\n");
	map_of(&k, &v, "4308", &a);
	ends_with(&a, "\"source\":\"另一家; 测绘院\",\"review\":null}");
}

static void a_map_that_did_not_change_is_not_sent_again(void **state)
{
	struct database *d = *state;
	const struct boundary_import_options o = drawn_by("测绘院", "");
	CLEANUP(desk_close) struct desk k = { 0 };
	char header[100];
	struct visitor v;
	struct str tag;
	CLEANUP(answer_end) struct answer a = { 0 };

	plant(d);
	open_desk(&k, d, &v);
	write_map("map", (const char *const[]){ "\"code\":\"430802\"", NULL });
	import_is(d, &o, "1 1 0 1\n");
	map_of(&k, &v, "4308", &a);
	assert_true(str_eq(answer_header(&a, "Cache-Control"), STR("no-cache")));
	tag = answer_header(&a, "ETag");
	(void)snprintf(header, sizeof header, "If-None-Match: %.*s\r\n", (int)tag.n, tag.p);
	answer_end(&a);
	desk_ask(&k, &v, "GET", "/api/v1/areas/4308/boundary", header, NULL, &a);
	assert_int_equal(a.status, 304);
	write_map("map", (const char *const[]){ "\"x\":1", "\"code\":\"430802\"", NULL });
	import_is(d, &o, "2 1 1 1\nmap:1 it has no code and no name\n");
	answer_end(&a);
	desk_ask(&k, &v, "GET", "/api/v1/areas/4308/boundary", header, NULL, &a);
	assert_int_equal(a.status, 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(outlines_find_their_areas_by_code_or_by_name),
		ON_SQLITE(a_map_needs_a_source),
		ON_BOTH(the_map_of_an_area_shows_those_below_it_and_who_drew_them),
		ON_BOTH(a_map_that_did_not_change_is_not_sent_again),
	};

	return cmocka_run_group_tests_name("boundary", tests, NULL, NULL);
}
