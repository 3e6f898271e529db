/*
 * step.h - the steps of the schema. schema/NNNN_word.sql becomes one of these in the build.
 *
 * A step's text is several statements, each CREATE TABLE below a line "-- spread: WORD": county,
 * place or person if its rows are spread over servers by the column of that name, everywhere if
 * each server has all of them. "-- insert-only" below that: rows are added, and that is all.
 */
#ifndef DB_STEP_H
#define DB_STEP_H
#include "base/base.h"

struct db_step {
	unsigned number; /* ascending, not always by one */
	const char *word;
	const char *text;
};

extern const struct db_step db_steps_builtin[];
extern const size_t db_steps_builtin_n;

#endif
