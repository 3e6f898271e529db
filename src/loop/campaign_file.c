/*
 * campaign_file.c - the things of a campaign as a file: a column `id` with numbers of rows, or a
 * column `area` with codes of areas. in = accepted + refused + duplicate.
 *
 * A dry run writes the list beside, under a number that no campaign has, tells what a look at the
 * scope would find, and drops it in the same transaction: the list that was there stays.
 */
#include "http/http.h"
#include "ledger/ledger.h"
#include "loop/campaign.sql.h"
#include "loop/campaign_inside.h"
#include "table/table.h"

#include <stdio.h>

#include "base/ban.h"

enum { THINGS_MAX = 1000000, TOLD_MAX = 100 };

static const struct table_column columns[] = { { "id", false }, { "area", false } };

struct filing {
	struct call *c;
	struct tx *tx;
	const struct campaign *n;
	struct fault *f;
	bool areas, dry;
	uint64_t in, accepted, refused, duplicate;
	uint64_t told[TOLD_MAX]; /* rows that were refused */
};

static bool read_thing(const struct filing *g, struct str cell, int64_t *ret)
{
	struct area_code a;

	if (!g->areas)
		return !str_i64(cell, ret) && *ret > 0;
	if (area_parse(cell, &a) || !area_covers(g->n->record.area, a))
		return false;
	*ret = a.v;
	return true;
}

static enum err take(struct filing *g, const struct csv_record *row, int at)
{
	uint64_t changed;
	int64_t thing;
	enum err e;

	g->in++;
	if (row->refusal_en || !read_thing(g, row->fields[at], &thing)) {
		if (g->refused < TOLD_MAX)
			g->told[g->refused] = row->number;
		g->refused++;
		return OK;
	}
	e = tx_run(g->tx, &campaign_sql.listed_put,
		   SQL_ARGS(sql_i64(area_county(g->n->record.area).v), sql_i64(g->n->record.id.v),
			    sql_i64(thing)),
		   &changed, g->f);
	if (!e && changed)
		g->accepted++;
	else if (!e)
		g->duplicate++;
	return e;
}

static enum err read_file(struct filing *g)
{
	CLEANUP(table_end) struct table *t = NULL;
	const struct table_options o = { .known = columns, .n_known = ARRAY_LEN(columns) };
	struct csv_record row;
	bool more = false;
	int at;
	enum err e = table_open_bytes(g->c->rq->body, &o, &t, g->f);

	if (e)
		return e == ERR_CORRUPT || e == ERR_ABSENT || e == ERR_USAGE ? ERR_SYNTAX : e;
	at = table_field(t, g->areas);
	if (at < 0)
		return fault_set(g->f, ERR_SYNTAX, "文件应有一列 %s", "the file needs a column %s",
				 g->areas ? "area" : "id");
	while (!e && !(e = table_next(t, &row, &more, g->f)) && more) {
		if (g->in == THINGS_MAX)
			return fault_set(g->f, ERR_FULL, "名单最多 %d 行",
					 "a list has %d rows at most", THINGS_MAX);
		e = take(g, &row, at);
	}
	return e;
}

static enum err drop(const struct filing *g)
{
	return tx_run(g->tx, &campaign_sql.listed_drop,
		      SQL_ARGS(sql_i64(area_county(g->n->record.area).v),
			       sql_i64(g->n->record.id.v)),
		      NULL, g->f);
}

static enum err answer(struct filing *g)
{
	struct json *j = call_json(g->c);
	const struct {
		const char *key;
		uint64_t n;
	} n[] = { { "in", g->in },
		  { "accepted", g->accepted },
		  { "refused", g->refused },
		  { "duplicate", g->duplicate } };

	json_open(j, '{');
	for (size_t i = 0; i < ARRAY_LEN(n); i++) {
		json_key(j, n[i].key);
		json_i64(j, (int64_t)n[i].n);
	}
	json_key(j, "refused_rows");
	json_open(j, '[');
	for (uint64_t i = 0; i < g->refused && i < TOLD_MAX; i++)
		json_i64(j, (int64_t)g->told[i]);
	json_close(j, ']');
	if (g->dry) {
		enum err e = campaign_differs_over(g->c, g->tx, g->n, g->f);

		if (e || (e = drop(g)))
			return e;
	}
	call_receipt_json(g->c);
	json_close(j, '}');
	return OK;
}

enum err campaign_file(struct call *c, struct tx *tx, struct fault *f)
{
	struct filing g = { .c = c, .tx = tx, .f = f };
	struct ledger_entry en;
	struct campaign *n, aside;
	char detail[120];
	enum err e = campaign_of_path(c, tx, true, &n, f);

	if (e || (e = call_flag(c, "dry_run", &g.dry, f)))
		return e;
	if (!str_eq(n->query, STR("file")))
		return fault_set(f, ERR_CONFLICT, "先把筛选填为 file，再上传名单",
				 "set the filter to file first, then send the list");
	if (n->record.state == CAMPAIGN_CLOSED)
		return fault_set(f, ERR_CONFLICT, "专项已结束", "the campaign is closed");
	aside = *n;
	aside.record.id.v = -n->record.id.v;
	g.n = g.dry ? &aside : n;
	g.areas = str_eq(n->scope, STR("areas"));
	if ((e = drop(&g)) || (e = read_file(&g)))
		return e;
	(void)snprintf(detail, sizeof detail, "%sin=%llu accepted=%llu refused=%llu duplicate=%llu",
		       g.dry ? "dry " : "", (unsigned long long)g.in,
		       (unsigned long long)g.accepted, (unsigned long long)g.refused,
		       (unsigned long long)g.duplicate);
	en = (struct ledger_entry){ .county = area_county(n->record.area),
				    .object = STR("campaign"),
				    .object_id = n->record.id.v,
				    .action = STR("file"),
				    .detail = str_of(detail) };
	if ((e = call_act(c, tx, &en, f)))
		return e;
	return answer(&g);
}
