/*
 * vault.h - names, numbers, phones and addresses of people, in a process of their own.
 *
 * Long because it is all that other rooms ever see of the vault. The rest of the house knows a
 * person as a 63-bit number: a *subject* (one row that a feed brought: a case, a sample, a contact)
 * or a *pseudonym* (one person's visits, in one epoch of 28 days). Only the vault links either to a
 * name, and tells it to whoever a grant (grant.h) is addressed to, and only of whom it lists.
 *
 *     vault_stage, vault_pseudonym    before the core's transaction; seen by nobody yet
 *     vault_keep or vault_drop        after it; a crash in between is settled by vault_staged
 *
 * Life:     vault_start forks the process, before the caller has any thread; it ends with its
 *           parent. vault_connect does no I/O: the vault may come and go behind it.
 * Shapes:   any number of rows a call: they travel in frames of 4,000, presences of 16,384.
 * Memory:   texts given are borrowed until the call returns; names got lie in one block that
 *           vault_people_end wipes.
 * Threads:  a struct vault may be used by many at once. Never call it inside an act of the
 *           database: everybody's writes would wait for it.
 * Errors:   every call returns within its time (vault_options.call_ms), and says what to do.
 *           ERR_BUSY     the vault is not there, too slow, or has too much to do: later again
 *           ERR_VERSION  it is of another version of the program
 *           ERR_WARRANT  the grant is absent, forged, over, used up, somebody else's or does not
 *                        list what was asked for; nothing was told
 *           ERR_NO_ROOM  its disk is full; ERR_EXISTS the batch is kept already; ERR_ABSENT
 * Source:   docs/adr/0015-vault.md
 */
#ifndef VAULT_VAULT_H
#define VAULT_VAULT_H
#include "base/base.h"
#include "base/dice.h"
#include "base/text.h"
#include "crypt/crypt.h"
#include "vault/alike.h"

struct vault;
struct str;

/* ---- the process ---- */
struct vault_process;
struct vault_start_options {
	const char *dir;                  /* of the house: DIR/vault and DIR/keys/vault are ours */
	const struct crypt_public *house; /* whose grants are believed */
	enum crypt_suite suite;           /* for a new vault */
	int64_t uid;                      /* run as this user, when started as root; 0: as we are */
	struct clock wall;
};
/* Returns when it answers, or says why it does not. Makes what is not there yet. */
MUST_CHECK enum err vault_start(const struct vault_start_options *o, struct vault_process **ret,
				struct fault *f);
/* It ends what it has begun and goes; NULL is fine. A killed one is begun again by its keeper. */
void vault_stop(struct vault_process **p);

/*
 * For a backup: the sealed database of a house to a new file, while it is at work. The keys stay
 * (DIR/keys/vault/ring). ERR_ABSENT: no vault was ever there. After a restore nothing in it is kept
 * before the core has said so anew, as vault_staged asks.
 */
MUST_CHECK enum err vault_copy(const char *dir, const char *path, struct fault *f);
MUST_CHECK enum err vault_restored(const char *dir, struct fault *f);

/* ---- a way to it ---- */
struct vault_options {
	const char *dir;  /* of the house */
	unsigned call_ms; /* the longest that one call may take; 0: 10,000 */
};
MUST_CHECK enum err vault_connect(const struct vault_options *o, struct vault **ret);
void vault_end(struct vault **v); /* for CLEANUP() */

struct vault_state {
	uint64_t subjects, pseudonyms; /* kept or staged */
	uint64_t batches_staged;
	int64_t epoch;    /* the newest that has pseudonyms: days since 1970 / VAULT_EPOCH_DAYS */
	bool epoch_due;   /* vault_epoch_change has something to do */
	uint64_t refused; /* grants that were, since it began */
};
MUST_CHECK enum err vault_look(struct vault *v, struct vault_state *ret, struct fault *f);

/* ---- the gate: what comes in ---- */
/*
 * `batch` and `row` are the caller's, and the same numbers when the same batch is pushed again:
 * subjects follow from them by a key, so that a recall and a new push give the same subjects.
 */
struct vault_row {
	int64_t row;
	struct vault_identity who; /* alike.h */
};
struct vault_staged_row {
	int64_t subject;
	struct alike match; /* the best among those kept and those before it in this batch */
	int64_t other;      /* the subject it is like; 0 with ALIKE_NEW. It may be recalled: look */
};
/*
 * Keep n identities of a batch that is not yet valid; may be called several times for one batch,
 * and for rows that are there again. With n = 0 the batch is opened alone. ret has n elements.
 */
MUST_CHECK enum err vault_stage(struct vault *v, int64_t batch, const struct vault_row *rows,
				size_t n, struct vault_staged_row *ret, struct fault *f);

/* The same without keeping anything: for a dry run. Subjects are those it would give; of rows that
 * are alike it knows inside one frame of 4,000. */
MUST_CHECK enum err vault_try(struct vault *v, int64_t batch, const struct vault_row *rows,
			      size_t n, struct vault_staged_row *ret, struct fault *f);

struct vault_presence {
	struct vault_identity who; /* by its ID number, else its phone, else the sender's own key */
	struct utc_s at;
};
/*
 * The pseudonym of each, of the epoch of `at` as far as its key is there (else the nearest one).
 * Write only: there is no call that takes a person and tells a pseudonym without a batch.
 */
MUST_CHECK enum err vault_pseudonym(struct vault *v, int64_t batch,
				    const struct vault_presence *who, size_t n, int64_t *ret,
				    struct fault *f);

/* Both may be said again. Keeping a batch that is not there is ERR_ABSENT, dropping one is fine. */
MUST_CHECK enum err vault_keep(struct vault *v, int64_t batch, struct fault *f);
/*
 * Kept, but durable only with what the vault writes next, or moments later: for a batch that the
 * core has. Should the vault die before, it is staged still, and vault_staged tells it.
 */
MUST_CHECK enum err vault_keep_soon(struct vault *v, int64_t batch, struct fault *f);
MUST_CHECK enum err vault_drop(struct vault *v, int64_t batch, struct fault *f);

/* Batches staged and not settled: keep those that the core has, drop those that it has not. */
typedef enum err vault_each_batch(int64_t batch, struct utc_s staged, void *arg, struct fault *f);
MUST_CHECK enum err vault_staged(struct vault *v, vault_each_batch *each, void *arg,
				 struct fault *f);

/*
 * Every pair of kept subjects that are alike, each once: what vault_stage would have said of the
 * later one, had the earlier been there. In pages: others are served in between.
 */
typedef enum err vault_each_likeness(int64_t a, int64_t b, struct alike how, void *arg,
				     struct fault *f);
MUST_CHECK enum err vault_likenesses(struct vault *v, vault_each_likeness *each, void *arg,
				     struct fault *f);

/* ---- what ends ---- */
enum { VAULT_EPOCH_DAYS = 28, VAULT_LIVE_DAYS = 21 };
/*
 * When an epoch is over (vault_state.epoch_due): give each live pseudonym of an old epoch its new
 * one. The trail writes its visits under the new ones and then closes; until then the same pairs
 * come again. Closing destroys the old key: nobody can go back, in no backup.
 */
typedef enum err vault_each_pair(int64_t old, int64_t now, void *arg, struct fault *f);
MUST_CHECK enum err vault_epoch_change(struct vault *v, vault_each_pair *each, void *arg,
				       struct fault *f);
MUST_CHECK enum err vault_epoch_close(struct vault *v, struct fault *f);
/* Forget who was only in presences before this instant: their visits have expired. */
MUST_CHECK enum err vault_expire(struct vault *v, struct utc_s before, struct fault *f);

/* ---- names going out ---- */
struct vault_person {
	int64_t id; /* the subject or pseudonym that was asked for */
	bool known; /* the vault has it: it may have been recalled, or have expired */
	struct vault_identity who; /* fields that the grant does not carry are empty */
};
struct vault_people {
	struct vault_person *v;
	size_t n;
	struct buf bytes; /* what they are made of */
};
void vault_people_end(struct vault_people *p); /* wipes; for CLEANUP() */

/*
 * The names of ids, all of which the grant lists, for the account that asks. The caller has a
 * ledger entry for each (object "person", the id, the grant's matter) before the names leave.
 */
MUST_CHECK enum err vault_resolve(struct vault *v, struct str grant, int64_t account,
				  const int64_t *ids, size_t n, struct vault_people *ret,
				  struct fault *f);
/* Two records side by side for a reviewer. *ret_differ: 1 << enum vault_field of each difference */
MUST_CHECK enum err vault_pair(struct vault *v, struct str grant, int64_t account, int64_t a,
			       int64_t b, struct vault_people *ret, unsigned *ret_differ,
			       struct fault *f);
/*
 * The subjects and pseudonyms of an ID number, for the access report that its holder asks for at a
 * desk: the only search there is, slowed down by the vault itself. ERR_RATE: too many.
 */
enum { VAULT_FOUND_MAX = 1000 };
MUST_CHECK enum err vault_find(struct vault *v, struct str id_number, int64_t *ret, size_t *ret_n,
			       struct fault *f);
#endif
