/* record_words.c - search, pinyin, cursors, and which column of a file is which field. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/dice.h"
#include "record/cursor.h"
#include "record/match.h"
#include "record/pinyin.h"
#include "record/row.h"
#include "record/search.h"
#include "support/well.h"

/* ---- pinyin --------------------------------------------------------------------------------- */

static void initials(const char *text, const char *wanted)
{
	CLEANUP(buf_release) struct buf b = { 0 };

	pinyin_initials(str_of(text), &b);
	buf_char(&b, '\0');
	assert_string_equal(b.p, wanted);
}

static void initials_are_how_chinese_is_read(void **unused)
{
	(void)unused;
	initials("张家界市", "zjjs");
	initials("永定区", "ydq");
	initials("长沙", "cs");
	initials("第2中学 A座", "d2zxaz");
	initials("", "");
	initials("𠮷·…", "");
}

/* ---- search --------------------------------------------------------------------------------- */

static bool finds_in(const char *q, const char *name, unsigned sight)
{
	struct well w;
	struct search_query query;
	struct search_set set;
	bool all = true;

	noun_blank(&well_noun, &w);
	w.name = str_of(name);
	w.keeper = STR("李守井");
	assert_int_equal(search_read(str_of(q), &query, NULL), OK);
	search_row(&well_noun, &w, &set);
	for (size_t i = 0; i < query.tokens.n; i++) {
		bool there = false;

		for (size_t k = 0; k < set.n; k++)
			there |= memcmp(&set.v[k], &query.tokens.v[i], sizeof *set.v) == 0;
		all &= there;
	}
	/* What fits must be found by its pairs, or nobody would ever look at it. */
	assert_true(all || !search_fits(&query, &well_noun, &w, sight));
	return search_fits(&query, &well_noun, &w, sight);
}

static bool finds(const char *q, const char *name)
{
	return finds_in(q, name, SIGHT_ALL);
}

static void two_characters_or_two_initials_find(void **unused)
{
	(void)unused;
	assert_true(finds("龙王", "下坪村龙王井"));
	assert_true(finds("龙王井", "下坪村龙王井"));
	assert_true(finds("lwj", "下坪村龙王井"));
	assert_true(finds("LWJ", "下坪村龙王井"));
	assert_true(finds("xpc lw", "下坪村龙王井"));
	assert_true(finds("龙wj", "下坪村龙王井"));
	assert_true(finds("well no", "Well No. 7"));
	assert_true(finds("Ｗｅｌｌ", "well 7"));
	assert_false(finds("龙井", "下坪村龙王井"));
	assert_false(finds("lj", "下坪村龙王井"));
	assert_false(finds("井王龙", "龙王井龙"));
}

static void a_character_with_two_readings_is_found_by_both(void **unused)
{
	(void)unused;
	assert_true(finds("cs", "长沙井"));
	assert_true(finds("zs", "长沙井"));
	assert_true(finds("cq", "重庆井"));
	assert_true(finds("zq", "重庆井"));
}

static void what_is_not_seen_is_not_found(void **unused)
{
	(void)unused;
	assert_true(finds_in("守井", "龙王井", SIGHT_ALL));
	assert_false(finds_in("守井", "龙王井", 1u << SEE_PUBLIC | 1u << SEE_AREA));
}

static void a_query_of_less_than_a_pair_is_refused(void **unused)
{
	static const char *const bad[] = { "", "井", "a", "。。", "井 村", "a-b" };
	struct search_query q;

	(void)unused;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct fault f = { 0 };

		assert_int_equal(search_read(str_of(bad[i]), &q, &f), ERR_RANGE);
		assert_non_null(strstr(f.en, "two characters"));
	}
}

/* Every piece of every name finds it, in characters and in initials. */
static void any_piece_of_a_name_finds_it(void **unused)
{
	static const char *const piece[] = { "井", "龙", "长", "张", "家", "界",
					     "A",  "7",  " ",  "（", "重" };

	(void)unused;
	for (uint64_t seed = 1; seed <= 3000; seed++) {
		CLEANUP(buf_release) struct buf name = { 0 };
		CLEANUP(buf_release) struct buf part = { 0 };
		struct dice d = { seed };
		size_t n = 2 + dice_below(&d, 12), from = dice_below(&d, (uint32_t)n - 1);
		struct search_query q;

		for (size_t i = 0; i < n; i++) {
			const char *p = piece[dice_below(&d, ARRAY_LEN(piece))];

			buf_lit(&name, p);
			if (i >= from && i < from + 4 && seed % 2)
				buf_lit(&part, p);
			else if (i >= from && i < from + 4)
				pinyin_initials(str_of(p), &part);
		}
		buf_char(&name, '\0');
		buf_char(&part, '\0');
		if (search_read(str_of(part.p), &q, NULL) == OK && seed % 2 &&
		    !finds(part.p, name.p))
			fail_msg("\"%s\" is not found in \"%s\"", part.p, name.p);
	}
}

/* ---- cursors -------------------------------------------------------------------------------- */

static void a_cursor_comes_back_and_only_to_its_list(void **unused)
{
	(void)unused;
	for (uint64_t seed = 1; seed <= 2000; seed++) {
		struct dice d = { seed };
		struct record_id id = { 1 + (int64_t)(dice_next(&d) >> 2) }, again;
		uint64_t mark = dice_next(&d);
		char text[CURSOR_TEXT_BYTES];
		struct fault f = { 0 };

		cursor_write(id, mark, text);
		assert_int_equal(cursor_read(str_of(text), mark, &again, NULL), OK);
		assert_int_equal(again.v, id.v);
		assert_int_equal(cursor_read(str_of(text), mark + 1, &again, &f), ERR_RANGE);
		assert_string_equal(f.field, "after");
		text[dice_below(&d, 32)] ^= 1;
		assert_int_equal(cursor_read(str_of(text), mark, &again, NULL), ERR_RANGE);
		text[31] = '\0';
		assert_int_equal(cursor_read(str_of(text), mark, &again, NULL), ERR_RANGE);
	}
}

/* ---- columns -------------------------------------------------------------------------------- */

static int column(const char *heading)
{
	struct str h = str_of(heading);
	int ret;

	assert_int_equal(match_columns(&well_noun, SIGHT_ALL, &h, 1, NULL, 0, &ret, NULL), OK);
	return ret;
}

static void is(const char *heading, const char *name)
{
	const char *got = match_name(&well_noun, column(heading));

	if (name ? !got || strcmp(got, name) : got != NULL)
		fail_msg("%s is %s, not %s", heading, got ? got : "nothing",
			 name ? name : "nothing");
}

static void a_heading_is_a_name_a_label_or_nearly(void **unused)
{
	(void)unused;
	is("name", "name");
	is("名称", "name");
	is("Name", "name");
	is("NAME", "name");
	is(" 名　称*", "name");
	is("值班电话（必填）", "keeper_phone");
	is("Duty phone (24h)", "keeper_phone");
	is("duty_phone", "keeper_phone");
	is("深度（厘米）", "depth_cm");
	is("深度", "depth_cm");
	is("区域*", "area");
	is("区划代码", "area");
	is("colour", NULL);
	is("", NULL);
	is("编号", NULL);
	is("Visits", NULL); /* the server's */
}

static void what_was_said_counts_more_and_the_last_word_most(void **unused)
{
	struct str headings[] = { STR("水井"), STR("name") };
	struct match_said said[] = { { STR("水井"), STR("keeper") },
				     { STR("水井"), STR("name") },
				     { STR("name"), STR("") } };
	int ret[2];

	(void)unused;
	assert_int_equal(match_columns(&well_noun, SIGHT_ALL, headings, 2, said, 3, ret, NULL), OK);
	assert_string_equal(match_name(&well_noun, ret[0]), "name");
	assert_int_equal(ret[1], MATCH_NONE);
}

static void two_columns_for_one_field_are_refused(void **unused)
{
	struct str headings[] = { STR("名称"), STR("other"), STR("Name") };
	struct fault f = { 0 };
	int ret[3];

	(void)unused;
	assert_int_equal(match_columns(&well_noun, SIGHT_ALL, headings, 3, NULL, 0, ret, &f),
			 ERR_RANGE);
	assert_string_equal(f.field, "name");
	assert_non_null(strstr(f.en, "columns 1 and 3"));
}

static void a_column_that_is_not_seen_is_not_matched(void **unused)
{
	struct str h = STR("管护人");
	int ret;

	(void)unused;
	assert_int_equal(match_columns(&well_noun, 1u << SEE_PUBLIC, &h, 1, NULL, 0, &ret, NULL),
			 OK);
	assert_int_equal(ret, MATCH_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(initials_are_how_chinese_is_read),
		cmocka_unit_test(two_characters_or_two_initials_find),
		cmocka_unit_test(a_character_with_two_readings_is_found_by_both),
		cmocka_unit_test(what_is_not_seen_is_not_found),
		cmocka_unit_test(a_query_of_less_than_a_pair_is_refused),
		cmocka_unit_test(any_piece_of_a_name_finds_it),
		cmocka_unit_test(a_cursor_comes_back_and_only_to_its_list),
		cmocka_unit_test(a_heading_is_a_name_a_label_or_nearly),
		cmocka_unit_test(what_was_said_counts_more_and_the_last_word_most),
		cmocka_unit_test(two_columns_for_one_field_are_refused),
		cmocka_unit_test(a_column_that_is_not_seen_is_not_matched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
