/*
 * vault_killed.c - the vault killed at any moment: what it acknowledged is there, a batch is whole
 * or open or absent, and it comes back by itself.
 *
 * OUTPOST_KILLS=n    kills (60 without it)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/dice.h"
#include "base/memory.h"
#include "support/paths.h"
#include "support/vaulted.h"

enum { ROWS = 40, BATCHES_MAX = 100000 };

enum what { NOT_TRIED, TRIED, STAGED, KEPT, DROPPED };

struct work {
	struct vaulted h;
	enum what did[BATCHES_MAX];   /* the last word that was acknowledged */
	enum what tries[BATCHES_MAX]; /* what was asked for after that, perhaps done */
	int64_t subject[BATCHES_MAX];
	atomic_int stop;
	_Atomic int64_t n;
};

/* A vault that is begun anew is away for a moment: ask until it is back. */
static enum err patient(struct work *w, enum err (*call)(struct work *w, int64_t b), int64_t b)
{
	enum err e = ERR_BUSY;

	for (int i = 0; e == ERR_BUSY && i < 3000 && !w->stop; i++) {
		e = call(w, b);
		if (e == ERR_BUSY)
			usleep(2000);
	}
	return e;
}

static enum err do_stage(struct work *w, int64_t b)
{
	struct vault_row rows[ROWS];
	struct vault_staged_row ret[ROWS];
	struct vault_presence seen = { vaulted_person("向甲", "", "13812340000"), { VAULTED_NOW } };
	char phone[ROWS][16];
	int64_t pseudonym;
	enum err e;

	for (int i = 0; i < ROWS; i++) {
		snprintf(phone[i], sizeof phone[i], "139%08d", (int)b * ROWS + i);
		rows[i] = (struct vault_row){ i, vaulted_person("田乙", "", phone[i]) };
	}
	e = vault_stage(w->h.v, b, rows, ROWS, ret, NULL);
	w->subject[b] = ret[0].subject;
	return e ? e : vault_pseudonym(w->h.v, b, &seen, 1, &pseudonym, NULL);
}

static enum err do_keep(struct work *w, int64_t b)
{
	return vault_keep(w->h.v, b, NULL);
}

static enum err do_drop(struct work *w, int64_t b)
{
	return vault_drop(w->h.v, b, NULL);
}

static bool step(struct work *w, int64_t b, enum what to,
		 enum err (*call)(struct work *w, int64_t b))
{
	w->tries[b] = to;
	if (patient(w, call, b))
		return false;
	w->did[b] = to;
	return true;
}

static void *worker(void *arg)
{
	struct work *w = arg;

	for (int64_t b = 1; b < BATCHES_MAX && !w->stop; b++) {
		w->n = b;
		if (step(w, b, STAGED, do_stage) && step(w, b, KEPT, do_keep) && b % 3 == 0)
			(void)step(w, b, DROPPED, do_drop);
	}
	return NULL;
}

static enum err is_open(int64_t batch, struct utc_s at, void *arg, struct fault *f)
{
	(void)at;
	(void)f;
	((char *)arg)[batch] = 1;
	return OK;
}

static bool known(struct work *w, int64_t b)
{
	CLEANUP(buf_release) struct buf blob = { 0 };
	CLEANUP(vault_people_end) struct vault_people p = { 0 };
	struct grant g = vaulted_grant(&w->h, GRANT_TRACE, &w->subject[b], 1);

	assert_int_equal(vault_resolve(w->h.v, vaulted_sign(&w->h, &g, &blob), 7, &w->subject[b], 1,
				       &p, &w->h.fault),
			 OK);
	return p.v[0].known;
}

/* A machine under load needs longer; a minute is no load any more. */
static bool gets_beyond(struct work *w, int64_t batch)
{
	for (int k = 0; k < 30000 && w->n <= batch; k++)
		usleep(2000);
	return w->n > batch;
}

static void nothing_acknowledged_is_lost_and_nothing_is_half(void **state)
{
	struct work *w = mem_take(1, sizeof *w);
	char *open = mem_take(BATCHES_MAX, 1);
	int kills = (int)env_u64("OUTPOST_KILLS", size_u64(60));
	struct dice d = { 9 };
	struct vault_state st;
	uint64_t subjects = 0;
	bool goes_on = true;
	pthread_t thread;

	(void)state;
	assert_true(w && open);
	vaulted_open(&w->h, CRYPT_WORLD);
	assert_int_equal(pthread_create(&thread, NULL, worker, w), 0);
	for (int i = 0; i < kills; i++) {
		int pid = vaulted_pid(&w->h);

		usleep(dice_below(&d, 60000));
		if (pid)
			assert_int_equal(kill(pid, SIGKILL), 0);
		for (int k = 0;
		     k < 3000 && (vaulted_pid(&w->h) == pid || vault_look(w->h.v, &st, NULL)); k++)
			usleep(2000);
		if (i % 4 == 3 && !(goes_on = gets_beyond(w, i / 4 + 1)))
			break;
	}
	w->stop = 1;
	pthread_join(thread, NULL);
	if (!goes_on)
		fail_msg("the worker stays at batch %lld", (long long)w->n);
	vaulted_close(&w->h);
	vaulted_open(&w->h, CRYPT_WORLD);
	assert_int_equal(vault_staged(w->h.v, is_open, open, &w->h.fault), OK);
	for (int64_t b = 1; b <= w->n; b++) {
		bool unsure = w->did[b] != w->tries[b];

		if (w->did[b] == KEPT && !unsure)
			assert_true(!open[b] && known(w, b));
		else if (w->did[b] == DROPPED && !unsure)
			assert_true(!open[b] && !known(w, b));
		if (open[b]) /* what was never kept is settled */
			assert_int_equal(vault_drop(w->h.v, b, &w->h.fault), OK);
		subjects += w->subject[b] && known(w, b) ? ROWS : 0;
	}
	assert_int_equal(vault_look(w->h.v, &st, &w->h.fault), OK);
	assert_int_equal(st.subjects, subjects); /* whole batches and no others */
	assert_int_equal(st.batches_staged, 0);
	printf("%d kills, %lld batches\n", kills, (long long)w->n);
	assert_true(w->n > kills / 4);
	vaulted_close(&w->h);
	crypt_signer_end(&w->h.signer);
	mem_drop(open);
	mem_drop(w);
	assert_int_equal(system("rm -rf house"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_acknowledged_is_lost_and_nothing_is_half),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
