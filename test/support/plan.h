/*
 * plan.h - how SQLite would run a statement, as text, and whether it would read a whole table.
 */
#ifndef TEST_SUPPORT_PLAN_H
#define TEST_SUPPORT_PLAN_H
#include "base/base.h"
#include "base/text.h"
#include "db/sql.h"

struct sqlite3;

/* The name, then a line a step, indented below the one it belongs to. */
void plan_of(struct sqlite3 *h, const struct sql *sql, struct buf *out);
/* NULL if the plan reads no whole table, or says it may; else what is wrong. */
const char *plan_wrong(const struct sql *sql, const char *plan);
#endif
