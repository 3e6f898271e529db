/*
 * lockout.h - how long after failed log-ins the next try has to wait. A pure function.
 *
 * Failures are counted for a login name, whether there is such an account or not, and for an
 * address, behind which a whole office may sit. The first few cost nothing, then the wait doubles
 * up to its greatest. A try that comes too early is refused and not counted, so that nobody can be
 * kept out for longer than the greatest wait by somebody who keeps trying.
 *
 * Life:     plain values.
 * Units:    seconds. A clock that was set back makes nobody wait longer than one wait.
 */
#ifndef ACCESS_LOCKOUT_H
#define ACCESS_LOCKOUT_H
#include "base/base.h"

enum lockout_of { LOCKOUT_LOGIN, LOCKOUT_ADDRESS, LOCKOUT_N };

enum {
	LOCKOUT_FIRST_S = 30,
	LOCKOUT_FORGET_S = 24 * 3600 /* after a day without a failure all is forgotten */
};

struct lockout {
	int64_t failures; /* 0: none */
	struct utc_s last;
};

/* Seconds until a try is looked at; 0: now. */
int64_t lockout_wait_s(enum lockout_of of, struct lockout l, struct utc_s now);
/* What is kept after a try that was looked at and failed. */
struct lockout lockout_failed(struct lockout l, struct utc_s now);

#endif
