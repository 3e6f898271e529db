/*
 * text.h - bytes and text: views, growing buffers, numbers in text.
 *
 * struct str is a view: bytes, never assumed NUL-ended, `n` is bytes. struct buf owns its bytes
 * (mem_*), grows, and must be released. UTF-8 is validated once, at the edge (csv, xlsx, json).
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H
#include "base/base.h"

struct str {
	const char *p;
	size_t n;
};

#define STR(lit) ((struct str){ (lit), sizeof(lit) - 1 })
struct str str_of(const char *nul_ended);
bool str_eq(struct str a, struct str b);
int str_cmp(struct str a, struct str b); /* by bytes, shorter first: like memcmp then length */
bool str_utf8(struct str s);             /* strict: no overlong, no surrogate, <= U+10FFFF */
bool str_ascii(struct str s);
size_t str_characters(struct str s);                     /* of valid UTF-8 */
bool str_blank(struct str s);                            /* of valid UTF-8: nothing to see */
MUST_CHECK enum err str_i64(struct str s, int64_t *ret); /* optional '-', digits, all of s */
MUST_CHECK enum err str_f64(struct str s, double *ret);  /* finite decimal, '.' only, all of s */

struct buf {
	char *p;
	size_t n, cap;
	enum err failed;
};
/* Appends never fail loudly: the first failure sticks in `failed`, checked once at the end. */
void buf_put(struct buf *b, const void *p, size_t n);
void buf_str(struct buf *b, struct str s);
void buf_lit(struct buf *b, const char *nul_ended);
void buf_char(struct buf *b, char c);
void buf_i64(struct buf *b, int64_t v);
void buf_f64(struct buf *b, double v); /* shortest text that reads back equal */
void buf_fmt(struct buf *b, const char *fmt, ...) PRINTF(2, 3);
void buf_clear(struct buf *b);   /* n = 0, keeps memory and clears `failed` */
void buf_release(struct buf *b); /* for CLEANUP() too */
struct str buf_view(const struct buf *b);

/* Convert one GB18030 text to UTF-8, appended to `out`. ERR_ENCODING if it is not valid. */
MUST_CHECK enum err text_from_gb18030(struct str in, struct buf *out);
#endif
