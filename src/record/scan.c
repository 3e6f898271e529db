/* scan.c - all rows that a list shows, page after page, for whoever does something to each. */
#include <string.h>

#include "http/http.h"
#include "record/query.h"

#include "base/ban.h"

enum { QUERY_BYTES = 256 << 10, PAGE_BYTES = 16 << 20, PAGE_ROWS = 1000 };

struct scanning {
	const struct record_kind *k;
	struct tx *tx;
	struct query q;
	struct arena *a, *page;
	struct area_code area; /* what is asked for */
	const struct field *label;
	record_each *each;
	void *arg;
	struct fault *f;
};

static void scanning_end(struct scanning *s)
{
	arena_end(&s->a);
	arena_end(&s->page);
}

const struct noun *record_noun(const struct record_book *b, struct str path)
{
	for (size_t i = 0; i < b->n_kinds; i++)
		if (str_eq(path, str_of(b->kind[i].noun->path)))
			return b->kind[i].noun;
	return NULL;
}

const struct noun *record_noun_named(const struct record_book *b, struct str name)
{
	for (size_t i = 0; i < b->n_kinds; i++)
		if (str_eq(name, str_of(b->kind[i].noun->name)))
			return b->kind[i].noun;
	return NULL;
}

bool record_sees(const struct who *who, enum field_see see)
{
	return sight_of(who) >> see & 1;
}

static enum err begin(const struct record_book *b, const struct record_scan *ask,
		      struct scanning *s)
{
	const struct http_pair *pair = NULL;
	struct scope scope = { .n = 1, .v = { ask->area } };
	const struct noun *noun = record_noun(b, ask->path);
	size_t n = 0;
	enum err e;

	s->k = noun ? record_kind_of(b, noun->name) : NULL;
	if (!s->k)
		return fault_set(s->f, ERR_ABSENT, "没有这个台账", "there is no such register");
	s->label = noun_label(s->k->noun);
	if ((e = arena_new(QUERY_BYTES, &s->a)) || (e = arena_new(PAGE_BYTES, &s->page)))
		return e;
	if (ask->query.n && (e = http_parse_query(ask->query, s->a, &pair, &n)))
		return fault_set(s->f, ERR_SYNTAX, "筛选条件应写成网址问号之后的样子",
				 "a filter is written as behind the question mark of an address");
	e = query_of_pairs(s->k, pair, n, &scope, ask->who ? sight_of(ask->who) : SIGHT_ALL, s->a,
			   &s->q, s->f);
	s->q.ask.limit = PAGE_ROWS;
	return e;
}

static enum err page(struct scanning *s, struct area_code county, size_t *ret_n)
{
	void **row;
	enum err e =
		list_rows_of(s->tx, s->k, &s->q.ask, county, s->area, s->page, &row, ret_n, s->f);

	for (size_t i = 0; !e && i < *ret_n; i++) {
		const struct record *r = row_head(row[i]);
		struct record_seen seen = { .id = r->id, .area = r->area };

		if (s->label)
			seen.label = *(const struct str *)((const char *)row[i] + s->label->at);
		s->q.ask.below = r->id;
		e = s->each(s->arg, &seen, s->f);
	}
	return e;
}

/* What a county keeps of the area; of a city or a province it is what lies there itself. */
static enum err all_of(struct scanning *s, struct area_code county)
{
	size_t n = PAGE_ROWS;
	enum err e = OK;

	s->q.ask.below.v = INT64_MAX;
	while (!e && n == PAGE_ROWS) {
		arena_clear(s->page);
		n = 0;
		e = page(s, county, &n);
	}
	return e;
}

static enum err each_county(struct scanning *s)
{
	int64_t from = s->area.v, end = area_end(s->area).v;
	struct counties c;
	enum err e;

	do {
		e = counties_after(s->tx, s->k, from, end, &c, s->f);
		for (size_t i = 0; i < c.n && !e; i++) {
			e = all_of(s, (struct area_code){ c.v[i] });
			from = c.v[i] + 1;
		}
	} while (!e && c.n == COUNTIES_AT_ONCE);
	return e;
}

enum err record_scan(const struct record_book *b, struct tx *tx, const struct record_scan *ask,
		     record_each *each, void *arg, struct fault *f)
{
	CLEANUP(scanning_end) struct scanning s = { .tx = tx, .each = each, .arg = arg, .f = f };
	enum err e = begin(b, ask, &s);

	if (e || !s.q.scope.n)
		return e;
	s.area = s.q.scope.v[0];
	return area_level(s.area) >= AREA_COUNTY ? all_of(&s, area_county(s.area))
						 : each_county(&s);
}

enum err record_scan_check(const struct record_book *b, const struct record_scan *ask,
			   struct fault *f)
{
	CLEANUP(scanning_end) struct scanning s = { .f = f };

	return begin(b, ask, &s);
}
