/* csv_block.c - bytes looked at 64 at a time, as masks with a bit a byte. */
#include "base/csv_block.h"
#include "base/csv_scan.h"
#include "base/memory.h"

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/ban.h"

enum { WORD = 64 };

/* A bit for each of 64 bytes. */
#ifdef __SSE2__
struct word {
	__m128i part[4];
};

static inline struct word word_at(const char *p)
{
	struct word w;

	for (int i = 0; i < 4; i++)
		w.part[i] = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i));
	return w;
}

static inline uint64_t signs(const struct word *w)
{
	uint64_t m = 0;

	for (int i = 0; i < 4; i++)
		m |= (uint64_t)(uint32_t)_mm_movemask_epi8(w->part[i]) << 16 * i;
	return m;
}

static inline uint64_t equal(const struct word *w, char byte)
{
	const __m128i all = _mm_set1_epi8(byte);
	struct word x;

	for (int i = 0; i < 4; i++)
		x.part[i] = _mm_cmpeq_epi8(w->part[i], all);
	return signs(&x);
}
#else
struct word {
	unsigned char byte[WORD];
};

static inline struct word word_at(const char *p)
{
	struct word w;

	memcpy(w.byte, p, WORD);
	return w;
}

static inline uint64_t signs(const struct word *w)
{
	uint64_t m = 0;

	for (int i = 0; i < WORD; i++)
		m |= (uint64_t)(w->byte[i] >> 7) << i;
	return m;
}

static inline uint64_t equal(const struct word *w, char byte)
{
	uint64_t m = 0;

	for (int i = 0; i < WORD; i++)
		m |= (uint64_t)(w->byte[i] == (unsigned char)byte) << i;
	return m;
}
#endif

/* The bits of a last word that has only n bytes. */
static uint64_t low_bits(size_t n)
{
	return n < WORD ? (UINT64_C(1) << n) - 1 : UINT64_MAX;
}

static struct word last_word(const char *p, size_t n)
{
	char pad[WORD] = { 0 };

	memcpy(pad, p, n);
	return word_at(pad);
}

/* ---- the plain front ---- */

struct front {
	uint64_t feeds;    /* line feeds of the word */
	uint64_t bad;      /* where it stops being plain */
	bool after_feed;   /* the byte before the word is a line feed */
	bool after_return; /* ... a carriage return, whose line feed must come first here */
};

/* An empty line, also one of a carriage return alone, is not plain: it is no record. */
static inline void look(const struct word *w, uint64_t valid, struct front *f)
{
	uint64_t feeds = equal(w, '\n') & valid, returns = equal(w, '\r') & valid;
	uint64_t begins = feeds << 1 | f->after_feed, owed = returns << 1 | f->after_return;

	f->bad = (equal(w, '"') | equal(w, '\0')) & valid;
	f->bad |= begins & (feeds | returns);
	f->bad |= owed & ~feeds & valid;
	f->feeds = feeds;
	f->after_feed = feeds >> (WORD - 1);
	f->after_return = returns >> (WORD - 1);
}

void csv_plain_front(struct str s, struct csv_plain *p)
{
	struct front f = { .after_feed = true };
	uint64_t high = 0;

	p->bytes = 0;
	p->lines = 0;
	for (size_t at = 0; at < s.n; at += WORD) {
		size_t n = min_size(s.n - at, WORD);
		struct word w = n == WORD ? word_at(s.p + at) : last_word(s.p + at, n);
		uint64_t valid = low_bits(n);

		look(&w, valid, &f);
		high |= signs(&w);
		if (high && !p->high_may)
			f.bad |= signs(&w);
		if (f.bad)
			f.feeds &= (f.bad & -f.bad) - 1;
		if (f.feeds) {
			p->bytes = at + WORD - (size_t)__builtin_clzll(f.feeds);
			p->lines += (uint64_t)__builtin_popcountll(f.feeds);
		}
		if (f.bad)
			break;
	}
	p->high = p->high_may && high;
}

/* ---- a block ---- */

enum err csv_block_new(size_t bytes, size_t least, struct csv_block **ret)
{
	CLEANUP(csv_block_end) struct csv_block *b = mem_take(1, sizeof *b);

	assert(least > 0 && bytes < UINT32_MAX);
	if (!b || !(b->text = mem_take(bytes, 1)) || !(b->mark = mem_take(bytes, sizeof *b->mark)))
		return ERR_MEMORY;
	b->room = bytes;
	b->least = least;
	*ret = b;
	b = NULL;
	return OK;
}

void csv_block_end(struct csv_block **b)
{
	if (!*b)
		return;
	mem_drop((*b)->text);
	mem_drop((*b)->mark);
	mem_drop(*b);
	*b = NULL;
}

struct str csv_block_bytes(const struct csv_block *b)
{
	return (struct str){ b->text, b->n };
}

/* Every delimiter and line feed of the block; no quote hides any. */
static void find_marks(struct csv_block *b)
{
	const char delimiter = b->delimiter;
	const char *text = b->text;
	uint32_t *to = b->mark;

	for (size_t at = 0, n_bytes = b->n; at < n_bytes; at += WORD) {
		size_t n = min_size(n_bytes - at, WORD);
		struct word w = n == WORD ? word_at(text + at) : last_word(text + at, n);
		uint64_t m = (equal(&w, delimiter) | equal(&w, '\n')) & low_bits(n);

		for (; m; m &= m - 1)
			*to++ = (uint32_t)at + (uint32_t)__builtin_ctzll(m);
	}
	b->next = b->mark;
}

/* Where the record ends, its fields in b->fields; more than fit are counted only. */
static inline const char *cut_fields(struct csv_block *b, size_t *ret_n)
{
	const uint32_t *mark = b->next;
	const char *from = b->text + b->at, *end;
	size_t n = 0;

	for (;; from = end + 1) {
		end = b->text + *mark++;
		if (n < CSV_FIELDS_MAX)
			b->fields[n] = (struct str){ from, (size_t)(end - from) };
		n++;
		if (*end == '\n')
			break;
	}
	b->next = mark;
	*ret_n = n;
	return end;
}

bool csv_block_next(struct csv_block *b, struct csv_record *ret)
{
	const char *begin = b->text + b->at, *end;
	enum csv_refusal refusal = CSV_REFUSAL_NONE;
	size_t n;

	if (b->at == b->n)
		return false;
	if (!b->next)
		find_marks(b);
	end = cut_fields(b, &n);
	b->at = (size_t)(end + 1 - b->text);
	if (n > CSV_FIELDS_MAX)
		refusal = CSV_REFUSAL_FIELDS;
	if (end[-1] == '\r') { /* a line of a block is never empty */
		end--;
		if (!refusal)
			b->fields[n - 1].n--;
	}
	if (b->high && !refusal && !str_utf8((struct str){ begin, (size_t)(end - begin) }))
		refusal = CSV_REFUSAL_NOT_UTF8;
	ret->number = b->number++;
	ret->line = b->line++;
	ret->n_fields = refusal ? 0 : n;
	ret->fields = b->fields;
	ret->raw = (struct str){ begin, (size_t)(end - begin) };
	ret->refusal_zh = csv_refusals[refusal].zh;
	ret->refusal_en = csv_refusals[refusal].en;
	return true;
}
