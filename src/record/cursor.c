/* cursor.c - see cursor.h. */
#include "record/cursor.h"

#include <string.h>

#include "base/ban.h"
#include "base/digest.h"

static const char hex[] = "0123456789abcdef";

static uint64_t seal_of(struct record_id last, uint64_t mark)
{
	return digest_seeded(&last.v, sizeof last.v, mark);
}

static void put(char *to, uint64_t v)
{
	for (size_t i = 0; i < 16; i++)
		to[i] = hex[v >> (60 - 4 * i) & 15];
}

static bool take(const char *from, uint64_t *ret)
{
	*ret = 0;
	for (size_t i = 0; i < 16; i++) {
		const char *at = memchr(hex, from[i], 16);

		if (!at)
			return false;
		*ret = *ret << 4 | (uint64_t)(at - hex);
	}
	return true;
}

void cursor_write(struct record_id last, uint64_t mark, char ret[CURSOR_TEXT_BYTES])
{
	uint64_t seal = seal_of(last, mark);

	put(ret, seal);
	put(ret + 16, (uint64_t)last.v ^ seal);
	ret[32] = '\0';
}

enum err cursor_read(struct str s, uint64_t mark, struct record_id *ret, struct fault *f)
{
	struct record_id last;
	uint64_t seal, v;

	if (s.n == 32 && take(s.p, &seal) && take(s.p + 16, &v)) {
		last.v = (int64_t)(v ^ seal);
		if (last.v > 0 && seal_of(last, mark) == seal)
			return *ret = last, OK;
	}
	fault_set(f, ERR_RANGE, "翻页标记不属于这个列表，请从第一页重新打开",
		  "this cursor belongs to no such list: open the first page again");
	fault_at(f, "after", NULL);
	return ERR_RANGE;
}
