/*
 * store.h - what the vault's process holds: its database, its keys, and who is still referred to.
 *
 * Each field of a person is sealed by itself, bound to the person's id and the field, with a key of
 * the row's own; that key is wrapped by the key of its batch or epoch in the ring. Whoever has the
 * database alone has random bytes and keyed tags. Private to the vault.
 *
 * Life:     store_open -> the functions of subject.c, pseudonym.c, resolve.c -> store_end.
 * Threads:  one, besides the database's own.
 */
#ifndef VAULT_STORE_H
#define VAULT_STORE_H
#include "base/dice.h"
#include "db/db.h"
#include "db/step.h"
#include "vault/grant.h"
#include "vault/refs.h"
#include "vault/ring.h"
#include "vault/tags.h"
#include "vault/vault.h"

struct store {
	struct db *db;
	struct ring ring;
	const struct crypt_random *chance;
	struct clock wall;
	struct crypt_public house;
	struct tags tags; /* by which alike subjects are found */
	struct refs refs; /* pseudonym -> how many parts of batches saw it */
	bool trying;      /* a dry run: what is sealed with `trial` is undone */
	struct crypt_key trial;
	VEC(int64_t) soon;   /* batches to be kept with the next write */
	bool changing;       /* between vault_epoch_change and vault_epoch_close */
	uint64_t refused;    /* grants */
	uint64_t unsealed;   /* people, since it began */
	int64_t found_s;     /* vault_find: when its allowance was counted last */
	unsigned found_left; /* and what is left of it */
	char ring_path[4096];
};

/* Made of schema/vault by the build. */
extern const struct db_step vault_steps[];
extern const size_t vault_steps_n;

struct store_options {
	const char *database; /* folder */
	const char *ring;     /* file */
	const char *vfs;      /* of the database; NULL: the system's */
	enum crypt_suite suite;
	const struct crypt_random *chance;
	struct clock wall;
	struct crypt_public house;
};
MUST_CHECK enum err store_open(const struct store_options *o, struct store **ret, struct fault *f);
void store_end(struct store **s); /* for CLEANUP() */
MUST_CHECK enum err store_look(struct store *s, struct vault_state *ret, struct fault *f);

/* A tag under one of the ring's keys: 63 bits, never 0. */
MUST_CHECK enum err store_tag(const struct crypt_key *k, struct str text, int64_t *ret);

/* ---- a person's row, sealed ---- */
struct store_person {
	int64_t id, batch;
	bool of_epoch; /* a pseudonym */
	int64_t epoch, row;
	struct str tokens;
};
MUST_CHECK enum err store_put(struct store *s, struct tx *tx, const struct store_person *p,
			      const struct vault_identity *who, struct fault *f);
/*
 * Fields of `mask` are opened into `out`; ret's texts are offsets made pointers by store_fix when
 * `out` grows no more. ERR_ABSENT without a word if there is none.
 */
MUST_CHECK enum err store_get(struct store *s, struct tx *tx, int64_t id, unsigned mask,
			      struct buf *out, struct store_person *ret_row, bool *ret_kept,
			      struct vault_identity *ret, struct fault *f);
void store_fix(const struct buf *out, struct vault_identity *who);

/* ---- subject.c, pairs.c ---- */
MUST_CHECK enum err store_tags_load(struct store *s, struct fault *f);
MUST_CHECK enum err store_stage(struct store *s, int64_t batch, const struct vault_row *rows,
				size_t n, bool keep, struct vault_staged_row *ret, struct fault *f);
MUST_CHECK enum err store_keep(struct store *s, int64_t batch, struct fault *f);
MUST_CHECK enum err store_keep_soon(struct store *s, int64_t batch, struct fault *f);
/* Keep those that were to be kept soon: in an act; the list is emptied once that stands. */
MUST_CHECK enum err store_settle_in(const struct store *s, struct tx *tx, struct fault *f);
MUST_CHECK enum err store_settle(struct store *s, struct fault *f);
MUST_CHECK enum err store_drop(struct store *s, int64_t batch, struct fault *f);
MUST_CHECK enum err store_staged(struct store *s, int64_t after, vault_each_batch *each, void *arg,
				 struct fault *f);
/* Pairs of kept subjects that are alike, of a page of those behind `after`; *ret_last: its end, or
 * INT64_MAX if there are no more. */
MUST_CHECK enum err store_pairs(struct store *s, int64_t after, vault_each_likeness *each,
				void *arg, int64_t *ret_last, struct fault *f);
/* In an act: the batch is open for more. ERR_EXISTS if it is kept. */
MUST_CHECK enum err store_batch_open(struct store *s, struct tx *tx, int64_t batch,
				     struct fault *f);

/* ---- pseudonym.c ---- */
MUST_CHECK enum err store_refs_load(struct store *s, struct fault *f);
MUST_CHECK enum err store_pseudonym(struct store *s, int64_t batch,
				    const struct vault_presence *who, size_t n, int64_t *ret,
				    struct fault *f);
/* What store_drop does for the presences of a batch, in its act; refs change after it. */
MUST_CHECK enum err store_presences_drop(struct store *s, struct tx *tx, int64_t batch,
					 struct refs *gone, struct fault *f);
MUST_CHECK enum err store_epoch_change(struct store *s, int64_t after, vault_each_pair *each,
				       void *arg, struct fault *f);
MUST_CHECK enum err store_epoch_close(struct store *s, struct fault *f);
MUST_CHECK enum err store_expire(struct store *s, struct utc_s before, struct fault *f);
int64_t store_epoch_now(const struct store *s);
/* Pseudonyms that an ID number has, in every epoch whose key is there. */
MUST_CHECK enum err store_pseudonyms_of(struct store *s, struct str key_text, int64_t *ret,
					size_t *ret_n, size_t max, struct fault *f);

/* ---- resolve.c ---- */
struct store_ask {
	struct str grant;
	int64_t account;
	const int64_t *ids;
	size_t n;
};
/* `names` holds what ret points into, when this returns OK. ret has n elements. */
MUST_CHECK enum err store_resolve(struct store *s, const struct store_ask *ask, struct buf *names,
				  struct vault_person *ret, struct fault *f);
MUST_CHECK enum err store_find(struct store *s, struct str id_number, int64_t *ret, size_t *ret_n,
			       struct fault *f);
#endif
