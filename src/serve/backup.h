/*
 * backup.h - a house into one sealed file, while it is at work; and such a file into a house.
 *
 * Inside are the settings, the certificates, the signed heads and the database as of one moment,
 * and no key: a backup that is stolen is noise. The heads are taken before the database, so that
 * the ledger in it is at least as long as what they sign.
 *
 * Errors:   ERR_USAGE the rows lie on PostgreSQL, which has its own means; ERR_EXISTS; what
 *           archive.h and house.h say.
 */
#ifndef SERVE_BACKUP_H
#define SERVE_BACKUP_H
#include "ledger/heads.h"
#include "serve/house.h"

MUST_CHECK enum err backup_make(struct house *h, const char *path, struct utc_s now,
				struct fault *f);
/*
 * Lay a house out from a backup. Its ledger says that it was restored, and its heads go on behind
 * all that are known: those in the folders of copies that the settings name, and in `against`.
 *
 * If entries are lost that were signed, the ledger would go back, and nobody does that alone: it is
 * refused (ERR_CONFLICT), unless `approve` finds two people who say so (approve.h); they stand in
 * the ledger. ERR_CORRUPT: heads kept elsewhere tell another history than the backup. That is never
 * gone over.
 */
struct backup_ask {
	const char *path, *dir;
	const char *keys;    /* the folder they lie in; NULL: where the backup says they were */
	const char *against; /* a file of heads that was kept elsewhere; NULL */
	enum err (*approve)(void *arg, struct house *h, int64_t ret[HEADS_APPROVERS],
			    struct fault *f); /* NULL: nobody does */
	void *arg;
};
/* ret->lost: the entries that were given up. */
MUST_CHECK enum err backup_restore(const struct backup_ask *ask, struct utc_s now,
				   struct heads_known *ret, struct fault *f);
#endif
