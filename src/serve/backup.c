#include "serve/backup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "crypt/keyfile.h"
#include "exhibit/blobs.h"
#include "ledger/ledger.h"
#include "serve/archive.h"

#include "base/ban.h"

/* What a house is besides its keys and its database; kept in this order. */
static const char *const parts[] = { "outpost.ini", "tls/authority.pem", "tls/server.pem",
				     "heads/heads" };
static const char *const keys[] = { "ledger.key", "secret.key", "backup.key", "authority.pem",
				    "server.pem" };
enum { PIECE = 1 << 14 };

static enum err put_file(struct archive_out *a, const char *name, const char *path, bool must,
			 struct fault *f)
{
	CLEANUP(file_end) struct file *fl = NULL;
	char piece[PIECE];
	struct fault unasked = { 0 };
	size_t n = 1;
	enum err e = file_open(path, FILE_READ, &fl, must ? f : &unasked);

	if (e)
		return must || e != ERR_ABSENT ? e : OK;
	if ((e = archive_entry(a, name, f)))
		return e;
	while (!(e = file_read(fl, piece, sizeof piece, &n, f)) && n)
		if ((e = archive_write(a, piece, n, f)))
			return e;
	return e;
}

static enum err note(struct tx *tx, void *arg, struct fault *f)
{
	struct ledger_entry en = *(struct ledger_entry *)arg;

	return ledger_append(tx, &en, NULL, f);
}

static enum err note_in(struct house *h, struct str action, struct utc_s now, struct fault *f)
{
	struct ledger_entry en = {
		.county = area_county(h->area),
		.at = now,
		.kind = LEDGER_ACT,
		.purpose = STR("admin"),
		.object = STR("house"),
		.action = action,
	};

	return db_write(h->db, note, &en, f);
}

static void copy_end(char **path)
{
	if (**path)
		ignore(file_unlink(*path, NULL));
}

#define VAULT_FILE "vault/" DB_SQLITE_FILE

/*
 * After the core's own, so that whoever the core knows is in it; what it has besides is settled
 * when the restored house begins. Sealed as it is: the keys stay behind.
 */
static enum err put_vault(struct archive_out *a, struct house *h, const char *copy, struct fault *f)
{
	struct fault unasked = { 0 };
	enum err e = vault_copy(h->dir, copy, &unasked);

	if (e == ERR_ABSENT)
		return OK;
	if (e)
		return fault_set(f, e, "保险库不能备份：%s%.0s",
				 "%.0sthe vault cannot be copied: %s", unasked.zh, unasked.en);
	return put_file(a, VAULT_FILE, copy, true, f);
}

#define EXHIBITS HOUSE_EXHIBITS "/"

/* Names of parts may be longer than those that the house itself gives. */
static void part_path(const char *dir, const char *name, char ret[PATH_MAX])
{
	(void)snprintf(ret, PATH_MAX, "%.*s/%s", PATH_MAX - ARCHIVE_NAME_BYTES - 2, dir, name);
}

struct exhibits {
	struct archive_out *a;
	const char *dir;
};

static enum err put_exhibit(const char *file, struct str unused, void *arg, struct fault *f)
{
	const struct exhibits *x = arg;
	char name[ARCHIVE_NAME_BYTES], path[PATH_MAX];

	(void)unused;
	(void)snprintf(name, sizeof name, EXHIBITS "%s", file);
	part_path(x->dir, name, path);
	return put_file(x->a, name, path, false, f);
}

/* After the database, whose rows speak of files that are there; sealed as they are. */
static enum err put_exhibits(struct archive_out *a, const struct house *h, struct fault *f)
{
	struct exhibits x = { a, h->dir };
	char dir[PATH_MAX];

	house_path(h->dir, HOUSE_EXHIBITS, dir);
	return blobs_each(dir, put_exhibit, &x, f);
}

enum err backup_make(struct house *h, const char *path, struct utc_s now, struct fault *f)
{
	CLEANUP(archive_out_end) struct archive_out *a = NULL;
	char copy[PATH_MAX], from[PATH_MAX], hint[PATH_MAX];
	CLEANUP(copy_end) char *leftover = copy;
	struct crypt_key key;
	enum err e;

	copy[0] = '\0';
	(void)leftover; /* its end is what it is for */
	house_path(h->dir, "keys/backup.key", from);
	if ((e = keyfile_read_key(from, &key, f)))
		return e;
	house_path(h->dir, "keys", from);
	if (!realpath(from, hint) || strlen(hint) >= ARCHIVE_HINT_BYTES)
		hint[0] = '\0';
	if ((e = note_in(h, STR("backup"), now, f)))
		return e;
	e = archive_create(path, hint, &key, &crypt_random_system, &a, f);
	crypt_wipe(&key, sizeof key);
	for (size_t i = 0; !e && i < ARRAY_LEN(parts); i++) {
		house_path(h->dir, parts[i], from);
		e = put_file(a, parts[i], from, strcmp(parts[i], "heads/heads") != 0, f);
	}
	if (e)
		return e;
	house_path(h->dir, "scratch/backup", copy);
	ignore(file_unlink(copy, NULL)); /* of one that did not end */
	if ((e = db_copy(h->db, copy, f)) || (e = put_file(a, DB_SQLITE_FILE, copy, true, f)) ||
	    (e = file_unlink(copy, f)) || (e = put_vault(a, h, copy, f)) ||
	    (e = put_exhibits(a, h, f)))
		return e;
	return archive_finish(&a, f);
}

/* ---- back ------------------------------------ */

static enum err copy_key(const char *from_dir, const char *name, const char *to_dir,
			 struct fault *f)
{
	CLEANUP(file_unmap) struct file_map text = { 0 };
	char from[PATH_MAX], to[PATH_MAX], inside[HOUSE_NAME_BYTES];
	enum err e;

	(void)snprintf(inside, sizeof inside, "keys/%s", name);
	house_path(from_dir, name, from);
	house_path(to_dir, inside, to);
	if ((e = file_map_read(from, &text, f)))
		return e;
	return keyfile_make_text(to, (struct str){ (const char *)text.p, text.n }, f);
}

static enum err take_file(struct archive_in *a, const char *path, struct fault *f)
{
	CLEANUP(file_end) struct file *fl = NULL;
	char piece[PIECE];
	size_t n = 1;
	enum err e = file_open(path, FILE_SECRET, &fl, f);

	while (!e && !(e = archive_read(a, piece, sizeof piece, &n, f)) && n)
		e = file_write(fl, piece, n, f);
	if (e || (e = file_sync(fl, f)))
		return e;
	return file_close(&fl, f);
}

static bool known_part(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (strcmp(name, parts[i]) == 0)
			return true;
	return strcmp(name, DB_SQLITE_FILE) == 0 || strcmp(name, VAULT_FILE) == 0;
}

static bool exhibit_part(const char *name, const char *dir, struct fault *f)
{
	char path[PATH_MAX];

	house_path(dir, HOUSE_EXHIBITS, path);
	return blobs_folder_of(path, name + sizeof EXHIBITS - 1, f) == OK;
}

static enum err take_all(struct archive_in *a, const char *dir, struct fault *f)
{
	char name[ARCHIVE_NAME_BYTES], path[PATH_MAX];
	bool more;
	enum err e;

	while (!(e = archive_next(a, name, &more, f)) && more) {
		bool exhibit = strncmp(name, EXHIBITS, sizeof EXHIBITS - 1) == 0;

		if (exhibit ? !exhibit_part(name, dir, f) : !known_part(name))
			return fault_set(f, ERR_VERSION, "备份里有本程序不认识的部分",
					 "the backup holds a part that this program does not know");
		part_path(dir, name, path);
		if ((e = take_file(a, path, f)))
			return e;
	}
	return e;
}

/* ---- where the ledger goes on ------------------------------------ */

struct going_back {
	const struct house *h;
	struct utc_s now;
	struct heads_known known;
	int64_t by[HEADS_APPROVERS];
};

static enum err note_approved(struct tx *tx, void *arg, struct fault *f)
{
	const struct going_back *w = arg;
	char detail[100];
	struct ledger_entry en = {
		.county = area_county(w->h->area),
		.at = w->now,
		.kind = LEDGER_ACT,
		.purpose = STR("admin"),
		.object = STR(HEADS_APPROVE_OBJECT),
		.action = STR(HEADS_APPROVE_ACTION),
	};
	enum err e = OK;

	(void)snprintf(detail, sizeof detail, "heads=%lld known=%lld lost=%lld",
		       (long long)w->known.own, (long long)w->known.n, (long long)w->known.lost);
	en.detail = str_of(detail);
	for (size_t i = 0; !e && i < HEADS_APPROVERS; i++) {
		en.actor = w->by[i];
		e = ledger_append(tx, &en, NULL, f);
	}
	if (e)
		return e;
	en.actor = 0;
	en.action = STR("restore");
	return ledger_append(tx, &en, NULL, f);
}

static enum err copy_heads(const char *from, const char *to, struct fault *f)
{
	CLEANUP(file_unmap) struct file_map text = { 0 };
	CLEANUP(file_end) struct file *fl = NULL;
	enum err e = file_map_read(from, &text, f);

	if (e || (e = file_open(to, FILE_REPLACE, &fl, f)) ||
	    (e = file_write(fl, text.p, text.n, f)) || (e = file_sync(fl, f)))
		return e;
	return file_close(&fl, f);
}

static enum err go_back(struct house *h, const struct heads_options *o,
			const struct backup_ask *ask, struct going_back *w, struct fault *f)
{
	enum err e;

	if (!ask->approve)
		return fault_set(
			f, ERR_CONFLICT,
			"这份备份之后已签过 %lld 条记录，恢复会让台账退回；须由两位不同职责的"
			"管理员批准：--approve 登录名,登录名",
			"%lld entries were signed after this backup: the ledger would go "
			"back, and two administrators of different offices must approve: "
			"--approve LOGIN,LOGIN",
			(long long)w->known.lost);
	e = ask->approve(ask->arg, h, w->by, f);
	return e ? e : heads_go_back(o, w->now, note_approved, w, f);
}

static enum err settle(const char *dir, const struct backup_ask *ask, struct utc_s now,
		       struct heads_known *ret, struct fault *f)
{
	CLEANUP(house_end) struct house *h = NULL;
	const char *copies[CONFIG_LIST_MAX];
	char path[PATH_MAX];
	struct heads_options o;
	struct going_back w = { .now = now };
	enum err e = house_open(dir, &h, f);

	if (e || (e = house_database(h, true, now, f)))
		return e;
	w.h = h;
	house_heads(h, path, copies, &o);
	if ((e = heads_look(&o, ask->against, &w.known, f)))
		return e;
	if (w.known.n > w.known.own && (e = copy_heads(w.known.path, path, f)))
		return e;
	e = w.known.lost ? go_back(h, &o, ask, &w, f) : note_in(h, STR("restore"), now, f);
	*ret = w.known;
	return e;
}

/* Without its ring the names stay sealed for good, and all else is there. */
static enum err restore_vault(const char *key_dir, const char *dir, struct fault *f)
{
	struct fault unasked = { 0 };
	enum err e = vault_restored(dir, &unasked);

	if (e == ERR_ABSENT)
		return OK;
	if (e)
		return fault_set(f, e, "保险库不能恢复：%s%.0s",
				 "%.0sthe vault cannot be restored: %s", unasked.zh, unasked.en);
	e = copy_key(key_dir, "vault/ring", dir, &unasked);
	return e == ERR_ABSENT ? OK : e;
}

/* The live keys of visits, where they still are: what is not among them is gone for good. */
static enum err copy_days(const char *key_dir, const char *dir, struct fault *f)
{
	struct fault unasked = { 0 };
	enum err e = copy_key(key_dir, "days", dir, &unasked);

	return e == ERR_ABSENT ? OK
	       : e ? fault_set(f, e, "读不了到访密钥文件", "the file of visit keys cannot be read")
		   : OK;
}

/* ---- a whole restore ------------------------------------ */

static enum err read_key(const char *key_dir, struct crypt_key *ret, struct fault *f)
{
	char path[PATH_MAX];
	enum err e;

	if (strlen(key_dir) >= PATH_MAX - HOUSE_NAME_BYTES)
		return fault_set(f, ERR_USAGE, "密钥文件夹名太长",
				 "the folder of keys has too long a name");
	house_path(key_dir, "backup.key", path);
	e = keyfile_read_key(path, ret, NULL);
	if (!e)
		return OK;
	return fault_set(f, e, "在 %s 读不到密钥；用 --keys 指出存放密钥的文件夹",
			 "no key can be read at %s; say by --keys in which folder the keys are",
			 path);
}

static enum err fill(const char *aside, const struct backup_ask *ask, const char *key_dir,
		     const struct crypt_key *key, struct fault *f)
{
	CLEANUP(archive_in_end) struct archive_in *a = NULL;
	enum err e = archive_open(ask->path, key, &a, f);

	if (e || (e = take_all(a, aside, f)))
		return e;
	for (size_t i = 0; !e && i < ARRAY_LEN(keys); i++)
		e = copy_key(key_dir, keys[i], aside, f);
	if (!e)
		e = copy_days(key_dir, aside, f);
	return e ? e : restore_vault(key_dir, aside, f);
}

enum err backup_restore(const struct backup_ask *ask, struct utc_s now, struct heads_known *ret,
			struct fault *f)
{
	char hint[ARCHIVE_HINT_BYTES], aside[PATH_MAX];
	const char *key_dir = ask->keys ? ask->keys : hint;
	struct crypt_key key;
	enum err e = archive_hint(ask->path, hint, f);

	if (e || (e = read_key(key_dir, &key, f)))
		return e;
	if (!(e = house_lay_out(ask->dir, aside, f))) {
		if (!(e = fill(aside, ask, key_dir, &key, f)) &&
		    !(e = settle(aside, ask, now, ret, f)))
			e = house_move_in(aside, ask->dir, f);
		if (e)
			house_take_away(aside);
	}
	crypt_wipe(&key, sizeof key);
	return e;
}
