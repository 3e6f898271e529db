/* read.c - from JSON to checked values, with a sentence for whatever is not right. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "profile/read.h"

#include "base/ban.h"

enum { PATH_BYTES = 400, SENTENCE_BYTES = 1200, WANT_BYTES = 160, FAULTS_MAX = 1000 };

void *profile_take(struct profile_reader *r, size_t n, size_t each)
{
	void *p = r->failed ? NULL : arena_take(r->a, max_size(n, 1), each);

	if (!p)
		r->failed = ERR_MEMORY;
	return p;
}

bool profile_copy(struct profile_reader *r, const char *text, struct str *ret)
{
	size_t n = strlen(text);
	char *p = r->failed ? NULL : arena_copy(r->a, text, n);

	if (!p) {
		r->failed = ERR_MEMORY;
		return false;
	}
	*ret = (struct str){ p, n };
	return true;
}

void profile_shown(const char *text, size_t most, char *ret, size_t bytes)
{
	size_t n = strlen(text), cut = min_size(n, min_size(most, bytes - sizeof("…")));

	while (cut < n && cut > 0 && ((unsigned char)text[cut] & 0xc0) == 0x80)
		cut--;
	for (size_t i = 0; i < cut; i++) {
		unsigned char c = (unsigned char)text[i];

		/* The second byte of U+0080 .. U+009F is a control character as well. */
		bool c1 = i > 0 && (unsigned char)text[i - 1] == 0xc2 && c < 0xa0;

		ret[i] = c < 0x20 || c == 0x7f ? '?' : text[i];
		if (c1)
			ret[i - 1] = ret[i] = '?';
	}
	memcpy(ret + cut, cut < n ? "…" : "", cut < n ? sizeof("…") : 1);
}

static void put_path(const struct profile_at *at, char *p, size_t bytes)
{
	char key[PROFILE_SHOWN_BYTES];
	size_t n;

	if (!at->up) {
		p[0] = '\0';
		return;
	}
	put_path(at->up, p, bytes);
	n = strlen(p);
	if (!at->key) {
		(void)snprintf(p + n, bytes - n, "[%zu]", at->i);
		return;
	}
	profile_shown(at->key, PROFILE_SHOWN_BYTES / 2, key, sizeof(key));
	(void)snprintf(p + n, bytes - n, "%s%s", n ? "." : "", key);
}

static bool put_fault(struct profile_reader *r, const char *path, const char *zh, const char *en)
{
	struct profile_fault_node *node = profile_take(r, 1, sizeof(*node));

	if (!node || !profile_copy(r, path, &node->fault.path) ||
	    !profile_copy(r, zh, &node->fault.zh) || !profile_copy(r, en, &node->fault.en))
		return false;
	if (r->last)
		r->last->next = node;
	else
		r->first = node;
	r->last = node;
	r->n_faults++;
	return true;
}

void profile_wrong(struct profile_reader *r, const struct profile_at *at, const char *zh,
		   const char *en, ...)
{
	char path[PATH_BYTES], says_zh[SENTENCE_BYTES], says_en[SENTENCE_BYTES];
	va_list ap;

	if (r->failed || r->n_faults > FAULTS_MAX)
		return;
	if (r->n_faults == FAULTS_MAX) {
		(void)put_fault(r, "", "错误太多，其余的不再列出；请先改正上面这些。",
				"too many faults, the rest are not listed; mend these first.");
		return;
	}
	put_path(at, path, sizeof(path));
	va_start(ap, en);
	(void)vsnprintf(says_zh, sizeof(says_zh), zh, ap);
	va_end(ap);
	va_start(ap, en);
	(void)vsnprintf(says_en, sizeof(says_en), en, ap);
	va_end(ap);
	(void)put_fault(r, path, says_zh, says_en);
}

/* The value as a person would name it. */
static void say_value(const json_t *v, char *zh, char *en)
{
	char shown[PROFILE_SHOWN_BYTES];
	const char *say_zh = "空（null）", *say_en = "null";

	switch (json_typeof(v)) {
	case JSON_OBJECT: say_zh = "一个对象 {…}", say_en = "an object {…}"; break;
	case JSON_ARRAY: say_zh = "一个列表 […]", say_en = "a list […]"; break;
	case JSON_STRING:
		profile_shown(json_string_value(v), PROFILE_SHOWN_BYTES / 2, shown, sizeof(shown));
		(void)snprintf(zh, WANT_BYTES, "文字“%s”", shown);
		(void)snprintf(en, WANT_BYTES, "the text \"%s\"", shown);
		return;
	case JSON_INTEGER:
		(void)snprintf(zh, WANT_BYTES, "%lld", (long long)json_integer_value(v));
		(void)snprintf(en, WANT_BYTES, "%lld", (long long)json_integer_value(v));
		return;
	case JSON_REAL:
		(void)snprintf(zh, WANT_BYTES, "%g", json_real_value(v));
		(void)snprintf(en, WANT_BYTES, "%g", json_real_value(v));
		return;
	case JSON_TRUE: say_zh = say_en = "true"; break;
	case JSON_FALSE: say_zh = say_en = "false"; break;
	case JSON_NULL: break;
	}
	(void)snprintf(zh, WANT_BYTES, "%s", say_zh);
	(void)snprintf(en, WANT_BYTES, "%s", say_en);
}

/* Chinese type keeps a blank between its own characters and digits or letters. */
static const char *gap(const char *text)
{
	return (unsigned char)text[0] < 0x80 ? " " : "";
}

bool profile_refuse(struct profile_reader *r, const struct profile_at *at, const char *want_zh,
		    const char *want_en)
{
	char zh[WANT_BYTES], en[WANT_BYTES];

	/* Both languages share the arguments: what the other one says is printed with %.0s. */
	if (!at->v) {
		profile_wrong(r, at, "缺少这一项；请写%s%s%.0s。", "is missing; write %.0s%.0s%s.",
			      gap(want_zh), want_zh, want_en);
		return false;
	}
	say_value(at->v, zh, en);
	profile_wrong(r, at, "写的是%s%s%.0s；请改为%s%s%.0s。",
		      "is %.0s%.0s%s; write %.0s%.0s%s instead.", gap(zh), zh, en, gap(want_zh),
		      want_zh, want_en);
	return false;
}

struct profile_at profile_item(const struct profile_at *up, size_t i)
{
	return (struct profile_at){ up, NULL, i, json_array_get(up->v, i) };
}

bool profile_step(struct profile_reader *r, const struct profile_at *up, const char *key,
		  enum profile_need need, const char *want_zh, const char *want_en,
		  struct profile_at *ret, bool *ret_there)
{
	bool null;

	*ret = (struct profile_at){ up, key, 0, json_object_get(up->v, key) };
	null = json_is_null(ret->v);
	*ret_there = ret->v && !null;
	if (*ret_there || need == PROFILE_MAY || (null && need == PROFILE_MUST_OR_NULL))
		return true;
	return profile_refuse(r, ret, want_zh, want_en);
}

static void list_words(const char *const *words, size_t n, char *ret, size_t bytes)
{
	size_t at = 0;

	ret[0] = '\0';
	for (size_t i = 0; i < n && at < bytes; i++)
		at += (size_t)snprintf(ret + at, bytes - at, "%s%s", i ? ", " : "", words[i]);
}

bool profile_object(struct profile_reader *r, const struct profile_at *at, const char *const *keys)
{
	char known[SENTENCE_BYTES / 2], shown[PROFILE_SHOWN_BYTES];
	const char *key;
	json_t *v;
	size_t n = 0;
	bool fine = true;

	if (!json_is_object(at->v))
		return profile_refuse(r, at, "一个对象 {…}", "an object {…}");
	while (keys[n])
		n++;
	json_object_foreach((json_t *)(uintptr_t)at->v, key, v)
	{
		struct profile_at child = { at, key, 0, v };
		size_t i = 0;

		while (i < n && strcmp(keys[i], key) != 0)
			i++;
		if (i < n)
			continue;
		fine = false;
		list_words(keys, n, known, sizeof(known));
		profile_shown(key, PROFILE_SHOWN_BYTES / 2, shown, sizeof(shown));
		profile_wrong(r, &child, "不认识的键“%s”；请改正拼写或删去。此处可用的键：%s。",
			      "unknown key \"%s\"; correct its spelling or remove it. "
			      "Keys that may stand here: %s.",
			      shown, known);
	}
	return fine;
}

bool profile_list(struct profile_reader *r, const struct profile_at *at, size_t least, size_t most)
{
	char zh[WANT_BYTES], en[WANT_BYTES];
	size_t n = json_array_size(at->v);

	if (json_is_array(at->v) && n >= least && n <= most)
		return true;
	(void)snprintf(zh, sizeof(zh), "一个有 %zu 到 %zu 项的列表 […]", least, most);
	(void)snprintf(en, sizeof(en), "a list […] of %zu to %zu items", least, most);
	if (!json_is_array(at->v))
		return profile_refuse(r, at, zh, en);
	profile_wrong(r, at, "这个列表有 %zu 项；请写%s%.0s。",
		      "this list has %zu items; write %.0s%s.", n, zh, en);
	return false;
}
