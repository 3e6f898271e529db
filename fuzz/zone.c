/*
 * zone.c - any bytes as a time-zone file: refused, or a zone whose days are in order.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/when.h"

enum { HOUR_S = 3600, DAY_S = 86400 };

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check_at(const struct zone *z, int64_t t)
{
	int32_t offset_s = zone_offset(z, (struct utc_s){ t });
	int32_t day = zone_day_of(z, (struct utc_s){ t });
	int64_t start = zone_day_start(z, day).v;
	CLEANUP(buf_release) struct buf b = { 0 };
	struct when w;

	must(offset_s > -26 * HOUR_S && offset_s < 26 * HOUR_S);
	/* No day begins after an instant that is in it. */
	must(start <= t);
	must(zone_day_of(z, (struct utc_s){ start }) >= day);
	must(zone_day_start(z, day + 1).v >= start);
	if (t < WHEN_MIN_S + 2 * DAY_S || t >= WHEN_MAX_S - 2 * DAY_S)
		return;
	when_iso(&b, (struct utc_s){ t }, z);
	if (offset_s > -24 * HOUR_S && offset_s < 24 * HOUR_S)
		must(when_read(buf_view(&b), z, &w) == OK && w.at.v == t);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	CLEANUP(zone_end) struct zone *z = NULL;
	enum err e = zone_open_bytes("any", (struct str){ (const char *)p, n }, &z);

	must(e == OK || e == ERR_CORRUPT);
	if (e)
		return 0;
	for (int64_t t = -3000000000; t < 6000000000; t += 250000001)
		check_at(z, t);
	for (int64_t t = WHEN_MIN_S; t < WHEN_MAX_S; t += 40000000001)
		check_at(z, t);
	return 0;
}
