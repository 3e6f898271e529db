/*
 * wire.h - numbers and texts as bytes and back: big-endian, lengths in front. Private.
 *
 * A writer or reader that runs out of room remembers it in `bad` and does nothing from then on, so
 * that one question at the end is enough.
 */
#ifndef LEDGER_WIRE_H
#define LEDGER_WIRE_H
#include <string.h>

#include "base/text.h"
#include "crypt/crypt.h"

struct wire_out {
	uint8_t *p;
	size_t n, cap;
	bool bad;
};

static inline void wire_put(struct wire_out *w, const void *p, size_t n)
{
	if (w->bad || n > w->cap - w->n) {
		w->bad = true;
		return;
	}
	if (n)
		memcpy(w->p + w->n, p, n);
	w->n += n;
}

/* `bytes` low bytes of v */
static inline void wire_put_u(struct wire_out *w, uint64_t v, int bytes)
{
	uint8_t b[8];

	for (int i = 0; i < bytes; i++)
		b[i] = (uint8_t)(v >> 8 * (bytes - 1 - i));
	wire_put(w, b, (size_t)bytes);
}

static inline void wire_put_i64(struct wire_out *w, int64_t v)
{
	wire_put_u(w, (uint64_t)v, 8);
}

static inline void wire_put_text(struct wire_out *w, struct str s, int length_bytes)
{
	if (s.n >> 8 * length_bytes)
		w->bad = true;
	wire_put_u(w, s.n, length_bytes);
	wire_put(w, s.p, s.n);
}

/* Suite and 32 bytes; a hash that says nothing is one zero. */
static inline void wire_put_hash(struct wire_out *w, const struct crypt_hash *h)
{
	wire_put(w, h->v, h->v[0] ? sizeof h->v : 1);
}

struct wire_in {
	const uint8_t *p;
	size_t n;
	bool bad;
};

/* A view of the next n bytes; NULL and bad if there are not so many. */
static inline const uint8_t *wire_get(struct wire_in *w, size_t n)
{
	const uint8_t *p = w->p;

	if (w->bad || n > w->n) {
		w->bad = true;
		return NULL;
	}
	w->p += n;
	w->n -= n;
	return p;
}

static inline uint64_t wire_get_u(struct wire_in *w, int bytes)
{
	const uint8_t *p = wire_get(w, (size_t)bytes);
	uint64_t v = 0;

	for (int i = 0; p && i < bytes; i++)
		v = v << 8 | p[i];
	return v;
}

static inline int64_t wire_get_i64(struct wire_in *w)
{
	const uint8_t *p = wire_get(w, 8);
	uint64_t v;

	if (!p)
		return 0;
	memcpy(&v, p, sizeof v);
	return (int64_t)__builtin_bswap64(v);
}

static inline struct str wire_get_text(struct wire_in *w, int length_bytes)
{
	size_t n = (size_t)wire_get_u(w, length_bytes);
	const uint8_t *p = wire_get(w, n);

	return p ? (struct str){ (const char *)p, n } : (struct str){ "", 0 };
}

static inline struct crypt_hash wire_get_hash(struct wire_in *w)
{
	struct crypt_hash h = { { 0 } };
	const uint8_t *p = wire_get(w, 1);

	if (p && *p) {
		h.v[0] = *p;
		p = wire_get(w, CRYPT_RAW_BYTES);
		if (p)
			memcpy(h.v + 1, p, CRYPT_RAW_BYTES);
	}
	return h;
}

#endif
