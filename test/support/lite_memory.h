/*
 * lite_memory.h - let allocations of SQLite fail by countdown.
 */
#ifndef TEST_SUPPORT_LITE_MEMORY_H
#define TEST_SUPPORT_LITE_MEMORY_H
#include <stdbool.h>
#include <stdint.h>

void lite_memory_take_over(void); /* in main(), before SQLite is used */
/* The k-th from now fails (1 = the next), once or from then on; 0 switches it off. */
void lite_memory_fail_at(uint64_t k, bool on);
bool lite_memory_failed(void); /* did any, since it was switched on? */
#endif
