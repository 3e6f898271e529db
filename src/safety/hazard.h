/*
 * hazard.h - something wrong at a unit: who must put it right, by when, and who says it is.
 *
 * Reporting one raises its task in the same transaction: the unit's organisation owns it, the line
 * of responsibility of the unit's area checks it and is above it, and how far it is are the
 * task's steps, not the hazard's. A hazard is open until its task is closed by its checker. Of a
 * major one that is refused until the five elements are written: measure, funds, responsible
 * person, limit, contingency plan.
 *
 * Source:   SAWS Order 16 (2007): ordinary and major, the parts of a plan; 五落实.
 */
#ifndef SAFETY_HAZARD_H
#define SAFETY_HAZARD_H
#include "record/record.h"
#include "safety/risk.h"

enum hazard_grade { HAZARD_NO_GRADE, HAZARD_ORDINARY, HAZARD_MAJOR, HAZARD_GRADE_N };
enum hazard_found {
	HAZARD_NOT_FOUND,
	HAZARD_INSPECTION,
	HAZARD_SELF,
	HAZARD_CITIZEN,
	HAZARD_CAMPAIGN,
	HAZARD_FOUND_N
};
enum hazard_state { HAZARD_NONE, HAZARD_OPEN, HAZARD_CLOSED, HAZARD_VOIDED };

struct hazard {
	struct record record;
	struct str title, detail;
	struct record_id unit;
	enum risk_factor factor;
	enum hazard_grade grade;
	enum hazard_found found_by;
	/* the five elements */
	struct str measure, funds;
	struct record_id responsible; /* an officer */
	struct field_day limit_on;
	struct str plan;
};

extern const struct noun hazard_noun;
#endif
