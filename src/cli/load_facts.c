/*
 * load_facts.c - rows of cases and of named contacts, each kept whole.
 */
#include <string.h>

#include "cli/load.h"

#include "base/ban.h"

// clang-format off
static const struct load_reason
	NO_PERSON = { "person 是空的", "person is empty" },
	BAD_FROM = { "from 不是可读的时间", "from cannot be read as a time" },
	BAD_TO = { "to 不是可读的时间", "to cannot be read as a time" },
	TO_ALONE = { "有 to 而没有 from", "there is a to without a from" },
	REVERSED = { "to 不晚于 from", "to is not later than from" },
	BAD_ONSET = { "onset 不是可读的时间", "onset cannot be read as a time" },
	BAD_POSITIVE = { "positive 不是可读的时间", "positive cannot be read as a time" },
	BAD_ISOLATED = { "isolated 不是可读的时间", "isolated cannot be read as a time" },
	NO_WINDOW = { "没有 from，也没有 onset 或 positive",
		      "neither from nor onset nor positive" },
	NO_PROFILE = { "没有 from；由 onset 或 positive 算窗口需要 --profile",
		       "no from; a window from onset or positive needs --profile" },
	OTHER_VALUES = { "同一病例编号先前有别的内容",
			 "this case id came before with other values" },
	NO_A = { "a 是空的", "a is empty" },
	NO_B = { "b 是空的", "b is empty" },
	SAME = { "a 与 b 是同一人", "a and b are the same person" };
// clang-format on

/* ---- cases ---------------------------------------------------------------------------------- */

enum column { PERSON, CASE, FROM, TO, ONSET, POSITIVE, ISOLATED, COLUMN_N };

static const struct table_column COLUMNS[COLUMN_N] = {
	{ "person", true }, { "case", false },     { "from", false },     { "to", false },
	{ "onset", false }, { "positive", false }, { "isolated", false },
};

struct case_reader {
	struct load *l;
	struct table *t;
	load_window *window;
	void *arg;
};

/* from and to of any file of facts; *ret_has is false if both cells are empty. */
static const struct load_reason *read_span(const struct zone *z, struct str from, struct str to,
					   bool *ret_has, struct utc_s *ret_from,
					   struct utc_s *ret_to)
{
	struct when a = { 0 }, b = { .at = { TRACE_STILL } };

	*ret_has = from.n != 0;
	if (!from.n)
		return to.n ? &TO_ALONE : NULL;
	if (!load_when(from, z, &a))
		return &BAD_FROM;
	if (to.n && !load_when(to, z, &b))
		return &BAD_TO;
	if (a.at.v >= b.at.v)
		return &REVERSED;
	*ret_from = a.at;
	*ret_to = b.at;
	return NULL;
}

static const struct load_reason *read_when(const struct zone *z, struct str s, bool *ret_has,
					   struct when *ret, const struct load_reason *bad)
{
	*ret_has = s.n != 0;
	return s.n && !load_when(s, z, ret) ? bad : NULL;
}

static const struct load_reason *read_case(const struct case_reader *r,
					   const struct csv_record *row, struct load_case *k)
{
	const struct zone *z = r->l->zone;
	const struct load_reason *why;
	struct when isolated = { 0 };

	if (load_cell(r->t, row, PERSON).n == 0)
		return &NO_PERSON;
	if ((why = read_span(z, load_cell(r->t, row, FROM), load_cell(r->t, row, TO),
			     &k->has_window, &k->from, &k->to)))
		return why;
	if ((why = read_when(z, load_cell(r->t, row, ONSET), &k->has_onset, &k->onset, &BAD_ONSET)))
		return why;
	if ((why = read_when(z, load_cell(r->t, row, POSITIVE), &k->has_positive, &k->positive,
			     &BAD_POSITIVE)))
		return why;
	if ((why = read_when(z, load_cell(r->t, row, ISOLATED), &k->has_isolated, &isolated,
			     &BAD_ISOLATED)))
		return why;
	/* A bare date: isolated at the end of that day. */
	k->isolated =
		isolated.kind == WHEN_DATE ? zone_day_start(z, isolated.day + 1) : isolated.at;
	if (!k->has_window && !k->has_onset && !k->has_positive)
		return &NO_WINDOW;
	return !k->has_window && !r->window ? &NO_PROFILE : NULL;
}

static bool same_when(bool has_a, const struct when *a, bool has_b, const struct when *b)
{
	return has_a == has_b && (!has_a || a->at.v == b->at.v);
}

/* As the rows were written: a window that a profile worked out is not compared. */
static bool same_case(const struct load_case *a, const struct load_case *b)
{
	return a->person.v == b->person.v && a->has_window == b->has_window &&
	       (!a->has_window || (a->from.v == b->from.v && a->to.v == b->to.v)) &&
	       same_when(a->has_onset, &a->onset, b->has_onset, &b->onset) &&
	       same_when(a->has_positive, &a->positive, b->has_positive, &b->positive) &&
	       a->has_isolated == b->has_isolated &&
	       (!a->has_isolated || a->isolated.v == b->isolated.v);
}

/*
 * The first time of the file decides how times are written: the first cell that can be read as
 * one, in the file's own order of rows and columns, whether or not its row is refused.
 */
static void note_first_time(const struct case_reader *r, const struct csv_record *row)
{
	static const enum column TIMES[] = { FROM, TO, ONSET, POSITIVE, ISOLATED };
	struct load *l = r->l;
	struct when w;

	for (size_t field = 0; field < row->n_fields && !l->cases_told_time; field++)
		for (size_t i = 0; i < ARRAY_LEN(TIMES); i++) {
			if (table_field(r->t, TIMES[i]) != (int)field ||
			    !load_when(row->fields[field], l->zone, &w))
				continue;
			l->cases_told_time = true;
			l->cases_in_seconds = w.integer;
		}
}

static enum err accept_case(const struct case_reader *r, const struct csv_record *row,
			    struct load_case *k, const struct load_reason **ret_why)
{
	struct str person = load_cell(r->t, row, PERSON), name = load_cell(r->t, row, CASE);
	struct load *l = r->l;
	enum err e;

	if ((e = names_intern(l->names.persons, person, &k->person.v)))
		return e;
	if ((e = names_intern(l->case_names, name.n ? name : person, &k->name)))
		return e;
	/* Names of cases are numbered as the cases are: a known name has the number of its case. */
	if (k->name < l->cases.n) {
		if (same_case(k, &l->cases.v[k->name]))
			l->c->cases.duplicate++;
		else
			*ret_why = &OTHER_VALUES;
		return OK;
	}
	return vec_push(&l->cases, *k);
}

static enum err take_case(const struct case_reader *r, const struct csv_record *row)
{
	struct load_case k = { 0 };
	const struct load_reason *why = NULL;
	struct load_reason own;
	struct fault f = { 0 };
	enum err e = OK;

	r->l->c->cases.in++;
	if (row->refusal_en) {
		own = (struct load_reason){ row->refusal_zh, row->refusal_en };
		why = &own;
	} else {
		note_first_time(r, row);
		why = read_case(r, row, &k);
	}
	if (!why && !k.has_window) {
		e = r->window(r->arg, &k, &f);
		if (e == ERR_RANGE || e == ERR_ABSENT) {
			own = (struct load_reason){ f.code ? f.zh : err_zh(e),
						    f.code ? f.en : err_en(e) };
			why = &own;
		} else if (e) {
			r->l->c->fault = f;
			return e;
		}
	}
	if (!why && (e = accept_case(r, row, &k, &why)))
		return e;
	return why ? load_refuse(r->l, &r->l->c->cases, "cases", row, *why) : OK;
}

static enum err check_columns(const struct case_reader *r, const char *path, struct fault *f)
{
	bool window = table_field(r->t, FROM) >= 0;
	bool anchor = table_field(r->t, ONSET) >= 0 || table_field(r->t, POSITIVE) >= 0;

	if (!window && !anchor)
		return fault_set(
			f, ERR_ABSENT,
			"%s：需要列 from,to，或 onset、positive 中至少一列（配合 --profile）",
			"%s: needs the columns from,to, or one of onset and positive "
			"(with --profile)",
			path);
	if (!window && !r->window)
		return fault_set(f, ERR_USAGE,
				 "%s：没有 from,to 列，由 onset 或 positive 算窗口需要 --profile",
				 "%s: has no columns from,to; windows from onset or positive need "
				 "--profile",
				 path);
	return OK;
}

enum err load_cases(struct load *l, load_window *window, void *arg)
{
	CLEANUP(table_end) struct table *t = NULL;
	const char *path = l->c->args.text[CLI_CASES];
	struct case_reader r = { .l = l, .window = window, .arg = arg };
	struct csv_record row;
	bool more;
	enum err e;

	l->c->cases.given = true;
	if ((e = load_open(l, path, COLUMNS, COLUMN_N, &t, &l->c->fault)))
		return e;
	r.t = t;
	if ((e = check_columns(&r, path, &l->c->fault)))
		return e;
	for (;;) {
		if ((e = table_next(t, &row, &more, &l->c->fault)))
			return e;
		if (!more)
			return OK;
		if ((e = take_case(&r, &row)))
			return e;
	}
}

/* ---- named contacts ------------------------------------------------------------------------- */

enum named_column { A, B, N_FROM, N_TO, N_KIND, NAMED_COLUMN_N };

static const struct table_column NAMED_COLUMNS[NAMED_COLUMN_N] = {
	{ "a", true }, { "b", true }, { "from", false }, { "to", false }, { "kind", false },
};

struct named_reader {
	struct load *l;
	struct table *t;
	struct names *seen; /* every accepted row as one text */
	struct buf key;
};

static const struct load_reason *read_named(const struct named_reader *r,
					    const struct csv_record *row, struct load_named *x)
{
	struct str a = load_cell(r->t, row, A), b = load_cell(r->t, row, B);
	const struct load_reason *why;
	bool dated;

	if (a.n == 0)
		return &NO_A;
	if (b.n == 0)
		return &NO_B;
	if (str_eq(a, b))
		return &SAME;
	if ((why = read_span(r->l->zone, load_cell(r->t, row, N_FROM), load_cell(r->t, row, N_TO),
			     &dated, &x->from, &x->to)))
		return why;
	if (!dated)
		x->from.v = x->to.v = TRACE_NEVER;
	x->infected = str_eq(load_cell(r->t, row, N_KIND), STR("infected"));
	return NULL;
}

/* a,b equals b,a; but who infected whom has a direction. */
static enum err seen_before(struct named_reader *r, const struct csv_record *row,
			    const struct load_named *x, bool *ret)
{
	bool turn = !x->infected && x->a.v > x->b.v;
	uint32_t pair[2] = { turn ? x->b.v : x->a.v, turn ? x->a.v : x->b.v };
	int64_t span[2] = { x->from.v, x->to.v };
	uint32_t n_before = names_count(r->seen), id;
	enum err e;

	buf_clear(&r->key);
	buf_put(&r->key, pair, sizeof(pair));
	buf_put(&r->key, span, sizeof(span));
	buf_str(&r->key, load_cell(r->t, row, N_KIND));
	if (r->key.failed)
		return r->key.failed;
	if ((e = names_intern(r->seen, buf_view(&r->key), &id)))
		return e;
	*ret = names_count(r->seen) == n_before;
	return OK;
}

static enum err take_named(struct named_reader *r, const struct csv_record *row)
{
	struct load *l = r->l;
	struct load_named x = { 0 };
	struct load_reason own = { row->refusal_zh, row->refusal_en };
	const struct load_reason *why = own.en ? &own : read_named(r, row, &x);
	bool again;
	enum err e;

	l->c->named.in++;
	if (why)
		return load_refuse(l, &l->c->named, "named", row, *why);
	if ((e = names_intern(l->names.persons, load_cell(r->t, row, A), &x.a.v)))
		return e;
	if ((e = names_intern(l->names.persons, load_cell(r->t, row, B), &x.b.v)))
		return e;
	if ((e = seen_before(r, row, &x, &again)))
		return e;
	if (again) {
		l->c->named.duplicate++;
		return OK;
	}
	return vec_push(&l->named, x);
}

static enum err each_named(struct named_reader *r)
{
	const char *path = r->l->c->args.text[CLI_NAMED];
	struct csv_record row;
	bool more;
	enum err e;

	if ((e = load_open(r->l, path, NAMED_COLUMNS, NAMED_COLUMN_N, &r->t, &r->l->c->fault)))
		return e;
	for (;;) {
		if ((e = table_next(r->t, &row, &more, &r->l->c->fault)))
			return e;
		if (!more)
			return OK;
		if ((e = take_named(r, &row)))
			return e;
	}
}

enum err load_named_file(struct load *l)
{
	struct named_reader r = { .l = l };
	enum err e;

	if (!l->c->args.text[CLI_NAMED])
		return OK;
	l->c->named.given = true;
	if ((e = names_new(&r.seen)))
		return e;
	e = each_named(&r);
	table_end(&r.t);
	names_free(r.seen);
	buf_release(&r.key);
	return e;
}
