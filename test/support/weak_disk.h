/*
 * weak_disk.h - a file system for SQLite that lives in memory and fails as asked: the power goes
 * off in the middle, an operation fails, the room is used up.
 *
 * Power:    what was written since a file was last synced is lost, kept or torn, sector by sector,
 *           at random: of each sector any of its writes may be the last that arrived, and of that
 *           only a beginning, behind which is garbage. Bytes that were not being written stay
 *           as they were (SQLite calls it power-safe overwrite, and real disks promise it).
 *           That a file exists or was deleted is remembered at once.
 * Life:     weak_disk_register once; weak_disk_format before each use. Nobody may have a file open
 *           when it is formatted, copied, or the power comes back.
 * Threads:  all operations under one mutex.
 */
#ifndef TEST_SUPPORT_WEAK_DISK_H
#define TEST_SUPPORT_WEAK_DISK_H
#include "base/base.h"
#include "base/dice.h"

#define WEAK_DISK "weak_disk" /* the name of the VFS */

void weak_disk_register(void);
/* For whatever is opened without naming a VFS; files of any folder go by their names alone. */
void weak_disk_for_all(void);
void weak_disk_for_nobody_else(void); /* what is opened from now on is on the machine's */
void weak_disk_format(uint64_t seed);
/* Keep what is there as the state to which weak_disk_restore goes back. */
void weak_disk_keep(void);
void weak_disk_restore(uint64_t seed);

/* Operations that write, sync, truncate or delete, since the last of these calls. */
uint64_t weak_disk_calls(void);
/* The power goes off at the k-th of them from now: it and all that follow fail. 0: it stays. */
void weak_disk_cut_at(uint64_t k);
bool weak_disk_is_cut(void);
void weak_disk_power_on(void);

/* Any operation but closing: the k-th from now fails, once or from then on. 0: none. */
void weak_disk_fail_at(uint64_t k, bool from_then_on);
bool weak_disk_failed(void); /* did one? */
uint64_t weak_disk_syncs(void);
void weak_disk_full(bool full); /* no file may grow */
#endif
