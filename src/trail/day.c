/*
 * day.c - a day from its packs: read, and numbered.
 */
#include <stdlib.h>
#include <string.h>

#include "trail/inside.h"
#include "trail/trail.sql.h"

#include "base/ban.h"

enum { NUMBERED_AT_ONCE = 1 << 14, AHEAD = 8 };

/* ---- reading --------------------------------------------------------------------------------- */

void day_read_end(struct day_read *r)
{
	names_free(r->words);
	r->words = NULL;
	vec_drop(&r->rows);
	vec_drop(&r->key);
	vec_drop(&r->first);
}

/* Columns from `first` on: n, sealed, digest. */
static enum err open_pack(struct rows *r, size_t first, const struct pack_key *k,
			  const struct crypt_key *key, struct day_read *d, struct buf *small,
			  struct fault *f)
{
	const struct pack_at at = { k->county, d->day, k->batch, k->seq };
	struct str sealed = rows_blob(r, first + 1), told = rows_blob(r, first + 2);
	size_t before = d->rows.n;
	struct crypt_hash digest;
	enum err e;

	buf_clear(small);
	if ((e = crypt_hash(CRYPT_WORLD, sealed.p, sealed.n, &digest)))
		return e;
	if (!str_eq(told, (struct str){ (const char *)digest.v, sizeof digest.v }))
		e = ERR_CORRUPT;
	if (!e && !(e = pack_open(key, &at, sealed, small)))
		e = pack_read(buf_view(small), d->day, d->words, &d->rows);
	if (!e && d->rows.n - before != (size_t)rows_i64(r, first))
		e = ERR_CORRUPT;
	if (e == ERR_CORRUPT)
		return fault_set(f, e, "到访数据包已损坏（批次 %lld，第 %lld 天）",
				 "the pack of batch %lld, day %lld is damaged", (long long)at.batch,
				 (long long)at.day);
	if (e || (e = vec_push(&d->first, before)))
		return e;
	return vec_push(&d->key, *k);
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
	if ((e = trail_words_new(&ret->words)) ||
	    (e = tx_rows(tx, &trail_sql.of_day, SQL_ARGS(sql_i64(day)), &r, f)))
		return e;
	while (!(e = rows_next(r, &more, f)) && more) {
		if (!any && (e = trail_key(t, day, &key, f)))
			break;
		any = true;
		const struct pack_key k = { rows_i64(r, 0), rows_i64(r, 1), rows_i64(r, 2) };
		if ((e = open_pack(r, 3, &k, &key, ret, &small, f)))
			break;
	}
	crypt_wipe(&key, sizeof key);
	return e;
}

enum err day_read_pack(struct trail *t, struct tx *tx, int32_t day, const struct pack_key *k,
		       struct day_read *ret, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	CLEANUP(buf_release) struct buf small = { 0 };
	const struct sql_args which =
		SQL_ARGS(sql_i64(k->county), sql_i64(day), sql_i64(k->batch), sql_i64(k->seq));
	struct crypt_key key;
	enum err e;

	day_read_end(ret);
	ret->day = day;
	if ((e = trail_words_new(&ret->words)) || (e = trail_key(t, day, &key, f)))
		return e;
	if (!(e = tx_row(tx, &trail_sql.one, which, &r, f)))
		e = open_pack(r, 0, k, &key, ret, &small, f);
	crypt_wipe(&key, sizeof key);
	return e;
}

/* ---- numbers --------------------------------------------------------------------------------- */

/* Their number of each seat of ours. */
static enum err map_words(struct trail *t, const struct names *words, uint32_t *ret)
{
	enum err e = OK;

	for (uint32_t i = 0; i < names_count(words) && !e; i++)
		e = names_intern(t->words, names_text(words, i), &ret[i]);
	return e;
}

static enum err number_some(struct trail *t, const struct pack_row *row, size_t n,
			    const uint32_t *word, struct visit *ret, place_kinds *kinds)
{
	enum err e = OK;

	for (size_t i = 0; i < n && !e; i++) {
		if (i + AHEAD < n) {
			numbers_want(&t->persons, row[i + AHEAD].person);
			numbers_want(&t->places, row[i + AHEAD].place);
		}
		if (!(e = numbers_of(&t->persons, row[i].person, &ret[i].person.v)))
			e = numbers_of(&t->places, row[i].place, &ret[i].place.v);
		ret[i].from.v = row[i].from;
		ret[i].to.v = row[i].to;
		ret[i].seat = word[row[i].seat];
		if (!e &&
		    (!i || row[i].place != row[i - 1].place || row[i].kind != row[i - 1].kind)) {
			const struct place_kind k = { ret[i].place.v, word[row[i].kind] };

			if (!(e = trail_kind_said(t, k.place, k.word)))
				e = vec_push(kinds, k);
		}
	}
	return e;
}

static int by_place(const void *pa, const void *pb)
{
	const struct place_kind *a = pa, *b = pb;

	return (a->place > b->place) - (a->place < b->place);
}

static void each_place_once(struct trail *t, place_kinds *k)
{
	size_t n = 0;

	if (k->n)
		qsort(k->v, k->n, sizeof *k->v, by_place);
	for (size_t i = 0; i < k->n; i++)
		if (n && k->v[n - 1].place == k->v[i].place)
			k->v[n - 1].word = pack_lesser(t->words, k->v[n - 1].word, k->v[i].word);
		else
			k->v[n++] = k->v[i];
	k->n = n;
}

enum err day_visits(struct trail *t, const struct day_read *r, struct visit *ret,
		    place_kinds *ret_kinds)
{
	uint32_t *word = mem_take(names_count(r->words), sizeof *word);
	enum err e = word ? OK : ERR_MEMORY;

	if (!e) {
		pthread_mutex_lock(&t->lock);
		e = map_words(t, r->words, word);
		pthread_mutex_unlock(&t->lock);
	}
	for (size_t i = 0; i < r->rows.n && !e; i += NUMBERED_AT_ONCE) {
		pthread_mutex_lock(&t->lock); /* others come in between */
		e = number_some(t, r->rows.v + i, min_size(r->rows.n - i, NUMBERED_AT_ONCE), word,
				ret + i, ret_kinds);
		pthread_mutex_unlock(&t->lock);
	}
	mem_drop(word);
	if (!e) {
		pthread_mutex_lock(&t->lock);
		each_place_once(t, ret_kinds);
		pthread_mutex_unlock(&t->lock);
	}
	return e;
}
