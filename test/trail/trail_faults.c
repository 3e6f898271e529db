/*
 * trail_faults.c - each allocation of ours, each of SQLite's, each operation on our files and each
 * on the disk below SQLite fails in turn, once or from then on, while visits come in, go back, are
 * sealed, renewed and expired: what a trace sees is what the database says, before a new start and
 * after it, and the same act done again is as if nothing had failed.
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

#include "base/memory.h"
#include "support/lite_memory.h"
#include "support/strike.h"
#include "support/trails.h"
#include "support/weak_disk.h"
#include "trail/expiry.h"
#include "trail/inside.h"
#include "trail/limit.h"

enum { VISITS = 40, BATCH = 900, STRANGER = 5000000, PEOPLE = 12 };

struct place {
	struct trails s;
	struct trail_visit v[VISITS];
	int32_t day; /* the next that will be over, of an expiry */
};

static const struct trail_batch batch = { { 430802000000000 }, BATCH };

/* ---- what may fail --------------------------------------------------------------------------- */

static enum err keep(struct place *p, struct fault *f)
{
	enum trail_fate fate[VISITS];
	struct trails_keep k = { &p->s, batch, p->v, VISITS, fate, false };

	return trails_keep(&k, f);
}

static enum err withdraw(struct place *p, struct fault *f)
{
	struct trail_sum sum;

	return trails_recall(&p->s, batch, &sum, f);
}

static enum err seal(struct place *p, struct fault *f)
{
	enum err e = OK;

	for (int32_t day = TRAILS_DAY; day < TRAILS_DAY + 4 && !e; day++)
		e = day_seal(p->s.t, day, f);
	return e;
}

static enum err renew(struct place *p, struct fault *f)
{
	struct trail_pair pair[PEOPLE];

	for (int i = 0; i < PEOPLE; i++)
		pair[i] = (struct trail_pair){ 1000 + 7 * i, STRANGER + 7 * i };
	return trail_renew(p->s.t, pair, PEOPLE, f);
}

static enum err renew_back(struct place *p, struct fault *f)
{
	struct trail_pair pair[PEOPLE];

	for (int i = 0; i < PEOPLE; i++)
		pair[i] = (struct trail_pair){ STRANGER + 7 * i, 1000 + 7 * i };
	return trail_renew(p->s.t, pair, PEOPLE, f);
}

static enum err again(struct place *p, struct fault *f)
{
	trail_close(&p->s.t);
	return trail_open(&p->s.options, &p->s.t, f);
}

static enum err nothing(struct place *p, struct fault *f)
{
	(void)p;
	(void)f;
	return OK;
}

static const struct act {
	const char *name;
	enum err (*run)(struct place *p, struct fault *f),
		(*back)(struct place *p, struct fault *f);
	bool once;  /* done twice it is ERR_EXISTS: that is what is looked for */
	bool parts; /* day by day: what failed may have done some of them */
	bool same;  /* on each database */
} acts[] = {
	{ "a batch comes", keep, withdraw, true, false, false },
	{ "a batch goes", withdraw, keep, false, false, false },
	{ "days are sealed", seal, nothing, false, false, true },
	{ "an epoch ends", renew, renew_back, false, true, true },
	{ "a house begins", again, nothing, false, false, true },
};

/* ---- one stroke ------------------------------------------------------------------------------ */

static void is_shown(struct place *p, const char *what, const char *a, const char *b)
{
	char *shown = trails_shown(&p->s);

	if (strcmp(shown, a) != 0 && (!b || strcmp(shown, b) != 0))
		fail_msg("%s: neither as before nor as after, but\n%.2000s", what, shown);
	mem_drop(shown);
}

struct states {
	char *before, *after, *stored_before, *stored_after;
};

static void states_end(struct states *s)
{
	mem_drop(s->before);
	mem_drop(s->after);
	mem_drop(s->stored_before);
	mem_drop(s->stored_after);
}

static char *stored(struct place *p)
{
	trails_seal(&p->s);
	return trails_stored(&p->s);
}

static void states_of(struct place *p, const struct act *act, struct states *ret)
{
	struct database *d = p->s.d;

	ret->before = trails_shown(&p->s);
	ret->stored_before = stored(p);
	MUST(act->run(p, &d->fault));
	ret->after = trails_shown(&p->s);
	ret->stored_after = stored(p);
	MUST(act->back(p, &d->fault));
}

/* The disk that failed is not trusted again: a new start. */
static void begin_anew(struct place *p, enum strike_kind kind)
{
	struct database *d = p->s.d;

	trail_close(&p->s.t);
	if (kind == STRIKE_DISK) {
		db_end(&d->db);
		weak_disk_power_on();
		MUST(db_open(&d->options, &d->db, &d->fault));
		p->s.options.db = d->db;
	}
	MUST(trail_open(&p->s.options, &p->s.t, &d->fault));
}

static bool stroke(struct place *p, const struct act *act, const struct states *s,
		   enum strike_kind kind, uint64_t k, bool on)
{
	struct database *d = p->s.d;
	struct fault f = { 0 };
	char what[160], *is;
	bool struck;
	enum err e;

	(void)snprintf(what, sizeof what, "%s, the %llu-th of %s%s", act->name,
		       (unsigned long long)k, strike_names[kind], on ? " and all after it" : "");
	strike(kind, k, on);
	e = act->run(p, &f);
	struck = strike_off(kind, k);
	if (e && (!struck || (e != ERR_MEMORY && e != ERR_IO && e != ERR_FULL)))
		fail_msg("%s: %s %s", what, err_word(e), f.en);
	if (p->s.t && kind != STRIKE_DISK && !(act->parts && e))
		is_shown(p, what, s->after, e ? s->before : NULL);
	if (!p->s.t || k % 3 == 0 || (kind == STRIKE_DISK && struck))
		begin_anew(p, kind);
	if (!act->parts || !e)
		is_shown(p, what, s->after, e ? s->before : NULL);
	if (e && (e = act->run(p, &d->fault)) && !(act->once && e == ERR_EXISTS))
		fail_msg("%s, and again: %s %s", what, err_word(e), d->fault.en);
	d->fault = (struct fault){ 0 };
	is_shown(p, what, s->after, NULL);
	is = stored(p);
	if (strcmp(is, s->stored_after) != 0)
		fail_msg("%s, and again: not stored as if nothing had failed", what);
	mem_drop(is);
	MUST(act->back(p, &d->fault));
	is = stored(p);
	if (strcmp(is, s->stored_before) != 0)
		fail_msg("%s, and back: not stored as before", what);
	mem_drop(is);
	return struck;
}

static void sweep(struct place *p, const struct act *act, enum strike_kind kind, bool on)
{
	CLEANUP(states_end) struct states s = { 0 };
	uint64_t k = 1, n = 0;

	states_of(p, act, &s);
	for (; stroke(p, act, &s, kind, k, on); k = strike_next(k))
		n++;
	if (n)
		print_message("%s: %llu strokes of up to %llu %s%s\n", act->name,
			      (unsigned long long)n, (unsigned long long)k, strike_names[kind],
			      on ? ", from then on" : "");
}

/* ---- a place --------------------------------------------------------------------------------- */

static void bring(struct place *p, int64_t id, struct dice *dice)
{
	struct database *d = p->s.d;
	struct trail_visit v[VISITS];
	enum trail_fate fate[VISITS];
	struct trails_keep k = { &p->s, { batch.county, id }, v, VISITS, fate, false };

	trails_visits(dice, &p->s, v, VISITS);
	MUST(trails_keep(&k, &d->fault));
}

/* Three batches, two of them sealed; the one that comes and goes says new things and old. */
static void place_open(struct place *p, struct database *d)
{
	struct dice dice = { 11 };

	memset(p, 0, sizeof *p);
	trails_begin(&p->s, d, 3);
	bring(p, 1, &dice);
	bring(p, 2, &dice);
	trails_seal(&p->s);
	bring(p, 3, &dice);
	trails_visits(&dice, &p->s, p->v, VISITS);
	for (int i = 0; i < 8; i++)
		p->v[i].person = 20000 + i;
}

static void all_acts(struct place *p, enum strike_kind kind)
{
	struct database *d = p->s.d;

	for (size_t i = 0; i < ARRAY_LEN(acts); i++)
		for (int on = 0; on < (kind == STRIKE_FILES ? 1 : 2); on++) {
			if (!d->sqlite && (acts[i].same || on))
				continue;
			if (acts[i].run == withdraw)
				MUST(keep(p, &d->fault));
			sweep(p, &acts[i], kind, on);
			if (acts[i].run == withdraw)
				MUST(withdraw(p, &d->fault));
		}
}

static void what_is_shown_is_what_is_stored_whatever_fails(void **state)
{
	struct database *d = *state;
	struct place p;

	place_open(&p, d);
	for (int kind = 0; kind < STRIKE_DISK; kind++)
		if (kind != STRIKE_LITE || d->sqlite)
			all_acts(&p, (enum strike_kind)kind);
	trails_end(&p.s);
}

static void what_is_shown_is_what_is_stored_whatever_the_disk_does(void **state)
{
	struct database d = { .sqlite = true,
			      .options = {
				      .url = "sqlite:weak", .create = true, .vfs = WEAK_DISK } };
	struct place p;

	(void)state;
	weak_disk_format(1);
	if (db_open(&d.options, &d.db, &d.fault) ||
	    db_migrate(d.db, (struct utc_s){ DATABASE_NOW }, &d.fault))
		fail_msg("%s", d.fault.en);
	place_open(&p, &d);
	all_acts(&p, STRIKE_DISK);
	trails_end(&p.s);
	db_close(d.db);
}

/* ---- a day begins ---------------------------------------------------------------------------- */

/* Its key is on disk before anything is sealed under it. */
static bool first_stroke(struct place *p, enum strike_kind kind, uint64_t k, bool on)
{
	struct database *d = p->s.d;
	struct trail_visit v = { .person = p->day, .place = { 1 } };
	enum trail_fate fate;
	struct trails_keep one = { &p->s, { batch.county, p->day }, &v, 1, &fate, false };
	struct trail_counts c;
	struct fault f = { 0 };
	bool struck;
	enum err e;

	v.from.v = zone_day_start(p->s.zone, p->day++).v + 3600;
	v.to.v = v.from.v + 60;
	strike(kind, k, on);
	e = trails_keep(&one, &f);
	struck = strike_off(kind, k);
	if (e && !struck)
		fail_msg("%s %s", err_word(e), f.en);
	if (k % 2)
		begin_anew(p, kind);
	MUST(trail_count(p->s.t, &c, &d->fault));
	assert_int_equal(c.visits, p->day - TRAILS_DAY - (e ? 1 : 0));
	if (e)
		MUST(trails_keep(&one, &d->fault));
	begin_anew(p, kind);
	MUST(trail_count(p->s.t, &c, &d->fault));
	assert_int_equal(c.visits, p->day - TRAILS_DAY);
	return struck;
}

static void a_day_begins_with_its_key_whatever_fails(void **state)
{
	struct database *d = *state;
	struct place p = { .day = TRAILS_DAY };

	trails_begin(&p.s, d, 3);
	for (int kind = 0; kind < STRIKE_DISK; kind++)
		for (int on = 0; on < 2; on++)
			if (kind != STRIKE_LITE || d->sqlite)
				for (uint64_t k = 1;
				     first_stroke(&p, (enum strike_kind)kind, k, on);)
					k = kind == STRIKE_FILES ? k + 1 : strike_next(k);
	assert_true(p.day > TRAILS_DAY + 20);
	trails_end(&p.s);
}

/* ---- a day ends ------------------------------------------------------------------------------ */

static void on_day(struct place *p, int64_t id, int32_t day)
{
	struct database *d = p->s.d;
	struct trail_visit v = { .person = day, .place = { 1 } };
	enum trail_fate fate;
	struct trails_keep k = { &p->s, { batch.county, id }, &v, 1, &fate, false };

	v.from.v = zone_day_start(p->s.zone, day).v + 3600;
	v.to.v = v.from.v + 60;
	MUST(trails_keep(&k, &d->fault));
}

static bool expiry_stroke(struct place *p, enum strike_kind kind, uint64_t k, bool on)
{
	struct database *d = p->s.d;
	int32_t day = p->day++, keep_days = (int32_t)limit_of(LIMIT_KEEP_DAYS);
	struct utc_s now = { zone_day_start(p->s.zone, day + keep_days + 1).v + 43200 };
	struct expiry_report r;
	struct trail_counts c;
	struct fault f = { 0 };
	bool struck;
	enum err e;

	on_day(p, 2 * day + 1, day + 1); /* what on_day brought for this one is a day old */
	if (day % 2)
		MUST(day_seal(p->s.t, day, &d->fault));
	strike(kind, k, on);
	e = trail_expire(p->s.t, now, &r, &f);
	struck = strike_off(kind, k);
	if (e && !struck)
		fail_msg("%s %s", err_word(e), f.en);
	if (k % 3 == 0)
		begin_anew(p, kind);
	MUST(trail_expire(p->s.t, now, &r, &d->fault));
	MUST(trail_count(p->s.t, &c, &d->fault));
	assert_int_equal(c.visits, 1);
	begin_anew(p, kind);
	MUST(trail_count(p->s.t, &c, &d->fault));
	assert_int_equal(c.visits, 1);
	assert_int_equal(trail_gone(p->s.t), day);
	return struck;
}

static void a_day_is_over_once_whatever_fails(void **state)
{
	struct database *d = *state;
	struct place p = { .day = TRAILS_DAY };
	int64_t entries = 0;

	trails_begin(&p.s, d, 3);
	on_day(&p, 1, TRAILS_DAY);
	for (int kind = 0; kind < STRIKE_DISK; kind++)
		for (int on = 0; on < 2; on++)
			if (kind != STRIKE_LITE || d->sqlite)
				for (uint64_t k = 1;
				     expiry_stroke(&p, (enum strike_kind)kind, k, on);
				     k = strike_next(k))
					entries++;
	assert_true(entries > 20);
	trails_end(&p.s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(what_is_shown_is_what_is_stored_whatever_fails),
		ON_BOTH(a_day_begins_with_its_key_whatever_fails),
		ON_BOTH(a_day_is_over_once_whatever_fails),
		cmocka_unit_test(what_is_shown_is_what_is_stored_whatever_the_disk_does),
	};

	lite_memory_take_over();
	weak_disk_register();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
