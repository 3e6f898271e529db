/* head.c - heads as bytes, signed. */
#include "ledger/head.h"
#include "base/when.h"
#include "crypt/encode.h"
#include "ledger/wire.h"

#include <string.h>

#include "base/ban.h"

enum { FORM = 1, FIXED_BYTES = 128, LINES_MAX = 100000 };

static const char SIGNED_AS[] = "outpost head 1\n";

void head_write(const struct head *h, const struct head_line *lines, struct buf *out)
{
	uint8_t bytes[FIXED_BYTES + CRYPT_PUBLIC_BYTES];
	struct wire_out w = { bytes, 0, sizeof bytes, false };

	wire_put_u(&w, FORM, 1);
	wire_put_i64(&w, h->n);
	wire_put_u(&w, h->kind, 1);
	wire_put_i64(&w, h->at.v);
	wire_put_u(&w, h->suite, 1);
	wire_put(&w, h->history.v, sizeof h->history.v);
	wire_put(&w, h->key_id, sizeof h->key_id);
	wire_put_u(&w, h->announces, 1);
	if (h->announces)
		wire_put(&w, h->next.v, sizeof h->next.v);
	wire_put_u(&w, h->n_lines, 4);
	assert(!w.bad && h->n_lines <= LINES_MAX);
	buf_put(out, bytes, w.n);
	for (size_t i = 0; i < h->n_lines; i++) {
		w = (struct wire_out){ bytes, 0, HEAD_LINE_BYTES, false };
		wire_put_i64(&w, lines[i].county.v);
		wire_put_i64(&w, lines[i].from);
		wire_put_i64(&w, lines[i].to);
		wire_put(&w, lines[i].root.v, sizeof lines[i].root.v);
		wire_put(&w, lines[i].chain.v, sizeof lines[i].chain.v);
		assert(!w.bad && w.n == HEAD_LINE_BYTES);
		buf_put(out, bytes, w.n);
	}
}

struct head_line head_line_at(const struct head *h, size_t i)
{
	struct wire_in w = { h->lines + i * HEAD_LINE_BYTES, HEAD_LINE_BYTES, false };
	struct head_line line;

	line.county.v = wire_get_i64(&w);
	line.from = wire_get_i64(&w);
	line.to = wire_get_i64(&w);
	memcpy(line.root.v, wire_get(&w, sizeof line.root.v), sizeof line.root.v);
	memcpy(line.chain.v, wire_get(&w, sizeof line.chain.v), sizeof line.chain.v);
	return line;
}

/* Counties in ascending order, each once; ranges that hold something, but after a restore. */
static bool lines_are_well(const struct head *h)
{
	int64_t county = -1;
	int64_t least = h->kind == HEAD_RESTORED ? 0 : 1;

	for (size_t i = 0; i < h->n_lines; i++) {
		struct head_line line = head_line_at(h, i);

		if (line.county.v <= county || !area_valid(line.county) || line.from < 1 ||
		    line.to < line.from - 1 + least ||
		    (line.to > 0 && !crypt_suite_known(line.chain.v[0])))
			return false;
		county = line.county.v;
	}
	return true;
}

static bool take_bytes(struct wire_in *w, uint8_t *to, size_t n)
{
	const uint8_t *p = wire_get(w, n);

	if (p)
		memcpy(to, p, n);
	return p != NULL;
}

enum err head_parse(struct str record, struct head *ret)
{
	struct wire_in w = { (const uint8_t *)record.p, record.n, false };
	uint64_t form = wire_get_u(&w, 1), announces;
	struct head h = { 0 };

	if (w.bad || form != FORM)
		return !w.bad && form > FORM ? ERR_VERSION : ERR_CORRUPT;
	h.n = wire_get_i64(&w);
	h.kind = (enum head_kind)wire_get_u(&w, 1);
	h.at.v = wire_get_i64(&w);
	h.suite = (enum crypt_suite)wire_get_u(&w, 1);
	take_bytes(&w, h.history.v, sizeof h.history.v);
	take_bytes(&w, h.key_id, sizeof h.key_id);
	announces = wire_get_u(&w, 1);
	h.announces = announces == 1;
	if (h.announces)
		take_bytes(&w, h.next.v, sizeof h.next.v);
	h.n_lines = (size_t)wire_get_u(&w, 4);
	if (w.bad || h.n < 1 || h.kind < HEAD_START || h.kind > HEAD_RESTORED || announces > 1 ||
	    h.at.v < WHEN_MIN_S || h.at.v >= WHEN_MAX_S || !crypt_suite_known((uint8_t)h.suite) ||
	    (h.announces && !crypt_suite_known(h.next.v[0])) || h.n_lines > LINES_MAX ||
	    w.n != h.n_lines * HEAD_LINE_BYTES)
		return ERR_CORRUPT;
	h.lines = w.p;
	if (!lines_are_well(&h))
		return ERR_CORRUPT;
	*ret = h;
	return OK;
}

static enum err signed_text(struct str record, struct buf *out)
{
	buf_lit(out, SIGNED_AS);
	buf_str(out, record);
	return out->failed;
}

enum err head_sign(const struct crypt_signer *s, struct str record, struct buf *out)
{
	CLEANUP(buf_release) struct buf text = { 0 }, whole = { 0 };
	struct crypt_signature sig;
	enum err e;

	if ((e = signed_text(record, &text)) || (e = crypt_sign(s, text.p, text.n, &sig)))
		return e;
	buf_str(&whole, record);
	buf_put(&whole, sig.v, sizeof sig.v);
	if (whole.failed)
		return whole.failed;
	encode_base64url(out, whole.p, whole.n);
	buf_char(out, '\n');
	return out->failed;
}

enum err head_key_id(const struct crypt_public *key, uint8_t ret[HEAD_KEY_ID_BYTES])
{
	struct crypt_hash h;
	enum err e = crypt_hash((enum crypt_suite)key->v[0], key->v, sizeof key->v, &h);

	if (!e)
		memcpy(ret, h.v + 1, HEAD_KEY_ID_BYTES);
	return e;
}

enum err head_verify(const struct crypt_public *key, struct str record,
		     const struct crypt_signature *sig)
{
	CLEANUP(buf_release) struct buf text = { 0 };
	enum err e = signed_text(record, &text);

	return e ? e : crypt_verify(key, text.p, text.n, sig);
}
