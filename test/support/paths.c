/*
 * paths.c - see paths.h. The only part of the tests that looks at the environment.
 */
#include "paths.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef OUTPOST_SOURCE
#define OUTPOST_SOURCE "."
#endif

static struct path joined(const char *a, const char *b)
{
	struct path p;
	int n = snprintf(p.s, sizeof(p.s), "%s/%s", a, b);

	assert(n > 0 && (size_t)n < sizeof(p.s));
	return p;
}

static const char *source(void)
{
	const char *s = getenv("OUTPOST_SOURCE");

	return s ? s : OUTPOST_SOURCE;
}

struct path path_in_source(const char *rest)
{
	return joined(source(), rest);
}

struct path path_in_shared_data(const char *rest)
{
	const char *s = getenv("OUTPOST_SHARED_DATA");
	struct path beside = joined(source(), "../shared/data");

	return joined(s ? s : beside.s, rest);
}

struct path path_join(const struct path *folder, const char *name)
{
	return joined(folder->s, name);
}

bool path_exists(const char *path)
{
	return access(path, R_OK) == 0;
}

struct path path_scratch(void)
{
	const char *tmp = getenv("TMPDIR");
	struct path p = joined(tmp ? tmp : "/tmp", "outpost-test-XXXXXX");

	assert(mkdtemp(p.s));
	return p;
}

void path_forget(struct path *folder)
{
	DIR *d = opendir(folder->s);
	struct dirent *e;

	assert(d);
	while ((e = readdir(d)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) {
			struct path file = joined(folder->s, e->d_name);

			unlink(file.s);
		}
	closedir(d);
	rmdir(folder->s);
}

uint64_t env_u64(const char *name, uint64_t otherwise)
{
	const char *s = getenv(name);

	return s && *s ? strtoull(s, NULL, 10) : otherwise;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SANITIZED = true };
#else
enum { SANITIZED = false };
#endif

bool in_full(void)
{
	return !SANITIZED || getenv("OUTPOST_FULL");
}

uint64_t size_u64(uint64_t usual)
{
	return in_full() ? usual : (usual + 2) / 3;
}
