/* json.c - a writer that cannot forget a comma. */
#include "base/json.h"

#include <math.h>

#include "base/ban.h"

void json_begin(struct json *j, struct buf *out)
{
	*j = (struct json){ .out = out };
}

/* What must be true, and be written, before any value. */
static void before_value(struct json *j)
{
	if (j->after_key) {
		j->after_key = false;
		return;
	}
	assert(j->closes[j->depth] != '}');    /* in an object a value needs its key */
	assert(j->depth > 0 || !j->filled[0]); /* one document has one value */
	if (j->filled[j->depth])
		buf_char(j->out, ',');
	j->filled[j->depth] = true;
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

static void quote(struct json *j, struct str s)
{
	static const char hex[] = "0123456789abcdef";
	static const char *const shorts[0x20] = {
		['\b'] = "\\b", ['\f'] = "\\f", ['\n'] = "\\n", ['\r'] = "\\r", ['\t'] = "\\t",
	};
	size_t from = 0;

	assert(str_utf8(s));
	buf_char(j->out, '"');
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c >= 0x20 && c != '"' && c != '\\')
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

void json_key(struct json *j, const char *name)
{
	assert(j->depth > 0 && j->closes[j->depth] == '}' && !j->after_key);
	if (j->filled[j->depth])
		buf_char(j->out, ',');
	j->filled[j->depth] = true;
	quote(j, str_of(name));
	buf_char(j->out, ':');
	j->after_key = true;
}

void json_str(struct json *j, struct str s)
{
	before_value(j);
	quote(j, s);
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
