/* scale.c - the rules of scale for statements, and the tables they speak of. */
#include "db/scale.h"

#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "db/inside.h"
#include "db/scale_inside.h"

#include "base/ban.h"

/* ---- tables ------------------------------------------------------------------------------- */

enum err scale_new(const struct db_step *steps, size_t n, struct scale **ret, struct fault *f)
{
	struct scale *s = mem_take(1, sizeof(*s));
	enum err e = s ? OK : ERR_MEMORY;

	for (size_t i = 0; e == OK && i < n; i++)
		e = scale_step(s, &steps[i], f);
	if (e) {
		scale_free(s);
		return e;
	}
	*ret = s;
	return OK;
}

void scale_free(struct scale *s)
{
	if (!s)
		return;
	vec_drop(&s->table);
	mem_drop(s);
}

bool scale_insert_only(const struct scale *s, const char *table)
{
	for (size_t i = 0; i < s->table.n; i++)
		if (strcasecmp(s->table.v[i].name, table) == 0)
			return s->table.v[i].insert_only;
	return false;
}

enum err scale_each_insert_only(const struct scale *s, unsigned step,
				enum err (*each)(const char *table, void *arg, struct fault *f),
				void *arg, struct fault *f)
{
	for (size_t i = 0; i < s->table.n; i++) {
		const struct scale_table *t = &s->table.v[i];
		enum err e;

		if (t->insert_only && t->step == step && (e = each(t->name, arg, f)))
			return e;
	}
	return OK;
}

const struct scale_table *scale_table_at(const struct scale_text *x, size_t i)
{
	for (size_t k = 0; k < x->s->table.n; k++)
		if (token_is(&x->t, i, x->s->table.v[k].name))
			return &x->s->table.v[k];
	return NULL;
}

/* ---- words that no SQL of ours may hold --------------------------------------------------- */

enum err scale_refuse(const struct scale_text *x, size_t i, const char *zh, const char *en)
{
	struct str at = i < x->t.n ? x->t.v[i].s : STR("...");

	/* Both formats take the same arguments: each leaves out the other's sentence. */
	return fault_set(x->f, ERR_BUG, "SQL %s：%s%.0s（%.*s）", "SQL %s: %.0s%s (%.*s)", x->name,
			 zh, en, (int)min_size(at.n, 60), at.p);
}

enum err scale_words(const struct scale_text *x)
{
	static const char *const clocks[] = { "NOW",
					      "CURRENT_TIMESTAMP",
					      "CURRENT_DATE",
					      "CURRENT_TIME",
					      "LOCALTIME",
					      "LOCALTIMESTAMP",
					      "CLOCK_TIMESTAMP",
					      "STATEMENT_TIMESTAMP",
					      "TRANSACTION_TIMESTAMP",
					      "TIMEOFDAY",
					      "UNIXEPOCH",
					      "JULIANDAY",
					      "STRFTIME",
					      "DATETIME",
					      "RANDOM",
					      "RANDOMBLOB",
					      "GEN_RANDOM_UUID",
					      NULL };
	static const char *const numbers[] = { "SERIAL",   "BIGSERIAL",     "SMALLSERIAL",
					       "IDENTITY", "AUTOINCREMENT", "SEQUENCE",
					       "NEXTVAL",  "CURRVAL",       "LASTVAL",
					       "SETVAL",   "ROWID",         "LAST_INSERT_ROWID",
					       "OID",      "CTID",          NULL };
	static const char *const acts[] = { "TRIGGER",   "PROCEDURE",
					    "NOTIFY",    "LISTEN",
					    "PG_NOTIFY", "PG_ADVISORY_LOCK",
					    "PG_SLEEP",  "PG_ADVISORY_XACT_LOCK",
					    "PRAGMA",    "ATTACH",
					    "TRUNCATE",  "MERGE",
					    "ILIKE",     "COPY",
					    NULL };

	for (size_t i = 0; i < x->t.n; i++) {
		if (token_in(&x->t, i, clocks))
			return scale_refuse(x, i, "时间与随机数由参数给出",
					    "times and randomness are arguments");
		if (token_in(&x->t, i, numbers))
			return scale_refuse(x, i, "编号由程序给出",
					    "numbers are given by the application");
		if (token_in(&x->t, i, acts))
			return scale_refuse(
				x, i, "不用只在一台服务器或一种数据库上有效的语句",
				"it does not work on many servers, or on both databases");
		if (token_is(&x->t, i, "::") || token_is(&x->t, i, "?"))
			return scale_refuse(x, i, "类型转换用 CAST，参数写作 $1",
					    "a cast is a CAST, an argument is $1");
	}
	return OK;
}

/* ---- a statement -------------------------------------------------------------------------- */

/* What was seen of one spread column. */
struct seen {
	const char *spread;
	size_t at;      /* a table that is spread by it */
	unsigned asked; /* tables to be asked by it */
	unsigned equal; /* column = $1 or column = column */
	unsigned bound; /* column = $1 */
};
enum { SPREADS_MAX = 4, DEPTH_MAX = 32 };

struct walk {
	const struct scale_text *x;
	const struct sql *sql;
	struct seen seen[SPREADS_MAX];
	size_t n_seen;
	const char *clause[DEPTH_MAX]; /* the last word of clauses at each depth of brackets */
	int depth;
	const struct scale_table *written; /* the table that is inserted into or updated */
};

static enum err see(struct walk *w, const char *spread, size_t at, struct seen **ret)
{
	for (size_t i = 0; i < w->n_seen; i++)
		if (strcmp(w->seen[i].spread, spread) == 0) {
			*ret = &w->seen[i];
			return OK;
		}
	if (w->n_seen == SPREADS_MAX)
		return scale_refuse(w->x, at, "一条语句涉及的分布列太多",
				    "tables spread in too many ways");
	w->seen[w->n_seen] = (struct seen){ .spread = spread, .at = at };
	*ret = &w->seen[w->n_seen++];
	return OK;
}

static bool is(const struct walk *w, size_t i, const char *word)
{
	return token_is(&w->x->t, i, word);
}

static const char *clause(const struct walk *w)
{
	return w->clause[w->depth] ? w->clause[w->depth] : "";
}

static enum err follow(struct walk *w, size_t i)
{
	static const char *const words[] = { "SELECT",    "FROM",   "WHERE", "GROUP",
					     "ORDER",     "HAVING", "LIMIT", "VALUES",
					     "RETURNING", "SET",    "INTO",  NULL };

	if (is(w, i, "(")) {
		if (++w->depth == DEPTH_MAX)
			return scale_refuse(w->x, i, "括号过深", "brackets within brackets");
		w->clause[w->depth] = NULL;
	} else if (is(w, i, ")")) {
		w->depth = w->depth > 0 ? w->depth - 1 : 0;
	} else if (!(is(w, i, "FROM") && i > 0 && is(w, i - 1, "DISTINCT"))) {
		for (const char *const *word = words; *word; word++)
			if (is(w, i, *word))
				w->clause[w->depth] = *word;
	}
	if (is(w, i, ",") && strcmp(clause(w), "FROM") == 0)
		return scale_refuse(w->x, i, "FROM 里不用逗号连接，写 JOIN",
				    "a join is a JOIN, no comma behind FROM");
	return OK;
}

/* INSERT INTO t (a, b): is the column there? */
static bool lists(const struct walk *w, size_t open, const char *column)
{
	for (size_t i = open; i < w->x->t.n && !is(w, i, ")"); i++)
		if (is(w, i, column))
			return true;
	return false;
}

static enum err insert(const struct walk *w, size_t i, const struct scale_table *t)
{
	if (t->spread[0] && (!is(w, i + 1, "(") || !lists(w, i + 1, t->spread)))
		return scale_refuse(w->x, i, "插入时没有写明分布列",
				    "an insert without the column its table is spread by");
	if (!t->insert_only)
		return OK;
	if (!w->sql->append || strcasecmp(w->sql->append, t->name) != 0)
		return scale_refuse(w->x, i, "此表只可追加，语句须声明 -- append:",
				    "insert-only, and the statement does not say -- append:");
	for (size_t k = i; k < w->x->t.n; k++)
		if (is(w, k, "DO") && is(w, k + 1, "UPDATE"))
			return scale_refuse(w->x, i, "此表只可追加", "insert-only");
	return OK;
}

/* Token i names a table. Is it in a place where tables stand, and what is done with it? */
static enum err table(struct walk *w, size_t i, const struct scale_table *t)
{
	bool updated = i > 0 && is(w, i - 1, "UPDATE");
	bool deleted = i > 1 && is(w, i - 1, "FROM") && is(w, i - 2, "DELETE");
	struct seen *seen;
	enum err e;

	if (updated || (i > 0 && is(w, i - 1, "INTO")))
		w->written = t;
	if (i > 0 && is(w, i - 1, "INTO"))
		return insert(w, i, t);
	if (!updated && !(i > 0 && (is(w, i - 1, "FROM") || is(w, i - 1, "JOIN"))))
		return OK;
	if ((updated || deleted) && t->insert_only)
		return scale_refuse(w->x, i, "此表只可追加", "insert-only");
	if (!t->spread[0])
		return OK;
	if ((e = see(w, t->spread, i, &seen)))
		return e;
	seen->asked++;
	return OK;
}

/* Token i may be a column by which some table is spread. */
static enum err column(struct walk *w, size_t i)
{
	struct seen *seen;
	size_t k = i + 2;
	enum err e;

	if (!is(w, i + 1, "=") || w->x->t.v[i].kind != TOKEN_WORD)
		return OK;
	for (size_t s = 0; s < w->x->s->table.n; s++) {
		const char *spread = w->x->s->table.v[s].spread;

		if (!spread[0] || !is(w, i, spread))
			continue;
		if (strcmp(clause(w), "SET") == 0 &&
		    (!w->written || strcmp(w->written->spread, spread) != 0))
			continue; /* a column of that name, of a table that is spread otherwise */
		if (strcmp(clause(w), "SET") == 0)
			return scale_refuse(w->x, i, "分布列不可更改：移交是新的一行",
					    "it never changes: a hand-over is a new row");
		if ((e = see(w, spread, i, &seen)))
			return e;
		if (is(w, k + 1, "."))
			k += 2;
		if (k < w->x->t.n && w->x->t.v[k].kind == TOKEN_ARG)
			seen->bound++, seen->equal++;
		else if (is(w, k, spread))
			seen->equal++;
		return OK;
	}
	return OK;
}

static enum err check_args(const struct walk *w)
{
	size_t n = strlen(w->sql->args);

	for (size_t k = 1; k <= n; k++) {
		size_t i = 0;

		while (i < w->x->t.n && w->x->t.v[i].arg != k)
			i++;
		if (i == w->x->t.n)
			return scale_refuse(w->x, i, "有参数声明而未用",
					    "an argument is declared and not used");
	}
	for (size_t i = 0; i < w->x->t.n; i++)
		if (w->x->t.v[i].kind == TOKEN_ARG &&
		    (w->x->t.v[i].arg == 0 || w->x->t.v[i].arg > n))
			return scale_refuse(w->x, i, "有参数未声明", "it is not declared");
	return OK;
}

static enum err check_tokens(struct walk *w)
{
	static const char *const first[] = { "SELECT", "WITH",   "VALUES", "INSERT",
					     "UPDATE", "DELETE", NULL };
	enum err e;

	if (!token_in(&w->x->t, 0, first))
		return scale_refuse(w->x, 0, "语句只能是查询、插入、更新或删除",
				    "a statement selects, inserts, updates or deletes");
	if ((e = scale_words(w->x)) || (e = check_args(w)))
		return e;
	for (size_t i = 0; i < w->x->t.n; i++) {
		const struct scale_table *t = scale_table_at(w->x, i);

		if (is(w, i, ";"))
			return scale_refuse(w->x, i, "只能有一条语句", "one statement only");
		if ((e = follow(w, i)) || (t && (e = table(w, i, t))) || (e = column(w, i)))
			return e;
	}
	for (size_t i = 0; !w->sql->across && i < w->n_seen; i++) {
		const struct seen *s = &w->seen[i];

		if (s->asked > s->equal || (s->asked > 0 && s->bound == 0))
			return scale_refuse(
				w->x, s->at,
				"每个分布表都要用分布列限定（列 = $1 或与另一表相等），"
				"或声明 -- across:",
				"each table that is spread is asked by its column (= $1, "
				"or equal to another's), or the statement says -- across:");
	}
	return OK;
}

enum err scale_check(const struct scale *s, const struct sql *sql, struct fault *f)
{
	CLEANUP(buf_release) struct buf spelled = { 0 };
	struct scale_text x = { .s = s, .name = sql->name, .f = f };
	struct walk w = { .x = &x, .sql = sql };
	enum err e = sql_spell(sql->text, false, &spelled);

	if (e == OK && (e = tokens_cut(spelled.p, &x.t)) == ERR_SYNTAX)
		e = scale_refuse(&x, x.t.n, "引号没有收尾", "a quote is left open");
	if (e == OK)
		e = check_tokens(&w);
	tokens_release(&x.t);
	return e;
}
