/* db_schema.c - the steps of the schema: which are there, which are due, and applying them. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "db/db.h"
#include "db/inside.h"
#include "db/step.sql.h"

#include "base/ban.h"

enum { DIGEST_BYTES = 17 };

static void digest_text(const char *text, char ret[DIGEST_BYTES])
{
	snprintf(ret, DIGEST_BYTES, "%016" PRIx64, digest_of(text, strlen(text)));
}

static const struct db_step *known(const struct db *db, int64_t number)
{
	for (size_t i = 0; i < db->n_steps; i++)
		if (db->steps[i].number == number)
			return &db->steps[i];
	return NULL;
}

/* One applied step against ours. */
static enum err compare(const struct db *db, int64_t number, struct str digest, struct fault *f)
{
	const struct db_step *step = known(db, number);
	char ours[DIGEST_BYTES];

	if (!step)
		return fault_set(f, ERR_VERSION,
				 "数据库的结构（第 %" PRId64 " 步）比本程序新；请升级本程序",
				 "the schema of the database (step %" PRId64 ") is newer than this "
				 "program; use the newer program",
				 number);
	digest_text(step->text, ours);
	if (!str_eq(digest, str_of(ours)))
		return fault_set(f, ERR_CORRUPT,
				 "数据库结构第 %u 步（%s）与本程序所带的不同；已发布的步骤不得修改",
				 "step %u of the schema (%s) is not the one of this program; "
				 "a step that was released is never edited",
				 step->number, step->word);
	return OK;
}

struct applied {
	struct db *db;
	size_t n;
	int64_t last;
};

static enum err applied_act(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct applied *a = arg;
	bool there, more;
	enum err e;

	a->n = 0;
	a->last = 0;
	if ((e = tx->c->ops->has_table(tx->c, "schema_step", &there, f)) || !there)
		return e;
	if ((e = tx_rows(tx, &step_sql.applied, SQL_NO_ARGS, &r, f)))
		return e;
	while ((e = rows_next(r, &more, f)) == OK && more) {
		a->n++;
		a->last = rows_i64(r, 0);
		if ((e = compare(a->db, a->last, rows_text(r, 1), f)))
			return e;
	}
	return e;
}

/* ret->last is the last step applied; one that is missing below it can no longer be. */
static enum err applied(struct db *db, struct applied *ret, struct fault *f)
{
	size_t below = 0;
	enum err e;

	ret->db = db;
	if ((e = db_read(db, applied_act, ret, f)))
		return e;
	for (size_t i = 0; i < db->n_steps; i++)
		below += db->steps[i].number <= ret->last;
	if (below != ret->n)
		return fault_set(f, ERR_VERSION, "数据库的结构缺少第 %lld 步之前的一步",
				 "the schema of the database lacks a step before step %lld",
				 (long long)ret->last);
	return OK;
}

enum err db_schema_check(struct db *db, struct fault *f)
{
	struct applied a;

	return applied(db, &a, f);
}

enum err db_pending(struct db *db, size_t *ret, struct fault *f)
{
	struct applied a;
	enum err e = applied(db, &a, f);

	if (e == OK)
		*ret = db->n_steps - a.n;
	return e;
}

struct due {
	const struct db *db;
	const struct db_step *step;
	struct utc_s now;
};

/* On SQLite the authorizer refuses it; PostgreSQL is told by taking the rights away. */
static enum err revoke(const char *table, void *arg, struct fault *f)
{
	struct tx *tx = arg;
	char text[256];
	int n = snprintf(text, sizeof(text),
			 "REVOKE UPDATE, DELETE, TRUNCATE ON %s FROM PUBLIC, CURRENT_USER", table);

	if (n < 0 || (size_t)n >= sizeof(text))
		return fault_set(f, ERR_BUG, "表名过长", "the name of a table is too long");
	return tx->c->ops->script(tx->c, text, f);
}

static enum err step_act(struct tx *tx, void *arg, struct fault *f)
{
	const struct due *d = arg;
	char digest[DIGEST_BYTES];
	enum err e;

	digest_text(d->step->text, digest);
	if ((e = tx->c->ops->script(tx->c, d->step->text, f)))
		return e;
	if (!d->db->sqlite &&
	    (e = scale_each_insert_only(d->db->scale, d->step->number, revoke, tx, f)))
		return e;
	return tx_run(tx, &step_sql.record,
		      SQL_ARGS(sql_i64(d->step->number), sql_text(str_of(d->step->word)),
			       sql_text(str_of(digest)), sql_time(d->now)),
		      NULL, f);
}

enum err db_migrate(struct db *db, struct utc_s now, struct fault *f)
{
	struct applied a;
	enum err e = applied(db, &a, f);

	for (size_t i = a.n; e == OK && i < db->n_steps; i++) {
		struct due d = { db, &db->steps[i], now };

		e = db_write(db, step_act, &d, f);
	}
	return e;
}

/* ---- every statement on the live schema --------------------------------------------------- */

struct all {
	const struct sql_list *lists;
	size_t n_lists;
	bool whole; /* sql_all besides */
	enum sql_act act;
};

static enum err prepare_lists(struct tx *tx, const struct sql_list *lists, size_t n,
			      enum sql_act act, struct fault *f)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < lists[i].n; k++) {
			const struct sql *sql = &lists[i].v[k];
			enum err e;

			if (sql->act != act)
				continue;
			if ((e = scale_check(tx->c->db->scale, sql, f)) ||
			    (e = tx_prepare(tx, sql, f)))
				return e;
		}
	return OK;
}

static enum err prepare_act(struct tx *tx, void *arg, struct fault *f)
{
	const struct all *a = arg;
	enum err e = a->whole ? prepare_lists(tx, sql_all, sql_all_n, a->act, f) : OK;

	return e ? e : prepare_lists(tx, a->lists, a->n_lists, a->act, f);
}

static enum err prepare(struct db *db, struct all a, struct fault *f)
{
	size_t pending;
	enum err e;

	if ((e = db_pending(db, &pending, f)))
		return e;
	if (pending > 0)
		return fault_set(f, ERR_VERSION, "数据库的结构还差 %zu 步；请先升级",
				 "the schema of the database is %zu steps behind; migrate it first",
				 pending);
	if ((e = db_read(db, prepare_act, &a, f)))
		return e;
	a.act = SQL_WRITE;
	return db_write(db, prepare_act, &a, f);
}

enum err db_prepare_all(struct db *db, const struct sql_list *lists, size_t n_lists,
			struct fault *f)
{
	return prepare(db, (struct all){ lists, n_lists, true, SQL_READ }, f);
}

enum err db_prepare(struct db *db, const struct sql_list *lists, size_t n_lists, struct fault *f)
{
	return prepare(db, (struct all){ lists, n_lists, false, SQL_READ }, f);
}
