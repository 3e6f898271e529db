/* lists.c - lists of ids as one text. */
#include "cli/lists.h"

#include "base/ban.h"

int lists_by_bytes(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

void lists_join(const struct str *sorted, size_t n, struct buf *out)
{
	buf_clear(out);
	for (size_t i = 0; i < n; i++) {
		if (i && str_eq(sorted[i], sorted[i - 1]))
			continue;
		if (i)
			buf_char(out, '|');
		for (size_t k = 0; k < sorted[i].n; k++) {
			if (sorted[i].p[k] == '|' || sorted[i].p[k] == '\\')
				buf_char(out, '\\');
			buf_char(out, sorted[i].p[k]);
		}
	}
}
