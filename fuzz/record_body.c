/*
 * record_body.c - any bytes as the JSON body of a new well, and of an edit.
 *
 * What was taken must be whole UTF-8, and told as JSON and read again it must be the same row.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "record/row.h"
#include "support/well.h"

enum { BUDGET_BYTES = 16 << 20 };

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void tell(const struct well *w, const struct zone *zone, struct buf *b)
{
	struct json j;

	json_begin(&j, b);
	json_open(&j, '{');
	for (size_t i = 0; i < well_noun.n_fields; i++)
		if (!(well_noun.field[i].flags & FIELD_SERVER)) {
			json_key(&j, well_noun.field[i].name);
			value_to_json(&well_noun.field[i], w, zone, &j);
		}
	json_close(&j, '}');
	must(!b->failed);
}

static void check_again(const struct well *w, const struct value_from *from)
{
	CLEANUP(buf_release) struct buf b = { 0 };
	const struct json_node *map;
	struct fault f = { 0 };
	struct well again;

	tell(w, from->zone, &b);
	noun_blank(&well_noun, &again);
	must(json_read(buf_view(&b), &json_limits_request, from->a, &map, &f) == OK);
	must(row_from_json(&well_noun, map, ROW_NEW, SIGHT_ALL, from, &again, &f) == OK);
	for (size_t i = 0; i < well_noun.n_fields; i++)
		must(value_same(&well_noun.field[i], w, &again));
}

static void check(struct str bytes, const struct value_from *from, enum row_reading reading,
		  unsigned sight)
{
	const struct json_node *map;
	struct fault f = { 0 };
	struct well w;
	enum err e;

	noun_blank(&well_noun, &w);
	w.record.area.v = 430802000000000;
	w.record.state = WELL_IN_USE;
	w.dug_on.v = 4000;
	if (json_read(bytes, &json_limits_request, from->a, &map, NULL))
		return;
	e = row_from_json(&well_noun, map, reading, sight, from, &w, &f);
	must(e == OK || e == ERR_RANGE || e == ERR_SYNTAX || e == ERR_MEMORY);
	if (e == ERR_MEMORY)
		return;
	must((e == OK) == (f.code == OK) && (e == OK || (f.zh[0] && f.en[0])));
	if (!e)
		check_again(&w, from);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct zone *zone;
	CLEANUP(arena_end) struct arena *a = NULL;
	struct value_from from = { 0 };
	struct str bytes = { (const char *)p, n };

	if (!zone)
		must(zone_open("+08:00", &zone, NULL) == OK);
	must(arena_new(BUDGET_BYTES, &a) == OK);
	from = (struct value_from){ .zone = zone, .a = a };
	check(bytes, &from, ROW_NEW, SIGHT_ALL);
	check(bytes, &from, ROW_EDIT, 1u << SEE_PUBLIC | 1u << SEE_AREA);
	return 0;
}
