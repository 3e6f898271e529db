/*
 * city.h - a made-up city and the fortnight of everyone in it, drawn from a seed.
 *
 * Every resident's fortnight comes from a stream of its own, so it can be told alone, in any
 * order and more than once. The draws, and the order in which they are made, are the format of
 * the data that the published figures are about: do not reorder them.
 *
 * Life:     set n_persons and seed -> city_found -> city_tell, as often as wanted
 * Memory:   all of the city lies in the caller's arena, about 12 bytes a person.
 * Units:    minutes from the first day's midnight.
 * Errors:   ERR_MEMORY
 * Source:   the distributions are described in bench/README.md.
 */
#ifndef BENCH_CITY_H
#define BENCH_CITY_H
#include "base/base.h"
#include "base/memory.h"
#include "measure.h"

enum { CITY_DAYS = 14, CITY_DAY = 24 * 60, CITY_END = CITY_DAYS * CITY_DAY };

/* Zipf-Mandelbrot: upto[i] is the share of visits that go to the first i + 1 places. */
struct popularity {
	uint32_t n;
	double *upto;
};

struct city {
	uint64_t seed;
	uint32_t n_persons, n_districts, n_places;
	uint32_t n_homes, n_works, n_shops, n_shops_near, n_stops, n_hospitals;
	uint32_t first_work, first_shop, first_stop, first_hospital;
	uint32_t n_jobs;
	uint32_t *home_of;   /* per resident */
	uint32_t *jobs_upto; /* per workplace: jobs there and in those before it */
	struct popularity shop_near, shop_far, stop, hospital;
	uint32_t *person_id, *place_id; /* resident and site numbers to ids that say nothing */
	uint32_t *far_shop;             /* the city-wide ranking of shops */
};

MUST_CHECK enum err city_found(struct city *c, struct arena *a);

/* Hand every visit of a resident's fortnight to `visit`; some reach over the end or are empty. */
void city_tell(const struct city *c, uint32_t resident,
	       void (*visit)(struct bench_visit v, void *arg), void *arg);
#endif
