/* authz.c - see authz.h. */
#include "authz.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"

#include "base/ban.h"

enum {
	NOBODY = AUTHZ_NOBODY,
	FIRST_ROLE = AUTHZ_FIRST_ROLE,
	API_KEY = AUTHZ_API_KEY,
	COLUMNS = AUTHZ_COLUMNS,
	LINES_MAX = 1000
};

static const char *const place_word[AUTHZ_PLACE_N] = {
	"its own area",   "a child area", "the parent area",
	"a sibling area", "another city", "an area, while the caller has none",
};

struct line {
	struct str route;
	struct str cell[COLUMNS];
	bool used;
};

static struct table {
	struct file_map file;
	struct line line[LINES_MAX];
	size_t n;
} table;

const char *authz_area(enum authz_place p)
{
	static const char *const area[AUTHZ_PLACE_N] = { "430802", "430802001", "4308",
							 "430811", "431103",    "430802" };

	return area[p];
}

const char *authz_column_word(int column)
{
	if (column == NOBODY)
		return "nobody";
	return column == API_KEY ? "api_key" : role_row((enum role)(column - FIRST_ROLE))->word;
}

/* ---- the file ---- */

static struct str trim(struct str s)
{
	while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
		s.p++, s.n--;
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t' || s.p[s.n - 1] == '\r'))
		s.n--;
	return s;
}

static struct str cut(struct str *rest, char at)
{
	const char *end = rest->n ? memchr(rest->p, at, rest->n) : NULL;
	struct str s = { rest->p, end ? (size_t)(end - rest->p) : rest->n };

	rest->p += s.n + (end ? 1 : 0);
	rest->n -= s.n + (end ? 1 : 0);
	return trim(s);
}

static void read_line(struct table *t, struct str text, const int order[COLUMNS])
{
	struct line *l = &t->line[t->n++];

	assert_in_range(t->n, 1, LINES_MAX);
	l->route = cut(&text, ',');
	for (int i = 0; i < COLUMNS; i++) {
		struct str cell = cut(&text, ',');

		if (!str_eq(cell, STR("-")) && !str_eq(cell, STR("*")) &&
		    !str_eq(cell, STR("area")) && !str_eq(cell, STR("up")))
			fail_msg("authz.csv: %.*s, %s: \"%.*s\" is not -, *, area or up",
				 (int)l->route.n, l->route.p, authz_column_word(order[i]),
				 (int)cell.n, cell.p);
		l->cell[order[i]] = cell;
	}
	for (size_t i = 0; i + 1 < t->n; i++)
		if (str_eq(t->line[i].route, l->route))
			fail_msg("authz.csv: %.*s has two lines", (int)l->route.n, l->route.p);
}

static void read_head(struct str text, int order[COLUMNS])
{
	(void)cut(&text, ',');
	for (int i = 0; i < COLUMNS; i++) {
		struct str word = cut(&text, ',');

		order[i] = -1;
		for (int c = 0; c < COLUMNS; c++)
			if (str_eq(word, str_of(authz_column_word(c))))
				order[i] = c;
		if (order[i] < 0)
			fail_msg("authz.csv: \"%.*s\" is no role", (int)word.n, word.p);
	}
}

/* Once; it stays until the end of the test. */
static struct table *read_table(void)
{
	struct table *t = &table;
	char path[512];
	int order[COLUMNS];
	struct str rest;
	bool head = false;

	if (t->n > 0)
		return t;
	(void)snprintf(path, sizeof(path), "%s/test/authz.csv", getenv("OUTPOST_SOURCE"));
	assert_int_equal(file_map(path, &t->file, NULL), OK);
	rest = (struct str){ (const char *)t->file.p, t->file.n };
	while (rest.n) {
		struct str text = cut(&rest, '\n');

		if (text.n == 0 || text.p[0] == '#')
			continue;
		if (head)
			read_line(t, text, order);
		else
			read_head(text, order);
		head = true;
	}
	return t;
}

/* How well a line fits a route: 0 not at all, else the longer the better. */
static size_t fits(struct str line, const char *method, const char *path)
{
	struct str rest = line, m = cut(&rest, ' ');
	bool any = str_eq(m, STR("*"));

	if (!any && !str_eq(m, str_of(method)))
		return 0;
	if (str_eq(rest, str_of(path)))
		return 2 * strlen(path) + (any ? 1 : 2);
	if (rest.n < 3 || memcmp(rest.p + rest.n - 3, "/**", 3) != 0)
		return 0;
	rest.n -= 3;
	if (strlen(path) < rest.n || memcmp(path, rest.p, rest.n) != 0 ||
	    (path[rest.n] != '\0' && path[rest.n] != '/'))
		return 0;
	return 2 * rest.n + (any ? 0 : 1);
}

static struct line *line_of(struct table *t, const char *method, const char *path)
{
	struct line *best = NULL;
	size_t most = 0;

	for (size_t i = 0; i < t->n; i++) {
		size_t n = fits(t->line[i].route, method, path);

		if (n > 0)
			t->line[i].used = true;
		if (n > most) {
			most = n;
			best = &t->line[i];
		}
	}
	return best;
}

char authz_says(const char *method, const char *path, int column)
{
	const struct line *l = line_of(read_table(), method, path);

	return l ? l->cell[column].p[0] : '\0';
}

static const struct authz_probe *probe_of(const struct authz *a, const struct route *r)
{
	const struct authz_probe *best = NULL;
	size_t most = 0;

	for (size_t i = 0; i < a->n_probes; i++) {
		size_t n = fits(str_of(a->probe[i].route), http_method_word(r->method), r->path);

		if (n > most) {
			most = n;
			best = &a->probe[i];
		}
	}
	return best;
}

/* ---- one cell ---- */

static unsigned n_accounts;

/* A new account each time: some routes end its session or change its password. */
static void appear(struct desk *k, struct authz_caller *who)
{
	const char *areas = who->areas ? "430802" : "";
	struct visitor *ret = &who->visitor;
	int column = who->column;
	char login[32];

	ret->headers[0] = '\0';
	if (column == NOBODY)
		return;
	if (column == API_KEY) {
		uint64_t all = 0;

		for (int c = 0; c < CAP_N; c++)
			if (key_may_hold((enum capability)c))
				all |= capability_bit((enum capability)c);
		desk_key(k, all, areas, ret);
		return;
	}
	(void)snprintf(login, sizeof(login), "member%u", n_accounts++);
	desk_account(k, login, role_bit((enum role)(column - FIRST_ROLE)), areas);
	desk_sign_in(k, login, ret);
}

static const char *expected(struct str cell, int column, enum authz_place p)
{
	if (str_eq(cell, STR("-")))
		return column == NOBODY ? "login" : "role";
	if (str_eq(cell, STR("*")) || p == AUTHZ_OWN || p == AUTHZ_CHILD ||
	    (p == AUTHZ_PARENT && str_eq(cell, STR("up"))))
		return "ok";
	return "absent";
}

static const char *happened(struct desk *k, const struct answer *a)
{
	const char *code = a->status / 100 == 2 ? "ok" : desk_json(k, a, "code");

	return *code ? code : "nothing";
}

static void ask(struct desk *k, struct authz *z, const struct route *r, struct str cell,
		enum authz_place p, const struct authz_caller *who)
{
	const struct authz_probe *probe = probe_of(z, r);
	CLEANUP(answer_end) struct answer a = { 0 };
	struct authz_request rq = { .target = "" };
	const char *want = expected(cell, who->column, p), *got;

	(void)snprintf(rq.target, sizeof(rq.target), "%s", r->path);
	if (probe && probe->fill)
		probe->fill(k, r, p, &rq);
	if (strchr(rq.target, '{'))
		fail_msg("no probe says what stands for {..} in %s", rq.target);
	desk_ask(k, &who->visitor, http_method_word(r->method), rq.target, rq.headers, rq.body, &a);
	if (z->look)
		z->look(z->arg, r, who, rq.target, &a);
	got = happened(k, &a);
	if (probe && probe->passes && strcmp(got, probe->passes) == 0)
		got = "ok";
	z->cells++;
	if (strcmp(want, got) == 0)
		return;
	z->wrong++;
	print_error("%s %s as %s, on a thing in %s: expected %s, was %s (%d) %.*s\n",
		    http_method_word(r->method), r->path, authz_column_word(who->column),
		    place_word[p], want, got, a.status, a.status / 100 == 2 ? 0 : (int)a.body.n,
		    a.body.p);
}

/* Whoever signs out, or changes a password, cannot be asked again. */
static bool wears_out(const struct route *r)
{
	return r->reach == REACH_OWN && r->method != HTTP_GET;
}

static void ask_row(struct desk *k, struct authz *z, const struct route *r, const struct line *l)
{
	for (int column = 0; column < COLUMNS; column++)
		for (int p = 0; p < AUTHZ_PLACE_N; p++) {
			struct authz_caller *c = &z->caller[column][p != AUTHZ_NO_AREAS];

			if (z->skip >> p & 1)
				continue;
			if (wears_out(r))
				appear(k, c);
			ask(k, z, r, l->cell[column], (enum authz_place)p, c);
		}
	for (int column = 0; wears_out(r) && column < COLUMNS; column++) {
		appear(k, &z->caller[column][0]);
		appear(k, &z->caller[column][1]);
	}
}

void authz_run(struct desk *k, struct authz *z)
{
	struct table *t = read_table();

	for (int column = 0; column < COLUMNS; column++)
		for (int areas = 0; areas < 2; areas++) {
			z->caller[column][areas] = (struct authz_caller){ column, areas, { "" } };
			appear(k, &z->caller[column][areas]);
		}
	for (size_t i = 0; i < routes_n(k->routes); i++) {
		const struct route *r = routes_at(k->routes, i);
		const struct line *l = line_of(t, http_method_word(r->method), r->path);

		for (size_t n = 0; !l && z->line && n < t->n; n++)
			if (str_eq(t->line[n].route, str_of(z->line)))
				l = &t->line[n];
		if (l) {
			ask_row(k, z, r, l);
			continue;
		}
		z->wrong++;
		print_error("%s %s has no line in test/authz.csv\n", http_method_word(r->method),
			    r->path);
	}
	for (size_t i = 0; z->whole && i < t->n; i++)
		if (!t->line[i].used && memcmp(t->line[i].route.p, "see ", 4) != 0) {
			z->wrong++;
			print_error("test/authz.csv: no route is %.*s\n", (int)t->line[i].route.n,
				    t->line[i].route.p);
		}
}

void authz_put(char target[AUTHZ_TARGET_BYTES], const char *value)
{
	char *open = strchr(target, '{'), *close = strchr(target, '}');
	char rest[AUTHZ_TARGET_BYTES];

	assert_true(open && close);
	(void)snprintf(rest, sizeof(rest), "%s", close + 1);
	(void)snprintf(open, (size_t)(target + AUTHZ_TARGET_BYTES - open), "%s%s", value, rest);
}
