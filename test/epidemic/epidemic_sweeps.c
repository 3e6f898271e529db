/*
 * epidemic_sweeps.c - a case is reported, confirmed, corrected, traced and traced again, measures
 * are imposed, lifted, appealed against and decided, and end by themselves, while each allocation
 * of ours, each of SQLite's, each operation on our files and each on the disk below SQLite fails in
 * turn, once or from then on: done whole and said so, or nothing and said so; and the same asked
 * again is served.
 *
 * Always the same ones: what fails once on SQLite by a stride that grows by a quarter, all else by
 * one that doubles; and what failed is asked again every fourth time, since what an act needs takes
 * longer than the act. Under OUTPOST_SWEEPS=1 all of them, each asked again. No act opens a file of
 * ours as yet: the sweep over those would tell when one does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "epidemic/epidemic.h"
#include "serve/sound.h"
#include "support/casework.h"
#include "support/lite_memory.h"
#include "support/strike.h"
#include "support/weak_disk.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { COARSE = true };
#else
enum { COARSE = false };
#endif
enum { HOUR = 3600 };

static bool all_of_them(void)
{
	return getenv("OUTPOST_SWEEPS") != NULL;
}

static uint64_t next_of(uint64_t k, bool coarse)
{
	return coarse && !all_of_them() ? 2 * k + 1 : strike_next(k);
}

static bool asks_again(uint64_t n_failed)
{
	return all_of_them() || n_failed % 4 == 0;
}

static void is_sound(struct ward *w)
{
	struct database *d = w->d;
	struct sound_report r;

	/* All of it opens the house's database and the vault's anew: they are on two disks then. */
	MUST(sound_look(w->h, &(struct sound_ask){ .whole = !w->weak_disk }, &r, &d->fault));
	MUST(db_sound(w->h->db, &d->fault));
	if (r.ledger.verdict != VERIFY_WHOLE || r.receipts_lost)
		fail_msg("%s: %s", verify_word(r.ledger.verdict), r.ledger.en);
	assert_int_equal(r.loop.wrong, 0);
	assert_int_equal(r.trail.wrong, 0);
	assert_int_equal(r.clear.found, 0);
	casework_fits(w);
}

/* ---- memory and our files -------------------------------------------------------------------- */

static void strike_memory(uint64_t k, bool on)
{
	strike(STRIKE_MEMORY, k, on);
}
static void strike_lite(uint64_t k, bool on)
{
	strike(STRIKE_LITE, k, on);
}
static void strike_files(uint64_t k, bool on)
{
	strike(STRIKE_FILES, k, on);
}
static void (*const strikes[])(uint64_t k, bool on) = {
	[STRIKE_MEMORY] = strike_memory,
	[STRIKE_LITE] = strike_lite,
	[STRIKE_FILES] = strike_files,
};

/* From then on, too? What comes of it lies above the database, so one of them will do. */
static int ways(enum strike_kind kind, const struct database *d)
{
	return kind != STRIKE_FILES && (d->sqlite || all_of_them()) ? 2 : 1;
}

struct sweep {
	struct ward *w;
	enum casework_act act;
	struct casework_stored clean, before;
	struct deeds_request rq;
	uint64_t failed;
};

static struct casework_stored since(struct sweep *s)
{
	struct casework_stored now = casework_stored(s->w);

	return casework_did(&s->before, &now);
}

static void prepare(struct sweep *s)
{
	deeds_request_release(&s->rq);
	casework_prepare(s->w, s->act, &s->rq);
	s->before = casework_stored(s->w);
}

/* Without any failure: what it does. */
static void begin(struct sweep *s, struct ward *w, enum casework_act act)
{
	int status;

	*s = (struct sweep){ .w = w, .act = act };
	prepare(s);
	if (!casework_ask(w, act, &s->rq, &status))
		fail_msg("%s: %d", casework_name(act), status);
	s->clean = since(s);
	if (act == CASEWORK_AGAIN) {
		assert_int_equal(s->clean.v[CASEWORK_CONTACTS], 1);
		assert_int_equal(s->clean.v[CASEWORK_EXCLUDED], 1);
		assert_int_equal(s->clean.v[CASEWORK_CLOSED], 1);
	}
}

static void must_be(const struct casework_stored *want, const struct casework_stored *is,
		    const struct sweep *s, uint64_t k, const char *when)
{
	char why[80];

	if (!casework_same(want, is, why))
		fail_msg("%s, the %llu-th, %s: %s", casework_name(s->act), (unsigned long long)k,
			 when, why);
}

static void ask_again(struct sweep *s, uint64_t k)
{
	struct casework_stored did;
	int status;

	if (!casework_ask(s->w, s->act, &s->rq, &status))
		fail_msg("%s again, after the %llu-th: %d", casework_name(s->act),
			 (unsigned long long)k, status);
	did = since(s);
	must_be(&s->clean, &did, s, k, "asked again");
}

/* True if it answered and did as ever. What failed did nothing, so the same can be tried on. */
static bool once(struct sweep *s, uint64_t k)
{
	static const struct casework_stored nothing;
	struct casework_stored did;
	int status;
	bool fine;

	s->w->k.fail_at = k;
	fine = casework_ask(s->w, s->act, &s->rq, &status);
	s->w->k.fail_at = 0;
	did = since(s);
	must_be(fine ? &s->clean : &nothing, &did, s, k, fine ? "done" : "refused");
	if (!fine && status / 100 != 5)
		fail_msg("%s, the %llu-th: %d", casework_name(s->act), (unsigned long long)k,
			 status);
	if (!fine && asks_again(++s->failed)) {
		ask_again(s, k);
		prepare(s);
	}
	return fine;
}

static uint64_t sweep(struct ward *w, enum casework_act act)
{
	const bool coarse = COARSE || w->k.fail_on || !w->d->sqlite;
	struct sweep s;
	uint64_t k = 1;

	begin(&s, w, act);
	prepare(&s);
	for (int well = 0; well < 2; k = next_of(k, coarse)) { /* some it may go without */
		bool fine = once(&s, k);

		if (fine && ++well < 2)
			prepare(&s);
		else if (!fine)
			well = 0;
	}
	deeds_request_release(&s.rq);
	return s.failed;
}

static void each_act_is_done_whole_or_not_at_all_whatever_fails(void **state)
{
	WARD_WITH_VAULT(w);

	ward_weaken(&w);
	for (int kind = STRIKE_MEMORY; kind <= STRIKE_FILES; kind++) {
		uint64_t failed = 0;

		if (kind != STRIKE_MEMORY && !d->sqlite)
			continue;
		w.k.strike = strikes[kind];
		for (int on = 0; on < ways((enum strike_kind)kind, d); on++)
			for (int i = 0; i < CASEWORK_N; i++) {
				w.k.fail_on = on;
				failed += sweep(&w, (enum casework_act)i);
			}
		is_sound(&w);
		print_message("%llu answers of 5xx by %s\n", (unsigned long long)failed,
			      strike_names[kind]);
		assert_true(failed > 0 || kind == STRIKE_FILES);
	}
}

/* ---- what ends by itself --------------------------------------------------------------------- */

static enum err beat(struct ward *w, struct fault *f)
{
	return epidemic_tick(w->s->rooms.epidemic, ward_now(), f);
}

/* Until nothing is left to fail; then both measures have ended, and their appeal waits no more. */
static uint64_t beats(struct ward *w, enum strike_kind kind, bool on)
{
	uint64_t failed = 0;

	for (uint64_t k = 1, struck = 1; struck; k = next_of(k, COARSE)) {
		struct fault f = { 0 };
		enum err e;

		if (!ward_scalar(w, "SELECT count(*) FROM measures WHERE ended_at IS NULL")) {
			casework_measure(w, true);
			casework_measure(w, false);
			ward_sleep(HOUR + 1);
		}
		strike(kind, k, on);
		e = beat(w, &f);
		struck = strike_off(kind, k);
		if (e && (!struck || (e != ERR_MEMORY && e != ERR_IO)))
			fail_msg("at %llu: %s, %s", (unsigned long long)k, err_word(e), f.en);
		failed += e != OK;
	}
	return failed;
}

static void a_measure_ends_in_the_end_whatever_fails(void **state)
{
	WARD_WITH_VAULT(w);

	for (int kind = STRIKE_MEMORY; kind <= STRIKE_LITE; kind++)
		for (int on = 0; on < ways((enum strike_kind)kind, d); on++) {
			uint64_t failed;

			if (kind == STRIKE_LITE && !d->sqlite)
				continue;
			failed = beats(&w, (enum strike_kind)kind, on);
			assert_true(failed > 0);
			print_message("%llu beats failed by %s\n", (unsigned long long)failed,
				      strike_names[kind]);
		}
	ward_pass(&w, 1);
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM measures WHERE ended_at IS NULL"),
			 0);
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM tasks WHERE about = 'measure' AND"
					 " closed_at IS NULL"),
			 0);
	is_sound(&w);
}

/* ---- the disk -------------------------------------------------------------------------------- */

static void begin_again(struct ward *w)
{
	ward_down(w);
	weak_disk_fail_at(0, false);
	weak_disk_power_on();
	ward_sleep(1); /* no id is given twice, whoever was staged in the vault under the last */
	ward_up(w);
}

/* True if an operation failed. A disk that failed is not trusted again: the house begins anew. */
static bool once_on_disk(struct sweep *s, uint64_t k, bool on)
{
	struct casework_stored did;
	char why[80];
	bool fine, failed;
	int status;

	prepare(s);
	weak_disk_fail_at(k, on);
	fine = casework_ask(s->w, s->act, &s->rq, &status);
	failed = weak_disk_failed();
	weak_disk_fail_at(0, false);
	if (!fine && (!failed || status / 100 != 5))
		fail_msg("%s, the %llu-th: %d", casework_name(s->act), (unsigned long long)k,
			 status);
	if (!fine)
		begin_again(s->w);
	did = since(s);
	if (!casework_same(&s->clean, &did, why)) {
		static const struct casework_stored nothing;

		must_be(fine ? &s->clean : &nothing, &did, s, k, "refused");
	}
	/* It may have failed behind the answer, as the log was carried over: no disk to trust. */
	if (fine && !casework_ask(s->w, s->act, &s->rq, &status) && status / 100 == 5)
		begin_again(s->w);
	ask_again(s, k);
	return failed;
}

static void each_act_on_a_disk_that_fails_is_done_whole_or_not_at_all(void **state)
{
	static struct database d;
	CLEANUP(ward_close) struct ward w;
	uint64_t n = 0;

	(void)state;
	d = (struct database){ .sqlite = true };
	ward_open_on_weak_disk(&w, &d, 3);
	for (int on = 0; on <= all_of_them(); on++)
		for (int i = 0; i < CASEWORK_N; i++) {
			struct sweep s;

			begin(&s, &w, (enum casework_act)i);
			for (uint64_t k = 1 + (unsigned)i % 4; once_on_disk(&s, k, on);
			     k = next_of(k, true))
				n++;
			deeds_request_release(&s.rq);
		}
	is_sound(&w);
	print_message("%llu operations failed\n", (unsigned long long)n);
	assert_true(n > CASEWORK_N);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(each_act_is_done_whole_or_not_at_all_whatever_fails),
		ON_BOTH(a_measure_ends_in_the_end_whatever_fails),
		cmocka_unit_test(each_act_on_a_disk_that_fails_is_done_whole_or_not_at_all),
	};

	lite_memory_take_over();
	return cmocka_run_group_tests_name("epidemic_sweeps", tests, NULL, NULL);
}
