/*
 * chain.h - who may have infected whom: a graph over a set of cases that respects time.
 *
 * An edge i -> j stands when case j was a first-generation contact of case i by at least one
 * counted encounter (so: inside i's infectious window) that meets the span in which j must have
 * been exposed. A given link (a infected b) is a fact: it is an edge whatever the visits say,
 * and b then has no computed infector. Nodes are the caller's numbers 0 .. n_nodes-1; a node
 * may have no case (a person known from given links alone) or several (infected twice).
 *
 * Life:     trace_chain_build -> read the arrays, or write them out -> the arena goes.
 * Shapes:   5,000 cases and 20,000 edges in 200 ms beside the engine's own sweep. Degrees and
 *           generations O(edges); descendants O(nodes * edges / 64), with 32 MiB of scratch.
 * Units:    UTC seconds, half-open; overlaps in seconds; times may be TRACE_NEVER, TRACE_STILL.
 * Memory:   all of it in the caller's arena. The writers append to a buf.
 * Threads:  pure; one arena per thread.
 * Errors:   ERR_RANGE a node beyond n_nodes, a link from a node to itself, a reversed span.
 *           Else as trace_contacts. On error nothing is written to `ret`.
 * Source:   docs/adr/0004-chains.md
 */
#ifndef ENGINE_TRACE_CHAIN_H
#define ENGINE_TRACE_CHAIN_H
#include "base/base.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/when.h"
#include "engine/trace/trace.h"

struct trace_chain_case {
	uint32_t node;
	struct warrant warrant; /* contact tracing: person and infectious window. One generation
				 * is asked whatever it says. index TRACE_NONE: not in the visits */
	bool exposure_known;    /* else the exposure lies before warrant.from */
	struct utc_s exposed_from, exposed_to; /* from may be TRACE_NEVER, to TRACE_STILL */
};

/* a infected b. Both times TRACE_NEVER: undated. Rows that say the same edge become one. */
struct trace_chain_given {
	uint32_t a, b;
	struct utc_s from, to;
};

struct trace_chain_ask {
	size_t n_nodes;
	size_t n_cases;
	const struct trace_chain_case *cases;
	size_t n_given;
	const struct trace_chain_given *given; /* do not repeat these in contacts->named */
	const struct trace_view *view;         /* NULL: given links alone make the graph. Named
						* contacts without visits: an empty set's view */
	const struct trace_ask *contacts;      /* rules, world, named; not read without a view */
};

enum { TRACE_CHAIN_NO_GENERATION = -1 };

struct trace_chain_node {
	uint32_t in_degree;   /* distinct possible infectors */
	uint32_t offspring;   /* distinct possible infected */
	int32_t generation;   /* fewest steps from any node of in_degree 0, or NO_GENERATION */
	uint32_t descendants; /* distinct nodes reachable in one step or more: on a cycle a node
			       * counts itself too */
	bool is_case;
	bool on_cycle;
};

struct trace_chain_edge {
	uint32_t from, to;     /* nodes */
	bool given;            /* else computed */
	bool against_time;     /* given, yet the windows of both leave no moment for it */
	uint8_t klass;         /* nearest class among its encounters; TRACE_CLASS_N: none */
	uint32_t n_encounters; /* that meet the exposure span; 0 for a given link with no visits */
	uint64_t overlap_s;    /* sum over them */
	struct utc_s first, last; /* earliest from and latest to, of encounters and dated given
				   * links; TRACE_NEVER if none is dated */
	size_t i_encounter;       /* its encounters are encounter[i_encounter ...] */
};

struct trace_chain {
	size_t n_nodes;
	const struct trace_chain_node *node;
	size_t n_edges;
	const struct trace_chain_edge *edge; /* by from, then to; each pair once */
	size_t n_encounters;
	const struct trace_encounter *encounter; /* by edge, then as the engine gave them */
};

MUST_CHECK enum err trace_chain_build(const struct trace_chain_ask *ask, struct arena *a,
				      struct trace_chain *ret, struct fault *f);

/* The node figures of any set of edges (from, to read; sorted, each pair once, none to itself). */
MUST_CHECK enum err trace_chain_measure(size_t n_nodes, const struct trace_chain_edge *edge,
					size_t n_edges, struct arena *a,
					struct trace_chain_node *ret_node);

/* What a writer must be told. Texts are valid UTF-8 and live until the writer returns. */
struct trace_chain_text {
	struct str (*node)(uint32_t node, void *arg);
	struct str (*place)(struct place_id place, void *arg); /* NULL: places are left out */
	void *arg;
	const struct zone *zone; /* NULL: times are written as Unix seconds, else as ISO 8601 */
};

/*
 * JSON: {"nodes":[{id, case, in_degree, offspring, generation|null, descendants, on_cycle}],
 *        "edges":[{from, to, given, against_time, class|null, encounters, overlap_s,
 *                  first_exposure|null, last_exposure|null, places:[]}]}, from and to being ids.
 * GraphML: nodes n0 .. with the id as data "id"; what XML cannot hold becomes U+FFFD.
 * DOT: nodes n0 .. with the id as label; given edges are solid, computed ones dashed. No colours.
 * A failure of the buffer stays in out->failed.
 */
void trace_chain_json(const struct trace_chain *c, const struct trace_chain_text *t,
		      struct buf *out);
void trace_chain_graphml(const struct trace_chain *c, const struct trace_chain_text *t,
			 struct buf *out);
void trace_chain_dot(const struct trace_chain *c, const struct trace_chain_text *t,
		     struct buf *out);
#endif
