/* value.c - what each type of field is, in C, in text, in JSON and in SQL. */
#include "record/value.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/ban.h"

enum { TEXT_CHARS_MAX = 200, LONG_CHARS_MAX = 4000, PHONE_CHARS_MAX = 40 };
enum { CHOICES_SHOWN_BYTES = 240 };

/* Where the value lies. Rows are aligned and `at` was checked against the type (FIELD_AT_). */
static void *at(const struct field *x, void *row)
{
	return (char *)row + x->at;
}

static const void *at_const(const struct field *x, const void *row)
{
	return (const char *)row + x->at;
}

static struct str text_of(const struct field *x, const void *row)
{
	return *(const struct str *)at_const(x, row);
}

/* All that is a number: one member of 64 bits, an enum or a bool. */
static int64_t number_of(const struct field *x, const void *row)
{
	if (x->type == FIELD_CHOICE)
		return *(const int *)at_const(x, row);
	if (x->type == FIELD_BOOL)
		return *(const bool *)at_const(x, row);
	return *(const int64_t *)at_const(x, row);
}

static void set_number(const struct field *x, void *row, int64_t v)
{
	if (x->type == FIELD_CHOICE)
		*(int *)at(x, row) = (int)v;
	else if (x->type == FIELD_BOOL)
		*(bool *)at(x, row) = v != 0;
	else
		*(int64_t *)at(x, row) = v;
}

static bool is_text(const struct field *x)
{
	return x->type == FIELD_TEXT || x->type == FIELD_LONG || x->type == FIELD_PHONE;
}

static int64_t none_of(const struct field *x)
{
	bool plain = x->type == FIELD_I64 || x->type == FIELD_TIME || x->type == FIELD_DATE;

	return plain ? FIELD_NONE : 0;
}

void value_clear(const struct field *x, void *row)
{
	if (is_text(x))
		*(struct str *)at(x, row) = (struct str){ 0 };
	else
		set_number(x, row, none_of(x));
}

bool value_given(const struct field *x, const void *row)
{
	if (is_text(x))
		return text_of(x, row).n > 0;
	return x->type == FIELD_BOOL || number_of(x, row) != none_of(x);
}

bool value_same(const struct field *x, const void *a, const void *b)
{
	if (is_text(x))
		return str_eq(text_of(x, a), text_of(x, b));
	return number_of(x, a) == number_of(x, b);
}

/* ---- text ----------------------------------------------------------------------------------- */

struct str value_trim(struct str s)
{
	static const char wide[] = "\u3000";

	for (;;) {
		size_t n = s.n;

		while (s.n > 0 && (unsigned char)s.p[0] <= ' ')
			s.p++, s.n--;
		while (s.n > 0 && (unsigned char)s.p[s.n - 1] <= ' ')
			s.n--;
		if (s.n >= 3 && memcmp(s.p, wide, 3) == 0)
			s.p += 3, s.n -= 3;
		if (s.n >= 3 && memcmp(s.p + s.n - 3, wide, 3) == 0)
			s.n -= 3;
		if (s.n == n)
			return s;
	}
}

/* "Name: what is wrong and what to do", in both languages, said of this field. */
static enum err refuse(const struct field *x, struct fault *f, const char *zh, const char *en, ...)
	PRINTF(3, 5) PRINTF(4, 5);
static enum err refuse(const struct field *x, struct fault *f, const char *zh, const char *en, ...)
{
	char say_zh[FAULT_TEXT_BYTES], say_en[FAULT_TEXT_BYTES];
	va_list args;
	enum err e;

	va_start(args, en);
	vsnprintf(say_zh, sizeof say_zh, zh, args);
	va_end(args);
	va_start(args, en);
	vsnprintf(say_en, sizeof say_en, en, args);
	va_end(args);
	e = fault_set(f, ERR_RANGE, "“%s”%s%.0s%.0s", "%.0s%.0s%s: %s", x->zh, say_zh, x->en,
		      say_en);
	fault_at(f, x->name, NULL);
	return e;
}

/* Texts have a greatest length in any case: no row is a place to keep a book in. */
static int64_t chars_max(const struct field *x)
{
	if (x->max > 0)
		return x->max;
	return x->type == FIELD_TEXT    ? TEXT_CHARS_MAX
	       : x->type == FIELD_PHONE ? PHONE_CHARS_MAX
					: LONG_CHARS_MAX;
}

static bool is_phone(struct str s)
{
	size_t digits = 0;

	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] >= '0' && s.p[i] <= '9')
			digits++;
		else if (!memchr("+-() ", s.p[i], 5))
			return false;
	return digits >= 3;
}

static enum err text_in(const struct field *x, struct str s, const struct value_from *from,
			void *row, struct fault *f)
{
	size_t plain = 0;
	int64_t n;
	char *copy;

	while (plain < s.n && s.p[plain] >= ' ' && s.p[plain] <= '~')
		plain++; /* most cells are done with here */
	if (!str_utf8((struct str){ s.p + plain, s.n - plain }))
		return refuse(x, f, "不是有效的 UTF-8 文字", "this is not valid UTF-8 text");
	for (size_t i = plain; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		bool lines = x->type == FIELD_LONG && (c == '\n' || c == '\r' || c == '\t');

		if ((c < ' ' && !lines) || c == 0x7F)
			return refuse(x, f, "含有换行或控制字符，请删去",
				      "it holds a line break or control character: take it out");
	}
	n = (int64_t)(plain + str_characters((struct str){ s.p + plain, s.n - plain }));
	if (n > chars_max(x))
		return refuse(x, f, "有 %" PRId64 " 个字，最多 %" PRId64 " 个，请缩短",
			      "it has %" PRId64 " characters, at most %" PRId64
			      " are taken: shorten it",
			      n, chars_max(x));
	if (n < x->min)
		return refuse(x, f, "只有 %" PRId64 " 个字%.0s，至少 %" PRId64 " 个，请写全",
			      "it has %" PRId64 " character%s, at least %" PRId64
			      " are needed: write it out",
			      n, n == 1 ? "" : "s", x->min);
	if (x->type == FIELD_PHONE && !is_phone(s))
		return refuse(x, f, "不像电话号码，请用数字、空格和 + - ( )，至少三位数字",
			      "this is no telephone number: use digits, blanks and + - ( ), with "
			      "three digits at least");
	if (!(copy = arena_copy(from->a, s.p, s.n)))
		return ERR_MEMORY;
	*(struct str *)at(x, row) = (struct str){ copy, s.n };
	return OK;
}

/* ---- numbers and their like ----------------------------------------------------------------- */

size_t value_choice(const struct choice *c, size_t n, struct str s, bool loose)
{
	for (size_t i = 1; i < n; i++)
		if (str_eq(str_of(c[i].word), s) ||
		    (loose && (str_eq(str_of(c[i].zh), s) || str_eq(str_of(c[i].en), s))))
			return i;
	return 0;
}

static enum err choice_in(const struct field *x, struct str s, bool loose, void *row,
			  struct fault *f)
{
	size_t i = value_choice(x->choice, x->n_choices, s, loose);
	char zh[CHOICES_SHOWN_BYTES] = "", en[CHOICES_SHOWN_BYTES] = "";

	for (size_t k = 1; !i && k < x->n_choices; k++) {
		size_t n_zh = strlen(zh), n_en = strlen(en);

		snprintf(zh + n_zh, sizeof zh - n_zh, "%s%s", k > 1 ? "、" : "",
			 loose ? x->choice[k].zh : x->choice[k].word);
		snprintf(en + n_en, sizeof en - n_en, "%s%s", k > 1 ? ", " : "",
			 loose ? x->choice[k].en : x->choice[k].word);
	}
	if (!i)
		return refuse(x, f, "不在选项之内，请改为：%s%.0s",
			      "none of the choices: use one of %.0s%s", zh, en);
	set_number(x, row, (int64_t)i);
	return OK;
}

static enum err bool_in(const struct field *x, struct str s, bool loose, void *row, struct fault *f)
{
	static const char *const yes[] = { "true", "是", "yes", "1", "有", "TRUE" };
	static const char *const no[] = { "false", "否", "no", "0", "无", "FALSE" };

	for (size_t i = 0; i < (loose ? ARRAY_LEN(yes) : 1); i++) {
		if (str_eq(str_of(yes[i]), s))
			return set_number(x, row, 1), OK;
		if (str_eq(str_of(no[i]), s))
			return set_number(x, row, 0), OK;
	}
	return refuse(x, f, "请填是或否（true 或 false）", "say true or false");
}

static enum err in_limits(const struct field *x, int64_t v, void *row, struct fault *f)
{
	if ((x->min || x->max) && (v < x->min || v > x->max)) {
		if (x->type == FIELD_I64)
			return refuse(x, f, "应在 %" PRId64 " 到 %" PRId64 " 之间",
				      "it must lie between %" PRId64 " and %" PRId64, x->min,
				      x->max);
		return refuse(x, f, "不在允许的时间范围之内",
			      "this is outside the span that is allowed");
	}
	set_number(x, row, v);
	return OK;
}

/* 2026/7/3, 2026.7.3 and 2026年7月3日 as 2026-07-03; else the text as it was. */
static struct str plain_date(struct str s, char *into, size_t n)
{
	int part[3] = { 0 }, i = 0;
	bool digits = false;

	for (size_t k = 0; k < s.n; k++) {
		if (s.p[k] >= '0' && s.p[k] <= '9') {
			if (part[i] > 9999)
				return s;
			part[i] = part[i] * 10 + (s.p[k] - '0');
			digits = true;
			continue;
		}
		if (!digits)
			return s;
		if (s.n - k >= 3 && (!memcmp(s.p + k, "年", 3) || !memcmp(s.p + k, "月", 3) ||
				     !memcmp(s.p + k, "日", 3)))
			k += 2;
		else if (!memchr("/.-", s.p[k], 3))
			return s;
		digits = false;
		if (++i > 2 && k + 1 < s.n)
			return s;
	}
	if (i < 2 || part[1] > 12 || part[2] > 31)
		return s;
	snprintf(into, n, "%04u-%02u-%02u", (unsigned)part[0] % 10000, (unsigned)part[1] % 100,
		 (unsigned)part[2] % 100);
	return str_of(into);
}

static enum err when_in(const struct field *x, struct str s, const struct value_from *from,
			void *row, struct fault *f)
{
	char date[16];
	struct when w;

	if (from->loose)
		s = plain_date(s, date, sizeof date);
	if (when_read(s, from->zone, &w) || (w.integer && !from->loose))
		return x->type == FIELD_TIME
			       ? refuse(x, f, "不是时间，请写成 2026-07-31T08:30:00+08:00",
					"this is no time: write 2026-07-31T08:30:00+08:00")
			       : refuse(x, f, "不是日期，请写成 2026-07-31",
					"this is no date: write 2026-07-31");
	if (x->type == FIELD_DATE && w.kind != WHEN_DATE && !from->loose)
		return refuse(x, f, "不是日期，请写成 2026-07-31",
			      "this is no date: write 2026-07-31");
	if (x->type == FIELD_TIME && w.kind == WHEN_DATE && !from->loose)
		return refuse(x, f, "缺少钟点，请写成 2026-07-31T08:30:00+08:00",
			      "the time of day is missing: write 2026-07-31T08:30:00+08:00");
	return in_limits(x, x->type == FIELD_DATE ? w.day : w.at.v, row, f);
}

enum err value_from_text(const struct field *x, struct str s, const struct value_from *from,
			 void *row, struct fault *f)
{
	struct area_code area;
	int64_t v;

	s = value_trim(s);
	if (s.n == 0)
		return value_clear(x, row), OK;
	switch (x->type) {
	case FIELD_TEXT:
	case FIELD_LONG:
	case FIELD_PHONE: return text_in(x, s, from, row, f);
	case FIELD_CHOICE: return choice_in(x, s, from->loose, row, f);
	case FIELD_BOOL: return bool_in(x, s, from->loose, row, f);
	case FIELD_I64:
		if (str_i64(s, &v) || v == FIELD_NONE)
			return refuse(x, f, "不是整数，请只用数字",
				      "this is no whole number: use digits only");
		return in_limits(x, v, row, f);
	case FIELD_TIME:
	case FIELD_DATE: return when_in(x, s, from, row, f);
	case FIELD_AREA:
		if (area_parse(s, &area) || area.v == 0)
			return refuse(x, f, "不是区划代码，请填 2、4、6、9、12 或 15 位数字",
				      "this is no area code: give 2, 4, 6, 9, 12 or 15 digits");
		set_number(x, row, area.v);
		return OK;
	case FIELD_SUBJECT:
	case FIELD_REF:
		if (str_i64(s, &v) || v <= 0)
			return refuse(x, f, "不是编号，请填系统给出的数字编号",
				      "this is no id: give the number that the system shows");
		set_number(x, row, v);
		return OK;
	case FIELD_TYPE_N: break;
	}
	return ERR_BUG; /* noun_check has seen the type */
}

/* ---- JSON ----------------------------------------------------------------------------------- */

enum err value_from_json(const struct field *x, const struct json_node *n,
			 const struct value_from *from, void *row, struct fault *f)
{
	if (n->is == JSON_IS_NULL)
		return value_clear(x, row), OK;
	if (x->type == FIELD_BOOL) {
		if (n->is != JSON_IS_BOOL)
			return refuse(x, f, "应为 true 或 false", "this must be true or false");
		set_number(x, row, n->i);
		return OK;
	}
	if (x->type == FIELD_I64) {
		if (n->is != JSON_IS_INT || n->i == FIELD_NONE)
			return refuse(x, f, "应为整数", "this must be a whole number");
		return in_limits(x, n->i, row, f);
	}
	if (n->is != JSON_IS_TEXT)
		return refuse(x, f, "应为带引号的文字", "this must be text in quotes");
	return value_from_text(x, n->text, from, row, f);
}

static void when_out(const struct field *x, int64_t v, const struct zone *zone, struct buf *b)
{
	if (x->type == FIELD_DATE)
		when_date(b, (int32_t)v);
	else
		when_iso(b, (struct utc_s){ v }, zone);
}

void value_to_text(const struct field *x, const void *row, const struct zone *zone, bool english,
		   struct buf *b)
{
	char area[AREA_TEXT_BYTES];
	int64_t v;

	if (!value_given(x, row))
		return;
	if (is_text(x)) {
		buf_str(b, text_of(x, row));
		return;
	}
	v = number_of(x, row);
	if (x->type == FIELD_CHOICE) {
		buf_lit(b, english ? x->choice[v].en : x->choice[v].zh);
	} else if (x->type == FIELD_BOOL) {
		buf_lit(b, english ? (v ? "yes" : "no") : (v ? "是" : "否"));
	} else if (x->type == FIELD_AREA) {
		area_text((struct area_code){ v }, area);
		buf_lit(b, area);
	} else if (x->type == FIELD_DATE || x->type == FIELD_TIME) {
		when_out(x, v, zone, b);
	} else {
		buf_i64(b, v);
	}
}

void value_to_json(const struct field *x, const void *row, const struct zone *zone, struct json *j)
{
	char text[48];
	struct buf b = { .p = text, .cap = sizeof text };

	if (!value_given(x, row)) {
		json_nil(j);
	} else if (is_text(x)) {
		json_str(j, text_of(x, row));
	} else if (x->type == FIELD_I64) {
		json_i64(j, number_of(x, row));
	} else if (x->type == FIELD_BOOL) {
		json_bool(j, number_of(x, row) != 0);
	} else if (x->type == FIELD_CHOICE) {
		json_str(j, str_of(x->choice[number_of(x, row)].word));
	} else {
		value_to_text(x, row, zone, true, &b);
		assert(b.p == text);
		json_str(j, buf_view(&b));
	}
}

/* ---- SQL ------------------------------------------------------------------------------------ */

char value_letter(const struct field *x)
{
	return is_text(x) || x->type == FIELD_CHOICE ? 't' : 'i';
}

struct sql_value value_to_sql(const struct field *x, const void *row)
{
	if (!value_given(x, row))
		return sql_null();
	if (is_text(x))
		return sql_text(text_of(x, row));
	if (x->type == FIELD_CHOICE)
		return sql_text(str_of(x->choice[number_of(x, row)].word));
	return sql_i64(number_of(x, row));
}

enum err value_from_sql(const struct field *x, struct rows *r, size_t column, struct arena *a,
			void *row, struct fault *f)
{
	struct str s;
	char *copy;
	size_t i;

	if (rows_null(r, column))
		return value_clear(x, row), OK;
	if (value_letter(x) == 'i') {
		set_number(x, row, rows_i64(r, column));
		return OK;
	}
	s = rows_text(r, column);
	if (x->type == FIELD_CHOICE) {
		if (!(i = value_choice(x->choice, x->n_choices, s, false)))
			return fault_set(f, ERR_CORRUPT, "数据库中的字段 %s 有未知的选项",
					 "field %s holds a choice that is not known", x->name);
		set_number(x, row, (int64_t)i);
		return OK;
	}
	if (!(copy = arena_copy(a, s.p, s.n)))
		return ERR_MEMORY;
	*(struct str *)at(x, row) = (struct str){ copy, s.n };
	return OK;
}
