/* head_book.c - a file of heads, each held against all before it. */
#include "base/file.h"
#include "crypt/encode.h"
#include "ledger/head.h"
#include "ledger/ledger.h"
#include "ledger/wire.h"

#include <string.h>

#include "base/ban.h"

enum { LEAF = 2 };
#define KEPT_BYTES ((size_t)8 << 30) /* a province's heads of half a year, lines and all */

static const struct {
	const char *zh, *en;
} WORDS[] = {
	[HEAD_FINE] = { "没有问题", "nothing is wrong" },
	[HEAD_TORN] = { "这一行没有写完", "the line was not written whole" },
	[HEAD_GAP] = { "签名链头的编号不连续", "heads are missing, or stand in another order" },
	[HEAD_STRANGE] = { "由从未公布过的密钥签名",
			   "it is signed by a key that was never announced" },
	[HEAD_FORGED] = { "签名不符", "its signature does not fit" },
	[HEAD_REWRITTEN] = { "它所签的历史与之前的链头不符",
			     "it was signed over another history than the heads before it" },
	[HEAD_APART] = { "它所签的范围与之前的链头不衔接",
			 "its ranges do not go on from the heads before it" },
};

const char *head_wrong_zh(enum head_wrong w)
{
	return WORDS[w].zh;
}

const char *head_wrong_en(enum head_wrong w)
{
	return WORDS[w].en;
}

enum err head_book_new(bool keep, struct head_book **ret)
{
	struct head_book *b = mem_take(1, sizeof *b);
	enum err e = b ? OK : ERR_MEMORY;

	if (!e)
		e = arena_new(KEPT_BYTES, &b->a);
	for (enum crypt_suite s = CRYPT_WORLD; !e && s <= CRYPT_SM; s++)
		e = crypt_hasher_new(s, &b->hasher[s]);
	if (e) {
		head_book_end(&b);
		return e;
	}
	b->keep = keep;
	merkle_begin(&b->history, b->hasher[CRYPT_WORLD]);
	*ret = b;
	return OK;
}

void head_book_end(struct head_book **b)
{
	struct head_book *k = *b;

	if (!k)
		return;
	for (enum crypt_suite s = CRYPT_WORLD; s <= CRYPT_SM; s++)
		crypt_hasher_end(&k->hasher[s]);
	vec_drop(&k->leaf);
	vec_drop(&k->tip);
	vec_drop(&k->all);
	vec_drop(&k->scratch);
	arena_free(k->a);
	mem_drop(k);
	*b = NULL;
}

struct crypt_hasher *head_book_hasher(struct head_book *b, enum crypt_suite suite)
{
	assert(crypt_suite_known((uint8_t)suite));
	return b->hasher[suite];
}

/* Where the tip of a county is, or would be. */
static size_t tip_place(const struct head_book *b, struct area_code county)
{
	size_t low = 0, high = b->tip.n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (b->tip.v[middle].county.v < county.v)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct head_tip head_book_tip(const struct head_book *b, struct area_code county)
{
	size_t i = tip_place(b, county);

	if (i < b->tip.n && b->tip.v[i].county.v == county.v)
		return b->tip.v[i];
	return (struct head_tip){ county, 0, LEDGER_NO_HASH };
}

static enum err move_tip(struct head_book *b, const struct head_line *line)
{
	struct head_tip tip = { line->county, line->to, line->chain };
	size_t i = tip_place(b, line->county);

	if (i == b->tip.n || b->tip.v[i].county.v != line->county.v) {
		if (vec_push(&b->tip, tip))
			return ERR_MEMORY;
		memmove(b->tip.v + i + 1, b->tip.v + i, (b->tip.n - 1 - i) * sizeof tip);
	}
	b->tip.v[i] = tip;
	return OK;
}

enum err head_book_history(struct head_book *b, enum crypt_suite suite, struct merkle_node *ret)
{
	/* In another suite than before the whole tree is another. */
	if (b->history.h != b->hasher[suite]) {
		merkle_begin(&b->history, b->hasher[suite]);
		for (size_t i = 0; i < b->leaf.n; i++)
			merkle_add(&b->history, &b->leaf.v[i]);
	}
	merkle_root(&b->history, ret);
	return OK;
}

/* ---- one more head ---- */

static bool continues(const struct head_book *b, const struct head *h)
{
	for (size_t i = 0; i < h->n_lines; i++) {
		struct head_line line = head_line_at(h, i);

		int64_t next = head_book_tip(b, line.county).to + 1;

		if (line.from > next || (line.from < next && h->kind != HEAD_RESTORED))
			return false;
	}
	return true;
}

/* What is wrong with a head that could be read; the key it must be signed by. */
static enum err judge(struct head_book *b, const struct head *h, struct str record,
		      const struct crypt_signature *sig, enum head_wrong *ret)
{
	const struct crypt_public *key = b->leaf.n ? &b->key : &h->next;
	uint8_t id[HEAD_KEY_ID_BYTES];
	struct merkle_node history;
	enum err e;

	*ret = HEAD_FINE;
	if (h->n != (int64_t)b->leaf.n + 1)
		*ret = HEAD_GAP;
	else if (h->announces != (h->n == 1 || h->kind == HEAD_KEY))
		*ret = HEAD_STRANGE;
	if (*ret)
		return OK;
	if ((e = head_key_id(key, id)))
		return e;
	if (memcmp(id, h->key_id, sizeof id) != 0) {
		*ret = HEAD_STRANGE;
		return OK;
	}
	e = b->trusting && !h->announces ? OK : head_verify(key, record, sig);
	if (e == ERR_CORRUPT)
		*ret = HEAD_FORGED;
	else if (e)
		return e;
	else if ((e = head_book_history(b, h->suite, &history)))
		return e;
	else if (memcmp(history.v, h->history.v, sizeof history.v) != 0)
		*ret = HEAD_REWRITTEN;
	else if (!continues(b, h))
		*ret = HEAD_APART;
	return OK;
}

static enum err take_in(struct head_book *b, struct head *h, struct str record)
{
	uint8_t front = LEAF;
	struct crypt_hash hash;
	struct merkle_node leaf;
	enum err e = OK;

	if (b->keep) {
		const char *copy = arena_copy(b->a, record.p, record.n);

		if (!copy)
			return ERR_MEMORY;
		h->lines = (const uint8_t *)copy + (h->lines - (const uint8_t *)record.p);
		if (vec_push(&b->all, *h))
			return ERR_MEMORY;
	}
	crypt_hasher_add(b->hasher[h->suite], &front, 1);
	crypt_hasher_add(b->hasher[h->suite], record.p, record.n);
	crypt_hasher_take(b->hasher[h->suite], &hash);
	memcpy(leaf.v, hash.v + 1, sizeof leaf.v);
	if (vec_push(&b->leaf, leaf))
		return ERR_MEMORY;
	merkle_add(&b->history, &leaf);
	for (size_t i = 0; !e && i < h->n_lines; i++) {
		struct head_line line = head_line_at(h, i);

		e = move_tip(b, &line);
	}
	b->signed_by = h->n == 1 ? h->next : b->key;
	if (!e && h->announces) {
		b->key = h->next;
		if (h->n == 1)
			b->first_key = h->next;
		e = head_key_id(&b->key, b->key_id);
	}
	b->last = *h;
	if (!b->keep)
		b->last.lines = NULL;
	return e;
}

/* The bytes of a line in b->scratch; false: it is no line, or was not written whole. */
static enum err read_line(struct head_book *b, struct str line, bool *ret_whole,
			  struct str *ret_record, struct crypt_signature *ret_sig)
{
	size_t n = 0;

	b->scratch.n = 0;
	if (vec_reserve(&b->scratch, max_size(line.n, 1)))
		return ERR_MEMORY;
	*ret_whole = encode_read_base64url(line, b->scratch.v, line.n, &n) == OK &&
		     n > sizeof ret_sig->v;
	if (*ret_whole) {
		*ret_record = (struct str){ (const char *)b->scratch.v, n - sizeof ret_sig->v };
		memcpy(ret_sig->v, b->scratch.v + ret_record->n, sizeof ret_sig->v);
	}
	return OK;
}

enum err head_book_add(struct head_book *b, struct str line)
{
	struct crypt_signature sig;
	struct str record;
	struct head h;
	enum head_wrong wrong = HEAD_TORN;
	bool whole = false;
	enum err e;

	if (b->wrong)
		return OK;
	e = read_line(b, line, &whole, &record, &sig);
	if (!e && whole) {
		e = head_parse(record, &h);
		if (!e)
			e = judge(b, &h, record, &sig, &wrong);
		else if (e == ERR_CORRUPT)
			e = OK; /* torn where base64 did not show it */
		if (!e && wrong == HEAD_FINE)
			e = take_in(b, &h, record);
	}
	if (e)
		return e;
	if (wrong == HEAD_TORN) {
		b->torn++;
	} else if (wrong) {
		b->wrong = wrong;
		b->wrong_at = (int64_t)b->leaf.n + 1;
	}
	return OK;
}

int64_t head_line_number(struct str line)
{
	uint8_t bytes[9]; /* form and n: twelve signs */
	size_t n = 0;
	struct wire_in w = { bytes + 1, 8, false };

	if (line.n < 12 || encode_read_base64url((struct str){ line.p, 12 }, bytes, 9, &n) ||
	    n != 9)
		return 0;
	return wire_get_i64(&w);
}

static enum err verify_last(struct head_book *b, struct str line)
{
	struct crypt_signature sig;
	struct str record;
	bool whole = false;
	enum err e = read_line(b, line, &whole, &record, &sig);

	if (e || !whole)
		return e;
	e = head_verify(&b->signed_by, record, &sig);
	if (e == ERR_CORRUPT) {
		b->wrong = HEAD_FORGED;
		b->wrong_at = (int64_t)b->leaf.n;
		e = OK;
	}
	return e;
}

enum err head_book_read(struct head_book *b, const char *path, struct fault *f)
{
	CLEANUP(file_unmap) struct file_map m = { 0 };
	struct fault absent = { 0 };
	struct str last = { NULL, 0 };
	enum err e = file_map_read(path, &m, &absent);
	size_t at = 0;

	if (e == ERR_ABSENT)
		return OK;
	while (!e && at < m.n) {
		const char *p = (const char *)m.p + at, *end = memchr(p, '\n', m.n - at);
		size_t n = end ? (size_t)(end - p) : m.n - at, had = b->leaf.n;

		if (n)
			e = head_book_add(b, (struct str){ p, n });
		if (b->leaf.n > had)
			last = (struct str){ p, n };
		b->open_end = !end;
		at += n + (end != NULL);
	}
	b->bytes = at;
	if (!e && b->trusting && last.n && !b->wrong)
		e = verify_last(b, last);
	return e ? fault_set(f, e, "无法读取签名链头文件 %s",
			     "cannot read the file of signed heads %s", path)
		 : OK;
}
