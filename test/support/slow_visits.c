/*
 * slow_visits.c - the slow engine's store: an array of visits, searched from end to end.
 */
#include "slow.h"

static void must(enum err e)
{
	assert(e == OK);
}

static int order_i64(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

bool slow_visit_same(const struct visit *a, const struct visit *b)
{
	return slow_visit_cmp(a, b) == 0;
}

int slow_visit_cmp(const void *pa, const void *pb)
{
	const struct visit *a = pa, *b = pb;
	int c;

	if ((c = order_i64(a->place.v, b->place.v)))
		return c;
	if ((c = order_i64(a->person.v, b->person.v)))
		return c;
	if ((c = order_i64(a->from.v, b->from.v)))
		return c;
	if ((c = order_i64(a->to.v, b->to.v)))
		return c;
	return order_i64(a->seat, b->seat);
}

void slow_add(struct slow_visits *s, const struct visit *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool known = false;

		for (size_t k = 0; k < s->n && !known; k++)
			known = slow_visit_same(&s->v[k], &v[i]);
		if (!known)
			must(vec_push(s, v[i]));
	}
}

void slow_withdraw(struct slow_visits *s, const struct visit *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < s->n; k++)
			if (slow_visit_same(&s->v[k], &v[i])) {
				s->v[k] = s->v[--s->n];
				break;
			}
}

void slow_drop_day(struct slow_visits *s, const struct zone *z, int32_t day)
{
	size_t kept = 0;

	for (size_t k = 0; k < s->n; k++)
		if (zone_day_of(z, s->v[k].from) != day)
			s->v[kept++] = s->v[k];
	s->n = kept;
}

void slow_visits_end(struct slow_visits *s)
{
	vec_drop(s);
}

struct utc_s slow_horizon(const struct slow_visits *s)
{
	int64_t h = TRACE_NEVER;

	for (size_t i = 0; i < s->n; i++) {
		h = max_i64(h, s->v[i].from.v);
		if (s->v[i].to.v != TRACE_STILL)
			h = max_i64(h, s->v[i].to.v);
	}
	return (struct utc_s){ h };
}
