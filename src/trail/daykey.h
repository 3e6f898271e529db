/*
 * daykey.h - the live key file: a secret key for each local day that has visits, and no other.
 *
 *     outpost days 1
 *     gone 20789                   every day up to this one is over, and its key destroyed; "none"
 *     day 20790 AQk3...            base64url, the suite's byte in front; days rising
 *     check 5f0c2a9177e0b1d4       the first bytes of the SHA-256 of all lines above
 *
 * The file is written anew whole beside the old one, synced, and renamed over it, so a kill leaves
 * one of the two. It belongs in no backup: a key that is not in this file is nowhere.
 *
 * Life:     daykeys_read -> daykeys_of, daykeys_add and daykeys_forget, then daykeys_save ->
 *           daykeys_drop wipes.
 * Threads:  one at a time.
 * Errors:   ERR_CORRUPT not what was written; ERR_VERSION; ERR_RANGE others can read it, or a day
 *           that is over; ERR_IO.
 */
#ifndef TRAIL_DAYKEY_H
#define TRAIL_DAYKEY_H
#include "base/memory.h"
#include "base/text.h"
#include "crypt/crypt.h"

#define DAYKEY_NONE_GONE INT32_MIN
enum { DAYKEY_DAYS_MAX = 4000, DAYKEY_FILE_MAX = 1 << 19 };

struct daykey {
	int32_t day;
	struct crypt_key key;
};
struct daykeys { /* what the file says; plain, but secret */
	int32_t gone;
	VEC(struct daykey) day; /* rising */
};
/* The two halves of the file. */
void daykeys_write(const struct daykeys *k, struct buf *out);
MUST_CHECK enum err daykeys_parse(struct str text, struct daykeys *ret);
void daykeys_drop(struct daykeys *k); /* wipes */

/* Read `path`; ERR_ABSENT leaves an empty one. */
MUST_CHECK enum err daykeys_read(const char *path, struct daykeys *ret, struct fault *f);
/* Durable when it returns OK; on an error the old file stands. */
MUST_CHECK enum err daykeys_save(const char *path, const struct daykeys *k, struct fault *f);
const struct crypt_key *daykeys_of(const struct daykeys *k, int32_t day); /* NULL: none */
/* A day's key, in its place; the caller saves before anything is sealed under it. */
MUST_CHECK enum err daykeys_add(struct daykeys *k, int32_t day, const struct crypt_key *key);
/* Without a key that was added and could not be saved. */
void daykeys_drop_day(struct daykeys *k, int32_t day);
/* Without the keys of all days up to this one, which are gone from now on. */
void daykeys_forget(struct daykeys *k, int32_t through);
/* What a key is called when it is no more: the first 8 bytes of its hash, in hex. */
enum { DAYKEY_PRINT_BYTES = 17 };
MUST_CHECK enum err daykeys_print(const struct crypt_key *key, char ret[DAYKEY_PRINT_BYTES]);
#endif
