/*
 * csv.c - the reader against a slow, obvious one, over thousands of ugly byte strings, from
 * memory, from files and through thin pipes; and the writer against the reader.
 *
 * read() of the C library is replaced by one that gives a few bytes at a time when asked to.
 */
#undef _FORTIFY_SOURCE /* its read() is inline and could not be replaced */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/csv.h"
#include "base/dice.h"
#include "base/memory.h"

static uint32_t read_bytes_max; /* 0: as many as asked for */
static struct dice read_dice = { 1 };

ssize_t read(int fd, void *p, size_t n)
{
	if (read_bytes_max && dice_chance(&read_dice, 0.01)) {
		errno = EINTR;
		return -1;
	}
	if (read_bytes_max && n > 1)
		n = 1 + dice_below(&read_dice, (uint32_t)min_size(n, read_bytes_max));
	return (ssize_t)syscall(SYS_read, fd, p, n);
}

/* ---- the slow reader ---- */

struct slow_record {
	uint64_t line;
	struct str raw;
	bool refused;
	size_t n_fields, first_field; /* in slow.fields */
};

/* All records of a text, read the obvious way: one byte at a time, everything copied. */
struct slow {
	struct str in;
	char delimiter;
	enum { OPEN, UTF8, GB18030 } encoding;
	size_t at;
	uint64_t line;
	struct buf text; /* all fields, one after the other */
	struct { size_t from, n; } fields[400000];
	size_t n_fields;
	struct slow_record records[400000];
	size_t n_records;
};

static bool lead_of_pair(const struct slow *s, size_t i)
{
	unsigned char a = (unsigned char)s->in.p[i], b;

	if (i + 1 == s->in.n || a < 0x81 || a > 0xFE)
		return false;
	b = (unsigned char)s->in.p[i + 1];
	return (b >= 0x30 && b <= 0x39) || b >= 0x40;
}

static bool line_end(const struct slow *s, size_t i)
{
	const char *p = s->in.p;

	return i == s->in.n || p[i] == '\n' ||
	       (p[i] == '\r' && i + 1 < s->in.n && p[i + 1] == '\n');
}

/* To the next line end: the rest of a broken record. */
static size_t slow_skip_line(const struct slow *s, size_t i)
{
	while (!line_end(s, i))
		i++;
	return i;
}

/* From s->at to the record's end; what is inside a field is copied to `text`. */
static size_t slow_walk(struct slow *s, bool pairs, bool *ret_refused)
{
	enum { START, PLAIN, QUOTED, CLOSED } in = START;
	size_t i = s->at, from = s->text.n;
	const char *p = s->in.p;

	*ret_refused = false;
	for (;; i++) {
		bool pair = false, ends = in != QUOTED && line_end(s, i);

		if (ends || (in != QUOTED && p[i] == s->delimiter)) {
			s->fields[s->n_fields].from = from;
			s->fields[s->n_fields++].n = s->text.n - from;
			from = s->text.n;
			in = START;
			if (ends)
				return i;
			continue;
		}
		if (i == s->in.n || (in == CLOSED && p[i] != '"') || (in == PLAIN && p[i] == '"') ||
		    (in != QUOTED && (p[i] == '\r' || p[i] == '\0'))) {
			*ret_refused = true;
			return slow_skip_line(s, i);
		}
		if (p[i] == '"' && (in == START || in == QUOTED)) {
			in = in == START ? QUOTED : CLOSED;
			continue;
		}
		if (in == CLOSED) /* a quote right after the closing one: it was doubled */
			in = QUOTED;
		else if (in == START)
			in = PLAIN;
		*ret_refused = *ret_refused || p[i] == '\0';
		pair = pairs && in == PLAIN && lead_of_pair(s, i);
		buf_char(&s->text, p[i]);
		if (pair)
			buf_char(&s->text, p[++i]);
	}
}

/* Forget the fields since a mark. */
static size_t slow_again(struct slow *s, const struct slow_record *r, size_t text, bool pairs,
			 bool *ret_refused)
{
	s->n_fields = r->first_field;
	s->text.n = text;
	return slow_walk(s, pairs, ret_refused);
}

static bool slow_is_gb18030(struct str raw)
{
	CLEANUP(buf_release) struct buf b = { 0 };

	return text_from_gb18030(raw, &b) == OK;
}

/* The fields so far are GB18030; make them UTF-8. */
static void slow_decode(struct slow *s, const struct slow_record *r, size_t text)
{
	CLEANUP(buf_release) struct buf old = { 0 };

	buf_put(&old, s->text.p + text, s->text.n - text);
	s->text.n = text;
	for (size_t i = r->first_field; i < s->n_fields; i++) {
		size_t from = s->text.n;
		struct str f = { old.p + (s->fields[i].from - text), s->fields[i].n };

		assert_int_equal(text_from_gb18030(f, &s->text), OK);
		s->fields[i].from = from;
		s->fields[i].n = s->text.n - from;
	}
}

static void slow_record(struct slow *s)
{
	struct slow_record *r = &s->records[s->n_records++];
	size_t text = s->text.n;
	size_t end;
	bool refused;

	*r = (struct slow_record){ .line = s->line, .first_field = s->n_fields };
	end = slow_walk(s, s->encoding == GB18030 && s->delimiter == '|', &refused);
	r->raw = (struct str){ s->in.p + s->at, end - s->at };
	if (!str_ascii(r->raw)) {
		if (s->encoding == OPEN && str_utf8(r->raw)) {
			s->encoding = UTF8;
		} else if (s->encoding == OPEN) {
			if (s->delimiter == '|') {
				end = slow_again(s, r, text, true, &refused);
				r->raw.n = end - s->at;
			}
			if (slow_is_gb18030(r->raw))
				s->encoding = GB18030;
			else
				refused = true;
		}
		refused = refused || (s->encoding == UTF8 && !str_utf8(r->raw)) ||
			  (s->encoding == GB18030 && !slow_is_gb18030(r->raw));
		if (!refused && s->encoding == GB18030)
			slow_decode(s, r, text);
	}
	r->n_fields = s->n_fields - r->first_field;
	if (r->n_fields > CSV_FIELDS_MAX)
		refused = true;
	if (refused) {
		s->n_fields = r->first_field;
		s->text.n = text;
		r->n_fields = 0;
	}
	r->refused = refused;
	for (; s->at < end; s->at++)
		s->line += s->in.p[s->at] == '\n';
}

static void slow_read(struct slow *s, struct str in, char delimiter)
{
	static const char marks[2][5] = { "\xEF\xBB\xBF", "\x84\x31\x95\x33" };

	s->in = in;
	s->delimiter = delimiter;
	s->encoding = OPEN;
	s->at = s->n_fields = s->n_records = 0;
	s->line = 1;
	buf_clear(&s->text);
	for (int i = 0; i < 2; i++)
		if (in.n >= strlen(marks[i]) && !memcmp(in.p, marks[i], strlen(marks[i]))) {
			s->at = strlen(marks[i]);
			s->encoding = i ? GB18030 : UTF8;
		}
	while (s->at < in.n) {
		bool cr = in.p[s->at] == '\r';

		if (cr && s->at + 1 == in.n)
			break;
		if (in.p[s->at + cr] == '\n') {
			s->at += 1u + cr;
			s->line++;
		} else {
			slow_record(s);
		}
	}
}

/* ---- comparing ---- */

static struct slow slow; /* big, and made once */

static void same_record(const struct csv_record *got, size_t i)
{
	const struct slow_record *want = &slow.records[i];

	assert_int_equal(got->number, i + 1);
	assert_int_equal(got->line, want->line);
	assert_true(str_eq(got->raw, want->raw));
	assert_int_equal(got->refusal_en != NULL, want->refused);
	assert_int_equal(got->refusal_zh != NULL, want->refused);
	assert_int_equal(got->n_fields, want->n_fields);
	for (size_t k = 0; k < got->n_fields; k++) {
		struct str field = { slow.text.p + slow.fields[want->first_field + k].from,
				     slow.fields[want->first_field + k].n };

		if (!str_eq(got->fields[k], field))
			fail_msg("record %zu field %zu: '%.*s', not '%.*s'", i + 1, k,
				 (int)got->fields[k].n, got->fields[k].p, (int)field.n, field.p);
	}
}

static void same_as_slow(struct csv *c)
{
	struct fault f = { 0 };
	struct csv_record r;
	bool more;

	for (size_t i = 0; i < slow.n_records; i++) {
		assert_int_equal(csv_next(c, &r, &more, &f), OK);
		assert_true(more);
		same_record(&r, i);
	}
	for (int i = 0; i < 2; i++) { /* the end stays the end */
		assert_int_equal(csv_next(c, &r, &more, &f), OK);
		assert_false(more);
	}
	assert_int_equal(csv_bytes_read(c), slow.in.n);
}

static void compare(struct str in, char delimiter)
{
	CLEANUP(csv_end) struct csv *c = NULL;
	/* In a block of exactly its size, so that a sanitizer sees reading past it. */
	char *exact = malloc(in.n ? in.n : 1);

	assert_non_null(exact);
	if (in.n)
		memcpy(exact, in.p, in.n);
	slow_read(&slow, in, delimiter);
	assert_int_equal(csv_open_bytes((struct str){ exact, in.n }, delimiter, &c), OK);
	assert_int_equal(csv_bytes_total(c), in.n);
	same_as_slow(c);
	csv_end(&c);
	free(exact);
}

static void write_file(const char *path, struct str in)
{
	FILE *out = fopen(path, "wb");

	assert_non_null(out);
	assert_int_equal(fwrite(in.p, 1, in.n, out), in.n);
	assert_int_equal(fclose(out), 0);
}

static void compare_file(struct str in, char delimiter, uint32_t bytes_max)
{
	CLEANUP(csv_end) struct csv *c = NULL;
	struct fault f = { 0 };

	slow_read(&slow, in, delimiter);
	write_file("compare.csv", in);
	read_bytes_max = bytes_max;
	assert_int_equal(csv_open("compare.csv", delimiter, &c, &f), OK);
	assert_int_equal(csv_bytes_total(c), in.n);
	same_as_slow(c);
	read_bytes_max = 0;
}

/* ---- ugly texts ---- */

static const char *const pieces[] = {
	",",
	"\"",
	"\n",
	"\r\n",
	"a",
	"|",
	";",
	"\t", /* seldom enough that records go well too */
	"\"\"",
	"\",\"",
	"\"\n",
	"abcdefgh",
	"longer than eight",
	"\r",
	"",
	"\x0B",
	"\\",
	"中",
	"é",
	"𠀀",
	"\xB0\x7C",
	"\xD6\xD0",
	"\x81\x30\x81\x30",
	"\x95\x32\x82\x36",
	"\xFF",
	"\xB0",
	"\x84\x31\x95\x33",
	"\xEF\xBB\xBF",
	"\x80",
	"\xE4\xB8",
	"|\"x\"|",
	"\n\n",
};

enum { NUL_PIECE = 14 };

/* `kind` % 4 says which characters may occur; from 4 on, quotes and bare CRs are rare. */
static struct str ugly(struct dice *d, char *room, size_t n_max, uint32_t kind)
{
	/* Which pieces past the first fifteen may occur: none, UTF-8, GB18030, or any. */
	static const uint32_t from[] = { 0, 16, 20, 15 }, to[] = { 15, 20, 24, ARRAY_LEN(pieces) };
	size_t n = 0;

	while (n + 20 < n_max) {
		uint32_t i = dice_below(d, 14);
		size_t len;

		if (kind % 4 && dice_chance(d, 0.3))
			i = from[kind % 4] + dice_below(d, to[kind % 4] - from[kind % 4]);
		else if (dice_chance(d, kind < 4 ? 0.01 : 0.001))
			i = NUL_PIECE;
		if (kind >= 4 && (i == 1 || i == 8 || i == 13) && dice_chance(d, 0.9))
			i = 4;
		len = i == NUL_PIECE ? 1 : strlen(pieces[i]);
		memcpy(room + n, pieces[i], len);
		n += len;
	}
	return (struct str){ room, n };
}

static const char delimiters[] = { ',', '\t', ';', '|' };

static void ugly_bytes_are_read_as_the_slow_reader_reads_them(void **state)
{
	struct dice d = { 1 };
	size_t n_good = 0, n_refused = 0, n_gb18030 = 0, n_utf8 = 0;
	char room[600];

	(void)state;
	for (int i = 0; i < 30000; i++) {
		struct str in =
			ugly(&d, room, 21 + dice_below(&d, sizeof room - 20), dice_below(&d, 8));

		compare(in, delimiters[dice_below(&d, 4)]);
		for (size_t k = 0; k < slow.n_records; k++)
			slow.records[k].refused ? n_refused++ : n_good++;
		n_gb18030 += slow.encoding == GB18030;
		n_utf8 += slow.encoding == UTF8;
	}
	assert_true(n_good > 50000 && n_refused > 50000);
	assert_true(n_gb18030 > 2500 && n_utf8 > 2500);
}

static void every_string_of_up_to_five_signs_is_read_as_the_slow_reader_reads_it(void **state)
{
	static const char signs[] = { 'a', ',', '"', '\n', '\r', '\0', '\xB0' };
	char in[5];
	uint32_t n_strings = 1;

	(void)state;
	for (size_t n = 0; n <= sizeof in; n++, n_strings *= ARRAY_LEN(signs))
		for (uint32_t i = 0; i < n_strings; i++) {
			CLEANUP(csv_end) struct csv *c = NULL;
			uint32_t rest = i;

			for (size_t k = 0; k < n; k++, rest /= ARRAY_LEN(signs))
				in[k] = signs[rest % ARRAY_LEN(signs)];
			slow_read(&slow, (struct str){ in, n }, ',');
			assert_int_equal(csv_open_bytes((struct str){ in, n }, ',', &c), OK);
			same_as_slow(c);
		}
}

static void a_file_read_in_thin_slices_is_the_same_file(void **state)
{
	static const uint32_t slices[] = { 0, 1, 3, 70, 5000, 300000 };
	struct dice d = { 2 };
	size_t n_max = 1 << 21;
	char *room = malloc(n_max);

	(void)state;
	assert_non_null(room);
	for (uint32_t i = 0; i < 24; i++) {
		/* Past 256 KiB records stand across the edge of the buffer. */
		struct str in = ugly(&d, room, i < 12 ? dice_below(&d, 3000) + 21 : 700000, i % 8);

		compare_file(in, delimiters[i / 2 % 4], slices[i % ARRAY_LEN(slices)]);
	}
	free(room);
}

/* A sample cut at every place by the edge of the first buffer, after short records or a long one. */
static void what_stands_across_the_edge_of_the_buffer_is_read_whole(void **state)
{
	enum { EDGE = 256 * 1024 };
	static const char *const tails[] = {
		"a,\"b\"\r\n\"c\"\"d\",\"e\r\n\"\r\n\r\n\r\n\xE4\xB8\xAD,x\ry\nf\n",
		"\xD6\xD0|\xB0\x7C|\"\xB0\x7C\"\n\xB0\x7C\xB0\x7C|\x81\x30\x81\x30\r\n\"x\"y\nz\r\n",
	};
	char *room = malloc(EDGE + 200);

	(void)state;
	assert_non_null(room);
	for (size_t i = 0; i < ARRAY_LEN(tails) * 2; i++) {
		size_t n = strlen(tails[i / 2]);

		for (size_t before = 0; before <= n; before++) {
			size_t from = EDGE - before;

			for (size_t k = 0; k < from; k++)
				room[k] = i % 2 == 0 && k % 2 ? '\n' : 'x';
			room[from - 1] = i % 2 == 0 ? '\n' : i / 2 ? '|' : ',';
			memcpy(room + from, tails[i / 2], n);
			compare_file((struct str){ room, from + n }, i / 2 ? '|' : ',', 0);
			assert_int_equal(slow.encoding, i / 2 ? GB18030 : UTF8);
		}
	}
	free(room);
}

static void every_prefix_counts_as_far_as_it_goes(void **state)
{
	static const char *const samples[] = {
		"\xEF\xBB\xBFid,place,from\r\n1,\"a \"\"b\"\"\nc\",x\r\n\r\n2,上海,\"\"\n3,a\"b,c\n4,\"q\"x\n5,,",
		"id|地点\n1|\xC9\xCF\xBA\xA3|\xB0\x7C|\"\x81\x30\x81\x30\"\n\n2|\"|\"|x\n\"open",
		"\xD0\xD5\xC3\xFB|x\n1|\xB0\x7C\xB0\x7C|\"\xD6\xD0\"\n\"a\r\nb\"|\r\r\n3\n",
	};
	uint64_t line;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
		size_t n_before = 0, n = strlen(samples[i]);

		/* Two thirds of a byte order mark are a record; the whole mark is none. */
		for (size_t k = i ? 0 : 3; k <= n; k++) {
			compare((struct str){ samples[i], k }, i ? '|' : ',');
			if (slow.n_records < n_before || slow.n_records > n_before + 1)
				fail_msg("sample %zu prefix %zu: %zu records after %zu", i, k,
					 slow.n_records, n_before);
			n_before = slow.n_records;
			line = slow.line;
		}
		assert_true(n_before >= 4 && line >= 5);
	}
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
	CLEANUP(buf_release) struct buf b = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct str got = shown(str_of(rows[i].in), rows[i].delimiter, &b);

		if (!str_eq(got, str_of(rows[i].out)))
			fail_msg("row %zu: %.*s", i, (int)got.n, got.p);
	}
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

static void a_record_may_have_as_many_fields_as_allowed(void **state)
{
	char in[CSV_FIELDS_MAX + 20];
	CLEANUP(buf_release) struct buf b = { 0 };

	(void)state;
	for (size_t n = CSV_FIELDS_MAX - 1; n <= CSV_FIELDS_MAX + 1; n++) {
		memset(in, ',', n - 1);
		memcpy(in + n - 1, "\nnext", 6);
		compare(str_of(in), ',');
		assert_int_equal(slow.records[0].refused, n > CSV_FIELDS_MAX);
		shown(str_of(in), ',', &b);
		buf_char(&b, '\0');
		assert_int_equal(strstr(b.p, "more than 1024 fields") != NULL, n > CSV_FIELDS_MAX);
	}
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

static enum err read_demanding_file(struct fault *f)
{
	CLEANUP(csv_end) struct csv *c = NULL;
	size_t records;
	enum err e = csv_open("demanding.csv", 0, &c, f);

	if (!e)
		e = read_all(c, &records, f);
	if (!e)
		assert_int_equal(records, 3);
	return e;
}

static void a_reader_survives_any_allocation_or_read_that_fails(void **state)
{
	uint64_t k_mem, k_file;

	(void)state;
	write_demanding_file();
	for (int on = 0; on < 2; on++) {
		for (k_mem = 1;; k_mem++) {
			struct fault f = { 0 };
			enum err e;

			mem_fail_at(k_mem, on);
			e = read_demanding_file(&f);
			mem_fail_at(0, false);
			assert_int_equal(f.code, e);
			if (!e)
				break;
			assert_int_equal(e, ERR_MEMORY);
		}
		assert_true(k_mem >= 7);
	}
	for (k_file = 1;; k_file++) {
		struct fault f = { 0 };
		enum err e;

		file_fail_at(k_file, false);
		e = read_demanding_file(&f);
		file_fail_at(0, false);
		if (!e)
			break;
		assert_int_equal(e, ERR_IO);
		assert_non_null(strstr(f.en, "demanding.csv"));
	}
	assert_true(k_file >= 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ugly_bytes_are_read_as_the_slow_reader_reads_them),
		cmocka_unit_test(
			every_string_of_up_to_five_signs_is_read_as_the_slow_reader_reads_it),
		cmocka_unit_test(a_file_read_in_thin_slices_is_the_same_file),
		cmocka_unit_test(what_stands_across_the_edge_of_the_buffer_is_read_whole),
		cmocka_unit_test(every_prefix_counts_as_far_as_it_goes),
		cmocka_unit_test(each_rule_of_the_grammar_holds),
		cmocka_unit_test(plain_fields_are_views_and_not_copies),
		cmocka_unit_test(utf16_is_refused_with_advice),
		cmocka_unit_test(the_delimiter_is_the_most_frequent_outside_quotes),
		cmocka_unit_test(a_record_may_be_as_long_as_the_limit_and_not_a_byte_longer),
		cmocka_unit_test(a_record_may_have_as_many_fields_as_allowed),
		cmocka_unit_test(what_is_written_reads_back),
		cmocka_unit_test(a_field_is_quoted_only_when_it_must_be),
		cmocka_unit_test(a_reader_survives_any_allocation_or_read_that_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
