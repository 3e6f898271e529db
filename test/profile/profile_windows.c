/* profile_windows.c - from onset, sample and isolation to windows, and from exposures to days. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "support/profile_sample.h"

static struct arena *arena;
static struct profile_set shipped;
static struct zone *shanghai;

static int begin(void **state)
{
	(void)state;
	return arena_new(8 << 20, &arena) || profile_load_builtin(arena, &shipped, NULL) ||
	       zone_open("Asia/Shanghai", &shanghai, NULL);
}

static int end(void **state)
{
	(void)state;
	zone_end(&shanghai);
	arena_end(&arena);
	return 0;
}

static const struct profile *named(const char *id)
{
	const struct profile *p = NULL;

	assert_int_equal(profile_find(&shipped, str_of(id), &p, NULL), OK);
	return p;
}

static struct when read_when(const char *text, const struct zone *z)
{
	struct when w;

	assert_int_equal(when_read(str_of(text), z, &w), OK);
	return w;
}

static int64_t instant(const char *text)
{
	return read_when(text, shanghai).at.v;
}

/* Facts as the cases file gives them: NULL for an empty cell. */
static struct profile_facts facts_of(const char *onset, const char *positive, const char *isolated)
{
	struct profile_facts f = { .has_onset = onset,
				   .has_positive = positive,
				   .has_isolated = isolated };
	struct when w;

	if (onset)
		f.onset = read_when(onset, shanghai).day;
	if (positive)
		f.positive = read_when(positive, shanghai).day;
	if (isolated) {
		w = read_when(isolated, shanghai);
		/* The contract: a bare date is the end of that day, and the reader says so. */
		f.isolated = w.kind == WHEN_DATE ? zone_day_start(shanghai, w.day + 1) : w.at;
	}
	return f;
}

static void assert_window(const char *id, struct profile_facts facts, const char *from,
			  const char *to)
{
	struct utc_s a, b;

	assert_int_equal(profile_window(named(id), NULL, &facts, shanghai, &a, &b, NULL), OK);
	assert_int_equal(a.v, instant(from));
	assert_int_equal(b.v, to ? instant(to) : TRACE_STILL);
}

static void a_window_opens_at_local_midnight_before_onset(void **state)
{
	(void)state;
	assert_window("covid19.cn.2020-05",
		      facts_of("2021-07-20", NULL, "2021-07-23T15:30:00+08:00"),
		      "2021-07-18T00:00:00+08:00", "2021-07-23T15:30:00+08:00");
	/* An onset with a time of day counts from the midnight of its local day. */
	assert_window("covid19.cn.2020-05",
		      facts_of("2021-07-20T23:59:59+08:00", NULL, "2021-07-23T15:30:00+08:00"),
		      "2021-07-18T00:00:00+08:00", "2021-07-23T15:30:00+08:00");
	assert_window("covid19.cn.2020-05",
		      facts_of("2021-07-20T16:00:00Z", NULL, "2021-07-23T15:30:00+08:00"),
		      "2021-07-19T00:00:00+08:00", "2021-07-23T15:30:00+08:00");
}

static void delta_opens_two_days_earlier(void **state)
{
	(void)state;
	assert_window("covid19.cn.delta-2021", facts_of("2021-07-20", NULL, "2021-07-23T08:00"),
		      "2021-07-16T00:00", "2021-07-23T08:00");
}

static void without_onset_the_first_positive_sample_is_the_anchor(void **state)
{
	(void)state;
	assert_window("covid19.cn.2020-05", facts_of(NULL, "2021-07-22", "2021-07-23T08:00"),
		      "2021-07-20T00:00", "2021-07-23T08:00");
	/* With both, onset wins, even if the sample is older. */
	assert_window("covid19.cn.2020-05",
		      facts_of("2021-07-20", "2021-07-10", "2021-07-23T08:00"), "2021-07-18T00:00",
		      "2021-07-23T08:00");
	/* Each anchor has days of its own: 13 after onset, 10 after a sample. */
	assert_window("covid19.who", facts_of("2021-07-20", NULL, NULL), "2021-07-18T00:00",
		      "2021-08-03T00:00");
	assert_window("covid19.who", facts_of(NULL, "2021-07-20", NULL), "2021-07-18T00:00",
		      "2021-07-31T00:00");
}

static void isolation_by_a_bare_date_is_the_end_of_that_day(void **state)
{
	(void)state;
	assert_window("covid19.cn.2020-05", facts_of("2021-07-20", NULL, "2021-07-23"),
		      "2021-07-18T00:00", "2021-07-24T00:00");
}

static void without_isolation_a_window_until_isolation_stays_open(void **state)
{
	(void)state;
	assert_window("covid19.cn.2020-05", facts_of("2021-07-20", NULL, NULL), "2021-07-18T00:00",
		      NULL);
}

static void the_earlier_of_isolation_and_last_day_ends_the_window(void **state)
{
	(void)state;
	assert_window("measles", facts_of("2021-07-20", NULL, NULL), "2021-07-16T00:00",
		      "2021-07-25T00:00");
	assert_window("measles", facts_of("2021-07-20", NULL, "2021-07-22T10:00"),
		      "2021-07-16T00:00", "2021-07-22T10:00");
	assert_window("measles", facts_of("2021-07-20", NULL, "2021-08-22T10:00"),
		      "2021-07-16T00:00", "2021-07-25T00:00");
	assert_window("influenza.seasonal", facts_of("2021-07-20", NULL, NULL), "2021-07-19T00:00",
		      "2021-07-28T00:00");
	assert_window("mers", facts_of("2015-05-11", NULL, "2015-05-20T12:00"), "2015-05-11T00:00",
		      "2015-05-20T12:00");
}

static void a_profile_may_leave_isolation_out(void **state)
{
	CLEANUP(loaded_end)
	struct loaded l = load_spoilt(profile_sample, "\"until_isolation\": true",
				      "\"until_isolation\": false");
	struct profile_facts facts = facts_of("2021-07-20", NULL, "2021-07-21");
	struct utc_s from, to;

	(void)state;
	assert_int_equal(l.e, OK);
	assert_int_equal(profile_window(l.set.profiles, NULL, &facts, shanghai, &from, &to, NULL),
			 OK);
	assert_int_equal(to.v, instant("2021-08-03T00:00"));
}

static void pre_days_can_be_overridden(void **state)
{
	struct profile_overrides o = profile_no_overrides;
	struct profile_facts facts = facts_of("2021-07-20", NULL, NULL);
	struct utc_s from, to;
	struct fault f = { 0 };

	(void)state;
	o.pre_days = 0;
	assert_int_equal(profile_window(named("measles"), &o, &facts, shanghai, &from, &to, NULL),
			 OK);
	assert_int_equal(from.v, instant("2021-07-20T00:00"));
	o.pre_days = 7;
	assert_int_equal(profile_window(named("measles"), &o, &facts, shanghai, &from, &to, NULL),
			 OK);
	assert_int_equal(from.v, instant("2021-07-13T00:00"));
	o.pre_days = 366;
	assert_int_equal(profile_window(named("measles"), &o, &facts, shanghai, &from, &to, &f),
			 ERR_RANGE);
	o.pre_days = -2;
	assert_int_equal(profile_window(named("measles"), &o, &facts, shanghai, &from, &to, NULL),
			 ERR_RANGE);
}

static void isolation_before_the_window_is_refused_with_a_sentence(void **state)
{
	struct profile_facts at = facts_of("2021-07-20", NULL, "2021-07-18T00:00");
	struct profile_facts after = facts_of("2021-07-20", NULL, "2021-07-18T00:00:01");
	struct utc_s from = { 1 }, to = { 2 };
	struct fault f = { 0 };

	(void)state;
	assert_int_equal(profile_window(named("covid19.cn.2020-05"), NULL, &at, shanghai, &from,
					&to, &f),
			 ERR_RANGE);
	assert_int_equal(f.code, ERR_RANGE);
	assert_non_null(strstr(f.en, "isolation comes before"));
	assert_non_null(strstr(f.zh, "隔离早于传染期"));
	assert_int_equal(from.v, 1);
	assert_int_equal(to.v, 2);
	assert_int_equal(profile_window(named("covid19.cn.2020-05"), NULL, &after, shanghai, &from,
					&to, NULL),
			 OK);
	assert_int_equal(to.v - from.v, 1);
}

static void a_case_without_anchor_is_refused_with_a_sentence(void **state)
{
	struct profile_facts none = facts_of(NULL, NULL, "2021-07-18");
	struct utc_s from, to;
	struct fault f = { 0 };

	(void)state;
	assert_int_equal(profile_window(named("measles"), NULL, &none, shanghai, &from, &to, &f),
			 ERR_ABSENT);
	assert_non_null(strstr(f.en, "nothing that profile measles reckons from"));
	assert_non_null(strstr(f.zh, "measles"));
}

static void the_ends_of_the_calendar_are_refused(void **state)
{
	static const int32_t days[] = { INT32_MIN, INT32_MIN + 400, INT32_MAX, INT32_MAX - 400 };
	struct utc_s from, to;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(days); i++) {
		struct profile_facts facts = { .has_onset = true, .onset = days[i] };
		const struct profile_test *tests;
		int32_t day;
		size_t n;

		assert_int_equal(profile_window(named("measles"), NULL, &facts, shanghai, &from,
						&to, NULL),
				 ERR_RANGE);
		assert_int_equal(profile_incubation_window(named("measles"), days[i], shanghai,
							   &from, &to, NULL),
				 ERR_RANGE);
		assert_int_equal(profile_follow_up_end(named("measles"), TRACE_CLOSE, days[i], &day,
						       NULL),
				 ERR_RANGE);
		assert_int_equal(profile_test_days(named("mers"), TRACE_CLOSE, days[i],
						   PROFILE_DAY_OPEN, arena, &tests, &n, NULL),
				 ERR_RANGE);
	}
}

static void a_day_of_23_hours_is_still_one_day(void **state)
{
	CLEANUP(zone_end) struct zone *z = NULL;
	struct profile_facts facts = { .has_onset = true };
	struct utc_s from, to;

	(void)state;
	assert_int_equal(zone_open("America/New_York", &z, NULL), OK);
	facts.onset = read_when("2021-03-14", z).day; /* clocks go forward that night */
	assert_int_equal(profile_window(named("measles"), NULL, &facts, z, &from, &to, NULL), OK);
	assert_int_equal(from.v, read_when("2021-03-10T00:00-05:00", z).at.v);
	assert_int_equal(to.v, read_when("2021-03-19T00:00-04:00", z).at.v);
	assert_int_equal(to.v - from.v, 9 * 86400 - 3600);
}

static void the_window_of_infection_is_incubation_before_onset(void **state)
{
	struct utc_s from, to;
	int32_t onset = read_when("2021-07-20", shanghai).day;
	struct fault f = { 0 };

	(void)state;
	assert_int_equal(profile_incubation_window(named("measles"), onset, shanghai, &from, &to,
						   NULL),
			 OK);
	assert_int_equal(from.v, instant("2021-06-29T00:00")); /* 21 days before */
	assert_int_equal(to.v, instant("2021-07-14T00:00"));   /* the end of 7 days before */
	assert_int_equal(profile_incubation_window(named("cholera"), onset, shanghai, &from, &to,
						   NULL),
			 OK);
	assert_int_equal(from.v, instant("2021-07-15T00:00"));
	assert_int_equal(to.v, instant("2021-07-21T00:00"));

	CLEANUP(loaded_end)
	struct loaded l = load_text(str_of(profile_sample_list)); /* states no incubation */
	assert_int_equal(profile_incubation_window(l.set.profiles, onset, shanghai, &from, &to, &f),
			 ERR_ABSENT);
	assert_non_null(strstr(f.en, "profile a states no incubation"));
	assert_non_null(strstr(f.zh, "没有写明潜伏期"));
}

static void follow_up_ends_so_many_days_after_the_last_exposure(void **state)
{
	static const struct {
		const char *id;
		enum trace_class klass;
		int32_t days;
	} ends[] = {
		{ "covid19.cn.2020-05", TRACE_CLOSE, 21 },
		{ "covid19.cn.2020-05", TRACE_SECONDARY, 7 },
		{ "covid19.cn.ed9", TRACE_CLOSE, 10 },
		{ "covid19.cn.ed9", TRACE_SECONDARY, 7 },
		{ "covid19.who", TRACE_CLOSE, 14 },
		{ "covid19.uscdc.2020-10", TRACE_CLOSE, 14 },
		{ "measles", TRACE_CLOSE, 21 },
		{ "influenza.seasonal", TRACE_CLOSE, 4 },
		{ "influenza.h7n9.cn", TRACE_CLOSE, 7 },
		{ "mers", TRACE_CLOSE, 14 },
		{ "ebola", TRACE_CLOSE, 21 },
		{ "cholera", TRACE_CLOSE, 5 },
	};
	struct fault f = { 0 };
	int32_t day;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		assert_int_equal(profile_follow_up_end(named(ends[i].id), ends[i].klass, 18000,
						       &day, NULL),
				 OK);
		assert_int_equal(day, 18000 + ends[i].days);
	}
	assert_int_equal(profile_follow_up_end(named("measles"), TRACE_GENERAL, 18000, &day, &f),
			 ERR_ABSENT);
	assert_non_null(strstr(f.en, "profile measles states no follow-up for the class general"));
	assert_non_null(strstr(f.zh, "没有为 general 一类写明随访"));
}

static void assert_tests(const char *id, enum trace_class c, int32_t isolated, const int32_t *days,
			 size_t n, size_t n_central)
{
	const struct profile_test *v;
	size_t n_v;

	assert_int_equal(profile_test_days(named(id), c, 1000, isolated, arena, &v, &n_v, NULL),
			 OK);
	assert_int_equal(n_v, n);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(v[i].day, 1000 + days[i]);
		assert_int_equal(v[i].where, i < n_central ? PROFILE_CENTRAL : PROFILE_HOME);
	}
}

static void test_days_follow_the_phases(void **state)
{
	static const int32_t ed8[] = { 1, 4, 7, 14, 16, 21 }, ed9[] = { 1, 2, 3, 5, 7, 10 },
			     second[] = { 1, 4, 7 }, late[] = { 3, 6, 9, 16, 18, 23 };
	const struct profile_test *v;
	size_t n = 7;

	(void)state;
	assert_tests("covid19.cn.2020-05", TRACE_CLOSE, PROFILE_DAY_OPEN, ed8, 6, 4);
	assert_tests("covid19.cn.ed9", TRACE_CLOSE, PROFILE_DAY_OPEN, ed9, 6, 5);
	assert_tests("covid19.cn.ed9", TRACE_SECONDARY, PROFILE_DAY_OPEN, second, 3, 0);
	/* Isolated the day after the last exposure: the same. Isolated on day 3: that is day 1. */
	assert_tests("covid19.cn.2020-05", TRACE_CLOSE, 1001, ed8, 6, 4);
	assert_tests("covid19.cn.2020-05", TRACE_CLOSE, 1003, late, 6, 4);
	/* No tests stated, none returned; no class stated, refused. */
	assert_int_equal(profile_test_days(named("measles"), TRACE_CLOSE, 1000, 1003, arena, &v, &n,
					   NULL),
			 OK);
	assert_int_equal(n, 0);
	assert_int_equal(profile_test_days(named("measles"), TRACE_SECONDARY, 1000, 1003, arena, &v,
					   &n, NULL),
			 ERR_ABSENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_window_opens_at_local_midnight_before_onset),
		cmocka_unit_test(delta_opens_two_days_earlier),
		cmocka_unit_test(without_onset_the_first_positive_sample_is_the_anchor),
		cmocka_unit_test(isolation_by_a_bare_date_is_the_end_of_that_day),
		cmocka_unit_test(without_isolation_a_window_until_isolation_stays_open),
		cmocka_unit_test(the_earlier_of_isolation_and_last_day_ends_the_window),
		cmocka_unit_test(a_profile_may_leave_isolation_out),
		cmocka_unit_test(pre_days_can_be_overridden),
		cmocka_unit_test(isolation_before_the_window_is_refused_with_a_sentence),
		cmocka_unit_test(a_case_without_anchor_is_refused_with_a_sentence),
		cmocka_unit_test(the_ends_of_the_calendar_are_refused),
		cmocka_unit_test(a_day_of_23_hours_is_still_one_day),
		cmocka_unit_test(the_window_of_infection_is_incubation_before_onset),
		cmocka_unit_test(follow_up_ends_so_many_days_after_the_last_exposure),
		cmocka_unit_test(test_days_follow_the_phases),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
