/*
 * view.h - a moment of a set, inside the engine: its parts, its horizon, what was withdrawn.
 */
#ifndef ENGINE_TRACE_VIEW_H
#define ENGINE_TRACE_VIEW_H
#include "base/base.h"
#include "engine/trace/run.h"
#include "engine/trace/segment.h"

struct part {
	struct trace_segment *seg; /* one of the two */
	struct run *run;
	uint64_t age;  /* of its newest visit, in acts of the set */
	int64_t start; /* no visit begins before */
	int64_t end;   /* no visit lasts past; INT64_MAX: somebody is still there */
};

/* A withdrawn visit is gone from every part that is older than the act. */
struct grave {
	struct visit visit;
	uint64_t age;
};
struct graves {
	_Atomic unsigned holders;
	size_t n;
	struct grave *grave; /* by visit_cmp, then age */
};

/*
 * What the segments' directories say of an id's reach, side by side: a nibble a segment, fifteen in
 * a word, and in the highest nibble of each word the greatest of all. So one line of memory tells
 * which days must be opened, and a stay that began two weeks ago costs no look into every day
 * between. Filled where it is first asked, a chunk of ids at a time.
 */
enum { REACH_CHUNK = 4096, REACH_IN_WORD = 15 };
typedef _Atomic(uint64_t *) reach_chunk;
struct reach {
	_Atomic unsigned holders;
	size_t words; /* an id */
	struct reach_side {
		uint32_t n_ids;
		reach_chunk *chunk;
	} side[SEGMENT_SIDES];
};

struct trace_view {
	_Atomic unsigned holders;
	size_t n_parts, n_segments; /* segments first, by start */
	struct part *part;
	struct reach *reach;   /* NULL: no segments */
	struct graves *graves; /* NULL: none */
	bool twice;            /* two segments share a day */
	int64_t horizon;
	uint64_t n_visits;
	const struct zone *zone;
};

bool view_hides(const struct trace_view *v, const struct part *p, const struct visit *x);

/* The reach of the segments; that of `old` (may be NULL) if they are the same. */
MUST_CHECK enum err reach_of(const struct trace_view *v, const struct trace_view *old,
			     struct reach **ret);
void reach_release(struct reach *r);
/* The words of an id; NULL if no segment can have a record of it. */
MUST_CHECK enum err view_reach(const struct trace_view *v, enum segment_side side, uint32_t id,
			       const uint64_t **ret);
/* The first segment in which that id can have a visit that lasts past `from`. */
size_t view_first(const struct trace_view *v, const uint64_t *reach, int64_t from);
/* Whether segment i has a record of the id with a visit that may last past `from`. */
static inline bool view_needs(const struct trace_view *v, const uint64_t *reach, size_t i,
			      int64_t from)
{
	unsigned nibble = reach[i / REACH_IN_WORD] >> (i % REACH_IN_WORD * 4) & 15;

	return nibble >= SEGMENT_REACH_MAX ||
	       (nibble && v->part[i].start + nibble * (int64_t)SEGMENT_SPAN_S > from);
}
/* Ask for the memory of an id whose turn comes later; call with steps 1 to VIEW_STEPS in turn. */
enum { VIEW_STEPS = 3 };
void view_want(const struct trace_view *v, enum segment_side side, uint32_t id, int64_t from,
	       int64_t to, int step);

/* Append the visits of a person that meet [from, to), of all parts, raw; TRACE_STILL as such. */
MUST_CHECK enum err view_person(const struct trace_view *v, uint32_t person, int64_t from,
				int64_t to, visit_vec *out);
/* Append every visit of one part. */
MUST_CHECK enum err view_part_visits(const struct trace_view *v, const struct part *p,
				     visit_vec *out);
/* A warrant's window, its open end closed, inside the times that visits can have. */
static inline int64_t view_window_from(const struct warrant *w)
{
	return max_i64(w->from.v, 2 * WHEN_MIN_S);
}
static inline int64_t view_window_to(const struct trace_view *v, const struct warrant *w)
{
	return w->to.v == TRACE_STILL ? v->horizon : min_i64(w->to.v, 2 * WHEN_MAX_S);
}
static inline int64_t view_day(const struct trace_view *v, int64_t t)
{
	return zone_day_of(v->zone, (struct utc_s){ t });
}
#endif
