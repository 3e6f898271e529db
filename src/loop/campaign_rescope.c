/*
 * campaign_rescope.c - a campaign's scope looked at again: what came, what went; shown, applied.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "ledger/ledger.h"
#include "loop/campaign.sql.h"
#include "loop/campaign_inside.h"

#include "base/ban.h"

enum { SHOWN = 20 };

struct had {
	struct area_code area;
	int64_t id, task;
	bool open;
};
struct difference {
	struct things in; /* of them those that have no task stand first */
	size_t n_in, n_same;
	VEC(struct thing) added;
	VEC(struct had) had, gone;
};

static void difference_end(struct difference *d)
{
	campaign_things_release(&d->in);
	vec_drop(&d->added);
	vec_drop(&d->had);
	vec_drop(&d->gone);
}

static int by_id(const void *x, const void *y)
{
	const struct had *a = x, *b = y;

	return a->id < b->id ? -1 : a->id > b->id;
}

static enum err read_had(const struct campaign_act *a, struct difference *d)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	bool more;
	enum err e = tx_rows(a->tx, &campaign_sql.had, SQL_ARGS(sql_i64(a->campaign->record.id.v)),
			     &r, a->f);

	while (!e && !(e = rows_next(r, &more, a->f)) && more) {
		struct had h = { { rows_i64(r, 1) },
				 rows_i64(r, 2),
				 rows_i64(r, 0),
				 !str_eq(rows_text(r, 3), STR("closed")) };

		e = vec_push(&d->had, h);
	}
	if (d->had.n)
		qsort(d->had.v, d->had.n, sizeof *d->had.v, by_id);
	return e;
}

static int thing_by_id(const void *x, const void *y)
{
	const struct thing *a = x, *b = y;

	return a->id < b->id ? -1 : a->id > b->id;
}

static int thing_by_place(const void *x, const void *y)
{
	const struct thing *a = x, *b = y;

	if (a->area.v != b->area.v)
		return a->area.v < b->area.v ? -1 : 1;
	return thing_by_id(x, y);
}

/* Two lists by id, walked side by side. `over`: whose things, mostly its own. */
static enum err differ(const struct campaign_act *a, const struct campaign *over,
		       const struct who *who, struct difference *d)
{
	size_t i = 0, k = 0;
	enum err e = campaign_things(a->l, a->tx, over, who, a->now, &d->in, a->f);

	if (e || (e = read_had(a, d)))
		return e;
	d->n_in = d->in.v.n;
	if (d->n_in)
		qsort(d->in.v.v, d->n_in, sizeof *d->in.v.v, thing_by_id);
	while (!e && (i < d->in.v.n || k < d->had.n)) {
		bool left = k == d->had.n || (i < d->in.v.n && d->in.v.v[i].id < d->had.v[k].id);
		bool right = i == d->in.v.n || (!left && d->had.v[k].id < d->in.v.v[i].id);

		if (left) {
			e = vec_push(&d->added, d->in.v.v[i++]);
		} else if (right) {
			if (d->had.v[k].open)
				e = vec_push(&d->gone, d->had.v[k]);
			k++;
		} else { /* split, it has several tasks, and keeps them */
			const int64_t id = d->in.v.v[i++].id;

			d->n_same++;
			while (k < d->had.n && d->had.v[k].id == id)
				k++;
		}
	}
	if (d->added.n)
		qsort(d->added.v, d->added.n, sizeof *d->added.v, thing_by_place);
	return e;
}

static void say_thing(struct json *j, struct area_code area, int64_t id, struct str label)
{
	char text[AREA_TEXT_BYTES], number[24];

	area_text(area, text);
	(void)snprintf(number, sizeof number, "%" PRId64, id);
	json_open(j, '{');
	json_key(j, "id");
	json_str(j, str_of(number));
	json_key(j, "area");
	json_str(j, str_of(text));
	json_key(j, "label");
	json_str(j, label);
	json_close(j, '}');
}

/* {in, same, added, gone, examples: {added: [...], gone: [...]}} */
static void say_difference(struct json *j, const struct difference *d)
{
	const struct {
		const char *key;
		size_t n;
	} n[] = { { "in", d->n_in },
		  { "same", d->n_same },
		  { "added", d->added.n },
		  { "gone", d->gone.n } };

	for (size_t i = 0; i < ARRAY_LEN(n); i++) {
		json_key(j, n[i].key);
		json_i64(j, (int64_t)n[i].n);
	}
	json_key(j, "examples");
	json_open(j, '{');
	json_key(j, "added");
	json_open(j, '[');
	for (size_t i = 0; i < d->added.n && i < SHOWN; i++)
		say_thing(j, d->added.v[i].area, d->added.v[i].id, d->added.v[i].label);
	json_close(j, ']');
	json_key(j, "gone");
	json_open(j, '[');
	for (size_t i = 0; i < d->gone.n && i < SHOWN; i++)
		say_thing(j, d->gone.v[i].area, d->gone.v[i].id, STR(""));
	json_close(j, ']');
	json_close(j, '}');
}

enum err campaign_of_path(struct call *c, struct tx *tx, bool to_change, struct campaign **ret,
			  struct fault *f)
{
	void *row;
	enum err e = record_get(loop_of(c)->o.book, tx, &campaign_noun,
				(struct record_id){ call_id(c, "id") }, c->a, &row, f);

	if (e)
		return e == ERR_ABSENT ? call_absent(f) : e;
	*ret = row;
	return to_change ? call_reach(c, (*ret)->record.area, f)
			 : call_reach_up(c, (*ret)->record.area, f);
}

static enum err act_of(struct call *c, struct tx *tx, struct campaign_act *ret, struct fault *f)
{
	struct campaign *row;
	struct campaign_run run;
	enum err e = campaign_of_path(c, tx, true, &row, f);

	if (e || (e = campaign_run_get(tx, row, &run, f)))
		return e;
	*ret = (struct campaign_act){ loop_of(c), c, tx, row, run.sender, c->now, f };
	return OK;
}

/* What a start, or a look at the scope again, would do: changes nothing. */
enum err campaign_differs(struct call *c, struct tx *tx, struct fault *f)
{
	CLEANUP(difference_end) struct difference d = { 0 };
	struct campaign_act a;
	struct json *j = call_json(c);
	enum err e = act_of(c, tx, &a, f);

	if (e || (e = differ(&a, a.campaign, c->who, &d)))
		return e;
	json_open(j, '{');
	say_difference(j, &d);
	json_close(j, '}');
	return OK;
}

enum err campaign_differs_over(struct call *c, struct tx *tx, const struct campaign *over,
			       struct fault *f)
{
	CLEANUP(difference_end) struct difference d = { 0 };
	struct campaign_act a;
	struct json *j = call_json(c);
	enum err e = act_of(c, tx, &a, f);

	if (e || (e = differ(&a, over, c->who, &d)))
		return e;
	json_key(j, "difference");
	json_open(j, '{');
	say_difference(j, &d);
	json_close(j, '}');
	return OK;
}

const char *const campaign_rescope_keys[] = { "reason", NULL };

static enum err get_reason(struct call *c, struct str *ret, struct fault *f)
{
	const struct json_node *map;
	enum err e;

	*ret = STR("");
	if ((e = json_read(c->rq->body, &json_limits_request, c->a, &map, f)) ||
	    (e = json_only(map, campaign_rescope_keys, f)) || (e = json_need(map, "reason", f)))
		return e;
	if ((e = json_get_said(map, "reason", 800, ret, f)) || ret->n)
		return e;
	e = fault_set(f, ERR_RANGE, "请写明理由。", "give a reason.");
	fault_at(f, "reason", NULL);
	return e;
}

enum err campaign_rescope(struct call *c, struct tx *tx, struct fault *f)
{
	CLEANUP(difference_end) struct difference d = { 0 };
	struct campaign_act a;
	struct campaign_run run;
	struct ledger_entry en;
	struct json *j = call_json(c);
	struct str reason;
	char detail[120];
	enum err e;

	if ((e = get_reason(c, &reason, f)) || (e = act_of(c, tx, &a, f)))
		return e;
	if (a.campaign->record.state != CAMPAIGN_RUNNING)
		return fault_set(f, ERR_CONFLICT, "专项没有在进行，无需核对范围",
				 "it is not running: its scope is taken when it starts");
	if ((e = differ(&a, a.campaign, c->who, &d)))
		return e;
	if (d.added.n && (e = campaign_raise(&a, d.in.about, d.added.v, d.added.n)))
		return e;
	for (size_t i = 0; !e && i < d.gone.n; i++)
		e = campaign_strike(&a, d.gone.v[i].task, reason);
	if (e || (e = campaign_run_get(tx, a.campaign, &run, f)))
		return e;
	run.things = (int64_t)d.n_in;
	(void)snprintf(detail, sizeof detail, "in=%zu added=%zu gone=%zu", d.n_in, d.added.n,
		       d.gone.n);
	en = (struct ledger_entry){ .county = area_county(a.campaign->record.area),
				    .object = STR("campaign"),
				    .object_id = a.campaign->record.id.v,
				    .action = STR("rescope"),
				    .detail = str_of(detail) };
	if ((e = campaign_run_put(tx, a.campaign, &run, f)) || (e = call_act(c, tx, &en, f)))
		return e;
	json_open(j, '{');
	say_difference(j, &d);
	call_receipt_json(c);
	json_close(j, '}');
	return OK;
}
