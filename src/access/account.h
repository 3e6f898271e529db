/*
 * account.h - accounts: who they are, what opens them, what they may.
 *
 * The row itself is official data and laid out as every noun's (accounts, schema/0003); a room
 * above shows, lists, edits and suspends it. Here is what no field says: passwords, second
 * factors, roles and areas. Whoever changes what an account may, or its password, ends its
 * sessions, in the same transaction.
 *
 * Life:     account_make, account_password, account_grant; nothing is ever deleted.
 * Memory:   texts lie in the arena handed in.
 * Errors:   ERR_ABSENT no such account; ERR_EXISTS the login name is taken; ERR_CONFLICT two admin
 *           roles; ERR_RANGE a login name that is none.
 */
#ifndef ACCESS_ACCOUNT_H
#define ACCESS_ACCOUNT_H
#include "access/call.h"
#include "access/policy.h"
#include "access/who.h"
#include "base/memory.h"
#include "db/db.h"

struct account {
	int64_t id;
	struct area_code area;
	bool open;   /* else suspended, or for ever: */
	bool closed; /* nothing is given to it any more */
	struct str login, name;
	enum language language;
};

struct account_secret {
	const char *password; /* Argon2id text; NULL: none was ever given, nothing opens it */
	bool due;
	struct str totp; /* sealed; n == 0: none */
	bool totp_on;
	int64_t totp_step;
};

struct account_new {
	int64_t id; /* record_id_new, as of every row */
	struct area_code area;
	struct str login, name, phone; /* phone.n == 0: none */
	enum language language;
	int64_t by; /* who makes it; its own id for the first */
};

/* 3 to 32 of a-z 0-9 . - _, beginning with a letter. Capital letters are made small. */
enum { ACCOUNT_LOGIN_MAX = 32 };
bool account_login_fold(struct str typed, char ret[ACCOUNT_LOGIN_MAX + 1]);

MUST_CHECK enum err account_by_login(struct tx *tx, struct str login, struct arena *a,
				     struct account *ret, struct fault *f);
MUST_CHECK enum err account_at(struct tx *tx, int64_t id, struct arena *a, struct account *ret,
			       struct fault *f);
MUST_CHECK enum err account_secret(struct tx *tx, const struct account *of, struct arena *a,
				   struct account_secret *ret, struct fault *f);
/* The roles of n accounts, by their ids and areas, in one question: ret[0..n). */
MUST_CHECK enum err account_roles_of(struct tx *tx, const struct account *of, size_t n,
				     uint64_t *ret, struct fault *f);
MUST_CHECK enum err account_rights(struct tx *tx, const struct account *of, uint32_t *ret_roles,
				   struct scope *ret_scope, struct fault *f);
/* What the account is as somebody who asks. */
MUST_CHECK enum err account_who(struct tx *tx, const struct account *of,
				const struct account_secret *secret, struct who *ret,
				struct fault *f);

/* Is this a login name, in small letters, that nobody has? ERR_RANGE, ERR_EXISTS. */
MUST_CHECK enum err account_login_free(struct tx *tx, struct str login, struct fault *f);
/* It is this account's from now on, and never another's. */
MUST_CHECK enum err account_claim(struct tx *tx, struct str login, struct area_code area,
				  int64_t id, struct fault *f);
/* The row and its login name; who calls it owes the ledger an entry. */
MUST_CHECK enum err account_make(struct tx *tx, const struct account_new *n, struct utc_s now,
				 struct fault *f);
/*
 * A password to be told once, for routes with ROUTE_SECRET: chosen and hashed before the
 * transaction; there it is stored, and the key "password" put into the open answer.
 */
route_before account_once_before;
MUST_CHECK enum err account_once_give(struct call *c, struct tx *tx, const struct account *of,
				      struct fault *f);
/*
 * `hash` by policy_password_hash, before the transaction. `due`: it was told by somebody else, and
 * has to be changed first. Ends all sessions but `but` (0: all).
 */
MUST_CHECK enum err account_password(struct tx *tx, const struct account *of, const char *hash,
				     bool due, int64_t but, struct utc_s now, struct fault *f);
/* The one place that gives roles: role_check is asked here. Ends all sessions. */
MUST_CHECK enum err account_grant(struct tx *tx, const struct account *of, uint32_t roles,
				  const struct scope *scope, struct fault *f);
/* `sealed` empty: no second factor any more. `step`: the last digits used. */
MUST_CHECK enum err account_totp(struct tx *tx, const struct account *of, struct str sealed,
				 bool on, int64_t step, struct fault *f);
/* These digits are used up; ERR_LOGIN if they were already. */
MUST_CHECK enum err account_totp_step(struct tx *tx, const struct account *of, int64_t step,
				      struct fault *f);

/* The secret of a second factor, bound to its account. */
MUST_CHECK enum err account_totp_seal(const struct policy *p, int64_t id, const struct totp *t,
				      struct buf *out);
MUST_CHECK enum err account_totp_open(const struct policy *p, int64_t id, struct str sealed,
				      struct totp *ret);

#endif
