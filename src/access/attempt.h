/*
 * attempt.h - the memory of failed log-ins, for names and addresses.
 *
 * Life:     rows; lockout.h says what they mean. What was tried is kept as a keyed hash: there is
 *           no list of names that do not exist, and none of addresses.
 * Errors:   ERR_RATE it is too early for another try.
 */
#ifndef ACCESS_ATTEMPT_H
#define ACCESS_ATTEMPT_H
#include "access/lockout.h"
#include "access/policy.h"
#include "base/text.h"
#include "db/db.h"

struct attempt {
	struct crypt_mac hash[LOCKOUT_N];
	struct lockout kept[LOCKOUT_N]; /* as attempt_read found it */
};

/* Pure: whose try this is. */
MUST_CHECK enum err attempt_of(const struct policy *p, struct str login, struct str address,
			       struct attempt *ret);
/* ERR_RATE if the name or the address has to wait. */
MUST_CHECK enum err attempt_read(struct tx *tx, struct attempt *at, struct utc_s now,
				 struct fault *f);
MUST_CHECK enum err attempt_failed(struct tx *tx, const struct attempt *at, struct utc_s now,
				   struct fault *f);
/* It was the right person: the name is free again, the address is not. */
MUST_CHECK enum err attempt_passed(struct tx *tx, const struct attempt *at, struct fault *f);
MUST_CHECK enum err attempt_sweep(struct tx *tx, struct utc_s now, struct fault *f);

#endif
