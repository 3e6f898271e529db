#include "serve/proof.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "crypt/keyfile.h"
#include "ledger/ledger.h"
#include "serve/archive.h"
#include "trail/daykey.h"
#include "trail/expiry.h"
#include "trail/seek.h"
#include "trail/trail.sql.h"

#include "base/ban.h"

enum { PAGE = 1000, PIECE = 1 << 16 };

void proof_end(struct proof *p)
{
	vec_drop(&p->days);
}

/* ---- what the ledger says -------------------------------------------------------------------- */

struct walk {
	struct proof *p;
	int64_t last; /* seq */
	size_t n;
	enum err e;
};

/* What stands behind "key=" in a detail, up to the next blank. */
static struct str word_of(struct str detail, const char *key)
{
	size_t n = strlen(key);
	const char *at = detail.n ? memmem(detail.p, detail.n, key, n) : NULL;
	const char *end = detail.p + detail.n;
	struct str s = { at ? at + n : "", 0 };

	while (at && s.p + s.n < end && s.p[s.n] != ' ')
		s.n++;
	return s;
}

enum err proof_day_of(const struct ledger_entry *en, struct proof_day *ret)
{
	struct proof_day d = { .day = (int32_t)en->object_id, .at = en->at };
	struct str print = word_of(en->detail, "key=");
	int64_t packs = 0, visits = 0;

	if (str_i64(word_of(en->detail, "packs="), &packs) ||
	    str_i64(word_of(en->detail, "visits="), &visits))
		return ERR_CORRUPT;
	memcpy(d.print, print.p, min_size(print.n, sizeof d.print - 1));
	d.packs = (uint64_t)packs;
	d.visits = (uint64_t)visits;
	*ret = d;
	return OK;
}

static enum err each(const struct ledger_entry *en, const struct crypt_hash *hash, void *arg,
		     struct fault *f)
{
	struct walk *w = arg;
	struct proof_day d;
	enum err e;

	(void)hash;
	(void)f;
	w->last = en->seq;
	w->n++;
	if (!str_eq(en->object, STR(EXPIRY_OBJECT)) || !str_eq(en->action, STR(EXPIRY_ACTION)))
		return OK;
	if ((e = proof_day_of(en, &d)))
		return e;
	return vec_push(&w->p->days, d);
}

enum err proof_list(struct tx *tx, struct area_code county, struct proof *ret, struct fault *f)
{
	struct ledger_page page = { .county = county, .limit = PAGE };
	struct walk w = { .p = ret };
	enum err e = OK;

	ret->days.n = 0;
	do {
		w.n = 0;
		e = ledger_list(tx, &page, each, &w, f);
		page.before_seq = w.last;
	} while (!e && w.n == PAGE && w.last > 1);
	return e;
}

/* ---- what is left ---------------------------------------------------------------------------- */

struct looking {
	struct house *h;
	struct proof *p;
	struct seeker seek;
	char dir[PATH_MAX];
};

static void looking_end(struct looking *l)
{
	seeker_end(&l->seek);
}

static enum err list_act(struct tx *tx, void *arg, struct fault *f)
{
	struct looking *l = arg;
	enum err e = proof_list(tx, area_county(l->h->area), l->p, f);

	for (size_t i = 0; i < l->p->days.n && !e; i++) {
		CLEANUP(rows_end) struct rows *r = NULL;
		struct proof_day *d = &l->p->days.v[i];

		e = tx_row(tx, &trail_sql.keys_of_day, SQL_ARGS(sql_i64(d->day)), &r, f);
		d->packs_left = !e;
		if (e == ERR_ABSENT)
			e = OK;
	}
	return e;
}

static enum err keys_left(struct looking *l, struct fault *f)
{
	struct daykeys keys;
	char path[PATH_MAX];
	enum err e;

	house_path(l->h->dir, "keys/days", path);
	e = daykeys_read(path, &keys, f);
	if (e && e != ERR_ABSENT)
		return e;
	for (size_t i = 0; i < l->p->days.n; i++)
		l->p->days.v[i].key_left = daykeys_of(&keys, l->p->days.v[i].day) != NULL;
	daykeys_drop(&keys);
	return OK;
}

static enum err seek_file(const char *name, void *arg, struct fault *f)
{
	CLEANUP(file_end) struct file *fl = NULL;
	struct looking *l = arg;
	char path[PATH_MAX + 300], *piece;
	struct fault unasked = { 0 };
	size_t n = 1;
	int day;
	enum err e;

	(void)snprintf(path, sizeof path, "%s/%s", l->dir, name);
	if (strcmp(l->dir + strlen(l->h->dir), "/trail") == 0 && sscanf(name, "%d-", &day) == 1)
		for (size_t i = 0; i < l->p->days.n; i++)
			l->p->days.v[i].segment_left |= l->p->days.v[i].day == day;
	e = file_open(path, FILE_READ, &fl, &unasked);
	if (e)
		return OK; /* a socket, or gone meanwhile */
	piece = mem_take(PIECE, 1);
	e = piece ? OK : ERR_MEMORY;
	while (!e && !(e = file_read(fl, piece, PIECE, &n, f)) && n)
		e = seek_bytes(&l->seek, piece, n);
	mem_drop(piece);
	return e ? e : seek_end(&l->seek);
}

static enum err seek_house(struct looking *l, struct fault *f)
{
	static const char *const folders[] = { "",         "/keys", "/trail", "/heads",
					       "/scratch", "/tls",  "/vault" };
	enum err e = OK;

	for (size_t i = 0; i < ARRAY_LEN(folders) && !e; i++) {
		struct fault unasked = { 0 };

		(void)snprintf(l->dir, sizeof l->dir, "%s%s", l->h->dir, folders[i]);
		e = dir_each(l->dir, seek_file, l, &unasked);
		if (e == ERR_ABSENT)
			e = OK;
		else if (e)
			return fault_set(f, e, "读不了 %s", "cannot read %s", l->dir);
	}
	return e;
}

static enum err seek_backup(struct looking *l, const char *path, struct fault *f)
{
	CLEANUP(archive_in_end) struct archive_in *a = NULL;
	char name[ARCHIVE_NAME_BYTES], key_path[PATH_MAX], *piece;
	struct crypt_key key;
	bool more;
	size_t n;
	enum err e;

	house_path(l->h->dir, "keys/backup.key", key_path);
	if ((e = keyfile_read_key(key_path, &key, f)))
		return e;
	e = archive_open(path, &key, &a, f);
	crypt_wipe(&key, sizeof key);
	piece = mem_take(PIECE, 1);
	if (!e && !piece)
		e = ERR_MEMORY;
	while (!e && !(e = archive_next(a, name, &more, f)) && more) {
		n = 1;
		while (!e && n && !(e = archive_read(a, piece, PIECE, &n, f)) && n)
			e = seek_bytes(&l->seek, piece, n);
		if (!e)
			e = seek_end(&l->seek);
	}
	mem_drop(piece);
	l->p->backups++;
	return e;
}

enum err proof_look(struct house *h, const char *const *backup, size_t n_backups, struct proof *ret,
		    struct fault *f)
{
	CLEANUP(looking_end) struct looking l = { .h = h, .p = ret };
	enum err e = db_read(h->db, list_act, &l, f);

	for (size_t i = 0; i < ret->days.n && !e; i++)
		e = seeker_add(&l.seek, str_of(ret->days.v[i].print));
	if (e || (e = keys_left(&l, f)) || (e = seek_house(&l, f)))
		return e;
	for (size_t i = 0; i < n_backups && !e; i++)
		e = seek_backup(&l, backup[i], f);
	ret->bytes = l.seek.bytes;
	ret->keys_found = l.seek.found;
	ret->gone = !ret->keys_found;
	for (size_t i = 0; i < ret->days.n; i++)
		ret->gone = ret->gone && !ret->days.v[i].key_left && !ret->days.v[i].packs_left &&
			    !ret->days.v[i].segment_left;
	return e;
}
