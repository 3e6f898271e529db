/*
 * loop_sweeps.c - each act of the loop, a beat of its clock and of its notices, while each
 * allocation of ours, each of SQLite's and each operation on files fails in turn, once or from then
 * on: done whole and said so, or nothing and said so; and the next is served.
 *
 * All of them under OUTPOST_SWEEPS=1, else a growing stride.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "loop/evidence.h"
#include "loop/notice.h"
#include "serve/sound.h"
#include "support/deeds.h"
#include "support/lite_memory.h"

static void fail_file(uint64_t k, bool on)
{
	(void)on;
	file_fail_at(k, false);
}

static const struct kind {
	const char *name;
	void (*strike)(uint64_t k, bool on);
	bool sqlite, goes_on;
} kinds[] = {
	{ "allocations", mem_fail_at, false, true },
	{ "allocations of SQLite", lite_memory_fail_at, true, true },
	{ "operations on files", fail_file, false, false },
};

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { STRIDE = 4 };
#else
enum { STRIDE = 1 };
#endif

static bool all_of_them(void)
{
	return getenv("OUTPOST_SWEEPS") != NULL;
}

static uint64_t next_of(uint64_t n)
{
	return all_of_them() ? n + 1 : n + 1 + STRIDE * n;
}

/* From then on, too? What comes of it lies above the database, so one of them will do. */
static bool goes_on(const struct kind *k, const struct database *d)
{
	return k->goes_on && (d->sqlite || all_of_them());
}

/* ---- requests -------------------------------------------------------------------------------- */

/* True if it answered and did as ever. */
static bool once(struct ward *w, size_t i, const struct deeds_stored *clean, uint64_t n)
{
	static const struct deeds_stored nothing;
	CLEANUP(deeds_request_release) struct deeds_request rq;
	struct deeds_stored before, after, did;
	char why[80];
	int status, later;

	deeds_prepare(w, i, &rq);
	before = deeds_stored(w);
	w->k.fail_at = n;
	status = deeds_ask(w, i, &rq);
	w->k.fail_at = 0;
	after = deeds_stored(w);
	did = deeds_did(&before, &after);
	if (!deeds_same(status == deeds[i].status ? clean : &nothing, &did, why) ||
	    (status != deeds[i].status && status / 100 != 5))
		fail_msg("%s (%zu), the %llu-th: %d, and %s", deeds[i].name, i,
			 (unsigned long long)n, status, why);
	if (status == deeds[i].status)
		return true;
	/* Whoever was told that nothing was done asks again, under the same key. */
	later = deeds_ask(w, i, &rq);
	after = deeds_stored(w);
	did = deeds_did(&before, &after);
	if (later != deeds[i].status || !deeds_same(clean, &did, why))
		fail_msg("%s (%zu) again, after %d: %d, and %s", deeds[i].name, i, status, later,
			 why);
	return false;
}

static struct deeds_stored effect(struct ward *w, size_t i)
{
	CLEANUP(deeds_request_release) struct deeds_request rq;
	struct deeds_stored before, after;

	deeds_prepare(w, i, &rq);
	before = deeds_stored(w);
	assert_int_equal(deeds_ask(w, i, &rq), deeds[i].status);
	after = deeds_stored(w);
	return deeds_did(&before, &after);
}

static uint64_t sweep(struct ward *w, size_t i)
{
	struct deeds_stored clean = effect(w, i);
	uint64_t n = 1, failed = 0;

	for (int well = 0; well < 2; n = next_of(n)) { /* it may go without now and then */
		bool fine = once(w, i, &clean, n);

		well = fine ? well + 1 : 0;
		failed += !fine;
	}
	return failed;
}

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

static void an_act_is_done_whole_or_not_at_all_whatever_fails(void **state)
{
	WARD(w);

	ward_weaken(&w);
	for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
		uint64_t failed = 0;

		if (kinds[k].sqlite && !d->sqlite)
			continue;
		w.k.strike = kinds[k].strike;
		for (int on = 0; on <= goes_on(&kinds[k], d); on++)
			for (size_t i = 0; i < deeds_n; i++) {
				w.k.fail_on = on;
				failed += sweep(&w, i);
			}
		print_message("%llu answers of 5xx by %s\n", (unsigned long long)failed,
			      kinds[k].name);
		assert_true(failed > 0);
	}
	is_sound(&w);
}

/* ---- beats ----------------------------------------------------------------------------------- */

typedef enum err beat(struct ward *w, struct fault *f);

static enum err tell(struct ward *w, struct fault *f)
{
	return notice_tick(w->s->notices, ward_now(), NULL, f);
}

static enum err look_at_clocks(struct ward *w, struct fault *f)
{
	return loop_tick(w->s->rooms.loop.loop, ward_now(), ward_steady(), f);
}

/* Fail at each place; what is left over the next beat makes up for. How many places failed. */
static uint64_t beats(struct ward *w, const struct kind *kind, bool on, beat *run,
		      void (*prepare)(struct ward *w))
{
	uint64_t failed = 0, n = 1;

	for (int well = 0; well < 2; n = next_of(n)) {
		struct fault f = { 0 };
		enum err e;

		prepare(w);
		kind->strike(n, on);
		e = run(w, &f);
		kind->strike(0, false);
		if (e && e != ERR_MEMORY && e != ERR_IO)
			fail_msg("at %llu: %s, %s", (unsigned long long)n, err_word(e), f.en);
		well = e ? 0 : well + 1;
		failed += e != OK;
		f = (struct fault){ 0 };
		if (run(w, &f))
			fail_msg("after %llu: %s", (unsigned long long)n, f.en);
	}
	return failed;
}

static void say_something(struct ward *w)
{
	(void)ward_raise(w, WARD_LEAD, "430802001001", "");
}

static void let_it_be_late(struct ward *w)
{
	(void)ward_raise(w, WARD_LEAD, "430802001001", "");
	ward_sleep(16 * 60);
}

static void a_beat_that_failed_is_made_up_for_by_the_next(void **state)
{
	WARD(w);

	for (size_t k = 0; k < ARRAY_LEN(kinds); k++)
		for (int on = 0; on <= goes_on(&kinds[k], d); on++) {
			uint64_t told, looked;

			if (kinds[k].sqlite && !d->sqlite)
				continue;
			told = beats(&w, &kinds[k], on, tell, say_something);
			looked = beats(&w, &kinds[k], on, look_at_clocks, let_it_be_late);
			print_message("%llu and %llu beats failed by %s\n",
				      (unsigned long long)told, (unsigned long long)looked,
				      kinds[k].name);
			assert_true(kinds[k].strike == fail_file || (told > 0 && looked > 0));
		}
	ward_pass(&w, 0);
	/* Whoever is owed a notice was told; levels are in the story once, as in the outbox. */
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM task_notice WHERE told = 0"), 0);
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM task_notice WHERE say = 'climb'"),
			 ward_scalar(&w,
				     "SELECT count(*) FROM task_history WHERE event = 'climb'"));
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM (SELECT task FROM task_history WHERE"
					 " event = 'climb' GROUP BY task, stage, level HAVING"
					 " count(*) > 1) AS twice"),
			 0);
	is_sound(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(an_act_is_done_whole_or_not_at_all_whatever_fails),
		ON_BOTH(a_beat_that_failed_is_made_up_for_by_the_next),
	};

	lite_memory_take_over();
	return cmocka_run_group_tests_name("loop_sweeps", tests, NULL, NULL);
}
