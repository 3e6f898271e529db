/*
 * inside.h - what the files of this room share. For src/intake alone.
 */
#ifndef INTAKE_INSIDE_H
#define INTAKE_INSIDE_H
#include <pthread.h>

#include "db/db.h"
#include "intake/batch.h"
#include "intake/feed.h"
#include "intake/finding.h"
#include "intake/intake.h"
#include "intake/judge.h"
#include "intake/question.h"
#include "ledger/merkle.h"
#include "vault/vault.h"

enum {
	TOLD_REFUSED = 200, /* in an answer; a route gives all that are kept */
	TOLD_FINDINGS = 100,
	KEPT_REFUSED = 10000, /* with the batch */
	KEPT_FINDINGS = 10000
};

struct intake {
	struct intake_options o;
	struct crypt_key digest_key, held_key;
	struct route *route;
	size_t n_routes;
	pthread_mutex_t lock;
	pthread_cond_t freed;
	VEC(int64_t) under_way; /* keys of batches that somebody works at */
	struct utc_s began;     /* the first tick, or that of a clock set back; 0: there was none */
	struct utc_s leapt;     /* when the clock leapt ahead, unless it was set back since; or 0 */
	struct utc_s ticked, steady; /* both clocks at the last one */
};
/* The {id} of a path, if it is a feed or batch that the caller's areas cover. */
MUST_CHECK enum err intake_feed(struct call *c, struct tx *tx, int64_t id, struct feed **ret,
				struct fault *f);
MUST_CHECK enum err intake_batch(struct call *c, struct tx *tx, struct batch **ret,
				 struct fault *f);
MUST_CHECK enum err intake_hash(const struct noun *n, const void *row, struct crypt_hash *ret);
/* Of a row as it came in: what it is, or what its first change began from. */
struct brought;
MUST_CHECK enum err intake_hash_at_first(struct tx *tx, const struct noun *n,
					 const struct brought *b, struct crypt_hash *ret,
					 struct fault *f);
/* Of the tree over a batch: H(0 | hash of the row as it came in). */
void intake_leaf(struct crypt_hasher *h, const struct crypt_hash *row, struct merkle_node *ret);

/* What vault and trail call a batch: the same when it comes again. Above all ids of rows, by which
 * other rooms call theirs: nobody settles what is another's. */
#define INTAKE_KEY_FROM ((int64_t)1 << 62)
int64_t intake_key(int64_t feed, struct str sender_id);
/* Nobody else works at it until intake_leave. ERR_BUSY: somebody does, for too long. */
MUST_CHECK enum err intake_enter(struct intake *in, int64_t key, struct fault *f);
void intake_leave(struct intake *in, int64_t key);
bool intake_is_under_way(struct intake *in, int64_t key);
/* Hold vault and trail to what the core has of this batch. */
MUST_CHECK enum err intake_settle_one(struct intake *in, int64_t key, struct fault *f);

/* Statements of the noun that a feed's rows are of. */
struct brought_sql {
	const struct sql *drop, *repeat;
};
struct brought_sql intake_brought_sql(enum feed_brings b);

/* ---- a push ---- */
struct push {
	struct intake *in;
	const struct who *who;
	struct utc_s now;
	struct feed feed;
	struct str sender_id, body;
	char digest[2 * CRYPT_RAW_BYTES + 1];
	int64_t rows; /* that the sender says there are */
	int64_t key;
	bool entered, staged, dry;
	bool last;                       /* of the batches that answer a question */
	struct str token;                /* of the question that it answers; empty: none */
	const struct question *question; /* question.h; NULL: none */
	struct arena *a;                 /* of the push: what is below, and the feed's texts */
	struct judged judged;
	struct vault_staged_row *person; /* of each accepted row; NULL: none was asked for */
	struct visits *visits;           /* visits.h */
	struct batch *release;           /* a held batch that comes in now; NULL: a new one */
	/* made by push_keep, anew each time it runs */
	struct batch batch;
	struct findings findings;
	bool again, kept, answers;
	enum question_state told; /* of its question after this batch; 0: see `question` */
	int64_t closed;           /* the question that a repeat closes; 0: none */
};
/* Read, judge and stage. On an error push_end is owed too. */
MUST_CHECK enum err push_begin(struct push *p, struct fault *f);
/* Whom the accepted rows are about: staged in the vault, or only tried there. */
MUST_CHECK enum err push_people(struct push *p, struct fault *f);
/* In the transaction: store it with its account. The ledger's entry is left to the caller. */
MUST_CHECK enum err push_keep(struct push *p, struct tx *tx, struct fault *f);
/* The batch's bytes wait for a person instead. */
MUST_CHECK enum err push_hold(struct push *p, struct tx *tx, struct str why, struct fault *f);
/* It waits no more and says nothing: its question is open again, if it said anything when held. */
MUST_CHECK enum err push_hold_gone(struct call *c, struct tx *tx, const struct batch *held,
				   struct fault *f);
/* Count what push_keep would find: for a dry run. */
MUST_CHECK enum err push_try(struct push *p, struct tx *tx, struct fault *f);
/* After the transaction, or without one: tell vault and trail, give back what was taken. */
void push_end(struct push *p, bool committed);
/* Over the feed's budget of trust? *ret: the sentence, in both languages; else empty. */
MUST_CHECK enum err push_over_budget(struct push *p, struct tx *tx, char ret[200], struct fault *f);

/* Parts of push_keep that others share. */
/* Has it said anything? Rows that were all refused have not; none at all say "nobody". */
static inline bool push_says(const struct batch *b)
{
	return !b->rows_in || b->accepted + b->duplicate > 0;
}
/* What the batch, counted by now, says to its question: here it is settled what closes it. */
struct question_answer push_says_to(struct push *p, bool held);
void push_batch_begin(struct push *p, enum batch_state state);
MUST_CHECK enum err push_batch_put(struct push *p, struct tx *tx, struct fault *f);
MUST_CHECK enum err push_refused_put(struct push *p, struct tx *tx, struct fault *f);
MUST_CHECK enum err push_key_put(struct push *p, struct tx *tx, struct fault *f);
MUST_CHECK enum err push_saw(struct push *p, struct tx *tx, struct fault *f);
/* The stored row that others with this digest repeat; 0: there is none. */
MUST_CHECK enum err push_first(struct push *p, struct tx *tx, int64_t digest, int64_t *ret,
			       struct fault *f);

/* ---- question.c ---- */
/* The places and times of q->county and q->id; days that are over are left out. */
MUST_CHECK enum err question_places(const struct intake *in, struct tx *tx, struct question *q,
				    struct arena *a, struct fault *f);

/* ---- over HTTP ---- */
struct ledger_entry;
/* Read, judge and stage a push to this feed, if the caller may. On an error push_end is owed. */
MUST_CHECK enum err push_open(struct call *c, struct push *p, int64_t feed, struct fault *f);
/* The account as JSON, left open for a receipt. */
void push_answer(struct call *c, const struct push *p);
MUST_CHECK enum err push_entry(struct push *p, const char *action, struct ledger_entry *ret);
/* An entry for the question, if the push has answered one. */
MUST_CHECK enum err push_answered(struct call *c, struct tx *tx, const struct push *p,
				  struct fault *f);

extern const struct route intake_push_rows[], intake_held_rows[], intake_recall_rows[],
	intake_health_rows[], intake_review_rows[], intake_question_rows[];
extern const size_t intake_push_rows_n, intake_held_rows_n, intake_recall_rows_n,
	intake_health_rows_n, intake_review_rows_n, intake_question_rows_n;
#endif
