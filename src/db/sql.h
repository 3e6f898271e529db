/*
 * sql.h - one SQL statement as data, its arguments, and lists of statements.
 *
 * A statement stands in a .sql file beside its noun (src/grid/area.sql). The build makes of it
 * "grid/area.sql.h" with one constant a statement, in a union so that all can be walked:
 *
 *     #include "grid/area.sql.h"
 *     e = tx_rows(tx, &area_sql.children, SQL_ARGS(sql_i64(county), sql_i64(id)), &rows, f);
 *
 *     -- name: children
 *     -- The areas right below one, in the order of their numbers.
 *     -- $1 county bigint
 *     -- $2 id     bigint
 *     SELECT id, name FROM area WHERE county = $1 AND above = $2 ORDER BY id;
 *
 * Other lines before the statement: "-- scan: WHY" allows a full scan, "-- across: WHY" a
 * statement without its county, "-- append: TABLE" lets it insert into an insert-only table.
 * Types are bigint, double precision, text and bytea; there are no others. What the two databases
 * spell differently is written in both ways: a piece in a comment that opens with "sqlite:" or
 * "postgresql:" is code there. The subset of SQL, and why: docs/adr/0006-database.md.
 *
 * Life:     constants; a statement built by another room lives as long as it is used. Its
 *           address and its text are its identity: what is prepared is found by them.
 * Memory:   a value of text or bytes borrows them until the call returns.
 */
#ifndef DB_SQL_H
#define DB_SQL_H
#include "base/base.h"
#include "base/text.h"

enum sql_act { SQL_READ, SQL_WRITE };

struct sql {
	const char *name; /* "area.children" */
	const char *text;
	const char *args; /* one letter for $1, $2, ...: i bigint, f double, t text, b bytea */
	enum sql_act act;
	const char *scan;   /* why it may read a whole table; NULL: it may not */
	const char *across; /* why it does without the county; NULL: it may not */
	const char *append; /* the insert-only table it may insert into, or NULL */
};

/* All statements of a .sql file, or all that a room built. */
struct sql_list {
	const struct sql *v;
	size_t n;
};
#define SQL_LIST(sql_union) ((struct sql_list){ (sql_union).all, ARRAY_LEN((sql_union).all) })

/* Every statement of every .sql file under src, made by the build. */
extern const struct sql_list sql_all[];
extern const size_t sql_all_n;

enum sql_type { SQL_NULL, SQL_I64, SQL_F64, SQL_TEXT, SQL_BLOB };

struct sql_value {
	enum sql_type type;
	union {
		int64_t i;
		double f;
		struct str s;
	};
};

static inline struct sql_value sql_null(void)
{
	return (struct sql_value){ .type = SQL_NULL };
}
static inline struct sql_value sql_i64(int64_t v)
{
	return (struct sql_value){ .type = SQL_I64, .i = v };
}
static inline struct sql_value sql_time(struct utc_s t)
{
	return sql_i64(t.v);
}
static inline struct sql_value sql_f64(double v) /* finite, else the call is refused */
{
	return (struct sql_value){ .type = SQL_F64, .f = v };
}
static inline struct sql_value sql_text(struct str s) /* UTF-8 without NUL, else refused */
{
	return (struct sql_value){ .type = SQL_TEXT, .s = s };
}
static inline struct sql_value sql_blob(struct str s)
{
	return (struct sql_value){ .type = SQL_BLOB, .s = s };
}

/* Arguments in the order of their numbers. */
struct sql_args {
	const struct sql_value *v;
	size_t n;
};
#define SQL_ARGS(...) \
	((struct sql_args){ (const struct sql_value[]){ __VA_ARGS__ }, \
			    sizeof((const struct sql_value[]){ __VA_ARGS__ }) / \
				    sizeof(struct sql_value) })
#define SQL_NO_ARGS ((struct sql_args){ NULL, 0 })

#endif
