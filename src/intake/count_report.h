/*
 * count_report.h - the numbers of an area and a day: what was added up so far, and what is new.
 *
 * Numbers are kept as they came. What does not follow from one report to the next is a finding of
 * the batch (finding.h), never mended in silence.
 */
#ifndef INTAKE_COUNT_REPORT_H
#define INTAKE_COUNT_REPORT_H
#include "intake/brought.h"

struct count_report {
	BROUGHT_MEMBERS;
	struct field_day day;
	struct str place; /* the area's name as written */
	struct str disease;
	int64_t confirmed_total, recovered_total, dead_total; /* since it began */
	int64_t suspected, in_care, convalescent;             /* on that day */
	int64_t confirmed_new, recovered_new, dead_new;
};
extern const struct noun count_report_noun;
#endif
