/* json_read.c - what is strict JSON comes in whole, and nothing else comes in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/dice.h"
#include "base/json.h"
#include "base/json_read.h"

static enum err read_text(const char *text, struct arena *a, const struct json_node **ret,
			  struct fault *f)
{
	return json_read(str_of(text), &json_limits_request, a, ret, f);
}

static struct arena *new_arena(void)
{
	struct arena *a = NULL;

	assert_int_equal(arena_new(64 << 20, &a), OK);
	return a;
}

static void a_document_is_read_as_it_was_meant(void **state)
{
	CLEANUP(arena_end) struct arena *a = new_arena();
	const struct json_node *v = NULL, *list;
	struct fault f = { 0 };

	(void)state;
	assert_int_equal(read_text(" {\"name\":\"\\u524d哨\\n\",\"n\":9007199254740993,"
				   "\"list\":[null,true,false,-0.5,[],{}],\"\":\"\"} ",
				   a, &v, &f),
			 OK);
	assert_int_equal(v->is, JSON_IS_MAP);
	assert_int_equal(v->n, 4);
	assert_true(str_eq(json_at(v, "name")->text, STR("前哨\n")));
	assert_int_equal(json_at(v, "n")->i, 9007199254740993);
	list = json_at(v, "list");
	assert_int_equal(list->n, 6);
	assert_int_equal(list->items[0].is, JSON_IS_NULL);
	assert_true(list->items[1].is == JSON_IS_BOOL && list->items[1].i == 1);
	assert_true(list->items[2].is == JSON_IS_BOOL && list->items[2].i == 0);
	assert_true(list->items[3].is == JSON_IS_REAL && list->items[3].f == -0.5);
	assert_true(list->items[4].is == JSON_IS_LIST && list->items[4].n == 0);
	assert_true(list->items[5].is == JSON_IS_MAP && list->items[5].n == 0);
	assert_non_null(json_at(v, ""));
	assert_null(json_at(v, "nam"));
	assert_null(json_at(list, "name"));
}

static void what_other_readers_let_pass_is_refused(void **state)
{
	static const struct {
		const char *text;
		enum err e;
		const char *where;
	} bad[] = {
		{ "", ERR_SYNTAX, "line 1, column 0" },
		{ "1", ERR_SYNTAX, NULL },
		{ "null", ERR_SYNTAX, NULL },
		{ "{\"a\":1,\n\"a\":2}", ERR_SYNTAX, "line 2, column 3" },
		{ "{\"a\":01}", ERR_SYNTAX, NULL },
		{ "{\"a\":+1}", ERR_SYNTAX, NULL },
		{ "{\"a\":.5}", ERR_SYNTAX, NULL },
		{ "{\"a\":NaN}", ERR_SYNTAX, NULL },
		{ "{\"a\":1e400}", ERR_RANGE, NULL },
		{ "{\"a\":9223372036854775808}", ERR_RANGE, NULL },
		{ "[1,]", ERR_SYNTAX, NULL },
		{ "[1 2]", ERR_SYNTAX, NULL },
		{ "{a:1}", ERR_SYNTAX, NULL },
		{ "['a']", ERR_SYNTAX, NULL },
		{ "[1] // why", ERR_SYNTAX, NULL },
		{ "[1][2]", ERR_SYNTAX, NULL },
		{ "\xEF\xBB\xBF[]", ERR_SYNTAX, NULL },
		{ "[\"\xFF\"]", ERR_ENCODING, NULL },
		{ "[\"\xED\xA0\x80\"]", ERR_ENCODING, NULL },
		{ "[\"\\ud800\"]", ERR_SYNTAX, NULL },
		{ "[\"a\\u0000b\"]", ERR_SYNTAX, NULL },
		{ "{\"a\\u0000\":1}", ERR_SYNTAX, NULL },
		{ "[\"a\nb\"]", ERR_SYNTAX, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		CLEANUP(arena_end) struct arena *a = new_arena();
		const struct json_node *v = NULL;
		struct fault f = { 0 };

		assert_int_equal(read_text(bad[i].text, a, &v, &f), bad[i].e);
		assert_null(v);
		assert_true(f.zh[0] && f.en[0] && f.where[0]);
		if (bad[i].where)
			assert_string_equal(f.where, bad[i].where);
	}
}

static void limits_are_kept_before_anything_is_built(void **state)
{
	const struct json_limits limits = { .bytes_max = 40, .nodes_max = 5, .depth_max = 3 };
	static const struct {
		const char *text;
		enum err e;
	} tries[] = {
		{ "[[[]]]", OK },
		{ "[[[[]]]]", ERR_TOO_LARGE },
		{ "[[[{}]]]", ERR_TOO_LARGE },
		{ "[1,2,3,4]", OK },
		{ "[1,2,3,4,5]", ERR_TOO_LARGE },
		{ "[\"[[[[,,,,,,,,\\\"[[[[\"]", OK },
		{ "[\"                                  \"]", OK },
		{ "[\"                                     \"]", ERR_TOO_LARGE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(tries); i++) {
		CLEANUP(arena_end) struct arena *a = new_arena();
		const struct json_node *v = NULL;

		assert_int_equal(json_read(str_of(tries[i].text), &limits, a, &v, NULL),
				 tries[i].e);
	}
}

static void a_deep_document_is_refused_and_no_stack_is_lost(void **state)
{
	CLEANUP(arena_end) struct arena *a = new_arena();
	CLEANUP(buf_release) struct buf b = { 0 };
	const struct json_node *v = NULL;
	struct json_limits wide = { .bytes_max = SIZE_MAX, .nodes_max = SIZE_MAX, .depth_max = 8 };

	(void)state;
	for (int i = 0; i < 100000; i++)
		buf_char(&b, '[');
	assert_int_equal(json_read(buf_view(&b), &wide, a, &v, NULL), ERR_TOO_LARGE);
	wide.depth_max = UINT32_MAX; /* jansson has its own end of it, at 2,048 */
	assert_int_equal(json_read(buf_view(&b), &wide, a, &v, NULL), ERR_SYNTAX);
}

/* ---- random documents ---- */

static void write_random(struct json *j, struct dice *d, int depth)
{
	static const char *const texts[] = {
		"", "a", "上海", "\"", "\\\\", "\n\x02", "é𠀀", "</b>"
	};
	uint32_t kind = dice_below(d, depth > 5 ? 5 : 9), n = dice_below(d, 5);
	int64_t i = (int64_t)(dice_next(d) >> dice_below(d, 64));

	if (depth == 0)
		kind = 5 + kind % 2;
	switch (kind) {
	case 0: json_nil(j); return;
	case 1: json_bool(j, i & 1); return;
	case 2: json_i64(j, i); return;
	case 3: json_f64(j, (double)(i >> 14) + 0.5); return;
	case 4: json_str(j, str_of(texts[dice_below(d, ARRAY_LEN(texts))])); return;
	default: break;
	}
	json_open(j, kind % 2 ? '[' : '{');
	for (uint32_t k = 0; k < n; k++) {
		if (kind % 2 == 0)
			json_key(j, texts[(k * 3 + 1) % ARRAY_LEN(texts)]);
		write_random(j, d, depth + 1);
	}
	json_close(j, kind % 2 ? ']' : '}');
}

static void write_node(struct json *j, const struct json_node *v)
{
	switch (v->is) {
	case JSON_IS_NULL: json_nil(j); return;
	case JSON_IS_BOOL: json_bool(j, v->i); return;
	case JSON_IS_INT: json_i64(j, v->i); return;
	case JSON_IS_REAL: json_f64(j, v->f); return;
	case JSON_IS_TEXT: json_str(j, v->text); return;
	case JSON_IS_LIST:
	case JSON_IS_MAP: break;
	}
	json_open(j, v->is == JSON_IS_LIST ? '[' : '{');
	for (size_t i = 0; i < v->n; i++) {
		if (v->is == JSON_IS_MAP)
			json_key(j, v->items[i].key.p);
		write_node(j, &v->items[i]);
	}
	json_close(j, v->is == JSON_IS_LIST ? ']' : '}');
}

static void what_was_read_and_written_again_is_the_same_and_no_part_of_it_is_read(void **state)
{
	struct dice d = { 7 };

	(void)state;
	for (int i = 0; i < 3000; i++) {
		CLEANUP(arena_end) struct arena *a = new_arena();
		CLEANUP(buf_release) struct buf one = { 0 }, two = { 0 };
		const struct json_node *v = NULL;
		struct json j;

		json_begin(&j, &one);
		write_random(&j, &d, 0);
		assert_int_equal(json_read(buf_view(&one), &json_limits_request, a, &v, NULL), OK);
		json_begin(&j, &two);
		write_node(&j, v);
		assert_true(str_eq(buf_view(&one), buf_view(&two)));
		for (size_t n = 0; i < 100 && n < one.n; n++)
			assert_int_not_equal(json_read((struct str){ one.p, n },
						       &json_limits_request, a, &v, NULL),
					     OK);
	}
}

/* ---- fields ---- */

static void fields_say_what_is_wrong_with_them(void **state)
{
	CLEANUP(arena_end) struct arena *a = new_arena();
	static const char *const keys[] = { "t", "id", "n", "b", "nil", NULL };
	const struct json_node *v = NULL;
	struct str text = STR("as it was");
	int64_t id = -1, n = -1;
	bool b = false;
	struct fault f = { 0 };

	(void)state;
	assert_int_equal(read_text("{\"t\":\"abc\",\"id\":\"430802001000000\",\"n\":5,\"b\":true,"
				   "\"nil\":null}",
				   a, &v, &f),
			 OK);
	assert_int_equal(json_only(v, keys, &f), OK);
	assert_int_equal(json_get_text(v, "absent", 3, &text, &f), OK);
	assert_int_equal(json_get_text(v, "nil", 3, &text, &f), OK);
	assert_true(str_eq(text, STR("as it was")));
	assert_int_equal(json_get_text(v, "t", 3, &text, &f), OK);
	assert_true(str_eq(text, STR("abc")));
	assert_int_equal(json_get_id(v, "id", &id, &f), OK);
	assert_int_equal(id, 430802001000000);
	assert_int_equal(json_get_i64(v, "n", 5, 5, &n, &f), OK);
	assert_int_equal(n, 5);
	assert_int_equal(json_get_bool(v, "b", &b, &f), OK);
	assert_true(b);
	assert_int_equal(json_need(v, "t", &f), OK);
	assert_int_equal(f.code, OK);

	assert_int_equal(json_only(v, keys + 1, &f), ERR_SYNTAX);
	assert_string_equal(f.field, "t");
	assert_string_equal(f.zh, "t：没有这个字段");
	assert_string_equal(f.en, "t is no field here");
	f = (struct fault){ 0 };
	assert_int_equal(json_get_i64(v, "n", -7, 4, &n, &f), ERR_RANGE);
	assert_string_equal(f.zh, "n：应在 -7 与 4 之间");
	assert_string_equal(f.en, "n must be from -7 to 4");
	assert_string_equal(f.field, "n");
	assert_int_equal(json_get_i64(v, "n", 6, 7, &n, NULL), ERR_RANGE);
	assert_int_equal(json_get_i64(v, "t", 6, 7, &n, NULL), ERR_SYNTAX);
	assert_int_equal(json_get_text(v, "t", 2, &text, NULL), ERR_RANGE);
	assert_int_equal(json_get_text(v, "n", 2, &text, NULL), ERR_SYNTAX);
	assert_int_equal(json_get_bool(v, "n", &b, NULL), ERR_SYNTAX);
	assert_int_equal(json_need(v, "nil", NULL), ERR_SYNTAX);
	assert_int_equal(json_need(v, "absent", NULL), ERR_SYNTAX);
	assert_int_equal(json_only(json_at(v, "n"), keys, NULL), ERR_SYNTAX);
}

static void an_id_is_written_in_one_way_only(void **state)
{
	static const char *const bad[] = {
		"0", "00", "01", "-1", "+1", " 1", "1 ", "1.0", "x", "", "9223372036854775808"
	};
	CLEANUP(arena_end) struct arena *a = new_arena();
	const struct json_node *v = NULL;
	int64_t id = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		CLEANUP(buf_release) struct buf b = { 0 };

		buf_fmt(&b, "{\"id\":\"%s\"}", bad[i]);
		assert_int_equal(json_read(buf_view(&b), &json_limits_request, a, &v, NULL), OK);
		assert_int_equal(json_get_id(v, "id", &id, NULL), ERR_SYNTAX);
	}
	assert_int_equal(read_text("{\"id\":7}", a, &v, NULL), OK);
	assert_int_equal(json_get_id(v, "id", &id, NULL), ERR_SYNTAX);
	assert_int_equal(read_text("{\"id\":\"9223372036854775807\"}", a, &v, NULL), OK);
	assert_int_equal(json_get_id(v, "id", &id, NULL), OK);
	assert_int_equal(id, INT64_MAX);
}

static void out_of_memory_is_said_and_nothing_is_given(void **state)
{
	uint64_t k;

	(void)state;
	for (k = 1;; k++) {
		CLEANUP(arena_end) struct arena *a = new_arena();
		const struct json_node *v = NULL;
		enum err e;

		mem_fail_at(k, true);
		e = read_text("{\"a\":[1,\"two\",{}],\"b\":null}", a, &v, NULL);
		mem_fail_at(0, false);
		if (!e)
			break;
		assert_int_equal(e, ERR_MEMORY);
		assert_null(v);
	}
	assert_true(k > 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_document_is_read_as_it_was_meant),
		cmocka_unit_test(what_other_readers_let_pass_is_refused),
		cmocka_unit_test(limits_are_kept_before_anything_is_built),
		cmocka_unit_test(a_deep_document_is_refused_and_no_stack_is_lost),
		cmocka_unit_test(
			what_was_read_and_written_again_is_the_same_and_no_part_of_it_is_read),
		cmocka_unit_test(fields_say_what_is_wrong_with_them),
		cmocka_unit_test(an_id_is_written_in_one_way_only),
		cmocka_unit_test(out_of_memory_is_said_and_nothing_is_given),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
