/* http_requests.c - real sockets: what is asked is understood, and answered once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/json_read.h"
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
			       "X-One: 1\r\nCookie: a=b; session=s3cret; c\r\n", NULL, &a));
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

static void a_handler_may_set_each_header(void **state)
{
	CLEANUP(front_close) struct front f;
	CLEANUP(answer_end) struct answer a = { 0 };

	(void)state;
	opened(&f);
	assert_true(client_ask(f.port, "GET", "/all-headers", "", NULL, &a));
	assert_int_equal(a.status, 201);
	assert_true(str_eq(answer_header(&a, "Location"), STR("/there")));
	assert_true(str_eq(answer_header(&a, "Retry-After"), STR("7")));
	assert_true(str_eq(answer_header(&a, "ETag"), STR("\"v1\"")));
	assert_true(str_eq(answer_header(&a, "Content-Type"), STR("application/json")));
	assert_true(str_eq(answer_header(&a, "Cache-Control"), STR("no-store")));
	assert_true(str_eq(answer_header(&a, "Content-Disposition"),
			   STR("attachment; filename=\"______ _1_.csv\"; filename*=UTF-8''"
			       "%E5%90%8D%E5%8D%95%20%221%22.csv")));
	assert_true(str_eq(answer_header(&a, "Set-Cookie"),
			   STR("session=abc-_~1; Path=/; Max-Age=60; HttpOnly; SameSite=Strict")));
	assert_non_null(strstr(a.head.p, "old=; Path=/; Max-Age=0; HttpOnly"));
}

static void many_requests_share_a_connection(void **state)
{
	CLEANUP(front_close) struct front f;
	CLEANUP(client_close) struct client c = { 0 };
	CLEANUP(answer_end) struct answer a = { 0 };

	(void)state;
	opened(&f);
	assert_true(client_open(&c, f.port));
	for (int i = 0; i < 50; i++) {
		char text[200];

		snprintf(text, sizeof text,
			 i % 2 ? "GET /echo/%d HTTP/1.1\r\nHost: localhost\r\n\r\n"
			       : "POST /echo/%d HTTP/1.1\r\nHost: localhost\r\n"
				 "Content-Length: 4\r\n\r\nbody",
			 i);
		assert_true(client_send(&c, text));
		assert_true(client_read(&c, &a, false));
		snprintf(text, sizeof text, "path: /echo/%d\n", i);
		assert_true(answer_holds(&a, text));
		assert_int_equal(answer_holds(&a, "body: body"), i % 2 == 0);
	}
}

static void requests_sent_without_waiting_are_answered_in_order(void **state)
{
	CLEANUP(front_close) struct front f;
	CLEANUP(client_close) struct client c = { 0 };
	CLEANUP(answer_end) struct answer a = { 0 };

	(void)state;
	opened(&f);
	assert_true(client_open(&c, f.port));
	assert_true(client_send(&c,
				"GET /echo/1 HTTP/1.1\r\nHost: localhost\r\n\r\n"
				"POST /echo/2 HTTP/1.1\r\nHost: localhost\r\n"
				"Content-Length: 3\r\n\r\ntwo"
				"HEAD /echo/3 HTTP/1.1\r\nHost: localhost\r\n\r\n"
				"POST /echo/4 HTTP/1.1\r\nHost: localhost\r\n"
				"Transfer-Encoding: chunked\r\n\r\n2\r\nfo\r\n2\r\nur\r\n0\r\n\r\n"
				"GET /echo/5 HTTP/1.1\r\nHost: localhost\r\n\r\n"));
	assert_true(client_read(&c, &a, false) && answer_holds(&a, "path: /echo/1\n"));
	assert_true(client_read(&c, &a, false) && answer_holds(&a, "body: two"));
	assert_true(client_read(&c, &a, true) && a.status == 200);
	assert_true(client_read(&c, &a, false) && answer_holds(&a, "body: four"));
	assert_true(client_read(&c, &a, false) && answer_holds(&a, "path: /echo/5\n"));
}

static void a_body_may_come_in_chunks(void **state)
{
	CLEANUP(front_close) struct front f;
	CLEANUP(client_close) struct client c = { 0 };
	CLEANUP(answer_end) struct answer a = { 0 };

	(void)state;
	opened(&f);
	assert_true(client_open(&c, f.port));
	assert_true(client_send(&c, "POST /echo HTTP/1.1\r\nHost: localhost\r\n"
				    "Transfer-Encoding: chunked\r\n\r\n"));
	assert_true(client_send(&c, "3;what=ever\r\nab"));
	assert_true(client_send(&c, "c\r\n000A\r\n0123456789\r\n"));
	assert_true(client_send(&c, "0\r\nTrailer: x\r\n\r\n"));
	assert_true(client_read(&c, &a, false));
	assert_true(answer_holds(&a, "body: abc0123456789"));
}

static void head_says_what_get_would_and_sends_nothing(void **state)
{
	CLEANUP(front_close) struct front f;
	CLEANUP(answer_end) struct answer get = { 0 }, head = { 0 };

	(void)state;
	opened(&f);
	assert_true(client_ask(f.port, "GET", "/bytes/100", "", NULL, &get));
	assert_true(client_ask(f.port, "HEAD", "/bytes/100", "", NULL, &head));
	assert_int_equal(head.status, 200);
	assert_int_equal(get.body.n, 100);
	assert_true(str_eq(answer_header(&head, "Content-Length"), STR("100")));
	assert_true(str_eq(answer_header(&head, "ETag"), answer_header(&get, "ETag")));
	assert_true(client_ask(f.port, "HEAD", "/echo", "", NULL, &head));
	assert_true(client_ask(f.port, "HEAD", "/pieces/5", "", NULL, &head));
	assert_int_equal(head.status, 200);
}

static void what_the_caller_has_already_is_not_sent_again(void **state)
{
	CLEANUP(front_close) struct front f;
	CLEANUP(answer_end) struct answer a = { 0 };

	(void)state;
	opened(&f);
	assert_true(client_ask(f.port, "GET", "/bytes/9", "If-None-Match: \"x\", W/\"tag-9\"\r\n",
			       NULL, &a));
	assert_int_equal(a.status, 304);
	assert_int_equal(a.body.n, 0);
	assert_true(str_eq(answer_header(&a, "ETag"), STR("\"tag-9\"")));
	assert_true(
		client_ask(f.port, "GET", "/bytes/9", "If-None-Match: \"tag-8\"\r\n", NULL, &a));
	assert_int_equal(a.status, 200);
	assert_int_equal(a.body.n, 9);
}

static void a_long_body_is_made_while_it_is_sent(void **state)
{
	CLEANUP(front_close) struct front f;
	CLEANUP(answer_end) struct answer a = { 0 };

	(void)state;
	opened(&f);
	assert_true(client_ask(f.port, "GET", "/pieces/3000", "", NULL, &a));
	assert_int_equal(a.status, 200);
	assert_false(a.cut);
	assert_int_equal(a.body.n, 3000 * 1000);
	for (size_t i = 0; i < a.body.n; i++)
		assert_int_equal(a.body.p[i], 'a' + i % 1000 % 26);
	assert_true(client_ask(f.port, "GET", "/pieces/0", "", NULL, &a));
	assert_int_equal(a.body.n, 0);
}

static void a_body_that_breaks_off_cannot_be_taken_for_whole(void **state)
{
	CLEANUP(front_close) struct front f;
	CLEANUP(answer_end) struct answer a = { 0 };

	(void)state;
	opened(&f);
	assert_true(client_ask(f.port, "GET", "/broken/30", "", NULL, &a));
	assert_int_equal(a.status, 200);
	assert_true(a.cut);
	http_reap(f.h);
	front_wait_state(&f, "reply", 0);
}

static void an_old_client_is_answered_and_left(void **state)
{
	CLEANUP(front_close) struct front f;
	CLEANUP(client_close) struct client c = { 0 };
	CLEANUP(answer_end) struct answer a = { 0 };

	(void)state;
	opened(&f);
	assert_true(client_open(&c, f.port));
	assert_true(client_send(&c, "GET /pieces/3 HTTP/1.0\r\nHost: localhost\r\n\r\n"));
	assert_true(client_read(&c, &a, false));
	assert_int_equal(a.body.n, 3000);
	assert_true(client_ended(&c));
	client_close(&c);
	assert_true(client_open(&c, f.port));
	assert_true(client_send(&c, "GET /plain HTTP/1.1\r\nHost: localhost\r\n"
				    "Connection: close\r\n\r\n"));
	assert_true(client_read(&c, &a, false));
	assert_true(client_ended(&c));
}

/* ---- refusals ---- */

static void every_error_is_told_in_one_shape(void **state)
{
	CLEANUP(front_close) struct front f;
	CLEANUP(answer_end) struct answer a = { 0 };

	(void)state;
	opened(&f);
	for (int i = 1; i < ERR_N; i++) {
		enum err e = (enum err)i, said = e == ERR_FORBIDDEN ? ERR_ABSENT : e;
		CLEANUP(arena_end) struct arena *m = NULL;
		const struct json_node *v;
		bool ours = err_http(e) >= 500 && e != ERR_BUSY && e != ERR_NO_ROOM;
		bool hidden = said == ERR_ABSENT || ours;
		char target[40];

		snprintf(target, sizeof target, "/said/%d", i);
		assert_true(client_ask(f.port, "GET", target, "", NULL, &a));
		assert_int_equal(a.status, err_http(e));
		assert_int_equal(arena_new(1 << 20, &m), OK);
		assert_int_equal(json_read(buf_view(&a.body), &json_limits_request, m, &v, NULL),
				 OK);
		assert_int_equal(v->n, 5);
		assert_true(str_eq(json_at(v, "code")->text, str_of(err_word(said))));
		assert_true(str_eq(json_at(v, "message_zh")->text,
				   hidden ? str_of(err_zh(said)) : STR("说明")));
		assert_true(str_eq(json_at(v, "message_en")->text,
				   hidden ? str_of(err_en(said)) : STR("why")));
		assert_true(str_eq(json_at(v, "field")->text, hidden ? STR("") : STR("phone")));
		assert_true(str_eq(json_at(v, "where")->text, hidden ? STR("") : STR("row 3")));
		assert_int_equal(answer_header(&a, "Retry-After").p != NULL,
				 a.status == 503 || a.status == 429);
	}
}

/* All but what differs from any reply to any other: the moment, and the request's own name. */
static struct str without_names(struct answer *a)
{
	static const char *const names[] = { "Date", "Request-Id" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct str v = answer_header(a, names[i]);

		if (v.p)
			memset(a->head.p + (v.p - a->head.p), '-', v.n);
	}
	return buf_view(&a->head);
}

static void what_is_hidden_and_what_is_not_there_are_answered_alike(void **state)
{
	static const char *const targets[] = { "/refuse/10", "/said/10", "/nothing/1" };
	CLEANUP(front_close) struct front f;
	CLEANUP(answer_end) struct answer a = { 0 }, b = { 0 };
	char target[40];

	(void)state;
	opened(&f);
	assert_int_equal(err_http(ERR_FORBIDDEN), 404);
	snprintf(target, sizeof target, "/said/%d", ERR_ABSENT);
	assert_true(client_ask(f.port, "GET", target, "", NULL, &a));
	(void)without_names(&a);
	snprintf(target, sizeof target, "/said/%d", ERR_FORBIDDEN);
	assert_true(client_ask(f.port, "GET", target, "", NULL, &b));
	assert_true(str_eq(without_names(&a), without_names(&b)));
	assert_true(str_eq(buf_view(&a.body), buf_view(&b.body)));
	for (size_t i = 2; i < ARRAY_LEN(targets); i++) {
		assert_true(client_ask(f.port, "GET", targets[i], "", NULL, &b));
		assert_true(str_eq(without_names(&a), without_names(&b)));
		assert_true(str_eq(buf_view(&a.body), buf_view(&b.body)));
	}
	snprintf(target, sizeof target, "/nothing/1");
	assert_true(client_ask(f.port, "GET", target, "X-Begin: forbidden\r\n", NULL, &b));
	assert_true(str_eq(without_names(&a), without_names(&b)));
	assert_true(str_eq(buf_view(&a.body), buf_view(&b.body)));
}

static void what_two_readers_could_read_in_two_ways_is_refused(void **state)
{
	static const char *const bad[] = {
		"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n"
		"Content-Length: 2\r\n\r\nab",
		"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n"
		"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\nab",
		"POST /echo HTTP/1.1\r\nHost: localhost\r\n"
		"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
		"POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
		"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
		"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1x\r\n\r\na",
		"POST /echo HTTP/1.1\r\nHost: localhost\r\n"
		"Content-Length: 99999999999999999999\r\n\r\n",
		"GET /plain HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
		"GET /plain HTTP/1.1\r\n\r\n",
		"GET /plain HTTP/1.1\r\nHost: \r\n\r\n",
		"GET /plain HTTP/1.1\r\nHost: a b\r\n\r\n",
		"GET /plain HTTP/1.1\r\nHost: localhost\r\nX: a\x01"
		"b\r\n\r\n",
		"GET /plain HTTP/1.1\r\nHost: localhost\r\nX: \xff\r\n\r\n",
		"GET /pl%00ain HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"GET /a/../plain HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"GET plain HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"GET http://localhost/plain HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"GET /plain?a=1&a=2 HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"GET /plain?a=%zz HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"POST /echo HTTP/1.1\r\nHost: localhost\r\n"
		"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
	};
	CLEANUP(front_close) struct front f;
	unsigned before;

	(void)state;
	opened(&f);
	before = front_handled();
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		CLEANUP(client_close) struct client c = { 0 };
		CLEANUP(answer_end) struct answer a = { 0 };

		assert_true(client_open(&c, f.port));
		assert_true(client_send(&c, bad[i]));
		assert_true(client_read(&c, &a, false));
		if (a.status / 100 != 4)
			print_message("%s -> %d\n", bad[i], a.status);
		assert_int_equal(a.status / 100, 4);
		/*
		 * After a wrong query it is still clear where the next request begins. To a wrong
		 * length libmicrohttpd itself replies, and puts its headers twice before it ends.
		 */
		assert_true(strchr(bad[i], '?') || !answer_header(&a, "Request-Id").p ||
			    client_ended(&c));
	}
	assert_int_equal(front_handled(), before);
}

static void a_method_nobody_knows_is_said_to_be_so(void **state)
{
	static const char *const words[] = { "TRACE", "CONNECT", "PROPFIND", "get" };
	CLEANUP(front_close) struct front f;
	CLEANUP(answer_end) struct answer a = { 0 };

	(void)state;
	opened(&f);
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		assert_true(client_ask(f.port, words[i], "/plain", "", NULL, &a));
		assert_int_equal(a.status, 501);
		assert_true(answer_holds(&a, "\"code\":\"method\""));
	}
	assert_true(client_ask(f.port, "OPTIONS", "/echo", "", NULL, &a));
	assert_true(answer_holds(&a, "method: OPTIONS"));
}

/* ---- where it comes from ---- */

static void a_name_that_is_not_ours_is_refused_on_loopback(void **state)
{
	static const char *const ours[] = {
		"localhost", "LOCALHOST:1", "127.0.0.1:80", "[::1]", "outpost.county.example",
		"10.0.0.1"
	};
	static const char *const theirs[] = { "evil.example", "localhost.evil.example",
					      "county.example" };
	static const char *const names[] = { "outpost.county.example", NULL };
	CLEANUP(front_close) struct front f;

	(void)state;
	front_options(&f);
	f.o.names = names;
	front_open(&f);
	for (size_t i = 0; i < ARRAY_LEN(ours) + ARRAY_LEN(theirs); i++) {
		CLEANUP(client_close) struct client c = { 0 };
		CLEANUP(answer_end) struct answer a = { 0 };
		bool good = i < ARRAY_LEN(ours);
		char text[200];

		snprintf(text, sizeof text, "GET /plain HTTP/1.1\r\nHost: %s\r\n\r\n",
			 good ? ours[i] : theirs[i - ARRAY_LEN(ours)]);
		assert_true(client_open(&c, f.port));
		assert_true(client_send(&c, text) && client_read(&c, &a, false));
		assert_int_equal(a.status, good ? 200 : 403);
		assert_int_equal(answer_holds(&a, "\"code\":\"origin\""), !good);
	}
}

static void a_page_of_somebody_else_is_told_from_ours(void **state)
{
	static const struct {
		const char *headers, *said;
	} tries[] = {
		{ "", "origin: ok\n" },
		{ "Origin: http://localhost\r\n", "origin: ok\n" },
		{ "Origin: http://LOCALHOST\r\n", "origin: ok\n" },
		{ "Origin: https://localhost\r\n", "origin: origin\n" },
		{ "Origin: http://localhost:81\r\n", "origin: origin\n" },
		{ "Origin: http://evil.example\r\n", "origin: origin\n" },
		{ "Origin: null\r\n", "origin: origin\n" },
		{ "Sec-Fetch-Site: same-origin\r\n", "origin: ok\n" },
		{ "Sec-Fetch-Site: none\r\n", "origin: ok\n" },
		{ "Sec-Fetch-Site: same-site\r\n", "origin: origin\n" },
		{ "Sec-Fetch-Site: cross-site\r\n", "origin: origin\n" },
	};
	CLEANUP(front_close) struct front f;
	CLEANUP(answer_end) struct answer a = { 0 };

	(void)state;
	opened(&f);
	for (size_t i = 0; i < ARRAY_LEN(tries); i++) {
		assert_true(client_ask(f.port, "POST", "/echo", tries[i].headers, "x", &a));
		assert_true(answer_holds(&a, tries[i].said));
	}
}

static void a_proxy_is_believed_only_when_we_were_told_of_it(void **state)
{
	static const char headers[] = "X-Forwarded-For: 6.6.6.6, 10.1.2.3\r\n"
				      "X-Forwarded-Proto: https\r\n";
	CLEANUP(answer_end) struct answer a = { 0 };

	(void)state;
	for (int told = 0; told < 2; told++) {
		CLEANUP(front_close) struct front f;

		front_options(&f);
		f.o.behind_proxy = told;
		front_open(&f);
		assert_true(client_ask(f.port, "GET", "/echo", headers, NULL, &a));
		assert_true(answer_holds(&a, told ? "tls: 1\n" : "tls: 0\n"));
		assert_true(answer_holds(&a, told ? "peer: 10.1.2.3\n" : "peer: 127.0.0.1\n"));
		assert_int_equal(answer_header(&a, "Strict-Transport-Security").p != NULL, told);
		assert_true(client_ask(f.port, "GET", "/echo", "X-Forwarded-For: nobody\r\n", NULL,
				       &a));
		assert_true(answer_holds(&a, "peer: 127.0.0.1\n"));
	}
}

static void plain_http_is_for_this_machine_alone(void **state)
{
	static const struct {
		const char *listen;
		enum err e;
	} tries[] = {
		{ "0.0.0.0:0", ERR_USAGE },
		{ "[::]:0", ERR_USAGE },
		{ "10.0.0.1:80", ERR_USAGE },
		{ "localhost:0", ERR_USAGE },
		{ "127.0.0.1", ERR_USAGE },
		{ "127.0.0.1:x", ERR_USAGE },
		{ "127.0.0.1:", ERR_USAGE },
		{ "127.0.0.1:70000", ERR_USAGE },
		{ "", ERR_USAGE },
		{ "127.0.0.2:0", OK },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(tries); i++) {
		CLEANUP(http_end) struct http *h = NULL;
		CLEANUP(front_close) struct front f;
		struct fault why = { 0 };

		front_options(&f);
		f.o.listen = tries[i].listen;
		assert_int_equal(http_open(&f.o, &h, &why), tries[i].e);
		if (i < 3)
			assert_non_null(strstr(why.en, "plain HTTP may listen at this machine"));
		assert_int_equal(h != NULL, tries[i].e == OK);
	}
}

static void a_port_that_is_taken_is_said_to_be_so(void **state)
{
	CLEANUP(http_end) struct http *h = NULL;
	CLEANUP(front_close) struct front f;
	struct http_options o;
	struct fault why = { 0 };
	char listen[40];

	(void)state;
	opened(&f);
	snprintf(listen, sizeof listen, "http://127.0.0.1:%u", f.port);
	assert_string_equal(http_url(f.h), listen);
	o = f.o;
	o.metrics = NULL;
	o.listen = listen + 7;
	assert_int_equal(http_open(&o, &h, &why), ERR_IO);
	assert_non_null(strstr(why.en, "is taken by another program"));
}

/* ---- the log ---- */

static void the_log_tells_the_route_and_nothing_that_names_anybody(void **state)
{
	CLEANUP(front_close) struct front f;
	CLEANUP(answer_end) struct answer a = { 0 };
	CLEANUP(arena_end) struct arena *m = NULL;
	const struct json_node *v;
	const char *end;
	char said[40];

	(void)state;
	opened(&f);
	assert_int_equal(arena_new(1 << 20, &m), OK);
	assert_true(client_ask(f.port, "POST", "/echo/canary1?canary2=canary3",
			       "X-One: canary4\r\nCookie: session=canary5\r\n", "canary6", &a));
	front_wait_state(&f, "reply", 0); /* its line is written before its state is left */
	snprintf(said, sizeof said, "/said/%d?canary7=1", ERR_IO);
	assert_true(client_ask(f.port, "GET", said, "", NULL, &a));
	front_wait_state(&f, "reply", 0);
	http_reap(f.h);
	buf_char(&f.log, '\0');
	assert_null(strstr(f.log.p, "canary"));
	assert_null(strstr(f.log.p, "127.0.0.1"));
	end = strchr(f.log.p, '\n');
	assert_non_null(end);
	assert_int_equal(json_read((struct str){ f.log.p, (size_t)(end - f.log.p) },
				   &json_limits_request, m, &v, NULL),
			 OK);
	assert_true(str_eq(json_at(v, "event")->text, STR("request")));
	assert_true(str_eq(json_at(v, "method")->text, STR("POST")));
	assert_true(str_eq(json_at(v, "route")->text, STR("/test")));
	assert_int_equal(json_at(v, "status")->i, 200);
	assert_int_equal(json_at(v, "id")->text.n, 16);
	assert_true(json_at(v, "bytes")->i > 0);
	assert_null(json_at(v, "refused"));
	/* What broke with us is told at once, with what to look for. */
	assert_non_null(strstr(end, "\"status\":500"));
	assert_non_null(strstr(end, "\"refused\":\"io\",\"why\":\"why\""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_comes_in_and_its_reply_goes_out),
		cmocka_unit_test(every_reply_carries_what_protects_the_browser),
		cmocka_unit_test(a_handler_may_set_each_header),
		cmocka_unit_test(many_requests_share_a_connection),
		cmocka_unit_test(requests_sent_without_waiting_are_answered_in_order),
		cmocka_unit_test(a_body_may_come_in_chunks),
		cmocka_unit_test(head_says_what_get_would_and_sends_nothing),
		cmocka_unit_test(what_the_caller_has_already_is_not_sent_again),
		cmocka_unit_test(a_long_body_is_made_while_it_is_sent),
		cmocka_unit_test(a_body_that_breaks_off_cannot_be_taken_for_whole),
		cmocka_unit_test(an_old_client_is_answered_and_left),
		cmocka_unit_test(every_error_is_told_in_one_shape),
		cmocka_unit_test(what_is_hidden_and_what_is_not_there_are_answered_alike),
		cmocka_unit_test(what_two_readers_could_read_in_two_ways_is_refused),
		cmocka_unit_test(a_method_nobody_knows_is_said_to_be_so),
		cmocka_unit_test(a_name_that_is_not_ours_is_refused_on_loopback),
		cmocka_unit_test(a_page_of_somebody_else_is_told_from_ours),
		cmocka_unit_test(a_proxy_is_believed_only_when_we_were_told_of_it),
		cmocka_unit_test(plain_http_is_for_this_machine_alone),
		cmocka_unit_test(a_port_that_is_taken_is_said_to_be_so),
		cmocka_unit_test(the_log_tells_the_route_and_nothing_that_names_anybody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
