/*
 * path.h - which of many patterns a method and a path match, and what they say.
 *
 * A pattern is written "/api/v1/areas/{id}/children". {name} takes a whole number, written as we
 * write it (no sign, no leading zero, at most INT64_MAX); {name:text} takes any segment that is not
 * empty. So a word and a {number} may stand in one place, and no path can match two patterns: a
 * table in which one could is refused when it is compiled.
 *
 * Life:     http_paths_new() once at start; http_paths_find() from any thread.
 * Shapes:   a search allocates nothing and looks at each segment once.
 * Memory:   patterns are borrowed and must outlive the table; answers are views into the path.
 * Errors:   new: ERR_SYNTAX a bad pattern, ERR_EXISTS two rows that could match one request, each
 *           with the row in the fault; ERR_MEMORY.
 *           find: ERR_ABSENT no such path, ERR_METHOD a path without that method (ret->methods).
 */
#ifndef HTTP_PATH_H
#define HTTP_PATH_H
#include "http/http.h"

enum { HTTP_PATH_ARGS_MAX = 4, HTTP_PATH_SEGMENTS_MAX = 16 };

struct http_pattern {
	enum http_method method;
	const char *pattern;
};
struct http_match {
	size_t row;       /* in the table that was compiled */
	unsigned methods; /* a bit each, for http_allow(); also when find fails with ERR_METHOD */
	size_t n_args;
	struct {
		struct str name, text;
		int64_t id; /* of a {number}; else 0 */
	} arg[HTTP_PATH_ARGS_MAX];
};

struct http_paths;
MUST_CHECK enum err http_paths_new(const struct http_pattern *rows, size_t n,
				   struct http_paths **ret, struct fault *f);
void http_paths_free(struct http_paths *p); /* NULL is fine */
void http_paths_end(struct http_paths **p); /* for CLEANUP() */
MUST_CHECK enum err http_paths_find(const struct http_paths *p, enum http_method method,
				    struct str path, struct http_match *ret);
/* The argument of that name. To ask for one the pattern does not have is our mistake. */
int64_t http_match_id(const struct http_match *m, const char *name);
struct str http_match_text(const struct http_match *m, const char *name);
bool http_match_has(const struct http_match *m, const char *name);
#endif
