/* http_faults.c - whichever allocation fails, a reply says so or ends, and the house stands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/memory.h"
#include "http/stream.h"
#include "support/front.h"

/* The countdown counts everybody's allocations: so this client makes none while it is armed. */
static int status_of(const struct client *c)
{
	char text[4096];
	size_t n = 0;
	ssize_t k;

	while (n < 12 && (k = recv(c->fd, text + n, sizeof text - n, 0)) > 0)
		n += (size_t)k;
	return n < 12 ? 0 : (text[9] - '0') * 100 + (text[10] - '0') * 10 + text[11] - '0';
}

static void sweep(const char *request, int good)
{
	uint64_t k;

	for (k = 1;; k++) {
		CLEANUP(front_close) struct front f;
		CLEANUP(client_close) struct client c = { 0 };
		CLEANUP(answer_end) struct answer a = { 0 };
		bool struck;
		int status;

		front_options(&f);
		f.o.threads = 1;
		front_open(&f);
		buf_put(&f.log, (char[4096]){ 0 }, 4096); /* the log's keeper is the test's, too */
		assert_true(client_open(&c, f.port));
		mem_fail_at(k, false);
		assert_true(client_send(&c, request));
		status = status_of(&c);
		struck = mem_calls() >= k;
		mem_fail_at(0, false);
		if (!struck)
			assert_int_equal(status, good);
		else
			assert_true(status == good || status == 503 || status == 0);
		/* Whatever it was, the next is served. */
		assert_true(client_ask(f.port, "GET", "/plain", "", NULL, &a));
		assert_int_equal(a.status, 200);
		if (!struck)
			break;
	}
	assert_in_range(k, 3, 200);
}

static void a_get_survives_every_failed_allocation(void **state)
{
	(void)state;
	sweep("GET /echo/x?a=1&b=2 HTTP/1.1\r\nHost: localhost\r\nCookie: session=1\r\n\r\n", 200);
}

static void a_post_survives_every_failed_allocation(void **state)
{
	(void)state;
	sweep("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbody", 200);
	sweep("POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
	      "4\r\nbody\r\n0\r\n\r\n",
	      200);
}

static void every_header_survives_every_failed_allocation(void **state)
{
	(void)state;
	sweep("GET /all-headers HTTP/1.1\r\nHost: localhost\r\n\r\n", 201);
}

static void a_body_made_while_sent_survives_every_failed_allocation(void **state)
{
	(void)state;
	sweep("GET /pieces/3 HTTP/1.1\r\nHost: localhost\r\n\r\n", 200);
}

static void a_stream_survives_every_failed_allocation(void **state)
{
	(void)state;
	sweep("GET /stream/1 HTTP/1.1\r\nHost: localhost\r\n\r\n", 200);
}

static void a_server_is_opened_whole_or_not_at_all(void **state)
{
	uint64_t k;

	(void)state;
	for (k = 1;; k++) {
		CLEANUP(http_end) struct http *h = NULL;
		CLEANUP(http_metrics_end) struct http_metrics *m = NULL;
		struct front f;
		struct fault why = { 0 };
		enum err e;

		front_options(&f);
		assert_int_equal(http_metrics_new(&m), OK);
		f.o.metrics = m;
		mem_fail_at(k, false);
		e = http_open(&f.o, &h, &why);
		mem_fail_at(0, false);
		if (!e)
			break;
		assert_int_equal(e, ERR_MEMORY);
		assert_int_equal(why.code, ERR_MEMORY);
		assert_null(h);
	}
	assert_true(k > 5);
}

static void an_event_that_cannot_be_told_is_said_to_be_so(void **state)
{
	const struct http_event ev = { STR("task"), 1, STR("x"), 0 };
	CLEANUP(front_close) struct front f;
	CLEANUP(client_close) struct client c = { 0 };

	(void)state;
	front_options(&f);
	front_open(&f);
	assert_true(client_open(&c, f.port));
	assert_true(client_send(&c, "GET /stream/1 HTTP/1.1\r\nHost: localhost\r\n\r\n"));
	assert_true(client_wait(&c, "event: hello"));
	for (uint64_t k = 1; k <= 2; k++) {
		mem_fail_at(k, true);
		assert_int_equal(http_publish(f.h, &ev), ERR_MEMORY);
		mem_fail_at(0, false);
	}
	assert_int_equal(http_publish(f.h, &ev), OK);
	assert_true(client_wait(&c, "data: x\n\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_get_survives_every_failed_allocation),
		cmocka_unit_test(a_post_survives_every_failed_allocation),
		cmocka_unit_test(every_header_survives_every_failed_allocation),
		cmocka_unit_test(a_body_made_while_sent_survives_every_failed_allocation),
		cmocka_unit_test(a_stream_survives_every_failed_allocation),
		cmocka_unit_test(a_server_is_opened_whole_or_not_at_all),
		cmocka_unit_test(an_event_that_cannot_be_told_is_said_to_be_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
