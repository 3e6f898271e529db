/*
 * load.c - what all readers share, and the view that comes out of visits or a shelf.
 */
#include "cli/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ban.h"

static enum err first_names(struct load *l)
{
	CLEANUP(buf_release) struct buf none = { 0 };
	uint32_t zero;
	enum err e;

	if ((e = names_new(&l->names.persons)) || (e = names_new(&l->names.places)) ||
	    (e = names_new(&l->names.kinds)) || (e = names_new(&l->names.seats)))
		return e;
	if ((e = names_intern(l->names.kinds, STR(""), &zero)))
		return e;
	names_pair(&none, STR(""), STR(""));
	return none.failed ? none.failed : names_intern(l->names.seats, buf_view(&none), &zero);
}

static enum err open_shelf(struct load *l)
{
	CLEANUP(buf_release) struct buf name = { 0 };
	const char *dir = l->c->args.text[CLI_SEGMENTS];
	const char *const *foreign;
	enum err e = shelf_open(dir, &l->shelf, &l->c->fault);
	size_t n;

	if (e)
		return e;
	l->names = shelf_names(l->shelf);
	l->n_visitors = names_count(l->names.persons);
	n = shelf_foreign(l->shelf, &foreign);
	for (size_t i = 0; i < n; i++) {
		buf_clear(&name);
		cli_say_put(&name, str_of(foreign[i]));
		cli_say(l->c, "%s：文件夹里的 %.*s 不在清单上，未使用",
			"%s: %.*s in the folder is not in its manifest and is not used", dir,
			(int)name.n, name.n ? name.p : "");
	}
	return OK;
}

enum err load_begin(struct cli *c, struct load *ret)
{
	const char *tz = c->args.text[CLI_TZ] ? c->args.text[CLI_TZ] : "Asia/Shanghai";
	enum err e;

	memset(ret, 0, sizeof(*ret));
	ret->c = c;
	if ((e = load_check_paths(c, &ret->straight)))
		return e;
	if ((e = zone_open(tz, &ret->zone, &c->fault)))
		return e;
	if ((e = names_new(&ret->case_names)))
		return e;
	e = c->args.text[CLI_SEGMENTS] ? open_shelf(ret) : first_names(ret);
	if (!e && c->args.text[CLI_REFUSED])
		e = table_refused_open(c->args.text[CLI_REFUSED], &ret->refused, &c->fault);
	return e;
}

void load_end(struct load *l)
{
	if (l->view)
		trace_view_release(l->view);
	trace_set_free(l->set);
	if (l->shelf) {
		shelf_close(&l->shelf);
	} else {
		names_free(l->names.persons);
		names_free(l->names.places);
		names_free(l->names.kinds);
		names_free(l->names.seats);
	}
	names_free(l->case_names);
	table_refused_end(&l->refused);
	vec_drop(&l->place_kind);
	vec_drop(&l->visitor);
	vec_drop(&l->cases);
	vec_drop(&l->named);
	zone_free(l->shelf_zone);
	zone_free(l->zone);
}

/* ---- usage ----------------------------------------------------------------------------------- */

enum err load_usage(struct cli *c, enum table_format *ret_format)
{
	const struct cli_args *a = &c->args;
	enum err e;

	if (!a->n_visits == !a->text[CLI_SEGMENTS])
		return fault_set(&c->fault, ERR_USAGE, "需要 --visits 或 --segments 之一",
				 "needs either --visits or --segments");
	if (!a->text[CLI_CASES])
		return fault_set(&c->fault, ERR_USAGE, "需要 --cases", "needs --cases");
	if ((e = table_format_read(a->text[CLI_FORMAT] ? a->text[CLI_FORMAT] : "csv", ret_format,
				   &c->fault)))
		return e;
	if (*ret_format == TABLE_EXCEL && !a->text[CLI_OUT])
		return fault_set(&c->fault, ERR_USAGE, "xlsx 需要 --out", "xlsx needs --out");
	return OK;
}

/* ---- shared by the readers ------------------------------------------------------------------ */

enum err load_open(struct load *l, const char *path, const struct table_column *known,
		   size_t n_known, struct table **ret, struct fault *f)
{
	struct table_options o = { .known = known,
				   .n_known = n_known,
				   .sheet = l->c->args.text[CLI_SHEET] };
	CLEANUP(buf_release) struct buf list = { 0 };
	const struct str *unknown;
	size_t n;
	enum err e;

	if ((e = table_open(path, &o, ret, f)))
		return e;
	unknown = table_unknown(*ret, &n);
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_lit(&list, ", ");
		cli_say_put(&list, unknown[i]);
	}
	if (n && !list.failed)
		cli_say(l->c, "%s：不认识的列，未使用：%.*s",
			"%s: columns nobody knows, not used: %.*s", path, (int)list.n, list.p);
	return OK;
}

enum err load_refuse(struct load *l, struct cli_count *count, const char *which,
		     const struct csv_record *row, struct load_reason why)
{
	count->refused++;
	if (!l->refused)
		return OK;
	return table_refused_add(l->refused, which, row, why.zh, why.en, &l->c->fault);
}

enum err load_refused_settle(struct load *l)
{
	return l->refused ? table_refused_settle(l->refused, &l->c->fault) : OK;
}

enum err load_refused_close(struct load *l)
{
	return l->refused ? table_refused_close(&l->refused, &l->c->fault) : OK;
}

struct str load_cell(const struct table *t, const struct csv_record *row, size_t i)
{
	int field = table_field(t, i);

	return field < 0 ? STR("") : row->fields[field];
}

bool load_when(struct str s, const struct zone *z, struct when *ret)
{
	return when_read(s, z, ret) == OK;
}

/* ---- a view --------------------------------------------------------------------------------- */

struct days {
	VEC(struct trace_segment *) seg;
};

static void days_end(struct days *d)
{
	for (size_t i = 0; i < d->seg.n; i++)
		trace_segment_release(d->seg.v[i]);
	vec_drop(&d->seg);
}

static enum err take_day(struct trace_image image, void *arg, struct fault *f)
{
	struct days *d = arg;
	struct trace_segment *seg = NULL;
	enum err e = trace_segment_adopt(image.bytes, image.n, &seg, f);

	if (!e && (e = vec_push(&d->seg, seg)))
		trace_segment_release(seg);
	return e;
}

static enum err view_of_visits(struct load *l)
{
	CLEANUP(days_end) struct days days = { .seg = { 0 } };
	struct cli *c = l->c;
	const char *tmp = getenv("TMPDIR");
	struct trace_builder_options o = {
		.zone = l->zone,
		.budget_bytes = LOAD_BUDGET_BYTES,
		.spill_dir = tmp && tmp[0] ? tmp : "/tmp",
		.threads =
			c->args.number[CLI_THREADS] > 0 ? (unsigned)c->args.number[CLI_THREADS] : 2,
	};
	struct trace_builder *b = NULL;
	enum err e;

	if ((e = trace_builder_new(&o, &b, &c->fault)))
		return e;
	e = load_visits(l, b);
	if (!e)
		e = trace_builder_finish(b, take_day, &days, &c->fault);
	c->visits.duplicate = trace_builder_duplicates(b);
	trace_builder_free(b);
	if (!e) {
		e = trace_set_add_segments(l->set, days.seg.v, days.seg.n, &c->fault);
		days.seg.n = 0;
	}
	return e;
}

enum err load_view(struct load *l)
{
	struct cli *c = l->c;
	enum err e;

	if (l->shelf && (e = zone_open(shelf_zone(l->shelf), &l->shelf_zone, &c->fault)))
		return e;
	if ((e = trace_set_new(l->shelf ? l->shelf_zone : l->zone, &l->set)))
		return e;
	if (l->shelf)
		e = shelf_fill(l->shelf, l->set, &c->fault);
	else if (c->args.n_visits)
		e = view_of_visits(l);
	if (e)
		return e;
	l->view = trace_set_view(l->set);
	return OK;
}
