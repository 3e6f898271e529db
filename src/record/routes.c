/* routes.c - one row for each verb of each noun. The table below is the API of every noun. */
#include <stdio.h>
#include <string.h>

#include "record/handler.h"

#include "base/ban.h"

enum { BODY = 64 << 10, FILE_BODY = 64 << 20 };

/* Whose capability a row needs. */
enum who_needs { NEEDS_READ, NEEDS_WRITE, NEEDS_IMPORT, NEEDS_EXPORT };
/* What is recorded: a read counts when the noun has fields that a record is owed for. */
enum records { RECORDS_ACT, RECORDS_LIST, RECORDS_ROW, RECORDS_ALWAYS, RECORDS_NOTHING };

static const struct verb {
	enum http_method method;
	const char *behind; /* the noun's path */
	route_run *run;
	route_before *before;
	enum who_needs needs;
	enum reach reach;
	uint32_t body;
	enum records records;
	unsigned flags;
	const char *zh, *en; /* "" is the noun */
} verbs[] = {
	{ HTTP_GET, "", handler_list, NULL, NEEDS_READ, REACH_AREA, 0, RECORDS_LIST, 0, "列出",
	  "List: " },
	{ HTTP_POST, "", handler_create, NULL, NEEDS_WRITE, REACH_AREA, BODY, RECORDS_ACT, 0,
	  "新建", "Make: " },
	{ HTTP_GET, "/{id}", handler_get, NULL, NEEDS_READ, REACH_AREA, 0, RECORDS_ROW, 0, "查看",
	  "Show: " },
	{ HTTP_PATCH, "/{id}", handler_edit, NULL, NEEDS_WRITE, REACH_AREA, BODY, RECORDS_ACT, 0,
	  "修改", "Edit: " },
	{ HTTP_POST, "/{id}/events/{event:text}", handler_event, NULL, NEEDS_READ, REACH_AREA, BODY,
	  RECORDS_ACT, 0, "推进", "Take a step: " },
	{ HTTP_GET, "/{id}/history", handler_history, NULL, NEEDS_READ, REACH_AREA, 0,
	  RECORDS_NOTHING, 0, "谁动过、看过", "Who did and read what: " },
	{ HTTP_POST, "/import", handler_import, handler_import_check, NEEDS_IMPORT, REACH_AREA,
	  FILE_BODY, RECORDS_ACT, 0, "导入", "Import: " },
	{ HTTP_POST, "/import/refused", handler_import_refused, NULL, NEEDS_IMPORT, REACH_AREA,
	  FILE_BODY, RECORDS_NOTHING, ROUTE_READS, "导入时被退回的行",
	  "Rows that an import refuses: " },
	{ HTTP_GET, "/import/template", NULL, handler_template, NEEDS_IMPORT, REACH_ALL, 0,
	  RECORDS_NOTHING, 0, "导入模板：", "Empty table to fill in: " },
	{ HTTP_GET, "/export", handler_export, handler_export_open, NEEDS_EXPORT, REACH_AREA, 0,
	  RECORDS_ALWAYS, 0, "导出", "Export: " },
};

static enum capability need_of(const struct noun *n, enum who_needs needs)
{
	switch (needs) {
	case NEEDS_READ: return n->read;
	case NEEDS_WRITE: return n->write;
	case NEEDS_IMPORT: return CAP_IMPORT;
	case NEEDS_EXPORT: return CAP_EXPORT;
	}
	return CAP_NONE;
}

static enum audit audit_of(const struct record_kind *k, enum records records)
{
	switch (records) {
	case RECORDS_ACT: return AUDIT_ACT;
	case RECORDS_LIST: return k->listed_official ? AUDIT_READ : AUDIT_NONE;
	case RECORDS_ROW: return k->official ? AUDIT_READ : AUDIT_NONE;
	case RECORDS_ALWAYS: return AUDIT_READ;
	case RECORDS_NOTHING: break;
	}
	return AUDIT_NONE;
}

/* Three texts as one, for as long as the book lives. NULL: no memory. */
static const char *join(struct arena *a, const char *x, const char *y, const char *z)
{
	char text[160];
	int n = snprintf(text, sizeof text, "%s%s%s", x, y, z);

	assert(n > 0 && (size_t)n < sizeof text); /* words of a declaration are short */
	return arena_copy(a, text, (size_t)n);
}

static enum err expand(struct record_book *b, const struct record_kind *k, const struct verb *v)
{
	const struct noun *n = k->noun;
	struct route *r = &b->route[b->n_routes++];
	bool made = v->run == handler_create;

	*r = (struct route){ .method = v->method,
			     .path = join(b->a, "/api/v1/", n->path, v->behind),
			     .run = v->run,
			     .before = made ? n->make_before : v->before,
			     .need = need_of(n, v->needs),
			     .reach = v->reach,
			     .why = n->why,
			     .body_max = v->body,
			     .audit = audit_of(k, v->records),
			     .flags = v->flags | (made ? n->make_flags : 0),
			     .zh = join(b->a, v->zh, n->zh, ""),
			     .en = join(b->a, v->en, n->en, ""),
			     .arg = k,
			     .takes = v->body == FILE_BODY ? route_file : NULL };
	return r->path && r->zh && r->en ? OK : ERR_MEMORY;
}

static const struct route of_the_book[] = {
	{ ROUTE(HTTP_GET, "/api/v1/nouns", handler_nouns, CAP_SELF, REACH_ALL, WHY_OPEN, 0,
		AUDIT_NONE, "有哪些对象及其字段", "Which nouns there are, and their fields") },
	{ ROUTE(HTTP_GET, "/api/v1/openapi.json", handler_openapi, CAP_ANYONE, REACH_ALL, WHY_OPEN,
		0, AUDIT_NONE, "接口说明（OpenAPI 3.1）", "The API page (OpenAPI 3.1)") },
};

/* Rows of a noun with a gate are not made in these ways. */
static bool makes(const struct verb *v)
{
	return v->run == handler_create || v->needs == NEEDS_IMPORT;
}

static bool has(const struct noun *n, const struct verb *v)
{
	bool changes = v->run == handler_edit || v->run == handler_event;

	return !(n->gate && makes(v)) && !(n->own_way && changes);
}

enum err routes_expand(struct record_book *b)
{
	enum err e = OK;

	b->route = arena_take(b->a, b->n_kinds * ARRAY_LEN(verbs) + ARRAY_LEN(of_the_book),
			      sizeof *b->route);
	if (!b->route)
		return ERR_MEMORY;
	for (size_t i = 0; i < ARRAY_LEN(of_the_book); i++) {
		b->route[b->n_routes] = of_the_book[i];
		b->route[b->n_routes++].arg = b;
	}
	for (size_t i = 0; i < b->n_kinds; i++)
		for (size_t v = 0; v < ARRAY_LEN(verbs) && !e; v++)
			if (has(b->kind[i].noun, &verbs[v]))
				e = expand(b, &b->kind[i], &verbs[v]);
	return e;
}
