/*
 * csv.c - any bytes through the CSV reader, record by record and in blocks, and what it understood
 * through the writer and back.
 *
 * The first byte of the input chooses the delimiter (by its lowest bits; 4 of 8 leave the choice
 * to the reader), the rest is the file.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"

static const char delimiters[8] = { ',', '\t', ';', '|', 0, 0, 0, 0 };

/* Not assert(): what is wrong must stop a fuzzer even where somebody defined NDEBUG. */
static void must(bool holds)
{
	if (!holds)
		abort();
}

static bool inside(struct str part, struct str whole)
{
	return (uintptr_t)part.p >= (uintptr_t)whole.p && part.n <= whole.n &&
	       (uintptr_t)part.p - (uintptr_t)whole.p <= whole.n - part.n;
}

/* Write the record as ours, with commas, and read it again. */
static void check_round_trip(const struct csv_record *r)
{
	CLEANUP(buf_release) struct buf b = { 0 };
	CLEANUP(csv_end) struct csv *c = NULL;
	struct csv_record again;
	bool more;

	if (r->n_fields == 1 && r->fields[0].n == 0)
		return; /* an empty line is no record */
	/* An empty line first: at a file's very beginning U+FEFF would pass for a mark. */
	buf_char(&b, '\n');
	for (size_t i = 0; i < r->n_fields; i++)
		csv_field(&b, r->fields[i], i == 0);
	buf_char(&b, '\n');
	must(!b.failed);
	must(csv_open_bytes(buf_view(&b), ',', &c) == OK);
	must(csv_next(c, &again, &more, NULL) == OK && more);
	must(!again.refusal_en && again.n_fields == r->n_fields);
	for (size_t i = 0; i < r->n_fields; i++)
		must(str_eq(again.fields[i], r->fields[i]));
	must(csv_next(c, &again, &more, NULL) == OK && !more);
}

static void check_record(const struct csv_record *r, struct str in, const char *after)
{
	must(inside(r->raw, in) && r->raw.p >= after && r->raw.n > 0);
	must(r->raw.n <= CSV_RECORD_BYTES_MAX);
	must((r->refusal_en == NULL) == (r->refusal_zh == NULL));
	must((r->refusal_en == NULL) == (r->n_fields > 0));
	must(r->n_fields <= CSV_FIELDS_MAX);
	for (size_t i = 0; i < r->n_fields; i++) {
		must(str_utf8(r->fields[i]));
		must(r->fields[i].n == 0 || !memchr(r->fields[i].p, '\0', r->fields[i].n));
	}
	if (r->n_fields > 0)
		check_round_trip(r);
}

/* One more record by either way: a block for as long as it has some, else the next alone. */
static enum err next_of_blocks(struct csv *c, struct csv_block *b, struct csv_record *ret,
			       bool *ret_more)
{
	bool any;
	enum err e;

	*ret_more = true;
	if (csv_block_next(b, ret))
		return OK;
	if ((e = csv_block_fill(c, b, &any, NULL)))
		return e;
	must(any == (csv_block_bytes(b).n > 0));
	if (any)
		return csv_block_next(b, ret) ? OK : ERR_BUG;
	return csv_next(c, ret, ret_more, NULL);
}

/* Through blocks of a small size, other for each first byte, the records are the same. */
static void check_blocks(struct str in, uint8_t first)
{
	CLEANUP(csv_end) struct csv *c = NULL, *plain = NULL;
	CLEANUP(csv_block_end) struct csv_block *b = NULL;
	enum err e = OK;
	bool more = true, more_plain;

	must(csv_block_new(1 + first / 8 * 13u, 1 + first % 7u, &b) == OK);
	must(csv_open_bytes(in, delimiters[first & 7], &c) == OK);
	must(csv_open_bytes(in, delimiters[first & 7], &plain) == OK);
	while (!e && more) {
		struct csv_record got, want;

		e = next_of_blocks(c, b, &got, &more);
		must(csv_next(plain, &want, &more_plain, NULL) == e);
		must(e || more == more_plain);
		if (e || !more)
			break;
		must(got.number == want.number && got.line == want.line);
		must(str_eq(got.raw, want.raw) && got.refusal_en == want.refusal_en);
		must(got.n_fields == want.n_fields);
		for (size_t i = 0; i < got.n_fields; i++)
			must(str_eq(got.fields[i], want.fields[i]));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	CLEANUP(csv_end) struct csv *c = NULL;
	uint64_t number = 0, line = 0, at = 0;
	struct csv_record r;
	struct str in;
	const char *after;
	enum err e;
	bool more;

	if (n == 0)
		return 0;
	in = (struct str){ (const char *)p + 1, n - 1 };
	after = in.p;
	e = csv_open_bytes(in, delimiters[p[0] & 7], &c);
	must(e == OK || e == ERR_ENCODING);
	if (e)
		return 0;
	for (;;) {
		e = csv_next(c, &r, &more, NULL);
		must(e == OK || e == ERR_FULL);
		if (e || !more)
			break;
		must(r.number == ++number && r.line > line);
		must(csv_bytes_read(c) > at && csv_bytes_read(c) <= in.n);
		check_record(&r, in, after);
		line = r.line;
		at = csv_bytes_read(c);
		after = r.raw.p + r.raw.n;
	}
	must(e || csv_bytes_read(c) == in.n);
	check_blocks(in, p[0]);
	return 0;
}
