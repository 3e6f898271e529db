/*
 * seal.c - a day is made anew from its packs, and what follows from them is put in its place. What
 * goes wrong anywhere in this room ends here: a day whose memory is in doubt is sealed.
 */
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "trail/dayfile.h"
#include "trail/inside.h"
#include "trail/told.h"
#include "trail/trail.sql.h"

#include "base/ban.h"

enum { TAIL_LEAST = 1 << 16, QUIET_TICKS = 60 };

struct sealing {
	struct trail *t;
	struct day_read r;
	struct visit *visit;
	place_kinds kinds;
	struct trace_image image; /* bytes NULL: no visits */
	struct dayfile file;
	VEC(struct dayfile_id) persons;
	VEC(struct dayfile_id) places;
	struct buf words;
	char name[DAYFILE_NAME_BYTES];
};

static void sealing_end(struct sealing *s)
{
	day_read_end(&s->r);
	mem_drop(s->visit);
	vec_drop(&s->kinds);
	mem_drop(s->image.bytes);
	dayfile_drop(&s->file);
	vec_drop(&s->persons);
	vec_drop(&s->places);
	buf_release(&s->words);
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

static enum err make_sealed(struct sealing *s)
{
	struct sealed *d = s->file.sealed = mem_take(1, sizeof *d);
	size_t n = s->r.rows.n;
	struct pack_key *key;
	uint64_t *digest;
	enum err e;

	if (!d || !(d->owned = mem_grow(NULL, 0, n * sizeof *digest + s->r.key.n * sizeof *key, 1)))
		return ERR_MEMORY;
	digest = d->owned;
	for (size_t i = 0; i < n; i++)
		digest[i] = pack_digest(s->r.words, &s->r.rows.v[i]);
	if ((e = trail_numbers_once(digest, n, &d->n_digests)))
		return e;
	key = (struct pack_key *)(void *)(digest + n);
	memcpy(key, s->r.key.v, s->r.key.n * sizeof *key);
	qsort(key, s->r.key.n, sizeof *key, pack_key_cmp);
	d->digest = digest;
	d->key = key;
	d->n_keys = s->r.key.n;
	d->content = digest_of(digest, d->n_digests * sizeof *digest);
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
static enum err swap_in(struct sealing *s, char ret_old[DAYFILE_NAME_BYTES], struct fault *f)
{
	struct trail *t = s->t;
	struct seen seen = { 0 };
	visits more = { NULL, 0, 0 };
	struct trace_segment *seg = s->file.seg;
	struct trail_day *d;
	enum err e = trail_day_make(t, s->r.day, &d);

	if (!e)
		e = what_is_left(d, s->file.sealed, &seen, &more);
	if (!e) {
		s->file.seg = NULL; /* taken over */
		e = trace_set_replace_day(t->set, s->r.day, seg, more.v, more.n, f);
	}
	vec_drop(&more);
	if (e) {
		seen_drop(&seen);
		return e;
	}
	if (d->sealed && d->sealed->name[0] && strcmp(d->sealed->name, s->name) != 0)
		memcpy(ret_old, d->sealed->name, DAYFILE_NAME_BYTES);
	sealed_free(d->sealed);
	d->sealed = s->file.sealed;
	d->seals = ++t->seals;
	s->file.sealed = NULL;
	seen_drop(&d->seen);
	d->seen = seen;
	d->stale = false;
	drop_covered(d);
	return OK;
}

/* ---- what the numbers mean ------------------------------------------------------------------- */

static enum err list_ids(struct sealing *s, uint64_t *number)
{
	size_t n = s->r.rows.n;
	enum err e;

	for (size_t i = 0; i < n; i++)
		number[i] = s->visit[i].person.v;
	if ((e = trail_numbers_once(number, n, &n)) || (e = vec_reserve(&s->persons, n)) ||
	    (e = vec_reserve(&s->places, s->kinds.n)))
		return e;
	for (size_t i = 0; i < n; i++)
		s->persons.v[s->persons.n++] =
			(struct dayfile_id){ numbers_at(&s->t->persons, (uint32_t)number[i]),
					     (uint32_t)number[i], 0 };
	for (size_t i = 0; i < s->kinds.n; i++)
		s->places.v[s->places.n++] =
			(struct dayfile_id){ numbers_at(&s->t->places, s->kinds.v[i].place),
					     s->kinds.v[i].place, s->kinds.v[i].word };
	return OK;
}

static enum err list_words(struct sealing *s, uint64_t *number)
{
	static const char zeros[8];
	size_t n = 0;
	enum err e;

	for (size_t i = 0; i < s->r.rows.n; i++)
		number[n++] = s->visit[i].seat;
	for (size_t i = 0; i < s->kinds.n; i++) /* at most as many as rows */
		number[n++] = s->kinds.v[i].word;
	if ((e = trail_numbers_once(number, n, &n)))
		return e;
	for (size_t i = 0; i < n; i++) {
		struct str text = names_text(s->t->words, (uint32_t)number[i]);
		const struct dayfile_word w = { (uint32_t)number[i], (uint32_t)text.n };

		if (!number[i])
			continue;
		buf_put(&s->words, &w, sizeof w);
		buf_str(&s->words, text);
		buf_put(&s->words, zeros, (8 - text.n % 8) % 8);
	}
	return OK;
}

static enum err write_files(struct sealing *s, struct fault *f)
{
	struct trail *t = s->t;
	uint64_t *number = mem_grow(NULL, 0, 2 * s->r.rows.n, sizeof *number);
	struct dayfile *d = &s->file;
	enum err e;

	if (!number)
		return ERR_MEMORY;
	pthread_mutex_lock(&t->lock);
	if (!(e = list_ids(s, number)))
		e = list_words(s, number);
	pthread_mutex_unlock(&t->lock);
	mem_drop(number);
	if (e || (e = s->words.failed))
		return e;
	d->person = s->persons.v;
	d->n_persons = s->persons.n;
	d->place = s->places.v;
	d->n_places = s->places.n;
	d->word = (const uint8_t *)s->words.p;
	d->word_bytes = s->words.n;
	dayfile_name(s->r.day, d->sealed, s->name);
	memcpy(d->sealed->name, s->name, sizeof s->name);
	return dayfile_write(t->o.dir, s->name, d, &s->image, f);
}

/* From the files just written, so that what is asked is what a start would find. */
static enum err map_files(struct sealing *s, struct fault *f)
{
	struct dayfile mapped;
	enum err e = dayfile_read(s->t->o.dir, s->name, &mapped, f);

	if (e)
		return e;
	memcpy(mapped.sealed->name, s->name, sizeof s->name);
	dayfile_drop(&s->file);
	s->file = mapped;
	return OK;
}

static enum err manifest_act(struct tx *tx, void *arg, struct fault *f)
{
	const struct sealing *s = arg;
	struct sql_value county = sql_i64(s->t->o.county.v), day = sql_i64(s->r.day);

	if (!s->file.sealed)
		return tx_run(tx, &trail_sql.segment_gone, SQL_ARGS(county, day), NULL, f);
	return tx_run(tx, &trail_sql.segment_put,
		      SQL_ARGS(county, day, sql_text(str_of(s->name)),
			       sql_i64((int64_t)s->file.sealed->content),
			       sql_i64((int64_t)s->file.sealed->n_digests)),
		      NULL, f);
}

static enum err seal(struct trail *t, int32_t day, struct fault *f)
{
	CLEANUP(sealing_end) struct sealing s = { .t = t, .r.day = day };
	char old[DAYFILE_NAME_BYTES] = "";
	enum err e;

	if ((e = db_read(t->o.db, read_act, &s, f)))
		return e;
	if (s.r.rows.n) {
		s.visit = mem_grow(NULL, 0, s.r.rows.n, sizeof *s.visit); /* all of it is written */
		if (!s.visit)
			return ERR_MEMORY;
		if ((e = day_visits(t, &s.r, s.visit, &s.kinds)) || (e = make_sealed(&s)) ||
		    (e = make_image(&s, f)) || (e = write_files(&s, f)) || (e = map_files(&s, f)))
			return e;
	}
	if ((e = db_write(t->o.db, manifest_act, &s, f)))
		return e;
	pthread_mutex_lock(&t->lock);
	e = swap_in(&s, old, f);
	pthread_mutex_unlock(&t->lock);
	if (!e && old[0])
		dayfile_remove(t->o.dir, old);
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

/* Is it time to put the tail of a day into its segment? Counts the ticks without a new pack. */
static bool ripe(struct trail_day *d)
{
	size_t n = d->seen.n, held = d->sealed ? d->sealed->n_digests : 0;

	d->quiet = d->tail.n == d->tail_then ? d->quiet + 1 : 0;
	d->tail_then = d->tail.n;
	return d->tail.n &&
	       (n >= max_size((size_t)TAIL_LEAST, held / 2) || d->quiet >= QUIET_TICKS);
}

enum err trail_tick(struct trail *t, struct fault *f)
{
	struct told told;
	int32_t day = 0;
	bool any = false;
	enum err e = trail_settle(t, f);

	if (e)
		return e;
	pthread_mutex_lock(&t->lock);
	for (size_t i = 0; i < t->days.n; i++)
		if (ripe(t->days.v[i]) && !any) {
			any = true; /* one at a time: the others are ripe the next time too */
			day = t->days.v[i]->day;
		}
	pthread_mutex_unlock(&t->lock);
	if (any && (e = day_seal(t, day, f)))
		return e;
	return t->o.by == TRAIL_BY_SQL ? told_settle(t, &told, f) : OK;
}

/* After a recall: what is still said of places. */
static enum err settle_kinds(struct trail *t)
{
	enum err e = OK;

	pthread_mutex_lock(&t->lock);
	if (t->kinds_stale) {
		t->kind.n = 0;
		t->kind_version++;
	}
	for (size_t i = 0; t->kinds_stale && i < t->days.n && !e; i++) {
		const struct trail_day *d = t->days.v[i];

		for (size_t k = 0; d->sealed && k < d->sealed->n_places && !e; k++)
			e = trail_kind_said(t, d->sealed->place[k].number,
					    d->sealed->place[k].word);
		for (size_t k = 0; k < d->tail.n; k++)
			for (size_t m = 0; m < d->tail.v[k].n && !e; m++)
				e = trail_kind_said(t, d->tail.v[k].visit[m].place.v,
						    d->tail.v[k].kind[m]);
	}
	t->kinds_stale = t->kinds_stale && e;
	pthread_mutex_unlock(&t->lock);
	return e;
}

enum err trail_settle(struct trail *t, struct fault *f)
{
	enum err e = settle_doubts(t, f);
	int32_t day;

	if (!e && (e = trail_find_lost(t, f)))
		return e;
	while (!e && first_stale(t, &day))
		e = day_seal(t, day, f);
	return e ? e : settle_kinds(t);
}
