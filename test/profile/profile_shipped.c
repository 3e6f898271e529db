/* profile_shipped.c - the profiles inside the program say what their sources say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "profile/profile.h"
#include "support/paths.h"

static struct arena *arena;
static struct profile_set shipped;

static int begin(void **state)
{
	(void)state;
	return arena_new(8 << 20, &arena) || profile_load_builtin(arena, &shipped, NULL);
}

static int end(void **state)
{
	(void)state;
	arena_end(&arena);
	return 0;
}

static const struct profile *named(const char *id)
{
	const struct profile *p = NULL;

	assert_int_equal(profile_find(&shipped, str_of(id), &p, NULL), OK);
	return p;
}

/* One side of an encounter, as a visits file has it. */
struct side {
	const char *seat, *role;
};

static bool seats_fit(const struct trace_rule *r, int32_t a, int32_t b)
{
	if (!r->seat_unit)
		return true;
	if (a < 0 || b < 0)
		return r->seat_unknown;
	return abs((a - 1) / r->seat_unit - (b - 1) / r->seat_unit) <= r->seat_within;
}

/*
 * The rule that decides for a case a and a contact b, found the slow way; nobody here has stayed
 * anywhere for long.
 */
static const char *decides(const char *id, const char *kind, struct side a, struct side b)
{
	const struct profile *p = named(id);
	struct str kinds[2] = { STR(""), str_of(kind) };
	uint64_t roles = profile_roles(p, str_of(b.role));
	struct trace_rules r;

	assert_int_equal(profile_bind(p, NULL, kinds, 2, arena, &r, NULL), OK);
	for (size_t i = 0; i < r.n; i++)
		if (r.kind_rules[1] >> i & 1 && !r.rule[i].stay_s &&
		    seats_fit(&r.rule[i], profile_seat_row(str_of(a.seat)),
			      profile_seat_row(str_of(b.seat))) &&
		    (!r.rule[i].roles || r.rule[i].roles & roles))
			return r.rule[i].id;
	return "";
}

static enum trace_class class_of(const char *id, const char *rule)
{
	const struct profile *p = named(id);

	for (size_t i = 0; i < p->n_rules; i++)
		if (str_eq(p->rules[i].id, str_of(rule)))
			return p->rules[i].klass;
	fail_msg("%s has no rule %s", id, rule);
	return TRACE_CLASS_N;
}

static void every_shipped_profile_is_without_fault(void **state)
{
	static const char *const ids[] = {
		"covid19.cn.2020-05",
		"covid19.cn.delta-2021",
		"covid19.cn.ed9",
		"covid19.who",
		"covid19.uscdc.2020-10",
		"measles",
		"influenza.seasonal",
		"influenza.h7n9.cn",
		"mers",
		"ebola",
		"cholera",
	};
	struct profile_faults faults;
	struct profile_set set;

	(void)state;
	assert_int_equal(profile_load_bytes(profile_builtin_text(), arena, &set, &faults, NULL),
			 OK);
	assert_int_equal(faults.n, 0);
	assert_int_equal(set.n, ARRAY_LEN(ids));
	for (size_t i = 0; i < ARRAY_LEN(ids); i++)
		assert_true(str_eq(set.profiles[i].id, str_of(ids[i])));
}

static void every_shipped_profile_names_its_sources_and_binds(void **state)
{
	(void)state;
	for (size_t i = 0; i < shipped.n; i++) {
		const struct profile *p = &shipped.profiles[i];
		struct trace_rules r;

		assert_true(p->sources.n > 0 && p->note_zh.n > 0 && p->note_en.n > 0);
		assert_true(p->label_zh.n > 0 && p->label_en.n > 0);
		assert_true(p->incubation_max_days > 0 && p->follow_up[TRACE_CLOSE].present);
		assert_non_null(strchr("SKL", p->tag));
		assert_int_equal(profile_bind(p, NULL, NULL, 0, arena, &r, NULL), OK);
		assert_true(r.n > 0 && r.n <= TRACE_RULES_MAX);
	}
}

static void the_numbers_are_those_of_the_sources(void **state)
{
	static const struct {
		const char *id;
		int32_t pre, post, lag, min, cumulative, incubation_min, incubation_max;
	} facts[] = {
		{ "covid19.cn.2020-05", 2, -1, 0, 0, 0, 1, 14 },
		{ "covid19.cn.delta-2021", 4, -1, 0, 0, 0, 1, 14 },
		{ "covid19.cn.ed9", 2, -1, 0, 0, 0, 1, 14 },
		{ "covid19.who", 2, 13, 0, 15, 0, 1, 14 },
		{ "covid19.uscdc.2020-10", 2, -1, 0, 15, 24, 1, 14 },
		{ "measles", 4, 4, 120, 0, 0, 7, 21 },
		{ "influenza.seasonal", 1, 7, 0, 0, 0, 1, 4 },
		{ "influenza.h7n9.cn", 1, -1, 0, 0, 0, 1, 7 },
		{ "mers", 0, -1, 0, 0, 0, 2, 14 },
		{ "ebola", 0, -1, 0, 0, 0, 2, 21 },
		{ "cholera", 0, 14, 0, 0, 0, 0, 5 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(facts); i++) {
		const struct profile *p = named(facts[i].id);

		assert_int_equal(p->anchors[0].at, PROFILE_ONSET);
		assert_int_equal(p->anchors[0].pre_days, facts[i].pre);
		assert_int_equal(p->anchors[0].post_days, facts[i].post);
		assert_int_equal(p->lag_min, facts[i].lag);
		assert_int_equal(p->min_overlap_min, facts[i].min);
		assert_int_equal(p->cumulative_hours, facts[i].cumulative);
		assert_int_equal(p->incubation_min_days, facts[i].incubation_min);
		assert_int_equal(p->incubation_max_days, facts[i].incubation_max);
	}
}

static void weak_numbers_are_never_tagged_as_read(void **state)
{
	(void)state;
	assert_int_equal(profile_tag_of(named("covid19.cn.delta-2021"), STR("anchors[0].pre_days")),
			 'L');
	assert_int_equal(profile_tag_of(named("mers"), STR("incubation.min_days")), 'K');
	assert_int_equal(profile_tag_of(named("mers"), STR("incubation.mean_days")), 'S');
	assert_int_equal(profile_tag_of(named("measles"), STR("anchors[0].pre_days")), 'S');
	assert_int_equal(profile_tag_of(named("measles"), STR("anchors[1].pre_days")), 'L');
	assert_int_equal(profile_tag_of(named("cholera"), STR("anchors[0].post_days")), 'L');
}

static void editions_are_valid_one_after_the_other(void **state)
{
	const struct profile *before = named("covid19.cn.2020-05"),
			     *after = named("covid19.cn.ed9");

	(void)state;
	assert_int_equal(before->valid_to + 1, after->valid_from);
	assert_int_equal(after->valid_from, date_day(2022, 6, 28));
	assert_int_equal(after->valid_to, date_day(2022, 11, 10));
}

struct met {
	const char *profile, *kind;
	struct side a, b;
	const char *rule;
	enum trace_class klass;
};

static void assert_all(const struct met *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		assert_string_equal(decides(v[i].profile, v[i].kind, v[i].a, v[i].b), v[i].rule);
		if (!*v[i].a.role && !*v[i].b.role)
			assert_string_equal(decides(v[i].profile, v[i].kind, v[i].b, v[i].a),
					    v[i].rule);
		if (*v[i].rule)
			assert_int_equal(class_of(v[i].profile, v[i].rule), v[i].klass);
	}
}

#define CN "covid19.cn.2020-05"
#define NOBODY \
	{ \
		"", "" \
	}

static void in_china_the_setting_decides(void **state)
{
	static const struct met v[] = {
		{ CN, "", NOBODY, NOBODY, "same-place", TRACE_CLOSE },
		{ CN, "沙龙", NOBODY, NOBODY, "same-place", TRACE_CLOSE },
		{ CN, "household", NOBODY, NOBODY, "household", TRACE_CLOSE },
		{ CN, "家庭", NOBODY, NOBODY, "household", TRACE_CLOSE },
		{ CN, "Meeting Room", NOBODY, NOBODY, "workplace", TRACE_CLOSE },
		{ CN, "办公室", NOBODY, NOBODY, "workplace", TRACE_CLOSE },
		{ CN, "宿舍", NOBODY, NOBODY, "dormitory", TRACE_CLOSE },
		{ CN, "教室", NOBODY, NOBODY, "classroom", TRACE_CLOSE },
		{ CN, "elevator", NOBODY, NOBODY, "lift-toilet", TRACE_CLOSE },
		{ CN, "火锅店", NOBODY, NOBODY, "meal", TRACE_CLOSE },
		{ CN, "剧场", NOBODY, NOBODY, "entertainment", TRACE_CLOSE },
		{ CN, "hospital-ward", NOBODY, NOBODY, "care", TRACE_CLOSE },
		{ CN, "taxi", NOBODY, NOBODY, "same-car", TRACE_CLOSE },
		{ CN, "park", NOBODY, NOBODY, "open-air", TRACE_GENERAL },
		{ CN, "market_open", NOBODY, NOBODY, "open-air", TRACE_GENERAL },
		{ CN, "街道", NOBODY, NOBODY, "open-air", TRACE_GENERAL },
		{ CN, "商场", NOBODY, NOBODY, "public-place", TRACE_GENERAL },
		{ CN, "cell", NOBODY, NOBODY, "", TRACE_CLASS_N },
		{ "covid19.cn.ed9", "剧场", NOBODY, NOBODY, "entertainment", TRACE_CLOSE },
		{ "covid19.cn.delta-2021", "家", NOBODY, NOBODY, "household", TRACE_CLOSE },
	};

	(void)state;
	assert_all(v, ARRAY_LEN(v));
}

static void in_china_seats_decide_on_the_way(void **state)
{
	static const struct met v[] = {
		{ CN, "plane", { "10A", "" }, { "10F", "" }, "plane-rows", TRACE_CLOSE },
		{ CN, "飞机", { "10A", "" }, { "13C", "" }, "plane-rows", TRACE_CLOSE },
		{ CN, "飞机", { "10A", "" }, { "7C", "" }, "plane-rows", TRACE_CLOSE },
		{ CN, "flight", { "10A", "" }, { "14C", "" }, "plane-rest", TRACE_GENERAL },
		{ CN, "flight", { "10A", "" }, { "", "" }, "plane-seat-unknown", TRACE_CLOSE },
		{ CN, "flight", { "10A", "" }, { "40A", "空乘" }, "plane-crew", TRACE_CLOSE },
		{ CN, "flight", { "", "" }, { "", "flight attendant" }, "plane-crew", TRACE_CLOSE },
		{ CN, "高铁", { "1A", "" }, { "20F", "" }, "train-car", TRACE_CLOSE },
		{ CN, "软卧", { "1", "" }, { "4", "" }, "sleeper-compartment", TRACE_CLOSE },
		{ CN, "软卧", { "4", "" }, { "5", "" }, "sleeper-rest", TRACE_GENERAL },
		{ CN, "软卧", { "5", "" }, { "8", "" }, "sleeper-compartment", TRACE_CLOSE },
		{ CN, "软卧", { "5", "" }, { "下铺", "" }, "sleeper-berth-unknown", TRACE_CLOSE },
		{ CN, "软卧", { "5", "" }, { "36", "列车员" }, "sleeper-crew", TRACE_CLOSE },
		{ CN, "train_open", { "3", "" }, { "4", "" }, "train-open-bays", TRACE_CLOSE },
		{ CN, "train_open", { "3", "" }, { "5", "" }, "train-open-rest", TRACE_GENERAL },
		{ CN, "coach", { "1", "" }, { "40", "" }, "coach-sealed", TRACE_CLOSE },
		{ CN, "coach_open", { "1", "" }, { "4", "" }, "coach-rows", TRACE_CLOSE },
		{ CN, "coach_open", { "1", "" }, { "5", "" }, "coach-rest", TRACE_GENERAL },
		{ CN, "coach_open", { "1", "" }, { "", "司机" }, "coach-crew", TRACE_CLOSE },
		{ CN, "轮船", { "201", "" }, { "201", "" }, "ship-cabin", TRACE_CLOSE },
		{ CN, "轮船", { "201", "" }, { "202", "" }, "ship-rest", TRACE_GENERAL },
	};

	(void)state;
	assert_all(v, ARRAY_LEN(v));
}

/* Where a case who is crew worked is not told by the flight; a row given for them says it. */
static void a_case_who_is_crew_makes_close_whom_rows_do_and_no_whole_plane(void **state)
{
	static const struct met v[] = {
		{ CN, "flight", { "12", "空乘" }, { "10A", "" }, "plane-rows", TRACE_CLOSE },
		{ CN, "flight", { "12", "空乘" }, { "16A", "" }, "plane-rest", TRACE_GENERAL },
		{ CN, "flight", { "12", "空乘" }, { "30", "机组" }, "plane-crew", TRACE_CLOSE },
		{ CN, "flight", { "", "空乘" }, { "10A", "" }, "plane-seat-unknown", TRACE_CLOSE },
		{ CN, "coach_open", { "1", "司机" }, { "9", "" }, "coach-rest", TRACE_GENERAL },
		{ "covid19.who",
		  "plane",
		  { "12", "crew" },
		  { "16A", "" },
		  "transport-rest",
		  TRACE_GENERAL },
		{ "measles",
		  "plane",
		  { "12A", "婴儿" },
		  { "16A", "" },
		  "plane-rest",
		  TRACE_GENERAL },
	};

	(void)state;
	assert_all(v, ARRAY_LEN(v));
}

static void a_companion_needs_ten_minutes_and_thirty_hours(void **state)
{
	static const struct str kinds[] = { { "", 0 }, { "cell", 4 } };
	struct trace_rules r;

	(void)state;
	assert_int_equal(profile_bind(named(CN), NULL, kinds, 2, arena, &r, NULL), OK);
	assert_int_equal(r.kind_rules[1], 1); /* the companion rule, and no other */
	assert_string_equal(r.rule[0].id, "companion-cell");
	assert_int_equal(r.rule[0].klass, TRACE_COMPANION);
	assert_int_equal(r.rule[0].min_s, 600);
	assert_int_equal(r.rule[0].stay_s, 30 * 3600);
	assert_int_equal(r.rule[0].stay_within_s, 14 * 86400);
	assert_int_equal(named(CN)->rules[0].tag, 'L');
	assert_false(named(CN)->follow_up[TRACE_COMPANION].present);
}

static void other_diseases_have_rules_of_their_own(void **state)
{
	static const struct met v[] = {
		{ "measles", "plane", { "10A", "" }, { "12A", "" }, "plane-rows", TRACE_CLOSE },
		{ "measles", "plane", { "10A", "" }, { "13A", "" }, "plane-rest", TRACE_GENERAL },
		{ "measles",
		  "plane",
		  { "10A", "" },
		  { "30A", "婴儿" },
		  "plane-lap-infants",
		  TRACE_CLOSE },
		{ "measles", "clinic", NOBODY, NOBODY, "same-place", TRACE_CLOSE },
		{ "covid19.who",
		  "plane",
		  { "10A", "" },
		  { "12A", "" },
		  "transport-rows",
		  TRACE_CLOSE },
		{ "covid19.who",
		  "plane",
		  { "10A", "" },
		  { "13A", "" },
		  "transport-rest",
		  TRACE_GENERAL },
		{ "covid19.who", "office", NOBODY, NOBODY, "same-place", TRACE_CLOSE },
		{ "covid19.uscdc.2020-10",
		  "plane",
		  { "1", "" },
		  { "30", "" },
		  "same-place",
		  TRACE_CLOSE },
		{ "mers", "ward", NOBODY, NOBODY, "care", TRACE_CLOSE },
		{ "ebola", "葬礼", NOBODY, NOBODY, "funeral", TRACE_CLOSE },
		{ "ebola", "market", NOBODY, NOBODY, "same-place", TRACE_GENERAL },
		{ "cholera", "home", NOBODY, NOBODY, "household", TRACE_CLOSE },
		{ "cholera", "restaurant", NOBODY, NOBODY, "", TRACE_CLASS_N },
		{ "cholera", "", NOBODY, NOBODY, "", TRACE_CLASS_N },
	};

	(void)state;
	assert_all(v, ARRAY_LEN(v));
}

/* The documentation's own example must pass the check that it tells people to run. */
static void the_page_on_profiles_tells_the_truth(void **state)
{
	struct path path = path_in_source("docs/reference/profiles.md");
	CLEANUP(file_unmap) struct file_map m = { NULL, 0, false };
	CLEANUP(buf_release) struct buf page = { 0 };
	struct profile_faults faults;
	struct profile_set set;
	const char *from, *to;

	(void)state;
	assert_int_equal(file_map(path.s, &m, NULL), OK);
	buf_put(&page, m.p, m.n);
	buf_char(&page, '\0');
	from = strstr(page.p, "```json\n");
	assert_non_null(from);
	from += strlen("```json\n");
	to = strstr(from, "```");
	assert_non_null(to);
	assert_int_equal(profile_load_bytes((struct str){ from, (size_t)(to - from) }, arena, &set,
					    &faults, NULL),
			 OK);
	for (size_t i = 0; i < shipped.n; i++) {
		char row[PROFILE_ID_BYTES_MAX + 8] = "\n| `";

		strncat(row, shipped.profiles[i].id.p, PROFILE_ID_BYTES_MAX);
		assert_non_null(strstr(page.p, row));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_shipped_profile_is_without_fault),
		cmocka_unit_test(every_shipped_profile_names_its_sources_and_binds),
		cmocka_unit_test(the_numbers_are_those_of_the_sources),
		cmocka_unit_test(weak_numbers_are_never_tagged_as_read),
		cmocka_unit_test(editions_are_valid_one_after_the_other),
		cmocka_unit_test(in_china_the_setting_decides),
		cmocka_unit_test(in_china_seats_decide_on_the_way),
		cmocka_unit_test(a_case_who_is_crew_makes_close_whom_rows_do_and_no_whole_plane),
		cmocka_unit_test(a_companion_needs_ten_minutes_and_thirty_hours),
		cmocka_unit_test(other_diseases_have_rules_of_their_own),
		cmocka_unit_test(the_page_on_profiles_tells_the_truth),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
