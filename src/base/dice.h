/*
 * dice.h - one source of randomness and one clock, both handed in as values.
 *
 * dice is splitmix64: seeded, repeatable, not for secrets. A clock is a function and its
 * argument, so that a test or a simulator can own time; clock_wall and clock_steady are the real
 * ones and the only callers of the operating system's clocks.
 */
#ifndef BASE_DICE_H
#define BASE_DICE_H
#include "base/base.h"

struct dice {
	uint64_t state;
};
uint64_t dice_next(struct dice *d);
uint32_t dice_below(struct dice *d, uint32_t n); /* 0 .. n-1, n > 0, by multiply-shift */
double dice_unit(struct dice *d);                /* [0, 1) with 53 bits */
bool dice_chance(struct dice *d, double p);

struct clock {
	int64_t (*now_ns)(void *arg);
	void *arg;
};
extern const struct clock clock_wall;   /* ns since 1970 */
extern const struct clock clock_steady; /* ns since some start; never goes back */
int64_t clock_ns(const struct clock *c);
struct utc_s clock_s(const struct clock *c); /* of a wall's: its whole second */
#endif
