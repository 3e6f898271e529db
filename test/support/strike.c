/* strike.c - see strike.h. */
#include "support/strike.h"

#include <stdlib.h>

#include "base/file.h"
#include "base/memory.h"
#include "support/lite_memory.h"
#include "support/weak_disk.h"

const char *const strike_names[STRIKE_N] = {
	[STRIKE_MEMORY] = "allocations of ours",
	[STRIKE_LITE] = "allocations of SQLite",
	[STRIKE_FILES] = "operations on our files",
	[STRIKE_DISK] = "operations on SQLite's disk",
};

void strike(enum strike_kind kind, uint64_t k, bool on)
{
	switch (kind) {
	case STRIKE_MEMORY: mem_fail_at(k, on); break;
	case STRIKE_LITE: lite_memory_fail_at(k, on); break;
	case STRIKE_FILES: file_fail_at(k, false); break;
	default: weak_disk_fail_at(k, on); break;
	}
}

bool strike_off(enum strike_kind kind, uint64_t k)
{
	bool struck = kind == STRIKE_MEMORY  ? mem_calls() >= k
		      : kind == STRIKE_LITE  ? lite_memory_failed()
		      : kind == STRIKE_FILES ? file_calls() >= k
					     : weak_disk_failed();

	strike(kind, 0, false);
	return struck;
}

uint64_t strike_next(uint64_t k)
{
	return getenv("OUTPOST_SWEEPS") ? k + 1 : k + 1 + k / 4;
}
