/*
 * keyfile.h - a key in a file: text that says what it is, which nobody but its owner can read.
 *
 *     outpost key 1
 *     kind sign                    sign (a seed), seal (a key), public
 *     suite world
 *     key 8MHk...                  base64url, the suite's byte in front
 *     check 5f0c2a91               the first bytes of the SHA-256 of the three lines above
 *
 * Life:     made once, and never over a file that is there. A secret that others can read is
 *           refused, since it is none; a public key may be read by all.
 * Errors:   ERR_EXISTS, ERR_ABSENT, ERR_IO; ERR_RANGE: others can read it, or another kind;
 *           ERR_CORRUPT: not what was written; ERR_VERSION.
 */
#ifndef CRYPT_KEYFILE_H
#define CRYPT_KEYFILE_H
#include "base/base.h"
#include "base/text.h"
#include "crypt/crypt.h"

MUST_CHECK enum err keyfile_make_seed(const char *path, const struct crypt_seed *s,
				      struct fault *f);
MUST_CHECK enum err keyfile_make_key(const char *path, const struct crypt_key *k, struct fault *f);
MUST_CHECK enum err keyfile_make_public(const char *path, const struct crypt_public *p,
					struct fault *f);
MUST_CHECK enum err keyfile_read_seed(const char *path, struct crypt_seed *ret, struct fault *f);
MUST_CHECK enum err keyfile_read_key(const char *path, struct crypt_key *ret, struct fault *f);
MUST_CHECK enum err keyfile_read_public(const char *path, struct crypt_public *ret,
					struct fault *f);

/* Any secret text (a PEM key): made anew, for the owner alone, on disk when this returns. */
MUST_CHECK enum err keyfile_make_text(const char *path, struct str text, struct fault *f);

enum keyfile_kind { KEYFILE_SIGN, KEYFILE_SEAL, KEYFILE_PUBLIC, KEYFILE_KIND_N };
enum { KEYFILE_BYTES_MAX = 512 };
/* The two halves of the above, without a file. ret holds CRYPT_PUBLIC_BYTES. */
MUST_CHECK enum err keyfile_write(enum keyfile_kind kind, const uint8_t *key, struct buf *out);
MUST_CHECK enum err keyfile_parse(struct str text, enum keyfile_kind *ret_kind, uint8_t *ret);

#endif
