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
 * Per id, the greatest reach it has in any segment, a nibble each as in a segment. It spares a
 * query from asking every day of two weeks whether somebody's long stay began there.
 */
struct reach {
	_Atomic unsigned holders;
	uint32_t n_ids[SEGMENT_SIDES];
	uint8_t *side[SEGMENT_SIDES];
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

/* The reach of the segments, made from that of `old` (may be NULL) where it only grew. */
MUST_CHECK enum err reach_of(const struct trace_view *v, const struct trace_view *old,
			     struct reach **ret);
void reach_release(struct reach *r);
/* The first segment in which the id can have a visit that lasts past `from`. */
size_t view_first(const struct trace_view *v, enum segment_side side, uint32_t id, int64_t from);
/* Whether a visit of that reach, in a segment that starts there, can last past `from`. */
static inline bool reach_past(unsigned reach, int64_t start, int64_t from)
{
	return reach >= SEGMENT_REACH_MAX ||
	       (reach && start + reach * (int64_t)SEGMENT_SPAN_S > from);
}
/*
 * Whether a segment must be opened for an id that view_first() has admitted: on the day itself
 * always, for an earlier one only if the id's own reach there is long enough.
 */
MUST_CHECK enum err view_reaches(const struct part *p, enum segment_side side, uint32_t id,
				 int64_t from, bool *ret);
/* Ask for the memory of an id whose turn comes later; call with steps 1 to VIEW_STEPS in turn. */
enum { VIEW_STEPS = 4 };
void view_look_ahead(const struct trace_view *v, enum segment_side side, uint32_t id, int64_t from,
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
