/* http_limits.c - what is too large, too slow or too much is cut, and everybody else is served. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "support/front.h"

static void others_are_served(const struct front *f)
{
	CLEANUP(answer_end) struct answer a = { 0 };

	assert_true(client_ask(f->port, "GET", "/plain", "", NULL, &a));
	assert_int_equal(a.status, 200);
}

static void opened(struct front *f)
{
	front_options(f);
	front_open(f);
}

/* ---- too large ---- */

static void headers_over_their_limit_are_refused(void **state)
{
	static const size_t sizes[] = { 7 << 10, 9 << 10, 100 << 10 };
	CLEANUP(front_close) struct front f;

	(void)state;
	opened(&f);
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		CLEANUP(client_close) struct client c = { 0 };
		CLEANUP(answer_end) struct answer a = { 0 };
		CLEANUP(buf_release) struct buf b = { 0 };

		buf_lit(&b, "GET /plain HTTP/1.1\r\nHost: localhost\r\nX: ");
		while (b.n < sizes[i])
			buf_char(&b, 'x');
		buf_lit(&b, "\r\n\r\n");
		assert_true(client_open(&c, f.port));
		(void)client_send_bytes(&c, b.p, b.n);
		assert_true(client_read(&c, &a, false));
		assert_int_equal(a.status, i == 0 ? 200 : 431);
		if (i == 1)
			assert_true(answer_holds(&a, "\"code\":\"too_large\""));
	}
	others_are_served(&f);
}

static void a_body_over_its_limit_is_refused_before_it_is_sent(void **state)
{
	CLEANUP(front_close) struct front f;
	CLEANUP(client_close) struct client c = { 0 };
	CLEANUP(answer_end) struct answer a = { 0 };
	unsigned before = front_handled();

	(void)state;
	opened(&f);
	/* Larger than what we would read to be polite: the reply comes, and then the end. */
	assert_true(client_open(&c, f.port));
	assert_true(client_send(&c, "POST /echo HTTP/1.1\r\nHost: localhost\r\n"
				    "Content-Length: 2000000\r\n\r\n"));
	assert_true(client_read(&c, &a, false));
	assert_int_equal(a.status, 413);
	assert_true(answer_holds(&a, "\"message_en\":\"the content has more than 1000 bytes\""));
	assert_true(client_ended(&c));
	assert_int_equal(front_handled(), before);
}

static void a_refused_body_that_is_small_is_read_and_the_connection_goes_on(void **state)
{
	static const char *const requests[] = {
		"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\n",
		"POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
		"1388\r\n",
		"GET /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\n",
		"POST /echo HTTP/1.1\r\nHost: localhost\r\nX-Begin: login\r\n"
		"Content-Length: 5000\r\n\r\n",
	};
	static const int statuses[] = { 413, 413, 413, 401 };
	CLEANUP(front_close) struct front f;
	CLEANUP(client_close) struct client c = { 0 };
	CLEANUP(answer_end) struct answer a = { 0 };
	char body[5000];
	unsigned before;

	(void)state;
	opened(&f);
	before = front_handled();
	memset(body, 'x', sizeof body);
	assert_true(client_open(&c, f.port));
	for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
		assert_true(client_send(&c, requests[i]));
		assert_true(client_send_bytes(&c, body, sizeof body));
		if (i == 1)
			assert_true(client_send(&c, "\r\n0\r\n\r\n"));
		assert_true(client_read(&c, &a, false));
		assert_int_equal(a.status, statuses[i]);
	}
	assert_int_equal(front_handled(), before);
	assert_true(client_send(&c, "GET /plain HTTP/1.1\r\nHost: localhost\r\n\r\n"));
	assert_true(client_read(&c, &a, false) && a.status == 200);
}

static void chunks_without_end_are_cut(void **state)
{
	CLEANUP(front_close) struct front f;
	CLEANUP(client_close) struct client c = { 0 };
	char chunk[1 << 16];
	int sent = 0;

	(void)state;
	opened(&f);
	memset(chunk, 'x', sizeof chunk);
	assert_true(client_open(&c, f.port));
	assert_true(client_send(&c, "POST /echo HTTP/1.1\r\nHost: localhost\r\n"
				    "Transfer-Encoding: chunked\r\n\r\n"));
	while (sent < 1000 && client_send(&c, "10000\r\n") &&
	       client_send_bytes(&c, chunk, sizeof chunk) && client_send(&c, "\r\n"))
		sent++;
	assert_in_range(sent, 1, 999);
	others_are_served(&f);
}

static void who_asks_first_is_told_before_the_body(void **state)
{
	CLEANUP(front_close) struct front f;
	CLEANUP(client_close) struct client c = { 0 };
	CLEANUP(answer_end) struct answer a = { 0 };

	(void)state;
	opened(&f);
	assert_true(client_open(&c, f.port));
	assert_true(client_send(&c, "POST /echo HTTP/1.1\r\nHost: localhost\r\n"
				    "Expect: 100-continue\r\nContent-Length: 4\r\n\r\n"));
	assert_true(client_read_head(&c, &a));
	assert_int_equal(a.status, 100);
	assert_true(client_send(&c, "body"));
	assert_true(client_read(&c, &a, false) && answer_holds(&a, "body: body"));
}

static void a_body_that_was_announced_is_counted_before_it_comes(void **state)
{
	CLEANUP(front_close) struct front f;
	CLEANUP(client_close) struct client c = { 0 };
	CLEANUP(answer_end) struct answer a = { 0 };

	(void)state;
	front_options(&f);
	f.o.memory_bytes_max = FRONT_LARGE_MAX + 1000;
	front_open(&f);
	assert_true(client_open(&c, f.port));
	assert_true(client_send(&c, "PUT /echo HTTP/1.1\r\nHost: localhost\r\n"
				    "Content-Length: 4194304\r\n\r\nx"));
	front_wait_state(&f, "body", 1);
	assert_int_equal(front_figure(&f, "outpost_http_memory_bytes"), FRONT_LARGE_MAX);
	/* One more does not fit: it is refused, the house stands, and a small one fits. */
	assert_true(client_ask(f.port, "PUT", "/echo", "Content-Length: 3000000\r\n", NULL, &a) ==
			    false ||
		    a.status == 503);
	assert_true(client_ask(f.port, "PUT", "/echo", "", "small", &a));
	assert_int_equal(a.status, 200);
	client_close(&c);
	front_wait_state(&f, "body", 0);
	assert_int_equal(front_figure(&f, "outpost_http_memory_bytes"), 0);
}

static void a_request_that_spends_its_memory_is_refused_and_the_house_stands(void **state)
{
	CLEANUP(front_close) struct front f;
	CLEANUP(answer_end) struct answer a = { 0 };

	(void)state;
	front_options(&f);
	f.o.request_bytes_max = 1 << 20;
	f.o.memory_bytes_max = 1 << 20;
	front_open(&f);
	for (int i = 0; i < 3; i++) {
		assert_true(client_ask(f.port, "GET", "/spend", "", NULL, &a));
		assert_int_equal(a.status, 503);
		assert_true(str_eq(answer_header(&a, "Retry-After"), STR("2")));
		assert_true(answer_holds(&a, "\"code\":\"memory\""));
	}
	assert_true(client_ask(f.port, "GET", "/bytes/2000000", "", NULL, &a));
	assert_int_equal(a.status, 503);
	assert_true(answer_holds(&a, "\"code\":\"busy\""));
	others_are_served(&f);
}

/* ---- too slow ---- */

static void cut_during(struct front *f, struct client *c, const char *state, unsigned limit_s)
{
	char series[80];

	snprintf(series, sizeof series, "outpost_http_cut_total{state=\"%s\"}", state);
	assert_int_equal(front_figure(f, series), 0);
	front_pass(f, limit_s - 1);
	assert_int_equal(front_figure(f, series), 0);
	others_are_served(f);
	front_pass(f, 1);
	assert_int_equal(front_figure(f, series), 1);
	assert_true(client_ended(c));
	others_are_served(f);
}

static void a_connection_that_asks_nothing_is_cut(void **state)
{
	CLEANUP(front_close) struct front f;
	CLEANUP(client_close) struct client c = { 0 };

	(void)state;
	opened(&f);
	assert_true(client_open(&c, f.port));
	front_wait_state(&f, "idle", 1);
	cut_during(&f, &c, "idle", f.o.header_s);
}

static void slow_headers_are_cut_however_often_a_byte_comes(void **state)
{
	CLEANUP(front_close) struct front f;
	CLEANUP(client_close) struct client c = { 0 };
	CLEANUP(answer_end) struct answer a = { 0 };

	(void)state;
	opened(&f);
	/* On a fresh connection, time runs from its opening. */
	assert_true(client_open(&c, f.port));
	front_wait_state(&f, "idle", 1);
	for (unsigned s = 0; s < f.o.header_s; s++) {
		assert_true(client_send(&c, s ? "x" : "GET /plain HTTP/1.1\r\nX-One: "));
		front_pass(&f, 1);
	}
	assert_true(client_ended(&c));
	client_close(&c);

	/* On one that was used before, from the request line. */
	assert_true(client_open(&c, f.port));
	assert_true(client_send(&c, "GET /plain HTTP/1.1\r\nHost: localhost\r\n\r\n"));
	assert_true(client_read(&c, &a, false));
	front_wait_state(&f, "idle", 1);
	assert_true(client_send(&c, "GET /plain HTTP/1.1\r\nHost:"));
	front_wait_state(&f, "header", 1);
	cut_during(&f, &c, "header", f.o.header_s);
}

static void a_slow_body_is_cut_however_often_a_byte_comes(void **state)
{
	CLEANUP(front_close) struct front f;
	CLEANUP(client_close) struct client c = { 0 };

	(void)state;
	opened(&f);
	assert_true(client_open(&c, f.port));
	assert_true(client_send(&c, "POST /echo HTTP/1.1\r\nHost: localhost\r\n"
				    "Content-Length: 900\r\n\r\nab"));
	front_wait_state(&f, "body", 1);
	for (unsigned s = 0; s + 1 < f.o.body_s; s++) {
		assert_true(client_send(&c, "x"));
		front_pass(&f, 1);
	}
	assert_int_equal(front_figure(&f, "outpost_http_cut_total{state=\"body\"}"), 0);
	front_pass(&f, 2);
	assert_int_equal(front_figure(&f, "outpost_http_cut_total{state=\"body\"}"), 1);
	assert_true(client_ended(&c));
	others_are_served(&f);
}

static void a_large_body_has_the_time_that_a_slow_line_needs(void **state)
{
	CLEANUP(front_close) struct front f;
	CLEANUP(client_close) struct client c = { 0 };

	(void)state;
	opened(&f);
	assert_true(client_open(&c, f.port));
	assert_true(client_send(&c, "PUT /echo HTTP/1.1\r\nHost: localhost\r\n"
				    "Content-Length: 4194304\r\n\r\nab"));
	front_wait_state(&f, "body", 1);
	/* 4 MiB at 16 KiB a second, and body_s. */
	front_pass(&f, 256 + f.o.body_s - 1);
	assert_int_equal(front_figure(&f, "outpost_http_cut_total{state=\"body\"}"), 0);
	front_pass(&f, 10);
	assert_int_equal(front_figure(&f, "outpost_http_cut_total{state=\"body\"}"), 1);
	assert_true(client_ended(&c));
}

/* Read what was sent before the end. */
static void drain(struct client *c)
{
	CLEANUP(answer_end) struct answer a = { 0 };

	assert_true(client_read(c, &a, false));
	assert_true(a.cut);
}

static void a_client_that_does_not_read_is_cut(void **state)
{
	static const char *const targets[] = { "/pieces/100000", "/bytes/33554432" };
	CLEANUP(front_close) struct front f;

	(void)state;
	opened(&f);
	for (size_t i = 0; i < ARRAY_LEN(targets); i++) {
		CLEANUP(client_close) struct client c = { 0 };
		char text[200];

		snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n",
			 targets[i]);
		assert_true(client_open_narrow(&c, f.port));
		assert_true(client_send(&c, text));
		front_wait_state(&f, "reply", 1);
		front_pass(&f, 1);
		others_are_served(&f);
		front_wait_state(&f, "reply", 1);
		/* As long as the buffers between us are being filled, pieces are being taken. */
		while (front_figure(&f, "outpost_http_cut_total{state=\"reply\"}") == (int64_t)i)
			front_pass(&f, f.o.reply_s + 33554432 / 16000);
		drain(&c);
		others_are_served(&f);
	}
	front_wait_state(&f, "reply", 0);
	front_wait_state(&f, "cut", 0);
	assert_int_equal(front_figure(&f, "outpost_http_memory_bytes"), 0);
}

static void time_does_not_run_against_who_waits_for_us(void **state)
{
	CLEANUP(front_close) struct front f;
	CLEANUP(client_close) struct client c = { 0 };
	CLEANUP(answer_end) struct answer a = { 0 };

	(void)state;
	opened(&f);
	assert_true(client_open(&c, f.port));
	assert_true(client_send(&c, "POST /wait HTTP/1.1\r\nHost: localhost\r\n"
				    "Content-Length: 0\r\n\r\n"));
	front_wait_for_waiting(1);
	front_pass(&f, 3600);
	front_let_go(1);
	assert_true(client_read(&c, &a, false));
	assert_int_equal(a.status, 200);
}

/* ---- too much ---- */

static void while_all_workers_wait_reading_goes_on_and_more_is_refused(void **state)
{
	enum { WORKERS = 4, WAITING = 2 };
	CLEANUP(front_close) struct front f;
	struct client c[WORKERS + WAITING] = { 0 };
	CLEANUP(answer_end) struct answer a = { 0 };

	(void)state;
	front_options(&f);
	f.o.workers = WORKERS;
	f.o.waiting_max = WAITING;
	front_open(&f);
	for (size_t i = 0; i < ARRAY_LEN(c); i++) {
		assert_true(client_open(&c[i], f.port));
		assert_true(client_send(&c[i], "POST /wait HTTP/1.1\r\nHost: localhost\r\n"
					       "Content-Length: 0\r\n\r\n"));
		if (i + 1 == WORKERS)
			front_wait_for_waiting(WORKERS);
	}
	front_wait_state(&f, "work", WORKERS + WAITING);
	others_are_served(&f);
	assert_true(client_ask(f.port, "POST", "/plain", "", "x", &a));
	assert_int_equal(a.status, 503);
	assert_non_null(answer_header(&a, "Retry-After").p);
	front_let_go(WORKERS + WAITING);
	for (size_t i = 0; i < ARRAY_LEN(c); i++) {
		assert_true(client_read(&c[i], &a, false));
		assert_int_equal(a.status, 200);
		client_close(&c[i]);
	}
	assert_true(client_ask(f.port, "POST", "/echo", "", "x", &a));
	assert_int_equal(a.status, 200);
}

static void one_address_has_so_many_connections_and_no_more(void **state)
{
	enum { MAX = 5, TRIED = 12 };
	CLEANUP(front_close) struct front f;
	struct client c[TRIED] = { 0 };
	CLEANUP(answer_end) struct answer a = { 0 };
	int served = 0;

	(void)state;
	front_options(&f);
	f.o.per_address_max = MAX;
	front_open(&f);
	for (size_t i = 0; i < TRIED; i++) {
		assert_true(client_open(&c[i], f.port));
		if (client_send(&c[i], "GET /plain HTTP/1.1\r\nHost: localhost\r\n\r\n") &&
		    client_read(&c[i], &a, false))
			served++;
	}
	assert_int_equal(served, MAX);
	client_close(&c[0]);
	front_wait_state(&f, "idle", MAX - 1);
	client_close(&c[TRIED - 1]);
	assert_true(client_open(&c[TRIED - 1], f.port));
	for (size_t i = 0; i < TRIED; i++)
		client_close(&c[i]);
}

/* ---- stopping ---- */

static void stopping_lets_what_runs_finish_and_takes_nothing_new(void **state)
{
	CLEANUP(front_close) struct front f;
	struct client busy = { 0 }, idle = { 0 }, late = { 0 };
	CLEANUP(answer_end) struct answer a = { 0 };

	(void)state;
	opened(&f);
	assert_true(client_open(&busy, f.port) && client_open(&idle, f.port));
	assert_true(client_send(&busy, "POST /wait HTTP/1.1\r\nHost: localhost\r\n"
				       "Content-Length: 0\r\n\r\n"));
	front_wait_for_waiting(1);
	front_wait_state(&f, "idle", 1);
	assert_false(http_stop(f.h, 0));
	assert_true(client_ended(&idle));
	assert_false(client_open(&late, f.port) &&
		     client_send(&late, "GET /plain HTTP/1.1\r\nHost: localhost\r\n\r\n") &&
		     client_read(&late, &a, false));
	front_let_go(1);
	assert_true(client_read(&busy, &a, false));
	assert_int_equal(a.status, 200);
	assert_true(str_eq(answer_header(&a, "Connection"), STR("close")));
	assert_true(client_ended(&busy));
	assert_true(http_stop(f.h, 20));
	client_close(&busy);
	client_close(&idle);
	client_close(&late);
}

static void closing_cuts_what_does_not_finish(void **state)
{
	struct front f;
	struct client c[3] = { 0 };
	CLEANUP(answer_end) struct answer a = { 0 };

	(void)state;
	opened(&f);
	for (size_t i = 0; i < ARRAY_LEN(c); i++)
		assert_true(client_open_narrow(&c[i], f.port));
	assert_true(client_send(&c[0], "GET /pieces/100000 HTTP/1.1\r\nHost: localhost\r\n\r\n"));
	assert_true(client_send(&c[1], "GET /stream/1 HTTP/1.1\r\nHost: localhost\r\n\r\n"));
	assert_true(client_send(&c[2], "POST /echo HTTP/1.1\r\nHost: localhost\r\n"
				       "Content-Length: 9\r\n\r\nhalf"));
	front_wait_state(&f, "reply", 1);
	front_wait_state(&f, "stream", 1);
	front_wait_state(&f, "body", 1);
	assert_false(http_stop(f.h, 0));
	front_close(&f);
	assert_true(client_read(&c[0], &a, false) && a.cut);
	assert_true(client_ended(&c[2]));
	for (size_t i = 0; i < ARRAY_LEN(c); i++)
		client_close(&c[i]);
}

static void a_server_can_be_opened_and_closed_with_nobody_there(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		struct front f;

		front_options(&f);
		f.o.threads = 1 + (unsigned)i % 3;
		f.o.workers = (unsigned)i % 2;
		f.o.by_hand = i % 4 != 0;
		front_open(&f);
		if (i % 2)
			assert_true(http_stop(f.h, 0));
		front_close(&f);
	}
	http_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers_over_their_limit_are_refused),
		cmocka_unit_test(a_body_over_its_limit_is_refused_before_it_is_sent),
		cmocka_unit_test(a_refused_body_that_is_small_is_read_and_the_connection_goes_on),
		cmocka_unit_test(chunks_without_end_are_cut),
		cmocka_unit_test(who_asks_first_is_told_before_the_body),
		cmocka_unit_test(a_body_that_was_announced_is_counted_before_it_comes),
		cmocka_unit_test(a_request_that_spends_its_memory_is_refused_and_the_house_stands),
		cmocka_unit_test(a_connection_that_asks_nothing_is_cut),
		cmocka_unit_test(slow_headers_are_cut_however_often_a_byte_comes),
		cmocka_unit_test(a_slow_body_is_cut_however_often_a_byte_comes),
		cmocka_unit_test(a_large_body_has_the_time_that_a_slow_line_needs),
		cmocka_unit_test(a_client_that_does_not_read_is_cut),
		cmocka_unit_test(time_does_not_run_against_who_waits_for_us),
		cmocka_unit_test(while_all_workers_wait_reading_goes_on_and_more_is_refused),
		cmocka_unit_test(one_address_has_so_many_connections_and_no_more),
		cmocka_unit_test(stopping_lets_what_runs_finish_and_takes_nothing_new),
		cmocka_unit_test(closing_cuts_what_does_not_finish),
		cmocka_unit_test(a_server_can_be_opened_and_closed_with_nobody_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
