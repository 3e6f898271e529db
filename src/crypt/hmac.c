/* hmac.c - see hmac.h. */
#include "crypt/hmac.h"

#include <limits.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/ban.h"

const char *crypt_hmac_word(enum crypt_suite suite)
{
	return suite == CRYPT_SM ? "sm3" : "sha256";
}

enum err crypt_hmac(enum crypt_suite suite, struct str key, struct str text,
		    uint8_t ret[CRYPT_RAW_BYTES])
{
	const EVP_MD *md = suite == CRYPT_SM ? EVP_sm3() : EVP_sha256();
	unsigned n = 0;

	assert(key.n <= INT_MAX);
	if (!HMAC(md, key.n ? key.p : "", (int)key.n, (const uint8_t *)(text.n ? text.p : ""),
		  text.n, ret, &n))
		return ERR_MEMORY;
	assert(n == CRYPT_RAW_BYTES);
	return OK;
}
