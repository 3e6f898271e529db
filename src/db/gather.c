/*
 * gather.c - rows for which nobody waits, put in one by one, go to the database many at once.
 *
 * To put a row in costs a statement as much as it costs the indexes. So an INSERT of one row that
 * comes by tx_later is held until GATHER_ROWS of the same statement are there, and then goes as one
 * statement with as many rows; what is left goes one by one. A statement that names a table with
 * rows held back lets them go first, so an act sees what it sent; and so does the act's end.
 */
#include "db/gather.h"

#include <stdio.h>
#include <string.h>

#include "base/ban.h"

enum { TABLE_BYTES = 64, GATHERS_MAX = 64 };

struct gather {
	const struct sql *one; /* while rows are held */
	char *one_text;        /* of which `many` was made */
	struct sql many;
	char *text, *args;
	char table[TABLE_BYTES];
	size_t n_args, n;    /* n rows are held */
	bool any;            /* a row of them may be there already */
	struct sql_value *v; /* of texts and bytes: where in `bytes` */
	struct buf bytes;
};

struct gathers {
	struct gather *v[GATHERS_MAX];
	size_t n, held; /* held: of how many there are rows */
};

/* ---- the statement for many rows ------------------------------------------------------------ */

static const char *after(const char *at, const char *word)
{
	const char *found = strstr(at, word);

	return found ? found + strlen(word) : NULL;
}

/* "INSERT INTO table (...) VALUES (...)", and behind it only what leaves a row alone. */
struct shape {
	struct str table, head, row, tail;
};

static bool shape_of(const char *text, struct shape *ret)
{
	static const char begins[] = "INSERT INTO ";
	const char *table = text + sizeof begins - 1, *at, *end;

	if (strncmp(text, begins, sizeof begins - 1) != 0 || strstr(text, "/*"))
		return false;
	ret->table = (struct str){ table, strcspn(table, " (\n\t") };
	if (!(at = after(table, "VALUES")) || !(at = strchr(at, '(')) || !(end = strchr(at, ')')))
		return false;
	ret->head = (struct str){ text, (size_t)(at - text) };
	ret->row = (struct str){ at, (size_t)(end + 1 - at) };
	ret->tail = str_of(end + 1);
	for (at = ret->row.p + 1; at < end; at++)
		if (!memchr("$0123456789, \n\t", *at, 15))
			return false; /* more than arguments and numbers */
	if (!ret->tail.n)
		return true;
	return (at = after(end + 1, "ON CONFLICT (")) && (at = after(at, ") DO NOTHING")) && !*at &&
	       !strstr(end + 1, "WHERE");
}

/*
 * $3 of the second row is the third behind all of the first. SQLite looks a name up among all that
 * came before, which takes it longer than the rows if there are a thousand: ?35 is a number.
 */
static void put_row(struct buf *b, struct str row, size_t before, char mark)
{
	for (size_t i = 0; i < row.n; i++) {
		size_t k = 0;

		buf_char(b, row.p[i] == '$' ? mark : row.p[i]);
		if (row.p[i] != '$')
			continue;
		while (row.p[i + 1] >= '0' && row.p[i + 1] <= '9')
			k = k * 10 + (size_t)(row.p[++i] - '0');
		buf_i64(b, (int64_t)(before + k));
	}
}

static enum err keep_text(struct buf *b, char **ret)
{
	buf_char(b, '\0');
	if (b->failed || !(*ret = mem_take(b->n, 1)))
		return ERR_MEMORY;
	memcpy(*ret, b->p, b->n);
	return OK;
}

static enum err compose(const struct sql *one, const struct shape *s, char mark, struct gather *g)
{
	CLEANUP(buf_release) struct buf text = { 0 }, args = { 0 }, same = { 0 };
	enum err e;

	/*
	 * An act that fails is undone whole. OR FAIL spares SQLite a journal of the statement, into
	 * which it copies each page it writes to, to undo the rows before the one that failed.
	 */
	buf_lit(&text, mark == '?' ? "INSERT OR FAIL INTO " : "INSERT INTO ");
	buf_put(&text, s->table.p, (size_t)(s->head.p + s->head.n - s->table.p));
	for (size_t i = 0; i < GATHER_ROWS; i++) {
		if (i)
			buf_lit(&text, ", ");
		put_row(&text, s->row, i * g->n_args, mark);
		buf_lit(&args, one->args);
	}
	buf_str(&text, s->tail);
	buf_lit(&same, one->text);
	if ((e = keep_text(&text, &g->text)) || (e = keep_text(&args, &g->args)) ||
	    (e = keep_text(&same, &g->one_text)))
		return e;
	g->many = *one;
	g->many.text = g->text;
	g->many.args = g->args;
	g->v = mem_take(g->n_args * GATHER_ROWS, sizeof *g->v);
	return g->v ? OK : ERR_MEMORY;
}

static void gather_end(struct gather **g)
{
	if (!*g)
		return;
	mem_drop((*g)->text);
	mem_drop((*g)->args);
	mem_drop((*g)->one_text);
	mem_drop((*g)->v);
	buf_release(&(*g)->bytes);
	mem_drop(*g);
	*g = NULL;
}

static struct gather *known(struct gathers *all, const struct sql *sql)
{
	for (size_t i = 0; i < all->n; i++)
		if (strcmp(all->v[i]->one_text, sql->text) == 0)
			return all->v[i];
	return NULL;
}

static enum err begin(struct conn *c, const struct sql *sql, struct gather **ret)
{
	CLEANUP(gather_end) struct gather *g = NULL;
	struct gathers *all = c->gathers;
	struct shape s;
	enum err e;

	*ret = NULL;
	if (!all && !(all = c->gathers = mem_take(1, sizeof *all)))
		return ERR_MEMORY;
	if ((*ret = known(all, sql)) || all->n == GATHERS_MAX || !shape_of(sql->text, &s) ||
	    s.table.n >= TABLE_BYTES)
		return OK;
	if (!(g = mem_take(1, sizeof *g)))
		return ERR_MEMORY;
	memcpy(g->table, s.table.p, s.table.n);
	g->n_args = strlen(sql->args);
	if ((e = compose(sql, &s, c->db->sqlite ? '?' : '$', g)))
		return e;
	all->v[all->n++] = *ret = g;
	g = NULL;
	return OK;
}

void gathers_end(struct conn *c)
{
	if (!c->gathers)
		return;
	for (size_t i = 0; i < c->gathers->n; i++)
		gather_end(&c->gathers->v[i]);
	mem_drop(c->gathers);
	c->gathers = NULL;
}

void gathers_forget(struct conn *c)
{
	if (!c->gathers)
		return;
	for (size_t i = 0; i < c->gathers->n && c->gathers->held; i++) {
		c->gathers->v[i]->n = 0;
		buf_clear(&c->gathers->v[i]->bytes);
	}
	c->gathers->held = 0;
}

/* ---- holding and letting go ------------------------------------------------------------------ */

static bool lies_in_bytes(const struct sql_value *v)
{
	return v->type == SQL_TEXT || v->type == SQL_BLOB;
}

static enum err let_go(struct tx *tx, struct gather *g, struct fault *f)
{
	const struct sql *one = g->one;
	size_t n = g->n, step = n == GATHER_ROWS ? n : 1;
	enum err e = OK;

	if (!n)
		return OK;
	g->n = 0; /* first: what is sent now looks here, too */
	tx->c->gathers->held--;
	for (size_t i = 0; i < n * g->n_args; i++)
		if (lies_in_bytes(&g->v[i]))
			g->v[i].s.p = g->bytes.p + (uintptr_t)g->v[i].s.p;
	for (size_t i = 0; i < n && !e; i += step)
		e = tx_now(tx, step == 1 ? one : &g->many,
			   (struct sql_args){ g->v + i * g->n_args, step * g->n_args },
			   g->any ? 0 : step, f);
	buf_clear(&g->bytes);
	return e;
}

enum err gathers_let_go(struct tx *tx, const struct sql *for_this, struct fault *f)
{
	struct gathers *all = tx->c->gathers;
	enum err e = OK;

	if (!all || !all->held)
		return OK;
	for (size_t i = 0; i < all->n && !e; i++)
		if (all->v[i]->n && (!for_this || strstr(for_this->text, all->v[i]->table)))
			e = let_go(tx, all->v[i], f);
	return e;
}

static enum err hold(struct gather *g, struct sql_args args)
{
	struct sql_value *v = g->v + g->n * g->n_args;

	for (size_t i = 0; i < args.n; i++) {
		v[i] = args.v[i];
		if (!lies_in_bytes(&v[i]))
			continue;
		v[i].s.p = (const char *)(uintptr_t)g->bytes.n;
		buf_str(&g->bytes, args.v[i].s);
	}
	return g->bytes.failed;
}

static enum err others_of_the_table(struct tx *tx, const struct gather *g, struct fault *f)
{
	struct gathers *all = tx->c->gathers;
	enum err e = OK;

	for (size_t i = 0; i < all->n && !e; i++)
		if (all->v[i] != g && all->v[i]->n && strcmp(all->v[i]->table, g->table) == 0)
			e = let_go(tx, all->v[i], f);
	return e;
}

enum err gather_hold(struct tx *tx, struct prepared *p, struct sql_args args, uint64_t must,
		     bool *ret, struct fault *f)
{
	struct gather *g;
	enum err e = OK;

	*ret = false;
	if (must > 1)
		return OK;
	if (!p->looked && (e = begin(tx->c, p->sql, &p->gather)))
		return e;
	p->looked = true;
	if (!(g = p->gather))
		return OK;
	if (g->n && g->any == (must > 0) && (e = let_go(tx, g, f)))
		return e; /* one count is checked for all that are held */
	if (!g->n) {
		if ((e = others_of_the_table(tx, g, f)))
			return e;
		g->any = !must;
		tx->c->gathers->held++;
	}
	g->one = p->sql;
	if ((e = hold(g, args)))
		return e;
	*ret = true;
	return ++g->n == GATHER_ROWS ? let_go(tx, g, f) : OK;
}
