/*
 * clocks.c - any bytes as a file of clocks.
 *
 * A refused file has at least one fault, each with a sentence of valid UTF-8 in both languages; of
 * an accepted one every clock can be found on a day it is valid, and a task be raised with it.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "clocks/clocks.h"
#include "support/flow_facts.h"

enum { BUDGET_BYTES = 16 << 20 };

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void use(const struct clocks_set *set, const struct clocks_rule *rule)
{
	int32_t day = rule->valid_from == CLOCKS_DAY_OPEN ? rule->valid_to : rule->valid_from;
	struct flow_event ev = facts_event(FLOW_ON_RAISE, FACTS_SENDER);
	struct flow_task t = { .id = 1 };
	const struct clocks_rule *found;
	struct flow_effects fx;

	must(clocks_find(set, rule->id, day == CLOCKS_DAY_OPEN ? 0 : day, &found, NULL) == OK);
	must(found == rule);
	ev.clock = rule->clock;
	facts_do(&t, &ev, FACTS_START, &fx);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	CLEANUP(arena_end) struct arena *a = NULL;
	struct clocks_faults faults;
	struct clocks_set set;
	struct fault f = { 0 };
	enum err e;

	must(arena_new(BUDGET_BYTES, &a) == OK);
	e = clocks_load_bytes((struct str){ (const char *)p, n }, a, &set, &faults, &f);
	must(e == OK || e == ERR_SYNTAX || e == ERR_MEMORY);
	must((e == ERR_SYNTAX) == (faults.n > 0) && f.code == e);
	for (size_t i = 0; i < faults.n; i++) {
		must(str_utf8(faults.v[i].path) && str_utf8(faults.v[i].zh));
		must(str_utf8(faults.v[i].en) && faults.v[i].zh.n && faults.v[i].en.n);
	}
	for (size_t i = 0; e == OK && i < set.n; i++)
		use(&set, &set.rules[i]);
	return 0;
}
