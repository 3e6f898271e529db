/* sql.c - one text, two spellings. */
#include "db/inside.h"

#include <string.h>

#include "base/ban.h"

static const char open_sqlite[] = "/*sqlite:";
static const char open_postgresql[] = "/*postgresql:";

/* The length of an opening at p, and whose it is; 0 if there is none. */
static size_t opening(const char *p, bool *ret_sqlite)
{
	*ret_sqlite = strncmp(p, open_sqlite, sizeof(open_sqlite) - 1) == 0;
	if (*ret_sqlite)
		return sizeof(open_sqlite) - 1;
	if (strncmp(p, open_postgresql, sizeof(open_postgresql) - 1) == 0)
		return sizeof(open_postgresql) - 1;
	return 0;
}

enum err sql_spell(const char *text, bool sqlite, struct buf *out)
{
	for (const char *p = text; *p;) {
		const char *next = strstr(p, "/*");
		const char *end;
		bool for_sqlite;
		size_t n;

		if (!next) {
			buf_lit(out, p);
			break;
		}
		buf_put(out, p, (size_t)(next - p));
		n = opening(next, &for_sqlite);
		end = strstr(next, "*/");
		if (n == 0 || !end) {
			buf_put(out, next, 2);
			p = next + 2;
			continue;
		}
		if (for_sqlite == sqlite)
			buf_put(out, next + n, (size_t)(end - next) - n);
		p = end + 2;
	}
	buf_put(out, "", 1); /* for C */
	return out->failed;
}
