/*
 * chain_measure.c - figures of each node: degrees, generation, descendants, cycles.
 *
 * Descendants: components of mutual reachability (Tarjan, without recursion) come out sinks
 * first, so one pass in that order joins bit sets along the edges. The bit sets are cut into
 * strips of columns that fit a fixed memory; a strip holds nothing for the components below it.
 */
#include <string.h>
#include "engine/trace/chain.h"
#include "base/ban.h"

enum { STRIP_BYTES = 32 << 20, UNSEEN = 0 };

/* The graph by starting node, and what Tarjan finds in it. Nodes and components are numbers. */
struct graph {
	size_t n, m;
	const struct trace_chain_edge *edge;
	size_t *start;       /* edges of v: edge[start[v] .. start[v + 1]) */
	uint32_t *component; /* of each node; sinks have the lowest */
	uint32_t *member;    /* nodes, component after component */
	uint32_t *first;     /* members of c: member[first[c] .. first[c + 1]) */
	uint32_t n_components;
};

static enum err graph_new(size_t n, const struct trace_chain_edge *edge, size_t m, struct arena *a,
			  struct graph *ret)
{
	struct graph g = { .n = n, .m = m, .edge = edge };

	g.start = arena_take(a, n + 1, sizeof(*g.start));
	g.component = arena_take(a, n, sizeof(*g.component));
	g.member = arena_take(a, n, sizeof(*g.member));
	g.first = arena_take(a, n + 1, sizeof(*g.first));
	if (!g.start || !g.component || !g.member || !g.first)
		return ERR_MEMORY;
	for (size_t i = 0; i < m; i++)
		g.start[edge[i].from + 1]++;
	for (size_t v = 0; v < n; v++)
		g.start[v + 1] += g.start[v];
	*ret = g;
	return OK;
}

static void degrees(const struct graph *g, struct trace_chain_node *node)
{
	for (size_t i = 0; i < g->m; i++) {
		node[g->edge[i].from].offspring++;
		node[g->edge[i].to].in_degree++;
	}
}

/* Breadth first from every node that nobody infected. */
static enum err generations(const struct graph *g, struct arena *a, struct trace_chain_node *node)
{
	uint32_t *queue = arena_take(a, g->n, sizeof(*queue));
	size_t head = 0, tail = 0;

	if (!queue)
		return ERR_MEMORY;
	for (uint32_t v = 0; v < g->n; v++) {
		node[v].generation = node[v].in_degree == 0 ? 0 : TRACE_CHAIN_NO_GENERATION;
		if (node[v].in_degree == 0)
			queue[tail++] = v;
	}
	while (head < tail) {
		uint32_t v = queue[head++];

		for (size_t i = g->start[v]; i < g->start[v + 1]; i++) {
			uint32_t to = g->edge[i].to;

			if (node[to].generation != TRACE_CHAIN_NO_GENERATION)
				continue;
			node[to].generation = node[v].generation + 1;
			queue[tail++] = to;
		}
	}
	return OK;
}

/* ---- components ------------------------------------------------------------------------- */

struct walk {
	size_t *next;    /* per node: the edge to look at next */
	uint32_t *order; /* per node: when it was first seen, from 1; UNSEEN */
	uint32_t *low;   /* per node: earliest open node it is known to reach */
	bool *open;      /* per node: seen, its component not yet complete */
	uint32_t *path, *stack;
	size_t n_path, n_stack;
	uint32_t clock, n_member;
};

static enum err walk_new(size_t n, struct arena *a, struct walk *ret)
{
	struct walk w = { 0 };

	w.next = arena_take(a, n, sizeof(*w.next));
	w.order = arena_take(a, n, sizeof(*w.order));
	w.low = arena_take(a, n, sizeof(*w.low));
	w.open = arena_take(a, n, sizeof(*w.open));
	w.path = arena_take(a, n, sizeof(*w.path));
	w.stack = arena_take(a, n, sizeof(*w.stack));
	if (!w.next || !w.order || !w.low || !w.open || !w.path || !w.stack)
		return ERR_MEMORY;
	*ret = w;
	return OK;
}

static void enter(const struct graph *g, struct walk *w, uint32_t v)
{
	w->order[v] = w->low[v] = ++w->clock;
	w->next[v] = g->start[v];
	w->open[v] = true;
	w->path[w->n_path++] = v;
	w->stack[w->n_stack++] = v;
}

static void lower(struct walk *w, uint32_t v, uint32_t to)
{
	if (to < w->low[v])
		w->low[v] = to;
}

/* v has no more edges: close its component if it is the root of one. */
static void leave(struct graph *g, struct walk *w, uint32_t v)
{
	uint32_t u;

	w->n_path--;
	if (w->n_path > 0)
		lower(w, w->path[w->n_path - 1], w->low[v]);
	if (w->low[v] != w->order[v])
		return;
	g->first[g->n_components] = w->n_member;
	do {
		u = w->stack[--w->n_stack];
		w->open[u] = false;
		g->component[u] = g->n_components;
		g->member[w->n_member++] = u;
	} while (u != v);
	g->first[++g->n_components] = w->n_member;
}

static void walk_from(struct graph *g, struct walk *w, uint32_t root)
{
	enter(g, w, root);
	while (w->n_path > 0) {
		uint32_t v = w->path[w->n_path - 1];

		if (w->next[v] == g->start[v + 1]) {
			leave(g, w, v);
			continue;
		}
		uint32_t to = g->edge[w->next[v]++].to;

		if (w->order[to] == UNSEEN)
			enter(g, w, to);
		else if (w->open[to])
			lower(w, v, w->order[to]);
	}
}

static enum err components(struct graph *g, struct arena *a)
{
	struct walk w;
	enum err e = walk_new(g->n, a, &w);

	if (e != OK)
		return e;
	for (uint32_t v = 0; v < g->n; v++)
		if (w.order[v] == UNSEEN)
			walk_from(g, &w, v);
	return OK;
}

/* ---- descendants ------------------------------------------------------------------------ */

/* Add to `reach` how many nodes at places [lo, lo + 64 * words) of `member` each component
 * reaches, itself included. row: n_components * words. */
static void count_strip(const struct graph *g, size_t lo, size_t words, uint64_t *row,
			uint32_t *reach)
{
	for (uint32_t c = 0; c < g->n_components; c++) {
		uint64_t *mine = row + c * words;
		uint32_t sum = 0;

		if (g->first[c + 1] <= lo) /* reaches only what lies before the strip */
			continue;
		memset(mine, 0, words * sizeof(*mine));
		for (size_t k = g->first[c]; k < g->first[c + 1]; k++) {
			uint32_t v = g->member[k];

			if (k >= lo && k - lo < words * 64)
				mine[(k - lo) / 64] |= UINT64_C(1) << ((k - lo) % 64);
			for (size_t i = g->start[v]; i < g->start[v + 1]; i++) {
				uint32_t d = g->component[g->edge[i].to];

				if (d == c || g->first[d + 1] <= lo)
					continue;
				for (size_t x = 0; x < words; x++)
					mine[x] |= row[d * words + x];
			}
		}
		for (size_t x = 0; x < words; x++)
			sum += (uint32_t)__builtin_popcountll(mine[x]);
		reach[c] += sum;
	}
}

static enum err descendants(const struct graph *g, struct arena *a, struct trace_chain_node *node)
{
	uint32_t *reach = arena_take(a, g->n_components, sizeof(*reach));
	size_t all = (g->n + 63) / 64, fit = STRIP_BYTES / 8 / max_size(g->n_components, 1);
	size_t words = max_size(min_size(all, fit), 1);
	uint64_t *row = mem_take(max_size(g->n_components, 1) * words, sizeof(*row));

	if (!reach || !row) {
		mem_drop(row);
		return ERR_MEMORY;
	}
	for (size_t lo = 0; lo < g->n; lo += words * 64)
		count_strip(g, lo, words, row, reach);
	mem_drop(row);
	for (size_t v = 0; v < g->n; v++) {
		uint32_t c = g->component[v];

		node[v].on_cycle = g->first[c + 1] - g->first[c] > 1;
		node[v].descendants = reach[c] - (node[v].on_cycle ? 0 : 1);
	}
	return OK;
}

enum err trace_chain_measure(size_t n_nodes, const struct trace_chain_edge *edge, size_t n_edges,
			     struct arena *a, struct trace_chain_node *ret_node)
{
	struct graph g;
	enum err e;

	for (size_t v = 0; v < n_nodes; v++)
		ret_node[v].in_degree = ret_node[v].offspring = 0;
	e = graph_new(n_nodes, edge, n_edges, a, &g);
	if (e != OK)
		return e;
	degrees(&g, ret_node);
	e = generations(&g, a, ret_node);
	if (e == OK)
		e = components(&g, a);
	if (e == OK)
		e = descendants(&g, a, ret_node);
	return e;
}
