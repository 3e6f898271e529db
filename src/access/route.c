#include "access/route.h"

#include <string.h>

#include "base/json.h"
#include "base/memory.h"

#include "base/ban.h"

const char *const route_file[] = { NULL };

struct routes {
	const struct route **v;
	struct http_pattern *pattern;
	size_t n;
	struct http_paths *paths;
};

static const char *const purpose_words[WHY_N] = { "none",     "open",  "self",     "duty",
						  "epidemic", "admin", "oversight" };
static const char *const reach_words[] = { "none", "all", "own", "area" };
static const char *const audit_words[] = { "none", "read", "act" };

const char *purpose_word(enum purpose p)
{
	assert(p < WHY_N);
	return purpose_words[p];
}

const char *reach_word(enum reach r)
{
	assert(r < ARRAY_LEN(reach_words));
	return reach_words[r];
}

const char *audit_word(enum audit a)
{
	assert(a < ARRAY_LEN(audit_words));
	return audit_words[a];
}

/* What a row must say, and what it must not say at once. NULL: it holds together. */
static const char *wrong(const struct route *r)
{
	bool reads = r->method == HTTP_GET || (r->flags & ROUTE_READS);

	if (r->need <= CAP_NONE || r->need >= CAP_N)
		return "says not who may";
	if (r->reach == REACH_NONE)
		return "says not whose things it is about";
	if (r->why == WHY_NONE || r->why >= WHY_N)
		return "says no purpose";
	if (!r->zh || !r->en || !*r->zh || !*r->en)
		return "has no help in both languages";
	if (!r->run && !r->before)
		return "does nothing";
	if (r->after && (!r->run || !r->before))
		return "has an end without a beginning";
	if (reads && r->audit == AUDIT_ACT)
		return "reads, and says it acts";
	if (!reads && r->audit != AUDIT_ACT)
		return "acts, and says it does not";
	if (!r->run && r->audit != AUDIT_NONE)
		return "is to be recorded, and has no transaction";
	if (r->audit == AUDIT_READ && r->why == WHY_OPEN)
		return "shows data about people for no purpose";
	if (r->need == CAP_ANYONE && r->reach == REACH_AREA)
		return "is for everybody, and asks for an area";
	if (r->method == HTTP_GET && r->body_max)
		return "is a GET with a body";
	return NULL;
}

static enum err gather(struct routes *r, const struct route_list *lists, size_t n_lists,
		       struct fault *f)
{
	for (size_t i = 0; i < n_lists; i++)
		r->n += lists[i].n;
	r->v = mem_take(r->n, sizeof(*r->v));
	r->pattern = mem_take(r->n, sizeof(*r->pattern));
	if (!r->v || !r->pattern)
		return ERR_MEMORY;
	r->n = 0;
	for (size_t i = 0; i < n_lists; i++)
		for (size_t k = 0; k < lists[i].n; k++) {
			const struct route *row = &lists[i].v[k];
			const char *why = wrong(row);

			if (why)
				return fault_set(f, ERR_BUG, "路由 %s %s 有误：%s",
						 "the route %s %s %s",
						 http_method_word(row->method), row->path, why);
			r->pattern[r->n] = (struct http_pattern){ row->method, row->path };
			r->v[r->n++] = row;
		}
	return http_paths_new(r->pattern, r->n, &r->paths, f);
}

enum err routes_new(const struct route_list *lists, size_t n_lists, struct routes **ret,
		    struct fault *f)
{
	CLEANUP(routes_end) struct routes *r = mem_take(1, sizeof(*r));
	enum err e;

	if (!r)
		return ERR_MEMORY;
	if ((e = gather(r, lists, n_lists, f)))
		return e;
	*ret = r;
	r = NULL;
	return OK;
}

void routes_end(struct routes **r)
{
	if (!*r)
		return;
	http_paths_free((*r)->paths);
	mem_drop((*r)->v);
	mem_drop((*r)->pattern);
	mem_drop(*r);
	*r = NULL;
}

size_t routes_n(const struct routes *r)
{
	return r->n;
}

const struct route *routes_at(const struct routes *r, size_t i)
{
	assert(i < r->n);
	return r->v[i];
}

enum err routes_find(const struct routes *r, enum http_method method, struct str path,
		     struct http_match *ret_match, const struct route **ret)
{
	enum err e = http_paths_find(r->paths, method, path, ret_match);

	if (e == OK)
		*ret = r->v[ret_match->row];
	return e;
}

static void tell(const struct route *r, struct json *j)
{
	json_open(j, '{');
	json_key(j, "method");
	json_str(j, str_of(http_method_word(r->method)));
	json_key(j, "path");
	json_str(j, str_of(r->path));
	json_key(j, "need");
	json_str(j, str_of(capability_words(r->need)->word));
	json_key(j, "reach");
	json_str(j, str_of(reach_word(r->reach)));
	json_key(j, "purpose");
	json_str(j, str_of(purpose_word(r->why)));
	json_key(j, "audit");
	json_str(j, str_of(audit_word(r->audit)));
	json_key(j, "body_max");
	json_i64(j, r->body_max);
	json_key(j, "zh");
	json_str(j, str_of(r->zh));
	json_key(j, "en");
	json_str(j, str_of(r->en));
	json_close(j, '}');
}

void routes_tell(const struct routes *r, struct buf *out)
{
	for (size_t i = 0; i < r->n; i++) {
		struct json j;

		json_begin(&j, out);
		tell(r->v[i], &j);
		buf_char(out, '\n');
	}
}
