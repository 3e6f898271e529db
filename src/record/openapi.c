/* openapi.c - the API page, OpenAPI 3.1, printed from the routes and the field tables. */
#include <stdio.h>
#include <string.h>

#include "record/handler.h"

#include "base/ban.h"
#include "record/query.h"

static void text(struct json *j, const char *key, const char *s)
{
	json_key(j, key);
	json_str(j, str_of(s));
}

static void both(struct json *j, const char *key, const char *zh, const char *en)
{
	char s[400];

	snprintf(s, sizeof s, "%s / %s", en, zh);
	text(j, key, s);
}

/* ---- what a field is ------------------------------------------------------------------------ */

/* JSON Schema has two ways to say "or null"; a list of types is the shorter. */
static void type_of(struct json *j, const char *type, bool nullable)
{
	json_key(j, "type");
	if (nullable)
		json_open(j, '[');
	json_str(j, str_of(type));
	if (nullable) {
		json_str(j, STR("null"));
		json_close(j, ']');
	}
}

static void limits(struct json *j, const char *least, const char *most, const struct field *x)
{
	if (!x->min && !x->max)
		return;
	json_key(j, least);
	json_i64(j, x->min);
	json_key(j, most);
	json_i64(j, x->max);
}

static void schema(struct json *j, const struct field *x, bool nullable)
{
	static const char *const format[FIELD_TYPE_N] = {
		[FIELD_TIME] = "date-time", [FIELD_DATE] = "date"
	};
	static const char *const pattern[FIELD_TYPE_N] = { [FIELD_AREA] = "^[0-9]{15}$",
							   [FIELD_REF] = "^[1-9][0-9]*$",
							   [FIELD_SUBJECT] = "^[1-9][0-9]*$" };

	json_open(j, '{');
	type_of(j,
		x->type == FIELD_I64    ? "integer"
		: x->type == FIELD_BOOL ? "boolean"
					: "string",
		nullable && x->type != FIELD_BOOL);
	both(j, "title", x->zh, x->en);
	if (x->hint_en)
		both(j, "description", x->hint_zh, x->hint_en);
	if (x->type == FIELD_I64)
		limits(j, "minimum", "maximum", x);
	else if (x->type == FIELD_TEXT || x->type == FIELD_LONG || x->type == FIELD_PHONE)
		limits(j, "minLength", "maxLength", x);
	if (format[x->type])
		text(j, "format", format[x->type]);
	if (pattern[x->type])
		text(j, "pattern", pattern[x->type]);
	if (x->type == FIELD_CHOICE) {
		json_key(j, "enum");
		json_open(j, '[');
		for (size_t i = 1; i < x->n_choices; i++)
			json_str(j, str_of(x->choice[i].word));
		if (nullable)
			json_nil(j);
		json_close(j, ']');
	}
	text(j, "x-see", field_see_word(x->see));
	if (x->refers)
		text(j, "x-refers", x->refers);
	json_close(j, '}');
}

/* ---- what a noun is ------------------------------------------------------------------------- */

static void simple(struct json *j, const char *key, const char *type, const char *format)
{
	json_key(j, key);
	json_open(j, '{');
	text(j, "type", type);
	if (format)
		text(j, "format", format);
	json_close(j, '}');
}

static void states(struct json *j, const struct noun *n)
{
	json_key(j, "state");
	json_open(j, '{');
	text(j, "type", "string");
	json_key(j, "enum");
	json_open(j, '[');
	for (size_t i = 1; i < n->n_states; i++)
		json_str(j, str_of(n->state[i].word));
	json_close(j, ']');
	json_close(j, '}');
}

static void required(struct json *j, const struct noun *n)
{
	json_key(j, "required");
	json_open(j, '[');
	json_str(j, STR("area"));
	for (size_t i = 0; i < n->n_fields; i++)
		if (n->field[i].flags & FIELD_REQUIRED)
			json_str(j, str_of(n->field[i].name));
	json_close(j, ']');
}

/* `body`: as it is sent to us; else as it is shown. */
static void noun_schema(struct json *j, const struct noun *n, bool body)
{
	char name[64];

	snprintf(name, sizeof name, "%s%s", n->name, body ? "_body" : "");
	json_key(j, name);
	json_open(j, '{');
	text(j, "type", "object");
	both(j, "title", n->zh, n->en);
	if (body)
		required(j, n);
	json_key(j, "properties");
	json_open(j, '{');
	simple(j, "area", "string", NULL);
	if (!body) {
		simple(j, "id", "string", NULL);
		simple(j, "version", "integer", NULL);
		states(j, n);
		simple(j, "created_at", "string", "date-time");
		simple(j, "updated_at", "string", "date-time");
		simple(j, "created_by", "string", NULL);
	}
	for (size_t i = 0; i < n->n_fields; i++) {
		const struct field *x = &n->field[i];

		if (!field_kept(x) || (body && (x->flags & FIELD_SERVER)))
			continue;
		json_key(j, x->name);
		schema(j, x, !(x->flags & FIELD_REQUIRED));
	}
	json_close(j, '}');
	json_close(j, '}');
}

static void error_schema(struct json *j)
{
	static const char *const keys[] = { "code", "message_zh", "message_en", "field", "where" };

	json_key(j, "error");
	json_open(j, '{');
	text(j, "type", "object");
	json_key(j, "properties");
	json_open(j, '{');
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		simple(j, keys[i], "string", NULL);
	json_close(j, '}');
	json_close(j, '}');
}

/* ---- what a route is ------------------------------------------------------------------------ */

static void parameter(struct json *j, const char *name, const char *in, bool must)
{
	json_open(j, '{');
	text(j, "name", name);
	text(j, "in", in);
	json_key(j, "required");
	json_bool(j, must);
	json_key(j, "schema");
	json_open(j, '{');
	text(j, "type", "string");
	json_close(j, '}');
	json_close(j, '}');
}

static void filter_parameters(struct json *j, const struct record_kind *k)
{
	char name[64];

	for (size_t i = 0; i < k->sql->n_filters; i++) {
		const struct field *x = k->sql->filter[i];

		if (x->type != FIELD_TIME)
			parameter(j, x->name, "query", false);
		if (!statement_is_range(x) || x->type == FIELD_AREA)
			continue;
		snprintf(name, sizeof name, "%s_from", x->name);
		parameter(j, name, "query", false);
		snprintf(name, sizeof name, "%s_to", x->name);
		parameter(j, name, "query", false);
	}
}

static bool is_list(const struct route *r)
{
	return r->run == handler_list || r->run == handler_export;
}

static bool takes_rows(const struct route *r)
{
	return r->run == handler_import || r->run == handler_import_refused;
}

static void parameters(struct json *j, const struct route *r)
{
	static const char *const of_lists[] = { "area", "q", "state", "after", "limit" };
	static const char *const of_imports[] = { "area", "mapping" };

	json_key(j, "parameters");
	json_open(j, '[');
	for (const char *at = strchr(r->path, '{'); at; at = strchr(at + 1, '{')) {
		char name[32];

		snprintf(name, sizeof name, "%.*s", (int)strcspn(at + 1, ":}"), at + 1);
		parameter(j, name, "path", true);
	}
	for (size_t i = 0; is_list(r) && i < ARRAY_LEN(of_lists); i++)
		parameter(j, of_lists[i], "query", false);
	if (r->run == handler_export) {
		parameter(j, "format", "query", false);
		parameter(j, "columns", "query", false);
	}
	for (size_t i = 0; takes_rows(r) && i < ARRAY_LEN(of_imports); i++)
		parameter(j, of_imports[i], "query", false);
	if (r->run == handler_import)
		parameter(j, "dry_run", "query", false);
	if (is_list(r))
		filter_parameters(j, r->arg);
	if (r->method != HTTP_GET)
		parameter(j, "Idempotency-Key", "header", false);
	if (r->run == handler_edit || r->run == handler_event)
		parameter(j, "If-Match", "header", r->run == handler_edit);
	json_close(j, ']');
}

static void reference(struct json *j, const char *name)
{
	char to[96];

	snprintf(to, sizeof to, "#/components/schemas/%s", name);
	json_key(j, "schema");
	json_open(j, '{');
	text(j, "$ref", to);
	json_close(j, '}');
}

static void content(struct json *j, const char *type, const char *schema_name)
{
	json_key(j, "content");
	json_open(j, '{');
	json_key(j, type);
	json_open(j, '{');
	if (schema_name)
		reference(j, schema_name);
	json_close(j, '}');
	json_close(j, '}');
}

static void keys_of(struct json *j, const char *const *keys)
{
	json_key(j, "content");
	json_open(j, '{');
	json_key(j, "application/json");
	json_open(j, '{');
	json_key(j, "schema");
	json_open(j, '{');
	text(j, "type", "object");
	json_key(j, "properties");
	json_open(j, '{');
	for (; *keys; keys++) {
		json_key(j, *keys);
		json_open(j, '{');
		json_close(j, '}');
	}
	json_close(j, '}');
	json_key(j, "additionalProperties");
	json_bool(j, false);
	json_close(j, '}');
	json_close(j, '}');
	json_close(j, '}');
}

static void body(struct json *j, const struct route *r)
{
	const struct record_kind *k = r->arg;
	bool fields = r->run == handler_create || r->run == handler_edit || r->run == handler_event;
	bool file = r->takes == route_file;
	char name[64] = "";

	if (r->body_max == 0 || !(fields || file || r->takes))
		return;
	if (fields)
		snprintf(name, sizeof name, "%s_body", k->noun->name);
	json_key(j, "requestBody");
	json_open(j, '{');
	if (fields || file)
		content(j, file ? "application/octet-stream" : "application/json",
			fields ? name : NULL);
	else
		keys_of(j, r->takes);
	json_close(j, '}');
	json_key(j, "x-body-bytes-max");
	json_i64(j, r->body_max);
}

static void response(struct json *j, const char *status, const char *what, const char *schema_name)
{
	json_key(j, status);
	json_open(j, '{');
	text(j, "description", what);
	content(j, "application/json", schema_name);
	json_close(j, '}');
}

static void operation(struct json *j, const struct route *r)
{
	static const char *const word[HTTP_METHOD_N] = {
		[HTTP_GET] = "get",     [HTTP_POST] = "post",     [HTTP_PUT] = "put",
		[HTTP_PATCH] = "patch", [HTTP_DELETE] = "delete", [HTTP_OPTIONS] = "options",
	};

	json_key(j, word[r->method]);
	json_open(j, '{');
	both(j, "summary", r->zh, r->en);
	parameters(j, r);
	body(j, r);
	json_key(j, "responses");
	json_open(j, '{');
	response(j, r->run == handler_create ? "201" : "200", "done", NULL);
	response(j, "default", "refused: what, where, and what to do", "error");
	json_close(j, '}');
	text(j, "x-need", capability_words(r->need)->word);
	text(j, "x-reach", reach_word(r->reach));
	text(j, "x-purpose", purpose_word(r->why));
	text(j, "x-audit", audit_word(r->audit));
	json_close(j, '}');
}

/* "/events/{event:text}" as OpenAPI writes it. */
static void path_key(struct json *j, const char *path)
{
	char plain[200];
	size_t n = 0;

	for (const char *p = path; *p && n + 1 < sizeof plain; p++) {
		if (*p == ':')
			p += strcspn(p, "}");
		plain[n++] = *p;
	}
	plain[n] = '\0';
	json_key(j, plain);
}

static bool said_before(const struct routes *all, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (strcmp(routes_at(all, k)->path, routes_at(all, i)->path) == 0)
			return true;
	return false;
}

static void paths(struct json *j, const struct routes *all)
{
	json_key(j, "paths");
	json_open(j, '{');
	for (size_t i = 0; i < routes_n(all); i++) {
		const char *path = routes_at(all, i)->path;

		if (said_before(all, i))
			continue;
		path_key(j, path);
		json_open(j, '{');
		for (size_t k = i; k < routes_n(all); k++)
			if (strcmp(routes_at(all, k)->path, path) == 0)
				operation(j, routes_at(all, k));
		json_close(j, '}');
	}
	json_close(j, '}');
}

enum err record_openapi(struct record_book *b, const struct routes *all)
{
	struct json j;

	buf_clear(&b->openapi);
	json_begin(&j, &b->openapi);
	json_open(&j, '{');
	text(&j, "openapi", "3.1.0");
	json_key(&j, "info");
	json_open(&j, '{');
	text(&j, "title", "Outpost / 前哨");
	text(&j, "version", "1");
	json_close(&j, '}');
	paths(&j, all);
	json_key(&j, "components");
	json_open(&j, '{');
	json_key(&j, "schemas");
	json_open(&j, '{');
	error_schema(&j);
	for (size_t i = 0; i < b->n_kinds; i++) {
		noun_schema(&j, b->kind[i].noun, false);
		noun_schema(&j, b->kind[i].noun, true);
	}
	json_close(&j, '}');
	json_close(&j, '}');
	json_close(&j, '}');
	return b->openapi.failed;
}

enum err handler_openapi(struct call *c, struct tx *tx, struct fault *f)
{
	const struct record_book *b = c->route->arg;

	(void)tx;
	(void)f;
	buf_str(&c->rs->body, buf_view(&b->openapi));
	return c->rs->body.failed;
}
