/*
 * chains.c - the verb `chains`: the cases as a graph of who may have infected whom.
 *
 * Nodes are people: those of the cases in the order of the file, then those who appear in given
 * links alone, by bytes. A named contact of kind `infected` is a given link; the others count as
 * encounters.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/check.h"
#include "cli/cli.h"
#include "cli/lists.h"
#include "cli/load.h"
#include "cli/rules.h"
#include "engine/trace/chain.h"
#include "table/out.h"
#include "table/table.h"

#include "base/ban.h"

#define BUDGET_BYTES ((size_t)256 << 30)

enum graph { GRAPH_JSON, GRAPH_GRAPHML, GRAPH_DOT, GRAPH_CSV, GRAPH_N };
static const char *const GRAPH_WORDS[GRAPH_N] = { "json", "graphml", "dot", "csv" };

enum { FROM, TO, GIVEN, AGAINST, CLASS, ENCOUNTERS, OVERLAP, FIRST, LAST, PLACES, COLUMN_N };

static const struct table_out_column COLUMNS[COLUMN_N] = {
	{ "from", TABLE_TEXT },          { "to", TABLE_TEXT },
	{ "given", TABLE_INT },          { "against_time", TABLE_INT },
	{ "class", TABLE_TEXT },         { "encounters", TABLE_INT },
	{ "overlap_s", TABLE_INT },      { "first_exposure", TABLE_TIME },
	{ "last_exposure", TABLE_TIME }, { "places", TABLE_TEXT },
};

struct run {
	struct cli *c;
	struct load *l;
	struct rules *r;
	struct check check;
	struct arena *arena;
	uint32_t *node_of;       /* person -> node, or TRACE_NONE */
	VEC(uint32_t) person_of; /* node -> person */
	struct trace_chain_ask ask;
	struct buf text;
	VEC(struct str) places;
};

static void run_end(struct run *u)
{
	check_end(&u->check);
	arena_free(u->arena);
	vec_drop(&u->person_of);
	vec_drop(&u->places);
	buf_release(&u->text);
}

/* ---- nodes ---------------------------------------------------------------------------------- */

static enum err add_node(struct run *u, uint32_t person)
{
	if (u->node_of[person] != TRACE_NONE)
		return OK;
	u->node_of[person] = (uint32_t)u->person_of.n;
	return vec_push(&u->person_of, person);
}

struct stranger {
	struct str id;
	uint32_t person;
};

static int by_id(const void *a, const void *b)
{
	return str_cmp(((const struct stranger *)a)->id, ((const struct stranger *)b)->id);
}

/* The people of given links who are no cases, by bytes. */
static enum err add_strangers(struct run *u)
{
	const struct load *l = u->l;
	struct stranger *v = arena_take(u->arena, 2 * l->named.n + 1, sizeof(*v));
	size_t n = 0;
	enum err e = OK;

	if (!v)
		return ERR_MEMORY;
	for (size_t i = 0; i < l->named.n; i++) {
		uint32_t pair[2] = { l->named.v[i].a.v, l->named.v[i].b.v };

		for (size_t k = 0; k < 2 && l->named.v[i].infected; k++)
			if (u->node_of[pair[k]] == TRACE_NONE)
				v[n++] = (struct stranger){ names_text(l->names.persons, pair[k]),
							    pair[k] };
	}
	qsort(v, n, sizeof(*v), by_id);
	for (size_t i = 0; i < n && !e; i++)
		e = add_node(u, v[i].person);
	return e;
}

static enum err number_nodes(struct run *u)
{
	uint32_t n = names_count(u->l->names.persons);
	enum err e = OK;

	u->node_of = arena_take(u->arena, (size_t)n + 1, sizeof(*u->node_of));
	if (!u->node_of)
		return ERR_MEMORY;
	for (uint32_t i = 0; i < n; i++)
		u->node_of[i] = TRACE_NONE;
	for (size_t i = 0; i < u->l->cases.n && !e; i++)
		e = add_node(u, u->l->cases.v[i].person.v);
	return e ? e : add_strangers(u);
}

/* ---- what is asked -------------------------------------------------------------------------- */

static enum err cases_of(struct run *u)
{
	size_t n = u->l->cases.n;
	struct trace_chain_case *v = arena_take(u->arena, n + 1, sizeof(*v));

	if (!v)
		return ERR_MEMORY;
	for (size_t i = 0; i < n; i++) {
		const struct load_case *k = &u->l->cases.v[i];

		v[i].node = u->node_of[k->person.v];
		v[i].warrant = (struct warrant){
			.case_number = k->name,
			.purpose = TRACE_CONTACT_TRACING,
			.index = k->person,
			.from = k->from,
			.to = k->to,
			.generations = 1,
			.limit = UINT32_MAX,
		};
		v[i].exposure_known =
			u->r->profile && k->has_onset &&
			profile_incubation_window(u->r->profile, k->onset.day, u->r->zone,
						  &v[i].exposed_from, &v[i].exposed_to, NULL) == OK;
	}
	u->ask.n_cases = n;
	u->ask.cases = v;
	return OK;
}

/* Given links, and the other named contacts apart: nothing is counted twice. */
static enum err links_of(struct run *u)
{
	const struct load *l = u->l;
	struct trace_chain_given *given = arena_take(u->arena, l->named.n + 1, sizeof(*given));
	struct trace_named *named = arena_take(u->arena, l->named.n + 1, sizeof(*named));
	size_t n_given = 0, n_named = 0;

	if (!given || !named)
		return ERR_MEMORY;
	for (size_t i = 0; i < l->named.n; i++) {
		const struct load_named *x = &l->named.v[i];

		if (x->infected)
			given[n_given++] =
				(struct trace_chain_given){ u->node_of[x->a.v], u->node_of[x->b.v],
							    x->from, x->to };
		else
			named[n_named++] = (struct trace_named){ x->a, x->b, x->from, x->to };
	}
	u->ask.given = given;
	u->ask.n_given = n_given;
	u->r->ask.named = named;
	u->r->ask.n_named = n_named;
	return OK;
}

/* ---- what is written ------------------------------------------------------------------------ */

static struct str node_text(uint32_t node, void *arg)
{
	const struct run *u = arg;

	return names_text(u->l->names.persons, u->person_of.v[node]);
}

static struct str place_text(struct place_id place, void *arg)
{
	const struct run *u = arg;

	return names_text(u->l->names.places, place.v);
}

static enum err list_places(struct run *u, const struct trace_chain *g,
			    const struct trace_chain_edge *x)
{
	enum err e;

	if ((e = vec_reserve(&u->places, x->n_encounters)))
		return e;
	u->places.n = 0;
	for (size_t i = 0; i < x->n_encounters; i++) {
		struct place_id place = g->encounter[x->i_encounter + i].place;

		if (place.v != TRACE_NONE)
			u->places.v[u->places.n++] = place_text(place, u);
	}
	if (u->places.n)
		qsort(u->places.v, u->places.n, sizeof(u->places.v[0]), lists_by_bytes);
	lists_join(u->places.v, u->places.n, &u->text);
	return u->text.failed;
}

static struct table_cell time_cell(struct utc_s t)
{
	return t.v == TRACE_NEVER || t.v == TRACE_STILL ? table_none() : table_time(t);
}

static enum err write_edge(struct run *u, const struct trace_chain *g,
			   const struct trace_chain_edge *x, struct table_out *out)
{
	enum err e = list_places(u, g, x);
	struct table_cell cells[COLUMN_N] = {
		[FROM] = table_text(node_text(x->from, u)),
		[TO] = table_text(node_text(x->to, u)),
		[GIVEN] = table_int(x->given),
		[AGAINST] = table_int(x->against_time),
		[CLASS] =
			x->klass == TRACE_CLASS_N
				? table_none()
				: table_text(str_of(trace_class_word((enum trace_class)x->klass))),
		[ENCOUNTERS] = table_int(x->n_encounters),
		[OVERLAP] = table_int((int64_t)x->overlap_s),
		[FIRST] = time_cell(x->first),
		[LAST] = time_cell(x->last),
		[PLACES] = table_text(buf_view(&u->text)),
	};

	return e ? e : table_out_row(out, cells, &u->c->fault);
}

static enum err write_csv(struct run *u, const struct trace_chain *g, const char *path)
{
	CLEANUP(table_out_end) struct table_out *out = NULL;
	struct table_out_options o = {
		.format = TABLE_CSV,
		.columns = COLUMNS,
		.n_columns = COLUMN_N,
		.zone = u->l->cases_in_seconds ? NULL : u->l->zone,
	};
	enum err e;

	if ((e = table_out_open(path, &o, &out, &u->c->fault)))
		return e;
	for (size_t i = 0; i < g->n_edges; i++)
		if ((e = write_edge(u, g, &g->edge[i], out)))
			return e;
	return table_out_close(&out, &u->c->fault);
}

static enum err put_text(const char *path, const struct buf *text, struct fault *f)
{
	CLEANUP(table_sink_end) struct table_sink sink = { 0 };
	enum err e;

	if (text->failed)
		return text->failed;
	if ((e = table_sink_open(path, &sink, f)))
		return e;
	buf_put(&sink.text, text->p, text->n);
	return table_sink_close(&sink, f);
}

static enum err write_graph(struct run *u, const struct trace_chain *g, enum graph graph)
{
	struct trace_chain_text text = {
		.node = node_text,
		.place = place_text,
		.arg = u,
		.zone = u->l->cases_in_seconds ? NULL : u->l->zone,
	};
	const char *path = u->c->args.text[CLI_OUT] ? u->c->args.text[CLI_OUT] : "-";

	switch (graph) {
	case GRAPH_JSON:
		trace_chain_json(g, &text, &u->text);
		buf_char(&u->text, '\n');
		break;
	case GRAPH_GRAPHML: trace_chain_graphml(g, &text, &u->text); break;
	case GRAPH_DOT: trace_chain_dot(g, &text, &u->text); break;
	case GRAPH_CSV:
	case GRAPH_N: return write_csv(u, g, path);
	}
	return put_text(path, &u->text, &u->c->fault);
}

static enum err answer(struct cli *c, struct load *l, struct rules *r, enum graph graph)
{
	CLEANUP(run_end) struct run u = { .c = c, .l = l, .r = r };
	struct trace_chain g;
	enum err e;

	check_begin(&u.check, l->shelf);
	if ((e = arena_new(BUDGET_BYTES, &u.arena)))
		return e;
	if ((e = number_nodes(&u)) || (e = cases_of(&u)) || (e = links_of(&u)))
		return e;
	u.ask.n_nodes = u.person_of.n;
	u.ask.view = l->view;
	u.ask.contacts = &r->ask;
	if ((e = trace_chain_build(&u.ask, u.arena, &g, &c->fault)))
		return check_blame(&u.check, e, &c->fault);
	if ((e = check_wait(&u.check, &c->fault)))
		return e;
	if ((e = load_refused_settle(l)) || (e = write_graph(&u, &g, graph)))
		return e;
	return load_refused_close(l);
}

static enum err check_usage(struct cli *c, enum graph *ret)
{
	const struct cli_args *a = &c->args;
	const char *word = a->text[CLI_GRAPH_FORMAT];

	if (a->n_visits && a->text[CLI_SEGMENTS])
		return fault_set(&c->fault, ERR_USAGE, "--visits 与 --segments 只能给一个",
				 "either --visits or --segments, not both");
	if (!a->text[CLI_CASES] && !a->text[CLI_NAMED])
		return fault_set(&c->fault, ERR_USAGE, "需要 --cases 或 --named",
				 "needs --cases or --named");
	if (a->text[CLI_CASES] && !a->text[CLI_NAMED] && !a->n_visits && !a->text[CLI_SEGMENTS])
		return fault_set(&c->fault, ERR_USAGE, "没有 --named 时需要 --visits 或 --segments",
				 "without --named it needs --visits or --segments");
	for (int g = 0; g < GRAPH_N; g++) {
		if (!word || strcmp(word, GRAPH_WORDS[g]) == 0) {
			*ret = (enum graph)g;
			return OK;
		}
	}
	return fault_set(&c->fault, ERR_USAGE, "--format 是 json、graphml、dot 或 csv",
			 "--format is json, graphml, dot or csv");
}

enum err cli_chains(struct cli *c)
{
	CLEANUP(load_end) struct load l = { 0 };
	CLEANUP(rules_end) struct rules r = { 0 };
	enum graph graph = GRAPH_JSON;
	enum err e;

	if ((e = check_usage(c, &graph)))
		return e;
	if ((e = rules_begin(c, &r)))
		return e;
	if ((e = load_begin(c, &l)))
		return e;
	r.zone = l.zone;
	if (c->args.text[CLI_CASES] && (e = load_cases(&l, rules_window_if_any(&r), &r)))
		return e;
	if ((e = load_named_file(&l)))
		return e;
	if ((e = load_view(&l)))
		return e;
	if ((e = rules_bind(&r, &l)))
		return e;
	return answer(c, &l, &r, graph);
}
