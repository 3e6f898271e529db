/* xlsx_value.c - what a cell says: number formats, dates of both systems, references, escapes. */
#include <math.h>
#include <string.h>
#include <strings.h>

#include "base/when.h"
#include "table/xlsx.h"

#include "base/ban.h"

enum { DAY_S = 86400, EXACT_DIGITS = 15 };

/* ---- number formats ---------------------------------------------------------------------- */

/* ECMA-376-1 18.8.30, with the Chinese, Japanese and Korean formats 27-36 and 50-58. */
struct xlsx_style xlsx_style_builtin(uint32_t id)
{
	static const struct {
		uint8_t from, to, look;
	} known[] = {
		{ 14, 17, XLSX_DATE },      { 18, 22, XLSX_DATE_TIME }, { 27, 31, XLSX_DATE },
		{ 32, 35, XLSX_DATE_TIME }, { 36, 36, XLSX_DATE },      { 45, 47, XLSX_DATE_TIME },
		{ 50, 54, XLSX_DATE },      { 55, 56, XLSX_DATE_TIME }, { 57, 58, XLSX_DATE },
	};

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (id >= known[i].from && id <= known[i].to)
			return (struct xlsx_style){ .look = known[i].look };
	return (struct xlsx_style){ .look = XLSX_NUMBER };
}

/* The end of what begins at p with a quote, bracket, or one of \ _ * ; NULL for a plain letter. */
static const char *past_literal(const char *p)
{
	const char *end;

	switch (*p) {
	case '"': end = strchr(p + 1, '"'); return end ? end + 1 : p + strlen(p);
	case '[': end = strchr(p + 1, ']'); return end ? end + 1 : p + strlen(p);
	case '\\':
	case '_':
	case '*': return p[1] ? p + 2 : p + 1;
	default: return NULL;
	}
}

/* [h], [mm], [ss]: hours, minutes, seconds gone by; any other bracket is a colour or a locale. */
static bool elapsed(const char *p)
{
	size_t n = strspn(p + 1, "hHmMsS");

	return *p == '[' && n > 0 && p[1 + n] == ']';
}

struct xlsx_style xlsx_style_of(const char *format)
{
	bool date = false, hour = false, only_zeros = true;
	size_t zeros = 0;
	const char *p = format;

	if (strncasecmp(format, "General", 7) == 0)
		return (struct xlsx_style){ .look = XLSX_NUMBER };
	while (*p && *p != ';') {
		const char *next = past_literal(p);

		if (elapsed(p) || (!next && strchr("hHsS", *p)))
			hour = true;
		if (!next && strchr("yYmMdD", *p))
			date = true;
		if (*p == '0')
			zeros++;
		else
			only_zeros = false;
		p = next ? next : p + 1;
	}
	if (hour || date)
		return (struct xlsx_style){ .look = hour ? XLSX_DATE_TIME : XLSX_DATE };
	if (only_zeros && zeros > 1 && zeros <= EXACT_DIGITS)
		return (struct xlsx_style){ .look = XLSX_NUMBER, .pad = (uint8_t)zeros };
	return (struct xlsx_style){ .look = XLSX_NUMBER };
}

/* ---- numbers ----------------------------------------------------------------------------- */

/* HH:MM:SS; by hand, since half the cells of a file of visits are times. */
static void clock_text(int second, struct buf *out)
{
	int part[] = { second / 3600, second / 60 % 60, second % 60 };
	char text[] = "00:00:00";

	for (int i = 0; i < 3; i++) {
		text[3 * i] = (char)('0' + part[i] / 10);
		text[3 * i + 1] = (char)('0' + part[i] % 10);
	}
	buf_put(out, text, sizeof(text) - 1);
}

/*
 * Serial 60 of the 1900 system is a 29 February that never was; before it days count from
 * 1899-12-31, after it from 1899-12-30. Below 1 there is a time of day and no date: it is
 * handed out as that, and whoever needs a date refuses it. A format with hours keeps its
 * midnight, for a bare date may mean something else to the reader.
 */
static enum xlsx_flaw date_text(double v, enum xlsx_look look, bool date1904, struct buf *out)
{
	int64_t s, day, second;
	int32_t zero = date1904 ? date_day(1904, 1, 1) : date_day(1899, 12, 30);

	if (!(v >= 0 && v < 2958466))
		return XLSX_FLAW_DATE;
	s = llround(v * DAY_S);
	day = s / DAY_S;
	second = s % DAY_S;
	if (!date1904 && day == 60)
		return XLSX_FLAW_DATE;
	if (!date1904 && day < 60)
		zero++;
	if (zero + day >= date_day(9999, 12, 31) + 1)
		return XLSX_FLAW_DATE;
	if (day > 0)
		when_date(out, (int32_t)(zero + day));
	if (day == 0 || second || look == XLSX_DATE_TIME) {
		buf_lit(out, day ? "T" : "");
		clock_text((int)second, out);
	}
	return XLSX_FLAWLESS;
}

static bool plain_digits(struct str v)
{
	if (v.n == 0 || v.n > EXACT_DIGITS || (v.p[0] == '0' && v.n > 1))
		return false;
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] < '0' || v.p[i] > '9')
			return false;
	return true;
}

enum xlsx_flaw xlsx_number(struct str v, struct xlsx_style style, bool date1904, struct buf *out)
{
	double d;

	if (style.look == XLSX_NUMBER && style.pad == 0 && plain_digits(v)) {
		buf_str(out, v);
		return XLSX_FLAWLESS;
	}
	if (str_f64(v, &d))
		return XLSX_FLAW_NUMBER;
	if (style.look != XLSX_NUMBER)
		return date_text(d, (enum xlsx_look)style.look, date1904, out);
	if (fabs(d) >= 1e15)
		return XLSX_FLAW_DIGITS;
	if (d != trunc(d))
		buf_f64(out, d);
	else if (style.pad && d >= 0)
		buf_fmt(out, "%0*lld", (int)style.pad, (long long)d);
	else
		buf_i64(out, (int64_t)d);
	return XLSX_FLAWLESS;
}

/* ---- references, escapes, lengths -------------------------------------------------------- */

enum err xlsx_reference(const char *r, uint32_t *ret_column, uint32_t *ret_row)
{
	uint32_t column = 0, row = 0;
	size_t letters = 0, digits = 0;

	for (; r[letters] >= 'A' && r[letters] <= 'Z' && letters < 4; letters++)
		column = column * 26 + (uint32_t)(r[letters] - 'A' + 1);
	r += letters;
	for (; r[digits] >= '0' && r[digits] <= '9' && digits < 8; digits++)
		row = row * 10 + (uint32_t)(r[digits] - '0');
	if (letters == 0 || digits == 0 || r[digits] || column > XLSX_COLUMNS_MAX || row == 0)
		return ERR_SYNTAX;
	*ret_column = column - 1;
	*ret_row = row;
	return OK;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The code unit of _xHHHH_ at p, or 0 if there is none (or it is a NUL, which stays as written). */
static uint32_t escaped(const char *p, size_t n)
{
	uint32_t u = 0;

	if (n < 7 || p[0] != '_' || p[1] != 'x' || p[6] != '_')
		return 0;
	for (int i = 2; i < 6; i++) {
		int h = hex_digit(p[i]);

		if (h < 0)
			return 0;
		u = u * 16 + (uint32_t)h;
	}
	return u;
}

static size_t put_utf8(char *p, uint32_t u)
{
	size_t n = u < 0x80 ? 1 : u < 0x800 ? 2 : u < 0x10000 ? 3 : 4;
	static const uint8_t lead[] = { 0, 0, 0xC0, 0xE0, 0xF0 };

	for (size_t i = n - 1; i > 0; i--, u >>= 6)
		p[i] = (char)(0x80 | (u & 0x3F));
	p[0] = (char)(lead[n] | u);
	return n;
}

size_t xlsx_unescape(char *p, size_t n)
{
	size_t from = 0, to = 0;

	if (n < 7 || !memchr(p, '_', n))
		return n;
	while (from < n) {
		uint32_t u = escaped(p + from, n - from);
		size_t taken = u ? 7 : 1;

		if (u >= 0xD800 && u < 0xDC00) {
			uint32_t low = escaped(p + from + 7, n - from - 7);

			taken = low >= 0xDC00 && low < 0xE000 ? 14 : 1;
			u = 0x10000 + ((u - 0xD800) << 10) + (low - 0xDC00);
		} else if (u >= 0xDC00 && u < 0xE000) {
			taken = 1;
		}
		if (taken == 1)
			p[to++] = p[from];
		else
			to += put_utf8(p + to, u);
		from += taken;
	}
	return to;
}

bool xlsx_too_long(struct str s)
{
	size_t units = 0;

	if (s.n <= TABLE_CELL_CHARS_MAX)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = (uint8_t)s.p[i];

		units += (c & 0xC0) != 0x80;
		units += c >= 0xF0;
	}
	return units > TABLE_CELL_CHARS_MAX;
}
