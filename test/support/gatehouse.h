/*
 * gatehouse.h - all that a push goes through: a desk with people, feeds, a vault in its process, a
 * trail, and the gate. For tests of intake, on both databases.
 *
 *     static void a_batch_adds_up(void **state)
 *     {
 *             GATEHOUSE(g);
 *             gatehouse_push(&g, FEED_COUNTS, "b1", "", "day,confirmed_total\n2026-09-01,3\n", &a);
 *     }
 *     const struct CMUnitTest tests[] = { AT_THE_GATE(a_batch_adds_up) };
 */
#ifndef TEST_SUPPORT_GATEHOUSE_H
#define TEST_SUPPORT_GATEHOUSE_H
#include "intake/inside.h"
#include "support/database.h"
#include "support/desk.h"
#include "support/trails.h"
#include "support/vaulted.h"

struct gatehouse {
	struct database *d;
	struct desk k;
	struct vaulted *v;
	struct trails t;
	struct record_book *book;
	struct intake *in;
	struct crypt_key secret;
	struct visitor lead, investigator, doctor, other;
	int64_t feed[FEED_BRINGS_N]; /* of 430802, one of each kind */
};
void gatehouse_open(struct gatehouse *g, struct database *d);
void gatehouse_close(struct gatehouse *g);
/* As the program ends and begins anew: all but the vault, which goes on. */
void gatehouse_stop(struct gatehouse *g);
void gatehouse_start(struct gatehouse *g);
#define GATEHOUSE(g) \
	struct database *d = *state; \
	CLEANUP(gatehouse_close) struct gatehouse g; \
	gatehouse_open(&g, d)

int gatehouse_on_sqlite(void **state);
int gatehouse_on_postgresql(void **state);
int gatehouse_gone(void **state);
#define AT_THE_GATE_SQLITE(test) \
	{ \
#test " (SQLite)", test, gatehouse_on_sqlite, gatehouse_gone, NULL \
	}
#define AT_THE_GATE(test) \
	AT_THE_GATE_SQLITE(test), \
	{ \
#test " (PostgreSQL)", test, gatehouse_on_postgresql, gatehouse_gone, NULL \
	}

/* A new feed in an area; `more` is JSON that follows the usual keys, as ",\"every_min\":60". */
int64_t gatehouse_feed(struct gatehouse *g, enum feed_brings b, const char *area, const char *more);
/* The lead pushes it to a feed, `query` as "?dry=1". */
void gatehouse_push_to(struct gatehouse *g, int64_t feed, const char *id, const char *query,
		       const char *body, struct answer *ret);
void gatehouse_push(struct gatehouse *g, enum feed_brings b, const char *id, const char *query,
		    const char *body, struct answer *ret);
/* A number of the answer's account, or another key of it; INT64_MIN if it is not there. */
int64_t gatehouse_number(const struct gatehouse *g, const struct answer *a, const char *key);
/* The account of an answer is this one; on a mismatch the answer is shown. */
void gatehouse_account(const struct gatehouse *g, const struct answer *a, int64_t in,
		       int64_t accepted, int64_t refused, int64_t duplicate);
int64_t gatehouse_batch(const struct gatehouse *g, const struct answer *a);
/* Recall it; the status. */
int gatehouse_recall(struct gatehouse *g, int64_t batch);
/* I8 holds, and the vault has nothing staged. */
void gatehouse_sound(struct gatehouse *g);
int64_t gatehouse_scalar(struct gatehouse *g, const char *sql); /* its one number */
/* How many rows a table has. */
int64_t gatehouse_count(struct gatehouse *g, const char *table);
/* All that is stored by what came in, as text: for states that must be equal. mem_drop it. */
char *gatehouse_state(struct gatehouse *g);
#endif
