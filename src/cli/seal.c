/*
 * seal.c - the verb `seal`: visits into a shelf, whole or not at all.
 */
#include <inttypes.h>
#include <stdio.h>

#include "cli/cli.h"
#include "cli/load.h"
#include "shelf/shelf.h"

#include "base/ban.h"

static enum err put_day(struct trace_image image, void *arg, struct fault *f)
{
	return shelf_put_day(arg, image, f);
}

static void builder_end(struct trace_builder **b)
{
	trace_builder_free(*b);
}

static enum err seal(struct load *l, struct shelf_writer *w)
{
	CLEANUP(builder_end) struct trace_builder *b = NULL;
	struct cli *c = l->c;
	struct trace_builder_options o = {
		.zone = l->zone,
		.budget_bytes = LOAD_BUDGET_BYTES,
		.spill_dir = c->args.text[CLI_OUT_DIR],
		.threads =
			c->args.number[CLI_THREADS] > 0 ? (unsigned)c->args.number[CLI_THREADS] : 2,
	};
	struct shelf_sum sum;
	enum err e;

	if ((e = trace_builder_new(&o, &b, &c->fault)))
		return e;
	if ((e = load_visits(l, b)))
		return e;
	if ((e = trace_builder_finish(b, put_day, w, &c->fault)))
		return e;
	c->visits.duplicate = trace_builder_duplicates(b);
	if ((e = shelf_put_names(w, &l->names, &c->fault)))
		return e;
	if ((e = load_refused_settle(l)))
		return e;
	if ((e = shelf_seal(w, &sum, &c->fault)))
		return e;
	if ((e = load_refused_close(l)))
		return e;
	cli_say(c, "已封存：%" PRIu64 " 条到访，%u 天，%" PRIu64 " 字节，%s",
		"sealed: %" PRIu64 " visits, %u days, %" PRIu64 " bytes, in %s", sum.visits,
		sum.days, sum.bytes, c->args.text[CLI_OUT_DIR]);
	return OK;
}

enum err cli_seal(struct cli *c)
{
	CLEANUP(load_end) struct load l = { 0 };
	CLEANUP(shelf_drop) struct shelf_writer *w = NULL;
	enum err e;

	if (!c->args.n_visits)
		return fault_set(&c->fault, ERR_USAGE, "需要 --visits", "needs --visits");
	if (!c->args.text[CLI_OUT_DIR])
		return fault_set(&c->fault, ERR_USAGE, "需要 --out", "needs --out");
	if ((e = load_begin(c, &l)))
		return e;
	if ((e = shelf_begin(c->args.text[CLI_OUT_DIR], l.zone, &w, &c->fault)))
		return e;
	return seal(&l, w);
}
