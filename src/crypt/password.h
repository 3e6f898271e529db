/*
 * password.h - what an account is opened with: a password, and the six digits of a telephone.
 *
 * A password is kept as Argon2id text that carries its own parameters and salt, so that they can
 * be raised later and old ones still verify; password_is_weak says which to make anew.
 * The digits are RFC 6238 with SHA-1, six digits, 30 s: what every authenticator app speaks.
 * Neither depends on the suite: apps know no SM3, and no SM standard has a slow hash.
 *
 * Memory:   password_hash and _verify take 64 MiB each while they run: bound how many run at once.
 * Threads:  any.
 * Errors:   ERR_CORRUPT: not this password, not these digits. ERR_MEMORY.
 * Source:   RFC 9106 (Argon2), RFC 4226, RFC 6238.
 */
#ifndef CRYPT_PASSWORD_H
#define CRYPT_PASSWORD_H
#include "base/base.h"
#include "base/text.h"
#include "crypt/crypt.h"

enum { PASSWORD_TEXT_BYTES = 128, PASSWORD_BYTES_MAX = 1024 };

struct password_cost { uint64_t passes; size_t memory_bytes; };
extern const struct password_cost password_cost_usual; /* 3 passes over 64 MiB */

/* ERR_RANGE: longer than PASSWORD_BYTES_MAX. */
MUST_CHECK enum err password_hash(struct str password, const struct password_cost *cost,
				  char ret[PASSWORD_TEXT_BYTES]);
/* ERR_SYNTAX: `text` is not what password_hash writes, or asks for more than 256 MiB. */
MUST_CHECK enum err password_verify(const char *text, struct str password);
bool password_is_weak(const char *text, const struct password_cost *cost);

enum { TOTP_SECRET_BYTES = 20, TOTP_STEP_S = 30 };
struct totp { uint8_t v[TOTP_SECRET_BYTES]; };

void totp_new(const struct crypt_random *r, struct totp *ret);
/* otpauth://totp/ISSUER:ACCOUNT?secret=...&issuer=ISSUER, for a QR code. */
void totp_uri(const struct totp *t, struct str issuer, struct str account, struct buf *out);
/* The digits of a step of time, 0 .. 999999. */
MUST_CHECK enum err totp_code(const struct totp *t, int64_t step, uint32_t *ret);
/*
 * Six digits as they were typed. One step early or late is fine; a step up to `last` is not: digits
 * are good once. Keep *ret_step as the next `last`; begin with -1.
 */
MUST_CHECK enum err totp_check(const struct totp *t, struct str typed, struct utc_s now,
			       int64_t last, int64_t *ret_step);

#endif
