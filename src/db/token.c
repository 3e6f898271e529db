/* token.c - SQL cut into words and signs. */
#include "db/token.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"

#include "base/ban.h"

static bool in_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* The length of what begins at p, which is not blank, and what it is. 0: a quote is left open. */
static size_t measure(const char *p, enum token_kind *kind)
{
	size_t n = 1;

	if (*p == '\'' || *p == '"') {
		const char *end = strchr(p + 1, *p);

		*kind = TOKEN_TEXT;
		return end ? (size_t)(end - p) + 1 : 0;
	}
	if (*p == '$' && isdigit((unsigned char)p[1]))
		*kind = TOKEN_ARG;
	else if (isdigit((unsigned char)*p))
		*kind = TOKEN_NUMBER;
	else if (in_word(*p))
		*kind = TOKEN_WORD;
	else {
		*kind = TOKEN_SIGN;
		return p[0] == ':' && p[1] == ':' ? 2 : 1;
	}
	while (in_word(p[n]))
		n++;
	return n;
}

static enum err remark(const char *line, size_t n, struct tokens *ret)
{
	struct token t = { .kind = TOKEN_REMARK };

	for (line += 2, n -= 2; n > 0 && *line == ' '; n--)
		line++;
	t.s = (struct str){ line, n };
	return vec_push(ret, t);
}

enum err tokens_cut(const char *text, struct tokens *ret)
{
	for (const char *p = text; *p;) {
		struct token t = { 0 };
		size_t n = strcspn(p, "\n");
		enum err e;

		if (isspace((unsigned char)*p)) {
			p++;
			continue;
		}
		if (strncmp(p, "--", 2) == 0) {
			if ((e = remark(p, n, ret)))
				return e;
			p += n;
			continue;
		}
		if (strncmp(p, "/*", 2) == 0) {
			p = strstr(p, "*/");
			if (!p)
				return ERR_SYNTAX;
			p += 2;
			continue;
		}
		t.s = (struct str){ p, measure(p, &t.kind) };
		if (t.s.n == 0)
			return ERR_SYNTAX;
		for (size_t i = 1; t.kind == TOKEN_ARG && i < t.s.n && t.arg < 100000; i++)
			t.arg = t.arg * 10 + (unsigned)(p[i] - '0');
		if ((e = vec_push(ret, t)))
			return e;
		p += t.s.n;
	}
	return OK;
}

void tokens_release(struct tokens *t)
{
	vec_drop(t);
}

bool token_is(const struct tokens *t, size_t i, const char *word)
{
	return i < t->n && t->v[i].kind != TOKEN_REMARK && t->v[i].kind != TOKEN_TEXT &&
	       t->v[i].s.n == strlen(word) && strncasecmp(t->v[i].s.p, word, t->v[i].s.n) == 0;
}

bool token_in(const struct tokens *t, size_t i, const char *const *words)
{
	for (; *words; words++)
		if (token_is(t, i, *words))
			return true;
	return false;
}
