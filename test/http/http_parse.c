/* http_parse.c - paths, queries, cookies and header values: exactly right, or refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/dice.h"
#include "http/parse.h"

static struct arena *new_arena(void)
{
	struct arena *a = NULL;

	assert_int_equal(arena_new(8 << 20, &a), OK);
	return a;
}

static void a_path_is_decoded_once_and_nothing_in_it_is_mended(void **state)
{
	static const struct {
		const char *raw, *path;
		enum err e;
	} tries[] = {
		{ "/", "/", OK },
		{ "/a/b", "/a/b", OK },
		{ "/a/", "/a/", OK },
		{ "/a+b", "/a+b", OK },
		{ "/%e5%89%8D", "/前", OK },
		{ "/%2541", "/%41", OK },
		{ "/a%20b/...", "/a b/...", OK },
		{ "", "", ERR_SYNTAX },
		{ "a", "", ERR_SYNTAX },
		{ "*", "", ERR_SYNTAX },
		{ "http://x/", "", ERR_SYNTAX },
		{ "//a", "", ERR_SYNTAX },
		{ "/a//b", "", ERR_SYNTAX },
		{ "/.", "", ERR_SYNTAX },
		{ "/a/../b", "", ERR_SYNTAX },
		{ "/%2e%2E/b", "", ERR_SYNTAX },
		{ "/a%2Fb", "", ERR_SYNTAX },
		{ "/a%5cb", "", ERR_SYNTAX },
		{ "/a%00", "", ERR_SYNTAX },
		{ "/a%0a", "", ERR_SYNTAX },
		{ "/a%7f", "", ERR_SYNTAX },
		{ "/%", "", ERR_SYNTAX },
		{ "/%a", "", ERR_SYNTAX },
		{ "/%ag", "", ERR_SYNTAX },
		{ "/%u0041", "", ERR_SYNTAX },
		{ "/%ff", "", ERR_ENCODING },
		{ "/%c0%ae", "", ERR_ENCODING },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(tries); i++) {
		CLEANUP(arena_end) struct arena *a = new_arena();
		struct str path = STR("untouched");

		assert_int_equal(http_parse_path(str_of(tries[i].raw), a, &path), tries[i].e);
		assert_true(str_eq(path, tries[i].e ? STR("untouched") : str_of(tries[i].path)));
	}
}

static void a_query_has_names_and_no_name_twice(void **state)
{
	static const char *const bad[] = { "a=1&a=2", "a=1&%61=2", "=1",    "&",     "a=1&",
					   "a&&b",    "a=%0",      "a=%ff", "a=%00", "%zz=1" };
	CLEANUP(arena_end) struct arena *a = new_arena();
	const struct http_pair *q = NULL;
	CLEANUP(buf_release) struct buf b = { 0 };
	size_t n = 9;

	(void)state;
	assert_int_equal(http_parse_query(STR(""), a, &q, &n), OK);
	assert_int_equal(n, 0);
	assert_int_equal(http_parse_query(STR("a=1+2&b=%2B=%26&c&d="), a, &q, &n), OK);
	assert_int_equal(n, 4);
	assert_true(str_eq(q[0].name, STR("a")) && str_eq(q[0].value, STR("1 2")));
	assert_true(str_eq(q[1].name, STR("b")) && str_eq(q[1].value, STR("+=&")));
	assert_true(str_eq(q[2].name, STR("c")) && str_eq(q[2].value, STR("")));
	assert_true(str_eq(q[3].name, STR("d")) && str_eq(q[3].value, STR("")));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_not_equal(http_parse_query(str_of(bad[i]), a, &q, &n), OK);
	for (int i = 0; i < HTTP_QUERY_PAIRS_MAX; i++)
		buf_fmt(&b, "%sx%d=1", i ? "&" : "", i);
	assert_int_equal(http_parse_query(buf_view(&b), a, &q, &n), OK);
	buf_lit(&b, "&y=1");
	assert_int_equal(http_parse_query(buf_view(&b), a, &q, &n), ERR_SYNTAX);
}

/* Encode as a browser might: every byte may be written either way. */
static void encode(struct dice *d, struct str s, struct buf *to)
{
	for (size_t i = 0; i < s.n; i++)
		if (dice_chance(d, 0.5) || strchr("%&=+?#/", s.p[i]))
			buf_fmt(to, dice_chance(d, 0.5) ? "%%%02x" : "%%%02X",
				(unsigned)(unsigned char)s.p[i]);
		else if (s.p[i] == ' ')
			buf_char(to, '+');
		else
			buf_char(to, s.p[i]);
}

static void what_was_encoded_is_decoded_to_the_same(void **state)
{
	static const char *const words[] = {
		"a", "b c", "前哨", "%", "&=", "+", "x?y#", "𠀀", "\""
	};
	struct dice d = { 3 };

	(void)state;
	for (int i = 0; i < 5000; i++) {
		CLEANUP(arena_end) struct arena *a = new_arena();
		CLEANUP(buf_release) struct buf raw = { 0 };
		struct str meant[ARRAY_LEN(words)];
		const struct http_pair *q = NULL;
		size_t n = 1 + dice_below(&d, ARRAY_LEN(words)), n_read = 0;

		for (size_t k = 0; k < n; k++) {
			meant[k] = str_of(words[dice_below(&d, ARRAY_LEN(words))]);
			if (k)
				buf_char(&raw, '&');
			encode(&d, str_of(words[k]), &raw);
			buf_char(&raw, '=');
			encode(&d, meant[k], &raw);
		}
		assert_int_equal(http_parse_query(buf_view(&raw), a, &q, &n_read), OK);
		assert_int_equal(n_read, n);
		for (size_t k = 0; k < n; k++)
			assert_true(str_eq(q[k].name, str_of(words[k])) &&
				    str_eq(q[k].value, meant[k]));
	}
}

static void a_cookie_is_found_if_it_is_there_once(void **state)
{
	static const struct {
		const char *header, *value; /* NULL: not found */
	} tries[] = {
		{ "s=1", "1" },
		{ "a=2; s=1; b=3", "1" },
		{ "a=2;s=1", "1" },
		{ "s=", "" },
		{ "s=a=b", "a=b" },
		{ "ss=1; xs=2", NULL },
		{ "S=1", NULL },
		{ "s", NULL },
		{ "", NULL },
		{ "s=1; s=1", NULL },
		{ "s=1; s=2", NULL },
		{ ";;s=1;;", "1" },
		{ "a=\"; s=1\"", "1\"" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(tries); i++) {
		struct str v = http_parse_cookie(str_of(tries[i].header), STR("s"));

		assert_true(tries[i].value ? v.p && str_eq(v, str_of(tries[i].value)) : !v.p);
	}
}

static void who_takes_gzip_says_so(void **state)
{
	static const struct {
		const char *header;
		bool takes;
	} tries[] = {
		{ "gzip", true },
		{ "GZip", true },
		{ "deflate, gzip;q=1.0, *;q=0.5", true },
		{ "br;q=1.0,gzip;q=0.001", true },
		{ "*", true },
		{ "*;q=0, gzip", true },
		{ "", false },
		{ "br", false },
		{ "gzip;q=0", false },
		{ "gzip;q=0.000", false },
		{ "gzip ; q=0", false },
		{ "*;q=0", false },
		{ "*, gzip;q=0", false },
		{ "xgzip", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(tries); i++)
		assert_int_equal(http_parse_accepts(str_of(tries[i].header), STR("gzip")),
				 tries[i].takes);
	assert_false(http_parse_accepts((struct str){ 0 }, STR("gzip")));
}

static void a_tag_is_named_with_or_without_a_w(void **state)
{
	static const struct {
		const char *header;
		bool names;
	} tries[] = {
		{ "\"v1\"", true },    { "W/\"v1\"", true }, { "\"v0\", \"v1\"", true },
		{ "*", true },         { "v1", false },      { "\"v1", false },
		{ "\"v2\"", false },   { "", false },        { "\"v1x\"", false },
		{ "w/\"v1\"", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(tries); i++)
		assert_int_equal(http_parse_names_tag(str_of(tries[i].header), STR("v1")),
				 tries[i].names);
}

static void a_host_is_a_name_or_an_address_and_a_port(void **state)
{
	static const struct {
		const char *header, *host;
		bool literal;
	} tries[] = {
		{ "localhost", "localhost", false },
		{ "a-b.example.com:8443", "a-b.example.com", false },
		{ "127.0.0.1", "127.0.0.1", true },
		{ "127.0.0.1:80", "127.0.0.1", true },
		{ "[::1]:8080", "[::1]", true },
		{ "[fe80::1]", "[fe80::1]", true },
		{ "", NULL, false },
		{ ":80", NULL, false },
		{ "a:", NULL, false },
		{ "a:b", NULL, false },
		{ "a:123456", NULL, false },
		{ "a b", NULL, false },
		{ "a/b", NULL, false },
		{ "user@host", NULL, false },
		{ "::1", NULL, false },
		{ "[::1", NULL, false },
		{ "[localhost]", NULL, false },
		{ "[::1]x", NULL, false },
		{ "a,b", NULL, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(tries); i++) {
		struct str host = { 0 };
		bool literal = false;

		assert_int_equal(http_parse_host(str_of(tries[i].header), &host, &literal),
				 tries[i].host != NULL);
		if (tries[i].host)
			assert_true(str_eq(host, str_of(tries[i].host)) &&
				    literal == tries[i].literal);
	}
	assert_true(str_eq(http_parse_forwarded(STR("9.9.9.9, 10.0.0.7")), STR("10.0.0.7")));
	assert_true(str_eq(http_parse_forwarded(STR("2001:db8::1")), STR("2001:db8::1")));
	assert_null(http_parse_forwarded(STR("10.0.0.7, unknown")).p);
	assert_null(http_parse_forwarded(STR("")).p);
	assert_null(http_parse_forwarded((struct str){ 0 }).p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_is_decoded_once_and_nothing_in_it_is_mended),
		cmocka_unit_test(a_query_has_names_and_no_name_twice),
		cmocka_unit_test(what_was_encoded_is_decoded_to_the_same),
		cmocka_unit_test(a_cookie_is_found_if_it_is_there_once),
		cmocka_unit_test(who_takes_gzip_says_so),
		cmocka_unit_test(a_tag_is_named_with_or_without_a_w),
		cmocka_unit_test(a_host_is_a_name_or_an_address_and_a_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
