/*
 * http.c - any bytes as what a stranger may write into a request: a path, a query, a cookie, header
 * values, and a path looked up in a table. What comes out is what went in, or a refusal.
 *
 * The first byte says which; the rest are the bytes.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "http/parse.h"
#include "http/path.h"

static void must(bool holds)
{
	if (!holds)
		abort();
}

static bool clean(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7F)
			return false;
	return str_utf8(s);
}

/* Encode all of it: decoding must give the same again. */
static void percent(struct buf *to, struct str s, bool in_path)
{
	for (size_t i = 0; i < s.n; i++)
		if (in_path && s.p[i] == '/')
			buf_char(to, '/');
		else
			buf_fmt(to, "%%%02X", (unsigned)(unsigned char)s.p[i]);
}

static void try_path(struct str raw, struct arena *a)
{
	static const struct http_pattern rows[] = {
		{ HTTP_GET, "/" },       { HTTP_GET, "/a/{id}" },     { HTTP_POST, "/a/{id}/b" },
		{ HTTP_GET, "/a/word" }, { HTTP_GET, "/t/{x:text}" },
	};
	CLEANUP(http_paths_end) struct http_paths *p = NULL;
	CLEANUP(buf_release) struct buf b = { 0 };
	struct http_match m = { 0 };
	struct str path, again;
	enum err e;

	if (http_parse_path(raw, a, &path))
		return;
	must(path.n > 0 && path.p[0] == '/' && clean(path));
	must(!memmem(path.p, path.n, "//", 2) && !memmem(path.p, path.n, "/../", 4));
	percent(&b, path, true);
	must(http_parse_path(buf_view(&b), a, &again) == OK && str_eq(path, again));
	must(http_paths_new(rows, ARRAY_LEN(rows), &p, NULL) == OK);
	e = http_paths_find(p, HTTP_GET, path, &m);
	must(e == OK || e == ERR_ABSENT || e == ERR_METHOD);
	if (!e && m.row == 1) {
		buf_clear(&b);
		buf_lit(&b, "/a/");
		buf_i64(&b, http_match_id(&m, "id"));
		must(str_eq(buf_view(&b), path)); /* one way to write a number */
	}
}

static void try_query(struct str raw, struct arena *a)
{
	CLEANUP(buf_release) struct buf b = { 0 };
	const struct http_pair *q, *again;
	size_t n, n_again;

	if (http_parse_query(raw, a, &q, &n))
		return;
	for (size_t i = 0; i < n; i++) {
		must(q[i].name.n > 0 && clean(q[i].name) && clean(q[i].value));
		if (i)
			buf_char(&b, '&');
		percent(&b, q[i].name, false);
		buf_char(&b, '=');
		percent(&b, q[i].value, false);
	}
	must(http_parse_query(buf_view(&b), a, &again, &n_again) == OK && n == n_again);
	for (size_t i = 0; i < n; i++)
		must(str_eq(q[i].name, again[i].name) && str_eq(q[i].value, again[i].value));
}

static void try_headers(struct str raw)
{
	struct str v = http_parse_cookie(raw, STR("session")), host;
	bool literal;

	must(!v.p || (v.p >= raw.p && v.p + v.n <= raw.p + raw.n));
	(void)http_parse_accepts(raw, STR("gzip"));
	(void)http_parse_names_tag(raw, STR("tag"));
	(void)http_parse_value(raw);
	if (http_parse_host(raw, &host, &literal))
		must(host.n > 0 && host.p == raw.p && host.n <= raw.n && clean(raw));
	v = http_parse_forwarded(raw);
	must(!v.p || (v.p >= raw.p && v.p + v.n <= raw.p + raw.n && clean(v)));
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	CLEANUP(arena_end) struct arena *a = NULL;
	struct str raw = { (const char *)p + 1, n - 1 };

	if (n == 0)
		return 0;
	must(arena_new(16 << 20, &a) == OK);
	if (p[0] % 3 == 0)
		try_path(raw, a);
	else if (p[0] % 3 == 1)
		try_query(raw, a);
	else
		try_headers(raw);
	return 0;
}
