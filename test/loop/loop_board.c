/*
 * loop_board.c - what waits for whom and what is late, as lists; what is said beside a task; and
 * acts on many tasks, all or none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/ward.h"

static bool says(const struct answer *a, const char *text)
{
	return memmem(a->body.p, a->body.n, text, strlen(text)) != NULL;
}

static size_t times(const struct answer *a, const char *text)
{
	const char *at = a->body.p, *end = a->body.p + a->body.n;
	size_t n = 0;

	while ((at = memmem(at, (size_t)(end - at), text, strlen(text)))) {
		at += strlen(text);
		n++;
	}
	return n;
}

static void get(struct ward *w, enum ward_who who, const char *target, struct answer *a)
{
	if (ward_ask(w, who, "GET", target, NULL, a) != 200)
		fail_msg("%s: %d %.*s", target, a->status, (int)a->body.n, a->body.p);
}

static size_t cards(struct ward *w, enum ward_who who, const char *target)
{
	CLEANUP(answer_end) struct answer a = { 0 };

	get(w, who, target, &a);
	return times(&a, "\"owner_label\"");
}

/* ---- lists ----------------------------------------------------------------------------------- */

static void each_view_has_what_waits_for_that_party(void **state)
{
	WARD(w);
	CLEANUP(answer_end) struct answer a = { 0 };
	int64_t one = ward_raise(&w, WARD_LEAD, "430802001001", "");
	int64_t two = ward_raise(&w, WARD_LEAD, "430802001001", "");

	assert_int_equal(cards(&w, WARD_WORKER, "/api/v1/inbox"), 2);
	assert_int_equal(cards(&w, WARD_LEAD, "/api/v1/inbox?view=sent"), 2);
	assert_int_equal(cards(&w, WARD_CLERK, "/api/v1/inbox?view=check"), 0);
	assert_int_equal(ward_do(&w, WARD_WORKER, one, "accept", ""), 200);
	assert_int_equal(ward_do(&w, WARD_WORKER, one, "prove", ",\"text\":\"好\""), 200);
	assert_int_equal(cards(&w, WARD_WORKER, "/api/v1/inbox"), 1);
	get(&w, WARD_CLERK, "/api/v1/inbox?view=check", &a);
	assert_int_equal(times(&a, "\"owner_label\""), 1);
	assert_true(says(&a, "\"event\":\"close\"") && says(&a, "教场社区居委会") &&
		    says(&a, "教场社区\""));
	assert_int_equal(ward_do(&w, WARD_WORKER, two, "offer", ",\"to\":\"105\""), 200);
	assert_int_equal(cards(&w, WARD_AWAY, "/api/v1/inbox?view=offered"), 1);
	assert_int_equal(cards(&w, WARD_DOCTOR, "/api/v1/inbox"), 0);
	assert_int_equal(cards(&w, WARD_NOBODYS, "/api/v1/inbox"), 0);
	assert_int_equal(ward_status(&w, WARD_LEAD, "GET", "/api/v1/inbox?view=all", NULL), 422);
	assert_int_equal(ward_status(&w, WARD_LEAD, "GET", "/api/v1/inbox?after=x", NULL), 422);
}

static void a_long_list_comes_in_pages_by_deadline_without_a_gap(void **state)
{
	WARD(w);
	CLEANUP(answer_end) struct answer a = { 0 }, b = { 0 };
	char target[120];

	for (int i = 0; i < 60; i++)
		(void)ward_raise(&w, WARD_LEAD, "430802001001", "");
	get(&w, WARD_WORKER, "/api/v1/inbox", &a);
	assert_int_equal(times(&a, "\"owner_label\""), 50);
	(void)snprintf(target, sizeof target, "/api/v1/inbox?after=%s", ward_text(&a, "next"));
	get(&w, WARD_WORKER, target, &b);
	assert_int_equal(times(&b, "\"owner_label\""), 10);
	assert_true(says(&b, "\"next\":null"));
}

static void the_clock_board_shows_late_and_soon_for_every_level(void **state)
{
	WARD(w);
	CLEANUP(answer_end) struct answer a = { 0 };

	(void)ward_raise(&w, WARD_LEAD, "430802001001", "");
	(void)ward_raise(&w, WARD_LEAD, "430802001", "");
	assert_int_equal(cards(&w, WARD_LEAD, "/api/v1/clockboard?view=soon"), 2);
	assert_int_equal(cards(&w, WARD_LEAD, "/api/v1/clockboard"), 0);
	ward_pass(&w, 16 * 60);
	get(&w, WARD_MAYOR, "/api/v1/clockboard?area=4308&view=late", &a);
	assert_int_equal(times(&a, "\"owner_label\""), 2);
	assert_string_equal(ward_text(&a, "soon"), "0");
	assert_true(says(&a, "\"counts\":{\"late\":2"));
	assert_int_equal(cards(&w, WARD_LEAD, "/api/v1/clockboard?area=430802"), 2);
	assert_int_equal(cards(&w, WARD_LEAD, "/api/v1/clockboard?area=430802001001"), 1);
	assert_int_equal(cards(&w, WARD_WORKER, "/api/v1/clockboard"), 1);
	assert_int_equal(ward_status(&w, WARD_WORKER, "GET", "/api/v1/clockboard?area=4308", NULL),
			 404);
	get(&w, WARD_LEAD, "/api/v1/clocks", &a);
	assert_true(says(&a, "\"id\":\"" WARD_RULE "\""));
	assert_true(says(&a, "\"tag\":\"S\",\"sources\":[\"传染病"));
}

/* ---- beside a task --------------------------------------------------------------------------- */

static void comments_stand_in_the_story_and_watchers_keep_their_list(void **state)
{
	WARD(w);
	CLEANUP(answer_end) struct answer a = { 0 };
	int64_t id = ward_raise(&w, WARD_LEAD, "430802001001", "");
	char task[80], target[120];

	(void)snprintf(task, sizeof task, "/api/v1/tasks/%lld", (long long)id);
	(void)snprintf(target, sizeof target, "%s/comments", task);
	assert_int_equal(ward_status(&w, WARD_CLERK, "POST", target, "{\"text\":\"路滑，小心\"}"),
			 201);
	assert_int_equal(ward_status(&w, WARD_CLERK, "POST", target, "{\"text\":\"\"}"), 422);
	assert_int_equal(ward_status(&w, WARD_AWAY, "POST", target, "{\"text\":\"x\"}"), 404);
	(void)snprintf(target, sizeof target, "%s/watch", task);
	assert_int_equal(ward_status(&w, WARD_DOCTOR, "PUT", target, "{}"), 200);
	get(&w, WARD_DOCTOR, task, &a);
	assert_true(says(&a, "路滑，小心") && says(&a, "\"watching\":true"));
	assert_int_equal(cards(&w, WARD_DOCTOR, "/api/v1/inbox?view=watched"), 1);
	assert_int_equal(ward_status(&w, WARD_DOCTOR, "DELETE", target, "{}"), 200);
	assert_int_equal(cards(&w, WARD_DOCTOR, "/api/v1/inbox?view=watched"), 0);
	assert_int_equal(ward_turn(&w, id), 1);
}

/* ---- many ------------------------------------------------------------------------------------ */

static void many_are_done_together_or_not_at_all(void **state)
{
	WARD(w);
	CLEANUP(answer_end) struct answer a = { 0 };
	int64_t one = ward_raise(&w, WARD_LEAD, "430802001001", "");
	int64_t two = ward_raise(&w, WARD_LEAD, "430802001001", "");
	int64_t town = ward_raise(&w, WARD_LEAD, "430802001", "");
	char body[400];

	(void)snprintf(body, sizeof body,
		       "{\"tasks\":[{\"id\":\"%lld\",\"turn\":1},{\"id\":\"%lld\",\"turn\":7}]}",
		       (long long)one, (long long)two);
	assert_int_equal(ward_ask(&w, WARD_WORKER, "POST", "/api/v1/tasks/do/accept", body, &a),
			 409);
	assert_true(says(&a, "\"n_refused\":1") && says(&a, "\"field\":\"turn\""));
	assert_string_equal(ward_state(&w, one), "open");
	(void)snprintf(body, sizeof body,
		       "{\"tasks\":[{\"id\":\"%lld\",\"turn\":1},{\"id\":\"%lld\",\"turn\":1}]}",
		       (long long)one, (long long)two);
	assert_int_equal(ward_ask(&w, WARD_WORKER, "POST", "/api/v1/tasks/do/accept", body, &a),
			 200);
	assert_string_equal(ward_text(&a, "n"), "2");
	assert_string_equal(ward_state(&w, two), "accepted");
	assert_int_equal(ward_status(&w, WARD_WORKER, "POST", "/api/v1/tasks/do/accept", body),
			 200);
	assert_int_equal(ward_scalar(&w,
				     "SELECT count(*) FROM task_history WHERE event = 'accept'"),
			 2);
	(void)snprintf(body, sizeof body,
		       "{\"tasks\":[{\"id\":\"%lld\",\"turn\":2},{\"id\":\"%lld\",\"turn\":1}]}",
		       (long long)one, (long long)town);
	assert_int_equal(ward_status(&w, WARD_WORKER, "POST", "/api/v1/tasks/do/start", body), 404);
	assert_string_equal(ward_state(&w, one), "accepted");
	/* From a list, whose rows do not say the turn. */
	(void)snprintf(body, sizeof body, "{\"tasks\":[{\"id\":\"%lld\"},{\"id\":\"%lld\"}]}",
		       (long long)one, (long long)two);
	assert_int_equal(ward_status(&w, WARD_WORKER, "POST", "/api/v1/tasks/do/start", body), 200);
	assert_string_equal(ward_state(&w, two), "in_progress");
}

static void a_task_is_split_into_parts_that_are_due_no_later(void **state)
{
	WARD(w);
	CLEANUP(answer_end) struct answer a = { 0 };
	int64_t id = ward_raise(&w, WARD_LEAD, "430802001001", "");
	char target[80];

	(void)snprintf(target, sizeof target, "/api/v1/tasks/%lld/split", (long long)id);
	ward_pass(&w, 600);
	assert_int_equal(ward_ask(&w, WARD_LEAD, "POST", target,
				  "{\"reason\":\"两处\",\"parts\":[{\"title\":\"东坡\"},"
				  "{\"title\":\"西坡\",\"area\":\"430802001\"}]}",
				  &a),
			 200);
	assert_string_equal(ward_state(&w, id), "closed");
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM tasks WHERE state = 'open'"), 2);
	assert_int_equal(ward_scalar(&w, "SELECT count(DISTINCT done_by) FROM tasks"), 1);
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM tasks WHERE sender = 102"), 3);
	assert_int_equal(ward_status(&w, WARD_LEAD, "POST", target,
				     "{\"reason\":\"x\",\"parts\":[{\"title\":\"东坡\"},"
				     "{\"title\":\"西坡\"}]}"),
			 409);
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM tasks"), 3);
}

static int merge(struct ward *w, int64_t task, int64_t into, struct answer *ret)
{
	char body[200];

	(void)snprintf(body, sizeof body,
		       "{\"tasks\":[\"%lld\"],\"into\":\"%lld\",\"reason\":\"一起\"}",
		       (long long)task, (long long)into);
	return ward_ask(w, WARD_LEAD, "POST", "/api/v1/tasks/merge", body, ret);
}

static void a_task_goes_into_none_that_asks_for_less_or_was_proved_already(void **state)
{
	WARD(w);
	CLEANUP(answer_end) struct answer a = { 0 }, b = { 0 };
	int64_t into = ward_raise(&w, WARD_LEAD, "430802001001", "");
	int64_t other = ward_raise(&w, WARD_LEAD, "430802001001", "");
	int64_t photo = ward_raise(&w, WARD_LEAD, "430802001001", ",\"needs\":[\"photo\"]");

	assert_int_equal(merge(&w, photo, into, &a), 409);
	assert_true(says(&a, "needs"));
	assert_string_equal(ward_state(&w, photo), "open");
	assert_int_equal(ward_do(&w, WARD_WORKER, into, "accept", ""), 200);
	assert_int_equal(ward_do(&w, WARD_WORKER, into, "prove", ",\"text\":\"好\""), 200);
	assert_int_equal(merge(&w, other, into, &b), 422);
	assert_string_equal(ward_state(&w, other), "open");
}

static void tasks_merge_into_one_that_is_not_due_later(void **state)
{
	WARD(w);
	CLEANUP(answer_end) struct answer a = { 0 };
	int64_t one = ward_raise(&w, WARD_LEAD, "430802001001", ""), two;
	char body[300];

	ward_pass(&w, 60);
	two = ward_raise(&w, WARD_LEAD, "430802001001", "");
	(void)snprintf(body, sizeof body,
		       "{\"tasks\":[\"%lld\"],\"into\":\"%lld\",\"reason\":\"重复\"}",
		       (long long)one, (long long)two);
	assert_int_equal(ward_ask(&w, WARD_LEAD, "POST", "/api/v1/tasks/merge", body, &a), 409);
	assert_true(says(&a, "no-delay"));
	(void)snprintf(body, sizeof body,
		       "{\"tasks\":[\"%lld\"],\"into\":\"%lld\",\"reason\":\"重复\"}",
		       (long long)two, (long long)one);
	assert_int_equal(ward_status(&w, WARD_LEAD, "POST", "/api/v1/tasks/merge", body), 200);
	assert_string_equal(ward_state(&w, two), "closed");
	assert_string_equal(ward_state(&w, one), "open");
	(void)snprintf(body, sizeof body,
		       "{\"tasks\":[\"%lld\"],\"into\":\"%lld\",\"reason\":\"重复\"}",
		       (long long)one, (long long)one);
	assert_int_equal(ward_status(&w, WARD_LEAD, "POST", "/api/v1/tasks/merge", body), 422);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(each_view_has_what_waits_for_that_party),
		ON_BOTH(a_long_list_comes_in_pages_by_deadline_without_a_gap),
		ON_BOTH(the_clock_board_shows_late_and_soon_for_every_level),
		ON_BOTH(comments_stand_in_the_story_and_watchers_keep_their_list),
		ON_BOTH(many_are_done_together_or_not_at_all),
		ON_BOTH(a_task_is_split_into_parts_that_are_due_no_later),
		ON_BOTH(a_task_goes_into_none_that_asks_for_less_or_was_proved_already),
		ON_BOTH(tasks_merge_into_one_that_is_not_due_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
