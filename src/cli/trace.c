/*
 * trace.c - the verb `trace`: every case's contacts, as rows, with the proof beside them.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/check.h"
#include "cli/cli.h"
#include "cli/lists.h"
#include "cli/load.h"
#include "cli/rules.h"
#include "table/table.h"

#include "base/ban.h"

enum { BATCH_MAX = 256 };
#define BATCH_BUDGET_BYTES ((size_t)256 << 30) /* address space: what an answer needs, it gets */
#define BATCH_WANTED_BYTES ((size_t)256 << 20) /* memory of an answer at which batches stay */

enum {
	CASE,
	CONTACT,
	GENERATION,
	VIA,
	CLASS,
	ENCOUNTERS,
	OVERLAP,
	FIRST,
	LAST,
	PLACES,
	RULE,
	PROFILE,
	COLUMN_N
};

static const struct table_out_column COLUMNS[COLUMN_N] = {
	{ "case", TABLE_TEXT },          { "contact", TABLE_TEXT },
	{ "generation", TABLE_INT },     { "via", TABLE_TEXT },
	{ "class", TABLE_TEXT },         { "encounters", TABLE_INT },
	{ "overlap_s", TABLE_INT },      { "first_exposure", TABLE_TIME },
	{ "last_exposure", TABLE_TIME }, { "places", TABLE_TEXT },
	{ "rule", TABLE_TEXT },          { "profile", TABLE_TEXT },
};

enum {
	P_CASE,
	P_GENERATION,
	P_VIA,
	P_CONTACT,
	P_PLACE,
	P_FROM,
	P_TO,
	P_OVERLAP,
	P_RULE,
	PROOF_COLUMN_N
};

static const struct table_out_column PROOF_COLUMNS[PROOF_COLUMN_N] = {
	{ "case", TABLE_TEXT },    { "generation", TABLE_INT }, { "via", TABLE_TEXT },
	{ "contact", TABLE_TEXT }, { "place", TABLE_TEXT },     { "from", TABLE_TIME },
	{ "to", TABLE_TIME },      { "overlap_s", TABLE_INT },  { "rule", TABLE_TEXT },
};

/* A contact or an encounter with its texts looked up, to be sorted by bytes. */
struct sorted_contact {
	struct str id;
	const struct trace_contact *k;
};
struct sorted_encounter {
	struct str via, place;
	const struct trace_encounter *x;
};

struct run {
	struct cli *c;
	struct load *l;
	struct rules *r;
	struct check check;
	enum table_format format;
	struct table_out *out, *proof;
	struct arena *arena; /* of one batch */
	VEC(struct sorted_contact) contacts;
	VEC(struct sorted_encounter) encounters;
	VEC(struct str) texts;
	struct buf via, places;
};

static void run_end(struct run *u)
{
	check_end(&u->check);
	table_out_end(&u->out);
	table_out_end(&u->proof);
	arena_free(u->arena);
	vec_drop(&u->contacts);
	vec_drop(&u->encounters);
	vec_drop(&u->texts);
	buf_release(&u->via);
	buf_release(&u->places);
}

/* ---- one contact's rows --------------------------------------------------------------------- */

static int by_generation_and_id(const void *pa, const void *pb)
{
	const struct sorted_contact *a = pa, *b = pb;

	if (a->k->generation != b->k->generation)
		return a->k->generation < b->k->generation ? -1 : 1;
	return str_cmp(a->id, b->id);
}

static int by_i64(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int by_via_place_time(const void *pa, const void *pb)
{
	const struct sorted_encounter *a = pa, *b = pb;
	int c = str_cmp(a->via, b->via);

	if (!c)
		c = str_cmp(a->place, b->place);
	if (!c)
		c = by_i64(a->x->from.v, b->x->from.v);
	if (!c)
		c = by_i64(a->x->to.v, b->x->to.v);
	return c ? c : (a->x->rule > b->x->rule) - (a->x->rule < b->x->rule);
}

/* Fill u->encounters in their order, u->via and u->places as they are written. */
static enum err look_up(struct run *u, const struct trace_encounter *x, size_t n)
{
	const struct shelf_names *names = &u->l->names;
	enum err e;

	if ((e = vec_reserve(&u->encounters, n)) || (e = vec_reserve(&u->texts, n)))
		return e;
	u->encounters.n = n;
	u->texts.n = 0;
	for (size_t i = 0; i < n; i++)
		u->encounters.v[i] = (struct sorted_encounter){
			names_text(names->persons, x[i].via.v),
			x[i].place.v == TRACE_NONE ? STR("")
						   : names_text(names->places, x[i].place.v),
			&x[i]
		};
	if (n > 1)
		qsort(u->encounters.v, n, sizeof(u->encounters.v[0]), by_via_place_time);
	for (size_t i = 0; i < n; i++)
		u->texts.v[i] = u->encounters.v[i].via;
	lists_join(u->texts.v, n, &u->via);
	for (size_t i = 0; i < n; i++)
		if (u->encounters.v[i].x->place.v != TRACE_NONE)
			u->texts.v[u->texts.n++] = u->encounters.v[i].place;
	if (u->texts.n > 1)
		qsort(u->texts.v, u->texts.n, sizeof(u->texts.v[0]), lists_by_bytes);
	lists_join(u->texts.v, u->texts.n, &u->places);
	return u->via.failed ? u->via.failed : u->places.failed;
}

static struct table_cell time_cell(struct utc_s t)
{
	return t.v == TRACE_NEVER || t.v == TRACE_STILL ? table_none() : table_time(t);
}

static enum err write_contact(struct run *u, struct str case_id, struct str id,
			      const struct trace_contact *k)
{
	struct table_cell cells[COLUMN_N] = {
		[CASE] = table_text(case_id),
		[CONTACT] = table_text(id),
		[GENERATION] = table_int(k->generation),
		[VIA] = table_text(buf_view(&u->via)),
		[CLASS] = table_text(str_of(trace_class_word((enum trace_class)k->klass))),
		[ENCOUNTERS] = table_int(k->n_encounters),
		[OVERLAP] = table_int((int64_t)k->overlap_s),
		[FIRST] = time_cell(k->first),
		[LAST] = time_cell(k->last),
		[PLACES] = table_text(buf_view(&u->places)),
		[RULE] = table_text(rules_word(u->r, k->rule)),
		[PROFILE] = table_text(str_of(u->r->rules.profile)),
	};

	return table_out_row(u->out, cells, &u->c->fault);
}

static enum err write_proof(struct run *u, struct str case_id, struct str id,
			    const struct trace_contact *k)
{
	enum err e = OK;

	for (size_t i = 0; i < u->encounters.n && !e; i++) {
		const struct sorted_encounter *s = &u->encounters.v[i];
		bool dated = s->x->from.v != TRACE_NEVER;
		struct table_cell cells[PROOF_COLUMN_N] = {
			[P_CASE] = table_text(case_id),
			[P_GENERATION] = table_int(k->generation),
			[P_VIA] = table_text(s->via),
			[P_CONTACT] = table_text(id),
			[P_PLACE] =
				s->x->place.v == TRACE_NONE ? table_none() : table_text(s->place),
			[P_FROM] = time_cell(s->x->from),
			[P_TO] = time_cell(s->x->to),
			[P_OVERLAP] = table_int(dated ? s->x->to.v - s->x->from.v : 0),
			[P_RULE] = table_text(rules_word(u->r, s->x->rule)),
		};

		e = table_out_row(u->proof, cells, &u->c->fault);
	}
	return e;
}

static enum err write_answer(struct run *u, const struct load_case *k, const struct trace_answer *a)
{
	struct str case_id = names_text(u->l->case_names, k->name);
	enum err e;

	if ((e = vec_reserve(&u->contacts, a->n_contacts)))
		return e;
	u->contacts.n = a->n_contacts;
	for (size_t i = 0; i < a->n_contacts; i++)
		u->contacts.v[i] = (struct sorted_contact){
			names_text(u->l->names.persons, a->contact[i].person.v), &a->contact[i]
		};
	if (a->n_contacts > 1)
		qsort(u->contacts.v, u->contacts.n, sizeof(u->contacts.v[0]), by_generation_and_id);
	for (size_t i = 0; i < u->contacts.n; i++) {
		const struct sorted_contact *s = &u->contacts.v[i];

		if ((e = look_up(u, a->encounter + s->k->i_encounter, s->k->n_encounters)))
			return e;
		if ((e = write_contact(u, case_id, s->id, s->k)))
			return e;
		if (u->proof && (e = write_proof(u, case_id, s->id, s->k)))
			return e;
	}
	return OK;
}

/* ---- all cases ------------------------------------------------------------------------------ */

static enum err open_out(struct run *u)
{
	const struct cli_args *a = &u->c->args;
	struct table_out_options o = {
		.format = u->format,
		.columns = COLUMNS,
		.n_columns = COLUMN_N,
		.zone = u->l->cases_in_seconds ? NULL : u->l->zone,
	};
	enum err e;

	/* What is written to a pipe cannot be taken back. */
	if (u->l->straight && (e = check_wait(&u->check, &u->c->fault)))
		return e;
	if ((e = table_out_open(a->text[CLI_OUT] ? a->text[CLI_OUT] : "-", &o, &u->out,
				&u->c->fault)))
		return e;
	if (!a->text[CLI_ENCOUNTERS])
		return OK;
	o.format = TABLE_CSV;
	o.columns = PROOF_COLUMNS;
	o.n_columns = PROOF_COLUMN_N;
	return table_out_open(a->text[CLI_ENCOUNTERS], &o, &u->proof, &u->c->fault);
}

static enum err ask(struct run *u, const struct load_case *cases, size_t n,
		    struct trace_answer *ret)
{
	struct warrant w[BATCH_MAX];

	for (size_t i = 0; i < n; i++)
		w[i] = (struct warrant){
			.case_number = cases[i].name,
			.purpose = TRACE_CONTACT_TRACING,
			.index = cases[i].person,
			.from = cases[i].from,
			.to = cases[i].to,
			.generations =
				u->c->args.number[CLI_GENERATIONS] == CLI_UNSET
					? 1
					: (uint32_t)min_i64(u->c->args.number[CLI_GENERATIONS],
							    UINT32_MAX),
			.limit = UINT32_MAX,
		};
	return check_blame(&u->check,
			   trace_contacts(u->l->view, &u->r->ask, w, n, u->arena, ret,
					  &u->c->fault),
			   &u->c->fault);
}

/* Batches grow while answers are small, so that many cases share a sweep and memory is bounded. */
static enum err each_case(struct run *u)
{
	size_t n_cases = u->l->cases.n, n = 1;

	for (size_t i = 0; i < n_cases; i += n) {
		struct trace_answer answers[BATCH_MAX];
		enum err e;

		if (i)
			n = arena_used(u->arena) > BATCH_WANTED_BYTES ? n / 2 + n % 2 : n * 2;
		n = min_size(min_size(n, BATCH_MAX), n_cases - i);
		arena_clear(u->arena);
		if ((e = ask(u, &u->l->cases.v[i], n, answers)))
			return e;
		if (!u->out && (e = open_out(u)))
			return e;
		for (size_t k = 0; k < n; k++)
			if ((e = write_answer(u, &u->l->cases.v[i + k], &answers[k])))
				return e;
		cli_say_progress(u->c, i + n, n_cases, i + n);
	}
	cli_say_progress_end(u->c);
	return u->out ? OK : open_out(u);
}

static enum err publish(struct run *u)
{
	enum err e;

	if ((e = check_wait(&u->check, &u->c->fault)))
		return e;
	/* All or none: whatever the disk refuses, it refuses before the first is published. */
	if ((e = load_refused_settle(u->l)) ||
	    (u->proof && (e = table_out_settle(u->proof, &u->c->fault))) ||
	    (e = table_out_settle(u->out, &u->c->fault)))
		return e;
	if ((e = load_refused_close(u->l)) ||
	    (u->proof && (e = table_out_close(&u->proof, &u->c->fault))))
		return e;
	return table_out_close(&u->out, &u->c->fault);
}

static enum err answer(struct cli *c, struct load *l, struct rules *r, enum table_format format)
{
	CLEANUP(run_end) struct run u = { .c = c, .l = l, .r = r, .format = format };
	enum err e;

	check_begin(&u.check, l->shelf);
	if ((e = arena_new(BATCH_BUDGET_BYTES, &u.arena)))
		return e;
	if ((e = each_case(&u)))
		return e;
	return publish(&u);
}

enum err cli_trace(struct cli *c)
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
	if ((e = load_cases(&l, rules_window_if_any(&r), &r)))
		return e;
	if ((e = load_named_file(&l)))
		return e;
	if ((e = load_view(&l)))
		return e;
	if ((e = rules_bind(&r, &l)))
		return e;
	return answer(c, &l, &r, format);
}
