/*
 * told.c - notices in a house at work: a task is raised, its people hear of it on their open pages,
 * read it, confirm it; who does not stands on the board with a telephone number.
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

static bool holds(const struct answer *a, const char *what)
{
	return memmem(a->body.p, a->body.n, what, strlen(what)) != NULL;
}

static int64_t number(const struct answer *a, const char *key)
{
	return strtoll(ward_text(a, key), NULL, 10);
}

/* What somebody has been told; the answer must be 200. */
static void list(struct ward *w, enum ward_who who, const char *query, struct answer *ret)
{
	char target[96];

	(void)snprintf(target, sizeof target, "/api/v1/notices%s", query);
	assert_int_equal(ward_ask(w, who, "GET", target, NULL, ret), 200);
}

/* The newest notice of somebody. */
static int64_t newest(struct ward *w, enum ward_who who)
{
	CLEANUP(answer_end) struct answer a = { 0 };

	list(w, who, "", &a);
	return number(&a, "id");
}

static int confirm(struct ward *w, enum ward_who who, int64_t notice)
{
	char target[96];

	(void)snprintf(target, sizeof target, "/api/v1/notices/%lld/confirm", (long long)notice);
	return ward_status(w, who, "POST", target, NULL);
}

static void a_raised_task_is_told_to_its_owner_and_to_nobody_else(void **state)
{
	WARD(w);
	CLEANUP(answer_end) struct answer worker = { 0 }, doctor = { 0 }, clerk = { 0 };
	int64_t task = ward_raise(&w, WARD_LEAD, "430802001001", "");
	char id[40];

	ward_pass(&w, 1);
	list(&w, WARD_WORKER, "", &worker);
	(void)snprintf(id, sizeof id, "\"task\":\"%lld\"", (long long)task);
	assert_true(holds(&worker, id));
	assert_true(
		holds(&worker, "\"say\":{\"word\":\"raise\",\"zh\":\"交办\",\"en\":\"Raise\"}"));
	assert_true(holds(&worker, "\"unread\":1,\"asked\":"));
	assert_true(holds(&worker, "\"labels\":{\"organisation\":{\"104\":"));
	list(&w, WARD_DOCTOR, "", &doctor);
	assert_true(holds(&doctor, "\"items\":[]"));
	list(&w, WARD_CLERK, "", &clerk);
	assert_false(holds(&clerk, id));
}

static void what_is_read_is_read_and_what_is_another_s_is_not_there(void **state)
{
	WARD(w);
	CLEANUP(answer_end) struct answer a = { 0 }, b = { 0 };
	char target[96], body[80];
	int64_t notice;

	(void)ward_raise(&w, WARD_LEAD, "430802001001", "");
	(void)ward_raise(&w, WARD_LEAD, "430802001001", "");
	ward_pass(&w, 1);
	notice = newest(&w, WARD_WORKER);
	(void)snprintf(target, sizeof target, "/api/v1/notices/%lld/read", (long long)notice);
	assert_int_equal(ward_status(&w, WARD_WORKER2, "POST", target, NULL), 404);
	assert_int_equal(ward_ask(&w, WARD_WORKER, "POST", target, NULL, &a), 200);
	assert_true(holds(&a, "\"unread\":1,"));
	list(&w, WARD_WORKER, "?unread=1", &b);
	notice = number(&b, "id");
	(void)snprintf(body, sizeof body, "{\"notices\":[\"%lld\"]}", (long long)notice);
	assert_int_equal(ward_status(&w, WARD_WORKER2, "POST", "/api/v1/notices/read", body), 404);
	assert_int_equal(ward_status(&w, WARD_WORKER, "POST", "/api/v1/notices/read", body), 200);
	assert_int_equal(ward_status(&w, WARD_WORKER, "POST", "/api/v1/notices/read", "{}"), 400);
	{
		CLEANUP(answer_end) struct answer c = { 0 };

		list(&w, WARD_WORKER, "?unread=true&asked=false", &c);
		assert_true(holds(&c, "\"items\":[]"));
		assert_int_equal(ward_status(&w, WARD_WORKER, "GET", "/api/v1/notices?unread=yes",
					     NULL),
				 422);
	}
	assert_int_equal(desk_entries(&w.k, "430802", "notices-read"), 2);
}

/* It is late, and climbs: the levels above are called, and stand on the board until they answer. */
static void who_was_called_stands_on_the_board_until_somebody_of_them_confirms(void **state)
{
	WARD(w);
	CLEANUP(answer_end) struct answer a = { 0 }, b = { 0 }, c = { 0 };

	(void)ward_raise(&w, WARD_LEAD, "430802001001", "");
	for (int i = 0; i < 20; i++)
		ward_pass(&w, 60);
	assert_int_equal(ward_ask(&w, WARD_LEAD, "GET", "/api/v1/notices/board", NULL, &a), 200);
	list(&w, WARD_CLERK, "?asked=1", &b);
	assert_true(holds(&b, "\"urgent\":true"));
	assert_true(holds(&b, "\"asked\":true"));
	assert_true(holds(&a, "\"phone\":"));
	assert_true(holds(&a, "\"name\":\"clerk\""));
	assert_int_equal(ward_status(&w, WARD_AWAY, "GET", "/api/v1/notices/board?area=430802",
				     NULL),
			 404);
	assert_int_equal(confirm(&w, WARD_WORKER, number(&b, "id")), 404);
	assert_int_equal(confirm(&w, WARD_CLERK, number(&b, "id")), 200);
	assert_int_equal(ward_ask(&w, WARD_LEAD, "GET", "/api/v1/notices/board", NULL, &c), 200);
	assert_false(holds(&c, "\"name\":\"clerk\""));
	assert_false(holds(&c, "\"name\":\"clerk2\"")); /* one answers for the party */
	assert_int_equal(desk_entries(&w.k, "430802", "confirm"), 1);
	assert_true(desk_entries(&w.k, "430802", "board") > 0);
}

static void whoever_accepts_the_task_has_confirmed_by_that(void **state)
{
	WARD(w);
	CLEANUP(answer_end) struct answer a = { 0 };
	int64_t task = ward_raise(&w, WARD_LEAD, "430802001001", "");

	ward_pass(&w, 1);
	assert_int_equal(ward_do(&w, WARD_WORKER, task, "accept", ""), 200);
	list(&w, WARD_WORKER, "?unread=1", &a);
	assert_true(holds(&a, "\"items\":[]"));
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM notice WHERE fall_at > 0"), 0);
}

static void wishes_are_kept_and_wrong_ones_refused(void **state)
{
	WARD(w);
	CLEANUP(answer_end) struct answer a = { 0 };
	static const char *const bad[] = {
		"{\"mail\":\"nobody\"}",
		"{\"mail\":\"a@b.cn\\r\\nBcc: x@y.z\"}",
		"{\"mail\":\"-oQ@b.cn\"}",
		"{\"quiet_from\":\"22:00\"}",
		"{\"quiet_from\":\"25:00\",\"quiet_to\":\"07:00\"}",
		"{\"quiet_from\":\"07:00\",\"quiet_to\":\"07:00\"}",
		"{\"quiet\":1}",
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(ward_status(&w, WARD_WORKER, "PUT", "/api/v1/notices/settings",
					     bad[i]) /
					 100,
				 4);
	assert_int_equal(ward_status(&w, WARD_WORKER, "PUT", "/api/v1/notices/settings",
				     "{\"mail\":\"w@example.gov.cn\",\"quiet_from\":\"22:00\","
				     "\"quiet_to\":\"06:30\"}"),
			 200);
	assert_int_equal(ward_ask(&w, WARD_WORKER, "GET", "/api/v1/notices/settings", NULL, &a),
			 200);
	assert_true(holds(&a, "{\"mail\":\"w@example.gov.cn\",\"quiet_from\":\"22:00\","
			      "\"quiet_to\":\"06:30\",\"by_mail\":false,\"by_webhook\":false}"));
}

static void an_open_page_hears_of_what_is_its_own_and_of_no_other(void **state)
{
	WARD(w);
	CLEANUP(client_close) struct client worker = { 0 }, lead = { 0 };
	char head[800];

	struct client *page[] = { &worker, &lead };
	const enum ward_who who[] = { WARD_WORKER, WARD_LEAD };

	for (int i = 0; i < 2; i++) {
		struct answer a = { 0 };

		assert_true(client_open(page[i], w.k.port));
		(void)snprintf(head, sizeof head,
			       "GET /api/v1/live HTTP/1.1\r\nHost: 127.0.0.1:%u"
			       "\r\n%s\r\n",
			       w.k.port, w.visitor[who[i]].headers);
		assert_true(client_send(page[i], head));
		assert_true(client_read_head(page[i], &a));
		assert_int_equal(a.status, 200);
		answer_end(&a);
		assert_true(client_wait(page[i], "event: hello"));
	}
	(void)ward_raise(&w, WARD_LEAD, "430802001001", "");
	ward_pass(&w, 1);
	assert_true(client_wait(&worker, "event: notice\ndata: {\"id\":\""));
	/* Whatever the lead's page hears, it is about the task and not about the worker. */
	(void)ward_raise(&w, WARD_LEAD, "430802001001", "");
	assert_true(client_wait(&lead, "event: task"));
	assert_false(client_sees(&lead, "event: notice"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(a_raised_task_is_told_to_its_owner_and_to_nobody_else),
		ON_BOTH(what_is_read_is_read_and_what_is_another_s_is_not_there),
		ON_BOTH(who_was_called_stands_on_the_board_until_somebody_of_them_confirms),
		ON_BOTH(whoever_accepts_the_task_has_confirmed_by_that),
		ON_BOTH(wishes_are_kept_and_wrong_ones_refused),
		ON_SQLITE(an_open_page_hears_of_what_is_its_own_and_of_no_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
