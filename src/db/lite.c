/*
 * lite.c - a connection to SQLite: how it is set up, what it may do, what its errors mean.
 *
 * Long because nearly all that knows sqlite3.h is here.
 */
#include "db/inside.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "db/lite_log.h"

#include "base/ban.h"

enum {
	BUSY_MS = 10000,
	CARRY_PAGES = 4000,      /* the log is carried over when it is longer than this */
	CARRY_ALL_PAGES = 16384, /* and then readers are waited for, or it would never end */
	CARRY_WAIT_MS = 100,
	OWN_RIGHTS = 0600
};

enum own { OWN_BEGIN, OWN_COMMIT, OWN_ROLLBACK, OWN_SAVE, OWN_KEEP, OWN_UNDO, OWN_VERSION, OWN_N };

/* What the authorizer lets pass. */
enum may { MAY_READ, MAY_WRITE, MAY_ALL };

struct lite {
	struct conn conn;
	sqlite3 *h;
	enum may may;
	const struct sql *current; /* being prepared, or run and prepared again */
	sqlite3_stmt *own[OWN_N];
	struct lite_log *log; /* NULL: it writes nothing, or does not wait for the disk */
	int log_pages;
	bool final;
};

static struct lite *lite_of(struct conn *c)
{
	return (struct lite *)c;
}

/* ---- errors ------------------------------------------------------------------------------- */

static enum err of_constraint(int rc, const char *where, struct fault *f)
{
	switch (rc) {
	case SQLITE_CONSTRAINT_UNIQUE:
	case SQLITE_CONSTRAINT_PRIMARYKEY:
	case SQLITE_CONSTRAINT_ROWID:
		return fault_set(f, ERR_EXISTS, "%s：同样的键已经存在",
				 "%s: a row with this key exists already", where);
	case SQLITE_CONSTRAINT_FOREIGNKEY:
		return fault_set(f, ERR_ABSENT, "%s：所引用的行不存在，或仍被引用",
				 "%s: a row that is referred to is not there, or still referred to",
				 where);
	default:
		return fault_set(f, ERR_RANGE, "%s：违反了表的约束",
				 "%s: a constraint of the table does not hold", where);
	}
}

/* `where` names the statement, never a value. */
static enum err failed(struct lite *l, int rc, const char *where, struct fault *f)
{
	const char *said = l->h ? sqlite3_errmsg(l->h) : sqlite3_errstr(rc);
	int kind = rc & 0xff;

	if (rc == SQLITE_IOERR_NOMEM || kind == SQLITE_NOMEM)
		return ERR_MEMORY;
	if (kind == SQLITE_IOERR || kind == SQLITE_CORRUPT || kind == SQLITE_NOTADB)
		l->final = true;
	switch (kind) {
	case SQLITE_CONSTRAINT: return of_constraint(rc, where, f);
	case SQLITE_FULL:
		return fault_set(f, ERR_NO_ROOM, "服务器磁盘已满，什么也没有写入；请腾出空间",
				 "the server's disk is full and nothing was written: make room");
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return fault_set(f, ERR_BUSY, "数据库正被另一进程占用，请稍后再试",
				 "another process keeps the database; try again later");
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
	case SQLITE_READONLY:
	case SQLITE_PERM:
		return fault_set(f, ERR_IO, "%s：读写数据库失败（%s，%d）；请检查磁盘和权限",
				 "%s: the database cannot be read or written (%s, %d); "
				 "look at the disk and at permissions",
				 where, said, rc);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return fault_set(f, ERR_CORRUPT, "%s：数据库文件已损坏（%s，%d）；请从备份恢复",
				 "%s: the database file is damaged (%s, %d); restore a backup",
				 where, said, rc);
	default:
		return fault_set(f, ERR_BUG, "%s：SQL 有误（%s，%d）",
				 "%s: the SQL is wrong (%s, %d)", where, said, rc);
	}
}

/* ---- what a connection may do ------------------------------------------------------------- */

static int authorize(void *arg, int action, const char *a, const char *b, const char *base,
		     const char *by)
{
	const struct lite *l = arg;
	const struct scale *s = l->conn.db->scale;

	(void)b;
	(void)base;
	(void)by;
	if (l->may == MAY_ALL)
		return SQLITE_OK;
	switch (action) {
	case SQLITE_SELECT:
	case SQLITE_READ:
	case SQLITE_FUNCTION:
	case SQLITE_RECURSIVE: return SQLITE_OK;
	case SQLITE_PRAGMA: /* ours, made ready again after a change of the schema */
		return !l->current && strcmp(a, "data_version") == 0 ? SQLITE_OK : SQLITE_DENY;
	case SQLITE_TRANSACTION:
	case SQLITE_SAVEPOINT:
		return l->current ? SQLITE_DENY : SQLITE_OK; /* ours, not a statement's */
	case SQLITE_INSERT:
		if (l->may != MAY_WRITE || strncmp(a, "sqlite_", 7) == 0)
			return SQLITE_DENY;
		if (!scale_insert_only(s, a))
			return SQLITE_OK;
		return l->current && l->current->append && strcmp(l->current->append, a) == 0
			       ? SQLITE_OK
			       : SQLITE_DENY;
	case SQLITE_UPDATE:
	case SQLITE_DELETE:
		return l->may == MAY_WRITE && strncmp(a, "sqlite_", 7) != 0 &&
				       !scale_insert_only(s, a)
			       ? SQLITE_OK
			       : SQLITE_DENY;
	default: return SQLITE_DENY;
	}
}

/* ---- transactions ------------------------------------------------------------------------- */

static enum err own_step(struct lite *l, enum own which, struct fault *f)
{
	sqlite3_stmt *s = l->own[which];
	int rc;

	l->current = NULL;
	rc = sqlite3_step(s);

	if (rc != SQLITE_DONE)
		rc = sqlite3_extended_errcode(l->h);
	sqlite3_reset(s);
	return rc == SQLITE_DONE ? OK : failed(l, rc, sqlite3_sql(s), f);
}

bool lite_in_transaction(struct conn *c)
{
	return !sqlite3_get_autocommit(lite_of(c)->h);
}

/* Without memory even a rollback fails; then the next one to begin does it. */
static enum err begin(struct conn *c, struct fault *f)
{
	enum err e = lite_in_transaction(c) ? own_step(lite_of(c), OWN_ROLLBACK, f) : OK;

	return e ? e : own_step(lite_of(c), OWN_BEGIN, f);
}

static enum err commit(struct conn *c, bool *ret_again, struct fault *f)
{
	struct lite *l = lite_of(c);
	enum err e;

	*ret_again = false;
	if (l->log)
		lite_log_gather(l->log, l->h);
	e = own_step(l, OWN_COMMIT, f);
	if (l->log && !lite_log_done(l->log))
		assert(e != OK);
	return e;
}

static void rollback(struct conn *c)
{
	if (lite_in_transaction(c))
		ignore(own_step(lite_of(c), OWN_ROLLBACK, NULL));
}

/* It also opens the snapshot, so the number is that of what is read from here on. */
static enum err version(struct conn *c, int64_t *ret)
{
	struct lite *l = lite_of(c);
	sqlite3_stmt *s = l->own[OWN_VERSION];
	int rc;

	l->current = NULL;
	rc = sqlite3_step(s);
	*ret = rc == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
	sqlite3_reset(s);
	return rc == SQLITE_ROW ? OK : ERR_IO;
}

enum err lite_savepoint(struct conn *c, struct fault *f)
{
	return own_step(lite_of(c), OWN_SAVE, f);
}

enum err lite_keep(struct conn *c, struct fault *f)
{
	return own_step(lite_of(c), OWN_KEEP, f);
}

enum err lite_undo(struct conn *c)
{
	enum err e = own_step(lite_of(c), OWN_UNDO, NULL);

	return e ? e : own_step(lite_of(c), OWN_KEEP, NULL);
}

static int log_grew(void *arg, sqlite3 *h, const char *name, int pages)
{
	struct lite *l = arg;

	(void)h;
	(void)name;
	l->log_pages = pages;
	return SQLITE_OK;
}

/* SQLite would do this inside a commit and keep a failed sync to itself. */
enum err lite_checkpoint(struct conn *c, struct fault *f)
{
	struct lite *l = lite_of(c);
	bool all = l->log_pages > CARRY_ALL_PAGES;
	int rc;

	if (l->log_pages < CARRY_PAGES)
		return OK;
	l->log_pages = 0;
	if (all)
		sqlite3_busy_timeout(l->h, CARRY_WAIT_MS);
	rc = sqlite3_wal_checkpoint_v2(l->h, NULL,
				       all ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE,
				       NULL, NULL);
	if (all)
		sqlite3_busy_timeout(l->h, BUSY_MS);
	if (rc == SQLITE_OK || rc == SQLITE_BUSY)
		return OK;
	return failed(l, sqlite3_extended_errcode(l->h), "checkpoint", f);
}

enum err lite_cut(struct conn *c, struct fault *f)
{
	struct lite *l = lite_of(c);
	int rc = sqlite3_wal_checkpoint_v2(l->h, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);

	if (rc == SQLITE_OK)
		l->log_pages = 0;
	return rc == SQLITE_OK ? OK : failed(l, sqlite3_extended_errcode(l->h), "cut the log", f);
}

bool lite_final(const struct conn *c)
{
	return ((const struct lite *)c)->final;
}

void lite_abandon(struct conn *c)
{
	sqlite3_db_config(lite_of(c)->h, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
}

/* ---- statements --------------------------------------------------------------------------- */

static enum err script(struct conn *c, const char *text, struct fault *f)
{
	CLEANUP(buf_release) struct buf spelled = { 0 };
	struct lite *l = lite_of(c);
	enum may before = l->may;
	enum err e;
	int rc;

	if ((e = sql_spell(text, true, &spelled)))
		return e;
	l->may = MAY_ALL;
	rc = sqlite3_exec(l->h, spelled.p, NULL, NULL, NULL);
	l->may = before;
	if (rc == SQLITE_OK)
		return OK;
	return failed(l, sqlite3_extended_errcode(l->h), "script", f);
}

/* Asked in SQL: the metadata at hand may be of a schema that is gone. */
static enum err has_table(struct conn *c, const char *table, bool *ret, struct fault *f)
{
	static const char text[] = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?";
	struct lite *l = lite_of(c);
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(l->h, text, -1, &s, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(s, 1, table, -1, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(s);
	*ret = rc == SQLITE_ROW;
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		rc = sqlite3_extended_errcode(l->h);
	sqlite3_finalize(s);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? OK : failed(l, rc, table, f);
}

/* A pragma that finds nothing says `well`, or, if that is NULL, not a word. */
static enum err ask(struct lite *l, const char *pragma, const char *well, struct fault *f)
{
	sqlite3_stmt *s = NULL;
	enum may before = l->may;
	bool good = false;
	int rc;

	l->may = MAY_ALL;
	rc = sqlite3_prepare_v2(l->h, pragma, -1, &s, NULL);
	l->may = before;
	if (rc == SQLITE_OK)
		rc = sqlite3_step(s);
	if (rc == SQLITE_ROW) {
		const unsigned char *said = sqlite3_column_text(s, 0);

		good = well && said && strcmp((const char *)said, well) == 0;
	} else if (rc == SQLITE_DONE) {
		good = !well;
	} else {
		rc = sqlite3_extended_errcode(l->h);
	}
	sqlite3_finalize(s);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		return failed(l, rc, pragma, f);
	if (good)
		return OK;
	return fault_set(f, ERR_CORRUPT, "数据库文件已损坏（%s）；请从备份恢复",
			 "the database file is damaged (%s); restore a backup", pragma);
}

static enum err sound(struct conn *c, struct fault *f)
{
	enum err e = ask(lite_of(c), "PRAGMA integrity_check(1)", "ok", f);

	return e ? e : ask(lite_of(c), "PRAGMA foreign_key_check", NULL, f);
}

/* Every $k of the text must be known, and no other parameter may be there. */
static enum err place(struct prepared *p, sqlite3_stmt *s, struct fault *f)
{
	size_t n = strlen(p->sql->args);
	const char *first;

	p->place = mem_take(n + 1, sizeof(*p->place));
	if (!p->place)
		return ERR_MEMORY;
	first = n ? sqlite3_bind_parameter_name(s, 1) : NULL;
	for (size_t i = 0; i < n; i++) {
		bool numbered = first && *first == '?'; /* gather.c */
		char name[24];

		snprintf(name, sizeof(name), "$%zu", i + 1);
		p->place[i] =
			(uint16_t)(numbered ? (int)i + 1 : sqlite3_bind_parameter_index(s, name));
		if (p->place[i] == 0)
			return fault_set(f, ERR_BUG, "语句 %s 没有用到参数 %s",
					 "statement %s has no argument %s", p->sql->name, name);
	}
	if ((size_t)sqlite3_bind_parameter_count(s) != n)
		return fault_set(f, ERR_BUG, "语句 %s 有未声明的参数",
				 "statement %s has an argument that is not declared", p->sql->name);
	return OK;
}

static enum err prepare(struct conn *c, struct prepared *p, bool *ret_again, struct fault *f)
{
	CLEANUP(buf_release) struct buf spelled = { 0 };
	struct lite *l = lite_of(c);
	sqlite3_stmt *s = NULL;
	enum err e;
	int rc;

	(void)ret_again;
	if ((e = sql_spell(p->sql->text, true, &spelled)))
		return e;
	l->current = p->sql;
	rc = sqlite3_prepare_v3(l->h, spelled.p, (int)spelled.n, SQLITE_PREPARE_PERSISTENT, &s,
				NULL);
	p->handle = s;
	if (rc != SQLITE_OK)
		return failed(l, sqlite3_extended_errcode(l->h), p->sql->name, f);
	if (!s)
		return fault_set(f, ERR_BUG, "语句 %s 是空的", "statement %s is empty",
				 p->sql->name);
	return place(p, s, f);
}

static void forget(struct conn *c, struct prepared *p)
{
	(void)c;
	sqlite3_finalize(p->handle);
}

static int bind(sqlite3_stmt *s, int at, const struct sql_value *v)
{
	switch (v->type) {
	case SQL_I64: return sqlite3_bind_int64(s, at, v->i);
	case SQL_F64: return sqlite3_bind_double(s, at, v->f);
	case SQL_TEXT:
		return sqlite3_bind_text64(s, at, v->s.n ? v->s.p : "", v->s.n, SQLITE_TRANSIENT,
					   SQLITE_UTF8);
	case SQL_BLOB:
		return v->s.n ? sqlite3_bind_blob64(s, at, v->s.p, v->s.n, SQLITE_TRANSIENT)
			      : sqlite3_bind_zeroblob(s, at, 0);
	default: return sqlite3_bind_null(s, at);
	}
}

static enum err start(struct rows *r, struct sql_args args, struct fault *f)
{
	struct lite *l = lite_of(r->tx->c);
	sqlite3_stmt *s = r->p->handle;

	for (size_t i = 0; i < args.n; i++) {
		int rc = bind(s, r->p->place[i], &args.v[i]);

		if (rc != SQLITE_OK)
			return failed(l, rc, r->p->sql->name, f);
	}
	r->n_columns = (size_t)sqlite3_column_count(s);
	return OK;
}

static enum err next(struct rows *r, bool *ret_more, struct fault *f)
{
	struct lite *l = lite_of(r->tx->c);
	int rc;

	l->current = r->p->sql;
	rc = sqlite3_step(r->p->handle);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		return failed(l, sqlite3_extended_errcode(l->h), r->p->sql->name, f);
	*ret_more = rc == SQLITE_ROW;
	return OK;
}

static bool null(const struct rows *r, size_t column)
{
	return sqlite3_column_type(r->p->handle, (int)column) == SQLITE_NULL;
}

static enum err cell(struct rows *r, size_t column, enum sql_type want, struct sql_value *ret)
{
	static const int kind[] = { [SQL_I64] = SQLITE_INTEGER,
				    [SQL_F64] = SQLITE_FLOAT,
				    [SQL_TEXT] = SQLITE_TEXT,
				    [SQL_BLOB] = SQLITE_BLOB };
	sqlite3_stmt *s = r->p->handle;
	int i = (int)column, is = sqlite3_column_type(s, i);

	if (is == SQLITE_NULL)
		return OK;
	if (is != kind[want])
		return ERR_CORRUPT;
	ret->type = want;
	if (want == SQL_I64) {
		ret->i = sqlite3_column_int64(s, i);
		return OK;
	}
	if (want == SQL_F64) {
		ret->f = sqlite3_column_double(s, i);
		return OK;
	}
	ret->s.p = want == SQL_TEXT ? (const char *)sqlite3_column_text(s, i)
				    : sqlite3_column_blob(s, i);
	ret->s.n = (size_t)sqlite3_column_bytes(s, i);
	if (!ret->s.p && ret->s.n > 0)
		return ERR_MEMORY;
	if (!ret->s.p)
		ret->s.p = "";
	return OK;
}

static uint64_t changed(struct rows *r)
{
	return r->p->sql->act == SQL_WRITE ? (uint64_t)sqlite3_changes64(lite_of(r->tx->c)->h) : 0;
}

static void stop(struct rows *r)
{
	sqlite3_reset(r->p->handle);
	sqlite3_clear_bindings(r->p->handle);
}

/* ---- opening and closing ------------------------------------------------------------------ */

static bool broken(struct conn *c)
{
	return lite_of(c)->final || lite_in_transaction(c);
}

static void close_it(struct conn *c)
{
	struct lite *l = lite_of(c);

	tx_forget_all(c);
	for (int i = 0; i < OWN_N; i++)
		sqlite3_finalize(l->own[i]);
	if (l->final && l->h)
		lite_abandon(c);
	sqlite3_close(l->h);
	lite_log_end(&l->log);
	mem_drop(l);
}

static const struct conn_ops ops = {
	.begin = begin,
	.commit = commit,
	.rollback = rollback,
	.script = script,
	.has_table = has_table,
	.sound = sound,
	.prepare = prepare,
	.forget = forget,
	.start = start,
	.next = next,
	.null = null,
	.cell = cell,
	.changed = changed,
	.stop = stop,
	.version = version,
	.broken = broken,
	.close = close_it,
};

static bool waits_for_disk(const struct lite *l)
{
	return !l->conn.db->synchronous;
}

static enum err set_up(struct lite *l, struct fault *f)
{
	static const char pragmas[] = "PRAGMA journal_mode = WAL;"
				      "PRAGMA foreign_keys = ON;"
				      "PRAGMA secure_delete = ON;"
				      "PRAGMA trusted_schema = OFF;"
				      "PRAGMA cell_size_check = ON;"
				      "PRAGMA case_sensitive_like = ON;"
				      "PRAGMA temp_store = MEMORY;"
				      "PRAGMA cache_size = -8000;";
	static const char *const own[OWN_N] = {
		[OWN_COMMIT] = "COMMIT",        [OWN_ROLLBACK] = "ROLLBACK",
		[OWN_SAVE] = "SAVEPOINT act",   [OWN_KEEP] = "RELEASE act",
		[OWN_UNDO] = "ROLLBACK TO act", [OWN_VERSION] = "PRAGMA data_version",
	};
	const char *synchronous = waits_for_disk(l) ? "FULL" : l->conn.db->synchronous;
	char sync[64];
	int rc;

	sqlite3_extended_result_codes(l->h, 1);
	sqlite3_busy_timeout(l->h, BUSY_MS);
	sqlite3_db_config(l->h, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	sqlite3_db_config(l->h, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
	sqlite3_db_config(l->h, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	snprintf(sync, sizeof(sync), "PRAGMA synchronous = %s", synchronous);
	rc = sqlite3_exec(l->h, pragmas, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(l->h, sync, NULL, NULL, NULL);
	if (rc == SQLITE_OK) /* a bulk act writes in many indexes at once */
		rc = sqlite3_exec(l->h,
				  l->conn.writes ? "PRAGMA cache_size = -64000"
						 : "PRAGMA query_only = ON",
				  NULL, NULL, NULL);
	for (int i = 0; rc == SQLITE_OK && i < OWN_N; i++)
		rc = sqlite3_prepare_v3(l->h,
					own[i]           ? own[i]
					: l->conn.writes ? "BEGIN IMMEDIATE"
							 : "BEGIN",
					-1, SQLITE_PREPARE_PERSISTENT, &l->own[i], NULL);
	if (rc != SQLITE_OK)
		return failed(l, sqlite3_extended_errcode(l->h), l->conn.db->target, f);
	sqlite3_wal_autocheckpoint(l->h, 0);
	sqlite3_wal_hook(l->h, log_grew, l);
	sqlite3_set_authorizer(l->h, authorize, l);
	return OK;
}

/* Nobody asks how much memory SQLite holds, and to count it is a lock that all threads take. */
static void count_nothing(void)
{
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static int open_file(const struct db *db, int flags, sqlite3 **ret)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, count_nothing);
	return sqlite3_open_v2(db->target, ret, SQLITE_OPEN_READWRITE | flags, db->vfs);
}

enum err lite_open(struct db *db, bool writes, struct conn **ret, struct fault *f)
{
	struct lite *l = mem_take(1, sizeof(*l));
	enum err e;
	int rc;

	if (!l)
		return ERR_MEMORY;
	l->conn.ops = &ops;
	l->conn.db = db;
	l->conn.writes = writes;
	l->may = writes ? MAY_WRITE : MAY_READ;
	if (writes && waits_for_disk(l) && (e = lite_log_new(&l->log))) {
		close_it(&l->conn);
		return e;
	}
	rc = open_file(db, SQLITE_OPEN_NOMUTEX, &l->h);
	e = rc == SQLITE_OK ? set_up(l, f)
			    : failed(l, l->h ? sqlite3_extended_errcode(l->h) : rc, db->target, f);
	if (e) {
		close_it(&l->conn);
		return e;
	}
	*ret = &l->conn;
	return OK;
}

/* An empty database that nobody else may read. */
enum err lite_create(struct db *db, struct fault *f)
{
	struct lite l = { .conn.db = db };
	enum err e = OK;
	int rc = open_file(db, SQLITE_OPEN_CREATE, &l.h);

	if (rc == SQLITE_OK)
		rc = sqlite3_exec(l.h, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		e = failed(&l, l.h ? sqlite3_extended_errcode(l.h) : rc, db->target, f);
	sqlite3_close(l.h);
	if (e == OK && !db->vfs && chmod(db->target, OWN_RIGHTS))
		e = fault_set(f, ERR_IO, "%s：不能设置权限", "%s: cannot set its permissions",
			      db->target);
	return e;
}
