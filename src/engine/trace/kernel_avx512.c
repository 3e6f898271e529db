/*
 * kernel_avx512.c - the inner loops, sixteen lanes at a time.
 *
 * Unpacking: sixteen values of width w fill exactly 2w bytes, so each group of sixteen starts on a
 * byte and lies in one register. One permutation puts the four bytes that hold a value into its
 * lane, a shift and a mask do the rest. That holds for widths up to 25; wider columns go to the
 * plain kernel.
 */
#include "engine/trace/kernel.h"

#if defined(__x86_64__)
#include "engine/trace/bits.h"

#include <immintrin.h>

#include "base/ban.h"

struct lane_map {
	uint8_t byte[64];
	uint32_t shift[16];
};

#define LANE(w, j) (j) * (w) / 8, (j) * (w) / 8 + 1, (j) * (w) / 8 + 2, (j) * (w) / 8 + 3
#define SHIFT(w, j) (j) * (w) % 8
#define FOUR(OF, w, j) OF(w, j), OF(w, (j) + 1), OF(w, (j) + 2), OF(w, (j) + 3)
#define SIXTEEN(OF, w) FOUR(OF, w, 0), FOUR(OF, w, 4), FOUR(OF, w, 8), FOUR(OF, w, 12)
#define MAP(w) \
	{ \
		{ SIXTEEN(LANE, w) }, \
		{ \
			SIXTEEN(SHIFT, w) \
		} \
	}

static const struct lane_map lane_maps[KERNEL_WIDTH_MAX + 1] __attribute__((aligned(64))) = {
	MAP(0),  MAP(1),  MAP(2),  MAP(3),  MAP(4),  MAP(5),  MAP(6),  MAP(7),  MAP(8),
	MAP(9),  MAP(10), MAP(11), MAP(12), MAP(13), MAP(14), MAP(15), MAP(16), MAP(17),
	MAP(18), MAP(19), MAP(20), MAP(21), MAP(22), MAP(23), MAP(24), MAP(25),
};

struct column {
	const uint8_t *p;
	size_t step; /* bytes a group */
	__m512i byte, shift, mask;
};

static inline struct column column_of(const uint8_t *p, unsigned width)
{
	const struct lane_map *m = &lane_maps[width];

	return (struct column){
		.p = p,
		.step = 2 * (size_t)width,
		.byte = _mm512_load_si512(m->byte),
		.shift = _mm512_load_si512(m->shift),
		.mask = _mm512_set1_epi32((int)bits_mask(width)),
	};
}

static inline __m512i column_sixteen(const struct column *c, size_t group)
{
	__m512i x = _mm512_loadu_si512(c->p + group * c->step);

	x = _mm512_permutexvar_epi8(c->byte, x);
	return _mm512_and_si512(_mm512_srlv_epi32(x, c->shift), c->mask);
}

struct reader {
	struct column from, length, person;
	__m512i base, unit, horizon, ones, person_base, list;
	__mmask16 still;
	bool minutes, listed;
};

static inline struct reader reader_of(const struct kernel_block *b)
{
	struct reader r = {
		.from = column_of(b->from, b->from_width),
		.length = column_of(b->length, b->length_width),
		.person = column_of(b->person, b->person_width),
		.base = _mm512_set1_epi32((int)b->from_base),
		.unit = _mm512_set1_epi32(60),
		.horizon = _mm512_set1_epi32(b->horizon),
		.ones = _mm512_set1_epi32((int)bits_mask(b->length_width)),
		.person_base = _mm512_set1_epi32((int)b->person_base),
		.still = b->still ? 0xffff : 0,
		.minutes = b->minutes,
		.listed = b->list,
	};

	if (b->list) {
		struct column list = column_of(b->list, b->list_width);
		r.list = column_sixteen(&list, 0);
	}
	return r;
}

static inline __m512i reader_from(const struct reader *r, size_t group)
{
	__m512i f = column_sixteen(&r->from, group);

	if (r->minutes)
		f = _mm512_mullo_epi32(f, r->unit);
	return _mm512_add_epi32(r->base, f);
}

static inline __m512i reader_to(const struct reader *r, size_t group, __m512i from)
{
	__m512i raw = column_sixteen(&r->length, group), t = raw;
	__mmask16 still = _mm512_mask_cmpeq_epi32_mask(r->still, raw, r->ones);

	if (r->minutes)
		t = _mm512_mullo_epi32(t, r->unit);
	return _mm512_mask_mov_epi32(_mm512_add_epi32(from, t), still, r->horizon);
}

static inline __m512i reader_person(const struct reader *r, size_t group)
{
	__m512i p = column_sixteen(&r->person, group);

	return r->listed ? _mm512_permutexvar_epi32(p, r->list)
			 : _mm512_add_epi32(r->person_base, p);
}

static bool too_wide(const struct kernel_block *b)
{
	return b->from_width > KERNEL_WIDTH_MAX || b->length_width > KERNEL_WIDTH_MAX ||
	       b->person_width > KERNEL_WIDTH_MAX || b->list_width > KERNEL_WIDTH_MAX;
}

static inline __mmask16 lanes_below(uint32_t n)
{
	return (__mmask16)(n < 16 ? (1u << n) - 1 : 0xffff);
}

static void scan(const struct kernel_block *b, int32_t from, int32_t to, int32_t min,
		 struct kernel_hits *ret)
{
	if (too_wide(b)) {
		kernel_plain.scan(b, from, to, min, ret);
		return;
	}
	const struct reader r = reader_of(b);
	const __m512i low = _mm512_set1_epi32(from), high = _mm512_set1_epi32(to);
	const __m512i shift = _mm512_set1_epi32(ret->shift);
	const __m512i least = _mm512_set1_epi32(min);
	__m512i lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
	uint32_t n = ret->n;

	for (uint32_t i = 0; i < b->n; i += 16) {
		__m512i f = reader_from(&r, i / 16);
		if (_mm_cvtsi128_si32(_mm512_castsi512_si128(f)) >= to)
			break;
		__m512i s = _mm512_max_epi32(f, low);
		__m512i e = _mm512_min_epi32(reader_to(&r, i / 16, f), high);
		__mmask16 hit = _mm512_mask_cmpge_epi32_mask(lanes_below(b->n - i),
							     _mm512_sub_epi32(e, s), least);
		if (hit) {
			__m512i p = reader_person(&r, i / 16);
			_mm512_storeu_si512(&ret->index[n], _mm512_maskz_compress_epi32(hit, lane));
			_mm512_storeu_si512(&ret->person[n], _mm512_maskz_compress_epi32(hit, p));
			s = _mm512_add_epi32(s, shift);
			e = _mm512_add_epi32(e, shift);
			_mm512_storeu_si512(&ret->from[n], _mm512_maskz_compress_epi32(hit, s));
			_mm512_storeu_si512(&ret->to[n], _mm512_maskz_compress_epi32(hit, e));
			n += (uint32_t)__builtin_popcount(hit);
		}
		lane = _mm512_add_epi32(lane, _mm512_set1_epi32(16));
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

	for (uint32_t i = 0; i < b->n; i += 16) {
		__m512i f = reader_from(&r, i / 16);
		_mm512_storeu_si512(&ret->from[i], f);
		_mm512_storeu_si512(&ret->to[i], reader_to(&r, i / 16, f));
		_mm512_storeu_si512(&ret->person[i], reader_person(&r, i / 16));
	}
}

static void meet(const struct kernel_probes *p, int32_t from, int32_t to, int32_t min,
		 struct kernel_sum *ret)
{
	/* No lane may pass 2^32. */
	if ((uint64_t)p->n / 16 * (uint64_t)((int64_t)to - from) > UINT32_MAX) {
		kernel_plain.meet(p, from, to, min, ret);
		return;
	}
	const __m512i f = _mm512_set1_epi32(from), t = _mm512_set1_epi32(to);
	const __m512i least = _mm512_set1_epi32(min);
	__m512i total = _mm512_setzero_si512();
	__m512i first = _mm512_set1_epi32(INT32_MAX), last = _mm512_set1_epi32(INT32_MIN);
	uint32_t n = 0;

	for (uint32_t j = 0; j < p->n && p->from[j] < to; j += 16) {
		__m512i s = _mm512_max_epi32(_mm512_loadu_si512(p->from + j), f);
		__m512i e = _mm512_min_epi32(_mm512_loadu_si512(p->to + j), t);
		__m512i both = _mm512_sub_epi32(e, s);
		__mmask16 hit = _mm512_cmpge_epi32_mask(both, least);
		n += (uint32_t)__builtin_popcount(hit);
		total = _mm512_mask_add_epi32(total, hit, total, both);
		first = _mm512_mask_min_epi32(first, hit, first, s);
		last = _mm512_mask_max_epi32(last, hit, last, e);
	}
	ret->n = n;
	if (!n)
		return;
	ret->first = _mm512_reduce_min_epi32(first);
	ret->last = _mm512_reduce_max_epi32(last);
	__m512i low = _mm512_cvtepu32_epi64(_mm512_castsi512_si256(total));
	__m512i high = _mm512_cvtepu32_epi64(_mm512_extracti64x4_epi64(total, 1));
	ret->total = (uint64_t)_mm512_reduce_add_epi64(_mm512_add_epi64(low, high));
}

const struct kernel kernel_avx512 = {
	.name = "avx512",
	.scan = scan,
	.unpack = unpack,
	.meet = meet,
};
#endif
