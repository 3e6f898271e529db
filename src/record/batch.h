/*
 * batch.h - the search tokens of many new rows, written in the order of their index.
 *
 * A row has some twenty tokens that lie all over the index. Thousands of rows' tokens, sorted
 * first, go in page after page, and many in one statement: that is most of an import's speed.
 *
 * Life:     batch_add for each row, batch_flush at the end, batch_release always.
 * Memory:   some 3 MB; flushed by itself when full.
 */
#ifndef RECORD_BATCH_H
#define RECORD_BATCH_H
#include "record/inside.h"

enum { BATCH_AT_ONCE = 64, BATCH_HELD = 100000 };

struct batch_token {
	int64_t county, id;
	struct search_token token;
};
struct batch {
	struct tx *tx;
	const struct record_kind *k;
	VEC(struct batch_token) rows;
};

MUST_CHECK enum err batch_add(struct batch *t, const void *row, struct fault *f);
MUST_CHECK enum err batch_flush(struct batch *t, struct fault *f);
void batch_release(struct batch *t); /* for CLEANUP() too */

#endif
