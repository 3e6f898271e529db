/*
 * safety.h - units, what can go wrong in them, and what did: for whoever puts the house together.
 */
#ifndef SAFETY_SAFETY_H
#define SAFETY_SAFETY_H
#include "loop/loop.h"
#include "record/record.h"

extern const struct noun *const safety_nouns[];
extern const size_t safety_nouns_n;

/* For loop_options: a task that is about a hazard took a step, in the transaction of that step. */
MUST_CHECK enum err hazard_task_step(struct call *c, struct tx *tx, const struct record_book *book,
				     int64_t hazard, const struct loop_step *s, struct utc_s now,
				     struct fault *f);
#endif
