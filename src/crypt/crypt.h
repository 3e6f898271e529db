/*
 * crypt.h - every cipher, hash and signature of the house, behind one small surface.
 *
 * There are two suites. A hash, a tag, a signature, a public key, a key and a sealed blob each
 * begin with one byte that names theirs, and a blob of one suite is refused by a key of the other:
 *
 *                 CRYPT_WORLD 1                     CRYPT_SM 2
 *   hash          SHA-256                           SM3
 *   mac           BLAKE2b-256, keyed                HMAC-SM3
 *   seal          XChaCha20-Poly1305                SM4-CTR, then HMAC-SM3 over everything
 *   sign          Ed25519                           SM2 with SM3
 *
 * Life:     values are plain and may be copied; wipe keys when done. A hasher and a signer own
 *           memory of the libraries: new ... end.
 * Shapes:   a hasher that is kept takes some 0.2 us for 200 bytes; signing 25 us, verifying 60.
 * Memory:   what is sealed or opened is appended to a buffer of the caller.
 * Threads:  a hasher belongs to one thread; a signer may be used by many.
 * Errors:   ERR_CORRUPT: the blob was not made by this key, from these bytes. ERR_VERSION: a suite
 *           this program does not know. ERR_MEMORY.
 * Source:   FIPS 180-4, RFC 7693, RFC 8032, draft-irtf-cfrg-xchacha-03; GB/T 32905 (SM3),
 *           GB/T 32907 (SM4), GB/T 32918 and GM/T 0009 (SM2). docs/adr/0011-crypt.md
 */
#ifndef CRYPT_CRYPT_H
#define CRYPT_CRYPT_H
#include "base/base.h"
#include "base/text.h"

enum crypt_suite { CRYPT_WORLD = 1, CRYPT_SM = 2 };
bool crypt_suite_known(uint8_t suite);
const char *crypt_suite_word(enum crypt_suite suite); /* "world", "sm" */

enum {
	CRYPT_RAW_BYTES = 32, /* of a hash, a tag, a key, a seed */
	CRYPT_HASH_BYTES = 1 + CRYPT_RAW_BYTES,
	CRYPT_SIGNATURE_BYTES = 1 + 64,
	CRYPT_PUBLIC_BYTES = 1 + 64, /* of Ed25519 the second half is zero */
	CRYPT_SEALED_MORE_MAX = 1 + 24 + 32
};

/* The first byte is the suite. All of these are values. */
struct crypt_hash { uint8_t v[CRYPT_HASH_BYTES]; };
struct crypt_mac { uint8_t v[CRYPT_HASH_BYTES]; };
struct crypt_key { uint8_t v[CRYPT_HASH_BYTES]; };  /* for mac and seal; secret */
struct crypt_seed { uint8_t v[CRYPT_HASH_BYTES]; }; /* a signer follows from it; secret */
struct crypt_public { uint8_t v[CRYPT_PUBLIC_BYTES]; };
struct crypt_signature { uint8_t v[CRYPT_SIGNATURE_BYTES]; };

/* The one source of random bytes, handed in so that a test can own chance. It cannot fail. */
struct crypt_random {
	void (*fill)(void *arg, void *p, size_t n);
	void *arg;
};
extern const struct crypt_random crypt_random_system;
void crypt_random_fill(const struct crypt_random *r, void *p, size_t n);

bool crypt_equal(const void *a, const void *b, size_t n); /* in a time that tells nothing */
void crypt_wipe(void *p, size_t n);                       /* is never optimised away */

/* ---- hash ---- */
struct crypt_hasher;
MUST_CHECK enum err crypt_hasher_new(enum crypt_suite suite, struct crypt_hasher **ret);
void crypt_hasher_end(struct crypt_hasher **h); /* for CLEANUP() */
/* add any number of times, then take the hash; the hasher is then as new. */
void crypt_hasher_add(struct crypt_hasher *h, const void *p, size_t n);
void crypt_hasher_take(struct crypt_hasher *h, struct crypt_hash *ret);
MUST_CHECK enum err crypt_hash(enum crypt_suite suite, const void *p, size_t n,
			       struct crypt_hash *ret);

/* ---- with a key ---- */
void crypt_key_new(enum crypt_suite suite, const struct crypt_random *r, struct crypt_key *ret);
MUST_CHECK enum err crypt_mac(const struct crypt_key *k, const void *p, size_t n,
			      struct crypt_mac *ret);
MUST_CHECK enum err crypt_mac_check(const struct crypt_key *k, const void *p, size_t n,
				    const struct crypt_mac *mac);
/*
 * Seal `plain`, bound to `with` (which is not kept: whoever opens must say it again). Append the
 * blob, at most CRYPT_SEALED_MORE_MAX bytes longer than what went in.
 */
MUST_CHECK enum err crypt_seal(const struct crypt_key *k, const struct crypt_random *r,
			       struct str with, struct str plain, struct buf *out);
/* Append what was sealed. On an error `out` is as it was. */
MUST_CHECK enum err crypt_open(const struct crypt_key *k, struct str with, struct str blob,
			       struct buf *out);

/* ---- signatures ---- */
struct crypt_signer;
/* Draws until it has one that the suite can use. */
void crypt_seed_new(enum crypt_suite suite, const struct crypt_random *r, struct crypt_seed *ret);
MUST_CHECK enum err crypt_signer_new(const struct crypt_seed *seed, struct crypt_signer **ret);
void crypt_signer_end(struct crypt_signer **s); /* for CLEANUP(): wipes */
const struct crypt_public *crypt_signer_public(const struct crypt_signer *s);
MUST_CHECK enum err crypt_sign(const struct crypt_signer *s, const void *p, size_t n,
			       struct crypt_signature *ret);
MUST_CHECK enum err crypt_verify(const struct crypt_public *pub, const void *p, size_t n,
				 const struct crypt_signature *sig);

#endif
