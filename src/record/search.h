/*
 * search.h - pieces of text that a list is searched by, the same on both databases.
 *
 * A searched text is cut into pairs of neighbouring characters (张家, 家界, 界市) and pairs of their
 * pinyin initials (zj, jj, js), in lower case, wide letters made narrow, punctuation dropped. Each
 * pair is a row of search_token. So a word of two characters is one look-up; a longer one is a few,
 * and a comparison of the text itself at the end, since 张家 and 家界 may stand apart.
 *
 * Shapes:   a name of ten characters has some eighteen pairs; search_tokens_max bounds them.
 * Memory:   a set is a plain value of the caller.
 */
#ifndef RECORD_SEARCH_H
#define RECORD_SEARCH_H
#include "base/base.h"
#include "base/text.h"
#include "record/record.h"

enum { SEARCH_TOKEN_BYTES = 8, SEARCH_TOKENS_MAX = 512, SEARCH_QUERY_CHARS_MAX = 40 };

struct search_token {
	char p[SEARCH_TOKEN_BYTES]; /* not NUL-ended; zeros behind */
	uint8_t n;
};
struct search_set {
	struct search_token v[SEARCH_TOKENS_MAX]; /* sorted, none twice */
	size_t n;
};

/* Add a text's pairs; what comes after SEARCH_TOKENS_MAX is left out. */
void search_add(struct search_set *set, struct str text);
void search_sort(struct search_set *set); /* after the last add */
/* The pairs of all searched fields of a row. */
void search_row(const struct noun *n, const void *row, struct search_set *ret);

/*
 * What somebody typed. ERR_RANGE for one that has less than two characters in a row: what is that
 * short finds everything and nothing.
 */
struct search_query {
	uint32_t v[SEARCH_QUERY_CHARS_MAX]; /* 0 between words */
	size_t n;
	struct search_set tokens;
};
MUST_CHECK enum err search_read(struct str q, struct search_query *ret, struct fault *f);
/* Does every word of the query stand in one of the searched fields that `sight` lets see? */
bool search_fits(const struct search_query *q, const struct noun *n, const void *row,
		 unsigned sight);

#endif
