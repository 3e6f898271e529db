/*
 * record_import.c - any bytes as a file of wells: its columns matched, its cells read.
 *
 * A row that is taken is told as the cells of an export, and read again it must be the same row.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "record/export.h"
#include "record/match.h"
#include "record/row.h"
#include "support/well.h"
#include "table/table.h"

enum { BUDGET_BYTES = 4 << 20, COLUMNS_MAX = 256 };

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check_row(const struct well *w, const struct value_from *from)
{
	for (size_t i = 0; i < well_noun.n_fields; i++) {
		CLEANUP(buf_release) struct buf b = { 0 };
		CLEANUP(buf_release) struct buf line = { 0 };
		CLEANUP(csv_end) struct csv *c = NULL;
		const struct field *x = &well_noun.field[i];
		struct csv_record r;
		struct well again = *w;
		bool more;

		value_to_text(x, w, from->zone, i % 2, &b);
		buf_char(&line, '\n'); /* at a file's very beginning U+FEFF would pass for a mark */
		export_field(&line, buf_view(&b), true);
		buf_lit(&line, ",\n");
		must(!line.failed && csv_open_bytes(buf_view(&line), ',', &c) == OK);
		must(csv_next(c, &r, &more, NULL) == OK && more && !r.refusal_en);
		value_clear(x, &again);
		must(value_from_text(x, export_unescape(r.fields[0]), from, &again, NULL) == OK);
		must(value_same(x, w, &again));
	}
}

static void check_rows(struct table *t, const int *column, const struct value_from *from)
{
	struct csv_record r;
	struct well w;
	bool more;

	while (table_next(t, &r, &more, NULL) == OK && more) {
		struct fault f = { 0 };
		enum err e;

		if (r.refusal_en)
			continue;
		arena_clear(from->a);
		noun_blank(&well_noun, &w);
		e = match_cells(&well_noun, column, &r, from, NULL, &w, &f);
		must(e == OK || e == ERR_RANGE || e == ERR_MEMORY);
		must(e != ERR_RANGE || (f.zh[0] && f.en[0] && f.field[0]));
		if (!e)
			check_row(&w, from);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct zone *zone;
	CLEANUP(arena_end) struct arena *a = NULL;
	CLEANUP(table_end) struct table *t = NULL;
	struct value_from from = { .loose = true };
	struct table_options any = { 0 };
	int column[COLUMNS_MAX];
	const struct str *heading;
	size_t n_headings;

	if (!zone)
		must(zone_open("+08:00", &zone, NULL) == OK);
	if (table_open_bytes((struct str){ (const char *)p, n }, &any, &t, NULL))
		return 0;
	must(arena_new(BUDGET_BYTES, &a) == OK);
	from.zone = zone;
	from.a = a;
	heading = table_header(t, &n_headings);
	if (n_headings <= COLUMNS_MAX &&
	    match_columns(&well_noun, SIGHT_ALL, heading, n_headings, NULL, 0, column, NULL) == OK)
		check_rows(t, column, &from);
	return 0;
}
