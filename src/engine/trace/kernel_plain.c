/* kernel_plain.c - the inner loops as anyone would write them; the oracle of the fast ones. */
#include "engine/trace/kernel.h"

#include "engine/trace/bits.h"
#include "base/ban.h"

static inline int32_t visit_from(const struct kernel_block *b, uint32_t i)
{
	int64_t unit = b->minutes ? 60 : 1;

	return (int32_t)(b->from_base + unit * (int64_t)bits_get(b->from,
								 (uint64_t)i * b->from_width,
								 b->from_width));
}

static inline int32_t visit_to(const struct kernel_block *b, uint32_t i, int32_t from)
{
	uint64_t length = bits_get(b->length, (uint64_t)i * b->length_width, b->length_width);

	if (b->still && length == bits_mask(b->length_width))
		return b->horizon;
	/* A visit longer than an int32 of seconds reaches past every probe all the same. */
	return (int32_t)min_i64(from + (b->minutes ? 60 : 1) * (int64_t)length, INT32_MAX);
}

static inline uint32_t visit_person(const struct kernel_block *b, uint32_t i)
{
	uint64_t v = bits_get(b->person, (uint64_t)i * b->person_width, b->person_width);

	if (b->list)
		return (uint32_t)bits_get(b->list, v * b->list_width, b->list_width);
	return b->person_base + (uint32_t)v;
}

static void scan(const struct kernel_block *b, int32_t from, int32_t to, int32_t min,
		 struct kernel_hits *ret)
{
	uint32_t n = ret->n;

	for (uint32_t i = 0; i < b->n; i++) {
		int32_t f = visit_from(b, i);
		if (f >= to)
			break;
		int32_t s = f > from ? f : from;
		int32_t t = visit_to(b, i, f);
		int32_t e = t < to ? t : to;
		if ((int64_t)e - s < min)
			continue;
		ret->index[n] = i;
		ret->person[n] = visit_person(b, i);
		ret->from[n] = s + ret->shift;
		ret->to[n] = e + ret->shift;
		n++;
	}
	ret->n = n;
}

static void unpack(const struct kernel_block *b, struct kernel_visits *ret)
{
	for (uint32_t i = 0; i < b->n; i++) {
		ret->from[i] = visit_from(b, i);
		ret->to[i] = visit_to(b, i, ret->from[i]);
		ret->person[i] = visit_person(b, i);
	}
}

static void meet(const struct kernel_probes *p, int32_t from, int32_t to, int32_t min,
		 struct kernel_sum *ret)
{
	struct kernel_sum sum = { .first = INT32_MAX, .last = INT32_MIN };

	for (uint32_t j = 0; j < p->n && p->from[j] < to; j++) {
		int32_t s = p->from[j] > from ? p->from[j] : from;
		int32_t e = p->to[j] < to ? p->to[j] : to;
		if ((int64_t)e - s < min)
			continue;
		sum.n++;
		sum.total += (uint64_t)(e - s);
		sum.first = s < sum.first ? s : sum.first;
		sum.last = e > sum.last ? e : sum.last;
	}
	*ret = sum;
}

const struct kernel kernel_plain = {
	.name = "plain",
	.scan = scan,
	.unpack = unpack,
	.meet = meet,
};

bool kernel_runs(const struct kernel *k)
{
#if defined(__x86_64__)
	bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2");

	if (k == &kernel_avx512)
		return avx2 && __builtin_cpu_supports("avx512f") &&
		       __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vbmi");
	if (k == &kernel_avx2)
		return avx2;
#endif
	return k == &kernel_plain;
}

const struct kernel *kernel_best(void)
{
#if defined(__x86_64__)
	if (kernel_runs(&kernel_avx512))
		return &kernel_avx512;
	if (kernel_runs(&kernel_avx2))
		return &kernel_avx2;
#endif
	return &kernel_plain;
}
