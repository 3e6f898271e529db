/*
 * sweep.h - many probes against everyone's visits, place by place.
 *
 * Probes of one owner in one place whose times hang together form a cluster. For a cluster the
 * records of the place are opened, day by day, and each visit is held against the cluster's
 * probes. Most visits can be judged where they lie. Those that may be one stay with a visit of
 * another day (or of the same, where the record says so) are put aside, joined, and judged then.
 *
 * Life:     sweep_init -> sweep_probes, once a generation -> sweep_release.
 * Errors:   ERR_CORRUPT, ERR_MEMORY, ERR_FULL (an owner's limit of people).
 */
#ifndef ENGINE_TRACE_SWEEP_H
#define ENGINE_TRACE_SWEEP_H
#include "engine/trace/sort.h"
#include "engine/trace/stay.h"
#include "engine/trace/tally.h"

/* What one warrant has come to so far. */
struct sweep_owner {
	struct tally tally;
	uint32_t limit;                        /* of people, in all generations */
	VEC(struct trace_encounter) encounter; /* only when pairs are kept */
};

struct sweep {
	const struct trace_view *v;
	const struct trace_ask *ask;
	const struct kernel *kernel;
	struct sweep_owner *owner;
	uint32_t generation;
	bool pairs; /* keep every encounter, tally later */

	/* the cluster at hand */
	const struct probe *probe;
	size_t n_probes;
	int64_t from, to, longest; /* all probes together; the longest one */
	struct cursor *cursor;
	size_t n_cursors;
	uint64_t mask;     /* rules that speak of the place */
	int64_t least;     /* seconds below which no rule counts it */
	int plain;         /* the rule where no seat is told */
	int64_t plain_min; /* and its minimum */
	uint32_t plain_rank;
	bool plain_certain;
	bool at_once; /* one rule for all, and only sums are wanted */

	/* hits that are still to be added to an owner's tally */
	struct kernel_hits *hits;
	uint32_t hits_owner, hits_rank;
	int64_t hits_start; /* what their times count from */

	/* scratch, kept between clusters */
	struct kernel_hits *picked;
	VEC(struct cluster) clusters; /* those whose memory has been asked for */
	VEC(struct cursor) cursors;
	VEC(struct kernel_block) blocks;
	VEC(struct visit) loose; /* put aside to be joined */
	VEC(int32_t) times;      /* probe columns */
	VEC(struct sort_pair) order;
	probe_vec sorted;
};

/* `scratch` is two, of any content, and lives as long as the sweep. */
void sweep_init(struct sweep *s, const struct trace_view *v, const struct trace_ask *ask,
		struct sweep_owner *owner, struct kernel_hits *scratch);
void sweep_release(struct sweep *s);
/* `probes` is put into order of place. */
MUST_CHECK enum err sweep_probes(struct sweep *s, probe_vec *probes, uint32_t generation);
#endif
