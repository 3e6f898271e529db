/*
 * slow_compare.c - whether the engine's answer is the slow one, and both of them in rows.
 */
#include "slow.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *contact_differs(const struct trace_contact *a, const struct trace_contact *b,
				   bool proof)
{
	if (a->person.v != b->person.v)
		return "a contact's person";
	if (a->generation != b->generation)
		return "a contact's generation";
	if (a->klass != b->klass)
		return "a contact's class";
	if (a->rule != b->rule)
		return "a contact's rule";
	if (a->n_encounters != b->n_encounters)
		return "a contact's number of encounters";
	if (a->overlap_s != b->overlap_s)
		return "a contact's overlap";
	if (a->first.v != b->first.v || a->last.v != b->last.v)
		return "a contact's first or last exposure";
	if (proof && a->i_encounter != b->i_encounter)
		return "where a contact's encounters begin";
	return NULL;
}

static bool encounter_same(const struct trace_encounter *a, const struct trace_encounter *b)
{
	return a->contact.v == b->contact.v && a->via.v == b->via.v && a->place.v == b->place.v &&
	       a->from.v == b->from.v && a->to.v == b->to.v && a->rule == b->rule &&
	       a->klass == b->klass;
}

static int contact_cmp(const void *x, const void *y)
{
	const struct trace_contact *a = x, *b = y;

	if (a->generation != b->generation)
		return a->generation < b->generation ? -1 : 1;
	return (a->person.v > b->person.v) - (a->person.v < b->person.v);
}

/* A sorted copy; asserts rather than fails, as all of the slow search does. */
static void *sorted(const void *v, size_t n, size_t each, int (*cmp)(const void *, const void *))
{
	void *copy = calloc(n + 1, each); /* not of the memory that a test makes fail */

	assert(copy);
	if (n > 0) {
		memcpy(copy, v, n * each);
		qsort(copy, n, each, cmp);
	}
	return copy;
}

const char *slow_contacts_differ(const struct trace_contact *want, size_t n_want,
				 const struct trace_contact *got, size_t n_got, bool proof)
{
	const char *what = NULL;
	struct trace_contact *by_person;

	if (n_got != n_want)
		return "the number of contacts";
	for (size_t i = 1; i < n_got; i++)
		if (got[i - 1].generation > got[i].generation ||
		    (proof && contact_cmp(&got[i - 1], &got[i]) >= 0))
			return "the order of the contacts";
	by_person = sorted(got, n_got, sizeof(*got), contact_cmp);
	for (size_t i = 0; i < n_got && !what; i++)
		what = contact_differs(&want[i], &by_person[i], proof);
	free(by_person);
	return what;
}

const char *slow_differs(const struct slow_answer *want, const struct trace_answer *got, bool proof)
{
	const char *what = slow_contacts_differ(want->contact.v, want->contact.n, got->contact,
						got->n_contacts, proof);

	if (what)
		return what;
	if (got->n_encounters != (proof ? want->encounter.n : 0))
		return "the number of encounters";
	for (size_t i = 0; i < got->n_encounters; i++)
		if (!encounter_same(&want->encounter.v[i], &got->encounter[i]))
			return "an encounter";
	return NULL;
}

static void print_contacts(struct buf *out, const char *whose, const struct trace_contact *c,
			   size_t n)
{
	buf_fmt(out, "%s: person,generation,class,rule,encounters,overlap_s,first,last,i\n", whose);
	for (size_t i = 0; i < n; i++)
		buf_fmt(out,
			"  %" PRIu32 ",%" PRIu32 ",%d,%d,%" PRIu32 ",%" PRIu64 ",%" PRId64
			",%" PRId64 ",%zu\n",
			c[i].person.v, c[i].generation, (int)c[i].klass, (int)c[i].rule,
			c[i].n_encounters, c[i].overlap_s, c[i].first.v, c[i].last.v,
			c[i].i_encounter);
}

static void print_encounters(struct buf *out, const char *whose, const struct trace_encounter *e,
			     size_t n)
{
	buf_fmt(out, "%s: contact,via,place,from,to,rule,class\n", whose);
	for (size_t i = 0; i < n; i++)
		buf_fmt(out,
			"  %" PRIu32 ",%" PRIu32 ",%" PRIu32 ",%" PRId64 ",%" PRId64 ",%d,%d\n",
			e[i].contact.v, e[i].via.v, e[i].place.v, e[i].from.v, e[i].to.v,
			(int)e[i].rule, (int)e[i].klass);
}

void slow_print(struct buf *out, const struct slow_answer *want, const struct trace_answer *got,
		bool proof)
{
	print_contacts(out, "slow  contacts", want->contact.v, want->contact.n);
	print_contacts(out, "trace contacts", got->contact, got->n_contacts);
	if (!proof)
		return;
	print_encounters(out, "slow  encounters", want->encounter.v, want->encounter.n);
	print_encounters(out, "trace encounters", got->encounter, got->n_encounters);
}

/* ---- stays and visits: the same ones, by from; the order among equals is the engine's ------- */

static int stay_cmp(const void *a, const void *b)
{
	const struct trace_stay *x = a, *y = b;

	if (x->from.v != y->from.v)
		return x->from.v < y->from.v ? -1 : 1;
	if (x->place.v != y->place.v)
		return x->place.v < y->place.v ? -1 : 1;
	if (x->seat != y->seat)
		return x->seat < y->seat ? -1 : 1;
	return (x->to.v > y->to.v) - (x->to.v < y->to.v);
}

bool slow_same_stays(const struct slow_stays *want, const struct trace_stay *got, size_t n)
{
	struct trace_stay *a, *b;
	bool same = want->n == n;

	for (size_t i = 1; same && i < n; i++)
		same = got[i - 1].from.v <= got[i].from.v;
	if (!same)
		return false;
	a = sorted(want->v, n, sizeof(*a), stay_cmp);
	b = sorted(got, n, sizeof(*b), stay_cmp);
	for (size_t i = 0; same && i < n; i++)
		same = stay_cmp(&a[i], &b[i]) == 0;
	free(a);
	free(b);
	return same;
}

bool slow_same_visits(const struct slow_visits *want, const struct visit *got, size_t n)
{
	struct visit *a, *b;
	bool same = want->n == n;

	for (size_t i = 1; same && i < n; i++)
		same = got[i - 1].from.v <= got[i].from.v;
	if (!same)
		return false;
	a = sorted(want->v, n, sizeof(*a), slow_visit_cmp);
	b = sorted(got, n, sizeof(*b), slow_visit_cmp);
	for (size_t i = 0; same && i < n; i++)
		same = slow_visit_same(&a[i], &b[i]);
	free(a);
	free(b);
	return same;
}
