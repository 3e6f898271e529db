/*
 * silent_sweeps.c - two feeds fall silent while each allocation of ours, each of SQLite's and each
 * operation on the disk below SQLite fails in turn, once or from then on: the next beat makes up
 * for it, and each silence is one signal with one task.
 *
 * All of them under OUTPOST_SWEEPS=1, else a growing stride.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "intake/intake.h"
#include "serve/silent.h"
#include "serve/sound.h"
#include "support/lite_memory.h"
#include "support/strike.h"
#include "support/ward.h"
#include "support/weak_disk.h"

#include "base/ban.h"

enum { EVERY_S = 3600, GRACE_S = 600, FEEDS = 2 };

static bool all_of_them(void)
{
	return getenv("OUTPOST_SWEEPS") != NULL;
}

static void feeds(struct ward *w)
{
	static const char body[] = "{\"area\":\"430802\",\"name\":\"日报\",\"brings\":"
				   "\"count_report\",\"every_min\":60}";

	for (int i = 0; i < FEEDS; i++)
		assert_int_equal(ward_status(w, WARD_LEAD, "POST", "/api/v1/feeds", body), 201);
	ward_pass(w, EVERY_S + 61);
}

static void heard(void *arg, struct area_code county, int64_t feed)
{
	(void)arg, (void)county, (void)feed;
}

static void told(void *arg, struct area_code county, const char *object, int64_t id)
{
	(void)arg, (void)county, (void)object, (void)id;
}

static enum err beat(struct ward *w, struct fault *f)
{
	const struct intake_clocks t = { ward_now(), ward_steady() };
	enum err e = intake_tick(w->s->intake, &t, heard, NULL, f);

	return e ? e : silent_tick(w->s, t.now, told, f);
}

static int64_t signals(struct ward *w)
{
	return ward_scalar(w, "SELECT count(*) FROM signals WHERE source = 'silent'");
}

/* As if both had spoken an hour ago, and not since. */
static int64_t fall_silent(struct ward *w)
{
	ward_run(w, "UPDATE feed_seen SET silent_at = 0, asked = 0");
	ward_sleep(1);
	return signals(w);
}

static void must_be(struct ward *w, int64_t want, uint64_t k)
{
	int64_t n = signals(w);

	if (n != want ||
	    ward_scalar(w, "SELECT count(*) FROM tasks WHERE kind = 'signal'") != want ||
	    ward_scalar(w, "SELECT count(*) FROM feed_seen WHERE silent_at > 0 AND asked = 1") !=
		    FEEDS)
		fail_msg("at %" PRIu64 ": %" PRId64 " signals, not %" PRId64, k, n, want);
}

static void is_sound(struct ward *w)
{
	struct database *d = w->d;
	struct sound_report r;

	MUST(sound_look(w->h, &(struct sound_ask){ .whole = !w->weak_disk }, &r, &d->fault));
	assert_int_equal(r.ledger.verdict, VERIFY_WHOLE);
	assert_int_equal(r.loop.wrong, 0);
}

static uint64_t beats(struct ward *w, enum strike_kind kind, bool on)
{
	uint64_t failed = 0;

	for (uint64_t k = 1, struck = 1; struck; k = strike_next(k)) {
		struct fault f = { 0 };
		int64_t before = fall_silent(w);
		enum err e;

		strike(kind, k, on);
		e = beat(w, &f);
		struck = strike_off(kind, k);
		if (e && (!struck || (e != ERR_MEMORY && e != ERR_IO)))
			fail_msg("at %" PRIu64 ": %s, %s", k, err_word(e), f.en);
		if (e && (beat(w, &f)))
			fail_msg("after %" PRIu64 ": %s", k, f.en);
		must_be(w, before + FEEDS, k);
		failed += e != OK;
	}
	return failed;
}

static void a_silence_is_one_signal_in_the_end_whatever_fails(void **state)
{
	WARD(w);

	feeds(&w);
	for (int kind = STRIKE_MEMORY; kind <= STRIKE_LITE; kind++)
		for (int on = 0; on <= (d->sqlite || all_of_them()); on++) {
			uint64_t failed;

			if (kind == STRIKE_LITE && !d->sqlite)
				continue;
			failed = beats(&w, (enum strike_kind)kind, on);
			print_message("%" PRIu64 " beats failed by %s\n", failed,
				      strike_names[kind]);
			assert_true(failed > 0);
		}
	is_sound(&w);
}

/* A disk that failed is not trusted again: the house begins anew, and the feeds may speak first. */
static void begin_again(struct ward *w)
{
	struct fault f = { 0 };

	ward_down(w);
	weak_disk_fail_at(0, false);
	weak_disk_power_on();
	ward_sleep(1);
	ward_up(w);
	if (beat(w, &f))
		fail_msg("begun again: %s", f.en);
	ward_sleep(GRACE_S + 1);
}

static void so_it_is_on_a_disk_that_fails(void **state)
{
	static struct database d;
	CLEANUP(ward_close) struct ward w;
	uint64_t failed = 0;

	(void)state;
	d = (struct database){ .sqlite = true };
	ward_open_on_weak_disk(&w, &d, 5);
	feeds(&w);
	for (uint64_t k = 1, struck = 1; struck; k = strike_next(k)) {
		struct fault f = { 0 };
		int64_t before = fall_silent(&w);
		enum err e;

		strike(STRIKE_DISK, k, false);
		e = beat(&w, &f);
		struck = strike_off(STRIKE_DISK, k);
		if (e && !struck)
			fail_msg("at %" PRIu64 ": %s, %s", k, err_word(e), f.en);
		if (struck)
			begin_again(&w);
		f = (struct fault){ 0 };
		if (beat(&w, &f))
			fail_msg("after %" PRIu64 ": %s", k, f.en);
		must_be(&w, before + FEEDS, k);
		failed += e != OK;
	}
	print_message("%" PRIu64 " beats failed by the disk\n", failed);
	assert_true(failed > 0);
	is_sound(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(a_silence_is_one_signal_in_the_end_whatever_fails),
		cmocka_unit_test(so_it_is_on_a_disk_that_fails),
	};

	lite_memory_take_over();
	return cmocka_run_group_tests_name("silent_sweeps", tests, NULL, NULL);
}
