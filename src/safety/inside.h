/*
 * inside.h - what the files of this room share.
 */
#ifndef SAFETY_INSIDE_H
#define SAFETY_INSIDE_H
#include "access/call.h"
#include "db/db.h"
#include "ledger/ledger.h"
#include "loop/loop.h"
#include "safety/hazard.h"
#include "safety/safety.h"
#include "safety/unit.h"

/* ---- unit.c ---- */
enum unit_kind unit_kind_of(struct str word);

/* ---- hazard.c ---- */
/* Which of the five elements is not written yet; NULL: none. */
const char *hazard_element_missing(const struct hazard *h);
enum err hazard_follow(struct call *c, struct tx *tx, const void *before, const void *after,
		       struct fault *f);
#endif
