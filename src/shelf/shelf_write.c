/*
 * shelf_write.c - a new state beside the old one, made to hold by one rename.
 *
 * Order is everything here: each file is written and synced, then the folder, then MANIFEST.new
 * is written and synced, then renamed over MANIFEST and the folder synced again. Only then are
 * the files of older generations removed. Whatever step is the last one done, the MANIFEST that
 * is found lists only files that were whole before it came.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/memory.h"
#include "shelf/manifest.h"
#include "shelf/shelf.h"

#include "base/ban.h"

struct shelf_writer {
	char dir[SHELF_PATH_BYTES];
	struct file_lock *lock;
	struct manifest m;
	bool named, sealed;
};

/* ---- beginning ----------------------------------------------------------------------------- */

struct look {
	uint64_t generation_max;
	bool manifest, foreign;
	char foreign_name[MANIFEST_NAME_BYTES];
};

static enum err look_at(const char *name, void *arg, struct fault *f)
{
	struct look *l = arg;
	uint64_t g = manifest_name_generation(name);

	(void)f;
	if (g > l->generation_max)
		l->generation_max = g;
	if (strcmp(name, MANIFEST_NAME) == 0) {
		l->manifest = true;
	} else if (!manifest_name_is_ours(name) && !l->foreign) {
		l->foreign = true;
		snprintf(l->foreign_name, sizeof(l->foreign_name), "%s", name);
	}
	return OK;
}

/* A MANIFEST that is not ours must not be written over. A damaged one of ours may. */
static enum err manifest_is_ours(const char *dir, struct fault *f)
{
	static const struct str begin = { "outpost shelf ", 14 };
	CLEANUP(file_unmap) struct file_map map = { 0 };
	char path[SHELF_PATH_BYTES];
	enum err e;

	if ((e = shelf_path(dir, MANIFEST_NAME, path, f)))
		return e;
	if ((e = file_map_read(path, &map, f)))
		return e;
	if (map.n >= begin.n && memcmp(map.p, begin.p, begin.n) == 0)
		return OK;
	return fault_set(f, ERR_EXISTS, "%s：文件夹里的 MANIFEST 不是本程序写的，不会覆盖",
			 "%s: the MANIFEST in this folder is not ours and is not written over",
			 dir);
}

static enum err look_into(const char *dir, struct look *ret, struct fault *f)
{
	enum err e;

	*ret = (struct look){ 0 };
	if ((e = dir_each(dir, look_at, ret, f)))
		return e;
	if (!ret->manifest && ret->foreign)
		return fault_set(f, ERR_EXISTS, "%s：文件夹不是空的，也不是封存的数据（例如 %s）",
				 "%s: the folder is not empty and holds no sealed data (%s, say)",
				 dir, ret->foreign_name);
	return ret->manifest ? manifest_is_ours(dir, f) : OK;
}

enum err shelf_begin(const char *dir, const struct zone *zone, struct shelf_writer **ret,
		     struct fault *f)
{
	CLEANUP(shelf_drop) struct shelf_writer *w = mem_take(1, sizeof(*w));
	char path[SHELF_PATH_BYTES];
	struct look l;
	enum err e;

	if (!w)
		return ERR_MEMORY;
	w->sealed = true; /* nothing of ours to remove yet */
	if ((e = shelf_path(dir, "", w->dir, f)))
		return e;
	w->dir[strlen(w->dir) - 1] = '\0';
	if ((e = dir_make(dir, f)))
		return e;
	if ((e = look_into(dir, &l, f))) /* before the lock, which is a file too */
		return e;
	if ((e = shelf_path(dir, MANIFEST_LOCK_NAME, path, f)))
		return e;
	if ((e = file_lock(path, &w->lock, f)))
		return e;
	if ((e = look_into(dir, &l, f))) /* again: the one before us may have sealed meanwhile */
		return e;
	if (strlen(zone_name(zone)) >= MANIFEST_ZONE_BYTES)
		return fault_set(f, ERR_RANGE, "时区名称太长", "the name of the zone is too long");
	snprintf(w->m.zone, sizeof(w->m.zone), "%s", zone_name(zone));
	w->m.generation = l.generation_max + 1;
	w->m.horizon.v = TRACE_NEVER;
	w->sealed = false;
	*ret = w;
	w = NULL;
	return OK;
}

/* ---- files --------------------------------------------------------------------------------- */

static enum err put_bytes(const char *path, const void *p, size_t n, struct fault *f)
{
	CLEANUP(file_end) struct file *fl = NULL;
	enum err e;

	if ((e = file_open(path, FILE_NEW, &fl, f)))
		return e;
	if ((e = file_write(fl, p, n, f)))
		return e;
	if ((e = file_sync(fl, f)))
		return e;
	return file_close(&fl, f);
}

/* What the image says of itself must agree with what came with it. */
static enum err look_into_day(const char *path, struct manifest_file *x, struct fault *f)
{
	struct trace_segment *s = NULL;
	struct trace_segment_facts facts;
	enum err e;

	if ((e = trace_segment_open(path, &s, f)))
		return e;
	facts = trace_segment_facts(s);
	trace_segment_release(s);
	if (facts.day != x->day || facts.visits != x->visits)
		return fault_set(f, ERR_BUG, "%s：写入的一天与读回的不符",
				 "%s: the day written is not the day read back", path);
	x->last = facts.last;
	return OK;
}

static enum err put_day(struct shelf_writer *w, const struct trace_image *image, struct fault *f)
{
	struct manifest_file x = { .bytes = image->n, .day = image->day, .visits = image->visits };
	char path[SHELF_PATH_BYTES];
	enum err e;

	manifest_file_name(MANIFEST_DAY, x.day, w->m.generation, x.name);
	x.digest = digest_of(image->bytes, image->n);
	if ((e = shelf_path(w->dir, x.name, path, f)))
		return e;
	/* Listed first, so that shelf_drop knows of it even when half written. */
	if ((e = vec_push(&w->m.days, x)))
		return e;
	if ((e = put_bytes(path, image->bytes, image->n, f)))
		return e;
	if ((e = look_into_day(path, &x, f)))
		return e;
	w->m.days.v[w->m.days.n - 1] = x;
	w->m.visits += x.visits;
	if (x.last.v > w->m.horizon.v)
		w->m.horizon = x.last;
	return OK;
}

enum err shelf_put_day(struct shelf_writer *w, struct trace_image image, struct fault *f)
{
	enum err e = put_day(w, &image, f);

	mem_drop(image.bytes);
	return e;
}

static enum err put_table(struct shelf_writer *w, enum manifest_part part, const struct names *t,
			  struct fault *f)
{
	CLEANUP(file_unmap) struct file_map map = { 0 };
	CLEANUP(file_end) struct file *fl = NULL;
	struct manifest_file *x = &w->m.names[part];
	char path[SHELF_PATH_BYTES];
	enum err e;

	manifest_file_name(part, 0, w->m.generation, x->name);
	if ((e = shelf_path(w->dir, x->name, path, f)))
		return e;
	if ((e = file_open(path, FILE_NEW, &fl, f)))
		return e;
	if ((e = names_save(t, fl, f)))
		return e;
	if ((e = file_sync(fl, f)))
		return e;
	if ((e = file_close(&fl, f)))
		return e;
	if ((e = file_map(path, &map, f)))
		return e;
	x->bytes = map.n;
	x->digest = digest_of(map.p, map.n);
	return OK;
}

enum err shelf_put_names(struct shelf_writer *w, const struct shelf_names *n, struct fault *f)
{
	struct manifest_file *x = &w->m.names[MANIFEST_PLACE_KINDS];
	char path[SHELF_PATH_BYTES];
	enum err e;

	assert(n->n_places == names_count(n->places));
	if ((e = put_table(w, MANIFEST_PERSONS, n->persons, f)))
		return e;
	if ((e = put_table(w, MANIFEST_PLACES, n->places, f)))
		return e;
	if ((e = put_table(w, MANIFEST_KINDS, n->kinds, f)))
		return e;
	if ((e = put_table(w, MANIFEST_SEATS, n->seats, f)))
		return e;
	manifest_file_name(MANIFEST_PLACE_KINDS, 0, w->m.generation, x->name);
	x->bytes = n->n_places * sizeof(*n->place_kind);
	x->digest = digest_of(n->place_kind, x->bytes);
	if ((e = shelf_path(w->dir, x->name, path, f)))
		return e;
	w->named = true;
	return put_bytes(path, n->place_kind, x->bytes, f);
}

/* ---- sealing ------------------------------------------------------------------------------- */

struct sweep {
	const struct shelf_writer *w;
	uint64_t present; /* files of this generation */
	bool remove;      /* the others */
};

static enum err sweep_one(const char *name, void *arg, struct fault *f)
{
	struct sweep *s = arg;
	char path[SHELF_PATH_BYTES];
	enum err e;

	if (manifest_name_generation(name) == s->w->m.generation) {
		s->present++;
		return OK;
	}
	if (!s->remove || !manifest_name_is_ours(name) || strcmp(name, MANIFEST_LOCK_NAME) == 0)
		return OK;
	if ((e = shelf_path(s->w->dir, name, path, f)))
		return e;
	return file_unlink(path, f);
}

/* Days come as they are packed, side by side; the manifest has them in order. */
static int by_day(const void *a, const void *b)
{
	int32_t x = ((const struct manifest_file *)a)->day,
		y = ((const struct manifest_file *)b)->day;

	return (x > y) - (x < y);
}

static enum err put_manifest(const struct shelf_writer *w, struct fault *f)
{
	CLEANUP(buf_release) struct buf text = { 0 };
	CLEANUP(file_end) struct file *fl = NULL;
	char path[SHELF_PATH_BYTES], path_new[SHELF_PATH_BYTES];
	enum err e;

	manifest_write(&w->m, &text);
	if (text.failed)
		return text.failed;
	if ((e = shelf_path(w->dir, MANIFEST_NAME, path, f)))
		return e;
	if ((e = shelf_path(w->dir, MANIFEST_NEW_NAME, path_new, f)))
		return e;
	if ((e = file_open(path_new, FILE_REPLACE, &fl, f)))
		return e;
	if ((e = file_write(fl, text.p, text.n, f)))
		return e;
	if ((e = file_sync(fl, f)))
		return e;
	if ((e = file_close(&fl, f)))
		return e;
	return file_rename(path_new, path, f);
}

enum err shelf_seal(struct shelf_writer *w, struct shelf_sum *ret, struct fault *f)
{
	struct sweep s = { .w = w };
	struct shelf_sum sum = { .visits = w->m.visits,
				 .days = (uint32_t)w->m.days.n,
				 .files = w->m.days.n + MANIFEST_NAMES_N };
	enum err e;

	assert(w->named && !w->sealed);
	if (w->m.days.n)
		qsort(w->m.days.v, w->m.days.n, sizeof(w->m.days.v[0]), by_day);
	if ((e = dir_each(w->dir, sweep_one, &s, f)))
		return e;
	if (s.present != sum.files)
		return fault_set(f, ERR_EXISTS, "%s：另一个 seal 正在写同一个文件夹",
				 "%s: another seal is at work in this folder", w->dir);
	if ((e = dir_sync(w->dir, f)))
		return e;
	if ((e = put_manifest(w, f)))
		return e;
	w->sealed = true; /* the rename is done: from here on the files are the state */
	if ((e = dir_sync(w->dir, f)))
		return e;
	s.remove = true;
	ignore(dir_each(w->dir, sweep_one, &s, NULL)); /* what stays goes at the next sealing */
	for (size_t i = 0; i < MANIFEST_NAMES_N; i++)
		sum.bytes += w->m.names[i].bytes;
	for (size_t i = 0; i < w->m.days.n; i++)
		sum.bytes += w->m.days.v[i].bytes;
	*ret = sum;
	return OK;
}

static void remove_file(const struct shelf_writer *w, const char *name)
{
	char path[SHELF_PATH_BYTES];

	if (name[0] && shelf_path(w->dir, name, path, NULL) == OK)
		ignore(file_unlink(path, NULL));
}

void shelf_drop(struct shelf_writer **ref)
{
	struct shelf_writer *w = *ref;

	*ref = NULL;
	if (!w)
		return;
	if (!w->sealed) {
		for (size_t i = 0; i < MANIFEST_NAMES_N; i++)
			remove_file(w, w->m.names[i].name);
		for (size_t i = 0; i < w->m.days.n; i++)
			remove_file(w, w->m.days.v[i].name);
		remove_file(w, MANIFEST_NEW_NAME);
	}
	file_unlock(&w->lock);
	manifest_drop(&w->m);
	mem_drop(w);
}
