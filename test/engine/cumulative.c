/* cumulative.c - overlaps that add up, as trying every second says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/dice.h"
#include "engine/trace/cumulative.h"

enum { N_MAX = 40, DAY = 120, SPAN_MAX = 30, RULES = 3 };

static struct trace_rule rule[RULES];
static struct trace_rules rules = { .n = RULES, .rule = rule };

/* Seconds of the pair's overlaps in [t, t + span). */
static int64_t held(const struct trace_encounter *e, size_t n, int64_t t)
{
	int64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		if (e[i].place.v != TRACE_NONE)
			sum += max_i64(0, min_i64(e[i].to.v, t + rules.cumulative_s) -
						  max_i64(e[i].from.v, t));
	return sum;
}

static bool counts(const struct trace_encounter *e, size_t n, const struct trace_encounter *x)
{
	if (x->place.v == TRACE_NONE)
		return true;
	for (int64_t t = x->from.v - rules.cumulative_s + 1; t < x->to.v; t++)
		if (held(e, n, t) >= max_i64(rule[x->rule].min_s, 1))
			return true;
	return false;
}

static size_t make_pair(struct dice *d, uint32_t contact, struct trace_encounter *e)
{
	size_t n = 1 + dice_below(d, N_MAX), named = dice_below(d, 3);
	uint32_t longest = 1 + dice_below(d, 9);

	for (size_t i = 0; i < n + named; i++) {
		int64_t from = (int64_t)dice_below(d, DAY) - DAY / 2;

		e[i] = (struct trace_encounter){
			.contact = { contact },
			.via = { contact % 2 },
			.place = { i < n ? (uint32_t)i / 7 : TRACE_NONE },
			.from = { from },
			.to = { from + 1 + dice_below(d, longest) },
			.rule = (uint16_t)(i < n ? dice_below(d, RULES) : TRACE_RULE_NAMED),
		};
		if (i >= n)
			e[i].from.v = e[i].to.v = TRACE_NEVER;
	}
	return n + named;
}

static void those_are_kept_whose_span_holds_the_minimum(void **state)
{
	enum { PAIRS = 5 };
	static struct trace_encounter e[PAIRS * (N_MAX + 3)], want[PAIRS * (N_MAX + 3)];
	size_t n_kept = 0, n_dropped = 0;
	struct dice d = { 1 };

	(void)state;
	for (int round = 0; round < 2000; round++) {
		size_t n = 0, n_want = 0;

		rules.cumulative_s = 1 + dice_below(&d, SPAN_MAX);
		for (size_t i = 0; i < RULES; i++)
			rule[i].min_s = dice_below(&d, 20);
		for (uint32_t pair = 0; pair < PAIRS; pair++) {
			size_t n_pair = make_pair(&d, pair, e + n);

			for (size_t i = n; i < n + n_pair; i++)
				if (counts(e + n, n_pair, &e[i]))
					want[n_want++] = e[i];
			n += n_pair;
		}
		n_dropped += n - n_want;
		n_kept += n_want;
		assert_int_equal(cumulative_keep(&rules, e, &n), OK);
		assert_int_equal(n, n_want);
		assert_memory_equal(e, want, n * sizeof *e);
	}
	assert_true(n_kept > 10000 && n_dropped > 10000);
}

static void named_contacts_alone_are_kept(void **state)
{
	struct trace_encounter e = { .place = { TRACE_NONE },
				     .from = { TRACE_NEVER },
				     .to = { TRACE_NEVER },
				     .rule = TRACE_RULE_NAMED };
	size_t n = 1;

	(void)state;
	rules.cumulative_s = 10;
	assert_int_equal(cumulative_keep(&rules, &e, &n), OK);
	assert_int_equal(n, 1);
}

/* Two devices that report every minute of a fortnight: by each against each it would be hours. */
static void a_pair_may_have_very_many(void **state)
{
	enum { MANY = 100000 };
	struct trace_encounter *e = calloc(MANY, sizeof *e);
	size_t n = MANY;

	(void)state;
	assert_non_null(e);
	rules.cumulative_s = 86400;
	for (size_t i = 0; i < RULES; i++)
		rule[i].min_s = 2000;
	for (size_t i = 0; i < MANY; i++) {
		e[i].from.v = (int64_t)i * 60;
		e[i].to.v = (int64_t)i * 60 + (i < MANY / 2 ? 1 : 2);
	}
	assert_int_equal(cumulative_keep(&rules, e, &n), OK);
	/* 1,440 a day: of one second each too few, and of two enough. */
	assert_true(n > MANY / 2 && n < MANY / 2 + 1440);
	free(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(those_are_kept_whose_span_holds_the_minimum),
		cmocka_unit_test(named_contacts_alone_are_kept),
		cmocka_unit_test(a_pair_may_have_very_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
