/*
 * called.c - what a batch's sender calls the places of a day: sealed beside the packs of that day,
 * so that it comes, goes and ends with them. It is asked for seldom, and never by person.
 *
 *     for each place, rising: its number, 8 bytes | length of the name, 2 bytes | the name
 */
#include <stdlib.h>
#include <string.h>

#include "trail/ask.h"
#include "trail/inside.h"
#include "trail/trail.sql.h"

#include "base/ban.h"

enum { NUMBER_BYTES = 8, LENGTH_BYTES = 2, CALLED_SEQ = -1 /* no pack has it */ };

static void put_number(struct buf *out, uint64_t v, size_t bytes)
{
	while (bytes--)
		buf_char(out, (char)(v >> 8 * bytes));
}

static uint64_t get_number(const char *p, size_t bytes)
{
	uint64_t v = 0;

	for (size_t i = 0; i < bytes; i++)
		v = v << 8 | (unsigned char)p[i];
	return v;
}

void called_add(struct buf *out, int64_t place, struct str name)
{
	if (!name.n)
		return;
	put_number(out, (uint64_t)place, NUMBER_BYTES);
	put_number(out, name.n, LENGTH_BYTES);
	buf_str(out, name);
}

enum err called_put(struct tx *tx, struct trail_batch b, int32_t day, const struct crypt_key *key,
		    struct str plain, struct fault *f)
{
	CLEANUP(buf_release) struct buf sealed = { 0 };
	const struct pack_at at = { b.county.v, day, b.id, CALLED_SEQ };
	enum err e = pack_seal(key, &at, plain, &sealed);

	return e ? e
		 : tx_run(tx, &trail_sql.called_put,
			  SQL_ARGS(sql_i64(at.county), sql_i64(day), sql_i64(at.batch),
				   sql_blob(buf_view(&sealed))),
			  NULL, f);
}

/* ---- looking for names ----------------------------------------------------------------------- */

/* One of those that want a name, and the days under which it may lie. */
struct wanted {
	struct trail_place place;
	int32_t first, last;
	struct str *name;
};

struct calling {
	struct trail *t;
	struct str sender;
	struct wanted *of; /* by place */
	size_t n;
	struct arena *a;
};

static int by_number(const void *pa, const void *pb)
{
	const struct wanted *a = pa, *b = pb;

	return (a->place.v > b->place.v) - (a->place.v < b->place.v);
}

/* Its number follows from both: so the name is this sender's, or it is another's of that number. */
static enum err take_name(struct calling *k, struct wanted *at, struct str name)
{
	struct trail_place own;
	struct str copy;
	enum err e = trail_place_of(k->sender, name, &own);

	if (e || own.v != at->place.v)
		return e;
	copy = (struct str){ arena_copy(k->a, name.p, name.n), name.n };
	if (!copy.p)
		return ERR_MEMORY;
	while (at > k->of && at[-1].place.v == own.v)
		at--;
	for (; at < k->of + k->n && at->place.v == own.v; at++)
		*at->name = copy;
	return OK;
}

static enum err read_names(struct calling *k, struct str plain)
{
	enum { HEAD = NUMBER_BYTES + LENGTH_BYTES };
	enum err e = OK;

	while (plain.n >= HEAD && !e) {
		struct wanted of = { .place = { (int64_t)get_number(plain.p, NUMBER_BYTES) } };
		struct str name = { plain.p + HEAD,
				    get_number(plain.p + NUMBER_BYTES, LENGTH_BYTES) };
		struct wanted *at;

		if (name.n > plain.n - HEAD)
			return ERR_CORRUPT;
		at = bsearch(&of, k->of, k->n, sizeof of, by_number);
		if (at && !at->name->n)
			e = take_name(k, at, name);
		plain.p += HEAD + name.n;
		plain.n -= HEAD + name.n;
	}
	return e || !plain.n ? e : ERR_CORRUPT;
}

static enum err read_day(struct calling *k, struct tx *tx, int32_t day, const struct crypt_key *key,
			 struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	CLEANUP(buf_release) struct buf plain = { 0 };
	bool more;
	enum err e = tx_rows(tx, &trail_sql.called_of_day, SQL_ARGS(sql_i64(day)), &r, f);

	while (!e && !(e = rows_next(r, &more, f)) && more) {
		const struct pack_at at = { rows_i64(r, 0), day, rows_i64(r, 1), CALLED_SEQ };

		buf_clear(&plain);
		if (!(e = pack_open(key, &at, rows_blob(r, 2), &plain)))
			e = read_names(k, buf_view(&plain));
	}
	return e;
}

/* The newest day that is not after this one, has a key, and may have a name that is wanted. */
static bool newest_key(const struct calling *k, int32_t *day, struct crypt_key *ret)
{
	struct trail *t = k->t;
	bool found = false;

	pthread_mutex_lock(&t->lock);
	for (size_t i = t->keys.day.n; i-- > 0 && !found;) {
		int32_t at = t->keys.day.v[i].day;

		for (size_t j = 0; j < k->n && at <= *day && !found; j++)
			found = !k->of[j].name->n && at >= k->of[j].first && at <= k->of[j].last;
		if (found) {
			*day = at;
			*ret = t->keys.day.v[i].key;
		}
	}
	pthread_mutex_unlock(&t->lock);
	return found;
}

static enum err calling_act(struct tx *tx, void *arg, struct fault *f)
{
	struct calling *k = arg;
	int32_t day = INT32_MAX;
	struct crypt_key key = { { 0 } };
	enum err e = OK;

	for (size_t i = 0; i < k->n; i++)
		*k->of[i].name = STR("");
	for (; !e && newest_key(k, &day, &key); day--)
		e = read_day(k, tx, day, &key, f);
	crypt_wipe(&key, sizeof key);
	return e;
}

enum err trail_called(struct trail *t, struct str sender, const struct trail_stay *stay, size_t n,
		      struct arena *a, struct str *ret, struct fault *f)
{
	struct calling k = { .t = t, .sender = sender, .n = n, .a = a };

	if (!n)
		return OK;
	if (!(k.of = arena_take(a, n, sizeof *k.of)))
		return ERR_MEMORY;
	for (size_t i = 0; i < n; i++)
		k.of[i] = (struct wanted){
			.place = stay[i].place,
			.first = trace_day_of(t->o.zone, stay[i].begun),
			.last = trace_day_of(t->o.zone, (struct utc_s){ stay[i].to.v - 1 }),
			.name = &ret[i],
		};
	qsort(k.of, n, sizeof *k.of, by_number);
	return db_read(t->o.db, calling_act, &k, f);
}
