/*
 * json.h - streaming JSON writer. Commas and nesting are kept by the writer, so that a misuse is
 * an assertion and not a broken document. Text must be valid UTF-8.
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

/*
 * jansson, which profile/ reads with, exports functions of three of these names. One program can
 * hold both only if ours are called otherwise where the linker looks.
 */
#define JSON_LINK_NAME(name) __asm__(name)

void json_begin(struct json *j, struct buf *out);
void json_object(struct json *j) JSON_LINK_NAME("json_open_object");
void json_array(struct json *j) JSON_LINK_NAME("json_open_array");
void json_close(struct json *j, char bracket); /* '}' or ']' */
void json_key(struct json *j, const char *name);
void json_str(struct json *j, struct str s);
void json_i64(struct json *j, int64_t v);
void json_f64(struct json *j, double v); /* finite only */
void json_bool(struct json *j, bool v);
void json_null(struct json *j) JSON_LINK_NAME("json_put_null");
#endif
