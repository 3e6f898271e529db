/*
 * authz.h - the authorisation matrix: every route x role x place, against answers written by hand.
 *
 * test/authz.csv has a line a route and a column a role. A cell says
 *     -      not for this role (403; for nobody 401)
 *     *      allowed, and areas do not matter
 *     area   allowed for what lies in the caller's areas or below; anything else is not there (404)
 *     up     as area, and for what lies right on the way up from the caller's areas
 * A line "see CLASS" says who sees fields of that class, wherever a row is shown to them at all.
 * A route is "METHOD /path" as in its row; "* /path/" + "**" covers all methods and all that lies
 * below, for nouns. The longest line that fits counts. A route without a line fails, and so does
 * each cell that turns out otherwise, by name.
 *
 * The caller's areas are 430802 (or none at all); the thing asked for lies in 430802, below it,
 * above it, beside it, or in another city. Who makes requests says how, by a probe for each route.
 */
#ifndef TEST_SUPPORT_AUTHZ_H
#define TEST_SUPPORT_AUTHZ_H
#include "support/desk.h"

enum authz_place {
	AUTHZ_OWN,
	AUTHZ_CHILD,
	AUTHZ_PARENT,
	AUTHZ_SIBLING,
	AUTHZ_OTHER_CITY,
	AUTHZ_NO_AREAS, /* it lies in 430802, and the caller has no areas */
	AUTHZ_PLACE_N
};
const char *authz_area(enum authz_place p); /* where the thing lies */

enum { AUTHZ_TARGET_BYTES = 256, AUTHZ_BODY_BYTES = 1024 };
struct authz_request {
	char target[AUTHZ_TARGET_BYTES]; /* preset: the path of the row */
	char headers[AUTHZ_TARGET_BYTES];
	char body[AUTHZ_BODY_BYTES];
};
/* Make whatever must be there, and a request that works for whoever may. */
typedef void authz_fill(struct desk *k, const struct route *r, enum authz_place p,
			struct authz_request *ret);
struct authz_probe {
	const char *route; /* as a line of the file */
	authz_fill *fill;
	const char *passes; /* a code that also means "let in": the thing is not in that state */
};

enum { AUTHZ_NOBODY, AUTHZ_FIRST_ROLE, AUTHZ_API_KEY = AUTHZ_FIRST_ROLE + ROLE_N, AUTHZ_COLUMNS };
struct authz_caller {
	int column;
	bool areas; /* 430802; else none */
	struct visitor visitor;
};
const char *authz_column_word(int column);
/* What the file says, '-', '*', 'a', 'u'; 0 if it has no line. A method "see" asks for a class. */
char authz_says(const char *method, const char *path, int column);

struct authz {
	const struct authz_probe *probe;
	size_t n_probes;
	const char *line; /* for its own test: take this line for every route that has none */
	unsigned skip;    /* places that are not asked about, as bits */
	bool whole; /* the desk has every route of the house: a line without a route fails too */
	/* See every answer; `target` is what was asked for. NULL: nobody looks. */
	void (*look)(void *arg, const struct route *r, const struct authz_caller *who,
		     const char *target, const struct answer *a);
	void *arg;
	/* Filled in by authz_run. */
	size_t cells, wrong;
	struct authz_caller caller[AUTHZ_COLUMNS][2]; /* without areas, and with */
};
/* Ask for every cell. What is wrong is printed, a line each. */
void authz_run(struct desk *k, struct authz *a);
/* Put a number into the first {..} of a target. */
void authz_put(char target[AUTHZ_TARGET_BYTES], const char *value);
#endif
