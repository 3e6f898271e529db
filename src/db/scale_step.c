/* scale_step.c - the rules of scale for the schema: what a step may make. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "db/inside.h"
#include "db/scale_inside.h"

#include "base/ban.h"

/* One statement of a step: tokens [from, to), and what the remarks above it say. */
struct part {
	struct scale_text *x;
	struct scale *s;
	struct scale_table table; /* the one being made */
	size_t from, to;
	bool spread_said, across;
	bool spread_column; /* the column by which it is spread was there */
};

static bool is(const struct part *p, size_t i, const char *word)
{
	return i < p->to && token_is(&p->x->t, i, word);
}

static bool names(const struct part *p, size_t i, char ret[SCALE_NAME_BYTES])
{
	const struct token *t = &p->x->t.v[i];

	if (i >= p->to || t->kind != TOKEN_WORD || t->s.n >= SCALE_NAME_BYTES)
		return false;
	snprintf(ret, SCALE_NAME_BYTES, "%.*s", (int)t->s.n, t->s.p);
	return true;
}

/* ---- remarks ------------------------------------------------------------------------------ */

static bool starts(struct str s, const char *with)
{
	return s.n >= strlen(with) && strncmp(s.p, with, strlen(with)) == 0;
}

static enum err remark(struct part *p, size_t i)
{
	static const char spread[] = "spread: ";
	struct str s = p->x->t.v[i].s;
	char *to = p->table.spread;

	if (str_eq(s, STR("insert-only")))
		p->table.insert_only = true;
	if (starts(s, "across: "))
		p->across = true;
	if (!starts(s, spread))
		return OK;
	snprintf(to, SCALE_NAME_BYTES, "%.*s", (int)(s.n - (sizeof(spread) - 1)),
		 s.p + sizeof(spread) - 1);
	if (strcmp(to, "everywhere") == 0)
		*to = '\0';
	else if (strcmp(to, "county") != 0 && strcmp(to, "place") != 0 && strcmp(to, "person") != 0)
		return scale_refuse(p->x, i, "分布方式应为 county、place、person 或 everywhere",
				    "a table is spread by county, place, person, or everywhere");
	p->spread_said = true;
	return OK;
}

/* ---- keys --------------------------------------------------------------------------------- */

/* The token behind "(" at i must be the column by which the table is spread. */
static enum err key(const struct part *p, const struct scale_table *t, size_t i)
{
	if (!t->spread[0] || (is(p, i, "(") && is(p, i + 1, t->spread)))
		return OK;
	return scale_refuse(p->x, i + 1, "键的第一列必须是分布列",
			    "a key begins with the column by which its table is spread");
}

/* REFERENCES at i; `own` is the first column that refers. */
static enum err refers(const struct part *p, size_t i, size_t own)
{
	const struct scale_table *t = scale_table_at(p->x, i + 1);

	if (!t)
		return scale_refuse(p->x, i + 1, "引用的表不在任何步骤里",
				    "it is referred to, and no step made it");
	if (t->insert_only)
		return scale_refuse(p->x, i + 1, "只可追加的表不可被引用",
				    "an insert-only table cannot be referred to");
	if (!t->spread[0])
		return OK;
	if (strcmp(t->spread, p->table.spread) == 0 && is(p, own, t->spread) && is(p, i + 2, "(") &&
	    is(p, i + 3, t->spread))
		return OK;
	return scale_refuse(p->x, i + 1, "外键不可跨县：两边都以分布列开头",
			    "a foreign key stays in its county: both sides begin with the column");
}

/* ---- CREATE TABLE ------------------------------------------------------------------------- */

static enum err type(const struct part *p, size_t i)
{
	static const char *const types[] = { "BIGINT", "TEXT", "BYTEA", NULL };

	if (token_in(&p->x->t, i, types) || (is(p, i, "DOUBLE") && is(p, i + 1, "PRECISION")))
		return OK;
	return scale_refuse(p->x, i, "列的类型只有 BIGINT、DOUBLE PRECISION、TEXT、BYTEA",
			    "a column is BIGINT, DOUBLE PRECISION, TEXT or BYTEA");
}

static enum err column(struct part *p, size_t from, size_t to)
{
	bool spread = p->table.spread[0] && is(p, from, p->table.spread);
	bool not_null = false;
	enum err e;

	if ((e = type(p, from + 1)))
		return e;
	for (size_t i = from; i < to; i++) {
		not_null = not_null || (is(p, i, "NOT") && is(p, i + 1, "NULL"));
		if ((is(p, i, "PRIMARY") || is(p, i, "UNIQUE")) && p->table.spread[0] && !spread)
			return scale_refuse(p->x, from, "键的第一列必须是分布列",
					    "a key begins with the column by which its table is "
					    "spread");
		if (is(p, i, "REFERENCES") && (e = refers(p, i, from)))
			return e;
	}
	if (spread && !not_null)
		return scale_refuse(p->x, from, "分布列必须 NOT NULL", "it must be NOT NULL");
	p->spread_column = p->spread_column || spread;
	return OK;
}

static enum err item(struct part *p, size_t from, size_t to)
{
	if (is(p, from, "CONSTRAINT"))
		from += 2;
	if (is(p, from, "CHECK"))
		return OK;
	if (is(p, from, "PRIMARY"))
		return key(p, &p->table, from + 2);
	if (is(p, from, "UNIQUE"))
		return key(p, &p->table, from + 1);
	if (!is(p, from, "FOREIGN"))
		return column(p, from, to);
	for (size_t i = from; i < to; i++)
		if (is(p, i, "REFERENCES"))
			return refers(p, i, from + 3);
	return OK;
}

static enum err make_table(struct part *p)
{
	size_t open = p->from + 3, from = open + 1;
	int depth = 0;
	enum err e;

	if (!names(p, p->from + 2, p->table.name) || !is(p, open, "("))
		return scale_refuse(p->x, p->from + 2, "写作 CREATE TABLE 表名 (",
				    "it is CREATE TABLE name (");
	if (!p->spread_said)
		return scale_refuse(p->x, p->from + 2, "建表之前没有 -- spread: 一行",
				    "no line -- spread: above it");
	if ((e = vec_push(&p->s->table, p->table)))
		return e;
	for (size_t i = open; i < p->to; i++) {
		depth += is(p, i, "(");
		depth -= is(p, i, ")");
		if (depth == 0 || (depth == 1 && is(p, i, ","))) {
			if ((e = item(p, from, i)))
				return e;
			from = i + 1;
		}
		if (depth == 0)
			break;
	}
	if (p->table.spread[0] && !p->spread_column)
		return scale_refuse(p->x, p->from + 2, "没有分布列",
				    "the column by which it is spread is missing");
	return OK;
}

/* ---- the rest ----------------------------------------------------------------------------- */

static enum err make_index(const struct part *p)
{
	bool unique = is(p, p->from + 1, "UNIQUE");
	size_t on = p->from + 3 + unique;
	const struct scale_table *t = scale_table_at(p->x, on + 1);

	if (!is(p, on, "ON") || !t)
		return scale_refuse(p->x, on + 1, "写作 CREATE INDEX 名 ON 表 (",
				    "it is CREATE INDEX name ON table (");
	return p->across && !unique ? OK : key(p, t, on + 2);
}

static enum err part(struct part *p)
{
	static const char *const others[] = { "ALTER", "DROP", "INSERT", "UPDATE", "DELETE", NULL };

	if (is(p, p->from, "CREATE") && is(p, p->from + 1, "TABLE"))
		return make_table(p);
	if (is(p, p->from, "CREATE") &&
	    (is(p, p->from + 1, "INDEX") || is(p, p->from + 2, "INDEX")))
		return make_index(p);
	if (token_in(&p->x->t, p->from, others))
		return OK;
	return scale_refuse(p->x, p->from, "步骤里只有表、索引和行",
			    "a step is about tables, indexes and rows");
}

static enum err parts(struct scale *s, const struct db_step *step, struct scale_text *x)
{
	enum err e;

	for (size_t i = 0; i < x->t.n; i++) {
		struct part p = { .x = x, .s = s, .table.step = step->number };

		for (; i < x->t.n && x->t.v[i].kind == TOKEN_REMARK; i++)
			if ((e = remark(&p, i)))
				return e;
		p.from = i;
		while (i < x->t.n && !token_is(&x->t, i, ";"))
			i++;
		p.to = i;
		if (p.from < p.to && (e = part(&p)))
			return e;
	}
	return OK;
}

/* A remark inside a statement is for people. */
static void drop_inner_remarks(struct tokens *t)
{
	bool inside = false;
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++) {
		if (t->v[i].kind == TOKEN_REMARK && inside)
			continue;
		if (t->v[i].kind != TOKEN_REMARK)
			inside = !token_is(t, i, ";");
		t->v[n++] = t->v[i];
	}
	t->n = n;
}

enum err scale_step(struct scale *s, const struct db_step *step, struct fault *f)
{
	CLEANUP(buf_release) struct buf spelled = { 0 };
	struct scale_text x = { .s = s, .name = step->word, .f = f };
	enum err e = sql_spell(step->text, false, &spelled);

	if (e == OK && (e = tokens_cut(spelled.p, &x.t)) == ERR_SYNTAX)
		e = scale_refuse(&x, x.t.n, "引号没有收尾", "a quote is left open");
	if (e == OK) {
		drop_inner_remarks(&x.t);
		e = scale_words(&x);
	}
	if (e == OK)
		e = parts(s, step, &x);
	tokens_release(&x.t);
	return e;
}
