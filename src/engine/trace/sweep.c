/* sweep.c - see sweep.h. */
#include "engine/trace/sweep.h"

#include <stdlib.h>
#include <string.h>

#include "engine/trace/rule.h"
#include "base/ban.h"

/* A place's visits in one part. */
struct cursor {
	const struct part *part;
	struct segment_place record;
	size_t i_run, end_run;
};

enum {
	FEW_PROBES = 3,  /* up to here each probe searches for itself */
	SIMD_PROBES = 8, /* from here on a visit is held against eight probes at once */
	AHEAD = 5,       /* probes between one step of asking for memory and the next */
};

void sweep_init(struct sweep *s, const struct trace_view *v, const struct trace_ask *ask,
		struct sweep_owner *owner)
{
	*s = (struct sweep){ .v = v, .ask = ask, .owner = owner, .kernel = kernel_best() };
	s->pairs = ask->proof || ask->rules->cumulative_s;
}

void sweep_release(struct sweep *s)
{
	vec_drop(&s->cursor);
	vec_drop(&s->loose);
	vec_drop(&s->times);
	vec_drop(&s->order);
	vec_drop(&s->sorted);
}

/* ---- judging one stay of one person ----------------------------------------------------- */

static enum err keep_pair(struct sweep *s, const struct probe *p, uint32_t person, int64_t from,
			  int64_t to, int rule)
{
	struct sweep_owner *o = &s->owner[p->owner];
	const struct tally_row *r = tally_find(&o->tally, person);

	if (r && r->generation < s->generation)
		return OK;
	return vec_push(&o->encounter,
			((struct trace_encounter){
				.contact = { person },
				.via = { p->via },
				.place = { p->place },
				.from = { from },
				.to = { to },
				.rule = (uint16_t)rule,
				.klass = (uint8_t)s->ask->rules->rule[rule].klass }));
}

static inline enum err add_hit(struct sweep *s, const struct tally_hit *h)
{
	return tally_add(&s->owner[s->probe->owner].tally, s->generation, h);
}

static uint32_t rank_of(const struct sweep *s, int rule)
{
	return tally_rank(tally_class(s->generation, s->ask->rules->rule[rule].klass),
			  (unsigned)rule);
}

/* An overlap of at least s->least: find its rule, hold it to that rule's minimum, keep it. */
static inline enum err judge(struct sweep *s, const struct probe *p, uint32_t person, uint32_t seat,
			     int64_t from, int64_t to)
{
	int rule = s->plain;
	int64_t min = s->plain_min;
	enum err e;

	if (seat || p->seat || !s->plain_certain) {
		struct rule_case c = { p->place, p->via, person, p->seat, seat, to };
		if (person == p->via)
			return OK;
		if ((e = rule_pick(s->v, s->ask, s->mask, &c, &rule)))
			return e;
		if (rule != RULE_NONE)
			min = rule_min(s->ask->rules, rule);
	}
	if (rule == RULE_NONE || person == p->via)
		return OK;
	if (to - from < min && !s->ask->rules->cumulative_s)
		return OK;
	if (s->pairs)
		return keep_pair(s, p, person, from, to, rule);
	return add_hit(s, &(struct tally_hit){ person, 1, rank_of(s, rule), (uint64_t)(to - from),
					       from, to });
}

/* One stay against all probes of the cluster, which stand in order of `from`. */
static enum err judge_stay(struct sweep *s, uint32_t person, uint32_t seat, int64_t from,
			   int64_t to)
{
	enum err e;

	for (size_t j = 0; j < s->n_probes && s->probe[j].from < to; j++) {
		int64_t a = max_i64(s->probe[j].from, from), b = min_i64(s->probe[j].to, to);
		if (b - a >= s->least && (e = judge(s, &s->probe[j], person, seat, a, b)))
			return e;
	}
	return OK;
}

/* ---- visits that must be joined first --------------------------------------------------- */

static enum err put_aside(struct sweep *s, uint32_t person, uint32_t seat, int64_t from, int64_t to)
{
	return vec_push(&s->loose,
			((struct visit){
				{ person }, { s->probe->place }, { from }, { to }, seat }));
}

static bool loose_before(const struct visit *a, const struct visit *b)
{
	if (a->person.v != b->person.v)
		return a->person.v < b->person.v;
	if (a->seat != b->seat)
		return a->seat < b->seat;
	return a->from.v < b->from.v;
}

static int loose_order(const void *a, const void *b)
{
	return loose_before(b, a) - loose_before(a, b);
}

static void sort_loose(struct visit *v, size_t n)
{
	enum { FEW = 32 };

	if (n > FEW) {
		qsort(v, n, sizeof *v, loose_order);
		return;
	}
	for (size_t i = 1; i < n; i++) {
		struct visit x = v[i];
		size_t j = i;
		for (; j && loose_before(&x, &v[j - 1]); j--)
			v[j] = v[j - 1];
		v[j] = x;
	}
}

static enum err judge_loose(struct sweep *s)
{
	struct visit *v = s->loose.v;
	enum err e;

	if (!s->loose.n)
		return OK;
	sort_loose(v, s->loose.n);
	for (size_t i = 0, j; i < s->loose.n; i = j) {
		int64_t to = v[i].to.v;
		for (j = i + 1; j < s->loose.n && v[j].person.v == v[i].person.v &&
				v[j].seat == v[i].seat && v[j].from.v <= to;
		     j++)
			to = max_i64(to, v[j].to.v);
		if ((e = judge_stay(s, v[i].person.v, v[i].seat, v[i].from.v, to)))
			return e;
	}
	s->loose.n = 0;
	return OK;
}

/* Put every visit of a part aside, and tell how late one of them lasts. */
static enum err put_all_aside(struct sweep *s, const struct cursor *c, int64_t *carry)
{
	const struct part *p = c->part;
	struct kernel_block b;
	uint32_t at = 0;
	bool more;
	enum err e;

	for (size_t i = c->i_run; i < c->end_run; i++) {
		const struct visit *x = &p->run->by_place[i];
		int64_t to = visit_end(x, s->v->horizon);
		if (x->from.v >= s->to || to <= s->from || view_hides(s->v, p, x))
			continue;
		if ((e = put_aside(s, x->person.v, x->seat, x->from.v, to)))
			return e;
		*carry = max_i64(*carry, to);
	}
	if (p->run)
		return OK;
	int32_t to_s = (int32_t)min_i64(s->to - p->start, INT32_MAX);
	int32_t from_s = (int32_t)min_i64(max_i64(s->from - p->start, 0), INT32_MAX - 1);
	while (!(e = segment_place_next(&c->record, from_s, to_s, 0, &at, &b, &more)) && more)
		for (uint32_t i = 0; i < b.n; i++) {
			struct visit x = { .place = { s->probe->place } };
			segment_block_times(&b, i, &x.from.v, &x.to.v);
			x.person.v = segment_block_person(&b, i);
			x.seat = segment_block_seat(&b, i);
			x.from.v += p->start;
			x.to.v += x.to.v == TRACE_STILL ? 0 : p->start;
			int64_t to = visit_end(&x, s->v->horizon);
			if (x.from.v >= s->to || to <= s->from || view_hides(s->v, p, &x))
				continue;
			if ((e = put_aside(s, x.person.v, x.seat, x.from.v, to)))
				return e;
			*carry = max_i64(*carry, to);
		}
	return e;
}

/* ---- one part of a place ---------------------------------------------------------------- */

/* The cluster on the clock of one day. */
struct day_clock {
	int64_t start;
	int32_t from, to, horizon; /* of the cluster */
	int32_t least;
	int64_t out_at;  /* who lasts to here may go on in the next part */
	int64_t in_upto; /* who begins by then may go on from an earlier one */
};

static int32_t on_clock(int64_t t, int64_t start)
{
	return (int32_t)min_i64(max_i64(t - start, 0), INT32_MAX);
}

/* One rule for all, no seats, and the kernel has held each hit to the minimum: just add. */
static enum err add_hits(struct sweep *s, const struct kernel_block *b,
			 const struct kernel_hits *hits, int64_t start)
{
	struct tally *t = &s->owner[s->probe->owner].tally;
	uint32_t person[KERNEL_BLOCK + KERNEL_PAD], rank = s->plain_rank;

	for (uint32_t k = 0; k < hits->n; k++)
		person[k] = segment_block_person(b, hits->index[k]);
	for (uint32_t k = 0; k < hits->n; k++) {
		struct tally_row *r = tally_row(t, person[k], s->generation);
		if (!r)
			return ERR_MEMORY;
		if (r->generation != s->generation)
			continue;
		r->n++;
		r->total += (uint32_t)(hits->to[k] - hits->from[k]);
		r->first = min_i64(r->first, start + hits->from[k]);
		r->last = max_i64(r->last, start + hits->to[k]);
		r->rank = rank < r->rank ? rank : r->rank;
	}
	return OK;
}

/* Few probes: each lets the kernel pick its visits out of the packed columns. */
static enum err scan_part(struct sweep *s, const struct cursor *c, const struct day_clock *d)
{
	struct kernel_hits hits;
	struct kernel_block b;
	enum err e = OK;

	for (size_t j = 0; j < s->n_probes && !e; j++) {
		const struct probe *p = &s->probe[j];
		int32_t from = on_clock(p->from, d->start), to = on_clock(p->to, d->start);
		uint32_t at = 0;
		bool more;
		if (to - from < d->least)
			continue;
		while (!(e = segment_place_next(&c->record, from, to, d->horizon, &at, &b,
						&more)) &&
		       more) {
			s->kernel->scan(&b, from, to, d->least, &hits);
			if (s->at_once && !b.seat_width) {
				if ((e = add_hits(s, &b, &hits, d->start)))
					return e;
				continue;
			}
			for (uint32_t k = 0; k < hits.n; k++) {
				uint32_t i = hits.index[k];
				if ((e = judge(s, p, segment_block_person(&b, i),
					       b.seat_width ? segment_block_seat(&b, i) : 0,
					       d->start + hits.from[k], d->start + hits.to[k])))
					return e;
			}
		}
	}
	return e;
}

/* The cluster's probes as columns on the day's clock, with pads that meet nothing. */
static enum err probe_columns(struct sweep *s, const struct day_clock *d)
{
	size_t stride = s->n_probes + KERNEL_PAD;

	s->times.n = 0;
	if (vec_reserve(&s->times, 2 * stride))
		return ERR_MEMORY;
	int32_t *from = s->times.v, *to = from + stride;
	for (size_t j = 0; j < s->n_probes; j++) {
		from[j] = on_clock(s->probe[j].from, d->start);
		to[j] = on_clock(s->probe[j].to, d->start);
	}
	memset(from + s->n_probes, 0, KERNEL_PAD * sizeof *from);
	memset(to + s->n_probes, 0, KERNEL_PAD * sizeof *to);
	return OK;
}

/* The first probe of the columns that begins at `t` or later. */
static size_t probe_from(const struct sweep *s, int64_t t)
{
	size_t low = 0, high = s->n_probes;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (s->times.v[mid] < t)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static enum err meet_all(struct sweep *s, const struct day_clock *d, uint32_t person, int32_t from,
			 int32_t to)
{
	size_t stride = s->n_probes + KERNEL_PAD;
	size_t low = probe_from(s, from - s->longest), high = probe_from(s, to);
	struct kernel_probes p = { (uint32_t)(high - low + 7) & ~7u, s->times.v + low,
				   s->times.v + stride + low };
	struct kernel_sum sum;

	s->kernel->meet(&p, from, to, d->least, &sum);
	if (!sum.n)
		return OK;
	return add_hit(s, &(struct tally_hit){ person, sum.n, s->plain_rank, sum.total,
					       d->start + sum.first, d->start + sum.last });
}

/* Many probes: every visit of the part is unpacked once and held against all of them. */
static enum err meet_part(struct sweep *s, const struct cursor *c, const struct day_clock *d,
			  int64_t *carry)
{
	struct kernel_times t;
	struct kernel_block b;
	uint32_t at = 0;
	bool more, at_once = s->at_once && s->n_probes >= SIMD_PROBES;
	enum err e;

	if (at_once && (e = probe_columns(s, d)))
		return e;
	while (!(e = segment_place_next(&c->record, d->from, d->to, d->horizon, &at, &b, &more)) &&
	       more) {
		s->kernel->times(&b, &t);
		for (uint32_t i = 0; i < b.n && t.from[i] < d->to; i++) {
			bool out = t.to[i] >= d->out_at;
			if (t.to[i] <= d->from)
				continue;
			uint32_t person = segment_block_person(&b, i);
			uint32_t seat = b.seat_width ? segment_block_seat(&b, i) : 0;
			int64_t from = d->start + t.from[i], to = d->start + t.to[i];
			if (out)
				*carry = max_i64(*carry, to);
			if (out || t.from[i] <= d->in_upto)
				e = put_aside(s, person, seat, from, to);
			else if (t.to[i] - t.from[i] < d->least)
				continue;
			else if (at_once && !seat)
				e = meet_all(s, d, person, t.from[i], t.to[i]);
			else
				e = judge_stay(s, person, seat, from, to);
			if (e)
				return e;
		}
	}
	return e;
}

/* ---- one cluster ------------------------------------------------------------------------ */

/* The parts in which the place has visits that may meet the cluster. */
static enum err open_cursors(struct sweep *s, bool *ret_join_all)
{
	const struct trace_view *v = s->v;
	uint32_t place = s->probe->place;
	enum err e;

	s->cursor.n = 0;
	*ret_join_all = v->graves;
	for (size_t i = view_first(v, SEGMENT_PLACES, place, s->from); i < v->n_parts; i++) {
		struct cursor c = { .part = &v->part[i] };
		bool needed;
		if (c.part->start >= s->to || c.part->end <= s->from)
			continue;
		if (c.part->run) {
			run_place(c.part->run, place, s->from, s->to, &c.i_run, &c.end_run);
			if (c.i_run == c.end_run)
				continue;
			*ret_join_all = true;
		} else {
			if ((e = view_reaches(c.part, SEGMENT_PLACES, place, s->from, &needed)))
				return e;
			if (!needed)
				continue;
			if ((e = segment_place_open(c.part->seg, place, &c.record)))
				return e;
			if (!c.record.p)
				continue;
			if (s->cursor.n &&
			    s->cursor.v[s->cursor.n - 1].part->start == c.part->start)
				*ret_join_all = true;
		}
		if (vec_push(&s->cursor, c))
			return ERR_MEMORY;
	}
	return OK;
}

static enum err sweep_part(struct sweep *s, size_t i, bool join_all, int64_t *carry)
{
	const struct cursor *c = &s->cursor.v[i];
	const struct part *p = c->part;

	if (join_all || c->record.linked || s->to - p->start > INT32_MAX)
		return put_all_aside(s, c, carry);
	struct day_clock d = {
		.start = p->start,
		.from = on_clock(s->from, p->start),
		.to = on_clock(s->to, p->start),
		.horizon = on_clock(s->v->horizon, p->start),
		.least = (int32_t)min_i64(s->least, INT32_MAX),
		.out_at =
			i + 1 < s->cursor.n ? s->cursor.v[i + 1].part->start - p->start : INT64_MAX,
		.in_upto = *carry == INT64_MIN ? -1 : *carry - p->start,
	};
	/* Who lasts into the next part matters only if the cluster does, too. */
	if (d.out_at == INT64_MAX && d.in_upto < 0 && s->n_probes <= FEW_PROBES)
		return scan_part(s, c, &d);
	return meet_part(s, c, &d, carry);
}

static enum err sweep_cluster(struct sweep *s, const struct probe *p, size_t n)
{
	int64_t carry = INT64_MIN;
	bool join_all;
	enum err e;

	s->mask = rule_mask(s->ask, p->place);
	if (!s->mask)
		return OK;
	s->probe = p;
	s->n_probes = n;
	s->least = s->ask->rules->cumulative_s ? 1 : rule_least(s->ask->rules, s->mask);
	s->plain = rule_plain(s->ask, s->mask, &s->plain_certain);
	s->plain_min = INT64_MAX;
	if (s->plain != RULE_NONE) {
		s->plain_min = rule_min(s->ask->rules, s->plain);
		s->plain_rank = rank_of(s, s->plain);
	}
	s->at_once =
		!s->pairs && s->plain_certain && s->plain != RULE_NONE && s->plain_min == s->least;
	s->from = p->from;
	s->to = p->to;
	s->longest = 0;
	for (size_t j = 0; j < n; j++) {
		s->at_once &= !p[j].seat;
		s->to = max_i64(s->to, p[j].to);
		s->longest = max_i64(s->longest, p[j].to - p[j].from);
	}
	if (s->longest < s->least)
		return OK;
	if ((e = open_cursors(s, &join_all)))
		return e;
	for (size_t i = 0; i < s->cursor.n; i++)
		if ((e = sweep_part(s, i, join_all, &carry)))
			return e;
	return judge_loose(s);
}

/* ---- all probes ------------------------------------------------------------------------- */

static int probe_order(const void *x, const void *y)
{
	const struct probe *a = x, *b = y;

	return a->from < b->from ? -1 : a->from > b->from;
}

/* By place, then owner, then from. */
static enum err sort_probes(struct sweep *s, probe_vec *p)
{
	s->order.n = s->sorted.n = 0;
	if (vec_reserve(&s->order, 2 * p->n) || vec_reserve(&s->sorted, p->n))
		return ERR_MEMORY;
	for (size_t i = 0; i < p->n; i++)
		s->order.v[i] = (struct sort_pair){ (uint64_t)p->v[i].place << 16 | p->v[i].owner,
						    (uint32_t)i };
	sort_pairs(s->order.v, s->order.v + p->n, p->n);
	for (size_t i = 0; i < p->n; i++)
		s->sorted.v[i] = p->v[s->order.v[i].row];
	for (size_t i = 0, j; i < p->n; i = j) {
		for (j = i + 1; j < p->n && s->order.v[j].key == s->order.v[i].key;)
			j++;
		if (j - i > 1)
			qsort(&s->sorted.v[i], j - i, sizeof *s->sorted.v, probe_order);
	}
	probe_vec t = *p;
	*p = s->sorted;
	p->n = t.n;
	s->sorted = t;
	return OK;
}

/* Ask for the memory that probes some way ahead will want, a step further each time. */
static void look_ahead(const struct trace_view *v, const probe_vec *p, size_t i)
{
	for (int step = 1; step <= VIEW_STEPS; step++) {
		size_t j = i + (size_t)(VIEW_STEPS + 1 - step) * AHEAD;
		if (j < p->n)
			view_look_ahead(v, SEGMENT_PLACES, p->v[j].place, p->v[j].from, p->v[j].to,
					step);
	}
}

enum err sweep_probes(struct sweep *s, probe_vec *probes, uint32_t generation)
{
	enum err e;

	s->generation = generation;
	if (!probes->n)
		return OK;
	if ((e = sort_probes(s, probes)))
		return e;
	const struct probe *p = probes->v;
	/* The first few at once; then each time one goes, one more is asked for. */
	for (int step = 1; step <= VIEW_STEPS; step++)
		for (size_t i = 0; i < min_size((size_t)(VIEW_STEPS + 1 - step) * AHEAD, probes->n);
		     i++)
			view_look_ahead(s->v, SEGMENT_PLACES, p[i].place, p[i].from, p[i].to, step);
	for (size_t i = 0, j; i < probes->n; i = j) {
		int64_t to = p[i].to;
		for (j = i + 1; j < probes->n && p[j].place == p[i].place &&
				p[j].owner == p[i].owner && p[j].from < to;
		     j++)
			to = max_i64(to, p[j].to);
		look_ahead(s->v, probes, i);
		if ((e = sweep_cluster(s, &p[i], j - i)))
			return e;
		/* Row 0 is the case itself. */
		if (s->owner[p[i].owner].tally.n - 1 > s->owner[p[i].owner].limit)
			return ERR_FULL;
	}
	return OK;
}
