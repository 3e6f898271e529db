/*
 * visits.h - a batch of visits: pseudonyms from the vault, places by the sender's name for them,
 * and the whole into the trail. For src/intake alone.
 */
#ifndef INTAKE_VISITS_H
#define INTAKE_VISITS_H
#include "intake/inside.h"

/* Of the judged rows: asks the vault and finds places; rows that may not come in are refused. */
MUST_CHECK enum err visits_begin(struct push *p, struct fault *f);
/* In the transaction. Counts what is new to us, and what was there before. */
MUST_CHECK enum err visits_keep(struct push *p, struct tx *tx, int64_t *ret_accepted,
				int64_t *ret_duplicate, struct fault *f);
void visits_end(struct push *p, bool kept);
#endif
