/*
 * manifest.h - the list of what a shelf holds, as text and as a value; for this room alone.
 *
 * The text, line by line: "outpost shelf VERSION", "zone NAME", "generation N", "visits N",
 * "horizon SECONDS" or "horizon none", then a line for each file: its name, bytes and digest,
 * and for a day also its day number, visits and greatest time; last "digest HEX" of all before.
 * A file's name follows from its part, day and generation, so no line can lead out of the folder.
 */
#ifndef SHELF_MANIFEST_H
#define SHELF_MANIFEST_H
#include "base/base.h"
#include "base/memory.h"
#include "base/text.h"
#include "shelf/shelf.h"

#define MANIFEST_NAME "MANIFEST"
#define MANIFEST_NEW_NAME "MANIFEST.new"
#define MANIFEST_LOCK_NAME "LOCK"
#define MANIFEST_SPILL_PREFIX "spill-" /* where a nameless file needs a name for a moment */

enum { MANIFEST_NAME_BYTES = 64, MANIFEST_ZONE_BYTES = 128, SHELF_PATH_BYTES = 4096 };

enum manifest_part {
	MANIFEST_PERSONS,
	MANIFEST_PLACES,
	MANIFEST_KINDS,
	MANIFEST_SEATS,
	MANIFEST_PLACE_KINDS,
	MANIFEST_NAMES_N,
	MANIFEST_DAY = MANIFEST_NAMES_N
};

struct manifest_file {
	char name[MANIFEST_NAME_BYTES];
	uint64_t bytes, digest;
	int32_t day; /* days only, like the next two */
	uint64_t visits;
	struct utc_s last;
};

struct manifest {
	char zone[MANIFEST_ZONE_BYTES];
	uint64_t generation, visits;
	struct utc_s horizon; /* TRACE_NEVER: no visits */
	struct manifest_file names[MANIFEST_NAMES_N];
	VEC(struct manifest_file) days; /* by day */
};

void manifest_drop(struct manifest *m); /* for CLEANUP() */
void manifest_file_name(enum manifest_part part, int32_t day, uint64_t generation,
			char ret[static MANIFEST_NAME_BYTES]);
/* The generation in a file name of ours; 0 if it is none. */
uint64_t manifest_name_generation(const char *name);
/* Whether we may find it beside the manifest, as something at work or left by a killed run. */
bool manifest_name_is_ours(const char *name);
void manifest_write(const struct manifest *m, struct buf *out);
/* `text` with every line as above and the digest right, else a fault that names `path`. */
MUST_CHECK enum err manifest_read(struct str text, const char *path, struct manifest *ret,
				  struct fault *f);
/* dir/name into ret; ERR_RANGE if it is too long. */
MUST_CHECK enum err shelf_path(const char *dir, const char *name, char ret[static SHELF_PATH_BYTES],
			       struct fault *f);
#endif
