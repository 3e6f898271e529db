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
	struct file_map map; /* one of these three owns the bytes */
	uint8_t *owned, *pages;
	const uint8_t *p;
	size_t n;
	struct segment_head h;
	bool trusted;               /* made in this process: nothing to verify */
	_Atomic uint64_t *verified; /* a bit a page */
};

/* ---- opening ---------------------------------------------------------------------------- */

#define BAD(f, zh, en) \
	fault_set(f, ERR_CORRUPT, "段文件损坏：" zh "；请从备份恢复，或用原始文件重新封存", \
		  "segment damaged: " en "; restore it from a backup or seal the visits again")

static bool side_fits(const struct segment_head *h, const struct segment_side_head *s)
{
	uint64_t groups = (uint64_t)(s->n_ids + (uint64_t)SEGMENT_GROUP - 1) / SEGMENT_GROUP;

	return s->n_ids > 0 && s->n_ids <= TRACE_IDS_MAX &&
	       s->id_bits == bits_width(s->n_ids - 1) && s->groups_at >= h->pages_at &&
	       s->groups_at % sizeof(struct segment_group) == 0 && s->groups_at < h->file_bytes &&
	       s->records_at < h->file_bytes && s->records_at >= s->groups_at &&
	       s->records_at - s->groups_at >= groups * sizeof(struct segment_group) &&
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
		return fault_set(
			f, ERR_VERSION, "段文件版本为 %u，本程序只能读 %d；请重新封存",
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

static enum err read_all(struct file *f, uint8_t *p, size_t n, struct fault *fault)
{
	size_t at = 0, got = 1;
	enum err e;

	for (; at < n && got; at += got)
		if ((e = file_read(f, p + at, n - at, &got, fault)))
			return e;
	return OK;
}

enum err trace_segment_load(const char *path, struct trace_segment **ret, struct fault *f)
{
	CLEANUP(file_end) struct file *file = NULL;
	struct trace_segment s = { .trusted = false }, *made;
	enum err e = file_open(path, FILE_READ, &file, f);

	if (e)
		return e;
	s.n = file_bytes(file);
	if (!(s.p = s.pages = pages_take(s.n + 1)))
		return ERR_MEMORY;
	if ((e = read_all(file, s.pages, s.n, f)) || (e = segment_new(&s, &made, f))) {
		pages_drop(s.pages, s.n + 1);
		return e;
	}
	if ((e = trace_segment_check(made, f))) {
		trace_segment_release(made);
		return e;
	}
	segment_trust(made);
	*ret = made;
	return OK;
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
	if (s->pages)
		pages_drop(s->pages, s->n + 1);
	else if (s->owned)
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

void segment_trust(struct trace_segment *s)
{
	s->trusted = true;
}

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

int64_t segment_start(const struct trace_segment *s)
{
	return s->h.day_start;
}
int64_t segment_day_s(const struct trace_segment *s)
{
	return s->h.day_s;
}
int64_t segment_last(const struct trace_segment *s)
{
	return s->h.last;
}
bool segment_still(const struct trace_segment *s)
{
	return s->h.still;
}

unsigned segment_id_bits(const struct trace_segment *s, enum segment_side side)
{
	return s->h.side[side].id_bits;
}

uint32_t segment_n_ids(const struct trace_segment *s, enum segment_side side)
{
	return s->h.side[side].n_ids;
}

/* ---- pages ------------------------------------------------------------------------------ */

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

/* ---- records ---------------------------------------------------------------------------- */

/* Segments lie at multiples of 8 at least, and groups at multiples of 32 of that. */
static const struct segment_group *group_at(const struct trace_segment *s,
					    const struct segment_side_head *h, uint32_t i)
{
	return (const struct segment_group *)(const void *)(s->p + h->groups_at) + i;
}

enum err segment_groups(const struct trace_segment *s, enum segment_side side, uint32_t i,
			uint32_t n, const struct segment_group **ret)
{
	const struct segment_side_head *h = &s->h.side[side];
	uint32_t n_groups = (h->n_ids - 1) / SEGMENT_GROUP + 1;

	*ret = NULL;
	if (i >= n_groups)
		return OK;
	n = n < n_groups - i ? n : n_groups - i;
	if (touch(s, h->groups_at + i * sizeof **ret, n * sizeof **ret))
		return ERR_CORRUPT;
	*ret = group_at(s, h, i);
	return OK;
}

void segment_want_group(const struct trace_segment *s, enum segment_side side, uint32_t id)
{
	const struct segment_side_head *h = &s->h.side[side];

	if (id < h->n_ids)
		__builtin_prefetch(group_at(s, h, id / SEGMENT_GROUP));
}

/* The sum of the eight bytes of x. */
static inline uint64_t sum_bytes(uint64_t x)
{
	const uint64_t even = 0x00ff00ff00ff00ff;

	return (((x & even) + (x >> 8 & even)) * 0x0001000100010001) >> 48;
}

/* The sum of the first n < 16 sizes of a group. */
static inline uint64_t sizes_before(const uint8_t *size, uint32_t n)
{
	uint64_t x[2];

	memcpy(x, size, sizeof x);
	if (n < 8)
		return sum_bytes(x[0] & (((uint64_t)1 << 8 * n) - 1));
	return sum_bytes(x[0]) + sum_bytes(x[1] & (((uint64_t)1 << 8 * (n - 8)) - 1));
}

enum err segment_record(const struct trace_segment *s, enum segment_side side, uint32_t id,
			const uint8_t **ret_p, size_t *ret_n)
{
	const struct segment_side_head *h = &s->h.side[side];
	uint32_t i = id % SEGMENT_GROUP;

	*ret_p = NULL;
	*ret_n = 0;
	if (id >= h->n_ids)
		return OK;
	const struct segment_group *g = group_at(s, h, id / SEGMENT_GROUP);
	if (touch(s, (uint64_t)((const uint8_t *)g - s->p), sizeof *g))
		return ERR_CORRUPT;
	if (!g->size[i])
		return OK;
	unsigned shift = (unsigned)(g->at & bits_mask(SEGMENT_SHIFT_BITS));
	if (shift > SEGMENT_SHIFT_MAX)
		return ERR_CORRUPT;
	uint64_t at = (g->at >> SEGMENT_SHIFT_BITS) + (sizes_before(g->size, i) << shift);
	uint64_t n = (uint64_t)g->size[i] << shift;
	if (at > h->records_bytes || n > h->records_bytes - at || touch(s, h->records_at + at, n))
		return ERR_CORRUPT;
	*ret_p = s->p + h->records_at + at;
	*ret_n = n;
	return OK;
}

/* The first lines of a record: long ones are not read whole. */
void segment_want_bytes(const uint8_t *p, size_t n)
{
	enum { LINE = 64, LINES_MAX = 12 };

	for (size_t at = 0; at < n && at < LINES_MAX * LINE; at += LINE)
		__builtin_prefetch(p + at);
}

void segment_want_record(const struct trace_segment *s, enum segment_side side, uint32_t id)
{
	const uint8_t *p;
	size_t n;

	if (!segment_record(s, side, id, &p, &n) && p)
		segment_want_bytes(p, n);
}
