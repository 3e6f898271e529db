/*
 * heads.h - who signs heads: each minute, also when nothing happened, and after many entries.
 *
 * The keeper reads what came since its last head, holds it against the chain, signs where all
 * chains stand and appends the head to a file, on disk before anything else follows; then to a
 * file of the same kind in each folder that was named. What does not fit is not signed.
 *
 * Life:     heads_open -> heads_step (each second or so) -> heads_stop -> heads_end.
 * Threads:  one keeper a house, one thread; heads_step may take as long as a disk does.
 * Memory:   32 bytes a head.
 * Errors:   ERR_CORRUPT: the database is older than what was signed, or it was changed, or a copy
 *           tells another history: nothing is signed until somebody has looked. A folder that
 *           cannot be written to is no error: it is `behind`, and caught up with later.
 */
#ifndef LEDGER_HEADS_H
#define LEDGER_HEADS_H
#include <limits.h>

#include "base/base.h"
#include "crypt/crypt.h"
#include "db/db.h"

struct heads;

struct heads_options {
	struct db *db;
	const char *path;          /* the file; made if it is not there */
	const char *const *copies; /* folders; in each a file of its own, by the first key */
	size_t n_copies;
	const struct crypt_signer *signer; /* borrowed */
	enum crypt_suite suite;            /* of the trees */
	int64_t every_s;
	int64_t every_entries;
};

struct heads_said {
	bool cut;      /* a head was signed */
	int64_t n;     /* the number of the last one */
	size_t behind; /* folders that lack heads */
};

MUST_CHECK enum err heads_open(const struct heads_options *o, struct heads **ret, struct fault *f);
void heads_end(struct heads **h); /* for CLEANUP() */
/* Sign a head if one is due. ret may be NULL. */
MUST_CHECK enum err heads_step(struct heads *h, struct utc_s now, struct heads_said *ret,
			       struct fault *f);
/* The last head before the house is stopped in good order. */
MUST_CHECK enum err heads_stop(struct heads *h, struct utc_s now, struct fault *f);
/* ---- after a restore ---- */

/* What was signed, as far as anybody knows: by the file, the copies, and one kept elsewhere. */
struct heads_known {
	char path[PATH_MAX]; /* the file that reaches furthest */
	int64_t own, n;      /* heads in our file, and in that one */
	int64_t lost;        /* entries that were signed and that the database has not */
};
/* ERR_CORRUPT: one of them does not fit itself, or tells another history than ours. */
MUST_CHECK enum err heads_look(const struct heads_options *o, const char *against,
			       struct heads_known *ret, struct fault *f);
/*
 * The ledger ends before what was signed, and that is known and wanted: see what is still there,
 * let `approve` append the entries that say who approved it (HEADS_APPROVERS different actors), and
 * sign a head that goes on from there. The file must hold all heads that are known. What is still
 * there must be as it was signed: ERR_CORRUPT.
 */
MUST_CHECK enum err heads_go_back(const struct heads_options *o, struct utc_s now, db_act *approve,
				  void *arg, struct fault *f);
#define HEADS_APPROVE_OBJECT "house"
#define HEADS_APPROVE_ACTION "approve-restore"
enum { HEADS_APPROVERS = 2 };

/* From the next head on, another key signs; the old one says so. Borrowed like the first. */
MUST_CHECK enum err heads_hand_over(struct heads *h, const struct crypt_signer *next,
				    struct utc_s now, struct fault *f);

#endif
