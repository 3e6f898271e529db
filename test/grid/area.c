/* area.c - the tree of areas: lists into it, and finding one's way in it. */
#include "grid/area_import.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/dice.h"
#include "base/file.h"
#include "base/when.h"
#include "grid/area.sql.h"
#include "support/database.h"

#include "base/ban.h"

#define TODAY 20000 /* 2024-10-04 */

static const char hunan[] = "code,name,provinceCode\n"
			    "43,湖南省,43\n"
			    "4308,张家界市,43\n"
			    "430802,永定区,43\n"
			    "430822,桑植县,43\n"
			    "430802001,永定街道,43\n"
			    "430802001001,解放社区居委会,43\n"
			    "430822100,澧源镇,43\n"
			    "4301,长沙市,43\n";

static void write_list(const char *path, const char *text)
{
	CLEANUP(file_end) struct file *fl = NULL;

	assert_int_equal(file_open(path, FILE_REPLACE, &fl, NULL), OK);
	assert_int_equal(file_write(fl, text, strlen(text), NULL), OK);
	assert_int_equal(file_close(&fl, NULL), OK);
}

struct told { char text[4000]; };

static void tell(void *arg, const struct area_import_refusal *r)
{
	struct told *t = arg;
	size_t n = strlen(t->text);

	assert_true(r->why_zh[0] && r->why_en[0]);
	(void)snprintf(t->text + n, sizeof t->text - n, "%s:%d %s\n", r->file, (int)r->number,
		       r->why_en);
}

/* Import one text; the account as "accepted refused duplicate outside", then the refusals. */
static void import(struct database *d, const char *text, const struct area_import_options *o,
		   struct told *ret)
{
	CLEANUP(area_import_end) struct area_import *i = NULL;
	struct area_import_account n;

	write_list("list", text);
	MUST(area_import_new(o, &i));
	MUST(area_import_file(i, "list", &d->fault));
	if (o->dry)
		MUST(db_read(d->db, area_import_run, i, &d->fault));
	else
		MUST(db_write(d->db, area_import_run, i, &d->fault));
	n = area_import_account(i);
	(void)snprintf(ret->text, sizeof ret->text, "%d %d %d %d\n", (int)n.accepted,
		       (int)n.refused, (int)n.duplicate, (int)n.outside);
	area_import_refused(i, tell, ret);
}

static void import_is(struct database *d, const char *text, const struct area_import_options *o,
		      const char *account)
{
	struct told told;

	import(d, text, o, &told);
	assert_string_equal(told.text, account);
}

static const struct area_import_options plain = { .from_day = AREA_DAY_FIRST };

/* ---- questions, as one line of text ---------------------------------- */

struct question {
	enum { FIND, PATH, BELOW, SEARCH } kind;
	const char *code, *text;
	int32_t day;
	char answer[2000];
};

static struct area_code code_of(const char *text)
{
	struct area_code a = { 0 };

	if (text)
		assert_int_equal(area_parse(str_of(text), &a), OK);
	return a;
}

static enum err ask(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(arena_end) struct arena *a = NULL;
	struct question *q = arg;
	struct area_list list = { 0 };
	struct area one;
	enum err e = arena_new(1 << 20, &a);

	q->answer[0] = '\0';
	if (e)
		return e;
	switch (q->kind) {
	case FIND:
		e = area_find(tx, code_of(q->code), q->day, a, &one, f);
		list = (struct area_list){ 1, &one, false };
		break;
	case PATH:
		if (!(e = area_find(tx, code_of(q->code), q->day, a, &one, f)))
			e = area_above(tx, &(struct area_list){ 1, &one, false }, q->day, a, &list,
				       f);
		break;
	case BELOW:
		e = area_below(tx, code_of(q->code), q->day, (struct area_code){ -1 }, 3, a, &list,
			       f);
		break;
	case SEARCH:
		e = area_search(tx, str_of(q->text), code_of(q->code), q->day, 3, a, &list, f);
		break;
	}
	for (size_t i = 0; !e && i < list.n; i++) {
		size_t n = strlen(q->answer);

		(void)snprintf(q->answer + n, sizeof q->answer - n, "%s%.*s", i ? "/" : "",
			       (int)list.v[i].name.n, list.v[i].name.p);
	}
	if (!e && list.more)
		strncat(q->answer, "/...", sizeof q->answer - strlen(q->answer) - 1);
	return e;
}

static void answer_is(struct database *d, struct question q, const char *answer)
{
	if (!q.day)
		q.day = TODAY;
	MUST(db_read(d->db, ask, &q, &d->fault));
	assert_string_equal(q.answer, answer);
}

/* All that is below Zhangjiajie: what lies above, and how many right below each. */
static enum err many(struct tx *tx, void *arg, struct fault *f)
{
	static const int64_t below[] = { 2, 1, 1, 0, 1, 0 }, below_first[] = { 1, 1 };
	CLEANUP(arena_end) struct arena *a = NULL;
	struct area_list list, above;
	int64_t n[6] = { -1, -1, -1, -1, -1, -1 };

	(void)arg;
	assert_int_equal(arena_new(1 << 20, &a), OK);
	assert_int_equal(area_search(tx, STR("4308"), code_of("0"), TODAY, 6, a, &list, f), OK);
	assert_int_equal(list.n, 6);
	assert_int_equal(area_above(tx, &list, TODAY, a, &above, f), OK);
	assert_int_equal(above.n, 5); /* Hunan, and all but the two at the bottom; no nation */
	assert_int_equal(above.v[0].code.v, 430000000000000);
	assert_int_equal(area_n_below_each(tx, &list, TODAY, n, f), OK);
	assert_memory_equal(n, below, sizeof below);
	assert_int_equal(area_search(tx, STR("yd"), code_of("0"), TODAY, 6, a, &list, f), OK);
	assert_int_equal(list.n, 2);
	assert_int_equal(area_n_below_each(tx, &list, TODAY, n, f), OK);
	assert_memory_equal(n, below_first, sizeof below_first);
	return OK;
}

/* ---- what must hold ---------------------------------- */

static void a_list_in_any_order_becomes_a_tree(void **state)
{
	struct database *d = *state;

	import_is(d, hunan, &plain, "8 0 0 0\n");
	answer_is(d, (struct question){ PATH, .code = "430802001001" },
		  "湖南省/张家界市/永定区/永定街道");
	answer_is(d, (struct question){ BELOW, .code = "43" }, "长沙市/张家界市");
	answer_is(d, (struct question){ BELOW, .code = "0" }, "湖南省");
	answer_is(d, (struct question){ BELOW, .code = "430822100" }, "");
}

static void the_same_list_again_changes_nothing(void **state)
{
	struct database *d = *state;

	import_is(d, hunan, &plain, "8 0 0 0\n");
	import_is(d, hunan, &plain, "0 0 8 0\n");
	import_is(d, "code,name\n4308,张家界市\n4308,张家界市\n430800000000,张家界市\n", &plain,
		  "0 0 3 0\n");
}

static void rows_that_cannot_be_taken_are_told_one_by_one(void **state)
{
	struct database *d = *state;

	import_is(d,
		  "code,name,from,to,into\n"
		  "43,湖南省,,,\n"
		  "4x,坏,,,\n"
		  "430,坏,,,\n"
		  "4301,,,,\n"
		  "4301,长|沙,,,\n"
		  "4301,长沙市,2020-01-01,2019-01-01,\n"
		  "4301,长沙市,2020-13-01,,\n"
		  "4301,长沙市,,,4302\n"
		  "430102001,无县之乡,,,\n"
		  "430102001001,无乡之村,,,\n"
		  "4302,株洲市,,2020-01-01,4399\n"
		  "4303,湘潭市,,,\n"
		  "4303,相潭市,,,\n",
		  &plain,
		  "2 11 0 0\n"
		  "list:2 code is 2, 4, 6, 9, 12 or 15 digits\n"
		  "list:3 code is 2, 4, 6, 9, 12 or 15 digits\n"
		  "list:4 name has 1 to 60 characters and no bar\n"
		  "list:5 name has 1 to 60 characters and no bar\n"
		  "list:6 from and to are dates, the earlier first: 2017-04-10\n"
		  "list:7 from and to are dates, the earlier first: 2017-04-10\n"
		  "list:8 into is the code of another area, and needs a to\n"
		  "list:9 the area above it is not there; import that first\n"
		  "list:10 the area above it is not there; import that first\n"
		  "list:11 the area that into names is not there\n"
		  "list:13 another row of this list has the code\n");
}

static void a_dry_run_says_what_would_be_and_writes_nothing(void **state)
{
	struct area_import_options dry = { .from_day = AREA_DAY_FIRST, .dry = true };
	struct database *d = *state;
	struct question q = { FIND, .code = "43", .day = TODAY };

	import_is(d, hunan, &dry, "8 0 0 0\n");
	MUST_FAIL(db_read(d->db, ask, &q, &d->fault), ERR_ABSENT);
	import_is(d, hunan, &plain, "8 0 0 0\n");
}

static void only_a_subtree_and_what_stands_above_it_are_taken(void **state)
{
	struct area_import_options under = { .under = { 430802000000000 },
					     .from_day = AREA_DAY_FIRST };
	struct database *d = *state;

	import_is(d, hunan, &under, "5 0 0 3\n");
	answer_is(d, (struct question){ BELOW, .code = "43" }, "张家界市");
}

static void an_area_that_is_renamed_keeps_both_names_each_in_its_days(void **state)
{
	struct area_import_options since = { .from_day = date_day(2017, 4, 10) };
	struct database *d = *state;

	import_is(d, "code,name\n43,湖南省\n4301,长沙市\n430182,宁乡县\n", &plain, "3 0 0 0\n");
	import_is(d, "code,name\n430182,宁乡市\n", &plain,
		  "0 1 0 0\nlist:1 the code has another name; a new one needs --from DATE\n");
	import_is(d, "code,name\n430182,宁乡市\n", &since, "1 0 0 0\n");
	import_is(d, "code,name\n430182,宁乡市\n", &since, "0 0 1 0\n");
	answer_is(d, (struct question){ FIND, .code = "430182" }, "宁乡市");
	answer_is(d, (struct question){ FIND, .code = "430182", .day = since.from_day - 1 },
		  "宁乡县");
	answer_is(d, (struct question){ FIND, .code = "430182", .day = since.from_day }, "宁乡市");
	answer_is(d, (struct question){ SEARCH, .code = "0", .text = "乡县" }, "宁乡市");
}

static void an_area_that_is_merged_ends_and_says_into_which(void **state)
{
	struct database *d = *state;
	struct question q = { FIND, .code = "430221", .day = TODAY };

	import_is(d, "code,name\n43,湖南省\n4302,株洲市\n430221,株洲县\n430212,渌口区\n", &plain,
		  "4 0 0 0\n");
	import_is(d, "code,name,to,into\n430221,株洲县,2018-06-19,430212\n", &plain, "1 0 0 0\n");
	MUST_FAIL(db_read(d->db, ask, &q, &d->fault), ERR_ABSENT);
	answer_is(d, (struct question){ FIND, .code = "430221", .day = date_day(2018, 6, 18) },
		  "株洲县");
	answer_is(d, (struct question){ BELOW, .code = "4302" }, "渌口区");
}

static void two_characters_of_any_name_find_an_area(void **state)
{
	struct database *d = *state;

	import_is(d,
		  "code,name,name_en,aliases\n"
		  "43,湖南省,Hunan,\n"
		  "4308,张家界市,Zhangjiajie,大庸\n"
		  "430802,永定区,,\n"
		  "430822,桑植县,,\n"
		  "4331,湘西土家族苗族自治州,Xiangxi,\n"
		  "430801,10%_区!,,\n",
		  &plain, "6 0 0 0\n");
	answer_is(d, (struct question){ SEARCH, .code = "0", .text = "张家" }, "张家界市");
	answer_is(d, (struct question){ SEARCH, .code = "0", .text = "家界市" }, "张家界市");
	answer_is(d, (struct question){ SEARCH, .code = "0", .text = "大庸" }, "张家界市");
	answer_is(d, (struct question){ SEARCH, .code = "0", .text = "苗族自治" },
		  "湘西土家族苗族自治州");
	answer_is(d, (struct question){ SEARCH, .code = "0", .text = "XIANG" },
		  "湘西土家族苗族自治州");
	answer_is(d, (struct question){ SEARCH, .code = "0", .text = "桑县" }, "");
	answer_is(d, (struct question){ SEARCH, .code = "0", .text = "桑" }, "");
	answer_is(d, (struct question){ SEARCH, .code = "0", .text = "" }, "");
	answer_is(d, (struct question){ SEARCH, .code = "0", .text = "%_区" }, "10%_区!");
	answer_is(d, (struct question){ SEARCH, .code = "0", .text = "区!" }, "10%_区!");
	answer_is(d, (struct question){ SEARCH, .code = "0", .text = "__" }, "");
	answer_is(d, (struct question){ SEARCH, .code = "0", .text = "43080" },
		  "张家界市/10%_区!/永定区");
	answer_is(d, (struct question){ SEARCH, .code = "430822", .text = "43080" }, "");
	answer_is(d, (struct question){ SEARCH, .code = "4331", .text = "张家" }, "");
}

static void initials_find_an_area_by_either_reading(void **state)
{
	struct database *d = *state;

	import_is(d,
		  "code,name,name_en,aliases\n"
		  "43,湖南省,,\n"
		  "4301,长沙市,,\n"
		  "4308,张家界市,New York,大庸\n"
		  "430802,永定区,,\n",
		  &plain, "4 0 0 0\n");
	answer_is(d, (struct question){ SEARCH, .code = "0", .text = "yd" }, "永定区");
	answer_is(d, (struct question){ SEARCH, .code = "0", .text = "YDQ" }, "永定区");
	answer_is(d, (struct question){ SEARCH, .code = "0", .text = "css" }, "长沙市");
	answer_is(d, (struct question){ SEARCH, .code = "0", .text = "zss" }, "长沙市");
	answer_is(d, (struct question){ SEARCH, .code = "0", .text = "zjj" }, "张家界市");
	answer_is(d, (struct question){ SEARCH, .code = "0", .text = "ty" }, "张家界市");
	answer_is(d, (struct question){ SEARCH, .code = "0", .text = "ny" }, "");
	answer_is(d, (struct question){ SEARCH, .code = "0", .text = "zq" }, "");
}

static void larger_areas_are_found_first(void **state)
{
	struct database *d = *state;

	import_is(d,
		  "code,name\n43,湖南省\n4301,长沙市\n430102,芙蓉区\n430102001,永定街道\n"
		  "430102001001,永定社区\n4308,张家界市\n430802,永定区\n430802002,永定桥街道\n",
		  &plain, "8 0 0 0\n");
	answer_is(d, (struct question){ SEARCH, .code = "0", .text = "yd" },
		  "永定区/永定街道/永定桥街道/...");
	answer_is(d, (struct question){ SEARCH, .code = "4301", .text = "永定" },
		  "永定街道/永定社区");
}

static enum err forget_initials(struct tx *tx, void *arg, struct fault *f)
{
	(void)arg;
	return tx_run(tx, &area_sql.know,
		      SQL_ARGS(sql_i64(430802000000000), sql_i64(AREA_DAY_FIRST),
			       sql_text(STR("永定区"))),
		      NULL, f);
}

/* As in a house whose tree came in before initials were known, or with new aliases. */
static void a_list_that_comes_again_teaches_what_else_an_area_is_called(void **state)
{
	struct database *d = *state;

	import_is(d, hunan, &plain, "8 0 0 0\n");
	MUST(db_write(d->db, forget_initials, NULL, &d->fault));
	answer_is(d, (struct question){ SEARCH, .code = "0", .text = "ydq" }, "");
	import_is(d, hunan, &plain, "1 0 7 0\n");
	answer_is(d, (struct question){ SEARCH, .code = "0", .text = "ydq" }, "永定区");
	import_is(d, "code,name,aliases\n430802,永定区,城关\n", &plain, "1 0 0 0\n");
	answer_is(d, (struct question){ SEARCH, .code = "0", .text = "城关" }, "永定区");
	answer_is(d, (struct question){ SEARCH, .code = "0", .text = "ydq" }, "永定区");
	import_is(d, hunan, &plain, "0 0 8 0\n");
}

static void what_lies_above_and_below_many_is_asked_once(void **state)
{
	struct database *d = *state;

	import_is(d, hunan, &plain, "8 0 0 0\n");
	MUST(db_read(d->db, many, NULL, &d->fault));
}

static void more_than_was_asked_for_is_said(void **state)
{
	struct database *d = *state;

	import_is(d,
		  "code,name\n43,湖南省\n4301,东山\n4302,东山\n4303,东山\n4304,东山\n4305,西山\n",
		  &plain, "6 0 0 0\n");
	answer_is(d, (struct question){ BELOW, .code = "43" }, "东山/东山/东山/...");
	answer_is(d, (struct question){ SEARCH, .code = "0", .text = "东山" },
		  "东山/东山/东山/...");
}

/* ---- random lists against a table in memory ---------------------------------- */

enum { CODES = 14, NAMES = 4 };
static const char *const codes[CODES] = { "43",           "4301",         "4302",
					  "430101",       "430102",       "430201",
					  "430101001",    "430101002",    "430102001",
					  "430201001",    "430101001001", "430101001002",
					  "430201001001", "4301000001" };
static const char *const names[NAMES] = { "甲地", "乙地", "丙地", "丁地" };

/* Parent of codes[i] in the table above, or -1; the slow way. */
static int parent_of(int i)
{
	size_t n = strlen(codes[i]);
	size_t up = n == 12 ? 9 : n == 9 ? 6 : n == 6 ? 4 : n == 4 ? 2 : 0;

	for (int k = 0; k < CODES; k++)
		if (strlen(codes[k]) == up && memcmp(codes[k], codes[i], up) == 0)
			return k;
	return -1;
}

struct line { int code, name; };

/* What becomes of a list, by the rules said aloud: "accepted refused duplicate 0". */
static void slow_import(const struct line *v, int n, int now[CODES], char *ret, size_t room)
{
	int accepted = 0, refused = 0, duplicate = 0, taken[CODES];

	for (int i = 0; i < CODES; i++)
		taken[i] = -1;
	for (size_t length = 2; length <= 12; length++) { /* parents before children */
		for (int r = 0; r < n; r++) {
			int i = v[r].code, k = v[r].name, up = parent_of(i);
			bool root = length <= 6;

			if (strlen(codes[i]) != length)
				continue;
			if (length == 10) /* no level has ten digits */
				refused++;
			else if (taken[i] >= 0)
				*(taken[i] == k ? &duplicate : &refused) += 1;
			else if (now[i] >= 0 && now[i] != k)
				refused++;
			else if (now[i] < 0 && !root && (up < 0 || now[up] < 0))
				refused++;
			else {
				*(now[i] >= 0 ? &duplicate : &accepted) += 1;
				now[i] = taken[i] = k;
			}
		}
	}
	(void)snprintf(ret, room, "%d %d %d 0\n", accepted, refused, duplicate);
}

static void random_lists_give_what_a_table_in_memory_gives(void **state)
{
	struct database *d = *state;
	struct dice dice = { d->sqlite ? 1 : 2 };
	int now[CODES];

	for (int i = 0; i < CODES; i++)
		now[i] = -1;
	for (int round = 0; round < 80; round++) {
		char list[2000] = "code,name\n", account[64];
		struct line lines[12];
		int n = (int)dice_below(&dice, ARRAY_LEN(lines));
		struct told told;

		for (int r = 0; r < n; r++) {
			size_t at = strlen(list);

			lines[r] = (struct line){ (int)dice_below(&dice, CODES),
						  (int)dice_below(&dice, NAMES) };
			(void)snprintf(list + at, sizeof list - at, "%s,%s\n", codes[lines[r].code],
				       names[lines[r].name]);
		}
		slow_import(lines, n, now, account, sizeof account);
		import(d, list, &plain, &told);
		assert_memory_equal(told.text, account, strlen(account));
	}
	for (int i = 0; i < CODES; i++)
		if (now[i] >= 0)
			answer_is(d, (struct question){ FIND, .code = codes[i] }, names[now[i]]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(a_list_in_any_order_becomes_a_tree),
		ON_BOTH(the_same_list_again_changes_nothing),
		ON_BOTH(rows_that_cannot_be_taken_are_told_one_by_one),
		ON_BOTH(a_dry_run_says_what_would_be_and_writes_nothing),
		ON_BOTH(only_a_subtree_and_what_stands_above_it_are_taken),
		ON_BOTH(an_area_that_is_renamed_keeps_both_names_each_in_its_days),
		ON_BOTH(an_area_that_is_merged_ends_and_says_into_which),
		ON_BOTH(two_characters_of_any_name_find_an_area),
		ON_BOTH(initials_find_an_area_by_either_reading),
		ON_BOTH(larger_areas_are_found_first),
		ON_BOTH(a_list_that_comes_again_teaches_what_else_an_area_is_called),
		ON_BOTH(what_lies_above_and_below_many_is_asked_once),
		ON_BOTH(more_than_was_asked_for_is_said),
		ON_BOTH(random_lists_give_what_a_table_in_memory_gives),
	};

	return cmocka_run_group_tests_name("area", tests, NULL, NULL);
}
