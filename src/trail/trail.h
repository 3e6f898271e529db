/*
 * trail.h - visits in the house: durable, visible to the next trace, sealed, and gone in time.
 *
 * A batch's visits become rows of visit_pack in the transaction that accepts the batch, a row for
 * each local day, sealed under that day's key from the first moment. The keys lie in one file
 * outside the database and outside every backup; a day's visits end with its key. Everything else
 * here follows from the packs and can be made again: the set that traces ask, the segments on
 * disk, the numbers of people and places.
 *
 *     before the act:   trail_check(&v, now, since, &fault)           each row: may it come in?
 *     in the act:       trail_keep(t, tx, batch, v, n, fate, f)      once for a batch
 *     after it:         trail_kept(t, batch)  or  trail_undone(t, batch)
 *     a recall's act:   trail_withdraw(t, tx, batch, &sum, f)
 *     after it:         trail_withdrawn(t, batch)  or  trail_undone(t, batch)
 *
 * A pack holds all that its batch brought, also what another batch had brought before: so when
 * that one is recalled, this one's visits are still there, and the state is what it would have
 * been.
 *
 * Life:     trail_open reads what is stored -> the above from any thread -> trail_close.
 * Shapes:   10^8 visits; batches of up to 2^20, best some 10,000. A visit lasts at most 31 days.
 * Units:    local days by the zone, counted from 1970-01-01; a visit is of the day of its `from`.
 * Memory:   16 to 32 bytes a visit, while it is not in a segment 100 more.
 * Threads:  all functions from any thread; keep and withdraw inside their act.
 * Errors:   ERR_RANGE a visit that may not come in, the fault says why; ERR_EXISTS a batch that
 *           has visits already; ERR_CORRUPT a pack that its key does not open.
 * Source:   docs/adr/0016-trail.md
 */
#ifndef TRAIL_TRAIL_H
#define TRAIL_TRAIL_H
#include "base/area.h"
#include "base/dice.h"
#include "base/text.h"
#include "base/when.h"
#include "crypt/crypt.h"

struct db;
struct tx;
struct trail;

enum {
	TRAIL_WORD_BYTES_MAX = 64,
	TRAIL_CALLED_BYTES_MAX = 400,
	TRAIL_VISIT_DAYS_MAX = 31,
	TRAIL_BATCH_MAX = 1 << 20,
};

enum trail_by {
	TRAIL_BY_ENGINE, /* over segments and what is in memory */
	TRAIL_BY_SQL     /* PostgreSQL looks among rows: docs/adr/0027-sql-path.md */
};
struct trail_options {
	struct db *db;
	const char *dir;         /* DIR/trail: segments, derived */
	const char *keys;        /* DIR/keys/days: the live key file */
	const struct zone *zone; /* all three borrowed until trail_close */
	struct area_code county; /* the house's own */
	enum crypt_suite suite;  /* of new keys */
	const struct crypt_random *chance;
	enum trail_by by; /* how a trace is answered; the answer is the same */
};
/* ERR_USAGE: SQLite, asked to trace by SQL. */
MUST_CHECK enum err trail_open(const struct trail_options *o, struct trail **ret, struct fault *f);
void trail_close(struct trail **t); /* for CLEANUP() */

/*
 * A place by what its sender calls it: the same for the same two texts, in every house, whether or
 * not anybody told us its name and area (trail/place.h).
 */
struct trail_place {
	int64_t v; /* 63 bits, > 0 */
};
MUST_CHECK enum err trail_place_of(struct str sender, struct str key, struct trail_place *ret);

struct trail_visit {
	int64_t person; /* vault_pseudonym's, > 0 */
	struct trail_place place;
	struct utc_s from, to; /* to may be TRACE_STILL */
	struct str seat, role; /* as written; may be empty */
	struct str kind;       /* of the place, a word of the profiles; may be empty */
	struct str called; /* the place, by its sender: trail_place_of(sender, called); or empty */
};

/* A batch by its id and the county whose books it is in. */
struct trail_batch {
	struct area_code county;
	int64_t id;
};

enum trail_fate {
	TRAIL_NEW,
	TRAIL_KNOWN,   /* another batch brought the same visit */
	TRAIL_REPEATED /* an earlier row of this batch is the same */
};

/* Visits that began before this are over their time. */
struct utc_s trail_since(const struct trail *t, struct utc_s now);
/*
 * May this visit come in? ERR_RANGE with a sentence and the field: times, age, seat, numbers.
 * `since` is trail_since's, asked once for a batch.
 */
MUST_CHECK enum err trail_check(const struct trail_visit *v, struct utc_s now, struct utc_s since,
				struct fault *f);
/* Of n > 0 checked visits; one that cannot come in fails the whole, with its index as `where`. */
MUST_CHECK enum err trail_keep(struct trail *t, struct tx *tx, struct trail_batch b,
			       const struct trail_visit *v, size_t n, enum trail_fate *ret,
			       struct fault *f);
/* After the commit: the next trace sees them. What it cannot do now it does before that. */
void trail_kept(struct trail *t, struct trail_batch b);
/* The act did not happen, or nobody knows. */
void trail_undone(struct trail *t, struct trail_batch b);

struct trail_sum {
	uint64_t packs, visits;
	uint32_t days;
	int32_t first_day, last_day;
};
/* What a recall would take back. Zeros for a batch without visits. */
MUST_CHECK enum err trail_preview(struct tx *tx, struct trail_batch b, struct trail_sum *ret,
				  struct fault *f);
MUST_CHECK enum err trail_withdraw(struct trail *t, struct tx *tx, struct trail_batch b,
				   struct trail_sum *ret, struct fault *f);
void trail_withdrawn(struct trail *t, struct trail_batch b);

/*
 * What somebody else keeps of a day's visits (a trace's proof) is sealed under that day's key, so
 * that it ends with them. ERR_ABSENT: the day has no key, or has none any more.
 */
struct trail_part {
	struct area_code county;
	int64_t of; /* the trace */
	int32_t day;
};
/* The newest day with a key that is not after this instant's; its own if there is none. */
int32_t trail_day(struct trail *t, struct utc_s at);
MUST_CHECK enum err trail_part_seal(struct trail *t, struct trail_part at, struct str plain,
				    struct buf *out);
MUST_CHECK enum err trail_part_open(struct trail *t, struct trail_part at, struct str sealed,
				    struct buf *out);

/*
 * An epoch of pseudonyms is over (vault_epoch_change): every visit under `old` is from now on under
 * `now`, in the packs, in memory and in segments. May be said again until it worked; `pair` is
 * sorted by it.
 */
struct trail_pair {
	int64_t old, now;
};
MUST_CHECK enum err trail_renew(struct trail *t, struct trail_pair *pair, size_t n,
				struct fault *f);

/* Each second or so, from one thread: days whose tail has grown or rests go into a segment. */
MUST_CHECK enum err trail_tick(struct trail *t, struct fault *f);

/* For fsck: is what lies in the segments what the packs say? No trail need be open. */
struct trail_report {
	uint64_t segments, wrong;
};
MUST_CHECK enum err trail_look(const struct trail_options *o, struct trail_report *ret,
			       struct fault *f);

struct trail_counts {
	uint64_t visits;   /* that a trace sees */
	uint64_t unsealed; /* of them, not in a segment yet */
	uint64_t persons, places;
	uint32_t days, segments;
};
MUST_CHECK enum err trail_count(struct trail *t, struct trail_counts *ret, struct fault *f);

#endif
