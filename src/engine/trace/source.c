/* source.c - the places and events that a group of cases share, scored and ranked. */
#include <stdlib.h>
#include "engine/trace/source_part.h"
#include "engine/trace/store.h"
#include "base/ban.h"

#define SCRATCH_BYTES_MAX ((size_t)4 << 30)

/* What the whole of a search shares. */
struct work {
	const struct trace_view *view;
	const struct trace_source_ask *ask;
	struct arena *arena;
	struct arena *scratch; /* for one place at a time */
	struct fault *fault;
	struct utc_s from, to; /* earliest opening and latest end of the windows */
	uint32_t *face;        /* per case: number of its person among the persons of cases */
	uint32_t *mark;        /* per face: the last group in which it was counted */
	uint32_t n_marks;
	struct trace_source_place *place; /* being filled: out.n_places of them */
	struct trace_source_event *event;
	struct trace_sources out;
};

/* Everyone's visits to one place within all the windows, persons numbered from 0. */
struct crowd {
	const struct visit *visit;
	size_t n;
	uint32_t *who;  /* per visit */
	uint32_t *mark; /* per person */
	uint32_t n_people, n_marks;
};

/* ---- checking, stays -------------------------------------------------------------------- */

static enum err check(const struct trace_source_ask *ask, struct fault *f)
{
	if (ask->n_cases >= UINT32_MAX)
		return fault_set(f, ERR_RANGE, "病例过多", "too many cases");
	for (size_t i = 0; i < ask->n_cases; i++) {
		const struct trace_source_case *c = &ask->cases[i];

		if (c->warrant.purpose != TRACE_SOURCE_TRACING)
			return fault_set(f, ERR_WARRANT, "第 %zu 个病例的授权不是用于追溯来源",
					 "the warrant of case %zu is not for source tracing",
					 i + 1);
		if (c->warrant.from.v >= c->warrant.to.v)
			return fault_set(f, ERR_WARRANT, "第 %zu 个病例的时间窗为空或颠倒",
					 "the window of case %zu is empty or reversed", i + 1);
	}
	return OK;
}

static int order_u32(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static uint32_t rank_of(const uint32_t *sorted, size_t n, uint32_t key)
{
	size_t lo = 0;

	while (lo < n) {
		size_t mid = lo + (n - lo) / 2;

		if (sorted[mid] < key)
			lo = mid + 1;
		else
			n = mid;
	}
	return (uint32_t)lo;
}

/* Sort and drop repeats; returns how many are left. */
static size_t distinct(uint32_t *v, size_t n)
{
	size_t kept = 0;

	qsort(v, n, sizeof(*v), order_u32);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || v[kept - 1] != v[i])
			v[kept++] = v[i];
	return kept;
}

static enum err number_faces(struct work *w)
{
	size_t n = w->ask->n_cases, kept;
	uint32_t *person = arena_take(w->arena, n, sizeof(*person));

	w->face = arena_take(w->arena, n, sizeof(*w->face));
	w->mark = arena_take(w->arena, n, sizeof(*w->mark));
	if (!person || !w->face || !w->mark)
		return ERR_MEMORY;
	for (size_t i = 0; i < n; i++)
		person[i] = w->ask->cases[i].warrant.index.v;
	kept = distinct(person, n);
	for (size_t i = 0; i < n; i++)
		w->face[i] = rank_of(person, kept, w->ask->cases[i].warrant.index.v);
	return OK;
}

/* Whether this person has not yet been counted in the present group. */
static bool first_time(uint32_t *mark, uint32_t group, uint32_t who)
{
	if (mark[who] == group)
		return false;
	mark[who] = group;
	return true;
}

static int order_visits(const void *a, const void *b)
{
	const struct trace_source_visit *x = a, *y = b;

	if (x->stay.place.v != y->stay.place.v)
		return x->stay.place.v < y->stay.place.v ? -1 : 1;
	if (x->stay.from.v != y->stay.from.v)
		return x->stay.from.v < y->stay.from.v ? -1 : 1;
	if (x->i_case != y->i_case)
		return x->i_case < y->i_case ? -1 : 1;
	if (x->stay.to.v != y->stay.to.v)
		return x->stay.to.v < y->stay.to.v ? -1 : 1;
	return x->stay.seat < y->stay.seat ? -1 : x->stay.seat > y->stay.seat;
}

struct stays {
	const struct trace_stay *v;
	size_t n;
};

/* All cases' stays into out.visit; the cases seen, and the span of their windows. */
static enum err take_stays(struct work *w)
{
	size_t n = w->ask->n_cases, total = 0;
	struct stays *stays = arena_take(w->arena, n, sizeof(*stays));
	struct trace_source_visit *visit;
	uint32_t group = ++w->n_marks;

	if (!stays)
		return ERR_MEMORY;
	w->from.v = INT64_MAX;
	w->to.v = INT64_MIN;
	for (size_t i = 0; i < n; i++) {
		const struct warrant *warrant = &w->ask->cases[i].warrant;
		enum err e = OK;

		if (warrant->index.v != TRACE_NONE)
			e = trace_stays(w->view, warrant, w->arena, &stays[i].v, &stays[i].n,
					w->fault);
		if (e != OK)
			return e;
		total += stays[i].n;
		if (stays[i].n == 0)
			continue;
		w->from.v = min_i64(w->from.v, warrant->from.v);
		w->to.v = max_i64(w->to.v, warrant->to.v);
		w->out.n_seen += first_time(w->mark, group, w->face[i]);
	}
	/* Whoever arrives at the horizon, still to be there, has been there for no time at all. */
	w->to.v = min_i64(w->to.v, trace_view_horizon(w->view).v);
	visit = arena_take(w->arena, total, sizeof(*visit));
	if (!visit)
		return ERR_MEMORY;
	for (uint32_t i = 0; i < n; i++)
		for (size_t k = 0; k < stays[i].n; k++)
			visit[w->out.n_visits++] = (struct trace_source_visit){ i, stays[i].v[k] };
	qsort(visit, total, sizeof(*visit), order_visits);
	w->out.visit = visit;
	return OK;
}

/* ---- crowds ----------------------------------------------------------------------------- */

static enum err crowd_read(struct work *w, size_t i_visit, struct crowd *ret)
{
	const struct trace_source_visit *one = &w->out.visit[i_visit];
	struct crowd c = { 0 };
	uint32_t *person;
	enum err e;

	arena_clear(w->scratch);
	e = trace_attendance(w->view, &w->ask->cases[one->i_case].warrant, one->stay.place, w->from,
			     w->to, w->scratch, &c.visit, &c.n, w->fault);
	if (e != OK)
		return e;
	person = arena_take(w->scratch, c.n, sizeof(*person));
	c.who = arena_take(w->scratch, c.n, sizeof(*c.who));
	c.mark = arena_take(w->scratch, c.n, sizeof(*c.mark));
	if (!person || !c.who || !c.mark)
		return ERR_MEMORY;
	for (size_t i = 0; i < c.n; i++)
		person[i] = c.visit[i].person.v;
	c.n_people = (uint32_t)distinct(person, c.n);
	for (size_t i = 0; i < c.n; i++)
		c.who[i] = rank_of(person, c.n_people, c.visit[i].person.v);
	if (c.n_people > w->ask->population)
		return fault_set(w->fault, ERR_RANGE, "总人数小于一处场所的到访人数",
				 "the population is smaller than the people seen in one place");
	*ret = c;
	return OK;
}

static uint32_t crowd_within(struct crowd *c, struct utc_s from, struct utc_s to)
{
	uint32_t group = ++c->n_marks, n = 0;

	for (size_t i = 0; i < c->n && c->visit[i].from.v < to.v; i++)
		if (c->visit[i].to.v > from.v)
			n += first_time(c->mark, group, c->who[i]);
	return n;
}

static double expected(const struct work *w, uint32_t attendees)
{
	return (double)w->out.n_seen * attendees / (double)w->ask->population;
}

static double score(const struct work *w, uint32_t attendees, uint32_t there)
{
	return trace_source_score(w->ask->population, attendees, w->out.n_seen, there);
}

/* ---- places and events ------------------------------------------------------------------ */

static uint32_t count_cases(struct work *w, size_t i_visit, size_t n)
{
	uint32_t group = ++w->n_marks, count = 0;

	for (size_t i = 0; i < n; i++)
		count += first_time(w->mark, group, w->face[w->out.visit[i_visit + i].i_case]);
	return count;
}

/* Where the run of stays that begins at i ends: each next one starts before the latest end so
 * far, or within the lag after it. */
static size_t run_end(const struct work *w, size_t i, size_t end, struct utc_s *ret_to)
{
	const struct trace_source_visit *v = w->out.visit;
	int64_t lag = w->ask->contacts->rules->lag_s, to = v[i].stay.to.v;

	for (i++; i < end && v[i].stay.from.v - lag < to; i++)
		to = max_i64(to, v[i].stay.to.v);
	ret_to->v = to;
	return i;
}

static void add_event(struct work *w, struct crowd *crowd, size_t i_visit, size_t n,
		      struct utc_s to)
{
	uint32_t cases = count_cases(w, i_visit, n);
	struct trace_source_event *e = &w->event[w->out.n_events];

	if (cases < 2)
		return;
	*e = (struct trace_source_event){
		.place = w->out.visit[i_visit].stay.place,
		.from = w->out.visit[i_visit].stay.from,
		.to = to,
		.n_cases = cases,
		.i_visit = i_visit,
		.n_visits = n,
	};
	e->attendees = crowd_within(crowd, e->from, e->to);
	e->expected = expected(w, e->attendees);
	e->score = score(w, e->attendees, cases);
	w->out.n_events++;
}

/* One place: its visits are visit[i .. end). */
static enum err add_place(struct work *w, size_t i, size_t end)
{
	struct trace_source_place *p = &w->place[w->out.n_places];
	struct crowd crowd = { 0 };
	enum err e;

	*p = (struct trace_source_place){
		.place = w->out.visit[i].stay.place,
		.n_cases = count_cases(w, i, end - i),
		.i_visit = i,
		.n_visits = end - i,
	};
	e = trace_place_busy(w->view, p->place, &p->busy, w->fault);
	if (e != OK)
		return e;
	w->out.n_places++;
	if (p->n_cases < 2)
		return OK;
	e = crowd_read(w, i, &crowd);
	if (e != OK)
		return e;
	p->attendees = crowd.n_people;
	p->expected = expected(w, p->attendees);
	p->score = score(w, p->attendees, p->n_cases);
	while (i < end) {
		struct utc_s to;
		size_t next = run_end(w, i, end, &to);

		add_event(w, &crowd, i, next - i, to);
		i = next;
	}
	return OK;
}

static int order_rank(double score_a, double score_b, uint32_t cases_a, uint32_t cases_b)
{
	if (score_a < score_b || score_a > score_b)
		return score_a > score_b ? -1 : 1;
	if (cases_a != cases_b)
		return cases_a > cases_b ? -1 : 1;
	return 0;
}

static int order_places(const void *a, const void *b)
{
	const struct trace_source_place *x = a, *y = b;
	int c = order_rank(x->score, y->score, x->n_cases, y->n_cases);

	return c ? c : x->place.v < y->place.v ? -1 : x->place.v > y->place.v;
}

static int order_events(const void *a, const void *b)
{
	const struct trace_source_event *x = a, *y = b;
	int c = order_rank(x->score, y->score, x->n_cases, y->n_cases);

	if (c)
		return c;
	if (x->place.v != y->place.v)
		return x->place.v < y->place.v ? -1 : 1;
	return x->from.v < y->from.v ? -1 : x->from.v > y->from.v;
}

static enum err find_places(struct work *w)
{
	size_t n = w->out.n_visits, end;

	/* At most a place for each visit, and an event for each two. */
	w->place = arena_take(w->arena, n, sizeof(*w->place));
	w->event = arena_take(w->arena, n / 2, sizeof(*w->event));
	if (!w->place || !w->event)
		return ERR_MEMORY;
	for (size_t i = 0; i < n; i = end) {
		enum err e;

		for (end = i + 1; end < n; end++)
			if (w->out.visit[end].stay.place.v != w->out.visit[i].stay.place.v)
				break;
		e = add_place(w, i, end);
		if (e != OK)
			return e;
	}
	qsort(w->place, w->out.n_places, sizeof(*w->place), order_places);
	qsort(w->event, w->out.n_events, sizeof(*w->event), order_events);
	w->out.place = w->place;
	w->out.event = w->event;
	return OK;
}

static enum err find(struct work *w)
{
	enum err e = arena_new(SCRATCH_BYTES_MAX, &w->scratch);

	if (e == OK)
		e = number_faces(w);
	if (e == OK)
		e = take_stays(w);
	if (e == OK && w->out.n_seen > w->ask->population)
		e = fault_set(w->fault, ERR_RANGE, "总人数小于病例人数",
			      "the population is smaller than the number of cases");
	if (e == OK)
		e = find_places(w);
	arena_end(&w->scratch);
	if (e == OK)
		e = trace_source_people(w->view, w->ask, w->face, w->arena, &w->out, w->fault);
	return e;
}

enum err trace_source_find(const struct trace_view *v, const struct trace_source_ask *ask,
			   struct arena *a, struct trace_sources *ret, struct fault *f)
{
	struct work w = { .view = v, .ask = ask, .arena = a, .fault = f };
	enum err e = check(ask, f);

	w.out.population = ask->population;
	if (e == OK)
		e = find(&w);
	if (e == ERR_MEMORY)
		return fault_set(f, e, "追溯来源所需内存不足",
				 "not enough memory to look for sources");
	if (e == OK)
		*ret = w.out;
	return e;
}
