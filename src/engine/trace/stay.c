/* stay.c - see stay.h. */
#include "engine/trace/stay.h"

#include <stdlib.h>

#include "base/ban.h"

static bool before(const struct visit *a, const struct visit *b)
{
	if (a->place.v != b->place.v)
		return a->place.v < b->place.v;
	if (a->seat != b->seat)
		return a->seat < b->seat;
	return a->from.v < b->from.v;
}

static int order(const void *a, const void *b)
{
	return before(b, a) - before(a, b);
}

static void sort_visits(visit_vec *v)
{
	enum { FEW = 48 };

	if (v->n > FEW) {
		qsort(v->v, v->n, sizeof *v->v, order);
		return;
	}
	for (size_t i = 1; i < v->n; i++) {
		struct visit x = v->v[i];
		size_t j = i;
		for (; j && before(&x, &v->v[j - 1]); j--)
			v->v[j] = v->v[j - 1];
		v->v[j] = x;
	}
}

void stay_join(visit_vec *v, int64_t horizon, int64_t from, int64_t to)
{
	size_t n = 0;

	for (size_t i = 0; i < v->n; i++) {
		struct visit x = v->v[i];
		x.to.v = min_i64(visit_end(&x, horizon), to);
		x.from.v = max_i64(x.from.v, from);
		if (x.from.v < x.to.v)
			v->v[n++] = x;
	}
	v->n = n;
	sort_visits(v);
	n = 0;
	for (size_t i = 0; i < v->n; i++) {
		const struct visit *x = &v->v[i];
		struct visit *last = n ? &v->v[n - 1] : NULL;
		if (last && last->place.v == x->place.v && last->seat == x->seat &&
		    x->from.v <= last->to.v)
			last->to.v = max_i64(last->to.v, x->to.v);
		else
			v->v[n++] = *x;
	}
	v->n = n;
}

enum err stay_probes(const struct trace_view *v, const struct probe *like, struct stay_lag lag,
		     visit_vec *scratch, probe_vec *out)
{
	struct probe *last = NULL;
	enum err e;

	scratch->n = 0;
	if ((e = view_person(v, like->via, like->from, like->to, scratch)))
		return e;
	stay_join(scratch, v->horizon, like->from, like->to);
	for (size_t i = 0; i < scratch->n; i++) {
		const struct visit *x = &scratch->v[i];
		struct probe p = { x->from.v - lag.before,
				   x->to.v + lag.after,
				   x->place.v,
				   x->seat,
				   like->via,
				   like->owner };
		if (last && last->place == p.place && last->seat == p.seat && p.from <= last->to) {
			last->to = max_i64(last->to, p.to);
			continue;
		}
		if (vec_push(out, p))
			return ERR_MEMORY;
		last = &out->v[out->n - 1];
	}
	return OK;
}

enum err stay_total(const struct trace_view *v, uint32_t person, uint32_t place, int64_t from,
		    int64_t to, int64_t *ret)
{
	visit_vec all = { NULL, 0, 0 };
	size_t n = 0;
	enum err e = view_person(v, person, from, to, &all);

	*ret = 0;
	for (size_t i = 0; i < all.n; i++)
		if (all.v[i].place.v == place)
			all.v[n++] = all.v[i];
	all.n = n;
	stay_join(&all, v->horizon, from, to);
	for (size_t i = 0; i < all.n; i++)
		*ret += all.v[i].to.v - all.v[i].from.v;
	vec_drop(&all);
	return e;
}
