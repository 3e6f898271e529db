/* encode.c - bytes as text and back. */
#include "crypt/encode.h"

#include <string.h>

#include "base/ban.h"

static const char HEX[] = "0123456789abcdef";
static const char BASE32[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
static const char BASE64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char BASE64URL[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* `bits` of the bytes at a time, each a sign of the alphabet; the last is filled up by zeros. */
static void put(struct buf *out, const uint8_t *p, size_t n, const char *alphabet, unsigned bits)
{
	uint32_t held = 0;
	unsigned n_held = 0;

	for (size_t i = 0; i < n; i++) {
		held = held << 8 | p[i];
		n_held += 8;
		for (; n_held >= bits; n_held -= bits)
			buf_char(out, alphabet[held >> (n_held - bits) & ((1u << bits) - 1)]);
		held &= (1u << n_held) - 1;
	}
	if (n_held)
		buf_char(out, alphabet[held << (bits - n_held) & ((1u << bits) - 1)]);
}

void encode_hex(struct buf *out, const void *p, size_t n)
{
	put(out, p, n, HEX, 4);
}

void encode_base32(struct buf *out, const void *p, size_t n)
{
	put(out, p, n, BASE32, 5);
}

void encode_base64url(struct buf *out, const void *p, size_t n)
{
	put(out, p, n, BASE64URL, 6);
}

void encode_base64(struct buf *out, const void *p, size_t n)
{
	put(out, p, n, BASE64, 6);
	for (size_t i = n; i % 3; i++)
		buf_char(out, '=');
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

enum err encode_read_hex(struct str s, void *ret, size_t n)
{
	uint8_t *to = ret;

	if (s.n != 2 * n)
		return ERR_RANGE;
	for (size_t i = 0; i < s.n; i++)
		if (hex_value(s.p[i]) < 0)
			return ERR_SYNTAX;
	for (size_t i = 0; i < n; i++)
		to[i] = (uint8_t)(hex_value(s.p[2 * i]) << 4 | hex_value(s.p[2 * i + 1]));
	return OK;
}

static int base64url_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '-' ? 62 : c == '_' ? 63 : -1;
}

/* How many bytes, if the text is well formed. */
static enum err base64url_size(struct str s, size_t *ret)
{
	static const int SPARE[] = { 0, 0, 0x0F,
				     0x03 }; /* bits of the last sign that hold nothing */
	size_t rest = s.n % 4;

	if (rest == 1)
		return ERR_SYNTAX;
	for (size_t i = 0; i < s.n; i++)
		if (base64url_value(s.p[i]) < 0)
			return ERR_SYNTAX;
	if (rest && base64url_value(s.p[s.n - 1]) & SPARE[rest])
		return ERR_SYNTAX;
	*ret = s.n / 4 * 3 + (rest ? rest - 1 : 0);
	return OK;
}

enum err encode_read_base64url(struct str s, void *ret, size_t max, size_t *ret_n)
{
	uint8_t *to = ret;
	uint32_t held = 0;
	unsigned n_held = 0;
	size_t n;
	enum err e = base64url_size(s, &n);

	if (e)
		return e;
	if (n > max)
		return ERR_RANGE;
	for (size_t i = 0; i < s.n; i++) {
		held = (held << 6 | (uint32_t)base64url_value(s.p[i])) & 0xFFFF;
		n_held += 6;
		if (n_held >= 8) {
			n_held -= 8;
			*to++ = (uint8_t)(held >> n_held);
		}
	}
	*ret_n = n;
	return OK;
}
