/*
 * json_read.c - jansson parses, for it is strict; what it found is copied into the arena at once,
 * so that nobody has to free a tree. Faults name the place and never quote the input: it may hold
 * what belongs to somebody.
 */
#include "base/json_read.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/ban.h"

const struct json_limits json_limits_request = { .bytes_max = 1 << 20,
						 .nodes_max = 20000,
						 .depth_max = 16 };

/* ---- limits, before anything is built ---- */

/*
 * An upper bound of values and depth, from the brackets and commas outside of texts. What is no
 * JSON may be miscounted; jansson refuses it later.
 */
static enum err within_limits(struct str text, const struct json_limits *limits, struct fault *f)
{
	size_t nodes = 1;
	unsigned depth = 0;
	bool quoted = false;

	if (text.n > limits->bytes_max)
		return fault_set(f, ERR_TOO_LARGE, "JSON 不能超过 %zu 字节",
				 "JSON may have %zu bytes at most", limits->bytes_max);
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (quoted) {
			if (c == '\\')
				i++;
			else if (c == '"')
				quoted = false;
			continue;
		}
		if (c == '"')
			quoted = true;
		else if (c == '[' || c == '{') {
			nodes++;
			if (++depth > limits->depth_max)
				return fault_set(f, ERR_TOO_LARGE, "JSON 嵌套不能超过 %u 层",
						 "JSON may be nested %u deep at most",
						 limits->depth_max);
		} else if (c == ']' || c == '}')
			depth -= depth > 0;
		else if (c == ',')
			nodes++;
		if (nodes > limits->nodes_max)
			return fault_set(f, ERR_TOO_LARGE, "JSON 不能超过 %zu 个值",
					 "JSON may have %zu values at most", limits->nodes_max);
	}
	return OK;
}

/* ---- what the parser says ---- */

static enum err say(const json_error_t *error, struct fault *f)
{
	char where[FAULT_PLACE_BYTES];

	(void)snprintf(where, sizeof where, "line %d, column %d", error->line, error->column);
	fault_at(f, NULL, where);
	switch (json_error_code(error)) {
	case json_error_out_of_memory:
		return fault_set(f, ERR_MEMORY, "内存不足", "there is not enough memory");
	case json_error_invalid_utf8:
		return fault_set(f, ERR_ENCODING, "JSON 不是有效的 UTF-8",
				 "the JSON is not valid UTF-8");
	case json_error_duplicate_key:
		return fault_set(f, ERR_SYNTAX, "同一个键出现了两次", "a key comes twice");
	case json_error_numeric_overflow:
		return fault_set(f, ERR_RANGE, "数字太大", "a number is too large");
	case json_error_null_character:
	case json_error_null_byte_in_key:
		return fault_set(f, ERR_SYNTAX, "文本中不能有 NUL", "a text may hold no NUL");
	case json_error_end_of_input_expected:
		return fault_set(f, ERR_SYNTAX, "JSON 之后还有内容", "something follows the JSON");
	case json_error_premature_end_of_input:
		return fault_set(f, ERR_SYNTAX, "JSON 不完整", "the JSON ends too early");
	default: return fault_set(f, ERR_SYNTAX, "不是有效的 JSON", "this is not JSON");
	}
}

/* ---- the copy ---- */

static bool copied(struct arena *a, const char *p, size_t n, struct str *ret)
{
	char *copy = arena_copy(a, p, n);

	*ret = (struct str){ copy, n };
	return copy != NULL;
}

static bool copy_value(struct arena *a, json_t *v, struct json_node *to);

static bool copy_items(struct arena *a, json_t *v, struct json_node *to)
{
	struct json_node *items;
	const char *key;
	json_t *item;
	size_t i = 0;

	to->n = json_is_array(v) ? json_array_size(v) : json_object_size(v);
	items = arena_take(a, to->n, sizeof *items);
	if (!items)
		return false;
	to->items = items;
	if (json_is_array(v)) {
		for (; i < to->n; i++)
			if (!copy_value(a, json_array_get(v, i), &items[i]))
				return false;
		return true;
	}
	json_object_foreach(v, key, item)
	{
		if (!copied(a, key, strlen(key), &items[i].key) || !copy_value(a, item, &items[i]))
			return false;
		i++;
	}
	return true;
}

static bool copy_value(struct arena *a, json_t *v, struct json_node *to)
{
	switch (json_typeof(v)) {
	case JSON_NULL: to->is = JSON_IS_NULL; return true;
	case JSON_TRUE:
	case JSON_FALSE:
		to->is = JSON_IS_BOOL;
		to->i = json_is_true(v);
		return true;
	case JSON_INTEGER:
		to->is = JSON_IS_INT;
		to->i = json_integer_value(v);
		to->f = (double)to->i;
		return true;
	case JSON_REAL:
		to->is = JSON_IS_REAL;
		to->f = json_real_value(v);
		return true;
	case JSON_STRING:
		to->is = JSON_IS_TEXT;
		return copied(a, json_string_value(v), json_string_length(v), &to->text);
	case JSON_ARRAY: to->is = JSON_IS_LIST; break;
	case JSON_OBJECT: to->is = JSON_IS_MAP; break;
	}
	return copy_items(a, v, to);
}

enum err json_read(struct str text, const struct json_limits *limits, struct arena *a,
		   const struct json_node **ret, struct fault *f)
{
	struct json_node *top;
	json_error_t error;
	enum err e;
	json_t *v;
	bool whole;

	e = within_limits(text, limits, f);
	if (e)
		return e;
	v = json_loadb(text.n ? text.p : "", text.n, JSON_REJECT_DUPLICATES, &error);
	if (!v)
		return say(&error, f);
	top = arena_take(a, 1, sizeof *top);
	whole = top && copy_value(a, v, top);
	json_decref(v);
	if (!whole)
		return fault_set(f, ERR_MEMORY, "内存不足", "there is not enough memory");
	*ret = top;
	return OK;
}

const struct json_node *json_at(const struct json_node *map, const char *key)
{
	struct str name = str_of(key);

	for (size_t i = 0; map->is == JSON_IS_MAP && i < map->n; i++)
		if (str_eq(map->items[i].key, name))
			return &map->items[i];
	return NULL;
}

/* ---- fields ---- */

static enum err refuse(struct fault *f, enum err e, const char *key, const char *zh, const char *en)
{
	fault_at(f, key, NULL);
	return fault_set(f, e, "%s：%s%.0s", "%s %.0s%s", key, zh, en);
}

/* NULL if it is absent or null. */
static const struct json_node *given(const struct json_node *map, const char *key)
{
	const struct json_node *v = json_at(map, key);

	return v && v->is != JSON_IS_NULL ? v : NULL;
}

enum err json_only(const struct json_node *n, const char *const *keys, struct fault *f)
{
	if (n->is != JSON_IS_MAP)
		return fault_set(f, ERR_SYNTAX, "应为 JSON 对象", "this must be a JSON object");
	for (size_t i = 0; i < n->n; i++) {
		bool known = false;

		for (size_t k = 0; keys[k] && !known; k++)
			known = str_eq(n->items[i].key, str_of(keys[k]));
		if (!known)
			return refuse(f, ERR_SYNTAX, n->items[i].key.p, "没有这个字段",
				      "is no field here");
	}
	return OK;
}

enum err json_need(const struct json_node *map, const char *key, struct fault *f)
{
	return given(map, key) ? OK : refuse(f, ERR_SYNTAX, key, "必须填写", "must be given");
}

enum err json_get_text(const struct json_node *map, const char *key, size_t bytes_max,
		       struct str *ret, struct fault *f)
{
	const struct json_node *v = given(map, key);

	if (!v)
		return OK;
	if (v->is != JSON_IS_TEXT)
		return refuse(f, ERR_SYNTAX, key, "应为文本", "must be text");
	if (v->text.n > bytes_max)
		return refuse(f, ERR_RANGE, key, "太长", "is too long");
	*ret = v->text;
	return OK;
}

enum err json_get_said(const struct json_node *map, const char *key, size_t bytes_max,
		       struct str *ret, struct fault *f)
{
	struct str s = { NULL, 0 };
	enum err e = json_get_text(map, key, bytes_max, &s, f);

	if (e || !s.p)
		return e;
	if (str_blank(s))
		s.n = 0;
	*ret = s;
	return OK;
}

enum err json_get_id(const struct json_node *map, const char *key, int64_t *ret, struct fault *f)
{
	const struct json_node *v = given(map, key);
	int64_t id = 0;

	if (!v)
		return OK;
	/* One way to write an id: leading zeros would make two texts of one thing. */
	if (v->is != JSON_IS_TEXT || v->text.n == 0 || v->text.p[0] < '1' || v->text.p[0] > '9' ||
	    str_i64(v->text, &id))
		return refuse(f, ERR_SYNTAX, key, "应为编号（数字文本）",
			      "must be an id: text of digits");
	*ret = id;
	return OK;
}

enum err json_get_i64(const struct json_node *map, const char *key, int64_t least, int64_t most,
		      int64_t *ret, struct fault *f)
{
	const struct json_node *v = given(map, key);

	if (!v)
		return OK;
	if (v->is != JSON_IS_INT)
		return refuse(f, ERR_SYNTAX, key, "应为整数", "must be a whole number");
	if (v->i < least || v->i > most) {
		fault_at(f, key, NULL);
		return fault_set(f, ERR_RANGE, "%s：应在 %lld 与 %lld 之间",
				 "%s must be from %lld to %lld", key, (long long)least,
				 (long long)most);
	}
	*ret = v->i;
	return OK;
}

enum err json_get_bool(const struct json_node *map, const char *key, bool *ret, struct fault *f)
{
	const struct json_node *v = given(map, key);

	if (!v)
		return OK;
	if (v->is != JSON_IS_BOOL)
		return refuse(f, ERR_SYNTAX, key, "应为 true 或 false", "must be true or false");
	*ret = v->i;
	return OK;
}
