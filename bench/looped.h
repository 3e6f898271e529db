/*
 * looped.h - a database with the loop on it and a made-up province, for what measures tasks: 14
 * cities, 140 counties, 2,100 townships, 31,500 villages.
 *
 * Life:     looped_open -> ... -> looped_close.
 * Errors:   a line on standard error and the end: what was to be measured did not happen.
 */
#ifndef BENCH_LOOPED_H
#define BENCH_LOOPED_H
#include "base/dice.h"
#include "clocks/clocks.h"
#include "db/db.h"
#include "loop/inside.h"

enum { LOOPED_CITIES = 14, LOOPED_COUNTIES = 10, LOOPED_TOWNS = 15, LOOPED_VILLAGES = 15 };
enum { LOOPED_NOW = 1790000000, LOOPED_DAY = 86400, LOOPED_ACCEPT_S = 3600 };

struct looped {
	struct db *db;
	struct zone *zone;
	struct record_book *book;
	struct loop *l;
	struct dice dice;
	struct fault f;
};
void looped_open(struct looped *b, const char *url, uint64_t seed);
void looped_close(struct looped *b);
void looped_must(const struct looped *b, enum err e);

extern const struct clocks_rule looped_rule; /* "bench": accepted in an hour, done in 15 days */
struct area_code looped_city(struct dice *d);
struct area_code looped_village(struct dice *d);

/* Run it in an act; NAME_ms and NAME_cpu_ms, this process's alone, are figures of `who`. */
void looped_timed(struct looped *b, const char *who, const char *name, db_act *act, void *arg);
/* Ask n times by `ask`; NAME_p50_ms and NAME_p99_ms. */
void looped_asked(struct looped *b, const char *who, const char *name, size_t n, db_act *ask,
		  void *arg);
double looped_ms(void);
#endif
