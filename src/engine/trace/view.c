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

static size_t n_chunks(uint32_t n_ids)
{
	return (n_ids + (size_t)REACH_CHUNK - 1) / REACH_CHUNK;
}

void reach_release(struct reach *r)
{
	if (!r || atomic_fetch_sub(&r->holders, 1) != 1)
		return;
	for (int side = 0; side < SEGMENT_SIDES; side++) {
		struct reach_side *s = &r->side[side];
		for (size_t i = 0; s->chunk && i < n_chunks(s->n_ids); i++)
			mem_drop(atomic_load(&s->chunk[i]));
		mem_drop((void *)s->chunk);
	}
	mem_drop(r);
}

static bool same_segments(const struct trace_view *v, const struct trace_view *old)
{
	if (!old || v->n_segments != old->n_segments)
		return false;
	for (size_t i = 0; i < v->n_segments; i++)
		if (v->part[i].seg != old->part[i].seg)
			return false;
	return true;
}

enum err reach_of(const struct trace_view *v, const struct trace_view *old, struct reach **ret)
{
	*ret = NULL;
	if (!v->n_segments)
		return OK;
	if (same_segments(v, old)) {
		atomic_fetch_add(&old->reach->holders, 1);
		*ret = old->reach;
		return OK;
	}
	struct reach *r = mem_take(1, sizeof *r);
	if (!r)
		return ERR_MEMORY;
	atomic_init(&r->holders, 1);
	r->words = (v->n_segments + REACH_IN_WORD - 1) / REACH_IN_WORD;
	for (int side = 0; side < SEGMENT_SIDES; side++) {
		struct reach_side *s = &r->side[side];
		for (size_t i = 0; i < v->n_segments; i++) {
			uint32_t n = segment_n_ids(v->part[i].seg, (enum segment_side)side);
			s->n_ids = n > s->n_ids ? n : s->n_ids;
		}
		if (!(s->chunk = mem_take(n_chunks(s->n_ids), sizeof *s->chunk))) {
			reach_release(r);
			return ERR_MEMORY;
		}
	}
	*ret = r;
	return OK;
}

/* Enter what segment i says of the ids of a chunk. */
static enum err enter_segment(const struct trace_view *v, enum segment_side side, size_t i_chunk,
			      size_t i, uint64_t *words)
{
	enum { GROUPS = REACH_CHUNK / SEGMENT_GROUP };
	const struct trace_segment *seg = v->part[i].seg;
	uint32_t first = (uint32_t)i_chunk * GROUPS;
	uint32_t last = (segment_n_ids(seg, side) - 1) / SEGMENT_GROUP;
	const struct segment_group *g;
	size_t step = v->reach->words;
	enum err e = segment_groups(seg, side, first, GROUPS, &g);

	if (e || !g)
		return e;
	words += i / REACH_IN_WORD;
	for (uint32_t k = 0; k < GROUPS && first + k <= last; k++)
		for (uint32_t id = 0; id < SEGMENT_GROUP; id++, words += step)
			*words |= (uint64_t)(g[k].reach[id / 2] >> (id % 2 * 4) & 15)
				  << (i % REACH_IN_WORD * 4);
	return OK;
}

/* Put the greatest reach of each id on top of its words. */
static void enter_greatest(uint64_t *words, size_t n_words)
{
	const unsigned top = 4 * REACH_IN_WORD;

	for (size_t id = 0; id < REACH_CHUNK; id++, words += n_words) {
		uint64_t most = 0;
		for (size_t w = 0; w < n_words; w++)
			for (uint64_t x = words[w]; x; x >>= 4)
				most = (x & 15) > most ? x & 15 : most;
		for (size_t w = 0; w < n_words; w++)
			words[w] |= most << top;
	}
}

/* Two readers may fill one chunk at once: the first to be done is kept. */
static enum err fill_chunk(const struct trace_view *v, enum segment_side side, size_t i_chunk,
			   const uint64_t **ret)
{
	reach_chunk *at = &v->reach->side[side].chunk[i_chunk];
	uint64_t *kept = NULL;
	uint64_t *made = mem_take(REACH_CHUNK * v->reach->words, sizeof *made);
	enum err e = made ? OK : ERR_MEMORY;

	for (size_t i = 0; i < v->n_segments && !e; i++)
		e = enter_segment(v, side, i_chunk, i, made);
	if (e) {
		mem_drop(made);
		return e;
	}
	enter_greatest(made, v->reach->words);
	*ret = made;
	if (!atomic_compare_exchange_strong(at, &kept, made)) {
		mem_drop(made);
		*ret = kept;
	}
	return OK;
}

enum err view_reach(const struct trace_view *v, enum segment_side side, uint32_t id,
		    const uint64_t **ret)
{
	const uint64_t *chunk;
	enum err e;

	*ret = NULL;
	if (!v->reach || id >= v->reach->side[side].n_ids)
		return OK;
	chunk = atomic_load_explicit(&v->reach->side[side].chunk[id / REACH_CHUNK],
				     memory_order_acquire);
	if (!chunk && (e = fill_chunk(v, side, id / REACH_CHUNK, &chunk)))
		return e;
	*ret = chunk + id % REACH_CHUNK * v->reach->words;
	return OK;
}

size_t view_first(const struct trace_view *v, const uint64_t *reach, int64_t from)
{
	unsigned most = (unsigned)(reach[0] >> 4 * REACH_IN_WORD);
	size_t low = 0, high = v->n_segments;

	if (!most)
		return high;
	if (most >= SEGMENT_REACH_MAX)
		return 0;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (v->part[mid].start + most * (int64_t)SEGMENT_SPAN_S > from)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

void view_want(const struct trace_view *v, enum segment_side side, uint32_t id, int64_t from,
	       int64_t to, int step)
{
	const uint64_t *reach;

	if (view_reach(v, side, id, &reach) || !reach)
		return;
	if (step == 1) {
		__builtin_prefetch(reach);
		return;
	}
	for (size_t i = view_first(v, reach, from); i < v->n_segments; i++) {
		if (v->part[i].start >= to)
			break;
		if (!view_needs(v, reach, i, from))
			continue;
		if (step == 2)
			segment_want_group(v->part[i].seg, side, id);
		else
			segment_want_record(v->part[i].seg, side, id);
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

enum err view_person(const struct trace_view *v, uint32_t person, int64_t from, int64_t to,
		     visit_vec *out)
{
	const uint64_t *reach;
	enum err e;

	if (person == TRACE_NONE)
		return OK;
	if ((e = view_reach(v, SEGMENT_PERSONS, person, &reach)))
		return e;
	for (size_t i = reach ? view_first(v, reach, from) : v->n_segments; i < v->n_parts; i++) {
		const struct part *p = &v->part[i];
		size_t n0 = out->n;
		if (p->start >= to || p->end <= from || (p->seg && !view_needs(v, reach, i, from)))
			continue;
		e = p->run ? run_visits(p->run, person, from, to, out)
			   : segment_person_visits(p->seg, person, out);
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
