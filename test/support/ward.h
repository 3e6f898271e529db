/*
 * ward.h - a house at work for tests of tasks: areas from province to village, an organisation that
 * answers for mines and for epidemics at each level, people of each, and clocks that the test owns.
 *
 *     WARD(w);
 *     int64_t id = ward_raise(&w, WARD_LEAD, "430802001001", "");
 *     assert_int_equal(ward_do(&w, WARD_WORKER, id, "accept", ""), 200);
 *     ward_pass(&w, 3600);
 *
 * Who answers: 430802001001 the village (unit), above it the township, the county, the city; so the
 * village's task is checked by the township and climbs to county and city. 430822 has one of its
 * own, and nobody below.
 */
#ifndef TEST_SUPPORT_WARD_H
#define TEST_SUPPORT_WARD_H
#include "loop/loop.h"
#include "serve/serve.h"
#include "support/database.h"
#include "support/desk.h"

#define WARD_RULE "coinvestigation-landed" /* accept 15 min, do 120, check 60, climb 30 */

enum ward_party {
	WARD_CITY = 101,
	WARD_COUNTY = 102,
	WARD_TOWN = 103,
	WARD_VILLAGE = 104,
	WARD_FAR = 105,
	WARD_CLINIC = 106 /* in the village, answers for nothing */
};

enum ward_who {
	WARD_MAYOR,   /* city, duty officer over 4308 */
	WARD_LEAD,    /* county, lead of 430802 */
	WARD_CLERK,   /* township, duty officer of 430802001 */
	WARD_CLERK2,  /* the same */
	WARD_WORKER,  /* village, grid worker of 430802001001 */
	WARD_WORKER2, /* the same */
	WARD_DOCTOR,  /* the clinic's, of 430802001001 */
	WARD_AWAY,    /* 430822, lead of it */
	WARD_NOBODYS, /* of no organisation, duty officer of 430802 */
	WARD_TRACER,  /* county, investigator of 430802 */
	WARD_PEOPLE
};

struct ward {
	struct database *d;
	struct house *h;
	struct serve *s;
	struct desk k; /* at the house's server: who signs in there */
	struct database in;
	char dir[32];
	struct visitor visitor[WARD_PEOPLE];
	int64_t account[WARD_PEOPLE];
	int n_keys;
	bool vault, weak_disk;
};
void ward_open(struct ward *w, struct database *d);
void ward_open_with_vault(struct ward *w, struct database *d);
/* The same, where it is that time: for one that goes on by the clock of the machine. */
void ward_open_at(struct ward *w, struct database *d, struct utc_s now);
/* With a vault; its database alone lies on the weak disk, which is made anew. `d` is none. */
void ward_open_on_weak_disk(struct ward *w, struct database *d, uint64_t seed);
/* The house ends in good order, and begins again; without ticking. */
void ward_down(struct ward *w);
void ward_up(struct ward *w);
/* From now on requests fail as w->k says (desk.h). */
void ward_weaken(struct ward *w);
void ward_close(struct ward *w);
#define WARD(w) \
	struct database *d = *state; \
	CLEANUP(ward_close) struct ward w; \
	ward_open(&w, d)

#define WARD_WITH_VAULT(w) \
	struct database *d = *state; \
	CLEANUP(ward_close) struct ward w; \
	ward_open_with_vault(&w, d)

struct utc_s ward_now(void);
/* The clocks go on, the wall's and the steady one, and the house ticks once at the end. */
void ward_pass(struct ward *w, int64_t s);
void ward_sleep(int64_t s);    /* the same, and nobody ticks */
void ward_set_wall(int64_t s); /* somebody sets the wall's clock, by that much */
struct utc_s ward_steady(void);

const char *ward_login(enum ward_who who); /* their password is DESK_PASSWORD */
/* The status; with an Idempotency-Key of its own. */
int ward_ask(struct ward *w, enum ward_who who, const char *method, const char *target,
	     const char *body, struct answer *ret);
int ward_status(struct ward *w, enum ward_who who, const char *method, const char *target,
		const char *body);
/* The text behind "key":" or the number behind "key": in an answer; "" if it is not there. */
const char *ward_text(const struct answer *a, const char *key);

/* A task about mines by the rule WARD_RULE; `more` is JSON that follows, as ",\"needs\":[...]". */
int64_t ward_raise(struct ward *w, enum ward_who who, const char *area, const char *more);
/* An event at the turn that the task has now; the status. */
int ward_do(struct ward *w, enum ward_who who, int64_t task, const char *event, const char *more);
int ward_do_at(struct ward *w, enum ward_who who, int64_t task, const char *event, int64_t turn,
	       const char *more, struct answer *ret);
int64_t ward_turn(struct ward *w, int64_t task);
/* A file for a task, of this type (NULL: of none); the status. */
int ward_file(struct ward *w, enum ward_who who, int64_t task, const char *type, struct str bytes,
	      struct answer *ret);
int64_t ward_photo(struct ward *w, enum ward_who who, int64_t task); /* a made-up one; its id */
const char *ward_state(struct ward *w, int64_t task);                /* its word */

int64_t ward_scalar(struct ward *w, const char *sql); /* its one number; 0 for none */
void ward_run(struct ward *w, const char *sql);
#endif
