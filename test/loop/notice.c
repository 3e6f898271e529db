/*
 * notice.c - what is owed to be told reaches people: whom, once, who is on watch first, and what
 * happens where nobody is, or nobody answers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "support/notified.h"

/* ---- whom ---- */

static void all_who_may_do_tasks_there_are_told_once_however_often_it_ticks(void **state)
{
	NOTIFIED(x);
	int64_t one = notified_person(&x, "one", NOTIFIED_OWNER);
	int64_t two = notified_person(&x, "two", NOTIFIED_OWNER);
	int64_t other = notified_person(&x, "other", NOTIFIED_TOP);
	int64_t auditor = desk_account(&x.k, "auditor", role_bit(ROLE_AUDITOR), "430802");

	notified_run(&x, "UPDATE accounts SET organisation = $2 WHERE id = $1",
		     SQL_ARGS(sql_i64(auditor), sql_i64(NOTIFIED_OWNER)));
	notified_say(&x, notified_task(&x), NOTIFIED_OWNER, "raise", false);
	for (int i = 0; i < 3; i++)
		notified_tick(&x);
	assert_int_equal(notified_told(&x, one), 1);
	assert_int_equal(notified_told(&x, two), 1);
	assert_int_equal(notified_told(&x, other), 0);
	assert_int_equal(notified_told(&x, auditor), 0);
	assert_int_equal(x.heard, 2);
	assert_int_equal(NOTIFIED_ASK(&x, "SELECT count(*) FROM task_notice WHERE told = $1",
				      sql_i64(NOTICE_TOLD)),
			 1);
}

static void a_suspended_account_and_one_of_other_areas_hear_nothing(void **state)
{
	NOTIFIED(x);
	int64_t one = notified_person(&x, "one", NOTIFIED_OWNER);
	int64_t away = notified_person(&x, "away", NOTIFIED_OWNER);
	int64_t far = desk_account(&x.k, "far", role_bit(ROLE_GRID_WORKER), "431103");

	notified_run(&x, "UPDATE accounts SET state = 'suspended' WHERE id = $1",
		     SQL_ARGS(sql_i64(away)));
	notified_run(&x, "UPDATE accounts SET organisation = $2 WHERE id = $1",
		     SQL_ARGS(sql_i64(far), sql_i64(NOTIFIED_OWNER)));
	notified_say(&x, notified_task(&x), NOTIFIED_OWNER, "raise", false);
	notified_tick(&x);
	assert_int_equal(notified_told(&x, one), 1);
	assert_int_equal(notified_told(&x, away), 0);
	assert_int_equal(notified_told(&x, far), 0);
}

static int64_t number_of(struct notified *x, const char *column, int64_t account)
{
	char sql[96];

	(void)snprintf(sql, sizeof sql, "SELECT %s FROM notice WHERE account = $1", column);
	return NOTIFIED_ASK(x, sql, sql_i64(account));
}

static int64_t sends_of(struct notified *x, int64_t account)
{
	return NOTIFIED_ASK(x, "SELECT count(*) FROM notice_send WHERE account = $1",
			    sql_i64(account));
}

static void who_is_on_watch_and_who_is_in_charge_are_called_and_the_others_see_it(void **state)
{
	NOTIFIED_BY(x, true, true);
	int64_t watch = notified_person(&x, "watch", NOTIFIED_OWNER);
	int64_t lead = notified_person(&x, "lead", NOTIFIED_OWNER);
	int64_t rest = notified_person(&x, "rest", NOTIFIED_OWNER);

	notified_officer(&x, 501, "watch", NOTIFIED_OWNER, 0);
	notified_officer(&x, 502, "lead", NOTIFIED_OWNER, 0);
	notified_watch(&x, NOTIFIED_OWNER, 501);
	notified_charge(&x, 502);
	notified_say(&x, notified_task(&x), NOTIFIED_OWNER, "late", true);
	notified_tick(&x);
	assert_int_equal(number_of(&x, "duty", watch), NOTICE_ON_WATCH);
	assert_int_equal(number_of(&x, "duty", lead), NOTICE_IN_CHARGE);
	assert_int_equal(number_of(&x, "duty", rest), NOTICE_MEMBER);
	assert_int_equal(number_of(&x, "wants", watch), 1);
	assert_int_equal(number_of(&x, "wants", lead), 1);
	assert_int_equal(number_of(&x, "wants", rest), 0);
	assert_int_equal(sends_of(&x, watch), 2);
	assert_int_equal(sends_of(&x, lead), 2);
	assert_int_equal(sends_of(&x, rest), 0);
	/* First to be told is first in the list: ids rise. */
	assert_true(number_of(&x, "id", watch) < number_of(&x, "id", lead));
	assert_true(number_of(&x, "id", lead) < number_of(&x, "id", rest));
}

static void who_is_on_watch_and_did_it_themself_leaves_the_call_to_the_others(void **state)
{
	NOTIFIED_BY(x, true, true);
	int64_t watch = notified_person(&x, "watch", NOTIFIED_OWNER);
	int64_t rest = notified_person(&x, "rest", NOTIFIED_OWNER);

	notified_officer(&x, 501, "watch", NOTIFIED_OWNER, 0);
	notified_watch(&x, NOTIFIED_OWNER, 501);
	notified_say(&x, notified_task(&x), NOTIFIED_OWNER, "verified", false);
	notified_run(&x, "UPDATE task_notice SET not_for = $1", SQL_ARGS(sql_i64(watch)));
	notified_tick(&x);
	assert_int_equal(notified_told(&x, watch), 0);
	assert_int_equal(number_of(&x, "duty", rest), NOTICE_MEMBER);
	assert_int_equal(sends_of(&x, rest), 2);
}

static void a_watch_that_is_over_calls_nobody_before_the_others(void **state)
{
	NOTIFIED(x);
	int64_t watch = notified_person(&x, "watch", NOTIFIED_OWNER);
	int64_t rest = notified_person(&x, "rest", NOTIFIED_OWNER);

	notified_officer(&x, 501, "watch", NOTIFIED_OWNER, 0);
	notified_watch(&x, NOTIFIED_OWNER, 501);
	desk_pass(&x.k, 3600); /* ends are exclusive */
	notified_say(&x, notified_task(&x), NOTIFIED_OWNER, "late", true);
	notified_tick(&x);
	assert_int_equal(number_of(&x, "wants", watch), 1);
	assert_int_equal(number_of(&x, "wants", rest), 1);
}

static void a_notice_for_one_account_is_for_that_one_alone(void **state)
{
	NOTIFIED(x);
	int64_t one = notified_person(&x, "one", NOTIFIED_OWNER);
	int64_t two = notified_person(&x, "two", NOTIFIED_OWNER);
	int64_t row = notified_say(&x, notified_task(&x), NOTIFIED_OWNER, "close", false);

	notified_run(&x, "UPDATE task_notice SET account = $2 WHERE id = $1",
		     SQL_ARGS(sql_i64(row), sql_i64(two)));
	notified_tick(&x);
	assert_int_equal(notified_told(&x, one), 0);
	assert_int_equal(notified_told(&x, two), 1);
	assert_int_equal(x.heard_account, two);
}

/* ---- nobody there ---- */

static int64_t told_of(struct notified *x, int64_t row)
{
	return NOTIFIED_ASK(x, "SELECT told FROM task_notice WHERE id = $1", sql_i64(row));
}

static void where_nobody_is_the_level_above_hears_of_it_and_the_hole_is_known(void **state)
{
	NOTIFIED(x);
	int64_t above = notified_person(&x, "above", NOTIFIED_ABOVE);
	int64_t top = notified_person(&x, "top", NOTIFIED_TOP);
	int64_t row = notified_say(&x, notified_task(&x), NOTIFIED_OWNER, "raise", false);
	int64_t late;

	notified_tick(&x);
	assert_int_equal(notified_told(&x, above), 1);
	assert_int_equal(notified_told(&x, top), 0);
	assert_int_equal(number_of(&x, "hop", above), 1);
	assert_int_equal(told_of(&x, row), NOTICE_ABOVE);
	/* Somebody comes: the notice reaches them after all. */
	late = notified_person(&x, "late", NOTIFIED_OWNER);
	desk_pass(&x.k, 3600);
	notified_tick(&x);
	assert_int_equal(notified_told(&x, late), 1);
	assert_int_equal(notified_told(&x, above), 1);
	assert_int_equal(told_of(&x, row), NOTICE_TOLD);
}

static void where_nobody_is_at_all_it_is_listed_until_there_is_or_the_task_ends(void **state)
{
	NOTIFIED(x);
	int64_t task = notified_task(&x), one;
	int64_t first = notified_say(&x, task, NOTIFIED_OWNER, "raise", false);
	int64_t other = notified_task(&x);
	int64_t second = notified_say(&x, other, NOTIFIED_OWNER, "raise", false);

	notified_tick(&x);
	assert_int_equal(told_of(&x, first), NOTICE_NOBODY);
	assert_int_equal(told_of(&x, second), NOTICE_NOBODY);
	notified_closed(&x, other);
	one = notified_person(&x, "one", NOTIFIED_TOP);
	desk_pass(&x.k, 600);
	notified_tick(&x);
	assert_int_equal(told_of(&x, first), NOTICE_ABOVE);
	assert_int_equal(told_of(&x, second), NOTICE_LATE);
	assert_int_equal(notified_told(&x, one), 1);
}

static void a_task_that_cannot_be_read_keeps_nobody_from_being_told(void **state)
{
	NOTIFIED(x);
	int64_t one = notified_person(&x, "one", NOTIFIED_OWNER);
	int64_t bad = notified_task(&x);

	notified_run(&x, "UPDATE tasks SET packed = $2 WHERE id = $1",
		     SQL_ARGS(sql_i64(bad), sql_blob(STR("rubbish"))));
	notified_say(&x, bad, NOTIFIED_OWNER, "raise", true);
	notified_say(&x, notified_task(&x), NOTIFIED_OWNER, "raise", true);
	notified_tick(&x);
	assert_int_equal(notified_told(&x, one), 2);
}

/* ---- nobody answers ---- */

static void without_a_confirmation_the_substitute_is_told_then_each_level_and_it_ends(void **state)
{
	NOTIFIED(x);
	int64_t watch = notified_person(&x, "watch", NOTIFIED_OWNER);
	int64_t deputy = notified_person(&x, "deputy", NOTIFIED_TOP);
	int64_t above = notified_person(&x, "above", NOTIFIED_ABOVE);
	int64_t top = notified_person(&x, "top", NOTIFIED_TOP);

	notified_officer(&x, 502, "deputy", NOTIFIED_TOP, 0);
	notified_officer(&x, 501, "watch", NOTIFIED_OWNER, 502);
	notified_watch(&x, NOTIFIED_OWNER, 501);
	notified_say(&x, notified_task(&x), NOTIFIED_OWNER, "late", true);
	notified_tick(&x);
	desk_pass(&x.k, NOTIFIED_SPAN_S - 1);
	notified_tick(&x);
	assert_int_equal(notified_told(&x, deputy), 0);
	desk_pass(&x.k, 1);
	notified_tick(&x);
	assert_int_equal(notified_told(&x, deputy), 1);
	assert_int_equal(notified_told(&x, above), 0);
	assert_int_equal(number_of(&x, "fell_at", watch), x.k.now);
	assert_int_equal(number_of(&x, "wants", watch), 1); /* still on the board */
	for (int i = 0; i < 20; i++) {
		desk_pass(&x.k, NOTIFIED_SPAN_S);
		notified_tick(&x);
	}
	assert_int_equal(notified_told(&x, above), 0); /* the deputy is of the top itself */
	assert_int_equal(notified_told(&x, top), 0);
	assert_int_equal(notified_told(&x, deputy), 1);
	assert_int_equal(NOTIFIED_ASK(&x, "SELECT count(*) FROM notice WHERE fall_at > $1",
				      sql_i64(0)),
			 0);
}

static void without_a_substitute_the_levels_are_told_one_after_the_other(void **state)
{
	NOTIFIED(x);
	int64_t one = notified_person(&x, "one", NOTIFIED_OWNER);
	int64_t two = notified_person(&x, "two", NOTIFIED_OWNER);
	int64_t above = notified_person(&x, "above", NOTIFIED_ABOVE);
	int64_t top = notified_person(&x, "top", NOTIFIED_TOP);

	notified_say(&x, notified_task(&x), NOTIFIED_OWNER, "late", true);
	notified_tick(&x);
	desk_pass(&x.k, NOTIFIED_SPAN_S);
	notified_tick(
		&x); /* two were silent: the level above is called once, and not passed over */
	assert_int_equal(notified_told(&x, above), 1);
	assert_int_equal(notified_told(&x, top), 0);
	desk_pass(&x.k, NOTIFIED_SPAN_S);
	notified_tick(&x);
	assert_int_equal(notified_told(&x, above), 1);
	assert_int_equal(notified_told(&x, top), 1);
	assert_int_equal(notified_told(&x, one) + notified_told(&x, two), 2);
}

static void of_a_climb_the_next_level_is_called_when_it_would_climb_on(void **state)
{
	NOTIFIED(x);
	int64_t above = notified_person(&x, "above", NOTIFIED_ABOVE);
	int64_t top = notified_person(&x, "top", NOTIFIED_TOP);

	notified_say(&x, notified_task(&x), NOTIFIED_ABOVE, "climb", true);
	notified_tick(&x);
	desk_pass(&x.k, 2 * NOTIFIED_SPAN_S - 1);
	notified_tick(&x);
	assert_int_equal(notified_told(&x, top), 0);
	desk_pass(&x.k, 1);
	notified_tick(&x);
	assert_int_equal(notified_told(&x, above), 1);
	assert_int_equal(notified_told(&x, top), 1);
}

static void a_task_that_ended_calls_nobody_any_more(void **state)
{
	NOTIFIED(x);
	int64_t above;
	int64_t task = notified_task(&x);

	(void)notified_person(&x, "one", NOTIFIED_OWNER);
	above = notified_person(&x, "above", NOTIFIED_ABOVE);
	notified_say(&x, task, NOTIFIED_OWNER, "late", true);
	notified_tick(&x);
	notified_closed(&x, task);
	desk_pass(&x.k, NOTIFIED_SPAN_S);
	notified_tick(&x);
	assert_int_equal(notified_told(&x, above), 0);
	assert_int_equal(NOTIFIED_ASK(&x, "SELECT count(*) FROM notice WHERE wants = $1",
				      sql_i64(1)),
			 0);
}

struct acting {
	struct notified *x;
	int64_t task, account;
};

static enum err act(struct tx *tx, void *arg, struct fault *f)
{
	const struct acting *a = arg;

	return notice_acted(tx, (struct area_code){ NOTIFIED_AREA * 1000000000LL }, a->task,
			    a->account, (struct utc_s){ a->x->k.now }, f);
}

static void whoever_acts_on_the_task_has_answered(void **state)
{
	NOTIFIED(x);
	int64_t one = notified_person(&x, "one", NOTIFIED_OWNER);
	int64_t two = notified_person(&x, "two", NOTIFIED_OWNER);
	int64_t above = notified_person(&x, "above", NOTIFIED_ABOVE);
	struct acting a = { &x, notified_task(&x), one };

	notified_say(&x, a.task, NOTIFIED_OWNER, "raise", true);
	notified_tick(&x);
	MUST(db_write(d->db, act, &a, &d->fault));
	assert_int_equal(number_of(&x, "unread", one), 0);
	assert_int_equal(number_of(&x, "unread", two), 1);
	assert_int_equal(number_of(&x, "answered_by", two), one);
	desk_pass(&x.k, 10 * NOTIFIED_SPAN_S);
	notified_tick(&x);
	assert_int_equal(notified_told(&x, above), 0);
}

/* ---- in between two steps ---- */

/* A tick with its k-th allocation failing, for every k, then one without: told once, as ever. */
static void whatever_fails_in_between_nothing_is_half_done_and_nobody_hears_twice(void **state)
{
	NOTIFIED_BY(x, true, true);
	int64_t one = notified_person(&x, "one", NOTIFIED_OWNER);
	int64_t rows = 0;
	bool done = false;

	for (uint64_t k = 1; !done && k < 2000; k += k < 40 ? 1 : 7) {
		enum err e;

		notified_say(&x, notified_task(&x), NOTIFIED_OWNER, "late", true);
		rows++;
		mem_fail_at(k, false);
		e = notice_tick(x.n, (struct utc_s){ x.k.now }, NULL, &d->fault);
		done = mem_calls() < k;
		mem_fail_at(0, false);
		d->fault = (struct fault){ 0 };
		/* They were told, or not; that the rest of the tick failed is all one. */
		assert_in_range(notified_told(&x, one), e ? rows - 1 : rows, rows);
		notified_again(&x, true, true);
		notified_tick(&x);
		assert_int_equal(notified_told(&x, one), rows);
		assert_int_equal(sends_of(&x, one), 2 * rows);
	}
	assert_true(done);
}

/* ---- any world ---- */

static int64_t count_of(struct notified *x, const char *sql)
{
	return NOTIFIED_ASK(x, sql, sql_i64(0));
}

static void every_row_is_told_to_somebody_or_stands_on_the_list_of_nobody(void **state)
{
	NOTIFIED(x);
	struct dice dice = { 7 };
	int64_t rows = 0;

	for (int round = 0; round < 60; round++) {
		char login[24];
		static const char *const says[] = { "raise", "late", "climb", "repeat" };
		int64_t task = notified_task(&x);

		if (dice_chance(&dice, 0.15)) {
			(void)snprintf(login, sizeof login, "who%d", round);
			(void)notified_person(&x, login, NOTIFIED_OWNER + dice_below(&dice, 4));
		}
		for (uint32_t i = dice_below(&dice, 4); i; i--, rows++)
			notified_say(&x, task, NOTIFIED_OWNER + dice_below(&dice, 4),
				     says[dice_below(&dice, 4)], dice_chance(&dice, 0.5));
		if (dice_chance(&dice, 0.1))
			notified_closed(&x, task);
		if (dice_chance(&dice, 0.2))
			notified_again(&x, false, false);
		desk_pass(&x.k, dice_below(&dice, 4000));
		notified_tick(&x);
	}
	assert_int_equal(count_of(&x, "SELECT count(*) FROM task_notice WHERE told <> $1"), rows);
	assert_int_equal(count_of(&x,
				  "SELECT count(*) FROM task_notice o WHERE told IN (1, 4) AND "
				  "NOT EXISTS (SELECT 1 FROM notice n WHERE n.task = o.task AND "
				  "n.key = o.key AND n.told_at > $1)"),
			 0);
	assert_int_equal(count_of(&x, "SELECT count(*) FROM task_notice o WHERE told IN (2, 3) AND "
				      "EXISTS (SELECT 1 FROM notice n WHERE n.task = o.task AND "
				      "n.key = o.key AND n.told_at > $1)"),
			 0);
	assert_true(count_of(&x, "SELECT count(*) FROM notice WHERE told_at > $1") > rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(all_who_may_do_tasks_there_are_told_once_however_often_it_ticks),
		ON_BOTH(a_suspended_account_and_one_of_other_areas_hear_nothing),
		ON_BOTH(who_is_on_watch_and_who_is_in_charge_are_called_and_the_others_see_it),
		ON_BOTH(who_is_on_watch_and_did_it_themself_leaves_the_call_to_the_others),
		ON_BOTH(a_watch_that_is_over_calls_nobody_before_the_others),
		ON_BOTH(a_notice_for_one_account_is_for_that_one_alone),
		ON_BOTH(where_nobody_is_the_level_above_hears_of_it_and_the_hole_is_known),
		ON_BOTH(where_nobody_is_at_all_it_is_listed_until_there_is_or_the_task_ends),
		ON_BOTH(a_task_that_cannot_be_read_keeps_nobody_from_being_told),
		ON_BOTH(without_a_confirmation_the_substitute_is_told_then_each_level_and_it_ends),
		ON_BOTH(without_a_substitute_the_levels_are_told_one_after_the_other),
		ON_BOTH(of_a_climb_the_next_level_is_called_when_it_would_climb_on),
		ON_BOTH(a_task_that_ended_calls_nobody_any_more),
		ON_BOTH(whoever_acts_on_the_task_has_answered),
		ON_SQLITE(whatever_fails_in_between_nothing_is_half_done_and_nobody_hears_twice),
		ON_BOTH(every_row_is_told_to_somebody_or_stands_on_the_list_of_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
