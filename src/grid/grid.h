/*
 * grid.h - the nouns of this room, for whoever opens the book.
 */
#ifndef GRID_GRID_H
#define GRID_GRID_H
#include "record/record.h"

extern const struct noun *const grid_nouns[];
extern const size_t grid_nouns_n;

#endif
