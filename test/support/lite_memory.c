/* lite_memory.c - see lite_memory.h. */
#include "lite_memory.h"

#include <sqlite3.h>
#include <stdatomic.h>
#include <stdlib.h>

static sqlite3_mem_methods real;
static atomic_ullong taken, fails_at;
static atomic_bool fails_on, has_failed;

static bool refused(void)
{
	unsigned long long at = atomic_load(&fails_at), n;

	if (at == 0)
		return false;
	n = atomic_fetch_add(&taken, 1) + 1;
	if (n != at && !(atomic_load(&fails_on) && n > at))
		return false;
	atomic_store(&has_failed, true);
	return true;
}

static void *take(int n)
{
	return refused() ? NULL : real.xMalloc(n);
}

static void *take_again(void *p, int n)
{
	return refused() ? NULL : real.xRealloc(p, n);
}

void lite_memory_take_over(void)
{
	sqlite3_mem_methods ours;

	if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real) != SQLITE_OK)
		abort();
	ours = real;
	ours.xMalloc = take;
	ours.xRealloc = take_again;
	if (sqlite3_config(SQLITE_CONFIG_MALLOC, &ours) != SQLITE_OK ||
	    sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0) != SQLITE_OK)
		abort();
}

void lite_memory_fail_at(uint64_t k, bool on)
{
	atomic_store(&fails_at, 0);
	atomic_store(&taken, 0);
	atomic_store(&has_failed, false);
	atomic_store(&fails_on, on);
	atomic_store(&fails_at, k);
}

bool lite_memory_failed(void)
{
	return atomic_load(&has_failed);
}
