/*
 * contacts.c - the contacts of cases, generation by generation.
 *
 * A generation is one sweep: the people found last (at first the case itself) are made into
 * probes, the probes of all cases of a batch are swept together, and whoever is met and was not
 * met in an earlier generation is the next.
 */
#include "engine/trace/trace.h"

#include <stdlib.h>
#include <string.h>

#include "engine/trace/cumulative.h"
#include "engine/trace/sweep.h"
#include "base/ban.h"

enum { BATCH = 8 }; /* cases swept together: their tallies must stay in the cache */

struct frontier {
	uint32_t person;
	int64_t opens;
};

struct asked { /* one warrant on its way */
	const struct warrant *w;
	struct stay_lag lag;
	int64_t to; /* end of its window */
	VEC(struct frontier) next;
	VEC(struct frontier) undated; /* met at no known time: when their windows open */
	size_t n_encounters;          /* before the generation at hand */
};

struct asking {
	const struct trace_view *v;
	const struct trace_ask *ask;
	struct arena *arena;
	struct sort_pair *known; /* named contacts by person: row 2 i is a's side, 2 i + 1 b's */
	size_t n_known;
	struct sweep sweep;
	probe_vec probes;
	visit_vec scratch;
	struct asked asked[BATCH]; /* their memory is kept from batch to batch */
	struct sweep_owner owner[BATCH];
};

/* ---- named contacts --------------------------------------------------------------------- */

static enum err index_named(struct asking *q)
{
	size_t n = q->ask->n_named;
	struct sort_pair *spare;

	if (!n)
		return OK;
	if (n > UINT32_MAX / 2)
		return ERR_MEMORY;
	q->known = arena_take_raw(q->arena, 2 * n, sizeof *q->known);
	spare = arena_take_raw(q->arena, 2 * n, sizeof *spare);
	if (!q->known || !spare)
		return ERR_MEMORY;
	for (uint32_t i = 0; i < n; i++) {
		const struct trace_named *m = &q->ask->named[i];
		q->known[2 * (size_t)i] = (struct sort_pair){ m->a.v, 2 * i };
		q->known[2 * (size_t)i + 1] = (struct sort_pair){ m->b.v, 2 * i + 1 };
	}
	q->n_known = 2 * n;
	sort_pairs(q->known, spare, q->n_known);
	return OK;
}

static size_t known_from(const struct asking *q, uint32_t person)
{
	size_t low = 0, high = q->n_known;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (q->known[mid].key < person)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* The rule of a named contact: its own with a profile, the window's without. */
static uint16_t named_rule(const struct trace_rules *r)
{
	return r->profile[0] ? TRACE_RULE_NAMED : 0;
}

static enum err add_named(struct asking *q, struct asked *x, struct sweep_owner *o,
			  const struct frontier *via, uint32_t generation)
{
	uint16_t rule = named_rule(q->ask->rules);
	enum err e;

	for (size_t k = known_from(q, via->person);
	     k < q->n_known && q->known[k].key == via->person; k++) {
		const struct trace_named *m = &q->ask->named[q->known[k].row / 2];
		struct tally_hit h = { q->known[k].row % 2 ? m->a.v : m->b.v,
				       1,
				       tally_rank(tally_class(generation, TRACE_CLOSE), rule),
				       0,
				       INT64_MAX,
				       INT64_MIN };
		struct trace_encounter met = { { h.person },    { via->person }, { TRACE_NONE },
					       { TRACE_NEVER }, { TRACE_NEVER }, rule,
					       TRACE_CLOSE };
		if (m->from.v != TRACE_NEVER) {
			int64_t end = m->to.v == TRACE_STILL ? q->v->horizon : m->to.v;
			h.first = met.from.v = max_i64(m->from.v, via->opens);
			h.last = met.to.v = min_i64(end, x->to);
			if (h.first >= h.last)
				continue;
			h.total = (uint64_t)(h.last - h.first);
		}
		if ((e = tally_add(&o->tally, &h)))
			return e;
		if (tally_is_old(&o->tally, tally_find(&o->tally, h.person)))
			continue;
		if (m->from.v == TRACE_NEVER &&
		    vec_push(&x->undated, ((struct frontier){ h.person, via->opens })))
			return ERR_MEMORY;
		if (q->ask->proof && vec_push(&o->encounter, met))
			return ERR_MEMORY;
	}
	return OK;
}

/* ---- pairs ------------------------------------------------------------------------------ */

static int by_pair(const void *x, const void *y)
{
	const struct trace_encounter *a = x, *b = y;

#define BY(field) \
	if (a->field != b->field) \
	return a->field < b->field ? -1 : 1
	BY(contact.v);
	BY(via.v);
	BY(place.v);
	BY(from.v);
	BY(to.v);
	BY(rule);
#undef BY
	return 0;
}

/* Named contacts count by themselves. */
static bool is_named(const struct trace_encounter *x)
{
	return x->place.v == TRACE_NONE;
}

/* ---- one generation --------------------------------------------------------------------- */

/* Ask for people's memory: all steps for the first few, then one more person each time. */
static void look_ahead(const struct trace_view *v, const struct asked *x, size_t k)
{
	enum { STRIDE = 3 };

	for (size_t step = 1; step <= VIEW_STEPS; step++) {
		size_t end = min_size(k + (VIEW_STEPS + 1 - step) * STRIDE + 1, x->next.n);
		for (size_t i = k ? end - 1 : 0; i < end; i++)
			view_want(v, SEGMENT_PERSONS, x->next.v[i].person, x->next.v[i].opens,
				  x->to, (int)step);
	}
}

static enum err make_probes(struct asking *q, size_t n, uint32_t generation)
{
	enum err e;

	q->probes.n = 0;
	for (uint32_t i = 0; i < n; i++) {
		struct asked *x = &q->asked[i];
		for (size_t k = 0; k < x->next.n && generation <= x->w->generations; k++) {
			const struct frontier *via = &x->next.v[k];
			struct probe like = {
				.from = via->opens, .to = x->to, .via = via->person, .owner = i
			};
			if (like.via == TRACE_NONE)
				continue;
			look_ahead(q->v, x, k);
			if ((e = stay_probes(q->v, &like, x->lag, &q->scratch, &q->probes)) ||
			    (e = add_named(q, x, &q->owner[i], via, generation)))
				return e;
		}
		x->next.n = 0;
	}
	return OK;
}

/* With pairs, the tally is made from what was kept. */
static enum err tally_pairs(struct asking *q, struct asked *x, struct sweep_owner *o,
			    uint32_t generation)
{
	enum err e;
	size_t from = x->n_encounters, n = o->encounter.n - from;

	if (n)
		qsort(o->encounter.v + from, n, sizeof *o->encounter.v, by_pair);
	if (n && q->ask->rules->cumulative_s) {
		if ((e = cumulative_keep(q->ask->rules, o->encounter.v + from, &n)))
			return e;
		o->encounter.n = from + n;
	}
	for (size_t i = from; i < o->encounter.n; i++) {
		const struct trace_encounter *m = &o->encounter.v[i];
		struct tally_hit h = { m->contact.v,
				       1,
				       tally_rank(tally_class(generation, m->klass), m->rule),
				       (uint64_t)(m->to.v - m->from.v),
				       m->from.v,
				       m->to.v };
		if (is_named(m))
			continue;
		if ((e = tally_add(&o->tally, &h)))
			return e;
	}
	x->n_encounters = o->encounter.n;
	return OK;
}

static int frontier_order(const void *x, const void *y)
{
	const struct frontier *a = x, *b = y;

	if (a->person != b->person)
		return a->person < b->person ? -1 : 1;
	return a->opens < b->opens ? -1 : a->opens > b->opens;
}

/* When the window of a person found in this generation opens; `first`: the first exposure. */
static int64_t opens_at(const struct asked *x, uint32_t person, int64_t first)
{
	size_t low = 0, high = x->undated.n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (x->undated.v[mid].person < person)
			low = mid + 1;
		else
			high = mid;
	}
	if (low < x->undated.n && x->undated.v[low].person == person)
		return min_i64(first, x->undated.v[low].opens);
	return first;
}

static enum err settle(struct asking *q, struct asked *x, struct sweep_owner *o,
		       uint32_t generation)
{
	enum err e;

	if (q->sweep.pairs && (e = tally_pairs(q, x, o, generation)))
		return e;
	if (tally_met(&o->tally) > o->limit)
		return ERR_FULL;
	if (generation == x->w->generations)
		return OK;
	if (vec_reserve(&x->next, o->tally.n - o->tally.n_old))
		return ERR_MEMORY;
	if (x->undated.n)
		qsort(x->undated.v, x->undated.n, sizeof *x->undated.v, frontier_order);
	for (uint32_t i = o->tally.n_old; i < o->tally.n; i++) {
		const struct tally_row *r = &o->tally.row[i];
		if (rank_class(o->tally.note[i].rank) <= TRACE_SECONDARY)
			x->next.v[x->next.n++] =
				(struct frontier){ r->person, opens_at(x, r->person, r->first) };
	}
	x->undated.n = 0;
	return OK;
}

/* ---- the answer ------------------------------------------------------------------------- */

static int contact_order(const void *x, const void *y)
{
	const struct trace_contact *a = x, *b = y;

	if (a->generation != b->generation)
		return a->generation < b->generation ? -1 : 1;
	return a->person.v < b->person.v ? -1 : a->person.v > b->person.v;
}

static enum err answer_contacts(struct asking *q, const struct sweep_owner *o,
				struct trace_answer *ret)
{
	size_t n = tally_met(&o->tally);
	struct trace_contact *c = arena_take_raw(q->arena, n + 1, sizeof *c);

	if (!c)
		return ERR_MEMORY;
	for (size_t i = 0; i < n; i++) {
		const struct tally_row *r = &o->tally.row[TALLY_FIRST + i];
		struct tally_note note = o->tally.note[TALLY_FIRST + i];
		bool dated = r->first != INT64_MAX;
		c[i] = (struct trace_contact){
			.person = { r->person },
			.klass = rank_class(note.rank),
			.rule = rank_rule(note.rank),
			.generation = note.generation,
			.n_encounters = r->n,
			.overlap_s = r->total,
			.first = { dated ? r->first : TRACE_NEVER },
			.last = { dated ? r->last : TRACE_NEVER },
		};
	}
	if (q->ask->proof)
		qsort(c, n, sizeof *c, contact_order);
	ret->contact = c;
	ret->n_contacts = n;
	return OK;
}

/* Generations were kept one after another, each in order of contact: so are the contacts. */
static enum err answer_encounters(struct asking *q, const struct sweep_owner *o,
				  struct trace_answer *ret)
{
	size_t n = o->encounter.n, at = 0;
	struct trace_encounter *e = arena_take(q->arena, n + 1, sizeof *e);
	struct trace_contact *c = (struct trace_contact *)(uintptr_t)ret->contact;

	if (!e)
		return ERR_MEMORY;
	if (n)
		memcpy(e, o->encounter.v, n * sizeof *e);
	for (size_t i = 0; i < ret->n_contacts; i++) {
		c[i].i_encounter = at;
		for (uint32_t k = 0; k < c[i].n_encounters; k++, at++) {
			assert(at < n && e[at].contact.v == c[i].person.v);
			e[at].klass = (uint8_t)tally_class(c[i].generation, e[at].klass);
		}
	}
	assert(at == n);
	ret->encounter = e;
	ret->n_encounters = n;
	return OK;
}

static enum err answer(struct asking *q, const struct sweep_owner *o, struct trace_answer *ret)
{
	struct trace_answer a = { .n_contacts = 0 };
	enum err e = answer_contacts(q, o, &a);

	if (!e && q->ask->proof)
		e = answer_encounters(q, o, &a);
	if (!e)
		*ret = a;
	return e;
}

/* ---- a batch ---------------------------------------------------------------------------- */

static enum err begin(struct asking *q, const struct warrant *w, struct asked *x,
		      struct sweep_owner *o)
{
	struct frontier first = { w->index.v, view_window_from(w) };
	int64_t lag = q->ask->rules->lag_s;

	x->w = w;
	x->to = view_window_to(q->v, w);
	x->lag = w->purpose == TRACE_SOURCE_TRACING ? (struct stay_lag){ .before = lag }
						    : (struct stay_lag){ .after = lag };
	x->n_encounters = o->encounter.n = x->next.n = x->undated.n = 0;
	o->limit = w->limit;
	if (tally_init(&o->tally, q->arena, w->index.v))
		return ERR_MEMORY;
	return vec_push(&x->next, first);
}

static enum err run_generation(struct asking *q, size_t n, uint32_t generation, size_t *ret_found)
{
	enum err e;

	*ret_found = 0;
	for (size_t i = 0; i < n; i++)
		tally_generation(&q->owner[i].tally, generation);
	if ((e = make_probes(q, n, generation)) ||
	    (e = sweep_probes(&q->sweep, &q->probes, generation)))
		return e;
	for (size_t i = 0; i < n; i++) {
		if (generation <= q->asked[i].w->generations &&
		    (e = settle(q, &q->asked[i], &q->owner[i], generation)))
			return e;
		*ret_found += q->asked[i].next.n;
	}
	return OK;
}

static enum err run_batch(struct asking *q, const struct warrant *w, size_t n,
			  struct trace_answer *ret)
{
	uint32_t deepest = 0;
	size_t found = n;
	enum err e;

	for (size_t i = 0; i < n; i++) {
		if ((e = begin(q, &w[i], &q->asked[i], &q->owner[i])))
			return e;
		deepest = w[i].generations > deepest ? w[i].generations : deepest;
	}
	for (uint32_t g = 1; g <= deepest && found; g++)
		if ((e = run_generation(q, n, g, &found)))
			return e;
	for (size_t i = 0; i < n; i++)
		if ((e = answer(q, &q->owner[i], &ret[i])))
			return e;
	return OK;
}

static void asking_release(struct asking *q)
{
	for (size_t i = 0; i < BATCH; i++) {
		vec_drop(&q->asked[i].next);
		vec_drop(&q->asked[i].undated);
		vec_drop(&q->owner[i].encounter);
	}
	sweep_release(&q->sweep);
	vec_drop(&q->probes);
	vec_drop(&q->scratch);
}

static enum err check_warrant(const struct warrant *w, struct fault *f)
{
	if (w->purpose == TRACE_PURPOSE_NONE || w->generations == 0 || w->limit == 0)
		return fault_set(
			f, ERR_WARRANT, "没有合法的查询凭证：须有目的、代数和人数上限",
			"no valid warrant: it must give a purpose, generations and a limit");
	if (w->to.v <= w->from.v)
		return fault_set(f, ERR_WARRANT, "查询凭证的时间窗起止颠倒",
				 "the warrant's window is reversed");
	return OK;
}

static enum err explain(enum err e, struct fault *f)
{
	if (e == ERR_FULL)
		return fault_set(
			f, e, "接触者人数超过凭证上限，未返回任何结果；请缩小时间窗或申请更高上限",
			"more contacts than the warrant allows, so nothing is returned; "
			"narrow the window or ask for a higher limit");
	if (e == ERR_CORRUPT)
		return fault_set(f, e, "段文件损坏：查询读到的一页校验不符",
				 "segment damaged: a page that the query read fails its checksum");
	return fault_set(f, e, "%s", "%s", err_en(e));
}

enum err trace_contacts(const struct trace_view *v, const struct trace_ask *ask,
			const struct warrant *warrants, size_t n, struct arena *a,
			struct trace_answer *ret, struct fault *f)
{
	struct asking q = { .v = v, .ask = ask, .arena = a };
	struct kernel_hits scratch[2];
	struct trace_answer *answers = arena_take(a, n + 1, sizeof *answers);
	enum err e = answers ? OK : ERR_MEMORY;

	for (size_t i = 0; i < n && !e; i++)
		if ((e = check_warrant(&warrants[i], f)))
			return e;
	sweep_init(&q.sweep, v, ask, q.owner, scratch);
	if (!e)
		e = index_named(&q);
	for (size_t i = 0; i < n && !e; i += BATCH)
		e = run_batch(&q, &warrants[i], min_size(BATCH, n - i), &answers[i]);
	asking_release(&q);
	if (e)
		return explain(e, f);
	if (n)
		memcpy(ret, answers, n * sizeof *ret);
	return OK;
}
