/*
 * start.c - a house begins: the files that the manifest names are taken as they are, if they are
 * whole and their packs are all there. Packs that came after are read into the tail; days without
 * a file are sealed. What was lying about from a kill is removed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trail/dayfile.h"
#include "trail/inside.h"
#include "trail/trail.sql.h"

#include "base/ban.h"

struct found {
	int32_t day;
	bool listed; /* in the manifest */
	char name[DAYFILE_NAME_BYTES];
	uint64_t content, visits;
	VEC(struct pack_key) keys; /* of its packs */
	struct dayfile file;       /* sealed NULL: not usable */
};

struct starting {
	struct trail *t;
	VEC(struct found) days; /* rising */
};

static void starting_clear(struct starting *s)
{
	for (size_t i = 0; i < s->days.n; i++) {
		vec_drop(&s->days.v[i].keys);
		dayfile_drop(&s->days.v[i].file);
	}
	s->days.n = 0;
}

static void starting_end(struct starting *s)
{
	starting_clear(s);
	vec_drop(&s->days);
}

/* ---- what is stored -------------------------------------------------------------------------- */

static enum err found_of(struct starting *s, int32_t day, struct found **ret)
{
	size_t i = 0;
	enum err e;

	while (i < s->days.n && s->days.v[i].day < day)
		i++;
	if (i == s->days.n || s->days.v[i].day != day) {
		if ((e = vec_reserve(&s->days, s->days.n + 1)))
			return e;
		memmove(s->days.v + i + 1, s->days.v + i, (s->days.n - i) * sizeof(struct found));
		s->days.v[i] = (struct found){ .day = day };
		s->days.n++;
	}
	*ret = &s->days.v[i];
	return OK;
}

static enum err list_manifest(struct starting *s, struct tx *tx, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct found *d;
	bool more;
	enum err e = tx_rows(tx, &trail_sql.segment, SQL_ARGS(sql_i64(s->t->o.county.v)), &r, f);

	while (!e && !(e = rows_next(r, &more, f)) && more) {
		struct str name = rows_text(r, 1);

		if ((e = found_of(s, (int32_t)rows_i64(r, 0), &d)))
			return e;
		d->listed = name.n < sizeof d->name;
		if (d->listed)
			(void)snprintf(d->name, sizeof d->name, "%.*s", (int)name.n, name.p);
		d->content = (uint64_t)rows_i64(r, 2);
		d->visits = (uint64_t)rows_i64(r, 3);
	}
	return e;
}

static enum err list_packs(struct starting *s, struct tx *tx, struct found *d, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	bool more;
	enum err e = tx_rows(tx, &trail_sql.keys_of_day, SQL_ARGS(sql_i64(d->day)), &r, f);

	(void)s;
	while (!e && !(e = rows_next(r, &more, f)) && more)
		e = vec_push(&d->keys,
			     ((struct pack_key){ rows_i64(r, 0), rows_i64(r, 1), rows_i64(r, 2) }));
	return e;
}

static enum err list_days(struct starting *s, struct tx *tx, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct found *d;
	bool more;
	enum err e = tx_rows(tx, &trail_sql.days, SQL_NO_ARGS, &r, f);

	while (!e && !(e = rows_next(r, &more, f)) && more)
		e = found_of(s, (int32_t)rows_i64(r, 0), &d);
	return e;
}

static enum err list_act(struct tx *tx, void *arg, struct fault *f)
{
	struct starting *s = arg;
	enum err e;

	starting_clear(s);
	if ((e = list_manifest(s, tx, f)) || (e = list_days(s, tx, f)))
		return e;
	for (size_t i = 0; i < s->days.n && !e; i++)
		e = list_packs(s, tx, &s->days.v[i], f);
	return e;
}

/* ---- files ----------------------------------------------------------------------------------- */

/* Is every pack that the file holds still there? Both lists rise. */
static bool packs_are_there(const struct found *d)
{
	const struct sealed *s = d->file.sealed;
	size_t k = 0;

	for (size_t i = 0; i < s->n_keys; i++, k++) {
		while (k < d->keys.n && pack_key_cmp(&d->keys.v[k], &s->key[i]) < 0)
			k++;
		if (k == d->keys.n || pack_key_cmp(&d->keys.v[k], &s->key[i]) != 0)
			return false;
	}
	return true;
}

static enum err read_file(struct trail *t, struct found *d)
{
	struct fault unasked = { 0 };
	enum err e = dayfile_read(t->o.dir, d->name, &d->file, &unasked);

	if (e == ERR_MEMORY)
		return e;
	if (e)
		return OK; /* it is made anew */
	memcpy(d->file.sealed->name, d->name, sizeof d->name);
	if (d->file.sealed->content != d->content || d->file.sealed->n_digests != d->visits ||
	    !packs_are_there(d))
		dayfile_drop(&d->file);
	return OK;
}

struct told_word {
	uint32_t number;
	struct str text;
};
typedef VEC(struct told_word) told_words;

static int by_number(const void *pa, const void *pb)
{
	const struct told_word *a = pa, *b = pb;

	return (a->number > b->number) - (a->number < b->number);
}

/* Numbers of words that no file uses any more are taken by a text that nobody can send. */
static enum err fill_gap(struct names *words, uint32_t number)
{
	char text[16];
	int n = snprintf(text, sizeof text, "\x7fgap%u", number);
	uint32_t got;
	enum err e = names_intern(words, (struct str){ text, (size_t)n }, &got);

	return e ? e : got == number ? OK : ERR_CORRUPT;
}

static enum err take_words(struct trail *t, const struct starting *s)
{
	told_words all = { NULL, 0, 0 };
	enum err e = OK;

	for (size_t i = 0; i < s->days.n && !e; i++) {
		struct told_word w;
		size_t at = 0;

		while (!e && s->days.v[i].file.sealed &&
		       dayfile_next_word(&s->days.v[i].file, &at, &w.number, &w.text))
			e = vec_push(&all, w);
	}
	if (all.n)
		qsort(all.v, all.n, sizeof *all.v, by_number);
	for (size_t i = 0; i < all.n && !e; i++) {
		uint32_t got = 0;

		if (all.v[i].number > all.n * 64 + 4096) {
			e = ERR_CORRUPT; /* whoever counts so far has not counted */
			break;
		}
		while (!e && names_count(t->words) < all.v[i].number)
			e = fill_gap(t->words, names_count(t->words));
		if (!e && !(e = names_intern(t->words, all.v[i].text, &got)) &&
		    got != all.v[i].number)
			e = ERR_CORRUPT;
	}
	vec_drop(&all);
	return e;
}

static enum err take_numbers(struct trail *t, const struct dayfile *d)
{
	enum err e = OK;

	for (size_t i = 0; i < d->n_persons && !e; i++)
		e = numbers_put(&t->persons, d->person[i].id, d->person[i].number);
	for (size_t i = 0; i < d->n_places && !e; i++) {
		if (d->place[i].word >= names_count(t->words))
			return ERR_CORRUPT;
		if (!(e = numbers_put(&t->places, d->place[i].id, d->place[i].number)))
			e = trail_kind_said(t, d->place[i].number, d->place[i].word);
	}
	return e;
}

static enum err take_file(struct trail *t, struct found *d, struct fault *f)
{
	struct trail_day *day;
	enum err e = take_numbers(t, &d->file);

	if (e == ERR_CORRUPT)
		return OK; /* stale, as it stays */
	if (e || (e = trail_day_make(t, d->day, &day)))
		return e;
	e = trace_set_add_segment(t->set, d->file.seg, f);
	d->file.seg = NULL;
	if (e)
		return e;
	day->sealed = d->file.sealed;
	day->seals = ++t->seals;
	d->file.sealed = NULL;
	day->stale = false;
	return OK;
}

/* ---- the tail -------------------------------------------------------------------------------- */

struct one {
	struct trail *t;
	int32_t day;
	struct pack_key key;
	struct day_read r;
};

static enum err read_one(struct tx *tx, void *arg, struct fault *f)
{
	struct one *o = arg;

	return day_read_pack(o->t, tx, o->day, &o->key, &o->r, f);
}

static enum err to_tail(struct trail *t, struct one *o, struct pending *p)
{
	CLEANUP(tail_pack_drop) struct tail_pack k = { .day = o->day, .key = o->key };
	place_kinds kinds = { NULL, 0, 0 };
	enum err e = tail_pack_take(&k, o->r.rows.n);

	if (!e)
		e = day_visits(t, &o->r, k.visit, &kinds); /* and they are said */
	for (size_t i = 0; i < k.n && !e; i++)
		k.digest[i] = pack_digest(o->r.words, &o->r.rows.v[i]);
	if (!e && !(e = vec_push(&p->pack, k)))
		memset(&k, 0, sizeof k);
	vec_drop(&kinds);
	return e;
}

static void pending_end(struct pending **p)
{
	pending_free(*p);
}

/* Packs that came after the sealing, as if they came now. */
static enum err read_tail(struct trail *t, const struct found *d, struct fault *f)
{
	const struct trail_day *day = trail_day_of(t, d->day);

	for (size_t i = 0; i < d->keys.n; i++) {
		CLEANUP(pending_end) struct pending *p = NULL;
		struct one o = { .t = t, .day = d->day, .key = d->keys.v[i] };
		enum err e;

		if (sealed_covers(day->sealed, &o.key))
			continue;
		p = mem_take(1, sizeof *p);
		e = p ? db_read(t->o.db, read_one, &o, f) : ERR_MEMORY;
		if (!e)
			e = to_tail(t, &o, p);
		day_read_end(&o.r);
		if (e)
			return e;
		trail_arrive(t, p);
		p = NULL;
	}
	return OK;
}

/* ---- leftovers ------------------------------------------------------------------------------- */

static enum err remove_leftover(const char *name, void *arg, struct fault *f)
{
	struct starting *s = arg;
	char path[DAYFILE_PATH_BYTES];

	(void)f;
	if (!dayfile_name_is_ours(name))
		return OK;
	for (size_t i = 0; i < s->days.n; i++) {
		size_t n = strlen(s->days.v[i].name);

		if (n && strncmp(name, s->days.v[i].name, n) == 0 && strlen(name) == n + 4)
			return OK;
	}
	(void)snprintf(path, sizeof path, "%s/%s", s->t->o.dir, name);
	ignore(file_unlink(path, NULL));
	return OK;
}

enum err trail_start(struct trail *t, struct fault *f)
{
	CLEANUP(starting_end) struct starting s = { .t = t };
	struct trail_day *d;
	enum err e = db_read(t->o.db, list_act, &s, f);

	if (e)
		return e;
	for (size_t i = 0; i < s.days.n; i++)
		if (!daykeys_of(&t->keys, s.days.v[i].day))
			s.days.v[i].name[0] = '\0'; /* over: its file is a leftover */
	if ((e = dir_each(t->o.dir, remove_leftover, &s, f)))
		return e;
	for (size_t i = 0; i < s.days.n; i++) {
		if (!daykeys_of(&t->keys, s.days.v[i].day))
			continue; /* it is over, and its packs are bytes that nothing opens */
		if ((e = trail_day_make(t, s.days.v[i].day, &d)))
			return e;
		d->stale = true; /* until its file is in place */
		if (s.days.v[i].listed && (e = read_file(t, &s.days.v[i])))
			return e;
	}
	e = take_words(t, &s);
	if (e == ERR_CORRUPT)
		return OK; /* words of one number: every day is made anew */
	for (size_t i = 0; i < s.days.n && !e; i++) {
		if (s.days.v[i].file.sealed)
			e = take_file(t, &s.days.v[i], f);
		d = trail_day_of(t, s.days.v[i].day);
		if (!e && d && !d->stale)
			e = read_tail(t, &s.days.v[i], f);
	}
	return e;
}
