/* sort.c - radix sort. See sort.h. */
#include "engine/trace/sort.h"

#include <string.h>

#include "base/ban.h"

enum {
	DIGIT_BITS = 11,
	DIGITS_MAX = 1 << DIGIT_BITS,
	SMALL = 64,
	MANY = 4096,
	FEW_STEPS = SMALL * SMALL
};

static void insertion(struct sort_pair *p, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct sort_pair x = p[i];
		size_t j = i;
		for (; j && p[j - 1].key > x.key; j--)
			p[j] = p[j - 1];
		p[j] = x;
	}
}

static void pass(const struct sort_pair *from, struct sort_pair *to, size_t n, unsigned shift,
		 unsigned bits)
{
	size_t at[DIGITS_MAX], sum = 0, digits = (size_t)1 << bits;
	uint64_t mask = digits - 1;

	memset(at, 0, digits * sizeof *at);
	for (size_t i = 0; i < n; i++)
		at[(from[i].key >> shift) & mask]++;
	for (size_t d = 0; d < digits; d++) {
		size_t count = at[d];
		at[d] = sum;
		sum += count;
	}
	for (size_t i = 0; i < n; i++)
		to[at[(from[i].key >> shift) & mask]++] = from[i];
}

void sort_pairs(struct sort_pair *p, struct sort_pair *spare, size_t n)
{
	uint64_t differ = 0;
	struct sort_pair *from = p, *to = spare;

	if (n <= SMALL) {
		insertion(p, n);
		return;
	}
	for (size_t i = 1; i < n; i++)
		differ |= p[i].key ^ p[0].key;
	/* Few pairs are not worth the counters of a wide digit. */
	unsigned bits = n < MANY ? 8 : 11;
	for (unsigned shift = 0; shift < 64; shift += bits) {
		if (!((differ >> shift) & (((uint64_t)1 << bits) - 1)))
			continue;
		pass(from, to, n, shift, bits);
		struct sort_pair *t = from;
		from = to;
		to = t;
	}
	if (from != p)
		memcpy(p, from, n * sizeof *p);
}

static void number_pass(const uint64_t *from, uint64_t *to, size_t n, unsigned shift)
{
	size_t at[DIGITS_MAX] = { 0 }, sum = 0;
	uint64_t mask = DIGITS_MAX - 1;

	for (size_t i = 0; i < n; i++)
		at[(from[i] >> shift) & mask]++;
	for (size_t d = 0; d < DIGITS_MAX; d++) {
		size_t count = at[d];
		at[d] = sum;
		sum += count;
	}
	for (size_t i = 0; i < n; i++)
		to[at[(from[i] >> shift) & mask]++] = from[i];
}

/* By the digits from bit `least` on; the result is in v. */
static void by_digits(uint64_t *v, uint64_t *spare, size_t n, uint64_t differ, unsigned least)
{
	uint64_t *from = v, *to = spare;

	for (unsigned shift = least; shift < 64; shift += DIGIT_BITS) {
		if (!((differ >> shift) & (DIGITS_MAX - 1)))
			continue;
		number_pass(from, to, n, shift);
		uint64_t *t = from;
		from = to;
		to = t;
	}
	if (from != v)
		memcpy(v, from, n * sizeof *v);
}

/* False if they are so far out of order that it would take long. */
static bool nearly_sorted(uint64_t *v, size_t n)
{
	size_t steps = 0;

	for (size_t i = 1; i < n; i++) {
		uint64_t x = v[i];
		size_t k = i;

		for (; k && v[k - 1] > x; k--)
			v[k] = v[k - 1];
		v[k] = x;
		if ((steps += i - k) > FEW_STEPS + n)
			return false;
	}
	return true;
}

void sort_numbers(uint64_t *v, uint64_t *spare, size_t n)
{
	uint64_t differ = 0;
	unsigned top;

	for (size_t i = 1; i < n; i++)
		differ |= v[i] ^ v[0];
	if (!differ)
		return;
	top = 64 - (unsigned)__builtin_clzll(differ);
	if (n <= SMALL || top > 3 * DIGIT_BITS) {
		if (n > SMALL) /* two digits part more than there are */
			by_digits(v, spare, n, differ, top - 2 * DIGIT_BITS);
		if (nearly_sorted(v, n))
			return;
	}
	by_digits(v, spare, n, differ, 0);
}
