/*
 * look.c - is what lies in segments what the packs say? For fsck: reads, and changes nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "trail/dayfile.h"
#include "trail/inside.h"
#include "trail/trail.sql.h"

#include "base/ban.h"

struct looked {
	int32_t day;
	char name[DAYFILE_NAME_BYTES];
	uint64_t content, visits;
};
typedef VEC(struct looked) looked_days;

struct looking {
	struct trail *t;
	looked_days days;
	struct day_read r;
};

static void looking_end(struct looking *l)
{
	vec_drop(&l->days);
	day_read_end(&l->r);
}

static enum err list_act(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct looking *l = arg;
	bool more;
	enum err e = tx_rows(tx, &trail_sql.segment, SQL_ARGS(sql_i64(l->t->o.county.v)), &r, f);

	l->days.n = 0;
	while (!e && !(e = rows_next(r, &more, f)) && more) {
		struct looked d = { .day = (int32_t)rows_i64(r, 0),
				    .content = (uint64_t)rows_i64(r, 2),
				    .visits = (uint64_t)rows_i64(r, 3) };
		struct str name = rows_text(r, 1);

		memcpy(d.name, name.p, min_size(name.n, sizeof d.name - 1));
		e = vec_push(&l->days, d);
	}
	return e;
}

static enum err read_act(struct tx *tx, void *arg, struct fault *f)
{
	struct looking *l = arg;

	return day_read(l->t, tx, l->r.day, &l->r, f);
}

static int by_number(const void *pa, const void *pb)
{
	uint64_t a = *(const uint64_t *)pa, b = *(const uint64_t *)pb;

	return (a > b) - (a < b);
}

/* The digests of the packs that the segment says it holds, in order, each once. */
static enum err content_of(const struct day_read *r, const struct sealed *s, uint64_t *ret_content,
			   uint64_t *ret_n)
{
	uint64_t *digest = mem_take(r->rows.n + 1, sizeof *digest);
	size_t n = 0, kept = 0, packs = 0;

	if (!digest)
		return ERR_MEMORY;
	for (size_t i = 0; i < r->key.n; i++) {
		size_t end = i + 1 < r->first.n ? r->first.v[i + 1] : r->rows.n;

		if (!sealed_covers(s, &r->key.v[i]))
			continue;
		packs++;
		for (size_t k = r->first.v[i]; k < end; k++)
			digest[n++] = pack_digest(r->words, &r->rows.v[k]);
	}
	if (n)
		qsort(digest, n, sizeof *digest, by_number);
	for (size_t i = 0; i < n; i++)
		if (!kept || digest[i] != digest[kept - 1])
			digest[kept++] = digest[i];
	*ret_content = digest_of(digest, kept * sizeof *digest);
	*ret_n = packs == s->n_keys ? kept : UINT64_MAX;
	mem_drop(digest);
	return OK;
}

static enum err look_at(struct looking *l, const struct looked *d, bool *ret_sound)
{
	CLEANUP(dayfile_drop) struct dayfile file = { 0 };
	struct fault unasked = { 0 };
	uint64_t content = 0, n = 0;
	enum err e = dayfile_read(l->t->o.dir, d->name, &file, &unasked);

	*ret_sound = false;
	if (!e)
		e = trace_segment_check(file.seg, &unasked);
	l->r.day = d->day;
	if (!e)
		e = db_read(l->t->o.db, read_act, l, &unasked);
	if (!e)
		e = content_of(&l->r, file.sealed, &content, &n);
	if (e)
		return e == ERR_MEMORY || e == ERR_BUSY ? e : OK;
	*ret_sound = content == d->content && n == d->visits &&
		     trace_segment_facts(file.seg).visits == n;
	return OK;
}

enum err trail_look(const struct trail_options *o, struct trail_report *ret, struct fault *f)
{
	struct trail t = { .o = *o };
	CLEANUP(looking_end) struct looking l = { .t = &t };
	struct trail_report report = { 0 };
	enum err e = daykeys_read(o->keys, &t.keys, f);

	if (e && e != ERR_ABSENT)
		return e;
	pthread_mutex_init(&t.lock, NULL);
	e = db_read(o->db, list_act, &l, f);
	for (size_t i = 0; i < l.days.n && !e; i++) {
		bool sound = false;

		e = look_at(&l, &l.days.v[i], &sound);
		report.segments++;
		report.wrong += !sound;
	}
	pthread_mutex_destroy(&t.lock);
	daykeys_drop(&t.keys);
	if (!e)
		*ret = report;
	return e;
}
