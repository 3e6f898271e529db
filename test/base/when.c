/*
 * when.c - civil time against the C library's, over a dozen awkward zones and two centuries.
 *
 * The oracle is localtime_r under setenv("TZ"): another program reading the same zone files.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/dice.h"
#include "base/memory.h"
#include "base/when.h"

enum { HOUR_S = 3600, DAY_S = 86400 };

static const char *const zones[] = {
	"Asia/Shanghai",       /* summer time 1986-91, and again at midnight in 1940-49 */
	"America/New_York",    /* a rule for ever */
	"Australia/Lord_Howe", /* half an hour */
	"Africa/Cairo",        /* changes at midnight and at 24:00, abolished and brought back */
	"America/Sao_Paulo",   /* midnights that did not exist */
	"Asia/Kathmandu",      /* +05:45 */
	"Pacific/Apia",        /* 2011-12-30 did not exist */
	"Europe/London",       /* at 0:00 UTC, and winter at +1 in 1968-71 */
	"Europe/Dublin",       /* winter time is the exception: negative saving */
	"America/St_Johns",    /* changes at one minute past midnight, to before it */
	"Africa/Casablanca",   /* back and forth for Ramadan */
	"America/Nuuk",        /* a rule whose hour is negative */
	"Antarctica/Troll",    /* two hours at once */
	"Asia/Gaza",           /* a rule with hours over 24 */
	"Asia/Urumqi",         "Asia/Tehran", "Etc/GMT+12", "UTC",
};

#define FIRST_S (-2208988800LL) /* 1900 */
#define LAST_S 4133980800LL     /* 2101 */

static struct zone *zone_of(const char *name)
{
	struct zone *z;
	struct fault f = { 0 };

	if (zone_open(name, &z, &f) != OK)
		fail_msg("%s", f.en);
	setenv("TZ", name, 1);
	tzset();
	return z;
}

static struct tm libc_local(int64_t t)
{
	time_t at = (time_t)t;
	struct tm tm;

	assert_non_null(localtime_r(&at, &tm));
	return tm;
}

static int32_t libc_offset(int64_t t)
{
	return (int32_t)libc_local(t).tm_gmtoff;
}

static int64_t random_instant(struct dice *d)
{
	return FIRST_S + (int64_t)(dice_next(d) % (uint64_t)(LAST_S - FIRST_S));
}

/* An instant at which the offset is about to change, or t itself if it never does again. */
static int64_t before_change(int64_t t)
{
	int64_t low = t, high = t + 200LL * DAY_S;
	int32_t offset = libc_offset(t);

	if (libc_offset(high) == offset)
		return t;
	while (high - low > 1) {
		int64_t middle = low + (high - low) / 2;

		if (libc_offset(middle) == offset)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* ---- the calendar ---- */

static void the_calendar_is_counted_day_by_day(void **state)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int32_t day = date_day(1, 1, 1);

	(void)state;
	assert_int_equal(date_day(1970, 1, 1), 0);
	for (int y = 1; y <= 9999; y++)
		for (int m = 1; m <= 12; m++) {
			bool leap = y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);

			for (int d = 1; d <= days[m - 1] + (m == 2 && leap); d++, day++) {
				int year, month, dom;

				date_civil(day, &year, &month, &dom);
				if (date_day(y, m, d) != day || year != y || month != m || dom != d)
					fail_msg("%d-%d-%d", y, m, d);
			}
		}
	assert_int_equal(date_day(10000, 1, 1), day);
	assert_int_equal((int64_t)date_day(1, 1, 1) * DAY_S, WHEN_MIN_S);
	assert_int_equal((int64_t)day * DAY_S, WHEN_MAX_S);
}

/* ---- zones ---- */

static void offsets_are_those_of_the_c_library(void **state)
{
	struct dice d = { 1 };
	size_t n_changes = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(zones); i++) {
		CLEANUP(zone_end) struct zone *z = zone_of(zones[i]);

		assert_string_equal(zone_name(z), zones[i]);
		for (int k = 0; k < 4000; k++) {
			int64_t t = random_instant(&d);

			if (k % 4 == 0) {
				t = before_change(t);
				n_changes += zone_offset(z, (struct utc_s){ t }) !=
					     zone_offset(z, (struct utc_s){ t + 1 });
			}
			for (int64_t at = t - 1; at <= t + 2; at++)
				if (zone_offset(z, (struct utc_s){ at }) != libc_offset(at))
					fail_msg("%s at %lld: %d, not %d", zones[i], (long long)at,
						 zone_offset(z, (struct utc_s){ at }),
						 libc_offset(at));
		}
	}
	assert_true(n_changes > 2000); /* else no change was looked at */
}

static void the_far_future_follows_the_rule(void **state)
{
	struct dice d = { 2 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(zones); i++) {
		CLEANUP(zone_end) struct zone *z = zone_of(zones[i]);

		for (int k = 0; k < 1000; k++) {
			int64_t t = (int64_t)(dice_next(&d) % (uint64_t)WHEN_MAX_S);

			assert_int_equal(zone_offset(z, (struct utc_s){ t }), libc_offset(t));
		}
		/* Nothing sensible is expected out here, but an answer is. */
		(void)zone_offset(z, (struct utc_s){ INT64_MAX });
		(void)zone_offset(z, (struct utc_s){ INT64_MIN });
		(void)zone_day_start(z, INT32_MAX);
		(void)zone_day_start(z, INT32_MIN);
	}
}

static void every_zone_of_the_system_reads_as_the_c_library_does(void **state)
{
	FILE *list = fopen("/usr/share/zoneinfo/tzdata.zi", "r");
	struct dice d = { 3 };
	char line[256], name[64];
	size_t n = 0;

	(void)state;
	assert_non_null(list);
	while (fgets(line, sizeof line, list)) {
		if (sscanf(line, "Z %63s", name) != 1 && sscanf(line, "L %*s %63s", name) != 1)
			continue;
		CLEANUP(zone_end) struct zone *z = zone_of(name);

		for (int k = 0; k < 100; k++) {
			int64_t t = random_instant(&d);

			if (zone_offset(z, (struct utc_s){ t }) != libc_offset(t))
				fail_msg("%s at %lld", name, (long long)t);
		}
		n++;
	}
	fclose(list);
	assert_true(n > 400);
}

static int32_t libc_day(int64_t t)
{
	struct tm tm = libc_local(t);

	return date_day(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
}

/* The obvious way: walk by five minutes, then back by seconds. A date can be skipped. */
static int64_t libc_day_start(int32_t day)
{
	int64_t t = (int64_t)day * DAY_S - 27 * HOUR_S;

	while (libc_day(t) < day)
		t += 300;
	while (libc_day(t - 1) >= day)
		t--;
	return t;
}

static void check_day(const struct zone *z, int32_t day)
{
	int64_t start = zone_day_start(z, day).v, next = zone_day_start(z, day + 1).v;

	if (start != libc_day_start(day))
		fail_msg("%s day %d: %lld, not %lld", zone_name(z), day, (long long)start,
			 (long long)libc_day_start(day));
	assert_true(next >= start && next - start <= 26 * HOUR_S);
	assert_int_equal(zone_day_of(z, (struct utc_s){ start }), libc_day(start));
	if (next > start)
		assert_int_equal(zone_day_of(z, (struct utc_s){ start }), day);
	assert_true(zone_day_of(z, (struct utc_s){ start - 1 }) < day);
}

static void days_begin_at_their_first_instant(void **state)
{
	struct dice d = { 4 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(zones); i++) {
		CLEANUP(zone_end) struct zone *z = zone_of(zones[i]);

		for (int k = 0; k < 60; k++) {
			int64_t t = random_instant(&d);

			if (k % 2)
				t = before_change(t);
			for (int32_t day = -1; day <= 1; day++)
				check_day(z, libc_day(t) + day);
		}
	}
}

static void a_midnight_that_does_not_exist_is_one_oclock(void **state)
{
	CLEANUP(zone_end) struct zone *brazil = zone_of("America/Sao_Paulo");
	CLEANUP(zone_end) struct zone *samoa = zone_of("Pacific/Apia");
	CLEANUP(buf_release) struct buf b = { 0 };

	(void)state;
	when_iso(&b, zone_day_start(brazil, date_day(2018, 11, 4)), brazil);
	buf_char(&b, ' ');
	/* Samoa had no 30 December 2011: its beginning is that of the 31st. */
	when_iso(&b, zone_day_start(samoa, date_day(2011, 12, 30)), samoa);
	buf_char(&b, ' ');
	when_iso(&b, zone_day_start(samoa, date_day(2011, 12, 31)), samoa);
	assert_true(str_eq(buf_view(&b), STR("2018-11-04T01:00:00-02:00 2011-12-31T00:00:00+14:00 "
					     "2011-12-31T00:00:00+14:00")));
}

static void a_zone_has_a_known_name_or_is_refused(void **state)
{
	static const struct {
		const char *name;
		enum err e;
		int32_t offset_s;
	} rows[] = {
		{ "+08:00", OK, 8 * HOUR_S },
		{ "-0330", OK, -(3 * HOUR_S + 1800) },
		{ "+14", OK, 14 * HOUR_S },
		{ "-23:59", OK, -(23 * HOUR_S + 59 * 60) },
		{ "UTC", OK, 0 },
		{ "Etc/UTC", OK, 0 },
		{ "Asia/Shanghai", OK, 8 * HOUR_S },
		{ "", ERR_ABSENT, 0 },
		{ "Asia/Atlantis", ERR_ABSENT, 0 },
		{ "../zoneinfo/UTC", ERR_ABSENT, 0 },
		{ "Asia/../UTC", ERR_ABSENT, 0 },
		{ "/usr/share/zoneinfo/UTC", ERR_ABSENT, 0 },
		{ "zone.tab", ERR_ABSENT, 0 },
		{ "tzdata.zi", ERR_ABSENT, 0 },
		{ "leapseconds", ERR_ABSENT, 0 },
		{ "Asia", ERR_IO, 0 },
		{ "+24:00", ERR_ABSENT, 0 },
		{ "+08:60", ERR_ABSENT, 0 },
		{ "+8", ERR_ABSENT, 0 },
		{ "+08:0", ERR_ABSENT, 0 },
		{ "+08:000", ERR_ABSENT, 0 },
		{ "+0:800", ERR_ABSENT, 0 },
		{ "+080", ERR_ABSENT, 0 },
		{ "+", ERR_ABSENT, 0 },
		{ "Asia/Shanghai ", ERR_ABSENT, 0 },
		{ "AsiaAsiaAsiaAsiaAsiaAsiaAsiaAsiaAsiaAsiaAsiaAsiaAsiaAsiaAsiaAsiaAsia",
		  ERR_ABSENT, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(zone_end) struct zone *z = NULL;
		struct fault f = { 0 };
		enum err e = zone_open(rows[i].name, &z, &f);

		if (e != rows[i].e)
			fail_msg("'%s': %s", rows[i].name, err_word(e));
		assert_int_equal(f.code, e);
		if (e)
			assert_null(z);
		else
			assert_int_equal(zone_offset(z, (struct utc_s){ 1650000000 }),
					 rows[i].offset_s);
	}
}

static void a_zone_survives_any_allocation_that_fails(void **state)
{
	uint64_t k;

	(void)state;
	for (k = 1;; k++) {
		CLEANUP(zone_end) struct zone *z = NULL;
		struct fault f = { 0 };
		enum err e;

		mem_fail_at(k, false);
		e = zone_open("America/New_York", &z, &f);
		if (!e)
			assert_true(mem_calls() < k); /* it passed because nothing failed */
		mem_fail_at(0, false);
		if (!e)
			break;
		assert_int_equal(e, ERR_MEMORY);
		assert_int_equal(f.code, ERR_MEMORY);
		assert_null(z);
	}
	assert_true(k > 4);
}

/* ---- times as text ---- */

static const struct {
	const char *text;
	enum err e;
	int64_t at;
} texts[] = {
	{ "0", OK, 0 },
	{ "-1", OK, -1 },
	{ "1650000000", OK, 1650000000 },
	{ "253402271999", OK, 253402271999 }, /* the last second of 9999 in Shanghai */
	{ "253402272000", ERR_RANGE, 0 },
	{ "253402300800", ERR_RANGE, 0 },
	{ "-62135596800", OK, -62135596800 },
	{ "-62135596801", ERR_RANGE, 0 },
	{ "9999999999999999999999", ERR_RANGE, 0 },
	{ "2022-04-15", OK, 1649952000 },
	{ "2022-04-15T13:20:00+08:00", OK, 1650000000 },
	{ "2022-04-15 13:20:00", OK, 1650000000 },
	{ "2022-04-15T13:20", OK, 1650000000 },
	{ "2022-04-15T05:20Z", OK, 1650000000 },
	{ "2022-04-15T05:20:00.000Z", OK, 1650000000 },
	{ "2022-04-15T05:20+00", OK, 1650000000 },
	{ "2022-04-14T23:50-0530", OK, 1650000000 },
	{ "2022-04-15T13:19+07:59", OK, 1650000000 },
	{ "2022-04-16T04:20+23:00", OK, 1650000000 },
	{ "2022-04-15T24:00", OK, 1650038400 },
	{ "2022-04-16T00:00:00", OK, 1650038400 },
	{ "2022-04-15T24:00:00.0", OK, 1650038400 },
	{ "2024-02-29", OK, 1709136000 },
	{ "2022-02-29", ERR_RANGE, 0 },
	{ "1900-02-29", ERR_RANGE, 0 },
	{ "2022-00-10", ERR_RANGE, 0 },
	{ "2022-13-10", ERR_RANGE, 0 },
	{ "2022-04-31", ERR_RANGE, 0 },
	{ "2022-04-00", ERR_RANGE, 0 },
	{ "0000-01-01", ERR_RANGE, 0 },
	{ "0001-01-01", ERR_RANGE, 0 }, /* in Shanghai that began in year 0, UTC */
	{ "2022-04-15T24:01", ERR_RANGE, 0 },
	{ "2022-04-15T25:00", ERR_RANGE, 0 },
	{ "2022-04-15T12:60", ERR_RANGE, 0 },
	{ "2022-04-15T12:30:60", ERR_RANGE, 0 },
	{ "2022-04-15T12:30:00.001", ERR_RANGE, 0 },
	{ "2022-04-15T12:30:00.0000000000000000001", ERR_RANGE, 0 },
	{ "2022-04-15T12:30+24:00", ERR_RANGE, 0 },
	{ "2022-04-15T12:30+08:60", ERR_RANGE, 0 },
	{ "", ERR_SYNTAX, 0 },
	{ "-", ERR_SYNTAX, 0 },
	{ "+5", ERR_SYNTAX, 0 },
	{ "2022", OK, 2022 }, /* Unix seconds, whatever else it may look like */
	{ "2022-04", ERR_SYNTAX, 0 },
	{ "2022-4-5", ERR_SYNTAX, 0 },
	{ "2022/04/15", ERR_SYNTAX, 0 },
	{ "22-04-15", ERR_SYNTAX, 0 },
	{ "2022-04-15T", ERR_SYNTAX, 0 },
	{ "2022-04-15T12", ERR_SYNTAX, 0 },
	{ "2022-04-15T12:3", ERR_SYNTAX, 0 },
	{ "2022-04-15T12:30:", ERR_SYNTAX, 0 },
	{ "2022-04-15T12:30:00.", ERR_SYNTAX, 0 },
	{ "2022-04-15T12:30:00,0", ERR_SYNTAX, 0 },
	{ "2022-04-15T12:30+", ERR_SYNTAX, 0 },
	{ "2022-04-15T12:30+8", ERR_SYNTAX, 0 },
	{ "2022-04-15T12:30+08:", ERR_SYNTAX, 0 },
	{ "2022-04-15T12:30+080", ERR_SYNTAX, 0 },
	{ "2022-04-15T12:30Zulu", ERR_SYNTAX, 0 },
	{ "2022-04-15T12:30 Z", ERR_SYNTAX, 0 },
	{ "2022-04-15  12:30", ERR_SYNTAX, 0 },
	{ " 2022-04-15", ERR_SYNTAX, 0 },
	{ "2022-04-15 ", ERR_SYNTAX, 0 },
	{ "2022-04-15Z", ERR_SYNTAX, 0 },
	{ "1e9", ERR_SYNTAX, 0 },
	{ "1.5", ERR_SYNTAX, 0 },
};

static void times_are_read_or_refused_for_the_right_reason(void **state)
{
	CLEANUP(zone_end) struct zone *z = zone_of("Asia/Shanghai");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct when w = { .day = 77 };
		enum err e = when_read(str_of(texts[i].text), z, &w);

		if (e != texts[i].e || (!e && w.at.v != texts[i].at))
			fail_msg("'%s': %s %lld", texts[i].text, err_word(e), (long long)w.at.v);
		assert_int_equal(w.day, e ? 77 : libc_day(w.at.v));
		if (!e) {
			assert_int_equal(w.integer, !strpbrk(texts[i].text + 1, "-:"));
			assert_int_equal(w.kind, strlen(texts[i].text) == 10 && !w.integer);
		}
	}
}

static void what_is_written_reads_back_as_the_same_instant(void **state)
{
	struct dice d = { 5 };
	CLEANUP(buf_release) struct buf b = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(zones); i++) {
		CLEANUP(zone_end) struct zone *z = zone_of(zones[i]);

		for (int k = 0; k < 2000; k++) {
			int64_t t = random_instant(&d);
			struct when w;

			buf_clear(&b);
			when_iso(&b, (struct utc_s){ t }, z);
			assert_int_equal(b.n, 25);
			assert_int_equal(when_read(buf_view(&b), z, &w), OK);
			assert_int_equal(w.at.v, t);
			assert_int_equal(w.kind, WHEN_INSTANT);
			if (libc_offset(t) % 60 == 0) {
				struct tm tm = libc_local(t);
				char want[32];

				assert_true(strftime(want, sizeof want, "%FT%T%z", &tm) == 24);
				assert_memory_equal(b.p, want, 22);
				assert_memory_equal(b.p + 23, want + 22, 2);
			}
			buf_clear(&b);
			when_date(&b, w.day);
			assert_int_equal(when_read(buf_view(&b), z, &w), OK);
			assert_int_equal(w.kind, WHEN_DATE);
			assert_int_equal(w.at.v, zone_day_start(z, w.day).v);
			assert_int_equal(w.day, libc_day(t));
		}
	}
}

static void the_ends_of_the_calendar_can_be_written(void **state)
{
	CLEANUP(zone_end) struct zone *utc = zone_of("UTC");
	CLEANUP(zone_end) struct zone *york = zone_of("America/New_York");
	CLEANUP(buf_release) struct buf b = { 0 };

	(void)state;
	when_iso(&b, (struct utc_s){ WHEN_MIN_S }, utc);
	buf_char(&b, ' ');
	when_iso(&b, (struct utc_s){ WHEN_MIN_S }, york); /* 4:56:02 west in those days */
	buf_char(&b, ' ');
	when_iso(&b, (struct utc_s){ WHEN_MAX_S - 1 }, utc);
	buf_char(&b, ' ');
	when_iso(&b, (struct utc_s){ WHEN_MAX_S }, utc); /* the end of the last interval */
	assert_true(
		str_eq(buf_view(&b), STR("0001-01-01T00:00:00+00:00 0000-12-31T19:04:00-04:56 "
					 "9999-12-31T23:59:59+00:00 +10000-01-01T00:00:00+00:00")));
}

/* Of all instants that the C library shows as local_s, the first; else by the offset before. */
static int64_t libc_from_local(int64_t local_s)
{
	int64_t best = INT64_MAX;
	int32_t before = libc_offset(local_s - 26 * HOUR_S);

	for (int64_t t = local_s - 26 * HOUR_S; t <= local_s + 26 * HOUR_S; t += 300) {
		int32_t offset = libc_offset(t);

		if (libc_offset(local_s - offset) == offset)
			best = min_i64(best, local_s - offset);
	}
	return best < INT64_MAX ? best : local_s - before;
}

static void local_times_that_are_skipped_or_repeated_take_the_earlier_offset(void **state)
{
	struct dice d = { 6 };
	size_t n_skipped = 0, n_repeated = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(zones); i++) {
		CLEANUP(zone_end) struct zone *z = zone_of(zones[i]);

		for (int k = 0; k < 150; k++) {
			int64_t t = before_change(random_instant(&d)) + 1;
			int64_t local_s =
				t + libc_offset(t) - 2 * HOUR_S + dice_below(&d, 4 * HOUR_S);
			int64_t got = zone_from_local(z, local_s).v;

			if (got != libc_from_local(local_s))
				fail_msg("%s: local %lld is %lld, not %lld", zones[i],
					 (long long)local_s, (long long)got,
					 (long long)libc_from_local(local_s));
			n_skipped += got + libc_offset(got) != local_s;
			for (int64_t later = 1800; later <= 7200; later += 1800)
				n_repeated += got + later + libc_offset(got + later) == local_s;
		}
	}
	assert_true(n_skipped > 100 && n_repeated > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_calendar_is_counted_day_by_day),
		cmocka_unit_test(offsets_are_those_of_the_c_library),
		cmocka_unit_test(the_far_future_follows_the_rule),
		cmocka_unit_test(every_zone_of_the_system_reads_as_the_c_library_does),
		cmocka_unit_test(days_begin_at_their_first_instant),
		cmocka_unit_test(a_midnight_that_does_not_exist_is_one_oclock),
		cmocka_unit_test(a_zone_has_a_known_name_or_is_refused),
		cmocka_unit_test(a_zone_survives_any_allocation_that_fails),
		cmocka_unit_test(times_are_read_or_refused_for_the_right_reason),
		cmocka_unit_test(what_is_written_reads_back_as_the_same_instant),
		cmocka_unit_test(the_ends_of_the_calendar_can_be_written),
		cmocka_unit_test(local_times_that_are_skipped_or_repeated_take_the_earlier_offset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
