/*
 * feed.h - somebody who brings data, again and again: an agency, what it brings, and how often.
 *
 * Fields here, labels and rules in feed.c, columns in schema/0030_feed.sql.
 */
#ifndef INTAKE_FEED_H
#define INTAKE_FEED_H
#include "record/record.h"

enum feed_brings {
	FEED_BRINGS_NOTHING,
	FEED_NOTIFICATIONS, /* case report cards */
	FEED_SAMPLES,       /* laboratory results */
	FEED_CONTACTS,      /* close contacts that another place pushes to us */
	FEED_COUNTS,        /* numbers of an area and a day */
	FEED_VISITS,        /* who was where: into the trail, not into a noun */
	FEED_BRINGS_N
};
extern const struct choice feed_brings[FEED_BRINGS_N];

enum feed_state { FEED_NONE, FEED_ACTIVE, FEED_SUSPENDED, FEED_STATE_N };

struct feed {
	struct record record;
	struct str name;
	struct record_id organisation;
	enum feed_brings brings;
	struct str api_key;  /* the number of the key that may push; empty: accounts alone */
	struct str matching; /* which column is which field: schema.h */
	int64_t every_min;   /* a batch is due so often; FIELD_NONE: when there is something */
	int64_t rows_day_max, refused_max; /* the budget of trust: rows a day, refused of 1,000 */
};

extern const struct noun feed_noun;

/* As the trail knows whose name of a place it is. */
enum { FEED_SENDER_BYTES = 32 };
void feed_sender(int64_t feed, char ret[FEED_SENDER_BYTES]);
#endif
