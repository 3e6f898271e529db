/* json_read.c - any bytes as JSON: refused, or a tree that comes out the same a second time. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/json_read.h"

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void write_node(struct json *j, const struct json_node *v)
{
	switch (v->is) {
	case JSON_IS_NULL: json_nil(j); return;
	case JSON_IS_BOOL: json_bool(j, v->i); return;
	case JSON_IS_INT: json_i64(j, v->i); return;
	case JSON_IS_REAL: json_f64(j, v->f == 0 ? 0 : v->f); return; /* -0 reads back as 0 */
	case JSON_IS_TEXT: json_str(j, v->text); return;
	case JSON_IS_LIST:
	case JSON_IS_MAP: break;
	}
	json_open(j, v->is == JSON_IS_LIST ? '[' : '{');
	for (size_t i = 0; i < v->n; i++) {
		if (v->is == JSON_IS_MAP) {
			must(strlen(v->items[i].key.p) == v->items[i].key.n);
			json_key(j, v->items[i].key.p);
		}
		write_node(j, &v->items[i]);
	}
	json_close(j, v->is == JSON_IS_LIST ? ']' : '}');
}

static void again(const struct json_node *v, struct arena *a, struct buf *out)
{
	const struct json_limits wide = { SIZE_MAX, SIZE_MAX, JSON_DEPTH_MAX };
	struct json j;

	json_begin(&j, out);
	write_node(&j, v);
	must(out->failed == OK);
	must(json_read(buf_view(out), &wide, a, &v, NULL) == OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	CLEANUP(arena_end) struct arena *a = NULL;
	CLEANUP(buf_release) struct buf one = { 0 }, two = { 0 };
	const struct json_node *v = NULL;
	struct fault f = { 0 };
	struct json j;
	enum err e;

	must(arena_new(64 << 20, &a) == OK);
	e = json_read((struct str){ (const char *)p, n }, &json_limits_request, a, &v, &f);
	must(e == f.code);
	if (e)
		return 0;
	again(v, a, &one);
	must(json_read(buf_view(&one), &json_limits_request, a, &v, NULL) == OK);
	json_begin(&j, &two);
	write_node(&j, v);
	must(str_eq(buf_view(&one), buf_view(&two)));
	return 0;
}
