/*
 * scale.h - the rules that keep the door to many servers open, as a check of SQL text.
 *
 * What is spread over servers by county can be asked one county at a time, has the county first
 * in every key, and never moves. Nothing in the database acts by itself: no trigger, no sequence,
 * no clock, no dice, no notice. docs/adr/0006-database.md says why.
 *
 * Life:     scale_new reads the steps and knows their tables from then on; scale_free.
 * Errors:   ERR_BUG with a sentence: the SQL is ours. ERR_MEMORY.
 * Threads:  read-only after scale_new.
 */
#ifndef DB_SCALE_H
#define DB_SCALE_H
#include "base/base.h"
#include "base/text.h"
#include "db/sql.h"
#include "db/step.h"

struct scale;

MUST_CHECK enum err scale_new(const struct db_step *steps, size_t n, struct scale **ret,
			      struct fault *f);
void scale_free(struct scale *s);
MUST_CHECK enum err scale_check(const struct scale *s, const struct sql *sql, struct fault *f);
bool scale_insert_only(const struct scale *s, const char *table);
/* Call `each` for every insert-only table that a step makes. */
MUST_CHECK enum err scale_each_insert_only(const struct scale *s, unsigned step,
					   enum err (*each)(const char *table, void *arg,
							    struct fault *f),
					   void *arg, struct fault *f);
#endif
