/* suite_world.c - the first suite: what libsodium has, but for the hash. */
#include "base/memory.h"
#include "crypt/suite.h"

#include <sodium.h>
#include <string.h>

#include "base/ban.h"

static enum err world_mac(const uint8_t *key, const void *p, size_t n, uint8_t *ret)
{
	return crypto_generichash(ret, CRYPT_RAW_BYTES, p, n, key, CRYPT_RAW_BYTES) ? ERR_BUG : OK;
}

static enum err world_seal(const uint8_t *key, const uint8_t *nonce, struct str with,
			   struct str text, uint8_t *ret_text, uint8_t *ret_tag)
{
	int bad =
		crypto_aead_xchacha20poly1305_ietf_encrypt_detached(ret_text, ret_tag, NULL,
								    (const uint8_t *)text.p, text.n,
								    (const uint8_t *)with.p, with.n,
								    NULL, nonce, key);

	return bad ? ERR_BUG : OK;
}

static enum err world_open(const uint8_t *key, const uint8_t *nonce, struct str with,
			   struct str text, const uint8_t *tag, uint8_t *ret_text)
{
	int bad =
		crypto_aead_xchacha20poly1305_ietf_decrypt_detached(ret_text, NULL,
								    (const uint8_t *)text.p, text.n,
								    tag, (const uint8_t *)with.p,
								    with.n, nonce, key);

	return bad ? ERR_CORRUPT : OK;
}

static bool world_seed_fits(const uint8_t *seed)
{
	(void)seed;
	return true;
}

static enum err world_signer_new(const uint8_t *seed, void **ret, uint8_t *ret_public)
{
	uint8_t *secret = mem_take(crypto_sign_SECRETKEYBYTES, 1);

	if (!secret)
		return ERR_MEMORY;
	if (crypto_sign_seed_keypair(ret_public, secret, seed)) {
		mem_drop(secret);
		return ERR_BUG;
	}
	*ret = secret;
	return OK;
}

static void world_signer_free(void *signer)
{
	sodium_memzero(signer, crypto_sign_SECRETKEYBYTES);
	mem_drop(signer);
}

static enum err world_sign(const void *signer, const void *p, size_t n, uint8_t *ret)
{
	return crypto_sign_detached(ret, NULL, p, n, signer) ? ERR_BUG : OK;
}

static enum err world_verify(const uint8_t *pub, const void *p, size_t n, const uint8_t *sig)
{
	/* One key has one form: behind its 32 bytes lie zeros. */
	if (!sodium_is_zero(pub + crypto_sign_PUBLICKEYBYTES,
			    CRYPT_PUBLIC_BYTES - 1 - crypto_sign_PUBLICKEYBYTES))
		return ERR_CORRUPT;
	return crypto_sign_verify_detached(sig, p, n, pub) ? ERR_CORRUPT : OK;
}

const struct suite suite_world = {
	.word = "world",
	.digest = "SHA256",
	.nonce_bytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
	.tag_bytes = crypto_aead_xchacha20poly1305_ietf_ABYTES,
	.mac = world_mac,
	.seal = world_seal,
	.open = world_open,
	.seed_fits = world_seed_fits,
	.signer_new = world_signer_new,
	.signer_free = world_signer_free,
	.sign = world_sign,
	.verify = world_verify,
};

_Static_assert(crypto_generichash_KEYBYTES == CRYPT_RAW_BYTES, "BLAKE2b's usual key");
_Static_assert(crypto_aead_xchacha20poly1305_ietf_KEYBYTES == CRYPT_RAW_BYTES, "the seal's key");
_Static_assert(crypto_sign_SEEDBYTES == CRYPT_RAW_BYTES, "Ed25519's seed");
_Static_assert(crypto_sign_BYTES == CRYPT_SIGNATURE_BYTES - 1, "Ed25519's signature");
