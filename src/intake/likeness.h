/*
 * likeness.h - two records that are, or may be, about one person; and what a reviewer said.
 *
 * The vault finds them by its rules and says how sure it is: what is certain is stored as "same",
 * all else waits in the list for a person. Names are shown by a grant to that person (review.c).
 */
#ifndef INTAKE_LIKENESS_H
#define INTAKE_LIKENESS_H
#include "record/record.h"

enum likeness_state {
	LIKENESS_NONE,
	LIKENESS_OPEN,
	LIKENESS_LATER,
	LIKENESS_SAME,
	LIKENESS_DIFFERENT,
	LIKENESS_STATE_N
};

struct likeness {
	struct record record;
	struct record_id subject, other; /* the newer one, and whom it is like */
	struct record_id batch, other_batch;
	struct str brings, reason; /* what kind of row; the vault's word for why */
	int64_t score;             /* 0 to 1000 */
};
extern const struct noun likeness_noun;
extern const struct choice likeness_states[LIKENESS_STATE_N];
#endif
