/*
 * database.h - tests of acts, each run on SQLite and on PostgreSQL, in an empty database.
 *
 *     static void a_row_is_there_when_we_said_so(void **state)
 *     {
 *             struct database *d = *state;
 *             MUST(db_write(d->db, act, NULL, &d->fault));
 *     }
 *     ...
 *     const struct CMUnitTest tests[] = { ON_BOTH(a_row_is_there_when_we_said_so) };
 *
 * The database is migrated by the steps of the program, or by those given to database_steps.
 */
#ifndef TEST_SUPPORT_DATABASE_H
#define TEST_SUPPORT_DATABASE_H
#include "base/base.h"
#include "db/db.h"
#include "db/step.h"
#include "support/postgres.h"

struct database {
	struct db *db;
	bool sqlite;
	char url[POSTGRES_URL_BYTES];
	struct db_options options; /* how it was opened */
	struct fault fault;        /* for use by the test */
};

/* Before the tests run: use these steps instead of the program's. */
void database_steps(const struct db_step *steps, size_t n);
/* Close it, and open it again by d->options. */
enum err database_again(struct database *d, struct fault *f);

int database_on_sqlite(void **state);
int database_on_postgresql(void **state);
int database_gone(void **state);

#define ON_SQLITE(test) \
	{ \
#test " (SQLite)", test, database_on_sqlite, database_gone, NULL \
	}
#define ON_POSTGRESQL(test) \
	{ \
#test " (PostgreSQL)", test, database_on_postgresql, database_gone, NULL \
	}
#define ON_BOTH(test) ON_SQLITE(test), ON_POSTGRESQL(test)

/* An act that must work; what went wrong is said. Needs `d`. */
#define MUST(act) \
	do { \
		enum err must_e = (act); \
		if (must_e) \
			fail_msg("%s: %s: %s", #act, err_word(must_e), d->fault.en); \
	} while (0)
/* An act that must fail with this error. */
#define MUST_FAIL(act, error) \
	do { \
		enum err must_e = (act); \
		if (must_e != (error)) \
			fail_msg("%s: %s, not %s: %s", #act, err_word(must_e), err_word(error), \
				 d->fault.en); \
		d->fault = (struct fault){ 0 }; \
	} while (0)

enum { DATABASE_NOW = 1790000000 }; /* when its schema was made */
#endif
