/*
 * handler.h - the handlers of every noun's routes, and what they share. For src/record alone.
 *
 * A route's `arg` is the struct record_kind; of the book's own routes the struct record_book.
 */
#ifndef RECORD_HANDLER_H
#define RECORD_HANDLER_H
#include "ledger/ledger.h"
#include "record/inside.h"

route_run handler_list, handler_get, handler_nouns, handler_history; /* answer.c */
route_run handler_create, handler_edit, handler_event;               /* change.c */
route_before handler_import_check;                                   /* import_http.c */
route_run handler_import, handler_import_refused;
route_before handler_template, handler_export_open; /* export.c */
route_run handler_export, handler_openapi;          /* openapi.c */

/* The row of the {id} in the path, if the caller's areas cover it. */
MUST_CHECK enum err handler_load(struct call *c, struct tx *tx, const struct record_kind *k,
				 void **ret, struct fault *f);
/* The same to be shown: also what lies right on the way up, of a noun that reads up. */
MUST_CHECK enum err handler_load_up(struct call *c, struct tx *tx, const struct record_kind *k,
				    void **ret, struct fault *f);
MUST_CHECK enum err handler_etag(struct call *c, const void *row);
/* The keys "item", "events", "may" and "labels" of an answer. */
MUST_CHECK enum err handler_item(struct call *c, struct tx *tx, const struct record_kind *k,
				 const void *row, struct fault *f);
/* Official data is shown: of this row, or of a list over `area`. */
MUST_CHECK enum err handler_saw(struct call *c, const struct record_kind *k, const void *row,
				struct area_code area, const char *action, struct fault *f);
MUST_CHECK enum err handler_hash(const struct noun *n, const void *row, struct crypt_hash *ret);

#endif
