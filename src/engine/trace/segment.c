/* segment.c - reading a sealed day. See segment.h for the layout. */
#include "engine/trace/segment.h"

#include <stdatomic.h>
#include <string.h>

#include "base/digest.h"
#include "base/memory.h"
#include "engine/trace/bits.h"
#include "base/ban.h"

struct trace_segment {
	atomic_uint holders;
	struct file_map map;          /* one of the two owns the bytes */
	uint8_t *owned;
	const uint8_t *p;
	size_t n;
	struct segment_head h;
	bool trusted;                 /* made in this process: nothing to verify */
	_Atomic uint64_t *verified;   /* a bit a page */
};

/* ---- opening ------------------------------------------------------------------------------ */

#define BAD(f, zh, en) \
	fault_set(f, ERR_CORRUPT, "段文件损坏：" zh "；请从备份恢复，或用原始文件重新封存", \
		  "segment damaged: " en "; restore it from a backup or seal the visits again")

static bool side_fits(const struct segment_head *h, const struct segment_side_head *s)
{
	uint64_t groups = (uint64_t)(s->n_ids + (uint64_t)SEGMENT_GROUP - 1) / SEGMENT_GROUP;

	return s->n_ids > 0 && s->n_ids <= TRACE_IDS_MAX &&
	       s->id_bits == bits_width(s->n_ids - 1) && s->groups_at >= h->pages_at &&
	       s->groups_at % 8 == 0 && s->groups_at < h->file_bytes &&
	       s->reach_at < h->file_bytes && s->reach_at >= s->groups_at &&
	       s->reach_at - s->groups_at >= (groups + 1) * sizeof(uint32_t) &&
	       s->records_at < h->file_bytes && s->records_at >= s->reach_at &&
	       s->records_at - s->reach_at >= (uint64_t)s->n_ids / 2 + 1 &&
	       s->records_bytes <= h->file_bytes - BITS_SLACK &&
	       s->records_at + s->records_bytes <= h->file_bytes - BITS_SLACK;
}

static bool head_fits(const struct segment_head *h, size_t n)
{
	uint64_t page = (uint64_t)1 << SEGMENT_PAGE_SHIFT;

	return h->page_shift == SEGMENT_PAGE_SHIFT && h->file_bytes == n &&
	       h->n_pages < n / sizeof(uint64_t) &&
	       h->pages_at == sizeof *h + h->n_pages * sizeof(uint64_t) && h->pages_at < n &&
	       h->n_pages == (n - h->pages_at + page - 1) / page && h->n_visits > 0 &&
	       h->n_visits < UINT32_MAX && h->day_s > 0 && h->day_s < 1u << FROM_BITS_S &&
	       h->day_start >= 2 * WHEN_MIN_S && h->day_start <= 2 * WHEN_MAX_S &&
	       h->last >= h->day_start && h->last <= 2 * WHEN_MAX_S &&
	       side_fits(h, &h->side[SEGMENT_PLACES]) && side_fits(h, &h->side[SEGMENT_PERSONS]);
}

static enum err read_head(struct trace_segment *s, struct fault *f)
{
	struct segment_head blank;
	uint64_t digest;

	if (s->n < sizeof s->h)
		return BAD(f, "文件太短", "the file is too short");
	memcpy(&s->h, s->p, sizeof s->h);
	if (memcmp(s->h.magic, SEGMENT_MAGIC, sizeof s->h.magic) != 0)
		return BAD(f, "不是段文件", "this is no segment file");
	if (s->h.version != SEGMENT_VERSION)
		return fault_set(f, ERR_VERSION, "段文件版本为 %u，本程序只能读 %d；请重新封存",
				 "segment of version %u, this program reads %d; seal the visits again",
				 s->h.version, SEGMENT_VERSION);
	if (!head_fits(&s->h, s->n))
		return BAD(f, "长度或目录不符", "its length or its directory does not fit");
	blank = s->h;
	digest = blank.digest;
	blank.digest = 0;
	uint64_t seed = digest_of(&blank, sizeof blank);
	if (digest_seeded(s->p + sizeof blank, s->h.pages_at - sizeof blank, seed) != digest)
		return BAD(f, "文件头校验不符", "the head fails its checksum");
	return OK;
}

static enum err segment_new(struct trace_segment *s, struct trace_segment **ret, struct fault *f)
{
	enum err e = read_head(s, f);

	if (e)
		return e;
	struct trace_segment *made = mem_take(1, sizeof *made);
	if (!made)
		return ERR_MEMORY;
	s->verified = mem_take(s->h.n_pages / 64 + 1, sizeof *s->verified);
	if (!s->verified) {
		mem_drop(made);
		return ERR_MEMORY;
	}
	memcpy(made, s, sizeof *made);
	atomic_init(&made->holders, 1);
	*ret = made;
	return OK;
}

enum err trace_segment_open(const char *path, struct trace_segment **ret, struct fault *f)
{
	struct trace_segment s = { .trusted = false };
	enum err e = file_map(path, &s.map, f);

	if (e)
		return e;
	s.p = s.map.p;
	s.n = s.map.n;
	if ((e = segment_new(&s, ret, f)))
		file_unmap(&s.map);
	return e;
}

enum err trace_segment_adopt(uint8_t *bytes, size_t n, struct trace_segment **ret, struct fault *f)
{
	struct trace_segment s = { .owned = bytes, .p = bytes, .n = n };
	enum err e = segment_new(&s, ret, f);

	if (e)
		mem_drop(bytes);
	return e;
}

void trace_segment_release(struct trace_segment *s)
{
	if (!s || atomic_fetch_sub(&s->holders, 1) != 1)
		return;
	if (s->owned)
		mem_drop(s->owned);
	else
		file_unmap(&s->map);
	mem_drop((void *)s->verified);
	mem_drop(s);
}

struct trace_segment *segment_hold(const struct trace_segment *s)
{
	struct trace_segment *own = (struct trace_segment *)(uintptr_t)s;

	atomic_fetch_add(&own->holders, 1);
	return own;
}

void segment_trust(struct trace_segment *s) { s->trusted = true; }

struct trace_segment_facts trace_segment_facts(const struct trace_segment *s)
{
	const struct segment_side_head *place = &s->h.side[SEGMENT_PLACES];
	const struct segment_side_head *person = &s->h.side[SEGMENT_PERSONS];

	return (struct trace_segment_facts){
		.day = s->h.day,
		.visits = s->h.n_visits,
		.day_start = { s->h.day_start },
		.last = { s->h.last },
		.bytes = s->n,
		.place_bytes = place->records_at + place->records_bytes - place->groups_at,
		.person_bytes = person->records_at + person->records_bytes - person->groups_at,
		.digest = s->h.digest,
	};
}

int64_t segment_start(const struct trace_segment *s) { return s->h.day_start; }
int64_t segment_day_s(const struct trace_segment *s) { return s->h.day_s; }
int64_t segment_last(const struct trace_segment *s) { return s->h.last; }
bool segment_still(const struct trace_segment *s) { return s->h.still; }

uint32_t segment_n_ids(const struct trace_segment *s, enum segment_side side)
{
	return s->h.side[side].n_ids;
}

/* ---- pages -------------------------------------------------------------------------------- */

static enum err page_verify(const struct trace_segment *s, uint64_t page)
{
	size_t at = s->h.pages_at + (page << SEGMENT_PAGE_SHIFT);
	uint64_t sum;

	memcpy(&sum, s->p + sizeof s->h + page * sizeof sum, sizeof sum);
	if (digest_of(s->p + at, min_size((size_t)1 << SEGMENT_PAGE_SHIFT, s->n - at)) != sum)
		return ERR_CORRUPT;
	atomic_fetch_or_explicit(&s->verified[page / 64], (uint64_t)1 << page % 64,
				 memory_order_relaxed);
	return OK;
}

/* Before bytes are read: the pages they lie in are verified, each once. */
static inline enum err touch(const struct trace_segment *s, uint64_t at, uint64_t n)
{
	if (s->trusted)
		return OK;
	uint64_t page = (at - s->h.pages_at) >> SEGMENT_PAGE_SHIFT;
	uint64_t last = (at + n - 1 - s->h.pages_at) >> SEGMENT_PAGE_SHIFT;
	for (; page <= last; page++) {
		uint64_t bits = atomic_load_explicit(&s->verified[page / 64], memory_order_relaxed);
		if (!(bits >> page % 64 & 1) && page_verify(s, page))
			return ERR_CORRUPT;
	}
	return OK;
}

enum err trace_segment_check(const struct trace_segment *s, struct fault *f)
{
	for (uint64_t page = 0; page < s->h.n_pages; page++)
		if (page_verify(s, page))
			return BAD(f, "有一页校验不符", "a page fails its checksum");
	return OK;
}

/* ---- records ------------------------------------------------------------------------------ */

enum err segment_reach_max(const struct trace_segment *s, enum segment_side side, uint8_t *nibbles)
{
	const struct segment_side_head *h = &s->h.side[side];
	const uint8_t *mine = s->p + h->reach_at;

	if (touch(s, h->reach_at, h->n_ids / 2 + 1))
		return ERR_CORRUPT;
	for (uint32_t i = 0; i < h->n_ids / 2 + 1; i++) {
		uint8_t low = nibbles[i] & 15, high = nibbles[i] & 0xf0;
		uint8_t my_low = mine[i] & 15, my_high = mine[i] & 0xf0;
		nibbles[i] = (uint8_t)((low > my_low ? low : my_low) |
				       (high > my_high ? high : my_high));
	}
	return OK;
}

enum err segment_reach(const struct trace_segment *s, enum segment_side side, uint32_t id,
		       unsigned *ret)
{
	const struct segment_side_head *h = &s->h.side[side];

	*ret = 0;
	if (id >= h->n_ids)
		return OK;
	if (touch(s, h->reach_at + id / 2, 1))
		return ERR_CORRUPT;
	*ret = s->p[h->reach_at + id / 2] >> (id % 2 * 4) & 15;
	return OK;
}

void segment_want_reach(const struct trace_segment *s, enum segment_side side, uint32_t id)
{
	const struct segment_side_head *h = &s->h.side[side];

	if (id < h->n_ids)
		__builtin_prefetch(s->p + h->reach_at + id / 2);
}

static uint64_t offset_at(const struct segment_side_head *h, uint32_t id)
{
	return h->groups_at + id / SEGMENT_GROUP * sizeof(uint32_t);
}

void segment_want_offset(const struct trace_segment *s, enum segment_side side, uint32_t id)
{
	const struct segment_side_head *h = &s->h.side[side];

	if (id < h->n_ids)
		__builtin_prefetch(s->p + offset_at(h, id));
}

void segment_want_group(const struct trace_segment *s, enum segment_side side, uint32_t id)
{
	const struct segment_side_head *h = &s->h.side[side];
	uint32_t offset;

	if (id >= h->n_ids)
		return;
	memcpy(&offset, s->p + offset_at(h, id), sizeof offset);
	const uint8_t *g = s->p + h->records_at + offset;
	__builtin_prefetch(g);
	__builtin_prefetch(g + 64);
	__builtin_prefetch(g + 128);
	__builtin_prefetch(g + 192);
}

/* The sum of the eight bytes of x. */
static inline uint64_t sum_bytes(uint64_t x)
{
	const uint64_t even = 0x00ff00ff00ff00ff;

	return (((x & even) + (x >> 8 & even)) * 0x0001000100010001) >> 48;
}

/* The sum of the first n < 16 sizes of a group, w bytes each. */
static uint64_t sizes_before(const uint8_t *p, unsigned w, uint32_t n)
{
	uint64_t sum = 0, x[2];

	if (w == 1) {
		memcpy(x, p, sizeof x);
		if (n < 8) {
			x[0] &= ((uint64_t)1 << 8 * n) - 1;
			x[1] = 0;
		} else {
			x[1] &= ((uint64_t)1 << 8 * (n - 8)) - 1;
		}
		return sum_bytes(x[0]) + sum_bytes(x[1]);
	}
	for (uint32_t i = 0, size = 0; i < n; i++, p += w) {
		memcpy(&size, p, w);
		sum += size;
	}
	return sum;
}

/* The bytes of an id's record; NULL if it has none. */
static enum err record_of(const struct trace_segment *s, enum segment_side side, uint32_t id,
			  const uint8_t **ret_p, size_t *ret_n)
{
	const struct segment_side_head *h = &s->h.side[side];
	uint32_t offset[2], size = 0;
	uint64_t group_at = offset_at(h, id);

	*ret_p = NULL;
	*ret_n = 0;
	if (id >= h->n_ids)
		return OK;
	if (touch(s, group_at, sizeof offset))
		return ERR_CORRUPT;
	memcpy(offset, s->p + group_at, sizeof offset);
	if (offset[0] == offset[1])
		return OK;
	if (offset[0] > offset[1] || offset[1] > h->records_bytes ||
	    touch(s, h->records_at + offset[0], 1 + SEGMENT_GROUP))
		return ERR_CORRUPT;
	const uint8_t *g = s->p + h->records_at + offset[0];
	uint64_t room = offset[1] - offset[0], w = g[0], before = 1 + SEGMENT_GROUP * w;
	if ((w != 1 && w != 2 && w != 4) || before > room ||
	    touch(s, h->records_at + offset[0], before))
		return ERR_CORRUPT;
	before += sizes_before(g + 1, (unsigned)w, id % SEGMENT_GROUP);
	memcpy(&size, g + 1 + id % SEGMENT_GROUP * w, w);
	if (before + size > room)
		return ERR_CORRUPT;
	if (!size)
		return OK;
	if (touch(s, h->records_at + offset[0] + before, size))
		return ERR_CORRUPT;
	*ret_p = g + before;
	*ret_n = size;
	return OK;
}

/* ---- place records ------------------------------------------------------------------------ */

enum { BIG_HEAD_BYTES = 4 + 4 * (SEGMENT_CLASSES + 1) };

enum err segment_place_open(const struct trace_segment *s, uint32_t place,
			    struct segment_place *ret)
{
	struct segment_place r = { .seg = s };
	uint32_t word;
	enum err e = record_of(s, SEGMENT_PLACES, place, &r.p, &r.bytes);

	if (e)
		return e;
	if (r.p) {
		if (r.bytes < 5)
			return ERR_CORRUPT;
		memcpy(&word, r.p, 4);
		r.big = word & PLACE_BIG;
		r.n_blocks = r.big ? word >> BIG_BLOCKS_AT : 1;
		r.linked = r.big ? word & BIG_LINKED
				 : (word & PLACE_MORE) && (r.p[4] & FLAG_LINKED);
		if (r.big && (r.bytes < BIG_HEAD_BYTES ||
			      (r.bytes - BIG_HEAD_BYTES) / sizeof(struct segment_block_head) <
				      r.n_blocks))
			return ERR_CORRUPT;
	}
	*ret = r;
	return OK;
}

/* Lay the four columns out from `at`; false if they do not fit into the record. */
static bool lay_columns(struct kernel_block *b, const uint8_t *at, const uint8_t *end)
{
	b->from = at;
	b->length = b->from + bits_bytes(b->n, b->from_width);
	b->seat = b->length + bits_bytes(b->n, b->length_width);
	b->person = b->seat + bits_bytes(b->n, b->seat_width);
	return b->from_width <= FROM_BITS_S && b->length_width <= LENGTH_BITS_MAX &&
	       b->person_width <= 32 && b->seat_width <= SEAT_BITS_MAX &&
	       b->person + bits_bytes(b->n, b->person_width) <= end;
}

static enum err small_block(const struct segment_place *r, int32_t horizon,
			    struct kernel_block *ret)
{
	unsigned base_bits = (r->seg->h.side[SEGMENT_PERSONS].id_bits + 7) / 8 * 8;
	const uint8_t *p = r->p + 4, *end = r->p + r->bytes;
	uint32_t word;

	memcpy(&word, r->p, 4);
	bool still = word & PLACE_MORE && *p & FLAG_STILL;
	p += word & PLACE_MORE ? 1 : 0;
	*ret = (struct kernel_block){
		.n = (word >> 1 & 127) + 1,
		.person_base = (uint32_t)bits_get(p, 0, base_bits),
		.from_width = (uint8_t)(word >> PLACE_FROM_AT & 31),
		.length_width = (uint8_t)(word >> PLACE_LENGTH_AT & 63),
		.person_width = (uint8_t)(word >> PLACE_PERSON_AT & 63),
		.seat_width = (uint8_t)(word >> PLACE_SEAT_AT & 31),
		.minutes = word & PLACE_MINUTES,
		.still = still,
		.horizon = horizon,
	};
	return lay_columns(ret, p + base_bits / 8, end) ? OK : ERR_CORRUPT;
}

static struct segment_block_head block_head(const struct segment_place *r, uint32_t i)
{
	struct segment_block_head h;

	memcpy(&h, r->p + BIG_HEAD_BYTES + i * sizeof h, sizeof h);
	return h;
}

static enum err big_block(const struct segment_place *r, const struct segment_block_head *h,
			  int32_t horizon, struct kernel_block *ret)
{
	*ret = (struct kernel_block){
		.n = h->n_less_1 + 1u,
		.from_base = h->from_base,
		.person_base = h->person_base,
		.from_width = h->from_width,
		.length_width = h->length_width,
		.person_width = h->person_width,
		.seat_width = h->seat_width,
		.minutes = h->flags & FLAG_MINUTES,
		.still = h->flags & FLAG_STILL,
		.horizon = horizon,
	};
	return h->at <= r->bytes && ret->n <= KERNEL_BLOCK &&
	       h->from_base < 1u << FROM_BITS_S &&
	       lay_columns(ret, r->p + h->at, r->p + r->bytes) ? OK : ERR_CORRUPT;
}

/* The first block of [i, end) whose visits, of less than `bound`, can reach past `from`. */
static uint32_t first_reaching(const struct segment_place *r, uint32_t i, uint32_t end,
			       int64_t from, int64_t bound)
{
	while (i < end) {
		uint32_t mid = i + (end - i) / 2;
		if (block_head(r, mid).from_last + bound <= from)
			i = mid + 1;
		else
			end = mid;
	}
	return i;
}

/* Skip from block *i to the next that may matter; classes end where `first` says. */
static enum err next_big(const struct segment_place *r, int32_t from, int32_t to, int32_t horizon,
			 uint32_t *i, struct kernel_block *ret, bool *ret_more)
{
	uint32_t first[SEGMENT_CLASSES + 1], at = *i;

	memcpy(first, r->p + 4, sizeof first);
	*ret_more = false;
	for (int c = 0; c < SEGMENT_CLASSES; c++) {
		if (first[c] > first[c + 1] || first[c + 1] > r->n_blocks)
			return ERR_CORRUPT;
		if (at >= first[c + 1])
			continue;
		if (at <= first[c] && c < SEGMENT_CLASSES - 1)
			at = first_reaching(r, first[c], first[c + 1], from,
					    segment_class_bound[c]);
		at = at > first[c] ? at : first[c];
		for (; at < first[c + 1]; at++) {
			struct segment_block_head h = block_head(r, at);
			if ((int64_t)h.from_base >= to) {
				at = first[c + 1];
				break;
			}
			if (h.length_max != UINT32_MAX &&
			    (int64_t)h.from_last + h.length_max <= from)
				continue;
			*i = at + 1;
			*ret_more = true;
			return big_block(r, &h, horizon, ret);
		}
	}
	*i = r->n_blocks;
	return OK;
}

enum err segment_place_next(const struct segment_place *r, int32_t from, int32_t to,
			    int32_t horizon, uint32_t *i, struct kernel_block *ret, bool *ret_more)
{
	if (r->big)
		return next_big(r, from, to, horizon, i, ret, ret_more);
	*ret_more = r->p && *i == 0;
	if (!*ret_more)
		return OK;
	*i = 1;
	return small_block(r, horizon, ret);
}

void segment_block_times(const struct kernel_block *b, uint32_t i, int64_t *ret_from,
			 int64_t *ret_to)
{
	int64_t unit = b->minutes ? 60 : 1;
	uint64_t from = bits_get(b->from, (uint64_t)i * b->from_width, b->from_width);
	uint64_t length = bits_get(b->length, (uint64_t)i * b->length_width, b->length_width);

	*ret_from = b->from_base + unit * (int64_t)from;
	*ret_to = b->still && length == bits_mask(b->length_width)
			? TRACE_STILL : *ret_from + unit * (int64_t)length;
}

/* ---- person records ----------------------------------------------------------------------- */

struct person_stream {
	const uint8_t *p;
	uint64_t bit, end;
};

static uint64_t take(struct person_stream *s, unsigned width)
{
	uint64_t v = bits_get(s->p, s->bit, width);

	s->bit += width;
	return v;
}

enum err segment_person_visits(const struct trace_segment *s, uint32_t person, visit_vec *out)
{
	struct person_stream in = { .p = NULL };
	size_t bytes;
	enum err e = record_of(s, SEGMENT_PERSONS, person, &in.p, &bytes);

	if (e || !in.p)
		return e;
	if (bytes < PERSON_HEAD_BYTES)
		return ERR_CORRUPT;
	uint64_t head = take(&in, 8 * PERSON_HEAD_BYTES), n = head & bits_mask(PERSON_N_BITS);
	unsigned unit = head & PERSON_MINUTES ? 60 : 1, wf = head >> PERSON_FROM_AT & 31;
	unsigned wl = head >> PERSON_LENGTH_AT & 63, ws = head >> PERSON_SEAT_AT & 31;
	unsigned id_bits = s->h.side[SEGMENT_PLACES].id_bits;
	unsigned w0 = unit == 60 ? FROM_BITS_MIN : FROM_BITS_S;
	if (!n)
		n = take(&in, 32);
	if (!n || wf > FROM_BITS_S || wl > LENGTH_BITS_MAX ||
	    (in.bit + w0 + (n - 1) * wf + n * (wl + ws + id_bits) + 7) / 8 != bytes)
		return ERR_CORRUPT;
	if (vec_reserve(out, out->n + n))
		return ERR_MEMORY;
	int64_t from = s->h.day_start, end = from;
	for (uint64_t i = 0; i < n; i++) {
		int64_t step = (int64_t)take(&in, i ? wf : w0) * unit;
		uint64_t length = take(&in, wl);
		uint32_t seat = (uint32_t)take(&in, ws);
		from = (head & PERSON_GAPS && i ? end : from) + step;
		end = from + (int64_t)length * unit;
		bool still = head & PERSON_STILL && length == bits_mask(wl);
		out->v[out->n++] = (struct visit){
			{ person }, { (uint32_t)take(&in, id_bits) }, { from },
			{ still ? TRACE_STILL : end }, seat };
	}
	return OK;
}
