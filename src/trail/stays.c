/* stays.c - where the person was whom a warrant is about, in its window. */
#include "trail/ask.h"
#include "trail/inside.h"

#include "base/ban.h"

struct staying {
	struct trail *t;
	struct arena *a;
	const struct trace_view *view;
	struct warrant w;
};

static void staying_end(struct staying *s)
{
	trace_view_release(s->view);
}

static enum err copy(struct arena *a, struct str s, struct str *ret)
{
	*ret = (struct str){ arena_copy(a, s.p, s.n), s.n };
	return ret->p ? OK : ERR_MEMORY;
}

/* Under the lock: one stay in words. */
static enum err name_one(const struct staying *s, const struct trace_stay *y,
			 struct trail_stay *ret)
{
	const struct trail *t = s->t;
	uint32_t kind = y->place.v < t->kind.n ? t->kind.v[y->place.v] : 0;
	struct str seat = { "", 0 }, role = { "", 0 }, word = { "", 0 }, none;
	enum err e;

	if (names_unpair(names_text(t->words, y->seat), &seat, &role))
		seat = role = STR("");
	if (names_unpair(names_text(t->words, kind), &word, &none))
		word = STR("");
	*ret = (struct trail_stay){ .place = { numbers_at(&t->places, y->place.v) },
				    .from = y->from,
				    .to = y->to,
				    .begun = y->from };
	if (y->from.v <= s->w.from.v) /* cut by the window: it lasts as long as one may */
		ret->begun.v -= (int64_t)TRAIL_VISIT_DAYS_MAX * 86400;
	if ((e = copy(s->a, seat, &ret->seat)) || (e = copy(s->a, role, &ret->role)))
		return e;
	return copy(s->a, word, &ret->kind);
}

enum err trail_stays(struct trail *t, const struct trail_warrant *w, struct arena *a,
		     const struct trail_stay **ret, size_t *ret_n, struct fault *f)
{
	CLEANUP(staying_end) struct staying s = { .t = t, .a = a };
	const struct trace_stay *found;
	struct trail_stay *all;
	size_t n;
	enum err e = trail_settle(t, f);

	if (e)
		return e;
	s.w = (struct warrant){ .case_number = (uint64_t)w->case_id.v,
				.purpose = TRACE_CONTACT_TRACING,
				.from = w->from,
				.to = w->to,
				.generations = 1,
				.limit = 1 };
	pthread_mutex_lock(&t->lock);
	s.w.index.v = w->index ? numbers_find(&t->persons, w->index) : TRACE_NONE;
	s.view = trace_set_view(t->set);
	pthread_mutex_unlock(&t->lock);
	*ret_n = 0;
	*ret = NULL;
	if (s.w.index.v == TRACE_NONE)
		return OK;
	if ((e = trace_stays(s.view, &s.w, a, &found, &n, f)))
		return e;
	if (!(all = arena_take(a, n + 1, sizeof *all)))
		return ERR_MEMORY;
	pthread_mutex_lock(&t->lock);
	for (size_t i = 0; i < n && !e; i++)
		e = name_one(&s, &found[i], &all[i]);
	pthread_mutex_unlock(&t->lock);
	if (e)
		return e;
	*ret = all;
	*ret_n = n;
	return OK;
}
