/*
 * duty_of.h - who answers for a place: the resolver that the engine asks through this room.
 *
 * The owner is the organisation of the officer in force for (area, sector): of the unit, then the
 * department, then the territory; a hole is answered for by the area above. Who checks is the
 * organisation that answers one level above, and the line are those above, bottom up.
 *
 * Errors:   ERR_RANGE of field "area": nobody answers there, or nobody stands above who does; the
 *           sentence says to fill the responsibility first.
 */
#ifndef LOOP_DUTY_OF_H
#define LOOP_DUTY_OF_H
#include "db/db.h"
#include "engine/flow/flow.h"
#include "grid/duty.h"

/* `owner` 0: find who it is; else: who checks and stands above this one. */
MUST_CHECK enum err loop_duty(struct tx *tx, struct area_code area, enum duty_sector sector,
			      struct flow_party owner, struct flow_duty *ret, struct fault *f);
#endif
