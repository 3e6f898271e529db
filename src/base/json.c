/* json.c - a writer that cannot forget a comma. */
#include "base/json.h"

#include <math.h>

#include "base/ban.h"

enum { SHORT_BYTES = 60 };

void json_begin(struct json *j, struct buf *out)
{
	*j = (struct json){ .out = out };
}

/* What must be true before any value. Is there a comma to be written? */
static bool begin_value(struct json *j)
{
	bool comma = !j->after_key && j->filled[j->depth];

	if (j->after_key) {
		j->after_key = false;
		return false;
	}
	assert(j->closes[j->depth] != '}');    /* in an object a value needs its key */
	assert(j->depth > 0 || !j->filled[0]); /* one document has one value */
	j->filled[j->depth] = true;
	return comma;
}

static void before_value(struct json *j)
{
	if (begin_value(j))
		buf_char(j->out, ',');
}

void json_open(struct json *j, char bracket)
{
	assert(bracket == '{' || bracket == '[');
	before_value(j);
	assert(j->depth + 1 < JSON_DEPTH_MAX);
	j->depth++;
	j->filled[j->depth] = false;
	j->closes[j->depth] = bracket == '{' ? '}' : ']';
	buf_char(j->out, bracket);
}

void json_close(struct json *j, char bracket)
{
	assert(j->depth > 0 && !j->after_key);
	assert(j->closes[j->depth] == bracket);
	j->depth--;
	buf_char(j->out, bracket);
}

static bool plain(char c)
{
	return (unsigned char)c >= 0x20 && c != '"' && c != '\\';
}

/*
 * Most names and values are short and stand as they are: those are written in one piece, with a
 * comma before them and a colon behind if these are wanted. False: this one is none of them.
 */
static bool quote_short(struct json *j, bool comma, struct str s, bool colon)
{
	char text[SHORT_BYTES + 4], *at = text;

	if (s.n > SHORT_BYTES)
		return false;
	if (comma)
		*at++ = ',';
	*at++ = '"';
	for (size_t i = 0; i < s.n; i++) {
		if (!plain(s.p[i]))
			return false;
		*at++ = s.p[i];
	}
	*at++ = '"';
	if (colon)
		*at++ = ':';
	buf_put(j->out, text, (size_t)(at - text));
	return true;
}

static void quote_long(struct json *j, struct str s)
{
	static const char hex[] = "0123456789abcdef";
	static const char *const shorts[0x20] = {
		['\b'] = "\\b", ['\f'] = "\\f", ['\n'] = "\\n", ['\r'] = "\\r", ['\t'] = "\\t",
	};
	size_t from = 0;

	buf_char(j->out, '"');
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (plain(s.p[i]))
			continue;
		buf_put(j->out, s.p + from, i - from);
		from = i + 1;
		if (c >= 0x20) {
			buf_char(j->out, '\\');
			buf_char(j->out, (char)c);
		} else if (shorts[c]) {
			buf_lit(j->out, shorts[c]);
		} else {
			buf_lit(j->out, "\\u00");
			buf_char(j->out, hex[c >> 4]);
			buf_char(j->out, hex[c & 15]);
		}
	}
	if (from < s.n)
		buf_put(j->out, s.p + from, s.n - from);
	buf_char(j->out, '"');
}

static void quote(struct json *j, bool comma, struct str s, bool colon)
{
	assert(str_utf8(s));
	if (quote_short(j, comma, s, colon))
		return;
	if (comma)
		buf_char(j->out, ',');
	quote_long(j, s);
	if (colon)
		buf_char(j->out, ':');
}

void json_key(struct json *j, const char *name)
{
	assert(j->depth > 0 && j->closes[j->depth] == '}' && !j->after_key);
	quote(j, j->filled[j->depth], str_of(name), true);
	j->filled[j->depth] = true;
	j->after_key = true;
}

void json_str(struct json *j, struct str s)
{
	quote(j, begin_value(j), s, false);
}

void json_i64(struct json *j, int64_t v)
{
	before_value(j);
	buf_i64(j->out, v);
}

void json_f64(struct json *j, double v)
{
	assert(isfinite(v));
	before_value(j);
	buf_f64(j->out, v);
}

void json_bool(struct json *j, bool v)
{
	before_value(j);
	buf_lit(j->out, v ? "true" : "false");
}

void json_nil(struct json *j)
{
	before_value(j);
	buf_lit(j->out, "null");
}

void json_raw(struct json *j, struct str value)
{
	before_value(j);
	buf_str(j->out, value);
}
