/*
 * curve.h - keys on an elliptic curve from plain numbers, for SM2 and for certificates. Private.
 *
 * A secret is a number of 32 bytes, a public key x | y of 64. Who gets an EVP_PKEY frees it.
 */
#ifndef CRYPT_CURVE_H
#define CRYPT_CURVE_H
#include <openssl/types.h>

#include "base/base.h"

struct curve {
	const char *name;   /* as OpenSSL calls it */
	uint8_t n_less[32]; /* the order less two: the greatest secret */
};
extern const struct curve curve_sm2, curve_p256;

bool curve_fits(const struct curve *c, const uint8_t *secret);
MUST_CHECK enum err curve_key(const struct curve *c, const uint8_t *secret, EVP_PKEY **ret,
			      uint8_t *ret_public);
/* ERR_CORRUPT: no point of the curve. */
MUST_CHECK enum err curve_public(const struct curve *c, const uint8_t *public, EVP_PKEY **ret);
/* After OpenSSL said no: ERR_MEMORY if that was why, else `other`. Empties its list of errors. */
enum err curve_failed(enum err other);

#endif
