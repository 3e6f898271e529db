/* dice.c - splitmix64 and the two real clocks. */
#include "base/dice.h"

#include <time.h>

#include "base/ban.h"

/* Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014. */
uint64_t dice_next(struct dice *d)
{
	uint64_t z = (d->state += 0x9E3779B97F4A7C15u);

	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
	z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
	return z ^ (z >> 31);
}

uint32_t dice_below(struct dice *d, uint32_t n)
{
	assert(n > 0);
	return (uint32_t)(((dice_next(d) >> 32) * n) >> 32);
}

double dice_unit(struct dice *d)
{
	return (double)(dice_next(d) >> 11) * 0x1p-53;
}

bool dice_chance(struct dice *d, double p)
{
	return dice_unit(d) < p;
}

static int64_t read_ns(clockid_t which)
{
	struct timespec t = { 0, 0 };

	/* These two clocks exist on every system this builds for; failing is our bug. */
	int failed = clock_gettime(which, &t);

	assert(!failed);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int64_t wall_ns(void *arg)
{
	(void)arg;
	return read_ns(CLOCK_REALTIME);
}

static int64_t steady_ns(void *arg)
{
	(void)arg;
	return read_ns(CLOCK_MONOTONIC);
}

const struct clock clock_wall = { wall_ns, NULL };
const struct clock clock_steady = { steady_ns, NULL };

int64_t clock_ns(const struct clock *c)
{
	return c->now_ns(c->arg);
}

struct utc_s clock_s(const struct clock *c)
{
	return (struct utc_s){ clock_ns(c) / 1000000000 };
}
