/*
 * epidemic.h - cases, and what a confirmed one allows: for whoever puts the house together.
 *
 * Life:     epidemic_open -> routes and nouns at work -> epidemic_close. epidemic_settle at start,
 *           and whenever the vault came back: what a killed run had left staged there.
 * Threads:  read-only after epidemic_open.
 */
#ifndef EPIDEMIC_EPIDEMIC_H
#define EPIDEMIC_EPIDEMIC_H
#include "access/route.h"
#include "loop/loop.h"
#include "record/record.h"
#include "trail/trail.h"

struct intake;
struct ledger_entry;
struct vault;

struct epidemic_options {
	struct db *db;
	struct record_book *book;
	struct trail *trail;
	struct loop *loop;
	const struct intake *intake; /* whose feeds are asked */
	struct vault *vault;         /* NULL: nobody can be registered by name, nor resolved */
	const struct crypt_signer *signer; /* the house's, of warrants and grants */
	const struct zone *zone;
};
struct epidemic;
MUST_CHECK enum err epidemic_open(const struct epidemic_options *o, struct epidemic **ret);
void epidemic_close(struct epidemic **e); /* for CLEANUP() */
/* Cases go on under new pseudonyms, as visits do: pairs as trail_renew left them, in order. */
MUST_CHECK enum err epidemic_renew(struct epidemic *e, const struct trail_pair *pair, size_t n,
				   struct fault *f);
/* What was just committed, for dispatch_options.acted: whom a new case is about is kept. */
void epidemic_acted(struct epidemic *e, const struct ledger_entry *act);
/*
 * Keep in the vault whom a case of ours is about, and drop what was staged for a case that never
 * came to be, once it is ten minutes old. Batches that other rooms number are above ours.
 */
#define EPIDEMIC_BATCH_END ((int64_t)1 << 62)
MUST_CHECK enum err epidemic_settle(struct epidemic *e, struct utc_s now, struct fault *f);
/* What answers told of days whose keys are gone is deleted: nothing opens it. Each minute or so. */
MUST_CHECK enum err epidemic_expire(struct epidemic *e, struct fault *f);
/* Measures whose hard end has come end, and appeals against what has ended; every beat. */
MUST_CHECK enum err epidemic_tick(struct epidemic *e, struct utc_s now, struct fault *f);

/* For loop_options: a task about a contact, or an appeal against a measure, took a step. */
MUST_CHECK enum err contact_task_step(struct call *c, struct tx *tx, const struct record_book *book,
				      int64_t contact, const struct loop_step *s, struct utc_s now,
				      struct fault *f);
MUST_CHECK enum err measure_task_step(struct call *c, struct tx *tx, const struct record_book *book,
				      int64_t measure, const struct loop_step *s, struct utc_s now,
				      struct fault *f);
/* What call->house points to begins with this. */
struct epidemic_house {
	struct loop_house loop; /* first, since what lies below looks for its own there */
	struct epidemic *epidemic;
};

extern const struct route_list epidemic_routes;
extern const struct noun *const epidemic_nouns[];
extern const size_t epidemic_nouns_n;

#endif
