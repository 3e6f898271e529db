/*
 * profile.c - any bytes as a profile file: read, check, and use what was accepted.
 *
 * Beside not crashing, what must hold: a refused file has at least one fault, each with a
 * sentence of valid UTF-8 in both languages; an accepted one can be found, bound and asked.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "profile/profile.h"

enum { BUDGET_BYTES = 16 << 20 };

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void use(const struct profile *p, const struct profile_set *set, const struct zone *z,
		struct arena *a)
{
	static const struct str kinds[] = { { "", 0 }, { "plane", 5 }, { "cell", 4 } };
	const struct profile_facts facts = { true, true, true, 18800, 18801, { 1624000000 } };
	const struct profile_test *tests;
	const struct profile *found;
	struct trace_rules r;
	struct utc_s from, to;
	struct fault f = { 0 };
	int32_t day;
	size_t n;

	must(profile_find(set, p->id, &found, &f) == OK && str_eq(found->id, p->id));
	if (profile_bind(p, NULL, kinds, ARRAY_LEN(kinds), a, &r, &f) == OK)
		for (size_t i = 0; i < r.n_kinds; i++)
			must(r.n == TRACE_RULES_MAX || r.kind_rules[i] >> r.n == 0);
	if (profile_window(p, NULL, &facts, z, &from, &to, &f) == OK)
		must(from.v < to.v);
	if (profile_incubation_window(p, 18800, z, &from, &to, &f) == OK)
		must(from.v < to.v);
	for (int c = 0; c < TRACE_CLASS_N; c++) {
		ignore(profile_follow_up_end(p, (enum trace_class)c, 18800, &day, &f));
		ignore(profile_test_days(p, (enum trace_class)c, 18800, 18802, a, &tests, &n, &f));
	}
	(void)profile_roles(p, STR("crew"));
	(void)profile_tag_of(p, STR("anchors[0].pre_days"));
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	CLEANUP(arena_end) struct arena *a = NULL;
	CLEANUP(zone_end) struct zone *z = NULL;
	struct profile_faults faults;
	struct profile_set set;
	struct fault f = { 0 };
	enum err e;

	must(arena_new(BUDGET_BYTES, &a) == OK && zone_open("+08:00", &z, NULL) == OK);
	e = profile_load_bytes((struct str){ (const char *)p, n }, a, &set, &faults, &f);
	must(e == OK || e == ERR_SYNTAX || e == ERR_MEMORY);
	must((e == ERR_SYNTAX) == (faults.n > 0));
	for (size_t i = 0; i < faults.n; i++) {
		must(str_utf8(faults.v[i].path) && str_utf8(faults.v[i].zh));
		must(str_utf8(faults.v[i].en) && faults.v[i].zh.n && faults.v[i].en.n);
	}
	must(e == OK || (str_utf8(str_of(f.zh)) && str_utf8(str_of(f.en)) && f.code == e));
	for (size_t i = 0; e == OK && i < set.n; i++)
		use(&set.profiles[i], &set, z, a);
	return 0;
}
