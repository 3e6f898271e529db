/* http_assets.c - the console comes out of the program, packed or not, and is asked for once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "support/front.h"

/* What `gzip -9n` makes of "pack me\n" and of "<p>page</p>\n". */
static const unsigned char script[] = {
	0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x2b, 0x48, 0x4c, 0xce,
	0x56, 0xc8, 0x4d, 0xe5, 0x02, 0x00, 0xb1, 0xb3, 0x53, 0x9c, 0x08, 0x00, 0x00, 0x00,
};
static const unsigned char page[] = {
	0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xb3,
	0x29, 0xb0, 0x2b, 0x48, 0x4c, 0x4f, 0xb5, 0xd1, 0x2f, 0xb0, 0xe3,
	0x02, 0x00, 0x3c, 0xa2, 0x45, 0x71, 0x0c, 0x00, 0x00, 0x00,
};
static const struct http_asset files[] = {
	{ "/assets/x-AbC_123-.js", "text/javascript", "aa", script, script + sizeof script, 8,
	  true },
	{ "/index.html", "text/html", "bb", page, page + sizeof page, 12, false },
};
static const struct http_assets pack = { files, ARRAY_LEN(files) };
#define GZIP "Accept-Encoding: br, gzip\r\n"

static void opened(struct front *f)
{
	front_options(f);
	f->assets = &pack;
	front_open(f);
}

static void who_takes_gzip_gets_the_bytes_as_they_lie(void **state)
{
	CLEANUP(front_close) struct front f;
	CLEANUP(answer_end) struct answer a = { 0 };

	(void)state;
	opened(&f);
	assert_true(client_ask(f.port, "GET", "/assets/x-AbC_123-.js", GZIP, NULL, &a));
	assert_int_equal(a.status, 200);
	assert_true(str_eq(answer_header(&a, "Content-Encoding"), STR("gzip")));
	assert_true(str_eq(answer_header(&a, "Content-Type"), STR("text/javascript")));
	/* It may be a worker's: that asks its own server, and nobody else. */
	assert_true(str_eq(answer_header(&a, "Content-Security-Policy"),
			   STR("default-src 'none'; connect-src 'self'; frame-ancestors 'none'")));
	assert_true(str_eq(answer_header(&a, "Vary"), STR("Accept-Encoding")));
	assert_true(str_eq(answer_header(&a, "ETag"), STR("\"aa\"")));
	assert_true(str_eq(answer_header(&a, "Cache-Control"),
			   STR("public, max-age=31536000, immutable")));
	assert_int_equal(a.body.n, sizeof script);
	assert_memory_equal(a.body.p, script, sizeof script);
}

static void who_does_not_gets_them_unpacked_under_another_tag(void **state)
{
	CLEANUP(front_close) struct front f;
	CLEANUP(answer_end) struct answer a = { 0 };

	(void)state;
	opened(&f);
	assert_true(client_ask(f.port, "GET", "/index.html", "", NULL, &a));
	assert_null(answer_header(&a, "Content-Encoding").p);
	assert_true(str_eq(answer_header(&a, "ETag"), STR("\"bb-u\"")));
	assert_true(str_eq(answer_header(&a, "Cache-Control"), STR("no-cache")));
	assert_true(str_eq(buf_view(&a.body), STR("<p>page</p>\n")));
}

static void a_page_of_the_console_is_its_index_and_a_missing_file_is_absent(void **state)
{
	static const char *const pages[] = { "/", "/tasks", "/areas/430802/people" };
	static const char *const absent[] = { "/assets/gone.js", "/favicon.ico", "/a/b.html" };
	CLEANUP(front_close) struct front f;
	CLEANUP(answer_end) struct answer a = { 0 };

	(void)state;
	opened(&f);
	for (size_t i = 0; i < ARRAY_LEN(pages); i++) {
		assert_true(client_ask(f.port, "GET", pages[i], "", NULL, &a));
		assert_int_equal(a.status, 200);
		assert_true(answer_holds(&a, "<p>page</p>"));
		assert_true(str_eq(answer_header(&a, "Content-Security-Policy"),
				   STR("default-src 'self'; style-src 'self' 'unsafe-inline'; "
				       "img-src 'self' data: blob:; object-src 'none'; "
				       "base-uri 'self'; form-action 'self'; "
				       "frame-ancestors 'none'")));
	}
	for (size_t i = 0; i < ARRAY_LEN(absent); i++) {
		assert_true(client_ask(f.port, "GET", absent[i], "", NULL, &a));
		assert_int_equal(a.status, 404);
	}
	assert_true(client_ask(f.port, "POST", "/tasks", "", "x", &a));
	assert_int_equal(a.status, 404);
}

static void what_the_browser_has_already_is_not_sent_again(void **state)
{
	CLEANUP(front_close) struct front f;
	CLEANUP(answer_end) struct answer a = { 0 };

	(void)state;
	opened(&f);
	assert_true(client_ask(f.port, "GET", "/", GZIP "If-None-Match: \"bb\"\r\n", NULL, &a));
	assert_int_equal(a.status, 304);
	assert_int_equal(a.body.n, 0);
	assert_true(str_eq(answer_header(&a, "ETag"), STR("\"bb\"")));
	assert_true(client_ask(f.port, "GET", "/", "If-None-Match: \"bb\"\r\n", NULL, &a));
	assert_int_equal(a.status, 200);
	assert_true(client_ask(f.port, "GET", "/", "If-None-Match: W/\"bb-u\"\r\n", NULL, &a));
	assert_int_equal(a.status, 304);
	assert_true(client_ask(f.port, "HEAD", "/", GZIP, NULL, &a));
	assert_int_equal(a.status, 200);
	assert_true(str_eq(answer_header(&a, "Content-Length"), STR("32")));
}

static void what_the_build_packed_is_sorted_and_has_an_index(void **state)
{
	bool index = false;

	(void)state;
	assert_true(http_console.n > 0);
	for (size_t i = 0; i < http_console.n; i++) {
		const struct http_asset *v = &http_console.v[i];

		assert_true(v->path[0] == '/' && v->gzip_end > v->gzip && strlen(v->etag) == 32);
		assert_true(v->gzip[0] == 0x1f && v->gzip[1] == 0x8b);
		index = index || strcmp(v->path, "/index.html") == 0;
		if (i > 0)
			assert_true(str_cmp(str_of(v[-1].path), str_of(v->path)) < 0);
	}
	assert_true(index);
}

static void every_packed_file_unpacks_to_the_size_it_had(void **state)
{
	CLEANUP(front_close) struct front f;
	CLEANUP(answer_end) struct answer a = { 0 };

	(void)state;
	front_options(&f);
	f.assets = &http_console;
	front_open(&f);
	for (size_t i = 0; i < http_console.n; i++) {
		assert_true(client_ask(f.port, "GET", http_console.v[i].path, "", NULL, &a));
		assert_int_equal(a.status, 200);
		assert_int_equal(a.body.n, http_console.v[i].bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_takes_gzip_gets_the_bytes_as_they_lie),
		cmocka_unit_test(who_does_not_gets_them_unpacked_under_another_tag),
		cmocka_unit_test(a_page_of_the_console_is_its_index_and_a_missing_file_is_absent),
		cmocka_unit_test(what_the_browser_has_already_is_not_sent_again),
		cmocka_unit_test(what_the_build_packed_is_sorted_and_has_an_index),
		cmocka_unit_test(every_packed_file_unpacks_to_the_size_it_had),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
