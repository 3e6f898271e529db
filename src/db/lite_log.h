/*
 * lite_log.h - what a commit writes into SQLite's log, in one call. lite.c alone includes it.
 *
 * Life:    lite_log_end also takes NULL. Between gather and done the connection commits, and does
 *          nothing else.
 * Threads: those of its connection, one at a time.
 */
#ifndef DB_LITE_LOG_H
#define DB_LITE_LOG_H
#include <sqlite3.h>

#include "base/base.h"

struct lite_log;

enum err lite_log_new(struct lite_log **ret);
void lite_log_end(struct lite_log **log);
/* Of a connection with synchronous=FULL. */
void lite_log_gather(struct lite_log *log, sqlite3 *h);
/* False if something was left that nobody had synced; it is thrown away. */
bool lite_log_done(struct lite_log *log);

#endif
