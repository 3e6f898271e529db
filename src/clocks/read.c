/* read.c - from a tree of JSON to checked values, with a sentence for whatever is not right. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/when.h"
#include "clocks/read.h"

#include "base/ban.h"

enum { PATH_BYTES = 256, SENTENCE_BYTES = 600, WANT_BYTES = 120, SHOWN_BYTES = 48 };
enum { NAME_BYTES = 40, FAULTS_MAX = 1000, TEXT_BYTES_MAX = 600 };

void *clocks_take(struct clocks_reader *r, size_t n, size_t each)
{
	void *p = r->failed ? NULL : arena_take(r->a, max_size(n, 1), each);

	if (!p)
		r->failed = ERR_MEMORY;
	return p;
}

bool clocks_copy(struct clocks_reader *r, struct str text, struct str *ret)
{
	char *p = r->failed ? NULL : arena_copy(r->a, text.p, text.n);

	if (!p) {
		r->failed = ERR_MEMORY;
		return false;
	}
	*ret = (struct str){ p, text.n };
	return true;
}

/* A key or a name as far as it may be shown: what is not plain is a question mark. */
static void shown(struct str text, char ret[SHOWN_BYTES])
{
	size_t n = min_size(text.n, SHOWN_BYTES - 1);

	for (size_t i = 0; i < n; i++)
		ret[i] = text.p[i] >= 0x20 && text.p[i] < 0x7f ? text.p[i] : '?';
	ret[n] = '\0';
}

static void put_path(const struct clocks_at *at, char path[PATH_BYTES])
{
	char key[SHOWN_BYTES];
	size_t n;

	path[0] = '\0';
	if (!at->up)
		return;
	put_path(at->up, path);
	n = strlen(path);
	shown(at->key, key);
	if (at->key.n)
		(void)snprintf(path + n, PATH_BYTES - n, "%s%s", n ? "." : "", key);
	else
		(void)snprintf(path + n, PATH_BYTES - n, "[%zu]", at->i);
}

void clocks_wrong(struct clocks_reader *r, const struct clocks_at *at, const char *zh,
		  const char *en, ...)
{
	char path[PATH_BYTES], says_zh[SENTENCE_BYTES], says_en[SENTENCE_BYTES];
	struct clocks_fault_node *node;
	va_list ap;

	if (r->failed || r->n_faults == FAULTS_MAX)
		return;
	put_path(at, path);
	va_start(ap, en);
	(void)vsnprintf(says_zh, sizeof(says_zh), zh, ap);
	va_end(ap);
	va_start(ap, en);
	(void)vsnprintf(says_en, sizeof(says_en), en, ap);
	va_end(ap);
	node = clocks_take(r, 1, sizeof(*node));
	if (!node || !clocks_copy(r, str_of(path), &node->fault.path) ||
	    !clocks_copy(r, str_of(says_zh), &node->fault.zh) ||
	    !clocks_copy(r, str_of(says_en), &node->fault.en))
		return;
	*(r->last ? &r->last->next : &r->first) = node;
	r->last = node;
	r->n_faults++;
}

bool clocks_refuse(struct clocks_reader *r, const struct clocks_at *at, const char *want_zh,
		   const char *want_en)
{
	if (at->v)
		clocks_wrong(r, at, "这一项不对；请改为%s%.0s。",
			     "is not right; write %.0s%s instead.", want_zh, want_en);
	else
		clocks_wrong(r, at, "缺少这一项；请写%s%.0s。", "is missing; write %.0s%s.",
			     want_zh, want_en);
	return false;
}

struct clocks_at clocks_child(const struct clocks_at *up, const char *key)
{
	const struct json_node *v = up->v && up->v->is == JSON_IS_MAP ? json_at(up->v, key) : NULL;

	return (struct clocks_at){ up, str_of(key), 0, v && v->is != JSON_IS_NULL ? v : NULL };
}

struct clocks_at clocks_item(const struct clocks_at *up, size_t i)
{
	const struct json_node *v = &up->v->items[i];

	return (struct clocks_at){ up, v->key, i, v->is != JSON_IS_NULL ? v : NULL };
}

bool clocks_object(struct clocks_reader *r, const struct clocks_at *at, const char *const *keys)
{
	bool fine = true;

	if (!at->v || at->v->is != JSON_IS_MAP)
		return clocks_refuse(r, at, "一个对象 {…}", "an object {…}");
	for (size_t i = 0; i < at->v->n; i++) {
		struct clocks_at child = clocks_item(at, i);
		char key[SHOWN_BYTES];
		size_t k = 0;

		while (keys[k] && !str_eq(child.key, str_of(keys[k])))
			k++;
		if (keys[k])
			continue;
		shown(child.key, key);
		clocks_wrong(r, &child, "不认识的键“%s”；请改正拼写或删去。",
			     "unknown key \"%s\"; correct its spelling or remove it.", key);
		fine = false;
	}
	return fine;
}

bool clocks_list(struct clocks_reader *r, const struct clocks_at *at, size_t least, size_t most)
{
	char zh[WANT_BYTES], en[WANT_BYTES];

	if (at->v && at->v->is == JSON_IS_LIST && at->v->n >= least && at->v->n <= most)
		return true;
	(void)snprintf(zh, sizeof(zh), "一个有 %zu 到 %zu 项的列表 […]", least, most);
	(void)snprintf(en, sizeof(en), "a list […] of %zu to %zu items", least, most);
	return clocks_refuse(r, at, zh, en);
}

bool clocks_number(struct clocks_reader *r, const struct clocks_at *up, const char *key,
		   int64_t least, int64_t most, int64_t *ret)
{
	struct clocks_at at = clocks_child(up, key);
	char zh[WANT_BYTES], en[WANT_BYTES];

	if (at.v && at.v->is == JSON_IS_INT && at.v->i >= least && at.v->i <= most) {
		*ret = at.v->i;
		return true;
	}
	(void)snprintf(zh, sizeof(zh), " %lld 到 %lld 之间的整数", (long long)least,
		       (long long)most);
	(void)snprintf(en, sizeof(en), "a whole number from %lld to %lld", (long long)least,
		       (long long)most);
	return clocks_refuse(r, &at, zh, en);
}

bool clocks_text(struct clocks_reader *r, const struct clocks_at *at, size_t bytes_max,
		 struct str *ret)
{
	bool fine = at->v && at->v->is == JSON_IS_TEXT && at->v->text.n > 0 &&
		    at->v->text.n <= bytes_max;
	char zh[WANT_BYTES], en[WANT_BYTES];

	for (size_t i = 0; fine && i < at->v->text.n; i++)
		fine = (unsigned char)at->v->text.p[i] >= 0x20 && at->v->text.p[i] != 0x7f;
	if (fine)
		return clocks_copy(r, at->v->text, ret);
	(void)snprintf(zh, sizeof(zh), " 1 到 %zu 字节、不含控制字符的文字", bytes_max);
	(void)snprintf(en, sizeof(en), "a text of 1 to %zu bytes without control characters",
		       bytes_max);
	return clocks_refuse(r, at, zh, en);
}

bool clocks_both(struct clocks_reader *r, const struct clocks_at *up, const char *key,
		 enum clocks_need need, struct clocks_both *ret)
{
	static const char *const keys[] = { "zh", "en", NULL };
	struct clocks_at at = clocks_child(up, key), zh, en;
	bool fine;

	*ret = (struct clocks_both){ { "", 0 }, { "", 0 } };
	if (!at.v && need == CLOCKS_MAY)
		return true;
	fine = clocks_object(r, &at, keys);
	if (!at.v || at.v->is != JSON_IS_MAP)
		return false;
	zh = clocks_child(&at, "zh");
	en = clocks_child(&at, "en");
	fine &= clocks_text(r, &zh, TEXT_BYTES_MAX, &ret->zh);
	fine &= clocks_text(r, &en, TEXT_BYTES_MAX, &ret->en);
	return fine;
}

bool clocks_name(struct clocks_reader *r, const struct clocks_at *at, struct str text)
{
	bool fine = text.n > 0 && text.n <= NAME_BYTES && text.p[0] != '-';

	for (size_t i = 0; fine && i < text.n; i++)
		fine = (text.p[i] >= 'a' && text.p[i] <= 'z') ||
		       (text.p[i] >= '0' && text.p[i] <= '9') || text.p[i] == '-';
	if (!fine)
		clocks_wrong(
			r, at,
			"名称不合规则；请只用小写字母、数字和“-”，不以“-”开头，最多 %d 字节。",
			"the name does not follow the rule; use lower-case letters, digits and "
			"\"-\", not \"-\" first, at most %d bytes.",
			(int)NAME_BYTES);
	return fine;
}

/* n digits as a number; -1 if they are not. */
static int digits(const char *p, int n)
{
	int v = 0;

	for (; n > 0; n--, p++) {
		if (*p < '0' || *p > '9')
			return -1;
		v = v * 10 + (*p - '0');
	}
	return v;
}

static bool read_date(struct str text, int32_t *ret)
{
	int year, month, day, y, m, d;

	if (text.n != 10 || text.p[4] != '-' || text.p[7] != '-')
		return false;
	year = digits(text.p, 4);
	month = digits(text.p + 5, 2);
	day = digits(text.p + 8, 2);
	if (year < 1 || month < 1 || month > 12 || day < 1 || day > 31)
		return false;
	*ret = date_day(year, month, day);
	date_civil(*ret, &y, &m, &d);
	return y == year && m == month && d == day;
}

bool clocks_date(struct clocks_reader *r, const struct clocks_at *up, const char *key, int32_t *ret)
{
	static const char zh[] = "日期 YYYY-MM-DD，或 null（不限）",
			  en[] = "a date YYYY-MM-DD, or null for open";
	struct clocks_at at = clocks_child(up, key);

	*ret = CLOCKS_DAY_OPEN;
	if (!at.v)
		return json_at(up->v, key) ? true : clocks_refuse(r, &at, zh, en);
	if (at.v->is != JSON_IS_TEXT || !read_date(at.v->text, ret))
		return clocks_refuse(r, &at, zh, en);
	return true;
}
