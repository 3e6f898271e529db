/* chain.c - possible edges between cases: asked of the engine, joined with what is given. */
#include "engine/trace/chain.h"
#include <stdlib.h>
#include <string.h>
#include "base/ban.h"

/* A case under the number it is looked up by: its person or its node. */
struct slot {
	uint32_t key, node, i_case;
};

/* What the whole of a build shares. */
struct work {
	const struct trace_chain_ask *ask;
	struct arena *arena;
	struct fault *fault;
	struct slot *by_person; /* cases that have visits */
	size_t n_by_person;
	struct slot *by_node;           /* all cases */
	struct trace_chain_edge *given; /* sorted, each pair once */
	size_t n_given;
	bool *has_given; /* per node: somebody is known to have infected it */
};

/* One encounter that may have been the infection; seq keeps the engine's order. */
struct maybe {
	uint32_t from, to;
	size_t seq;
	const struct trace_encounter *e;
};

static bool meets(struct utc_s a_from, struct utc_s a_to, struct utc_s b_from, struct utc_s b_to)
{
	return max_i64(a_from.v, b_from.v) < min_i64(a_to.v, b_to.v);
}

static struct utc_s exposed_from(const struct trace_chain_case *c)
{
	return c->exposure_known ? c->exposed_from : (struct utc_s){ TRACE_NEVER };
}

static struct utc_s exposed_to(const struct trace_chain_case *c)
{
	return c->exposure_known ? c->exposed_to : c->warrant.from;
}

/* Whether case a, while infectious, can have infected case b at some moment of [from, to). */
static bool has_moment(const struct trace_chain_case *a, const struct trace_chain_case *b,
		       struct utc_s from, struct utc_s to)
{
	struct utc_s lo = { max_i64(a->warrant.from.v, exposed_from(b).v) };
	struct utc_s hi = { min_i64(a->warrant.to.v, exposed_to(b).v) };

	if (from.v == TRACE_NEVER)
		return lo.v < hi.v;
	return meets(lo, hi, from, to);
}

/* ---- checking the question -------------------------------------------------------------- */

static enum err check_cases(const struct trace_chain_ask *ask, struct fault *f)
{
	for (size_t i = 0; i < ask->n_cases; i++) {
		const struct trace_chain_case *c = &ask->cases[i];

		if (c->node >= ask->n_nodes)
			return fault_set(f, ERR_RANGE, "第 %zu 个病例的节点号超出范围",
					 "case %zu has a node beyond the graph", i + 1);
		if (c->warrant.purpose != TRACE_CONTACT_TRACING)
			return fault_set(f, ERR_WARRANT, "第 %zu 个病例的授权不是用于追踪接触者",
					 "the warrant of case %zu is not for contact tracing",
					 i + 1);
		if (c->warrant.from.v >= c->warrant.to.v)
			return fault_set(f, ERR_WARRANT, "第 %zu 个病例的时间窗为空或颠倒",
					 "the window of case %zu is empty or reversed", i + 1);
		if (c->exposure_known && c->exposed_from.v >= c->exposed_to.v)
			return fault_set(f, ERR_RANGE, "第 %zu 个病例的暴露时段为空或颠倒",
					 "the exposure span of case %zu is empty or reversed",
					 i + 1);
	}
	return OK;
}

static enum err check_given(const struct trace_chain_ask *ask, struct fault *f)
{
	for (size_t i = 0; i < ask->n_given; i++) {
		const struct trace_chain_given *g = &ask->given[i];
		bool undated = g->from.v == TRACE_NEVER && g->to.v == TRACE_NEVER;
		bool dated = g->from.v != TRACE_NEVER && g->from.v < g->to.v;

		if (g->a >= ask->n_nodes || g->b >= ask->n_nodes)
			return fault_set(f, ERR_RANGE, "第 %zu 条已知感染关系的节点号超出范围",
					 "given link %zu has a node beyond the graph", i + 1);
		if (g->a == g->b)
			return fault_set(f, ERR_RANGE, "第 %zu 条已知感染关系指向自己",
					 "given link %zu leads from a node to itself", i + 1);
		if (!undated && !dated)
			return fault_set(f, ERR_RANGE, "第 %zu 条已知感染关系的时段不全或颠倒",
					 "the time of given link %zu is half or reversed", i + 1);
	}
	return OK;
}

static enum err check(const struct trace_chain_ask *ask, struct fault *f)
{
	enum err e;

	if (ask->n_nodes > UINT32_MAX || ask->n_cases > UINT32_MAX)
		return fault_set(f, ERR_RANGE, "病例或节点过多", "too many cases or nodes");
	e = check_cases(ask, f);
	if (e == OK)
		e = check_given(ask, f);
	return e;
}

/* ---- cases by person and by node -------------------------------------------------------- */

static int order_slots(const void *a, const void *b)
{
	const struct slot *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	if (x->node != y->node)
		return x->node < y->node ? -1 : 1;
	return x->i_case < y->i_case ? -1 : x->i_case > y->i_case;
}

static enum err sort_cases(struct work *w)
{
	const struct trace_chain_ask *ask = w->ask;

	w->by_node = arena_take(w->arena, ask->n_cases, sizeof(*w->by_node));
	w->by_person = arena_take(w->arena, ask->n_cases, sizeof(*w->by_person));
	if (!w->by_node || !w->by_person)
		return ERR_MEMORY;
	for (uint32_t i = 0; i < ask->n_cases; i++) {
		uint32_t node = ask->cases[i].node, person = ask->cases[i].warrant.index.v;

		w->by_node[i] = (struct slot){ node, node, i };
		if (person != TRACE_NONE)
			w->by_person[w->n_by_person++] = (struct slot){ person, node, i };
	}
	qsort(w->by_node, ask->n_cases, sizeof(struct slot), order_slots);
	qsort(w->by_person, w->n_by_person, sizeof(struct slot), order_slots);
	return OK;
}

/* The first slot whose key is not below. */
static size_t find(const struct slot *slot, size_t n, uint32_t key)
{
	size_t lo = 0;

	while (lo < n) {
		size_t mid = lo + (n - lo) / 2;

		if (slot[mid].key < key)
			lo = mid + 1;
		else
			n = mid;
	}
	return lo;
}

/* ---- given links ------------------------------------------------------------------------ */

/* False when both ends have cases and no pair of them leaves a moment for the link. */
static bool fits_time(const struct work *w, const struct trace_chain_given *g)
{
	const struct trace_chain_case *c = w->ask->cases;
	const struct slot *slot = w->by_node;
	size_t n = w->ask->n_cases;
	size_t a = find(slot, n, g->a), b = find(slot, n, g->b);
	bool both = false;

	for (size_t i = a; i < n && slot[i].node == g->a; i++) {
		for (size_t j = b; j < n && slot[j].node == g->b; j++) {
			if (has_moment(&c[slot[i].i_case], &c[slot[j].i_case], g->from, g->to))
				return true;
			both = true;
		}
	}
	return !both;
}

static int order_edges(const void *a, const void *b)
{
	const struct trace_chain_edge *x = a, *y = b;

	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	return x->to < y->to ? -1 : x->to > y->to;
}

static void widen(struct trace_chain_edge *e, struct utc_s from, struct utc_s to)
{
	if (from.v == TRACE_NEVER)
		return;
	if (e->first.v == TRACE_NEVER || from.v < e->first.v)
		e->first = from;
	if (e->last.v == TRACE_NEVER || to.v > e->last.v)
		e->last = to;
}

/* Sort, and make one edge of the rows that say the same; one that fits the time clears it. */
static void join_given(struct work *w)
{
	size_t n = 0;

	qsort(w->given, w->n_given, sizeof(*w->given), order_edges);
	for (size_t i = 0; i < w->n_given; i++) {
		struct trace_chain_edge *e = &w->given[i];

		w->has_given[e->to] = true;
		if (n > 0 && order_edges(&w->given[n - 1], e) == 0) {
			widen(&w->given[n - 1], e->first, e->last);
			w->given[n - 1].against_time &= e->against_time;
		} else {
			w->given[n++] = *e;
		}
	}
	w->n_given = n;
}

static enum err take_given(struct work *w)
{
	size_t n = w->ask->n_given;

	w->given = arena_take(w->arena, n, sizeof(*w->given));
	w->has_given = arena_take(w->arena, w->ask->n_nodes, sizeof(*w->has_given));
	if (!w->given || !w->has_given)
		return ERR_MEMORY;
	for (size_t i = 0; i < n; i++) {
		const struct trace_chain_given *g = &w->ask->given[i];

		w->given[i] = (struct trace_chain_edge){
			.from = g->a,
			.to = g->b,
			.given = true,
			.klass = TRACE_CLASS_N,
			.against_time = !fits_time(w, g),
			.first = g->from,
			.last = g->to,
		};
	}
	w->n_given = n;
	join_given(w);
	return OK;
}

static bool is_given(const struct work *w, uint32_t from, uint32_t to)
{
	struct trace_chain_edge key = { .from = from, .to = to };

	return w->n_given > 0 &&
	       bsearch(&key, w->given, w->n_given, sizeof(key), order_edges) != NULL;
}

/* ---- computed edges --------------------------------------------------------------------- */

static enum err ask_engine(struct work *w, struct trace_answer **ret)
{
	size_t n = w->ask->n_cases;
	struct trace_ask ask = *w->ask->contacts;
	struct warrant *warrant = arena_take(w->arena, n, sizeof(*warrant));
	struct trace_answer *answer = arena_take(w->arena, n, sizeof(*answer));
	enum err e;

	if (!warrant || !answer)
		return ERR_MEMORY;
	for (size_t i = 0; i < n; i++) {
		warrant[i] = w->ask->cases[i].warrant;
		warrant[i].generations = 1;
	}
	ask.proof = true;
	e = trace_contacts(w->ask->view, &ask, warrant, n, w->arena, answer, w->fault);
	if (e == OK)
		*ret = answer;
	return e;
}

/* A fact beats an inference: who has a known infector gets no computed one, and nobody is
 * thought to have been infected by whom they are known to have infected. */
static bool may_infect(const struct work *w, uint32_t from, uint32_t to)
{
	if (from == to)
		return false;
	if (is_given(w, from, to))
		return true;
	return !w->has_given[to] && !is_given(w, to, from);
}

static bool in_exposure(const struct trace_chain_case *a, const struct trace_chain_case *b,
			const struct trace_encounter *e)
{
	if (e->from.v == TRACE_NEVER)
		return has_moment(a, b, e->from, e->to);
	return meets(e->from, e->to, exposed_from(b), exposed_to(b));
}

/* The encounters of contact k of `from` that may have been the infection of a case among
 * by_person[lo .. hi), which are of one person and one node. Counts only, if out is NULL. */
static size_t gather_pair(const struct work *w, const struct trace_chain_case *from,
			  const struct trace_answer *answer, const struct trace_contact *k,
			  size_t lo, size_t hi, struct maybe *out)
{
	const struct slot *to = w->by_person;
	size_t n = 0;

	if (!may_infect(w, from->node, to[lo].node))
		return 0;
	for (size_t x = 0; x < k->n_encounters; x++) {
		const struct trace_encounter *e = &answer->encounter[k->i_encounter + x];
		bool fits = false;

		for (size_t j = lo; j < hi && !fits; j++)
			fits = in_exposure(from, &w->ask->cases[to[j].i_case], e);
		if (fits && out)
			out[n] = (struct maybe){ from->node, to[lo].node, 0, e };
		n += fits;
	}
	return n;
}

/* The same for contact k and whatever cases that person has. */
static size_t gather_contact(const struct work *w, const struct trace_chain_case *from,
			     const struct trace_answer *answer, const struct trace_contact *k,
			     struct maybe *out)
{
	const struct slot *slot = w->by_person;
	size_t lo = find(slot, w->n_by_person, k->person.v), hi, n = 0;

	for (; lo < w->n_by_person && slot[lo].key == k->person.v; lo = hi) {
		for (hi = lo + 1; hi < w->n_by_person; hi++)
			if (slot[hi].key != slot[lo].key || slot[hi].node != slot[lo].node)
				break;
		n += gather_pair(w, from, answer, k, lo, hi, out ? out + n : NULL);
	}
	return n;
}

static size_t gather(const struct work *w, const struct trace_answer *answers, struct maybe *out)
{
	size_t n = 0;

	for (size_t i = 0; i < w->ask->n_cases; i++)
		for (size_t k = 0; k < answers[i].n_contacts; k++)
			n += gather_contact(w, &w->ask->cases[i], &answers[i],
					    &answers[i].contact[k], out ? out + n : NULL);
	return n;
}

static int order_maybes(const void *a, const void *b)
{
	const struct maybe *x = a, *y = b;

	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	if (x->to != y->to)
		return x->to < y->to ? -1 : 1;
	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static enum err find_maybes(struct work *w, struct maybe **ret, size_t *ret_n)
{
	struct trace_answer *answers = NULL;
	struct maybe *maybe;
	size_t n;
	enum err e;

	*ret = NULL;
	*ret_n = 0;
	if (!w->ask->view || w->ask->n_cases == 0)
		return OK;
	e = ask_engine(w, &answers);
	if (e != OK)
		return e;
	n = gather(w, answers, NULL);
	maybe = arena_take(w->arena, n, sizeof(*maybe));
	if (!maybe)
		return ERR_MEMORY;
	gather(w, answers, maybe);
	for (size_t i = 0; i < n; i++)
		maybe[i].seq = i;
	qsort(maybe, n, sizeof(*maybe), order_maybes);
	*ret = maybe;
	*ret_n = n;
	return OK;
}

/* ---- the graph -------------------------------------------------------------------------- */

static void add_encounter(struct trace_chain_edge *e, const struct trace_encounter *x)
{
	e->n_encounters++;
	if (x->klass < e->klass)
		e->klass = x->klass;
	if (x->from.v != TRACE_NEVER)
		e->overlap_s += (uint64_t)(x->to.v - x->from.v);
	widen(e, x->from, x->to);
}

/* Merge two sorted lists: what is given, and what was found. */
static enum err join_edges(struct work *w, const struct maybe *maybe, size_t n_maybe,
			   struct trace_chain *ret)
{
	struct trace_chain_edge *edge = arena_take(w->arena, n_maybe + w->n_given, sizeof(*edge));
	struct trace_encounter *all = arena_take(w->arena, n_maybe, sizeof(*all));
	size_t n = 0, g = 0, m = 0;

	if (!edge || !all)
		return ERR_MEMORY;
	while (g < w->n_given || m < n_maybe) {
		struct trace_chain_edge next = {
			.klass = TRACE_CLASS_N,
			.first = { TRACE_NEVER },
			.last = { TRACE_NEVER },
		};

		if (m < n_maybe) {
			next.from = maybe[m].from;
			next.to = maybe[m].to;
		}
		if (g < w->n_given && (m == n_maybe || order_edges(&w->given[g], &next) <= 0))
			next = w->given[g++];
		next.i_encounter = m;
		for (; m < n_maybe && maybe[m].from == next.from && maybe[m].to == next.to; m++) {
			all[m] = *maybe[m].e;
			add_encounter(&next, &all[m]);
		}
		edge[n++] = next;
	}
	ret->edge = edge;
	ret->n_edges = n;
	ret->encounter = all;
	ret->n_encounters = n_maybe;
	return OK;
}

static enum err measure(struct work *w, struct trace_chain *ret)
{
	size_t n = w->ask->n_nodes;
	struct trace_chain_node *node = arena_take(w->arena, n, sizeof(*node));

	if (!node)
		return ERR_MEMORY;
	for (size_t i = 0; i < w->ask->n_cases; i++)
		node[w->ask->cases[i].node].is_case = true;
	ret->node = node;
	ret->n_nodes = n;
	return trace_chain_measure(n, ret->edge, ret->n_edges, w->arena, node);
}

static enum err build(struct work *w, struct trace_chain *ret)
{
	struct maybe *maybe;
	size_t n_maybe;
	enum err e;

	e = sort_cases(w);
	if (e == OK)
		e = take_given(w);
	if (e == OK)
		e = find_maybes(w, &maybe, &n_maybe);
	if (e == OK)
		e = join_edges(w, maybe, n_maybe, ret);
	if (e == OK)
		e = measure(w, ret);
	return e;
}

enum err trace_chain_build(const struct trace_chain_ask *ask, struct arena *a,
			   struct trace_chain *ret, struct fault *f)
{
	struct work w = { .ask = ask, .arena = a, .fault = f };
	struct trace_chain chain = { 0 };
	enum err e = check(ask, f);

	if (e == OK)
		e = build(&w, &chain);
	if (e == ERR_MEMORY)
		return fault_set(f, e, "感染链所需内存不足", "not enough memory for the chains");
	if (e == OK)
		*ret = chain;
	return e;
}
