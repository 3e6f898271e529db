/*
 * authz_loop.h - how the authorisation matrix asks routes of tasks.
 */
#ifndef TEST_SUPPORT_AUTHZ_LOOP_H
#define TEST_SUPPORT_AUTHZ_LOOP_H
#include "loop/loop.h"
#include "record/inside.h"
#include "support/authz.h"

/* Files of tasks lie in this store, of the house that is asked. */
void authz_loop_of(struct record_book *b, const struct evidence_store *store);
extern const struct authz_probe authz_loop[];
extern const size_t authz_loop_n;
#endif
