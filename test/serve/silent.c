/*
 * silent.c - a feed that falls silent becomes a signal with a task: once for each silence, found by
 * the clock, right after down time; and what it became is settled by people.
 */
#include "serve/silent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "loop/inside.h"
#include "serve/sound.h"
#include "support/ward.h"

#include "base/ban.h"

enum { EVERY_S = 3600, SWEEP_S = 61, DAY_S = 86400 };

/* Daily numbers of a county, due each hour. */
static int64_t feed(struct ward *w, enum ward_who who, const char *area)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	char body[200];
	int64_t id;

	(void)snprintf(body, sizeof body,
		       "{\"area\":\"%s\",\"name\":\"日报\",\"brings\":\"count_report\","
		       "\"every_min\":60}",
		       area);
	if (ward_ask(w, who, "POST", "/api/v1/feeds", body, &a) != 201)
		fail_msg("%d %.*s", a.status, (int)a.body.n, a.body.p);
	assert_int_equal(str_i64(str_of(ward_text(&a, "id")), &id), OK);
	return id;
}

static void push(struct ward *w, int64_t to)
{
	static int day;
	char target[80], body[80];

	(void)snprintf(target, sizeof target, "/api/v1/feeds/%" PRId64 "/batches", to);
	(void)snprintf(body, sizeof body, "day,confirmed_total\n2026-08-%02d,3\n", 1 + day++ % 28);
	assert_int_equal(ward_status(w, WARD_LEAD, "POST", target, body), 201);
}

static int64_t signals(struct ward *w, const char *where)
{
	char sql[200];

	(void)snprintf(sql, sizeof sql,
		       "SELECT count(*) FROM signals WHERE source = 'silent' AND %s", where);
	return ward_scalar(w, sql);
}

static void sound(struct ward *w)
{
	struct database *d = w->d;
	struct sound_report r;
	const struct sound_ask ask = { .whole = true, .alive_at = ward_now() };

	MUST(sound_look(w->h, &ask, &r, &d->fault));
	if (r.loop.wrong || r.ledger.verdict)
		fail_msg("%d wrong, %d dropped; ledger %d", (int)r.loop.wrong, (int)r.loop.dropped,
			 (int)r.ledger.verdict);
}

static void a_feed_that_falls_silent_is_one_signal_with_a_task_of_who_answers(void **state)
{
	WARD(w);
	CLEANUP(answer_end) struct answer a = { 0 };
	int64_t id = feed(&w, WARD_LEAD, "430802");
	char about[80], target[80];

	ward_pass(&w, EVERY_S);
	assert_int_equal(signals(&w, "1 = 1"), 0);
	for (int i = 0; i < 5; i++)
		ward_pass(&w, SWEEP_S);
	(void)snprintf(about, sizeof about, "about = 'feeds/%" PRId64 "'", id);
	assert_int_equal(signals(&w, about), 1);
	assert_int_equal(signals(&w, "state = 'passed' AND sender = 101 AND receiver = 102 AND "
				     "created_by = 0"),
			 1);
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM tasks WHERE kind = 'signal' AND "
					 "owner = 102 AND state = 'open' AND signal = "
					 "(SELECT max(id) FROM signals)"),
			 1);
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM pushes WHERE receiver = 102"), 1);
	(void)snprintf(target, sizeof target, "/api/v1/signals/%" PRId64,
		       ward_scalar(&w, "SELECT id FROM signals"));
	assert_int_equal(ward_ask(&w, WARD_LEAD, "GET", target, "", &a), 200);
	assert_non_null(memmem(a.body.p, a.body.n, "日报数字", strlen("日报数字")));
	assert_non_null(memmem(a.body.p, a.body.n, "Daily numbers", strlen("Daily numbers")));
	sound(&w);
}

static void it_is_told_to_the_people_who_answer(void **state)
{
	WARD(w);
	char sql[120];

	(void)feed(&w, WARD_LEAD, "430802");
	ward_pass(&w, EVERY_S + SWEEP_S);
	ward_pass(&w, 1);
	(void)snprintf(sql, sizeof sql,
		       "SELECT count(*) FROM notice WHERE say = 'raise' AND account = %" PRId64,
		       w.account[WARD_LEAD]);
	assert_int_equal(ward_scalar(&w, sql), 1);
}

static void a_feed_that_speaks_again_ends_nothing_and_its_next_silence_is_another(void **state)
{
	WARD(w);
	int64_t id = feed(&w, WARD_LEAD, "430802");

	ward_pass(&w, EVERY_S + SWEEP_S);
	assert_int_equal(signals(&w, "state = 'passed'"), 1);
	push(&w, id);
	ward_pass(&w, EVERY_S / 2);
	assert_int_equal(signals(&w, "state = 'passed'"), 1);
	push(&w, id);
	ward_pass(&w, EVERY_S - SWEEP_S);
	assert_int_equal(signals(&w, "1 = 1"), 1);
	ward_pass(&w, 2 * SWEEP_S);
	ward_pass(&w, SWEEP_S);
	assert_int_equal(signals(&w, "state = 'passed'"), 2);
	sound(&w);
}

static void people_settle_it_and_the_house_hears_nothing(void **state)
{
	WARD(w);
	char target[100];
	int64_t id, task;

	(void)feed(&w, WARD_LEAD, "430802");
	ward_pass(&w, EVERY_S + SWEEP_S);
	id = ward_scalar(&w, "SELECT id FROM signals");
	task = ward_scalar(&w, "SELECT task FROM signals");
	assert_int_equal(ward_do(&w, WARD_LEAD, task, "accept", ""), 200);
	(void)snprintf(target, sizeof target, "/api/v1/signals/%" PRId64 "/do/verify", id);
	assert_int_equal(ward_status(&w, WARD_LEAD, "POST", target,
				     "{\"turn\":2,\"result\":\"对方停电\"}"),
			 200);
	for (int i = 0; i < 3; i++)
		ward_pass(&w, SWEEP_S);
	assert_int_equal(signals(&w, "state = 'verified'"), 1);
	assert_int_equal(signals(&w, "1 = 1"), 1);
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM notice WHERE say = 'verified'"), 0);
	sound(&w);
}

/* ---- the house is down ---------------------------------------------------------------------- */

static void a_silence_that_was_told_is_not_told_again_after_down_time(void **state)
{
	WARD(w);

	(void)feed(&w, WARD_LEAD, "430802");
	ward_pass(&w, EVERY_S + SWEEP_S);
	assert_int_equal(signals(&w, "1 = 1"), 1);
	for (int i = 0; i < 3; i++) {
		ward_down(&w);
		ward_sleep(3 * EVERY_S);
		ward_up(&w);
		for (int k = 0; k < 12; k++)
			ward_pass(&w, SWEEP_S);
	}
	assert_int_equal(signals(&w, "1 = 1"), 1);
	sound(&w);
}

/* What was due while nobody could hear it may speak first. */
static void what_was_due_while_the_house_was_down_has_ten_minutes_to_speak(void **state)
{
	WARD(w);
	int64_t speaks = feed(&w, WARD_LEAD, "430802"), dumb = feed(&w, WARD_LEAD, "430802");
	char about[80];

	ward_down(&w);
	ward_sleep(3 * EVERY_S);
	ward_up(&w);
	ward_pass(&w, SWEEP_S);
	ward_pass(&w, SWEEP_S);
	assert_int_equal(signals(&w, "1 = 1"), 0);
	push(&w, speaks);
	for (int i = 0; i < 12; i++)
		ward_pass(&w, SWEEP_S);
	(void)snprintf(about, sizeof about, "about = 'feeds/%" PRId64 "'", dumb);
	assert_int_equal(signals(&w, about), 1);
	assert_int_equal(signals(&w, "1 = 1"), 1);
	sound(&w);
}

/* The wall's clock is set days ahead: no time went by in which a feed was to speak. */
static void a_clock_that_leaps_ahead_silences_no_feed(void **state)
{
	WARD(w);
	int64_t id = feed(&w, WARD_LEAD, "430802");

	ward_pass(&w, EVERY_S / 2);
	push(&w, id);
	ward_set_wall(3 * DAY_S);
	for (int i = 0; i < 20; i++)
		ward_pass(&w, SWEEP_S);
	assert_int_equal(signals(&w, "1 = 1"), 0);
	for (int i = 0; i < 41; i++) /* counted from the leap, it is due in an hour */
		ward_pass(&w, SWEEP_S);
	assert_int_equal(signals(&w, "1 = 1"), 1);

	ward_set_wall(-3 * DAY_S);
	ward_pass(&w, SWEEP_S);
	push(&w, id);
	ward_pass(&w, EVERY_S - SWEEP_S);
	assert_int_equal(signals(&w, "1 = 1"), 1);
	ward_pass(&w, 2 * SWEEP_S);
	ward_pass(&w, SWEEP_S);
	assert_int_equal(signals(&w, "1 = 1"), 2);
	sound(&w);
}

/* A second or two, as a clock is set many times a day: the feed has spoken just now. */
static void a_clock_that_is_set_back_by_seconds_silences_no_feed_that_just_spoke(void **state)
{
	WARD(w);
	int64_t id = feed(&w, WARD_LEAD, "430802");

	for (int i = 0; i < 6; i++) {
		ward_pass(&w, EVERY_S / 2);
		push(&w, id);
	}
	ward_set_wall(-2);
	ward_pass(&w, 1);
	assert_int_equal(signals(&w, "1 = 1"), 0);
	ward_pass(&w, EVERY_S - SWEEP_S);
	assert_int_equal(signals(&w, "1 = 1"), 0);
	ward_pass(&w, 2 * SWEEP_S);
	assert_int_equal(signals(&w, "1 = 1"), 1);
}

/* It died between the two: the silence is told, and its signal not formed. */
static void a_silence_without_a_signal_gets_it_at_the_next_tick(void **state)
{
	WARD(w);
	int64_t id = feed(&w, WARD_LEAD, "430802");
	char sql[200];

	(void)snprintf(
		sql, sizeof sql,
		"INSERT INTO feed_seen (county, feed, seen_at, silent_at) SELECT county, id, "
		"0, created_at FROM feeds WHERE id = %" PRId64,
		id);
	ward_run(&w, sql);
	ward_pass(&w, SWEEP_S);
	assert_int_equal(signals(&w, "1 = 1"), 1);
	ward_pass(&w, SWEEP_S);
	assert_int_equal(signals(&w, "1 = 1"), 1);
}

static void nobody_answers(struct ward *w)
{
	ward_run(w, "UPDATE duties SET state = 'ended' WHERE sector = 'epidemic' AND area IN "
		    "(430802000000000, 430800000000000)");
}

static void somebody_answers(struct ward *w)
{
	ward_run(w, "UPDATE duties SET state = 'active' WHERE state = 'ended'");
}

static void a_clock_that_is_set_back_hides_no_signal_that_was_formed(void **state)
{
	WARD(w);

	(void)feed(&w, WARD_LEAD, "430802");
	nobody_answers(&w);
	ward_pass(&w, EVERY_S + SWEEP_S);
	assert_int_equal(signals(&w, "1 = 1"), 0);
	ward_set_wall(-2 * EVERY_S);
	somebody_answers(&w);
	for (int i = 0; i < 3; i++)
		ward_pass(&w, SWEEP_S);
	assert_int_equal(signals(&w, "1 = 1"), 1);
	ward_down(&w);
	ward_set_wall(-EVERY_S);
	ward_up(&w);
	for (int i = 0; i < 3; i++)
		ward_pass(&w, SWEEP_S);
	assert_int_equal(signals(&w, "1 = 1"), 1);
}

static void where_nobody_answers_it_waits_until_somebody_does_and_holds_up_no_other(void **state)
{
	WARD(w);

	(void)feed(&w, WARD_LEAD, "430802");
	(void)feed(&w, WARD_AWAY, "430822");
	nobody_answers(&w);
	ward_pass(&w, EVERY_S + SWEEP_S);
	ward_pass(&w, SWEEP_S);
	assert_int_equal(signals(&w, "area = 430802000000000"), 0);
	somebody_answers(&w);
	ward_pass(&w, SWEEP_S);
	ward_pass(&w, SWEEP_S);
	assert_int_equal(signals(&w, "area = 430802000000000"), 1);
	assert_int_equal(signals(&w, "area = 430822000000000"), 1);
	sound(&w);
}

static void sweeps(struct ward *w, int n)
{
	for (int i = 0; i < n; i++)
		ward_pass(w, SWEEP_S);
}

/* A clock that is a day ahead when the house begins, and then is set right. */
static void a_house_that_began_ahead_hears_silence_after_its_clock_was_set_back(void **state)
{
	WARD(w);

	(void)feed(&w, WARD_LEAD, "430802");
	ward_down(&w);
	ward_set_wall(DAY_S);
	ward_up(&w);
	ward_pass(&w, SWEEP_S);
	ward_set_wall(-DAY_S);
	ward_pass(&w, EVERY_S);
	sweeps(&w, 12);
	assert_int_equal(signals(&w, "1 = 1"), 1);
}

static void what_came_under_a_clock_ahead_counts_from_when_it_was_set_back(void **state)
{
	WARD(w);
	char sql[200];

	(void)snprintf(sql, sizeof sql,
		       "INSERT INTO feed_seen (county, feed, seen_at, silent_at) SELECT county, "
		       "id, created_at + 86400, 0 FROM feeds WHERE id = %" PRId64,
		       feed(&w, WARD_LEAD, "430802"));
	ward_run(&w, sql);
	ward_pass(&w, EVERY_S);
	assert_int_equal(signals(&w, "1 = 1"), 0);
	sweeps(&w, 12);
	assert_int_equal(signals(&w, "1 = 1"), 1);
}

static void a_second_silence_under_a_clock_that_was_set_back_is_another_signal(void **state)
{
	WARD(w);
	int64_t id = feed(&w, WARD_LEAD, "430802");

	ward_pass(&w, EVERY_S + SWEEP_S);
	assert_int_equal(signals(&w, "1 = 1"), 1);
	ward_set_wall(-2 * EVERY_S);
	push(&w, id);
	ward_pass(&w, SWEEP_S);
	assert_int_equal(signals(&w, "1 = 1"), 1);
	ward_pass(&w, EVERY_S);
	sweeps(&w, 12);
	assert_int_equal(signals(&w, "1 = 1"), 2);
	sound(&w);
}

static enum err tick(struct ward *w, struct fault *f)
{
	ward_sleep(SWEEP_S);
	return serve_tick(w->s, ward_now(), f);
}

/* SQLite lets nobody but a step of the schema make an index. */
static void a_signal_that_fails_undoes_none_of_another_feed(void **state)
{
	WARD(w);
	struct fault f = { 0 };

	(void)feed(&w, WARD_LEAD, "430802");
	(void)feed(&w, WARD_LEAD, "430802");
	ward_run(&w, "CREATE UNIQUE INDEX one_alone ON signals (source)");
	ward_sleep(EVERY_S);
	assert_int_not_equal(tick(&w, &f), OK);
	assert_int_equal(signals(&w, "1 = 1"), 1);
	ward_run(&w, "DROP INDEX one_alone");
	ward_pass(&w, SWEEP_S);
	assert_int_equal(signals(&w, "1 = 1"), 2);
	sound(&w);
}

static void without_its_rule_of_time_the_minute_says_so(void **state)
{
	WARD(w);
	struct clocks_set *clocks = &w.s->rooms.loop.loop->clocks;
	struct fault f = { 0 };
	size_t n = clocks->n;

	(void)feed(&w, WARD_LEAD, "430802");
	ward_sleep(EVERY_S);
	clocks->n = 0;
	assert_int_equal(tick(&w, &f), ERR_RANGE);
	assert_non_null(strstr(f.en, "rule of time"));
	clocks->n = n;
	assert_int_equal(signals(&w, "1 = 1"), 0);
	ward_pass(&w, SWEEP_S);
	assert_int_equal(signals(&w, "1 = 1"), 1);
}

/* ---- a feed that changes -------------------------------------------------------------------- */

static void feed_do(struct ward *w, int64_t id, const char *event)
{
	char target[80];

	(void)snprintf(target, sizeof target, "/api/v1/feeds/%" PRId64 "/events/%s", id, event);
	assert_int_equal(ward_status(w, WARD_LEAD, "POST", target, ""), 200);
}

static void a_feed_that_is_resumed_has_its_time_to_speak(void **state)
{
	WARD(w);
	int64_t id = feed(&w, WARD_LEAD, "430802");

	feed_do(&w, id, "suspend");
	for (int i = 0; i < 30; i++)
		ward_pass(&w, DAY_S);
	feed_do(&w, id, "resume");
	ward_pass(&w, EVERY_S - SWEEP_S);
	assert_int_equal(signals(&w, "1 = 1"), 0);
	sweeps(&w, 3);
	assert_int_equal(signals(&w, "1 = 1"), 1);
}

static void one_that_was_silent_before_it_was_suspended_is_asked_about_again(void **state)
{
	WARD(w);
	int64_t id = feed(&w, WARD_LEAD, "430802");

	ward_pass(&w, EVERY_S + SWEEP_S);
	assert_int_equal(signals(&w, "1 = 1"), 1);
	feed_do(&w, id, "suspend");
	feed_do(&w, id, "resume");
	ward_pass(&w, EVERY_S - SWEEP_S);
	assert_int_equal(signals(&w, "1 = 1"), 1);
	sweeps(&w, 3);
	assert_int_equal(signals(&w, "1 = 1"), 2);
}

static void a_feed_that_is_due_otherwise_is_counted_from_then(void **state)
{
	WARD(w);
	CLEANUP(answer_end) struct answer a = { 0 };
	char target[80];

	(void)snprintf(target, sizeof target, "/api/v1/feeds/%" PRId64,
		       feed(&w, WARD_LEAD, "430802"));
	ward_pass(&w, EVERY_S - SWEEP_S);
	desk_sign_in(&w.k, ward_login(WARD_LEAD), &w.visitor[WARD_LEAD]);
	desk_ask(&w.k, &w.visitor[WARD_LEAD], "PATCH", target, "If-Match: \"1\"\r\n",
		 "{\"every_min\":30}", &a);
	assert_int_equal(a.status, 200);
	sweeps(&w, 3);
	assert_int_equal(signals(&w, "1 = 1"), 0);
	ward_pass(&w, EVERY_S / 2);
	assert_int_equal(signals(&w, "1 = 1"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(a_feed_that_falls_silent_is_one_signal_with_a_task_of_who_answers),
		ON_BOTH(it_is_told_to_the_people_who_answer),
		ON_BOTH(a_feed_that_speaks_again_ends_nothing_and_its_next_silence_is_another),
		ON_BOTH(people_settle_it_and_the_house_hears_nothing),
		ON_BOTH(a_silence_that_was_told_is_not_told_again_after_down_time),
		ON_BOTH(what_was_due_while_the_house_was_down_has_ten_minutes_to_speak),
		ON_BOTH(a_clock_that_leaps_ahead_silences_no_feed),
		ON_BOTH(a_clock_that_is_set_back_by_seconds_silences_no_feed_that_just_spoke),
		ON_BOTH(a_silence_without_a_signal_gets_it_at_the_next_tick),
		ON_BOTH(a_clock_that_is_set_back_hides_no_signal_that_was_formed),
		ON_BOTH(where_nobody_answers_it_waits_until_somebody_does_and_holds_up_no_other),
		ON_BOTH(a_house_that_began_ahead_hears_silence_after_its_clock_was_set_back),
		ON_BOTH(what_came_under_a_clock_ahead_counts_from_when_it_was_set_back),
		ON_BOTH(a_second_silence_under_a_clock_that_was_set_back_is_another_signal),
		ON_POSTGRESQL(a_signal_that_fails_undoes_none_of_another_feed),
		ON_BOTH(without_its_rule_of_time_the_minute_says_so),
		ON_BOTH(a_feed_that_is_resumed_has_its_time_to_speak),
		ON_BOTH(one_that_was_silent_before_it_was_suspended_is_asked_about_again),
		ON_BOTH(a_feed_that_is_due_otherwise_is_counted_from_then),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
