/*
 * crowd.h - people who do not exist: everything of one follows from their number.
 */
#ifndef BENCH_CROWD_H
#define BENCH_CROWD_H
#include "base/base.h"

enum { CROWD_TEXT = 64 };
struct crowd_person { char name[CROWD_TEXT], id_number[19], phone[16], address[CROWD_TEXT]; };
void crowd_person(uint64_t n, struct crowd_person *ret);
#endif
