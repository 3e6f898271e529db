/* cell.c - see cell.h. */
#include "intake/cell.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/ban.h"

enum { DATE_BYTES = 48, NOTHING_BYTES_MAX = sizeof "unknown" - 1 };

static bool same_word(struct str s, const char *word)
{
	return s.n == strlen(word) && (!s.n || strncasecmp(s.p, word, s.n) == 0);
}

bool cell_nothing(struct str s)
{
#define WORD(s) \
	{ \
		s, sizeof(s) - 1 \
	}
	static const struct str words[] = { WORD("NA"),   WORD("N/A"),  WORD("NaN"),
					    WORD("NULL"), WORD("None"), WORD("-"),
					    WORD("--"),   WORD("—"),    WORD("/"),
					    WORD("?"),    WORD("？"),   WORD("无"),
					    WORD("不详"), WORD("未知"), WORD("待查"),
					    WORD("不明"), WORD("."),    WORD("unknown") };
#undef WORD

	s = value_trim(s);
	if (!s.n)
		return true;
	for (size_t i = 0; s.n <= NOTHING_BYTES_MAX && i < ARRAY_LEN(words); i++)
		if (words[i].n == s.n && !((s.p[0] ^ words[i].p[0]) & ~0x20) &&
		    strncasecmp(s.p, words[i].p, s.n) == 0)
			return true;
	return false;
}

static enum err refuse(const struct field *x, struct fault *f, const char *zh, const char *en)
{
	enum err e =
		fault_set(f, ERR_RANGE, "“%s”%s%.0s%.0s", "%.0s%.0s%s: %s", x->zh, zh, x->en, en);

	fault_at(f, x->name, NULL);
	return e;
}

/* ---- dates ----------------------------------------------------------------------------------- */

static bool digits(struct str s, size_t at, size_t n, int *ret)
{
	int v = 0;

	if (n == 0 || at + n > s.n)
		return false;
	for (size_t i = at; i < at + n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		v = v * 10 + (s.p[i] - '0');
	}
	*ret = v;
	return true;
}

/* Three numbers with one sign between them, the year last: 16.01.2020, 1/16/2020. */
static bool year_last(struct str s, char *sign, int v[3])
{
	size_t a = strcspn(s.p, "./-"), b;

	if (a == 0 || a > 2 || a + 1 >= s.n)
		return false;
	*sign = s.p[a];
	for (b = a + 1; b < s.n && s.p[b] != *sign; b++)
		;
	return b < s.n && b - a - 1 <= 2 && s.n - b - 1 == 4 && digits(s, 0, a, &v[0]) &&
	       digits(s, a + 1, b - a - 1, &v[1]) && digits(s, b + 1, 4, &v[2]);
}

/* A day as others write it, as we do. With a full stop the day comes first (DIN 5008). */
static enum err date_read(const struct field *x, struct str s, char into[DATE_BYTES],
			  struct str *ret, struct fault *f)
{
	char sign, text[24] = "";
	int v[3];

	*ret = s;
	if (s.n == 0 || s.n >= sizeof text)
		return OK; /* value.c says what is wrong with it */
	memcpy(text, s.p, s.n);
	if (!year_last((struct str){ text, s.n }, &sign, v))
		return OK;
	if (sign != '.' && v[0] <= 12 && v[1] <= 12 && v[0] != v[1])
		return refuse(x, f, "分不清先写的是日还是月，请写成 2026-07-31",
			      "it is not clear whether day or month comes first: write 2026-07-31");
	if (sign != '.' && v[0] <= 12 && v[1] > 12)
		snprintf(into, DATE_BYTES, "%04d-%02d-%02d", v[2], v[0], v[1]);
	else
		snprintf(into, DATE_BYTES, "%04d-%02d-%02d", v[2], v[1], v[0]);
	*ret = str_of(into);
	return OK;
}

/* ---- ages ------------------------------------------------------------------------------------ */

static bool ends_with(struct str *s, const char *tail)
{
	size_t n = strlen(tail);

	if (s->n <= n || memcmp(s->p + s->n - n, tail, n) != 0)
		return false;
	s->n -= n;
	return true;
}

/* From and to, in years; equal when it is one age. False: no age. */
static bool age_read(struct str s, int64_t *ret, int64_t *ret_to)
{
	double months;
	int64_t v;
	size_t dash;

	while (ends_with(&s, "周岁") || ends_with(&s, "岁"))
		;
	if (ends_with(&s, "个月") || ends_with(&s, "月龄") || ends_with(&s, "月"))
		return str_f64(s, &months) == OK && months >= 0 && months < 1200
			       ? (*ret = *ret_to = (int64_t)(months / 12), true)
			       : false;
	if (ends_with(&s, "s") || ends_with(&s, "多"))
		return str_i64(s, &v) == OK && v >= 0 && v % 10 == 0
			       ? (*ret = v, *ret_to = v + 9, true)
			       : false;
	for (dash = 1; dash < s.n && s.p[dash] != '-' && s.p[dash] != '~'; dash++)
		;
	if (dash + 1 < s.n)
		return str_i64((struct str){ s.p, dash }, ret) == OK &&
		       str_i64((struct str){ s.p + dash + 1, s.n - dash - 1 }, ret_to) == OK &&
		       *ret <= *ret_to;
	if (str_f64(s, &months) != OK || months < 0 || months > 1000)
		return false;
	*ret = *ret_to = (int64_t)months; /* years that are over: 0.5 is 0 */
	return true;
}

static enum err age_cell(const struct field *fields, size_t n, const struct field *x, struct str s,
			 const struct value_from *from, void *row, struct fault *f)
{
	int64_t age, to;
	char text[24];
	enum err e;

	if (!age_read(s, &age, &to))
		return refuse(x, f, "不是年龄，请写成 35、0.5、30s 或 60-69",
			      "this is no age: write 35, 0.5, 30s or 60-69");
	snprintf(text, sizeof text, "%lld", (long long)age);
	if ((e = value_from_text(x, str_of(text), from, row, f)) || age == to)
		return e;
	snprintf(text, sizeof text, "%lld", (long long)to);
	for (size_t i = 0; i < n; i++)
		if (strcmp(fields[i].name, "age_to") == 0)
			return value_from_text(&fields[i], str_of(text), from, row, f);
	return OK;
}

/* ---- words ----------------------------------------------------------------------------------- */

static const struct {
	const char *field, *text, *word;
} synonyms[] = {
	{ "sex", "m", "male" },
	{ "sex", "f", "female" },
	{ "sex", "man", "male" },
	{ "sex", "woman", "female" },
	{ "sex", "男性", "male" },
	{ "sex", "女性", "female" },
	{ "outcome", "death", "dead" },
	{ "outcome", "died", "dead" },
	{ "outcome", "deceased", "dead" },
	{ "outcome", "recover", "recovered" },
	{ "outcome", "discharged", "recovered" },
	{ "outcome", "released", "recovered" },
	{ "outcome", "出院", "recovered" },
	{ "outcome", "痊愈", "recovered" },
	{ "outcome", "治疗", "recovering" },
	{ "classification", "确诊病例", "confirmed" },
	{ "classification", "疑似病例", "suspected" },
	{ "classification", "临床诊断病例", "probable" },
	{ "classification", "无症状感染者", "asymptomatic" },
	{ "classification", "阳性检测", "asymptomatic" },
	{ "result", "+", "positive" },
	{ "result", "neg", "negative" },
	{ "result", "pos", "positive" },
	{ "result", "未检出", "negative" },
	{ "result", "检出", "positive" },
};

static struct str word_of(const struct field *x, struct str s)
{
	for (size_t i = 1; i < x->n_choices; i++)
		if (same_word(s, x->choice[i].word) || same_word(s, x->choice[i].en))
			return str_of(x->choice[i].word);
	for (size_t i = 0; i < ARRAY_LEN(synonyms); i++)
		if (strcmp(synonyms[i].field, x->name) == 0 && same_word(s, synonyms[i].text))
			return str_of(synonyms[i].word);
	return s;
}

enum err cell_read(const struct field *fields, size_t n, const struct field *x, struct str s,
		   const struct value_from *from, void *row, struct fault *f)
{
	char into[DATE_BYTES];
	enum err e;

	s = value_trim(s);
	if (cell_nothing(s))
		return OK; /* what all rows have, stays */
	if (x->type == FIELD_I64 && strcmp(x->name, "age") == 0)
		return age_cell(fields, n, x, s, from, row, f);
	if (x->type == FIELD_CHOICE)
		s = word_of(x, s);
	if ((x->type == FIELD_DATE || x->type == FIELD_TIME) && (e = date_read(x, s, into, &s, f)))
		return e;
	return value_from_text(x, s, from, row, f);
}
