/* vault_opened.c - where many share phones, each of them is opened once a frame. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/dice.h"
#include "base/memory.h"
#include "support/chance.h"
#include "support/vaulted.h"
#include "vault/opened.h"
#include "vault/store.h"

enum { PHONES = 40, KNOWN = PHONES * TAGS_SAME_MAX, PUSHED = 400 };

struct place {
	struct store *s;
	struct chance chance;
	struct fault fault;
};

#define WELL(act) \
	do { \
		enum err well_e = (act); \
		if (well_e) \
			fail_msg("%s: %s %s", #act, err_word(well_e), p->fault.en); \
	} while (0)

static int64_t now_ns(void *arg)
{
	(void)arg;
	return (int64_t)VAULTED_NOW * 1000000000;
}

static int place_open(void **state)
{
	static struct place place;
	struct place *p = &place;
	struct store_options o = { .database = "store",
				   .ring = "ring",
				   .suite = CRYPT_WORLD,
				   .chance = &p->chance.random,
				   .wall = { now_ns, NULL } };

	assert_int_equal(system("rm -rf ring ring.new store"), 0);
	chance_begin(&p->chance, 1);
	WELL(store_open(&o, &p->s, &p->fault));
	*state = p;
	return 0;
}

static int place_close(void **state)
{
	struct place *p = *state;

	store_end(&p->s);
	return 0;
}

/* Rows that have nothing in common but their phones. */
struct crowd {
	struct vault_row row[KNOWN];
	struct vault_staged_row staged[KNOWN];
	char number[KNOWN][19], phone[PHONES][12];
};

static void crowd_row(struct crowd *c, size_t i, size_t person, size_t phone)
{
	vaulted_id_number(person, c->number[i]);
	(void)snprintf(c->phone[phone], sizeof c->phone[phone], "138%08zu", phone % PHONES);
	c->row[i] =
		(struct vault_row){ (int64_t)i, vaulted_person("", c->number[i], c->phone[phone]) };
}

static void who_shares_a_phone_is_opened_once_a_frame(void **state)
{
	static struct crowd c;
	struct place *p = *state;
	struct dice d = { 3 };
	uint64_t before;

	for (size_t i = 0; i < KNOWN; i++)
		crowd_row(&c, i, i, i % PHONES);
	WELL(store_stage(p->s, 1, c.row, KNOWN, true, c.staged, &p->fault));
	assert_true(p->s->unsealed > KNOWN / 2 && p->s->unsealed < KNOWN);
	WELL(store_keep(p->s, 1, &p->fault));
	for (size_t i = 0; i < PUSHED; i++)
		crowd_row(&c, i, KNOWN + i, dice_below(&d, PHONES));
	before = p->s->unsealed;
	WELL(store_stage(p->s, 2, c.row, PUSHED, true, c.staged, &p->fault));
	assert_int_equal(p->s->unsealed - before, KNOWN);
}

static enum err ask_for_many(struct tx *tx, void *arg, struct fault *f)
{
	struct place *p = arg;
	CLEANUP(opened_end) struct opened o = { .s = p->s };
	struct opened_one *one;

	for (int64_t id = 1; id <= 3 * OPENED_MAX / 2; id++) {
		WELL(opened_at(&o, tx, id, &one, f));
		assert_true(one->id == id && !one->there);
		assert_true(o.n <= OPENED_MAX);
	}
	return OK;
}

static void more_than_are_kept_are_read_again(void **state)
{
	struct place *p = *state;

	WELL(db_read(p->s->db, ask_for_many, p, &p->fault));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_shares_a_phone_is_opened_once_a_frame),
		cmocka_unit_test(more_than_are_kept_are_read_again),
	};

	return cmocka_run_group_tests(tests, place_open, place_close);
}
