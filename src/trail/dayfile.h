/*
 * dayfile.h - the two files of a sealed day: the engine's segment, and what its numbers mean.
 *
 *     DAY-DIGEST.seg    engine/trace's segment
 *     DAY-DIGEST.ids    head | digests of visits | packs that are in it | people | places | words |
 *                       checksum over all of it
 *
 * Both follow from the packs of the day and from the numbers that people, places and words happen
 * to have in this house. Their name is a digest of visits and packs, so the same name is the same
 * day.
 *
 * Life:     dayfile_write makes both beside the old ones, syncs, renames; then the manifest names
 *           them.
 * Memory:   what is read stays mapped until sealed_free.
 * Errors:   ERR_CORRUPT, ERR_VERSION, ERR_ABSENT: the day is then made anew from its packs.
 */
#ifndef TRAIL_DAYFILE_H
#define TRAIL_DAYFILE_H
#include "trail/inside.h"

enum { DAYFILE_NAME_BYTES = 48, DAYFILE_PATH_BYTES = 4096 };

struct dayfile_word {
	uint32_t number, n;
	/* n bytes follow, and zeros to a multiple of 8 */
};

/* What the files say beside the digests and packs in struct sealed. */
struct dayfile {
	struct sealed *sealed;
	struct trace_segment *seg;
	const struct dayfile_id *person, *place;
	size_t n_persons, n_places;
	const uint8_t *word;
	size_t word_bytes;
};

void dayfile_name(int32_t day, const struct sealed *s, char ret[DAYFILE_NAME_BYTES]);
bool dayfile_name_is_ours(const char *name);
/*
 * Write the image and what `d` says as DIR/name.seg and .ids, durable when it returns OK; d->seg is
 * then the segment, mapped.
 */
MUST_CHECK enum err dayfile_write(const char *dir, const char *name, struct dayfile *d,
				  const struct trace_image *image, struct fault *f);
/* Every byte of .ids is verified, of .seg the head; pages of that as they are read. */
MUST_CHECK enum err dayfile_read(const char *dir, const char *name, struct dayfile *ret,
				 struct fault *f);
/* The bytes of a .ids file, for dayfile_read and its fuzz target: fills all but seg. */
MUST_CHECK enum err dayfile_parse(struct str bytes, struct dayfile *ret, uint64_t *ret_segment);
void dayfile_drop(struct dayfile *d); /* what was not taken out of it */
/* Walk the words; *at from 0. False at the end. */
bool dayfile_next_word(const struct dayfile *d, size_t *at, uint32_t *ret_number, struct str *ret);
void dayfile_remove(const char *dir, const char *name);
#endif
