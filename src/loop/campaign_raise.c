/*
 * campaign_raise.c - a task for each of many things, in one transaction, under one entry a county.
 *
 * Things come by area, so that who answers is asked once a place, and rows go in in the order of
 * their indexes, many in one statement. Each owner is told once that the campaign is theirs, by
 * the first of their tasks.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine/flow/table.h"
#include "ledger/ledger.h"
#include "loop/campaign.sql.h"
#include "loop/campaign_inside.h"
#include "loop/duty_of.h"
#include "loop/loop.sql.h"
#include "loop/many.h"
#include "record/bulk.h"

#include "base/ban.h"

enum { RULE_BYTES = 80, TITLE_CHARS = 120, TITLE_BYTES = 4 * TITLE_CHARS };

/* ---- numbers seen --------------------------------------------------------------------------- */

/* Open addressing; 0 is free. */
struct seen {
	int64_t *v;
	size_t n, slots;
};

static size_t slot_of(const struct seen *s, int64_t id)
{
	size_t at = (size_t)(((uint64_t)id * 0x9e3779b97f4a7c15u) >> 20) & (s->slots - 1);

	while (s->v[at] && s->v[at] != id)
		at = (at + 1) & (s->slots - 1);
	return at;
}

/* Was it there? It is from now on. */
static enum err seen_put(struct seen *s, int64_t id, bool *ret)
{
	if (2 * s->n >= s->slots) {
		struct seen to = { .slots = s->slots ? 2 * s->slots : 1024, .n = s->n };

		if (!(to.v = mem_take(to.slots, sizeof *to.v)))
			return ERR_MEMORY;
		for (size_t i = 0; i < s->slots; i++)
			if (s->v[i])
				to.v[slot_of(&to, s->v[i])] = s->v[i];
		mem_drop(s->v);
		*s = to;
	}
	size_t at = slot_of(s, id);

	*ret = s->v[at] != 0;
	s->n += !*ret;
	s->v[at] = id;
	return OK;
}

/* ---- the work ------------------------------------------------------------------------------- */

/* Who answers for all things of an area. */
struct place {
	struct area_code area;
	struct flow_duty duty;
};

struct raising {
	const struct campaign_act *a;
	const char *about;
	struct flow_event ev; /* with the duty of the place at hand */
	char rule[RULE_BYTES];
	struct record_bulk *bulk;
	struct many_tasks *many;
	struct seen told;
	VEC(struct place) place; /* in the order of the things */
	size_t at;
	struct campaign_nodes nodes;
};

static void raising_end(struct raising *r)
{
	record_bulk_end(&r->bulk);
	many_tasks_end(&r->many);
	mem_drop(r->told.v);
	vec_drop(&r->place);
}

static enum err clock_for(struct raising *r)
{
	const struct campaign_act *a = r->a;
	const struct clocks_rule *rule;
	struct fault unasked = { 0 };
	enum err e = clocks_find(&a->l->clocks, a->campaign->rule,
				 zone_day_of(a->l->o.zone, a->now), &rule, &unasked);

	if (e) {
		e = fault_set(a->f, ERR_RANGE, "没有这条时限规则，或它今天不适用；请另选",
			      "there is no such rule of time, or not today; choose another");
		fault_at(a->f, "rule", NULL);
		return e;
	}
	(void)snprintf(r->rule, sizeof r->rule, "%.*s@%d", (int)rule->id.n, rule->id.p,
		       (int)rule->version);
	r->ev = (struct flow_event){ .on = FLOW_ON_RAISE,
				     .turn = FLOW_ANY_TURN,
				     .actor = a->c ? FLOW_PERSON : FLOW_HOUSE,
				     .by = a->campaign->until.v,
				     .clock = rule->clock,
				     .evidence = campaign_needs(a->campaign->needs) };
	if (a->c) {
		r->ev.party = a->sender;
		r->ev.person.v = a->c->who->account;
	} else {
		r->ev.to = a->sender;
	}
	return OK;
}

static enum err ask_place(struct raising *r, struct area_code area, struct fault *f)
{
	const struct campaign_act *a = r->a;
	struct place p = { .area = area };
	enum err e =
		loop_duty(a->tx, area, a->campaign->sector, (struct flow_party){ 0 }, &p.duty, f);

	if (!e)
		e = vec_push(&r->place, p);
	return e;
}

/* Before anything is written: does somebody answer for all of it? */
static enum err all_owned(struct raising *r, const struct thing *v, size_t n)
{
	struct fault why, first = { 0 };
	uint64_t lack = 0;
	enum err e = OK;

	for (size_t i = 0; i < n; i++) {
		if (i == 0 || v[i].area.v != v[i - 1].area.v) {
			why = (struct fault){ 0 };
			e = ask_place(r, v[i].area, &why);
			if (e && e != ERR_RANGE)
				return fault_set(r->a->f, e, "%s%.0s", "%.0s%s", why.zh, why.en);
			if (e && !lack)
				first = why;
		}
		lack += e == ERR_RANGE;
	}
	if (!lack)
		return OK;
	return fault_set(r->a->f, ERR_CONFLICT, "有 %" PRIu64 " 个对象没有责任方，例如：%s%.0s",
			 "nobody answers for %" PRIu64 " of the things, for instance%.0s: %s", lack,
			 first.zh, first.en);
}

static void take_duty(struct raising *r, struct area_code area)
{
	while (r->place.v[r->at].area.v != area.v)
		r->at++;
	r->ev.duty = r->place.v[r->at].duty;
}

/* ---- counts --------------------------------------------------------------------------------- */

static enum err flush_node(void *arg, struct area_code area, const struct campaign_tally *t)
{
	const struct campaign_act *a = ((struct raising *)arg)->a;

	return campaign_count_add(a->tx, a->campaign->record.id.v, area, t, a->f);
}

/* ---- one task ------------------------------------------------------------------------------- */

/* "安全自查 · 永定区人民医院", as far as a title goes. */
static struct str title_of(const struct raising *r, const struct thing *t, char ret[TITLE_BYTES])
{
	struct str action = r->a->campaign->title;
	int n = snprintf(ret, TITLE_BYTES, "%.*s%s%.*s", (int)action.n, action.p,
			 t->label.n ? " · " : "", (int)t->label.n, t->label.n ? t->label.p : "");
	struct str s = { ret, min_size((size_t)n, TITLE_BYTES - 1) };

	while (s.n && str_characters(s) > TITLE_CHARS)
		do
			s.n--;
		while (s.n && ((unsigned char)s.p[s.n] & 0xc0) == 0x80);
	return s;
}

static enum err tell_owner(struct raising *r, const struct task *row, const struct flow_effects *fx)
{
	const struct campaign_act *a = r->a;
	bool was = true;
	enum err e = seen_put(&r->told, row->owner.v, &was);

	for (uint32_t i = 0; !e && !was && i < fx->n; i++)
		if (fx->v[i].is == FLOW_NOTIFY)
			e = tx_later(a->tx, &loop_sql.notice_put,
				     SQL_ARGS(sql_i64(area_county(row->record.area).v),
					      sql_i64(record_id_new(a->l->o.book).v),
					      sql_i64(row->record.id.v),
					      sql_i64((int64_t)fx->v[i].key),
					      sql_i64(fx->v[i].who.v),
					      sql_text(str_of(flow_say_words[fx->v[i].say].word)),
					      sql_null(), sql_i64(0), sql_time(a->now), sql_i64(0),
					      sql_i64(0)),
				     0, a->f);
	return e;
}

static int64_t key_of(const struct flow_effects *fx)
{
	for (uint32_t i = 0; i < fx->n; i++)
		if (fx->v[i].key)
			return (int64_t)fx->v[i].key;
	return 0;
}

static enum err raise_one(struct raising *r, const struct thing *t)
{
	const struct campaign_act *a = r->a;
	char title[TITLE_BYTES];
	struct flow_effects fx;
	struct many_task m = { .about_id = t->id };
	struct campaign_tally one;
	struct task *row = &m.row;
	enum err e;

	m.t = (struct flow_task){ .id = record_bulk_id(r->bulk).v };
	take_duty(r, t->area);
	if ((e = flow_step(&m.t, &r->ev, a->now, &fx)))
		return work_refused(fx.why, a->c, a->f);
	noun_blank(&task_noun, row);
	row->record = (struct record){ .id = { m.t.id },
				       .area = t->area,
				       .version = 1,
				       .created_at = a->now,
				       .updated_at = a->now,
				       .created_by = { a->c ? a->c->who->account : 0 } };
	row->kind = STR("campaign");
	row->sector = a->campaign->sector;
	row->rule = str_of(r->rule);
	row->title = title_of(r, t, title);
	row->detail = a->campaign->detail;
	row->about = str_of(r->about);
	task_derive(&m.t, a->now, row);
	m.campaign = a->campaign->record.id.v;
	m.key = key_of(&fx);
	campaign_tally_of(&m.t, &one);
	if ((e = record_bulk_add(r->bulk, row)) || (e = many_tasks_add(r->many, &m, a->f)) ||
	    (e = campaign_nodes_add(&r->nodes, t->area, &one)))
		return e;
	return tell_owner(r, row, &fx);
}

/* ---- all of them ---------------------------------------------------------------------------- */

static enum err enter(struct raising *r)
{
	const struct campaign_act *a = r->a;
	char matter[LEDGER_WORD_MAX];
	enum err e = OK;

	(void)snprintf(matter, sizeof matter, "campaign/" LEDGER_ID,
		       (long long)a->campaign->record.id.v);
	for (size_t i = 0; !e && i < record_bulk_entries(r->bulk); i++) {
		struct ledger_entry en;

		record_bulk_entry(r->bulk, i, &en);
		en.action = STR("raise");
		en.matter = str_of(matter);
		if (a->c) {
			e = call_act(a->c, a->tx, &en, a->f);
			continue;
		}
		en.at = a->now;
		en.kind = LEDGER_ACT;
		en.purpose = STR("duty");
		e = ledger_append(a->tx, &en, NULL, a->f);
	}
	return e;
}

enum err campaign_raise(const struct campaign_act *a, const char *about, const struct thing *v,
			size_t n)
{
	CLEANUP(raising_end) struct raising r = { .a = a, .about = about };
	enum err e;

	r.nodes = (struct campaign_nodes){ .done = flush_node, .arg = &r };

	if ((e = clock_for(&r)) || (e = all_owned(&r, v, n)) ||
	    (e = record_bulk_new(a->l->o.book, &task_noun, n, &r.bulk)) ||
	    (e = many_tasks_new(a->l, a->tx, &r.ev, &r.many)))
		return e;
	for (size_t i = 0; !e && i < n; i++)
		e = raise_one(&r, &v[i]);
	if (!e)
		e = many_tasks_flush(r.many, a->f);
	if (!e)
		e = campaign_nodes_end(&r.nodes);
	return e ? e : enter(&r);
}
