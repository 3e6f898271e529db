/*
 * zone.c - time-zone files made by hand: rules nobody uses yet, and damage.
 *
 * The oracle for rules is the C library again, which reads the same text from TZ.
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

/* ---- making a file ---- */

struct turn {
	int64_t at;
	uint8_t type;
};

struct plan {
	uint32_t leap, n_types, n_turns;
	int32_t offset_s[3];
	struct turn turns[4];
	const char *footer;
};

static void put_be(struct buf *b, uint64_t v, int bytes)
{
	while (bytes-- > 0)
		buf_char(b, (char)(v >> (8 * bytes)));
}

static void put_header(struct buf *b, uint32_t leap, uint32_t turns, uint32_t types, uint32_t chars)
{
	buf_lit(b, "TZif2");
	for (int i = 0; i < 15; i++)
		buf_char(b, '\0');
	put_be(b, 0, 4);
	put_be(b, 0, 4);
	put_be(b, leap, 4);
	put_be(b, turns, 4);
	put_be(b, types, 4);
	put_be(b, chars, 4);
}

static void put_zone(struct buf *b, const struct plan *p)
{
	buf_clear(b);
	put_header(b, 0, 1, 1, 2); /* a block for old readers, which ours has to step over */
	buf_put(b, "abcd\0\0\0\0\0\0\0XY", 13);
	put_header(b, p->leap, p->n_turns, p->n_types, 4);
	for (uint32_t i = 0; i < p->n_turns; i++)
		put_be(b, (uint64_t)p->turns[i].at, 8);
	for (uint32_t i = 0; i < p->n_turns; i++)
		buf_char(b, (char)p->turns[i].type);
	for (uint32_t i = 0; i < p->n_types; i++) {
		put_be(b, (uint32_t)p->offset_s[i % 3], 4);
		put_be(b, 0, 2);
	}
	buf_put(b, "LMT", 4);
	for (uint32_t i = 0; i < 3 * p->leap; i++)
		put_be(b, 0, 4);
	buf_char(b, '\n');
	buf_lit(b, p->footer);
	buf_char(b, '\n');
	assert_int_equal(b->failed, OK);
}

static struct zone *zone_of_rule(const char *rule)
{
	struct plan p = { .n_types = 1, .footer = rule };
	CLEANUP(buf_release) struct buf b = { 0 };
	struct zone *z = NULL;

	put_zone(&b, &p);
	if (zone_open_bytes(rule, buf_view(&b), &z) != OK)
		fail_msg("%s was refused", rule);
	return z;
}

/* ---- rules ---- */

static int32_t libc_offset(int64_t t)
{
	time_t at = (time_t)t;
	struct tm tm;

	assert_non_null(localtime_r(&at, &tm));
	return (int32_t)tm.tm_gmtoff;
}

/*
 * Text for one turn in spring or autumn. Far from New Year and from one another: what a year is
 * when rules cross there, the C library judges year by year and we by what came last.
 */
static void random_turn(struct dice *d, bool spring, char *to, size_t n)
{
	char day[32], hms[32] = "";
	int hours = (int)dice_below(d, 73) - 24;

	switch (dice_below(d, 3)) {
	case 0: snprintf(day, sizeof day, "J%u", (spring ? 20 : 210) + dice_below(d, 130)); break;
	case 1: snprintf(day, sizeof day, "%u", (spring ? 20 : 210) + dice_below(d, 130)); break;
	default:
		snprintf(day, sizeof day, "M%u.%u.%u", (spring ? 2 : 8) + dice_below(d, 4),
			 1 + dice_below(d, 5), dice_below(d, 7));
		break;
	}
	if (dice_chance(d, 0.6))
		snprintf(hms, sizeof hms, dice_chance(d, 0.5) ? "/%d" : "/%d:%u:%u", hours,
			 dice_below(d, 60), dice_below(d, 60));
	snprintf(to, n, "%s%s", day, hms);
}

static void rules_of_any_form_are_followed_as_the_c_library_does(void **state)
{
	struct dice d = { 1 };
	size_t n_changes = 0;

	(void)state;
	for (int i = 0; i < 300; i++) {
		char rule[160], start[64], end[64], dst[16] = "";
		int west = (int)dice_below(&d, 26) - 13;

		random_turn(&d, i % 2, start, sizeof start);
		random_turn(&d, !(i % 2), end, sizeof end);
		if (dice_chance(&d, 0.3))
			snprintf(dst, sizeof dst, "%d:30", west - 1);
		snprintf(rule, sizeof rule, "%s%d%s%s,%s,%s", i % 3 ? "ABC" : "<+1-a>", west,
			 i % 5 ? "DEF" : "<-02>", dst, start, end);
		CLEANUP(zone_end) struct zone *z = zone_of_rule(rule);
		setenv("TZ", rule, 1);
		tzset();
		for (int k = 0; k < 300; k++) {
			int64_t t = (int64_t)(dice_next(&d) % (130ull * 365 * DAY_S));
			int32_t got = zone_offset(z, (struct utc_s){ t });

			if (got != libc_offset(t))
				fail_msg("%s at %lld: %d, not %d", rule, (long long)t, got,
					 libc_offset(t));
			n_changes += got != zone_offset(z, (struct utc_s){ t + 100LL * DAY_S });
		}
	}
	assert_true(n_changes > 10000);
}

static void rules_that_reach_over_new_year_hold(void **state)
{
	/* Permanent summer time, as RFC 8536 writes it: it ends when it begins again. */
	CLEANUP(zone_end) struct zone *always = zone_of_rule("XXX3EDT4,0/0,J365/23");
	/* Begins a week before 1 January 00:00 and ends on 3 January at 00:00 summer time. */
	CLEANUP(zone_end) struct zone *around = zone_of_rule("AAA0BBB-1,J1/-167,J10/-167");
	CLEANUP(zone_end) struct zone *plain = zone_of_rule("<+0545>-5:45");
	int64_t new_year = (int64_t)date_day(2031, 1, 1) * DAY_S;

	(void)state;
	for (int year = 1990; year < 2200; year++)
		for (int h = -24 * 10; h < 24 * 10; h++) {
			int64_t t = (int64_t)date_day(year, 1, 1) * DAY_S + h * HOUR_S;

			assert_int_equal(zone_offset(always, (struct utc_s){ t }), -4 * HOUR_S);
			assert_int_equal(zone_offset(plain, (struct utc_s){ t }), 20700);
		}
	assert_int_equal(zone_offset(around, (struct utc_s){ new_year - 167 * HOUR_S - 1 }), 0);
	assert_int_equal(zone_offset(around, (struct utc_s){ new_year - 167 * HOUR_S }), HOUR_S);
	assert_int_equal(zone_offset(around, (struct utc_s){ new_year }), HOUR_S);
	/* 10 January 00:00 less 167 hours, less the hour of summer time */
	assert_int_equal(zone_offset(around, (struct utc_s){ new_year + 48 * HOUR_S - 1 }), HOUR_S);
	assert_int_equal(zone_offset(around, (struct utc_s){ new_year + 48 * HOUR_S }), 0);
}

static void day_sixty_of_a_leap_year_is_the_first_of_march_for_julian_rules(void **state)
{
	static const struct {
		const char *rule;
		int year, month, day;
	} rows[] = {
		{ "AAA0BBB,J59/0,J300", 2024, 2, 28 },    { "AAA0BBB,J60/0,J300", 2024, 3, 1 },
		{ "AAA0BBB,J60/0,J300", 2023, 3, 1 },     { "AAA0BBB,59/0,300", 2024, 2, 29 },
		{ "AAA0BBB,59/0,300", 2023, 3, 1 },       { "AAA0BBB,60/0,300", 2024, 3, 1 },
		{ "AAA0BBB,M2.5.4/0,300", 2024, 2, 29 },  { "AAA0BBB,M2.5.4/0,300", 2023, 2, 23 },
		{ "AAA0BBB,J1,M12.5.0/0", 2023, 12, 31 }, { "AAA0BBB,J1,M12.5.0/1", 2028, 12, 31 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(zone_end) struct zone *z = zone_of_rule(rows[i].rule);
		int64_t t = (int64_t)date_day(rows[i].year, rows[i].month, rows[i].day) * DAY_S;
		bool begins = rows[i].month < 12;

		t -= rows[i].rule[strlen(rows[i].rule) - 1] == '1' || begins ? 0 : HOUR_S;
		assert_int_equal(zone_offset(z, (struct utc_s){ t - 1 }), begins ? 0 : HOUR_S);
		assert_int_equal(zone_offset(z, (struct utc_s){ t }), begins ? HOUR_S : 0);
	}
}

static void a_rule_that_is_not_one_is_refused(void **state)
{
	static const char *const bad[] = {
		"A0",
		"AB0",
		"ABC",
		"ABC25",
		"ABC0:60",
		"ABC0:00:60",
		"<ABC0",
		"ABC0D",
		"ABC0DEF",
		"ABC0DEF,J1",
		"ABC0DEF,J0,J2",
		"ABC0DEF,J366,J2",
		"ABC0DEF,366,2",
		"ABC0DEF,M0.1.1,1",
		"ABC0DEF,M13.1.1,1",
		"ABC0DEF,M1.0.1,1",
		"ABC0DEF,M1.6.1,1",
		"ABC0DEF,M1.1.7,1",
		"ABC0DEF,M1.1,1",
		"ABC0DEF,M1,1",
		"ABC0DEF,1/168,1",
		"ABC0DEF,1/,1",
		"ABC0DEF,1/1:,1",
		"ABC0DEF,1,1,",
		"ABC0DEF,1,1 ",
		"ABC0DEF25,1,1",
		"ABC0DEF,1;1",
		"ABC99999999999999999999",
		"ABC0,1,1",
		"ABC0DEF,1,",
		"ABC+-1",
		":Asia/Shanghai",
		"ABC0DEF,1,1/2:3:4:5",
	};
	struct plan p = { .n_types = 1 };
	CLEANUP(buf_release) struct buf b = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		CLEANUP(zone_end) struct zone *z = NULL;

		p.footer = bad[i];
		put_zone(&b, &p);
		if (zone_open_bytes("bad", buf_view(&b), &z) != ERR_CORRUPT)
			fail_msg("%s was taken", bad[i]);
		assert_null(z);
	}
}

/* ---- transitions ---- */

static const struct plan good = {
	.n_types = 3,
	.n_turns = 4,
	.offset_s = { 29143, 28800, 32400 },
	.turns = { { -1000, 1 }, { 0, 2 }, { 5000, 1 }, { 9000, 2 } },
	.footer = "CST-8",
};

static void segments_follow_one_another_and_then_the_rule(void **state)
{
	static const struct {
		int64_t t;
		int32_t offset_s;
	} rows[] = {
		{ INT64_MIN, 29143 }, { -1001, 29143 }, { -1000, 28800 }, { -1, 28800 },
		{ 0, 32400 },         { 4999, 32400 },  { 5000, 28800 },  { 8999, 28800 },
	};
	struct plan p = good;

	(void)state;
	for (int ruled = 0; ruled < 2; ruled++) {
		CLEANUP(buf_release) struct buf b = { 0 };
		CLEANUP(zone_end) struct zone *z = NULL;
		int32_t last_s = ruled ? 28800 : 32400; /* a rule decides from the last turn on */

		p.footer = ruled ? "CST-8" : "";
		put_zone(&b, &p);
		assert_int_equal(zone_open_bytes("made", buf_view(&b), &z), OK);
		assert_string_equal(zone_name(z), "made");
		for (size_t i = 0; i < ARRAY_LEN(rows); i++)
			assert_int_equal(zone_offset(z, (struct utc_s){ rows[i].t }),
					 rows[i].offset_s);
		assert_int_equal(zone_offset(z, (struct utc_s){ 9000 }), last_s);
		assert_int_equal(zone_offset(z, (struct utc_s){ INT64_MAX }), last_s);
	}
}

static void a_file_that_contradicts_itself_is_refused(void **state)
{
	struct plan bad[9];
	CLEANUP(buf_release) struct buf b = { 0 };
	CLEANUP(zone_end) struct zone *z = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		bad[i] = good;
	bad[0].turns[2].at = 0;     /* twice at once */
	bad[1].turns[2].at = -5;    /* back in time */
	bad[2].turns[1].type = 3;   /* no such type */
	bad[3].offset_s[1] = 93600; /* 26 hours */
	bad[4].offset_s[1] = -93600;
	bad[5].leap = 1; /* seconds that UTC does not count */
	bad[6].n_types = 0;
	bad[7].n_types = bad[7].n_turns = 0;
	bad[8].n_types = 257; /* more than a byte can point at */
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		put_zone(&b, &bad[i]);
		assert_int_equal(zone_open_bytes("bad", buf_view(&b), &z), ERR_CORRUPT);
		assert_null(z);
	}
	bad[3].offset_s[1] = 93599;
	put_zone(&b, &bad[3]);
	assert_int_equal(zone_open_bytes("edge", buf_view(&b), &z), OK);
	zone_end(&z);
	bad[8].n_types = 256;
	put_zone(&b, &bad[8]);
	assert_int_equal(zone_open_bytes("edge", buf_view(&b), &z), OK);
}

/* ---- damage ---- */

static void use(const struct zone *z)
{
	for (int64_t t = -4000000000; t < 9000000000; t += 1000000000) {
		int32_t offset_s = zone_offset(z, (struct utc_s){ t });

		assert_true(offset_s > -26 * HOUR_S && offset_s < 26 * HOUR_S);
		(void)zone_day_start(z, zone_day_of(z, (struct utc_s){ t }));
		(void)zone_from_local(z, t);
	}
}

static void damage_is_refused_or_harmless(void **state)
{
	struct dice d = { 2 };
	CLEANUP(buf_release) struct buf b = { 0 };
	size_t n_refused = 0;
	struct plan p = good;

	(void)state;
	p.footer = "EST5EDT,M3.2.0,M11.1.0";
	put_zone(&b, &p);
	for (size_t n = 0; n < b.n; n++) {
		char *exact = malloc(n ? n : 1); /* so that a sanitizer sees reading past it */
		CLEANUP(zone_end) struct zone *z = NULL;

		assert_non_null(exact);
		memcpy(exact, b.p, n);
		assert_int_equal(zone_open_bytes("cut", (struct str){ exact, n }, &z), ERR_CORRUPT);
		free(exact);
	}
	for (int i = 0; i < 20000; i++) {
		uint32_t at = dice_below(&d, (uint32_t)b.n);
		char was = b.p[at];
		CLEANUP(zone_end) struct zone *z = NULL;
		enum err e;

		b.p[at] = (char)dice_next(&d);
		e = zone_open_bytes("spoilt", buf_view(&b), &z);
		assert_true(e == OK || e == ERR_CORRUPT);
		n_refused += e != OK;
		if (!e)
			use(z);
		b.p[at] = was;
	}
	assert_true(n_refused > 2000 && n_refused < 18000);
}

static void only_a_zone_file_of_version_two_or_later_is_one(void **state)
{
	enum { FIRST_BYTES = 44 + 13 }; /* the block for old readers, as put_zone makes it */
	static const struct {
		size_t at;
		char byte;
		enum err e;
	} rows[] = {
		{ 4, '3', OK },           { FIRST_BYTES + 4, '4', OK },
		{ 0, 't', ERR_CORRUPT },  { FIRST_BYTES + 3, 'F', ERR_CORRUPT },
		{ 4, '\0', ERR_CORRUPT }, { FIRST_BYTES + 4, '1', ERR_CORRUPT },
	};
	CLEANUP(buf_release) struct buf b = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(zone_end) struct zone *z = NULL;

		put_zone(&b, &good);
		b.p[rows[i].at] = rows[i].byte;
		assert_int_equal(zone_open_bytes("other", buf_view(&b), &z), rows[i].e);
	}
}

static void any_allocation_may_fail(void **state)
{
	CLEANUP(buf_release) struct buf b = { 0 };
	uint64_t k;

	(void)state;
	put_zone(&b, &good);
	for (k = 1;; k++) {
		CLEANUP(zone_end) struct zone *z = NULL;
		enum err e;

		mem_fail_at(k, false);
		e = zone_open_bytes("poor", buf_view(&b), &z);
		if (!e)
			assert_true(mem_calls() < k); /* it passed because nothing failed */
		mem_fail_at(0, false);
		if (!e)
			break;
		assert_int_equal(e, ERR_MEMORY);
		assert_null(z);
	}
	assert_int_equal(k, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_of_any_form_are_followed_as_the_c_library_does),
		cmocka_unit_test(rules_that_reach_over_new_year_hold),
		cmocka_unit_test(day_sixty_of_a_leap_year_is_the_first_of_march_for_julian_rules),
		cmocka_unit_test(a_rule_that_is_not_one_is_refused),
		cmocka_unit_test(segments_follow_one_another_and_then_the_rule),
		cmocka_unit_test(a_file_that_contradicts_itself_is_refused),
		cmocka_unit_test(damage_is_refused_or_harmless),
		cmocka_unit_test(only_a_zone_file_of_version_two_or_later_is_one),
		cmocka_unit_test(any_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
