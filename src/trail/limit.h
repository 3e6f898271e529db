/*
 * limit.h - the numbers that bound what may be kept and asked, each with where it comes from.
 *
 * Life:     constants; one table, limit.c. A number that changes is a new version with its date.
 */
#ifndef TRAIL_LIMIT_H
#define TRAIL_LIMIT_H
#include "base/base.h"

enum trail_limit {
	LIMIT_KEEP_DAYS,     /* visits are kept: a day ends when so many whole days came after it */
	LIMIT_WINDOW_DAYS,   /* longest window of a trace */
	LIMIT_GENERATIONS,   /* of contacts */
	LIMIT_WARRANT_HOURS, /* longest life of a warrant */
	LIMIT_PEOPLE,        /* most people that one warrant may bring up in its life */
	LIMIT_UNCONFIRMED_HOURS, /* after which an unconfirmed case is put before the overseer */
	LIMIT_N
};

struct limit_row {
	const char *word;
	int64_t value;
	const char *unit;
	int version;
	const char *since;   /* a date */
	const char *zh, *en; /* what it is */
	const char *source;
};
const struct limit_row *limit_row(enum trail_limit l);
int64_t limit_of(enum trail_limit l);
#endif
