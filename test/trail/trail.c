/*
 * trail.c - batches come, go and fail in any order; a trace sees what a plain list says.
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
#include "support/trails.h"
#include "trail/ask.h"
#include "trail/inside.h"

enum { BATCHES = 24, VISITS_MAX = 40 };

/* ---- the plain list -------------------------------------------------------------------------- */

struct listed {
	bool in;
	size_t n;
	struct trail_visit v[VISITS_MAX];
};
struct list {
	struct listed batch[BATCHES];
};

static bool same(const struct trail_visit *a, const struct trail_visit *b)
{
	return a->person == b->person && a->place.v == b->place.v && a->from.v == b->from.v &&
	       a->to.v == b->to.v && str_eq(a->seat, b->seat) && str_eq(a->role, b->role);
}

static bool listed_before(const struct list *l, size_t batch, size_t n, const struct trail_visit *v)
{
	for (size_t k = 0; k <= batch; k++)
		for (size_t i = 0; l->batch[k].in && i < (k < batch ? l->batch[k].n : n); i++)
			if (same(&l->batch[k].v[i], v))
				return true;
	return false;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *list_shown(const struct list *l)
{
	struct buf text = { 0 };
	char *line[BATCHES * VISITS_MAX];
	size_t n = 0;

	for (size_t k = 0; k < BATCHES; k++)
		for (size_t i = 0; l->batch[k].in && i < l->batch[k].n; i++) {
			const struct trail_visit *v = &l->batch[k].v[i];

			if (listed_before(l, k, i, v))
				continue;
			line[n] = mem_take(200, 1);
			(void)snprintf(line[n++], 200, "%lld %lld %lld %lld %.*s/%.*s\n",
				       (long long)v->person, (long long)v->place.v,
				       (long long)v->from.v, (long long)v->to.v, (int)v->seat.n,
				       v->seat.p, (int)v->role.n, v->role.p);
		}
	if (n)
		qsort(line, n, sizeof *line, by_text);
	for (size_t i = 0; i < n; i++) {
		buf_lit(&text, line[i]);
		mem_drop(line[i]);
	}
	buf_char(&text, '\0');
	return text.p;
}

static enum trail_fate list_fate(const struct list *l, size_t batch, size_t i)
{
	const struct trail_visit *v = &l->batch[batch].v[i];

	for (size_t k = 0; k < i; k++)
		if (same(&l->batch[batch].v[k], v))
			return TRAIL_REPEATED;
	for (size_t k = 0; k < BATCHES; k++)
		for (size_t j = 0; k != batch && l->batch[k].in && j < l->batch[k].n; j++)
			if (same(&l->batch[k].v[j], v))
				return TRAIL_KNOWN;
	return TRAIL_NEW;
}

static void equal(struct trails *s, const struct list *l)
{
	char *shown = trails_shown(s), *listed = list_shown(l);
	size_t at = 0;

	while (shown[at] && shown[at] == listed[at])
		at++;
	while (at && shown[at - 1] != '\n')
		at--;
	if (strcmp(shown, listed) != 0)
		fail_msg("shown %.60s, listed %.60s", shown + at, listed + at);
	mem_drop(shown);
	mem_drop(listed);
}

/* ---- random histories ------------------------------------------------------------------------ */

static struct trail_batch batch_of(size_t k)
{
	return (struct trail_batch){ { 430802000000000 + (int64_t)(k % 3) * 1000000000 },
				     (int64_t)k + 100 };
}

static void push(struct trails *s, struct dice *dice, struct list *l, size_t k)
{
	struct database *d = s->d;
	struct listed *b = &l->batch[k];
	enum trail_fate fate[VISITS_MAX];
	struct trails_keep keep = { s, batch_of(k), b->v, 0, fate, dice_below(dice, 5) == 0 };

	keep.n = b->n = 1 + dice_below(dice, VISITS_MAX);
	trails_visits(dice, s, b->v, b->n);
	for (size_t i = 0; i < b->n; i++)
		MUST(trail_check(&b->v[i], trails_now(s), trail_since(s->t, trails_now(s)),
				 &d->fault));
	if (keep.fail) {
		MUST_FAIL(trails_keep(&keep, &d->fault), ERR_CONFLICT);
		return;
	}
	MUST(trails_keep(&keep, &d->fault));
	for (size_t i = 0; i < b->n; i++)
		assert_int_equal(fate[i], list_fate(l, k, i));
	b->in = true;
	MUST_FAIL(trails_keep(&keep, &d->fault), ERR_EXISTS);
}

static void take_back(struct trails *s, struct list *l, size_t k)
{
	struct database *d = s->d;
	struct trail_sum sum;

	MUST(trails_recall(s, batch_of(k), &sum, &d->fault));
	assert_true(sum.visits > 0 && sum.visits <= l->batch[k].n);
	l->batch[k].in = false;
}

static void what_is_shown_is_what_came_and_was_not_recalled(void **state)
{
	struct database *d = *state;
	uint64_t n = env_u64("OUTPOST_WORLDS", 3), first = env_u64("OUTPOST_SEED", 1);
	struct list *l = mem_take(1, sizeof *l);

	for (uint64_t seed = first; seed < first + n; seed++) {
		struct dice dice = { seed };
		struct trails s;

		trails_begin(&s, d, seed);
		memset(l, 0, sizeof *l);
		for (int i = 0; i < 60; i++) {
			size_t k = dice_below(&dice, BATCHES);

			if (l->batch[k].in)
				take_back(&s, l, k);
			else
				push(&s, &dice, l, k);
			if (dice_below(&dice, 6) == 0 && s.t->days.n)
				MUST(day_seal(s.t, s.t->days.v[0]->day, &d->fault));
			if (dice_below(&dice, 12) == 0)
				trails_damage(&s, &dice), trails_again(&s);
			if (dice_below(&dice, 10) == 0)
				trails_again(&s);
			if (dice_below(&dice, 4) == 0)
				equal(&s, l);
		}
		for (size_t k = 0; k < BATCHES; k++)
			if (l->batch[k].in)
				take_back(&s, l, k);
		equal(&s, l);
		trails_end(&s);
	}
	mem_drop(l);
}

/* ---- as if it had never come ----------------------------------------------------------------- */

/* What batch k brings, whoever asks and whenever. */
static void bring(struct trails *s, uint64_t seed, size_t k)
{
	struct database *d = s->d;
	struct dice dice = { seed * 1000 + k };
	struct trail_visit v[VISITS_MAX];
	enum trail_fate fate[VISITS_MAX];
	struct trails_keep keep = { s,    batch_of(k), v, 1 + dice_below(&dice, VISITS_MAX),
				    fate, false };

	trails_visits(&dice, s, v, keep.n);
	MUST(trails_keep(&keep, &d->fault));
}

static void after_a_recall_all_is_as_if_the_batch_had_never_come(void **state)
{
	struct database *d = *state;
	uint64_t n = env_u64("OUTPOST_WORLDS", 3), first = env_u64("OUTPOST_SEED", 1);

	for (uint64_t seed = first; seed < first + n; seed++) {
		struct dice dice = { seed };
		bool in[BATCHES] = { false };
		struct trail_sum sum;
		struct trails s;
		char *with, *without;

		trails_begin(&s, d, seed);
		for (int i = 0; i < 40; i++) {
			size_t k = dice_below(&dice, BATCHES);

			if (in[k])
				MUST(trails_recall(&s, batch_of(k), &sum, &d->fault));
			else
				bring(&s, seed, k);
			in[k] = !in[k];
			if (dice_below(&dice, 6) == 0)
				trails_seal(&s);
			if (dice_below(&dice, 10) == 0)
				trails_again(&s);
		}
		trails_seal(&s);
		with = trails_stored(&s);
		for (size_t k = 0; k < BATCHES; k++)
			if (in[k])
				MUST(trails_recall(&s, batch_of(k), &sum, &d->fault));
		trails_again(&s);
		for (size_t k = BATCHES; k-- > 0;)
			if (in[k])
				bring(&s, seed, k);
		trails_seal(&s);
		without = trails_stored(&s);
		assert_true(strcmp(with, without) == 0);
		for (size_t k = 0; k < BATCHES; k++)
			if (in[k])
				MUST(trails_recall(&s, batch_of(k), &sum, &d->fault));
		mem_drop(with);
		mem_drop(without);
		trails_end(&s);
	}
}

/* ---- an epoch ends --------------------------------------------------------------------------- */

enum { PAIRS = 12 };

/* Everybody gets another pseudonym, and two who were one person become one. */
static int64_t renewed(int64_t person)
{
	int64_t k = (person - 1000) / 7;

	return 900000 + (k == 3 ? 2 : k) * 11;
}

static void under_new_pseudonyms_all_is_as_it_was(void **state)
{
	struct database *d = *state;
	struct dice dice = { env_u64("OUTPOST_SEED", 1) };
	struct list *l = mem_take(1, sizeof *l);
	struct trail_pair pair[PAIRS];
	struct trails s;

	trails_begin(&s, d, 1);
	for (size_t k = 0; k < BATCHES; k++) {
		push(&s, &dice, l, k);
		if (k % 5 == 0)
			trails_seal(&s);
	}
	for (int i = 0; i < PAIRS; i++)
		pair[i] = (struct trail_pair){ 1000 + 7 * (PAIRS - 1 - i),
					       renewed(1000 + 7 * (PAIRS - 1 - i)) };
	for (size_t k = 0; k < BATCHES; k++)
		for (size_t i = 0; i < l->batch[k].n; i++)
			l->batch[k].v[i].person = renewed(l->batch[k].v[i].person);
	for (int i = 0; i < 2; i++) { /* and once more, as after a kill */
		MUST(trail_renew(s.t, pair, PAIRS, &d->fault));
		equal(&s, l);
	}
	for (int i = 0; i < PAIRS; i++)
		assert_int_equal(numbers_find(&s.t->persons, 1000 + 7 * i), NUMBERS_NONE);
	trails_again(&s);
	equal(&s, l);
	for (size_t k = 0; k < BATCHES; k++)
		if (l->batch[k].in)
			take_back(&s, l, k);
	trails_end(&s);
	mem_drop(l);
}

/* ---- what a sender calls places -------------------------------------------------------------- */

enum { CELLS = 300, DAYS = 3 };

static void bring_cells(struct trails *s, const char *sender, size_t batch)
{
	struct database *d = s->d;
	struct trail_visit v[CELLS * DAYS];
	enum trail_fate fate[CELLS * DAYS];
	char name[CELLS][16];
	struct trails_keep k = { s, batch_of(batch), v, CELLS * DAYS, fate, false };

	for (size_t i = 0; i < CELLS * DAYS; i++) {
		size_t cell = i % CELLS;
		int32_t day = TRAILS_DAY + (int32_t)(i / CELLS);
		int64_t from = zone_day_start(s->zone, day).v + 36000;

		(void)snprintf(name[cell], sizeof name[cell], "cell %zu", cell);
		v[i] = (struct trail_visit){ .person = 1000,
					     .from = { from },
					     .to = { from + 60 },
					     .called = str_of(name[cell]) };
		assert_int_equal(trail_place_of(str_of(sender), v[i].called, &v[i].place), OK);
	}
	MUST(trails_keep(&k, &d->fault));
}

/* Names for stays of a sender's cells that began on `first`, in what `by` said; how many. */
static enum err name_cells(struct trails *s, const char *sender, const char *by, int32_t first,
			   int32_t last, size_t *ret)
{
	CLEANUP(arena_end) struct arena *a = NULL;
	struct database *d = s->d;
	struct trail_stay stay[CELLS];
	struct str name[CELLS];
	char text[16];
	enum err e;

	MUST(arena_new(1 << 20, &a));
	for (size_t i = 0; i < CELLS; i++) {
		(void)snprintf(text, sizeof text, "cell %zu", i);
		stay[i] = (struct trail_stay){ .begun = zone_day_start(s->zone, first),
					       .to = zone_day_start(s->zone, last + 1) };
		assert_int_equal(trail_place_of(str_of(sender), str_of(text), &stay[i].place), OK);
	}
	*ret = 0;
	if ((e = trail_called(s->t, str_of(by), stay, CELLS, a, name, &d->fault)))
		return e;
	for (size_t i = 0; i < CELLS; i++) {
		struct trail_place own;

		assert_int_equal(trail_place_of(str_of(sender), name[i], &own), OK);
		*ret += name[i].n && own.v == stay[i].place.v;
	}
	return OK;
}

static size_t called(struct trails *s, const char *sender, const char *by)
{
	struct database *d = s->d;
	size_t n;

	MUST(name_cells(s, sender, by, TRAILS_DAY, TRAILS_DAY + DAYS, &n));
	return n;
}

static enum err damage(struct tx *tx, void *arg, struct fault *f)
{
	static const struct sql day_sql = {
		.name = "test.damage_called",
		.text = "UPDATE visit_called SET sealed = $2 WHERE day = $1",
		.args = "ib",
		.act = SQL_WRITE,
		.across = "a test",
		.scan = "a test",
	};

	return tx_run(tx, &day_sql,
		      SQL_ARGS(sql_i64(*(const int32_t *)arg), sql_blob(STR("no seal"))), NULL, f);
}

/* What a day's key does not open any more cannot be read, and would fail. */
static void names_are_looked_for_in_the_days_of_the_stays_alone(void **state)
{
	struct database *d = *state;
	int32_t before = TRAILS_DAY, after = TRAILS_DAY + 2;
	struct trails s;
	size_t n;

	trails_begin(&s, d, 1);
	bring_cells(&s, "one", 1);
	MUST(db_write(s.d->db, damage, &before, &d->fault));
	MUST(db_write(s.d->db, damage, &after, &d->fault));
	MUST(name_cells(&s, "one", "one", TRAILS_DAY + 1, TRAILS_DAY + 1, &n));
	assert_int_equal(n, CELLS);
	assert_int_equal(name_cells(&s, "one", "one", TRAILS_DAY, TRAILS_DAY + 1, &n), OK);
	assert_int_equal(n, CELLS); /* by the newest day; the others are not asked any more */
	MUST(name_cells(&s, "two", "two", TRAILS_DAY + 1, TRAILS_DAY + 1, &n));
	assert_int_equal(n, 0);
	assert_int_equal(name_cells(&s, "two", "two", TRAILS_DAY, TRAILS_DAY + 1, &n), ERR_VERSION);
	assert_int_equal(name_cells(&s, "two", "two", TRAILS_DAY + 1, TRAILS_DAY + 2, &n),
			 ERR_VERSION);
	trails_end(&s);
}

/* It lies under the day on which it began, days before the window. */
static void a_stay_that_the_window_cuts_is_named_by_the_day_on_which_it_began(void **state)
{
	CLEANUP(arena_end) struct arena *a = NULL;
	struct database *d = *state;
	struct trails s;
	struct trail_warrant w = { .case_id = { 1 }, .index = 1000 };
	struct trail_visit v = { .person = 1000, .called = STR("ward 3") };
	struct trails_keep k = { &s, batch_of(1), &v, 1, &(enum trail_fate){ 0 }, false };
	const struct trail_stay *stay;
	struct str name;
	size_t n;

	trails_begin(&s, d, 1);
	MUST(arena_new(1 << 20, &a));
	assert_int_equal(trail_place_of(STR("one"), v.called, &v.place), OK);
	v.from.v = zone_day_start(s.zone, TRAILS_DAY).v + 36000;
	v.to.v = v.from.v + 4 * 86400;
	MUST(trails_keep(&k, &d->fault));
	for (int i = 0; i < 2; i++) { /* cut, and whole */
		w.from.v = zone_day_start(s.zone, TRAILS_DAY + (i ? -1 : 3)).v;
		w.to.v = zone_day_start(s.zone, TRAILS_DAY + (i ? 5 : 4)).v;
		MUST(trail_stays(s.t, &w, a, &stay, &n, &d->fault));
		assert_int_equal(n, 1);
		assert_int_equal(stay->from.v, i ? v.from.v : w.from.v);
		MUST(trail_called(s.t, STR("one"), stay, n, a, &name, &d->fault));
		assert_true(str_eq(name, v.called));
	}
	trails_end(&s);
}

static void what_a_sender_calls_places_is_told_to_it_alone_and_goes_with_its_batch(void **state)
{
	struct database *d = *state;
	struct trail_sum sum;
	struct trails s;

	trails_begin(&s, d, 1);
	assert_int_equal(called(&s, "one", "one"), 0);
	bring_cells(&s, "one", 1);
	bring_cells(&s, "two", 2);
	assert_int_equal(called(&s, "one", "one"), CELLS);
	assert_int_equal(called(&s, "two", "two"), CELLS);
	assert_int_equal(called(&s, "one", "two"), 0);
	trails_seal(&s);
	trails_again(&s);
	assert_int_equal(called(&s, "one", "one"), CELLS);
	MUST(trails_recall(&s, batch_of(1), &sum, &d->fault));
	assert_int_equal(called(&s, "one", "one"), 0);
	assert_int_equal(called(&s, "two", "two"), CELLS);
	MUST(trails_recall(&s, batch_of(2), &sum, &d->fault));
	trails_end(&s);
}

/* ---- what may come in ------------------------------------------------------------------------ */

static void nobody_was_anywhere_tomorrow(void **state)
{
	struct database *d = *state;
	struct trails s;

	trails_begin(&s, d, 1);
	struct utc_s now = trails_now(&s), since = trail_since(s.t, now);
	struct trail_visit v = {
		.person = 1, .place = { 1 }, .from = { now.v - 86400 }, .to = { now.v + 86400 }
	};
	MUST(trail_check(&v, now, since, &d->fault));
	v.to.v++;
	MUST_FAIL(trail_check(&v, now, since, &d->fault), ERR_RANGE);
	v.to.v = TRACE_STILL;
	MUST(trail_check(&v, now, since, &d->fault));
	v.from.v = now.v + 86401;
	MUST_FAIL(trail_check(&v, now, since, &d->fault), ERR_RANGE);
	trails_end(&s);
}

/* ---- in order? ------------------------------------------------------------------------------- */

static void a_segment_that_is_not_what_its_packs_say_is_told(void **state)
{
	struct database *d = *state;
	struct dice dice = { 5 };
	struct list *l = mem_take(1, sizeof *l);
	struct trail_report r;
	struct trails s;

	trails_begin(&s, d, 1);
	for (size_t k = 0; k < 6; k++)
		push(&s, &dice, l, k);
	trails_seal(&s);
	MUST(trail_look(&s.options, &r, &d->fault));
	assert_true(r.segments > 0 && r.wrong == 0);
	trails_damage(&s, &dice);
	MUST(trail_look(&s.options, &r, &d->fault));
	assert_int_equal(r.wrong, 1);
	trails_again(&s);
	MUST(trail_look(&s.options, &r, &d->fault));
	assert_int_equal(r.wrong, 0);
	for (size_t k = 0; k < 6; k++)
		if (l->batch[k].in)
			take_back(&s, l, k);
	trails_end(&s);
	mem_drop(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(what_is_shown_is_what_came_and_was_not_recalled),
		ON_BOTH(names_are_looked_for_in_the_days_of_the_stays_alone),
		ON_BOTH(a_stay_that_the_window_cuts_is_named_by_the_day_on_which_it_began),
		ON_BOTH(after_a_recall_all_is_as_if_the_batch_had_never_come),
		ON_BOTH(what_a_sender_calls_places_is_told_to_it_alone_and_goes_with_its_batch),
		ON_BOTH(under_new_pseudonyms_all_is_as_it_was),
		ON_SQLITE(nobody_was_anywhere_tomorrow),
		ON_SQLITE(a_segment_that_is_not_what_its_packs_say_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
