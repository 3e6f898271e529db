/*
 * notified.h - a county with organisations, people, duty holders and tasks, whose notices are told;
 * and a desk at which its people sign in. On both databases.
 *
 *     static void who_is_on_watch_comes_first(void **state)
 *     {
 *             NOTIFIED(x);
 *             int64_t one = notified_person(&x, "one", 21);
 *             notified_say(&x, notified_task(&x), 21, "raise", false);
 *             notified_tick(&x);
 *     }
 *
 * Organisation 21 owns the tasks, 22 is above it, 23 above that; all lie in county 430802.
 */
#ifndef TEST_SUPPORT_NOTIFIED_H
#define TEST_SUPPORT_NOTIFIED_H
#include "loop/notice_inside.h"
#include "support/database.h"
#include "support/desk.h"

enum {
	NOTIFIED_OWNER = 21,
	NOTIFIED_ABOVE = 22,
	NOTIFIED_TOP = 23,
	NOTIFIED_AREA = 430802,
	NOTIFIED_SPAN_S = 3600, /* for a confirmation; of a climb, twice */
	NOTIFIED_TRIES = 3
};

struct notified {
	struct database *d;
	struct desk k;
	struct record_book *book;
	struct zone *zone;
	struct clock wall;
	struct notices *n;
	int64_t last_id, heard, heard_account; /* events for open pages */
};
void notified_open(struct notified *x, struct database *d, bool mail, bool webhook);
void notified_close(struct notified *x);
/* Another process begins where this one ended. */
void notified_again(struct notified *x, bool mail, bool webhook);
#define NOTIFIED_BY(x, mail, webhook) \
	struct database *d = *state; \
	CLEANUP(notified_close) struct notified x; \
	notified_open(&x, d, mail, webhook)
#define NOTIFIED(x) NOTIFIED_BY(x, false, false)

/* An account of a grid worker of that organisation, with mail and telephone; its number. */
int64_t notified_person(struct notified *x, const char *login, int64_t organisation);
/* A duty holder of the account's name, in that organisation. */
void notified_officer(struct notified *x, int64_t id, const char *name, int64_t organisation,
		      int64_t substitute);
void notified_watch(struct notified *x, int64_t organisation, int64_t officer);
void notified_charge(struct notified *x, int64_t officer);
int64_t notified_task(struct notified *x); /* open, owned by 21, with 22 and 23 above */
void notified_closed(struct notified *x, int64_t task);
/* A row of the outbox; its number. */
int64_t notified_say(struct notified *x, int64_t task, int64_t party, const char *say, bool urgent);
void notified_tick(struct notified *x);
void notified_quiet(struct notified *x, int64_t account, int64_t from_min, int64_t to_min);

/* SQL with values: what it changes, and the one number it asks for (-1: no row, or NULL). */
void notified_run(struct notified *x, const char *sql, struct sql_args args);
int64_t notified_ask(struct notified *x, const char *sql, struct sql_args args);
#define NOTIFIED_ASK(x, sql, ...) notified_ask(x, sql, SQL_ARGS(__VA_ARGS__))
/* How many rows of `notice` this account has. */
int64_t notified_told(struct notified *x, int64_t account);
#endif
