#include "baseline.h"

#include <string.h>

#include "base/memory.h"

#include "base/ban.h"

struct place_row {
	uint32_t from, to, person;
};
struct person_row {
	uint32_t place, from, to;
};

/* Everyone met so far, found by person through open addressing. */
struct slot {
	uint32_t stamp, i_row;
}; /* empty unless the stamp is the table's */
struct meetings {
	struct slot *slot;
	unsigned bits; /* 1 << bits slots */
	uint32_t stamp;
	size_t n_known; /* rows of earlier generations: found, but no longer changed */
	VEC(struct bench_row) row;
};

struct answer {
	struct meetings met[2];     /* one for each generation asked: their sizes differ widely */
	VEC(struct bench_row) kept; /* of a batch, case after case */
	const struct bench_row *row;
	size_t n;
	bool second;
};

struct baseline {
	size_t n_visits;
	uint32_t n_persons, n_places;
	uint32_t *place_start, *person_start; /* n + 1 each: where the run begins */
	uint32_t *longest;                    /* visit of each place, minutes */
	struct place_row *by_place;
	struct person_row *by_person;
	struct answer answer[MEASURE_WORKERS_MAX];
};

enum { MEETINGS_BITS_MIN = 10, MEETINGS_BITS_MAX = 30 };

/* ---- meetings ---------------------------------------------------------------------------- */

static enum err meetings_init(struct meetings *m)
{
	m->bits = MEETINGS_BITS_MIN;
	m->stamp = 1;
	m->slot = mem_take((size_t)1 << m->bits, sizeof(*m->slot));
	return m->slot ? OK : ERR_MEMORY;
}

static void meetings_release(struct meetings *m)
{
	mem_drop(m->slot);
	vec_drop(&m->row);
}

static void meetings_clear(struct meetings *m)
{
	m->row.n = 0;
	m->n_known = 0;
	if (++m->stamp == 0) {
		memset(m->slot, 0, sizeof(*m->slot) << m->bits);
		m->stamp = 1;
	}
}

/* The slot that holds this person, or the empty one where they belong. */
static inline struct slot *meetings_slot(const struct meetings *m, uint32_t person)
{
	uint32_t mask = ((uint32_t)1 << m->bits) - 1;
	uint32_t i = (person * 2654435769u) >> (32 - m->bits);

	while (m->slot[i].stamp == m->stamp && m->row.v[m->slot[i].i_row].person != person)
		i = (i + 1) & mask;
	return &m->slot[i];
}

static enum err meetings_grow(struct meetings *m)
{
	struct slot *wider;

	if (m->bits == MEETINGS_BITS_MAX)
		return ERR_FULL;
	wider = mem_take((size_t)2 << m->bits, sizeof(*wider));
	if (!wider)
		return ERR_MEMORY;
	mem_drop(m->slot);
	m->slot = wider;
	m->bits++;
	m->stamp = 1;
	for (size_t i = 0; i < m->row.n; i++)
		*meetings_slot(m, m->row.v[i].person) = (struct slot){ 1, (uint32_t)i };
	return OK;
}

static inline enum err meetings_add(struct meetings *m, uint32_t person, uint32_t from, uint32_t to)
{
	struct slot *s = meetings_slot(m, person);
	enum err e;

	if (s->stamp == m->stamp) {
		struct bench_row *r = &m->row.v[s->i_row];
		if (s->i_row < m->n_known)
			return OK;
		r->total += to - from;
		r->first = from < r->first ? from : r->first;
		r->last = to > r->last ? to : r->last;
		return OK;
	}
	*s = (struct slot){ m->stamp, (uint32_t)m->row.n };
	if ((e = vec_push(&m->row, ((struct bench_row){ person, to - from, from, to }))))
		return e;
	return m->row.n * 2 > (size_t)1 << m->bits ? meetings_grow(m) : OK;
}

/* ---- building ---------------------------------------------------------------------------- */

/* counts[i + 1] visits of i, turned into where each run begins. */
static void counts_to_starts(uint32_t *counts, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		counts[i + 1] += counts[i];
}

/* The visits come by `from`, so a stable counting sort leaves each run in order. */
static enum err sort_places(struct baseline *b, const struct bench_visit *v)
{
	uint32_t *next = mem_take(b->n_places, sizeof(*next));

	if (!next)
		return ERR_MEMORY;
	for (size_t i = 0; i < b->n_visits; i++)
		b->place_start[v[i].place + 1]++;
	counts_to_starts(b->place_start, b->n_places);
	memcpy(next, b->place_start, b->n_places * sizeof(*next));
	for (size_t i = 0; i < b->n_visits; i++) {
		uint32_t *longest = &b->longest[v[i].place];
		uint32_t length = v[i].to - v[i].from;
		*longest = length > *longest ? length : *longest;
		b->by_place[next[v[i].place]++] =
			(struct place_row){ v[i].from, v[i].to, v[i].person };
	}
	mem_drop(next);
	return OK;
}

static enum err sort_persons(struct baseline *b, const struct bench_visit *v)
{
	uint32_t *next = mem_take(b->n_persons, sizeof(*next));

	if (!next)
		return ERR_MEMORY;
	for (size_t i = 0; i < b->n_visits; i++)
		b->person_start[v[i].person + 1]++;
	counts_to_starts(b->person_start, b->n_persons);
	memcpy(next, b->person_start, b->n_persons * sizeof(*next));
	for (size_t i = 0; i < b->n_visits; i++)
		b->by_person[next[v[i].person]++] =
			(struct person_row){ v[i].place, v[i].from, v[i].to };
	mem_drop(next);
	return OK;
}

static enum err check_data(const struct bench_data *d, struct fault *f)
{
	bool good = d->n_visits > 0 && d->n_visits < UINT32_MAX;

	for (size_t i = 0; good && i < d->n_visits; i++) {
		const struct bench_visit *v = &d->visit[i];
		good = v->person < d->n_persons && v->place < d->n_places && v->from < v->to &&
		       (i == 0 || v[-1].from <= v->from);
	}
	return good ? OK
		    : fault_set(f, ERR_RANGE, "到访数据越界或未按时间排序",
				"the visits are out of range or not in order of time");
}

static enum err baseline_fill(struct baseline *b, const struct bench_data *d, unsigned n_workers)
{
	enum err e;

	b->n_visits = d->n_visits;
	b->n_persons = d->n_persons;
	b->n_places = d->n_places;
	b->place_start = mem_take((size_t)d->n_places + 1, sizeof(*b->place_start));
	b->person_start = mem_take((size_t)d->n_persons + 1, sizeof(*b->person_start));
	b->longest = mem_take(d->n_places, sizeof(*b->longest));
	b->by_place = pages_take(d->n_visits * sizeof(*b->by_place));
	b->by_person = pages_take(d->n_visits * sizeof(*b->by_person));
	if (!b->place_start || !b->person_start || !b->longest || !b->by_place || !b->by_person)
		return ERR_MEMORY;
	if ((e = sort_places(b, d->visit)))
		return e;
	if ((e = sort_persons(b, d->visit)))
		return e;
	for (unsigned w = 0; w < n_workers; w++) {
		for (unsigned g = 0; g < 2; g++) {
			if ((e = meetings_init(&b->answer[w].met[g])))
				return e;
		}
	}
	return OK;
}

enum err baseline_new(const struct bench_data *d, unsigned n_workers, struct baseline **ret,
		      struct fault *f)
{
	struct baseline *b;
	enum err e;

	assert(n_workers <= MEASURE_WORKERS_MAX);
	if ((e = check_data(d, f)))
		return e;
	if (!(b = mem_take(1, sizeof(*b))))
		return ERR_MEMORY;
	if ((e = baseline_fill(b, d, n_workers))) {
		baseline_free(b);
		return e;
	}
	*ret = b;
	return OK;
}

void baseline_free(struct baseline *b)
{
	if (!b)
		return;
	for (unsigned w = 0; w < MEASURE_WORKERS_MAX; w++) {
		meetings_release(&b->answer[w].met[0]);
		meetings_release(&b->answer[w].met[1]);
		vec_drop(&b->answer[w].kept);
	}
	if (b->by_person)
		pages_drop(b->by_person, b->n_visits * sizeof(*b->by_person));
	if (b->by_place)
		pages_drop(b->by_place, b->n_visits * sizeof(*b->by_place));
	mem_drop(b->longest);
	mem_drop(b->person_start);
	mem_drop(b->place_start);
	mem_drop(b);
}

uint64_t baseline_bytes(const struct baseline *b)
{
	return b->n_visits * (sizeof(*b->by_place) + sizeof(*b->by_person)) +
	       (uint64_t)b->n_places * (sizeof(*b->place_start) + sizeof(*b->longest)) +
	       (uint64_t)b->n_persons * sizeof(*b->person_start);
}

/* ---- asking ------------------------------------------------------------------------------ */

/* First row of place `p` that is not too early to be there at `reach`. */
static uint32_t first_in_reach(const struct baseline *b, uint32_t p, uint32_t reach)
{
	uint32_t low = b->place_start[p], high = b->place_start[p + 1];
	uint32_t earliest = reach > b->longest[p] ? reach - b->longest[p] : 0;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (b->by_place[middle].from < earliest)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Everyone who was in place `p` for the least overlap or more during [from, to). */
static enum err meet_at(const struct baseline *b, uint32_t p, uint32_t from, uint32_t to,
			struct meetings *m)
{
	const struct place_row *r = &b->by_place[first_in_reach(b, p, from + MEASURE_MIN_OVERLAP)];
	const struct place_row *end = &b->by_place[b->place_start[p + 1]];
	uint32_t last_from = to - MEASURE_MIN_OVERLAP;
	enum err e;

	for (; r < end && r->from <= last_from; r++) {
		uint32_t start = r->from > from ? r->from : from;
		uint32_t stop = r->to < to ? r->to : to;
		if (stop < start + MEASURE_MIN_OVERLAP)
			continue;
		if ((e = meetings_add(m, r->person, start, stop)))
			return e;
	}
	return OK;
}

/* Everyone who met this person in [from, to). */
static enum err meet_person(const struct baseline *b, uint32_t person, uint32_t from, uint32_t to,
			    struct meetings *m)
{
	const struct person_row *r = &b->by_person[b->person_start[person]];
	const struct person_row *end = &b->by_person[b->person_start[person + 1]];
	enum err e;

	for (; r < end && r->from < to; r++) {
		uint32_t start = r->from > from ? r->from : from;
		uint32_t stop = r->to < to ? r->to : to;
		if (stop < start + MEASURE_MIN_OVERLAP)
			continue;
		if ((e = meet_at(b, r->place, start, stop, m)))
			return e;
	}
	return OK;
}

/* The case takes row 0, its contacts the next rows, and after them come theirs. */
static enum err meet_generation(const struct baseline *b, const struct bench_case *c,
				unsigned generation, struct meetings *m)
{
	enum err e;

	meetings_clear(m);
	if ((e = meetings_add(m, c->person, 0, 0)))
		return e;
	m->n_known = m->row.n;
	if ((e = meet_person(b, c->person, c->from, c->to, m)))
		return e;
	if (generation == 1)
		return OK;
	m->n_known = m->row.n;
	for (size_t i = 1; i < m->n_known; i++) {
		struct bench_row contact = m->row.v[i];
		if ((e = meet_person(b, contact.person, contact.first, c->to, m)))
			return e;
	}
	return OK;
}

enum err baseline_ask(void *self, unsigned worker, const struct bench_case *c, unsigned generation,
		      struct fault *f)
{
	struct baseline *b = self;
	struct answer *a = &b->answer[worker];
	struct meetings *m = &a->met[generation - 1];
	enum err e;

	(void)f;
	if ((e = meet_generation(b, c, generation, m)))
		return e;
	a->row = m->row.v + m->n_known;
	a->n = m->row.n - m->n_known;
	a->second = generation == 2;
	return OK;
}

enum err baseline_batch(void *self, unsigned worker, const struct bench_case *c, size_t n,
			struct fault *f)
{
	struct baseline *b = self;
	struct answer *a = &b->answer[worker];
	enum err e;

	a->kept.n = 0;
	for (size_t i = 0; i < n; i++) {
		if ((e = baseline_ask(self, worker, &c[i], 1, f)))
			return e;
		if ((e = vec_reserve(&a->kept, a->kept.n + a->n)))
			return e;
		memcpy(a->kept.v + a->kept.n, a->row, a->n * sizeof(*a->row));
		a->kept.n += a->n;
	}
	a->row = a->kept.v;
	a->n = a->kept.n;
	return OK;
}

enum err baseline_read(void *self, unsigned worker, struct tally *t, struct fault *f)
{
	const struct baseline *b = self;
	const struct answer *a = &b->answer[worker];

	(void)f;
	for (size_t i = 0; i < a->n; i++) {
		struct bench_row row = a->row[i];
		if (a->second)
			row.last = 0;
		tally_add(t, row);
	}
	return OK;
}

/* ---- rows in order ----------------------------------------------------------------------- */

/* The run that holds row i: the last start that is not after it. */
static uint32_t run_of(const uint32_t *start, uint32_t n, size_t i)
{
	uint32_t low = 0, high = n;

	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;
		if (start[middle] <= i)
			low = middle;
		else
			high = middle;
	}
	return low;
}

struct bench_visit baseline_by_place(const struct baseline *b, size_t i)
{
	struct place_row r = b->by_place[i];

	return (struct bench_visit){ r.person, run_of(b->place_start, b->n_places, i), r.from,
				     r.to };
}

struct bench_visit baseline_by_person(const struct baseline *b, size_t i)
{
	struct person_row r = b->by_person[i];

	return (struct bench_visit){ run_of(b->person_start, b->n_persons, i), r.place, r.from,
				     r.to };
}
