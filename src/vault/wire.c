#include "vault/wire.h"

#include <string.h>

#include "base/ban.h"

void wire_put_u8(struct buf *b, uint8_t v)
{
	buf_put(b, &v, 1);
}

void wire_put_u32(struct buf *b, uint32_t v)
{
	const uint8_t p[4] = { (uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16),
			       (uint8_t)(v >> 24) };

	buf_put(b, p, sizeof p);
}

void wire_put_i64(struct buf *b, int64_t v)
{
	uint8_t p[8];

	for (int i = 0; i < 8; i++)
		p[i] = (uint8_t)((uint64_t)v >> (8 * i));
	buf_put(b, p, sizeof p);
}

void wire_put_str(struct buf *b, struct str s)
{
	wire_put_u32(b, (uint32_t)s.n);
	buf_put(b, s.p, s.n);
}

/* A mask of what is said, then those texts. */
void wire_put_identity(struct buf *b, const struct vault_identity *who)
{
	unsigned mask = 0;

	for (unsigned i = 0; i < VAULT_FIELD_N; i++)
		mask |= who->text[i].n ? 1u << i : 0;
	wire_put_u8(b, (uint8_t)mask);
	for (unsigned i = 0; i < VAULT_FIELD_N; i++)
		if (mask & 1u << i)
			wire_put_str(b, who->text[i]);
}

void wire_put_fault(struct buf *b, enum err e, const struct fault *f)
{
	wire_put_u32(b, (uint32_t)e);
	wire_put_str(b, str_of(f->zh));
	wire_put_str(b, str_of(f->en));
}

void wire_begin(struct buf *b, uint8_t op)
{
	buf_clear(b);
	buf_put(b, "OV", 2);
	wire_put_u8(b, WIRE_VERSION);
	wire_put_u8(b, op);
	wire_put_u32(b, 0);
}

enum err wire_finish(struct buf *b)
{
	size_t n = b->n - WIRE_HEAD_BYTES;

	if (b->failed)
		return b->failed;
	if (n > WIRE_BODY_MAX)
		return ERR_TOO_LARGE;
	for (int i = 0; i < 4; i++)
		b->p[4 + i] = (char)(uint8_t)(n >> (8 * i));
	return OK;
}

enum err wire_head(const uint8_t head[WIRE_HEAD_BYTES], struct wire_head *ret)
{
	struct wire_in in = { head + 4, 4, false };
	uint32_t n = wire_u32(&in);

	if (head[0] != 'O' || head[1] != 'V')
		return ERR_SYNTAX;
	if (n > WIRE_BODY_MAX)
		return ERR_TOO_LARGE;
	*ret = (struct wire_head){ head[2], head[3], n };
	return OK;
}

static const uint8_t *take(struct wire_in *in, size_t n)
{
	const uint8_t *p = in->p;

	if (in->bad || n > in->n) {
		in->bad = true;
		return NULL;
	}
	in->p += n;
	in->n -= n;
	return p;
}

uint8_t wire_u8(struct wire_in *in)
{
	const uint8_t *p = take(in, 1);

	return p ? *p : 0;
}

uint32_t wire_u32(struct wire_in *in)
{
	const uint8_t *p = take(in, 4);

	return p ? p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24 : 0;
}

int64_t wire_i64(struct wire_in *in)
{
	const uint8_t *p = take(in, 8);
	uint64_t v = 0;

	for (int i = 7; p && i >= 0; i--)
		v = v << 8 | p[i];
	return (int64_t)v;
}

struct str wire_str(struct wire_in *in, size_t max)
{
	size_t n = wire_u32(in);
	const uint8_t *p;

	if (n > max)
		in->bad = true;
	p = take(in, n);
	return p ? (struct str){ (const char *)p, n } : (struct str){ "", 0 };
}

void wire_identity(struct wire_in *in, struct vault_identity *ret)
{
	unsigned mask = wire_u8(in);

	if (mask >> VAULT_FIELD_N)
		in->bad = true;
	for (unsigned i = 0; i < VAULT_FIELD_N; i++) {
		ret->text[i] = (struct str){ "", 0 };
		if (!(mask & 1u << i))
			continue;
		ret->text[i] = wire_str(in, VAULT_TEXT_MAX);
		if (!ret->text[i].n || !str_utf8(ret->text[i]))
			in->bad = true;
	}
}

bool wire_done(const struct wire_in *in)
{
	return !in->bad && !in->n;
}
