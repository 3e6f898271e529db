/*
 * wells.h - a database of wells: the step that makes their table, a book, and wells by chance.
 */
#ifndef SUPPORT_WELLS_H
#define SUPPORT_WELLS_H
#include "record/inside.h"
#include "support/database.h"
#include "support/well.h"

/* In main(), before the tests: the schema of the program and the table of wells. */
void wells_steps(void);
/* A book of wells alone, by a clock that stands still. */
struct record_book *wells_book(void);
extern struct zone *wells_zone;

/* One that could be: its texts live in `a`. Areas lie in `counties` counties of two cities. */
void wells_random(struct dice *d, unsigned counties, struct arena *a, struct well *w);

#endif
