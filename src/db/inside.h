/*
 * inside.h - what the files of this room share. No other room includes it.
 *
 * A connection (struct conn) is one of SQLite (lite.c) or of PostgreSQL (pg.c); the rest of the
 * room sees it through its table of operations. It keeps what was prepared on it by the address
 * of the statement. Errors inside a transaction are kept in the tx, whose act they end.
 */
#ifndef DB_INSIDE_H
#define DB_INSIDE_H
#include <pthread.h>

#include "base/base.h"
#include "base/memory.h"
#include "base/text.h"
#include "db/db.h"
#include "db/scale.h"
#include "db/sql.h"
#include "db/step.h"

/* A statement made ready on one connection. */
struct prepared {
	const struct sql *sql;
	char *text;      /* as it was: another statement may come to lie at its address */
	uint64_t digest; /* of the text */
	void *handle;
	uint16_t *place;       /* SQLite: where $1, $2, ... are */
	unsigned busy;         /* so many read rows of it */
	bool looked;           /* can its rows be gathered? */
	struct gather *gather; /* NULL: no */
};

struct conn;
struct gather;
struct gathers;
struct memo;

struct conn_ops {
	bool held; /* a result is held whole: one prepared statement serves many walks */
	enum err (*begin)(struct conn *c, struct fault *f);
	enum err (*commit)(struct conn *c, bool *ret_again, struct fault *f);
	void (*rollback)(struct conn *c);
	/* Several statements without arguments, in a transaction that has begun. */
	enum err (*script)(struct conn *c, const char *text, struct fault *f);
	enum err (*has_table)(struct conn *c, const char *table, bool *ret, struct fault *f);
	enum err (*sound)(struct conn *c, struct fault *f);
	/* *ret_again: what was sent before it met a conflict; else as it was */
	enum err (*prepare)(struct conn *c, struct prepared *p, bool *ret_again, struct fault *f);
	void (*forget)(struct conn *c, struct prepared *p);
	enum err (*start)(struct rows *r, struct sql_args args, struct fault *f);
	/* r: n of one tx; NULL: start, one after the other */
	enum err (*start_all)(struct rows *r, const struct tx_call *v, size_t n, struct fault *f);
	/* NULL: as start, and waited for */
	enum err (*later)(struct tx *tx, const struct prepared *p, struct sql_args args,
			  uint64_t must, struct fault *f);
	enum err (*next)(struct rows *r, bool *ret_more, struct fault *f);
	bool (*null)(const struct rows *r, size_t column);
	/* of NULL it leaves *ret as it is */
	enum err (*cell)(struct rows *r, size_t column, enum sql_type want, struct sql_value *ret);
	uint64_t (*changed)(struct rows *r);
	void (*stop)(struct rows *r);
	/* The count of commits that this snapshot stands on; NULL: there is no such number. */
	enum err (*version)(struct conn *c, int64_t *ret);
	bool (*broken)(struct conn *c);
	void (*close)(struct conn *c);
};

/* turn.c */
enum { TURNS = 64, TURN_NONE = -1 };
struct turns {
	pthread_mutex_t line[TURNS];
	uint64_t left[TURNS]; /* when it was given up last; under its lock */
	uint64_t now;         /* counts up with each turn that ends; atomic */
	bool made;
};
struct turn { /* an attempt's */
	int held, wanted;
	uint64_t begun;
};

struct conn {
	const struct conn_ops *ops;
	struct db *db;
	bool writes;
	struct turn turn;
	struct memo *memo;
	struct prepared **slot; /* a hash table by address; n_slots is a power of two or 0 */
	size_t n_slots, n_prepared;
	struct gathers *gathers; /* rows that are held back */
};

struct tx_kept;

struct tx {
	struct conn *c;
	struct tx_kept *kept;
	bool again;       /* a conflict: the whole act may be tried again */
	enum err failed;  /* the first error; nothing runs after it */
	struct fault why; /* its words */
	bool memo_known;
	struct memo *memo; /* what is kept of this snapshot, or NULL */
};

struct rows {
	struct tx *tx;
	struct prepared *p;
	bool own; /* p is this walk's alone */
	bool on_row;
	size_t n_columns;
	void *result; /* PostgreSQL */
	int at, n;    /* PostgreSQL: the current row of n */
};

/* Connections that are lent to one act at a time, opened when first needed. */
enum { POOL_MAX = 64 };
struct pool {
	struct db *db;
	bool writes;
	pthread_mutex_t lock;
	pthread_cond_t freed;
	struct conn *idle[POOL_MAX];
	unsigned n_idle, n_open, max;
};

struct lite_writer;

struct db {
	char *target; /* SQLite: the file; PostgreSQL: the URL */
	char *vfs, *synchronous;
	bool sqlite;
	const struct db_step *steps;
	size_t n_steps;
	struct scale *scale;
	struct pool readers;
	struct pool writers;        /* PostgreSQL */
	struct turns turns;         /* PostgreSQL */
	struct lite_writer *writer; /* SQLite */
	pthread_mutex_t count_lock;
	struct db_counts counts;
};

/* db.c */
void db_count(struct db *db, const struct db_counts *more);
/* db_schema.c: what stands in the database, held against the steps of the program. */
enum err db_schema_check(struct db *db, struct fault *f);

/* tx.c */
enum err tx_act(struct tx *tx, struct conn *c, db_act *act, void *arg, struct fault *f);
enum err tx_ended(struct tx *tx, enum err e, struct fault *f); /* keep it; give the first again */
enum err tx_prepare(struct tx *tx, const struct sql *sql, struct fault *f);
/* Of the text of a statement, whatever lay at its address before. */
uint64_t tx_digest(const struct conn *c, const struct sql *sql);
void tx_forget_all(struct conn *c);
enum err tx_conflict(struct fault *f); /* tx_later found other rows than it must */

/* memo.c */
void memo_end(struct memo **m);

/* turn.c */
enum err turns_init(struct turns *t);
void turns_release(struct turns *t);
void turn_begin(struct turns *t, struct turn *mine, int held); /* before the snapshot is made */
void turn_wait(struct turns *t, struct turn *mine);
void turn_end(struct turns *t, struct turn *mine);

/* pool.c */
enum err pool_init(struct pool *p, struct db *db, bool writes, unsigned max);
enum err pool_take(struct pool *p, struct conn **ret, struct fault *f);
void pool_give(struct pool *p, struct conn *c);
void pool_release(struct pool *p);

/* lite.c */
enum err lite_create(struct db *db, struct fault *f);
enum err lite_open(struct db *db, bool writes, struct conn **ret, struct fault *f);
bool lite_in_transaction(struct conn *c);
enum err lite_savepoint(struct conn *c, struct fault *f);
enum err lite_keep(struct conn *c, struct fault *f); /* forget the savepoint, keep what was done */
enum err lite_undo(struct conn *c);                  /* back to the savepoint, and forget it */
/* Carry the log over into the file, once there is much of it. */
enum err lite_checkpoint(struct conn *c, struct fault *f);
enum err lite_cut(struct conn *c, struct fault *f); /* all of it carried over, the log empty */
bool lite_final(const struct conn *c); /* an error after which nothing may be written */
void lite_abandon(struct conn *c);     /* from now on it touches the file as little as it can */

/* lite_writer.c */
enum err lite_writer_start(struct db *db, struct lite_writer **ret, struct fault *f);
enum err lite_writer_act(struct lite_writer *w, db_act *act, void *arg, struct fault *f);
uint64_t lite_writer_waiting(struct lite_writer *w);
void lite_writer_stop(struct lite_writer *w);

/* pg_open.c */
enum err pg_open(struct db *db, bool writes, struct conn **ret, struct fault *f);

/* sql.c: the text in one dialect; pieces for the other one are gone. */
enum err sql_spell(const char *text, bool sqlite, struct buf *out);

#endif
