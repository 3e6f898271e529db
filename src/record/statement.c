/* statement.c - see statement.h. */
#include "record/statement.h"

#include <stdio.h>
#include <string.h>

#include "base/ban.h"
#include "record/value.h"

static const char *const head_columns[COLUMNS_HEAD] = { "county",     "id",        "area",
							"version",    "state",     "created_at",
							"updated_at", "created_by" };
static const char head_letters[] = "iiiitiii";

bool statement_is_range(const struct field *x)
{
	return x->type == FIELD_I64 || x->type == FIELD_TIME || x->type == FIELD_DATE ||
	       x->type == FIELD_AREA;
}

/* A statement under construction: its text, and the letters of its arguments. */
struct draft {
	const struct noun *n;
	struct statements *s;
	struct arena *a;
	struct sql *v; /* where finished ones go */
	const char *across;
	struct buf text, letters;
};

static void columns(struct draft *d, const char *prefix)
{
	for (size_t i = 0; i < COLUMNS_HEAD; i++)
		buf_fmt(&d->text, "%s%s%s", i ? ", " : "", prefix, head_columns[i]);
	for (size_t i = 0; i < d->s->n_columns; i++)
		buf_fmt(&d->text, ", %s%s", prefix, d->s->column[i]->name);
}

/* Take the draft as a finished statement and begin the next. */
static enum err take(struct draft *d, const char *word, enum sql_act act, const struct sql **ret)
{
	struct sql *sql = &d->v[d->s->all.n];
	enum err e = d->text.failed ? d->text.failed : d->letters.failed;
	char name[96];

	snprintf(name, sizeof name, "%s.%s", d->n->path, word);
	*sql = (struct sql){ .act = act, .across = d->across };
	if (!e && (!(sql->name = arena_copy(d->a, name, strlen(name))) ||
		   !(sql->text = arena_copy(d->a, d->text.p, d->text.n)) ||
		   !(sql->args = arena_copy(d->a, d->letters.p, d->letters.n))))
		e = ERR_MEMORY;
	buf_clear(&d->text);
	buf_clear(&d->letters);
	d->across = NULL;
	d->s->all.n++;
	*ret = sql;
	return e;
}

/* ---- one row -------------------------------------------------------------------------------- */

static enum err write_one(struct draft *d, struct statements *s)
{
	size_t n = COLUMNS_HEAD + s->n_columns;
	enum err e;

	buf_fmt(&d->text, "INSERT INTO %s (", d->n->path);
	columns(d, "");
	buf_lit(&d->text, ") VALUES (");
	buf_lit(&d->letters, head_letters);
	for (size_t i = 1; i <= n; i++) {
		buf_fmt(&d->text, "%s$%zu", i > 1 ? ", " : "", i);
		if (i > COLUMNS_HEAD)
			buf_char(&d->letters, value_letter(s->column[i - COLUMNS_HEAD - 1]));
	}
	buf_char(&d->text, ')');
	if ((e = take(d, "insert", SQL_WRITE, &s->insert)))
		return e;
	/* The same arguments; version is the new one, and the old must still be there. */
	buf_fmt(&d->text, "UPDATE %s SET area = $3, version = $4, state = $5, updated_at = $7",
		d->n->path);
	buf_lit(&d->letters, head_letters);
	for (size_t i = 0; i < s->n_columns; i++) {
		buf_fmt(&d->text, ", %s = $%zu", s->column[i]->name, COLUMNS_HEAD + i + 1);
		buf_char(&d->letters, value_letter(s->column[i]));
	}
	buf_lit(&d->text, " WHERE county = $1 AND id = $2 AND version = $4 - 1"
			  " AND created_at = $6 AND created_by = $8");
	return take(d, "update", SQL_WRITE, &s->update);
}

/* The names of `ids` rows. */
static enum err label(struct draft *d, const char *word, size_t ids, const struct sql **ret)
{
	const struct field *x = noun_label(d->n);

	if (!x)
		return OK;
	buf_fmt(&d->text, "SELECT id, area, %s FROM %s WHERE id IN (", x->name, d->n->path);
	for (size_t i = 1; i <= ids; i++) {
		buf_fmt(&d->text, "%s$%zu", i > 1 ? ", " : "", i);
		buf_char(&d->letters, 'i');
	}
	buf_char(&d->text, ')');
	d->across = "an id does not say its county; labels.c asks who may know the name";
	return take(d, word, SQL_READ, ret);
}

/* Which rows have this name. */
static enum err named(struct draft *d, struct statements *s)
{
	const struct field *x = noun_label(d->n);

	if (!d->n->named)
		return OK;
	buf_fmt(&d->text,
		"SELECT id, area, state FROM %s WHERE %s = $1 AND area >= $2 AND area < $3",
		d->n->path, x->name);
	buf_lit(&d->letters, "tii");
	d->across = "a name does not say its county; naming.c asks which rows the caller reads";
	return take(d, "named", SQL_READ, &s->named);
}

static enum err read_one(struct draft *d, struct statements *s)
{
	enum err e;

	buf_lit(&d->text, "SELECT ");
	columns(d, "");
	buf_fmt(&d->text, " FROM %s WHERE id = $1", d->n->path);
	buf_lit(&d->letters, "i");
	d->across = "an id does not say its county; the handler asks whether the caller reaches it";
	if ((e = take(d, "get", SQL_READ, &s->get)) ||
	    (e = label(d, "label", LABELS_AT_ONCE, &s->label)) ||
	    (e = label(d, "label_one", 1, &s->label_one)) || (e = named(d, s)))
		return e;
	buf_lit(&d->text, "SELECT ");
	columns(d, "");
	buf_fmt(&d->text,
		" FROM %s WHERE county = $1 AND id >= $2 AND id <= $3 ORDER BY id LIMIT $4",
		d->n->path);
	buf_lit(&d->letters, "iiii");
	if ((e = take(d, "span", SQL_READ, &s->span)))
		return e;
	if (!s->n_keys)
		return OK;
	buf_fmt(&d->text, "SELECT id FROM %s WHERE county = $1 AND area = $2", d->n->path);
	buf_lit(&d->letters, "ii");
	for (size_t i = 0; i < s->n_keys; i++) {
		buf_fmt(&d->text, " AND %s = $%zu", s->key[i]->name, i + 3);
		buf_char(&d->letters, value_letter(s->key[i]));
	}
	buf_lit(&d->text, " ORDER BY +id LIMIT 1"); /* else the area is walked by id */
	return take(d, "twin", SQL_READ, &s->twin);
}

/* ---- lists ---------------------------------------------------------------------------------- */

/* The next argument, of that letter: "$7". */
static size_t argument(struct draft *d, char letter)
{
	buf_char(&d->letters, letter);
	return d->letters.n;
}

static void maybe(struct draft *d, const char *column, const char *compare, char letter)
{
	size_t k = argument(d, letter);

	buf_fmt(&d->text, " AND (CAST($%zu AS %s) IS NULL OR %s %s $%zu)", k,
		letter == 't' ? "TEXT" : "BIGINT", column, compare, k);
}

/*
 * SELECT ... WHERE what all lists ask. `id` is "id", or "+id" to keep a planner from walking down
 * the ids where a small area is to be sorted; then the area leads, and nowhere else: a large one
 * would be read whole. `from` is what is read, the noun's table called o.
 */
static void list_select(struct draft *d, const char *from, const char *id)
{
	const char *area = id[0] == '+' ? "o.area" : "+o.area";

	buf_lit(&d->text, "SELECT ");
	columns(d, "o.");
	buf_fmt(&d->text, " FROM %s WHERE %s < $1 AND %s >= $2 AND %s >= $3 AND %s < $4", from, id,
		id, area, area);
	buf_lit(&d->letters, "iiiii"); /* $5 is the limit */
	maybe(d, "o.state", "=", 't');
	for (size_t i = 0; i < d->s->n_filters; i++) {
		const struct field *x = d->s->filter[i];
		char letter = value_letter(x), column[48];

		snprintf(column, sizeof column, "o.%s", x->name);
		maybe(d, column, statement_is_range(x) ? ">=" : "=", letter);
		if (statement_is_range(x))
			maybe(d, column,
			      x->type == FIELD_TIME || x->type == FIELD_AREA ? "<" : "<=", letter);
	}
}

static enum err list_in_county(struct draft *d, const char *word, const char *id,
			       const struct sql **ret)
{
	char from[64];

	snprintf(from, sizeof from, "%s AS o", d->n->path);
	list_select(d, from, id);
	buf_fmt(&d->text, " AND o.county = $%zu ORDER BY %s DESC LIMIT $5", argument(d, 'i'), id);
	return take(d, word, SQL_READ, ret);
}

/* Which counties there are at all: the next one, or at once the next after that and so on. */
static enum err counties(struct draft *d, struct statements *s)
{
	enum err e;

	buf_fmt(&d->text,
		"SELECT county FROM %s WHERE county >= $1 AND county < $2 ORDER BY county LIMIT 1",
		d->n->path);
	buf_lit(&d->letters, "ii");
	d->across = "which counties there are at all";
	if ((e = take(d, "county", SQL_READ, &s->county)))
		return e;
	buf_lit(&d->letters, "ii");
	for (size_t i = 1; i <= COUNTIES_AT_ONCE; i++) {
		buf_fmt(&d->text, "%s c%zu AS (SELECT county FROM %s WHERE county ",
			i > 1 ? "," : "WITH", i, d->n->path);
		if (i == 1)
			buf_lit(&d->text, ">= $1");
		else
			buf_fmt(&d->text, "> (SELECT county FROM c%zu)", i - 1);
		buf_lit(&d->text, " AND county < $2 ORDER BY county LIMIT 1)");
	}
	for (size_t i = 1; i <= COUNTIES_AT_ONCE; i++)
		buf_fmt(&d->text, "%s SELECT county FROM c%zu", i > 1 ? " UNION ALL" : "", i);
	d->across = "which counties there are at all";
	return take(d, "counties", SQL_READ, &s->counties);
}

/* Count rows of a county that fit, and stop at $2: who is to look has to be quick about it. */
static enum err count_some(struct draft *d, const char *word, const char *where,
			   const char *letters, const struct sql **ret)
{
	buf_fmt(&d->text,
		"SELECT count(*) FROM (SELECT 1 AS one FROM %s WHERE county = $1 AND %s LIMIT $2)"
		" AS few",
		d->n->path, where);
	buf_fmt(&d->letters, "ii%s", letters);
	return take(d, word, SQL_READ, ret);
}

static enum err lists(struct draft *d, struct statements *s)
{
	char from[64];
	enum err e;

	if ((e = list_in_county(d, "walk", "o.id", &s->walk)) ||
	    (e = list_in_county(d, "within", "+o.id", &s->within)) ||
	    (e = count_some(d, "count_within", "area >= $3 AND area < $4", "ii", &s->count_within)))
		return e;
	snprintf(from, sizeof from, "%s AS o", d->n->path);
	list_select(d, from, "o.id");
	buf_lit(&d->text, " ORDER BY o.id DESC LIMIT $5");
	d->across = "a list over many counties, held to the caller's areas";
	if ((e = take(d, "wide", SQL_READ, &s->wide)))
		return e;
	buf_fmt(&d->text,
		"SELECT id FROM %s WHERE county = $1 AND id < $2 ORDER BY id DESC"
		" LIMIT 1 OFFSET $3",
		d->n->path);
	buf_lit(&d->letters, "iii");
	if ((e = take(d, "floor", SQL_READ, &s->floor)))
		return e;
	buf_fmt(&d->text, "SELECT id FROM %s WHERE id < $1 ORDER BY id DESC LIMIT 1 OFFSET $2",
		d->n->path);
	buf_lit(&d->letters, "ii");
	d->across = "where a list over many counties stops looking";
	if ((e = take(d, "floor_wide", SQL_READ, &s->floor_wide)))
		return e;
	return counties(d, s);
}

static enum err find(struct draft *d, struct statements *s)
{
	char from[96];
	size_t county;

	snprintf(from, sizeof from, "search_token AS t CROSS JOIN %s AS o", d->n->path);
	list_select(d, from, "t.id");
	county = argument(d, 'i');
	buf_fmt(&d->text,
		" AND t.county = $%zu AND t.noun = '%s' AND t.token = $%zu"
		" AND o.county = $%zu AND o.id = t.id",
		county, d->n->name, argument(d, 't'), county);
	for (size_t i = 1; i < FIND_TOKENS; i++) {
		size_t k = argument(d, 't');

		buf_fmt(&d->text,
			" AND (CAST($%zu AS TEXT) IS NULL OR EXISTS (SELECT 1 FROM search_token AS"
			" t%zu WHERE t%zu.county = $%zu AND t%zu.noun = '%s' AND t%zu.token = $%zu"
			" AND t%zu.id = t.id))",
			k, i, i, county, i, d->n->name, i, k, i);
	}
	buf_lit(&d->text, " ORDER BY t.id DESC LIMIT $5");
	return take(d, "find", SQL_READ, &s->find);
}

static enum err count_token(struct draft *d, struct statements *s)
{
	buf_fmt(&d->text,
		"SELECT count(*) FROM (SELECT 1 AS one FROM search_token WHERE county = $1"
		" AND noun = '%s' AND token = $3 AND id < $4 AND id >= $5 LIMIT $2) AS few",
		d->n->name);
	buf_lit(&d->letters, "iitii");
	return take(d, "count_token", SQL_READ, &s->count_token);
}

/* Lists by one value, which argument `arg` says. */
static enum err list_by(struct draft *d, const struct field *x, size_t arg)
{
	struct statement_by *by = &d->s->by[d->s->n_by++];
	const char *column = x ? x->name : "state";
	char letter = x ? value_letter(x) : 't';
	char word[64], where[80], from[64], letters[4] = { letter, 'i', 'i' };
	enum err e;

	by->arg = arg - 1;
	snprintf(from, sizeof from, "%s AS o", d->n->path);
	list_select(d, from, "o.id");
	buf_fmt(&d->text, " AND o.%s = $%zu AND o.county = $%zu ORDER BY o.id DESC LIMIT $5",
		column, arg, argument(d, 'i'));
	snprintf(word, sizeof word, "by_%s", column);
	if ((e = take(d, word, SQL_READ, &by->list)))
		return e;
	snprintf(word, sizeof word, "count_by_%s", column);
	snprintf(where, sizeof where, "%s = $3 AND id < $4 AND id >= $5", column);
	return count_some(d, word, where, letters, &by->count);
}

static enum err lists_by(struct draft *d, struct statements *s)
{
	size_t arg = LIST_ARGS_PLAIN + 1;
	enum err e = list_by(d, NULL, arg);

	for (size_t i = 0; !e && i < s->n_filters; i++) {
		arg++;
		if (statement_is_range(s->filter[i]))
			arg++;
		else
			e = list_by(d, s->filter[i], arg);
	}
	return e;
}

/* ---- all ------------------------------------------------------------------------------------ */

static enum err pick(const struct noun *n, unsigned flag, struct arena *a,
		     const struct field ***ret, size_t *ret_n)
{
	if (!(*ret = arena_take(a, n->n_fields, sizeof **ret)))
		return ERR_MEMORY;
	for (size_t i = 0; i < n->n_fields; i++)
		if (field_kept(&n->field[i]) && (n->field[i].flags & flag) == flag)
			(*ret)[(*ret_n)++] = &n->field[i];
	return OK;
}

enum err statements_compose(const struct noun *n, struct arena *a, struct statements **ret)
{
	struct draft d = { .n = n, .a = a };
	struct statements *s = arena_take(a, 1, sizeof *s);
	enum err e;

	if (!s)
		return ERR_MEMORY;
	d.s = s;
	if ((e = pick(n, 0, a, &s->column, &s->n_columns)) ||
	    (e = pick(n, FIELD_FILTER, a, &s->filter, &s->n_filters)) ||
	    (e = pick(n, FIELD_KEY, a, &s->key, &s->n_keys)) ||
	    (e = pick(n, FIELD_SEARCH, a, &s->search, &s->n_search)))
		return e;
	d.v = arena_take(a, STATEMENTS_MAX + 2 * (s->n_filters + 1), sizeof *d.v);
	s->by = arena_take(a, s->n_filters + 1, sizeof *s->by);
	if (!d.v || !s->by)
		return ERR_MEMORY;
	s->all.v = d.v;
	if (!(e = write_one(&d, s)) && !(e = read_one(&d, s)) && !(e = lists(&d, s)) &&
	    !(e = lists_by(&d, s)) && s->n_search && !(e = find(&d, s)))
		e = count_token(&d, s);
	buf_release(&d.text);
	buf_release(&d.letters);
	*ret = s;
	return e;
}

/* ---- the table ------------------------------------------------------------------------------ */

void statements_table(const struct noun *n, struct buf *b)
{
	const char *t = n->path;
	size_t keys = 0;

	buf_fmt(b, "-- spread: county\nCREATE TABLE %s (\n", t);
	for (size_t i = 0; i < COLUMNS_HEAD; i++)
		buf_fmt(b, "\t%s %s NOT NULL,\n", head_columns[i],
			head_letters[i] == 't' ? "TEXT" : "BIGINT");
	for (size_t i = 0; i < n->n_fields; i++) {
		const struct field *x = &n->field[i];

		if (!field_kept(x))
			continue;
		buf_fmt(b, "\t%s %s%s,\n", x->name, value_letter(x) == 't' ? "TEXT" : "BIGINT",
			x->flags & FIELD_REQUIRED || x->type == FIELD_BOOL ? " NOT NULL" : "");
	}
	buf_fmt(b, "\tPRIMARY KEY (county, id)\n);\n");
	buf_fmt(b, "-- across: an id does not say its county\nCREATE INDEX %s_id ON %s (id);\n", t,
		t);
	buf_fmt(b, "CREATE INDEX %s_area ON %s (county, area, id);\n", t, t);
	buf_fmt(b, "CREATE INDEX %s_state ON %s (county, state, id);\n", t, t);
	for (size_t i = 0; i < n->n_fields; i++)
		if ((n->field[i].flags & FIELD_FILTER) && !statement_is_range(&n->field[i]))
			buf_fmt(b, "CREATE INDEX %s_%s ON %s (county, %s, id);\n", t,
				n->field[i].name, t, n->field[i].name);
	for (size_t i = 0; i < n->n_fields; i++) {
		if (!(n->field[i].flags & FIELD_KEY))
			continue;
		if (keys++ == 0)
			buf_fmt(b, "CREATE INDEX %s_key ON %s (county, area", t, t);
		buf_fmt(b, ", %s", n->field[i].name);
	}
	if (keys)
		buf_lit(b, ");\n");
	if (n->named)
		buf_fmt(b,
			"-- across: a name does not say its county\n"
			"CREATE INDEX %s_named ON %s (%s, area, id, state);\n",
			t, t, noun_label(n)->name);
}
