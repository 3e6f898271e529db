/*
 * archive.h - named streams of bytes in one encrypted file that is whole or refused.
 *
 * A backup leaves the house, so it is sealed chunk by chunk with a key that stays; a chunk says by
 * its place and by a mark whether it is the last, so that a file cut short, put together from two,
 * or longer than it was written is not taken for a backup.
 *
 *     "outpost backup 1\n" | 16 bytes drawn for this file | hint and NUL | chunk ... | last chunk
 *     chunk: length, 4 bytes little-endian | sealed: zstd of at most ARCHIVE_CHUNK_BYTES of stream
 *     stream: (2 bytes name length, name, (4 bytes length > 0, bytes)*, 4 bytes 0)*, 2 bytes 0
 *
 * Life:     archive_create -> (archive_entry, archive_write*)* -> archive_finish, which gives the
 *           file its name; archive_out_end before that leaves nothing.
 *           archive_open -> archive_next, archive_read* -> archive_in_end.
 * Shapes:   streams, some 1 MiB of memory, any length.
 * Threads:  one for each archive.
 * Errors:   ERR_EXISTS the file is there already; ERR_CORRUPT damaged, cut, or another key;
 *           ERR_VERSION; ERR_IO. What was read before an error is void.
 */
#ifndef SERVE_ARCHIVE_H
#define SERVE_ARCHIVE_H
#include "base/base.h"
#include "base/text.h"
#include "crypt/crypt.h"

enum { ARCHIVE_NAME_BYTES = 128, ARCHIVE_HINT_BYTES = 512, ARCHIVE_CHUNK_BYTES = 256 << 10 };

struct archive_out;
/* `hint` stands in the clear: where to look for the key. */
MUST_CHECK enum err archive_create(const char *path, const char *hint, const struct crypt_key *key,
				   const struct crypt_random *chance, struct archive_out **ret,
				   struct fault *f);
/* Begin a stream: small letters, digits, . _ - and / between parts, none of which is .. */
MUST_CHECK enum err archive_entry(struct archive_out *a, const char *name, struct fault *f);
MUST_CHECK enum err archive_write(struct archive_out *a, const void *p, size_t n, struct fault *f);
MUST_CHECK enum err archive_finish(struct archive_out **a, struct fault *f);
void archive_out_end(struct archive_out **a); /* for CLEANUP() */

struct archive_in;
/* What the file says before it is opened; believe it once archive_next has worked. */
MUST_CHECK enum err archive_hint(const char *path, char ret[ARCHIVE_HINT_BYTES], struct fault *f);
MUST_CHECK enum err archive_open(const char *path, const struct crypt_key *key,
				 struct archive_in **ret, struct fault *f);
/* The next stream; what was left of the one before is passed over. *ret_more false: no more. */
MUST_CHECK enum err archive_next(struct archive_in *a, char ret_name[ARCHIVE_NAME_BYTES],
				 bool *ret_more, struct fault *f);
/* Up to n bytes of it; *ret_n 0 at its end. */
MUST_CHECK enum err archive_read(struct archive_in *a, void *p, size_t n, size_t *ret_n,
				 struct fault *f);
void archive_in_end(struct archive_in **a); /* for CLEANUP() */
#endif
