/*
 * chain_http.c - the chain of a case: who may have infected whom, as far as traces were made.
 *
 * Nodes are confirmed cases of the same disease in the caller's areas; an edge is an encounter that
 * a stored trace of the one told of the other, at a time at which the other must have caught it
 * (engine/trace/chain.h). So nothing is looked up in visits here that a warrant had not opened, and
 * the chain ends with the days that its traces tell of. Told is the part that hangs together with
 * the case asked for.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/trace/chain.h"
#include "epidemic/epidemic.sql.h"
#include "epidemic/inside.h"
#include "ledger/ledger.h"

#include "base/ban.h"

enum {
	CASES_MAX = 300, /* the newest: a chain is worked at, a history is looked up elsewhere */
	TRACES_MAX = 5,  /* of one case, the newest */
	DAYS_BACK = 60,
	DAY_S = 86400,
	SCRATCH_BYTES = 64 << 20 /* profiles, and what figures are made in */
};

struct node {
	int64_t county, id, area, onset, positive, created_s, person;
	struct utc_s isolated, exposed_from, exposed_to;
	struct str number;
	bool traced;
	uint32_t group; /* who hangs together */
};
struct met {
	uint32_t from, to; /* nodes */
	const struct trail_encounter *x;
};
struct chaining {
	struct call *c;
	struct tx *tx;
	struct str disease; /* a profile's id, without its version */
	const struct profile *profile;
	VEC(struct node) node; /* by person */
	VEC(struct met) met;
	VEC(struct trace_chain_edge) edge; /* i_encounter: its first of met */
	const struct trace_chain_node *figure;
	uint32_t at;       /* whose trace is being read */
	bool partly, more; /* days of traces are over; there are more cases than are looked at */
};

static void chaining_end(struct chaining *g)
{
	vec_drop(&g->node);
	vec_drop(&g->met);
	vec_drop(&g->edge);
}

static struct str id_of(struct str profile)
{
	const char *at = memchr(profile.p, '@', profile.n);

	return (struct str){ profile.p, at ? (size_t)(at - profile.p) : profile.n };
}

/* ---- nodes ----------------------------------------------------------------------------------- */

static struct utc_s time_or_none(struct rows *r, size_t i)
{
	return rows_null(r, i) ? (struct utc_s){ FIELD_NONE } : rows_time(r, i);
}

static int64_t day_or_none(struct rows *r, size_t i)
{
	return rows_null(r, i) ? FIELD_NONE : rows_i64(r, i);
}

/* When they must have caught it: by the incubation, else before they could infect others. */
static void expose(const struct chaining *g, struct node *n)
{
	const struct zone *zone = epidemic_of(g->c)->o.zone;
	const struct profile_facts facts = {
		.has_onset = n->onset != FIELD_NONE,
		.has_positive = n->positive != FIELD_NONE,
		.has_isolated = n->isolated.v != FIELD_NONE,
		.onset = n->onset == FIELD_NONE ? 0 : (int32_t)n->onset,
		.positive = n->positive == FIELD_NONE ? 0 : (int32_t)n->positive,
		.isolated = n->isolated,
	};
	struct fault unasked = { 0 };
	struct utc_s from, to;

	n->exposed_from.v = TRACE_NEVER;
	n->exposed_to.v = TRACE_STILL;
	if (facts.has_onset &&
	    !profile_incubation_window(g->profile, facts.onset, zone, &n->exposed_from,
				       &n->exposed_to, &unasked))
		return;
	n->exposed_from.v = TRACE_NEVER;
	n->exposed_to.v = TRACE_STILL;
	if (!profile_window(g->profile, &profile_no_overrides, &facts, zone, &from, &to, &unasked))
		n->exposed_to = from;
}

static enum err add_row(struct chaining *g, struct rows *r)
{
	struct str number = rows_text(r, 3);
	struct node n = { .county = rows_i64(r, 0),
			  .id = rows_i64(r, 1),
			  .area = rows_i64(r, 2),
			  .number = { arena_copy(g->c->a, number.p, number.n), number.n },
			  .onset = day_or_none(r, 5),
			  .positive = day_or_none(r, 6),
			  .isolated = time_or_none(r, 7),
			  .created_s = rows_i64(r, 8),
			  .person = rows_i64(r, 9) };

	if (!n.number.p)
		return ERR_MEMORY;
	if (!str_eq(id_of(rows_text(r, 4)), g->disease))
		return OK;
	for (size_t i = 0; i < g->node.n; i++)
		if (g->node.v[i].id == n.id)
			return OK; /* two areas of the caller may overlap */
	if (g->node.n == CASES_MAX) {
		g->more = true;
		return OK;
	}
	expose(g, &n);
	return vec_push(&g->node, n);
}

static int by_person(const void *pa, const void *pb)
{
	const struct node *a = pa, *b = pb;

	if (a->person != b->person)
		return a->person < b->person ? -1 : 1;
	return (a->id > b->id) - (a->id < b->id);
}

static enum err find_nodes(struct chaining *g, struct fault *f)
{
	const struct scope *in = call_scope(g->c);
	const int64_t since = g->c->now.v - (int64_t)DAYS_BACK * DAY_S;
	enum err e = OK;

	for (size_t i = 0; i < in->n && !e; i++) {
		CLEANUP(rows_end) struct rows *r = NULL;
		bool more;

		e = tx_rows(g->tx, &epidemic_sql.near,
			    SQL_ARGS(sql_i64(in->v[i].v), sql_i64(area_end(in->v[i]).v),
				     sql_i64(since), sql_i64(CASES_MAX + 1)),
			    &r, f);
		while (!e && !(e = rows_next(r, &more, f)) && more)
			e = add_row(g, r);
	}
	if (!e && g->node.n)
		qsort(g->node.v, g->node.n, sizeof *g->node.v, by_person);
	return e;
}

/* ---- edges ----------------------------------------------------------------------------------- */

/* The first node of this person; the number of nodes if they are nobody's. */
static uint32_t node_of(const struct chaining *g, int64_t person)
{
	size_t low = 0, high = g->node.n;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (g->node.v[middle].person < person)
			low = middle + 1;
		else
			high = middle;
	}
	return (uint32_t)(low < g->node.n && g->node.v[low].person == person ? low : g->node.n);
}

static enum err take(void *arg, uint32_t generation, const struct trail_encounter *x)
{
	struct chaining *g = arg;
	const struct node *from = &g->node.v[g->at];
	struct trail_encounter *copy;

	if (generation != 1 || x->via != from->person)
		return OK;
	for (uint32_t i = node_of(g, x->contact); i < g->node.n; i++) {
		const struct node *to = &g->node.v[i];
		enum err e;

		if (to->person != x->contact)
			break;
		if (i == g->at || x->from.v >= to->exposed_to.v || x->to.v <= to->exposed_from.v)
			continue;
		if (!(copy = arena_take(g->c->a, 1, sizeof *copy)))
			return ERR_MEMORY;
		*copy = *x;
		copy->rule = STR("");
		if ((e = vec_push(&g->met, ((struct met){ g->at, i, copy }))))
			return e;
	}
	return OK;
}

static enum err read_traces(struct chaining *g, struct fault *f)
{
	struct node *n = &g->node.v[g->at];
	int64_t id[TRACES_MAX];
	size_t n_ids = 0;
	CLEANUP(rows_end) struct rows *r = NULL;
	bool more;
	enum err e = tx_rows(g->tx, &epidemic_sql.traces_of,
			     SQL_ARGS(sql_i64(n->county), sql_i64(n->id)), &r, f);

	while (!e && n_ids < TRACES_MAX && !(e = rows_next(r, &more, f)) && more)
		id[n_ids++] = rows_i64(r, 0);
	rows_end(&r);
	n->traced = n_ids > 0;
	for (size_t i = 0; i < n_ids && !e; i++)
		e = trace_encounters(g->c, g->tx, (struct area_code){ n->county }, id[i], take, g,
				     &g->partly, f);
	return e;
}

static int cmp(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int by_edge(const void *pa, const void *pb)
{
	const struct met *a = pa, *b = pb;
	const int64_t x[] = { a->from, a->to, a->x->from.v, a->x->to.v, a->x->place.v };
	const int64_t y[] = { b->from, b->to, b->x->from.v, b->x->to.v, b->x->place.v };
	int c = 0;

	for (size_t i = 0; i < ARRAY_LEN(x) && !c; i++)
		c = cmp(x[i], y[i]);
	return c;
}

/* Several traces of one case tell of the same encounter: it is one. */
static enum err join_edges(struct chaining *g)
{
	size_t n = 0;
	enum err e = OK;

	if (g->met.n)
		qsort(g->met.v, g->met.n, sizeof *g->met.v, by_edge);
	for (size_t i = 0; i < g->met.n; i++)
		if (!n || by_edge(&g->met.v[n - 1], &g->met.v[i]))
			g->met.v[n++] = g->met.v[i];
	g->met.n = n;
	for (size_t i = 0; i < n && !e; i++) {
		const struct met *m = &g->met.v[i];
		struct trace_chain_edge *last = g->edge.n ? &g->edge.v[g->edge.n - 1] : NULL;

		if (!last || last->from != m->from || last->to != m->to) {
			e = vec_push(&g->edge,
				     ((struct trace_chain_edge){ .from = m->from,
								 .to = m->to,
								 .klass = (uint8_t)m->x->klass,
								 .first = m->x->from,
								 .last = m->x->to,
								 .i_encounter = i }));
			last = e ? NULL : &g->edge.v[g->edge.n - 1];
		}
		if (e)
			return e;
		last->klass = (uint8_t)min_i64(last->klass, m->x->klass);
		last->n_encounters++;
		last->overlap_s += (uint64_t)(m->x->to.v - m->x->from.v);
		last->last.v = max_i64(last->last.v, m->x->to.v);
	}
	return e;
}

/* ---- what hangs together --------------------------------------------------------------------- */

static void spread(struct chaining *g)
{
	bool changed = true;

	for (uint32_t i = 0; i < g->node.n; i++)
		g->node.v[i].group = i;
	while (changed) {
		changed = false;
		for (size_t i = 0; i < g->edge.n; i++) {
			struct node *a = &g->node.v[g->edge.v[i].from];
			struct node *b = &g->node.v[g->edge.v[i].to];

			changed = changed || a->group != b->group;
			a->group = b->group = a->group < b->group ? a->group : b->group;
		}
	}
}

static void number_or_nil(struct json *j, const char *key, int64_t v)
{
	json_key(j, key);
	if (v < 0)
		json_nil(j);
	else
		json_i64(j, v);
}

static void day_json(struct json *j, const char *key, int64_t day)
{
	CLEANUP(buf_release) struct buf text = { 0 };

	json_key(j, key);
	if (day == FIELD_NONE) {
		json_nil(j);
		return;
	}
	when_date(&text, (int32_t)day);
	if (text.failed && !j->out->failed)
		j->out->failed = text.failed;
	json_str(j, buf_view(&text));
}

static void tell_node(struct call *c, const struct node *n, const struct trace_chain_node *x)
{
	struct json *j = call_json(c);
	char area[AREA_TEXT_BYTES];

	json_open(j, '{');
	json_key(j, "case");
	call_id_json(c, n->id);
	json_key(j, "number");
	json_str(j, n->number);
	area_text((struct area_code){ n->area }, area);
	json_key(j, "area");
	json_str(j, str_of(area));
	day_json(j, "onset", n->onset);
	day_json(j, "positive", n->positive);
	json_key(j, "created_at");
	call_time_json(c, (struct utc_s){ n->created_s });
	json_key(j, "traced");
	json_bool(j, n->traced);
	json_key(j, "in_degree");
	json_i64(j, x->in_degree);
	json_key(j, "offspring");
	json_i64(j, x->offspring);
	number_or_nil(j, "generation", x->generation);
	json_key(j, "descendants");
	json_i64(j, x->descendants);
	json_key(j, "on_cycle");
	json_bool(j, x->on_cycle);
	json_close(j, '}');
}

static void tell_edge(struct call *c, const struct chaining *g, const struct trace_chain_edge *x)
{
	struct json *j = call_json(c);

	json_open(j, '{');
	json_key(j, "from");
	call_id_json(c, g->node.v[x->from].id);
	json_key(j, "to");
	call_id_json(c, g->node.v[x->to].id);
	json_key(j, "class");
	json_str(j, str_of(trace_class_word((enum trace_class)x->klass)));
	json_key(j, "encounters");
	json_i64(j, x->n_encounters);
	json_key(j, "overlap_s");
	json_i64(j, (int64_t)x->overlap_s);
	json_key(j, "first");
	call_time_json(c, x->first);
	json_key(j, "last");
	call_time_json(c, x->last);
	json_key(j, "places");
	json_open(j, '[');
	for (size_t i = 0; i < x->n_encounters; i++) {
		int64_t place = g->met.v[x->i_encounter + i].x->place.v;
		bool told = false;

		for (size_t k = 0; k < i && !told; k++)
			told = g->met.v[x->i_encounter + k].x->place.v == place;
		if (!told)
			call_id_json(c, place);
	}
	json_close(j, ']');
	json_close(j, '}');
}

static enum err tell(struct call *c, const struct chaining *g, int64_t case_id)
{
	struct json *j = call_json(c);
	uint32_t group = UINT32_MAX;

	for (size_t i = 0; i < g->node.n; i++)
		if (g->node.v[i].id == case_id)
			group = g->node.v[i].group;
	json_open(j, '{');
	json_key(j, "case");
	call_id_json(c, case_id);
	json_key(j, "as_of");
	call_time_json(c, c->now);
	json_key(j, "partly");
	json_bool(j, g->partly);
	json_key(j, "more");
	json_bool(j, g->more);
	json_key(j, "nodes");
	json_open(j, '[');
	for (size_t i = 0; i < g->node.n; i++)
		if (g->node.v[i].group == group)
			tell_node(c, &g->node.v[i], &g->figure[i]);
	json_close(j, ']');
	json_key(j, "edges");
	json_open(j, '[');
	for (size_t i = 0; i < g->edge.n; i++)
		if (g->node.v[g->edge.v[i].from].group == group)
			tell_edge(c, g, &g->edge.v[i]);
	json_close(j, ']');
	json_close(j, '}');
	return OK;
}

static enum err saw(struct call *c, const struct case_row *of, struct fault *f)
{
	char *matter = arena_take(c->a, 32, 1);
	struct ledger_entry en = { .county = area_county(of->record.area),
				   .object = STR("case"),
				   .object_id = of->record.id.v,
				   .action = STR("chain"),
				   .matter = { matter, 0 } };

	if (!matter)
		return ERR_MEMORY;
	en.matter.n = (size_t)snprintf(matter, 32, "case-" LEDGER_ID, (long long)of->record.id.v);
	return call_saw(c, &en, f);
}

enum err chain_run(struct call *c, struct tx *tx, struct fault *f)
{
	CLEANUP(chaining_end) struct chaining g = { .c = c, .tx = tx };
	CLEANUP(arena_end) struct arena *a = NULL;
	struct trace_chain_node *figure;
	struct case_row *of;
	enum err e = case_load(c, tx, &of, f);

	if (e || (e = arena_new(SCRATCH_BYTES, &a)) ||
	    (e = case_profile(of->profile, a, &g.profile, f)))
		return e;
	g.disease = id_of(of->profile);
	if ((e = find_nodes(&g, f)))
		return e;
	for (g.at = 0; g.at < g.node.n && !e; g.at++)
		e = read_traces(&g, f);
	if (e || (e = join_edges(&g)))
		return e;
	if (!(figure = arena_take(a, g.node.n + 1, sizeof *figure)))
		return ERR_MEMORY;
	g.figure = figure;
	if (g.node.n && (e = trace_chain_measure(g.node.n, g.edge.v, g.edge.n, a, figure)))
		return e;
	spread(&g);
	if ((e = saw(c, of, f)))
		return e;
	return tell(c, &g, of->record.id.v);
}
