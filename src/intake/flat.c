/* flat.c - see flat.h. */
#include "intake/flat.h"

#include <string.h>

#include "base/ban.h"

enum { DIGITS_MAX = 18 }; /* fewer than any 64-bit number may have */

struct reading {
	const char *p, *end;
};

static void skip_blanks(struct reading *r)
{
	while (r->p < r->end && (*r->p == ' ' || *r->p == '\t' || *r->p == '\r' || *r->p == '\n'))
		r->p++;
}

static bool take(struct reading *r, char c)
{
	skip_blanks(r);
	if (r->p == r->end || *r->p != c)
		return false;
	r->p++;
	return true;
}

/* A text without an escape; a control character is not allowed in one. */
static bool take_text(struct reading *r, struct str *ret)
{
	const char *from;

	if (!take(r, '"'))
		return false;
	for (from = r->p; r->p < r->end && *r->p != '"'; r->p++)
		if ((unsigned char)*r->p < ' ' || *r->p == '\\')
			return false;
	if (r->p == r->end)
		return false;
	*ret = (struct str){ from, (size_t)(r->p++ - from) };
	return true;
}

static bool is_digit(const struct reading *r)
{
	return r->p < r->end && *r->p >= '0' && *r->p <= '9';
}

/* A whole number written as it would be told: no zero in front, no -0. */
static bool take_number(struct reading *r, struct str *ret)
{
	const char *from = r->p, *digits;

	r->p += *r->p == '-';
	for (digits = r->p; is_digit(r);)
		r->p++;
	*ret = (struct str){ from, (size_t)(r->p - from) };
	return r->p > digits && r->p - digits <= DIGITS_MAX && (*digits != '0' || ret->n == 1) &&
	       (r->p == r->end || !memchr(".eE", *r->p, 3));
}

static bool take_word(struct reading *r, struct str *ret)
{
	static const char *const words[] = { "true", "false", "null" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		size_t n = strlen(words[i]);

		if ((size_t)(r->end - r->p) < n || memcmp(r->p, words[i], n) != 0)
			continue;
		*ret = (struct str){ r->p, *r->p == 'n' ? 0 : n };
		r->p += n;
		return true;
	}
	return false;
}

static bool take_value(struct reading *r, struct str *ret)
{
	skip_blanks(r);
	if (r->p == r->end)
		return false;
	if (*r->p == '"')
		return take_text(r, ret);
	return *r->p == '-' || is_digit(r) ? take_number(r, ret) : take_word(r, ret);
}

bool flat_read(struct str line, struct flat_cell ret[FLAT_MAX], size_t *ret_n)
{
	struct reading r = { line.p, line.p + line.n };
	size_t n = 0;

	if (!take(&r, '{') || !str_utf8(line))
		return false;
	do {
		if (n == FLAT_MAX || !take_text(&r, &ret[n].key) || !take(&r, ':') ||
		    !take_value(&r, &ret[n].text))
			return false;
		n++;
	} while (take(&r, ','));
	if (!take(&r, '}'))
		return false;
	skip_blanks(&r);
	*ret_n = n;
	return r.p == r.end;
}
