/*
 * things.h - the tables that tests of the database write to, on both databases, and how many rows
 * there are: `thing` with a column of every type, `part` that refers to it, and `entry`, which is
 * added to and never changed. A thing's i is not 13.
 */
#ifndef SUPPORT_THINGS_H
#define SUPPORT_THINGS_H
#include "support/database.h"

/* In main(), before the tests: use these tables instead of the program's. */
void things_steps(void);

extern const struct sql things_count;
/* An act: how many things there are, into an int64_t. */
enum err things_count_act(struct tx *tx, void *arg, struct fault *f);
int64_t things_counted(struct database *d);

#endif
