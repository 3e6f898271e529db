/* grid.c - see grid.h. */
#include "grid/grid.h"

#include "base/ban.h"
#include "grid/organisation.h"

const struct noun *const grid_nouns[] = {
	&organisation_noun,
};
const size_t grid_nouns_n = ARRAY_LEN(grid_nouns);
