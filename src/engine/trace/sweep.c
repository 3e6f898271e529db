/* sweep.c - see sweep.h. */
#include "engine/trace/sweep.h"

#include <stdlib.h>

#include "engine/trace/meet.h"
#include "base/ban.h"

enum { AHEAD = 24 }; /* clusters whose memory is asked for together */

void sweep_init(struct sweep *s, const struct trace_view *v, const struct trace_ask *ask,
		struct sweep_owner *owner, struct kernel_hits *scratch)
{
	*s = (struct sweep){ .v = v, .ask = ask, .owner = owner, .kernel = kernel_best() };
	s->hits = &scratch[0];
	s->picked = &scratch[1];
	s->hits->n = 0;
	s->picked->shift = 0;
	s->pairs = ask->proof || ask->rules->cumulative_s;
}

void sweep_release(struct sweep *s)
{
	vec_drop(&s->clusters);
	vec_drop(&s->cursors);
	vec_drop(&s->blocks);
	vec_drop(&s->loose);
	vec_drop(&s->times);
	vec_drop(&s->order);
	vec_drop(&s->sorted);
}

static int probe_order(const void *x, const void *y)
{
	const struct probe *a = x, *b = y;

	return a->from < b->from ? -1 : a->from > b->from;
}

static void sort_by_from(struct probe *p, size_t n)
{
	enum { FEW = 24 };

	if (n > FEW) {
		qsort(p, n, sizeof *p, probe_order);
		return;
	}
	for (size_t i = 1; i < n; i++) {
		struct probe x = p[i];
		size_t j = i;
		for (; j && p[j - 1].from > x.from; j--)
			p[j] = p[j - 1];
		p[j] = x;
	}
}

/* By place, then owner, then from. */
static enum err sort_probes(struct sweep *s, probe_vec *p)
{
	s->order.n = s->sorted.n = 0;
	if (vec_reserve(&s->order, 2 * p->n) || vec_reserve(&s->sorted, p->n))
		return ERR_MEMORY;
	for (size_t i = 0; i < p->n; i++)
		s->order.v[i] = (struct sort_pair){ (uint64_t)p->v[i].place << 16 | p->v[i].owner,
						    (uint32_t)i };
	sort_pairs(s->order.v, s->order.v + p->n, p->n);
	for (size_t i = 0; i < p->n; i++)
		s->sorted.v[i] = p->v[s->order.v[i].row];
	for (size_t i = 0, j; i < p->n; i = j) {
		for (j = i + 1; j < p->n && s->order.v[j].key == s->order.v[i].key;)
			j++;
		if (j - i > 1)
			sort_by_from(&s->sorted.v[i], j - i);
	}
	probe_vec t = *p;
	*p = s->sorted;
	p->n = t.n;
	s->sorted = t;
	return OK;
}

/* The probes of one cluster, from p[0] on. */
static struct cluster cut_cluster(const struct probe *p, size_t n)
{
	struct cluster c = { .probe = p, .n = 1, .from = p->from, .to = p->to };

	c.longest = c.to - c.from;
	for (;
	     c.n < n && p[c.n].place == p->place && p[c.n].owner == p->owner && p[c.n].from < c.to;
	     c.n++) {
		c.to = max_i64(c.to, p[c.n].to);
		c.longest = max_i64(c.longest, p[c.n].to - p[c.n].from);
	}
	return c;
}

/* The parts in which the place has visits that may meet the cluster. */
static enum err find_parts(struct sweep *s, struct cluster *c)
{
	const struct trace_view *v = s->v;
	uint32_t place = c->probe->place;
	const uint64_t *reach;
	enum err e;

	c->first = s->cursors.n;
	c->join_all = v->graves;
	if ((e = view_reach(v, SEGMENT_PLACES, place, &reach)))
		return e;
	for (size_t i = reach ? view_first(v, reach, c->from) : v->n_segments; i < v->n_parts;
	     i++) {
		struct cursor cursor = { .part = &v->part[i] };
		const struct part *p = cursor.part;
		if (p->start >= c->to || p->end <= c->from)
			continue;
		if (p->run) {
			run_place(p->run, place, c->from, c->to, &cursor.i_run, &cursor.end_run);
			if (cursor.i_run == cursor.end_run)
				continue;
			c->join_all = true;
		} else {
			if (!view_needs(v, reach, i, c->from))
				continue;
			segment_want_group(p->seg, SEGMENT_PLACES, place);
		}
		if (vec_push(&s->cursors, cursor))
			return ERR_MEMORY;
	}
	c->n_cursors = s->cursors.n - c->first;
	return OK;
}

static enum err find_records(struct sweep *s, struct cluster *c)
{
	struct cursor *at = &s->cursors.v[c->first];
	size_t n = 0;
	enum err e;

	for (size_t i = 0; i < c->n_cursors; i++) {
		const struct part *p = at[i].part;
		if (p->seg) {
			if ((e = segment_place_find(p->seg, c->probe->place, &at[i].record)))
				return e;
			if (!at[i].record.p)
				continue;
			segment_want_bytes(at[i].record.p, at[i].record.bytes);
			if (n && at[n - 1].part->start == p->start)
				c->join_all = true;
		}
		at[n++] = at[i];
	}
	c->n_cursors = n;
	return OK;
}

/*
 * A few clusters at a time, one step of each after another, so that the memory they need comes
 * together: first their reach, then the groups of their records, the records, the blocks.
 */
static enum err sweep_some(struct sweep *s, const struct probe *p, size_t n, size_t *i)
{
	struct cluster *c;
	size_t n_clusters;
	enum err e;

	s->clusters.n = s->cursors.n = s->blocks.n = 0;
	if (vec_reserve(&s->clusters, AHEAD))
		return ERR_MEMORY;
	c = s->clusters.v;
	for (n_clusters = 0; n_clusters < AHEAD && *i < n; *i += c[n_clusters++].n) {
		c[n_clusters] = cut_cluster(&p[*i], n - *i);
		view_want(s->v, SEGMENT_PLACES, p[*i].place, 0, 0, 1);
	}
	for (size_t k = 0; k < n_clusters; k++)
		if ((e = find_parts(s, &c[k])))
			return e;
	for (size_t k = 0; k < n_clusters; k++)
		if ((e = find_records(s, &c[k])))
			return e;
	for (size_t k = 0; k < n_clusters; k++)
		if ((e = meet_read(s, &c[k])))
			return e;
	for (size_t k = 0; k < n_clusters; k++) {
		const struct sweep_owner *o = &s->owner[c[k].probe->owner];
		if ((e = meet_cluster(s, &c[k])))
			return e;
		if (tally_met(&o->tally) > o->limit)
			return ERR_FULL;
	}
	return OK;
}

enum err sweep_probes(struct sweep *s, probe_vec *probes, uint32_t generation)
{
	enum err e = OK;

	s->generation = generation;
	if (!probes->n)
		return OK;
	if ((e = sort_probes(s, probes)))
		return e;
	for (size_t i = 0; i < probes->n && !e;)
		e = sweep_some(s, probes->v, probes->n, &i);
	return e ? e : meet_rest(s);
}
