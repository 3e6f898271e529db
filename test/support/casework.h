/*
 * casework.h - each act on a case as one request in a ward with a vault that may fail: reported,
 * confirmed, corrected, traced, traced again, and measures imposed, lifted, appealed against,
 * answered; and what is stored by then, as numbers that can be compared. As deeds.h is for tasks.
 *
 *     casework_prepare(&w, i, &ask);       what the act needs is there
 *     before = casework_stored(&w);
 *     status = casework_ask(&w, i, &ask);
 *     after = casework_stored(&w);
 */
#ifndef TEST_SUPPORT_CASEWORK_H
#define TEST_SUPPORT_CASEWORK_H
#include "support/deeds.h"

enum casework_act {
	CASEWORK_REPORT,
	CASEWORK_CONFIRM, /* mints the warrant */
	CASEWORK_RENEW,
	CASEWORK_CORRECT, /* its onset */
	CASEWORK_TRACE,   /* contacts, with a task each */
	CASEWORK_AGAIN,   /* after another onset and new visits: one more, one less, one changed */
	CASEWORK_LOCATE,
	CASEWORK_RELEASE,
	CASEWORK_IMPOSE,
	CASEWORK_SHORTEN,
	CASEWORK_LIFT,
	CASEWORK_APPEAL,
	CASEWORK_UPHOLD,
	CASEWORK_OVERTURN,
	CASEWORK_N
};
const char *casework_name(enum casework_act act);

/* Everything but the act itself; by other requests, which must not fail. */
void casework_prepare(struct ward *w, enum casework_act act, struct deeds_request *ret);
/* Was it done? The status (0: no whole answer) goes to *ret_status; a refusal must have words. */
bool casework_ask(struct ward *w, enum casework_act act, const struct deeds_request *rq,
		  int *ret_status);
/* A measure that ends by itself in an hour, with an appeal against it or without. */
void casework_measure(struct ward *w, bool appealed);

enum casework_number {
	CASEWORK_CASES,
	CASEWORK_CASE_VERSIONS,
	CASEWORK_CASE_PEOPLE,
	CASEWORK_WARRANTS,
	CASEWORK_SPENT,
	CASEWORK_TRACES,
	CASEWORK_PARTS,
	CASEWORK_CONTACTS,
	CASEWORK_CONTACT_VERSIONS,
	CASEWORK_CONTACT_PEOPLE,
	CASEWORK_FOUND,
	CASEWORK_EXCLUDED,
	CASEWORK_MEASURES,
	CASEWORK_MEASURE_VERSIONS,
	CASEWORK_IN_FORCE,
	CASEWORK_TASKS,
	CASEWORK_TASK_VERSIONS,
	CASEWORK_CLOSED,
	CASEWORK_STORY,
	CASEWORK_OUTBOX,
	CASEWORK_ENTRIES,
	CASEWORK_KEYS,
	CASEWORK_ANSWERS,
	CASEWORK_NUMBERS
};
struct casework_stored {
	int64_t v[CASEWORK_NUMBERS];
};
struct casework_stored casework_stored(struct ward *w);
/* What changed from one to the other; and is it this? On a difference `ret` says where. */
struct casework_stored casework_did(const struct casework_stored *a,
				    const struct casework_stored *b);
bool casework_same(const struct casework_stored *a, const struct casework_stored *b, char ret[80]);
/* Fails unless contacts, their people, their tasks, cases and warrants fit each other. */
void casework_fits(struct ward *w);
#endif
