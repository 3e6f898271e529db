/*
 * record_list.c - lists give what the slowest possible list gives, whatever way they take.
 *
 * The limits at which a list changes its way are made small, so that a few hundred wells lead it
 * down each of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/dice.h"
#include "support/wells.h"

enum { WELLS = 600, FILTERS_MAX = 16 };

/* ---- the slow list -------------------------------------------------------------------------- */

struct question {
	struct scope scope;
	struct area_code asked; /* a list of what lies in this area; the nation: of all */
	struct area_code up[SCOPE_ABOVE_MAX];
	struct sql_value filter[FILTERS_MAX];
	struct search_query search;
	struct list_ask ask;
};

/* Do the digits of b begin with those of a? Parts that are not told, at its end, do not count. */
static bool begins(struct area_code a, struct area_code b)
{
	static const size_t parts[] = { 2, 4, 6, 9, 12, 15 };
	char x[AREA_TEXT_BYTES], y[AREA_TEXT_BYTES];
	size_t told = 0;

	area_text(a, x);
	area_text(b, y);
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		for (size_t k = i ? parts[i - 1] : 0; k < parts[i]; k++)
			if (x[k] != '0')
				told = parts[i];
	return memcmp(x, y, told) == 0;
}

/* What lies in an area of the caller's, or right on the way from the root to one. */
static bool is_seen(const struct question *q, struct area_code row)
{
	bool seen = false;

	for (size_t i = 0; i < q->scope.n; i++)
		seen |= begins(q->scope.v[i], row) || begins(row, q->scope.v[i]);
	return seen && begins(q->asked, row);
}

static bool passes(const struct sql_value *v, bool ok)
{
	return v->type == SQL_NULL || ok;
}

/* The filters of a well in the order of its table: state, kind, depth, public, tested, ... */
static bool fits(const struct question *q, const struct well *w)
{
	const struct sql_value *v = q->filter;
	const struct choice *state = &well_noun.state[w->record.state];
	const struct choice *kind = &noun_field(&well_noun, STR("kind"))->choice[w->kind];
	int64_t tested = w->tested_at.v, depth = w->depth_cm;

	return is_seen(q, w->record.area) && w->record.id.v < q->ask.below.v &&
	       passes(&v[0], str_eq(v[0].s, str_of(state->word))) &&
	       passes(&v[1], str_eq(v[1].s, str_of(kind->word))) &&
	       passes(&v[2], depth != FIELD_NONE && depth >= v[2].i) &&
	       passes(&v[3], depth != FIELD_NONE && depth <= v[3].i) &&
	       passes(&v[4], w->public_use == (v[4].i != 0)) &&
	       passes(&v[5], tested != FIELD_NONE && tested >= v[5].i) &&
	       passes(&v[6], tested != FIELD_NONE && tested < v[6].i) &&
	       passes(&v[7], w->supplies.v && w->supplies.v >= v[7].i) &&
	       passes(&v[8], w->supplies.v && w->supplies.v < v[8].i) &&
	       passes(&v[9], w->feeds.v == v[9].i) &&
	       (!q->ask.search || search_fits(q->ask.search, &well_noun, w, q->ask.sight));
}

/* ---- worlds and questions ------------------------------------------------------------------- */

struct world {
	struct record_book *book;
	struct arena *a;
	struct dice dice;
	struct well well[WELLS]; /* rising by id */
	size_t n;
	struct question q;
	struct scope in; /* of the question's areas, what was asked for */
	size_t n_up;
	const char *wrong;
};

static enum err fill(struct tx *tx, void *arg, struct fault *f)
{
	struct world *w = arg;
	enum err e = OK;

	for (size_t i = 0; i < w->n && !e; i++)
		e = act_insert(tx, &w->book->kind[0], &w->well[i], f);
	return e;
}

static struct area_code some_area(struct world *w)
{
	struct area_code a = w->well[dice_below(&w->dice, (uint32_t)w->n)].record.area;
	static const enum area_level level[] = { AREA_NATION, AREA_PROVINCE, AREA_CITY,
						 AREA_COUNTY, AREA_COUNTY,   AREA_TOWNSHIP,
						 AREA_VILLAGE };

	return area_at(a, level[dice_below(&w->dice, ARRAY_LEN(level))]);
}

static void some_filter(struct world *w)
{
	struct sql_value *v = w->q.filter;
	struct dice *d = &w->dice;

	switch (dice_below(d, 8)) {
	case 0: v[0] = sql_text(str_of(well_noun.state[1 + dice_below(d, 3)].word)); break;
	case 1: v[1] = sql_text(dice_chance(d, 0.5) ? STR("spring") : STR("dug")); break;
	case 2:
		v[2] = sql_i64(dice_below(d, 100));
		v[3] = sql_i64(v[2].i + dice_below(d, 30));
		break;
	case 3: v[4] = sql_i64(dice_below(d, 2)); break;
	case 4: v[5] = sql_i64(DATABASE_NOW - dice_below(d, 1000)); break;
	case 5:
		v[7] = sql_i64(some_area(w).v);
		v[8] = sql_i64(area_end((struct area_code){ v[7].i }).v);
		break;
	default: break;
	}
}

static void some_search(struct world *w)
{
	static const char *const words[] = { "龙王", "lw",   "王井 张家", "A7",
					     "zjlw", "长坪", "pz",        "7龙" };

	if (dice_chance(&w->dice, 0.3) &&
	    search_read(str_of(words[dice_below(&w->dice, ARRAY_LEN(words))]), &w->q.search,
			NULL) == OK)
		w->q.ask.search = &w->q.search;
}

/* As query.c: of the way up, what lies in the area that was asked for. */
static void some_way_up(struct world *w)
{
	struct area_code above[SCOPE_ABOVE_MAX];
	size_t n = scope_above(&w->q.scope, above);

	w->in = scope_within(&w->q.scope, w->q.asked);
	w->n_up = 0;
	for (size_t i = 0; i < n; i++)
		if (area_covers(w->q.asked, above[i]))
			w->q.up[w->n_up++] = above[i];
}

static void some_question(struct world *w)
{
	struct question *q = &w->q;

	*q = (struct question){ 0 };
	for (size_t n = 1 + dice_below(&w->dice, 3); n > 0; n--)
		assert_int_equal(scope_add(&q->scope, some_area(w), NULL), OK);
	if (dice_chance(&w->dice, 0.4))
		q->asked = some_area(w);
	some_way_up(w);
	q->ask = (struct list_ask){ .scope = &w->in,
				    .up = q->up,
				    .n_up = w->n_up,
				    .filter = q->filter,
				    .n_filter = list_filters(&w->book->kind[0]),
				    .sight = dice_chance(&w->dice, 0.5) ? SIGHT_ALL : 3,
				    .below = { INT64_MAX },
				    .limit = 1 + dice_below(&w->dice, 20) };
	some_filter(w);
	some_filter(w);
	some_search(w);
	if (dice_chance(&w->dice, 0.3))
		q->ask.below = w->well[dice_below(&w->dice, (uint32_t)w->n)].record.id;
	w->book->limits = (struct list_limits){ .walk_rows = 1 + dice_below(&w->dice, 60),
						.count_few = 1 + dice_below(&w->dice, 9),
						.count = 1 + dice_below(&w->dice, 60),
						.count_token = 1 + dice_below(&w->dice, 9),
						.counties_few = dice_below(&w->dice, 6) };
}

static enum err compare(struct tx *tx, void *arg, struct fault *f)
{
	struct world *w = arg;
	const struct list_ask *ask = &w->q.ask;
	void **row;
	size_t n, k = 0;
	enum err e = list_rows(tx, &w->book->kind[0], ask, w->a, &row, &n, f);

	w->wrong = NULL;
	for (size_t i = w->n; !e && i > 0 && k < ask->limit; i--) {
		if (!fits(&w->q, &w->well[i - 1]))
			continue;
		if (k >= n || row_head(row[k])->id.v != w->well[i - 1].record.id.v)
			w->wrong = k >= n ? "a row is missing" : "another row";
		if (w->wrong)
			return OK;
		k++;
	}
	if (k != n)
		w->wrong = "rows that do not belong there";
	return e;
}

static void ask_world(struct database *d, unsigned counties, int questions)
{
	struct world *w = calloc(1, sizeof *w);
	struct arena *texts;

	w->book = wells_book();
	w->n = WELLS;
	w->dice = (struct dice){ 5 };
	MUST(arena_new(16 << 20, &w->a));
	MUST(arena_new(16 << 20, &texts));
	for (size_t i = 0; i < w->n; i++) {
		wells_random(&w->dice, counties, texts, &w->well[i]);
		w->well[i].record.id = record_id_new(w->book);
		if (dice_chance(&w->dice, 0.2)) /* kept higher up: a county's, a city's */
			w->well[i].record.area =
				area_at(w->well[i].record.area,
					(enum area_level)(1 + dice_below(&w->dice, AREA_COUNTY)));
	}
	MUST(db_write(d->db, fill, w, &d->fault));
	for (int i = 1; i <= questions; i++) {
		w->dice = (struct dice){ (uint64_t)i };
		arena_clear(w->a);
		some_question(w);
		MUST(db_read(d->db, compare, w, &d->fault));
		if (w->wrong)
			fail_msg("question %d: %s", i, w->wrong);
	}
	arena_free(w->a);
	arena_free(texts);
	record_end(&w->book);
	free(w);
}

static void lists_give_what_the_slow_list_gives(void **state)
{
	struct database *d = *state;

	ask_world(d, 9, d->sqlite ? 4000 : 1500);
}

/* There are more than one statement tells. */
static void lists_over_many_counties_give_it_too(void **state)
{
	struct database *d = *state;

	ask_world(d, 3 * COUNTIES_AT_ONCE, d->sqlite ? 2000 : 750);
}

/* ---- rows there and back -------------------------------------------------------------------- */

struct one {
	struct record_book *book;
	struct arena *a;
	struct well well;
	void *again;
	enum err e;
};

static enum err store(struct tx *tx, void *arg, struct fault *f)
{
	struct one *o = arg;

	return act_insert(tx, &o->book->kind[0], &o->well, f);
}

static enum err load(struct tx *tx, void *arg, struct fault *f)
{
	struct one *o = arg;

	return record_get(o->book, tx, &well_noun, o->well.record.id, o->a, &o->again, f);
}

static enum err overwrite(struct tx *tx, void *arg, struct fault *f)
{
	struct one *o = arg;
	struct well after = o->well;

	after.name = STR("new name");
	after.record.version++;
	return act_update(tx, &o->book->kind[0], &o->well, &after, f);
}

static void a_row_comes_back_from_the_database_as_it_was(void **state)
{
	struct database *d = *state;
	struct one o = { .book = wells_book() };
	CLEANUP(buf_release) struct buf x = { 0 };
	CLEANUP(buf_release) struct buf y = { 0 };

	MUST(arena_new(16 << 20, &o.a));
	for (uint64_t seed = 1; seed <= 50; seed++) {
		struct dice dice = { seed };

		wells_random(&dice, 9, o.a, &o.well);
		o.well.record.id = record_id_new(o.book);
		o.well.notes = STR("it's \"quoted\"\n\\ 100% _");
		o.well.dug_on.v = -5;
		o.well.visits = INT64_MAX;
		MUST(db_write(d->db, store, &o, &d->fault));
		MUST(db_read(d->db, load, &o, &d->fault));
		buf_clear(&x);
		buf_clear(&y);
		row_canonical(&well_noun, &o.well, &x);
		row_canonical(&well_noun, o.again, &y);
		assert_true(str_eq(buf_view(&x), buf_view(&y)));
	}
	o.well.record.id.v++;
	MUST_FAIL(db_read(d->db, load, &o, &d->fault), ERR_ABSENT);
	arena_free(o.a);
	record_end(&o.book);
}

static void of_two_who_change_one_row_the_second_is_told(void **state)
{
	struct database *d = *state;
	struct one o = { .book = wells_book() };
	struct dice dice = { 1 };

	MUST(arena_new(16 << 20, &o.a));
	wells_random(&dice, 9, o.a, &o.well);
	o.well.record.id = record_id_new(o.book);
	MUST(db_write(d->db, store, &o, &d->fault));
	MUST(db_write(d->db, overwrite, &o, &d->fault));
	MUST_FAIL(db_write(d->db, overwrite, &o, &d->fault), ERR_CONFLICT);
	arena_free(o.a);
	record_end(&o.book);
}

static void statements_keep_the_rules_of_scale(void **state)
{
	struct database *d = *state;
	struct record_book *book = wells_book();
	size_t n;
	const struct sql_list *lists = record_statements(book, &n);

	MUST(db_prepare_all(d->db, lists, n, &d->fault));
	record_end(&book);
}

static void ids_rise_and_differ_also_when_the_clock_stands_still(void **unused)
{
	struct record_book *book = wells_book();
	int64_t last = 0;

	(void)unused;
	for (int i = 0; i < 100000; i++) {
		int64_t id = record_id_new(book).v;

		assert_true(id > last);
		last = id;
	}
	record_end(&book);
}

/* The clock was set back by an hour, and the last row was made by the command line, node 5. */
static void no_id_is_given_twice_however_often_the_house_begins_anew(void **unused)
{
	int64_t last = 0;

	(void)unused;
	for (int i = 0; i < 3; i++) {
		struct record_book *book = wells_book();
		int64_t id;

		if (!last)
			last = record_id_new(book).v + ((3600000LL << 22) | (5 << 14));
		record_id_after(book, (struct record_id){ last });
		id = record_id_new(book).v;
		assert_true(id > last);
		last = id;
		record_end(&book);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(statements_keep_the_rules_of_scale),
		ON_BOTH(a_row_comes_back_from_the_database_as_it_was),
		ON_BOTH(of_two_who_change_one_row_the_second_is_told),
		ON_BOTH(lists_give_what_the_slow_list_gives),
		ON_BOTH(lists_over_many_counties_give_it_too),
		cmocka_unit_test(ids_rise_and_differ_also_when_the_clock_stands_still),
		cmocka_unit_test(no_id_is_given_twice_however_often_the_house_begins_anew),
	};

	wells_steps();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
