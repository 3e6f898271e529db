#include "serve/nouns.h"

#include "epidemic/epidemic.h"
#include "grid/grid.h"
#include "intake/intake.h"
#include "loop/loop.h"
#include "safety/safety.h"
#include "trail/place.h"

#include "base/ban.h"

size_t nouns_all(const struct noun *ret[NOUNS_MAX])
{
	const struct {
		const struct noun *const *v;
		size_t n;
	} rooms[] = {
		{ grid_nouns, grid_nouns_n },         { trail_nouns, trail_nouns_n },
		{ intake_nouns, intake_nouns_n },     { loop_nouns, loop_nouns_n },
		{ epidemic_nouns, epidemic_nouns_n }, { safety_nouns, safety_nouns_n },
	};
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(rooms); i++)
		for (size_t k = 0; k < rooms[i].n; k++) {
			assert(n < NOUNS_MAX);
			ret[n++] = rooms[i].v[k];
		}
	return n;
}
