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
#include "grid/grid.h"
#include "grid/officer.h"
#include "grid/organisation.h"
#include "loop/inside.h"
#include "support/database.h"

enum { MINUTE = 60, HOUR = 3600, DAY = 86400, IN_TIME_S = 60, TASKS = 60, NOUNS = 16 };
enum { ACCEPT_S = 900, DONE_S = 8 * HOUR, CLIMB_S = HOUR, WARN_S = 0 };

static const struct clocks_rule rules[] = {
	{ .id = { "plain", 5 },
	  .version = 1,
	  .valid_from = CLOCKS_DAY_OPEN,
	  .valid_to = CLOCKS_DAY_OPEN,
	  .way = { "minutes", 7 },
	  .clock = { ACCEPT_S, DONE_S, HOUR, CLIMB_S, 0, WARN_S, 0 } },
};
static const struct clocks_set clocks = { ARRAY_LEN(rules), rules };

static int64_t wall_s, steady_s;
static int64_t wall_ns(void *arg)
{
	(void)arg;
	return wall_s * 1000000000;
}
static const struct clock wall = { wall_ns, NULL };

struct shop {
	struct database *d;
	struct zone *zone;
	struct record_book *book;
	struct loop *l;
	uint64_t told;
};

static void heard(void *arg, struct area_code county, const char *object, int64_t id)
{
	struct shop *s = arg;

	assert_true(county.v == 430802000000000 && strcmp(object, "task") == 0 && id > 0);
	s->told++;
}

static void open_loop(struct shop *s)
{
	struct loop_options o = { s->d->db, s->book, s->zone, &clocks, heard, s };
	struct database *d = s->d;

	MUST(loop_open(&o, &s->l, &d->fault));
}

static const struct sql *statement(const char *text, enum sql_act act)
{
	static struct sql all[512];
	static size_t n;

	assert_true(n < ARRAY_LEN(all));
	all[n] = (struct sql){ .name = "test.tick",
			       .text = strdup(text),
			       .args = "",
			       .act = act,
			       .scan = "a test",
			       .across = "a test" };
	return &all[n++];
}

struct asking {
	const struct sql *sql;
	int64_t ret;
};

static enum err scalar_act(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct asking *q = arg;
	enum err e = tx_row(tx, q->sql, SQL_NO_ARGS, &r, f);

	q->ret = e ? 0 : rows_i64(r, 0);
	return e == ERR_ABSENT ? OK : e;
}

static int64_t scalar(struct shop *s, const char *sql)
{
	struct asking q = { statement(sql, SQL_READ), 0 };
	struct database *d = s->d;

	MUST(db_read(d->db, scalar_act, &q, &d->fault));
	return q.ret;
}

static enum err run_act(struct tx *tx, void *arg, struct fault *f)
{
	return tx_run(tx, ((struct asking *)arg)->sql, SQL_NO_ARGS, NULL, f);
}

static void run(struct shop *s, const char *sql)
{
	struct asking q = { statement(sql, SQL_WRITE), 0 };
	struct database *d = s->d;

	MUST(db_write(d->db, run_act, &q, &d->fault));
}

/* Three organisations that answer one above the other: village 11, township 12, county 13. */
static enum err people_act(struct tx *tx, void *arg, struct fault *f)
{
	static const int64_t area[] = { 430802001001000, 430802001000000, 430802000000000 };
	struct shop *s = arg;
	enum err e = OK;

	for (int64_t i = 0; i < 3 && !e; i++) {
		struct record head = { .area = { area[i] }, .version = 1, .state = 1 };
		struct organisation o;
		struct officer who;
		struct duty duty;

		noun_blank(&organisation_noun, &o);
		o.record = head;
		o.record.id.v = 11 + i;
		o.name = STR("合成");
		o.kind = ORGANISATION_GOVERNMENT;
		noun_blank(&officer_noun, &who);
		who.record = head;
		who.record.id.v = 21 + i;
		who.name = who.post = STR("合成");
		who.phone = STR("119");
		who.organisation = o.record.id;
		noun_blank(&duty_noun, &duty);
		duty.record = head;
		duty.record.id.v = 31 + i;
		duty.sector = DUTY_MINE;
		duty.party = DUTY_TERRITORY;
		duty.officer = who.record.id;
		if (!(e = record_put(s->book, tx, &organisation_noun, &o, f)) &&
		    !(e = record_put(s->book, tx, &officer_noun, &who, f)))
			e = record_put(s->book, tx, &duty_noun, &duty, f);
	}
	return e;
}

static void open_shop(struct shop *s, struct database *d)
{
	static const struct noun *nouns[NOUNS];
	struct record_options o = { .nouns = nouns, .clock = &wall };

	memset(s, 0, sizeof *s);
	s->d = d;
	wall_s = DATABASE_NOW;
	steady_s = 5000;
	for (size_t i = 0; i < grid_nouns_n; i++)
		nouns[o.n++] = grid_nouns[i];
	for (size_t i = 0; i < loop_nouns_n; i++)
		nouns[o.n++] = loop_nouns[i];
	MUST(zone_open("+08:00", &s->zone, &d->fault));
	o.zone = s->zone;
	MUST(record_open(&o, &s->book, &d->fault));
	open_loop(s);
	MUST(db_write(d->db, people_act, s, &d->fault));
}

static void close_shop(struct shop *s)
{
	loop_close(&s->l);
	record_end(&s->book);
	zone_end(&s->zone);
}
#define SHOP(s) \
	struct database *d = *state; \
	CLEANUP(close_shop) struct shop s; \
	open_shop(&s, d)

struct raising {
	struct shop *s;
	int64_t id;
};

static enum err raise_act(struct tx *tx, void *arg, struct fault *f)
{
	struct raising *r = arg;
	const struct loop_new n = { .area = { 430802001001000 },
				    .sector = DUTY_MINE,
				    .kind = STR("order"),
				    .rule = STR("plain"),
				    .title = STR("查看"),
				    .needs = FLOW_TEXT,
				    .until = FLOW_NEVER,
				    .sender = { 13 } };

	return loop_raise_by_house(r->s->l, tx, &n, (struct utc_s){ wall_s }, &r->id, f);
}

static int64_t raise_one(struct shop *s)
{
	struct raising r = { s, 0 };
	struct database *d = s->d;

	MUST(db_write(d->db, raise_act, &r, &d->fault));
	return r.id;
}

struct doing {
	struct shop *s;
	struct loop_act a;
};

static enum err do_act(struct tx *tx, void *arg, struct fault *f)
{
	struct doing *g = arg;
	struct flow_effects fx;

	return loop_do(g->s->l, NULL, tx, &g->a, (struct utc_s){ wall_s }, &fx, f);
}

static void accept(struct shop *s, int64_t task)
{
	struct doing g = { s,
			   { .task = task,
			     .ev = { .on = FLOW_ON_ACCEPT,
				     .turn = FLOW_ANY_TURN,
				     .actor = FLOW_PERSON,
				     .party = { 11 },
				     .person = { 900 },
				     .by = FLOW_NEVER } } };
	struct database *d = s->d;

	MUST(db_write(d->db, do_act, &g, &d->fault));
}

static enum err tick(struct shop *s)
{
	struct database *d = s->d;

	return loop_tick(s->l, (struct utc_s){ wall_s }, (struct utc_s){ steady_s }, &d->fault);
}

static void pass(int64_t s)
{
	wall_s += s;
	steady_s += s;
}

static void restart(struct shop *s)
{
	struct database *d = s->d;

	loop_close(&s->l);
	MUST(database_again(d, &d->fault));
	open_loop(s);
}

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
		int64_t due = level ? by + (level - 1) * CLIMB_S : by;

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

	while (wall_s < end) {
		if (n < TASKS && dice_below(&dice, 60) == 0 && wall_s < end - DAY)
			k[n] = (struct known){ raise_one(&s), wall_s, 0 }, n++;
		if (n && dice_below(&dice, 120) == 0) {
			struct known *one = &k[dice_below(&dice, (uint32_t)n)];

			if (!one->accepted) {
				accept(&s, one->id);
				one->accepted = wall_s;
			}
		}
		if (dice_below(&dice, 150) == 0 && n_down < ARRAY_LEN(down)) {
			int64_t from = wall_s;

			pass(dice_below(&dice, 4) ? dice_below(&dice, 120)
						  : dice_below(&dice, 3 * HOUR));
			restart(&s);
			down[n_down++] = (struct down){ from, wall_s };
		}
		MUST(tick(&s));
		pass(20 + dice_below(&dice, 30));
	}
	MUST(tick(&s));
	assert_int_equal(n, TASKS);
	for (size_t i = 0; i < n; i++) {
		int64_t ends = k[i].accepted ? k[i].accepted : end;

		expected += check_stage(&s, &k[i], "accept", k[i].raised + ACCEPT_S, ends, down,
					n_down);
		expected += check_stage(&s, &k[i], "do", k[i].raised + DONE_S, end, down, n_down);
	}
	/* And nothing else was told, but for what fell into the minute before an acceptance. */
	assert_in_range(scalar(&s, "SELECT count(*) FROM task_history WHERE event IN ('late',"
				   " 'climb')"),
			expected, expected + TASKS);
	assert_int_equal(scalar(&s, "SELECT count(*) FROM task_notice WHERE say = 'climb'"),
			 scalar(&s, "SELECT count(*) FROM task_history WHERE event = 'climb'"));
	assert_true(n_down > 50 && expected > 200 && s.told > 100);
	print_message("%zu restarts, %zu steps of %d tasks\n", n_down, expected, TASKS);
}

/* ---- down, back, and broken ------------------------------------------------------------------ */

static void after_three_hours_down_every_escalation_is_there_once(void **state)
{
	SHOP(s);

	(void)raise_one(&s);
	MUST(tick(&s));
	loop_close(&s.l);
	pass(3 * HOUR);
	MUST(database_again(d, &d->fault));
	open_loop(&s);
	MUST(tick(&s));
	assert_int_equal(scalar(&s, "SELECT level FROM tasks"), 2);
	assert_int_equal(scalar(&s, "SELECT count(*) FROM task_notice WHERE say = 'climb'"), 2);
	assert_int_equal(scalar(&s, "SELECT count(*) FROM task_history WHERE event = 'late'"), 1);
	MUST(tick(&s));
	restart(&s);
	MUST(tick(&s));
	assert_int_equal(scalar(&s, "SELECT count(*) FROM task_notice WHERE say = 'climb'"), 2);
	assert_int_equal(scalar(&s, "SELECT version FROM tasks"), 2);
}

static void a_clock_that_ran_a_year_ahead_puts_nothing_off(void **state)
{
	SHOP(s);

	MUST(tick(&s));
	wall_s += 365 * DAY;
	MUST(tick(&s));
	(void)raise_one(&s);
	wall_s -= 365 * DAY; /* somebody sets it right, while the house is at work */
	pass(1);
	MUST(tick(&s));
	assert_in_range(scalar(&s, "SELECT next_by FROM tasks"), wall_s, wall_s + ACCEPT_S + 60);
	assert_true(scalar(&s, "SELECT count(*) FROM task_history WHERE event = 'set-back'") > 0);
}

static void a_clock_that_was_wrong_before_the_start_is_seen_at_the_start(void **state)
{
	SHOP(s);

	wall_s += 365 * DAY;
	(void)raise_one(&s);
	MUST(tick(&s));
	loop_close(&s.l);
	wall_s -= 365 * DAY;
	open_loop(&s);
	MUST(tick(&s));
	assert_in_range(scalar(&s, "SELECT done_by FROM tasks"), wall_s, wall_s + DONE_S + 60);
}

static void a_task_that_cannot_be_read_holds_up_no_other(void **state)
{
	SHOP(s);
	char sql[200];
	int64_t bad = raise_one(&s);

	(void)raise_one(&s);
	MUST(tick(&s));
	(void)snprintf(sql, sizeof sql, "UPDATE tasks SET packed = CAST('x' AS %s) WHERE id = %lld",
		       d->sqlite ? "BLOB" : "BYTEA", (long long)bad);
	run(&s, sql);
	pass(HOUR);
	MUST_FAIL(tick(&s), ERR_CORRUPT);
	assert_int_equal(scalar(&s, "SELECT count(*) FROM task_history WHERE event = 'late'"), 1);
	assert_int_equal(scalar(&s, "SELECT max(level) FROM tasks"), 1);
}

static void more_than_a_group_is_due_at_once(void **state)
{
	SHOP(s);
	enum { MANY = 1100 };

	for (int i = 0; i < MANY; i++)
		(void)raise_one(&s);
	MUST(tick(&s));
	pass(ACCEPT_S);
	MUST(tick(&s));
	assert_int_equal(scalar(&s, "SELECT count(*) FROM tasks WHERE late = 1 AND level = 1"),
			 MANY);
	assert_int_equal(scalar(&s, "SELECT count(*) FROM task_notice WHERE say = 'climb'"), MANY);
	assert_int_equal(s.told, MANY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(a_week_of_restarts_misses_nothing_and_doubles_nothing),
		ON_BOTH(after_three_hours_down_every_escalation_is_there_once),
		ON_BOTH(a_clock_that_ran_a_year_ahead_puts_nothing_off),
		ON_BOTH(a_clock_that_was_wrong_before_the_start_is_seen_at_the_start),
		ON_BOTH(a_task_that_cannot_be_read_holds_up_no_other),
		ON_BOTH(more_than_a_group_is_due_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
