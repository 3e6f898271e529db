/*
 * cumulative.h - overlaps that add up, as "15 minutes in 24 hours": which of a pair's count.
 *
 * An overlap counts if some span of rules.cumulative_s that shares a second with it holds the
 * minimum of its rule, summed over all overlaps of the pair. Named contacts count by themselves
 * and add nothing.
 *
 * Shapes:   n log n in the overlaps of a pair, which may be thousands where devices report often.
 * Memory:   scratch of its own, about 100 bytes an overlap of the largest pair.
 * Source:   docs/adr/0003-encounter.md, "Adding up"
 */
#ifndef ENGINE_TRACE_CUMULATIVE_H
#define ENGINE_TRACE_CUMULATIVE_H
#include "engine/trace/trace.h"

/* Keep those of e[0 .. *n) that count, in order. They come by contact, via; named ones last. */
MUST_CHECK enum err cumulative_keep(const struct trace_rules *r, struct trace_encounter *e,
				    size_t *n);
#endif
