/*
 * verify.h - is the ledger whole? Every entry, every head, every signature, and if asked the rows
 * that the entries speak of.
 *
 * It trusts no list, no setting and no key of the house. What it starts from is the first key in
 * the file of heads, whose fingerprint it tells: compare it with the one that was written down
 * when the house was founded, or give a file of heads that was kept elsewhere.
 *
 *     whole         everything fits
 *     broken        something was changed, taken out or put in; the first place is named
 *     forked        another file of heads tells another history, both of them signed
 *     tail missing  what was signed is there no more, from some place on
 *
 * A ledger that went back after a restore is whole if two people approved it, and it is told.
 *
 * It cannot see that entries were taken away which no head covers yet (a minute's worth), nor what
 * was never written. The README of this room says who can do what.
 *
 * Shapes:   a page of entries a thread in memory; 1 us of a core an entry on SQLite. A county
 *           is one thread's; the objects are asked of by all of them.
 * Errors:   those of reading. What is wrong with the ledger is no error but a verdict.
 */
#ifndef LEDGER_VERIFY_H
#define LEDGER_VERIFY_H
#include "base/area.h"
#include "base/base.h"
#include "base/text.h"
#include "ledger/ledger.h"

struct db;
struct json;
struct tx;

/* The numbers are the exit codes of `outpost verify`. */
enum verify_verdict {
	VERIFY_WHOLE = 0,
	VERIFY_BROKEN = 4,
	VERIFY_FORKED = 5,
	VERIFY_TAIL_MISSING = 6
};
const char *verify_word(enum verify_verdict v);

/* What a kind of object must look like now, asked of the room that keeps it. */
struct verify_object {
	struct str object;
	/* Is it as its last entry with a version left it? An `after` without a hash: gone. */
	enum err (*same)(struct tx *tx, const struct ledger_entry *last, void *arg, bool *ret_same,
			 struct fault *f);
	/*
	 * Are the objects of an entry that speaks of many (object 0, with an `after`) as it left
	 * them, but for what later entries changed? *ret_untouched: how many no other entry speaks
	 * of. NULL: there are no such entries.
	 */
	enum err (*many)(struct tx *tx, const struct ledger_entry *en, void *arg, bool *ret_same,
			 uint64_t *ret_untouched, struct fault *f);
	/* How many of them the county has; NULL: nobody counts. */
	enum err (*count)(struct tx *tx, struct area_code county, void *arg, uint64_t *ret,
			  struct fault *f);
	/* The next county after `last` that has any, INT64_MAX: none; NULL with `count`. */
	enum err (*next)(struct tx *tx, int64_t last, void *arg, int64_t *ret, struct fault *f);
	void *arg;
};

enum { VERIFY_FINGERPRINT_BYTES = 40 + 1, VERIFY_SILENCE_S = 180 };

struct verify_ask {
	struct db *db;
	const char *heads;       /* the file of the house; NULL: heads are not asked for */
	const char *against;     /* one that was kept elsewhere; NULL */
	const char *fingerprint; /* of the first key; NULL: told, and not held against anything */
	struct utc_s alive_at;   /* the house should be running now; 0: it need not */
	const struct verify_object *objects;
	size_t n_objects;
	unsigned threads; /* at most so many read at once; 0: one */
};

struct verify_report {
	enum verify_verdict verdict;
	char zh[FAULT_TEXT_BYTES], en[FAULT_TEXT_BYTES]; /* why; empty if whole */
	/* Where, as far as it can be said; 0 where it cannot. */
	struct area_code county;
	int64_t seq, head;
	struct str object; /* of objects[i] */
	int64_t object_id;

	uint64_t counties, entries, heads, objects;
	uint64_t uncovered; /* entries that no head covers yet */
	uint64_t silences;  /* longer than VERIFY_SILENCE_S without a head, and no stop before */
	int64_t silence_s_max;
	/* Heads that went back after a restore, the last of them, and entries that they gave up. */
	uint64_t restores, given_up;
	struct utc_s restored_at;
	uint64_t set_back; /* times that the clock was set back, as told by entries and heads */
	uint64_t torn;     /* lines that were not written whole */
	struct utc_s last_head_at;
	char fingerprint[VERIFY_FINGERPRINT_BYTES]; /* "" without heads */
};

/* How a key is told apart by people: written down when the house is founded. */
MUST_CHECK enum err verify_fingerprint(const struct crypt_public *key,
				       char ret[VERIFY_FINGERPRINT_BYTES]);
MUST_CHECK enum err verify_run(const struct verify_ask *ask, struct verify_report *ret,
			       struct fault *f);
/* The report as the members of a JSON object that is open. */
void verify_tell(const struct verify_report *r, struct json *j);

#endif
