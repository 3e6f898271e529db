/*
 * session.h - who has signed in: made at a log-in, found by a cookie, over by itself.
 *
 * A session ends when nobody used it for a while, when it is old, when its owner signs out, and
 * when the password, the roles or the areas of the account change: roles and areas are kept in it
 * as they were at the log-in, so a request costs one row, and nothing stale can be in it.
 *
 * Life:     rows. session_touch is due once a minute at most; a read does not write each time.
 * Errors:   ERR_LOGIN no such session, over, or its account suspended.
 */
#ifndef ACCESS_SESSION_H
#define ACCESS_SESSION_H
#include "access/bearer.h"
#include "access/policy.h"
#include "access/who.h"
#include "base/memory.h"
#include "db/db.h"

struct account;

/* Pure: by the clock, is it over; is it time to note that it was used. */
bool session_over(const struct policy_choice *p, struct utc_s made, struct utc_s seen,
		  struct utc_s now);
bool session_touch_due(const struct policy_choice *p, struct utc_s seen, struct utc_s now);

MUST_CHECK enum err session_find(struct tx *tx, const struct policy *p, const struct bearer *b,
				 struct utc_s now, struct arena *a, struct who *ret,
				 bool *ret_touch_due, struct fault *f);
MUST_CHECK enum err session_touch(struct tx *tx, const struct bearer *b, struct utc_s now,
				  struct fault *f);
/* Sign in: `b` is fresh, made by the caller before the transaction. */
MUST_CHECK enum err session_make(struct tx *tx, const struct bearer *b, int64_t id,
				 const struct who *who, struct utc_s now, struct fault *f);
/* Those of an account that are not over, the newest first. */
struct session_mine {
	int64_t id;
	struct utc_s made, seen; /* `seen` to the minute */
};
typedef VEC(struct session_mine) session_list;
MUST_CHECK enum err session_of(struct tx *tx, const struct policy *p, struct area_code home,
			       int64_t account, struct utc_s now, session_list *ret,
			       struct fault *f);
/* *ret_n, if it is given: was there such a one (0, 1)? */
MUST_CHECK enum err session_finish(struct tx *tx, struct area_code home, int64_t account,
				   int64_t id, uint64_t *ret_n, struct fault *f);
/* All sessions of an account, but one (0: but none). */
MUST_CHECK enum err session_finish_others(struct tx *tx, struct area_code home, int64_t account,
					  int64_t but, struct fault *f);
/* Drop what is over by the clock. */
MUST_CHECK enum err session_sweep(struct tx *tx, const struct policy *p, struct utc_s now,
				  struct fault *f);

/* Roles as they are stored: "area_lead auditor". A word that is no role any more is left out. */
enum { SESSION_ROLES_BYTES = ROLE_N * 24 };
size_t session_roles_text(uint32_t roles, char ret[SESSION_ROLES_BYTES]);
uint32_t session_roles_parse(struct str text);

#endif
