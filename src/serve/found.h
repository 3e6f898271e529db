/*
 * found.h - the first acts of a house: it is founded, and somebody can open it.
 *
 * Errors:   ERR_EXISTS there is a house already, in the folder or in the database.
 */
#ifndef SERVE_FOUND_H
#define SERVE_FOUND_H
#include "access/access.h"
#include "access/policy.h"
#include "serve/house.h"

struct found_first {
	char login[33], password[POLICY_ONCE_BYTES];
	char fingerprint[48]; /* of the key that signs the ledger's heads */
};

/* Make the house (house_make), note its founding in the ledger, make account "admin". */
MUST_CHECK enum err found_house(const char *dir, const struct config *config,
				enum crypt_suite suite, struct utc_s now, struct found_first *ret,
				struct fault *f);

/* One more account with a password to be told once; the roles are held against each other. */
struct found_account {
	struct str login, name;
	uint32_t roles;
	struct area_code area;
	struct scope scope;
	bool due; /* the password is to be changed at the first log-in */
};
MUST_CHECK enum err found_account(struct house *h, const struct found_account *ask,
				  struct utc_s now, char ret_password[POLICY_ONCE_BYTES],
				  struct fault *f);
#endif
