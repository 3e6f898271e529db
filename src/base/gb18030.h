/*
 * gb18030.h - one conversion to UTF-8, shared by text.c and csv.c and by nobody else.
 *
 * The C library converts; this only says what counts as valid. It is a header because csv keeps
 * an open converter for a whole file while text_from_gb18030 opens one for a single text.
 */
#ifndef BASE_GB18030_H
#define BASE_GB18030_H
#include "base/base.h"
#include "base/text.h"

#include <errno.h>
#include <iconv.h>

#define GB18030_NONE ((iconv_t)-1)

/* A two-byte code may need four bytes of UTF-8, and no code needs more than twice its own. */
static inline size_t gb18030_room(size_t n)
{
	return n > (SIZE_MAX - 16) / 2 ? SIZE_MAX : 2 * n + 16;
}

static inline iconv_t gb18030_open(void)
{
	return iconv_open("UTF-8", "GB18030");
}

/* Convert all of `in` into out[0 .. cap), cap >= gb18030_room(in.n). */
static inline enum err gb18030_run(iconv_t with, struct str in, char *out, size_t cap,
				   size_t *ret_n)
{
	/* iconv takes char ** for historical reasons and does not write through it. */
	union {
		const char *from;
		char *to;
	} source = { in.p };
	char *at = out;
	size_t left = in.n, room = cap;

	(void)iconv(with, NULL, NULL, NULL, NULL);
	if (left && iconv(with, &source.to, &left, &at, &room) == (size_t)-1)
		return ERR_ENCODING;
	if (left || !str_utf8((struct str){ out, cap - room }))
		return ERR_ENCODING;
	*ret_n = cap - room;
	return OK;
}
#endif
