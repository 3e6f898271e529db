/* safety.c - the room put together: its nouns. */
#include "safety/safety.h"

#include "safety/inside.h"
#include "safety/risk.h"

#include "base/ban.h"

const struct noun *const safety_nouns[] = { &unit_noun, &risk_noun, &hazard_noun };
const size_t safety_nouns_n = ARRAY_LEN(safety_nouns);
