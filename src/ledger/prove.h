/*
 * prove.h - that an entry is under a signed head, to be checked elsewhere without the database.
 *
 * Whoever holds a receipt and a file of heads that was kept elsewhere needs one thing more: the way
 * from the entry's hash to the root that the head holds, some ten hashes. The house gives it
 * (prove_make); it can be sent as text; prove_check needs no house.
 *
 * Errors:   ERR_ABSENT    no head covers the entry (yet), or it is not there
 *           ERR_CORRUPT   receipt, proof and heads do not fit together
 *           ERR_SYNTAX    prove_parse: no proof, or not copied well
 * Source:   RFC 6962 2.1.1
 */
#ifndef LEDGER_PROVE_H
#define LEDGER_PROVE_H
#include "base/base.h"
#include "base/text.h"
#include "ledger/ledger.h"
#include "ledger/merkle.h"

struct db;

struct prove {
	int64_t head; /* its number */
	struct merkle_path path;
};

MUST_CHECK enum err prove_make(struct db *db, const char *heads, const struct ledger_receipt *r,
			       struct prove *ret, struct fault *f);
/* `heads` is a file, the checker's own. */
MUST_CHECK enum err prove_check(const char *heads, const struct ledger_receipt *r,
				const struct prove *p, struct fault *f);
/* OPP1-... : base64url with a check, as a receipt. */
void prove_text(const struct prove *p, struct buf *out);
MUST_CHECK enum err prove_parse(struct str s, struct prove *ret);

#endif
