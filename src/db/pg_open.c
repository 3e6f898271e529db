/* pg_open.c - connecting to PostgreSQL, and what a server must be like to be used. */
#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>

#include "db/inside.h"
#include "db/pg.h"

#include "base/ban.h"

enum { VERSION_LEAST = 150000 };

/* libpq prints notices to stderr unless told otherwise. */
static void silence(void *arg, const PGresult *result)
{
	(void)arg;
	(void)result;
}

/* Text must sort by its bytes there as it does in SQLite, or pages of lists would overlap. */
static enum err check_order(struct pg *p, struct fault *f)
{
	static const char ask[] = "SELECT pg_encoding_to_char(encoding), datcollate, datlocprovider"
				  " FROM pg_database WHERE datname = current_database()";
	static const char *const good[] = { "C", "POSIX", "C.UTF-8", "C.utf8", "C.UTF8" };
	PGresult *result = PQexec(p->h, ask);
	bool fits = false;

	if (PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1 &&
	    strcmp(PQgetvalue(result, 0, 0), "UTF8") == 0) {
		fits = PQgetvalue(result, 0, 2)[0] == 'b';
		for (size_t i = 0; i < ARRAY_LEN(good) && PQgetvalue(result, 0, 2)[0] == 'c'; i++)
			fits = fits || strcmp(PQgetvalue(result, 0, 1), good[i]) == 0;
	}
	PQclear(result);
	if (fits)
		return OK;
	return fault_set(f, ERR_USAGE,
			 "PostgreSQL 数据库须为 UTF8 编码、按字节排序；请用 "
			 "createdb -T template0 -E UTF8 --locale=C 建立",
			 "the database of PostgreSQL must be in UTF8 and sort by bytes: make it by "
			 "createdb -T template0 -E UTF8 --locale=C");
}

enum { SAID_BYTES = 300 };

/* What libpq says stands on several lines; a sentence has one. */
static void one_line(const char *said, char ret[static SAID_BYTES])
{
	size_t n = 0;

	for (; *said && n + 1 < SAID_BYTES; said++)
		if ((unsigned char)*said > ' ')
			ret[n++] = *said;
		else if (n && ret[n - 1] != ' ')
			ret[n++] = ' ';
	while (n && ret[n - 1] == ' ')
		n--;
	ret[n] = '\0';
}

/*
 * A statement is made for one index, and a page is read in its order. The planner cannot see how
 * much of an area fits: it took 7,000 rows of a county by bitmap and sorted them, to show 50. And a
 * plan that depends on values is not the one that test/db/plans holds.
 */
const char pg_session[] = "SET synchronous_commit = on; SET lock_timeout = '10s';"
			  "SET enable_bitmapscan = off;"
			  "SET plan_cache_mode = force_generic_plan;"
			  "SET idle_in_transaction_session_timeout = '60s';"
			  "SET client_min_messages = error;";

enum err pg_set_up(struct pg *p, struct fault *f)
{
	char said[SAID_BYTES];
	PGresult *result;
	bool fine;
	int version;

	if (PQstatus(p->h) != CONNECTION_OK) {
		one_line(PQerrorMessage(p->h), said);
		return fault_set(f, ERR_IO, "连不上 PostgreSQL：%s",
				 "PostgreSQL cannot be reached: %s", said);
	}
	version = PQserverVersion(p->h);
	if (version < VERSION_LEAST)
		return fault_set(f, ERR_VERSION, "PostgreSQL %d 太旧，须为 15 或更新",
				 "PostgreSQL %d is too old, it must be 15 or newer",
				 version / 10000);
	PQsetNoticeReceiver(p->h, silence, NULL);
	result = PQexec(p->h, pg_session);
	fine = PQresultStatus(result) == PGRES_COMMAND_OK;
	PQclear(result);
	if (!fine)
		return fault_set(f, ERR_IO, "PostgreSQL 会话设置失败：%s",
				 "a session of PostgreSQL cannot be set up: %s",
				 PQerrorMessage(p->h));
	return check_order(p, f);
}

enum err pg_open(struct db *db, bool writes, struct conn **ret, struct fault *f)
{
	/* What stands behind dbname is overridden by nothing, what stands before it by the URL. */
	static const char *const keys[] = { "connect_timeout", "application_name", "dbname",
					    "client_encoding", NULL };
	const char *const values[] = { "10", "outpost", db->target, "UTF8", NULL };
	struct pg *p = mem_take(1, sizeof(*p));
	enum err e;

	if (!p)
		return ERR_MEMORY;
	p->conn.ops = &pg_ops;
	p->conn.db = db;
	p->conn.writes = writes;
	p->h = PQconnectdbParams(keys, values, 1);
	e = p->h ? pg_set_up(p, f) : ERR_MEMORY;
	if (e) {
		pg_ops.close(&p->conn);
		return e;
	}
	*ret = &p->conn;
	return OK;
}
