/*
 * strike.h - one way to let something fail by countdown, whatever it is: an allocation of ours, one
 * of SQLite's, an operation on our files, one on the disk below SQLite (weak_disk.h).
 *
 *     for (uint64_t k = 1, struck = 1; struck; k++) {
 *             strike(STRIKE_MEMORY, k, false);
 *             e = act();
 *             struck = strike_off(STRIKE_MEMORY, k);
 *             ...
 *     }
 */
#ifndef TEST_SUPPORT_STRIKE_H
#define TEST_SUPPORT_STRIKE_H
#include "base/base.h"

enum strike_kind { STRIKE_MEMORY, STRIKE_LITE, STRIKE_FILES, STRIKE_DISK, STRIKE_N };
extern const char *const strike_names[STRIKE_N];

/* The k-th from now fails, once or from then on; our files only once. */
void strike(enum strike_kind kind, uint64_t k, bool on);
/* Nothing fails any more. Did the k-th? */
bool strike_off(enum strike_kind kind, uint64_t k);
/* The next k of a sweep: each under OUTPOST_SWEEPS=1, else a growing stride. */
uint64_t strike_next(uint64_t k);
#endif
