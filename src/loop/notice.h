/*
 * notice.h - how what a task says reaches a person, for certain.
 *
 * A step of a task leaves what is to be told in task_notice, in its own transaction. notice_tick
 * finds the people of the party that is meant - those on watch first, then who is in charge, then
 * everybody else who may do tasks there - and gives each a row of `notice`, once. What is urgent
 * wants a confirmation; where none comes, or no channel gets through, the fall-back is told: the
 * duty holder's substitute, else the level above. Where nobody is found the level above is told
 * instead; where nobody is there either, it stands on a list until somebody is.
 *
 * The console shows each notice; channels (channel.h) fold what comes to a person in one minute
 * into one message, and keep quiet hours, but never about what is urgent.
 *
 * Life:     notices_open -> routes, notice_tick each second -> notices_close.
 * Memory:   a tick takes an arena and gives it back.
 * Threads:  notice_tick from one; the rest from many.
 * Errors:   those of the database. A tick that failed is done again by the next: nothing is told
 *           twice, since a person has one row a key.
 * Source:   docs/adr/0028-notices.md
 */
#ifndef LOOP_NOTICE_H
#define LOOP_NOTICE_H
#include "access/route.h"
#include "base/when.h"
#include "record/record.h"

struct db;
struct tx;

struct notices;
struct notices_options {
	struct db *db;
	struct record_book *book;
	const struct zone *zone;
	bool mail, webhook; /* which channels are on */
	bool phone;         /* the webhook's template wants a telephone number */
	unsigned tries;     /* of a message, before the fall-back is told */
	const char *name;   /* of the house, in messages */
	const char *link;   /* by which people reach the console, "https://..."; "": none */
	/* Open pages of that person may hear of it; after the commit. May be NULL. */
	void (*told)(void *arg, int64_t account, int64_t notice);
	void *arg;
};
/* The options' members are borrowed until notices_close. */
MUST_CHECK enum err notices_open(const struct notices_options *o, struct notices **ret);
void notices_close(struct notices **n); /* for CLEANUP() */
struct route_list notices_routes(const struct notices *n);

/* Tell what waits, and the fall-backs that are due. *ret_more (may be NULL): there was anything. */
MUST_CHECK enum err notice_tick(struct notices *n, struct utc_s now, bool *ret_more,
				struct fault *f);
/*
 * This person has acted on the task: whatever they were told of it they have read, and answered.
 * In the transaction of the act.
 */
MUST_CHECK enum err notice_acted(struct tx *tx, struct area_code county, int64_t task,
				 int64_t account, struct utc_s now, struct fault *f);
#endif
