/* crypt.c - the surface: which suite a blob belongs to, and what lies where in it. */
#include "crypt/crypt.h"
#include "base/memory.h"
#include "crypt/suite.h"

#include <sodium.h>
#include <string.h>

#include "base/ban.h"

static const struct suite *const SUITES[] = {
	[CRYPT_WORLD] = &suite_world, [CRYPT_SM] = &suite_sm
};

const struct suite *suite_of(uint8_t suite)
{
	return suite < ARRAY_LEN(SUITES) ? SUITES[suite] : NULL;
}

bool crypt_suite_known(uint8_t suite)
{
	return suite_of(suite) != NULL;
}

const char *crypt_suite_word(enum crypt_suite suite)
{
	return crypt_suite_known((uint8_t)suite) ? SUITES[suite]->word : "?";
}

/* ---- chance, comparing, forgetting ---- */

static void system_fill(void *arg, void *p, size_t n)
{
	(void)arg;
	randombytes_buf(p, n); /* getrandom(); ends the process where there is none */
}

const struct crypt_random crypt_random_system = { system_fill, NULL };

void crypt_random_fill(const struct crypt_random *r, void *p, size_t n)
{
	r->fill(r->arg, p, n);
}

bool crypt_equal(const void *a, const void *b, size_t n)
{
	return sodium_memcmp(a, b, n) == 0;
}

void crypt_wipe(void *p, size_t n)
{
	sodium_memzero(p, n);
}

/* ---- with a key ---- */

void crypt_key_new(enum crypt_suite suite, const struct crypt_random *r, struct crypt_key *ret)
{
	assert(crypt_suite_known((uint8_t)suite));
	ret->v[0] = (uint8_t)suite;
	crypt_random_fill(r, ret->v + 1, CRYPT_RAW_BYTES);
}

enum err crypt_mac(const struct crypt_key *k, const void *p, size_t n, struct crypt_mac *ret)
{
	const struct suite *s = suite_of(k->v[0]);
	struct crypt_mac mac = { { k->v[0] } };
	enum err e;

	if (!s)
		return ERR_VERSION;
	e = s->mac(k->v + 1, p, n, mac.v + 1);
	if (!e)
		*ret = mac;
	return e;
}

enum err crypt_mac_check(const struct crypt_key *k, const void *p, size_t n,
			 const struct crypt_mac *mac)
{
	struct crypt_mac mine;
	enum err e = crypt_mac(k, p, n, &mine);

	if (e)
		return e;
	return crypt_equal(mine.v, mac->v, sizeof mine.v) ? OK : ERR_CORRUPT;
}

/* Room for n more bytes behind what is in `out`; they count once `out->n` is moved. */
static uint8_t *room(struct buf *out, size_t n)
{
	size_t before = out->n;

	if (out->failed || n > SIZE_MAX - before)
		return NULL;
	if (n > out->cap - before &&
	    vec_reserve_((void **)&out->p, before, &out->cap, before + n, 1))
		return NULL;
	return (uint8_t *)out->p + before;
}

enum err crypt_seal(const struct crypt_key *k, const struct crypt_random *r, struct str with,
		    struct str plain, struct buf *out)
{
	const struct suite *s = suite_of(k->v[0]);
	size_t more;
	uint8_t *p;
	enum err e;

	if (!s)
		return ERR_VERSION;
	more = 1 + s->nonce_bytes + s->tag_bytes;
	if (plain.n > SIZE_MAX - more || !(p = room(out, plain.n + more)))
		return ERR_MEMORY;
	*p++ = k->v[0];
	crypt_random_fill(r, p, s->nonce_bytes);
	e = s->seal(k->v + 1, p, with, plain, p + s->nonce_bytes, p + s->nonce_bytes + plain.n);
	if (!e)
		out->n += plain.n + more;
	return e;
}

enum err crypt_open(const struct crypt_key *k, struct str with, struct str blob, struct buf *out)
{
	const struct suite *s = suite_of(k->v[0]);
	const uint8_t *from = (const uint8_t *)blob.p;
	struct str text;
	uint8_t *p;
	enum err e;

	if (blob.n < 1)
		return ERR_CORRUPT;
	if (!s || !suite_of(from[0]))
		return ERR_VERSION;
	if (from[0] != k->v[0] || blob.n < 1 + s->nonce_bytes + s->tag_bytes)
		return ERR_CORRUPT;
	text.n = blob.n - 1 - s->nonce_bytes - s->tag_bytes;
	text.p = blob.p + 1 + s->nonce_bytes;
	if (!(p = room(out, max_size(text.n, 1))))
		return ERR_MEMORY;
	e = s->open(k->v + 1, from + 1, with, text, from + blob.n - s->tag_bytes, p);
	if (!e)
		out->n += text.n;
	return e;
}

/* ---- signatures ---- */

struct crypt_signer {
	const struct suite *suite;
	void *own;
	struct crypt_public public;
};

void crypt_seed_new(enum crypt_suite suite, const struct crypt_random *r, struct crypt_seed *ret)
{
	const struct suite *s = suite_of((uint8_t)suite);

	assert(s);
	ret->v[0] = (uint8_t)suite;
	do
		crypt_random_fill(r, ret->v + 1, CRYPT_RAW_BYTES);
	while (!s->seed_fits(ret->v + 1));
}

enum err crypt_signer_new(const struct crypt_seed *seed, struct crypt_signer **ret)
{
	const struct suite *s = suite_of(seed->v[0]);
	struct crypt_signer *signer;
	enum err e;

	if (!s)
		return ERR_VERSION;
	if (!s->seed_fits(seed->v + 1))
		return ERR_CORRUPT;
	if (!(signer = mem_take(1, sizeof *signer)))
		return ERR_MEMORY;
	signer->suite = s;
	signer->public.v[0] = seed->v[0];
	e = s->signer_new(seed->v + 1, &signer->own, signer->public.v + 1);
	if (e)
		mem_drop(signer);
	else
		*ret = signer;
	return e;
}

void crypt_signer_end(struct crypt_signer **s)
{
	if (!*s)
		return;
	(*s)->suite->signer_free((*s)->own);
	mem_drop(*s);
	*s = NULL;
}

const struct crypt_public *crypt_signer_public(const struct crypt_signer *s)
{
	return &s->public;
}

enum err crypt_sign(const struct crypt_signer *s, const void *p, size_t n,
		    struct crypt_signature *ret)
{
	struct crypt_signature sig = { { s->public.v[0] } };
	enum err e = s->suite->sign(s->own, p, n, sig.v + 1);

	if (!e)
		*ret = sig;
	return e;
}

enum err crypt_verify(const struct crypt_public *pub, const void *p, size_t n,
		      const struct crypt_signature *sig)
{
	const struct suite *s = suite_of(pub->v[0]);

	if (!s)
		return ERR_VERSION;
	return sig->v[0] == pub->v[0] ? s->verify(pub->v + 1, p, n, sig->v + 1) : ERR_CORRUPT;
}
