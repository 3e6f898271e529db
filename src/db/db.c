/* db.c - open, close, and the two ways to act. */
#include "db/db.h"

#include <string.h>

#include "base/file.h"
#include "db/inside.h"

#include "base/ban.h"

enum { READERS = 4, WRITERS = 4, ATTEMPTS = 100 };

static const char sqlite_scheme[] = "sqlite:";
static const char sqlite_file[] = "/" DB_SQLITE_FILE;

/* The act of this thread, if any: acts do not start others. */
static _Thread_local bool acting;

/* ---- open and close ----------------------------------------------------------------------- */

static char *joined(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);
	char *s = mem_take(n + m + 1, 1);

	if (s) {
		memcpy(s, a, n);
		memcpy(s + n, b, m);
	}
	return s;
}

static enum err copy(const char *from, char **to)
{
	if (from)
		*to = joined(from, "");
	return from && !*to ? ERR_MEMORY : OK;
}

static enum err read_url(struct db *db, const struct db_options *o, struct fault *f)
{
	size_t n = sizeof(sqlite_scheme) - 1;
	enum err e;

	if ((e = copy(o->vfs, &db->vfs)) || (e = copy(o->synchronous, &db->synchronous)))
		return e;
	if (strncmp(o->url, sqlite_scheme, n) == 0 && o->url[n]) {
		db->sqlite = true;
		db->target = joined(o->url + n, sqlite_file);
		return db->target ? OK : ERR_MEMORY;
	}
	if (strncmp(o->url, "postgresql:", 11) == 0 || strncmp(o->url, "postgres:", 9) == 0)
		return copy(o->url, &db->target);
	/* The text may hold a password, so it is not repeated. */
	return fault_set(f, ERR_USAGE, "数据库地址应为 sqlite:目录 或 postgresql://…",
			 "a database is sqlite:FOLDER or postgresql://...");
}

/* SQLite says only "cannot open"; the folder and the file are what people get wrong. */
static enum err find_file(struct db *db, const struct db_options *o, struct fault *f)
{
	struct file *fl = NULL;
	enum err e = OK;

	if (o->create) {
		if (!o->vfs && (e = dir_make(o->url + sizeof(sqlite_scheme) - 1, f)))
			return e;
		return lite_create(db, f);
	}
	if (o->vfs)
		return OK;
	e = file_open(db->target, FILE_READ, &fl, NULL);
	file_end(&fl);
	if (e)
		return fault_set(f, e, "没有数据库 %s；请先用 outpost init 建立",
				 "there is no database %s; make one with outpost init", db->target);
	return OK;
}

static enum err open_all(struct db *db, const struct db_options *o, struct fault *f)
{
	enum err e;

	if (pthread_mutex_init(&db->count_lock, NULL))
		return ERR_MEMORY;
	if ((e = read_url(db, o, f)) || (e = scale_new(db->steps, db->n_steps, &db->scale, f)) ||
	    (e = pool_init(&db->readers, db, false, o->readers ? o->readers : READERS)))
		return e;
	if (!db->sqlite && (e = turns_init(&db->turns)))
		return e;
	if (!db->sqlite)
		return pool_init(&db->writers, db, true, o->writers ? o->writers : WRITERS);
	if ((e = find_file(db, o, f)))
		return e;
	return lite_writer_start(db, &db->writer, f);
}

enum err db_open(const struct db_options *o, struct db **ret, struct fault *f)
{
	CLEANUP(db_end) struct db *db = mem_take(1, sizeof(*db));
	enum err e;

	if (!db)
		return ERR_MEMORY;
	db->steps = o->steps ? o->steps : db_steps_builtin;
	db->n_steps = o->steps ? o->n_steps : db_steps_builtin_n;
	if ((e = open_all(db, o, f)) || (e = db_schema_check(db, f)))
		return e;
	*ret = db;
	db = NULL;
	return OK;
}

void db_close(struct db *db)
{
	if (!db)
		return;
	pool_release(&db->readers);
	pool_release(&db->writers);
	turns_release(&db->turns);
	lite_writer_stop(db->writer);
	scale_free(db->scale);
	mem_drop(db->target);
	mem_drop(db->vfs);
	mem_drop(db->synchronous);
	pthread_mutex_destroy(&db->count_lock);
	mem_drop(db);
}

void db_end(struct db **db)
{
	db_close(*db);
	*db = NULL;
}

bool db_fails_all(enum err e)
{
	return e == ERR_IO || e == ERR_NO_ROOM || e == ERR_MEMORY || e == ERR_BUSY;
}

bool db_is_sqlite(const struct db *db)
{
	return db->sqlite;
}

bool tx_is_far(const struct tx *tx)
{
	return !tx->c->db->sqlite;
}

void db_count(struct db *db, const struct db_counts *more)
{
	pthread_mutex_lock(&db->count_lock);
	db->counts.commits += more->commits;
	db->counts.acts += more->acts;
	db->counts.retries += more->retries;
	db->counts.turns += more->turns;
	pthread_mutex_unlock(&db->count_lock);
}

struct db_counts db_counts(struct db *db)
{
	struct db_counts counts;

	pthread_mutex_lock(&db->count_lock);
	counts = db->counts;
	pthread_mutex_unlock(&db->count_lock);
	counts.waiting = db->writer ? lite_writer_waiting(db->writer) : 0;
	return counts;
}

/* ---- acts --------------------------------------------------------------------------------- */

enum err db_read(struct db *db, db_act *act, void *arg, struct fault *f)
{
	struct conn *c;
	struct tx tx;
	bool again;
	enum err e;

	assert(!acting);
	if ((e = pool_take(&db->readers, &c, f)))
		return e;
	acting = true;
	e = c->ops->begin(c, f);
	if (e == OK)
		e = tx_act(&tx, c, act, arg, f);
	if (e == OK)
		e = c->ops->commit(c, &again, f);
	if (e)
		c->ops->rollback(c);
	acting = false;
	pool_give(&db->readers, c);
	return e;
}

static enum err sound_act(struct tx *tx, void *arg, struct fault *f)
{
	(void)arg;
	return tx->c->ops->sound(tx->c, f);
}

enum err db_sound(struct db *db, struct fault *f)
{
	return db_read(db, sound_act, NULL, f);
}

/* One attempt on a connection of PostgreSQL. */
static enum err attempt(struct db *db, db_act *act, void *arg, struct turn *turn, bool *ret_again,
			struct fault *f)
{
	struct conn *c;
	struct tx tx = { 0 };
	bool again = false;
	enum err e;

	*ret_again = false;
	if ((e = pool_take(&db->writers, &c, f)))
		return e;
	turn_begin(&db->turns, &c->turn, turn->held);
	e = c->ops->begin(c, f);
	if (e == OK)
		e = tx_act(&tx, c, act, arg, f);
	if (e == OK)
		e = c->ops->commit(c, &again, f);
	if (e)
		c->ops->rollback(c);
	*turn = c->turn;
	*ret_again = again || tx.again;
	pool_give(&db->writers, c);
	return e;
}

static enum err write_pg(struct db *db, db_act *act, void *arg, struct fault *f)
{
	struct turn turn = { .held = TURN_NONE };
	bool again = true;
	enum err e = OK;

	for (int i = 0; again && i < ATTEMPTS; i++) {
		if (f)
			*f = (struct fault){ 0 };
		e = attempt(db, act, arg, &turn, &again, f);
		db_count(db, &(struct db_counts){ .commits = !e,
						  .acts = !e,
						  .turns = again && turn.wanted != TURN_NONE,
						  .retries = again && turn.wanted == TURN_NONE });
		turn_wait(&db->turns, &turn);
	}
	turn_end(&db->turns, &turn);
	return e;
}

enum err db_write(struct db *db, db_act *act, void *arg, struct fault *f)
{
	enum err e;

	assert(!acting);
	acting = true;
	e = db->sqlite ? lite_writer_act(db->writer, act, arg, f) : write_pg(db, act, arg, f);
	acting = false;
	return e;
}

enum err db_cut_log(struct db *db, struct fault *f)
{
	assert(!acting);
	return db->sqlite ? lite_writer_act(db->writer, NULL, NULL, f) : OK;
}
