/*
 * notification.h - a case report card, as a hospital or another system sent it.
 *
 * It is what somebody says, not yet a case. Names are in the vault; dates and classes are here.
 */
#ifndef INTAKE_NOTIFICATION_H
#define INTAKE_NOTIFICATION_H
#include "intake/brought.h"

enum notification_sex { SEX_NOT_SAID, SEX_MALE, SEX_FEMALE, SEX_N };
enum notification_class {
	CLASS_NOT_SAID,
	CLASS_SUSPECTED,
	CLASS_PROBABLE,
	CLASS_CONFIRMED,
	CLASS_ASYMPTOMATIC,
	CLASS_EXCLUDED,
	CLASS_N
};
enum notification_outcome {
	OUTCOME_NOT_SAID,
	OUTCOME_RECOVERING,
	OUTCOME_RECOVERED,
	OUTCOME_DEAD,
	OUTCOME_N
};

struct notification {
	BROUGHT_MEMBERS;
	BROUGHT_PERSON_MEMBERS;
	struct str source_id, disease, hospital, exposure, place, infected_by;
	enum notification_sex sex;
	int64_t age, age_to; /* years; age_to: only a span is known */
	enum notification_class classification;
	enum notification_outcome outcome;
	struct field_day exposed_on, onset_on, sampled_on, reported_on, hospital_on, outcome_on;
};
extern const struct noun notification_noun;
extern const struct choice notification_sexes[SEX_N];
#endif
