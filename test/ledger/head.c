/* head.c - a file of heads: what was signed is read, and whatever was done to it is noticed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "ledger/head.h"
#include "support/chance.h"
#include "support/history.h"

enum { HEADS_MAX = 40, COUNTIES = 5 };

/* Signs a history of its own, as the keeper of heads does; lines of text, without their ends. */
struct scribe {
	struct dice dice;
	struct head_book *book;
	struct crypt_signer *signer;
	enum crypt_suite suite;
	struct buf line[HEADS_MAX];
	size_t n;
};

static void scribe_begin(struct scribe *s, enum crypt_suite suite, uint64_t seed)
{
	*s = (struct scribe){ .dice = { seed }, .suite = suite };
	s->signer = history_signer(suite, seed);
	assert_int_equal(head_book_new(false, &s->book), OK);
}

static void scribe_end(struct scribe *s)
{
	for (size_t i = 0; i < HEADS_MAX; i++)
		buf_release(&s->line[i]);
	crypt_signer_end(&s->signer);
	head_book_end(&s->book);
}

static size_t some_lines(struct scribe *s, struct head_line line[COUNTIES])
{
	size_t n = 0;

	for (uint32_t c = 0; c < COUNTIES; c++) {
		struct area_code county = { 430000000000000 + 1000000000 * (int64_t)(101 + c) };
		int64_t to = head_book_tip(s->book, county).to;

		if (dice_chance(&s->dice, 0.5))
			continue;
		line[n].county = county;
		line[n].from = to + 1;
		line[n].to = to + 1 + dice_below(&s->dice, 9);
		for (size_t i = 0; i < CRYPT_RAW_BYTES; i++) {
			line[n].root.v[i] = (uint8_t)dice_next(&s->dice);
			line[n].chain.v[i + 1] = (uint8_t)dice_next(&s->dice);
		}
		line[n++].chain.v[0] = CRYPT_WORLD;
	}
	return n;
}

static struct head next_head(struct scribe *s, enum head_kind kind)
{
	struct head h = { .n = (int64_t)s->book->leaf.n + 1,
			  .kind = kind,
			  .at = { 1790000000 + 60 * (int64_t)s->book->leaf.n },
			  .suite = s->suite };

	assert_int_equal(head_key_id(crypt_signer_public(s->signer), h.key_id), OK);
	assert_int_equal(head_book_history(s->book, s->suite, &h.history), OK);
	if (h.n == 1) {
		h.announces = true;
		h.next = *crypt_signer_public(s->signer);
	}
	return h;
}

/* Sign h as it stands, whether that is right or not; the line, without its end. */
static void sign(struct scribe *s, const struct head *h, const struct head_line *lines,
		 struct buf *ret)
{
	CLEANUP(buf_release) struct buf record = { 0 };

	head_write(h, lines, &record);
	assert_int_equal(head_sign(s->signer, buf_view(&record), ret), OK);
	assert_int_equal(ret->p[--ret->n], '\n');
}

static void scribe_head(struct scribe *s, enum head_kind kind, const struct crypt_signer *next)
{
	struct head_line line[COUNTIES];
	struct head h = next_head(s, kind);

	h.n_lines = some_lines(s, line);
	if (next) {
		h.announces = true;
		h.next = *crypt_signer_public(next);
	}
	sign(s, &h, line, &s->line[s->n]);
	assert_int_equal(head_book_add(s->book, buf_view(&s->line[s->n])), OK);
	assert_int_equal(s->book->wrong, HEAD_FINE);
	assert_int_equal(s->book->leaf.n, ++s->n);
}

static void scribe_some(struct scribe *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		scribe_head(s, i ? HEAD_BEAT : HEAD_START, NULL);
}

static void put(const char *path, const struct buf *line, size_t n)
{
	FILE *out = fopen(path, "wb");

	assert_non_null(out);
	for (size_t i = 0; i < n; i++)
		fprintf(out, "%.*s\n", (int)line[i].n, line[i].p);
	assert_int_equal(fclose(out), 0);
}

static struct head_book *read_book(const char *path, bool keep)
{
	struct head_book *b = NULL;

	assert_int_equal(head_book_new(keep, &b), OK);
	assert_int_equal(head_book_read(b, path, NULL), OK);
	return b;
}

/* ---- what was signed is read ---- */

static void a_file_of_heads_reads_as_it_was_signed(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(chance_suites); i++) {
		CLEANUP(scribe_end) struct scribe s;
		CLEANUP(head_book_end) struct head_book *b = NULL;
		uint64_t lines = 0;

		scribe_begin(&s, chance_suites[i], 1);
		scribe_some(&s, 30);
		put("heads", s.line, s.n);
		b = read_book("heads", true);
		assert_int_equal(b->wrong, HEAD_FINE);
		assert_int_equal(b->torn, 0);
		assert_false(b->open_end);
		assert_int_equal(b->leaf.n, 30);
		assert_memory_equal(b->leaf.v, s.book->leaf.v, 30 * sizeof b->leaf.v[0]);
		assert_int_equal(b->all.n, 30);
		for (size_t k = 0; k < b->all.n; k++) {
			assert_int_equal(b->all.v[k].n, k + 1);
			assert_int_equal(b->all.v[k].at.v, 1790000000 + 60 * (int64_t)k);
			lines += b->all.v[k].n_lines;
		}
		assert_true(lines > 30);
		assert_int_equal(b->tip.n, s.book->tip.n);
		for (size_t k = 0; k < b->tip.n; k++)
			assert_int_equal(b->tip.v[k].to, s.book->tip.v[k].to);
		assert_memory_equal(b->first_key.v, crypt_signer_public(s.signer)->v,
				    CRYPT_PUBLIC_BYTES);
	}
}

static void no_file_is_no_heads(void **state)
{
	CLEANUP(head_book_end) struct head_book *b = read_book("absent", false);

	(void)state;
	assert_int_equal(b->leaf.n, 0);
	assert_int_equal(b->wrong, HEAD_FINE);
}

static void a_line_cut_by_a_crash_is_passed_over_wherever_it_ends(void **state)
{
	CLEANUP(scribe_end) struct scribe s;

	(void)state;
	scribe_begin(&s, CRYPT_WORLD, 2);
	scribe_some(&s, 3);
	for (size_t n = 0; n < s.line[1].n; n += 5) {
		CLEANUP(head_book_end) struct head_book *b = NULL;
		FILE *out = fopen("cut", "wb");

		/* half of head 2, and later all of it, on a line of its own */
		fprintf(out, "%.*s\n%.*s\n%.*s\n%.*s", (int)s.line[0].n, s.line[0].p, (int)n,
			s.line[1].p, (int)s.line[1].n, s.line[1].p, (int)s.line[2].n, s.line[2].p);
		assert_int_equal(fclose(out), 0);
		b = read_book("cut", false);
		assert_int_equal(b->wrong, HEAD_FINE);
		assert_int_equal(b->leaf.n, 3);
		assert_int_equal(b->torn, n ? 1 : 0);
		assert_true(b->open_end);
	}
}

static void a_key_is_handed_on_by_the_old_key_alone(void **state)
{
	CLEANUP(scribe_end) struct scribe s;
	struct crypt_signer *next = history_signer(CRYPT_SM, 77), *old;
	CLEANUP(head_book_end) struct head_book *b = NULL;

	(void)state;
	scribe_begin(&s, CRYPT_WORLD, 3);
	scribe_some(&s, 3);
	scribe_head(&s, HEAD_KEY, next);
	old = s.signer;
	s.signer = next;
	s.suite = CRYPT_SM; /* the trees may go over to another suite as well */
	scribe_head(&s, HEAD_BEAT, NULL);
	scribe_head(&s, HEAD_BEAT, NULL);
	put("heads", s.line, s.n);
	b = read_book("heads", false);
	assert_int_equal(b->wrong, HEAD_FINE);
	assert_int_equal(b->leaf.n, 6);
	assert_memory_equal(b->key.v, crypt_signer_public(next)->v, CRYPT_PUBLIC_BYTES);

	/* and the old one is then a stranger */
	s.signer = old;
	{
		struct head h = next_head(&s, HEAD_BEAT);
		CLEANUP(buf_release) struct buf line = { 0 };

		sign(&s, &h, NULL, &line);
		assert_int_equal(head_book_add(b, buf_view(&line)), OK);
		assert_int_equal(b->wrong, HEAD_STRANGE);
		assert_int_equal(b->wrong_at, 7);
	}
	crypt_signer_end(&next);
}

/* ---- whatever was done to it is noticed ---- */

/* HEAD_N: a form of later programs. */
enum { HEAD_N = HEAD_APART + 1 };
static int wrong_of(const struct buf *line, size_t n, int64_t *ret_at)
{
	CLEANUP(head_book_end) struct head_book *b = NULL;
	enum err e;

	put("changed", line, n);
	assert_int_equal(head_book_new(false, &b), OK);
	e = head_book_read(b, "changed", NULL);
	assert_true(e == OK || e == ERR_VERSION);
	*ret_at = b->wrong_at;
	return e ? (int)HEAD_N : (int)b->wrong;
}

static void lines_taken_out_doubled_or_swapped_are_a_gap(void **state)
{
	CLEANUP(scribe_end) struct scribe s;
	int64_t at;

	(void)state;
	scribe_begin(&s, CRYPT_WORLD, 4);
	scribe_some(&s, 8);
	for (size_t i = 0; i + 1 < s.n; i++) {
		struct buf line[HEADS_MAX];

		memcpy(line, s.line, sizeof line);
		memmove(line + i, line + i + 1, (s.n - i - 1) * sizeof line[0]);
		assert_int_equal(wrong_of(line, s.n - 1, &at), HEAD_GAP);
		assert_int_equal(at, i + 1);

		memcpy(line, s.line, sizeof line);
		line[i] = s.line[i + 1];
		line[i + 1] = s.line[i];
		assert_int_equal(wrong_of(line, s.n, &at), HEAD_GAP);
		assert_int_equal(at, i + 1);

		memcpy(line, s.line, sizeof line);
		memmove(line + i + 1, line + i, (s.n - i) * sizeof line[0]);
		assert_int_equal(wrong_of(line, s.n + 1, &at), HEAD_GAP);
		assert_int_equal(at, i + 2);
	}
}

static void every_altered_sign_of_a_line_is_noticed(void **state)
{
	CLEANUP(scribe_end) struct scribe s;
	int64_t at;

	(void)state;
	scribe_begin(&s, CRYPT_WORLD, 5);
	scribe_some(&s, 3);
	for (size_t i = 0; i < s.line[1].n; i++)
		for (int bit = 1; bit <= 0x40; bit <<= 1) {
			int wrong;

			s.line[1].p[i] = (char)(s.line[1].p[i] ^ bit);
			/* spoilt or unreadable: in either case the next one does not follow */
			wrong = wrong_of(s.line, s.n, &at);

			assert_int_not_equal(wrong, HEAD_FINE);
			assert_true(at == 2 || wrong == HEAD_N);
			s.line[1].p[i] = (char)(s.line[1].p[i] ^ bit);
		}
	assert_int_equal(wrong_of(s.line, s.n, &at), HEAD_FINE);
}

static void a_head_signed_anew_does_not_fit_those_after_it(void **state)
{
	CLEANUP(scribe_end) struct scribe s, again;
	int64_t at;
	struct buf kept;

	(void)state;
	/* Two histories of one key, which part after head 2: as whoever has the key could write. */
	scribe_begin(&s, CRYPT_SM, 6);
	scribe_begin(&again, CRYPT_SM, 6);
	scribe_some(&s, 2);
	scribe_some(&again, 2);
	/* SM2 signs anew each time; what is signed is the same */
	assert_memory_equal(s.book->leaf.v, again.book->leaf.v, 2 * sizeof s.book->leaf.v[0]);
	again.dice.state = 99;
	scribe_head(&s, HEAD_BEAT, NULL);
	scribe_head(&s, HEAD_BEAT, NULL);
	scribe_head(&again, HEAD_BEAT, NULL);
	assert_memory_not_equal(&s.book->leaf.v[2], &again.book->leaf.v[2],
				sizeof s.book->leaf.v[0]);
	kept = s.line[2];
	s.line[2] = again.line[2];
	assert_int_equal(wrong_of(s.line, s.n, &at), HEAD_REWRITTEN);
	assert_int_equal(at, 4);
	s.line[2] = kept;
}

static void ranges_that_overlap_or_leave_out_are_noticed(void **state)
{
	(void)state;
	for (int64_t off = -1; off <= 1; off++) {
		CLEANUP(scribe_end) struct scribe s;
		struct head_line line = { .county = history_county(3),
					  .from = 1,
					  .to = 5,
					  .chain = { { CRYPT_WORLD } } };
		struct head h;

		scribe_begin(&s, CRYPT_WORLD, 7);
		h = next_head(&s, HEAD_START);
		h.n_lines = 1;
		sign(&s, &h, &line, &s.line[0]);
		assert_int_equal(head_book_add(s.book, buf_view(&s.line[0])), OK);
		h = next_head(&s, HEAD_BEAT);
		h.n_lines = 1;
		line.from = 6 + off;
		line.to = 9;
		sign(&s, &h, &line, &s.line[1]);
		assert_int_equal(head_book_add(s.book, buf_view(&s.line[1])), OK);
		assert_int_equal(s.book->wrong, off ? HEAD_APART : HEAD_FINE);
		assert_int_equal(head_book_tip(s.book, line.county).to, off ? 5 : 9);
		assert_string_not_equal(head_wrong_en(s.book->wrong), "");
		assert_string_not_equal(head_wrong_zh(s.book->wrong), "");
	}
}

static void a_head_of_another_key_or_that_announces_out_of_turn_is_strange(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		CLEANUP(scribe_end) struct scribe s;
		struct crypt_signer *own, *other = history_signer(CRYPT_WORLD, 1234);
		struct head h;

		scribe_begin(&s, CRYPT_WORLD, 8);
		scribe_some(&s, 2);
		own = s.signer;
		if (i == 0)
			s.signer = other;
		h = next_head(&s, HEAD_BEAT);
		if (i == 1) { /* another key that claims to be the known one */
			s.signer = other;
		} else if (i == 2) {
			h.announces = true;
			h.next = *crypt_signer_public(other);
		}
		sign(&s, &h, NULL, &s.line[2]);
		s.signer = own;
		assert_int_equal(head_book_add(s.book, buf_view(&s.line[2])), OK);
		assert_int_equal(s.book->wrong, i == 1 ? HEAD_FORGED : HEAD_STRANGE);
		crypt_signer_end(&other);
	}
}

static void without_memory_reading_is_refused(void **state)
{
	CLEANUP(scribe_end) struct scribe s;
	bool done = false;

	(void)state;
	scribe_begin(&s, CRYPT_WORLD, 9);
	scribe_some(&s, 3);
	put("heads", s.line, s.n);
	for (uint64_t k = 1; !done; k++) {
		CLEANUP(head_book_end) struct head_book *b = NULL;
		enum err e;

		mem_fail_at(k, false);
		e = head_book_new(true, &b);
		if (!e)
			e = head_book_read(b, "heads", NULL);
		done = mem_calls() < k;
		mem_fail_at(0, false);
		assert_int_equal(e, done ? OK : ERR_MEMORY);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_of_heads_reads_as_it_was_signed),
		cmocka_unit_test(no_file_is_no_heads),
		cmocka_unit_test(a_line_cut_by_a_crash_is_passed_over_wherever_it_ends),
		cmocka_unit_test(a_key_is_handed_on_by_the_old_key_alone),
		cmocka_unit_test(lines_taken_out_doubled_or_swapped_are_a_gap),
		cmocka_unit_test(every_altered_sign_of_a_line_is_noticed),
		cmocka_unit_test(a_head_signed_anew_does_not_fit_those_after_it),
		cmocka_unit_test(ranges_that_overlap_or_leave_out_are_noticed),
		cmocka_unit_test(a_head_of_another_key_or_that_announces_out_of_turn_is_strange),
		cmocka_unit_test(without_memory_reading_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
