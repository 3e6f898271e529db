/*
 * loop_fsck.c - invariants of tasks: all of them hold in a house that was at work, and each that is
 * broken by hand is found.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "serve/sound.h"
#include "support/ward.h"

static struct loop_report look(struct ward *w)
{
	struct database *d = w->d;
	struct sound_report r;
	const struct sound_ask ask = { .whole = true, .alive_at = ward_now() };

	MUST(sound_look(w->h, &ask, &r, &d->fault));
	return r.loop;
}

/* A task that went through most of what can happen, and one that is late. */
static int64_t work(struct ward *w)
{
	int64_t id = ward_raise(w, WARD_LEAD, "430802001001", "");

	ward_pass(w, 16 * 60);
	assert_int_equal(ward_do(w, WARD_CLERK, id, "extend",
				 ",\"reason\":\"雨\",\"until\":\"2027-12-31T08:00:00+08:00\""),
			 200);
	assert_int_equal(ward_do(w, WARD_WORKER, id, "accept", ""), 200);
	assert_int_equal(ward_do(w, WARD_WORKER, id, "prove", ",\"text\":\"好\""), 200);
	assert_int_equal(ward_do(w, WARD_CLERK, id, "return", ",\"reason\":\"再看\""), 200);
	ward_pass(w, 50 * 60);
	(void)ward_raise(w, WARD_LEAD, "430802001", "");
	ward_pass(w, 20 * 60);
	return id;
}

static void a_house_at_work_keeps_every_invariant(void **state)
{
	WARD(w);
	struct loop_report r;

	(void)work(&w);
	r = look(&w);
	assert_int_equal(r.tasks, 2);
	if (r.wrong)
		fail_msg("unsound %d ownerless %d put off %d untold %d twice %d", (int)r.unsound,
			 (int)r.ownerless, (int)r.put_off, (int)r.untold, (int)r.twice);
}

static void an_owner_that_is_not_at_work_is_found(void **state)
{
	WARD(w);
	struct loop_report r;

	(void)work(&w);
	ward_run(&w, "UPDATE organisations SET state = 'dissolved' WHERE id = 104");
	r = look(&w);
	assert_int_equal(r.ownerless, 1);
	assert_true(r.first_wrong > 0);
}

static void columns_that_say_otherwise_than_the_engine_are_found(void **state)
{
	WARD(w);

	(void)work(&w);
	ward_run(&w, "UPDATE tasks SET owner = 101 WHERE owner = 104");
	assert_int_equal(look(&w).unsound, 1);
}

static void a_deadline_put_off_without_a_reason_is_found(void **state)
{
	WARD(w);

	(void)work(&w);
	ward_run(&w, "UPDATE task_history SET reason = NULL WHERE event = 'extend'");
	assert_int_equal(look(&w).put_off, 1);
}

static void a_lost_escalation_is_found(void **state)
{
	WARD(w);

	(void)work(&w);
	ward_run(&w, "DELETE FROM task_notice WHERE id = (SELECT max(id) FROM task_notice"
		     " WHERE say = 'climb')");
	assert_int_equal(look(&w).untold, 1);
}

static void a_clock_that_did_not_come_is_found(void **state)
{
	WARD(w);

	(void)ward_raise(&w, WARD_LEAD, "430802001001", "");
	ward_set_wall(3600); /* and nobody ticks */
	assert_int_equal(look(&w).untold, 1);
}

static void an_escalation_told_twice_is_found(void **state)
{
	WARD(w);

	(void)work(&w);
	ward_run(&w,
		 "INSERT INTO task_history (county, task, version, n, turn, at, event, actor,"
		 " party, owner, level, done_by, key) SELECT county, task, version, n + 50, turn,"
		 " at, event, actor, party, owner, level, done_by, key FROM task_history"
		 " WHERE event = 'climb' AND level = 1");
	assert_true(look(&w).twice > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(a_house_at_work_keeps_every_invariant),
		ON_BOTH(an_owner_that_is_not_at_work_is_found),
		ON_BOTH(columns_that_say_otherwise_than_the_engine_are_found),
		ON_BOTH(a_deadline_put_off_without_a_reason_is_found),
		ON_BOTH(a_lost_escalation_is_found),
		ON_BOTH(a_clock_that_did_not_come_is_found),
		ON_BOTH(an_escalation_told_twice_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
