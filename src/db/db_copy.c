/* db_copy.c - the state of one moment in a file of its own, while writing goes on. */
#include <sqlite3.h>

#include "db/inside.h"

#include "base/ban.h"

/*
 * One step copies everything: the source is read in one transaction, so what is committed meanwhile
 * waits in the log and is not in the copy. The copy is no WAL database: it is one file.
 */
static int copy_all(sqlite3 *from, sqlite3 *to)
{
	sqlite3_backup *b = sqlite3_backup_init(to, "main", from, "main");
	int rc;

	if (!b)
		return sqlite3_extended_errcode(to);
	(void)sqlite3_backup_step(b, -1);
	rc = sqlite3_backup_finish(b);
	return rc == SQLITE_OK ? sqlite3_exec(to, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL)
			       : rc;
}

enum err db_copy(struct db *db, const char *path, struct fault *f)
{
	sqlite3 *from = NULL, *to = NULL;
	int rc;

	if (!db->sqlite)
		return fault_set(f, ERR_USAGE, "PostgreSQL 请用 pg_dump 或 pg_basebackup 备份",
				 "back PostgreSQL up by pg_dump or pg_basebackup");
	rc = sqlite3_open_v2(db->target, &from, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
			     db->vfs);
	if (rc == SQLITE_OK)
		rc = sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
				     db->vfs);
	if (rc == SQLITE_OK)
		rc = copy_all(from, to);
	sqlite3_close(from);
	sqlite3_close(to);
	if (rc == SQLITE_OK)
		return OK;
	return fault_set(f,
			 rc == SQLITE_NOMEM  ? ERR_MEMORY
			 : rc == SQLITE_FULL ? ERR_NO_ROOM
					     : ERR_IO,
			 "复制数据库到 %s 失败：%s", "cannot copy the database to %s: %s", path,
			 sqlite3_errstr(rc));
}
