/* when_column.c - times read one after the other, as when_read reads each of them alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "base/dice.h"
#include "base/when.h"

/* A time as text, mostly of a few days, in any form, and now and then spoilt. */
static struct str some_time(struct dice *d, int32_t day, char room[static 64])
{
	static const char *const tails[] = { "", "", "Z", "+08:00", "-0330", "+09", "+24:00", " " };
	int year, month, dom, n;
	uint32_t form = dice_below(d, 6);

	date_civil(day + (int32_t)dice_below(d, 3), &year, &month, &dom);
	if (form == 0)
		n = snprintf(room, 64, "%llu",
			     (unsigned long long)(dice_next(d) >> dice_below(d, 64)));
	else if (form == 1)
		n = snprintf(room, 64, "%04d-%02d-%02d", year, month, dom);
	else
		n = snprintf(room, 64, "%04d-%02d-%02d%c%02u:%02u%s%s", year, month, dom,
			     form == 2 ? ' ' : 'T', dice_below(d, 26), dice_below(d, 61),
			     form == 3   ? ":30"
			     : form == 4 ? ":59.0"
					 : "",
			     tails[dice_below(d, ARRAY_LEN(tails))]);
	if (dice_chance(d, 0.05))
		room[dice_below(d, (uint32_t)n)] = (char)dice_below(d, 256);
	return (struct str){ room, (size_t)n };
}

static void a_column_of_times_is_read_as_each_of_them_alone(void **state)
{
	static const char *const zones[] = { "Asia/Shanghai",
					     "America/New_York",
					     "America/St_Johns",
					     "Australia/Lord_Howe",
					     "Pacific/Apia",
					     "Africa/Casablanca",
					     "UTC",
					     "-03:30" };
	size_t n_read = 0, n_refused = 0;
	struct dice d = { 7 };
	char room[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(zones); i++) {
		CLEANUP(zone_end) struct zone *z = NULL;
		struct when_memo memo = { 0 };

		assert_int_equal(zone_open(zones[i], &z, NULL), OK);
		for (int k = 0; k < 40000; k++) {
			/* Every day of a century; those near its ends too. */
			int32_t day = k % 100 ? -9000 + k : date_day(k % 200 ? 1 : 9999, 1, 1);
			struct str s = some_time(&d, day, room);
			struct when alone;
			struct utc_s got;
			enum err e = when_read(s, z, &alone);

			if (when_read_next(&memo, s, z, &got) != (e == OK))
				fail_msg("%s: '%.*s'", zones[i], (int)s.n, s.p);
			if (e == OK)
				assert_int_equal(got.v, alone.at.v);
			e ? n_refused++ : n_read++;
		}
	}
	assert_true(n_read > 200000 && n_refused > 20000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_column_of_times_is_read_as_each_of_them_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
