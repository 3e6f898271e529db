/*
 * meet.h - one cluster of probes against the visits of its place. Part of the sweep.
 */
#ifndef ENGINE_TRACE_MEET_H
#define ENGINE_TRACE_MEET_H
#include "engine/trace/sweep.h"

/* A place's visits in one part. */
struct cursor {
	const struct part *part;
	struct segment_place record;
	size_t i_run, end_run;
	bool join; /* its visits must all be joined first */
	size_t first, n_blocks;
};

/* Probes of one owner in one place whose times hang together. */
struct cluster {
	const struct probe *probe;
	size_t n;
	int64_t from, to, longest; /* all probes together; the longest one */
	size_t first, n_cursors;
	bool join_all; /* no part can say which of its visits stand alone */
};

/* Read the heads of the cluster's records, and list what blocks there are to be met. */
MUST_CHECK enum err meet_read(struct sweep *s, const struct cluster *c);
/* Hold every visit that was listed against the cluster. */
MUST_CHECK enum err meet_cluster(struct sweep *s, const struct cluster *c);
/* Add the hits that are still waiting. */
MUST_CHECK enum err meet_rest(struct sweep *s);
#endif
