/*
 * hash.c - SHA-256 and SM3, both from OpenSSL: its SHA-256 uses the processor's own instructions
 * and is three times as fast as libsodium's.
 *
 * A digest is fetched once a process. Beginning again with "the same as before" skips the search
 * that OpenSSL 3 otherwise makes for every message, which costs more than hashing 200 bytes.
 */
#include <stdatomic.h>

#include "base/memory.h"
#include "crypt/crypt.h"
#include "crypt/suite.h"

#include <openssl/evp.h>

#include "base/ban.h"

struct crypt_hasher {
	EVP_MD_CTX *own;
	uint8_t suite;
};

static EVP_MD *digest_of_suite(enum crypt_suite suite)
{
	static _Atomic(EVP_MD *) kept[CRYPT_SM + 1];
	EVP_MD *before = NULL, *md = atomic_load(&kept[suite]);

	if (md || !(md = EVP_MD_fetch(NULL, suite_of((uint8_t)suite)->digest, NULL)))
		return md;
	if (atomic_compare_exchange_strong(&kept[suite], &before, md))
		return md;
	EVP_MD_free(md); /* another thread was faster */
	return before;
}

enum err crypt_hasher_new(enum crypt_suite suite, struct crypt_hasher **ret)
{
	const struct suite *s = suite_of((uint8_t)suite);
	struct crypt_hasher *h;
	EVP_MD *md;

	if (!s)
		return ERR_VERSION;
	if (!(h = mem_take(1, sizeof *h)))
		return ERR_MEMORY;
	h->suite = (uint8_t)suite;
	h->own = EVP_MD_CTX_new();
	md = digest_of_suite(suite);
	if (!h->own || !md || !EVP_DigestInit_ex2(h->own, md, NULL))
		crypt_hasher_end(&h);
	if (!h)
		return ERR_MEMORY;
	*ret = h;
	return OK;
}

void crypt_hasher_end(struct crypt_hasher **h)
{
	if (!*h)
		return;
	EVP_MD_CTX_free((*h)->own);
	mem_drop(*h);
	*h = NULL;
}

void crypt_hasher_add(struct crypt_hasher *h, const void *p, size_t n)
{
	int went = EVP_DigestUpdate(h->own, p, n);

	assert(went); /* it takes no memory and knows its digest: there is nothing to fail */
}

void crypt_hasher_take(struct crypt_hasher *h, struct crypt_hash *ret)
{
	unsigned n = 0;
	int went = EVP_DigestFinal_ex(h->own, ret->v + 1, &n);

	assert(went && n == CRYPT_RAW_BYTES);
	ret->v[0] = h->suite;
	went = EVP_DigestInit_ex2(h->own, NULL, NULL);
	assert(went);
}

enum err crypt_hash(enum crypt_suite suite, const void *p, size_t n, struct crypt_hash *ret)
{
	CLEANUP(crypt_hasher_end) struct crypt_hasher *h = NULL;
	enum err e = crypt_hasher_new(suite, &h);

	if (e)
		return e;
	crypt_hasher_add(h, p, n);
	crypt_hasher_take(h, ret);
	return OK;
}
