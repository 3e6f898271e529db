/*
 * chain_text.c - the written graph says what the graph says, whatever bytes the names are made
 * of: JSON read back by jansson, GraphML by expat, DOT by its own grammar of quoted strings.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <expat.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "engine/trace/chain.h"

enum { N_NODES = 9, N_EDGES = 3, TEXT_BYTES = 256 };

static const char *const names[N_NODES] = {
	"plain",
	"quote \" and \\ back\\",
	"<tag attr='x'>&amp;</tag>",
	"]]> \\N \\G \\",
	"陈小明",
	"line\nbreak\r\ttab",
	"\x01\x1f\x7f",
	"\xef\xbf\xbe end",
	" blanks  ",
};

static const struct trace_encounter encounters[] = {
	{ .place = { 7 }, .from = { 10 }, .to = { 20 } },
	{ .place = { 7 }, .from = { 30 }, .to = { 40 } },
	{ .place = { TRACE_NONE }, .from = { TRACE_NEVER }, .to = { TRACE_NEVER } },
	{ .place = { 8 }, .from = { 50 }, .to = { 60 } },
};

static const struct trace_chain_edge edges[N_EDGES] = {
	{ .from = 0,
	  .to = 1,
	  .klass = TRACE_GENERAL,
	  .n_encounters = 4,
	  .overlap_s = 30,
	  .first = { 10 },
	  .last = { 60 } },
	{ .from = 1,
	  .to = 2,
	  .given = true,
	  .against_time = true,
	  .klass = TRACE_CLASS_N,
	  .first = { TRACE_NEVER },
	  .last = { TRACE_NEVER },
	  .i_encounter = 4 },
	{ .from = 2,
	  .to = 8,
	  .given = true,
	  .klass = TRACE_CLASS_N,
	  .first = { 5 },
	  .last = { TRACE_STILL },
	  .i_encounter = 4 },
};

static const struct trace_chain_node nodes[N_NODES] = {
	{ .offspring = 1, .descendants = 3, .is_case = true },
	{ .in_degree = 1, .offspring = 1, .generation = 1, .descendants = 2, .is_case = true },
	{ .in_degree = 1, .generation = TRACE_CHAIN_NO_GENERATION, .on_cycle = true },
};

static const struct trace_chain graph = {
	.n_nodes = N_NODES,
	.node = nodes,
	.n_edges = N_EDGES,
	.edge = edges,
	.n_encounters = ARRAY_LEN(encounters),
	.encounter = encounters,
};

static struct str name_of(uint32_t node, void *arg)
{
	(void)arg;
	return str_of(names[node]);
}

static struct str place_of(struct place_id place, void *arg)
{
	(void)arg;
	return place.v == 7 ? STR("seven \"7\"") : STR("八");
}

static void expect_text(const json_t *o, const char *key, const char *want)
{
	assert_string_equal(json_string_value(json_object_get(o, key)), want);
}

static void expect_count(const json_t *o, const char *key, int64_t want)
{
	assert_true(json_is_integer(json_object_get(o, key)));
	assert_int_equal(json_integer_value(json_object_get(o, key)), want);
}

static void json_reads_back_as_the_graph(void **state)
{
	const struct trace_chain_text t = { .node = name_of, .place = place_of };
	struct buf out = { 0 };
	json_t *root, *list, *o;

	(void)state;
	trace_chain_json(&graph, &t, &out);
	assert_int_equal(out.failed, OK);
	root = json_loadb(out.p, out.n, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(root);
	list = json_object_get(root, "nodes");
	assert_int_equal(json_array_size(list), N_NODES);
	for (size_t i = 0; i < N_NODES; i++)
		expect_text(json_array_get(list, i), "id", names[i]);
	o = json_array_get(list, 1);
	expect_count(o, "in_degree", 1);
	expect_count(o, "offspring", 1);
	expect_count(o, "generation", 1);
	expect_count(o, "descendants", 2);
	assert_true(json_is_true(json_object_get(o, "case")));
	o = json_array_get(list, 2);
	assert_true(json_is_null(json_object_get(o, "generation")));
	assert_true(json_is_true(json_object_get(o, "on_cycle")));
	list = json_object_get(root, "edges");
	assert_int_equal(json_array_size(list), N_EDGES);
	o = json_array_get(list, 0);
	expect_text(o, "from", names[0]);
	expect_text(o, "to", names[1]);
	expect_text(o, "class", "general");
	expect_count(o, "encounters", 4);
	expect_count(o, "overlap_s", 30);
	expect_count(o, "first_exposure", 10);
	expect_count(o, "last_exposure", 60);
	o = json_object_get(o, "places");
	assert_int_equal(json_array_size(o), 2);
	assert_string_equal(json_string_value(json_array_get(o, 0)), "seven \"7\"");
	o = json_array_get(list, 1);
	assert_true(json_is_true(json_object_get(o, "given")));
	assert_true(json_is_true(json_object_get(o, "against_time")));
	assert_true(json_is_null(json_object_get(o, "class")));
	assert_true(json_is_null(json_object_get(o, "first_exposure")));
	assert_true(json_is_null(json_object_get(json_array_get(list, 2), "last_exposure")));
	json_decref(root);
	buf_release(&out);
}

static void times_are_iso_when_a_zone_is_given(void **state)
{
	struct trace_chain_text t = { .node = name_of };
	struct buf out = { 0 };
	struct zone *zone = NULL;
	json_t *root, *o;

	(void)state;
	assert_int_equal(zone_open("Asia/Shanghai", &zone, NULL), OK);
	t.zone = zone;
	trace_chain_json(&graph, &t, &out);
	root = json_loadb(out.p, out.n, 0, NULL);
	o = json_array_get(json_object_get(root, "edges"), 0);
	expect_text(o, "first_exposure", "1970-01-01T08:00:10+08:00");
	assert_null(json_object_get(o, "places")); /* nobody said what places are called */
	json_decref(root);
	buf_release(&out);
	zone_end(&zone);
}

/* ---- GraphML ---------------------------------------------------------------------------- */

struct seen {
	int nodes, edges;
	bool in_id;
	size_t n_text;
	char text[TEXT_BYTES]; /* of the present node's id */
	char id[N_NODES][TEXT_BYTES];
};

static void on_start(void *arg, const XML_Char *name, const XML_Char **attr)
{
	struct seen *s = arg;

	s->in_id = strcmp(name, "data") == 0 && strcmp(attr[1], "id") == 0;
	s->edges += strcmp(name, "edge") == 0;
	if (strcmp(name, "node") != 0)
		return;
	s->n_text = 0;
	s->nodes++;
	assert_true(s->nodes <= N_NODES);
}

static void on_text(void *arg, const XML_Char *p, int n)
{
	struct seen *s = arg;

	if (!s->in_id)
		return;
	assert_true(s->n_text + (size_t)n < TEXT_BYTES);
	memcpy(s->text + s->n_text, p, (size_t)n);
	s->n_text += (size_t)n;
}

static void on_end(void *arg, const XML_Char *name)
{
	struct seen *s = arg;

	if (s->in_id && strcmp(name, "data") == 0)
		memcpy(s->id[s->nodes - 1], s->text, s->n_text);
	s->in_id = false;
}

static void graphml_is_well_formed_and_keeps_every_name_that_xml_can_hold(void **state)
{
	const struct trace_chain_text t = { .node = name_of };
	struct buf out = { 0 };
	static struct seen s;
	XML_Parser p = XML_ParserCreate("UTF-8");

	(void)state;
	trace_chain_graphml(&graph, &t, &out);
	XML_SetUserData(p, &s);
	XML_SetElementHandler(p, on_start, on_end);
	XML_SetCharacterDataHandler(p, on_text);
	assert_int_equal(XML_Parse(p, out.p, (int)out.n, 1), XML_STATUS_OK);
	XML_ParserFree(p);
	assert_int_equal(s.nodes, N_NODES);
	assert_int_equal(s.edges, N_EDGES);
	for (size_t i = 0; i < N_NODES; i++)
		if (i == 6)
			assert_string_equal(s.id[i], "\xef\xbf\xbd\xef\xbf\xbd\x7f");
		else if (i == 7)
			assert_string_equal(s.id[i], "\xef\xbf\xbd end");
		else
			assert_string_equal(s.id[i], names[i]);
	buf_release(&out);
}

/* ---- DOT -------------------------------------------------------------------------------- */

/* Steps over a quoted string; *at is on its opening quote. Inside, only escapes we know. */
static void skip_quoted(const char *text, size_t n, size_t *at)
{
	size_t i = *at + 1;

	for (; i < n && text[i] != '"'; i++) {
		assert_true((unsigned char)text[i] >= 0x20 && text[i] != 0x7f);
		if (text[i] != '\\')
			continue;
		i++;
		assert_true(text[i] == '"' || text[i] == '\\' || text[i] == 'n');
	}
	assert_true(i < n);
	*at = i;
}

static void dot_quotes_every_name_and_uses_no_colour(void **state)
{
	const struct trace_chain_text t = { .node = name_of };
	struct buf out = { 0 };
	int braces = 0, brackets = 0, strings = 0;

	(void)state;
	trace_chain_dot(&graph, &t, &out);
	for (size_t i = 0; i < out.n; i++) {
		if (out.p[i] == '"') {
			skip_quoted(out.p, out.n, &i);
			strings++;
		}
		braces += (out.p[i] == '{') - (out.p[i] == '}');
		brackets += (out.p[i] == '[') - (out.p[i] == ']');
	}
	assert_int_equal(braces, 0);
	assert_int_equal(brackets, 0);
	assert_int_equal(strings, 1 + N_NODES + N_EDGES);
	buf_char(&out, '\0');
	assert_int_equal(out.failed, OK);
	assert_null(strstr(out.p, "color"));
	assert_non_null(strstr(out.p, "n1 [label=\"quote \\\" and \\\\ back\\\\\"];"));
	assert_non_null(strstr(out.p, "&amp;amp;")); /* an entity in a name stays what it was */
	assert_non_null(strstr(out.p, "n1 -> n2 [style=solid, arrowhead=odot"));
	assert_non_null(strstr(out.p, "n0 -> n1 [style=dashed"));
	buf_release(&out);
}

static void a_graph_of_nothing_is_a_document(void **state)
{
	const struct trace_chain none = { 0 };
	const struct trace_chain_text t = { .node = name_of };
	struct buf out = { 0 };

	(void)state;
	trace_chain_json(&none, &t, &out);
	assert_true(str_eq(buf_view(&out), STR("{\"nodes\":[],\"edges\":[]}")));
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_reads_back_as_the_graph),
		cmocka_unit_test(times_are_iso_when_a_zone_is_given),
		cmocka_unit_test(graphml_is_well_formed_and_keeps_every_name_that_xml_can_hold),
		cmocka_unit_test(dot_quotes_every_name_and_uses_no_colour),
		cmocka_unit_test(a_graph_of_nothing_is_a_document),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
