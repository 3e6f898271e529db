/* http_streams.c - what is published reaches those who want it, and nobody waits for the slow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "http/stream.h"
#include "support/front.h"

static void opened(struct front *f)
{
	front_options(f);
	front_open(f);
}

static void ask_for(struct client *c, uint16_t port, int area)
{
	char text[100];

	snprintf(text, sizeof text, "GET /stream/%d HTTP/1.1\r\nHost: localhost\r\n\r\n", area);
	assert_true(client_open_narrow(c, port));
	assert_true(client_send(c, text));
}

static void listening(struct client *c, uint16_t port, int area)
{
	CLEANUP(answer_end) struct answer a = { 0 };

	ask_for(c, port, area);
	assert_true(client_read_head(c, &a));
	assert_int_equal(a.status, 200);
	assert_true(str_eq(answer_header(&a, "Content-Type"), STR("text/event-stream")));
	assert_true(str_eq(answer_header(&a, "Cache-Control"), STR("no-store")));
	assert_true(client_wait(c, "event: hello\ndata: \n\n"));
}

static void publish(const struct front *f, int64_t area, const char *data)
{
	const struct http_event ev = { STR("task"), area, str_of(data), 0 };

	assert_int_equal(http_publish(f->h, &ev), OK);
}

static void an_event_reaches_who_wants_it_and_nobody_else(void **state)
{
	CLEANUP(front_close) struct front f;
	struct client c[3] = { 0 };

	(void)state;
	opened(&f);
	listening(&c[0], f.port, 1);
	listening(&c[1], f.port, 1);
	listening(&c[2], f.port, 2);
	publish(&f, 1, "{\"n\":1}");
	publish(&f, 2, "{\"n\":2}");
	publish(&f, 3, "{\"n\":3}");
	publish(&f, 1, "{\"n\":4}");
	publish(&f, 2, "{\"n\":5}");
	for (int i = 0; i < 2; i++) {
		assert_true(client_wait(&c[i], "event: task\ndata: {\"n\":1}\n\n"));
		assert_true(client_wait(&c[i], "event: task\ndata: {\"n\":4}\n\n"));
	}
	assert_true(client_wait(&c[2], "event: task\ndata: {\"n\":2}\n\n"));
	assert_true(client_wait(&c[2], "event: task\ndata: {\"n\":5}\n\n"));
	for (int i = 0; i < 3; i++) {
		/* Nothing else came before the last it waits for. */
		assert_null(c[i].in.n ? memmem(c[i].in.p, c[i].in.n, "\"n\":3", 5) : NULL);
		client_close(&c[i]);
	}
}

static void a_silent_stream_gives_a_sign_of_life(void **state)
{
	CLEANUP(front_close) struct front f;
	CLEANUP(client_close) struct client c = { 0 };

	(void)state;
	front_options(&f);
	f.o.reply_s = 1 << 20; /* time leaps here, and a sign of life has some of it to arrive */
	front_open(&f);
	listening(&c, f.port, 1);
	for (int i = 0; i < 3; i++) /* it may not be silent yet when time first passes */
		while (!client_sees(&c, ":\n\n"))
			front_pass(&f, f.o.heartbeat_s);
	publish(&f, 1, "still there");
	assert_true(client_wait(&c, "data: still there"));
}

static void a_client_that_is_gone_is_noticed_by_the_next_sign_of_life(void **state)
{
	CLEANUP(front_close) struct front f;
	struct client c[20] = { 0 };

	(void)state;
	opened(&f);
	for (size_t i = 0; i < ARRAY_LEN(c); i++)
		listening(&c[i], f.port, 1);
	assert_int_equal(http_streams(f.h), ARRAY_LEN(c));
	for (size_t i = 0; i < ARRAY_LEN(c); i++)
		client_close(&c[i]);
	while (http_streams(f.h) > 0)
		front_pass(&f, f.o.heartbeat_s);
}

static void who_does_not_read_is_cut_and_the_others_get_everything(void **state)
{
	enum { EVENTS = 200 };
	CLEANUP(front_close) struct front f;
	CLEANUP(client_close) struct client slow = { 0 }, quick = { 0 };
	CLEANUP(buf_release) struct buf data = { 0 };
	char last[40];

	(void)state;
	opened(&f);
	listening(&slow, f.port, 1);
	listening(&quick, f.port, 1);
	while (data.n < 100000)
		buf_char(&data, 'x');
	for (int i = 0; i < EVENTS; i++) {
		const struct http_event ev = { STR("task"), 1, buf_view(&data), 0 };

		assert_int_equal(http_publish(f.h, &ev), OK);
		snprintf(last, sizeof last, "event %d", i);
		publish(&f, 1, last);
		assert_true(client_wait(&quick, last));
	}
	assert_int_equal(front_figure(&f, "outpost_http_cut_total{state=\"stream\"}"), 1);
	while (http_streams(f.h) > 1)
		sched_yield();
	assert_false(client_wait(&slow, last));
}

static void who_stops_reading_in_the_middle_is_cut_when_its_time_is_over(void **state)
{
	CLEANUP(front_close) struct front f;
	CLEANUP(client_close) struct client c = { 0 };
	CLEANUP(buf_release) struct buf data = { 0 };

	(void)state;
	opened(&f);
	listening(&c, f.port, 1);
	while (data.n < 12 << 20) /* more than all buffers between us */
		buf_char(&data, 'x');
	const struct http_event ev = { STR("task"), 1, buf_view(&data), 0 };

	assert_int_equal(http_publish(f.h, &ev), OK);
	front_pass(&f, f.o.reply_s - 1);
	assert_int_equal(http_streams(f.h), 1);
	front_pass(&f, f.o.reply_s + 1);
	while (http_streams(f.h) > 0)
		sched_yield();
	assert_int_equal(front_figure(&f, "outpost_http_cut_total{state=\"stream\"}"), 1);
}

static void there_are_so_many_streams_and_no_more(void **state)
{
	CLEANUP(front_close) struct front f;
	struct client c[3] = { 0 };
	CLEANUP(answer_end) struct answer a = { 0 };

	(void)state;
	front_options(&f);
	f.o.streams_max = 2;
	front_open(&f);
	listening(&c[0], f.port, 1);
	listening(&c[1], f.port, 1);
	ask_for(&c[2], f.port, 1);
	assert_true(client_read(&c[2], &a, false));
	assert_int_equal(a.status, 503);
	assert_true(answer_holds(&a, "\"code\":\"busy\""));
	client_close(&c[0]);
	while (http_streams(f.h) > 1)
		front_pass(&f, f.o.heartbeat_s);
	client_close(&c[2]);
	listening(&c[2], f.port, 1);
	client_close(&c[1]);
	client_close(&c[2]);
}

static bool is_area(void *audience_arg, void *arg)
{
	return *(int64_t *)audience_arg == *(int64_t *)arg;
}

static void a_stream_whose_right_was_withdrawn_ends(void **state)
{
	CLEANUP(front_close) struct front f;
	CLEANUP(client_close) struct client one = { 0 }, two = { 0 };
	int64_t area = 1;

	(void)state;
	opened(&f);
	listening(&one, f.port, 1);
	listening(&two, f.port, 2);
	publish(&f, 1, "before");
	http_stream_close_if(f.h, is_area, &area);
	publish(&f, 1, "after");
	publish(&f, 2, "two");
	assert_true(client_wait(&one, "before\n\n"));
	assert_true(client_wait(&one, "0\r\n\r\n")); /* a whole reply, and its end */
	assert_true(client_wait(&two, "two\n\n"));
}

static void stopping_ends_every_stream_properly(void **state)
{
	CLEANUP(front_close) struct front f;
	struct client c[10] = { 0 };

	(void)state;
	opened(&f);
	for (size_t i = 0; i < ARRAY_LEN(c); i++)
		listening(&c[i], f.port, 1);
	(void)http_stop(f.h, 0);
	for (size_t i = 0; i < ARRAY_LEN(c); i++) {
		assert_true(client_wait(&c[i], "0\r\n\r\n"));
		client_close(&c[i]);
	}
	assert_true(http_stop(f.h, 20));
}

static void head_of_a_stream_is_a_head_and_no_stream(void **state)
{
	CLEANUP(front_close) struct front f;
	CLEANUP(answer_end) struct answer a = { 0 };

	(void)state;
	opened(&f);
	assert_true(client_ask(f.port, "HEAD", "/stream/1", "", NULL, &a));
	assert_int_equal(a.status, 200);
	while (http_streams(f.h) > 0)
		sched_yield();
}

/* ---- many at once ---- */

enum { PUBLISHERS = 3, EVENTS = 40, LISTENERS = 6 };

static void *publish_many(void *arg)
{
	const struct front *f = arg;

	for (int i = 0; i < EVENTS; i++)
		publish(f, 1, "one of many");
	return NULL;
}

static void many_publish_at_once_and_every_listener_gets_each_once(void **state)
{
	CLEANUP(front_close) struct front f;
	struct client c[LISTENERS] = { 0 };
	pthread_t t[PUBLISHERS];

	(void)state;
	front_options(&f);
	f.o.stream_events_max = PUBLISHERS * EVENTS + 2;
	front_open(&f);
	for (size_t i = 0; i < LISTENERS; i++)
		listening(&c[i], f.port, 1);
	for (size_t i = 0; i < PUBLISHERS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, publish_many, &f), 0);
	for (int n = 0; n < 20; n++)
		front_pass(&f, 1); /* the reaper walks among them */
	for (size_t i = 0; i < PUBLISHERS; i++)
		pthread_join(t[i], NULL);
	publish(&f, 1, "the last");
	for (size_t i = 0; i < LISTENERS; i++) {
		for (int n = 0; n < PUBLISHERS * EVENTS; n++)
			assert_true(client_wait(&c[i], "data: one of many\n\n"));
		assert_true(client_wait(&c[i], "data: the last\n\n"));
		client_close(&c[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_reaches_who_wants_it_and_nobody_else),
		cmocka_unit_test(a_silent_stream_gives_a_sign_of_life),
		cmocka_unit_test(a_client_that_is_gone_is_noticed_by_the_next_sign_of_life),
		cmocka_unit_test(who_does_not_read_is_cut_and_the_others_get_everything),
		cmocka_unit_test(who_stops_reading_in_the_middle_is_cut_when_its_time_is_over),
		cmocka_unit_test(there_are_so_many_streams_and_no_more),
		cmocka_unit_test(a_stream_whose_right_was_withdrawn_ends),
		cmocka_unit_test(stopping_ends_every_stream_properly),
		cmocka_unit_test(head_of_a_stream_is_a_head_and_no_stream),
		cmocka_unit_test(many_publish_at_once_and_every_listener_gets_each_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
