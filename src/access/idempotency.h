/*
 * idempotency.h - the same request twice is done once and answered twice.
 *
 * A client names its write by a key of its own. The first request with it claims a row inside its
 * transaction, and leaves its reply there; the second finds the reply. Two at once: the second
 * waits for the row. A crash before the commit leaves neither the act nor the row. The key belongs
 * to the one who asks, and to one request: another body under it is refused.
 *
 * Shapes:   a reply of up to IDEMPOTENCY_BODY_MAX bytes is kept, two days at least. Of a longer
 *           one, or one with a secret, it is kept that it was done.
 * Errors:   ERR_RANGE a key that is none; ERR_CONFLICT another request under it, or done and the
 *           reply not kept.
 */
#ifndef ACCESS_IDEMPOTENCY_H
#define ACCESS_IDEMPOTENCY_H
#include "access/who.h"
#include "base/memory.h"
#include "crypt/crypt.h"
#include "db/db.h"
#include "http/http.h"

enum { IDEMPOTENCY_BODY_MAX = 64 * 1024, IDEMPOTENCY_S = 2 * 24 * 3600 };

struct idempotency {
	struct crypt_hash key, digest;
};
struct idempotency_reply {
	int status;
	struct str body, receipt;
};

/* What the request's key is, and what it asks. *ret_keyed: it has one. */
MUST_CHECK enum err idempotency_of(const struct http_request *rq, bool *ret_keyed,
				   struct idempotency *ret, struct fault *f);
/* First in the transaction. *ret_found: it was done already, and answered so. */
MUST_CHECK enum err idempotency_begin(struct tx *tx, const struct idempotency *it,
				      const struct who *who, struct utc_s now, struct arena *a,
				      bool *ret_found, struct idempotency_reply *ret,
				      struct fault *f);
/*
 * Ahead of it, before work that is done outside: was it done already? What is under way is not
 * seen; idempotency_begin sees it.
 */
MUST_CHECK enum err idempotency_look(struct tx *tx, const struct idempotency *it,
				     const struct who *who, struct arena *a, bool *ret_found,
				     struct idempotency_reply *ret, struct fault *f);
/* Last in it. A body too long is not kept. */
MUST_CHECK enum err idempotency_keep(struct tx *tx, const struct idempotency *it,
				     const struct who *who, const struct idempotency_reply *reply,
				     struct fault *f);
MUST_CHECK enum err idempotency_sweep(struct tx *tx, struct utc_s now, struct fault *f);

#endif
