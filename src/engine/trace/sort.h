/* sort.h - least-significant-digit radix sort of (key, row) pairs: stable, skips equal digits. */
#ifndef ENGINE_TRACE_SORT_H
#define ENGINE_TRACE_SORT_H
#include "base/base.h"

struct sort_pair {
	uint64_t key;
	uint32_t row;
};

/* Sorts p[0..n) by key, using `spare` of the same size; the result is in p. */
void sort_pairs(struct sort_pair *p, struct sort_pair *spare, size_t n);
/* The same for bare numbers; of such as are spread evenly only the upper digits are looked at. */
void sort_numbers(uint64_t *v, uint64_t *spare, size_t n);
#endif
