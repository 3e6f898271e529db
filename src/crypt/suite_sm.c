/*
 * suite_sm.c - the second suite: SM2, SM3 and SM4 from OpenSSL.
 *
 * OpenSSL 3.0 has no SM4-GCM (3.1 has), so the seal is made of two parts: SM4 in counter mode, then
 * HMAC-SM3 over nonce, both lengths, what it is bound to, and the ciphertext. Their two keys are
 * drawn from the one key by HMAC-SM3.
 *
 * A signature is r | s, a public key x | y, 32 bytes each, as GM/T 0009 writes them; the signer's
 * identity in the hash is that standard's default.
 */
#include "base/memory.h"
#include "crypt/curve.h"
#include "crypt/suite.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "base/ban.h"

static const char SIGNER_ID[] = "1234567812345678";

enum {
	HALF_BYTES = 32, /* of a signature or a public key */
	DER_BYTES_MAX = 80,
	SM4_KEY_BYTES = 16,
	SM4_PIECE_BYTES = 1 << 30 /* EVP counts in int */
};

static enum err sm_mac(const uint8_t *key, const void *p, size_t n, uint8_t *ret)
{
	return HMAC(EVP_sm3(), key, CRYPT_RAW_BYTES, p, n, ret, NULL) ? OK : ERR_MEMORY;
}

/* ---- seal ---- */

static enum err part_key(const uint8_t *key, const char *part, uint8_t *ret)
{
	return sm_mac(key, part, strlen(part), ret);
}

static void put_u64(uint8_t *p, uint64_t v)
{
	for (int i = 0; i < 8; i++)
		p[i] = (uint8_t)(v >> (56 - 8 * i));
}

static enum err tag_of(const uint8_t *key, const uint8_t *nonce, struct str with, const void *text,
		       size_t n, uint8_t *ret)
{
	uint8_t own[CRYPT_RAW_BYTES], lengths[16];
	EVP_MAC *mac = NULL;
	EVP_MAC_CTX *c = NULL;
	OSSL_PARAM how[] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
							      (char[]){ "SM3" }, 0),
			     OSSL_PARAM_construct_end() };
	size_t bytes = 0;
	bool went;

	if (part_key(key, "outpost seal tag", own))
		return ERR_MEMORY;
	put_u64(lengths, with.n);
	put_u64(lengths + 8, n);
	mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	c = mac ? EVP_MAC_CTX_new(mac) : NULL;
	went = c && EVP_MAC_init(c, own, sizeof own, how) &&
	       EVP_MAC_update(c, nonce, SM4_KEY_BYTES) &&
	       EVP_MAC_update(c, lengths, sizeof lengths) &&
	       EVP_MAC_update(c, (const uint8_t *)with.p, with.n) && EVP_MAC_update(c, text, n) &&
	       EVP_MAC_final(c, ret, &bytes, CRYPT_RAW_BYTES);
	EVP_MAC_CTX_free(c);
	EVP_MAC_free(mac);
	crypt_wipe(own, sizeof own);
	return went ? OK : ERR_MEMORY;
}

/* Counter mode is its own inverse. */
static enum err stream(const uint8_t *key, const uint8_t *nonce, const uint8_t *in, size_t n,
		       uint8_t *ret)
{
	uint8_t own[CRYPT_RAW_BYTES];
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	bool went = c && part_key(key, "outpost seal text", own) == OK &&
		    EVP_EncryptInit_ex2(c, EVP_sm4_ctr(), own, nonce, NULL);

	while (went && n > 0) {
		int piece = (int)min_size(n, SM4_PIECE_BYTES), out = 0;

		went = EVP_EncryptUpdate(c, ret, &out, in, piece) && out == piece;
		in += piece;
		ret += piece;
		n -= (size_t)piece;
	}
	EVP_CIPHER_CTX_free(c);
	crypt_wipe(own, sizeof own);
	return went ? OK : ERR_MEMORY;
}

static enum err sm_seal(const uint8_t *key, const uint8_t *nonce, struct str with, struct str text,
			uint8_t *ret_text, uint8_t *ret_tag)
{
	enum err e = stream(key, nonce, (const uint8_t *)text.p, text.n, ret_text);

	return e ? e : tag_of(key, nonce, with, ret_text, text.n, ret_tag);
}

static enum err sm_open(const uint8_t *key, const uint8_t *nonce, struct str with, struct str text,
			const uint8_t *tag, uint8_t *ret_text)
{
	uint8_t mine[CRYPT_RAW_BYTES];
	enum err e = tag_of(key, nonce, with, text.p, text.n, mine);

	if (!e && !crypt_equal(mine, tag, sizeof mine))
		e = ERR_CORRUPT;
	return e ? e : stream(key, nonce, (const uint8_t *)text.p, text.n, ret_text);
}

/* ---- sign ---- */

static bool sm_seed_fits(const uint8_t *seed)
{
	return curve_fits(&curve_sm2, seed);
}

static enum err sm_signer_new(const uint8_t *seed, void **ret, uint8_t *ret_public)
{
	EVP_PKEY *own = NULL;
	enum err e = curve_key(&curve_sm2, seed, &own, ret_public);

	if (!e)
		*ret = own;
	return e;
}

static void sm_signer_free(void *signer)
{
	EVP_PKEY_free(signer);
}

/* What signing and verifying begin with; free both. The first belongs to nobody but us. */
static bool sm_begin(EVP_MD_CTX **ret_c, EVP_PKEY_CTX **ret_pc, EVP_PKEY *own)
{
	*ret_c = EVP_MD_CTX_new();
	*ret_pc = EVP_PKEY_CTX_new(own, NULL);
	if (!*ret_c || !*ret_pc)
		return false;
	EVP_MD_CTX_set_pkey_ctx(*ret_c, *ret_pc);
	return true;
}

static bool sm_named(EVP_PKEY_CTX *pc)
{
	return EVP_PKEY_CTX_set1_id(pc, SIGNER_ID, sizeof SIGNER_ID - 1) > 0;
}

/* r | s from what OpenSSL writes. */
static bool from_der(const uint8_t *der, size_t n, uint8_t *ret)
{
	ECDSA_SIG *rs = d2i_ECDSA_SIG(NULL, &der, (long)n);
	bool went = rs && BN_bn2binpad(ECDSA_SIG_get0_r(rs), ret, HALF_BYTES) == HALF_BYTES &&
		    BN_bn2binpad(ECDSA_SIG_get0_s(rs), ret + HALF_BYTES, HALF_BYTES) == HALF_BYTES;

	ECDSA_SIG_free(rs);
	return went;
}

/* Length, or 0 if there was no memory. */
static size_t to_der(const uint8_t *sig, uint8_t *ret)
{
	ECDSA_SIG *rs = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(sig, HALF_BYTES, NULL);
	BIGNUM *s = BN_bin2bn(sig + HALF_BYTES, HALF_BYTES, NULL);
	int n = 0;

	if (rs && r && s && ECDSA_SIG_set0(rs, r, s)) {
		n = i2d_ECDSA_SIG(rs, &ret);
	} else {
		BN_free(r);
		BN_free(s);
	}
	ECDSA_SIG_free(rs);
	return n > 0 ? (size_t)n : 0;
}

static enum err sm_sign(const void *signer, const void *p, size_t n, uint8_t *ret)
{
	union {
		const void *from;
		EVP_PKEY *to;
	} own = { signer }; /* OpenSSL counts references in it */
	EVP_MD_CTX *c = NULL;
	EVP_PKEY_CTX *pc = NULL;
	uint8_t der[DER_BYTES_MAX];
	size_t der_n = sizeof der;
	bool went = sm_begin(&c, &pc, own.to) && sm_named(pc) &&
		    EVP_DigestSignInit(c, NULL, EVP_sm3(), NULL, own.to) > 0 &&
		    EVP_DigestSign(c, der, &der_n, p, n) > 0 && from_der(der, der_n, ret);

	EVP_MD_CTX_free(c);
	EVP_PKEY_CTX_free(pc);
	return went ? OK : curve_failed(ERR_BUG);
}

static enum err sm_verify(const uint8_t *pub, const void *p, size_t n, const uint8_t *sig)
{
	EVP_PKEY *own = NULL;
	EVP_MD_CTX *c = NULL;
	EVP_PKEY_CTX *pc = NULL;
	uint8_t der[DER_BYTES_MAX];
	size_t der_n = to_der(sig, der);
	enum err e = der_n ? curve_public(&curve_sm2, pub, &own) : ERR_MEMORY;

	if (e)
		return e;
	if (!sm_begin(&c, &pc, own) || !sm_named(pc) ||
	    EVP_DigestVerifyInit(c, NULL, EVP_sm3(), NULL, own) <= 0)
		e = curve_failed(ERR_BUG);
	else if (EVP_DigestVerify(c, der, der_n, p, n) != 1)
		e = curve_failed(ERR_CORRUPT);
	EVP_MD_CTX_free(c);
	EVP_PKEY_CTX_free(pc);
	EVP_PKEY_free(own);
	return e;
}

const struct suite suite_sm = {
	.word = "sm",
	.digest = "SM3",
	.nonce_bytes = 16,
	.tag_bytes = CRYPT_RAW_BYTES,
	.mac = sm_mac,
	.seal = sm_seal,
	.open = sm_open,
	.seed_fits = sm_seed_fits,
	.signer_new = sm_signer_new,
	.signer_free = sm_signer_free,
	.sign = sm_sign,
	.verify = sm_verify,
};
