#include "access/scope.h"

#include <string.h>

#include "base/ban.h"

enum err scope_add(struct scope *s, struct area_code a, struct fault *f)
{
	struct scope kept = { 0 };
	size_t at = 0;

	if (!area_valid(a))
		return fault_set(f, ERR_RANGE, "没有这样的区划代码", "there is no such area code");
	if (scope_covers(s, a))
		return OK;
	for (size_t i = 0; i < s->n; i++)
		if (!area_covers(a, s->v[i]))
			kept.v[kept.n++] = s->v[i];
	if (kept.n == SCOPE_MAX)
		return fault_set(f, ERR_FULL, "一个账号最多授予 %d 个区域，请改用上级区域",
				 "an account has at most %d areas; grant the area above them",
				 SCOPE_MAX);
	while (at < kept.n && kept.v[at].v < a.v)
		at++;
	memmove(kept.v + at + 1, kept.v + at, (kept.n - at) * sizeof(*kept.v));
	kept.v[at] = a;
	kept.n++;
	*s = kept;
	return OK;
}

bool scope_covers(const struct scope *s, struct area_code a)
{
	for (size_t i = 0; i < s->n; i++)
		if (area_covers(s->v[i], a))
			return true;
	return false;
}

bool scope_under(const struct scope *s, struct area_code a)
{
	for (size_t i = 0; i < s->n; i++)
		if (area_covers(a, s->v[i]))
			return true;
	return false;
}

size_t scope_above(const struct scope *s, struct area_code ret[SCOPE_ABOVE_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		for (struct area_code a = area_parent(s->v[i]); a.v; a = area_parent(a)) {
			size_t k = 0;

			while (k < n && ret[k].v != a.v)
				k++;
			if (k == n)
				ret[n++] = a;
		}
	return n;
}

struct scope scope_within(const struct scope *s, struct area_code a)
{
	struct scope in = { 0 };

	if (scope_covers(s, a))
		return (struct scope){ .n = 1, .v = { a } };
	for (size_t i = 0; i < s->n; i++)
		if (area_covers(a, s->v[i]))
			in.v[in.n++] = s->v[i];
	return in;
}

bool scope_holds(const struct scope *s, const struct scope *inner)
{
	for (size_t i = 0; i < inner->n; i++)
		if (!scope_covers(s, inner->v[i]))
			return false;
	return true;
}

size_t scope_text(const struct scope *s, char ret[SCOPE_TEXT_BYTES])
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		if (i)
			ret[n++] = ' ';
		area_text(s->v[i], ret + n);
		n += AREA_DIGITS;
	}
	ret[n] = '\0';
	return n;
}

enum err scope_parse(struct str text, struct scope *ret, struct fault *f)
{
	struct scope s = { 0 };

	for (size_t i = 0; i < text.n;) {
		struct str word = { text.p + i, 0 };
		struct area_code a;
		enum err e;

		while (i < text.n && text.p[i] != ' ')
			i++, word.n++;
		i++;
		if ((e = area_parse(word, &a)))
			return fault_set(f, e, "区划代码不对", "this is no area code");
		if ((e = scope_add(&s, a, f)))
			return e;
	}
	*ret = s;
	return OK;
}
