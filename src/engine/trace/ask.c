/* ask.c - the smaller questions: a case's own stays, who else was in a place, how busy it is. */
#include "engine/trace/trace.h"

#include <stdlib.h>
#include <string.h>

#include "engine/trace/stay.h"
#include "base/ban.h"

static enum err no_warrant(struct fault *f)
{
	return fault_set(f, ERR_WARRANT, "没有适用于此查询的凭证", "no warrant for this question");
}

static int stay_order(const void *x, const void *y)
{
	const struct visit *a = x, *b = y;

	if (a->from.v != b->from.v)
		return a->from.v < b->from.v ? -1 : 1;
	if (a->place.v != b->place.v)
		return a->place.v < b->place.v ? -1 : 1;
	return a->seat < b->seat ? -1 : a->seat > b->seat;
}

enum err trace_stays(const struct trace_view *v, const struct warrant *w, struct arena *a,
		     const struct trace_stay **ret, size_t *ret_n, struct fault *f)
{
	int64_t from = view_window_from(w), to = view_window_to(v, w);
	visit_vec all = { NULL, 0, 0 };
	struct trace_stay *stay;
	enum err e;

	if (w->purpose == TRACE_PURPOSE_NONE || w->to.v <= w->from.v)
		return no_warrant(f);
	if ((e = view_person(v, w->index.v, from, to, &all)))
		goto out;
	stay_join(&all, v->horizon, from, to);
	if (all.n)
		qsort(all.v, all.n, sizeof *all.v, stay_order);
	if (!(stay = arena_take(a, all.n + 1, sizeof *stay))) {
		e = ERR_MEMORY;
		goto out;
	}
	for (size_t i = 0; i < all.n; i++)
		stay[i] = (struct trace_stay){ all.v[i].place, all.v[i].seat, all.v[i].from,
					       all.v[i].to };
	*ret = stay;
	*ret_n = all.n;
out:
	vec_drop(&all);
	return e;
}

/* Append a place's visits of one part that meet [from, to). */
static enum err place_visits(const struct part *p, uint32_t place, int64_t from, int64_t to,
			     visit_vec *out)
{
	struct segment_place record;
	struct kernel_visits all;
	struct kernel_block b;
	uint32_t at = 0;
	bool more;
	enum err e;

	if (p->run) {
		size_t i, end;
		run_place(p->run, place, from, to, &i, &end);
		for (; i < end; i++)
			if (vec_push(out, p->run->by_place[i]))
				return ERR_MEMORY;
		return OK;
	}
	if ((e = segment_place_open(p->seg, place, &record)))
		return e;
	while (!(e = segment_place_next(&record, 0, INT32_MAX, 0, &at, &b, &more)) && more) {
		kernel_best()->unpack(&b, &all);
		for (uint32_t i = 0; i < b.n; i++) {
			struct visit x = { { all.person[i] },
					   { place },
					   { 0 },
					   { 0 },
					   segment_block_seat(&b, i) };
			segment_block_times(&b, i, &x.from.v, &x.to.v);
			x.from.v += p->start;
			x.to.v += x.to.v == TRACE_STILL ? 0 : p->start;
			if (vec_push(out, x))
				return ERR_MEMORY;
		}
	}
	return e;
}

static int attendance_order(const void *x, const void *y)
{
	return visit_cmp(x, y);
}

/* All visits of a place that meet [from, to), each once, by from; `to` as it was told. */
static enum err place_all(const struct trace_view *v, uint32_t place, int64_t from, int64_t to,
			  visit_vec *out)
{
	size_t n = 0;
	enum err e = OK;

	for (size_t i = 0; i < v->n_parts && !e; i++) {
		const struct part *p = &v->part[i];
		size_t n0 = out->n, kept = n0;
		if (p->start >= to || p->end <= from)
			continue;
		e = place_visits(p, place, from, to, out);
		for (size_t k = n0; k < out->n; k++) {
			const struct visit *x = &out->v[k];
			if (x->from.v < to && visit_end(x, v->horizon) > from &&
			    !view_hides(v, p, x))
				out->v[kept++] = *x;
		}
		out->n = kept;
	}
	if (e || !out->n)
		return e;
	qsort(out->v, out->n, sizeof *out->v, attendance_order);
	for (size_t i = 0; i < out->n; i++)
		if (!n || visit_cmp(&out->v[n - 1], &out->v[i]) != 0)
			out->v[n++] = out->v[i];
	out->n = n;
	return OK;
}

enum err trace_attendance(const struct trace_view *v, const struct warrant *w,
			  struct place_id place, struct utc_s from, struct utc_s to,
			  struct arena *a, const struct visit **ret, size_t *ret_n, struct fault *f)
{
	const struct trace_stay *stay;
	struct visit *copy;
	visit_vec all = { NULL, 0, 0 };
	size_t n, i = 0;
	enum err e;

	if ((e = trace_stays(v, w, a, &stay, &n, f)))
		return e;
	while (i < n && stay[i].place.v != place.v)
		i++;
	if (i == n)
		return no_warrant(f);
	if (!(e = place_all(v, place.v, from.v, to.v, &all))) {
		if ((copy = arena_take(a, all.n + 1, sizeof *copy))) {
			size_t kept = 0;
			/* Who came at the horizon and is still there has met nobody yet. */
			for (size_t k = 0; k < all.n; k++)
				if (all.v[k].from.v < visit_end(&all.v[k], v->horizon))
					copy[kept++] = all.v[k];
			*ret = copy;
			*ret_n = kept;
		} else {
			e = ERR_MEMORY;
		}
	}
	vec_drop(&all);
	return e;
}

enum err trace_place_busy(const struct trace_view *v, struct place_id place, struct trace_busy *ret,
			  struct fault *f)
{
	struct trace_busy busy = { 0, 0 };
	visit_vec all = { NULL, 0, 0 };
	enum err e = place_all(v, place.v, INT64_MIN, INT64_MAX, &all);
	int64_t day = INT64_MIN;

	for (size_t i = 0; i < all.n && !e; i++) {
		int64_t of = view_day(v, all.v[i].from.v);
		busy.visits++;
		busy.days += of != day ? 1 : 0;
		day = of;
	}
	vec_drop(&all);
	if (e)
		return fault_set(f, e, "%s", "%s", err_en(e));
	*ret = busy;
	return OK;
}
