/*
 * set.c - the living set: every act makes a new view and swaps it in.
 *
 * The tail is a row of runs, each less than half its left neighbour: adding one joins those that
 * have grown too alike, like carries in a counter, so a visit is copied about log2(n) times and
 * there are never many runs. A part's age is that of its newest visit; what was withdrawn before
 * a join is left out by it, so an age can stand for all of the joined part. Long because every
 * act on a set shares how parts are copied and swapped.
 */
#include "engine/trace/view.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/ban.h"

struct trace_set {
	const struct zone *zone;
	pthread_mutex_t lock; /* for taking or swapping `now`, never for longer */
	struct trace_view *now;
	uint64_t age; /* acts so far */
};

/* ---- views ------------------------------------------------------------------------------ */

static void graves_release(struct graves *g)
{
	if (!g || atomic_fetch_sub(&g->holders, 1) != 1)
		return;
	mem_drop(g->grave);
	mem_drop(g);
}

static void part_release(struct part *p)
{
	trace_segment_release(p->seg);
	run_release(p->run);
}

static void parts_drop(struct part *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		part_release(&p[i]);
	mem_drop(p);
}

void trace_view_release(const struct trace_view *v)
{
	struct trace_view *own = (struct trace_view *)(uintptr_t)v;

	if (!own || atomic_fetch_sub(&own->holders, 1) != 1)
		return;
	parts_drop(own->part, own->n_parts);
	graves_release(own->graves);
	reach_release(own->reach);
	mem_drop(own);
}

const struct trace_view *trace_set_view(const struct trace_set *s)
{
	struct trace_set *own = (struct trace_set *)(uintptr_t)s;

	pthread_mutex_lock(&own->lock);
	struct trace_view *v = own->now;
	atomic_fetch_add(&v->holders, 1);
	pthread_mutex_unlock(&own->lock);
	return v;
}

static void swap_in(struct trace_set *s, struct trace_view *v)
{
	pthread_mutex_lock(&s->lock);
	struct trace_view *old = s->now;
	s->now = v;
	pthread_mutex_unlock(&s->lock);
	trace_view_release(old);
}

static int part_order(const void *x, const void *y)
{
	const struct part *a = x, *b = y;

	if (!a->seg != !b->seg)
		return a->seg ? -1 : 1;
	if (a->seg && a->start != b->start)
		return a->start < b->start ? -1 : 1;
	return a->age < b->age ? -1 : a->age > b->age;
}

static struct part part_of(struct trace_segment *seg, struct run *run, uint64_t age)
{
	if (seg)
		return (struct part){ .seg = seg,
				      .age = age,
				      .start = segment_start(seg),
				      .end = segment_still(seg) ? INT64_MAX : segment_last(seg) };
	return (struct part){ .run = run,
			      .age = age,
			      .start = run->first,
			      .end = run->still ? INT64_MAX : run->last };
}

static int64_t told_last(const struct part *p)
{
	return p->seg ? segment_last(p->seg) : p->run->last;
}

/* The greatest time of a part; read through only if its last visit may have been withdrawn. */
static enum err part_horizon(const struct trace_view *v, const struct part *p, int64_t *ret)
{
	visit_vec all = { NULL, 0, 0 };
	int64_t told = told_last(p), last = TRACE_NEVER;
	bool doubt = false;
	enum err e;

	for (size_t i = 0; v->graves && i < v->graves->n; i++) {
		const struct grave *g = &v->graves->grave[i];
		doubt |= g->age > p->age && visit_end(&g->visit, g->visit.from.v) == told;
	}
	*ret = told;
	if (!doubt)
		return OK;
	if (!(e = view_part_visits(v, p, &all))) {
		for (size_t i = 0; i < all.n; i++)
			last = max_i64(last, visit_end(&all.v[i], all.v[i].from.v));
		*ret = last;
	}
	vec_drop(&all);
	return e;
}

/* Takes over parts and graves, also on failure. */
static enum err view_new(const struct trace_set *s, struct part *part, size_t n,
			 struct graves *graves, struct trace_view **ret)
{
	struct trace_view *v = mem_take(1, sizeof *v);
	enum err e = OK;

	if (!v) {
		parts_drop(part, n);
		graves_release(graves);
		return ERR_MEMORY;
	}
	atomic_init(&v->holders, 1);
	if (n)
		qsort(part, n, sizeof *part, part_order);
	v->part = part;
	v->n_parts = n;
	v->graves = graves;
	v->zone = s->zone;
	v->horizon = TRACE_NEVER;
	for (size_t i = 0; i < n && !e; i++) {
		int64_t last = TRACE_NEVER;
		const struct part *p = &part[i];
		v->n_segments += p->seg ? 1 : 0;
		v->twice |= i && p->seg && part[i - 1].start == p->start;
		v->n_visits += p->seg ? trace_segment_facts(p->seg).visits : p->run->n;
		e = part_horizon(v, p, &last);
		v->horizon = max_i64(v->horizon, last);
	}
	if (!e)
		e = reach_of(v, s->now, &v->reach);
	if (e)
		trace_view_release(v);
	else
		*ret = v;
	return e;
}

/* A held copy of the parts for which `keep` says so, with room for `extra` more. */
static enum err parts_copy(const struct trace_view *v, size_t extra,
			   bool (*keep)(const struct part *p, int32_t day), int32_t day,
			   struct part **ret, size_t *ret_n)
{
	struct part *part = mem_take(v->n_parts + extra + 1, sizeof *part);
	size_t n = 0;

	if (!part)
		return ERR_MEMORY;
	for (size_t i = 0; i < v->n_parts; i++) {
		if (keep && !keep(&v->part[i], day))
			continue;
		part[n] = v->part[i];
		if (part[n].seg)
			segment_hold(part[n].seg);
		else
			run_hold(part[n].run);
		n++;
	}
	*ret = part;
	*ret_n = n;
	return OK;
}

/* Those graves that some part is older than, held. */
static struct graves *graves_for(const struct trace_view *v, const struct part *part, size_t n)
{
	uint64_t oldest = UINT64_MAX, newest = 0;

	if (!v->graves)
		return NULL;
	for (size_t i = 0; i < n; i++)
		oldest = part[i].age < oldest ? part[i].age : oldest;
	for (size_t i = 0; i < v->graves->n; i++)
		newest = v->graves->grave[i].age > newest ? v->graves->grave[i].age : newest;
	if (newest <= oldest)
		return NULL;
	atomic_fetch_add(&v->graves->holders, 1);
	return v->graves;
}

static enum err swap_parts(struct trace_set *s, struct part *part, size_t n)
{
	struct trace_view *v;
	enum err e = view_new(s, part, n, graves_for(s->now, part, n), &v);

	if (!e)
		swap_in(s, v);
	return e;
}

enum err trace_set_new(const struct zone *zone, struct trace_set **ret)
{
	struct trace_set *s = mem_take(1, sizeof *s);

	if (!s)
		return ERR_MEMORY;
	s->zone = zone;
	if (view_new(s, NULL, 0, NULL, &s->now)) {
		mem_drop(s);
		return ERR_MEMORY;
	}
	pthread_mutex_init(&s->lock, NULL);
	*ret = s;
	return OK;
}

void trace_set_free(struct trace_set *s)
{
	if (!s)
		return;
	trace_view_release(s->now);
	pthread_mutex_destroy(&s->lock);
	mem_drop(s);
}

size_t trace_set_parts(const struct trace_set *s)
{
	return s->now->n_parts;
}

/* ---- adding and withdrawing ------------------------------------------------------------- */

static enum err check_visits(const struct visit *v, size_t n, struct fault *f)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].from.v >= v[i].to.v || v[i].from.v < WHEN_MIN_S ||
		    v[i].from.v >= WHEN_MAX_S ||
		    (v[i].to.v > WHEN_MAX_S && v[i].to.v != TRACE_STILL) ||
		    v[i].person.v >= TRACE_IDS_MAX || v[i].place.v >= TRACE_IDS_MAX ||
		    v[i].seat > INT32_MAX)
			return fault_set(
				f, ERR_RANGE, "到访的起止时间或编号不合法；请检查该行",
				"a visit's times or numbers are out of range; check that row");
	return OK;
}

/* One run of the last two, without what was withdrawn from either. */
static enum err join_last_two(const struct trace_view *v, struct part *part, size_t *n)
{
	visit_vec all = { NULL, 0, 0 };
	struct run *run = NULL;
	struct part *a = &part[*n - 2], *b = &part[*n - 1];
	enum err e;

	if (!v->graves) { /* nothing to leave out: they are merged as they are */
		if ((e = run_join(a->run, b->run, &run)))
			return e;
		goto join;
	}
	if ((e = view_part_visits(v, a, &all)) || (e = view_part_visits(v, b, &all)))
		goto out;
	if (all.n && (e = run_new(all.v, all.n, &run)))
		goto out;
join:;
	uint64_t age = b->age > a->age ? b->age : a->age;
	part_release(a);
	part_release(b);
	*n -= 2;
	if (run)
		part[(*n)++] = part_of(NULL, run, age);
out:
	vec_drop(&all);
	return e;
}

/* Those of v that the set does not hold yet. */
static enum err only_new(const struct trace_view *now, const struct visit *v, size_t n,
			 visit_vec *ret)
{
	visit_vec held = { NULL, 0, 0 };
	enum err e = OK;

	for (size_t i = 0; i < n && !e; i++) {
		bool known = false;
		held.n = 0;
		e = view_person(now, v[i].person.v, v[i].from.v - 1, v[i].from.v + 1, &held);
		for (size_t k = 0; k < held.n && !known; k++)
			known = visit_cmp(&held.v[k], &v[i]) == 0;
		if (!e && !known)
			e = vec_push(ret, v[i]);
	}
	vec_drop(&held);
	return e;
}

/* A run of what is new in v; NULL if nothing is. */
static enum err run_of_new(const struct trace_set *s, const struct visit *v, size_t n,
			   struct run **ret, struct fault *f)
{
	visit_vec fresh = { NULL, 0, 0 };
	enum err e;

	*ret = NULL;
	if (!(e = check_visits(v, n, f)) && !(e = only_new(s->now, v, n, &fresh)) && fresh.n)
		e = run_new(fresh.v, fresh.n, ret);
	vec_drop(&fresh);
	return e;
}

/* Takes over the run. */
static enum err add_run(struct trace_set *s, struct run *run)
{
	struct part *part;
	size_t n_parts;
	enum err e;

	if ((e = parts_copy(s->now, 1, NULL, 0, &part, &n_parts))) {
		run_release(run);
		return e;
	}
	part[n_parts++] = part_of(NULL, run, s->age + 1);
	while (n_parts >= 2 && part[n_parts - 2].run && part[n_parts - 1].run &&
	       part[n_parts - 2].run->n < 2 * part[n_parts - 1].run->n)
		if ((e = join_last_two(s->now, part, &n_parts))) {
			parts_drop(part, n_parts);
			return e;
		}
	if (!(e = swap_parts(s, part, n_parts)))
		s->age++;
	return e;
}

enum err trace_set_add(struct trace_set *s, const struct visit *v, size_t n, struct fault *f)
{
	struct run *run;
	enum err e = run_of_new(s, v, n, &run, f);

	return e || !run ? e : add_run(s, run);
}

enum err trace_set_add_distinct(struct trace_set *s, const struct visit *v, size_t n,
				struct fault *f)
{
	struct run *run = NULL;
	enum err e = check_visits(v, n, f);

	if (e || !n || (e = run_new(v, n, &run)))
		return e;
	return add_run(s, run);
}

enum err trace_set_add_segments(struct trace_set *s, struct trace_segment *const *seg, size_t n,
				struct fault *f)
{
	struct part *part;
	size_t n_parts;
	enum err e = parts_copy(s->now, n, NULL, 0, &part, &n_parts);

	(void)f;
	if (e) {
		for (size_t i = 0; i < n; i++)
			trace_segment_release(seg[i]);
		return e;
	}
	for (size_t i = 0; i < n; i++)
		part[n_parts++] = part_of(seg[i], NULL, s->age + 1);
	if (!(e = swap_parts(s, part, n_parts)))
		s->age++;
	return e;
}

enum err trace_set_add_segment(struct trace_set *s, struct trace_segment *seg, struct fault *f)
{
	return trace_set_add_segments(s, &seg, 1, f);
}

static int grave_order(const void *x, const void *y)
{
	const struct grave *a = x, *b = y;
	int c = visit_cmp(&a->visit, &b->visit);

	return c ? c : a->age < b->age ? -1 : a->age > b->age;
}

enum err trace_set_withdraw(struct trace_set *s, const struct visit *v, size_t n, struct fault *f)
{
	const struct graves *old = s->now->graves;
	size_t n_old = old ? old->n : 0, n_parts;
	struct trace_view *view;
	struct part *part;
	enum err e;

	(void)f;
	if (!n)
		return OK;
	struct graves *g = mem_take(1, sizeof *g);
	if (!g)
		return ERR_MEMORY;
	atomic_init(&g->holders, 1);
	if (!(g->grave = mem_take(n_old + n, sizeof *g->grave))) {
		graves_release(g);
		return ERR_MEMORY;
	}
	if (n_old)
		memcpy(g->grave, old->grave, n_old * sizeof *g->grave);
	for (size_t i = 0; i < n; i++)
		g->grave[n_old + i] = (struct grave){ v[i], s->age + 1 };
	g->n = n_old + n;
	qsort(g->grave, g->n, sizeof *g->grave, grave_order);
	if ((e = parts_copy(s->now, 0, NULL, 0, &part, &n_parts))) {
		graves_release(g);
		return e;
	}
	if ((e = view_new(s, part, n_parts, g, &view)))
		return e;
	swap_in(s, view);
	s->age++;
	return OK;
}

/* ---- freezing, merging, dropping -------------------------------------------------------- */

struct collected {
	VEC(struct trace_segment *) seg;
};

static enum err collect(struct trace_image image, void *arg, struct fault *f)
{
	struct collected *c = arg;
	struct trace_segment *seg;
	enum err e = trace_segment_adopt(image.bytes, image.n, &seg, f);

	if (e)
		return e;
	segment_trust(seg);
	if (vec_push(&c->seg, seg)) {
		trace_segment_release(seg);
		return ERR_MEMORY;
	}
	return OK;
}

static void collected_drop(struct collected *c)
{
	for (size_t i = 0; i < c->seg.n; i++)
		trace_segment_release(c->seg.v[i]);
	vec_drop(&c->seg);
}

/* The segments of some visits, held in memory. */
static enum err pack_visits(const struct trace_set *s, const visit_vec *v, struct collected *ret,
			    struct fault *f)
{
	struct trace_builder_options o = { .zone = s->zone, .budget_bytes = SIZE_MAX };
	struct trace_builder *b;
	enum err e = trace_builder_new(&o, &b, f);

	if (e)
		return e;
	if (!(e = trace_builder_add(b, v->v, v->n, f)))
		e = trace_builder_finish(b, collect, ret, f);
	trace_builder_free(b);
	return e;
}

/* Replace the parts that `keep` refuses by the segments of `v`, of the age of the set. */
static enum err replace(struct trace_set *s, bool (*keep)(const struct part *p, int32_t day),
			int32_t day, const visit_vec *v, struct fault *f)
{
	struct collected made = { { NULL, 0, 0 } };
	struct part *part;
	size_t n;
	enum err e;

	if ((e = pack_visits(s, v, &made, f)) ||
	    (e = parts_copy(s->now, made.seg.n, keep, day, &part, &n))) {
		collected_drop(&made);
		return e;
	}
	for (size_t i = 0; i < made.seg.n; i++)
		part[n++] = part_of(made.seg.v[i], NULL, s->age + 1);
	vec_drop(&made.seg);
	if (!(e = swap_parts(s, part, n)))
		s->age++;
	return e;
}

static bool is_segment(const struct part *p, int32_t day)
{
	(void)day;
	return p->seg;
}

enum err trace_set_freeze(struct trace_set *s, struct fault *f)
{
	const struct trace_view *v = s->now;
	visit_vec all = { NULL, 0, 0 };
	enum err e = OK;

	for (size_t i = v->n_segments; i < v->n_parts && !e; i++)
		e = view_part_visits(v, &v->part[i], &all);
	if (!e && v->n_segments < v->n_parts)
		e = replace(s, is_segment, 0, &all, f);
	vec_drop(&all);
	return e;
}

static bool not_of_day(const struct part *p, int32_t day)
{
	return !p->seg || trace_segment_facts(p->seg).day != day;
}

enum err trace_set_merge_day(struct trace_set *s, int32_t day, struct fault *f)
{
	const struct trace_view *v = s->now;
	visit_vec all = { NULL, 0, 0 };
	size_t n = 0;
	enum err e = OK;

	for (size_t i = 0; i < v->n_segments && !e; i++)
		if (!not_of_day(&v->part[i], day)) {
			e = view_part_visits(v, &v->part[i], &all);
			n++;
		}
	if (!e && n)
		e = replace(s, not_of_day, day, &all, f);
	vec_drop(&all);
	return e;
}

/* The run without a day's visits, as a part of the same age; NULL run if none are left. */
static enum err without_day(const struct trace_set *s, const struct part *p, int32_t day,
			    struct run **ret)
{
	int64_t from = zone_day_start(s->zone, day).v, to = zone_day_start(s->zone, day + 1).v;
	visit_vec all = { NULL, 0, 0 };
	size_t n = 0;
	enum err e;

	*ret = NULL;
	if (!s->now->graves) /* nothing else to leave out: both orders stay */
		return run_without(p->run, from, to, ret);
	e = view_part_visits(s->now, p, &all);
	for (size_t i = 0; i < all.n && !e; i++)
		if (all.v[i].from.v < from || all.v[i].from.v >= to)
			all.v[n++] = all.v[i];
	if (!e && n)
		e = run_new(all.v, n, ret);
	vec_drop(&all);
	return e;
}

/* The parts without those of a day, and with room for more. */
static enum err parts_without_day(const struct trace_set *s, int32_t day, size_t extra,
				  struct part **ret, size_t *ret_n)
{
	struct part *part;
	size_t n, kept = 0;
	enum err e = parts_copy(s->now, extra, not_of_day, day, &part, &n);

	for (size_t i = 0; i < n && !e; i++) {
		struct part p = part[i];
		if (p.run) {
			struct run *run;
			if ((e = without_day(s, &p, day, &run))) {
				memmove(&part[kept], &part[i], (n - i) * sizeof *part);
				parts_drop(part, kept + n - i);
				return e;
			}
			run_release(p.run);
			if (!run)
				continue;
			p = part_of(NULL, run, p.age);
		}
		part[kept++] = p;
	}
	if (!e) {
		*ret = part;
		*ret_n = kept;
	}
	return e;
}

enum err trace_set_drop_day(struct trace_set *s, int32_t day, struct fault *f)
{
	struct part *part;
	size_t n;
	enum err e = parts_without_day(s, day, 0, &part, &n);

	(void)f;
	return e ? e : swap_parts(s, part, n);
}

enum err trace_set_replace_day(struct trace_set *s, int32_t day, struct trace_segment *seg,
			       const struct visit *more, size_t n_more, struct fault *f)
{
	struct run *run = NULL;
	struct part *part;
	size_t n;
	enum err e = check_visits(more, n_more, f);

	if (!e && n_more)
		e = run_new(more, n_more, &run);
	if (e || (e = parts_without_day(s, day, 2, &part, &n))) {
		run_release(run);
		trace_segment_release(seg);
		return e;
	}
	if (seg)
		part[n++] = part_of(seg, NULL, s->age + 1);
	if (run)
		part[n++] = part_of(NULL, run, s->age + 1);
	if (!(e = swap_parts(s, part, n)))
		s->age++;
	return e;
}
