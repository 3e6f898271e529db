/*
 * contact_trace.c - a trace that was kept, held against the contacts its case has: who is new, what
 * is told differently now, who is none any more; and their tasks with them.
 *
 * Nobody is excluded by a trace that looked less far than the one that found them: a narrower
 * window, or fewer generations.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "epidemic/contact.h"
#include "epidemic/epidemic.sql.h"
#include "epidemic/inside.h"
#include "ledger/ledger.h"
#include "loop/duty_of.h"

#include "base/ban.h"

enum { ONE_BYTES = 1 << 20 }; /* of one contact's row */

/* Of which clock each degree's task is; the words are those of data/clocks.json. */
static const struct to_do {
	const char *rule, *title;
} to_do[TRACE_CLASS_N] = {
	[TRACE_CLOSE] = { "close-contact-moved",
			  "落地并管控一名密切接触者 Find a close contact, and see to them" },
	[TRACE_SECONDARY] = { "secondary-contact-moved",
			      "落地并管控一名密接的密接 Find a contact of a contact, and see to "
			      "them" },
	[TRACE_GENERAL] = { "bulk-list-closed", "核实一名一般接触者 Reach a general contact" },
	[TRACE_COMPANION] = { "bulk-list-closed", "核实一名时空伴随者 Reach a companion" },
};

struct known {
	int64_t person, id;
	bool seen;
};
struct spot { /* where a place lies; 0: nobody described it */
	int64_t place;
	struct area_code area;
};
struct answers { /* who sees to contacts of an area */
	struct area_code area;
	struct flow_duty duty;
};
struct matching {
	struct call *c;
	struct tx *tx;
	struct fault *f;
	const struct case_row *of;
	const struct trail_answer *answer;
	int64_t trace, count;
	struct flow_party sender; /* the officer's; 0: of no department */
	struct str why;           /* contacts are struck */
	VEC(struct known) known;
	VEC(struct spot) spot;
	VEC(struct answers) answers;
	struct arena *one; /* of the contact at hand: a case has thousands */
	struct flow_effects fx;
	struct contact_change *ret;
};

static void matching_end(struct matching *m)
{
	vec_drop(&m->known);
	vec_drop(&m->spot);
	vec_drop(&m->answers);
	arena_end(&m->one);
}

static int by_person(const void *a, const void *b)
{
	const struct known *x = a, *y = b;

	return (x->person > y->person) - (x->person < y->person);
}

static enum err read_known(struct matching *m)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	bool more;
	enum err e = arena_new(ONE_BYTES, &m->one);

	if (!e)
		e = tx_rows(m->tx, &epidemic_sql.contacts_of, SQL_ARGS(sql_i64(m->of->record.id.v)),
			    &r, m->f);
	while (!e && !(e = rows_next(r, &more, m->f)) && more) {
		m->count++;
		if (!str_eq(rows_text(r, 1), STR("excluded")))
			e = vec_push(&m->known, ((struct known){ .id = rows_i64(r, 0),
								 .person = rows_i64(r, 2) }));
	}
	if (m->known.n)
		qsort(m->known.v, m->known.n, sizeof *m->known.v, by_person);
	return e;
}

/* Where they were last: of a place that somebody described, else where the case is. */
static enum err area_of(struct matching *m, const struct trail_contact *k, struct area_code *ret)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	const struct trail_encounter *last = NULL;
	struct spot spot;
	enum err e;

	*ret = m->of->record.area;
	for (size_t i = 0; i < k->n_encounters; i++)
		if (!last || k->encounter[i].to.v > last->to.v)
			last = &k->encounter[i];
	if (!last)
		return OK;
	for (size_t i = 0; i < m->spot.n; i++)
		if (m->spot.v[i].place == last->place.v) {
			if (m->spot.v[i].area.v)
				*ret = m->spot.v[i].area;
			return OK;
		}
	spot = (struct spot){ .place = last->place.v };
	e = tx_row(m->tx, &epidemic_sql.place_area, SQL_ARGS(sql_i64(last->place.v)), &r, m->f);
	if (e && e != ERR_ABSENT)
		return e;
	if (!e)
		spot.area.v = rows_i64(r, 0);
	if (area_level(spot.area) > AREA_TOWNSHIP)
		spot.area = area_at(spot.area, AREA_TOWNSHIP);
	if (spot.area.v)
		*ret = spot.area;
	return vec_push(&m->spot, spot);
}

static enum err duty_of(struct matching *m, struct area_code area, struct flow_duty *ret)
{
	struct answers x = { .area = area };
	enum err e;

	for (size_t i = 0; i < m->answers.n; i++)
		if (m->answers.v[i].area.v == area.v) {
			*ret = m->answers.v[i].duty;
			return OK;
		}
	e = loop_duty(m->tx, area, DUTY_EPIDEMIC, (struct flow_party){ 0 }, &x.duty, m->f);
	if (e)
		return e;
	*ret = x.duty;
	return vec_push(&m->answers, x);
}

static void tell_of(const struct matching *m, const struct trail_contact *k,
		    struct contact_row *ret, char trace[24])
{
	(void)snprintf(trace, 24, "%lld", (long long)m->trace);
	ret->degree = (enum contact_degree)(1 + k->klass);
	ret->generation = k->generation;
	ret->rule = k->rule;
	ret->profile = m->answer->profile;
	ret->first_at = k->first;
	ret->last_at = k->last;
	ret->overlap_s = (int64_t)k->overlap_s;
	ret->encounters = (int64_t)k->n_encounters;
	ret->trace = str_of(trace);
}

/* An officer of no department traces too: then the level above is the sender. */
static enum err raise_task(struct matching *m, const struct contact_row *k,
			   const struct flow_duty *duty)
{
	const struct to_do *what = &to_do[k->degree - 1];
	char title[160];
	struct loop_new task = {
		.area = k->record.area,
		.sector = DUTY_EPIDEMIC,
		.kind = STR("contact"),
		.rule = str_of(what->rule),
		.about = STR("contact"),
		.about_id = k->record.id.v,
		.needs = FLOW_TEXT,
		.until = FLOW_NEVER,
		.sender = m->sender.v ? m->sender : duty->checker,
		.caller = m->sender,
		.duty = duty,
	};
	int64_t id;

	task.title.p = title;
	/* The number first: a list cuts what is long, and all of a case's begin alike. */
	task.title.n = (size_t)snprintf(title, sizeof title, "%.*s %s", (int)k->number.n,
					k->number.p, what->title);
	if (m->sender.v)
		return loop_raise(m->c, m->tx, &task, &id, m->f);
	return loop_raise_by_house(loop_of(m->c), m->tx, &task, m->c->now, &id, m->f);
}

static enum err add(struct matching *m, const struct trail_contact *k)
{
	const struct record_book *book = epidemic_of(m->c)->o.book;
	char number[64], trace[24];
	struct contact_row row;
	struct ledger_entry en;
	struct sql_value county;
	struct flow_duty duty;
	enum err e;

	noun_blank(&contact_noun, &row);
	row.record = (struct record){ .id = record_id_new(epidemic_of(m->c)->o.book),
				      .version = 1,
				      .state = CONTACT_FOUND,
				      .created_at = m->c->now,
				      .updated_at = m->c->now,
				      .created_by = { m->c->who->account } };
	row.number.p = number;
	row.number.n = (size_t)snprintf(number, sizeof number, "%.*s-%lld", (int)m->of->number.n,
					m->of->number.p, (long long)++m->count);
	row.of_case = m->of->record.id;
	row.push = (enum contact_push)(1 + FLOW_KEPT);
	tell_of(m, k, &row, trace);
	if ((e = area_of(m, k, &row.record.area)) || (e = duty_of(m, row.record.area, &duty)))
		return e;
	row.party.v = duty.owner.v;
	county = sql_i64(area_county(row.record.area).v);
	if ((e = record_put(book, m->tx, &contact_noun, &row, m->f)) ||
	    (e = tx_later(m->tx, &epidemic_sql.contact_person_put,
			  SQL_ARGS(county, sql_i64(row.record.id.v), sql_i64(k->person)), 1,
			  m->f)) ||
	    (e = record_entry(&contact_noun, NULL, &row, STR("find"), &en)) ||
	    (e = call_act(m->c, m->tx, &en, m->f)))
		return e;
	m->ret->added++;
	return raise_task(m, &row, &duty);
}

static bool same(const struct contact_row *a, const struct contact_row *b)
{
	return a->degree == b->degree && a->generation == b->generation &&
	       str_eq(a->rule, b->rule) && str_eq(a->profile, b->profile) &&
	       a->first_at.v == b->first_at.v && a->last_at.v == b->last_at.v &&
	       a->overlap_s == b->overlap_s && a->encounters == b->encounters;
}

static enum err load(struct matching *m, int64_t id, struct contact_row **ret)
{
	void *row;
	enum err e;

	arena_clear(m->one);
	e = record_get(epidemic_of(m->c)->o.book, m->tx, &contact_noun, (struct record_id){ id },
		       m->one, &row, m->f);
	if (!e)
		*ret = row;
	return e;
}

static enum err change(struct matching *m, int64_t id, const struct trail_contact *k)
{
	struct contact_row *was, is;
	char trace[24];
	enum err e = load(m, id, &was);

	if (e)
		return e;
	is = *was;
	tell_of(m, k, &is, trace);
	if (same(was, &is))
		return OK;
	m->ret->changed++;
	return record_follow(epidemic_of(m->c)->o.book, m->c, m->tx, &contact_noun, was, &is,
			     "change", m->c->now, m->f);
}

/* The house strikes what a trace raised, and nothing that somebody else did. */
static enum err strike(struct matching *m, int64_t contact)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct loop_act act = { .ev = { .on = FLOW_ON_CANCEL,
					.turn = FLOW_ANY_TURN,
					.actor = FLOW_HOUSE,
					.by = FLOW_NEVER,
					.reason = true },
				.reason = m->why };
	VEC(int64_t) ids = { 0 };
	bool more;
	enum err e = tx_rows(m->tx, &epidemic_sql.contact_tasks_open, SQL_ARGS(sql_i64(contact)),
			     &r, m->f);

	while (!e && !(e = rows_next(r, &more, m->f)) && more)
		e = vec_push(&ids, rows_i64(r, 0));
	for (size_t i = 0; i < ids.n && !e; i++) {
		act.task = ids.v[i];
		e = loop_do(loop_of(m->c), m->c, m->tx, &act, m->c->now, &m->fx, m->f);
	}
	vec_drop(&ids);
	return e;
}

static enum err exclude(struct matching *m, int64_t id)
{
	struct contact_row *was, is;
	enum err e = load(m, id, &was);

	if (e || was->generation > m->ret->generations ||
	    (was->record.state != CONTACT_FOUND && was->record.state != CONTACT_LOCATED))
		return e;
	is = *was;
	is.record.state = CONTACT_EXCLUDED;
	is.ended_at = m->c->now;
	m->ret->gone++;
	e = record_follow(epidemic_of(m->c)->o.book, m->c, m->tx, &contact_noun, was, &is,
			  "exclude", m->c->now, m->f);
	return e ? e : strike(m, id);
}

enum err contact_match(struct call *c, struct tx *tx, const struct case_row *of, int64_t trace,
		       const struct trail_answer *a, bool whole, struct contact_change *ret,
		       struct fault *f)
{
	CLEANUP(matching_end)
	struct matching m = { .c = c,
			      .tx = tx,
			      .f = f,
			      .of = of,
			      .answer = a,
			      .trace = trace,
			      .ret = ret,
			      .why = STR("新的追踪排除了此接触者 Excluded by a new trace") };
	enum err e = loop_party(c, tx, &m.sender, NULL, f);

	if (!e)
		e = read_known(&m);
	for (size_t i = 0; i < a->n_contacts && !e; i++) {
		const struct known wanted = { .person = a->contact[i].person };
		struct known *k = m.known.n ? bsearch(&wanted, m.known.v, m.known.n,
						      sizeof *m.known.v, by_person)
					    : NULL;

		if (k)
			k->seen = true;
		e = k ? change(&m, k->id, &a->contact[i]) : add(&m, &a->contact[i]);
	}
	for (size_t i = 0; i < m.known.n && whole && !e; i++)
		if (!m.known.v[i].seen)
			e = exclude(&m, m.known.v[i].id);
	return e;
}

enum err contact_case_end(struct call *c, struct tx *tx, const struct case_row *of, struct fault *f)
{
	struct contact_change change = { .generations = INT64_MAX };
	CLEANUP(matching_end)
	struct matching m = { .c = c,
			      .tx = tx,
			      .f = f,
			      .of = of,
			      .ret = &change,
			      .why = STR("病例已订正为排除 The case was overturned") };
	enum err e = read_known(&m);

	for (size_t i = 0; i < m.known.n && !e; i++)
		e = exclude(&m, m.known.v[i].id);
	return e;
}
