/*
 * intake.h - the gate: what comes in from feeds, with an exact account, and how it goes back.
 *
 *     in = accepted + refused + duplicate, per batch, or the batch is absent
 *
 * A push is read and judged (judge.h), its people go to the vault and its visits to the trail, one
 * transaction stores it with its account and its ledger entry, and then vault and trail hear that
 * it is kept. Whatever dies in between is settled by intake_settle: the core's word counts.
 *
 * Life:     intake_open -> routes, intake_settle at start and each minute -> intake_close.
 * Shapes:   batches of up to 2^20 rows; some at a time, one of a feed and sender's number.
 * Memory:   a push holds its rows in an arena of its own until it is answered.
 * Threads:  handlers from many; settle and tick from one.
 * Errors:   those of vault, trail and the database.
 * Source:   docs/adr/0018-intake.md
 */
#ifndef INTAKE_INTAKE_H
#define INTAKE_INTAKE_H
#include "access/access.h"
#include "base/dice.h"
#include "crypt/crypt.h"
#include "record/record.h"

struct db;
struct trail;
struct tx;
struct vault;

struct intake;
struct intake_options {
	struct db *db;
	const struct record_book *book;
	struct vault *vault; /* NULL: there is none, and no names come in */
	struct trail *trail; /* NULL: there is none, and no visits come in */
	const struct zone *zone;
	const struct crypt_key *secret;    /* of the house; ours are derived from it */
	const struct crypt_signer *signer; /* of grants for reviewers */
	const struct crypt_random *chance;
};
/* The options' members are borrowed until intake_close. */
MUST_CHECK enum err intake_open(const struct intake_options *o, struct intake **ret,
				struct fault *f);
/* The trail is opened when the house is; before that no visits come in. */
void intake_trail(struct intake *in, struct trail *trail);
void intake_close(struct intake **in); /* for CLEANUP() */
struct route_list intake_routes(const struct intake *in);

extern const struct noun *const intake_nouns[];
extern const size_t intake_nouns_n;

/* Keep in the vault what the core has, drop there what it has not. */
MUST_CHECK enum err intake_settle(struct intake *in, struct fault *f);
/*
 * Feeds that are silent since `now`: an entry in the ledger for each that was not before. One that
 * was due while the house was down has some minutes, of its first tick on, to speak. `steady` is a
 * clock that nobody sets: by it a leap of the wall's is seen, either way.
 */
struct intake_clocks { struct utc_s now, steady; };
typedef void intake_silent(void *arg, struct area_code county, int64_t feed);
MUST_CHECK enum err intake_tick(struct intake *in, const struct intake_clocks *t,
				intake_silent *each, void *arg, struct fault *f);

/* A feed that a tick found silent and that has not spoken since. */
struct intake_silence {
	int64_t feed;
	struct area_code area;
	const struct choice *brings;
	int64_t every_min;
};
struct intake_silences {
	VEC(struct intake_silence) of;
};
/* Those about which nobody was asked yet. */
MUST_CHECK enum err intake_silences(struct tx *tx, struct intake_silences *ret, struct fault *f);
/* In the transaction that asks: *ret false, it has spoken, or somebody was. */
MUST_CHECK enum err intake_silence_ask(struct tx *tx, const struct intake_silence *x, bool *ret,
				       struct fault *f);

/* I8: each batch's account adds up with what is stored of it. */
struct intake_report {
	uint64_t batches, wrong;
	int64_t first_wrong; /* a batch, or 0 */
};
MUST_CHECK enum err intake_fsck(struct db *db, const struct record_book *book,
				struct intake_report *ret, struct fault *f);
#endif
