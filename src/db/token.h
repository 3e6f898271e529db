/*
 * token.h - SQL cut into words and signs, as far as the rules of scale need it. Private.
 *
 * Memory:   tokens borrow the text they were cut from.
 * Errors:   ERR_MEMORY; ERR_SYNTAX for a quote that is left open.
 */
#ifndef DB_TOKEN_H
#define DB_TOKEN_H
#include "base/base.h"
#include "base/text.h"

enum token_kind {
	TOKEN_WORD,
	TOKEN_NUMBER,
	TOKEN_TEXT,  /* 'in quotes' or "in these" */
	TOKEN_ARG,   /* $1 */
	TOKEN_SIGN,  /* one character, or :: */
	TOKEN_REMARK /* a line that opens with -- and a lower case word, without the -- */
};

struct token {
	enum token_kind kind;
	struct str s;
	unsigned arg; /* of $1, 1 */
};

struct tokens {
	struct token *v;
	size_t n, cap;
};

MUST_CHECK enum err tokens_cut(const char *text, struct tokens *ret);
void tokens_release(struct tokens *t); /* for CLEANUP() too */
/* Is token i there, and this word (in any case) or sign? */
bool token_is(const struct tokens *t, size_t i, const char *word);
/* Is it one of these words? The list ends with NULL. */
bool token_in(const struct tokens *t, size_t i, const char *const *words);
#endif
