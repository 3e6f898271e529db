#include "vault/ring.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "base/digest.h"
#include "base/file.h"
#include "vault/wire.h"

#include "base/ban.h"

static const char HEAD[] = "OUTPOST VAULT 1\n";
enum { HEAD_BYTES = sizeof HEAD - 1, ENTRY_BYTES = 1 + 8 + CRYPT_HASH_BYTES + 8 };

/* ---- in memory ---- */

static int compare(const struct ring_key *k, enum ring_kind kind, int64_t id)
{
	if (k->kind != kind)
		return k->kind < kind ? -1 : 1;
	return k->id == id ? 0 : k->id < id ? -1 : 1;
}

/* The first that is not below. */
static size_t place_of(const struct ring *r, enum ring_kind kind, int64_t id)
{
	size_t low = 0, high = r->keys.n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (compare(&r->keys.v[mid], kind, id) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

const struct crypt_key *ring_find(const struct ring *r, enum ring_kind kind, int64_t id)
{
	size_t at = place_of(r, kind, id);

	if (at == r->keys.n || compare(&r->keys.v[at], kind, id))
		return NULL;
	return &r->keys.v[at].key;
}

bool ring_first(const struct ring *r, enum ring_kind kind, int64_t *ret_id)
{
	size_t at = place_of(r, kind, INT64_MIN);

	if (at == r->keys.n || r->keys.v[at].kind != kind)
		return false;
	*ret_id = r->keys.v[at].id;
	return true;
}

/* Grows by hand: an old block that held keys is wiped, and the new one stays out of the swap. */
static enum err make_room(struct ring *r)
{
	size_t cap = r->keys.cap ? r->keys.cap * 2 : 64;
	struct ring_key *v;

	if (r->keys.n < r->keys.cap)
		return OK;
	if (!(v = mem_take(cap, sizeof *v)))
		return ERR_MEMORY;
	(void)mlock(v, cap * sizeof *v); /* as far as we may */
	if (r->keys.v) {
		memcpy(v, r->keys.v, r->keys.n * sizeof *v);
		crypt_wipe(r->keys.v, r->keys.n * sizeof *v);
		(void)munlock(r->keys.v, r->keys.cap * sizeof *v);
		mem_drop(r->keys.v);
	}
	r->keys.v = v;
	r->keys.cap = cap;
	return OK;
}

static enum err insert(struct ring *r, const struct ring_key *k)
{
	size_t at = place_of(r, k->kind, k->id);
	enum err e = make_room(r);

	if (e)
		return e;
	memmove(&r->keys.v[at + 1], &r->keys.v[at], (r->keys.n - at) * sizeof *r->keys.v);
	r->keys.v[at] = *k;
	r->keys.n++;
	return OK;
}

void ring_end(struct ring *r)
{
	if (r->keys.v)
		crypt_wipe(r->keys.v, r->keys.cap * sizeof *r->keys.v);
	vec_drop(&r->keys);
}

/* ---- in the file ---- */

static void put_entry(struct buf *b, const struct ring_key *k)
{
	size_t from = b->n;

	wire_put_u8(b, (uint8_t)k->kind);
	wire_put_i64(b, k->id);
	buf_put(b, k->key.v, sizeof k->key.v);
	if (!b->failed)
		wire_put_i64(b, (int64_t)digest_of(b->p + from, b->n - from));
}

static enum err read_entry(const uint8_t *p, struct ring_key *ret)
{
	struct wire_in in = { p, ENTRY_BYTES, false };
	uint64_t digest = digest_of(p, ENTRY_BYTES - 8);

	ret->kind = (enum ring_kind)wire_u8(&in);
	ret->id = wire_i64(&in);
	memcpy(ret->key.v, in.p, sizeof ret->key.v);
	in.p += sizeof ret->key.v;
	in.n -= sizeof ret->key.v;
	if ((uint64_t)wire_i64(&in) != digest || !ret->kind || ret->kind >= RING_KIND_N ||
	    !crypt_suite_known(ret->key.v[0]))
		return ERR_CORRUPT;
	return OK;
}

static void wipe_buf(struct buf *b)
{
	if (b->p)
		crypt_wipe(b->p, b->cap);
	buf_release(b);
}

static enum err sync_folder(const char *path, struct fault *f)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');

	(void)snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) : 1,
		       slash ? path : ".");
	return dir_sync(folder, f);
}

/* The whole ring to a new file that then has the old one's name. */
static enum err write_anew(const struct ring *r, struct fault *f)
{
	CLEANUP(wipe_buf) struct buf b = { 0 };
	CLEANUP(file_end) struct file *fl = NULL;
	char aside[PATH_MAX];
	enum err e;

	buf_put(&b, HEAD, HEAD_BYTES);
	for (size_t i = 0; i < r->keys.n; i++)
		put_entry(&b, &r->keys.v[i]);
	if (b.failed)
		return b.failed;
	(void)snprintf(aside, sizeof aside, "%s.new", r->path);
	ignore(file_unlink(aside, NULL)); /* of one that did not end */
	/* written by offset: the file layer then keeps no copy of it */
	if ((e = file_open(aside, FILE_SECRET, &fl, f)) ||
	    (e = file_write_at(fl, 0, b.p, b.n, f)) || (e = file_sync(fl, f)) ||
	    (e = file_close(&fl, f)) || (e = file_rename(aside, r->path, f)))
		return e;
	return sync_folder(r->path, f);
}

static enum err append(const struct ring *r, const struct ring_key *k, struct fault *f)
{
	CLEANUP(wipe_buf) struct buf b = { 0 };
	CLEANUP(file_end) struct file *fl = NULL;
	enum err e = file_open(r->path, FILE_APPEND, &fl, f);

	if (e)
		return e;
	put_entry(&b, k);
	if (b.failed)
		return b.failed;
	if ((e = file_write(fl, b.p, b.n, f)) || (e = file_sync(fl, f)))
		return e;
	return file_close(&fl, f);
}

enum err ring_add(struct ring *r, enum ring_kind kind, int64_t id, struct fault *f)
{
	struct ring_key k = { .kind = kind, .id = id };
	enum err e = OK;

	if (ring_find(r, kind, id))
		return OK;
	crypt_key_new(r->suite, r->chance, &k.key);
	/* Entries lie in step: behind a torn one the file is written anew. */
	if (r->torn && !(e = write_anew(r, f)))
		r->torn = false;
	if (!e && !(e = make_room(r))) {
		r->torn = true;
		if (!(e = append(r, &k, f))) {
			r->torn = false;
			e = insert(r, &k);
		}
	}
	crypt_wipe(&k, sizeof k);
	return e;
}

enum err ring_drop(struct ring *r, bool (*gone)(const struct ring_key *k, void *arg), void *arg,
		   struct fault *f)
{
	CLEANUP(ring_end) struct ring left = { r->path, r->suite, r->chance, false, { 0 } };
	enum err e = OK;

	for (size_t i = 0; !e && i < r->keys.n; i++)
		if (!gone(&r->keys.v[i], arg))
			e = insert(&left, &r->keys.v[i]);
	if (e || left.keys.n == r->keys.n)
		return e;
	if ((e = write_anew(&left, f)))
		return e;
	{
		struct ring old = *r;

		*r = left;
		left = old;
	}
	return OK;
}

static enum err damaged(const char *path, struct fault *f)
{
	return fault_set(f, ERR_CORRUPT, "保险库的密钥文件 %s 已损坏；请用另存的副本替换",
			 "the key file of the vault, %s, is damaged; put a copy kept elsewhere in "
			 "its place",
			 path);
}

static void wipe_map(struct file_map *m)
{
	if (m->p && !m->mapped)
		crypt_wipe((void *)(uintptr_t)m->p, m->n);
	file_unmap(m);
}

static enum err read_file(struct ring *r, struct fault *f)
{
	CLEANUP(wipe_map) struct file_map m = { 0 };
	enum err e = file_map_read(r->path, &m, f);
	size_t at = HEAD_BYTES;

	if (e)
		return e;
	if (m.n < HEAD_BYTES || memcmp(m.p, HEAD, HEAD_BYTES) != 0)
		return damaged(r->path, f);
	for (; !e && at + ENTRY_BYTES <= m.n; at += ENTRY_BYTES) {
		struct ring_key k;

		e = read_entry(m.p + at, &k) ? damaged(r->path, f) : insert(r, &k);
		crypt_wipe(&k, sizeof k);
	}
	if (!e && at < m.n)
		e = write_anew(r, f);
	return e;
}

static enum err make_file(struct ring *r, struct fault *f)
{
	static const enum ring_kind fixed[] = { RING_LOOK_UP, RING_SUBJECT };
	enum err e = OK;

	for (size_t i = 0; !e && i < ARRAY_LEN(fixed); i++) {
		struct ring_key k = { .kind = fixed[i] };

		crypt_key_new(r->suite, r->chance, &k.key);
		e = insert(r, &k);
		crypt_wipe(&k, sizeof k);
	}
	return e ? e : write_anew(r, f);
}

enum err ring_open(const char *path, enum crypt_suite suite, const struct crypt_random *chance,
		   struct ring *ret, struct fault *f)
{
	CLEANUP(ring_end) struct ring r = { path, suite, chance, false, { 0 } };
	struct fault unasked = { 0 };
	enum err e = read_file(&r, &unasked);

	if (e == ERR_ABSENT)
		e = make_file(&r, f);
	else if (e)
		return unasked.code ? fault_set(f, e, "%s%.0s", "%.0s%s", unasked.zh, unasked.en)
				    : e;
	if (e)
		return e;
	if (!ring_find(&r, RING_LOOK_UP, 0) || !ring_find(&r, RING_SUBJECT, 0))
		return damaged(path, f);
	r.suite = (enum crypt_suite)ring_find(&r, RING_LOOK_UP, 0)->v[0];
	*ret = r;
	r = (struct ring){ 0 };
	return OK;
}
