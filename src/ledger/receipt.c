/* receipt.c - a receipt as text: OPR1-, then base64url of its bytes and four bytes of check. */
#include "base/digest.h"
#include "crypt/encode.h"
#include "ledger/entry.h"
#include "ledger/wire.h"

#include <string.h>

#include "base/ban.h"

static const char PREFIX[] = "OPR1-";

enum { BODY_BYTES = 8 * 4 + CRYPT_HASH_BYTES, CHECK_BYTES = 4 };

/* A slip of the pen, not an attack: whoever forges can compute this as well. */
static void check_of(const uint8_t *body, uint8_t *ret)
{
	struct wire_out w = { ret, 0, CHECK_BYTES, false };

	wire_put_u(&w, digest_of(body, BODY_BYTES), CHECK_BYTES);
}

void ledger_receipt_text(const struct ledger_receipt *r, struct buf *out)
{
	uint8_t bytes[BODY_BYTES + CHECK_BYTES];
	struct wire_out w = { bytes, 0, BODY_BYTES, false };

	assert(r->hash.v[0]);
	wire_put_i64(&w, r->county.v);
	wire_put_i64(&w, r->seq);
	wire_put_i64(&w, r->at.v);
	wire_put_i64(&w, r->head_due);
	wire_put_hash(&w, &r->hash);
	check_of(bytes, bytes + BODY_BYTES);
	buf_lit(out, PREFIX);
	encode_base64url(out, bytes, sizeof bytes);
}

enum err ledger_receipt_parse(struct str s, struct ledger_receipt *ret)
{
	uint8_t bytes[BODY_BYTES + CHECK_BYTES], check[CHECK_BYTES];
	struct wire_in w = { bytes, BODY_BYTES, false };
	size_t n = 0, head = sizeof PREFIX - 1;
	struct ledger_receipt r;

	if (s.n <= head || memcmp(s.p, PREFIX, head) != 0 ||
	    encode_read_base64url((struct str){ s.p + head, s.n - head }, bytes, sizeof bytes,
				  &n) ||
	    n != sizeof bytes)
		return ERR_SYNTAX;
	check_of(bytes, check);
	if (memcmp(check, bytes + BODY_BYTES, CHECK_BYTES) != 0)
		return ERR_SYNTAX;
	r.county.v = wire_get_i64(&w);
	r.seq = wire_get_i64(&w);
	r.at.v = wire_get_i64(&w);
	r.head_due = wire_get_i64(&w);
	r.hash = wire_get_hash(&w);
	if (w.bad || w.n || r.seq < 1 || r.head_due < 1 || !crypt_suite_known(r.hash.v[0]))
		return ERR_SYNTAX;
	*ret = r;
	return OK;
}
