/*
 * batch.h - what a feed sent at one time, and the account of it: in = accepted + refused +
 * duplicate.
 *
 * The account tells what was found when the batch came, and stays when it is recalled.
 */
#ifndef INTAKE_BATCH_H
#define INTAKE_BATCH_H
#include "record/record.h"

enum batch_state {
	BATCH_NONE,
	BATCH_RECEIVED, /* its rows are stored */
	BATCH_HELD,     /* over the feed's budget of trust: its bytes wait, sealed, for a person */
	BATCH_RECALLED, /* nothing of it is stored any more */
	BATCH_REJECTED, /* was held, and a person said no */
	BATCH_STATE_N
};

struct batch {
	struct record record;
	struct record_id feed;
	struct str sender_id;    /* the Idempotency-Key it came under */
	struct str digest, root; /* of the bytes; over the rows that are stored: hex */
	int64_t rows_in, accepted, refused, duplicate;
	int64_t linked, maybe; /* of the accepted: surely, perhaps about somebody known */
	int64_t findings;      /* what was noticed and is no reason to refuse: finding.h */
	int64_t incomplete;    /* accepted rows that lack what such a row should say */
	int64_t late_s;        /* behind the time it was due; FIELD_NONE: nothing was due */
	struct str why;        /* held, or recalled: the reason that was given */
};

extern const struct noun batch_noun;
extern const struct choice batch_states[BATCH_STATE_N];
#endif
