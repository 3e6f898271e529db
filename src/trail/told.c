/* told.c - see told.h. */
#include "trail/told.h"

#include <stdio.h>
#include <string.h>

#include "trail/told.sql.h"

#include "base/ban.h"

/* ---- lists ----------------------------------------------------------------------------------- */

void told_list_i64(struct buf *b, int64_t v)
{
	buf_char(b, b->n ? ',' : '{');
	buf_i64(b, v);
}

void told_list_bytes(struct buf *b, struct str s)
{
	static const char digits[] = "0123456789abcdef";

	buf_char(b, b->n ? ',' : '{');
	buf_lit(b, "\"\\\\x");
	for (size_t i = 0; i < s.n; i++) {
		buf_char(b, digits[(unsigned char)s.p[i] >> 4]);
		buf_char(b, digits[(unsigned char)s.p[i] & 15]);
	}
	buf_char(b, '"');
}

struct sql_value told_list_end(struct buf *b)
{
	buf_lit(b, b->n ? "}" : "{}");
	return sql_text(buf_view(b));
}

/* ---- one pack -------------------------------------------------------------------------------- */

struct telling {
	struct trail *t;
	int32_t day;
	struct pack_key key;
	struct day_read r;
	struct buf person, place, stay, from, to, visit, seat, kind, kind_place;
};

static void telling_end(struct telling *w)
{
	struct buf *const all[] = { &w->person, &w->place, &w->stay, &w->from,      &w->to,
				    &w->visit,  &w->seat,  &w->kind, &w->kind_place };

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		if (all[i]->p)
			crypt_wipe(all[i]->p, all[i]->n);
		buf_release(all[i]);
	}
	day_read_end(&w->r);
}

/* As the values of `attendance` have it. */
static int64_t class_of(const struct pack_row *r)
{
	static const int64_t below[] = { 900, 3600, 14400, 43200 };
	int64_t k = 0;

	if (r->to == TRACE_STILL)
		return ARRAY_LEN(below) + 1;
	while (k < (int64_t)ARRAY_LEN(below) && r->to - r->from >= below[k])
		k++;
	return k;
}

static void list_rows(struct telling *w, int64_t *ret_last)
{
	const struct day_read *d = &w->r;

	*ret_last = TRACE_NEVER;
	for (size_t i = 0; i < d->rows.n; i++) {
		const struct pack_row *r = &d->rows.v[i];

		told_list_i64(&w->person, r->person);
		told_list_i64(&w->place, r->place);
		told_list_i64(&w->stay, class_of(r));
		told_list_i64(&w->from, r->from);
		told_list_i64(&w->to, r->to);
		told_list_i64(&w->visit, (int64_t)pack_digest(d->words, r));
		told_list_bytes(&w->seat, r->seat ? names_text(d->words, r->seat) : STR(""));
		*ret_last = max_i64(*ret_last,
				    max_i64(r->from, r->to == TRACE_STILL ? r->from : r->to));
		if (!r->kind || (i && r[-1].place == r->place && r[-1].kind == r->kind))
			continue;
		told_list_i64(&w->kind_place, r->place);
		told_list_bytes(&w->kind, names_text(d->words, r->kind));
	}
}

static enum err put_rows(struct telling *w, struct tx *tx, uint64_t *ret_fresh, struct fault *f)
{
	const struct sql_value person = told_list_end(&w->person), place = told_list_end(&w->place),
			       from = told_list_end(&w->from), to = told_list_end(&w->to),
			       visit = told_list_end(&w->visit), day = sql_i64(w->day);
	enum err e = tx_run(tx, &told_sql.put_places,
			    SQL_ARGS(place, told_list_end(&w->stay), from, visit, to, person,
				     told_list_end(&w->seat), day),
			    ret_fresh, f);

	if (!e)
		e = tx_run(tx, &told_sql.put_persons, SQL_ARGS(person, from, visit, to, place, day),
			   NULL, f);
	return e ? e
		 : tx_run(tx, &told_sql.put_kinds,
			  SQL_ARGS(told_list_end(&w->kind_place), told_list_end(&w->kind), day),
			  NULL, f);
}

static enum err tell_act(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *digest = NULL;
	struct telling *w = arg;
	const struct sql_value county = sql_i64(w->key.county), day = sql_i64(w->day),
			       batch = sql_i64(w->key.batch), seq = sql_i64(w->key.seq);
	uint64_t fresh;
	int64_t last;
	enum err e;

	telling_end(w); /* of a run of this act that was undone */
	e = tx_row(tx, &told_sql.digest, SQL_ARGS(county, day, batch, seq), &digest, f);
	if (e)
		return e == ERR_ABSENT ? OK : e; /* recalled meanwhile */
	if ((e = day_read_pack(w->t, tx, w->day, &w->key, &w->r, f)))
		return e;
	list_rows(w, &last);
	if ((e = put_rows(w, tx, &fresh, f)))
		return e;
	return tx_run(tx, &told_sql.put,
		      SQL_ARGS(county, day, batch, seq, sql_i64((int64_t)fresh), sql_i64(last),
			       sql_blob(rows_blob(digest, 0))),
		      NULL, f);
}

/* ---- all that is due ------------------------------------------------------------------------- */

struct due {
	struct trail *t;
	int64_t first_day; /* packs before it have no key any more */
	VEC(struct telling) pack;
	VEC(int32_t) wrong;
	struct told told;
};

static void due_end(struct due *d)
{
	for (size_t i = 0; i < d->pack.n; i++)
		telling_end(&d->pack.v[i]);
	vec_drop(&d->pack);
	vec_drop(&d->wrong);
}

static enum err read_whole(struct tx *tx, struct told *ret, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e = tx_row(tx, &told_sql.whole, SQL_NO_ARGS, &r, f);

	if (e)
		return e;
	*ret = (struct told){ rows_i64(r, 0),
			      (uint64_t)rows_i64(r, 1),
			      { rows_null(r, 2) ? TRACE_NEVER : rows_i64(r, 2) } };
	return OK;
}

static enum err list_wrong(struct tx *tx, struct due *d, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	bool more;
	enum err e = tx_rows(tx, &told_sql.wrong, SQL_NO_ARGS, &r, f);

	while (!e && !(e = rows_next(r, &more, f)) && more)
		e = vec_push(&d->wrong, (int32_t)rows_i64(r, 0));
	return e;
}

static enum err list_act(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct due *d = arg;
	bool more;
	enum err e;

	due_end(d);
	if ((e = list_wrong(tx, d, f)) || (e = read_whole(tx, &d->told, f)) ||
	    (e = tx_rows(tx, &told_sql.untold, SQL_ARGS(sql_i64(d->first_day)), &r, f)))
		return e;
	while (!(e = rows_next(r, &more, f)) && more) {
		const struct telling w = { .t = d->t,
					   .day = (int32_t)rows_i64(r, 1),
					   .key = { rows_i64(r, 0), rows_i64(r, 2),
						    rows_i64(r, 3) } };

		if ((e = vec_push(&d->pack, w)))
			return e;
	}
	return e;
}

static enum err drop_act(struct tx *tx, void *arg, struct fault *f)
{
	const struct sql *const all[] = { &told_sql.drop_told, &told_sql.drop_places,
					  &told_sql.drop_persons, &told_sql.drop_kinds };
	const int32_t *day = arg;
	enum err e = OK;

	for (size_t i = 0; i < ARRAY_LEN(all) && !e; i++)
		e = tx_run(tx, all[i], SQL_ARGS(sql_i64(*day)), NULL, f);
	return e;
}

static int64_t first_day(struct trail *t)
{
	int64_t day;

	pthread_mutex_lock(&t->lock);
	day = t->keys.day.n ? t->keys.day.v[0].day : INT64_MAX;
	pthread_mutex_unlock(&t->lock);
	return day;
}

static enum err settle(struct trail *t, struct told *ret, struct fault *f)
{
	CLEANUP(due_end) struct due d = { .t = t };
	bool asked = false;
	enum err e = OK;

	/* What comes while this is at work is for the next question. */
	while (!e) {
		d.first_day = first_day(t);
		if ((e = db_read(t->o.db, list_act, &d, f)))
			return e;
		if (!d.wrong.n && (!d.pack.n || asked))
			break;
		asked = !d.wrong.n;
		for (size_t i = 0; i < d.wrong.n && !e; i++)
			e = db_write(t->o.db, drop_act, &d.wrong.v[i], f);
		for (size_t i = 0; !d.wrong.n && i < d.pack.n && !e; i++) {
			e = db_write(t->o.db, tell_act, &d.pack.v[i], f);
			telling_end(&d.pack.v[i]);
		}
	}
	*ret = d.told;
	return e;
}

enum err told_settle(struct trail *t, struct told *ret, struct fault *f)
{
	enum err e;

	pthread_mutex_lock(&t->telling);
	e = settle(t, ret, f);
	pthread_mutex_unlock(&t->telling);
	return e;
}

enum err told_sound(struct tx *tx, const struct told *least, struct told *ret, bool *ret_sound,
		    struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	bool wrong;
	enum err e = read_whole(tx, ret, f);

	if (e || (e = tx_rows(tx, &told_sql.wrong, SQL_NO_ARGS, &r, f)) ||
	    (e = rows_next(r, &wrong, f)))
		return e;
	*ret_sound = !wrong && ret->packs >= least->packs;
	return OK;
}

/*
 * No statement of a .sql file: it empties what follows from the packs alone, and a deleted row
 * would stay readable in its page until the server comes by.
 */
static const struct sql forget = {
	.name = "told.forget",
	.text = "TRUNCATE visit_told, visit_by_place, visit_by_person, visit_kind",
	.args = "",
	.act = SQL_WRITE,
	.scan = "all of it goes",
	.across = "a house keeps the visits of all its counties in one set",
};

enum err told_forget(struct tx *tx, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e = tx_row(tx, &told_sql.any, SQL_NO_ARGS, &r, f);

	if (e)
		return e == ERR_ABSENT ? OK : e;
	rows_end(&r);
	return tx_run(tx, &forget, SQL_NO_ARGS, NULL, f);
}
