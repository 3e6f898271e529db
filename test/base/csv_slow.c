/*
 * csv_slow.c - the CSV reader against a slow, obvious one, over thousands of ugly byte strings,
 * from memory, from files and through thin pipes.
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
	struct {
		size_t from, n;
	} fields[400000];
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

static struct csv_block *block; /* NULL: record by record only */
static size_t n_in_blocks;

/* As many records as a block takes, if it takes any. */
static size_t same_in_block(struct csv *c, size_t i)
{
	struct csv_record r;
	bool any;

	assert_int_equal(csv_block_fill(c, block, &any, NULL), OK);
	assert_int_equal(csv_block_bytes(block).n > 0, any);
	for (; csv_block_next(block, &r); i++, n_in_blocks++)
		same_record(&r, i);
	return i;
}

static void same_as_slow(struct csv *c)
{
	struct fault f = { 0 };
	struct csv_record r;
	bool more;

	for (size_t i = 0; i < slow.n_records; i++) {
		if (block && (i = same_in_block(c, i)) == slow.n_records)
			break;
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

/* A sample cut at every place by the edge of the first buffer, after short or long records. */
static void what_stands_across_the_edge_of_the_buffer_is_read_whole(void **state)
{
	enum { EDGE = 256 * 1024 };
	static const char *const tails[] = {
		"a,\"b\"\r\n\"c\"\"d\",\"e\r\n\"\r\n\r\n\r\n\xE4\xB8\xAD,x\ry\nf\n",
		"\xD6\xD0|\xB0\x7C|\"\xB0\x7C\"\n\xB0\x7C\xB0\x7C|"
		"\x81\x30\x81\x30\r\n\"x\"y\nz\r\n",
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
		"\xEF\xBB\xBFid,place\r\n1,\"a \"\"b\"\"\nc\",x\r\n\r\n2,上海,\"\"\n3,\"q\"x\n5,,",
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

/* ---- the limit of fields ---- */

static void a_record_may_have_as_many_fields_as_allowed(void **state)
{
	char in[CSV_FIELDS_MAX + 20];

	(void)state;
	for (size_t n = CSV_FIELDS_MAX - 1; n <= CSV_FIELDS_MAX + 1; n++) {
		memset(in, ',', n - 1);
		memcpy(in + n - 1, "\nnext", 6);
		compare(str_of(in), ',');
		assert_int_equal(slow.records[0].refused, n > CSV_FIELDS_MAX);
	}
}

/* ---- the same through blocks ---- */

static int with_small_blocks(void **state)
{
	(void)state;
	return csv_block_new(100, 1, &block) != OK;
}

static int with_large_blocks(void **state)
{
	(void)state;
	return csv_block_new(300000, 20, &block) != OK;
}

static int without_blocks(void **state)
{
	bool few = n_in_blocks < 20000;

	(void)state;
	csv_block_end(&block);
	n_in_blocks = 0;
	return few; /* then the blocks were not tested */
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
		cmocka_unit_test(a_record_may_have_as_many_fields_as_allowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL) +
	       cmocka_run_group_tests(tests, with_small_blocks, without_blocks) +
	       cmocka_run_group_tests(tests, with_large_blocks, without_blocks);
}
