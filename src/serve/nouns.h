/*
 * nouns.h - every noun of the house, from the ground up.
 */
#ifndef SERVE_NOUNS_H
#define SERVE_NOUNS_H
#include "record/record.h"

enum { NOUNS_MAX = 64 };
/* How many there are; a room with nouns is named in nouns.c. */
size_t nouns_all(const struct noun *ret[NOUNS_MAX]);
#endif
