/*
 * kernel.h - the inner loops of the engine: plain C, AVX2 and AVX-512 with equal answers.
 *
 * Times are seconds from the start of the block's day, in int32. A block is a run of visits of
 * one place in order of `from`, as three or four bit-packed columns.
 *
 * Life:     filled by segment.c from a record, used at once, never kept.
 * Shapes:   at most KERNEL_BLOCK visits a block.
 */
#ifndef ENGINE_TRACE_KERNEL_H
#define ENGINE_TRACE_KERNEL_H
#include "base/base.h"

enum { KERNEL_BLOCK = 128, KERNEL_PAD = 16, KERNEL_WIDTH_MAX = 25, KERNEL_LIST = 16 };

struct kernel_block {
	const uint8_t *from, *length, *seat, *person; /* columns, byte aligned */
	const uint8_t *list; /* of at most KERNEL_LIST people, whom `person` numbers; or NULL */
	uint32_t n;
	uint32_t from_base, person_base;
	uint32_t longest; /* no visit lasts longer; UINT32_MAX: not known */
	uint8_t from_width, length_width, seat_width, person_width, list_width;
	bool minutes;    /* values count minutes, not seconds */
	bool still;      /* a length of all ones means: still there */
	int32_t horizon; /* where those end, same origin */
};

/* Hits of one scan after another, until the caller empties it. */
enum { KERNEL_HITS = 512 };
struct kernel_hits {
	uint32_t n;    /* at most KERNEL_HITS - KERNEL_BLOCK before a scan */
	int32_t shift; /* added to the times of the next scan */
	uint32_t index[KERNEL_HITS + KERNEL_PAD];
	uint32_t person[KERNEL_HITS + KERNEL_PAD];
	int32_t from[KERNEL_HITS + KERNEL_PAD]; /* clipped to the probe */
	int32_t to[KERNEL_HITS + KERNEL_PAD];
};

struct kernel_visits {
	uint32_t person[KERNEL_BLOCK + KERNEL_PAD];
	int32_t from[KERNEL_BLOCK + KERNEL_PAD];
	int32_t to[KERNEL_BLOCK + KERNEL_PAD];
};

/* Probes of one place by `from`: columns, padded to a multiple of 16 with such as meet nothing */
struct kernel_probes {
	uint32_t n; /* padded */
	const int32_t *from, *to;
};

struct kernel_sum {
	uint32_t n; /* probes met for at least min */
	int32_t first, last;
	uint64_t total;
};

struct kernel {
	const char *name;
	/* Visits that overlap [from, to) by at least min >= 1, in order, behind those in ret. */
	void (*scan)(const struct kernel_block *b, int32_t from, int32_t to, int32_t min,
		     struct kernel_hits *ret);
	/* All visits of a block. */
	void (*unpack)(const struct kernel_block *b, struct kernel_visits *ret);
	/* One visit against many probes. */
	void (*meet)(const struct kernel_probes *p, int32_t from, int32_t to, int32_t min,
		     struct kernel_sum *ret);
};

extern const struct kernel kernel_plain;
#if defined(__x86_64__)
extern const struct kernel kernel_avx2, kernel_avx512;
#endif
bool kernel_runs(const struct kernel *k); /* on this processor */
const struct kernel *kernel_best(void);   /* by what the processor says */

#endif
