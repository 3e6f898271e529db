/* prove.c - from an entry to a signed head. */
#include "ledger/prove.h"
#include "base/digest.h"
#include "base/memory.h"
#include "crypt/encode.h"
#include "db/db.h"
#include "ledger/chain.h"
#include "ledger/head.h"
#include "ledger/ledger.sql.h"
#include "ledger/wire.h"

#include <string.h>

#include "base/ban.h"

static const char PREFIX[] = "OPP1-";

enum {
	FIXED_BYTES = 8 + 1,
	CHECK_BYTES = 4,
	BYTES_MAX = FIXED_BYTES + MERKLE_DEPTH_MAX * CRYPT_RAW_BYTES + CHECK_BYTES
};

/* ---- under which head ---- */

struct under {
	const struct head *head;
	struct head_line line;
};

/*
 * The head that covers the receipt's entry: number `n`, or the last one, since a restore may have
 * given up those before. ERR_ABSENT.
 */
static enum err find(const struct head_book *b, const struct ledger_receipt *r, int64_t n,
		     struct under *ret, struct fault *f)
{
	bool found = false;

	for (size_t i = 0; i < b->all.n && !(found && ret->head->n == n); i++)
		for (size_t k = 0; k < b->all.v[i].n_lines; k++) {
			struct head_line line = head_line_at(&b->all.v[i], k);

			if (line.county.v != r->county.v || r->seq < line.from || r->seq > line.to)
				continue;
			*ret = (struct under){ &b->all.v[i], line };
			found = true;
		}
	if (found)
		return OK;
	return fault_set(f, ERR_ABSENT, "还没有链头覆盖第 %lld 条", "no head covers entry %lld yet",
			 (long long)r->seq);
}

static enum err read_book(const char *path, struct head_book **ret, struct fault *f)
{
	enum err e = head_book_new(true, ret);

	if (e)
		return fault_set(f, e, "内存不足，无法读取链头",
				 "there is no memory to read heads");
	return head_book_read(*ret, path, f);
}

static struct merkle_node node_of(const uint8_t *hash)
{
	struct merkle_node n;

	memcpy(n.v, hash + 1, sizeof n.v); /* less the suite */
	return n;
}

/* ---- making ---- */

struct leaves {
	struct head_line line;
	struct merkle_node *v;
};

static enum err read_leaves(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	const struct leaves *l = arg;
	int64_t n = l->line.to - l->line.from + 1;
	bool more = false;
	enum err e = tx_rows(tx, &ledger_sql.walk,
			     SQL_ARGS(sql_i64(l->line.county.v), sql_i64(l->line.from), sql_i64(n)),
			     &r, f);

	for (int64_t i = 0; !e && i < n; i++) {
		struct chain_row row;

		if ((e = rows_next(r, &more, f)))
			return e;
		if (more)
			row = chain_row_of(r);
		if (!more || row.seq != l->line.from + i || row.hash.n != CRYPT_HASH_BYTES)
			return fault_set(f, ERR_CORRUPT, "已签的第 %lld 条不在了",
					 "entry %lld was signed and is not there",
					 (long long)(l->line.from + i));
		l->v[i] = node_of((const uint8_t *)row.hash.p);
	}
	return e;
}

enum err prove_make(struct db *db, const char *heads, const struct ledger_receipt *r,
		    struct prove *ret, struct fault *f)
{
	CLEANUP(head_book_end) struct head_book *b = NULL;
	struct under u;
	struct leaves l;
	struct crypt_hasher *h;
	uint64_t n;
	enum err e;

	if ((e = read_book(heads, &b, f)) || (e = find(b, r, 0, &u, f)))
		return e;
	h = head_book_hasher(b, u.head->suite);
	n = (uint64_t)(u.line.to - u.line.from) + 1;
	l = (struct leaves){ u.line, mem_take((size_t)n, sizeof *l.v) };
	if (!l.v)
		return fault_set(f, ERR_MEMORY, "内存不足，无法生成证明",
				 "there is no memory for a proof");
	e = db_read(db, read_leaves, &l, f);
	if (!e) {
		ret->head = u.head->n;
		merkle_inclusion(h, l.v, n, (uint64_t)(r->seq - u.line.from), &ret->path);
	}
	mem_drop(l.v);
	return e;
}

/* ---- checking ---- */

enum err prove_check(const char *heads, const struct ledger_receipt *r, const struct prove *p,
		     struct fault *f)
{
	CLEANUP(head_book_end) struct head_book *b = NULL;
	struct merkle_node leaf = node_of(r->hash.v);
	struct under u;
	enum err e;

	if ((e = read_book(heads, &b, f)) || (e = find(b, r, p->head, &u, f)))
		return e;
	if (u.head->n == p->head &&
	    merkle_includes(head_book_hasher(b, u.head->suite), &leaf,
			    (uint64_t)(r->seq - u.line.from),
			    (uint64_t)(u.line.to - u.line.from) + 1, &p->path, &u.line.root))
		return OK;
	return fault_set(f, ERR_CORRUPT, "回执、证明与签名链头不符",
			 "receipt, proof and signed heads do not fit together");
}

/* ---- as text ---- */

void prove_text(const struct prove *p, struct buf *out)
{
	uint8_t bytes[BYTES_MAX];
	struct wire_out w = { bytes, 0, sizeof bytes, false };

	assert(p->path.n <= MERKLE_DEPTH_MAX);
	wire_put_i64(&w, p->head);
	wire_put_u(&w, p->path.n, 1);
	for (size_t i = 0; i < p->path.n; i++)
		wire_put(&w, p->path.v[i].v, sizeof p->path.v[i].v);
	wire_put_u(&w, digest_of(bytes, w.n), CHECK_BYTES);
	assert(!w.bad);
	buf_lit(out, PREFIX);
	encode_base64url(out, bytes, w.n);
}

enum err prove_parse(struct str s, struct prove *ret)
{
	uint8_t bytes[BYTES_MAX];
	struct wire_in w = { bytes, 0, false };
	size_t n = 0, head = sizeof PREFIX - 1;
	struct prove p;

	if (s.n <= head || memcmp(s.p, PREFIX, head) != 0 ||
	    encode_read_base64url((struct str){ s.p + head, s.n - head }, bytes, sizeof bytes,
				  &n) ||
	    n < FIXED_BYTES + CHECK_BYTES)
		return ERR_SYNTAX;
	w.n = n;
	p.head = wire_get_i64(&w);
	p.path.n = (size_t)wire_get_u(&w, 1);
	if (p.head < 1 || p.path.n > MERKLE_DEPTH_MAX ||
	    w.n != p.path.n * CRYPT_RAW_BYTES + CHECK_BYTES)
		return ERR_SYNTAX;
	for (size_t i = 0; i < p.path.n; i++)
		memcpy(p.path.v[i].v, wire_get(&w, CRYPT_RAW_BYTES), CRYPT_RAW_BYTES);
	if (wire_get_u(&w, CHECK_BYTES) != (digest_of(bytes, n - CHECK_BYTES) & 0xFFFFFFFF))
		return ERR_SYNTAX;
	*ret = p;
	return OK;
}
