/* view.c - reading a moment of a set. See view.h. */
#include "engine/trace/view.h"

#include <stdatomic.h>
#include <string.h>

#include "base/memory.h"
#include "base/ban.h"

struct utc_s trace_view_horizon(const struct trace_view *v)
{
	return (struct utc_s){ v->horizon };
}
uint64_t trace_view_visits(const struct trace_view *v)
{
	return v->n_visits;
}
const char *trace_kernel(void)
{
	return kernel_best()->name;
}

bool view_hides(const struct trace_view *v, const struct part *p, const struct visit *x)
{
	size_t low = 0, high = v->graves ? v->graves->n : 0, end = high;

	if (!high)
		return false;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (visit_cmp(&v->graves->grave[mid].visit, x) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < end && visit_cmp(&v->graves->grave[low].visit, x) == 0; low++)
		if (v->graves->grave[low].age > p->age)
			return true;
	return false;
}

/* ---- reach ------------------------------------------------------------------------------ */

void reach_release(struct reach *r)
{
	if (!r || atomic_fetch_sub(&r->holders, 1) != 1)
		return;
	for (int side = 0; side < SEGMENT_SIDES; side++)
		mem_drop(r->side[side]);
	mem_drop(r);
}

/* Whether v has every segment of old, and whether it has others too. */
static bool has_all_of(const struct trace_view *v, const struct trace_view *old, bool *ret_more)
{
	size_t k = 0;

	for (size_t i = 0; i < v->n_segments && k < old->n_segments; i++)
		k += v->part[i].seg == old->part[k].seg ? 1 : 0;
	*ret_more = v->n_segments > old->n_segments;
	return k == old->n_segments;
}

static bool is_of(const struct trace_segment *seg, const struct trace_view *old)
{
	for (size_t i = 0; old && i < old->n_segments; i++)
		if (old->part[i].seg == seg)
			return true;
	return false;
}

static enum err reach_new(const struct trace_view *v, const struct trace_view *base,
			  struct reach **ret)
{
	struct reach *r = mem_take(1, sizeof *r);
	enum err e = r ? OK : ERR_MEMORY;

	if (r)
		atomic_init(&r->holders, 1);
	for (int side = 0; side < SEGMENT_SIDES && !e; side++) {
		for (size_t i = 0; i < v->n_segments; i++) {
			uint32_t n = segment_n_ids(v->part[i].seg, (enum segment_side)side);
			r->n_ids[side] = n > r->n_ids[side] ? n : r->n_ids[side];
		}
		if (!(r->side[side] = mem_take(r->n_ids[side] / 2 + 1, 1))) {
			e = ERR_MEMORY;
			break;
		}
		if (base)
			memcpy(r->side[side], base->reach->side[side],
			       base->reach->n_ids[side] / 2 + 1);
		for (size_t i = 0; i < v->n_segments && !e; i++)
			if (!is_of(v->part[i].seg, base))
				e = segment_reach_max(v->part[i].seg, (enum segment_side)side,
						      r->side[side]);
	}
	if (e)
		reach_release(r);
	else
		*ret = r;
	return e;
}

enum err reach_of(const struct trace_view *v, const struct trace_view *old, struct reach **ret)
{
	bool more = true;

	*ret = NULL;
	if (!v->n_segments)
		return OK;
	if (!old || !old->reach || !has_all_of(v, old, &more))
		return reach_new(v, NULL, ret);
	if (more)
		return reach_new(v, old, ret);
	atomic_fetch_add(&old->reach->holders, 1);
	*ret = old->reach;
	return OK;
}

size_t view_first(const struct trace_view *v, enum segment_side side, uint32_t id, int64_t from)
{
	size_t low = 0, high = v->n_segments;

	if (!v->reach || id >= v->reach->n_ids[side])
		return v->n_segments;
	unsigned reach = v->reach->side[side][id / 2] >> (id % 2 * 4) & 15;
	if (!reach)
		return v->n_segments;
	if (reach >= SEGMENT_REACH_MAX)
		return 0;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (reach_past(reach, v->part[mid].start, from))
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

enum err view_reaches(const struct part *p, enum segment_side side, uint32_t id, int64_t from,
		      bool *ret)
{
	unsigned reach;
	enum err e;

	*ret = true;
	if (p->start + SEGMENT_SPAN_S > from)
		return OK;
	if (!(e = segment_reach(p->seg, side, id, &reach)))
		*ret = reach_past(reach, p->start, from);
	return e;
}

void view_look_ahead(const struct trace_view *v, enum segment_side side, uint32_t id, int64_t from,
		     int64_t to, int step)
{
	if (!v->reach || id >= v->reach->n_ids[side])
		return;
	if (step == 1) {
		__builtin_prefetch(&v->reach->side[side][id / 2]);
		return;
	}
	for (size_t i = view_first(v, side, id, from); i < v->n_segments; i++) {
		if (v->part[i].start >= to)
			break;
		const struct part *p = &v->part[i];
		bool needed = false;
		if (step == 2) {
			if (p->start + SEGMENT_SPAN_S <= from)
				segment_want_reach(p->seg, side, id);
			segment_want_offset(p->seg, side, id);
		} else if (!view_reaches(p, side, id, from, &needed) && needed) {
			if (step == 3)
				segment_want_group(p->seg, side, id);
			else
				segment_want_record(p->seg, side, id);
		}
	}
}

/* ---- visits ----------------------------------------------------------------------------- */

/* Keep what meets [from, to) and is not withdrawn, of out[n0] and on. */
static void keep_meeting(const struct trace_view *v, const struct part *p, int64_t from, int64_t to,
			 visit_vec *out, size_t n0)
{
	size_t n = n0;

	for (size_t i = n0; i < out->n; i++) {
		const struct visit *x = &out->v[i];
		if (x->from.v < to && visit_end(x, v->horizon) > from && !view_hides(v, p, x))
			out->v[n++] = *x;
	}
	out->n = n;
}

static enum err run_visits(const struct run *r, uint32_t person, int64_t from, int64_t to,
			   visit_vec *out)
{
	size_t i, end;

	run_person(r, person, from, to, &i, &end);
	if (vec_reserve(out, out->n + (end - i)))
		return ERR_MEMORY;
	for (; i < end; i++)
		out->v[out->n++] = r->by_person[i];
	return OK;
}

static enum err segment_visits(const struct part *p, uint32_t person, int64_t from, visit_vec *out)
{
	bool needed;
	enum err e = view_reaches(p, SEGMENT_PERSONS, person, from, &needed);

	return e || !needed ? e : segment_person_visits(p->seg, person, out);
}

enum err view_person(const struct trace_view *v, uint32_t person, int64_t from, int64_t to,
		     visit_vec *out)
{
	enum err e;

	if (person == TRACE_NONE)
		return OK;
	for (size_t i = view_first(v, SEGMENT_PERSONS, person, from); i < v->n_parts; i++) {
		const struct part *p = &v->part[i];
		size_t n0 = out->n;
		if (p->start >= to || p->end <= from)
			continue;
		e = p->run ? run_visits(p->run, person, from, to, out)
			   : segment_visits(p, person, from, out);
		if (e)
			return e;
		keep_meeting(v, p, from, to, out, n0);
	}
	return OK;
}

enum err view_part_visits(const struct trace_view *v, const struct part *p, visit_vec *out)
{
	size_t n0 = out->n;
	enum err e = OK;

	if (p->run) {
		if (vec_reserve(out, out->n + p->run->n))
			return ERR_MEMORY;
		for (size_t i = 0; i < p->run->n; i++)
			out->v[out->n++] = p->run->by_place[i];
	} else {
		uint32_t n = segment_n_ids(p->seg, SEGMENT_PERSONS);
		for (uint32_t id = 0; id < n && !e; id++)
			e = segment_person_visits(p->seg, id, out);
	}
	size_t n = n0;
	for (size_t i = n0; i < out->n; i++)
		if (!view_hides(v, p, &out->v[i]))
			out->v[n++] = out->v[i];
	out->n = n;
	return e;
}
