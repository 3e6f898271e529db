/*
 * db.h - one surface over SQLite (a folder) and PostgreSQL 15+ (a server): open, migrate, and
 * acts in transactions.
 *
 * What is done in a transaction is an *act*, a function. db_read gives it one snapshot that never
 * waits for a writer. db_write makes it durable before it returns OK, or undoes all of it.
 *
 *     struct raise { struct task *t; };
 *     static enum err task_raise_act(struct tx *tx, void *arg, struct fault *f);
 *     e = db_write(db, task_raise_act, &raise, f);
 *
 * Life:     db_open -> db_migrate -> db_prepare_all -> db_read and db_write -> db_close.
 *           A tx lives while its act runs, rows until rows_end and never longer than the tx.
 * Acts:     may be run again from the start (a conflict on PostgreSQL, a companion's accident on
 *           SQLite): they begin by writing their results anew, and touch nothing but the database
 *           and their argument. On SQLite a writing act runs on the writer's thread, and
 *           everybody's writes wait while it does: it computes, and waits for nothing. No act
 *           starts another. Times and randomness are arguments.
 * Errors:   an error of a statement ends the act: whatever is called afterwards gives it again,
 *           and so does db_read or db_write, even if the act itself returns OK.
 *           ERR_EXISTS   a unique key is taken (ON CONFLICT is the way to expect that)
 *           ERR_RANGE    another constraint; a text that is not UTF-8, a number not finite
 *           ERR_ABSENT   a foreign key leads nowhere, or is still used; no such database
 *           ERR_BUSY     another process keeps the database, or conflicts do not end
 *           ERR_NO_ROOM  the disk is full; nothing was done, writing goes on when there is room
 *           ERR_MEMORY   nothing was done
 *           ERR_VERSION  the schema is newer than this program, or not migrated yet
 *           ERR_CORRUPT  a damaged file, a released step that was edited, a value of another type
 *           ERR_IO       the disk or the server fails. After that SQLite is closed for writing
 *                        until it is opened anew: what a failed sync left is anybody's guess. On
 *                        PostgreSQL a connection lost in COMMIT leaves open whether it happened.
 *           ERR_BUG      ours: an argument missing or of the wrong type, bad SQL, a forbidden write
 * Memory:   SQLite and libpq take their own memory and files, not base's. On PostgreSQL a result
 *           is held whole: page long lists.
 * Threads:  db_read and db_write from any; a tx and its rows only in their act.
 */
#ifndef DB_DB_H
#define DB_DB_H
#include "base/base.h"
#include "base/text.h"
#include "db/sql.h"

struct db;
struct tx;
struct rows;

#define DB_SQLITE_FILE "outpost.sqlite" /* in the folder of a sqlite: URL */

struct db_step; /* a step of the schema, step.h */

struct db_options {
	const char *url;  /* "sqlite:DIR" or "postgresql://..." */
	bool create;      /* SQLite: make the folder and an empty database if there is none */
	unsigned readers; /* reading acts at a time; 0: 4 */
	unsigned writers; /* PostgreSQL: writing acts at a time; 0: 4 */
	/* For tests; NULL means the real thing. */
	const struct db_step *steps;
	size_t n_steps;
	const char *vfs;         /* SQLite's */
	const char *synchronous; /* SQLite's; FULL alone keeps the promise of db_write */
};

/* Refuses a newer schema with a sentence. An older one can be read and migrated. */
MUST_CHECK enum err db_open(const struct db_options *o, struct db **ret, struct fault *f);
void db_close(struct db *db); /* waits for running acts; NULL is fine */
void db_end(struct db **db);  /* for CLEANUP() */
bool db_is_sqlite(const struct db *db);

/* How many steps of the schema this program has that the database has not. */
MUST_CHECK enum err db_pending(struct db *db, size_t *ret, struct fault *f);
/* Apply them, each in a transaction of its own with its row in schema_step. */
MUST_CHECK enum err db_migrate(struct db *db, struct utc_s now, struct fault *f);
/* Hold sql_all and the lists of other rooms against the rules of scale and the live schema. */
MUST_CHECK enum err db_prepare_all(struct db *db, const struct sql_list *lists, size_t n_lists,
				   struct fault *f);
/* The same of these lists alone: for a database that is not the house's. */
MUST_CHECK enum err db_prepare(struct db *db, const struct sql_list *lists, size_t n_lists,
			       struct fault *f);
/*
 * SQLite: carry the log over into the file and cut it to nothing, so that what was deleted is
 * nowhere in either. ERR_BUSY while a reader or another process keeps it. PostgreSQL sees to its
 * own log, and this does nothing.
 */
MUST_CHECK enum err db_cut_log(struct db *db, struct fault *f);

/* Reads all of it: ERR_CORRUPT if a page is damaged or a foreign key leads nowhere. */
MUST_CHECK enum err db_sound(struct db *db, struct fault *f);

typedef enum err db_act(struct tx *tx, void *arg, struct fault *f);
MUST_CHECK enum err db_read(struct db *db, db_act *act, void *arg, struct fault *f);
MUST_CHECK enum err db_write(struct db *db, db_act *act, void *arg, struct fault *f);
/* Is this no fault of what was written, so that another act would fail by it, too? */
bool db_fails_all(enum err e);

/* Run a statement without rows. ret_changed (may be NULL): rows inserted, updated, deleted. */
MUST_CHECK enum err tx_run(struct tx *tx, const struct sql *sql, struct sql_args args,
			   uint64_t *ret_changed, struct fault *f);
/*
 * Run one whose end nobody waits for here. On PostgreSQL it is sent and that is all, and rows that
 * are put in one by one may be held and go many at once (gather.c): what is wrong with it comes
 * with the next statement that is waited for, or with the commit, and no words can be found for it
 * in between. So it is for what cannot be refused by what people say. `must`: how many rows it has
 * to change, else ERR_CONFLICT; 0: no matter.
 */
MUST_CHECK enum err tx_later(struct tx *tx, const struct sql *sql, struct sql_args args,
			     uint64_t must, struct fault *f);
/* Is each statement one more way to a server and back? */
bool tx_is_far(const struct tx *tx);
/* Run one with rows; rows_next comes before the first. Other statements may run in between. */
MUST_CHECK enum err tx_rows(struct tx *tx, const struct sql *sql, struct sql_args args,
			    struct rows **ret, struct fault *f);
/*
 * Run several, and hand each row of theirs to `each`, in order, with the number of its call. On
 * PostgreSQL dozens of them are one way to the server and back, and their results are held
 * together; so none should see what `each` writes. An error of `each` ends it, and is given.
 */
struct tx_call {
	const struct sql *sql;
	struct sql_args args;
};
typedef enum err tx_each(struct rows *r, size_t i, void *arg, struct fault *f);
MUST_CHECK enum err tx_rows_each(struct tx *tx, const struct tx_call *v, size_t n, tx_each *each,
				 void *arg, struct fault *f);
/* The first row, stepped to. ERR_ABSENT, without a word in `f`, if there is none. */
MUST_CHECK enum err tx_row(struct tx *tx, const struct sql *sql, struct sql_args args,
			   struct rows **ret, struct fault *f);

/*
 * This act is about to write a row that many write, which `key` names. On PostgreSQL acts that say
 * so take turns, and are not refused one after the other when they get there; the error it then
 * gives begins the act again, as a conflict does. On SQLite all acts do, and this is nothing.
 */
MUST_CHECK enum err tx_turn(struct tx *tx, int64_t key, struct fault *f);

/*
 * What a room keeps as long as the act: `bytes` of memory, zeros at first, the same for the same
 * kind. When the act ends well `end` (may be NULL) is called, before the commit.
 */
struct tx_kind {
	size_t bytes;
	enum err (*end)(struct tx *tx, void *kept, struct fault *f);
};
MUST_CHECK enum err tx_keep(struct tx *tx, const struct tx_kind *kind, void *ret, struct fault *f);

MUST_CHECK enum err rows_next(struct rows *r, bool *ret_more, struct fault *f);
size_t rows_columns(const struct rows *r);
bool rows_null(const struct rows *r, size_t column);
/*
 * The value of a column, counted from 0, in the current row; 0 or empty for NULL. Bytes live until
 * rows_next or rows_end. A value of another type is an error of the statement.
 */
int64_t rows_i64(struct rows *r, size_t column);
struct utc_s rows_time(struct rows *r, size_t column);
double rows_f64(struct rows *r, size_t column);
struct str rows_text(struct rows *r, size_t column);
struct str rows_blob(struct rows *r, size_t column);
void rows_end(struct rows **r); /* for CLEANUP(); NULL is fine */

/*
 * What an act worked out from the rows of the statement `of` for this key, by an earlier act
 * or by this one, if nothing was committed since; the bytes live until the act ends. On PostgreSQL
 * and in writing acts nothing is remembered. `value` is copied, and lies aligned as malloc's does.
 */
bool tx_recall(struct tx *tx, const struct sql *of, struct str key, struct str *ret);
void tx_remember(struct tx *tx, const struct sql *of, struct str key, struct str value);

/*
 * SQLite: write the state of this moment to a new file, while others read and write. The file is a
 * whole database. ERR_USAGE on PostgreSQL, which has its own means.
 */
MUST_CHECK enum err db_copy(struct db *db, const char *path, struct fault *f);

struct db_counts {
	uint64_t commits; /* made */
	uint64_t acts;    /* made durable by them: on SQLite, several by one */
	uint64_t retries; /* on PostgreSQL: acts begun again after a conflict */
	uint64_t turns;   /* on PostgreSQL: acts begun again to wait for their turn */
	uint64_t waiting; /* on SQLite: acts in the queue now */
};
struct db_counts db_counts(struct db *db);

#endif
