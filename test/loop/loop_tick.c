/*
 * loop_tick.c - the clock comes to every task in time: in a week of restarts, after hours of down
 * time, after clocks that were wrong, and past a task that cannot be read. Nothing here looks at a
 * page.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/dice.h"
#include "support/shop.h"

enum { HOUR = 3600, DAY = 86400, IN_TIME_S = 60, TASKS = 60 };

/* ---- a week ---------------------------------------------------------------------------------- */

struct known {
	int64_t id, raised, accepted; /* accepted: 0, never */
};
/* When the store was down. */
struct down {
	int64_t from, to;
};

/* When at the latest must what is due at `at` have been told? */
static int64_t latest(const struct down *v, size_t n, int64_t at)
{
	for (size_t i = 0; i < n; i++)
		if (at >= v[i].from - IN_TIME_S && at <= v[i].to)
			return v[i].to + IN_TIME_S;
	return at + IN_TIME_S;
}

static const struct sql story = {
	.name = "test.story",
	.text = "SELECT count(*), min(at) FROM task_history WHERE county = 430802000000000"
		" AND task = $1 AND event = $2 AND stage = $3 AND level = $4",
	.args = "itti",
	.act = SQL_READ,
	.across = "a test",
};

struct telling {
	int64_t task, n, at;
	const char *event, *stage;
	int level;
};

static enum err story_act(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct telling *t = arg;
	enum err e = tx_row(tx, &story,
			    SQL_ARGS(sql_i64(t->task), sql_text(str_of(t->event)),
				     sql_text(str_of(t->stage)), sql_i64(t->level)),
			    &r, f);

	if (e)
		return e;
	t->n = rows_i64(r, 0);
	t->at = rows_i64(r, 1);
	return OK;
}

/* Exactly one row of this step of the story, in time. */
static void told_once(struct shop *s, int64_t task, const char *event, const char *stage, int level,
		      int64_t due, int64_t until)
{
	struct telling t = { task, 0, 0, event, stage, level };
	struct database *d = s->d;

	MUST(db_read(d->db, story_act, &t, &d->fault));
	if (t.n != 1 || t.at < due || t.at > until)
		fail_msg("%s %s %d: %lld times, at %lld for %lld to %lld", event, stage, level,
			 (long long)t.n, (long long)t.at, (long long)due, (long long)until);
}

static size_t check_stage(struct shop *s, const struct known *k, const char *stage, int64_t by,
			  int64_t ends, const struct down *v, size_t n)
{
	size_t told = 0;

	for (int level = 0; level <= 2; level++) {
		int64_t due = level ? by + (level - 1) * SHOP_CLIMB_S : by;

		if (due > ends - IN_TIME_S)
			break; /* too near the end to say */
		told_once(s, k->id, level ? "climb" : "late", stage, level, due, latest(v, n, due));
		told++;
	}
	return told;
}

static void a_week_of_restarts_misses_nothing_and_doubles_nothing(void **state)
{
	static struct down down[4000];
	static struct known k[TASKS];
	SHOP(s);
	struct dice dice = { 7 };
	size_t n_down = 0, n = 0, expected = 0;
	int64_t end = DATABASE_NOW + 7 * DAY;

	while (shop_now() < end) {
		if (n < TASKS && dice_below(&dice, 60) == 0 && shop_now() < end - DAY)
			k[n] = (struct known){ shop_raise(&s), shop_now(), 0 }, n++;
		if (n && dice_below(&dice, 120) == 0) {
			struct known *one = &k[dice_below(&dice, (uint32_t)n)];

			if (!one->accepted) {
				MUST(shop_do(&s, one->id, FLOW_ON_ACCEPT, 11, &d->fault));
				one->accepted = shop_now();
			}
		}
		if (dice_below(&dice, 150) == 0 && n_down < ARRAY_LEN(down)) {
			int64_t from = shop_now();

			shop_pass(dice_below(&dice, 4) ? dice_below(&dice, 120)
						       : dice_below(&dice, 3 * HOUR));
			shop_down(&s);
			shop_up(&s);
			down[n_down++] = (struct down){ from, shop_now() };
		}
		MUST(shop_tick(&s));
		shop_pass(20 + dice_below(&dice, 30));
	}
	MUST(shop_tick(&s));
	assert_int_equal(n, TASKS);
	for (size_t i = 0; i < n; i++) {
		int64_t ends = k[i].accepted ? k[i].accepted : end;

		expected += check_stage(&s, &k[i], "accept", k[i].raised + SHOP_ACCEPT_S, ends,
					down, n_down);
		expected +=
			check_stage(&s, &k[i], "do", k[i].raised + SHOP_DONE_S, end, down, n_down);
	}
	/* And nothing else was told, but for what fell into the minute before an acceptance. */
	assert_in_range(shop_scalar(&s, "SELECT count(*) FROM task_history WHERE event IN ('late',"
					" 'climb')"),
			expected, expected + TASKS);
	assert_int_equal(shop_scalar(&s, "SELECT count(*) FROM task_notice WHERE say = 'climb'"),
			 shop_scalar(&s,
				     "SELECT count(*) FROM task_history WHERE event = 'climb'"));
	assert_true(n_down > 50 && expected > 200 && s.told > 100);
	print_message("%zu restarts, %zu steps of %d tasks\n", n_down, expected, TASKS);
}

/* ---- down, back, and broken ------------------------------------------------------------------ */

static void after_three_hours_down_every_escalation_is_there_once(void **state)
{
	SHOP(s);

	(void)shop_raise(&s);
	MUST(shop_tick(&s));
	shop_down(&s);
	shop_pass(3 * HOUR);
	shop_up(&s);
	MUST(shop_tick(&s));
	assert_int_equal(shop_scalar(&s, "SELECT level FROM tasks"), 2);
	assert_int_equal(shop_scalar(&s, "SELECT count(*) FROM task_notice WHERE say = 'climb'"),
			 2);
	assert_int_equal(shop_scalar(&s, "SELECT count(*) FROM task_history WHERE event = 'late'"),
			 1);
	MUST(shop_tick(&s));
	shop_down(&s);
	shop_up(&s);
	MUST(shop_tick(&s));
	assert_int_equal(shop_scalar(&s, "SELECT count(*) FROM task_notice WHERE say = 'climb'"),
			 2);
	assert_int_equal(shop_scalar(&s, "SELECT version FROM tasks"), 2);
}

static void a_clock_that_ran_a_year_ahead_puts_nothing_off(void **state)
{
	SHOP(s);

	MUST(shop_tick(&s));
	shop_set_wall(365 * DAY);
	MUST(shop_tick(&s));
	(void)shop_raise(&s);
	shop_set_wall(-365 * DAY); /* somebody sets it right, while the house is at work */
	shop_pass(1);
	MUST(shop_tick(&s));
	assert_in_range(shop_scalar(&s, "SELECT next_by FROM tasks"), shop_now(),
			shop_now() + SHOP_ACCEPT_S + 60);
	assert_true(shop_scalar(&s, "SELECT count(*) FROM task_history WHERE event = 'set-back'") >
		    0);
}

static void a_clock_that_was_wrong_before_the_start_is_seen_at_the_start(void **state)
{
	SHOP(s);

	shop_set_wall(365 * DAY);
	(void)shop_raise(&s);
	MUST(shop_tick(&s));
	shop_down(&s);
	shop_set_wall(-365 * DAY);
	shop_up(&s);
	MUST(shop_tick(&s));
	assert_in_range(shop_scalar(&s, "SELECT done_by FROM tasks"), shop_now(),
			shop_now() + SHOP_DONE_S + 60);
}

/* The second task has the id after the first, unless what was told of the first has it already. */
static void ids_go_on_after_those_that_a_wrong_clock_made(void **state)
{
	SHOP(s);

	shop_set_wall(365 * DAY);
	(void)shop_raise(&s);
	shop_down(&s);
	shop_set_wall(-365 * DAY);
	shop_up(&s);
	(void)shop_raise(&s);
	assert_int_equal(shop_scalar(&s, "SELECT count(*) FROM task_notice"), 2);
	assert_int_equal(shop_scalar(&s, "SELECT count(*) FROM tasks t JOIN task_notice n"
					 " ON n.id = t.id"),
			 0);
}

static void a_task_that_cannot_be_read_holds_up_no_other(void **state)
{
	SHOP(s);
	char sql[200];
	int64_t bad = shop_raise(&s);

	(void)shop_raise(&s);
	MUST(shop_tick(&s));
	(void)snprintf(sql, sizeof sql, "UPDATE tasks SET packed = CAST('x' AS %s) WHERE id = %lld",
		       d->sqlite ? "BLOB" : "BYTEA", (long long)bad);
	shop_run(&s, sql);
	shop_pass(HOUR);
	MUST_FAIL(shop_tick(&s), ERR_CORRUPT);
	assert_int_equal(shop_scalar(&s, "SELECT count(*) FROM task_history WHERE event = 'late'"),
			 1);
	assert_int_equal(shop_scalar(&s, "SELECT max(level) FROM tasks"), 1);
}

/* Its step of the story is there already; a campaign is due to begin again, and cannot. */
static void a_lone_task_that_fails_holds_up_no_campaign(void **state)
{
	SHOP(s);
	char sql[400];
	int64_t bad = shop_raise(&s);

	MUST(shop_tick(&s));
	(void)snprintf(sql, sizeof sql,
		       "INSERT INTO task_history (county, task, version, n, turn, at, event, actor,"
		       " party, owner, level, done_by) SELECT county, id, version + 1, 0, 1, 1,"
		       " 'late', 0, 0, owner, 0, 0 FROM tasks WHERE id = %lld",
		       (long long)bad);
	shop_run(&s, sql);
	shop_run(&s, "INSERT INTO campaigns (county, id, area, version, state, created_at,"
		     " updated_at, created_by, name, sector, scope, title, rule, needs, until,"
		     " repeats, sender, started_at, next_at) VALUES (430802000000000, 41,"
		     " 430802000000000, 1, 'running', 1, 1, 1, '合成', 'mine', 'mine', '合成',"
		     " 'none', 'none', 100, 'monthly', 13, 1, 2)");
	shop_pass(HOUR);
	MUST_FAIL(shop_tick(&s), ERR_EXISTS);
	assert_int_equal(shop_scalar(&s, "SELECT count(*) FROM campaigns WHERE next_at = 2"), 0);
}

static void more_than_a_group_is_due_at_once(void **state)
{
	SHOP(s);
	enum { MANY = 1100 };

	for (int i = 0; i < MANY; i++)
		(void)shop_raise(&s);
	MUST(shop_tick(&s));
	shop_pass(SHOP_ACCEPT_S);
	MUST(shop_tick(&s));
	assert_int_equal(shop_scalar(&s, "SELECT count(*) FROM tasks WHERE late = 1 AND level = 1"),
			 MANY);
	assert_int_equal(shop_scalar(&s, "SELECT count(*) FROM task_notice WHERE say = 'climb'"),
			 MANY);
	assert_int_equal(s.told, MANY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(a_week_of_restarts_misses_nothing_and_doubles_nothing),
		ON_BOTH(after_three_hours_down_every_escalation_is_there_once),
		ON_BOTH(a_clock_that_ran_a_year_ahead_puts_nothing_off),
		ON_BOTH(a_clock_that_was_wrong_before_the_start_is_seen_at_the_start),
		ON_BOTH(ids_go_on_after_those_that_a_wrong_clock_made),
		ON_BOTH(a_task_that_cannot_be_read_holds_up_no_other),
		ON_BOTH(a_lone_task_that_fails_holds_up_no_campaign),
		ON_BOTH(more_than_a_group_is_due_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
