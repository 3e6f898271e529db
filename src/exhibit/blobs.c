/* blobs.c - see blobs.h. */
#include "exhibit/blobs.h"

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "crypt/encode.h"

#include "base/ban.h"

enum { DIR_BYTES_MAX = PATH_MAX - 128, NONCE_BYTES = 16 };

/* Who keeps a name from others: uploads that hold it, or the sweep that is about to take it. */
struct holder {
	struct blob_name name;
	unsigned uploads;
	bool going;
};

struct blobs {
	char dir[PATH_MAX];
	struct crypt_key seal_key, name_key;
	const struct crypt_random *chance;
	bool look;
	pthread_mutex_t lock;
	pthread_cond_t went;
	VEC(struct holder) holder;
	bool folder_made[BLOB_FOLDERS];
};

/* ---- names ----------------------------------------------------------------------------------- */

static enum err derive(const struct crypt_key *secret, const char *word, struct crypt_key *ret)
{
	struct crypt_mac mac;
	enum err e = crypt_mac(secret, word, strlen(word), &mac);

	if (e)
		return e;
	memcpy(ret->v, mac.v, sizeof ret->v);
	crypt_wipe(&mac, sizeof mac);
	return OK;
}

static void hex_of(const uint8_t *p, size_t n, char *ret)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		ret[2 * i] = digits[p[i] >> 4];
		ret[2 * i + 1] = digits[p[i] & 15];
	}
	ret[2 * n] = '\0';
}

enum err blobs_name(const struct blobs *b, const struct crypt_hash *hash, struct blob_name *ret)
{
	struct crypt_mac mac;
	enum err e = crypt_mac(&b->name_key, hash->v, sizeof hash->v, &mac);

	if (!e)
		hex_of(mac.v + 1, CRYPT_RAW_BYTES, ret->v);
	return e;
}

static bool is_name(struct str s)
{
	if (s.n != BLOB_NAME_BYTES - 1)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!strchr("0123456789abcdef", s.p[i]) || !s.p[i])
			return false;
	return true;
}

static void path_of(const struct blobs *b, const struct blob_name *name, char ret[PATH_MAX])
{
	(void)snprintf(ret, PATH_MAX, "%.*s/%.2s/%s", DIR_BYTES_MAX, b->dir, name->v, name->v);
}

static unsigned folder_of(const struct blob_name *name)
{
	uint8_t first = 0;

	ignore(encode_read_hex((struct str){ name->v, 2 }, &first, 1));
	return first;
}

static void folder_path(const char *dir, unsigned folder, char ret[PATH_MAX])
{
	(void)snprintf(ret, PATH_MAX, "%.*s/%02x", DIR_BYTES_MAX, dir, folder);
}

/* ---- opening --------------------------------------------------------------------------------- */

static enum err take_away(const char *name, void *arg, struct fault *f)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof path, "%.*s/incoming/%.100s", DIR_BYTES_MAX, (const char *)arg,
		       name);
	return file_unlink(path, f);
}

/* What a process that died was writing. */
static enum err begin(struct blobs *b, struct fault *f)
{
	char path[PATH_MAX];
	enum err e;

	(void)snprintf(path, sizeof path, "%.*s/incoming", DIR_BYTES_MAX, b->dir);
	if ((e = dir_make(b->dir, f)) || (e = dir_make(path, f)))
		return e;
	return dir_each(path, take_away, b->dir, f);
}

enum err blobs_open(const struct blobs_options *o, struct blobs **ret, struct fault *f)
{
	CLEANUP(blobs_close) struct blobs *b = NULL;
	struct blobs *made;
	enum err e;

	if (strlen(o->dir) >= DIR_BYTES_MAX)
		return fault_set(f, ERR_USAGE, "文件夹名太长", "the folder's name is too long");
	if (!(made = mem_take(1, sizeof *made)))
		return ERR_MEMORY;
	if (pthread_mutex_init(&made->lock, NULL)) {
		mem_drop(made);
		return ERR_MEMORY;
	}
	if (pthread_cond_init(&made->went, NULL)) {
		pthread_mutex_destroy(&made->lock);
		mem_drop(made);
		return ERR_MEMORY;
	}
	b = made;
	(void)snprintf(b->dir, sizeof b->dir, "%s", o->dir);
	b->chance = o->chance;
	b->look = o->look;
	if ((e = derive(o->secret, "exhibit blobs", &b->seal_key)) ||
	    (e = derive(o->secret, "exhibit names", &b->name_key)) ||
	    (!o->look && (e = begin(b, f))))
		return e;
	*ret = b;
	b = NULL;
	return OK;
}

void blobs_close(struct blobs **blobs)
{
	struct blobs *b = *blobs;

	if (!b)
		return;
	pthread_mutex_destroy(&b->lock);
	pthread_cond_destroy(&b->went);
	vec_drop(&b->holder);
	crypt_wipe(b, sizeof *b);
	mem_drop(b);
	*blobs = NULL;
}

/* ---- who holds what -------------------------------------------------------------------------- */

static struct holder *find(struct blobs *b, const struct blob_name *name)
{
	for (size_t i = 0; i < b->holder.n; i++)
		if (strcmp(b->holder.v[i].name.v, name->v) == 0)
			return &b->holder.v[i];
	return NULL;
}

/* An upload comes: it waits while a sweep takes the very file. */
static enum err hold(struct blobs *b, const struct blob_name *name)
{
	struct holder *h;
	enum err e = OK;

	pthread_mutex_lock(&b->lock);
	while ((h = find(b, name)) && h->going)
		pthread_cond_wait(&b->went, &b->lock);
	if (h)
		h->uploads++;
	else
		e = vec_push(&b->holder, ((struct holder){ *name, 1, false }));
	pthread_mutex_unlock(&b->lock);
	return e;
}

/* A sweep comes: false if somebody holds it. */
static enum err claim(struct blobs *b, const struct blob_name *name, bool *ret)
{
	enum err e = OK;

	pthread_mutex_lock(&b->lock);
	*ret = !find(b, name);
	if (*ret)
		e = vec_push(&b->holder, ((struct holder){ *name, 0, true }));
	pthread_mutex_unlock(&b->lock);
	return e;
}

static void leave(struct blobs *b, const struct blob_name *name)
{
	struct holder *h;

	pthread_mutex_lock(&b->lock);
	h = find(b, name);
	assert(h && (h->going || h->uploads));
	if (h->going || --h->uploads == 0) {
		*h = b->holder.v[--b->holder.n];
		pthread_cond_broadcast(&b->went);
	}
	pthread_mutex_unlock(&b->lock);
}

void blobs_release(struct blobs *b, const struct crypt_hash *hash)
{
	struct blob_name name;
	enum err e = blobs_name(b, hash, &name);

	assert(!e); /* it worked when the file was put */
	leave(b, &name);
}

/* ---- put and get ----------------------------------------------------------------------------- */

static enum err read_one(const struct blobs *b, const struct blob_name *name,
			 const struct crypt_hash *hash, struct buf *out, struct fault *f)
{
	CLEANUP(file_unmap) struct file_map m = { 0 };
	struct crypt_hash is;
	char path[PATH_MAX];
	size_t from = out->n;
	enum err e;

	path_of(b, name, path);
	if ((e = file_map_read(path, &m, f)))
		return e;
	e = crypt_open(&b->seal_key, str_of(name->v), (struct str){ (const char *)m.p, m.n }, out);
	if (!e)
		e = crypt_hash((enum crypt_suite)hash->v[0], out->p + from, out->n - from, &is);
	if (!e && !crypt_equal(&is, hash, sizeof is)) {
		out->n = from;
		e = ERR_CORRUPT;
	}
	if (e == ERR_CORRUPT)
		return fault_set(f, e, "保存的文件已损坏，或不属于这个系统",
				 "the stored file is damaged, or belongs to another house");
	return e;
}

enum err blobs_get(const struct blobs *b, const struct crypt_hash *hash, struct buf *out,
		   struct fault *f)
{
	struct blob_name name;
	enum err e = blobs_name(b, hash, &name);

	return e ? e : read_one(b, &name, hash, out, f);
}

static enum err make_folder(struct blobs *b, unsigned folder, struct fault *f)
{
	char path[PATH_MAX];
	bool made;
	enum err e;

	pthread_mutex_lock(&b->lock);
	made = b->folder_made[folder];
	pthread_mutex_unlock(&b->lock);
	if (made)
		return OK;
	folder_path(b->dir, folder, path);
	if ((e = dir_make(path, f)) || (e = dir_sync(b->dir, f)))
		return e;
	pthread_mutex_lock(&b->lock);
	b->folder_made[folder] = true;
	pthread_mutex_unlock(&b->lock);
	return OK;
}

static enum err write_new(const char *path, struct str bytes, struct fault *f)
{
	CLEANUP(file_end) struct file *fl = NULL;
	enum err e = file_open(path, FILE_SECRET, &fl, f);

	if (e || (e = file_write(fl, bytes.p, bytes.n, f)) || (e = file_sync(fl, f)))
		return e;
	return file_close(&fl, f);
}

static enum err write_one(struct blobs *b, const struct blob_name *name, struct str plain,
			  struct fault *f)
{
	CLEANUP(buf_release) struct buf sealed = { 0 };
	char from[PATH_MAX], to[PATH_MAX], hex[2 * NONCE_BYTES + 1];
	uint8_t nonce[NONCE_BYTES];
	enum err e = crypt_seal(&b->seal_key, b->chance, str_of(name->v), plain, &sealed);

	if (e || (e = make_folder(b, folder_of(name), f)))
		return e;
	crypt_random_fill(b->chance, nonce, sizeof nonce);
	hex_of(nonce, sizeof nonce, hex);
	(void)snprintf(from, sizeof from, "%.*s/incoming/%s", DIR_BYTES_MAX, b->dir, hex);
	path_of(b, name, to);
	if ((e = write_new(from, buf_view(&sealed), f)) || (e = file_rename(from, to, f))) {
		ignore(file_unlink(from, NULL));
		return e;
	}
	folder_path(b->dir, folder_of(name), from);
	return dir_sync(from, f);
}

enum err blobs_put(struct blobs *b, struct str plain, struct crypt_hash *ret, struct fault *f)
{
	CLEANUP(buf_release) struct buf there = { 0 };
	struct fault unasked = { 0 };
	struct blob_name name;
	struct crypt_hash hash;
	enum err e;

	assert(!b->look);
	if (plain.n > BLOB_BYTES_MAX)
		return fault_set(f, ERR_TOO_LARGE, "文件太大，最多 %d MB",
				 "the file is too large, at most %d MB", BLOB_BYTES_MAX >> 20);
	if ((e = crypt_hash(CRYPT_WORLD, plain.p, plain.n, &hash)) ||
	    (e = blobs_name(b, &hash, &name)) || (e = hold(b, &name)))
		return e;
	/* One that is there and damaged is mended; two who bring the same at once both write it. */
	e = read_one(b, &name, &hash, &there, &unasked);
	if (e == ERR_ABSENT || e == ERR_CORRUPT)
		e = write_one(b, &name, plain, f);
	else if (e && f && !f->code)
		*f = unasked;
	if (e) {
		leave(b, &name);
		return e;
	}
	*ret = hash;
	return OK;
}

/* ---- sweeping -------------------------------------------------------------------------------- */

struct sweep {
	struct blobs *b;
	blobs_wanted *wanted;
	void *arg;
	uint64_t n;
};

static enum err sweep_one(struct sweep *s, const struct blob_name *name, struct fault *f)
{
	char path[PATH_MAX];
	bool mine, wanted = true;
	enum err e = claim(s->b, name, &mine);

	if (e || !mine)
		return e;
	/* Whoever put it before has committed or given up; whoever comes now waits. */
	e = s->wanted(s->arg, str_of(name->v), &wanted, f);
	if (!e && !wanted) {
		path_of(s->b, name, path);
		e = file_unlink(path, f);
		s->n += !e;
		if (e == ERR_ABSENT)
			e = OK;
	}
	leave(s->b, name);
	return e;
}

static enum err sweep_file(const char *file, void *arg, struct fault *f)
{
	struct blob_name name;

	if (!is_name(str_of(file)))
		return OK;
	memcpy(name.v, file, sizeof name.v);
	return sweep_one(arg, &name, f);
}

enum err blobs_sweep(struct blobs *b, unsigned folder, blobs_wanted *wanted, void *arg,
		     uint64_t *ret, struct fault *f)
{
	struct sweep s = { b, wanted, arg, 0 };
	struct fault unasked = { 0 };
	char path[PATH_MAX];
	enum err e;

	assert(folder < BLOB_FOLDERS && !b->look);
	folder_path(b->dir, folder, path);
	e = dir_each(path, sweep_file, &s, &unasked);
	if (e == ERR_ABSENT && !s.n)
		e = OK; /* nothing has come into it yet */
	else if (e && f && !f->code)
		*f = unasked;
	if (!e)
		*ret = s.n;
	return e;
}

enum err blobs_drop(struct blobs *b, const struct crypt_hash *hash, blobs_wanted *wanted, void *arg,
		    struct fault *f)
{
	struct sweep s = { b, wanted, arg, 0 };
	struct blob_name name;
	enum err e = blobs_name(b, hash, &name);

	return e ? e : sweep_one(&s, &name, f);
}

/* ---- all of them ----------------------------------------------------------------------------- */

struct walk {
	unsigned folder;
	blobs_seen *each;
	void *arg;
};

static enum err walk_one(const char *file, void *arg, struct fault *f)
{
	const struct walk *w = arg;
	char place[4 + BLOB_NAME_BYTES];

	if (!is_name(str_of(file)))
		return OK;
	(void)snprintf(place, sizeof place, "%02x/%.64s", w->folder, file);
	return w->each(place, str_of(file), w->arg, f);
}

enum err blobs_each(const char *dir, blobs_seen *each, void *arg, struct fault *f)
{
	struct walk w = { 0, each, arg };
	char path[PATH_MAX];
	enum err e = OK;

	for (; w.folder < BLOB_FOLDERS && !e; w.folder++) {
		struct fault why = { 0 };

		folder_path(dir, w.folder, path);
		e = dir_each(path, walk_one, &w, &why);
		if (e == ERR_ABSENT)
			e = OK;
		else if (e && f && !f->code)
			*f = why;
	}
	return e;
}

enum err blobs_folder_of(const char *dir, const char *file, struct fault *f)
{
	struct str s = str_of(file);
	char path[PATH_MAX];
	struct str name = { s.p + min_size(3, s.n), s.n - min_size(3, s.n) };

	if (!is_name(name) || s.p[2] != '/' || memcmp(s.p, name.p, 2) != 0)
		return ERR_SYNTAX;
	(void)snprintf(path, sizeof path, "%.*s/%.2s", DIR_BYTES_MAX, dir, file);
	return dir_make(path, f);
}
