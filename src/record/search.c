/* search.c - see search.h. */
#include "record/search.h"

#include <stdlib.h>
#include <string.h>

#include "base/ban.h"
#include "record/pinyin.h"
#include "record/row.h"
#include "record/value.h"

enum { TEXT_CHARS = 256 };

/* A character as it is compared: small, narrow; 0 if it only stands between words. */
static uint32_t fold(uint32_t c)
{
	if (c >= 0xFF01 && c <= 0xFF5E) /* wide forms of ASCII */
		c -= 0xFF01 - '!';
	if (c >= 'A' && c <= 'Z')
		return c + ('a' - 'A');
	if (c < 0x80)
		return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : 0;
	if ((c >= 0x2000 && c <= 0x206F) || (c >= 0x3000 && c <= 0x303F && c != 0x3007) ||
	    (c >= 0xFF00 && c <= 0xFFEF) || c < 0xC0 || c == 0xD7 || c == 0xF7)
		return 0; /* blanks and punctuation; 〇 is a figure */
	return c;
}

/* Folded characters of a text, at most `max`, runs of zeros made one. */
static size_t folded(struct str s, uint32_t *ret, size_t max)
{
	size_t n = 0;

	while (s.n > 0 && n < max) {
		uint32_t c = fold(pinyin_next(&s));

		if (c || (n > 0 && ret[n - 1]))
			ret[n++] = c;
	}
	return n;
}

static bool is_latin(uint32_t c)
{
	return c < 0x80;
}

static void put(struct search_token *t, uint32_t c)
{
	if (c < 0x80) {
		t->p[t->n++] = (char)c;
	} else if (c < 0x800) {
		t->p[t->n++] = (char)(0xC0 | c >> 6);
		t->p[t->n++] = (char)(0x80 | (c & 0x3F));
	} else if (c < 0x10000) {
		t->p[t->n++] = (char)(0xE0 | c >> 12);
		t->p[t->n++] = (char)(0x80 | (c >> 6 & 0x3F));
		t->p[t->n++] = (char)(0x80 | (c & 0x3F));
	} else {
		t->p[t->n++] = (char)(0xF0 | c >> 18);
		t->p[t->n++] = (char)(0x80 | (c >> 12 & 0x3F));
		t->p[t->n++] = (char)(0x80 | (c >> 6 & 0x3F));
		t->p[t->n++] = (char)(0x80 | (c & 0x3F));
	}
}

static void add_pair(struct search_set *set, uint32_t a, uint32_t b)
{
	struct search_token t = { 0 };

	if (set->n == SEARCH_TOKENS_MAX)
		return;
	put(&t, a);
	put(&t, b);
	set->v[set->n++] = t;
}

/* The letters that stand for a character when initials are typed: itself, or one or two. */
static size_t letters_of(uint32_t c, uint32_t ret[2])
{
	char other = 0, first;

	if (is_latin(c))
		return ret[0] = c, 1;
	first = pinyin_letter(c, &other);
	ret[0] = (unsigned char)first;
	ret[1] = (unsigned char)other;
	return first ? (other ? 2 : 1) : 0;
}

static void add_initials(struct search_set *set, uint32_t a, uint32_t b)
{
	uint32_t x[2], y[2];
	size_t n_x = letters_of(a, x), n_y = letters_of(b, y);

	if (is_latin(a) && is_latin(b))
		return; /* that pair is there already */
	for (size_t i = 0; i < n_x; i++)
		for (size_t k = 0; k < n_y; k++)
			add_pair(set, x[i], y[k]);
}

void search_add(struct search_set *set, struct str text)
{
	uint32_t c[TEXT_CHARS];
	size_t n = folded(text, c, TEXT_CHARS);

	for (size_t i = 1; i < n; i++)
		if (c[i - 1] && c[i]) {
			add_pair(set, c[i - 1], c[i]);
			add_initials(set, c[i - 1], c[i]);
		}
}

static int order(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct search_token));
}

void search_sort(struct search_set *set)
{
	size_t n = 0;

	qsort(set->v, set->n, sizeof *set->v, order);
	for (size_t i = 0; i < set->n; i++)
		if (i == 0 || order(&set->v[i], &set->v[i - 1]) != 0)
			set->v[n++] = set->v[i];
	set->n = n;
}

static struct str text_of(const struct field *x, const void *row)
{
	return *(const struct str *)((const char *)row + x->at);
}

void search_row(const struct noun *n, const void *row, struct search_set *ret)
{
	ret->n = 0;
	for (size_t i = 0; i < n->n_fields; i++)
		if (n->field[i].flags & FIELD_SEARCH)
			search_add(ret, text_of(&n->field[i], row));
	search_sort(ret);
}

/* ---- a query -------------------------------------------------------------------------------- */

enum err search_read(struct str q, struct search_query *ret, struct fault *f)
{
	struct search_set mixed = { .n = 0 };

	ret->tokens.n = 0;
	if (str_characters(q) > SEARCH_QUERY_CHARS_MAX)
		return fault_set(f, ERR_RANGE, "搜索词最多 %d 个字",
				 "search for %d characters at most", SEARCH_QUERY_CHARS_MAX);
	ret->n = folded(q, ret->v, SEARCH_QUERY_CHARS_MAX);
	for (size_t i = 1; i < ret->n; i++) {
		uint32_t a = ret->v[i - 1], b = ret->v[i];

		/* 张j may be one character and one initial: no row has such a pair for it. */
		if (a && b)
			add_pair(is_latin(a) == is_latin(b) ? &ret->tokens : &mixed, a, b);
	}
	if (ret->tokens.n == 0 && mixed.n == 0)
		return fault_set(f, ERR_RANGE, "请至少输入相连的两个字，或拼音首字母两个",
				 "type at least two characters in a row, or two pinyin initials");
	if (ret->tokens.n == 0)
		ret->tokens = mixed;
	search_sort(&ret->tokens);
	return OK;
}

/* Does the typed character stand for this one? */
static bool stands_for(uint32_t typed, uint32_t c)
{
	uint32_t letter[2];

	if (typed == c)
		return true;
	if (!is_latin(typed) || is_latin(c))
		return false;
	for (size_t n = letters_of(c, letter); n > 0; n--)
		if (letter[n - 1] == typed)
			return true;
	return false;
}

static bool stands_in(const uint32_t *word, size_t n_word, const uint32_t *text, size_t n)
{
	for (size_t at = 0; at + n_word <= n; at++) {
		size_t i = 0;

		while (i < n_word && stands_for(word[i], text[at + i]))
			i++;
		if (i == n_word)
			return true;
	}
	return false;
}

bool search_fits(const struct search_query *q, const struct noun *n, const void *row,
		 unsigned sight)
{
	size_t at = 0, end;

	for (; at < q->n; at = end + 1) {
		bool found = false;

		for (end = at; end < q->n && q->v[end]; end++)
			;
		for (size_t i = 0; i < n->n_fields && !found; i++) {
			uint32_t text[TEXT_CHARS];

			if ((n->field[i].flags & FIELD_SEARCH) && row_sees(sight, &n->field[i]))
				found = stands_in(q->v + at, end - at, text,
						  folded(text_of(&n->field[i], row), text,
							 TEXT_CHARS));
		}
		if (!found)
			return false;
	}
	return true;
}
