/*
 * ring.h - the keys of the vault, in a file that no database and no backup has.
 *
 * What a key sealed can be read as long as the key is in here: so a recalled batch and an epoch
 * that is over are gone, in old copies of the database too, once their key has left. A key is
 * added at the end of the file; taking one out writes the file anew, without it.
 *
 *     "OUTPOST VAULT 1\n", then per key: kind, id (8 bytes), key (33), check (8)
 *
 * Life:     ring_open makes the file with its fixed keys if there is none; ring_end wipes.
 * Errors:   ERR_CORRUPT a damaged file (a torn end is one key that nobody was told of: cut off).
 * Threads:  one.
 */
#ifndef VAULT_RING_H
#define VAULT_RING_H
#include "base/base.h"
#include "base/memory.h"
#include "crypt/crypt.h"

enum ring_kind {
	RING_LOOK_UP = 1, /* fixed: tags by which alike records find each other */
	RING_SUBJECT,     /* fixed: subjects follow from batch and row */
	RING_EPOCH,       /* by number: pseudonyms, and the data keys of their people */
	RING_BATCH,       /* by batch: the data keys of its subjects */
	RING_KIND_N
};

struct ring_key {
	enum ring_kind kind;
	int64_t id;
	struct crypt_key key;
};

struct ring {
	const char *path; /* borrowed */
	enum crypt_suite suite;
	const struct crypt_random *chance;
	bool torn;                 /* the last addition may stand in the file in part */
	VEC(struct ring_key) keys; /* sorted by kind, id */
};

MUST_CHECK enum err ring_open(const char *path, enum crypt_suite suite,
			      const struct crypt_random *chance, struct ring *ret, struct fault *f);
void ring_end(struct ring *r); /* for CLEANUP() */

const struct crypt_key *ring_find(const struct ring *r, enum ring_kind kind, int64_t id);
/* There when this returns, on disk too; one that is there already is left as it is. */
MUST_CHECK enum err ring_add(struct ring *r, enum ring_kind kind, int64_t id, struct fault *f);
/* Take out those for which `gone` says so, at once. */
MUST_CHECK enum err ring_drop(struct ring *r, bool (*gone)(const struct ring_key *k, void *arg),
			      void *arg, struct fault *f);
/* The lowest id of a kind; false if there is none. */
bool ring_first(const struct ring *r, enum ring_kind kind, int64_t *ret_id);
#endif
