/*
 * duty.h - the four-party responsibility: who answers for an area in a sector, of each party.
 *
 * Territory, department, unit and individual each have one in charge. A hole is as much a fact as a
 * name: duty_gaps counts them, and no view leaves them out.
 *
 * Source:   the revised Infectious Disease Law (in force 2025-09-01) names the four parties;
 *           sectors follow the work safety committees' division of trades.
 */
#ifndef GRID_DUTY_H
#define GRID_DUTY_H
#include "base/memory.h"
#include "db/db.h"
#include "record/record.h"

enum duty_sector {
	DUTY_NO_SECTOR,
	DUTY_EPIDEMIC,
	DUTY_MINE,
	DUTY_CHEMICAL,
	DUTY_FIRE,
	DUTY_ROAD,
	DUTY_FLOOD,
	DUTY_SECTOR_N
};
enum duty_party {
	DUTY_NO_PARTY,
	DUTY_TERRITORY,
	DUTY_DEPARTMENT,
	DUTY_UNIT,
	DUTY_INDIVIDUAL,
	DUTY_PARTY_N
};
enum duty_state { DUTY_NONE, DUTY_ACTIVE, DUTY_ENDED };

struct duty {
	struct record record;
	enum duty_sector sector;
	enum duty_party party;
	struct record_id officer;
	struct field_day since;
	struct str basis;
};

extern const struct noun duty_noun;
extern const struct choice duty_sectors[DUTY_SECTOR_N], duty_parties[DUTY_PARTY_N];

/* One holder, as the matrix shows them. */
struct duty_holder {
	struct record_id duty, officer;
	struct area_code area;
	enum duty_sector sector;
	enum duty_party party;
	struct str name, post, phone, organisation;
	struct str substitute, substitute_phone;
};
typedef VEC(struct duty_holder) duty_holders;
/* All that are in force in the areas right below one; texts in the arena. */
MUST_CHECK enum err duty_below(struct tx *tx, struct area_code parent, int32_t day, struct arena *a,
			       duty_holders *ret, struct fault *f);
/*
 * Places without a holder in a subtree of n_areas areas: each area wants one of every party in
 * every sector.
 */
MUST_CHECK enum err duty_gaps(struct tx *tx, struct area_code under, int64_t n_areas, int64_t *ret,
			      struct fault *f);
#endif
