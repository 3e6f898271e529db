#include "trail/dayfile.h"

#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "base/file.h"

#include "base/ban.h"

#define MAGIC "outpids\x1a"
enum { VERSION = 1 };

struct head {
	char magic[8];
	uint64_t version, segment, content;
	uint64_t n_digests, n_keys, n_persons, n_places, word_bytes;
};

void dayfile_name(int32_t day, const struct sealed *s, char ret[DAYFILE_NAME_BYTES])
{
	uint64_t h = digest_seeded(s->key, s->n_keys * sizeof *s->key, s->content);

	(void)snprintf(ret, DAYFILE_NAME_BYTES, "%d-%016llx", day, (unsigned long long)h);
}

bool dayfile_name_is_ours(const char *name)
{
	int32_t day;
	unsigned long long h;
	int end = 0;

	if (sscanf(name, "%d-%16llx%n", &day, &h, &end) != 2 || !end)
		return false;
	return strcmp(name + end, ".seg") == 0 || strcmp(name + end, ".ids") == 0 ||
	       strcmp(name + end, ".seg.new") == 0 || strcmp(name + end, ".ids.new") == 0;
}

static void path_of(const char *dir, const char *name, const char *end,
		    char ret[DAYFILE_PATH_BYTES])
{
	(void)snprintf(ret, DAYFILE_PATH_BYTES, "%s/%s%s", dir, name, end);
}

void dayfile_remove(const char *dir, const char *name)
{
	static const char *const ends[] = { ".seg", ".ids", ".seg.new", ".ids.new" };
	char path[DAYFILE_PATH_BYTES];

	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		path_of(dir, name, ends[i], path);
		ignore(file_unlink(path, NULL));
	}
}

/* ---- writing --------------------------------------------------------------------------------- */

static enum err write_whole(const char *dir, const char *name, const char *end, const void *p,
			    size_t n, struct fault *f)
{
	CLEANUP(file_end) struct file *fl = NULL;
	char beside[DAYFILE_PATH_BYTES], path[DAYFILE_PATH_BYTES], beside_end[16];
	enum err e;

	(void)snprintf(beside_end, sizeof beside_end, "%s.new", end);
	path_of(dir, name, beside_end, beside);
	path_of(dir, name, end, path);
	if ((e = file_open(beside, FILE_REPLACE, &fl, f)) || (e = file_write(fl, p, n, f)) ||
	    (e = file_sync(fl, f)) || (e = file_close(&fl, f)))
		return e;
	return file_rename(beside, path, f);
}

static void put_ids(const struct dayfile *d, uint64_t segment, struct buf *out)
{
	const struct sealed *s = d->sealed;
	const struct head h = { .magic = MAGIC,
				.version = VERSION,
				.segment = segment,
				.content = s->content,
				.n_digests = s->n_digests,
				.n_keys = s->n_keys,
				.n_persons = d->n_persons,
				.n_places = d->n_places,
				.word_bytes = d->word_bytes };
	uint64_t check;

	buf_put(out, &h, sizeof h);
	buf_put(out, s->digest, s->n_digests * sizeof *s->digest);
	buf_put(out, s->key, s->n_keys * sizeof *s->key);
	buf_put(out, d->person, d->n_persons * sizeof *d->person);
	buf_put(out, d->place, d->n_places * sizeof *d->place);
	buf_put(out, d->word, d->word_bytes);
	if (out->failed)
		return;
	check = digest_of(out->p, out->n);
	buf_put(out, &check, sizeof check);
}

enum err dayfile_write(const char *dir, const char *name, struct dayfile *d,
		       const struct trace_image *image, struct fault *f)
{
	CLEANUP(buf_release) struct buf ids = { 0 };
	char path[DAYFILE_PATH_BYTES];
	enum err e = write_whole(dir, name, ".seg", image->bytes, image->n, f);

	path_of(dir, name, ".seg", path);
	if (e || (e = trace_segment_open(path, &d->seg, f)))
		return e;
	put_ids(d, trace_segment_facts(d->seg).digest, &ids);
	if (ids.failed)
		return ids.failed;
	if ((e = write_whole(dir, name, ".ids", ids.p, ids.n, f)))
		return e;
	return dir_sync(dir, f);
}

/* ---- reading --------------------------------------------------------------------------------- */

/* n things of some bytes each at the front of *rest. */
static bool take(struct str *rest, uint64_t n, size_t each, const void **ret)
{
	if (n > rest->n / each)
		return false;
	*ret = rest->p;
	rest->p += n * each;
	rest->n -= n * each;
	return true;
}

bool dayfile_next_word(const struct dayfile *d, size_t *at, uint32_t *ret_number, struct str *ret)
{
	struct dayfile_word w;

	if (d->word_bytes - *at < sizeof w)
		return false;
	memcpy(&w, d->word + *at, sizeof w);
	if (w.n > d->word_bytes - *at - sizeof w)
		return false;
	*ret_number = w.number;
	*ret = (struct str){ (const char *)d->word + *at + sizeof w, w.n };
	*at += sizeof w + ((size_t)w.n + 7) / 8 * 8;
	*at = min_size(*at, d->word_bytes);
	return true;
}

static bool rising(const struct sealed *s)
{
	for (size_t i = 1; i < s->n_digests; i++)
		if (s->digest[i - 1] >= s->digest[i])
			return false;
	for (size_t i = 1; i < s->n_keys; i++)
		if (pack_key_cmp(&s->key[i - 1], &s->key[i]) >= 0)
			return false;
	return true;
}

enum err dayfile_parse(struct str bytes, struct dayfile *ret, uint64_t *ret_segment)
{
	struct dayfile d = { .sealed = ret->sealed, .seg = NULL };
	struct sealed *s = d.sealed;
	const void *digest, *key, *person, *place, *word;
	struct str rest = bytes;
	struct head h;
	uint64_t check;

	if (bytes.n < sizeof h + sizeof check)
		return ERR_CORRUPT;
	memcpy(&h, bytes.p, sizeof h);
	if (memcmp(h.magic, MAGIC, sizeof h.magic) != 0)
		return ERR_CORRUPT;
	memcpy(&check, bytes.p + bytes.n - sizeof check, sizeof check);
	if (check != digest_of(bytes.p, bytes.n - sizeof check))
		return ERR_CORRUPT;
	if (h.version != VERSION)
		return ERR_VERSION;
	rest.p += sizeof h;
	rest.n -= sizeof h + sizeof check;
	if (!take(&rest, h.n_digests, 8, &digest) || !take(&rest, h.n_keys, sizeof *s->key, &key) ||
	    !take(&rest, h.n_persons, sizeof *d.person, &person) ||
	    !take(&rest, h.n_places, sizeof *d.place, &place) ||
	    !take(&rest, h.word_bytes, 1, &word) || rest.n)
		return ERR_CORRUPT;
	s->digest = digest;
	s->n_digests = h.n_digests;
	s->key = key;
	s->n_keys = h.n_keys;
	s->content = h.content;
	if (!rising(s) || digest_of(s->digest, s->n_digests * 8) != s->content)
		return ERR_CORRUPT;
	d.person = person;
	d.n_persons = h.n_persons;
	d.place = s->place = place;
	s->n_places = h.n_places;
	d.n_places = h.n_places;
	d.word = word;
	d.word_bytes = h.word_bytes;
	*ret = d;
	*ret_segment = h.segment;
	return OK;
}

static enum err read_both(const char *dir, const char *name, struct dayfile *d, struct fault *f)
{
	char path[DAYFILE_PATH_BYTES];
	struct trace_segment_facts facts;
	uint64_t segment = 0;
	enum err e;

	path_of(dir, name, ".ids", path);
	if ((e = file_map(path, &d->sealed->map, f)))
		return e;
	e = dayfile_parse((struct str){ (const char *)d->sealed->map.p, d->sealed->map.n }, d,
			  &segment);
	if (e)
		return fault_set(f, e, "%s 已损坏", "%s is damaged", path);
	path_of(dir, name, ".seg", path);
	if ((e = trace_segment_open(path, &d->seg, f)))
		return e;
	facts = trace_segment_facts(d->seg);
	if (facts.digest != segment || facts.visits != d->sealed->n_digests)
		return fault_set(f, ERR_CORRUPT, "%s 与其编号文件不符",
				 "%s does not belong to its file of numbers", path);
	return OK;
}

void dayfile_drop(struct dayfile *d)
{
	sealed_free(d->sealed);
	trace_segment_release(d->seg);
	memset(d, 0, sizeof *d);
}

enum err dayfile_read(const char *dir, const char *name, struct dayfile *ret, struct fault *f)
{
	CLEANUP(dayfile_drop) struct dayfile d = { .sealed = mem_take(1, sizeof *d.sealed) };
	enum err e = d.sealed ? read_both(dir, name, &d, f) : ERR_MEMORY;

	if (e)
		return e;
	*ret = d;
	memset(&d, 0, sizeof d);
	return OK;
}
