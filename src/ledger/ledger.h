/*
 * ledger.h - who did what to which object under which purpose, in a chain that shows every cut.
 *
 * An entry is written in the transaction of the act it tells of: no entry, no act. Reads of
 * official and personal data are entries too. Each county has a chain of its own: entry seq of a
 * county holds the hash of entry seq - 1. heads.h signs where the chains stand, each minute;
 * verify.h holds everything against everything. There is no verb to change or remove an entry.
 *
 *     struct ledger_entry en = { .county = county, .at = now, .kind = LEDGER_ACT, .actor = 17,
 *                                .purpose = STR("duty"), .object = STR("organisation"),
 *                                .object_id = 4, .version = 2, .action = STR("suspend"),
 *                                .before = h1, .after = h2 };
 *     e = ledger_append(tx, &en, &receipt, f);
 *
 * Life:     an entry is a plain value whose texts are borrowed.
 * Shapes:   some 160 bytes an entry; appending 12 us in a transaction, verifying 1 us.
 * Units:    seq counts from 1 in each county, without a gap.
 * Errors:   ERR_RANGE an entry that says too much or too little; the fault names the field.
 *           ERR_CORRUPT the chain's end does not fit; whatever the database says.
 * Source:   docs/adr/0007-ledger.md; RFC 6962.
 */
#ifndef LEDGER_LEDGER_H
#define LEDGER_LEDGER_H
#include "base/area.h"
#include "base/base.h"
#include "base/text.h"
#include "crypt/crypt.h"

struct tx;

enum ledger_kind {
	LEDGER_ACT = 1, /* something was changed, or done */
	LEDGER_READ,    /* something was shown */
	LEDGER_REFUSED  /* somebody tried what was not theirs to do */
};
const char *ledger_kind_word(enum ledger_kind k);

enum { LEDGER_WORD_MAX = 64, LEDGER_DETAIL_MAX = 1000, LEDGER_ENTRY_BYTES_MAX = 1500 };

/*
 * How a number of ours is written in `matter` and `detail`: with twenty digits. Ids of rows have
 * eighteen, and one in some 15,000 would be taken for somebody's ID number.
 */
#define LEDGER_ID "%020lld"

/* A hash that says nothing: no object before, or none after. */
#define LEDGER_NO_HASH ((struct crypt_hash){ { 0 } })

struct ledger_entry {
	struct area_code county; /* area_county() of the object: whose chain */
	int64_t seq;             /* ledger_append gives it */
	struct utc_s at;
	enum ledger_kind kind;
	int64_t actor, session; /* an account and its session; 0: nobody, or the clock */
	struct str purpose;     /* a word: "duty" */
	struct str matter;      /* the case, task or paper it was done for; may be empty */
	struct str object;      /* what kind of thing: a noun's name */
	int64_t object_id;      /* 0: no single one */
	struct str action;      /* a word: "suspend", "list", "sign-in" */
	/*
	 * The version that the object has after this entry, counted from 1; 0 if the entry did not
	 * change it. The last entry with a version tells what the object must look like now.
	 */
	int64_t version;
	struct crypt_hash before, after; /* of the object */
	/*
	 * "rows=17 file=9a0c": short, for people and programs, at most LEDGER_DETAIL_MAX bytes and
	 * never anything personal. What looks like a mobile phone or an ID number is refused.
	 */
	struct str detail;
};

/* What the one who acted takes home: enough to prove it later, against whoever forgets. */
struct ledger_receipt {
	struct area_code county;
	int64_t seq;
	struct utc_s at;
	int64_t head_due;       /* the entry is under this signed head at the latest */
	struct crypt_hash hash; /* of the entry, and so of all before it in its county */
};

/*
 * Append to the chain of en->county and fill en->seq. If the clock was set back by more than 2 s
 * since the county's last entry, an entry that says so goes in between. `ret` may be NULL.
 */
MUST_CHECK enum err ledger_append(struct tx *tx, struct ledger_entry *en,
				  struct ledger_receipt *ret, struct fault *f);
/* The same for something that was shown: kind, action ("read" if empty) and version are set. */
MUST_CHECK enum err ledger_read(struct tx *tx, struct ledger_entry *en, struct ledger_receipt *ret,
				struct fault *f);

/* Which suite new entries are hashed with, from now on. The first is CRYPT_WORLD. */
MUST_CHECK enum err ledger_use_suite(struct tx *tx, enum crypt_suite suite, struct fault *f);

/* ---- asking ---- */
typedef enum err ledger_each(const struct ledger_entry *en, const struct crypt_hash *hash,
			     void *arg, struct fault *f);
struct ledger_page {
	struct area_code county;
	int64_t before_seq; /* only entries before this one; 0: from the newest on */
	int64_t limit;      /* 1 .. LEDGER_PAGE_MAX */
};
enum { LEDGER_PAGE_MAX = 1000 };
/* Newest first. Texts live as long as the call. */
MUST_CHECK enum err ledger_list(struct tx *tx, const struct ledger_page *page, ledger_each *each,
				void *arg, struct fault *f);
/* Who did what to this object, and who read it. */
MUST_CHECK enum err ledger_of_object(struct tx *tx, const struct ledger_page *page,
				     struct str object, int64_t object_id, ledger_each *each,
				     void *arg, struct fault *f);
/* What this account did and read in this county. */
MUST_CHECK enum err ledger_of_actor(struct tx *tx, const struct ledger_page *page, int64_t actor,
				    ledger_each *each, void *arg, struct fault *f);
/* The entry that left this object with that version. ERR_ABSENT. */
MUST_CHECK enum err ledger_of_version(struct tx *tx, struct area_code county, struct str object,
				      int64_t object_id, int64_t version, ledger_each *each,
				      void *arg, struct fault *f);
/* One entry. ERR_ABSENT. */
MUST_CHECK enum err ledger_at(struct tx *tx, struct area_code county, int64_t seq,
			      ledger_each *each, void *arg, struct fault *f);

/* ---- receipts ---- */
/*
 * OPR1-... : base64url with a check, so that a slip of the pen is noticed. It proves something only
 * together with a signed head that covers it (verify.h).
 */
void ledger_receipt_text(const struct ledger_receipt *r, struct buf *out);
/* ERR_SYNTAX: not a receipt, or not copied well. */
MUST_CHECK enum err ledger_receipt_parse(struct str s, struct ledger_receipt *ret);
/* Is the entry there, as the receipt says? ERR_ABSENT it is gone, ERR_CORRUPT it is another. */
MUST_CHECK enum err ledger_receipt_check(struct tx *tx, const struct ledger_receipt *r,
					 struct fault *f);

#endif
