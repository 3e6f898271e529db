/*
 * loop_power.c - the power goes off under a whole house while acts of the loop are done, and
 * operations of its disk fail: what was acknowledged is there afterwards, what was not is there
 * whole or not at all, and the house is in order.
 *
 * OUTPOST_CUTS=n    how many cuts (a few without it)
 * OUTPOST_SWEEPS=1  each operation of the disk fails in turn, else a growing stride
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "serve/sound.h"
#include "support/deeds.h"
#include "support/paths.h"
#include "support/weak_disk.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { CUTS = 8, STRIDE = 4 };
#else
enum { CUTS = 24, STRIDE = 1 };
#endif
enum { ACTS = 3, SOUND_EACH = 10, LATE_S = 16 * 60 };

static void is_sound(struct ward *w)
{
	struct database *d = w->d;
	struct sound_report r;

	MUST(sound_look(w->h, &(struct sound_ask){ .whole = true }, &r, &d->fault));
	if (r.ledger.verdict != VERIFY_WHOLE || r.receipts_lost)
		fail_msg("%s: %s", verify_word(r.ledger.verdict), r.ledger.en);
	assert_int_equal(r.loop.wrong, 0);
	assert_int_equal(r.evidence.wrong, 0);
}

/* All of its database lies on the weak disk; the test itself has none. */
static struct database *whole_house(uint64_t seed)
{
	static struct database d;

	weak_disk_format(seed);
	d = (struct database){ .sqlite = true };
	return &d;
}

/* What each act changes when nothing fails. */
static void effects(struct ward *w, struct deeds_stored *ret)
{
	for (size_t i = 0; i < deeds_n; i++) {
		CLEANUP(deeds_request_release) struct deeds_request rq;
		struct deeds_stored before, after;

		deeds_prepare(w, i, &rq);
		before = deeds_stored(w);
		assert_int_equal(deeds_ask(w, i, &rq), deeds[i].status);
		after = deeds_stored(w);
		ret[i] = deeds_did(&before, &after);
	}
}

static void begin_again(struct ward *w)
{
	ward_down(w);
	weak_disk_cut_at(0);
	weak_disk_fail_at(0, false);
	weak_disk_power_on();
	ward_up(w);
}

static struct deeds_stored and (const struct deeds_stored *a, const struct deeds_stored *b)
{
	struct deeds_stored sum;

	for (size_t i = 0; i < DEEDS_TABLES; i++)
		sum.v[i] = a->v[i] + b->v[i];
	return sum;
}

/* ---- power ----------------------------------------------------------------------------------- */

struct cut {
	size_t deed[ACTS];
	struct deeds_request rq[ACTS];
	size_t acknowledged; /* the first so many */
};

/* Acts until the power goes, or while the house ends. */
static void acts(struct ward *w, struct cut *c, uint64_t at)
{
	weak_disk_cut_at(at);
	while (c->acknowledged < ACTS) {
		size_t i = c->acknowledged;
		int status = deeds_ask(w, c->deed[i], &c->rq[i]);

		if (status != deeds[c->deed[i]].status) {
			if (!weak_disk_is_cut())
				fail_msg("%s: %d", deeds[c->deed[i]].name, status);
			return;
		}
		c->acknowledged++;
	}
}

/* The power goes while the clock and the notices are at work; the next beat makes up for it. */
static void beat(struct ward *w, uint64_t at)
{
	struct fault f = { 0 };

	(void)ward_raise(w, WARD_LEAD, "430802001001", "");
	ward_sleep(LATE_S);
	weak_disk_cut_at(at);
	ignore(serve_tick(w->s, ward_now(), &f));
	begin_again(w);
	ward_pass(w, 0);
}

static bool cycle(struct ward *w, struct dice *dice, const struct deeds_stored *clean)
{
	struct cut c = { .acknowledged = 0 };
	struct deeds_stored before, after, did, want = { { 0 } }, more;
	char why[80], unused[80];
	bool cut;

	if (dice_below(dice, 3) == 0)
		beat(w, 1 + dice_below(dice, 60));
	for (size_t i = 0; i < ACTS; i++) {
		c.deed[i] = dice_below(dice, (uint32_t)deeds_n);
		deeds_prepare(w, c.deed[i], &c.rq[i]);
	}
	before = deeds_stored(w);
	acts(w, &c, 1 + dice_below(dice, 120));
	for (size_t i = 0; i < c.acknowledged; i++)
		want = and(&want, &clean[c.deed[i]]);
	ward_down(w);
	cut = weak_disk_is_cut();
	weak_disk_power_on();
	ward_up(w);
	after = deeds_stored(w);
	did = deeds_did(&before, &after);
	if (c.acknowledged < ACTS) {
		size_t i = c.acknowledged, deed = c.deed[i];

		more = and(&want, &clean[deed]);
		if (!deeds_same(&want, &did, why) && !deeds_same(&more, &did, unused))
			fail_msg("after %zu acts, and perhaps %s: %s", i, deeds[deed].name, why);
		/* Whoever got no answer asks again, and it is done once. */
		assert_int_equal(deeds_ask(w, deed, &c.rq[i]), deeds[deed].status);
		after = deeds_stored(w);
		did = deeds_did(&before, &after);
		want = more;
	}
	if (!deeds_same(&want, &did, why))
		fail_msg("after %zu acts: %s", c.acknowledged, why);
	for (size_t i = 0; i < ACTS; i++)
		deeds_request_release(&c.rq[i]);
	return cut;
}

static void no_cut_takes_an_act_that_was_acknowledged_and_none_is_half_done(void **state)
{
	static struct deeds_stored clean[64];
	uint64_t cuts = env_u64("OUTPOST_CUTS", CUTS), done = 0;
	struct dice dice = { env_u64("OUTPOST_SEED", 1) };

	struct database *d = whole_house(1);
	CLEANUP(ward_close) struct ward w;

	(void)state;
	ward_open(&w, d);
	effects(&w, clean);
	for (uint64_t i = 0; i < cuts; i++) {
		done += cycle(&w, &dice, clean);
		if (i % SOUND_EACH == 0)
			is_sound(&w);
	}
	ward_pass(&w, 0);
	is_sound(&w);
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM task_notice WHERE told = 0"), 0);
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM (SELECT task FROM task_history WHERE"
					 " event = 'climb' GROUP BY task, stage, level HAVING"
					 " count(*) > 1) AS twice"),
			 0);
	print_message("%llu cuts while acts were done or the house ended, of %llu\n",
		      (unsigned long long)done, (unsigned long long)cuts);
	assert_true(done > cuts / 2);
}

/* ---- an operation fails ---------------------------------------------------------------------- */

/* True if nothing was left to fail. */
static bool once(struct ward *w, size_t i, const struct deeds_stored *clean, uint64_t n, bool on)
{
	static const struct deeds_stored nothing;
	CLEANUP(deeds_request_release) struct deeds_request rq;
	struct deeds_stored before, after, did;
	char why[80], unused[80];
	bool failed;
	int status, later;

	deeds_prepare(w, i, &rq);
	before = deeds_stored(w);
	weak_disk_fail_at(n, on);
	status = deeds_ask(w, i, &rq);
	failed = weak_disk_failed();
	weak_disk_fail_at(0, false);
	if (status != deeds[i].status && (!failed || status / 100 != 5))
		fail_msg("%s, the %llu-th: %d", deeds[i].name, (unsigned long long)n, status);
	if (status != deeds[i].status)
		begin_again(w); /* a disk that failed is not trusted again */
	after = deeds_stored(w);
	did = deeds_did(&before, &after);
	if (!deeds_same(clean, &did, why) &&
	    (status == deeds[i].status || !deeds_same(&nothing, &did, unused)))
		fail_msg("%s, the %llu-th: %d, and %s", deeds[i].name, (unsigned long long)n,
			 status, why);
	later = deeds_ask(w, i, &rq);
	if (later / 100 == 5 && status == deeds[i].status) {
		/* It failed behind the answer, as the log was carried over: no disk to trust. */
		begin_again(w);
		later = deeds_ask(w, i, &rq);
	}
	if (later != deeds[i].status)
		fail_msg("%s again, after the %llu-th and %d: %d", deeds[i].name,
			 (unsigned long long)n, status, later);
	after = deeds_stored(w);
	did = deeds_did(&before, &after);
	if (!deeds_same(clean, &did, why))
		fail_msg("%s again, after the %llu-th: %s", deeds[i].name, (unsigned long long)n,
			 why);
	return !failed;
}

static void an_act_on_a_disk_that_fails_is_done_whole_or_not_at_all(void **state)
{
	static struct deeds_stored clean[64];
	bool all = getenv("OUTPOST_SWEEPS") != NULL;
	uint64_t failed = 0;

	struct database *d = whole_house(2);
	CLEANUP(ward_close) struct ward w;

	(void)state;
	ward_open(&w, d);
	effects(&w, clean);
	for (int on = 0; on <= all; on++)
		for (size_t i = 0; i < deeds_n; i++)
			for (uint64_t n = 1 + i % 2; !once(&w, i, &clean[i], n, on);
			     n += all ? 1 : 1 + STRIDE * n)
				failed++;
	is_sound(&w);
	print_message("%llu operations failed\n", (unsigned long long)failed);
	assert_true(failed > deeds_n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_cut_takes_an_act_that_was_acknowledged_and_none_is_half_done),
		cmocka_unit_test(an_act_on_a_disk_that_fails_is_done_whole_or_not_at_all),
	};

	weak_disk_for_all();
	return cmocka_run_group_tests_name("loop_power", tests, NULL, NULL);
}
