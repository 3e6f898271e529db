/* sample.h - a laboratory's result: which sample, of whom, when, and what it says. */
#ifndef INTAKE_SAMPLE_H
#define INTAKE_SAMPLE_H
#include "intake/brought.h"

enum sample_result {
	RESULT_NOT_SAID,
	RESULT_NEGATIVE,
	RESULT_POSITIVE,
	RESULT_RETEST, /* 复采 */
	RESULT_INVALID,
	RESULT_N
};

struct sample {
	BROUGHT_MEMBERS;
	BROUGHT_PERSON_MEMBERS;
	struct str number, source_id, tube, lab, method;
	enum sample_result result;
	struct utc_s sampled_at, received_at, resulted_at;
};
extern const struct noun sample_noun;
#endif
