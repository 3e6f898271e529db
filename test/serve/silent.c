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

#include "serve/sound.h"
#include "support/ward.h"

#include "base/ban.h"

enum { EVERY_S = 3600, SWEEP_S = 61 };

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(a_feed_that_falls_silent_is_one_signal_with_a_task_of_who_answers),
		ON_BOTH(it_is_told_to_the_people_who_answer),
		ON_BOTH(a_feed_that_speaks_again_ends_nothing_and_its_next_silence_is_another),
		ON_BOTH(people_settle_it_and_the_house_hears_nothing),
		ON_BOTH(a_silence_that_was_told_is_not_told_again_after_down_time),
		ON_BOTH(what_was_due_while_the_house_was_down_has_ten_minutes_to_speak),
		ON_BOTH(a_silence_without_a_signal_gets_it_at_the_next_tick),
		ON_BOTH(a_clock_that_is_set_back_hides_no_signal_that_was_formed),
		ON_BOTH(where_nobody_answers_it_waits_until_somebody_does_and_holds_up_no_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
