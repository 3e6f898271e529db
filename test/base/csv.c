/*
 * csv.c - what each rule of CSV means, by hand; limits; the writer against the reader; and
 * failing. That the reader follows the rules in all their mixtures is csv_slow.c's matter.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/dice.h"
#include "base/memory.h"

static void write_file(const char *path, struct str in)
{
	FILE *out = fopen(path, "wb");

	assert_non_null(out);
	assert_int_equal(fwrite(in.p, 1, in.n, out), in.n);
	assert_int_equal(fclose(out), 0);
}

/* ---- what each case is, by hand ---- */

/* Read `in` and write what came as: fields in [], records in lines, refusals by their words. */
static struct str shown(struct str in, char delimiter, struct buf *b)
{
	CLEANUP(csv_end) struct csv *c = NULL;
	struct csv_record r;
	bool more;

	buf_clear(b);
	assert_int_equal(csv_open_bytes(in, delimiter, &c), OK);
	for (;;) {
		assert_int_equal(csv_next(c, &r, &more, NULL), OK);
		if (!more)
			return buf_view(b);
		buf_fmt(b, "%llu:", (unsigned long long)r.line);
		if (r.refusal_en)
			buf_fmt(b, " %s", r.refusal_en);
		for (size_t i = 0; i < r.n_fields; i++) {
			buf_lit(b, " [");
			buf_str(b, r.fields[i]);
			buf_char(b, ']');
		}
		buf_char(b, '\n');
	}
}

static void each_rule_of_the_grammar_holds(void **state)
{
	static const struct {
		const char *in;
		char delimiter;
		const char *out;
	} rows[] = {
		{ "", ',', "" },
		{ "\n\r\n\n\r", ',', "" },
		{ "a,b\n1,2", ',', "1: [a] [b]\n2: [1] [2]\n" },
		{ "a,b,\r\n,\r\n", ',', "1: [a] [b] []\n2: [] []\n" },
		{ "\n\na\n\r\nb\n", ',', "3: [a]\n5: [b]\n" },
		{ "\"a,b\",\"c\"\"d\",\"\",\"\r\n\"\nx", ',',
		  "1: [a,b] [c\"d] [] [\r\n]\n3: [x]\n" },
		{ "\"\"\"\",\"\"\"a\"\"\"", ',', "1: [\"] [\"a\"]\n" },
		{ "a\tb,c\n", '\t', "1: [a] [b,c]\n" },
		{ "a;b|c\n", ';', "1: [a] [b|c]\n" },
		{ "a|b;c\n", '|', "1: [a] [b;c]\n" },
		{ "a\tb\x01\x0B\x0C\x7F\n", ',', "1: [a\tb\x01\x0B\x0C\x7F]\n" },
		{ "a\"b,c\nd", ',', "1: a quote inside an unquoted field\n2: [d]\n" },
		{ " \"a\"\nd", ',', "1: a quote inside an unquoted field\n2: [d]\n" },
		{ "\"a\nb\" ,c\nd", ',', "1: text after a closing quote\n3: [d]\n" },
		{ "a\rb\nd", ',', "1: a carriage return without a line feed\n2: [d]\n" },
		{ "a\r\r\nd", ',', "1: a carriage return without a line feed\n2: [d]\n" },
		{ "a,b\r", ',', "1: a carriage return without a line feed\n" },
		{ "a\n\"b\nc\n", ',', "1: [a]\n2: a quote is still open at the end of the file\n" },
		{ "a\n\"", ',', "1: [a]\n2: a quote is still open at the end of the file\n" },
		{ "\xB0\n\xE4\xB8\xAD\n\xB0\n", ',',
		  "1: neither UTF-8 nor GB18030\n2: [中]\n"
		  "3: the file is UTF-8, but this record is not\n" },
		{ "\xEF\xBB\xBF"
		  "a\n\xD6\xD0\n",
		  ',', "1: [a]\n2: the file is UTF-8, but this record is not\n" },
		{ "\x84\x31\x95\x33"
		  "a\n\xE4\xB8\xAD\n\xD6\xD0\n",
		  ',', "1: [a]\n2: the file is GB18030, but this record is not\n3: [中]\n" },
		{ "\xD6\xD0\n\xB0\xA1\xB0\n", ',',
		  "1: [中]\n2: the file is GB18030, but this record is not\n" },
		{ "\xB0\x7C|\xD6\xD0\n\xB0\x7C\"\n\x81\x7C\x81\x30\x81\x30\n", '|',
		  "1: [皘] [中]\n2: a quote inside an unquoted field\n3: [亅\xC2\x80]\n" },
		{ "\xC9\xCF,\"\xBA\xA3\"\"\",\xB0\x5C\n", ',', "1: [上] [海\"] [癨]\n" },
	};
	char many[CSV_FIELDS_MAX + 3];
	CLEANUP(buf_release) struct buf b = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct str got = shown(str_of(rows[i].in), rows[i].delimiter, &b);

		if (!str_eq(got, str_of(rows[i].out)))
			fail_msg("row %zu: %.*s", i, (int)got.n, got.p);
	}
	memset(many, ',', CSV_FIELDS_MAX);
	memcpy(many + CSV_FIELDS_MAX, "\nd", 3);
	assert_true(
		str_eq(shown(str_of(many), ',', &b), STR("1: more than 1024 fields\n2: [d]\n")));
	assert_true(str_eq(shown(STR("a\0,b\n\"c\0\nd\"\ne"), ',', &b),
			   STR("1: a NUL byte\n2: a NUL byte\n4: [e]\n")));
}

static void plain_fields_are_views_and_not_copies(void **state)
{
	static const char in[] = "abc,上海,\"q,q\"\n1,\"a\"\"b\",3\n";
	CLEANUP(csv_end) struct csv *c = NULL;
	struct csv_record r;
	bool more;

	(void)state;
	assert_int_equal(csv_open_bytes(STR(in), ',', &c), OK);
	assert_int_equal(csv_next(c, &r, &more, NULL), OK);
	assert_ptr_equal(r.raw.p, in);
	assert_ptr_equal(r.fields[0].p, in);
	assert_ptr_equal(r.fields[1].p, in + 4);
	assert_ptr_equal(r.fields[2].p, in + 12);
	assert_int_equal(csv_next(c, &r, &more, NULL), OK);
	assert_ptr_equal(r.fields[2].p, in + sizeof in - 3);
}

static void utf16_is_refused_with_advice(void **state)
{
	CLEANUP(csv_end) struct csv *c = NULL;
	struct fault f = { 0 };

	(void)state;
	assert_int_equal(csv_open_bytes(STR("\xFF\xFE"
					    "a\0,\0"),
					0, &c),
			 ERR_ENCODING);
	assert_int_equal(csv_open_bytes(STR("\xFE\xFF\0a"), ',', &c), ERR_ENCODING);
	write_file("utf16.csv", STR("\xFF\xFE"
				    "a\0,\0b\0\n\0"));
	assert_int_equal(csv_open("utf16.csv", 0, &c, &f), ERR_ENCODING);
	assert_non_null(strstr(f.en, "UTF-16"));
	assert_non_null(strstr(f.zh, "UTF-16"));
	assert_null(c);
	f.code = OK;
	assert_int_equal(csv_open("no.csv", 0, &c, &f), ERR_ABSENT);
	assert_null(c);
}

static void the_delimiter_is_the_most_frequent_outside_quotes(void **state)
{
	static const struct {
		const char *header;
		char want;
	} rows[] = {
		{ "", ',' },
		{ "one column", ',' },
		{ "a,b", ',' },
		{ "a\tb", '\t' },
		{ "a;b;c,d", ';' },
		{ "a|b", '|' },
		{ "a,b;c", ',' }, /* a tie: the first of , TAB ; | */
		{ "a;b|c", ';' },
		{ "\"x,y,z\";b", ';' },
		{ "\"x \"\",\"\" y\"|b", '|' },
		{ "\xB0\x7C\xB0\x7C\xB0\x7C;\xD6\xD0", ';' }, /* bars that are half characters */
		{ "\xB0\x7C||\xD6\xD0;", '|' },
	};
	CLEANUP(buf_release) struct buf b = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(csv_delimiter(str_of(rows[i].header)), rows[i].want);
	/* It is taken from the first record, which may have line ends inside quotes. */
	assert_true(str_eq(shown(STR("\n\"a,\n,\";b\n1,2;3\n"), 0, &b),
			   STR("2: [a,\n,] [b]\n4: [1,2] [3]\n")));
	assert_true(str_eq(shown(STR("a|b\n1|2\n"), 0, &b), STR("1: [a] [b]\n2: [1] [2]\n")));
	/* A quote that never closes must not make the whole file the header. */
	assert_true(str_eq(shown(STR("a;\"b\n1,2,3\n"), 0, &b),
			   STR("1: a quote is still open at the end of the file\n")) &&
		    str_eq(shown(STR("a;b\"\n1;2,3,4\n"), 0, &b),
			   STR("1: a quote inside an unquoted field\n2: [1] [2,3,4]\n")));
}

/* ---- limits ---- */

static enum err read_all(struct csv *c, size_t *ret_records, struct fault *f)
{
	struct csv_record r;
	bool more;

	*ret_records = 0;
	for (;;) {
		enum err e = csv_next(c, &r, &more, f);

		if (e || !more)
			return e;
		++*ret_records;
	}
}

static void a_record_may_be_as_long_as_the_limit_and_not_a_byte_longer(void **state)
{
	static const char *const ends[] = { "", "\n", "\r\n", "\nnext", "\r\nnext\n" };
	char *room = malloc(CSV_RECORD_BYTES_MAX + 100);

	(void)state;
	assert_non_null(room);
	for (size_t kind = 0; kind < 6 * ARRAY_LEN(ends); kind++) {
		const char *end = ends[kind / 6];
		size_t over = kind % 2, n = CSV_RECORD_BYTES_MAX + over, records;
		char filler = kind / 2 % 3 == 2 ? '\n' : 'x';

		memcpy(room, "head\n", 5);
		memset(room + 5, filler, n);
		if (kind / 2 % 3)
			room[5] = room[5 + n - 1] = '"';
		memcpy(room + 5 + n, end, strlen(end) + 1);
		for (int way = 0; way < 2; way++) {
			CLEANUP(csv_end) struct csv *c = NULL;
			struct str in = { room, 5 + n + strlen(end) };
			struct fault f = { 0 };
			enum err e;

			if (way) {
				write_file("long.csv", in);
				assert_int_equal(csv_open("long.csv", ',', &c, &f), OK);
			} else {
				assert_int_equal(csv_open_bytes(in, ',', &c), OK);
			}
			e = read_all(c, &records, &f);
			assert_int_equal(e, over ? ERR_FULL : OK);
			assert_int_equal(records, over ? 1 : 2 + (strlen(end) > 2));
			if (!over)
				continue;
			assert_non_null(strstr(f.en, "line 2"));
			assert_non_null(strstr(f.en, "quote"));
			assert_int_equal(read_all(c, &records, NULL), ERR_FULL); /* and it stays */
		}
	}
	free(room);
}

/* ---- writing ---- */

static void what_is_written_reads_back(void **state)
{
	static const char *const parts[] = {
		"a", ",", "\"", "\n", "\r", " ", "\t", ";", "上海", ""
	};
	struct dice d = { 3 };

	(void)state;
	for (int round = 0; round < 5000; round++) {
		CLEANUP(buf_release) struct buf text = { 0 };
		CLEANUP(buf_release) struct buf out = { 0 };
		CLEANUP(csv_end) struct csv *c = NULL;
		size_t ends[20], n = 2 + dice_below(&d, 18), from = 0;
		struct csv_record r;
		bool more;

		for (size_t i = 0; i < n; i++) {
			for (uint32_t k = dice_below(&d, 6); k > 0; k--)
				buf_lit(&text, parts[dice_below(&d, ARRAY_LEN(parts))]);
			ends[i] = text.n;
			csv_field(&out, (struct str){ text.n ? text.p + from : "", text.n - from },
				  i == 0);
			from = text.n;
		}
		buf_lit(&out, "\r\n");
		assert_int_equal(csv_open_bytes(buf_view(&out), ',', &c), OK);
		assert_int_equal(csv_next(c, &r, &more, NULL), OK);
		assert_true(more && !r.refusal_en);
		assert_int_equal(r.n_fields, n);
		from = 0;
		for (size_t i = 0; i < n; i++) {
			struct str want = { text.n ? text.p + from : "", ends[i] - from };

			assert_true(str_eq(r.fields[i], want));
			from = ends[i];
		}
		assert_int_equal(csv_next(c, &r, &more, NULL), OK);
		assert_false(more);
	}
}

static void a_field_is_quoted_only_when_it_must_be(void **state)
{
	static const char *const rows[][2] = {
		{ "", "" },           { "a", "a" },
		{ "a b", "a b" },     { "a;b|c", "a;b|c" },
		{ "上海", "上海" },   { " a", "\" a\"" },
		{ "a\t", "\"a\t\"" }, { "a,b", "\"a,b\"" },
		{ "\"", "\"\"\"\"" }, { "a\nb", "\"a\nb\"" },
		{ "\r", "\"\r\"" },
	};
	CLEANUP(buf_release) struct buf b = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		buf_clear(&b);
		csv_field(&b, str_of(rows[i][0]), true);
		assert_true(str_eq(buf_view(&b), str_of(rows[i][1])));
		buf_clear(&b);
		csv_field(&b, str_of(rows[i][0]), false);
		assert_int_equal(b.p[0], ',');
		assert_true(str_eq((struct str){ b.p + 1, b.n - 1 }, str_of(rows[i][1])));
	}
}

/* ---- failing ---- */

/* Long records, doubled quotes and GB18030: everything that takes memory on the way. */
static void write_demanding_file(void)
{
	CLEANUP(buf_release) struct buf b = { 0 };

	buf_lit(&b, "\xD0\xD5\xC3\xFB,x\n1,\"\xD6\xD0");
	for (int i = 0; i < 150000; i++)
		buf_lit(&b, "\"\"\xB9\xFA");
	buf_lit(&b, "\"\nlast\n");
	assert_int_equal(b.failed, OK);
	write_file("demanding.csv", buf_view(&b));
}

/* Its first buffer ends where a record ends, and empty lines follow. */
static void write_even_file(void)
{
	CLEANUP(buf_release) struct buf b = { 0 };

	for (int i = 0; i < 3; i++) {
		buf_lit(&b, i ? "\n" : "");
		for (int k = i > 0; k < 256 * 1024; k++)
			buf_char(&b, i < 2 && k + 1 < 256 * 1024 ? "x,"[k % 2] : '\n');
	}
	assert_int_equal(b.failed, OK);
	write_file("even.csv", buf_view(&b));
}

static enum err read_file(const char *path, size_t n_records, struct fault *f)
{
	CLEANUP(csv_end) struct csv *c = NULL;
	size_t records;
	enum err e = csv_open(path, ',', &c, f);

	if (!e)
		e = read_all(c, &records, f);
	if (!e)
		assert_int_equal(records, n_records);
	return e;
}

static void fail_each_read(const char *path, size_t n_records, uint64_t k_min)
{
	uint64_t k;

	for (k = 1;; k++) {
		struct fault f = { 0 };
		enum err e;

		file_fail_at(k, false);
		e = read_file(path, n_records, &f);
		if (!e)
			assert_true(file_calls() < k); /* it passed because nothing failed */
		file_fail_at(0, false);
		assert_int_equal(f.code, e);
		if (!e)
			break;
		assert_int_equal(e, ERR_IO);
		assert_non_null(strstr(f.en, path));
	}
	assert_true(k >= k_min);
}

static void a_reader_survives_any_allocation_or_read_that_fails(void **state)
{
	uint64_t k;

	(void)state;
	write_demanding_file();
	write_even_file();
	fail_each_read("demanding.csv", 3, 4);
	fail_each_read("even.csv", 2, 6);
	for (int on = 0; on < 2; on++) {
		for (k = 1;; k++) {
			struct fault f = { 0 };
			enum err e;

			mem_fail_at(k, on);
			e = read_file("demanding.csv", 3, &f);
			if (!e)
				assert_true(mem_calls() < k);
			mem_fail_at(0, false);
			assert_int_equal(f.code, e);
			if (!e)
				break;
			assert_int_equal(e, ERR_MEMORY);
		}
		assert_true(k >= 7);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_rule_of_the_grammar_holds),
		cmocka_unit_test(plain_fields_are_views_and_not_copies),
		cmocka_unit_test(utf16_is_refused_with_advice),
		cmocka_unit_test(the_delimiter_is_the_most_frequent_outside_quotes),
		cmocka_unit_test(a_record_may_be_as_long_as_the_limit_and_not_a_byte_longer),
		cmocka_unit_test(what_is_written_reads_back),
		cmocka_unit_test(a_field_is_quoted_only_when_it_must_be),
		cmocka_unit_test(a_reader_survives_any_allocation_or_read_that_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
