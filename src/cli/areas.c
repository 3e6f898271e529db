/*
 * areas.c - the verb area: lists of areas and their outlines into a house.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/dice.h"
#include "base/when.h"
#include "base/memory.h"
#include "cli/book.h"
#include "grid/area_import.h"
#include "grid/boundary.h"
#include "ledger/ledger.h"
#include "loop/moved.h"

#include "base/ban.h"

struct importing {
	struct area_import *tree;
	struct boundary_import *map;
	struct house *h;
	struct loop *loop;
	VEC(struct area_code) merged;
	struct utc_s now;
	enum err failed;
};

/* The entry of what came in. */
static enum err note(struct tx *tx, const struct importing *w, struct str object,
		     const char *detail, struct fault *f)
{
	struct ledger_entry en = {
		.county = area_county(w->h->area),
		.at = w->now,
		.kind = LEDGER_ACT,
		.purpose = STR("admin"),
		.object = object,
		.action = STR("import"),
		.detail = str_of(detail),
	};

	return ledger_append(tx, &en, NULL, f);
}

static void say_refused(void *arg, const struct area_import_refusal *r)
{
	cli_say(arg, "%s 第 %" PRIu64 " 行：%s%.0s", "%s row %" PRIu64 ": %.0s%s", r->file,
		r->number, r->why_zh, r->why_en);
}

static enum err under_of(struct cli *c, struct area_code *ret)
{
	const char *under = c->args.text[CLI_UNDER];

	if (under && area_parse(str_of(under), ret))
		return fault_set(&c->fault, ERR_USAGE, "--under 应为区划代码",
				 "--under is the code of an area");
	return OK;
}

/* ---- the tree ------------------------------------ */

static void take_merged(void *arg, struct area_code gone)
{
	struct importing *w = arg;

	if (!w->failed)
		w->failed = vec_push(&w->merged, gone);
}

static enum err import_act(struct tx *tx, void *arg, struct fault *f)
{
	struct importing *w = arg;
	char detail[160];
	struct area_import_account n;
	enum err e = area_import_run(tx, w->tree, f);

	w->merged.n = 0;
	w->failed = OK;
	if (e)
		return e;
	area_import_merged(w->tree, take_merged, w);
	if (w->failed)
		return w->failed;
	if ((e = loop_merged(w->loop, NULL, tx, w->merged.v, w->merged.n, w->now, f)))
		return e;
	n = area_import_account(w->tree);
	(void)snprintf(detail, sizeof detail,
		       "rows=%" PRIu64 " accepted=%" PRIu64 " refused=%" PRIu64
		       " duplicate=%" PRIu64,
		       n.rows - n.outside, n.accepted, n.refused, n.duplicate);
	return note(tx, w, STR("area"), detail, f);
}

static enum err import_options(struct cli *c, struct area_import_options *ret)
{
	const char *from = c->args.text[CLI_FROM];
	struct zone *utc = NULL;
	struct when w;
	enum err e;

	*ret = (struct area_import_options){ .from_day = AREA_DAY_FIRST,
					     .dry = c->args.text[CLI_DRY_RUN] != NULL };
	if ((e = under_of(c, &ret->under)) || !from)
		return e;
	if ((e = zone_open("UTC", &utc, &c->fault)))
		return e;
	e = when_read(str_of(from), utc, &w);
	zone_free(utc);
	if (e || w.kind != WHEN_DATE)
		return fault_set(&c->fault, ERR_USAGE, "--from 应为日期，如 2017-04-10",
				 "--from is a date, as 2017-04-10");
	ret->from_day = w.day;
	return OK;
}

static enum err import_tree(struct cli *c)
{
	CLEANUP(cli_book_end) struct cli_book b = { 0 };
	CLEANUP(area_import_end) struct area_import *i = NULL;
	struct area_import_options o;
	struct area_import_account n;
	struct importing w;
	enum err e;

	if ((e = import_options(c, &o)) || (e = area_import_new(&o, &i)))
		return e;
	for (size_t k = 1; k < c->args.n_operands; k++)
		if ((e = area_import_file(i, c->args.operand[k], &c->fault)))
			return e;
	if ((e = cli_book_open(c, &b)))
		return e;
	w = (struct importing){
		.tree = i, .h = b.h, .loop = b.loop.loop, .now = clock_s(&clock_wall)
	};
	e = o.dry ? db_read(b.h->db, area_import_run, i, &c->fault)
		  : db_write(b.h->db, import_act, &w, &c->fault);
	vec_drop(&w.merged);
	if (e)
		return e;
	area_import_refused(i, say_refused, c);
	n = area_import_account(i);
	c->areas = (struct cli_count){ true, n.rows - n.outside, n.refused, n.duplicate };
	return OK;
}

/* ---- their outlines ------------------------------------ */

static enum err boundary_act(struct tx *tx, void *arg, struct fault *f)
{
	const struct importing *w = arg;
	struct boundary_import_account n = boundary_import_account(w->map);
	char detail[160];
	enum err e = boundary_import_run(tx, w->map, f);

	if (e)
		return e;
	(void)snprintf(detail, sizeof detail,
		       "features=%" PRIu64 " accepted=%" PRIu64 " refused=%" PRIu64
		       " areas=%" PRIu64,
		       n.features, n.accepted, n.refused, n.areas);
	return note(tx, w, STR("boundary"), detail, f);
}

static enum err import_map(struct cli *c)
{
	CLEANUP(house_end) struct house *h = NULL;
	CLEANUP(boundary_import_end) struct boundary_import *i = NULL;
	const char *source = c->args.text[CLI_SOURCE], *review = c->args.text[CLI_REVIEW];
	struct importing w = { .now = clock_s(&clock_wall) };
	struct boundary_import_options o = { .source = str_of(source ? source : ""),
					     .review = str_of(review ? review : ""),
					     .today = (int32_t)(w.now.v / 86400) };
	struct boundary_import_account n;
	enum err e;

	if ((e = cli_house_open(c, false, &h)))
		return e;
	o.under = h->area;
	if ((e = under_of(c, &o.under)) || (e = boundary_import_new(&o, &i, &c->fault)))
		return e;
	for (size_t k = 1; k < c->args.n_operands; k++)
		if ((e = boundary_import_file(i, c->args.operand[k], &c->fault)))
			return e;
	w.map = i;
	w.h = h;
	if ((e = db_read(h->db, boundary_import_match, i, &c->fault)) ||
	    (e = boundary_import_thin(i)))
		return e;
	if (!c->args.text[CLI_DRY_RUN] && (e = db_write(h->db, boundary_act, &w, &c->fault)))
		return e;
	boundary_import_refused(i, say_refused, c);
	n = boundary_import_account(i);
	c->areas = (struct cli_count){ true, n.features, n.refused, 0 };
	return OK;
}

enum err cli_area(struct cli *c)
{
	const char *what = c->args.n_operands >= 3 ? c->args.operand[0] : "";
	bool tree = strcmp(what, "import") == 0;

	if (!tree && strcmp(what, "boundary") != 0)
		return fault_set(&c->fault, ERR_USAGE,
				 "应为 outpost area import|boundary 文件夹 文件…",
				 "it is outpost area import|boundary DIR FILE...");
	c->args.n_operands--;
	memmove(c->args.operand, c->args.operand + 1, c->args.n_operands * sizeof *c->args.operand);
	return tree ? import_tree(c) : import_map(c);
}
