/* sort.c - radix sort. See sort.h. */
#include "engine/trace/sort.h"

#include <string.h>

#include "base/ban.h"

enum { DIGITS_MAX = 1 << 11, SMALL = 64, MANY = 4096 };

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
