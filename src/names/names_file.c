/*
 * names_file.c - a table of names as a file: head, slots, refs, text, each under a checksum.
 *
 * The arrays are written as they lie in memory, so opening is mapping. Little-endian.
 */
#include <string.h>

#include "base/digest.h"
#include "base/memory.h"
#include "names/names.h"
#include "names/table.h"

#include "base/ban.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the file is the memory");

static const char MAGIC[16] = "outpost names\n";
enum { FILE_VERSION = 1 };

struct head {
	char magic[16];
	uint64_t version;
	uint64_t n, n_slots, text_bytes;
	uint64_t slots_digest, refs_digest, text_digest;
	uint64_t head_digest; /* of everything above */
};
_Static_assert(sizeof(struct head) == 80, "no padding");

/* The text's digest, chunk after chunk, each seeded with the one before. */
static uint64_t text_digest(const uint8_t *const *chunks, size_t bytes)
{
	uint64_t d = 0;

	for (size_t at = 0, i = 0; at < bytes; at += NAMES_CHUNK_BYTES, i++)
		d = digest_seeded(chunks[i], min_size(bytes - at, NAMES_CHUNK_BYTES), d);
	return d;
}

static uint64_t text_digest_mapped(const struct names_fixed *x)
{
	uint64_t d = 0;

	for (size_t at = 0; at < x->text_bytes; at += NAMES_CHUNK_BYTES)
		d = digest_seeded(x->text + at, min_size(x->text_bytes - at, NAMES_CHUNK_BYTES), d);
	return d;
}

static uint64_t head_digest(const struct head *h)
{
	return digest_of(h, offsetof(struct head, head_digest));
}

enum err names_save(const struct names *t, struct file *fl, struct fault *f)
{
	const uint8_t *const *chunks = (const uint8_t *const *)(const void *)t->chunks.v;
	size_t n_slots = t->slots ? (size_t)t->slot_mask + 1 : 0;
	size_t text_bytes = t->used_units * 8;
	struct head h = { .version = FILE_VERSION,
			  .n = t->refs.n,
			  .n_slots = n_slots,
			  .text_bytes = text_bytes };
	uint64_t zero = 0;
	enum err e;

	if (t->map.p)
		return fault_set(f, ERR_BUG, "名称表本来就在文件里",
				 "the names lie in a file already");
	memcpy(h.magic, MAGIC, sizeof(MAGIC));
	h.slots_digest = digest_of(t->slots, n_slots * sizeof(*t->slots));
	h.refs_digest = digest_of(t->refs.v, t->refs.n * sizeof(*t->refs.v));
	h.text_digest = text_digest(chunks, text_bytes);
	h.head_digest = head_digest(&h);
	if ((e = file_write(fl, &h, sizeof(h), f)))
		return e;
	if ((e = file_write(fl, t->slots, n_slots * sizeof(*t->slots), f)))
		return e;
	if ((e = file_write(fl, t->refs.v, t->refs.n * sizeof(*t->refs.v), f)))
		return e;
	if (t->refs.n % 2 && (e = file_write(fl, &zero, 4, f)))
		return e;
	for (size_t at = 0, i = 0; at < text_bytes; at += NAMES_CHUNK_BYTES, i++)
		if ((e = file_write(fl, chunks[i], min_size(text_bytes - at, NAMES_CHUNK_BYTES),
				    f)))
			return e;
	return OK;
}

/* Lay the arrays over the mapped bytes; false if the head does not describe them exactly. */
static bool lay(const struct file_map *m, const struct head *h, struct names_fixed *x)
{
	const uint8_t *p = m->p + sizeof(*h);
	uint64_t refs_bytes;

	if (h->n > NAMES_MAX || h->n_slots > (1ULL << 33) || h->text_bytes > (1ULL << 40))
		return false;
	if (h->n_slots & (h->n_slots - 1) || h->text_bytes % 8 || (h->n && !h->n_slots))
		return false;
	refs_bytes = (h->n + h->n % 2) * 4;
	if (m->n != sizeof(*h) + h->n_slots * 8 + refs_bytes + h->text_bytes)
		return false;
	x->n = (uint32_t)h->n;
	x->n_slots = h->n_slots;
	x->text_bytes = h->text_bytes;
	x->slots = (const struct names_slot *)(const void *)p;
	x->refs = (const uint32_t *)(const void *)(p + h->n_slots * 8);
	x->text = p + h->n_slots * 8 + refs_bytes;
	return true;
}

static enum err look(struct names *t, const char *path, struct fault *f)
{
	struct head h;

	if (t->map.n < sizeof(h))
		return fault_set(f, ERR_CORRUPT, "%s：名称文件不完整",
				 "%s: the names file is cut short", path);
	memcpy(&h, t->map.p, sizeof(h));
	if (memcmp(h.magic, MAGIC, sizeof(MAGIC)) != 0)
		return fault_set(f, ERR_CORRUPT, "%s：不是名称文件", "%s: not a names file", path);
	if (h.head_digest != head_digest(&h))
		return fault_set(f, ERR_CORRUPT, "%s：文件头的校验和不符",
				 "%s: the checksum of its head does not hold", path);
	if (h.version != FILE_VERSION)
		return fault_set(f, ERR_VERSION, "%s：版本 %llu 无法读取",
				 "%s: version %llu cannot be read", path,
				 (unsigned long long)h.version);
	if (!lay(&t->map, &h, &t->fixed))
		return fault_set(f, ERR_CORRUPT, "%s：长度与文件头不符",
				 "%s: its length is not what its head says", path);
	return OK;
}

enum err names_open(const char *path, struct names **ret, struct fault *f)
{
	CLEANUP(names_end) struct names *t = NULL;
	enum err e;

	if ((e = names_new(&t)))
		return e;
	if ((e = file_map(path, &t->map, f)))
		return e;
	if ((e = look(t, path, f)))
		return e;
	*ret = t;
	t = NULL;
	return OK;
}

enum err names_check(const struct names *t, struct fault *f)
{
	const struct names_fixed *x = &t->fixed;
	struct head h;

	if (!t->map.p)
		return OK;
	memcpy(&h, t->map.p, sizeof(h));
	if (h.slots_digest == digest_of(x->slots, x->n_slots * sizeof(*x->slots)) &&
	    h.refs_digest == digest_of(x->refs, x->n * sizeof(*x->refs)) &&
	    h.text_digest == text_digest_mapped(x) && (x->n % 2 == 0 || x->refs[x->n] == 0))
		return OK;
	return fault_set(f, ERR_CORRUPT, "名称文件的校验和不符",
			 "the checksum of a names file does not hold");
}
