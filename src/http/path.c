/* path.c - see path.h. The table is a tree of segments. */
#include "http/path.h"

#include <string.h>

#include "base/ban.h"

enum kind { WORD, NUMBER, TEXT };

struct node {
	enum kind kind;
	struct str word;           /* of WORD */
	size_t child, sibling;     /* 0: none; the root is nobody's child */
	size_t row[HTTP_METHOD_N]; /* row + 1 */
};

struct names {
	struct str v[HTTP_PATH_ARGS_MAX];
};

struct http_paths {
	const struct http_pattern *rows;
	struct names *names; /* a row each */
	VEC(struct node) nodes;
};

/* The segment after the '/' at p[*at]; moves *at to the next '/' or the end. */
static struct str segment(struct str path, size_t *at)
{
	const char *from = path.p + *at + 1;
	size_t left = path.n - *at - 1;
	const char *end = left ? memchr(from, '/', left) : NULL;
	size_t n = end ? (size_t)(end - from) : left;

	*at += n + 1;
	return (struct str){ from, n };
}

/* A whole number as we write it. */
static bool number(struct str s, int64_t *ret)
{
	return s.n > 0 && s.p[0] != '-' && (s.p[0] != '0' || s.n == 1) && str_i64(s, ret) == OK;
}

static enum err bad(struct fault *f, enum err e, const struct http_pattern *row, const char *zh,
		    const char *en)
{
	return fault_set(f, e, "路由 %s %s：%s%.0s", "route %s %s: %.0s%s",
			 http_method_word(row->method), row->pattern, zh, en);
}

/* What a segment of a pattern says. */
static bool read_segment(struct str s, enum kind *ret_kind, struct str *ret_name)
{
	const struct str text = STR(":text}");
	bool braced = s.n > 2 && s.p[0] == '{' && s.p[s.n - 1] == '}';

	*ret_kind = WORD;
	*ret_name = s;
	if (braced) {
		bool is_text = s.n > text.n + 1 && memcmp(s.p + s.n - text.n, text.p, text.n) == 0;

		*ret_kind = is_text ? TEXT : NUMBER;
		*ret_name = (struct str){ s.p + 1, s.n - 1 - (is_text ? text.n : 1) };
	}
	for (size_t i = 0; i < ret_name->n; i++) {
		char c = ret_name->p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '_' &&
		    (c != '.' || braced))
			return false;
	}
	return ret_name->n > 0;
}

/* Whether one segment could be taken by both. */
static bool collide(const struct node *a, enum kind kind, struct str word)
{
	int64_t id;

	if (a->kind == TEXT || kind == TEXT)
		return true;
	if (a->kind == WORD && kind == WORD)
		return str_eq(a->word, word);
	return a->kind == kind || number(a->kind == WORD ? a->word : word, &id);
}

static enum err step(struct http_paths *p, size_t *at, enum kind kind, struct str word,
		     const struct http_pattern *row, struct fault *f)
{
	struct node fresh = { .kind = kind, .word = word, .sibling = p->nodes.v[*at].child };
	enum err e;

	for (size_t i = fresh.sibling; i; i = p->nodes.v[i].sibling) {
		const struct node *n = &p->nodes.v[i];

		if (n->kind == kind && (kind != WORD || str_eq(n->word, word))) {
			*at = i;
			return OK;
		}
		if (collide(n, kind, word))
			return bad(f, ERR_EXISTS, row, "与另一条路由含糊不清",
				   "cannot be told from another route");
	}
	e = vec_push(&p->nodes, fresh);
	if (e)
		return e;
	*at = p->nodes.v[*at].child = p->nodes.n - 1;
	return OK;
}

static enum err add_row(struct http_paths *p, size_t i, struct fault *f)
{
	const struct http_pattern *row = &p->rows[i];
	struct str path = str_of(row->pattern);
	size_t node = 0, at = 0, n_args = 0, n = 0;

	if (path.n == 0 || path.p[0] != '/')
		return bad(f, ERR_SYNTAX, row, "须以 / 开头", "must begin with /");
	while (at < path.n && path.n > 1) {
		struct str name, word = segment(path, &at);
		enum kind kind;
		enum err e;

		if (!read_segment(word, &kind, &name) || ++n > HTTP_PATH_SEGMENTS_MAX)
			return bad(f, ERR_SYNTAX, row, "有不能用的一段", "has a wrong segment");
		for (size_t k = 0; kind != WORD && k < n_args; k++)
			if (str_eq(p->names[i].v[k], name))
				return bad(f, ERR_SYNTAX, row, "有两个同名的参数",
					   "names an argument twice");
		if (kind != WORD && n_args == HTTP_PATH_ARGS_MAX)
			return bad(f, ERR_SYNTAX, row, "参数太多", "has too many arguments");
		if (kind != WORD)
			p->names[i].v[n_args++] = name;
		e = step(p, &node, kind, name, row, f);
		if (e)
			return e;
	}
	if (p->nodes.v[node].row[row->method])
		return bad(f, ERR_EXISTS, row, "重复", "is there twice");
	p->nodes.v[node].row[row->method] = i + 1;
	return OK;
}

enum err http_paths_new(const struct http_pattern *rows, size_t n, struct http_paths **ret,
			struct fault *f)
{
	CLEANUP(http_paths_end) struct http_paths *p = mem_take(1, sizeof *p);
	enum err e;

	if (!p)
		return ERR_MEMORY;
	p->rows = rows;
	p->names = mem_take(n, sizeof *p->names);
	if (!p->names || vec_push(&p->nodes, (struct node){ 0 }))
		return ERR_MEMORY;
	for (size_t i = 0; i < n; i++) {
		assert(rows[i].method < HTTP_METHOD_N);
		e = add_row(p, i, f);
		if (e)
			return e;
	}
	*ret = p;
	p = NULL;
	return OK;
}

void http_paths_free(struct http_paths *p)
{
	if (!p)
		return;
	vec_drop(&p->nodes);
	mem_drop(p->names);
	mem_drop(p);
}

void http_paths_end(struct http_paths **p)
{
	http_paths_free(*p);
	*p = NULL;
}

enum err http_paths_find(const struct http_paths *p, enum http_method method, struct str path,
			 struct http_match *ret)
{
	struct http_match m = { 0 };
	size_t node = 0, at = 0;

	assert(path.n > 0 && path.p[0] == '/');
	while (at < path.n && path.n > 1) {
		struct str s = segment(path, &at);
		size_t i = p->nodes.v[node].child;

		for (; i; i = p->nodes.v[i].sibling) {
			const struct node *n = &p->nodes.v[i];
			int64_t id = 0;

			if (n->kind == WORD ? !str_eq(n->word, s)
					    : s.n == 0 || (n->kind == NUMBER && !number(s, &id)))
				continue;
			if (n->kind != WORD) {
				m.arg[m.n_args].id = id;
				m.arg[m.n_args++].text = s;
			}
			break;
		}
		if (!i)
			return ERR_ABSENT;
		node = i;
	}
	for (unsigned k = 0; k < HTTP_METHOD_N; k++)
		m.methods |= p->nodes.v[node].row[k] ? 1u << k : 0;
	if (!m.methods)
		return ERR_ABSENT;
	m.row = p->nodes.v[node].row[method];
	if (!m.row) {
		ret->methods = m.methods;
		return ERR_METHOD;
	}
	m.row--;
	for (size_t i = 0; i < m.n_args; i++)
		m.arg[i].name = p->names[m.row].v[i];
	*ret = m;
	return OK;
}

static size_t find_arg(const struct http_match *m, const char *name)
{
	size_t i = 0;

	while (i < m->n_args && !str_eq(m->arg[i].name, str_of(name)))
		i++;
	return i;
}

static size_t arg_of(const struct http_match *m, const char *name)
{
	size_t i = find_arg(m, name);

	assert(i < m->n_args);
	return i;
}

bool http_match_has(const struct http_match *m, const char *name)
{
	return find_arg(m, name) < m->n_args;
}

int64_t http_match_id(const struct http_match *m, const char *name)
{
	return m->arg[arg_of(m, name)].id;
}

struct str http_match_text(const struct http_match *m, const char *name)
{
	return m->arg[arg_of(m, name)].text;
}
