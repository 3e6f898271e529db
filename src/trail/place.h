/*
 * place.h - a place where visits happen, described: name, kind, area, and what its sender calls it.
 *
 * A visit needs no row here: its place is a number that follows from sender and key (trail.h). The
 * row adds what people read, and a kind that counts more than what came with the visits.
 */
#ifndef TRAIL_PLACE_H
#define TRAIL_PLACE_H
#include "record/record.h"

enum place_state { PLACE_NONE, PLACE_OPEN, PLACE_CLOSED };

struct place {
	struct record record;
	struct str name, kind, sender, sender_key;
	int64_t number; /* trail_place_of(sender, sender_key) */
};

extern const struct noun place_noun;
extern const struct noun *const trail_nouns[];
extern const size_t trail_nouns_n;
#endif
