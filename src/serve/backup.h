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
#include "serve/house.h"

MUST_CHECK enum err backup_make(struct house *h, const char *path, struct utc_s now,
				struct fault *f);
/*
 * Lay a house out at `dir` from a backup, with the keys that lie in the folder `keys` (NULL: where
 * the backup says they were). The ledger of the new house says that it was restored, and from what.
 */
MUST_CHECK enum err backup_restore(const char *path, const char *dir, const char *keys,
				   struct utc_s now, struct fault *f);
#endif
