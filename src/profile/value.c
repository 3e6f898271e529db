/* value.c - the single values of a profile file: numbers, texts, names, words, dates. */
#include <stdio.h>
#include <string.h>

#include "profile/read.h"

#include "base/ban.h"

enum { WANT_BYTES = 400, TAG_N = 3 };

static void want_int(enum profile_need need, int32_t least, int32_t most, char *zh, char *en)
{
	bool null = need == PROFILE_MUST_OR_NULL;

	(void)snprintf(zh, WANT_BYTES, "%d 到 %d 之间的整数%s", (int)least, (int)most,
		       null ? "，或 null（不限）" : "");
	(void)snprintf(en, WANT_BYTES, "a whole number from %d to %d%s", (int)least, (int)most,
		       null ? ", or null for no limit" : "");
}

bool profile_int_here(struct profile_reader *r, const struct profile_at *at, enum profile_need need,
		      int32_t least, int32_t most, int32_t *ret)
{
	char zh[WANT_BYTES], en[WANT_BYTES];
	json_int_t v = json_integer_value(at->v);

	want_int(need, least, most, zh, en);
	if (!json_is_integer(at->v) || v < least || v > most)
		return profile_refuse(r, at, zh, en);
	*ret = (int32_t)v;
	return true;
}

bool profile_int(struct profile_reader *r, const struct profile_at *up, const char *key,
		 enum profile_need need, int32_t least, int32_t most, int32_t *ret)
{
	char zh[WANT_BYTES], en[WANT_BYTES];
	struct profile_at at;
	bool there;

	want_int(need, least, most, zh, en);
	if (!profile_step(r, up, key, need, zh, en, &at, &there))
		return false;
	return !there || profile_int_here(r, &at, need, least, most, ret);
}

bool profile_days_mean(struct profile_reader *r, const struct profile_at *up, const char *key,
		       enum profile_need need, double *ret)
{
	static const char zh[] = "大于 0、不超过 365 的天数",
			  en[] = "days, above 0 and at most 365";
	struct profile_at at;
	bool there;
	double v;

	if (!profile_step(r, up, key, need, zh, en, &at, &there))
		return false;
	if (!there)
		return true;
	v = json_number_value(at.v);
	if (!json_is_number(at.v) || !(v > 0 && v <= 365))
		return profile_refuse(r, &at, zh, en);
	*ret = v;
	return true;
}

bool profile_bool(struct profile_reader *r, const struct profile_at *up, const char *key,
		  enum profile_need need, bool *ret)
{
	struct profile_at at;
	bool there;

	if (!profile_step(r, up, key, need, "true 或 false", "true or false", &at, &there))
		return false;
	if (!there)
		return true;
	if (!json_is_boolean(at.v))
		return profile_refuse(r, &at, "true 或 false", "true or false");
	*ret = json_is_true(at.v);
	return true;
}

static void want_text(size_t bytes_max, char *zh, char *en)
{
	(void)snprintf(zh, WANT_BYTES, "1 到 %zu 字节、不含控制字符的文字", bytes_max);
	(void)snprintf(en, WANT_BYTES, "a text of 1 to %zu bytes without control characters",
		       bytes_max);
}

bool profile_text_here(struct profile_reader *r, const struct profile_at *at, size_t bytes_max,
		       struct str *ret)
{
	char zh[WANT_BYTES], en[WANT_BYTES];
	size_t n = json_string_length(at->v);
	const char *p = json_string_value(at->v);
	bool fine = json_is_string(at->v) && n > 0 && n <= bytes_max;

	want_text(bytes_max, zh, en);
	for (size_t i = 0; fine && i < n; i++)
		fine = (unsigned char)p[i] >= 0x20 && p[i] != 0x7f;
	return fine ? profile_copy(r, p, ret) : profile_refuse(r, at, zh, en);
}

bool profile_text(struct profile_reader *r, const struct profile_at *up, const char *key,
		  enum profile_need need, size_t bytes_max, struct str *ret)
{
	char zh[WANT_BYTES], en[WANT_BYTES];
	struct profile_at at;
	bool there;

	want_text(bytes_max, zh, en);
	if (!profile_step(r, up, key, need, zh, en, &at, &there))
		return false;
	return !there || profile_text_here(r, &at, bytes_max, ret);
}

bool profile_both(struct profile_reader *r, const struct profile_at *up, const char *key,
		  enum profile_need need, size_t bytes_max, struct str *ret_zh, struct str *ret_en)
{
	static const char *const keys[] = { "zh", "en", NULL };
	struct profile_at at;
	bool there, fine;

	if (!profile_step(r, up, key, need, "一个对象 {\"zh\": …, \"en\": …}",
			  "an object {\"zh\": …, \"en\": …}", &at, &there))
		return false;
	if (!there)
		return true;
	fine = profile_object(r, &at, keys);
	if (!json_is_object(at.v))
		return false;
	fine &= profile_text(r, &at, "zh", PROFILE_MUST, bytes_max, ret_zh);
	fine &= profile_text(r, &at, "en", PROFILE_MUST, bytes_max, ret_en);
	return fine;
}

bool profile_name_here(struct profile_reader *r, const struct profile_at *at, const char *text,
		       const char *also, size_t bytes_max)
{
	char shown[PROFILE_SHOWN_BYTES];
	size_t n = strlen(text);
	bool fine = n > 0 && n <= bytes_max && !strchr(also, text[0]);

	for (size_t i = 0; fine && i < n; i++)
		fine = (text[i] >= 'a' && text[i] <= 'z') || (text[i] >= '0' && text[i] <= '9') ||
		       strchr(also, text[i]);
	if (fine)
		return true;
	profile_shown(text, PROFILE_SHOWN_BYTES / 2, shown, sizeof(shown));
	profile_wrong(r, at,
		      "名称“%s”不合规则；请只用小写字母、数字和“%s”，以字母或数字开头，"
		      "最多 %zu 字节。",
		      "the name \"%s\" does not follow the rule; use lower-case letters, digits "
		      "and \"%s\", begin with a letter or a digit, at most %zu bytes.",
		      shown, also, bytes_max);
	return false;
}

bool profile_word(struct profile_reader *r, const struct profile_at *up, const char *key,
		  enum profile_need need, const char *const *words, size_t n, size_t *ret)
{
	char zh[WANT_BYTES], en[WANT_BYTES];
	struct profile_at at;
	bool there;
	size_t at_zh = (size_t)snprintf(zh, sizeof(zh), "以下之一：");
	size_t at_en = (size_t)snprintf(en, sizeof(en), "one of ");

	for (size_t i = 0; i < n; i++) {
		at_zh += (size_t)snprintf(zh + at_zh, sizeof(zh) - at_zh, "%s\"%s\"", i ? ", " : "",
					  words[i]);
		at_en += (size_t)snprintf(en + at_en, sizeof(en) - at_en, "%s\"%s\"", i ? ", " : "",
					  words[i]);
	}
	if (!profile_step(r, up, key, need, zh, en, &at, &there))
		return false;
	if (!there)
		return true;
	for (size_t i = 0; json_is_string(at.v) && i < n; i++)
		if (strcmp(json_string_value(at.v), words[i]) == 0) {
			*ret = i;
			return true;
		}
	return profile_refuse(r, &at, zh, en);
}

static bool two_digits(const char *p, int *ret)
{
	if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
		return false;
	*ret = (p[0] - '0') * 10 + (p[1] - '0');
	return true;
}

/* "YYYY-MM-DD" and a day there is; a file's dates have no zone, so base/when.h is not asked. */
bool profile_read_date(const char *p, size_t n, int32_t *ret)
{
	int century, year, month, day, y, m, d;

	if (n != 10 || p[4] != '-' || p[7] != '-' || !two_digits(p, &century) ||
	    !two_digits(p + 2, &year) || !two_digits(p + 5, &month) || !two_digits(p + 8, &day))
		return false;
	year += century * 100;
	if (year < 1 || month < 1 || month > 12 || day < 1 || day > 31)
		return false;
	*ret = date_day(year, month, day);
	date_civil(*ret, &y, &m, &d);
	return y == year && m == month && d == day;
}

bool profile_date(struct profile_reader *r, const struct profile_at *up, const char *key,
		  int32_t *ret)
{
	static const char zh[] = "日期 YYYY-MM-DD，或 null（不限）",
			  en[] = "a date YYYY-MM-DD, or null for open";
	struct profile_at at;
	bool there;
	int32_t day;

	if (!profile_step(r, up, key, PROFILE_MUST_OR_NULL, zh, en, &at, &there))
		return false;
	if (!there)
		return true;
	if (!json_is_string(at.v) ||
	    !profile_read_date(json_string_value(at.v), json_string_length(at.v), &day))
		return profile_refuse(r, &at, zh, en);
	*ret = day;
	return true;
}

bool profile_tag(struct profile_reader *r, const struct profile_at *up, enum profile_need need,
		 char *ret)
{
	static const char *const words[TAG_N] = { "S", "K", "L" };
	size_t i = TAG_N;

	if (!profile_word(r, up, "tag", need, words, TAG_N, &i))
		return false;
	if (i < TAG_N)
		*ret = words[i][0];
	return true;
}
