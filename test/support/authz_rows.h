/*
 * authz_rows.h - how to ask the routes of any noun, with rows whose fields all carry a canary.
 *
 * One way for all: it makes a row by the field table, in the area that is asked about.
 */
#ifndef TEST_SUPPORT_AUTHZ_ROWS_H
#define TEST_SUPPORT_AUTHZ_ROWS_H
#include "record/inside.h"
#include "support/authz.h"
#include "support/canary.h"

struct authz_row { /* one that was made here */
	int64_t id;
	const struct record_kind *kind;
	enum authz_place place;
};

/* Of this book, stored through this desk, until the next call. */
void authz_rows_of(struct record_book *b, struct desk *k);
const struct record_kind *authz_kind(const struct route *r); /* NULL: it is no noun's */
struct record_id authz_row_make(const struct record_kind *k, enum authz_place p);
const struct authz_row *authz_row(int64_t id); /* NULL: none of ours */
authz_fill authz_row_fill;                     /* a probe of "* /api/v1/" + "**" */
#endif
