/*
 * case.h - a registered case: a disease, a person in the vault, and what was found.
 *
 * A case is confirmed by a laboratory's result, registered by somebody who neither reported the
 * case nor confirms it, or without one by a second person. Confirming it mints the warrant to trace
 * (trail/warrant.h) in the same transaction; while it is not confirmed there is none, and after two
 * days the overseer sees it.
 *
 * Whom it is about the vault knows: `subject` is the vault's number. Under which pseudonym that
 * person's visits are stands in case_person, and in no answer.
 */
#ifndef EPIDEMIC_CASE_H
#define EPIDEMIC_CASE_H
#include "record/record.h"

enum case_state { CASE_NONE, CASE_SUSPECTED, CASE_CONFIRMED, CASE_EXCLUDED };
enum case_result { CASE_NO_RESULT, CASE_POSITIVE, CASE_NEGATIVE, CASE_UNCLEAR };

struct case_row {
	struct record record;
	struct str number;        /* the card's own */
	struct str profile;       /* of a disease: "covid19.who" or "covid19.who@2" */
	struct record_id subject; /* the vault's */
	struct field_day onset, positive;
	struct utc_s isolated;
	struct record_id officer; /* who is to trace: an account; none: who confirms */
	enum case_result result;  /* the laboratory's */
	struct utc_s result_at;
	int64_t result_by; /* the laboratory's key or account; FIELD_NONE: none */
};

extern const struct noun case_noun;
#endif
