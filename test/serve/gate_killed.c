/*
 * gate_killed.c - a server into which visits are pushed, and its vault, killed at any moment: each
 * batch that was acknowledged is there, each is there once, and its account adds up.
 *
 * Whoever gets no answer pushes the same batch again under its own number, as senders do.
 * OUTPOST_CYCLES sets how many kills.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/dice.h"
#include "base/memory.h"
#include "base/when.h"
#include "serve/sound.h"
#include "support/database.h"
#include "support/mortal.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { CYCLES = 6 };
#else
enum { CYCLES = 24 };
#endif
enum { CLIENTS = 3, ROWS = 40, PEOPLE = 300, NS = 1000000000 };

struct gate {
	struct mortal m;
	char cookie[MORTAL_COOKIE_BYTES], feed[40];
	int64_t noon; /* of yesterday */
	atomic_bool over;
	atomic_int next, acknowledged, again;
};

/* ---- who pushes ------------------------------------------------------------------------------ */

/* Batch k, the same each time: visits that no other batch has. */
static void body_of(const struct gate *g, int k, struct buf *out)
{
	struct dice dice = { (uint64_t)k };

	buf_clear(out);
	for (int i = 0; i < ROWS; i++) {
		int64_t from = g->noon - 86400 + 60 * (int64_t)dice_below(&dice, 1440);

		buf_fmt(out,
			"{\"person\":\"p%u\",\"place\":\"place %u of %d\",\"from\":\"%lld\","
			"\"to\":\"%lld\"}\n",
			dice_below(&dice, PEOPLE), (unsigned)i, k, (long long)from,
			(long long)from + 1800);
	}
}

static void *push_on(void *arg)
{
	struct gate *g = arg;
	struct buf body = { 0 };

	while (!g->over) {
		int k = g->next++;
		bool done = false;

		body_of(g, k, &body);
		while (!done) { /* also when it is over: what was begun is brought to its end */
			CLEANUP(answer_end) struct answer a = { 0 };
			char headers[500], target[120];

			(void)snprintf(headers, sizeof headers, "%sIdempotency-Key: batch-%d\r\n",
				       g->cookie, k);
			(void)snprintf(target, sizeof target, "/api/v1/feeds/%s/batches", g->feed);
			if (mortal_ask(&g->m, "POST", target, headers, buf_view(&body), &a))
				done = a.status == 201 || a.status == 200;
			if (done)
				g->again += a.status == 200;
			else
				sched_yield();
		}
		g->acknowledged++;
	}
	buf_release(&body);
	return NULL;
}

/* ---- the house ------------------------------------------------------------------------------- */

static void make_feed(struct gate *g)
{
	CLEANUP(answer_end) struct answer feed = { 0 };
	char headers[400];
	const char *id;

	(void)snprintf(headers, sizeof headers, "%sIdempotency-Key: feed\r\n", g->cookie);
	assert_true(mortal_ask(&g->m, "POST", "/api/v1/feeds", headers,
			       STR("{\"area\":\"430802000000000\",\"name\":\"visits\","
				   "\"brings\":\"visits\"}"),
			       &feed));
	assert_int_equal(feed.status, 201);
	id = memmem(feed.body.p, feed.body.n, "\"id\":\"", 6);
	assert_non_null(id);
	(void)snprintf(g->feed, sizeof g->feed, "%.*s", (int)strcspn(id + 6, "\""), id + 6);
}

struct stored {
	int64_t batches, accepted, in, packed, of_batches;
};

static const struct sql account_sql = {
	.name = "test.account",
	.text = "SELECT count(*), CAST(sum(accepted) AS BIGINT), CAST(sum(rows_in) AS BIGINT)"
		" FROM batches WHERE state = 'received'",
	.args = "",
	.across = "a test",
	.scan = "a test",
};
static const struct sql packed_sql = {
	.name = "test.packed",
	.text = "SELECT CAST(sum(n) AS BIGINT), count(DISTINCT batch) FROM visit_pack",
	.args = "",
	.across = "a test",
	.scan = "a test",
};

static enum err count_act(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct stored *s = arg;
	enum err e = tx_row(tx, &account_sql, SQL_NO_ARGS, &r, f);

	if (e)
		return e;
	s->batches = rows_i64(r, 0);
	s->accepted = rows_i64(r, 1);
	s->in = rows_i64(r, 2);
	rows_end(&r);
	if ((e = tx_row(tx, &packed_sql, SQL_NO_ARGS, &r, f)))
		return e;
	s->packed = rows_i64(r, 0);
	s->of_batches = rows_i64(r, 1);
	return OK;
}

/* Of `n` batches, all of which were acknowledged. */
static void look(int64_t n)
{
	CLEANUP(house_end) struct house *h = NULL;
	struct sound_report r;
	struct stored s;
	struct fault f = { 0 };

	assert_int_equal(house_open("house", &h, &f), OK);
	assert_int_equal(house_database(h, false, (struct utc_s){ 0 }, &f), OK);
	if (db_read(h->db, count_act, &s, &f) ||
	    sound_look(h, &(struct sound_ask){ .whole = true }, &r, &f))
		fail_msg("%s", f.en);
	if (s.batches != n || s.of_batches != n || s.in != n * ROWS || s.accepted != n * ROWS ||
	    s.packed != n * ROWS)
		fail_msg("%lld batches acknowledged; stored %lld (visits of %lld), %lld rows, %lld "
			 "accepted, %lld visits",
			 (long long)n, (long long)s.batches, (long long)s.of_batches,
			 (long long)s.in, (long long)s.accepted, (long long)s.packed);
	if (r.ledger.verdict != VERIFY_WHOLE || r.receipts_lost || r.trail.wrong)
		fail_msg("%s: %s", verify_word(r.ledger.verdict), r.ledger.en);
}

static void no_visit_is_lost_and_none_is_there_twice(void **state)
{
	int cycles = mortal_cycles(CYCLES), vaults = 0;
	struct gate g = { .noon = clock_ns(&clock_wall) / NS - 86400 };
	char password[POLICY_ONCE_BYTES];
	pthread_t client[CLIENTS];
	struct dice dice = { 1 };

	(void)state;
	mortal_init(&g.m, "house");
	mortal_found(password);
	mortal_start(&g.m);
	mortal_sign_in(&g.m, "lead", password, g.cookie);
	make_feed(&g);
	for (int k = 0; k < CLIENTS; k++)
		assert_int_equal(pthread_create(&client[k], NULL, push_on, &g), 0);
	for (int i = 0; i < cycles; i++) {
		int wanted = g.acknowledged + 1 + (int)dice_below(&dice, 12);

		while (g.acknowledged < wanted)
			sched_yield();
		mortal_pause(&dice, 3000000);
		if (dice_below(&dice, 2)) {
			vaults += mortal_kill_vault(&g.m);
			continue;
		}
		mortal_kill(&g.m);
		mortal_start(&g.m);
	}
	g.over = true;
	for (int k = 0; k < CLIENTS; k++)
		assert_int_equal(pthread_join(client[k], NULL), 0);
	mortal_kill(&g.m);
	look(g.acknowledged);
	printf("%d kills, %d of them the vault's, %d batches, %d told again\n", cycles, vaults,
	       g.acknowledged, g.again);
	assert_true(cycles < 10 || vaults > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_visit_is_lost_and_none_is_there_twice),
	};

	return cmocka_run_group_tests_name("gate_killed", tests, NULL, NULL);
}
