/* pg.c - a connection to PostgreSQL: acts, statements, and what its errors mean. */
#include "db/pg.h"

#include <endian.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/inside.h"

#include "base/ban.h"

/* Types, as pg_type.dat numbers them for ever. */
enum {
	OID_BOOL = 16,
	OID_BYTEA = 17,
	OID_NAME = 19,
	OID_INT8 = 20,
	OID_INT2 = 21,
	OID_INT4 = 23,
	OID_TEXT = 25,
	OID_FLOAT8 = 701,
	OID_VARCHAR = 1043
};

enum { ARGS_AT_HAND = 32, NAME_BYTES = 16 };

static struct pg *pg_of(struct conn *c)
{
	return (struct pg *)c;
}

/* ---- errors ------------------------------------------------------------------------------- */

static bool in_class(const char *state, const char *class)
{
	return strncmp(state, class, strlen(class)) == 0;
}

/* The main message of a server names tables and constraints; values are in its detail alone. */
static enum err of_state(const char *state, const char *said, const char *where, struct fault *f)
{
	if (strcmp(state, "23505") == 0)
		return fault_set(f, ERR_EXISTS, "%s：同样的键已经存在",
				 "%s: a row with this key exists already", where);
	if (strcmp(state, "23503") == 0)
		return fault_set(f, ERR_ABSENT, "%s：所引用的行不存在，或仍被引用",
				 "%s: a row that is referred to is not there, or still referred to",
				 where);
	if (in_class(state, "23") || in_class(state, "22"))
		return fault_set(f, ERR_RANGE, "%s：违反了表的约束",
				 "%s: a constraint of the table does not hold", where);
	if (in_class(state, "40") || strcmp(state, "55P03") == 0)
		return fault_set(f, ERR_BUSY, "与其他写入冲突，请稍后再试",
				 "others write the same; try again later");
	if (strcmp(state, "53100") == 0)
		return fault_set(f, ERR_NO_ROOM, "服务器磁盘已满，什么也没有写入；请腾出空间",
				 "the server's disk is full and nothing was written: make room");
	if (strcmp(state, "53200") == 0)
		return ERR_MEMORY;
	if (in_class(state, "XX") && strcmp(state, "XX000") != 0)
		return fault_set(f, ERR_CORRUPT, "%s：数据库已损坏（%s，%s）",
				 "%s: the database is damaged (%s, %s)", where, said, state);
	if (in_class(state, "53") || in_class(state, "57") || in_class(state, "58") ||
	    in_class(state, "08") || in_class(state, "28") || in_class(state, "3D"))
		return fault_set(f, ERR_IO, "%s：数据库服务器拒绝（%s，%s）",
				 "%s: the database server refuses (%s, %s)", where, said, state);
	return fault_set(f, ERR_BUG, "%s：SQL 有误（%s，%s）", "%s: the SQL is wrong (%s, %s)",
			 where, said, state);
}

static enum err failed(struct pg *p, const PGresult *result, const char *where, bool *ret_again,
		       struct fault *f)
{
	const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
	const char *said = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;

	if (ret_again)
		*ret_again = state && (strcmp(state, "40001") == 0 || strcmp(state, "40P01") == 0);
	if (!state && PQstatus(p->h) == CONNECTION_OK)
		return ERR_MEMORY; /* libpq had none for a result, or for its words */
	if (!state)
		return fault_set(f, ERR_IO, "%s：与数据库服务器的连接断开",
				 "%s: the connection to the database server is lost", where);
	return of_state(state, said ? said : "", where, f);
}

static bool fine(const PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);

	return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

static enum err exec(struct pg *p, const char *text, const char *where, bool *ret_again,
		     struct fault *f)
{
	PGresult *result = PQexec(p->h, text);
	enum err e = fine(result) ? OK : failed(p, result, where, ret_again, f);

	PQclear(result);
	return e;
}

/* ---- what was sent and not waited for ------------------------------------------------------ */

/* It may be with nothing on the way: the first one could not be sent. */
static bool piped(const struct pg *p)
{
	return PQpipelineStatus(p->h) != PQ_PIPELINE_OFF;
}

static bool is_aborted(const PGresult *result)
{
	return PQresultStatus(result) == PGRES_PIPELINE_ABORTED;
}

static enum err judge(struct pg *p, const struct pg_late *s, const PGresult *result,
		      bool *ret_again, struct fault *f)
{
	if (!fine(result))
		return failed(p, result, s->name, ret_again, f);
	return s->must && strtoull(PQcmdTuples((PGresult *)result), NULL, 10) != s->must
		       ? tx_conflict(f)
		       : OK;
}

/* The next statement's result, and the end of its results. */
static PGresult *take_result(struct pg *p)
{
	PGresult *result = PQgetResult(p->h), *after;

	if (!result || PQresultStatus(result) == PGRES_PIPELINE_SYNC)
		return result;
	while ((after = PQgetResult(p->h)))
		PQclear(after);
	return result;
}

static void hold(struct rows *r, PGresult *result)
{
	r->result = result;
	r->at = -1;
	r->n = PQntuples(result);
	r->n_columns = (size_t)PQnfields(result);
}

/*
 * Ask the server for all that is on the way, hear it, and leave the pipeline. The first error is
 * the one. The last `n_own` that were sent are no late ones: `own` holds their results.
 */
static enum err hear(struct pg *p, struct rows *own, size_t n_own, bool *ret_again, struct fault *f)
{
	int n = p->n_late;
	PGresult *result;
	enum err e = OK;

	p->n_late = 0;
	if (!PQpipelineSync(p->h)) { /* the server says no more than it was asked */
		p->lost = true;
		return failed(p, NULL, "SYNC", ret_again, f);
	}
	for (int i = 0; i < n && PQstatus(p->h) == CONNECTION_OK; i++) {
		result = take_result(p);
		if (!e && !is_aborted(result))
			e = judge(p, &p->late[i], result, ret_again, f);
		PQclear(result);
	}
	for (size_t i = 0; i < n_own; i++) {
		hold(&own[i], take_result(p));
		if (!e && !fine(own[i].result))
			e = failed(p, own[i].result, own[i].p->sql->name, ret_again, f);
	}
	do {
		result = PQgetResult(p->h);
		n = result ? (int)PQresultStatus(result) : PGRES_PIPELINE_SYNC;
		PQclear(result);
	} while (n != PGRES_PIPELINE_SYNC && PQstatus(p->h) == CONNECTION_OK);
	if (!PQexitPipelineMode(p->h)) {
		p->lost = true;
		e = e ? e : failed(p, NULL, "SYNC", ret_again, f);
	}
	return e;
}

static enum err settle(struct pg *p, bool *ret_again, struct fault *f)
{
	return piped(p) ? hear(p, NULL, 0, ret_again, f) : OK;
}

/* ---- transactions ------------------------------------------------------------------------- */

static enum err begin(struct conn *c, struct fault *f)
{
	static const char reads[] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
	static const char writes[] = "BEGIN ISOLATION LEVEL SERIALIZABLE";
	const char *text = c->writes ? writes : reads;
	struct pg *p = pg_of(c);
	enum err e = exec(p, text, "BEGIN", NULL, NULL);

	if (e == OK)
		return OK;
	/* The server was started again since it was last used: nothing is lost yet. */
	if (PQstatus(p->h) != CONNECTION_OK) {
		p->n_late = 0;
		tx_forget_all(c);
		PQreset(p->h);
		if ((e = pg_set_up(p, f)))
			return e;
	}
	return exec(p, text, "BEGIN", NULL, f);
}

static enum err commit(struct conn *c, bool *ret_again, struct fault *f)
{
	struct pg *p = pg_of(c);
	PGresult *result;
	enum err e;

	*ret_again = false;
	if ((e = settle(p, ret_again, f)))
		return e;
	result = PQexec(p->h, "COMMIT");
	if (!result || PQstatus(p->h) != CONNECTION_OK)
		e = fault_set(f, ERR_IO, "提交时与数据库服务器的连接断开，是否已写入不得而知",
			      "the connection was lost while committing; whether it was written "
			      "is unknown");
	else if (!fine(result))
		e = failed(p, result, "COMMIT", ret_again, f);
	else if (strcmp(PQcmdStatus(result), "COMMIT") != 0)
		e = fault_set(f, ERR_BUG, "事务已失败却被提交",
			      "a failed transaction was committed");
	PQclear(result);
	return e;
}

static void rollback(struct conn *c)
{
	struct pg *p = pg_of(c);

	if (!p->lost)
		ignore(settle(p, NULL, NULL));
	if (!p->lost && PQtransactionStatus(p->h) != PQTRANS_IDLE)
		ignore(exec(p, "ROLLBACK", "ROLLBACK", NULL, NULL));
}

static enum err script(struct conn *c, const char *text, struct fault *f)
{
	CLEANUP(buf_release) struct buf spelled = { 0 };
	enum err e = settle(pg_of(c), NULL, f);

	if (!e)
		e = sql_spell(text, false, &spelled);
	return e ? e : exec(pg_of(c), spelled.p, "script", NULL, f);
}

static enum err has_table(struct conn *c, const char *table, bool *ret, struct fault *f)
{
	struct pg *p = pg_of(c);
	PGresult *result;
	enum err e = settle(p, NULL, f);

	if (e)
		return e;
	result = PQexecParams(p->h, "SELECT to_regclass($1) IS NOT NULL", 1, NULL, &table, NULL,
			      NULL, 0);
	e = fine(result) ? OK : failed(p, result, table, NULL, f);
	if (e == OK)
		*ret = PQgetvalue(result, 0, 0)[0] == 't';
	PQclear(result);
	return e;
}

/* A server checks itself: what is damaged there is an error when it is read. */
static enum err sound(struct conn *c, struct fault *f)
{
	(void)c;
	(void)f;
	return OK;
}

/* ---- statements --------------------------------------------------------------------------- */

static Oid oid_of(char letter)
{
	switch (letter) {
	case 'i': return OID_INT8;
	case 'f': return OID_FLOAT8;
	case 't': return OID_TEXT;
	default: return OID_BYTEA;
	}
}

static enum sql_type type_of(Oid oid)
{
	switch (oid) {
	case OID_INT8:
	case OID_INT4:
	case OID_INT2:
	case OID_BOOL: return SQL_I64;
	case OID_FLOAT8: return SQL_F64;
	case OID_TEXT:
	case OID_VARCHAR:
	case OID_NAME: return SQL_TEXT;
	case OID_BYTEA: return SQL_BLOB;
	default: return SQL_NULL;
	}
}

static void name_of(const struct prepared *p, char ret[NAME_BYTES])
{
	snprintf(ret, NAME_BYTES, "s%u", (unsigned)(uintptr_t)p->handle);
}

/* sum(bigint) is numeric there; a CAST makes it what it is in SQLite. */
static enum err describe(struct pg *p, const struct prepared *s, const char *name, struct fault *f)
{
	PGresult *result = PQdescribePrepared(p->h, name);
	enum err e = fine(result) ? OK : failed(p, result, s->sql->name, NULL, f);

	if (e == OK && (size_t)PQnparams(result) != strlen(s->sql->args))
		e = fault_set(f, ERR_BUG, "语句 %s 有未声明的参数",
			      "statement %s has an argument that is not declared", s->sql->name);
	for (int i = 0; e == OK && i < PQnfields(result); i++)
		if (type_of(PQftype(result, i)) == SQL_NULL)
			e = fault_set(f, ERR_BUG, "语句 %s 的第 %d 列在 PostgreSQL 上须用 CAST",
				      "statement %s: column %d needs a CAST on PostgreSQL",
				      s->sql->name, i + 1);
	PQclear(result);
	return e;
}

static enum err prepare(struct conn *c, struct prepared *s, bool *ret_again, struct fault *f)
{
	CLEANUP(buf_release) struct buf spelled = { 0 };
	size_t n = strlen(s->sql->args);
	Oid *types = mem_take(n + 1, sizeof(*types));
	struct pg *p = pg_of(c);
	PGresult *result = NULL;
	char name[NAME_BYTES];
	enum err e;

	if (!types)
		return ERR_MEMORY;
	if ((e = settle(p, ret_again, f))) {
		mem_drop(types);
		return e;
	}
	for (size_t i = 0; i < n; i++)
		types[i] = oid_of(s->sql->args[i]);
	s->handle = (void *)(uintptr_t)++p->n_names;
	name_of(s, name);
	e = sql_spell(s->sql->text, false, &spelled);
	if (e == OK) {
		result = PQprepare(p->h, name, spelled.p, (int)n, types);
		if (!fine(result))
			e = failed(p, result, s->sql->name, ret_again, f);
	}
	PQclear(result);
	mem_drop(types);
	return e ? e : describe(p, s, name, f);
}

/* The name dies with the connection. */
static void forget(struct conn *c, struct prepared *s)
{
	(void)c;
	(void)s;
}

/* An argument as the protocol has it; numbers go through `number`. */
struct wire {
	const char **value;
	int *length, *format;
	uint64_t *number;
};

static void put(const struct wire *w, size_t i, const struct sql_value *v)
{
	uint64_t bits = (uint64_t)v->i;

	w->format[i] = 1;
	w->length[i] = sizeof(bits);
	w->value[i] = (const char *)&w->number[i];
	switch (v->type) {
	case SQL_F64:
		memcpy(&bits, &v->f, sizeof(bits));
		/* fallthrough */
	case SQL_I64: w->number[i] = htobe64(bits); break;
	case SQL_NULL: w->value[i] = NULL; break;
	default: w->value[i] = v->s.n ? v->s.p : ""; w->length[i] = (int)v->s.n;
	}
}

/* Arguments, as they lie between taking and sending them. */
struct sending {
	struct wire w;
	char *block; /* if they are many */
	const char *value[ARGS_AT_HAND];
	int length[ARGS_AT_HAND], format[ARGS_AT_HAND];
	uint64_t number[ARGS_AT_HAND];
	char name[NAME_BYTES];
};

static enum err lay_out(struct sending *s, const struct prepared *p, struct sql_args args)
{
	s->w = (struct wire){ s->value, s->length, s->format, s->number };
	s->block = NULL;
	if (args.n > ARGS_AT_HAND) {
		s->block = mem_take(args.n, 2 * sizeof(uint64_t) + 2 * sizeof(int));
		if (!s->block)
			return ERR_MEMORY;
		s->w.number = (uint64_t *)(void *)s->block;
		s->w.value = (const char **)(void *)(s->w.number + args.n);
		s->w.length = (int *)(void *)(s->w.value + args.n);
		s->w.format = s->w.length + args.n;
	}
	for (size_t i = 0; i < args.n; i++)
		put(&s->w, i, &args.v[i]);
	name_of(p, s->name);
	return OK;
}

static bool send_it(struct pg *p, const struct sending *s, struct sql_args args)
{
	return PQsendQueryPrepared(p->h, s->name, (int)args.n, s->w.value, s->w.length, s->w.format,
				   1);
}

/* Send one more, and wait for nothing. */
static enum err post(struct tx *tx, const struct prepared *s, struct sql_args args, struct fault *f)
{
	struct pg *p = pg_of(tx->c);
	struct sending with;
	enum err e = lay_out(&with, s, args);

	if (e)
		return e;
	if (!(piped(p) || PQenterPipelineMode(p->h)) || !send_it(p, &with, args))
		e = failed(p, NULL, s->sql->name, &tx->again, f);
	mem_drop(with.block);
	return e;
}

static enum err start_all(struct rows *r, const struct tx_call *v, size_t n, struct fault *f)
{
	struct tx *tx = r->tx;
	struct pg *p = pg_of(tx->c);
	size_t sent = 0;
	enum err e = OK, heard;

	while (sent < n && !(e = post(tx, r[sent].p, v[sent].args, f)))
		sent++;
	if (!piped(p))
		return e;
	heard = hear(p, r, sent, &tx->again, e ? NULL : f);
	return e ? e : heard;
}

static enum err start(struct rows *r, struct sql_args args, struct fault *f)
{
	struct pg *p = pg_of(r->tx->c);
	struct sending s;
	enum err e;

	if (piped(p))
		return start_all(r, &(struct tx_call){ r->p->sql, args }, 1, f);
	if ((e = lay_out(&s, r->p, args)))
		return e;
	hold(r, PQexecPrepared(p->h, s.name, (int)args.n, s.w.value, s.w.length, s.w.format, 1));
	mem_drop(s.block);
	return fine(r->result) ? OK : failed(p, r->result, r->p->sql->name, &r->tx->again, f);
}

static enum err later(struct tx *tx, const struct prepared *s, struct sql_args args, uint64_t must,
		      struct fault *f)
{
	struct pg *p = pg_of(tx->c);
	enum err e = p->n_late == PG_LATE_MAX ? hear(p, NULL, 0, &tx->again, f) : OK;

	if (!e && !(e = post(tx, s, args, f)))
		p->late[p->n_late++] = (struct pg_late){ s->sql->name, must };
	return e;
}

static enum err next(struct rows *r, bool *ret_more, struct fault *f)
{
	(void)f;
	if (r->at < r->n)
		r->at++;
	*ret_more = r->at < r->n;
	return OK;
}

static bool null(const struct rows *r, size_t column)
{
	return PQgetisnull(r->result, r->at, (int)column);
}

static int64_t signed_of(const char *p, int n)
{
	uint64_t v = n > 0 && (p[0] & 0x80) && n > 1 ? UINT64_MAX : 0;

	for (int i = 0; i < n; i++)
		v = v << 8 | (uint8_t)p[i];
	return (int64_t)v;
}

static enum err cell(struct rows *r, size_t column, enum sql_type want, struct sql_value *ret)
{
	const char *p = PQgetvalue(r->result, r->at, (int)column);
	int n = PQgetlength(r->result, r->at, (int)column);

	if (PQgetisnull(r->result, r->at, (int)column))
		return OK;
	if (type_of(PQftype(r->result, (int)column)) != want)
		return ERR_CORRUPT;
	ret->type = want;
	if (want == SQL_TEXT || want == SQL_BLOB) {
		ret->s = (struct str){ p, (size_t)n };
		return OK;
	}
	ret->i = signed_of(p, n); /* a bool is one byte, 0 or 1 */
	if (want == SQL_F64) {
		int64_t bits = ret->i;

		memcpy(&ret->f, &bits, sizeof(bits));
	}
	return OK;
}

static uint64_t changed(struct rows *r)
{
	return r->p->sql->act == SQL_WRITE ? strtoull(PQcmdTuples(r->result), NULL, 10) : 0;
}

static void stop(struct rows *r)
{
	PQclear(r->result);
	r->result = NULL;
}

static bool broken(struct conn *c)
{
	return pg_of(c)->lost || PQstatus(pg_of(c)->h) != CONNECTION_OK;
}

static void close_it(struct conn *c)
{
	tx_forget_all(c);
	PQfinish(pg_of(c)->h);
	mem_drop(c);
}

const struct conn_ops pg_ops = {
	.held = true,
	.begin = begin,
	.commit = commit,
	.rollback = rollback,
	.script = script,
	.has_table = has_table,
	.sound = sound,
	.prepare = prepare,
	.forget = forget,
	.start = start,
	.start_all = start_all,
	.later = later,
	.next = next,
	.null = null,
	.cell = cell,
	.changed = changed,
	.stop = stop,
	.broken = broken,
	.close = close_it,
};
