#include "serve/house.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "crypt/cert.h"
#include "crypt/keyfile.h"
#include "exhibit/blobs.h"

#include "base/ban.h"

void house_path(const char *dir, const char *name, char ret[PATH_MAX])
{
	assert(strlen(dir) < PATH_MAX - HOUSE_NAME_BYTES && strlen(name) < HOUSE_NAME_BYTES - 1);
	(void)snprintf(ret, PATH_MAX, "%s/%s", dir, name);
}

static enum err path_fits(const char *dir, struct fault *f)
{
	if (dir[0] && strlen(dir) < PATH_MAX - 2 * HOUSE_NAME_BYTES)
		return OK;
	return fault_set(f, ERR_USAGE, "文件夹名为空或太长",
			 "the name of the folder is empty or too long");
}

/* ---- making one ------------------------------------------------------------------------------ */

struct making {
	const char *dir; /* where it is laid out, not yet what it will be called */
	const struct config *config;
	enum crypt_suite suite;
	const struct crypt_random *chance;
	struct utc_s now;
};

static enum err write_text(const char *path, struct str text, struct fault *f)
{
	CLEANUP(file_end) struct file *fl = NULL;
	enum err e = file_open(path, FILE_NEW, &fl, f);

	if (e || (e = file_write(fl, text.p, text.n, f)) || (e = file_sync(fl, f)))
		return e;
	return file_close(&fl, f);
}

static enum err make_keys(const struct making *m, struct fault *f)
{
	static const char *const names[] = { "keys/secret.key", "keys/backup.key" };
	struct crypt_seed seed;
	struct crypt_key key;
	char path[PATH_MAX];
	enum err e;

	crypt_seed_new(m->suite, m->chance, &seed);
	house_path(m->dir, "keys/ledger.key", path);
	e = keyfile_make_seed(path, &seed, f);
	crypt_wipe(&seed, sizeof seed);
	for (size_t i = 0; !e && i < ARRAY_LEN(names); i++) {
		crypt_key_new(m->suite, m->chance, &key);
		house_path(m->dir, names[i], path);
		e = keyfile_make_key(path, &key, f);
		crypt_wipe(&key, sizeof key);
	}
	return e;
}

static enum err keep_pem(const struct making *m, const struct cert_pem *p, const char *key_name,
			 const char *cert_name, struct fault *f)
{
	char path[PATH_MAX];
	enum err e;

	house_path(m->dir, key_name, path);
	if ((e = keyfile_make_text(path, buf_view(&p->key), f)))
		return e;
	house_path(m->dir, cert_name, path);
	return write_text(path, buf_view(&p->cert), f);
}

/* By every name that the server is called by. */
static enum err issue(const struct making *m, struct str authority_cert, struct str authority_key,
		      struct cert_pem *ret, struct fault *f)
{
	struct str names[CONFIG_LIST_MAX + 3] = { STR("localhost"), STR("127.0.0.1"), STR("::1") };
	struct cert_ask ask = { .authority_cert = authority_cert,
				.authority_key = authority_key,
				.names = names,
				.n_names = 3,
				.from = m->now,
				.days = CERT_SERVER_DAYS };

	for (size_t i = 0; i < m->config->names.n; i++)
		names[ask.n_names++] = str_of(m->config->names.v[i]);
	return cert_issue(m->chance, &ask, ret, f);
}

/* The county's own authority, and a certificate of the server. */
static enum err make_certificates(const struct making *m, struct fault *f)
{
	CLEANUP(cert_pem_release) struct cert_pem authority = { 0 }, server = { 0 };
	enum err e = cert_authority(m->chance, STR("Outpost"), m->now, CERT_AUTHORITY_DAYS,
				    &authority, f);

	if (e || (e = issue(m, buf_view(&authority.cert), buf_view(&authority.key), &server, f)) ||
	    (e = keep_pem(m, &authority, "keys/authority.pem", "tls/authority.pem", f)))
		return e;
	return keep_pem(m, &server, "keys/server.pem", "tls/server.pem", f);
}

static enum err replace(const struct house *h, const char *fresh, const char *name, struct fault *f)
{
	char from[PATH_MAX], to[PATH_MAX];

	house_path(h->dir, fresh, from);
	house_path(h->dir, name, to);
	return file_rename(from, to, f);
}

/* Key and certificate are two files: a server that reads between them waits for the second. */
enum err house_renew(const struct house *h, const struct crypt_random *chance, struct utc_s now,
		     struct utc_s *ret, struct fault *f)
{
	CLEANUP(file_unmap) struct file_map cert = { 0 }, key = { 0 };
	CLEANUP(cert_pem_release) struct cert_pem server = { 0 };
	const struct making m = { h->dir, &h->config, 0, chance, now };
	static const char *const fresh[] = { "keys/server.new", "tls/server.new" };
	char path[PATH_MAX];
	enum err e;

	for (size_t i = 0; i < ARRAY_LEN(fresh); i++) { /* of one that did not end */
		house_path(h->dir, fresh[i], path);
		ignore(file_unlink(path, NULL));
	}
	house_path(h->dir, "tls/authority.pem", path);
	if ((e = file_map_read(path, &cert, f)))
		return e;
	house_path(h->dir, "keys/authority.pem", path);
	if ((e = file_map_read(path, &key, f)) ||
	    (e = issue(&m, (struct str){ (const char *)cert.p, cert.n },
		       (struct str){ (const char *)key.p, key.n }, &server, f)) ||
	    (e = cert_ends(buf_view(&server.cert), ret)) ||
	    (e = keep_pem(&m, &server, fresh[0], fresh[1], f)) ||
	    (e = replace(h, fresh[0], "keys/server.pem", f)))
		return e;
	return replace(h, fresh[1], "tls/server.pem", f);
}

static void url_of(const char *dir, const struct config *c, char *ret, size_t room)
{
	(void)snprintf(ret, room, "%s%s", c->url[0] ? "" : "sqlite:", c->url[0] ? c->url : dir);
}

static enum err make_database(const struct making *m, struct fault *f)
{
	CLEANUP(db_end) struct db *db = NULL;
	char url[PATH_MAX + CONFIG_TEXT_BYTES];
	enum err e;

	url_of(m->dir, m->config, url, sizeof url);
	e = db_open(&(struct db_options){ .url = url, .create = true }, &db, f);
	return e ? e : db_migrate(db, m->now, f);
}

static enum err make_settings(const struct making *m, struct fault *f)
{
	CLEANUP(buf_release) struct buf text = { 0 };
	char path[PATH_MAX];

	config_write(m->config, &text);
	if (text.failed)
		return text.failed;
	house_path(m->dir, "outpost.ini", path);
	return write_text(path, buf_view(&text), f);
}

static enum err found_one(const char *name, void *arg, struct fault *f)
{
	(void)name;
	(void)f;
	*(bool *)arg = true;
	return OK;
}

/* Only a place where nothing is yet, or an empty folder. */
static enum err place_free(const char *dir, struct fault *f)
{
	struct fault unasked = { 0 };
	bool any = false;
	enum err e = dir_each(dir, found_one, &any, &unasked);

	if (e == ERR_ABSENT || (!e && !any))
		return OK;
	return fault_set(f, ERR_EXISTS, "%s 里已有东西，请另选一个文件夹",
			 "there is something in %s; choose another folder", dir);
}

/* What lies in another comes after it. */
static const char *const folders[] = { "keys",         "keys/vault",
				       "tls",          "heads",
				       "scratch",      "vault",
				       HOUSE_EXHIBITS, HOUSE_EXHIBITS "/incoming" };

static enum err take_away_one(const char *name, void *arg, struct fault *f)
{
	char path[PATH_MAX];

	(void)f;
	house_path(arg, name, path);
	ignore(file_unlink(path, NULL));
	return OK;
}

static void take_exhibits_away(const char *aside)
{
	char name[HOUSE_NAME_BYTES], path[PATH_MAX];

	for (unsigned i = 0; i < BLOB_FOLDERS; i++) {
		(void)snprintf(name, sizeof name, HOUSE_EXHIBITS "/%02x", i);
		house_path(aside, name, path);
		ignore(dir_each(path, take_away_one, path, NULL));
		ignore(dir_remove(path, NULL));
	}
}

void house_take_away(const char *aside)
{
	char path[PATH_MAX];

	take_exhibits_away(aside);

	for (size_t i = ARRAY_LEN(folders); i > 0; i--) {
		house_path(aside, folders[i - 1], path);
		ignore(dir_each(path, take_away_one, path, NULL));
		ignore(dir_remove(path, NULL));
	}
	(void)snprintf(path, sizeof path, "%s", aside);
	ignore(dir_each(aside, take_away_one, path, NULL));
	ignore(dir_remove(aside, NULL));
}

enum err house_lay_out(const char *dir, char ret_aside[PATH_MAX], struct fault *f)
{
	char path[PATH_MAX];
	enum err e = path_fits(dir, f);

	if (e || (e = place_free(dir, f)))
		return e;
	(void)snprintf(ret_aside, PATH_MAX, "%s.new", dir);
	if (place_free(ret_aside, NULL))
		return fault_set(f, ERR_EXISTS, "%s 是上次中断时留下的，请删去后重试",
				 "%s was left by a run that did not end; remove it and try again",
				 ret_aside);
	e = dir_make(ret_aside, f);
	for (size_t i = 0; !e && i < ARRAY_LEN(folders); i++) {
		house_path(ret_aside, folders[i], path);
		e = dir_make(path, f);
	}
	return e;
}

enum err house_move_in(const char *aside, const char *dir, struct fault *f)
{
	return file_rename(aside, dir, f);
}

enum err house_make(const char *dir, const struct config *config, enum crypt_suite suite,
		    const struct crypt_random *chance, struct utc_s now, struct fault *f)
{
	char aside[PATH_MAX];
	struct making m = { aside, config, suite, chance, now };
	enum err e = house_lay_out(dir, aside, f);

	if (e)
		return e;
	if ((e = make_keys(&m, f)) || (e = make_certificates(&m, f)) ||
	    (e = make_settings(&m, f)) || (e = make_database(&m, f)) ||
	    (e = house_move_in(aside, dir, f)))
		house_take_away(aside);
	return e;
}

/* ---- opening one ----------------------------------------------------------------------------- */

static enum err read_settings(struct house *h, struct fault *f)
{
	CLEANUP(file_unmap) struct file_map text = { 0 };
	struct fault unasked = { 0 };
	char path[PATH_MAX];
	enum err e;

	house_path(h->dir, "outpost.ini", path);
	e = file_map_read(path, &text, &unasked);
	if (e == ERR_ABSENT)
		return fault_set(f, e, "%s 不是 Outpost 的文件夹；用 outpost init 建一个",
				 "%s is no folder of Outpost; make one by outpost init", h->dir);
	if (e)
		return fault_set(f, e, "读不了 %s", "cannot read %s", path);
	e = config_read((struct str){ (const char *)text.p, text.n }, path, &h->config, f);
	if (e)
		return e;
	if (area_parse(str_of(h->config.area), &h->area))
		return fault_set(f, ERR_RANGE, "%s：[house] area 不是区划代码",
				 "%s: [house] area is no code of an area", path);
	return zone_open(h->config.zone, &h->zone, f);
}

static enum err read_keys(struct house *h, struct fault *f)
{
	struct crypt_seed seed;
	char path[PATH_MAX];
	enum err e;

	house_path(h->dir, "keys/secret.key", path);
	if ((e = keyfile_read_key(path, &h->secret, f)))
		return e;
	house_path(h->dir, "keys/ledger.key", path);
	if ((e = keyfile_read_seed(path, &seed, f)))
		return e;
	e = crypt_signer_new(&seed, &h->signer);
	crypt_wipe(&seed, sizeof seed);
	return e;
}

enum err house_open(const char *dir, struct house **ret, struct fault *f)
{
	CLEANUP(house_end) struct house *h = NULL;
	enum err e = path_fits(dir, f);

	if (e)
		return e;
	h = mem_take(1, sizeof *h);
	if (!h)
		return ERR_MEMORY;
	(void)snprintf(h->dir, sizeof h->dir, "%s", dir);
	if ((e = read_settings(h, f)) || (e = read_keys(h, f)))
		return e;
	*ret = h;
	h = NULL;
	return OK;
}

enum err house_vault(struct house *h, struct clock wall, struct fault *f)
{
	const struct crypt_public *house = crypt_signer_public(h->signer);
	const struct vault_start_options o = { .dir = h->dir,
					       .house = house,
					       .suite = (enum crypt_suite)house->v[0],
					       .uid = h->config.vault_uid,
					       .wall = wall };

	return vault_start(&o, &h->vault, f);
}

enum err house_database(struct house *h, bool migrate, struct utc_s now, struct fault *f)
{
	char url[PATH_MAX + CONFIG_TEXT_BYTES];
	size_t pending = 0;
	enum err e;

	url_of(h->dir, &h->config, url, sizeof url);
	e = db_open(&(struct db_options){ .url = url, .readers = (unsigned)h->config.readers },
		    &h->db, f);
	if (e || (e = db_pending(h->db, &pending, f)) || !pending)
		return e;
	if (migrate)
		return db_migrate(h->db, now, f);
	return fault_set(f, ERR_VERSION, "数据库还是旧的；先运行 outpost serve 或 outpost check",
			 "the database is of an older program; run outpost serve or outpost check");
}

void house_heads(const struct house *h, char path[PATH_MAX], const char *copies[CONFIG_LIST_MAX],
		 struct heads_options *ret)
{
	const struct config *c = &h->config;

	house_path(h->dir, "heads/heads", path);
	for (size_t i = 0; i < c->copies.n; i++)
		copies[i] = c->copies.v[i];
	*ret = (struct heads_options){
		.db = h->db,
		.path = path,
		.copies = copies,
		.n_copies = c->copies.n,
		.signer = h->signer,
		.suite = (enum crypt_suite)crypt_signer_public(h->signer)->v[0],
		.every_s = c->head_s,
		.every_entries = c->head_entries,
	};
}

void house_end(struct house **h)
{
	if (!*h)
		return;
	db_end(&(*h)->db);
	vault_stop(&(*h)->vault);
	crypt_signer_end(&(*h)->signer);
	zone_end(&(*h)->zone);
	crypt_wipe(*h, sizeof **h);
	mem_drop(*h);
	*h = NULL;
}
