/* parse.c - see parse.h. */
#include "http/parse.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/ban.h"

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

bool http_parse_same(struct str a, struct str b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (lower(a.p[i]) != lower(b.p[i]))
			return false;
	return true;
}

static struct str part(struct str s, size_t from, size_t to)
{
	return (struct str){ s.p + from, to - from };
}

static struct str trimmed(struct str s)
{
	while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = part(s, 1, s.n);
	while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

/* Take the next piece of a list from *s, up to `mark`; false at the end. */
static bool next_piece(struct str *s, char mark, struct str *ret)
{
	const char *at;

	if (!s->p)
		return false;
	at = s->n ? memchr(s->p, mark, s->n) : NULL;
	*ret = trimmed(part(*s, 0, at ? (size_t)(at - s->p) : s->n));
	*s = at ? part(*s, (size_t)(at - s->p) + 1, s->n) : (struct str){ NULL, 0 };
	return true;
}

/* ---- percent-encoding ---- */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/*
 * Decoded into the arena; text without control bytes. In a path an encoded '/' is refused, for it
 * would make two segments of one; in a query '+' is a blank.
 */
static enum err decode(struct str raw, bool in_path, struct arena *a, struct str *ret)
{
	char *to;
	size_t n = 0;

	to = arena_take(a, raw.n + 1, 1);
	if (!to)
		return ERR_MEMORY;
	for (size_t i = 0; i < raw.n; i++) {
		char c = raw.p[i];

		if (c == '%') {
			int high = raw.n - i > 2 ? hex_digit(raw.p[i + 1]) : -1;
			int low = raw.n - i > 2 ? hex_digit(raw.p[i + 2]) : -1;

			if (high < 0 || low < 0)
				return ERR_SYNTAX;
			c = (char)(high << 4 | low);
			if (in_path && c == '/')
				return ERR_SYNTAX;
			i += 2;
		} else if (!in_path && c == '+') {
			c = ' ';
		}
		if ((unsigned char)c < 0x20 || c == 0x7F)
			return ERR_SYNTAX;
		to[n++] = c;
	}
	*ret = (struct str){ to, n };
	return str_utf8(*ret) ? OK : ERR_ENCODING;
}

enum err http_parse_path(struct str raw, struct arena *a, struct str *ret)
{
	struct str path, rest, segment;
	enum err e;

	if (raw.n == 0 || raw.p[0] != '/')
		return ERR_SYNTAX;
	e = decode(raw, true, a, &path);
	if (e)
		return e;
	rest = part(path, 1, path.n);
	/* A segment's blanks are its own: do not go through next_piece. */
	while (rest.n > 0) {
		const char *at = memchr(rest.p, '/', rest.n);

		segment = part(rest, 0, at ? (size_t)(at - rest.p) : rest.n);
		rest = part(rest, min_size(rest.n, segment.n + 1), rest.n);
		if (segment.n == 0 || str_eq(segment, STR(".")) || str_eq(segment, STR("..")) ||
		    memchr(segment.p, '\\', segment.n))
			return ERR_SYNTAX;
	}
	*ret = path;
	return OK;
}

enum err http_parse_query(struct str raw, struct arena *a, const struct http_pair **ret,
			  size_t *ret_n)
{
	struct http_pair *pairs;
	struct str rest = raw, one;
	size_t n = 1;

	if (raw.n == 0) {
		*ret = NULL;
		*ret_n = 0;
		return OK;
	}
	for (size_t i = 0; i < raw.n; i++)
		n += raw.p[i] == '&';
	if (n > HTTP_QUERY_PAIRS_MAX)
		return ERR_SYNTAX;
	pairs = arena_take(a, n, sizeof *pairs);
	if (!pairs)
		return ERR_MEMORY;
	for (n = 0; next_piece(&rest, '&', &one); n++) {
		struct str name, value = one;
		enum err e;

		/* After the loop's cut, a value keeps every further '=' it has. */
		(void)next_piece(&value, '=', &name);
		e = decode(name, false, a, &pairs[n].name);
		if (!e)
			e = decode(value.p ? value : STR(""), false, a, &pairs[n].value);
		if (e)
			return e;
		if (pairs[n].name.n == 0)
			return ERR_SYNTAX;
		for (size_t i = 0; i < n; i++)
			if (str_eq(pairs[i].name, pairs[n].name))
				return ERR_SYNTAX;
	}
	*ret = pairs;
	*ret_n = n;
	return OK;
}

/* ---- header values ---- */

bool http_parse_value(struct str value)
{
	for (size_t i = 0; i < value.n; i++)
		if (((unsigned char)value.p[i] < 0x20 && value.p[i] != '\t') || value.p[i] == 0x7F)
			return false;
	return str_utf8(value);
}

struct str http_parse_cookie(struct str header, struct str name)
{
	struct str found = { 0 }, rest = header, one;

	while (next_piece(&rest, ';', &one)) {
		struct str value = one, key;

		(void)next_piece(&value, '=', &key);
		if (!value.p || !str_eq(key, name))
			continue;
		if (found.p)
			return (struct str){ 0 };
		found = trimmed(value);
	}
	return found;
}

bool http_parse_accepts(struct str header, struct str word)
{
	struct str rest = header, one;
	bool any = false, said = false, takes = false;

	while (next_piece(&rest, ',', &one)) {
		struct str name, q;
		bool yes = true;

		(void)next_piece(&one, ';', &name);
		while (next_piece(&one, ';', &q))
			if (q.n >= 3 && lower(q.p[0]) == 'q' && q.p[1] == '=') {
				yes = false; /* "q=0", "q=0.", "q=0.000" */
				for (size_t i = 2; i < q.n; i++)
					yes = yes || (q.p[i] >= '1' && q.p[i] <= '9');
			}
		if (str_eq(name, STR("*")))
			any = yes;
		if (http_parse_same(name, word)) {
			said = true;
			takes = yes;
		}
	}
	return said ? takes : any;
}

bool http_parse_names_tag(struct str header, struct str tag)
{
	struct str rest = header, one;

	while (next_piece(&rest, ',', &one)) {
		if (str_eq(one, STR("*")))
			return true;
		if (one.n >= 2 && one.p[0] == 'W' && one.p[1] == '/')
			one = part(one, 2, one.n);
		if (one.n == tag.n + 2 && one.p[0] == '"' && one.p[one.n - 1] == '"' &&
		    str_eq(part(one, 1, one.n - 1), tag))
			return true;
	}
	return false;
}

static bool is_address(struct str s, int family)
{
	char text[INET6_ADDRSTRLEN], bytes[16];

	if (s.n == 0 || s.n >= sizeof text)
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	return strlen(text) == s.n && inet_pton(family, text, bytes) == 1;
}

static bool is_name(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = lower(s.p[i]);

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '.' && c != '-' &&
		    c != '_')
			return false;
	}
	return s.n > 0 && s.n < 254;
}

bool http_parse_host(struct str header, struct str *ret_host, bool *ret_literal)
{
	const char *end = NULL;
	struct str host, port;
	bool literal;

	if (header.n > 0 && header.p[0] == '[') {
		end = memchr(header.p, ']', header.n);
		if (!end)
			return false;
		host = part(header, 0, (size_t)(end - header.p) + 1);
		literal = is_address(part(host, 1, host.n - 1), AF_INET6);
		if (!literal)
			return false;
	} else {
		end = header.n ? memchr(header.p, ':', header.n) : NULL;
		host = part(header, 0, end ? (size_t)(end - header.p) : header.n);
		literal = is_address(host, AF_INET);
		if (!literal && !is_name(host))
			return false;
	}
	port = part(header, host.n, header.n);
	if (port.n > 0 && (port.p[0] != ':' || port.n < 2 || port.n > 6))
		return false;
	for (size_t i = 1; i < port.n; i++)
		if (port.p[i] < '0' || port.p[i] > '9')
			return false;
	*ret_host = host;
	*ret_literal = literal;
	return true;
}

struct str http_parse_forwarded(struct str header)
{
	struct str rest = header, one, last = { 0 };

	while (next_piece(&rest, ',', &one))
		last = one;
	if (is_address(last, AF_INET) || is_address(last, AF_INET6))
		return last;
	return (struct str){ 0 };
}
