/* weak_disk.c - see weak_disk.h. Long because a file system is all that SQLite asks of one. */
#include "weak_disk.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NODES = 8, NAME_BYTES = 256, SECTOR = 512, REGIONS = 64, SHM_LOCKS = 8 };

/* One sector's part of a write that was not synced yet. */
struct pending {
	size_t at, n;
	unsigned char bytes[SECTOR];
};

struct node {
	char name[NAME_BYTES];
	bool there;
	unsigned char *now, *safe; /* what programs see, and what the disk surely has */
	size_t n_now, n_safe, cap;
	struct pending *pending;
	size_t n_pending, cap_pending;
	/* locks of the file */
	int shared;
	const void *reserved, *exclusive;
	/* shared memory */
	void *region[REGIONS];
	int shm_shared[SHM_LOCKS];
	const void *shm_exclusive[SHM_LOCKS];
};

struct handle {
	sqlite3_file base;
	struct node *node;
	int level;
	unsigned shm_mine; /* shared locks of this connection, as bits */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct node disk[NODES], kept[NODES];
static struct dice dice;
static uint64_t calls, syncs, cut_at, fail_at, fail_calls;
static bool is_cut, fail_on, has_failed, is_full, is_for_all;

static void *must(void *p)
{
	if (!p)
		abort();
	return p;
}

/* ---- contents ----------------------------------------------------------------------------- */

static void fit(struct node *d, size_t n)
{
	size_t cap = d->cap ? d->cap : 65536;

	if (n <= d->cap)
		return;
	while (cap < n)
		cap *= 2;
	d->now = must(realloc(d->now, cap));
	d->safe = must(realloc(d->safe, cap));
	memset(d->now + d->cap, 0, cap - d->cap);
	memset(d->safe + d->cap, 0, cap - d->cap);
	d->cap = cap;
}

static void note(struct node *d, size_t at, const unsigned char *p, size_t n)
{
	while (n > 0) {
		size_t part = min_size(n, SECTOR - at % SECTOR);
		struct pending *w;

		if (d->n_pending == d->cap_pending) {
			d->cap_pending = d->cap_pending ? d->cap_pending * 2 : 64;
			d->pending = must(realloc(d->pending, d->cap_pending * sizeof(*w)));
		}
		w = &d->pending[d->n_pending++];
		w->at = at;
		w->n = part;
		memcpy(w->bytes, p, part);
		at += part;
		p += part;
		n -= part;
	}
}

static void synced(struct node *d)
{
	memcpy(d->safe, d->now, d->n_now);
	d->n_safe = d->n_now;
	d->n_pending = 0;
}

/* What the disk has after all: each write arrived, or did not, or a beginning of it did. */
static void survive(struct node *d)
{
	for (size_t i = 0; i < d->n_pending; i++) {
		const struct pending *w = &d->pending[i];
		uint32_t fate = dice_below(&dice, 8);
		size_t good = fate < 4 ? w->n : fate < 7 ? 0 : dice_below(&dice, (uint32_t)w->n);

		if (good == 0)
			continue;
		memcpy(d->safe + w->at, w->bytes, good);
		for (size_t k = good; k < w->n; k++)
			d->safe[w->at + k] = (unsigned char)dice_next(&dice);
		d->n_safe = max_size(d->n_safe, w->at + w->n);
	}
	memcpy(d->now, d->safe, d->cap);
	d->n_now = d->n_safe;
	d->n_pending = 0;
}

static void let_go(struct node *d)
{
	for (int i = 0; i < REGIONS; i++) {
		free(d->region[i]);
		d->region[i] = NULL;
	}
	memset(d->shm_shared, 0, sizeof(d->shm_shared));
	memset(d->shm_exclusive, 0, sizeof(d->shm_exclusive));
	d->shared = 0;
	d->reserved = d->exclusive = NULL;
}

static void copy(struct node *to, const struct node *from)
{
	let_go(to);
	memcpy(to->name, from->name, NAME_BYTES);
	to->there = from->there;
	fit(to, from->n_now);
	if (to->cap) {
		memset(to->now, 0, to->cap);
		memset(to->safe, 0, to->cap);
	}
	if (from->n_now)
		memcpy(to->now, from->now, from->n_now);
	to->n_now = from->n_now;
	to->n_safe = to->n_pending = 0;
	if (to->cap)
		synced(to);
}

/* ---- going wrong -------------------------------------------------------------------------- */

/* Under the lock, before each operation. True if it must fail. */
static bool goes_wrong(bool changes)
{
	if (is_cut)
		return true;
	if (changes && cut_at > 0 && ++calls == cut_at) {
		is_cut = true;
		return true;
	}
	if (changes && cut_at == 0)
		calls++;
	if (fail_at == 0)
		return false;
	fail_calls++;
	if (fail_calls == fail_at || (fail_on && fail_calls > fail_at)) {
		has_failed = true;
		return true;
	}
	return false;
}

/* ---- files -------------------------------------------------------------------------------- */

static struct node *node_of(sqlite3_file *f)
{
	return ((struct handle *)f)->node;
}

static int do_close(sqlite3_file *f)
{
	(void)f;
	return SQLITE_OK;
}

static int do_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
	struct node *d = node_of(f);
	size_t from = (size_t)at, want = (size_t)n;
	int rc = SQLITE_OK;

	pthread_mutex_lock(&lock);
	if (goes_wrong(false)) {
		rc = SQLITE_IOERR_READ;
	} else {
		size_t have = from < d->n_now ? min_size(want, d->n_now - from) : 0;

		if (have)
			memcpy(p, d->now + from, have);
		if (have < want) {
			memset((char *)p + have, 0, want - have);
			rc = SQLITE_IOERR_SHORT_READ;
		}
	}
	pthread_mutex_unlock(&lock);
	return rc;
}

static int do_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
	struct node *d = node_of(f);
	size_t from = (size_t)at, want = (size_t)n;
	int rc = SQLITE_OK;
	bool was_cut;

	pthread_mutex_lock(&lock);
	was_cut = is_cut;
	if (goes_wrong(true))
		rc = SQLITE_IOERR_WRITE;
	else if (is_full && from + want > d->n_now)
		rc = SQLITE_FULL;
	/* A write under which the power went off may have arrived, or a part of it. */
	if (rc == SQLITE_OK || is_cut != was_cut) {
		fit(d, from + want);
		memcpy(d->now + from, p, want);
		d->n_now = max_size(d->n_now, from + want);
		note(d, from, p, want);
	}
	pthread_mutex_unlock(&lock);
	return rc;
}

static int do_truncate(sqlite3_file *f, sqlite3_int64 n)
{
	struct node *d = node_of(f);
	int rc = SQLITE_OK;

	pthread_mutex_lock(&lock);
	if (goes_wrong(true)) {
		rc = SQLITE_IOERR_TRUNCATE;
	} else if ((size_t)n < d->n_now) {
		memset(d->now + n, 0, d->n_now - (size_t)n);
		d->n_now = (size_t)n;
		synced(d); /* it is rare, and remembered at once */
	}
	pthread_mutex_unlock(&lock);
	return rc;
}

static int do_sync(sqlite3_file *f, int flags)
{
	int rc = SQLITE_OK;

	(void)flags;
	pthread_mutex_lock(&lock);
	syncs++;
	if (goes_wrong(true))
		rc = SQLITE_IOERR_FSYNC;
	else if (node_of(f)->cap)
		synced(node_of(f));
	pthread_mutex_unlock(&lock);
	return rc;
}

static int do_size(sqlite3_file *f, sqlite3_int64 *ret)
{
	int rc = SQLITE_OK;

	pthread_mutex_lock(&lock);
	if (goes_wrong(false))
		rc = SQLITE_IOERR_FSTAT;
	*ret = (sqlite3_int64)node_of(f)->n_now;
	pthread_mutex_unlock(&lock);
	return rc;
}

static int do_lock(sqlite3_file *f, int level)
{
	struct handle *h = (struct handle *)f;
	struct node *d = h->node;
	int rc = SQLITE_OK;

	pthread_mutex_lock(&lock);
	if (level <= h->level)
		;
	else if (d->exclusive && d->exclusive != h)
		rc = SQLITE_BUSY;
	else if (level == SQLITE_LOCK_SHARED)
		d->shared++;
	else if (d->reserved && d->reserved != h)
		rc = SQLITE_BUSY;
	else if (level == SQLITE_LOCK_EXCLUSIVE && d->shared > 1)
		rc = SQLITE_BUSY;
	else
		d->reserved = h;
	if (rc == SQLITE_OK && level > h->level) {
		h->level = level;
		if (level == SQLITE_LOCK_EXCLUSIVE)
			d->exclusive = h;
	}
	pthread_mutex_unlock(&lock);
	return rc;
}

static int do_unlock(sqlite3_file *f, int level)
{
	struct handle *h = (struct handle *)f;
	struct node *d = h->node;

	pthread_mutex_lock(&lock);
	if (level < h->level) {
		if (d->exclusive == h)
			d->exclusive = NULL;
		if (d->reserved == h)
			d->reserved = NULL;
		if (level == SQLITE_LOCK_NONE)
			d->shared--;
		h->level = level;
	}
	pthread_mutex_unlock(&lock);
	return SQLITE_OK;
}

static int do_check(sqlite3_file *f, int *ret)
{
	pthread_mutex_lock(&lock);
	*ret = node_of(f)->reserved != NULL;
	pthread_mutex_unlock(&lock);
	return SQLITE_OK;
}

static int do_control(sqlite3_file *f, int op, void *arg)
{
	(void)f;
	(void)op;
	(void)arg;
	return SQLITE_NOTFOUND;
}

static int do_sector(sqlite3_file *f)
{
	(void)f;
	return SECTOR;
}

static int do_traits(sqlite3_file *f)
{
	(void)f;
	return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

/* ---- shared memory ------------------------------------------------------------------------ */

static int do_shm_map(sqlite3_file *f, int i, int bytes, int extend, void volatile **ret)
{
	struct node *d = node_of(f);

	if (i >= REGIONS)
		return SQLITE_IOERR_SHMMAP;
	pthread_mutex_lock(&lock);
	if (!d->region[i] && extend)
		d->region[i] = must(calloc(1, (size_t)bytes));
	*ret = d->region[i];
	pthread_mutex_unlock(&lock);
	return SQLITE_OK;
}

static int do_shm_lock(sqlite3_file *f, int first, int n, int flags)
{
	struct handle *h = (struct handle *)f;
	struct node *d = h->node;
	int rc = SQLITE_OK;

	pthread_mutex_lock(&lock);
	for (int i = first; i < first + n && (flags & SQLITE_SHM_LOCK); i++) {
		int others = d->shm_shared[i] - (int)(h->shm_mine >> i & 1);

		if ((d->shm_exclusive[i] && d->shm_exclusive[i] != h) ||
		    ((flags & SQLITE_SHM_EXCLUSIVE) && others > 0))
			rc = SQLITE_BUSY;
	}
	for (int i = first; i < first + n && rc == SQLITE_OK; i++) {
		if (flags & SQLITE_SHM_EXCLUSIVE) {
			d->shm_exclusive[i] = flags & SQLITE_SHM_LOCK ? h : NULL;
		} else if (flags & SQLITE_SHM_LOCK) {
			d->shm_shared[i] += !(h->shm_mine >> i & 1);
			h->shm_mine |= 1U << i;
		} else {
			d->shm_shared[i] -= (int)(h->shm_mine >> i & 1);
			h->shm_mine &= ~(1U << i);
		}
	}
	pthread_mutex_unlock(&lock);
	return rc;
}

static void do_shm_barrier(sqlite3_file *f)
{
	(void)f;
	pthread_mutex_lock(&lock);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	pthread_mutex_unlock(&lock);
}

static int do_shm_unmap(sqlite3_file *f, int gone)
{
	(void)f;
	(void)gone; /* freed with the node: other connections may still look */
	return SQLITE_OK;
}

static const sqlite3_io_methods methods = {
	.iVersion = 2,
	.xClose = do_close,
	.xRead = do_read,
	.xWrite = do_write,
	.xTruncate = do_truncate,
	.xSync = do_sync,
	.xFileSize = do_size,
	.xLock = do_lock,
	.xUnlock = do_unlock,
	.xCheckReservedLock = do_check,
	.xFileControl = do_control,
	.xSectorSize = do_sector,
	.xDeviceCharacteristics = do_traits,
	.xShmMap = do_shm_map,
	.xShmLock = do_shm_lock,
	.xShmBarrier = do_shm_barrier,
	.xShmUnmap = do_shm_unmap,
};

/* ---- the file system ---------------------------------------------------------------------- */

static const char *called(const char *name)
{
	const char *last = is_for_all ? strrchr(name, '/') : NULL;

	return last ? last + 1 : name;
}

static struct node *find(const char *path)
{
	const char *name = called(path);

	for (int i = 0; i < NODES; i++)
		if (disk[i].there && strcmp(disk[i].name, name) == 0)
			return &disk[i];
	return NULL;
}

/* Whoever asks the real file system for the file shall find one. */
static void show(const char *name)
{
	FILE *f = is_for_all ? fopen(name, "a") : NULL;

	if (f)
		(void)fclose(f);
}

static struct node *make(const char *name)
{
	show(name);
	for (int i = 0; i < NODES; i++)
		if (!disk[i].there) {
			const struct node empty = { .there = true };

			copy(&disk[i], &empty);
			strncpy(disk[i].name, called(name), NAME_BYTES - 1);
			return &disk[i];
		}
	return NULL;
}

static int do_open(sqlite3_vfs *v, sqlite3_filename name, sqlite3_file *f, int flags, int *ret)
{
	struct handle *h = (struct handle *)f;
	int rc = SQLITE_OK;

	(void)v;
	memset(h, 0, sizeof(*h));
	pthread_mutex_lock(&lock);
	if (!name || goes_wrong(false)) {
		rc = SQLITE_CANTOPEN;
	} else {
		h->node = find(name);
		if (!h->node && (flags & SQLITE_OPEN_CREATE))
			h->node = make(name);
		rc = h->node ? SQLITE_OK : SQLITE_CANTOPEN;
	}
	pthread_mutex_unlock(&lock);
	if (rc == SQLITE_OK)
		h->base.pMethods = &methods;
	if (ret)
		*ret = flags;
	return rc;
}

static int do_delete(sqlite3_vfs *v, const char *name, int sync)
{
	int rc = SQLITE_OK;

	(void)v;
	(void)sync;
	pthread_mutex_lock(&lock);
	if (goes_wrong(true)) {
		rc = SQLITE_IOERR_DELETE;
	} else {
		struct node *d = find(name);

		rc = d ? SQLITE_OK : SQLITE_IOERR_DELETE_NOENT;
		if (d)
			d->there = false;
	}
	pthread_mutex_unlock(&lock);
	return rc;
}

static int do_access(sqlite3_vfs *v, const char *name, int flags, int *ret)
{
	int rc = SQLITE_OK;

	(void)v;
	(void)flags;
	pthread_mutex_lock(&lock);
	if (goes_wrong(false))
		rc = SQLITE_IOERR_ACCESS;
	*ret = find(name) != NULL;
	pthread_mutex_unlock(&lock);
	return rc;
}

static int do_path(sqlite3_vfs *v, const char *name, int n, char *ret)
{
	(void)v;
	sqlite3_snprintf(n, ret, "%s", name);
	return SQLITE_OK;
}

static int do_random(sqlite3_vfs *v, int n, char *ret)
{
	(void)v;
	pthread_mutex_lock(&lock);
	for (int i = 0; i < n; i++)
		ret[i] = (char)dice_next(&dice);
	pthread_mutex_unlock(&lock);
	return n;
}

static int do_sleep(sqlite3_vfs *v, int us)
{
	(void)v;
	return us; /* nobody waits for another process here */
}

static int do_time(sqlite3_vfs *v, double *ret)
{
	(void)v;
	*ret = 2461000.5;
	return SQLITE_OK;
}

static int do_error(sqlite3_vfs *v, int n, char *p)
{
	(void)v;
	(void)n;
	(void)p;
	return 0;
}

static sqlite3_vfs vfs = {
	.iVersion = 1,
	.szOsFile = sizeof(struct handle),
	.mxPathname = NAME_BYTES - 1,
	.zName = WEAK_DISK,
	.xOpen = do_open,
	.xDelete = do_delete,
	.xAccess = do_access,
	.xFullPathname = do_path,
	.xRandomness = do_random,
	.xSleep = do_sleep,
	.xCurrentTime = do_time,
	.xGetLastError = do_error,
};

void weak_disk_register(void)
{
	if (sqlite3_vfs_register(&vfs, 0) != SQLITE_OK)
		abort();
}

void weak_disk_for_all(void)
{
	is_for_all = true;
	if (sqlite3_vfs_register(&vfs, 1) != SQLITE_OK)
		abort();
}

void weak_disk_for_nobody_else(void)
{
	if (sqlite3_vfs_register(sqlite3_vfs_find("unix"), 1) != SQLITE_OK)
		abort();
}

/* ---- the test's side ---------------------------------------------------------------------- */

static void settle(void)
{
	calls = syncs = cut_at = fail_at = fail_calls = 0;
	is_cut = fail_on = has_failed = is_full = false;
}

void weak_disk_format(uint64_t seed)
{
	const struct node empty = { 0 };

	dice.state = seed;
	settle();
	for (int i = 0; i < NODES; i++)
		copy(&disk[i], &empty);
}

void weak_disk_keep(void)
{
	for (int i = 0; i < NODES; i++)
		copy(&kept[i], &disk[i]);
}

void weak_disk_restore(uint64_t seed)
{
	dice.state = seed;
	settle();
	for (int i = 0; i < NODES; i++)
		copy(&disk[i], &kept[i]);
}

uint64_t weak_disk_calls(void)
{
	return calls;
}

void weak_disk_cut_at(uint64_t k)
{
	pthread_mutex_lock(&lock);
	calls = 0;
	cut_at = k;
	pthread_mutex_unlock(&lock);
}

bool weak_disk_is_cut(void)
{
	bool cut;

	pthread_mutex_lock(&lock);
	cut = is_cut;
	pthread_mutex_unlock(&lock);
	return cut;
}

void weak_disk_power_on(void)
{
	settle();
	for (int i = 0; i < NODES; i++) {
		let_go(&disk[i]);
		if (disk[i].there && disk[i].cap)
			survive(&disk[i]);
	}
}

void weak_disk_fail_at(uint64_t k, bool from_then_on)
{
	pthread_mutex_lock(&lock);
	fail_at = k;
	fail_calls = 0;
	fail_on = from_then_on;
	has_failed = false;
	pthread_mutex_unlock(&lock);
}

bool weak_disk_failed(void)
{
	return has_failed;
}

uint64_t weak_disk_syncs(void)
{
	return syncs;
}

void weak_disk_full(bool full)
{
	pthread_mutex_lock(&lock);
	is_full = full;
	pthread_mutex_unlock(&lock);
}
