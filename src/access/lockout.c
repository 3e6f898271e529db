#include "access/lockout.h"

#include "base/ban.h"

/* An address is given more: an office shares one, and so do a hundred phones. */
static const struct {
	int64_t free, longest_s;
} rule[LOCKOUT_N] = {
	[LOCKOUT_LOGIN] = { 4, 15 * 60 },
	[LOCKOUT_ADDRESS] = { 40, 60 * 60 },
};

static bool forgotten(struct lockout l, struct utc_s now)
{
	return l.failures <= 0 || now.v - l.last.v >= LOCKOUT_FORGET_S;
}

int64_t lockout_wait_s(enum lockout_of of, struct lockout l, struct utc_s now)
{
	int64_t wait = LOCKOUT_FIRST_S;

	assert(of < LOCKOUT_N);
	if (forgotten(l, now) || l.failures <= rule[of].free)
		return 0;
	for (int64_t i = rule[of].free + 1; i < l.failures && wait < rule[of].longest_s; i++)
		wait *= 2;
	wait = min_i64(wait, rule[of].longest_s);
	return max_i64(0, min_i64(wait, l.last.v + wait - now.v));
}

struct lockout lockout_failed(struct lockout l, struct utc_s now)
{
	return (struct lockout){ forgotten(l, now) ? 1 : l.failures + 1, now };
}
