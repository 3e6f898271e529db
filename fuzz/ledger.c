/*
 * ledger.c - any bytes as an entry, a receipt, a proof, a head, and lines of a file of heads:
 * refused, or exactly what would be written.
 *
 * The first byte chooses which reader gets the rest.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "crypt/encode.h"
#include "ledger/entry.h"
#include "ledger/head.h"
#include "ledger/prove.h"

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void entry_any(struct str s)
{
	struct ledger_entry en;
	uint8_t again[LEDGER_ENTRY_BYTES_MAX];

	if (entry_parse(s, &en))
		return;
	must(entry_write(&en, again) == s.n && memcmp(again, s.p, s.n) == 0);
}

static void receipt_any(struct str s)
{
	CLEANUP(buf_release) struct buf again = { 0 };
	struct ledger_receipt r;

	if (ledger_receipt_parse(s, &r))
		return;
	ledger_receipt_text(&r, &again);
	must(str_eq(buf_view(&again), s));
}

static void prove_any(struct str s)
{
	CLEANUP(buf_release) struct buf again = { 0 };
	struct prove p;

	if (prove_parse(s, &p))
		return;
	prove_text(&p, &again);
	must(str_eq(buf_view(&again), s));
}

static void head_any(struct str s)
{
	CLEANUP(buf_release) struct buf again = { 0 };
	struct head_line *lines;
	struct head h;

	if (head_parse(s, &h))
		return;
	lines = calloc(h.n_lines + 1, sizeof *lines);
	for (size_t i = 0; lines && i < h.n_lines; i++)
		lines[i] = head_line_at(&h, i);
	if (lines)
		head_write(&h, lines, &again);
	must(!lines || str_eq(buf_view(&again), s));
	free(lines);
}

/* Lines of text, and the record of one line given raw and then signed by nobody. */
static void book_any(struct str s)
{
	CLEANUP(head_book_end) struct head_book *b = NULL;
	CLEANUP(buf_release) struct buf line = { 0 };

	if (head_book_new(true, &b))
		return;
	encode_base64url(&line, s.p, s.n);
	ignore(head_book_add(b, buf_view(&line)));
	while (s.n) {
		const char *end = memchr(s.p, '\n', s.n);
		size_t n = end ? (size_t)(end - s.p) : s.n;

		ignore(head_book_add(b, (struct str){ s.p, n }));
		must(head_line_number((struct str){ s.p, n }) != INT64_MIN || n >= 12);
		n += end != NULL;
		s = (struct str){ s.p + n, s.n - n };
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static void (*const READERS[])(struct str) = { entry_any, receipt_any, prove_any, head_any,
						       book_any };
	struct str s = { (const char *)p + 1, n - 1 };

	if (n)
		READERS[p[0] % ARRAY_LEN(READERS)](s);
	return 0;
}
