/* verify_heads.c - the heads that a verification stands on. */
#include "ledger/verify_heads.h"
#include "base/when.h"
#include "crypt/encode.h"
#include "ledger/chain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ban.h"

struct place { int64_t county, to; uint32_t head, line; };

struct verify_heads {
	struct head_book *own, *other;
	const struct head_book *stand; /* the one that reaches further */
	VEC(struct place) place;       /* by county, then by seq */
	int64_t restored;              /* the last head that went back; 0: none */
};

/* ---- the files ---- */

static void say_head(struct verify_report *r, enum verify_verdict v, int64_t n, const char *zh,
		     const char *en)
{
	if (verify_say(r, v, zh, en))
		r->head = n;
}

enum err verify_fingerprint(const struct crypt_public *key, char ret[VERIFY_FINGERPRINT_BYTES])
{
	CLEANUP(buf_release) struct buf hex = { 0 };
	struct crypt_hash h;
	enum err e = crypt_hash((enum crypt_suite)key->v[0], key->v, sizeof key->v, &h);

	if (e)
		return e;
	encode_hex(&hex, h.v + 1, VERIFY_FINGERPRINT_BYTES / 2);
	if (hex.failed)
		return hex.failed;
	memcpy(ret, hex.p, VERIFY_FINGERPRINT_BYTES - 1);
	ret[VERIFY_FINGERPRINT_BYTES - 1] = '\0';
	return OK;
}

/* Silences and clocks set back, between one head and the next. */
static void look_at_times(const struct head_book *b, struct verify_report *r)
{
	for (size_t i = 1; i < b->all.n; i++) {
		int64_t gap = b->all.v[i].at.v - b->all.v[i - 1].at.v;

		if (gap < -CHAIN_CLOCK_SLACK_S)
			r->set_back++;
		if (gap <= VERIFY_SILENCE_S || b->all.v[i - 1].kind == HEAD_STOP)
			continue;
		r->silences++;
		r->silence_s_max = max_i64(r->silence_s_max, gap);
	}
}

static enum err look_at_own(const struct head_book *b, struct verify_report *r)
{
	enum err e;

	r->heads = b->leaf.n;
	r->torn = b->torn;
	if (b->wrong)
		say_head(r, VERIFY_BROKEN, b->wrong_at, head_wrong_zh(b->wrong),
			 head_wrong_en(b->wrong));
	if (!b->leaf.n)
		return OK;
	if ((e = verify_fingerprint(&b->first_key, r->fingerprint)))
		return e;
	r->last_head_at = b->last.at;
	look_at_times(b, r);
	return OK;
}

static void look_at_life(const struct verify_ask *ask, struct verify_report *r)
{
	if (ask->fingerprint && strcmp(ask->fingerprint, r->fingerprint) != 0)
		say_head(r, VERIFY_FORKED, 1, "首个密钥的指纹与给出的不同",
			 "the first key has another fingerprint than the one given");
	if (ask->alive_at.v &&
	    (!r->heads || ask->alive_at.v - r->last_head_at.v > VERIFY_SILENCE_S))
		say_head(r, VERIFY_TAIL_MISSING, (int64_t)r->heads + 1,
			 "本应在运行，最近的链头却太旧：心跳停了",
			 "it should be running, and its last head is old: the heartbeat stopped");
}

/* Do the two tell one history, and does ours reach as far? */
static void compare(const struct verify_heads *h, struct verify_report *r)
{
	const struct head_book *a = h->own, *b = h->other;
	size_t both = min_size(a->leaf.n, b->leaf.n);

	for (size_t i = 0; i < both; i++)
		if (memcmp(&a->leaf.v[i], &b->leaf.v[i], sizeof a->leaf.v[i]) != 0) {
			say_head(r, VERIFY_FORKED, (int64_t)i + 1, "另一份链头在此处是另一段历史",
				 "the other file of heads tells "
				 "another history from this head on");
			return;
		}
	if (b->wrong)
		say_head(r, VERIFY_FORKED, b->wrong_at, "另一份链头文件本身不合规矩",
			 "the other file of heads does not fit itself");
	if (b->leaf.n > a->leaf.n)
		say_head(r, VERIFY_TAIL_MISSING, (int64_t)a->leaf.n + 1,
			 "另一份链头更长：本机的链头缺了一段",
			 "the other file of heads goes on where ours ends");
}

/* ---- by county ---- */

static int by_place(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->county != y->county)
		return x->county < y->county ? -1 : 1;
	return x->to < y->to ? -1 : x->to > y->to;
}

/* A head that went back: ranges it gives up are none any more. It must begin where one ended. */
static void give_up(struct verify_heads *h, const struct head_line *line, struct verify_report *r)
{
	int64_t last = 0, lost = line->from - 1;
	size_t kept = 0;

	for (size_t i = 0; i < h->place.n; i++) {
		struct place p = h->place.v[i];

		if (p.county == line->county.v && p.to >= line->from) {
			lost = max_i64(lost, p.to);
			continue;
		}
		if (p.county == line->county.v)
			last = max_i64(last, p.to);
		h->place.v[kept++] = p;
	}
	h->place.n = kept;
	r->given_up += (uint64_t)(lost - (line->from - 1));
	if (last != line->from - 1)
		say_head(r, VERIFY_BROKEN, h->restored, head_wrong_zh(HEAD_APART),
			 head_wrong_en(HEAD_APART));
}

static enum err sort_lines(struct verify_heads *h, struct verify_report *r)
{
	const struct head_book *b = h->stand;

	for (size_t i = 0; i < b->all.n; i++) {
		bool back = b->all.v[i].kind == HEAD_RESTORED;

		if (back) {
			h->restored = b->all.v[i].n;
			r->restores++;
			r->restored_at = b->all.v[i].at;
		}
		for (size_t k = 0; k < b->all.v[i].n_lines; k++) {
			struct head_line line = head_line_at(&b->all.v[i], k);
			struct place p = { line.county.v, line.to, (uint32_t)i, (uint32_t)k };

			if (back)
				give_up(h, &line, r);
			if (line.to >= line.from && vec_push(&h->place, p))
				return ERR_MEMORY;
		}
	}
	if (h->place.n > 1)
		qsort(h->place.v, h->place.n, sizeof h->place.v[0], by_place);
	return OK;
}

/* Where the county's lines begin, or would. */
static size_t first_place(const struct verify_heads *h, int64_t county)
{
	size_t low = 0, high = h->place.n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (h->place.v[middle].county < county)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool verify_heads_range(const struct verify_heads *h, struct area_code county, size_t i,
			struct verify_range *ret)
{
	size_t at = first_place(h, county.v) + i;
	const struct head *head;

	if (at >= h->place.n || h->place.v[at].county != county.v)
		return false;
	head = &h->stand->all.v[h->place.v[at].head];
	ret->n = head->n;
	ret->suite = head->suite;
	ret->elsewhere = h->own && h->stand != h->own && head->n > (int64_t)h->own->leaf.n;
	ret->line = head_line_at(head, h->place.v[at].line);
	return true;
}

int64_t verify_heads_restored(const struct verify_heads *h)
{
	return h->restored;
}

int64_t verify_heads_county(const struct verify_heads *h, int64_t last)
{
	size_t at = last == INT64_MAX ? h->place.n : first_place(h, last + 1);

	return at < h->place.n ? h->place.v[at].county : INT64_MAX;
}

/* ---- life ---- */

static enum err read_book(const char *path, struct head_book **ret, struct fault *f)
{
	enum err e = head_book_new(true, ret);

	if (e)
		return fault_set(f, e, "内存不足，无法读取链头",
				 "there is no memory to read heads");
	return head_book_read(*ret, path, f);
}

enum err verify_heads_new(const struct verify_ask *ask, struct verify_report *r,
			  struct verify_heads **ret, struct fault *f)
{
	CLEANUP(verify_heads_end) struct verify_heads *h = mem_take(1, sizeof *h);
	enum err e;

	if (!h)
		return fault_set(f, ERR_MEMORY, "内存不足，无法读取链头",
				 "there is no memory to read heads");
	if (ask->heads && ((e = read_book(ask->heads, &h->own, f)) || (e = look_at_own(h->own, r))))
		return e;
	if (ask->against) {
		if ((e = read_book(ask->against, &h->other, f)))
			return e;
		if (h->other->leaf.n == 0 && !h->other->wrong)
			return fault_set(f, ERR_ABSENT, "%s 里没有链头", "there are no heads in %s",
					 ask->against);
	}
	look_at_life(ask, r);
	h->stand = h->own;
	if (h->own && h->other) {
		compare(h, r);
		if (r->verdict != VERIFY_FORKED && r->verdict != VERIFY_BROKEN &&
		    h->other->leaf.n > h->own->leaf.n)
			h->stand = h->other;
	} else if (h->other) {
		h->stand = h->other;
		if ((e = look_at_own(h->other, r)))
			return e;
	}
	if ((e = sort_lines(h, r)))
		return fault_set(f, e, "内存不足，无法读取链头",
				 "there is no memory to read heads");
	*ret = h;
	h = NULL;
	return OK;
}

void verify_heads_end(struct verify_heads **h)
{
	if (!*h)
		return;
	head_book_end(&(*h)->own);
	head_book_end(&(*h)->other);
	vec_drop(&(*h)->place);
	mem_drop(*h);
	*h = NULL;
}
