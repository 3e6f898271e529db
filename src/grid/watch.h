/*
 * watch.h - the duty roster: who is on watch in an office, from when to when. Every hour of every
 * day somebody must be, and the console marks the days on which nobody is.
 */
#ifndef GRID_WATCH_H
#define GRID_WATCH_H
#include "record/record.h"

enum { WATCH_HOURS_MAX = 72 }; /* a watch is a shift, or a long holiday's leader on call */
enum watch_role { WATCH_NO_ROLE, WATCH_LEADER, WATCH_OFFICER, WATCH_DEPUTY };
enum watch_state { WATCH_NONE, WATCH_PLANNED, WATCH_CANCELLED };

struct watch {
	struct record record;
	struct record_id office, officer;
	enum watch_role role;
	struct utc_s starts_at, ends_at; /* half-open */
	struct str note;
};

extern const struct noun watch_noun;
#endif
