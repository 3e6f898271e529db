/* local_day.c - visits are filed under a local day, also where clocks make days odd. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "engine/trace/store.h"

enum { MINUTES = 3 * 24 * 60 };

static enum err count_image(struct trace_image image, void *arg, struct fault *f)
{
	uint64_t *n = arg;

	(void)f;
	*n += image.visits;
	mem_drop(image.bytes);
	return OK;
}

/* A visit a minute through the turn of the clocks: each is filed once, in whatever order. */
static void filed_once(const char *zone, int64_t around)
{
	struct trace_builder_options o = { .budget_bytes = SIZE_MAX };
	struct trace_builder *b;
	struct trace_set *s;
	struct zone *z;
	uint64_t n = 0;

	assert_int_equal(zone_open(zone, &z, NULL), OK);
	o.zone = z;
	assert_int_equal(trace_builder_new(&o, &b, NULL), OK);
	assert_int_equal(trace_set_new(z, &s), OK);
	for (int64_t i = 0; i < MINUTES; i++) {
		int64_t from = around + (i * 1009 % MINUTES - MINUTES / 2) * 60;
		struct visit v = { { 1 }, { (uint32_t)(i % 7) }, { from }, { from + 60 }, 0 };
		assert_int_equal(trace_builder_add(b, &v, 1, NULL), OK);
		if (i % 100 == 0)
			assert_int_equal(trace_set_add(s, &v, 1, NULL), OK);
	}
	assert_int_equal(trace_builder_finish(b, count_image, &n, NULL), OK);
	assert_int_equal(n, MINUTES);
	assert_int_equal(trace_set_freeze(s, NULL), OK);
	for (int32_t day = -3; day <= 3; day++)
		assert_int_equal(trace_set_drop_day(s,
						    zone_day_of(z, (struct utc_s){ around }) + day,
						    NULL),
				 OK);
	assert_int_equal(trace_set_parts(s), 0);
	trace_set_free(s);
	trace_builder_free(b);
	zone_free(z);
}

static void clocks_that_go_back_over_midnight_repeat_a_date_and_lose_no_visit(void **state)
{
	(void)state;
	filed_once("America/St_Johns", 1289097060); /* 2010-11-07 00:01 becomes 23:01 */
}

static void a_date_that_never_was_takes_no_visit(void **state)
{
	(void)state;
	filed_once("Pacific/Apia", 1325239200); /* 2011-12-30 was left out */
}

static void a_day_of_twenty_five_hours_takes_all_of_them(void **state)
{
	(void)state;
	filed_once("America/New_York", 1636264800); /* 2021-11-07 */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clocks_that_go_back_over_midnight_repeat_a_date_and_lose_no_visit),
		cmocka_unit_test(a_date_that_never_was_takes_no_visit),
		cmocka_unit_test(a_day_of_twenty_five_hours_takes_all_of_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
