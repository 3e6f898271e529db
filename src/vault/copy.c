/* copy.c - the vault's database out of a house and into one, for backups. Its keys stay. */
#include <limits.h>
#include <stdio.h>

#include "base/file.h"
#include "vault/store.h"
#include "vault/store.sql.h"

#include "base/ban.h"

static enum err open_in(const char *dir, struct db **ret, struct fault *f)
{
	CLEANUP(file_end) struct file *there = NULL;
	char path[PATH_MAX], url[PATH_MAX];
	enum err e;

	(void)snprintf(path, sizeof path, "%s/vault/" DB_SQLITE_FILE, dir);
	if ((e = file_open(path, FILE_READ, &there, f)))
		return e;
	(void)snprintf(url, sizeof url, "sqlite:%s/vault", dir);
	return db_open(&(struct db_options){ .url = url,
					     .readers = 1,
					     .steps = vault_steps,
					     .n_steps = vault_steps_n },
		       ret, f);
}

enum err vault_copy(const char *dir, const char *path, struct fault *f)
{
	CLEANUP(db_end) struct db *db = NULL;
	enum err e = open_in(dir, &db, f);

	return e ? e : db_copy(db, path, f);
}

static enum err unsettle(struct tx *tx, void *arg, struct fault *f)
{
	(void)arg;
	return tx_run(tx, &store_sql.batches_unsettle, SQL_NO_ARGS, NULL, f);
}

enum err vault_restored(const char *dir, struct fault *f)
{
	CLEANUP(db_end) struct db *db = NULL;
	enum err e = open_in(dir, &db, f);

	return e ? e : db_write(db, unsettle, NULL, f);
}
