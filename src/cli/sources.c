/*
 * sources.c - the verb `sources`: where and from whom the cases may have caught it, ranked.
 *
 * One table for places, events and people, told apart by the column `sort`; the evidence of a
 * row (sort, rank) is in --encounters: the visits of the cases to a place or event, or their
 * encounters with a person.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/check.h"
#include "cli/cli.h"
#include "cli/lists.h"
#include "cli/load.h"
#include "cli/rules.h"
#include "engine/trace/source.h"
#include "table/table.h"

#include "base/ban.h"

#define BUDGET_BYTES ((size_t)256 << 30)

enum {
	SORT,
	RANK,
	ID,
	FROM,
	TO,
	N_CASES,
	CASES,
	ATTENDEES,
	EXPECTED,
	SCORE,
	VISITS,
	DAYS,
	OVERLAP,
	STRONG,
	OWN_CASE,
	COLUMN_N
};

static const struct table_out_column COLUMNS[COLUMN_N] = {
	{ "sort", TABLE_TEXT },     { "rank", TABLE_INT },      { "id", TABLE_TEXT },
	{ "from", TABLE_TIME },     { "to", TABLE_TIME },       { "n_cases", TABLE_INT },
	{ "cases", TABLE_TEXT },    { "attendees", TABLE_INT }, { "expected", TABLE_TEXT },
	{ "score", TABLE_TEXT },    { "visits", TABLE_INT },    { "days", TABLE_INT },
	{ "overlap_s", TABLE_INT }, { "strong", TABLE_INT },    { "own_case", TABLE_TEXT },
};

enum { E_SORT, E_RANK, E_CASE, E_PERSON, E_PLACE, E_FROM, E_TO, E_RULE, EVIDENCE_COLUMN_N };

static const struct table_out_column EVIDENCE_COLUMNS[EVIDENCE_COLUMN_N] = {
	{ "sort", TABLE_TEXT },   { "rank", TABLE_INT },   { "case", TABLE_TEXT },
	{ "person", TABLE_TEXT }, { "place", TABLE_TEXT }, { "from", TABLE_TIME },
	{ "to", TABLE_TIME },     { "rule", TABLE_TEXT },
};

struct run {
	struct cli *c;
	struct load *l;
	struct rules *r;
	struct check check;
	struct arena *arena;
	struct table_out *out, *evidence;
	const struct trace_sources *s;
	VEC(struct str) texts;
	struct buf cases, number_a, number_b;
};

static void run_end(struct run *u)
{
	check_end(&u->check);
	table_out_end(&u->out);
	table_out_end(&u->evidence);
	arena_free(u->arena);
	vec_drop(&u->texts);
	buf_release(&u->cases);
	buf_release(&u->number_a);
	buf_release(&u->number_b);
}

/* ---- windows -------------------------------------------------------------------------------- */

/* A load_window: where the case may have caught it, by the profile's incubation. */
static enum err backward_window(void *arg, struct load_case *k, struct fault *f)
{
	const struct rules *r = arg;

	if (!k->has_onset)
		return fault_set(f, ERR_ABSENT, "没有 onset，无法倒推潜伏期",
				 "no onset to reckon the incubation from");
	return profile_incubation_window(r->profile, k->onset.day, r->zone, &k->from, &k->to, f);
}

static enum err cases_of(struct run *u, struct trace_source_case **ret)
{
	size_t n = u->l->cases.n;
	struct trace_source_case *cases = arena_take(u->arena, n + 1, sizeof(*cases));

	if (!cases)
		return ERR_MEMORY;
	for (size_t i = 0; i < n; i++) {
		struct load_case k = u->l->cases.v[i];

		cases[i].warrant = (struct warrant){
			.case_number = k.name,
			.purpose = TRACE_SOURCE_TRACING,
			.index = k.person,
			.from = k.from,
			.to = k.to,
			.generations = 1,
			.limit = UINT32_MAX,
		};
		cases[i].infectious_known = u->r->profile && rules_window(u->r, &k, NULL) == OK;
		cases[i].infectious_from = k.from;
		cases[i].infectious_to = k.to;
	}
	*ret = cases;
	return OK;
}

/* ---- rows ----------------------------------------------------------------------------------- */

static struct str case_name(const struct run *u, uint32_t i_case)
{
	return names_text(u->l->case_names, u->l->cases.v[i_case].name);
}

static struct table_cell time_cell(struct utc_s t)
{
	return t.v == TRACE_NEVER || t.v == TRACE_STILL ? table_none() : table_time(t);
}

static struct table_cell decimal(struct buf *b, double v)
{
	buf_clear(b);
	buf_fmt(b, "%.4f", v);
	return table_text(buf_view(b));
}

static enum err write_evidence(struct run *u, const char *sort, size_t rank, uint32_t i_case,
			       struct str person, struct place_id place, struct utc_s from,
			       struct utc_s to, struct str rule)
{
	struct table_cell cells[EVIDENCE_COLUMN_N] = {
		[E_SORT] = table_text(str_of(sort)),
		[E_RANK] = table_int((int64_t)rank),
		[E_CASE] = table_text(case_name(u, i_case)),
		[E_PERSON] = table_text(person),
		[E_PLACE] = place.v == TRACE_NONE
				    ? table_none()
				    : table_text(names_text(u->l->names.places, place.v)),
		[E_FROM] = time_cell(from),
		[E_TO] = time_cell(to),
		[E_RULE] = table_text(rule),
	};

	return u->evidence ? table_out_row(u->evidence, cells, &u->c->fault) : OK;
}

/* Evidence of a place or an event, and its cases as a list. */
static enum err write_visits(struct run *u, const char *sort, size_t rank, size_t i, size_t n)
{
	enum err e;

	if ((e = vec_reserve(&u->texts, n)))
		return e;
	u->texts.n = n;
	for (size_t k = 0; k < n; k++) {
		const struct trace_source_visit *v = &u->s->visit[i + k];
		struct person_id person = u->l->cases.v[v->i_case].person;

		u->texts.v[k] = case_name(u, v->i_case);
		if ((e = write_evidence(u, sort, rank, v->i_case,
					names_text(u->l->names.persons, person.v), v->stay.place,
					v->stay.from, v->stay.to, STR(""))))
			return e;
	}
	qsort(u->texts.v, n, sizeof(u->texts.v[0]), lists_by_bytes);
	lists_join(u->texts.v, n, &u->cases);
	return u->cases.failed;
}

static enum err write_place(struct run *u, size_t rank, const struct trace_source_place *p)
{
	enum err e = write_visits(u, "place", rank, p->i_visit, p->n_visits);
	struct table_cell cells[COLUMN_N] = {
		[SORT] = table_text(STR("place")),
		[RANK] = table_int((int64_t)rank),
		[ID] = table_text(names_text(u->l->names.places, p->place.v)),
		[FROM] = table_none(),
		[TO] = table_none(),
		[N_CASES] = table_int(p->n_cases),
		[CASES] = table_text(buf_view(&u->cases)),
		[ATTENDEES] = p->n_cases > 1 ? table_int(p->attendees) : table_none(),
		[EXPECTED] = p->n_cases > 1 ? decimal(&u->number_a, p->expected) : table_none(),
		[SCORE] = decimal(&u->number_b, p->score),
		[VISITS] = table_int((int64_t)p->busy.visits),
		[DAYS] = table_int(p->busy.days),
		[OVERLAP] = table_none(),
		[STRONG] = table_none(),
		[OWN_CASE] = table_none(),
	};

	return e ? e : table_out_row(u->out, cells, &u->c->fault);
}

static enum err write_event(struct run *u, size_t rank, const struct trace_source_event *x)
{
	enum err e = write_visits(u, "event", rank, x->i_visit, x->n_visits);
	struct table_cell cells[COLUMN_N] = {
		[SORT] = table_text(STR("event")),
		[RANK] = table_int((int64_t)rank),
		[ID] = table_text(names_text(u->l->names.places, x->place.v)),
		[FROM] = time_cell(x->from),
		[TO] = time_cell(x->to),
		[N_CASES] = table_int(x->n_cases),
		[CASES] = table_text(buf_view(&u->cases)),
		[ATTENDEES] = table_int(x->attendees),
		[EXPECTED] = decimal(&u->number_a, x->expected),
		[SCORE] = decimal(&u->number_b, x->score),
		[VISITS] = table_none(),
		[DAYS] = table_none(),
		[OVERLAP] = table_none(),
		[STRONG] = table_none(),
		[OWN_CASE] = table_none(),
	};

	return e ? e : table_out_row(u->out, cells, &u->c->fault);
}

static enum err write_person(struct run *u, size_t rank, const struct trace_source_person *p)
{
	struct str id = names_text(u->l->names.persons, p->person.v);
	struct table_cell cells[COLUMN_N] = {
		[SORT] = table_text(STR("person")),
		[RANK] = table_int((int64_t)rank),
		[ID] = table_text(id),
		[FROM] = time_cell(p->first),
		[TO] = time_cell(p->last),
		[N_CASES] = table_int(p->n_cases),
		[ATTENDEES] = table_none(),
		[EXPECTED] = table_none(),
		[SCORE] = table_none(),
		[VISITS] = table_none(),
		[DAYS] = table_none(),
		[OVERLAP] = table_int((int64_t)p->overlap_s),
		[STRONG] = table_int(p->n_strong),
		[OWN_CASE] = p->own_case == TRACE_NONE ? table_none()
						       : table_text(case_name(u, p->own_case)),
	};
	enum err e;

	if ((e = vec_reserve(&u->texts, p->n_encounters)))
		return e;
	u->texts.n = p->n_encounters;
	for (size_t i = 0; i < p->n_encounters; i++) {
		const struct trace_source_encounter *x = &u->s->encounter[p->i_encounter + i];

		u->texts.v[i] = case_name(u, x->i_case);
		if ((e = write_evidence(u, "person", rank, x->i_case, id, x->e.place, x->e.from,
					x->e.to, rules_word(u->r, x->e.rule))))
			return e;
	}
	if (u->texts.n)
		qsort(u->texts.v, u->texts.n, sizeof(u->texts.v[0]), lists_by_bytes);
	lists_join(u->texts.v, u->texts.n, &u->cases);
	cells[CASES] = table_text(buf_view(&u->cases));
	return u->cases.failed ? u->cases.failed : table_out_row(u->out, cells, &u->c->fault);
}

static enum err write_all(struct run *u, const struct trace_sources *s)
{
	int64_t top = u->c->args.number[CLI_TOP];
	size_t max = top == CLI_UNSET ? SIZE_MAX : (size_t)top;
	enum err e = OK;

	u->s = s;
	for (size_t i = 0; i < min_size(s->n_places, max) && !e; i++)
		e = write_place(u, i + 1, &s->place[i]);
	for (size_t i = 0; i < min_size(s->n_events, max) && !e; i++)
		e = write_event(u, i + 1, &s->event[i]);
	for (size_t i = 0; i < min_size(s->n_people, max) && !e; i++)
		e = write_person(u, i + 1, &s->person[i]);
	return e;
}

/* ---- the run -------------------------------------------------------------------------------- */

static enum err open_out(struct run *u, enum table_format format)
{
	const struct cli_args *a = &u->c->args;
	struct table_out_options o = {
		.format = format,
		.columns = COLUMNS,
		.n_columns = COLUMN_N,
		.zone = u->l->cases_in_seconds ? NULL : u->l->zone,
	};
	enum err e = table_out_open(a->text[CLI_OUT] ? a->text[CLI_OUT] : "-", &o, &u->out,
				    &u->c->fault);

	if (e || !a->text[CLI_ENCOUNTERS])
		return e;
	o.format = TABLE_CSV;
	o.columns = EVIDENCE_COLUMNS;
	o.n_columns = EVIDENCE_COLUMN_N;
	return table_out_open(a->text[CLI_ENCOUNTERS], &o, &u->evidence, &u->c->fault);
}

/* All or none. */
static enum err publish(struct run *u)
{
	enum err e;

	if ((e = load_refused_settle(u->l)) ||
	    (u->evidence && (e = table_out_settle(u->evidence, &u->c->fault))) ||
	    (e = table_out_settle(u->out, &u->c->fault)))
		return e;
	if ((e = load_refused_close(u->l)) ||
	    (u->evidence && (e = table_out_close(&u->evidence, &u->c->fault))))
		return e;
	return table_out_close(&u->out, &u->c->fault);
}

static enum err answer(struct cli *c, struct load *l, struct rules *r, enum table_format format)
{
	CLEANUP(run_end) struct run u = { .c = c, .l = l, .r = r };
	struct trace_source_ask ask = { .n_cases = l->cases.n,
					.contacts = &r->ask,
					.population = l->n_visitors };
	struct trace_source_case *cases = NULL;
	struct trace_sources s;
	enum err e;

	check_begin(&u.check, l->shelf);
	if ((e = arena_new(BUDGET_BYTES, &u.arena)))
		return e;
	if ((e = cases_of(&u, &cases)))
		return e;
	ask.cases = cases;
	if ((e = trace_source_find(l->view, &ask, u.arena, &s, &c->fault)))
		return check_blame(&u.check, e, &c->fault);
	if ((e = check_wait(&u.check, &c->fault)))
		return e;
	if ((e = open_out(&u, format)))
		return e;
	if ((e = write_all(&u, &s)))
		return e;
	return publish(&u);
}

enum err cli_sources(struct cli *c)
{
	CLEANUP(load_end) struct load l = { 0 };
	CLEANUP(rules_end) struct rules r = { 0 };
	enum table_format format;
	enum err e;

	if ((e = load_usage(c, &format)))
		return e;
	if ((e = rules_begin(c, &r)))
		return e;
	if ((e = load_begin(c, &l)))
		return e;
	r.zone = l.zone;
	l.want_visitors = true;
	if ((e = load_cases(&l, r.profile ? backward_window : NULL, &r)))
		return e;
	if ((e = load_named_file(&l)))
		return e;
	if ((e = load_view(&l)))
		return e;
	if ((e = rules_bind(&r, &l)))
		return e;
	return answer(c, &l, &r, format);
}
