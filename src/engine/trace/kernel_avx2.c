/*
 * kernel_avx2.c - the inner loops, eight lanes at a time.
 *
 * Unpacking: eight values of width w fill exactly w bytes, so each group of eight starts on a
 * byte. Lanes 0-3 lie in the 16 bytes from there, lanes 4-7 in the 16 bytes from bit 4w; a byte
 * shuffle puts the four bytes that hold a value into its lane, a shift and a mask do the rest.
 * That holds for widths up to 25; wider columns go to the plain kernel.
 */
#include "engine/trace/kernel.h"

#if defined(__x86_64__)
#include "engine/trace/bits.h"

#include <immintrin.h>

#include "base/ban.h"

struct lane_map {
	uint8_t byte[32];
	uint32_t shift[8];
};

#define AT(w, r, j) (((r) + (j) * (w)) / 8)
#define LANE(w, r, j) AT(w, r, j), AT(w, r, j) + 1, AT(w, r, j) + 2, AT(w, r, j) + 3
#define HALF(w, r) LANE(w, r, 0), LANE(w, r, 1), LANE(w, r, 2), LANE(w, r, 3)
#define REST(w) ((4 * (w)) % 8)
#define SHIFT(w, r, j) ((r) + (j) * (w)) % 8
#define MAP(w) \
	{ \
		{ HALF(w, 0), HALF(w, REST(w)) }, \
		{ \
			SHIFT(w, 0, 0), SHIFT(w, 0, 1), SHIFT(w, 0, 2), SHIFT(w, 0, 3), \
				SHIFT(w, REST(w), 0), SHIFT(w, REST(w), 1), SHIFT(w, REST(w), 2), \
				SHIFT(w, REST(w), 3) \
		} \
	}

static const struct lane_map lane_maps[KERNEL_WIDTH_MAX + 1] __attribute__((aligned(32))) = {
	MAP(0),  MAP(1),  MAP(2),  MAP(3),  MAP(4),  MAP(5),  MAP(6),  MAP(7),  MAP(8),
	MAP(9),  MAP(10), MAP(11), MAP(12), MAP(13), MAP(14), MAP(15), MAP(16), MAP(17),
	MAP(18), MAP(19), MAP(20), MAP(21), MAP(22), MAP(23), MAP(24), MAP(25),
};

struct column {
	const uint8_t *p;
	size_t half; /* bytes from lane 0 to lane 4 */
	size_t step; /* bytes a group */
	__m256i byte, shift, mask;
};

static inline struct column column_of(const uint8_t *p, unsigned width)
{
	const struct lane_map *m = &lane_maps[width];

	return (struct column){
		.p = p,
		.half = width / 2,
		.step = width,
		.byte = _mm256_load_si256((const __m256i *)(const void *)m->byte),
		.shift = _mm256_load_si256((const __m256i *)(const void *)m->shift),
		.mask = _mm256_set1_epi32((int)bits_mask(width)),
	};
}

static inline __m256i column_eight(const struct column *c, size_t group)
{
	const uint8_t *p = c->p + group * c->step;
	__m128i low = _mm_loadu_si128((const __m128i *)(const void *)p);
	__m128i high = _mm_loadu_si128((const __m128i *)(const void *)(p + c->half));
	__m256i x = _mm256_shuffle_epi8(_mm256_set_m128i(high, low), c->byte);

	return _mm256_and_si256(_mm256_srlv_epi32(x, c->shift), c->mask);
}

/* Lane order that moves the lanes of `mask` to the front. */
static inline __m256i front_order(unsigned mask)
{
	uint64_t wide = _pdep_u64(mask, 0x0101010101010101) * 0xff;
	uint64_t order = _pext_u64(0x0706050403020100, wide);

	return _mm256_cvtepu8_epi32(_mm_cvtsi64_si128((long long)order));
}

struct reader {
	struct column from, length, person;
	__m256i base, unit, horizon, ones, person_base, list_low, list_high;
	bool minutes, still, listed;
};

static inline struct reader reader_of(const struct kernel_block *b)
{
	struct reader r = {
		.person = column_of(b->person, b->person_width),
		.person_base = _mm256_set1_epi32((int)b->person_base),
		.listed = b->list,
		.from = column_of(b->from, b->from_width),
		.length = column_of(b->length, b->length_width),
		.base = _mm256_set1_epi32((int)b->from_base),
		.unit = _mm256_set1_epi32(60),
		.horizon = _mm256_set1_epi32(b->horizon),
		.ones = _mm256_set1_epi32((int)bits_mask(b->length_width)),
		.minutes = b->minutes,
		.still = b->still,
	};

	if (b->list) {
		struct column list = column_of(b->list, b->list_width);
		r.list_low = column_eight(&list, 0);
		r.list_high = column_eight(&list, 1);
	}
	return r;
}

static inline __m256i reader_person(const struct reader *r, size_t group)
{
	__m256i p = column_eight(&r->person, group);

	if (r->listed)
		return _mm256_blendv_epi8(_mm256_permutevar8x32_epi32(r->list_low, p),
					  _mm256_permutevar8x32_epi32(r->list_high, p),
					  _mm256_cmpgt_epi32(p, _mm256_set1_epi32(7)));
	return _mm256_add_epi32(r->person_base, p);
}

static inline __m256i reader_from(const struct reader *r, size_t group)
{
	__m256i f = column_eight(&r->from, group);

	if (r->minutes)
		f = _mm256_mullo_epi32(f, r->unit);
	return _mm256_add_epi32(r->base, f);
}

static inline __m256i reader_to(const struct reader *r, size_t group, __m256i from)
{
	__m256i raw = column_eight(&r->length, group), t = raw;

	if (r->minutes)
		t = _mm256_mullo_epi32(t, r->unit);
	t = _mm256_add_epi32(from, t);
	if (r->still)
		t = _mm256_blendv_epi8(t, r->horizon, _mm256_cmpeq_epi32(raw, r->ones));
	return t;
}

static inline void store_eight(int32_t *p, __m256i v)
{
	_mm256_storeu_si256((__m256i *)(void *)p, v);
}

static bool too_wide(const struct kernel_block *b)
{
	return b->from_width > KERNEL_WIDTH_MAX || b->length_width > KERNEL_WIDTH_MAX ||
	       b->person_width > KERNEL_WIDTH_MAX || b->list_width > KERNEL_WIDTH_MAX;
}

static void scan(const struct kernel_block *b, int32_t from, int32_t to, int32_t min,
		 struct kernel_hits *ret)
{
	if (too_wide(b)) {
		kernel_plain.scan(b, from, to, min, ret);
		return;
	}
	const struct reader r = reader_of(b);
	const __m256i low = _mm256_set1_epi32(from), high = _mm256_set1_epi32(to);
	const __m256i shift = _mm256_set1_epi32(ret->shift);
	const __m256i less = _mm256_set1_epi32(min - 1);
	__m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
	uint32_t n = ret->n;

	for (uint32_t i = 0; i < b->n; i += 8) {
		__m256i f = reader_from(&r, i / 8);
		if (_mm_cvtsi128_si32(_mm256_castsi256_si128(f)) >= to)
			break;
		__m256i s = _mm256_max_epi32(f, low);
		__m256i e = _mm256_min_epi32(reader_to(&r, i / 8, f), high);
		__m256i hit = _mm256_cmpgt_epi32(_mm256_sub_epi32(e, s), less);
		unsigned mask = (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(hit));
		if (b->n - i < 8)
			mask &= (1u << (b->n - i)) - 1;
		if (mask) {
			__m256i order = front_order(mask);
			store_eight((int32_t *)&ret->index[n],
				    _mm256_permutevar8x32_epi32(lane, order));
			store_eight((int32_t *)&ret->person[n],
				    _mm256_permutevar8x32_epi32(reader_person(&r, i / 8), order));
			store_eight(&ret->from[n],
				    _mm256_permutevar8x32_epi32(_mm256_add_epi32(s, shift), order));
			store_eight(&ret->to[n],
				    _mm256_permutevar8x32_epi32(_mm256_add_epi32(e, shift), order));
			n += (uint32_t)__builtin_popcount(mask);
		}
		lane = _mm256_add_epi32(lane, _mm256_set1_epi32(8));
	}
	ret->n = n;
}

static void unpack(const struct kernel_block *b, struct kernel_visits *ret)
{
	if (too_wide(b)) {
		kernel_plain.unpack(b, ret);
		return;
	}
	const struct reader r = reader_of(b);

	for (uint32_t i = 0; i < b->n; i += 8) {
		__m256i f = reader_from(&r, i / 8);
		store_eight(&ret->from[i], f);
		store_eight(&ret->to[i], reader_to(&r, i / 8, f));
		store_eight((int32_t *)&ret->person[i], reader_person(&r, i / 8));
	}
}

static inline uint32_t sum_lanes(__m256i v)
{
	__m128i x = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));

	x = _mm_add_epi32(x, _mm_shuffle_epi32(x, 0x4e));
	return (uint32_t)_mm_cvtsi128_si32(_mm_add_epi32(x, _mm_shuffle_epi32(x, 0xb1)));
}

static inline int32_t min_lanes(__m256i v)
{
	__m128i x = _mm_min_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));

	x = _mm_min_epi32(x, _mm_shuffle_epi32(x, 0x4e));
	return _mm_cvtsi128_si32(_mm_min_epi32(x, _mm_shuffle_epi32(x, 0xb1)));
}

static inline int32_t max_lanes(__m256i v)
{
	__m128i x = _mm_max_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));

	x = _mm_max_epi32(x, _mm_shuffle_epi32(x, 0x4e));
	return _mm_cvtsi128_si32(_mm_max_epi32(x, _mm_shuffle_epi32(x, 0xb1)));
}

static void meet(const struct kernel_probes *p, int32_t from, int32_t to, int32_t min,
		 struct kernel_sum *ret)
{
	/* All lanes together must not pass 2^32. */
	if ((uint64_t)p->n * (uint64_t)((int64_t)to - from) > UINT32_MAX) {
		kernel_plain.meet(p, from, to, min, ret);
		return;
	}
	const __m256i f = _mm256_set1_epi32(from), t = _mm256_set1_epi32(to);
	const __m256i less = _mm256_set1_epi32(min - 1);
	const __m256i far = _mm256_set1_epi32(INT32_MAX), near = _mm256_set1_epi32(INT32_MIN);
	__m256i n = _mm256_setzero_si256(), total = n, first = far, last = near;

	for (uint32_t j = 0; j < p->n && p->from[j] < to; j += 8) {
		__m256i a = _mm256_loadu_si256((const __m256i *)(const void *)(p->from + j));
		__m256i b = _mm256_loadu_si256((const __m256i *)(const void *)(p->to + j));
		__m256i s = _mm256_max_epi32(a, f), e = _mm256_min_epi32(b, t);
		__m256i both = _mm256_sub_epi32(e, s);
		__m256i hit = _mm256_cmpgt_epi32(both, less);
		n = _mm256_sub_epi32(n, hit);
		total = _mm256_add_epi32(total, _mm256_and_si256(both, hit));
		first = _mm256_min_epi32(first, _mm256_blendv_epi8(far, s, hit));
		last = _mm256_max_epi32(last, _mm256_blendv_epi8(near, e, hit));
	}
	*ret = (struct kernel_sum){ .n = sum_lanes(n),
				    .first = min_lanes(first),
				    .last = max_lanes(last),
				    .total = sum_lanes(total) };
}

const struct kernel kernel_avx2 = {
	.name = "avx2",
	.scan = scan,
	.unpack = unpack,
	.meet = meet,
};
#endif
