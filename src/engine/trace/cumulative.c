/*
 * cumulative.c - see cumulative.h.
 *
 * What the span from t on holds is piecewise linear in t: it turns where the span begins or ends
 * with an overlap. So for an overlap it is greatest at a turn, or at the first or last t that still
 * meets it. The turns of a pair are sorted once, and what each holds is told by two sums.
 */
#include "engine/trace/cumulative.h"

#include <stdlib.h>

#include "engine/trace/rule.h"
#include "base/ban.h"

/* Times of one kind, sorted, and the sums of those before each. */
struct edges {
	VEC(int64_t) at;
	VEC(int64_t) sum;
};

struct turn {
	int64_t at, holds;
};

enum verdict { OPEN, OUT, IN };

struct work {
	const struct trace_rules *rules;
	int64_t base; /* times are told from here */
	struct edges begin, end;
	VEC(struct turn) turn;
	VEC(size_t) next; /* of each turn: the first from it on that holds enough */
	VEC(uint8_t) verdict;
};

static void work_end(struct work *w)
{
	vec_drop(&w->begin.at);
	vec_drop(&w->begin.sum);
	vec_drop(&w->end.at);
	vec_drop(&w->end.sum);
	vec_drop(&w->turn);
	vec_drop(&w->next);
	vec_drop(&w->verdict);
}

static int by_time(const void *x, const void *y)
{
	int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;

	return (a > b) - (a < b);
}

static int by_turn(const void *x, const void *y)
{
	return by_time(&((const struct turn *)x)->at, &((const struct turn *)y)->at);
}

static void sum_up(struct edges *e)
{
	qsort(e->at.v, e->at.n, sizeof *e->at.v, by_time);
	e->sum.v[0] = 0;
	for (size_t i = 0; i < e->at.n; i++)
		e->sum.v[i + 1] = e->sum.v[i] + e->at.v[i];
}

/* How long ago, at t, all edges before it were, together. */
static int64_t since(const struct edges *e, int64_t t)
{
	size_t low = 0, high = e->at.n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (e->at.v[mid] < t)
			low = mid + 1;
		else
			high = mid;
	}
	return (int64_t)low * t - e->sum.v[low];
}

/* Seconds of overlap before t. */
static int64_t before(const struct work *w, int64_t t)
{
	return since(&w->begin, t) - since(&w->end, t);
}

static int64_t holds(const struct work *w, int64_t t)
{
	return before(w, t + w->rules->cumulative_s) - before(w, t);
}

static enum err reserve(struct work *w, size_t n)
{
	w->begin.at.n = w->end.at.n = w->begin.sum.n = w->end.sum.n = 0;
	w->turn.n = w->next.n = w->verdict.n = 0;
	if (vec_reserve(&w->begin.at, n) || vec_reserve(&w->begin.sum, n + 1) ||
	    vec_reserve(&w->end.at, n) || vec_reserve(&w->end.sum, n + 1) ||
	    vec_reserve(&w->turn, 4 * n) || vec_reserve(&w->next, 4 * n + 1) ||
	    vec_reserve(&w->verdict, n))
		return ERR_MEMORY;
	return OK;
}

/* Learn the n > 0 overlaps of a pair. */
static enum err learn(struct work *w, const struct trace_encounter *e, size_t n)
{
	int64_t span = w->rules->cumulative_s;

	if (reserve(w, n))
		return ERR_MEMORY;
	w->base = e[0].from.v;
	for (size_t i = 0; i < n; i++) {
		int64_t from = e[i].from.v - w->base, to = e[i].to.v - w->base;
		const int64_t at[4] = { from, to, from - span, to - span };

		w->begin.at.v[w->begin.at.n++] = from;
		w->end.at.v[w->end.at.n++] = to;
		for (size_t k = 0; k < 4; k++)
			w->turn.v[w->turn.n++].at = at[k];
		w->verdict.v[w->verdict.n++] = OPEN;
	}
	sum_up(&w->begin);
	sum_up(&w->end);
	qsort(w->turn.v, w->turn.n, sizeof *w->turn.v, by_turn);
	for (size_t i = 0; i < w->turn.n; i++)
		w->turn.v[i].holds = holds(w, w->turn.v[i].at);
	return OK;
}

static void find_next(struct work *w, int64_t min)
{
	size_t n = w->turn.n;

	w->next.v[n] = n;
	for (size_t i = n; i-- > 0;)
		w->next.v[i] = w->turn.v[i].holds >= min ? i : w->next.v[i + 1];
}

/* Whether some span that shares a second with x holds enough. */
static bool adds_up(const struct work *w, const struct trace_encounter *x, int64_t min)
{
	int64_t first = x->from.v - w->base - w->rules->cumulative_s + 1;
	int64_t last = x->to.v - w->base - 1;
	size_t low = 0, high = w->turn.n;

	if (holds(w, first) >= min || holds(w, last) >= min)
		return true;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (w->turn.v[mid].at < first)
			low = mid + 1;
		else
			high = mid;
	}
	low = w->next.v[low];
	return low < w->turn.n && w->turn.v[low].at <= last;
}

/* One minimum after another, since rules may differ in theirs. */
static void judge(struct work *w, const struct trace_encounter *e, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int64_t min = rule_min(w->rules, e[i].rule);

		if (w->verdict.v[i] != OPEN)
			continue;
		find_next(w, min);
		for (size_t k = i; k < n; k++)
			if (w->verdict.v[k] == OPEN && rule_min(w->rules, e[k].rule) == min)
				w->verdict.v[k] = adds_up(w, &e[k], min) ? IN : OUT;
	}
}

enum err cumulative_keep(const struct trace_rules *r, struct trace_encounter *e, size_t *n)
{
	CLEANUP(work_end) struct work w = { .rules = r };
	size_t kept = 0;

	for (size_t i = 0, j, named; i < *n; i = j) {
		for (j = i; j < *n && e[j].contact.v == e[i].contact.v && e[j].via.v == e[i].via.v;)
			j++;
		for (named = j; named > i && e[named - 1].place.v == TRACE_NONE;)
			named--;
		if (named > i && learn(&w, &e[i], named - i))
			return ERR_MEMORY;
		judge(&w, &e[i], named - i);
		for (size_t x = i; x < j; x++)
			if (x >= named || w.verdict.v[x - i] == IN)
				e[kept++] = e[x];
	}
	*n = kept;
	return OK;
}
