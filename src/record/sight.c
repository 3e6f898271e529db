/* sight.c - who sees which class of fields. The one table; the canary test walks it. */
#include "record/inside.h"

#include "base/ban.h"

enum capability sight_needs(enum field_see see)
{
	static const enum capability needs[SEE_N] = {
		[SEE_PUBLIC] = CAP_ANYONE, [SEE_AREA] = CAP_SELF,  [SEE_OFFICIAL] = CAP_GRID_READ,
		[SEE_CDC] = CAP_CDC_READ,  [SEE_VAULT] = CAP_NONE,
	};

	assert(see < SEE_N);
	return needs[see];
}

unsigned sight_of(const struct who *who)
{
	unsigned sight = 0;

	for (enum field_see s = 0; s < SEE_N; s++) {
		enum capability need = sight_needs(s);

		if (need != CAP_NONE &&
		    (need == CAP_ANYONE || who->capabilities & capability_bit(need)))
			sight |= 1u << s;
	}
	return sight;
}

bool sight_may_step(const struct who *who, const struct noun *n, const struct step *s)
{
	return who_may(who, s->who == CAP_NONE ? n->write : s->who);
}
