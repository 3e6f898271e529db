/*
 * clocks_file.c - files of clocks: what ships, and a sentence for whatever is wrong.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/when.h"
#include "clocks/clocks.h"
#include "support/flow_facts.h"
#include "support/paths.h"

enum { ARENA_BYTES = 8 << 20, TEXT_BYTES = 8 * 1024 };

/* ---- what ships --------------------------------------------------------------------------- */

static const struct {
	const char *id;
	uint32_t minutes;
	char tag;
} shipped[] = {
	{ "net-report-a", 2 * 60, 'S' },
	{ "net-report-b-c", 24 * 60, 'S' },
	{ "county-card-entry", 2 * 60, 'S' },
	{ "county-review", 2 * 60, 'S' },
	{ "positive-transfer", 2 * 60, 'S' },
	{ "route-known", 4 * 60, 'L' },
	{ "case-investigation", 24 * 60, 'S' },
	{ "close-contact-moved", 8 * 60, 'L' },
	{ "secondary-contact-moved", 12 * 60, 'L' },
	{ "coinvestigation-landed", 2 * 60, 'L' },
	{ "coinvestigation-controlled", 8 * 60, 'L' },
	{ "bulk-list-closed", 24 * 60, 'L' },
	{ "mass-test-small-city", 48 * 60, 'S' },
	{ "mass-test-big-city", 72 * 60, 'S' },
	{ "mass-test-region", 24 * 60, 'S' },
	{ "sampling-site-up", 6 * 60, 'S' },
	{ "ili-school-10", 30, 'L' }, /* the source says "immediately" */
	{ "ili-school-30", 2 * 60, 'S' },
	{ "health-emergency-event", 2 * 60, 'S' },
	{ "ewar-alert-report", 24 * 60, 'S' },
	{ "ewar-alert-verify", 24 * 60, 'S' },
	{ "ewar-alert-investigate", 24 * 60, 'S' },
	{ "717-detect", 168 * 60, 'S' },
	{ "717-notify", 24 * 60, 'S' },
	{ "717-respond", 168 * 60, 'S' },
	{ "hazard-ordinary", 72 * 60, 'L' },
	{ "hazard-major", 720 * 60, 'L' },
	{ "appeal-answer", 24 * 60, 'L' },
};

static void the_shipped_clocks_say_what_their_sources_say(void **state)
{
	struct arena *a = NULL;
	struct clocks_set set;

	(void)state;
	assert_int_equal(arena_new(ARENA_BYTES, &a), OK);
	assert_int_equal(clocks_load_builtin(a, &set, NULL), OK);
	assert_int_equal(set.n, ARRAY_LEN(shipped));
	for (size_t i = 0; i < ARRAY_LEN(shipped); i++) {
		const struct clocks_rule *rule;

		assert_int_equal(clocks_find(&set, str_of(shipped[i].id), date_day(2026, 11, 26),
					     &rule, NULL),
				 OK);
		assert_int_equal(rule->clock.done_s, shipped[i].minutes * 60);
		assert_int_equal(rule->tag, shipped[i].tag);
		assert_true(rule->n_sources > 0);
	}
	arena_free(a);
}

static void a_task_can_be_raised_with_each_shipped_clock(void **state)
{
	struct arena *a = NULL;
	struct clocks_set set;

	(void)state;
	assert_int_equal(arena_new(ARENA_BYTES, &a), OK);
	assert_int_equal(clocks_load_builtin(a, &set, NULL), OK);
	for (size_t i = 0; i < set.n; i++) {
		struct flow_event ev = facts_event(FLOW_ON_RAISE, FACTS_SENDER);
		struct flow_task t = { .id = 1 };
		struct flow_effects fx;

		ev.clock = set.rules[i].clock;
		facts_do(&t, &ev, FACTS_START, &fx);
		assert_int_equal(t.stage[FLOW_TO_DO].by, FACTS_START + set.rules[i].clock.done_s);
	}
	arena_free(a);
}

/* ---- faults ------------------------------------------------------------------------------- */

static const char sample[] =
	"{\n"
	" \"note\": \"a note\",\n"
	" \"ways\": { \"slow\": { \"label\": { \"zh\": \"慢\", \"en\": \"slow\" },"
	" \"accept_min\": 10, \"check_min\": 20, \"warn_min\": 5, \"grace_min\": 0,"
	" \"climb_min\": 30, \"repeat_min\": 60 } },\n"
	" \"clocks\": [\n"
	"  { \"id\": \"one\", \"version\": 1, \"valid_from\": \"2020-01-01\","
	" \"valid_to\": \"2020-12-31\", \"label\": { \"zh\": \"甲\", \"en\": \"a\" },"
	" \"who\": { \"zh\": \"乙\", \"en\": \"b\" }, \"starts\": { \"zh\": \"丙\", \"en\": \"c\" },"
	" \"note\": { \"zh\": \"丁\", \"en\": \"d\" },"
	" \"done_min\": 40, \"way\": \"slow\", \"tag\": \"S\", \"sources\": [\"somebody\"] },\n"
	"  { \"id\": \"one\", \"version\": 2, \"valid_from\": \"2021-01-01\", \"valid_to\": null,"
	" \"label\": { \"zh\": \"甲\", \"en\": \"a\" }, \"who\": { \"zh\": \"乙\", \"en\": \"b\" },"
	" \"starts\": { \"zh\": \"丙\", \"en\": \"c\" },"
	" \"done_min\": 50, \"way\": \"slow\", \"tag\": \"L\", \"sources\": [\"us\"] }\n"
	" ]\n"
	"}\n";

/* The sample with the n-th (from 0) `from` in it replaced. */
static void replaced(const char *from, int nth, const char *to, char ret[TEXT_BYTES])
{
	const char *at = strstr(sample, from);

	for (; at && nth > 0; nth--)
		at = strstr(at + 1, from);
	assert_non_null(at);
	(void)snprintf(ret, TEXT_BYTES, "%.*s%s%s", (int)(at - sample), sample, to,
		       at + strlen(from));
}

static const struct {
	const char *from;
	int nth;
	const char *to, *path, *says;
} faults[] = {
	{ "\"note\"", 0, "\"nota\"", "nota", "unknown key \"nota\"" },
	{ "\"ways\"", 0, "\"weys\"", "weys", "unknown key" },
	{ "\"slow\": {", 0, "\"Slow\": {", "ways.Slow", "does not follow the rule" },
	{ "\"accept_min\": 10", 0, "\"accept_min\": 0", "ways.slow.accept_min", "from 1 to" },
	{ "\"climb_min\": 30", 0, "\"climb_min\": 0", "ways.slow.climb_min", "from 1 to" },
	{ "\"check_min\": 20, ", 0, "", "ways.slow.check_min", "is missing" },
	{ "\"id\": \"one\"", 0, "\"id\": \"One\"", "clocks[0].id", "does not follow the rule" },
	{ "\"version\": 2", 0, "\"version\": 1", "clocks[1].version", "another version" },
	{ "2020-01-01", 0, "2020-02-30", "clocks[0].valid_from", "a date YYYY-MM-DD" },
	{ "2020-12-31", 0, "2019-12-31", "clocks[0].valid_to", "before valid_from" },
	{ "2020-12-31", 0, "2021-01-01", "clocks[1].valid_from", "at the same time as clocks[0]" },
	{ "\"valid_to\": null", 0, "\"valid_to\": 7", "clocks[1].valid_to", "a date" },
	{ " \"valid_to\": null,", 0, "", "clocks[1].valid_to", "is missing" },
	{ "\"en\": \"a\"", 0, "\"en\": \"\"", "clocks[0].label.en", "a text of 1 to" },
	{ "\"done_min\": 40", 0, "\"done_min\": 9", "clocks[0].done_min", "accepting by 10" },
	{ "\"done_min\": 40", 0, "\"done_min\": 1.5", "clocks[0].done_min", "a whole number" },
	{ "\"warn_min\": 5", 0, "\"warn_min\": 45", "clocks[0].done_min", "a warning 45" },
	{ "\"way\": \"slow\"", 1, "\"way\": \"fast\"", "clocks[1].way", "none of this name" },
	{ "\"tag\": \"S\"", 0, "\"tag\": \"X\"", "clocks[0].tag", "one of" },
	{ "[\"us\"]", 0, "[]", "clocks[1].sources", "1 to 8 items" },
	{ "[\"us\"]", 0, "[\"us\", 3]", "clocks[1].sources[1]", "a text of" },
	{ "\"note\": \"a note\",", 0, "\"note\": \"a note\" ", "", "" },
	{ "\"note\": \"a note\"", 0, "\"note\": 1, \"note\": 2", "", "" },
};

static void every_fault_has_its_path_and_its_sentence(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		struct clocks_faults bad;
		struct arena *a = NULL;
		struct clocks_set set;
		struct fault f = { 0 };
		char text[TEXT_BYTES];

		assert_int_equal(arena_new(ARENA_BYTES, &a), OK);
		replaced(faults[i].from, faults[i].nth, faults[i].to, text);
		assert_int_equal(clocks_load_bytes(str_of(text), a, &set, &bad, &f), ERR_SYNTAX);
		assert_true(bad.n > 0 && f.zh[0] && f.en[0]);
		assert_string_equal(bad.v[0].path.p, faults[i].path);
		assert_non_null(strstr(bad.v[0].en.p, faults[i].says));
		assert_true(str_utf8(bad.v[0].zh) && bad.v[0].zh.n > 0);
		arena_free(a);
	}
}

static void one_slip_is_one_sentence(void **state)
{
	size_t n = 0;

	(void)state;
	for (const char *p = sample; (p = strstr(p, "\": ")); n++) {
		size_t len;
		struct clocks_faults bad;
		struct arena *a = NULL;
		struct clocks_set set;
		char text[TEXT_BYTES];

		p += 3;
		if (*p == '{' || *p == '[')
			continue;
		len = strcspn(p, ",}");
		(void)snprintf(text, sizeof(text), "%.*s[]%s", (int)(p - sample), sample, p + len);
		assert_int_equal(arena_new(ARENA_BYTES, &a), OK);
		assert_int_equal(clocks_load_bytes(str_of(text), a, &set, &bad, NULL), ERR_SYNTAX);
		if (bad.n != 1)
			print_error("%zu faults at %.30s\n", bad.n, p);
		assert_int_equal(bad.n, 1);
		arena_free(a);
	}
	assert_true(n > 40);
}

static void a_clock_is_found_by_the_day(void **state)
{
	struct arena *a = NULL;
	struct clocks_faults bad;
	struct clocks_set set;
	const struct clocks_rule *rule;
	struct fault f = { 0 };

	(void)state;
	assert_int_equal(arena_new(ARENA_BYTES, &a), OK);
	assert_int_equal(clocks_load_bytes(STR(sample), a, &set, &bad, &f), OK);
	assert_int_equal(clocks_find(&set, STR("one"), date_day(2020, 12, 31), &rule, &f), OK);
	assert_int_equal(rule->version, 1);
	assert_int_equal(clocks_find(&set, STR("one"), date_day(2031, 1, 1), &rule, &f), OK);
	assert_int_equal(rule->version, 2);
	assert_int_equal(clocks_find(&set, STR("one"), date_day(2019, 1, 1), &rule, &f),
			 ERR_ABSENT);
	assert_int_equal(clocks_find(&set, STR("two"), date_day(2031, 1, 1), &rule, &f),
			 ERR_ABSENT);
	arena_free(a);
}

static void a_file_is_read_as_its_bytes_are(void **state)
{
	struct path folder = path_scratch(), path = path_join(&folder, "clocks.json");
	struct arena *a = NULL;
	struct clocks_faults bad;
	struct clocks_set set;
	FILE *file = fopen(path.s, "w");

	(void)state;
	assert_non_null(file);
	fputs("\xef\xbb\xbf", file);
	fputs(sample, file);
	fclose(file);
	assert_int_equal(arena_new(ARENA_BYTES, &a), OK);
	assert_int_equal(clocks_load_file(path.s, a, &set, &bad, NULL), OK);
	assert_int_equal(set.n, 2);
	assert_int_equal(clocks_load_file(folder.s, a, &set, &bad, NULL), ERR_IO);
	arena_free(a);
	path_forget(&folder);
}

static void failing_memory_is_a_refusal(void **state)
{
	enum err e = ERR_MEMORY;

	(void)state;
	for (uint64_t k = 1; e == ERR_MEMORY && k < 20000; k++) {
		struct arena *a = NULL;
		struct clocks_faults bad;
		struct clocks_set set;

		mem_fail_at(k, true);
		e = arena_new(ARENA_BYTES, &a);
		if (!e)
			e = clocks_load_bytes(STR(sample), a, &set, &bad, NULL);
		if (!e)
			e = clocks_load_bytes(STR("{\"ways\": 1}"), a, &set, &bad, NULL) ==
					    ERR_SYNTAX
				    ? OK
				    : ERR_MEMORY;
		mem_fail_at(0, false);
		arena_free(a);
	}
	assert_int_equal(e, OK);
}

static void an_arena_too_small_is_told(void **state)
{
	struct arena *a = NULL;
	struct clocks_set set;
	struct fault f = { 0 };

	(void)state;
	assert_int_equal(arena_new(32 * 1024, &a), OK);
	assert_int_equal(clocks_load_builtin(a, &set, &f), ERR_MEMORY);
	assert_int_equal(f.code, ERR_MEMORY);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_shipped_clocks_say_what_their_sources_say),
		cmocka_unit_test(a_task_can_be_raised_with_each_shipped_clock),
		cmocka_unit_test(every_fault_has_its_path_and_its_sentence),
		cmocka_unit_test(one_slip_is_one_sentence),
		cmocka_unit_test(a_clock_is_found_by_the_day),
		cmocka_unit_test(a_file_is_read_as_its_bytes_are),
		cmocka_unit_test(failing_memory_is_a_refusal),
		cmocka_unit_test(an_arena_too_small_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
