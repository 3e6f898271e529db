/* words.c - groups of words for kinds of places and for roles, and how words are compared. */
#include <string.h>

#include "profile/read.h"

#include "base/ban.h"

enum { WORD_BYTES_MAX = 64, WORDS_MAX = 256, KIND_GROUPS_MAX = 256, NAME_BYTES_MAX = 32 };

static unsigned char folded(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (unsigned char)(c + ('a' - 'A'));
	return c == '-' || c == ' ' ? '_' : (unsigned char)c;
}

bool profile_same_word(struct str a, struct str b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (folded(a.p[i]) != folded(b.p[i]))
			return false;
	return true;
}

bool profile_has_word(const struct profile_texts *t, struct str word)
{
	for (size_t i = 0; i < t->n; i++)
		if (profile_same_word(t->v[i], word))
			return true;
	return false;
}

/* The group's own name is always its first word. */
static void read_group(struct profile_reader *r, const struct profile_at *at,
		       struct profile_group *ret)
{
	struct profile_texts *t = &ret->words;
	struct str *v;
	size_t n;

	(void)profile_name_here(r, at, at->key, "_", NAME_BYTES_MAX);
	if (!profile_list(r, at, 0, WORDS_MAX))
		n = 0;
	else
		n = json_array_size(at->v);
	v = profile_take(r, n + 1, sizeof(*v));
	if (!v || !profile_copy(r, at->key, &ret->name))
		return;
	v[0] = ret->name;
	*t = (struct profile_texts){ 1, v };
	for (size_t i = 0; i < n; i++) {
		struct profile_at item = profile_item(at, i);
		struct str word;

		if (!profile_text_here(r, &item, WORD_BYTES_MAX, &word))
			continue;
		if (profile_has_word(t, word)) {
			profile_wrong(r, &item, "这个词在组里已经有了（组名本身也算）；请删去。",
				      "this word is in the group already (the group's name counts "
				      "too); remove it.");
			continue;
		}
		v[t->n++] = word;
	}
}

static const struct profile_group *find(const struct profile_group *v, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(v[i].name, str_of(name)))
			return &v[i];
	return NULL;
}

/* Add the groups under `key` to the n that stand around it. */
static bool read_groups(struct profile_reader *r, const struct profile_at *up, const char *key,
			size_t most, const struct profile_group **v, size_t *n)
{
	static const char zh[] = "一个对象 {\"组名\": [\"词\", …]}",
			  en[] = "an object {\"group\": [\"word\", …]}";
	struct profile_group *all;
	size_t n_all = *n, n_before = r->n_faults;
	struct profile_at at;
	bool there;
	const char *name;
	json_t *words;

	if (!profile_step(r, up, key, PROFILE_MAY, zh, en, &at, &there) || !there)
		return true;
	if (!json_is_object(at.v))
		return profile_refuse(r, &at, zh, en);
	all = profile_take(r, n_all + json_object_size(at.v), sizeof(*all));
	if (!all)
		return false;
	if (n_all)
		memcpy(all, *v, n_all * sizeof(*all));
	json_object_foreach((json_t *)(uintptr_t)at.v, name, words)
	{
		struct profile_at child = { &at, name, 0, words };

		if (find(*v, *n, name))
			profile_wrong(r, &child,
				      "整个文件已经定义了这个组；请换一个名称，或删去其中之一。",
				      "the whole file defines this group already; choose another "
				      "name, or remove one of the two.");
		else
			read_group(r, &child, &all[n_all++]);
	}
	if (n_all > most)
		profile_wrong(r, &at, "共有 %zu 组；最多 %zu 组，请合并或删去一些。",
			      "there are %zu groups; at most %zu may be, join or remove some.",
			      n_all, most);
	*v = all;
	*n = min_size(n_all, most);
	return r->n_faults == n_before;
}

void profile_read_scope(struct profile_reader *r, const struct profile_at *at,
			const struct profile_scope *outer, struct profile_scope *ret)
{
	struct profile_scope s = { .kinds_fine = true, .roles_fine = true };

	if (outer)
		s = *outer;
	s.kinds_fine &= read_groups(r, at, "kinds", KIND_GROUPS_MAX, &s.kinds, &s.n_kinds);
	s.roles_fine &= read_groups(r, at, "roles", PROFILE_ROLE_GROUPS_MAX, &s.roles, &s.n_roles);
	*ret = s;
}
