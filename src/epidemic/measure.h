/*
 * measure.h - a dated decision about one contact: by whom, on what ground, from when, until when,
 * explained, and open to appeal.
 *
 * There is no status of a person in this house. There are measures, and each has a hard end that
 * comes by itself. No measure lasts longer than the disease profile follows up a contact of that
 * degree. An appeal is a task of another organisation, above the issuer; if it is late, the measure
 * ends.
 *
 * Source:   Infectious Disease Law (revised, in force 2025-09-01): least harm, recourse;
 *           Administrative Reconsideration Law (2023) on who decides.
 */
#ifndef EPIDEMIC_MEASURE_H
#define EPIDEMIC_MEASURE_H
#include "record/record.h"

enum measure_kind {
	MEASURE_NO_KIND,
	MEASURE_CENTRAL,
	MEASURE_HOME,
	MEASURE_MONITOR,
	MEASURE_KIND_N
};
enum measure_state {
	MEASURE_NONE,
	MEASURE_IN_FORCE,
	MEASURE_APPEALED,
	MEASURE_ENDED,
	MEASURE_OVERTURNED
};
/* What ended it. */
enum measure_end {
	MEASURE_RUNS,
	MEASURE_BY_TIME,
	MEASURE_BY_LIFT,
	MEASURE_BY_LAPSE,
	MEASURE_BY_OVERTURN,
	MEASURE_BY_CASE,
	MEASURE_END_N
};

struct measure {
	struct record record;
	struct record_id contact;
	enum measure_kind kind;
	struct record_id issuer; /* an organisation */
	struct str basis;
	struct str evidence; /* id of the trace whose proof the contact has */
	struct utc_s since, until;
	struct str explanation, appeal;
	struct utc_s ended_at;
	enum measure_end ended_by;
};

extern const struct noun measure_noun;
#endif
