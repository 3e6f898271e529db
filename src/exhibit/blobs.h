/*
 * blobs.h - bytes kept by their hash, sealed: what people brought as proof.
 *
 *     DIR/ab/ab34...          64 hex digits: a keyed tag of the SHA-256 of what is inside
 *     DIR/incoming/...        what is being written; emptied when the store opens
 *
 * A file is sealed under a key that follows from the house's secret, bound to its own name. The
 * name is a tag and not the hash, so that whoever steals the disk cannot ask whether a page they
 * know is among them. A file is whole or not there: written beside, synced, renamed.
 *
 * Files come before the rows that speak of them. From blobs_put to blobs_release a file is *held*,
 * and no sweep takes it; a row that was not committed leaves a file that the next sweep does take.
 *
 * Life:     blobs_open -> put ... release, get, sweep -> blobs_close.
 * Shapes:   at most BLOB_BYTES_MAX each, whole in memory while at work; any number.
 * Memory:   blobs_get appends to a buffer of the caller.
 * Threads:  any; one process at a time puts and sweeps in a folder, others may look.
 * Errors:   ERR_ABSENT no such file; ERR_CORRUPT another key, or not what was put; ERR_TOO_LARGE;
 *           ERR_IO, ERR_MEMORY: nothing is left but, after a crash, a file in incoming/.
 */
#ifndef EXHIBIT_BLOBS_H
#define EXHIBIT_BLOBS_H
#include "base/base.h"
#include "base/text.h"
#include "crypt/crypt.h"

enum { BLOB_BYTES_MAX = 64 << 20, BLOB_NAME_BYTES = 2 * CRYPT_RAW_BYTES + 1, BLOB_FOLDERS = 256 };

struct blobs;
struct blobs_options {
	const char *dir; /* borrowed */
	const struct crypt_key *secret;
	const struct crypt_random *chance;
	bool look; /* change nothing: for who looks whether all is in order */
};
struct blob_name {
	char v[BLOB_NAME_BYTES];
};

MUST_CHECK enum err blobs_open(const struct blobs_options *o, struct blobs **ret, struct fault *f);
void blobs_close(struct blobs **b); /* for CLEANUP() */

MUST_CHECK enum err blobs_name(const struct blobs *b, const struct crypt_hash *hash,
			       struct blob_name *ret);
/* Durable when it returns OK, and held. What is there already, and whole, is left as it is. */
MUST_CHECK enum err blobs_put(struct blobs *b, struct str plain, struct crypt_hash *ret,
			      struct fault *f);
void blobs_release(struct blobs *b, const struct crypt_hash *hash);
MUST_CHECK enum err blobs_get(const struct blobs *b, const struct crypt_hash *hash, struct buf *out,
			      struct fault *f);

/* Is there a row that speaks of the file of this name? */
typedef enum err blobs_wanted(void *arg, struct str name, bool *ret, struct fault *f);
/* Remove what no row wants and nobody holds from one of the BLOB_FOLDERS; how many. */
MUST_CHECK enum err blobs_sweep(struct blobs *b, unsigned folder, blobs_wanted *wanted, void *arg,
				uint64_t *ret, struct fault *f);
/* The same for one file, whose row was not committed. */
MUST_CHECK enum err blobs_drop(struct blobs *b, const struct crypt_hash *hash, blobs_wanted *wanted,
			       void *arg, struct fault *f);

/* Every file of a store at `dir`, by folder and name; `file` is "ab/ab34...". No store: none. */
typedef enum err blobs_seen(const char *file, struct str name, void *arg, struct fault *f);
MUST_CHECK enum err blobs_each(const char *dir, blobs_seen *each, void *arg, struct fault *f);
/* Of a backup: make the folder of "ab/ab34..." in `dir`; ERR_SYNTAX: that is no name of ours. */
MUST_CHECK enum err blobs_folder_of(const char *dir, const char *file, struct fault *f);

#endif
