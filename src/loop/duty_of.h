/*
 * duty_of.h - who answers for a piece of ground in a sector: the owner of a task, who checks it,
 * and whom it climbs to.
 *
 * A duty is answered by the organisation of its officer, or of the officer's substitute when the
 * officer has left or their organisation is not active. An area is answered by its unit, else its
 * department, else its territory. Where nobody answers the question climbs to the area above.
 *
 *   owner    who answers for the area, or for the next above that anybody answers for
 *   line     who answers for each area above the owner's, bottom up, each once and never the owner
 *   checker  the first of the line
 *
 * Where nobody answers above, the other parties of the owner's own area stand in, then the
 * organisations above it. An area that was merged is answered for by the one it went into, from
 * when that is told.
 *
 * Life:     loop_way_read inside an act, then as many loop_way_duty as there are owners: pure.
 * Shapes:   two statements a way, however deep; one more if a merger is met, or an owner is named
 *           who answers for none of it. Ways are small and equal for all tasks of an area: keep
 *           them.
 * Errors:   ERR_RANGE, of field "area": nobody answers, or nobody who could check; the sentence
 *           says where, in which sector, and what to do. Of field "owner": that one is not active.
 */
#ifndef LOOP_DUTY_OF_H
#define LOOP_DUTY_OF_H
#include "base/area.h"
#include "engine/flow/flow.h"
#include "grid/duty.h"

struct tx;

enum { LOOP_WAY_MAX = 8 }; /* areas on the way up, those that mergers add among them */

/* One area of the way: what answers for each party of it, 0 for a hole. */
struct loop_rung {
	struct area_code area;
	struct flow_party party[DUTY_PARTY_N];
	int64_t officer
		[DUTY_PARTY_N]; /* who answers there in person: the holder, or the stand-in */
};

struct loop_way {
	struct area_code area;
	enum duty_sector sector;
	size_t n;
	struct loop_rung rung[LOOP_WAY_MAX];
};

MUST_CHECK enum err loop_way_read(struct tx *tx, struct area_code area, enum duty_sector sector,
				  struct loop_way *ret, struct fault *f);
/* The same as if these areas (rising) had not been merged. */
MUST_CHECK enum err loop_way_unmerged(struct tx *tx, struct area_code area, enum duty_sector sector,
				      const struct area_code *gone, size_t n_gone,
				      struct loop_way *ret, struct fault *f);
/* Who answers for one area of it: unit, department, territory; 0 nobody. */
struct flow_party loop_rung_answer(const struct loop_rung *r);
/* The officer through whom a party answers on this way, the lowest first; 0: none. */
int64_t loop_way_officer(const struct loop_way *w, struct flow_party party);
/* Who would own a task that names no owner; 0: nobody answers. */
struct flow_party loop_way_owner(const struct loop_way *w);
/*
 * Owner, checker and line as far as the way tells them; owner 0: find one. False if there is
 * nobody to own or to check; then `ret` holds what there is.
 */
bool loop_way_duty(const struct loop_way *w, struct flow_party owner, struct flow_duty *ret);

/* All of it: reads the way, and what stands in when the way does not tell a checker. */
MUST_CHECK enum err loop_duty(struct tx *tx, struct area_code area, enum duty_sector sector,
			      struct flow_party owner, struct flow_duty *ret, struct fault *f);
/* The same on a way that was read before. */
MUST_CHECK enum err loop_duty_on(struct tx *tx, const struct loop_way *w, struct flow_party owner,
				 struct flow_duty *ret, struct fault *f);
#endif
