/*
 * when.h - civil time: zones, ISO 8601 in and out, local days.
 *
 * A zone is read once from the system's time-zone files and is then a read-only value with no
 * link to the process's TZ. Dates are proleptic Gregorian, years 1 to 9999.
 *
 * Units:    seconds since 1970 UTC; a day number counts local dates from 1970-01-01 = 0.
 * Threads:  a zone may be read by many.
 * Errors:   ERR_ABSENT unknown zone; ERR_CORRUPT a damaged zone file; ERR_SYNTAX not a time;
 *           ERR_RANGE no such date or hour.
 * Source:   RFC 3339, ISO 8601:2004 4.2 and 4.3, RFC 8536 (time-zone files), POSIX TZ rules.
 */
#ifndef BASE_WHEN_H
#define BASE_WHEN_H
#include "base/base.h"
#include "base/text.h"

struct zone;

/* IANA name ("Asia/Shanghai"), "UTC", or a fixed offset ("+08:00"). */
MUST_CHECK enum err zone_open(const char *name, struct zone **ret, struct fault *f);
/* The same from the bytes of a time-zone file (version 2 or later, no leap seconds). */
MUST_CHECK enum err zone_open_bytes(const char *name, struct str tzif, struct zone **ret);
void zone_free(struct zone *z);
void zone_end(struct zone **z);
const char *zone_name(const struct zone *z);
int32_t zone_offset(const struct zone *z, struct utc_s t); /* seconds east of UTC at t */

/*
 * First instant of local day `day`; the local day that holds t. A day mostly has 23 to 25 hours,
 * but zones have been moved: there are days of 21, of 48, and skipped ones of none at all.
 */
struct utc_s zone_day_start(const struct zone *z, int32_t day);
int32_t zone_day_of(const struct zone *z, struct utc_s t);
/* The instant at which clocks show local_s (seconds since local 1970-01-01T00:00). Of a repeated
 * hour the first; for an hour that was skipped, as if clocks had not jumped yet. */
struct utc_s zone_from_local(const struct zone *z, int64_t local_s);

/* Whether every clock time of a local day, 24:00 too, is one instant, at one offset. */
bool zone_even(const struct zone *z, int32_t day, int32_t *ret_offset_s);

int32_t date_day(int year, int month, int day); /* civil to day number */
void date_civil(int32_t day, int *ret_year, int *ret_month, int *ret_day);

enum when_kind { WHEN_INSTANT, WHEN_DATE };
struct when {
	enum when_kind kind;
	bool integer;    /* was written as Unix seconds */
	struct utc_s at; /* instant; for a date: its local midnight */
	int32_t day;     /* local day number of `at` */
};
/*
 * Read a time: integer Unix seconds; YYYY-MM-DD; YYYY-MM-DD('T'|' ')HH:MM[:SS[.0...]] with
 * optional Z, +HH, +HHMM or +HH:MM, else local in z (a local time that falls into a gap or
 * a repeated hour takes the earlier offset). 24:00 is the end of the day. A fraction other
 * than zero is refused: nothing is silently dropped.
 */
MUST_CHECK enum err when_read(struct str s, const struct zone *z, struct when *ret);
/*
 * when_read for a column of times, where most stand on the day of the one before. Gives what
 * when_read would give as `at`; false where it would fail. Set the memo to zero to begin; it
 * belongs to one zone.
 */
struct when_memo {
	char date[10];    /* as text */
	bool known, even; /* all clocks of the day show offset_s */
	int32_t offset_s;
	int64_t day_s; /* local seconds at its midnight */
};
bool when_read_next(struct when_memo *m, struct str s, const struct zone *z, struct utc_s *ret);
/* Append YYYY-MM-DDTHH:MM:SS+HH:MM. */
void when_iso(struct buf *b, struct utc_s t, const struct zone *z);
/* Append YYYY-MM-DD of a local day number. */
void when_date(struct buf *b, int32_t day);

enum { WHEN_YEAR_MAX = 9999 };
#define WHEN_MIN_S (-62135596800LL)
#define WHEN_MAX_S 253402300800LL /* exclusive end of year 9999, UTC */
#endif
