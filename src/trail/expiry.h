/*
 * expiry.h - a day ends: its packs, its segment and its key go, and the ledger says so.
 *
 * A day is over when more whole days came after it than visits are kept (limit.h). First its packs
 * are deleted, in one transaction with an entry in the ledger: the day, the print of its key, how
 * many packs and visits, and the Merkle root over their sealed bytes. Then the key file is written
 * anew without the key, and the segment goes. What a kill leaves between is ended the next time;
 * packs whose key is gone are deleted as well.
 *
 * Destroying a key cannot be undone, so a wrong clock must not do it: the wall's time and the
 * steady clock's must agree about how much time has passed, and a wall that has leapt since the
 * last thing the house knows of must hold out for a day.
 *
 * Errors:   whatever the database and the files say; what was not ended is ended the next time.
 */
#ifndef TRAIL_EXPIRY_H
#define TRAIL_EXPIRY_H
#include "base/memory.h"
#include "trail/daykey.h"
#include "trail/trail.h"

/* ---- two clocks ---- */
struct expiry_clock {
	bool begun, doubted;      /* doubted: until they have agreed for EXPIRY_DOUBT_S */
	int64_t wall_s, steady_s; /* where they stood when they were last set side by side */
};
enum {
	EXPIRY_APART_S = 120,      /* so far apart they still agree */
	EXPIRY_LEAP_S = 2 * 86400, /* a wall so far past what the house knows of is doubted */
	EXPIRY_DOUBT_S = 86400
};
/* `known`: the newest time that is stored anywhere; 0 for a house where nothing happened yet. */
void expiry_clock_begin(struct expiry_clock *c, int64_t wall_s, int64_t steady_s, int64_t known_s);
/* May keys be destroyed by the wall's time? */
bool expiry_clock_agrees(struct expiry_clock *c, int64_t wall_s, int64_t steady_s);

/* ---- ending days ---- */
struct expiry_report {
	uint32_t days;
	uint64_t packs, visits;
};
/* End every day that is over at `now`. Once the clocks agree. */
MUST_CHECK enum err trail_expire(struct trail *t, struct utc_s now, struct expiry_report *ret,
				 struct fault *f);
/* Set the clocks side by side, against the newest time that the ledger knows. */
MUST_CHECK enum err trail_expiry_begin(struct trail *t, struct expiry_clock *c, struct utc_s now,
				       int64_t steady_s, struct fault *f);
/* The same with the clocks held against each other; each minute or so. */
MUST_CHECK enum err trail_expire_by(struct trail *t, struct expiry_clock *c, struct utc_s now,
				    int64_t steady_s, struct expiry_report *ret, struct fault *f);
/* The first day that is kept at `now`. */
int32_t trail_first_day(const struct trail *t, struct utc_s now);
/* The last day whose key is gone; INT32_MIN: none is. What others keep of it nobody can read. */
int32_t trail_gone(struct trail *t);

/* ---- the calendar ---- */
struct expiry_day { /* a day that is kept */
	int32_t day;
	uint64_t visits;                /* that a trace sees */
	bool sealed;                    /* in a segment, all or some */
	char print[DAYKEY_PRINT_BYTES]; /* of its key, "" if it has none */
};
typedef VEC(struct expiry_day) expiry_days;
/* Every day that has a key or visits, rising. vec_drop what it returns. */
MUST_CHECK enum err trail_calendar(struct trail *t, expiry_days *ret, struct fault *f);
#define EXPIRY_OBJECT "visit_day"
#define EXPIRY_ACTION "expire"
#endif
