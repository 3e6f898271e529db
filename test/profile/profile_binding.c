/* profile_binding.c - loading, finding, and what the engine is handed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "support/paths.h"
#include "support/profile_sample.h"

static struct trace_rules bound(const struct loaded *l, const struct profile_overrides *o,
				const char *const *kinds, size_t n)
{
	struct str texts[32];
	struct trace_rules r = { .n = 0 };

	assert_true(n <= ARRAY_LEN(texts));
	for (size_t i = 0; i < n; i++)
		texts[i] = str_of(kinds[i]);
	assert_int_equal(profile_bind(l->set.profiles, o, texts, n, l->a, &r, NULL), OK);
	return r;
}

/* Bits of the sample's rules, in its order. */
enum { COMPANION = 1, CREW = 2, ROWS = 4, REST = 8, QUICK = 16, PLACE = 32 };

static void each_kind_gets_the_mask_of_the_rules_that_speak_of_it(void **state)
{
	static const char *const kinds[] = {
		"",     "plane", "飞机",   "Flight", "lift", "LIFT",
		"cell", "网格",  "office", "planes", "*",    "pla ne"
	};
	static const uint64_t masks[] = { PLACE,
					  CREW | ROWS | REST | PLACE,
					  CREW | ROWS | REST | PLACE,
					  CREW | ROWS | REST | PLACE,
					  QUICK | PLACE,
					  QUICK | PLACE,
					  COMPANION,
					  COMPANION,
					  PLACE,
					  PLACE,
					  PLACE,
					  PLACE };
	CLEANUP(loaded_end) struct loaded l = load_text(str_of(profile_sample));
	struct trace_rules r = bound(&l, NULL, kinds, ARRAY_LEN(kinds));

	(void)state;
	assert_int_equal(r.n, 6);
	assert_int_equal(r.n_kinds, ARRAY_LEN(kinds));
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		assert_int_equal(r.kind_rules[i], masks[i]);
}

static void rules_keep_their_order_their_numbers_and_their_conditions(void **state)
{
	CLEANUP(loaded_end) struct loaded l = load_text(str_of(profile_sample));
	struct trace_rules r = bound(&l, NULL, NULL, 0);

	(void)state;
	assert_string_equal(r.profile, "sample@3");
	assert_int_equal(r.lag_s, 120 * 60);
	assert_int_equal(r.cumulative_s, 24 * 3600);
	assert_int_equal(r.min_s, 15 * 60);
	assert_string_equal(r.rule[0].id, "companion");
	assert_int_equal(r.rule[0].klass, TRACE_COMPANION);
	assert_int_equal(r.rule[0].min_s, 10 * 60);
	assert_int_equal(r.rule[0].stay_s, 30 * 3600);
	assert_int_equal(r.rule[0].stay_within_s, 14 * 86400);
	assert_string_equal(r.rule[1].id, "plane-crew");
	assert_int_equal(r.rule[1].roles, 1);
	assert_int_equal(r.rule[1].min_s, 15 * 60);
	assert_int_equal(r.rule[1].seat_unit, 0);
	assert_int_equal(r.rule[2].seat_unit, 1);
	assert_int_equal(r.rule[2].seat_within, 3);
	assert_true(r.rule[2].seat_unknown);
	assert_int_equal(r.rule[2].roles, 0);
	assert_int_equal(r.rule[3].klass, TRACE_GENERAL);
	assert_int_equal(r.rule[3].stay_s, 0);
	assert_int_equal(r.rule[4].min_s, 0);
	assert_int_equal(r.rule[5].klass, TRACE_CLOSE);
}

static void an_override_of_the_minimum_spares_companion_rules(void **state)
{
	CLEANUP(loaded_end) struct loaded l = load_text(str_of(profile_sample));
	struct profile_overrides o = { .min_overlap_min = 5,
				       .lag_min = PROFILE_UNSET,
				       .pre_days = PROFILE_UNSET };
	struct trace_rules r = bound(&l, &o, NULL, 0);

	(void)state;
	assert_string_equal(r.profile, "sample@3 min-overlap=5");
	assert_int_equal(r.min_s, 5 * 60);
	assert_int_equal(r.rule[0].min_s, 10 * 60);
	for (size_t i = 1; i < r.n; i++)
		assert_int_equal(r.rule[i].min_s, 5 * 60);
	assert_int_equal(r.lag_s, 120 * 60);

	/* A companion rule without a minimum of its own keeps the profile's. */
	CLEANUP(loaded_end)
	struct loaded bare = load_spoilt(profile_sample, "\"min_overlap_min\": 10, ", "");
	r = bound(&bare, &o, NULL, 0);
	assert_int_equal(r.rule[0].min_s, 15 * 60);
}

static void what_was_overridden_is_written_beside_the_name(void **state)
{
	static const struct {
		struct profile_overrides o;
		const char *text;
	} cases[] = {
		{ { PROFILE_UNSET, PROFILE_UNSET, PROFILE_UNSET }, "sample@3" },
		{ { PROFILE_UNSET, 60, PROFILE_UNSET }, "sample@3 lag=60" },
		{ { PROFILE_UNSET, PROFILE_UNSET, 3 }, "sample@3 pre-days=3" },
		{ { 0, 60, 3 }, "sample@3 lag=60 min-overlap=0 pre-days=3" },
		{ { 0, 0, 0 }, "sample@3 lag=0 min-overlap=0 pre-days=0" },
	};
	CLEANUP(loaded_end) struct loaded l = load_text(str_of(profile_sample));

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct trace_rules r = bound(&l, &cases[i].o, NULL, 0);

		assert_string_equal(r.profile, cases[i].text);
	}
	CLEANUP(loaded_end)
	struct loaded wide =
		load_spoilt(profile_sample, "\"id\": \"sample\", \"version\": 3",
			    "\"id\": \"a23456789012345678901234567890123456789012345678\", "
			    "\"version\": 999999");
	struct profile_overrides most = { 366 * 24 * 60, 366 * 24 * 60, 365 };
	struct trace_rules r = bound(&wide, &most, NULL, 0);
	assert_string_equal(r.profile,
			    "a23456789012345678901234567890123456789012345678@999999 lag=527040 "
			    "min-overlap=527040 pre-days=365");
}

static void overrides_out_of_range_are_refused(void **state)
{
	static const struct profile_overrides wrong[] = {
		{ -2, -1, -1 },     { -1, -2, -1 },     { -1, -1, -2 },
		{ 527041, -1, -1 }, { -1, 527041, -1 }, { -1, -1, 366 },
	};
	CLEANUP(loaded_end) struct loaded l = load_text(str_of(profile_sample));
	struct trace_rules r;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct fault f = { 0 };

		assert_int_equal(profile_bind(l.set.profiles, &wrong[i], NULL, 0, l.a, &r, &f),
				 ERR_RANGE);
		assert_true(strlen(f.zh) > 0 && strlen(f.en) > 0);
	}
}

static void roles_become_bits_of_their_groups(void **state)
{
	CLEANUP(loaded_end)
	struct loaded l =
		load_spoilt(profile_sample, "\"roles\": { \"crew\": [\"driver\", \"乘务员\"] }",
			    "\"roles\": { \"infant\": [], \"crew\": [\"driver\", \"乘务员\"], "
			    "\"staff\": [\"driver\"] }");
	const struct profile *p = l.set.profiles;

	(void)state;
	assert_int_equal(l.e, OK);
	assert_int_equal(profile_roles(p, STR("crew")), 2);
	assert_int_equal(profile_roles(p, STR("乘务员")), 2);
	assert_int_equal(profile_roles(p, STR("Driver")), 2 | 4);
	assert_int_equal(profile_roles(p, STR("infant")), 1);
	assert_int_equal(profile_roles(p, STR("passenger")), 0);
	assert_int_equal(profile_roles(p, STR("")), 0);
	assert_int_equal(p->rules[1].role_bits, 2);
}

static void a_seat_is_its_leading_number(void **state)
{
	(void)state;
	assert_int_equal(profile_seat_row(STR("12A")), 12);
	assert_int_equal(profile_seat_row(STR("7")), 7);
	assert_int_equal(profile_seat_row(STR("007F")), 7);
	assert_int_equal(profile_seat_row(STR("5下铺")), 5);
	assert_int_equal(profile_seat_row(STR("0")), 0);
	assert_int_equal(profile_seat_row(STR("2147483647")), INT32_MAX);
	assert_int_equal(profile_seat_row(STR("2147483648")), -1);
	assert_int_equal(profile_seat_row(STR("99999999999999999999999")), -1);
	assert_int_equal(profile_seat_row(STR("A12")), -1);
	assert_int_equal(profile_seat_row(STR(" 12")), -1);
	assert_int_equal(profile_seat_row(STR("-12")), -1);
	assert_int_equal(profile_seat_row(STR("")), -1);
	assert_int_equal(profile_seat_row((struct str){ NULL, 0 }), -1);
}

static void assert_found(const struct loaded *l, const char *name, const char *id, int32_t version)
{
	const struct profile *p = NULL;

	assert_int_equal(profile_find(&l->set, str_of(name), &p, NULL), OK);
	assert_true(str_eq(p->id, str_of(id)));
	assert_int_equal(p->version, version);
}

static void a_profile_is_found_by_id_by_version_and_by_day(void **state)
{
	CLEANUP(loaded_end) struct loaded l = load_text(str_of(profile_sample_list));

	(void)state;
	assert_found(&l, "a", "a", 2);
	assert_found(&l, "a@1", "a", 1);
	assert_found(&l, "a@2", "a", 2);
	assert_found(&l, "a@2021-12-31", "a", 1);
	assert_found(&l, "a@2022-01-01", "a", 2);
	assert_found(&l, "a@9999-12-31", "a", 2);
	assert_found(&l, "b@0001-01-01", "b", 1);
	CLEANUP(loaded_end) struct loaded one = load_text(str_of(profile_sample));
	assert_found(&one, "", "sample", 3);
	assert_true(profile_valid_on(one.set.profiles, date_day(2020, 5, 8)));
	assert_true(profile_valid_on(one.set.profiles, date_day(2022, 6, 27)));
	assert_false(profile_valid_on(one.set.profiles, date_day(2020, 5, 7)));
	assert_false(profile_valid_on(one.set.profiles, date_day(2022, 6, 28)));
}

static void a_name_that_finds_nothing_is_refused_with_a_sentence(void **state)
{
	static const struct {
		const char *name;
		enum err e;
		const char *en, *zh;
	} cases[] = {
		{ "c", ERR_ABSENT, "there is no profile \"c\"", "没有名为“c”的疾病档案" },
		{ "A", ERR_ABSENT, "there is no profile \"A\"", "没有名为“A”" },
		{ "a@3", ERR_ABSENT, "not in the version \"a@3\"", "“a@3”所指的版本" },
		{ "sample@2023-01-01", ERR_ABSENT, "no profile", "没有名为" },
		{ "a@", ERR_USAGE, "after \"@\"", "“@”后面" },
		{ "a@0", ERR_USAGE, "after \"@\"", "“@”后面" },
		{ "a@x", ERR_USAGE, "after \"@\"", "“@”后面" },
		{ "a@2021-02-30", ERR_USAGE, "after \"@\"", "“@”后面" },
		{ "", ERR_USAGE, "several profiles", "几个档案" },
		{ "\x1b[31mred", ERR_ABSENT, "\"?[31mred\"", "“?[31mred”" },
	};
	CLEANUP(loaded_end) struct loaded l = load_text(str_of(profile_sample_list));
	const struct profile *p = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fault f = { 0 };

		assert_int_equal(profile_find(&l.set, str_of(cases[i].name), &p, &f), cases[i].e);
		assert_non_null(strstr(f.en, cases[i].en));
		assert_non_null(strstr(f.zh, cases[i].zh));
		assert_null(p);
	}
}

static void a_tag_belongs_to_the_longest_part_it_names(void **state)
{
	CLEANUP(loaded_end) struct loaded l = load_text(str_of(profile_sample));
	const struct profile *p = l.set.profiles;

	(void)state;
	assert_int_equal(profile_tag_of(p, STR("lag_min")), 'S');
	assert_int_equal(profile_tag_of(p, STR("anchors[0].pre_days")), 'S');
	assert_int_equal(profile_tag_of(p, STR("anchors[1].pre_days")), 'K');
	assert_int_equal(profile_tag_of(p, STR("anchors[1]")), 'K');
	assert_int_equal(profile_tag_of(p, STR("anchors[10].pre_days")), 'S');
	assert_int_equal(profile_tag_of(p, STR("incubation.mean_days")), 'L');
	assert_int_equal(profile_tag_of(p, STR("incubation.min_days")), 'S');
	assert_int_equal(p->rules[0].tag, 'L');
	assert_int_equal(p->rules[1].tag, 0);
}

static void write_file(const struct path *path, struct str text)
{
	struct file *fl = NULL;

	assert_int_equal(file_open(path->s, FILE_REPLACE, &fl, NULL), OK);
	assert_int_equal(file_write(fl, text.p, text.n, NULL), OK);
	assert_int_equal(file_close(&fl, NULL), OK);
}

static void a_file_is_read_with_or_without_a_byte_order_mark(void **state)
{
	struct path folder = path_scratch(), path = path_join(&folder, "mine.json");
	CLEANUP(buf_release) struct buf b = { 0 };
	CLEANUP(arena_end) struct arena *a = NULL;
	struct profile_set set;
	struct profile_faults faults = { 7, NULL };

	(void)state;
	assert_int_equal(arena_new(8 << 20, &a), OK);
	write_file(&path, str_of(profile_sample));
	assert_int_equal(profile_load_file(path.s, a, &set, &faults, NULL), OK);
	assert_int_equal(faults.n, 0);
	buf_lit(&b, "\xef\xbb\xbf");
	buf_lit(&b, profile_sample);
	write_file(&path, buf_view(&b));
	assert_int_equal(profile_load_file(path.s, a, &set, &faults, NULL), OK);
	assert_int_equal(set.n, 1);
	path_forget(&folder);
}

static void a_file_that_is_absent_or_far_too_large_is_refused(void **state)
{
	struct path folder = path_scratch(), path = path_join(&folder, "mine.json");
	CLEANUP(buf_release) struct buf b = { 0 };
	CLEANUP(arena_end) struct arena *a = NULL;
	struct profile_set set;
	struct profile_faults faults = { 7, NULL };
	struct fault f = { 0 };

	(void)state;
	assert_int_equal(arena_new(8 << 20, &a), OK);
	assert_int_equal(profile_load_file(path.s, a, &set, &faults, &f), ERR_ABSENT);
	assert_int_equal(faults.n, 0);
	assert_int_equal(f.code, ERR_ABSENT);
	while (b.n < 3 * (size_t)PROFILE_FILE_BYTES_MAX)
		buf_lit(&b, "                                                                ");
	write_file(&path, buf_view(&b));
	assert_int_equal(profile_load_file(path.s, a, &set, &faults, NULL), ERR_SYNTAX);
	assert_int_equal(faults.n, 1);
	path_forget(&folder);
}

/* Everything this room does, once; ERR_MEMORY wherever memory ran out. */
static enum err whole_life(struct arena *a, const char *path, const char *spoilt)
{
	static const struct str kinds[] = { { "", 0 }, { "plane", 5 } };
	const struct profile_test *tests;
	struct profile_faults faults;
	struct profile_set set;
	struct trace_rules r;
	struct fault f = { 0 };
	size_t n;
	enum err e;

	e = profile_load_file(path, a, &set, &faults, &f);
	if (!e)
		e = profile_bind(set.profiles, NULL, kinds, 2, a, &r, &f);
	if (!e)
		e = profile_test_days(set.profiles, TRACE_CLOSE, 0, PROFILE_DAY_OPEN, a, &tests, &n,
				      &f);
	if (!e)
		e = profile_load_builtin(a, &set, &f);
	if (e)
		return e;
	e = profile_load_bytes(str_of(spoilt), a, &set, &faults, &f);
	return e == ERR_SYNTAX && faults.n == 3 ? OK : e;
}

static void every_allocation_may_fail(void **state)
{
	static const char spoilt[] = "{ \"id\": 1, \"label\": 2, \"profiles\": 3 }";
	struct path folder = path_scratch(), path = path_join(&folder, "mine.json");
	uint64_t k = 0;
	enum err e = ERR_MEMORY;

	(void)state;
	write_file(&path, str_of(profile_sample));
	while (e != OK) {
		CLEANUP(arena_end) struct arena *a = NULL;

		assert_int_equal(arena_new(8 << 20, &a), OK);
		mem_fail_at(++k, true);
		e = whole_life(a, path.s, spoilt);
		mem_fail_at(0, false);
		assert_true(e == OK || e == ERR_MEMORY);
	}
	assert_true(k > 2);
	path_forget(&folder);
}

/* The arena takes chunks, so the countdown meets few of its blocks; the budget meets them all. */
static void every_budget_either_suffices_or_is_told(void **state)
{
	static const char spoilt[] = "{ \"id\": 1, \"label\": 2, \"profiles\": 3 }";
	struct path folder = path_scratch(), path = path_join(&folder, "mine.json");
	size_t n_short = 0;
	enum err e = ERR_MEMORY;

	(void)state;
	write_file(&path, str_of(profile_sample));
	for (size_t bytes = 64; e != OK; bytes += 192) {
		CLEANUP(arena_end) struct arena *a = NULL;

		e = arena_new(bytes, &a);
		if (!e)
			e = whole_life(a, path.s, spoilt);
		assert_true(e == OK || e == ERR_MEMORY);
		n_short += e == ERR_MEMORY;
	}
	assert_true(n_short > 100);
	path_forget(&folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_gets_the_mask_of_the_rules_that_speak_of_it),
		cmocka_unit_test(rules_keep_their_order_their_numbers_and_their_conditions),
		cmocka_unit_test(an_override_of_the_minimum_spares_companion_rules),
		cmocka_unit_test(what_was_overridden_is_written_beside_the_name),
		cmocka_unit_test(overrides_out_of_range_are_refused),
		cmocka_unit_test(roles_become_bits_of_their_groups),
		cmocka_unit_test(a_seat_is_its_leading_number),
		cmocka_unit_test(a_profile_is_found_by_id_by_version_and_by_day),
		cmocka_unit_test(a_name_that_finds_nothing_is_refused_with_a_sentence),
		cmocka_unit_test(a_tag_belongs_to_the_longest_part_it_names),
		cmocka_unit_test(a_file_is_read_with_or_without_a_byte_order_mark),
		cmocka_unit_test(a_file_that_is_absent_or_far_too_large_is_refused),
		cmocka_unit_test(every_allocation_may_fail),
		cmocka_unit_test(every_budget_either_suffices_or_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
