/*
 * inside.h - what the files of this room share: the book, its kinds, and acts on rows.
 *
 * A kind is a noun with all that was made of it at start. A route's `arg` is one.
 */
#ifndef RECORD_INSIDE_H
#define RECORD_INSIDE_H
#include "db/db.h"
#include "record/record.h"
#include "record/row.h"
#include "record/search.h"
#include "record/statement.h"

struct record_kind {
	const struct noun *noun;
	const struct statements *sql;
	struct record_book *book;
	bool listed_official, official; /* are there fields that a ledger entry is owed for? */
};

/* Where a list changes its way; see list.c. Tests make them small. */
struct list_limits {
	int64_t walk_rows, count_few, count, count_token, counties_few;
};

struct record_book {
	struct arena *a;
	struct list_limits limits;
	const struct zone *zone;
	record_area_names *area_names;
	record_areas *areas;
	const struct clock *clock;
	unsigned node;
	const char *scratch;
	_Atomic int64_t last_tick; /* of ids, see book.c */
	struct record_kind *kind;
	size_t n_kinds;
	struct record_follower *follower;
	size_t n_followers;
	struct sql_list *lists; /* of each kind, and one of many_tokens */
	const struct sql *many_tokens;
	struct route *route;
	size_t n_routes;
	struct buf openapi; /* record_openapi */
};

const struct record_kind *record_kind_of(const struct record_book *b, const char *name);
/* A block of n ids that nobody else gets: ids of the ticks from the one returned on. */
int64_t record_ids_take(struct record_book *b, int64_t n);
struct record_id record_id_at(const struct record_book *b, int64_t tick);
bool record_id_kin(struct record_id a, struct record_id b); /* did one process make both? */
/* One row for each verb of each noun, and those of the book itself. */
MUST_CHECK enum err routes_expand(struct record_book *b);

/* Which classes somebody sees, as bits: the one table. */
unsigned sight_of(const struct who *who);
bool sight_may_step(const struct who *who, const struct noun *n, const struct step *s);

/* ---- rows, in a transaction ---- */
MUST_CHECK enum err act_load(struct tx *tx, const struct record_kind *k, struct record_id id,
			     struct arena *a, void **ret, struct fault *f);
/* Read the current row of a result whose columns are a noun's. */
MUST_CHECK enum err act_read(struct rows *r, const struct record_kind *k, struct arena *a,
			     void **ret, struct fault *f);
/* Insert with its tokens. The head is complete. */
MUST_CHECK enum err act_insert(struct tx *tx, const struct record_kind *k, const void *row,
			       struct fault *f);
/* Without them: batch.h writes those of many rows at once. */
MUST_CHECK enum err act_insert_bare(struct tx *tx, const struct record_kind *k, const void *row,
				    struct fault *f);
/* The same, and nobody waits for it: what comes of it comes with the act's end (tx_later). */
MUST_CHECK enum err act_insert_later(struct tx *tx, const struct record_kind *k, const void *row,
				     struct fault *f);
/* ERR_CONFLICT if the stored version is not the one `before` has. */
MUST_CHECK enum err act_update(struct tx *tx, const struct record_kind *k, const void *before,
			       const void *after, struct fault *f);
/* What else the change does: the noun's own `follow`, then whoever follows the noun. */
MUST_CHECK enum err act_follow(struct call *c, struct tx *tx, const struct record_kind *k,
			       const void *before, const void *after, struct fault *f);
/* Do its references lead to rows that are there? */
MUST_CHECK enum err act_references(struct tx *tx, const struct record_kind *k, const void *row,
				   struct fault *f);
/* ERR_RANGE of one that does not. */
enum err act_leads_nowhere(const struct field *x, struct fault *f);

/* ---- lists ---- */
struct list_ask {
	const struct scope *scope;
	const struct area_code *up; /* besides: rows that lie in exactly these, outside `scope` */
	size_t n_up;
	const struct sql_value *filter; /* in the order of the statement: state first */
	size_t n_filter;
	const struct search_query *search; /* or NULL */
	unsigned sight;
	struct record_id below; /* only ids under this one; INT64_MAX: from the newest */
	size_t limit;
};
/* The newest rows that fit, in falling order of ids, at most `limit`. */
MUST_CHECK enum err list_rows(struct tx *tx, const struct record_kind *k,
			      const struct list_ask *ask, struct arena *a, void ***ret,
			      size_t *ret_n, struct fault *f);
/* The same of one county's rows in `area`; scope and `up` are not looked at. */
MUST_CHECK enum err list_rows_of(struct tx *tx, const struct record_kind *k,
				 const struct list_ask *ask, struct area_code county,
				 struct area_code area, struct arena *a, void ***ret, size_t *ret_n,
				 struct fault *f);
/* Counties that have rows, rising; if they are less than COUNTIES_AT_ONCE, there are no more. */
struct counties {
	int64_t v[COUNTIES_AT_ONCE];
	size_t n;
};
MUST_CHECK enum err counties_after(struct tx *tx, const struct record_kind *k, int64_t from,
				   int64_t end, struct counties *ret, struct fault *f);
extern const struct list_limits list_limits;
size_t list_filters(const struct record_kind *k); /* how many values `filter` has */

#endif
