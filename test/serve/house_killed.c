/*
 * house_killed.c - the server killed at any moment, a hundred times, under writes: whatever it
 * acknowledged is in the ledger afterwards, and everything is whole.
 *
 * OUTPOST_CYCLES sets how often.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/dice.h"
#include "base/memory.h"
#include "ledger/ledger.h"
#include "serve/sound.h"
#include "support/mortal.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { CYCLES = 20 };
#else
enum { CYCLES = 100 };
#endif
enum { CLIENTS = 4, LOOK_EACH = 10 };

typedef VEC(char *) texts;

struct town {
	struct mortal m;
	uint16_t port; /* of the one that is killed next */
	char cookie[MORTAL_COOKIE_BYTES];
	atomic_bool over;
	atomic_int next;
	pthread_mutex_t lock;
	pthread_cond_t more;
	texts receipts;
};

/* Write until the server is gone; keep the receipt of whatever was acknowledged. */
static void *write_on(void *arg)
{
	struct town *t = arg;

	while (!t->over) {
		CLEANUP(answer_end) struct answer a = { 0 };
		int i = t->next++;
		char headers[400], body[200];
		struct str r;

		(void)snprintf(headers, sizeof headers, "%sIdempotency-Key: write-%d\r\n",
			       t->cookie, i);
		(void)snprintf(body, sizeof body,
			       "{\"area\":\"430802000000000\",\"name\":\"合成%d\","
			       "\"kind\":\"other\"}",
			       i);
		if (!client_ask(t->port, "POST", "/api/v1/organisations", headers, body, &a) ||
		    a.status != 201 || a.cut)
			continue;
		r = answer_header(&a, "Outpost-Receipt");
		pthread_mutex_lock(&t->lock);
		(void)vec_push(&t->receipts, strndup(r.p, r.n));
		pthread_cond_broadcast(&t->more);
		pthread_mutex_unlock(&t->lock);
	}
	return NULL;
}

static enum err all_there(struct tx *tx, void *arg, struct fault *f)
{
	const texts *all = arg;

	for (size_t i = 0; i < all->n; i++) {
		struct ledger_receipt r;
		enum err e = ledger_receipt_parse(str_of(all->v[i]), &r);

		if (e || (e = ledger_receipt_check(tx, &r, f)))
			return e;
	}
	return OK;
}

static void look(struct town *t)
{
	CLEANUP(house_end) struct house *h = NULL;
	struct sound_report r;
	struct fault f = { 0 };

	assert_int_equal(house_open("house", &h, &f), OK);
	assert_int_equal(house_database(h, false, (struct utc_s){ 0 }, &f), OK);
	if (db_read(h->db, all_there, &t->receipts, &f))
		fail_msg("an acknowledged write is gone: %s", f.en);
	if (sound_look(h, &(struct sound_ask){ .whole = true }, &r, &f))
		fail_msg("%s", f.en);
	if (r.ledger.verdict != VERIFY_WHOLE || r.receipts_lost)
		fail_msg("%s: %s", verify_word(r.ledger.verdict), r.ledger.en);
}

static void whatever_was_acknowledged_is_there_after_any_kill(void **state)
{
	int cycles = mortal_cycles(CYCLES);
	struct town t = { .lock = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER };
	struct dice dice = { 1 };
	char password[POLICY_ONCE_BYTES];

	(void)state;
	mortal_init(&t.m, "house");
	mortal_found(password);
	mortal_start(&t.m);
	mortal_sign_in(&t.m, "lead", password, t.cookie);
	mortal_kill(&t.m);
	for (int i = 1; i <= cycles; i++) {
		pthread_t client[CLIENTS];
		size_t wanted;

		mortal_start(&t.m);
		t.port = mortal_port(&t.m);
		t.over = false;
		wanted = t.receipts.n + dice_below(&dice, 40);
		for (int k = 0; k < CLIENTS; k++)
			assert_int_equal(pthread_create(&client[k], NULL, write_on, &t), 0);
		pthread_mutex_lock(&t.lock);
		while (t.receipts.n < wanted) /* until so many were acknowledged */
			pthread_cond_wait(&t.more, &t.lock);
		pthread_mutex_unlock(&t.lock);
		mortal_pause(&dice, 200000);
		mortal_kill(&t.m);
		t.over = true;
		for (int k = 0; k < CLIENTS; k++)
			assert_int_equal(pthread_join(client[k], NULL), 0);
		if (i % LOOK_EACH == 0 || i == cycles)
			look(&t);
	}
	printf("%d kills, %zu acknowledged, 0 lost\n", cycles, t.receipts.n);
	for (size_t i = 0; i < t.receipts.n; i++)
		free(t.receipts.v[i]);
	vec_drop(&t.receipts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_was_acknowledged_is_there_after_any_kill),
	};

	return cmocka_run_group_tests_name("house_killed", tests, NULL, NULL);
}
