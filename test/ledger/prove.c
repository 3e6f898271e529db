/* prove.c - a receipt, a proof and a file of heads: together they convince, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "ledger/prove.h"
#include "support/scene.h"

enum { RECEIPTS = 24 };

static void some_receipts(struct scene *s, struct ledger_receipt r[RECEIPTS])
{
	for (size_t i = 0; i < RECEIPTS; i++) {
		scene_many(s, 1 + dice_below(&s->dice, 3));
		r[i] = s->last;
		if (i % 8 == 7)
			scene_head(s);
	}
}

static void every_receipt_under_a_head_is_proved_without_the_house(void **state)
{
	struct database *d = *state;

	for (enum crypt_suite suite = CRYPT_WORLD; suite <= CRYPT_SM; suite++) {
		CLEANUP(scene_end) struct scene s;
		struct ledger_receipt r[RECEIPTS], other;
		struct prove p, back;

		scene_begin(&s, d, suite, (uint64_t)suite);
		s.now.v += 100000 * (int64_t)suite;
		some_receipts(&s, r);
		for (size_t i = 0; i < RECEIPTS; i++) {
			CLEANUP(buf_release) struct buf text = { 0 }, again = { 0 };

			MUST(prove_make(d->db, s.heads_path, &r[i], &p, &d->fault));
			assert_true(p.head <= r[i].head_due);
			prove_text(&p, &text);
			MUST(prove_parse(buf_view(&text), &back));
			prove_text(&back, &again);
			assert_true(str_eq(buf_view(&text), buf_view(&again)));
			MUST(prove_check(s.copy_path, &r[i], &back, &d->fault));

			other = r[i];
			other.hash.v[7] ^= 1;
			MUST_FAIL(prove_check(s.copy_path, &other, &p, &d->fault), ERR_CORRUPT);
			other = r[(i + 1) % RECEIPTS];
			MUST_FAIL(prove_check(s.copy_path, &other, &p, &d->fault), ERR_CORRUPT);
			back.head++;
			MUST_FAIL(prove_check(s.copy_path, &r[i], &back, &d->fault), ERR_CORRUPT);
			back.head--;
			for (size_t k = 0; k < back.path.n; k++) {
				back.path.v[k].v[3] ^= 1;
				MUST_FAIL(prove_check(s.copy_path, &r[i], &back, &d->fault),
					  ERR_CORRUPT);
				back.path.v[k].v[3] ^= 1;
			}
		}
		scene_act(&s, 0, 1);
		MUST_FAIL(prove_make(d->db, s.heads_path, &s.last, &p, &d->fault), ERR_ABSENT);
		MUST_FAIL(prove_check(s.copy_path, &s.last, &p, &d->fault), ERR_ABSENT);
	}
}

static void an_entry_that_was_signed_and_is_gone_cannot_be_proved_any_more(void **state)
{
	struct database *d = *state;
	CLEANUP(scene_end) struct scene s;
	struct ledger_receipt r;
	struct prove before, p;

	scene_begin(&s, d, CRYPT_WORLD, 1);
	scene_many(&s, 20);
	scene_act(&s, 0, 1);
	r = s.last;
	scene_head(&s);
	MUST(prove_make(d->db, s.heads_path, &r, &before, &d->fault));
	scene_raw(&s, "DELETE FROM ledger_entry WHERE county = %lld AND seq = %lld",
		  (long long)r.county.v, (long long)r.seq);
	MUST_FAIL(prove_make(d->db, s.heads_path, &r, &p, &d->fault), ERR_CORRUPT);
	/* but a proof that somebody took home holds against the house */
	MUST(prove_check(s.copy_path, &r, &before, &d->fault));
}

static void a_slip_of_the_pen_in_a_proof_is_noticed(void **state)
{
	CLEANUP(buf_release) struct buf text = { 0 };
	struct prove p = { .head = 17, .path.n = 3 }, back;

	(void)state;
	memset(p.path.v, 0x5A, sizeof p.path.v);
	prove_text(&p, &text);
	for (size_t n = 0; n < text.n; n++)
		assert_int_equal(prove_parse((struct str){ text.p, n }, &back), ERR_SYNTAX);
	for (size_t i = 0; i < text.n; i++) {
		char was = text.p[i];

		for (int c = '-'; c <= 'z'; c++) {
			text.p[i] = (char)c;
			if (c != was)
				assert_int_equal(prove_parse(buf_view(&text), &back), ERR_SYNTAX);
		}
		text.p[i] = was;
	}
	assert_int_equal(prove_parse(buf_view(&text), &back), OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(every_receipt_under_a_head_is_proved_without_the_house),
		ON_BOTH(an_entry_that_was_signed_and_is_gone_cannot_be_proved_any_more),
		cmocka_unit_test(a_slip_of_the_pen_in_a_proof_is_noticed),
	};

	scene_steps();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
