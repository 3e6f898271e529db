/*
 * unit.h - an enterprise, site or facility under supervision: a quarry, a filling station.
 *
 * A unit lies somewhere, belongs to an organisation, which is the party that answers for it, and is
 * supervised by another. What can go wrong there are its risks (risk.h).
 *
 * Source:   kinds follow the trades of the Work Safety Law (2021) that keep safety managers.
 */
#ifndef SAFETY_UNIT_H
#define SAFETY_UNIT_H
#include "grid/duty.h"
#include "record/record.h"

enum unit_kind {
	UNIT_NO_KIND,
	UNIT_QUARRY,
	UNIT_MINE,
	UNIT_TAILINGS,
	UNIT_CHEMICAL,
	UNIT_GAS,
	UNIT_FILLING,
	UNIT_FIREWORKS,
	UNIT_METAL,
	UNIT_BUILDING,
	UNIT_TRANSPORT,
	UNIT_CROWDED,
	UNIT_OTHER,
	UNIT_KIND_N
};
enum unit_state { UNIT_NONE, UNIT_WORKING, UNIT_STOPPED, UNIT_CLOSED };

struct unit {
	struct record record;
	struct str name;
	enum unit_kind kind;
	struct record_id organisation, supervisor;
	struct str address, permit;
	struct field_day permit_until;
};

extern const struct noun unit_noun;
/* In which sector the responsibility for such a unit lies. */
enum duty_sector unit_sector(enum unit_kind k);
#endif
