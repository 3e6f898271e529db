/*
 * toys.h - routes for tests of the dispatcher: some as they should be, some that forget something.
 * Well 1 lies in 430802, well 2 in 431103; there is no other.
 */
#ifndef TEST_SUPPORT_TOYS_H
#define TEST_SUPPORT_TOYS_H
#include "access/access.h"

extern const struct route_list toys;
extern unsigned toys_runs; /* how often the handler of POST /api/v1/toys/wells ran to its end */
extern bool toys_full;     /* POST /api/v1/toys/large is refused ahead of its transaction */

#endif
