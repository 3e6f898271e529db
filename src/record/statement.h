/*
 * statement.h - the SQL of a noun, composed once from its tables. For src/record alone.
 *
 * Names of tables and columns come from declarations, which noun_check has seen; whatever a caller
 * says is bound. So there is no text of a stranger's in any statement, and their number is fixed:
 * all of them are prepared when the server starts.
 *
 * Lists. Who asks sees ranges of areas, and wants the newest first. A range is one comparison on
 * the row's own area; what differs is which index leads to the page with the fewest rows looked at:
 *
 *     walk    (county, id)         down from the newest, over at most WALK_ROWS of them
 *     wide    (id)                 the same over all counties
 *     within  (county, area, id)   everything in a small area, then sorted
 *     by      (county, FIELD, id)  everything with that value
 *     find    search_token         everything with that piece of text
 *
 * Every list statement takes the same arguments, with nulls for filters that nobody set: $1 below
 * this id, $2 down to this one, $3 areas from and $4 up to, $5 rows at most, $6 state, two for each
 * filter, then (not `wide`) the county, then (only `find`) FIND_TOKENS tokens. list.c chooses. Why
 * not one statement and the planner: docs/adr/0010-record.md.
 */
#ifndef RECORD_STATEMENT_H
#define RECORD_STATEMENT_H
#include "base/memory.h"
#include "db/sql.h"
#include "record/record.h"

enum {
	COLUMNS_HEAD = 8, /* county, id, area, version, state, created_at, updated_at, created_by */
	LIST_ARGS_PLAIN = 5, /* $1 .. $5, then the state and the filters, two for one by range */
	FIND_TOKENS = 4,
	COUNTIES_AT_ONCE = 20, /* that the statement `counties` gives */
	LABELS_AT_ONCE = 64,   /* ids that the statement `label` takes */
	STATEMENTS_MAX = 20    /* without the lists by a value */
};

struct statement_by {
	size_t arg; /* index of the value among the arguments of `list` */
	const struct sql *list, *count;
};

struct statements {
	const struct sql *insert, *update, *get, *span, *twin;
	const struct sql *named; /* id, area of the rows of a name; NULL: they are not named */
	const struct sql *label, *label_one; /* id, area, name of rows; NULL: nothing names them */
	const struct sql *floor, *floor_wide, *county, *counties; /* where to look */
	const struct sql *walk, *wide, *within, *count_within, *find, *count_token;
	struct statement_by *by; /* the state, then each filter that asks for one value */
	size_t n_by;
	const struct field **column; /* fields that have one, in the order of the table */
	const struct field **filter, **key, **search; /* fields with these flags */
	size_t n_columns, n_filters, n_keys, n_search;
	struct sql_list all; /* for db_prepare_all */
};

MUST_CHECK enum err statements_compose(const struct noun *n, struct arena *a,
				       struct statements **ret);
/* The table that a noun wants, as the start of its migration. */
void statements_table(const struct noun *n, struct buf *b);
bool statement_is_range(const struct field *x); /* filtered by _from and _to */

#endif
