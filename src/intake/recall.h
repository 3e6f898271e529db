/*
 * recall.h - take a batch back: first look, then one transaction. For src/intake alone.
 *
 * Afterwards the state is what it would be without the batch; the ledger, the batch and its list of
 * refused rows stay. Vault and trail hear of it after the commit (recall_http.c).
 */
#ifndef INTAKE_RECALL_H
#define INTAKE_RECALL_H
#include "intake/inside.h"
#include "trail/trail.h"

enum { RECALL_CHANGED_TOLD = 50 };
struct recall_sum {
	int64_t rows;       /* stored rows that go */
	int64_t succeeded;  /* whose place a row of another batch takes */
	int64_t likenesses; /* pairs that go with them */
	int64_t n_changed;  /* of the rows, changed by hand since */
	int64_t changed_ids[RECALL_CHANGED_TOLD];
	struct trail_sum visits;
};
MUST_CHECK enum err recall_preview(struct intake *in, struct tx *tx, struct feed *feed,
				   struct batch *b, struct recall_sum *ret, struct fault *f);
/* *ret_key: what vault and trail call it. `b` becomes what is stored. */
MUST_CHECK enum err recall_run(struct intake *in, struct call *c, struct tx *tx, struct feed *feed,
			       struct batch *b, struct str why, struct recall_sum *ret,
			       int64_t *ret_key, struct fault *f);
#endif
