/*
 * shelf.c - reading a shelf: the manifest first, then only what it lists.
 */
#include "shelf/shelf.h"

#include <string.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/memory.h"
#include "shelf/manifest.h"

#include "base/ban.h"

enum { READ_AGAIN_MAX = 5, FOREIGN_BUDGET = 64 << 20 };

struct shelf {
	char dir[SHELF_PATH_BYTES];
	struct manifest m;
	struct names *tables[MANIFEST_PLACE_KINDS];
	VEC(struct file_map) maps;            /* the names files, then the days, as listed */
	VEC(struct trace_segment *) segments; /* until shelf_fill takes them */
	struct arena *arena;                  /* of the foreign names */
	VEC(const char *) foreign;
};

void shelf_close(struct shelf **ref)
{
	struct shelf *s = *ref;

	*ref = NULL;
	if (!s)
		return;
	for (size_t i = 0; i < ARRAY_LEN(s->tables); i++)
		names_free(s->tables[i]);
	for (size_t i = 0; i < s->segments.n; i++)
		trace_segment_release(s->segments.v[i]);
	vec_drop(&s->segments);
	vec_drop(&s->foreign);
	for (size_t i = 0; i < s->maps.n; i++)
		file_unmap(&s->maps.v[i]);
	vec_drop(&s->maps);
	manifest_drop(&s->m);
	arena_free(s->arena);
	mem_drop(s);
}

static enum err read_manifest(struct shelf *s, struct fault *f)
{
	CLEANUP(file_unmap) struct file_map map = { 0 };
	struct fault inner = { 0 };
	char path[SHELF_PATH_BYTES];
	enum err e;

	if ((e = shelf_path(s->dir, MANIFEST_NAME, path, f)))
		return e;
	e = file_map_read(path, &map, &inner);
	if (e == ERR_ABSENT)
		return fault_set(f, e, "%s：没有封存的数据（缺 MANIFEST）",
				 "%s: no sealed data here (there is no MANIFEST)", s->dir);
	if (e)
		return fault_set(f, e, "%s%.0s", "%.0s%s", inner.zh, inner.en);
	return manifest_read((struct str){ (const char *)map.p, map.n }, path, &s->m, f);
}

static enum err altered(struct fault *f, const char *path)
{
	return fault_set(f, ERR_CORRUPT, "%s：长度或校验和与清单不符",
			 "%s: length or checksum is not what the manifest says", path);
}

/* A fault of a lower room, with the file it speaks of. Each language prints its own half. */
static enum err named(struct fault *f, enum err e, const char *path, const struct fault *inner)
{
	return fault_set(f, e, "%s：%s%.0s", "%s: %.0s%s", path,
			 inner->code ? inner->zh : err_zh(e), inner->code ? inner->en : err_en(e));
}

/* Held from the beginning, so that shelf_check sees these files even if they are replaced. */
static enum err map_file(struct shelf *s, const struct manifest_file *x,
			 char ret_path[static SHELF_PATH_BYTES], struct fault *f)
{
	struct file_map map;
	enum err e;

	if ((e = shelf_path(s->dir, x->name, ret_path, f)))
		return e;
	if ((e = vec_reserve(&s->maps, s->maps.n + 1)))
		return e;
	if ((e = file_map(ret_path, &map, f)))
		return e;
	s->maps.v[s->maps.n++] = map;
	return map.n == x->bytes ? OK : altered(f, ret_path);
}

static enum err open_names(struct shelf *s, struct fault *f)
{
	char path[SHELF_PATH_BYTES];
	enum err e;

	for (size_t i = 0; i < MANIFEST_NAMES_N; i++) {
		if ((e = map_file(s, &s->m.names[i], path, f)))
			return e;
		if (i < ARRAY_LEN(s->tables) && (e = names_open(path, &s->tables[i], f)))
			return e;
	}
	if (s->maps.v[MANIFEST_PLACE_KINDS].n !=
		    (size_t)names_count(s->tables[MANIFEST_PLACES]) * sizeof(uint32_t) ||
	    names_count(s->tables[MANIFEST_KINDS]) == 0 ||
	    names_count(s->tables[MANIFEST_SEATS]) == 0)
		return altered(f, path);
	return OK;
}

static enum err open_days(struct shelf *s, struct fault *f)
{
	char path[SHELF_PATH_BYTES];
	enum err e;

	if ((e = vec_reserve(&s->segments, s->m.days.n)))
		return e;
	for (size_t i = 0; i < s->m.days.n; i++) {
		const struct manifest_file *x = &s->m.days.v[i];
		struct trace_segment_facts facts;
		struct trace_segment *seg = NULL;
		struct fault inner = { 0 };

		if ((e = map_file(s, x, path, f)))
			return e;
		if ((e = trace_segment_open(path, &seg, &inner)))
			return named(f, e, path, &inner);
		s->segments.v[s->segments.n++] = seg;
		facts = trace_segment_facts(seg);
		if (facts.day != x->day || facts.visits != x->visits || facts.last.v != x->last.v)
			return altered(f, path);
	}
	return OK;
}

static enum err note_foreign(const char *name, void *arg, struct fault *f)
{
	struct shelf *s = arg;
	const char *copy;

	(void)f;
	if (manifest_name_is_ours(name) || strcmp(name, MANIFEST_NAME) == 0)
		return OK;
	copy = arena_copy(s->arena, name, strlen(name));
	return copy ? vec_push(&s->foreign, copy) : ERR_MEMORY;
}

static enum err open_once(const char *dir, struct shelf **ret, uint64_t *ret_generation,
			  struct fault *f)
{
	CLEANUP(shelf_close) struct shelf *s = mem_take(1, sizeof(*s));
	enum err e;

	if (!s)
		return ERR_MEMORY;
	if ((e = shelf_path(dir, "", s->dir, f)))
		return e;
	s->dir[strlen(s->dir) - 1] = '\0';
	if ((e = arena_new(FOREIGN_BUDGET, &s->arena)))
		return e;
	if ((e = read_manifest(s, f)))
		return e;
	*ret_generation = s->m.generation;
	if ((e = open_names(s, f)))
		return e;
	if ((e = open_days(s, f)))
		return e;
	if ((e = dir_each(dir, note_foreign, s, f)))
		return e;
	*ret = s;
	s = NULL;
	return OK;
}

/* A listed file that is gone may mean that the shelf was sealed anew meanwhile: look again. */
enum err shelf_open(const char *dir, struct shelf **ret, struct fault *f)
{
	uint64_t before = 0;

	for (int i = 0;; i++) {
		struct fault here = { 0 };
		uint64_t generation = 0;
		enum err e = open_once(dir, ret, &generation, &here);

		if (e != ERR_ABSENT || generation == before || i == READ_AGAIN_MAX) {
			if (e && f && !f->code)
				*f = here;
			return e;
		}
		before = generation;
	}
}

const char *shelf_zone(const struct shelf *s)
{
	return s->m.zone;
}

struct shelf_sum shelf_sum(const struct shelf *s)
{
	struct shelf_sum sum = { .visits = s->m.visits,
				 .days = (uint32_t)s->m.days.n,
				 .files = s->m.days.n + MANIFEST_NAMES_N };

	for (size_t i = 0; i < MANIFEST_NAMES_N; i++)
		sum.bytes += s->m.names[i].bytes;
	for (size_t i = 0; i < s->m.days.n; i++)
		sum.bytes += s->m.days.v[i].bytes;
	return sum;
}

struct utc_s shelf_horizon(const struct shelf *s)
{
	return s->m.horizon;
}

struct shelf_names shelf_names(struct shelf *s)
{
	return (struct shelf_names){
		.persons = s->tables[MANIFEST_PERSONS],
		.places = s->tables[MANIFEST_PLACES],
		.kinds = s->tables[MANIFEST_KINDS],
		.seats = s->tables[MANIFEST_SEATS],
		.place_kind = (const uint32_t *)(const void *)s->maps.v[MANIFEST_PLACE_KINDS].p,
		.n_places = s->maps.v[MANIFEST_PLACE_KINDS].n / sizeof(uint32_t),
	};
}

enum err shelf_fill(struct shelf *s, struct trace_set *set, struct fault *f)
{
	size_t n = s->segments.n;

	s->segments.n = 0;
	return trace_set_add_segments(set, s->segments.v, n, f);
}

size_t shelf_foreign(const struct shelf *s, const char *const **ret)
{
	*ret = s->foreign.v;
	return s->foreign.n;
}

enum err shelf_check(const struct shelf *s, struct fault *f)
{
	char path[SHELF_PATH_BYTES];
	enum err e;

	for (size_t i = 0; i < s->maps.n; i++) {
		const struct manifest_file *x =
			i < MANIFEST_NAMES_N ? &s->m.names[i] : &s->m.days.v[i - MANIFEST_NAMES_N];

		if (digest_of(s->maps.v[i].p, s->maps.v[i].n) == x->digest)
			continue;
		if ((e = shelf_path(s->dir, x->name, path, f)))
			return e;
		return altered(f, path);
	}
	return OK;
}
