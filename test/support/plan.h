/*
 * plan.h - how a database would run a statement, as text, and whether it would read a whole table.
 */
#ifndef TEST_SUPPORT_PLAN_H
#define TEST_SUPPORT_PLAN_H
#include "base/base.h"
#include "base/text.h"
#include "db/sql.h"
#include "record/record.h"

struct sqlite3;
struct pg_conn;

/* The name, then a line a step, indented below the one it belongs to. */
void plan_of(struct sqlite3 *h, const struct sql *sql, struct buf *out);
/* NULL if the plan reads no whole table, or says it may; else what is wrong. */
const char *plan_wrong(const struct sql *sql, const char *plan);
/*
 * How PostgreSQL would run it whatever the arguments, if it may not read a whole table where there
 * is any index; and then it reads one only because there is none, or all of an index.
 */
void plan_of_pg(struct pg_conn *h, const struct sql *sql, struct buf *out);
/* Its planner chooses by what is in a table: some thousand rows, evenly. */
void plan_rows_pg(struct pg_conn *h, const struct noun *n, unsigned rows);
const char *plan_wrong_pg(const struct sql *sql, const char *plan);
#endif
