/*
 * chain.h - one county's chain, taken entry by entry as it lies in the table, and judged.
 *
 * Both who signs heads and who verifies walks through entries by chain_take, so that nothing is
 * signed that would not verify. Private to the room.
 */
#ifndef LEDGER_CHAIN_H
#define LEDGER_CHAIN_H
#include "ledger/ledger.h"

struct rows;

enum chain_wrong {
	CHAIN_FINE,
	CHAIN_GAP,     /* one or more entries before it are not there */
	CHAIN_TWICE,   /* its number was there already */
	CHAIN_BYTES,   /* its bytes are no entry */
	CHAIN_COLUMNS, /* the columns beside the bytes say something else */
	CHAIN_HASH,    /* its hash is not that of its bytes and all before */
	CHAIN_CLOCK /* it is older than the one before, and no entry says that the clock was set */
};
const char *chain_wrong_zh(enum chain_wrong w);
const char *chain_wrong_en(enum chain_wrong w);

enum { CHAIN_CLOCK_SLACK_S = 2 };
#define CHAIN_CLOCK_OBJECT "clock"
#define CHAIN_CLOCK_ACTION "set-back"

struct chain_row { /* the columns of ledger_entry, less the county */
	int64_t seq;
	struct utc_s at;
	int64_t actor;
	struct str object;
	int64_t object_id, version;
	struct str bytes, hash;
};
struct chain_row chain_row_of(struct rows *r);

struct chain {
	struct crypt_hasher *const *hasher; /* by suite */
	struct area_code county;
	int64_t seq; /* of the last one taken */
	struct utc_s at;
	struct crypt_hash hash;
	uint64_t set_back; /* entries that tell of a clock set back */
};
/* Begin after entry `seq` with this hash; seq 0 and no hash: at the first. */
void chain_begin(struct chain *c, struct crypt_hasher *const *hasher, struct area_code county,
		 int64_t seq, const struct crypt_hash *hash);
/* ret holds the entry if its bytes are one. After anything but CHAIN_FINE the chain is over. */
enum chain_wrong chain_take(struct chain *c, const struct chain_row *row, struct ledger_entry *ret);
/*
 * Walk from the chain's place through the table, to entry `to` or the end. What is wrong is told in
 * ret_bad and no error; `each` is called for every entry that fits.
 */
struct chain_bad { enum chain_wrong wrong; int64_t seq; };
typedef enum err chain_each(const struct chain *c, const struct ledger_entry *en, void *arg,
			    struct fault *f);
MUST_CHECK enum err chain_walk(struct tx *tx, struct chain *c, int64_t to, chain_each *each,
			       void *arg, struct chain_bad *ret_bad, struct fault *f);
bool chain_tells_of_clock(const struct ledger_entry *en);

#endif
