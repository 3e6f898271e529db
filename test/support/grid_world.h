/*
 * grid_world.h - a small random grid in memory and in a database: areas, organisations, officers,
 * duties and mergers that change at random, and a slow, obvious answer to who answers where.
 *
 * The slow way goes by texts and lists, one question at a time, and shares nothing with
 * src/loop/duty_of.c: the two are held against each other.
 *
 * Life:     grid_world_begin inside an act, then grid_world_change and questions.
 */
#ifndef TEST_SUPPORT_GRID_WORLD_H
#define TEST_SUPPORT_GRID_WORLD_H
#include "base/dice.h"
#include "db/db.h"
#include "engine/flow/flow.h"
#include "grid/duty.h"

enum { GRID_AREAS = 13, GRID_ORGS = 12, GRID_OFFICERS = 18, GRID_DUTIES = 60, GRID_SECTORS = 2 };

struct grid_org {
	bool active;
	int above; /* index, or -1 */
};
struct grid_officer {
	bool active;
	int org, stand_in; /* indices, or -1 */
};
struct grid_duty {
	bool there, active; /* there: it has a row */
	int area, officer;
	enum duty_sector sector;
	enum duty_party party;
};
struct grid_world {
	struct dice dice;
	struct grid_org org[GRID_ORGS];
	struct grid_officer officer[GRID_OFFICERS];
	struct grid_duty duty[GRID_DUTIES];
	int merged[GRID_AREAS]; /* into which, or -1 */
	uint64_t changes;
};

extern const int64_t grid_world_area[GRID_AREAS];
int64_t grid_world_org(int i); /* ids of rows; 0 for -1 */
int64_t grid_world_officer(int i);
int64_t grid_world_duty(int i);

MUST_CHECK enum err grid_world_begin(struct grid_world *w, uint64_t seed, struct tx *tx,
				     struct fault *f);
/* Change one thing, in memory and in the database. */
MUST_CHECK enum err grid_world_change(struct grid_world *w, struct tx *tx, struct fault *f);

/* The slow way: who owns, who checks, who is above. False: nobody to own or to check. */
bool grid_world_answer(const struct grid_world *w, int64_t area, enum duty_sector sector,
		       int64_t owner, struct flow_duty *ret);
#endif
