/* source_people.c - who was with the cases when they must have been infected. */
#include <stdlib.h>
#include "engine/trace/source_part.h"
#include "base/ban.h"

/* Somebody was with a case. */
struct meeting {
	uint32_t person, face, i_case;
	const struct trace_contact *contact;
};

/* A case under its person, to tell who of those met is a case. */
struct own {
	uint32_t person, i_case;
};

struct work {
	const struct trace_source_ask *ask;
	const uint32_t *face;
	struct trace_answer *answer;
	struct meeting *meeting; /* by person, face, case */
	size_t n_meetings;
	struct own *own; /* by person, case */
	struct trace_source_person *person;
	struct trace_source_encounter *encounter;
	struct trace_sources *out;
};

static enum err ask_engine(struct work *w, const struct trace_view *v, struct arena *a,
			   struct fault *f)
{
	size_t n = w->ask->n_cases;
	struct trace_ask ask = *w->ask->contacts;
	struct warrant *warrant = arena_take(a, n, sizeof(*warrant));

	w->answer = arena_take(a, n, sizeof(*w->answer));
	if (!warrant || !w->answer)
		return ERR_MEMORY;
	for (size_t i = 0; i < n; i++) {
		warrant[i] = w->ask->cases[i].warrant;
		warrant[i].generations = 1;
	}
	ask.proof = true;
	return trace_contacts(v, &ask, warrant, n, a, w->answer, f);
}

static int order_meetings(const void *a, const void *b)
{
	const struct meeting *x = a, *y = b;

	if (x->person != y->person)
		return x->person < y->person ? -1 : 1;
	if (x->face != y->face)
		return x->face < y->face ? -1 : 1;
	return x->i_case < y->i_case ? -1 : x->i_case > y->i_case;
}

static int order_own(const void *a, const void *b)
{
	const struct own *x = a, *y = b;

	if (x->person != y->person)
		return x->person < y->person ? -1 : 1;
	return x->i_case < y->i_case ? -1 : x->i_case > y->i_case;
}

static enum err gather(struct work *w, struct arena *a)
{
	size_t n = 0, n_encounters = 0, n_cases = w->ask->n_cases;

	for (size_t i = 0; i < n_cases; i++) {
		n += w->answer[i].n_contacts;
		n_encounters += w->answer[i].n_encounters;
	}
	w->meeting = arena_take(a, n, sizeof(*w->meeting));
	w->own = arena_take(a, n_cases, sizeof(*w->own));
	w->person = arena_take(a, n, sizeof(*w->person));
	w->encounter = arena_take(a, n_encounters, sizeof(*w->encounter));
	if (!w->meeting || !w->own || !w->person || !w->encounter)
		return ERR_MEMORY;
	for (uint32_t i = 0; i < n_cases; i++) {
		const struct trace_answer *answer = &w->answer[i];

		w->own[i] = (struct own){ w->ask->cases[i].warrant.index.v, i };
		for (size_t k = 0; k < answer->n_contacts; k++)
			w->meeting[w->n_meetings++] = (struct meeting){
				answer->contact[k].person.v,
				w->face[i],
				i,
				&answer->contact[k],
			};
	}
	qsort(w->meeting, n, sizeof(*w->meeting), order_meetings);
	qsort(w->own, n_cases, sizeof(*w->own), order_own);
	return OK;
}

/* The person's own cases are own[result .. ]. */
static size_t find_own(const struct work *w, uint32_t person)
{
	size_t lo = 0, hi = w->ask->n_cases;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (w->own[mid].person < person)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Whether the person of own[o ..] was infectious, by a case of their own, during e. */
static bool infectious(const struct work *w, size_t o, uint32_t person,
		       const struct trace_encounter *e)
{
	if (e->from.v == TRACE_NEVER)
		return false;
	for (; o < w->ask->n_cases && w->own[o].person == person; o++) {
		const struct trace_source_case *c = &w->ask->cases[w->own[o].i_case];

		if (c->infectious_known &&
		    max_i64(e->from.v, c->infectious_from.v) < min_i64(e->to.v, c->infectious_to.v))
			return true;
	}
	return false;
}

/* Add the encounters of one meeting; returns whether the person was infectious at any. */
static bool add_meeting(struct work *w, const struct meeting *m, size_t o,
			struct trace_source_person *p)
{
	const struct trace_encounter *e = w->answer[m->i_case].encounter + m->contact->i_encounter;
	bool strong = false;

	for (uint32_t i = 0; i < m->contact->n_encounters; i++) {
		strong |= infectious(w, o, m->person, &e[i]);
		w->encounter[w->out->n_encounters++] =
			(struct trace_source_encounter){ m->i_case, e[i] };
	}
	p->n_encounters += m->contact->n_encounters;
	p->overlap_s += m->contact->overlap_s;
	if (m->contact->first.v == TRACE_NEVER)
		return strong;
	if (p->first.v == TRACE_NEVER || m->contact->first.v < p->first.v)
		p->first = m->contact->first;
	if (p->last.v == TRACE_NEVER || m->contact->last.v > p->last.v)
		p->last = m->contact->last;
	return strong;
}

/* One person: the meetings from i on that are theirs. Returns where the next person's begin. */
static size_t add_person(struct work *w, size_t i)
{
	const struct meeting *m = w->meeting;
	uint32_t person = m[i].person;
	size_t o = find_own(w, person);
	struct trace_source_person p = {
		.person = { person },
		.first = { TRACE_NEVER },
		.last = { TRACE_NEVER },
		.own_case = TRACE_NONE,
		.i_encounter = w->out->n_encounters,
	};

	if (o < w->ask->n_cases && w->own[o].person == person)
		p.own_case = w->own[o].i_case;
	while (i < w->n_meetings && m[i].person == person) {
		uint32_t face = m[i].face;
		bool strong = false;

		for (; i < w->n_meetings && m[i].person == person && m[i].face == face; i++)
			strong |= add_meeting(w, &m[i], o, &p);
		p.n_cases++;
		p.n_strong += strong;
	}
	w->person[w->out->n_people++] = p;
	return i;
}

static int order_people(const void *a, const void *b)
{
	const struct trace_source_person *x = a, *y = b;

	if (x->n_cases != y->n_cases)
		return x->n_cases > y->n_cases ? -1 : 1;
	if (x->overlap_s != y->overlap_s)
		return x->overlap_s > y->overlap_s ? -1 : 1;
	return x->person.v < y->person.v ? -1 : x->person.v > y->person.v;
}

enum err trace_source_people(const struct trace_view *v, const struct trace_source_ask *ask,
			     const uint32_t *face, struct arena *a, struct trace_sources *out,
			     struct fault *f)
{
	struct work w = { .ask = ask, .face = face, .out = out };
	size_t i = 0;
	enum err e = ask_engine(&w, v, a, f);

	if (e == OK)
		e = gather(&w, a);
	if (e != OK)
		return e;
	while (i < w.n_meetings)
		i = add_person(&w, i);
	qsort(w.person, out->n_people, sizeof(*w.person), order_people);
	out->person = w.person;
	out->encounter = w.encounter;
	return OK;
}
