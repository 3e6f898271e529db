/* sight.c - who sees which class of fields. The one table; the canary test walks it. */
#include "record/inside.h"

#include "base/ban.h"

/* Any of these will do; of the vault's, none. Duty holders are the grid's, account holders not. */
#define BIT(c) ((uint64_t)1 << (c))
static const uint64_t needs[SEE_N] = {
	[SEE_PUBLIC] = BIT(CAP_ANYONE),
	[SEE_AREA] = BIT(CAP_SELF),
	[SEE_OFFICIAL] = BIT(CAP_GRID_READ) | BIT(CAP_ACCOUNT_READ),
	[SEE_CDC] = BIT(CAP_CDC_READ),
	[SEE_VAULT] = 0,
};

unsigned sight_of(const struct who *who)
{
	unsigned sight = 0;

	for (enum field_see s = 0; s < SEE_N; s++)
		if (s == SEE_PUBLIC || (who->capabilities & needs[s]))
			sight |= 1u << s;
	return sight;
}

bool sight_may_step(const struct who *who, const struct noun *n, const struct step *s)
{
	return who_may(who, s->who == CAP_NONE ? n->write : s->who);
}
