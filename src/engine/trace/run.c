/* run.c - a part of the tail. See run.h. */
#include "engine/trace/run.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "engine/trace/sort.h"

#include "base/ban.h"

#define BY(field) \
	if (a->field != b->field) \
	return a->field < b->field ? -1 : 1

int visit_cmp(const struct visit *a, const struct visit *b)
{
	BY(place.v);
	BY(from.v);
	BY(person.v);
	BY(to.v);
	BY(seat);
	return 0;
}

static int by_place(const void *a, const void *b)
{
	return visit_cmp(a, b);
}

static int by_person(const void *x, const void *y)
{
	const struct visit *a = x, *b = y;

	BY(person.v);
	BY(from.v);
	return visit_cmp(a, b);
}

/* v[0 .. n) into ret[] by an id, then by when they began; the rest as it was. */
static enum err in_order(const struct visit *v, size_t n, bool people, struct visit *ret)
{
	struct sort_pair *p = mem_grow(NULL, 0, n, 2 * sizeof *p);
	int64_t first = INT64_MAX, last = INT64_MIN;

	if (!p)
		return ERR_MEMORY;
	for (size_t i = 0; i < n; i++) {
		first = min_i64(first, v[i].from.v);
		last = max_i64(last, v[i].from.v);
	}
	const bool at_once = (uint64_t)last - (uint64_t)first <= UINT32_MAX;
	for (size_t i = 0; i < n; i++)
		p[i] = (struct sort_pair){ (uint64_t)v[i].from.v - (uint64_t)first, (uint32_t)i };
	if (!at_once)
		sort_pairs(p, p + n, n);
	for (size_t i = 0; i < n; i++) {
		const struct visit *x = &v[p[i].row];
		uint64_t id = people ? x->person.v : x->place.v;

		p[i].key = at_once ? id << 32 | p[i].key : id;
	}
	sort_pairs(p, p + n, n);
	for (size_t i = 0; i < n; i++)
		ret[i] = v[p[i].row];
	mem_drop(p);
	return OK;
}

/* Hardly ever more than some that began at one moment. */
static void sort_few(struct visit *v, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct visit x = v[i];
		size_t k = i;

		for (; k && visit_cmp(&v[k - 1], &x) > 0; k--)
			v[k] = v[k - 1];
		v[k] = x;
	}
}

static void sort_ties(struct visit *v, size_t n)
{
	enum { FEW = 16 };

	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1;
		     end < n && v[end].place.v == v[i].place.v && v[end].from.v == v[i].from.v;)
			end++;
		if (end - i <= FEW)
			sort_few(v + i, end - i);
		else
			qsort(v + i, end - i, sizeof *v, by_place);
	}
}

/* With room for n, of which none is there: nothing reads a visit before it was put. */
static struct run *run_room(size_t n)
{
	struct run *r = mem_take(1, sizeof *r);

	if (!r)
		return NULL;
	atomic_init(&r->holders, 1);
	r->first = INT64_MAX;
	r->last = TRACE_NEVER;
	r->by_place = mem_grow(NULL, 0, n, sizeof *r->by_place);
	r->by_person = mem_grow(NULL, 0, n, sizeof *r->by_person);
	if (r->by_place && r->by_person)
		return r;
	run_release(r);
	return NULL;
}

/* The next of by_place. */
static void run_put(struct run *r, const struct visit *x)
{
	bool still = x->to.v == TRACE_STILL;

	r->still |= still;
	r->first = min_i64(r->first, x->from.v);
	r->last = max_i64(r->last, still ? x->from.v : x->to.v);
	r->longest = max_i64(r->longest, still ? 0 : x->to.v - x->from.v);
	r->by_place[r->n++] = *x;
}

enum err run_new(const struct visit *v, size_t n, struct run **ret)
{
	struct run *r = run_room(n);

	if (!r)
		return ERR_MEMORY;
	if (in_order(v, n, false, r->by_place)) {
		run_release(r);
		return ERR_MEMORY;
	}
	sort_ties(r->by_place, n);
	for (size_t i = 0; i < n; i++)
		if (!r->n || visit_cmp(&r->by_place[r->n - 1], &r->by_place[i]) != 0)
			run_put(r, &r->by_place[i]);
	if (in_order(r->by_place, r->n, true, r->by_person)) {
		run_release(r);
		return ERR_MEMORY;
	}
	*ret = r;
	return OK;
}

/* Two sorted arrays into one, equal visits once; how many. */
static size_t merge(const struct visit *a, size_t n_a, const struct visit *b, size_t n_b,
		    int (*cmp)(const void *, const void *), struct visit *ret)
{
	size_t i = 0, k = 0, n = 0;

	while (i < n_a && k < n_b) {
		int c = cmp(&a[i], &b[k]);

		ret[n++] = c <= 0 ? a[i] : b[k];
		i += c <= 0;
		k += c >= 0;
	}
	memcpy(ret + n, a + i, (n_a - i) * sizeof *ret);
	n += n_a - i;
	memcpy(ret + n, b + k, (n_b - k) * sizeof *ret);
	return n + n_b - k;
}

enum err run_join(const struct run *a, const struct run *b, struct run **ret)
{
	size_t n = a->n + b->n;
	struct run *r = run_room(n);

	if (!r)
		return ERR_MEMORY;
	r->n = merge(a->by_place, a->n, b->by_place, b->n, by_place, r->by_place);
	n = merge(a->by_person, a->n, b->by_person, b->n, by_person, r->by_person);
	assert(n == r->n);
	r->first = min_i64(a->first, b->first);
	r->last = max_i64(a->last, b->last);
	r->longest = max_i64(a->longest, b->longest);
	r->still = a->still || b->still;
	*ret = r;
	return OK;
}

enum err run_without(const struct run *all, int64_t from, int64_t to, struct run **ret)
{
	struct run *r = run_room(all->n);
	size_t n = 0;

	if (!r)
		return ERR_MEMORY;
	for (size_t i = 0; i < all->n; i++) {
		const struct visit *by_place = &all->by_place[i], *by_person = &all->by_person[i];

		if (by_place->from.v < from || by_place->from.v >= to)
			run_put(r, by_place);
		if (by_person->from.v < from || by_person->from.v >= to)
			r->by_person[n++] = *by_person;
	}
	assert(n == r->n);
	*ret = n ? r : NULL;
	if (!n)
		run_release(r);
	return OK;
}

struct run *run_hold(struct run *r)
{
	atomic_fetch_add(&r->holders, 1);
	return r;
}

void run_release(struct run *r)
{
	if (!r || atomic_fetch_sub(&r->holders, 1) != 1)
		return;
	mem_drop(r->by_place);
	mem_drop(r->by_person);
	mem_drop(r);
}

/* The first visit of the array with (id, from) at least the given. */
static size_t lower(const struct visit *v, size_t n, bool places, uint32_t id, int64_t from)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		uint32_t at = places ? v[mid].place.v : v[mid].person.v;
		if (at < id || (at == id && v[mid].from.v < from))
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void range(const struct run *r, const struct visit *v, bool places, uint32_t id, int64_t a,
		  int64_t b, size_t *ret_from, size_t *ret_to)
{
	int64_t least = r->still || a < INT64_MIN + r->longest ? INT64_MIN : a - r->longest;

	*ret_from = lower(v, r->n, places, id, least);
	*ret_to = lower(v, r->n, places, id, b);
	if (*ret_to < *ret_from)
		*ret_to = *ret_from;
}

void run_place(const struct run *r, uint32_t place, int64_t a, int64_t b, size_t *ret_from,
	       size_t *ret_to)
{
	range(r, r->by_place, true, place, a, b, ret_from, ret_to);
}

void run_person(const struct run *r, uint32_t person, int64_t a, int64_t b, size_t *ret_from,
		size_t *ret_to)
{
	range(r, r->by_person, false, person, a, b, ret_from, ret_to);
}
