/*
 * guard.h - what the vault's process may ask of the kernel, and nothing else. Private.
 *
 * guard_early before anything is opened: no core file, no look from outside, no new rights, death
 * with the parent. guard_late when all is open and all threads are there: a list of system calls;
 * any other (a socket, a new program, a thread) ends the process at once.
 *
 * Source:   seccomp(2); the list is that of SQLite, glibc's memory and our loop, found by running.
 */
#ifndef VAULT_GUARD_H
#define VAULT_GUARD_H
#include "base/base.h"

MUST_CHECK enum err guard_early(struct fault *f);
MUST_CHECK enum err guard_late(struct fault *f);
/* Become this user for good; 0: stay. The folder's and the files' owner is seen to before. */
MUST_CHECK enum err guard_user(int64_t uid, struct fault *f);
#endif
