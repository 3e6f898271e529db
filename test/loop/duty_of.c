/*
 * duty_of.c - who answers for a piece of ground: held against the slow way on random grids, and
 * looked at by hand where a rule says something.
 */
#include "loop/duty_of.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/database.h"
#include "support/grid_world.h"

#include "base/ban.h"

enum { GRIDS = 2000, ASKED = 4, PER_ACT = 100 };

static uint64_t grids(void)
{
	const char *text = getenv("OUTPOST_WORLDS");

	return text ? strtoull(text, NULL, 10) : GRIDS;
}

static uint64_t seed(void)
{
	const char *text = getenv("OUTPOST_SEED");

	return text ? strtoull(text, NULL, 10) : 1;
}

/* ---- random grids --------------------------------------------------------------------------- */

struct walk {
	struct grid_world w, before;
	bool began;
	uint64_t asked, owned, alone, nobody, by_hand;
};

static void show(const char *who, bool there, const struct flow_duty *d)
{
	fprintf(stderr, "%s: %s owner %lld checker %lld line", who, there ? "yes" : "no",
		(long long)d->owner.v, (long long)d->checker.v);
	for (uint32_t i = 0; i < d->line.n; i++)
		fprintf(stderr, " %lld", (long long)d->line.level[i].v);
	fprintf(stderr, "\n");
}

static bool equal(const struct flow_duty *a, const struct flow_duty *b)
{
	bool same =
		a->owner.v == b->owner.v && a->checker.v == b->checker.v && a->line.n == b->line.n;

	for (uint32_t i = 0; same && i < a->line.n; i++)
		same = a->line.level[i].v == b->line.level[i].v;
	return same;
}

static enum err ask(struct walk *k, struct tx *tx, struct fault *f)
{
	struct area_code area = { grid_world_area[dice_below(&k->w.dice, GRID_AREAS)] };
	enum duty_sector sector = (enum duty_sector)(1 + dice_below(&k->w.dice, GRID_SECTORS));
	int org = (int)dice_below(&k->w.dice, 2 * GRID_ORGS) - GRID_ORGS;
	struct flow_party owner = { org < 0 ? 0 : grid_world_org(org) };
	struct flow_duty fast = { .owner = { 0 } }, slow;
	struct fault why = { 0 };
	bool there = grid_world_answer(&k->w, area.v, sector, owner.v, &slow);
	enum err e = loop_duty(tx, area, sector, owner, &fast, &why);

	if (owner.v && !k->w.org[org].active)
		there = false;
	k->asked++;
	k->owned += there;
	k->nobody += !slow.owner.v;
	k->alone += slow.owner.v && !slow.line.n;
	k->by_hand += owner.v > 0;
	if (e && e != ERR_RANGE)
		return fault_set(f, e, "%s", "%s", why.en);
	if (there == (e == OK) && (e || equal(&fast, &slow)))
		return OK;
	show("fast", e == OK, &fast);
	show("slow", there, &slow);
	fprintf(stderr, "area %lld sector %d owner %lld after %llu changes: %s\n",
		(long long)area.v, (int)sector, (long long)owner.v,
		(unsigned long long)k->w.changes, why.en);
	return fault_set(f, ERR_BUG, "与慢法不同", "it is not what the slow way says");
}

static enum err walk_act(struct tx *tx, void *arg, struct fault *f)
{
	struct walk *k = arg;
	enum err e = OK;

	if (!k->began)
		e = grid_world_begin(&k->w, seed(), tx, f);
	k->began = true;
	for (int i = 0; !e && i < PER_ACT; i++) {
		for (uint32_t n = 1 + dice_below(&k->w.dice, 3); !e && n > 0; n--)
			e = grid_world_change(&k->w, tx, f);
		for (int n = 0; !e && n < ASKED; n++)
			e = ask(k, tx, f);
	}
	return e;
}

static void random_grids_give_the_slow_ways_answer(void **state)
{
	struct database *d = *state;
	static struct walk k;

	memset(&k, 0, sizeof k);
	for (uint64_t n = 0; n < grids(); n += PER_ACT)
		MUST(db_write(d->db, walk_act, &k, &d->fault));
	assert_true(k.owned > k.asked / 4); /* and not because nothing was ever found */
	assert_true(k.nobody > 0 && k.alone > 0 && k.by_hand > 0);
}

/* ---- by hand -------------------------------------------------------------------------------- */

/* One in the grid of grid_world: who answers, told row by row. */
struct told {
	int area, officer;
	enum duty_party party;
};
struct hand {
	struct grid_world w;
	struct area_code area;
	struct flow_party owner;
	struct flow_duty duty;
	const struct told *told;
	size_t n;
};

static const struct sql put_told = {
	.name = "test.told",
	.text = "INSERT INTO duties (county, id, area, version, state, created_at, updated_at, "
		"created_by, sector, party, officer) "
		"VALUES ($1, $2, $3, 1, 'active', 0, 0, 0, 'mine', $4, $5)",
	.args = "iiiti",
	.act = SQL_WRITE,
};

/* Officer i is of organisation i. */
static enum err hand_act(struct tx *tx, void *arg, struct fault *f)
{
	struct hand *h = arg;
	enum err e = grid_world_begin(&h->w, 1, tx, f);

	for (size_t i = 0; !e && i < h->n; i++) {
		struct area_code at = { grid_world_area[h->told[i].area] };

		e = tx_run(tx, &put_told,
			   SQL_ARGS(sql_i64(area_county(at).v), sql_i64(1 + (int64_t)i),
				    sql_i64(at.v),
				    sql_text(str_of(duty_parties[h->told[i].party].word)),
				    sql_i64(grid_world_officer(h->told[i].officer))),
			   NULL, f);
	}
	return e ? e : loop_duty(tx, h->area, DUTY_MINE, h->owner, &h->duty, f);
}

enum { PROVINCE, CITY, COUNTY, TOWNSHIP, VILLAGE, CELL };

static void ask_by_hand(struct database *d, struct hand *h, const struct told *told, size_t n)
{
	*h = (struct hand){ .area = h->area, .owner = h->owner, .told = told, .n = n };
	MUST(db_write(d->db, hand_act, h, &d->fault));
}

#define BY_HAND(h, area_, ...) \
	struct database *d = *state; \
	static const struct told told[] = { __VA_ARGS__ }; \
	struct hand h = { .area = { grid_world_area[area_] } }; \
	ask_by_hand(d, &h, told, ARRAY_LEN(told))

static void a_hole_is_climbed_over(void **state)
{
	BY_HAND(h, CELL, { TOWNSHIP, 3, DUTY_TERRITORY }, { CITY, 1, DUTY_TERRITORY });

	assert_int_equal(h.duty.owner.v, grid_world_org(3));
	assert_int_equal(h.duty.checker.v, grid_world_org(1));
	assert_int_equal(h.duty.line.n, 1);
}

static void a_unit_comes_before_a_department_and_that_before_the_territory(void **state)
{
	BY_HAND(h, VILLAGE, { VILLAGE, 2, DUTY_TERRITORY }, { VILLAGE, 4, DUTY_UNIT },
		{ VILLAGE, 3, DUTY_DEPARTMENT }, { VILLAGE, 5, DUTY_INDIVIDUAL },
		{ COUNTY, 6, DUTY_DEPARTMENT }, { COUNTY, 7, DUTY_TERRITORY });

	assert_int_equal(h.duty.owner.v, grid_world_org(4));
	assert_int_equal(h.duty.checker.v, grid_world_org(6));
	assert_int_equal(h.duty.line.n, 1);
}

static void nobody_checks_themselves_and_nobody_is_above_twice(void **state)
{
	BY_HAND(h, VILLAGE, { VILLAGE, 3, DUTY_TERRITORY }, { TOWNSHIP, 3, DUTY_TERRITORY },
		{ COUNTY, 2, DUTY_TERRITORY }, { CITY, 2, DUTY_TERRITORY },
		{ PROVINCE, 1, DUTY_TERRITORY });

	assert_int_equal(h.duty.owner.v, grid_world_org(3));
	assert_int_equal(h.duty.checker.v, grid_world_org(2));
	assert_int_equal(h.duty.line.n, 2);
	assert_int_equal(h.duty.line.level[1].v, grid_world_org(1));
}

static void at_the_top_another_party_of_the_same_area_checks(void **state)
{
	BY_HAND(h, COUNTY, { COUNTY, 3, DUTY_DEPARTMENT }, { COUNTY, 2, DUTY_TERRITORY });

	assert_int_equal(h.duty.owner.v, grid_world_org(3));
	assert_int_equal(h.duty.checker.v, grid_world_org(2));
}

static void without_anybody_it_is_refused_and_the_place_is_named(void **state)
{
	struct database *d = *state;
	struct hand h = { .area = { grid_world_area[VILLAGE] }, .told = NULL };

	assert_int_equal(db_write(d->db, hand_act, &h, &d->fault), ERR_RANGE);
	assert_string_equal(d->fault.field, "area");
	assert_non_null(strstr(d->fault.en, "430802100201000"));
	assert_non_null(strstr(d->fault.zh, "矿山"));
	d->fault = (struct fault){ 0 };
}

static void with_nobody_to_check_it_is_refused(void **state)
{
	struct database *d = *state;
	static const struct told told[] = { { VILLAGE, 3, DUTY_TERRITORY } };
	struct hand h = { .area = { grid_world_area[VILLAGE] }, .told = told, .n = 1 };

	assert_int_equal(db_write(d->db, hand_act, &h, &d->fault), ERR_RANGE);
	assert_non_null(strstr(d->fault.en, "second organisation"));
	d->fault = (struct fault){ 0 };
}

static void an_owner_from_elsewhere_is_checked_by_who_answers_for_the_place(void **state)
{
	struct database *d = *state;
	static const struct told told[] = { { VILLAGE, 3, DUTY_TERRITORY },
					    { COUNTY, 2, DUTY_TERRITORY } };
	struct hand h = { .area = { grid_world_area[VILLAGE] }, .owner = { grid_world_org(9) } };

	ask_by_hand(d, &h, told, ARRAY_LEN(told));
	assert_int_equal(h.duty.owner.v, grid_world_org(9));
	assert_int_equal(h.duty.checker.v, grid_world_org(3));
	assert_int_equal(h.duty.line.n, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(random_grids_give_the_slow_ways_answer),
		ON_BOTH(a_hole_is_climbed_over),
		ON_SQLITE(a_unit_comes_before_a_department_and_that_before_the_territory),
		ON_SQLITE(nobody_checks_themselves_and_nobody_is_above_twice),
		ON_SQLITE(at_the_top_another_party_of_the_same_area_checks),
		ON_SQLITE(without_anybody_it_is_refused_and_the_place_is_named),
		ON_SQLITE(with_nobody_to_check_it_is_refused),
		ON_SQLITE(an_owner_from_elsewhere_is_checked_by_who_answers_for_the_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
