#include "serve/archive.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <zstd.h>

#include "base/file.h"
#include "base/memory.h"

#include "base/ban.h"

#define MAGIC "outpost backup 1\n"

enum {
	MAGIC_BYTES = sizeof(MAGIC) - 1,
	DRAWN_BYTES = 16,
	LEVEL = 1, /* of zstd: five took longer and saved nothing on rows and logs */
	SEALED_BYTES_MAX = ARCHIVE_CHUNK_BYTES + 4096 + CRYPT_SEALED_MORE_MAX
};

/* What a chunk is sealed together with: this file, this place in it, whether it is the last. */
struct place {
	char magic[MAGIC_BYTES];
	uint8_t drawn[DRAWN_BYTES];
	char hint[ARCHIVE_HINT_BYTES]; /* zeros behind it */
	uint8_t number[8], last;
};
_Static_assert(sizeof(struct place) == MAGIC_BYTES + DRAWN_BYTES + ARCHIVE_HINT_BYTES + 9,
	       "no holes in a place");

static struct str place_at(struct place *p, uint64_t number, bool last)
{
	for (size_t i = 0; i < sizeof p->number; i++)
		p->number[i] = (uint8_t)(number >> 8 * i);
	p->last = last;
	return (struct str){ (const char *)p, sizeof *p };
}

static bool name_good(const char *name)
{
	size_t n = strlen(name);

	if (n == 0 || n >= ARCHIVE_NAME_BYTES || name[0] == '/' || name[n - 1] == '/' ||
	    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-/") != n)
		return false;
	for (const char *part = name; part; part = strchr(part, '/') ? strchr(part, '/') + 1 : NULL)
		if (part[0] == '.' || part[0] == '/')
			return false; /* neither .. nor anything hidden */
	return true;
}

static enum err damaged(struct fault *f)
{
	return fault_set(f, ERR_CORRUPT, "备份文件已损坏、不完整，或密钥不对",
			 "the backup is damaged, cut short, or was made with another key");
}

/* ---- out ------------------------------------------------------------------------------------ */

struct archive_out {
	char path[PATH_MAX], part[PATH_MAX + 8];
	struct file *file;
	struct crypt_key key;
	struct crypt_random chance;
	struct place place;
	uint64_t n_chunks;
	bool in_entry;
	size_t n;                           /* of `plain` */
	uint8_t plain[ARCHIVE_CHUNK_BYTES]; /* the chunk being filled */
	uint8_t packed[SEALED_BYTES_MAX];
	struct buf sealed;
};

enum err archive_create(const char *path, const char *hint, const struct crypt_key *key,
			const struct crypt_random *chance, struct archive_out **ret,
			struct fault *f)
{
	CLEANUP(archive_out_end) struct archive_out *a = mem_take(1, sizeof *a);
	struct file *there = NULL;
	struct fault unasked = { 0 };
	enum err e;

	if (!a)
		return ERR_MEMORY;
	assert(strlen(hint) < ARCHIVE_HINT_BYTES);
	if (strlen(path) >= sizeof a->path)
		return fault_set(f, ERR_RANGE, "文件名太长", "the name of the file is too long");
	e = file_open(path, FILE_READ, &there, &unasked);
	file_end(&there);
	if (e != ERR_ABSENT)
		return fault_set(f, ERR_EXISTS, "%s 已存在，请换一个文件名",
				 "%s is there already; choose another name", path);
	(void)snprintf(a->part, sizeof a->part, "%s.part", path);
	if ((e = file_open(a->part, FILE_REPLACE, &a->file, f)))
		return e;
	memcpy(a->path, path, strlen(path));
	a->key = *key;
	a->chance = *chance;
	memcpy(a->place.magic, MAGIC, MAGIC_BYTES);
	crypt_random_fill(chance, a->place.drawn, DRAWN_BYTES);
	memcpy(a->place.hint, hint, strlen(hint));
	if ((e = file_write(a->file, &a->place, MAGIC_BYTES + DRAWN_BYTES + strlen(hint) + 1, f)))
		return e;
	*ret = a;
	a = NULL;
	return OK;
}

static enum err put_chunk(struct archive_out *a, bool last, struct fault *f)
{
	size_t n = ZSTD_compress(a->packed, sizeof a->packed, a->plain, a->n, LEVEL);
	uint8_t length[4];
	enum err e;

	if (ZSTD_isError(n))
		return ERR_MEMORY;
	buf_clear(&a->sealed);
	if ((e = crypt_seal(&a->key, &a->chance, place_at(&a->place, a->n_chunks++, last),
			    (struct str){ (const char *)a->packed, n }, &a->sealed)))
		return e;
	for (size_t i = 0; i < sizeof length; i++)
		length[i] = (uint8_t)(a->sealed.n >> 8 * i);
	a->n = 0;
	e = file_write(a->file, length, sizeof length, f);
	return e ? e : file_write(a->file, a->sealed.p, a->sealed.n, f);
}

static enum err put(struct archive_out *a, const void *p, size_t n, struct fault *f)
{
	const uint8_t *from = p;
	enum err e;

	while (n) {
		size_t fits = min_size(n, sizeof a->plain - a->n);

		if (!fits) {
			if ((e = put_chunk(a, false, f)))
				return e;
			continue;
		}
		memcpy(a->plain + a->n, from, fits);
		a->n += fits;
		from += fits;
		n -= fits;
	}
	return OK;
}

static enum err put_number(struct archive_out *a, uint32_t v, size_t bytes, struct fault *f)
{
	uint8_t p[4];

	for (size_t i = 0; i < bytes; i++)
		p[i] = (uint8_t)(v >> 8 * i);
	return put(a, p, bytes, f);
}

static enum err close_entry(struct archive_out *a, struct fault *f)
{
	bool was = a->in_entry;

	a->in_entry = false;
	return was ? put_number(a, 0, 4, f) : OK;
}

enum err archive_entry(struct archive_out *a, const char *name, struct fault *f)
{
	enum err e = close_entry(a, f);

	assert(name_good(name));
	a->in_entry = true;
	if (e || (e = put_number(a, (uint32_t)strlen(name), 2, f)))
		return e;
	return put(a, name, strlen(name), f);
}

enum err archive_write(struct archive_out *a, const void *p, size_t n, struct fault *f)
{
	const uint8_t *from = p;

	assert(a->in_entry);
	while (n) {
		size_t fits = min_size(n, ARCHIVE_CHUNK_BYTES);
		enum err e = put_number(a, (uint32_t)fits, 4, f);

		if (e || (e = put(a, from, fits, f)))
			return e;
		from += fits;
		n -= fits;
	}
	return OK;
}

enum err archive_finish(struct archive_out **out, struct fault *f)
{
	CLEANUP(archive_out_end) struct archive_out *a = *out;
	enum err e = close_entry(a, f);

	*out = NULL;
	if (e || (e = put_number(a, 0, 2, f)) || (e = put_chunk(a, true, f)))
		return e;
	if ((e = file_sync(a->file, f)) || (e = file_close(&a->file, f)))
		return e;
	if ((e = file_rename(a->part, a->path, f)))
		return e;
	a->part[0] = '\0';
	return OK;
}

void archive_out_end(struct archive_out **out)
{
	struct archive_out *a = *out;

	if (!a)
		return;
	file_end(&a->file);
	if (a->part[0])
		ignore(file_unlink(a->part, NULL));
	buf_release(&a->sealed);
	crypt_wipe(a, sizeof *a);
	mem_drop(a);
	*out = NULL;
}

/* ---- in ------------------------------------------------------------------------------------- */

struct archive_in {
	struct file *file;
	struct crypt_key key;
	struct place place;
	uint64_t n_chunks;
	bool last;      /* the chunk at hand is the last one */
	uint32_t block; /* bytes left of the block of the entry at hand */
	bool in_entry;
	size_t at, n; /* of `plain` */
	uint8_t plain[ARCHIVE_CHUNK_BYTES];
	uint8_t sealed[SEALED_BYTES_MAX];
	struct buf packed;
};

/* Exactly n bytes of the file; ERR_CORRUPT if there are fewer. */
static enum err take_file(struct archive_in *a, void *p, size_t n, struct fault *f)
{
	uint8_t *to = p;

	while (n) {
		size_t got = 0;
		enum err e = file_read(a->file, to, n, &got, f);

		if (e)
			return e;
		if (!got)
			return damaged(f);
		to += got;
		n -= got;
	}
	return OK;
}

static enum err at_end_of_file(struct archive_in *a, struct fault *f)
{
	uint8_t one;
	size_t got = 0;
	enum err e = file_read(a->file, &one, 1, &got, f);

	return e ? e : got ? damaged(f) : OK;
}

static enum err take_chunk(struct archive_in *a, struct fault *f)
{
	uint8_t length[4];
	struct str sealed;
	size_t n = 0;
	enum err e = take_file(a, length, sizeof length, f);

	if (e)
		return e;
	for (size_t i = 0; i < sizeof length; i++)
		n |= (size_t)length[i] << 8 * i;
	if (n == 0 || n > sizeof a->sealed)
		return damaged(f);
	if ((e = take_file(a, a->sealed, n, f)))
		return e;
	sealed = (struct str){ (const char *)a->sealed, n };
	buf_clear(&a->packed);
	e = crypt_open(&a->key, place_at(&a->place, a->n_chunks, false), sealed, &a->packed);
	if (e == ERR_CORRUPT) {
		a->last = true;
		e = crypt_open(&a->key, place_at(&a->place, a->n_chunks, true), sealed, &a->packed);
	}
	if (e)
		return e == ERR_MEMORY ? e : damaged(f);
	a->n_chunks++;
	n = ZSTD_decompress(a->plain, sizeof a->plain, a->packed.p, a->packed.n);
	if (ZSTD_isError(n))
		return damaged(f);
	a->at = 0;
	a->n = n;
	return a->last ? at_end_of_file(a, f) : OK;
}

static enum err take(struct archive_in *a, void *p, size_t n, struct fault *f)
{
	uint8_t *to = p;

	while (n) {
		size_t fits = min_size(n, a->n - a->at);

		if (!fits) {
			enum err e = a->last ? damaged(f) : take_chunk(a, f);

			if (e)
				return e;
			continue;
		}
		memcpy(to, a->plain + a->at, fits);
		a->at += fits;
		to += fits;
		n -= fits;
	}
	return OK;
}

static enum err take_number(struct archive_in *a, size_t bytes, uint32_t *ret, struct fault *f)
{
	uint8_t p[4];
	enum err e = take(a, p, bytes, f);

	*ret = 0;
	for (size_t i = 0; !e && i < bytes; i++)
		*ret |= (uint32_t)p[i] << 8 * i;
	return e;
}

static enum err read_head(struct archive_in *a, const char *path, struct fault *f)
{
	size_t n = 0;
	enum err e = file_open(path, FILE_READ, &a->file, f);

	if (e || (e = take_file(a, &a->place, MAGIC_BYTES + DRAWN_BYTES, f)))
		return e;
	if (memcmp(a->place.magic, "outpost backup ", 15) != 0)
		return fault_set(f, ERR_SYNTAX, "这不是 Outpost 的备份",
				 "this is no backup of Outpost");
	if (memcmp(a->place.magic, MAGIC, MAGIC_BYTES) != 0)
		return fault_set(f, ERR_VERSION, "备份由更新的版本写成",
				 "the backup was written by a newer version");
	do {
		if (n == sizeof a->place.hint)
			return damaged(f);
		if ((e = take_file(a, &a->place.hint[n], 1, f)))
			return e;
	} while (a->place.hint[n++]);
	return OK;
}

enum err archive_open(const char *path, const struct crypt_key *key, struct archive_in **ret,
		      struct fault *f)
{
	CLEANUP(archive_in_end) struct archive_in *a = mem_take(1, sizeof *a);
	enum err e;

	if (!a)
		return ERR_MEMORY;
	a->key = *key;
	if ((e = read_head(a, path, f)))
		return e;
	*ret = a;
	a = NULL;
	return OK;
}

enum err archive_hint(const char *path, char ret[ARCHIVE_HINT_BYTES], struct fault *f)
{
	CLEANUP(archive_in_end) struct archive_in *a = mem_take(1, sizeof *a);
	enum err e = a ? read_head(a, path, f) : ERR_MEMORY;

	if (!e)
		memcpy(ret, a->place.hint, sizeof a->place.hint);
	return e;
}

static enum err next_block(struct archive_in *a, struct fault *f)
{
	enum err e = take_number(a, 4, &a->block, f);

	if (!e && a->block > ARCHIVE_CHUNK_BYTES)
		e = damaged(f);
	if (!e && !a->block)
		a->in_entry = false;
	return e;
}

enum err archive_read(struct archive_in *a, void *p, size_t n, size_t *ret_n, struct fault *f)
{
	size_t fits = 0;
	enum err e = OK;

	if (a->in_entry && !a->block)
		e = next_block(a, f);
	if (!e && a->in_entry) {
		fits = min_size(n, a->block);
		e = take(a, p, fits, f);
		a->block -= (uint32_t)fits;
	}
	if (!e)
		*ret_n = fits;
	return e;
}

enum err archive_next(struct archive_in *a, char ret_name[ARCHIVE_NAME_BYTES], bool *ret_more,
		      struct fault *f)
{
	char name[ARCHIVE_NAME_BYTES] = "";
	uint32_t n;
	enum err e;

	while (a->in_entry) {
		uint8_t rest[4096];
		size_t got;

		if ((e = archive_read(a, rest, sizeof rest, &got, f)))
			return e;
	}
	if ((e = take_number(a, 2, &n, f)))
		return e;
	if (n >= sizeof name)
		return damaged(f);
	if ((e = take(a, name, n, f)))
		return e;
	if (n ? !name_good(name) || strlen(name) != n : !a->last || a->at != a->n)
		return damaged(f);
	a->in_entry = n > 0;
	a->block = 0;
	memcpy(ret_name, name, sizeof name);
	*ret_more = n > 0;
	return OK;
}

void archive_in_end(struct archive_in **in)
{
	struct archive_in *a = *in;

	if (!a)
		return;
	file_end(&a->file);
	buf_release(&a->packed);
	crypt_wipe(a, sizeof *a);
	mem_drop(a);
	*in = NULL;
}
