/*
 * day.c - a day from its packs: read, numbered, sealed. What goes wrong anywhere in this room ends
 * here: a day whose memory is in doubt is made anew from what is stored.
 */
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "trail/inside.h"
#include "trail/trail.sql.h"

#include "base/ban.h"

enum { NUMBERED_AT_ONCE = 1 << 14 };

/* ---- reading --------------------------------------------------------------------------------- */

void day_read_end(struct day_read *r)
{
	names_free(r->seats);
	r->seats = NULL;
	vec_drop(&r->rows);
	vec_drop(&r->key);
	vec_drop(&r->first);
}

static enum err open_pack(struct rows *r, const struct crypt_key *key, struct day_read *d,
			  struct buf *small, struct fault *f)
{
	const struct pack_at at = { rows_i64(r, 0), d->day, rows_i64(r, 1), rows_i64(r, 2) };
	struct str sealed = rows_blob(r, 4), told = rows_blob(r, 5);
	size_t before = d->rows.n;
	struct crypt_hash digest;
	enum err e;

	buf_clear(small);
	if ((e = crypt_hash(CRYPT_WORLD, sealed.p, sealed.n, &digest)))
		return e;
	if (!str_eq(told, (struct str){ (const char *)digest.v, sizeof digest.v }))
		e = ERR_CORRUPT;
	if (!e && !(e = pack_open(key, &at, sealed, small)))
		e = pack_read(buf_view(small), d->day, d->seats, &d->rows);
	if (!e && d->rows.n - before != (size_t)rows_i64(r, 3))
		e = ERR_CORRUPT;
	if (e == ERR_CORRUPT)
		return fault_set(f, e, "到访数据包已损坏（批次 %lld，第 %lld 天）",
				 "the pack of batch %lld, day %lld is damaged", (long long)at.batch,
				 (long long)at.day);
	if (e || (e = vec_push(&d->first, before)))
		return e;
	return vec_push(&d->key, ((struct pack_key){ at.county, at.batch, at.seq }));
}

enum err day_read(struct trail *t, struct tx *tx, int32_t day, struct day_read *ret,
		  struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	CLEANUP(buf_release) struct buf small = { 0 };
	struct crypt_key key;
	bool any = false, more;
	enum err e;

	day_read_end(ret); /* of a run of this act that was undone */
	ret->day = day;
	if ((e = trail_seats_new(&ret->seats)) ||
	    (e = tx_rows(tx, &trail_sql.of_day, SQL_ARGS(sql_i64(day)), &r, f)))
		return e;
	while (!(e = rows_next(r, &more, f)) && more) {
		if (!any && (e = trail_key(t, day, &key, f)))
			break;
		any = true;
		if ((e = open_pack(r, &key, ret, &small, f)))
			break;
	}
	crypt_wipe(&key, sizeof key);
	return e;
}

/* ---- numbers --------------------------------------------------------------------------------- */

/* Their number of each seat of ours. */
static enum err map_seats(struct trail *t, const struct names *seats, uint32_t *ret)
{
	enum err e = OK;

	for (uint32_t i = 0; i < names_count(seats) && !e; i++)
		e = names_intern(t->seats, names_text(seats, i), &ret[i]);
	return e;
}

static enum err number_some(struct trail *t, const struct pack_row *row, size_t n,
			    const uint32_t *seat, struct visit *ret)
{
	enum err e = OK;

	for (size_t i = 0; i < n && !e; i++) {
		if (!(e = numbers_of(&t->persons, row[i].person, &ret[i].person.v)))
			e = numbers_of(&t->places, row[i].place, &ret[i].place.v);
		ret[i].from.v = row[i].from;
		ret[i].to.v = row[i].to;
		ret[i].seat = seat[row[i].seat];
	}
	return e;
}

enum err day_visits(struct trail *t, const struct day_read *r, struct visit *ret)
{
	uint32_t *seat = mem_take(names_count(r->seats), sizeof *seat);
	enum err e = seat ? OK : ERR_MEMORY;

	if (!e) {
		pthread_mutex_lock(&t->lock);
		e = map_seats(t, r->seats, seat);
		pthread_mutex_unlock(&t->lock);
	}
	for (size_t i = 0; i < r->rows.n && !e; i += NUMBERED_AT_ONCE) {
		pthread_mutex_lock(&t->lock); /* others come in between */
		e = number_some(t, r->rows.v + i, min_size(r->rows.n - i, NUMBERED_AT_ONCE), seat,
				ret + i);
		pthread_mutex_unlock(&t->lock);
	}
	mem_drop(seat);
	return e;
}

/* ---- sealing --------------------------------------------------------------------------------- */

struct sealing {
	struct trail *t;
	struct day_read r;
	struct visit *visit;
	struct trace_image image; /* bytes NULL: no visits */
	struct sealed *sealed;
};

static void sealing_end(struct sealing *s)
{
	day_read_end(&s->r);
	mem_drop(s->visit);
	mem_drop(s->image.bytes);
	sealed_free(s->sealed);
}

static enum err read_act(struct tx *tx, void *arg, struct fault *f)
{
	struct sealing *s = arg;

	return day_read(s->t, tx, s->r.day, &s->r, f);
}

static enum err take_image(struct trace_image image, void *arg, struct fault *f)
{
	struct sealing *s = arg;

	(void)f;
	assert(!s->image.bytes && image.day == s->r.day);
	s->image = image;
	return OK;
}

static enum err make_image(struct sealing *s, struct fault *f)
{
	struct trace_builder_options o = { .zone = s->t->o.zone, .budget_bytes = SIZE_MAX };
	struct trace_builder *b = NULL;
	enum err e = trace_builder_new(&o, &b, f);

	if (e)
		return e;
	if (!(e = trace_builder_add(b, s->visit, s->r.rows.n, f)))
		e = trace_builder_finish(b, take_image, s, f);
	trace_builder_free(b);
	return e;
}

static int by_number(const void *pa, const void *pb)
{
	uint64_t a = *(const uint64_t *)pa, b = *(const uint64_t *)pb;

	return (a > b) - (a < b);
}

static enum err make_sealed(struct sealing *s)
{
	struct sealed *d = s->sealed = mem_take(1, sizeof *d);
	size_t n = s->r.rows.n, kept = 0;
	struct pack_key *key;
	uint64_t *digest;

	if (!d || !(d->owned = mem_take(n * sizeof *digest + s->r.key.n * sizeof *key, 1)))
		return ERR_MEMORY;
	digest = d->owned;
	for (size_t i = 0; i < n; i++)
		digest[i] = pack_digest(s->r.seats, &s->r.rows.v[i]);
	qsort(digest, n, sizeof *digest, by_number);
	for (size_t i = 0; i < n; i++)
		if (!i || digest[i] != digest[kept - 1])
			digest[kept++] = digest[i];
	key = (struct pack_key *)(void *)(digest + n);
	memcpy(key, s->r.key.v, s->r.key.n * sizeof *key);
	qsort(key, s->r.key.n, sizeof *key, pack_key_cmp);
	d->digest = digest;
	d->n_digests = kept;
	d->key = key;
	d->n_keys = s->r.key.n;
	d->content = digest_of(digest, kept * sizeof *digest);
	return OK;
}

typedef VEC(struct visit) visits;

/* Of the tail: packs that the segment has not, without visits that it has or that come twice. */
static enum err what_is_left(struct trail_day *d, const struct sealed *sealed, struct seen *seen,
			     visits *more)
{
	enum err e = OK;

	for (size_t i = 0; i < d->tail.n && !e; i++) {
		const struct tail_pack *p = &d->tail.v[i];

		if (sealed && sealed_covers(sealed, &p->key))
			continue;
		for (size_t k = 0; k < p->n && !e; k++) {
			bool is_new = !sealed || !sealed_has(sealed, p->digest[k]);

			if (is_new && !(e = seen_add(seen, p->digest[k], &is_new)) && is_new)
				e = vec_push(more, p->visit[k]);
		}
	}
	return e;
}

static void drop_covered(struct trail_day *d)
{
	size_t kept = 0;

	for (size_t i = 0; i < d->tail.n; i++)
		if (d->sealed && sealed_covers(d->sealed, &d->tail.v[i].key))
			tail_pack_drop(&d->tail.v[i]);
		else
			d->tail.v[kept++] = d->tail.v[i];
	d->tail.n = kept;
}

/* In one moment: the segment in, what it holds out of the tail. */
static enum err swap_in(struct sealing *s, struct trace_segment *seg, struct fault *f)
{
	struct trail *t = s->t;
	struct seen seen = { 0 };
	visits more = { NULL, 0, 0 };
	struct trail_day *d;
	enum err e = trail_day_make(t, s->r.day, &d);

	if (!e)
		e = what_is_left(d, s->sealed, &seen, &more);
	if (e)
		trace_segment_release(seg);
	else
		e = trace_set_replace_day(t->set, s->r.day, seg, more.v, more.n, f);
	vec_drop(&more);
	if (e) {
		seen_drop(&seen);
		return e;
	}
	sealed_free(d->sealed);
	d->sealed = s->sealed;
	s->sealed = NULL;
	seen_drop(&d->seen);
	d->seen = seen;
	d->stale = false;
	drop_covered(d);
	return OK;
}

static enum err seal(struct trail *t, int32_t day, struct fault *f)
{
	CLEANUP(sealing_end) struct sealing s = { .t = t, .r.day = day };
	struct trace_segment *seg = NULL;
	enum err e;

	if ((e = db_read(t->o.db, read_act, &s, f)))
		return e;
	if (s.r.rows.n) {
		s.visit = mem_take(s.r.rows.n, sizeof *s.visit);
		if (!s.visit)
			return ERR_MEMORY;
		if ((e = day_visits(t, &s.r, s.visit)) || (e = make_sealed(&s)) ||
		    (e = make_image(&s, f)))
			return e;
		e = trace_segment_adopt(s.image.bytes, s.image.n, &seg, f);
		s.image.bytes = NULL;
		if (e)
			return e;
	}
	pthread_mutex_lock(&t->lock);
	e = swap_in(&s, seg, f);
	pthread_mutex_unlock(&t->lock);
	return e;
}

enum err day_seal(struct trail *t, int32_t day, struct fault *f)
{
	enum err e;

	pthread_mutex_lock(&t->sealing);
	e = seal(t, day, f);
	pthread_mutex_unlock(&t->sealing);
	return e;
}

/* ---- what is in doubt ------------------------------------------------------------------------ */

struct doubt {
	struct trail_batch batch;
	bool there;
};

static enum err look_up(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct doubt *d = arg;
	enum err e = tx_row(tx, &trail_sql.has,
			    SQL_ARGS(sql_i64(d->batch.county.v), sql_i64(d->batch.id)), &r, f);

	d->there = !e;
	return e == ERR_ABSENT ? OK : e;
}

static bool first_doubt(struct trail *t, struct trail_batch *ret)
{
	bool any = false;

	pthread_mutex_lock(&t->lock);
	for (size_t i = 0; i < t->pending.n && !any; i++)
		if ((any = t->pending.v[i]->doubt))
			*ret = t->pending.v[i]->batch;
	pthread_mutex_unlock(&t->lock);
	return any;
}

static enum err settle_doubts(struct trail *t, struct fault *f)
{
	struct doubt d = { 0 };

	while (first_doubt(t, &d.batch)) {
		enum err e = db_read(t->o.db, look_up, &d, f);

		if (e)
			return e;
		trail_decide(t, d.batch, d.there);
	}
	return OK;
}

static bool first_stale(struct trail *t, int32_t *ret)
{
	bool any = false;

	pthread_mutex_lock(&t->lock);
	for (size_t i = 0; i < t->days.n && !any; i++)
		if ((any = t->days.v[i]->stale))
			*ret = t->days.v[i]->day;
	pthread_mutex_unlock(&t->lock);
	return any;
}

enum err trail_settle(struct trail *t, struct fault *f)
{
	enum err e = settle_doubts(t, f);
	int32_t day;

	if (!e && (e = trail_find_lost(t, f)))
		return e;
	while (!e && first_stale(t, &day))
		e = day_seal(t, day, f);
	return e;
}
