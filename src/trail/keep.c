/*
 * keep.c - a batch comes in: in the writer's act packs for the database, after the commit visits
 * for the set. Between the two it is pending, and whoever comes meanwhile asks the database whether
 * it is there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trail/inside.h"
#include "trail/trail.sql.h"

#include "base/ban.h"

void tail_pack_drop(struct tail_pack *p)
{
	mem_drop(p->visit);
	mem_drop(p->digest);
	mem_drop(p->kind);
	mem_drop(p->sealed);
	memset(p, 0, sizeof *p);
}

enum err tail_pack_take(struct tail_pack *p, size_t n)
{
	p->visit = mem_take(n, sizeof *p->visit);
	p->digest = mem_take(n, sizeof *p->digest);
	p->kind = mem_take(n, sizeof *p->kind);
	p->sealed = mem_take(n, sizeof *p->sealed);
	if (p->visit && p->digest && p->kind && p->sealed) {
		p->n = n;
		return OK;
	}
	tail_pack_drop(p);
	return ERR_MEMORY;
}

void pending_free(struct pending *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->pack.n; i++)
		tail_pack_drop(&p->pack.v[i]);
	vec_drop(&p->pack);
	seen_drop(&p->seen);
	mem_drop(p);
}

static void pending_end(struct pending **p)
{
	pending_free(*p);
}

struct pending *pending_take(struct trail *t, struct trail_batch b)
{
	for (size_t i = 0; i < t->pending.n; i++) {
		struct pending *p = t->pending.v[i];

		if (p->batch.id == b.id && p->batch.county.v == b.county.v) {
			t->pending.v[i] = t->pending.v[--t->pending.n];
			return p;
		}
	}
	return NULL;
}

/* ---- in the act: rows ------------------------------------------------------------------------ */

/* The last day that was asked for; the next row is hardly ever of another. */
struct day_near {
	int64_t from, to;
	int32_t day;
};

/* A word that was said, and its number: most rows say one of a few. */
struct said {
	struct str a, b;
	uint32_t word;
};
enum { SAID_N = 64 };

struct keeping {
	struct trail *t;
	struct tx *tx;
	struct trail_batch b;
	const struct trail_visit *v;
	struct keep_row *row; /* by day and order, then by input */
	size_t n;
	enum trail_fate *fate;
	struct pending *p;
	pack_rows once; /* of one day, none twice */
	struct buf small, sealed;
	struct day_near near;
	struct said said[SAID_N]; /* by the beginning of a word */
};

static void keeping_end(struct keeping *k)
{
	mem_drop(k->row);
	pending_free(k->p);
	vec_drop(&k->once);
	buf_release(&k->small);
	buf_release(&k->sealed);
}

static int32_t day_of(const struct zone *z, struct day_near *d, struct utc_s t)
{
	if (t.v < d->from || t.v >= d->to) {
		d->day = trace_day_of(z, t);
		d->from = zone_day_start(z, d->day).v;
		d->to = zone_day_start(z, d->day + 1).v;
	}
	return d->day;
}

/* The ends of both texts tell words apart well enough. */
static struct said *said_at(struct keeping *k, struct str a, struct str b)
{
	size_t h = a.n + 3 * b.n;

	if (a.n)
		h += (unsigned char)a.p[0] + 5u * (unsigned char)a.p[a.n - 1];
	if (b.n)
		h += 7u * (unsigned char)b.p[0] + 11u * (unsigned char)b.p[b.n - 1];
	return &k->said[h % SAID_N];
}

static enum err word_of(struct keeping *k, struct str a, struct str b, uint32_t *ret)
{
	struct said *last = said_at(k, a, b);
	enum err e;

	*ret = 0;
	if (!a.n && !b.n)
		return OK;
	if (!last->word || !str_eq(last->a, a) || !str_eq(last->b, b)) {
		buf_clear(&k->small);
		names_pair(&k->small, a, b);
		if ((e = k->small.failed) ||
		    (e = names_intern(k->t->words, buf_view(&k->small), &last->word)))
			return e;
		last->a = a;
		last->b = b;
	}
	*ret = last->word;
	return OK;
}

static enum err check_row(const struct trail *t, const struct trail_visit *v, int32_t day,
			  struct fault *f)
{
	bool still = v->to.v == TRACE_STILL;

	if (v->person > 0 && v->place.v > 0 && day > t->keys.gone &&
	    (still || (v->to.v > v->from.v &&
		       v->to.v - v->from.v <= (int64_t)TRAIL_VISIT_DAYS_MAX * 86400)) &&
	    v->from.v >= WHEN_MIN_S && v->from.v < WHEN_MAX_S &&
	    v->seat.n <= TRAIL_WORD_BYTES_MAX && v->role.n <= TRAIL_WORD_BYTES_MAX &&
	    v->kind.n <= TRAIL_WORD_BYTES_MAX && v->called.n <= TRAIL_CALLED_BYTES_MAX)
		return OK;
	return fault_set(f, ERR_RANGE, "有一条到访不合规定或已过保存期",
			 "one visit is not as it must be, or over its time");
}

static enum err fill(struct keeping *k, struct fault *f)
{
	struct trail *t = k->t;
	const struct trail_visit *v = k->v;
	enum err e;

	for (size_t i = 0; i < k->n; i++) {
		struct keep_row *r = &k->row[i];
		char where[24];

		r->i = (uint32_t)i;
		r->day = day_of(t->o.zone, &k->near, v[i].from);
		r->r = (struct pack_row){ .person = v[i].person,
					  .place = v[i].place.v,
					  .from = v[i].from.v,
					  .to = v[i].to.v };
		if ((e = check_row(t, &v[i], r->day, f))) {
			(void)snprintf(where, sizeof where, "%zu", i);
			fault_at(f, NULL, where);
			return e;
		}
		if ((e = word_of(k, v[i].seat, v[i].role, &r->r.seat)) ||
		    (e = word_of(k, v[i].kind, STR(""), &r->r.kind)))
			return e;
		r->digest = pack_digest(t->words, &r->r);
	}
	return keep_rows_order(t->words, &k->row, k->n);
}

/* ---- in the act: packs ----------------------------------------------------------------------- */

/* The key of a day; a new one is on disk before anything is sealed under it. */
static enum err key_of(struct trail *t, int32_t day, struct crypt_key *ret, struct fault *f)
{
	const struct crypt_key *key = daykeys_of(&t->keys, day);
	enum err e;

	if (key) {
		*ret = *key;
		return OK;
	}
	crypt_key_new(t->o.suite, t->o.chance, ret);
	if ((e = daykeys_add(&t->keys, day, ret)))
		return e;
	if (!(e = daykeys_save(t->o.keys, &t->keys, f)))
		return OK;
	daykeys_drop_day(&t->keys, day);
	return e;
}

static enum err numbered(struct keeping *k, const struct keep_row *r, struct tail_pack *p, size_t i)
{
	struct visit *v = &p->visit[i];
	enum err e;

	if ((e = numbers_of(&k->t->persons, r->r.person, &v->person.v)) ||
	    (e = numbers_of(&k->t->places, r->r.place, &v->place.v)))
		return e;
	v->from.v = r->r.from;
	v->to.v = r->r.to;
	v->seat = r->r.seat;
	p->digest[i] = r->digest;
	p->kind[i] = r->r.kind;
	return OK;
}

static enum err put_pack(struct keeping *k, const struct keep_row *row, const struct pack_row *once,
			 size_t n, int64_t seq, struct fault *f)
{
	const struct pack_at at = { k->b.county.v, row->day, k->b.id, seq };
	struct crypt_hash digest;
	struct crypt_key key;
	enum err e;

	buf_clear(&k->small);
	buf_clear(&k->sealed);
	if ((e = key_of(k->t, row->day, &key, f)))
		return e;
	if (!(e = pack_write(k->t->words, row->day, once, n, &k->small)))
		e = pack_seal(&key, &at, buf_view(&k->small), &k->sealed);
	crypt_wipe(&key, sizeof key);
	if (e || (e = crypt_hash(CRYPT_WORLD, k->sealed.p, k->sealed.n, &digest)))
		return e;
	return tx_run(k->tx, &trail_sql.add,
		      SQL_ARGS(sql_i64(at.county), sql_i64(at.day), sql_i64(at.batch),
			       sql_i64(at.seq), sql_i64((int64_t)n), sql_blob(buf_view(&k->sealed)),
			       sql_blob((struct str){ (const char *)digest.v, sizeof digest.v })),
		      NULL, f);
}

enum { AHEAD = 8 };

/* Which are new to us? What the segment says is kept for when the visits arrive. */
static void judge_pack(struct keeping *k, const struct trail_day *d, struct keep_row *const *row,
		       struct tail_pack *p)
{
	if (!d)
		return;
	if (d->sealed)
		sealed_has_each(d->sealed, p->digest, p->n, p->sealed);
	for (size_t i = 0; i < p->n; i++) {
		if (i + AHEAD < p->n)
			seen_want(&d->seen, p->digest[i + AHEAD]);
		if (p->sealed[i] || seen_has(&d->seen, p->digest[i]))
			k->fate[row[i]->i] = TRAIL_KNOWN;
	}
}

static enum err put_called(struct keeping *k, struct keep_row *const *row, size_t n,
			   struct fault *f)
{
	int64_t before = 0;
	struct crypt_key key;
	enum err e;

	buf_clear(&k->small);
	for (size_t i = 0; i < n; before = row[i++]->r.place)
		if (row[i]->r.place != before)
			called_add(&k->small, row[i]->r.place, k->v[row[i]->i].called);
	if (k->small.failed || !k->small.n)
		return k->small.failed;
	if ((e = key_of(k->t, row[0]->day, &key, f)))
		return e;
	e = called_put(k->tx, k->b, row[0]->day, &key, buf_view(&k->small), f);
	crypt_wipe(&key, sizeof key);
	return e;
}

/* What stands in row[0 .. n), all of one day and none twice, as packs in the table and pending. */
static enum err put_packs(struct keeping *k, struct keep_row *const *row, size_t n, struct fault *f)
{
	const struct trail_day *d = n ? trail_day_of(k->t, row[0]->day) : NULL;
	enum err e = OK;

	for (size_t at = 0, seq = 0; at < n && !e; seq++) {
		size_t some = min_size(n - at, PACK_VISITS_MAX);
		struct tail_pack p = { .day = row[0]->day,
				       .key = { k->b.county.v, k->b.id, (int64_t)seq },
				       .seals = d ? d->seals : 0 };

		k->once.n = 0;
		if ((e = vec_reserve(&k->once, some)) || (e = tail_pack_take(&p, some)))
			return e;
		for (size_t i = 0; i < some && !e; i++) {
			if (i + AHEAD < some) {
				numbers_want(&k->t->persons, row[at + i + AHEAD]->r.person);
				numbers_want(&k->t->places, row[at + i + AHEAD]->r.place);
			}
			k->once.v[k->once.n++] = row[at + i]->r;
			e = numbered(k, row[at + i], &p, i);
		}
		if (!e)
			judge_pack(k, d, row + at, &p);
		if (!e)
			e = put_pack(k, row[at], k->once.v, some, (int64_t)seq, f);
		if (e || (e = vec_push(&k->p->pack, p)))
			tail_pack_drop(&p);
		at += some;
	}
	return e;
}

static enum err put_day(struct keeping *k, struct keep_row *const *row, size_t n, struct fault *f)
{
	enum err e = put_packs(k, row, n, f);

	return e || !n ? e : put_called(k, row, n, f);
}

static enum err put_all(struct keeping *k, struct keep_row **once, struct fault *f)
{
	size_t n = 0;
	enum err e = OK;

	for (size_t i = 0; i < k->n && !e; i++) {
		struct keep_row *r = &k->row[i];

		if (n && keep_row_same_but_seat(once[n - 1], r) &&
		    once[n - 1]->r.seat == r->r.seat) {
			k->fate[r->i] = TRAIL_REPEATED;
			once[n - 1]->r.kind =
				pack_lesser(k->t->words, once[n - 1]->r.kind, r->r.kind);
			continue;
		}
		if (n && once[0]->day != r->day) {
			e = put_day(k, once, n, f);
			n = 0;
		}
		once[n++] = r;
	}
	return e ? e : put_day(k, once, n, f);
}

/* ---- in the act: new or known ---------------------------------------------------------------- */

static enum err is_there(struct tx *tx, struct trail_batch b, bool *ret, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e =
		tx_row(tx, &trail_sql.has, SQL_ARGS(sql_i64(b.county.v), sql_i64(b.id)), &r, f);

	*ret = !e;
	return e == ERR_ABSENT ? OK : e;
}

/* Batches that were not told as kept yet: of those that are there in this transaction, what. */
static enum err known_pending(struct keeping *k, struct fault *f)
{
	enum err e = OK;

	for (size_t i = 0; i < k->t->pending.n && !e; i++) {
		const struct pending *p = k->t->pending.v[i];
		bool there;

		if (p->withdraws || (e = is_there(k->tx, p->batch, &there, f)) || !there)
			continue;
		for (size_t j = 0; j < k->n; j++)
			if (seen_has(&p->seen, k->row[j].digest) &&
			    k->fate[k->row[j].i] == TRAIL_NEW)
				k->fate[k->row[j].i] = TRAIL_KNOWN;
	}
	return e;
}

static enum err judge(struct keeping *k, struct fault *f)
{
	bool fresh;
	enum err e;

	for (size_t i = 0; i < k->n; i++)
		if ((e = seen_add(&k->p->seen, k->row[i].digest, &fresh)))
			return e;
	return known_pending(k, f);
}

static enum err keep(struct keeping *k, struct fault *f)
{
	struct keep_row **once = NULL;
	bool there;
	enum err e;

	pending_free(pending_take(k->t, k->b)); /* of a run of this act that was undone */
	if ((e = is_there(k->tx, k->b, &there, f)))
		return e;
	if (there)
		return fault_set(f, ERR_EXISTS, "这一批次已有到访记录",
				 "the batch has visits already");
	k->row =
		mem_grow(NULL, 0, k->n, sizeof *k->row); /* both are written before they are read */
	once = mem_grow(NULL, 0, k->n, sizeof(struct keep_row *));
	k->p = mem_take(1, sizeof *k->p);
	e = k->row && once && k->p ? fill(k, f) : ERR_MEMORY;
	if (!e && !(e = seen_room(&k->p->seen, k->n)) && !(e = put_all(k, once, f)))
		e = judge(k, f);
	mem_drop(once);
	if (e || (e = vec_push(&k->t->pending, k->p)))
		return e;
	k->p->batch = k->b;
	k->p = NULL;
	return OK;
}

enum err trail_keep(struct trail *t, struct tx *tx, struct trail_batch b,
		    const struct trail_visit *v, size_t n, enum trail_fate *ret, struct fault *f)
{
	CLEANUP(keeping_end)
	struct keeping k = { .t = t, .tx = tx, .b = b, .v = v, .n = n, .fate = ret };
	enum err e;

	assert(n > 0);
	if (n > TRAIL_BATCH_MAX)
		return fault_set(f, ERR_TOO_LARGE, "一批到访超过 %d 条；请分批报送",
				 "over %d visits in one batch; send several", TRAIL_BATCH_MAX);
	for (size_t i = 0; i < n; i++)
		ret[i] = TRAIL_NEW;
	if ((e = tx_run(tx, &trail_sql.turn_take, SQL_ARGS(sql_i64(t->o.county.v)), NULL, f)))
		return e;
	pthread_mutex_lock(&t->lock);
	e = keep(&k, f);
	pthread_mutex_unlock(&t->lock);
	return e;
}

/* ---- after the commit ------------------------------------------------------------------------ */

typedef VEC(struct visit) visits;

/* Rows stand by place: most say what the row before them said. */
static enum err kinds_said(struct trail *t, const struct tail_pack *p)
{
	enum err e = OK;

	for (size_t i = 0; i < p->n && !e; i++)
		if (!i || p->visit[i].place.v != p->visit[i - 1].place.v ||
		    p->kind[i] != p->kind[i - 1])
			e = trail_kind_said(t, p->visit[i].place.v, p->kind[i]);
	return e;
}

static enum err arrive(struct trail *t, struct tail_pack *p, visits *fresh)
{
	struct trail_day *d;
	enum err e;

	if ((e = trail_day_make(t, p->day, &d)))
		return e;
	if (d->sealed && sealed_covers(d->sealed, &p->key))
		return OK; /* the sealing was quicker */
	if ((e = vec_reserve(&d->tail, d->tail.n + 1)) || (e = seen_room(&d->seen, p->n)) ||
	    (e = vec_reserve(fresh, fresh->n + p->n)) || (e = kinds_said(t, p)))
		return e;
	if (p->seals != d->seals) {
		memset(p->sealed, 0, p->n * sizeof *p->sealed);
		if (d->sealed)
			sealed_has_each(d->sealed, p->digest, p->n, p->sealed);
		p->seals = d->seals;
	}
	for (size_t i = 0; i < p->n; i++) {
		bool is_new = !p->sealed[i];

		if (i + AHEAD < p->n)
			seen_want(&d->seen, p->digest[i + AHEAD]);
		if (is_new && !(e = seen_add(&d->seen, p->digest[i], &is_new)) && is_new)
			fresh->v[fresh->n++] = p->visit[i];
	}
	d->tail.v[d->tail.n++] = *p;
	*p = (struct tail_pack){ .day = p->day };
	return e;
}

void trail_arrive(struct trail *t, struct pending *pending)
{
	CLEANUP(pending_end) struct pending *p = pending;
	visits fresh = { NULL, 0, 0 };
	enum err e = OK;

	for (size_t i = 0; i < p->pack.n && !e; i++)
		e = arrive(t, &p->pack.v[i], &fresh);
	if (!e && fresh.n)
		e = trace_set_add_distinct(t->set, fresh.v, fresh.n, NULL);
	for (size_t i = 0; i < p->pack.n && e; i++)
		trail_stale(t, p->pack.v[i].day);
	vec_drop(&fresh);
}

/* Packs that are no more must not be taken for such as came after the day was read. */
static void leave_tail(struct trail_day *d, struct trail_batch b)
{
	size_t kept = 0;

	for (size_t i = 0; d && i < d->tail.n; i++) {
		struct tail_pack *p = &d->tail.v[i];

		if (p->key.batch == b.id && p->key.county == b.county.v)
			tail_pack_drop(p);
		else
			d->tail.v[kept++] = *p;
	}
	if (d)
		d->tail.n = kept;
}

void trail_decide(struct trail *t, struct trail_batch b, bool there)
{
	struct pending *p;

	pthread_mutex_lock(&t->lock);
	p = pending_take(t, b);
	if (p && p->outdated && there) {
		for (size_t i = 0; i < p->pack.n; i++)
			trail_stale(t, p->pack.v[i].day);
	} else if (p && !p->withdraws && there) {
		trail_arrive(t, p);
		p = NULL;
	} else if (p && p->withdraws && !there) {
		t->kinds_stale = true;
		for (size_t i = 0; i < p->pack.n; i++) {
			leave_tail(trail_day_of(t, p->pack.v[i].day), b);
			trail_stale(t, p->pack.v[i].day);
		}
	}
	pending_free(p);
	pthread_mutex_unlock(&t->lock);
}

void trail_kept(struct trail *t, struct trail_batch b)
{
	trail_decide(t, b, true);
}

void trail_undone(struct trail *t, struct trail_batch b)
{
	pthread_mutex_lock(&t->lock);
	for (size_t i = 0; i < t->pending.n; i++) {
		struct pending *p = t->pending.v[i];

		p->doubt |= p->batch.id == b.id && p->batch.county.v == b.county.v;
	}
	pthread_mutex_unlock(&t->lock);
}
