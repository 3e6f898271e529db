/* in_memory.h - what stands in the memory of a process, read through /proc: all of it. */
#ifndef TEST_SUPPORT_IN_MEMORY_H
#define TEST_SUPPORT_IN_MEMORY_H
#include <stddef.h>
#include <sys/types.h>

/* How often the text stands in what the process may write to. */
size_t in_memory(pid_t pid, const char *what);
#endif
