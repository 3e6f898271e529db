/*
 * clocked.c - the program with a clock that a test moves: both clocks of base/dice.h are ahead by
 * the seconds that stand, as a number of eight bytes, in the file which OUTPOST_TEST_CLOCK names.
 *
 * Linked into build/outpost_clocked, in place of the system's clock, and into nothing else: the
 * program that is installed knows neither the file nor its name.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static const _Atomic int64_t none, *ahead_s = &none;

int __real_clock_gettime(clockid_t which, struct timespec *ret);
int __wrap_clock_gettime(clockid_t which, struct timespec *ret);

/* Before anything forks or is forbidden to open files. The child that reads pictures has no name of
 * any file, and asks for no time. */
__attribute__((constructor)) static void find(void)
{
	const char *path = getenv("OUTPOST_TEST_CLOCK");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *at = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *ahead_s, PROT_READ, MAP_SHARED, fd, 0);

	if (at != MAP_FAILED)
		ahead_s = at;
	if (fd >= 0)
		(void)close(fd);
}

int __wrap_clock_gettime(clockid_t which, struct timespec *ret)
{
	int failed = __real_clock_gettime(which, ret);

	ret->tv_sec += *ahead_s;
	return failed;
}
