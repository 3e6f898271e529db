/*
 * judge.h - the rows of a push, read and judged one by one, before any transaction.
 *
 * Each row is accepted, or refused with a sentence in both languages and the field. Whether it is a
 * duplicate only the transaction knows (push.c): two senders may come at once.
 *
 * Life:     judge_read -> judged_end, which wipes: names and numbers lie in it.
 * Shapes:   up to ROWS_MAX rows; some 600 bytes each.
 * Memory:   an arena of its own. The body is borrowed while judge_read runs, and not longer.
 * Errors:   of the push as a whole: ERR_SYNTAX no table, ERR_FULL too many rows, ERR_RANGE no rows
 *           at all, or not as many as the sender says.
 */
#ifndef INTAKE_JUDGE_H
#define INTAKE_JUDGE_H
#include "base/memory.h"
#include "crypt/crypt.h"
#include "intake/feed.h"
#include "intake/schema.h"

struct db;

enum { JUDGE_ROWS_MAX = 1 << 20, JUDGE_BYTES_MAX = 1 << 30 };

struct judge_ask {
	const struct feed *feed;
	const struct zone *zone;
	struct utc_s now;
	const struct crypt_key *key; /* of digests: brought.h */
	struct db *db;               /* names of areas are looked up in it; NULL: none are known */
	struct str body;
	int64_t rows; /* how many the sender says there are; FIELD_NONE: nothing said */
	bool none;    /* there may be none: an answer that says "nobody" */
};

struct judged_row {
	int64_t row; /* from 1 */
	int64_t digest;
	void *at; /* struct of the noun, or struct visit_in */
};
struct judged_no {
	int64_t row, line;
	const char *field, *zh, *en;
};

struct judged {
	struct schema schema;
	struct arena *a;
	const struct str *heading; /* and what each is taken for */
	const struct mapping_column *column;
	size_t n_columns;
	int64_t n_in, incomplete;
	VEC(struct judged_row) ok;
	VEC(struct judged_no) no;
};
MUST_CHECK enum err judge_read(const struct judge_ask *ask, struct judged *ret, struct fault *f);
void judged_end(struct judged *j); /* for CLEANUP() */
/* A row that was accepted is not, after all. */
MUST_CHECK enum err judged_refuse(struct judged *j, int64_t row, const struct fault *why);
#endif
