/* shape_inside.h - what shape.c reads and shape_thin.c thins. */
#ifndef GRID_SHAPE_INSIDE_H
#define GRID_SHAPE_INSIDE_H
#include "base/memory.h"
#include "grid/shape.h"

struct point {
	int32_t x, y;
};

static inline bool point_same(struct point a, struct point b)
{
	return a.x == b.x && a.y == b.y;
}

/* Points first..first+n, closed by itself; `opens`: the first of a polygon, holes follow. */
struct ring {
	size_t first, n;
	bool opens;
};

struct feature {
	struct shape say;
	size_t first_ring, n_rings;
	int group;
};

struct shapes {
	struct arena *texts;
	VEC(struct point) points;
	VEC(struct ring) rings;
	VEC(struct feature) features;
};

#endif
