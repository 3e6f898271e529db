/*
 * query.h - what the address of a list says: area, words, filters, page. For src/record alone.
 *
 * Errors:   ERR_SYNTAX a word that no list knows; ERR_RANGE a value; the fault names the word.
 */
#ifndef RECORD_QUERY_H
#define RECORD_QUERY_H
#include "record/inside.h"

enum { QUERY_ROWS = 50, QUERY_ROWS_MAX = 200 };

struct query {
	struct scope scope;
	struct area_code up[SCOPE_ABOVE_MAX]; /* of a noun that reads up */
	struct sql_value filter[1 + 2 * NOUN_FIELDS_MAX];
	struct search_query search;
	struct list_ask ask; /* points into this struct: do not copy */
	uint64_t mark;       /* of the list, for its cursors */
	struct str columns;  /* "name,phone": for an export; empty: all */
	struct str format;   /* "csv", "xlsx" or empty: for an export */
};

/* All rows of `scope`, newest first; `ret` must not be moved afterwards. */
void query_all(const struct record_kind *k, const struct scope *scope, unsigned sight,
	       struct query *ret);
/* What the words of an address ask for, within `scope`; pages begin at the newest. */
struct http_pair;
MUST_CHECK enum err query_of_pairs(const struct record_kind *k, const struct http_pair *pair,
				   size_t n, const struct scope *scope, unsigned sight,
				   struct arena *a, struct query *ret, struct fault *f);
MUST_CHECK enum err query_read(struct call *c, const struct record_kind *k, struct query *ret,
			       struct fault *f);

#endif
