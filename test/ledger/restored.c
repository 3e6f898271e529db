/*
 * restored.c - a ledger that goes back after a restore: refused, unless two people approved it;
 * then the heads go on behind all that is known, and everybody is told what was given up.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "ledger/entry.h"
#include "ledger/prove.h"
#include "support/scene.h"

struct approval {
	struct scene *s;
	int64_t by[2];
};

static enum err approve(struct tx *tx, void *arg, struct fault *f)
{
	const struct approval *a = arg;
	enum err e = OK;

	for (size_t i = 0; !e && i < ARRAY_LEN(a->by); i++) {
		struct ledger_entry en = { .county = history_county(1),
					   .at = a->s->now,
					   .kind = LEDGER_ACT,
					   .actor = a->by[i],
					   .purpose = STR("admin"),
					   .object = STR(HEADS_APPROVE_OBJECT),
					   .action = STR(HEADS_APPROVE_ACTION) };

		e = ledger_append(tx, &en, &a->s->last, f);
	}
	return e;
}

static enum err back_by(struct scene *s, int64_t one, int64_t other, struct fault *f)
{
	const struct heads_options o = scene_options(s);
	struct approval a = { s, { one, other } };

	s->now.v += 60;
	return heads_go_back(&o, s->now, approve, &a, f);
}

static struct heads_known look(struct scene *s, const char *against)
{
	const struct heads_options o = scene_options(s);
	struct heads_known known;
	struct fault f = { 0 };

	if (heads_look(&o, against, &known, &f))
		fail_msg("%s", f.en);
	return known;
}

static void go_back(struct scene *s)
{
	struct fault f = { 0 };

	if (back_by(s, 7, 8, &f))
		fail_msg("%s", f.en);
}

static void expect(struct scene *s, const char *against, enum verify_verdict want, const char *says)
{
	struct verify_report r = scene_verify(s, against);

	if (r.verdict != want || !strstr(r.en, says))
		fail_msg("%s (%s), not %s", verify_word(r.verdict), r.en, verify_word(want));
}

/* A house that was kept, worked on for another while, and put back to what it was. */
static int n_kept;
static void put_back(struct scene *s, struct database *d, uint64_t seed)
{
	char name[32];

	snprintf(name, sizeof name, "kept%d", ++n_kept);
	scene_begin(s, d, CRYPT_WORLD, seed);
	scene_many(s, 1 + dice_below(&s->dice, 30));
	scene_head(s);
	scene_many(s, dice_below(&s->dice, 9)); /* under no head yet when it is kept */
	scene_keep_database(s, name);
	scene_many(s, 1 + dice_below(&s->dice, 30));
	scene_head(s);
	scene_many(s, dice_below(&s->dice, 9));
	scene_head(s);
	heads_end(&s->heads);
	scene_put_back_database(s, name);
}

#define RESTORED(name) \
	static void name##_on(struct scene *s); \
	static void name(void **state) \
	{ \
		CLEANUP(scene_end) struct scene s = { .d = *state }; \
		put_back(&s, *state, 4); \
		name##_on(&s); \
	} \
	static void name##_on(struct scene *s)

RESTORED(the_keeper_refuses_until_it_goes_back)
{
	struct heads_known known = look(s, NULL);
	struct fault f = { 0 };

	assert_true(known.lost > 0);
	assert_int_equal(known.own, known.n);
	assert_int_equal(scene_restart(s, &f), ERR_CORRUPT);
	expect(s, NULL, VERIFY_TAIL_MISSING, "that were signed are not there");
	go_back(s);
	assert_int_equal(look(s, NULL).lost, 0);
	assert_int_equal(scene_restart(s, &f), OK);
	scene_many(s, 20);
	scene_head(s);
	expect(s, NULL, VERIFY_WHOLE, "");
	expect(s, s->copy_path, VERIFY_WHOLE, "");
}

RESTORED(what_was_given_up_is_told)
{
	struct heads_known known = look(s, NULL);
	struct verify_report r;

	go_back(s);
	r = scene_verify(s, NULL);
	assert_int_equal(r.verdict, VERIFY_WHOLE);
	assert_int_equal(r.restores, 1);
	assert_true(r.given_up >= (uint64_t)known.lost);
	assert_int_equal(r.restored_at.v, s->now.v);
}

RESTORED(one_person_or_nobody_is_not_enough)
{
	struct approval late = { s, { 8, 9 } };

	assert_int_equal(back_by(s, 7, 7, NULL), OK); /* twice is still one */
	expect(s, NULL, VERIFY_BROKEN, "no two people approved it");
	assert_int_equal(scene_restart(s, NULL), OK);
	assert_int_equal(db_write(s->d->db, approve, &late, NULL), OK);
	scene_head(s);
	expect(s, NULL, VERIFY_BROKEN, "no two people approved it");
}

/* Put back in silence, with the heads of then: the copies know better, and are taken over. */
RESTORED(the_copies_know_what_the_house_forgot)
{
	struct heads_known known;
	int64_t n = look(s, NULL).n;

	assert_int_equal(unlink(s->heads_path), 0);
	known = look(s, NULL);
	assert_int_equal(known.own, 0);
	assert_int_equal(known.n, n);
	assert_true(known.lost > 0);
	assert_string_equal(known.path, s->copy_path);
	assert_int_equal(scene_restart(s, NULL), ERR_CORRUPT);
	scene_copy_file(known.path, s->heads_path);
	go_back(s);
	expect(s, s->copy_path, VERIFY_WHOLE, "");
}

RESTORED(heads_of_another_history_are_never_gone_back_from)
{
	const struct heads_options o = scene_options(s);
	struct heads_known known;
	struct fault f = { 0 };
	char kept[PATHS_BYTES + 32];

	snprintf(kept, sizeof kept, "%s/kept", s->folder.s);
	scene_copy_file(s->heads_path, kept);
	assert_int_equal(unlink(s->heads_path), 0);
	assert_int_equal(unlink(s->copy_path), 0);
	assert_int_equal(scene_restart(s, NULL), OK); /* the key signs a history of its own */
	scene_head(s);
	assert_int_equal(heads_look(&o, kept, &known, &f), ERR_CORRUPT);
	assert_non_null(strstr(f.en, "another history"));
}

RESTORED(what_is_still_there_must_be_as_it_was_signed)
{
	struct scene_row row = scene_row(s, 1, 1);
	struct ledger_entry en;
	struct fault f = { 0 };

	assert_int_equal(entry_parse((struct str){ (char *)row.bytes, row.n }, &en), OK);
	en.actor = 99; /* somebody else did it, and the chain was computed anew */
	row.n = entry_write(&en, row.bytes);
	scene_put_row(s, 1, 1, &row);
	scene_chain_anew(s, 1, 1);
	assert_int_equal(back_by(s, 7, 8, &f), ERR_CORRUPT);
}

RESTORED(a_receipt_of_what_was_given_up_still_proves_that_it_was)
{
	const struct ledger_receipt old = s->last; /* of the last act before it was put back */
	struct prove p;

	go_back(s);
	assert_int_equal(prove_make(s->d->db, s->heads_path, &s->last, &p, NULL), OK);
	assert_int_equal(prove_check(s->heads_path, &s->last, &p, NULL), OK);
	assert_int_not_equal(prove_check(s->heads_path, &old, &p, NULL), OK);
}

/* Whatever was there when it was kept, and however often it is put back. */
static void it_can_be_done_again_and_again(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 12; seed++) {
		struct scene s = { 0 };
		void *own;

		assert_int_equal(database_on_sqlite(&own), 0);
		put_back(&s, own, seed);
		for (int i = 0; i < 3; i++) {
			char name[32];

			go_back(&s);
			assert_int_equal(scene_restart(&s, NULL), OK);
			snprintf(name, sizeof name, "again%d", ++n_kept);
			scene_keep_database(&s, name);
			scene_many(&s, 5);
			scene_head(&s);
			expect(&s, s.copy_path, VERIFY_WHOLE, "");
			heads_end(&s.heads);
			scene_put_back_database(&s, name);
		}
		scene_end(&s);
		assert_int_equal(database_gone(&own), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(the_keeper_refuses_until_it_goes_back),
		ON_BOTH(what_was_given_up_is_told),
		ON_BOTH(one_person_or_nobody_is_not_enough),
		ON_BOTH(the_copies_know_what_the_house_forgot),
		ON_BOTH(heads_of_another_history_are_never_gone_back_from),
		ON_BOTH(what_is_still_there_must_be_as_it_was_signed),
		ON_BOTH(a_receipt_of_what_was_given_up_still_proves_that_it_was),
		cmocka_unit_test(it_can_be_done_again_and_again),
	};

	scene_steps();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
