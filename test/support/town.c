/*
 * town.c - see town.h.
 */
#include "town.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_BYTES = 256 << 20 };

static void must(enum err e)
{
	assert(e == OK);
}

/* ---- making ------------------------------------------------------------------------------- */

static void make_awkward(struct visit *v, struct dice *d)
{
	v->person.v = (1 << 20) - v->person.v * 3;
	if (dice_below(d, 2))
		v->place.v = (1 << 20) - v->place.v;
	if (dice_below(d, 3) == 0)
		v->seat = dice_below(d, 2) ? 1 << 20 : 70000;
	switch (dice_below(d, 12)) {
	case 0: v->to.v = TRACE_STILL; break;
	case 1: v->to.v = v->from.v + 86400LL * 365 * 100 + 1; break;
	case 2: v->to.v = v->from.v + 1; break;
	default: break;
	}
}

void town_make(struct town *t, const struct town_plan *plan)
{
	struct dice d = { plan->seed };

	memset(t, 0, sizeof(*t));
	must(zone_open("Asia/Shanghai", &t->zone, NULL));
	while (t->visits.n < plan->n) {
		int32_t day = TOWN_DAY + (int32_t)dice_below(&d, (uint32_t)plan->days);
		int64_t step = plan->step_s;
		int64_t from = zone_day_start(t->zone, day).v + dice_below(&d, 86400) / step * step;
		int64_t length = step * (1 + (int64_t)dice_below(&d, 7200) / step);
		struct visit v = { { dice_below(&d, plan->people) },
				   { dice_below(&d, plan->places) },
				   { from },
				   { from + length },
				   dice_below(&d, 3) ? 0 : dice_below(&d, 5) };

		if (plan->awkward)
			make_awkward(&v, &d);
		slow_add(&t->visits, &v, 1);
	}
}

void town_end(struct town *t)
{
	slow_visits_end(&t->visits);
	zone_end(&t->zone);
}

/* ---- sealing ------------------------------------------------------------------------------ */

static int image_cmp(const void *a, const void *b)
{
	const struct trace_image *x = a, *y = b;

	return (x->day > y->day) - (x->day < y->day);
}

static enum err keep_image(struct trace_image image, void *arg, struct fault *f)
{
	struct town_images *images = arg;

	(void)f;
	if (vec_push(images, image) == OK)
		return OK;
	mem_drop(image.bytes);
	return ERR_MEMORY;
}

enum err town_seal(const struct trace_builder_options *o, const struct visit *v, size_t n,
		   struct town_images *ret, struct fault *f)
{
	struct trace_builder *b;
	enum err e = trace_builder_new(o, &b, f);

	if (e != OK)
		return e;
	for (size_t i = 0; e == OK && i < n; i += 7)
		e = trace_builder_add(b, v + i, min_size(7, n - i), f);
	if (e == OK)
		e = trace_builder_finish(b, keep_image, ret, f);
	trace_builder_free(b);
	if (e != OK)
		town_images_end(ret);
	else if (ret->n > 0)
		qsort(ret->v, ret->n, sizeof(*ret->v), image_cmp);
	return e;
}

void town_seal_all(const struct town *t, struct town_images *ret)
{
	struct trace_builder_options o = { .zone = t->zone, .budget_bytes = 64 << 20 };

	memset(ret, 0, sizeof(*ret));
	must(town_seal(&o, t->visits.v, t->visits.n, ret, NULL));
}

void town_images_end(struct town_images *images)
{
	for (size_t i = 0; i < images->n; i++)
		mem_drop(images->v[i].bytes);
	vec_drop(images);
}

enum err town_adopt(const struct trace_image *image, struct trace_segment **ret, struct fault *f)
{
	uint8_t *copy = mem_take(max_size(1, image->n), 1);

	if (!copy)
		return ERR_MEMORY;
	memcpy(copy, image->bytes, image->n);
	return trace_segment_adopt(copy, image->n, ret, f);
}

enum err town_set(const struct town *t, const struct town_images *images, struct trace_set **ret,
		  struct fault *f)
{
	struct trace_set *s;
	enum err e = trace_set_new(t->zone, &s);

	if (e != OK)
		return e;
	for (size_t i = 0; e == OK && i < images->n; i++) {
		struct trace_segment *seg;

		e = town_adopt(&images->v[i], &seg, f);
		if (e == OK)
			e = trace_set_add_segment(s, seg, f);
	}
	if (e == OK)
		*ret = s;
	else
		trace_set_free(s);
	return e;
}

/* ---- asking ------------------------------------------------------------------------------- */

static struct warrant warrant_for(struct person_id p)
{
	return (struct warrant){ .index = p,
				 .purpose = TRACE_CONTACT_TRACING,
				 .generations = 2,
				 .limit = UINT32_MAX,
				 .from = { WHEN_MIN_S },
				 .to = { WHEN_MAX_S } };
}

/* Say what is wrong, so that a failing test can be read. */
static enum err other_than_slow(const char *what, uint32_t about)
{
	if (!what)
		return OK;
	fprintf(stderr, "other than the slow search: %s, about number %" PRIu32 "\n", what, about);
	return ERR_BUG;
}

static enum err ask_contacts(const struct trace_view *v, const struct slow_visits *all,
			     struct person_id p, struct arena *a)
{
	struct trace_rules rules;
	struct trace_ask ask = { .rules = &rules, .proof = true };
	struct warrant w = warrant_for(p);
	struct slow_answer want;
	struct trace_answer got;
	enum err e;

	trace_rules_window(60, 600, &rules);
	e = trace_contacts(v, &ask, &w, 1, a, &got, NULL);
	if (e != OK)
		return e;
	must(slow_contacts(all, &ask, &w, 1, &want));
	e = other_than_slow(slow_differs(&want, &got, true), p.v);
	slow_answer_end(&want);
	return e;
}

static enum err ask_stays(const struct trace_view *v, const struct slow_visits *all,
			  struct person_id p, struct arena *a)
{
	struct warrant w = warrant_for(p);
	const struct trace_stay *got;
	struct slow_stays want = { 0 };
	size_t n;
	enum err e = trace_stays(v, &w, a, &got, &n, NULL);

	if (e != OK)
		return e;
	slow_stays(all, &w, &want);
	if (!slow_same_stays(&want, got, n))
		e = other_than_slow("the case's stays", p.v);
	vec_drop(&want);
	return e;
}

static enum err ask_attendance(const struct trace_view *v, const struct slow_visits *all,
			       const struct visit *of, struct arena *a)
{
	struct warrant w = warrant_for(of->person);
	struct slow_visits want = { 0 };
	const struct visit *got;
	size_t n;
	enum err e_want = slow_attendance(all, &w, of->place, w.from, w.to, &want);
	enum err e = trace_attendance(v, &w, of->place, w.from, w.to, a, &got, &n, NULL);

	if (e == OK)
		e = e_want == OK && slow_same_visits(&want, got, n)
			    ? OK
			    : other_than_slow("who was in a place", of->place.v);
	else if (e == ERR_WARRANT) /* right, if the visit is empty: it opens no place */
		e = e_want == ERR_WARRANT ? OK
					  : other_than_slow("a place of the case", of->place.v);
	slow_visits_end(&want);
	return e;
}

/* Whether an earlier visit is of the same person; of the same place. */
static void seen_before(const struct slow_visits *all, size_t i, bool *person, bool *place)
{
	*person = *place = false;
	for (size_t k = 0; k < i; k++) {
		*person = *person || all->v[k].person.v == all->v[i].person.v;
		*place = *place || all->v[k].place.v == all->v[i].place.v;
	}
}

enum err town_ask(const struct trace_view *v, const struct slow_visits *want)
{
	struct arena *a;
	enum err e = arena_new(ARENA_BYTES, &a);

	must(e);
	for (size_t i = 0; e == OK && i < want->n; i++) {
		bool person, place;

		seen_before(want, i, &person, &place);
		if (!person)
			e = ask_contacts(v, want, want->v[i].person, a);
		if (e == OK && !person)
			e = ask_stays(v, want, want->v[i].person, a);
		if (e == OK && !place)
			e = ask_attendance(v, want, &want->v[i], a);
		arena_clear(a);
	}
	arena_free(a);
	return e;
}

enum err town_ask_set(const struct trace_set *s, const struct slow_visits *want)
{
	const struct trace_view *v = trace_set_view(s);
	enum err e = town_ask(v, want);

	trace_view_release(v);
	return e;
}
