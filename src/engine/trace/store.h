/*
 * store.h - visits kept: a set with a mutable tail, immutable segments, and views of a moment.
 *
 * A set is a list of parts. Added visits become small runs in memory (the tail), joined as they
 * pile up; freezing turns the tail into segments, one file for each local day of a visit's
 * `from`; merging rewrites the segments of one day into one. No part is ever changed: each act
 * makes a new list and swaps it in, so a reader keeps its view and nobody waits. What makes the
 * tail durable (a database, in the server) lies outside: it holds the rows until
 * trace_set_freeze() has reported the segment that contains them.
 *
 * Life:     trace_set_new -> add / withdraw / freeze / merge / drop_day, views in between -> free
 *           builder: trace_builder_new -> add* -> finish (segments out, day by day) -> free
 * Memory:   builder: 24 bytes a visit up to its budget, then days are spilled to files; one
 *           whole day must fit. Segment: about 10 bytes a visit, mapped or in memory.
 * Threads:  one thread changes a set at a time (callers serialise); any number hold views.
 * Errors:   ERR_CORRUPT / ERR_VERSION for a segment file that is not what it claims.
 */
#ifndef ENGINE_TRACE_STORE_H
#define ENGINE_TRACE_STORE_H
#include "base/base.h"
#include "base/file.h"
#include "base/when.h"
#include "engine/trace/trace.h"

/* ---- segments --------------------------------------------------------------------------- */
struct trace_segment; /* immutable, counted */

struct trace_segment_facts {
	int32_t day; /* local day number of every visit's `from` */
	uint64_t visits;
	struct utc_s day_start, last; /* last: greatest time in it */
	uint64_t bytes, place_bytes, person_bytes;
	uint64_t digest; /* of the whole file: names it in a manifest */
};

/* Map a segment file; header and checksum table are verified now, pages as they are read. */
MUST_CHECK enum err trace_segment_open(const char *path, struct trace_segment **ret,
				       struct fault *f);
/* The same with the whole file read into memory and verified now: for days that are asked often. */
MUST_CHECK enum err trace_segment_load(const char *path, struct trace_segment **ret,
				       struct fault *f);
/* Take over `bytes` (from mem_take, also on failure): a segment held in memory. */
MUST_CHECK enum err trace_segment_adopt(uint8_t *bytes, size_t n, struct trace_segment **ret,
					struct fault *f);
void trace_segment_release(struct trace_segment *s);
struct trace_segment_facts trace_segment_facts(const struct trace_segment *s);
/* Verify every byte of it. */
MUST_CHECK enum err trace_segment_check(const struct trace_segment *s, struct fault *f);

/* ---- building from a stream ------------------------------------------------------------- */
struct trace_builder;

struct trace_builder_options {
	const struct zone *zone; /* what a local day is */
	size_t budget_bytes;     /* of visits held in memory before days are spilled */
	const char *spill_dir;   /* to a nameless file in this folder; NULL: ERR_FULL instead */
	unsigned threads;        /* days packed side by side; 0 = 1 */
};
MUST_CHECK enum err trace_builder_new(const struct trace_builder_options *o,
				      struct trace_builder **ret, struct fault *f);
/* A visit equal to one added before is dropped when its day is packed, and counted. */
MUST_CHECK enum err trace_builder_add(struct trace_builder *b, const struct visit *v, size_t n,
				      struct fault *f);
/*
 * Pack every day and hand each image to `out`, which takes it over (mem_drop); several threads
 * may call it, one at a time, so days come in no certain order. The builder is empty afterwards.
 */
struct trace_image {
	int32_t day;
	uint8_t *bytes;
	size_t n;
	uint64_t visits;
};
MUST_CHECK enum err trace_builder_finish(struct trace_builder *b,
					 enum err (*out)(struct trace_image image, void *arg,
							 struct fault *f),
					 void *arg, struct fault *f);
uint64_t trace_builder_duplicates(const struct trace_builder *b);
void trace_builder_free(struct trace_builder *b);

/* The local day a visit from t is filed under, in segments and everywhere. */
int32_t trace_day_of(const struct zone *z, struct utc_s t);

/* ---- the living set --------------------------------------------------------------------- */
struct trace_set;

MUST_CHECK enum err trace_set_new(const struct zone *zone, struct trace_set **ret);
void trace_set_free(struct trace_set *s); /* views taken from it stay good */
/* A set holds each visit once: adding it again changes nothing. Visible to the next view. */
MUST_CHECK enum err trace_set_add(struct trace_set *s, const struct visit *v, size_t n,
				  struct fault *f);
/* The same for visits of which the caller knows that none is there yet, and none is twice. */
MUST_CHECK enum err trace_set_add_distinct(struct trace_set *s, const struct visit *v, size_t n,
					   struct fault *f);
/*
 * Takes over the reference. If it repeats visits of other parts, answers are the same as without,
 * only trace_view_visits() counts them again.
 */
MUST_CHECK enum err trace_set_add_segment(struct trace_set *s, struct trace_segment *seg,
					  struct fault *f);
/* Many in one act, and all or none: one by one each would sort the list of all anew. */
MUST_CHECK enum err trace_set_add_segments(struct trace_set *s, struct trace_segment *const *seg,
					   size_t n, struct fault *f);
/* Gone from the next view on; out of the bytes at the next merge. Unknown visits: no effect. */
MUST_CHECK enum err trace_set_withdraw(struct trace_set *s, const struct visit *v, size_t n,
				       struct fault *f);
/* Turn the tail into segments held in memory. */
MUST_CHECK enum err trace_set_freeze(struct trace_set *s, struct fault *f);
/* Make one segment of all of a day's, without what was withdrawn. Other days are not touched. */
MUST_CHECK enum err trace_set_merge_day(struct trace_set *s, int32_t day, struct fault *f);
/* Forget a day: its segments and the tail's visits of it. */
MUST_CHECK enum err trace_set_drop_day(struct trace_set *s, int32_t day, struct fault *f);
/*
 * What the set holds of a day is from now on this segment (taken over; NULL: none) and these
 * visits, which are of that day and not in it. One moment for who takes a view.
 */
MUST_CHECK enum err trace_set_replace_day(struct trace_set *s, int32_t day,
					  struct trace_segment *seg, const struct visit *more,
					  size_t n_more, struct fault *f);
size_t trace_set_parts(const struct trace_set *s);

const struct trace_view *trace_set_view(const struct trace_set *s); /* never NULL */
void trace_view_release(const struct trace_view *v);
struct utc_s trace_view_horizon(
	const struct trace_view *v);                    /* greatest time, TRACE_NEVER if empty */
uint64_t trace_view_visits(const struct trace_view *v); /* with withdrawn ones still in the bytes */

/* "avx512", "avx2" or "plain": what the machine allows. */
const char *trace_kernel(void);
#endif
