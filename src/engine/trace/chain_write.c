/* chain_write.c - the graph as JSON, GraphML and DOT. */
#include "base/json.h"
#include "engine/trace/chain.h"
#include "base/ban.h"

#define UNPRINTABLE "\xef\xbf\xbd" /* U+FFFD, for what a format cannot hold */

/* An undated exposure, and the end of one that still goes on, have no time to write. */
static bool has_time(struct utc_s at)
{
	return at.v != TRACE_NEVER && at.v != TRACE_STILL;
}

/* A time as text: digits, or ISO 8601 in the zone. */
static void put_time(struct buf *out, struct utc_s at, const struct trace_chain_text *t)
{
	if (t->zone)
		when_iso(out, at, t->zone);
	else
		buf_i64(out, at.v);
}

static const char *class_text(const struct trace_chain_edge *e)
{
	return e->klass < TRACE_CLASS_N ? trace_class_word((enum trace_class)e->klass) : "";
}

/* ---- JSON ------------------------------------------------------------------------------- */

static void json_bool_of(struct json *j, const char *key, bool v)
{
	json_key(j, key);
	json_bool(j, v);
}

static void json_count_of(struct json *j, const char *key, uint64_t v)
{
	json_key(j, key);
	json_i64(j, (int64_t)v);
}

static void json_time_of(struct json *j, const char *key, struct utc_s at,
			 const struct trace_chain_text *t)
{
	CLEANUP(buf_release) struct buf text = { 0 };

	json_key(j, key);
	if (!has_time(at)) {
		json_nil(j);
	} else if (!t->zone) {
		json_i64(j, at.v);
	} else {
		when_iso(&text, at, t->zone);
		json_str(j, buf_view(&text));
		if (text.failed)
			j->out->failed = text.failed;
	}
}

static void json_node(struct json *j, const struct trace_chain_node *n, uint32_t number,
		      const struct trace_chain_text *t)
{
	json_open(j, '{');
	json_key(j, "id");
	json_str(j, t->node(number, t->arg));
	json_bool_of(j, "case", n->is_case);
	json_count_of(j, "in_degree", n->in_degree);
	json_count_of(j, "offspring", n->offspring);
	json_key(j, "generation");
	if (n->generation == TRACE_CHAIN_NO_GENERATION)
		json_nil(j);
	else
		json_i64(j, n->generation);
	json_count_of(j, "descendants", n->descendants);
	json_bool_of(j, "on_cycle", n->on_cycle);
	json_close(j, '}');
}

/* Whether the place of encounter x was met earlier in the same edge. */
static bool seen_before(const struct trace_encounter *e, size_t x)
{
	for (size_t y = x; y > 0; y--)
		if (e[y - 1].place.v == e[x].place.v)
			return true;
	return false;
}

static void json_places(struct json *j, const struct trace_chain *c,
			const struct trace_chain_edge *e, const struct trace_chain_text *t)
{
	const struct trace_encounter *x = c->encounter + e->i_encounter;

	json_key(j, "places");
	json_open(j, '[');
	for (size_t i = 0; i < e->n_encounters; i++)
		if (x[i].place.v != TRACE_NONE && !seen_before(x, i))
			json_str(j, t->place(x[i].place, t->arg));
	json_close(j, ']');
}

static void json_edge(struct json *j, const struct trace_chain *c, const struct trace_chain_edge *e,
		      const struct trace_chain_text *t)
{
	json_open(j, '{');
	json_key(j, "from");
	json_str(j, t->node(e->from, t->arg));
	json_key(j, "to");
	json_str(j, t->node(e->to, t->arg));
	json_bool_of(j, "given", e->given);
	json_bool_of(j, "against_time", e->against_time);
	json_key(j, "class");
	if (e->klass < TRACE_CLASS_N)
		json_str(j, str_of(class_text(e)));
	else
		json_nil(j);
	json_count_of(j, "encounters", e->n_encounters);
	json_count_of(j, "overlap_s", e->overlap_s);
	json_time_of(j, "first_exposure", e->first, t);
	json_time_of(j, "last_exposure", e->last, t);
	if (t->place)
		json_places(j, c, e, t);
	json_close(j, '}');
}

void trace_chain_json(const struct trace_chain *c, const struct trace_chain_text *t,
		      struct buf *out)
{
	struct json j;

	json_begin(&j, out);
	json_open(&j, '{');
	json_key(&j, "nodes");
	json_open(&j, '[');
	for (size_t i = 0; i < c->n_nodes; i++)
		json_node(&j, &c->node[i], (uint32_t)i, t);
	json_close(&j, ']');
	json_key(&j, "edges");
	json_open(&j, '[');
	for (size_t i = 0; i < c->n_edges; i++)
		json_edge(&j, c, &c->edge[i], t);
	json_close(&j, ']');
	json_close(&j, '}');
}

/* ---- GraphML ---------------------------------------------------------------------------- */

/* U+FFFE and U+FFFF, which XML 1.0 forbids, are EF BF BE and EF BF BF. */
static bool is_noncharacter(struct str s, size_t i)
{
	return s.n - i >= 3 && (unsigned char)s.p[i] == 0xef && (unsigned char)s.p[i + 1] == 0xbf &&
	       (unsigned char)s.p[i + 2] >= 0xbe;
}

static void xml_text(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c == '&')
			buf_lit(out, "&amp;");
		else if (c == '<')
			buf_lit(out, "&lt;");
		else if (c == '>')
			buf_lit(out, "&gt;");
		else if (c == '"')
			buf_lit(out, "&quot;");
		else if (c == '\r' || c == '\n' || c == '\t')
			buf_fmt(out, "&#%d;", c);
		else if ((unsigned char)c < 0x20)
			buf_lit(out, UNPRINTABLE);
		else if (is_noncharacter(s, i)) {
			buf_lit(out, UNPRINTABLE);
			i += 2;
		} else
			buf_char(out, c);
	}
}

static void graphml_keys(struct buf *out)
{
	static const struct {
		const char *of, *name, *type;
	} keys[] = {
		{ "node", "id", "string" },
		{ "node", "case", "boolean" },
		{ "node", "in_degree", "long" },
		{ "node", "offspring", "long" },
		{ "node", "generation", "long" },
		{ "node", "descendants", "long" },
		{ "node", "on_cycle", "boolean" },
		{ "edge", "given", "boolean" },
		{ "edge", "against_time", "boolean" },
		{ "edge", "class", "string" },
		{ "edge", "encounters", "long" },
		{ "edge", "overlap_s", "long" },
		{ "edge", "first_exposure", "string" },
		{ "edge", "last_exposure", "string" },
	};

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		buf_fmt(out, "<key id=\"%s\" for=\"%s\" attr.name=\"%s\" attr.type=\"%s\"/>\n",
			keys[i].name, keys[i].of, keys[i].name, keys[i].type);
}

static void data_count(struct buf *out, const char *key, uint64_t v)
{
	buf_fmt(out, "<data key=\"%s\">%llu</data>", key, (unsigned long long)v);
}

static void data_bool(struct buf *out, const char *key, bool v)
{
	buf_fmt(out, "<data key=\"%s\">%s</data>", key, v ? "true" : "false");
}

static void data_time(struct buf *out, const char *key, struct utc_s at,
		      const struct trace_chain_text *t)
{
	if (!has_time(at))
		return;
	buf_fmt(out, "<data key=\"%s\">", key);
	put_time(out, at, t);
	buf_lit(out, "</data>");
}

static void graphml_node(struct buf *out, const struct trace_chain_node *n, uint32_t number,
			 const struct trace_chain_text *t)
{
	buf_fmt(out, "<node id=\"n%u\"><data key=\"id\">", number);
	xml_text(out, t->node(number, t->arg));
	buf_lit(out, "</data>");
	data_bool(out, "case", n->is_case);
	data_count(out, "in_degree", n->in_degree);
	data_count(out, "offspring", n->offspring);
	if (n->generation != TRACE_CHAIN_NO_GENERATION)
		data_count(out, "generation", (uint64_t)n->generation);
	data_count(out, "descendants", n->descendants);
	data_bool(out, "on_cycle", n->on_cycle);
	buf_lit(out, "</node>\n");
}

static void graphml_edge(struct buf *out, const struct trace_chain_edge *e,
			 const struct trace_chain_text *t)
{
	buf_fmt(out, "<edge source=\"n%u\" target=\"n%u\">", e->from, e->to);
	data_bool(out, "given", e->given);
	data_bool(out, "against_time", e->against_time);
	if (e->klass < TRACE_CLASS_N)
		buf_fmt(out, "<data key=\"class\">%s</data>", class_text(e));
	data_count(out, "encounters", e->n_encounters);
	data_count(out, "overlap_s", e->overlap_s);
	data_time(out, "first_exposure", e->first, t);
	data_time(out, "last_exposure", e->last, t);
	buf_lit(out, "</edge>\n");
}

void trace_chain_graphml(const struct trace_chain *c, const struct trace_chain_text *t,
			 struct buf *out)
{
	buf_lit(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		     "<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">\n");
	graphml_keys(out);
	buf_lit(out, "<graph id=\"chains\" edgedefault=\"directed\">\n");
	for (size_t i = 0; i < c->n_nodes; i++)
		graphml_node(out, &c->node[i], (uint32_t)i, t);
	for (size_t i = 0; i < c->n_edges; i++)
		graphml_edge(out, &c->edge[i], t);
	buf_lit(out, "</graph>\n</graphml>\n");
}

/* ---- DOT -------------------------------------------------------------------------------- */

/* Inside a quoted label: \ starts an escape, & an entity; a control character has no place. */
static void dot_text(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c == '"')
			buf_lit(out, "\\\"");
		else if (c == '\\')
			buf_lit(out, "\\\\");
		else if (c == '\n')
			buf_lit(out, "\\n");
		else if (c == '&')
			buf_lit(out, "&amp;");
		else if ((unsigned char)c < 0x20 || c == 0x7f)
			buf_lit(out, UNPRINTABLE);
		else
			buf_char(out, c);
	}
}

static void dot_edge(struct buf *out, const struct trace_chain_edge *e,
		     const struct trace_chain_text *t)
{
	buf_fmt(out, "\tn%u -> n%u [style=%s", e->from, e->to, e->given ? "solid" : "dashed");
	if (e->against_time)
		buf_lit(out, ", arrowhead=odot");
	buf_fmt(out, ", tooltip=\"%s %u x, %llu s", e->given ? "given" : class_text(e),
		e->n_encounters, (unsigned long long)e->overlap_s);
	if (has_time(e->first) && has_time(e->last)) {
		buf_lit(out, ", ");
		put_time(out, e->first, t);
		buf_lit(out, " .. ");
		put_time(out, e->last, t);
	}
	buf_lit(out, "\"];\n");
}

void trace_chain_dot(const struct trace_chain *c, const struct trace_chain_text *t, struct buf *out)
{
	buf_lit(out, "digraph chains {\n\tcharset=\"UTF-8\";\n\trankdir=LR;\n"
		     "\tnode [shape=box];\n");
	for (size_t i = 0; i < c->n_nodes; i++) {
		buf_fmt(out, "\tn%zu [label=\"", i);
		dot_text(out, t->node((uint32_t)i, t->arg));
		buf_fmt(out, "\"%s];\n", c->node[i].is_case ? "" : ", style=dotted");
	}
	for (size_t i = 0; i < c->n_edges; i++)
		dot_edge(out, &c->edge[i], t);
	buf_lit(out, "}\n");
}
