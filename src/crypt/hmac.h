/*
 * hmac.h - HMAC-SHA-256 and HMAC-SM3 as everybody else computes them: for signatures that somebody
 * else's program checks with a shared secret. What only we read back takes crypt_mac.
 *
 * Memory:   nothing is kept.
 * Errors:   ERR_MEMORY.
 * Source:   RFC 2104, RFC 4231; GB/T 15852.2 with SM3
 */
#ifndef CRYPT_HMAC_H
#define CRYPT_HMAC_H
#include "crypt/crypt.h"

/* `key` of any length. */
MUST_CHECK enum err crypt_hmac(enum crypt_suite suite, struct str key, struct str text,
			       uint8_t ret[CRYPT_RAW_BYTES]);
/* "sha256", "sm3" */
const char *crypt_hmac_word(enum crypt_suite suite);
#endif
