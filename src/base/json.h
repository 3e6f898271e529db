/*
 * json.h - streaming JSON writer. Commas and nesting are kept by the writer, so that a misuse is
 * an assertion and not a broken document. Text must be valid UTF-8.
 * No name here is one of jansson's, which profile/ reads with: json_nil writes null.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H
#include "base/base.h"
#include "base/text.h"

enum { JSON_DEPTH_MAX = 32 };
struct json {
	struct buf *out;
	int depth;
	bool filled[JSON_DEPTH_MAX]; /* per level: something was written */
	char closes[JSON_DEPTH_MAX]; /* per level: the bracket that ends it; 0 outside */
	bool after_key;
};

void json_begin(struct json *j, struct buf *out);
void json_open(struct json *j, char bracket);  /* '{' or '[' */
void json_close(struct json *j, char bracket); /* '}' or ']' */
void json_key(struct json *j, const char *name);
void json_str(struct json *j, struct str s);
void json_i64(struct json *j, int64_t v);
void json_f64(struct json *j, double v); /* finite only */
void json_bool(struct json *j, bool v);
void json_nil(struct json *j);
void json_raw(struct json *j, struct str value); /* JSON already, of our own making */
#endif
