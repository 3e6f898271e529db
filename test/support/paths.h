/*
 * paths.h - where a test finds the project, the shared data, and a folder to write in.
 *
 * OUTPOST_SOURCE (environment, else the macro of the build, else ".") is the project's root;
 * OUTPOST_SHARED_DATA is `../shared/data` beside it unless the environment says otherwise.
 */
#ifndef TEST_SUPPORT_PATHS_H
#define TEST_SUPPORT_PATHS_H
#include "base/base.h"

enum { PATHS_BYTES = 4096 };
struct path {
	char s[PATHS_BYTES];
};

struct path path_in_source(const char *rest);
struct path path_in_shared_data(const char *rest);
bool path_exists(const char *path);
/* A new empty folder of this process's own; path_forget removes it and the files in it. */
struct path path_scratch(void);
struct path path_join(const struct path *folder, const char *name);
void path_forget(struct path *folder);
/* An unsigned number from the environment, or what to take without one. */
uint64_t env_u64(const char *name, uint64_t otherwise);
/* False under a sanitizer without OUTPOST_FULL: what is shipped was tried in full beside it. */
bool in_full(void);
uint64_t size_u64(uint64_t usual); /* of a test; a third of it if not in full */
#endif
