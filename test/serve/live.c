/* live.c - what open pages hear: of what their account may read, and of nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "support/clinic.h"
#include "support/vaulted.h"

static void open_page(struct clinic *t, int who, struct client *page)
{
	char request[900];

	clinic_sign_in(t, who);
	assert_true(client_open(page, http_port(t->s->http)));
	(void)snprintf(request, sizeof request,
		       "GET /api/v1/live HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n%s\r\n",
		       http_port(t->s->http), t->cookie[who]);
	assert_true(client_send(page, request));
	assert_true(client_wait(page, "hello"));
}

/* The next event that it hears is this one. */
static void hears(struct client *page, const char *kind)
{
	size_t n = strlen(kind);

	assert_true(client_wait(page, "event: "));
	assert_true(page->in.n - page->used > n);
	if (memcmp(page->in.p + page->used, kind, n) != 0)
		fail_msg("not %s but %.*s", kind, (int)strcspn(page->in.p + page->used, "\n"),
			 page->in.p + page->used);
}

static void raise_task(struct clinic *t)
{
	CLEANUP(answer_end) struct answer a = { 0 };

	if (clinic_ask(t, CLINIC_CHIEF, "POST", "/api/v1/tasks",
		       "{\"area\":\"430802001001000\",\"sector\":\"epidemic\","
		       "\"rule\":\"coinvestigation-landed\",\"title\":\"走访\","
		       "\"needs\":[\"text\"]}",
		       &a) != 201)
		fail_msg("%.*s", (int)a.body.n, a.body.p);
}

/* A case, its contacts, an emergency with its names, a report to a person: all of the county. */
static void a_day_of_the_epidemic(struct clinic *t)
{
	CLEANUP(answer_end) struct answer traced = { 0 }, glass = { 0 };
	char id[24], warrant[600], number[19], text[300], url[80], glass_id[24];

	vaulted_id_number(1, number);
	(void)snprintf(text, sizeof text, "{\"name\":\"金丝雀甲\",\"id_number\":\"%s\"}", number);
	clinic_report_of(t, id, "1", 0, text);
	clinic_visits(t, clinic_person(t, id), 1001);
	clinic_confirm(t, CLINIC_CHIEF, id, warrant);
	assert_int_equal(clinic_trace(t, CLINIC_CHIEF, id, warrant, "", &traced), 201);

	(void)snprintf(text, sizeof text,
		       "{\"area\":\"430802\",\"matter\":\"case/9\","
		       "\"reason\":\"高热昏迷，须立即联系家属\",\"people\":[\"%lld\"]}",
		       (long long)clinic_person(t, id));
	assert_int_equal(clinic_ask(t, CLINIC_CHIEF, "POST", "/api/v1/break-glass", text, &glass),
			 201);
	clinic_text(&glass, "id", glass_id, sizeof glass_id);
	(void)snprintf(url, sizeof url, "/api/v1/break-glass/%s/answer", glass_id);
	assert_int_equal(clinic_status(t, CLINIC_DUTY, "POST", url, "{\"approve\":true}"), 200);
	(void)snprintf(url, sizeof url, "/api/v1/break-glass/%s/names", glass_id);
	assert_int_equal(clinic_status(t, CLINIC_CHIEF, "POST", url, "{}"), 200);

	(void)snprintf(text, sizeof text, "{\"id_number\":\"%s\"}", number);
	assert_int_equal(clinic_status(t, CLINIC_OVERSEER, "POST", "/api/v1/access-report", text),
			 200);
}

static void open_pages_hear_of_what_their_account_may_read_and_nobody_of_a_person(void **state)
{
	CLEANUP(client_close) struct client worker = { 0 }, second = { 0 };
	struct clinic t;

	clinic_begin(&t, *state, "live");
	open_page(&t, CLINIC_WORKER, &worker);
	open_page(&t, CLINIC_SECOND, &second);
	a_day_of_the_epidemic(&t);
	raise_task(&t);
	hears(&worker, "task\n"); /* of the county's day before it, nothing */
	hears(&second, "case\n");
	for (int asked_answered_used = 0; asked_answered_used < 3; asked_answered_used++)
		hears(&second, "break_glass\n");
	hears(&second, "task\n");
	clinic_end(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(open_pages_hear_of_what_their_account_may_read_and_nobody_of_a_person),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
