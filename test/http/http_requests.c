/* http_requests.c - real sockets: what is asked is understood, and answered once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "support/front.h"

static void opened(struct front *f)
{
	front_options(f);
	front_open(f);
}

static void a_request_comes_in_and_its_reply_goes_out(void **state)
{
	CLEANUP(front_close) struct front f;
	CLEANUP(answer_end) struct answer a = { 0 };

	(void)state;
	opened(&f);
	assert_true(client_ask(f.port, "GET", "/echo/a%20%E5%89%8D?x=1&y=%26+b&z",
			       "X-One: 1\r\n"
			       "Cookie: a=b; session=s3cret; c\r\n",
			       NULL, &a));
	assert_int_equal(a.status, 200);
	assert_true(answer_holds(&a, "method: GET\nhead: 0\ntls: 0\npath: /echo/a 前\n"
				     "peer: 127.0.0.1\nquery x: 1\nquery y: & b\nquery z: \n"
				     "Host: localhost\nX-One: 1\ncookie: s3cret\norigin: ok\n"));
	assert_true(str_eq(answer_header(&a, "Content-Type"), STR("text/plain; charset=utf-8")));
}

static void every_reply_carries_what_protects_the_browser(void **state)
{
	CLEANUP(front_close) struct front f;
	CLEANUP(answer_end) struct answer a = { 0 };
	static const char *const targets[] = { "/plain", "/refuse/9", "/nothing-here",
					       "/a//b",  "/bytes/10", "/pieces/2" };

	(void)state;
	opened(&f);
	for (size_t i = 0; i < ARRAY_LEN(targets); i++) {
		assert_true(client_ask(f.port, "GET", targets[i], "", NULL, &a));
		assert_true(memmem(a.head.p, a.head.n, "frame-ancestors 'none'", 22));
		assert_true(str_eq(answer_header(&a, "X-Content-Type-Options"), STR("nosniff")));
		assert_true(str_eq(answer_header(&a, "Referrer-Policy"), STR("no-referrer")));
		assert_null(answer_header(&a, "Strict-Transport-Security").p);
		assert_null(answer_header(&a, "Access-Control-Allow-Origin").p);
		assert_non_null(answer_header(&a, "Cache-Control").p);
		assert_int_equal(answer_header(&a, "Request-Id").n, 16);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_comes_in_and_its_reply_goes_out),
		cmocka_unit_test(every_reply_carries_what_protects_the_browser),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
