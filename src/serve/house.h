/*
 * house.h - the folder that a house is: its settings, its keys, its database.
 *
 *     DIR/outpost.ini          settings (config.h)
 *     DIR/outpost.sqlite       the database, when it is SQLite
 *     DIR/keys/ledger.key      signs heads of the ledger
 *     DIR/keys/secret.key      seals second factors
 *     DIR/keys/backup.key      opens backups: keep a copy where the backups are not
 *     DIR/keys/authority.pem, server.pem    secret keys of the two certificates
 *     DIR/tls/authority.pem, server.pem     the certificates; the first goes onto the devices
 *     DIR/keys/days            the keys of days that have visits: in no backup
 *     DIR/trail/               segments of visits, derived
 *     DIR/keys/vault/ring      the vault's keys: what they sealed is gone when they are
 *     DIR/vault/               the vault's own database, and its socket
 *     DIR/exhibits/            files that prove tasks, sealed under a key that secret.key gives
 *     DIR/heads/heads          every signed head of the ledger
 *     DIR/scratch/             files under way
 *
 * Life:     house_make once; then house_open -> house_vault, for a house at work -> house_database
 *           -> house_end.
 * Memory:   one block; keys are wiped by house_end.
 * Errors:   ERR_EXISTS there is something in the folder already; ERR_ABSENT it is no house; what
 *           config.h, keyfile.h, db.h say.
 */
#ifndef SERVE_HOUSE_H
#define SERVE_HOUSE_H
#include <limits.h>

#include "base/area.h"
#include "base/dice.h"
#include "base/when.h"
#include "crypt/crypt.h"
#include "db/db.h"
#include "ledger/heads.h"
#include "serve/config.h"
#include "vault/vault.h"

enum { HOUSE_NAME_BYTES = 64 }; /* of a file inside it */
#define HOUSE_EXHIBITS "exhibits"

struct house {
	char dir[PATH_MAX - HOUSE_NAME_BYTES];
	struct config config;
	struct zone *zone;
	struct area_code area;
	struct crypt_key secret;
	struct crypt_signer *signer;
	struct vault_process *vault; /* after house_vault */
	struct db *db;               /* after house_database */
};

/* DIR/name, as "keys/ledger.key". */
void house_path(const char *dir, const char *name, char ret[PATH_MAX]);

/*
 * Lay out a new house beside DIR and give it its name when all is there, so that a kill leaves
 * none. The database is made and brought to this program's schema; nobody has an account yet.
 */
MUST_CHECK enum err house_make(const char *dir, const struct config *config, enum crypt_suite suite,
			       const struct crypt_random *chance, struct utc_s now,
			       struct fault *f);

/*
 * The two ends of making one, for a restore as well: folders beside `dir`, which must be free; and
 * the moment at which they become the house.
 */
MUST_CHECK enum err house_lay_out(const char *dir, char ret_aside[PATH_MAX], struct fault *f);
/* Or it does not become one: whatever was laid out goes again. */
void house_take_away(const char *aside);
MUST_CHECK enum err house_move_in(const char *aside, const char *dir, struct fault *f);

/*
 * A certificate of the server for another year and a key of its own, from the county's authority,
 * for the names that the settings say now. A server at work takes it up. *ret: when it ends.
 */
MUST_CHECK enum err house_renew(const struct house *h, const struct crypt_random *chance,
				struct utc_s now, struct utc_s *ret, struct fault *f);

MUST_CHECK enum err house_open(const char *dir, struct house **ret, struct fault *f);
/* Begin the process that knows names; before house_database, which begins threads. */
MUST_CHECK enum err house_vault(struct house *h, struct clock wall, struct fault *f);
/* Open its database; `migrate`: bring an older one to this program's schema first. */
MUST_CHECK enum err house_database(struct house *h, bool migrate, struct utc_s now,
				   struct fault *f);
void house_end(struct house **h); /* for CLEANUP() */

/* How its heads are signed. `ret` borrows the house, `path` and `copies`. */
void house_heads(const struct house *h, char path[PATH_MAX], const char *copies[CONFIG_LIST_MAX],
		 struct heads_options *ret);
#endif
