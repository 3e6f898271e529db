/*
 * renew.c - an epoch ends: everybody's visits go on under a new pseudonym, and nobody can go back.
 *
 * Day by day, each in one transaction: packs are opened, written under the new pseudonyms and
 * sealed in their places. A pseudonym that has no pair stays as it is, so a day that was done is
 * not changed by doing it again, and a job that was killed is simply begun anew. At the end nothing
 * in memory or in a segment knows an old one.
 */
#include <stdlib.h>
#include <string.h>

#include "trail/dayfile.h"
#include "trail/inside.h"
#include "trail/trail.sql.h"

#include "base/ban.h"

struct renewing {
	struct trail *t;
	const struct trail_pair *pair;
	size_t n;
	int32_t day;
};

static int by_old(const void *pa, const void *pb)
{
	const struct trail_pair *a = pa, *b = pb;

	return (a->old > b->old) - (a->old < b->old);
}

static bool rename_rows(const struct renewing *w, struct pack_row *row, size_t n)
{
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		const struct trail_pair want = { row[i].person, 0 };
		const struct trail_pair *p = bsearch(&want, w->pair, w->n, sizeof *w->pair, by_old);

		if (p) {
			row[i].person = p->now;
			any = true;
		}
	}
	return any;
}

static enum err put_back(const struct renewing *w, struct tx *tx, const struct day_read *r,
			 size_t i, const struct crypt_key *key, struct fault *f)
{
	CLEANUP(buf_release) struct buf small = { 0 };
	CLEANUP(buf_release) struct buf sealed = { 0 };
	const struct pack_key *k = &r->key.v[i];
	const struct pack_at at = { k->county, w->day, k->batch, k->seq };
	size_t first = r->first.v[i];
	size_t n = (i + 1 < r->first.n ? r->first.v[i + 1] : r->rows.n) - first;
	struct crypt_hash digest;
	enum err e;

	if (!rename_rows(w, r->rows.v + first, n))
		return OK;
	n = pack_sort(r->words, r->rows.v + first, n);
	if ((e = pack_write(r->words, w->day, r->rows.v + first, n, &small)) ||
	    (e = pack_seal(key, &at, buf_view(&small), &sealed)) ||
	    (e = crypt_hash(CRYPT_WORLD, sealed.p, sealed.n, &digest)))
		return e;
	return tx_run(tx, &trail_sql.renew,
		      SQL_ARGS(sql_i64(at.county), sql_i64(at.day), sql_i64(at.batch),
			       sql_i64(at.seq), sql_i64((int64_t)n), sql_blob(buf_view(&sealed)),
			       sql_blob((struct str){ (const char *)digest.v, sizeof digest.v })),
		      NULL, f);
}

static enum err renew_act(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(day_read_end) struct day_read r = { 0 };
	const struct renewing *w = arg;
	struct trail *t = w->t;
	struct crypt_key key;
	enum err e = tx_run(tx, &trail_sql.turn_take, SQL_ARGS(sql_i64(t->o.county.v)), NULL, f);

	if (e || (e = day_read(t, tx, w->day, &r, f)) || !r.key.n)
		return e;
	if ((e = trail_key(t, w->day, &key, f)))
		return e;
	for (size_t i = 0; i < r.key.n && !e; i++)
		e = put_back(w, tx, &r, i, &key, f);
	crypt_wipe(&key, sizeof key);
	if (e)
		return e;
	return tx_run(tx, &trail_sql.segment_gone,
		      SQL_ARGS(sql_i64(t->o.county.v), sql_i64(w->day)), NULL, f);
}

/* Everything that follows from packs is forgotten, and made anew before the next question. */
static enum err begin_anew(struct trail *t, struct fault *f)
{
	struct trace_set *set = NULL;
	enum err e;

	pthread_mutex_lock(&t->sealing);
	pthread_mutex_lock(&t->lock);
	if (!(e = trace_set_new(t->o.zone, &set))) {
		trace_set_free(t->set); /* views that are out stay good */
		t->set = set;
		for (size_t i = 0; i < t->days.n; i++) {
			if (t->days.v[i]->sealed && t->days.v[i]->sealed->name[0])
				dayfile_remove(t->o.dir, t->days.v[i]->sealed->name);
			trail_day_free(t->days.v[i]);
		}
		t->days.n = 0;
		for (size_t i = 0; i < t->pending.n; i++)
			t->pending.v[i]->outdated = !t->pending.v[i]->withdraws;
		numbers_drop(&t->persons);
		t->lost = true;
	}
	pthread_mutex_unlock(&t->lock);
	pthread_mutex_unlock(&t->sealing);
	return e ? e : trail_settle(t, f);
}

typedef VEC(int32_t) day_list;

static enum err list_act(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	day_list *days = arg;
	bool more;
	enum err e = tx_rows(tx, &trail_sql.days, SQL_NO_ARGS, &r, f);

	days->n = 0;
	while (!e && !(e = rows_next(r, &more, f)) && more)
		e = vec_push(days, (int32_t)rows_i64(r, 0));
	return e;
}

enum err trail_renew(struct trail *t, struct trail_pair *pair, size_t n, struct fault *f)
{
	day_list days = { NULL, 0, 0 };
	enum err e = db_read(t->o.db, list_act, &days, f);

	if (n)
		qsort(pair, n, sizeof *pair, by_old);
	for (size_t i = 0; i < days.n && !e; i++) {
		struct renewing w = { t, pair, n, days.v[i] };

		e = db_write(t->o.db, renew_act, &w, f);
	}
	vec_drop(&days);
	return e ? e : begin_anew(t, f);
}
