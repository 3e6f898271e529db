/* meet.c - see meet.h. */
#include "engine/trace/meet.h"

#include <stdlib.h>
#include <string.h>

#include "engine/trace/rule.h"
#include "base/ban.h"

enum {
	FEW_PROBES = 3,  /* up to here each probe searches for itself */
	SIMD_PROBES = 4, /* from here on a visit is held against many probes at once */
	NEAR_S = 1 << 30,
};

/* ---- judging one stay of one person ----------------------------------------------------- */

static enum err keep_pair(struct sweep *s, const struct probe *p, uint32_t person, int64_t from,
			  int64_t to, int rule)
{
	struct sweep_owner *o = &s->owner[p->owner];
	const struct tally_row *r = tally_find(&o->tally, person);

	if (r && tally_is_old(&o->tally, r))
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
	return tally_add(&s->owner[s->probe->owner].tally, h);
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
	struct kernel_visits all;
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
	while (!(e = segment_place_next(&c->record, from_s, to_s, 0, &at, &b, &more)) && more) {
		s->kernel->unpack(&b, &all);
		for (uint32_t i = 0; i < b.n; i++) {
			struct visit x = { .person = { all.person[i] },
					   .place = { s->probe->place } };
			segment_block_times(&b, i, &x.from.v, &x.to.v);
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

enum err meet_rest(struct sweep *s)
{
	struct tally_many m = { s->hits->n,    s->hits_rank, s->hits->person,
				s->hits->from, s->hits->to,  s->hits_start };

	s->hits->n = 0;
	return tally_add_many(&s->owner[s->hits_owner].tally, &m);
}

/* Make room for a block's hits on this clock: those there must be of the same owner and rule. */
static enum err room_for_hits(struct sweep *s, const struct day_clock *d)
{
	int64_t shift = d->start - s->hits_start;
	bool near = shift > -NEAR_S && shift < NEAR_S && d->to < NEAR_S;
	enum err e;

	if (s->hits->n && (s->hits->n > KERNEL_HITS - KERNEL_BLOCK || !near ||
			   s->hits_owner != s->probe->owner || s->hits_rank != s->plain_rank))
		if ((e = meet_rest(s)))
			return e;
	if (!s->hits->n) {
		s->hits_owner = s->probe->owner;
		s->hits_rank = s->plain_rank;
		s->hits_start = near ? s->hits_start : d->start;
	}
	s->hits->shift = (int32_t)(d->start - s->hits_start);
	return OK;
}

/* The hits of one probe in one block. */
static enum err scan_block(struct sweep *s, const struct probe *p, const struct kernel_block *b,
			   const struct day_clock *d)
{
	int32_t from = on_clock(p->from, d->start), to = on_clock(p->to, d->start);
	struct kernel_hits *picked = s->picked;
	enum err e;

	if (to - from < d->least)
		return OK;
	/* One rule for all, and the kernel holds each to its minimum. */
	if (s->at_once && !b->seat_width) {
		if (!(e = room_for_hits(s, d)))
			s->kernel->scan(b, from, to, d->least, s->hits);
		return e;
	}
	picked->n = 0;
	s->kernel->scan(b, from, to, d->least, picked);
	for (uint32_t k = 0; k < picked->n; k++)
		if ((e = judge(s, p, picked->person[k], segment_block_seat(b, picked->index[k]),
			       d->start + picked->from[k], d->start + picked->to[k])))
			return e;
	return OK;
}

/* Few probes: each lets the kernel pick its visits out of the packed columns. */
static enum err scan_part(struct sweep *s, const struct cursor *c, const struct day_clock *d)
{
	enum err e;

	for (size_t k = 0; k < c->n_blocks; k++)
		for (size_t j = 0; j < s->n_probes; j++)
			if ((e = scan_block(s, &s->probe[j], &s->blocks.v[c->first + k], d)))
				return e;
	return OK;
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

/* One visit against all probes from *low on; those before have ended when it begins. */
static enum err meet_all(struct sweep *s, const struct day_clock *d, uint32_t person, int32_t from,
			 int32_t to, size_t *low)
{
	size_t stride = s->n_probes + KERNEL_PAD;
	const int32_t *probe_from = s->times.v;
	struct kernel_sum sum;

	/* Visits come in order of `from`. */
	while (*low < s->n_probes && probe_from[*low] + s->longest <= from)
		++*low;
	struct kernel_probes p = { (uint32_t)(s->n_probes - *low + 15) & ~15u, probe_from + *low,
				   probe_from + stride + *low };
	s->kernel->meet(&p, from, to, d->least, &sum);
	if (!sum.n)
		return OK;
	return add_hit(s, &(struct tally_hit){ person, sum.n, s->plain_rank, sum.total,
					       d->start + sum.first, d->start + sum.last });
}

/* Many probes: every visit of a block is unpacked once and held against all of them. */
static enum err meet_block(struct sweep *s, const struct kernel_block *b, const struct day_clock *d,
			   int64_t *carry)
{
	bool at_once = s->at_once && s->n_probes >= SIMD_PROBES;
	struct kernel_visits t;
	size_t low = 0;
	enum err e = OK;

	s->kernel->unpack(b, &t);
	tally_want(&s->owner[s->probe->owner].tally, t.person, b->n);
	for (uint32_t i = 0; i < b->n && t.from[i] < d->to; i++) {
		bool out = t.to[i] >= d->out_at;
		if (t.to[i] <= d->from)
			continue;
		uint32_t person = t.person[i], seat = segment_block_seat(b, i);
		int64_t from = d->start + t.from[i], to = d->start + t.to[i];
		if (out)
			*carry = max_i64(*carry, to);
		if (out || t.from[i] <= d->in_upto)
			e = put_aside(s, person, seat, from, to);
		else if (t.to[i] - t.from[i] < d->least)
			continue;
		else if (at_once && !seat)
			e = meet_all(s, d, person, t.from[i], t.to[i], &low);
		else
			e = judge_stay(s, person, seat, from, to);
		if (e)
			return e;
	}
	return OK;
}

static enum err meet_part(struct sweep *s, const struct cursor *c, const struct day_clock *d,
			  int64_t *carry)
{
	enum err e;

	if (s->at_once && s->n_probes >= SIMD_PROBES && (e = probe_columns(s, d)))
		return e;
	for (size_t k = 0; k < c->n_blocks; k++)
		if ((e = meet_block(s, &s->blocks.v[c->first + k], d, carry)))
			return e;
	return OK;
}

/* ---- one cluster ------------------------------------------------------------------------ */

/* `carry`: until when somebody of an earlier part may have stayed; INT64_MIN: nobody has. */
static struct day_clock clock_of(const struct sweep *s, size_t i, int64_t carry)
{
	int64_t start = s->cursor[i].part->start;

	return (struct day_clock){
		.start = start,
		.from = on_clock(s->from, start),
		.to = on_clock(s->to, start),
		.horizon = on_clock(s->v->horizon, start),
		.least = (int32_t)min_i64(s->least, INT32_MAX),
		.out_at = i + 1 < s->n_cursors ? s->cursor[i + 1].part->start - start : INT64_MAX,
		.in_upto = carry == INT64_MIN ? -1 : carry - start,
	};
}

/*
 * The blocks of part i that may matter, their memory asked for. Where no visit can go on in another
 * part, those who come too late, leave too early, or stay too briefly for the minimum do not.
 */
static enum err list_blocks(struct sweep *s, size_t i)
{
	struct cursor *c = &s->cursor[i];
	struct day_clock d = clock_of(s, i, INT64_MIN);
	bool alone = i == 0 && d.out_at == INT64_MAX;
	int32_t trim = alone ? d.least - 1 : 0;
	struct kernel_block b;
	uint32_t at = 0;
	bool more;
	enum err e;

	c->first = s->blocks.n;
	while (!(e = segment_place_next(&c->record,
					(int32_t)min_i64(d.from + (int64_t)trim, INT32_MAX),
					d.to - trim, d.horizon, &at, &b, &more)) &&
	       more) {
		if (alone && b.longest < (uint32_t)d.least)
			continue;
		if (vec_push(&s->blocks, b))
			return ERR_MEMORY;
		if (c->record.big)
			segment_want_bytes(b.from, (size_t)(b.person - b.from) +
							   bits_bytes(b.n, b.person_width));
	}
	c->n_blocks = s->blocks.n - c->first;
	return e;
}

static enum err sweep_part(struct sweep *s, size_t i, int64_t *carry)
{
	const struct cursor *c = &s->cursor[i];

	if (c->join)
		return put_all_aside(s, c, carry);
	struct day_clock d = clock_of(s, i, *carry);
	/* Who lasts into the next part matters only if the cluster does, too. */
	if (d.out_at == INT64_MAX && d.in_upto < 0 && s->n_probes <= FEW_PROBES)
		return scan_part(s, c, &d);
	return meet_part(s, c, &d, carry);
}

/* Turn to a cluster; false if nothing can come of it. */
static bool turn_to(struct sweep *s, const struct cluster *c)
{
	s->probe = c->probe;
	s->n_probes = c->n;
	s->from = c->from;
	s->to = c->to;
	s->longest = c->longest;
	s->cursor = &s->cursors.v[c->first];
	s->n_cursors = c->n_cursors;
	s->mask = rule_mask(s->ask, c->probe->place);
	if (!s->mask)
		return false;
	s->least = s->ask->rules->cumulative_s ? 1 : rule_least(s->ask->rules, s->mask);
	if (s->longest < s->least)
		return false;
	s->plain = rule_plain(s->ask, s->mask, &s->plain_certain);
	s->plain_min = INT64_MAX;
	if (s->plain != RULE_NONE) {
		s->plain_min = rule_min(s->ask->rules, s->plain);
		s->plain_rank = rank_of(s, s->plain);
	}
	s->at_once =
		!s->pairs && s->plain_certain && s->plain != RULE_NONE && s->plain_min == s->least;
	for (size_t j = 0; j < c->n; j++)
		s->at_once &= !c->probe[j].seat;
	return true;
}

enum err meet_read(struct sweep *s, const struct cluster *c)
{
	enum err e;

	if (!turn_to(s, c))
		return OK;
	for (size_t i = 0; i < c->n_cursors; i++) {
		struct cursor *at = &s->cursor[i];
		at->join = c->join_all || at->part->run;
		if (at->part->run)
			continue;
		if ((e = segment_place_read(&at->record)))
			return e;
		at->join |= at->record.linked || s->to - at->part->start > INT32_MAX;
		if (!at->join && (e = list_blocks(s, i)))
			return e;
	}
	return OK;
}

enum err meet_cluster(struct sweep *s, const struct cluster *c)
{
	int64_t carry = INT64_MIN;
	enum err e;

	if (!turn_to(s, c))
		return OK;
	for (size_t i = 0; i < c->n_cursors; i++)
		if ((e = sweep_part(s, i, &carry)))
			return e;
	return judge_loose(s);
}
