/*
 * json_read.h - strict JSON in: a tree of plain values in an arena.
 *
 * Refused, each with a sentence and the place: a key twice, numbers beyond int64 or double, invalid
 * UTF-8, a lone surrogate, a NUL, anything after the end, nesting or sizes over the limits.
 * Integers are exact. Ids travel as text ("430802001000000"), as a browser's numbers end at 2^53.
 *
 * Life:     json_read() gives a tree that lives as long as the arena; nothing to free.
 * Memory:   texts are copied into the arena. The limits are checked before anything is built, so a
 *           small document of brackets cannot become a large tree.
 * Errors:   ERR_SYNTAX, ERR_ENCODING, ERR_RANGE (a number), ERR_TOO_LARGE (a limit), ERR_MEMORY.
 *           The readers below: ERR_SYNTAX of the wrong kind or missing, ERR_RANGE too long, too
 *           large, too small; the fault's field is the key.
 * Source:   RFC 8259, RFC 7493 (I-JSON)
 */
#ifndef BASE_JSON_READ_H
#define BASE_JSON_READ_H
#include "base/base.h"
#include "base/memory.h"
#include "base/text.h"

enum json_is {
	JSON_IS_NULL,
	JSON_IS_BOOL,
	JSON_IS_INT,
	JSON_IS_REAL,
	JSON_IS_TEXT,
	JSON_IS_LIST,
	JSON_IS_MAP
};

struct json_node {
	enum json_is is;
	struct str key;  /* in a map; else empty */
	struct str text; /* JSON_IS_TEXT */
	int64_t i;       /* JSON_IS_INT; JSON_IS_BOOL as 0 or 1 */
	double f;        /* JSON_IS_REAL, and JSON_IS_INT as near as it goes */
	size_t n;        /* items of a list or map, in the order of the document */
	const struct json_node *items;
};

struct json_limits {
	size_t bytes_max, nodes_max;
	unsigned depth_max; /* of brackets */
};
extern const struct json_limits json_limits_request; /* 1 MiB, 20,000 values, 16 deep */

/* The top must be a list or a map. */
MUST_CHECK enum err json_read(struct str text, const struct json_limits *limits, struct arena *a,
			      const struct json_node **ret, struct fault *f);
const struct json_node *json_at(const struct json_node *map, const char *key); /* NULL: not there */

/* A map with none but these keys (the list ends with NULL). */
MUST_CHECK enum err json_only(const struct json_node *n, const char *const *keys, struct fault *f);
/*
 * Fields of a map. A key that is absent or null leaves *ret as it was: set it to what "not given"
 * means first, or ask json_need() before.
 */
MUST_CHECK enum err json_need(const struct json_node *map, const char *key, struct fault *f);
MUST_CHECK enum err json_get_text(const struct json_node *map, const char *key, size_t bytes_max,
				  struct str *ret, struct fault *f);
/* What somebody says: a text in which nothing can be seen is none. */
MUST_CHECK enum err json_get_said(const struct json_node *map, const char *key, size_t bytes_max,
				  struct str *ret, struct fault *f);
MUST_CHECK enum err json_get_id(const struct json_node *map, const char *key, int64_t *ret,
				struct fault *f); /* text of digits, > 0 */
MUST_CHECK enum err json_get_i64(const struct json_node *map, const char *key, int64_t least,
				 int64_t most, int64_t *ret, struct fault *f);
MUST_CHECK enum err json_get_bool(const struct json_node *map, const char *key, bool *ret,
				  struct fault *f);
#endif
