/*
 * stay.h - a person's visits joined into stays, and a case's stays made into probes.
 */
#ifndef ENGINE_TRACE_STAY_H
#define ENGINE_TRACE_STAY_H
#include "engine/trace/trace.h"
#include "engine/trace/view.h"

/* One stretch of danger in a place: a clipped, lengthened, joined stay of `via`. */
struct probe {
	int64_t from, to;
	uint32_t place, seat, via, owner;
};
typedef VEC(struct probe) probe_vec;

/* Join v's visits in place: sorted by place, seat, from; `to` resolved; clipped to [from, to). */
void stay_join(visit_vec *v, int64_t horizon, int64_t from, int64_t to);
struct stay_lag {
	int64_t before, after;
}; /* by how much a stay is lengthened */
/* A person's probes in [from, to), appended. `scratch` is emptied. */
MUST_CHECK enum err stay_probes(const struct trace_view *v, const struct probe *like,
				struct stay_lag lag, visit_vec *scratch, probe_vec *out);
/* Seconds that a person's stays in a place, of any seat, sum up to inside [from, to). */
MUST_CHECK enum err stay_total(const struct trace_view *v, uint32_t person, uint32_t place,
			       int64_t from, int64_t to, int64_t *ret);
#endif
