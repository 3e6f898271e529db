#include "trail/ask.h"

#include <stdlib.h>
#include <string.h>

#include "trail/inside.h"
#include "trail/told.h"

#include "base/ban.h"

/* ---- the world, by number -------------------------------------------------------------------- */

static void world_release(struct ask_world *w)
{
	if (!w || --w->holders)
		return;
	mem_drop(w->place_kind);
	mem_drop(w->kind);
	mem_drop(w);
}

/* Under the lock: kinds of places as the engine wants them; the old one if nothing is new. */
static enum err world_now(struct trail *t, struct ask_world **ret)
{
	struct ask_world *w = t->world;
	uint16_t *of_word = NULL;
	size_t n_words = names_count(t->words);

	if (w && w->version == t->kind_version && w->n_places == t->places.id.n)
		goto out;
	w = mem_take(1, sizeof *w);
	of_word = mem_take(n_words, sizeof *of_word);
	if (w) {
		w->holders = 1;
		w->place_kind = mem_take(t->places.id.n + 1, sizeof *w->place_kind);
		w->kind = mem_take(n_words, sizeof *w->kind);
	}
	if (!w || !of_word || !w->place_kind || !w->kind) {
		world_release(w);
		mem_drop(of_word);
		return ERR_MEMORY;
	}
	w->version = t->kind_version;
	w->n_places = t->places.id.n;
	w->n_kinds = 1; /* the unknown one */
	for (size_t i = 0; i < t->kind.n && i < w->n_places; i++) {
		uint32_t word = t->kind.v[i];

		if (word && !of_word[word] && w->n_kinds < UINT16_MAX) {
			of_word[word] = (uint16_t)w->n_kinds;
			w->kind[w->n_kinds++] = word;
		}
		w->place_kind[i] = of_word[word];
	}
	mem_drop(of_word);
	world_release(t->world);
	t->world = w;
out:
	w->holders++;
	*ret = w;
	return OK;
}

void trail_world_drop(struct trail *t)
{
	world_release(t->world);
	t->world = NULL;
}

struct asking {
	struct trail *t;
	struct arena *a;
	struct ask_world *world;
	const struct trace_view *view;
	struct trace_world engine_world;
	struct trace_rules rules;
	struct warrant w;
};

static void asking_end(struct asking *k)
{
	pthread_mutex_lock(&k->t->lock);
	world_release(k->world);
	pthread_mutex_unlock(&k->t->lock);
	trace_view_release(k->view);
}

static struct str first_of_pair(const struct names *words, uint32_t word, struct str *ret_second)
{
	struct str a = { "", 0 }, b = { "", 0 };

	if (names_unpair(names_text(words, word), &a, &b))
		a = b = STR("");
	*ret_second = b;
	return a;
}

/* Under the lock: everything that the engine is told in numbers, copied. */
static enum err bind(struct asking *k, const struct trail_warrant *w, const struct profile *p,
		     struct fault *f)
{
	struct trail *t = k->t;
	size_t n = names_count(t->words);
	struct trace_seat *seat = arena_take(k->a, n, sizeof *seat);
	struct str *kind, role;
	enum err e = world_now(t, &k->world);

	if (e)
		return e;
	kind = arena_take(k->a, k->world->n_kinds, sizeof *kind);
	if (!seat || !kind)
		return ERR_MEMORY;
	for (size_t i = 0; i < n; i++) {
		seat[i].row = profile_seat_row(first_of_pair(t->words, (uint32_t)i, &role));
		seat[i].roles = profile_roles(p, role);
	}
	for (size_t i = 1; i < k->world->n_kinds; i++) {
		struct str s = first_of_pair(t->words, k->world->kind[i], &role);

		kind[i].p = arena_copy(k->a, s.p, s.n);
		kind[i].n = s.n;
		if (!kind[i].p)
			return ERR_MEMORY;
	}
	kind[0] = STR("");
	k->engine_world = (struct trace_world){ k->world->n_places, k->world->place_kind, n, seat };
	k->w.index.v = w->index ? numbers_find(&t->persons, w->index) : TRACE_NONE;
	k->view = trace_set_view(t->set);
	return profile_bind(p, NULL, kind, k->world->n_kinds, k->a, &k->rules, f);
}

/* ---- the answer ------------------------------------------------------------------------------ */

static struct str rule_word(const struct asking *k, uint16_t rule)
{
	if (rule < k->rules.n)
		return str_of(k->rules.rule[rule].id);
	return rule == TRACE_RULE_NAMED ? STR("named") : STR("window");
}

static int cmp_i64(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int by_generation_and_person(const void *pa, const void *pb)
{
	const struct trail_contact *a = pa, *b = pb;
	int c = cmp_i64(a->generation, b->generation);

	return c ? c : cmp_i64(a->person, b->person);
}

static int by_time_and_place(const void *pa, const void *pb)
{
	const struct trail_encounter *a = pa, *b = pb;
	int c = cmp_i64(a->from.v, b->from.v);

	if (!c)
		c = cmp_i64(a->to.v, b->to.v);
	if (!c)
		c = cmp_i64(a->place.v, b->place.v);
	if (!c)
		c = cmp_i64(a->via, b->via);
	return c ? c : str_cmp(a->rule, b->rule);
}

/* Under the lock: numbers into ids. */
static enum err name_all(const struct asking *k, const struct trace_answer *from,
			 struct trail_answer *ret)
{
	struct trail_contact *c = arena_take(k->a, from->n_contacts + 1, sizeof *c);
	struct trail_encounter *x = arena_take(k->a, from->n_encounters + 1, sizeof *x);
	const struct trail *t = k->t;

	if (!c || !x)
		return ERR_MEMORY;
	for (size_t i = 0; i < from->n_encounters; i++) {
		const struct trace_encounter *y = &from->encounter[i];

		x[i] = (struct trail_encounter){ numbers_at(&t->persons, y->contact.v),
						 numbers_at(&t->persons, y->via.v),
						 { numbers_at(&t->places, y->place.v) },
						 y->from,
						 y->to,
						 rule_word(k, y->rule),
						 (enum trace_class)y->klass };
	}
	for (size_t i = 0; i < from->n_contacts; i++) {
		const struct trace_contact *y = &from->contact[i];

		c[i] = (struct trail_contact){ numbers_at(&t->persons, y->person.v),
					       (enum trace_class)y->klass,
					       rule_word(k, y->rule),
					       y->generation,
					       y->overlap_s,
					       y->first,
					       y->last,
					       y->n_encounters,
					       x + y->i_encounter };
		if (y->n_encounters)
			qsort(x + y->i_encounter, y->n_encounters, sizeof *x, by_time_and_place);
	}
	if (from->n_contacts)
		qsort(c, from->n_contacts, sizeof *c, by_generation_and_person);
	ret->contact = c;
	ret->n_contacts = from->n_contacts;
	ret->n_encounters = from->n_encounters;
	return OK;
}

void trail_put_numbers(struct buf *out, const int64_t *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		buf_i64(out, v[i]);
		buf_char(out, ' ');
	}
}

void trail_answer_text(const struct trail_answer *a, struct buf *out)
{
	buf_lit(out, "profile ");
	buf_str(out, a->profile);
	buf_char(out, '\n');
	for (size_t i = 0; i < a->n_contacts; i++) {
		const struct trail_contact *c = &a->contact[i];

		buf_lit(out, "contact ");
		trail_put_numbers(out, (const int64_t[]){ c->person, c->generation }, 2);
		buf_lit(out, trace_class_word(c->klass));
		buf_char(out, ' ');
		trail_put_numbers(out,
				  (const int64_t[]){ (int64_t)c->overlap_s, c->first.v, c->last.v },
				  3);
		buf_str(out, c->rule);
		buf_char(out, '\n');
		for (size_t k = 0; k < c->n_encounters; k++) {
			const struct trail_encounter *x = &c->encounter[k];

			buf_lit(out, "met ");
			trail_put_numbers(out,
					  (const int64_t[]){ x->via, x->place.v, x->from.v,
							     x->to.v },
					  4);
			buf_lit(out, trace_class_word(x->klass));
			buf_char(out, ' ');
			buf_str(out, x->rule);
			buf_char(out, '\n');
		}
	}
}

static enum err answer(struct asking *k, const struct trace_answer *from, struct trail_answer *ret)
{
	CLEANUP(buf_release) struct buf text = { 0 };
	struct trail_answer all = { .visits = trace_view_visits(k->view),
				    .horizon = trace_view_horizon(k->view) };
	size_t n = strlen(k->rules.profile);
	enum err e;

	all.profile = (struct str){ arena_copy(k->a, k->rules.profile, n), n };
	if (!all.profile.p)
		return ERR_MEMORY;
	pthread_mutex_lock(&k->t->lock);
	e = name_all(k, from, &all);
	pthread_mutex_unlock(&k->t->lock);
	if (e)
		return e;
	trail_answer_text(&all, &text);
	if (text.failed)
		return text.failed;
	if ((e = crypt_hash(CRYPT_WORLD, text.p, text.n, &all.digest)))
		return e;
	*ret = all;
	return OK;
}

enum err ask_now(struct trail *t, const struct trail_warrant *w, const struct profile *p,
		 struct arena *a, struct trail_answer *ret, struct fault *f)
{
	CLEANUP(asking_end) struct asking k = { .t = t, .a = a };
	struct trace_ask ask = { .rules = &k.rules, .world = &k.engine_world, .proof = true };
	struct trace_answer found;
	enum err e;

	pthread_mutex_lock(&t->lock);
	e = bind(&k, w, p, f);
	pthread_mutex_unlock(&t->lock);
	if (e)
		return e;
	k.w.case_number = (uint64_t)w->case_id.v;
	k.w.purpose = TRACE_CONTACT_TRACING;
	k.w.from = w->from;
	k.w.to = w->to;
	k.w.generations = (uint32_t)w->generations;
	k.w.limit = (uint32_t)w->people;
	if ((e = trace_contacts(k.view, &ask, &k.w, 1, a, &found, f)))
		return e;
	return answer(&k, &found, ret);
}

enum err trail_ask(struct trail *t, const struct trail_warrant *w, const struct profile *p,
		   struct arena *a, struct trail_answer *ret, struct fault *f)
{
	enum err e;

	if (t->o.by == TRAIL_BY_SQL)
		return ask_sql(t, w, p, a, ret, f);
	e = trail_settle(t, f);
	return e ? e : ask_now(t, w, p, a, ret, f);
}
