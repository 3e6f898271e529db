#include "access/bearer.h"

#include <string.h>

#include "crypt/encode.h"

#include "base/ban.h"

static const struct str key_mark = { "opk.", 4 };

void bearer_text(const struct bearer *b, struct buf *out)
{
	char county[AREA_TEXT_BYTES];

	if (b->kind == BEARER_KEY) {
		buf_str(out, key_mark);
	} else {
		area_text(b->county, county);
		buf_lit(out, county);
		buf_char(out, '.');
	}
	encode_base64url(out, b->secret, BEARER_SECRET_BYTES);
}

enum err bearer_parse(enum bearer_kind kind, struct str text, struct bearer *ret)
{
	struct bearer b = { .kind = kind };
	struct str head = { text.p, kind == BEARER_KEY ? key_mark.n : AREA_DIGITS + 1 };
	size_t n;

	if (text.n < head.n)
		return ERR_LOGIN;
	text = (struct str){ text.p + head.n, text.n - head.n };
	if (kind == BEARER_KEY && !str_eq(head, key_mark))
		return ERR_LOGIN;
	if (kind == BEARER_SESSION) {
		if (head.p[--head.n] != '.' || area_parse(head, &b.county) != OK)
			return ERR_LOGIN;
	}
	if (encode_read_base64url(text, b.secret, BEARER_SECRET_BYTES, &n) != OK ||
	    n != BEARER_SECRET_BYTES)
		return ERR_LOGIN;
	*ret = b;
	return OK;
}

enum err bearer_hash(const struct bearer *b, struct crypt_hash *ret)
{
	uint8_t bytes[1 + BEARER_SECRET_BYTES] = { b->kind == BEARER_KEY ? 'k' : 's' };
	enum err e;

	memcpy(bytes + 1, b->secret, BEARER_SECRET_BYTES);
	e = crypt_hash(CRYPT_WORLD, bytes, sizeof(bytes), ret);
	crypt_wipe(bytes, sizeof(bytes));
	return e;
}
