/*
 * approve.h - two people say yes, at the command line, with what opens their accounts.
 *
 * Both must be administrators, of different offices: who runs the system, who grants rights, who
 * reads the ledger. No account holds two of them, so nobody with one account can say it twice.
 *
 * Errors:   ERR_LOGIN a login name, password or code that does not fit, with no word on which;
 *           ERR_ROLE they are not two administrators of different offices.
 */
#ifndef SERVE_APPROVE_H
#define SERVE_APPROVE_H
#include "ledger/heads.h"
#include "serve/house.h"

struct approve_said {
	struct str login, password, digits; /* digits: of the second factor, or empty */
};
/* *ret: their accounts. Digits are used up. */
MUST_CHECK enum err approve_check(struct house *h, const struct approve_said said[HEADS_APPROVERS],
				  struct utc_s now, int64_t ret[HEADS_APPROVERS], struct fault *f);
#endif
