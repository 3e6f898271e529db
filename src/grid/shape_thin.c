/* shape_thin.c - fewer points, and the same ones on both sides of a border. */
#include <stdlib.h>
#include <string.h>

#include "grid/shape_inside.h"

#include "base/ban.h"

/* A point with its two neighbours on a ring, in an order that does not know the ring's sense. */
struct corner {
	uint64_t at, low, high;
};

static uint64_t key_of(struct point p)
{
	return (uint64_t)(uint32_t)(p.x + 180 * SHAPE_DEGREE) << 32 |
	       (uint32_t)(p.y + 90 * SHAPE_DEGREE);
}

static int by_corner(const void *x, const void *y)
{
	const struct corner *a = x, *b = y;

	if (a->at != b->at)
		return a->at < b->at ? -1 : 1;
	if (a->low != b->low)
		return a->low < b->low ? -1 : 1;
	return a->high < b->high ? -1 : a->high > b->high;
}

struct thinning {
	struct shapes *s;
	int group;
	VEC(uint64_t) joints;     /* where borders meet; ascending */
	VEC(struct point) points; /* what is left, and in which rings */
	VEC(struct ring) rings;
	VEC(size_t) stack;
	bool *keep;  /* of the points of the ring at hand */
	double far2; /* a line may leave out what is nearer than the root of this */
};

static enum err find_joints(struct thinning *t)
{
	const struct shapes *s = t->s;
	VEC(struct corner) all = { 0 };
	enum err e = OK;

	for (size_t i = 0; i < s->features.n; i++) {
		const struct feature *x = &s->features.v[i];

		for (size_t r = x->first_ring;
		     x->group == t->group && r < x->first_ring + x->n_rings; r++) {
			const struct point *p = s->points.v + s->rings.v[r].first;
			size_t n = s->rings.v[r].n;

			for (size_t k = 0; !e && k < n; k++) {
				uint64_t a = key_of(p[(k + n - 1) % n]), b = key_of(p[(k + 1) % n]);

				e = vec_push(&all, ((struct corner){ key_of(p[k]), a < b ? a : b,
								     a < b ? b : a }));
			}
		}
	}
	if (all.n)
		qsort(all.v, all.n, sizeof *all.v, by_corner);
	for (size_t i = 1; !e && i < all.n; i++)
		if (all.v[i].at == all.v[i - 1].at && by_corner(&all.v[i], &all.v[i - 1]) != 0 &&
		    (!t->joints.n || t->joints.v[t->joints.n - 1] != all.v[i].at))
			e = vec_push(&t->joints, all.v[i].at);
	vec_drop(&all);
	return e;
}

static bool is_joint(const struct thinning *t, struct point p)
{
	size_t low = 0, high = t->joints.n;
	uint64_t key = key_of(p);

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (t->joints.v[middle] < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low < t->joints.n && t->joints.v[low] == key;
}

static double square(double x)
{
	return x * x;
}

/* How far p is from the line between a and b, squared; the same bits whichever way round. */
static double far2(struct point p, struct point a, struct point b)
{
	int64_t dx = b.x - a.x, dy = b.y - a.y, px = p.x - a.x, py = p.y - a.y;
	int64_t along = px * dx + py * dy, length2 = dx * dx + dy * dy;

	if (along <= 0)
		return (double)(px * px + py * py);
	if (along >= length2)
		return (double)((px - dx) * (px - dx) + (py - dy) * (py - dy));
	return square((double)(px * dy - py * dx)) / (double)length2;
}

/* The farthest point strictly between two; of equally far ones that with the least key. */
static size_t farthest(const struct point *p, size_t n, size_t from, size_t to, double *ret_far2)
{
	size_t best = from;

	*ret_far2 = -1;
	for (size_t i = from + 1; i < to; i++) {
		double d = far2(p[i % n], p[from % n], p[to % n]);

		if (d > *ret_far2 || (d == *ret_far2 && key_of(p[i % n]) < key_of(p[best % n]))) {
			*ret_far2 = d;
			best = i;
		}
	}
	return best;
}

/* Douglas and Peucker between two points that stay; places count on past the ring's end. */
static enum err thin_piece(struct thinning *t, const struct point *p, size_t n, size_t from,
			   size_t to)
{
	enum err e;

	t->stack.n = 0;
	if ((e = vec_push(&t->stack, from)) || (e = vec_push(&t->stack, to)))
		return e;
	while (t->stack.n) {
		double far;
		size_t middle;

		to = t->stack.v[--t->stack.n];
		from = t->stack.v[--t->stack.n];
		middle = farthest(p, n, from, to, &far);
		if (far <= t->far2)
			continue;
		t->keep[middle % n] = true;
		if ((e = vec_push(&t->stack, from)) || (e = vec_push(&t->stack, middle)) ||
		    (e = vec_push(&t->stack, middle)) || (e = vec_push(&t->stack, to)))
			return e;
	}
	return OK;
}

/* Where a ring is cut: at its joints; if it has one or none, also at what is farthest from it. */
static void cut(struct thinning *t, const struct point *p, size_t n)
{
	size_t first = 0, n_joints = 0, middle;
	double far;

	for (size_t i = 0; i < n; i++) {
		t->keep[i] = is_joint(t, p[i]);
		if (t->keep[i] && !n_joints++)
			first = i;
	}
	if (n_joints > 1)
		return;
	for (size_t i = 0; !n_joints && i < n; i++)
		if (key_of(p[i]) < key_of(p[first]))
			first = i;
	middle = farthest(p, n, first, first + n, &far);
	t->keep[first] = true;
	t->keep[middle % n] = true;
}

static enum err thin_ring(struct thinning *t, const struct ring *r)
{
	const struct point *p = t->s->points.v + r->first;
	size_t first = 0, from, n = r->n;
	enum err e = OK;

	cut(t, p, n);
	while (!t->keep[first])
		first++;
	from = first;
	for (size_t i = first + 1; !e && i <= first + n; i++)
		if (t->keep[i % n]) {
			e = thin_piece(t, p, n, from, i);
			from = i;
		}
	return e;
}

/* What is kept of a ring, or the whole of it, unless nothing with an extent is left. */
static enum err put_ring(struct thinning *t, const struct ring *r, bool whole, bool *ret_put)
{
	const struct point *p = t->s->points.v + r->first;
	size_t first = t->points.n, n;
	enum err e = OK;

	for (size_t i = 0; !e && i < r->n; i++)
		if ((whole || t->keep[i]) &&
		    (t->points.n == first || !point_same(t->points.v[t->points.n - 1], p[i])))
			e = vec_push(&t->points, p[i]);
	while (t->points.n > first + 1 &&
	       point_same(t->points.v[first], t->points.v[t->points.n - 1]))
		t->points.n--;
	n = t->points.n - first;
	*ret_put = !e && n >= 3;
	if (*ret_put)
		return vec_push(&t->rings, ((struct ring){ first, n, r->opens }));
	t->points.n = first;
	return e;
}

/* By the box around it. */
static double extent(const struct shapes *s, const struct ring *r)
{
	const struct point *p = s->points.v + r->first;
	struct point low = p[0], high = p[0];

	for (size_t i = 1; i < r->n; i++) {
		low = (struct point){ p[i].x < low.x ? p[i].x : low.x,
				      p[i].y < low.y ? p[i].y : low.y };
		high = (struct point){ p[i].x > high.x ? p[i].x : high.x,
				       p[i].y > high.y ? p[i].y : high.y };
	}
	return (double)(high.x - low.x) * (high.y - low.y);
}

/* Rings that come to nothing are left out, but never the largest outline: an area stays there. */
static enum err thin_feature(struct thinning *t, struct feature *x)
{
	const struct shapes *s = t->s;
	const struct ring *largest = &s->rings.v[x->first_ring];
	size_t first = t->rings.n;
	bool outline = false;
	enum err e = OK;

	for (size_t i = 0; i < x->n_rings; i++) {
		const struct ring *r = &s->rings.v[x->first_ring + i];

		if (r->opens && extent(s, r) > extent(s, largest))
			largest = r;
	}
	for (size_t i = 0; !e && i < x->n_rings; i++) {
		const struct ring *r = &s->rings.v[x->first_ring + i];
		bool put = false;

		if ((!r->opens && !outline) || (e = thin_ring(t, r)))
			continue;
		e = put_ring(t, r, false, &put);
		if (!e && !put && r == largest)
			e = put_ring(t, r, true, &put);
		outline = r->opens ? put : outline;
	}
	x->first_ring = first;
	x->n_rings = t->rings.n - first;
	return e;
}

/* Every feature, thinned if it is of the group, into t->points and t->rings; the most of one. */
static enum err thin_all(struct thinning *t, struct feature *ret, size_t *ret_most)
{
	const struct shapes *s = t->s;
	enum err e = OK;

	t->points.n = t->rings.n = *ret_most = 0;
	for (size_t i = 0; !e && i < s->features.n; i++) {
		size_t before = t->points.n;
		bool put;

		ret[i] = s->features.v[i];
		if (ret[i].group == t->group && ret[i].n_rings) {
			e = thin_feature(t, &ret[i]);
			*ret_most = max_size(*ret_most, t->points.n - before);
			continue;
		}
		ret[i].first_ring = t->rings.n;
		for (size_t r = 0; !e && r < ret[i].n_rings; r++)
			e = put_ring(t, &s->rings.v[s->features.v[i].first_ring + r], true, &put);
	}
	return e;
}

/* What is left takes the place of what was there. */
static void take_over(struct thinning *t, struct feature *features)
{
	struct shapes *s = t->s;

	if (s->features.n)
		memcpy(s->features.v, features, s->features.n * sizeof *features);
	vec_drop(&s->points);
	vec_drop(&s->rings);
	s->points.v = t->points.v;
	s->points.n = t->points.n;
	s->points.cap = t->points.cap;
	s->rings.v = t->rings.v;
	s->rings.n = t->rings.n;
	s->rings.cap = t->rings.cap;
	t->points.v = NULL;
	t->rings.v = NULL;
}

enum err shapes_thin(struct shapes *s, int group, size_t points_max)
{
	struct thinning t = { .s = s, .group = group };
	struct feature *features = mem_take(s->features.n + 1, sizeof *features);
	size_t most = 0, longest = 1;
	enum err e;

	assert(points_max >= 4);
	for (size_t i = 0; i < s->rings.n; i++)
		longest = max_size(longest, s->rings.v[i].n);
	t.keep = mem_take(longest, sizeof *t.keep);
	e = features && t.keep ? find_joints(&t) : ERR_MEMORY;
	/* Wider than the earth leaves what cannot be left out. */
	for (double far = 0; !e && far <= 90 * SHAPE_DEGREE; far = far > 0 ? far * 1.5 : 2) {
		t.far2 = square(far);
		if ((e = thin_all(&t, features, &most)) || most <= points_max)
			break;
	}
	if (!e)
		take_over(&t, features);
	mem_drop(features);
	mem_drop(t.keep);
	vec_drop(&t.joints);
	vec_drop(&t.points);
	vec_drop(&t.rings);
	vec_drop(&t.stack);
	return e;
}
