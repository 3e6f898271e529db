/*
 * chain.c - the graph of possible infections is that of a slow, obvious version: for edges, over
 * the slow engine's contacts in small made-up worlds; for figures, by Floyd and Warshall.
 *
 * OUTPOST_WORLDS=n    how many worlds and graphs (3,000 without it)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "engine/trace/chain.h"
#include "engine/trace/store.h"
#include "support/paths.h"
#include "support/slow.h"
#include "support/world.h"

enum {
	ARENA_BYTES = 256 << 20,
	WORLDS = 3000,
	SMALL = 14,
	BIG_NODES = 20000,
	BIG_EDGES = 26000,
	FAR = 1000000,
	GIVEN = 6
};

static void must(enum err e)
{
	assert_int_equal(e, OK);
}

/* ---- figures of a graph ----------------------------------------------------------------- */

struct square {
	uint32_t n;
	bool edge[SMALL][SMALL];
};

/* Steps from a to b, at least one; FAR if there is no way. */
static void all_distances(const struct square *s, uint32_t d[SMALL][SMALL])
{
	for (uint32_t a = 0; a < s->n; a++)
		for (uint32_t b = 0; b < s->n; b++)
			d[a][b] = s->edge[a][b] ? 1 : FAR;
	for (uint32_t k = 0; k < s->n; k++)
		for (uint32_t a = 0; a < s->n; a++)
			for (uint32_t b = 0; b < s->n; b++)
				if (d[a][k] + d[k][b] < d[a][b])
					d[a][b] = d[a][k] + d[k][b];
}

static void slow_figures(const struct square *s, struct trace_chain_node *ret)
{
	uint32_t d[SMALL][SMALL];

	all_distances(s, d);
	memset(ret, 0, s->n * sizeof(*ret));
	for (uint32_t a = 0; a < s->n; a++)
		for (uint32_t b = 0; b < s->n; b++) {
			ret[a].offspring += s->edge[a][b];
			ret[b].in_degree += s->edge[a][b];
			ret[a].descendants += d[a][b] < FAR;
		}
	for (uint32_t b = 0; b < s->n; b++) {
		uint32_t nearest = ret[b].in_degree == 0 ? 0 : FAR;

		for (uint32_t a = 0; a < s->n; a++)
			if (ret[a].in_degree == 0 && d[a][b] < nearest)
				nearest = d[a][b];
		ret[b].generation = nearest < FAR ? (int32_t)nearest : TRACE_CHAIN_NO_GENERATION;
		ret[b].on_cycle = d[b][b] < FAR;
	}
}

static void same_figures(const struct trace_chain_node *a, const struct trace_chain_node *b,
			 size_t n)
{
	for (size_t v = 0; v < n; v++) {
		assert_int_equal(a[v].in_degree, b[v].in_degree);
		assert_int_equal(a[v].offspring, b[v].offspring);
		assert_int_equal(a[v].generation, b[v].generation);
		assert_int_equal(a[v].descendants, b[v].descendants);
		assert_int_equal(a[v].on_cycle, b[v].on_cycle);
	}
}

/* Rows in any order, some twice; marks them in the square. */
static size_t some_rows(struct dice *d, struct square *s, struct trace_chain_given *row, size_t max)
{
	size_t n = dice_below(d, (uint32_t)max + 1), kept = 0;

	memset(s->edge, 0, sizeof(s->edge));
	for (size_t i = 0; i < n; i++) {
		uint32_t a = dice_below(d, s->n), b = dice_below(d, s->n);

		if (a == b)
			continue;
		s->edge[a][b] = true;
		row[kept++] = (struct trace_chain_given){ a, b, { TRACE_NEVER }, { TRACE_NEVER } };
	}
	return kept;
}

static void figures_are_those_of_all_shortest_ways(void **state)
{
	struct dice d = { 11 };
	struct arena *a = NULL;
	uint64_t cycles = 0, lost = 0;

	(void)state;
	must(arena_new(ARENA_BYTES, &a));
	for (uint64_t k = env_u64("OUTPOST_WORLDS", size_u64(WORLDS)); k > 0; k--) {
		struct square s = { .n = 1 + dice_below(&d, SMALL) };
		struct trace_chain_given row[3 * SMALL];
		struct trace_chain_node want[SMALL];
		struct trace_chain_ask ask = { .n_nodes = s.n, .given = row };
		struct trace_chain got;

		ask.n_given = some_rows(&d, &s, row, 1 + dice_below(&d, 3 * SMALL));
		arena_clear(a);
		must(trace_chain_build(&ask, a, &got, NULL));
		slow_figures(&s, want);
		assert_int_equal(got.n_nodes, s.n);
		same_figures(want, got.node, s.n);
		for (size_t i = 0; i < got.n_edges; i++) {
			assert_true(s.edge[got.edge[i].from][got.edge[i].to]);
			assert_true(got.edge[i].given);
			assert_int_equal(got.edge[i].klass, TRACE_CLASS_N);
			s.edge[got.edge[i].from][got.edge[i].to] = false;
		}
		for (uint32_t v = 0; v < s.n; v++) {
			cycles += want[v].on_cycle;
			lost += want[v].generation == TRACE_CHAIN_NO_GENERATION;
			for (uint32_t u = 0; u < s.n; u++)
				assert_false(s.edge[v][u]);
		}
	}
	assert_true(cycles > 0 && lost > 0);
	arena_end(&a);
}

/* How many nodes can be reached from v in one step or more, by walking. */
static uint32_t walk(const struct trace_chain *c, const size_t *start, uint32_t v, bool *seen,
		     uint32_t *queue)
{
	uint32_t head = 0, tail = 0;

	memset(seen, 0, c->n_nodes * sizeof(*seen));
	for (;;) {
		for (size_t i = start[v]; i < start[v + 1]; i++) {
			uint32_t to = c->edge[i].to;

			if (!seen[to]) {
				seen[to] = true;
				queue[tail++] = to;
			}
		}
		if (head == tail)
			return tail;
		v = queue[head++];
	}
}

static void descendants_of_a_large_graph_are_counted_in_strips(void **state)
{
	struct dice d = { 5 };
	struct arena *a = NULL;
	struct trace_chain_given *row = mem_take(BIG_EDGES, sizeof(*row));
	struct trace_chain_ask ask = { .n_nodes = BIG_NODES, .given = row };
	size_t *start = mem_take(BIG_NODES + 2, sizeof(*start));
	bool *seen = mem_take(BIG_NODES, sizeof(*seen));
	uint32_t *queue = mem_take(BIG_NODES, sizeof(*queue));
	struct trace_chain got;

	(void)state;
	assert_true(row && start && seen && queue);
	for (size_t i = 0; i < BIG_EDGES; i++) {
		uint32_t x = dice_below(&d, BIG_NODES), y = dice_below(&d, BIG_NODES);

		if (x != y)
			row[ask.n_given++] = (struct trace_chain_given){
				x, y, { TRACE_NEVER }, { TRACE_NEVER }
			};
	}
	must(arena_new(ARENA_BYTES, &a));
	must(trace_chain_build(&ask, a, &got, NULL));
	for (size_t i = 0; i < got.n_edges; i++)
		start[got.edge[i].from + 1]++;
	for (size_t v = 0; v < BIG_NODES; v++)
		start[v + 1] += start[v];
	for (uint32_t v = 0; v < BIG_NODES; v += 41)
		assert_int_equal(got.node[v].descendants, walk(&got, start, v, seen, queue));
	arena_end(&a);
	mem_drop(row);
	mem_drop(start);
	mem_drop(seen);
	mem_drop(queue);
}

/* ---- given links ------------------------------------------------------------------------ */

static struct trace_chain_case a_case(uint32_t node, int64_t from, int64_t to)
{
	return (struct trace_chain_case){
		.node = node,
		.warrant = { .purpose = TRACE_CONTACT_TRACING,
			     .index = { node },
			     .from = { from },
			     .to = { to },
			     .generations = 1,
			     .limit = 1000 },
	};
}

static void a_given_link_is_kept_but_marked_when_the_windows_contradict_it(void **state)
{
	const struct trace_chain_case cases[] = { a_case(0, 100, 200), a_case(1, 150, 300),
						  a_case(2, 50, TRACE_STILL) };
	const struct trace_chain_given given[] = {
		{ 0, 1, { TRACE_NEVER }, { TRACE_NEVER } }, /* 100 is before 150: possible */
		{ 1, 2, { TRACE_NEVER }, { TRACE_NEVER } }, /* 150 is after 50: not */
		{ 0, 3, { TRACE_NEVER }, { TRACE_NEVER } }, /* 3 has no case: nothing to say */
		{ 2, 0, { 120 }, { 130 } },                 /* when 0 was infectious already */
		{ 2, 1, { 10 }, { 20 } },                   /* both rows: the second fits */
		{ 2, 1, { 140 }, { 180 } },
	};
	const struct trace_chain_ask ask = {
		.n_nodes = 4, .n_cases = 3, .cases = cases, .n_given = 6, .given = given
	};
	const bool against[] = { false, false, true, true, false }; /* 01 03 12 20 21 */
	struct trace_chain got;
	struct arena *a = NULL;

	(void)state;
	must(arena_new(ARENA_BYTES, &a));
	must(trace_chain_build(&ask, a, &got, NULL));
	assert_int_equal(got.n_edges, ARRAY_LEN(against));
	for (size_t i = 0; i < got.n_edges; i++)
		assert_int_equal(got.edge[i].against_time, against[i]);
	assert_int_equal(got.edge[0].first.v, TRACE_NEVER);
	assert_int_equal(got.edge[4].first.v, 10);
	assert_int_equal(got.edge[4].last.v, 180);
	assert_true(got.node[0].is_case && !got.node[3].is_case);
	arena_end(&a);
}

static void what_cannot_be_a_graph_is_refused(void **state)
{
	const struct trace_chain_given self = { 1, 1, { TRACE_NEVER }, { TRACE_NEVER } };
	const struct trace_chain_given beyond = { 1, 2, { TRACE_NEVER }, { TRACE_NEVER } };
	const struct trace_chain_given half = { 0, 1, { 5 }, { TRACE_NEVER } };
	const struct trace_chain_given reversed = { 0, 1, { 5 }, { 5 } };
	const struct trace_chain_given *const bad[] = { &self, &beyond, &half, &reversed };
	struct trace_chain_case c = a_case(2, 0, 10);
	struct trace_chain_ask ask = { .n_nodes = 2, .n_given = 1 };
	struct trace_chain got = { .n_nodes = 77 };
	struct arena *a = NULL;

	(void)state;
	must(arena_new(ARENA_BYTES, &a));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct fault f = { 0 };

		ask.given = bad[i];
		assert_int_equal(trace_chain_build(&ask, a, &got, &f), ERR_RANGE);
		assert_true(f.zh[0] && f.en[0]);
	}
	ask = (struct trace_chain_ask){ .n_nodes = 2, .n_cases = 1, .cases = &c };
	assert_int_equal(trace_chain_build(&ask, a, &got, NULL), ERR_RANGE);
	c = a_case(1, 10, 10);
	assert_int_equal(trace_chain_build(&ask, a, &got, NULL), ERR_WARRANT);
	c = a_case(1, 10, 20);
	c.warrant.purpose = TRACE_SOURCE_TRACING;
	assert_int_equal(trace_chain_build(&ask, a, &got, NULL), ERR_WARRANT);
	c.warrant.purpose = TRACE_CONTACT_TRACING;
	c.exposure_known = true;
	assert_int_equal(trace_chain_build(&ask, a, &got, NULL), ERR_RANGE);
	assert_int_equal(got.n_nodes, 77); /* nothing was written */
	arena_end(&a);
}

/* ---- edges from visits ------------------------------------------------------------------ */

struct trial {
	struct world w;
	struct trace_chain_case cases[WORLD_WARRANTS];
	struct trace_chain_given given[GIVEN];
	struct trace_chain_ask ask;
	struct trace_ask contacts;
	struct slow_answer answer[WORLD_WARRANTS];
};

/* The world's warrants as cases; people with two of them are one node, or two. */
static void make_cases(struct trial *t, struct dice *d)
{
	bool by_person = dice_below(d, 2) == 0;

	for (size_t i = 0; i < t->w.n_warrants; i++) {
		struct trace_chain_case *c = &t->cases[i];

		*c = (struct trace_chain_case){ .node = (uint32_t)i, .warrant = t->w.warrant[i] };
		c->warrant.purpose = TRACE_CONTACT_TRACING;
		c->warrant.limit = 100000;
		if (c->warrant.from.v >= c->warrant.to.v)
			c->warrant.to.v = c->warrant.from.v + 3600;
		for (size_t k = 0; by_person && k < i; k++)
			if (t->cases[k].warrant.index.v == c->warrant.index.v)
				c->node = t->cases[k].node;
		c->exposure_known = dice_below(d, 2) == 0;
		c->exposed_from.v = c->warrant.from.v - dice_below(d, 4) * 7200;
		c->exposed_to.v = c->warrant.from.v + 1 + dice_below(d, 3) * 7200;
		if (dice_below(d, 8) == 0)
			c->exposed_from.v = TRACE_NEVER;
		if (dice_below(d, 8) == 0)
			c->exposed_to.v = TRACE_STILL;
	}
}

static void make_trial(struct trial *t, uint64_t seed)
{
	struct dice d = { seed + 77 };
	uint32_t n;

	memset(t, 0, sizeof(*t));
	world_make(&t->w, seed);
	make_cases(t, &d);
	n = (uint32_t)t->w.n_warrants + 1; /* the last node has no case */
	t->contacts = world_ask(&t->w, false);
	t->ask = (struct trace_chain_ask){ .n_nodes = n,
					   .n_cases = t->w.n_warrants,
					   .cases = t->cases,
					   .given = t->given,
					   .contacts = &t->contacts };
	for (uint32_t k = dice_below(&d, 2) ? 0 : dice_below(&d, GIVEN + 1); k > 0; k--) {
		struct trace_chain_given g = {
			dice_below(&d, n), dice_below(&d, n), { TRACE_NEVER }, { TRACE_NEVER }
		};

		if (dice_below(&d, 2)) {
			g.from = t->cases[0].warrant.from;
			g.to.v = g.from.v + 1 + dice_below(&d, 7200);
		}
		if (g.a != g.b)
			t->given[t->ask.n_given++] = g;
	}
}

static int64_t span_from(const struct trace_chain_case *c)
{
	return c->exposure_known ? c->exposed_from.v : TRACE_NEVER;
}

static int64_t span_to(const struct trace_chain_case *c)
{
	return c->exposure_known ? c->exposed_to.v : c->warrant.from.v;
}

static bool moment(const struct trace_chain_case *i, const struct trace_chain_case *j, int64_t from,
		   int64_t to)
{
	int64_t lo = max_i64(max_i64(i->warrant.from.v, span_from(j)), from);

	return lo < min_i64(min_i64(i->warrant.to.v, span_to(j)), to);
}

static bool was_given(const struct trial *t, uint32_t a, uint32_t b)
{
	for (size_t i = 0; i < t->ask.n_given; i++)
		if (t->given[i].a == a && t->given[i].b == b)
			return true;
	return false;
}

static bool has_infector(const struct trial *t, uint32_t b)
{
	for (uint32_t a = 0; a < t->ask.n_nodes; a++)
		if (was_given(t, a, b))
			return true;
	return false;
}

/* Whether the encounter, which case i had, may have infected some case of node b. */
static bool may_be(const struct trial *t, const struct trace_chain_case *i, uint32_t b,
		   const struct trace_encounter *e)
{
	for (size_t j = 0; j < t->ask.n_cases; j++) {
		const struct trace_chain_case *c = &t->cases[j];

		if (c->node != b || c->warrant.index.v != e->contact.v)
			continue;
		if (e->from.v == TRACE_NEVER
			    ? moment(i, c, INT64_MIN, INT64_MAX)
			    : max_i64(e->from.v, span_from(c)) < min_i64(e->to.v, span_to(c)))
			return true;
	}
	return false;
}

static void slow_given(const struct trial *t, struct trace_chain_edge *e)
{
	bool fits = false, both = false;

	for (size_t g = 0; g < t->ask.n_given; g++) {
		const struct trace_chain_given *r = &t->given[g];
		bool undated = r->from.v == TRACE_NEVER;

		if (r->a != e->from || r->b != e->to)
			continue;
		e->given = true;
		if (!undated) {
			e->first.v = e->first.v == TRACE_NEVER ? r->from.v
							       : min_i64(e->first.v, r->from.v);
			e->last.v = max_i64(e->last.v, r->to.v);
		}
		for (size_t i = 0; i < t->ask.n_cases; i++)
			for (size_t j = 0; j < t->ask.n_cases; j++)
				if (t->cases[i].node == r->a && t->cases[j].node == r->b) {
					both = true;
					fits |= moment(&t->cases[i], &t->cases[j],
						       undated ? INT64_MIN : r->from.v,
						       undated ? INT64_MAX : r->to.v);
				}
	}
	e->against_time = e->given && both && !fits;
}

/* The edge a -> b as it should be; false if there should be none. */
static bool slow_edge(const struct trial *t, uint32_t a, uint32_t b, struct trace_chain_edge *e)
{
	*e = (struct trace_chain_edge){ .from = a,
					.to = b,
					.klass = TRACE_CLASS_N,
					.first = { TRACE_NEVER },
					.last = { TRACE_NEVER } };
	if (a == b)
		return false;
	slow_given(t, e);
	if (!e->given && (has_infector(t, b) || was_given(t, b, a)))
		return false;
	for (size_t i = 0; i < t->ask.n_cases; i++) {
		for (size_t x = 0; x < t->answer[i].encounter.n; x++) {
			const struct trace_encounter *m = &t->answer[i].encounter.v[x];

			if (t->cases[i].node != a || !may_be(t, &t->cases[i], b, m))
				continue;
			e->n_encounters++;
			e->klass = m->klass < e->klass ? m->klass : e->klass;
			if (m->from.v == TRACE_NEVER)
				continue;
			e->overlap_s += (uint64_t)(m->to.v - m->from.v);
			e->first.v = e->first.v == TRACE_NEVER ? m->from.v
							       : min_i64(e->first.v, m->from.v);
			e->last.v = max_i64(e->last.v, m->to.v);
		}
	}
	return e->given || e->n_encounters > 0;
}

static void same_edges(const struct trial *t, const struct trace_chain *got, struct square *ret)
{
	struct trace_chain_edge want;
	size_t n = 0, x = 0;

	for (uint32_t a = 0; a < ret->n; a++)
		for (uint32_t b = 0; b < ret->n; b++) {
			const struct trace_chain_edge *e = &got->edge[n];

			ret->edge[a][b] = slow_edge(t, a, b, &want);
			if (!ret->edge[a][b])
				continue;
			assert_true(n < got->n_edges);
			assert_true(e->from == a && e->to == b);
			assert_int_equal(e->given, want.given);
			assert_int_equal(e->against_time, want.against_time);
			assert_int_equal(e->klass, want.klass);
			assert_int_equal(e->n_encounters, want.n_encounters);
			assert_int_equal(e->overlap_s, want.overlap_s);
			assert_int_equal(e->first.v, want.first.v);
			assert_int_equal(e->last.v, want.last.v);
			assert_int_equal(e->i_encounter, x);
			x += e->n_encounters;
			n++;
		}
	assert_int_equal(n, got->n_edges);
	assert_int_equal(x, got->n_encounters);
}

static void edges_from_visits_are_those_of_the_slow_search(void **state)
{
	struct arena *a = NULL;
	uint64_t edges = 0, undated = 0, against = 0;

	(void)state;
	must(arena_new(ARENA_BYTES, &a));
	for (uint64_t k = env_u64("OUTPOST_WORLDS", size_u64(WORLDS)), seed = 0; seed < k; seed++) {
		struct trial t;
		struct trace_set *set = NULL;
		struct slow_visits visits = { 0 };
		struct warrant w[WORLD_WARRANTS];
		struct trace_chain_node node[SMALL];
		struct trace_chain got;
		struct square s;

		make_trial(&t, seed);
		must(trace_set_new(t.w.zone, &set));
		must(trace_set_add(set, t.w.visits.v, t.w.visits.n, NULL));
		slow_add(&visits, t.w.visits.v, t.w.visits.n);
		for (size_t i = 0; i < t.ask.n_cases; i++) {
			w[i] = t.cases[i].warrant;
			w[i].generations = 1;
			t.cases[i].warrant.generations = (uint32_t)i; /* is not looked at */
		}
		must(slow_contacts(&visits, &t.contacts, w, t.ask.n_cases, t.answer));
		t.ask.view = trace_set_view(set);
		arena_clear(a);
		must(trace_chain_build(&t.ask, a, &got, NULL));
		s.n = (uint32_t)t.ask.n_nodes;
		same_edges(&t, &got, &s);
		slow_figures(&s, node);
		same_figures(node, got.node, s.n);
		for (size_t i = 0; i < got.n_edges; i++) {
			edges += !got.edge[i].given;
			undated += !got.edge[i].given && got.edge[i].first.v == TRACE_NEVER;
			against += got.edge[i].against_time;
		}
		trace_view_release(t.ask.view);
		trace_set_free(set);
		slow_visits_end(&visits);
		for (size_t i = 0; i < t.ask.n_cases; i++)
			slow_answer_end(&t.answer[i]);
		world_end(&t.w);
	}
	printf("seen: %ju computed edges, %ju undated, %ju given against time\n", (uintmax_t)edges,
	       (uintmax_t)undated, (uintmax_t)against);
	assert_true(edges > 0 && undated > 0 && against > 0);
	arena_end(&a);
}

/* ---- out of memory ---------------------------------------------------------------------- */

static void a_failed_allocation_is_a_refusal_with_a_sentence(void **state)
{
	struct dice d = { 3 };
	struct square s = { .n = SMALL };
	struct trace_chain_given row[2 * SMALL];
	struct trace_chain_ask ask = { .n_nodes = SMALL, .given = row };
	enum err e = ERR_MEMORY;

	(void)state;
	ask.n_given = some_rows(&d, &s, row, 2 * SMALL);
	for (uint64_t k = 1; e == ERR_MEMORY; k++) {
		struct trace_chain got = { .n_nodes = 77 };
		struct fault f = { 0 };
		struct arena *a = NULL;

		assert_true(k < 100);
		must(arena_new(ARENA_BYTES, &a));
		mem_fail_at(k, false);
		e = trace_chain_build(&ask, a, &got, &f);
		mem_fail_at(0, false);
		assert_true(e == OK || (e == ERR_MEMORY && f.en[0] && got.n_nodes == 77));
		arena_end(&a);
	}
	assert_int_equal(e, OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(figures_are_those_of_all_shortest_ways),
		cmocka_unit_test(descendants_of_a_large_graph_are_counted_in_strips),
		cmocka_unit_test(a_given_link_is_kept_but_marked_when_the_windows_contradict_it),
		cmocka_unit_test(what_cannot_be_a_graph_is_refused),
		cmocka_unit_test(edges_from_visits_are_those_of_the_slow_search),
		cmocka_unit_test(a_failed_allocation_is_a_refusal_with_a_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
