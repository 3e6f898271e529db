/*
 * bearer.h - what a browser's cookie and a program's API key look like, and what is kept of them.
 *
 *     session  430802000000000.QcHbN2...   the county where it is kept, a dot, 256 random bits
 *     API key  opk.QcHbN2...               256 random bits
 *
 * The county is there because rows are found by it; it says nothing that the account's owner does
 * not know. Only a hash of the random bits is stored: who reads the database cannot sign in.
 *
 * Life:     plain values.
 * Errors:   ERR_LOGIN for anything that is no token, without a word about why.
 */
#ifndef ACCESS_BEARER_H
#define ACCESS_BEARER_H
#include "base/area.h"
#include "base/base.h"
#include "base/text.h"
#include "crypt/crypt.h"

enum { BEARER_SECRET_BYTES = 32 };

enum bearer_kind { BEARER_SESSION, BEARER_KEY };

struct bearer {
	enum bearer_kind kind;
	struct area_code county; /* of a session */
	uint8_t secret[BEARER_SECRET_BYTES];
};

void bearer_text(const struct bearer *b, struct buf *out);
MUST_CHECK enum err bearer_parse(enum bearer_kind kind, struct str text, struct bearer *ret);
/* What is kept: a hash, bound to the kind. */
MUST_CHECK enum err bearer_hash(const struct bearer *b, struct crypt_hash *ret);

#endif
