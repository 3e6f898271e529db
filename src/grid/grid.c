/* grid.c - see grid.h. */
#include "grid/grid.h"

#include "base/ban.h"
#include "grid/account.h"
#include "grid/duty.h"
#include "grid/officer.h"
#include "grid/organisation.h"
#include "grid/watch.h"

const struct noun *const grid_nouns[] = {
	&organisation_noun, &officer_noun, &duty_noun, &watch_noun, &account_noun,
};
const size_t grid_nouns_n = ARRAY_LEN(grid_nouns);
