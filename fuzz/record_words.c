/*
 * record_words.c - any bytes as what somebody types into a list: a cursor, a word to search.
 *
 * A cursor that is taken is one that we would write. Whatever is UTF-8 can be cut into tokens, is
 * found by any of its own pairs, and has initials.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "record/cursor.h"
#include "record/pinyin.h"
#include "record/row.h"
#include "record/search.h"
#include "support/well.h"

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check_cursor(struct str s)
{
	char again[CURSOR_TEXT_BYTES];
	struct record_id id;
	uint64_t mark = s.n;

	if (cursor_read(s, mark, &id, NULL))
		return;
	cursor_write(id, mark, again);
	must(s.n == CURSOR_TEXT_BYTES - 1 && memcmp(again, s.p, s.n) == 0);
}

static bool has(const struct search_set *set, const struct search_token *t)
{
	for (size_t i = 0; i < set->n; i++)
		if (memcmp(&set->v[i], t, sizeof *t) == 0)
			return true;
	return false;
}

static void check_search(struct str s)
{
	struct search_query q;
	struct search_set set;
	struct well w;
	bool all = true;

	noun_blank(&well_noun, &w);
	w.name = s;
	search_row(&well_noun, &w, &set);
	for (size_t i = 1; i < set.n; i++)
		must(memcmp(&set.v[i - 1], &set.v[i], sizeof set.v[i]) < 0);
	for (size_t i = 0; i < set.n; i++)
		must(str_utf8((struct str){ set.v[i].p, set.v[i].n }));
	if (search_read(s, &q, NULL))
		return;
	must(search_fits(&q, &well_noun, &w, SIGHT_ALL));
	for (size_t i = 0; i < q.tokens.n; i++)
		all &= has(&set, &q.tokens.v[i]);
	must(all);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	CLEANUP(buf_release) struct buf b = { 0 };
	struct str s = { (const char *)p, n };

	check_cursor(s);
	if (!str_utf8(s))
		return 0;
	pinyin_initials(s, &b);
	must(!b.failed && b.n <= n && str_ascii(buf_view(&b)));
	check_search(s);
	return 0;
}
