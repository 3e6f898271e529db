/* things.c - see things.h. */
#include "support/things.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static const struct db_step steps[] = {
	{ 1, "step",
	  "-- spread: everywhere\n"
	  "CREATE TABLE schema_step (step BIGINT NOT NULL PRIMARY KEY, word TEXT NOT NULL,"
	  " digest TEXT NOT NULL, done_s BIGINT NOT NULL);" },
	{ 2, "thing",
	  "-- spread: county\n"
	  "CREATE TABLE thing (county BIGINT NOT NULL, id BIGINT NOT NULL, i BIGINT,"
	  " f DOUBLE PRECISION, t TEXT, b BYTEA, CHECK (i <> 13), PRIMARY KEY (county, id));\n"
	  "-- spread: county\n"
	  "CREATE TABLE part (county BIGINT NOT NULL, id BIGINT NOT NULL, thing BIGINT NOT NULL,"
	  " PRIMARY KEY (county, id),"
	  " FOREIGN KEY (county, thing) REFERENCES thing (county, id));\n"
	  "-- spread: county\n"
	  "-- insert-only\n"
	  "CREATE TABLE entry (county BIGINT NOT NULL, seq BIGINT NOT NULL, word TEXT NOT NULL,"
	  " PRIMARY KEY (county, seq));" },
};

const struct sql things_count = {
	.name = "thing.count",
	.text = "SELECT count(*) FROM thing WHERE county = 1",
	.args = "",
};

void things_steps(void)
{
	database_steps(steps, ARRAY_LEN(steps));
}

enum err things_count_act(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e = tx_row(tx, &things_count, SQL_NO_ARGS, &r, f);

	if (!e)
		*(int64_t *)arg = rows_i64(r, 0);
	return e;
}

int64_t things_counted(struct database *d)
{
	int64_t n = -1;

	MUST(db_read(d->db, things_count_act, &n, &d->fault));
	return n;
}
