/*
 * suite.h - what one suite must be able to do; crypt.c asks through this table. Private.
 *
 * All work on raw bytes, without the byte that names the suite. A signer is what `signer_new` made
 * of a seed.
 */
#ifndef CRYPT_SUITE_H
#define CRYPT_SUITE_H
#include "crypt/crypt.h"

struct suite {
	const char *word;
	const char *digest; /* as OpenSSL calls it */
	size_t nonce_bytes, tag_bytes;

	enum err (*mac)(const uint8_t *key, const void *p, size_t n, uint8_t *ret);
	/* nonce in front, tag behind, in one piece of memory: nonce | text | tag */
	enum err (*seal)(const uint8_t *key, const uint8_t *nonce, struct str with, struct str text,
			 uint8_t *ret_text, uint8_t *ret_tag);
	enum err (*open)(const uint8_t *key, const uint8_t *nonce, struct str with, struct str text,
			 const uint8_t *tag, uint8_t *ret_text);

	bool (*seed_fits)(const uint8_t *seed);
	enum err (*signer_new)(const uint8_t *seed, void **ret, uint8_t *ret_public);
	void (*signer_free)(void *signer);
	enum err (*sign)(const void *signer, const void *p, size_t n, uint8_t *ret);
	enum err (*verify)(const uint8_t *pub, const void *p, size_t n, const uint8_t *sig);
};

extern const struct suite suite_world, suite_sm;
const struct suite *suite_of(uint8_t suite); /* NULL: not one of ours */

#endif
