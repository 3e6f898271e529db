/*
 * names.c - the table itself: open addressing over records in big chunks.
 *
 * A record is {id, length, bytes}, padded to 8; a slot is {tag, ref + 1} where ref counts units
 * of 8 bytes into the text. So a look-up touches one slot line and one record line, and nothing
 * holds a pointer: the same arrays can lie in a file.
 */
#include "names/names.h"

#include <string.h>

#include "base/digest.h"
#include "base/memory.h"
#include "names/table.h"

#include "base/ban.h"

enum { SLOTS_FIRST = 64 };

enum err names_new(struct names **ret)
{
	struct names *t = mem_take(1, sizeof(*t));

	if (!t)
		return ERR_MEMORY;
	*ret = t;
	return OK;
}

static void drop_slots(struct names *t)
{
	if (t->slots)
		pages_drop(t->slots, ((size_t)t->slot_mask + 1) * sizeof(*t->slots));
}

void names_free(struct names *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->chunks.n; i++)
		pages_drop(t->chunks.v[i], NAMES_CHUNK_BYTES);
	vec_drop(&t->chunks);
	vec_drop(&t->refs);
	drop_slots(t);
	file_unmap(&t->map);
	mem_drop(t);
}

void names_end(struct names **t)
{
	names_free(*t);
	*t = NULL;
}

uint32_t names_count(const struct names *t)
{
	return t->fixed.n + (uint32_t)t->refs.n;
}

/* ---- the part that grows ------------------------------------------------------------------ */

static struct names_record *record_at(const struct names *t, uint32_t ref)
{
	uint8_t *chunk = t->chunks.v[ref / NAMES_CHUNK_UNITS];

	return (struct names_record *)(void *)(chunk + (size_t)(ref % NAMES_CHUNK_UNITS) * 8);
}

static uint64_t word_at(const char *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof(w));
	return w;
}

static uint32_t half_at(const char *p)
{
	uint32_t w;

	memcpy(&w, p, sizeof(w));
	return w;
}

/* Most ids have a few bytes: two words that overlap, compared here, save the call. */
static inline bool record_is(const struct names_record *r, struct str s)
{
	if (r->n != s.n)
		return false;
	if (s.n >= 8 && s.n <= 16)
		return word_at(r->text) == word_at(s.p) &&
		       word_at(r->text + s.n - 8) == word_at(s.p + s.n - 8);
	if (s.n >= 4 && s.n < 8)
		return half_at(r->text) == half_at(s.p) &&
		       half_at(r->text + s.n - 4) == half_at(s.p + s.n - 4);
	return s.n == 0 || memcmp(r->text, s.p, s.n) == 0;
}

/* Where `s` is, or the empty slot where it would go. Only with slots. */
static struct names_slot *slot_of(const struct names *t, struct str s, uint64_t hash)
{
	uint32_t tag = (uint32_t)(hash >> 32);

	for (uint32_t i = (uint32_t)hash;; i++) {
		struct names_slot *k = &t->slots[i & t->slot_mask];

		if (!k->ref1)
			return k;
		if (k->tag == tag && record_is(record_at(t, k->ref1 - 1), s))
			return k;
	}
}

/* Twice the slots. The texts are hashed again: that reads the chunks from front to back. */
static enum err grow(struct names *t)
{
	size_t n_slots = t->slots ? ((size_t)t->slot_mask + 1) * 2 : SLOTS_FIRST;
	struct names_slot *slots = pages_take(n_slots * sizeof(*slots));
	uint32_t mask = (uint32_t)(n_slots - 1);

	if (!slots)
		return ERR_MEMORY;
	for (size_t i = 0; i < t->refs.n; i++) {
		const struct names_record *r = record_at(t, t->refs.v[i]);
		uint64_t hash = digest_of(r->text, r->n);
		uint32_t at = (uint32_t)hash & mask;

		while (slots[at].ref1)
			at = (at + 1) & mask;
		slots[at] = (struct names_slot){ (uint32_t)(hash >> 32), t->refs.v[i] + 1 };
	}
	drop_slots(t);
	t->slots = slots;
	t->slot_mask = mask;
	return OK;
}

/* Room for one more record of n bytes: its ref. */
static enum err record_room(struct names *t, size_t n, uint32_t *ret_ref)
{
	size_t units = (sizeof(struct names_record) + n + 7) / 8;
	size_t left = t->chunks.n * (size_t)NAMES_CHUNK_UNITS - t->used_units;

	if (units > left) {
		uint8_t *chunk;
		enum err e;

		if ((t->chunks.n + 1) * (size_t)NAMES_CHUNK_UNITS >= UINT32_MAX)
			return ERR_FULL;
		if ((e = vec_reserve(&t->chunks, t->chunks.n + 1)))
			return e;
		chunk = pages_take(NAMES_CHUNK_BYTES);
		if (!chunk)
			return ERR_MEMORY;
		t->used_units = t->chunks.n * (size_t)NAMES_CHUNK_UNITS;
		t->chunks.v[t->chunks.n++] = chunk;
	}
	*ret_ref = (uint32_t)t->used_units;
	return OK;
}

static enum err add(struct names *t, struct str s, uint64_t hash, uint32_t *ret)
{
	struct names_record *r;
	struct names_slot *k;
	uint32_t ref;
	enum err e;

	if (s.n > NAMES_BYTES_MAX)
		return ERR_RANGE;
	if (names_count(t) >= NAMES_MAX)
		return ERR_FULL;
	if ((!t->slots || t->refs.n >= (size_t)t->slot_mask / 2) && (e = grow(t)))
		return e;
	if ((e = vec_reserve(&t->refs, t->refs.n + 1)))
		return e;
	if ((e = record_room(t, s.n, &ref)))
		return e;
	r = record_at(t, ref);
	r->id = names_count(t);
	r->n = (uint32_t)s.n;
	if (s.n)
		memcpy(r->text, s.p, s.n);
	t->used_units += (sizeof(*r) + s.n + 7) / 8;
	k = slot_of(t, s, hash);
	*k = (struct names_slot){ (uint32_t)(hash >> 32), ref + 1 };
	t->refs.v[t->refs.n++] = ref;
	*ret = r->id;
	return OK;
}

static uint32_t find_grown(const struct names *t, struct str s, uint64_t hash)
{
	const struct names_slot *k;

	if (!t->slots)
		return NAMES_NONE;
	k = slot_of(t, s, hash);
	return k->ref1 ? record_at(t, k->ref1 - 1)->id : NAMES_NONE;
}

/* ---- the part in a file: never trusted to stay inside its bytes ---------------------------- */

static bool fixed_text(const struct names_fixed *x, uint64_t ref, const struct names_record **ret)
{
	const struct names_record *r;

	if (ref + 1 > x->text_bytes / 8)
		return false;
	r = (const struct names_record *)(const void *)(x->text + ref * 8);
	if (r->n > x->text_bytes - ref * 8 - sizeof(*r))
		return false;
	*ret = r;
	return true;
}

static uint32_t find_fixed(const struct names_fixed *x, struct str s, uint64_t hash)
{
	uint32_t tag = (uint32_t)(hash >> 32);

	for (uint64_t i = 0; i < x->n_slots; i++) {
		const struct names_slot *k = &x->slots[((uint32_t)hash + i) & (x->n_slots - 1)];
		const struct names_record *r;

		if (!k->ref1)
			return NAMES_NONE;
		if (k->tag == tag && fixed_text(x, k->ref1 - 1, &r) && record_is(r, s))
			return r->id < x->n ? r->id : NAMES_NONE;
	}
	return NAMES_NONE;
}

/* ---- both together ------------------------------------------------------------------------- */

static uint32_t find(const struct names *t, struct str s, uint64_t hash)
{
	uint32_t id = find_fixed(&t->fixed, s, hash);

	return id != NAMES_NONE ? id : find_grown(t, s, hash);
}

uint64_t names_hash(struct str s)
{
	return digest_of(s.p, s.n);
}

uint32_t names_find(const struct names *t, struct str s)
{
	return find(t, s, names_hash(s));
}

static enum err intern(struct names *t, struct str s, uint64_t hash, uint32_t *ret)
{
	uint32_t id = find(t, s, hash);

	if (id == NAMES_NONE)
		return add(t, s, hash, ret);
	*ret = id;
	return OK;
}

enum err names_intern(struct names *t, struct str s, uint32_t *ret)
{
	return intern(t, s, names_hash(s), ret);
}

/* The first slot with the right tag, as a record to be fetched ahead; NULL if there is none. */
static const struct names_record *likely(const struct names *t, uint64_t hash)
{
	uint32_t tag = (uint32_t)(hash >> 32);

	for (uint32_t i = (uint32_t)hash;; i++) {
		const struct names_slot *k = &t->slots[i & t->slot_mask];

		if (!k->ref1)
			return NULL;
		if (k->tag == tag)
			return record_at(t, k->ref1 - 1);
	}
}

/*
 * Three passes, so that the misses of many look-ups are under way at once: ask for the
 * slots; find the tags and ask for the records; compare. What does not match goes the slow way.
 */
static enum err intern_few(struct names *t, const struct str *in, const uint64_t *hash, size_t n,
			   uint32_t *ret)
{
	const struct names_record *r[NAMES_BATCH_FEW];
	enum err e;

	for (size_t i = 0; i < n; i++)
		__builtin_prefetch(&t->slots[(uint32_t)hash[i] & t->slot_mask]);
	for (size_t i = 0; i < n; i++) {
		r[i] = likely(t, hash[i]);
		if (r[i])
			__builtin_prefetch(r[i]);
	}
	for (size_t i = 0; i < n; i++) {
		if (r[i] && record_is(r[i], in[i])) {
			ret[i] = r[i]->id;
			continue;
		}
		ret[i] = find_grown(t, in[i], hash[i]);
		if (ret[i] == NAMES_NONE && (e = add(t, in[i], hash[i], &ret[i])))
			return e;
	}
	return OK;
}

enum err names_intern_batch(struct names *t, const struct str *in, const uint64_t *hash, size_t n,
			    uint32_t *ret)
{
	enum err e = OK;

	if (!t->slots && (e = grow(t)))
		return e;
	if (t->fixed.n) {
		for (size_t i = 0; i < n && !e; i++)
			e = intern(t, in[i], hash[i], &ret[i]);
		return e;
	}
	for (size_t i = 0; i < n && !e; i += NAMES_BATCH_FEW)
		e = intern_few(t, in + i, hash + i, min_size(n - i, NAMES_BATCH_FEW), ret + i);
	return e;
}

struct str names_text(const struct names *t, uint32_t id)
{
	const struct names_record *r;

	if (id < t->fixed.n) {
		if (!fixed_text(&t->fixed, t->fixed.refs[id], &r))
			return STR("");
		return (struct str){ r->text, r->n };
	}
	if (id - t->fixed.n >= t->refs.n)
		return STR("");
	r = record_at(t, t->refs.v[id - t->fixed.n]);
	return (struct str){ r->text, r->n };
}

/* ---- two texts as one ---------------------------------------------------------------------- */

void names_pair(struct buf *out, struct str a, struct str b)
{
	uint32_t n = (uint32_t)a.n;

	buf_put(out, &n, sizeof(n));
	buf_str(out, a);
	buf_str(out, b);
}

enum err names_unpair(struct str pair, struct str *ret_a, struct str *ret_b)
{
	uint32_t n;

	if (pair.n < sizeof(n))
		return ERR_CORRUPT;
	memcpy(&n, pair.p, sizeof(n));
	if (n > pair.n - sizeof(n))
		return ERR_CORRUPT;
	*ret_a = (struct str){ pair.p + sizeof(n), n };
	*ret_b = (struct str){ pair.p + sizeof(n) + n, pair.n - sizeof(n) - n };
	return OK;
}
