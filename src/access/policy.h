/*
 * policy.h - what a deployment decides about accounts, and the key that is not in its database.
 *
 * Life:     policy_new once at start; read-only but for the gate until policy_end, which wipes.
 * Memory:   a password takes 64 MiB while it is hashed: the gate lets two be at it, and refuses
 *           (ERR_BUSY) when many wait already.
 * Threads:  any.
 */
#ifndef ACCESS_POLICY_H
#define ACCESS_POLICY_H
#include "base/base.h"
#include "crypt/crypt.h"
#include "crypt/password.h"

struct policy_choice {
	int64_t idle_s, absolute_s; /* a session's life */
	bool admin_totp;            /* the three administrators must have a second factor */
	bool demo;                  /* said with every session: the data is made up */
	const char *issuer;         /* what an authenticator shows */
	struct password_cost cost;
	struct crypt_key key; /* seals second factors, hashes names and addresses */
	struct crypt_random chance;
};
/* 15 minutes, 12 hours, the usual cost, the system's chance; the key is for the caller to fill. */
struct policy_choice policy_defaults(void);

struct policy;
MUST_CHECK enum err policy_new(const struct policy_choice *choice, struct policy **ret);
void policy_end(struct policy **p); /* for CLEANUP() */
const struct policy_choice *policy_choice(const struct policy *p);

/* A number for an account, a session or a key: rising with time, and not to be guessed. */
int64_t policy_id_new(const struct policy *p, struct utc_s now);

/* Is it good enough to be a new password of this account? ERR_RANGE, with what to do. */
MUST_CHECK enum err policy_password_fits(struct str password, struct str login, struct fault *f);
MUST_CHECK enum err policy_password_hash(struct policy *p, struct str password,
					 char ret[PASSWORD_TEXT_BYTES], struct fault *f);
/*
 * *ret: is it that password? `text` NULL, for an account that does not exist, takes the same time
 * and is false.
 */
MUST_CHECK enum err policy_password_is(struct policy *p, const char *text, struct str password,
				       bool *ret, struct fault *f);
/* A password to be told once: 20 characters that nobody mistakes for one another, and a NUL. */
enum { POLICY_ONCE_BYTES = 24 };
void policy_password_once(const struct policy *p, char ret[POLICY_ONCE_BYTES]);

#endif
