/*
 * loop_faults.c - memory that fails at every allocation of an act, and acts that meet: a task is as
 * it was or as it should be, and nothing is lost or told twice.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "support/shop.h"

enum { ALLOCATIONS_MAX = 20000, MEETING = 40 };

/* What is stored, as one number that changes with any of it. */
static int64_t stored(struct shop *s)
{
	return shop_scalar(s,
			   "SELECT CAST((SELECT COALESCE(sum(version), 0) FROM tasks) * 1000000 +"
			   " (SELECT count(*) FROM task_history) * 1000 +"
			   " (SELECT COALESCE(sum(version), 0) FROM pushes) * 1000000000 +"
			   " (SELECT count(*) FROM task_notice) AS BIGINT)");
}

/* ---- memory ---------------------------------------------------------------------------------- */

struct taken {
	enum flow_on on;
	int64_t party;
};

/* Let the k-th allocation fail, for each k, until it goes through. */
static void sweep(struct shop *s, int64_t task, const struct taken *step)
{
	for (uint64_t k = 1; k < ALLOCATIONS_MAX; k++) {
		int64_t before = stored(s);
		struct fault f = { 0 };
		enum err e;

		mem_fail_at(k, false);
		e = shop_do(s, task, step->on, step->party, &f);
		mem_fail_at(0, false);
		if (!e) {
			assert_true(stored(s) != before);
			return;
		}
		if (e != ERR_MEMORY || stored(s) != before)
			fail_msg("at %d: %s, %s", (int)k, err_word(e), f.en);
	}
	fail();
}

static void memory_that_fails_anywhere_leaves_a_task_as_it_was(void **state)
{
	static const struct taken steps[] = { { FLOW_ON_ACCEPT, 11 }, { FLOW_ON_START, 11 },
					      { FLOW_ON_PROVE, 11 },  { FLOW_ON_RETURN, 12 },
					      { FLOW_ON_ACCEPT, 11 }, { FLOW_ON_PROVE, 11 },
					      { FLOW_ON_CLOSE, 12 } };
	SHOP(s);
	int64_t id = shop_raise(&s);

	for (size_t i = 0; i < ARRAY_LEN(steps); i++)
		sweep(&s, id, &steps[i]);
	assert_int_equal(shop_scalar(&s, "SELECT count(*) FROM tasks WHERE state = 'closed'"), 1);
}

static void memory_that_fails_anywhere_leaves_a_push_as_it_was(void **state)
{
	static const struct taken steps[] = { { FLOW_ON_OFFER, 11 }, { FLOW_ON_REFUSE, 12 },
					      { FLOW_ON_OFFER, 11 }, { FLOW_ON_WITHDRAW, 11 },
					      { FLOW_ON_OFFER, 11 }, { FLOW_ON_TAKE, 12 } };
	SHOP(s);
	int64_t id = shop_raise(&s);

	for (size_t i = 0; i < ARRAY_LEN(steps); i++)
		sweep(&s, id, &steps[i]);
	assert_int_equal(shop_scalar(&s, "SELECT count(*) FROM pushes WHERE version = 2"), 3);
	assert_int_equal(shop_scalar(&s, "SELECT count(*) FROM pushes WHERE state = 'wrong'"), 1);
	assert_int_equal(shop_scalar(&s, "SELECT count(*) FROM pushes WHERE state = 'right'"), 1);
}

static void a_tick_without_memory_is_made_up_for_by_the_next(void **state)
{
	SHOP(s);
	enum err e = ERR_MEMORY;

	(void)shop_raise(&s);
	(void)shop_raise(&s);
	MUST(shop_tick(&s));
	shop_pass(2 * 3600);
	for (uint64_t k = 1; k < ALLOCATIONS_MAX && e; k++) {
		mem_fail_at(k, false);
		e = shop_tick(&s);
		mem_fail_at(0, false);
		d->fault = (struct fault){ 0 };
		assert_true(!e || e == ERR_MEMORY);
	}
	MUST(shop_tick(&s));
	assert_int_equal(shop_scalar(&s, "SELECT count(*) FROM task_notice WHERE say = 'climb'"),
			 4);
	assert_int_equal(shop_scalar(&s, "SELECT count(*) FROM task_history WHERE event = 'climb'"),
			 4);
}

/* ---- acts that meet -------------------------------------------------------------------------- */

static void *tick_often(void *arg)
{
	struct shop *s = arg;

	for (int i = 0; i < MEETING; i++) {
		struct fault f = { 0 };
		struct utc_s now = { shop_now() };

		if (loop_tick(s->l, now, now, &f))
			return s;
		shop_pass(60);
	}
	return NULL;
}

static void people_and_the_clock_meet_and_nothing_is_lost(void **state)
{
	SHOP(s);
	static int64_t id[MEETING];
	pthread_t thread;
	void *failed;

	for (int i = 0; i < MEETING; i++)
		id[i] = shop_raise(&s);
	shop_pass(SHOP_ACCEPT_S - 120);
	assert_int_equal(pthread_create(&thread, NULL, tick_often, &s), 0);
	for (int i = 0; i < MEETING; i++)
		MUST(shop_do(&s, id[i], FLOW_ON_ACCEPT, 11, &d->fault));
	assert_int_equal(pthread_join(thread, &failed), 0);
	assert_null(failed);
	assert_int_equal(shop_scalar(&s, "SELECT count(*) FROM tasks WHERE state = 'accepted'"),
			 MEETING);
	assert_int_equal(shop_scalar(&s,
				     "SELECT count(*) FROM task_history WHERE event = 'accept'"),
			 MEETING);
	/* Who was late was told so once, and it was counted: version and story agree. */
	assert_int_equal(shop_scalar(&s, "SELECT count(*) FROM (SELECT task FROM task_history"
					 " WHERE event = 'late' GROUP BY task HAVING count(*) > 1)"
					 " AS twice"),
			 0);
	assert_int_equal(shop_scalar(&s, "SELECT count(*) FROM tasks t WHERE version <>"
					 " (SELECT max(version) FROM task_history h"
					 " WHERE h.county = t.county AND h.task = t.id)"),
			 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(memory_that_fails_anywhere_leaves_a_task_as_it_was),
		ON_BOTH(memory_that_fails_anywhere_leaves_a_push_as_it_was),
		ON_BOTH(a_tick_without_memory_is_made_up_for_by_the_next),
		ON_BOTH(people_and_the_clock_meet_and_nothing_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
