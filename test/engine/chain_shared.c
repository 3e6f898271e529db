/*
 * chain_shared.c - published trees of infection: our figures against those others computed.
 *
 * The data is no part of the project. Without it (see support/paths.h) this test says so and
 * exits with 77, which the build reads as skipped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/trace/chain.h"
#include "support/paths.h"
#include "support/csv_rows.h"

enum { ARENA_BYTES = 256 << 20, SKIPPED = 77, NAME_BYTES = 32 };

struct name {
	char s[NAME_BYTES];
};

/* Links by name, then by number: a person's number is the place of the name in the list. */
struct tree {
	struct {
		struct name *v;
		size_t n, cap;
	} names;
	struct {
		struct name *v;
		size_t n, cap;
	} from, to;
	size_t self; /* rows in which somebody infected themselves: left out */
	struct trace_chain chain;
	struct arena *arena;
};

static void must(enum err e)
{
	assert_int_equal(e, OK);
}

static struct name name_of(struct str s)
{
	struct name n = { 0 };

	assert_true(s.n < NAME_BYTES);
	memcpy(n.s, s.p, s.n);
	return n;
}

static int name_cmp(const void *a, const void *b)
{
	return strcmp(a, b);
}

static uint32_t number_of(const struct tree *t, const struct name *name)
{
	const struct name *at = bsearch(name, t->names.v, t->names.n, sizeof(*at), name_cmp);

	assert_non_null(at);
	return (uint32_t)(at - t->names.v);
}

static void read_links(struct tree *t, const char *file, const char *from, const char *to)
{
	struct path path = path_in_shared_data(file);
	struct csv_rows r;

	csv_rows_open(&r, path.s);
	while (csv_rows_next(&r)) {
		struct name a = name_of(csv_rows_str(&r, from)), b = name_of(csv_rows_str(&r, to));

		must(vec_push(&t->names, a));
		must(vec_push(&t->names, b));
		if (strcmp(a.s, b.s) == 0) {
			t->self++;
			continue;
		}
		must(vec_push(&t->from, a));
		must(vec_push(&t->to, b));
	}
	csv_rows_end(&r);
}

static void read_people(struct tree *t, const char *file, const char *column)
{
	struct path path = path_in_shared_data(file);
	struct csv_rows r;

	csv_rows_open(&r, path.s);
	while (csv_rows_next(&r))
		must(vec_push(&t->names, name_of(csv_rows_str(&r, column))));
	csv_rows_end(&r);
}

static void build(struct tree *t)
{
	struct trace_chain_given *given = mem_take(t->from.n, sizeof(*given));
	struct trace_chain_ask ask = { .given = given, .n_given = t->from.n };
	size_t kept = 0;

	assert_non_null(given);
	qsort(t->names.v, t->names.n, sizeof(*t->names.v), name_cmp);
	for (size_t i = 0; i < t->names.n; i++)
		if (kept == 0 || strcmp(t->names.v[kept - 1].s, t->names.v[i].s) != 0)
			t->names.v[kept++] = t->names.v[i];
	ask.n_nodes = t->names.n = kept;
	for (size_t i = 0; i < t->from.n; i++)
		given[i] = (struct trace_chain_given){ number_of(t, &t->from.v[i]),
						       number_of(t, &t->to.v[i]),
						       { TRACE_NEVER },
						       { TRACE_NEVER } };
	must(arena_new(ARENA_BYTES, &t->arena));
	must(trace_chain_build(&ask, t->arena, &t->chain, NULL));
	mem_drop(given);
}

/* Every row of the oracle, and no node without one. */
static void compare(struct tree *t, const char *file)
{
	struct path path = path_in_shared_data(file);
	struct csv_rows r;
	size_t n = 0;

	csv_rows_open(&r, path.s);
	while (csv_rows_next(&r)) {
		struct name id = name_of(csv_rows_str(&r, "id"));
		const struct trace_chain_node *v = &t->chain.node[number_of(t, &id)];
		bool alone = v->in_degree + v->offspring == 0;

		n++;
		if (t->self > 0 && alone) /* the one whose only link led to itself */
			continue;
		assert_int_equal(v->in_degree, csv_rows_i64(&r, "in_degree"));
		assert_int_equal(v->offspring, csv_rows_i64(&r, "offspring"));
		assert_int_equal(v->descendants, csv_rows_i64(&r, "descendants"));
		if (csv_rows_str(&r, "generation_min").n == 0)
			assert_int_equal(v->generation, TRACE_CHAIN_NO_GENERATION);
		else
			assert_int_equal(v->generation, csv_rows_i64(&r, "generation_min"));
	}
	csv_rows_end(&r);
	assert_int_equal(n, t->chain.n_nodes);
}

static void tree_end(struct tree *t)
{
	vec_drop(&t->names);
	vec_drop(&t->from);
	vec_drop(&t->to);
	arena_end(&t->arena);
}

static void mers_in_korea_2015(void **state)
{
	struct tree t = { 0 };

	(void)state;
	read_links(&t, "1_tracing/mers_korea_2015__contacts.csv", "from", "to");
	read_people(&t, "1_tracing/mers_korea_2015__linelist.csv", "id");
	build(&t);
	assert_int_equal(t.chain.n_nodes, 162);
	compare(&t, "1_tracing/oracle_mers_korea_2015_tree.csv");
	tree_end(&t);
}

static void a_simulated_outbreak_of_ebola(void **state)
{
	struct tree t = { 0 };

	(void)state;
	read_links(&t, "1_tracing/ebola_sim_clean__contacts.csv", "infector", "case_id");
	build(&t);
	assert_int_equal(t.chain.n_nodes, 5511);
	compare(&t, "1_tracing/oracle_ebola_sim_clean_tree.csv");
	tree_end(&t);
}

/* With circles, in which everybody is their own descendant, and one link from a person to
 * themselves, which we refuse. */
static void covid_in_korea_2020(void **state)
{
	struct tree t = { 0 };

	(void)state;
	read_links(&t, "1_tracing/korea_ds4c/truth_links.csv", "infector", "infectee");
	build(&t);
	assert_int_equal(t.chain.n_nodes, 547);
	assert_int_equal(t.self, 1);
	compare(&t, "1_tracing/korea_ds4c/oracle_tree.csv");
	tree_end(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mers_in_korea_2015),
		cmocka_unit_test(a_simulated_outbreak_of_ebola),
		cmocka_unit_test(covid_in_korea_2020),
	};
	struct path data = path_in_shared_data("1_tracing");

	if (!path_exists(data.s)) {
		printf("skipped: no shared data at %s\n", data.s);
		return SKIPPED;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
