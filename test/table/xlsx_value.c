/* xlsx_value.c - what a cell says: formats told apart, dates of both calendars, escapes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/when.h"
#include "table/xlsx.h"

static const struct xlsx_style number = { XLSX_NUMBER, 0 };
static const struct xlsx_style date = { XLSX_DATE, 0 }, date_time = { XLSX_DATE_TIME, 0 };

static void shows_in(bool date1904, const char *v, struct xlsx_style style, const char *text)
{
	CLEANUP(buf_release) struct buf out = { 0 };
	enum xlsx_flaw flaw = xlsx_number(str_of(v), style, date1904, &out);

	buf_char(&out, '\0');
	if (flaw || strcmp(out.p, text) != 0)
		fail_msg("%s gives flaw %d, \"%s\" instead of \"%s\"", v, (int)flaw, out.p, text);
}

static void shows(const char *v, struct xlsx_style style, const char *text)
{
	shows_in(false, v, style, text);
}

static void has_flaw(const char *v, struct xlsx_style style, enum xlsx_flaw flaw)
{
	CLEANUP(buf_release) struct buf out = { 0 };

	assert_int_equal(xlsx_number(str_of(v), style, false, &out), flaw);
	assert_int_equal(out.n, 0);
}

static void numbers_are_written_short_and_whole_ones_without_a_point(void **state)
{
	(void)state;
	shows("18612345678", number, "18612345678");
	shows("1.8612345678E10", number, "18612345678");
	shows("1.0", number, "1");
	shows("-0", number, "0");
	shows("007", number, "7");
	shows("0.10000000000000001", number, "0.1");
	shows("3.3000000000000003", number, "3.3000000000000003");
	shows("-2.5E-3", number, "-0.0025");
	shows("999999999999999", number, "999999999999999");
	has_flaw("1000000000000000", number, XLSX_FLAW_DIGITS);
	has_flaw("4.3010219900101123E+17", number, XLSX_FLAW_DIGITS);
	has_flaw("-1e15", number, XLSX_FLAW_DIGITS);
	has_flaw("abc", number, XLSX_FLAW_NUMBER);
	has_flaw("nan", number, XLSX_FLAW_NUMBER);
	has_flaw("0x10", number, XLSX_FLAW_NUMBER);
	has_flaw(" 1", number, XLSX_FLAW_NUMBER);
	has_flaw("1e999", number, XLSX_FLAW_NUMBER);
}

static void zeros_that_the_format_shows_are_part_of_the_text(void **state)
{
	(void)state;
	shows("42", xlsx_style_of("000000"), "000042");
	shows("1234567", xlsx_style_of("000000"), "1234567");
	shows("-42", xlsx_style_of("000000"), "-42");
	shows("0.5", xlsx_style_of("000000"), "0.5");
	shows("42", xlsx_style_of("0"), "42");
	shows("42", xlsx_style_of("0.00"), "42");
}

static void days_of_the_1900_calendar_step_over_the_day_that_never_was(void **state)
{
	(void)state;
	shows("1", date, "1900-01-01");
	shows("59", date, "1900-02-28");
	has_flaw("60", date, XLSX_FLAW_DATE);
	has_flaw("60.5", date_time, XLSX_FLAW_DATE);
	shows("61", date, "1900-03-01");
	shows("25569", date, "1970-01-01");
	shows("43831", date, "2020-01-01");
	shows("43890", date, "2020-02-29");
	shows("2958465", date, "9999-12-31");
	has_flaw("2958466", date, XLSX_FLAW_DATE);
	has_flaw("-1", date, XLSX_FLAW_DATE);
	has_flaw("1e300", date, XLSX_FLAW_DATE);
}

static void days_of_the_1904_calendar_begin_four_years_later(void **state)
{
	(void)state;
	shows_in(true, "1", date, "1904-01-02");
	shows_in(true, "60", date, "1904-03-01");
	shows_in(true, "42369", date, "2020-01-01");
	shows_in(true, "42369.25", date, "2020-01-01T06:00:00");
}

static void every_day_reads_as_itself(void **state)
{
	char v[24], text[24];
	int year, month, day;

	(void)state;
	for (int32_t serial = 61; serial <= 2958465; serial += serial < 60000 ? 1 : 97) {
		snprintf(v, sizeof(v), "%d", (int)serial);
		date_civil(date_day(1899, 12, 30) + serial, &year, &month, &day);
		snprintf(text, sizeof(text), "%04d-%02d-%02d", year, month, day);
		shows(v, date, text);
	}
}

static void every_second_of_a_day_survives_excels_fractions(void **state)
{
	char v[40], text[40];

	(void)state;
	for (int s = 0; s < 86400; s++) {
		snprintf(v, sizeof(v), "%.15g", 43831 + s / 86400.0); /* as Excel writes it */
		snprintf(text, sizeof(text), "2020-01-01T%02d:%02d:%02d", s / 3600, s / 60 % 60,
			 s % 60);
		shows(v, date_time, text);
	}
}

static void a_time_that_rounds_up_to_midnight_takes_the_next_day(void **state)
{
	(void)state;
	shows("43831.999999", date_time, "2020-01-02T00:00:00");
	shows("43831.999999", date, "2020-01-02");
	shows("43831.99999", date_time, "2020-01-01T23:59:59");
	has_flaw("59.9999999", date_time, XLSX_FLAW_DATE);
	has_flaw("2958465.9999999", date_time, XLSX_FLAW_DATE);
}

static void midnight_is_a_time_if_the_format_has_hours_and_a_date_if_not(void **state)
{
	(void)state;
	shows("43831", date_time, "2020-01-01T00:00:00");
	shows("43831", date, "2020-01-01");
	shows("43831.5", date, "2020-01-01T12:00:00");
	shows("0.5", date_time, "12:00:00");
	shows("0", date, "00:00:00");
	shows("0.9999999", date_time, "1900-01-01T00:00:00");
}

static void formats_are_told_apart_by_what_they_show(void **state)
{
	static const struct {
		const char *format;
		enum xlsx_look look;
	} known[] = {
		{ "General", XLSX_NUMBER },
		{ "GENERAL", XLSX_NUMBER },
		{ "0.00", XLSX_NUMBER },
		{ "#,##0.00_);[Red](#,##0.00)", XLSX_NUMBER },
		{ "\"days\" 0", XLSX_NUMBER },
		{ "0\\d", XLSX_NUMBER },
		{ "0_d", XLSX_NUMBER },
		{ "0*s", XLSX_NUMBER },
		{ "[Yellow]0", XLSX_NUMBER },
		{ "[$-804]0", XLSX_NUMBER },
		{ "0.00E+00", XLSX_NUMBER },
		{ "0;yyyy", XLSX_NUMBER },
		{ "@", XLSX_NUMBER },
		{ "", XLSX_NUMBER },
		{ "\"unclosed d", XLSX_NUMBER },
		{ "[unclosed d", XLSX_NUMBER },
		{ "0\\", XLSX_NUMBER },
		{ "yyyy-mm-dd", XLSX_DATE },
		{ "YYYY/M/D", XLSX_DATE },
		{ "yyyy\"年\"m\"月\"d\"日\"", XLSX_DATE },
		{ "[$-804]yyyy\"年\"m\"月\";@", XLSX_DATE },
		{ "yyyy-mm-dd hh:mm", XLSX_DATE_TIME },
		{ "[$-F400]h:mm:ss\\ AM/PM", XLSX_DATE_TIME },
		{ "[h]:mm", XLSX_DATE_TIME },
		{ "[ss]", XLSX_DATE_TIME },
		{ "mm:ss.0", XLSX_DATE_TIME },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (xlsx_style_of(known[i].format).look != known[i].look)
			fail_msg("%s", known[i].format);
	assert_int_equal(xlsx_style_of("0000").pad, 4);
	assert_int_equal(xlsx_style_of("0").pad, 0);
	assert_int_equal(xlsx_style_of("0000000000000000").pad, 0);
}

static void built_in_formats_are_those_of_the_standard(void **state)
{
	static const char looks[] = "nnnnnnnnnnnnnnddddtttttnnnndddddttttdnnnnnnnntttnnddddd"
				    "ttddnnnnnn";

	(void)state;
	for (uint32_t id = 0; id < sizeof(looks) - 1; id++) {
		enum xlsx_look look = looks[id] == 'd'   ? XLSX_DATE
				      : looks[id] == 't' ? XLSX_DATE_TIME
							 : XLSX_NUMBER;

		if (xlsx_style_builtin(id).look != look)
			fail_msg("%u", (unsigned)id);
	}
	assert_int_equal(xlsx_style_builtin(UINT32_MAX).look, XLSX_NUMBER);
}

static void references_are_read_strictly(void **state)
{
	static const char *const wrong[] = { "",      "A",   "1",          "a1",   "A0", "XFE1",
					     "AAAA1", "A1B", "A123456789", "$A$1", "A-1" };
	uint32_t column = 0, row = 0;

	(void)state;
	assert_int_equal(xlsx_reference("BC7", &column, &row), OK);
	assert_int_equal(column, 54);
	assert_int_equal(row, 7);
	assert_int_equal(xlsx_reference("XFD1048576", &column, &row), OK);
	assert_int_equal(column, 16383);
	assert_int_equal(row, 1048576);
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		assert_int_equal(xlsx_reference(wrong[i], &column, &row), ERR_SYNTAX);
}

static void escapes_become_what_they_stand_for(void **state)
{
	static const char *const pairs[][2] = {
		{ "a_x000D_b", "a\rb" },
		{ "_x005F_x0041_", "_x0041_" },
		{ "_x4E2D_", "\xE4\xB8\xAD" },
		{ "_xD83D__xDE00_", "\xF0\x9F\x98\x80" },
		{ "_xD83D_", "_xD83D_" },
		{ "_xDE00_", "_xDE00_" },
		{ "_xD83D__x0041_", "_xD83D_A" },
		{ "_x0000_", "_x0000_" },
		{ "_x004_", "_x004_" },
		{ "_x00G1_", "_x00G1_" },
		{ "__x0041__", "_A_" },
		{ "_x0041", "_x0041" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		char text[64];
		size_t n = strlen(pairs[i][0]);

		memcpy(text, pairs[i][0], n);
		n = xlsx_unescape(text, n);
		text[n] = '\0';
		assert_string_equal(text, pairs[i][1]);
	}
}

static void length_is_counted_as_excel_does(void **state)
{
	CLEANUP(buf_release) struct buf b = { 0 };

	(void)state;
	for (int i = 0; i < TABLE_CELL_CHARS_MAX; i++)
		buf_lit(&b, "中");
	assert_false(xlsx_too_long(buf_view(&b)));
	buf_char(&b, 'a');
	assert_true(xlsx_too_long(buf_view(&b)));
	buf_clear(&b);
	for (int i = 0; i < TABLE_CELL_CHARS_MAX / 2; i++)
		buf_lit(&b, "\xF0\x9F\x98\x80"); /* two units each */
	buf_char(&b, 'a');
	assert_false(xlsx_too_long(buf_view(&b)));
	buf_char(&b, 'a');
	assert_true(xlsx_too_long(buf_view(&b)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_written_short_and_whole_ones_without_a_point),
		cmocka_unit_test(zeros_that_the_format_shows_are_part_of_the_text),
		cmocka_unit_test(days_of_the_1900_calendar_step_over_the_day_that_never_was),
		cmocka_unit_test(days_of_the_1904_calendar_begin_four_years_later),
		cmocka_unit_test(every_day_reads_as_itself),
		cmocka_unit_test(every_second_of_a_day_survives_excels_fractions),
		cmocka_unit_test(a_time_that_rounds_up_to_midnight_takes_the_next_day),
		cmocka_unit_test(midnight_is_a_time_if_the_format_has_hours_and_a_date_if_not),
		cmocka_unit_test(formats_are_told_apart_by_what_they_show),
		cmocka_unit_test(built_in_formats_are_those_of_the_standard),
		cmocka_unit_test(references_are_read_strictly),
		cmocka_unit_test(escapes_become_what_they_stand_for),
		cmocka_unit_test(length_is_counted_as_excel_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
