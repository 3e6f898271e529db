/*
 * clinic.h - a house at work with its vault, and those who see to a case in it: for tests of what a
 * confirmed case allows. The wall's clock is the test's.
 *
 *     struct clinic t;
 *     clinic_begin(&t, d, "named");
 *     clinic_report(&t, id, "1");
 *     clinic_confirm(&t, CLINIC_CHIEF, id, warrant);
 *     ...
 *     clinic_end(&t);
 */
#ifndef TEST_SUPPORT_CLINIC_H
#define TEST_SUPPORT_CLINIC_H
#include "serve/serve.h"
#include "support/client.h"
#include "support/database.h"

/* FAR is of another county; CHIEF and SECOND are of one department, DUTY and LEAD of others. */
enum {
	CLINIC_DOCTOR,
	CLINIC_CHIEF,
	CLINIC_SECOND,
	CLINIC_LAB,
	CLINIC_FAR,
	CLINIC_OVERSEER,
	CLINIC_DUTY,
	CLINIC_LEAD,
	CLINIC_KEEPER, /* security administrator: makes API keys */
	CLINIC_WORKER, /* grid worker of a village */
	CLINIC_PEOPLE
};

struct clinic {
	struct database *d;
	struct house *h;
	struct serve *s;
	char dir[32], cookie[CLINIC_PEOPLE][400];
	char password[CLINIC_PEOPLE][POLICY_ONCE_BYTES];
	int n_keys;
};
extern _Atomic int64_t clinic_wall_s;
struct utc_s clinic_now(void);
extern const char *clinic_trace_by; /* "sql"; NULL: as houses do */

/* A house in the folder `dir` (and "dir.pg"); who asks first signs in. */
void clinic_begin(struct clinic *t, struct database *d, const char *dir);
void clinic_end(struct clinic *t);
void clinic_sign_in(struct clinic *t,
		    int who); /* anew: sessions end when the clock is turned far */

/* The status; clinic_status without the answer. */
int clinic_ask(struct clinic *t, int who, const char *method, const char *target, const char *body,
	       struct answer *ret);
int clinic_status(struct clinic *t, int who, const char *method, const char *target,
		  const char *body);
/* The text of "key":"..." in an answer. */
void clinic_text(const struct answer *a, const char *key, char *ret, size_t room);

/* A case that the doctor reports, with onset so many days ago; `who`: its person, as JSON. */
void clinic_report_of(struct clinic *t, char id[24], const char *number, int onset_back,
		      const char *who);
void clinic_report(struct clinic *t, char id[24], const char *number); /* today, and anybody */
void clinic_confirm(struct clinic *t, int who, const char *id, char warrant[600]);
void clinic_confirm_by(struct clinic *t, int who, const char *id, const char *event,
		       char warrant[600]);
/* The pseudonym of a case's person. */
int64_t clinic_person(struct clinic *t, const char *case_id);
/* The status; `more` as ",\"generations\":2". */
int clinic_trace(struct clinic *t, int who, const char *id, const char *warrant, const char *more,
		 struct answer *ret);

/* Seven in the evening, so many days ago. */
int64_t clinic_evening(const struct clinic *t, int back);
void clinic_keep(struct clinic *t, int64_t batch, const struct trail_visit *v, size_t n);
/* Where the case was: the cinema yesterday with two, of whom one met a third on a bus after it. */
void clinic_visits(struct clinic *t, int64_t index, int64_t neighbour);
#endif
