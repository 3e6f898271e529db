/* intake_recall.c - after a recall the state is what it would be without the batch. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/dice.h"
#include "ledger/ledger.h"
#include "support/gatehouse.h"

#define ANSWER(a) CLEANUP(answer_end) struct answer a = { 0 }

static void what_repeated_a_row_takes_its_place(void **state)
{
	GATEHOUSE(g);
	ANSWER(first);
	ANSWER(second);
	ANSWER(preview);
	char target[128];

	gatehouse_push(&g, FEED_NOTIFICATIONS, "b1", "", "source_id,name\nc1,甲某\nc2,乙某\n",
		       &first);
	gatehouse_push(&g, FEED_NOTIFICATIONS, "b2", "", "source_id,name\nc2,乙某\nc3,丙某\n",
		       &second);
	gatehouse_account(&g, &second, 2, 1, 0, 1);
	(void)snprintf(target, sizeof target, "/api/v1/batches/%lld/recall",
		       (long long)gatehouse_batch(&g, &first));
	desk_ask(&g.k, &g.lead, "GET", target, NULL, NULL, &preview);
	assert_int_equal(gatehouse_number(&g, &preview, "rows"), 2);
	assert_int_equal(gatehouse_number(&g, &preview, "succeeded"), 1);
	assert_int_equal(gatehouse_count(&g, "notifications"), 4); /* a look changes nothing */
	assert_int_equal(gatehouse_recall(&g, gatehouse_batch(&g, &first)), 200);
	assert_int_equal(gatehouse_count(&g, "notifications WHERE state = 'received'"), 2);
	assert_int_equal(gatehouse_count(&g, "notifications"), 2);
	assert_int_equal(gatehouse_recall(&g, gatehouse_batch(&g, &first)), 409);
	gatehouse_sound(&g);
}

static void a_recalled_batch_can_come_again(void **state)
{
	GATEHOUSE(g);
	ANSWER(first);
	ANSWER(again);
	char *before, *after;

	gatehouse_push(&g, FEED_NOTIFICATIONS, "b1", "", "source_id,name\nc1,甲某\n", &first);
	before = gatehouse_state(&g);
	assert_int_equal(gatehouse_recall(&g, gatehouse_batch(&g, &first)), 200);
	gatehouse_push(&g, FEED_NOTIFICATIONS, "b1", "", "source_id,name\nc1,甲某\n", &again);
	gatehouse_account(&g, &again, 1, 1, 0, 0);
	after = gatehouse_state(&g);
	assert_string_equal(before, after); /* subjects and digests, too */
	mem_drop(before);
	mem_drop(after);
	gatehouse_sound(&g);
}

static void a_row_changed_by_hand_is_told_and_goes_too(void **state)
{
	GATEHOUSE(g);
	ANSWER(push);
	ANSWER(list);
	ANSWER(edit);
	ANSWER(preview);
	char target[128];

	gatehouse_push(&g, FEED_NOTIFICATIONS, "b1", "", "source_id,name\nc1,甲某\n", &push);
	desk_ask(&g.k, &g.doctor, "GET", "/api/v1/notifications", NULL, NULL, &list);
	(void)snprintf(target, sizeof target, "/api/v1/notifications/%s",
		       desk_json(&g.k, &list, "id"));
	desk_ask(&g.k, &g.investigator, "PATCH", target, "If-Match: \"1\"\r\n",
		 "{\"hospital\":\"another\"}", &edit);
	assert_int_equal(edit.status, 200);
	gatehouse_sound(&g); /* the root is made from the row as it came */
	(void)snprintf(target, sizeof target, "/api/v1/batches/%lld/recall",
		       (long long)gatehouse_batch(&g, &push));
	desk_ask(&g.k, &g.lead, "GET", target, NULL, NULL, &preview);
	assert_int_equal(gatehouse_number(&g, &preview, "changed"), 1);
	assert_int_equal(gatehouse_recall(&g, gatehouse_batch(&g, &push)), 200);
	assert_int_equal(gatehouse_count(&g, "notifications"), 0);
	gatehouse_sound(&g);
}

/* ---- what was taken back --------------------------------------------------------------------- */

static const struct sql root_sql = {
	.name = "test.root",
	.text = "SELECT county, id, version, root FROM batches",
	.args = "",
	.across = "a test",
	.scan = "a test",
};
struct roots {
	char brought[80], taken[80];
	bool counted;
};

static enum err take_detail(const struct ledger_entry *en, const struct crypt_hash *hash, void *arg,
			    struct fault *f)
{
	struct roots *r = arg;
	const char *at = memmem(en->detail.p, en->detail.n, "root=", 5);
	size_t n = 0;

	(void)hash;
	(void)f;
	assert_non_null(at);
	for (at += 5; at < en->detail.p + en->detail.n; at++)
		if (*at != '-' && n + 1 < sizeof r->taken)
			r->taken[n++] = *at;
	r->taken[n] = '\0';
	r->counted = memmem(en->detail.p, en->detail.n, "rows=3 ", 7) != NULL;
	return OK;
}

static enum err roots_act(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct roots *x = arg;
	enum err e = tx_row(tx, &root_sql, SQL_NO_ARGS, &r, f);

	if (e)
		return e;
	(void)snprintf(x->brought, sizeof x->brought, "%.*s", (int)rows_text(r, 3).n,
		       rows_text(r, 3).p);
	return ledger_of_version(tx, (struct area_code){ rows_i64(r, 0) }, STR("batch"),
				 rows_i64(r, 1), rows_i64(r, 2), take_detail, x, f);
}

/* The rows are gone, and that they were those of the batch can be shown all the same. */
static void the_root_of_what_a_recall_took_is_the_root_of_what_the_batch_brought(void **state)
{
	GATEHOUSE(g);
	struct roots r = { .counted = false };
	ANSWER(push);

	gatehouse_push(&g, FEED_NOTIFICATIONS, "b1", "", "source_id,name\nc1,甲\nc2,乙\nc1,甲\n",
		       &push);
	gatehouse_account(&g, &push, 3, 2, 0, 1);
	assert_int_equal(gatehouse_recall(&g, gatehouse_batch(&g, &push)), 200);
	MUST(db_read(d->db, roots_act, &r, &d->fault));
	assert_int_equal(strlen(r.brought), 64);
	assert_string_equal(r.taken, r.brought);
	assert_true(r.counted);
	gatehouse_sound(&g);
}

/* ---- any order ------------------------------------------------------------------------------- */

enum { BATCHES = 8, WORLDS = 12, BODY = 2048 };

/* Few people and few ids, so that much repeats within a batch and between them. */
static void body_of(struct dice *dice, char body[BODY])
{
	size_t n = (size_t)snprintf(body, BODY, "source_id,name,age\n");
	int rows = 1 + (int)dice_below(dice, 6);

	for (int i = 0; i < rows; i++)
		n += (size_t)snprintf(body + n, BODY - n, "c%d,人%d,%s\n", (int)dice_below(dice, 4),
				      (int)dice_below(dice, 2), dice_below(dice, 8) ? "30" : "old");
}

static void push_all(struct gatehouse *g, char body[][BODY], const bool *skip, int64_t *ids)
{
	for (int i = 0; i < BATCHES; i++) {
		ANSWER(a);
		char id[16];

		if (skip && skip[i])
			continue;
		(void)snprintf(id, sizeof id, "b%d", i);
		gatehouse_push(g, FEED_NOTIFICATIONS, id, "", body[i], &a);
		assert_int_equal(a.status, 201);
		if (ids)
			ids[i] = gatehouse_batch(g, &a);
	}
}

/* Push all and recall some, in any order; then everything, and push what was left alone. */
static void one_world(struct gatehouse *g, struct dice *dice)
{
	static char body[BATCHES][BODY];
	bool gone[BATCHES] = { false };
	int64_t ids[BATCHES], again[BATCHES];
	char *with, *without;
	int n = 1 + (int)dice_below(dice, BATCHES - 1);

	for (int i = 0; i < BATCHES; i++)
		body_of(dice, body[i]);
	push_all(g, body, NULL, ids);
	while (n--) {
		int i = (int)dice_below(dice, BATCHES);

		if (!gone[i])
			assert_int_equal(gatehouse_recall(g, ids[i]), 200);
		gone[i] = true;
	}
	gatehouse_sound(g);
	with = gatehouse_state(g);
	for (int i = 0; i < BATCHES; i++)
		if (!gone[i])
			assert_int_equal(gatehouse_recall(g, ids[i]), 200);
	assert_int_equal(gatehouse_count(g, "notifications"), 0);
	push_all(g, body, gone, again);
	without = gatehouse_state(g);
	assert_string_equal(with, without);
	mem_drop(with);
	mem_drop(without);
	for (int i = 0; i < BATCHES; i++)
		if (!gone[i])
			assert_int_equal(gatehouse_recall(g, again[i]), 200);
	assert_int_equal(gatehouse_count(g, "batch_row"), 0);
	assert_int_equal(gatehouse_count(g, "likenesses"), 0);
}

static void whatever_the_order_only_what_was_not_recalled_counts(void **state)
{
	GATEHOUSE(g);
	struct dice dice = { 0 };

	dice.state = 20211;
	for (int w = 0; w < WORLDS; w++)
		one_world(&g, &dice);
	gatehouse_sound(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		AT_THE_GATE(what_repeated_a_row_takes_its_place),
		AT_THE_GATE(a_recalled_batch_can_come_again),
		AT_THE_GATE(a_row_changed_by_hand_is_told_and_goes_too),
		AT_THE_GATE(the_root_of_what_a_recall_took_is_the_root_of_what_the_batch_brought),
		AT_THE_GATE(whatever_the_order_only_what_was_not_recalled_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
