/* text.c - views, buffers, numbers in text. */
#include "base/text.h"
#include "base/gb18030.h"
#include "base/memory.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ban.h"

enum { BUF_BYTES_FIRST = 64, NUMBER_BYTES_MAX = 1024 };

#define HIGH_BITS 0x8080808080808080u

/* ---- views ---- */

struct str str_of(const char *nul_ended)
{
	return (struct str){ nul_ended, strlen(nul_ended) };
}

bool str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

int str_cmp(struct str a, struct str b)
{
	size_t n = min_size(a.n, b.n);
	int c = n ? memcmp(a.p, b.p, n) : 0;

	if (c)
		return c < 0 ? -1 : 1;
	return a.n < b.n ? -1 : a.n > b.n;
}

/* The number of leading bytes below 128, found eight at a time; may stop up to 7 short. */
static size_t ascii_run(const char *p, size_t n)
{
	size_t i = 0;

	for (; i + 8 <= n; i += 8) {
		uint64_t word;

		memcpy(&word, p + i, sizeof word);
		if (word & HIGH_BITS)
			break;
	}
	return i;
}

bool str_ascii(struct str s)
{
	for (size_t i = ascii_run(s.p, s.n); i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

size_t str_characters(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

/* Spaces, what has no width, and fillers: Unicode 15, with U+2800 and the Hangul fillers. */
static bool is_unseen(uint32_t c)
{
	static const struct {
		uint32_t from, to;
	} unseen[] = {
		{ 0x00, 0x20 },     { 0x7f, 0xa0 },     { 0xad, 0xad },     { 0x34f, 0x34f },
		{ 0x61c, 0x61c },   { 0x115f, 0x1160 }, { 0x1680, 0x1680 }, { 0x17b4, 0x17b5 },
		{ 0x180b, 0x180f }, { 0x2000, 0x200f }, { 0x2028, 0x202f }, { 0x205f, 0x206f },
		{ 0x2800, 0x2800 }, { 0x3000, 0x3000 }, { 0x3164, 0x3164 }, { 0xfe00, 0xfe0f },
		{ 0xfeff, 0xfeff }, { 0xffa0, 0xffa0 }, { 0xfff0, 0xfffc }, { 0xe0000, 0xe0fff },
	};

	for (size_t i = 0; i < ARRAY_LEN(unseen); i++)
		if (c >= unseen[i].from && c <= unseen[i].to)
			return true;
	return false;
}

bool str_blank(struct str s)
{
	for (size_t i = 0; i < s.n;) {
		unsigned char b = (unsigned char)s.p[i++];
		uint32_t c = b < 0x80 ? b : b < 0xe0 ? b & 0x1fu : b < 0xf0 ? b & 0x0fu : b & 0x07u;

		for (; i < s.n && ((unsigned char)s.p[i] & 0xc0) == 0x80; i++)
			c = c << 6 | ((unsigned char)s.p[i] & 0x3fu);
		if (!is_unseen(c))
			return false;
	}
	return true;
}

/*
 * Length of the one character at p, or 0 if it is not one. Unicode 15, table 3-7: the second
 * byte's range is what keeps out overlong forms, surrogates and codes above U+10FFFF.
 */
static size_t utf8_one(const unsigned char *p, size_t n)
{
	unsigned char low = 0x80, high = 0xBF;
	size_t len;

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xC2 || p[0] > 0xF4)
		return 0;
	len = p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
	if (n < len)
		return 0;
	if (p[0] == 0xE0)
		low = 0xA0;
	else if (p[0] == 0xED)
		high = 0x9F;
	else if (p[0] == 0xF0)
		low = 0x90;
	else if (p[0] == 0xF4)
		high = 0x8F;
	if (p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++)
		if ((p[i] & 0xC0) != 0x80)
			return 0;
	return len;
}

bool str_utf8(struct str s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t i = 0;

	while (i < s.n) {
		size_t len;

		if (p[i] < 0x80) {
			size_t run = ascii_run(s.p + i, s.n - i);

			i += run ? run : 1;
			continue;
		}
		len = utf8_one(p + i, s.n - i);
		if (!len)
			return false;
		i += len;
	}
	return true;
}

/* ---- numbers ---- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

enum err str_i64(struct str s, int64_t *ret)
{
	bool minus = s.n > 0 && s.p[0] == '-';
	size_t i = minus;
	int64_t v = 0;
	bool over = false;

	if (i == s.n)
		return ERR_SYNTAX;
	for (; i < s.n; i++) {
		int digit;

		if (!is_digit(s.p[i]))
			return ERR_SYNTAX;
		digit = s.p[i] - '0';
		/* Counting down reaches INT64_MIN, which has no positive twin. */
		over = over || __builtin_mul_overflow(v, 10, &v) ||
		       __builtin_sub_overflow(v, digit, &v);
	}
	if (over || (!minus && v == INT64_MIN))
		return ERR_RANGE;
	*ret = minus ? v : -v;
	return OK;
}

/* -?D+(.D+)?([eE][+-]?D+)? : what strtod takes besides (hex, inf, nan, blanks) is not ours. */
static bool is_decimal(struct str s)
{
	size_t i = s.n > 0 && s.p[0] == '-', from = i;

	while (i < s.n && is_digit(s.p[i]))
		i++;
	if (i == from)
		return false;
	if (i < s.n && s.p[i] == '.') {
		from = ++i;
		while (i < s.n && is_digit(s.p[i]))
			i++;
		if (i == from)
			return false;
	}
	if (i < s.n && (s.p[i] == 'e' || s.p[i] == 'E')) {
		i++;
		if (i < s.n && (s.p[i] == '+' || s.p[i] == '-'))
			i++;
		from = i;
		while (i < s.n && is_digit(s.p[i]))
			i++;
		if (i == from)
			return false;
	}
	return i == s.n;
}

enum err str_f64(struct str s, double *ret)
{
	char text[NUMBER_BYTES_MAX];
	double v;

	if (!is_decimal(s))
		return ERR_SYNTAX;
	if (s.n >= sizeof text)
		return ERR_RANGE;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	v = strtod(text, NULL); /* the house never calls setlocale, so '.' is the point */
	if (!isfinite(v))
		return ERR_RANGE;
	*ret = v;
	return OK;
}

/* ---- growing buffers ---- */

static bool room_for(struct buf *b, size_t more)
{
	size_t want, cap;
	char *grown;

	if (b->failed)
		return false;
	if (more <= b->cap - b->n)
		return true;
	if (__builtin_add_overflow(b->n, more, &want)) {
		b->failed = ERR_MEMORY;
		return false;
	}
	cap = max_size(max_size(want, BUF_BYTES_FIRST), b->cap <= SIZE_MAX / 2 ? b->cap * 2 : 0);
	grown = mem_grow(b->p, b->n, cap, 1);
	if (!grown) {
		b->failed = ERR_MEMORY;
		return false;
	}
	b->p = grown;
	b->cap = cap;
	return true;
}

void buf_put(struct buf *b, const void *p, size_t n)
{
	if (n == 0 || !room_for(b, n))
		return;
	memcpy(b->p + b->n, p, n);
	b->n += n;
}

void buf_str(struct buf *b, struct str s)
{
	buf_put(b, s.p, s.n);
}

void buf_lit(struct buf *b, const char *nul_ended)
{
	buf_put(b, nul_ended, strlen(nul_ended));
}

void buf_char(struct buf *b, char c)
{
	if (room_for(b, 1))
		b->p[b->n++] = c;
}

void buf_i64(struct buf *b, int64_t v)
{
	char text[24];
	size_t at = sizeof text;
	uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;

	do
		text[--at] = (char)('0' + u % 10);
	while ((u /= 10) != 0);
	if (v < 0)
		text[--at] = '-';
	buf_put(b, text + at, sizeof text - at);
}

void buf_f64(struct buf *b, double v)
{
	char text[40];
	int n = 0;

	assert(isfinite(v));
	for (int digits = 15; digits <= 17; digits++) {
		n = snprintf(text, sizeof text, "%.*g", digits, v);
		if (strtod(text, NULL) == v)
			break;
	}
	buf_put(b, text, (size_t)n);
}

void buf_fmt(struct buf *b, const char *fmt, ...)
{
	size_t room = b->failed ? 0 : b->cap - b->n;
	va_list args;
	int n;

	va_start(args, fmt); /* mostly it fits, and need not be written twice */
	n = vsnprintf(room ? b->p + b->n : NULL, room, fmt, args);
	va_end(args);
	assert(n >= 0);
	if (n <= 0 || !room_for(b, (size_t)n + 1))
		return;
	if ((size_t)n >= room) {
		va_start(args, fmt);
		vsnprintf(b->p + b->n, (size_t)n + 1, fmt, args);
		va_end(args);
	}
	b->n += (size_t)n;
}

void buf_clear(struct buf *b)
{
	b->n = 0;
	b->failed = OK;
}

void buf_release(struct buf *b)
{
	mem_drop(b->p);
	*b = (struct buf){ 0 };
}

struct str buf_view(const struct buf *b)
{
	return (struct str){ b->p, b->n };
}

/* ---- GB18030 ---- */

enum err text_from_gb18030(struct str in, struct buf *out)
{
	size_t room = gb18030_room(in.n), n = 0;
	iconv_t with;
	enum err e;

	if (!room_for(out, room))
		return out->failed;
	with = gb18030_open();
	if (with == GB18030_NONE)
		return ERR_ENCODING;
	e = gb18030_run(with, in, out->p + out->n, room, &n);
	iconv_close(with);
	if (e)
		return e;
	out->n += n;
	return OK;
}
