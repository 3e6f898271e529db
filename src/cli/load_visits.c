/*
 * load_visits.c - rows of visits into the builder, fast.
 *
 * Batches go through a ring. Filling one (the next bytes of the files) and applying one (numbers
 * for its names, its visits to the builder) happen in order, by one thread at a time; between the
 * two, its rows are read by whoever filled it, beside the others. Every thread does whatever is
 * next: the oldest batch is applied if nobody is at it, else another is filled and read. So no
 * thread waits while there is work, and the numbers are those of the order of the rows.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "cli/load_batch.h"

#include "base/ban.h"

enum { BATCHES_A_THREAD = 4, THREADS_DEFAULT = 2, THREADS_MAX = 64 };

static const struct load_reason OTHER_KIND = { "kind 与该场所先前的不同",
					       "kind differs from this place's first" };

/* ---- applying ------------------------------------------------------------------------------- */

struct numbering {
	struct load *l;
	struct trace_builder *builder;
	uint32_t person[LOAD_ROWS], place[LOAD_ROWS], seat[LOAD_ROWS];
	struct visit visit[LOAD_ROWS];
};

static enum err number_places(struct numbering *m, const struct load_batch *b)
{
	struct load *l = m->l;
	size_t n_before = l->place_kind.n, n_now;
	enum err e;

	if ((e = names_intern_batch(l->names.places, b->place, b->place_hash, b->n, m->place)))
		return e;
	n_now = names_count(l->names.places);
	if (n_now > n_before && (e = vec_reserve(&l->place_kind, n_now)))
		return e;
	l->place_kind.n = n_now;
	for (size_t i = n_before; i < n_now; i++)
		l->place_kind.v[i] = NAMES_NONE;
	return OK;
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = ((const struct load_refused_row *)a)->number,
		 y = ((const struct load_refused_row *)b)->number;

	return (x > y) - (x < y);
}

static void move_row(struct numbering *m, struct load_batch *b, size_t from, size_t to)
{
	m->place[to] = m->place[from];
	b->person[to] = b->person[from];
	b->person_hash[to] = b->person_hash[from];
	b->seat[to] = b->seat[from];
	b->seat_hash[to] = b->seat_hash[from];
	b->from[to] = b->from[from];
	b->to[to] = b->to[from];
}

/* Refuses the rows whose kind is not the one their place has. */
static enum err check_kinds(struct numbering *m, struct load_batch *b)
{
	struct names *kinds = m->l->names.kinds;
	size_t n = 0, n_refused = b->refused.n;
	enum err e;

	for (size_t i = 0; i < b->n; i++) {
		uint32_t *kind = &m->l->place_kind.v[m->place[i]];
		const struct load_row_more *x = &b->more[i];

		if (*kind == NAMES_NONE) {
			if ((e = names_intern(kinds, x->kind, kind)))
				return e;
		} else if (!str_eq(names_text(kinds, *kind), x->kind)) {
			struct load_refused_row no = { x->number, x->line, x->raw, OTHER_KIND };

			if ((e = vec_push(&b->refused, no)))
				return e;
			continue;
		}
		move_row(m, b, i, n++);
	}
	b->n = n;
	if (b->refused.n > n_refused)
		qsort(b->refused.v, b->refused.n, sizeof(b->refused.v[0]), by_number);
	return OK;
}

static enum err number_people(struct numbering *m, const struct load_batch *b)
{
	struct shelf_names *names = &m->l->names;
	enum err e;

	if ((e = names_intern_batch(names->persons, b->person, b->person_hash, b->n, m->person)))
		return e;
	if (b->has_seat)
		return names_intern_batch(names->seats, b->seat, b->seat_hash, b->n, m->seat);
	memset(m->seat, 0, b->n * sizeof(m->seat[0]));
	return OK;
}

/* Persons are counted by a bit each: cases and named contacts have numbers too. */
static enum err count_visitors(struct numbering *m, const struct load_batch *b)
{
	struct load *l = m->l;
	size_t words = names_count(l->names.persons) / 64 + 1;
	enum err e;

	if (words > l->visitor.n) {
		if ((e = vec_reserve(&l->visitor, words)))
			return e;
		memset(l->visitor.v + l->visitor.n, 0,
		       (words - l->visitor.n) * sizeof(l->visitor.v[0]));
		l->visitor.n = words;
	}
	for (size_t i = 0; i < b->n; i++) {
		uint64_t *word = &l->visitor.v[m->person[i] / 64];
		uint64_t bit = UINT64_C(1) << m->person[i] % 64;

		l->n_visitors += !(*word & bit);
		*word |= bit;
	}
	return OK;
}

static enum err report_refused(struct load *l, const struct load_batch *b)
{
	enum err e;

	for (size_t i = 0; i < b->refused.n; i++) {
		const struct load_refused_row *x = &b->refused.v[i];
		struct csv_record row = { .number = x->number, .line = x->line, .raw = x->raw };

		if ((e = load_refuse(l, &l->c->visits, "visits", &row, x->why)))
			return e;
	}
	return OK;
}

static enum err apply(struct numbering *m, struct load_batch *b)
{
	struct load *l = m->l;
	enum err e;

	l->c->visits.in += b->n_in;
	if ((e = number_places(m, b)))
		return e;
	if (b->has_kind && (e = check_kinds(m, b)))
		return e;
	if ((e = number_people(m, b)))
		return e;
	if (l->want_visitors && (e = count_visitors(m, b)))
		return e;
	for (size_t i = 0; i < b->n; i++)
		m->visit[i] = (struct visit){
			{ m->person[i] }, { m->place[i] }, { b->from[i] }, { b->to[i] }, m->seat[i]
		};
	if ((e = trace_builder_add(m->builder, m->visit, b->n, &l->c->fault)))
		return e;
	if ((e = report_refused(l, b)))
		return e;
	cli_say_progress(l->c, b->bytes_read, b->bytes_total, l->c->visits.in);
	return OK;
}

/* ---- the ring ------------------------------------------------------------------------------- */

struct ring {
	struct load_reader reader;
	struct numbering *numbering;
	struct load_batch **batch;
	bool *ready; /* its rows are read */
	size_t n;    /* batches */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	uint64_t filled, applied; /* batches so far */
	bool filling, applying, no_more, stop;
	enum err e;
};

/* The first error in the order of the batches ends the run. */
static void apply_oldest(struct ring *r)
{
	size_t i = r->applied % r->n;
	struct load_batch *b = r->batch[i];
	enum err e;

	r->applying = true;
	pthread_mutex_unlock(&r->lock);
	e = b->e;
	if (e && b->fault.code)
		r->numbering->l->c->fault = b->fault;
	if (!e && !b->last)
		e = apply(r->numbering, b);
	pthread_mutex_lock(&r->lock);
	r->applying = false;
	r->ready[i] = false;
	r->applied++;
	r->e = e;
	r->stop = e || b->last;
}

static void read_next(struct ring *r)
{
	size_t i = r->filled % r->n;
	struct load_batch *b = r->batch[i];
	enum err e;

	r->filling = true;
	pthread_mutex_unlock(&r->lock);
	e = load_batch_fill(&r->reader, b);
	pthread_mutex_lock(&r->lock);
	r->filling = false;
	r->filled++;
	r->no_more = e || b->last;
	pthread_cond_signal(&r->changed);
	pthread_mutex_unlock(&r->lock);
	if (!e)
		b->e = load_batch_read(b);
	pthread_mutex_lock(&r->lock);
	r->ready[i] = true;
}

static void *work(void *arg)
{
	struct ring *r = arg;

	pthread_mutex_lock(&r->lock);
	while (!r->stop) {
		if (!r->applying && r->ready[r->applied % r->n])
			apply_oldest(r);
		else if (!r->filling && !r->no_more && r->filled - r->applied < r->n)
			read_next(r);
		else {
			pthread_cond_wait(&r->changed, &r->lock);
			continue;
		}
		pthread_cond_broadcast(&r->changed);
	}
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

static unsigned threads_of(const struct load *l)
{
	int64_t n = l->c->args.number[CLI_THREADS];

	return n > 0 ? (unsigned)min_i64(n, THREADS_MAX) : THREADS_DEFAULT;
}

static enum err run(struct ring *r, unsigned threads)
{
	pthread_t thread[THREADS_MAX];
	unsigned n = 0;

	while (n + 1 < threads && pthread_create(&thread[n], NULL, work, r) == 0)
		n++;
	work(r);
	while (n)
		pthread_join(thread[--n], NULL);
	return r->e;
}

static enum err ring_new(struct ring *r, struct load *l, struct trace_builder *builder)
{
	unsigned threads = threads_of(l);
	size_t n = threads > 1 ? (size_t)BATCHES_A_THREAD * threads : 1;
	enum err e;

	r->reader.l = l;
	r->numbering = mem_take(1, sizeof(*r->numbering));
	r->batch = mem_take(n, sizeof(struct load_batch *));
	r->ready = mem_take(n, sizeof(*r->ready));
	if (!r->numbering || !r->batch || !r->ready)
		return ERR_MEMORY;
	r->numbering->l = l;
	r->numbering->builder = builder;
	for (; r->n < n; r->n++)
		if ((e = load_batch_new(l, &r->batch[r->n])))
			return e;
	return OK;
}

static void ring_end(struct ring *r)
{
	for (size_t i = 0; i < r->n; i++)
		load_batch_end(&r->batch[i]);
	table_end(&r->reader.t);
	mem_drop(r->batch);
	mem_drop(r->ready);
	mem_drop(r->numbering);
}

enum err load_visits(struct load *l, struct trace_builder *builder)
{
	struct ring r = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };
	enum err e = ring_new(&r, l, builder);

	if (!e) {
		l->c->visits.given = true;
		e = run(&r, threads_of(l));
		cli_say_progress_end(l->c);
	}
	ring_end(&r);
	for (size_t i = 0; i < l->place_kind.n; i++)
		if (l->place_kind.v[i] == NAMES_NONE)
			l->place_kind.v[i] = 0;
	l->names.place_kind = l->place_kind.v;
	l->names.n_places = l->place_kind.n;
	return e;
}
