/*
 * ask_sql.c - a trace by SQL: the database finds who was where when a case was, and what it found
 * goes before the engine as if it were all there is. So the answer is the engine's, proof and
 * digest, whatever the profile asks for; the statements only have to leave nothing out.
 */
#include <stdlib.h>
#include <string.h>

#include "trail/ask.h"
#include "trail/told.h"
#include "trail/told.sql.h"

#include "base/ban.h"

enum { TRIES = 8 };

struct range {
	int64_t place, from, to;
};
typedef VEC(struct visit) visits;

struct search {
	struct trail *t;
	const struct profile *p;
	struct trail_warrant w;
	struct arena *a;
	struct told least, told;
	bool sound;
	int64_t before, lag; /* how far around a stay somebody else's counts */
	struct trail small;  /* of what was found: its own numbers, words, set */
	VEC(int64_t) person; /* whose contacts are looked for */
	VEC(struct range) range;
	struct buf list[3];
	struct trail_answer answer;
};

static void small_end(struct trail *t)
{
	if (t->set) {
		trail_world_drop(t);
		trace_set_free(t->set);
		pthread_mutex_destroy(&t->lock);
	}
	numbers_drop(&t->persons);
	numbers_drop(&t->places);
	names_free(t->words);
	vec_drop(&t->kind);
	memset(t, 0, sizeof *t);
}

static enum err small_begin(struct search *s)
{
	struct trail *t = &s->small;
	enum err e;

	small_end(t);
	t->o = s->t->o;
	if ((e = trail_words_new(&t->words)) || (e = trace_set_new(t->o.zone, &t->set)))
		return e;
	pthread_mutex_init(&t->lock, NULL);
	return OK;
}

static void search_end(struct search *s)
{
	small_end(&s->small);
	vec_drop(&s->person);
	vec_drop(&s->range);
	for (size_t i = 0; i < ARRAY_LEN(s->list); i++) {
		if (s->list[i].p)
			crypt_wipe(s->list[i].p, s->list[i].n);
		buf_release(&s->list[i]);
	}
}

static void lists_begin(struct search *s)
{
	for (size_t i = 0; i < ARRAY_LEN(s->list); i++)
		buf_clear(&s->list[i]);
}

/* ---- statement A ----------------------------------------------------------------------------- */

static int by_place(const void *pa, const void *pb)
{
	const struct range *a = pa, *b = pb;

	if (a->place != b->place)
		return a->place < b->place ? -1 : 1;
	return (a->from > b->from) - (a->from < b->from);
}

/* A place is asked once for what several stays there have in common. */
static void join_ranges(struct search *s)
{
	size_t n = 0;

	if (s->range.n)
		qsort(s->range.v, s->range.n, sizeof *s->range.v, by_place);
	for (size_t i = 0; i < s->range.n; i++) {
		const struct range *r = &s->range.v[i];
		struct range *last = n ? &s->range.v[n - 1] : NULL;

		if (last && last->place == r->place && r->from <= last->to)
			last->to = max_i64(last->to, r->to);
		else
			s->range.v[n++] = *r;
	}
	s->range.n = n;
}

static enum err find_places(struct search *s, struct tx *tx, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	bool more;
	enum err e;

	s->range.n = 0;
	lists_begin(s);
	for (size_t i = 0; i < s->person.n; i++)
		told_list_i64(&s->list[0], s->person.v[i]);
	if ((e = tx_rows(tx, &told_sql.whereabouts,
			 SQL_ARGS(told_list_end(&s->list[0]), sql_time(s->w.from),
				  sql_time(s->w.to)),
			 &r, f)))
		return e;
	while (!(e = rows_next(r, &more, f)) && more) {
		int64_t to = rows_i64(r, 2);
		struct range x = { rows_i64(r, 0), max_i64(rows_i64(r, 1), s->w.from.v), 0 };

		x.to = min_i64(to == TRACE_STILL ? s->told.horizon.v : to, s->w.to.v);
		if (x.from >= x.to)
			continue;
		x.from -= s->before;
		x.to += s->lag;
		if ((e = vec_push(&s->range, x)))
			return e;
	}
	join_ranges(s);
	return e;
}

/* ---- statement B ----------------------------------------------------------------------------- */

static enum err take_visit(struct search *s, struct rows *r, visits *found)
{
	struct trail *t = &s->small;
	struct str seat = rows_blob(r, 4);
	struct visit v = { .from = { rows_i64(r, 2) }, .to = { rows_i64(r, 3) } };
	enum err e;

	if (v.to.v == TRACE_STILL)
		v.to = s->told.horizon;
	if (v.from.v >= v.to.v) /* came at the newest moment of all, and has met nobody yet */
		return OK;
	if ((e = numbers_of(&t->places, rows_i64(r, 0), &v.place.v)) ||
	    (e = numbers_of(&t->persons, rows_i64(r, 1), &v.person.v)) ||
	    (seat.n && (e = names_intern(t->words, seat, &v.seat))))
		return e;
	return vec_push(found, v);
}

static enum err find_visits(struct search *s, struct tx *tx, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	visits found = { NULL, 0, 0 };
	bool more;
	enum err e;

	lists_begin(s);
	for (size_t i = 0; i < s->range.n; i++) {
		told_list_i64(&s->list[0], s->range.v[i].place);
		told_list_i64(&s->list[1], s->range.v[i].from);
		told_list_i64(&s->list[2], s->range.v[i].to);
	}
	e = tx_rows(tx, &told_sql.attendance,
		    SQL_ARGS(told_list_end(&s->list[0]), told_list_end(&s->list[1]),
			     told_list_end(&s->list[2])),
		    &r, f);
	while (!e && !(e = rows_next(r, &more, f)) && more)
		e = take_visit(s, r, &found);
	if (!e && found.n)
		e = trace_set_add(s->small.set, found.v, found.n, f);
	vec_drop(&found);
	return e;
}

static enum err find_kinds(struct search *s, struct tx *tx, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct trail *t = &s->small;
	bool more;
	enum err e;

	lists_begin(s);
	for (size_t i = 0; i < s->range.n; i++)
		if (!i || s->range.v[i].place != s->range.v[i - 1].place)
			told_list_i64(&s->list[0], s->range.v[i].place);
	e = tx_rows(tx, &told_sql.kinds, SQL_ARGS(told_list_end(&s->list[0])), &r, f);
	while (!e && !(e = rows_next(r, &more, f)) && more) {
		uint32_t place = numbers_find(&t->places, rows_i64(r, 0)), word;

		if (place != NUMBERS_NONE && !(e = names_intern(t->words, rows_blob(r, 1), &word)))
			e = trail_kind_said(t, place, word);
	}
	return e;
}

/* ---- generation by generation ---------------------------------------------------------------- */

/* Whose contacts are the next generation: the engine's rule, in contacts.c. */
static enum err next_people(struct search *s, int64_t generation)
{
	enum err e = OK;

	s->person.n = 0;
	for (size_t i = 0; i < s->answer.n_contacts && !e; i++) {
		const struct trail_contact *c = &s->answer.contact[i];

		if (c->generation == generation && c->klass <= TRACE_SECONDARY)
			e = vec_push(&s->person, c->person);
	}
	return e;
}

static enum err search_act(struct tx *tx, void *arg, struct fault *f)
{
	struct search *s = arg;
	struct trail_warrant w = s->w;
	enum err e;

	if ((e = told_sound(tx, &s->least, &s->told, &s->sound, f)) || !s->sound ||
	    (e = small_begin(s)))
		return e;
	if (s->w.to.v == TRACE_STILL)
		w.to = s->w.to = s->told.horizon;
	s->person.n = 0;
	if (w.index && (e = vec_push(&s->person, w.index)))
		return e;
	for (w.generations = 1; w.generations <= s->w.generations; w.generations++) {
		if (s->person.n && ((e = find_places(s, tx, f)) || (e = find_visits(s, tx, f)) ||
				    (e = find_kinds(s, tx, f))))
			return e;
		if ((e = ask_now(&s->small, &w, s->p, s->a, &s->answer, f)) ||
		    (e = next_people(s, w.generations)))
			return e;
		if (!s->person.n)
			break;
	}
	s->answer.visits = s->told.visits;
	s->answer.horizon = s->told.horizon;
	return OK;
}

/* How far before a stay the profile looks, and how long a place stays dangerous. */
static enum err reach_of(struct search *s, struct fault *f)
{
	const struct str none = STR("");
	struct trace_rules rules;
	enum err e = profile_bind(s->p, NULL, &none, 1, s->a, &rules, f);

	if (e)
		return e;
	s->lag = rules.lag_s;
	for (size_t i = 0; i < rules.n; i++)
		if (rules.rule[i].stay_s)
			s->before = max_i64(s->before, rules.rule[i].stay_within_s);
	return OK;
}

enum err ask_sql(struct trail *t, const struct trail_warrant *w, const struct profile *p,
		 struct arena *a, struct trail_answer *ret, struct fault *f)
{
	CLEANUP(search_end) struct search s = { .t = t, .p = p, .w = *w, .a = a };
	enum err e = reach_of(&s, f);

	for (int i = 0; i < TRIES && !s.sound && !e; i++)
		if (!(e = told_settle(t, &s.least, f)))
			e = db_read(t->o.db, search_act, &s, f);
	if (!e && !s.sound)
		e = fault_set(f, ERR_BUSY, "到访正在变动，请稍后再追踪",
			      "visits are changing right now: trace again in a moment");
	if (!e)
		*ret = s.answer;
	return e;
}
