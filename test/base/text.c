/* text.c - views, buffers, numbers in text, UTF-8 and GB18030, and the words of failure. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <iconv.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "base/dice.h"
#include "base/memory.h"
#include "base/text.h"

/* ---- UTF-8 ---- */

/* The obvious way: decode the number, then ask whether this is how that number is written. */
static size_t slow_utf8_one(const unsigned char *p, size_t n)
{
	size_t len = p[0] < 0x80 ? 1 : p[0] < 0xC0 ? 0 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t code;

	if (len == 0 || p[0] > 0xF7 || n < len)
		return 0;
	code = len == 1 ? p[0] : p[0] & (0xFFu >> (len + 1));
	for (size_t i = 1; i < len; i++) {
		if (p[i] >> 6 != 2)
			return 0;
		code = code << 6 | (p[i] & 0x3Fu);
	}
	if (code < least[len] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
		return 0;
	return len;
}

static bool slow_utf8(struct str s)
{
	size_t i = 0;

	while (i < s.n) {
		size_t len = slow_utf8_one((const unsigned char *)s.p + i, s.n - i);

		if (!len)
			return false;
		i += len;
	}
	return true;
}

static size_t put_utf8(char *to, uint32_t code)
{
	if (code < 0x80) {
		to[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		to[0] = (char)(0xC0 | code >> 6);
		to[1] = (char)(0x80 | (code & 0x3F));
		return 2;
	}
	if (code < 0x10000) {
		to[0] = (char)(0xE0 | code >> 12);
		to[1] = (char)(0x80 | (code >> 6 & 0x3F));
		to[2] = (char)(0x80 | (code & 0x3F));
		return 3;
	}
	to[0] = (char)(0xF0 | code >> 18);
	to[1] = (char)(0x80 | (code >> 12 & 0x3F));
	to[2] = (char)(0x80 | (code >> 6 & 0x3F));
	to[3] = (char)(0x80 | (code & 0x3F));
	return 4;
}

static void every_short_byte_string_is_judged_as_the_obvious_way_does(void **state)
{
	(void)state;
	for (uint32_t bytes = 0; bytes < 1u << 24; bytes += bytes < 1u << 16 ? 1 : 7) {
		char p[3] = { (char)(bytes >> 16), (char)(bytes >> 8), (char)bytes };
		struct str s = bytes < 1u << 16 ? (struct str){ p + 1, 2 } : (struct str){ p, 3 };

		if (str_utf8(s) != slow_utf8(s))
			fail_msg("%06x", bytes);
	}
}

static void every_character_is_valid_and_no_surrogate_is(void **state)
{
	char p[8];

	(void)state;
	for (uint32_t code = 0; code < 0x120000; code++) {
		bool want = code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);

		if (str_utf8((struct str){ p, put_utf8(p, code) }) != want)
			fail_msg("U+%04X", code);
	}
}

static void damage_anywhere_in_a_long_text_is_found(void **state)
{
	struct dice d = { 1 };
	size_t n_bad = 0;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		char p[96];
		size_t n = 0, n_want = dice_below(&d, 80);

		while (n < n_want) {
			static const uint32_t top[] = { 0x80, 0x80, 0x80, 0x800, 0xD800, 0x10FFFF };
			uint32_t code = dice_below(&d, top[dice_below(&d, ARRAY_LEN(top))]);

			if (code < 0xD800 || code > 0xDFFF)
				n += put_utf8(p + n, code);
		}
		if (n && dice_chance(&d, 0.7))
			p[dice_below(&d, (uint32_t)n)] = (char)dice_next(&d);
		for (size_t from = 0; from < 4 && from <= n; from++) {
			struct str s = { p + from, n - from };
			bool ascii = true;

			for (size_t i = 0; i < s.n; i++)
				ascii = ascii && !(s.p[i] & 0x80);
			assert_int_equal(str_utf8(s), slow_utf8(s));
			assert_int_equal(str_ascii(s), ascii);
			n_bad += !slow_utf8(s);
		}
	}
	assert_true(n_bad > 10000 && n_bad < 70000); /* both answers were asked for */
}

static void an_empty_view_is_fine_everywhere(void **state)
{
	struct str none = { NULL, 0 };
	CLEANUP(buf_release) struct buf b = { 0 };

	(void)state;
	assert_true(str_utf8(none));
	assert_true(str_ascii(none));
	assert_true(str_eq(none, STR("")));
	assert_int_equal(str_cmp(none, STR("")), 0);
	assert_int_equal(str_cmp(none, STR("a")), -1);
	buf_str(&b, none);
	assert_int_equal(text_from_gb18030(none, &b), OK);
	assert_int_equal(b.n, 0);
	assert_int_equal(b.failed, OK);
}

static void views_are_ordered_by_bytes_then_by_length(void **state)
{
	static const char *const sorted[] = {
		"", "\x01", "A", "AA", "B", "a", "\x7F", "\x80", "é"
	};

	(void)state;
	for (int i = 0; i < (int)ARRAY_LEN(sorted); i++)
		for (int k = 0; k < (int)ARRAY_LEN(sorted); k++) {
			struct str a = str_of(sorted[i]), b = str_of(sorted[k]);

			assert_int_equal(str_cmp(a, b), i < k ? -1 : i > k);
			assert_int_equal(str_eq(a, b), i == k);
		}
}

/* ---- numbers ---- */

static void integers_are_read_up_to_their_edges_and_not_over(void **state)
{
	static const struct {
		const char *text;
		enum err e;
		int64_t v;
	} rows[] = {
		{ "0", OK, 0 },
		{ "-0", OK, 0 },
		{ "007", OK, 7 },
		{ "9223372036854775807", OK, INT64_MAX },
		{ "-9223372036854775808", OK, INT64_MIN },
		{ "0000000000000000000000000000001", OK, 1 },
		{ "9223372036854775808", ERR_RANGE, 0 },
		{ "-9223372036854775809", ERR_RANGE, 0 },
		{ "99999999999999999999", ERR_RANGE, 0 },
		{ "18446744073709551617", ERR_RANGE, 0 },
		{ "", ERR_SYNTAX, 0 },
		{ "-", ERR_SYNTAX, 0 },
		{ "+1", ERR_SYNTAX, 0 },
		{ " 1", ERR_SYNTAX, 0 },
		{ "1 ", ERR_SYNTAX, 0 },
		{ "1.0", ERR_SYNTAX, 0 },
		{ "0x10", ERR_SYNTAX, 0 },
		{ "99999999999999999999x", ERR_SYNTAX, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int64_t v = 77;

		assert_int_equal(str_i64(str_of(rows[i].text), &v), rows[i].e);
		assert_int_equal(v, rows[i].e ? 77 : rows[i].v);
	}
}

static void decimals_are_read_and_nothing_else_is(void **state)
{
	static const struct {
		const char *text;
		enum err e;
		double v;
	} rows[] = {
		{ "0", OK, 0 },           { "-1.5", OK, -1.5 },
		{ "1e3", OK, 1000 },      { "1E-2", OK, 0.01 },
		{ "1e+2", OK, 100 },      { "121.473701", OK, 121.473701 },
		{ "1e-400", OK, 0 },      { "1e400", ERR_RANGE, 0 },
		{ "", ERR_SYNTAX, 0 },    { "-", ERR_SYNTAX, 0 },
		{ ".5", ERR_SYNTAX, 0 },  { "5.", ERR_SYNTAX, 0 },
		{ "1,5", ERR_SYNTAX, 0 }, { "+1", ERR_SYNTAX, 0 },
		{ " 1", ERR_SYNTAX, 0 },  { "1e", ERR_SYNTAX, 0 },
		{ "1e+", ERR_SYNTAX, 0 }, { "nan", ERR_SYNTAX, 0 },
		{ "inf", ERR_SYNTAX, 0 }, { "0x1p3", ERR_SYNTAX, 0 },
	};
	char many[3000];
	double v;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		v = 77;
		assert_int_equal(str_f64(str_of(rows[i].text), &v), rows[i].e);
		assert_true(v == (rows[i].e ? 77 : rows[i].v));
	}
	memset(many, '1', sizeof many);
	assert_int_equal(str_f64((struct str){ many, sizeof many }, &v), ERR_RANGE);
	assert_int_equal(str_f64((struct str){ many, 300 }, &v), OK); /* no NUL behind it */
	memset(many, '0', sizeof many);
	many[1] = '.';
	assert_int_equal(str_f64((struct str){ many, 1023 }, &v), OK);
	assert_int_equal(str_f64((struct str){ many, 1024 }, &v), ERR_RANGE); /* a limit of ours */
}

static void written_numbers_read_back_equal(void **state)
{
	struct dice d = { 2 };
	CLEANUP(buf_release) struct buf b = { 0 };

	(void)state;
	for (int i = 0; i < 200000; i++) {
		uint64_t bits = dice_next(&d);
		int64_t n = (int64_t)(bits >> dice_below(&d, 64)), n_back;
		double v, back;

		memcpy(&v, &bits, sizeof v);
		if (i % 2)
			v = (double)(int64_t)bits / 1e6;
		if (!isfinite(v))
			continue;
		buf_clear(&b);
		buf_f64(&b, v);
		assert_int_equal(str_f64(buf_view(&b), &back), OK);
		assert_memory_equal(&v, &back, sizeof v);
		buf_clear(&b);
		buf_i64(&b, n);
		assert_int_equal(str_i64(buf_view(&b), &n_back), OK);
		assert_int_equal(n, n_back);
	}
	buf_clear(&b);
	buf_i64(&b, INT64_MIN);
	buf_char(&b, ' ');
	buf_f64(&b, 0.1);
	buf_char(&b, ' ');
	buf_f64(&b, 121.473701);
	buf_char(&b, ' ');
	buf_f64(&b, 1.0 / 3);
	assert_true(str_eq(buf_view(&b),
			   STR("-9223372036854775808 0.1 121.473701 0.3333333333333333")));
}

/* ---- buffers ---- */

static void a_buffer_keeps_what_was_put_into_it(void **state)
{
	struct dice d = { 3 };
	static char want[1 << 17];
	size_t n = 0;
	CLEANUP(buf_release) struct buf b = { 0 };

	(void)state;
	while (n < sizeof want - 100) {
		char piece[64];
		size_t len = dice_below(&d, sizeof piece);

		memset(piece, 'a' + (int)dice_below(&d, 26), sizeof piece);
		switch (dice_below(&d, 3)) {
		case 0: buf_put(&b, piece, len); break;
		case 1: buf_fmt(&b, "%.*s", (int)len, piece); break;
		default:
			buf_char(&b, piece[0]);
			len = 1;
			break;
		}
		memcpy(want + n, piece, len);
		n += len;
	}
	assert_true(str_eq(buf_view(&b), (struct str){ want, n }));
	buf_clear(&b);
	assert_int_equal(b.n, 0);
	assert_true(b.cap > 0);
}

static void the_first_failure_of_a_buffer_sticks_and_nothing_is_half_written(void **state)
{
	uint64_t k;

	(void)state;
	for (k = 1;; k++) {
		CLEANUP(buf_release) struct buf b = { 0 };
		size_t n = 0;

		mem_fail_at(k, false);
		for (int i = 0; i < 100; i++) {
			buf_fmt(&b, "%s", "0123456789abcdef");
			n += b.failed ? 0 : 16;
		}
		mem_fail_at(0, false);
		assert_int_equal(b.n, n);
		if (!b.failed)
			break;
		assert_int_equal(b.failed, ERR_MEMORY);
		assert_true(n < 1600);
		buf_clear(&b);
		buf_lit(&b, "well again");
		assert_int_equal(b.failed, OK);
		assert_true(str_eq(buf_view(&b), STR("well again")));
	}
	assert_true(k > 3); /* it did grow more than once */
}

/* ---- GB18030 ---- */

/* Private-use codes around those that newer editions of the standard gave a real character. */
static bool is_moved(uint32_t code)
{
	return code >= 0xE78D && code <= 0xE864;
}

static void every_character_comes_back_from_gb18030(void **state)
{
	iconv_t to = iconv_open("GB18030", "UTF-8");
	CLEANUP(buf_release) struct buf b = { 0 };
	size_t n_asked = 0, n_bars = 0, n_fours = 0;

	(void)state;
	assert_true(to != (iconv_t)-1);
	for (uint32_t code = 0; code <= 0x10FFFF;) {
		char utf8[512], gb[1024];
		char *in = utf8, *out = gb;
		size_t n = 0, left, room = sizeof gb;

		for (; n < sizeof utf8 - 4 && code <= 0x10FFFF; code++)
			if ((code < 0xD800 || code > 0xDFFF) && !is_moved(code)) {
				n += put_utf8(utf8 + n, code);
				n_asked++;
			}
		left = n;
		assert_int_equal(iconv(to, &in, &left, &out, &room), 0);
		for (char *p = gb; p + 1 < out; p++) {
			n_bars += (p[0] & 0x80) && p[1] == '|';
			n_fours += (p[0] & 0x80) && p[1] >= '0' && p[1] <= '9';
		}
		buf_clear(&b);
		assert_int_equal(text_from_gb18030((struct str){ gb, sizeof gb - room }, &b), OK);
		assert_true(str_eq(buf_view(&b), (struct str){ utf8, n }));
	}
	iconv_close(to);
	assert_int_equal(n_asked, 0x110000 - 0x800 - (0xE864 - 0xE78D + 1));
	assert_true(n_bars > 100 && n_fours > 1000000);
}

static void what_is_not_gb18030_is_refused_and_adds_nothing(void **state)
{
	static const char *const bad[] = { "\x80",
					   "\xFF",
					   "a\xB0",
					   "\xB0\x20",
					   "\xB0\x7F",
					   "\x81\x30\x81",
					   "\xB0\xFF",
					   "\x81\x30\x20\x30",
					   "\xFE\x39\xFE\x39" };
	CLEANUP(buf_release) struct buf b = { 0 };

	(void)state;
	buf_lit(&b, "kept");
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_int_equal(text_from_gb18030(str_of(bad[i]), &b), ERR_ENCODING);
		assert_true(str_eq(buf_view(&b), STR("kept")));
	}
	assert_int_equal(text_from_gb18030(STR("\xD6\xD0\xB9\xFA"), &b), OK);
	assert_true(str_eq(buf_view(&b), STR("kept中国")));
}

/* ---- faults ---- */

static void every_word_of_failure_is_its_own_and_has_both_languages(void **state)
{
	(void)state;
	for (int i = 0; i < ERR_N; i++) {
		enum err e = (enum err)i;

		assert_true(strlen(err_word(e)) > 1 && strlen(err_zh(e)) > 2 &&
			    strlen(err_en(e)) > 2);
		assert_true(str_utf8(str_of(err_zh(e))) && !str_ascii(str_of(err_zh(e))));
		assert_true(str_ascii(str_of(err_en(e))));
		assert_int_equal(err_exit(e), e == OK                           ? 0
					      : e == ERR_BUG || e == ERR_MEMORY ? 3
										: 2);
		/* What is theirs on the command line is theirs over HTTP, but for our machine. */
		if (e == OK)
			assert_int_equal(err_http(e), 200);
		else if (e == ERR_NO_ROOM) /* no refusal of what was sent: it is sent again */
			assert_int_equal(err_http(e), 507);
		else if (err_exit(e) == 3 || e == ERR_IO || e == ERR_CORRUPT || e == ERR_BUSY)
			assert_true(err_http(e) == 500 || err_http(e) == 503);
		else
			assert_in_range(err_http(e), 400, 429);
		for (int k = 0; k < i; k++)
			assert_string_not_equal(err_word(e), err_word((enum err)k));
	}
	assert_string_equal(err_word((enum err)ERR_N), err_word(ERR_BUG));
	assert_string_equal(err_word((enum err) - 1), err_word(ERR_BUG));
}

static void the_first_fault_wins(void **state)
{
	struct fault f = { 0 };

	(void)state;
	assert_int_equal(fault_set(&f, ERR_RANGE, "数 %d", "number %d", 5), ERR_RANGE);
	assert_int_equal(fault_set(&f, ERR_IO, "后 %d", "later %d", 6), ERR_IO);
	assert_int_equal(f.code, ERR_RANGE);
	assert_string_equal(f.zh, "数 5");
	assert_string_equal(f.en, "number 5");
	assert_int_equal(fault_set(NULL, ERR_IO, "无", "none"), ERR_IO);
}

static void the_first_place_wins_too(void **state)
{
	struct fault f = { 0 };

	(void)state;
	fault_at(&f, NULL, "row 3");
	fault_at(&f, "phone\n", "row 4");
	fault_at(&f, "name", NULL);
	fault_at(NULL, "name", "row 5");
	assert_string_equal(f.field, "phone?");
	assert_string_equal(f.where, "row 3");
}

static void a_text_of_nothing_to_see_is_blank(void **state)
{
	(void)state;
	assert_true(str_blank(STR("")));
	assert_true(str_blank(STR(" \t\n")));
	assert_true(str_blank(STR("\u3000\u00a0\u200b\ufeff\u2800\u3164\U000e0020")));
	assert_false(str_blank(STR("\u200b.")));
	assert_false(str_blank(STR("\u3000好")));
	assert_false(str_blank(STR("\U0001f600")));
}

static void a_long_fault_is_cut_between_characters(void **state)
{
	(void)state;
	for (size_t lead = 0; lead < 12; lead++) {
		char text[1000] = "";
		struct fault f = { 0 };

		memset(text, 'x', lead);
		while (strlen(text) < sizeof text - 8)
			strcat(text, lead % 2 ? "前" : "𠀀");
		assert_int_equal(fault_set(&f, ERR_IO, "%s", "%s", text), ERR_IO);
		assert_true(str_utf8(str_of(f.zh)));
		assert_true(strlen(f.zh) >= FAULT_TEXT_BYTES - 5);
		assert_memory_equal(f.zh, text, strlen(f.zh));
		assert_string_equal(f.zh, f.en);
	}
}

static void a_fault_is_always_clean_text_whatever_a_name_holds(void **state)
{
	struct dice d = { 4 };
	struct fault f = { 0 };

	(void)state;
	assert_int_equal(fault_set(&f, ERR_IO, "%s", "%s", "a\x1B[2J\n前\xFFz\x7F\xE5\x89"),
			 ERR_IO);
	assert_string_equal(f.en, "a?[2J?前?z???");
	f.code = OK;
	assert_int_equal(fault_set(&f, ERR_IO, "%s", "%s", "\xFF前\xFE𠀀"), ERR_IO);
	assert_string_equal(f.en, "?前?𠀀");
	for (int i = 0; i < 20000; i++) {
		char name[400];
		size_t n = dice_below(&d, sizeof name);

		for (size_t k = 0; k < n; k++)
			name[k] = (char)(dice_chance(&d, 0.5) ? 1 + dice_below(&d, 255) : 0xE5);
		name[n] = '\0';
		f.code = OK;
		ignore(fault_set(&f, ERR_IO, "%s", "%s", name));
		assert_true(str_utf8(str_of(f.en)));
		for (const char *p = f.en; *p; p++)
			assert_true((unsigned char)*p >= 0x20 && *p != 0x7F);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_short_byte_string_is_judged_as_the_obvious_way_does),
		cmocka_unit_test(every_character_is_valid_and_no_surrogate_is),
		cmocka_unit_test(damage_anywhere_in_a_long_text_is_found),
		cmocka_unit_test(an_empty_view_is_fine_everywhere),
		cmocka_unit_test(views_are_ordered_by_bytes_then_by_length),
		cmocka_unit_test(integers_are_read_up_to_their_edges_and_not_over),
		cmocka_unit_test(decimals_are_read_and_nothing_else_is),
		cmocka_unit_test(written_numbers_read_back_equal),
		cmocka_unit_test(a_buffer_keeps_what_was_put_into_it),
		cmocka_unit_test(the_first_failure_of_a_buffer_sticks_and_nothing_is_half_written),
		cmocka_unit_test(every_character_comes_back_from_gb18030),
		cmocka_unit_test(what_is_not_gb18030_is_refused_and_adds_nothing),
		cmocka_unit_test(every_word_of_failure_is_its_own_and_has_both_languages),
		cmocka_unit_test(the_first_fault_wins),
		cmocka_unit_test(the_first_place_wins_too),
		cmocka_unit_test(a_text_of_nothing_to_see_is_blank),
		cmocka_unit_test(a_long_fault_is_cut_between_characters),
		cmocka_unit_test(a_fault_is_always_clean_text_whatever_a_name_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
